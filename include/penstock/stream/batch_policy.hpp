// SPDX-License-Identifier: MIT
#pragma once

// When a batch goes, how large it may be, and which item is not worth a place in it. A policy is a plain object: the
// batcher asks it under its lock, and a simulation may ask it just as well.
//
//     struct AlwaysAlone {                                                     // no batching at all
//       void arrived(TimePoint, std::size_t) {}
//       void ran(std::size_t, std::chrono::nanoseconds) {}
//       BatchDecision decide(const BatchView& view) { return {BatchReason::idle, view.now}; }
//       bool fits(const BatchView&, std::size_t weight, TimePoint) { return weight <= 1; }
//       bool lost(const BatchView&, std::size_t, TimePoint) { return false; }
//       std::chrono::nanoseconds needs() { return {}; }
//     };

#include "penstock/core/clock.hpp"

#include <chrono>       // nanoseconds
#include <concepts>     // convertible_to, same_as
#include <cstddef>      // size_t
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Why a batch went when it did.
enum class BatchReason {
  full,      ///< there was as much as a batch may hold
  idle,      ///< a worker had nothing else to do
  delay,     ///< its first item had waited for max_delay
  deadline,  ///< it had to, or an item would have missed its deadline
  cork,      ///< waiting for more would not have paid any longer
  flush,     ///< flush() asked for it
  closing,   ///< the batcher is being drained
};
/// How many reasons there are.
inline constexpr std::size_t batch_reasons = 7;

/// The reason in a word: "full", "idle", ...
[[nodiscard]] constexpr std::string_view to_string(BatchReason reason) noexcept {
  switch (reason) {
    case BatchReason::full: return "full";
    case BatchReason::idle: return "idle";
    case BatchReason::delay: return "delay";
    case BatchReason::deadline: return "deadline";
    case BatchReason::cork: return "cork";
    case BatchReason::flush: return "flush";
    case BatchReason::closing: return "closing";
  }
  return "unknown";
}

/// What waits, when a worker is free to take it. There is at least one item.
struct BatchView {
  TimePoint now{};                                ///< by the batcher's clock
  std::size_t items = 0;                          ///< that wait
  std::size_t weight = 0;                         ///< theirs, summed: as many if no item says otherwise
  TimePoint first_arrival{};                      ///< of the item that has waited longest
  TimePoint nearest_deadline = TimePoint::max();  ///< of all that wait; max: none
};

/// When a batch is to go: now if `at` is not ahead; else the policy is asked again then, and at each arrival before.
struct BatchDecision {
  BatchReason reason = BatchReason::idle;  ///< if it goes at `at`
  TimePoint at{};                          ///< by the batcher's clock
};

/// Sizes batches. Called by one thread at a time; it must not call the batcher. An exception that leaves it is counted;
/// then the batch goes at once, the item fits, and is not lost.
/// - `arrived(now, weight)`: an item was taken in.
/// - `ran(weight, took)`: a batch of this weight is back from the functor.
/// - `decide(view)`: see BatchDecision. Not asked when the batcher flushes or drains.
/// - `fits(view, weight, deadline)`: whether a batch of this weight may go; the nearest deadline of its items is this.
///   Asked for each item in turn as a batch is made up, until it says no; an item alone goes in any case.
/// - `lost(view, weight, deadline)`: whether an item is not worth a place, because its deadline cannot be met, or not
///   without harm to others. Then it ends as `expired`. Asked as a batch is made up, of items with a deadline.
/// - `needs()`: how long a batch of one item takes at the least that is to be reckoned with. An item whose deadline is
///   nearer ends as `expired`, even while all workers are busy. 0: items expire at their deadlines.
template <class P>
concept batch_policy =
    requires(P& policy, const BatchView& view, TimePoint time, std::size_t weight, std::chrono::nanoseconds took) {
      policy.arrived(time, weight);
      policy.ran(weight, took);
      { policy.decide(view) } -> std::same_as<BatchDecision>;
      { policy.fits(view, weight, time) } -> std::convertible_to<bool>;
      { policy.lost(view, weight, time) } -> std::convertible_to<bool>;
      { policy.needs() } -> std::same_as<std::chrono::nanoseconds>;
    };

}  // namespace v0
}  // namespace penstock
