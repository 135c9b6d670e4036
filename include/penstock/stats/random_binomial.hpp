// SPDX-License-Identifier: MIT
#pragma once

// Binomial random numbers, and of them multinomial ones: how n draws fall into bins.
//
//     detail::random_binomial(random, 1'000'000, 0.3);  // about 300,000; 50 ns, whatever n is

#include "penstock/core/math.hpp"
#include "penstock/stats/philox.hpp"
#include "penstock/stats/student_t.hpp"

#include <cstddef>  // size_t
#include <cstdint>  // uint64_t
#include <span>     // span

namespace penstock {
inline namespace v0 {
namespace detail {

/// What Stirling's formula leaves out of the logarithm of k!.
[[nodiscard]] inline double factorial_rest(double k) noexcept {
  constexpr double few[] = {0.08106146679532726,  0.04134069595540929, 0.02767792568499834, 0.02079067210376509,
                            0.01664469118982119,  0.01387612882307075, 0.01189670994589177, 0.01041126526197209,
                            0.009255462182712733, 0.008330563433362871};
  return k < 10 ? few[static_cast<std::size_t>(k)] : stirling_rest(k + 1);
}

/// The number of successes among n trials of probability p: by adding up probabilities where few are expected, else by
/// transformed rejection with squeeze (BTRS; Hörmann 1993). About 50 ns.
[[nodiscard]] inline std::uint64_t random_binomial(stats::RandomStream& random, std::uint64_t n, double p) noexcept {
  if (n == 0 || !(p > 0)) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - random_binomial(random, n, 1 - p);
  const double trials = static_cast<double>(n), q = 1 - p;
  if (trials * p < 10) {
    double chance = exponential(trials * natural_logarithm_of_1_plus(-p));
    double u = random.uniform();
    std::uint64_t k = 0;
    while (u > chance && k < n) {
      u -= chance;
      chance *= (trials - static_cast<double>(k)) / static_cast<double>(k + 1) * (p / q);
      ++k;
      if (chance < 1e-300) break;  // rounding has left a rest of u that no probability is left for
    }
    return k;
  }
  const double spread = square_root(trials * p * q);
  const double b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * p;
  const double centre = trials * p + 0.5, squeeze = 0.92 - 4.2 / b, odds = p / q;
  const double alpha = (2.83 + 5.1 / b) * spread, mode = floor((trials + 1) * p);
  for (;;) {
    const double u = random.uniform() - 0.5, v = random.uniform();
    const double edge = 0.5 - absolute(u);
    const double k = floor((2 * a / edge + b) * u + centre);
    if (edge >= 0.07 && v <= squeeze) return static_cast<std::uint64_t>(k);
    if (k < 0 || k > trials) continue;
    const double bound = (mode + 0.5) * natural_logarithm((mode + 1) / (odds * (trials - mode + 1))) +
                         (trials + 1) * natural_logarithm((trials - mode + 1) / (trials - k + 1)) +
                         (k + 0.5) * natural_logarithm(odds * (trials - k + 1) / (k + 1)) + factorial_rest(mode) +
                         factorial_rest(trials - mode) - factorial_rest(k) - factorial_rest(trials - k);
    if (natural_logarithm(v * alpha / (a / (edge * edge) + b)) <= bound) return static_cast<std::uint64_t>(k);
  }
}

/// How as many draws as there are counts fall into bins in proportion to those counts. O(bins).
inline void random_multinomial(stats::RandomStream& random, std::span<const std::uint64_t> counts, std::uint64_t total,
                               std::span<std::uint64_t> drawn) noexcept {
  std::uint64_t left = total, weight = total;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    drawn[i] = counts[i] == weight
                   ? left
                   : random_binomial(random, left, static_cast<double>(counts[i]) / static_cast<double>(weight));
    left -= drawn[i];
    weight -= counts[i];
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
