// SPDX-License-Identifier: MIT
#pragma once

// Which chunk size? The same stream by several, a row of figures each.
//
//     for (const auto& row : sweep_chunk_sizes(trips, score, {10, 50, 100, 500, 1000})) {
//       print(row.chunk_size, row.latency_ms, row.throughput_rows_per_s, row.p99_ms);
//     }

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/stream/compare.hpp"
#include "penstock/stream/process.hpp"

#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// How sweep_chunk_sizes runs.
struct SweepOptions {
  std::size_t runs = 5;     ///< of each chunk size, at least 1
  std::size_t threads = 1;  ///< as StreamOptions::threads
};

/// The figures of one chunk size. All are 0 where there are no rows or no time.
struct ChunkSizeFigures {
  std::size_t chunk_size = 0;        ///< rows
  std::size_t chunks = 0;            ///< of one run
  double latency_ms = 0;             ///< mean ms a row, median over the runs
  double throughput_rows_per_s = 0;  ///< median over the runs
  double p50_ms = 0;                 ///< quantiles of chunk latency, over the chunks of all runs
  double p95_ms = 0;                 ///< as p50_ms
  double p99_ms = 0;                 ///< as p50_ms
  std::vector<double> times_s{};     ///< elapsed time of each run; run i of all sizes ran in one round
};

/// Streams the frame by each chunk size, in the order given: once each to warm up, then in `runs` rounds of one run
/// each, so that what slows the machine down slows all. The model is called as by process_stream.
/// @throws std::invalid_argument that names the option or size if it is out of range; else as process_stream.
template <class Out = void, data_frame F, model_for<F, Out> Fn, clock_source Clock = SteadyClock>
[[nodiscard]] std::vector<ChunkSizeFigures> sweep_chunk_sizes(const F& frame, Fn&& fn,
                                                              const std::vector<std::size_t>& chunk_sizes,
                                                              const SweepOptions& options = {},
                                                              const Clock& clock = {}) {
  if (options.runs == 0) throw std::invalid_argument("SweepOptions.runs is 0; at least 1 is needed");
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
    for (std::size_t i = 0; i < chunk_sizes.size(); ++i) {
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
  }
  return figures;
}

}  // namespace v0
}  // namespace penstock
