// SPDX-License-Identifier: MIT
#pragma once

// A latency histogram that many threads record into at once, each at the cost of its own, while another reads.
//
//     ConcurrentHistogram latency;
//     latency.record(ns);                                    // any thread: a few ns, no lock, no waiting
//     const LatencyHistogram second = latency.interval();    // all since the last call, for a log
//     latency.total().value_at_quantile(0.99);               // all since the start

#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/per_thread.hpp"

#include <chrono>   // nanoseconds
#include <cstdint>  // int64_t, uint64_t
#include <mutex>    // mutex, scoped_lock
#include <utility>  // exchange, move

namespace penstock {
inline namespace v0 {

/// A LatencyHistogram of many threads. Thread-safe in all its functions.
///
/// Each record is, whole, in exactly one interval and in every later total: the sum of all intervals is what one thread
/// would have recorded alone. What is recorded while an interval is taken is in that or in the next one. Memory: two
/// histograms for each thread that records, and two for what was read.
class ConcurrentHistogram {
 public:
  /// @throws std::invalid_argument that names the option if it is out of range.
  explicit ConcurrentHistogram(const LatencyHistogramOptions& options = {})
      : shards_([options] { return LatencyHistogram(options); }), before_(options), interval_(options) {}

  [[nodiscard]] const LatencyHistogramOptions& options() const noexcept { return before_.options(); }  ///< as made

  /// As LatencyHistogram::record, from any thread. O(1), a nanosecond or two more; a thread's first record, and one
  /// whose value needs more memory, allocate. @throws std::bad_alloc, with nothing changed, if there is none.
  void record(std::int64_t ns) {
    shards_.write([ns](LatencyHistogram& mine) { mine.record(ns); });
  }
  /// One more duration.
  void record(std::chrono::nanoseconds duration) { record(static_cast<std::int64_t>(duration.count())); }
  /// The same value `count` times; O(1).
  void record(std::int64_t ns, std::uint64_t count) {
    shards_.write([ns, count](LatencyHistogram& mine) { mine.record(ns, count); });
  }
  /// As LatencyHistogram::record_corrected.
  void record_corrected(std::int64_t ns, std::int64_t interval) {
    shards_.write([ns, interval](LatencyHistogram& mine) { mine.record_corrected(ns, interval); });
  }
  /// The same for durations.
  void record_corrected(std::chrono::nanoseconds duration, std::chrono::nanoseconds interval) {
    record_corrected(static_cast<std::int64_t>(duration.count()), static_cast<std::int64_t>(interval.count()));
  }
  /// Adds a histogram of the same options. @throws std::invalid_argument if they differ.
  void merge(const LatencyHistogram& other) {
    const std::scoped_lock lock(mutex_);
    interval_.merge(other);
  }

  /// All that was recorded since the last interval() of any thread, or since the start. O(threads * buckets), and some
  /// microseconds for the fence.
  [[nodiscard]] LatencyHistogram interval() {
    const std::scoped_lock lock(mutex_);
    collect();
    LatencyHistogram next(options());
    before_.merge(interval_);
    return std::exchange(interval_, std::move(next));
  }

  /// All that was recorded since the start; leaves the interval as it is. The same cost.
  [[nodiscard]] LatencyHistogram total() const {
    const std::scoped_lock lock(mutex_);
    collect();
    LatencyHistogram all = before_;
    all.merge(interval_);
    return all;
  }

 private:
  // A merge that finds no memory changes nothing: what it would have taken comes with a later one.
  void collect() const {
    shards_.collect([this](LatencyHistogram& theirs) {
      if (theirs.count() + theirs.below_range() + theirs.above_range() == 0) return;
      interval_.merge(theirs);
      theirs.reset();
    });
  }

  detail::PerThread<LatencyHistogram> shards_;
  mutable std::mutex mutex_;
  LatencyHistogram before_;            // until the last interval(); under the mutex, as the next
  mutable LatencyHistogram interval_;  // since then
};

}  // namespace v0
}  // namespace penstock
