// SPDX-License-Identifier: MIT
// What is a metric, what can take rows back and what can fade; and the smallest of each goes through all that takes
// one.
#include "penstock/stats/calibration.hpp"
#include "penstock/stats/classification_metrics.hpp"
#include "penstock/stats/decayed.hpp"
#include "penstock/stats/metric_set.hpp"
#include "penstock/stats/probability_metrics.hpp"
#include "penstock/stats/regression_metrics.hpp"
#include "penstock/stats/rolling.hpp"
#include "penstock/stats/rolling_roc_auc.hpp"

#include <string>

namespace penstock {
namespace {

/// A truth and a prediction that are no numbers.
struct Truth {
  Truth() = delete;
  explicit Truth(int) {}
};
struct Prediction {
  Prediction() = delete;
  explicit Prediction(int) {}
};

/// The smallest metric: what it is updated with need not be a number, and what it says need not either.
struct Smallest {
  Smallest() = delete;
  explicit Smallest(int) {}
  int update(const Truth&, const Prediction&, double = 1) { return 0; }
  void merge(const Smallest&) {}
  std::string get() const { return {}; }
};
struct Revertible : Smallest {
  using Smallest::Smallest;
  void revert(const Truth&, const Prediction&, double) {}
};
struct Fading : Smallest {
  using Smallest::Smallest;
  void scale(double) {}
};
struct WithoutWeight {
  void update(double, double) {}
  void merge(const WithoutWeight&) {}
  double get() const { return 0; }
};
struct WithoutMerge {
  void update(double, double, double = 1) {}
  double get() const { return 0; }
};
struct NotConst {
  void update(double, double, double = 1) {}
  void merge(const NotConst&) {}
  double get() { return 0; }
};

static_assert(stats::online_metric<Smallest, Truth, Prediction>);
static_assert(!stats::online_metric<Smallest>);
static_assert(!stats::online_metric<WithoutWeight>);
static_assert(!stats::online_metric<WithoutMerge>);
static_assert(!stats::online_metric<NotConst>);
static_assert(!stats::online_metric<double>);
static_assert(stats::revertible_metric<Revertible, Truth, Prediction>);
static_assert(!stats::revertible_metric<Fading, Truth, Prediction>);
static_assert(stats::fading_metric<Fading, Truth, Prediction>);
static_assert(!stats::fading_metric<Revertible, Truth, Prediction>);

static_assert(stats::fading_metric<stats::Mae> && stats::fading_metric<stats::Mse> &&
              stats::fading_metric<stats::Rmse> && stats::fading_metric<stats::R2>);
static_assert(stats::fading_metric<stats::LogLoss> && stats::fading_metric<stats::Brier> &&
              stats::fading_metric<stats::Calibration> && stats::fading_metric<stats::Accuracy>);
static_assert(stats::online_metric<stats::Accuracy, std::string>);
static_assert(stats::revertible_metric<stats::F1> && stats::fading_metric<stats::F1> &&
              stats::revertible_metric<stats::Precision> && stats::revertible_metric<stats::Recall> &&
              stats::revertible_metric<stats::ConfusionMatrix>);
static_assert(stats::online_metric<stats::RollingRocAuc> && !stats::fading_metric<stats::RollingRocAuc>);
static_assert(stats::online_metric<stats::Rolling<stats::Mae>> && stats::online_metric<stats::Decayed<stats::Mae>>);
static_assert(stats::fading_metric<stats::MetricSet<stats::Mae, stats::R2>>);
static_assert(stats::online_metric<stats::MetricSet<stats::Mae, stats::RollingRocAuc>> &&
              !stats::fading_metric<stats::MetricSet<stats::Mae, stats::RollingRocAuc>>);

template <class Metric>
void use(Metric metric) {
  metric.update(Truth(1), Prediction(1));
  metric.merge(metric);
  (void)metric.get();
  (void)metric.metric();
}

[[maybe_unused]] void all_that_take_one() {
  use(stats::Rolling<Smallest, Truth, Prediction>({.window_size = 2}, Smallest(1)));
  use(stats::Rolling<Revertible, Truth, Prediction>({.window_size = 2}, Revertible(1)));
  use(stats::Decayed<Fading, Truth, Prediction>({.fading_factor = 0.5}, Fading(1)));
  stats::MetricSet<stats::Accuracy> set;
  set.update(std::string(), std::string());
}

}  // namespace
}  // namespace penstock
