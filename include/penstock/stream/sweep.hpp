// SPDX-License-Identifier: MIT
#pragma once

// Which chunk size? The same stream by several, a row of figures each.
//
//     for (const auto& row : sweep_chunk_sizes(trips, score, {10, 50, 100, 500, 1000})) {
//       print(row.chunk_size, row.latency_ms, row.throughput_rows_per_s, row.p99_ms);
//       print(row.against_first.ratio, row.against_first.verdict);     // is it faster than chunks of 10?
//     }

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/stats/bootstrap_options.hpp"
#include "penstock/stats/corrections.hpp"
#include "penstock/stream/comparison.hpp"
#include "penstock/stream/process.hpp"

#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// How sweep_chunk_sizes runs.
struct SweepOptions {
  std::size_t runs = 9;     ///< of each chunk size, at least 1; against_first needs more the more sizes there are
  std::size_t threads = 1;  ///< as StreamOptions::threads
  ComparisonOptions comparison{};  ///< how sure intervals and `against_first` are to be
};

/// The figures of one chunk size. All are 0 where there are no rows or no time. Intervals are by a percentile bootstrap
/// of the runs, and NaN of a single one.
struct ChunkSizeFigures {
  std::size_t chunk_size = 0;        ///< rows
  std::size_t chunks = 0;            ///< of one run
  double latency_ms = 0;             ///< mean ms a row, median over the runs
  double throughput_rows_per_s = 0;  ///< median over the runs
  double p50_ms = 0;                 ///< quantiles of chunk latency, over the chunks of all runs
  double p95_ms = 0;                 ///< as p50_ms
  double p99_ms = 0;                 ///< as p50_ms
  std::vector<double> times_s{};     ///< elapsed time of each run; run i of all sizes ran in one round
  ConfidenceInterval latency_ms_ci = TimeComparison{}.ratio_ci;             ///< where the median latency_ms lies
  ConfidenceInterval throughput_rows_per_s_ci = TimeComparison{}.ratio_ci;  ///< where the median throughput lies
  /// This size against the first one given: ratio above 1 says that this one is faster. P-values are Holm's, corrected
  /// for all sizes but the first, whose comparison with itself is empty.
  TimeComparison against_first{};
};

namespace detail {

inline void compare_with_first(std::vector<ChunkSizeFigures>& figures, const ComparisonOptions& options) {
  std::vector<double> pvalues;
  for (std::size_t i = 1; i < figures.size(); ++i) {
    figures[i].against_first = compare_times(figures[0].times_s, figures[i].times_s, options);
    pvalues.push_back(figures[i].against_first.pvalue);
  }
  pvalues = stats::holm(pvalues);
  for (std::size_t i = 1; i < figures.size(); ++i) {
    figures[i].against_first.pvalue = pvalues[i - 1];
    figures[i].against_first.verdict = verdict_of(figures[i].against_first, options);
  }
}

}  // namespace detail

/// Streams the frame by each chunk size, in the order given: once each to warm up, then in `runs` rounds of one run
/// each, so that what slows the machine down slows all. Every other round goes through the sizes backwards, so that
/// none gains by its place in a machine that gets slower or faster all the time. The model is called as by
/// process_stream.
/// @throws std::invalid_argument that names the option or size if it is out of range; else as process_stream.
template <class Out = void, data_frame F, model_for<F, Out> Fn, clock_source Clock = SteadyClock>
[[nodiscard]] std::vector<ChunkSizeFigures> sweep_chunk_sizes(const F& frame, Fn&& fn,
                                                              const std::vector<std::size_t>& chunk_sizes,
                                                              const SweepOptions& options = {},
                                                              const Clock& clock = {}) {
  if (options.runs == 0) throw std::invalid_argument("SweepOptions.runs is 0; at least 1 is needed");
  check(options.comparison);
  for (std::size_t i = 0; i < chunk_sizes.size(); ++i) {
    if (chunk_sizes[i] == 0) {
      throw std::invalid_argument("chunk_sizes[" + std::to_string(i) + "] is 0; at least 1 row is needed");
    }
  }
  struct Runs {
    StreamMetrics all{};
    std::vector<double> latencies{}, throughputs{};
  };
  std::vector<ChunkSizeFigures> figures(chunk_sizes.size());
  std::vector<Runs> runs(chunk_sizes.size());
  for (std::size_t round = 0; round <= options.runs; ++round) {
    for (std::size_t place = 0; place < chunk_sizes.size(); ++place) {
      const std::size_t i = round == 0 || round % 2 == 1 ? place : chunk_sizes.size() - 1 - place;
      const StreamMetrics metrics =
          process_stream<Out>(frame, chunk_sizes[i], fn, {.threads = options.threads}, clock).metrics;
      if (round == 0) continue;
      runs[i].all.merge(metrics);
      runs[i].latencies.push_back(metrics.latency_ms());
      runs[i].throughputs.push_back(metrics.throughput_rows_per_s());
      figures[i].times_s.push_back(metrics.elapsed_s());
    }
  }
  for (std::size_t i = 0; i < chunk_sizes.size(); ++i) {
    figures[i].chunk_size = chunk_sizes[i];
    figures[i].chunks = static_cast<std::size_t>(runs[i].all.chunks()) / options.runs;
    figures[i].latency_ms = detail::median_of(runs[i].latencies);
    figures[i].throughput_rows_per_s = detail::median_of(runs[i].throughputs);
    figures[i].p50_ms = runs[i].all.quantile_ms(0.5);
    figures[i].p95_ms = runs[i].all.quantile_ms(0.95);
    figures[i].p99_ms = runs[i].all.quantile_ms(0.99);
    figures[i].latency_ms_ci = detail::median_interval(runs[i].latencies, options.comparison);
    figures[i].throughput_rows_per_s_ci = detail::median_interval(runs[i].throughputs, options.comparison);
  }
  detail::compare_with_first(figures, options.comparison);
  return figures;
}

}  // namespace v0
}  // namespace penstock
