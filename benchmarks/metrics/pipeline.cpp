// SPDX-License-Identifier: MIT
// What all of StreamMetrics costs a pipeline of about a million events a second: a producer, a queue, a model that
// takes a microsecond an event. With metrics every event is counted in and out, its wait in the queue and its latency
// are recorded, one in a hundred fails for a reason; every batch has its time, its stage, its size and the depth it
// left; a third thread takes a snapshot every 100 ms. Without, there is none of it, nor the looks at the clock.
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/queue/bounded_queue.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using penstock::TimePoint;

constexpr std::uint64_t events = 200'000;
constexpr std::size_t bulk = 32;

struct Event {
  std::uint64_t value;
  TimePoint arrived;
};

/// About a microsecond of arithmetic in a row.
std::uint64_t model(std::uint64_t x) {
  for (int i = 0; i < 900; ++i) x = x * 6364136223846793005U + 1442695040888963407U;
  return x;
}

template <bool measured>
void pipeline(benchmark::State& state) {
  const penstock::SteadyClock clock;
  for (auto _ : state) {
    penstock::StreamMetrics metrics;
    const penstock::StageId wait = metrics.stage("queue");
    const penstock::StageId score = metrics.stage("model");
    penstock::BoundedQueue<Event> queue({.capacity = 1024});
    std::jthread reader([&](const std::stop_token& stop) {
      if (!measured) return;
      std::mutex mutex;
      std::condition_variable_any wake;
      std::unique_lock lock(mutex);
      while (!wake.wait_for(lock, stop, 100ms, [] { return false; }) && !stop.stop_requested()) {
        benchmark::DoNotOptimize(metrics.snapshot().totals.events_out);
      }
    });
    std::jthread producer([&] {
      std::vector<Event> group;
      for (std::uint64_t i = 0; i < events;) {
        const TimePoint now = measured ? clock.now() : TimePoint{};
        group.clear();
        for (std::size_t k = 0; k < bulk && i < events; ++k, ++i) group.push_back({i, now});
        if (measured) metrics.in(group.size());
        static_cast<void>(queue.push_bulk(group));
      }
      queue.close();
    });
    std::vector<Event> batch;
    std::uint64_t sum = 0;
    for (;;) {
      batch.clear();
      if (queue.pop_bulk(batch, 4 * bulk) != penstock::QueueStatus::ok) break;
      const TimePoint taken = measured ? clock.now() : TimePoint{};
      for (const Event& event : batch) sum += model(event.value);
      if (!measured) continue;
      const TimePoint done = clock.now();
      metrics.record_with([&](penstock::StreamTotals& mine) {
        for (const Event& event : batch) {
          mine.record_stage(static_cast<std::size_t>(wait), taken - event.arrived);
          if (event.value % 100 == 0) {
            mine.count(penstock::EventFate::failed, "bad row", 1);
          } else {
            mine.out(done - event.arrived, 1);
          }
        }
        mine.record(batch.size(), done - taken);
        mine.record_stage(static_cast<std::size_t>(score), done - taken);
      });
      metrics.set_queue_depth(queue.size());
    }
    benchmark::DoNotOptimize(sum);
    const auto totals = metrics.snapshot().totals;
    if (measured && (totals.events_in != events || totals.events_out + events / 100 != events)) {
      state.SkipWithError("events were lost");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events));
}
BENCHMARK(pipeline<false>)->Name("pipeline/without metrics")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(pipeline<true>)->Name("pipeline/with StreamMetrics")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
