// SPDX-License-Identifier: MIT
#pragma once

// What a queue is built on, as SystemSync, run by the Scheduler of explorer.hpp.
//
//     SpscQueue<int, ModelClock, ModelSync> queue{{.capacity = 8}};     // within a Scenario

#include "penstock/core/clock.hpp"

#include "unit/queue/explorer.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace penstock::explore {

/// Shows the time of the schedule that runs: it passes when the scheduler has somebody's deadline met.
struct ModelClock {
  [[nodiscard]] TimePoint now() const noexcept { return Scheduler::instance().now(); }
};

/// SystemSync's like, run by the Scheduler.
struct ModelSync {
  template <class T>
  class Atomic {
    using Order = std::memory_order;
    static constexpr Order seq_cst = std::memory_order_seq_cst;

   public:
    Atomic(T value) : value_(value) {}  // NOLINT: as std::atomic
    Atomic(const Atomic&) = delete;
    Atomic& operator=(const Atomic&) = delete;

    T load(Order = seq_cst) const {
      Scheduler& scheduler = Scheduler::instance();
      scheduler.before(this, false);
      scheduler.touch(this, scheduler.look(this));
      return own_value();
    }
    void store(T value, Order order = seq_cst) {
      if (order == seq_cst) return static_cast<void>(exchange(value));
      Scheduler& scheduler = Scheduler::instance();
      scheduler.before(this, true);
      scheduler.store(this, static_cast<std::uint64_t>(value), [](void* word, std::uint64_t bits) {
        static_cast<Atomic*>(word)->value_ = static_cast<T>(bits);
      });
    }
    T exchange(T value, Order = seq_cst) { return in_memory(), std::exchange(value_, value); }
    T fetch_sub(T by, Order = seq_cst) { return in_memory(), std::exchange(value_, static_cast<T>(value_ - by)); }
    T fetch_add(T by, Order = seq_cst) { return in_memory(), std::exchange(value_, static_cast<T>(value_ + by)); }
    bool compare_exchange_strong(T& expected, T value, Order = seq_cst, Order = seq_cst) {
      Scheduler& scheduler = Scheduler::instance();
      scheduler.before(this, true);
      scheduler.fence();
      const bool contested = scheduler.look(this);
      const bool equal = value_ == expected;
      scheduler.touch(this, equal || contested);
      (equal ? value_ : expected) = equal ? value : value_;
      return equal;
    }

   private:
    friend ModelSync;
    /// What the thread itself finds there.
    T own_value() const {
      const std::uint64_t* const stored = Scheduler::instance().stored(this);
      return stored != nullptr ? static_cast<T>(*stored) : value_;
    }
    void in_memory() {
      Scheduler& scheduler = Scheduler::instance();
      scheduler.before(this, true);
      scheduler.fence();
      scheduler.look(this);
      scheduler.touch(this, true);
    }
    T value_;
  };

  template <class Clock>
  class Parker {
   public:
    bool sleep(const Clock&, TimePoint deadline) {
      at();
      const bool late = !woken_ && Scheduler::instance().sleep(this, deadline);
      woken_ = false;
      return !late;
    }
    void wake() {
      at();
      woken_ = true;
      Scheduler::instance().wake(this);
    }

   private:
    void at() const {  // a lock is taken
      Scheduler::instance().point(this, true);
      Scheduler::instance().fence();
    }
    bool woken_ = false;
  };

  static constexpr std::size_t fewest_plain = 4;  // both ways are tried
  static bool can_settle() { return true; }
  static void tell(Atomic<std::uint64_t>& word, std::uint64_t value) { word.store(value, std::memory_order_release); }
  // At once: what others store before the fence reaches them may also come out later without it.
  static void settle() { Scheduler::instance().fence_all(); }
  static std::uint64_t own(const Atomic<std::uint64_t>& counter) { return counter.own_value(); }

  static constexpr int patience = 1;
  static void pause() { Scheduler::instance().pause(); }
  static bool yield() {
    Scheduler::instance().pause();
    return true;
  }
  static void sleep_while(Atomic<std::uint32_t>& word, std::uint32_t old) {
    while (word.load(std::memory_order_relaxed) == old) Scheduler::instance().sleep(&word);
  }
  static void wake_one(Atomic<std::uint32_t>& word) {
    Scheduler::instance().point(&word, true);
    Scheduler::instance().wake(&word);
  }
};

}  // namespace penstock::explore
