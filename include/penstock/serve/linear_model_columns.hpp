// SPDX-License-Identifier: MIT
#pragma once

// How a linear model reads the columns of a frame: numbers of any type as doubles, texts as places of coefficients.
//
//     auto view = detail::number_view(batch, "minutes");           // float64, int64 or boolean
//     detail::read_numbers(view, first, count, values, stride);    // NaN where one is missing

#include "penstock/config.hpp"
#include "penstock/core/category_index.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/serve/linear_model_check.hpp"
#include "penstock/serve/linear_model_spec.hpp"

#include <cstddef>      // size_t, ptrdiff_t
#include <cstdint>      // int32_t
#include <limits>       // numeric_limits
#include <string>       // string
#include <string_view>  // string_view
#include <variant>      // get_if, variant
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

PENSTOCK_COLD [[noreturn]] inline void throw_wrong_column(std::string_view name, DataType found, const char* expected) {
  throw Error({.column = std::string(name)}, "a column of type " + std::string(to_string(found)), expected);
}

/// The column as numbers. @throws Error if there is none or it holds something else.
inline NumberView number_view(const RecordBatch& batch, std::string_view name) {
  const std::size_t place = batch.schema().index(name);
  const DataType dtype = batch.schema().fields[place].dtype;
  switch (dtype) {
    case DataType::float64:
    case DataType::int64:
    case DataType::boolean: return numbers_of(batch, place);
    default: throw_wrong_column(name, dtype, "numbers (float64, int64 or boolean)");
  }
}
template <columnar_frame F>
auto number_view(const F& frame, std::string_view name) {
  return column<double>(frame, name);
}

/// Rows [first, first + count) to out[0], out[stride] and so on; NaN where a number is missing.
template <class View>
void read_numbers(const View& view, std::size_t first, std::size_t count, double* out, std::size_t stride) {
  for (std::size_t i = 0; i < count; ++i) {
    double value = static_cast<double>(view[first + i]);
    if constexpr (requires { view.is_valid(i); }) {
      if (!view.is_valid(first + i)) value = std::numeric_limits<double>::quiet_NaN();
    }
    out[i * stride] = value;
  }
}
inline void read_numbers(const NumberView& view, std::size_t first, std::size_t count, double* out,
                         std::size_t stride) {
  view.copy(first, count, out, stride);
}

/// A categorical feature made ready: which coefficient a text picks.
class TextTable {
 public:
  static constexpr std::ptrdiff_t none = -1;  ///< no coefficient: all columns are zero

  /// Its coefficients begin at `first`.
  TextTable(const CategoricalFeature& feature, std::size_t first)
      : name_(feature.name), categories_(feature.categories), first_(static_cast<std::ptrdiff_t>(first)) {
    std::ptrdiff_t next = first_ + static_cast<std::ptrdiff_t>(feature.categories.size());
    unseen_ = feature.unseen == Unseen::error ? refuse : feature.unseen == Unseen::other ? next++ : none;
    missing_ = feature.missing == MissingText::error ? refuse : feature.missing == MissingText::category ? next : none;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// @throws Error by the policy; `row` counts from 0.
  [[nodiscard]] std::ptrdiff_t pick(std::string_view text, std::size_t row) const {
    if (const auto code = categories_.find(text)) return first_ + *code;
    if (unseen_ == refuse) refuse_unseen(text, row);
    return unseen_;
  }
  [[nodiscard]] std::ptrdiff_t pick_missing(std::size_t row) const {
    if (missing_ == refuse) throw Error({.row = row + 1, .column = name_}, "no value", "a text");
    return missing_;
  }

 private:
  static constexpr std::ptrdiff_t refuse = -2;

  PENSTOCK_COLD [[noreturn]] void refuse_unseen(std::string_view text, std::size_t row) const {
    throw Error({.row = row + 1, .column = name_}, in_quotes(text),
                "one of the " + std::to_string(categories_.size()) + " categories that the model knows");
  }

  std::string name_;
  CategoryIndex categories_;
  std::ptrdiff_t first_;
  std::ptrdiff_t unseen_;
  std::ptrdiff_t missing_;
};

/// The codes of a category column, each looked up once in a call, or for each row where the rows are fewer than the
/// texts.
class CodeView {
 public:
  CodeView(ColumnView<std::int32_t> codes, std::size_t rows) : codes_(codes), texts_(&codes.dictionary()) {
    if (texts_->size() <= rows) picks_.assign(texts_->size(), unknown);
  }

  [[nodiscard]] bool is_valid(std::size_t row) const noexcept { return codes_.is_valid(row); }
  [[nodiscard]] std::ptrdiff_t pick(const TextTable& table, std::size_t row) {
    const auto code = static_cast<std::size_t>(codes_[row]);
    if (picks_.empty()) return table.pick((*texts_)[code], row);
    if (picks_[code] == unknown) picks_[code] = table.pick((*texts_)[code], row);
    return picks_[code];
  }

 private:
  static constexpr std::ptrdiff_t unknown = -3;

  ColumnView<std::int32_t> codes_;
  const Dictionary* texts_;
  std::vector<std::ptrdiff_t> picks_;
};

/// A column of texts, each looked up as it comes.
template <class View>
class StringView {
 public:
  explicit StringView(View view) : view_(std::move(view)) {}

  [[nodiscard]] bool is_valid(std::size_t row) const noexcept {
    if constexpr (requires { view_.is_valid(row); }) return view_.is_valid(row);
    return true;
  }
  [[nodiscard]] std::ptrdiff_t pick(const TextTable& table, std::size_t row) const {
    return table.pick(view_[row], row);
  }

 private:
  View view_;
};

using TextView = std::variant<StringView<ColumnView<std::string_view>>, CodeView>;

/// The column as texts. @throws Error if there is none or it holds something else.
inline TextView text_view(const RecordBatch& batch, std::string_view name) {
  const std::size_t place = batch.schema().index(name);
  const DataType dtype = batch.schema().fields[place].dtype;
  if (dtype == DataType::category) return CodeView(batch.column<std::int32_t>(place), batch.rows());
  if (dtype == DataType::string) return StringView(batch.column<std::string_view>(place));
  throw_wrong_column(name, dtype, "texts (string or category)");
}
template <columnar_frame F>
auto text_view(const F& frame, std::string_view name) {
  if constexpr (columnar_frame<F, std::string_view>) {
    return StringView(column<std::string_view>(frame, name));
  } else {
    throw Error({.column = std::string(name)}, "a frame without texts", "texts");
    return StringView(std::vector<std::string_view>());
  }
}

/// The coefficients that rows [first, first + count) pick, to out[0], out[stride] and so on.
template <class View>
void read_texts(View& view, const TextTable& table, std::size_t first, std::size_t count, std::ptrdiff_t* out,
                std::size_t stride) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = first + i;
    out[i * stride] = view.is_valid(row) ? view.pick(table, row) : table.pick_missing(row);
  }
}
inline void read_texts(TextView& view, const TextTable& table, std::size_t first, std::size_t count,
                       std::ptrdiff_t* out, std::size_t stride) {
  if (auto* texts = std::get_if<0>(&view)) read_texts(*texts, table, first, count, out, stride);
  if (auto* codes = std::get_if<1>(&view)) read_texts(*codes, table, first, count, out, stride);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
