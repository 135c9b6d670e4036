// SPDX-License-Identifier: MIT
#pragma once

// How the last calls of a circuit breaker went: sums over a window that slides by calls or by time.
//
//     detail::CallWindow window(options);
//     window.add(failed, slow, clock.now());
//     if (window.sums().calls >= options.minimum_calls && reaches(window.sums().failed, ...)) open();

#include "penstock/core/clock.hpp"
#include "penstock/serve/circuit_breaker_options.hpp"

#include <algorithm>  // max, min
#include <chrono>     // nanoseconds
#include <cstddef>    // size_t
#include <cstdint>    // int64_t, uint8_t, uint64_t
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Calls that have ended.
struct CallSums {
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;
  std::uint64_t slow = 0;

  CallSums& operator+=(const CallSums& other) noexcept {
    calls += other.calls;
    failed += other.failed;
    slow += other.slow;
    return *this;
  }
  CallSums& operator-=(const CallSums& other) noexcept {
    calls -= other.calls;
    failed -= other.failed;
    slow -= other.slow;
    return *this;
  }
};

/// Whether part / calls is at least the rate. 0.55 * 100 is 55.00000000000001 in doubles; whoever wrote 0.55 meant 55.
[[nodiscard]] inline bool reaches(std::uint64_t part, std::uint64_t calls, double rate) noexcept {
  return static_cast<double>(part) >= rate * static_cast<double>(calls) * (1 - 1e-9);
}

/// The sliding window. Not thread-safe. Memory: a byte a call, or three numbers a slice.
class CallWindow {
 public:
  explicit CallWindow(const CircuitBreakerOptions& options)
      : by_time_(options.window == BreakerWindow::time),
        calls_(by_time_ ? 0 : options.window_calls),
        slices_(by_time_ ? options.window_slices : 0),
        slice_time_(static_cast<std::int64_t>(
            (static_cast<std::uint64_t>(options.window_time.count()) + options.window_slices - 1) /
            options.window_slices)) {}

  /// Takes note of a call that ended now. O(1): a time window empties at most each of its slices once.
  void add(bool failed, bool slow, TimePoint now) noexcept {
    const CallSums one{1, failed ? 1u : 0u, slow ? 1u : 0u};
    sums_ += one;
    if (by_time_) {
      move_to(now);
      slices_[slice_] += one;
      return;
    }
    constexpr std::uint8_t none = 0, call = 1, failed_bit = 2, slow_bit = 4;
    std::uint8_t& place = calls_[next_];
    if (place != none) sums_ -= {1, (place & failed_bit) != 0 ? 1u : 0u, (place & slow_bit) != 0 ? 1u : 0u};
    place = static_cast<std::uint8_t>(call | (failed ? failed_bit : none) | (slow ? slow_bit : none));
    next_ = next_ + 1 == calls_.size() ? 0 : next_ + 1;
  }

  /// Lets go what is too old by now. Time that seems to go back, as it does between threads, stands still.
  void move_to(TimePoint now) noexcept {
    if (!by_time_) return;
    const std::int64_t ns = now.time_since_epoch().count();
    const std::int64_t tick = ns / slice_time_ - (ns % slice_time_ < 0 ? 1 : 0);
    if (!started_) tick_ = tick;
    started_ = true;
    if (tick <= tick_) return;
    // Unsigned, because a clock may have begun far below zero.
    const std::uint64_t passed = static_cast<std::uint64_t>(tick) - static_cast<std::uint64_t>(tick_);
    for (std::uint64_t i = std::min<std::uint64_t>(passed, slices_.size()); i > 0; --i) {
      slice_ = slice_ + 1 == slices_.size() ? 0 : slice_ + 1;
      sums_ -= slices_[slice_];
      slices_[slice_] = {};
    }
    tick_ = tick;
  }

  [[nodiscard]] const CallSums& sums() const noexcept { return sums_; }  ///< of the calls in the window

  /// Forgets all calls. O(window).
  void clear() noexcept {
    for (std::uint8_t& call : calls_) call = 0;
    for (CallSums& slice : slices_) slice = {};
    sums_ = {};
  }

 private:
  bool by_time_;
  bool started_ = false;
  CallSums sums_{};
  std::vector<std::uint8_t> calls_;
  std::size_t next_ = 0;  // the place in calls_ that is written next
  std::vector<CallSums> slices_;
  std::size_t slice_ = 0;  // the present one
  std::int64_t slice_time_;
  std::int64_t tick_ = 0;  // the present slice's number since the clock's zero
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
