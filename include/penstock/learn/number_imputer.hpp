// SPDX-License-Identifier: MIT
#pragma once

// The part of SimpleImputer that fills numbers, and its options.

#include "penstock/core/math.hpp"
#include "penstock/learn/fading_moments.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/fence.hpp"
#include "penstock/learn/tracked_quantiles.hpp"
#include "penstock/learn/value_counts.hpp"
#include "penstock/stats/fading_factor.hpp"

#include <Eigen/Core>

#include <cstddef>      // ptrdiff_t, size_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What stands for a missing value.
enum class ImputeStrategy {
  mean,           ///< of the values seen
  median,         ///< of the values seen
  most_frequent,  ///< the value seen most often, the least of several
  constant        ///< fill_value or fill_text
};

/// The enumerator's own name.
[[nodiscard]] constexpr std::string_view to_string(ImputeStrategy strategy) noexcept {
  switch (strategy) {
    case ImputeStrategy::mean: return "mean";
    case ImputeStrategy::median: return "median";
    case ImputeStrategy::most_frequent: return "most_frequent";
    case ImputeStrategy::constant: return "constant";
  }
  return "unknown";
}

/// What a SimpleImputer does; words and defaults are scikit-learn's, but for those that bound its memory.
struct SimpleImputerOptions {
  std::vector<std::string> columns{};              ///< of a table; empty: all that the strategy can take, times never
  ImputeStrategy strategy = ImputeStrategy::mean;  ///< what stands for a missing value
  double fill_value = 0;                           ///< constant; and of numbers that have shown no value yet. Finite
  std::string fill_text = "missing_value";         ///< the same of texts
  bool add_indicator = false;                      ///< whether columns say where values were missing
  std::size_t sketch_size = 256;                   ///< median: see QuantileSketch
  std::size_t max_categories = 1000;               ///< most_frequent: different values counted, a column; from 1
  /// mean: after how many rows a row counts half, above 0; infinite: all rows count the same.
  double half_life = std::numeric_limits<double>::infinity();
};

namespace detail {

/// @throws std::invalid_argument that names the option which cannot work.
inline void check(const SimpleImputerOptions& o) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("SimpleImputerOptions." + what); };
  if (!is_finite_bits(o.fill_value)) {
    refuse("fill_value is " + std::to_string(o.fill_value) + "; a finite number is needed");
  }
  if (o.sketch_size < 8) refuse("sketch_size is " + std::to_string(o.sketch_size) + "; at least 8 is needed");
  if (o.max_categories == 0) refuse("max_categories is 0; at least 1 is needed");
  static_cast<void>(stats::fading_factor_of(o.half_life, "SimpleImputerOptions.half_life"));
  if (is_finite(o.half_life) && o.strategy != ImputeStrategy::mean) {
    refuse("half_life is " + std::to_string(o.half_life) + "; only the mean can fade");
  }
}

/// Fills numbers; see SimpleImputer.
class NumberImputer : public FeatureTransformer<NumberImputer> {
 public:
  NumberImputer(const SimpleImputerOptions& options, std::vector<std::string> columns)
      : FeatureTransformer(std::move(columns)),
        strategy_(options.strategy),
        fill_value_(options.fill_value),
        limit_(options.max_categories) {
    state_.moments.factor = stats::fading_factor_of(options.half_life, "SimpleImputerOptions.half_life");
    if (strategy_ == ImputeStrategy::median) state_.medians = TrackedQuantiles({0.5}, options.sketch_size);
  }

  void merge(const NumberImputer& other) {
    if (!begin_merge(other)) return;
    const State theirs = other.state_;
    switch (strategy_) {
      case ImputeStrategy::mean: state_.moments.merge(theirs.moments); break;
      case ImputeStrategy::median: state_.medians.merge(theirs.medians); break;
      case ImputeStrategy::most_frequent:
        for (std::size_t j = 0; j < n_features(); ++j) state_.counts[j].merge(theirs.counts[j]);
        break;
      case ImputeStrategy::constant: break;
    }
  }

  [[nodiscard]] Eigen::VectorXd statistics() const {
    return figures_of(n_features(), [this](std::size_t j) { return fill_of(j); });
  }

  /// Shows the columns and what was learnt of them to a visitor of states; the options are SimpleImputer's.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    self.visit_columns(self, v);
    if constexpr (Visitor::loading) self.start(0);
    if (!self.fitted()) return;
    auto& state = self.state_;
    if constexpr (Visitor::loading) state.features = self.n_features();
    switch (self.strategy_) {
      case ImputeStrategy::mean: FadingMoments::visit_state(state.moments, true, self.n_features(), v); break;
      case ImputeStrategy::median: TrackedQuantiles::visit_state(state.medians, true, self.n_features(), v); break;
      case ImputeStrategy::most_frequent:
        v.array(
            "columns", state.counts, [](auto& counts, auto& c) { ValueCounts<double>::visit_state(counts, c); },
            ValueCounts<double>(self.limit_));
        v.require(state.counts.size() == self.n_features(), "columns", "counts of each column");
        break;
      case ImputeStrategy::constant: break;
    }
    if constexpr (Visitor::loading) self.keep();
  }

 private:
  friend class FeatureTransformer<NumberImputer>;
  static constexpr const char* name = "SimpleImputer";

  struct State {
    std::size_t features = 0;
    FadingMoments moments{};
    TrackedQuantiles medians{};
    std::vector<ValueCounts<double>> counts{};
  };

  void start(std::size_t features) {
    state_.features = features;
    if (strategy_ == ImputeStrategy::mean) state_.moments.start(features);
    if (strategy_ == ImputeStrategy::median) state_.medians.start(features);
    if (strategy_ == ImputeStrategy::most_frequent) state_.counts.assign(features, ValueCounts<double>(limit_));
  }

  [[nodiscard]] double fill_of(std::size_t j) const noexcept {
    switch (strategy_) {
      case ImputeStrategy::mean: return state_.moments.weight_of(j) > 0 ? state_.moments.mean[j] : fill_value_;
      case ImputeStrategy::median: return is_nan(state_.medians(j, 0)) ? fill_value_ : state_.medians(j, 0);
      case ImputeStrategy::most_frequent: return state_.counts[j].most_frequent().value_or(fill_value_);
      case ImputeStrategy::constant: break;
    }
    return fill_value_;
  }

  void learn(const double* x, std::ptrdiff_t stride, std::size_t rows, double* out) {
    if (strategy_ == ImputeStrategy::median && out == nullptr) return state_.medians.learn(x, stride, rows);
    for (std::size_t i = 0; i < rows; ++i, x += stride) {
      if (strategy_ == ImputeStrategy::mean) state_.moments.learn(x);
      if (strategy_ == ImputeStrategy::median) state_.medians.learn(x);
      for (std::size_t j = 0; j < state_.counts.size(); ++j) {
        if (!is_nan(x[j])) state_.counts[j].add(x[j]);
      }
      if (out == nullptr) continue;
      for (std::size_t j = 0; j < state_.features; ++j) *out++ = is_nan(x[j]) ? fill_of(j) : x[j];
    }
  }

  [[nodiscard]] auto mapping() const {
    return [fills = statistics()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < fills.size(); ++j) out[j] = is_nan(x[j]) ? fills[j] : x[j];
    };
  }

  ImputeStrategy strategy_;
  double fill_value_;
  std::size_t limit_;
  State state_{}, kept_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
