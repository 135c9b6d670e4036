// SPDX-License-Identifier: MIT
#pragma once

// Sparse rows for the learners: Eigen's sparse matrices, and compressed rows that somebody else owns.
//
//     Eigen::SparseMatrix<double, Eigen::RowMajor> x = ...;
//     model.partial_fit(x, y);                               // with this header, as dense rows are learnt
//     model.partial_fit(CsrView{values, columns, starts, 100, 1'000'000}, y);
//
// As scikit-learn does, l2 shrinks all coefficients, l1 those of a row's features, and the intercept's steps are a
// hundredth of those on dense rows (SgdOptions::sparse_intercept_decay).

#include "penstock/learn/row_source.hpp"
#include "penstock/learn/sgd_step.hpp"

#include <Eigen/SparseCore>

#include <concepts>   // convertible_to
#include <cstddef>    // size_t
#include <cstdint>    // int32_t
#include <memory>     // make_shared, shared_ptr
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // declval

namespace penstock {
inline namespace v0 {

/// Compressed sparse rows in memory of somebody else's.
struct CsrView {
  const double* values = nullptr;         ///< those that are not 0, row by row
  const std::int32_t* columns = nullptr;  ///< the feature of each, from 0; no feature twice in a row
  const std::int32_t* starts = nullptr;   ///< rows + 1 places in values; row i is [starts[i], starts[i + 1])
  std::size_t rows = 0;                   ///< may be 0
  std::size_t cols = 0;                   ///< features
};

namespace detail {

/// Sparse rows as the loop over rows wants them. `ends` is null where a row ends at the next one's start.
struct SparseRows {
  const double* values;
  const std::int32_t* columns;
  const std::int32_t* starts;
  const std::int32_t* ends;
  std::size_t rows, cols;

  [[nodiscard]] SparseRow row_at(std::size_t i) const noexcept {
    const std::int32_t first = starts[i];
    const std::int32_t size = ends == nullptr ? starts[i + 1] - first : ends[i];
    return {values + first, columns + first, static_cast<std::size_t>(size)};
  }
};

template <>
struct row_source<CsrView> {
  /// @throws std::invalid_argument if a row ends before it begins, or a column is outside the matrix. O(values).
  static SparseRows make(const CsrView& x) {
    std::int32_t last = 0;
    for (std::size_t i = 0; x.rows != 0 && i <= x.rows; ++i) {
      if (x.starts[i] < last) {
        throw std::invalid_argument("CsrView: start " + std::to_string(x.starts[i]) + " at place " + std::to_string(i) +
                                    " of starts; at least " + std::to_string(last) + " is needed");
      }
      last = x.starts[i];
    }
    for (std::int32_t i = x.rows == 0 ? 0 : x.starts[0]; i < last; ++i) {
      if (x.columns[i] >= 0 && static_cast<std::size_t>(x.columns[i]) < x.cols) continue;
      throw std::invalid_argument("CsrView: column " + std::to_string(x.columns[i]) + " in a matrix of " +
                                  std::to_string(x.cols));
    }
    return {x.values, x.columns, x.starts, nullptr, x.rows, x.cols};
  }
};

template <class D>
D sparse_matrix_of(const Eigen::SparseMatrixBase<D>&);

template <class X>
concept eigen_sparse = requires(const X& x) { sparse_matrix_of(x); };

/// Rows of a matrix that had to be converted, which they keep.
struct OwnedSparseRows : SparseRows {
  using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor, std::int32_t>;
  std::shared_ptr<const Matrix> matrix;
};

template <eigen_sparse X>
struct row_source<X> {
  using D = decltype(sparse_matrix_of(std::declval<const X&>()));
  static constexpr bool in_place = requires(const D& d) {
    { d.valuePtr() } -> std::convertible_to<const double*>;
    { d.innerIndexPtr() } -> std::convertible_to<const std::int32_t*>;
    { d.outerIndexPtr() } -> std::convertible_to<const std::int32_t*>;
  } && D::IsRowMajor;

  template <class M>
  static SparseRows view(const M& m) noexcept {
    return {m.valuePtr(),
            m.innerIndexPtr(),
            m.outerIndexPtr(),
            m.innerNonZeroPtr(),
            static_cast<std::size_t>(m.rows()),
            static_cast<std::size_t>(m.cols())};
  }
  static auto make(const X& x) {
    if constexpr (in_place) {
      return view(x.derived());
    } else {
      // By columns, of another type, or not computed yet: converted once.
      auto matrix = std::make_shared<OwnedSparseRows::Matrix>(x.derived().template cast<double>());
      matrix->makeCompressed();
      return OwnedSparseRows{view(*matrix), matrix};
    }
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
