// SPDX-License-Identifier: MIT
#pragma once

// Rosenblatt's perceptron: a row that is on the wrong side is added to the coefficients.
//
//     Perceptron model;
//     model.partial_fit(x, labels);

#include "penstock/learn/sgd_classifier.hpp"

#include <cstddef>  // size_t
#include <cstdint>  // uint32_t
#include <vector>   // vector

namespace penstock {
inline namespace v0 {

/// The options that a perceptron has; they mean what they mean in SgdOptions, and have scikit-learn's defaults.
struct PerceptronOptions {
  Penalty penalty = Penalty::none;           ///< what keeps coefficients small
  double alpha = 1e-4;                       ///< strength of the penalty, from 0
  double l1_ratio = 0.15;                    ///< part of l1 in elasticnet, in [0, 1]
  bool fit_intercept = true;                 ///< false: it stays 0
  double eta0 = 1;                           ///< length of the steps, above 0
  bool shuffle = false;                      ///< whether each call learns its rows in a random order
  std::uint32_t random_state = 0;            ///< seed of the order
  Arithmetic arithmetic = Arithmetic::fast;  ///< how sums are rounded
  bool sklearn_compat = false;               ///< whether results depend on how rows are cut into calls
  std::size_t max_iter = 1000;               ///< fit: epochs at most
  double tol = 1e-3;                         ///< fit: what counts as better
  bool early_stopping = false;               ///< fit: whether rows held out decide when to stop
  double validation_fraction = 0.1;          ///< fit: part of the rows held out
  std::size_t n_iter_no_change = 5;          ///< fit: epochs without getting better
  bool warm_start = false;                   ///< fit: whether it goes on from the coefficients so far
  std::vector<double> classes{};             ///< the labels to come
  std::vector<ClassWeight> class_weight{};   ///< how much rows of a class count
  bool balanced_classes = false;             ///< fit: weights that make all classes count the same, instead
};

/// SgdClassifier with the perceptron loss and steps of one length.
class Perceptron : public SgdClassifier {
 public:
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit Perceptron(const PerceptronOptions& o = {})
      : SgdClassifier(SgdOptions{.loss = Loss::perceptron,
                                 .penalty = o.penalty,
                                 .alpha = o.alpha,
                                 .l1_ratio = o.l1_ratio,
                                 .fit_intercept = o.fit_intercept,
                                 .learning_rate = LearningRate::constant,
                                 .eta0 = o.eta0,
                                 .shuffle = o.shuffle,
                                 .random_state = o.random_state,
                                 .arithmetic = o.arithmetic,
                                 .sklearn_compat = o.sklearn_compat,
                                 .max_iter = o.max_iter,
                                 .tol = o.tol,
                                 .early_stopping = o.early_stopping,
                                 .validation_fraction = o.validation_fraction,
                                 .n_iter_no_change = o.n_iter_no_change,
                                 .warm_start = o.warm_start,
                                 .classes = o.classes,
                                 .class_weight = o.class_weight,
                                 .balanced_classes = o.balanced_classes}) {}
};

}  // namespace v0
}  // namespace penstock
