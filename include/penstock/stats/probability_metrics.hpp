// SPDX-License-Identifier: MIT
#pragma once

// How good predicted probabilities are, row after row: log loss and Brier score, with scikit-learn's values.
//
//     stats::LogLoss loss;
//     loss.update(1, 0.8);                        // it was positive, and 0.8 had been said
//     loss.update_class(2, probabilities);        // of more classes: the third it was
//     loss.get();                                 // NaN before the first row

#include "penstock/core/math.hpp"
#include "penstock/stats/online_metric.hpp"

#include <cstddef>    // size_t
#include <limits>     // numeric_limits
#include <span>       // span
#include <stdexcept>  // invalid_argument
#include <string>     // to_string

namespace penstock {
inline namespace v0 {
namespace stats {

/// How LogLoss takes probabilities.
struct LogLossOptions {
  /// probabilities are kept within [eps, 1 - eps], so that being sure and wrong costs -log(eps); in [0, 0.5)
  double eps = std::numeric_limits<double>::epsilon();
};

/// The mean of -log of the probability that was given to what came true; log_loss of scikit-learn 1.2.1, clipping and
/// all. O(1) a row, or O(classes). Not thread-safe: merge one of each thread.
class LogLoss : public MeanMetric<LogLoss> {
 public:
  LogLoss() = default;
  /// @throws std::invalid_argument unless eps is in [0, 0.5).
  explicit LogLoss(const LogLossOptions& options) : eps_(options.eps) {
    if (!(eps_ >= 0 && eps_ < 0.5)) {
      throw std::invalid_argument("LogLossOptions.eps is " + std::to_string(eps_) + ", not in [0, 0.5)");
    }
  }

  /// `y_true` is 0 or 1, `y_pred` the probability of 1. @throws std::invalid_argument for other numbers, or a weight
  /// that is negative or not finite; nothing is then changed.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_probability("LogLoss", y_true, y_pred, weight);
    const double p = clipped(y_pred);
    mean_.add(-detail::natural_logarithm(y_true == 1 ? p : 1 - p), weight);
  }
  /// `label` is the place of the true class in `probabilities`, which are clipped and then divided by their sum.
  /// @throws std::invalid_argument as update, or if there is no such class.
  void update_class(std::size_t label, std::span<const double> probabilities, double weight = 1) {
    if (label >= probabilities.size()) {
      throw std::invalid_argument("LogLoss: class " + std::to_string(label) + " of " +
                                  std::to_string(probabilities.size()));
    }
    double sum = 0;
    for (const double p : probabilities) {
      detail::check_metric_probability("LogLoss", 1, p, weight);
      sum += clipped(p);
    }
    if (!(sum > 0)) throw std::invalid_argument("LogLoss: the probabilities of a row are all 0");
    mean_.add(-detail::natural_logarithm(clipped(probabilities[label]) / sum), weight);
  }

 private:
  [[nodiscard]] double clipped(double p) const noexcept { return p < eps_ ? eps_ : p > 1 - eps_ ? 1 - eps_ : p; }

  double eps_ = LogLossOptions{}.eps;
};

/// The Brier score of two classes: the mean squared distance of the probability from what came true, 0 or 1. As
/// scikit-learn's brier_score_loss.
class Brier : public MeanMetric<Brier> {
 public:
  /// `y_true` is 0 or 1, `y_pred` the probability of 1. @throws as LogLoss::update.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_probability("Brier", y_true, y_pred, weight);
    mean_.add((y_true - y_pred) * (y_true - y_pred), weight);
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
