// SPDX-License-Identifier: MIT
#pragma once

// The arithmetic of a rate limiter, without its waiting: what has flowed in, what was given away, and one atomic word.
//
//     PermitSupply<Clock> supply{options, clock};
//     const auto look = supply.take(3);
//     if (!look.granted) wait_until(look.ready);
//
// The unit is the permit divided by the nanoseconds of `per`: so a permit is `per` units, a nanosecond brings `rate`
// units, and both are whole. What has flowed in by a time is a line through (epoch, base) with the slope `rate`; what
// was given away is one word on the same scale, which only grows. The bucket's level is the difference, at most
// `burst`. This is GCRA (ITU-T I.371) with its time axis counted in permits, which leaves the word as it is when the
// rate changes.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/rate_limiter_options.hpp"

#include <algorithm>  // max, min
#include <atomic>     // atomic
#include <chrono>     // nanoseconds
#include <cstdint>    // int64_t, uint64_t
#include <mutex>      // mutex, scoped_lock
#include <thread>     // yield
#include <utility>    // move

namespace penstock {
inline namespace v0 {
namespace detail {

/// Thread-safe. `take` is lock-free but while set_rate is under way, or once every 2^61 units, when the line's origin
/// is moved forward so that nothing overflows.
/// The word wraps around: a thread that stood still in `take` while just 2^64 units went by, and not one more or less,
/// would take it for unchanged. At 10^9 a second those are 18 seconds.
template <clock_source Clock>
class PermitSupply {
 public:
  /// What a look found.
  struct Look {
    bool granted;
    TimePoint ready;  ///< if not granted: when it could be if nobody else took any and the rate stayed
  };

  /// Options that `check` has passed.
  PermitSupply(const RateLimiterOptions& options, Clock the_clock)
      : clock(std::move(the_clock)),
        per_(options.per.count()),
        burst_(static_cast<std::int64_t>(options.burst) * per_),
        borrow_(static_cast<std::int64_t>(options.borrow) * per_),
        epoch_(clock.now().time_since_epoch().count()),
        rate_(options.rate),
        reach_(horizon / options.rate),
        given_(std::uint64_t{0} - static_cast<std::uint64_t>(burst_)) {}

  const Clock clock;

  /// Takes n permits if they are there; 1 <= n <= burst + borrow.
  [[nodiscard]] Look take(std::uint64_t n) {
    const std::int64_t wanted = static_cast<std::int64_t>(n) * per_;
    const std::int64_t needed = std::max(per_, wanted - borrow_);
    for (;;) {
      State state = look();
      if (state.level < needed) return {false, after(state, needed)};
      // Never more than the line has brought by `now`, even if the rate has changed meanwhile: neither goes back.
      const std::uint64_t next = state.supplied + static_cast<std::uint64_t>(wanted - state.level);
      if (given_.compare_exchange_weak(state.given, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        granted_.fetch_add(n, std::memory_order_relaxed);
        return {true, state.now};
      }
    }
  }

  /// Permits taken so far.
  [[nodiscard]] std::uint64_t granted() const noexcept { return granted_.load(std::memory_order_relaxed); }

  /// The whole permits that are there, negative if some are owed.
  [[nodiscard]] std::int64_t available() const {
    const std::int64_t level = look().level;
    return level / per_ - (level % per_ < 0 ? 1 : 0);
  }

  /// From now on by this rate, which check_rate has passed. What is in the bucket, or owed, stays as it is.
  void set_rate(std::uint64_t rate) {
    const std::scoped_lock lock(mutex_);
    anchor(rate);
  }

  /// The rate in force.
  [[nodiscard]] std::uint64_t rate() const noexcept { return rate_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t horizon = std::uint64_t{1} << 61U;

  struct State {
    std::uint64_t given;
    std::uint64_t supplied;
    std::int64_t level;  // at most burst_
    std::uint64_t rate;
    TimePoint now;
  };

  /// Line, word and time of one moment. Numbers on the scale wrap around; their distances from `base` do not.
  [[nodiscard]] State look() const {
    for (;;) {
      const std::uint64_t version = version_.load(std::memory_order_acquire);
      const std::uint64_t base = base_.load(std::memory_order_acquire);
      const std::int64_t epoch = epoch_.load(std::memory_order_acquire);
      const std::uint64_t rate = rate_.load(std::memory_order_acquire);
      const std::uint64_t reach = reach_.load(std::memory_order_acquire);
      const std::uint64_t given = given_.load(std::memory_order_acquire);
      const TimePoint now = clock.now();
      if (version % 2 != 0 || version_.load(std::memory_order_acquire) != version) {
        std::this_thread::yield();
        continue;
      }
      const std::uint64_t since = elapsed(epoch, now);
      if (since > reach) {
        move_origin();
        continue;
      }
      const std::uint64_t grown = rate * since;
      const auto level = static_cast<std::int64_t>(grown) - static_cast<std::int64_t>(given - base);
      return {given, base + grown, std::min(level, burst_), rate, now};
    }
  }

  PENSTOCK_COLD void move_origin() const {
    const std::scoped_lock lock(mutex_);
    const std::int64_t epoch = epoch_.load(std::memory_order_relaxed);
    if (elapsed(epoch, clock.now()) > reach_.load(std::memory_order_relaxed)) anchor(rate());
  }

  /// Starts the line anew where it is now. Under the mutex. Readers that overlap look again, and it is only after they
  /// can see that they do that the time is read: nobody reads a later time and goes by the old rate.
  void anchor(std::uint64_t new_rate) const {
    version_.fetch_add(1, std::memory_order_acq_rel);
    const TimePoint now = clock.now();
    const std::uint64_t base = base_.load(std::memory_order_relaxed);
    const std::int64_t epoch = epoch_.load(std::memory_order_relaxed);
    const std::uint64_t old_rate = rate_.load(std::memory_order_relaxed);
    const std::uint64_t since = elapsed(epoch, now);
    const std::uint64_t new_base = base + old_rate * since;  // wraps around as the word does
    // What a full bucket lets overflow is given away for good, so that the word stays near the new base.
    constexpr std::uint64_t far = 2 * horizon;
    const auto grown = static_cast<std::int64_t>(since > far / old_rate ? far : old_rate * since);
    std::uint64_t given = given_.load(std::memory_order_acquire);
    while (grown - static_cast<std::int64_t>(given - base) > burst_ &&
           !given_.compare_exchange_weak(given, new_base - static_cast<std::uint64_t>(burst_),
                                         std::memory_order_acq_rel, std::memory_order_acquire)) {}
    // Released one by one: who reads one of them sees the version that is odd.
    base_.store(new_base, std::memory_order_release);
    epoch_.store(std::max(epoch, static_cast<std::int64_t>(now.time_since_epoch().count())), std::memory_order_release);
    rate_.store(new_rate, std::memory_order_release);
    reach_.store(horizon / new_rate, std::memory_order_release);
    version_.fetch_add(1, std::memory_order_release);
  }

  /// Unsigned, because from a clock that reads below zero it may be further than a duration reaches.
  [[nodiscard]] static std::uint64_t elapsed(std::int64_t epoch, TimePoint now) noexcept {
    const std::int64_t time = now.time_since_epoch().count();
    return time > epoch ? static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(epoch) : 0;
  }

  /// When the level will be `needed`: the first nanosecond at which it is.
  [[nodiscard]] static TimePoint after(const State& state, std::int64_t needed) {
    const auto missing = static_cast<std::uint64_t>(needed - state.level);
    const std::uint64_t wait = (missing + state.rate - 1) / state.rate;
    return deadline_after(state.now, std::chrono::nanoseconds(static_cast<std::int64_t>(wait)));
  }

  const std::int64_t per_;     // units in a permit
  const std::int64_t burst_;   // units
  const std::int64_t borrow_;  // units

  // The line, read as one by its version: odd while it changes, under the mutex.
  mutable std::atomic<std::uint64_t> version_{0};
  mutable std::atomic<std::uint64_t> base_{0};
  mutable std::atomic<std::int64_t> epoch_;
  mutable std::atomic<std::uint64_t> rate_;
  mutable std::atomic<std::uint64_t> reach_;  // nanoseconds from the epoch in which nothing overflows
  mutable std::mutex mutex_{};

  alignas(64) mutable std::atomic<std::uint64_t> given_;  // the word; a cache line of its own, because all write it
  std::atomic<std::uint64_t> granted_{0};                 // on the same line: who adds to it has just written the word
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
