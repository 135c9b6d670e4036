// SPDX-License-Identifier: MIT
#pragma once

// Statistics that take one value after the other, and how often it counts.
//
//     struct GeometricMean {                            // one of your own
//       double weight = 0, sum = 0;
//       void add(double x, double times) { weight += times; sum += times * std::log(x); }
//       void merge(const GeometricMean& other) { weight += other.weight; sum += other.sum; }
//       double value() const { return std::exp(sum / weight); }
//     };
//     bootstrap(x, stats::Accumulated<GeometricMean>{}, {});
//     PoissonBootstrap<GeometricMean> of_a_stream({.method = CiMethod::percentile});

#include "penstock/stats/weighted_sum.hpp"

#include <concepts>  // convertible_to, default_initializable
#include <cstddef>   // size_t
#include <cstdint>   // uint8_t
#include <limits>    // numeric_limits
#include <span>      // span

namespace penstock {
inline namespace v0 {
namespace stats {

/// Takes values that count a whole number of times, and tells a number of them. Promise that no compiler checks: the
/// result is the same as if the value had come so often.
template <class A>
concept accumulator = std::default_initializable<A> && requires(A& a, const A& other, double x, double weight) {
  a.add(x, weight);
  a.merge(other);
  { other.value() } -> std::convertible_to<double>;
};

/// The mean, of sums.
struct MeanAccumulator {
  double weight = 0;  ///< how many values
  double sum = 0;     ///< of all of them

  /// One more value, so often.
  void add(double x, double times) noexcept {
    weight += times;
    sum += detail::rounded(x * times);
  }
  /// All that the other has taken.
  void merge(const MeanAccumulator& other) noexcept {
    weight += other.weight;
    sum += other.sum;
  }
  [[nodiscard]] double value() const noexcept { return sum / weight; }  ///< NaN if there are none
};

/// The variance with n - 1, by Welford's update and Chan's merge: nothing cancels.
struct VarianceAccumulator {
  double weight = 0;   ///< how many values
  double mean = 0;     ///< of all of them
  double squares = 0;  ///< sum of squares of the distance from the mean

  /// One more value, so often.
  void add(double x, double times) noexcept { merge({times, x, 0}); }
  /// All that the other has taken.
  void merge(const VarianceAccumulator& other) noexcept {
    if (other.weight == 0) return;
    if (weight == 0) {  // the square of a large value would be infinite, and 0 times that no number
      *this = other;
      return;
    }
    const double all = weight + other.weight, d = other.mean - mean, share = other.weight / all;
    squares += other.squares + detail::rounded(detail::rounded(d * d) * detail::rounded(weight * share));
    mean += detail::rounded(d * share);
    weight = all;
  }
  [[nodiscard]] double value() const noexcept {  ///< NaN of fewer than two
    return weight > 1 ? squares / (weight - 1) : std::numeric_limits<double>::quiet_NaN();
  }
};

/// The statistic that an accumulator tells, for bootstrap and permutation_test: of counts, so that no resample is
/// built.
template <accumulator A>
struct Accumulated {
  double operator()(std::span<const double> x) const {  ///< O(n)
    A a{};
    for (const double value : x) a.add(value, 1);
    return static_cast<double>(a.value());
  }
  /// Takes counts: see weighted_statistic.
  [[nodiscard]] auto prepare(std::span<const double> x) const {
    return [x](std::span<const std::uint8_t> counts, std::size_t) {
      A a{};
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (counts[i] != 0) a.add(x[i], counts[i]);
      }
      return static_cast<double>(a.value());
    };
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
