// SPDX-License-Identifier: MIT
#pragma once

// DDM: an error rate that rises above its own best by two standard deviations warns, by three it has drifted.
//
//     Ddm detector;
//     switch (detector.update(model.predict_one(x) != y)) { ... }
//
// Gama, Medas, Castillo and Rodrigues, "Learning with drift detection" (2004), in the version of River 0.26: the same
// warnings and detections.

#include "penstock/core/math.hpp"
#include "penstock/learn/drift/detector.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// How DDM decides; the defaults are River's.
struct DdmOptions {
  std::size_t warm_start = 30;   ///< values before the first decision
  double warning_threshold = 2;  ///< standard deviations above the best; above 0
  double drift_threshold = 3;    ///< at least warning_threshold
};

/// Detects a rise of an error rate. Its values are 0, right, and 1, wrong, or a loss in between. It warns. An update is
/// O(1), about 7 ns. After a drift it begins anew. A model without an error at the end of the warm start has a best of
/// 0 plus or minus 0, and its first error is a drift: a longer warm start helps. Not thread-safe.
class Ddm {
 public:
  /// River's defaults.
  Ddm() : Ddm(DdmOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit Ddm(const DdmOptions& options) : options_(options) {
    if (!(options.warning_threshold > 0 && detail::is_finite(options.warning_threshold))) {
      throw std::invalid_argument("DdmOptions.warning_threshold is " + std::to_string(options.warning_threshold) +
                                  "; it must be finite and above 0");
    }
    if (!(options.drift_threshold >= options.warning_threshold && detail::is_finite(options.drift_threshold))) {
      throw std::invalid_argument("DdmOptions.drift_threshold is " + std::to_string(options.drift_threshold) +
                                  "; it must be finite and at least warning_threshold, " +
                                  std::to_string(options.warning_threshold));
    }
  }

  /// Takes note of the error, and decides. @throws Error for a value that is not from 0 to 1, and is then as before.
  DriftStatus update(double value) {
    detail::check_drift_value("Ddm", value, seen_, 0, 1, "a number from 0, right, to 1, wrong");
    if (detected()) reset();
    ++seen_;
    n_ += 1;
    rate_ += detail::rounded((1 / n_) * (value - rate_));
    // Rounding may lead a rate of 1 a little above it.
    const double variance = detail::rounded(rate_ * (1 - rate_));
    const double deviation = variance > 0 ? detail::square_root(variance / n_) : 0;
    if (n_ <= static_cast<double>(options_.warm_start)) return status_;
    const double level = rate_ + deviation;
    if (level <= best_) {
      best_rate_ = rate_;
      best_deviation_ = deviation;
      best_ = level;
    }
    const auto above = [&](double times) { return level > best_rate_ + detail::rounded(times * best_deviation_); };
    status_ = above(options_.drift_threshold)     ? DriftStatus::drift
              : above(options_.warning_threshold) ? DriftStatus::warning
                                                  : DriftStatus::none;
    return status_;
  }

  /// Whether the last update said drift.
  [[nodiscard]] bool detected() const noexcept { return status_ == DriftStatus::drift; }
  /// What the last update said; none before the first.
  [[nodiscard]] DriftStatus status() const noexcept { return status_; }
  /// Forgets all values.
  void reset() noexcept {
    n_ = rate_ = best_rate_ = best_deviation_ = 0;
    best_ = std::numeric_limits<double>::infinity();
    status_ = DriftStatus::none;
  }

  /// The error rate since the last reset or drift; 0 before the first value.
  [[nodiscard]] double error_rate() const noexcept { return rate_; }
  /// As they were given.
  [[nodiscard]] const DdmOptions& options() const noexcept { return options_; }

  static constexpr std::string_view state_kind = "Ddm";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) {
      o.option("warm_start", self.options_.warm_start);
      o.option("warning_threshold", self.options_.warning_threshold);
      o.option("drift_threshold", self.options_.drift_threshold);
    });
    int status = static_cast<int>(self.status_);
    v("n", self.n_);
    v("error_rate", self.rate_);
    v("best_error_rate", self.best_rate_);
    v("best_deviation", self.best_deviation_);
    v("best", self.best_);
    v("seen", self.seen_);
    v("status", status);
    v.require(self.n_ >= 0 && self.n_ <= 0x1p53 && self.n_ == detail::floor(self.n_), "n", "a whole number from 0");
    v.require(self.rate_ >= 0 && self.rate_ <= 1.001, "error_rate", "a number from 0 to 1");
    v.require(self.best_rate_ >= 0 && self.best_rate_ <= 1.001, "best_error_rate", "a number from 0 to 1");
    v.require(self.best_deviation_ >= 0 && self.best_deviation_ <= 1, "best_deviation", "a number from 0 to 1");
    v.require(self.best_ >= 0, "best", "a number from 0");
    v.require(status >= 0 && status <= 2, "status", "0, 1 or 2");
    if constexpr (Visitor::loading) self.status_ = static_cast<DriftStatus>(status);
  }

 private:
  DdmOptions options_;
  double n_ = 0;
  double rate_ = 0;
  double best_rate_ = 0;
  double best_deviation_ = 0;
  double best_ = std::numeric_limits<double>::infinity();  // rate plus deviation where that was least
  std::uint64_t seen_ = 0;
  DriftStatus status_ = DriftStatus::none;
};

}  // namespace v0
}  // namespace penstock
