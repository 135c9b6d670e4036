// SPDX-License-Identifier: MIT
// What degradation costs while all is well, and when it is not: a closed breaker, an open one, a cache that is written
// with every answer and read with every degraded one, and a whole guard. By one thread, and by two at once.
//
//   penstock_bench_degradation --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//     --benchmark_report_aggregates_only=true
//
// The baselines are what somebody would write by hand: for the breaker, a mutex around a count of failures in a row;
// for the cache, a mutex around std::unordered_map and std::list.
//
// README.md has what was tried and did not help.
#include "penstock/serve/cached_fallback.hpp"
#include "penstock/serve/circuit_breaker.hpp"
#include "penstock/serve/guard.hpp"
#include "penstock/serve/load_shedder.hpp"

#include <benchmark/benchmark.h>

#include <chrono>         // steady_clock
#include <cstddef>        // size_t
#include <cstdint>        // uint64_t
#include <list>           // list
#include <memory>         // unique_ptr
#include <mutex>          // mutex, scoped_lock
#include <unordered_map>  // unordered_map

namespace {

using namespace penstock;
using namespace std::chrono_literals;

/// A number a call, spread over the keys, other in each thread.
class Numbers {
 public:
  explicit Numbers(int thread) : state_(static_cast<std::uint64_t>(thread) * 0x9E3779B97F4A7C15u + 1) {}
  std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33U) % n;
  }

 private:
  std::uint64_t state_;
};

// ---- the breaker

CircuitBreakerOptions by_count() { return {}; }
CircuitBreakerOptions by_time() { return {.window = BreakerWindow::time}; }
CircuitBreakerOptions with_slow_calls() { return {.slow_call_duration = 1s}; }

template <CircuitBreakerOptions (*options)()>
void closed_breaker(benchmark::State& state) {
  static CircuitBreaker<> breaker(options());
  for (auto _ : state) {
    auto call = breaker.try_acquire();
    call.succeed();
  }
  if (breaker.state() != BreakerState::closed || breaker.stats().refused > 0) state.SkipWithError("not closed");
}

void open_breaker(benchmark::State& state) {
  static CircuitBreaker<> breaker({.minimum_calls = 1, .open_for = 24h});
  breaker.try_acquire().fail();
  std::size_t passed = 0;
  for (auto _ : state) passed += static_cast<bool>(breaker.try_acquire());
  if (passed > 0) state.SkipWithError("not open");
}

struct Textbook {
  bool allow() {
    const std::scoped_lock lock(mutex);
    return failures < 50 || std::chrono::steady_clock::now() >= until;
  }
  void report(bool well) {
    const std::scoped_lock lock(mutex);
    failures = well ? 0 : failures + 1;
    if (failures >= 50) until = std::chrono::steady_clock::now() + 60s;
  }
  std::mutex mutex;
  int failures = 0;
  std::chrono::steady_clock::time_point until{};
};
void textbook_breaker(benchmark::State& state) {
  static Textbook breaker;
  for (auto _ : state) {
    if (breaker.allow()) breaker.report(true);
  }
}

BENCHMARK(closed_breaker<by_count>)->Name("closed/last 100 calls")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(closed_breaker<by_time>)->Name("closed/last 60 s")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(closed_breaker<with_slow_calls>)->Name("closed/slow calls too")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(textbook_breaker)->Name("closed/textbook")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(open_breaker)->Name("open")->Threads(1)->Threads(2)->UseRealTime();

// ---- the cache

constexpr std::size_t capacity = 100'000;

template <std::size_t shards>
struct Penstock {
  void remember(std::uint64_t key, double value) { cache.remember(key, value); }
  double recall(std::uint64_t key) {
    const auto found = cache.recall(key);
    return found ? found->value : -1;
  }
  std::size_t size() const { return cache.size(); }
  CachedFallback<std::uint64_t, double> cache{{.capacity = capacity, .ttl = 1h, .shards = shards}};
};

struct TextbookCache {
  struct One {
    std::uint64_t key;
    double value;
    std::chrono::steady_clock::time_point at;
  };
  void remember(std::uint64_t key, double value) {
    const std::scoped_lock lock(mutex);
    const auto now = std::chrono::steady_clock::now();
    if (const auto found = where.find(key); found != where.end()) {
      *found->second = {key, value, now};
      all.splice(all.begin(), all, found->second);
      return;
    }
    if (all.size() == capacity) {
      where.erase(all.back().key);
      all.pop_back();
    }
    all.push_front({key, value, now});
    where[key] = all.begin();
  }
  double recall(std::uint64_t key) {
    const std::scoped_lock lock(mutex);
    const auto found = where.find(key);
    if (found == where.end() || std::chrono::steady_clock::now() - found->second->at > 1h) return -1;
    all.splice(all.begin(), all, found->second);
    return found->second->value;
  }
  std::size_t size() const { return all.size(); }
  std::mutex mutex;
  std::list<One> all;
  std::unordered_map<std::uint64_t, std::list<One>::iterator> where;
};

/// Keys below `keys` were all remembered once, so that with as many as fit, all are there.
template <class Cache, std::size_t keys>
Cache& filled() {
  static const std::unique_ptr<Cache> cache = [] {
    auto made = std::make_unique<Cache>();
    for (std::uint64_t key = 0; key < keys; ++key) made->remember(key, static_cast<double>(key));
    return made;
  }();
  return *cache;
}

template <class Cache>
void hit(benchmark::State& state) {
  auto& cache = filled<Cache, capacity>();
  Numbers numbers(state.thread_index());
  bool right = true;
  for (auto _ : state) {
    const std::uint64_t key = numbers.below(capacity * 9 / 10);  // shards are not filled evenly
    const double found = cache.recall(key);
    right = right && (found == static_cast<double>(key) || found == -1);
  }
  if (!right) state.SkipWithError("another key's value");
}
template <class Cache>
void update(benchmark::State& state) {
  auto& cache = filled<Cache, capacity>();
  Numbers numbers(state.thread_index());
  for (auto _ : state) {
    const std::uint64_t key = numbers.below(capacity * 9 / 10);
    cache.remember(key, static_cast<double>(key));
  }
  if (cache.size() > capacity) state.SkipWithError("too many");
}
template <class Cache>
void insert_and_evict(benchmark::State& state) {
  auto& cache = filled<Cache, 2 * capacity>();
  Numbers numbers(state.thread_index());
  for (auto _ : state) cache.remember(numbers.below(std::size_t{1} << 31U), 1);
  if (cache.size() > capacity) state.SkipWithError("too many");
}

#define PENSTOCK_BENCH_CACHE(what)                                                                \
  BENCHMARK(what<Penstock<1>>)->Name(#what "/one shard")->Threads(1)->Threads(2)->UseRealTime();  \
  BENCHMARK(what<Penstock<16>>)->Name(#what "/16 shards")->Threads(1)->Threads(2)->UseRealTime(); \
  BENCHMARK(what<TextbookCache>)->Name(#what "/unordered_map and list")->Threads(1)->Threads(2)->UseRealTime()
PENSTOCK_BENCH_CACHE(hit);
PENSTOCK_BENCH_CACHE(update);
PENSTOCK_BENCH_CACHE(insert_and_evict);

// ---- all of it

double model(std::uint64_t key) { return static_cast<double>(key); }

void guarded_model(benchmark::State& state) {
  static CircuitBreaker<> breaker;
  static CachedFallback<std::uint64_t, double> cache({.capacity = capacity, .ttl = 1h, .shards = 16});
  static auto guarded = guard(model, breaker, cache.by([](std::uint64_t key) { return key; }));
  Numbers numbers(state.thread_index());
  bool right = true;
  for (auto _ : state) {
    const std::uint64_t key = numbers.below(capacity / 2);
    const auto answer = guarded(key, {.throttled = state.range(0) != 0});
    right = right && (answer.refused() || *answer == static_cast<double>(key));
  }
  if (!right) state.SkipWithError("another key's value");
}
BENCHMARK(guarded_model)->Name("guard/fresh")->Arg(0)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(guarded_model)->Name("guard/throttled")->Arg(1)->Threads(1)->Threads(2)->UseRealTime();

template <Shedding shedding>
void admit(benchmark::State& state) {
  static LoadShedder shedder({.priorities = 4, .low = 0, .high = 1, .shedding = shedding});
  Numbers numbers(state.thread_index());
  std::size_t admitted = 0;
  for (auto _ : state) {
    shedder.update(0.6);
    admitted += shedder.admit(numbers.below(4));
  }
  if (admitted == 0 && state.iterations() > 100) state.SkipWithError("nobody");
}
BENCHMARK(admit<Shedding::by_level>)->Name("shed/by level")->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(admit<Shedding::gradual>)->Name("shed/gradual")->Threads(1)->Threads(2)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
