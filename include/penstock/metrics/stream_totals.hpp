// SPDX-License-Identifier: MIT
#pragma once

// All that a stream has counted, as plain numbers: what each recording thread adds to, and what snapshots are made of.
//
//     StreamTotals totals;
//     totals.record(100, 3ms);
//     totals.count(EventFate::dropped, "queue full", 5);
//     all.merge(totals);
//     const StreamTotals second = now.since(before);

#include "penstock/metrics/latency_histogram.hpp"

#include <algorithm>    // lower_bound, max
#include <array>        // array
#include <chrono>       // nanoseconds
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What becomes of an event other than a plain result. Each is counted by reason.
enum class EventFate {
  dropped,  ///< given up before it was worked on: a full queue, a stop
  failed,   ///< worked on, and ended in an error
  late,     ///< came too late for its window or its deadline
  degraded  ///< answered by something less than the model
};
inline constexpr std::size_t event_fates = 4;  ///< how many there are

/// "dropped", "failed", "late" or "degraded".
[[nodiscard]] constexpr std::string_view to_string(EventFate fate) noexcept {
  constexpr std::array<std::string_view, event_fates> words{"dropped", "failed", "late", "degraded"};
  return words[static_cast<std::size_t>(fate)];
}

/// How many events had a fate for a reason.
struct ReasonCount {
  std::string reason;       ///< as it was told
  std::uint64_t count = 0;  ///< of events
  friend bool operator==(const ReasonCount&, const ReasonCount&) = default;
};

/// Counts by reason, sorted by it. At most `most_reasons` are told apart, so that a reason with a number in it cannot
/// fill the memory: what comes later counts as "other".
class ReasonCounts {
 public:
  static constexpr std::size_t most_reasons = 32;            ///< besides "other"
  static constexpr std::string_view other_reason = "other";  ///< of those that came later

  /// O(log reasons) comparisons of strings. A new reason is copied, which allocates if it is too long for a string to
  /// hold in itself.
  void add(std::string_view reason, std::uint64_t n) {
    auto at = find(reason);
    if (at == counts_.end() || at->reason != reason) {
      if (counts_.size() >= most_reasons && reason != other_reason) return add(other_reason, n);
      at = counts_.insert(at, {std::string(reason), 0});
    }
    at->count += n;
  }
  /// How many for one reason.
  [[nodiscard]] std::uint64_t of(std::string_view reason) const noexcept {
    const auto at = std::lower_bound(counts_.begin(), counts_.end(), reason, before);
    return at == counts_.end() || at->reason != reason ? 0 : at->count;
  }
  /// Of all reasons.
  [[nodiscard]] std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const ReasonCount& each : counts_) sum += each.count;
    return sum;
  }
  [[nodiscard]] const std::vector<ReasonCount>& all() const noexcept { return counts_; }  ///< by reason, ascending
  void clear() noexcept { counts_.clear(); }                                              ///< forgets all

  friend bool operator==(const ReasonCounts&, const ReasonCounts&) = default;  ///< the same reasons and counts

 private:
  static bool before(const ReasonCount& count, std::string_view reason) noexcept { return count.reason < reason; }
  std::vector<ReasonCount>::iterator find(std::string_view reason) {
    return std::lower_bound(counts_.begin(), counts_.end(), reason, before);
  }

  std::vector<ReasonCount> counts_;
};

/// Counters, times and histograms of a stream, by StreamMetrics' names. Not thread-safe; StreamMetrics is.
struct StreamTotals {
  /// Batch sizes and queue depths are known to two digits.
  static constexpr LatencyHistogramOptions sizes{.significant_digits = 2};

  /// Nothing yet. @throws std::invalid_argument that names the option if it is out of range.
  explicit StreamTotals(const LatencyHistogramOptions& latency = {})
      : chunk_latency(latency), batch_rows(sizes), end_to_end(latency), queue_depths(sizes) {}

  std::uint64_t rows = 0;                         ///< of all chunks
  std::uint64_t chunks = 0;                       ///< recorded
  std::chrono::nanoseconds busy{0};               ///< what the chunks took
  std::chrono::nanoseconds elapsed{0};            ///< how long the stream took, see StreamMetrics
  LatencyHistogram chunk_latency;                 ///< ns a chunk
  LatencyHistogram batch_rows;                    ///< rows a chunk
  std::uint64_t events_in = 0;                    ///< that arrived
  std::uint64_t events_out = 0;                   ///< that left with a result
  LatencyHistogram end_to_end;                    ///< ns from arrival to result, of those that were told
  LatencyHistogram queue_depths;                  ///< items in the queue, each time it was looked at
  std::array<ReasonCounts, event_fates> fates{};  ///< see count
  std::vector<LatencyHistogram> stages{};         ///< ns a stage, by its number

  /// One more chunk. O(1), about 5 ns.
  void record(std::size_t n, std::chrono::nanoseconds duration) {
    chunk_latency.record(duration);
    batch_rows.record(static_cast<std::int64_t>(n));
    rows += n;
    ++chunks;
    if (duration.count() < 0) return;
    busy += duration;
    elapsed += duration;
  }
  /// `n` more events that left after the same time.
  void out(std::chrono::nanoseconds latency, std::uint64_t n) {
    end_to_end.record(static_cast<std::int64_t>(latency.count()), n);
    events_out += n;
  }
  /// `n` more events with a fate.
  void count(EventFate fate, std::string_view reason, std::uint64_t n) {
    if (n != 0) fates[static_cast<std::size_t>(fate)].add(reason, n);
  }
  /// One more pass through a stage.
  void record_stage(std::size_t stage, std::chrono::nanoseconds duration) {
    if (stage >= stages.size()) [[unlikely]]
      stages.resize(stage + 1, LatencyHistogram(chunk_latency.options()));
    stages[stage].record(duration);
  }

  /// The counts of a fate.
  [[nodiscard]] const ReasonCounts& of(EventFate fate) const noexcept { return fates[static_cast<std::size_t>(fate)]; }

  /// Adds all that the other has counted; stages by number. O(buckets). @throws std::invalid_argument if the histograms
  /// have different buckets.
  void merge(const StreamTotals& other) {
    make_room(other);  // all that can fail, so that no part is added twice when it is tried again
    chunk_latency.merge(other.chunk_latency);
    batch_rows.merge(other.batch_rows);
    end_to_end.merge(other.end_to_end);
    queue_depths.merge(other.queue_depths);
    for (std::size_t i = 0; i < event_fates; ++i) {
      for (const ReasonCount& each : other.fates[i].all()) fates[i].add(each.reason, each.count);
    }
    for (std::size_t i = 0; i < other.stages.size(); ++i) stages[i].merge(other.stages[i]);
    rows += other.rows;
    chunks += other.chunks;
    busy += other.busy;
    elapsed += other.elapsed;
    events_in += other.events_in;
    events_out += other.events_out;
  }

  /// What was counted after `earlier`, which was these totals before. O(buckets).
  /// @throws std::invalid_argument if it has counted what these have not.
  [[nodiscard]] StreamTotals since(const StreamTotals& earlier) const {
    StreamTotals change(chunk_latency.options());
    change.rows = minus(rows, earlier.rows);
    change.chunks = minus(chunks, earlier.chunks);
    change.events_in = minus(events_in, earlier.events_in);
    change.events_out = minus(events_out, earlier.events_out);
    change.busy = busy - earlier.busy;
    change.elapsed = elapsed - earlier.elapsed;
    change.chunk_latency = chunk_latency.since(earlier.chunk_latency);
    change.batch_rows = batch_rows.since(earlier.batch_rows);
    change.end_to_end = end_to_end.since(earlier.end_to_end);
    change.queue_depths = queue_depths.since(earlier.queue_depths);
    for (std::size_t i = 0; i < event_fates; ++i) {
      for (const ReasonCount& each : fates[i].all()) {
        const std::uint64_t n = minus(each.count, earlier.fates[i].of(each.reason));
        if (n != 0) change.fates[i].add(each.reason, n);
      }
      static_cast<void>(minus(fates[i].total(), earlier.fates[i].total()));
    }
    for (std::size_t i = 0; i < stages.size(); ++i) {
      change.stages.push_back(i < earlier.stages.size() ? stages[i].since(earlier.stages[i]) : stages[i]);
    }
    return change;
  }

  /// Whether nothing was counted.
  [[nodiscard]] bool empty() const noexcept {
    const auto none = [](const LatencyHistogram& h) { return h.count() + h.below_range() + h.above_range() == 0; };
    for (const ReasonCounts& each : fates) {
      if (!each.all().empty()) return false;
    }
    for (const LatencyHistogram& stage : stages) {
      if (!none(stage)) return false;
    }
    for (const LatencyHistogram* each : {&chunk_latency, &batch_rows, &end_to_end, &queue_depths}) {
      if (!none(*each)) return false;
    }
    return (rows | chunks | events_in | events_out) == 0 && busy.count() == 0 && elapsed.count() == 0;
  }
  /// Forgets all counts and reasons; keeps the memory, but for that of long reasons.
  void reset() noexcept {
    for (LatencyHistogram* each : {&chunk_latency, &batch_rows, &end_to_end, &queue_depths}) clear(*each);
    for (LatencyHistogram& stage : stages) clear(stage);
    for (ReasonCounts& each : fates) each.clear();
    rows = chunks = events_in = events_out = 0;
    busy = elapsed = std::chrono::nanoseconds{0};
  }

  friend bool operator==(const StreamTotals&, const StreamTotals&) = default;  ///< the same counts

 private:
  void make_room(const StreamTotals& other) {
    using Access = detail::HistogramAccess;
    Access::make_room(chunk_latency, other.chunk_latency);
    Access::make_room(batch_rows, other.batch_rows);
    Access::make_room(end_to_end, other.end_to_end);
    Access::make_room(queue_depths, other.queue_depths);
    if (stages.size() < other.stages.size()) {
      stages.resize(other.stages.size(), LatencyHistogram(chunk_latency.options()));
    }
    for (std::size_t i = 0; i < other.stages.size(); ++i) Access::make_room(stages[i], other.stages[i]);
    for (std::size_t i = 0; i < event_fates; ++i) {
      for (const ReasonCount& each : other.fates[i].all()) fates[i].add(each.reason, 0);
    }
  }
  static void clear(LatencyHistogram& histogram) noexcept {
    if (histogram.count() + histogram.below_range() + histogram.above_range() != 0) histogram.reset();
  }
  static std::uint64_t minus(std::uint64_t now, std::uint64_t before) {
    if (now < before) throw std::invalid_argument("StreamTotals::since: the other has counted what these have not");
    return now - before;
  }
};

}  // namespace v0
}  // namespace penstock
