// SPDX-License-Identifier: MIT
#pragma once

// Any metric with a memory that fades: recent rows count more than old ones, without a window to keep.
//
//     stats::Decayed<stats::Mae> recent({.fading_factor = 0.999});   // a row counts half when 693 more have come
//     stats::Decayed<stats::R2> slower({.fading_factor = stats::fading_factor_of(10'000)});  // half after 10 000
//     recent.update(y_true, y_pred);

#include "penstock/core/math.hpp"
#include "penstock/stats/fading_factor.hpp"
#include "penstock/stats/online_metric.hpp"

#include <cstdint>    // uint64_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // move

namespace penstock {
inline namespace v0 {
namespace stats {

/// How fast Decayed forgets.
struct DecayedOptions {
  double fading_factor = 0.999;  ///< what a row counts when one more has come, from 1e-6 to 1, which forgets nothing
};

/// What the metric says of all rows so far, where the row that came k rows before the newest counts w * a^k, w its
/// weight and a the fading factor. For a mean of losses that is S / B with S = w loss + a S and B = w + a B, the fading
/// factors of Gama, Sebastiao and Rodrigues (2013). The cost is the metric's own. Not thread-safe.
template <class Metric, class Truth = double, class Prediction = Truth>
  requires fading_metric<Metric, Truth, Prediction>
class Decayed {
 public:
  Decayed() : Decayed(DecayedOptions{}) {}
  /// `metric` is without rows, and says by its options what is to be measured.
  /// @throws std::invalid_argument unless fading_factor is from 1e-6 to 1.
  explicit Decayed(const DecayedOptions& options, Metric metric = Metric())
      : fading_factor_(options.fading_factor), metric_(std::move(metric)) {
    if (!(fading_factor_ >= 1e-6 && fading_factor_ <= 1)) {
      throw std::invalid_argument("DecayedOptions.fading_factor is " + std::to_string(fading_factor_) +
                                  ", not from 1e-6 to 1");
    }
  }

  /// @throws as the metric's; nothing is then changed.
  void update(const Truth& y_true, const Prediction& y_pred, double weight = 1) {
    // The old rows do not shrink: the new ones grow, until they are brought down together.
    if (growth_ > most_growth || weight > 1e200) settle();
    const double growth = rows_ == 0 ? 1 : growth_ / fading_factor_;
    metric_.update(y_true, y_pred, weight * growth);
    growth_ = growth;
    ++rows_;
  }
  /// The rows of the other come after its own, which therefore fade by as many.
  /// @throws std::invalid_argument if the other fades at another rate, and as the metric's.
  void merge(const Decayed& other) {
    if (fading_factor_ != other.fading_factor_) {
      throw std::invalid_argument("Decayed: fading factors " + std::to_string(fading_factor_) + " and " +
                                  std::to_string(other.fading_factor_) + " cannot be merged");
    }
    Metric all = metric();
    all.scale(detail::exponential(static_cast<double>(other.rows_) * detail::natural_logarithm(fading_factor_)));
    all.merge(other.metric());
    metric_ = std::move(all);
    growth_ = 1;
    rows_ += other.rows_;
  }

  /// The metric with its rows weighted as they are now, for what it has besides get(). A copy.
  [[nodiscard]] Metric metric() const {
    Metric now = metric_;
    now.scale(1 / growth_);
    return now;
  }
  [[nodiscard]] auto get() const { return metric().get(); }                       ///< the metric's get()
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }             ///< that have come
  [[nodiscard]] double fading_factor() const noexcept { return fading_factor_; }  ///< as it was given

 private:
  static constexpr double most_growth = 1e30;

  void settle() noexcept {
    metric_.scale(1 / growth_);
    growth_ = 1;
  }

  double fading_factor_;
  Metric metric_;
  double growth_ = 1;  // what the newest row counts in metric_
  std::uint64_t rows_ = 0;
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
