// SPDX-License-Identifier: MIT
#include "penstock/io/format_number.hpp"

#include "catch.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

using namespace penstock;

namespace {

std::string text_of(double x) {
  char text[max_number_chars];
  return {text, format_double(text, x)};
}
std::string text_of(Timestamp time) {
  char text[max_number_chars];
  return {text, format_timestamp(text, time)};
}
Timestamp after_1970(std::int64_t ns) { return Timestamp(std::chrono::nanoseconds(ns)); }

}  // namespace

TEST_CASE("a double is written as Python's repr writes it, and a time as its isoformat") {
  std::ifstream golden(PENSTOCK_REFERENCE_DIR "/format_number.txt");
  int doubles = 0;
  int times = 0;
  for (std::string line; std::getline(golden, line);) {
    const auto tab = line.find('\t');
    const std::string expected = line.substr(tab + 1);
    if (line.starts_with("time ")) {
      ++times;
      CHECK(text_of(after_1970(std::stoll(line.substr(5, tab - 5)))) == expected);
    } else {
      ++doubles;
      CHECK(text_of(std::bit_cast<double>(std::stoull(line.substr(0, tab), nullptr, 16))) == expected);
    }
  }
  CHECK(doubles == 900);
  CHECK(times == 214);
}

TEST_CASE("a double reads back as the same bits") {
  std::uint64_t state = 42;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto x = std::bit_cast<double>(state);
    if (!(x - x == 0)) continue;  // NaN and infinities
    const std::string text = text_of(x);
    double back = 0;
    REQUIRE(text.size() <= max_number_chars);
    REQUIRE(std::from_chars(text.data(), text.data() + text.size(), back).ptr == text.data() + text.size());
    REQUIRE(std::bit_cast<std::uint64_t>(back) == state);
  }
}

TEST_CASE("whole doubles do not look like integers, and -0.0 keeps its sign") {
  CHECK(text_of(1.0) == "1.0");
  CHECK(text_of(-0.0) == "-0.0");
  CHECK(text_of(1e15) == "1000000000000000.0");
  CHECK(text_of(1e16) == "1e+16");
  CHECK(text_of(0.0001) == "0.0001");
  CHECK(text_of(0.00001) == "1e-05");
}

TEST_CASE("a decimal of a few digits and its neighbours have the digits that std::to_chars finds") {
  std::uint64_t state = 7;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const double decimal =
        static_cast<double>((state >> 11) % 1'000'000'000'000'000) / std::pow(10.0, (state >> 7) % 10);
    for (const double x : {std::nextafter(decimal, 0), decimal, -decimal, std::nextafter(decimal, 1e300)}) {
      if (!(std::abs(x) >= 1e-4 && std::abs(x) < 1e16)) continue;
      char expected[max_number_chars];
      std::string fixed(expected,
                        std::to_chars(expected, expected + max_number_chars, x, std::chars_format::fixed).ptr);
      if (fixed.find('.') == std::string::npos) fixed += ".0";
      REQUIRE(text_of(x) == fixed);
    }
  }
}

TEST_CASE("integers are written to the last digit") {
  char text[max_number_chars];
  CHECK(std::string(text, format_int(text, std::numeric_limits<std::int64_t>::min())) == "-9223372036854775808");
  CHECK(std::string(text, format_int(text, std::numeric_limits<std::int64_t>::max())) == "9223372036854775807");
  CHECK(std::string(text, format_int(text, std::numeric_limits<std::uint64_t>::max())) == "18446744073709551615");
}

TEST_CASE("a time has as many digits of a second as it needs, before 1970 too") {
  CHECK(text_of(after_1970(0)) == "1970-01-01T00:00:00Z");
  CHECK(text_of(after_1970(1'500'000'000)) == "1970-01-01T00:00:01.500Z");
  CHECK(text_of(after_1970(1'000)) == "1970-01-01T00:00:00.000001Z");
  CHECK(text_of(after_1970(-1)) == "1969-12-31T23:59:59.999999999Z");
  CHECK(text_of(Timestamp::min()) == "1677-09-21T00:12:43.145224192Z");
  CHECK(text_of(Timestamp::max()) == "2262-04-11T23:47:16.854775807Z");
}
