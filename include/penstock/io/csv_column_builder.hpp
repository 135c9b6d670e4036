// SPDX-License-Identifier: MIT
#pragma once

// Fields to the values of one column: what is missing, what is a value of the type, and what is neither.

#include "penstock/config.hpp"
#include "penstock/core/category_table.hpp"
#include "penstock/core/column.hpp"
#include "penstock/io/bad_row.hpp"
#include "penstock/io/csv_options.hpp"
#include "penstock/io/csv_scanner.hpp"
#include "penstock/io/parse_number.hpp"
#include "penstock/io/time_format.hpp"

#include <algorithm>    // find, max, min
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, int64_t, uint32_t
#include <limits>       // numeric_limits
#include <memory>       // shared_ptr
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // exchange, move
#include <variant>      // get_if
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// A few words, and a quick no for most fields that are none of them.
class WordSet {
 public:
  WordSet() = default;
  explicit WordSet(const std::vector<std::string>& words) : words_(words) {
    for (const std::string& word : words_) {
      if (word.empty()) {
        has_empty_ = true;
      } else {
        first_bytes_[static_cast<unsigned char>(word.front())] = true;
      }
    }
  }

  [[nodiscard]] bool has_empty() const noexcept { return has_empty_; }
  /// Whether a word that is not empty may begin so.
  [[nodiscard]] bool may_begin(char c) const noexcept { return first_bytes_[static_cast<unsigned char>(c)]; }
  [[nodiscard]] bool contains(std::string_view text) const noexcept {
    if (text.empty()) return has_empty_;
    return may_begin(text.front()) && std::find(words_.begin(), words_.end(), text) != words_.end();
  }

 private:
  std::vector<std::string> words_;
  std::array<bool, 256> first_bytes_{};
  bool has_empty_ = false;
};

/// What is the same for all columns of a file.
struct CsvWords {
  explicit CsvWords(const CsvOptions& o)
      : missing(o.missing),
        true_words(o.true_words),
        false_words(o.false_words),
        quote(o.quote.value_or(o.delimiter)),
        decimal(o.decimal),
        max_categories(o.max_categories) {}

  WordSet missing, true_words, false_words;
  char quote;
  char decimal;
  std::size_t max_categories;
};

/// The text of a cell, `parse_padding` readable bytes behind it; valid as long as the cell and `scratch`.
inline std::string_view text_of(const CsvCell& cell, char quote, std::vector<char>& scratch) {
  if (cell.kind != CsvCell::escaped) return cell.raw();
  scratch.clear();
  csv_unescape(cell.raw(), quote, scratch);
  const std::size_t size = scratch.size();
  scratch.resize(size + parse_padding);
  return {scratch.data(), size};
}

/// Grows one column, a batch at a time, by its place: `set(row, cell)` for row 0, 1, ... A row that turns out bad after
/// this column took its field is undone, and written over by the next.
class CsvColumnBuilder {
 public:
  /// Why a cell is no value of the column; nothing if it is one.
  using Flaw = std::optional<BadRowReason>;

  CsvColumnBuilder(const Field& field, const CsvColumn* options, const CsvWords* words)
      : dtype_(field.dtype), nullable_(field.nullable), words_(words), values_(empty_values(field.dtype)) {
    if (options != nullptr) {
      for (const std::string& text : options->categories) categories_.find_or_add(text);
      closed_ = !options->categories.empty();
      for (const std::string& format : options->time_formats) formats_.emplace_back(format);
    }
  }

  [[nodiscard]] bool closed() const noexcept { return closed_; }  ///< to texts that were given beforehand

  /// Makes room for that many rows.
  void reserve(std::size_t rows) {
    switch (dtype_) {
      case DataType::float64: values<std::vector<double>>().resize(rows); break;
      case DataType::int64: values<std::vector<std::int64_t>>().resize(rows); break;
      case DataType::boolean: values<BooleanValues>().bytes.resize(rows); break;
      case DataType::timestamp: values<std::vector<Timestamp>>().resize(rows); break;
      case DataType::string: values<StringValues>().offsets.reserve(rows + 1); break;
      case DataType::category: values<CategoryValues>().codes.resize(rows); break;
    }
  }

  /// The value of a cell at `row`, which there is room for and which follows the last one that was kept.
  Flaw set(std::size_t row, const CsvCell& cell) {
    // Numbers in plain sight first; all that has blanks, words or doubled quotes about it goes the long way.
    switch (dtype_) {
      case DataType::float64:
        if (is_simple(cell) &&
            parse_float64_padded(cell.begin, cell.end(), words_->decimal, values<std::vector<double>>()[row])) {
          return std::nullopt;
        }
        break;
      case DataType::int64:
        if (is_simple(cell) && parse_int64_padded(cell.begin, cell.end(), values<std::vector<std::int64_t>>()[row])) {
          return std::nullopt;
        }
        break;
      case DataType::category:
      case DataType::string: return set_text(row, cell);
      default: break;
    }
    return set_stripped(row, cell);
  }

  /// A missing value at `row`.
  Flaw set_missing(std::size_t row) {
    if (!nullable_) return BadRowReason::missing_value;
    switch (dtype_) {
      case DataType::float64: values<std::vector<double>>()[row] = std::numeric_limits<double>::quiet_NaN(); break;
      case DataType::int64: values<std::vector<std::int64_t>>()[row] = 0; break;
      case DataType::boolean: values<BooleanValues>().bytes[row] = 0; break;
      case DataType::timestamp: values<std::vector<Timestamp>>()[row] = Timestamp(); break;
      case DataType::string: values<StringValues>().append({}); break;
      case DataType::category: values<CategoryValues>().codes[row] = CategoryTable::unknown; break;
    }
    missing_.push_back(row);
    return std::nullopt;
  }

  /// Takes back what set or set_missing did for `row`, if they did anything.
  void undo(std::size_t row) {
    if (!missing_.empty() && missing_.back() == row) missing_.pop_back();
    if (dtype_ == DataType::string && values<StringValues>().offsets.size() > row + 1) {
      values<StringValues>().offsets.resize(row + 1);
      values<StringValues>().bytes.resize(values<StringValues>().offsets.back());
    }
    if (std::exchange(new_text_row_, no_row) == row) categories_.shrink(categories_.size() - 1);
  }

  /// The column of the first `rows` values, and a builder without any; a category keeps its codes.
  Column finish(std::size_t rows) {
    if (dtype_ == DataType::category) values<CategoryValues>().dictionary = categories_.dictionary();
    if (dtype_ != DataType::string) reserve(rows);  // back to what was used
    Validity validity;
    for (const std::size_t row : missing_) {
      validity.append_valid(row - validity.size());
      validity.append(false);
    }
    validity.append_valid(rows - validity.size());
    Column column(std::move(values_), std::move(validity));
    restart(values_);
    missing_.clear();
    new_text_row_ = no_row;
    return column;
  }

 private:
  static constexpr std::size_t no_row = SIZE_MAX;

  template <class Values>
  Values& values() noexcept {
    return *std::get_if<Values>(&values_);
  }

  [[nodiscard]] bool is_simple(const CsvCell& cell) const noexcept {
    return cell.size > 0 && cell.kind != CsvCell::escaped && !words_->missing.may_begin(*cell.begin);
  }

  PENSTOCK_NOINLINE Flaw set_text(std::size_t row, const CsvCell& cell) {
    const std::string_view text = text_of(cell, words_->quote, scratch_);
    if (cell.kind == CsvCell::plain && words_->missing.contains(text)) return set_missing(row);
    if (dtype_ == DataType::string) {
      values<StringValues>().append(text);
      return std::nullopt;
    }
    const std::size_t known = categories_.size();
    const std::int32_t code = categories_.find_or_add_padded(text, closed_ ? 0 : words_->max_categories);
    if (code == CategoryTable::unknown) return BadRowReason::unknown_category;
    if (categories_.size() != known) new_text_row_ = row;
    values<CategoryValues>().codes[row] = code;
    return std::nullopt;
  }

  PENSTOCK_NOINLINE Flaw set_stripped(std::size_t row, const CsvCell& cell) {
    const std::string_view text = strip_blanks(text_of(cell, words_->quote, scratch_));
    if (words_->missing.contains(text)) return set_missing(row);
    ParseStatus status = ParseStatus::invalid;
    if (dtype_ == DataType::float64) {
      status = parse_float64(text, values<std::vector<double>>()[row], words_->decimal);
    } else if (dtype_ == DataType::int64) {
      status = parse_int64(text, values<std::vector<std::int64_t>>()[row]);
    } else if (dtype_ == DataType::timestamp) {
      status = parse_time(text, formats_, values<std::vector<Timestamp>>()[row]);
    } else if (const bool yes = words_->true_words.contains(text); yes || words_->false_words.contains(text)) {
      values<BooleanValues>().bytes[row] = yes;
      status = ParseStatus::ok;
    }
    if (status == ParseStatus::ok) return std::nullopt;
    return status == ParseStatus::invalid ? BadRowReason::wrong_type : BadRowReason::out_of_range;
  }

  DataType dtype_;
  bool nullable_;
  bool closed_ = false;
  const CsvWords* words_;
  ColumnValues values_;
  std::vector<std::size_t> missing_;  // rows, ascending
  CategoryTable categories_;
  std::size_t new_text_row_ = no_row;  // the row that brought the last text of categories_
  std::vector<TimeFormat> formats_;
  std::vector<char> scratch_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
