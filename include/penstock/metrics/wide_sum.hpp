// SPDX-License-Identifier: MIT
#pragma once

// Sums of nanoseconds that stay exact however many there are: 128 bits, without a compiler's own type.
//
//     detail::WideSum sum;
//     sum.add(latency_ns);
//     sum.add_product(latency_ns, how_often);
//     sum.to_double();

#include <cstdint>  // uint64_t

namespace penstock {
inline namespace v0 {
namespace detail {

/// A sum of 64-bit numbers that cannot overflow.
struct WideSum {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  void add(std::uint64_t x) noexcept {
    low += x;
    if (low < x) [[unlikely]]
      ++high;
  }
  void add(WideSum other) noexcept {
    add(other.low);
    high += other.high;
  }
  void subtract(WideSum other) noexcept {
    high -= other.high + (low < other.low);
    low -= other.low;
  }
  /// Adds a * b, by halves of 32 bits.
  void add_product(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t mask = 0xffffffff;
    const std::uint64_t mid1 = (a >> 32) * (b & mask);
    const std::uint64_t mid2 = (a & mask) * (b >> 32);
    add((a & mask) * (b & mask));
    add(mid1 << 32);
    add(mid2 << 32);
    high += (a >> 32) * (b >> 32) + (mid1 >> 32) + (mid2 >> 32);
  }
  [[nodiscard]] double to_double() const noexcept {
    return static_cast<double>(high) * 0x1p64 + static_cast<double>(low);
  }
  friend bool operator==(const WideSum&, const WideSum&) = default;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
