// SPDX-License-Identifier: MIT
#pragma once

// How a queue is made: its size, its marks, and what it does when it is full.
//
//     BoundedQueue<Event> queue{{.capacity = 1024, .overflow = Overflow::drop_oldest}};

#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// What a push does when there is no room. Only `block` ever waits.
enum class Overflow {
  block,                 ///< wait for room; try_push says `full`
  reject,                ///< say `full` at once, even to a push that could wait
  drop_newest,           ///< say `dropped`; the newcomer stays with the caller
  drop_oldest,           ///< evict what has been in the queue longest, and take the newcomer
  drop_lowest_priority,  ///< evict the oldest of the lowest priority below the newcomer's; if none is, as drop_newest
  sample,                ///< while throttled, take every sample_every-th and drop the others; full: as drop_newest
};

/// The policy in a word, as it is spelled here: "block", "drop_oldest", ...
[[nodiscard]] constexpr std::string_view to_string(Overflow overflow) noexcept {
  switch (overflow) {
    case Overflow::block: return "block";
    case Overflow::reject: return "reject";
    case Overflow::drop_newest: return "drop_newest";
    case Overflow::drop_oldest: return "drop_oldest";
    case Overflow::drop_lowest_priority: return "drop_lowest_priority";
    case Overflow::sample: return "sample";
  }
  return "unknown";
}

/// How urgent an item is: 0 is the least, QueueOptions::priorities - 1 the most. A type, so that it is no other number.
struct Priority {
  std::uint8_t level = 0;  ///< below QueueOptions::priorities
};

/// The most priorities a queue can tell apart.
inline constexpr std::size_t max_priorities = 8;

/// How a queue is made. `check` says what is refused.
struct QueueOptions {
  std::size_t capacity;                 ///< items, at least 1; exactly so many fit
  double high_watermark = 0.8;          ///< throttled from this fraction of the capacity upwards, in (0, 1]
  double low_watermark = 0.5;           ///< free again from this fraction downwards, in [0, high_watermark)
  Overflow overflow = Overflow::block;  ///< what a push does when there is no room
  std::size_t priorities = 1;           ///< priorities told apart, 1 to max_priorities; drop_lowest_priority needs 2
  std::size_t starvation_bound = 16;  ///< every so many-th pop takes the oldest item of all; 0: the most urgent always
  std::size_t sample_every = 10;      ///< for `sample`: one in so many is taken while throttled, at least 1
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const QueueOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("QueueOptions." + what); };
  if (options.capacity == 0) refuse("capacity is 0; at least 1 is needed");
  const double low = options.low_watermark;
  const double high = options.high_watermark;
  if (!(0 <= low && low < high && high <= 1)) {
    refuse("low_watermark " + std::to_string(low) + " and .high_watermark " + std::to_string(high) +
           " must satisfy 0 <= low < high <= 1");
  }
  if (options.priorities < 1 || options.priorities > max_priorities) {
    refuse("priorities is " + std::to_string(options.priorities) + "; 1 to " + std::to_string(max_priorities) +
           " are possible");
  }
  if (to_string(options.overflow) == "unknown") {
    refuse("overflow is " + std::to_string(static_cast<int>(options.overflow)) + ", which is no policy");
  }
  if (options.overflow == Overflow::drop_lowest_priority && options.priorities < 2) {
    refuse("priorities is 1; the policy drop_lowest_priority needs at least 2");
  }
  if (options.sample_every == 0) refuse("sample_every is 0; at least 1 is needed");
}

}  // namespace v0
}  // namespace penstock
