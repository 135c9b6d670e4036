// SPDX-License-Identifier: MIT
#pragma once

// So many a second and no more, with a burst for what comes in clumps.
//
//     RateLimiter<> limiter{{.rate = 100, .burst = 20}};
//     if (!limiter.try_acquire()) return too_many_requests();
//     if (limiter.acquire(batch.size(), stop) != QueueStatus::ok) return;   // waits; stopped
//
// One limiter for each of many keys is queue/keyed_rate_limiter.hpp.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/permit_supply.hpp"
#include "penstock/queue/rate_limiter_options.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/wait_line.hpp"

#include <algorithm>   // min
#include <atomic>      // atomic
#include <chrono>      // duration
#include <cstddef>     // size_t
#include <cstdint>     // int64_t, uint64_t
#include <mutex>       // mutex, scoped_lock, unique_lock
#include <stop_token>  // stop_token, stop_callback
#include <utility>     // move

namespace penstock {
inline namespace v0 {

/// A token bucket; all functions are thread-safe. In any span of time t it grants at most rate * t / per + burst
/// permits, `borrow` more if there is any, and it grants at the first nanosecond at which that allows: nothing is
/// rounded and nothing drifts. It must outlive every call: to destroy it while threads wait in it is an error of the
/// user's; stop and join them first.
///
/// **Waiting.** Each call looks first whether a stop was requested, then whether there are permits, then at the
/// deadline. So a stop that was requested before the call always wins, a deadline in the past still takes what is
/// there, and `timeout` says that there were not enough at the deadline either, after those who came before. A call
/// that was granted its permits says `ok` even if a stop came at the same time: they are spent.
///
/// **Fairness.** Threads that wait are served strictly in the order in which they came, large requests and small, and
/// while any waits nobody passes it: `try_acquire` refuses. So no request is starved. Calls that need not wait are
/// served in the order in which their atomic operations happen to succeed.
template <clock_source Clock = SteadyClock>
class RateLimiter {
 public:
  using clock_type = Clock;  ///< by which permits flow and deadlines go

  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit RateLimiter(const RateLimiterOptions& options, Clock clock = {})
      : options_((check(options), options)), supply_(options, std::move(clock)) {}
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;
  ~RateLimiter() = default;

  /// Takes n permits, all or none, and never waits. No permits are always there. O(1), lock-free.
  /// @throws std::invalid_argument if n is above burst + borrow, which could never be granted; so do all that take it.
  [[nodiscard]] bool try_acquire(std::uint64_t n = 1) {
    if (take_at_once(n)) return true;
    refused_.fetch_add(n, std::memory_order_relaxed);
    return false;
  }

  /// Takes n permits, all at once, waiting until they are there: `ok` or `stopped`.
  QueueStatus acquire(std::uint64_t n = 1, const std::stop_token& stop = {}) {
    return acquire_until(n, TimePoint::max(), stop);
  }
  /// As acquire, but waits no longer than `patience`: `timeout` as well.
  template <class Rep, class Period>
  QueueStatus acquire_for(std::uint64_t n, std::chrono::duration<Rep, Period> patience,
                          const std::stop_token& stop = {}) {
    return acquire_until(n, detail::deadline_after(supply_.clock.now(), patience), stop);
  }
  /// As acquire, but waits no longer than until `deadline` on the limiter's clock; TimePoint::max() is for ever.
  QueueStatus acquire_until(std::uint64_t n, TimePoint deadline, const std::stop_token& stop = {}) {
    detail::check_permits(n, options_);
    if (stop.stop_requested()) return count(QueueStatus::stopped, n);
    if (take_at_once(n)) return QueueStatus::ok;
    return wait(n, deadline, stop);
  }

  /// From now on `rate` permits flow in every `per`. The permits that are there stay, as do those that are owed, and
  /// those who wait are served by the new rate at once.
  /// @throws std::invalid_argument if the rate is not 1 to 10^12; nothing has changed then.
  void set_rate(std::uint64_t rate) {
    detail::check_rate(rate, "RateLimiter::set_rate: ");
    supply_.set_rate(rate);
    const std::scoped_lock lock(mutex_);
    wake_first();
  }
  [[nodiscard]] std::uint64_t rate() const noexcept { return supply_.rate(); }  ///< permits every `per`

  /// Whole permits that are there now, negative if some are owed.
  [[nodiscard]] std::int64_t available() const { return supply_.available(); }
  [[nodiscard]] const RateLimiterOptions& options() const noexcept { return options_; }  ///< as it was made

  /// The counters.
  [[nodiscard]] RateLimiterStats stats() const {
    const std::scoped_lock lock(mutex_);
    return {.granted = supply_.granted(),
            .refused = refused_.load(std::memory_order_relaxed),
            .timed_out = timed_out_.load(std::memory_order_relaxed),
            .stopped = stopped_.load(std::memory_order_relaxed),
            .waited = waited_,
            .waiting = line_.size()};
  }

 private:
  using Line = detail::WaitLine<std::condition_variable>;

  bool take_at_once(std::uint64_t n) {
    detail::check_permits(n, options_);
    if (n == 0) return true;
    return waiting_.load(std::memory_order_acquire) == 0 && supply_.take(n).granted;
  }

  QueueStatus count(QueueStatus status, std::uint64_t n) {
    if (status == QueueStatus::stopped) stopped_.fetch_add(n, std::memory_order_relaxed);
    if (status == QueueStatus::timeout) timed_out_.fetch_add(n, std::memory_order_relaxed);
    return status;
  }

  /// A thread's place in the line. Under the lock; whoever leaves has the others served, for whom he may have been in
  /// the way.
  class Place {
   public:
    Place(RateLimiter& limiter, Line::Waiter& waiter, std::uint64_t n) : limiter_(limiter), waiter_(waiter) {
      limiter_.line_.join(waiter, static_cast<std::size_t>(n));
      limiter_.waiting_.fetch_add(1, std::memory_order_acq_rel);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      limiter_.line_.leave(waiter_);
      static_cast<void>(limiter_.serve());
      limiter_.wake_first();
      limiter_.waiting_.fetch_sub(1, std::memory_order_acq_rel);
    }

   private:
    RateLimiter& limiter_;
    Line::Waiter& waiter_;
  };

  PENSTOCK_NOINLINE QueueStatus wait(std::uint64_t n, TimePoint deadline, const std::stop_token& stop) {
    // What may take the lock in its own time is made before we hold it and destroyed after we gave it up: a stop that
    // is requested already calls back at once, and a manual clock waits for its listeners to return.
    Line::Waiter waiter;
    TimedWait<Clock> timed(supply_.clock, mutex_, waiter.signal);
    const std::stop_callback wake_on_stop(stop, [this, &waiter] {
      const std::scoped_lock lock(mutex_);
      waiter.signal.notify_one();
    });

    std::unique_lock lock(mutex_);
    const Place place(*this, waiter, n);
    for (;;) {
      const bool stopped = stop.stop_requested();
      const bool due = supply_.clock.now() >= deadline;
      const TimePoint ready = stopped && !waiter.granted ? TimePoint::max() : serve();
      if (waiter.granted) return QueueStatus::ok;
      if (stopped) return count(QueueStatus::stopped, n);
      if (due) return count(QueueStatus::timeout, n);
      const TimePoint until = line_.first() == &waiter ? std::min(ready, deadline) : deadline;
      if (until == TimePoint::max()) {
        waiter.signal.wait(lock);
      } else {
        static_cast<void>(timed.until(lock, until));
      }
    }
  }

  /// Gives to those in front of the line what they wait for, whichever thread calls, so that nobody's turn depends on
  /// who wakes first. Returns when the next could be served. Under the lock.
  TimePoint serve() {
    bool served = false;
    while (line_.first() != nullptr) {
      const auto look = supply_.take(line_.first()->need);
      if (!look.granted) {
        if (served) wake_first();
        return look.ready;
      }
      Line::Waiter& waiter = *line_.grant_first();
      waited_ += waiter.need;
      waiter.signal.notify_one();
      served = true;
    }
    return TimePoint::max();
  }

  /// Under the lock, as every notification: a waiter lives on its thread's stack.
  void wake_first() {
    if (line_.first() != nullptr) line_.first()->signal.notify_one();
  }

  const RateLimiterOptions options_;
  std::atomic<std::size_t> waiting_{0};  // as line_.size(), for those without the lock
  detail::PermitSupply<Clock> supply_;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> timed_out_{0};
  std::atomic<std::uint64_t> stopped_{0};

  mutable std::mutex mutex_{};

  // Under the mutex.
  Line line_{};
  std::uint64_t waited_ = 0;
};

}  // namespace v0
}  // namespace penstock
