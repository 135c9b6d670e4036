// SPDX-License-Identifier: MIT
#pragma once

// Numbers and times as text, in the shortest form that reads back as the very same value.
//
//     char text[max_number_chars];
//     char* end = format_double(text, 0.1);                    // 0.1
//     end = format_timestamp(text, Timestamp(1500ms));         // 1970-01-01T00:00:01.500Z
//
// A double looks as Python's repr and json write it: always with a point or an exponent, so that a reader that guesses
// types takes 1.0 for a double again; an exponent from 1e16 upwards and below 1e-4. No locale has a say.

#include "penstock/core/clock.hpp"
#include "penstock/core/math.hpp"

#include <charconv>  // to_chars
#include <chrono>    // year_month_day, hh_mm_ss, floor
#include <cstddef>   // size_t
#include <cstdint>   // int64_t, uint64_t
#include <cstring>   // memchr

namespace penstock {
inline namespace v0 {

/// No function of this header writes more bytes than this.
inline constexpr std::size_t max_number_chars = 32;

namespace detail {

/// Writes a number of millionths as a decimal without needless zeros.
inline char* format_millionths(char* out, bool negative, std::uint64_t millionths) noexcept {
  if (negative) *out++ = '-';
  out = std::to_chars(out, out + max_number_chars, millionths / 1'000'000).ptr;
  *out++ = '.';
  std::uint64_t fraction = millionths % 1'000'000;
  int digits = 6;
  for (; digits > 1 && fraction % 10 == 0; --digits) fraction /= 10;
  for (int i = digits; i-- > 0; fraction /= 10) out[i] = static_cast<char>('0' + fraction % 10);
  return out + digits;
}

}  // namespace detail

/// Writes a finite double to `out`, which has room for max_number_chars; returns the end. The shortest digits that are
/// correctly rounded back to `x`, the closest of them to `x`; -0.0 keeps its sign.
inline char* format_double(char* out, double x) noexcept {
  const double size = detail::absolute(x);
  if (size < 1e9 && (size >= 1e-4 || size == 0)) {
    // The common case of at most six decimals: both numbers of the division are exact, so that if it gives `size`, the
    // decimal rounds to it; with 15 digits or fewer no other decimal does, and none is shorter.
    const auto millionths = static_cast<std::int64_t>(size * 1e6 + 0.5);
    if (static_cast<double>(millionths) / 1e6 == size)
      return detail::format_millionths(out, detail::sign_bit(x), static_cast<std::uint64_t>(millionths));
  }
  char* const limit = out + max_number_chars;
  if (!(size >= 1e-4 && size < 1e16)) { return std::to_chars(out, limit, x, std::chars_format::scientific).ptr; }
  char* end = std::to_chars(out, limit, x, std::chars_format::fixed).ptr;
  if (std::memchr(out, '.', static_cast<std::size_t>(end - out)) == nullptr) {
    *end++ = '.';
    *end++ = '0';
  }
  return end;
}

/// Writes an integer to `out`, which has room for max_number_chars; returns the end.
inline char* format_int(char* out, std::int64_t x) noexcept {
  return std::to_chars(out, out + max_number_chars, x).ptr;
}
/// The same for one without a sign.
inline char* format_int(char* out, std::uint64_t x) noexcept {
  return std::to_chars(out, out + max_number_chars, x).ptr;
}

/// Writes a time as ISO 8601 in UTC to `out`, which has room for max_number_chars; returns the end. The fraction of a
/// second has no digits, 3, 6 or 9: as many as it takes to keep every nanosecond.
inline char* format_timestamp(char* out, Timestamp time) noexcept {
  const auto digits = [&out](std::uint64_t value, int count) {
    for (int i = count; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
    out += count;
  };
  // Whole seconds first: the first midnight before the earliest Timestamp is not a Timestamp.
  std::chrono::sys_seconds second{std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch())};
  std::chrono::nanoseconds fraction = time.time_since_epoch() % std::chrono::seconds{1};
  if (fraction < fraction.zero()) {  // towards the past, also before 1970
    second -= std::chrono::seconds{1};
    fraction += std::chrono::seconds{1};
  }
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{second - day};
  digits(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);  // 1677 to 2262
  *out++ = '-';
  digits(static_cast<unsigned>(date.month()), 2);
  *out++ = '-';
  digits(static_cast<unsigned>(date.day()), 2);
  *out++ = 'T';
  digits(static_cast<std::uint64_t>(clock.hours().count()), 2);
  *out++ = ':';
  digits(static_cast<std::uint64_t>(clock.minutes().count()), 2);
  *out++ = ':';
  digits(static_cast<std::uint64_t>(clock.seconds().count()), 2);
  if (const auto ns = static_cast<std::uint64_t>(fraction.count()); ns != 0) {
    *out++ = '.';
    if (ns % 1'000'000 == 0) {
      digits(ns / 1'000'000, 3);
    } else if (ns % 1'000 == 0) {
      digits(ns / 1'000, 6);
    } else {
      digits(ns, 9);
    }
  }
  *out++ = 'Z';
  return out;
}

}  // namespace v0
}  // namespace penstock
