// SPDX-License-Identifier: MIT
#include "penstock/io/csv_reader.hpp"
#include "penstock/io/csv_writer.hpp"

#include "catch.hpp"
#include "unit/io/random_table.hpp"

#include <sstream>
#include <string>

using namespace penstock;

TEST_CASE("a table that was written as CSV is read as the same table") {
  for (const char delimiter : {',', ';', '\t', '|'}) {
    for (const char* newline : {"\n", "\r\n", "\r"}) {
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const RecordBatch table = random_table::make(seed, 300);
        const char decimal = delimiter == ';' ? ',' : '.';
        const std::string missing = delimiter == '|' ? "NA" : "";
        std::string text;
        CsvWriter writer(&text, {.delimiter = delimiter, .newline = newline, .missing = missing, .decimal = decimal});
        writer.write(table);
        writer.close();
        std::istringstream stream(text);
        CsvReader reader(stream, {.rows_per_batch = 1000,
                                  .delimiter = delimiter,
                                  .decimal = decimal,
                                  .schema = random_table::schema,
                                  .missing = {missing},
                                  .buffer_bytes = 100});
        const auto back = reader.next();
        REQUIRE(back);
        random_table::require_same(table, *back);
        CHECK(reader.rejects().total() == 0);
      }
    }
  }
}

TEST_CASE("missing values and empty texts of a table of one column are told apart on the way back") {
  RecordBatchBuilder builder({{{"t", DataType::string}}});
  builder.append<std::string_view>(0, "a");
  builder.append_null(0);
  builder.append<std::string_view>(0, "");
  builder.append_null(0);
  const RecordBatch table = builder.finish();
  std::string text;
  CsvWriter writer(&text);
  writer.write(table);
  writer.close();
  std::istringstream stream(text);
  CsvReader reader(stream, {.schema = table.schema()});
  const auto back = reader.next();
  REQUIRE(back);
  random_table::require_same(table, *back);
}

TEST_CASE("a float64 column of whole numbers is inferred as float64 again") {
  const RecordBatch table({{{"x", DataType::float64}}}, {Column(std::vector<double>{1, 2, 1e16})});
  std::string text;
  CsvWriter writer(&text);
  writer.write(table);
  writer.close();
  std::istringstream stream(text);
  CsvReader reader(stream);
  const auto back = reader.next();
  REQUIRE(back);
  random_table::require_same(table, *back);
}
