// SPDX-License-Identifier: MIT
#pragma once

// How long a call may wait, and what ends it early.
//
//     gate.perform(..., {&stop, deadline}, ...);   // until then, or until stopped
//     gate.perform(..., {}, ...);                  // not at all

#include "penstock/core/clock.hpp"

#include <stop_token>  // stop_token

namespace penstock {
inline namespace v0 {
namespace detail {

/// What is never requested.
inline const std::stop_token never_stops{};

/// Nothing given: the call never waits. A token alone: for ever.
struct Limit {
  const std::stop_token* stop = nullptr;  // none for what never waits
  TimePoint deadline = TimePoint::max();  // for ever
  bool waits = stop != nullptr;

  [[nodiscard]] bool stopped() const noexcept {
    return stop != nullptr && stop != &never_stops && stop->stop_requested();
  }
  [[nodiscard]] bool for_ever() const noexcept { return deadline == TimePoint::max(); }
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
