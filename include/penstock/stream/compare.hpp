// SPDX-License-Identifier: MIT
#pragma once

// Is streaming worth it here? The whole frame at once against chunk by chunk, on the same work.
//
//     auto figures = compare_batch_vs_streaming(trips, score, {.chunk_size = 100, .runs = 9});
//     figures.batch_time_s;                   // median of 9
//     figures.stream_latency_ms_per_row;      // median of 9
//     figures.same_values;                    // whether both gave the same
//     figures.streaming.verdict;              // faster, slower, or no_difference_shown

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/math.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/stream/comparison.hpp"
#include "penstock/stream/process.hpp"

#include <algorithm>  // max
#include <concepts>   // equality_comparable, floating_point
#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// How compare_batch_vs_streaming runs.
struct CompareOptions {
  std::size_t chunk_size = 100;    ///< rows, at least 1
  std::size_t runs = 9;            ///< of each way, at least 1; with fewer than 6 no difference can be shown at 95 %
  std::size_t threads = 1;         ///< of the streaming way, as StreamOptions::threads
  ComparisonOptions comparison{};  ///< how sure `streaming` is to be
};

/// The two ways side by side. Times are medians over the runs, each from the first slice to the last value in place;
/// all figures are 0 where there are no rows or no time. The runs themselves are kept for who wants to know how sure
/// the medians are: run i of one way was next to run i of the other.
struct BatchVsStreaming {
  std::size_t rows = 0;                     ///< of the frame
  std::size_t chunk_size = 0;               ///< as asked for
  std::size_t chunks = 0;                   ///< of one run
  std::size_t runs = 0;                     ///< of each way
  double batch_time_s = 0;                  ///< the whole frame at once
  double batch_latency_ms_per_row = 0;      ///< batch_time_s in ms / rows
  double batch_throughput_rows_per_s = 0;   ///< rows / batch_time_s
  double stream_time_s = 0;                 ///< the frame in chunks
  double stream_latency_ms_per_row = 0;     ///< median over the runs of StreamMetrics::latency_ms
  double stream_throughput_rows_per_s = 0;  ///< rows / stream_time_s
  double stream_p50_ms = 0;                 ///< quantiles of chunk latency, over the chunks of all runs
  double stream_p95_ms = 0;                 ///< as stream_p50_ms
  double stream_p99_ms = 0;                 ///< as stream_p50_ms
  double speed_ratio = 0;                   ///< batch_time_s / stream_time_s: above 1 streaming was faster
  bool same_values = false;  ///< whether both gave the same values: floating point to the bit, any NaN as any other
  std::vector<double> batch_times_s{};   ///< of each run, in the order in which they ran
  std::vector<double> stream_times_s{};  ///< of each run
  TimeComparison streaming{};            ///< streaming against batch, by the runs; its ratio is speed_ratio
};

namespace detail {

template <class Value>
bool same_value(const Value& a, const Value& b) {
  if constexpr (std::floating_point<Value>) {
    const auto sign_bit = [](Value x) { return detail::sign_bit(static_cast<double>(x)); };
    return (a != a && b != b) || (a == b && sign_bit(a) == sign_bit(b));  // a NaN is not even itself
  } else {
    return static_cast<bool>(a == b);
  }
}

template <class Value>
bool same_values(const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_value<Value>(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace detail

/// Times the model on the whole frame as one chunk, and on chunks of `chunk_size`: once each to warm up, when the
/// values are compared, and then `runs` times each, in rounds of one run of both: what slows the machine down slows
/// both. Every other round begins with streaming, so that neither gains by a machine that gets slower or faster all the
/// time. The model is called as by process_stream.
/// @throws std::invalid_argument that names the option if it is out of range; else as process_stream.
template <class Out = void, data_frame F, model_for<F, Out> Fn, clock_source Clock = SteadyClock>
  requires std::equality_comparable<stream_value_t<Fn, F, Out>>
[[nodiscard]] BatchVsStreaming compare_batch_vs_streaming(const F& frame, Fn&& fn, const CompareOptions& options = {},
                                                          const Clock& clock = {}) {
  if (options.runs == 0) throw std::invalid_argument("CompareOptions.runs is 0; at least 1 is needed");
  check(options.comparison);
  const std::size_t all = rows(frame);
  const auto stream = [&] {
    return process_stream<Out>(frame, options.chunk_size, fn, {.threads = options.threads}, clock);
  };
  const auto batch = [&] { return process_stream<Out>(frame, std::max<std::size_t>(all, 1), fn, {}, clock); };

  BatchVsStreaming figures{.rows = all, .chunk_size = options.chunk_size, .runs = options.runs};
  {
    const auto streamed = stream();
    figures.same_values = detail::same_values(batch().values, streamed.values);
    figures.chunks = streamed.metrics.chunks();
  }
  StreamMetrics streamed;
  std::vector<double> latencies;
  const auto run_batch = [&] { figures.batch_times_s.push_back(batch().metrics.elapsed_s()); };
  const auto run_stream = [&] {
    const StreamMetrics metrics = stream().metrics;
    figures.stream_times_s.push_back(metrics.elapsed_s());
    latencies.push_back(metrics.latency_ms());
    streamed.merge(metrics);
  };
  for (std::size_t i = 0; i < options.runs; ++i) {
    if (i % 2 == 0) run_batch();
    run_stream();
    if (i % 2 == 1) run_batch();
  }

  const auto n = static_cast<double>(all);
  figures.batch_time_s = detail::median_of(figures.batch_times_s);
  figures.batch_latency_ms_per_row = detail::ratio_or_zero(figures.batch_time_s * 1e3, n);
  figures.batch_throughput_rows_per_s = detail::ratio_or_zero(n, figures.batch_time_s);
  figures.stream_time_s = detail::median_of(figures.stream_times_s);
  figures.stream_latency_ms_per_row = detail::median_of(latencies);
  figures.stream_throughput_rows_per_s = detail::ratio_or_zero(n, figures.stream_time_s);
  figures.stream_p50_ms = streamed.quantile_ms(0.5);
  figures.stream_p95_ms = streamed.quantile_ms(0.95);
  figures.stream_p99_ms = streamed.quantile_ms(0.99);
  figures.streaming = compare_times(figures.batch_times_s, figures.stream_times_s, options.comparison);
  figures.speed_ratio = figures.streaming.ratio;
  return figures;
}

}  // namespace v0
}  // namespace penstock
