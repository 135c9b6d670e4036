// SPDX-License-Identifier: MIT
#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace penstock;

namespace {

/// A small generator with a fixed seed.
struct Random {
  std::uint64_t state = 7;
  std::size_t operator()(std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % below;
  }
};

const Schema every_type{{{"x", DataType::float64},
                         {"n", DataType::int64},
                         {"flag", DataType::boolean},
                         {"time", DataType::timestamp},
                         {"word", DataType::string},
                         {"colour", DataType::category}}};
using Row = std::tuple<std::optional<double>, std::optional<std::int64_t>, std::optional<bool>,
                       std::optional<Timestamp>, std::optional<std::string>, std::optional<std::string>>;

template <class T, class Value>
void append(RecordBatchBuilder& builder, std::size_t place, const std::optional<Value>& value) {
  if (value) {
    builder.append<T>(place, *value);
  } else {
    builder.append_null(place);
  }
}

}  // namespace

TEST_CASE("categories that are given beforehand have the first codes") {
  RecordBatchBuilder builder({{{"land", DataType::category}, {"x", DataType::float64}}});
  builder.add_categories(0, {"DE", "FR"});
  builder.append<std::string_view>(0, "FR");
  builder.append<std::string_view>(0, "NA");
  builder.add_categories(0, {"NA", "US"});
  CHECK(builder.categories(0).size() == 4);
  CHECK(builder.categories(0).find("US") == std::optional<std::int32_t>(3));
  CHECK(builder.categories(1).size() == 0);
  builder.append(1, 0.5);
  builder.append(1, 1.5);
  const RecordBatch batch = builder.finish();
  CHECK(batch.column<std::int32_t>(0)[0] == 1);
  CHECK(batch.column<std::int32_t>(0)[1] == 2);
  CHECK(batch.column<std::int32_t>(0).dictionary() == Dictionary{"DE", "FR", "NA", "US"});
  CHECK_THROWS_AS(builder.add_categories(1, {"DE"}), std::invalid_argument);
  CHECK_THROWS_AS(builder.add_categories(2, {"DE"}), std::out_of_range);
}

TEST_CASE("what was appended is in the batch, batch after batch") {
  Random random;
  RecordBatchBuilder builder(every_type);
  CHECK(builder.schema() == every_type);
  for (int run = 0; run < 30; ++run) {
    std::vector<Row> oracle(random(150));
    for (Row& row : oracle) {
      if (random(5) != 0) std::get<0>(row) = static_cast<double>(random(1000)) / 8;
      if (random(5) != 0) std::get<1>(row) = static_cast<std::int64_t>(random(1000)) - 500;
      if (random(5) != 0) std::get<2>(row) = random(2) == 0;
      if (random(5) != 0) std::get<3>(row) = Timestamp{std::chrono::nanoseconds{random(1000)}};
      if (random(5) != 0) std::get<4>(row) = std::string(random(40), 'a');
      if (random(5) != 0) std::get<5>(row) = "colour " + std::to_string(random(20));
      append<double>(builder, 0, std::get<0>(row));
      append<std::int64_t>(builder, 1, std::get<1>(row));
      append<bool>(builder, 2, std::get<2>(row));
      append<Timestamp>(builder, 3, std::get<3>(row));
      append<std::string_view>(builder, 4, std::get<4>(row));
      append<std::string_view>(builder, 5, std::get<5>(row));
    }
    const RecordBatch batch = builder.finish();
    REQUIRE(batch.rows() == oracle.size());
    for (std::size_t i = 0; i < oracle.size(); ++i) {
      const RowView row = batch.row(i);
      REQUIRE(row.get<double>("x") == std::get<0>(oracle[i]));
      REQUIRE(row.get<std::int64_t>("n") == std::get<1>(oracle[i]));
      REQUIRE(row.get<bool>("flag") == std::get<2>(oracle[i]));
      REQUIRE(row.get<Timestamp>("time") == std::get<3>(oracle[i]));
      REQUIRE(row.get<std::string_view>("word") == std::get<4>(oracle[i]));
      REQUIRE(row.get<std::string_view>("colour") == std::get<5>(oracle[i]));
      if (!std::get<0>(oracle[i])) REQUIRE(std::isnan(batch.column<double>("x")[i]));
    }
  }
}

TEST_CASE("a category keeps its code from batch to batch, and the dictionary while nothing is new") {
  RecordBatchBuilder builder({{{"colour", DataType::category}}});
  const auto batch_of = [&](const std::vector<const char*>& colours) {
    for (const char* colour : colours) builder.append<std::string_view>(0, colour);
    return builder.finish();
  };
  const auto codes = [](const RecordBatch& batch) {
    const auto view = batch.column<std::int32_t>("colour");
    return std::vector<std::int32_t>(view.begin(), view.end());
  };
  const RecordBatch first = batch_of({"red", "blue", "red"});
  const RecordBatch second = batch_of({"blue", "red"});
  const RecordBatch third = batch_of({"green", "blue"});
  CHECK(codes(first) == std::vector<std::int32_t>{0, 1, 0});
  CHECK(codes(second) == std::vector<std::int32_t>{1, 0});
  CHECK(codes(third) == std::vector<std::int32_t>{2, 1});
  const auto dictionary = [](const RecordBatch& batch) { return &batch.column<std::int32_t>("colour").dictionary(); };
  CHECK(dictionary(first) == dictionary(second));
  CHECK(dictionary(first) != dictionary(third));
  CHECK(*dictionary(first) == Dictionary{"red", "blue"});  // it did not grow behind the first batch's back
  CHECK(*dictionary(third) == Dictionary{"red", "blue", "green"});
}

TEST_CASE("a builder is empty after it is finished, and its batch its own") {
  RecordBatchBuilder builder({{{"n", DataType::int64}, {"word", DataType::string}}});
  builder.append<std::int64_t>(0, 1);
  builder.append<std::string_view>(1, "one");
  const RecordBatch first = builder.finish();
  CHECK(builder.finish().rows() == 0);
  builder.append_null(0);
  builder.append<std::string_view>(1, "two");
  const RecordBatch second = builder.finish();
  CHECK(first.column<std::int64_t>("n")[0] == 1);
  CHECK(first.column<std::string_view>("word")[0] == "one");
  CHECK(first.is_valid(0, 0));
  CHECK_FALSE(second.is_valid(0, 0));
  CHECK(second.column<std::string_view>("word")[0] == "two");
  CHECK(&first.schema() == &second.schema());
}

TEST_CASE("a value that is not its column's is refused by the column's name, and nothing is appended") {
  RecordBatchBuilder builder({{{"n", DataType::int64, false}, {"word", DataType::string}}});
  CHECK_THROWS_WITH(builder.append<double>(0, 1.5), "column n is of type int64");
  CHECK_THROWS_WITH(builder.append<std::string_view>(0, "a"), "column n is of type int64");
  CHECK_THROWS_WITH(builder.append<bool>(1, true), "column word is of type string");
  CHECK_THROWS_WITH(builder.append_null(0), "column n allows no missing values");
  CHECK_THROWS_AS(builder.append<std::int64_t>(2, 1), std::out_of_range);
  CHECK_THROWS_AS(builder.append_null(2), std::out_of_range);
  CHECK(builder.finish().rows() == 0);
}

TEST_CASE("columns of different lengths make no batch, and may be made even") {
  RecordBatchBuilder builder({{{"n", DataType::int64}, {"word", DataType::string}}});
  builder.append<std::int64_t>(0, 1);
  CHECK_THROWS_WITH(builder.finish(), "column word has 0 values, the first has 1");
  builder.append<std::string_view>(1, "one");
  CHECK(builder.finish().rows() == 1);
}

TEST_CASE("a builder of no columns builds batches of no rows") {
  RecordBatchBuilder builder{Schema{}};
  CHECK(builder.finish().rows() == 0);
}
