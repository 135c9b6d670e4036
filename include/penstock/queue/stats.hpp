// SPDX-License-Identifier: MIT
#pragma once

// Where every item went that was ever offered to a queue.
//
//     const QueueStats s = queue.stats();
//     // s.offered() == s.accepted + s.refused()                   the fate at the door
//     // s.accepted  == s.taken + s.evicted + s.depth              the fate within

#include <chrono>   // nanoseconds
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t

namespace penstock {
inline namespace v0 {

/// The counters of one queue, all of the same moment. Items are counted when their call ends, a bulk as its items. A
/// push that ends by an exception of the item's own move or copy counts nowhere.
struct QueueStats {
  std::uint64_t accepted = 0;     ///< items that came in
  std::uint64_t dropped = 0;      ///< newcomers that the policy refused because there was no room
  std::uint64_t sampled_out = 0;  ///< newcomers that `Overflow::sample` left out
  std::uint64_t rejected = 0;     ///< newcomers sent away with `full`
  std::uint64_t timed_out = 0;    ///< newcomers whose push met its deadline
  std::uint64_t stopped = 0;      ///< newcomers whose push was stopped
  std::uint64_t closed = 0;       ///< newcomers that found the queue closed

  std::uint64_t taken = 0;    ///< items popped
  std::uint64_t evicted = 0;  ///< accepted items thrown out by drop_oldest or drop_lowest_priority
  std::size_t depth = 0;      ///< items in the queue now
  std::size_t max_depth = 0;  ///< the most there ever were

  bool throttled = false;                    ///< whether the high watermark was met and the low one not since
  std::uint64_t crossings = 0;               ///< of either watermark
  std::chrono::nanoseconds throttled_for{};  ///< time throttled, the present one included
  std::uint64_t listener_exceptions = 0;     ///< exceptions that left a listener

  std::uint64_t push_waits = 0;          ///< pushes that had to wait, and have ended
  std::uint64_t pop_waits = 0;           ///< pops that had to wait, and have ended
  std::chrono::nanoseconds push_wait{};  ///< the time they waited, summed over threads
  std::chrono::nanoseconds pop_wait{};   ///< the time they waited, summed over threads
  std::size_t waiting_pushes = 0;        ///< threads waiting for room now
  std::size_t waiting_pops = 0;          ///< threads waiting for an item now

  /// Newcomers that did not come in; each stayed with its caller.
  [[nodiscard]] std::uint64_t refused() const noexcept {
    return dropped + sampled_out + rejected + timed_out + stopped + closed;
  }
  /// Items that were ever brought to the queue.
  [[nodiscard]] std::uint64_t offered() const noexcept { return accepted + refused(); }
  /// Items lost to the overflow policy, at the door and within.
  [[nodiscard]] std::uint64_t lost() const noexcept { return dropped + sampled_out + evicted; }
};

}  // namespace v0
}  // namespace penstock
