// SPDX-License-Identifier: MIT
#pragma once

// Many batches as one, row after row.
//
//     std::vector<RecordBatch> batches;
//     while (auto batch = reader.next()) batches.push_back(*batch);
//     const RecordBatch table = concatenate(batches);

#include "penstock/core/category_index.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"

#include <cstddef>           // size_t
#include <cstdint>           // int32_t, int64_t, uint8_t
#include <initializer_list>  // initializer_list
#include <span>              // span
#include <string>            // string, to_string
#include <string_view>       // string_view
#include <utility>           // move
#include <vector>            // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// @throws Error that says which column of which batch, both counted from 1, is not as in the first.
inline void check_same_columns(const Schema& first, const Schema& other, std::size_t batch) {
  const auto describe = [](const Schema& schema, std::size_t i) {
    return i < schema.fields.size()
               ? "a column " + schema.fields[i].name + " of type " + std::string(to_string(schema.fields[i].dtype))
               : std::string("no more columns");
  };
  for (std::size_t i = 0; i < first.fields.size() || i < other.fields.size(); ++i) {
    const std::string found = describe(other, i);
    const std::string expected = describe(first, i);
    if (found == expected) continue;
    throw Error({.source = "batch " + std::to_string(batch), .column = std::to_string(i + 1)}, found,
                expected + " as in the first batch");
  }
}

/// The values of a column of all batches, which read as T, where T lies in memory as it is.
template <class T>
std::vector<T> concatenate_values(std::span<const RecordBatch> batches, std::size_t place, std::size_t rows) {
  std::vector<T> values;
  values.reserve(rows);
  for (const RecordBatch& batch : batches) {
    const std::span<const T> more = batch.column<T>(place).values();
    values.insert(values.end(), more.begin(), more.end());
  }
  return values;
}

/// The same for categories: codes into one dictionary, whose texts are in the order in which the batches' are.
inline CategoryValues concatenate_categories(std::span<const RecordBatch> batches, std::size_t place,
                                             std::size_t rows) {
  // Batches of one reader have dictionaries that are each the beginning of the next: their codes stay as they are.
  CategoryValues all;
  all.codes.reserve(rows);
  CategoryIndex index;
  std::vector<std::int32_t> code_of;  // of the texts of `last`
  Dictionary last;
  for (const RecordBatch& batch : batches) {
    const ColumnView<std::int32_t> codes = batch.column<std::int32_t>(place);
    const Dictionary& texts = codes.dictionary();
    if (!last.starts_with(texts)) {  // else nothing is new: an earlier batch of the reader, behind a later one
      if (!texts.starts_with(last)) code_of.clear();
      last = texts;
    }
    for (std::size_t i = code_of.size(); i < texts.size(); ++i) code_of.push_back(index.find_or_add(texts[i]));
    for (const std::int32_t code : codes.values())
      all.codes.push_back(code < 0 ? code : code_of[static_cast<std::size_t>(code)]);
  }
  all.dictionary = index.dictionary();
  return all;
}

inline ColumnValues concatenate_column(std::span<const RecordBatch> batches, std::size_t place, std::size_t rows) {
  switch (batches.front().schema().fields[place].dtype) {
    case DataType::float64: return concatenate_values<double>(batches, place, rows);
    case DataType::int64: return concatenate_values<std::int64_t>(batches, place, rows);
    case DataType::timestamp: return concatenate_values<Timestamp>(batches, place, rows);
    case DataType::category: return concatenate_categories(batches, place, rows);
    case DataType::boolean: {
      BooleanValues flags;
      flags.bytes.reserve(rows);
      for (const RecordBatch& batch : batches) {
        for (const bool flag : batch.column<bool>(place)) flags.bytes.push_back(flag ? 1 : 0);
      }
      return flags;
    }
    case DataType::string: break;
  }
  StringValues texts;
  texts.offsets.reserve(rows + 1);
  for (const RecordBatch& batch : batches) {
    for (const std::string_view text : batch.column<std::string_view>(place)) texts.append(text);
  }
  return texts;
}

}  // namespace detail

/// The rows of all batches, in order, in one batch with memory of its own; no columns and no rows if there is no batch.
/// A category has one dictionary: the texts of the first batch's, then what the second's adds, and so on. A column is
/// nullable if it is so in any of the batches. One batch alone is shared and not copied. O(rows * columns), and
/// the texts of each dictionary that does not go on from the one before.
/// @throws Error that says which column of which batch if one has other columns than the first (names, types, order);
/// std::length_error if a string column would hold more than 4 GiB.
[[nodiscard]] inline RecordBatch concatenate(std::span<const RecordBatch> batches) {
  if (batches.empty()) return {};
  if (batches.size() == 1) return batches.front();
  Schema schema = batches.front().schema();
  std::size_t rows = 0;
  for (std::size_t b = 0; b < batches.size(); ++b) {
    const Schema& other = batches[b].schema();
    detail::check_same_columns(schema, other, b + 1);
    for (std::size_t i = 0; i < schema.fields.size(); ++i)
      schema.fields[i].nullable = schema.fields[i].nullable || other.fields[i].nullable;
    rows += batches[b].rows();
  }
  std::vector<Column> columns;
  if (schema.fields.empty()) {  // rows all the same, as many as some column has
    columns.emplace_back(BooleanValues{std::vector<std::uint8_t>(rows)});
    return RecordBatch(Schema{{{.dtype = DataType::boolean}}}, std::move(columns)).select({});
  }
  columns.reserve(schema.fields.size());
  for (std::size_t place = 0; place < schema.fields.size(); ++place) {
    Validity validity;
    std::size_t before = 0;
    for (const RecordBatch& batch : batches) {
      batch.for_each_missing(place, [&](std::size_t row) {
        validity.append_valid(before + row - validity.size());
        validity.append(false);
      });
      before += batch.rows();
    }
    validity.append_valid(rows - validity.size());
    columns.emplace_back(detail::concatenate_column(batches, place, rows), std::move(validity));
  }
  return {std::move(schema), std::move(columns)};
}
/// The same for batches in braces.
[[nodiscard]] inline RecordBatch concatenate(std::initializer_list<RecordBatch> batches) {
  return concatenate(std::span(batches.begin(), batches.size()));
}

}  // namespace v0
}  // namespace penstock
