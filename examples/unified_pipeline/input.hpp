// SPDX-License-Identifier: MIT
#pragma once

// The rows of the input file that a run is asked for, batch by batch: memory does not grow with the file.

#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/io/csv_reader.hpp"
#include "penstock/serve/linear_model.hpp"

#include "options.hpp"

#include <algorithm>  // max, min
#include <cstdint>    // uint64_t
#include <optional>   // optional
#include <string>     // string
#include <vector>     // vector

/// A source of record batches. Rows that are no good as CSV are skipped and counted.
class Input {
 public:
  /// @throws penstock::Error that names a column which the model or the options want and the file has not.
  Input(const Options& options, const penstock::LinearModel& model)
      : reader_(open(options, model)), left_(options.rows) {
    if (!options.target.empty()) static_cast<void>(reader_.schema().index(options.target));
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  [[nodiscard]] std::optional<penstock::RecordBatch> next() {
    if (left_ == 0) return std::nullopt;
    auto batch = reader_.next();
    if (batch && batch->rows() > left_) batch = batch->slice(0, left_);
    if (batch) left_ -= batch->rows();
    return batch;
  }

  /// Rows that could not be read.
  [[nodiscard]] std::uint64_t rejected() const { return reader_.rejects().total(); }
  /// What was wrong with the first of them; empty if there is none.
  [[nodiscard]] const std::string& first_reject() const { return first_reject_; }

 private:
  penstock::CsvReader open(const Options& options, const penstock::LinearModel& model) {
    // Whole events, so that none is cut short at the end of a batch; and no more rows than are asked for, if few are.
    const std::size_t events = std::max<std::size_t>(1, 8192 / options.chunk_size);
    penstock::CsvOptions csv{.rows_per_batch = std::min<std::uint64_t>(events * options.chunk_size, options.rows),
                             .infer_rows = 100'000,  // whole numbers may get decimals late
                             .on_bad_row = penstock::OnBadRow::handler,
                             .handler = [this](const penstock::BadRow& bad) {
                               if (first_reject_.empty()) first_reject_ = describe(bad);
                               return penstock::OnBadRow::skip;
                             }};
    penstock::CsvReader reader(options.input, csv);
    const auto expect = [&](const std::vector<std::string>& names, bool text) {
      for (const std::string& name : names) {
        const penstock::DataType dtype = reader.schema().fields[reader.schema().index(name)].dtype;
        const bool is_text = dtype == penstock::DataType::string || dtype == penstock::DataType::category;
        if (is_text == text) continue;
        csv.column_options.push_back(
            {.name = name, .dtype = text ? penstock::DataType::category : penstock::DataType::float64});
      }
    };
    expect(model.number_columns(), false);
    expect(model.text_columns(), true);
    if (csv.column_options.empty()) return reader;
    // The sample shows another type than the model wants, perhaps for one bad field: then that row is what is bad.
    return penstock::CsvReader(options.input, csv);
  }

  static std::string describe(const penstock::BadRow& bad) {
    const penstock::Where where{.row = bad.row, .column = std::string(bad.column)};
    return to_string(where) + ": " + std::string(to_string(bad.reason)) + ", '" + std::string(bad.value) + "'";
  }

  std::string first_reject_;
  penstock::CsvReader reader_;
  std::uint64_t left_;
};
