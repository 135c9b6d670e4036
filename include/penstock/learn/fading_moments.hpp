// SPDX-License-Identifier: MIT
#pragma once

// Means and variances of the features of a stream, whose older rows may count less: what StandardScaler,
// VarianceThreshold and the mean of SimpleImputer know.

#include "penstock/config.hpp"
#include "penstock/core/math.hpp"
#include "penstock/learn/table_rows.hpp"
#include "penstock/stats/accumulator.hpp"

#include <cstddef>  // size_t
#include <limits>   // numeric_limits
#include <vector>   // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Mean and sum of squares around it, a feature each, of rows whose weight may fade (West 1979, with a factor).
struct FadingMoments {
  double factor = 1;              // of the weights, with each row
  double weight = 0;              // of the rows, while no value has been missing
  std::vector<double> weights{};  // of the values of each feature, from the first missing one on
  std::vector<double> mean{}, squares{};

  void start(std::size_t features) {
    weight = 0;
    weights.clear();
    mean.assign(features, 0);
    squares.assign(features, 0);
  }
  [[nodiscard]] double weight_of(std::size_t j) const noexcept { return weights.empty() ? weight : weights[j]; }
  [[nodiscard]] double variance(std::size_t j) const noexcept {
    const double w = weight_of(j);
    return w > 0 ? squares[j] * (1 / w) : std::numeric_limits<double>::quiet_NaN();
  }

  /// Learns one row. Out of line, so that a row takes the same instructions in every call.
  PENSTOCK_NOINLINE void learn(const double* x) {
    const std::size_t features = mean.size();
    if (!weights.empty() || any_beyond(x, features, std::numeric_limits<double>::infinity())) return learn_some(x);
    weight = weight * factor + 1;
    const double part = 1 / weight;
    const double fading = factor;  // which no store below can change
    double* m = mean.data();
    double* s = squares.data();
    for (std::size_t j = 0; j < features; ++j) {
      const double before = x[j] - m[j];
      const double now = m[j] + before * part;
      m[j] = now;
      s[j] = s[j] * fading + before * (x[j] - now);
    }
  }

  /// Shows all but the factor, which is an option, to a visitor of states; once fitted there are `features`.
  template <class Self, class Visitor>
  static void visit_state(Self& self, bool fitted, std::size_t features, Visitor& v) {
    v("weight", self.weight);
    v("weights", self.weights);
    v("mean", self.mean);
    v("squares", self.squares);
    if constexpr (Visitor::loading) {
      if (!fitted) return self.start(0);
      v.require(self.weight >= 0 && is_finite(self.weight), "weight", "a finite number from 0");
      v.require(self.weights.empty() || self.weights.size() == features, "weights", "none, or a number a feature");
      v.require(self.mean.size() == features, "mean", "a number a feature");
      v.require(self.squares.size() == features, "squares", "a number a feature");
      for (const double x : self.weights) v.require(x >= 0 && is_finite(x), "weights", "finite numbers from 0");
      for (const double x : self.mean) v.require(is_finite(x), "mean", "finite numbers");
      for (const double x : self.squares) v.require(x >= 0 && is_finite(x), "squares", "finite numbers from 0");
    }
  }

  /// Takes over another stream's, as if both had ended now.
  void merge(const FadingMoments& other) {
    if (!weights.empty() || !other.weights.empty()) spread();
    for (std::size_t j = 0; j < mean.size(); ++j) {
      stats::VarianceAccumulator both{weight_of(j), mean[j], squares[j]};
      both.merge({other.weight_of(j), other.mean[j], other.squares[j]});
      mean[j] = both.mean;
      squares[j] = both.squares;
      if (!weights.empty()) weights[j] = both.weight;
    }
    weight += other.weight;
  }

 private:
  void spread() {
    if (weights.empty()) weights.assign(mean.size(), weight);
  }
  void learn_some(const double* x) {
    spread();
    for (std::size_t j = 0; j < mean.size(); ++j) {
      if (is_nan(x[j])) {  // the others fade by a row all the same, but not to where their variance would be lost
        constexpr double nothing_beside_one = 1e-100;
        if (weights[j] * factor < nothing_beside_one) continue;
        weights[j] *= factor;
        squares[j] *= factor;
        continue;
      }
      weights[j] = weights[j] * factor + 1;
      const double before = x[j] - mean[j];
      mean[j] += before * (1 / weights[j]);
      squares[j] = squares[j] * factor + before * (x[j] - mean[j]);
    }
    weight = weight * factor + 1;
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
