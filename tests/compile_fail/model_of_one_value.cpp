// SPDX-License-Identifier: MIT
// A functor that gives one value for the whole chunk is refused at the call, by the name of the concept.
// EXPECT: model_for
#include "penstock/stream/process.hpp"

#include <span>
#include <vector>

double total(const std::vector<double>& frame) {
  return penstock::process_stream(frame, 10, [](std::span<const double> rows) { return rows[0]; }).values[0];
}
