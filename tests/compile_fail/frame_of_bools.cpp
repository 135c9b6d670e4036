// SPDX-License-Identifier: MIT
// A vector of bools holds bits, which no span of rows reaches.
// EXPECT: has_frame_traits
#include "penstock/core/frame.hpp"

#include <vector>

std::size_t f(const std::vector<bool>& bits) { return penstock::rows(bits); }
