// SPDX-License-Identifier: MIT
#pragma once

// A stream's metrics at one moment, to look at, to subtract an earlier one from, or to write.
//
//     const StreamSnapshot before = metrics.snapshot();
//     ...
//     const StreamSnapshot now = metrics.snapshot();
//     const StreamSnapshot change = now.since(before);
//     change.throughput_events_per_s();
//     change.totals.end_to_end.value_at_quantile(0.999);
//     now.windows[0].events_per_s();                       // of the last ten seconds

#include "penstock/core/clock.hpp"
#include "penstock/metrics/stream_totals.hpp"

#include <algorithm>    // find
#include <chrono>       // duration, nanoseconds
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

namespace detail {

inline double seconds_of(std::chrono::nanoseconds time) noexcept { return std::chrono::duration<double>(time).count(); }
/// 0 if there is nothing to divide by.
inline double per(double amount, double whole) noexcept { return whole > 0 ? amount / whole : 0; }

}  // namespace detail

/// What a stream did in the last stretch of time.
struct StreamWindow {
  std::chrono::nanoseconds length{0};   ///< what was asked for
  std::chrono::nanoseconds covered{0};  ///< what the counts are of: less after the start, more if snapshots are rare
  std::uint64_t events_in = 0;          ///< in that time, as the others
  std::uint64_t events_out = 0;         ///< with a result
  std::uint64_t rows = 0;               ///< of chunks
  std::uint64_t failed = 0;             ///< events

  [[nodiscard]] double events_per_s() const noexcept {  ///< events out; 0 if no time is covered
    return detail::per(static_cast<double>(events_out), detail::seconds_of(covered));
  }
  [[nodiscard]] double rows_per_s() const noexcept {  ///< likewise
    return detail::per(static_cast<double>(rows), detail::seconds_of(covered));
  }
  [[nodiscard]] double error_rate() const noexcept {  ///< failed of those that failed or left; 0 if there are none
    return detail::per(static_cast<double>(failed), static_cast<double>(failed + events_out));
  }
  friend bool operator==(const StreamWindow&, const StreamWindow&) = default;
};

/// What was set last, as it stands at the moment.
struct StreamGauges {
  std::uint64_t queue_depth = 0;         ///< items that wait
  std::uint64_t queue_capacity = 0;      ///< 0 if it was not told
  std::uint64_t lag_events = 0;          ///< events that the source has and the stream has not
  std::chrono::nanoseconds lag_time{0};  ///< how far the stream is behind
  friend bool operator==(const StreamGauges&, const StreamGauges&) = default;
};

/// The metrics of a stream from one moment to another: from its start, or, as a difference, from an earlier snapshot.
struct StreamSnapshot {
  TimePoint from{};                        ///< when counting began, on the clock of the metrics
  TimePoint taken{};                       ///< until when
  StreamTotals totals{};                   ///< what was counted
  std::vector<std::string> stage_names{};  ///< by number, as totals.stages, which may be shorter
  StreamGauges gauges{};                   ///< at `taken`
  std::vector<StreamWindow> windows{};     ///< that end at `taken`, as StreamMetricsOptions has them

  [[nodiscard]] double period_s() const noexcept { return detail::seconds_of(taken - from); }  ///< by the clock
  [[nodiscard]] double throughput_events_per_s() const noexcept {  ///< events out; 0 if no time has passed
    return detail::per(static_cast<double>(totals.events_out), period_s());
  }
  [[nodiscard]] double throughput_rows_per_s() const noexcept {  ///< by the clock, not by what the chunks took
    return detail::per(static_cast<double>(totals.rows), period_s());
  }
  /// Failed events of those that failed or left with a result; 0 if there are none.
  [[nodiscard]] double error_rate() const noexcept {
    const auto failed = static_cast<double>(count(EventFate::failed));
    return detail::per(failed, failed + static_cast<double>(totals.events_out));
  }
  /// Events with a fate, for any reason.
  [[nodiscard]] std::uint64_t count(EventFate fate) const noexcept { return totals.of(fate).total(); }

  /// The latencies of a stage by its name; none if it was not recorded.
  [[nodiscard]] LatencyHistogram stage(std::string_view name) const {
    for (std::size_t i = 0; i < stage_names.size() && i < totals.stages.size(); ++i) {
      if (stage_names[i] == name) return totals.stages[i];
    }
    return LatencyHistogram(totals.chunk_latency.options());
  }

  /// What happened after `earlier`, a snapshot of the same metrics: counts and histograms are differences, gauges and
  /// windows are as here. O(buckets). @throws std::invalid_argument if it has counted what this one has not.
  [[nodiscard]] StreamSnapshot since(const StreamSnapshot& earlier) const {
    return {.from = earlier.taken,
            .taken = taken,
            .totals = totals.since(earlier.totals),
            .stage_names = stage_names,
            .gauges = gauges,
            .windows = windows};
  }
};

namespace detail {

/// Counts over the last stretch of time, by samples that are taken when somebody asks. At most 18 are held.
class SlidingCounts {
 public:
  struct Sample {
    TimePoint when{};
    std::uint64_t events_in = 0;
    std::uint64_t events_out = 0;
    std::uint64_t rows = 0;
    std::uint64_t failed = 0;
  };

  SlidingCounts(std::chrono::nanoseconds length, TimePoint start) : length_(length), samples_{Sample{.when = start}} {}

  /// What was counted from the last sample that is `length` old, or the first one, until now; keeps now as a sample, if
  /// the last one is a sixteenth of the length old.
  [[nodiscard]] StreamWindow move_to(const Sample& now) {
    std::size_t first = 0;
    while (first + 1 < samples_.size() && samples_[first + 1].when <= now.when - length_) ++first;
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(first));
    const Sample& base = samples_.front();
    const StreamWindow window{.length = length_,
                              .covered = now.when - base.when,
                              .events_in = now.events_in - base.events_in,
                              .events_out = now.events_out - base.events_out,
                              .rows = now.rows - base.rows,
                              .failed = now.failed - base.failed};
    if (now.when - samples_.back().when >= length_ / 16) samples_.push_back(now);
    return window;
  }

 private:
  std::chrono::nanoseconds length_;
  std::vector<Sample> samples_;  // by time; the first may be older than the length
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
