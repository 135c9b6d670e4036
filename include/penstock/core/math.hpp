// SPDX-License-Identifier: MIT
#pragma once

// The few functions of <cmath> that the library needs, on doubles for the most part. That header brings the special
// functions with it, and costs whoever includes the library as much as <vector>; the compiler knows these without it.
//
//     if (detail::is_nan(x)) return detail::ceil(y);

#if !defined(__GNUC__)  // clang defines it too
#include <cmath>  // abs, ceil, erfc, exp, floor, isfinite, isnan, log, log1p, log2, nearbyint, nextafter, signbit, sqrt
#endif

namespace penstock {
inline namespace v0 {
namespace detail {

#if defined(__GNUC__)
constexpr bool is_nan(double x) noexcept { return __builtin_isnan(x); }
constexpr bool is_finite(double x) noexcept { return __builtin_isfinite(x); }
inline bool sign_bit(double x) noexcept { return __builtin_signbit(x); }
constexpr double absolute(double x) noexcept { return __builtin_fabs(x); }
inline double ceil(double x) noexcept { return __builtin_ceil(x); }
inline double floor(double x) noexcept { return __builtin_floor(x); }
inline double nearest_integer(double x) noexcept { return __builtin_nearbyint(x); }
inline double next_after(double x, double towards) noexcept { return __builtin_nextafter(x, towards); }
inline double square_root(double x) noexcept { return __builtin_sqrt(x); }
inline double exponential(double x) noexcept { return __builtin_exp(x); }
inline float exponential(float x) noexcept { return __builtin_expf(x); }
inline double natural_logarithm(double x) noexcept { return __builtin_log(x); }
inline double natural_logarithm_of_1_plus(double x) noexcept { return __builtin_log1p(x); }
inline double binary_logarithm(double x) noexcept { return __builtin_log2(x); }
inline double complementary_error_function(double x) noexcept { return __builtin_erfc(x); }
#else
inline bool is_nan(double x) noexcept { return std::isnan(x); }
inline bool is_finite(double x) noexcept { return std::isfinite(x); }
inline bool sign_bit(double x) noexcept { return std::signbit(x); }
inline double absolute(double x) noexcept { return std::abs(x); }
inline double ceil(double x) noexcept { return std::ceil(x); }
inline double floor(double x) noexcept { return std::floor(x); }
inline double nearest_integer(double x) noexcept { return std::nearbyint(x); }
inline double next_after(double x, double towards) noexcept { return std::nextafter(x, towards); }
inline double square_root(double x) noexcept { return std::sqrt(x); }
inline double exponential(double x) noexcept { return std::exp(x); }
inline float exponential(float x) noexcept { return std::exp(x); }
inline double natural_logarithm(double x) noexcept { return std::log(x); }
inline double natural_logarithm_of_1_plus(double x) noexcept { return std::log1p(x); }
inline double binary_logarithm(double x) noexcept { return std::log2(x); }
inline double complementary_error_function(double x) noexcept { return std::erfc(x); }
#endif

}  // namespace detail
}  // namespace v0
}  // namespace penstock
