// SPDX-License-Identifier: MIT
#pragma once

// The batches of a MicroBatcher: what goes into one, how it is run, and how its items end.

#include "penstock/core/clock.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/stream/batch_functor.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"
#include "penstock/stream/batch_slots.hpp"
#include "penstock/stream/batch_stats.hpp"
#include "penstock/stream/batcher_door.hpp"
#include "penstock/stream/ticket_status.hpp"

#include <algorithm>  // max, min
#include <cstddef>    // size_t
#include <exception>  // current_exception, exception_ptr
#include <memory>     // make_unique, unique_ptr
#include <mutex>      // scoped_lock
#include <span>       // span
#include <utility>    // exchange, move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

template <class In, class Out, clock_source Clock, batch_policy Policy>
class BatcherRuns : public BatcherDoor<In, Out, Clock, Policy> {
  using Door = BatcherDoor<In, Out, Clock, Policy>;

 public:
  using typename Door::Base;
  using typename Door::Slot;

  BatcherRuns(const MicroBatcherOptions& options, std::unique_ptr<BatchCall<In, Out>> call, Clock clock, Policy policy)
      : Door(options, std::move(clock), std::move(policy)), call_(std::move(call)) {}

  bool cancel(Base& base) final {
    auto& slot = static_cast<Slot&>(base);
    Section section(*this);
    end_now(section, slot, TicketStatus::cancelled);
    return slot.status() == TicketStatus::cancelled;
  }

 protected:
  using Door::active_;
  using Door::ask;
  using Door::clock_;
  using Door::comes_back;
  using Door::counters_;
  using Door::end_pending;
  using Door::mutex_;
  using Door::next_event_;
  using Door::options_;
  using Door::outside_;
  using Door::pending_;
  using Door::policy_;
  using Door::settle;
  using Door::tell;
  using Door::view;
  using typename Door::Section;

  /// What one thread runs at a time. Belongs to the core, so that others may see what a thread is at.
  struct Batch {
    Batch(BatcherRuns& runs, std::size_t most) : items(most), runner(runs.call_->runner()) {
      slots.reserve(most);
      good.reserve(most);
    }
    std::vector<Slot*> slots{};  // under the lock, as all here that is not the running thread's
    BatchReport report{};
    TimePoint went{};
    TimePoint nearest = TimePoint::max();  // deadline of those that have not ended
    bool running = false;
    bool given_up = false;  // hung: its thread is nobody's any more
    bool of_worker = false;
    Batch* next_free = nullptr;

    // The running thread's.
    ItemBuffer<In> items;
    std::vector<Base*> good{};  // slots of those in `items`
    std::unique_ptr<BatchRunner<In, Out>> runner;
    std::size_t exceptions = 0;
    std::size_t bisections = 0;
    bool whole = false;  // the functor took the batch as it was
  };

  [[nodiscard]] Batch& make_batch() {
    batches_.push_back(std::make_unique<Batch>(*this, std::min(options_.max_batch, options_.capacity)));
    return *batches_.back();
  }
  /// For a thread that is no worker.
  [[nodiscard]] Batch& borrow() {
    if (free_batches_ == nullptr) return make_batch();
    return *std::exchange(free_batches_, free_batches_->next_free);
  }

  /// Takes the items of a batch out of those that wait. Null if none was worth it.
  Batch* take(Section& section, Batch& batch, TimePoint now, BatchReason reason) noexcept {
    BatchView seen = view(now);
    batch.report = {.reason = reason};
    batch.nearest = TimePoint::max();
    while (batch.slots.size() < options_.max_batch) {
      PendingNode* const node = pending_.next(now);
      if (node == nullptr) break;
      auto& slot = static_cast<Slot&>(*node);
      const bool timed = slot.deadline != TimePoint::max();
      bool lost = timed && slot.deadline <= now;
      if (timed && !lost) {
        seen.items = pending_.size() + batch.slots.size();
        seen.weight = pending_.weight() + batch.report.weight;
        ask([&] { lost = policy_.lost(seen, slot.weight, slot.deadline); });
      }
      if (lost) {
        end_pending(section, slot, TicketStatus::expired);
        continue;
      }
      const std::size_t weight = batch.report.weight + slot.weight;
      const TimePoint nearest = std::min(batch.nearest, slot.deadline);
      if (!batch.slots.empty()) {
        bool fits = options_.max_weight == 0 || weight <= options_.max_weight;
        if (fits) ask([&] { fits = policy_.fits(seen, weight, nearest); });
        if (!fits) break;
      }
      pending_.remove(slot);
      slot.state.fetch_add(1, std::memory_order_acq_rel);  // pending, and now running
      batch.slots.push_back(&slot);
      batch.nearest = nearest;
      batch.report.weight = weight;
      batch.report.total_wait += now - slot.arrival;
      batch.report.first_wait = std::max(batch.report.first_wait, now - slot.arrival);
    }
    if (batch.slots.empty()) {
      if (!batch.of_worker) batch.next_free = std::exchange(free_batches_, &batch);
      return nullptr;
    }
    batch.report.items = batch.slots.size();
    batch.report.left = pending_.size();
    batch.went = now;
    batch.running = true;
    ++active_;
    if (!batch.of_worker) ++outside_;
    next_event_ = std::min(next_event_, batch.nearest);
    if (options_.hung_after.count() > 0) next_event_ = std::min(next_event_, deadline_after(now, options_.hung_after));
    return &batch;
  }

  /// Calls the functor, and ends the items. False if the batch was given up meanwhile, and its thread with it.
  bool run(Batch& batch) noexcept {
    batch.exceptions = batch.bisections = 0;
    batch.whole = true;
    for (Slot* slot : batch.slots) {
      try {
        batch.items.push(std::move(*slot->item));
        batch.good.push_back(slot);
      } catch (...) { slot->fault.exception = std::current_exception(); }
      slot->item.reset();
    }
    if (!batch.good.empty()) call(batch, batch.items.items(), batch.good);
    batch.items.clear();
    batch.good.clear();
    const bool kept = end_batch(batch);
    if (this->on_batch) tell(this->on_batch, batch.report);
    if (!batch.of_worker) {
      const std::scoped_lock lock(mutex_);
      if (kept) batch.next_free = std::exchange(free_batches_, &batch);
      comes_back();
    }
    return kept;
  }

  void call(Batch& batch, std::span<const In> items, std::span<Base* const> slots) noexcept {
    std::exception_ptr exception;
    try {
      return batch.runner->run(items, slots);
    } catch (...) { exception = std::current_exception(); }
    ++batch.exceptions;
    batch.whole = false;
    if (options_.bisect && items.size() > 1) {
      const std::size_t half = items.size() / 2;
      batch.bisections += 2;
      call(batch, items.first(half), slots.first(half));
      call(batch, items.subspan(half), slots.subspan(half));
      return;
    }
    for (Base* slot : slots) slot->fault.exception = exception;
  }

  bool end_batch(Batch& batch) noexcept {
    std::size_t late = 0;
    bool kept = true;
    {
      Section section(*this);
      batch.report.took = clock_.now() - batch.went;
      for (Slot*& slot : batch.slots) {
        const TicketStatus end = slot->value ? TicketStatus::ok : TicketStatus::failed;
        const bool in_time = settle(section, *slot, end, Base::held_by_batcher);
        batch.report.failed += in_time && end == TicketStatus::failed;
        if (!in_time) batch.slots[late++] = slot;
      }
      batch.report.late = late;
      ++counters_.batches;
      ++counters_.reasons[static_cast<std::size_t>(batch.report.reason)];
      counters_.batched += batch.report.items;
      counters_.late += late;
      counters_.functor_exceptions += batch.exceptions;
      counters_.bisections += batch.bisections;
      if (batch.given_up) {
        kept = false;
      } else {
        if (batch.whole) ask([&] { policy_.ran(batch.report.weight, batch.report.took); });
        --active_;
      }
      batch.running = false;
      section.wakes_drivers = true;
    }
    for (std::size_t i = 0; i < late; ++i) batch.slots[i]->let_go(Base::held_by_batcher);
    batch.slots.clear();
    return kept;
  }

  /// Ends those of a running batch whose deadline is not after `limit`.
  void end_running(Section& section, Batch& batch, TimePoint limit, TicketStatus end) noexcept {
    batch.nearest = TimePoint::max();
    for (Slot* slot : batch.slots) {
      if (slot->deadline <= limit) {
        settle(section, *slot, end, 0);
      } else {
        batch.nearest = std::min(batch.nearest, slot->deadline);
      }
    }
  }
  void end_now(Section& section, Slot& slot, TicketStatus end) noexcept {
    switch (slot.status()) {
      case TicketStatus::pending: end_pending(section, slot, end); break;
      case TicketStatus::running: settle(section, slot, end, 0); break;
      default: break;
    }
  }
  /// Ends an item whose deadline has passed; says whether it has ended.
  bool expire(Slot& slot) {
    Section section(*this);
    if (slot.deadline <= clock_.now()) end_now(section, slot, TicketStatus::expired);
    return is_final(slot.status());
  }

  const std::unique_ptr<BatchCall<In, Out>> call_;

  // Under the mutex.
  std::vector<std::unique_ptr<Batch>> batches_{};  // of workers and of others
  Batch* free_batches_ = nullptr;                  // of others
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
