// SPDX-License-Identifier: MIT
#pragma once

// How likely would chance alone make a difference as great as the observed one?
//
//     const auto r = permutation_test(a, b, stats::mean_difference, {.alternative = Alternative::greater});
//     r.statistic; r.pvalue; r.exact;
//     permutation_test(stats::paired(x, y), correlation, {.type = PermutationType::pairings});
//
// The result depends on data, statistic and options alone, and not on the number of threads.

#include "penstock/core/math.hpp"
#include "penstock/stats/parallel.hpp"
#include "penstock/stats/permutation_null.hpp"
#include "penstock/stats/permutation_options.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/statistic.hpp"

#include <algorithm>    // max, min
#include <array>        // array
#include <atomic>       // atomic
#include <cstddef>      // size_t
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <type_traits>  // decay_t
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Looks at the arrangements of a null hypothesis and counts.
template <class Null>
[[nodiscard]] PermutationResult test_against(const Null& null, double observed, const PermutationOptions& options) {
  PermutationResult result;
  result.statistic = observed;
  const std::uint64_t all = null.arrangements();
  result.exact = options.n_resamples >= all;
  result.n_resamples = result.exact ? static_cast<std::size_t>(all) : options.n_resamples;
  if (options.keep_distribution) result.null_distribution.resize(result.n_resamples);

  // The observed arrangement by the way of the others, so that equal ones are equal to the last bit.
  typename Null::Room first_room(null);
  const double reference = null({true, 0, 0}, first_room);
  const double slack =
      is_finite(reference)
          ? std::max({options.ties.absolute, options.ties.relative * absolute(reference), null.rounding()})
          : 0;
  std::atomic<std::size_t> less{0}, greater{0}, not_a_number{0};
  in_threads(options.threads, result.n_resamples, [&](std::size_t first, std::size_t count) {
    typename Null::Room room(null);
    std::size_t at_most = 0, at_least = 0, nans = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      const double value = null({result.exact, options.seed, i}, room);
      at_most += value <= reference + slack ? 1 : 0;
      at_least += value >= reference - slack ? 1 : 0;
      nans += is_nan(value) ? 1 : 0;
      if (options.keep_distribution) result.null_distribution[i] = value;
    }
    less.fetch_add(at_most, std::memory_order_relaxed);
    greater.fetch_add(at_least, std::memory_order_relaxed);
    not_a_number.fetch_add(nans, std::memory_order_relaxed);
  });
  result.n_not_a_number = not_a_number;
  if (is_nan(observed)) return result;
  const double add = result.exact ? 0 : 1, n = static_cast<double>(result.n_resamples);
  const double p_less = (static_cast<double>(less) + add) / (n + add);
  const double p_greater = (static_cast<double>(greater) + add) / (n + add);
  switch (options.alternative) {
    case Alternative::less: result.pvalue = p_less; break;
    case Alternative::greater: result.pvalue = p_greater; break;
    case Alternative::two_sided: result.pvalue = std::min(1.0, 2 * std::min(p_less, p_greater)); break;
  }
  return result;
}

template <class S, std::size_t columns>
[[nodiscard]] PermutationResult permutation_test_of(const Columns<columns>& data, const S& statistic,
                                                    const PermutationOptions& options) {
  check(options);
  for (const std::vector<double>& column : data) {
    if (column.empty()) throw std::invalid_argument("permutation_test: a sample has no values");
    if (options.type != PermutationType::independent && column.size() != data[0].size()) {
      throw std::invalid_argument("permutation_test: columns have " + std::to_string(data[0].size()) + " and " +
                                  std::to_string(column.size()) +
                                  " values; PermutationType::" + std::string(to_string(options.type)) + " needs rows");
    }
  }
  const double observed = apply<std::decay_t<S>, columns>(statistic, views_of(data));
  switch (options.type) {
    case PermutationType::independent:
      if constexpr (columns > 1) {
        return test_against(IndependentNull<std::decay_t<S>, columns>(statistic, data), observed, options);
      } else {
        throw std::invalid_argument("permutation_test: PermutationType::independent needs two samples or more");
      }
    case PermutationType::samples:
      return test_against(SamplesNull<std::decay_t<S>, columns>(statistic, data), observed, options);
    case PermutationType::pairings: break;
  }
  if constexpr (columns > 1) {
    return test_against(PairingsNull<std::decay_t<S>, columns>(statistic, data), observed, options);
  } else {
    throw std::invalid_argument("permutation_test: PermutationType::pairings needs two columns or more");
  }
}

}  // namespace detail

/// The permutation test of a statistic of two samples: p-values are by the conventions of SciPy's permutation_test,
/// exact values are its values. Every arrangement is looked at if there are at most n_resamples, random ones otherwise.
/// O(n_resamples * n) time if the statistic takes O(n); memory O(n) for each thread. The statistic is called from
/// `options.threads` threads.
/// @throws std::invalid_argument for a wrong option, an empty sample, or lengths that do not fit the type; what the
/// statistic throws.
template <stats::sample_range A, stats::sample_range B, stats::two_sample_statistic S>
[[nodiscard]] PermutationResult permutation_test(const A& a, const B& b, const S& statistic,
                                                 const PermutationOptions& options = {}) {
  return detail::permutation_test_of(stats::samples(a, b).columns, statistic, options);
}

/// The same of any number of samples; of one, with PermutationType::samples: is it symmetric about 0?
/// @throws as above.
template <std::size_t columns, stats::statistic_of<columns> S>
[[nodiscard]] PermutationResult permutation_test(const stats::Samples<columns>& data, const S& statistic,
                                                 const PermutationOptions& options = {}) {
  return detail::permutation_test_of(data.columns, statistic, options);
}

/// The same of columns whose equal places belong together.
/// @throws as above.
template <std::size_t columns, stats::statistic_of<columns> S>
[[nodiscard]] PermutationResult permutation_test(const stats::Paired<columns>& data, const S& statistic,
                                                 const PermutationOptions& options = {}) {
  return detail::permutation_test_of(data.columns, statistic, options);
}

}  // namespace v0
}  // namespace penstock
