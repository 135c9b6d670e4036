// SPDX-License-Identifier: MIT
#pragma once

// Of twenty tests, one finds something by chance. What the p-values are worth when there are many.
//
//     stats::holm(pvalues);                             // below 0.05: hardly one wrong among all of them
//     stats::benjamini_hochberg(pvalues);               // below 0.05: of those, about 5 % are wrong
//     stats::corrected(pvalues, stats::Correction::holm);   // the same, by a name

#include "penstock/core/math.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>    // max, min, sort
#include <cstddef>      // size_t
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The places of the p-values that are no NaN, the least first.
template <stats::sample_range R>
[[nodiscard]] std::vector<std::size_t> order_of_pvalues(const R& range, std::vector<double>& pvalues) {
  pvalues = to_sample(range);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < pvalues.size(); ++i) {
    if (is_nan(pvalues[i])) continue;
    if (!(pvalues[i] >= 0 && pvalues[i] <= 1)) {
      throw std::invalid_argument("stats: p-value " + std::to_string(i) + " is " + std::to_string(pvalues[i]) +
                                  "; it must be from 0 to 1, or NaN");
    }
    order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return pvalues[a] < pvalues[b]; });
  return order;
}

}  // namespace detail

namespace stats {

/// P-values, in the given order, corrected so that the chance of even one false alarm is what it says, whatever the
/// tests have to do with each other (Holm 1979; R's p.adjust). NaN stays, and does not count. O(n log n).
/// @throws std::invalid_argument for a p-value outside of [0, 1]; it names the place, counted from 0.
template <sample_range R>
[[nodiscard]] std::vector<double> holm(const R& pvalues) {
  std::vector<double> result;
  const auto order = detail::order_of_pvalues(pvalues, result);
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    double& p = result[order[i]];
    least = std::max(least, std::min(1.0, p * static_cast<double>(order.size() - i)));
    p = least;
  }
  return result;
}

/// The same by Bonferroni: each times the number of them, at most 1. Never better than holm. O(n).
/// @throws std::invalid_argument as holm.
template <sample_range R>
[[nodiscard]] std::vector<double> bonferroni(const R& pvalues) {
  std::vector<double> result;
  const auto order = detail::order_of_pvalues(pvalues, result);
  for (const std::size_t i : order) result[i] = std::min(1.0, result[i] * static_cast<double>(order.size()));
  return result;
}

/// P-values, in the given order, corrected so that below q, a share q of what is found is false, if the tests are
/// independent or go together (Benjamini and Hochberg 1995; SciPy's false_discovery_control). As holm otherwise.
/// @throws std::invalid_argument as holm.
template <sample_range R>
[[nodiscard]] std::vector<double> benjamini_hochberg(const R& pvalues) {
  std::vector<double> result;
  const auto order = detail::order_of_pvalues(pvalues, result);
  double most = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    double& p = result[order[i]];
    most = std::min(most, p * (static_cast<double>(order.size()) / static_cast<double>(i + 1)));
    p = most;
  }
  return result;
}

/// A correction, by its name.
enum class Correction {
  none,                ///< each p-value stands for itself
  bonferroni,          ///< see bonferroni
  holm,                ///< see holm
  benjamini_hochberg,  ///< see benjamini_hochberg
};

/// The correction in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(Correction correction) noexcept {
  switch (correction) {
    case Correction::none: return "none";
    case Correction::bonferroni: return "bonferroni";
    case Correction::holm: return "holm";
    case Correction::benjamini_hochberg: return "benjamini_hochberg";
  }
  return "unknown";
}

/// The p-values corrected so; NaN stays, and does not count. @throws std::invalid_argument as holm, and for
/// a correction that is none.
template <sample_range R>
[[nodiscard]] std::vector<double> corrected(const R& pvalues, Correction correction) {
  std::vector<double> result;
  switch (correction) {
    case Correction::bonferroni: return bonferroni(pvalues);
    case Correction::holm: return holm(pvalues);
    case Correction::benjamini_hochberg: return benjamini_hochberg(pvalues);
    case Correction::none: (void)detail::order_of_pvalues(pvalues, result); return result;
  }
  throw std::invalid_argument("stats::corrected: correction is " + std::to_string(static_cast<int>(correction)) +
                              ", which is none");
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
