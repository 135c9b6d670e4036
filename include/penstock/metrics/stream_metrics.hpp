// SPDX-License-Identifier: MIT
#pragma once

// What a stream did: events and what became of them, rows, chunks, time, latencies by stage, depths and lag. Any number
// of threads may record.
//
//     StreamMetrics metrics;
//     metrics.record(100, 3ms);           // a chunk of 100 rows that took 3 ms
//     metrics.latency_ms();               // 0.03, mean ms a row
//     metrics.throughput_rows_per_s();    // 33333
//     metrics.quantile_ms(0.99);          // of the chunks
//
//     const StageId model = metrics.stage("model");
//     metrics.in(64);                     // events that arrived
//     metrics.record_stage(model, 2ms);
//     metrics.out(5ms, 60);               // 60 left 5 ms after they arrived
//     metrics.count(EventFate::failed, "bad row", 4);
//     const StreamSnapshot now = metrics.snapshot();
//
// Every figure is defined for a stream of no rows, no chunks or no time: it is 0, never NaN or infinite.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/per_thread.hpp"
#include "penstock/metrics/stream_snapshot.hpp"
#include "penstock/metrics/stream_totals.hpp"

#include <algorithm>    // clamp, min
#include <atomic>       // atomic
#include <chrono>       // nanoseconds, seconds
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <memory>       // make_unique, unique_ptr
#include <mutex>        // mutex, scoped_lock
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// The figures of a stream at one moment, as they are written to files. Times are those of StreamMetrics.
struct StreamSummary {
  std::uint64_t rows = 0;            ///< of all chunks
  std::uint64_t chunks = 0;          ///< recorded
  double elapsed_s = 0;              ///< how long the stream took
  double busy_s = 0;                 ///< what the chunks took
  double latency_ms = 0;             ///< mean ms a row
  double throughput_rows_per_s = 0;  ///< by elapsed_s
  double p50_ms = 0;                 ///< quantiles of chunk latency
  double p95_ms = 0;                 ///< as p50_ms
  double p99_ms = 0;                 ///< as p50_ms
  double max_ms = 0;                 ///< the slowest chunk

  friend bool operator==(const StreamSummary&, const StreamSummary&) = default;
};

/// How metrics are kept.
struct StreamMetricsOptions {
  LatencyHistogramOptions latency{};  ///< of chunks, stages and end to end
  std::vector<std::chrono::nanoseconds> windows{std::chrono::seconds(10), std::chrono::seconds(60)};  ///< each above 0
};

/// A stage of a stream, by StreamMetrics::stage. Good for the metrics that gave it and their copies.
enum class StageId : std::size_t {};

/// Rows, chunks, events and times of a stream, in bounded memory (that of histograms of 3 digits, two for each
/// recording thread).
///
/// Two times of chunks are kept apart. *Busy* time is the sum of what the chunks took: it tells what a row costs.
/// *Elapsed* time is how long the stream took: the same sum, unless `set_elapsed` gives the time by the wall, which is
/// less where chunks ran side by side and more where the stream waited in between. `throughput_rows_per_s` is by
/// elapsed time; snapshots and their windows go by the clock.
///
/// Thread-safe: recording waits for no other thread but at a thread's first time, at a few nanoseconds each (StageId
/// and reasons included); it allocates where a histogram has to grow, and for the first count of a long reason after
/// each reading. Each record is whole in exactly one of two successive snapshots. Reading takes O(threads * buckets)
/// and some microseconds. Copying, assigning and moving are not for metrics that others use at the time; a copy has the
/// same counts. Metrics that were moved from are as new, with default options.
template <clock_source Clock = SteadyClock>
class BasicStreamMetrics {
 public:
  static constexpr std::size_t most_stages = 64;  ///< that metrics have

  BasicStreamMetrics() : BasicStreamMetrics(StreamMetricsOptions{}) {}  ///< as by the options' defaults
  /// The clock begins to run. @throws std::invalid_argument that names the option that is out of range.
  explicit BasicStreamMetrics(StreamMetricsOptions options, Clock clock = {})
      : core_(std::make_unique<Core>(std::move(options), std::move(clock)).release()) {}
  /// The same counts, stages, gauges and windows.
  BasicStreamMetrics(const BasicStreamMetrics& other) : core_(other.copy_core().release()) {}
  BasicStreamMetrics(BasicStreamMetrics&& other) noexcept : core_(other.core_.exchange(nullptr)) {}  ///< takes over
  BasicStreamMetrics& operator=(const BasicStreamMetrics& other) {                                   ///< as a copy
    replace(other.copy_core());
    return *this;
  }
  BasicStreamMetrics& operator=(BasicStreamMetrics&& other) noexcept {  ///< takes over
    replace(std::unique_ptr<Core>(other.core_.exchange(nullptr)));
    return *this;
  }
  ~BasicStreamMetrics() { replace(nullptr); }

  /// One more chunk. A negative duration, which no clock_source gives, adds no time and is counted in
  /// `chunk_latency().below_range()`. O(1).
  void record(std::size_t rows, std::chrono::nanoseconds duration) {
    core().shards.write([=](StreamTotals& mine) { mine.record(rows, duration); });
  }
  /// `n` more events that arrived.
  void in(std::uint64_t n = 1) {
    core().shards.write([=](StreamTotals& mine) { mine.events_in += n; });
  }
  /// `n` more events that left with a result.
  void out(std::uint64_t n = 1) {
    core().shards.write([=](StreamTotals& mine) { mine.events_out += n; });
  }
  /// `n` more events that left with a result, each so long after it arrived.
  void out(std::chrono::nanoseconds latency, std::uint64_t n = 1) {
    core().shards.write([=](StreamTotals& mine) { mine.out(latency, n); });
  }
  /// `n` more events with this fate. Reasons are few and fixed: ReasonCounts tells 32 apart. About 10 ns.
  void count(EventFate fate, std::string_view reason, std::uint64_t n = 1) {
    core().shards.write([=](StreamTotals& mine) { mine.count(fate, reason, n); });
  }
  /// One more pass through a stage.
  void record_stage(StageId stage, std::chrono::nanoseconds duration) {
    core().shards.write([=](StreamTotals& mine) { mine.record_stage(static_cast<std::size_t>(stage), duration); });
  }
  /// What waits in the queue now: the gauge, and one more value of totals.queue_depths.
  void set_queue_depth(std::uint64_t items) {
    core().queue_depth.store(items, std::memory_order_relaxed);
    core().shards.write([=](StreamTotals& mine) { mine.queue_depths.record(static_cast<std::int64_t>(items)); });
  }
  /// Several records at the cost of one: `work(StreamTotals&)` has this thread's totals to itself, and must use none of
  /// these metrics' other functions. Keep it short: a reader waits for its end.
  template <class Work>
  void record_with(Work work) {
    core().shards.write(std::move(work));
  }

  void set_queue_capacity(std::uint64_t items) noexcept {  ///< what fits into the queue
    core().queue_capacity.store(items, std::memory_order_relaxed);
  }
  void set_lag(std::uint64_t events) noexcept {  ///< events that the source has and the stream has not
    core().lag_events.store(events, std::memory_order_relaxed);
  }
  void set_lag(std::chrono::nanoseconds behind) noexcept {  ///< how far the stream is behind
    core().lag_ns.store(behind.count(), std::memory_order_relaxed);
  }

  /// The stage of a name, which is new or known. Not for hot paths. @throws std::invalid_argument if the name is empty
  /// or there are most_stages others.
  [[nodiscard]] StageId stage(std::string_view name) {
    Core& core = this->core();
    const std::scoped_lock lock(core.mutex);
    return Core::stage(core.stages, name);
  }

  /// Puts the time by the wall in place of the sum so far; chunks recorded later add to it.
  void set_elapsed(std::chrono::nanoseconds wall) {
    Core& core = this->core();
    const std::scoped_lock lock(core.mutex);
    core.collect();
    core.totals.elapsed = wall;
  }

  /// Adds the other's stream after this one: counts, times and latencies add up, stages by their names; gauges and
  /// windows stay. Where `set_elapsed` was not used the result is that of recording all in one; in any case merging is
  /// associative and commutative, but for the order of stages, and as long as no fate has more than
  /// ReasonCounts::most_reasons reasons in all: beyond that, which of them count as "other" is a matter of order.
  /// Latencies that the other recorded under the StageId of other metrics, and so under no name, are left out. Streams
  /// that ran side by side need `set_elapsed` afterwards. O(buckets).
  /// @throws std::invalid_argument, with nothing changed, if the histograms' options differ or there would be more than
  /// most_stages stages.
  void merge(const BasicStreamMetrics& other) {
    const StreamSnapshot theirs = other.look();
    Core& core = this->core();
    const std::scoped_lock lock(core.mutex);
    core.collect();
    StreamTotals ordered(theirs.totals);
    ordered.stages.clear();
    std::vector<std::string> names = core.stages;  // in place of the old ones when all has gone well
    for (std::size_t i = 0; i < std::min(theirs.totals.stages.size(), theirs.stage_names.size()); ++i) {
      const auto at = static_cast<std::size_t>(Core::stage(names, theirs.stage_names[i]));
      if (at >= ordered.stages.size()) ordered.stages.resize(at + 1, LatencyHistogram(core.options.latency));
      ordered.stages[at] = theirs.totals.stages[i];
    }
    core.totals.merge(ordered);
    core.stages = std::move(names);
  }

  /// Everything at this moment by the clock; the windows move on to it.
  [[nodiscard]] StreamSnapshot snapshot() const {
    Core& core = this->core();
    const std::scoped_lock lock(core.mutex);
    StreamSnapshot snapshot = core.look();
    const detail::SlidingCounts::Sample now{.when = snapshot.taken,
                                            .events_in = snapshot.totals.events_in,
                                            .events_out = snapshot.totals.events_out,
                                            .rows = snapshot.totals.rows,
                                            .failed = snapshot.count(EventFate::failed)};
    for (detail::SlidingCounts& window : core.windows) snapshot.windows.push_back(window.move_to(now));
    return snapshot;
  }

  [[nodiscard]] std::uint64_t rows() const { return read(&StreamTotals::rows); }                   ///< of all chunks
  [[nodiscard]] std::uint64_t chunks() const { return read(&StreamTotals::chunks); }               ///< recorded
  [[nodiscard]] std::chrono::nanoseconds elapsed() const { return read(&StreamTotals::elapsed); }  ///< see the class
  [[nodiscard]] std::chrono::nanoseconds busy() const { return read(&StreamTotals::busy); }        ///< see the class
  [[nodiscard]] double elapsed_s() const { return to_ms(elapsed().count()) / 1e3; }                ///< seconds
  [[nodiscard]] double busy_s() const { return to_ms(busy().count()) / 1e3; }                      ///< seconds

  /// Mean milliseconds a row: busy time over rows. 0 if there are no rows.
  [[nodiscard]] double latency_ms() const { return summary().latency_ms; }
  /// Rows a second of elapsed time. 0 if no time has elapsed.
  [[nodiscard]] double throughput_rows_per_s() const { return summary().throughput_rows_per_s; }
  /// The chunk latency at rank ceil(q * chunks), in ms, to 3 digits: LatencyHistogram::value_at_quantile, but never
  /// outside of the least and greatest latency that were recorded. 0 if there are no chunks.
  /// @throws std::invalid_argument unless 0 <= q <= 1.
  [[nodiscard]] double quantile_ms(double q) const { return quantile_ms(chunk_latency(), q); }
  [[nodiscard]] double min_ms() const { return to_ms(chunk_latency().min()); }  ///< least chunk latency, exact
  [[nodiscard]] double max_ms() const { return to_ms(chunk_latency().max()); }  ///< greatest chunk latency, exact

  /// The latencies of the chunks.
  [[nodiscard]] LatencyHistogram chunk_latency() const { return read(&StreamTotals::chunk_latency); }

  /// All figures of the chunks at once.
  [[nodiscard]] StreamSummary summary() const {
    const StreamTotals all = look().totals;
    const double busy = to_ms(all.busy.count());
    const double elapsed = to_ms(all.elapsed.count()) / 1e3;
    const auto rows = static_cast<double>(all.rows);
    return {.rows = all.rows,
            .chunks = all.chunks,
            .elapsed_s = elapsed,
            .busy_s = busy / 1e3,
            .latency_ms = all.rows == 0 ? 0 : busy / rows,
            .throughput_rows_per_s = all.elapsed.count() <= 0 ? 0 : rows / elapsed,
            .p50_ms = quantile_ms(all.chunk_latency, 0.5),
            .p95_ms = quantile_ms(all.chunk_latency, 0.95),
            .p99_ms = quantile_ms(all.chunk_latency, 0.99),
            .max_ms = to_ms(all.chunk_latency.max())};
  }

  /// Whether both have counted the same, in stages of the same names; gauges and clocks do not matter.
  friend bool operator==(const BasicStreamMetrics& a, const BasicStreamMetrics& b) {
    const StreamSnapshot left = a.look();
    const StreamSnapshot right = b.look();
    return left.totals == right.totals && left.stage_names == right.stage_names;
  }

 private:
  struct Core {
    Core(StreamMetricsOptions given, Clock its_clock)
        : options(std::move(given)),
          clock(std::move(its_clock)),
          started(clock.now()),
          shards([latency = options.latency] { return StreamTotals(latency); }),
          totals(options.latency) {
      for (const std::chrono::nanoseconds length : options.windows) {
        if (length.count() <= 0) {
          throw std::invalid_argument("StreamMetricsOptions.windows has " + std::to_string(length.count()) +
                                      " ns; above 0 is needed");
        }
        windows.emplace_back(length, started);
      }
    }

    /// Under the mutex, as all below.
    void collect() {
      shards.collect([this](StreamTotals& theirs) {
        if (theirs.empty()) return;
        totals.merge(theirs);
        theirs.reset();
      });
    }
    [[nodiscard]] StreamSnapshot look() {
      collect();
      return {.from = started,
              .taken = clock.now(),
              .totals = totals,
              .stage_names = stages,
              .gauges = {.queue_depth = queue_depth.load(std::memory_order_relaxed),
                         .queue_capacity = queue_capacity.load(std::memory_order_relaxed),
                         .lag_events = lag_events.load(std::memory_order_relaxed),
                         .lag_time = std::chrono::nanoseconds(lag_ns.load(std::memory_order_relaxed))},
              .windows = {}};
    }
    /// The place of a name among these, put there if it is new.
    [[nodiscard]] static StageId stage(std::vector<std::string>& stages, std::string_view name) {
      if (name.empty()) throw std::invalid_argument("StreamMetrics::stage: the name is empty");
      for (std::size_t i = 0; i < stages.size(); ++i) {
        if (stages[i] == name) return StageId{i};
      }
      if (stages.size() == most_stages) {
        throw std::invalid_argument("StreamMetrics::stage: '" + std::string(name) + "' would be one more than " +
                                    std::to_string(most_stages));
      }
      stages.emplace_back(name);
      return StageId{stages.size() - 1};
    }

    const StreamMetricsOptions options;
    const Clock clock;
    TimePoint started;
    detail::PerThread<StreamTotals> shards;
    std::atomic<std::uint64_t> queue_depth{0};
    std::atomic<std::uint64_t> queue_capacity{0};
    std::atomic<std::uint64_t> lag_events{0};
    std::atomic<std::int64_t> lag_ns{0};
    std::mutex mutex;
    StreamTotals totals;  // of what was collected
    std::vector<std::string> stages;
    std::vector<detail::SlidingCounts> windows;
  };

  [[nodiscard]] Core& core() const {
    if (Core* const mine = core_.load(std::memory_order_acquire)) [[likely]]
      return *mine;
    return new_core();
  }
  /// Moved-from metrics get a new one when they are used again: that of the first of the threads that do.
  PENSTOCK_COLD Core& new_core() const {
    auto mine = std::make_unique<Core>(StreamMetricsOptions{}, Clock{});
    Core* first = nullptr;
    return core_.compare_exchange_strong(first, mine.get()) ? *mine.release() : *first;
  }
  void replace(std::unique_ptr<Core> core) noexcept {
    const std::unique_ptr<Core> former(core_.exchange(core.release()));
  }
  [[nodiscard]] std::unique_ptr<Core> copy_core() const {
    Core& from = core();
    const std::scoped_lock lock(from.mutex);
    const StreamSnapshot now = from.look();
    auto copy = std::make_unique<Core>(from.options, from.clock);
    copy->started = from.started;
    copy->totals = now.totals;
    copy->stages = from.stages;
    copy->windows = from.windows;
    copy->queue_depth = now.gauges.queue_depth;
    copy->queue_capacity = now.gauges.queue_capacity;
    copy->lag_events = now.gauges.lag_events;
    copy->lag_ns = now.gauges.lag_time.count();
    return copy;
  }
  [[nodiscard]] StreamSnapshot look() const {
    Core& core = this->core();
    const std::scoped_lock lock(core.mutex);
    return core.look();
  }
  template <class T>
  [[nodiscard]] T read(T StreamTotals::*member) const {
    Core& core = this->core();
    const std::scoped_lock lock(core.mutex);
    core.collect();
    return core.totals.*member;
  }

  static double to_ms(std::chrono::nanoseconds::rep ns) noexcept { return static_cast<double>(ns) / 1e6; }
  static double quantile_ms(const LatencyHistogram& latency, double q) {
    const std::int64_t value = latency.value_at_quantile(q);
    return to_ms(latency.count() == 0 ? 0 : std::clamp(value, latency.min(), latency.max()));
  }

  mutable std::atomic<Core*> core_;  // owned; null in metrics that were moved from
};

/// The metrics of a stream by the system's clock.
using StreamMetrics = BasicStreamMetrics<>;

}  // namespace v0
}  // namespace penstock
