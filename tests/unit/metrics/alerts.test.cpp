// SPDX-License-Identifier: MIT
#include "penstock/metrics/alerts.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/metrics/stream_metrics.hpp"

#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

using Metrics = BasicStreamMetrics<ManualClock>;
using State = AlertStatus::State;

/// A rule on a number that the test sets, and all that was told of it.
struct Watched {
  explicit Watched(const AlertTiming& timing, AlertWhen when = AlertWhen::above)
      : alerts({{"rule", [this](const AlertView&) { return figure; }, when, 10, timing}},
               [this](const AlertEvent& event) { events.push_back(event); }) {}

  /// A second later, with this figure.
  void second(std::optional<double> value) {
    figure = value;
    clock.advance(1s);
    alerts.evaluate(metrics.snapshot());
  }
  [[nodiscard]] State state() const { return alerts.status().at(0).state; }

  ManualClock clock;
  Metrics metrics{{}, clock};
  std::optional<double> figure;
  std::vector<AlertEvent> events;
  AlertRules alerts;
};

}  // namespace

TEST_CASE("before any time has passed there is no throughput to be too low") {
  ManualClock clock;
  const BasicStreamMetrics<ManualClock> metrics({}, clock);
  int fired = 0;
  AlertRules alerts({throughput_below("throughput", 20)}, [&](const AlertEvent&) { ++fired; });
  alerts.evaluate(metrics.snapshot());
  CHECK(fired == 0);
  CHECK_FALSE(alerts.status()[0].value);
  clock.advance(1s);
  alerts.evaluate(metrics.snapshot());
  CHECK(fired == 1);
}

TEST_CASE("a condition fires once it has held, and resolves once, with its times") {
  Watched watched({.hold = 3s, .clear_hold = 2s});
  watched.second(5);
  CHECK(watched.state() == State::quiet);
  watched.second(11);  // at 2 s
  CHECK(watched.state() == State::pending);
  watched.second(12);
  watched.second(13);
  CHECK(watched.events.empty());
  watched.second(14);  // 3 s later
  REQUIRE(watched.events.size() == 1);
  CHECK(watched.events[0].rule == "rule");
  CHECK(watched.events[0].firing);
  CHECK(watched.events[0].value == 14);
  CHECK(watched.events[0].threshold == 10);
  CHECK(watched.events[0].since == TimePoint(2s));
  CHECK(watched.events[0].when == TimePoint(5s));
  CHECK(watched.state() == State::firing);
  watched.second(15);
  CHECK(watched.events.size() == 1);
  watched.second(10);  // the threshold is good
  watched.second(9);
  CHECK(watched.events.size() == 1);
  watched.second(11);  // bad again before the 2 s were over
  watched.second(9);
  watched.second(9);
  CHECK(watched.events.size() == 1);
  watched.second(9);
  REQUIRE(watched.events.size() == 2);
  CHECK_FALSE(watched.events[1].firing);
  CHECK(watched.events[1].since == TimePoint(10s));
  CHECK(watched.events[1].when == TimePoint(12s));
  CHECK(watched.state() == State::quiet);
}

TEST_CASE("a break begins the hold anew") {
  Watched watched({.hold = 2s});
  for (const double value : {11, 11, 9, 11, 11}) watched.second(value);
  CHECK(watched.events.empty());
  watched.second(11);
  CHECK(watched.events.size() == 1);
}

TEST_CASE("between threshold and clear an alert neither fires nor resolves") {
  Watched watched({.clear = 6});
  watched.second(8);
  CHECK(watched.state() == State::quiet);
  watched.second(11);
  CHECK(watched.state() == State::firing);
  watched.second(8);
  watched.second(6.5);
  CHECK(watched.state() == State::firing);
  watched.second(6);
  CHECK(watched.state() == State::quiet);
  CHECK(watched.events.size() == 2);
}

TEST_CASE("below is the other way round") {
  Watched watched({.clear = 12}, AlertWhen::below);
  watched.second(10);
  CHECK(watched.state() == State::quiet);
  watched.second(9);
  CHECK(watched.state() == State::firing);
  watched.second(11);
  CHECK(watched.state() == State::firing);
  watched.second(12);
  CHECK(watched.state() == State::quiet);
}

TEST_CASE("no data ends no alert, and begins none") {
  Watched watched({.hold = 2s});
  watched.second(11);
  watched.second(std::nullopt);
  CHECK(watched.state() == State::quiet);
  CHECK_FALSE(watched.alerts.status().at(0).value.has_value());
  watched.second(11);
  watched.second(11);
  watched.second(11);
  CHECK(watched.state() == State::firing);
  watched.second(std::nullopt);
  watched.second(std::nan(""));
  CHECK(watched.state() == State::firing);
  CHECK(watched.events.size() == 1);
}

TEST_CASE("a snapshot that is no later is passed over") {
  Watched watched({});
  watched.second(11);
  watched.figure = 5;
  watched.alerts.evaluate(watched.metrics.snapshot());
  CHECK(watched.state() == State::firing);
}

TEST_CASE("latency, errors, lag and throughput are watched between snapshots") {
  ManualClock clock;
  Metrics metrics({.windows = {2s, 10s}}, clock);
  const StageId model = metrics.stage("model");
  std::vector<std::string> log;
  AlertRules alerts(
      {latency_above("latency", 0.5, 50ms), latency_above("stage", 1, 5ms, {}, "model"),
       error_rate_above("errors", 0.1, {.hold = 1s}, 10), lag_growing("lag", 5), throughput_below("throughput", 20),
       throughput_drop("drop", 0.5)},
      [&](const AlertEvent& event) { log.push_back(event.rule + (event.firing ? " fires" : " resolves")); });
  struct Second {
    int out;
    std::chrono::nanoseconds latency;
    int failed;
    std::uint64_t lag;
  };
  const auto run = [&](const Second& second) {
    log.clear();
    metrics.out(second.latency, static_cast<std::uint64_t>(second.out));
    metrics.record_stage(model, second.latency / 10);
    metrics.count(EventFate::failed, "x", static_cast<std::uint64_t>(second.failed));
    metrics.set_lag(second.lag);
    clock.advance(1s);
    alerts.evaluate(metrics.snapshot());
    return log;
  };
  using Log = std::vector<std::string>;
  CHECK(run({100, 10ms, 0, 50}) == Log{});  // a lag at the start is no growth
  CHECK(run({100, 10ms, 5, 53}) == Log{});
  CHECK(run({100, 60ms, 0, 53}) == Log{"latency fires", "stage fires"});
  CHECK(run({100, 40ms, 20, 60}) == Log{"latency resolves", "stage resolves", "lag fires"});
  CHECK(run({100, 40ms, 20, 60}) == Log{"errors fires", "lag resolves"});
  CHECK(run({0, 40ms, 5, 60}) == Log{"throughput fires"});  // five events are too few to tell an error rate
  CHECK(run({10, 40ms, 0, 60}) == Log{"errors resolves", "drop fires"});
  CHECK(run({100, 40ms, 0, 60}) == Log{"throughput resolves", "drop resolves"});
  CHECK_THROWS_AS(latency_above("x", 2, 1ms), std::invalid_argument);
}

TEST_CASE("a callback that throws is counted, and the others are told") {
  ManualClock clock;
  Metrics metrics({}, clock);
  int told = 0;
  const auto bad = [](const AlertView&) -> std::optional<double> { return 11; };
  AlertRules alerts({{"a", bad, AlertWhen::above, 10, {}}, {"b", bad, AlertWhen::above, 10, {}}},
                    [&](const AlertEvent&) {
                      ++told;
                      throw 1;
                    });
  clock.advance(1s);
  CHECK_NOTHROW(alerts.evaluate(metrics.snapshot()));
  CHECK(told == 2);
  CHECK(alerts.callback_exceptions() == 2);
}

TEST_CASE("a figure that throws is one of no data, and the other rules have their turn") {
  ManualClock clock;
  Metrics metrics({}, clock);
  std::vector<std::uint64_t> seen;
  std::vector<std::string> told;
  const auto throws = [](const AlertView&) -> std::optional<double> { throw std::runtime_error("no figure"); };
  const auto events = [&](const AlertView& view) -> std::optional<double> {
    seen.push_back(view.change.totals.events_in);
    return static_cast<double>(view.change.totals.events_in);
  };
  AlertRules alerts({{"throws", throws, AlertWhen::above, 10, {}}, {"events", events, AlertWhen::above, 10, {}}},
                    [&](const AlertEvent& event) { told.push_back(event.rule); });
  metrics.in(20);
  clock.advance(1s);
  CHECK_THROWS_WITH(alerts.evaluate(metrics.snapshot()), "no figure");
  CHECK(told == std::vector<std::string>{"events"});
  CHECK(alerts.status().at(0).state == State::quiet);
  CHECK_FALSE(alerts.status().at(0).value);
  CHECK(alerts.status().at(1).state == State::firing);
  metrics.in(5);
  clock.advance(1s);
  CHECK_THROWS_WITH(alerts.evaluate(metrics.snapshot()), "no figure");
  CHECK(seen == std::vector<std::uint64_t>{20, 5});
}

TEST_CASE("after metrics were replaced, the second snapshot of the new ones is evaluated") {
  ManualClock clock;
  Metrics metrics({}, clock);
  std::vector<std::uint64_t> seen;
  const auto events = [&](const AlertView& view) -> std::optional<double> {
    seen.push_back(view.change.totals.events_in);
    return 0;
  };
  AlertRules alerts({{"events", events, AlertWhen::above, 10, {}}}, {});
  metrics.in(100);
  clock.advance(1s);
  alerts.evaluate(metrics.snapshot());
  metrics = Metrics({}, clock);
  metrics.in(3);
  clock.advance(1s);
  CHECK_THROWS_AS(alerts.evaluate(metrics.snapshot()), std::invalid_argument);
  metrics.in(4);
  clock.advance(1s);
  CHECK_NOTHROW(alerts.evaluate(metrics.snapshot()));
  CHECK(seen == std::vector<std::uint64_t>{100, 7});
}

TEST_CASE("a callback may ask and evaluate") {
  ManualClock clock;
  Metrics metrics({}, clock);
  double figure = 11;
  std::vector<bool> told;
  AlertRules* self = nullptr;
  AlertRules alerts(
      {{"a", [&](const AlertView&) -> std::optional<double> { return figure; }, AlertWhen::above, 10, {}}},
      [&](const AlertEvent& event) {
        told.push_back(event.firing);
        CHECK(self->status().at(0).state == (event.firing ? State::firing : State::quiet));
        if (!event.firing) return;
        figure = 5;
        clock.advance(1s);
        self->evaluate(metrics.snapshot());
      });
  self = &alerts;
  clock.advance(1s);
  alerts.evaluate(metrics.snapshot());
  CHECK(told == std::vector<bool>{true, false});
}

TEST_CASE("threads that evaluate at once tell of each event once") {
  ManualClock clock;
  Metrics metrics({}, clock);
  std::atomic<int> fired{0};
  std::atomic<int> resolved{0};
  const auto figure = [](const AlertView& view) -> std::optional<double> {
    return static_cast<double>(view.now.taken.time_since_epoch() / 1s % 2);
  };
  AlertRules alerts({{"odd", figure, AlertWhen::above, 0.5, {}}},
                    [&](const AlertEvent& event) { ++(event.firing ? fired : resolved); });
  for (int i = 0; i < 20; ++i) {
    clock.advance(1s);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) threads.emplace_back([&] { alerts.evaluate(metrics.snapshot()); });
    for (auto& thread : threads) thread.join();
  }
  CHECK(fired == 10);
  CHECK(resolved == 10);
}

TEST_CASE("rules that cannot be are refused by name") {
  const auto figure = [](const AlertView&) -> std::optional<double> { return 1; };
  const auto make = [](AlertRule rule) { AlertRules({std::move(rule)}, nullptr); };
  CHECK_THROWS_WITH(make({"", figure}), ContainsSubstring("name is empty"));
  CHECK_THROWS_WITH(make({"a", nullptr}), ContainsSubstring("AlertRule 'a': there is no figure"));
  CHECK_THROWS_WITH(make({"a", figure, AlertWhen::above, std::nan("")}), ContainsSubstring("no number"));
  CHECK_THROWS_WITH(make({"a", figure, AlertWhen::above, 1, {.hold = -1s}}), ContainsSubstring("hold is -1000000000"));
  CHECK_THROWS_WITH(make({"a", figure, AlertWhen::above, 1, {.clear_hold = -1s}}), ContainsSubstring("clear_hold"));
  CHECK_THROWS_WITH(make({"a", figure, AlertWhen::above, 1, {.clear = 2}}), ContainsSubstring("bad side"));
  CHECK_THROWS_WITH(make({"a", figure, AlertWhen::below, 1, {.clear = 0}}), ContainsSubstring("bad side"));
  CHECK_THROWS_WITH(AlertRules({{"a", figure}, {"a", figure}}, nullptr), ContainsSubstring("comes twice"));
  CHECK_NOTHROW(make({"a", figure}));
}
