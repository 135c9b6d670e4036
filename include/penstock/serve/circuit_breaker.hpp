// SPDX-License-Identifier: MIT
#pragma once

// Keeps calls away from a model that fails or is slow, until it is well again.
//
//     CircuitBreaker breaker{{.failure_rate_threshold = 0.5, .open_for = 10s}};
//     if (auto call = breaker.try_acquire()) {
//       if (ask_the_model()) call.succeed(); else call.fail();   // neither: the call counts for nothing
//     } else {
//       answer_without_it();
//     }
//
// serve/guard.hpp does this around any model, with fallbacks. docs/degradation.md has the table of states.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/serve/announcer.hpp"
#include "penstock/serve/call_window.hpp"
#include "penstock/serve/circuit_breaker_options.hpp"

#include <algorithm>  // min
#include <atomic>     // atomic
#include <chrono>     // nanoseconds
#include <concepts>   // invocable
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t
#include <exception>  // exception_ptr
#include <mutex>      // mutex, scoped_lock
#include <utility>    // exchange, move

namespace penstock {
inline namespace v0 {
namespace detail {

enum class Verdict { succeeded, failed, ignored };

}  // namespace detail

/// A listener that is told of each change of a breaker's state: once, in the order in which they happened, one call at
/// a time, outside of every lock. It may call the breaker. It is called by whichever thread finds the change untold,
/// usually the one whose call made it. An exception that leaves it is counted and goes no further. If it is so slow
/// that more than 64 changes wait for it, the oldest of them are lost, and counted.
template <class F>
concept breaker_listener = std::invocable<F&, const BreakerChange&>;

/// Closed while the model is well, open for a while when it is not, half open to find out. All functions are
/// thread-safe except `on_change`, which comes before the breaker is shared. It must outlive every call that it let
/// through. Each function is O(1), but for the change to closed, which empties the window; memory is that of the
/// window.
///
/// A call belongs to the state in which it began. If that has changed by the time it ends, it is counted as `stale` and
/// no rate takes note of it: calls from before the breaker opened say nothing about whether the model is well now.
template <clock_source Clock = SteadyClock>
class CircuitBreaker {
 public:
  using clock_type = Clock;  ///< by which calls are slow and states last

  /// The right to make one call; false if there is none. It ends by a verdict, or when it is destroyed without one:
  /// then the call counts for nothing, as if it had not been made. It may be handed to another thread.
  class [[nodiscard]] Call {
   public:
    /// Takes over; `other` has no right any more.
    Call(Call&& other) noexcept
        : breaker_(std::exchange(other.breaker_, nullptr)), generation_(other.generation_), began_(other.began_) {}
    Call& operator=(Call&&) = delete;
    ~Call() { end(detail::Verdict::ignored); }

    [[nodiscard]] explicit operator bool() const noexcept { return breaker_ != nullptr; }  ///< let through, not ended
    void succeed() noexcept { end(detail::Verdict::succeeded); }  ///< The model has answered. Again: no effect.
    void fail() noexcept { end(detail::Verdict::failed); }        ///< The model has failed. Again: no effect.
    /// The model threw this: a failure, unless CircuitBreakerOptions::counts says that it is the request's fault.
    void fail(const std::exception_ptr& error) noexcept {
      if (breaker_ == nullptr) return;
      const auto counts = breaker_->options_.counts;
      end(counts == nullptr || counts(error) ? detail::Verdict::failed : detail::Verdict::ignored);
    }

   private:
    friend class CircuitBreaker;
    Call() = default;
    Call(CircuitBreaker& breaker, std::uint64_t generation)
        : breaker_(&breaker),
          generation_(generation),
          began_(breaker.times_calls_ ? breaker.clock_.now() : TimePoint{}) {}

    void end(detail::Verdict verdict) noexcept {
      if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->end(verdict, generation_, began_);
    }

    CircuitBreaker* breaker_ = nullptr;
    std::uint64_t generation_ = 0;
    TimePoint began_{};
  };

  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit CircuitBreaker(const CircuitBreakerOptions& options = {}, Clock clock = {})
      : options_((check(options), options)), clock_(std::move(clock)), window_(options) {}
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;
  ~CircuitBreaker() = default;

  /// The right to make a call now, or none. Never waits. While closed it takes no lock, and while open none either.
  Call try_acquire() noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if (state_of(word) == BreakerState::closed) return Call(*this, word);
    return acquire_unless_open(word);
  }

  /// Opens it by hand: no call passes until `close()`.
  void isolate() noexcept { by_hand(BreakerState::isolated); }
  /// Closes it by hand, with an empty window.
  void close() noexcept { by_hand(BreakerState::closed); }

  /// Where it stands: open until somebody comes, even if open_for has gone by.
  [[nodiscard]] BreakerState state() const noexcept { return state_of(word_.load(std::memory_order_acquire)); }
  [[nodiscard]] const CircuitBreakerOptions& options() const noexcept { return options_; }  ///< as it was made
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }                      ///< by which it goes

  /// All counters.
  [[nodiscard]] CircuitBreakerStats stats() const {
    const std::scoped_lock lock(mutex_);
    const TimePoint now = clock_.now();
    CircuitBreakerStats all = counters_;
    all.state = state();
    all.refused = refused_.load(std::memory_order_relaxed);
    if (all.state != BreakerState::closed) all.not_closed_for += now - not_closed_since_;
    if (all.state == BreakerState::open) all.open_until = open_until_.load(std::memory_order_relaxed);
    window_.move_to(now);
    const detail::CallSums& sums = all.state == BreakerState::half_open ? probes_ : window_.sums();
    all.window_calls = sums.calls;
    all.window_failed = sums.failed;
    all.window_slow = sums.slow;
    all.listener_exceptions = changes_.exceptions();
    all.untold = changes_.untold();
    return all;
  }

  /// Has each change of state told to `listener`. Before the breaker is shared; replaces the last.
  template <breaker_listener F>
  void on_change(F listener) {
    changes_.listen(std::move(listener));
  }

 private:
  using Section = detail::Announcing<BreakerChange, 64>;

  // Two bits of state below the number of changes: calls carry the whole word, so that they know whether it is theirs.
  static constexpr BreakerState state_of(std::uint64_t word) noexcept { return static_cast<BreakerState>(word & 3U); }

  PENSTOCK_NOINLINE Call acquire_unless_open(std::uint64_t word) noexcept {
    const bool shut =
        state_of(word) == BreakerState::isolated ||
        (state_of(word) == BreakerState::open && clock_.now() < open_until_.load(std::memory_order_relaxed));
    if (!shut) {
      const Section section(mutex_, changes_);
      if (lets_through(clock_.now())) return Call(*this, word_.load(std::memory_order_relaxed));
    }
    refused_.fetch_add(1, std::memory_order_relaxed);
    return Call();
  }

  /// Under the lock, as all that follows.
  bool lets_through(TimePoint now) noexcept {
    if (state() == BreakerState::open && now >= open_until_.load(std::memory_order_relaxed)) {
      change_to(BreakerState::half_open, BreakerReason::waited, now);
    }
    switch (state()) {
      case BreakerState::closed: return true;
      case BreakerState::half_open:
        if (probes_begun_ > probes_.calls && now >= probes_until_) {
          change_to(BreakerState::open, BreakerReason::probes_hung, now);
          return false;
        }
        if (probes_begun_ == options_.half_open_calls) return false;
        ++probes_begun_;
        probes_until_ = later(now, options_.half_open_for);
        return true;
      default: return false;
    }
  }

  void end(detail::Verdict verdict, std::uint64_t word, TimePoint began) noexcept {
    const TimePoint now = times_calls_ || options_.window == BreakerWindow::time ? clock_.now() : TimePoint{};
    const Section section(mutex_, changes_);
    const bool stale = word != word_.load(std::memory_order_relaxed);
    if (verdict == detail::Verdict::ignored) {
      ++counters_.ignored;
      if (!stale && state() == BreakerState::half_open) --probes_begun_;
      return;
    }
    const bool failed = verdict == detail::Verdict::failed;
    const bool slow = times_calls_ && now - began > options_.slow_call_duration;
    ++(failed ? counters_.failed : counters_.succeeded);
    counters_.slow += slow ? 1 : 0;
    if (stale) {
      ++counters_.stale;
    } else if (state() == BreakerState::half_open) {
      probes_ += {1, failed ? 1u : 0u, slow ? 1u : 0u};
      judge_probes();
    } else {
      window_.add(failed, slow, now);
      judge_window();
    }
  }

  void judge_window() noexcept {
    const detail::CallSums& sums = window_.sums();
    if (sums.failed + sums.slow == 0 || sums.calls < options_.minimum_calls) return;
    if (detail::reaches(sums.failed, sums.calls, options_.failure_rate_threshold)) {
      change_to(BreakerState::open, BreakerReason::failure_rate, clock_.now());
    } else if (detail::reaches(sums.slow, sums.calls, options_.slow_call_rate_threshold)) {
      change_to(BreakerState::open, BreakerReason::slow_call_rate, clock_.now());
    }
  }

  // Judges as soon as the calls that are still to end can no longer change the verdict.
  void judge_probes() noexcept {
    const std::uint64_t all = options_.half_open_calls;
    const std::uint64_t left = all - probes_.calls;
    if (detail::reaches(probes_.failed, all, options_.failure_rate_threshold)) {
      change_to(BreakerState::open, BreakerReason::failure_rate, clock_.now());
    } else if (detail::reaches(probes_.slow, all, options_.slow_call_rate_threshold)) {
      change_to(BreakerState::open, BreakerReason::slow_call_rate, clock_.now());
    } else if (!detail::reaches(probes_.failed + left, all, options_.failure_rate_threshold) &&
               !detail::reaches(probes_.slow + left, all, options_.slow_call_rate_threshold)) {
      change_to(BreakerState::closed, BreakerReason::probes_passed, clock_.now());
    }
  }

  void by_hand(BreakerState to) noexcept {
    const Section section(mutex_, changes_);
    if (state() != to) change_to(to, BreakerReason::by_hand, clock_.now());
  }

  void change_to(BreakerState to, BreakerReason reason, TimePoint now) noexcept {
    const BreakerState from = state();
    if (from == BreakerState::closed) not_closed_since_ = now;
    if (to == BreakerState::closed) {
      counters_.not_closed_for += now - not_closed_since_;
      window_.clear();
      open_wait_ = options_.open_for;
    }
    if (to == BreakerState::half_open) {
      probes_ = {};
      probes_begun_ = 0;
    }
    if (to == BreakerState::open) {
      ++counters_.opened;
      if (from == BreakerState::half_open) lengthen_wait();
      open_until_.store(later(now, open_wait_), std::memory_order_relaxed);
    }
    ++counters_.changes;
    word_.store(counters_.changes << 2U | static_cast<std::uint64_t>(to), std::memory_order_release);
    changes_.add({from, to, reason, now, counters_.changes});
  }

  void lengthen_wait() noexcept {
    const double longer = static_cast<double>(open_wait_.count()) * options_.open_backoff;
    const auto most = static_cast<double>(options_.max_open_for.count());
    if (options_.open_backoff > 1) {
      open_wait_ = longer < most ? std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(longer))
                                 : options_.max_open_for;
    }
  }

  static TimePoint later(TimePoint now, std::chrono::nanoseconds by) noexcept {
    return now.time_since_epoch().count() > 0 && by > TimePoint::max() - now ? TimePoint::max() : now + by;
  }

  const CircuitBreakerOptions options_;
  const Clock clock_;
  const bool times_calls_ = options_.slow_call_duration != std::chrono::nanoseconds::max();
  std::atomic<std::uint64_t> word_{0};                   // changes only under the mutex
  std::atomic<TimePoint> open_until_{TimePoint::min()};  // as word_
  std::atomic<std::uint64_t> refused_{0};

  alignas(64) mutable std::mutex mutex_{};  // away from word_, which every call reads

  // Under the mutex.
  mutable detail::CallWindow window_;
  detail::CallSums probes_{};  // the calls of half_open that have ended
  std::size_t probes_begun_ = 0;
  TimePoint probes_until_{};  // then a call of half_open that has not ended hangs
  std::chrono::nanoseconds open_wait_ = options_.open_for;
  TimePoint not_closed_since_{};
  CircuitBreakerStats counters_{};  // without what stats() adds
  detail::Announcer<BreakerChange> changes_{};
};

}  // namespace v0
}  // namespace penstock
