// SPDX-License-Identifier: MIT
#pragma once

// Several metrics of the same predictions as one.
//
//     stats::MetricSet figures(stats::Mae(), stats::R2(), stats::Rolling<stats::Mae>({.window_size = 500}));
//     figures.update(y_true, y_pred);
//     const auto [mae, r2, recent] = figures.get();

#include "penstock/stats/online_metric.hpp"

#include <array>    // array
#include <cstddef>  // size_t
#include <tuple>    // apply, get, tuple
#include <utility>  // index_sequence_for, move

namespace penstock {
inline namespace v0 {
namespace stats {

/// Metrics that are updated together. It is a metric itself, whose get() is an array of theirs; it can be merged, and
/// it fades if all of them do. Not thread-safe.
template <class... Metrics>
class MetricSet {
 public:
  MetricSet() = default;
  /// The metrics, without rows.
  explicit MetricSet(Metrics... metrics) : metrics_(std::move(metrics)...) {}

  /// Updates each. @throws as they do; those before the one that throws have then taken the row, so that all should
  /// want the same of truths and predictions.
  template <class Truth, class Prediction>
    requires(online_metric<Metrics, Truth, Prediction> && ...)
  void update(const Truth& y_true, const Prediction& y_pred, double weight = 1) {
    std::apply([&](auto&... each) { (each.update(y_true, y_pred, weight), ...); }, metrics_);
  }
  /// Merges each with its like. @throws as they do.
  void merge(const MetricSet& other) { merge(other, std::index_sequence_for<Metrics...>()); }
  /// Scales each.
  void scale(double factor)
    requires requires(Metrics&... each) { (each.scale(1.0), ...); }
  {
    std::apply([&](auto&... each) { (each.scale(factor), ...); }, metrics_);
  }
  /// What each says, in their order.
  [[nodiscard]] std::array<double, sizeof...(Metrics)> get() const {
    return std::apply([](const auto&... each) { return std::array{static_cast<double>(each.get())...}; }, metrics_);
  }
  /// Metric i.
  template <std::size_t i>
  [[nodiscard]] const auto& metric() const noexcept {
    return std::get<i>(metrics_);
  }

 private:
  template <std::size_t... i>
  void merge(const MetricSet& other, std::index_sequence<i...>) {
    (std::get<i>(metrics_).merge(std::get<i>(other.metrics_)), ...);
  }

  std::tuple<Metrics...> metrics_;
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
