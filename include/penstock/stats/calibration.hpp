// SPDX-License-Identifier: MIT
#pragma once

// Whether probabilities are what they say: of the rows that were given 0.8, eight in ten should be positive.
//
//     stats::Calibration calibration({.n_bins = 10});
//     calibration.update(y_true, probability);
//     calibration.get();                             // expected calibration error: how far off, on the mean
//     for (const auto& bin : calibration.curve()) plot(bin.prob_pred, bin.prob_true);
//     stats::calibration_curve(labels, probabilities, {.n_bins = 10, .strategy = stats::BinStrategy::quantile});

#include "penstock/core/math.hpp"
#include "penstock/stats/online_metric.hpp"
#include "penstock/stats/quantile.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>  // is_sorted, lower_bound
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// Where the bins of probabilities end.
enum class BinStrategy {
  uniform,  ///< bins of equal width
  quantile  ///< bins of as many rows each as can be; it wants all rows at once
};

/// How Calibration bins.
struct CalibrationOptions {
  std::size_t n_bins = 10;  ///< bins of equal width, at least 1
  /// the inner edges of the bins, ascending, instead: quantile_edges of a first sample for one
  std::vector<double> edges{};
};

/// How calibration_curve bins.
struct CalibrationCurveOptions {
  std::size_t n_bins = 10;                      ///< at least 1; bins without rows are left out
  BinStrategy strategy = BinStrategy::uniform;  ///< where they end
};

/// One bin with rows.
struct CalibrationBin {
  double prob_true;    ///< the share of its rows that are positive
  double prob_pred;    ///< the mean of their probabilities
  double weight;       ///< of its rows
  std::uint64_t rows;  ///< how many they are
};

/// The calibration curve of rows as they come. A bin takes the probabilities above its lower edge up to its upper one,
/// the first also 0, as scikit-learn's calibration_curve does. O(log bins) a row. Not thread-safe: merge one of each
/// thread.
class Calibration {
 public:
  Calibration() : Calibration(CalibrationOptions{}) {}
  /// @throws std::invalid_argument unless n_bins is at least 1 and the edges, if there are any, ascend.
  explicit Calibration(CalibrationOptions options) : edges_(std::move(options.edges)) {
    if (options.n_bins == 0) throw std::invalid_argument("CalibrationOptions.n_bins is 0; at least 1 is needed");
    if (edges_.empty()) {
      const double width = 1 / static_cast<double>(options.n_bins);
      for (std::size_t i = 1; i < options.n_bins; ++i) edges_.push_back(static_cast<double>(i) * width);
    }
    for (const double edge : edges_) {
      if (!detail::is_finite(edge)) throw std::invalid_argument("CalibrationOptions.edges has one that is not finite");
    }
    if (!std::is_sorted(edges_.begin(), edges_.end())) {
      throw std::invalid_argument("CalibrationOptions.edges do not ascend");
    }
    bins_.resize(edges_.size() + 1);
  }

  /// `y_true` is 0 or 1, `y_pred` the probability of 1. @throws std::invalid_argument for other numbers, or a weight
  /// that is negative or not finite; nothing is then changed.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_probability("Calibration", y_true, y_pred, weight);
    const auto bin = std::lower_bound(edges_.begin(), edges_.end(), y_pred) - edges_.begin();
    bins_[static_cast<std::size_t>(bin)].truth.add(y_true, weight);
    bins_[static_cast<std::size_t>(bin)].said.add(y_pred, weight);
  }
  /// All rows of the other. @throws std::invalid_argument if it has other bins.
  void merge(const Calibration& other) {
    if (edges_ != other.edges_) throw std::invalid_argument("Calibration: the other has other bins");
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      bins_[i].truth.merge(other.bins_[i].truth);
      bins_[i].said.merge(other.bins_[i].said);
    }
  }
  /// Of all weights so far.
  void scale(double factor) noexcept {
    for (Bin& bin : bins_) {
      bin.truth.scale(factor);
      bin.said.scale(factor);
    }
  }

  /// The bins that have rows, in their order. O(bins).
  [[nodiscard]] std::vector<CalibrationBin> curve() const {
    std::vector<CalibrationBin> curve;
    for (const Bin& bin : bins_) {
      if (bin.truth.weight > 0) {
        curve.push_back({bin.truth.mean(), bin.said.mean(), bin.truth.weight, bin.truth.rows});
      }
    }
    return curve;
  }
  /// The expected calibration error (Naeini et al. 2015): the mean over the bins, by their weight, of the distance
  /// between the share of positive rows and the mean probability. NaN of no rows. O(bins).
  [[nodiscard]] double get() const noexcept {
    double distance = 0, all = 0;
    for (const Bin& bin : bins_) {
      distance += detail::absolute(bin.truth.total() - bin.said.total());
      all += bin.truth.weight;
    }
    return all > 0 ? distance / all : std::numeric_limits<double>::quiet_NaN();
  }
  /// The inner edges of the bins, ascending.
  [[nodiscard]] const std::vector<double>& edges() const noexcept { return edges_; }

 private:
  struct Bin {
    detail::LossMean truth, said;
  };

  std::vector<double> edges_;
  std::vector<Bin> bins_;
};

/// The inner edges of so many bins with equally many of these probabilities each: their quantiles, as numpy.percentile
/// has them. O(n log n). @throws std::invalid_argument if there are none, or one is not in [0, 1], or n_bins is 0.
template <sample_range Probabilities>
[[nodiscard]] std::vector<double> quantile_edges(const Probabilities& probabilities, std::size_t n_bins) {
  if (n_bins == 0) throw std::invalid_argument("quantile_edges: n_bins is 0; at least 1 is needed");
  std::vector<double> sorted = detail::to_sample(probabilities);
  if (sorted.empty()) throw std::invalid_argument("quantile_edges: no probabilities");
  for (const double p : sorted) detail::check_metric_probability("quantile_edges", 1, p, 1);
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges;
  for (std::size_t i = 1; i < n_bins; ++i) {
    // The percentage and back, for numpy's last bit.
    const double percentage = static_cast<double>(i) * (1 / static_cast<double>(n_bins)) * 100;
    edges.push_back(detail::quantile_of_sorted(sorted, percentage / 100));
  }
  return edges;
}

/// The calibration curve of rows that are all there: scikit-learn's calibration_curve, with the weight of each bin.
/// O(n log bins), and for BinStrategy::quantile O(n log n). Of no rows it is empty.
/// @throws std::invalid_argument if the lengths differ, a label is neither 0 nor 1, or a probability not in [0, 1].
template <sample_range Labels, sample_range Probabilities>
[[nodiscard]] std::vector<CalibrationBin> calibration_curve(const Labels& labels, const Probabilities& probabilities,
                                                            const CalibrationCurveOptions& options = {}) {
  const std::vector<double> truths = detail::to_sample(labels);
  const std::vector<double> said = detail::to_sample(probabilities);
  if (truths.size() != said.size()) {
    throw std::invalid_argument("calibration_curve: " + std::to_string(truths.size()) + " labels, but " +
                                std::to_string(said.size()) + " probabilities");
  }
  CalibrationOptions bins{.n_bins = options.n_bins};
  if (options.strategy == BinStrategy::quantile && !said.empty()) bins.edges = quantile_edges(said, options.n_bins);
  Calibration calibration(std::move(bins));
  for (std::size_t i = 0; i < truths.size(); ++i) calibration.update(truths[i], said[i]);
  return calibration.curve();
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
