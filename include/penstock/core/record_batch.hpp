// SPDX-License-Identifier: MIT
#pragma once

// A table of named, typed columns whose slices share its memory: what readers give and pipelines pass on.
//
//     RecordBatch batch({{{"country", DataType::category}, {"minutes", DataType::float64}}}, std::move(columns));
//     batch.column<double>("minutes")[17];
//     RecordBatch some = batch.slice(100, 50);           // no copy
//     RowMajorMatrix x = some.to_matrix({"minutes"});    // rows of doubles for a model

#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/schema.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int64_t
#include <limits>       // numeric_limits
#include <memory>       // shared_ptr
#include <optional>     // optional
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

class RecordBatch;
class RowView;

namespace detail {

/// A column of numbers of whatever type, from some row on, which it borrows.
class NumberView {
 public:
  /// Row 0 is value `first` of a column that is neither string nor category.
  NumberView(const Column& column, std::size_t first) noexcept : column_(&column), first_(first) {}

  /// Rows [first, first + count) as RecordBatch::to_matrix reads them, missing ones as NaN: to out[0], out[stride] and
  /// so on. O(count).
  void copy(std::size_t first, std::size_t count, double* out, std::size_t stride = 1) const {
    first += first_;
    const auto put = [=](const auto* from, auto to_double) {
      double* to = out;
      if (stride == 1) {
        for (std::size_t i = 0; i < count; ++i) to[i] = to_double(from[i]);
      } else {
        for (std::size_t i = 0; i < count; ++i, to += stride) *to = to_double(from[i]);
      }
    };
    const ColumnValues& values = column_->values();
    if (const auto* doubles = std::get_if<std::vector<double>>(&values)) {
      return put(doubles->data() + first, [](double x) { return x; });  // NaN where one is missing
    }
    // The values first, in a loop that asks nothing, and then what is missing among them.
    if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&values)) {
      put(integers->data() + first, [](std::int64_t x) { return static_cast<double>(x); });
    } else if (const auto* flags = std::get_if<BooleanValues>(&values)) {
      put(flags->bytes.data() + first, [](std::uint8_t x) { return x != 0 ? 1.0 : 0.0; });
    } else if (const auto* times = std::get_if<std::vector<Timestamp>>(&values)) {
      put(times->data() + first, [](Timestamp x) { return static_cast<double>(x.time_since_epoch().count()) / 1e9; });
    }
    column_->validity().for_each_missing(
        first, count, [&](std::size_t i) { out[(i - first) * stride] = std::numeric_limits<double>::quiet_NaN(); });
  }

 private:
  const Column* column_;
  std::size_t first_;
};

/// The column at that place of a batch, from its first row on. @throws Error that names the column if it holds texts.
inline NumberView numbers_of(const RecordBatch& batch, std::size_t place);

}  // namespace detail

/// Columns of equal length that never change. Copies and slices share them: O(1), and safe to read from many threads;
/// the memory goes when the last slice goes.
class RecordBatch {
 public:
  /// No columns, no rows.
  RecordBatch() : RecordBatch(Schema{}, {}) {}

  /// @throws std::invalid_argument that names the column if a column is missing, too many, of another type or length
  /// than the others, or has missing values in a field that is not nullable.
  RecordBatch(Schema schema, std::vector<Column> columns)
      : RecordBatch(std::make_shared<const Schema>(std::move(schema)), std::move(columns)) {}
  /// The same, for many batches of one schema.
  RecordBatch(std::shared_ptr<const Schema> schema, std::vector<Column> columns)
      : rows_(columns.empty() ? 0 : columns.front().size()) {
    if (schema == nullptr) throw std::invalid_argument("RecordBatch: no schema");
    if (schema->fields.size() != columns.size()) {
      throw std::invalid_argument("RecordBatch: a schema of " + std::to_string(schema->fields.size()) +
                                  " fields, but " + std::to_string(columns.size()) + " columns");
    }
    std::vector<Part> parts;
    parts.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i)
      parts.push_back(make_part(schema->fields[i], std::move(columns[i])));
    table_ = std::make_shared<const Table>(Table{std::move(schema), std::move(parts)});
  }

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }                ///< O(1)
  [[nodiscard]] const Schema& schema() const noexcept { return *table_->schema; }  ///< shared with all slices

  /// The column of that name, read as T, which borrows from this batch. @throws Error if there is none or T is not its
  /// type.
  template <column_value T>
  [[nodiscard]] ColumnView<T> column(std::string_view name) const {
    return column<T>(schema().index(name));
  }
  /// The column at that place. @throws Error if T is not its type, std::out_of_range if there is none.
  template <column_value T>
  [[nodiscard]] ColumnView<T> column(std::size_t place) const {
    try {
      const Part& part = table_->columns.at(place);
      return ColumnView<T>(*part.column, part.first + first_, rows_);
    } catch (const Error& error) {
      throw Error({.column = schema().fields[place].name}, error.found(), error.expected());
    }
  }
  /// Whether a value is there. @throws std::out_of_range if there is no such column.
  [[nodiscard]] bool is_valid(std::size_t place, std::size_t row) const {
    const Part& part = table_->columns.at(place);
    return part.column->validity()[part.first + first_ + row];
  }

  /// Calls `take(row)` for each row without a value, in order; O(rows / 64 + missing).
  /// @throws std::out_of_range if there is no such column.
  template <class Take>
  void for_each_missing(std::size_t place, Take&& take) const {
    const Part& part = table_->columns.at(place);
    const std::size_t first = part.first + first_;
    part.column->validity().for_each_missing(first, rows_, [&](std::size_t i) { take(i - first); });
  }

  /// Rows [first, first + count) in the same memory; O(1). @throws std::out_of_range unless they are all there.
  [[nodiscard]] RecordBatch slice(std::size_t first, std::size_t count) const {
    if (first > rows_ || count > rows_ - first) detail::throw_slice_out_of_range(first, count, rows_);
    RecordBatch part(*this);
    part.first_ += first;
    part.rows_ = count;
    return part;
  }

  /// This batch with more columns at its end; one whose name is there already takes the place of that one. The columns
  /// of this batch, slice or not, are shared and not copied: O(columns).
  /// @throws std::invalid_argument that names the column if it has another number of rows, or other than its field
  /// says.
  [[nodiscard]] RecordBatch with_columns(std::vector<Field> fields, std::vector<Column> columns) const {
    if (fields.size() != columns.size()) {
      throw std::invalid_argument("RecordBatch: " + std::to_string(fields.size()) + " fields, but " +
                                  std::to_string(columns.size()) + " columns");
    }
    RecordBatch whole;
    whole.rows_ = this->schema().fields.empty() && !columns.empty() ? columns.front().size() : rows_;
    Schema schema = this->schema();
    std::vector<Part> parts = table_->columns;
    for (Part& part : parts) part.first += first_;
    schema.fields.reserve(schema.fields.size() + fields.size());  // names stay where they are, for the index
    std::optional<detail::NameIndex> index;
    if (fields.size() >= detail::NameIndex::worth_it) index.emplace(schema.fields, fields.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      Part part = whole.make_part(fields[i], std::move(columns[i]));
      const std::size_t end = schema.fields.size();
      const std::size_t place = index ? index->find(fields[i].name) : schema.find(fields[i].name).value_or(end);
      if (place < end) {
        schema.fields[place].dtype = fields[i].dtype;
        schema.fields[place].nullable = fields[i].nullable;
        parts[place] = std::move(part);
      } else {
        schema.fields.push_back(std::move(fields[i]));
        parts.push_back(std::move(part));
        if (index) index->find_or_add(schema.fields.back().name, end);
      }
    }
    whole.table_ =
        std::make_shared<const Table>(Table{std::make_shared<const Schema>(std::move(schema)), std::move(parts)});
    return whole;
  }

  /// The named columns alone, in that order; they are shared and not copied: O(columns).
  /// @throws Error that names a column that is not there.
  [[nodiscard]] RecordBatch select(const std::vector<std::string>& columns) const {
    Schema schema;
    std::vector<Part> parts;
    std::optional<detail::NameIndex> index;
    if (columns.size() >= detail::NameIndex::worth_it) index.emplace(this->schema().fields);
    for (const std::string& name : columns) {
      std::size_t place = index ? index->find(name) : detail::NameIndex::none;
      if (place == detail::NameIndex::none) place = this->schema().index(name);
      schema.fields.push_back(this->schema().fields[place]);
      parts.push_back(table_->columns[place]);
    }
    RecordBatch some(*this);
    some.table_ =
        std::make_shared<const Table>(Table{std::make_shared<const Schema>(std::move(schema)), std::move(parts)});
    return some;
  }

  /// One row; borrows from this batch. @throws std::out_of_range if there is none.
  [[nodiscard]] RowView row(std::size_t i) const;

  /// The named columns as rows of doubles: float64 and int64 (rounded above 2^53), boolean as 0 and 1, timestamp as
  /// seconds since 1970. O(rows * columns). @throws Error for a text column, an unknown one, or a missing value by
  /// Missing::error, whose row is counted within this batch.
  [[nodiscard]] RowMajorMatrix to_matrix(const std::vector<std::string>& columns,
                                         const MatrixOptions& options = {}) const {
    RowMajorMatrix matrix{std::vector<double>(rows_ * columns.size()), rows_, columns.size()};
    to_matrix(columns, matrix.values, options);
    return matrix;
  }
  /// The same into memory of the caller's, `rows() * columns.size()` doubles.
  /// @throws std::invalid_argument if `out` has another size.
  void to_matrix(const std::vector<std::string>& columns, std::span<double> out,
                 const MatrixOptions& options = {}) const {
    if (out.size() != rows_ * columns.size()) {
      throw std::invalid_argument("to_matrix: out has " + std::to_string(out.size()) + " values, not " +
                                  std::to_string(rows_ * columns.size()));
    }
    for (std::size_t j = 0; j < columns.size(); ++j) fill_matrix_column(columns[j], out, j, columns.size(), options);
  }

 private:
  friend detail::NumberView detail::numbers_of(const RecordBatch&, std::size_t);

  struct Part {
    std::shared_ptr<const Column> column;
    std::size_t first;  // of its values is row 0 of the table
  };
  struct Table {
    std::shared_ptr<const Schema> schema;
    std::vector<Part> columns;
  };

  [[nodiscard]] Part make_part(const Field& field, Column&& column) const {
    if (column.dtype() != field.dtype) {
      throw std::invalid_argument("RecordBatch: column " + field.name + " is " +
                                  std::string(to_string(column.dtype())) + ", its field says " +
                                  std::string(to_string(field.dtype)));
    }
    if (column.size() != rows_) {
      throw std::invalid_argument("RecordBatch: column " + field.name + " has " + std::to_string(column.size()) +
                                  " values, the first has " + std::to_string(rows_));
    }
    if (!field.nullable && !column.validity().all_valid()) {
      throw std::invalid_argument("RecordBatch: column " + field.name + " has missing values, its field allows none");
    }
    return {std::make_shared<const Column>(std::move(column)), 0};
  }

  void fill_matrix_column(const std::string& name, std::span<double> out, std::size_t j, std::size_t stride,
                          const MatrixOptions& options) const {
    const std::size_t place = schema().index(name);
    detail::numbers_of(*this, place).copy(0, rows_, rows_ == 0 ? nullptr : &out[j], stride);
    if (options.missing == Missing::nan) return;
    for_each_missing(place, [&](std::size_t i) {
      if (options.missing == Missing::error) throw Error({.row = i + 1, .column = name}, "no value", "a number");
      out[i * stride + j] = options.fill;
    });
  }

  std::shared_ptr<const Table> table_;
  std::size_t first_ = 0;
  std::size_t rows_ = 0;
};

/// One row of a batch, which it borrows from.
class RowView {
 public:
  /// Row `row` of `batch`, which must outlive the view; `row < batch.rows()`.
  RowView(const RecordBatch& batch, std::size_t row) : batch_(&batch), row_(row) {}

  /// The value in that column, empty if missing. @throws Error if there is no such column or T is not its type.
  template <column_value T>
  [[nodiscard]] std::optional<T> get(std::string_view name) const {
    return batch_->column<T>(name).get(row_);
  }
  /// The value in the column at that place.
  template <column_value T>
  [[nodiscard]] std::optional<T> get(std::size_t place) const {
    return batch_->column<T>(place).get(row_);
  }
  [[nodiscard]] std::size_t index() const noexcept { return row_; }  ///< its place in the batch

 private:
  const RecordBatch* batch_;
  std::size_t row_;
};

inline RowView RecordBatch::row(std::size_t i) const {
  if (i >= rows_) detail::throw_slice_out_of_range(i, 1, rows_);
  return {*this, i};
}

namespace detail {

inline NumberView numbers_of(const RecordBatch& batch, std::size_t place) {
  const Field& field = batch.schema().fields[place];
  if (field.dtype == DataType::string || field.dtype == DataType::category) {
    throw Error({.column = field.name}, "a column of type " + std::string(to_string(field.dtype)),
                "numbers (encode texts first)");
  }
  const RecordBatch::Part& part = batch.table_->columns[place];
  return {*part.column, part.first + batch.first_};
}

/// The numbers of a whole column, NaN where one is missing: where they lie if they are float64, else in `copy`.
/// @throws Error as numbers_of.
inline std::span<const double> numbers_in(const RecordBatch& batch, std::size_t place, std::vector<double>& copy) {
  if (batch.schema().fields[place].dtype == DataType::float64) return batch.column<double>(place).values();
  copy.resize(batch.rows());
  numbers_of(batch, place).copy(0, copy.size(), copy.data());
  return copy;
}

}  // namespace detail

/// A batch is a frame with named columns; its slices are batches.
template <>
struct frame_traits<RecordBatch> {
  static std::size_t rows(const RecordBatch& batch) noexcept { return batch.rows(); }
  static RecordBatch slice(const RecordBatch& batch, std::size_t first, std::size_t count) {
    return batch.slice(first, count);
  }
  template <column_value T>
  static ColumnView<T> column(const RecordBatch& batch, std::string_view name) {
    return batch.column<T>(name);
  }
};

}  // namespace v0
}  // namespace penstock
