// SPDX-License-Identifier: MIT
#include "penstock/metrics/stream_metrics.hpp"

#include "catch.hpp"

#include <chrono>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

StreamMetrics of(const std::vector<std::pair<std::size_t, std::chrono::nanoseconds>>& chunks) {
  StreamMetrics metrics;
  for (const auto& [rows, duration] : chunks) metrics.record(rows, duration);
  return metrics;
}

}  // namespace

TEST_CASE("rows, chunks and times add up, and the figures follow from them") {
  const StreamMetrics metrics = of({{100, 3ms}, {100, 5ms}, {50, 2ms}});
  CHECK(metrics.rows() == 250);
  CHECK(metrics.chunks() == 3);
  CHECK(metrics.elapsed() == 10ms);
  CHECK(metrics.busy() == 10ms);
  CHECK(metrics.elapsed_s() == Approx(0.01));
  CHECK(metrics.latency_ms() == Approx(0.04));
  CHECK(metrics.throughput_rows_per_s() == Approx(25'000));
  CHECK(metrics.min_ms() == 2);
  CHECK(metrics.max_ms() == 5);
  CHECK(metrics.quantile_ms(0.5) == Approx(3).epsilon(1e-3));
  CHECK(metrics.chunk_latency().count() == 3);
}

TEST_CASE("quantiles stay within what was recorded") {
  const StreamMetrics same = of({{1, 5ms}, {1, 5ms}});
  CHECK(same.quantile_ms(0) == 5);
  CHECK(same.quantile_ms(0.5) == 5);
  CHECK(same.quantile_ms(1) == 5);
  CHECK_THROWS_AS(same.quantile_ms(2), std::invalid_argument);
}

TEST_CASE("without rows, chunks or time every figure is zero") {
  CHECK(StreamMetrics().summary() == StreamSummary{});
  const StreamMetrics no_rows = of({{0, 1ms}});
  CHECK(no_rows.latency_ms() == 0);
  CHECK(no_rows.throughput_rows_per_s() == 0);
  const StreamMetrics no_time = of({{10, 0ns}});
  CHECK(no_time.latency_ms() == 0);
  CHECK(no_time.throughput_rows_per_s() == 0);
  CHECK(no_time.quantile_ms(0.99) == 0);
}

TEST_CASE("a negative duration adds no time, and is counted") {
  const StreamMetrics metrics = of({{10, -1ms}, {10, 4ms}});
  CHECK(metrics.rows() == 20);
  CHECK(metrics.chunks() == 2);
  CHECK(metrics.busy() == 4ms);
  CHECK(metrics.chunk_latency().below_range() == 1);
}

TEST_CASE("time by the wall changes throughput, not what a row costs") {
  StreamMetrics metrics = of({{100, 10ms}, {100, 10ms}});
  metrics.set_elapsed(10ms);  // the two ran side by side
  CHECK(metrics.busy() == 20ms);
  CHECK(metrics.latency_ms() == Approx(0.1));
  CHECK(metrics.throughput_rows_per_s() == Approx(20'000));
  metrics.record(100, 10ms);
  CHECK(metrics.elapsed() == 20ms);
}

TEST_CASE("merging metrics is recording all chunks in one, in any order and grouping") {
  const auto a = of({{100, 3ms}, {100, 5ms}});
  const auto b = of({{7, 250us}});
  const auto c = of({{1, 1s}, {0, 0ns}, {12, 77ns}});
  const auto whole = of({{100, 3ms}, {100, 5ms}, {7, 250us}, {1, 1s}, {0, 0ns}, {12, 77ns}});

  auto left = a;
  left.merge(b);
  left.merge(c);
  auto right = b;
  right.merge(c);
  auto grouped = a;
  grouped.merge(right);
  auto reversed = c;
  reversed.merge(b);
  reversed.merge(a);
  CHECK(left == whole);
  CHECK(grouped == whole);
  CHECK(reversed == whole);
}

TEST_CASE("merging stays associative when times by the wall were set") {
  auto a = of({{100, 30ms}});
  a.set_elapsed(10ms);
  const auto b = of({{100, 5ms}});
  auto c = of({{100, 8ms}});
  c.set_elapsed(4ms);
  auto left = a;
  left.merge(b);
  left.merge(c);
  auto right = b;
  right.merge(c);
  auto grouped = a;
  grouped.merge(right);
  CHECK(left == grouped);
  CHECK(left.elapsed() == 19ms);
  CHECK(left.busy() == 43ms);
}

TEST_CASE("the summary has every figure") {
  StreamMetrics metrics = of({{100, 3ms}, {100, 5ms}});
  metrics.set_elapsed(16ms);
  const StreamSummary summary = metrics.summary();
  CHECK(summary.rows == 200);
  CHECK(summary.chunks == 2);
  CHECK(summary.elapsed_s == 0.016);
  CHECK(summary.busy_s == 0.008);
  CHECK(summary.latency_ms == 0.04);
  CHECK(summary.throughput_rows_per_s == 12'500);
  CHECK(summary.p50_ms == metrics.quantile_ms(0.5));
  CHECK(summary.p95_ms == metrics.quantile_ms(0.95));
  CHECK(summary.p99_ms == 5);
  CHECK(summary.max_ms == 5);
}
