// SPDX-License-Identifier: MIT
#pragma once

// What keeps coefficients small.
//
//     SgdRegressor model({.penalty = Penalty::elasticnet, .alpha = 1e-4, .l1_ratio = 0.15});
//     Penalty penalty = make_penalty("l2");              // by scikit-learn's name, for configuration files

#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// The penalty on the coefficients; the intercept has none. Its strength is SgdOptions::alpha.
enum class Penalty {
  none,       ///< none
  l2,         ///< alpha / 2 times the sum of squares: every step shrinks all coefficients
  l1,         ///< alpha times the sum of magnitudes, cumulative: coefficients that do not matter are exactly 0
  elasticnet  ///< l1_ratio of l1, the rest of l2
};

/// The name that make_penalty knows it by.
[[nodiscard]] constexpr std::string_view to_string(Penalty penalty) noexcept {
  switch (penalty) {
    case Penalty::none: return "none";
    case Penalty::l2: return "l2";
    case Penalty::l1: return "l1";
    case Penalty::elasticnet: return "elasticnet";
  }
  return "unknown";
}

/// The penalty of that name: none, l2, l1, elasticnet. @throws std::invalid_argument for another name.
[[nodiscard]] inline Penalty make_penalty(std::string_view name) {
  for (const Penalty penalty : {Penalty::none, Penalty::l2, Penalty::l1, Penalty::elasticnet}) {
    if (name == to_string(penalty)) return penalty;
  }
  throw std::invalid_argument("make_penalty: '" + std::string(name) + "' is no penalty; none, l2, l1, elasticnet are");
}

}  // namespace v0
}  // namespace penstock
