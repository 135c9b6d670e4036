// SPDX-License-Identifier: MIT
// Our JSON lines in the eyes of nlohmann::json, and its in ours.
#include "penstock/io/json_lines_reader.hpp"
#include "penstock/io/json_lines_writer.hpp"

#include "catch.hpp"
#include "unit/io/random_table.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <cstdint>
#include <sstream>
#include <string>

using namespace penstock;

TEST_CASE("nlohmann::json reads from our lines what is in the table") {
  const RecordBatch table = random_table::make(3, 1000, true);
  std::string text;
  JsonLinesWriter writer(&text);
  writer.write(table);
  writer.close();

  std::istringstream lines(text);
  std::string line;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    REQUIRE(std::getline(lines, line));
    INFO(line);
    const auto object = nlohmann::ordered_json::parse(line);
    REQUIRE(object.size() == 6);
    std::size_t place = 0;
    for (const auto& [name, value] : object.items()) {
      const Field& field = table.schema().fields[place];
      CHECK(name == field.name);
      REQUIRE(value.is_null() == !table.is_valid(place, row));
      if (!value.is_null()) {
        switch (field.dtype) {
          case DataType::float64:
            REQUIRE(value.is_number_float());
            CHECK(std::bit_cast<std::uint64_t>(value.get<double>()) ==
                  std::bit_cast<std::uint64_t>(table.column<double>(place)[row]));
            break;
          case DataType::int64:
            REQUIRE(value.is_number_integer());
            CHECK(value.get<std::int64_t>() == table.column<std::int64_t>(place)[row]);
            break;
          case DataType::boolean: CHECK(value.get<bool>() == table.column<bool>(place)[row]); break;
          case DataType::timestamp: CHECK(value.get<std::string>().ends_with('Z')); break;
          default: CHECK(value.get<std::string>() == table.column<std::string_view>(place)[row]);
        }
      }
      ++place;
    }
  }
  CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("lines that nlohmann::json wrote are read as the same table, escaped to ASCII or not") {
  const RecordBatch table = random_table::make(4, 1000, true);
  for (const bool ascii : {false, true}) {
    std::string text;
    for (std::size_t row = 0; row < table.rows(); ++row) {
      nlohmann::json object;
      const auto put = [&]<class T>(std::size_t place, T) {
        auto& member = object[table.schema().fields[place].name];
        if (table.is_valid(place, row)) member = table.column<T>(place)[row];
      };
      put(0, double{});
      put(1, std::int64_t{});
      put(2, bool{});
      put(4, std::string_view{});
      put(5, std::string_view{});
      if (table.is_valid(3, row)) {
        char time[max_number_chars];
        object["when"] = std::string(time, format_timestamp(time, table.column<Timestamp>(3)[row]));
      }
      text += object.dump(-1, ' ', ascii) + "\n";
    }
    std::istringstream stream(text);
    JsonLinesReader reader(stream, {.schema = random_table::schema});
    const auto back = reader.next();
    REQUIRE(back);
    random_table::require_same(table, *back);
  }
}
