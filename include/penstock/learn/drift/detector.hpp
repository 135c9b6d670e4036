// SPDX-License-Identifier: MIT
#pragma once

// What a drift detector is: it is shown one number after the other, errors or a feature, and says when they have
// changed.
//
//     Adwin detector;
//     for (const double loss : losses) {
//       if (detector.update(loss) == DriftStatus::drift) retrain();
//     }

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"

#include <concepts>     // same_as
#include <cstdint>      // uint64_t
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// What a detector says of the numbers that it has seen.
enum class DriftStatus {
  none,     ///< they look like those before
  warning,  ///< they may be about to change: a detector that has no warnings never says so
  drift,    ///< they have changed
};

/// The status in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(DriftStatus status) noexcept {
  switch (status) {
    case DriftStatus::none: return "none";
    case DriftStatus::warning: return "warning";
    case DriftStatus::drift: return "drift";
  }
  return "unknown";
}

/// Sees one number after the other. Promises that no compiler checks: `update` says drift once for a change, with the
/// number at which it was noticed, and goes on from there by itself, as after `reset` unless an option says otherwise;
/// `detected` is whether the last `update` said drift, false before the first; `reset` forgets all numbers and keeps
/// the options; the same numbers give the same answers. A number that is NaN, infinite or out of the detector's range
/// makes `update` throw an Error, and leaves the detector as it was.
template <class D>
concept drift_detector = requires(D& detector, const D& constant, double value) {
  { detector.update(value) } -> std::same_as<DriftStatus>;
  { constant.detected() } -> std::same_as<bool>;
  detector.reset();
};

namespace detail {

/// Refuses what is not from `low` to `high`, NaN included. `seen` numbers came before it.
inline void check_drift_value(const char* detector, double value, std::uint64_t seen, double low, double high,
                              const char* expected) {
  if (value >= low && value <= high) [[likely]]
    return;
  throw Error({.source = detector, .row = seen + 1}, std::to_string(value), expected);
}

/// The same for a detector of any numbers: their squares must be numbers too.
inline void check_drift_value(const char* detector, double value, std::uint64_t seen) {
  check_drift_value(detector, value, seen, -1e100, 1e100, "a finite number from -1e100 to 1e100");
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
