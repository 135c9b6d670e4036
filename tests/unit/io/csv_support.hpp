// SPDX-License-Identifier: MIT
#pragma once

// What the tests of the CSV reader share: tables as text, so that a failed comparison shows what differs.

#include "penstock/core/record_batch.hpp"
#include "penstock/io/csv_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace csv_support {

/// One value: exact, and marked with what it is.
inline std::string show(const penstock::RecordBatch& batch, std::size_t column, std::size_t row) {
  using penstock::DataType;
  if (!batch.is_valid(column, row)) return "NA";
  switch (batch.schema().fields[column].dtype) {
    case DataType::float64: {
      char text[64];
      std::snprintf(text, sizeof text, "%a", batch.column<double>(column)[row]);
      return text;
    }
    case DataType::int64: return std::to_string(batch.column<std::int64_t>(column)[row]);
    case DataType::boolean: return batch.column<bool>(column)[row] ? "true" : "false";
    case DataType::timestamp:
      return std::to_string(batch.column<penstock::Timestamp>(column)[row].time_since_epoch().count()) + "ns";
    case DataType::string: break;
    case DataType::category:
      return std::to_string(batch.column<std::int32_t>(column)[row]) + ":" +
             std::string(batch.column<std::string_view>(column)[row]);
  }
  return "'" + std::string(batch.column<std::string_view>(column)[row]) + "'";
}

/// All rows, fields parted by '|'.
inline std::vector<std::string> show(const penstock::RecordBatch& batch) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    std::string row;
    for (std::size_t j = 0; j < batch.schema().fields.size(); ++j) {
      if (j > 0) row += '|';
      row += show(batch, j, i);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// All that a reader gives, errors in their places.
inline std::vector<std::string> read_all(penstock::CsvReader& reader) {
  std::vector<std::string> rows;
  for (;;) {
    auto batch = reader.try_next();
    if (!batch) {
      rows.push_back("error: " + std::string(batch.error().what()));
      if (rows.size() > 1 && rows[rows.size() - 2] == rows.back()) return rows;  // the input is broken for good
      continue;
    }
    if (!*batch) return rows;
    for (std::string& row : show(**batch)) rows.push_back(std::move(row));
  }
}

inline std::vector<std::string> read_text(const std::string& text, const penstock::CsvOptions& options = {}) {
  std::istringstream stream(text);
  penstock::CsvReader reader(stream, options);
  return read_all(reader);
}

/// "name type" of each column.
inline std::vector<std::string> show(const penstock::Schema& schema) {
  std::vector<std::string> columns;
  for (const penstock::Field& field : schema.fields)
    columns.push_back(field.name + " " + std::string(to_string(field.dtype)) + (field.nullable ? "" : " not null"));
  return columns;
}

inline std::vector<std::string> schema_of(const std::string& text, const penstock::CsvOptions& options = {}) {
  std::istringstream stream(text);
  return show(penstock::CsvReader(stream, options).schema());
}

/// Options under which every column is text, so that what is compared is the cutting into fields alone.
inline penstock::CsvOptions as_text(std::vector<std::string> names, penstock::CsvOptions options = {}) {
  options.header = false;
  options.schema = penstock::Schema{};
  for (std::string& name : names) options.schema->fields.push_back({std::move(name), penstock::DataType::string});
  return options;
}

}  // namespace csv_support
