// SPDX-License-Identifier: MIT
// Which columns of a table a transformer takes.
#include "penstock/learn/column_selection.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using detail::ColumnKind;
using detail::ColumnSelection;
using Names = std::vector<std::string>;
using Places = std::vector<std::size_t>;

Schema mixed() {
  return {{{"name", DataType::string},
           {"age", DataType::int64},
           {"day", DataType::timestamp},
           {"minutes", DataType::float64},
           {"country", DataType::category},
           {"member", DataType::boolean}}};
}

}  // namespace

TEST_CASE("without names all columns of a kind are taken, times only where they are named") {
  ColumnSelection numbers({}, ColumnKind::numbers);
  CHECK_FALSE(numbers.fixed());
  numbers.fix(mixed());
  CHECK(numbers.fixed());
  CHECK(numbers.names() == Names{"age", "minutes", "member"});
  ColumnSelection texts({}, ColumnKind::texts);
  texts.fix(mixed());
  CHECK(texts.names() == Names{"name", "country"});
  ColumnSelection any({}, ColumnKind::any);
  any.fix(mixed());
  CHECK(any.names().size() == 6);
  ColumnSelection time({"day", "age"}, ColumnKind::numbers);
  time.fix(mixed());
  CHECK(time.places(mixed()) == Places{2, 1});
}

TEST_CASE("columns are found by name in any order, and others do not matter") {
  ColumnSelection numbers({}, ColumnKind::numbers);
  numbers.fix(mixed());
  const Schema other{{{"new", DataType::float64},
                      {"minutes", DataType::float64},
                      {"member", DataType::boolean},
                      {"age", DataType::float64}}};
  CHECK(numbers.places(other) == Places{3, 1, 2});
  numbers.fix(other);
  CHECK(numbers.names() == Names{"age", "minutes", "member"});
}

TEST_CASE("a column that is not there, or is no longer a number, is named") {
  ColumnSelection numbers({"age", "minutes"}, ColumnKind::numbers);
  const Schema without{{{"age", DataType::int64}, {"name", DataType::string}}};
  CHECK_THROWS_WITH(numbers.fix(without), StartsWith("column minutes: found no such column, expected one of: age"));
  CHECK_FALSE(numbers.fixed());
  numbers.fix(mixed());
  const Schema changed{{{"age", DataType::string}, {"minutes", DataType::float64}}};
  CHECK_THROWS_WITH(numbers.places(changed), "column age: found a column of type string, expected numbers");
  ColumnSelection texts({"age"}, ColumnKind::texts);
  CHECK_THROWS_WITH(texts.fix(mixed()), "column age: found a column of type int64, expected string or category");
  CHECK_THROWS_WITH(ColumnSelection({"a", "b", "a"}, ColumnKind::any), "columns: 'a' stands there twice");
}

TEST_CASE("categories are texts, and integers and booleans that are named; values are all but times") {
  ColumnSelection categories({}, ColumnKind::categories);
  categories.fix(mixed());
  CHECK(categories.names() == Names{"name", "country"});
  ColumnSelection named({"member", "age"}, ColumnKind::categories);
  named.fix(mixed());
  CHECK(named.names() == Names{"member", "age"});
  ColumnSelection number({"minutes"}, ColumnKind::categories);
  CHECK_THROWS_WITH(number.fix(mixed()),
                    "column minutes: found a column of type float64, expected string, category, int64 or boolean");
  ColumnSelection values({}, ColumnKind::values);
  values.fix(mixed());
  CHECK(values.names() == Names{"name", "age", "minutes", "country", "member"});
}

TEST_CASE("of columns of one name the first is taken, and two that would both be taken are refused") {
  ColumnSelection selection({}, ColumnKind::numbers);
  selection.fix({{{"b", DataType::float64}, {"a", DataType::float64}}});
  const Schema twice{{{"a", DataType::float64}, {"b", DataType::float64}, {"a", DataType::float64}}};
  CHECK(selection.places(twice) == Places{1, 0});
  ColumnSelection fresh({}, ColumnKind::numbers);
  CHECK_THROWS_WITH(fresh.fix(twice), "column a: found two columns of that name, expected names that differ");
  CHECK_FALSE(fresh.fixed());
  ColumnSelection named({"a", "b"}, ColumnKind::numbers);
  named.fix(twice);
  CHECK(named.places(twice) == Places{0, 1});
}

TEST_CASE("thousands of columns in any order are found without looking through all of them for each") {
  constexpr std::size_t columns = 20'000;
  Schema schema;
  Names names;
  for (std::size_t j = 0; j < columns; ++j) {
    schema.fields.push_back({"a column with a long name that differs at its end only " + std::to_string(j)});
    names.push_back(schema.fields.back().name);
  }
  std::reverse(names.begin(), names.end());
  ColumnSelection selection(names, ColumnKind::numbers);
  selection.fix(schema);
  const Places places = selection.places(schema);
  bool all = places.size() == columns;
  for (std::size_t j = 0; j < columns && all; ++j) all = places[j] == columns - 1 - j;
  CHECK(all);
  names.push_back(names.front());
  CHECK_THROWS_WITH(ColumnSelection(names, ColumnKind::numbers), "columns: '" + names.front() + "' stands there twice");
}
