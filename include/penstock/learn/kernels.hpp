// SPDX-License-Identifier: MIT
#pragma once

// The two loops that linear learning spends its time in, w.x and w += c x, in three kinds: in scikit-learn's order with
// every product rounded, in several sums at once for any machine, and the same for machines with AVX2 and FMA.
//
// Which kind a model uses is decided once, when it is made: the same row gives the same bits in every call.

#include "penstock/learn/fence.hpp"

#include <cstddef>  // ptrdiff_t, size_t

namespace penstock {
inline namespace v0 {
namespace detail {

/// scikit-learn's order: one sum from left to right.
struct StrictKernel {
  static double mul(double a, double b) noexcept { return product(a, b); }

  static double dot(const double* w, const double* x, std::size_t n) noexcept {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum = fence(sum + product(w[j], x[j]));
    return sum;
  }

  /// w += c x
  static void add(double* w, const double* x, double c, std::size_t n, const double* /*next*/) noexcept {
    std::size_t j = 0;
#if defined(__GNUC__) && defined(__x86_64__)
    typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));
    const pair factor = {c, c};
    for (; j + 4 <= n; j += 4) {
      pair low = *reinterpret_cast<const pair*>(x + j) * factor;
      pair high = *reinterpret_cast<const pair*>(x + j + 2) * factor;
      asm("" : "+x"(low), "+x"(high));
      *reinterpret_cast<pair*>(w + j) += low;
      *reinterpret_cast<pair*>(w + j + 2) += high;
    }
#endif
    for (; j < n; ++j) w[j] += product(x[j], c);
  }
};

/// Eight sums at once, for any machine.
struct PortableKernel {
  static double mul(double a, double b) noexcept { return a * b; }

  static double dot(const double* w, const double* x, std::size_t n) noexcept {
    double s[8] = {};
    std::size_t j = 0;
    for (; j + 8 <= n; j += 8) {
      for (std::size_t k = 0; k < 8; ++k) s[k] += w[j + k] * x[j + k];
    }
    double rest = 0;
    for (; j < n; ++j) rest += w[j] * x[j];
    return (((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))) + rest;
  }

  static void add(double* w, const double* x, double c, std::size_t n, const double* /*next*/) noexcept {
    for (std::size_t j = 0; j < n; ++j) w[j] += c * x[j];
  }
};

#if defined(__GNUC__) && defined(__x86_64__)

/// Sixteen sums at once in AVX2's registers, fused. The attribute lets a program that is compiled for any x86-64 use
/// it where the machine can.
struct Avx2Kernel {
  static bool supported() noexcept { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
  static double mul(double a, double b) noexcept { return a * b; }

  typedef double quad __attribute__((vector_size(32)));
  typedef double loose_quad __attribute__((vector_size(32), aligned(8), may_alias));
  typedef double pair __attribute__((vector_size(16)));

  [[gnu::target("avx2,fma"), gnu::noinline]] static double dot(const double* w, const double* x,
                                                               std::size_t n) noexcept {
    quad a = {};
    quad b = {};
    quad c = {};
    quad d = {};
    std::size_t j = 0;
    for (; j + 16 <= n; j += 16) {
      a += *reinterpret_cast<const loose_quad*>(w + j) * *reinterpret_cast<const loose_quad*>(x + j);
      b += *reinterpret_cast<const loose_quad*>(w + j + 4) * *reinterpret_cast<const loose_quad*>(x + j + 4);
      c += *reinterpret_cast<const loose_quad*>(w + j + 8) * *reinterpret_cast<const loose_quad*>(x + j + 8);
      d += *reinterpret_cast<const loose_quad*>(w + j + 12) * *reinterpret_cast<const loose_quad*>(x + j + 12);
    }
    for (; j + 4 <= n; j += 4) {
      a += *reinterpret_cast<const loose_quad*>(w + j) * *reinterpret_cast<const loose_quad*>(x + j);
    }
    double rest = 0;
    for (; j < n; ++j) rest += w[j] * x[j];
    const quad all = (a + b) + (c + d);
    const pair half = __builtin_shufflevector(all, all, 0, 1) + __builtin_shufflevector(all, all, 2, 3);
    return (half[0] + half[1]) + rest;
  }

  /// w += c x; asks the memory for the next row on the way, which the loop over this one does not touch.
  [[gnu::target("avx2,fma"), gnu::noinline]] static void add(double* w, const double* x, double c, std::size_t n,
                                                             const double* next) noexcept {
    const quad factor = {c, c, c, c};
    std::size_t j = 0;
    for (; j + 16 <= n; j += 16) {
      __builtin_prefetch(next + j);
      __builtin_prefetch(next + j + 8);
      for (std::size_t k = j; k < j + 16; k += 4) {
        *reinterpret_cast<loose_quad*>(w + k) += *reinterpret_cast<const loose_quad*>(x + k) * factor;
      }
    }
    for (; j + 4 <= n; j += 4) {
      *reinterpret_cast<loose_quad*>(w + j) += *reinterpret_cast<const loose_quad*>(x + j) * factor;
    }
    for (; j < n; ++j) w[j] += x[j] * c;
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
