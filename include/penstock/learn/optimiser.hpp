// SPDX-License-Identifier: MIT
#pragma once

// What a step does with the gradient.
//
//     SgdRegressor model({.optimiser = Adam{.beta1 = 0.9}, .eta0 = 0.001});

#include <variant>  // variant

namespace penstock {
inline namespace v0 {

/// The plain step, w -= eta g; with SgdOptions::average, the mean of all that it went through.
struct PlainSgd {};

/// A step for each coefficient that shrinks with the squares of its gradients so far: w -= eta g / (sqrt(G) + epsilon),
/// G += g^2 (Duchi, Hazan and Singer 2011). l1 is a proximal step of the same length.
struct AdaGrad {
  double epsilon = 1e-8;  ///< above 0
};

/// Moments of the gradient with exponential forgetting, w -= eta m / (sqrt(v) + epsilon), both freed from the bias of
/// their start (Kingma and Ba 2015). Takes no l1. On sparse rows the moments of the other features wait, as do their
/// coefficients.
struct Adam {
  double beta1 = 0.9;     ///< forgetting of the mean, in [0, 1)
  double beta2 = 0.999;   ///< forgetting of the square, in [0, 1)
  double epsilon = 1e-8;  ///< above 0
};

/// Follow the proximal leader, per coordinate (McMahan et al. 2013): eta0 is their alpha, the schedule is not used, l1
/// and l2 are alpha l1_ratio and alpha (1 - l1_ratio). Coefficients that do not matter are exactly 0.
struct FtrlProximal {
  double beta = 1;  ///< from 0; larger is slower at first
};

/// One of them; SgdOptions{.optimiser = AdaGrad{}}.
using Optimiser = std::variant<PlainSgd, AdaGrad, Adam, FtrlProximal>;

}  // namespace v0
}  // namespace penstock
