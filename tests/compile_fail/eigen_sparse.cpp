// SPDX-License-Identifier: MIT
// A sparse matrix has no rows in place, so it is no frame.
// EXPECT: has_frame_traits
#include "penstock/adapters/eigen.hpp"

#include <Eigen/SparseCore>

std::size_t f(const Eigen::SparseMatrix<double>& m) { return penstock::rows(m); }
