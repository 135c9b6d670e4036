// SPDX-License-Identifier: MIT
#include "penstock/core/schema.hpp"

#include "catch.hpp"

#include <optional>
#include <string>

using namespace penstock;

TEST_CASE("a column is found by its name, the first of its name") {
  const Schema schema{{{"a", DataType::int64}, {"b"}, {"a", DataType::string}, {""}}};
  CHECK(schema.find("a") == std::optional<std::size_t>(0));
  CHECK(schema.find("b") == std::optional<std::size_t>(1));
  CHECK(schema.find("") == std::optional<std::size_t>(3));
  CHECK(schema.find("A") == std::nullopt);
  CHECK(schema.index("b") == 1);
}

TEST_CASE("a column that is not there is an error that names it and those that are") {
  const Schema schema{{{"age"}, {"minutes"}}};
  CHECK_THROWS_WITH(schema.index("Age"), "column Age: found no such column, expected one of: age, minutes");
  CHECK_THROWS_WITH(Schema{}.index("age"), "column age: found no such column, nor any other");
  Schema wide;
  for (int i = 0; i < 23; ++i) wide.fields.push_back({std::string("c").append(std::to_string(i))});
  CHECK_THROWS_WITH(wide.index("x"), EndsWith(", c18, c19 and 3 more"));
  wide.fields.resize(20);
  CHECK_THROWS_WITH(wide.index("x"), EndsWith(", c18, c19"));
}

TEST_CASE("types have names, and fields compare") {
  CHECK(to_string(DataType::float64) == "float64");
  CHECK(to_string(DataType::int64) == "int64");
  CHECK(to_string(DataType::boolean) == "boolean");
  CHECK(to_string(DataType::timestamp) == "timestamp");
  CHECK(to_string(DataType::string) == "string");
  CHECK(to_string(DataType::category) == "category");
  CHECK(to_string(static_cast<DataType>(17)) == "unknown");
  CHECK(Field{"a", DataType::int64} == Field{"a", DataType::int64, true});
  CHECK(Field{"a", DataType::int64} != Field{"a", DataType::int64, false});
  CHECK(Schema{{{"a"}}} != Schema{{{"b"}}});
}
