// SPDX-License-Identifier: MIT
#pragma once

// A lock for sections of a few nanoseconds, and the patience of one who waits for another thread's next step.
//
//     detail::BriefLock<> lock;
//     { const std::scoped_lock section(lock); ++count; }
//     if (!patience.wait([&] { return count_of_others() > 0; })) sleep();

#include "penstock/queue/sync.hpp"

#include <atomic>   // memory_order
#include <cstdint>  // uint32_t

namespace penstock {
inline namespace v0 {
namespace detail {

/// A lock like std::mutex, inlined and at half its cost while nobody waits. Who finds it taken pauses ever longer
/// between two tries, so that the holder keeps the cache line for several sections. Who has waited long is let through:
/// newcomers, and the holder when it comes back, then wait behind it. After that it sleeps.
///
/// Two atomic read-modify-writes, one to lock and one to unlock. The states are those of U. Drepper, "Futexes are
/// tricky", 2011, section 6: free, held, and held with a sleeper.
template <class Sync = SystemSync>
class BriefLock {
 public:
  void lock() noexcept {
    if (wanted_.load(std::memory_order_relaxed) != 0 || !take(held)) wait();
  }
  void unlock() noexcept {
    if (state_.exchange(free, std::memory_order_release) == slept_on) Sync::wake_one(state_);
  }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t slept_on = 2;

  // Without a look first: by the time the line is ours after a look, the holder may have come back.
  bool take(std::uint32_t as) noexcept {
    std::uint32_t state = free;
    return state_.compare_exchange_strong(state, as, std::memory_order_acquire, std::memory_order_relaxed);
  }

  [[gnu::noinline]] void wait() noexcept {
    for (std::uint32_t as = held;; as = slept_on) {  // who has slept does not know whether others sleep still
      for (int pauses = 4, left = Sync::patience; left > 0;
           left -= pauses, pauses = pauses < 32 ? 2 * pauses : pauses) {
        for (int i = 0; i < pauses; ++i) Sync::pause();
        if (wanted_.load(std::memory_order_relaxed) == 0 && take(as)) return;
      }
      wanted_.store(1, std::memory_order_relaxed);
      bool taken = take(as);
      for (int left = Sync::patience; left > 0 && !taken; --left) {
        Sync::pause();
        taken = take(as);
      }
      wanted_.store(0, std::memory_order_relaxed);
      if (taken || state_.exchange(slept_on, std::memory_order_acquire) == free) return;
      Sync::sleep_while(state_, slept_on);
    }
  }

  typename Sync::template Atomic<std::uint32_t> state_{free};
  typename Sync::template Atomic<std::uint32_t> wanted_{0};  // whether somebody has waited long
};

/// How long it is worth to stay awake for what another thread is about to do. A wake-up costs microseconds, so a few
/// of them are well spent if they save one, and wasted if they do not: the patience grows with success and shrinks with
/// failure. Any number of threads; what they learn is shared, and may be lost without harm.
template <class Sync = SystemSync>
class Patience {
 public:
  /// Stays awake until `ready()`, or as long as it seems worth it; whether it is ready. The first look comes after a
  /// pause that lets the other thread do several steps, since each look costs it a cache miss; later ones come after
  /// whoever else wants the core has had it. While `coming()` says that one who can help has been woken and is on his
  /// way it waits longer: otherwise the two would take turns to sleep.
  template <class Ready, class Coming>
  bool wait(const Ready& ready, const Coming& coming) noexcept {
    awake_.fetch_add(1, std::memory_order_seq_cst);
    const bool found = look(ready, coming);
    awake_.fetch_sub(1, std::memory_order_seq_cst);
    return found;
  }

  /// Instead of waking a sleeper for what has just become possible: leaves that to a thread that waits here, if there
  /// is one; whether there is. It will look, since it looks last when it gives up, and then it `owes`.
  bool entrust() noexcept {
    owed_.store(1, std::memory_order_seq_cst);
    return awake_.load(std::memory_order_seq_cst) > 0;
  }
  /// Of one whose `wait` has ended: whether it is to see to the sleepers. Once.
  bool owes() noexcept { return owed_.load(std::memory_order_seq_cst) != 0 && owed_.exchange(0) != 0; }

 private:
  static constexpr int pauses_a_look = 16;  // 0.1 to 0.6 us, by the make of the processor
  static constexpr std::uint32_t most_yields = (Sync::patience + 9) / 10;     // about 5 us where nobody wants the core
  static constexpr std::uint32_t fewest_yields = (Sync::patience + 49) / 50;  // where threads share a core, it helps
  static constexpr std::uint32_t wake_up_yields = Sync::patience;             // about 50 us: a slow wake-up

  static constexpr std::uint32_t sleeps_after_a_slow_yield = 100;

  template <class Ready, class Coming>
  bool look(const Ready& ready, const Coming& coming) noexcept {
    for (int i = 0; i < pauses_a_look; ++i) Sync::pause();
    if (ready()) return learn(most_yields), true;
    // Where the core belongs to programs that do not yield, each of ours costs a slice of theirs, and a sleeper is
    // served sooner than one who waits awake.
    if (const std::uint32_t left = sleeps_.load(std::memory_order_relaxed); left > 0) {
      sleeps_.store(left - 1, std::memory_order_relaxed);
      return false;
    }
    const std::uint32_t yields = yields_.load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < yields || (i < wake_up_yields && coming()); ++i) {
      const bool soon = Sync::yield();
      if (!soon) sleeps_.store(sleeps_after_a_slow_yield, std::memory_order_relaxed);
      if (ready()) return learn(most_yields), true;
      if (!soon) return false;
    }
    return learn(yields > 2 * fewest_yields ? yields / 2 : fewest_yields), false;
  }

  void learn(std::uint32_t yields) noexcept {
    if (yields_.load(std::memory_order_relaxed) != yields) yields_.store(yields, std::memory_order_relaxed);
  }

  typename Sync::template Atomic<std::uint32_t> yields_{most_yields};
  typename Sync::template Atomic<std::uint32_t> sleeps_{0};  // waits in which not to yield
  typename Sync::template Atomic<std::uint32_t> awake_{0};
  typename Sync::template Atomic<std::uint32_t> owed_{0};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
