// SPDX-License-Identifier: MIT
// What one try_acquire costs, beside the textbook's bucket: a mutex and a double. By one thread, and by two at once.
//
//   ./penstock_bench_rate_limiter --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//     --benchmark_report_aggregates_only=true
//
// granted: every request passes. refused: none does after the burst.
#include "penstock/queue/rate_limiter.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace {

constexpr std::uint64_t burst = 1000;

struct Penstock {
  explicit Penstock(std::uint64_t rate) : limiter({.rate = rate, .burst = burst}) {}
  bool try_acquire() { return limiter.try_acquire(); }
  penstock::RateLimiter<> limiter;
};

struct Textbook {
  explicit Textbook(std::uint64_t the_rate) : rate(static_cast<double>(the_rate)) {}
  bool try_acquire() {
    const std::scoped_lock lock(mutex);
    const auto now = std::chrono::steady_clock::now();
    tokens = std::min(double{burst}, tokens + rate * std::chrono::duration<double>(now - last).count());
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }
  std::mutex mutex;
  double rate;
  double tokens = burst;
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
};

template <class Limiter, std::uint64_t rate>
void acquire(benchmark::State& state) {
  static Limiter limiter{rate};
  std::uint64_t granted = 0;
  for (auto _ : state) granted += limiter.try_acquire();
  const auto asked = static_cast<std::uint64_t>(state.iterations());
  if (rate > 1 ? granted < asked / 2 : granted > burst + 3600) state.SkipWithError("not what the rate allows");
}
constexpr std::uint64_t plenty = 1'000'000'000'000;
BENCHMARK(acquire<Penstock, plenty>)->Name("granted/penstock")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(acquire<Textbook, plenty>)->Name("granted/mutex and double")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(acquire<Penstock, 1>)->Name("refused/penstock")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(acquire<Textbook, 1>)->Name("refused/mutex and double")->Threads(1)->Threads(2)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
