// SPDX-License-Identifier: MIT
#pragma once

// What this machine can do beyond what the program was compiled for.

#include "penstock/config.hpp"

namespace penstock {
inline namespace v0 {
namespace detail {

#if PENSTOCK_AVX2_BESIDE_SSE2
/// Whether the machine has AVX2; asked once.
[[nodiscard]] inline bool has_avx2() noexcept {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}
#endif

}  // namespace detail
}  // namespace v0
}  // namespace penstock
