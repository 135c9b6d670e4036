// SPDX-License-Identifier: MIT
// Four rows whose work can be made greater by so many percent, to see whether penstock_compare finds it:
//
//     PLANTED_PERCENT=5 penstock_bench_planted --benchmark_repetitions=20 --benchmark_format=json
#include <benchmark/benchmark.h>

#include <algorithm>  // sort
#include <cstdint>    // uint64_t
#include <cstdlib>    // atof, getenv
#include <vector>     // vector

namespace {

double planted() {
  static const double factor = [] {
    const char* const percent = std::getenv("PLANTED_PERCENT");
    return 1 + (percent == nullptr ? 0 : std::atof(percent)) / 100;
  }();
  return factor;
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

std::vector<std::uint64_t> numbers(std::size_t n) {
  std::vector<std::uint64_t> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = mix(i + 1);
  return values;
}

void arithmetic(benchmark::State& state) {
  const auto steps = static_cast<std::uint64_t>(20'000 * planted());
  for (auto _ : state) {
    std::uint64_t x = 1;
    for (std::uint64_t i = 0; i < steps; ++i) x = mix(x + i);
    benchmark::DoNotOptimize(x);
  }
}
BENCHMARK(arithmetic);

void sum(benchmark::State& state) {
  const auto values = numbers(static_cast<std::size_t>(200'000 * planted()));
  for (auto _ : state) {
    std::uint64_t total = 0;
    for (const std::uint64_t value : values) total += value ^ (total >> 1);
    benchmark::DoNotOptimize(total);
  }
}
BENCHMARK(sum);

void sort(benchmark::State& state) {
  const auto values = numbers(static_cast<std::size_t>(4'000 * planted()));
  for (auto _ : state) {
    auto copy = values;
    std::sort(copy.begin(), copy.end());
    benchmark::DoNotOptimize(copy.data());
  }
}
BENCHMARK(sort);

void search(benchmark::State& state) {
  auto values = numbers(4'000);
  std::sort(values.begin(), values.end());
  const auto keys = numbers(static_cast<std::size_t>(2'000 * planted()));
  for (auto _ : state) {
    std::uint64_t found = 0;
    for (const std::uint64_t key : keys) found += std::binary_search(values.begin(), values.end(), key + 1) ? 1 : 0;
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(search);

}  // namespace

BENCHMARK_MAIN();
