// SPDX-License-Identifier: MIT
#pragma once

// Which columns a file has, which of them are wanted, and where: names, schema and options brought together.

#include "penstock/core/error.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/io/csv_infer.hpp"
#include "penstock/io/csv_options.hpp"
#include "penstock/io/csv_scanner.hpp"

#include <cstddef>      // size_t
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// One column that is wanted.
struct CsvPlan {
  Field field{};
  std::size_t place = 0;               ///< its place in the file's rows
  const CsvColumn* options = nullptr;  ///< what the caller knows of it, owned by CsvOptions
  bool infer = false;                  ///< field.dtype is still to be found
};

/// The columns of a file.
struct CsvLayout {
  std::vector<std::string> names{};  ///< of all columns of the file
  std::vector<CsvPlan> plans{};      ///< those that are wanted, in the order in which they are given
};

/// Whether a row has one field too many because it ends in a delimiter.
inline bool ends_in_delimiter(const CsvScanner& scanner) {
  const auto cells = scanner.cells();
  return scanner.count() > 1 && scanner.count() == cells.size() && cells.back().kind == CsvCell::plain &&
         cells.back().size == 0;
}

/// The texts of the row that the scanner is at.
inline std::vector<std::string> read_texts(const CsvScanner& scanner, const CsvOptions& options) {
  std::vector<std::string> texts;
  std::vector<char> scratch;
  for (const CsvCell& cell : scanner.cells()) texts.emplace_back(text_of(cell, scanner.quote(), scratch));
  if (options.trailing_delimiter && ends_in_delimiter(scanner)) texts.pop_back();
  return texts;
}

/// @throws Error if there are more columns than the scanner gives cells of.
inline void check_column_count(std::size_t columns, const CsvScanner& scanner, const CsvOptions& options) {
  if (columns <= options.max_columns) return;
  throw Error({.source = scanner.name(), .byte = scanner.byte()}, std::to_string(columns) + " columns",
              "at most max_columns, " + std::to_string(options.max_columns));
}

/// The first row, which tells how many columns there are. @throws Error if it is not there or bad.
inline std::vector<std::string> read_first_row(CsvScanner& scanner, const CsvOptions& options, std::string expected) {
  switch (scanner.next()) {
    case CsvRowStatus::row: break;
    case CsvRowStatus::end: throw Error({.source = scanner.name()}, "no rows", std::move(expected));
    case CsvRowStatus::unterminated_quote:
      throw Error({.source = scanner.name(), .byte = scanner.byte()}, "a quote that is not closed",
                  std::move(expected));
    default:
      throw Error({.source = scanner.name(), .byte = scanner.byte()},
                  "a row of more than " + std::to_string(options.max_row_bytes) + " bytes", std::move(expected));
  }
  check_column_count(scanner.count(), scanner, options);
  return read_texts(scanner, options);
}

/// Names for columns that have none, and different names for columns of one name.
/// @throws Error that names the column, if that is not wanted.
inline void settle_names(std::vector<std::string>& names, const CsvOptions& options, const std::string& source) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = "column_" + std::to_string(i + 1);
  }
  CategoryTable taken;
  for (const std::string& name : names) taken.find_or_add(name);
  if (taken.size() == names.size()) return;
  CategoryTable seen;
  for (std::string& name : names) {
    const std::size_t before = seen.size();
    seen.find_or_add(name);
    if (seen.size() > before) continue;
    if (options.duplicate_names == DuplicateNames::refuse) {
      throw Error({.source = source, .column = name}, "two columns of that name",
                  "different names, or DuplicateNames::rename");
    }
    std::string other;
    for (std::size_t n = 1, known = taken.size(); taken.size() == known; ++n) {
      other = name + "." + std::to_string(n);
      taken.find_or_add(other);
    }
    name = other;
  }
}

/// The names of all columns; goes behind the header. Without a header, the first row is looked at and left.
inline std::vector<std::string> read_names(CsvScanner& scanner, const CsvOptions& options) {
  std::vector<std::string> names = options.names;
  if (options.header) {
    std::vector<std::string> header = read_first_row(scanner, options, "a header");
    if (names.empty()) {
      names = std::move(header);
    } else if (names.size() != header.size()) {
      throw Error({.source = scanner.name(), .byte = scanner.byte()},
                  "a header of " + std::to_string(header.size()) + " columns",
                  std::to_string(names.size()) + ", as CsvOptions.names has");
    }
  } else if (names.empty() && options.schema) {
    for (const Field& field : options.schema->fields) names.push_back(field.name);
  } else if (names.empty()) {
    names.resize(read_first_row(scanner, options, "rows, or CsvOptions.names").size());
    scanner.unread();
  }
  check_column_count(names.size(), scanner, options);  // they may come from the options as well
  settle_names(names, options, scanner.name());
  scanner.count_rows_from_here();
  return names;
}

/// Finds the columns that are wanted. @throws Error that names a column that is not there.
inline std::vector<CsvPlan> plan_columns(const Schema& file, const CsvOptions& options) {
  std::vector<CsvPlan> plans;
  if (options.schema) {
    for (const Field& field : options.schema->fields) {
      const std::size_t place = file.index(field.name);
      plans.push_back({.field = field, .place = place});
    }
  } else if (!options.columns.empty()) {
    for (const std::string& name : options.columns) {
      const std::size_t place = file.index(name);
      plans.push_back({.field = file.fields[place], .place = place, .infer = true});
    }
  } else {
    for (std::size_t i = 0; i < file.fields.size(); ++i)
      plans.push_back({.field = file.fields[i], .place = i, .infer = true});
  }
  for (const CsvColumn& column : options.column_options) {
    const std::size_t place = file.index(column.name);
    for (CsvPlan& plan : plans) {
      if (plan.place != place) continue;
      plan.options = &column;
      if (apply_column_options(column, plan.field)) plan.infer = false;
    }
  }
  return plans;
}

/// No row that begins behind that many bytes is looked at for its types.
inline constexpr std::size_t csv_sample_bytes = std::size_t{4} << 20;

/// Looks at a sample of the rows from here on, which stay to be read. Bad rows say nothing.
inline void infer_types(std::vector<CsvPlan>& plans, std::size_t file_columns, CsvScanner& scanner,
                        const CsvOptions& options, const CsvWords& words) {
  std::vector<CsvTypeGuess> guesses;
  for (const CsvPlan& plan : plans) {
    if (plan.infer) guesses.emplace_back(&words, options.infer_categories);
  }
  if (guesses.empty()) return;
  scanner.hold(csv_sample_bytes);
  for (std::size_t rows = 0; rows < options.infer_rows; ++rows) {
    const CsvRowStatus status = scanner.next();
    if (status == CsvRowStatus::end || status == CsvRowStatus::sample_full) break;
    if (status != CsvRowStatus::row) continue;
    const std::size_t extra = options.trailing_delimiter && ends_in_delimiter(scanner) ? 1 : 0;
    if (scanner.count() != file_columns && scanner.count() != file_columns + extra) continue;
    auto guess = guesses.begin();
    for (const CsvPlan& plan : plans) {
      if (plan.infer) (guess++)->add(scanner.cells()[plan.place]);
    }
  }
  scanner.rewind();
  auto guess = guesses.begin();
  for (CsvPlan& plan : plans) {
    if (plan.infer) plan.field.dtype = (guess++)->dtype();
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
