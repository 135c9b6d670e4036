// SPDX-License-Identifier: MIT
#pragma once

// Names and their places, for tables of so many columns that looking through all of them for each would be slow.

#include <bit>          // bit_ceil
#include <cstddef>      // size_t
#include <string_view>  // hash, string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// An open-addressing hash table of names that somebody else keeps. The first of a name counts, as in Schema::find.
class NameIndex {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  static constexpr std::size_t worth_it = 8;  // for fewer names than that it is quicker to look

  /// Room for `most` names.
  explicit NameIndex(std::size_t most) : slots_(std::bit_ceil(2 * most + 2), Slot{{}, none}) {}
  /// Of all these fields.
  template <class Fields>
  explicit NameIndex(const Fields& fields, std::size_t more = 0) : NameIndex(fields.size() + more) {
    for (std::size_t i = 0; i < fields.size(); ++i) find_or_add(fields[i].name, i);
  }

  /// The place of that name, or none. O(length) on average.
  [[nodiscard]] std::size_t find(std::string_view name) const noexcept { return slots_[slot_of(name)].place; }
  /// The place of that name: `place` if it is new.
  std::size_t find_or_add(std::string_view name, std::size_t place) noexcept {
    Slot& slot = slots_[slot_of(name)];
    if (slot.place == none) slot = {name, place};
    return slot.place;
  }

 private:
  struct Slot {
    std::string_view name;
    std::size_t place;
  };

  [[nodiscard]] std::size_t slot_of(std::string_view name) const noexcept {
    std::size_t slot = std::hash<std::string_view>{}(name) & (slots_.size() - 1);
    while (slots_[slot].place != none && slots_[slot].name != name) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
