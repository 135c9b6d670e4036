// SPDX-License-Identifier: MIT
#include "penstock/queue/watermarks.hpp"

#include "catch.hpp"

#include <limits>

namespace penstock {
namespace {

TEST_CASE("each crossing is reported once, and nothing between the marks") {
  Watermarks marks{{.capacity = 10, .high = 0.8, .low = 0.5}};
  CHECK(marks.update(7) == Crossing::none);
  CHECK_FALSE(marks.throttled());
  CHECK(marks.update(8) == Crossing::rose);  // met counts as reached
  CHECK(marks.throttled());
  CHECK(marks.update(10) == Crossing::none);
  CHECK(marks.update(6) == Crossing::none);
  CHECK(marks.throttled());
  CHECK(marks.update(5) == Crossing::fell);
  CHECK_FALSE(marks.throttled());
  CHECK(marks.update(7) == Crossing::none);
  CHECK_FALSE(marks.throttled());
}

TEST_CASE("a change that jumps over both marks is one crossing") {
  Watermarks marks{{.capacity = 10}};
  CHECK(marks.update(10) == Crossing::rose);
  CHECK(marks.update(0) == Crossing::fell);
}

TEST_CASE("a queue of one throttles when full and frees when empty") {
  Watermarks marks{{.capacity = 1}};
  CHECK(marks.high() == 1);
  CHECK(marks.low() == 0);
  CHECK(marks.update(1) == Crossing::rose);
  CHECK(marks.update(0) == Crossing::fell);
}

TEST_CASE("fractions of odd capacities round apart") {
  const Watermarks marks{{.capacity = 3, .high = 0.5, .low = 0.4}};  // 1.5 and 1.2
  CHECK(marks.high() == 2);
  CHECK(marks.low() == 1);
}

TEST_CASE("a product that misses a whole number by rounding means the whole number") {
  REQUIRE(0.55 * 100 > 55);
  CHECK(Watermarks({.capacity = 100, .high = 0.55}).high() == 55);
  REQUIRE(0.29 * 100 < 29);
  CHECK(Watermarks({.capacity = 100, .low = 0.29}).low() == 29);
}

TEST_CASE("the marks differ and are within the capacity, whatever the fractions") {
  const double tiny = std::numeric_limits<double>::min();
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, std::size_t{10}, std::size_t{1} << 53,
                                     std::numeric_limits<std::size_t>::max()}) {
    for (const auto& [low, high] : {std::pair{0.0, tiny}, {0.5, 0.5 + 1e-15}, {1 - 1e-16, 1.0}, {0.0, 1.0}}) {
      INFO(capacity << ' ' << low << ' ' << high);
      const Watermarks marks{{.capacity = capacity, .high = high, .low = low}};
      CHECK(marks.high() >= 1);
      CHECK(marks.high() <= capacity);
      CHECK(marks.low() < marks.high());
    }
  }
}

TEST_CASE("marks that cannot work are refused by name and value") {
  CHECK_THROWS_WITH(Watermarks({.capacity = 0}), ContainsSubstring("capacity is 0"));
  CHECK_THROWS_WITH(Watermarks({.capacity = 8, .high = 0.5, .low = 0.5}), ContainsSubstring("0 <= low < high <= 1"));
  CHECK_THROWS_WITH(Watermarks({.capacity = 8, .high = 1.1}), ContainsSubstring("1.1"));
  CHECK_THROWS_WITH(Watermarks({.capacity = 8, .low = -0.1}), ContainsSubstring("-0.1"));
  CHECK_THROWS_AS(Watermarks({.capacity = 8, .high = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}

}  // namespace
}  // namespace penstock
