// SPDX-License-Identifier: MIT
#pragma once

// Brings each feature into a range, by the least and the greatest value seen so far; or within [-1, 1] with 0 where it
// is.
//
//     MinMaxScaler scaler({.feature_range = {0, 1}, .clip = true});
//     MaxAbsScaler other({.columns = {"balance"}});

#include "penstock/core/math.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/fence.hpp"

#include <Eigen/Core>

#include <algorithm>    // clamp
#include <cstddef>      // ptrdiff_t, size_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// Two ends of a range.
struct FeatureRange {
  double min = 0;  ///< finite
  double max = 1;  ///< finite, above min
};

/// What a MinMaxScaler does; words and defaults are scikit-learn's.
struct MinMaxScalerOptions {
  std::vector<std::string> columns{};  ///< of a table; empty: all that are float64, int64 or boolean
  FeatureRange feature_range{};        ///< where the values seen come to lie
  bool clip = false;                   ///< whether values beyond those seen are put to the ends of the range
};

/// What a MaxAbsScaler does.
struct MaxAbsScalerOptions {
  std::vector<std::string> columns{};  ///< of a table; empty: all that are float64, int64 or boolean
};

namespace detail {

/// What to divide by: 1 where the number is as good as 0, by scikit-learn's bound.
[[nodiscard]] inline double divisor_of(double scale) noexcept {
  return scale < 10 * std::numeric_limits<double>::epsilon() ? 1 : scale;
}

}  // namespace detail

/// x * scale + min, so that the values seen of each feature fill feature_range; scikit-learn's MinMaxScaler for
/// streams.
///
/// A feature whose values are all the same comes out as the range's min, up to the rounding of x * scale; so does one
/// of which no value has been seen. Missing values (NaN) are skipped and stay missing. The extremes never fade: one
/// outlier is for good, see RobustScaler. The same bits for any cut of the rows into calls; O(features) a row. Not
/// thread-safe while it learns; const functions may be called from many threads.
class MinMaxScaler : public detail::FeatureTransformer<MinMaxScaler> {
 public:
  /// @throws std::invalid_argument unless feature_range.min < feature_range.max, or if columns has a name twice.
  explicit MinMaxScaler(MinMaxScalerOptions options = {})
      : FeatureTransformer(options.columns), options_(std::move(options)) {
    const FeatureRange& range = options_.feature_range;
    if (!detail::is_finite_bits(range.max - range.min) || !(range.min < range.max)) {
      throw std::invalid_argument("MinMaxScalerOptions.feature_range is [" + std::to_string(range.min) + ", " +
                                  std::to_string(range.max) +
                                  "]; two finite numbers, min < max, a finite distance apart, are needed");
    }
  }

  /// Takes over what another scaler has learnt of rows with the same columns: exactly that of all rows. O(features).
  /// @throws std::invalid_argument if it has learnt other columns.
  MinMaxScaler& merge(const MinMaxScaler& other) {
    if (!begin_merge(other)) return *this;
    for (std::size_t j = 0; j < n_features(); ++j) take(j, other.state_.least[j], other.state_.greatest[j]);
    return *this;
  }

  /// The least values seen; infinite where none has been.
  [[nodiscard]] Eigen::VectorXd data_min() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return state_.least[j]; });
  }
  /// The greatest values seen; minus infinite where none has been.
  [[nodiscard]] Eigen::VectorXd data_max() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return state_.greatest[j]; });
  }
  /// What a value is multiplied by.
  [[nodiscard]] Eigen::VectorXd scale() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return scale_at(j); });
  }
  /// What is added then.
  [[nodiscard]] Eigen::VectorXd min() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return shift_at(j, scale_at(j)); });
  }
  [[nodiscard]] const MinMaxScalerOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "MinMaxScaler";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("columns", self.options_.columns);
      o.option("min", self.options_.feature_range.min);
      o.option("max", self.options_.feature_range.max);
      o.option("clip", self.options_.clip);
    });
    self.visit_columns(self, v);
    v("data_min", self.state_.least);
    v("data_max", self.state_.greatest);
    if constexpr (Visitor::loading) {
      if (!self.fitted()) {
        self.start(0);
        return self.keep();
      }
      v.require(self.state_.least.size() == self.n_features(), "data_min", "a number a feature");
      v.require(self.state_.greatest.size() == self.n_features(), "data_max", "a number a feature");
      for (const double x : self.state_.least) v.require(!detail::is_nan(x), "data_min", "no NaN");
      for (const double x : self.state_.greatest) v.require(!detail::is_nan(x), "data_max", "no NaN");
      self.keep();
    }
  }

 private:
  friend class detail::FeatureTransformer<MinMaxScaler>;
  static constexpr const char* name = "MinMaxScaler";

  void start(std::size_t features) {
    state_.least.assign(features, std::numeric_limits<double>::infinity());
    state_.greatest.assign(features, -std::numeric_limits<double>::infinity());
  }
  void take(std::size_t j, double low, double high) noexcept {
    if (low < state_.least[j]) state_.least[j] = low;
    if (high > state_.greatest[j]) state_.greatest[j] = high;
  }
  [[nodiscard]] double scale_at(std::size_t j) const noexcept {
    const FeatureRange& range = options_.feature_range;
    return (range.max - range.min) /
           (state_.least[j] <= state_.greatest[j] ? detail::divisor_of(state_.greatest[j] - state_.least[j]) : 1);
  }
  [[nodiscard]] double shift_at(std::size_t j, double scale) const noexcept {
    return state_.least[j] <= state_.greatest[j] ? options_.feature_range.min - detail::product(state_.least[j], scale)
                                                 : 0;
  }
  /// One value of a feature; NaN stays.
  [[nodiscard]] double map(double x, double scale, double shift, bool seen) const noexcept {
    if (!seen) return detail::is_nan(x) ? x : options_.feature_range.min;
    const double value = detail::product(x, scale) + shift;
    return options_.clip && !detail::is_nan(value)
               ? std::clamp(value, options_.feature_range.min, options_.feature_range.max)
               : value;
  }

  void learn(const double* x, std::ptrdiff_t stride, std::size_t rows, double* out) {
    const std::size_t features = state_.least.size();
    for (std::size_t i = 0; i < rows; ++i, x += stride) {
      for (std::size_t j = 0; j < features; ++j) take(j, x[j], x[j]);
      if (out == nullptr) continue;
      for (std::size_t j = 0; j < features; ++j) {
        const double scale = scale_at(j);
        out[j] = map(x[j], scale, shift_at(j, scale), state_.least[j] <= state_.greatest[j]);
      }
      out += features;
    }
  }
  [[nodiscard]] auto mapping() const {
    return [this, scales = scale(), shifts = min()](const double* x, double* out) {
      for (std::size_t j = 0; j < state_.least.size(); ++j) {
        const auto at = static_cast<Eigen::Index>(j);
        out[j] = map(x[j], scales[at], shifts[at], state_.least[j] <= state_.greatest[j]);
      }
    };
  }
  [[nodiscard]] auto inverse_mapping() const {
    return [scales = scale(), shifts = min()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < scales.size(); ++j) out[j] = (x[j] - shifts[j]) / scales[j];
    };
  }

  struct State {
    std::vector<double> least{}, greatest{};
  };
  MinMaxScalerOptions options_;
  State state_{}, kept_{};
};

/// x / the greatest magnitude seen of each feature, so that 0 stays 0; scikit-learn's MaxAbsScaler for streams.
///
/// A feature that is always 0, or of which no value has been seen, stays as it is. All else as MinMaxScaler.
class MaxAbsScaler : public detail::FeatureTransformer<MaxAbsScaler> {
 public:
  /// @throws std::invalid_argument if columns has a name twice.
  explicit MaxAbsScaler(MaxAbsScalerOptions options = {})
      : FeatureTransformer(options.columns), options_(std::move(options)) {}

  /// Takes over what another scaler has learnt of rows with the same columns: exactly that of all rows. O(features).
  /// @throws std::invalid_argument if it has learnt other columns.
  MaxAbsScaler& merge(const MaxAbsScaler& other) {
    if (!begin_merge(other)) return *this;
    for (std::size_t j = 0; j < n_features(); ++j) {
      if (other.state_[j] > state_[j]) state_[j] = other.state_[j];
    }
    return *this;
  }

  /// The greatest magnitudes seen; 0 where no value has been.
  [[nodiscard]] Eigen::VectorXd max_abs() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return state_[j]; });
  }
  /// What a value is divided by.
  [[nodiscard]] Eigen::VectorXd scale() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return detail::divisor_of(state_[j]); });
  }
  [[nodiscard]] const MaxAbsScalerOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "MaxAbsScaler";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) { o.option("columns", self.options_.columns); });
    self.visit_columns(self, v);
    v("max_abs", self.state_);
    if constexpr (Visitor::loading) {
      if (!self.fitted()) {
        self.start(0);
        return self.keep();
      }
      v.require(self.state_.size() == self.n_features(), "max_abs", "a number a feature");
      for (const double x : self.state_) v.require(x >= 0, "max_abs", "numbers from 0");
      self.keep();
    }
  }

 private:
  friend class detail::FeatureTransformer<MaxAbsScaler>;
  static constexpr const char* name = "MaxAbsScaler";

  void start(std::size_t features) { state_.assign(features, 0); }
  void learn(const double* x, std::ptrdiff_t stride, std::size_t rows, double* out) {
    const std::size_t features = state_.size();
    for (std::size_t i = 0; i < rows; ++i, x += stride) {
      for (std::size_t j = 0; j < features; ++j) {
        if (detail::absolute(x[j]) > state_[j]) state_[j] = detail::absolute(x[j]);
      }
      if (out == nullptr) continue;
      for (std::size_t j = 0; j < features; ++j) out[j] = x[j] / detail::divisor_of(state_[j]);
      out += features;
    }
  }
  [[nodiscard]] auto mapping() const {
    return [scales = scale()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < scales.size(); ++j) out[j] = x[j] / scales[j];
    };
  }
  [[nodiscard]] auto inverse_mapping() const {
    return [scales = scale()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < scales.size(); ++j) out[j] = x[j] * scales[j];
    };
  }

  MaxAbsScalerOptions options_;
  std::vector<double> state_{}, kept_{};  // the greatest magnitudes
};

}  // namespace v0
}  // namespace penstock
