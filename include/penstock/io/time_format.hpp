// SPDX-License-Identifier: MIT
#pragma once

// Text to a point in time by a format in strptime's letters, without any locale.
//
//     const TimeFormat format("%m/%d/%y");
//     Timestamp born;
//     format.parse("12/30/84", born);    // ParseStatus::ok, 1984-12-30 00:00 UTC
//
// | letter  | what is read                                                                      |
// |---------|-----------------------------------------------------------------------------------|
// | %Y      | year, four digits                                                                 |
// | %y      | year, two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068             |
// | %m %d   | month, day of the month: one or two digits; %e is %d with blanks before it         |
// | %j      | day of the year, one to three digits                                              |
// | %b %B   | month by its English name, short or long, in any case; %h is %b                    |
// | %a %A   | day of the week by its English name, short or long: read, and not checked          |
// | %H %M %S| hour (0 to 23), minute, second (0 to 59): one or two digits                        |
// | %I %p   | hour (1 to 12), AM or PM in any case                                              |
// | %f      | fraction of a second, one to nine digits                                          |
// | %z      | Z, +hh, +hhmm or +hh:mm                                                           |
// | %F %T %D| %Y-%m-%d, %H:%M:%S, %m/%d/%y                                                      |
// | %%      | a percent sign                                                                    |
//
// A blank in the format stands for one or more blanks; every other character for itself. A part that the format lacks
// is that of 1900-01-01 00:00:00 UTC, as in Python's strptime.

#include "penstock/io/parse_time.hpp"

#include <cstddef>      // size_t
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// One format, ready for many texts. Parsing is safe from many threads.
class TimeFormat {
 public:
  /// @throws std::invalid_argument that names the format and the letter, if a letter is not in the table above.
  explicit TimeFormat(std::string format) : format_(std::move(format)) {
    for (std::size_t i = 0; i < format_.size(); ++i) {
      if (format_[i] != '%') continue;
      ++i;
      if (i == format_.size() || known_letters.find(format_[i]) == std::string_view::npos) {
        throw std::invalid_argument("time format '" + format_ + "': there is no %" + format_.substr(i, 1) +
                                    ", the letters are " + std::string(known_letters));
      }
    }
    if (format_.empty()) throw std::invalid_argument("time format '': it is empty");
  }

  [[nodiscard]] const std::string& format() const noexcept { return format_; }  ///< as it was given

  /// The point in time that the whole text is; O(length). `out` is set if the answer is ok; `out_of_range` is what 64
  /// bits of nanoseconds cannot hold.
  ParseStatus parse(std::string_view text, Timestamp& out) const noexcept {
    detail::TextCursor cursor(text);
    Parts parts;
    if (!read(cursor, format_, parts) || !cursor.done() || !parts.settle()) return ParseStatus::invalid;
    return parts.time.to_timestamp(out);
  }

 private:
  static constexpr std::string_view known_letters = "YymdejbBhaAHIMSfpzFTD%";

  struct Parts {
    detail::CivilTime time{};
    int day_of_year = 0;
    int hour_of_12 = 0;  // 0 where %I was not read
    bool pm = false;

    bool settle() noexcept {
      if (hour_of_12 != 0) time.hour = hour_of_12 % 12 + (pm ? 12 : 0);
      if (day_of_year == 0) return true;
      if (day_of_year > (detail::CivilTime::is_leap(time.year) ? 366 : 365)) return false;
      time.month = 1;
      time.day = day_of_year;
      while (time.day > detail::CivilTime::days_in_month(time.year, time.month))
        time.day -= detail::CivilTime::days_in_month(time.year, time.month++);
      return true;
    }
  };

  static bool read(detail::TextCursor& cursor, std::string_view format, Parts& parts) noexcept {
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] == '%') {
        if (!read_part(cursor, format[++i], parts)) return false;
      } else if (format[i] == ' ') {
        if (!cursor.take(' ')) return false;
        while (cursor.take(' ')) {}
        while (i + 1 < format.size() && format[i + 1] == ' ') ++i;
      } else if (!cursor.take(format[i])) {
        return false;
      }
    }
    return true;
  }

  static bool read_part(detail::TextCursor& cursor, char letter, Parts& parts) noexcept {
    detail::CivilTime& t = parts.time;
    switch (letter) {
      case 'Y': return cursor.take_digits(4, 4, t.year);
      case 'y':
        if (!cursor.take_digits(2, 2, t.year)) return false;
        t.year += t.year < 69 ? 2000 : 1900;
        return true;
      case 'm': return cursor.take_digits(1, 2, t.month);
      case 'e':
        while (cursor.take(' ')) {}
        return cursor.take_digits(1, 2, t.day);
      case 'd': return cursor.take_digits(1, 2, t.day);
      case 'j': return cursor.take_digits(1, 3, parts.day_of_year) && parts.day_of_year > 0;
      case 'b':
      case 'B':
      case 'h': return read_name(cursor, months, 12, t.month);
      case 'a':
      case 'A': {
        int ignored = 0;
        return read_name(cursor, weekdays, 7, ignored);
      }
      case 'H': return cursor.take_digits(1, 2, t.hour);
      case 'I': return cursor.take_digits(1, 2, parts.hour_of_12) && parts.hour_of_12 >= 1 && parts.hour_of_12 <= 12;
      case 'p': {
        const std::string_view half = cursor.rest().substr(0, 2);
        parts.pm = detail::equals_ignoring_case(half, "pm");
        if (!parts.pm && !detail::equals_ignoring_case(half, "am")) return false;
        cursor.skip(2);
        return true;
      }
      case 'M': return cursor.take_digits(1, 2, t.minute);
      case 'S': return cursor.take_digits(1, 2, t.second);
      case 'f': return cursor.take_fraction(t.nanosecond);
      case 'z': return cursor.take_utc_offset(t.utc_offset_s);
      case 'F': return read(cursor, "%Y-%m-%d", parts);
      case 'T': return read(cursor, "%H:%M:%S", parts);
      case 'D': return read(cursor, "%m/%d/%y", parts);
      default: return cursor.take(letter);
    }
  }

  static constexpr std::string_view months[] = {"january", "february", "march",     "april",   "may",      "june",
                                                "july",    "august",   "september", "october", "november", "december"};
  static constexpr std::string_view weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                                  "friday", "saturday", "sunday"};

  /// One of the names, whole or its first three letters; gives its place from 1.
  static bool read_name(detail::TextCursor& cursor, const std::string_view* names, int count, int& place) noexcept {
    for (int i = 0; i < count; ++i) {
      for (const std::string_view name : {names[i], names[i].substr(0, 3)}) {
        if (!detail::equals_ignoring_case(cursor.rest().substr(0, name.size()), name)) continue;
        cursor.skip(name.size());
        place = i + 1;
        return true;
      }
    }
    return false;
  }

  std::string format_;
};

namespace detail {

/// By the first of the formats that the text is in, ISO 8601 if there are none; out_of_range if none fits, but one
/// nearly.
inline ParseStatus parse_time(std::string_view text, const std::vector<TimeFormat>& formats, Timestamp& out) noexcept {
  if (formats.empty()) return parse_iso_time(text, out);
  ParseStatus best = ParseStatus::invalid;
  for (const TimeFormat& format : formats) {
    const ParseStatus status = format.parse(text, out);
    if (status == ParseStatus::ok) return status;
    if (status == ParseStatus::out_of_range) best = status;
  }
  return best;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
