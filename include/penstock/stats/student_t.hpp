// SPDX-License-Identifier: MIT
#pragma once

// The incomplete beta function, and of it the t and binomial distributions.
//
//     stats::student_t_tail(2.1, 17.5);                 // P(T > 2.1) with 17.5 degrees of freedom
//     stats::binomial_tail(10, 8);                      // P(at least 8 heads of 10)

#include "penstock/core/math.hpp"
#include "penstock/stats/normal.hpp"

#include <cstdint>  // uint64_t
#include <limits>   // numeric_limits

namespace penstock {
inline namespace v0 {
namespace detail {

/// What Stirling's formula for the logarithm of gamma(x) leaves out, for x from 10 upwards; error below 1e-17.
[[nodiscard]] inline double stirling_rest(double x) noexcept {
  const double z = 1 / (x * x);
  return (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188 - z * 691.0 / 360360))))) / x;
}

/// x^a y^b / B(a, b), with x + y = 1 and y no less than b / (a + b), about: of logarithms of what is near 1, so that it
/// stays precise for great a and b.
[[nodiscard]] inline double beta_front(double a, double b, double x, double y) noexcept {
  const double power = a;
  double factor = 1;
  for (; a < 10; a += 1) factor *= a / (a + b);  // B(a, b) = B(a + 1, b) (a + b) / a
  for (; b < 10; b += 1) factor *= b / ((a + b) * y);
  const double n = a + b;
  // x n / a and y n / b are near 1 where it matters: how far they are off is known better than they are themselves.
  const double off = y < x ? b - y * n : x * n - a;
  double logarithm = b * natural_logarithm_of_1_plus(-off / b);
  if (off > -0.9 * a) {
    logarithm += a * natural_logarithm_of_1_plus(off / a) - (a - power) * natural_logarithm(x);
  } else {  // far out, where x itself is what is known
    logarithm += power * natural_logarithm(x) + a * natural_logarithm(n / a);
  }
  constexpr double two_pi = 6.28318530717958647693;
  return factor * exponential(logarithm - stirling_rest(a) - stirling_rest(b) + stirling_rest(n)) *
         square_root(a / n * b / two_pi);
}

/// The regularised incomplete beta function I_x(a, b), with y = 1 - x, for a, b > 0, by Lentz's continued fraction.
/// O(sqrt(a + b)).
[[nodiscard]] inline double incomplete_beta(double a, double b, double x, double y) noexcept {
  if (!(x > 0)) return is_nan(x) ? x : 0;
  if (!(y > 0)) return is_nan(y) ? y : 1;
  const double n = a + b + 2;
  // Not if y is beyond its bound as well, by a rounding: each would leave it to the other for ever.
  if (x > (a + 1) / n && !(y > (b + 1) / n)) return 1 - incomplete_beta(b, a, y, x);
  constexpr double tiny = 1e-300;
  const auto kept = [](double v) { return absolute(v) < tiny ? tiny : v; };
  double c = 1, d = 1 / kept(1 - (a + b) * x / (a + 1)), fraction = d;
  const double most = 1000 + 10 * square_root(a + b);
  for (double m = 1; m < most; m += 1) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    fraction *= d * c;
    if (absolute(d * c - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  return beta_front(a, b, x, y) * fraction / a;
}

}  // namespace detail

namespace stats {

/// The probability that a t-distributed value with `df` > 0 degrees of freedom, or infinitely many, is greater than
/// `t`. Relative error about 1e-13, also far out, up to where t^2 overflows: beyond it is 0. NaN for NaN.
[[nodiscard]] inline double student_t_tail(double t, double df) noexcept {
  const double t2 = t * t;
  if (df > 1e4) {  // Hill's normal approximation (1970) is the more precise one here: the fraction would cancel
    const double a = df - 0.5, b = 48 * a * a;
    const double y = detail::is_finite(df) ? a * detail::natural_logarithm_of_1_plus(t2 / df) : t2;
    if (y > 1e6) return t > 0 ? 0 : 1;
    const double rest = (((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y * y + 100 + b);
    const double z = ((rest + y + 3) / b + 1) * detail::square_root(y);
    return t > 0 ? normal_cdf(-z) : normal_cdf(z);
  }
  const double both = t2 > df ? detail::incomplete_beta(df / 2, 0.5, 1 / (t2 / df + 1), t2 / (df + t2))
                              : detail::incomplete_beta(df / 2, 0.5, df / (df + t2), t2 / (df + t2));
  return t > 0 ? both / 2 : 1 - both / 2;
}

/// The probability of at least `k` heads among `n` throws of a fair coin. O(sqrt(n)).
[[nodiscard]] inline double binomial_tail(std::uint64_t n, std::uint64_t k) noexcept {
  if (k == 0) return 1;
  if (k > n) return 0;
  return detail::incomplete_beta(static_cast<double>(k), static_cast<double>(n - k + 1), 0.5, 0.5);
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
