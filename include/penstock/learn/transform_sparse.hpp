// SPDX-License-Identifier: MIT
#pragma once

// One-hot and hashed columns as sparse rows for a learner: a row costs its values, however many features there are.
//
//     FeatureHasher hasher;                                       // 2^20 features
//     model.partial_fit(transform_sparse(hasher, batch), y);      // with learn/sparse.hpp
//     other.partial_fit(partial_fit_transform_sparse(encoder, batch), y);

#include "penstock/core/record_batch.hpp"
#include "penstock/learn/feature_hasher.hpp"
#include "penstock/learn/one_hot_encoder.hpp"

#include <Eigen/SparseCore>

#include <algorithm>  // stable_sort
#include <cstddef>    // size_t
#include <cstdint>    // int32_t
#include <span>       // span
#include <stdexcept>  // length_error
#include <string>     // string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// Sparse rows that own their memory.
using SparseFeatureMatrix = Eigen::SparseMatrix<double, Eigen::RowMajor, std::int32_t>;

namespace detail {

/// Numbers of a table, then those that `entries(row, put)` puts by their place among `features`; what has one place is
/// added up in the order in which it was put.
template <class Entries>
SparseFeatureMatrix sparse_rows(const RecordBatch& numbers, std::size_t features, std::size_t most_a_row,
                                Entries&& entries) {
  const std::size_t dense = numbers.schema().fields.size();
  std::vector<std::vector<double>> copies(dense);
  std::vector<std::span<const double>> columns;
  for (std::size_t j = 0; j < dense; ++j) columns.push_back(numbers_in(numbers, j, copies[j]));
  if (dense + features > INT32_MAX || numbers.rows() > INT32_MAX / (dense + most_a_row + 1)) {
    throw std::length_error("transform_sparse: more than 2^31 - 1 columns or values");
  }
  struct Entry {
    std::int32_t place;
    double value;
  };
  SparseFeatureMatrix rows(static_cast<Eigen::Index>(numbers.rows()), static_cast<Eigen::Index>(dense + features));
  rows.reserve(static_cast<Eigen::Index>(numbers.rows() * (dense + most_a_row)));
  std::vector<Entry> row;
  for (std::size_t i = 0; i < numbers.rows(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    rows.startVec(at);
    for (std::size_t j = 0; j < dense; ++j) {
      if (columns[j][i] != 0) rows.insertBack(at, static_cast<Eigen::Index>(j)) = columns[j][i];
    }
    row.clear();
    entries(i, [&](std::int32_t place, double value) { row.push_back({place, value}); });
    std::stable_sort(row.begin(), row.end(), [](const Entry& a, const Entry& b) { return a.place < b.place; });
    for (std::size_t k = 0; k < row.size();) {
      double& sum = rows.insertBack(at, static_cast<Eigen::Index>(dense) + row[k].place);
      sum = row[k].value;
      for (const std::int32_t place = row[k++].place; k < row.size() && row[k].place == place; ++k) sum += row[k].value;
    }
  }
  rows.finalize();
  return rows;
}

/// What is passed on and the ones of an encoder.
inline SparseFeatureMatrix sparse_ones(const OneHotEncoder& encoder, const RecordBatch& x,
                                       const std::vector<std::vector<std::int32_t>>& ones) {
  return sparse_rows(encoder.passed_on(x), encoder.n_features_out(), ones.size(), [&](std::size_t i, auto&& put) {
    for (const auto& source : ones) {
      if (source[i] >= 0) put(source[i], 1.0);
    }
  });
}

}  // namespace detail

/// The numbers of `encoder.transform(x)` as sparse rows: the columns that are passed on, which must be numbers, then
/// those of the encoder. A missing number is NaN. O(values of x).
/// @throws as transform, and Error if a column that is passed on is a text, std::length_error above 2^31 - 1 values.
[[nodiscard]] inline SparseFeatureMatrix transform_sparse(const OneHotEncoder& encoder, const RecordBatch& x) {
  return detail::sparse_ones(encoder, x, encoder.ones(x));
}

/// Learns, and gives the numbers of `encoder.partial_fit_transform(x)` as sparse rows. Throws as transform_sparse; if a
/// column that is passed on is a text, the encoder has learnt its own columns all the same.
[[nodiscard]] inline SparseFeatureMatrix partial_fit_transform_sparse(OneHotEncoder& encoder, const RecordBatch& x) {
  const std::vector<std::vector<std::int32_t>> ones = encoder.partial_fit_ones(x);
  return detail::sparse_ones(encoder, x, ones);
}

/// The numbers of `hasher.transform(x)` as sparse rows, for any number of features: the columns that are passed on,
/// which must be numbers, then the features. O(values of x). Throws as the other.
[[nodiscard]] inline SparseFeatureMatrix transform_sparse(const FeatureHasher& hasher, const RecordBatch& x) {
  const std::vector<FeatureHasher::Additions> additions = hasher.additions(x);
  return detail::sparse_rows(hasher.passed_on(x), hasher.options().n_features, additions.size(),
                             [&](std::size_t i, auto&& put) {
                               for (const auto& column : additions) {
                                 if (column.values[i] != 0) put(column.places[i], column.values[i]);
                               }
                             });
}

}  // namespace v0
}  // namespace penstock
