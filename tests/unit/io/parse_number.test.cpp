// SPDX-License-Identifier: MIT
#include "penstock/io/parse_number.hpp"

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using penstock::parse_float64;
using penstock::parse_int64;
using penstock::ParseStatus;

namespace {

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

/// The reader's way: the quick path on padded text, and the slow one where that declines.
double read_padded(const std::string& text, char decimal = '.') {
  const std::string padded = text + std::string(penstock::detail::parse_padding, ',');
  double out = -12345;
  if (!penstock::detail::parse_float64_padded(padded.data(), padded.data() + text.size(), decimal, out))
    REQUIRE(parse_float64(text, out, decimal) == ParseStatus::ok);
  return out;
}

/// glibc's strtod is correctly rounded, and the tests run in the C locale.
void check_against_strtod(const std::string& text) {
  const double expected = std::strtod(text.c_str(), nullptr);
  const double quick = read_padded(text);
  double slow = -12345;
  const ParseStatus status = parse_float64(text, slow);
  if (bits(quick) == bits(expected) && bits(slow) == bits(expected) && status == ParseStatus::ok) return;
  CAPTURE(text, quick, slow);
  CHECK(bits(quick) == bits(expected));
  CHECK(bits(slow) == bits(expected));
  CHECK(status == ParseStatus::ok);
}

ParseStatus status_of(std::string_view text, char decimal = '.') {
  double out = 0;
  return parse_float64(text, out, decimal);
}

}  // namespace

TEST_CASE("doubles of any bit pattern come back from 17 digits") {
  std::mt19937_64 random(1);
  char text[64];
  for (int i = 0; i < 200'000; ++i) {
    const auto x = std::bit_cast<double>(random());
    if (!std::isfinite(x)) continue;
    std::snprintf(text, sizeof text, "%.17g", x);
    check_against_strtod(text);
    CHECK(bits(read_padded(text)) == bits(x));
  }
}

TEST_CASE("decimals of all lengths round as strtod does") {
  std::mt19937_64 random(2);
  std::string text;
  for (int i = 0; i < 300'000; ++i) {
    text.clear();
    if (random() % 3 == 0) text += '-';
    for (auto n = random() % 22 + 1; n > 0; --n) text += static_cast<char>('0' + random() % 10);
    if (random() % 4 != 0) {
      text += '.';
      for (auto n = random() % 22; n > 0; --n) text += static_cast<char>('0' + random() % 10);
    }
    if (random() % 4 == 0) {
      text += random() % 2 == 0 ? "e" : "E";
      if (random() % 2 == 0) text += random() % 2 == 0 ? "-" : "+";
      text += std::to_string(random() % 360);
    }
    check_against_strtod(text);
  }
}

TEST_CASE("what printf writes with six digits comes back as strtod reads it") {
  std::mt19937_64 random(3);
  char text[64];
  for (int i = 0; i < 200'000; ++i) {
    const double x = (static_cast<double>(random() >> 11) / 9007199254740992.0 - 0.5) * std::pow(10, random() % 12);
    std::snprintf(text, sizeof text, "%.6f", x);
    check_against_strtod(text);
  }
}

TEST_CASE("subnormals, the limits and halfway cases are rounded to even") {
  for (const char* text : {"5e-324",
                           "4.9406564584124654e-324",
                           "2.4703282292062327e-324",
                           "2.4703282292062328e-324",
                           "2.2250738585072011e-308",
                           "2.2250738585072014e-308",
                           "1.7976931348623157e308",
                           "1.7976931348623158e308",
                           "9007199254740991",
                           "9007199254740992",
                           "9007199254740993",
                           "9007199254740994",
                           "9007199254740995",
                           "9007199254740992e22",
                           "9007199254740993e-22",
                           "1e22",
                           "1e23",
                           "1e-22",
                           "1e-23",
                           "0.5",
                           "1.5",
                           "-0",
                           "-0.0",
                           "0e400",
                           "0",
                           "00000000000000000001",
                           "000000000000000000000.5",
                           "18446744073709551615",
                           "18446744073709551616",
                           "0.000000000000000000000000000000000000000000000000000001e54",
                           "123456789012345678",
                           "1234567890123456789",
                           "12345678901234567890",
                           "99999999999999999999999999",
                           "1.",
                           ".5",
                           "8.41e21",
                           "9.5e-21",
                           "6.5e1",
                           "1e+5"}) {
    check_against_strtod(text);
  }
  // Halfway between neighbours, and a hair to either side.
  std::mt19937_64 random(4);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t m = (random() >> 10) | (std::uint64_t{1} << 53);  // 54 bits: an odd one is a tie
    char text[64];
    std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(m));
    check_against_strtod(text);
    check_against_strtod(text + std::string(".00000000000000000000000001"));
    check_against_strtod(text + std::string("e3"));
  }
}

TEST_CASE("a decimal beyond the doubles is infinite, one too near to zero is zero, as in Python") {
  const double infinity = std::numeric_limits<double>::infinity();
  std::string zeros = "0.", nines;
  for (int i = 0; i < 400; ++i) {
    zeros += '0';
    nines += '9';
  }
  CHECK(read_padded("1e309") == infinity);
  CHECK(read_padded("-1e99999") == -infinity);
  CHECK(read_padded("1.7976931348623159e308") == infinity);
  CHECK(read_padded(zeros + "1e700") == 1e299);
  CHECK(bits(read_padded("1e-400")) == bits(0.0));
  CHECK(bits(read_padded("-1e-99999999999999999999")) == bits(-0.0));
  CHECK(bits(read_padded(zeros + "1")) == bits(0.0));
  CHECK(read_padded(nines) == infinity);
  CHECK(read_padded(nines + "e-400") == 1);
}

TEST_CASE("signs, blanks and words around and instead of decimals") {
  CHECK(read_padded("+1.5") == 1.5);
  CHECK(read_padded(" \t-1.5\t ") == -1.5);
  CHECK(read_padded("inf") == std::numeric_limits<double>::infinity());
  CHECK(read_padded("-Infinity") == -std::numeric_limits<double>::infinity());
  CHECK(read_padded("+INF") == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(read_padded("NaN")));
  for (const char* text :
       {"",    " ",   "+",    "-",     ".",     "-.",     "e5",   "1e",   "1e+",  "1e5.0",        "--1",   "+-1", "-+1",
        "1 2", "1,5", "0x10", "1_000", "infin", "nan(1)", "1.5f", "1..5", "1.5.", "\xEF\xBC\x91", "1e5e5", "inf1"}) {
    CAPTURE(text);
    CHECK(status_of(text) == ParseStatus::invalid);
    const std::string padded = text + std::string(penstock::detail::parse_padding, '7');
    double out = 0;
    CHECK_FALSE(penstock::detail::parse_float64_padded(padded.data(), padded.data() + std::strlen(text), '.', out));
  }
  CHECK(status_of(std::string_view("1\0", 2)) == ParseStatus::invalid);
}

TEST_CASE("what stands behind the end of a text is no part of the number") {
  const std::string text = "12345678901234567890.5e5" + std::string(64, '0');
  for (std::size_t size = 1; size < 22; ++size) {
    double out = 0;
    if (!penstock::detail::parse_float64_padded(text.data(), text.data() + size, '.', out))
      REQUIRE(parse_float64({text.data(), size}, out) == ParseStatus::ok);
    CHECK(out == std::strtod(text.substr(0, size).c_str(), nullptr));
  }
}

TEST_CASE("a decimal comma takes the place of the point, which is refused then") {
  CHECK(read_padded("3,25", ',') == 3.25);
  CHECK(read_padded("-1234567890,12345678901", ',') == -1234567890.12345678901);
  CHECK(read_padded(",5e3", ',') == 500);
  CHECK(read_padded("7", ',') == 7);
  CHECK(status_of("3.25", ',') == ParseStatus::invalid);
  CHECK(status_of("3,25") == ParseStatus::invalid);
  CHECK(status_of("1,2,3", ',') == ParseStatus::invalid);
}

TEST_CASE("integers up to both ends of 64 bits, and not further") {
  const auto check = [](const std::string& text, std::int64_t expected) {
    CAPTURE(text);
    const std::string padded = text + std::string(penstock::detail::parse_padding, ',');
    std::int64_t quick = 1, slow = 1;
    if (penstock::detail::parse_int64_padded(padded.data(), padded.data() + text.size(), quick))
      CHECK(quick == expected);
    REQUIRE(parse_int64(text, slow) == ParseStatus::ok);
    CHECK(slow == expected);
  };
  check("0", 0);
  check("-0", 0);
  check("+7", 7);
  check("007", 7);
  check(" 42\t", 42);
  check("123456789012345678", 123456789012345678);
  check("-999999999999999999", -999999999999999999);
  check("9223372036854775807", INT64_MAX);
  check("-9223372036854775808", INT64_MIN);
  check("000000000000000000000000000000001", 1);
  std::int64_t out = 1;
  CHECK(parse_int64("9223372036854775808", out) == ParseStatus::out_of_range);
  CHECK(parse_int64("-9223372036854775809", out) == ParseStatus::out_of_range);
  CHECK(parse_int64("99999999999999999999999", out) == ParseStatus::out_of_range);
  CHECK(out == 1);
  for (const char* text : {"", "-", "+", "+-1", "--1", "1.0", "1e5", "0x1", "1 2", "a", "99999999999999999999999x"}) {
    CAPTURE(text);
    CHECK(parse_int64(text, out) == ParseStatus::invalid);
  }
}
