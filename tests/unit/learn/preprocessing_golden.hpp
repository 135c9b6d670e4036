// SPDX-License-Identifier: MIT
#pragma once

// The figures of tests/reference/preprocessing.txt, and tables and matrices to feed transformers with.

#include "penstock/core/record_batch.hpp"
#include "penstock/learn/transformer.hpp"

#include "catch.hpp"

#include <Eigen/Core>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace preprocessing {

using penstock::FeatureMatrix;

inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// The numbers of that name.
inline std::vector<double> golden(const std::string& name) {
  static const auto all = [] {
    std::map<std::string, std::vector<double>> figures;
    std::ifstream in(PENSTOCK_REFERENCE_DIR "/preprocessing.txt");
    std::string line;
    while (std::getline(in, line)) {
      std::istringstream words(line);
      std::string title;
      std::size_t count = 0;
      words >> title >> count;
      std::vector<double>& values = figures[title];
      for (std::string word; words >> word;) values.push_back(std::strtod(word.c_str(), nullptr));
      REQUIRE(values.size() == count);
    }
    return figures;
  }();
  REQUIRE(all.count(name) == 1);
  return all.at(name);
}

inline FeatureMatrix golden_matrix(const std::string& name, Eigen::Index cols = 6) {
  const std::vector<double> values = golden(name);
  return Eigen::Map<const FeatureMatrix>(values.data(), static_cast<Eigen::Index>(values.size()) / cols, cols);
}

/// Whether both are NaN, or differ by no more than a part of the larger.
inline bool close(double a, double b, double part = 1e-12) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::abs(a - b) <= part * std::max({1.0, std::abs(a), std::abs(b)});
}

template <class A, class B>
void check_close(const A& found, const B& expected, double part = 1e-12) {
  REQUIRE(static_cast<std::size_t>(found.size()) == static_cast<std::size_t>(expected.size()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(found.size()); ++i) {
    const double a = found.data()[i];
    const double b = expected.data()[i];
    INFO("place " << i << ": " << a << " for " << b);
    CHECK(close(a, b, part));
  }
}

inline std::vector<std::uint64_t> bits(const FeatureMatrix& x) {
  std::vector<std::uint64_t> all;
  for (Eigen::Index i = 0; i < x.size(); ++i) all.push_back(std::bit_cast<std::uint64_t>(x.data()[i]));
  return all;
}
inline std::vector<std::uint64_t> bits(const Eigen::VectorXd& x) {
  std::vector<std::uint64_t> all;
  for (const double value : x) all.push_back(std::bit_cast<std::uint64_t>(value));
  return all;
}

/// A table of the columns of a matrix.
inline penstock::RecordBatch table_of(const FeatureMatrix& x, const std::vector<std::string>& names) {
  penstock::Schema schema;
  std::vector<penstock::Column> columns;
  for (std::size_t j = 0; j < names.size(); ++j) {
    schema.fields.push_back({names[j], penstock::DataType::float64});
    std::vector<double> values;
    for (Eigen::Index i = 0; i < x.rows(); ++i) values.push_back(x(i, static_cast<Eigen::Index>(j)));
    columns.emplace_back(std::move(values));
  }
  return {std::move(schema), std::move(columns)};
}
inline FeatureMatrix matrix_of(const penstock::RecordBatch& x, const std::vector<std::string>& names) {
  FeatureMatrix values(static_cast<Eigen::Index>(x.rows()), static_cast<Eigen::Index>(names.size()));
  x.to_matrix(names, std::span(values.data(), static_cast<std::size_t>(values.size())));
  return values;
}

/// What partial_fit_transform makes of the rows in calls of `chunk` rows.
template <class T>
FeatureMatrix by_chunks(T& step, const FeatureMatrix& x, Eigen::Index chunk) {
  FeatureMatrix out(x.rows(), 0);
  for (Eigen::Index first = 0; first < x.rows(); first += chunk) {
    const Eigen::Index count = std::min(chunk, x.rows() - first);
    const FeatureMatrix part = step.partial_fit_transform(x.middleRows(first, count));
    if (out.cols() == 0) out.resize(x.rows(), part.cols());
    out.middleRows(first, count) = part;
  }
  return out;
}

}  // namespace preprocessing
