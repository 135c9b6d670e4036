// SPDX-License-Identifier: MIT
#include "penstock/adapters/json.hpp"
#include "penstock/adapters/json/degradation.hpp"
#include "penstock/core/manual_clock.hpp"
#include "penstock/serve/circuit_breaker.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

using namespace penstock;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a breaker's state and counters are written by name, and its rates") {
  const ManualClock clock;
  CircuitBreaker<ManualClock> breaker({.minimum_calls = 4, .failure_rate_threshold = 0.75}, clock);
  breaker.try_acquire().succeed();
  for (int i = 0; i < 2; ++i) breaker.try_acquire().fail();
  { const auto given_back = breaker.try_acquire(); }
  const json closed = breaker.stats();
  CHECK(closed == json{{"state", "closed"},
                       {"succeeded", 1},
                       {"failed", 2},
                       {"ignored", 1},
                       {"slow", 0},
                       {"stale", 0},
                       {"refused", 0},
                       {"window_calls", 3},
                       {"window_failed", 2},
                       {"window_slow", 0},
                       {"failure_rate", 2. / 3},
                       {"slow_call_rate", 0.},
                       {"changes", 0},
                       {"opened", 0},
                       {"not_closed_for_s", 0.},
                       {"listener_exceptions", 0},
                       {"untold", 0}});
  breaker.try_acquire().fail();
  static_cast<void>(breaker.try_acquire());
  clock.advance(1500ms);
  const json open = breaker.stats();
  CHECK(open["state"] == "open");
  CHECK(open["refused"] == 1);
  CHECK(open["not_closed_for_s"] == 1.5);
}

TEST_CASE("a guard, its cache and its shedder are written by name, beside other figures") {
  const ManualClock clock;
  CircuitBreaker<ManualClock> breaker({}, clock);
  CachedFallback<int, double, ManualClock> cache({.capacity = 2, .ttl = 1s}, clock);
  LoadShedder shedder({.priorities = 2, .low = 0, .high = 2});
  auto guarded = guard([](int x) { return 2. * x; }, breaker, cache);
  shedder.update(1);
  for (const int x : {1, 2, 3, 1, 3}) { static_cast<void>(guarded(x, {.throttled = !shedder.admit(x == 3 ? 1 : 0)})); }
  const json report = {
      {"guard", guarded.stats()}, {"cache", cache.stats()}, {"shedder", shedder.stats()}, {"stream", StreamMetrics()}};
  CHECK(report["guard"] == json{{"fresh", 2},
                                {"late", 0},
                                {"degraded_throttled", 0},
                                {"refused_throttled", 3},
                                {"degraded_deadline", 0},
                                {"refused_deadline", 0},
                                {"degraded_breaker_open", 0},
                                {"refused_breaker_open", 0},
                                {"degraded_model_failed", 0},
                                {"refused_model_failed", 0},
                                {"fallback_exceptions", 0}});
  CHECK(report["cache"] == json{{"inserted", 1},
                                {"updated", 1},
                                {"hits", 0},
                                {"misses", 3},
                                {"evicted", 0},
                                {"expired", 0},
                                {"forgotten", 0},
                                {"size", 1}});
  CHECK(report["shedder"] == json{{"admitted_0", 0},
                                  {"shed_0", 3},
                                  {"admitted_1", 2},
                                  {"shed_1", 0},
                                  {"level", 1},
                                  {"load", 1.},
                                  {"changes", 1},
                                  {"listener_exceptions", 0},
                                  {"untold", 0}});
  CHECK(report["stream"]["rows"] == 0);
}
