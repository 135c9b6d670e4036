// SPDX-License-Identifier: MIT
#pragma once

// What is known beforehand of one column that a reader, of CSV or of JSON lines, is to read.
//
//     CsvOptions options{.column_options = {{.name = "born", .time_formats = {"%m/%d/%y"}},
//                                           {.name = "plan", .nullable = false, .categories = {"free", "paid"}}}};

#include "penstock/core/category_index.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/io/time_format.hpp"

#include <optional>   // optional
#include <stdexcept>  // invalid_argument
#include <string>     // string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// What is known of one column beforehand.
struct ColumnOptions {
  std::string name{};                       ///< as in the file
  std::optional<DataType> dtype{};          ///< instead of inferring it
  bool nullable = true;                     ///< false: a missing value makes the row bad
  std::vector<std::string> categories{};    ///< not empty: a category closed to these, which are codes 0, 1, ...
  std::vector<std::string> time_formats{};  ///< for timestamps: see TimeFormat, tried in this order; ISO 8601 if empty

  /// The type that follows from the three; none if it is to be inferred.
  [[nodiscard]] std::optional<DataType> known_dtype() const noexcept {
    if (!categories.empty()) return DataType::category;
    if (!time_formats.empty()) return DataType::timestamp;
    return dtype;
  }
};

namespace detail {

/// @throws std::invalid_argument that names the column whose options contradict each other, or the schema that came
/// with them; `options` is the type that they belong to.
inline void check_column_options(const std::string& options, const std::vector<ColumnOptions>& columns,
                                 const std::optional<Schema>& schema) {
  for (const ColumnOptions& column : columns) {
    const auto wrong = [&](const std::string& what) {
      throw std::invalid_argument(options + ".column_options, column " + column.name + ": " + what);
    };
    if (!column.categories.empty() && column.dtype && *column.dtype != DataType::category)
      wrong("categories are given for the type " + std::string(to_string(*column.dtype)));
    if (!column.time_formats.empty() && column.dtype && *column.dtype != DataType::timestamp)
      wrong("time formats are given for the type " + std::string(to_string(*column.dtype)));
    if (!column.categories.empty() && !column.time_formats.empty()) wrong("both categories and time formats are given");
    for (const std::string& format : column.time_formats) static_cast<void>(TimeFormat(format));
    static_cast<void>(CategoryIndex(column.categories));  // refuses a text that is there twice
    for (const ColumnOptions& other : columns) {
      if (&other != &column && other.name == column.name) wrong("is there twice");
    }
    const std::optional<DataType> dtype = column.known_dtype();
    if (!schema || !dtype) continue;
    for (const Field& field : schema->fields) {
      if (field.name == column.name && field.dtype != *dtype) {
        wrong("type " + std::string(to_string(*dtype)) + ", but " + options + ".schema says " +
              std::string(to_string(field.dtype)));
      }
    }
  }
}

/// Makes a field what the column's options say, and says whether they say its type.
inline bool apply_column_options(const ColumnOptions& column, Field& field) {
  const std::optional<DataType> dtype = column.known_dtype();
  field.nullable = field.nullable && column.nullable;
  if (dtype) field.dtype = *dtype;
  return dtype.has_value();
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
