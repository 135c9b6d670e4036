// SPDX-License-Identifier: MIT
#pragma once

// The steps of AdaGrad, Adam and FTRL-Proximal on the features of one row. On sparse rows the others wait: no moment
// fades and nothing shrinks until a row has the feature.

#include "penstock/core/math.hpp"
#include "penstock/learn/linear_state.hpp"
#include "penstock/learn/optimiser.hpp"

#include <cmath>    // pow
#include <cstddef>  // size_t
#include <variant>  // get_if

namespace penstock {
inline namespace v0 {
namespace detail {

/// What a step needs besides the row: the slope of the loss by the score times the row's weight, and the penalties.
struct AdaptiveStep {
  double slope, eta, t, l1, l2;
  bool fit_intercept;
  double intercept_decay;
};

/// x moved towards 0 by `by`, and no further.
inline double softened(double x, double by) noexcept {
  if (x > by) return x - by;
  return x < -by ? x + by : 0;
}

template <class Row>
void adagrad_step(LinearState& s, LinearScalars& v, const AdaGrad& o, const AdaptiveStep& a, const Row& row) {
  row.each([&](std::size_t j, double x) {
    double& w = s.coef[j];
    const double g = a.slope * x + a.l2 * w;
    s.second[j] += g * g;
    const double length = a.eta / (square_root(s.second[j]) + o.epsilon);
    w -= length * g;
    if (a.l1 > 0) w = softened(w, length * a.l1);
  });
  if (!a.fit_intercept) return;
  v.intercept_second += a.slope * a.slope;
  v.intercept -= a.intercept_decay * a.eta * a.slope / (square_root(v.intercept_second) + o.epsilon);
}

template <class Row>
void adam_step(LinearState& s, LinearScalars& v, const Adam& o, const AdaptiveStep& a, const Row& row) {
  const double first_bias = 1 - std::pow(o.beta1, a.t);
  const double second_bias = 1 - std::pow(o.beta2, a.t);
  const auto moved = [&](double& m, double& u, double g) {
    m = o.beta1 * m + (1 - o.beta1) * g;
    u = o.beta2 * u + (1 - o.beta2) * g * g;
    return a.eta * (m / first_bias) / (square_root(u / second_bias) + o.epsilon);
  };
  row.each([&](std::size_t j, double x) {
    double& w = s.coef[j];
    w -= moved(s.first[j], s.second[j], a.slope * x + a.l2 * w);
  });
  if (!a.fit_intercept) return;
  v.intercept -= a.intercept_decay * moved(v.intercept_first, v.intercept_second, a.slope);
}

template <class Row>
void ftrl_step(LinearState& s, LinearScalars& v, const FtrlProximal& o, const AdaptiveStep& a, const Row& row) {
  const auto moved = [&](double w, double& z, double& n, double g, double l1, double l2) {
    const double before = square_root(n);
    n += g * g;
    const double after = square_root(n);
    z += g - (after - before) / a.eta * w;
    const double curvature = (o.beta + after) / a.eta + l2;
    return curvature > 0 ? -softened(z, l1) / curvature : 0;
  };
  row.each(
      [&](std::size_t j, double x) { s.coef[j] = moved(s.coef[j], s.first[j], s.second[j], a.slope * x, a.l1, a.l2); });
  if (!a.fit_intercept) return;
  v.intercept = moved(v.intercept, v.intercept_first, v.intercept_second, a.intercept_decay * a.slope, 0, 0);
}

template <class Row>
void adaptive_step(LinearState& s, LinearScalars& v, const Optimiser& optimiser, const AdaptiveStep& a,
                   const Row& row) {
  if (const auto* adagrad = std::get_if<AdaGrad>(&optimiser)) adagrad_step(s, v, *adagrad, a, row);
  if (const auto* adam = std::get_if<Adam>(&optimiser)) adam_step(s, v, *adam, a, row);
  if (const auto* ftrl = std::get_if<FtrlProximal>(&optimiser)) ftrl_step(s, v, *ftrl, a, row);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
