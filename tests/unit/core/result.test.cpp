// SPDX-License-Identifier: MIT
#include "penstock/core/result.hpp"

#include "catch.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace penstock;

namespace {

const Error bad({.source = "f"}, "a", "b");
struct OtherError : Error {
  OtherError() : Error({}, "other", "") {}
};

Result<std::vector<int>> load(bool well) {
  if (!well) return bad;
  return std::vector<int>{1, 2, 3};
}

}  // namespace

static_assert(!std::is_default_constructible_v<Result<int>>);
static_assert(std::is_default_constructible_v<Result<void>>);
static_assert(std::is_constructible_v<Result<std::string>, const char*>);
static_assert(!std::is_constructible_v<Result<std::string>, int>);
static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::string>>);
// A temporary result gives its value away, and not a reference to what is gone.
static_assert(std::is_same_v<decltype(load(true).value()), std::vector<int>>);
static_assert(std::is_same_v<decltype(*load(true)), std::vector<int>>);
static_assert(std::is_same_v<decltype(load(true).error()), Error>);

TEST_CASE("a result with a value gives it, and has no error") {
  Result<std::vector<int>> result = load(true);
  REQUIRE(result);
  CHECK(result.has_value());
  CHECK(result.value() == std::vector<int>{1, 2, 3});
  CHECK((*result)[1] == 2);
  CHECK(result->size() == 3);
  CHECK(std::as_const(result)->size() == 3);
  CHECK((*std::as_const(result))[0] == 1);
  CHECK(result.value_or(std::vector<int>{}) == std::vector<int>{1, 2, 3});
  CHECK_THROWS_AS(result.error(), std::bad_variant_access);
  result.value().push_back(4);
  result->push_back(5);
  CHECK(std::move(result).value() == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE("a result with an error throws it wherever its value is asked for") {
  Result<std::vector<int>> result = load(false);
  REQUIRE_FALSE(result);
  CHECK_FALSE(result.has_value());
  CHECK(result.error().where().source == "f");
  CHECK_THROWS_WITH(result.value(), "f: found a, expected b");
  CHECK_THROWS_AS(result.value(), Error);
  CHECK_THROWS_AS(*result, Error);
  CHECK_THROWS_AS(result->size(), Error);
  CHECK_THROWS_AS(std::as_const(result).value(), Error);
  CHECK_THROWS_AS(std::move(result).value(), Error);
  CHECK(result.value_or(std::vector<int>{7}) == std::vector<int>{7});
  CHECK(load(false).error().found() == "a");
  CHECK(Result<int>(OtherError()).error().found() == "other");
}

TEST_CASE("what a temporary result gives lives as long as it is looked at") {
  int sum = 0;
  for (const int x : load(true).value()) sum += x;
  for (const int x : *load(true)) sum += x;
  CHECK(sum == 12);
  const auto& values = load(true).value();
  CHECK(values.size() == 3);
  const auto& error = load(false).error();
  CHECK(std::string(error.what()) == "f: found a, expected b");
}

TEST_CASE("a result holds what can only be moved") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  CHECK(**result == 5);
  const std::unique_ptr<int> taken = std::move(result).value();
  CHECK(*taken == 5);
  CHECK(*Result<std::unique_ptr<int>>(bad).value_or(std::make_unique<int>(6)) == 6);
  CHECK(*Result<std::unique_ptr<int>>(std::make_unique<int>(7)).value_or(nullptr) == 7);
}

TEST_CASE("a result takes what converts to its value") {
  const Result<std::string> text = "abc";
  CHECK(*text == "abc");
  const Result<std::unique_ptr<const int>> number = std::make_unique<int>(5);
  CHECK(**number == 5);
  const Result<double> wide = 2;
  CHECK(*wide == 2.0);
  CHECK(Result<double>(bad).value_or(3) == 3.0);
  Result<double> copy = wide;
  CHECK(*copy == 2.0);
  copy = bad;
  CHECK_FALSE(copy);
  copy = 4;
  CHECK(*copy == 4.0);
}

TEST_CASE("a result of nothing is success or an error") {
  const Result<void> well;
  REQUIRE(well);
  well.value();
  CHECK_THROWS_AS(well.error(), std::bad_variant_access);
  const Result<void> ill = bad;
  CHECK_FALSE(ill);
  CHECK_FALSE(ill.has_value());
  CHECK_THROWS_WITH(ill.value(), "f: found a, expected b");
  CHECK(ill.error().expected() == "b");
}
