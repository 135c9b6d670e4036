// SPDX-License-Identifier: MIT
#pragma once

// Statistics of two samples that compare one statistic of each.
//
//     stats::mean_difference(a, b);                     // mean(a) - mean(b)
//     permutation_test(a, b, stats::Ratio<stats::Median>{}, {});

#include "penstock/stats/moments.hpp"
#include "penstock/stats/quantile.hpp"
#include "penstock/stats/statistic.hpp"

#include <span>  // span

namespace penstock {
inline namespace v0 {
namespace stats {

/// A statistic of the first sample less that of the second.
template <statistic Part>
struct Difference {
  [[no_unique_address]] Part of{};  ///< the statistic of each

  [[nodiscard]] const Part& part() const noexcept { return of; }                     ///< see combined_statistic
  [[nodiscard]] double combine(double a, double b) const noexcept { return a - b; }  ///< see combined_statistic
  double operator()(std::span<const double> a, std::span<const double> b) const {
    return of(a) - of(b);
  }  ///< the value
  /// The variances add up, as the samples are independent.
  [[nodiscard]] Estimate estimate(std::span<const double> a, std::span<const double> b) const
    requires statistic_with_variance<Part, std::span<const double>>
  {
    const Estimate x = of.estimate(a), y = of.estimate(b);
    return {x.value - y.value, x.variance + y.variance};
  }
  /// What differences are too small to be told from rounding.
  [[nodiscard]] double rounding(std::span<const double> pooled) const
    requires requires(const Part& p) { p.rounding(pooled); }
  {
    return of.rounding(pooled);
  }
};

/// A statistic of the first sample over that of the second.
template <statistic Part>
struct Ratio {
  [[no_unique_address]] Part of{};  ///< the statistic of each

  [[nodiscard]] const Part& part() const noexcept { return of; }                     ///< see combined_statistic
  [[nodiscard]] double combine(double a, double b) const noexcept { return a / b; }  ///< see combined_statistic
  double operator()(std::span<const double> a, std::span<const double> b) const {
    return of(a) / of(b);
  }  ///< the value
};

inline constexpr Difference<Mean> mean_difference{};      ///< mean(a) - mean(b)
inline constexpr Difference<Median> median_difference{};  ///< median(a) - median(b)
inline constexpr Ratio<Mean> mean_ratio{};                ///< mean(a) / mean(b)
inline constexpr Ratio<Median> median_ratio{};            ///< median(a) / median(b)

}  // namespace stats
}  // namespace v0
}  // namespace penstock
