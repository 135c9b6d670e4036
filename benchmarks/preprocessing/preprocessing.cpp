// SPDX-License-Identifier: MIT
// What compare.py calls: a scaler, and a pipeline of a scaler and a regressor, behind plain functions.
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/standard_scaler.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace penstock;

namespace {

/// Calls f(first, count) for rows in calls of `chunk`; 0: all at once.
template <class F>
void in_chunks(std::size_t n, std::size_t chunk, F&& f) {
  if (chunk == 0) chunk = n;
  for (std::size_t first = 0; first < n; first += chunk) f(first, std::min(chunk, n - first));
}

using Model = Pipeline<StandardScaler, SgdRegressor>;

}  // namespace

extern "C" {
#pragma GCC visibility push(default)

/// Learns and then scales each chunk; how: 0 partial_fit and transform, 1 partial_fit_transform, 2 partial_fit alone.
/// `out` are mean and scale.
void scale(const double* x, std::size_t n, std::size_t d, std::size_t chunk, int how, double* out) {
  StandardScaler scaler;
  double checksum = 0;
  in_chunks(n, chunk, [&](std::size_t first, std::size_t count) {
    const RowMajorView rows{x + first * d, count, d};
    if (how == 1) {
      checksum += scaler.partial_fit_transform(rows)(0, 0);
    } else {
      scaler.partial_fit(rows);
      if (how == 0) checksum += scaler.transform(rows)(0, 0);
    }
  });
  const Eigen::VectorXd mean = scaler.mean();
  const Eigen::VectorXd scales = scaler.scale();
  std::copy(mean.begin(), mean.end(), out);
  std::copy(scales.begin(), scales.end(), out + d);
  if (checksum == 0.5) out[0] = 0;
}

/// Learns a scaler and a model as one; `out` are coefficients and intercept.
void learn(const double* x, const double* y, std::size_t n, std::size_t d, std::size_t chunk, double* out) {
  Model model(StandardScaler{}, SgdRegressor({.eta0 = 0.001}));
  if (chunk == 1) {
    for (std::size_t i = 0; i < n; ++i) model.learn_one(std::span(x + i * d, d), y[i]);
  } else {
    in_chunks(n, chunk, [&](std::size_t first, std::size_t count) {
      model.partial_fit(RowMajorView{x + first * d, count, d}, std::span(y + first, count));
    });
  }
  const Eigen::VectorXd coef = model.model().coef();
  std::copy(coef.begin(), coef.end(), out);
  out[d] = model.model().intercept();
}

/// d columns of n values as a table.
RecordBatch* table_new(const double* columns, std::size_t n, std::size_t d) {
  Schema schema;
  std::vector<Column> all;
  for (std::size_t j = 0; j < d; ++j) {
    schema.fields.push_back({.name = std::to_string(j)});
    all.emplace_back(std::vector<double>(columns + j * n, columns + (j + 1) * n));
  }
  return new RecordBatch(std::move(schema), std::move(all));
}
void table_delete(RecordBatch* table) { delete table; }

/// The same as learn, from a table.
void learn_table(const RecordBatch* table, const double* y, std::size_t d, std::size_t chunk, double* out) {
  Model model(StandardScaler{}, SgdRegressor({.eta0 = 0.001}));
  in_chunks(table->rows(), chunk, [&](std::size_t first, std::size_t count) {
    model.partial_fit(table->slice(first, count), std::span(y + first, count));
  });
  const Eigen::VectorXd coef = model.model().coef();
  std::copy(coef.begin(), coef.end(), out);
  out[d] = model.model().intercept();
}
#pragma GCC visibility pop
}
