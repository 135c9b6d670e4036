// SPDX-License-Identifier: MIT
// The batcher's policy against those of other servers, at each load, in simulation: Poisson arrivals from fixed seeds,
// and the batcher itself on a clock that the simulation moves.
#include "penstock/stream/micro_batcher.hpp"

#include "catch.hpp"
#include "unit/stream/batching/policies.hpp"
#include "unit/stream/batching/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using namespace batching;

constexpr int seeds = 2;

/// All seeds together.
template <class Policy>
Outcomes simulate_all(Load load, const MicroBatcherOptions& options, const Policy& policy) {
  Outcomes all;
  for (int seed = 1; seed <= seeds; ++seed) {
    load.seed = static_cast<std::uint64_t>(seed);
    Outcomes one = simulate(load, options, policy);
    all.latencies.insert(all.latencies.end(), one.latencies.begin(), one.latencies.end());
    all.missed += one.missed;
    CHECK(one.stats.accepted == load.items);
    CHECK(one.stats.settled() == load.items);
  }
  std::sort(all.latencies.begin(), all.latencies.end());
  return all;
}

std::vector<std::pair<std::string, Outcomes>> peers(const Load& load, const MicroBatcherOptions& options,
                                                    std::chrono::nanoseconds objective) {
  const std::size_t most = options.max_batch;
  return {{"fixed delay, 1 ms", simulate_all(load, options, FixedDelay(1ms, most))},
          {"fixed delay, 5 ms", simulate_all(load, options, FixedDelay(5ms, most))},
          {"Triton, no delay", simulate_all(load, options, Triton(0ms, most))},
          {"Triton, 1 ms", simulate_all(load, options, Triton(1ms, most))},
          {"Triton, 5 ms", simulate_all(load, options, Triton(5ms, most))},
          {"BentoML", simulate_all(load, options, BentoML(objective, most))},
          {"Clipper", simulate_all(load, options, Clipper(objective, most))}};
}

TEST_CASE("in simulation p99 is that of the best policy at each load") {
  const MicroBatcherOptions options{.max_batch = 32};
  for (const double share : {0.1, 0.4, 0.7, 0.95}) {
    const Load load{.load = share, .items = 30'000};
    const double ours = simulate_all(load, options, AdaptiveBatching(options)).ms(0.99);
    for (const auto& [name, outcomes] : peers(load, options, 20ms)) {
      INFO(name << " at " << share << " of the capacity: p99 " << outcomes.ms(0.99) << " ms, ours " << ours);
      CHECK(ours <= outcomes.ms(0.99) * 1.01);  // two paths of chance differ by as much
    }
  }
}

TEST_CASE("in simulation no policy misses fewer deadlines, with times that vary by a tenth") {
  for (const auto slo : {8ms, 12ms}) {
    const MicroBatcherOptions options{.max_batch = 32, .slo = slo};
    for (const double share : {0.5, 0.8, 0.95}) {
      const Load load{.jitter = 0.1, .load = share, .items = 40'000};
      const auto ours = static_cast<double>(simulate_all(load, options, AdaptiveBatching(options)).missed);
      for (const auto& [name, outcomes] : peers(load, options, slo)) {
        const auto theirs = static_cast<double>(outcomes.missed);
        INFO(name << " at " << share << " of the capacity, slo " << slo.count() << " ms: " << theirs << " missed, ours "
                  << ours);
        CHECK(ours <= theirs * 1.03 + 12);  // of 80,000; two paths of chance again
      }
    }
  }
}

TEST_CASE("in simulation pauses and changes of the load do not make it miss more than the best policy") {
  for (const auto& [burst, pause_ns] : {std::pair{1000, 2e9}, {1000, 1e8}, {300, 0.0}}) {
    for (const double share : {0.8, 0.95}) {
      const MicroBatcherOptions options{.max_batch = 32, .slo = 12ms};
      const Load load{.jitter = 0.1,
                      .load = share,
                      .burst = static_cast<std::size_t>(burst),
                      .pause_ns = pause_ns,
                      .items = 40'000};
      const auto ours = static_cast<double>(simulate_all(load, options, AdaptiveBatching(options)).missed);
      const auto theirs = static_cast<double>(simulate_all(load, options, BentoML(options.slo, 32)).missed);
      INFO("BentoML at " << share << ", bursts of " << burst << ": " << theirs << " missed, ours " << ours);
      CHECK(ours <= theirs * 1.1 + 30);  // of 80,000; it was five times as many
    }
  }
}

TEST_CASE("in simulation batches that cost little beyond their items are not taken to be overload") {
  for (const double share : {0.5, 0.7}) {
    const MicroBatcherOptions options{.max_batch = 32, .slo = 8ms};
    const Load load{.fixed_ns = 1e5, .per_item_ns = 1e6, .jitter = 0.1, .load = share, .items = 20'000};
    const auto ours = static_cast<double>(simulate_all(load, options, AdaptiveBatching(options)).missed);
    const auto theirs = static_cast<double>(simulate_all(load, options, BentoML(options.slo, 32)).missed);
    INFO("BentoML at " << share << ": " << theirs << " missed, ours " << ours);
    CHECK(ours <= theirs * 0.75);
  }
}

TEST_CASE("in simulation a batch is as large as the load needs, with one worker n = lambda b / (1 - lambda a)") {
  const MicroBatcherOptions options{.max_batch = 1000};
  for (const double share : {0.2, 0.4}) {
    const Load load{.fixed_ns = 2e6, .per_item_ns = 1e5, .load = share, .items = 50'000};
    const Outcomes outcomes = simulate(load, options, AdaptiveBatching(options));
    const double rate = share * 1000 / (2e6 + 1e5 * 1000);
    CHECK(outcomes.stats.mean_batch() == Approx(rate * 2e6 / (1 - rate * 1e5)).epsilon(0.25));
  }
}

TEST_CASE("in simulation the line is learnt, and the rate of arrivals") {
  const ManualClock clock;
  const MicroBatcherOptions options{.max_batch = 32, .workers = 0};
  AdaptiveBatching policy(options);
  Random random(5);
  for (int i = 0; i < 500; ++i) {
    const auto n = 1 + static_cast<std::size_t>(32 * random.uniform());
    policy.ran(n, std::chrono::nanoseconds(static_cast<std::int64_t>(2e6 + 1e5 * static_cast<double>(n))));
    policy.arrived(TimePoint(i * 1ms), 1);
  }
  CHECK(policy.timing().fixed_ns() == Approx(2e6).epsilon(1e-6));
  CHECK(policy.timing().per_item_ns() == Approx(1e5).epsilon(1e-6));
  CHECK(policy.arrival_rate() == Approx(1000));
}

}  // namespace
}  // namespace penstock
