// SPDX-License-Identifier: MIT
#pragma once

// Arithmetic that is rounded where it is written, whatever the compiler may do with the rest.
//
//     sum = detail::fence(sum + detail::product(w, x));   // never fma(w, x, sum), never another order
//
// -ffp-contract=fast, which g++ has on, turns a * b + c into one rounding where the target has FMA, and with it changes
// the last bit between -march=x86-64 and -march=native. A value that has passed through an empty asm statement is
// opaque: the compiler can neither fuse nor reorder across it. It costs no instruction.

#include "penstock/config.hpp"

#include <bit>      // bit_cast
#include <cstdint>  // uint64_t

namespace penstock {
inline namespace v0 {
namespace detail {

/// The value, of which the compiler knows nothing any more.
inline double fence(double value) noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
  asm("" : "+x"(value));
  return value;
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(value));
  return value;
#else
  volatile double opaque = value;
  return opaque;
#endif
}

/// a * b, rounded by itself.
inline double product(double a, double b) noexcept { return fence(a * b); }

/// Neither infinite nor NaN; true to its word under -ffinite-math-only too.
inline bool is_finite_bits(double x) noexcept {
  constexpr std::uint64_t exponent = 0x7ff0'0000'0000'0000U;
  return (std::bit_cast<std::uint64_t>(x) & exponent) != exponent;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
