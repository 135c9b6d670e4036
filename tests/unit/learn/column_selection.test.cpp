// SPDX-License-Identifier: MIT
// Which columns of a table a transformer takes.
#include "penstock/learn/column_selection.hpp"

#include "catch.hpp"

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
