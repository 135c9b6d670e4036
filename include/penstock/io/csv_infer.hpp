// SPDX-License-Identifier: MIT
#pragma once

// What type a column has, from a sample of its fields.
//
// The first of int64, float64, boolean and timestamp (ISO 8601, or the column's formats) that every field of the sample
// is a value of, missing ones aside. So integers one of which is beyond 64 bits are float64, as in pandas. Else the
// column is text: a category if it has at least 16 fields and a quarter of them or fewer are distinct, else string. A
// column without any value in the sample is string, which later fields of any kind fit.

#include "penstock/core/schema.hpp"
#include "penstock/io/csv_column_builder.hpp"

#include <cstddef>      // size_t
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Drops the types that a column cannot have, field by field.
class CsvTypeGuess {
 public:
  CsvTypeGuess(const CsvWords* words, bool categories) : words_(words), categories_wanted_(categories) {
    trials_.reserve(4);
    for (const DataType dtype : {DataType::int64, DataType::float64, DataType::boolean, DataType::timestamp}) {
      trials_.push_back({dtype, CsvColumnBuilder({.name = {}, .dtype = dtype}, nullptr, words)});
      trials_.back().builder.reserve(1);
    }
  }

  /// One field more.
  void add(const CsvCell& cell) {
    const std::string_view text = text_of(cell, words_->quote, scratch_);
    if (!words_->missing.contains(strip_blanks(text))) ++values_;
    if (categories_wanted_ && !(cell.kind == CsvCell::plain && words_->missing.contains(text))) {
      ++texts_;
      distinct_.find_or_add_padded(text, SIZE_MAX);
    }
    // The reader's own builder tries each value, so that what was inferred is what will be read.
    for (Trial& trial : trials_) {
      if (!trial.fits) continue;
      trial.fits = !trial.builder.set(0, cell);
      trial.builder.undo(0);
    }
  }

  [[nodiscard]] DataType dtype() const noexcept {
    for (const Trial& trial : trials_) {
      if (values_ > 0 && trial.fits) return trial.dtype;
    }
    const bool repetitive = texts_ >= 16 && distinct_.size() <= texts_ / 4;
    return values_ > 0 && repetitive ? DataType::category : DataType::string;
  }

 private:
  struct Trial {
    DataType dtype;
    CsvColumnBuilder builder;
    bool fits = true;
  };

  const CsvWords* words_;
  bool categories_wanted_;
  std::vector<Trial> trials_;
  CategoryTable distinct_;
  std::size_t values_ = 0;
  std::size_t texts_ = 0;
  std::vector<char> scratch_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
