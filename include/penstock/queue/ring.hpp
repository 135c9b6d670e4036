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

#include <cstddef>  // byte, size_t
#include <cstdint>  // SIZE_MAX, uint64_t
#include <memory>   // addressof, construct_at, destroy_at, make_unique, make_unique_for_overwrite, unique_ptr
#include <new>      // bad_array_new_length, launder
#include <utility>  // forward

namespace penstock {
inline namespace v0 {
namespace detail {

/// So far apart that two threads that write here and there do not take each other's cache line, nor the neighbour that
/// is fetched with it.
inline constexpr std::size_t apart = 128;

/// With one priority, `append` on one side and `front`, `pop` on the other touch nothing in common but the slot; who
/// calls sees to it that it is not the same one. With more, all is under the caller's lock. A slot that was never used
/// is never touched.
template <queue_item T>
class Rings {
 public:
  /// @throws std::bad_alloc if the memory is not to be had.
  Rings(std::size_t capacity, std::size_t levels)
      : capacity_(capacity), levels_(levels), slots_(std::make_unique_for_overwrite<Slot[]>(all(capacity, levels))) {
    if (levels > 1) orders_ = std::make_unique_for_overwrite<std::uint64_t[]>(capacity * levels);
  }
  Rings(const Rings&) = delete;
  Rings& operator=(const Rings&) = delete;
  ~Rings() = default;

  /// Puts one at the end. If T's constructor throws, nothing has changed.
  template <class... Arguments>
  void append(unsigned level, Arguments&&... arguments) {
    std::size_t& at = write_[level];
    std::construct_at(slots_[level * capacity_ + at].memory(), std::forward<Arguments>(arguments)...);
    if (levels_ > 1) note(level, at);
    at = after(at);
  }

  /// Puts `read(it)` of each `it` in [first, last) there, or, if one of the constructors throws, none.
  template <class Iterator, class Sentinel, class Read>
  void append_all(unsigned level, Iterator first, Sentinel last, const Read& read) {
    Slot* const slots = slots_.get() + level * capacity_;
    Rollback done{*this, slots, write_[level], 0};
    std::size_t at = write_[level];
    for (; first != last; ++done.count, at = after(at), ++first) std::construct_at(slots[at].memory(), read(first));
    if (levels_ > 1) {
      for (std::size_t i = write_[level], n = done.count; n > 0; --n, i = after(i)) note(level, i);
    }
    write_[level] = at;
    done.count = 0;
  }

  [[nodiscard]] T& front(unsigned level) noexcept { return slots_[level * capacity_ + read_[level]].item(); }

  /// Destroys the first.
  void pop(unsigned level) noexcept {
    std::size_t& at = read_[level];
    std::destroy_at(std::addressof(slots_[level * capacity_ + at].item()));
    if (levels_ > 1) --sizes_[level];
    at = after(at);
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
  struct Slot {
    alignas(T) std::byte storage[sizeof(T)];
    T* memory() noexcept { return reinterpret_cast<T*>(storage); }
    T& item() noexcept { return *std::launder(memory()); }
  };

  struct Rollback {  // destroys what it counts
    Rings& rings;
    Slot* slots;
    std::size_t at;
    std::size_t count;
    ~Rollback() {
      for (; count > 0; --count, at = rings.after(at)) std::destroy_at(std::addressof(slots[at].item()));
    }
  };

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
  const std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<std::uint64_t[]> orders_{};  // of arrival
  std::size_t sizes_[max_priorities]{};
  std::uint64_t next_order_ = 0;
  alignas(apart) std::size_t write_[max_priorities]{};
  alignas(apart) std::size_t read_[max_priorities]{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
