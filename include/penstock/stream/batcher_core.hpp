// SPDX-License-Identifier: MIT
#pragma once

// The threads of a MicroBatcher: its workers, those that wait for tickets and lend a hand, and the one that minds the
// deadlines while all are busy.

#include "penstock/core/clock.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"
#include "penstock/stream/batcher_runs.hpp"
#include "penstock/stream/ticket_status.hpp"

#include <algorithm>  // min
#include <cstddef>    // size_t
#include <mutex>      // scoped_lock, unique_lock
#include <optional>   // optional
#include <thread>     // thread
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

template <class In, class Out, clock_source Clock, batch_policy Policy>
class BatcherCore final : public BatcherRuns<In, Out, Clock, Policy> {
  using Runs = BatcherRuns<In, Out, Clock, Policy>;
  using Runs::active_;
  using Runs::back_;
  using Runs::batches_;
  using Runs::borrow;
  using Runs::clock_;
  using Runs::closed_;
  using Runs::counters_;
  using Runs::decide;
  using Runs::end_now;
  using Runs::end_pending;
  using Runs::end_running;
  using Runs::expire;
  using Runs::expire_pending;
  using Runs::idle_;
  using Runs::make_batch;
  using Runs::may_help;
  using Runs::may_run;
  using Runs::mind_;
  using Runs::minder_at_;
  using Runs::mutex_;
  using Runs::next_event_;
  using Runs::next_expiry;
  using Runs::options_;
  using Runs::outside_;
  using Runs::pending_;
  using Runs::pool_;
  using Runs::run;
  using Runs::take;
  using Runs::timer_at_;
  using Runs::timers_;
  using Runs::woken_;
  using Runs::work_;
  using typename Runs::Base;
  using typename Runs::Batch;
  using typename Runs::Section;
  using typename Runs::Slot;

 public:
  using Runs::Runs;

  void start() {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < options_.workers; ++i) start_worker();
    if (options_.hung_after.count() > 0) start_minder();
  }

  /// Ends: refuses what comes, ends or serves what is there.
  void close(Shutdown how) noexcept {
    Section section(*this);
    closed_ = true;
    section.wakes_all = true;
    if (how == Shutdown::drain) return;
    while (PendingNode* node = pending_.oldest()) end_pending(section, static_cast<Slot&>(*node), TicketStatus::closed);
    for (auto& batch : batches_) {
      if (batch->running) end_running(section, *batch, TimePoint::max(), TicketStatus::closed);
    }
  }

  /// After this nobody but tickets refers to the core, and the last of them deletes it; and no thread is in the
  /// functor, a callback or a hook: callers that run batches are waited for, too.
  void join_and_abandon() noexcept {
    for (std::size_t i = 0;; ++i) {  // a worker may be replaced meanwhile
      std::unique_lock lock(mutex_);
      if (i >= threads_.size()) break;
      std::thread thread = std::move(threads_[i]);
      lock.unlock();
      thread.join();
    }
    for (bool all = false; !all;) {
      while (run_once() > 0) {}  // what no worker is left for
      std::unique_lock lock(mutex_);
      back_.wait(lock, [this] { return outside_ == 0; });
      all = pending_.size() == 0;
      minder_ends_ = all;
    }
    mind_.notify_all();
    if (minder_.joinable()) minder_.join();
    if (pool_.abandon()) delete this;
  }

  bool wait(Base& base, TimePoint limit) override {
    auto& slot = static_cast<Slot&>(base);
    if (options_.workers == 0) return drive(slot, limit);
    if (limit == TimePoint::max() && may_help(slot.deadline)) help(slot);
    const TimePoint until = std::min(limit, slot.deadline);
    {
      std::optional<TimedWait<Clock>> timed;
      if (until != TimePoint::max()) timed.emplace(clock_, slot.mutex, slot.changed);
      std::unique_lock lock(slot.mutex);
      slot.state.fetch_or(Base::watched, std::memory_order_acq_rel);
      while (!is_final(slot.status())) {
        if (!timed) {
          slot.changed.wait(lock);
        } else if (!timed->until(lock, until)) {
          break;
        }
      }
    }
    return is_final(slot.status()) || expire(slot);
  }

  /// Runs a batch in this thread, if one is due; returns how many items ended that had waited.
  std::size_t run_once() {
    std::size_t ended = 0;
    Batch* batch = nullptr;
    {
      Section section(*this);
      const TimePoint now = clock_.now();
      const std::size_t before = pending_.size();
      expire_pending(section, now);
      if (may_run() && pending_.size() > 0) {
        const auto [reason, at] = decide(now);
        if (at <= now) batch = take(section, borrow(), now, reason);
      }
      ended = before - pending_.size();
    }
    if (batch != nullptr) run(*batch);
    return ended;
  }

  /// When run_once() has something to do; TimePoint::max() if nothing waits.
  [[nodiscard]] TimePoint next_due() {
    const std::scoped_lock lock(mutex_);
    if (pending_.size() == 0) return TimePoint::max();
    return std::min(decide(clock_.now()).at, next_expiry());
  }

 private:
  /// Under the lock.
  void start_worker() {
    Batch& batch = make_batch();
    batch.of_worker = true;
    threads_.reserve(threads_.size() + 1);
    threads_.emplace_back([this, &batch] { work(batch); });
  }

  void work(Batch& batch) noexcept {
    TimedWait<Clock> timed{clock_, mutex_, work_};
    for (;;) {
      {
        Section section(*this);
        if (pending_.size() == 0 && closed_) return;
        TimePoint due = TimePoint::max();
        bool looked = false;
        if (pending_.size() > 0 && may_run()) {
          const TimePoint now = clock_.now();
          const auto [reason, at] = decide(now);
          due = at;
          looked = due <= now;
          if (looked) take(section, batch, now, reason);
        }
        if (!looked) idle(section, timed, due, TimePoint::max());
      }
      if (!batch.slots.empty() && !run(batch)) return;
    }
  }

  /// Waits for something to do, until `due` unless another thread does so, and at the latest until `own`: so there is
  /// one timer a batch.
  void idle(Section& section, TimedWait<Clock>& timed, TimePoint due, TimePoint own) {
    const bool holds = due != TimePoint::max() && (timers_ == 0 || due < timer_at_);
    if (holds) {
      ++timers_;
      timer_at_ = due;
    }
    ++idle_;
    const TimePoint until = holds ? std::min(due, own) : own;
    if (until == TimePoint::max()) {
      work_.wait(section.lock);
    } else {
      static_cast<void>(timed.until(section.lock, until));
    }
    --idle_;
    if (woken_ > 0) --woken_;
    if (holds) {
      --timers_;
      timer_at_ = TimePoint::max();  // if another timer is left, it may be later than this one was
    }
  }

  /// Runs batches in the thread that waits for this item, while it would have to wait for a worker to wake up.
  void help(Slot& slot) {
    for (;;) {
      Batch* batch = nullptr;
      {
        Section section(*this);
        if (slot.status() != TicketStatus::pending || !may_run()) return;
        const TimePoint now = clock_.now();
        const auto [reason, at] = decide(now);
        if (at > now) return;
        batch = take(section, borrow(), now, reason);
      }
      if (batch != nullptr) run(*batch);
    }
  }

  /// As wait(), where there are no workers: the threads that wait run the batches, one at a time.
  bool drive(Slot& slot, TimePoint limit) {
    TimedWait<Clock> timed{clock_, mutex_, work_};
    for (;;) {
      Batch* batch = nullptr;
      {
        Section section(*this);
        slot.state.fetch_or(Base::watched, std::memory_order_acq_rel);
        const TimePoint now = clock_.now();
        if (slot.deadline <= now) end_now(section, slot, TicketStatus::expired);
        if (is_final(slot.status())) return true;
        if (limit <= now) return false;
        TimePoint due = TimePoint::max();
        bool looked = false;
        if (pending_.size() > 0 && may_run()) {
          const auto [reason, at] = decide(now);
          due = at;
          looked = due <= now;
          if (looked) batch = take(section, borrow(), now, reason);
        }
        if (!looked) idle(section, timed, due, std::min(limit, slot.deadline));
      }
      if (batch != nullptr) run(*batch);
    }
  }

  /// A thread that sees to deadlines while the workers are busy. Under the lock.
  void start_minder() override {
    if (options_.workers == 0 || minder_.joinable()) return;
    minder_ = std::thread([this] { mind(); });
  }

  void mind() noexcept {
    TimedWait<Clock> timed{clock_, mutex_, mind_};
    for (;;) {
      Section section(*this);
      if (minder_ends_) return;
      const TimePoint now = clock_.now();
      expire_pending(section, now);
      TimePoint next = next_expiry();
      for (std::size_t i = 0; i < batches_.size(); ++i) {
        Batch& batch = *batches_[i];
        if (!batch.running || batch.given_up) continue;
        if (batch.nearest <= now) end_running(section, batch, now, TicketStatus::expired);
        if (options_.hung_after.count() > 0) {
          const TimePoint hung = deadline_after(batch.went, options_.hung_after);
          if (hung <= now) {
            give_up(section, batch);
          } else {
            next = std::min(next, hung);
          }
        }
        next = std::min(next, batch.nearest);
      }
      next_event_ = minder_at_ = next;
      if (section.settled != nullptr) continue;  // they are told first
      if (next == TimePoint::max()) {
        mind_.wait(section.lock);
      } else {
        static_cast<void>(timed.until(section.lock, next));
      }
    }
  }

  /// The functor hangs: its items end, and another thread takes the place of the one that is in it.
  void give_up(Section& section, Batch& batch) noexcept {
    end_running(section, batch, TimePoint::max(), TicketStatus::hung);
    batch.given_up = true;
    --active_;
    if (!batch.of_worker || (closed_ && pending_.size() == 0)) return;
    try {
      start_worker();
      ++counters_.replaced_workers;
    } catch (...) {}  // one worker fewer
  }

  // Under the mutex.
  std::vector<std::thread> threads_{};
  std::thread minder_{};
  bool minder_ends_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
