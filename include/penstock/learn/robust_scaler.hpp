// SPDX-License-Identifier: MIT
#pragma once

// Brings each feature to median 0 and a range between two quantiles of 1, which outliers do not move.
//
//     RobustScaler scaler({.quantile_range = {25, 75}});
//     model.partial_fit(scaler.partial_fit_transform(x), y);

#include "penstock/core/math.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/min_max_scaler.hpp"
#include "penstock/learn/tracked_quantiles.hpp"
#include "penstock/stats/normal.hpp"

#include <Eigen/Core>

#include <cstddef>      // ptrdiff_t, size_t
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What a RobustScaler does; words and defaults are scikit-learn's but for sketch_size.
struct RobustScalerOptions {
  std::vector<std::string> columns{};   ///< of a table; empty: all that are float64, int64 or boolean
  bool with_centering = true;           ///< whether the median is taken away
  bool with_scaling = true;             ///< whether it is divided by the range between the quantiles
  FeatureRange quantile_range{25, 75};  ///< in percent, 0 <= min < max <= 100
  bool unit_variance = false;           ///< whether normal values come out with variance 1
  std::size_t sketch_size = 256;        ///< values of a feature up to which quantiles are exact; see QuantileSketch
};

/// (x - median) / (range between two quantiles), a feature each, of the rows learnt so far; scikit-learn's
/// RobustScaler for streams.
///
/// Up to sketch_size rows it has scikit-learn's numbers. Afterwards quantiles come from a QuantileSketch, which errs by
/// about a percent in rank (rank_error()), and are read anew each time a 64th of the rows has been added, not at each
/// row. Missing values (NaN) are skipped and stay missing; a feature whose range is 0 is only centred, one of which no
/// value has been seen stays as it is. The same bits for any cut of the rows into calls. Some 3 * sketch_size numbers a
/// feature are kept; a row costs O(features * log sketch_size) on average, and keep() copies the sketches. There is no
/// decay: a sketch cannot forget. Not thread-safe while it learns; const functions may be called from many threads.
class RobustScaler : public detail::FeatureTransformer<RobustScaler> {
 public:
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit RobustScaler(RobustScalerOptions options = {})
      : FeatureTransformer(options.columns), options_(std::move(options)) {
    const FeatureRange& range = options_.quantile_range;
    if (!(0 <= range.min && range.min < range.max && range.max <= 100)) {
      throw std::invalid_argument("RobustScalerOptions.quantile_range is (" + std::to_string(range.min) + ", " +
                                  std::to_string(range.max) + "); 0 <= min < max <= 100 is needed");
    }
    if (options_.unit_variance) {
      width_ = stats::normal_quantile(range.max / 100) - stats::normal_quantile(range.min / 100);
      if (!detail::is_finite(width_)) {
        throw std::invalid_argument("RobustScalerOptions.quantile_range reaches to an end, which has no unit_variance");
      }
    }
    if (options_.sketch_size < 8) {
      throw std::invalid_argument("RobustScalerOptions.sketch_size is " + std::to_string(options_.sketch_size) +
                                  "; at least 8 is needed");
    }
    state_ = detail::TrackedQuantiles({0.5, range.min / 100, range.max / 100}, options_.sketch_size);
  }

  /// Takes over what another scaler has learnt of rows with the same columns: that of all rows, within the error of the
  /// sketches. All scalers toss the same coins, see QuantileSketchOptions::seed, which makes that error larger than
  /// that of merged sketches with seeds of their own: by half, as measured with 16 and 64 streams. O(features *
  /// sketch_size).
  /// @throws std::invalid_argument if it has learnt other columns, or its sketch_size is another.
  RobustScaler& merge(const RobustScaler& other) {
    if (other.options_.sketch_size != options_.sketch_size) {
      throw std::invalid_argument("RobustScaler: merge of sketch_size " + std::to_string(other.options_.sketch_size) +
                                  " into " + std::to_string(options_.sketch_size));
    }
    if (begin_merge(other)) state_.merge(detail::TrackedQuantiles(other.state_));
    return *this;
  }

  /// The medians; NaN where no value has been seen.
  [[nodiscard]] Eigen::VectorXd center() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return state_(j, 0); });
  }
  /// What is divided by: the ranges, 1 where there is none.
  [[nodiscard]] Eigen::VectorXd scale() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return scale_at(j); });
  }
  /// The largest bound of the quantiles' error in rank, as a part of the values, at that confidence; 0 while they are
  /// exact. What rows since the last reading have added is not in it: at most a 64th.
  [[nodiscard]] double rank_error(double confidence = 0.99) const {
    double largest = 0;
    for (std::size_t j = 0; j < n_features(); ++j) {
      const double error = state_.sketch(j).rank_error(confidence);
      if (error > largest) largest = error;
    }
    return largest;
  }
  [[nodiscard]] const RobustScalerOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "RobustScaler";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("columns", self.options_.columns);
      o.option("with_centering", self.options_.with_centering);
      o.option("with_scaling", self.options_.with_scaling);
      o.option("quantile_min", self.options_.quantile_range.min);
      o.option("quantile_max", self.options_.quantile_range.max);
      o.option("unit_variance", self.options_.unit_variance);
      o.option("sketch_size", self.options_.sketch_size);
    });
    self.visit_columns(self, v);
    detail::TrackedQuantiles::visit_state(self.state_, self.fitted(), self.n_features(), v);
    if constexpr (Visitor::loading) self.keep();
  }

 private:
  friend class detail::FeatureTransformer<RobustScaler>;
  static constexpr const char* name = "RobustScaler";

  [[nodiscard]] double center_at(std::size_t j) const noexcept {
    const double median = state_(j, 0);
    return options_.with_centering && !detail::is_nan(median) ? median : 0;
  }
  [[nodiscard]] double scale_at(std::size_t j) const noexcept {
    const double range = state_(j, 2) - state_(j, 1);
    if (!options_.with_scaling || detail::is_nan(range)) return 1;
    return detail::divisor_of(range) / width_;
  }

  void start(std::size_t features) { state_.start(features); }
  void learn(const double* x, std::ptrdiff_t stride, std::size_t rows, double* out) {
    if (out == nullptr) return state_.learn(x, stride, rows);
    for (std::size_t i = 0; i < rows; ++i, x += stride) {
      state_.learn(x);
      for (std::size_t j = 0; j < state_.features(); ++j) *out++ = (x[j] - center_at(j)) / scale_at(j);
    }
  }

  [[nodiscard]] auto mapping() const {
    return [centers = centers_or_0(), scales = scale()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < centers.size(); ++j) out[j] = (x[j] - centers[j]) / scales[j];
    };
  }
  [[nodiscard]] auto inverse_mapping() const {
    return [centers = centers_or_0(), scales = scale()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < centers.size(); ++j) out[j] = x[j] * scales[j] + centers[j];
    };
  }
  [[nodiscard]] Eigen::VectorXd centers_or_0() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return center_at(j); });
  }

  RobustScalerOptions options_;
  double width_ = 1;  // of the same range of a normal distribution, for unit_variance
  detail::TrackedQuantiles state_{}, kept_{};
};

}  // namespace v0
}  // namespace penstock
