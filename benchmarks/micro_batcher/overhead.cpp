// SPDX-License-Identifier: MIT
// What the batcher adds to the functor: an item in full batches, and the round trip of one item when all is idle. The
// peer is the batcher of the textbook: a mutex, a vector and a std::promise an item.
//
//   ./penstock_bench_micro_batcher --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//     --benchmark_report_aggregates_only=true
//
// items/...: 2048 items are submitted, then all results taken; ns an item = 1e9 / items_per_second. max_delay lets each
// batch be full. idle/...: the batcher has slept for 300 us before each item; the time is that of one item.
#include "penstock/stream/micro_batcher.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using penstock::MicroBatcher;
using penstock::MicroBatcherOptions;

constexpr int items = 2048;
constexpr long long expected = 2LL * items * (items - 1) / 2;

void twice(std::span<const int> in, std::span<int> out) {
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = 2 * in[i];
}

MicroBatcherOptions full(const benchmark::State& state) {
  return {.max_batch = static_cast<std::size_t>(state.range(0)), .max_delay = 100ms, .capacity = 4096};
}

/// A batch when there is one full, or at the end.
class Textbook {
 public:
  explicit Textbook(std::size_t max_batch) : max_batch_(max_batch), thread_([this] { work(); }) {}
  ~Textbook() {
    {
      const std::scoped_lock lock(mutex_);
      ends_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  std::future<int> submit(int item) {
    std::promise<int> promise;
    std::future<int> future = promise.get_future();
    bool due = false;
    {
      const std::scoped_lock lock(mutex_);
      pending_.emplace_back(item, std::move(promise));
      due = pending_.size() >= max_batch_;
    }
    if (due) changed_.notify_one();
    return future;
  }

 private:
  void work() {
    std::vector<std::pair<int, std::promise<int>>> batch;
    std::vector<int> in, out;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ends_ || pending_.size() >= max_batch_; });
        if (pending_.empty()) return;
        const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(std::min(max_batch_, pending_.size()));
        batch.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
        pending_.erase(pending_.begin(), end);
      }
      in.clear();
      for (const auto& [item, promise] : batch) in.push_back(item);
      out.resize(in.size());
      twice(in, out);
      for (std::size_t i = 0; i < batch.size(); ++i) batch[i].second.set_value(out[i]);
    }
  }

  std::size_t max_batch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<int, std::promise<int>>> pending_;
  bool ends_ = false;
  std::thread thread_;
};

void tickets(benchmark::State& state) {
  MicroBatcher<int, int> batcher(twice, full(state));
  std::vector<penstock::Ticket<int>> waiting;
  waiting.reserve(items);
  for (auto _ : state) {
    for (int i = 0; i < items; ++i) waiting.push_back(batcher.submit(i));
    long long sum = 0;
    for (auto& ticket : waiting) sum += ticket.get();
    waiting.clear();
    if (sum != expected) state.SkipWithError("wrong sum");
  }
  state.SetItemsProcessed(state.iterations() * items);
  state.counters["mean_batch"] = batcher.stats().mean_batch();
}
BENCHMARK(tickets)->Name("items/penstock tickets")->Arg(32)->Arg(128)->UseRealTime();

void deadlines(benchmark::State& state) {
  MicroBatcherOptions options = full(state);
  options.slo = 1s;
  options.max_delay = 100ms;
  MicroBatcher<int, int> batcher(twice, options);
  std::vector<penstock::Ticket<int>> waiting;
  waiting.reserve(items);
  for (auto _ : state) {
    for (int i = 0; i < items; ++i) waiting.push_back(batcher.submit(i));
    long long sum = 0;
    for (auto& ticket : waiting) sum += ticket.get();
    waiting.clear();
    if (sum != expected) state.SkipWithError("wrong sum");
  }
  state.SetItemsProcessed(state.iterations() * items);
  state.counters["mean_batch"] = batcher.stats().mean_batch();
}
BENCHMARK(deadlines)->Name("items/penstock tickets with slo")->Arg(32)->Arg(128)->UseRealTime();

void callbacks(benchmark::State& state) {
  std::atomic<int> done{0};
  std::atomic<long long> sum{0};
  MicroBatcher<int, int> batcher(twice, full(state));
  for (auto _ : state) {
    done = 0;
    sum = 0;
    for (int i = 0; i < items; ++i) {
      const auto status = batcher.submit(i, {}, [&](const penstock::Outcome<int>& outcome) {
        sum.fetch_add(*outcome, std::memory_order_relaxed);
        done.fetch_add(1, std::memory_order_release);
      });
      if (status != penstock::TicketStatus::pending) state.SkipWithError("refused");
    }
    while (done.load(std::memory_order_acquire) < items) std::this_thread::yield();
    if (sum != expected) state.SkipWithError("wrong sum");
  }
  state.SetItemsProcessed(state.iterations() * items);
  state.counters["mean_batch"] = batcher.stats().mean_batch();
}
BENCHMARK(callbacks)->Name("items/penstock callbacks")->Arg(32)->Arg(128)->UseRealTime();

void promises(benchmark::State& state) {
  Textbook batcher(static_cast<std::size_t>(state.range(0)));
  std::vector<std::future<int>> waiting;
  waiting.reserve(items);
  for (auto _ : state) {
    for (int i = 0; i < items; ++i) waiting.push_back(batcher.submit(i));
    long long sum = 0;
    for (auto& future : waiting) sum += future.get();
    waiting.clear();
    if (sum != expected) state.SkipWithError("wrong sum");
  }
  state.SetItemsProcessed(state.iterations() * items);
}
BENCHMARK(promises)->Name("items/mutex and promise")->Arg(32)->Arg(128)->UseRealTime();

template <class Call>
void one_by_one(benchmark::State& state, const Call& call) {
  int i = 0;
  for (auto _ : state) {
    std::this_thread::sleep_for(300us);
    ++i;
    const auto start = std::chrono::steady_clock::now();
    const int value = call(i);
    const auto took = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(std::chrono::duration<double>(took).count());
    if (value != 2 * i) state.SkipWithError("wrong value");
  }
}

void idle_call(benchmark::State& state) {
  MicroBatcher<int, int> batcher(twice);
  one_by_one(state, [&](int i) { return batcher.call(i); });
}
BENCHMARK(idle_call)->Name("idle/penstock call")->Iterations(2000)->UseManualTime();

void idle_submit(benchmark::State& state) {
  MicroBatcher<int, int> batcher(twice);
  one_by_one(state, [&](int i) { return batcher.submit(i).get(); });
}
BENCHMARK(idle_submit)->Name("idle/penstock submit, get")->Iterations(2000)->UseManualTime();

void idle_worker(benchmark::State& state) {
  MicroBatcher<int, int> batcher(twice, {.callers_run = false});
  one_by_one(state, [&](int i) { return batcher.submit(i).get(); });
}
BENCHMARK(idle_worker)->Name("idle/penstock by the worker")->Iterations(2000)->UseManualTime();

void idle_promise(benchmark::State& state) {
  Textbook batcher(1);
  one_by_one(state, [&](int i) { return batcher.submit(i).get(); });
}
BENCHMARK(idle_promise)->Name("idle/mutex and promise")->Iterations(2000)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
