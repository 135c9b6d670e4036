// SPDX-License-Identifier: MIT
// A statistic of one sample is refused for two, at the call, by the name of the concept.
// EXPECT: statistic_of
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/moments.hpp"

#include <vector>

double low(const std::vector<double>& a) {
  return penstock::bootstrap(penstock::stats::samples(a, a), penstock::stats::mean).ci.low;
}
