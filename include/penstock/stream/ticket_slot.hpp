// SPDX-License-Identifier: MIT
#pragma once

// The place of one item's result, shared by its ticket and its batcher until both have let go of it.
//
// The state is one word: the status, who still holds the slot, and whether somebody is to be told. The status changes
// under the batcher's lock only, once from pending to running at most and once to a final one; the rest of the word by
// whoever it concerns.

#include "penstock/core/clock.hpp"
#include "penstock/stream/outcome.hpp"
#include "penstock/stream/ticket_status.hpp"

#include <atomic>              // atomic
#include <condition_variable>  // condition_variable
#include <cstddef>             // byte, max_align_t, size_t
#include <cstdint>             // uint32_t
#include <memory>              // construct_at, destroy_at
#include <mutex>               // mutex
#include <optional>            // optional
#include <type_traits>         // is_nothrow_move_constructible_v
#include <utility>             // exchange, move

namespace penstock {
inline namespace v0 {
namespace detail {

template <class Out>
struct TicketSlot;

/// What a ticket asks of its batcher. It lives until the last slot is released.
template <class Out>
class TicketOwner {
 public:
  /// Waits until the slot's status is final, at the latest until `limit` or the item's deadline; says whether it is.
  virtual bool wait(TicketSlot<Out>& slot, TimePoint limit) = 0;
  /// Ends the item as cancelled unless it has ended; says whether it is cancelled now.
  virtual bool cancel(TicketSlot<Out>& slot) = 0;
  /// Takes the slot back. Called by whoever let go of it last.
  virtual void release(TicketSlot<Out>& slot) noexcept = 0;
  [[nodiscard]] virtual TimePoint now() const = 0;

 protected:
  ~TicketOwner() = default;
};

/// What is to be done when an item has ended: a callable of the slot, in place if it is small, else on the heap.
template <class Slot>
class Continuation {
 public:
  Continuation() = default;
  Continuation(const Continuation&) = delete;
  Continuation& operator=(const Continuation&) = delete;
  ~Continuation() { clear(); }

  template <class F>
  void set(F function) {
    clear();
    if constexpr (sizeof(F) <= room && alignof(F) <= alignof(std::max_align_t) &&
                  std::is_nothrow_move_constructible_v<F>) {
      std::construct_at(reinterpret_cast<F*>(storage_), std::move(function));
      run_ = [](std::byte* at, Slot& slot) { (*reinterpret_cast<F*>(at))(slot); };
      destroy_ = [](std::byte* at) { std::destroy_at(reinterpret_cast<F*>(at)); };
    } else {
      *reinterpret_cast<F**>(storage_) = new F(std::move(function));
      run_ = [](std::byte* at, Slot& slot) { (**reinterpret_cast<F**>(at))(slot); };
      destroy_ = [](std::byte* at) { delete *reinterpret_cast<F**>(at); };
    }
  }
  void run(Slot& slot) { run_(storage_, slot); }
  void clear() noexcept {
    if (auto* destroy = std::exchange(destroy_, nullptr)) destroy(storage_);
  }

 private:
  static constexpr std::size_t room = 64;

  alignas(std::max_align_t) std::byte storage_[room];
  void (*run_)(std::byte*, Slot&) = nullptr;
  void (*destroy_)(std::byte*) = nullptr;
};

template <class Out>
struct TicketSlot {
  using Word = std::uint32_t;
  static constexpr Word status_bits = 0xff;
  static constexpr Word watched = 1 << 8;          // a thread waits, and has to be woken
  static constexpr Word continued = 1 << 9;        // a continuation is set, and has to be run
  static constexpr Word held_by_ticket = 1 << 10;  // who holds the slot: the last to let go releases it
  static constexpr Word held_by_batcher = 1 << 11;
  static constexpr Word held_by_settler = 1 << 12;
  static constexpr Word held = held_by_ticket | held_by_batcher | held_by_settler;

  std::atomic<Word> state{0};
  TicketOwner<Out>* owner = nullptr;

  // Written by the thread that runs the batch, until the status is final; then the ticket's.
  std::optional<Out> value{};
  Fault fault{};

  Continuation<TicketSlot> continuation{};
  std::mutex mutex{};  // for `changed` only
  std::condition_variable changed{};

  TicketStatus status() const noexcept {
    return static_cast<TicketStatus>(state.load(std::memory_order_acquire) & status_bits);
  }
  /// Lets go; the slot is gone for whoever called.
  void let_go(Word holder) noexcept {
    const Word before = state.fetch_and(~holder, std::memory_order_acq_rel);
    if ((before & ~holder & held) == 0) owner->release(*this);
  }
  /// The outcome of a slot whose status is final.
  [[nodiscard]] Outcome<Out> take() {
    const TicketStatus end = status();
    if (end == TicketStatus::ok) return Outcome<Out>(std::move(*value));
    return end == TicketStatus::failed ? Outcome<Out>(end, std::move(fault)) : Outcome<Out>(end);
  }
  /// Has `function(slot)` run when the item ends. False if it has ended: then it is not run.
  template <class F>
  [[nodiscard]] bool then(F function) {
    continuation.set(std::move(function));
    const Word before = state.fetch_or(continued, std::memory_order_acq_rel);
    return !is_final(static_cast<TicketStatus>(before & status_bits));
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
