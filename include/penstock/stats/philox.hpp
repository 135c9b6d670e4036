// SPDX-License-Identifier: MIT
#pragma once

// Random numbers by place instead of by turn: Philox4x32-10 turns a seed and a counter into four words, and nothing is
// carried from one to the next. So resample 7 gets the same numbers in any thread, at any time, on any machine.
//
//     stats::philox4x32({0, 0, 0, 0}, {0, 0});        // 6627e8d5 e169c58d bc57ac4c 9b00dbd8
//     stats::RandomStream stream(seed, resample);     // a sequence of them
//     stream.below(6) + 1;                            // a die, every side exactly as likely
//
// The generator is that of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).

#include "penstock/config.hpp"
#include "penstock/stats/cpu.hpp"

#include <array>    // array
#include <cstddef>  // size_t
#include <cstdint>  // uint32_t, uint64_t
#include <limits>   // numeric_limits
#if defined(__SSE2__)
#include <emmintrin.h>  // SSE2, which every x86-64 has
#endif

namespace penstock {
inline namespace v0 {
namespace stats {

/// The four words of a counter under a key. Pure: the same everywhere. About 5 ns.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                                std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

}  // namespace stats

namespace detail {

/// Where a stretch of blocks lies: the counter is {block, purpose, resample, resample >> 32}, the key is the seed.
struct PhiloxPlace {
  std::uint64_t seed;
  std::uint64_t resample;
  std::uint32_t purpose;  ///< tells apart what one resample uses random numbers for
  std::uint32_t block;    ///< the first one
};

/// Blocks that are made at a time; a whole number of them.
inline constexpr std::size_t philox_group = 16;

/// The keys of the ten rounds. In memory, from where a register is filled with one word at no cost.
struct PhiloxKeys {
  explicit PhiloxKeys(std::uint64_t seed) noexcept {
    auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
    for (std::size_t round = 0; round < 10; ++round, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
      first[round] = k0;
      second[round] = k1;
    }
  }
  std::uint64_t first[10];
  std::uint64_t second[10];
};

inline void philox_portable(const PhiloxPlace& at, std::uint32_t* words, std::size_t blocks) noexcept {
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto block =
        stats::philox4x32({at.block + static_cast<std::uint32_t>(b), at.purpose,
                           static_cast<std::uint32_t>(at.resample), static_cast<std::uint32_t>(at.resample >> 32)},
                          {static_cast<std::uint32_t>(at.seed), static_cast<std::uint32_t>(at.seed >> 32)});
    for (std::size_t i = 0; i < 4; ++i) words[4 * b + i] = block[i];
  }
}

#if defined(__SSE2__)

/// Each 64-bit lane works on one block, the four words of its counter in the lower halves of four registers: the
/// multiplication does not look at the upper halves, so they are left as they fall. Two pairs of blocks at a time hide
/// the time that a multiplication takes.
inline void philox_sse2(const PhiloxPlace& at, std::uint32_t* words, std::size_t blocks) noexcept {
  const PhiloxKeys keys(at.seed);
  const auto both = [](std::uint64_t x) { return _mm_set1_epi64x(static_cast<long long>(x)); };
  const __m128i m0 = both(0xD2511F53), m1 = both(0xCD9E8D57), low = both(0xFFFFFFFF);
  const __m128i word1 = both(at.purpose), word2 = both(at.resample), word3 = both(at.resample >> 32);
  for (std::size_t b = 0; b < blocks; b += 4) {
    const auto first = static_cast<long long>(at.block + b);
    __m128i a0 = _mm_set_epi64x(first + 1, first), a1 = word1, a2 = word2, a3 = word3;
    __m128i b0 = _mm_set_epi64x(first + 3, first + 2), b1 = word1, b2 = word2, b3 = word3;
#pragma GCC unroll 10
    for (std::size_t round = 0; round < 10; ++round) {
      const __m128i key0 = both(keys.first[round]), key1 = both(keys.second[round]);
      const __m128i p0 = _mm_mul_epu32(a0, m0), p1 = _mm_mul_epu32(a2, m1);
      a0 = _mm_xor_si128(_mm_srli_epi64(p1, 32), _mm_xor_si128(a1, key0));
      a2 = _mm_xor_si128(_mm_srli_epi64(p0, 32), _mm_xor_si128(a3, key1));
      a1 = p1;
      a3 = p0;
      const __m128i q0 = _mm_mul_epu32(b0, m0), q1 = _mm_mul_epu32(b2, m1);
      b0 = _mm_xor_si128(_mm_srli_epi64(q1, 32), _mm_xor_si128(b1, key0));
      b2 = _mm_xor_si128(_mm_srli_epi64(q0, 32), _mm_xor_si128(b3, key1));
      b1 = q1;
      b3 = q0;
    }
    const auto join = [low](__m128i x, __m128i y) {
      return _mm_or_si128(_mm_and_si128(x, low), _mm_slli_epi64(y, 32));
    };
    const __m128i a01 = join(a0, a1), a23 = join(a2, a3), b01 = join(b0, b1), b23 = join(b2, b3);
    auto* out = reinterpret_cast<__m128i*>(words + 4 * b);
    _mm_storeu_si128(out, _mm_unpacklo_epi64(a01, a23));
    _mm_storeu_si128(out + 1, _mm_unpackhi_epi64(a01, a23));
    _mm_storeu_si128(out + 2, _mm_unpacklo_epi64(b01, b23));
    _mm_storeu_si128(out + 3, _mm_unpackhi_epi64(b01, b23));
  }
}

#endif
#if PENSTOCK_AVX2_BESIDE_SSE2

/// The same four blocks to a register. Written with the compiler's vectors because <immintrin.h> costs a third of a
/// second to read.
[[gnu::target("avx2")]] inline void philox_avx2(const PhiloxPlace& at, std::uint32_t* words,
                                                std::size_t blocks) noexcept {
  using Lanes [[gnu::vector_size(32)]] = std::uint64_t;
  const PhiloxKeys keys(at.seed);
  const Lanes m0 = Lanes{} + 0xD2511F53u, m1 = Lanes{} + 0xCD9E8D57u, low = Lanes{} + 0xFFFFFFFFu;
#if !defined(__clang__)
  using Halves [[gnu::vector_size(32)]] = int;
  const Halves half0 = reinterpret_cast<Halves>(m0), half1 = reinterpret_cast<Halves>(m1);
#endif
  for (std::size_t b = 0; b < blocks; b += philox_group) {
    Lanes x0[4], x1[4], x2[4], x3[4];
#pragma GCC unroll 4
    for (std::size_t g = 0; g < 4; ++g) {
      const std::uint64_t first = at.block + b + 4 * g;
      x0[g] = Lanes{first, first + 1, first + 2, first + 3};
      x1[g] = Lanes{} + at.purpose;
      x2[g] = Lanes{} + at.resample;
      x3[g] = Lanes{} + (at.resample >> 32);
    }
#pragma GCC unroll 10
    for (std::size_t round = 0; round < 10; ++round) {
      const Lanes key0 = Lanes{} + keys.first[round], key1 = Lanes{} + keys.second[round];
#pragma GCC unroll 4
      for (std::size_t g = 0; g < 4; ++g) {
#if defined(__clang__)
        const Lanes p0 = (x0[g] & low) * m0, p1 = (x2[g] & low) * m1;
#else  // GCC does not see that one instruction does it
        const auto p0 = reinterpret_cast<Lanes>(__builtin_ia32_pmuludq256(reinterpret_cast<Halves>(x0[g]), half0));
        const auto p1 = reinterpret_cast<Lanes>(__builtin_ia32_pmuludq256(reinterpret_cast<Halves>(x2[g]), half1));
#endif
        x0[g] = (p1 >> 32) ^ (x1[g] ^ key0);  // in the brackets is what need not wait for the product
        x2[g] = (p0 >> 32) ^ (x3[g] ^ key1);
        x1[g] = p1;
        x3[g] = p0;
      }
    }
#pragma GCC unroll 4
    for (std::size_t g = 0; g < 4; ++g) {
      const Lanes x01 = (x0[g] & low) | (x1[g] << 32), x23 = (x2[g] & low) | (x3[g] << 32);
      const Lanes first = __builtin_shufflevector(x01, x23, 0, 4, 1, 5);
      const Lanes second = __builtin_shufflevector(x01, x23, 2, 6, 3, 7);
      __builtin_memcpy(words + 4 * b + 16 * g, &first, 32);
      __builtin_memcpy(words + 4 * b + 16 * g + 8, &second, 32);
    }
  }
}

#endif

/// The words of `blocks` blocks, a whole number of groups: the same whichever way they are made.
inline void philox_fill(const PhiloxPlace& at, std::uint32_t* words, std::size_t blocks) noexcept {
#if PENSTOCK_AVX2_BESIDE_SSE2
  if (has_avx2()) return philox_avx2(at, words, blocks);
#endif
#if defined(__SSE2__)
  philox_sse2(at, words, blocks);
#else
  philox_portable(at, words, blocks);
#endif
}

}  // namespace detail

namespace stats {

/// The random numbers of one resample, in order. Streams of another seed, resample or purpose are independent of it.
/// 2^34 words, then it begins again. Not thread-safe; each thread has its own. Models
/// std::uniform_random_bit_generator, but the standard's distributions differ between libraries: below() and uniform()
/// do not.
class RandomStream {
 public:
  using result_type = std::uint32_t;  ///< a word
  /// The stream of a resample; `purpose` tells apart what one resample needs random numbers for.
  explicit RandomStream(std::uint64_t seed, std::uint64_t resample = 0, std::uint32_t purpose = 0) noexcept
      : place_{seed, resample, purpose, 0} {}

  [[nodiscard]] static constexpr std::uint32_t min() noexcept { return 0; }  ///< least word
  [[nodiscard]] static constexpr std::uint32_t max() noexcept {              ///< greatest word
    return std::numeric_limits<std::uint32_t>::max();
  }
  /// The next word; about 1 ns.
  std::uint32_t operator()() noexcept {
    if (next_ == words_.size()) {
      detail::philox_fill(place_, words_.data(), words_.size() / 4);
      place_.block += static_cast<std::uint32_t>(words_.size() / 4);
      next_ = 0;
    }
    return words_[next_++];
  }
  /// The next two words as one number, the first below.
  [[nodiscard]] std::uint64_t next64() noexcept {
    const std::uint64_t low = (*this)();
    return low | std::uint64_t{(*this)()} << 32;
  }
  /// A number in [0, 1), a multiple of 2^-53.
  [[nodiscard]] double uniform() noexcept { return static_cast<double>(next64() >> 11) * 0x1p-53; }
  /// A whole number in [0, bound), every one exactly as likely (Lemire 2019). `bound` is at least 1.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
    std::uint64_t product = std::uint64_t{(*this)()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) [[unlikely]] {
      const std::uint32_t uneven = (0 - bound) % bound;
      while (static_cast<std::uint32_t>(product) < uneven) product = std::uint64_t{(*this)()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  detail::PhiloxPlace place_;
  std::array<std::uint32_t, 4 * detail::philox_group> words_;
  std::size_t next_ = 4 * detail::philox_group;
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
