// SPDX-License-Identifier: MIT
#pragma once

// ISO 8601 text to a point in time, without locale or time-zone tables.
//
//     Timestamp when;
//     parse_iso_time("2014-07-01 00:30:00.25+02:00", when);   // ParseStatus::ok, 22:30 UTC the day before
//
// For other spellings see io/time_format.hpp.

#include "penstock/core/clock.hpp"
#include "penstock/io/parse_number.hpp"

#include <chrono>       // nanoseconds
#include <cstddef>      // size_t
#include <cstdint>      // int64_t
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {
namespace detail {

/// A date and a time of day as they are written; what is not written keeps these values, which are strptime's.
struct CivilTime {
  int year = 1900, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;
  int nanosecond = 0;
  int utc_offset_s = 0;  ///< seconds east of UTC

  static constexpr bool is_leap(int y) noexcept { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }
  static constexpr int days_in_month(int y, int m) noexcept {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && is_leap(y) ? 29 : days[m - 1];
  }

  /// Days since 1970-01-01 of a date in the Gregorian calendar, for years >= 0
  /// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  static constexpr std::int64_t days_from_civil(int y, int m, int d) noexcept {
    y += 400 - (m <= 2);  // an era more, so that no year is negative
    const int era = y / 400, year_of_era = y % 400;
    const int day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return std::int64_t{era - 1} * 146097 + day_of_era - 719468;
  }

  /// The point in time; `invalid` if there is no such date or time of day, `out_of_range` outside 1677 to 2262.
  ParseStatus to_timestamp(Timestamp& out) const noexcept {
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return ParseStatus::invalid;
    if (hour > 23 || minute > 59 || second > 59) return ParseStatus::invalid;
    const std::int64_t seconds =
        days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - utc_offset_s;
    constexpr std::int64_t limit = INT64_MAX / 1'000'000'000;
    constexpr std::int64_t rest = INT64_MAX % 1'000'000'000;
    if (seconds >= 0) {
      if (seconds > limit || (seconds == limit && nanosecond > rest)) return ParseStatus::out_of_range;
      out = Timestamp(std::chrono::nanoseconds(seconds * 1'000'000'000 + nanosecond));
    } else {  // from the second above, so that no step passes below the smallest value
      const std::int64_t back = 1'000'000'000 - nanosecond;
      if (-(seconds + 1) > limit || (-(seconds + 1) == limit && back > rest + 1)) return ParseStatus::out_of_range;
      out = Timestamp(std::chrono::nanoseconds((seconds + 1) * 1'000'000'000 - back));
    }
    return ParseStatus::ok;
  }
};

/// Reads parts of a text from the left; each `take` leaves it as it was if it says false.
class TextCursor {
 public:
  explicit constexpr TextCursor(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] constexpr bool done() const noexcept { return rest_.empty(); }
  [[nodiscard]] constexpr std::string_view rest() const noexcept { return rest_; }
  constexpr void skip(std::size_t n) noexcept { rest_.remove_prefix(n); }

  /// That character.
  constexpr bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A number of `least` to `most` digits, as many as there are.
  constexpr bool take_digits(int least, int most, int& out) noexcept {
    int value = 0, count = 0;
    for (; count < most && static_cast<std::size_t>(count) < rest_.size(); ++count) {
      const char c = rest_[static_cast<std::size_t>(count)];
      if (c < '0' || c > '9') break;
      value = value * 10 + (c - '0');
    }
    if (count < least) return false;
    out = value;
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }

  /// One to nine digits that are a fraction of a second.
  constexpr bool take_fraction(int& nanoseconds) noexcept {
    const std::size_t before = rest_.size();
    if (!take_digits(1, 9, nanoseconds)) return false;
    for (std::size_t digits = before - rest_.size(); digits < 9; ++digits) nanoseconds *= 10;
    return true;
  }

  /// Z, or +hh, +hhmm, +hh:mm with either sign, at most a day.
  constexpr bool take_utc_offset(int& seconds) noexcept {
    if (take('Z') || take('z')) {
      seconds = 0;
      return true;
    }
    TextCursor ahead = *this;
    const bool west = ahead.take('-');
    int hours = 0, minutes = 0;
    if ((!west && !ahead.take('+')) || !ahead.take_digits(2, 2, hours)) return false;
    const bool colon = ahead.take(':');
    if (!ahead.take_digits(2, 2, minutes) && colon) return false;
    if (hours > 23 || minutes > 59) return false;
    seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    *this = ahead;
    return true;
  }

 private:
  std::string_view rest_;
};

}  // namespace detail

/// The point in time that a text is in the extended format of ISO 8601; O(length).
/// Taken are: YYYY-MM-DD; behind it, after a T or one blank, hh:mm or hh:mm:ss, with a fraction of one to nine digits
/// after a point or comma; and after a time of day Z, +hh, +hhmm or +hh:mm. Without an offset it is UTC. Blanks and
/// tabs around it are taken too. `out_of_range` is what 64 bits of nanoseconds cannot hold: before September 1677,
/// after April 2262. `out` is set if the answer is ok.
inline ParseStatus parse_iso_time(std::string_view text, Timestamp& out) noexcept {
  detail::TextCursor cursor(detail::strip_blanks(text));
  detail::CivilTime t;
  if (!cursor.take_digits(4, 4, t.year) || !cursor.take('-') || !cursor.take_digits(2, 2, t.month) ||
      !cursor.take('-') || !cursor.take_digits(2, 2, t.day)) {
    return ParseStatus::invalid;
  }
  if (cursor.take('T') || cursor.take('t') || cursor.take(' ')) {
    if (!cursor.take_digits(2, 2, t.hour) || !cursor.take(':') || !cursor.take_digits(2, 2, t.minute))
      return ParseStatus::invalid;
    if (cursor.take(':')) {
      if (!cursor.take_digits(2, 2, t.second)) return ParseStatus::invalid;
      if ((cursor.take('.') || cursor.take(',')) && !cursor.take_fraction(t.nanosecond)) return ParseStatus::invalid;
    }
    if (!cursor.done() && !cursor.take_utc_offset(t.utc_offset_s)) return ParseStatus::invalid;
  }
  return cursor.done() ? t.to_timestamp(out) : ParseStatus::invalid;
}

}  // namespace v0
}  // namespace penstock
