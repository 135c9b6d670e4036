// SPDX-License-Identifier: MIT
#pragma once

// What columns are wanted from JSON lines, and what is to be done with rows that do not fit.
//
//     JsonLinesOptions options{.schema = Schema{{{"score", DataType::float64}}}, .unknown = UnknownMembers::reject};
//     options.column_options = {{.name = "plan", .categories = {"free", "paid"}}};

#include "penstock/core/schema.hpp"
#include "penstock/io/bad_row.hpp"
#include "penstock/io/check_options.hpp"
#include "penstock/io/column_options.hpp"

#include <cstddef>     // size_t
#include <cstdint>     // INT32_MAX, SIZE_MAX
#include <functional>  // function
#include <optional>    // optional
#include <stdexcept>   // invalid_argument
#include <string>      // string
#include <vector>      // vector

namespace penstock {
inline namespace v0 {

/// What a member that is no column does to its row.
enum class UnknownMembers {
  ignore,  ///< nothing; it is counted in JsonLinesReader::ignored_members()
  reject   ///< the row is bad
};

/// What an object or array inside the row's object is.
enum class NestedValues {
  text,   ///< its JSON text as it stands there, in a string or category column; bad in any other
  reject  ///< bad in every column
};

/// Options of JsonLinesReader.
struct JsonLinesOptions {
  std::size_t rows_per_batch = 8192;  ///< rows in each batch but the last, at least 1

  // Which columns, and as what.
  std::optional<Schema> schema{};               ///< the columns wanted, in this order, found by name; or inferred
  std::vector<std::string> columns{};           ///< of those inferred the ones wanted, in this order; all if empty
  std::vector<ColumnOptions> column_options{};  ///< what is known of some columns
  std::size_t infer_rows = 1000;                ///< rows to infer columns from, as far as 8 MiB hold them; at least 1
  bool infer_timestamps = true;   ///< a column of nothing but ISO 8601 times is one; false: it is inferred as string
  bool infer_categories = false;  ///< a column of text that repeats itself is a category: see json_lines_infer.hpp
  std::size_t max_categories = 1'000'000;           ///< texts that a growing category may have
  UnknownMembers unknown = UnknownMembers::ignore;  ///< members that are no column that is wanted
  NestedValues nested = NestedValues::text;         ///< objects and arrays as values
  bool non_finite_words = false;  ///< NaN, Infinity and -Infinity are numbers, as Python's json module has it

  // Bad rows, and limits.
  OnBadRow on_bad_row = OnBadRow::fail;              ///< what to do about a bad row
  std::function<OnBadRow(const BadRow&)> handler{};  ///< for OnBadRow::handler; what it throws leaves next()
  std::size_t max_row_bytes = std::size_t{1} << 20;  ///< a longer row is bad; 1 to 2^30
  std::size_t max_columns = 4096;                    ///< more in the sample is an Error; at least 1
  std::size_t buffer_bytes = std::size_t{1} << 18;   ///< what is read at a time; 1 to 2^30
};

namespace detail {

/// @throws std::invalid_argument that names the option, its value and what it may be.
inline void check(const JsonLinesOptions& o) {
  check_in_range("JsonLinesOptions", "rows_per_batch", o.rows_per_batch, SIZE_MAX);
  check_in_range("JsonLinesOptions", "infer_rows", o.infer_rows, SIZE_MAX);
  check_in_range("JsonLinesOptions", "max_categories", o.max_categories, INT32_MAX);
  check_in_range("JsonLinesOptions", "max_row_bytes", o.max_row_bytes, std::size_t{1} << 30);
  check_in_range("JsonLinesOptions", "max_columns", o.max_columns, SIZE_MAX);
  check_in_range("JsonLinesOptions", "buffer_bytes", o.buffer_bytes, std::size_t{1} << 30);
  check_handler("JsonLinesOptions", o.on_bad_row, static_cast<bool>(o.handler));
  check_column_options("JsonLinesOptions", o.column_options, o.schema);
  for (std::size_t i = 0; i < o.columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (o.columns[i] == o.columns[j])
        throw std::invalid_argument("JsonLinesOptions.columns has " + o.columns[i] + " twice");
    }
  }
  if (!o.schema) return;
  if (!o.columns.empty())
    throw std::invalid_argument("JsonLinesOptions.schema and .columns both say which columns are wanted");
  if (o.schema->fields.empty()) throw std::invalid_argument("JsonLinesOptions.schema has no fields");
  for (std::size_t i = 0; i < o.schema->fields.size(); ++i) {
    if (o.schema->find(o.schema->fields[i].name) != i)
      throw std::invalid_argument("JsonLinesOptions.schema has the column " + o.schema->fields[i].name + " twice");
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
