// SPDX-License-Identifier: MIT
#pragma once

// The chi-square distribution, and whether two samples of categories come from one distribution.
//
//     stats::chi_square_tail(18.3, 10);                 // P(chi-square with 10 degrees of freedom > 18.3) = 0.05
//     stats::chi_square_quantile(0.95, 10);             // 18.307...
//     stats::chi_square_test(counts_before, counts_after).pvalue;

#include "penstock/core/math.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/student_t.hpp"
#include "penstock/stats/test_result.hpp"

#include <algorithm>  // max, min
#include <cstddef>    // size_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// x^a exp(-x) / gamma(a + 1) for a, x > 0, by Stirling's formula: of logarithms of what is near 1 where a is great.
[[nodiscard]] inline double gamma_front(double a, double x) noexcept {
  constexpr double two_pi = 6.28318530717958647693;
  if (a >= 10) {
    const double off = (x - a) / a;
    const double power = off > -0.9 ? natural_logarithm_of_1_plus(off) : natural_logarithm(x / a);
    return exponential(a * (power - off) - stirling_rest(a)) / square_root(two_pi * a);
  }
  double n = a, product = 1;  // gamma(a + 1) = gamma(n + 1) / product
  for (; n < 10; n += 1) product *= n + 1;
  const double gamma = square_root(two_pi * n) * exponential(n * natural_logarithm(n) - n + stirling_rest(n)) / product;
  return exponential(a * natural_logarithm(x) - x) / gamma;
}

/// The regularised incomplete gamma functions of a > 0 and x >= 0: P and Q = 1 - P, the lesser of them with about 13
/// digits. The power series below a + 1, Lentz's continued fraction above. O(sqrt(a)) where x is near a.
struct IncompleteGamma {
  double lower = 0;
  double upper = 1;

  IncompleteGamma(double a, double x) noexcept {
    if (!(x > 0)) {
      if (is_nan(x)) lower = upper = x;
      return;
    }
    if (x > std::numeric_limits<double>::max()) {
      lower = 1;
      upper = 0;
      return;
    }
    constexpr double small = std::numeric_limits<double>::epsilon() / 4;
    const double front = gamma_front(a, x);
    if (x < a + 1) {
      double term = 1, sum = 1;
      for (double n = a + 1; term > small * sum; n += 1) sum += term *= x / n;
      lower = std::min(1.0, front * sum);
      upper = 1 - lower;
      return;
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, fraction = d;
    for (double i = 1; i < 1e7; i += 1) {
      const double over = -i * (i - a);
      b += 2;
      d = over * d + b;
      d = 1 / (absolute(d) < 1e-300 ? 1e-300 : d);
      c = b + over / c;
      if (absolute(c) < 1e-300) c = 1e-300;
      fraction *= d * c;
      if (absolute(d * c - 1) < std::numeric_limits<double>::epsilon()) break;
    }
    upper = std::min(1.0, front * a * fraction);
    lower = 1 - upper;
  }
};

/// The x at which the chi-square distribution has `lower` below it and `upper` above; their sum is 1, and the lesser is
/// the one that is looked at. By Newton's steps on logarithms, kept between ends that close in.
[[nodiscard]] inline double chi_square_inverse(double lower, double upper, double df) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!(lower >= 0 && upper >= 0)) return std::numeric_limits<double>::quiet_NaN();
  if (lower == 0) return 0;
  if (upper == 0) return infinity;
  const double a = df / 2;
  const bool below = lower < upper;
  const double wanted = natural_logarithm(below ? lower : upper);
  double low = -infinity, high = infinity, t = natural_logarithm(a);  // t is the logarithm of x = chi-square / 2
  for (int step = 0; step < 200; ++step) {
    const double x = exponential(t);
    const IncompleteGamma gamma(a, x);
    const double found = below ? gamma.lower : gamma.upper;
    const double off = natural_logarithm(found) - wanted;  // -infinity where it underflows
    (below ? off > 0 : off < 0) ? high = t : low = t;
    const double slope = gamma_front(a, x) * a / found;  // of the logarithm by t, but for its sign
    double next = t - (below ? off : -off) / slope;
    if (!(next > low && next < high && absolute(next - t) < 50)) {
      next = low == -infinity ? t - 4 : high == infinity ? t + 4 : low + (high - low) / 2;
    }
    const bool done = absolute(next - t) <= 4e-16 * std::max(1.0, absolute(t)) || next == t;
    t = next;
    if (done) break;
  }
  return 2 * exponential(t);
}

/// Numbers of rows in each category, checked; their sum.
[[nodiscard]] inline double sum_of_counts(const char* who, const std::vector<double>& counts) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!(counts[i] >= 0 && is_finite(counts[i]))) {
      throw std::invalid_argument(std::string(who) + ": count " + std::to_string(i) + " is " +
                                  std::to_string(counts[i]) + "; it must be finite and at least 0");
    }
    sum += counts[i];
  }
  if (!(sum > 0 && is_finite(sum)))
    throw std::invalid_argument(std::string(who) + ": the counts of a sample are all 0");
  return sum;
}

inline void check_same_categories(const char* who, std::size_t a, std::size_t b) {
  if (a == b) return;
  throw std::invalid_argument(std::string(who) + ": samples have " + std::to_string(a) + " and " + std::to_string(b) +
                              " categories");
}

}  // namespace detail

namespace stats {

/// The probability that a chi-square value with `df` > 0 degrees of freedom is greater than `x`. Relative error about
/// 1e-13, also far out. NaN for NaN.
[[nodiscard]] inline double chi_square_tail(double x, double df) noexcept {
  return detail::IncompleteGamma(df / 2, x / 2).upper;
}

/// The value that a chi-square value with `df` > 0 degrees of freedom is below with probability `p`: 0 at 0, infinity
/// at 1, NaN outside of them. Relative error about 1e-13.
[[nodiscard]] inline double chi_square_quantile(double p, double df) noexcept {
  return detail::chi_square_inverse(p, 1 - p, df);
}

/// How a chi-square test is made.
struct ChiSquareOptions {
  bool correction = true;  ///< Yates' correction where there are two categories, as SciPy's
};

/// What a chi-square test found.
struct ChiSquareResult : TestResult {
  std::size_t degrees_of_freedom = 0;  ///< categories that were met, less one
  double least_expected = 0;           ///< the least expected count; below 5 or so, the p-value is a rough one
};

/// Pearson's test that two samples of categories come from one distribution, of their numbers of rows in each category
/// (SciPy's chi2_contingency of the two rows). Categories that neither has are passed over; of one category alone the
/// statistic is 0 and the p-value 1. O(categories).
/// @throws std::invalid_argument if the samples have different numbers of categories, a count is negative or not
/// finite, or all of a sample are 0.
template <sample_range A, sample_range B>
[[nodiscard]] ChiSquareResult chi_square_test(const A& a, const B& b, const ChiSquareOptions& options = {}) {
  const auto x = detail::to_sample(a), y = detail::to_sample(b);
  detail::check_same_categories("stats::chi_square_test", x.size(), y.size());
  const double n = detail::sum_of_counts("stats::chi_square_test", x);
  const double m = detail::sum_of_counts("stats::chi_square_test", y);
  std::size_t met = 0;
  for (std::size_t i = 0; i < x.size(); ++i) met += x[i] + y[i] > 0 ? 1 : 0;
  ChiSquareResult result;
  result.degrees_of_freedom = met - 1;
  result.statistic = 0;
  result.least_expected = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double both = x[i] + y[i];
    if (both == 0) continue;
    const double expected_x = both * (n / (n + m)), expected_y = both * (m / (n + m));
    double off_x = detail::absolute(x[i] - expected_x), off_y = detail::absolute(y[i] - expected_y);
    if (met == 2 && options.correction) {
      off_x -= std::min(0.5, off_x);
      off_y -= std::min(0.5, off_y);
    }
    result.statistic += off_x * off_x / expected_x + off_y * off_y / expected_y;
    result.least_expected = std::min({result.least_expected, expected_x, expected_y});
  }
  if (met == 1) result.statistic = 0;
  result.pvalue = met == 1 ? 1 : chi_square_tail(result.statistic, static_cast<double>(met - 1));
  return result;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
