// SPDX-License-Identifier: MIT
// What a record costs while two threads record at once and a third reads each millisecond, beside HdrHistogram_c's
// atomic record into one histogram and its interval recorder.
#include "penstock/metrics/concurrent_histogram.hpp"

#include <benchmark/benchmark.h>

#ifdef PENSTOCK_BENCH_HDR
#include <hdr/hdr_histogram.h>
#include <hdr/hdr_interval_recorder.h>
#endif

#include "values.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// Runs `read` each millisecond while it lives.
class Reader {
 public:
  explicit Reader(std::function<void()> read)
      : thread_([this, read = std::move(read)] {
          while (!stop_) {
            read();
            std::this_thread::sleep_for(1ms);
          }
        }) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

constexpr int recorders = 2;
constexpr int rounds = 500;

/// Of this thread: what the reader and others take of the two processors is not the recorders' cost.
std::chrono::nanoseconds cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// What it takes two threads, on average, to record all values `rounds` times each at once. Each has a copy of
/// `record`, so that no look at where the histogram is comes with each value.
template <class Record>
void two_threads(benchmark::State& state, Record record) {
  const auto values = latencies();
  for (auto _ : state) {
    std::atomic<int> ready{0};
    std::vector<std::chrono::nanoseconds> took(recorders);
    std::vector<std::thread> threads;
    for (int t = 0; t < recorders; ++t) {
      threads.emplace_back([&, t, record] {
        for (++ready; ready < recorders;) {}
        const auto start = cpu_time();
        for (int i = 0; i < rounds; ++i) {
          for (const std::int64_t value : values) record(value);
        }
        took[static_cast<std::size_t>(t)] = cpu_time() - start;
      });
    }
    for (auto& thread : threads) thread.join();
    double seconds = 0;
    for (const auto time : took) seconds += std::chrono::duration<double>(time).count() / recorders;
    state.SetIterationTime(seconds);
  }
  state.counters["s_per_record"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * rounds * static_cast<double>(values.size()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void ours(benchmark::State& state) {
  penstock::ConcurrentHistogram histogram({.highest = highest_latency});
  const Reader reader([&] { benchmark::DoNotOptimize(histogram.interval().count()); });
  two_threads(state, [to = &histogram](std::int64_t value) { to->record(value); });
}
BENCHMARK(ours)->Name("two threads record, one reads/penstock ConcurrentHistogram")->UseManualTime();

void one_thread(benchmark::State& state) {
  const auto values = latencies();
  penstock::ConcurrentHistogram histogram({.highest = highest_latency});
  for (auto _ : state) {
    for (const std::int64_t value : values) histogram.record(value);
    benchmark::ClobberMemory();
  }
  if (histogram.total().count() != static_cast<std::uint64_t>(state.iterations()) * values.size()) {
    state.SkipWithError("values were lost");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}
BENCHMARK(one_thread)->Name("record/penstock ConcurrentHistogram");

#ifdef PENSTOCK_BENCH_HDR

void peer_atomic(benchmark::State& state) {
  hdr_histogram* histogram = nullptr;
  hdr_init(1, highest_latency, 3, &histogram);
  {
    const Reader reader([&] { benchmark::DoNotOptimize(hdr_value_at_percentile(histogram, 99)); });
    two_threads(state, [histogram](std::int64_t value) { hdr_record_value_atomic(histogram, value); });
  }
  hdr_close(histogram);
}
BENCHMARK(peer_atomic)->Name("two threads record, one reads/HdrHistogram_c atomic")->UseManualTime();

void peer_recorder(benchmark::State& state) {
  hdr_interval_recorder recorder;
  hdr_interval_recorder_init_all(&recorder, 1, highest_latency, 3);
  {
    hdr_histogram* last = nullptr;
    const Reader reader([&] {
      last = hdr_interval_recorder_sample_and_recycle(&recorder, last);
      benchmark::DoNotOptimize(last->total_count);
      hdr_reset(last);
    });
    two_threads(state, [&](std::int64_t value) { hdr_interval_recorder_record_value_atomic(&recorder, value); });
  }
  hdr_interval_recorder_destroy(&recorder);
}
BENCHMARK(peer_recorder)->Name("two threads record, one reads/HdrHistogram_c interval recorder")->UseManualTime();

void peer_atomic_alone(benchmark::State& state) {
  const auto values = latencies();
  hdr_histogram* histogram = nullptr;
  hdr_init(1, highest_latency, 3, &histogram);
  for (auto _ : state) {
    for (const std::int64_t value : values) hdr_record_value_atomic(histogram, value);
    benchmark::ClobberMemory();
  }
  hdr_close(histogram);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}
BENCHMARK(peer_atomic_alone)->Name("record/HdrHistogram_c atomic");

#endif

}  // namespace
