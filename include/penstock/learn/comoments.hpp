// SPDX-License-Identifier: MIT
#pragma once

// The covariances of the columns of a stream, in one pass.

#include "penstock/config.hpp"
#include "penstock/core/math.hpp"

#include <algorithm>  // max, min
#include <cstddef>    // size_t
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Means and sums of products around them, of rows whose weight may fade: Welford's rule, merged by Chan's.
struct Comoments {
  double factor = 1;  // of the weights, with each row
  double weight = 0;
  std::vector<double> mean{};
  std::vector<double> products{};  // of columns j >= k at j (j + 1) / 2 + k

  void start(std::size_t columns) {
    weight = 0;
    mean.assign(columns, 0);
    products.assign(columns * (columns + 1) / 2, 0);
    before_.resize(columns);
    after_.resize(columns);
  }

  /// Learns one row of numbers. O(columns^2). Out of line, so that a row takes the same instructions in every call.
  PENSTOCK_NOINLINE void learn(const double* x) {
    const std::size_t columns = mean.size();
    weight = weight * factor + 1;
    const double part = 1 / weight;
    for (std::size_t j = 0; j < columns; ++j) {
      before_[j] = x[j] - mean[j];
      mean[j] += before_[j] * part;
      after_[j] = x[j] - mean[j];
    }
    double* to = products.data();
    const double* after = after_.data();
    for (std::size_t j = 0; j < columns; ++j) {
      const double before = before_[j];
      for (std::size_t k = 0; k <= j; ++k) to[k] = to[k] * factor + before * after[k];
      to += j + 1;
    }
  }

  /// Takes over another stream's, as if both had ended now.
  void merge(const Comoments& other) {
    if (other.weight == 0) return;
    const double both = weight + other.weight;
    std::vector<double> apart(mean.size());
    for (std::size_t j = 0; j < mean.size(); ++j) {
      apart[j] = other.mean[j] - mean[j];
      mean[j] += apart[j] * (other.weight / both);
    }
    const double between = weight * other.weight / both;
    for (std::size_t j = 0, at = 0; j < mean.size(); ++j) {
      for (std::size_t k = 0; k <= j; ++k, ++at) products[at] += other.products[at] + apart[j] * apart[k] * between;
    }
    weight = both;
  }

  [[nodiscard]] double product_of(std::size_t j, std::size_t k) const noexcept {
    const std::size_t high = std::max(j, k), low = std::min(j, k);
    return products[high * (high + 1) / 2 + low];
  }
  /// Whether the column is anything but one number.
  [[nodiscard]] bool varies(std::size_t j) const noexcept { return product_of(j, j) > 0; }
  /// Pearson's correlation, in [-1, 1]; 0 where one of the two does not vary.
  [[nodiscard]] double correlation(std::size_t j, std::size_t k) const noexcept {
    if (!varies(j) || !varies(k)) return 0;
    const double r = product_of(j, k) / (square_root(product_of(j, j)) * square_root(product_of(k, k)));
    return std::max(-1.0, std::min(1.0, r));
  }

 private:
  std::vector<double> before_{}, after_{};  // of learn
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
