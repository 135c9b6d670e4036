// SPDX-License-Identifier: MIT
// What process_stream adds to a model, by chunk size, beside a loop written by hand over the same chunks: bare, and
// with the two looks at the clock without which nothing is measured. A dot product of 8 columns a row is the model.
//
//   penstock_bench_stream --benchmark_enable_random_interleaving=true --benchmark_repetitions=11
//     --benchmark_report_aggregates_only=true
#include "penstock/core/matrix.hpp"
#include "penstock/stream/process.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using penstock::RowMajorMatrix;
using penstock::RowMajorView;

constexpr std::size_t rows = 100'000;

RowMajorMatrix table() {
  RowMajorMatrix x{std::vector<double>(rows * 8), rows, 8};
  for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = static_cast<double>(i % 97);
  return x;
}

constexpr std::array<double, 8> weights{0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8};

void score_into(RowMajorView chunk, std::span<double> out) {
  for (std::size_t i = 0; i < chunk.rows; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 8; ++j) sum += weights[j] * chunk(i, j);
    out[i] = sum;
  }
}

std::vector<double> score(RowMajorView chunk) {
  std::vector<double> values(chunk.rows);
  score_into(chunk, values);
  return values;
}

void set_rate(benchmark::State& state) {
  const auto chunk = static_cast<double>(state.range(0));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.counters["chunks"] =
      benchmark::Counter(static_cast<double>(rows) / chunk * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// The loop that one would write. `timed` notes how long each chunk took.
template <bool timed>
void by_hand(benchmark::State& state) {
  const RowMajorMatrix x = table();
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    std::vector<double> values;
    values.reserve(rows);
    std::vector<std::chrono::nanoseconds> times;
    for (std::size_t first = 0; first < rows; first += size) {
      const std::size_t n = std::min(size, rows - first);
      const auto before = timed ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
      const std::vector<double> part = score({x.values.data() + first * 8, n, 8});
      values.insert(values.end(), part.begin(), part.end());
      if (timed) times.push_back(std::chrono::steady_clock::now() - before);
    }
    benchmark::DoNotOptimize(values.data());
    benchmark::DoNotOptimize(times.data());
  }
  set_rate(state);
}

void streamed(benchmark::State& state) {
  const RowMajorMatrix x = table();
  const auto size = static_cast<std::size_t>(state.range(0));
  if (penstock::process_stream(x, size, score).values != score(x.view())) state.SkipWithError("the values differ");
  for (auto _ : state) {
    const auto result = penstock::process_stream(x, size, score);
    benchmark::DoNotOptimize(result.values.data());
  }
  set_rate(state);
}

void streamed_filling(benchmark::State& state) {
  const RowMajorMatrix x = table();
  const auto size = static_cast<std::size_t>(state.range(0));
  if (penstock::process_stream(x, size, score_into).values != score(x.view())) state.SkipWithError("the values differ");
  for (auto _ : state) {
    const auto result = penstock::process_stream(x, size, score_into);
    benchmark::DoNotOptimize(result.values.data());
  }
  set_rate(state);
}

void streamed_threads(benchmark::State& state) {
  const RowMajorMatrix x = table();
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    const auto result = penstock::process_stream(x, size, score, {.threads = 2});
    benchmark::DoNotOptimize(result.values.data());
  }
  set_rate(state);
}

BENCHMARK(by_hand<false>)->Name("by hand, untimed")->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(by_hand<true>)->Name("by hand, timed")->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(streamed)->Name("process_stream")->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(streamed_filling)->Name("process_stream, filling")->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(streamed_threads)->Name("process_stream, 2 threads")->Arg(100)->Arg(1000)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
