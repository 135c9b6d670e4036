// SPDX-License-Identifier: MIT
#pragma once

// Reads a CSV file as record batches, in bounded memory and with every bad row counted.
//
//     CsvReader reader("students.csv", {.rows_per_batch = 4096, .on_bad_row = OnBadRow::skip});
//     while (std::optional<RecordBatch> batch = reader.next()) score(*batch);
//     if (reader.rejects().rejected > 0) warn(reader.rejects());
//
// What a field is read as:
// - text (string, category): the bytes as they are. An unquoted field that is one of the missing words is missing; a
//   quoted one never is, so that "" is an empty text and nothing between two delimiters is none.
// - float64, int64: see parse_float64 and parse_int64. boolean: one of the true or false words. timestamp: ISO 8601, or
//   the column's formats in order. Blanks and tabs around these, and quotes, are taken off before they are looked at,
//   and what is left is missing if it is one of the missing words.
// Types come from CsvOptions::schema or column_options, or are inferred once (io/csv_infer.hpp) and then held to: all
// batches have one schema. Codes of a category mean the same in all batches.
// How rows and fields are told apart, see io/csv_scanner.hpp; what can be chosen, io/csv_options.hpp.

#include "penstock/config.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/result.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/io/bad_row.hpp"
#include "penstock/io/byte_source.hpp"
#include "penstock/io/csv_column_builder.hpp"
#include "penstock/io/csv_layout.hpp"
#include "penstock/io/csv_options.hpp"
#include "penstock/io/csv_scanner.hpp"

#include <algorithm>    // clamp, max, min
#include <concepts>     // constructible_from
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <memory>       // unique_ptr, shared_ptr
#include <optional>     // optional
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // exchange, forward, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// A frame_source of RecordBatches. Each row of the file is in a batch or counted in rejects(), never both.
/// Memory: the batch that grows, one block of input (more if a row is longer; at most max_row_bytes and a block), and
/// what categories know; a sample for inference is 4 MiB and a row at most. Movable. Not thread-safe.
class CsvReader {
 public:
  /// Opens a file, reads its header and, if types are to be inferred, a sample.
  /// @throws std::invalid_argument for a wrong option, before the file is touched.
  /// @throws Error if the file cannot be read, has no header or not the columns that are wanted.
  explicit CsvReader(const std::string& path, CsvOptions options = {})
      : options_(checked(std::move(options))), scanner_(detail::open_file(path), dialect(options_)) {
    start();
  }

  /// The same for a stream, such as std::ifstream or std::istringstream, which must outlive the reader.
  template <input_stream Stream>
  explicit CsvReader(Stream& stream, CsvOptions options = {})
      : options_(checked(std::move(options))),
        scanner_(std::make_unique<detail::StreamSource<Stream>>(stream), dialect(options_)) {
    start();
  }

  /// As the constructors, of a path or a stream, but what they throw as Error is the result. Wrong options are thrown.
  template <class Input>
    requires std::constructible_from<CsvReader, Input, CsvOptions>
  static Result<CsvReader> open(Input&& input, CsvOptions options = {}) {
    try {
      return CsvReader(std::forward<Input>(input), std::move(options));
    } catch (const Error& error) { return error; }
  }

  /// The schema of every batch.
  [[nodiscard]] const Schema& schema() const noexcept { return *schema_; }

  /// The next rows_per_batch rows; fewer at the end, before an error, and once they hold 1 GiB of text; nothing after
  /// the last.
  /// @throws Error at a bad row under OnBadRow::fail. The rows before it have been given by then, it is counted among
  /// the rejects, and the next call goes on with the row behind it. Also if the input cannot be read any further; that
  /// error comes again at each later call.
  [[nodiscard]] std::optional<RecordBatch> next() { return try_next().value(); }

  /// As next(), but what that throws as Error is the result. What a handler throws is thrown.
  [[nodiscard]] Result<std::optional<RecordBatch>> try_next() {
    if (!failure_ && !broken_) fill();
    if (rows_ > 0) return std::optional(finish());
    failed_ = failed_ || failure_ || broken_;
    if (failure_) return *std::exchange(failure_, std::nullopt);
    if (broken_) return *broken_;
    return std::optional<RecordBatch>();
  }

  /// The bad rows so far.
  [[nodiscard]] const RowRejects& rejects() const noexcept { return rejects_; }
  /// The rows so far that are in batches, the next one included. With rejects().rejected these are the rows of the
  /// file.
  [[nodiscard]] std::uint64_t rows_accepted() const noexcept { return accepted_; }
  /// Whether next() or try_next() has given an Error.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  static CsvOptions checked(CsvOptions options) {
    detail::check(options);
    return options;
  }

  static detail::CsvDialect dialect(const CsvOptions& o) {
    return {.delimiter = o.delimiter,
            .quote = o.quote,
            .comment = o.comment,
            .skip_blank_lines = true,  // start() knows better when it knows the columns
            .max_row_bytes = o.max_row_bytes,
            .max_columns = o.max_columns,
            .block_bytes = o.buffer_bytes};
  }

  void start() {
    words_ = std::make_unique<const detail::CsvWords>(options_);
    scanner_.skip_byte_order_mark();
    scanner_.skip_lines(options_.skip_rows);
    Schema file;
    for (std::string& name : detail::read_names(scanner_, options_)) file.fields.push_back({.name = std::move(name)});
    file_columns_ = file.fields.size();
    if (!options_.skip_blank_lines || file_columns_ == 1) scanner_.keep_blank_lines();
    std::vector<detail::CsvPlan> plans;
    try {
      plans = detail::plan_columns(file, options_);
    } catch (const Error& error) {
      throw Error({.source = scanner_.name(), .column = error.where().column}, error.found(), error.expected());
    }
    detail::infer_types(plans, file_columns_, scanner_, options_, *words_);
    Schema schema;
    for (const detail::CsvPlan& plan : plans) {
      schema.fields.push_back(plan.field);
      columns_.push_back({plan.place, detail::CsvColumnBuilder(plan.field, plan.options, words_.get())});
    }
    schema_ = std::make_shared<const Schema>(std::move(schema));
  }

  /// Reads rows until the batch is full, the input ends, or a row fails.
  void fill() {
    while (rows_ < options_.rows_per_batch && batch_bytes_ < max_batch_bytes && !failure_) {
      switch (next_row()) {
        case detail::CsvRowStatus::row: take_row(); break;
        case detail::CsvRowStatus::too_long: drop_row(BadRowReason::too_long); break;
        case detail::CsvRowStatus::unterminated_quote: drop_row(BadRowReason::unterminated_quote); break;
        default: return;
      }
    }
  }

  detail::CsvRowStatus next_row() {
    try {
      return scanner_.next();
    } catch (const Error& error) {
      broken_ = error;
      return detail::CsvRowStatus::end;
    }
  }

  void take_row() {
    if (rows_ == capacity_) reserve();
    std::size_t count = scanner_.count();
    bool repair = false;
    if (count != file_columns_) {
      if (options_.trailing_delimiter && count == file_columns_ + 1 && detail::ends_in_delimiter(scanner_)) --count;
      if (count != file_columns_) {
        const bool few = count < file_columns_;
        if (!may_repair(few ? BadRowReason::too_few_fields : BadRowReason::too_many_fields, nullptr)) return;
        repair = true;
      }
    }
    const detail::CsvCell* const cells = scanner_.cells().data();
    for (Column& column : columns_) {
      const bool there = column.place < count;
      const auto flaw = there ? column.builder.set(rows_, cells[column.place]) : column.builder.set_missing(rows_);
      if (!flaw) continue;
      if (!repair && !may_repair(*flaw, &column)) return;
      repair = true;
      if (column.builder.set_missing(rows_)) return reject();
    }
    rejects_.repaired += repair;
    batch_bytes_ += scanner_.text().size();
    ++rows_;
    ++accepted_;
  }

  void drop_row(BadRowReason reason) {
    if (may_repair(reason, nullptr)) reject();  // whoever says pad for it: there is nothing to pad
  }

  struct Column {
    std::size_t place;  // in the rows of the file
    detail::CsvColumnBuilder builder;
  };

  /// Counts the row as bad and asks what is to be done. Unless it is to be padded, the row is rejected.
  PENSTOCK_COLD bool may_repair(BadRowReason reason, const Column* column) {
    ++rejects_.by_reason[static_cast<std::size_t>(reason)];
    const std::size_t place = column == nullptr ? 0 : static_cast<std::size_t>(column - columns_.data());
    BadRow bad{.row = scanner_.row(),
               .byte = scanner_.byte(),
               .reason = reason,
               .text = scanner_.text().substr(0, detail::max_bad_text)};
    if (column != nullptr) {
      bad.column = schema_->fields[place].name;
      bad.value = scanner_.cells()[column->place].raw().substr(0, detail::max_bad_text);
    }
    OnBadRow action = options_.on_bad_row;
    if (action == OnBadRow::handler) {
      try {
        action = options_.handler(bad);
      } catch (...) {
        reject();
        throw;
      }
    }
    if (action == OnBadRow::pad) return true;
    reject();
    if (action != OnBadRow::skip) failure_ = describe(bad, column);
    return false;
  }

  void reject() {
    for (Column& column : columns_) column.builder.undo(rows_);
    ++rejects_.rejected;
  }

  /// The bad row in the words of an Error; `column` is the one at fault, if there is one.
  [[nodiscard]] Error describe(const BadRow& bad, const Column* column) const {
    Where where{.source = scanner_.name(), .row = bad.row, .byte = bad.byte, .column = std::string(bad.column)};
    const std::string value = "'" + std::string(bad.value) + "'";
    const auto type = [&] {  // by its place: there may be two columns of its name
      return std::string(to_string(schema_->fields[static_cast<std::size_t>(column - columns_.data())].dtype));
    };
    switch (bad.reason) {
      case BadRowReason::too_few_fields:
      case BadRowReason::too_many_fields:
        return {std::move(where), std::to_string(scanner_.count()) + " fields", std::to_string(file_columns_)};
      case BadRowReason::wrong_type: return {std::move(where), value, "a value of type " + type()};
      case BadRowReason::out_of_range: return {std::move(where), value, "a value that " + type() + " can hold"};
      case BadRowReason::unknown_category:
        return {std::move(where), value,
                column->builder.closed() ? "one of the column's categories"
                                         : "no more than max_categories, " + std::to_string(options_.max_categories)};
      case BadRowReason::missing_value: return {std::move(where), "a missing value", "a value of type " + type()};
      case BadRowReason::too_long:
        return {std::move(where), "a row of more bytes",
                "at most max_row_bytes, " + std::to_string(options_.max_row_bytes)};
      case BadRowReason::unterminated_quote:
        return {std::move(where), "a quote that is not closed", "one within max_row_bytes and the input"};
      case BadRowReason::malformed:
      case BadRowReason::unknown_column:
      case BadRowReason::duplicate_column: break;  // of JSON lines only
    }
    return {std::move(where), std::string(to_string(bad.reason)), ""};
  }

  void reserve() {
    // Of many columns fewer rows at first: 65536 columns would take half a GiB for a file of one row.
    const std::size_t first = std::clamp<std::size_t>(65536 / columns_.size(), 16, 1024);
    capacity_ = std::min(options_.rows_per_batch, std::max({usual_rows_, 2 * capacity_, first}));
    for (Column& column : columns_) column.builder.reserve(capacity_);
  }

  RecordBatch finish() {
    std::vector<penstock::Column> done;
    done.reserve(columns_.size());
    for (Column& column : columns_) done.push_back(column.builder.finish(rows_));
    usual_rows_ = rows_;  // so that the next batch is allocated once
    rows_ = capacity_ = 0;
    batch_bytes_ = 0;
    return {schema_, std::move(done)};
  }

  static constexpr std::uint64_t max_batch_bytes = std::uint64_t{1} << 30;  // a string column holds 4 GiB

  CsvOptions options_;
  detail::CsvScanner scanner_;
  std::unique_ptr<const detail::CsvWords> words_;  // the builders point to it, also after a move
  std::shared_ptr<const Schema> schema_;
  std::vector<Column> columns_;
  std::size_t file_columns_ = 0;

  std::size_t rows_ = 0, capacity_ = 0, usual_rows_ = 0;  // of the batch that grows; of the last one
  std::uint64_t batch_bytes_ = 0, accepted_ = 0;
  RowRejects rejects_;
  std::optional<Error> failure_;  // of a bad row; given once, after the rows before it
  std::optional<Error> broken_;   // of the input; given for ever
  bool failed_ = false;
};

}  // namespace v0
}  // namespace penstock
