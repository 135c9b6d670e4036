// SPDX-License-Identifier: MIT
// What LinearModel costs a row: six columns of numbers and three features derived of them, and a category of 150 texts.
// The baseline is a loop that somebody would write by hand over a dense matrix, everything derived, standardised and
// encoded beforehand: the dot product and the exponential alone.
//
//   penstock_bench_serve --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
#include "penstock/serve/linear_model.hpp"

#include "penstock/core/record_batch_builder.hpp"

#include <benchmark/benchmark.h>

#include <cmath>    // abs, exp
#include <cstddef>  // size_t
#include <cstdint>  // int64_t, uint64_t
#include <span>     // span
#include <string>   // string, to_string
#include <vector>   // vector

namespace {

using namespace penstock;

constexpr std::size_t all_rows = 10'000;

LinearModel make_model() {
  LinearModelSpec spec;
  spec.derived = {{"engagement_score", {{"minutes", 0.6}, {"days", 0.3}, {"courses", 10}}, {}, 1},
                  {"success", {{"passed", 1}}, {{"started", 1}}, 1},
                  {"minutes_per_day", {{"minutes", 1}}, {{"days", 1}}, 1}};
  for (const char* name : {"days", "minutes", "courses", "started", "passed", "exam_minutes", "engagement_score",
                           "success", "minutes_per_day"}) {
    spec.numeric.push_back({name, 31.5, 17.25, MissingNumber::mean, 0});
    spec.coefficients.push_back(0.125 * static_cast<double>(spec.numeric.size()) - 0.5);
  }
  spec.categorical = {{"country", {}, Unseen::ignore, MissingText::ignore}};
  for (int i = 0; i < 150; ++i) {
    spec.categorical[0].categories.push_back(std::string(1, 'C').append(std::to_string(i)));
    spec.coefficients.push_back(0.01 * i - 0.5);
  }
  return LinearModel(spec);
}

RecordBatch make_batch(DataType country) {
  RecordBatchBuilder builder({{{"country", country},
                               {"days", DataType::int64},
                               {"minutes", DataType::float64},
                               {"courses", DataType::int64},
                               {"started", DataType::int64},
                               {"passed", DataType::int64},
                               {"exam_minutes", DataType::float64},
                               {"purchased", DataType::int64}}});
  std::uint64_t state = 1;
  const auto next = [&state](std::uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int64_t>((state >> 33) % bound);
  };
  for (std::size_t i = 0; i < all_rows; ++i) {
    builder.append<std::string_view>(0, std::string(1, 'C').append(std::to_string(next(160))));  // some are unseen
    builder.append<std::int64_t>(1, next(300));
    builder.append<double>(2, 0.01 * static_cast<double>(next(20000)));
    for (const std::size_t place : {3u, 4u, 5u}) builder.append<std::int64_t>(place, next(6));
    builder.append<double>(6, 0.01 * static_cast<double>(next(3000)));
    builder.append<std::int64_t>(7, next(2));
  }
  return builder.finish();
}

/// Scores all rows, `chunk` of them a call.
void linear_model(benchmark::State& state, DataType country) {
  const auto chunk = static_cast<std::size_t>(state.range(0));
  const LinearModel model = make_model();
  const RecordBatch batch = make_batch(country);
  const std::vector<double> whole = model(batch);
  std::vector<double> scores(all_rows);
  for (auto _ : state) {
    for (std::size_t first = 0; first < all_rows; first += chunk) {
      model(batch.slice(first, chunk), std::span(scores).subspan(first, chunk));
    }
    benchmark::ClobberMemory();
  }
  if (scores != whole) state.SkipWithError("a chunk has other scores than the batch");
  state.counters["row"] =
      benchmark::Counter(all_rows, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// The bare arithmetic on rows of doubles.
void dense_loop(benchmark::State& state) {
  constexpr std::size_t width = 9;
  std::vector<double> rows(all_rows * width), offsets(all_rows), scores(all_rows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i % 97) / 50 - 1;
  const std::vector<double> weights(width, 0.25);
  for (auto _ : state) {
    for (std::size_t i = 0; i < all_rows; ++i) {
      double sum = offsets[i];
      for (std::size_t j = 0; j < width; ++j) sum += weights[j] * rows[i * width + j];
      const double small = std::exp(-std::abs(sum));
      scores[i] = (sum < 0 ? small : 1.0) / (1.0 + small);
    }
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
  }
  state.counters["row"] =
      benchmark::Counter(all_rows, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK(dense_loop);
BENCHMARK_CAPTURE(linear_model, category, DataType::category)->Arg(1)->Arg(50)->Arg(10'000);
BENCHMARK_CAPTURE(linear_model, string, DataType::string)->Arg(1)->Arg(50)->Arg(10'000);

}  // namespace

BENCHMARK_MAIN();
