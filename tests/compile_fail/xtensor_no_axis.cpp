// SPDX-License-Identifier: MIT
// A tensor without an axis has no rows.
// EXPECT: has_frame_traits
#include "penstock/adapters/xtensor.hpp"

std::size_t f(const xt::xtensor<double, 0>& number) { return penstock::rows(number); }
