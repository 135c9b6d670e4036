// SPDX-License-Identifier: MIT
#pragma once

// Made-up rows, and models compared bit by bit.

#include "penstock/learn/sgd.hpp"

#include <Eigen/Core>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace sgd_support {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Uniform numbers in [-1, 1), the same on every machine.
class Uniform {
 public:
  explicit Uniform(std::uint64_t seed) : state_(seed) {}
  double operator()() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 11U) / 4503599627370496.0 - 1;
  }

 private:
  std::uint64_t state_;
};

struct Rows {
  RowMajor x;
  Eigen::VectorXd y;       // a linear function of x, and noise
  Eigen::VectorXd labels;  // 0 and 1
  Eigen::VectorXd three;   // 0, 1 and 2
};

inline Rows make_rows(Eigen::Index n, Eigen::Index d, std::uint64_t seed = 1) {
  Uniform uniform(seed);
  Rows rows{RowMajor(n, d), Eigen::VectorXd(n), Eigen::VectorXd(n), Eigen::VectorXd(n)};
  Eigen::VectorXd w(d);
  for (Eigen::Index j = 0; j < d; ++j) w[j] = uniform();
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < d; ++j) rows.x(i, j) = uniform();
    double sum = 0;
    for (Eigen::Index j = 0; j < d; ++j) sum += w[j] * rows.x(i, j);
    rows.y[i] = sum + 0.3 + 0.1 * uniform();
    rows.labels[i] = sum + 0.2 * uniform() > 0 ? 1 : 0;
    rows.three[i] = sum + 0.2 * uniform() > 0.4 ? 2 : rows.x(i, 0) > 0 ? 1 : 0;
  }
  return rows;
}

inline std::vector<std::uint64_t> bits(const penstock::SgdRegressor& model) {
  std::vector<std::uint64_t> all;
  for (const double w : model.coef()) all.push_back(std::bit_cast<std::uint64_t>(w));
  all.push_back(std::bit_cast<std::uint64_t>(model.intercept()));
  all.push_back(std::bit_cast<std::uint64_t>(model.t()));
  return all;
}
inline std::vector<std::uint64_t> bits(const penstock::SgdClassifier& model) {
  std::vector<std::uint64_t> all;
  const auto coef = model.coef();
  for (Eigen::Index i = 0; i < coef.size(); ++i) all.push_back(std::bit_cast<std::uint64_t>(coef.data()[i]));
  for (const double b : model.intercept()) all.push_back(std::bit_cast<std::uint64_t>(b));
  all.push_back(std::bit_cast<std::uint64_t>(model.t()));
  return all;
}

/// Learns the rows in calls of `chunk` rows, or, for 0, one by one with learn_one.
template <class Model>
void learn(Model& model, const RowMajor& x, const Eigen::VectorXd& y, Eigen::Index chunk) {
  if (chunk == 0) {
    for (Eigen::Index i = 0; i < x.rows(); ++i) model.learn_one(x.row(i), y[i]);
    return;
  }
  for (Eigen::Index first = 0; first < x.rows(); first += chunk) {
    const Eigen::Index count = std::min(chunk, x.rows() - first);
    model.partial_fit(x.middleRows(first, count), y.segment(first, count));
  }
}

}  // namespace sgd_support
