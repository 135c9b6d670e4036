// SPDX-License-Identifier: MIT
#pragma once

// What tells how good predictions are, row after row: any type that takes a truth and a prediction, and can be merged.
//
//     struct HitRate {                                    // one of your own: how often the forecast was within 10 %
//       double hits = 0, all = 0;
//       void update(double y, double p, double w = 1) { all += w; hits += std::abs(p - y) <= 0.1 * y ? w : 0; }
//       void merge(const HitRate& other) { all += other.all; hits += other.hits; }
//       double get() const { return hits / all; }
//     };
//     stats::Rolling<HitRate> last({.window_size = 500});  // and it takes part in all that is here

#include "penstock/config.hpp"
#include "penstock/core/math.hpp"

#include <concepts>   // copyable
#include <cstdint>    // uint64_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string

namespace penstock {
inline namespace v0 {
namespace stats {

/// A figure of predictions that is kept as rows come. Promises that no compiler checks: `get()` is that of all rows so
/// far, each counted by its weight (1 if none is given); `merge(other)` does what updates with all of other's rows
/// after its own would have done, up to rounding; what cannot be a truth, a prediction or a weight is refused by
/// std::invalid_argument, and changes nothing. `get()` of no rows is NaN.
template <class M, class Truth = double, class Prediction = Truth>
concept online_metric =
    std::copyable<M> && requires(M& metric, const M& other, const Truth& y, const Prediction& p, double weight) {
      metric.update(y, p);
      metric.update(y, p, weight);
      metric.merge(other);
      { other.get() } -> std::copyable;
    };

/// A metric that can take a row back: `revert(y, p, w)` leaves it as if that row had never come, to the last bit where
/// all weights are whole numbers. Rolling then needs to keep no more than the rows.
template <class M, class Truth = double, class Prediction = Truth>
concept revertible_metric =
    online_metric<M, Truth, Prediction> &&
    requires(M& metric, const Truth& y, const Prediction& p, double weight) { metric.revert(y, p, weight); };

/// A metric that can fade: `scale(f)` multiplies the weights of all rows so far by f, from 0.
template <class M, class Truth = double, class Prediction = Truth>
concept fading_metric =
    online_metric<M, Truth, Prediction> && requires(M& metric, double factor) { metric.scale(factor); };

}  // namespace stats

namespace detail {

PENSTOCK_COLD [[noreturn]] inline void refuse_metric_value(const char* metric, const char* what, double value,
                                                           const char* wanted) {
  throw std::invalid_argument(std::string(metric) + ": " + what + " is " + std::to_string(value) + "; " + wanted +
                              " is needed");
}

/// @throws std::invalid_argument unless the weight is finite and not negative.
inline void check_metric_weight(const char* metric, double weight) {
  if (!(weight >= 0) || !is_finite(weight)) { refuse_metric_value(metric, "weight", weight, "a finite number from 0"); }
}
/// @throws std::invalid_argument if a number is not finite, or the weight is negative.
inline void check_metric_numbers(const char* metric, double y, double p, double weight) {
  if (!is_finite(y)) refuse_metric_value(metric, "y_true", y, "a finite number");
  if (!is_finite(p)) refuse_metric_value(metric, "y_pred", p, "a finite number");
  check_metric_weight(metric, weight);
}
/// @throws std::invalid_argument unless y is 0 or 1 and p a probability.
inline void check_metric_probability(const char* metric, double y, double p, double weight) {
  if (!(y == 0 || y == 1)) refuse_metric_value(metric, "y_true", y, "0 or 1");
  if (!(p >= 0 && p <= 1)) refuse_metric_value(metric, "y_pred", p, "a probability in [0, 1]");
  check_metric_weight(metric, weight);
}

/// A sum that carries what its additions round off (Neumaier 1974), so that the error does not grow with their number,
/// and what was added and is taken away again leaves nothing behind, nor takes anything along that is far less.
struct CarriedSum {
  double sum = 0;
  double carry = 0;

  void add(double x) noexcept {
    const double t = sum + x;
    carry += absolute(sum) >= absolute(x) ? (sum - t) + x : (x - t) + sum;
    sum = t;
  }
  void merge(const CarriedSum& other) noexcept {
    const double carried = other.carry;  // other may be this
    add(other.sum);
    carry += carried;
  }
  void scale(double factor) noexcept {
    sum *= factor;
    carry *= factor;
  }
  [[nodiscard]] double total() const noexcept { return is_finite(carry) ? sum + carry : sum; }
};

/// The weighted mean of losses. A weight of 0 counts for nothing, also of an infinite loss.
struct LossMean {
  CarriedSum sum{};
  double weight = 0;
  std::uint64_t rows = 0;

  void add(double loss, double w) noexcept {
    if (w > 0) sum.add(loss * w);
    weight += w;
    ++rows;
  }
  void merge(const LossMean& other) noexcept {
    weight += other.weight;
    rows += other.rows;
    sum.merge(other.sum);
  }
  void scale(double factor) noexcept {
    sum.scale(factor);
    weight *= factor;
  }
  [[nodiscard]] double total() const noexcept { return sum.total(); }
  [[nodiscard]] double mean() const noexcept {
    return weight > 0 ? total() / weight : std::numeric_limits<double>::quiet_NaN();
  }
};

}  // namespace detail

namespace stats {

/// What all metrics have that are the weighted mean of a loss a row: they derive from it, and add update(). O(1) a row.
/// Not thread-safe: merge one of each thread.
template <class Metric>
class MeanMetric {
 public:
  void merge(const Metric& other) noexcept { mean_.merge(other.mean_); }    ///< all rows of the other
  void scale(double factor) noexcept { mean_.scale(factor); }               ///< of all weights so far
  [[nodiscard]] double get() const noexcept { return mean_.mean(); }        ///< NaN of no rows
  [[nodiscard]] std::uint64_t rows() const noexcept { return mean_.rows; }  ///< whatever their weights
  [[nodiscard]] double weight() const noexcept { return mean_.weight; }     ///< of all rows

 protected:
  detail::LossMean mean_;  ///< of the losses
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
