// SPDX-License-Identifier: MIT
#pragma once

// Does one of two samples tend to greater values? By ranks alone: no distribution is assumed, outliers do not matter.
//
//     const auto r = stats::mann_whitney_u(a, b, {.alternative = Alternative::less});
//     r.statistic; r.pvalue;

#include "penstock/core/math.hpp"
#include "penstock/stats/alternative.hpp"
#include "penstock/stats/normal.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/test_result.hpp"

#include <algorithm>  // max, min, sort
#include <cstddef>    // size_t
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// How two samples lie among each other.
struct RankComparison {
  double greater = 0;   ///< pairs in which the value of the first sample is greater
  double ties = 0;      ///< pairs of equal values
  double tie_term = 0;  ///< sum of t^3 - t over groups of t equal values in both samples
  bool has_nan = false;
};

/// O((n + m) log(n + m)); puts the samples in order.
[[nodiscard]] inline RankComparison compare_ranks(std::vector<double>& a, std::vector<double>& b) {
  RankComparison result;
  for (const auto* sample : {&a, &b}) {
    for (const double x : *sample) result.has_nan = result.has_nan || is_nan(x);
  }
  if (result.has_nan) return result;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const double x = i == a.size() ? b[j] : j == b.size() ? a[i] : std::min(a[i], b[j]);
    const std::size_t first_i = i, first_j = j;
    while (i < a.size() && a[i] == x) ++i;
    while (j < b.size() && b[j] == x) ++j;
    const auto here_a = static_cast<double>(i - first_i), here_b = static_cast<double>(j - first_j);
    result.greater += here_a * static_cast<double>(first_j);
    result.ties += here_a * here_b;
    const double t = here_a + here_b;
    result.tie_term += t * t * t - t;
  }
  return result;
}

/// P(U <= u) for sizes n and m without ties, for u below nm / 2. The coefficients of the Gaussian binomial, from which
/// the probabilities follow, are made factor by factor. O(u min(n, m)).
[[nodiscard]] inline double mann_whitney_cdf(std::size_t u, std::size_t n, std::size_t m) {
  if (n < m) std::swap(n, m);
  std::vector<double> c(u + 1, 0.0);
  c[0] = 1;
  for (std::size_t i = 1; i <= m; ++i) {
    for (std::size_t k = u; k >= n + i; --k) c[k] -= c[k - n - i];
    for (std::size_t k = i; k <= u; ++k) c[k] += c[k - i];
    const double scale = static_cast<double>(i) / static_cast<double>(n + i);
    for (double& x : c) x *= scale;
  }
  double sum = 0;
  for (const double x : c) sum += x;
  return std::min(sum, 1.0);
}

}  // namespace detail

namespace stats {

/// How a Mann-Whitney test is made.
struct MannWhitneyOptions {
  Alternative alternative = Alternative::two_sided;  ///< greater: the first sample tends to greater values
  TestMethod method = TestMethod::automatic;         ///< exact if there are no ties and a sample has 8 values or fewer
  bool continuity = true;                            ///< asymptotic: half a step towards the middle
};

/// The Mann-Whitney U test, with the values of SciPy's mannwhitneyu: the statistic is U of the first sample, the number
/// of pairs in which its value is greater, ties half. The asymptotic p-value corrects for ties; the exact one takes
/// values for different, so with ties it is not right and only made if it is asked for. Infinite values are values.
/// O((n + m) log(n + m)), exact O(n m min(n, m)).
template <sample_range A, sample_range B>
[[nodiscard]] TestResult mann_whitney_u(const A& a, const B& b, const MannWhitneyOptions& options = {}) {
  auto x = detail::to_sample(a), y = detail::to_sample(b);
  TestResult result;
  if (x.empty() || y.empty()) return result;
  const auto ranks = detail::compare_ranks(x, y);
  if (ranks.has_nan) return result;
  const double n = static_cast<double>(x.size()), m = static_cast<double>(y.size()), pairs = n * m;
  const double first = ranks.greater + ranks.ties / 2;
  const double second = pairs - first;
  const bool two_sided = options.alternative == Alternative::two_sided;
  const double u = two_sided ? std::max(first, second) : options.alternative == Alternative::greater ? first : second;
  result.statistic = first;
  result.exact = options.method == TestMethod::exact ||
                 (options.method == TestMethod::automatic && ranks.tie_term == 0 && std::min(n, m) <= 8);
  double p = 0;
  if (result.exact) {
    const double whole = detail::floor(u);  // P(U >= whole), which is P(U <= pairs - whole)
    p = 2 * whole >= pairs
            ? detail::mann_whitney_cdf(static_cast<std::size_t>(pairs - whole), x.size(), y.size())
            : (whole < 1 ? 1 : 1 - detail::mann_whitney_cdf(static_cast<std::size_t>(whole - 1), x.size(), y.size()));
  } else {
    const double all = n + m;
    const double spread = all + 1 - ranks.tie_term / (all * (all - 1));
    const double s = detail::square_root(pairs / 12 * std::max(0.0, spread));  // all are tied: 0, but for rounding
    p = normal_cdf(-(u - pairs / 2 - (options.continuity ? 0.5 : 0)) / s);
  }
  result.pvalue = std::min(1.0, two_sided ? 2 * p : p);
  return result;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
