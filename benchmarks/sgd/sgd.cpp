// SPDX-License-Identifier: MIT
// What compare.py calls: a regressor behind plain functions, and a pass over memory that does nothing but read.
#include "penstock/learn/sgd_regressor.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <span>

using namespace penstock;

extern "C" {
#pragma GCC visibility push(default)

SgdRegressor* sgd_new(int strict, double alpha, double eta0) {
  return new SgdRegressor({.alpha = alpha,
                           .learning_rate = LearningRate::invscaling,
                           .eta0 = eta0,
                           .arithmetic = strict != 0 ? Arithmetic::strict : Arithmetic::fast});
}

void sgd_delete(SgdRegressor* model) { delete model; }

/// Learns n rows of d features in calls of `chunk` rows; 1: learn_one, 0: one call.
void sgd_learn(SgdRegressor* model, const double* x, const double* y, std::size_t n, std::size_t d, std::size_t chunk) {
  if (chunk == 1) {
    for (std::size_t i = 0; i < n; ++i) model->learn_one(std::span(x + i * d, d), y[i]);
    return;
  }
  if (chunk == 0) chunk = n;
  for (std::size_t first = 0; first < n; first += chunk) {
    const std::size_t count = std::min(chunk, n - first);
    model->partial_fit(RowMajorView{x + first * d, count, d}, std::span(y + first, count));
  }
}

void sgd_coef(const SgdRegressor* model, double* out) {
  const Eigen::VectorXd coef = model->coef();
  for (Eigen::Index j = 0; j < coef.size(); ++j) out[j] = coef[j];
  out[coef.size()] = model->intercept();
}

/// Adds up n doubles as fast as this core can read them.
double read_all(const double* x, std::size_t n) {
  double s[32] = {};
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    for (std::size_t k = 0; k < 32; ++k) s[k] += x[i + k];
  }
  double sum = 0;
  for (; i < n; ++i) sum += x[i];
  for (const double part : s) sum += part;
  return sum;
}
#pragma GCC visibility pop
}
