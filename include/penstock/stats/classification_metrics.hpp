// SPDX-License-Identifier: MIT
#pragma once

// How often predicted classes are right, row after row: accuracy, precision, recall and F1, with scikit-learn's values.
//
//     stats::F1 f1;                                                // of class 1
//     stats::Recall recall({.average = stats::Average::macro});    // of all classes alike
//     f1.update(y_true, y_pred);
//     f1.get();                                                    // NaN before the first row

#include "penstock/stats/confusion_matrix.hpp"
#include "penstock/stats/online_metric.hpp"

#include <concepts>  // equality_comparable

namespace penstock {
inline namespace v0 {
namespace stats {

/// The share of rows whose class was right, by weight. Labels are anything that can be compared. O(1) a row. Not
/// thread-safe: merge one of each thread.
class Accuracy : public MeanMetric<Accuracy> {
 public:
  /// @throws std::invalid_argument if the weight is negative or not finite; nothing is then changed.
  template <std::equality_comparable Label>
  void update(const Label& y_true, const Label& y_pred, double weight = 1) {
    detail::check_metric_weight("Accuracy", weight);
    mean_.add(y_true == y_pred ? 1 : 0, weight);
  }
};

/// One of the scores of a ConfusionMatrix as a metric: see Precision, Recall, F1. Costs are the matrix's.
template <double (ConfusionMatrix::*score)(const ClassScoreOptions&) const>
class ClassScoreMetric {
 public:
  ClassScoreMetric() = default;
  /// @throws std::invalid_argument unless zero_division is 0 or 1.
  explicit ClassScoreMetric(const ClassScoreOptions& options) : options_(options) { (void)(matrix_.*score)(options_); }

  /// @throws as ConfusionMatrix::update.
  void update(double y_true, double y_pred, double weight = 1) { matrix_.update(y_true, y_pred, weight); }
  /// Takes a row back. @throws as ConfusionMatrix::revert.
  void revert(double y_true, double y_pred, double weight = 1) { matrix_.revert(y_true, y_pred, weight); }
  void merge(const ClassScoreMetric& other) { matrix_.merge(other.matrix_); }       ///< all rows of the other
  void scale(double factor) noexcept { matrix_.scale(factor); }                     ///< of all weights so far
  [[nodiscard]] double get() const { return (matrix_.*score)(options_); }           ///< NaN of no rows
  [[nodiscard]] const ConfusionMatrix& matrix() const noexcept { return matrix_; }  ///< what it is made of

 private:
  ClassScoreOptions options_;
  ConfusionMatrix matrix_;
};

/// Of the rows that were taken for a class, those that are.
using Precision = ClassScoreMetric<&ConfusionMatrix::precision>;
/// Of the rows of a class, those that were taken for it.
using Recall = ClassScoreMetric<&ConfusionMatrix::recall>;
/// The harmonic mean of precision and recall.
using F1 = ClassScoreMetric<&ConfusionMatrix::f1>;

}  // namespace stats
}  // namespace v0
}  // namespace penstock
