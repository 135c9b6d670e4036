// SPDX-License-Identifier: MIT
// A map of a temporary matrix would outlive it.
// EXPECT: deleted function
#include "penstock/adapters/eigen.hpp"

double f() { return penstock::as_eigen(penstock::RowMajorMatrix{}).sum(); }
