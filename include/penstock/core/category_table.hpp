// SPDX-License-Identifier: MIT
#pragma once

// Texts to codes: the table behind CategoryIndex, and of readers' inner loops. One multiplication and one comparison
// for a text of at most eight bytes; it has a limit, and can forget the last texts again when the row that brought them
// is bad. A reader knows that eight bytes behind its texts can be read, and says so: find_or_add_padded.

#include "penstock/core/dictionary.hpp"

#include <bit>          // endian
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, uint64_t
#include <cstring>      // memcpy, memcmp
#include <memory>       // make_shared, shared_ptr
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// An open-addressing hash table whose codes never change. Not thread-safe; its dictionaries are, also while it learns
/// more texts.
class CategoryTable {
 public:
  static constexpr std::int32_t unknown = -1;

  CategoryTable() : slots_(64, unknown) {}
  /// Of the same texts in a memory of its own: both may go on. O(texts).
  CategoryTable(const CategoryTable& other)
      : slots_(other.slots_), keys_(other.keys_), texts_(std::make_shared<TextStore>()) {
    for (std::size_t i = 0; i < keys_.size(); ++i) texts_->set(i, (*other.texts_)[i]);
  }
  CategoryTable& operator=(const CategoryTable& other) { return *this = CategoryTable(other); }
  CategoryTable(CategoryTable&&) noexcept = default;
  CategoryTable& operator=(CategoryTable&&) noexcept = default;
  ~CategoryTable() = default;

  /// The code of a text, or unknown. O(length) on average.
  [[nodiscard]] std::int32_t find(std::string_view text) const noexcept {
    return slots_[slot_of(key_of<exact>(text), text)];
  }

  /// The code of a text, a new one if there are fewer than `limit`; else unknown.
  std::int32_t find_or_add(std::string_view text, std::size_t limit = SIZE_MAX) {
    return find_or_add_by<exact>(text, limit);
  }
  /// The same for a text behind which eight bytes can be read.
  std::int32_t find_or_add_padded(std::string_view text, std::size_t limit) {
    return find_or_add_by<padded>(text, limit);
  }

  /// Forgets the texts from code `size` on, none of which may be in a dictionary that is still there.
  void shrink(std::size_t size) {
    while (keys_.size() > size) {
      // The last that came is at the end of its probe sequence, so that its slot can be freed as it is.
      for (std::size_t slot = keys_.back().hash & (slots_.size() - 1);; slot = (slot + 1) & (slots_.size() - 1)) {
        if (slots_[slot] != static_cast<std::int32_t>(keys_.size() - 1)) continue;
        slots_[slot] = unknown;
        break;
      }
      keys_.pop_back();
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }            ///< texts known
  [[nodiscard]] Dictionary texts() const noexcept { return {texts_, keys_.size()}; }  ///< their codes are their places
  /// The text of a code that was given.
  [[nodiscard]] const std::string& text(std::size_t code) const noexcept { return (*texts_)[code]; }

  /// The texts so far; the same object until a text is added. O(1).
  [[nodiscard]] const std::shared_ptr<const Dictionary>& dictionary() {
    if (!shared_ || shared_->size() != keys_.size()) shared_ = std::make_shared<const Dictionary>(texts());
    return shared_;
  }

 private:
  struct Key {
    std::uint64_t hash;
    std::uint64_t head;  // the first eight bytes, zeros behind a shorter text
    std::size_t size;
  };

  using Load = std::uint64_t(const char*, std::size_t) noexcept;

  template <Load load>
  static Key key_of(std::string_view text) noexcept {
    std::uint64_t head = load(text.data(), text.size());
    std::uint64_t hash = mix(head ^ (text.size() * 0x9E3779B97F4A7C15));
    for (std::size_t i = 8; i < text.size(); i += 8) hash = mix(hash ^ load(text.data() + i, text.size() - i));
    return {hash, head, text.size()};
  }

  /// The first eight bytes, zeros behind a shorter text.
  static std::uint64_t exact(const char* p, std::size_t size) noexcept {
    std::uint64_t word = 0;
    if (size > 0) std::memcpy(&word, p, size < 8 ? size : 8);
    return word;
  }

  /// The same where eight bytes behind the text can be read.
  static std::uint64_t padded(const char* p, std::size_t size) noexcept {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    if (size >= 8) return word;
    if constexpr (std::endian::native == std::endian::little) return word & ((std::uint64_t{1} << (8 * size)) - 1);
    return size == 0 ? 0 : word & ~std::uint64_t{0} << (64 - 8 * size);
  }

  static constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x *= 0xD6E8FEB86659FD93;
    return x ^ (x >> 32);
  }

  [[nodiscard]] std::size_t slot_of(const Key& key, std::string_view text) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = key.hash & mask;; slot = (slot + 1) & mask) {
      if (slots_[slot] == unknown) return slot;
      const auto code = static_cast<std::size_t>(slots_[slot]);
      const Key& other = keys_[code];
      if (other.head == key.head && other.size == key.size &&
          (key.size <= 8 || std::memcmp(this->text(code).data() + 8, text.data() + 8, key.size - 8) == 0)) {
        return slot;
      }
    }
  }

  template <Load load>
  std::int32_t find_or_add_by(std::string_view text, std::size_t limit) {
    const Key key = key_of<load>(text);
    std::size_t slot = slot_of(key, text);
    if (slots_[slot] != unknown) return slots_[slot];
    if (keys_.size() >= limit) return unknown;
    if (2 * keys_.size() >= slots_.size()) {
      grow();
      slot = slot_of(key, text);
    }
    const auto code = static_cast<std::int32_t>(keys_.size());
    if (texts_ == nullptr) texts_ = std::make_shared<TextStore>();
    texts_->set(keys_.size(), std::string(text));
    keys_.push_back(key);
    slots_[slot] = code;
    return code;
  }

  void grow() {
    slots_.assign(2 * slots_.size(), unknown);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t code = 0; code < keys_.size(); ++code) {  // in the order of codes, which shrink() relies on
      std::size_t slot = keys_[code].hash & mask;
      while (slots_[slot] != unknown) slot = (slot + 1) & mask;
      slots_[slot] = static_cast<std::int32_t>(code);
    }
  }

  std::vector<std::int32_t> slots_;  // a power of two, at most half of them taken
  std::vector<Key> keys_;
  std::shared_ptr<TextStore> texts_;  // as many as keys; dictionaries have it too, each up to its own end
  std::shared_ptr<const Dictionary> shared_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
