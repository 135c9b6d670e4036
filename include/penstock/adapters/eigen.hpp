// SPDX-License-Identifier: MIT
#pragma once

// Eigen's dense matrices as frames, and penstock's numbers as Eigen's.
//
//     Eigen::MatrixXd x = ...;
//     slice(x, 100, 50);                                        // rows 100 to 149, in place
//     auto scores = process_stream(x, 64, [&](const auto& rows) { return rows * weights; });
//
//     const RowMajorMatrix table = batch.to_matrix({"age", "minutes"});
//     Eigen::VectorXd scores = as_eigen(table) * weights;       // in place; table has to outlive the map
//
// Needs Eigen 3.4; includes Eigen/Core alone.

#include "penstock/core/column.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/matrix.hpp"

#include <Eigen/Core>

#include <concepts>     // same_as
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, int64_t
#include <span>         // span
#include <type_traits>  // conditional_t, remove_const_t

namespace penstock {
inline namespace v0 {
namespace detail {

template <class D>
D eigen_dense_of(const Eigen::DenseBase<D>&);

/// Dense values that lie in memory by two strides: Matrix, Array, Map, Ref, Block, Transpose, and classes derived from
/// these. Sums, products and other expressions that are not computed yet have no memory to take a slice of, and sparse
/// matrices no strides.
template <class F>
concept eigen_in_memory = requires(const F& f) { eigen_dense_of(f); } &&
                          (decltype(eigen_dense_of(std::declval<const F&>()))::Flags & Eigen::DirectAccessBit) != 0;

template <class D>
Eigen::Array<int, 1, 1> eigen_kind_of(const Eigen::ArrayBase<D>&);
template <class D>
Eigen::Matrix<int, 1, 1> eigen_kind_of(const Eigen::MatrixBase<D>&);

/// The slice of D, and of D's slices as well: a Map over the same memory. A Block would hold on to D itself, and the
/// Block of a Block of a Block be another type each time.
template <class D>
struct EigenSlice {
  static constexpr int cols = D::ColsAtCompileTime;
  static constexpr int order = D::IsRowMajor && cols != 1 ? Eigen::RowMajor : Eigen::ColMajor;
  static constexpr bool is_array =
      std::same_as<decltype(eigen_kind_of(std::declval<const D&>())), Eigen::Array<int, 1, 1>>;
  static constexpr bool is_dense = D::InnerStrideAtCompileTime == 1;

  using Scalar = typename D::Scalar;
  using Plain =
      std::conditional_t<is_array,
                         Eigen::Array<Scalar, Eigen::Dynamic, cols, order, Eigen::Dynamic, D::MaxColsAtCompileTime>,
                         Eigen::Matrix<Scalar, Eigen::Dynamic, cols, order, Eigen::Dynamic, D::MaxColsAtCompileTime>>;
  using Stride = std::conditional_t<
      cols == 1, std::conditional_t<is_dense, Eigen::Stride<0, 0>, Eigen::InnerStride<>>,
      std::conditional_t<is_dense, Eigen::OuterStride<>, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>>;
  using type = Eigen::Map<const Plain, Eigen::Unaligned, Stride>;

  static type make(const D& frame, Eigen::Index first, Eigen::Index count) {
    // Rows of no columns may have no memory, and nothing may be added to a null pointer.
    const Scalar* start = count == 0 || frame.cols() == 0 ? frame.data() : frame.data() + first * frame.rowStride();
    if constexpr (std::same_as<Stride, Eigen::Stride<0, 0>>) {
      return type(start, count, frame.cols());
    } else if constexpr (cols == 1) {
      return type(start, count, frame.cols(), Stride(frame.rowStride()));
    } else if constexpr (is_dense) {
      return type(start, count, frame.cols(), Stride(frame.outerStride()));
    } else {
      return type(start, count, frame.cols(), Stride(frame.outerStride(), frame.innerStride()));
    }
  }
};

}  // namespace detail

/// A dense Eigen matrix, array, map, reference or block is a frame of its rows: a column vector of n is n rows of one,
/// a row vector one row of n. A slice is a constant Map that borrows the values, keeps their order, and binds to
/// Eigen::Ref<const MatrixXd> (or RowMajor, as the frame is) without a copy; its slices are of its own type.
template <detail::eigen_in_memory F>
struct frame_traits<F> {
  static std::size_t rows(const F& frame) noexcept { return static_cast<std::size_t>(frame.rows()); }
  static auto slice(const F& frame, std::size_t first, std::size_t count) {
    using Dense = decltype(detail::eigen_dense_of(frame));
    return detail::EigenSlice<Dense>::make(frame.derived(), static_cast<Eigen::Index>(first),
                                           static_cast<Eigen::Index>(count));
  }
};

/// Rows of doubles as an Eigen matrix over the same memory, which must outlive it.
using EigenRows = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

/// The rows as Eigen sees them, without a copy.
[[nodiscard]] inline EigenRows as_eigen(const RowMajorView& rows) {
  return {rows.data, static_cast<Eigen::Index>(rows.rows), static_cast<Eigen::Index>(rows.cols)};
}
/// The same; the map borrows from the matrix.
[[nodiscard]] inline EigenRows as_eigen(const RowMajorMatrix& matrix) { return as_eigen(matrix.view()); }
EigenRows as_eigen(RowMajorMatrix&&) = delete;  // the map would outlive the matrix

/// Numbers in a row as an Eigen column vector over the same memory, constant if the span is: reads a column, or writes
/// what a filling functor has to write.
template <class T, std::size_t N>
  requires std::is_arithmetic_v<T>
[[nodiscard]] auto as_eigen(std::span<T, N> values) {
  using Vector = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>;
  return Eigen::Map<std::conditional_t<std::is_const_v<T>, const Vector, Vector>>(
      values.data(), static_cast<Eigen::Index>(values.size()));
}

/// A column of a batch as an Eigen column vector over the batch's memory; missing values are as ColumnView reads them.
template <class T>
  requires std::same_as<T, double> || std::same_as<T, std::int64_t> || std::same_as<T, std::int32_t>
[[nodiscard]] auto as_eigen(const ColumnView<T>& column) {
  return as_eigen(column.values());
}

}  // namespace v0
}  // namespace penstock
