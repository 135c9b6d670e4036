// SPDX-License-Identifier: MIT
#pragma once

// The texts that the codes of categories stand for. A reader that meets new texts as it goes on gives each batch the
// texts so far, and all of these dictionaries share one memory.
//
//     const Dictionary countries{"US", "NA", "DE"};
//     countries[1];                                   // "NA"

#include "penstock/core/index_iterator.hpp"

#include <array>             // array
#include <bit>               // bit_width
#include <cstddef>           // size_t
#include <initializer_list>  // initializer_list
#include <memory>            // make_unique, shared_ptr, unique_ptr
#include <string>            // string
#include <string_view>       // string_view
#include <utility>           // move
#include <vector>            // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Texts that never move: block k holds 8 * 2^k of them. One thread may write new ones while others read those that
/// were there when they were told of them.
class TextStore {
 public:
  [[nodiscard]] std::string& operator[](std::size_t i) const noexcept {
    const std::size_t block = block_of(i);
    return blocks_[block][i + first - (first << block)];
  }
  /// Text i, where those before it are there.
  void set(std::size_t i, std::string text) {
    const std::size_t block = block_of(i);
    if (blocks_[block] == nullptr) blocks_[block] = std::make_unique<std::string[]>(first << block);
    (*this)[i] = std::move(text);
  }

 private:
  static constexpr std::size_t first = 8;
  static std::size_t block_of(std::size_t i) noexcept {
    return static_cast<std::size_t>(std::bit_width(i / first + 1)) - 1;
  }

  std::array<std::unique_ptr<std::string[]>, 29> blocks_;  // for 2^31 texts and more
};

}  // namespace detail

/// Texts in an order, which never change. Copies share them: O(1), and safe to read from many threads.
class Dictionary {
 public:
  using value_type = std::string;                            ///< as a container has it
  using const_iterator = detail::IndexIterator<Dictionary>;  ///< as a container has it
  using iterator = const_iterator;                           ///< there is no other

  Dictionary() = default;                                       ///< no texts
  Dictionary(const Dictionary&) noexcept = default;             ///< shares the texts; there is no move to take them
  Dictionary& operator=(const Dictionary&) noexcept = default;  ///< as above
  ~Dictionary() = default;
  /// These texts. O(texts).
  Dictionary(std::initializer_list<std::string> texts) : Dictionary(std::vector<std::string>(texts)) {}
  /// The same for those of a vector.
  Dictionary(std::vector<std::string> texts) : size_(texts.size()) {  // NOLINT: it is what a dictionary holds
    if (texts.empty()) return;
    const auto store = std::make_shared<detail::TextStore>();
    for (std::size_t i = 0; i < size_; ++i) store->set(i, std::move(texts[i]));
    store_ = store;
  }
  /// The first `size` texts of a store.
  Dictionary(std::shared_ptr<const detail::TextStore> store, std::size_t size) noexcept
      : store_(std::move(store)), size_(size) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< texts
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }   ///< whether there are none
  /// Text `i`; O(1), `i < size()`.
  [[nodiscard]] const std::string& operator[](std::size_t i) const noexcept { return (*store_)[i]; }
  [[nodiscard]] const_iterator begin() const noexcept { return {*this, 0}; }    ///< at the first
  [[nodiscard]] const_iterator end() const noexcept { return {*this, size_}; }  ///< behind the last

  /// Whether it begins with the texts of the other. O(bytes), O(1) if they share them.
  [[nodiscard]] bool starts_with(const Dictionary& other) const noexcept {
    if (size_ < other.size_) return false;
    if (store_ == other.store_) return true;
    for (std::size_t i = 0; i < other.size_; ++i) {
      if ((*this)[i] != other[i]) return false;
    }
    return true;
  }
  /// The same texts in the same order. O(bytes), O(1) if they share them.
  friend bool operator==(const Dictionary& a, const Dictionary& b) noexcept {
    return a.size_ == b.size_ && a.starts_with(b);
  }

 private:
  std::shared_ptr<const detail::TextStore> store_;
  std::size_t size_ = 0;
};

}  // namespace v0
}  // namespace penstock
