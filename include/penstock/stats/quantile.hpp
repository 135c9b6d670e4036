// SPDX-License-Identifier: MIT
#pragma once

// Quantiles and the median, by the rule that numpy calls "linear": rank q (n - 1), values between ranks on the line.
//
//     stats::median(values);
//     bootstrap(values, stats::Quantile{0.95}, {});     // by counts alone: no resample is built or sorted

#include "penstock/core/math.hpp"
#include "penstock/stats/statistic.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <algorithm>  // is_sorted, min_element, nth_element, sort
#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // uint8_t, uint32_t, uint64_t
#include <cstring>    // memcpy
#include <limits>     // numeric_limits
#include <span>       // span
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Rank q (n - 1) of n values in ascending order: `below` and the next, and how far it is between them.
struct QuantileRank {
  QuantileRank(double q, std::size_t n) noexcept {
    const double rank = rounded(q * static_cast<double>(n - 1));
    below = static_cast<std::size_t>(floor(rank));
    part = rank - static_cast<double>(below);
    if (below + 1 >= n) {
      below = n - 1;
      part = 0;
    }
  }
  /// The value between those of the two ranks, as numpy rounds it; numpy gives NaN where one is infinite, and overflows
  /// where their difference does.
  [[nodiscard]] double between(double low, double high) const noexcept {
    const double step = high - low;
    if (part == 0 || low == high) return low;  // also of infinities, whose difference is no number
    if (!is_finite(step)) return is_finite(low) && is_finite(high) ? low * (1 - part) + high * part : low + high;
    return part < 0.5 ? low + rounded(step * part) : high - rounded(step * (1 - part));
  }

  std::size_t below;
  double part;
};

/// The quantile of values that may be put in another order; NaN if there are none or one is NaN. O(n).
[[nodiscard]] inline double quantile_in_place(std::span<double> x, double q) noexcept {
  if (x.empty()) return std::numeric_limits<double>::quiet_NaN();
  for (const double value : x) {
    if (is_nan(value)) return value;
  }
  const QuantileRank rank(q, x.size());
  const auto low = x.begin() + static_cast<std::ptrdiff_t>(rank.below);
  std::nth_element(x.begin(), low, x.end());
  return rank.part == 0 ? *low : rank.between(*low, *std::min_element(low + 1, x.end()));
}

/// The quantile of values in ascending order, or of which those around its rank are in their place; of one value at
/// least. O(1).
[[nodiscard]] inline double quantile_of_sorted(std::span<const double> x, double q) noexcept {
  const QuantileRank rank(q, x.size());
  return rank.part == 0 ? x[rank.below] : rank.between(x[rank.below], x[rank.below + 1]);
}

/// @throws std::invalid_argument unless q is in [0, 1].
inline double checked_quantile(double q) {
  if (q >= 0 && q <= 1) return q;
  throw std::invalid_argument("stats::Quantile.q is " + std::to_string(q) + "; it must be from 0 to 1");
}

/// Finds values by rank among those that occur so many times.
class CountedRanks {
 public:
  explicit CountedRanks(std::span<const double> x) : sorted_(x) {
    for (const double value : x) has_nan_ = has_nan_ || is_nan(value);
    if (has_nan_ || std::is_sorted(x.begin(), x.end())) return;
    order_.resize(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    std::sort(order_.begin(), order_.end(), [x](std::uint32_t a, std::uint32_t b) { return x[a] < x[b]; });
  }

  [[nodiscard]] double quantile(double q, std::span<const std::uint8_t> counts, std::size_t sum) const noexcept {
    if (has_nan_) return std::numeric_limits<double>::quiet_NaN();
    const QuantileRank rank(q, sum);
    return order_.empty() ? walk(rank, counts.data(), [](std::size_t i) { return i; })
                          : walk(rank, counts.data(), [this](std::size_t i) { return std::size_t{order_[i]}; });
  }

 private:
  template <class Place>
  double walk(const QuantileRank& rank, const std::uint8_t* counts, Place place) const noexcept {
    const std::size_t n = sorted_.size();
    std::size_t seen = 0;
    std::size_t i = 0;
    if (order_.empty()) {  // eight counts at a time, as four sums of two
      for (; i + 8 <= n; i += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, counts + i, 8);
        const std::uint64_t pairs = (eight & 0x00FF00FF00FF00FF) + (eight >> 8 & 0x00FF00FF00FF00FF);
        const std::size_t sum = static_cast<std::size_t>(pairs * 0x0001000100010001 >> 48);
        if (seen + sum > rank.below) break;
        seen += sum;
      }
    }
    for (; i < n; ++i) {
      seen += counts[place(i)];
      if (seen > rank.below) break;
    }
    const double low = sorted_[place(i)];
    if (rank.part == 0 || seen > rank.below + 1) return low;
    for (++i; i < n && counts[place(i)] == 0;) ++i;
    return rank.between(low, sorted_[place(i)]);
  }

  std::span<const double> sorted_;
  std::vector<std::uint32_t> order_;  // empty if the values are in order
  bool has_nan_ = false;
};

}  // namespace detail

namespace stats {

/// The quantile `q` of a sample; NaN of no values, or if one is NaN. Between a finite value and an infinite one it is
/// the infinite one; numpy's quantile is NaN there, its median is not.
/// @throws std::invalid_argument, wherever it is used, unless q is in [0, 1].
struct Quantile {
  double q;  ///< 0 is the least value, 1 the greatest

  static constexpr bool prefers_sorted = true;  ///< see the concept

  double operator()(std::span<const double> x) const {  ///< O(n), copies the sample
    std::vector<double> values(x.begin(), x.end());
    return detail::quantile_in_place(values, detail::checked_quantile(q));
  }
  /// Takes counts: see weighted_statistic. O(n log n) once, then O(n) with a small constant.
  [[nodiscard]] auto prepare(std::span<const double> x) const {
    return
        [ranks = detail::CountedRanks(x), p = detail::checked_quantile(q)](
            std::span<const std::uint8_t> counts, std::size_t sum) noexcept { return ranks.quantile(p, counts, sum); };
  }
  /// See leave_one_out_statistic. O(n log n).
  void leave_one_out(std::span<const double> x, std::span<double> values) const {
    for (const double value : x) {
      if (detail::is_nan(value)) return std::fill(values.begin(), values.end(), value);
    }
    std::vector<std::uint32_t> order(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
    std::sort(order.begin(), order.end(), [x](std::uint32_t a, std::uint32_t b) { return x[a] < x[b]; });
    if (x.size() < 2) return std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
    const detail::QuantileRank rank(detail::checked_quantile(q), x.size() - 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto at = [&](std::size_t k) { return x[order[k < i ? k : k + 1]]; };
      values[order[i]] = rank.part == 0 ? at(rank.below) : rank.between(at(rank.below), at(rank.below + 1));
    }
  }
};

/// The median: the middle value, or the mean of the two in the middle.
struct Median : Quantile {
  constexpr Median() noexcept : Quantile{0.5} {}
};

inline constexpr Median median{};  ///< the median

}  // namespace stats
}  // namespace v0
}  // namespace penstock
