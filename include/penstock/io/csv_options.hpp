// SPDX-License-Identifier: MIT
#pragma once

// How a CSV file is written, which of its columns are wanted and as what, and what is to be done with bad rows.
//
//     CsvOptions options{.rows_per_batch = 4096, .delimiter = ';', .decimal = ',', .missing = {"", "n/a"}};
//     options.column_options = {{.name = "born", .dtype = DataType::timestamp, .time_formats = {"%m/%d/%y"}}};

#include "penstock/core/schema.hpp"
#include "penstock/io/bad_row.hpp"
#include "penstock/io/check_options.hpp"
#include "penstock/io/column_options.hpp"

#include <cstddef>           // size_t
#include <cstdint>           // INT32_MAX, SIZE_MAX, uint8_t, UINT32_MAX
#include <functional>        // function
#include <initializer_list>  // initializer_list
#include <optional>          // optional
#include <stdexcept>         // invalid_argument
#include <string>            // string
#include <string_view>       // string_view
#include <vector>            // vector

namespace penstock {
inline namespace v0 {

/// What is known of one column beforehand.
using CsvColumn = ColumnOptions;

/// What to do about two columns of one name in a header.
enum class DuplicateNames : std::uint8_t {
  refuse,  ///< an Error that names the column
  rename   ///< x, x.1, x.2, as pandas does
};

/// Options of CsvReader. The defaults read what RFC 4180 describes, with a header.
struct CsvOptions {
  std::size_t rows_per_batch = 8192;  ///< rows in each batch but the last, at least 1

  // How the file is written.
  char delimiter = ',';             ///< any byte but a line end and those of the options below
  std::optional<char> quote = '"';  ///< nullopt: quotes are text, and fields hold neither delimiters nor line ends
  std::optional<char> comment{};    ///< a line that begins with it is no row
  char decimal = '.';               ///< or a comma
  std::size_t skip_rows = 0;        ///< lines to skip at the start, whatever is in them
  bool header = true;               ///< the first row holds the names
  std::vector<std::string>
      names{};  ///< the names, all of them, instead of the header's; column_1 ... if there are none
  DuplicateNames duplicate_names = DuplicateNames::refuse;  ///< two columns of one name
  bool skip_blank_lines =
      true;  ///< an empty line is no row; in a file of one column it is one that holds a missing value
  bool trailing_delimiter = false;  ///< rows may end in one delimiter too many, the header too

  // Which columns, and as what.
  std::optional<Schema> schema{};           ///< the columns wanted, in this order, found by name; or inferred
  std::vector<std::string> columns{};       ///< the columns wanted, in this order; all if empty
  std::vector<CsvColumn> column_options{};  ///< what is known of some columns
  std::size_t infer_rows = 1000;            ///< rows to infer types from, as far as 4 MiB hold them; at least 1
  bool infer_categories = true;             ///< see csv_infer.hpp; false: texts are inferred as string
  std::size_t max_categories = 1'000'000;   ///< texts that a growing category may have

  // Words.
  std::vector<std::string> missing = {""};  ///< fields that are missing values; a quoted text never is
  std::vector<std::string> true_words = {"true", "True", "TRUE"};      ///< fields that are true
  std::vector<std::string> false_words = {"false", "False", "FALSE"};  ///< fields that are false

  // Bad rows, and limits.
  OnBadRow on_bad_row = OnBadRow::fail;              ///< what to do about a bad row
  std::function<OnBadRow(const BadRow&)> handler{};  ///< for OnBadRow::handler; what it throws leaves next()
  std::size_t max_row_bytes = std::size_t{1} << 20;  ///< a longer row is bad; 1 to 2^30
  std::size_t max_columns = 65536;                   ///< a file of more is an Error; at least 1
  std::size_t buffer_bytes = std::size_t{1} << 18;   ///< what is read at a time; 1 to 2^30
};

namespace detail {

inline std::string show_byte(char c) {
  constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7F) return {'\'', c, '\''};
  return {'0', 'x', digits[byte >> 4], digits[byte & 15]};
}

/// A byte that means something to the scanner must be no line end, and mean one thing.
inline void check_special_byte(std::string_view name, char c, std::initializer_list<std::optional<char>> others) {
  bool twice = false;
  for (const std::optional<char>& other : others) twice = twice || other == c;
  if (c != '\n' && c != '\r' && !twice) return;
  throw std::invalid_argument("CsvOptions." + std::string(name) + " is " + show_byte(c) + ", which is " +
                              (twice ? "another option's byte" : "a line end"));
}

/// @throws std::invalid_argument that names the option, its value and what it may be.
inline void check(const CsvOptions& o) {
  check_in_range("CsvOptions", "rows_per_batch", o.rows_per_batch, SIZE_MAX);
  check_in_range("CsvOptions", "infer_rows", o.infer_rows, SIZE_MAX);
  check_in_range("CsvOptions", "max_categories", o.max_categories, INT32_MAX);
  check_in_range("CsvOptions", "max_row_bytes", o.max_row_bytes, std::size_t{1} << 30);
  check_in_range("CsvOptions", "max_columns", o.max_columns, UINT32_MAX);
  check_in_range("CsvOptions", "buffer_bytes", o.buffer_bytes, std::size_t{1} << 30);
  check_handler("CsvOptions", o.on_bad_row, static_cast<bool>(o.handler));
  check_special_byte("delimiter", o.delimiter, {o.quote, o.comment, o.decimal});
  if (o.quote) check_special_byte("quote", *o.quote, {o.comment, o.decimal});
  if (o.comment) check_special_byte("comment", *o.comment, {});
  if (o.decimal != '.' && o.decimal != ',')
    throw std::invalid_argument("CsvOptions.decimal is " + show_byte(o.decimal) + ", neither '.' nor ','");
  if (o.schema && !o.columns.empty())
    throw std::invalid_argument("CsvOptions.schema and .columns both say which columns are wanted");
  if (o.schema && o.schema->fields.empty()) throw std::invalid_argument("CsvOptions.schema has no fields");
  for (const std::string& word : o.true_words) {
    for (const std::string& other : o.false_words) {
      if (word == other) throw std::invalid_argument("CsvOptions.true_words and .false_words both have '" + word + "'");
    }
  }
  check_column_options("CsvOptions", o.column_options, o.schema);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
