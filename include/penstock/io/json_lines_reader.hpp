// SPDX-License-Identifier: MIT
#pragma once

// Reads JSON lines, one flat object (RFC 8259) a line, as record batches, in bounded memory and with every bad row
// counted.
//
//     JsonLinesReader reader("scores.jsonl", {.on_bad_row = OnBadRow::skip});
//     while (std::optional<RecordBatch> batch = reader.next()) use(*batch);
//     if (reader.rejects().rejected > 0) warn(reader.rejects());
//
// What a member is read as:
// - float64: a number, correctly rounded; too large is infinite, as in Python. int64: a number without point and
//   exponent. boolean: true, false. timestamp: a string in ISO 8601, or in one of the column's formats.
// - string, category: a string, with its escapes resolved; of any other value the JSON text as it stands there, so that
//   no digit of a large number is lost. What is nested may be refused: JsonLinesOptions::nested.
// - null, or no such member: a missing value.
// A member that is no column is ignored and counted, or makes the row bad. A column's member that is there twice makes
// the row bad. Blank lines are no rows; a byte order mark and CRLF are taken. The text must be UTF-8 without faults.
// Columns come from JsonLinesOptions::schema, or are inferred once (io/json_lines_infer.hpp) and then held to. Codes of
// a category mean the same in all batches; one that is closed, by its column_options, takes no other text.

#include "penstock/config.hpp"
#include "penstock/core/category_index.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/result.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/io/bad_row.hpp"
#include "penstock/io/byte_source.hpp"
#include "penstock/io/json_lines_infer.hpp"
#include "penstock/io/json_lines_options.hpp"
#include "penstock/io/json_object_parser.hpp"
#include "penstock/io/line_reader.hpp"
#include "penstock/io/parse_number.hpp"
#include "penstock/io/parse_time.hpp"
#include "penstock/io/time_format.hpp"

#include <concepts>     // constructible_from
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <memory>       // make_unique
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // exchange, forward, move
#include <variant>      // get_if, monostate, variant
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// A frame_source of RecordBatches. Each row of the file is in a batch or counted in rejects(), never both.
/// Memory: the batch that grows, at most 64 MiB of input; the longest row and a block; the texts of categories; a
/// sample for inference of 8 MiB at most. Movable. Not thread-safe.
class JsonLinesReader {
 public:
  /// Opens a file and, if columns are to be inferred, reads a sample.
  /// @throws std::invalid_argument for a wrong option, before the file is touched; Error if the file cannot be read, or
  /// its sample has rows but no column.
  explicit JsonLinesReader(const std::string& path, JsonLinesOptions options = {})
      : options_(checked(std::move(options))),
        lines_(detail::open_file(path), options_.buffer_bytes, options_.max_row_bytes) {
    start();
  }

  /// The same for a stream, such as std::ifstream or std::istringstream, which must outlive the reader.
  template <input_stream Stream>
  explicit JsonLinesReader(Stream& stream, JsonLinesOptions options = {})
      : options_(checked(std::move(options))),
        lines_(std::make_unique<detail::StreamSource<Stream>>(stream), options_.buffer_bytes, options_.max_row_bytes) {
    start();
  }

  /// As the constructors, of a path or a stream, but what they throw as Error is the result. Wrong options are thrown.
  template <class Input>
    requires std::constructible_from<JsonLinesReader, Input, JsonLinesOptions>
  static Result<JsonLinesReader> open(Input&& input, JsonLinesOptions options = {}) {
    try {
      return JsonLinesReader(std::forward<Input>(input), std::move(options));
    } catch (const Error& error) { return error; }
  }

  /// The schema of every batch; without fields if it was to be inferred from nothing.
  [[nodiscard]] const Schema& schema() const noexcept { return builder_->schema(); }

  /// The next rows_per_batch rows; fewer at the end, before an error, and once they came of 64 MiB; nothing after the
  /// last.
  /// @throws Error at a bad row under OnBadRow::fail. The rows before it have been given by then, it is counted among
  /// the rejects, and the next call goes on with the row behind it. Also if the input cannot be read any further; that
  /// error comes again at each later call.
  [[nodiscard]] std::optional<RecordBatch> next() { return try_next().value(); }

  /// As next(), but what that throws as Error is the result. What a handler throws is thrown.
  [[nodiscard]] Result<std::optional<RecordBatch>> try_next() {
    if (!failure_ && !broken_) fill();
    if (batch_rows_ > 0) {
      batch_rows_ = 0;
      batch_bytes_ = 0;
      return std::optional(builder_->finish());
    }
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
  /// The members so far that are no columns, under UnknownMembers::ignore; those of bad rows included.
  [[nodiscard]] std::uint64_t ignored_members() const noexcept { return ignored_; }
  /// Whether next() or try_next() has given an Error.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  static constexpr std::uint64_t max_batch_bytes = std::uint64_t{64} << 20;
  static constexpr std::size_t max_shown = 256;  // bytes of a bad row or value

  /// A value that waits until the row is known to be good; texts point into the line or into unescaped_.
  using Cell = std::variant<std::monostate, double, std::int64_t, bool, Timestamp, std::string_view>;

  /// What is known of a column besides its field.
  struct Rules {
    bool closed = false;                // to the categories that it was given
    std::vector<TimeFormat> formats{};  // none: ISO 8601
  };

  /// The first thing that is wrong with a row.
  struct Flaw {
    BadRowReason reason;
    std::string_view column{};
    std::string_view value{};
    std::string expected{};
    std::size_t byte = 0;    // in the row
    bool repairable = true;  // by making values missing
  };

  static JsonLinesOptions checked(JsonLinesOptions options) {
    detail::check(options);
    return options;
  }

  void start() {
    lines_.skip_byte_order_mark();
    builder_.emplace(detail::plan_json_columns(lines_, options_));
    for (const Field& field : schema().fields) places_.find_or_add(field.name);
    rules_.resize(schema().fields.size());
    for (const ColumnOptions& column : options_.column_options) {
      const auto place = schema().find(column.name);
      if (!place) continue;  // nothing was there to be inferred from
      rules_[*place].closed = !column.categories.empty();
      if (rules_[*place].closed) builder_->add_categories(*place, column.categories);
      for (const std::string& format : column.time_formats) rules_[*place].formats.emplace_back(format);
    }
    cells_.resize(schema().fields.size());
    present_.resize(schema().fields.size());
  }

  void fill() {
    while (batch_rows_ < options_.rows_per_batch && batch_bytes_ < max_batch_bytes && !failure_ && next_line()) {
      if (!lines_.too_long() && detail::is_blank(lines_.text())) continue;
      ++row_;
      const std::optional<Flaw> flaw = parse_row();
      if (flaw && !repair(*flaw)) continue;
      for (std::size_t i = 0; i < cells_.size(); ++i) append(i);
      rejects_.repaired += flaw.has_value();
      batch_bytes_ += lines_.text().size();
      ++batch_rows_;
      ++accepted_;
    }
  }

  bool next_line() {
    try {
      return lines_.next();
    } catch (const Error& error) {
      broken_ = error;
      return false;
    }
  }

  /// Reads the line into cells_, with missing values for what is wrong; says what was wrong first.
  std::optional<Flaw> parse_row() {
    if (lines_.too_long()) {
      return Flaw{.reason = BadRowReason::too_long,
                  .expected = "at most max_row_bytes, " + std::to_string(options_.max_row_bytes),
                  .repairable = false};
    }
    const std::string_view line = lines_.text();
    std::optional<Flaw> first;
    const auto note = [&](BadRowReason reason, std::string_view column, const detail::JsonToken& value,
                          std::string expected) {
      if (first) return;
      first = Flaw{reason, column, value.text, std::move(expected)};
      first->byte = static_cast<std::size_t>(value.text.data() - line.data());
    };
    cells_.assign(cells_.size(), Cell());
    present_.assign(present_.size(), false);
    expected_place_ = 0;
    unescaped_.resize(line.size());
    char* free = unescaped_.data();
    detail::JsonObjectParser parser(line, options_.non_finite_words);
    const bool whole = parser.parse([&](const detail::JsonToken& name, const detail::JsonToken& value) {
      const std::optional<std::size_t> place = find(resolve(name, free));
      if (!place) {
        if (options_.unknown == UnknownMembers::ignore) {
          ++ignored_;
        } else {
          note(BadRowReason::unknown_column, {}, name, "the name of a column");
        }
        return;
      }
      const Field& field = schema().fields[*place];
      if (present_[*place]) note(BadRowReason::duplicate_column, field.name, value, "each member once");
      present_[*place] = true;
      cells_[*place] = Cell();
      const auto reason = convert(*place, value, cells_[*place], free);
      if (reason == BadRowReason::wrong_type)
        note(*reason, field.name, value, "a value of type " + std::string(to_string(field.dtype)));
      if (reason == BadRowReason::out_of_range)
        note(*reason, field.name, value, "a value that " + std::string(to_string(field.dtype)) + " can hold");
      if (reason == BadRowReason::unknown_category)
        note(*reason, field.name, value,
             rules_[*place].closed ? "one of the column's categories"
                                   : "no more than max_categories, " + std::to_string(options_.max_categories));
    });
    if (!whole) {
      return Flaw{BadRowReason::malformed, {},   line.substr(parser.position()), parser.expected(),
                  parser.position(),       false};
    }
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (schema().fields[i].nullable || cells_[i].index() != 0) continue;
      if (!first) {
        first = Flaw{.reason = BadRowReason::missing_value, .column = schema().fields[i].name, .expected = "a value"};
      }
      first->repairable = false;
    }
    return first;
  }

  /// The text of a string token, in unescaped_ from `free` on if it has escapes.
  static std::string_view resolve(const detail::JsonToken& token, char*& free) noexcept {
    if (!token.escaped) return token.text;
    char* const begin = std::exchange(free, detail::unescape_json(free, token.text));
    return {begin, static_cast<std::size_t>(free - begin)};
  }

  /// The column of that name. Members mostly come in the order of the columns.
  std::optional<std::size_t> find(std::string_view name) {
    const auto& fields = schema().fields;
    if (expected_place_ < fields.size() && fields[expected_place_].name == name) return expected_place_++;
    const auto found = places_.find(name);
    if (!found) return std::nullopt;
    expected_place_ = static_cast<std::size_t>(*found);
    return expected_place_++;
  }

  /// Sets the cell, or leaves it missing and says why that is wrong.
  std::optional<BadRowReason> convert(std::size_t place, const detail::JsonToken& token, Cell& cell,
                                      char*& free) const {
    using detail::JsonKind;
    if (token.kind == JsonKind::null) return std::nullopt;
    const bool nested = token.kind == JsonKind::nested;
    const auto parsed = [&cell](ParseStatus status, auto value) -> std::optional<BadRowReason> {
      if (status == ParseStatus::ok) cell = value;
      return status == ParseStatus::ok        ? std::nullopt
             : status == ParseStatus::invalid ? std::optional(BadRowReason::wrong_type)
                                              : std::optional(BadRowReason::out_of_range);
    };
    switch (schema().fields[place].dtype) {
      case DataType::float64:
        if (token.kind == JsonKind::integer || token.kind == JsonKind::number) {
          double value = 0;
          const ParseStatus status = parse_float64(token.text, value);
          return parsed(status, value);
        }
        break;
      case DataType::int64:
        if (token.kind == JsonKind::integer) {
          std::int64_t value = 0;
          const ParseStatus status = parse_int64(token.text, value);
          return parsed(status, value);
        }
        break;
      case DataType::boolean:
        if (token.kind == JsonKind::boolean) return parsed(ParseStatus::ok, token.text == "true");
        break;
      case DataType::timestamp:
        if (token.kind == JsonKind::string) {
          Timestamp value;
          const ParseStatus status = detail::parse_time(resolve(token, free), rules_[place].formats, value);
          return parsed(status, value);
        }
        break;
      case DataType::string:
        if (!nested || options_.nested == NestedValues::text) return parsed(ParseStatus::ok, resolve(token, free));
        break;
      case DataType::category:
        if (!nested || options_.nested == NestedValues::text) {
          const std::string_view text = resolve(token, free);
          if (!has_room(place, text)) return BadRowReason::unknown_category;
          return parsed(ParseStatus::ok, text);
        }
        break;
    }
    return BadRowReason::wrong_type;
  }

  /// Whether a category knows that text or may still learn it: it does when the row turns out to be good.
  [[nodiscard]] bool has_room(std::size_t place, std::string_view text) const {
    const CategoryIndex& known = builder_->categories(place);
    return (!rules_[place].closed && known.size() < options_.max_categories) || known.find(text);
  }

  void append(std::size_t place) {
    const Cell& cell = cells_[place];
    switch (cell.index()) {  // and not std::visit, which costs more to compile
      case 0: return builder_->append_null(place);
      case 1: return builder_->append(place, *std::get_if<1>(&cell));
      case 2: return builder_->append(place, *std::get_if<2>(&cell));
      case 3: return builder_->append(place, *std::get_if<3>(&cell));
      case 4: return builder_->append(place, *std::get_if<4>(&cell));
      default: return builder_->append(place, *std::get_if<5>(&cell));
    }
  }

  /// Counts the row as bad and asks what is to be done; whether it is in the batch all the same.
  PENSTOCK_COLD bool repair(const Flaw& flaw) {
    ++rejects_.by_reason[static_cast<std::size_t>(flaw.reason)];
    OnBadRow action = options_.on_bad_row;
    if (action == OnBadRow::handler) {
      try {
        action = options_.handler({.row = row_,
                                   .byte = lines_.byte(),
                                   .column = flaw.column,
                                   .reason = flaw.reason,
                                   .value = flaw.value.substr(0, max_shown),
                                   .text = lines_.text().substr(0, max_shown)});
      } catch (...) {
        ++rejects_.rejected;
        throw;
      }
    }
    if (action == OnBadRow::pad && flaw.repairable) return true;
    ++rejects_.rejected;
    if (action == OnBadRow::skip || action == OnBadRow::pad) return false;
    std::string found(to_string(flaw.reason));
    if (!flaw.value.empty()) found += ", '" + std::string(flaw.value.substr(0, max_shown)) + "'";
    failure_ = Error(
        {.source = lines_.name(), .row = row_, .byte = lines_.byte() + flaw.byte, .column = std::string(flaw.column)},
        std::move(found), flaw.expected);
    return false;
  }

  JsonLinesOptions options_;
  detail::LineReader lines_;
  std::optional<RecordBatchBuilder> builder_;  // once the schema is known
  CategoryIndex places_;                       // of the columns
  std::vector<Rules> rules_;                   // of the columns
  std::vector<Cell> cells_;                    // of the row
  std::vector<bool> present_;                  // the members that the row has had
  std::size_t expected_place_ = 0;             // of the next member, most likely
  std::string unescaped_;                      // texts of the row that had escapes
  std::size_t batch_rows_ = 0;
  std::uint64_t batch_bytes_ = 0, row_ = 0, accepted_ = 0, ignored_ = 0;
  RowRejects rejects_;
  std::optional<Error> failure_;  // of a bad row; given once, after the rows before it
  std::optional<Error> broken_;   // of the input; given for ever
  bool failed_ = false;
};

}  // namespace v0
}  // namespace penstock
