// SPDX-License-Identifier: MIT
// What features.py calls: encoders, hashing and windows behind plain functions.
#include "penstock/learn/feature_hasher.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/rolling_features.hpp"
#include "penstock/learn/transform_sparse.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace penstock;

namespace {

/// Calls f(part) for a table in calls of `chunk` rows; 0: all at once.
template <class F>
void in_chunks(const RecordBatch& table, std::size_t chunk, F&& f) {
  if (chunk == 0) chunk = table.rows();
  for (std::size_t first = 0; first < table.rows(); first += chunk) {
    f(table.slice(first, std::min(chunk, table.rows() - first)));
  }
}

}  // namespace

extern "C" {
#pragma GCC visibility push(default)

/// d columns of n texts "value_<code>" as strings or, with a dictionary of `different`, as categories; with `values`, a
/// column "v" of numbers too.
RecordBatch* texts_new(const std::int32_t* codes, std::size_t n, std::size_t d, std::int32_t different, int as_category,
                       const double* values) {
  Schema schema;
  std::vector<Column> columns;
  std::vector<std::string> texts;
  for (std::int32_t k = 0; k < different; ++k) texts.push_back("value_" + std::to_string(k));
  const auto dictionary = std::make_shared<const Dictionary>(texts);
  for (std::size_t j = 0; j < d; ++j) {
    const std::int32_t* column = codes + j * n;
    schema.fields.push_back({"c" + std::to_string(j), as_category != 0 ? DataType::category : DataType::string});
    if (as_category != 0) {
      columns.emplace_back(CategoryValues{{column, column + n}, dictionary});
    } else {
      StringValues strings;
      for (std::size_t i = 0; i < n; ++i) strings.append(texts[static_cast<std::size_t>(column[i])]);
      columns.emplace_back(std::move(strings));
    }
  }
  if (values != nullptr) {
    schema.fields.push_back({"v", DataType::float64});
    columns.emplace_back(std::vector<double>(values, values + n));
  }
  return new RecordBatch(std::move(schema), std::move(columns));
}
void texts_delete(RecordBatch* table) { delete table; }

/// Learns and encodes all columns; gives how many columns came.
std::size_t one_hot(const RecordBatch* table, std::size_t chunk, int sparse) {
  OneHotEncoder encoder({.max_categories = 100'000});
  std::size_t columns = 0;
  in_chunks(*table, chunk, [&](const RecordBatch& part) {
    if (sparse != 0) {
      columns = static_cast<std::size_t>(partial_fit_transform_sparse(encoder, part).cols());
    } else {
      columns = encoder.partial_fit_transform(part).schema().fields.size();
    }
  });
  return columns;
}

/// Hashes all columns; gives the sum of value * (place % 97), which says whether it was done right.
double hash(const RecordBatch* table, std::size_t chunk, std::size_t n_features) {
  const FeatureHasher hasher({.n_features = n_features});
  double sum = 0;
  in_chunks(*table, chunk, [&](const RecordBatch& part) {
    const SparseFeatureMatrix rows = transform_sparse(hasher, part);
    for (Eigen::Index k = 0; k < rows.nonZeros(); ++k) sum += rows.valuePtr()[k] * (rows.innerIndexPtr()[k] % 97);
  });
  return sum;
}

/// Mean, deviation and maximum of the last rows of the key in c0, the row's own included, into out, column by column.
void rolling(const RecordBatch* table, std::size_t chunk, std::size_t window, double* out) {
  RollingFeatures rolling({.columns = {"v"},
                           .by = {"c0"},
                           .window = window,
                           .statistics = {RollingStatistic::mean, RollingStatistic::std, RollingStatistic::max},
                           .closed = Closed::right});
  std::size_t at = 0;
  in_chunks(*table, chunk, [&](const RecordBatch& part) {
    const RecordBatch made = rolling.partial_fit_transform(part);
    for (std::size_t k = 0; k < 3; ++k) {
      const auto values = made.column<double>(2 + k).values();
      std::copy(values.begin(), values.end(), out + k * table->rows() + at);
    }
    at += part.rows();
  });
}
#pragma GCC visibility pop
}
