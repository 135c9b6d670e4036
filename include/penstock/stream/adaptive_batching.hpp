// SPDX-License-Identifier: MIT
#pragma once

// The policy of a MicroBatcher: never let a worker idle, unless told to, and never give an item a place that it cannot
// use.
//
//     AdaptiveBatching policy{{.max_batch = 64, .slo = 20ms}};
//     policy.ran(8, 1800us);                                         // learns T(n) = b + a n from each batch
//     policy.decide(view).at                                         // now, or when to ask again
//
// While a worker is busy, items gather; when it is free, it takes them. So batches are as large as the load needs, with
// no option to choose: with one worker they settle where n >= lambda b / (1 - lambda a). With deadlines, a batch is no
// larger than the nearest one allows, unless that is less than this n: then the item ends as `expired`.

#include "penstock/core/clock.hpp"
#include "penstock/core/math.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"
#include "penstock/stream/batch_timing.hpp"

#include <algorithm>  // clamp, max, min
#include <chrono>     // duration, nanoseconds
#include <cstddef>    // size_t

namespace penstock {
inline namespace v0 {

/// Goes at once when there is a full batch or a free worker; waits only for `max_delay` or `cork`, and then not beyond
/// what the nearest deadline allows. Not thread-safe.
class AdaptiveBatching {
 public:
  /// Reads max_batch, max_weight, max_delay, cork, shed and workers.
  explicit AdaptiveBatching(const MicroBatcherOptions& options)
      : options_(options), most_(options.max_weight > 0 ? options.max_weight : static_cast<std::size_t>(-1)) {}

  /// What it knows of T(n); n counts weight.
  [[nodiscard]] const BatchTiming& timing() const noexcept { return timing_; }
  /// Weight that arrives in a second, over the last hundred arrivals or so; 0 if nothing is known.
  [[nodiscard]] double arrival_rate() const noexcept { return gap_ns_ > 0 ? 1e9 / gap_ns_ : 0; }

  /// See batch_policy; so for all that follows.
  void arrived(TimePoint now, std::size_t weight) noexcept {
    if (seen_) {
      const double gap = static_cast<double>((now - last_).count()) / static_cast<double>(weight);
      gap_ns_ = averaged(gap_ns_, gap, 128);
      // Of a gap at which one item at a time keeps up no more than that counts: a pause would for hundreds of items.
      const double most = timing_.predict_ns(1) / workers();
      if (timing_.ready()) {
        busy_ns_ += std::min(gap, most) - busy_ns_ / 32;
        busy_gaps_ += (gap < most ? 1 : 0) - busy_gaps_ / 32;
      }
    }
    seen_ = true;
    last_ = now;
  }
  void ran(std::size_t weight, std::chrono::nanoseconds took) noexcept {  ///< see batch_policy
    timing_.observe(static_cast<double>(weight), static_cast<double>(took.count()));
  }

  [[nodiscard]] BatchDecision decide(const BatchView& view) const noexcept {  ///< see batch_policy
    if (view.items >= options_.max_batch || view.weight >= most_) return {BatchReason::full, view.now};
    if (options_.max_delay.count() == 0 && !options_.cork) return {BatchReason::idle, view.now};
    BatchDecision decision{BatchReason::delay, TimePoint::max()};
    if (options_.max_delay.count() > 0) decision.at = after(view.first_arrival, options_.max_delay);
    if (options_.cork) {
      // To wait for one more costs the n that wait 1 / lambda each, and saves b.
      const double costs = static_cast<double>(view.weight) * gap_ns_;
      const bool pays = timing_.ready() && gap_ns_ > 0 && costs < timing_.fixed_ns() * (1 - 1e-9);
      const TimePoint until = pays ? after(view.first_arrival, nanoseconds(timing_.fixed_ns())) : view.now;
      if (until < decision.at) decision = {BatchReason::cork, until};
    }
    if (view.nearest_deadline != TimePoint::max()) {
      const double needs = timing_.predict_ns(static_cast<double>(view.weight + 1)) + 3 * timing_.sigma_ns();
      const TimePoint latest = before(view.nearest_deadline, nanoseconds(needs));
      if (latest < decision.at) decision = {BatchReason::deadline, latest};
    }
    return decision;
  }

  [[nodiscard]] bool fits(const BatchView& view, std::size_t weight, TimePoint deadline) const noexcept {  ///< ditto
    if (deadline == TimePoint::max() || !timing_.ready()) return true;
    const double most = timing_.most_within(slack(view, deadline), 1);
    return static_cast<double>(weight) <= std::max(needed(view), most) + rounding;
  }

  [[nodiscard]] bool lost(const BatchView& view, std::size_t weight, TimePoint deadline) const noexcept {  ///< ditto
    if (deadline <= view.now) return true;
    if (!options_.shed || !timing_.ready()) return false;
    const double least = std::max(static_cast<double>(weight), needed(view));
    return detail::floor(timing_.most_within(slack(view, deadline), 0) + rounding) < detail::floor(least + rounding);
  }

  [[nodiscard]] std::chrono::nanoseconds needs() const noexcept {  ///< ditto
    if (!options_.shed || !timing_.ready()) return {};
    return nanoseconds(timing_.predict_ns(1));
  }

 private:
  using Nanoseconds = std::chrono::nanoseconds;

  static constexpr double rounding = 1e-6;  // items

  static Nanoseconds nanoseconds(double ns) noexcept {
    return Nanoseconds(static_cast<Nanoseconds::rep>(std::clamp(ns, 0.0, 1e18)));
  }
  static TimePoint after(TimePoint time, Nanoseconds by) noexcept {
    return time > TimePoint::max() - by ? TimePoint::max() : time + by;
  }
  static TimePoint before(TimePoint time, Nanoseconds by) noexcept {
    return time < TimePoint::min() + by ? TimePoint::min() : time - by;
  }

  [[nodiscard]] double workers() const noexcept {
    return static_cast<double>(std::max<std::size_t>(options_.workers, 1));
  }
  /// The mean with one more value, where each counts 1/e after so many later ones.
  static double averaged(double mean, double value, double memory) noexcept {
    return mean > 0 ? mean + (value - mean) / memory : value;
  }
  static double slack(const BatchView& view, TimePoint deadline) noexcept {
    return static_cast<double>((deadline - view.now).count());
  }

  /// The weight that a batch must have for the workers to keep up with what arrives, with some to spare; no more than
  /// waits. A batch that is kept small so that its first item is in time makes all that follow late, and so the next
  /// one smaller still: what would force that is given up instead.
  [[nodiscard]] double needed(const BatchView& view) const noexcept {
    const auto waits = static_cast<double>(view.weight);
    const double rate = busy_ns_ > 0 ? busy_gaps_ / busy_ns_ / workers() : 0;
    const double spare = 1 - rate * timing_.per_item_ns();
    return spare <= 0 ? waits : std::min(waits, 1.6 * rate * timing_.fixed_ns() / spare);
  }

  MicroBatcherOptions options_;
  std::size_t most_;
  BatchTiming timing_{};
  bool seen_ = false;
  TimePoint last_{};
  double gap_ns_ = 0;  // between arrivals, a unit of weight
  // For what batches must hold, with a shorter memory: time without the rest of long gaps, and how many gaps ended in
  // it. Their ratio is the rate all the same, as that of exponential times of which the longer ones are cut off.
  double busy_ns_ = 0;
  double busy_gaps_ = 0;
};

static_assert(batch_policy<AdaptiveBatching>);

}  // namespace v0
}  // namespace penstock
