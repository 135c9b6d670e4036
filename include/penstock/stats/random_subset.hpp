// SPDX-License-Identifier: MIT
#pragma once

// k of n observations without replacement, as bits: which of a pool are in the first sample of a permutation.
//
//     detail::RandomSubset subset(n, k);
//     subset.fill(seed, resample, 0, bits);             // k of the n bits are set

#include "penstock/stats/philox.hpp"
#include "penstock/stats/resample_counts.hpp"

#include <algorithm>  // min
#include <bit>        // popcount
#include <cstddef>    // size_t
#include <cstdint>    // uint8_t, uint32_t, uint64_t
#if defined(__SSE2__)
#include <emmintrin.h>  // SSE2, which every x86-64 has
#endif

namespace penstock {
inline namespace v0 {
namespace detail {

/// Words of 64 bits for n of them.
[[nodiscard]] constexpr std::size_t words_for_bits(std::size_t n) noexcept { return (n + 63) / 64; }

/// k of n without replacement, as a set bit for each that is taken: every subset of k is exactly as likely. Each
/// observation is taken if its random byte is low (or its random bit is set, for about a half), which takes about k;
/// then single ones are added or left out until there are k.
class RandomSubset {
 public:
  /// @param k at most n; n below 2^32
  RandomSubset(std::size_t n, std::size_t k) noexcept
      : n_(n),
        k_(k),
        halves_(64 * (2 * k > n ? 2 * k - n : n - 2 * k) <= n),
        bound_(static_cast<std::uint8_t>(std::min<std::size_t>(255, n == 0 ? 0 : 256 * k / n))) {}

  /// `bits` has words_for_bits(n); bits behind n are 0. Thread-safe. O(n), 0.03 ns for a half, 0.2 ns otherwise.
  void fill(std::uint64_t seed, std::uint64_t resample, std::uint32_t purpose, std::uint64_t* bits) const noexcept {
    RandomBytes random(seed, resample, 2 * purpose);
    const std::size_t words = words_for_bits(n_);
    const std::size_t bytes_a_word = halves_ ? 8 : 64;
    std::uint64_t taken = 0;
    for (std::size_t first = 0; first < words; first += RandomBytes::size / bytes_a_word) {
      const std::size_t count = std::min(words - first, RandomBytes::size / bytes_a_word);
      const std::uint8_t* bytes = random.next(count * bytes_a_word);
      for (std::size_t w = first; w < first + count; ++w, bytes += bytes_a_word) {
        bits[w] = halves_ ? little_endian(bytes) : low_bytes(bytes);
        if (w + 1 == words && n_ % 64 != 0) bits[w] &= (std::uint64_t{1} << n_ % 64) - 1;
        taken += static_cast<std::uint64_t>(std::popcount(bits[w]));
      }
    }
    stats::RandomStream more(seed, resample, 2 * purpose + 1);
    const std::uint64_t wrong = taken < k_ ? 0 : 1;
    for (std::uint64_t left = taken < k_ ? k_ - taken : taken - k_; left > 0;) {
      const std::uint32_t i = more.below(static_cast<std::uint32_t>(n_));
      const std::uint64_t flip = (bits[i / 64] >> i % 64 & 1) == wrong ? 1 : 0;  // no branch: it is as good as random
      bits[i / 64] ^= flip << i % 64;
      left -= flip;
    }
  }

 private:
  static std::uint64_t little_endian(const std::uint8_t* bytes) noexcept {
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{bytes[i]} << 8 * i;
    return word;
  }

  /// A set bit for each of 64 bytes that is below the bound.
  std::uint64_t low_bytes(const std::uint8_t* bytes) const noexcept {
    std::uint64_t word = 0;
#if defined(__SSE2__)
    const __m128i flip = _mm_set1_epi8(-128);
    const __m128i bound = _mm_xor_si128(_mm_set1_epi8(static_cast<char>(bound_)), flip);
    for (unsigned i = 0; i < 4; ++i) {
      const __m128i byte = _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i)), flip);
      const auto low = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpgt_epi8(bound, byte)));
      word |= std::uint64_t{low} << 16 * i;
    }
#else
    for (unsigned i = 0; i < 64; ++i) word |= std::uint64_t{bytes[i] < bound_ ? 1u : 0u} << i;
#endif
    return word;
  }

  std::size_t n_;
  std::size_t k_;
  bool halves_;
  std::uint8_t bound_;  // bytes below it take
};

/// Counts of 0 and 1 from bits, and those of the others.
inline void bits_to_counts(const std::uint64_t* bits, std::size_t n, std::uint8_t* chosen,
                           std::uint8_t* others) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    chosen[i] = bits[i / 64] >> i % 64 & 1;
    others[i] = chosen[i] ^ 1;
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
