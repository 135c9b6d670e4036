// SPDX-License-Identifier: MIT
#pragma once

// Columns of numbers of a table as doubles in rows, and back.

#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"

#include <array>     // array
#include <bit>       // bit_cast
#include <charconv>  // to_chars
#include <cstddef>   // size_t
#include <cstdint>   // uint64_t
#include <limits>    // numeric_limits
#include <string>    // string
#include <utility>   // move
#include <vector>    // vector

namespace penstock {
inline namespace v0 {
namespace detail {

inline constexpr std::size_t table_block = 64;  // rows of a table that are turned at once; they stay in the cache

/// Whether one of n numbers is NaN or has a greater magnitude than `limit`, from 0: by their bits, several at once.
[[nodiscard]] inline bool any_beyond(const double* x, std::size_t n, double limit) noexcept {
  constexpr std::uint64_t magnitude = 0x7fff'ffff'ffff'ffffU;
  const auto most = std::bit_cast<std::uint64_t>(limit);
  std::uint64_t seen = 0;
  for (std::size_t j = 0; j < n; ++j) seen |= most - (std::bit_cast<std::uint64_t>(x[j]) & magnitude);
  return seen >> 63U != 0;
}

inline constexpr double largest_number = 1e150;  // that transformers learn: the square of one is a number

/// Refuses a number that is infinite or larger than that.
[[noreturn]] inline void refuse_number(std::size_t row, const std::string& column, double x) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), x);
  throw Error({.row = row + 1, .column = column}, std::string(text.data(), end.ptr),
              "a finite number of at most 1e150, or none");
}

/// Looks for such a number in row `row` of the columns of these names. @throws Error that names it.
inline void check_numbers(const std::vector<std::string>& names, std::size_t row, const double* x) {
  if (!any_beyond(x, names.size(), largest_number)) return;
  for (std::size_t j = 0; j < names.size(); ++j) {  // there may be NaN alone
    if (absolute(x[j]) > largest_number) refuse_number(row, names[j], x[j]);
  }
}

inline constexpr std::size_t no_place = std::numeric_limits<std::size_t>::max();

/// Rows [first, first + count) of some columns, row by row; 0 where a place is no_place. Eight columns at once, so that
/// each cache line of a row is written in one go.
inline void load_rows(const RecordBatch& batch, const std::vector<std::size_t>& places, std::size_t first,
                      std::size_t count, double* out) {
  constexpr std::size_t wide = 8;
  const std::vector<Field>& fields = batch.schema().fields;
  const std::size_t stride = places.size();
  const double* from[wide];
  for (std::size_t j = 0; j < stride;) {
    std::size_t width = 0;
    while (width < wide && j + width < stride && places[j + width] != no_place &&
           fields[places[j + width]].dtype == DataType::float64) {
      from[width] = batch.column<double>(places[j + width]).values().data() + first;
      ++width;
    }
    if (width == wide) {
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < wide; ++k) out[i * stride + j + k] = from[k][i];
      }
    } else if (width > 0) {
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < width; ++k) out[i * stride + j + k] = from[k][i];
      }
    } else if (places[j] == no_place) {
      for (std::size_t i = 0; i < count; ++i) out[i * stride + j] = 0;
      width = 1;
    } else {
      numbers_of(batch, places[j]).copy(first, count, out + j, stride);
      width = 1;
    }
    j += width;
  }
}

/// The same back: column j of rows that stand one behind the other into columns[j][first...].
inline void store_rows(const double* rows, std::size_t stride, std::size_t first, std::size_t count,
                       std::vector<std::vector<double>>& columns) {
  constexpr std::size_t wide = 8;
  double* to[wide];
  for (std::size_t j = 0; j < stride; j += wide) {
    const std::size_t width = stride - j < wide ? stride - j : wide;
    for (std::size_t k = 0; k < width; ++k) to[k] = columns[j + k].data() + first;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < width; ++k) to[k][i] = rows[i * stride + j + k];
    }
  }
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
