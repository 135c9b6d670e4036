// SPDX-License-Identifier: MIT
#pragma once

// The arrangements that a permutation test looks at, by number: all of them, or random ones.

#include "penstock/stats/philox.hpp"

#include <algorithm>  // reverse
#include <cstddef>    // size_t
#include <cstdint>    // uint8_t, uint32_t, uint64_t
#include <limits>     // numeric_limits
#include <span>       // span
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// More than can be counted.
inline constexpr std::uint64_t too_many = std::numeric_limits<std::uint64_t>::max();

[[nodiscard]] constexpr std::uint64_t product_or_too_many(std::uint64_t a, std::uint64_t b) noexcept {
  return b != 0 && a > (too_many - 1) / b ? too_many : a * b;
}

/// k of n, or too_many from 2^63 upwards.
[[nodiscard]] constexpr std::uint64_t binomial(std::uint64_t n, std::uint64_t k) noexcept {
  if (k > n) return 0;
  if (k > n - k) k = n - k;
  std::uint64_t result = 1;
  for (std::uint64_t i = 1; i <= k; ++i) {
    // result * (n - k + i) / i is whole; the part that divides goes out first, so that nothing overflows early.
    const std::uint64_t quotient = result / i, rest = result % i;
    const std::uint64_t next = product_or_too_many(quotient, n - k + i);
    const std::uint64_t more = product_or_too_many(rest, n - k + i);
    if (next == too_many || more == too_many || next > (too_many >> 1) - more / i) return too_many;
    result = next + more / i;
  }
  return result;
}

[[nodiscard]] constexpr std::uint64_t factorial(std::uint64_t n) noexcept {
  std::uint64_t result = 1;
  for (std::uint64_t i = 2; i <= n; ++i) result = product_or_too_many(result, i);
  return result;
}

[[nodiscard]] constexpr std::uint64_t power(std::uint64_t base, std::uint64_t exponent) noexcept {
  std::uint64_t result = 1;
  if (base == 1) return 1;
  for (std::uint64_t i = 0; i < exponent && result != too_many; ++i) result = product_or_too_many(result, base);
  return result;
}

/// Subset `number` of the binomial(n, k) subsets of k, as bits. The first is that of the first k.
inline void nth_subset(std::uint64_t number, std::size_t n, std::size_t k, std::uint64_t* bits) noexcept {
  for (std::size_t w = 0; w < (n + 63) / 64; ++w) bits[w] = 0;
  for (std::size_t i = 0; i < n && k > 0; ++i) {
    const std::uint64_t with = binomial(n - i - 1, k - 1);
    if (number < with) {
      bits[i / 64] |= std::uint64_t{1} << i % 64;
      --k;
    } else {
      number -= with;
    }
  }
}

/// Permutation `number` of the n! of places in lexical order; the first leaves all where they are.
inline void nth_permutation(std::uint64_t number, std::span<std::uint32_t> places) noexcept {
  const std::size_t n = places.size();
  for (std::size_t i = n; i-- > 0;) {  // digits in the factorial base, the last one first
    const std::uint64_t base = n - i;
    places[i] = static_cast<std::uint32_t>(number % base);
    number /= base;
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) places[j] += places[j] >= places[i] ? 1 : 0;
  }
}

/// A random permutation (Fisher and Yates), every one exactly as likely. `places` are put in order first.
inline void shuffle_places(stats::RandomStream& random, std::span<std::uint32_t> places) noexcept {
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::uint32_t>(i);
  for (std::size_t i = places.size(); i > 1; --i) {
    std::swap(places[i - 1], places[random.below(static_cast<std::uint32_t>(i))]);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
