// SPDX-License-Identifier: MIT
#pragma once

// Text to numbers: exact, free of any locale, and without a copy.
//
//     double price = 0;
//     switch (parse_float64("3,5", price, ',')) {
//       case ParseStatus::ok: use(price); break;           // 3.5
//       case ParseStatus::invalid: ...
//       case ParseStatus::out_of_range: ...                // of integers and times only
//     }
//
// A double is the one nearest to the decimal (ties to even). Eight digits are read at a time; if at most 19 digits
// make an integer below 2^53 and the power of ten is at most 22, then both are exact doubles and one multiplication or
// division rounds once (Clinger, "How to read floating point numbers accurately", PLDI 1990). All else is left to
// std::from_chars, which is exact too.

#include "penstock/config.hpp"

#include <bit>           // endian, countr_zero
#include <charconv>      // from_chars
#include <cstddef>       // size_t
#include <cstdint>       // int64_t, uint64_t
#include <cstring>       // memcpy
#include <limits>        // numeric_limits
#include <string>        // string
#include <string_view>   // string_view
#include <system_error>  // errc

namespace penstock {
inline namespace v0 {

/// What became of a text that should be a value.
enum class ParseStatus : std::uint8_t {
  ok,           ///< it is one
  invalid,      ///< it is none
  out_of_range  ///< it is one that the type cannot hold
};

namespace detail {

/// The bytes past the end of a text that `..._padded` functions may read, and take no notice of.
inline constexpr std::size_t parse_padding = 64;

inline constexpr std::uint64_t powers_of_ten_u64[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
inline constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                           1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// The eight bytes at `p` as a number whose lowest byte is the first.
inline std::uint64_t load_eight(const char* p) noexcept {
  std::uint64_t bytes = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&bytes, p, 8);
  } else {
    for (unsigned i = 0; i < 8; ++i) bytes |= std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
  }
  return bytes;
}

inline constexpr std::uint64_t every_byte = 0x0101010101010101;

/// The high bit of each byte above 9. Exact up to the first such byte; behind it a carry may err.
constexpr std::uint64_t above_nine(std::uint64_t bytes) noexcept {
  return ((bytes + 0x76 * every_byte) | bytes) & 0x80 * every_byte;
}

/// The number whose eight decimal digits are these bytes, the first digit the lowest byte: neighbours are added up to
/// pairs, then pairs to the whole, in two multiplications.
constexpr std::uint64_t join_digits(std::uint64_t bytes) noexcept {
  bytes = bytes * 10 + (bytes >> 8);
  return (((bytes & 0x000000FF000000FF) * 0x000F424000000064 +
           ((bytes >> 16) & 0x000000FF000000FF) * 0x0000271000000001) >>
          32) &
         0xFFFFFFFF;
}

/// The decimal digits that a text begins with, eight at most.
struct DigitRun {
  std::uint64_t value;
  unsigned count;
};

inline DigitRun read_digits(const char* p) noexcept {
  std::uint64_t bytes = load_eight(p) ^ '0' * every_byte;  // '0' to '9' become 0 to 9, all else more
  const unsigned count = static_cast<unsigned>(std::countr_zero(above_nine(bytes))) / 8;  // countr_zero(0) is 64
  bytes = count == 0 ? 0 : bytes << (64 - 8 * count);                                     // leading zeros come in
  return {join_digits(bytes), count};
}

/// Digits, of any number: moves `p` behind them, adds them to `value`, gives how many. Wraps above 19 digits.
inline unsigned read_all_digits(const char*& p, std::uint64_t& value) noexcept {
  unsigned total = 0;
  for (;;) {
    const DigitRun run = read_digits(p);
    value = value * powers_of_ten_u64[run.count] + run.value;
    p += run.count;
    total += run.count;
    if (run.count < 8 || total > 19) return total;  // above 19 nobody asks for the value
  }
}

/// A double of one to eight bytes, digits and at most one decimal point: all of them at once, without a loop.
inline bool parse_short_float64(const char* p, unsigned size, bool negative, char decimal, double& out) noexcept {
  const unsigned shift = 64 - 8 * size;
  const std::uint64_t bytes = load_eight(p)
                              << shift;  // what is behind the text falls out, its last byte is the highest
  std::uint64_t digits = bytes ^ ('0' * every_byte) << shift;
  const std::uint64_t others = bytes ^ static_cast<unsigned char>(decimal) * every_byte;
  const std::uint64_t points = (others - every_byte) & ~others & 0x80 * every_byte;  // the first zero byte's high bit
  unsigned fraction = 0;
  if (points != 0) {
    const unsigned bits_before = static_cast<unsigned>(std::countr_zero(points)) & 56;
    const std::uint64_t before = (std::uint64_t{1} << bits_before) - 1;
    digits = (digits & before) << 8 | (digits & ~before << 8);  // the digits before the point move over it
    fraction = 7 - bits_before / 8;
    if (size == 1) return false;
  }
  if (above_nine(digits) != 0) return false;
  // A divisor with the sign in it costs nothing more, and gives -0 its sign.
  static constexpr double divisors[2][8] = {{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7},
                                            {-1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7}};
  // Signed, because that conversion is one instruction.
  out = static_cast<double>(static_cast<std::int64_t>(join_digits(digits))) / divisors[negative][fraction];
  return true;
}

/// A double of any length, behind its sign. False leaves it to the slow path.
PENSTOCK_NOINLINE inline bool parse_long_float64(const char* p, const char* end, bool negative, char decimal,
                                                 double& out) noexcept {
  std::uint64_t mantissa = 0;
  unsigned digits = read_all_digits(p, mantissa);
  int exponent = 0;
  if (*p == decimal && p < end) {
    ++p;
    const unsigned fraction = read_all_digits(p, mantissa);
    digits += fraction;
    exponent = -static_cast<int>(fraction);
  }
  if (p != end) {
    if (p > end || (*p | 0x20) != 'e') return false;
    ++p;
    const bool down = *p == '-';
    if (down || *p == '+') ++p;
    const DigitRun run = read_digits(p);
    p += run.count;
    if (p != end || run.count == 0 || run.count > 4) return false;
    exponent += down ? -static_cast<int>(run.value) : static_cast<int>(run.value);
  }
  if (digits == 0 || digits > 19 || mantissa > (std::uint64_t{1} << 53) || exponent < -22 || exponent > 22)
    return false;
  const double value = static_cast<double>(static_cast<std::int64_t>(mantissa)) * (negative ? -1.0 : 1.0);
  out = exponent < 0 ? value / powers_of_ten[-exponent] : value * powers_of_ten[exponent];
  return true;
}

/// The common case of a double: at most 19 digits, exact by Clinger's argument. False leaves it to the slow path.
/// `p < end`.
inline bool parse_float64_padded(const char* p, const char* end, char decimal, double& out) noexcept {
  const bool negative = *p == '-';
  p += negative | (*p == '+');  // no branch: signs are hard to guess
  const auto size = static_cast<std::size_t>(end - p);
  if (size - 1 < 8 && parse_short_float64(p, static_cast<unsigned>(size), negative, decimal, out)) return true;
  return parse_long_float64(p, end, negative, decimal, out);
}

/// The common case of an integer: at most 18 digits. False leaves it to the slow path.
inline bool parse_int64_padded(const char* p, const char* end, std::int64_t& out) noexcept {
  const bool negative = *p == '-';
  p += negative | (*p == '+');
  std::uint64_t value = 0;
  const unsigned digits = read_all_digits(p, value);
  if (p != end || digits == 0 || digits > 18) return false;
  out = static_cast<std::int64_t>((value ^ (0 - std::uint64_t{negative})) + negative);  // -x is ~x + 1
  return true;
}

/// Without the blanks and tabs at both ends.
constexpr std::string_view strip_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Whether `text` is `word` in any case; `word` is in lower case, ASCII.
constexpr bool equals_ignoring_case(std::string_view text, std::string_view word) noexcept {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != word[i]) return false;
  }
  return true;
}

/// What a well-formed decimal is that from_chars calls out of range: whether it is beyond the largest double, or so
/// small that it rounds to zero. Told by the place of its first digit that is not zero.
inline bool is_huge(std::string_view text) noexcept {
  long long place = 0;  // the value is 0.d... * 10^place
  bool seen = false, fraction = false;
  std::size_t i = 0;
  for (; i < text.size() && (text[i] | 0x20) != 'e'; ++i) {
    if (text[i] == '.') {
      fraction = true;
    } else if (text[i] != '0' || seen) {
      seen = true;
      if (!fraction) ++place;
    } else if (fraction) {
      --place;
    }
  }
  long long exponent = 0;
  const bool down = i + 1 < text.size() && text[i + 1] == '-';
  for (; i < text.size(); ++i) {
    if (text[i] >= '0' && text[i] <= '9' && exponent < 1'000'000'000'000) exponent = exponent * 10 + (text[i] - '0');
  }
  return place + (down ? -exponent : exponent) > 0;
}

}  // namespace detail

/// The double nearest to the decimal that `text` is; O(length).
/// Taken are: blanks and tabs around it; one sign; digits with at most one `decimal` among, before or after them; an
/// exponent; and, in any case, inf, infinity and nan. Too large is infinite and too small is zero, as in Python and
/// pandas. No thousands separators, no hexadecimal. `out` is set if the answer is ok.
inline ParseStatus parse_float64(std::string_view text, double& out, char decimal = '.') {
  text = detail::strip_blanks(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return ParseStatus::invalid;
  double value = 0;
  if ((text.front() < '0' || text.front() > '9') && text.front() != decimal) {
    if (detail::equals_ignoring_case(text, "inf") || detail::equals_ignoring_case(text, "infinity")) {
      value = std::numeric_limits<double>::infinity();
    } else if (detail::equals_ignoring_case(text, "nan")) {
      value = std::numeric_limits<double>::quiet_NaN();
    } else {
      return ParseStatus::invalid;
    }
  } else {
    std::string with_point;
    if (decimal != '.') {
      if (text.find('.') != std::string_view::npos) return ParseStatus::invalid;
      with_point = text;
      if (const auto place = with_point.find(decimal); place != std::string::npos) with_point[place] = '.';
      text = with_point;
    }
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (stop != end || error == std::errc::invalid_argument) return ParseStatus::invalid;
    if (error == std::errc::result_out_of_range)
      value = detail::is_huge(text) ? std::numeric_limits<double>::infinity() : 0.0;
  }
  out = negative ? -value : value;
  return ParseStatus::ok;
}

/// The integer that `text` is, in base 10; O(length). Blanks and tabs around it and one sign are taken. `out` is set if
/// the answer is ok.
inline ParseStatus parse_int64(std::string_view text, std::int64_t& out) {
  text = detail::strip_blanks(text);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);  // from_chars takes no plus; a minus behind it would be a second sign
    if (!text.empty() && text.front() == '-') return ParseStatus::invalid;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (stop != end || error == std::errc::invalid_argument) return ParseStatus::invalid;
  return error == std::errc::result_out_of_range ? ParseStatus::out_of_range : ParseStatus::ok;
}

}  // namespace v0
}  // namespace penstock
