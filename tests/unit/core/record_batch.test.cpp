// SPDX-License-Identifier: MIT
#include "penstock/core/record_batch.hpp"

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

Validity valid(const std::vector<bool>& which) {
  Validity validity;
  for (const bool v : which) validity.append(v);
  return validity;
}

/// Five rows of each type; of each but the last column one value is missing.
RecordBatch table() {
  StringValues words;
  for (const char* word : {"a", "bb", "", "dddd", ""}) words.append(word);
  CategoryValues colours{{0, 1, 0, -1, 1}, std::make_shared<const Dictionary>(Dictionary{"red", "blue"})};
  std::vector<Column> columns;
  columns.emplace_back(std::vector<double>{0.5, 1.5, 2.5, 3.5, 4.5}, valid({true, false, true, true, true}));
  columns.emplace_back(std::vector<std::int64_t>{10, 11, 12, 13, 14}, valid({true, true, true, false, true}));
  columns.emplace_back(BooleanValues{{1, 0, 1, 0, 1}}, valid({false, true, true, true, true}));
  columns.emplace_back(
      std::vector<Timestamp>{Timestamp{0s}, Timestamp{1500ms}, Timestamp{-1s}, Timestamp{3s}, Timestamp{4s}},
      valid({true, true, true, true, false}));
  columns.emplace_back(std::move(words), valid({true, true, false, true, true}));
  columns.emplace_back(std::move(colours), valid({true, true, true, false, true}));
  columns.emplace_back(std::vector<double>{1, 2, 3, 4, 5});
  return {{{{"x", DataType::float64},
            {"n", DataType::int64},
            {"flag", DataType::boolean},
            {"time", DataType::timestamp},
            {"word", DataType::string},
            {"colour", DataType::category},
            {"full", DataType::float64, false}}},
          std::move(columns)};
}

const Schema two{{{"x", DataType::float64}, {"n", DataType::int64}}};
std::vector<Column> columns_of(std::size_t xs, std::size_t ns) {
  return {Column(std::vector<double>(xs)), Column(std::vector<std::int64_t>(ns))};
}

}  // namespace

static_assert(std::is_nothrow_move_constructible_v<RecordBatch>);
static_assert(std::is_copy_assignable_v<RecordBatch>);
static_assert(sizeof(RecordBatch) <= 4 * sizeof(void*));  // cheap to copy

TEST_CASE("a batch has its rows, its schema and its columns") {
  const RecordBatch batch = table();
  CHECK(batch.rows() == 5);
  CHECK(batch.schema().fields.size() == 7);
  CHECK(batch.schema().fields[6] == Field{"full", DataType::float64, false});
  CHECK(batch.column<double>("x")[2] == 2.5);
  CHECK(batch.column<double>(0)[2] == 2.5);
  CHECK(batch.column<std::int64_t>("n")[4] == 14);
  CHECK(batch.column<bool>("flag")[2]);
  CHECK(batch.column<Timestamp>("time")[1] == Timestamp{1500ms});
  CHECK(batch.column<std::string_view>("word")[3] == "dddd");
  CHECK(batch.column<std::string_view>("colour")[1] == "blue");
  CHECK(batch.column<std::int32_t>("colour")[1] == 1);
  for (std::size_t place = 0; place < 7; ++place) {
    for (std::size_t row = 0; row < 5; ++row) {
      const std::size_t missing[] = {1, 3, 0, 4, 2, 3, 5};
      CHECK(batch.is_valid(place, row) == (row != missing[place]));
    }
  }
}

TEST_CASE("a column that is not there, or not of that type, is an error that names it") {
  const RecordBatch batch = table();
  CHECK_THROWS_WITH(batch.column<double>("y"),
                    "column y: found no such column, expected one of: x, n, flag, time, word, colour, full");
  CHECK_THROWS_WITH(batch.column<double>("n"), "column n: found a column of type int64, expected float64");
  CHECK_THROWS_WITH(batch.column<std::string_view>(2),
                    "column flag: found a column of type boolean, expected string or category");
  CHECK_THROWS_AS(batch.column<double>(7), std::out_of_range);
  CHECK_THROWS_AS(batch.is_valid(7, 0), std::out_of_range);
}

TEST_CASE("a batch whose parts do not fit is refused by the column's name") {
  CHECK_THROWS_WITH(RecordBatch(two, {}), "RecordBatch: a schema of 2 fields, but 0 columns");
  CHECK_THROWS_WITH(RecordBatch(Schema{}, columns_of(1, 1)), "RecordBatch: a schema of 0 fields, but 2 columns");
  CHECK_THROWS_WITH(RecordBatch(two, columns_of(3, 2)), "RecordBatch: column n has 2 values, the first has 3");
  CHECK_THROWS_WITH(RecordBatch(Schema{{{"x", DataType::float64}, {"n", DataType::string}}}, columns_of(2, 2)),
                    "RecordBatch: column n is int64, its field says string");
  std::vector<Column> holed;
  holed.emplace_back(std::vector<double>{1, 2}, valid({true, false}));
  CHECK_THROWS_WITH(RecordBatch(Schema{{{"x", DataType::float64, false}}}, std::move(holed)),
                    "RecordBatch: column x has missing values, its field allows none");
  CHECK_THROWS_WITH(RecordBatch(std::shared_ptr<const Schema>(), {}), "RecordBatch: no schema");
}

TEST_CASE("a slice is rows in the same memory, and so is a slice of a slice") {
  const RecordBatch batch = table();
  const RecordBatch part = batch.slice(1, 4);
  const RecordBatch last = slice(part, 2, 2);
  CHECK(part.rows() == 4);
  CHECK(rows(last) == 2);
  CHECK(part.column<double>("x").values().data() == batch.column<double>("x").values().data() + 1);
  CHECK(last.column<std::int64_t>("n").values().data() == batch.column<std::int64_t>("n").values().data() + 3);
  CHECK(last.column<std::string_view>("word")[0].data() == batch.column<std::string_view>("word")[3].data());
  CHECK(&last.schema() == &batch.schema());
  CHECK(last.column<bool>("flag")[1]);
  CHECK(last.column<Timestamp>("time")[0] == Timestamp{3s});
  CHECK(last.column<std::string_view>("colour").get(0) == std::nullopt);
  CHECK(last.column<std::string_view>("colour").get(1) == std::optional<std::string_view>("blue"));
  CHECK_FALSE(last.is_valid(1, 0));
  CHECK(last.is_valid(1, 1));
  CHECK_FALSE(part.is_valid(0, 0));
  CHECK_FALSE(last.column<Timestamp>("time").is_valid(1));
  CHECK(column<double>(last, "full")[1] == 5);

  CHECK(batch.slice(5, 0).rows() == 0);
  CHECK_THROWS_WITH(batch.slice(3, 3), "slice of 3 rows from row 3, in a frame of 5");
  CHECK_THROWS_AS(part.slice(0, 5), std::out_of_range);  // which the whole batch would have
  CHECK_THROWS_AS(part.slice(2, static_cast<std::size_t>(-1)), std::out_of_range);
}

TEST_CASE("a slice, and a view of its column, outlive the batch") {
  std::optional<RecordBatch> batch(table());
  const RecordBatch part = batch->slice(1, 3);
  const ColumnView<std::string_view> words = batch->column<std::string_view>("word");
  batch.reset();
  CHECK(part.column<double>("full")[0] == 2);
  CHECK(words[3] == "dddd");  // part shares the buffers
}

TEST_CASE("a row is read by name and by place, as what is there or not") {
  const RecordBatch part = table().slice(1, 3);
  const RowView row = part.row(2);
  CHECK(row.index() == 2);
  CHECK(row.get<double>("x") == std::optional<double>(3.5));
  CHECK(row.get<std::int64_t>("n") == std::nullopt);
  CHECK(row.get<std::string_view>("word") == std::optional<std::string_view>("dddd"));
  CHECK(row.get<bool>(2) == std::optional<bool>(false));
  CHECK_THROWS_AS(row.get<double>("y"), Error);
  CHECK_THROWS_AS(row.get<double>("n"), Error);
  CHECK_THROWS_WITH(part.row(3), "slice of 1 rows from row 3, in a frame of 3");
}

TEST_CASE("chosen columns of a batch are shared, in the order in which they were chosen") {
  const RecordBatch batch = table();
  const RecordBatch some = batch.slice(1, 3).select({"full", "x"});
  CHECK(some.schema().fields == std::vector<Field>{{"full", DataType::float64, false}, {"x", DataType::float64}});
  CHECK(some.rows() == 3);
  CHECK(some.column<double>(1).values().data() == batch.column<double>("x").values().data() + 1);
  CHECK_FALSE(some.is_valid(1, 0));
  CHECK(some.slice(1, 1).column<double>("full")[0] == 3);
  CHECK(some.with_columns({{"x", DataType::int64}}, {Column(std::vector<std::int64_t>{7, 8, 9})})
            .column<std::int64_t>("x")[2] == 9);
  CHECK_THROWS_WITH(batch.select({"full", "y"}), StartsWith("column y: found no such column"));
  CHECK(batch.select({}).rows() == 5);
}

TEST_CASE("numbers, flags and times become rows of doubles") {
  const RecordBatch batch = table();
  const RowMajorMatrix m = batch.to_matrix({"full", "n", "x", "flag", "time"});
  CHECK(m.rows == 5);
  CHECK(m.cols == 5);
  CHECK(m(0, 0) == 1);
  CHECK(m(4, 1) == 14);
  CHECK(m(2, 2) == 2.5);
  CHECK(m(2, 3) == 1);
  CHECK(m(3, 3) == 0);
  CHECK(m(1, 4) == 1.5);
  CHECK(m(2, 4) == -1);
  CHECK(std::isnan(m(3, 1)));
  CHECK(std::isnan(m(1, 2)));
  CHECK(std::isnan(m(0, 3)));
  CHECK(std::isnan(m(4, 4)));
  CHECK(batch.to_matrix({"full", "full"}).values == std::vector<double>{1, 1, 2, 2, 3, 3, 4, 4, 5, 5});
  const RowMajorMatrix none = batch.to_matrix({});
  CHECK(none.rows == 5);
  CHECK(none.cols == 0);
}

TEST_CASE("a missing value in a matrix is what the policy says, and counted from the slice's first row") {
  const RecordBatch part = table().slice(1, 3);
  const MatrixOptions filled{.missing = Missing::fill, .fill = -7};
  CHECK(part.to_matrix({"x", "n"}, filled).values == std::vector<double>{-7, 11, 2.5, 12, 3.5, -7});
  CHECK(part.to_matrix({"flag"}, filled).values == std::vector<double>{0, 1, 0});
  const MatrixOptions strict{.missing = Missing::error};
  CHECK_THROWS_WITH(part.to_matrix({"full", "n"}, strict), "row 3, column n: found no value, expected a number");
  CHECK_THROWS_WITH(table().to_matrix({"n"}, strict), "row 4, column n: found no value, expected a number");
  CHECK(part.slice(1, 1).to_matrix({"x", "n"}, strict).values == std::vector<double>{2.5, 12});
}

TEST_CASE("texts become no doubles, by the name of their column") {
  const RecordBatch batch = table();
  CHECK_THROWS_WITH(batch.to_matrix({"x", "word"}),
                    "column word: found a column of type string, expected numbers (encode texts first)");
  CHECK_THROWS_WITH(batch.to_matrix({"colour"}),
                    "column colour: found a column of type category, expected numbers (encode texts first)");
  CHECK_THROWS_AS(batch.to_matrix({"y"}), Error);
}

TEST_CASE("numbers of any type are copied as doubles, any stretch of any slice of them, by any stride") {
  const std::size_t rows = 200;
  std::vector<double> x(rows);
  std::vector<std::int64_t> n(rows);
  BooleanValues flags{std::vector<std::uint8_t>(rows)};
  std::vector<Timestamp> times(rows);
  Validity holes;
  for (std::size_t i = 0; i < rows; ++i) {
    x[i] = static_cast<double>(i) / 8;
    n[i] = (std::int64_t{1} << 53) + static_cast<std::int64_t>(i) - 100;
    flags.bytes[i] = i % 3 == 0;
    times[i] = Timestamp{std::chrono::milliseconds(i * 250)};
    holes.append(i % 7 != 2);
  }
  for (const bool missing : {false, true}) {
    const Validity validity = missing ? holes : Validity(rows);
    std::vector<Column> columns;
    columns.emplace_back(x, validity);
    columns.emplace_back(n, validity);
    columns.emplace_back(flags, validity);
    columns.emplace_back(times, validity);
    const RecordBatch batch(Schema{{{"x", DataType::float64},
                                    {"n", DataType::int64},
                                    {"flag", DataType::boolean},
                                    {"time", DataType::timestamp}}},
                            std::move(columns));
    const auto expected = [&](std::size_t place, std::size_t i) {
      return place == 0   ? x[i]
             : place == 1 ? static_cast<double>(n[i])
             : place == 2 ? (i % 3 == 0 ? 1.0 : 0.0)
                          : static_cast<double>(i) * 0.25;
    };
    for (const std::size_t from : {0u, 1u, 64u, 150u}) {
      const RecordBatch part = batch.slice(from, 50);
      for (std::size_t place = 0; place < 4; ++place) {
        for (const std::size_t stride : {1u, 3u}) {
          std::vector<double> out(20 * stride, -1);
          detail::numbers_of(part, place).copy(7, 20, out.data(), stride);
          for (std::size_t i = 0; i < out.size(); ++i) {
            const std::size_t row = from + 7 + i / stride;
            INFO("column " << place << ", row " << row << ", stride " << stride);
            if (i % stride != 0) {
              REQUIRE(out[i] == -1);
            } else if (missing && row % 7 == 2) {
              REQUIRE(std::isnan(out[i]));
            } else {
              REQUIRE(out[i] == expected(place, row));
            }
          }
        }
        std::vector<double> copy;
        const std::span<const double> all = detail::numbers_in(part, place, copy);
        REQUIRE(all.size() == 50);
        REQUIRE(copy.size() == (place == 0 ? 0u : 50u));  // float64 is where it lies
        for (std::size_t i = 0; i < 50; ++i)
          REQUIRE((missing && (from + i) % 7 == 2 ? std::isnan(all[i]) : all[i] == expected(place, from + i)));
      }
    }
  }
}

TEST_CASE("texts are no numbers, of however many rows") {
  const RecordBatch none = table().slice(0, 0);
  std::vector<double> copy;
  for (const std::string name : {"word", "colour"}) {
    const std::size_t place = none.schema().index(name);
    const std::string words = "column " + name + ": found a column of type " +
                              std::string(to_string(none.schema().fields[place].dtype)) +
                              ", expected numbers (encode texts first)";
    CHECK_THROWS_WITH(detail::numbers_of(none, place), words);
    CHECK_THROWS_WITH(detail::numbers_in(none, place, copy), words);
    CHECK_THROWS_WITH(none.to_matrix({name}), words);
  }
}

TEST_CASE("a matrix is written into memory of exactly its size") {
  const RecordBatch part = table().slice(2, 2);
  std::vector<double> out(5, -1);
  part.to_matrix({"full", "x"}, std::span(out).first(4));
  CHECK(out == std::vector<double>{3, 2.5, 4, 3.5, -1});
  CHECK_THROWS_WITH(part.to_matrix({"full", "x"}, out), "to_matrix: out has 5 values, not 4");
  CHECK_THROWS_AS(part.to_matrix({"full"}, std::span(out).first(1)), std::invalid_argument);
}

TEST_CASE("a batch without columns or without rows is a frame too") {
  const RecordBatch nothing;
  CHECK(nothing.rows() == 0);
  CHECK(nothing.schema().fields.empty());
  CHECK(nothing.slice(0, 0).rows() == 0);
  CHECK_THROWS_AS(nothing.slice(0, 1), std::out_of_range);
  CHECK(nothing.to_matrix({}).values.empty());

  const RecordBatch no_rows(two, columns_of(0, 0));
  CHECK(no_rows.rows() == 0);
  CHECK(no_rows.column<double>("x").size() == 0);
  CHECK(no_rows.column<double>("x").begin() == no_rows.column<double>("x").begin() + 0);
  CHECK(no_rows.to_matrix({"x", "n"}).values.empty());
  CHECK_THROWS_AS(no_rows.row(0), std::out_of_range);
}

TEST_CASE("copies share what they copy") {
  const RecordBatch batch = table();
  RecordBatch copy = batch;
  CHECK(copy.column<double>("x").values().data() == batch.column<double>("x").values().data());
  copy = copy.slice(1, 1);
  CHECK(batch.rows() == 5);
}

TEST_CASE("many threads may slice and read one batch") {
  const RecordBatch batch = table();
  std::vector<double> sums(4);
  std::vector<std::thread> threads;
  for (double& sum : sums) {
    threads.emplace_back([&batch, &sum] {
      for (std::size_t run = 0; run < 200; ++run) {
        const RecordBatch part = batch.slice(run % 4, 2);
        sum += part.column<double>("full")[1] + static_cast<double>(part.column<std::string_view>("word")[0].size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(sums == std::vector<double>(4, 50 * (2 + 3 + 4 + 5) + 50 * (1 + 2 + 0 + 4)));
}
