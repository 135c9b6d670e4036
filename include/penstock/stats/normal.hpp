// SPDX-License-Identifier: MIT
#pragma once

// The normal distribution and its inverse, to the last digit or two of a double.
//
//     stats::normal_quantile(0.975);                    // 1.959963984540054
//     stats::normal_cdf(1.959963984540054);             // 0.975

#include "penstock/core/math.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <limits>  // numeric_limits

namespace penstock {
inline namespace v0 {
namespace stats {

/// The probability that a standard normal value is at most `z`. NaN for NaN.
[[nodiscard]] inline double normal_cdf(double z) noexcept {
  return 0.5 * detail::complementary_error_function(-z * 0.70710678118654752440);
}

/// The `z` at which normal_cdf is `p`: -infinity at 0, infinity at 1, NaN outside of them. Wichura's algorithm AS 241
/// (1988), relative error about 1e-16.
[[nodiscard]] inline double normal_quantile(double p) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!(p >= 0 && p <= 1)) return std::numeric_limits<double>::quiet_NaN();
  if (p == 0) return -infinity;
  if (p == 1) return infinity;
  // Both polynomials of degree 7, highest power first.
  const auto ratio = [](const double(&over)[8], const double(&under)[8], double x) {
    double a = 0, b = 0;
    for (int i = 0; i < 8; ++i) {
      a = detail::rounded(a * x) + over[i];
      b = detail::rounded(b * x) + under[i];
    }
    return a / b;
  };
  const double q = p - 0.5;
  if (detail::absolute(q) <= 0.425) {
    constexpr double over[] = {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                               45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                               133.14166789178437745, 3.387132872796366608};
    constexpr double under[] = {
        5226.495278852854561,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1.0};
    return q * ratio(over, under, 0.180625 - detail::rounded(q * q));
  }
  const double tail = detail::square_root(-detail::natural_logarithm(q < 0 ? p : 1 - p));
  double z = 0;
  if (tail <= 5) {
    constexpr double over[] = {7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
                               1.27045825245236838258,   3.64784832476320460504,   5.7694972214606914055,
                               4.6303378461565452959,    1.42343711074968357734};
    constexpr double under[] = {
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455,    1.6763848301838038494,   2.05319162663775882187,   1.0};
    z = ratio(over, under, tail - 1.6);
  } else {
    constexpr double over[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
                               0.026532189526576123093,   0.29656057182850489123,    1.7848265399172913358,
                               5.4637849111641143699,     6.6579046435011037772};
    constexpr double under[] = {
        2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
        0.0148753612908506148525,   0.13692988092273580531,   0.59983220655588793769,   1.0};
    z = ratio(over, under, tail - 5);
  }
  return q < 0 ? -z : z;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
