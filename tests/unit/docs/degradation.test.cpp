// SPDX-License-Identifier: MIT
// The code of docs/degradation.md: each of its blocks stands here word for word, which the last test holds it to.
#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/serve/cached_fallback.hpp"
#include "penstock/serve/circuit_breaker.hpp"
#include "penstock/serve/figures.hpp"
#include "penstock/serve/guard.hpp"
#include "penstock/serve/load_shedder.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

struct Trip {
  std::string user;
  double km = 0;
  std::size_t priority = 0;
  TimePoint deadline = TimePoint::max();
};

double fare(const Trip& trip) {
  if (trip.km < 0) throw std::runtime_error("no such trip");
  return 2.5 + trip.km;
}

/// What was logged, a line a call.
struct Log {
  template <class... Words>
  void operator()(const Words&... words) {
    std::ostringstream line;
    ((line << words << ' '), ...);
    lines.push_back(line.str());
  }
  void operator()(std::string_view cause, std::chrono::nanoseconds age) { (*this)(cause, age / 1s); }
  std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("docs/degradation.md: what it shows does what it says") {
  Log log;
  double paid = 0;
  const auto pay = [&](double amount) { paid += amount; };
  const Trip trip{"ann", 3};

  // clang-format off
  CircuitBreaker breaker{{.failure_rate_threshold = 0.5, .open_for = 10s}};
  CachedFallback<std::string, double> cache{{.capacity = 100'000, .ttl = 10min}};
  auto guarded = guard(fare, breaker, cache.by(&Trip::user), ConstantFallback{12.5});

  const Answer<double> answer = guarded(trip);
  if (answer.degraded()) log(to_string(answer.cause()), answer.age());
  pay(answer.value());
  // clang-format on
  CHECK(paid == 5.5);
  CHECK(log.lines.empty());

  // clang-format off
  BoundedQueue<Trip> queue{{.capacity = 1000, .high_watermark = 0.8, .low_watermark = 0.5}};

  const auto answer_now_or_later = [&](Trip next) -> std::optional<Answer<double>> {
    if (queue.throttled()) return guarded(next, {.throttled = true});               // an answer at once, degraded
    if (queue.try_push(std::move(next)) == QueueStatus::ok) return std::nullopt;     // a worker will answer
    return guarded(next, {.throttled = true});                                       // no room: `next` is untouched
  };

  const auto work = [&](const Trip& next) {                      // in each worker, for each item it pops
    return guarded(next, {.deadline = next.deadline});           // lost while it waited: the cache answers
  };
  // clang-format on
  for (int i = 0; i < 800; ++i) CHECK_FALSE(answer_now_or_later({"ann", 4}));
  const auto throttled = answer_now_or_later({"ann", 5});
  REQUIRE(throttled);
  CHECK(throttled->cause() == Cause::throttled);
  CHECK(**throttled == 5.5);
  CHECK(*work(*queue.pop()) == 6.5);
  CHECK(work(Trip{"ann", 9, 0, breaker.clock().now()}).cause() == Cause::deadline);
  queue.close();
  CHECK(*answer_now_or_later({"bob", 5}).value() == 12.5);

  while (queue.size() > 800 * 3 / 4) static_cast<void>(queue.pop());  // a load of 0.6
  // clang-format off
  LoadShedder shedder{{.priorities = 3, .low = 0.5, .high = 0.95}};
  shedder.update(static_cast<double>(queue.size()) / static_cast<double>(queue.capacity()));
  const Answer<double> shed = guarded(trip, {.throttled = !shedder.admit(trip.priority)});

  breaker.on_change([&](const BreakerChange& change) {
    log(to_string(change.from), to_string(change.to), to_string(change.reason));
  });
  shedder.on_change([&](const ShedChange& change) { log("shed priorities below", change.to, "at load", change.load); });
  // clang-format on
  CHECK(shed.fresh());
  shedder.update(0.7);
  CHECK(guarded(trip, {.throttled = !shedder.admit(trip.priority)}).degraded());
  breaker.isolate();
  CHECK_THAT(log.lines,
             Equals(std::vector<std::string>{"shed priorities below 1 at load 0.7 ", "closed isolated by_hand "}));
}

TEST_CASE("docs/degradation.md: what it shows of Prometheus is its text") {
  CircuitBreaker breaker;
  auto guarded = guard(fare, breaker);
  CHECK(*guarded(Trip{"ann", 3}) == 5.5);

  // clang-format off
  std::string text;
  const auto expose = [&text](std::string_view name, const auto& value) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>) {
      text += "model_" + std::string(name) + " " + std::to_string(value) + "\n";          // model_fresh 900
    } else {
      text += "model_" + std::string(name) + "{is=\"" + std::string(value) + "\"} 1\n";   // model_state{is="closed"} 1
    }
  };
  visit_figures(guarded.stats(), expose);
  visit_figures(breaker.stats(), expose);
  // clang-format on
  CHECK_THAT(text, StartsWith("model_fresh 1\nmodel_late 0\nmodel_degraded_throttled 0\nmodel_refused_throttled 0\n"));
  CHECK_THAT(text, ContainsSubstring("\nmodel_state{is=\"closed\"} 1\nmodel_succeeded 1\n"));
}

TEST_CASE("docs/degradation.md: the table of shedding") {
  LoadShedder levels{{.priorities = 3, .low = 0.5, .high = 0.95}};
  LoadShedder shares{{.priorities = 3, .low = 0.5, .high = 0.95, .shedding = Shedding::gradual}};
  for (const auto& [load, below] : std::vector<std::pair<double, std::size_t>>{
           {0.65, 1}, {0.725, 1}, {0.8, 2}, {0.95, 3}, {0.8, 2}, {0.725, 2}, {0.65, 1}, {0.5, 0}}) {
    CAPTURE(load, below);
    levels.update(load);
    CHECK(levels.level() == below);
    if (load == 0.725) continue;
    shares.update(load);
    for (std::size_t p = 0; p < 3; ++p) {
      CHECK(levels.admit(p) == (p >= below));
      CHECK(shares.admit(p) == (p >= below));
    }
  }
  shares.update(0.725);
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += shares.admit(1);
  CHECK(admitted >= 49);
  CHECK(admitted <= 51);
}

TEST_CASE("what docs/degradation.md shows is what is compiled here") {
  CHECK(compiled_blocks("degradation.md", "unit/docs/degradation.test.cpp") == 5);
}
