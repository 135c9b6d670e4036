// SPDX-License-Identifier: MIT
#pragma once

// Time is an argument: what waits or stamps takes a clock, and a test hands it one whose hands it moves itself.
//
//     template <clock_source Clock = SteadyClock>
//     auto timed(auto&& work, const Clock& clock = {}) {
//       const TimePoint start = clock.now();
//       work();
//       return clock.now() - start;
//     }
//
// The clock for tests is core/manual_clock.hpp; waiting by a clock is core/timed_wait.hpp.

#include <chrono>    // steady_clock, sys_time
#include <concepts>  // copyable, same_as

namespace penstock {
inline namespace v0 {

/// A moment on a clock that never goes back; durations are nanoseconds.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
/// A moment of the calendar: nanoseconds since 1970-01-01 UTC without leap seconds. Reaches from 1677 to 2262.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// A source of time. `now()` never goes back and may be called from many threads at once. An object and not a static
/// function, so that two tests can have two times; copies of it show the same time.
template <class C>
concept clock_source = std::copyable<C> && requires(const C& clock) {
  { clock.now() } -> std::same_as<TimePoint>;
};

/// The system's monotonic clock.
struct SteadyClock {
  /// About 25 ns a call.
  [[nodiscard]] TimePoint now() const noexcept { return std::chrono::steady_clock::now(); }
};

}  // namespace v0
}  // namespace penstock
