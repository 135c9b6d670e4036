// SPDX-License-Identifier: MIT
#pragma once

// The rows of the input file that a run is asked for, batch by batch: memory does not grow with the file.

#include "penstock/core/record_batch.hpp"
#include "penstock/io/csv_reader.hpp"

#include "options.hpp"

#include <cstdint>   // uint64_t
#include <optional>  // optional

/// A source of record batches. Rows that are no good as CSV are skipped and counted.
class Input {
 public:
  explicit Input(const Options& options)
      : reader_(options.input, {.rows_per_batch = 8192, .on_bad_row = penstock::OnBadRow::skip}), left_(options.rows) {}

  [[nodiscard]] std::optional<penstock::RecordBatch> next() {
    if (left_ == 0) return std::nullopt;
    auto batch = reader_.next();
    if (batch && batch->rows() > left_) batch = batch->slice(0, left_);
    if (batch) left_ -= batch->rows();
    return batch;
  }

  [[nodiscard]] const penstock::Schema& schema() const { return reader_.schema(); }
  /// Rows that could not be read.
  [[nodiscard]] std::uint64_t rejected() const { return reader_.rejects().total(); }

 private:
  penstock::CsvReader reader_;
  std::uint64_t left_;
};
