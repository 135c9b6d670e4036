// SPDX-License-Identifier: MIT
#pragma once

// Statistics of sums: the mean, the variance and the standard deviation.
//
//     stats::mean(values);                              // any of them is a function of a sample ...
//     bootstrap(values, stats::mean, {});               // ... and an object to resample with, by counts alone

#include "penstock/core/math.hpp"
#include "penstock/stats/selected_sum.hpp"
#include "penstock/stats/statistic.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <algorithm>  // max
#include <array>      // array
#include <cstddef>    // size_t
#include <cstdint>    // uint8_t, uint64_t
#include <limits>     // numeric_limits
#include <span>       // span

namespace penstock {
inline namespace v0 {
namespace detail {

/// A multiple of what one rounding of the largest value costs: statistics that differ by less are not told apart.
[[nodiscard]] inline double rounding_of(std::span<const double> data) noexcept {
  double largest = 0;
  for (const double x : data) largest = std::max(largest, absolute(x));
  return 8 * std::numeric_limits<double>::epsilon() * largest;
}

/// Squares of the distance from the mean over n - ddof; as numpy's, NaN or infinite if there are no more than ddof.
[[nodiscard]] inline double variance_of_squares(double squares, double n, double ddof) noexcept {
  return squares / std::max(0.0, n - ddof);
}

/// The same from sums around any point; NaN where their squares overflow.
[[nodiscard]] inline double variance_from_sums(double first, double second, double n, double ddof) noexcept {
  const double squares = second - rounded(first * first) / n;
  return variance_of_squares(squares < 0 ? 0 : squares, n, ddof);
}

}  // namespace detail

namespace stats {

/// The arithmetic mean; NaN of no values. By sums in eight lanes, the same for any compiler.
struct Mean {
  double operator()(std::span<const double> x) const noexcept {  ///< O(n)
    return detail::power_sum<1>(x.data(), 0, x.size()) / static_cast<double>(x.size());
  }
  /// Takes counts: see weighted_statistic.
  [[nodiscard]] auto prepare(std::span<const double> x) const noexcept {
    return [x](std::span<const std::uint8_t> counts, std::size_t sum) noexcept {
      return detail::weighted_sum(x.data(), counts.data(), x.size()) / static_cast<double>(sum);
    };
  }
  /// Takes bits: see part_statistic. The rest is known from the sum of all.
  [[nodiscard]] auto prepare_parts(std::span<const double> x) const noexcept {
    return [x, all = detail::power_sum<1>(x.data(), 0, x.size())](std::span<const std::uint64_t> bits,
                                                                  std::size_t chosen) noexcept {
      const double sum = detail::selected_sum(x.data(), bits.data(), x.size());
      return std::array{sum / static_cast<double>(chosen), (all - sum) / static_cast<double>(x.size() - chosen)};
    };
  }
  /// See leave_one_out_statistic. O(n).
  void leave_one_out(std::span<const double> x, std::span<double> values) const noexcept {
    const double sum = detail::power_sum<1>(x.data(), 0, x.size());
    for (std::size_t i = 0; i < x.size(); ++i) values[i] = (sum - x[i]) / static_cast<double>(x.size() - 1);
  }
  /// With s^2 / n as the variance. O(n).
  [[nodiscard]] Estimate estimate(std::span<const double> x) const noexcept {
    const double mean = (*this)(x), n = static_cast<double>(x.size());
    return {mean, detail::power_sum<2>(x.data(), mean, x.size()) / (n * (n - 1))};
  }
  /// What differences are too small to be told from rounding.
  [[nodiscard]] double rounding(std::span<const double> x) const noexcept { return detail::rounding_of(x); }
};

/// The variance: squares of the distance from the mean, over n - ddof; NaN of no values, and of ddof of them.
struct Variance {
  double ddof = 1;  ///< 1 for an unbiased estimate, 0 for the second moment

  double operator()(std::span<const double> x) const noexcept {  ///< O(n), two passes
    const double mean = Mean{}(x);
    const double squares = detail::power_sum<2>(x.data(), mean, x.size());
    return detail::variance_of_squares(squares, static_cast<double>(x.size()), ddof);
  }
  /// Takes counts: see weighted_statistic. Sums are around the mean of the data, so that nothing cancels.
  [[nodiscard]] auto prepare(std::span<const double> x) const noexcept {
    return [x, shift = Mean{}(x), d = ddof](std::span<const std::uint8_t> counts, std::size_t sum) noexcept {
      const double first = detail::weighted_power_sum<1>(x.data(), shift, counts.data(), x.size());
      const double second = detail::weighted_power_sum<2>(x.data(), shift, counts.data(), x.size());
      return detail::variance_from_sums(first, second, static_cast<double>(sum), d);
    };
  }
  /// See leave_one_out_statistic. O(n).
  void leave_one_out(std::span<const double> x, std::span<double> values) const noexcept {
    const double mean = Mean{}(x), n = static_cast<double>(x.size());
    const double squares = detail::power_sum<2>(x.data(), mean, x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double d = x[i] - mean;
      values[i] = detail::variance_from_sums(-d, squares - detail::rounded(d * d), n - 1, ddof);
    }
  }
};

/// The standard deviation: the root of the variance.
struct StandardDeviation {
  double ddof = 1;  ///< as of Variance

  double operator()(std::span<const double> x) const noexcept {  ///< O(n), two passes
    return detail::square_root(Variance{ddof}(x));
  }
  /// Takes counts: see weighted_statistic.
  [[nodiscard]] auto prepare(std::span<const double> x) const noexcept {
    return [variance = Variance{ddof}.prepare(x)](std::span<const std::uint8_t> counts, std::size_t sum) noexcept {
      return detail::square_root(variance(counts, sum));
    };
  }
  /// See leave_one_out_statistic. O(n).
  void leave_one_out(std::span<const double> x, std::span<double> values) const noexcept {
    Variance{ddof}.leave_one_out(x, values);
    for (double& value : values) value = detail::square_root(value);
  }
};

inline constexpr Mean mean{};                             ///< the arithmetic mean
inline constexpr Variance variance{};                     ///< with n - 1
inline constexpr StandardDeviation standard_deviation{};  ///< with n - 1

}  // namespace stats
}  // namespace v0
}  // namespace penstock
