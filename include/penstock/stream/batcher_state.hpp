// SPDX-License-Identifier: MIT
#pragma once

// What the lock of a MicroBatcher guards, how an item ends, and who is woken for it.
//
// An item's status changes under the lock. What follows from it, waking threads and running callbacks, comes after:
// each change is made within a Section, which sees to that when it ends. No code of the user's runs under the lock but
// the moves of items and callbacks, and the policy.

#include "penstock/core/clock.hpp"
#include "penstock/core/listener.hpp"
#include "penstock/queue/crossings.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/watermarks.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"
#include "penstock/stream/batch_slots.hpp"
#include "penstock/stream/batch_stats.hpp"
#include "penstock/stream/pending_items.hpp"
#include "penstock/stream/ticket_slot.hpp"

#include <algorithm>           // max, min
#include <chrono>              // nanoseconds
#include <condition_variable>  // condition_variable
#include <cstddef>             // size_t
#include <cstdint>             // uint64_t
#include <mutex>               // mutex, scoped_lock, unique_lock
#include <utility>             // exchange, move

namespace penstock {
inline namespace v0 {
namespace detail {

/// Lives until the batcher is gone and all its tickets are.
template <class In, class Out, clock_source Clock, batch_policy Policy>
class BatcherState : public TicketOwner<Out> {
 public:
  using Slot = BatchSlot<In, Out>;
  using Base = TicketSlot<Out>;

  BatcherState(const MicroBatcherOptions& options, Clock clock, Policy policy)
      : options_(options),
        clock_(std::move(clock)),
        policy_(std::move(policy)),
        pending_(options.priorities, options.aging),
        crossings_({.capacity = options.capacity, .high = options.high_watermark, .low = options.low_watermark}) {}
  BatcherState(const BatcherState&) = delete;
  BatcherState& operator=(const BatcherState&) = delete;
  virtual ~BatcherState() = default;

  Listener<Crossing> on_watermark{};
  Listener<const BatchReport&> on_batch{};

  [[nodiscard]] TimePoint now() const override { return clock_.now(); }
  [[nodiscard]] const MicroBatcherOptions& options() const noexcept { return options_; }

  void flush() noexcept {
    Section section(*this);
    flush_before_ = pending_.next_order();
    section.wakes_all = true;
  }

  [[nodiscard]] MicroBatcherStats stats() const {
    const std::scoped_lock lock(mutex_);
    MicroBatcherStats now = counters_;
    now.depth = pending_.size();
    now.running = static_cast<std::size_t>(now.accepted - now.settled() - now.depth);
    now.throttled = crossings_.marks().throttled();
    now.crossings = crossings_.count();
    now.idle_workers = idle_;
    now.waiting_submits = waiting_submits_;
    return now;
  }

  template <class Ask>
  auto with_policy(const Ask& ask) const {
    const std::scoped_lock lock(mutex_);
    return ask(policy_);
  }

  void release(Base& base) noexcept final {
    auto& slot = static_cast<Slot&>(base);
    slot.clear();
    if (pool_.give_back(slot)) delete this;
  }

 protected:
  /// Holds the lock; when it is given up, all is done that the changes ask for.
  class Section {
   public:
    explicit Section(BatcherState& state) : state_(state), lock(state.mutex_) {}
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
      state_.note_depth();
      const std::size_t workers = wakes_workers ? state_.workers_to_wake() : 0;
      const std::size_t submits = state_.submits_to_wake();
      const bool minds = state_.next_event_ < state_.minder_at_;
      state_.minder_at_ = std::min(state_.minder_at_, state_.next_event_);
      const bool tells = state_.crossings_.start_telling();
      const bool outside = tells || settled != nullptr;  // runs the user's code
      state_.outside_ += outside;
      lock.unlock();
      const bool all = wakes_all || (state_.options_.workers == 0 && (wakes_drivers || settled != nullptr));
      notify(state_.work_, all ? static_cast<std::size_t>(-1) : workers);
      notify(state_.room_, wakes_all ? static_cast<std::size_t>(-1) : submits);
      if (minds || wakes_all) state_.mind_.notify_one();
      state_.finish(settled);
      if (tells) state_.tell_crossings();
      if (outside) {
        const std::scoped_lock again(state_.mutex_);
        state_.comes_back();
      }
    }

   private:
    static void notify(std::condition_variable& changed, std::size_t threads) noexcept {
      if (threads > 4) return changed.notify_all();
      for (; threads > 0; --threads) changed.notify_one();
    }

    BatcherState& state_;

   public:
    std::unique_lock<std::mutex> lock;
    Slot* settled = nullptr;  // ended within it, and to be told
    bool wakes_all = false;
    bool wakes_workers = true;
    bool wakes_drivers = false;  // threads that run batches because there is no worker
  };

  /// A thread that sees to deadlines while the workers are busy. Under the lock.
  virtual void start_minder() = 0;

  /// The end of what was counted in `outside_`. Under the lock.
  void comes_back() noexcept {
    if (--outside_ == 0 && closed_) back_.notify_all();
  }

  // ---- How an item ends ----

  /// To a final status, once. Under the lock; `drop` are the holders that let go with it.
  bool settle(Section& section, Slot& slot, TicketStatus end, typename Base::Word drop) noexcept {
    typename Base::Word before = slot.state.load(std::memory_order_acquire);
    typename Base::Word after;
    do {
      if (is_final(static_cast<TicketStatus>(before & Base::status_bits))) return false;
      after = (before & ~Base::status_bits & ~drop) | static_cast<typename Base::Word>(end);
      const bool alone = (before & (Base::watched | Base::continued)) == 0 && (before & Base::held_by_ticket) != 0;
      if (!alone) after |= Base::held_by_settler;
    } while (!slot.state.compare_exchange_weak(before, after, std::memory_order_acq_rel, std::memory_order_acquire));
    count(end);
    if ((after & Base::held_by_settler) != 0) slot.next_settled = std::exchange(section.settled, &slot);
    return true;
  }

  void count(TicketStatus end) noexcept {
    switch (end) {
      case TicketStatus::ok: ++counters_.ok; break;
      case TicketStatus::failed: ++counters_.failed; break;
      case TicketStatus::expired: ++counters_.expired; break;
      case TicketStatus::cancelled: ++counters_.cancelled; break;
      case TicketStatus::dropped: ++counters_.evicted; break;
      case TicketStatus::closed: ++counters_.closed; break;
      case TicketStatus::hung: ++counters_.hung; break;
      case TicketStatus::pending:
      case TicketStatus::running:
      case TicketStatus::rejected: break;  // not the end of what came in
    }
  }

  void end_pending(Section& section, Slot& slot, TicketStatus end) noexcept {
    pending_.remove(slot);
    settle(section, slot, end, Base::held_by_batcher);
  }

  /// Tells whoever waits for these: first the threads, then the callbacks, which may take their time.
  void finish(Slot* settled) noexcept {
    for (Slot* slot = settled; slot != nullptr; slot = slot->next_settled) {
      if ((slot->state.load(std::memory_order_acquire) & Base::watched) == 0) continue;
      { const std::scoped_lock lock(slot->mutex); }
      slot->changed.notify_all();
    }
    while (settled != nullptr) {
      Slot& slot = *std::exchange(settled, settled->next_settled);
      if ((slot.state.load(std::memory_order_acquire) & Base::continued) != 0) {
        try {
          slot.continuation.run(slot);
        } catch (...) {
          const std::scoped_lock lock(mutex_);
          ++counters_.callback_exceptions;
        }
      }
      slot.let_go(Base::held_by_settler);
    }
  }

  // ---- When a batch goes ----

  /// Asks the policy, which is nobody's reason to fail.
  template <class Question>
  void ask(const Question& question) noexcept {
    try {
      question();
    } catch (...) { ++counters_.policy_exceptions; }
  }

  [[nodiscard]] BatchView view(TimePoint now) const noexcept {
    return {.now = now,
            .items = pending_.size(),
            .weight = pending_.weight(),
            .first_arrival = pending_.oldest()->arrival,
            .nearest_deadline = pending_.nearest_deadline()};
  }

  /// There is something pending.
  [[nodiscard]] BatchDecision decide(TimePoint now) noexcept {
    BatchDecision decision{BatchReason::idle, now};
    const BatchView seen = view(now);
    const bool full =
        seen.items >= options_.max_batch || (options_.max_weight > 0 && seen.weight >= options_.max_weight);
    if (full) decision.reason = BatchReason::full;
    if (closed_) {
      if (!full) decision.reason = BatchReason::closing;
    } else if (pending_.oldest()->order < flush_before_) {
      if (!full) decision.reason = BatchReason::flush;
    } else {
      ask([&] { decision = policy_.decide(seen); });
    }
    return decision;
  }

  /// Who has no more than this left until his deadline is given up: less than the policy needs.
  [[nodiscard]] std::chrono::nanoseconds too_little() noexcept {
    std::chrono::nanoseconds needs{0};
    ask([&] { needs = policy_.needs(); });
    return std::max(needs, std::chrono::nanoseconds(1)) - std::chrono::nanoseconds(1);
  }
  /// When an item of this deadline is given up; never without one.
  [[nodiscard]] TimePoint given_up_at(TimePoint deadline) noexcept {
    if (deadline == TimePoint::max()) return deadline;
    const std::chrono::nanoseconds by = too_little();
    return deadline < TimePoint::min() + by ? TimePoint::min() : deadline - by;
  }
  [[nodiscard]] TimePoint next_expiry() noexcept { return given_up_at(pending_.nearest_deadline()); }

  /// Ends what cannot be served in time any more.
  void expire_pending(Section& section, TimePoint now) noexcept {
    if (pending_.nearest_deadline() == TimePoint::max()) return;
    const TimePoint limit = deadline_after(now, too_little());
    while (PendingNode* node = pending_.due(limit))
      end_pending(section, static_cast<Slot&>(*node), TicketStatus::expired);
  }

  [[nodiscard]] bool may_run() const noexcept { return active_ < std::max<std::size_t>(options_.workers, 1); }

  /// How many idle workers there is something to do for, that do not know yet.
  [[nodiscard]] std::size_t workers_to_wake() noexcept {
    if (idle_ <= woken_ || pending_.size() == 0 || !may_run()) return 0;
    const TimePoint now = clock_.now();
    const TimePoint at = decide(now).at;
    if (at > now && timers_ > 0 && at >= timer_at_) return 0;
    ++woken_;
    return 1;
  }

  [[nodiscard]] std::size_t submits_to_wake() noexcept {
    if (waiting_submits_ == woken_submits_) return 0;
    const std::size_t room = options_.capacity - std::min(options_.capacity, pending_.size());
    const std::size_t wanted = std::min(room, waiting_submits_);
    if (wanted <= woken_submits_) return 0;
    return wanted - std::exchange(woken_submits_, wanted);
  }

  // ---- Hooks ----

  void note_depth() noexcept {
    counters_.max_depth = std::max(counters_.max_depth, pending_.size());
    crossings_.heard = static_cast<bool>(on_watermark);
    if (crossings_.crosses(pending_.size())) crossings_.update(pending_.size(), clock_.now());
  }

  void tell_crossings() noexcept {
    const auto next = [this] {
      const std::scoped_lock lock(mutex_);
      return crossings_.next();
    };
    for (Crossing crossing; (crossing = next()) != Crossing::none;) tell(on_watermark, crossing);
  }

  template <class Argument, class Value>
  void tell(const Listener<Argument>& listener, const Value& value) noexcept {
    try {
      listener(value);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      ++counters_.listener_exceptions;
    }
  }

  const MicroBatcherOptions options_;
  const Clock clock_;

  mutable std::mutex mutex_{};
  std::condition_variable work_{};  // idle workers
  std::condition_variable room_{};  // submits that wait
  std::condition_variable mind_{};  // the minder
  std::condition_variable back_{};  // the destructor

  // Under the mutex from here on.
  Policy policy_;
  PendingItems pending_;
  SlotPool<Slot> pool_{};
  Crossings crossings_;
  MicroBatcherStats counters_{};  // without what stats() adds
  bool closed_ = false;
  std::uint64_t flush_before_ = 0;  // items of an earlier order are to go at once
  std::size_t since_sample_ = 0;    // submits while throttled

  std::size_t active_ = 0;   // batches that run, those given up left out
  std::size_t outside_ = 0;  // what threads that are not waited for otherwise do with the user's code: the end waits

  std::size_t idle_ = 0;                   // threads that wait for a batch
  std::size_t woken_ = 0;                  // those of them that have been notified
  std::size_t timers_ = 0;                 // those of them that wait until a batch is due
  TimePoint timer_at_ = TimePoint::max();  // no later than the last of these timers
  std::size_t waiting_submits_ = 0;
  std::size_t woken_submits_ = 0;
  TimePoint next_event_ = TimePoint::max();  // when the minder has something to do
  TimePoint minder_at_ = TimePoint::max();   // when it will look
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
