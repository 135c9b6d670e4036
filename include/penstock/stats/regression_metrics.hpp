// SPDX-License-Identifier: MIT
#pragma once

// How far forecasts of numbers are off, row after row: MAE, MSE, RMSE and R2, with scikit-learn's values.
//
//     stats::Mae mae;
//     for (...) mae.update(y_true, y_pred);       // or with a weight
//     mae.get();                                  // NaN before the first row
//     mae.merge(of_another_thread);

#include "penstock/core/math.hpp"
#include "penstock/stats/accumulator.hpp"
#include "penstock/stats/online_metric.hpp"

#include <cstdint>  // uint64_t
#include <limits>   // numeric_limits

namespace penstock {
inline namespace v0 {
namespace stats {

/// The mean absolute error.
class Mae : public MeanMetric<Mae> {
 public:
  /// @throws std::invalid_argument if a number is not finite or the weight is negative; nothing is then changed.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_numbers("Mae", y_true, y_pred, weight);
    mean_.add(detail::absolute(y_true - y_pred), weight);
  }
};

/// The mean squared error.
class Mse : public MeanMetric<Mse> {
 public:
  /// @throws as Mae::update.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_numbers("Mse", y_true, y_pred, weight);
    mean_.add((y_true - y_pred) * (y_true - y_pred), weight);
  }
};

/// The root of the mean squared error.
class Rmse : public MeanMetric<Rmse> {
 public:
  /// @throws as Mae::update.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_numbers("Rmse", y_true, y_pred, weight);
    mean_.add((y_true - y_pred) * (y_true - y_pred), weight);
  }
  [[nodiscard]] double get() const noexcept { return detail::square_root(mean_.mean()); }  ///< NaN of no rows
};

/// R2, the coefficient of determination: 1 less the squared errors over the squares of the truths' distance from their
/// mean. 1 is perfect, 0 is what the mean of all these rows would have scored, and it may be below. The squares are
/// kept by Welford's update and Chan's merge, and counted from the first truth, so that truths far from 0 keep their
/// digits. O(1) a row. Not thread-safe: merge one of each thread.
class R2 {
 public:
  /// @throws as Mae::update.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_numbers("R2", y_true, y_pred, weight);
    errors_.add((y_true - y_pred) * (y_true - y_pred), weight);
    add({weight, 0, 0}, y_true);
  }
  /// All rows of the other.
  void merge(const R2& other) noexcept {
    add(VarianceAccumulator(other.truths_), other.origin_);
    errors_.merge(other.errors_);
  }
  /// Of all weights so far.
  void scale(double factor) noexcept {
    errors_.scale(factor);
    truths_.weight *= factor;
    truths_.squares *= factor;
  }
  /// As scikit-learn's r2_score: NaN of fewer than two rows; where all truths are the same, 1 if all predictions were
  /// right and else 0.
  [[nodiscard]] double get() const noexcept {
    if (errors_.rows < 2 || !(errors_.weight > 0)) return std::numeric_limits<double>::quiet_NaN();
    const double errors = errors_.total();
    if (errors == 0) return 1;
    return truths_.squares == 0 ? 0 : 1 - errors / truths_.squares;
  }
  [[nodiscard]] std::uint64_t rows() const noexcept { return errors_.rows; }  ///< whatever their weights
  [[nodiscard]] double weight() const noexcept { return errors_.weight; }     ///< of all rows

 private:
  /// Rows whose mean is counted from `origin`.
  void add(VarianceAccumulator rows, double origin) noexcept {
    if (truths_.weight == 0) {
      truths_ = rows;
      origin_ = origin;
      return;
    }
    rows.mean += origin - origin_;
    truths_.merge(rows);
  }

  detail::LossMean errors_;
  VarianceAccumulator truths_;
  double origin_ = 0;  // what truths_.mean is counted from
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
