// SPDX-License-Identifier: MIT
#include "penstock/core/record_batch.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace penstock;

namespace {

RecordBatch table() {
  return {{{{"x", DataType::float64}, {"n", DataType::int64}}},
          {Column(std::vector<double>{1, 2, 3, 4}), Column(std::vector<std::int64_t>{10, 20, 30, 40})}};
}
Column scores(std::vector<double> values) { return Column(ColumnValues(std::move(values))); }

}  // namespace

TEST_CASE("columns are appended to a slice without a copy of the others") {
  const RecordBatch whole = table();
  const RecordBatch scored = whole.slice(1, 3).with_columns({{"score", DataType::float64}}, {scores({0.2, 0.3, 0.4})});
  REQUIRE(scored.rows() == 3);
  CHECK(scored.schema().fields ==
        std::vector<Field>{{"x", DataType::float64}, {"n", DataType::int64}, {"score", DataType::float64}});
  CHECK(scored.column<double>("x").values().data() == whole.column<double>("x").values().data() + 1);
  CHECK(scored.column<std::int64_t>("n")[2] == 40);
  CHECK(scored.column<double>("score")[0] == 0.2);

  const RecordBatch part = scored.slice(1, 1);
  CHECK(part.column<double>("x")[0] == 3);
  CHECK(part.column<double>("score")[0] == 0.3);
  CHECK(part.to_matrix({"x", "n", "score"}).values == std::vector<double>{3, 30, 0.3});

  const RecordBatch twice = part.with_columns({{"late", DataType::boolean}}, {Column(BooleanValues{{1}})});
  CHECK(twice.column<double>("x")[0] == 3);
  CHECK(twice.column<double>("score")[0] == 0.3);
  CHECK(twice.column<bool>("late")[0]);
}

TEST_CASE("missing values of a slice stay where they are when columns are appended") {
  Validity validity;
  for (const bool valid : {true, false, true}) validity.append(valid);
  const RecordBatch batch({{{"x", DataType::float64}}}, {Column(std::vector<double>{1, 0, 3}, validity)});
  const RecordBatch more = batch.slice(1, 2).with_columns({{"y", DataType::float64}}, {scores({5, 6})});
  CHECK_FALSE(more.is_valid(0, 0));
  CHECK(more.is_valid(0, 1));
  CHECK(more.is_valid(1, 0));
}

TEST_CASE("a column whose name is there takes the place of the old one, whatever its type") {
  const RecordBatch changed = table().with_columns({{"x", DataType::boolean}}, {Column(BooleanValues{{0, 1, 0, 1}})});
  CHECK(changed.schema().fields == std::vector<Field>{{"x", DataType::boolean}, {"n", DataType::int64}});
  CHECK(changed.column<bool>("x")[1]);
  CHECK(table().column<double>("x")[1] == 2);
}

TEST_CASE("columns may be appended to a batch that has none") {
  CHECK(RecordBatch().with_columns({{"x", DataType::float64}}, {scores({1, 2})}).rows() == 2);
  CHECK(table().with_columns({}, {}).rows() == 4);
}

TEST_CASE("appended columns that do not fit are refused by name") {
  const RecordBatch batch = table();
  CHECK_THROWS_WITH(batch.with_columns({{"score", DataType::float64}}, {scores({1, 2, 3})}),
                    ContainsSubstring("column score has 3 values"));
  CHECK_THROWS_WITH(batch.with_columns({{"score", DataType::int64}}, {scores({1, 2, 3, 4})}),
                    ContainsSubstring("column score is float64, its field says int64"));
  CHECK_THROWS_WITH(batch.with_columns({{"score", DataType::float64}}, {}),
                    ContainsSubstring("1 fields, but 0 columns"));
}

TEST_CASE("many columns at once are found by name as few are, the first of a name, and long names too") {
  const std::string prefix(40, 'c');  // not kept in the string itself
  for (const std::size_t count : {2U, 7U, 8U, 100U}) {
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (std::size_t k = 0; k < count; ++k) {
      fields.push_back({prefix + std::to_string(k / 2 * 2), DataType::float64});  // each twice: the later one stays
      columns.push_back(scores({static_cast<double>(k), 0, 0, 0}));
    }
    const RecordBatch made =
        table()
            .with_columns({{prefix + "0", DataType::int64}}, {Column(std::vector<std::int64_t>{9, 9, 9, 9})})
            .with_columns(fields, std::move(columns));
    REQUIRE(made.schema().fields.size() == 2 + (count + 1) / 2);
    std::vector<std::string> names;
    for (std::size_t j = 2; j < made.schema().fields.size(); ++j) {
      const double last = static_cast<double>(std::min(2 * (j - 2) + 1, count - 1));
      CHECK(made.column<double>(j)[0] == last);
      CHECK(made.schema().fields[j].name == prefix + std::to_string(2 * (j - 2)));
      names.insert(names.begin(), made.schema().fields[j].name);
    }
    const RecordBatch turned = made.select(names);
    for (std::size_t j = 0; j < names.size(); ++j) {
      CHECK(turned.schema().fields[j].name == names[j]);
      CHECK(turned.column<double>(j)[0] == made.column<double>(names[j])[0]);
    }
    names.emplace_back("none");
    CHECK_THROWS_WITH(made.select(names), StartsWith("column none: found no such column"));
  }
}
