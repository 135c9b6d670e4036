// SPDX-License-Identifier: MIT
#pragma once

// Confidence intervals by resampling: how far would a figure move if the data had been collected again?
//
//     const auto r = bootstrap(latencies, stats::median, {.confidence_level = 0.95, .seed = 1});
//     r.ci.low; r.ci.high; r.standard_error;
//     bootstrap(stats::samples(a, b), stats::mean_difference, {.method = CiMethod::percentile, .threads = 0});
//     bootstrap(stats::paired(x, y), correlation, {});
//
// The result depends on data, statistic and options alone, and not on the number of threads: resample r takes its
// random numbers from the place (seed, r).

#include "penstock/stats/bootstrap_options.hpp"
#include "penstock/stats/confidence_interval.hpp"
#include "penstock/stats/parallel.hpp"
#include "penstock/stats/replicates.hpp"
#include "penstock/stats/resample_plan.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/statistic.hpp"

#include <algorithm>    // max, min
#include <array>        // array
#include <cstddef>      // size_t
#include <memory>       // make_shared, shared_ptr
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <type_traits>  // decay_t
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Adds resamples to those that there are, until there are `wanted`.
inline void add_replicates(const ReplicateSource& source, const BootstrapOptions& options, std::size_t wanted,
                           std::vector<double>& replicates, std::vector<double>& errors) {
  const std::size_t made = replicates.size();
  const bool studentized = options.method == CiMethod::studentized;
  replicates.resize(wanted);
  if (studentized) errors.resize(wanted);
  in_threads(options.threads, wanted - made, [&](std::size_t first, std::size_t count) {
    const auto values = std::span(replicates).subspan(made + first, count);
    if (studentized) {
      source.replicate_with_errors(made + first, values, std::span(errors).subspan(made + first, count));
    } else {
      source.replicate(made + first, values);
    }
  });
}

/// Goes on from the resamples that there are to `wanted`, and further while the ends are not known well enough.
inline BootstrapResult bootstrap_from(std::shared_ptr<const ReplicateSource> source, const BootstrapOptions& options,
                                      std::size_t wanted, std::vector<double> replicates, std::vector<double> errors) {
  BootstrapResult result;
  result.options = options;
  const std::size_t least = source->smallest_sample();
  if (least > 0) result.statistic = source->observed();
  if (least < 2) {
    result.status = BootstrapStatus::too_few;
    return result;
  }
  const double observed_error = options.method == CiMethod::studentized ? source->observed_error() : 0;
  for (;;) {
    add_replicates(*source, options, wanted, replicates, errors);
    summarise(result, *source, replicates, errors, observed_error);
    if (options.tolerance == 0 || result.status != BootstrapStatus::ok) break;
    const double missed = result.resampling_error / (options.tolerance * result.standard_error);
    if (missed <= 1) break;
    if (wanted >= options.max_resamples) {
      result.status = BootstrapStatus::tolerance_missed;
      break;
    }
    // The error falls with the root of their number; no more than four times as many at once, as it is a guess itself.
    const double factor = std::min(4.0, std::max(1.25, 1.1 * missed * missed));
    wanted = static_cast<std::size_t>(
        std::min(static_cast<double>(wanted) * factor + 1, static_cast<double>(options.max_resamples)));
  }
  if (options.keep_distribution) {
    result.distribution = std::move(replicates);
    result.errors = std::move(errors);
    result.source = std::move(source);
  }
  return result;
}

template <class Plan, bool paired, std::size_t columns, class S>
[[nodiscard]] BootstrapResult bootstrap_columns(std::array<std::vector<double>, columns> data,
                                                std::array<Plan, paired ? 1 : columns> plans, const S& statistic,
                                                const BootstrapOptions& options) {
  check(options);
  return bootstrap_from(std::make_shared<Replicates<std::decay_t<S>, Plan, columns, paired>>(
                            statistic, std::move(data), std::move(plans), options.seed, options.inner_resamples),
                        options, options.n_resamples, {}, {});
}

}  // namespace detail

/// The bootstrap of a statistic of one sample: n draws with replacement, `n_resamples` times. Percentile, basic and BCa
/// intervals are those of SciPy's bootstrap, from other random numbers. O(n_resamples * n) time if the statistic takes
/// O(n); memory O(n) for each thread and 8 bytes a resample. The statistic is called from `options.threads` threads.
/// @throws std::invalid_argument for a wrong option, or 2^32 values and more; what the statistic throws.
template <stats::sample_range Data, stats::statistic S>
[[nodiscard]] BootstrapResult bootstrap(const Data& data, const S& statistic, const BootstrapOptions& options = {}) {
  auto columns = stats::samples(data).columns;
  const detail::IndependentDraws plan(columns[0].size());
  return detail::bootstrap_columns<detail::IndependentDraws, false>(std::move(columns), {plan}, statistic, options);
}

/// The bootstrap of a statistic of several independent samples, each resampled by itself.
/// @throws as above.
template <std::size_t columns, stats::statistic_of<columns> S>
[[nodiscard]] BootstrapResult bootstrap(const stats::Samples<columns>& data, const S& statistic,
                                        const BootstrapOptions& options = {}) {
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return detail::bootstrap_columns<detail::IndependentDraws, false>(
        data.columns, std::array{detail::IndependentDraws(data.columns[i].size())...}, statistic, options);
  }(std::make_index_sequence<columns>{});
}

/// The bootstrap of a statistic of columns whose equal places belong together: rows are drawn.
/// @throws as above.
template <std::size_t columns, stats::statistic_of<columns> S>
[[nodiscard]] BootstrapResult bootstrap(const stats::Paired<columns>& data, const S& statistic,
                                        const BootstrapOptions& options = {}) {
  return detail::bootstrap_columns<detail::IndependentDraws, true>(
      data.columns, {detail::IndependentDraws(data.columns[0].size())}, statistic, options);
}

/// The result with `more` resamples: the same as if they had been asked for at once.
/// @throws std::invalid_argument if the result was not made with keep_distribution, or its data has too few values.
[[nodiscard]] inline BootstrapResult extend(const BootstrapResult& result, std::size_t more) {
  if (!result.source) {
    throw std::invalid_argument(
        "extend: the result has nothing to draw from; BootstrapOptions.keep_distribution = true and two values are "
        "needed");
  }
  BootstrapOptions options = result.options;
  options.n_resamples = result.n_resamples + more;
  options.max_resamples = std::max(options.max_resamples, options.n_resamples);
  return detail::bootstrap_from(result.source, options, options.n_resamples, result.distribution, result.errors);
}

}  // namespace v0
}  // namespace penstock
