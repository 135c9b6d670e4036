// SPDX-License-Identifier: MIT
#include "penstock/adapters/json/stream_snapshot.hpp"
#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"

#include <chrono>

using namespace penstock;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a snapshot as JSON has every figure by its name") {
  ManualClock clock;
  BasicStreamMetrics<ManualClock> metrics({.windows = {10s}}, clock);
  metrics.in(10);
  metrics.out(5ms, 6);
  metrics.count(EventFate::failed, "bad row", 2);
  metrics.record(64, 3ms);
  metrics.record_stage(metrics.stage("model"), 2ms);
  metrics.set_queue_depth(3);
  metrics.set_queue_capacity(8);
  metrics.set_lag(12);
  metrics.set_lag(1500ms);
  clock.advance(2s);
  const json page = metrics.snapshot();
  CHECK(page["period_s"] == 2);
  CHECK(page["events"] == json({{"in", 10},
                                {"out", 6},
                                {"failed", {{"bad row", 2}}},
                                {"dropped", json::object()},
                                {"late", json::object()},
                                {"degraded", json::object()}}));
  CHECK(page["throughput_events_per_s"] == 3);
  CHECK(page["throughput_rows_per_s"] == 32);
  CHECK(page["error_rate"] == 0.25);
  CHECK(page["rows"] == 64);
  CHECK(page["chunks"] == 1);
  CHECK(page["busy_s"] == 0.003);
  CHECK(page["end_to_end"]["count"] == 6);
  CHECK(page["end_to_end"]["p999_ns"] == 5'001'215);
  CHECK(page["stages"]["model"]["max_ns"] == 2'000'000);
  CHECK(page["batch_rows"]["max_ns"] == 64);
  CHECK(page["chunk_latency"].get<LatencySummary>().count == 1);
  CHECK(page["queue"]["depth"] == 3);
  CHECK(page["queue"]["capacity"] == 8);
  CHECK(page["queue"]["depths"]["count"] == 1);
  CHECK(page["lag"] == json({{"events", 12}, {"time_s", 1.5}}));
  CHECK(page["windows"][0]["events_per_s"] == 3);
  CHECK(page["windows"][0]["covered_s"] == 2);
  CHECK(json::parse(page.dump()) == page);
}

TEST_CASE("how an alert stands, as JSON") {
  CHECK(json(AlertStatus{"errors", AlertStatus::State::firing, 0.5}) ==
        json({{"rule", "errors"}, {"state", "firing"}, {"value", 0.5}}));
  CHECK(json(AlertStatus{"errors", AlertStatus::State::quiet, {}})["value"].is_null());
}
