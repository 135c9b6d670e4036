// SPDX-License-Identifier: MIT
#pragma once

// Where spans wait until somebody writes them down: bounded, and full it refuses and counts, as tracing must never hold
// up what it traces.

#include "penstock/core/clock.hpp"
#include "penstock/metrics/trace_context.hpp"

#include <atomic>       // atomic
#include <bit>          // bit_ceil
#include <cstddef>      // size_t
#include <cstdint>      // intptr_t, uint8_t, uint32_t, uint64_t
#include <optional>     // optional
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// Where on its way a record spent the time.
enum class Stage : std::uint8_t {
  source,      ///< read or received
  queue_wait,  ///< in a queue
  batch_wait,  ///< for company in a batch
  transform,   ///< made ready
  model,       ///< scored or learnt from
  sink,        ///< written or answered
};

/// The stage in words, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(Stage stage) noexcept {
  switch (stage) {
    case Stage::source: return "source";
    case Stage::queue_wait: return "queue_wait";
    case Stage::batch_wait: return "batch_wait";
    case Stage::transform: return "transform";
    case Stage::model: return "model";
    case Stage::sink: return "sink";
  }
  return "unknown";
}

/// A piece of time in a trace.
struct Span {
  TraceId trace_id{};           ///< of the record
  std::uint64_t span_id = 0;    ///< its own
  std::uint64_t parent_id = 0;  ///< what it is a part of; 0: of nothing
  Stage stage{};                ///< what happened
  std::uint32_t thread = 0;     ///< that ended it: 1, 2, ... in the order in which threads came to trace
  std::uint64_t items = 0;      ///< records or rows that it is of
  TimePoint begin{};            ///< by the tracer's clock
  TimePoint end{};              ///< by the tracer's clock

  friend bool operator==(const Span&, const Span&) = default;
};

/// A bounded queue of spans for any number of threads on both sides: Vyukov's, with a sequence number a place. `push`
/// and `pop` never wait for a lock; a thread that is held up in the midst of either holds up who comes to its place.
class SpanBuffer {
 public:
  /// Room for `capacity` spans, rounded up to a power of two from 2 on.
  /// @throws std::invalid_argument if that is 0 or above 2^30.
  explicit SpanBuffer(std::size_t capacity)
      : places_(capacity == 0 || capacity > std::size_t{1} << 30
                    ? throw std::invalid_argument("TracerOptions.capacity is " + std::to_string(capacity) +
                                                  "; 1 to 2^30 are possible")
                    : std::bit_ceil(capacity < 2 ? 2 : capacity)) {
    for (std::size_t i = 0; i < places_.size(); ++i) places_[i].turn.store(i, std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return places_.size(); }  ///< spans that there is room for

  /// False if there is no room. Thread-safe.
  bool push(const Span& span) noexcept {
    std::size_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Place& place = places_[at & (places_.size() - 1)];
      const auto ahead = static_cast<std::intptr_t>(place.turn.load(std::memory_order_acquire) - at);
      if (ahead < 0) return false;
      if (ahead > 0) {
        at = tail_.load(std::memory_order_relaxed);
      } else if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        place.span = span;
        place.turn.store(at + 1, std::memory_order_release);
        return true;
      }
    }
  }

  /// The oldest span, or nothing. Thread-safe.
  [[nodiscard]] std::optional<Span> pop() noexcept {
    std::size_t at = head_.load(std::memory_order_relaxed);
    for (;;) {
      Place& place = places_[at & (places_.size() - 1)];
      const auto ahead = static_cast<std::intptr_t>(place.turn.load(std::memory_order_acquire) - (at + 1));
      if (ahead < 0) return std::nullopt;
      if (ahead > 0) {
        at = head_.load(std::memory_order_relaxed);
      } else if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        const Span span = place.span;
        place.turn.store(at + places_.size(), std::memory_order_release);
        return span;
      }
    }
  }

 private:
  // Two places at least: the turns of a single one would be the same number full and empty.
  struct Place {
    std::atomic<std::size_t> turn{0};
    Span span{};
  };

  std::vector<Place> places_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::atomic<std::size_t> head_{0};
};

}  // namespace v0
}  // namespace penstock
