// SPDX-License-Identifier: MIT
#pragma once

// Makes record batches value by value.
//
//     RecordBatchBuilder builder({{{"country", DataType::category}, {"minutes", DataType::float64}}});
//     builder.append<std::string_view>(0, "NA");
//     builder.append<double>(1, 358.1);
//     RecordBatch batch = builder.finish();      // and the builder is empty again; categories keep their codes

#include "penstock/core/category_index.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"

#include <concepts>     // same_as
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint8_t
#include <limits>       // numeric_limits
#include <memory>       // shared_ptr
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // exchange, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// Grows one batch at a time, column by column or row by row. Not thread-safe.
class RecordBatchBuilder {
 public:
  /// Starts an empty batch with these columns.
  explicit RecordBatchBuilder(Schema schema) : schema_(std::make_shared<const Schema>(std::move(schema))) {
    for (const Field& field : schema_->fields) { columns_.push_back({detail::empty_values(field.dtype), {}, {}}); }
  }

  [[nodiscard]] const Schema& schema() const noexcept { return *schema_; }  ///< of every batch it makes

  /// One more value for the column at that place; amortised O(1). T is the type that ColumnView reads the column as,
  /// and string_view for categories, whose codes the builder gives. @throws std::invalid_argument if it is not,
  /// std::out_of_range if there is no such column.
  template <column_value T>
    requires(!std::same_as<T, std::int32_t>)
  void append(std::size_t place, T value) {
    Growing& column = columns_.at(place);
    if constexpr (std::same_as<T, std::string_view>) {
      if (auto* strings = std::get_if<StringValues>(&column.values)) {
        strings->append(value);
      } else {
        need<CategoryValues>(column, place).codes.push_back(column.categories.find_or_add(value));
      }
    } else if constexpr (std::same_as<T, bool>) {
      need<BooleanValues>(column, place).bytes.push_back(value ? 1 : 0);
    } else {
      need<std::vector<T>>(column, place).push_back(value);
    }
    column.validity.append(true);
  }

  /// One more missing value for the column at that place.
  /// @throws std::invalid_argument if the field is not nullable, std::out_of_range if there is no such column.
  void append_null(std::size_t place) {
    Growing& column = columns_.at(place);
    const Field& field = schema_->fields[place];
    if (!field.nullable) throw std::invalid_argument("column " + field.name + " allows no missing values");
    switch (field.dtype) {
      case DataType::float64:
        std::get<std::vector<double>>(column.values).push_back(std::numeric_limits<double>::quiet_NaN());
        break;
      case DataType::int64: std::get<std::vector<std::int64_t>>(column.values).push_back(0); break;
      case DataType::boolean: std::get<BooleanValues>(column.values).bytes.push_back(0); break;
      case DataType::timestamp: std::get<std::vector<Timestamp>>(column.values).emplace_back(); break;
      case DataType::string: std::get<StringValues>(column.values).append({}); break;
      case DataType::category: std::get<CategoryValues>(column.values).codes.push_back(-1); break;
    }
    column.validity.append(false);
  }

  /// Makes these texts the first categories of the column at that place, codes 0, 1, ... in their order; those that it
  /// has already keep theirs. @throws std::invalid_argument if it is no category, std::out_of_range if there is none.
  void add_categories(std::size_t place, const Dictionary& texts) {
    Growing& column = columns_.at(place);
    need<CategoryValues>(column, place);
    for (const std::string& text : texts) column.categories.find_or_add(text);
  }
  /// The categories so far of the column at that place; none if it is no category.
  /// @throws std::out_of_range if there is no such column.
  [[nodiscard]] const CategoryIndex& categories(std::size_t place) const { return columns_.at(place).categories; }

  /// The batch of all that was appended, and an empty builder. Category codes go on where they were.
  /// @throws std::invalid_argument if the columns are not of one length; they stay as they are then.
  [[nodiscard]] RecordBatch finish() {
    for (std::size_t i = 1; i < columns_.size(); ++i) {
      if (columns_[i].validity.size() != columns_[0].validity.size()) {
        throw std::invalid_argument("column " + schema_->fields[i].name + " has " +
                                    std::to_string(columns_[i].validity.size()) + " values, the first has " +
                                    std::to_string(columns_[0].validity.size()));
      }
    }
    std::vector<Column> done;
    done.reserve(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      Growing& column = columns_[i];
      if (auto* category = std::get_if<CategoryValues>(&column.values))
        category->dictionary = column.categories.dictionary();
      done.emplace_back(std::move(column.values), std::exchange(column.validity, Validity()));
      detail::restart(column.values);
    }
    return {schema_, std::move(done)};
  }

 private:
  struct Growing {
    ColumnValues values;
    Validity validity;
    CategoryIndex categories;
  };

  template <class Values>
  Values& need(Growing& column, std::size_t place) const {
    if (auto* values = std::get_if<Values>(&column.values)) return *values;
    const Field& field = schema_->fields[place];
    throw std::invalid_argument("column " + field.name + " is of type " + std::string(to_string(field.dtype)));
  }

  std::shared_ptr<const Schema> schema_;
  std::vector<Growing> columns_;
};

}  // namespace v0
}  // namespace penstock
