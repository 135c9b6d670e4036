// SPDX-License-Identifier: MIT
#include "penstock/io/parse_time.hpp"

#include "penstock/io/time_format.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string_view>

using penstock::parse_iso_time;
using penstock::ParseStatus;
using penstock::TimeFormat;
using penstock::Timestamp;
using namespace std::chrono_literals;

namespace {

/// By the calendar of <chrono>, which the parser does not use.
Timestamp at(int year, unsigned month, unsigned day, std::chrono::nanoseconds time = 0ns) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  return std::chrono::sys_days(date) + time;
}

std::optional<Timestamp> iso(std::string_view text) {
  Timestamp out;
  return parse_iso_time(text, out) == ParseStatus::ok ? std::optional(out) : std::nullopt;
}

std::optional<Timestamp> by(const char* format, std::string_view text) {
  Timestamp out;
  return TimeFormat(format).parse(text, out) == ParseStatus::ok ? std::optional(out) : std::nullopt;
}

ParseStatus iso_status(std::string_view text) {
  Timestamp out;
  return parse_iso_time(text, out);
}

}  // namespace

TEST_CASE("ISO dates and times are read to the nanosecond") {
  CHECK(iso("2014-07-01") == at(2014, 7, 1));
  CHECK(iso("2014-07-01 00:30:00") == at(2014, 7, 1, 30min));
  CHECK(iso("2014-07-01T23:59") == at(2014, 7, 1, 23h + 59min));
  CHECK(iso("2014-07-01T23:59:58.5") == at(2014, 7, 1, 23h + 59min + 58500ms));
  CHECK(iso("2014-07-01T00:00:00.123456789Z") == at(2014, 7, 1, 123456789ns));
  CHECK(iso("2014-07-01T00:00:00,000001") == at(2014, 7, 1, 1us));
  CHECK(iso(" 1969-12-31 23:59:59.999999999 ") == Timestamp(-1ns));
}

TEST_CASE("an offset from UTC is taken off") {
  CHECK(iso("2014-07-01 01:00:00+02:00") == at(2014, 6, 30, 23h));
  CHECK(iso("2014-07-01 01:00-0330") == at(2014, 7, 1, 4h + 30min));
  CHECK(iso("2014-07-01T01:00:00.25+14") == at(2014, 6, 30, 11h + 250ms));
  CHECK(iso("2014-07-01T01:00z") == at(2014, 7, 1, 1h));
}

TEST_CASE("every day of four centuries is where the calendar has it") {
  int wrong = 0;
  for (int year = 1700; year < 2260; ++year) {
    for (unsigned month = 1; month <= 12; ++month) {
      for (unsigned day = 1; day <= 31; ++day) {
        char text[16];
        std::snprintf(text, sizeof text, "%04d-%02u-%02u", year, month, day);
        const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                               std::chrono::day(day)};
        const auto got = iso(text);
        if (got.has_value() != date.ok() || (got && *got != at(year, month, day))) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("what is no ISO time is refused") {
  for (const char* text : {"",
                           "2014",
                           "2014-07",
                           "2014-7-1",
                           "14-07-01",
                           "2014/07/01",
                           "2014-13-01",
                           "2014-00-01",
                           "2014-02-29",
                           "2014-07-00",
                           "2014-07-01T",
                           "2014-07-01 24:00",
                           "2014-07-01 00:60",
                           "2014-07-01 00:00:60",
                           "2014-07-01 00:00:00.",
                           "2014-07-01 00:00:00.1234567890",
                           "2014-07-01Z",
                           "2014-07-01 00:00 Z",
                           "2014-07-01 00:00:00+2",
                           "2014-07-01 00:00:00+02:",
                           "2014-07-01 00:00:00+24:00",
                           "2014-07-01  00:00",
                           "2014-07-01 00:00:00x",
                           "12:30",
                           "now"}) {
    CAPTURE(text);
    CHECK(iso_status(text) == ParseStatus::invalid);
  }
}

TEST_CASE("times that 64 bits of nanoseconds cannot hold are out of range, the last ones that they can are not") {
  CHECK(iso("2262-04-11 23:47:16.854775807") == Timestamp(std::chrono::nanoseconds(INT64_MAX)));
  CHECK(iso_status("2262-04-11 23:47:16.854775808") == ParseStatus::out_of_range);
  CHECK(iso("1677-09-21 00:12:43.145224192") == Timestamp(std::chrono::nanoseconds(INT64_MIN)));
  CHECK(iso_status("1677-09-21 00:12:43.145224191") == ParseStatus::out_of_range);
  CHECK(iso("1677-09-21 00:12:44") == Timestamp(std::chrono::nanoseconds(INT64_MIN + 854775808)));
  CHECK(iso_status("0000-01-01") == ParseStatus::out_of_range);
  CHECK(iso_status("9999-12-31") == ParseStatus::out_of_range);
}

TEST_CASE("strptime's letters") {
  CHECK(by("%m/%d/%y", "12/30/84") == at(1984, 12, 30));
  CHECK(by("%m/%d/%y", "1/2/68") == at(2068, 1, 2));
  CHECK(by("%m/%d/%y", "01/02/69") == at(1969, 1, 2));
  CHECK(by("%B %d, %Y", "July 4, 1999") == at(1999, 7, 4));
  CHECK(by("%d %b %Y", "04 SEP 1999") == at(1999, 9, 4));
  CHECK(by("%b %d", "may 5") == at(1900, 5, 5));
  CHECK(by("%B", "May") == at(1900, 5, 1));
  CHECK(by("%a, %d %b %Y %H:%M:%S %z", "Thu, 01 Jan 1970 01:02:03 +0100") == at(1970, 1, 1, 2min + 3s));
  CHECK(by("%A %e %B %Y", "Tuesday  3 March 2020") == at(2020, 3, 3));
  CHECK(by("%Y %j", "2020 060") == at(2020, 2, 29));
  CHECK(by("%Y%j", "2021365") == at(2021, 12, 31));
  CHECK(by("%Y%m%d%H%M%S%f", "20140701123456789") == at(2014, 7, 1, 12h + 34min + 56s + 789ms));
  CHECK(by("%I:%M %p", "12:05 am") == at(1900, 1, 1, 5min));
  CHECK(by("%I:%M %p", "12:05 PM") == at(1900, 1, 1, 12h + 5min));
  CHECK(by("%I %p", "7 PM") == at(1900, 1, 1, 19h));
  CHECK(by("%F %T", "2014-07-01 12:00:01") == at(2014, 7, 1, 12h + 1s));
  CHECK(by("%D", "07/01/14") == at(2014, 7, 1));
  CHECK(by("100%% %Y", "100%   2014") == at(2014, 1, 1));
}

TEST_CASE("a text must be the whole format and a date that exists") {
  CHECK_FALSE(by("%m/%d/%y", "02/30/84"));
  CHECK_FALSE(by("%m/%d/%y", "12/30/1984"));
  CHECK_FALSE(by("%m/%d/%y", "12/30/8"));
  CHECK_FALSE(by("%m/%d/%y", "12-30-84"));
  CHECK_FALSE(by("%Y-%m-%d", "2014-07-01 "));
  CHECK_FALSE(by("%Y-%m-%d", "2014-07"));
  CHECK_FALSE(by("%Y %j", "2021 366"));
  CHECK_FALSE(by("%Y %j", "2021 0"));
  CHECK_FALSE(by("%H:%M", "24:00"));
  CHECK_FALSE(by("%I %p", "13 PM"));
  CHECK_FALSE(by("%I %p", "1 XM"));
  CHECK_FALSE(by("%b %Y", "Jux 2014"));
  CHECK_FALSE(by("%Y", ""));
}

TEST_CASE("a format that cannot work is refused by name") {
  CHECK_THROWS_WITH(TimeFormat("%Y-%Q"), ContainsSubstring("'%Y-%Q'") && ContainsSubstring("%Q"));
  CHECK_THROWS_WITH(TimeFormat("%Y-%"), ContainsSubstring("'%Y-%'"));
  CHECK_THROWS_AS(TimeFormat(""), std::invalid_argument);
}
