// SPDX-License-Identifier: MIT
#include "penstock/core/column.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

Validity valid(const std::vector<bool>& which) {
  Validity validity;
  for (const bool v : which) validity.append(v);
  return validity;
}
CategoryValues category(std::vector<std::int32_t> codes, Dictionary texts) {
  return {std::move(codes), std::make_shared<const Dictionary>(std::move(texts))};
}
StringValues texts(const std::vector<std::string>& all) {
  StringValues values;
  for (const std::string& text : all) values.append(text);
  return values;
}
template <class T>
std::vector<T> read(const Column& column) {
  const ColumnView<T> view(column, 0, column.size());
  return {view.begin(), view.end()};
}
Timestamp at(std::int64_t ns) { return Timestamp{std::chrono::nanoseconds{ns}}; }

}  // namespace

static_assert(std::ranges::random_access_range<const ColumnView<double>>);
static_assert(std::ranges::random_access_range<const ColumnView<std::string_view>>);
static_assert(std::ranges::sized_range<ColumnView<bool>>);
static_assert(std::is_trivially_copyable_v<ColumnView<double>>);
static_assert(std::is_trivially_copyable_v<ColumnView<std::string_view>>);

TEST_CASE("a column is read as its type, each type of column") {
  const Column numbers(std::vector<double>{1.5, -2});
  CHECK(numbers.dtype() == DataType::float64);
  CHECK(numbers.size() == 2);
  CHECK(numbers.validity().all_valid());
  CHECK(read<double>(numbers) == std::vector<double>{1.5, -2});

  const Column integers(std::vector<std::int64_t>{INT64_MIN, INT64_MAX});
  CHECK(integers.dtype() == DataType::int64);
  CHECK(read<std::int64_t>(integers) == std::vector<std::int64_t>{INT64_MIN, INT64_MAX});

  const Column flags(BooleanValues{{1, 0, 1}});
  CHECK(flags.dtype() == DataType::boolean);
  CHECK(read<bool>(flags) == std::vector<bool>{true, false, true});

  const Column times(std::vector<Timestamp>{at(-1), at(5)});
  CHECK(times.dtype() == DataType::timestamp);
  CHECK(read<Timestamp>(times) == std::vector<Timestamp>{at(-1), at(5)});

  const Column strings(texts({"a", "", "long enough for the heap, surely", std::string("\0", 1)}));
  CHECK(strings.dtype() == DataType::string);
  CHECK(strings.size() == 4);
  CHECK(read<std::string_view>(strings) ==
        std::vector<std::string_view>{"a", "", "long enough for the heap, surely", std::string_view("\0", 1)});

  const Column categories(category({1, 0, 1}, {"no", "yes"}));
  CHECK(categories.dtype() == DataType::category);
  CHECK(read<std::string_view>(categories) == std::vector<std::string_view>{"yes", "no", "yes"});
  CHECK(read<std::int32_t>(categories) == std::vector<std::int32_t>{1, 0, 1});
  CHECK(ColumnView<std::int32_t>(categories, 0, 3).dictionary() == Dictionary{"no", "yes"});
  CHECK(ColumnView<std::string_view>(categories, 0, 3).dictionary()[0] == "no");
}

TEST_CASE("a column is refused to whoever reads it as another type") {
  const Column numbers(std::vector<double>{1});
  CHECK_THROWS_WITH(ColumnView<std::int64_t>(numbers, 0, 1), "found a column of type float64, expected int64");
  CHECK_THROWS_WITH(ColumnView<bool>(numbers, 0, 1), "found a column of type float64, expected boolean");
  CHECK_THROWS_WITH(ColumnView<Timestamp>(numbers, 0, 1), "found a column of type float64, expected timestamp");
  CHECK_THROWS_WITH(ColumnView<std::int32_t>(numbers, 0, 1), "found a column of type float64, expected category");
  CHECK_THROWS_WITH(ColumnView<std::string_view>(numbers, 0, 1),
                    "found a column of type float64, expected string or category");
  const Column integers(std::vector<std::int64_t>{1});
  CHECK_THROWS_WITH(ColumnView<double>(integers, 0, 1), "found a column of type int64, expected float64");
  const Column strings(texts({"a"}));
  CHECK_THROWS_AS(ColumnView<std::int32_t>(strings, 0, 1), Error);
  CHECK_THROWS_WITH(ColumnView<std::string_view>(strings, 0, 1).dictionary(),
                    "found a column of type string, expected category");
}

TEST_CASE("what is missing reads as its type says, whatever the memory held") {
  const Validity second = valid({true, false});
  const Column numbers(std::vector<double>{1, 2}, second);
  CHECK(read<double>(numbers)[0] == 1);
  CHECK(std::isnan(read<double>(numbers)[1]));
  CHECK(read<std::int64_t>(Column(std::vector<std::int64_t>{1, 2}, second)) == std::vector<std::int64_t>{1, 0});
  CHECK(read<bool>(Column(BooleanValues{{1, 1}}, second)) == std::vector<bool>{true, false});
  CHECK(read<Timestamp>(Column(std::vector<Timestamp>{at(1), at(2)}, second)) == std::vector<Timestamp>{at(1), at(0)});
  CHECK(read<std::string_view>(Column(texts({"a", ""}), second)) == std::vector<std::string_view>{"a", ""});
  const Column categories(category({0, -1}, {"a"}), second);
  CHECK(read<std::string_view>(categories) == std::vector<std::string_view>{"a", ""});
  CHECK(read<std::int32_t>(categories) == std::vector<std::int32_t>{0, -1});
}

TEST_CASE("a view of a part of a column reads that part, and says what is missing in it") {
  const Column column(std::vector<std::int64_t>{1, 2, 3, 4, 5}, valid({true, false, true, false, true}));
  const ColumnView<std::int64_t> view(column, 1, 3);
  CHECK(view.size() == 3);
  CHECK(view[1] == 3);
  CHECK_FALSE(view.is_valid(0));
  CHECK(view.is_valid(1));
  CHECK(view.get(0) == std::nullopt);
  CHECK(view.get(1) == std::optional<std::int64_t>(3));
  CHECK(view.null_count() == 2);
  CHECK(ColumnView<std::int64_t>(column, 2, 1).null_count() == 0);
  std::vector<std::size_t> missing;
  view.for_each_missing(1, 2, [&](std::size_t i) { missing.push_back(i); });
  CHECK(missing == std::vector<std::size_t>{2});
  CHECK(view.values().size() == 3);
  CHECK(view.values()[1] == 3);
  CHECK(&view.values()[0] == &std::get<std::vector<std::int64_t>>(column.values())[1]);
  const Column strings(texts({"a", "bc", "def"}));
  CHECK(ColumnView<std::string_view>(strings, 1, 2)[1] == "def");
  CHECK(ColumnView<std::string_view>(strings, 1, 2).get(0) == std::optional<std::string_view>("bc"));
  CHECK(ColumnView<std::int64_t>(column, 5, 0).begin() == ColumnView<std::int64_t>(column, 5, 0).begin() + 0);
}

TEST_CASE("algorithms run over a column") {
  const Column column(std::vector<double>{3, 1, 2});
  const ColumnView<double> view(column, 0, 3);
  CHECK(*std::ranges::max_element(view) == 3);
  CHECK(std::ranges::count_if(view, [](double x) { return x > 1; }) == 2);
  CHECK(std::ranges::distance(view) == 3);
}

TEST_CASE("a column whose parts do not fit is refused") {
  CHECK_THROWS_WITH(Column(std::vector<double>{1, 2}, Validity(3)), "Column: 2 values, but a validity of 3");
  CHECK_THROWS_WITH(Column(category({0, 2}, {"a", "b"})),
                    "Column: category code 2 at value 1, outside a dictionary of 2");
  CHECK_THROWS_WITH(Column(category({-1}, {"a"})), "Column: category code -1 at value 0, outside a dictionary of 1");
  CHECK_THROWS_WITH(Column(category({0}, {})), "Column: category code 0 at value 0, outside a dictionary of 0");
  CHECK_THROWS_AS(Column(category({0}, {"a"}), valid({false})), std::invalid_argument);   // is missing, has a code
  CHECK_THROWS_AS(Column(category({-2}, {"a"}), valid({false})), std::invalid_argument);  // -1 is the only such code
  CHECK_THROWS_WITH(Column(CategoryValues{{}, nullptr}), "Column: a category without a dictionary");
  CHECK_THROWS_WITH(Column(texts({"a"}), valid({false})), "Column: value 0 is missing, but has a text");
  CHECK_THROWS_WITH(Column(StringValues{{}, {}}), "Column: texts without offsets; none at all have one, of 0");
  const char* const outside = "Column: the offsets of texts do not ascend within their 2 bytes";
  CHECK_THROWS_WITH(Column(StringValues{{'a', 'b'}, {0, 3}}), outside);
  CHECK_THROWS_WITH(Column(StringValues{{'a', 'b'}, {0, 2, 1, 2}}), outside);
  CHECK(read<std::string_view>(Column(StringValues{{'a', 'b'}, {1, 2}})) == std::vector<std::string_view>{"b"});
}

TEST_CASE("columns may be empty") {
  CHECK(Column(std::vector<double>()).size() == 0);
  CHECK(Column(StringValues()).size() == 0);
  CHECK(Column(CategoryValues()).size() == 0);
  CHECK(read<std::string_view>(Column(StringValues())).empty());
  CHECK(read<bool>(Column(BooleanValues())).empty());
}
