// SPDX-License-Identifier: MIT
#pragma once

// The storage of a bounded queue: exactly `capacity` slots, shared by up to eight first-in-first-out lists.
//
//     detail::Slots<Event> slots(1024);
//     slots.append(0, std::move(event));
//     const unsigned level = slots.highest();
//     use(slots.front(level));
//     slots.pop(level);
//
// Lists and not rings, because the priorities share the capacity; and the slot used next is the one freed last, which
// is warm in the cache. A slot that was never used is never touched.

#include "penstock/queue/concepts.hpp"
#include "penstock/queue/options.hpp"

#include <bit>      // bit_width
#include <cstddef>  // byte, size_t
#include <cstdint>  // uint64_t
#include <memory>   // construct_at, destroy_at, unique_ptr, make_unique_for_overwrite
#include <new>      // launder
#include <utility>  // forward

namespace penstock {
inline namespace v0 {
namespace detail {

/// Not thread-safe. `level` is a priority below max_priorities; what says so needs a non-empty list there.
template <queue_item T>
class Slots {
 public:
  /// @throws std::bad_alloc if the memory is not to be had.
  explicit Slots(std::size_t capacity)
      : slots_(std::make_unique_for_overwrite<Slot[]>(capacity)), capacity_(capacity) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() {
    while (size_ > 0) pop(highest());
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }                     ///< items
  [[nodiscard]] std::size_t size() const noexcept { return size_; }                             ///< items
  [[nodiscard]] std::size_t size(unsigned level) const noexcept { return lists_[level].size; }  ///< items

  /// Puts one at the end of a list; there must be room. If T's constructor throws, nothing has changed.
  template <class... Arguments>
  void append(unsigned level, Arguments&&... arguments) {
    Slot* slot = acquire(std::forward<Arguments>(arguments)...);
    splice(level, slot, slot, 1);
  }

  /// Puts `read(it)` of each `it` in [first, last) there, or, if one of the constructors throws, none. There must be
  /// room.
  template <class Iterator, class Sentinel, class Read>
  void append_all(unsigned level, Iterator first, Sentinel last, const Read& read) {
    Chain chain{*this};
    for (; first != last; ++first) {
      Slot* slot = acquire(read(first));
      (chain.last != nullptr ? chain.last->next : chain.first) = slot;
      slot->next = nullptr;
      chain.last = slot;
      ++chain.size;
    }
    if (chain.size == 0) return;
    splice(level, chain.first, chain.last, chain.size);
    chain.first = nullptr;
  }

  /// The highest level that has an item; there must be one.
  [[nodiscard]] unsigned highest() const noexcept { return static_cast<unsigned>(std::bit_width(filled_)) - 1; }

  /// The level whose first item came before all others; there must be one.
  [[nodiscard]] unsigned oldest() const noexcept {
    const unsigned top = highest();
    unsigned best = top;
    for (unsigned level = 0; level < top; ++level) {
      if (lists_[level].size > 0 && lists_[level].first->order < lists_[best].first->order) best = level;
    }
    return best;
  }

  /// The item that came first of those at this level.
  [[nodiscard]] T& front(unsigned level) noexcept { return lists_[level].first->item(); }

  /// Destroys it.
  void pop(unsigned level) noexcept {
    List& list = lists_[level];
    Slot* slot = list.first;
    list.first = slot->next;
    if (--list.size == 0) filled_ &= ~(1u << level);
    --size_;
    release(slot);
  }

 private:
  struct Slot {
    alignas(T) std::byte storage[sizeof(T)];
    Slot* next;           // behind in its list, or in the list of free ones
    std::uint64_t order;  // of arrival
    T& item() noexcept { return *std::launder(reinterpret_cast<T*>(storage)); }
  };
  struct List {
    Slot* first = nullptr;
    Slot* last = nullptr;
    std::size_t size = 0;
  };
  struct Chain {  // items that are in slots but not yet in a list
    ~Chain() {
      while (first != nullptr) {
        Slot* slot = first;
        first = slot->next;
        slots.release(slot);
      }
    }
    Slots& slots;
    Slot* first = nullptr;
    Slot* last = nullptr;
    std::size_t size = 0;
  };

  template <class... Arguments>
  Slot* acquire(Arguments&&... arguments) {
    Slot* slot = free_ != nullptr ? free_ : &slots_[used_];
    std::construct_at(reinterpret_cast<T*>(slot->storage), std::forward<Arguments>(arguments)...);
    if (slot == free_) {
      free_ = slot->next;
    } else {
      ++used_;
    }
    return slot;
  }

  void release(Slot* slot) noexcept {
    std::destroy_at(&slot->item());
    slot->next = free_;
    free_ = slot;
  }

  void splice(unsigned level, Slot* first, Slot* last, std::size_t count) noexcept {
    List& list = lists_[level];
    (list.size > 0 ? list.last->next : list.first) = first;
    list.last = last;
    list.size += count;
    size_ += count;
    filled_ |= 1u << level;
    for (Slot* slot = first;; slot = slot->next) {
      slot->order = next_order_++;
      if (slot == last) break;
    }
  }

  std::unique_ptr<Slot[]> slots_;
  std::size_t capacity_;
  std::size_t used_ = 0;  // slots that have ever held an item
  Slot* free_ = nullptr;  // those of them that hold none
  List lists_[max_priorities];
  unsigned filled_ = 0;  // bit per list that has an item
  std::size_t size_ = 0;
  std::uint64_t next_order_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
