// SPDX-License-Identifier: MIT
#pragma once

// Waiting on a condition variable until a deadline of any clock, a manual one included.
//
//     TimedWait wait{clock, mutex, changed};                  // before the lock: see below
//     std::unique_lock lock(mutex);
//     while (queue.empty() && wait.until(lock, deadline)) {}  // false once the deadline is met
//
// It is made before the lock is taken because a manual clock takes its own lock first and the waiter's second.

#include "penstock/core/clock.hpp"

#include <condition_variable>  // condition_variable, cv_status
#include <cstdint>             // uint64_t
#include <mutex>               // mutex, unique_lock

namespace penstock {
inline namespace v0 {

/// A clock that tells listeners when its time changes: what a wait by a clock other than the system's needs.
/// When a subscription's destructor has returned, its listener is not running and will not be called.
template <class C>
concept announcing_clock = clock_source<C> && requires(const C& clock, void (*wake)(void*), void* context) {
  clock.on_advance(wake, context);
};

/// One thread's waits on one condition variable by one clock. By a clock that announces nothing, time is taken to pass
/// as fast as the system's. Not thread-safe itself; its mutex must not be held when it is made or destroyed.
template <clock_source Clock>
class TimedWait {
 public:
  /// Borrows all three, which must outlive it.
  TimedWait(const Clock& clock, std::mutex&, std::condition_variable& changed) : clock_(&clock), changed_(&changed) {}

  /// Waits until a notification, a spurious wake-up or the deadline. Returns whether the deadline is still ahead.
  [[nodiscard]] bool until(std::unique_lock<std::mutex>& lock, TimePoint deadline) {
    const TimePoint now = clock_->now();
    if (now >= deadline) return false;
    const TimePoint system = SteadyClock{}.now();
    // Unsigned, because from a clock that reads below zero it may be further to the deadline than a duration reaches.
    const std::uint64_t left = ticks(deadline) - ticks(now);
    const bool for_ever = left > ticks(TimePoint::max()) - ticks(system);
    changed_->wait_until(lock, for_ever ? TimePoint::max() : system + (deadline - now));
    return clock_->now() < deadline;
  }

 private:
  static std::uint64_t ticks(TimePoint time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

  const Clock* clock_;
  std::condition_variable* changed_;
};

/// By the system's clock the deadline is waited for as it stands.
template <>
inline bool TimedWait<SteadyClock>::until(std::unique_lock<std::mutex>& lock, TimePoint deadline) {
  if (clock_->now() >= deadline) return false;
  return changed_->wait_until(lock, deadline) == std::cv_status::no_timeout;
}

/// By an announcing clock each change of its time is a notification.
template <announcing_clock Clock>
class TimedWait<Clock> {
 public:
  /// As above; subscribes to the clock until it is destroyed.
  TimedWait(const Clock& clock, std::mutex& mutex, std::condition_variable& changed)
      : clock_(&clock), waiter_{mutex, changed}, subscription_(clock.on_advance(&wake, &waiter_)) {}
  TimedWait(const TimedWait&) = delete;
  TimedWait& operator=(const TimedWait&) = delete;

  /// As above.
  [[nodiscard]] bool until(std::unique_lock<std::mutex>& lock, TimePoint deadline) {
    if (clock_->now() >= deadline) return false;
    waiter_.changed.wait(lock);
    return clock_->now() < deadline;
  }

 private:
  struct Waiter {
    std::mutex& mutex;
    std::condition_variable& changed;
  };

  static void wake(void* context) {
    auto& waiter = *static_cast<Waiter*>(context);
    {
      const std::scoped_lock lock(waiter.mutex);
    }  // a waiter between its look at the clock and its wait is past both now
    waiter.changed.notify_all();
  }

  const Clock* clock_;
  Waiter waiter_;
  decltype(clock_->on_advance(nullptr, nullptr)) subscription_;
};

}  // namespace v0
}  // namespace penstock
