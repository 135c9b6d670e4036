// SPDX-License-Identifier: MIT
#pragma once

// Of pairs, does one side win more often than a fair coin would let it?
//
//     stats::sign_test(before, after).pvalue;

#include "penstock/stats/alternative.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/student_t.hpp"

#include <algorithm>  // max, min
#include <cstddef>    // size_t
#include <limits>     // numeric_limits

namespace penstock {
inline namespace v0 {
namespace stats {

/// What a sign test found.
struct SignTestResult {
  std::size_t wins = 0;                                      ///< pairs in which the first is greater
  std::size_t losses = 0;                                    ///< pairs in which it is less
  std::size_t ties = 0;                                      ///< pairs of equal values, or with NaN: left out
  double pvalue = std::numeric_limits<double>::quiet_NaN();  ///< exact; 1 if all pairs are ties, NaN of no pairs
};

/// The sign test of pairs: p-values are those of SciPy's binomtest(wins, wins + losses). `greater`: the first of a pair
/// tends to be greater. O(n).
/// @throws std::invalid_argument if the lengths differ.
template <sample_range A, sample_range B>
[[nodiscard]] SignTestResult sign_test(const A& a, const B& b, Alternative alternative = Alternative::two_sided) {
  const auto pairs = paired(a, b);
  SignTestResult result;
  for (std::size_t i = 0; i < pairs.columns[0].size(); ++i) {
    const double x = pairs.columns[0][i], y = pairs.columns[1][i];
    ++(x > y ? result.wins : x < y ? result.losses : result.ties);
  }
  const std::size_t n = result.wins + result.losses;
  if (n + result.ties == 0) return result;
  switch (alternative) {
    case Alternative::greater: result.pvalue = binomial_tail(n, result.wins); break;
    case Alternative::less: result.pvalue = binomial_tail(n, result.losses); break;
    case Alternative::two_sided:
      result.pvalue = std::min(1.0, 2 * binomial_tail(n, std::max(result.wins, result.losses)));
      break;
  }
  return result;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
