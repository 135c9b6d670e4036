// SPDX-License-Identifier: MIT
// A vector has rows, but no columns with names.
// EXPECT: columnar_frame
#include "penstock/core/frame.hpp"

#include <vector>

auto f(const std::vector<double>& numbers) { return penstock::column<double>(numbers, "age"); }
