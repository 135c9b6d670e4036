// SPDX-License-Identifier: MIT
#pragma once

// Rows that lie here and there in record batches, side by side in one: what a model scores in one call.

#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int64_t
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

/// Copies the named columns, whose batches are all of one schema. Not thread-safe.
class Gather {
 public:
  explicit Gather(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  void add(const penstock::RecordBatch& rows) {
    if (!builder_) begin(rows.schema());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      switch (rows.schema().fields[places_[i]].dtype) {
        case penstock::DataType::float64: copy<double>(rows, i); break;
        case penstock::DataType::int64: copy<std::int64_t>(rows, i); break;
        case penstock::DataType::boolean: copy<bool>(rows, i); break;
        case penstock::DataType::timestamp: copy<penstock::Timestamp>(rows, i); break;
        case penstock::DataType::string:
        case penstock::DataType::category: copy<std::string_view>(rows, i); break;
      }
    }
  }

  /// What was added, in that order; then it is empty again.
  [[nodiscard]] penstock::RecordBatch take() { return builder_->finish(); }

 private:
  void begin(const penstock::Schema& schema) {
    penstock::Schema ours;
    for (const std::string& name : columns_) {
      places_.push_back(schema.index(name));
      ours.fields.push_back(schema.fields[places_.back()]);
    }
    builder_.emplace(std::move(ours));
  }

  template <class T>
  void copy(const penstock::RecordBatch& rows, std::size_t to) {
    const auto column = rows.column<T>(places_[to]);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (column.is_valid(i)) {
        builder_->append<T>(to, column[i]);
      } else {
        builder_->append_null(to);
      }
    }
  }

  std::vector<std::string> columns_;
  std::vector<std::size_t> places_;  // of the columns in what is added
  std::optional<penstock::RecordBatchBuilder> builder_;
};
