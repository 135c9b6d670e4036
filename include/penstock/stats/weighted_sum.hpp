// SPDX-License-Identifier: MIT
#pragma once

// Sums of values that occur so many times, in an order of additions that is fixed: lane i % 8 gets value i, and the
// lanes are added at the end. So the result is the same, to the last bit, for any compiler and machine.
//
//     detail::weighted_sum(values, counts, n);          // counts[0] * values[0] + counts[1] * values[1] + ...

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

/// The sum of counts[i] (x[i] - shift)^power, power 1 or 2. O(n), 0.2 ns a value.
template <int power>
[[nodiscard]] inline double weighted_power_sum(const double* x, double shift, const std::uint8_t* counts,
                                               std::size_t n) noexcept {
  static_assert(power == 1 || power == 2);
  double lane[8] = {};
  std::size_t i = 0;
#if defined(__SSE2__) && defined(__GNUC__)
  const __m128i zero = _mm_setzero_si128();
  const __m128d middle = _mm_set1_pd(shift);
  __m128d sums[4] = {_mm_setzero_pd(), _mm_setzero_pd(), _mm_setzero_pd(), _mm_setzero_pd()};
  for (; i + 8 <= n; i += 8) {
    const __m128i words = _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(counts + i)), zero);
    const __m128i low = _mm_unpacklo_epi16(words, zero), high = _mm_unpackhi_epi16(words, zero);
    const __m128i four[4] = {low, _mm_shuffle_epi32(low, 0xEE), high, _mm_shuffle_epi32(high, 0xEE)};
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      const __m128d value = _mm_sub_pd(_mm_loadu_pd(x + i + 2 * k), middle);
      __m128d product = _mm_mul_pd(_mm_cvtepi32_pd(four[k]), value);
      asm("" : "+x"(product));
      if constexpr (power == 2) {
        product = _mm_mul_pd(product, value);
        asm("" : "+x"(product));
      }
      sums[k] = _mm_add_pd(sums[k], product);
    }
  }
  for (std::size_t k = 0; k < 4; ++k) _mm_storeu_pd(lane + 2 * k, sums[k]);
#endif
  for (; i < n; ++i) {
    const double value = x[i] - shift;
    const double product = rounded(counts[i] * value);
    lane[i % 8] += power == 1 ? product : rounded(product * value);
  }
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/// The sum of counts[i] x[i].
[[nodiscard]] inline double weighted_sum(const double* x, const std::uint8_t* counts, std::size_t n) noexcept {
  return weighted_power_sum<1>(x, 0, counts, n);
}

/// The sum of (x[i] - shift)^power, by the same additions as with counts of 1.
template <int power>
[[nodiscard]] inline double power_sum(const double* x, double shift, std::size_t n) noexcept {
  double lane[8] = {};
  const auto term = [shift](double value) {
    const double d = value - shift;
    return power == 1 ? d : rounded(d * d);
  };
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) lane[k] += term(x[i + k]);
  }
  for (; i < n; ++i) lane[i % 8] += term(x[i]);
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
