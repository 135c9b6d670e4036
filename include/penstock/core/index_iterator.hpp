// SPDX-License-Identifier: MIT
#pragma once

// The iterator of anything with operator[] and a length: columns, chunks.

#include <compare>   // strong_ordering
#include <cstddef>   // ptrdiff_t, size_t
#include <iterator>  // iterator tags
#include <utility>   // declval

namespace penstock {
inline namespace v0 {
namespace detail {

/// A random-access iterator over `container[i]`, which may be a value made on the spot. It points to its container.
template <class Container>
class IndexIterator {
 public:
  using reference = decltype(std::declval<const Container&>()[std::size_t{}]);
  using value_type = std::remove_cvref_t<reference>;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using iterator_category = std::input_iterator_tag;  // what C++17 calls one that gives values, not references
  using iterator_concept = std::random_access_iterator_tag;

  IndexIterator() = default;
  IndexIterator(const Container& container, std::size_t index)
      : container_(&container), index_(static_cast<difference_type>(index)) {}

  reference operator*() const { return (*container_)[static_cast<std::size_t>(index_)]; }
  reference operator[](difference_type n) const { return (*container_)[static_cast<std::size_t>(index_ + n)]; }

  IndexIterator& operator++() { return ++index_, *this; }
  IndexIterator& operator--() { return --index_, *this; }
  IndexIterator operator++(int) { return {*container_, static_cast<std::size_t>(index_++)}; }
  IndexIterator operator--(int) { return {*container_, static_cast<std::size_t>(index_--)}; }
  IndexIterator& operator+=(difference_type n) { return index_ += n, *this; }
  IndexIterator& operator-=(difference_type n) { return index_ -= n, *this; }
  friend IndexIterator operator+(IndexIterator i, difference_type n) { return i += n; }
  friend IndexIterator operator+(difference_type n, IndexIterator i) { return i += n; }
  friend IndexIterator operator-(IndexIterator i, difference_type n) { return i -= n; }
  friend difference_type operator-(const IndexIterator& a, const IndexIterator& b) { return a.index_ - b.index_; }
  friend bool operator==(const IndexIterator& a, const IndexIterator& b) { return a.index_ == b.index_; }
  friend auto operator<=>(const IndexIterator& a, const IndexIterator& b) { return a.index_ <=> b.index_; }

 private:
  const Container* container_ = nullptr;
  difference_type index_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
