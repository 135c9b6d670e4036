// SPDX-License-Identifier: MIT
#include "penstock/serve/circuit_breaker.hpp"

#include "penstock/core/error.hpp"
#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"
#include "unit/serve/breaker_by_hand.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Breaker = CircuitBreaker<ManualClock>;

/// Makes n calls that end at once; how many were let through.
std::size_t calls(Breaker& breaker, std::size_t n, bool well) {
  std::size_t passed = 0;
  for (std::size_t i = 0; i < n; ++i) {
    auto call = breaker.try_acquire();
    passed += static_cast<bool>(call);
    well ? call.succeed() : call.fail();
  }
  return passed;
}

constexpr CircuitBreakerOptions small{.window_calls = 4,
                                      .minimum_calls = 4,
                                      .failure_rate_threshold = 0.5,
                                      .open_for = 10s,
                                      .half_open_calls = 2,
                                      .half_open_for = 5s};

/// A breaker in the state, by the calls that lead there.
void bring_to(Breaker& breaker, BreakerState state, const ManualClock& clock) {
  if (state == BreakerState::closed) return;
  if (state == BreakerState::isolated) return breaker.isolate();
  calls(breaker, 4, false);
  if (state == BreakerState::half_open) {
    clock.advance(10s);
    static_cast<void>(breaker.try_acquire());  // given back
  }
  REQUIRE(breaker.state() == state);
}

}  // namespace

TEST_CASE("the table of states: what each event makes of each") {
  using enum BreakerState;
  struct Row {
    BreakerState from;
    const char* event;
    BreakerState to;
    std::size_t let_through;
  };
  const Row rows[] = {
      {closed, "4 good calls", closed, 4},
      {closed, "2 bad of 4", open, 4},
      {closed, "3 bad calls", closed, 3},
      {closed, "isolate", isolated, 0},
      {closed, "close", closed, 0},
      {closed, "10 s, a good call", closed, 1},
      {open, "4 good calls", open, 0},
      {open, "3 bad calls", open, 0},
      {open, "isolate", isolated, 0},
      {open, "close", closed, 0},
      {open, "10 s, a good call", half_open, 1},
      {half_open, "4 good calls", closed, 4},
      {half_open, "3 bad calls", open, 1},
      {half_open, "isolate", isolated, 0},
      {half_open, "close", closed, 0},
      {half_open, "10 s, a good call", half_open, 1},
      {half_open, "a call hangs", open, 1},
      {closed, "a call hangs", closed, 2},
      {isolated, "4 good calls", isolated, 0},
      {isolated, "isolate", isolated, 0},
      {isolated, "close", closed, 0},
      {isolated, "10 s, a good call", isolated, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.from), row.event);
    const ManualClock clock;
    Breaker breaker(small, clock);
    bring_to(breaker, row.from, clock);
    const std::string event = row.event;
    std::size_t passed = 0;
    if (event == "4 good calls") passed = calls(breaker, 4, true);
    if (event == "3 bad calls") passed = calls(breaker, 3, false);
    if (event == "2 bad of 4") passed = calls(breaker, 2, false) + calls(breaker, 2, true);
    if (event == "isolate") breaker.isolate();
    if (event == "close") breaker.close();
    if (event == "10 s, a good call") {
      clock.advance(10s);
      passed = calls(breaker, 1, true);
    }
    if (event == "a call hangs") {
      auto hangs = breaker.try_acquire();
      passed += static_cast<bool>(hangs);
      clock.advance(5s);
      passed += calls(breaker, 1, true);
      CHECK(breaker.state() == row.to);
    }
    CHECK(breaker.state() == row.to);
    CHECK(passed == row.let_through);
  }
}

TEST_CASE("no rate opens the breaker before minimum_calls, and a good call may be the one that makes them enough") {
  const ManualClock clock;
  Breaker breaker(small, clock);
  CHECK(calls(breaker, 3, false) == 3);
  CHECK(breaker.state() == BreakerState::closed);
  CHECK(breaker.stats().failure_rate() == 1);
  CHECK(calls(breaker, 1, true) == 1);
  CHECK(breaker.state() == BreakerState::open);
}

TEST_CASE("it opens at the nanosecond at which the wait is over, and not before") {
  const ManualClock clock;
  Breaker breaker(small, clock);
  clock.advance(3s);
  calls(breaker, 4, false);
  CHECK(breaker.stats().open_until == clock.now() + 10s);
  clock.advance(10s - 1ns);
  CHECK_FALSE(breaker.try_acquire());
  clock.advance(1ns);
  CHECK(breaker.try_acquire());
}

TEST_CASE("half open lets half_open_calls through at once, and one more for each that is given back") {
  const ManualClock clock;
  Breaker breaker(small, clock);
  bring_to(breaker, BreakerState::half_open, clock);
  auto first = breaker.try_acquire();
  auto second = breaker.try_acquire();
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(breaker.try_acquire());
  { const auto given_back = std::move(second); }
  auto third = breaker.try_acquire();
  CHECK(third);
  first.succeed();
  CHECK_FALSE(breaker.try_acquire());
  third.succeed();
  CHECK(breaker.state() == BreakerState::closed);
}

TEST_CASE("half open is judged as soon as the verdict is certain") {
  const ManualClock clock;
  CircuitBreakerOptions options = small;
  options.half_open_calls = 5;  // with 3 bad ones it opens, with 3 good ones it closes
  for (const bool well : {false, true}) {
    Breaker breaker(options, clock);
    bring_to(breaker, BreakerState::half_open, clock);
    CHECK(calls(breaker, 2, well) == 2);
    CHECK(breaker.state() == BreakerState::half_open);
    CHECK(calls(breaker, 1, well) == 1);
    CHECK(breaker.state() == (well ? BreakerState::closed : BreakerState::open));
  }
}

TEST_CASE("a little traffic is no reason to say that a call of half open hangs") {
  const ManualClock clock;
  Breaker breaker(small, clock);
  bring_to(breaker, BreakerState::half_open, clock);
  CHECK(calls(breaker, 1, true) == 1);
  clock.advance(1h);
  CHECK(calls(breaker, 1, true) == 1);
  CHECK(breaker.state() == BreakerState::closed);
}

TEST_CASE("slow calls open it too, whether they succeed or not") {
  const ManualClock clock;
  CircuitBreakerOptions options = small;
  options.slow_call_duration = 100ms;
  options.slow_call_rate_threshold = 0.75;
  options.failure_rate_threshold = 1;
  std::vector<BreakerReason> reasons;
  Breaker breaker(options, clock);
  breaker.on_change([&](const BreakerChange& change) { reasons.push_back(change.reason); });
  const auto call = [&](std::chrono::nanoseconds takes, bool well) {
    auto one = breaker.try_acquire();
    clock.advance(takes);
    well ? one.succeed() : one.fail();
  };
  call(100ms, true);  // met is not slow yet
  call(101ms, true);
  call(101ms, false);
  CHECK(breaker.stats().slow_call_rate() == Approx(2. / 3));
  CHECK(breaker.state() == BreakerState::closed);
  call(101ms, true);
  CHECK(breaker.state() == BreakerState::open);
  clock.advance(10s);
  call(101ms, true);
  CHECK(breaker.state() == BreakerState::half_open);
  call(101ms, true);
  CHECK(breaker.state() == BreakerState::open);
  CHECK_THAT(reasons,
             Equals(std::vector{BreakerReason::slow_call_rate, BreakerReason::waited, BreakerReason::slow_call_rate}));
  CHECK(breaker.stats().slow == 5);
}

TEST_CASE("the wait grows by the factor while probes fail, up to the longest, and begins anew once it has closed") {
  const ManualClock clock;
  CircuitBreakerOptions options = small;
  options.open_backoff = 3;
  options.max_open_for = 60s;
  Breaker breaker(options, clock);
  calls(breaker, 4, false);
  for (const auto wait : {10s, 30s, 60s, 60s}) {
    CHECK(breaker.stats().open_until - clock.now() == wait);
    clock.advance(wait);
    CHECK(calls(breaker, 1, false) == 1);
  }
  clock.advance(60s);
  CHECK(calls(breaker, 2, true) == 2);
  CHECK(breaker.state() == BreakerState::closed);
  calls(breaker, 4, false);
  CHECK(breaker.stats().open_until - clock.now() == 10s);
}

TEST_CASE("a wait beyond the end of time is for ever") {
  const ManualClock clock;
  clock.advance(1h);
  CircuitBreakerOptions options = small;
  options.open_for = options.max_open_for = std::chrono::nanoseconds::max();
  options.half_open_for = std::chrono::nanoseconds::max();
  Breaker breaker(options, clock);
  calls(breaker, 4, false);
  CHECK(breaker.stats().open_until == TimePoint::max());
  clock.advance(1000h);
  CHECK(calls(breaker, 1, true) == 0);
}

TEST_CASE("a call from before the breaker opened says nothing afterwards") {
  const ManualClock clock;
  Breaker breaker(small, clock);
  auto before = breaker.try_acquire();
  bring_to(breaker, BreakerState::half_open, clock);
  before.fail();
  CHECK(breaker.state() == BreakerState::half_open);
  CHECK(breaker.stats().stale == 1);
  CHECK(breaker.stats().failed == 5);
  CHECK(breaker.stats().window_calls == 0);
}

TEST_CASE("a call ends once, by its first verdict, and one that was not let through ends never") {
  const ManualClock clock;
  Breaker breaker(small, clock);
  {
    auto call = breaker.try_acquire();
    call.succeed();
    CHECK_FALSE(call);
    call.fail();
    call.fail(std::make_exception_ptr(1));
  }
  breaker.isolate();
  {
    auto call = breaker.try_acquire();
    CHECK_FALSE(call);
    call.fail();
  }
  const CircuitBreakerStats stats = breaker.stats();
  CHECK(stats.succeeded == 1);
  CHECK(stats.failed == 0);
  CHECK(stats.ignored == 0);
  CHECK(stats.refused == 1);
}

TEST_CASE("exceptions that are the request's own fault are no failures of the model") {
  const ManualClock clock;
  CircuitBreakerOptions options = small;
  options.counts = all_but<Error, std::out_of_range>;
  Breaker breaker(options, clock);
  const auto fail_by = [&](auto exception) { breaker.try_acquire().fail(std::make_exception_ptr(exception)); };
  for (int i = 0; i < 10; ++i) {
    fail_by(Error({}, "'abc'", "a number"));
    fail_by(std::out_of_range("row"));
  }
  CHECK(breaker.stats().ignored == 20);
  CHECK(breaker.state() == BreakerState::closed);
  fail_by(std::logic_error("a base of out_of_range"));
  fail_by(1);
  CHECK(breaker.stats().failed == 2);
}

TEST_CASE("each change is told once, in order, with its reason, time and number") {
  const ManualClock clock;
  std::vector<std::string> told;
  Breaker breaker(small, clock);
  breaker.on_change([&](const BreakerChange& c) {
    told.push_back(std::to_string(c.number) + " " + std::string(to_string(c.from)) + " -> " +
                   std::string(to_string(c.to)) + ", " + std::string(to_string(c.reason)) + " at " +
                   std::to_string(c.at.time_since_epoch() / 1s));
  });
  calls(breaker, 4, false);
  clock.advance(10s);
  calls(breaker, 2, true);
  breaker.isolate();
  breaker.isolate();
  breaker.close();
  CHECK_THAT(told, Equals(std::vector<std::string>{
                       "1 closed -> open, failure_rate at 0", "2 open -> half_open, waited at 10",
                       "3 half_open -> closed, probes_passed at 10", "4 closed -> isolated, by_hand at 10",
                       "5 isolated -> closed, by_hand at 10"}));
  CHECK(breaker.stats().changes == 5);
  CHECK(breaker.stats().opened == 1);
  CHECK(breaker.stats().not_closed_for == 10s);
}

TEST_CASE("a listener may change the breaker, and is told of that afterwards; what it throws is counted") {
  const ManualClock clock;
  std::vector<BreakerState> told;
  Breaker breaker(small, clock);
  breaker.on_change([&](const BreakerChange& c) {
    if (c.to == BreakerState::open) breaker.isolate();
    told.push_back(c.to);
    throw std::runtime_error("the pager is broken");
  });
  calls(breaker, 4, false);
  CHECK_THAT(told, Equals(std::vector{BreakerState::open, BreakerState::isolated}));
  CHECK(breaker.stats().listener_exceptions == 2);
  CHECK(breaker.stats().untold == 0);
}

TEST_CASE("a listener that is too slow loses the oldest changes, and they are counted") {
  const ManualClock clock;
  std::vector<std::uint64_t> told;
  Breaker breaker(small, clock);
  breaker.on_change([&](const BreakerChange& c) {
    told.push_back(c.number);
    if (c.number == 1) {
      for (int i = 0; i < 50; ++i) {
        breaker.close();
        breaker.isolate();
      }
    }
  });
  breaker.isolate();
  REQUIRE(told.size() == 65);
  CHECK(told[0] == 1);
  CHECK(told[1] == 38);  // 2 to 37 are lost
  CHECK(told[64] == 101);
  CHECK(breaker.stats().untold == 36);
}

TEST_CASE("the breaker does what a slow and obvious one does, call by call") {
  std::mt19937_64 random(20);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  std::map<BreakerReason, int> seen;
  for (int round = 0; round < 400; ++round) {
    CircuitBreakerOptions options{.window = below(2) == 0 ? BreakerWindow::count : BreakerWindow::time};
    options.window_calls = 1 + below(12);
    options.window_slices = 1 + below(5);
    options.window_time = std::chrono::nanoseconds(100 * options.window_slices);
    options.minimum_calls = 1 + below(options.window_calls);
    options.failure_rate_threshold = 0.1 * static_cast<double>(1 + below(10));
    options.slow_call_rate_threshold = 0.1 * static_cast<double>(1 + below(10));
    if (below(3) > 0) options.slow_call_duration = 50ns;
    options.open_for = std::chrono::nanoseconds(1 + below(200));
    options.open_backoff = 1 + static_cast<double>(below(2));
    options.max_open_for = 5 * options.open_for;
    options.half_open_calls = 1 + below(6);
    options.half_open_for = std::chrono::nanoseconds(1 + below(300));

    const ManualClock clock;
    clock.advance(1us);
    Breaker breaker(options, clock);
    std::vector<BreakerState> told;
    std::vector<BreakerReason> reasons;
    breaker.on_change([&](const BreakerChange& c) {
      told.push_back(c.to);
      reasons.push_back(c.reason);
      ++seen[c.reason];
    });
    BreakerByHand expected(options);
    std::map<std::size_t, Breaker::Call> running;
    const std::uint64_t badness = below(10);
    for (std::size_t i = 0; i < 400; ++i) {
      clock.advance(std::chrono::nanoseconds(below(30)));
      const std::int64_t now = clock.now().time_since_epoch().count();
      const std::uint64_t what = below(100);
      if (what < 50) {
        auto call = breaker.try_acquire();
        const bool passes = expected.acquire(i, now);
        REQUIRE(static_cast<bool>(call) == passes);
        if (passes) {
          expected.began(now);
          running.emplace(i, std::move(call));
        }
      } else if (what < 98) {
        if (running.empty()) continue;
        const auto chosen = std::next(running.begin(), static_cast<std::ptrdiff_t>(below(running.size())));
        const char verdict = below(10) == 0 ? 'i' : below(10) < badness ? 'f' : 's';
        if (verdict == 's') chosen->second.succeed();
        if (verdict == 'f') chosen->second.fail();
        const std::size_t id = chosen->first;
        running.erase(chosen);
        expected.end(id, verdict, now);
      } else if (what == 98) {
        breaker.isolate();
        expected.change(BreakerState::isolated, BreakerReason::by_hand, now);
      } else {
        breaker.close();
        expected.change(BreakerState::closed, BreakerReason::by_hand, now);
      }
      REQUIRE(breaker.state() == expected.state);
      const CircuitBreakerStats stats = breaker.stats();
      if (stats.state == BreakerState::closed || stats.state == BreakerState::half_open) {
        REQUIRE(stats.window_calls == expected.sums(now).calls);
        REQUIRE(stats.window_failed == expected.sums(now).failed);
        REQUIRE(stats.window_slow == expected.sums(now).slow);
      }
    }
    const CircuitBreakerStats stats = breaker.stats();
    CHECK(told == expected.states);
    CHECK(reasons == expected.reasons);
    CHECK(stats.refused == expected.refused);
    CHECK(stats.succeeded == expected.succeeded);
    CHECK(stats.failed == expected.failed);
    CHECK(stats.ignored == expected.ignored);
    CHECK(stats.slow == expected.slow);
    CHECK(stats.stale == expected.stale);
    CHECK(stats.opened == expected.opened);
    breaker.close();
    expected.change(BreakerState::closed, BreakerReason::by_hand, clock.now().time_since_epoch().count());
    CHECK(breaker.stats().not_closed_for.count() == expected.not_closed_for);
  }
  for (const BreakerReason reason :
       {BreakerReason::failure_rate, BreakerReason::slow_call_rate, BreakerReason::waited, BreakerReason::probes_passed,
        BreakerReason::probes_hung, BreakerReason::by_hand}) {
    CAPTURE(to_string(reason));
    CHECK(seen[reason] > 100);
  }
}

TEST_CASE("options of a breaker that cannot work are refused by name and value") {
  const auto refused = [](auto change) {
    CircuitBreakerOptions options;
    change(options);
    try {
      check(options);
    } catch (const std::invalid_argument& error) { return std::string(error.what()); }
    return std::string("nothing");
  };
  using O = CircuitBreakerOptions;
  CHECK(refused([](O&) {}) == "nothing");
  CHECK(refused([](O& o) { o.window_calls = 0; }) ==
        "CircuitBreakerOptions.window_calls is 0; 1 to 10000000 are possible");
  CHECK_THAT(refused([](O& o) { o.minimum_calls = 101; }), ContainsSubstring("minimum_calls is 101; 1 to 100"));
  CHECK_THAT(refused([](O& o) { o.minimum_calls = 0; }), ContainsSubstring("minimum_calls is 0"));
  CHECK_THAT(refused([](O& o) { o.window = static_cast<BreakerWindow>(9); }), ContainsSubstring("window is 9"));
  CHECK_THAT(refused([](O& o) { o.window_time = 0ns; }), ContainsSubstring("window_time is 0 ns"));
  CHECK_THAT(refused([](O& o) { o.window_slices = 0; }), ContainsSubstring("window_slices is 0"));
  CHECK_THAT(refused([](O& o) { o.failure_rate_threshold = 0; }),
             ContainsSubstring("failure_rate_threshold is 0.000000; it must be in (0, 1]"));
  CHECK_THAT(refused([](O& o) { o.failure_rate_threshold = 50; }), ContainsSubstring("failure_rate_threshold is 50"));
  CHECK_THAT(refused([](O& o) { o.slow_call_rate_threshold = std::numeric_limits<double>::quiet_NaN(); }),
             ContainsSubstring("slow_call_rate_threshold is nan"));
  CHECK_THAT(refused([](O& o) { o.slow_call_duration = -1ns; }), ContainsSubstring("slow_call_duration is -1 ns"));
  CHECK_THAT(refused([](O& o) { o.open_for = 0ns; }), ContainsSubstring("open_for is 0 ns"));
  CHECK_THAT(refused([](O& o) { o.open_backoff = 0.5; }), ContainsSubstring("open_backoff is 0.5"));
  CHECK_THAT(refused([](O& o) { o.max_open_for = 1s; }), ContainsSubstring("max_open_for is 1000000000 ns"));
  CHECK_THAT(refused([](O& o) { o.half_open_calls = 0; }), ContainsSubstring("half_open_calls is 0"));
  CHECK_THAT(refused([](O& o) { o.half_open_for = 0ns; }), ContainsSubstring("half_open_for is 0 ns"));
  CHECK_THROWS_AS(Breaker({.window_calls = 0}), std::invalid_argument);
  CHECK(refused([](O& o) { o.window = BreakerWindow::time, o.minimum_calls = 1000; }) == "nothing");
}

TEST_CASE("states and reasons are words") {
  CHECK(to_string(BreakerState::half_open) == "half_open");
  CHECK(to_string(static_cast<BreakerState>(7)) == "unknown");
  CHECK(to_string(BreakerReason::probes_hung) == "probes_hung");
  CHECK(to_string(static_cast<BreakerReason>(17)) == "unknown");
}

}  // namespace penstock
