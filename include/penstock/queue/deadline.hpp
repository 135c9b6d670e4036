// SPDX-License-Identifier: MIT
#pragma once

// From "at most so long" to "until then", without overflow.
//
//     detail::deadline_after(clock.now(), std::chrono::hours::max())   // TimePoint::max(): for ever

#include "penstock/core/clock.hpp"

#include <chrono>  // ceil, duration, nanoseconds

namespace penstock {
inline namespace v0 {
namespace detail {

/// `now + patience`, rounded up to nanoseconds; `now` if the patience is not positive, TimePoint::max() if it leads
/// beyond.
template <class Rep, class Period>
[[nodiscard]] TimePoint deadline_after(TimePoint now, std::chrono::duration<Rep, Period> patience) {
  using Seconds = std::chrono::duration<double>;
  if (!(patience > patience.zero())) return now;
  // From a clock that reads below zero it may be further to the end of time than a duration reaches.
  const auto left = now < TimePoint{} ? std::chrono::nanoseconds::max() : TimePoint::max() - now;
  if (Seconds(patience) >= Seconds(left)) return TimePoint::max();
  return now + std::chrono::ceil<std::chrono::nanoseconds>(patience);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
