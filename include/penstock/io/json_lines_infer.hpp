// SPDX-License-Identifier: MIT
#pragma once

// The columns of JSON lines, from a sample of them: each name in the order in which it first comes.
//
// | in the sample, beside nulls         | type                                                |
// |-------------------------------------|-----------------------------------------------------|
// | true and false only                 | boolean                                             |
// | integers only, that 64 bits hold    | int64                                               |
// | numbers only                        | float64                                             |
// | ISO 8601 times in strings only      | timestamp, or string if infer_timestamps is false    |
// | anything else, or nothing but nulls | string, which takes every value                     |
//
// By JsonLinesOptions::infer_categories what would be a string is a category if at least 16 rows have a value and a
// quarter of these values or fewer are distinct, as in io/csv_infer.hpp.
// Rows that are no JSON objects have no say.

#include "penstock/core/category_index.hpp"
#include "penstock/core/category_table.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/io/json_lines_options.hpp"
#include "penstock/io/json_object_parser.hpp"
#include "penstock/io/line_reader.hpp"
#include "penstock/io/parse_number.hpp"
#include "penstock/io/parse_time.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int64_t
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The text of a string token, in `scratch` if it has escapes.
inline std::string_view text_of(const JsonToken& token, std::string& scratch) {
  if (!token.escaped) return token.text;
  scratch.resize(token.text.size());
  return {scratch.data(), static_cast<std::size_t>(unescape_json(scratch.data(), token.text) - scratch.data())};
}

/// What values a column had.
struct JsonKindsSeen {
  bool boolean = false, integer = false, number = false, time = false, other = false;
  std::size_t values = 0;
  CategoryTable distinct{};  // texts, if categories are wanted

  void add(const JsonToken& token, const JsonLinesOptions& options, std::string& scratch) {
    const bool times = options.infer_timestamps;
    std::int64_t integer_value = 0;
    Timestamp time_value;
    switch (token.kind) {
      case JsonKind::null: break;
      case JsonKind::boolean: boolean = true; break;
      case JsonKind::integer:
        (parse_int64(token.text, integer_value) == ParseStatus::ok ? integer : number) = true;
        break;
      case JsonKind::number: number = true; break;
      case JsonKind::string:
        (times && !token.escaped && parse_iso_time(token.text, time_value) == ParseStatus::ok ? time : other) = true;
        break;
      case JsonKind::nested: other = true; break;
    }
    if (token.kind == JsonKind::null || !options.infer_categories) return;
    ++values;
    distinct.find_or_add(text_of(token, scratch));
  }

  [[nodiscard]] DataType dtype() const noexcept {
    const bool numeric = integer || number;
    if (other || boolean + numeric + time != 1)
      return values >= 16 && distinct.size() <= values / 4 ? DataType::category : DataType::string;
    return boolean ? DataType::boolean : time ? DataType::timestamp : number ? DataType::float64 : DataType::int64;
  }
};

/// Reads the sample and goes back to the first line. @throws Error if there are too many columns, or rows but no
/// column.
inline Schema infer_json_schema(LineReader& lines, const JsonLinesOptions& options) {
  constexpr std::size_t sample_limit = std::size_t{8} << 20;
  CategoryIndex names;
  std::vector<JsonKindsSeen> seen;
  Schema schema;
  std::string scratch;
  lines.keep();
  std::size_t row = 0;
  while (row < options.infer_rows && lines.kept_bytes() < sample_limit && lines.next()) {
    if (!lines.too_long() && is_blank(lines.text())) continue;
    ++row;
    if (lines.too_long()) break;
    const auto member = [&](const JsonToken& name, const JsonToken& value) {
      const std::string_view text = text_of(name, scratch);
      const auto place = static_cast<std::size_t>(names.find_or_add(text));
      if (place == seen.size()) {
        if (place == options.max_columns) {
          throw Error({.source = lines.name(), .row = row}, "more columns in the sample",
                      "at most JsonLinesOptions.max_columns, " + std::to_string(options.max_columns));
        }
        schema.fields.push_back({.name = std::string(text)});
        seen.emplace_back();
      }
      seen[place].add(value, options, scratch);
    };
    // Twice, so that a row with a fault at its end leaves no column behind.
    if (JsonObjectParser(lines.text(), options.non_finite_words).parse([](auto&&...) {}))
      JsonObjectParser(lines.text(), options.non_finite_words).parse(member);
  }
  lines.rewind();
  if (seen.empty() && row > 0) {
    throw Error({.source = lines.name(), .row = 1}, "no column in a sample of " + std::to_string(row) + " rows",
                "JSON objects with members, or JsonLinesOptions.schema");
  }
  for (std::size_t i = 0; i < seen.size(); ++i) schema.fields[i].dtype = seen[i].dtype();
  return schema;
}

/// The columns that are wanted: given or inferred, and then what column_options make of them.
/// @throws Error as infer_json_schema, or that names a column which the sample or the schema does not have.
inline Schema plan_json_columns(LineReader& lines, const JsonLinesOptions& options) {
  Schema schema = options.schema ? *options.schema : infer_json_schema(lines, options);
  if (schema.fields.empty()) return schema;  // of nothing
  try {
    for (const ColumnOptions& column : options.column_options) {
      apply_column_options(column, schema.fields[schema.index(column.name)]);
    }
    if (!options.columns.empty()) {
      Schema wanted;
      for (const std::string& name : options.columns) wanted.fields.push_back(schema.fields[schema.index(name)]);
      schema = std::move(wanted);
    }
  } catch (const Error& error) {
    throw Error({.source = lines.name(), .column = error.where().column}, error.found(), error.expected());
  }
  return schema;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
