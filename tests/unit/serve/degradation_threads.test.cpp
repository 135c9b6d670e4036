// SPDX-License-Identifier: MIT
// Breaker, cache, shedder and guard by many threads at once: what is counted adds up, and what is told is in order.
#include "penstock/core/manual_clock.hpp"
#include "penstock/serve/cached_fallback.hpp"
#include "penstock/serve/circuit_breaker.hpp"
#include "penstock/serve/guard.hpp"
#include "penstock/serve/load_shedder.hpp"

#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;

template <class Body>
void in_threads(std::size_t n, const Body& body) {
  std::atomic<std::size_t> ready{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < n; ++i) {
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (ready.load() < n) std::this_thread::yield();
      body(i);
    });
  }
}

constexpr std::size_t threads = 4;
constexpr int rounds = 3000;

}  // namespace

TEST_CASE("a breaker that many threads use counts every call and tells every change in order") {
  const ManualClock clock;
  CircuitBreaker<ManualClock> breaker({.window_calls = 8,
                                       .minimum_calls = 4,
                                       .slow_call_rate_threshold = 0.9,
                                       .slow_call_duration = 100ns,
                                       .open_for = 50ns,
                                       .half_open_calls = 3,
                                       .half_open_for = 500ns},
                                      clock);
  std::atomic<int> telling{0};
  std::vector<BreakerChange> told;  // unguarded: it is told one at a time
  breaker.on_change([&](const BreakerChange& change) {
    if (telling.fetch_add(1) != 0) throw 1;
    told.push_back(change);
    if (change.number % 7 == 0) static_cast<void>(breaker.stats());
    telling.fetch_sub(1);
  });
  std::atomic<std::uint64_t> passed{0}, turned_away{0};
  in_threads(threads, [&](std::size_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < rounds; ++i) {
      clock.advance(std::chrono::nanoseconds(random() % 20));
      auto call = breaker.try_acquire();
      ++(call ? passed : turned_away);
      if (random() % 8 == 0) std::this_thread::yield();
      const std::uint64_t verdict = random() % 8;
      if (verdict > 3) call.succeed();
      if (verdict < 3) call.fail();
      if (random() % 500 == 0) breaker.isolate();
      if (random() % 100 == 0) breaker.close();
    }
  });
  const CircuitBreakerStats stats = breaker.stats();
  CHECK(passed + turned_away == threads * rounds);
  CHECK(stats.succeeded + stats.failed + stats.ignored == passed);
  CHECK(stats.refused == turned_away);
  CHECK(stats.listener_exceptions == 0);
  CHECK(told.size() + stats.untold == stats.changes);
  REQUIRE(!told.empty());
  for (std::size_t i = 1; i < told.size(); ++i) {
    REQUIRE(told[i].number > told[i - 1].number);
    if (told[i].number == told[i - 1].number + 1) REQUIRE(told[i].from == told[i - 1].to);
  }
  CHECK(told.back().number == stats.changes);
  CHECK(told.back().to == stats.state);
}

TEST_CASE("a half-open breaker lets exactly so many of many threads through") {
  const ManualClock clock;
  for (int round = 0; round < 50; ++round) {
    CircuitBreaker<ManualClock> breaker({.window_calls = 1, .minimum_calls = 1, .open_for = 1s, .half_open_calls = 3},
                                        clock);
    breaker.try_acquire().fail();
    clock.advance(1s);
    std::atomic<int> passed{0};
    std::atomic<std::size_t> done{0};
    in_threads(threads, [&](std::size_t) {
      std::vector<CircuitBreaker<ManualClock>::Call> calls;
      for (int i = 0; i < 5; ++i) {
        calls.push_back(breaker.try_acquire());
        passed += calls.back() ? 1 : 0;
      }
      ++done;
      while (done.load() < threads) std::this_thread::yield();  // nobody gives his back before all have asked
      for (auto& call : calls) call.succeed();
    });
    REQUIRE(passed == 3);
    REQUIRE(breaker.state() == BreakerState::closed);
  }
}

TEST_CASE("a cache that many threads use holds whole predictions and no more than it may") {
  const ManualClock clock;
  for (const std::size_t shards : {1u, 4u}) {
    CachedFallback<int, std::vector<int>, ManualClock> cache({.capacity = 32, .ttl = 300ns, .shards = shards}, clock);
    std::atomic<std::uint64_t> remembered{0}, hits{0}, misses{0}, torn{0};
    in_threads(threads, [&](std::size_t seed) {
      std::mt19937_64 random(seed);
      for (int i = 0; i < rounds; ++i) {
        const int key = static_cast<int>(random() % 64);
        if (random() % 4 == 0) clock.advance(1ns);
        if (random() % 2 == 0) {
          cache.remember(key, std::vector<int>(4, key));
          ++remembered;
        } else if (const auto found = cache.recall(key)) {
          ++hits;
          if (found->value != std::vector<int>(4, key) || found->age >= 300ns || found->age < 0ns) ++torn;
        } else {
          ++misses;
        }
        if (random() % 500 == 0) cache.clear();
        if (random() % 100 == 0) static_cast<void>(cache.forget(key));
        if (cache.size() > 32) ++torn;
      }
    });
    const CachedFallbackStats stats = cache.stats();
    CHECK(torn == 0);
    CHECK(stats.inserted + stats.updated == remembered);
    CHECK(stats.hits == hits);
    CHECK(stats.misses == misses);
    CHECK(stats.inserted == stats.size + stats.evicted + stats.expired + stats.forgotten);
  }
}

TEST_CASE("a shedder that many threads use counts every request, and sheds the exact share") {
  LoadShedder levels({.priorities = 4, .low = 0, .high = 4});
  std::vector<ShedChange> told;
  levels.on_change([&](const ShedChange& change) { told.push_back(change); });
  LoadShedder gradual({.priorities = 1, .low = 0, .high = 1, .shedding = Shedding::gradual});
  gradual.update(0.25);
  in_threads(threads, [&](std::size_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < rounds; ++i) {
      levels.update(static_cast<double>(random() % 50) / 10);
      static_cast<void>(levels.admit(random() % 4));
      static_cast<void>(gradual.admit(0));
    }
  });
  const LoadShedderStats stats = levels.stats();
  std::uint64_t asked = 0;
  for (std::size_t p = 0; p < 4; ++p) asked += stats.admitted[p] + stats.shed[p];
  CHECK(asked == threads * rounds);
  CHECK(told.size() + stats.untold == stats.changes);
  for (std::size_t i = 1; i < told.size(); ++i) {
    REQUIRE(told[i].number > told[i - 1].number);
    if (told[i].number == told[i - 1].number + 1) REQUIRE(told[i].from == told[i - 1].to);
  }
  CHECK(gradual.stats().shed[0] == threads * rounds / 4);
}

TEST_CASE("a guard that many threads use counts every request as what its answer says") {
  const ManualClock clock;
  CircuitBreaker<ManualClock> breaker({.window_calls = 20, .minimum_calls = 5, .open_for = 100ns, .half_open_calls = 2},
                                      clock);
  CachedFallback<int, int, ManualClock> cache({.capacity = 16, .ttl = 1us}, clock);
  const auto model = [](int x) {
    if (x % 2 == 0) throw 1;
    return 10 * x;
  };
  auto guarded = guard(model, breaker, cache.by([](int x) { return x % 8; }));
  std::atomic<std::uint64_t> fresh{0}, degraded{0}, refused{0}, wrong{0};
  in_threads(threads, [&](std::size_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < rounds; ++i) {
      clock.advance(1ns);
      const int x = static_cast<int>(random() % 16);
      const auto answer = guarded(x, {.deadline = clock.now() + 1us, .throttled = random() % 4 == 0});
      fresh += answer.fresh();
      degraded += answer.degraded();
      refused += answer.refused();
      if (answer && *answer / 10 % 8 != x % 8) ++wrong;
      if (answer.fresh() && *answer != 10 * x) ++wrong;
    }
  });
  const GuardStats stats = guarded.stats();
  CHECK(wrong == 0);
  CHECK(stats.fresh == fresh);
  CHECK(stats.degraded() == degraded);
  CHECK(stats.refused() == refused);
  CHECK(stats.requests() == threads * rounds);
  CHECK(breaker.stats().succeeded == stats.fresh);
}

}  // namespace penstock
