// SPDX-License-Identifier: MIT
#pragma once

// What learners take as rows: Eigen's dense matrices of any order, maps, blocks and expressions, RowMajorView and
// RowMajorMatrix, RecordBatch (all its columns, or those of `select`), spans of one row. Sparse rows: learn/sparse.hpp.
//
//     model.partial_fit(x.middleRows(0, 100), y.head(100));
//     model.partial_fit(batch.select({"age", "minutes"}), batch.column<double>("spent").values());

#include "penstock/core/matrix.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/sgd_step.hpp"

#include <Eigen/Core>

#include <concepts>     // convertible_to, same_as
#include <cstddef>      // ptrdiff_t, size_t
#include <ranges>       // contiguous_range, sized_range
#include <span>         // span
#include <string>       // string
#include <type_traits>  // remove_cvref_t
#include <utility>      // declval
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Rows that lie in memory as kernels want them.
struct DirectRows {
  const double* data;
  std::ptrdiff_t stride;  // from row to row
  std::size_t rows, cols;

  [[nodiscard]] const double* row(std::size_t i) const noexcept {
    return data + static_cast<std::ptrdiff_t>(i) * stride;
  }
  [[nodiscard]] DenseRow row_at(std::size_t i) const noexcept { return {row(i), cols}; }
};

/// Rows that have to be brought into that form first: `load(places, first, count, out)` writes `count` of them, rows
/// places[first...] or, where places is null, rows first..., one behind the other.
template <class Load>
struct LoadedRows {
  std::size_t rows, cols;
  Load load;
};
template <class Load>
LoadedRows(std::size_t, std::size_t, Load) -> LoadedRows<Load>;

template <class T>
inline constexpr bool is_loaded = false;
template <class Load>
inline constexpr bool is_loaded<LoadedRows<Load>> = true;

/// How a type is rows; specialised in learn/sparse.hpp for sparse ones.
template <class X>
struct row_source;

template <>
struct row_source<RowMajorView> {
  static DirectRows make(const RowMajorView& x) noexcept {
    return {x.data, static_cast<std::ptrdiff_t>(x.cols), x.rows, x.cols};
  }
};
template <>
struct row_source<RowMajorMatrix> {
  static DirectRows make(const RowMajorMatrix& x) noexcept { return row_source<RowMajorView>::make(x.view()); }
};

template <class D>
D eigen_matrix_of(const Eigen::DenseBase<D>&);

template <class X>
concept eigen_matrix = requires(const X& x) { eigen_matrix_of(x); };

template <eigen_matrix X>
struct row_source<X> {
  using D = decltype(eigen_matrix_of(std::declval<const X&>()));
  static constexpr bool in_memory = (D::Flags & Eigen::DirectAccessBit) != 0;
  static constexpr bool rows_in_order =
      in_memory && std::same_as<typename D::Scalar, double> && (D::IsRowMajor || D::ColsAtCompileTime == 1);

  static auto make(const X& x) {
    const auto rows = static_cast<std::size_t>(x.rows());
    const auto cols = static_cast<std::size_t>(x.cols());
    if constexpr (rows_in_order && D::InnerStrideAtCompileTime == 1) {
      return DirectRows{x.derived().data(), x.derived().rowStride(), rows, cols};
    } else if constexpr (in_memory) {
      // Values with two strides, or of another type.
      const auto* data = x.derived().data();
      const std::ptrdiff_t down = x.derived().rowStride();
      const std::ptrdiff_t right = x.derived().colStride();
      return LoadedRows{rows, cols, [=](const std::size_t* places, std::size_t first, std::size_t count, double* out) {
                          for (std::size_t j = 0; j < cols; ++j) {
                            const auto* column = data + static_cast<std::ptrdiff_t>(j) * right;
                            for (std::size_t i = 0; i < count; ++i) {
                              const std::size_t place = places == nullptr ? first + i : places[first + i];
                              out[i * cols + j] =
                                  static_cast<double>(column[static_cast<std::ptrdiff_t>(place) * down]);
                            }
                          }
                        }};
    } else {
      // An expression, computed once.
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values = x.template cast<double>();
      return LoadedRows{rows, cols,
                        [values = std::move(values), cols](const std::size_t* places, std::size_t first,
                                                           std::size_t count, double* out) {
                          for (std::size_t i = 0; i < count; ++i) {
                            const std::size_t place = places == nullptr ? first + i : places[first + i];
                            for (std::size_t j = 0; j < cols; ++j) {
                              out[i * cols + j] =
                                  values(static_cast<Eigen::Index>(place), static_cast<Eigen::Index>(j));
                            }
                          }
                        }};
    }
  }
};

template <>
struct row_source<RecordBatch> {
  /// Numbers, booleans and times as RecordBatch::to_matrix reads them, missing ones as NaN, which learners refuse.
  static auto make(const RecordBatch& x) {
    std::vector<std::string> names;
    for (const Field& field : x.schema().fields) names.push_back(field.name);
    const std::size_t cols = names.size();
    return LoadedRows{x.rows(), cols,
                      [&x, names = std::move(names), cols](const std::size_t* places, std::size_t first,
                                                           std::size_t count, double* out) {
                        if (places == nullptr) {
                          x.slice(first, count).to_matrix(names, std::span(out, count * cols));
                          return;
                        }
                        for (std::size_t i = 0; i < count; ++i) {
                          x.slice(places[first + i], 1).to_matrix(names, std::span(out + i * cols, cols));
                        }
                      }};
  }
};

/// One row: contiguous doubles, or an Eigen vector of them that lies in memory.
template <class R>
concept row_range_of_doubles =
    std::ranges::contiguous_range<const R> && std::ranges::sized_range<const R> &&
    std::same_as<std::remove_cvref_t<std::ranges::range_value_t<const R>>, double> && !eigen_matrix<R>;

template <class X>
concept row_source_type = requires(const X& x) { row_source<X>::make(x); };

/// One number a row: targets, labels, weights.
template <class Y>
concept row_numbers =
    eigen_matrix<Y> || (std::ranges::sized_range<const Y> && std::ranges::input_range<const Y> &&
                        std::convertible_to<std::ranges::range_value_t<const Y>, double> && !eigen_matrix<Y>);

/// The numbers where they lie, if they lie one behind the other as doubles, else a copy of them in `copy`.
template <row_numbers Y>
std::span<const double> numbers_of(const Y& y, std::vector<double>& copy) {
  if constexpr (eigen_matrix<Y>) {
    using D = decltype(eigen_matrix_of(y));
    static_assert(D::RowsAtCompileTime == 1 || D::ColsAtCompileTime == 1, "one number a row: a vector is needed here");
    if constexpr ((D::Flags & Eigen::DirectAccessBit) != 0 && std::same_as<typename D::Scalar, double>) {
      if (y.derived().innerStride() == 1) return {y.derived().data(), static_cast<std::size_t>(y.size())};
    }
    copy.resize(static_cast<std::size_t>(y.size()));
    for (Eigen::Index i = 0; i < y.size(); ++i) {
      copy[static_cast<std::size_t>(i)] = static_cast<double>(y.derived().coeff(i));
    }
    return copy;
  } else if constexpr (row_range_of_doubles<Y>) {
    return {std::ranges::data(y), static_cast<std::size_t>(std::ranges::size(y))};
  } else {
    copy.clear();
    for (const auto& value : y) copy.push_back(static_cast<double>(value));
    return copy;
  }
}

}  // namespace detail

/// Rows of features that a learner takes: an Eigen matrix, RowMajorView or RowMajorMatrix, RecordBatch, a sparse
/// matrix.
template <class X>
concept feature_rows = detail::row_source_type<X>;

/// One row of features: contiguous doubles, or an Eigen vector, of any stride.
template <class R>
concept feature_row = detail::row_range_of_doubles<R> || detail::eigen_matrix<R>;

/// One number a row: an Eigen vector or any sized range of numbers.
template <class Y>
concept row_targets = detail::row_numbers<Y>;

}  // namespace v0
}  // namespace penstock
