// SPDX-License-Identifier: MIT
#pragma once

// Writes record batches as CSV.
//
//     CsvWriter writer("scores.csv", {.delimiter = ';'});
//     while (auto batch = reader.next()) writer.write(*batch);
//     writer.close();                    // throws Error if the disk was full
//
// To a stream: CsvWriter(std::cout); to a string: CsvWriter(&text). A batch with columns of its own appended is
// batch.with_columns(...), which copies nothing.
//
// What stands in a field:
// - numbers in the shortest form that reads back as the same value (io/format_number.hpp); true and false; times as
//   ISO 8601 in UTC, 2024-03-04T11:15:30.123Z;
// - a missing value as CsvWriterOptions::missing, by default nothing; NaN and infinities, which are values, as nan, inf
//   and -inf;
// - text as it is, byte by byte, and in quotes only where it would read back as something else: if it is empty or the
//   word for a missing value, holds the delimiter, a quote (which is doubled), CR or LF, begins or ends with a blank or
//   tab, or begins the file with a byte order mark.

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/io/batch_cells.hpp"
#include "penstock/io/format_number.hpp"
#include "penstock/io/output_file.hpp"

#include <algorithm>    // any_of, replace
#include <array>        // array
#include <concepts>     // same_as
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <memory>       // unique_ptr
#include <optional>     // optional
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How CSV is written.
struct CsvWriterOptions {
  char delimiter = ',';          ///< between fields
  char quote = '"';              ///< around fields that need it, doubled within
  std::string newline = "\n";    ///< LF, CRLF or CR
  bool header = true;            ///< whether the first line holds the names of the columns
  std::string missing{};         ///< what stands for a missing value
  std::string nan = "nan";       ///< what stands for NaN
  std::string infinity = "inf";  ///< with a minus before it for the negative one
  char decimal = '.';            ///< the point of a double: . or ,
  OutputOptions output{};        ///< of the file or stream
};

/// A sink for record batches of one schema. Movable; what was moved from may only be assigned to or destroyed.
/// The destructor hands on what is buffered but cannot say that it failed: call close(). One thread at a time.
class CsvWriter {
 public:
  /// Opens the output. @throws std::invalid_argument for options that contradict each other, Error if the file cannot
  /// be opened.
  explicit CsvWriter(OutputTarget target, CsvWriterOptions options = {}) : options_(std::move(options)) {
    check_options();
    for (const char special : {options_.delimiter, options_.quote, '\r', '\n'}) {
      special_[static_cast<unsigned char>(special)] = true;
    }
    out_ = std::make_unique<OutputFile>(std::move(target), options_.output);
  }

  /// Writes the header, if there is to be one, and takes the schema: needed only where no batch may come, and an empty
  /// table is to have its header all the same. @throws Error as write() does.
  void write_header(const Schema& schema) {
    if (schema_) return check_schema(schema);
    const OpenRecord open{*out_};
    if (options_.header && !schema.fields.empty()) {
      for (std::size_t i = 0; i < schema.fields.size(); ++i) {
        if (i > 0) out_->append(options_.delimiter);
        put_text(schema.fields[i].name);
      }
      out_->append(options_.newline);
    }
    out_->end_record();
    schema_ = schema;
  }

  /// Writes the rows of a batch, and the header before the first; O(cells). A row is written whole or not at all.
  /// @throws Error if the batch has other columns than the one before (names, types or order; then nothing of it is
  /// written), or the output is closed or fails.
  void write(const RecordBatch& batch) {
    write_header(batch.schema());
    const OpenRecord open{*out_};
    const auto columns = detail::column_views(batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) out_->append(options_.delimiter);
        detail::visit_cell(
            columns[i], row, [this](auto value) { put(value); }, [this] { out_->append(options_.missing); });
      }
      out_->append(options_.newline);
      out_->end_record();
      ++rows_;
    }
  }

  /// Hands all rows on to the file, stream or string. @throws Error if that fails.
  void flush() { out_->flush(); }
  /// Flushes and closes; an atomic file gets its name. Again: no effect. @throws Error if anything was lost.
  void close() { out_->close(); }

  [[nodiscard]] std::uint64_t rows_written() const noexcept { return rows_; }                   ///< without the header
  [[nodiscard]] std::uint64_t bytes_written() const noexcept { return out_->bytes_written(); }  ///< with the header

 private:
  struct OpenRecord {  // an exception in the middle of a row leaves nothing of it
    OutputFile& out;
    ~OpenRecord() { out.drop_record(); }
  };

  void check_options() const {
    const auto refuse = [](const std::string& what) { throw std::invalid_argument("CsvWriterOptions" + what); };
    const auto& [delimiter, quote, newline, header, missing, nan, infinity, decimal, output] = options_;
    const auto show = [](char c) { return std::string{'\'', c, '\''}; };
    if (newline != "\n" && newline != "\r\n" && newline != "\r") refuse(".newline is none of LF, CRLF, CR");
    if (decimal != '.' && decimal != ',') refuse(".decimal is " + show(decimal) + "; . and , are possible");
    const auto check_byte = [&](const std::string& name, char c) {
      const bool in_numbers =
          (c >= '0' && c <= '9') || c == '-' || c == '+' || c == ':' || c == '.' || c == options_.decimal;
      const bool in_words = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (c == '\n' || c == '\r' || c == '\0' || in_numbers || in_words || static_cast<unsigned char>(c) >= 0x80) {
        refuse(name + " is " + show(c) + "; no letter, digit, sign, decimal point, line end, NUL or part " +
               "of UTF-8 is possible");
      }
    };
    check_byte(".delimiter", delimiter);
    check_byte(".quote", quote);
    if (delimiter == quote) refuse(".delimiter and .quote are both " + show(quote));
    const auto check_word = [&](const std::string& name, const std::string& word) {
      for (const char c : word) {
        if (c == options_.delimiter || c == options_.quote || c == '\n' || c == '\r')
          refuse(name + " would need quotes");
      }
    };
    check_word(".missing", missing);
    check_word(".nan", nan);
    check_word(".infinity", infinity);
  }

  void check_schema(const Schema& schema) const {
    const auto describe = [](const Schema& s, std::size_t i) {
      return i < s.fields.size() ? s.fields[i].name + " of type " + std::string(to_string(s.fields[i].dtype))
                                 : std::string("no column");
    };
    for (std::size_t i = 0; i < std::max(schema.fields.size(), schema_->fields.size()); ++i) {
      const std::string found = describe(schema, i);
      const std::string expected = describe(*schema_, i);
      if (found == expected) continue;
      throw Error({.source = out_->name(), .row = rows_ + 1, .column = std::to_string(i + 1)}, found,
                  expected + " as in the batches before");
    }
  }

  void put(double value) {
    if (!detail::is_finite(value)) {
      if (!detail::is_nan(value) && value < 0) out_->append('-');
      return out_->append(detail::is_nan(value) ? options_.nan : options_.infinity);
    }
    char* const begin = out_->room(max_number_chars);
    char* const end = format_double(begin, value);
    if (options_.decimal != '.') std::replace(begin, end, '.', options_.decimal);
    out_->advance(end);
  }
  void put(std::int64_t value) { out_->advance(format_int(out_->room(max_number_chars), value)); }
  void put(bool value) { out_->append(value ? std::string_view("true") : std::string_view("false")); }
  void put(Timestamp value) { out_->advance(format_timestamp(out_->room(max_number_chars), value)); }
  void put(std::string_view value) { put_text(value); }

  void put_text(std::string_view text) {
    if (!needs_quotes(text)) return out_->append(text);
    char* to = out_->room(2 * text.size() + 2);  // each byte a quote, at the most
    *to++ = options_.quote;
    for (const char c : text) {
      if (c == options_.quote) *to++ = c;
      *to++ = c;
    }
    *to++ = options_.quote;
    out_->advance(to);
  }

  [[nodiscard]] bool needs_quotes(std::string_view text) const {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    if (text.empty() || blank(text.front()) || blank(text.back()) || text == options_.missing) return true;
    if (out_->bytes_written() == 0 && text.starts_with("\xEF\xBB\xBF")) return true;
    return std::any_of(text.begin(), text.end(), [this](char c) { return special_[static_cast<unsigned char>(c)]; });
  }

  CsvWriterOptions options_;
  std::array<bool, 256> special_{};  // bytes that put a text in quotes
  std::unique_ptr<OutputFile> out_;
  std::optional<Schema> schema_;
  std::uint64_t rows_ = 0;
};

}  // namespace v0
}  // namespace penstock
