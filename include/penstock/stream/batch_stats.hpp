// SPDX-License-Identifier: MIT
#pragma once

// Where every item went that was ever offered to a MicroBatcher, and why its batches went.
//
//     const MicroBatcherStats s = batcher.stats();
//     // s.offered()  == s.accepted + s.refused()                        the fate at the door
//     // s.accepted   == s.settled() + s.depth + s.running               the fate within
//     batcher.on_batch([&](const BatchReport& report) { sizes.record(report.items); });

#include "penstock/stream/batch_policy.hpp"

#include <array>    // array
#include <chrono>   // nanoseconds
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t

namespace penstock {
inline namespace v0 {

/// One batch, when it is back from the functor.
struct BatchReport {
  std::size_t items = 0;                   ///< it held
  std::size_t weight = 0;                  ///< theirs, summed
  BatchReason reason = BatchReason::idle;  ///< why it went
  std::chrono::nanoseconds first_wait{};   ///< from the arrival of its oldest item until it went
  std::chrono::nanoseconds total_wait{};   ///< the same, summed over its items
  std::chrono::nanoseconds took{};         ///< in the functor
  std::size_t failed = 0;                  ///< items that ended as `failed`
  std::size_t late = 0;                    ///< items that had ended before the functor was back
  std::size_t left = 0;                    ///< items that waited when it went
};

/// The counters of a MicroBatcher, all of the same moment.
struct MicroBatcherStats {
  std::uint64_t accepted = 0;     ///< items that came in
  std::uint64_t dropped = 0;      ///< newcomers that the policy refused because there was no room
  std::uint64_t sampled_out = 0;  ///< newcomers that `Overflow::sample` left out
  std::uint64_t rejected = 0;     ///< newcomers sent away because there was no room
  std::uint64_t closed_out = 0;   ///< newcomers that found the batcher closed
  std::uint64_t stopped = 0;      ///< newcomers that were cancelled before they came in
  std::uint64_t timed_out = 0;    ///< newcomers whose deadline passed before they came in

  std::uint64_t ok = 0;         ///< items that got their value
  std::uint64_t failed = 0;     ///< items that the functor failed
  std::uint64_t expired = 0;    ///< items whose deadline passed or could not be met
  std::uint64_t cancelled = 0;  ///< items cancelled
  std::uint64_t evicted = 0;    ///< items thrown out by drop_oldest or drop_lowest_priority
  std::uint64_t closed = 0;     ///< items that Shutdown::cancel ended
  std::uint64_t hung = 0;       ///< items whose functor was not back after hung_after
  std::size_t depth = 0;        ///< items that wait now
  std::size_t max_depth = 0;    ///< the most there ever were
  std::size_t running = 0;      ///< items with the functor now

  std::uint64_t batches = 0;                           ///< that went, and are back
  std::uint64_t batched = 0;                           ///< items in them
  std::array<std::uint64_t, batch_reasons> reasons{};  ///< batches by why they went
  std::uint64_t late = 0;                              ///< items that had ended before the functor was back
  std::uint64_t bisections = 0;                        ///< calls of the functor to find what broke a batch
  std::uint64_t replaced_workers = 0;                  ///< given up because the functor hung

  std::uint64_t functor_exceptions = 0;   ///< that left the functor
  std::uint64_t callback_exceptions = 0;  ///< that left a callback, or a coroutine that was resumed
  std::uint64_t listener_exceptions = 0;  ///< that left a hook
  std::uint64_t policy_exceptions = 0;    ///< that left the policy

  bool throttled = false;           ///< whether the high watermark was met and the low one not since
  std::uint64_t crossings = 0;      ///< of either watermark
  std::size_t idle_workers = 0;     ///< that wait for a batch now
  std::size_t waiting_submits = 0;  ///< threads that wait for room now

  /// Newcomers that did not come in; each stayed with its caller.
  [[nodiscard]] std::uint64_t refused() const noexcept {
    return dropped + sampled_out + rejected + closed_out + stopped + timed_out;
  }
  /// Items that were ever offered.
  [[nodiscard]] std::uint64_t offered() const noexcept { return accepted + refused(); }
  /// Accepted items that have ended.
  [[nodiscard]] std::uint64_t settled() const noexcept {
    return ok + failed + expired + cancelled + evicted + closed + hung;
  }
  /// Batches that went for this reason.
  [[nodiscard]] std::uint64_t went(BatchReason reason) const noexcept {
    return reasons[static_cast<std::size_t>(reason)];
  }
  /// Items a batch; 0 before the first.
  [[nodiscard]] double mean_batch() const noexcept {
    return batches == 0 ? 0 : static_cast<double>(batched) / static_cast<double>(batches);
  }
};

}  // namespace v0
}  // namespace penstock
