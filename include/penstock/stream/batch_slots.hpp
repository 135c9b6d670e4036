// SPDX-License-Identifier: MIT
#pragma once

// Where a MicroBatcher keeps its items: slots that are used again and again, and the buffers of a batch.

#include "penstock/stream/pending_items.hpp"
#include "penstock/stream/ticket_slot.hpp"

#include <atomic>      // atomic
#include <cstddef>     // byte, size_t
#include <memory>      // construct_at, destroy_at, make_unique, make_unique_for_overwrite, unique_ptr
#include <new>         // launder
#include <optional>    // optional
#include <span>        // span
#include <stop_token>  // stop_callback
#include <utility>     // exchange, move
#include <vector>      // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Cancels an item when its stop token says so.
template <class Out>
struct CancelItem {
  TicketSlot<Out>* slot;
  void operator()() const noexcept { slot->owner->cancel(*slot); }
};

/// An item, from its submission until its result was taken.
template <class In, class Out>
struct BatchSlot : PendingNode, TicketSlot<Out> {
  std::optional<In> item{};
  std::optional<std::stop_callback<CancelItem<Out>>> stop{};
  BatchSlot* next_settled = nullptr;
  std::atomic<BatchSlot*> next_free{nullptr};

  /// As new. Not under a lock: user's destructors run, and the end of a stop callback that is under way is awaited.
  void clear() noexcept {
    stop.reset();
    item.reset();
    this->value.reset();
    this->fault = {};
    this->continuation.clear();
  }
};

/// Hands out slots, and makes more when all are in use. Slots come back from any thread without a lock. When its owner
/// has abandoned it, whoever gives back the last slot is told to delete it.
template <class Slot>
class SlotPool {
 public:
  SlotPool() = default;
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;

  /// By one thread at a time. @throws std::bad_alloc if there is no memory for more.
  [[nodiscard]] Slot& acquire() {
    if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (free_ == nullptr) grow();
    Slot& slot = *free_;
    free_ = slot.next_free.load(std::memory_order_relaxed);
    return slot;
  }
  /// By any thread. True: this was the last, the pool is abandoned, and the caller is to delete it.
  [[nodiscard]] bool give_back(Slot& slot) noexcept {
    Slot* head = returned_.load(std::memory_order_acquire);
    do {
      if (head == &abandoned_) return out_.fetch_sub(1, std::memory_order_acq_rel) == 1;
      slot.next_free.store(head, std::memory_order_relaxed);
    } while (!returned_.compare_exchange_weak(head, &slot, std::memory_order_release, std::memory_order_acquire));
    return false;
  }
  /// No slot will be acquired any more. True: none is out, and the caller is to delete the pool.
  [[nodiscard]] bool abandon() noexcept {
    out_.store(made_ + 1, std::memory_order_relaxed);  // 1 for this call
    std::size_t in = 1;
    Slot* const returned = returned_.exchange(&abandoned_, std::memory_order_acq_rel);
    for (Slot* list : {free_, returned}) {
      for (; list != nullptr; list = list->next_free.load(std::memory_order_relaxed)) ++in;
    }
    return out_.fetch_sub(in, std::memory_order_acq_rel) == in;
  }

 private:
  void grow() {
    const std::size_t count = made_ == 0 ? 64 : made_;
    chunks_.push_back(std::make_unique<Slot[]>(count));
    Slot* const slots = chunks_.back().get();
    for (std::size_t i = count; i-- > 0;) {
      slots[i].next_free.store(free_, std::memory_order_relaxed);
      free_ = &slots[i];
    }
    made_ += count;
  }

  std::vector<std::unique_ptr<Slot[]>> chunks_;
  std::size_t made_ = 0;
  Slot* free_ = nullptr;
  std::atomic<Slot*> returned_{nullptr};
  std::atomic<std::size_t> out_{0};  // once abandoned
  Slot abandoned_{};                 // a mark
};

/// At most `capacity` items side by side, made and destroyed one by one.
template <class T>
class ItemBuffer {
 public:
  explicit ItemBuffer(std::size_t capacity)
      : storage_(std::make_unique_for_overwrite<Storage[]>(capacity)), capacity_(capacity) {}
  ItemBuffer(const ItemBuffer&) = delete;
  ItemBuffer& operator=(const ItemBuffer&) = delete;
  ~ItemBuffer() { clear(); }

  void push(T&& item) {
    std::construct_at(reinterpret_cast<T*>(storage_[size_].bytes), std::move(item));
    ++size_;
  }
  void clear() noexcept {
    while (size_ > 0) std::destroy_at(std::launder(reinterpret_cast<T*>(storage_[--size_].bytes)));
  }
  [[nodiscard]] std::span<const T> items() const noexcept {
    return {std::launder(reinterpret_cast<const T*>(storage_.get())), size_};
  }

 private:
  struct Storage {
    alignas(T) std::byte bytes[sizeof(T)];
  };
  std::unique_ptr<Storage[]> storage_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
