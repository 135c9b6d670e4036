// SPDX-License-Identifier: MIT
// Waiting for permits: until they are there, a deadline or a stop; in which order, and that nobody is forgotten.
#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/rate_limiter.hpp"

#include "catch.hpp"
#include "unit/queue/concurrency.hpp"

#include <atomic>
#include <memory>
#include <random>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Limiter = RateLimiter<ManualClock>;
using StatusCall = Call<QueueStatus>;

[[nodiscard]] bool waits(const Limiter& limiter, std::size_t threads) {
  return eventually([&] { return limiter.stats().waiting == threads; });
}

TEST_CASE("acquire waits until the permits are there, not a nanosecond less") {
  const ManualClock clock;
  Limiter limiter({.rate = 3, .burst = 2}, clock);
  CHECK(limiter.acquire(2) == QueueStatus::ok);
  Stop stop;
  StatusCall call([&] { return limiter.acquire(1, stop.token); });
  REQUIRE(waits(limiter, 1));
  clock.advance(333'333'333ns);
  CHECK(limiter.stats().waiting == 1);
  CHECK(limiter.stats().granted == 2);
  clock.advance(1ns);
  CHECK(call.result() == QueueStatus::ok);
  stop.request();
  CHECK(limiter.stats().granted == 3);
  CHECK(limiter.stats().waited == 1);
  CHECK(limiter.available() == 0);
}

TEST_CASE("a call that meets its deadline says timeout and has taken nothing") {
  const ManualClock clock;
  Limiter limiter({.rate = 10, .burst = 5}, clock);
  CHECK(limiter.try_acquire(5));
  StatusCall call([&] { return limiter.acquire_for(5, 499ms); });
  REQUIRE(waits(limiter, 1));
  clock.advance(499ms - 1ns);
  CHECK(limiter.stats().waiting == 1);
  clock.advance(1ns);
  CHECK(call.result() == QueueStatus::timeout);
  CHECK(limiter.available() == 4);
  CHECK(limiter.stats().timed_out == 5);
  CHECK(limiter.stats().waiting == 0);
}

TEST_CASE("permits that come with the deadline are taken") {
  const ManualClock clock;
  Limiter limiter({.rate = 10, .burst = 5}, clock);
  CHECK(limiter.try_acquire(5));
  StatusCall call([&] { return limiter.acquire_until(5, TimePoint(500ms)); });
  REQUIRE(waits(limiter, 1));
  clock.advance(500ms);
  CHECK(call.result() == QueueStatus::ok);
}

TEST_CASE("a deadline in the past takes what is there, and else says timeout without waiting") {
  const ManualClock clock;
  clock.advance(1h);
  Limiter limiter({.rate = 1, .burst = 1}, clock);
  CHECK(limiter.acquire_until(1, TimePoint{}) == QueueStatus::ok);
  CHECK(limiter.acquire_until(1, TimePoint{}) == QueueStatus::timeout);
  CHECK(limiter.acquire_for(1, -1s) == QueueStatus::timeout);
  CHECK(limiter.acquire_for(1, 0s) == QueueStatus::timeout);
  CHECK(limiter.acquire_until(0, TimePoint{}) == QueueStatus::ok);
}

TEST_CASE("a stop that was requested before wins over permits, and takes none") {
  const ManualClock clock;
  Limiter limiter({.rate = 1, .burst = 3}, clock);
  Stop stop;
  stop.request();
  CHECK(limiter.acquire(2, stop.token) == QueueStatus::stopped);
  CHECK(limiter.acquire_for(1, 1s, stop.token) == QueueStatus::stopped);
  CHECK(limiter.available() == 3);
  CHECK(limiter.stats().stopped == 3);
}

TEST_CASE("a stop ends a wait without moving the clock") {
  const ManualClock clock;
  Limiter limiter({.rate = 1, .burst = 1}, clock);
  CHECK(limiter.try_acquire());
  Stop stop;
  StatusCall for_ever([&] { return limiter.acquire(1, stop.token); });
  REQUIRE(waits(limiter, 1));
  StatusCall timed([&] { return limiter.acquire_for(1, 1h, stop.token); });
  REQUIRE(waits(limiter, 2));
  stop.request();
  CHECK(for_ever.result() == QueueStatus::stopped);
  CHECK(timed.result() == QueueStatus::stopped);
  CHECK(limiter.stats().stopped == 2);
  CHECK(limiter.stats().waiting == 0);
}

TEST_CASE("waiting threads are served in the order in which they came, large and small") {
  const ManualClock clock;
  Limiter limiter({.rate = 10, .burst = 10}, clock);
  CHECK(limiter.try_acquire(10));
  StatusCall large([&] { return limiter.acquire(8); });
  REQUIRE(waits(limiter, 1));
  StatusCall small([&] { return limiter.acquire(1); });
  REQUIRE(waits(limiter, 2));
  clock.advance(700ms);
  CHECK(limiter.available() == 7);
  CHECK_FALSE(limiter.try_acquire());  // nobody passes
  CHECK(limiter.acquire_for(1, 0s) == QueueStatus::timeout);
  CHECK(limiter.stats().waiting == 2);
  clock.advance(100ms);
  CHECK(large.result() == QueueStatus::ok);
  CHECK_FALSE(small.returned());
  clock.advance(100ms);
  CHECK(small.result() == QueueStatus::ok);
  REQUIRE(waits(limiter, 0));
  clock.advance(100ms);
  CHECK(limiter.try_acquire());
}

TEST_CASE("whoever gives up in front of the line lets those behind go on") {
  const ManualClock clock;
  for (const bool by_stop : {true, false}) {
    Limiter limiter({.rate = 10, .burst = 10}, clock);
    CHECK(limiter.try_acquire(10));
    Stop stop;
    StatusCall first([&] { return limiter.acquire_for(10, 500ms, stop.token); });
    REQUIRE(waits(limiter, 1));
    StatusCall second([&] { return limiter.acquire(5); });
    REQUIRE(waits(limiter, 2));
    clock.advance(by_stop ? 499ms : 500ms);
    if (by_stop) {
      stop.request();
      CHECK(first.result() == QueueStatus::stopped);
      clock.advance(1ms);
    } else {
      CHECK(first.result() == QueueStatus::timeout);
    }
    CHECK(second.result() == QueueStatus::ok);
    CHECK(limiter.available() == 0);
  }
}

TEST_CASE("a jump of the clock past deadlines serves all that it could have served, whoever wakes first") {
  for (int round = 0; round < 50; ++round) {
    const ManualClock clock;
    Limiter limiter({.rate = 1, .burst = 3}, clock);
    CHECK(limiter.try_acquire(3));
    std::vector<std::unique_ptr<StatusCall>> calls;
    for (std::size_t i = 0; i < 4; ++i) {
      calls.push_back(std::make_unique<StatusCall>([&] { return limiter.acquire_for(1, 5s); }));
      REQUIRE(waits(limiter, i + 1));
    }
    clock.advance(10s);  // three permits
    for (std::size_t i = 0; i < 3; ++i) CHECK(calls[i]->result() == QueueStatus::ok);
    CHECK(calls[3]->result() == QueueStatus::timeout);
  }
}

TEST_CASE("a new rate serves those who wait at once") {
  const ManualClock clock;
  Limiter limiter({.rate = 1, .per = 1h, .burst = 2}, clock);
  CHECK(limiter.try_acquire(2));
  StatusCall call([&] { return limiter.acquire(1); });
  REQUIRE(waits(limiter, 1));
  clock.advance(30min);
  limiter.set_rate(3600);
  clock.advance(500ms - 1ns);
  CHECK(limiter.stats().granted == 2);
  clock.advance(1ns);
  CHECK(call.result() == QueueStatus::ok);
}

TEST_CASE("by the system's clock a new rate wakes who waits for an hour") {
  RateLimiter<> limiter{{.rate = 1, .per = 1h, .burst = 1}};
  CHECK(limiter.try_acquire());
  StatusCall call([&] { return limiter.acquire(); });
  REQUIRE(eventually([&] { return limiter.stats().waiting == 1; }));
  limiter.set_rate(1'000'000'000'000);
  CHECK(call.result() == QueueStatus::ok);
  CHECK(limiter.stats().waited == 1);
}

TEST_CASE("by the system's clock many threads wait for their permits and each gets them once") {
  RateLimiter<> limiter{{.rate = 200'000, .burst = 10}};
  const TimePoint start = SteadyClock{}.now();
  in_threads(8, [&](std::size_t thread) {
    for (int i = 0; i < 50; ++i) static_cast<void>(limiter.acquire(1 + thread % 3));
  });
  const auto elapsed = (SteadyClock{}.now() - start).count();
  const std::uint64_t asked = 50 * (1 + 2 + 3 + 1 + 2 + 3 + 1 + 2);
  CHECK(limiter.stats().granted == asked);
  CHECK(asked <= 10 + static_cast<std::uint64_t>(elapsed) / 5000 + 1);
}

TEST_CASE("stops and deadlines at any moment lose and mint no permit, and nobody hangs") {
  const ManualClock clock;
  constexpr std::uint64_t burst = 100'000'000;  // never full
  Limiter limiter({.rate = 1'000'000, .burst = burst}, clock);
  REQUIRE(limiter.try_acquire(burst));
  std::atomic<std::uint64_t> granted{0};
  std::atomic<std::size_t> running{6};
  std::uint64_t flowed = 0;
  in_threads(8, [&](std::size_t thread) {
    if (thread == 7) {  // time goes on while anybody runs
      while (running > 0) {
        clock.advance(700ns);
        flowed += 700;
        std::this_thread::yield();
      }
      return;
    }
    if (thread == 6) {
      for (std::uint64_t rate = 1'000'000; running > 0; std::this_thread::yield()) limiter.set_rate(rate);
      return;
    }
    std::mt19937_64 random(thread);
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t n = 1 + random() % 3;
      Stop stop;
      const auto patience = std::chrono::nanoseconds(random() % 20'000);
      std::jthread stopper([&, early = random() % 3 == 0] {
        if (early) stop.request();
      });
      const QueueStatus status = i % 2 == 0 ? limiter.acquire_for(n, patience, stop.token)
                                            : limiter.acquire_until(n, clock.now() + 1s, stop.token);
      if (status == QueueStatus::ok) granted += n;
    }
    --running;
  });
  CHECK(limiter.stats().waiting == 0);
  CHECK(limiter.stats().granted == burst + granted);
  CHECK(limiter.available() == static_cast<std::int64_t>(flowed / 1000) - static_cast<std::int64_t>(granted));
}

}  // namespace
}  // namespace penstock
