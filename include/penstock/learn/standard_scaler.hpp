// SPDX-License-Identifier: MIT
#pragma once

// Brings each feature to mean 0 and variance 1, by what has been seen of the stream so far.
//
//     StandardScaler scaler({.columns = {"age", "minutes"}, .half_life = 10'000});
//     model.partial_fit(scaler.partial_fit_transform(x), y);
//     model.predict(scaler.transform(later));

#include "penstock/config.hpp"
#include "penstock/core/math.hpp"
#include "penstock/learn/fading_moments.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/fence.hpp"
#include "penstock/stats/fading_factor.hpp"

#if defined(__GNUC__) && defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <Eigen/Core>

#include <cstddef>      // ptrdiff_t, size_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What a StandardScaler does; words and defaults are scikit-learn's.
struct StandardScalerOptions {
  std::vector<std::string> columns{};  ///< of a table; empty: all that are float64, int64 or boolean
  bool with_mean = true;               ///< whether the mean is taken away
  bool with_std = true;                ///< whether it is divided by the standard deviation
  /// After how many rows a row counts half, above 0; infinite: all rows count the same.
  double half_life = std::numeric_limits<double>::infinity();
};

namespace detail {

/// The standard deviation, or 1 where there is none: of no value, or of values that differ by no more than what
/// rounding makes of their variance. The bound is scikit-learn's.
[[nodiscard]] inline double scale_of(double variance, double mean, double weight) noexcept {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const double rounding = weight * mean * epsilon;
  return variance > product(weight * epsilon, variance) + product(rounding, rounding) ? square_root(variance) : 1;
}

/// out = (x - mean) / scale for one row, with the bits of scale_of. Two features at once where the machine can.
PENSTOCK_NOINLINE inline void standardise(const double* x, const double* mean, const double* squares, double weight,
                                          std::size_t features, double* out) noexcept {
  const double part = 1 / weight;
  std::size_t j = 0;
#if defined(__GNUC__) && defined(__x86_64__)
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const __m128d parts = _mm_set1_pd(part);
  const __m128d loss = _mm_set1_pd(weight * epsilon);
  const __m128d weights = _mm_set1_pd(weight);
  const __m128d epsilons = _mm_set1_pd(epsilon);
  const __m128d one = _mm_set1_pd(1);
  for (; j + 2 <= features; j += 2) {
    const __m128d m = _mm_loadu_pd(mean + j);
    const __m128d variance = _mm_mul_pd(_mm_loadu_pd(squares + j), parts);
    const __m128d rounding = _mm_mul_pd(_mm_mul_pd(weights, m), epsilons);
    const __m128d bound = _mm_add_pd(_mm_mul_pd(loss, variance), _mm_mul_pd(rounding, rounding));
    const __m128d varies = _mm_cmpgt_pd(variance, bound);
    const __m128d scale = _mm_or_pd(_mm_and_pd(varies, _mm_sqrt_pd(variance)), _mm_andnot_pd(varies, one));
    _mm_storeu_pd(out + j, _mm_div_pd(_mm_sub_pd(_mm_loadu_pd(x + j), m), scale));
  }
#endif
  for (; j < features; ++j) out[j] = (x[j] - mean[j]) / scale_of(squares[j] * part, mean[j], weight);
}

}  // namespace detail

/// (x - mean) / standard deviation, a feature each, of the rows learnt so far; scikit-learn's StandardScaler for
/// streams.
///
/// partial_fit and partial_fit_transform go row by row (Welford), so that both give the same bits for any cut of the
/// rows into calls. The variance is that of the population (ddof 0); a feature that does not vary is only centred.
/// Missing values (NaN) are skipped and stay missing; a feature of which
/// no value has been seen is passed on as it is. With half_life h, the i-th of n rows has the weight
/// 2^(-(n - i) / h), and mean and variance are the weighted ones: after many rows those of River's EWMean and EWVar
/// with fading factor 1 - 2^(-1/h), and from the first row on those of pandas' ewm(halflife=h, adjust=True). Rows with
/// a missing value fade the others too. Learning and transforming cost O(features) a row, and 2 numbers a feature are
/// kept, 3 once a value was missing. Not thread-safe while it learns; const functions may be called from many threads.
class StandardScaler : public detail::FeatureTransformer<StandardScaler> {
 public:
  /// @throws std::invalid_argument unless half_life > 0, or if columns has a name twice.
  explicit StandardScaler(StandardScalerOptions options = {})
      : FeatureTransformer(options.columns), options_(std::move(options)) {
    state_.factor = stats::fading_factor_of(options_.half_life, "StandardScalerOptions.half_life");
  }

  /// Takes over what another scaler has learnt of rows with the same columns, as if both streams had ended now: that of
  /// all rows, up to rounding (Chan). O(features).
  /// @throws std::invalid_argument if it has another half_life, or has learnt other columns than this one has, or was
  /// made for.
  StandardScaler& merge(const StandardScaler& other) {
    if (other.options_.half_life != options_.half_life) {
      throw std::invalid_argument("StandardScaler: merge of one with another half_life");
    }
    if (begin_merge(other)) state_.merge(detail::FadingMoments(other.state_));
    return *this;
  }

  /// The means, one a feature; NaN where no value has been seen.
  [[nodiscard]] Eigen::VectorXd mean() const {
    return detail::figures_of(n_features(), [this](std::size_t j) {
      return state_.weight_of(j) > 0 ? state_.mean[j] : std::numeric_limits<double>::quiet_NaN();
    });
  }
  /// The variances, with ddof 0; NaN where no value has been seen.
  [[nodiscard]] Eigen::VectorXd var() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return state_.variance(j); });
  }
  /// What is divided by: the standard deviations, 1 for a feature that does not vary.
  [[nodiscard]] Eigen::VectorXd scale() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return scale_at(j); });
  }
  /// The values seen of each feature, or, with half_life, the sum of their weights.
  [[nodiscard]] Eigen::VectorXd n_samples_seen() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return state_.weight_of(j); });
  }
  [[nodiscard]] const StandardScalerOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "StandardScaler";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("columns", self.options_.columns);
      o.option("with_mean", self.options_.with_mean);
      o.option("with_std", self.options_.with_std);
      o.option("half_life", self.options_.half_life);
    });
    self.visit_columns(self, v);
    detail::FadingMoments::visit_state(self.state_, self.fitted(), self.n_features(), v);
    if constexpr (Visitor::loading) self.keep();
  }

 private:
  friend class detail::FeatureTransformer<StandardScaler>;
  static constexpr const char* name = "StandardScaler";

  [[nodiscard]] double scale_at(std::size_t j) const noexcept {
    const double weight = state_.weight_of(j);
    return options_.with_std && weight > 0 ? detail::scale_of(state_.variance(j), state_.mean[j], weight) : 1;
  }
  [[nodiscard]] double mean_at(std::size_t j) const noexcept { return options_.with_mean ? state_.mean[j] : 0; }

  void start(std::size_t features) { state_.start(features); }

  void learn(const double* x, std::ptrdiff_t stride, std::size_t rows, double* out) {
    for (std::size_t i = 0; i < rows; ++i, x += stride) {
      state_.learn(x);
      if (out == nullptr) continue;
      apply(x, out);
      out += state_.mean.size();
    }
  }

  /// One row by what is known now; the bits of mapping().
  void apply(const double* x, double* out) const noexcept {
    const std::size_t features = state_.mean.size();
    if (options_.with_mean && options_.with_std && state_.weights.empty()) {
      detail::standardise(x, state_.mean.data(), state_.squares.data(), state_.weight, features, out);
      return;
    }
    for (std::size_t j = 0; j < features; ++j) out[j] = (x[j] - mean_at(j)) / scale_at(j);
  }

  [[nodiscard]] auto mapping() const {
    return [means = mean_or_0(), scales = scale()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < means.size(); ++j) out[j] = (x[j] - means[j]) / scales[j];
    };
  }
  [[nodiscard]] auto inverse_mapping() const {
    return [means = mean_or_0(), scales = scale()](const double* x, double* out) {
      for (Eigen::Index j = 0; j < means.size(); ++j) out[j] = x[j] * scales[j] + means[j];
    };
  }
  [[nodiscard]] Eigen::VectorXd mean_or_0() const {
    return detail::figures_of(n_features(), [this](std::size_t j) { return mean_at(j); });
  }

  StandardScalerOptions options_;
  detail::FadingMoments state_{}, kept_{};
};

}  // namespace v0
}  // namespace penstock
