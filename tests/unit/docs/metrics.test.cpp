// SPDX-License-Identifier: MIT
// The code of docs/metrics.md: each of its blocks stands here word for word, which the last test holds it to.
#include "penstock/metrics/alerts.hpp"
#include "penstock/metrics/concurrent_histogram.hpp"
#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/prometheus_text.hpp"
#include "penstock/metrics/stream_exposition.hpp"
#include "penstock/metrics/stream_metrics.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace penstock;
using namespace std::chrono_literals;

TEST_CASE("docs/metrics.md: quantiles") {
  // clang-format off
  LatencyHistogram a, b;
  for (int i = 1; i <= 900; ++i) a.record(1ms);
  for (int i = 1; i <= 100; ++i) b.record(100ms);
  a.merge(b);
  const auto values = a.values_at_quantiles({0.5, 0.9, 0.901});   // 1.0 ms, 1.0 ms, 100 ms, each to 0.1 %
  // clang-format on
  CHECK(values.at(0) == Approx(1e6).epsilon(1e-3));
  CHECK(values.at(1) == Approx(1e6).epsilon(1e-3));
  CHECK(values.at(2) == Approx(1e8).epsilon(1e-3));
}

TEST_CASE("docs/metrics.md: coordinated omission") {
  // clang-format off
  LatencyHistogram raw, corrected;
  for (int i = 0; i < 10'000; ++i) {
    raw.record(1ms);
    corrected.record_corrected(1ms, 10ms);
  }
  raw.record(100s);
  corrected.record_corrected(100s, 10ms);
  const double hidden = raw.fraction_at_or_below(1'000'000);        // 0.9999
  const double shown = corrected.fraction_at_or_below(1'000'000);   // 0.5
  // clang-format on
  CHECK(hidden == Approx(0.9999).margin(1e-5));
  CHECK(shown == 0.5);
}

TEST_CASE("docs/metrics.md: many threads, and a stream") {
  {
    // clang-format off
    ConcurrentHistogram latency;
    latency.record(3ms);                                        // from any thread
    const LatencyHistogram second = latency.interval();         // since the last interval
    const LatencyHistogram everything = latency.total();        // since the start
    // clang-format on
    CHECK(second == everything);
    CHECK(second.count() == 1);
  }
  // clang-format off
  StreamMetrics metrics;
  const StageId model = metrics.stage("model");
  metrics.in(64);                                      // events that arrived
  metrics.set_queue_depth(12);
  metrics.record(64, 2ms);                             // a chunk: its rows and what it took
  metrics.record_stage(model, 2ms);
  metrics.out(5ms, 60);                                // left with a result, 5 ms after they arrived
  metrics.count(EventFate::failed, "bad row", 4);
  const StreamSnapshot now = metrics.snapshot();
  // clang-format on
  CHECK(now.error_rate() == 4.0 / 64);
  CHECK(now.stage("model").count() == 1);
  {
    // clang-format off
    const StreamSnapshot before = metrics.snapshot();
    metrics.out(7ms, 10);
    const StreamSnapshot change = metrics.snapshot().since(before);
    const std::uint64_t left = change.totals.events_out;                              // 10
    const std::int64_t p999 = change.totals.end_to_end.value_at_quantile(0.999);      // of these ten, ns
    // clang-format on
    CHECK(left == 10);
    CHECK(p999 == Approx(7e6).epsilon(1e-3));
  }
  int told = 0;
  const auto log = [&](const std::string& rule, bool firing, double value) {
    ++told;
    CHECK(rule == "errors");
    CHECK(firing);
    CHECK(value > 0.01);
  };
  {
    // clang-format off
    AlertRules alerts({latency_above("latency", 0.99, 50ms, {.hold = 30s, .clear = 0.040}),
                       error_rate_above("errors", 0.01, {.hold = 10s, .clear = 0.005}),
                       lag_growing("lag", 100, {.hold = 60s}),
                       throughput_drop("throughput", 0.5, {.hold = 10s})},
                      [&](const AlertEvent& event) { log(event.rule, event.firing, event.value); });
    alerts.evaluate(metrics.snapshot());                 // each second, from a thread of yours
    // clang-format on
    CHECK(told == 0);
    CHECK(alerts.status().at(1).state == AlertStatus::State::pending);
    StreamSnapshot later = metrics.snapshot();
    later.taken += 20s;
    later.totals.count(EventFate::failed, "bad row", 5);
    alerts.evaluate(later);
    CHECK(told == 1);
  }
  // clang-format off
  MetricsSnapshot page;
  add_stream_metrics(page, metrics.snapshot(), {.labels = {{"pipeline", "scoring"}}});
  page.gauge("model_version", "Version in service.", 3);
  const std::string text = to_prometheus_text(page);   // prometheus_content_type
  // clang-format on
  CHECK_THAT(text, ContainsSubstring("penstock_events_in_total{pipeline=\"scoring\"} 64\n"));
  CHECK_THAT(text, ContainsSubstring("model_version 3\n"));
}

TEST_CASE("what docs/metrics.md shows is what is compiled here") {
  CHECK(compiled_blocks("metrics.md", "unit/docs/metrics.test.cpp") == 7);
}
