// SPDX-License-Identifier: MIT
#pragma once

// One-hot columns as sparse rows for a learner: a row costs its ones, however many categories there are.
//
//     encoder.partial_fit(batch);
//     model.partial_fit(sparse_one_hot(encoder, batch), y);      // with learn/sparse.hpp

#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/new_columns.hpp"
#include "penstock/learn/one_hot_encoder.hpp"

#include <Eigen/SparseCore>

#include <algorithm>  // sort
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

/// The numbers of `encoder.transform(x)` as sparse rows: the columns that are passed on, which must be numbers, then
/// those of the encoder. A missing number is NaN. O(values of x). After `encoder.partial_fit(x)` these are the numbers
/// of `partial_fit_transform(x)`.
/// @throws as transform, and Error if a column that is passed on is a text, std::length_error above 2^31 - 1 values.
[[nodiscard]] inline SparseFeatureMatrix sparse_one_hot(const OneHotEncoder& encoder, const RecordBatch& x) {
  const std::vector<std::vector<std::int32_t>> ones = encoder.ones(x);
  std::vector<std::size_t> encoded;
  for (const std::string& name : encoder.source_columns()) encoded.push_back(x.schema().index(name));
  const RecordBatch others = detail::without_columns(x, encoded);
  const std::size_t passed_on = others.schema().fields.size();
  std::vector<std::vector<double>> copies(passed_on);
  std::vector<std::span<const double>> numbers;
  for (std::size_t j = 0; j < passed_on; ++j) numbers.push_back(detail::numbers_in(others, j, copies[j]));

  const std::size_t cols = passed_on + encoder.get_feature_names_out().size();
  if (cols > INT32_MAX || x.rows() > INT32_MAX / (passed_on + ones.size() + 1)) {
    throw std::length_error("sparse_one_hot: more than 2^31 - 1 values");
  }
  SparseFeatureMatrix rows(static_cast<Eigen::Index>(x.rows()), static_cast<Eigen::Index>(cols));
  rows.reserve(static_cast<Eigen::Index>(x.rows() * (passed_on + ones.size())));
  std::vector<std::int32_t> places;
  for (std::size_t i = 0; i < x.rows(); ++i) {
    rows.startVec(static_cast<Eigen::Index>(i));
    for (std::size_t j = 0; j < passed_on; ++j) {
      if (numbers[j][i] != 0)
        rows.insertBack(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = numbers[j][i];
    }
    places.clear();
    for (const auto& source : ones) {
      if (source[i] >= 0) places.push_back(source[i]);
    }
    std::sort(places.begin(), places.end());
    for (const std::int32_t place : places) {
      rows.insertBack(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(passed_on) + place) = 1;
    }
  }
  rows.finalize();
  return rows;
}

}  // namespace v0
}  // namespace penstock
