// SPDX-License-Identifier: MIT
#pragma once

// How a MicroBatcher is made, and what can be said of an item that it is given.
//
//     MicroBatcher<Row, double> batcher{score, {.max_batch = 64, .slo = 20ms, .overflow = Overflow::drop_oldest}};
//     batcher.submit(row, {.deadline = 5ms, .priority = {1}, .stop = stop.get_token()});

#include "penstock/core/clock.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/options.hpp"

#include <chrono>      // duration, milliseconds, nanoseconds
#include <cstddef>     // size_t
#include <stdexcept>   // invalid_argument
#include <stop_token>  // stop_token
#include <string>      // string, to_string

namespace penstock {
inline namespace v0 {

/// What becomes of the items that wait when a batcher is closed.
enum class Shutdown {
  drain,   ///< they are served first, without further delay
  cancel,  ///< they end as `closed`, and so do those with the functor, whose results are dropped
};

/// How a MicroBatcher is made. docs/micro-batching.md says how to choose. `check` says what is refused.
struct MicroBatcherOptions {
  std::size_t max_batch = 32;  ///< items at most, at least 1
  std::chrono::nanoseconds max_delay{
      0};                           ///< a batch that is not full waits so long from its first item's arrival; 0: not
  std::chrono::nanoseconds slo{0};  ///< deadline of an item that has none, from its arrival; 0: none
  std::size_t workers = 1;          ///< threads of its own, and calls of the functor at once; 0: see run_once()
  std::size_t capacity = 1024;      ///< items that wait at most, at least 1
  Overflow overflow = Overflow::block;  ///< what a submit does when so many wait
  std::size_t priorities = 1;           ///< told apart, 1 to max_priorities; drop_lowest_priority needs 2
  std::chrono::nanoseconds aging = std::chrono::milliseconds(100);  ///< an item rises by a priority each; 0: never
  std::size_t max_weight = 0;                                       ///< of a batch, summed over its items; 0: no bound
  bool cork = false;        ///< wait for more while that pays: see docs/micro-batching.md
  bool shed = true;         ///< end an item as `expired` as soon as its deadline cannot be met
  bool bisect = false;      ///< when a batch fails, run its halves, down to the item that breaks it
  bool callers_run = true;  ///< who waits for an item without a deadline may run its batch; not with hung_after
  Shutdown shutdown = Shutdown::drain;  ///< what the destructor does
  std::chrono::nanoseconds hung_after{
      0};                         ///< a functor that is not back by then is given up, its worker replaced; 0: never
  double high_watermark = 0.8;    ///< throttled from this fraction of the capacity upwards, in (0, 1]
  double low_watermark = 0.5;     ///< free again from this fraction downwards, in [0, high_watermark)
  std::size_t sample_every = 10;  ///< for Overflow::sample: one in so many is taken while throttled
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const MicroBatcherOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("MicroBatcherOptions." + what); };
  const auto check_duration = [&](const char* name, std::chrono::nanoseconds value) {
    if (value.count() < 0) refuse(name + (" is " + std::to_string(value.count()) + " ns; at least 0 is needed"));
  };
  if (options.max_batch == 0) refuse("max_batch is 0; at least 1 is needed");
  check_duration("max_delay", options.max_delay);
  check_duration("slo", options.slo);
  check_duration("aging", options.aging);
  check_duration("hung_after", options.hung_after);
  if (options.workers > 1024) refuse("workers is " + std::to_string(options.workers) + "; 0 to 1024 are possible");
  // The rest is a queue's.
  check(QueueOptions{.capacity = options.capacity,
                     .high_watermark = options.high_watermark,
                     .low_watermark = options.low_watermark,
                     .overflow = options.overflow,
                     .priorities = options.priorities,
                     .sample_every = options.sample_every});
}

/// Until when: a moment of the batcher's clock, or a time from now.
class Deadline {
 public:
  Deadline() = default;  ///< none
  /// That moment.
  Deadline(TimePoint moment) : moment_(moment) {}  // NOLINT: a moment is a deadline
  /// So long from when it is asked for; none if that leads beyond the end of time.
  template <class Rep, class Period>
  Deadline(std::chrono::duration<Rep, Period> patience)  // NOLINT: and so is a time
      : moment_(detail::deadline_after(TimePoint{}, patience)), relative_(moment_ != TimePoint::max()) {}

  /// The moment, if now is `now`; TimePoint::max() if there is none.
  [[nodiscard]] TimePoint from(TimePoint now) const {
    return relative_ ? detail::deadline_after(now, moment_ - TimePoint{}) : moment_;
  }

 private:
  TimePoint moment_ = TimePoint::max();
  bool relative_ = false;  // then it counts from zero
};

/// What can be said of one item.
struct SubmitOptions {
  Deadline deadline{};     ///< of its result, the time to get in included; none: MicroBatcherOptions::slo
  Priority priority{};     ///< below MicroBatcherOptions::priorities; the highest goes first
  std::size_t weight = 1;  ///< its share of a batch, as in tokens or rows; at least 1, at most max_weight
  std::stop_token stop{};  ///< cancels it, also while it waits to get in
};

}  // namespace v0
}  // namespace penstock
