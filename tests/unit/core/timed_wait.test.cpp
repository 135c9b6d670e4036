// SPDX-License-Identifier: MIT
#include "penstock/core/timed_wait.hpp"

#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

/// A flag that a thread waits for until a deadline.
template <class Clock>
struct Gate {
  Clock clock{};
  std::mutex mutex{};
  std::condition_variable changed{};
  bool open = false;
  std::atomic<bool> inside = false;  // set under the mutex, which the waiter then holds but in its wait

  /// Whether it was open before the deadline.
  bool wait(TimePoint deadline) {
    TimedWait wait{clock, mutex, changed};
    std::unique_lock lock(mutex);
    inside = true;
    while (!open && wait.until(lock, deadline)) {}
    return open;
  }
  /// Opens it for a waiter that is in its wait.
  void set_open() {
    while (!inside) std::this_thread::yield();
    {
      const std::scoped_lock lock(mutex);
      open = true;
    }
    changed.notify_all();
  }
};

/// A clock of the system's speed that reads something else.
struct ShiftedClock {
  std::chrono::nanoseconds shift{};
  [[nodiscard]] TimePoint now() const { return SteadyClock{}.now() + shift; }
};

/// A clock that stands still and announces nothing.
struct StoppedClock {
  TimePoint time{};
  [[nodiscard]] TimePoint now() const { return time; }
};

void wait_for_waiters(const ManualClock& clock, std::size_t count) {
  while (clock.waiting() < count) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a wait by a manual clock ends when the clock reaches the deadline, and not before") {
  Gate<ManualClock> gate;
  std::atomic<bool> done = false;
  bool opened = true;
  std::thread waiter([&] {
    opened = gate.wait(TimePoint{5ms});
    done = true;
  });
  wait_for_waiters(gate.clock, 1);
  gate.clock.advance(5ms - 1ns);
  {
    const std::scoped_lock lock(gate.mutex);  // the waiter is in its wait, or has yet to look at the clock
    CHECK_FALSE(done);
  }
  gate.clock.advance(1ns);
  waiter.join();
  CHECK_FALSE(opened);
  CHECK(gate.clock.now() == TimePoint{5ms});
  CHECK(gate.clock.waiting() == 0);
}

TEST_CASE("a wait by a manual clock ends when it is notified") {
  Gate<ManualClock> gate;
  bool opened = false;
  std::thread waiter([&] { opened = gate.wait(TimePoint::max()); });
  wait_for_waiters(gate.clock, 1);
  gate.set_open();
  waiter.join();
  CHECK(opened);
  CHECK(gate.clock.now() == TimePoint{});
}

TEST_CASE("each of many waiters by one manual clock goes on at its own deadline") {
  // A wake-up that is lost between a waiter's look at the clock and its wait would hang this test.
  for (int run = 0; run < 200; ++run) {
    Gate<ManualClock> gate;
    std::vector<std::thread> waiters;
    std::atomic<int> left = 4;
    for (int i = 1; i <= 4; ++i) {
      waiters.emplace_back([&, i] {
        gate.wait(TimePoint{std::chrono::nanoseconds{i}});
        --left;
      });
    }
    if (run % 2 == 0) wait_for_waiters(gate.clock, 4);
    for (int i = 1; i <= 4; ++i) {
      gate.clock.advance(1ns);
      while (left > 4 - i) std::this_thread::yield();
    }
    for (std::thread& waiter : waiters) waiter.join();
    REQUIRE(gate.clock.now() == TimePoint{4ns});
  }
}

TEST_CASE("a deadline that has passed is not waited for") {
  Gate<ManualClock> manual;
  manual.clock.advance(1s);
  CHECK_FALSE(manual.wait(TimePoint{1s}));
  CHECK_FALSE(manual.wait(TimePoint::min()));
  Gate<SteadyClock> steady;
  CHECK_FALSE(steady.wait(SteadyClock{}.now()));
  CHECK_FALSE(steady.wait(TimePoint::min()));
  Gate<ShiftedClock> shifted{.clock = {-24h}};
  CHECK_FALSE(shifted.wait(shifted.clock.now()));
  CHECK_FALSE(shifted.wait(TimePoint::min()));
}

TEST_CASE("a short wait by the system's clock, or one of its speed, ends past the deadline") {
  Gate<SteadyClock> steady;
  const TimePoint deadline = steady.clock.now() + 2ms;
  CHECK_FALSE(steady.wait(deadline));
  CHECK(steady.clock.now() >= deadline);
  for (const std::chrono::nanoseconds shift : {std::chrono::nanoseconds{-48h}, std::chrono::nanoseconds{48h}}) {
    Gate<ShiftedClock> shifted{.clock = {shift}};
    const TimePoint there = shifted.clock.now() + 2ms;
    CHECK_FALSE(shifted.wait(there));
    CHECK(shifted.clock.now() >= there);
  }
}

TEMPLATE_TEST_CASE("a wait without end ends when it is notified, whatever the clock", "", SteadyClock, ShiftedClock,
                   StoppedClock, ManualClock) {
  Gate<TestType> gate;
  if constexpr (std::is_same_v<TestType, StoppedClock>) gate.clock.time = TimePoint::min();  // the furthest from max
  bool opened = false;
  std::thread waiter([&] { opened = gate.wait(TimePoint::max()); });
  gate.set_open();
  waiter.join();
  CHECK(opened);
}
