// SPDX-License-Identifier: MIT
#pragma once

// Rows of doubles, one behind the other: the shape in which most models want a table.
//
//     RowMajorMatrix x = batch.to_matrix({"age", "minutes"});
//     x(3, 1);        // the minutes of row 3
//     x.row(3);       // span of 2 doubles

#include "penstock/core/frame.hpp"

#include <cstddef>  // size_t
#include <span>     // span
#include <vector>   // vector

namespace penstock {
inline namespace v0 {

/// A stretch of rows of a matrix that somebody else owns.
struct RowMajorView {
  const double* data = nullptr;  ///< rows * cols values, borrowed
  std::size_t rows = 0;          ///< may be 0
  std::size_t cols = 0;          ///< values a row

  /// One value; the place is not checked.
  [[nodiscard]] double operator()(std::size_t row, std::size_t col) const noexcept { return data[row * cols + col]; }
  /// One row; `i < rows`.
  [[nodiscard]] std::span<const double> row(std::size_t i) const noexcept { return {data + i * cols, cols}; }
};

/// A dense matrix of doubles in row-major order that owns its values.
struct RowMajorMatrix {
  std::vector<double> values{};  ///< rows * cols of them
  std::size_t rows = 0;          ///< may be 0
  std::size_t cols = 0;          ///< values a row

  /// One value; the place is not checked.
  [[nodiscard]] double operator()(std::size_t row, std::size_t col) const noexcept { return values[row * cols + col]; }
  /// One row; `i < rows`.
  [[nodiscard]] std::span<const double> row(std::size_t i) const noexcept { return {values.data() + i * cols, cols}; }
  [[nodiscard]] RowMajorView view() const noexcept { return {values.data(), rows, cols}; }  ///< borrows
};

/// What stands in a matrix where the table has no value.
enum class Missing {
  nan,   ///< a quiet NaN
  fill,  ///< MatrixOptions::fill
  error  ///< nothing: the first missing value is an Error that names its row and column
};

/// How a table becomes a matrix.
struct MatrixOptions {
  Missing missing = Missing::nan;  ///< what a missing value becomes
  double fill = 0;                 ///< used by Missing::fill
};

/// A view is a frame, and so is what it views.
template <>
struct frame_traits<RowMajorView> {
  static std::size_t rows(const RowMajorView& m) noexcept { return m.rows; }
  static RowMajorView slice(const RowMajorView& m, std::size_t first, std::size_t count) noexcept {
    return {m.data + first * m.cols, count, m.cols};
  }
};
template <>
struct frame_traits<RowMajorMatrix> {
  static std::size_t rows(const RowMajorMatrix& m) noexcept { return m.rows; }
  static RowMajorView slice(const RowMajorMatrix& m, std::size_t first, std::size_t count) noexcept {
    return frame_traits<RowMajorView>::slice(m.view(), first, count);
  }
};

}  // namespace v0
}  // namespace penstock
