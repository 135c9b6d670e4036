// SPDX-License-Identifier: MIT
#pragma once

// The crossings of a queue's watermarks: found under its lock, told outside of it, each once and in order.
//
//     crossings.update(depth, clock.now());           // under the lock
//     const bool tells = crossings.start_telling();
//     lock.unlock();
//     while (tells && (lock.lock(), next = crossings.next(), lock.unlock(), next != Crossing::none)) listener(next);

#include "penstock/core/clock.hpp"
#include "penstock/queue/watermarks.hpp"

#include <chrono>   // nanoseconds
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t
#include <utility>  // exchange

namespace penstock {
inline namespace v0 {
namespace detail {

/// All under the queue's lock.
///
/// Crossings alternate, so a number and the first of them are a queue of them that needs no memory. One thread at a
/// time tells them; the others leave theirs to it, and so does a listener that calls the queue.
class Crossings {
 public:
  explicit Crossings(const WatermarkOptions& options) : marks_(options) {}

  bool heard = false;  ///< whether there is somebody to tell

  /// Takes note of the depth.
  Crossing update(std::size_t depth, TimePoint now) noexcept {
    const Crossing crossing = marks_.update(depth);
    if (crossing == Crossing::none) return crossing;
    if (crossing == Crossing::rose) {
      since_ = now;
    } else {
      throttled_for_ += now - since_;
    }
    ++count_;
    untold_ += heard;
    return crossing;
  }
  /// Whether `update` would find a crossing; it needs no time for that.
  [[nodiscard]] bool crosses(std::size_t depth) const noexcept {
    return marks_.throttled() ? depth <= marks_.low() : depth >= marks_.high();
  }

  /// Whether the caller is to tell what there is, until `next` is `none`.
  [[nodiscard]] bool start_telling() noexcept { return untold_ > 0 && !std::exchange(telling_, true); }
  /// What to tell next.
  [[nodiscard]] Crossing next() noexcept {
    if (untold_ == 0) {
      telling_ = false;
      return Crossing::none;
    }
    --untold_;
    return std::exchange(next_, next_ == Crossing::rose ? Crossing::fell : Crossing::rose);
  }

  [[nodiscard]] const Watermarks& marks() const noexcept { return marks_; }             ///< the two depths
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }                 ///< crossings ever
  [[nodiscard]] std::chrono::nanoseconds throttled_for(TimePoint now) const noexcept {  ///< the present time included
    return marks_.throttled() ? throttled_for_ + (now - since_) : throttled_for_;
  }

 private:
  Watermarks marks_;
  TimePoint since_{};
  std::chrono::nanoseconds throttled_for_{};
  std::uint64_t count_ = 0;
  std::size_t untold_ = 0;
  Crossing next_ = Crossing::rose;
  bool telling_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
