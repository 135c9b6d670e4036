// SPDX-License-Identifier: MIT
#pragma once

// What became of an item that was given to a MicroBatcher.
//
//     const Outcome<double> outcome = ticket.outcome();
//     if (outcome.status() == TicketStatus::expired) ++too_late;

#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Where an item is, or how it ended. The first two are on the way; all others are final.
enum class [[nodiscard]] TicketStatus {
  pending,    ///< waits for its batch
  running,    ///< its batch is with the functor
  ok,         ///< has its value
  failed,     ///< the functor threw, gave an error for this item, or gave another number of values than items
  expired,    ///< its deadline passed, or could not be met any more
  cancelled,  ///< by its ticket or its stop token
  dropped,    ///< the overflow policy refused or evicted it
  rejected,   ///< no room, and the call was not to wait for any
  closed,     ///< the batcher was closed before the item was served
  hung,       ///< the functor was not back after MicroBatcherOptions::hung_after
};

/// The status in a word: "pending", "ok", ...
[[nodiscard]] constexpr std::string_view to_string(TicketStatus status) noexcept {
  switch (status) {
    case TicketStatus::pending: return "pending";
    case TicketStatus::running: return "running";
    case TicketStatus::ok: return "ok";
    case TicketStatus::failed: return "failed";
    case TicketStatus::expired: return "expired";
    case TicketStatus::cancelled: return "cancelled";
    case TicketStatus::dropped: return "dropped";
    case TicketStatus::rejected: return "rejected";
    case TicketStatus::closed: return "closed";
    case TicketStatus::hung: return "hung";
  }
  return "unknown";
}

/// Whether an item of this status has ended.
[[nodiscard]] constexpr bool is_final(TicketStatus status) noexcept { return status > TicketStatus::running; }

}  // namespace v0
}  // namespace penstock
