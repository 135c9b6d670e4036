// SPDX-License-Identifier: MIT
#pragma once

// How long a batch takes: T(n) = b + a n, fitted to the batches that ran.
//
//     BatchTiming timing;
//     timing.observe(8, 1.8e6);                      // 8 items took 1.8 ms
//     timing.observe(32, 4.2e6);
//     timing.fixed_ns();                             // 1e6: what a batch costs before its first item
//     timing.per_item_ns();                          // 1e5
//     timing.predict_ns(64);                         // 7.4e6

#include "penstock/core/math.hpp"

#include <algorithm>  // clamp, max

namespace penstock {
inline namespace v0 {

/// Least squares with exponential forgetting, one pass and O(1) a batch. The line always goes through the mean, and is
/// kept to 0 <= b and 0 < a: with one size seen so far, or a fit that says otherwise, it is as near to that as these
/// bounds let it. Not thread-safe.
class BatchTiming {
 public:
  /// A batch counts 1/e after `memory` later ones; at least 1.
  explicit BatchTiming(double memory = 100) noexcept : keep_(1 - 1 / std::max(memory, 1.0)) {}

  /// A batch of `n` items, or of this weight, took so many nanoseconds. Ignores what is not positive or not finite.
  void observe(double n, double ns) noexcept {
    if (!(n > 0 && ns >= 0 && is_sane(n) && is_sane(ns))) return;
    weight_ = keep_ * weight_ + 1;
    const double dn = n - mean_n_;
    const double dt = ns - mean_ns_;
    mean_n_ += dn / weight_;
    mean_ns_ += dt / weight_;
    nn_ = keep_ * nn_ + dn * (n - mean_n_);
    nt_ = keep_ * nt_ + dn * (ns - mean_ns_);
    tt_ = keep_ * tt_ + dt * (ns - mean_ns_);
    // The ratio outlives the forgetting: while only one size comes, both sums shrink alike.
    const double most = mean_ns_ / mean_n_;
    two_sizes_ = nn_ > 1e-12 * weight_ * mean_n_ * mean_n_;
    slope_ = std::clamp(two_sizes_ ? nt_ / nn_ : std::max(slope_, 0.0), 1e-6 * most, most);
  }

  /// Whether any batch was seen.
  [[nodiscard]] bool any() const noexcept { return weight_ > 0; }
  /// Whether two sizes were seen, so that the line is one.
  [[nodiscard]] bool ready() const noexcept { return two_sizes_; }
  /// b: nanoseconds that a batch costs whatever its size. All of it while only one size was seen.
  [[nodiscard]] double fixed_ns() const noexcept { return std::max(0.0, mean_ns_ - slope_ * mean_n_); }
  /// a: nanoseconds an item more.
  [[nodiscard]] double per_item_ns() const noexcept { return slope_; }
  /// The standard deviation of a batch about the line, in nanoseconds; 0 until three batches were seen.
  [[nodiscard]] double sigma_ns() const noexcept {
    if (weight_ <= 2) return 0;
    const double squares = tt_ - 2 * slope_ * nt_ + slope_ * slope_ * nn_;
    return detail::square_root(std::max(0.0, squares / (weight_ - 2)));
  }

  /// T(n) in nanoseconds; 0 while nothing was seen. Before there is a line, a larger batch than the mean is taken to
  /// cost in proportion and a smaller one as much: the most that it can.
  [[nodiscard]] double predict_ns(double n) const noexcept {
    if (!ready()) return any() ? mean_ns_ * std::max(1.0, n / mean_n_) : 0;
    return fixed_ns() + slope_ * n;
  }

  /// The greatest n with T(n) + `sigmas` sigma <= ns; negative if there is none. Without bound while nothing was seen.
  [[nodiscard]] double most_within(double ns, double sigmas = 3) const noexcept {
    if (!any()) return 1e300;
    const double left = ns - sigmas * sigma_ns();
    if (ready()) return (left - fixed_ns()) / slope_;
    return left < mean_ns_ ? -1 : left / (mean_ns_ / mean_n_);
  }

 private:
  static bool is_sane(double x) noexcept { return detail::is_finite(x) && x < 1e18; }

  double keep_;
  double weight_ = 0;
  double mean_n_ = 0, mean_ns_ = 0;
  double nn_ = 0, nt_ = 0, tt_ = 0;  // weighted sums of squares and products about the means
  double slope_ = 0;
  bool two_sizes_ = false;
};

}  // namespace v0
}  // namespace penstock
