// SPDX-License-Identifier: MIT
#pragma once

// All that a linear model of one output knows: coefficients, intercept, and what its optimiser remembers.
//
//     const LinearState& state = model.state(0);      // enough to write the model down in mid-stream

#include "penstock/learn/fence.hpp"

#include <bit>      // bit_cast
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t
#include <vector>   // vector

namespace penstock {
inline namespace v0 {

/// The numbers of a linear model that are no vectors. The coefficients stand as scale * coef, so that l2 shrinks them
/// all by one product; the average as (average + average_a * coef) / average_b (Bottou, Stochastic Gradient Descent
/// Tricks, 2012).
struct LinearScalars {
  double scale = 1;              ///< factor of all coefficients
  double intercept = 0;          ///< of the last step
  double average_a = 0;          ///< part of coef in the average
  double average_b = 1;          ///< divisor of the average
  double average_intercept = 0;  ///< mean of the intercepts
  double l1_total = 0;           ///< l1 that any coefficient could have received
  double intercept_first = 0;    ///< the optimiser's first memory of the intercept
  double intercept_second = 0;   ///< its second
};

/// A linear model of one output as it stands between two rows. Vectors that an option has no use for are empty.
struct LinearState {
  LinearScalars scalars{};           ///< what is no vector
  std::vector<double> coef{};        ///< coefficients, to be multiplied by the scale
  std::vector<double> average{};     ///< see LinearScalars
  std::vector<double> l1_applied{};  ///< l1 that each coefficient has received, with its sign
  std::vector<double> first{};       ///< AdaGrad's squares, Adam's means, FTRL's z
  std::vector<double> second{};      ///< Adam's squares, FTRL's squares
};

namespace detail {

/// Whether no value is infinite or NaN. An exponent of all ones runs over into the sign bit: a loop without branches.
inline bool all_finite(const std::vector<double>& values) noexcept {
  std::uint64_t seen = 0;
  for (const double value : values) {
    seen |= (std::bit_cast<std::uint64_t>(value) & 0x7ff0'0000'0000'0000U) + 0x0010'0000'0000'0000U;
  }
  return seen >> 63U == 0;
}

inline bool all_finite(const LinearState& s) noexcept {
  const LinearScalars& v = s.scalars;
  for (const double value : {v.scale, v.intercept, v.average_a, v.average_b, v.average_intercept, v.l1_total,
                             v.intercept_first, v.intercept_second}) {
    if (!is_finite_bits(value)) return false;
  }
  return all_finite(s.coef) && all_finite(s.average) && all_finite(s.l1_applied) && all_finite(s.first) &&
         all_finite(s.second);
}

/// The same model for the opposite targets; learning goes on from there as it would have from the start, bit by bit.
/// 0 - x and not -x, so that 0 stays 0.
inline void mirror(LinearState& s) noexcept {
  for (std::vector<double>* values : {&s.coef, &s.average, &s.l1_applied, &s.first}) {
    for (double& value : *values) value = 0 - value;
  }
  for (double* value : {&s.scalars.intercept, &s.scalars.average_intercept, &s.scalars.intercept_first}) {
    *value = 0 - *value;
  }
}

/// Makes the scale 1 and the average plain, as scikit-learn does when the scale gets small and at the end of each call.
template <class Kernel>
void settle(LinearState& s) noexcept {
  LinearScalars& v = s.scalars;
  if (!s.average.empty()) {
    const double inverse = 1 / v.average_b;
    for (std::size_t j = 0; j < s.coef.size(); ++j) {
      s.average[j] = (s.average[j] + Kernel::mul(v.average_a, s.coef[j])) * inverse;
    }
    v.average_a = 0;
    v.average_b = 1;
  }
  for (double& w : s.coef) w *= v.scale;
  v.scale = 1;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
