// SPDX-License-Identifier: MIT
#pragma once

// The storage of a queue: a ring of `capacity` slots for each priority.
//
//     detail::Rings<Event> rings(1024, 1);
//     rings.append(0, std::move(event));       // producers' side
//     use(rings.front(0));
//     rings.pop(0);                            // consumers' side

#include "penstock/queue/concepts.hpp"
#include "penstock/queue/options.hpp"

#include <algorithm>    // min
#include <concepts>     // same_as
#include <cstddef>      // byte, size_t
#include <cstdint>      // SIZE_MAX, uint64_t
#include <cstring>      // memcpy
#include <iterator>     // contiguous_iterator, iter_value_t, sized_sentinel_for
#include <memory>       // addressof, construct_at, destroy_at, make_unique_for_overwrite, to_address, unique_ptr
#include <new>          // bad_array_new_length, launder
#include <type_traits>  // is_trivially_copyable_v
#include <utility>      // exchange, forward, move

namespace penstock {
inline namespace v0 {
namespace detail {

/// So far apart that two threads that write here and there do not take each other's cache line, nor the neighbour that
/// is fetched with it.
inline constexpr std::size_t interference_size = 128;

/// Slots for `count` items, of which it does not know which are in use. A slot that was never used is never touched.
template <queue_item T>
class RingMemory {
 public:
  /// @throws std::bad_alloc if the memory is not to be had.
  explicit RingMemory(std::size_t count) : slots_(std::make_unique_for_overwrite<Slot[]>(count)) {}

  [[nodiscard]] T* memory(std::size_t at) noexcept { return reinterpret_cast<T*>(slots_[at].storage); }
  [[nodiscard]] T& item(std::size_t at) noexcept { return *std::launder(memory(at)); }

  /// Puts `read(it)` of each `it` in [first, last) into the slots [begin, end) in the round, from `at` on, or, if one
  /// of the constructors throws, none; how many.
  template <class Iterator, class Sentinel, class Read>
  std::size_t append_all(std::size_t begin, std::size_t end, std::size_t at, Iterator first, Sentinel last,
                         const Read& read) {
    if constexpr (std::contiguous_iterator<Iterator> && std::sized_sentinel_for<Sentinel, Iterator> &&
                  std::same_as<std::iter_value_t<Iterator>, T> && std::is_trivially_copyable_v<T>) {
      const T* from = std::to_address(first);
      const auto n = static_cast<std::size_t>(last - first);
      const std::size_t straight = std::min(n, end - at);
      copy(from, straight, at);
      copy(from + straight, n - straight, begin);
      return n;
    } else {
      struct Rollback {  // destroys what it counts
        ~Rollback() {
          for (; count > 0; --count, at = at + 1 == end ? begin : at + 1)
            std::destroy_at(std::addressof(ring.item(at)));
        }
        RingMemory& ring;
        std::size_t begin, end, at, count;
      } done{*this, begin, end, at, 0};
      for (; first != last; ++done.count, at = at + 1 == end ? begin : at + 1, ++first) {
        std::construct_at(memory(at), read(first));
      }
      return std::exchange(done.count, 0);
    }
  }

 private:
  struct Slot {
    alignas(T) std::byte storage[sizeof(T)];
  };

  void copy(const T* from, std::size_t n, std::size_t at) noexcept {
    if (n > 0) std::memcpy(slots_[at].storage, from, n * sizeof(T));
  }

  const std::unique_ptr<Slot[]> slots_;
};

/// One ring, in which the i-th item ever has its slot. Who puts them there, in order, and who takes them touch nothing
/// in common but the slot; who calls sees to it that it is not the same one.
template <queue_item T>
class Ring {
 public:
  /// @throws std::bad_alloc if the memory is not to be had.
  explicit Ring(std::size_t capacity) : capacity_(capacity), slots_(capacity) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() = default;

  /// Makes the i-th. If T's constructor throws, nothing has changed.
  template <class... Arguments>
  void append(std::uint64_t i, Arguments&&... arguments) {
    std::construct_at(slots_.memory(at(i, write_round_)), std::forward<Arguments>(arguments)...);
  }
  /// Makes the i-th and those behind it `read(it)` of each `it` in [first, last), or, if one of the constructors
  /// throws, none.
  template <class Iterator, class Sentinel, class Read>
  void append_all(std::uint64_t i, Iterator first, Sentinel last, const Read& read) {
    slots_.append_all(0, capacity_, at(i, write_round_), first, last, read);
  }

  /// Gives the i-th to `use(T&&)` and destroys it. If `use` throws, it stays.
  template <class Use>
  void take(std::uint64_t i, const Use& use) {
    T& item = slots_.item(at(i, read_round_));
    use(std::move(item));
    std::destroy_at(std::addressof(item));
  }
  /// Gives n from the i-th on to `use(pointer, count)`, in one piece or two.
  template <class Use>
    requires std::is_trivially_copyable_v<T>
  void take_all(std::uint64_t i, std::size_t n, const Use& use) {
    const std::size_t from = at(i, read_round_);
    const std::size_t straight = std::min(n, capacity_ - from);
    use(slots_.memory(from), straight);
    if (n > straight) use(slots_.memory(0), n - straight);
  }

 private:
  /// The slot of the i-th, which is in this round or in the next. A place that is counted on by itself would be one
  /// more thing to store for each item.
  [[nodiscard]] std::size_t at(std::uint64_t i, std::uint64_t& round) const noexcept {
    if (i - round >= capacity_) [[unlikely]]
      round += capacity_;
    return static_cast<std::size_t>(i - round);
  }

  const std::size_t capacity_;
  RingMemory<T> slots_;
  alignas(interference_size) std::uint64_t write_round_ = 0;  // the first item's number
  alignas(interference_size) std::uint64_t read_round_ = 0;
};

/// A ring for each priority. With one priority, `append` on one side and `front`, `pop` on the other touch nothing in
/// common but the slot; with more, all is under the caller's lock.
template <queue_item T>
class Rings {
 public:
  /// @throws std::bad_alloc if the memory is not to be had.
  Rings(std::size_t capacity, std::size_t levels)
      : capacity_(capacity), levels_(levels), slots_(all(capacity, levels)) {
    if (levels > 1) orders_ = std::make_unique_for_overwrite<std::uint64_t[]>(capacity * levels);
  }
  Rings(const Rings&) = delete;
  Rings& operator=(const Rings&) = delete;
  ~Rings() = default;

  /// Puts one at the end. If T's constructor throws, nothing has changed.
  template <class... Arguments>
  void append(unsigned level, Arguments&&... arguments) {
    std::size_t& at = write_[level];
    std::construct_at(slots_.memory(level * capacity_ + at), std::forward<Arguments>(arguments)...);
    if (levels_ > 1) note(level, at);
    at = after(at);
  }

  /// Puts `read(it)` of each `it` in [first, last) there, or, if one of the constructors throws, none.
  template <class Iterator, class Sentinel, class Read>
  void append_all(unsigned level, Iterator first, Sentinel last, const Read& read) {
    const std::size_t base = level * capacity_;
    std::size_t& at = write_[level];
    const std::size_t n = slots_.append_all(base, base + capacity_, base + at, first, last, read);
    if (levels_ > 1) {
      for (std::size_t i = 0, slot = at; i < n; ++i, slot = after(slot)) note(level, slot);
    }
    at = at + n < capacity_ ? at + n : at + n - capacity_;
  }

  [[nodiscard]] T& front(unsigned level) noexcept { return slots_.item(level * capacity_ + read_[level]); }

  /// Destroys the first.
  void pop(unsigned level) noexcept {
    std::size_t& at = read_[level];
    std::destroy_at(std::addressof(slots_.item(level * capacity_ + at)));
    if (levels_ > 1) --sizes_[level];
    at = after(at);
  }

  /// With one priority: gives the first n to `use(pointer, count)`, in one piece or two.
  template <class Use>
    requires std::is_trivially_copyable_v<T>
  void take_all(std::size_t n, const Use& use) {
    std::size_t& at = read_[0];
    const std::size_t straight = std::min(n, capacity_ - at);
    use(slots_.memory(at), straight);
    if (n > straight) use(slots_.memory(0), n - straight);
    at = at + n < capacity_ ? at + n : at + n - capacity_;
  }

  // With more than one priority; with one, all is level 0.

  [[nodiscard]] std::size_t size(unsigned level) const noexcept { return sizes_[level]; }  ///< items

  /// The highest level that has an item; there must be one.
  [[nodiscard]] unsigned highest() const noexcept {
    auto level = static_cast<unsigned>(levels_ - 1);
    while (level > 0 && sizes_[level] == 0) --level;
    return level;
  }
  /// The level whose first item came before all others; there must be one.
  [[nodiscard]] unsigned oldest() const noexcept {
    const unsigned top = highest();
    unsigned best = top;
    for (unsigned level = 0; level < top; ++level) {
      if (sizes_[level] > 0 && order(level) < order(best)) best = level;
    }
    return best;
  }

 private:
  static std::size_t all(std::size_t capacity, std::size_t levels) {
    if (capacity > SIZE_MAX / levels) throw std::bad_array_new_length();
    return capacity * levels;
  }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept { return at + 1 == capacity_ ? 0 : at + 1; }
  [[nodiscard]] std::uint64_t order(unsigned level) const noexcept { return orders_[level * capacity_ + read_[level]]; }
  void note(unsigned level, std::size_t at) noexcept {
    orders_[level * capacity_ + at] = next_order_++;
    ++sizes_[level];
  }

  const std::size_t capacity_;
  const std::size_t levels_;
  RingMemory<T> slots_;
  std::unique_ptr<std::uint64_t[]> orders_{};  // of arrival
  std::size_t sizes_[max_priorities]{};
  std::uint64_t next_order_ = 0;
  alignas(interference_size) std::size_t write_[max_priorities]{};
  alignas(interference_size) std::size_t read_[max_priorities]{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
