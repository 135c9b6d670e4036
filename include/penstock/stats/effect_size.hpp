// SPDX-License-Identifier: MIT
#pragma once

// How great is a difference? A p-value does not say: with enough data, any difference has a small one. Both are
// statistics of two samples, with which bootstrap makes an interval.
//
//     stats::cliffs_delta(a, b);                                        // -1 to 1; 0: neither tends to be greater
//     bootstrap(stats::samples(a, b), stats::cohens_d, {});

#include "penstock/core/math.hpp"
#include "penstock/stats/mann_whitney.hpp"
#include "penstock/stats/moments.hpp"

#include <cstddef>  // size_t
#include <limits>   // numeric_limits
#include <span>     // span
#include <vector>   // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// The share of pairs in which the first sample's value is greater, less the share in which it is less (Cliff 1993): 2
/// U / (n m) - 1. NaN of no values or with NaN among them. O((n + m) log(n + m)).
struct CliffsDelta {
  double operator()(std::span<const double> a, std::span<const double> b) const {  ///< the value
    std::vector<double> x(a.begin(), a.end()), y(b.begin(), b.end());
    const auto ranks = detail::compare_ranks(x, y);
    if (x.empty() || y.empty() || ranks.has_nan) return std::numeric_limits<double>::quiet_NaN();
    const double pairs = static_cast<double>(x.size()) * static_cast<double>(y.size());
    return (2 * ranks.greater + ranks.ties - pairs) / pairs;
  }
};

/// The difference of means in units of the pooled standard deviation, with n + m - 2 (Cohen 1988); one of the samples
/// may have a single value. NaN of no values. O(n + m).
struct CohensD {
  double operator()(std::span<const double> a, std::span<const double> b) const noexcept {  ///< the value
    const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
    const double first = mean(a), second = mean(b);
    const double squares =
        detail::power_sum<2>(a.data(), first, a.size()) + detail::power_sum<2>(b.data(), second, b.size());
    return (first - second) / detail::square_root(squares / (n + m - 2));
  }
};

inline constexpr CliffsDelta cliffs_delta{};  ///< Cliff's delta
inline constexpr CohensD cohens_d{};          ///< Cohen's d

}  // namespace stats
}  // namespace v0
}  // namespace penstock
