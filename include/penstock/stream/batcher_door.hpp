// SPDX-License-Identifier: MIT
#pragma once

// The door of a MicroBatcher: who gets in, who waits there, and who is sent away.

#include "penstock/core/clock.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"
#include "penstock/stream/batcher_state.hpp"
#include "penstock/stream/ticket_status.hpp"

#include <algorithm>   // min
#include <mutex>       // scoped_lock
#include <stdexcept>   // invalid_argument
#include <stop_token>  // stop_callback
#include <string>      // to_string
#include <utility>     // forward

namespace penstock {
inline namespace v0 {
namespace detail {

template <class In, class Out, clock_source Clock, batch_policy Policy>
class BatcherDoor : public BatcherState<In, Out, Clock, Policy> {
  using State = BatcherState<In, Out, Clock, Policy>;

 public:
  using State::State;
  using typename State::Base;
  using typename State::Slot;

  struct Admission {
    Slot* slot;  // held for a ticket; null if it was refused
    TicketStatus status;
  };

  /// Takes an item in, or says why not; only then is `value` untouched. `arm(slot)` is called under the lock before.
  template <class Value, class Arm>
  Admission admit(Value&& value, const SubmitOptions& how, bool may_wait, const Arm& arm, bool runs_itself = false) {
    check(how);
    const bool waits = may_wait && options_.overflow == Overflow::block;
    Admission admission{nullptr, TicketStatus::pending};
    TimePoint deadline;
    {
      Section section(*this);
      const TimePoint now = clock_.now();
      deadline = how.deadline.from(now);
      if (deadline == TimePoint::max() && options_.slo.count() > 0) deadline = deadline_after(now, options_.slo);
      admission = enter(section, std::forward<Value>(value), how, now, deadline, waits, arm);
      section.wakes_workers = !(runs_itself && may_help(deadline) && may_run());
    }
    if (admission.status == TicketStatus::pending && admission.slot == nullptr) {
      admission = wait_at_door(std::forward<Value>(value), how, deadline, arm);
    }
    // Not under the lock, because a stop that was requested calls back at once.
    if (admission.slot != nullptr && how.stop.stop_possible()) {
      admission.slot->stop.emplace(how.stop, CancelItem<Out>{admission.slot});
    }
    return admission;
  }

 protected:
  using State::ask;
  using State::clock_;
  using State::closed_;
  using State::counters_;
  using State::crossings_;
  using State::end_pending;
  using State::given_up_at;
  using State::may_run;
  using State::mutex_;
  using State::next_event_;
  using State::options_;
  using State::pending_;
  using State::policy_;
  using State::pool_;
  using State::room_;
  using State::since_sample_;
  using State::start_minder;
  using State::waiting_submits_;
  using State::woken_submits_;
  using typename State::Section;

  /// Whether a thread that waits for an item of this deadline may run batches: then nothing calls it back in time.
  [[nodiscard]] bool may_help(TimePoint deadline) const noexcept {
    return options_.callers_run && deadline == TimePoint::max() && options_.hung_after.count() == 0;
  }

 private:
  void check(const SubmitOptions& how) const {
    if (how.priority.level >= options_.priorities) {
      throw std::invalid_argument("SubmitOptions.priority is " + std::to_string(how.priority.level) +
                                  "; it must be below MicroBatcherOptions.priorities, " +
                                  std::to_string(options_.priorities));
    }
    if (how.weight == 0 || (options_.max_weight > 0 && how.weight > options_.max_weight)) {
      throw std::invalid_argument("SubmitOptions.weight is " + std::to_string(how.weight) + "; 1 to " +
                                  (options_.max_weight > 0 ? std::to_string(options_.max_weight) : "any") +
                                  " are possible");
    }
  }

  /// One attempt to get in. `pending` without a slot: it has to wait.
  template <class Value, class Arm>
  Admission enter(Section& section, Value&& value, const SubmitOptions& how, TimePoint now, TimePoint deadline,
                  bool waits, const Arm& arm) {
    if (how.stop.stop_requested()) return ++counters_.stopped, Admission{nullptr, TicketStatus::cancelled};
    if (closed_) return ++counters_.closed_out, Admission{nullptr, TicketStatus::closed};
    if (deadline <= now) return ++counters_.timed_out, Admission{nullptr, TicketStatus::expired};
    Slot* victim = nullptr;
    if (options_.overflow == Overflow::sample && crossings_.marks().throttled() &&
        ++since_sample_ < options_.sample_every) {
      return ++counters_.sampled_out, Admission{nullptr, TicketStatus::dropped};
    }
    if (pending_.size() >= options_.capacity) {
      if (waits) return {nullptr, TicketStatus::pending};
      if (options_.overflow == Overflow::block || options_.overflow == Overflow::reject) {
        return ++counters_.rejected, Admission{nullptr, TicketStatus::rejected};
      }
      if (options_.overflow == Overflow::drop_oldest) victim = static_cast<Slot*>(pending_.oldest());
      if (options_.overflow == Overflow::drop_lowest_priority) {
        victim = static_cast<Slot*>(pending_.oldest_below(how.priority.level));
      }
      if (victim == nullptr) return ++counters_.dropped, Admission{nullptr, TicketStatus::dropped};
    }
    if (deadline != TimePoint::max()) start_minder();
    Slot& slot = pool_.acquire();
    try {
      slot.item.emplace(std::forward<Value>(value));
      slot.owner = this;
      slot.arrival = now;
      slot.deadline = deadline;
      slot.weight = how.weight;
      slot.priority = how.priority.level;
      const typename Base::Word told = arm(slot) ? Base::continued : 0;
      pending_.push(slot);
      slot.state.store(told | Base::held_by_ticket | Base::held_by_batcher, std::memory_order_release);
    } catch (...) {
      slot.clear();
      static_cast<void>(pool_.give_back(slot));
      throw;
    }
    if (victim != nullptr) end_pending(section, *victim, TicketStatus::dropped);
    since_sample_ = 0;
    ++counters_.accepted;
    ask([&] { policy_.arrived(now, how.weight); });
    next_event_ = std::min(next_event_, given_up_at(deadline));
    return {&slot, TicketStatus::pending};
  }

  template <class Value, class Arm>
  Admission wait_at_door(Value&& value, const SubmitOptions& how, TimePoint deadline, const Arm& arm) {
    TimedWait<Clock> timed{clock_, mutex_, room_};
    const auto wake = [this] {
      { const std::scoped_lock lock(mutex_); }
      room_.notify_all();
    };
    const std::stop_callback on_stop(how.stop, wake);
    Section section(*this);
    for (;;) {
      const Admission admission = enter(section, std::forward<Value>(value), how, clock_.now(), deadline, true, arm);
      if (admission.slot != nullptr || admission.status != TicketStatus::pending) return admission;
      ++waiting_submits_;
      if (deadline == TimePoint::max()) {
        room_.wait(section.lock);
      } else {
        static_cast<void>(timed.until(section.lock, deadline));
      }
      --waiting_submits_;
      if (woken_submits_ > 0) --woken_submits_;
    }
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
