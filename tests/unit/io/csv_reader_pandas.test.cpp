// SPDX-License-Identifier: MIT
// The reader against pandas' own output, made by tests/reference/csv_pandas.py.
#include "penstock/io/csv_reader.hpp"

#include "catch.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using penstock::CsvOptions;
using penstock::CsvReader;
using penstock::DataType;
using penstock::RecordBatch;
using penstock::Schema;

namespace {

struct Case {
  std::string name{}, options{}, input{};
  Schema schema{};
  std::vector<std::string> formats{};
  std::vector<std::string> rows{};
};

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  char digits[3];
  for (const char c : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    hex += digits;
  }
  return hex;
}

std::vector<Case> read_cases() {
  std::ifstream file(PENSTOCK_REFERENCE_DIR "/csv_pandas.txt");
  REQUIRE(file);
  std::vector<Case> cases;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    if (what == "case") {
      words >> cases.emplace_back().name >> cases.back().options;
    } else if (what == "column") {
      std::string name, type, format;
      words >> name >> type;
      std::getline(words >> std::ws, format);
      const DataType dtype = type == "float64"     ? DataType::float64
                             : type == "int64"     ? DataType::int64
                             : type == "boolean"   ? DataType::boolean
                             : type == "timestamp" ? DataType::timestamp
                                                   : DataType::string;
      cases.back().schema.fields.push_back({name, dtype});
      cases.back().formats.push_back(format);
    } else if (what == "in") {
      std::string hex;
      words >> hex;
      cases.back().input = from_hex(hex);
    } else if (what == "row") {
      cases.back().rows.push_back(line.substr(4));
    }
  }
  return cases;
}

CsvOptions options_of(const Case& c) {
  CsvOptions options;
  if (c.options == "semicolon") {
    options.delimiter = ';';
    options.decimal = ',';
  } else if (c.options == "no_quote") {
    options.quote = std::nullopt;
  } else if (c.options == "comment") {
    options.comment = '#';
  } else if (c.options == "skip_2") {
    options.skip_rows = 2;
  } else if (c.options == "rename") {
    options.duplicate_names = penstock::DuplicateNames::rename;
  } else {
    REQUIRE(c.options.empty());
  }
  for (std::size_t i = 0; i < c.formats.size(); ++i) {
    if (!c.formats[i].empty())
      options.column_options.push_back({.name = c.schema.fields[i].name, .time_formats = {c.formats[i]}});
  }
  return options;
}

std::string show(const RecordBatch& batch, std::size_t column, std::size_t row) {
  if (!batch.is_valid(column, row)) return "NA";
  switch (batch.schema().fields[column].dtype) {
    case DataType::float64: {
      char bits[17];
      std::snprintf(bits, sizeof bits, "%016llx",
                    static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(batch.column<double>(column)[row])));
      return bits;
    }
    case DataType::int64: return std::to_string(batch.column<std::int64_t>(column)[row]);
    case DataType::boolean: return batch.column<bool>(column)[row] ? "1" : "0";
    case DataType::timestamp:
      return std::to_string(batch.column<penstock::Timestamp>(column)[row].time_since_epoch().count());
    case DataType::string:
    case DataType::category: break;
  }
  return "s" + to_hex(batch.column<std::string_view>(column)[row]);
}

std::vector<std::string> rows_of(const Case& c, const CsvOptions& options) {
  std::istringstream stream(c.input);
  CsvReader reader(stream, options);
  std::vector<std::string> rows;
  while (const auto batch = reader.next()) {
    for (std::size_t i = 0; i < batch->rows(); ++i) {
      std::string line;
      for (std::size_t j = 0; j < batch->schema().fields.size(); ++j) {
        line.append(j == 0 ? "" : " ").append(show(*batch, j, i));
      }
      rows.push_back(line);
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("every value is that of pandas, to the last bit") {
  const std::vector<Case> cases = read_cases();
  CHECK(cases.size() > 30);
  std::size_t rows = 0;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CsvOptions options = options_of(c);
    options.schema = c.schema;
    for (const std::size_t block : std::vector<std::size_t>{1, 7, 65536}) {
      options.buffer_bytes = block;
      CHECK(rows_of(c, options) == c.rows);
    }
    rows += c.rows.size();
  }
  CHECK(rows > 700);
}

TEST_CASE("types are inferred as pandas infers them, but for integers with missing values and times") {
  for (const Case& c : read_cases()) {
    if (c.name.starts_with("random_texts")) continue;  // pandas was told that they are text
    CAPTURE(c.name);
    std::istringstream stream(c.input);
    CsvOptions options = options_of(c);
    options.infer_categories = false;
    const CsvReader reader(stream, options);
    REQUIRE(reader.schema().fields.size() == c.schema.fields.size());
    for (std::size_t i = 0; i < c.schema.fields.size(); ++i) {
      CHECK(reader.schema().fields[i].name == c.schema.fields[i].name);
      const DataType ours = reader.schema().fields[i].dtype;
      const DataType theirs = c.schema.fields[i].dtype;
      if (c.name == "missing" && i == 0) {
        CHECK((ours == DataType::int64 && theirs == DataType::float64));
      } else {
        CHECK(ours == theirs);
      }
    }
  }
}
