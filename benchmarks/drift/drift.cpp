// SPDX-License-Identifier: MIT
// What compare.py calls: each detector over a stream, and where it said drift.
#include "penstock/learn/drift/adwin.hpp"
#include "penstock/learn/drift/ddm.hpp"
#include "penstock/learn/drift/kswin.hpp"
#include "penstock/learn/drift/page_hinkley.hpp"

#include <cstddef>
#include <cstdint>

using namespace penstock;

namespace {

template <drift_detector D>
std::size_t run(D detector, const double* x, std::size_t n, std::int64_t* places) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (detector.update(x[i]) == DriftStatus::drift) places[found++] = static_cast<std::int64_t>(i);
  }
  return found;
}

}  // namespace

extern "C" {
#pragma GCC visibility push(default)

/// Shows n values to detector `kind`, writes down where it said drift, and gives how often it did.
std::size_t detect(int kind, const double* x, std::size_t n, std::int64_t* places) {
  switch (kind) {
    case 0: return run(Adwin{}, x, n, places);
    case 1: return run(Adwin({.clock = 1}), x, n, places);
    case 2: return run(PageHinkley{}, x, n, places);
    case 3: return run(Ddm{}, x, n, places);
    default: return run(Kswin({.alpha = 1e-4}), x, n, places);
  }
}
#pragma GCC visibility pop
}
