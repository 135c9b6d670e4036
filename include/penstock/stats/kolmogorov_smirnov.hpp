// SPDX-License-Identifier: MIT
#pragma once

// Are two samples of one distribution? By the greatest distance of their empirical distribution functions.
//
//     stats::ks_two_sample(before, after).pvalue;

#include "penstock/core/math.hpp"
#include "penstock/stats/alternative.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/test_result.hpp"

#include <algorithm>  // max, min, sort
#include <cstddef>    // size_t
#include <cstdint>    // int64_t
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The probability that a random order of n and m values strays as far: n * m * (F1 - F2) comes to `distance`, or, if
/// `both`, to -`distance`. By walking through all orders at once, with the probability of each place; what strays
/// leaves, and is added up, so that small probabilities are precise. O(n m) time, O(m) memory.
[[nodiscard]] inline double ks_exact_tail(std::size_t n, std::size_t m, std::int64_t distance, bool both) {
  std::vector<double> row(m + 1, 0.0);  // probability to have come to i of the first and j of the second, inside
  double out = 0;
  row[0] = 1;
  if (distance <= 0) return 1;
  const auto outside = [&](std::size_t i, std::size_t j) {
    const auto d = static_cast<std::int64_t>(i * m) - static_cast<std::int64_t>(j * n);
    return d >= distance || (both && -d >= distance);
  };
  for (std::size_t i = 0; i <= n; ++i) {
    double carried = 0;  // from the left, within this row
    for (std::size_t j = 0; j <= m; ++j) {
      double here = row[j] + carried;
      carried = 0;
      if (here != 0 && outside(i, j)) {
        out += here;
        here = 0;
      }
      const double left = static_cast<double>(n - i + m - j);
      if (left > 0) {
        carried = here * (static_cast<double>(m - j) / left);
        row[j] = here * (static_cast<double>(n - i) / left);
      }
    }
  }
  return std::min(out, 1.0);
}

/// P(sup |B| > x) of the Brownian bridge, the limit of Kolmogorov and Smirnov.
[[nodiscard]] inline double kolmogorov_tail(double x) noexcept {
  if (x <= 0) return 1;
  constexpr double pi = 3.14159265358979323846;
  double sum = 0;
  if (x < 1) {  // the other series of the same function, which is quick here
    for (int k = 1; k < 30; k += 2) sum += exponential(-pi * pi * k * k / (8 * x * x));
    return std::max(0.0, 1 - square_root(2 * pi) / x * sum);
  }
  for (int k = 1; k < 30; ++k) sum += (k % 2 == 1 ? 2 : -2) * exponential(-2.0 * k * k * x * x);
  return std::min(sum, 1.0);
}

}  // namespace detail

namespace stats {

/// How a Kolmogorov-Smirnov test is made.
struct KolmogorovSmirnovOptions {
  /// greater: the distribution function of the first sample lies above, its values tend to be less.
  Alternative alternative = Alternative::two_sided;
  TestMethod method = TestMethod::automatic;  ///< exact up to 10,000 values in the greater sample
};

/// The two-sample Kolmogorov-Smirnov test. Statistic and exact p-value are those of SciPy's ks_2samp. The asymptotic
/// p-value, two-sided, is Kolmogorov's limit (SciPy takes the one-sample distribution of as many values as come near
/// it); one-sided it is Hodges' formula, as SciPy's. Exact O(n m).
template <sample_range A, sample_range B>
[[nodiscard]] TestResult ks_two_sample(const A& a, const B& b, const KolmogorovSmirnovOptions& options = {}) {
  auto x = detail::to_sample(a), y = detail::to_sample(b);
  TestResult result;
  if (x.empty() || y.empty()) return result;
  for (const auto* sample : {&x, &y}) {
    for (const double v : *sample) {
      if (detail::is_nan(v)) return result;
    }
  }
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  const std::size_t n = x.size(), m = y.size();
  std::int64_t above = 0, below = 0;  // n m (F1 - F2), greatest and least
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    const double value = std::min(x[i], y[j]);
    while (i < n && x[i] == value) ++i;
    while (j < m && y[j] == value) ++j;
    const auto d = static_cast<std::int64_t>(i * m) - static_cast<std::int64_t>(j * n);
    above = std::max(above, d);
    below = std::min(below, d);
  }
  const bool two_sided = options.alternative == Alternative::two_sided;
  const std::int64_t distance = two_sided                                     ? std::max(above, -below)
                                : options.alternative == Alternative::greater ? above
                                                                              : -below;
  const double dn = static_cast<double>(n), dm = static_cast<double>(m);
  result.statistic = static_cast<double>(distance) / dn / dm;
  result.exact =
      options.method == TestMethod::exact || (options.method == TestMethod::automatic && std::max(n, m) <= 10000);
  if (result.exact) {
    // Which of the two directions it is does not matter: a random order is as likely as its reverse.
    result.pvalue = detail::ks_exact_tail(n, m, distance, two_sided);
  } else {
    const double z = detail::square_root(dn / (dn + dm) * dm) * result.statistic;
    if (two_sided) {
      result.pvalue = detail::kolmogorov_tail(z);
    } else {
      const double great = std::max(dn, dm), small = std::min(dn, dm);
      const double term = 2 * z * (great + 2 * small) / detail::square_root(great * small * (great + small)) / 3;
      result.pvalue = std::min(1.0, detail::exponential(-2 * z * z - term));
    }
  }
  return result;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
