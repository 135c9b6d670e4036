// SPDX-License-Identifier: MIT
#pragma once

// Finds the bytes that may end a CSV field (delimiter, quote, line feed, carriage return) 64 at a time, so that what
// comes after hops from one to the next instead of looking at each byte. What each of them means (a delimiter in quotes
// is text) is not decided here: see csv_scanner.hpp.

#include <bit>      // countr_zero
#include <cstddef>  // size_t
#include <cstdint>  // uint32_t, uint64_t
#include <cstring>  // memcpy
#if defined(__SSE2__)
#include <emmintrin.h>  // SSE2, which every x86-64 has
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>  // NEON, which every 64-bit ARM has
#endif

namespace penstock {
inline namespace v0 {
namespace detail {

/// The two bytes to find besides line feed and carriage return.
struct StructuralBytes {
  char delimiter;
  char quote;  ///< the delimiter again where there is no quote
};

#if defined(__SSE2__)

/// Bit i is set if byte i of the 64 at `p` is to be found.
inline std::uint64_t find_structural(const char* p, StructuralBytes bytes) noexcept {
  const __m128i delimiter = _mm_set1_epi8(bytes.delimiter), quote = _mm_set1_epi8(bytes.quote);
  const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
  std::uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    const __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, delimiter), _mm_cmpeq_epi8(v, quote)),
                                     _mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, cr)));
    mask |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(hit))} << (16 * i);
  }
  return mask;
}

#elif defined(__ARM_NEON) && defined(__aarch64__)

inline std::uint64_t find_structural(const char* p, StructuralBytes bytes) noexcept {
  const uint8x16_t delimiter = vdupq_n_u8(static_cast<std::uint8_t>(bytes.delimiter));
  const uint8x16_t quote = vdupq_n_u8(static_cast<std::uint8_t>(bytes.quote));
  const uint8x16_t lf = vdupq_n_u8('\n'), cr = vdupq_n_u8('\r');
  const uint8x16_t place = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t hit[4];
  for (int i = 0; i < 4; ++i) {
    const uint8x16_t v = vld1q_u8(reinterpret_cast<const std::uint8_t*>(p + 16 * i));
    hit[i] = vandq_u8(place, vorrq_u8(vorrq_u8(vceqq_u8(v, delimiter), vceqq_u8(v, quote)),
                                      vorrq_u8(vceqq_u8(v, lf), vceqq_u8(v, cr))));
  }
  // NEON has no movemask: three rounds of adding neighbours leave one byte for eight.
  const uint8x16_t sum = vpaddq_u8(vpaddq_u8(hit[0], hit[1]), vpaddq_u8(hit[2], hit[3]));
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

#else

inline std::uint64_t find_structural(const char* p, StructuralBytes bytes) noexcept {
  std::uint64_t mask = 0;
  for (unsigned i = 0; i < 64; ++i) {
    const char c = p[i];
    const bool hit = c == bytes.delimiter || c == bytes.quote || c == '\n' || c == '\r';
    mask |= std::uint64_t{hit} << i;
  }
  return mask;
}

#endif

/// The number of bits that are set. std::popcount is a call into the compiler's library on plain x86-64.
constexpr unsigned count_bits(std::uint64_t x) noexcept {
  x -= (x >> 1) & 0x5555555555555555;
  x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return static_cast<unsigned>((x * 0x0101010101010101) >> 56);
}

/// Writes the places of all structural bytes of [from, to) of `data` to `out`, and gives the end of what was written.
/// `data` has 64 readable bytes past `to`, `out` has room for to - from + 64 places.
inline std::uint32_t* index_structural(const char* data, std::size_t from, std::size_t to, StructuralBytes bytes,
                                       std::uint32_t* out) noexcept {
  for (std::size_t at = from; at < to; at += 64) {
    std::uint64_t mask = find_structural(data + at, bytes);
    if (to - at < 64) mask &= (std::uint64_t{1} << (to - at)) - 1;
    const unsigned count = count_bits(mask);
    // Eight at a time, whether there or not: that is cheaper than a branch that is guessed wrong once a block.
    for (unsigned done = 0; done < count; done += 8) {
      for (unsigned i = 0; i < 8; ++i) {
        const int bit = std::countr_zero(mask | std::uint64_t{1} << 63);  // the or keeps the zero case out of the code
        out[done + i] = static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(bit);
        mask &= mask - 1;
      }
    }
    out += count;
  }
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
