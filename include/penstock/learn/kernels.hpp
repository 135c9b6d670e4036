// SPDX-License-Identifier: MIT
#pragma once

// The loops that linear learning spends its time in, w.x and w += c x, in three kinds: in scikit-learn's order with
// every product rounded, in several sums at once for any machine, and the same for machines with AVX2 and FMA.
//
// Which kind a model uses is decided once, when it is made, and no kind leaves the compiler a choice of roundings: the
// same row gives the same bits in every call.

#include "penstock/config.hpp"
#include "penstock/core/math.hpp"
#include "penstock/learn/fence.hpp"

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#endif

#include <bit>      // bit_cast
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t

namespace penstock {
inline namespace v0 {
namespace detail {

/// An exponent of all ones, of which alone infinity and NaN are made, runs over into the sign bit.
inline std::uint64_t overrun(double value) noexcept {
  return (std::bit_cast<std::uint64_t>(value) & 0x7ff0'0000'0000'0000U) + 0x0010'0000'0000'0000U;
}

/// What the kinds have in common: it rounds nothing.
struct AnyKernel {
  static constexpr bool keeps_rows = false;  // see Avx2Kernel::add_dot

  /// Whether none of n values is infinite or NaN; true to its word under -ffinite-math-only too.
  static bool all_finite(const double* values, std::size_t n) noexcept {
    std::uint64_t seen = 0;
    for (std::size_t j = 0; j < n; ++j) seen |= overrun(values[j]);
    return seen >> 63U == 0;
  }

  /// The largest magnitude of n numbers.
  static double reach(const double* values, std::size_t n) noexcept {
    double most = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double magnitude = absolute(values[j]);
      most = magnitude > most ? magnitude : most;
    }
    return most;
  }
};

/// scikit-learn's order: one sum from left to right.
struct StrictKernel : AnyKernel {
  static double dot(const double* w, const double* x, std::size_t n) noexcept {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum = fence(sum + product(w[j], x[j]));
    return sum;
  }

  /// w += c x
  static void add(double* w, const double* x, double c, std::size_t n) noexcept {
    std::size_t j = 0;
#if defined(__GNUC__) && defined(__x86_64__)
    const __m128d factor = _mm_set1_pd(c);
    for (; j + 4 <= n; j += 4) {
      __m128d low = _mm_mul_pd(_mm_loadu_pd(x + j), factor);
      __m128d high = _mm_mul_pd(_mm_loadu_pd(x + j + 2), factor);
      asm("" : "+x"(low), "+x"(high));
      _mm_storeu_pd(w + j, _mm_add_pd(_mm_loadu_pd(w + j), low));
      _mm_storeu_pd(w + j + 2, _mm_add_pd(_mm_loadu_pd(w + j + 2), high));
    }
#endif
    for (; j < n; ++j) w[j] += product(x[j], c);
  }

  /// w += c x, and then w . y: the bits of add and dot, in one pass.
  static double add_dot(double* w, const double* x, double c, const double* y, std::size_t n) noexcept {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double moved = w[j] + product(x[j], c);
      w[j] = moved;
      sum = fence(sum + product(moved, y[j]));
    }
    return sum;
  }
};

/// Eight sums at once, for any machine.
struct PortableKernel : AnyKernel {
  PENSTOCK_NOINLINE static double dot(const double* w, const double* x, std::size_t n) noexcept {
    double s[8] = {};
    std::size_t j = 0;
    for (; j + 8 <= n; j += 8) {
      for (std::size_t k = 0; k < 8; ++k) s[k] += w[j + k] * x[j + k];
    }
    double rest = 0;
    for (; j < n; ++j) rest += w[j] * x[j];
    return (((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))) + rest;
  }

  PENSTOCK_NOINLINE static void add(double* w, const double* x, double c, std::size_t n) noexcept {
    for (std::size_t j = 0; j < n; ++j) w[j] += c * x[j];
  }

  /// Two passes: in one the compiler might fuse what it does not fuse in the other two.
  static double add_dot(double* w, const double* x, double c, const double* y, std::size_t n) noexcept {
    add(w, x, c, n);
    return dot(w, y, n);
  }
};

#if defined(__GNUC__) && defined(__x86_64__)

/// Sixteen sums at once in AVX2's registers, fused. The attribute lets a program that is compiled for any x86-64 use
/// it where the machine can.
struct Avx2Kernel {
  static constexpr bool keeps_rows = true;

  static bool supported() noexcept { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

  [[gnu::target("avx2,fma")]] static bool all_finite(const double* values, std::size_t n) noexcept {
    const __m256i exponent = _mm256_set1_epi64x(0x7ff0'0000'0000'0000);
    const __m256i one = _mm256_set1_epi64x(0x0010'0000'0000'0000);
    __m256i seen = _mm256_setzero_si256();
    std::size_t j = 0;
    for (; j + 4 <= n; j += 4) {
      const __m256i bits = _mm256_castpd_si256(_mm256_loadu_pd(values + j));
      seen = _mm256_or_si256(seen, _mm256_add_epi64(_mm256_and_si256(bits, exponent), one));
    }
    return _mm256_movemask_pd(_mm256_castsi256_pd(seen)) == 0 && AnyKernel::all_finite(values + j, n - j);
  }

  [[gnu::target("avx2,fma")]] static double reach(const double* values, std::size_t n) noexcept {
    const __m256d sign = _mm256_set1_pd(-0.0);
    __m256d a = _mm256_setzero_pd();
    __m256d b = a;
    std::size_t j = 0;
    for (; j + 8 <= n; j += 8) {
      a = _mm256_max_pd(a, _mm256_andnot_pd(sign, _mm256_loadu_pd(values + j)));
      b = _mm256_max_pd(b, _mm256_andnot_pd(sign, _mm256_loadu_pd(values + j + 4)));
    }
    a = _mm256_max_pd(a, b);
    const __m128d half = _mm_max_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    const double most = _mm_cvtsd_f64(_mm_max_sd(half, _mm_unpackhi_pd(half, half)));
    const double rest = AnyKernel::reach(values + j, n - j);
    return rest > most ? rest : most;
  }

  [[gnu::target("avx2,fma")]] static double dot(const double* w, const double* x, std::size_t n) noexcept {
    __m256d a = _mm256_setzero_pd();
    __m256d b = a;
    __m256d c = a;
    __m256d d = a;
    std::size_t j = 0;
    for (; j + 16 <= n; j += 16) {
      a = _mm256_fmadd_pd(_mm256_loadu_pd(w + j), _mm256_loadu_pd(x + j), a);
      b = _mm256_fmadd_pd(_mm256_loadu_pd(w + j + 4), _mm256_loadu_pd(x + j + 4), b);
      c = _mm256_fmadd_pd(_mm256_loadu_pd(w + j + 8), _mm256_loadu_pd(x + j + 8), c);
      d = _mm256_fmadd_pd(_mm256_loadu_pd(w + j + 12), _mm256_loadu_pd(x + j + 12), d);
    }
    for (; j + 4 <= n; j += 4) a = _mm256_fmadd_pd(_mm256_loadu_pd(w + j), _mm256_loadu_pd(x + j), a);
    double rest = 0;
    for (; j < n; ++j) rest = fence(rest + product(w[j], x[j]));
    return total(a, b, c, d) + rest;
  }

  /// w += c x
  [[gnu::target("avx2,fma")]] static void add(double* w, const double* x, double c, std::size_t n) noexcept {
    const __m256d factor = _mm256_set1_pd(c);
    std::size_t j = 0;
    for (; j + 4 <= n; j += 4) {
      _mm256_storeu_pd(w + j, _mm256_fmadd_pd(_mm256_loadu_pd(x + j), factor, _mm256_loadu_pd(w + j)));
    }
    for (; j < n; ++j) w[j] += product(x[j], c);
  }

  /// w += c x, and then w . y: the bits of add and dot, in one pass. With Keep, y is copied to `keep`, which may be x.
  template <bool Keep = false>
  [[gnu::target("avx2,fma"), gnu::aligned(64)]] static double add_dot(double* w, const double* x, double factor,
                                                                      const double* y, std::size_t n,
                                                                      double* keep = nullptr) noexcept {
    const __m256d f = _mm256_set1_pd(factor);
    __m256d a = _mm256_setzero_pd();
    __m256d b = a;
    __m256d c = a;
    __m256d d = a;
    std::size_t j = 0;
    for (; j + 16 <= n; j += 16) {
      const __m256d wa = _mm256_fmadd_pd(_mm256_loadu_pd(x + j), f, _mm256_loadu_pd(w + j));
      const __m256d wb = _mm256_fmadd_pd(_mm256_loadu_pd(x + j + 4), f, _mm256_loadu_pd(w + j + 4));
      const __m256d wc = _mm256_fmadd_pd(_mm256_loadu_pd(x + j + 8), f, _mm256_loadu_pd(w + j + 8));
      const __m256d wd = _mm256_fmadd_pd(_mm256_loadu_pd(x + j + 12), f, _mm256_loadu_pd(w + j + 12));
      // Sums first: where w and y lie a multiple of 4 KiB apart, reading y behind the stores would wait for them.
      a = _mm256_fmadd_pd(wa, _mm256_loadu_pd(y + j), a);
      b = _mm256_fmadd_pd(wb, _mm256_loadu_pd(y + j + 4), b);
      c = _mm256_fmadd_pd(wc, _mm256_loadu_pd(y + j + 8), c);
      d = _mm256_fmadd_pd(wd, _mm256_loadu_pd(y + j + 12), d);
      _mm256_storeu_pd(w + j, wa);
      _mm256_storeu_pd(w + j + 4, wb);
      _mm256_storeu_pd(w + j + 8, wc);
      _mm256_storeu_pd(w + j + 12, wd);
      if constexpr (Keep) {
        for (std::size_t k = j; k < j + 16; k += 4) _mm256_storeu_pd(keep + k, _mm256_loadu_pd(y + k));
      }
    }
    for (; j + 4 <= n; j += 4) {
      const __m256d wa = _mm256_fmadd_pd(_mm256_loadu_pd(x + j), f, _mm256_loadu_pd(w + j));
      _mm256_storeu_pd(w + j, wa);
      a = _mm256_fmadd_pd(wa, _mm256_loadu_pd(y + j), a);
      if constexpr (Keep) _mm256_storeu_pd(keep + j, _mm256_loadu_pd(y + j));
    }
    double rest = 0;
    for (; j < n; ++j) {
      w[j] += product(x[j], factor);
      rest = fence(rest + product(w[j], y[j]));
      if constexpr (Keep) keep[j] = y[j];
    }
    return total(a, b, c, d) + rest;
  }

 private:
  [[gnu::target("avx2,fma")]] static double total(__m256d a, __m256d b, __m256d c, __m256d d) noexcept {
    const __m256d all = _mm256_add_pd(_mm256_add_pd(a, b), _mm256_add_pd(c, d));
    const __m128d half = _mm_add_pd(_mm256_castpd256_pd128(all), _mm256_extractf128_pd(all, 1));
    return _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)));
  }
};

#else

struct Avx2Kernel : PortableKernel {
  static bool supported() noexcept { return false; }
};

#endif

}  // namespace detail
}  // namespace v0
}  // namespace penstock
