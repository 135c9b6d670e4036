// SPDX-License-Identifier: MIT
#include "penstock/serve/guard.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/serve/cached_fallback.hpp"
#include "penstock/serve/linear_model.hpp"
#include "penstock/stream/process.hpp"

#include "catch.hpp"

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Breaker = CircuitBreaker<ManualClock>;
using Cache = CachedFallback<std::string, double, ManualClock>;

struct Trip {
  std::string user;
  double km = 0;
};

/// A fare, unless the trip is impossible.
double fare(const Trip& trip) {
  if (trip.km < 0) throw std::runtime_error(trip.user + " went nowhere");
  return 2 * trip.km;
}

constexpr CircuitBreakerOptions small{.window_calls = 2, .minimum_calls = 2, .failure_rate_threshold = 1};

struct World {
  ManualClock clock{};
  Breaker breaker{small, clock};
  Cache cache{{.capacity = 10, .ttl = 1min}, clock};
};

}  // namespace

TEST_CASE("a fresh answer is the model's, and is remembered for the time when there is none") {
  World world;
  auto guarded = guard(fare, world.breaker, world.cache.by(&Trip::user), ConstantFallback{0.5});
  const Answer<double> fresh = guarded(Trip{"ann", 3});
  CHECK(fresh.fresh());
  CHECK_FALSE(fresh.degraded());
  CHECK(fresh.cause() == Cause::none);
  CHECK(fresh.value() == 6);

  world.clock.advance(10s);
  const Answer<double> cached = guarded(Trip{"ann", -1});
  CHECK(cached.degraded());
  CHECK(cached.cause() == Cause::model_failed);
  CHECK(cached.value() == 6);
  CHECK(cached.age() == 10s);
  CHECK_THROWS_WITH(std::rethrow_exception(cached.error()), "ann went nowhere");

  const Answer<double> constant = guarded(Trip{"bob", -1});
  CHECK(constant.degraded());
  CHECK(constant.value() == 0.5);
  CHECK(constant.age() == 0s);

  CHECK(world.breaker.state() == BreakerState::open);
  const Answer<double> refused = guarded(Trip{"ann", 4});
  CHECK(refused.cause() == Cause::breaker_open);
  CHECK(refused.value() == 6);
  CHECK_FALSE(refused.error());

  const GuardStats stats = guarded.stats();
  CHECK(stats.fresh == 1);
  CHECK(stats.degraded(Cause::model_failed) == 2);
  CHECK(stats.degraded(Cause::breaker_open) == 1);
  CHECK(stats.refused() == 0);
  CHECK(stats.requests() == 4);
}

TEST_CASE("a throttled or a lost request does not reach the model, in this order") {
  World world;
  int asked = 0;
  auto guarded = guard([&](const Trip& trip) { return ++asked, trip.km; }, world.breaker, ConstantFallback{-1.});
  const TimePoint now = world.clock.now();
  CHECK(guarded(Trip{"", 1}, {.deadline = now, .throttled = true}).cause() == Cause::throttled);
  CHECK(guarded(Trip{"", 1}, {.deadline = now}).cause() == Cause::deadline);  // met is lost
  world.breaker.isolate();
  CHECK(guarded(Trip{"", 1}, {.deadline = now}).cause() == Cause::deadline);
  CHECK(guarded(Trip{"", 1}, {.deadline = now + 1ns}).cause() == Cause::breaker_open);
  CHECK(asked == 0);
  world.breaker.close();
  CHECK(guarded(Trip{"", 1}, {.deadline = now + 1ns}).cause() == Cause::none);
  CHECK(asked == 1);
  CHECK(world.breaker.stats().succeeded == 1);
  CHECK(guarded.stats().late == 0);
}

TEST_CASE("a value that comes after its deadline is fresh, and counted as late") {
  World world;
  auto slow = [&](double x) {
    world.clock.advance(1s);
    return x;
  };
  auto guarded = guard(slow, world.breaker);
  CHECK(guarded(7., {.deadline = world.clock.now() + 1s}).value() == 7);
  CHECK(guarded(7., {.deadline = world.clock.now() + 2s}).value() == 7);
  CHECK(guarded.stats().fresh == 2);
  CHECK(guarded.stats().late == 1);
}

TEST_CASE("where no fallback has an answer there is none, and reading it says why") {
  World world;
  auto guarded = guard(fare, world.breaker, world.cache.by(&Trip::user));
  const Answer<double> failed = guarded(Trip{"ann", -1});
  CHECK(failed.refused());
  CHECK_FALSE(failed);
  CHECK_THROWS_WITH(failed.value(), "ann went nowhere");
  CHECK(failed.value_or(3) == 3);
  const Answer<double> throttled = guarded(Trip{"ann", 1}, {.throttled = true});
  CHECK_THROWS_WITH(*throttled, "no answer: the pipe is throttled, and no fallback has one");
  try {
    static_cast<void>(guarded(Trip{"ann", 1}, {.deadline = world.clock.now()}).value());
    FAIL("a value from nowhere");
  } catch (const Refused& refused) { CHECK(refused.cause() == Cause::deadline); }
  CHECK(guarded.stats().refused(Cause::model_failed) == 1);
  CHECK(guarded.stats().refused(Cause::throttled) == 1);
  CHECK(guarded.stats().refused(Cause::deadline) == 1);
  CHECK(guarded.stats().requests() == 3);
}

TEST_CASE("fallbacks are asked in turn, what they throw is counted, and the next is asked") {
  World world;
  std::vector<std::string> asked;
  const auto none = [&](const Trip&) -> std::optional<double> { return asked.push_back("none"), std::nullopt; };
  const auto throws = [&](const Trip&) -> double {
    asked.push_back("throws");
    throw 1;
  };
  const auto rule = [&](const Trip& trip) { return asked.push_back("rule"), -trip.km; };
  auto guarded = guard(fare, world.breaker, none, throws, rule, ConstantFallback{0.});
  CHECK(*guarded(Trip{"ann", 5}, {.throttled = true}) == -5);
  CHECK_THAT(asked, Equals(std::vector<std::string>{"none", "throws", "rule"}));
  CHECK(guarded.stats().fallback_exceptions == 1);
}

TEST_CASE("a memory that fails to remember costs no answer") {
  struct Forgetful {
    std::optional<Recalled<double>> recall(const Trip&) { return std::nullopt; }
    void remember(const Trip&, double) { throw std::bad_alloc(); }
  };
  World world;
  auto guarded = guard(fare, world.breaker, Forgetful{});
  CHECK(*guarded(Trip{"ann", 1}) == 2);
  CHECK(guarded.stats().fallback_exceptions == 1);
  CHECK(guarded(Trip{"ann", 1}, {.throttled = true}).refused());
}

TEST_CASE("lvalues are referred to and rvalues kept, and a value need only be moved") {
  World world;
  struct Counter {
    std::unique_ptr<int> operator()(int by) { return std::make_unique<int>(total += by); }
    int total = 0;
    std::unique_ptr<int> pinned{};
  } counter;
  auto referring = guard(counter, world.breaker);
  auto keeping = guard(Counter{}, world.breaker, [](int) { return std::make_unique<int>(-1); });
  CHECK(*referring(2).value() == 2);
  CHECK(*keeping(3).value() == 3);
  CHECK(counter.total == 2);
  CHECK(*keeping(3, {.throttled = true}).value() == -1);
  CHECK(&referring.breaker() == &world.breaker);
}

TEST_CASE("rows of a chunk are answered one by one, by one call of the model") {
  World world;
  std::size_t asked = 0;
  const auto fares = [&](std::span<const Trip> trips) {
    ++asked;
    std::vector<double> all;
    for (const Trip& trip : trips) all.push_back(fare(trip));
    return all;
  };
  auto guarded = guard_rows(fares, world.breaker, world.cache.by(&Trip::user), ConstantFallback{0.5});
  const std::vector<Trip> good{{"ann", 1}, {"bob", 2}, {"ann", 3}};
  const auto fresh = guarded(good);
  REQUIRE(fresh.size() == 3);
  CHECK(*fresh[1] == 4);
  CHECK(fresh[1].fresh());

  const std::vector<Trip> bad{{"bob", 1}, {"cid", -1}, {"ann", 2}};
  const auto degraded = guarded(bad);
  REQUIRE(degraded.size() == 3);
  CHECK(*degraded[0] == 4);
  CHECK(*degraded[1] == 0.5);
  CHECK(*degraded[2] == 6);  // the last of her two
  CHECK(degraded[0].cause() == Cause::model_failed);
  CHECK_THROWS_WITH(std::rethrow_exception(degraded[2].error()), "cid went nowhere");
  CHECK(guarded(good, {.throttled = true})[0].cause() == Cause::throttled);
  CHECK(guarded(std::vector<Trip>{}).empty());
  CHECK(asked == 3);
  CHECK(guarded.stats().fresh == 3);
  CHECK(guarded.stats().degraded(Cause::model_failed) == 3);
  CHECK(guarded.stats().degraded(Cause::throttled) == 3);
  CHECK(world.breaker.stats().succeeded == 2);
  CHECK(world.breaker.stats().failed == 1);
}

TEST_CASE("a model that gives too many or too few values has failed") {
  World world;
  std::size_t gives = 3;
  auto guarded = guard_rows([&](std::span<const int>) { return std::vector<double>(gives, 1.); }, world.breaker);
  const std::vector<int> three(3);
  CHECK(guarded(three)[2].fresh());
  for (const std::size_t wrong : {2u, 4u}) {
    gives = wrong;
    const auto answers = guarded(three);
    REQUIRE(answers.size() == 3);
    CHECK_THROWS_WITH(answers[0].value(), ContainsSubstring(std::to_string(wrong) + " values for 3 rows"));
  }
  CHECK(guarded.stats().requests() == 9);
}

TEST_CASE("a model that fills a span is guarded in a stream of chunks") {
  World world;
  std::size_t calls = 0;
  auto guarded = guard_rows(
      [&](std::span<const int> in, std::span<double> out) {
        if (++calls == 2) throw std::runtime_error("once");
        for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i];
      },
      world.breaker, ConstantFallback{-1.});
  const std::vector<int> rows{1, 2, 3, 4, 5};
  const auto answers = process_stream(rows, 2, guarded).values;
  REQUIRE(answers.size() == 5);
  std::vector<double> values;
  for (const auto& answer : answers) values.push_back(*answer);
  CHECK_THAT(values, Equals(std::vector<double>{1, 2, -1, -1, 5}));
}

TEST_CASE("a frame that is no range is cached by slices of one row") {
  World world;
  RecordBatchBuilder builder({{{"user", DataType::string}, {"km", DataType::float64}}});
  for (const auto& [user, km] : {std::pair{"ann", 1.}, {"bob", 2.}}) {
    builder.append<std::string_view>(0, user);
    builder.append<double>(1, km);
  }
  const RecordBatch batch = builder.finish();
  LinearModelSpec spec;
  spec.numeric.push_back({"km", 0, 1, MissingNumber::mean, 0});
  spec.coefficients = {3};
  const LinearModel model(spec);
  const auto user = [](const RecordBatch& row) { return std::string(row.column<std::string_view>("user")[0]); };
  auto guarded = guard_rows(model, world.breaker, world.cache.by(user));
  const auto fresh = guarded(batch);
  world.breaker.isolate();
  const auto cached = guarded(batch.slice(1, 1));
  REQUIRE(cached.size() == 1);
  CHECK(cached[0].cause() == Cause::breaker_open);
  CHECK(*cached[0] == *fresh[1]);
  CHECK(*fresh[0] != *fresh[1]);
}

TEST_CASE("a request whose fate was decided elsewhere is answered and counted as any other") {
  World world;
  auto guarded = guard(fare, world.breaker, world.cache.by(&Trip::user));
  CHECK(*guarded(Trip{"ann", 1}) == 2);
  const auto failed = guarded.fall_back(Trip{"ann", 5}, Cause::model_failed, std::make_exception_ptr(7));
  CHECK(*failed == 2);
  CHECK(failed.degraded());
  CHECK_THROWS_AS(std::rethrow_exception(failed.error()), int);
  CHECK(guarded.fall_back(Trip{"bob", 5}, Cause::deadline).refused());
  CHECK(guarded.stats().degraded(Cause::model_failed) == 1);
  CHECK(guarded.stats().refused(Cause::deadline) == 1);
  CHECK(guarded.stats().requests() == 3);
  CHECK(world.breaker.stats().succeeded + world.breaker.stats().failed == 1);
  CHECK_THROWS_WITH(guarded.fall_back(Trip{"ann", 5}, Cause::none), ContainsSubstring("the cause is none"));
  CHECK_THROWS_AS(guarded.fall_back(Trip{"ann", 5}, static_cast<Cause>(200)), std::invalid_argument);
}

TEST_CASE("a record that is its own key needs no function for it") {
  World world;
  auto guarded =
      guard([](const std::string& user) { return 1. * static_cast<double>(user.size()); }, world.breaker, world.cache);
  CHECK(*guarded(std::string("ann")) == 3);
  CHECK(*guarded(std::string("ann"), {.throttled = true}) == 3);
  CHECK(guarded(std::string("bob"), {.throttled = true}).refused());
}

TEST_CASE("every request is counted once, as what its answer says") {
  World world;
  std::mt19937_64 random(8);
  auto guarded = guard(fare, world.breaker, world.cache.by(&Trip::user));
  std::array<std::uint64_t, causes> degraded{}, refused{};
  std::uint64_t fresh = 0;
  for (int i = 0; i < 20'000; ++i) {
    world.clock.advance(std::chrono::milliseconds(random() % 10'000));
    const Trip trip{std::to_string(random() % 20), static_cast<double>(random() % 5) - 1};
    const auto answer = guarded(
        trip, {.deadline = world.clock.now() + std::chrono::seconds(random() % 5), .throttled = random() % 5 == 0});
    const auto cause = static_cast<std::size_t>(answer.cause());
    REQUIRE(answer.fresh() + answer.degraded() + answer.refused() == 1);
    fresh += answer.fresh();
    degraded[cause] += answer.degraded();
    refused[cause] += answer.refused();
    if (answer.fresh()) REQUIRE(*answer == 2 * trip.km);
    if (answer.degraded()) REQUIRE(answer.age() < 1min);
  }
  const GuardStats stats = guarded.stats();
  CHECK(stats.fresh == fresh);
  CHECK(stats.degraded_by == degraded);
  CHECK(stats.refused_by == refused);
  CHECK(stats.requests() == 20'000);
  for (std::size_t cause = 1; cause < causes; ++cause) {
    CHECK(degraded[cause] > 100);
    CHECK(refused[cause] > 100);
  }
  const CircuitBreakerStats calls = world.breaker.stats();
  CHECK(calls.succeeded == stats.fresh);
  CHECK(calls.failed == stats.degraded(Cause::model_failed) + stats.refused(Cause::model_failed));
  CHECK(calls.refused == stats.degraded(Cause::breaker_open) + stats.refused(Cause::breaker_open));
  CHECK(world.cache.stats().inserted + world.cache.stats().updated == stats.fresh);
}

TEST_CASE("an answer is moved out of, and causes are words") {
  CHECK(to_string(Cause::breaker_open) == "breaker_open");
  CHECK(to_string(Cause::none) == "none");
  CHECK(to_string(static_cast<Cause>(99)) == "unknown");
  CHECK(*Answer<std::unique_ptr<int>>::fresh(std::make_unique<int>(4)).value() == 4);
  CHECK(*Answer<std::string>::degraded("old", Cause::throttled, 1s) == "old");
  CHECK(Answer<std::string>::refused(Cause::throttled).value_or("none") == "none");
}

}  // namespace penstock
