// SPDX-License-Identifier: MIT
#pragma once

// The population stability index: how much the shares of bins have moved, and how much of that may be chance.
//
//     const auto moved = stats::psi(before, after);
//     if (moved.statistic > 0.1 && moved.pvalue < 0.05) report(moved.statistic, moved.threshold);
//
// PSI is the sum of (r - c) ln(r / c) over the bins' shares r and c. The rule that 0.1 is a change and 0.25 a great one
// knows nothing of how many values there were: without any drift, PSI is about (1/n + 1/m) times chi-square with
// bins - 1 degrees of freedom (Yurdakul and Naranjo 2020), so that 0.1 is nothing in 100 values, and much in 100,000.

#include "penstock/core/math.hpp"
#include "penstock/stats/chi_square.hpp"
#include "penstock/stats/quantile.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/test_result.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <algorithm>    // max, min, sort, unique, upper_bound
#include <cstddef>      // size_t, ptrdiff_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// Where the bins of numbers end.
enum class PsiBins {
  sturges,   ///< log2(n) + 1 bins of equal width over both samples: numpy's, and Evidently's
  quantile,  ///< as many values of the reference in each: the p-value is a better one, since no bin is nearly empty
};

/// The bins in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(PsiBins bins) noexcept {
  switch (bins) {
    case PsiBins::sturges: return "sturges";
    case PsiBins::quantile: return "quantile";
  }
  return "unknown";
}

/// How a PSI is taken.
struct PsiOptions {
  PsiBins bins = PsiBins::sturges;   ///< where bins end
  std::size_t n_bins = 10;           ///< of PsiBins::quantile; from 2 to 10,000
  std::size_t distinct_values = 20;  ///< if the reference has at most so many, each value is a bin, as Evidently has it
  double zero_share = 1e-4;          ///< stands for a share of 0, as Evidently has it; in (0, 0.01]
  double alpha = 0.05;               ///< chance of a false alarm by `threshold`; in (0, 1)
};

/// What a PSI found.
struct PsiResult : TestResult {
  double threshold = 0;         ///< what the index is above with probability alpha if there is no drift
  std::size_t bins = 0;         ///< that any value fell into
  std::vector<double> edges{};  ///< of n + 1 numbers n bins, each without its upper end but for the last; empty if each
                                ///< value is a bin, or of counts
};

}  // namespace stats

namespace detail {

inline void check(const stats::PsiOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("PsiOptions." + what); };
  if (stats::to_string(options.bins) == "unknown") {
    refuse("bins is " + std::to_string(static_cast<int>(options.bins)) + ", which is none");
  }
  if (options.n_bins < 2 || options.n_bins > 10000) {
    refuse("n_bins is " + std::to_string(options.n_bins) + "; it must be from 2 to 10,000");
  }
  if (!(options.zero_share > 0 && options.zero_share <= 0.01)) {
    refuse("zero_share is " + std::to_string(options.zero_share) + "; it must be above 0 and at most 0.01");
  }
  if (!(options.alpha > 0 && options.alpha < 1)) {
    refuse("alpha is " + std::to_string(options.alpha) + "; it must be between 0 and 1");
  }
}

/// Values in ascending order, checked.
[[nodiscard]] inline std::vector<double> sorted_finite(const char* who, std::vector<double> values) {
  if (values.empty()) throw std::invalid_argument(std::string(who) + ": a sample has no values");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (absolute(values[i]) <= 1e300) continue;
    throw std::invalid_argument(std::string(who) + ": value " + std::to_string(i) + " is " + std::to_string(values[i]) +
                                "; it must be finite, from -1e300 to 1e300");
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// The edges that numpy's histogram_bin_edges(bins="sturges") finds for n values from `low` to `high`.
[[nodiscard]] inline std::vector<double> sturges_edges(double low, double high, std::size_t n) {
  const double width = (high - low) / (binary_logarithm(static_cast<double>(n)) + 1);
  if (width == 0) return {low - 0.5, high + 0.5};  // one value, or a range that is no wider than the least number
  const auto bins = static_cast<std::size_t>(ceil((high - low) / width));
  const double step = (high - low) / static_cast<double>(bins);
  std::vector<double> edges(bins + 1);
  for (std::size_t i = 0; i < bins; ++i) edges[i] = rounded(static_cast<double>(i) * step) + low;
  edges[bins] = high;
  return edges;
}

/// Quantiles of the reference, those that are equal once, with open ends.
[[nodiscard]] inline std::vector<double> open_edges(const std::vector<double>& reference, std::size_t bins) {
  std::vector<double> edges{-std::numeric_limits<double>::infinity()};
  for (std::size_t i = 1; i < bins; ++i) {
    const double edge = quantile_of_sorted(reference, static_cast<double>(i) / static_cast<double>(bins));
    if (edge > edges.back()) edges.push_back(edge);
  }
  edges.push_back(std::numeric_limits<double>::infinity());
  return edges;
}

/// How many of the values fall between the edges.
[[nodiscard]] inline std::vector<double> histogram(const std::vector<double>& sorted,
                                                   const std::vector<double>& edges) {
  std::vector<double> counts(edges.size() - 1);
  auto from = std::lower_bound(sorted.begin(), sorted.end(), edges.front());
  for (std::size_t i = 1; i < edges.size(); ++i) {
    const auto to = i + 1 < edges.size() ? std::lower_bound(from, sorted.end(), edges[i])
                                         : std::upper_bound(from, sorted.end(), edges[i]);
    counts[i - 1] = static_cast<double>(to - from);
    from = to;
  }
  return counts;
}

}  // namespace detail

namespace stats {

/// The index of two samples of categories or bins, of their numbers of rows in each. A share of 0 is taken to be
/// options.zero_share, or a millionth of the sample's least share if that is no greater; bins that are empty in both
/// are passed over. O(bins).
/// @throws std::invalid_argument as chi_square_test, and for an option that cannot be.
template <sample_range A, sample_range B>
[[nodiscard]] PsiResult psi_of_counts(const A& reference, const B& current, const PsiOptions& options = {}) {
  detail::check(options);
  const auto x = detail::to_sample(reference), y = detail::to_sample(current);
  detail::check_same_categories("stats::psi_of_counts", x.size(), y.size());
  const double n = detail::sum_of_counts("stats::psi_of_counts", x);
  const double m = detail::sum_of_counts("stats::psi_of_counts", y);
  const auto zero = [&](const std::vector<double>& counts, double total) {
    double least = 1;
    for (const double c : counts) least = c > 0 ? std::min(least, c / total) : least;
    return least <= options.zero_share ? least / 1e6 : options.zero_share;
  };
  const double zero_x = zero(x, n), zero_y = zero(y, m);
  PsiResult result;
  result.statistic = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] + y[i] == 0) continue;
    const double r = x[i] > 0 ? x[i] / n : zero_x, c = y[i] > 0 ? y[i] / m : zero_y;
    result.statistic += (r - c) * detail::natural_logarithm(r / c);
    ++result.bins;
  }
  const double scale = 1 / n + 1 / m, df = static_cast<double>(result.bins) - 1;
  result.pvalue = df == 0 ? 1 : chi_square_tail(result.statistic / scale, df);
  result.threshold = df == 0 ? 0 : scale * detail::chi_square_inverse(1 - options.alpha, options.alpha, df);
  return result;
}

/// The index of two samples of numbers. O(n log n). Statistic, bins and what stands for 0 are Evidently's with the
/// default options.
/// @throws std::invalid_argument if a sample has no values or one that is not finite, and for an option that cannot be.
template <sample_range A, sample_range B>
[[nodiscard]] PsiResult psi(const A& reference, const B& current, const PsiOptions& options = {}) {
  detail::check(options);
  const auto x = detail::sorted_finite("stats::psi", detail::to_sample(reference));
  const auto y = detail::sorted_finite("stats::psi", detail::to_sample(current));
  std::vector<double> values = x;
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() <= options.distinct_values) {
    values.insert(values.end(), y.begin(), y.end());
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    values.push_back(std::numeric_limits<double>::infinity());
    return psi_of_counts(detail::histogram(x, values), detail::histogram(y, values), options);
  }
  const auto edges =
      options.bins == PsiBins::sturges
          ? detail::sturges_edges(std::min(x.front(), y.front()), std::max(x.back(), y.back()), x.size() + y.size())
          : detail::open_edges(x, options.n_bins);
  PsiResult result = psi_of_counts(detail::histogram(x, edges), detail::histogram(y, edges), options);
  result.edges = edges;
  return result;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
