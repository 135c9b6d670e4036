// SPDX-License-Identifier: MIT
#include "penstock/metrics/stream_exposition.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/metrics/prometheus_text.hpp"
#include "penstock/metrics/stream_metrics.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

/// What a stream with some of everything has counted.
StreamSnapshot some_of_all() {
  ManualClock clock;
  BasicStreamMetrics<ManualClock> metrics({.windows = {10s, 10s, 1500ms}}, clock);
  metrics.in(10);
  metrics.out(5ms, 6);
  metrics.count(EventFate::failed, "bad \"row\"", 2);
  metrics.count(EventFate::dropped, "full", 1);
  metrics.record(64, 3ms);
  metrics.record_stage(metrics.stage("model"), 2ms);
  metrics.set_queue_depth(3);
  metrics.set_queue_capacity(8);
  metrics.set_lag(12);
  metrics.set_lag(1500ms);
  clock.advance(2s);
  return metrics.snapshot();
}

}  // namespace

TEST_CASE("a stream's metrics are there under their names") {
  MetricsSnapshot page;
  const StreamSnapshot now = some_of_all();
  add_stream_metrics(page, now, {.labels = {{"pipeline", "a"}}});
  add_stream_metrics(page, now, {.labels = {{"pipeline", "b"}}});
  const std::string text = std::string("\n").append(to_prometheus_text(page));
  for (const char* line :
       {"# TYPE penstock_events_in_total counter",
        "penstock_events_in_total{pipeline=\"a\"} 10",
        "penstock_events_out_total{pipeline=\"b\"} 6",
        "penstock_events_failed_total{pipeline=\"a\",reason=\"bad \\\"row\\\"\"} 2",
        "penstock_events_dropped_total{pipeline=\"a\",reason=\"full\"} 1",
        "penstock_rows_total{pipeline=\"a\"} 64",
        "penstock_chunks_total{pipeline=\"a\"} 1",
        "penstock_busy_seconds_total{pipeline=\"a\"} 0.003",
        "penstock_chunk_latency_seconds_bucket{pipeline=\"a\",le=\"0.0025\"} 0",
        "penstock_chunk_latency_seconds_bucket{pipeline=\"a\",le=\"0.005\"} 1",
        "penstock_end_to_end_latency_seconds_bucket{pipeline=\"a\",le=\"0.005\"} 6",
        "penstock_end_to_end_latency_seconds_sum{pipeline=\"a\"} 0.03",
        "penstock_stage_latency_seconds_count{pipeline=\"a\",stage=\"model\"} 1",
        "penstock_batch_rows_bucket{pipeline=\"a\",le=\"32\"} 0",
        "penstock_batch_rows_bucket{pipeline=\"a\",le=\"64\"} 1",
        "penstock_queue_depth{pipeline=\"a\"} 3",
        "penstock_queue_capacity{pipeline=\"a\"} 8",
        "penstock_queue_depth_seen_sum{pipeline=\"a\"} 3",
        "penstock_lag_events{pipeline=\"a\"} 12",
        "penstock_lag_seconds{pipeline=\"a\"} 1.5",
        "# TYPE penstock_latency_quantile_seconds summary",
        "penstock_latency_quantile_seconds_count{pipeline=\"a\",of=\"end_to_end\"} 6",
        "penstock_latency_quantile_seconds{pipeline=\"a\",of=\"end_to_end\",quantile=\"0.999\"} 0.005001215",
        "penstock_latency_quantile_seconds{pipeline=\"a\",of=\"stage model\",quantile=\"0.5\"} 0.002000895",
        "penstock_window_events_per_second{pipeline=\"a\",window=\"10s\"} 3",
        "penstock_window_error_ratio{pipeline=\"a\",window=\"1500000000ns\"} 0.25"}) {
    INFO(line);
    CHECK(text.find(std::string("\n").append(line).append("\n")) != std::string::npos);
  }
  CHECK(to_openmetrics_text(page).find("# UNIT penstock_busy_seconds seconds\n") != std::string::npos);
  CHECK_THROWS_AS(add_stream_metrics(page, now, {.labels = {{"pipeline", "a"}}}), std::invalid_argument);
  MetricsSnapshot empty;
  CHECK_NOTHROW(add_stream_metrics(empty, StreamMetrics().snapshot(), {.prefix = "app:"}));
  CHECK(to_prometheus_text(empty).find("app:rows_total 0\n") != std::string::npos);
}

TEST_CASE("promtool has nothing to say against the names and labels") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) SKIP("promtool is not installed");
  MetricsSnapshot page;
  add_stream_metrics(page, some_of_all(), {.labels = {{"pipeline", "a"}}});
  std::FILE* const promtool = popen("promtool check metrics", "w");
  REQUIRE(promtool != nullptr);
  std::fputs(to_prometheus_text(page).c_str(), promtool);
  CHECK(pclose(promtool) == 0);
}
