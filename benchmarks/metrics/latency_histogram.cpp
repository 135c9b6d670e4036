// SPDX-License-Identifier: MIT
// What it costs to record one latency, beside HdrHistogram_c of the same digits and range on the same values, in one
// program and in turns:
//
//   penstock_bench_metrics --benchmark_enable_random_interleaving=true --benchmark_repetitions=11
//     --benchmark_report_aggregates_only=true
#include "penstock/metrics/latency_histogram.hpp"

#include "penstock/metrics/stream_metrics.hpp"

#include <benchmark/benchmark.h>

#ifdef PENSTOCK_BENCH_HDR
#include <hdr/hdr_histogram.h>
#endif

#include "values.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace {

void set_rate(benchmark::State& state, std::size_t n) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}

template <bool fixed>
void record(benchmark::State& state) {
  const auto values = latencies();
  penstock::LatencyHistogram histogram({.highest = highest_latency, .auto_resize = !fixed});
  for (auto _ : state) {
    for (const std::int64_t value : values) histogram.record(value);
    benchmark::ClobberMemory();
  }
  if (histogram.count() != static_cast<std::uint64_t>(state.iterations()) * values.size()) {
    state.SkipWithError("values were lost");
  }
  set_rate(state, values.size());
}
BENCHMARK(record<false>)->Name("record/penstock");
BENCHMARK(record<true>)->Name("record/penstock fixed");

void stream_metrics(benchmark::State& state) {
  const auto values = latencies();
  penstock::StreamMetrics metrics;
  for (auto _ : state) {
    for (const std::int64_t value : values) metrics.record(100, std::chrono::nanoseconds(value));
    benchmark::ClobberMemory();
  }
  set_rate(state, values.size());
}
BENCHMARK(stream_metrics)->Name("record/penstock StreamMetrics");

void quantiles(benchmark::State& state) {
  penstock::LatencyHistogram histogram;
  for (const std::int64_t value : latencies()) histogram.record(value);
  for (auto _ : state) {
    benchmark::DoNotOptimize(histogram.values_at_quantiles({0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}));
  }
}
BENCHMARK(quantiles)->Name("seven quantiles/penstock");

#ifdef PENSTOCK_BENCH_HDR

class Peer {
 public:
  Peer() { hdr_init(1, highest_latency, 3, &histogram_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { hdr_close(histogram_); }
  hdr_histogram* operator*() const { return histogram_; }

 private:
  hdr_histogram* histogram_ = nullptr;
};

void peer_record(benchmark::State& state) {
  const auto values = latencies();
  const Peer peer;
  for (auto _ : state) {
    for (const std::int64_t value : values) hdr_record_value(*peer, value);
    benchmark::ClobberMemory();
  }
  if ((*peer)->total_count != state.iterations() * static_cast<std::int64_t>(values.size())) {
    state.SkipWithError("values were lost");
  }
  set_rate(state, values.size());
}
BENCHMARK(peer_record)->Name("record/HdrHistogram_c");

void peer_quantiles(benchmark::State& state) {
  const Peer peer;
  penstock::LatencyHistogram ours;
  for (const std::int64_t value : latencies()) {
    hdr_record_value(*peer, value);
    ours.record(value);
  }
  for (const double q : {0.5, 0.75, 0.96875}) {  // of 4096 values, where its rounding of ranks and ours agree
    if (hdr_value_at_percentile(*peer, q * 100) != ours.value_at_quantile(q)) state.SkipWithError("quantiles differ");
  }
  for (auto _ : state) {
    for (const double q : {50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99}) {
      benchmark::DoNotOptimize(hdr_value_at_percentile(*peer, q));
    }
  }
}
BENCHMARK(peer_quantiles)->Name("seven quantiles/HdrHistogram_c");

#endif

}  // namespace

BENCHMARK_MAIN();
