// SPDX-License-Identifier: MIT
#include "penstock/core/manual_clock.hpp"
#include "penstock/metrics/stream_metrics.hpp"

#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

using ManualMetrics = BasicStreamMetrics<ManualClock>;

/// Who looks at it waits until two have: so two threads are in the midst of making new metrics.
struct MeetingClock {
  static inline std::atomic<int> arrived{2};
  [[nodiscard]] TimePoint now() const noexcept {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
    return {};
  }
};

LatencyHistogram of(const std::vector<std::chrono::nanoseconds>& values) {
  LatencyHistogram histogram;
  for (const auto value : values) histogram.record(value);
  return histogram;
}

}  // namespace

TEST_CASE("events are counted in, out, and by fate and reason") {
  ManualClock clock;
  ManualMetrics metrics({}, clock);
  metrics.in();
  metrics.in(99);
  metrics.out(40);
  metrics.out(5ms, 20);
  metrics.out(7ms);
  metrics.count(EventFate::failed, "bad row", 3);
  metrics.count(EventFate::failed, "model", 1);
  metrics.count(EventFate::failed, "bad row");
  metrics.count(EventFate::dropped, "queue full", 30);
  metrics.count(EventFate::late, "deadline");
  metrics.count(EventFate::degraded, "throttled", 2);
  metrics.count(EventFate::degraded, "never", 0);
  clock.advance(2s);
  const StreamSnapshot now = metrics.snapshot();
  CHECK(now.totals.events_in == 100);
  CHECK(now.totals.events_out == 61);
  CHECK(now.count(EventFate::failed) == 5);
  CHECK(now.totals.of(EventFate::failed).all() == std::vector<ReasonCount>{{"bad row", 4}, {"model", 1}});
  CHECK(now.totals.of(EventFate::failed).of("model") == 1);
  CHECK(now.totals.of(EventFate::failed).of("none") == 0);
  CHECK(now.count(EventFate::dropped) == 30);
  CHECK(now.count(EventFate::late) == 1);
  CHECK(now.totals.of(EventFate::degraded).all() == std::vector<ReasonCount>{{"throttled", 2}});
  CHECK(now.error_rate() == 5.0 / 66);
  CHECK(now.period_s() == 2);
  CHECK(now.throughput_events_per_s() == 30.5);
  LatencyHistogram latency = of({7ms});
  latency.record(5'000'000, 20);
  CHECK(now.totals.end_to_end == latency);
  CHECK(to_string(EventFate::degraded) == "degraded");
}

TEST_CASE("reasons without end count as other") {
  ReasonCounts counts;
  for (int i = 0; i < 100; ++i) counts.add("row " + std::to_string(i), 1);
  CHECK(counts.all().size() == ReasonCounts::most_reasons + 1);
  CHECK(counts.of("other") == 68);
  CHECK(counts.of("row 31") == 1);
  counts.add("row 31", 1);
  CHECK(counts.of("row 31") == 2);
  CHECK(counts.total() == 101);
}

TEST_CASE("stages are told apart by name, and hold their latencies") {
  StreamMetrics metrics;
  const StageId parse = metrics.stage("parse");
  const StageId model = metrics.stage("model");
  CHECK(metrics.stage("parse") == parse);
  CHECK(parse != model);
  metrics.record_stage(model, 3ms);
  metrics.record_stage(model, 4ms);
  const StreamSnapshot now = metrics.snapshot();
  CHECK(now.stage_names == std::vector<std::string>{"parse", "model"});
  CHECK(now.stage("model") == of({3ms, 4ms}));
  CHECK(now.stage("parse") == LatencyHistogram());
  CHECK(now.stage("none") == LatencyHistogram());
  CHECK_THROWS_AS(metrics.stage(""), std::invalid_argument);
  for (std::size_t i = 2; i < StreamMetrics::most_stages; ++i)
    static_cast<void>(metrics.stage(std::string("s").append(std::to_string(i))));
  CHECK_THROWS_WITH(metrics.stage("more"), ContainsSubstring("'more' would be one more than 64"));
}

TEST_CASE("queue depth, capacity and lag are as they were set last; depths seen are kept") {
  StreamMetrics metrics;
  for (const std::uint64_t depth : {1U, 5U, 3U}) metrics.set_queue_depth(depth);
  metrics.set_queue_capacity(8);
  metrics.set_lag(1000);
  metrics.set_lag(2s);
  const StreamSnapshot now = metrics.snapshot();
  CHECK(now.gauges == StreamGauges{.queue_depth = 3, .queue_capacity = 8, .lag_events = 1000, .lag_time = 2s});
  CHECK(now.totals.queue_depths.count() == 3);
  CHECK(now.totals.queue_depths.max() == 5);
}

TEST_CASE("chunks give batch sizes, too") {
  StreamMetrics metrics;
  metrics.record(100, 1ms);
  metrics.record(28, 1ms);
  CHECK(metrics.snapshot().totals.batch_rows.mean() == 64);
  CHECK(metrics.snapshot().totals.batch_rows.max() == 100);
}

TEST_CASE("several records at once are whole") {
  StreamMetrics metrics;
  metrics.record_with([](StreamTotals& mine) {
    ++mine.events_in;
    mine.out(1ms, 1);
    mine.record(1, 1ms);
  });
  const StreamSnapshot now = metrics.snapshot();
  CHECK(now.totals.events_in == 1);
  CHECK(now.totals.events_out == 1);
  CHECK(now.totals.rows == 1);
}

TEST_CASE("whatever a recorder adds to alone is not lost") {
  const auto after = [](auto work) {
    StreamMetrics metrics;
    metrics.record_with(work);
    return metrics.snapshot().totals;
  };
  CHECK(after([](StreamTotals& t) { t.rows += 10; }).rows == 10);
  CHECK(after([](StreamTotals& t) { t.busy += 2ms; }).busy == 2ms);
  CHECK(after([](StreamTotals& t) { t.elapsed += 3ms; }).elapsed == 3ms);
  CHECK(after([](StreamTotals& t) { t.batch_rows.record(7); }).batch_rows.max() == 7);
  CHECK(after([](StreamTotals& t) { t.chunk_latency.record(4ms); }).chunk_latency == of({4ms}));
  CHECK(after([](StreamTotals& t) { t.chunk_latency.record(-1); }).chunk_latency.below_range() == 1);
  CHECK(StreamTotals().empty());
}

TEST_CASE("the difference of two snapshots is what happened in between") {
  ManualClock clock;
  ManualMetrics metrics({}, clock);
  const StageId model = metrics.stage("model");
  metrics.in(10);
  metrics.record(10, 5ms);
  metrics.record_stage(model, 5ms);
  metrics.count(EventFate::failed, "a", 2);
  clock.advance(1s);
  const StreamSnapshot before = metrics.snapshot();
  const StageId sink = metrics.stage("sink");
  metrics.in(7);
  metrics.out(9ms, 6);
  metrics.record(6, 2ms);
  metrics.record_stage(model, 2ms);
  metrics.record_stage(sink, 1ms);
  metrics.count(EventFate::failed, "a");
  metrics.count(EventFate::late, "b");
  metrics.set_queue_depth(4);
  clock.advance(3s);
  const StreamSnapshot now = metrics.snapshot();
  const StreamSnapshot change = now.since(before);
  CHECK(change.from == TimePoint(1s));
  CHECK(change.taken == TimePoint(4s));
  CHECK(change.totals.events_in == 7);
  CHECK(change.throughput_events_per_s() == 2);
  CHECK(change.throughput_rows_per_s() == 2);
  CHECK(change.totals.chunk_latency.count() == 1);
  CHECK(change.totals.busy == 2ms);
  CHECK(change.totals.end_to_end.count() == 6);
  CHECK(change.stage("model").count() == 1);
  CHECK(change.stage("sink") == of({1ms}));
  CHECK(change.totals.of(EventFate::failed).all() == std::vector<ReasonCount>{{"a", 1}});
  CHECK(change.totals.of(EventFate::late).of("b") == 1);
  CHECK(change.totals.of(EventFate::dropped).all().empty());
  CHECK(change.gauges.queue_depth == 4);
  StreamTotals again = before.totals;
  again.merge(change.totals);
  CHECK(again == now.totals);
  CHECK_THROWS_AS(before.since(now), std::invalid_argument);
}

TEST_CASE("windows slide by the clock, and say what they cover") {
  ManualClock clock;
  ManualMetrics metrics({.windows = {10s, 60s}}, clock);
  std::uint64_t last_minute = 0;
  for (int second = 1; second <= 200; ++second) {
    const std::uint64_t n = second <= 100 ? 50 : 200;
    metrics.in(n + 1);
    metrics.out(n);
    metrics.record(2 * n, 1ms);
    metrics.count(EventFate::failed, "x", second > 100 ? 50 : 0);
    clock.advance(1s);
    const auto windows = metrics.snapshot().windows;
    REQUIRE(windows.size() == 2);
    CHECK(windows[0].length == 10s);
    CHECK(windows[0].covered == std::min(10, second) * 1s);
    CHECK(windows[1].covered >= std::min(60, second) * 1s);
    CHECK(windows[1].covered <= std::min(64, second) * 1s);
    if (second == 5) CHECK(windows[0].events_per_s() == 50);
    if (second == 100) CHECK(windows[0].events_out == 500);
    if (second == 105) {
      CHECK(windows[0].events_out == 5 * 50 + 5 * 200);
      CHECK(windows[0].events_in == 5 * 51 + 5 * 201);
      CHECK(windows[0].rows_per_s() == 250);
      CHECK(windows[0].error_rate() == Approx(250.0 / 1500));
    }
    last_minute = windows[1].events_out;
  }
  CHECK(last_minute >= 60 * 200);
  clock.advance(1h);  // nobody asked for an hour: the window says so
  const auto windows = metrics.snapshot().windows;
  CHECK(windows[0].covered == 1h);
  CHECK(windows[0].events_out == 0);
  CHECK(windows[0].events_per_s() == 0);
  clock.advance(1s);
  CHECK(metrics.snapshot().windows[0].covered == 3601s);  // nothing younger than the hour is ten seconds old
  clock.advance(9s);
  CHECK(metrics.snapshot().windows[0].covered == 10s);
}

TEST_CASE("without time and events every figure of a snapshot is zero") {
  const BasicStreamMetrics<ManualClock> metrics({}, ManualClock{});
  const StreamSnapshot now = metrics.snapshot();
  CHECK(now.throughput_events_per_s() == 0);
  CHECK(now.throughput_rows_per_s() == 0);
  CHECK(now.error_rate() == 0);
  CHECK(now.windows.at(0).events_per_s() == 0);
  CHECK(now.windows.at(0).error_rate() == 0);
  CHECK(now.totals.empty());
}

TEST_CASE("options that cannot be met are refused") {
  CHECK_THROWS_WITH(StreamMetrics({.windows = {0s}}), ContainsSubstring("StreamMetricsOptions.windows has 0 ns"));
  CHECK_THROWS_WITH(StreamMetrics({.latency = {.significant_digits = 7}}),
                    ContainsSubstring("significant_digits is 7"));
}

TEST_CASE("copies have the same counts and go their own way; what was moved from is as new") {
  ManualClock clock;
  ManualMetrics metrics({.windows = {10s}}, clock);
  const StageId model = metrics.stage("model");
  metrics.in(5);
  metrics.record_stage(model, 1ms);
  metrics.set_queue_depth(3);
  clock.advance(1s);
  ManualMetrics copy = metrics;
  CHECK(copy == metrics);
  CHECK(copy.snapshot().gauges.queue_depth == 3);
  CHECK(copy.snapshot().from == TimePoint{});
  CHECK(copy.snapshot().windows.at(0).events_in == 5);
  copy.in();
  copy.record_stage(model, 2ms);
  CHECK_FALSE(copy == metrics);
  CHECK(metrics.snapshot().totals.events_in == 5);
  CHECK(copy.snapshot().totals.events_in == 6);
  CHECK(copy.snapshot().stage("model") == of({1ms, 2ms}));

  ManualMetrics taken = std::move(copy);
  CHECK(taken.snapshot().totals.events_in == 6);
  copy.in();  // NOLINT(bugprone-use-after-move): what it may be used for
  CHECK(copy.snapshot().totals.events_in == 1);
  copy = taken;
  CHECK(copy == taken);
}

TEST_CASE("merging puts stages of the same name together, and counts of all kinds") {
  StreamMetrics a;
  a.record_stage(a.stage("parse"), 1ms);
  a.record_stage(a.stage("model"), 2ms);
  a.count(EventFate::late, "x", 2);
  a.in(3);
  StreamMetrics b;
  b.record_stage(b.stage("model"), 3ms);
  b.record_stage(b.stage("sink"), 4ms);
  b.count(EventFate::late, "x");
  b.out(1ms, 2);
  a.merge(b);
  const StreamSnapshot all = a.snapshot();
  CHECK(all.stage_names == std::vector<std::string>{"parse", "model", "sink"});
  CHECK(all.stage("parse") == of({1ms}));
  CHECK(all.stage("model") == of({2ms, 3ms}));
  CHECK(all.stage("sink") == of({4ms}));
  CHECK(all.count(EventFate::late) == 3);
  CHECK(all.totals.events_in == 3);
  CHECK(all.totals.events_out == 2);
  a.merge(a);
  CHECK(a.snapshot().totals.events_in == 6);
  StreamMetrics other({.latency = {.significant_digits = 2}});
  other.record(1, 1ms);
  const StreamMetrics before = a;
  CHECK_THROWS_AS(a.merge(other), std::invalid_argument);
  CHECK(a == before);
}

TEST_CASE("a merge that fails changes nothing") {
  StreamMetrics a;
  a.record_stage(a.stage("mine"), 1ms);
  StreamMetrics coarse({.latency = {.significant_digits = 2}});
  coarse.record_stage(coarse.stage("theirs"), 1ms);
  CHECK_THROWS_AS(a.merge(coarse), std::invalid_argument);
  CHECK(a.snapshot().stage_names == std::vector<std::string>{"mine"});

  StreamMetrics many;
  many.in();
  for (std::size_t i = 0; i < StreamMetrics::most_stages; ++i) {
    many.record_stage(many.stage("stage " + std::to_string(i)), 1ms);
  }
  const StreamMetrics before = a;
  CHECK_THROWS_AS(a.merge(many), std::invalid_argument);
  CHECK(a == before);
  many.merge(many);
  CHECK(many.snapshot().totals.events_in == 2);
}

TEST_CASE("stages of other metrics have no name to be merged by") {
  StreamMetrics other;
  static_cast<void>(other.stage("first"));
  const StageId second = other.stage("second");
  StreamMetrics b;
  b.record_stage(b.stage("own"), 1ms);
  b.record_stage(second, 2ms);
  StreamMetrics a;
  a.merge(b);
  CHECK(a.snapshot().stage_names == std::vector<std::string>{"own"});
  CHECK(a.snapshot().totals.stages == std::vector<LatencyHistogram>{of({1ms})});
}

TEST_CASE("threads that are the first to use metrics that were moved from use the same ones") {
  for (int round = 0; round < 200; ++round) {
    MeetingClock::arrived = 2;
    BasicStreamMetrics<MeetingClock> metrics;
    const BasicStreamMetrics<MeetingClock> taken = std::move(metrics);
    MeetingClock::arrived = 0;
    const auto record = [&] { metrics.in(); };  // NOLINT(bugprone-use-after-move): what it may be used for
    std::thread other(record);
    record();
    other.join();
    REQUIRE(metrics.snapshot().totals.events_in == 2);  // NOLINT(bugprone-use-after-move): likewise
  }
}

TEST_CASE("what many threads record is all there, and whole in each snapshot") {
  constexpr int threads = 4;
  constexpr std::uint64_t each = 3000;
  StreamMetrics metrics;
  const StageId model = metrics.stage("model");
  std::atomic<int> running{threads};
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      const std::string reason = "reason " + std::to_string(t % 2);
      for (std::uint64_t i = 0; i < each; ++i) {
        metrics.in();
        metrics.record(3, 1ms);
        metrics.record_stage(model, 2ms);
        metrics.set_queue_depth(i % 10);
        metrics.count(EventFate::degraded, reason);
        metrics.out(4ms);
      }
      --running;
    });
  }
  StreamSnapshot before = metrics.snapshot();
  StreamTotals sum = before.totals;
  bool whole = true;
  for (bool last = false; !last;) {
    last = running == 0;
    const StreamSnapshot now = metrics.snapshot();
    const StreamSnapshot change = now.since(before);
    whole = whole && change.totals.rows == 3 * change.totals.chunks &&
            change.totals.chunk_latency.count() == change.totals.chunks &&
            change.totals.end_to_end.count() == change.totals.events_out &&
            change.totals.busy == change.totals.chunks * 1ms && now.totals.events_out <= now.totals.events_in;
    sum.merge(change.totals);
    before = now;
  }
  for (auto& writer : writers) writer.join();
  CHECK(whole);
  CHECK(sum == metrics.snapshot().totals);
  CHECK(sum.events_in == threads * each);
  CHECK(sum.events_out == threads * each);
  CHECK(sum.stages.at(0).count() == threads * each);
  CHECK(sum.of(EventFate::degraded).of("reason 1") == threads / 2 * each);
}
