// SPDX-License-Identifier: MIT
// What a rate limiter grants and when, to the nanosecond. What waits is in rate_limiter_waiting.test.cpp.
#include "penstock/queue/rate_limiter.hpp"

#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"
#include "unit/queue/concurrency.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Limiter = RateLimiter<ManualClock>;
__extension__ using Wide = __int128;

/// The definition of a token bucket, slowly: at any time, for each earlier grant, no more may have been given since
/// than burst and what has flowed in since. In permits times nanoseconds, so that all is whole.
class Oracle {
 public:
  explicit Oracle(const RateLimiterOptions& options) : options_(options), rate_(options.rate) {}

  void advance(std::chrono::nanoseconds by) { flowed_ += Wide(rate_) * by.count(); }
  void set_rate(std::uint64_t rate) { rate_ = rate; }

  [[nodiscard]] Wide level() const {
    Wide least = Wide(options_.burst) * options_.per.count();
    Wide given = 0;
    for (auto grant = grants_.rbegin(); grant != grants_.rend(); ++grant) {
      given += grant->taken;
      least = std::min(least, Wide(options_.burst) * options_.per.count() + (flowed_ - grant->flowed) - given);
    }
    return least;
  }
  [[nodiscard]] Wide needed(std::uint64_t n) const {
    return Wide(n > options_.borrow ? std::max<std::uint64_t>(1, n - options_.borrow) : 1) * options_.per.count();
  }
  [[nodiscard]] bool try_acquire(std::uint64_t n) {
    if (level() < needed(n)) return false;
    grants_.push_back({flowed_, Wide(n) * options_.per.count()});
    return true;
  }
  /// How long until n could be granted, rounded up.
  [[nodiscard]] std::chrono::nanoseconds until(std::uint64_t n) const {
    const Wide missing = needed(n) - level();
    return std::chrono::nanoseconds(missing <= 0 ? 0 : static_cast<std::int64_t>((missing + rate_ - 1) / rate_));
  }
  [[nodiscard]] std::int64_t available() const {
    Wide whole = level() / options_.per.count();
    if (whole * options_.per.count() > level()) --whole;
    return static_cast<std::int64_t>(whole);
  }

 private:
  struct Grant {
    Wide flowed, taken;
  };
  RateLimiterOptions options_;
  std::uint64_t rate_;
  Wide flowed_ = 0;
  std::vector<Grant> grants_;
};

TEST_CASE("a burst is there at once, then one permit an interval, to the nanosecond") {
  const ManualClock clock;
  clock.advance(123ns);
  Limiter limiter({.rate = 10, .burst = 3}, clock);
  CHECK(limiter.available() == 3);
  for (int i = 0; i < 3; ++i) CHECK(limiter.try_acquire());
  CHECK_FALSE(limiter.try_acquire());
  clock.advance(100ms - 1ns);
  CHECK_FALSE(limiter.try_acquire());
  clock.advance(1ns);
  CHECK(limiter.try_acquire());
  CHECK_FALSE(limiter.try_acquire());
  clock.advance(1h);
  CHECK(limiter.available() == 3);  // no more pile up
  CHECK(limiter.try_acquire(3));
  CHECK_FALSE(limiter.try_acquire());
  const RateLimiterStats stats = limiter.stats();
  CHECK(stats.granted == 7);
  CHECK(stats.refused == 4);
  CHECK(stats.waited == 0);
}

TEST_CASE("permits are all or none") {
  const ManualClock clock;
  Limiter limiter({.rate = 1, .burst = 5}, clock);
  CHECK(limiter.try_acquire(3));
  CHECK_FALSE(limiter.try_acquire(3));
  CHECK(limiter.try_acquire(2));
  CHECK(limiter.try_acquire(0));
  CHECK(limiter.available() == 0);
  CHECK(limiter.stats().granted == 5);
  CHECK(limiter.stats().refused == 3);
}

TEST_CASE("a rate whose interval is no whole number of nanoseconds does not drift") {
  for (const std::uint64_t rate : {3ull, 7ull, 44'100ull, 999'999'937ull, 1'500'000'000ull, 1'000'000'000'000ull}) {
    const ManualClock clock;
    Limiter limiter({.rate = rate, .burst = 100'000}, clock);
    REQUIRE(limiter.try_acquire(100'000));
    std::uint64_t granted = 0;
    // Three permits a step or less, so that the bucket never fills.
    const std::chrono::nanoseconds step(std::max<std::int64_t>(1, static_cast<std::int64_t>(3'000'000'000 / rate)));
    for (int i = 0; i < 30'000; ++i) {
      clock.advance(step);
      const std::int64_t there = limiter.available();
      if (there > 0 && limiter.try_acquire(static_cast<std::uint64_t>(there))) {
        granted += static_cast<std::uint64_t>(there);
      }
    }
    CHECK(granted == static_cast<std::uint64_t>(Wide(rate) * step.count() * 30'000 / 1'000'000'000));
  }
}

TEST_CASE("a rate is counted by any period") {
  const ManualClock clock;
  Limiter limiter({.rate = 3, .per = 1min, .burst = 1}, clock);
  CHECK(limiter.try_acquire());
  clock.advance(20s - 1ns);
  CHECK_FALSE(limiter.try_acquire());
  clock.advance(1ns);
  CHECK(limiter.try_acquire());
}

TEST_CASE("a request that borrows passes now, and later ones pay for it") {
  const ManualClock clock;
  Limiter limiter({.rate = 10, .burst = 2, .borrow = 20}, clock);
  CHECK(limiter.try_acquire(22));
  CHECK(limiter.available() == -20);
  clock.advance(2s);
  CHECK(limiter.available() == 0);
  CHECK_FALSE(limiter.try_acquire());
  CHECK_FALSE(limiter.try_acquire(20));
  clock.advance(100ms - 1ns);
  CHECK_FALSE(limiter.try_acquire(20));
  clock.advance(1ns);
  CHECK(limiter.try_acquire(20));
  CHECK(limiter.available() == -19);
}

TEST_CASE("a request that could never be granted is an error, and takes nothing") {
  const ManualClock clock;
  Limiter plain({.rate = 10, .burst = 5}, clock);
  CHECK_THROWS_AS(plain.try_acquire(6), std::invalid_argument);
  CHECK_THROWS_WITH(plain.acquire(6), ContainsSubstring("6 permits") && ContainsSubstring(".burst + .borrow, 5"));
  CHECK_THROWS_AS(plain.acquire_for(std::uint64_t(-1), 1s), std::invalid_argument);
  CHECK(plain.available() == 5);
  Limiter borrowing({.rate = 10, .burst = 5, .borrow = 2}, clock);
  CHECK_THROWS_AS(borrowing.try_acquire(8), std::invalid_argument);
  CHECK(borrowing.try_acquire(7));
}

TEST_CASE("options of a rate limiter that cannot work are refused by name, value and range") {
  const auto make = [](RateLimiterOptions options) { Limiter limiter(options); };
  CHECK_THROWS_WITH(make({.rate = 0, .burst = 1}),
                    ContainsSubstring("RateLimiterOptions.rate is 0; 1 to 1000000000000"));
  CHECK_THROWS_WITH(make({.rate = 1'000'000'000'001, .burst = 1}), ContainsSubstring(".rate is 1000000000001"));
  CHECK_THROWS_WITH(make({.rate = 1, .per = 0ns, .burst = 1}), ContainsSubstring(".per is 0 ns"));
  CHECK_THROWS_WITH(make({.rate = 1, .per = -5ns, .burst = 1}), ContainsSubstring(".per is -5 ns"));
  CHECK_THROWS_WITH(make({.rate = 1, .burst = 0}), ContainsSubstring(".burst is 0"));
  CHECK_THROWS_WITH(make({.rate = 1, .burst = 576'460'753}), ContainsSubstring("at most 2^59 ns / .per, 576460752"));
  CHECK_THROWS_AS(make({.rate = 1, .burst = 1, .borrow = 576'460'752}), std::invalid_argument);
  CHECK_THROWS_AS(make({.rate = 1, .burst = 1, .borrow = std::uint64_t(-1)}), std::invalid_argument);
  CHECK_NOTHROW(make({.rate = 1, .burst = 1, .borrow = 576'460'751}));
  Limiter limiter({.rate = 1, .burst = 1});
  CHECK_THROWS_WITH(limiter.set_rate(0), ContainsSubstring("RateLimiter::set_rate: rate is 0"));
  CHECK(limiter.rate() == 1);
}

TEST_CASE("a new rate keeps what is there and what is owed") {
  const ManualClock clock;
  Limiter limiter({.rate = 10, .burst = 10, .borrow = 5}, clock);
  CHECK(limiter.try_acquire(10));
  clock.advance(250ms);  // two and a half
  limiter.set_rate(1);
  CHECK(limiter.rate() == 1);
  CHECK(limiter.available() == 2);
  clock.advance(500ms - 1ns);
  CHECK(limiter.available() == 2);
  clock.advance(1ns);
  CHECK(limiter.available() == 3);
  CHECK(limiter.try_acquire(8));
  limiter.set_rate(1000);
  CHECK(limiter.available() == -5);
  clock.advance(6ms);
  CHECK(limiter.available() == 1);
  clock.advance(1h);
  limiter.set_rate(7);
  CHECK(limiter.available() == 10);
}

TEST_CASE("a limiter that nobody asks for an age has a full bucket, whatever the rate") {
  for (const std::uint64_t rate : {1ull, 1000ull, 1'000'000'007ull, 1'000'000'000'000ull}) {
    const ManualClock clock;
    Limiter limiter({.rate = rate, .burst = 4}, clock);
    for (const std::chrono::nanoseconds idle :
         {1ns, 1'000'000ns, 3'000'000'000ns, std::chrono::nanoseconds(50 * 8766h)}) {
      while (limiter.available() > 0) REQUIRE(limiter.try_acquire());
      clock.advance(idle);
      const Wide flowed = Wide(rate) * idle.count() / 1'000'000'000;
      CHECK(limiter.available() == static_cast<std::int64_t>(std::min<Wide>(4, flowed)));
    }
  }
}

TEST_CASE("grants are those of the definition, at every nanosecond, under random requests, times and rates") {
  std::mt19937_64 random(20240229);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const auto any_rate = [&] {
    std::uint64_t rate = 1;
    for (std::uint64_t digits = below(13); digits > 0; --digits) rate = rate * 10;
    return std::max<std::uint64_t>(1, rate - below(rate));
  };
  std::size_t grants = 0;
  std::size_t refusals = 0;
  for (int round = 0; round < 300; ++round) {
    const RateLimiterOptions options{
        .rate = any_rate(),
        .per = std::chrono::nanoseconds(round % 2 == 0 ? 1'000'000'000 : 1 + below(1'000'000'000)),
        .burst = 1 + below(round % 3 == 0 ? 3 : 1000),
        .borrow = round % 4 == 0 ? below(50) : 0};
    const ManualClock clock;
    Limiter limiter(options, clock);
    Oracle oracle(options);
    const auto advance = [&](std::chrono::nanoseconds by) {
      clock.advance(by);
      oracle.advance(by);
    };
    for (int step = 0; step < 100; ++step) {
      const std::uint64_t n =
          1 + below(below(2) == 0 ? std::min<std::uint64_t>(3, options.burst) : options.burst + options.borrow);
      switch (below(6)) {
        case 0: advance(std::chrono::nanoseconds(below(1'000'000'000))); break;
        case 1: advance(std::chrono::nanoseconds(below(100))); break;
        case 2:  // the nanosecond before, and then the one
          if (const auto wait = oracle.until(n); wait > 0ns && wait < 1000h) {
            advance(wait - 1ns);
            REQUIRE_FALSE(limiter.try_acquire(n));
            REQUIRE_FALSE(oracle.try_acquire(n));
            advance(1ns);
            REQUIRE(limiter.try_acquire(n));
            REQUIRE(oracle.try_acquire(n));
          }
          break;
        case 3:
          if (below(4) == 0) {
            const std::uint64_t rate = any_rate();
            limiter.set_rate(rate);
            oracle.set_rate(rate);
          }
          break;
        default: break;
      }
      const bool granted = limiter.try_acquire(n);
      REQUIRE(granted == oracle.try_acquire(n));
      REQUIRE(limiter.available() == oracle.available());
      ++(granted ? grants : refusals);
    }
  }
  CHECK(grants > 3000);
  CHECK(refusals > 3000);
}

TEST_CASE("threads together get exactly what has flowed in, while the rate changes under them") {
  const ManualClock clock;
  constexpr std::uint64_t burst = 200'000'000;  // never full, so that nothing overflows
  Limiter limiter({.rate = 1'000'000'000'000, .burst = burst}, clock);
  REQUIRE(limiter.try_acquire(burst));
  std::atomic<std::uint64_t> granted{0};
  std::atomic<bool> done{false};
  std::uint64_t flowed = 0;  // permits times nanoseconds
  in_threads(6, [&](std::size_t thread) {
    if (thread == 0) {
      std::mt19937_64 random(7);
      std::uint64_t rate = limiter.rate();
      for (int i = 0; i < 2000; ++i) {
        const std::uint64_t by = random() % 100;
        clock.advance(std::chrono::nanoseconds(by));
        flowed += rate * by;
        if (i % 3 == 0) limiter.set_rate(rate = 1 + random() % 1'000'000'000'000);
        if (i % 16 == 0) std::this_thread::yield();
      }
      done = true;
      return;
    }
    std::uint64_t mine = 0;
    while (!done) {
      if (limiter.try_acquire(thread)) mine += thread;
    }
    granted += mine;
  });
  const auto left = static_cast<std::uint64_t>(limiter.available());
  REQUIRE(limiter.try_acquire(left));
  granted += left;
  CHECK(granted == flowed / 1'000'000'000);
  CHECK(limiter.stats().granted == granted + burst);
}

TEST_CASE("by the system's clock threads never get more than burst and what time brings") {
  RateLimiter<> limiter{{.rate = 1'000'000, .burst = 50}};
  const SteadyClock clock;
  const TimePoint start = clock.now();  // the bucket was full before
  std::atomic<std::uint64_t> granted{0};
  in_threads(4, [&](std::size_t) {
    std::uint64_t mine = 0;
    for (int i = 0; i < 20'000; ++i) mine += limiter.try_acquire();
    granted += mine;
  });
  const auto elapsed = static_cast<std::uint64_t>((clock.now() - start).count());
  CHECK(granted >= 50);
  CHECK(granted <= 50 + elapsed / 1000 + 1);
  CHECK(limiter.stats().granted == granted);
  CHECK(limiter.stats().refused == 80'000 - granted);
}

}  // namespace
}  // namespace penstock
