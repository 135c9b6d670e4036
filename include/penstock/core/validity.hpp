// SPDX-License-Identifier: MIT
#pragma once

// Which values of a column are there: one bit a row, and no bits at all while nothing is missing.

#include <bit>      // countr_zero
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t
#include <vector>   // vector

namespace penstock {
inline namespace v0 {

/// A bitmap that grows at its end. Constant functions may run in many threads at once.
class Validity {
 public:
  Validity() = default;
  /// `size` values, all there.
  explicit Validity(std::size_t size) : size_(size) {}

  /// One more value; amortised O(1), and allocation-free until the first missing one.
  void append(bool valid) {
    if (!valid && words_.empty()) words_.assign(size_ / 64 + 1, ~std::uint64_t{0});
    if (!words_.empty()) {
      if (size_ / 64 == words_.size()) words_.push_back(~std::uint64_t{0});
      if (!valid) {
        words_[size_ / 64] &= ~(std::uint64_t{1} << (size_ % 64));
        ++null_count_;
      }
    }
    ++size_;
  }

  /// `count` more values that are there; O(count / 64).
  void append_valid(std::size_t count) {
    size_ += count;
    if (!words_.empty()) words_.resize(size_ / 64 + 1, ~std::uint64_t{0});
  }

  /// Whether value `i` is there; O(1), `i < size()`.
  [[nodiscard]] bool operator[](std::size_t i) const noexcept {
    return words_.empty() || ((words_[i / 64] >> (i % 64)) & 1) != 0;
  }

  /// Calls `take(i)` for each missing value of [first, first + count) in order; O(count / 64 + missing).
  template <class Take>
  void for_each_missing(std::size_t first, std::size_t count, Take&& take) const {
    if (words_.empty() || count == 0) return;
    const std::size_t last = first + count - 1;
    for (std::size_t w = first / 64; w <= last / 64; ++w) {
      std::uint64_t missing = ~words_[w];
      if (w == first / 64) missing &= ~std::uint64_t{0} << (first % 64);
      if (w == last / 64) missing &= ~std::uint64_t{0} >> (63 - last % 64);
      for (; missing != 0; missing &= missing - 1) {
        take(w * 64 + static_cast<std::size_t>(std::countr_zero(missing)));
      }
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }              ///< values, missing ones included
  [[nodiscard]] std::size_t null_count() const noexcept { return null_count_; }  ///< missing values
  [[nodiscard]] bool all_valid() const noexcept { return null_count_ == 0; }     ///< whether none is missing

 private:
  std::vector<std::uint64_t> words_;  // bits past size_ are ones; empty while nothing is missing
  std::size_t size_ = 0;
  std::size_t null_count_ = 0;
};

}  // namespace v0
}  // namespace penstock
