// SPDX-License-Identifier: MIT
#pragma once

// A batch read cell by cell, for what writes it row by row.

#include "penstock/core/record_batch.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int64_t
#include <string_view>  // string_view
#include <variant>      // get_if, variant
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// One column of whatever type.
using AnyColumnView = std::variant<ColumnView<double>, ColumnView<std::int64_t>, ColumnView<bool>,
                                   ColumnView<Timestamp>, ColumnView<std::string_view>>;

inline AnyColumnView any_column_view(const RecordBatch& batch, std::size_t place) {
  switch (batch.schema().fields[place].dtype) {
    case DataType::float64: return batch.column<double>(place);
    case DataType::int64: return batch.column<std::int64_t>(place);
    case DataType::boolean: return batch.column<bool>(place);
    case DataType::timestamp: return batch.column<Timestamp>(place);
    default: return batch.column<std::string_view>(place);
  }
}

/// All columns of a batch, in order; they borrow from it.
inline std::vector<AnyColumnView> column_views(const RecordBatch& batch) {
  std::vector<AnyColumnView> views;
  const std::size_t columns = batch.schema().fields.size();
  views.reserve(columns);
  for (std::size_t i = 0; i < columns; ++i) views.push_back(any_column_view(batch, i));
  return views;
}

/// Calls `put(value)` with the cell's value, or `put_missing()`. A switch, because std::visit costs more to compile.
template <class Put, class PutMissing>
void visit_cell(const AnyColumnView& column, std::size_t row, Put&& put, PutMissing&& put_missing) {
  const auto visit = [&](const auto& view) { view.is_valid(row) ? put(view[row]) : put_missing(); };
  switch (column.index()) {
    case 0: return visit(*std::get_if<0>(&column));
    case 1: return visit(*std::get_if<1>(&column));
    case 2: return visit(*std::get_if<2>(&column));
    case 3: return visit(*std::get_if<3>(&column));
    default: return visit(*std::get_if<4>(&column));
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
