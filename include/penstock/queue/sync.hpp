// SPDX-License-Identifier: MIT
#pragma once

// What a queue is built on: atomics, a moment's pause, and a thread that sleeps until it is woken. A parameter, so that
// a test can put a scheduler of its own in place of the system's and try one interleaving after the other.
//
//     template <class Sync = SystemSync>
//     class Flag {
//       typename Sync::template Atomic<bool> up_{false};
//     };

#include "penstock/core/asymmetric_fence.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/timed_wait.hpp"

#include <atomic>              // atomic
#include <chrono>              // microseconds
#include <condition_variable>  // condition_variable
#include <cstddef>             // size_t
#include <cstdint>             // uint32_t, uint64_t
#include <mutex>               // mutex, scoped_lock, unique_lock
#include <sched.h>             // sched_yield
#include <utility>             // exchange

namespace penstock {
inline namespace v0 {
namespace detail {

/// Where one thread sleeps. `wake` before `sleep` is not lost; several are as one.
template <clock_source Clock>
class Parker {
 public:
  /// Returns when woken, or at the deadline; whether the deadline is still ahead. One thread at a time.
  bool sleep(const Clock& clock, TimePoint deadline) {
    if (deadline == TimePoint::max()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return woken_; });
      woken_ = false;
      return true;
    }
    TimedWait<Clock> timed(clock, mutex_, changed_);
    std::unique_lock lock(mutex_);
    bool ahead = true;
    while (!woken_ && ahead) ahead = timed.until(lock, deadline);
    woken_ = false;
    return ahead;
  }

  /// Any thread.
  void wake() {
    {
      const std::scoped_lock lock(mutex_);
      woken_ = true;
    }
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

/// The system's own.
struct SystemSync {
  template <class T>
  using Atomic = std::atomic<T>;
  template <class Clock>
  using Parker = detail::Parker<Clock>;

  /// What the one thread that writes a counter knows of it.
  static std::uint64_t own(const std::atomic<std::uint64_t>& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
  }

  /// Items that a queue must hold for `settle` to be rare enough.
  static constexpr std::size_t fewest_plain = 32;

  /// See asymmetric_fence.hpp.
  static bool can_settle() noexcept { return detail::can_settle(); }
  static void tell(std::atomic<std::uint64_t>& word, std::uint64_t value) noexcept { detail::tell(word, value); }
  static void settle() noexcept { detail::settle(); }

  /// Pauses before a thread that waits for a lock sleeps, 0.5 to 4 us by the make of the processor; other waits that
  /// are worth it are in proportion.
  static constexpr int patience = 100;

  /// A few dozen cycles in which a thread that shares the core can go on.
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");  // "yield" does nothing on most of these cores
#endif
  }

  /// Lets another thread that is ready have the core; whether it came back soon.
  static bool yield() noexcept {
    const TimePoint before = SteadyClock{}.now();
    ::sched_yield();
    return SteadyClock{}.now() - before < std::chrono::microseconds(300);
  }

  /// Sleeps while the word is `old`, if nobody has called `wake_one` in between.
  static void sleep_while(std::atomic<std::uint32_t>& word, std::uint32_t old) noexcept {
    word.wait(old, std::memory_order_relaxed);
  }
  static void wake_one(std::atomic<std::uint32_t>& word) noexcept { word.notify_one(); }  ///< who sleeps on the word
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
