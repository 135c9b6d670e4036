// SPDX-License-Identifier: MIT
#pragma once

// How a linear model is learnt by stochastic gradient descent.
//
//     SgdRegressor model({.loss = make_loss("huber", 0.1), .penalty = Penalty::l2, .alpha = 1e-4, .average = 1});

#include "penstock/core/math.hpp"
#include "penstock/learn/fence.hpp"
#include "penstock/learn/learning_rate.hpp"
#include "penstock/learn/loss.hpp"
#include "penstock/learn/optimiser.hpp"
#include "penstock/learn/penalty.hpp"

#include <cstddef>    // size_t
#include <cstdint>    // uint32_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <variant>    // get_if, holds_alternative
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// How sums are rounded.
enum class Arithmetic {
  strict,  ///< in scikit-learn's order, each product rounded: its bits, whatever the compiler's flags but -ffast-math
  fast     ///< several sums at once, fused: within rounding of strict, and several times as fast
};

/// How much a row of one class counts; 1 for a class that is not named.
struct ClassWeight {
  double label;   ///< the class
  double weight;  ///< finite, from 0
};

/// How a linear model is learnt. Words and defaults are scikit-learn's SGDRegressor's and SGDClassifier's, but for
/// shuffle: a stream is learnt in its order. `check` says what is refused.
struct SgdOptions {
  Loss loss{};                    ///< unset: squared_error for regression, hinge for classes
  Penalty penalty = Penalty::l2;  ///< what keeps coefficients small
  double alpha = 1e-4;            ///< strength of the penalty, from 0; sets the `optimal` schedule too
  double l1_ratio = 0.15;         ///< part of l1 in elasticnet, in [0, 1]
  bool fit_intercept = true;      ///< false: it stays 0
  LearningRate learning_rate{};   ///< unset: invscaling for regression, optimal for classes
  double eta0 = 0.01;             ///< first step, above 0
  /// Exponent of invscaling; NaN: 0.25 for regression, 0.5 for classes.
  double power_t = std::numeric_limits<double>::quiet_NaN();
  std::size_t average = 0;         ///< from the so-many-th row on the model is the mean of the steps; 0: never
  bool shuffle = false;            ///< whether each call learns its rows in a random order
  std::uint32_t random_state = 0;  ///< seed of the order, as numpy's RandomState takes it
  Arithmetic arithmetic = Arithmetic::fast;  ///< how sums are rounded
  /// Whether the result shall depend on how rows are cut into calls, as scikit-learn's does: each call forgets the l1
  /// penalty so far and rounds what it has scaled, and averaging classifiers go on from a stale intercept.
  bool sklearn_compat = false;
  double C = 1;                      ///< largest step of pa1, softness of pa2; above 0
  Optimiser optimiser{};             ///< what a step does with the gradient
  std::size_t max_iter = 1000;       ///< fit: epochs at most, from 1
  double tol = 1e-3;                 ///< fit: what counts as better, from 0; infinite and negative: every epoch does
  bool early_stopping = false;       ///< fit: whether rows held out decide when to stop, not the loss on the others
  double validation_fraction = 0.1;  ///< fit: part of the rows held out, in (0, 1)
  std::size_t n_iter_no_change = 5;  ///< fit: epochs without getting better, from 1
  bool warm_start = false;           ///< fit: whether it goes on from the coefficients so far
  double sparse_intercept_decay = 0.01;  ///< factor of the intercept's steps on sparse rows, above 0; scikit-learn's
  /// Classifier: the labels to come. A label that is not among them is learnt from nothing when it comes. Empty: labels
  /// are taken as they come, and learnt as if they had been known; that costs one more row of coefficients.
  std::vector<double> classes{};
  std::vector<ClassWeight> class_weight{};  ///< classifier: how much rows of a class count
  bool balanced_classes = false;            ///< classifier's fit: weights that make all classes count the same, instead
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const SgdOptions& o) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("SgdOptions." + what); };
  const auto number = [&](const char* name, double value, bool good, const char* range) {
    if (!good || !detail::is_finite_bits(value)) {
      refuse(std::string(name) + " is " + std::to_string(value) + "; " + range + " is needed");
    }
  };
  if (to_string(o.penalty) == "unknown") refuse("penalty is no penalty");
  number("alpha", o.alpha, o.alpha >= 0, "a finite number from 0");
  number("l1_ratio", o.l1_ratio, o.l1_ratio >= 0 && o.l1_ratio <= 1, "a number in [0, 1]");
  number("eta0", o.eta0, o.eta0 > 0, "a finite number above 0");
  number("C", o.C, o.C > 0, "a finite number above 0");
  if (!detail::is_nan(o.power_t)) number("power_t", o.power_t, true, "a finite number");
  const LearningRateKind rate = o.learning_rate.kind();
  if (rate == LearningRateKind::optimal && o.alpha == 0) refuse("alpha is 0; the optimal learning rate needs it above");
  if (o.arithmetic != Arithmetic::strict && o.arithmetic != Arithmetic::fast) refuse("arithmetic is no arithmetic");
  if (o.max_iter == 0) refuse("max_iter is 0; at least 1 is needed");
  if (detail::is_nan(o.tol)) refuse("tol is NaN; a number is needed");
  if (o.n_iter_no_change == 0) refuse("n_iter_no_change is 0; at least 1 is needed");
  number("validation_fraction", o.validation_fraction, o.validation_fraction > 0 && o.validation_fraction < 1,
         "a number in (0, 1)");
  number("sparse_intercept_decay", o.sparse_intercept_decay, o.sparse_intercept_decay > 0, "a finite number above 0");
  for (const double label : o.classes) number("classes: a label", label, true, "a finite number");
  for (const ClassWeight& weight : o.class_weight) {
    number("class_weight: a label", weight.label, true, "a finite number");
    number("class_weight: a weight", weight.weight, weight.weight >= 0, "a finite number from 0");
  }
  if (std::holds_alternative<PlainSgd>(o.optimiser)) return;
  if (o.average != 0) refuse("average is " + std::to_string(o.average) + "; only the plain optimiser averages");
  if (rate == LearningRateKind::pa1 || rate == LearningRateKind::pa2) {
    refuse("learning_rate is passive-aggressive, which has no use for an optimiser");
  }
  if (o.sklearn_compat) refuse("sklearn_compat is set, but scikit-learn has the plain optimiser alone");
  if (const auto* adagrad = std::get_if<AdaGrad>(&o.optimiser)) {
    number("optimiser.epsilon", adagrad->epsilon, adagrad->epsilon > 0, "a finite number above 0");
  }
  if (const auto* adam = std::get_if<Adam>(&o.optimiser)) {
    number("optimiser.beta1", adam->beta1, adam->beta1 >= 0 && adam->beta1 < 1, "a number in [0, 1)");
    number("optimiser.beta2", adam->beta2, adam->beta2 >= 0 && adam->beta2 < 1, "a number in [0, 1)");
    number("optimiser.epsilon", adam->epsilon, adam->epsilon > 0, "a finite number above 0");
    if (o.penalty == Penalty::l1 || o.penalty == Penalty::elasticnet) refuse("penalty has l1, which Adam cannot take");
  }
  if (const auto* ftrl = std::get_if<FtrlProximal>(&o.optimiser)) {
    number("optimiser.beta", ftrl->beta, ftrl->beta >= 0, "a finite number from 0");
  }
}

}  // namespace v0
}  // namespace penstock
