// SPDX-License-Identifier: MIT
#pragma once

// Page-Hinkley: adds up how far the values are above their mean, and calls when the sum has climbed too far.
//
//     PageHinkley detector{{.threshold = 20, .mode = PageHinkleyMode::up}};
//     if (detector.update(loss) == DriftStatus::drift) alarm();
//
// Page, "Continuous inspection schemes" (1954), in the version of River 0.26: the same detections and sums.

#include "penstock/core/math.hpp"
#include "penstock/learn/drift/detector.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <algorithm>    // max, min
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Which change of the mean is looked for.
enum class PageHinkleyMode {
  up,    ///< it has become greater
  down,  ///< it has become less
  both,  ///< either
};

/// The mode in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(PageHinkleyMode mode) noexcept {
  switch (mode) {
    case PageHinkleyMode::up: return "up";
    case PageHinkleyMode::down: return "down";
    case PageHinkleyMode::both: return "both";
  }
  return "unknown";
}

/// How Page-Hinkley decides; the defaults are River's. Threshold and delta are in units of the values.
struct PageHinkleyOptions {
  std::size_t min_instances = 30;                ///< values before the first decision; at least 1
  double delta = 0.005;                          ///< how far from the mean does not count; at least 0
  double threshold = 50;                         ///< how far a sum must climb; above 0
  double alpha = 1 - 0.0001;                     ///< what is left of the sum at each value; in (0, 1]
  PageHinkleyMode mode = PageHinkleyMode::both;  ///< direction
};

/// Detects a change of the mean of any numbers. An update is O(1), about 5 ns. After a drift it begins anew. Not
/// thread-safe.
class PageHinkley {
 public:
  /// River's defaults.
  PageHinkley() : PageHinkley(PageHinkleyOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit PageHinkley(const PageHinkleyOptions& options) : options_(options) {
    const auto refuse = [](const char* option, const std::string& value, const char* range) {
      throw std::invalid_argument("PageHinkleyOptions." + std::string(option) + " is " + value + "; " + range);
    };
    if (options.min_instances < 1) refuse("min_instances", "0", "at least 1 is needed");
    if (!(options.delta >= 0 && options.delta <= 1e100)) {
      refuse("delta", std::to_string(options.delta), "it must be from 0 to 1e100");
    }
    if (!(options.threshold > 0 && detail::is_finite(options.threshold))) {
      refuse("threshold", std::to_string(options.threshold), "it must be finite and above 0");
    }
    if (!(options.alpha > 0 && options.alpha <= 1)) {
      refuse("alpha", std::to_string(options.alpha), "it must be above 0 and at most 1");
    }
    if (to_string(options.mode) == "unknown") {
      refuse("mode", std::to_string(static_cast<int>(options.mode)), "it must be up, down or both");
    }
  }

  /// Takes note of the value, and decides. @throws Error for a value that is not finite or beyond 1e100, and is then
  /// as before.
  DriftStatus update(double value) {
    detail::check_drift_value("PageHinkley", value, seen_);
    if (detected_) reset();
    ++seen_;
    n_ += 1;
    mean_ += detail::rounded((1 / n_) * (value - mean_));
    const double distance = value - mean_;
    up_ = detail::rounded(options_.alpha * up_) + distance - options_.delta;
    down_ = detail::rounded(options_.alpha * down_) + distance + options_.delta;
    least_ = std::min(least_, up_);
    greatest_ = std::max(greatest_, down_);
    detected_ = n_ >= static_cast<double>(options_.min_instances) &&
                ((options_.mode != PageHinkleyMode::down && increase() > options_.threshold) ||
                 (options_.mode != PageHinkleyMode::up && decrease() > options_.threshold));
    return detected_ ? DriftStatus::drift : DriftStatus::none;
  }

  /// Whether the last update said drift.
  [[nodiscard]] bool detected() const noexcept { return detected_; }
  /// Forgets all values.
  void reset() noexcept {
    n_ = mean_ = up_ = down_ = 0;
    least_ = std::numeric_limits<double>::infinity();
    greatest_ = -least_;
    detected_ = false;
  }

  /// How far the sum has climbed, which is compared to the threshold; 0 before the first value.
  [[nodiscard]] double increase() const noexcept { return n_ > 0 ? up_ - least_ : 0; }
  /// How far the sum has come down; 0 before the first value.
  [[nodiscard]] double decrease() const noexcept { return n_ > 0 ? greatest_ - down_ : 0; }
  /// The mean since the last reset or drift; 0 before the first value.
  [[nodiscard]] double mean() const noexcept { return mean_; }
  /// As they were given.
  [[nodiscard]] const PageHinkleyOptions& options() const noexcept { return options_; }

  static constexpr std::string_view state_kind = "PageHinkley";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) {
      o.option("min_instances", self.options_.min_instances);
      o.option("delta", self.options_.delta);
      o.option("threshold", self.options_.threshold);
      o.option("alpha", self.options_.alpha);
      o.option("mode", self.options_.mode);
    });
    v("n", self.n_);
    v("mean", self.mean_);
    v("up", self.up_);
    v("down", self.down_);
    v("least", self.least_);
    v("greatest", self.greatest_);
    v("seen", self.seen_);
    v("detected", self.detected_);
    v.require(self.n_ >= 0 && self.n_ <= 0x1p53 && self.n_ == detail::floor(self.n_), "n", "a whole number from 0");
    v.require(detail::is_finite(self.mean_), "mean", "a finite number");
    v.require(detail::is_finite(self.up_), "up", "a finite number");
    v.require(detail::is_finite(self.down_), "down", "a finite number");
    v.require(!detail::is_nan(self.least_), "least", "a number");
    v.require(!detail::is_nan(self.greatest_), "greatest", "a number");
  }

 private:
  PageHinkleyOptions options_;
  double n_ = 0;
  double mean_ = 0;
  double up_ = 0;    // sum of distances from the mean, less delta each
  double down_ = 0;  // the same, plus delta each
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
  std::uint64_t seen_ = 0;
  bool detected_ = false;
};

}  // namespace v0
}  // namespace penstock
