// SPDX-License-Identifier: MIT
#pragma once

// Do two samples have one mean? Welch's t test, which does not take their variances for equal.
//
//     stats::welch_t_test(a, b).pvalue;

#include "penstock/core/math.hpp"
#include "penstock/stats/alternative.hpp"
#include "penstock/stats/moments.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/student_t.hpp"

#include <algorithm>  // min
#include <limits>     // numeric_limits

namespace penstock {
inline namespace v0 {
namespace stats {

/// What a t test found; NaN if a sample has fewer than two values, none of them varies, or their squares overflow.
struct TTestResult {
  double statistic = std::numeric_limits<double>::quiet_NaN();           ///< t, positive if the first mean is greater
  double pvalue = std::numeric_limits<double>::quiet_NaN();              ///< in [0, 1]
  double degrees_of_freedom = std::numeric_limits<double>::quiet_NaN();  ///< Welch and Satterthwaite's
};

/// Welch's t test, with the values of SciPy's ttest_ind(equal_var=False). `greater`: the first mean is greater. O(n +
/// m).
template <sample_range A, sample_range B>
[[nodiscard]] TTestResult welch_t_test(const A& a, const B& b, Alternative alternative = Alternative::two_sided) {
  const auto x = detail::to_sample(a), y = detail::to_sample(b);
  TTestResult result;
  if (x.size() < 2 || y.size() < 2) return result;
  const Estimate first = mean.estimate(x), second = mean.estimate(y);
  const double v = first.variance + second.variance;
  if (!(v > 0 && detail::is_finite(v))) return result;
  result.statistic = (first.value - second.value) / detail::square_root(v);
  const double n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
  const double share1 = first.variance / v, share2 = second.variance / v;  // their squares do not underflow both
  result.degrees_of_freedom = 1 / (share1 * share1 / (n - 1) + share2 * share2 / (m - 1));
  const double t = result.statistic, df = result.degrees_of_freedom;
  switch (alternative) {
    case Alternative::greater: result.pvalue = student_t_tail(t, df); break;
    case Alternative::less: result.pvalue = student_t_tail(-t, df); break;
    case Alternative::two_sided: result.pvalue = std::min(1.0, 2 * student_t_tail(detail::absolute(t), df)); break;
  }
  return result;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
