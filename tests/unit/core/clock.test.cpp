// SPDX-License-Identifier: MIT
#include "penstock/core/clock.hpp"

#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

TEST_CASE("the steady clock does not go back") {
  const SteadyClock clock;
  TimePoint last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = clock.now();
    REQUIRE(now >= last);
    last = now;
  }
}

TEST_CASE("a manual clock moves only when told, and its copies with it") {
  const ManualClock clock;
  const ManualClock copy = clock;
  CHECK(clock.now() == TimePoint{});
  clock.advance(5ms);
  CHECK(clock.now() == TimePoint{5ms});
  copy.advance(1ns);
  CHECK(clock.now() == TimePoint{5ms + 1ns});
  clock.advance(0ns);
  CHECK(copy.now() == TimePoint{5ms + 1ns});
  CHECK(ManualClock().now() == TimePoint{});  // another clock
}

TEST_CASE("a manual clock refuses to go back") {
  const ManualClock clock;
  clock.advance(1s);
  CHECK_THROWS_WITH(clock.advance(-3ns), "ManualClock::advance by -3 ns; time does not go back");
  CHECK(clock.now() == TimePoint{1s});
}

TEST_CASE("a listener is told of each advance while its subscription lives") {
  const ManualClock clock;
  std::vector<TimePoint> heard;
  struct Context {
    const ManualClock& clock;
    std::vector<TimePoint>& heard;
  } context{clock, heard};
  const auto listen = [](void* c) {
    auto& [clock_of, list] = *static_cast<Context*>(c);
    list.push_back(clock_of.now());
  };
  {
    auto first = clock.on_advance(listen, &context);
    CHECK(clock.waiting() == 1);
    clock.advance(1ns);
    CHECK(heard == std::vector<TimePoint>{TimePoint{1ns}});  // and the time is the new one
    const auto moved = std::move(first);
    CHECK(clock.waiting() == 1);
    clock.advance(1ns);
    CHECK(heard.size() == 2);
    {
      const auto second = clock.on_advance(listen, &context);
      clock.advance(1ns);
      CHECK(heard.size() == 4);
    }
    clock.advance(1ns);
    CHECK(heard.size() == 5);
  }
  CHECK(clock.waiting() == 0);
  clock.advance(1ns);
  CHECK(heard.size() == 5);
}

TEST_CASE("a subscription may outlive its clock's last handle") {
  std::optional<ManualClock> clock(std::in_place);
  const auto subscription = clock->on_advance([](void*) {}, nullptr);
  clock.reset();
  SUCCEED();
}

TEST_CASE("a manual clock may be advanced and read from many threads") {
  const ManualClock clock;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([clock] {
      TimePoint last{};
      for (int i = 0; i < 1000; ++i) {
        clock.advance(1ns);
        const TimePoint now = clock.now();
        if (now <= last) std::terminate();
        last = now;
        const auto subscription = clock.on_advance([](void*) {}, nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(clock.now() == TimePoint{4000ns});
  CHECK(clock.waiting() == 0);
}
