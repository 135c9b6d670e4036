// SPDX-License-Identifier: MIT
#pragma once

// How far two distributions over the same categories or bins are from each other, of counts or shares.
//
//     stats::jensen_shannon(counts_before, counts_after, {.base = 2});   // 0: the same, 1: nothing in common
//     stats::l_infinity(counts_before, counts_after);                    // the greatest change of any one share

#include "penstock/core/math.hpp"
#include "penstock/stats/chi_square.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>  // max
#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string

namespace penstock {
inline namespace v0 {
namespace stats {

/// In what the Jensen-Shannon distance is measured.
struct JensenShannonOptions {
  double base = 0;  ///< of the logarithm, above 1; 0: natural. With 2 the greatest distance is 1, else sqrt(ln 2)
};

/// The Jensen-Shannon distance (SciPy's jensenshannon): the square root of the mean of both samples' relative entropies
/// to the mixture of the two. Counts are made shares first. O(categories).
/// @throws std::invalid_argument as chi_square_test, and for a base that cannot be.
template <sample_range A, sample_range B>
[[nodiscard]] double jensen_shannon(const A& a, const B& b, const JensenShannonOptions& options = {}) {
  if (options.base != 0 && !(options.base > 1 && detail::is_finite(options.base))) {
    throw std::invalid_argument("JensenShannonOptions.base is " + std::to_string(options.base) +
                                "; it must be finite and above 1, or 0 for natural logarithms");
  }
  const auto x = detail::to_sample(a), y = detail::to_sample(b);
  detail::check_same_categories("stats::jensen_shannon", x.size(), y.size());
  const double n = detail::sum_of_counts("stats::jensen_shannon", x);
  const double m = detail::sum_of_counts("stats::jensen_shannon", y);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = x[i] / n, q = y[i] / m, middle = (p + q) / 2;
    if (p > 0) sum += p * detail::natural_logarithm(p / middle);
    if (q > 0) sum += q * detail::natural_logarithm(q / middle);
  }
  if (options.base != 0) sum /= detail::natural_logarithm(options.base);
  return detail::square_root(std::max(0.0, sum) / 2);
}

/// The greatest difference of a category's shares (TensorFlow Data Validation's L-infinity distance), from 0 to 1.
/// O(categories). @throws std::invalid_argument as chi_square_test.
template <sample_range A, sample_range B>
[[nodiscard]] double l_infinity(const A& a, const B& b) {
  const auto x = detail::to_sample(a), y = detail::to_sample(b);
  detail::check_same_categories("stats::l_infinity", x.size(), y.size());
  const double n = detail::sum_of_counts("stats::l_infinity", x);
  const double m = detail::sum_of_counts("stats::l_infinity", y);
  double greatest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) greatest = std::max(greatest, detail::absolute(x[i] / n - y[i] / m));
  return greatest;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
