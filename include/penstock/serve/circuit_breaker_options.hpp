// SPDX-License-Identifier: MIT
#pragma once

// How a circuit breaker is made, and what it counts. docs/degradation.md says how to choose the thresholds.
//
//     CircuitBreakerOptions{.failure_rate_threshold = 0.5, .open_for = 10s}                // of the last 100 calls
//     CircuitBreakerOptions{.window = BreakerWindow::time, .window_time = 30s}             // of the last 30 s
//     CircuitBreakerOptions{.slow_call_rate_threshold = 0.8, .slow_call_duration = 50ms}   // slow is ill, too

#include "penstock/core/clock.hpp"

#include <chrono>       // nanoseconds, seconds
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t, uint64_t
#include <exception>    // exception_ptr, rethrow_exception
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Where a circuit breaker stands.
enum class BreakerState : std::uint8_t {
  closed,     ///< calls pass, and are watched
  open,       ///< no call passes until open_for has gone by
  half_open,  ///< a few calls pass, to see whether the model is well again
  isolated,   ///< no call passes until `close()`: somebody opened it by hand
};

/// The state in a word, for logs and metrics: "closed", "open", "half_open", "isolated".
[[nodiscard]] constexpr std::string_view to_string(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half_open";
    case BreakerState::isolated: return "isolated";
  }
  return "unknown";
}

/// What changed a breaker's state.
enum class BreakerReason : std::uint8_t {
  failure_rate,    ///< the failure rate reached its threshold
  slow_call_rate,  ///< the rate of slow calls reached its threshold
  waited,          ///< open_for has gone by, and somebody came
  probes_passed,   ///< the calls of half_open went well
  probes_hung,     ///< a call of half_open did not end within half_open_for
  by_hand,         ///< isolate() or close() was called
};

/// The reason in words: "failure_rate", "waited", ...
[[nodiscard]] constexpr std::string_view to_string(BreakerReason reason) noexcept {
  switch (reason) {
    case BreakerReason::failure_rate: return "failure_rate";
    case BreakerReason::slow_call_rate: return "slow_call_rate";
    case BreakerReason::waited: return "waited";
    case BreakerReason::probes_passed: return "probes_passed";
    case BreakerReason::probes_hung: return "probes_hung";
    case BreakerReason::by_hand: return "by_hand";
  }
  return "unknown";
}

/// Which calls the rates are taken of.
enum class BreakerWindow : std::uint8_t {
  count,  ///< the last window_calls that ended
  time,   ///< those that ended within the last window_time
};

/// How a circuit breaker is made; the words are those of resilience4j. `check` says what is refused.
struct CircuitBreakerOptions {
  BreakerWindow window = BreakerWindow::count;  ///< which calls count
  std::size_t window_calls = 100;               ///< of a count window: how many, 1 to 10^7; a byte each
  std::chrono::nanoseconds window_time = std::chrono::seconds(60);  ///< of a time window: how long, positive
  /// Of a time window: it moves on by slices of window_time / window_slices, 1 to 10'000, and covers the present one
  /// and those before it. More are smoother.
  std::size_t window_slices = 10;
  /// Before so many calls are in the window no rate opens the breaker. At least 1, of a count window at most
  /// window_calls.
  std::size_t minimum_calls = 100;

  double failure_rate_threshold = 0.5;    ///< opens when failed / calls reaches it, in (0, 1]
  double slow_call_rate_threshold = 1.0;  ///< opens when slow / calls reaches it, in (0, 1]
  /// A call that takes longer is slow, whether it fails or not. The default is never, and spares two looks at the
  /// clock.
  std::chrono::nanoseconds slow_call_duration = std::chrono::nanoseconds::max();

  std::chrono::nanoseconds open_for = std::chrono::seconds(60);  ///< how long it stays open, positive
  double open_backoff = 1;  ///< the wait grows by this factor each time the calls of half_open fail again, at least 1
  std::chrono::nanoseconds max_open_for = std::chrono::nanoseconds::max();  ///< up to this, at least open_for

  std::size_t half_open_calls = 10;  ///< how many may pass in half_open, at least 1; the same rates judge them
  /// If one of them has not ended so long after the last of them began, the breaker opens again when somebody comes: a
  /// model that hangs must not wedge it. Positive.
  std::chrono::nanoseconds half_open_for = std::chrono::seconds(60);

  /// Whether an exception of the model's counts as a failure; all do if there is none. See all_but.
  bool (*counts)(const std::exception_ptr&) = nullptr;
};

/// For CircuitBreakerOptions::counts: every exception is a failure of the model, but these are the request's own fault,
/// so that one client with bad records does not shut out the others.
template <class... Exceptions>
[[nodiscard]] bool all_but(const std::exception_ptr& error) {
  const auto is = [&error]<class E>(const E*) {
    try {
      std::rethrow_exception(error);
    } catch (const E&) { return true; } catch (...) {
      return false;
    }
  };
  return !(is(static_cast<const Exceptions*>(nullptr)) || ...);
}

/// One change of a breaker's state.
struct BreakerChange {
  BreakerState from = BreakerState::closed;       ///< before
  BreakerState to = BreakerState::closed;         ///< after
  BreakerReason reason = BreakerReason::by_hand;  ///< why
  TimePoint at{};                                 ///< when, on the breaker's clock
  std::uint64_t number = 0;                       ///< the first is 1; a gap says that changes were lost
};

/// The counters of a breaker, all of the same moment. succeeded + failed + ignored is the number of calls that passed
/// and have ended.
struct CircuitBreakerStats {
  BreakerState state = BreakerState::closed;  ///< open until somebody comes, even if open_for has gone by
  std::uint64_t succeeded = 0;                ///< calls that ended well
  std::uint64_t failed = 0;                   ///< calls that failed
  std::uint64_t ignored = 0;                  ///< calls that ended without a verdict, or by an exception not counted
  std::uint64_t slow = 0;                     ///< of those succeeded or failed, the ones that took too long
  std::uint64_t stale = 0;    ///< of those succeeded or failed, the ones from before a change: no rate counts them
  std::uint64_t refused = 0;  ///< calls that were not let through

  std::uint64_t window_calls = 0;   ///< calls in the window now; in half_open, those of half_open that have ended
  std::uint64_t window_failed = 0;  ///< the failed of them
  std::uint64_t window_slow = 0;    ///< the slow of them

  std::uint64_t changes = 0;                  ///< of the state
  std::uint64_t opened = 0;                   ///< changes to open
  TimePoint open_until{};                     ///< while open: when it lets a call through again
  std::chrono::nanoseconds not_closed_for{};  ///< time in the other states, the present one included
  std::uint64_t listener_exceptions = 0;      ///< exceptions that left the listener
  std::uint64_t untold = 0;                   ///< changes lost to a listener too slow for them

  /// Failed per call in the window, 0 if there is none.
  [[nodiscard]] double failure_rate() const noexcept { return rate(window_failed); }
  /// Slow per call in the window, 0 if there is none.
  [[nodiscard]] double slow_call_rate() const noexcept { return rate(window_slow); }

 private:
  [[nodiscard]] double rate(std::uint64_t part) const noexcept {
    return window_calls == 0 ? 0 : static_cast<double>(part) / static_cast<double>(window_calls);
  }
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const CircuitBreakerOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("CircuitBreakerOptions." + what); };
  const auto between = [&](const char* name, std::size_t value, std::size_t least, std::size_t most) {
    if (value >= least && value <= most) return;
    refuse(name + (" is " + std::to_string(value)) + "; " + std::to_string(least) + " to " + std::to_string(most) +
           " are possible");
  };
  const auto positive = [&](const char* name, std::chrono::nanoseconds value) {
    if (value.count() < 1) refuse(name + (" is " + std::to_string(value.count())) + " ns; at least 1 ns is needed");
  };
  const auto is_rate = [&](const char* name, double value) {
    if (!(0 < value && value <= 1)) refuse(name + (" is " + std::to_string(value)) + "; it must be in (0, 1]");
  };
  if (options.window != BreakerWindow::count && options.window != BreakerWindow::time) {
    refuse("window is " + std::to_string(static_cast<int>(options.window)) + ", which is none");
  }
  constexpr std::size_t any = 1'000'000'000;
  const bool counts = options.window == BreakerWindow::count;
  between("window_calls", options.window_calls, 1, 10'000'000);
  positive("window_time", options.window_time);
  between("window_slices", options.window_slices, 1, 10'000);
  between("minimum_calls", options.minimum_calls, 1, counts ? options.window_calls : any);
  is_rate("failure_rate_threshold", options.failure_rate_threshold);
  is_rate("slow_call_rate_threshold", options.slow_call_rate_threshold);
  positive("slow_call_duration", options.slow_call_duration);
  positive("open_for", options.open_for);
  if (!(options.open_backoff >= 1 && options.open_backoff <= 1e9)) {
    refuse("open_backoff is " + std::to_string(options.open_backoff) + "; 1 to 10^9 are possible");
  }
  if (options.max_open_for < options.open_for) {
    refuse("max_open_for is " + std::to_string(options.max_open_for.count()) + " ns; at least .open_for, " +
           std::to_string(options.open_for.count()) + " ns, is needed");
  }
  between("half_open_calls", options.half_open_calls, 1, any);
  positive("half_open_for", options.half_open_for);
}

}  // namespace v0
}  // namespace penstock
