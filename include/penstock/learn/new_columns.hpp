// SPDX-License-Identifier: MIT
#pragma once

// Tables that are a table's columns, some of them left out, and new ones at the end.

#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"

#include <cstddef>  // size_t
#include <string>   // string
#include <utility>  // move
#include <vector>   // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// x without the columns at these places. @throws Error if two of the others have one name.
[[nodiscard]] inline RecordBatch without_columns(const RecordBatch& x, const std::vector<std::size_t>& places) {
  std::vector<bool> out(x.schema().fields.size());
  for (const std::size_t place : places) out[place] = true;
  std::vector<std::string> others;
  const NameIndex index(x.schema().fields);
  for (std::size_t j = 0; j < out.size(); ++j) {
    const std::string& name = x.schema().fields[j].name;
    if (out[j]) continue;
    if (index.find(name) != j) throw Error({.column = name}, "two columns of this name", "one");
    others.push_back(name);
  }
  return x.select(others);
}

/// x with new columns at its end. @throws Error if x has a column of such a name, or two of the new ones have one name.
[[nodiscard]] inline RecordBatch with_new_columns(const RecordBatch& x, std::vector<Field> fields,
                                                  std::vector<Column> columns) {
  if (fields.empty()) return x;
  NameIndex index(x.schema().fields, fields.size());
  const std::size_t known = x.schema().fields.size();
  for (std::size_t j = 0; j < fields.size(); ++j) {
    const std::size_t place = index.find_or_add(fields[j].name, known + j);
    if (place < known) {
      throw Error({.column = fields[j].name}, "a column of this name in the table", "none: it is to be made");
    }
    if (place != known + j) throw Error({.column = fields[j].name}, "two new columns of this name", "one");
  }
  return x.with_columns(std::move(fields), std::move(columns));
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
