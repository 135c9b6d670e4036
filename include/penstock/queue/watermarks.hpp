// SPDX-License-Identifier: MIT
#pragma once

// Hysteresis between two depths: tells a producer when to pause and when to go on.
//
//     Watermarks marks{{.capacity = 1000, .high = 0.8, .low = 0.5}};
//     switch (marks.update(queue.size())) {
//       case Crossing::rose: source.pause();  break;   // reached 800
//       case Crossing::fell: source.resume(); break;   // came back to 500
//       case Crossing::none: break;
//     }
//
// One mark alone would flutter: each item taken or put at that depth would be a crossing.

#include "penstock/core/math.hpp"

#include <algorithm>  // clamp
#include <concepts>   // invocable
#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string

namespace penstock {
inline namespace v0 {

/// What the last change of depth did to the throttled state.
enum class Crossing { none, rose, fell };

/// The two marks as fractions of the capacity.
struct WatermarkOptions {
  std::size_t capacity;  ///< items, at least 1
  double high = 0.8;     ///< throttled from this fraction upwards, in (0, 1]
  double low = 0.5;      ///< free again from this fraction downwards, in [0, high)
};

/// A listener that is told of each crossing: once a crossing, in the order in which the crossings happened, one call at
/// a time, outside of every lock. It may call the queue. It is called by whichever thread finds the crossing untold,
/// usually the one whose item crossed. An exception that leaves it is counted and goes no further.
template <class F>
concept watermark_listener = std::invocable<F&, Crossing>;

/// Throttled state with hysteresis: on at `depth >= high`, off at `depth <= low`, unchanged between.
/// Not thread-safe: its owner calls it under the owner's lock.
class Watermarks {
 public:
  /// @throws std::invalid_argument unless capacity >= 1 and 0 <= low < high <= 1.
  explicit Watermarks(const WatermarkOptions& options) {
    const auto [capacity, high, low] = options;
    if (capacity == 0) throw std::invalid_argument("WatermarkOptions.capacity is 0; at least 1 is needed");
    if (!(0 <= low && low < high && high <= 1)) {
      throw std::invalid_argument("WatermarkOptions.low " + std::to_string(low) + " and .high " + std::to_string(high) +
                                  " must satisfy 0 <= low < high <= 1");
    }
    // Rounded apart, so that they differ: a queue of 3 with high 0.5 throttles at 2, not at 1.
    const auto items = static_cast<double>(capacity);
    high_ = std::clamp<std::size_t>(to_depth(detail::ceil(snap(high * items)), capacity), 1, capacity);
    low_ = std::clamp<std::size_t>(to_depth(detail::floor(snap(low * items)), capacity), 0, high_ - 1);
  }

  /// Takes note of the depth; O(1). Returns whether the state changed, so that each crossing is reported once.
  [[nodiscard]] Crossing update(std::size_t depth) noexcept {
    if (!throttled_ && depth >= high_) {
      throttled_ = true;
      return Crossing::rose;
    }
    if (throttled_ && depth <= low_) {
      throttled_ = false;
      return Crossing::fell;
    }
    return Crossing::none;
  }

  [[nodiscard]] bool throttled() const noexcept { return throttled_; }  ///< whether high was met and low not since
  [[nodiscard]] std::size_t high() const noexcept { return high_; }     ///< items, 1 to capacity
  [[nodiscard]] std::size_t low() const noexcept { return low_; }       ///< items, below high()

 private:
  // 0.55 * 100 is 55.00000000000001 in doubles; whoever wrote 0.55 of 100 meant 55.
  static double snap(double depth) noexcept {
    const double whole = detail::nearest_integer(depth);
    return detail::absolute(depth - whole) <= 1e-9 * whole ? whole : depth;
  }

  // A capacity beyond 2^53 may round up to a double that is no size_t.
  static std::size_t to_depth(double depth, std::size_t capacity) noexcept {
    return depth < static_cast<double>(capacity) ? static_cast<std::size_t>(depth) : capacity;
  }

  std::size_t high_ = 1;
  std::size_t low_ = 0;
  bool throttled_ = false;
};

}  // namespace v0
}  // namespace penstock
