// SPDX-License-Identifier: MIT
#pragma once

// Of pairs, does one side tend to be greater, and by more than the other side is? By the ranks of the differences: one
// pair that is far off counts as one rank and no more.
//
//     stats::wilcoxon_signed_rank(before, after).pvalue;

#include "penstock/core/math.hpp"
#include "penstock/stats/moments.hpp"
#include "penstock/stats/permutation_test.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>  // sort
#include <cstddef>    // size_t
#include <limits>     // numeric_limits
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The ranks of the differences by size, from 1, each with the sign of its difference; equal sizes share the mean of
/// their ranks. Differences of 0 are left out. O(n log n).
[[nodiscard]] inline std::vector<double> signed_ranks(std::vector<double> differences) {
  std::erase(differences, 0.0);
  std::sort(differences.begin(), differences.end(), [](double a, double b) { return absolute(a) < absolute(b); });
  for (std::size_t first = 0, last = 0; first < differences.size(); first = last) {
    const double size = absolute(differences[first]);
    while (last < differences.size() && absolute(differences[last]) == size) ++last;
    const double rank = static_cast<double>(first + last + 1) / 2;
    for (std::size_t i = first; i < last; ++i) differences[i] = differences[i] < 0 ? -rank : rank;
  }
  return differences;
}

}  // namespace detail

namespace stats {

/// The Wilcoxon signed-rank test: under the null hypothesis each difference is as likely to have the other sign. The
/// statistic is the sum of the ranks of the differences above 0 (Wilcoxon 1945, zeros left out); the p-value is exact,
/// also with ties, if there are at most n_resamples patterns of signs, and drawn otherwise: without ties and zeros that
/// of SciPy's wilcoxon(d, method="exact"). 1 if all differences are 0, NaN of none or with NaN among them.
/// `options.type` does not matter. O(n_resamples * n).
/// @throws std::invalid_argument for a wrong option.
template <sample_range D>
[[nodiscard]] PermutationResult wilcoxon_signed_rank(const D& differences, PermutationOptions options = {}) {
  options.type = PermutationType::samples;
  check(options);
  const std::vector<double> all = detail::to_sample(differences);
  PermutationResult result;
  for (const double d : all) {
    if (detail::is_nan(d)) return result;
  }
  const std::vector<double> ranks = detail::signed_ranks(all);
  if (ranks.empty()) {
    if (all.empty()) return result;
    result.statistic = 0;
    result.pvalue = 1;
    result.exact = true;
    return result;
  }
  result = permutation_test(samples(ranks), mean, options);
  result.statistic = 0;
  for (const double rank : ranks) result.statistic += rank > 0 ? rank : 0;
  return result;
}

/// The same of pairs: of a[i] - b[i].
/// @throws std::invalid_argument also if the lengths differ.
template <sample_range A, sample_range B>
[[nodiscard]] PermutationResult wilcoxon_signed_rank(const A& a, const B& b, const PermutationOptions& options = {}) {
  const auto pairs = paired(a, b);
  std::vector<double> differences;
  differences.reserve(pairs.columns[0].size());
  for (std::size_t i = 0; i < pairs.columns[0].size(); ++i) {
    const double x = pairs.columns[0][i], y = pairs.columns[1][i];
    differences.push_back(x == y ? 0 : x - y);  // also of infinities
  }
  return wilcoxon_signed_rank(differences, options);
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
