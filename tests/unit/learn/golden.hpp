// SPDX-License-Identifier: MIT
#pragma once

// The table of tests/reference/sgd_partial_fit.txt, and the hash of a model that the scripts there write.

#include "penstock/learn/sgd.hpp"

#include <Eigen/Core>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace golden {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Table {
  RowMajor x;
  Eigen::VectorXd target, two, three, weight;
};

inline double hex(std::istream& in) {
  std::string word;
  in >> word;
  return std::strtod(word.c_str(), nullptr);
}

inline Table read_table(std::istream& in) {
  Eigen::Index rows = 0;
  Eigen::Index cols = 0;
  in >> rows >> cols;
  Table t{RowMajor(rows, cols), Eigen::VectorXd(rows), Eigen::VectorXd(rows), Eigen::VectorXd(rows),
          Eigen::VectorXd(rows)};
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < cols; ++j) t.x(i, j) = hex(in);
    for (Eigen::VectorXd* column : {&t.target, &t.two, &t.three, &t.weight}) (*column)[i] = hex(in);
  }
  return t;
}
inline Table read_table() {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/sgd_partial_fit.txt");
  return read_table(in);
}

inline constexpr std::uint64_t start = 0xcbf29ce484222325U;

inline std::uint64_t fnv(std::uint64_t state, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (unsigned shift = 0; shift < 64; shift += 8) state = (state ^ ((bits >> shift) & 0xffU)) * 0x100000001b3U;
  return state;
}

inline std::uint64_t hash_of(std::uint64_t state, const penstock::SgdRegressor& model) {
  for (const double w : model.coef()) state = fnv(state, w);
  return fnv(state, model.intercept());
}
inline std::uint64_t hash_of(std::uint64_t state, const penstock::SgdClassifier& model) {
  const penstock::SgdClassifier::Coef coef = model.coef();
  for (Eigen::Index i = 0; i < coef.size(); ++i) state = fnv(state, coef.data()[i]);
  for (const double b : model.intercept()) state = fnv(state, b);
  return state;
}

inline std::string in_hex(std::uint64_t state) {
  std::ostringstream out;
  out << std::hex;
  out.width(16);
  out.fill('0');
  out << state;
  return out.str();
}

}  // namespace golden
