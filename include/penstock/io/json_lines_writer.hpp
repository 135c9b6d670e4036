// SPDX-License-Identifier: MIT
#pragma once

// Writes JSON lines: one JSON object (RFC 8259) a line, for each row of a batch or for each record made by hand.
//
//     JsonLinesWriter writer("scores.jsonl");
//     writer.write({{"timestamp", 1709550930.123}, {"score", 0.7234}, {"prediction", 1}});
//     writer.write(batch);
//     writer.close();                   // throws Error if the disk was full
//
// To a stream: JsonLinesWriter(std::cout); to a string: JsonLinesWriter(&text).
//
// What stands in a value: doubles in the shortest form that reads back as the same value, integers as they are, also
// beyond 2^53 (readers that take every number for a double round those), times as ISO 8601 strings in UTC, missing
// values as null, NaN and infinities, for which JSON has no word, by JsonLinesWriterOptions::non_finite, texts in UTF-8
// with what is no UTF-8 replaced by U+FFFD and counted. Members are in the order in which they are given.

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/io/batch_cells.hpp"
#include "penstock/io/format_number.hpp"
#include "penstock/io/json_text.hpp"
#include "penstock/io/output_file.hpp"

#include <concepts>          // floating_point, integral, same_as, signed_integral
#include <cstddef>           // nullptr_t, size_t
#include <cstdint>           // int64_t, uint64_t
#include <initializer_list>  // initializer_list
#include <memory>            // unique_ptr
#include <span>              // span
#include <string>            // string
#include <string_view>       // string_view
#include <utility>           // move
#include <variant>           // get_if, variant
#include <vector>            // vector

namespace penstock {
inline namespace v0 {

/// A number, truth value, text, time, or null (nullptr). Texts are borrowed.
class JsonValue {
 public:
  // Templates, so that nothing turns into a bool or a double on its way: a char is neither number nor text.
  /// null
  JsonValue(std::nullptr_t) {}  // NOLINT: all of these are values
  /// A number with a point.
  template <std::floating_point T>
    requires(sizeof(T) <= 8)
  JsonValue(T value) : value_(static_cast<double>(value)) {}  // NOLINT
  /// true or false
  JsonValue(std::same_as<bool> auto value) : value_(value) {}  // NOLINT
  /// A text.
  JsonValue(std::string_view text) : value_(text) {}  // NOLINT
  /// A text.
  JsonValue(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT
  /// A text that ends in a null byte.
  JsonValue(const char* text) : value_(std::string_view(text)) {}  // NOLINT
  /// A time, written as ISO 8601 in UTC.
  JsonValue(Timestamp time) : value_(time) {}  // NOLINT
  /// An integer, to its last digit.
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char> && sizeof(T) <= 8)
  JsonValue(T value) {  // NOLINT
    if constexpr (std::signed_integral<T>) {
      value_ = static_cast<std::int64_t>(value);
    } else {
      value_ = static_cast<std::uint64_t>(value);
    }
  }

  /// What it is, as a variant.
  [[nodiscard]] const auto& value() const noexcept { return value_; }

 private:
  std::variant<std::nullptr_t, double, std::int64_t, std::uint64_t, bool, std::string_view, Timestamp> value_;
};

/// One name and its value in a record made by hand. Both are borrowed.
struct JsonMember {
  std::string_view name;  ///< escaped when written
  JsonValue value;        ///< null if nothing else
};

/// What stands in JSON for NaN and infinities.
enum class NonFinite {
  null,   ///< null; it reads back as a missing value
  error,  ///< nothing: an Error that names row and column, and leaves nothing of that row
  word    ///< NaN, Infinity, -Infinity: no JSON, but what Python's json module writes and reads
};

/// How JSON lines are written.
struct JsonLinesWriterOptions {
  NonFinite non_finite = NonFinite::null;  ///< what stands for NaN and infinities
  bool omit_missing = false;               ///< leave missing values out instead of writing null
  OutputOptions output{};                  ///< of the file or stream
};

/// A sink for record batches, of one schema or many, and for records made by hand. A record is written whole or not at
/// all. Movable; what was moved from may only be assigned to or destroyed. The destructor hands on what is buffered but
/// cannot say that it failed: call close(). One thread at a time.
class JsonLinesWriter {
 public:
  /// Opens the output. @throws std::invalid_argument for a wrong option, Error if the file cannot be opened.
  explicit JsonLinesWriter(OutputTarget target, const JsonLinesWriterOptions& options = {})
      : options_(options), out_(std::make_unique<OutputFile>(std::move(target), options.output)) {}

  /// Writes one record; O(bytes). Names are not checked for duplicates. @throws Error for NaN or an infinity by
  /// NonFinite::error, or if the output is closed or fails.
  void write(std::span<const JsonMember> record) {
    const Line line{*this};
    for (const JsonMember& member : record) {
      begin_member();
      put(member.name);
      out_->append(':');
      if (!put(member.value)) refuse_non_finite(member.name);
    }
    end_line();
  }
  /// The same for a record in braces.
  void write(std::initializer_list<JsonMember> record) { write(std::span(record.begin(), record.size())); }

  /// Writes a record for each row; O(cells). When it throws, the rows before the one at fault are written.
  /// @throws Error as for one record; it names the row, counted from the first that this writer wrote, and the column.
  void write(const RecordBatch& batch) {
    const auto& fields = batch.schema().fields;
    set_keys(fields);
    const auto columns = detail::column_views(batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      const Line line{*this};
      for (std::size_t i = 0; i < columns.size(); ++i) {
        detail::visit_cell(
            columns[i], row,
            [&](auto value) {
              begin_member();
              out_->append(keys_[i]);
              if (!put(value)) refuse_non_finite(fields[i].name);
            },
            [&] {
              if (options_.omit_missing) return;
              begin_member();
              out_->append(keys_[i]);
              put(nullptr);
            });
      }
      end_line();
    }
  }

  /// Hands all records on to the file, stream or string. @throws Error if that fails.
  void flush() { out_->flush(); }
  /// Flushes and closes; an atomic file gets its name. Again: no effect. @throws Error if anything was lost.
  void close() { out_->close(); }

  [[nodiscard]] std::uint64_t rows_written() const noexcept { return rows_; }                   ///< whole records
  [[nodiscard]] std::uint64_t bytes_written() const noexcept { return out_->bytes_written(); }  ///< of whole records
  /// U+FFFD written for bytes that were no UTF-8, where a batch's column names count once for each schema.
  [[nodiscard]] std::uint64_t replaced() const noexcept { return replaced_; }

 private:
  struct Line {  // an exception in the middle of a record leaves nothing of it
    explicit Line(JsonLinesWriter& writer) : out(*writer.out_) {
      writer.separator_ = '{';
      writer.replaced_here_ = 0;
    }
    ~Line() { out.drop_record(); }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    OutputFile& out;
  };

  void begin_member() {
    out_->append(separator_);
    separator_ = ',';
  }
  void end_line() {
    out_->append(separator_ == '{' ? std::string_view("{}\n") : std::string_view("}\n"));
    out_->end_record();
    ++rows_;
    replaced_ += replaced_here_;
  }

  void set_keys(const std::vector<Field>& fields) {
    if (fields == key_fields_ && keys_.size() == fields.size()) return;
    keys_.clear();
    for (const Field& field : fields) {
      std::string key(max_json_bytes(field.name.size()), '\0');
      key.resize(static_cast<std::size_t>(format_json_string(key.data(), field.name, replaced_) - key.data()));
      keys_.push_back(key + ':');
    }
    key_fields_ = fields;
  }

  // Each writes a value and says whether JSON can say it.
  bool put(const JsonValue& any) {
    const auto& value = any.value();
    switch (value.index()) {
      case 0: return put(nullptr);
      case 1: return put(*std::get_if<1>(&value));
      case 2: return put(*std::get_if<2>(&value));
      case 3: return put(*std::get_if<3>(&value));
      case 4: return put(*std::get_if<4>(&value));
      case 5: return put(*std::get_if<5>(&value));
      default: return put(*std::get_if<6>(&value));
    }
  }
  bool put(double value) {
    if (detail::is_finite(value)) {
      out_->advance(format_double(out_->room(max_number_chars), value));
      return true;
    }
    if (options_.non_finite == NonFinite::error) return false;
    if (options_.non_finite == NonFinite::null) return put(nullptr);
    out_->append(value > 0   ? std::string_view("Infinity")
                 : value < 0 ? std::string_view("-Infinity")
                             : std::string_view("NaN"));
    return true;
  }
  bool put(std::int64_t value) { return out_->advance(format_int(out_->room(max_number_chars), value)), true; }
  bool put(std::uint64_t value) { return out_->advance(format_int(out_->room(max_number_chars), value)), true; }
  bool put(bool value) { return out_->append(value ? std::string_view("true") : std::string_view("false")), true; }
  bool put(std::nullptr_t) { return out_->append(std::string_view("null")), true; }
  bool put(std::string_view value) {
    return out_->advance(format_json_string(out_->room(max_json_bytes(value.size())), value, replaced_here_)), true;
  }
  bool put(Timestamp value) {
    char* to = out_->room(max_number_chars + 2);
    *to++ = '"';
    to = format_timestamp(to, value);
    *to++ = '"';
    return out_->advance(to), true;
  }

  PENSTOCK_COLD [[noreturn]] void refuse_non_finite(std::string_view name) const {
    throw Error({.source = out_->name(), .row = rows_ + 1, .column = std::string(name)}, "NaN or an infinity",
                "a finite number (see JsonLinesWriterOptions.non_finite)");
  }

  JsonLinesWriterOptions options_;
  std::unique_ptr<OutputFile> out_;
  std::vector<Field> key_fields_;
  std::vector<std::string> keys_;  // "name": of each column of the last batch
  char separator_ = '{';
  std::uint64_t rows_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t replaced_here_ = 0;  // in the open record
};

}  // namespace v0
}  // namespace penstock
