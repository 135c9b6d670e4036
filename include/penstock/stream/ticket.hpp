// SPDX-License-Identifier: MIT
#pragma once

// What a MicroBatcher gives for an item: a claim on its result.
//
//     Ticket<double> ticket = batcher.submit(row);
//     if (ticket.wait_for(5ms)) use(ticket.get());      // waits until the item's deadline at most; throws its error
//     Outcome<double> outcome = ticket.outcome();       // the same without a throw
//     double score = co_await batcher.submit(row);      // in a coroutine, which goes on where the batch ran

#include "penstock/core/clock.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/stream/outcome.hpp"
#include "penstock/stream/ticket_slot.hpp"
#include "penstock/stream/ticket_status.hpp"

#include <chrono>     // duration
#include <coroutine>  // coroutine_handle
#include <stdexcept>  // logic_error
#include <utility>    // exchange, move

namespace penstock {
inline namespace v0 {

namespace detail {
struct TicketMaker;
}

/// The result of one item, to be taken once. To drop the ticket neither cancels nor waits: the item runs, and its
/// result goes nowhere. It may outlive its batcher, which ends every item when it goes. Like a pointer, a ticket is
/// used by one thread at a time.
template <class Out>
class [[nodiscard]] Ticket {
  using Slot = detail::TicketSlot<Out>;

  /// What `co_await` waits by; Held is a Ticket, or a reference to one.
  template <class Held, bool as_outcome>
  struct Awaiter {
    Held ticket;
    [[nodiscard]] bool await_ready() const { return ticket.ready(); }
    [[nodiscard]] bool await_suspend(std::coroutine_handle<> coroutine) {
      // From here another thread may resume the coroutine, and with it end this awaiter.
      return ticket.slot_->then([coroutine](Slot&) { std::coroutine_handle<>(coroutine).resume(); });
    }
    auto await_resume() {
      if constexpr (as_outcome) {
        return ticket.outcome();
      } else {
        return ticket.get();
      }
    }
  };

 public:
  using value_type = Out;  ///< of what the functor gives for an item

  /// Takes over; `other` is as one whose value was taken.
  Ticket(Ticket&& other) noexcept
      : slot_(std::exchange(other.slot_, nullptr)), status_(std::exchange(other.status_, TicketStatus::ok)) {}
  /// As above; what this was for goes nowhere.
  Ticket& operator=(Ticket&& other) noexcept {
    if (this != &other) {
      drop();
      slot_ = std::exchange(other.slot_, nullptr);
      status_ = std::exchange(other.status_, TicketStatus::ok);
    }
    return *this;
  }
  ~Ticket() { drop(); }

  /// Where the item is, or how it ended; stays when the result has been taken. Never waits.
  TicketStatus status() const noexcept { return slot_ != nullptr ? slot_->status() : status_; }
  /// Whether the item has ended, so that nothing below waits.
  [[nodiscard]] bool ready() const noexcept { return is_final(status()); }

  /// Waits until the item has ended, at the latest until its deadline: then it ends as `expired`.
  void wait() const { static_cast<void>(wait_until(TimePoint::max())); }
  /// The same, but no longer than `patience` by the batcher's clock. Returns ready().
  template <class Rep, class Period>
  [[nodiscard]] bool wait_for(std::chrono::duration<Rep, Period> patience) const {
    return ready() || wait_until(detail::deadline_after(slot_->owner->now(), patience));
  }
  /// The same, until a moment of the batcher's clock.
  [[nodiscard]] bool wait_until(TimePoint limit) const { return ready() || slot_->owner->wait(*slot_, limit); }

  /// Waits, and gives the value.
  /// @throws what the functor threw, its Error for this item, or a TicketError that says why it was not served;
  /// std::logic_error if the value was taken before.
  [[nodiscard]] Out get() { return outcome().value(); }
  /// Waits, and gives the value or why there is none.
  /// @throws std::logic_error if the value was taken before; and what Out's move throws, which leaves the ticket as it
  /// was.
  [[nodiscard]] Outcome<Out> outcome() {
    wait();
    if (slot_ == nullptr) {
      if (status_ == TicketStatus::ok) throw std::logic_error("Ticket: its value was taken before");
      return Outcome<Out>(status_);
    }
    Outcome<Out> outcome = slot_->take();
    drop();
    return outcome;
  }

  /// Ends the item as `cancelled` unless it has ended. If it waits it will not be run; if it runs, that goes on, and
  /// its result is dropped. Returns whether it is cancelled now.
  bool cancel() { return slot_ != nullptr ? slot_->owner->cancel(*slot_) : status_ == TicketStatus::cancelled; }

  /// As get(), but suspends the coroutine. It goes on in the thread that ended the item, which is most often the worker
  /// that ran the batch: so it should not hold that up. It must not be destroyed before it has gone on.
  [[nodiscard]] auto operator co_await() && { return Awaiter<Ticket, false>{std::move(*this)}; }
  [[nodiscard]] auto operator co_await() & { return Awaiter<Ticket&, false>{*this}; }  ///< as above
  /// `co_await ticket.as_outcome()` gives what outcome() does.
  [[nodiscard]] auto as_outcome() && { return Awaiter<Ticket, true>{std::move(*this)}; }
  [[nodiscard]] auto as_outcome() & { return Awaiter<Ticket&, true>{*this}; }  ///< as above

 private:
  friend struct detail::TicketMaker;

  Ticket(Slot* slot, TicketStatus status) noexcept : slot_(slot), status_(status) {}

  void drop() noexcept {
    if (slot_ == nullptr) return;
    status_ = slot_->status();
    std::exchange(slot_, nullptr)->let_go(Slot::held_by_ticket);
  }

  Slot* slot_;
  TicketStatus status_;  // where there is no slot
};

namespace detail {

/// Makes tickets: for a slot that is held for one, or for none where an item was refused.
struct TicketMaker {
  template <class Out>
  static Ticket<Out> make(TicketSlot<Out>* slot, TicketStatus status) noexcept {
    return Ticket<Out>(slot, status);
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
