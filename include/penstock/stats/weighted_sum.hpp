// SPDX-License-Identifier: MIT
#pragma once

// Sums of values that occur so many times, in an order of additions that is fixed: lane i % 16 gets value i, and the
// lanes are added at the end. So the result is the same, to the last bit, for any compiler and machine.
//
//     detail::weighted_sum(values, counts, n);          // counts[0] * values[0] + counts[1] * values[1] + ...

#include "penstock/config.hpp"
#include "penstock/stats/cpu.hpp"

#include <cstddef>  // size_t
#include <cstdint>  // uint8_t
#if defined(__SSE2__)
#include <emmintrin.h>  // SSE2, which every x86-64 has
#endif

namespace penstock {
inline namespace v0 {
namespace detail {

/// The value as it is: it keeps a compiler that may contract from joining a product to a sum without rounding it.
[[nodiscard]] inline double rounded(double x) noexcept {
#if defined(__GNUC__) && defined(__SSE2__)
  asm("" : "+x"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(x));
#elif defined(__GNUC__)
  asm("" : "+m"(x));
#endif
  return x;
}

/// Lanes that are added up side by side; so many that an addition need not wait for the one before.
inline constexpr std::size_t sum_lanes = 16;

[[nodiscard]] inline double add_lanes(const double (&lane)[sum_lanes]) noexcept {
  double half[8];
  for (std::size_t k = 0; k < 8; ++k) half[k] = lane[k] + lane[k + 8];
  return ((half[0] + half[4]) + (half[2] + half[6])) + ((half[1] + half[5]) + (half[3] + half[7]));
}

#if defined(__SSE2__) && defined(__GNUC__)
/// Adds whole rounds of lanes, and returns how many values that were.
template <int power, bool centred = true>
std::size_t add_weighted_sse2(const double* x, double shift, const std::uint8_t* counts, std::size_t n,
                              double (&lane)[sum_lanes]) noexcept {
  const __m128i zero = _mm_setzero_si128();
  const __m128d middle = _mm_set1_pd(shift);
  __m128d sums[8];
  for (std::size_t k = 0; k < 8; ++k) sums[k] = _mm_setzero_pd();
  std::size_t i = 0;
  for (; i + sum_lanes <= n; i += sum_lanes) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(counts + i));
    const __m128i halves[2] = {_mm_unpacklo_epi8(bytes, zero), _mm_unpackhi_epi8(bytes, zero)};
#pragma GCC unroll 2
    for (std::size_t h = 0; h < 2; ++h) {
      const __m128i low = _mm_unpacklo_epi16(halves[h], zero), high = _mm_unpackhi_epi16(halves[h], zero);
      const __m128i four[4] = {low, _mm_shuffle_epi32(low, 0xEE), high, _mm_shuffle_epi32(high, 0xEE)};
#pragma GCC unroll 4
      for (std::size_t k = 0; k < 4; ++k) {
        __m128d value = _mm_loadu_pd(x + i + 8 * h + 2 * k);
        if constexpr (centred) value = _mm_sub_pd(value, middle);
        __m128d product = _mm_mul_pd(_mm_cvtepi32_pd(four[k]), value);
        asm("" : "+x"(product));
        if constexpr (power == 2) {
          product = _mm_mul_pd(product, value);
          asm("" : "+x"(product));
        }
        sums[4 * h + k] = _mm_add_pd(sums[4 * h + k], product);
      }
    }
  }
  for (std::size_t k = 0; k < 8; ++k) _mm_storeu_pd(lane + 2 * k, sums[k]);
  return i;
}
#endif

#if PENSTOCK_AVX2_BESIDE_SSE2
/// The same additions, four to a register.
template <int power, bool centred = true>
[[gnu::target("avx2")]] std::size_t add_weighted_avx2(const double* x, double shift, const std::uint8_t* counts,
                                                      std::size_t n, double (&lane)[sum_lanes]) noexcept {
  using Doubles [[gnu::vector_size(32)]] = double;
  const Doubles middle = Doubles{} + shift;
  Doubles sum[4] = {Doubles{}, Doubles{}, Doubles{}, Doubles{}};
  std::size_t i = 0;
  for (; i + sum_lanes <= n; i += sum_lanes) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      Doubles value;
      __builtin_memcpy(&value, x + i + 4 * k, 32);
#if defined(__clang__)
      using Bytes [[gnu::vector_size(4)]] = std::uint8_t;
      Bytes bytes;
      __builtin_memcpy(&bytes, counts + i + 4 * k, 4);
      Doubles product = __builtin_convertvector(bytes, Doubles);
#else  // GCC does not see that two instructions do it
      using Bytes [[gnu::vector_size(16)]] = char;
      using Ints [[gnu::vector_size(16)]] = int;
      int four;
      __builtin_memcpy(&four, counts + i + 4 * k, 4);
      const auto bytes = reinterpret_cast<Bytes>(_mm_cvtsi32_si128(four));
      const auto ints = reinterpret_cast<Ints>(__builtin_ia32_pmovzxbd128(bytes));
      Doubles product = __builtin_ia32_cvtdq2pd256(ints);
#endif
      if constexpr (centred) value -= middle;
      product *= value;
      asm("" : "+x"(product));
      if constexpr (power == 2) {
        product *= value;
        asm("" : "+x"(product));
      }
      sum[k] += product;
    }
  }
  __builtin_memcpy(lane, sum, sizeof(sum));
  return i;
}
#endif

/// The sum of counts[i] (x[i] - shift)^power, power 1 or 2; not `centred`, of counts[i] x[i]^power. O(n), 0.1 to 0.2 ns
/// a value.
template <int power, bool centred = true>
[[nodiscard]] double weighted_power_sum(const double* x, double shift, const std::uint8_t* counts,
                                        std::size_t n) noexcept {
  static_assert(power == 1 || power == 2);
  double lane[sum_lanes];
  std::size_t i = 0;
#if PENSTOCK_AVX2_BESIDE_SSE2
  i = has_avx2() ? add_weighted_avx2<power, centred>(x, shift, counts, n, lane)
                 : add_weighted_sse2<power, centred>(x, shift, counts, n, lane);
#elif defined(__SSE2__) && defined(__GNUC__)
  i = add_weighted_sse2<power, centred>(x, shift, counts, n, lane);
#else
  for (double& sum : lane) sum = 0;
#endif
  for (; i < n; ++i) {
    const double value = centred ? x[i] - shift : x[i];
    const double product = rounded(counts[i] * value);
    lane[i % sum_lanes] += power == 1 ? product : rounded(product * value);
  }
  return add_lanes(lane);
}

/// The sum of counts[i] x[i].
[[nodiscard]] inline double weighted_sum(const double* x, const std::uint8_t* counts, std::size_t n) noexcept {
  return weighted_power_sum<1, false>(x, 0, counts, n);
}

/// The sum of (x[i] - shift)^power, by the same additions as with counts of 1.
template <int power>
[[nodiscard]] inline double power_sum(const double* x, double shift, std::size_t n) noexcept {
  double lane[sum_lanes] = {};
  const auto term = [shift](double value) {
    const double d = value - shift;
    return power == 1 ? d : rounded(d * d);
  };
  std::size_t i = 0;
  for (; i + sum_lanes <= n; i += sum_lanes) {
    for (std::size_t k = 0; k < sum_lanes; ++k) lane[k] += term(x[i + k]);
  }
  for (; i < n; ++i) lane[i % sum_lanes] += term(x[i]);
  return add_lanes(lane);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
