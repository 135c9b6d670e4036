// SPDX-License-Identifier: MIT
#include "penstock/core/concatenate.hpp"

#include "penstock/io/csv_reader.hpp"

#include "catch.hpp"
#include "unit/io/random_table.hpp"

#include <cstdint>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

/// The same by a plain loop: value by value into a builder.
template <class T>
void append_all(RecordBatchBuilder& builder, const RecordBatch& batch, std::size_t place, std::size_t row) {
  const auto value = batch.row(row).get<T>(place);
  value ? builder.append(place, *value) : builder.append_null(place);
}
RecordBatch by_loop(const std::vector<RecordBatch>& batches) {
  RecordBatchBuilder builder(batches.front().schema());
  for (const RecordBatch& batch : batches) {
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      for (std::size_t place = 0; place < batch.schema().fields.size(); ++place) {
        switch (batch.schema().fields[place].dtype) {
          case DataType::float64: append_all<double>(builder, batch, place, row); break;
          case DataType::int64: append_all<std::int64_t>(builder, batch, place, row); break;
          case DataType::boolean: append_all<bool>(builder, batch, place, row); break;
          case DataType::timestamp: append_all<Timestamp>(builder, batch, place, row); break;
          default: append_all<std::string_view>(builder, batch, place, row);
        }
      }
    }
  }
  return builder.finish();
}

RecordBatch categories(std::vector<std::int32_t> codes, const Dictionary& texts) {
  Validity validity;
  for (const std::int32_t code : codes) validity.append(code >= 0);
  std::vector<Column> columns;
  columns.emplace_back(CategoryValues{std::move(codes), std::make_shared<const Dictionary>(texts)}, validity);
  return {Schema{{{"c", DataType::category}}}, std::move(columns)};
}

RecordBatch numbers(Field field, std::vector<double> values) {
  std::vector<Column> columns;
  columns.emplace_back(std::move(values));
  return {Schema{{std::move(field)}}, std::move(columns)};
}

}  // namespace

TEST_CASE("batches of every type are concatenated as a plain loop does it") {
  std::mt19937_64 random(7);
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::vector<RecordBatch> batches;
    for (std::uint64_t b = 0; b < 2 + seed % 5; ++b) {
      const RecordBatch table = random_table::make(100 * seed + b, random() % 200);
      const std::size_t first = random() % (table.rows() + 1);
      batches.push_back(seed % 2 == 0 ? table : table.slice(first, random() % (table.rows() - first + 1)));
    }
    const RecordBatch all = concatenate(batches);
    random_table::require_same(all, by_loop(batches));
  }
}

TEST_CASE("the categories of batches get one dictionary") {
  const RecordBatch all = concatenate({categories({0, -1, 1}, {"a", "b"}), categories({1, 0}, {"b", "c", "unused"}),
                                       categories({}, {}), categories({2, 0}, {"a", "b", "c"})});
  const auto codes = all.column<std::int32_t>("c");
  CHECK(std::vector<std::int32_t>(codes.begin(), codes.end()) == std::vector<std::int32_t>{0, -1, 1, 2, 1, 2, 0});
  CHECK(codes.dictionary() == Dictionary{"a", "b", "c", "unused"});
  CHECK_FALSE(all.is_valid(0, 1));
  CHECK(codes.null_count() == 1);
}

TEST_CASE("batches whose dictionaries grew are concatenated in any order") {
  const RecordBatch early = categories({0}, {"a"}), late = categories({2, 0}, {"a", "b", "c"});
  const RecordBatch all = concatenate({early, late, early, late, categories({0, 2}, {"c", "b", "a"}), early});
  const auto codes = all.column<std::int32_t>("c");
  CHECK(std::vector<std::int32_t>(codes.begin(), codes.end()) == std::vector<std::int32_t>{0, 2, 0, 0, 2, 0, 2, 0, 0});
  CHECK(codes.dictionary() == Dictionary{"a", "b", "c"});
}

TEST_CASE("the batches of a reader are its whole table again") {
  std::string text = "id,x\n";
  for (int i = 0; i < 1000; ++i) text += "user" + std::to_string(i * 7 % 300) + "," + std::to_string(i) + "\n";
  const auto read = [&](std::size_t rows) {
    std::istringstream stream(text);
    CsvReader reader(stream,
                     {.rows_per_batch = rows, .schema = Schema{{{"id", DataType::category}, {"x", DataType::int64}}}});
    std::vector<RecordBatch> batches;
    while (auto batch = reader.next()) batches.push_back(*batch);
    return batches;
  };
  const RecordBatch whole = read(1000).front();
  const RecordBatch all = concatenate(read(64));
  random_table::require_same(all, whole);
  CHECK(all.column<std::int32_t>(0).dictionary() == whole.column<std::int32_t>(0).dictionary());
  for (std::size_t i = 0; i < 1000; ++i) REQUIRE(all.column<std::int32_t>(0)[i] == whole.column<std::int32_t>(0)[i]);
}

TEST_CASE("batches of other columns are refused by their number and the column's") {
  const RecordBatch first = numbers({"x"}, {1});
  CHECK_THROWS_WITH(concatenate({first, first, numbers({"y"}, {1})}),
                    "batch 3, column 1: found a column y of type float64, expected a column x of type float64 as in "
                    "the first batch");
  CHECK_THROWS_WITH(concatenate({first, categories({0}, {"a"})}),
                    "batch 2, column 1: found a column c of type category, expected a column x of type float64 as in "
                    "the first batch");
  CHECK_THROWS_WITH(concatenate({first, RecordBatch()}),
                    "batch 2, column 1: found no more columns, expected a column x of type float64 as in the first "
                    "batch");
  CHECK_THROWS_WITH(concatenate({RecordBatch(), first}),
                    "batch 2, column 1: found a column x of type float64, expected no more columns as in the first "
                    "batch");
}

TEST_CASE("what is nullable in one batch is so in all of them") {
  const RecordBatch strict = numbers({"x", DataType::float64, false}, {1});
  CHECK_FALSE(concatenate({strict, strict}).schema().fields[0].nullable);
  CHECK(concatenate({strict, numbers({"x"}, {2})}).schema().fields[0].nullable);
  CHECK(concatenate({numbers({"x"}, {2}), strict}).schema().fields[0].nullable);
}

TEST_CASE("no batch, one batch and batches without rows or columns are concatenated too") {
  CHECK(concatenate(std::vector<RecordBatch>()).rows() == 0);
  const RecordBatch one = numbers({"x"}, {1, 2});
  CHECK(concatenate({one}).column<double>(0).values().data() == one.column<double>(0).values().data());
  const RecordBatch none = numbers({"x"}, {});
  CHECK(concatenate({none, none}).schema() == none.schema());
  CHECK(concatenate({none, one, none}).column<double>(0)[1] == 2);
  const RecordBatch bare = one.select({});
  CHECK(concatenate({bare, bare, bare}).rows() == 6);
  CHECK(concatenate({bare, bare}).schema().fields.empty());
}
