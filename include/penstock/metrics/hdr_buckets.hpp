// SPDX-License-Identifier: MIT
#pragma once

// Where HdrHistogram puts a value: which bucket, and what a bucket holds.
//
//     const detail::HdrBuckets buckets(3, 1);
//     buckets.index_of(1'000'000);          // 11184
//     buckets.lowest_at(11184);             // 999'936
//     buckets.highest_at(11184);            // 1'000'447
//
// Each power of two is cut into 2^k buckets of equal width, with 2^k chosen for the digits, so that a bucket's place
// follows from the leading zeros and one shift. The numbers are those of HdrHistogram's own array of counts.

#include <bit>      // bit_width, countl_zero
#include <cstddef>  // size_t
#include <cstdint>  // int64_t, uint64_t

namespace penstock {
inline namespace v0 {
namespace detail {

/// The buckets for 1 to 5 digits and a least distance of `lowest`, 1 to max_lowest(digits). Range 0 holds 2 * 2^k
/// buckets one unit wide, range r the upper 2^k of as many that are 2^r units wide.
class HdrBuckets {
 public:
  HdrBuckets(int digits, std::int64_t lowest) noexcept
      : half_bits_(half_bits(digits)),
        unit_bits_(static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(lowest))) - 1),
        first_zeros_(64 - (half_bits_ + 1 + unit_bits_)),
        first_range_(((std::uint64_t{2} << half_bits_) - 1) << unit_bits_) {}

  /// The greatest `lowest` whose buckets fit into 63 bits, as a power of two.
  [[nodiscard]] static unsigned max_lowest_bits(int digits) noexcept { return 61 - half_bits(digits); }

  /// The number of the bucket of a value, from 0. The | 1 changes nothing but lets the compiler leave out the case of
  /// 0.
  [[nodiscard]] std::size_t index_of(std::uint64_t value) const noexcept {
    const unsigned range = first_zeros_ - static_cast<unsigned>(std::countl_zero(value | first_range_ | 1));
    return (static_cast<std::size_t>(range) << half_bits_) + static_cast<std::size_t>(value >> (range + unit_bits_));
  }
  /// The least value of a bucket.
  [[nodiscard]] std::int64_t lowest_at(std::size_t index) const noexcept {
    const unsigned range = range_at(index);
    return static_cast<std::int64_t>((index - (static_cast<std::size_t>(range) << half_bits_)) << (range + unit_bits_));
  }
  /// The greatest value of a bucket.
  [[nodiscard]] std::int64_t highest_at(std::size_t index) const noexcept {
    return lowest_at(index) + static_cast<std::int64_t>((std::uint64_t{1} << (range_at(index) + unit_bits_)) - 1);
  }
  /// Buckets in each range but the first, which has twice as many.
  [[nodiscard]] std::size_t per_range() const noexcept { return std::size_t{1} << half_bits_; }

 private:
  // Each range needs at least 10^digits buckets. All but the first use only the upper half of what it has, whence the
  // factor of 2.
  static unsigned half_bits(int digits) noexcept {
    std::uint64_t resolution = 2;
    for (int i = 0; i < digits; ++i) resolution *= 10;
    return static_cast<unsigned>(std::bit_width(resolution - 1)) - 1;
  }
  [[nodiscard]] unsigned range_at(std::size_t index) const noexcept {
    const std::size_t halves = index >> half_bits_;
    return halves < 2 ? 0 : static_cast<unsigned>(halves - 1);
  }

  unsigned half_bits_;         // log2 of per_range()
  unsigned unit_bits_;         // log2 of the width of the narrowest bucket
  unsigned first_zeros_;       // leading zeros of the greatest value of range 0
  std::uint64_t first_range_;  // all values of range 0 have no bit outside of this mask
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
