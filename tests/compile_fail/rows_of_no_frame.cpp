// SPDX-License-Identifier: MIT
// A type without rows is refused at the call, by the name of the concept, not somewhere inside.
// EXPECT: data_frame
#include "penstock/core/frame.hpp"

struct Turbine {};

std::size_t blades(const Turbine& turbine) { return penstock::rows(turbine); }
