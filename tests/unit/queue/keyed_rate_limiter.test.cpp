// SPDX-License-Identifier: MIT
#include "penstock/queue/keyed_rate_limiter.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/rate_limiter.hpp"

#include "catch.hpp"
#include "unit/queue/concurrency.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <string>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Keyed = KeyedRateLimiter<std::string, ManualClock>;

TEST_CASE("each key has a bucket of its own") {
  const ManualClock clock;
  Keyed limiter({.limit = {.rate = 10, .burst = 2}, .max_keys = 10}, clock);
  CHECK(limiter.try_acquire("a", 2));
  CHECK_FALSE(limiter.try_acquire("a"));
  CHECK(limiter.try_acquire("b"));
  CHECK(limiter.ready_at("a") == clock.now() + 100ms);
  CHECK(limiter.ready_at("a", 2) == clock.now() + 200ms);
  CHECK(limiter.ready_at("b") == clock.now());
  CHECK(limiter.ready_at("c", 2) == clock.now());
  clock.advance(100ms - 1ns);
  CHECK_FALSE(limiter.try_acquire("a"));
  clock.advance(1ns);
  CHECK(limiter.try_acquire("a"));
  CHECK(limiter.stats().granted == 4);
  CHECK(limiter.stats().refused == 2);
  CHECK(limiter.stats().keys == 2);
  CHECK(limiter.stats().evicted == 0);
}

TEST_CASE("a key's grants are those of a limiter of its own, with as many keys as are held") {
  std::mt19937_64 random(5);
  for (const std::uint64_t borrow : {0u, 4u}) {
    const ManualClock clock;
    const RateLimiterOptions limit{.rate = 7, .burst = 5, .borrow = borrow};
    KeyedRateLimiter<std::size_t, ManualClock> keyed({.limit = limit, .max_keys = 8}, clock);
    std::array<std::unique_ptr<RateLimiter<ManualClock>>, 8> single;
    for (auto& one : single) one = std::make_unique<RateLimiter<ManualClock>>(limit, clock);
    for (int i = 0; i < 20'000; ++i) {
      clock.advance(std::chrono::nanoseconds(random() % 60'000'000));
      const std::size_t key = random() % 8;
      const std::uint64_t n = random() % (6 + borrow);
      const bool ready = keyed.ready_at(key, n) == clock.now();
      const bool granted = keyed.try_acquire(key, n);
      REQUIRE(granted == single[key]->try_acquire(n));
      REQUIRE(granted == ready);
    }
    CHECK(keyed.stats().refused > 1000);
    CHECK(keyed.stats().evicted == 0);
  }
}

TEST_CASE("no more than max_keys are held, and to forget one whose bucket is full costs nothing") {
  const ManualClock clock;
  Keyed limiter({.limit = {.rate = 10, .burst = 5}, .max_keys = 2}, clock);
  CHECK(limiter.try_acquire("busy", 5));
  CHECK(limiter.try_acquire("calm"));
  clock.advance(100ms);  // calm is full again, busy has one
  CHECK(limiter.try_acquire("new"));
  CHECK(limiter.stats().keys == 2);
  CHECK(limiter.stats().evicted == 0);
  CHECK_FALSE(limiter.try_acquire("busy", 2));
}

TEST_CASE("if no bucket is full the one that will be soonest is forgotten, and begins anew") {
  const ManualClock clock;
  Keyed limiter({.limit = {.rate = 10, .burst = 5}, .max_keys = 2}, clock);
  CHECK(limiter.try_acquire("worst", 5));
  CHECK(limiter.try_acquire("less", 3));
  CHECK(limiter.try_acquire("new"));
  CHECK(limiter.stats().keys == 2);
  CHECK(limiter.stats().evicted == 1);
  CHECK_FALSE(limiter.try_acquire("worst"));
  CHECK(limiter.try_acquire("less", 4));  // two more than its rate allows
  CHECK(limiter.stats().evicted == 2);
  for (int i = 0; i < 1000; ++i) CHECK(limiter.try_acquire("flood" + std::to_string(i)));
  CHECK_FALSE(limiter.try_acquire("worst"));
  CHECK(limiter.stats().keys == 2);
}

TEST_CASE("one key at a time is enough to hold") {
  const ManualClock clock;
  Keyed limiter({.limit = {.rate = 1, .burst = 1}, .max_keys = 1}, clock);
  CHECK(limiter.try_acquire("a"));
  CHECK_FALSE(limiter.try_acquire("a"));
  CHECK(limiter.try_acquire("b"));
  CHECK_FALSE(limiter.try_acquire("b"));
  CHECK(limiter.stats().keys == 1);
}

TEST_CASE("options and requests of a keyed limiter that cannot work are refused") {
  CHECK_THROWS_WITH(Keyed({.limit = {.rate = 1, .burst = 1}, .max_keys = 0}), ContainsSubstring("max_keys is 0"));
  CHECK_THROWS_WITH(Keyed({.limit = {.rate = 0, .burst = 1}, .max_keys = 1}), ContainsSubstring("rate is 0"));
  Keyed limiter({.limit = {.rate = 1, .burst = 3}, .max_keys = 1});
  CHECK_THROWS_AS(limiter.try_acquire("a", 4), std::invalid_argument);
  CHECK_THROWS_AS(limiter.ready_at("a", 4), std::invalid_argument);
  CHECK(limiter.try_acquire("a", 0));
  CHECK(limiter.stats().keys == 0);
}

TEST_CASE("threads share a key's bucket") {
  const ManualClock clock;
  KeyedRateLimiter<int, ManualClock> limiter({.limit = {.rate = 1, .burst = 100}, .max_keys = 3}, clock);
  std::atomic<int> granted{0};
  in_threads(4, [&](std::size_t) {
    for (int i = 0; i < 300; ++i) granted += limiter.try_acquire(i % 3);
  });
  CHECK(granted == 300);
  CHECK(limiter.stats().refused == 900);
}

}  // namespace
}  // namespace penstock
