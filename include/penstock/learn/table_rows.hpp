// SPDX-License-Identifier: MIT
#pragma once

// Columns of numbers of a table as doubles in rows, and back.

#include "penstock/core/clock.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"

#include <cstddef>  // size_t
#include <cstdint>  // int64_t
#include <limits>   // numeric_limits
#include <string>   // string
#include <utility>  // move
#include <vector>   // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Rows [first, first + count) of one column, as RecordBatch::to_matrix reads them, missing values as NaN; into every
/// `stride`-th place of out. @throws Error if the column holds texts.
inline void load_column(const RecordBatch& batch, std::size_t place, std::size_t first, std::size_t count, double* out,
                        std::size_t stride) {
  const auto put = [&](auto view, auto to_double) {
    for (std::size_t i = first; i < first + count; ++i, out += stride) {
      *out = view.is_valid(i) ? to_double(view[i]) : std::numeric_limits<double>::quiet_NaN();
    }
  };
  const Field& field = batch.schema().fields[place];
  switch (field.dtype) {
    case DataType::float64: {
      const double* from = batch.column<double>(place).values().data() + first;
      for (std::size_t i = 0; i < count; ++i) out[i * stride] = from[i];
      break;
    }
    case DataType::int64:
      put(batch.column<std::int64_t>(place), [](std::int64_t x) { return static_cast<double>(x); });
      break;
    case DataType::boolean: put(batch.column<bool>(place), [](bool x) { return x ? 1.0 : 0.0; }); break;
    case DataType::timestamp:
      put(batch.column<Timestamp>(place),
          [](Timestamp x) { return static_cast<double>(x.time_since_epoch().count()) / 1e9; });
      break;
    case DataType::string:
    case DataType::category:
      throw Error({.column = field.name}, "a column of type " + std::string(to_string(field.dtype)),
                  "numbers (encode texts first)");
  }
}

/// Rows [first, first + count) of some columns, row by row.
inline void load_rows(const RecordBatch& batch, const std::vector<std::size_t>& places, std::size_t first,
                      std::size_t count, double* out) {
  for (std::size_t j = 0; j < places.size(); ++j) load_column(batch, places[j], first, count, out + j, places.size());
}

/// A column of these numbers; NaN is missing there.
[[nodiscard]] inline Column column_of(std::vector<double> values) {
  bool missing = false;
  for (const double value : values) missing |= is_nan(value);
  if (!missing) return Column(std::move(values));
  Validity validity;
  for (const double value : values) validity.append(!is_nan(value));
  return Column(std::move(values), std::move(validity));
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
