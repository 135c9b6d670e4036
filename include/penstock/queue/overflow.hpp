// SPDX-License-Identifier: MIT
#pragma once

// A policy of the user's own: what a queue does with a newcomer when it is throttled or full.
//
//     struct OldestIfStale {                            // evicts what is too old to matter, refuses the rest
//       Verdict operator()(const Arrival<Event>& arrival) const {
//         if (arrival.fits()) return Verdict::admit;
//         return arrival.oldest->due < now() ? Verdict::evict_oldest : Verdict::drop;
//       }
//     };
//     BoundedQueue<Event> queue{{.capacity = 1024}};
//     queue.overflow_by(OldestIfStale{});

#include "penstock/queue/options.hpp"

#include <concepts>  // convertible_to, invocable
#include <cstddef>   // size_t

namespace penstock {
inline namespace v0 {

/// What becomes of a newcomer.
enum class Verdict {
  admit,         ///< it goes in, or, where there is no room, waits for some, or is told `full` if it may not wait
  reject,        ///< it is told `full`
  drop,          ///< it is told `dropped`
  evict_oldest,  ///< it goes in; where there is no room, in place of what has been in the queue longest
  evict_lowest,  ///< it goes in; where there is no room, in place of the lowest priority below its own, or is `dropped`
};

/// One newcomer, or a bulk of them, before a queue that is throttled or has no room for it.
template <class T>
struct Arrival {
  std::size_t count;     ///< items that want to come in together
  Priority priority;     ///< theirs
  std::size_t depth;     ///< items in the queue
  std::size_t capacity;  ///< items that fit
  bool throttled;        ///< whether the high watermark was met and the low one not since
  const T* oldest;       ///< what has been in the queue longest; nullptr if it is empty

  /// Whether there is room.
  [[nodiscard]] bool fits() const noexcept { return count <= capacity - depth; }
};

/// Decides on arrivals. It is asked once a look: a push that waits may ask again when it is woken. Under the queue's
/// locks, so one call at a time; it must be quick and must not call the queue. What it throws reaches the pusher, whose
/// item stays with him.
template <class P, class T>
concept overflow_policy = requires(P& policy, const Arrival<T>& arrival) {
  { policy(arrival) } -> std::convertible_to<Verdict>;
};

}  // namespace v0
}  // namespace penstock
