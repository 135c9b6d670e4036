// SPDX-License-Identifier: MIT
#pragma once

// Passive-aggressive learners (Crammer et al. 2006): each row is learnt as far as it takes to be right about it.
//
//     PassiveAggressiveClassifier model({.C = 0.1});
//     PassiveAggressiveRegressor forecast({.C = 0.1, .squared = true, .epsilon = 0.05});

#include "penstock/learn/sgd_classifier.hpp"
#include "penstock/learn/sgd_regressor.hpp"

#include <cstddef>  // size_t
#include <cstdint>  // uint32_t
#include <vector>   // vector

namespace penstock {
inline namespace v0 {

/// The options that these learners have; they mean what they mean in SgdOptions, and have scikit-learn's defaults.
struct PassiveAggressiveOptions {
  double C = 1;                    ///< the largest step, above 0
  bool squared = false;            ///< PA-II, whose loss is squared and steps soft, instead of PA-I
  double epsilon = 0.1;            ///< regressor: errors up to it are right, from 0
  bool fit_intercept = true;       ///< false: it stays 0
  std::size_t average = 0;         ///< from the so-many-th row on the model is the mean of the steps; 0: never
  bool shuffle = false;            ///< whether each call learns its rows in a random order
  std::uint32_t random_state = 0;  ///< seed of the order
  Arithmetic arithmetic = Arithmetic::fast;  ///< how sums are rounded
  bool sklearn_compat = false;               ///< whether results depend on how rows are cut into calls
  std::size_t max_iter = 1000;               ///< fit: epochs at most
  double tol = 1e-3;                         ///< fit: what counts as better
  bool early_stopping = false;               ///< fit: whether rows held out decide when to stop
  double validation_fraction = 0.1;          ///< fit: part of the rows held out
  std::size_t n_iter_no_change = 5;          ///< fit: epochs without getting better
  bool warm_start = false;                   ///< fit: whether it goes on from the coefficients so far
  std::vector<double> classes{};             ///< classifier: the labels to come
  std::vector<ClassWeight> class_weight{};   ///< classifier: how much rows of a class count
  bool balanced_classes = false;  ///< classifier's fit: weights that make all classes count the same, instead
};

namespace detail {

inline SgdOptions sgd_options(const PassiveAggressiveOptions& o, const Loss& loss) {
  return {.loss = loss,
          .penalty = Penalty::none,
          .fit_intercept = o.fit_intercept,
          .learning_rate = o.squared ? LearningRate::pa2 : LearningRate::pa1,
          .eta0 = 1,
          .average = o.average,
          .shuffle = o.shuffle,
          .random_state = o.random_state,
          .arithmetic = o.arithmetic,
          .sklearn_compat = o.sklearn_compat,
          .C = o.C,
          .max_iter = o.max_iter,
          .tol = o.tol,
          .early_stopping = o.early_stopping,
          .validation_fraction = o.validation_fraction,
          .n_iter_no_change = o.n_iter_no_change,
          .warm_start = o.warm_start,
          .classes = o.classes,
          .class_weight = o.class_weight,
          .balanced_classes = o.balanced_classes};
}

}  // namespace detail

/// SgdRegressor with the epsilon-insensitive loss and passive-aggressive steps.
class PassiveAggressiveRegressor : public SgdRegressor {
 public:
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit PassiveAggressiveRegressor(const PassiveAggressiveOptions& options = {})
      : SgdRegressor(detail::sgd_options(options, Loss::epsilon_insensitive(options.epsilon))) {}
};

/// SgdClassifier with the hinge loss and passive-aggressive steps.
class PassiveAggressiveClassifier : public SgdClassifier {
 public:
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit PassiveAggressiveClassifier(const PassiveAggressiveOptions& options = {})
      : SgdClassifier(detail::sgd_options(options, Loss::hinge)) {}
};

}  // namespace v0
}  // namespace penstock
