// SPDX-License-Identifier: MIT
#pragma once

// One server of batches on a manual clock: the batcher itself, with no thread and no luck. Arrivals are Poisson and
// open loop; a batch of n takes b + a n, stretched at random if asked for; while it runs, others arrive.

#include "penstock/core/manual_clock.hpp"
#include "penstock/stream/micro_batcher.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace penstock::batching {

/// What is simulated.
struct Load {
  double fixed_ns = 2e6;     // b
  double per_item_ns = 1e5;  // a
  double jitter = 0;         // standard deviation of the logarithm of a batch's time
  double load = 0.5;         // of the capacity, max_batch / T(max_batch)
  std::size_t burst = 0;     // items, and then a pause; 0: no pauses
  double pause_ns = 0;       // if it is 0 the next burst has a tenth of the load, and so on in turns
  std::size_t items = 100'000;
  std::uint64_t seed = 1;
};

/// What came of it. Latencies are from the intended arrival.
struct Outcomes {
  std::vector<std::int64_t> latencies{};  // of the items served, sorted, in nanoseconds
  std::size_t missed = 0;                 // not served, or later than the slo
  MicroBatcherStats stats{};

  [[nodiscard]] double ms(double q) const {
    if (latencies.empty()) return 0;
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(latencies.size())));
    return static_cast<double>(latencies[std::max<std::size_t>(rank, 1) - 1]) * 1e-6;
  }
};

/// Random numbers that are the same with every standard library: SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double uniform() {  // in (0, 1)
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
  }
  double exponential(double mean) { return -mean * std::log(uniform()); }
  double normal() { return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform()); }

 private:
  std::uint64_t state_;
};

/// When each item is to arrive, in nanoseconds.
inline std::vector<std::int64_t> poisson_arrivals(const Load& load, std::size_t max_batch) {
  const auto most = static_cast<double>(max_batch);
  const double gap = (load.fixed_ns + load.per_item_ns * most) / most / load.load;
  Random random(load.seed);
  std::vector<std::int64_t> arrivals(load.items);
  double time = 0;
  for (std::size_t i = 0; i < load.items; ++i) {
    const bool sparse = load.burst > 0 && load.pause_ns == 0 && i / load.burst % 2 == 1;
    if (load.burst > 0 && i % load.burst == 0) time += load.pause_ns;
    arrivals[i] = static_cast<std::int64_t>(time += random.exponential(sparse ? 10 * gap : gap));
  }
  return arrivals;
}

template <class Policy>
Outcomes simulate(const Load& load, MicroBatcherOptions options, Policy policy) {
  options.workers = 0;
  options.capacity = std::max<std::size_t>(options.capacity, load.items);
  const ManualClock clock;
  const std::vector<std::int64_t> arrivals = poisson_arrivals(load, options.max_batch);
  const auto now = [&] { return clock.now().time_since_epoch().count(); };
  const auto until = [&](std::int64_t time) {
    clock.advance(std::chrono::nanoseconds(std::max<std::int64_t>(0, time - now())));
  };

  Outcomes outcomes;
  std::size_t next = 0;
  MicroBatcher<std::uint32_t, int, ManualClock, Policy>* self = nullptr;
  const auto arrive = [&] {
    const auto callback = [&, arrival = arrivals[next]](const Outcome<int>& outcome) {
      const std::int64_t latency = now() - arrival;
      if (outcome) outcomes.latencies.push_back(latency);
      if (!outcome || (options.slo.count() > 0 && latency > options.slo.count())) ++outcomes.missed;
    };
    if (self->submit(static_cast<std::uint32_t>(next), {}, callback) != TicketStatus::pending) ++outcomes.missed;
    ++next;
  };
  Random random(load.seed + 1'000'000);
  const auto functor = [&](std::span<const std::uint32_t> items, std::span<int>) {
    double took = load.fixed_ns + load.per_item_ns * static_cast<double>(items.size());
    if (load.jitter > 0) took *= std::exp(load.jitter * random.normal());
    const std::int64_t end = now() + static_cast<std::int64_t>(took);
    while (next < arrivals.size() && arrivals[next] <= end) {
      until(arrivals[next]);
      arrive();
    }
    until(end);
  };
  MicroBatcher<std::uint32_t, int, ManualClock, Policy> batcher(functor, options, clock, std::move(policy));
  self = &batcher;
  for (;;) {
    const TimePoint due = batcher.next_due();
    if (due <= clock.now()) {
      static_cast<void>(batcher.run_once());
    } else if (next < arrivals.size() &&
               (due == TimePoint::max() || arrivals[next] <= due.time_since_epoch().count())) {
      until(arrivals[next]);
      arrive();
    } else if (due != TimePoint::max()) {
      until(due.time_since_epoch().count());
    } else {
      break;
    }
  }
  std::sort(outcomes.latencies.begin(), outcomes.latencies.end());
  outcomes.stats = batcher.stats();
  return outcomes;
}

}  // namespace penstock::batching
