// SPDX-License-Identifier: MIT
#pragma once

// Forgetting a part of what a linear model has learnt, for a world that has changed in part. See SgdRegressor::decay.

#include "penstock/core/math.hpp"
#include "penstock/learn/linear_state.hpp"
#include "penstock/learn/optimiser.hpp"
#include "penstock/learn/sgd_step.hpp"

#include <algorithm>  // fill
#include <cmath>      // pow
#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <variant>    // get_if

namespace penstock {
inline namespace v0 {
namespace detail {

inline void check_decay(const char* who, double keep) {
  if (keep >= 0 && keep <= 1) return;
  throw std::invalid_argument(std::string(who) + "::decay: keep is " + std::to_string(keep) +
                              "; it must be from 0 to 1");
}

/// The z at which FTRL-Proximal has the coefficient w, with its squares at n.
inline double ftrl_z(double w, double z, double n, double beta, double eta, double l1, double l2, double keep) {
  if (w == 0) return keep * z;  // held at 0 by l1, and the more so
  const double slope = w * ((beta + square_root(n)) / eta + l2);
  return -slope - (w > 0 ? l1 : -l1);
}

/// What `decay` does to the state of one output, whose counter of rows goes from t to t_after.
inline void decay_state(LinearState& s, const SgdPlan& plan, double keep, double t, double t_after) {
  settle(s);
  LinearScalars& v = s.scalars;
  for (LinearVector* values : {&s.coef, &s.average}) {
    for (double& value : *values) value *= keep;
  }
  v.intercept *= keep;
  v.average_intercept *= keep;
  if (t_after <= plan.average) {  // the average begins again
    std::fill(s.average.begin(), s.average.end(), 0.0);
    v.average_intercept = 0;
  }
  v.l1_total = 0;
  std::fill(s.l1_applied.begin(), s.l1_applied.end(), 0.0);
  if (plan.plain) return;
  double first = 1, second = keep;  // what becomes of the optimiser's memories
  if (const auto* adam = std::get_if<Adam>(&plan.optimiser)) {
    // Freed from the bias of their start, the mean is kept in part and the square as it is.
    const auto freed = [&](double beta) {
      return t > 1 ? (1 - std::pow(beta, t_after - 1)) / (1 - std::pow(beta, t - 1)) : 1;
    };
    first = keep * freed(adam->beta1);
    second = freed(adam->beta2);
  }
  for (double& value : s.first) value *= first;
  for (double& value : s.second) value *= second;
  v.intercept_first *= first;
  v.intercept_second *= second;
  if (const auto* ftrl = std::get_if<FtrlProximal>(&plan.optimiser)) {
    const double l1 = plan.alpha * plan.l1_ratio;
    const double l2 = plan.penalty == Penalty::none ? 0 : plan.alpha * (1 - plan.l1_ratio);
    for (std::size_t j = 0; j < s.coef.size(); ++j) {
      s.first[j] = ftrl_z(s.coef[j], s.first[j], s.second[j], ftrl->beta, plan.eta0, l1, l2, keep);
    }
    v.intercept_first = ftrl_z(v.intercept, v.intercept_first, v.intercept_second, ftrl->beta, plan.eta0, 0, 0, keep);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
