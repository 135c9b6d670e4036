// SPDX-License-Identifier: MIT
#pragma once

// What a stream did: rows, chunks, time, and how long its chunks took.
//
//     StreamMetrics metrics;
//     metrics.record(100, 3ms);           // a chunk of 100 rows that took 3 ms
//     metrics.latency_ms();               // 0.03, mean ms a row
//     metrics.throughput_rows_per_s();    // 33333
//     metrics.quantile_ms(0.99);          // of the chunks
//
// Every figure is defined for a stream of no rows, no chunks or no time: it is 0, never NaN or infinite.

#include "penstock/metrics/latency_histogram.hpp"

#include <algorithm>  // clamp
#include <chrono>     // nanoseconds
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t

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

/// Rows, chunks and times of a stream, in bounded memory (that of a LatencyHistogram of 3 digits).
///
/// Two times are kept apart. *Busy* time is the sum of what the chunks took: it tells what a row costs. *Elapsed* time
/// is how long the stream took: the same sum, unless `set_elapsed` gives the time by the wall, which is less where
/// chunks ran side by side and more where the stream waited in between. Throughput is by elapsed time.
///
/// Not thread-safe: one for each recording thread, and merge.
class StreamMetrics {
 public:
  /// One more chunk. A negative duration, which no clock_source gives, adds no time and is counted in
  /// `chunk_latency().below_range()`. O(1), about 3 ns.
  void record(std::size_t rows, std::chrono::nanoseconds duration) {
    latency_.record(duration);
    rows_ += rows;
    ++chunks_;
    if (duration.count() < 0) return;
    busy_ += duration;
    elapsed_ += duration;
  }

  /// Puts the time by the wall in place of the sum so far; chunks recorded later add to it.
  void set_elapsed(std::chrono::nanoseconds wall) noexcept { elapsed_ = wall; }

  /// Adds the other's stream after this one: rows, chunks, both times and latencies add up. Where `set_elapsed` was not
  /// used the result is that of recording all chunks in one; in any case merging is associative and commutative.
  /// Streams that ran side by side need `set_elapsed` afterwards. O(buckets).
  void merge(const StreamMetrics& other) {
    latency_.merge(other.latency_);
    rows_ += other.rows_;
    chunks_ += other.chunks_;
    busy_ += other.busy_;
    elapsed_ += other.elapsed_;
  }

  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }                        ///< of all chunks
  [[nodiscard]] std::uint64_t chunks() const noexcept { return chunks_; }                    ///< recorded
  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return elapsed_; }       ///< see the class
  [[nodiscard]] std::chrono::nanoseconds busy() const noexcept { return busy_; }             ///< see the class
  [[nodiscard]] double elapsed_s() const noexcept { return to_ms(elapsed_.count()) / 1e3; }  ///< seconds
  [[nodiscard]] double busy_s() const noexcept { return to_ms(busy_.count()) / 1e3; }        ///< seconds

  /// Mean milliseconds a row: busy time over rows. 0 if there are no rows.
  [[nodiscard]] double latency_ms() const noexcept {
    return rows_ == 0 ? 0 : to_ms(busy_.count()) / static_cast<double>(rows_);
  }
  /// Rows a second of elapsed time. 0 if no time has elapsed.
  [[nodiscard]] double throughput_rows_per_s() const noexcept {
    return elapsed_.count() <= 0 ? 0 : static_cast<double>(rows_) / elapsed_s();
  }
  /// The chunk latency at rank ceil(q * chunks), in ms, to 3 digits: LatencyHistogram::value_at_quantile, but never
  /// outside of the least and greatest latency that were recorded. 0 if there are no chunks.
  /// @throws std::invalid_argument unless 0 <= q <= 1.
  [[nodiscard]] double quantile_ms(double q) const {
    const std::int64_t value = latency_.value_at_quantile(q);
    return to_ms(latency_.count() == 0 ? 0 : std::clamp(value, latency_.min(), latency_.max()));
  }
  [[nodiscard]] double min_ms() const noexcept { return to_ms(latency_.min()); }  ///< least chunk latency, exact
  [[nodiscard]] double max_ms() const noexcept { return to_ms(latency_.max()); }  ///< greatest chunk latency, exact

  /// The latencies of the chunks.
  [[nodiscard]] const LatencyHistogram& chunk_latency() const noexcept { return latency_; }

  /// All figures at once.
  [[nodiscard]] StreamSummary summary() const {
    return {.rows = rows_,
            .chunks = chunks_,
            .elapsed_s = elapsed_s(),
            .busy_s = busy_s(),
            .latency_ms = latency_ms(),
            .throughput_rows_per_s = throughput_rows_per_s(),
            .p50_ms = quantile_ms(0.5),
            .p95_ms = quantile_ms(0.95),
            .p99_ms = quantile_ms(0.99),
            .max_ms = max_ms()};
  }

  /// Whether both have recorded the same.
  friend bool operator==(const StreamMetrics&, const StreamMetrics&) = default;

 private:
  static double to_ms(std::chrono::nanoseconds::rep ns) noexcept { return static_cast<double>(ns) / 1e6; }

  std::uint64_t rows_ = 0;
  std::uint64_t chunks_ = 0;
  std::chrono::nanoseconds busy_{0};
  std::chrono::nanoseconds elapsed_{0};
  LatencyHistogram latency_;
};

}  // namespace v0
}  // namespace penstock
