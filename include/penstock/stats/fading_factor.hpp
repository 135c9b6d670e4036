// SPDX-License-Identifier: MIT
#pragma once

// How much less a row counts with each one that comes after it, from the rows after which it is to count half.
//
//     const double factor = stats::fading_factor_of(1000);    // factor to the power of 1000 is 0.5

#include "penstock/core/math.hpp"

#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string

namespace penstock {
inline namespace v0 {
namespace stats {

/// The fading factor with which a row counts half when `half_life` more rows have come: 2^(-1 / half_life); 1, which
/// forgets nothing, for infinity. @throws std::invalid_argument unless half_life is above 0, which it calls `name`.
[[nodiscard]] inline double fading_factor_of(double half_life, const char* name = "fading_factor_of: half_life") {
  if (!(half_life > 0)) {
    throw std::invalid_argument(std::string(name) + " is " + std::to_string(half_life) +
                                "; a number above 0 is needed, infinity for none");
  }
  return detail::exponential(-0.69314718055994530942 / half_life);
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
