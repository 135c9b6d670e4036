// SPDX-License-Identifier: MIT
#pragma once

// HDDM-A: an error rate whose mean so far is further above its best part than Hoeffding's bound allows.
//
//     HddmA detector;
//     if (detector.update(model.predict_one(x) != y) == DriftStatus::drift) retrain();
//
// Frias-Blanco and others, "Online and non-parametric drift detection methods based on Hoeffding's bounds" (2015), in
// the version of River 0.26: the same warnings and detections.

#include "penstock/core/math.hpp"
#include "penstock/learn/drift/detector.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <cstdint>      // uint64_t
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// How HDDM-A decides; the defaults are River's.
struct HddmAOptions {
  double drift_confidence = 0.001;    ///< chance of a false alarm at one test; in (0, 1)
  double warning_confidence = 0.005;  ///< the same for a warning; at least drift_confidence, below 1
  bool two_sided_test = false;        ///< whether a rate that falls is a change too
};

/// Detects a change of the mean of values from 0 to 1, errors or losses, without any assumption on how they are
/// distributed. It warns. An update is O(1). After a drift it begins anew. Not thread-safe.
class HddmA {
 public:
  /// River's defaults.
  HddmA() : HddmA(HddmAOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit HddmA(const HddmAOptions& options)
      : options_(options),
        bound_(detail::natural_logarithm(1 / options.drift_confidence)),
        drift_(detail::natural_logarithm(2 / options.drift_confidence)),
        warning_(detail::natural_logarithm(2 / options.warning_confidence)) {
    if (!(options.drift_confidence > 0 && options.drift_confidence < 1)) {
      throw std::invalid_argument("HddmAOptions.drift_confidence is " + std::to_string(options.drift_confidence) +
                                  "; it must be between 0 and 1");
    }
    if (!(options.warning_confidence >= options.drift_confidence && options.warning_confidence < 1)) {
      throw std::invalid_argument("HddmAOptions.warning_confidence is " + std::to_string(options.warning_confidence) +
                                  "; it must be at least drift_confidence, " +
                                  std::to_string(options.drift_confidence) + ", and below 1");
    }
  }

  /// Takes note of the error, and decides. @throws Error for a value that is not from 0 to 1, and is then as before.
  DriftStatus update(double value) {
    detail::check_drift_value("HddmA", value, seen_, 0, 1, "a number from 0, right, to 1, wrong");
    if (detected()) reset();
    ++seen_;
    all_.n += 1;
    all_.mean += detail::rounded((1 / all_.n) * (value - all_.mean));
    if (all_.n == 1) low_ = high_ = all_;
    const double room = room_of(all_);
    if (low_.mean + room_of(low_) >= all_.mean + room) low_ = all_;
    if (high_.mean - room_of(high_) <= all_.mean - room) high_ = all_;
    const bool two_sided = options_.two_sided_test;
    const double rise = all_.mean - low_.mean, fall = high_.mean - all_.mean;
    const auto changed = [&](double logarithm) {
      return beyond(low_, rise, logarithm) || (two_sided && beyond(high_, fall, logarithm));
    };
    status_ = changed(drift_) ? DriftStatus::drift : changed(warning_) ? DriftStatus::warning : DriftStatus::none;
    return status_;
  }

  /// Whether the last update said drift.
  [[nodiscard]] bool detected() const noexcept { return status_ == DriftStatus::drift; }
  /// What the last update said; none before the first.
  [[nodiscard]] DriftStatus status() const noexcept { return status_; }
  /// Forgets all values.
  void reset() noexcept {
    all_ = low_ = high_ = {};
    status_ = DriftStatus::none;
  }

  /// The mean since the last reset or drift; 0 before the first value.
  [[nodiscard]] double mean() const noexcept { return all_.mean; }
  /// The same. It is above that before the last update if that found a drift to a greater mean, below it otherwise.
  [[nodiscard]] double estimation() const noexcept { return all_.mean; }
  /// As they were given.
  [[nodiscard]] const HddmAOptions& options() const noexcept { return options_; }

  static constexpr std::string_view state_kind = "HddmA";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) {
      o.option("drift_confidence", self.options_.drift_confidence);
      o.option("warning_confidence", self.options_.warning_confidence);
      o.option("two_sided_test", self.options_.two_sided_test);
    });
    const auto part = [&v](std::string_view name, auto& p) {
      v.object(name, [&p](auto& o) {
        o("n", p.n);
        o("mean", p.mean);
        o.require(p.n >= 0 && p.n <= 0x1p53 && p.n == detail::floor(p.n), "n", "a whole number from 0");
        o.require(p.mean >= 0 && p.mean <= 1.001, "mean", "a number from 0 to 1");
      });
    };
    int status = static_cast<int>(self.status_);
    part("all", self.all_);
    part("low", self.low_);
    part("high", self.high_);
    v("seen", self.seen_);
    v("status", status);
    v.require(status >= 0 && status <= 2, "status", "0, 1 or 2");
    v.require((self.all_.n == 0) == (self.low_.n == 0) && (self.all_.n == 0) == (self.high_.n == 0), "all",
              "parts of the same values");
    if constexpr (Visitor::loading) self.status_ = static_cast<DriftStatus>(status);
  }

 private:
  /// The first n values.
  struct Part {
    double n = 0;
    double mean = 0;
  };

  [[nodiscard]] double room_of(const Part& part) const noexcept {
    return detail::square_root(1 / (2 * part.n) * bound_);
  }
  /// Whether the mean of all is further from that of the part than chance would have it.
  [[nodiscard]] bool beyond(const Part& part, double distance, double logarithm) const noexcept {
    if (part.n == all_.n) return false;
    const double m = (all_.n - part.n) / part.n * (1 / all_.n);
    return distance >= detail::square_root(m / 2 * logarithm);
  }

  HddmAOptions options_;
  double bound_, drift_, warning_;  // logarithms of the confidences
  Part all_{};
  Part low_{};   // where the mean was surest to be low
  Part high_{};  // where it was surest to be high
  std::uint64_t seen_ = 0;
  DriftStatus status_ = DriftStatus::none;
};

}  // namespace v0
}  // namespace penstock
