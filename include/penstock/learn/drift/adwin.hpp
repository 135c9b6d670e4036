// SPDX-License-Identifier: MIT
#pragma once

// ADWIN, a window that grows while its mean stays what it was, and drops its older part when it does not.
//
//     Adwin detector{{.delta = 0.002}};
//     if (detector.update(loss) == DriftStatus::drift) log("the loss is now", detector.estimation());
//
// Bifet and Gavalda, "Learning from time-changing data with adaptive windowing" (2007), in the version of River 0.26:
// the same detections, widths and sums.

#include "penstock/core/math.hpp"
#include "penstock/learn/drift/detector.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <algorithm>    // copy, max
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How ADWIN decides; the defaults are River's.
struct AdwinOptions {
  double delta = 0.002;               ///< chance of a false alarm at one look; in (0, 1)
  std::size_t clock = 32;             ///< looks after every so many values; at least 1
  std::size_t max_buckets = 5;        ///< buckets of one size; from 2 to a million, more see more places to cut at
  std::size_t min_window_length = 5;  ///< values on either side of a cut; at least 1
  std::size_t grace_period = 10;      ///< no look before there are more values than this
  bool keep_window = false;           ///< after a drift: keep the values after the cut, as the paper does, instead of
                                      ///< beginning anew with the next, as River does
};

/// Detects a change of the mean of any numbers, in both directions. Memory is O(max_buckets log width); an update is
/// O(1) amortised, a look O(max_buckets log width). Not thread-safe.
class Adwin {
 public:
  /// River's defaults.
  Adwin() : Adwin(AdwinOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit Adwin(const AdwinOptions& options) : options_(options) {
    const auto refuse = [](const char* option, const std::string& value, const char* range) {
      throw std::invalid_argument("AdwinOptions." + std::string(option) + " is " + value + "; " + range);
    };
    if (!(options.delta > 0 && options.delta < 1)) {
      refuse("delta", std::to_string(options.delta), "it must be between 0 and 1");
    }
    if (options.clock < 1) refuse("clock", "0", "at least 1 is needed");
    if (options.max_buckets < 2 || options.max_buckets > 1'000'000) {
      refuse("max_buckets", std::to_string(options.max_buckets), "it must be from 2 to 1,000,000");
    }
    if (options.min_window_length < 1) refuse("min_window_length", "0", "at least 1 is needed");
    reset();
  }

  /// Takes note of the value, and looks for a change if the clock says so.
  /// @throws Error for a value that is not finite or beyond 1e100, and is then as before.
  DriftStatus update(double value) {
    detail::check_drift_value("Adwin", value, seen_);
    if (detected_ && !options_.keep_window) reset();
    insert(value);
    ++seen_;
    ++tick_;
    detected_ = tick_ % options_.clock == 0 && width_ > static_cast<double>(options_.grace_period) && look();
    if (detected_) ++detections_;
    return detected_ ? DriftStatus::drift : DriftStatus::none;
  }

  /// Whether the last update said drift.
  [[nodiscard]] bool detected() const noexcept { return detected_; }
  /// Forgets all values; the count of detections stays.
  void reset() {
    buckets_.assign(row_length(), {});
    counts_.assign(1, 0);
    total_ = squares_ = width_ = 0;
    tick_ = 0;
    detected_ = false;
  }

  /// How many values the window has.
  [[nodiscard]] std::uint64_t width() const noexcept { return static_cast<std::uint64_t>(width_); }
  /// The sum of the values in the window.
  [[nodiscard]] double total() const noexcept { return total_; }
  /// The mean of the window; 0 of none.
  [[nodiscard]] double estimation() const noexcept { return width_ > 0 ? total_ / width_ : 0; }
  /// The variance of the window, divided by n; 0 of none.
  [[nodiscard]] double variance() const noexcept { return width_ > 0 ? std::max(0.0, squares_) / width_ : 0; }
  /// Drifts since it was made.
  [[nodiscard]] std::uint64_t n_detections() const noexcept { return detections_; }
  /// Buckets in memory, in use or not: below (max_buckets + 1) (2 + log2 of the greatest width so far).
  [[nodiscard]] std::size_t buckets() const noexcept { return buckets_.size(); }
  /// As they were given.
  [[nodiscard]] const AdwinOptions& options() const noexcept { return options_; }

  static constexpr std::string_view state_kind = "Adwin";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) {
      o.option("delta", self.options_.delta);
      o.option("clock", self.options_.clock);
      o.option("max_buckets", self.options_.max_buckets);
      o.option("min_window_length", self.options_.min_window_length);
      o.option("grace_period", self.options_.grace_period);
      o.option("keep_window", self.options_.keep_window);
    });
    std::vector<std::size_t> counts = self.counts_;
    std::vector<double> totals, squares;
    for (std::size_t r = 0; r < counts.size(); ++r) {
      for (std::size_t k = 0; k < counts[r]; ++k) {
        totals.push_back(self.buckets_[r * self.row_length() + k].total);
        squares.push_back(self.buckets_[r * self.row_length() + k].squares);
      }
    }
    v("bucket_counts", counts);  // a row of buckets of 1 value, one of 2, of 4 ...
    v("bucket_totals", totals);
    v("bucket_squares", squares);
    v("total", self.total_);
    v("squares", self.squares_);
    v("tick", self.tick_);
    v("seen", self.seen_);
    v("n_detections", self.detections_);
    v("detected", self.detected_);
    if constexpr (Visitor::loading) self.take(counts, totals, squares, v);
  }

 private:
  /// A part of the window that is kept as sums only. Row r holds those of 2^r values, the oldest first.
  struct Bucket {
    double total = 0;
    double squares = 0;  // of the distance from the bucket's mean
  };

  [[nodiscard]] std::size_t row_length() const noexcept { return options_.max_buckets + 1; }
  [[nodiscard]] Bucket* row(std::size_t r) noexcept { return buckets_.data() + r * row_length(); }
  [[nodiscard]] static double size_of(std::size_t r) noexcept { return static_cast<double>(std::uint64_t{1} << r); }

  /// All products are rounded by themselves, so that the figures are River's to the last bit for any compiler.
  static double squares_between(double n, double m, double distance) noexcept {
    return detail::rounded(detail::rounded(detail::rounded(n * m) * distance) * distance) / (n + m);
  }

  void insert(double value) {
    // Memory first: what may throw comes before anything has changed.
    if (counts_.back() == options_.max_buckets) buckets_.reserve(buckets_.size() + row_length());
    if (counts_.back() == options_.max_buckets) counts_.reserve(counts_.size() + 1);
    if (width_ > 0) {
      const double distance = value - total_ / width_;
      squares_ += detail::rounded(detail::rounded(width_ * distance) * distance) / (width_ + 1);
    }
    width_ += 1;
    total_ += value;
    row(0)[counts_[0]++] = {value, 0};
    for (std::size_t r = 0; counts_[r] == row_length(); ++r) {
      if (r + 1 == counts_.size()) {
        counts_.push_back(0);
        buckets_.resize(buckets_.size() + row_length());
      }
      Bucket* const full = row(r);
      const double n = size_of(r);
      const double between = squares_between(n, n, full[0].total / n - full[1].total / n);
      row(r + 1)[counts_[r + 1]++] = {full[0].total + full[1].total, full[0].squares + full[1].squares + between};
      std::copy(full + 2, full + counts_[r], full);
      counts_[r] -= 2;
    }
  }

  /// Takes up the buckets of a state that may come from a stranger.
  template <class Visitor>
  void take(const std::vector<std::size_t>& counts, const std::vector<double>& totals,
            const std::vector<double>& squares, Visitor& v) {
    bool good = !counts.empty() && counts.size() <= 52;
    std::size_t sum = 0;
    double width = 0;
    for (std::size_t r = 0; r < counts.size() && good; ++r) {
      good = counts[r] <= options_.max_buckets && (counts[r] > 0 || counts.size() == 1);
      sum += counts[r];
      width += static_cast<double>(counts[r]) * size_of(r);
    }
    v.require(good, "bucket_counts", "from 1 to max_buckets in each row");
    v.require(totals.size() == sum, "bucket_totals", "as many numbers as there are buckets");
    v.require(squares.size() == sum, "bucket_squares", "as many numbers as there are buckets");
    for (std::size_t i = 0; i < sum; ++i) {
      v.require(detail::is_finite(totals[i]), "bucket_totals", "finite numbers");
      v.require(detail::is_finite(squares[i]) && squares[i] >= 0, "bucket_squares", "finite numbers of at least 0");
    }
    v.require(detail::is_finite(total_), "total", "a finite number");
    v.require(detail::is_finite(squares_), "squares", "a finite number");
    counts_ = counts;
    width_ = width;
    buckets_.assign(counts.size() * row_length(), {});
    for (std::size_t r = 0, i = 0; r < counts.size(); ++r) {
      for (std::size_t k = 0; k < counts[r]; ++k, ++i) row(r)[k] = {totals[i], squares[i]};
    }
  }

  void drop_oldest() {
    const std::size_t r = counts_.size() - 1;
    const double n = size_of(r);
    const Bucket oldest = row(r)[0];
    width_ -= n;
    total_ -= oldest.total;
    squares_ -= oldest.squares + squares_between(n, width_, oldest.total / n - total_ / width_);
    std::copy(row(r) + 1, row(r) + counts_[r], row(r));
    if (--counts_[r] > 0) return;
    counts_.pop_back();
    buckets_.resize(counts_.size() * row_length());
  }

  /// Drops the oldest bucket as long as the means on the sides of any cut differ; whether they ever did.
  bool look() {
    bool changed = false;
    while (has_cut()) {
      changed = true;
      drop_oldest();
    }
    return changed;
  }

  [[nodiscard]] bool has_cut() noexcept {
    const double spread = detail::natural_logarithm(2 * detail::natural_logarithm(width_) / options_.delta);
    const double variance = this->variance(), least = static_cast<double>(options_.min_window_length);
    const auto bound = [&](double inverse) {
      return detail::rounded(detail::square_root(2 * inverse * variance * spread)) +
             detail::rounded(2.0 / 3 * spread * inverse);
    };
    // No bound is below that of two halves. Most cuts are far from it, and need no root and no division: the products
    // are looked at with far more room than their rounding takes, so that what is passed over is below its own bound.
    const double least_bound = (1 - 1e-9) * bound(4 / (width_ - 2 * least + 2));
    double n0 = 0, n1 = width_, u0 = 0, u1 = total_;  // sizes and sums of the older and the newer part
    for (std::size_t r = counts_.size(); r-- > 0;) {
      const double n = size_of(r);
      for (std::size_t k = 0; k < counts_[r]; ++k) {
        n0 += n;
        n1 -= n;
        u0 += row(r)[k].total;
        u1 -= row(r)[k].total;
        if (r == 0 && k + 1 == counts_[0]) return false;
        if (n0 < least || n1 < least) continue;
        const double a = u0 * n1, b = u1 * n0;
        const double off = detail::absolute(a - b), room = 1e-14 * (detail::absolute(a) + detail::absolute(b));
        if (off + room <= least_bound * n0 * n1) continue;
        const double inverse = 1 / (n0 - least + 1) + 1 / (n1 - least + 1);  // of the harmonic mean
        if (detail::absolute(u0 / n0 - u1 / n1) > bound(inverse)) return true;
      }
    }
    return false;
  }

  AdwinOptions options_;
  std::vector<Bucket> buckets_{};      // a row behind the other
  std::vector<std::size_t> counts_{};  // buckets in each row
  double total_ = 0;
  double squares_ = 0;  // of the distance from the mean; below 0 by rounding alone
  double width_ = 0;    // a whole number, exact below 2^53
  std::uint64_t tick_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t detections_ = 0;
  bool detected_ = false;
};

}  // namespace v0
}  // namespace penstock
