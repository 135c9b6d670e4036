// SPDX-License-Identifier: MIT
#pragma once

// KSWIN: are the last 30 values of the same distribution as 30 others, drawn from the 70 before them?
//
//     Kswin detector{{.seed = 7}};
//     if (detector.update(amount) == DriftStatus::drift) log("amounts have changed", detector.p_value());
//
// Raab, Heusinger and Schleif, "Reactive soft prototype computing for concept drift streams" (2020), by the rules of
// River 0.26. What is drawn comes from Philox streams and not from Python's generator, so that the single detection may
// fall on another value than River's.

#include "penstock/core/math.hpp"
#include "penstock/learn/drift/detector.hpp"
#include "penstock/stats/kolmogorov_smirnov.hpp"
#include "penstock/stats/philox.hpp"

#include <algorithm>    // max, min, sort
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint32_t, uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // swap
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How KSWIN decides; the defaults are River's.
struct KswinOptions {
  double alpha = 0.005;           ///< p-value at and below which it is a drift, if the distance is above 0.1; in (0, 1)
  std::size_t window_size = 100;  ///< values in the window; at least 2 stat_size
  std::size_t stat_size = 30;     ///< the newest, and how many of the older are drawn; from 1 to 10,000
  std::uint64_t seed = 0;         ///< of the draws
  bool keep_window = false;       ///< after a drift: keep the newest values, instead of beginning anew as River does
};

/// Detects any change of a distribution, not of its mean alone. It tests at each value, so that alpha is no rate of
/// false alarms over a stream: of unchanged normal values the defaults alarm once in some 700. Memory O(window_size);
/// an update is O(stat_size log stat_size), and O(stat_size^2) the first time that a distance is met. Not thread-safe.
class Kswin {
 public:
  /// River's defaults, seed 0.
  Kswin() : Kswin(KswinOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit Kswin(const KswinOptions& options) : options_(options) {
    if (!(options.alpha > 0 && options.alpha < 1)) {
      throw std::invalid_argument("KswinOptions.alpha is " + std::to_string(options.alpha) +
                                  "; it must be between 0 and 1");
    }
    if (options.stat_size < 1 || options.stat_size > 10000) {
      throw std::invalid_argument("KswinOptions.stat_size is " + std::to_string(options.stat_size) +
                                  "; it must be from 1 to 10,000");
    }
    if (options.window_size < 2 * options.stat_size || options.window_size > 0xFFFFFFFF) {
      throw std::invalid_argument("KswinOptions.window_size is " + std::to_string(options.window_size) +
                                  "; it must be at least 2 stat_size, " + std::to_string(2 * options.stat_size) +
                                  ", and below 2^32");
    }
    window_.reserve(options.window_size);
    order_.resize(options.window_size - options.stat_size);
    older_.resize(options.stat_size);
    newer_.resize(options.stat_size);
    pvalues_.assign(options.stat_size + 1, -1);
  }

  /// Takes note of the value; tests once the window is full. @throws Error for a value that is not finite or beyond
  /// 1e100, and is then as before.
  DriftStatus update(double value) {
    detail::check_drift_value("Kswin", value, seen_);
    if (detected_ && !options_.keep_window) reset();
    detected_ = false;
    ++seen_;
    if (window_.size() < options_.window_size) {
      window_.push_back(value);
    } else {
      window_[first_] = value;
      first_ = first_ + 1 == window_.size() ? 0 : first_ + 1;
    }
    if (window_.size() < options_.window_size) return DriftStatus::none;
    const std::size_t distance = draw_and_compare();
    p_value_ = pvalue_of(distance);
    detected_ = p_value_ <= options_.alpha && 10 * distance > options_.stat_size;
    if (!detected_) return DriftStatus::none;
    if (options_.keep_window) keep_newest();
    return DriftStatus::drift;
  }

  /// Whether the last update said drift.
  [[nodiscard]] bool detected() const noexcept { return detected_; }
  /// Forgets all values. The draws go on where they were, so that they are never used twice.
  void reset() noexcept {
    window_.clear();
    first_ = 0;
    p_value_ = std::numeric_limits<double>::quiet_NaN();
    detected_ = false;
  }

  /// The p-value of the last test, SciPy's ks_2samp; NaN before the first.
  [[nodiscard]] double p_value() const noexcept { return p_value_; }
  /// How many values the window has.
  [[nodiscard]] std::size_t width() const noexcept { return window_.size(); }
  /// As they were given.
  [[nodiscard]] const KswinOptions& options() const noexcept { return options_; }

  static constexpr std::string_view state_kind = "Kswin";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) {
      o.option("alpha", self.options_.alpha);
      o.option("window_size", self.options_.window_size);
      o.option("stat_size", self.options_.stat_size);
      o.option("seed", self.options_.seed);
      o.option("keep_window", self.options_.keep_window);
    });
    std::vector<double> window;
    for (std::size_t i = 0; i < self.window_.size(); ++i) window.push_back(self.at(i));
    v("window", window);  // the oldest first
    v("p_value", self.p_value_);
    v("seen", self.seen_);
    v("detected", self.detected_);
    v.require(window.size() <= self.options_.window_size, "window", "at most window_size numbers");
    for (const double value : window) v.require(detail::is_finite(value), "window", "finite numbers");
    if constexpr (Visitor::loading) {
      self.window_.assign(window.begin(), window.end());
      self.window_.reserve(self.options_.window_size);
      self.first_ = 0;
    }
  }

 private:
  /// Value `i` of the window, the oldest first.
  [[nodiscard]] double at(std::size_t i) const noexcept {
    const std::size_t place = first_ + i;
    return window_[place < window_.size() ? place : place - window_.size()];
  }

  /// stat_size times the Kolmogorov-Smirnov distance. The draw of value n is stream n: nothing hangs on those before.
  [[nodiscard]] std::size_t draw_and_compare() {
    stats::RandomStream random(options_.seed, seen_);
    const std::size_t size = options_.stat_size;
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    for (std::size_t i = 0; i < size; ++i) {
      std::swap(order_[i], order_[i + random.below(static_cast<std::uint32_t>(order_.size() - i))]);
      older_[i] = at(order_[i]);
      newer_[i] = at(order_.size() + i);
    }
    std::sort(older_.begin(), older_.end());
    std::sort(newer_.begin(), newer_.end());
    std::size_t greatest = 0;
    for (std::size_t i = 0, j = 0; i < size && j < size;) {
      const double value = std::min(older_[i], newer_[j]);
      while (i < size && older_[i] == value) ++i;
      while (j < size && newer_[j] == value) ++j;
      greatest = std::max(greatest, i > j ? i - j : j - i);
    }
    return greatest;
  }

  [[nodiscard]] double pvalue_of(std::size_t distance) {
    double& pvalue = pvalues_[distance];
    const std::size_t size = options_.stat_size;
    if (pvalue < 0) pvalue = detail::ks_exact_tail(size, size, static_cast<std::int64_t>(distance * size), true);
    return pvalue;
  }

  void keep_newest() {
    for (std::size_t i = 0; i < options_.stat_size; ++i) newer_[i] = at(order_.size() + i);
    window_.assign(newer_.begin(), newer_.end());
    first_ = 0;
  }

  KswinOptions options_;
  std::vector<double> window_{};  // a ring once it is full
  std::size_t first_ = 0;         // where the oldest is
  std::vector<std::uint32_t> order_{};
  std::vector<double> older_{}, newer_{};
  std::vector<double> pvalues_{};  // by distance; below 0 where not known yet
  double p_value_ = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t seen_ = 0;
  bool detected_ = false;
};

}  // namespace v0
}  // namespace penstock
