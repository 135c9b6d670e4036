// SPDX-License-Identifier: MIT
// BoundedQueue beside oneTBB's, Boost.Lockfree's and the textbook's.
//
//   ./penstock_bench_queue                        all, five rounds that alternate between the queues, medians and
//   ratios
//   ./penstock_bench_queue --benchmark_filter=transfer/.*/2P2C
//
// transfer  items a second through a queue of 1024, and the sum of what arrived checked
// paced     1 producer at 100,000 items a second, 2 consumers: how long an item is on its way
#include "penstock/queue/bounded_queue.hpp"

#include "penstock/core/clock.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <boost/lockfree/queue.hpp>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tbb/concurrent_queue.h>
#include <thread>
#include <vector>

namespace {

using Item = std::int64_t;
constexpr std::size_t capacity = 1024;
constexpr std::size_t bulk_size = 32;

struct Penstock {
  void push(Item item) { static_cast<void>(queue.push(item)); }
  Item pop() { return *queue.pop(); }
  penstock::BoundedQueue<Item> queue{{.capacity = capacity}};
};

struct Textbook {  // a mutex and two condition variables
  void push(Item item) {
    std::unique_lock lock(mutex);
    writable.wait(lock, [&] { return items.size() < capacity; });
    items.push_back(item);
    lock.unlock();
    readable.notify_one();
  }
  Item pop() {
    std::unique_lock lock(mutex);
    readable.wait(lock, [&] { return !items.empty(); });
    const Item item = items.front();
    items.pop_front();
    lock.unlock();
    writable.notify_one();
    return item;
  }
  std::mutex mutex;
  std::condition_variable readable, writable;
  std::deque<Item> items;
};

struct OneTbb {
  OneTbb() { queue.set_capacity(capacity); }
  void push(Item item) { queue.push(item); }
  Item pop() {
    Item item = 0;
    queue.pop(item);
    return item;
  }
  tbb::concurrent_bounded_queue<Item> queue;
};

struct BoostLockfree {  // which cannot wait: whoever finds it full or empty yields
  void push(Item item) {
    while (!queue.bounded_push(item)) std::this_thread::yield();
  }
  Item pop() {
    Item item = 0;
    while (!queue.pop(item)) std::this_thread::yield();
    return item;
  }
  boost::lockfree::queue<Item, boost::lockfree::capacity<capacity>> queue;
};

/// Runs the threads from a common start to the end of the last; seconds.
template <class Produce, class Consume>
double race(std::size_t producers, std::size_t consumers, const Produce& produce, const Consume& consume) {
  std::atomic<std::size_t> ready{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < producers + consumers; ++i) {
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (ready.load() <= producers + consumers) std::this_thread::yield();
      i < producers ? produce(i) : consume(i - producers);
    });
  }
  while (ready.load() < producers + consumers) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  ready.fetch_add(1);
  threads.clear();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class Queue>
void transfer(benchmark::State& state) {
  const auto producers = static_cast<std::size_t>(state.range(0));
  const auto consumers = static_cast<std::size_t>(state.range(1));
  constexpr std::size_t items = 400'000;
  for (auto _ : state) {
    Queue queue;
    std::atomic<Item> sum{0};
    const double seconds = race(
        producers, consumers,
        [&](std::size_t) {
          for (std::size_t i = 0; i < items / producers; ++i) queue.push(static_cast<Item>(i));
        },
        [&](std::size_t) {
          Item own = 0;
          for (std::size_t i = 0; i < items / consumers; ++i) own += queue.pop();
          sum += own;
        });
    const auto each = static_cast<Item>(items / producers);
    if (sum != static_cast<Item>(producers) * (each * (each - 1) / 2)) state.SkipWithError("items were lost");
    state.SetIterationTime(seconds);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

void transfer_bulk(benchmark::State& state) {
  const auto producers = static_cast<std::size_t>(state.range(0));
  const auto consumers = static_cast<std::size_t>(state.range(1));
  constexpr std::size_t items = 3'200'000;
  for (auto _ : state) {
    penstock::BoundedQueue<Item> queue{{.capacity = capacity}};
    std::atomic<Item> count{0};
    std::atomic<std::size_t> left{producers};
    const double seconds = race(
        producers, consumers,
        [&](std::size_t) {
          const std::vector<Item> bulk(bulk_size, 1);
          for (std::size_t i = 0; i < items / producers; i += bulk_size) static_cast<void>(queue.push_bulk(bulk));
          if (left.fetch_sub(1) == 1) queue.close();
        },
        [&](std::size_t) {
          std::vector<Item> bulk;
          while (queue.pop_bulk(bulk, bulk_size) == penstock::QueueStatus::ok) {
            count += static_cast<Item>(bulk.size());
            bulk.clear();
          }
        });
    if (count != static_cast<Item>(items)) state.SkipWithError("items were lost");
    state.SetIterationTime(seconds);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

template <class Queue>
void paced(benchmark::State& state) {
  constexpr std::size_t items = 50'000;
  constexpr std::int64_t interval = 10'000;  // ns
  const auto now = [] { return penstock::SteadyClock{}.now().time_since_epoch().count(); };
  std::vector<std::int64_t> latency;
  for (auto _ : state) {
    Queue queue;
    std::vector<std::vector<std::int64_t>> logs(2);
    const double seconds = race(
        1, 2,
        [&](std::size_t) {
          std::int64_t due = now();
          for (std::size_t i = 0; i < items; ++i, due += interval) {
            while (now() < due) std::this_thread::yield();
            queue.push(now());
          }
          queue.push(0);
          queue.push(0);
        },
        [&](std::size_t me) {
          while (const Item stamp = queue.pop()) logs[me].push_back(now() - stamp);
        });
    for (const auto& log : logs) latency.insert(latency.end(), log.begin(), log.end());
    state.SetIterationTime(seconds);
  }
  std::sort(latency.begin(), latency.end());
  const auto quantile_us = [&](double q) {
    return static_cast<double>(latency[static_cast<std::size_t>(q * static_cast<double>(latency.size() - 1))]) / 1000;
  };
  state.counters["p50_us"] = quantile_us(0.5);
  state.counters["p95_us"] = quantile_us(0.95);
  state.counters["p99_us"] = quantile_us(0.99);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

void shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseManualTime()->Unit(benchmark::kMillisecond)->ArgNames({"P", "C"});
  for (const auto& [p, c] : {std::pair{1, 1}, {2, 2}, {4, 4}, {1, 4}, {4, 1}}) benchmark->Args({p, c});
}
BENCHMARK_TEMPLATE(transfer, Penstock)->Apply(shapes);
BENCHMARK_TEMPLATE(transfer, Textbook)->Apply(shapes);
BENCHMARK_TEMPLATE(transfer, OneTbb)->Apply(shapes);
BENCHMARK_TEMPLATE(transfer, BoostLockfree)->Apply(shapes);
BENCHMARK(transfer_bulk)->Apply(shapes);
BENCHMARK_TEMPLATE(paced, Penstock)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(paced, Textbook)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(paced, OneTbb)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

/// Prints as usual, and in the end the medians of each shape as multiples of ours.
class Reporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      const auto rate = run.counters.find("items_per_second");
      if (run.run_type != Run::RT_Aggregate || run.aggregate_name != "median" || rate == run.counters.end()) continue;
      const std::string name = run.run_name.function_name;  // transfer<Queue>
      const auto open = name.find('<');
      if (name.rfind("transfer<", 0) == 0) medians_[run.run_name.args][name.substr(open)] = rate->second;
    }
  }
  void Finalize() override {
    std::printf("\nitems a second, ours as a multiple of\n");
    for (const auto& [shape, rates] : medians_) {
      const auto ours = rates.find("<Penstock>");
      if (ours == rates.end()) continue;
      std::printf("  %-10s %6.2f M/s", shape.c_str(), ours->second / 1e6);
      for (const auto& [name, rate] : rates) {
        if (name != ours->first) std::printf("   %s %.2f", name.c_str(), ours->second / rate);
      }
      std::printf("\n");
    }
  }

 private:
  std::map<std::string, std::map<std::string, double>> medians_;
};

}  // namespace

int main(int argc, char** argv) {
  // Rounds of all queues alternate, so that what else the machine does hits all alike.
  std::vector<std::string> arguments{argv[0], "--benchmark_repetitions=5",
                                     "--benchmark_enable_random_interleaving=true",
                                     "--benchmark_report_aggregates_only=true", "--benchmark_min_time=0.1"};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 1;
  Reporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
