// SPDX-License-Identifier: MIT
#include "penstock/core/error.hpp"

#include "catch.hpp"

#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

using namespace penstock;

// An exception whose copy may throw ends the program when it is thrown.
static_assert(std::is_nothrow_copy_constructible_v<Error>);
static_assert(std::is_nothrow_copy_assignable_v<Error>);
static_assert(std::is_base_of_v<std::exception, Error>);

TEST_CASE("an error says where it was, what was found and what was expected") {
  const Error error({.source = "trips.csv", .row = 17, .column = "fare"}, "'abc'", "a number");
  CHECK(std::string(error.what()) == "trips.csv, row 17, column fare: found 'abc', expected a number");
  CHECK(error.where() == Where{.source = "trips.csv", .row = 17, .column = "fare"});
  CHECK(error.found() == "'abc'");
  CHECK(error.expected() == "a number");
}

TEST_CASE("an error leaves out what it does not know") {
  const auto what = [](Where where, const char* found, const char* expected) {
    return std::string(Error(std::move(where), found, expected).what());
  };
  CHECK(what({}, "'abc'", "a number") == "found 'abc', expected a number");
  CHECK(what({}, "", "a number") == "expected a number");
  CHECK(what({}, "'abc'", "") == "found 'abc'");
  CHECK(what({}, "", "") == "");
  CHECK(what({.source = "a"}, "", "") == "a");
  CHECK(what({.source = "a"}, "", "b") == "a, expected b");
  CHECK(what({.row = 0}, "x", "") == "row 0: found x");
  CHECK(what({.byte = 0}, "x", "") == "byte 0: found x");
}

TEST_CASE("a place reads from the large to the small") {
  CHECK(to_string(Where{.source = "s", .row = 3, .byte = 512, .column = "c"}) == "s, row 3, column c, byte 512");
  CHECK(to_string(Where{.row = 3, .column = "c"}) == "row 3, column c");
  CHECK(to_string(Where{}) == "");
}

TEST_CASE("an error that was moved from still has its words") {
  Error first({.source = "a"}, "b", "c");
  const Error second(std::move(first));
  CHECK(std::strcmp(first.what(), second.what()) == 0);  // NOLINT: it was copied
  CHECK(first.where().source == "a");
  first = Error({}, "d", "");
  CHECK(std::string(first.what()) == "found d");
  CHECK(std::string(second.what()) == "a: found b, expected c");
}
