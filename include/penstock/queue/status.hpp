// SPDX-License-Identifier: MIT
#pragma once

// What became of a call on a queue.
//
//     switch (queue.push_for(std::move(event), 5ms, stop)) {
//       case QueueStatus::ok: break;
//       case QueueStatus::timeout: spill(std::move(event)); break;   // not taken: `event` is as it was
//       default: return;                                             // closed or stopped
//     }

#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// The outcome of one call on a queue. Whatever a push returns but `ok`, its value is untouched in the caller's hands.
enum class [[nodiscard]] QueueStatus {
  ok,       ///< the value was taken, or given
  full,     ///< no room, and the call was not to wait for any
  empty,    ///< no item, and the call was not to wait for one
  closed,   ///< pushing: the queue is closed; popping: it is closed and drained
  timeout,  ///< the deadline passed, and even then there was no room or no item
  stopped,  ///< the stop token said so
  dropped,  ///< the overflow policy refused the value
};

/// The status in a word, for logs and tables: "ok", "full", ...
[[nodiscard]] constexpr std::string_view to_string(QueueStatus status) noexcept {
  switch (status) {
    case QueueStatus::ok: return "ok";
    case QueueStatus::full: return "full";
    case QueueStatus::empty: return "empty";
    case QueueStatus::closed: return "closed";
    case QueueStatus::timeout: return "timeout";
    case QueueStatus::stopped: return "stopped";
    case QueueStatus::dropped: return "dropped";
  }
  return "unknown";
}

}  // namespace v0
}  // namespace penstock
