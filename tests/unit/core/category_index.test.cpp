// SPDX-License-Identifier: MIT
#include "penstock/core/category_index.hpp"

#include "catch.hpp"

#include <optional>
#include <string>
#include <string_view>

using namespace penstock;

TEST_CASE("each new text gets the next code, and keeps it") {
  CategoryIndex index;
  CHECK(index.size() == 0);
  CHECK(index.find_or_add("NA") == 0);
  CHECK(index.find_or_add("") == 1);
  CHECK(index.find_or_add("NA") == 0);
  CHECK(index.find_or_add(std::string_view("DE\0x", 4)) == 2);
  CHECK(index.find_or_add("DE") == 3);
  CHECK(index.size() == 4);
  CHECK(index.find("DE") == std::optional<std::int32_t>(3));
  CHECK(index.find("FR") == std::nullopt);
  CHECK(*index.dictionary() == Dictionary{"NA", "", std::string("DE\0x", 4), "DE"});
}

TEST_CASE("codes stay right as the index grows") {
  CategoryIndex index;
  for (int i = 0; i < 5000; ++i) REQUIRE(index.find_or_add("text number " + std::to_string(i)) == i);
  for (int i = 0; i < 5000; ++i) REQUIRE(index.find("text number " + std::to_string(i)) == std::optional(i));
}

TEST_CASE("the dictionary is one object until a text is added, and never changes") {
  CategoryIndex index;
  index.find_or_add("a");
  const auto before = index.dictionary();
  index.find_or_add("a");
  CHECK(index.dictionary() == before);
  index.find_or_add("b");
  const auto after = index.dictionary();
  CHECK(after != before);
  CHECK(*before == Dictionary{"a"});
  CHECK(*after == Dictionary{"a", "b"});
}

TEST_CASE("an index starts with given texts, of which none stands twice") {
  CategoryIndex index(Dictionary{"no", "yes"});
  CHECK(index.find("yes") == std::optional<std::int32_t>(1));
  CHECK(index.find_or_add("maybe") == 2);
  CHECK_THROWS_WITH(CategoryIndex(Dictionary{"a", "b", "a"}), "CategoryIndex: 'a' stands there twice");
}

TEST_CASE("a copy of an index goes its own way") {
  CategoryIndex index(Dictionary{"a"});
  CategoryIndex copy = index;
  CHECK(copy.find_or_add("b") == 1);
  CHECK(index.find("b") == std::nullopt);
  CHECK(index.find_or_add("c") == 1);
}
