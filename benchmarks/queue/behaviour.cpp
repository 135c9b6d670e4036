// SPDX-License-Identifier: MIT
// What a queue costs besides throughput, beside oneTBB's, moodycamel's and the textbook's:
//
//   ./penstock_bench_queue_behaviour
//
// idle       processor seconds that 4 waiting consumers use in a second in which nothing comes
// low load   the same while 10,000 items a second come, to 2 consumers, and how long an item is on its way
// wake-up    from push to pop of a sleeping consumer, one item every 200 us
// close      until 64 waiting consumers have left
// overload   a producer that never pauses and a consumer of 1 us an item: what a push costs under each policy
#include "peers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using T = peers::Item<8>;

std::int64_t now_ns() { return Clock::now().time_since_epoch().count(); }

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double quantile_us(std::vector<std::int64_t>& ns, double q) {
  std::sort(ns.begin(), ns.end());
  return static_cast<double>(ns[static_cast<std::size_t>(q * static_cast<double>(ns.size() - 1))]) / 1000;
}

/// `consumers` threads that take items until one is negative, and note how long each was on its way.
template <class Queue>
struct Consumers {
  Consumers(Queue& q, std::size_t consumers) : queue(q), logs(consumers) {
    for (std::size_t i = 0; i < consumers; ++i) {
      threads.emplace_back([this, i] {
        for (T item{};;) {
          queue.pop(item);
          if (item.number < 0) return;
          logs[i].push_back(now_ns() - item.number);
        }
      });
    }
  }
  /// Ends them; all that was noted.
  std::vector<std::int64_t> finish() {
    for (std::size_t i = 0; i < threads.size(); ++i) queue.push({-1});
    threads.clear();
    std::vector<std::int64_t> all;
    for (const auto& log : logs) all.insert(all.end(), log.begin(), log.end());
    return all;
  }
  Queue& queue;
  std::vector<std::vector<std::int64_t>> logs;
  std::vector<std::jthread> threads;
};

template <class Queue>
void behave(const char* name) {
  Queue queue;
  double idle = 0;
  {
    Consumers consumers(queue, 4);
    std::this_thread::sleep_for(100ms);
    const double before = processor_seconds();
    std::this_thread::sleep_for(1s);
    idle = processor_seconds() - before;
    consumers.finish();
  }
  const auto paced = [&](std::size_t consumer_count, std::chrono::nanoseconds interval, int items, double& used) {
    Consumers consumers(queue, consumer_count);
    std::this_thread::sleep_for(10ms);
    const double before = processor_seconds();
    auto due = Clock::now();
    for (int i = 0; i < items; ++i) {
      due += interval;
      std::this_thread::sleep_until(due);
      queue.push({now_ns()});
    }
    used = processor_seconds() - before;
    return consumers.finish();
  };
  double used = 0;
  double ignored = 0;
  std::vector<std::int64_t> low = paced(2, 100us, 10'000, used);
  std::vector<std::int64_t> wake = paced(1, 200us, 5'000, ignored);
  std::printf("%-12s idle %.4f s   low load %.3f s, p50 %.1f us, p99.9 %.1f us   wake-up p50 %.1f us, p99.9 %.1f us\n",
              name, idle, used, quantile_us(low, 0.5), quantile_us(low, 0.999), quantile_us(wake, 0.5),
              quantile_us(wake, 0.999));
}

void close_all() {
  std::vector<std::int64_t> times;
  for (int round = 0; round < 20; ++round) {
    penstock::BoundedQueue<T> queue{{.capacity = 1024}};
    std::vector<std::jthread> waiting;
    for (int i = 0; i < 64; ++i) waiting.emplace_back([&] { static_cast<void>(queue.pop()); });
    while (queue.stats().waiting_pops < 64) std::this_thread::yield();
    const std::int64_t start = now_ns();
    queue.close();
    waiting.clear();
    times.push_back(now_ns() - start);
  }
  std::printf("close        64 waiting consumers gone after %.0f us (median of 20)\n", quantile_us(times, 0.5));
}

void overload(penstock::Overflow overflow) {
  penstock::BoundedQueue<T> queue{{.capacity = 1024, .overflow = overflow, .priorities = 2}};
  std::jthread consumer([&] {
    while (queue.pop()) {
      for (const std::int64_t until = now_ns() + 1000; now_ns() < until;) {}
    }
  });
  constexpr int pushes = 1'000'000;
  const int items = overflow == penstock::Overflow::block ? pushes / 5 : pushes;  // those wait for the consumer
  const std::int64_t start = now_ns();
  for (int i = 0; i < items; ++i) {
    static_cast<void>(queue.push({i}, {}, penstock::Priority{static_cast<std::uint8_t>(i % 2)}));
  }
  const auto cost = static_cast<double>(now_ns() - start) / items;
  queue.close();
  consumer.join();
  const penstock::QueueStats stats = queue.stats();
  std::printf("overload     %-20s %7.1f ns a push   taken %.1f %%\n", std::string(to_string(overflow)).c_str(), cost,
              100.0 * static_cast<double>(stats.taken) / items);
}

}  // namespace

int main() {
  for (int round = 0; round < 3; ++round) {
    behave<peers::BoundedQueue<T, 1024>>("ours");
    behave<peers::OneTbb<T, 1024>>("oneTBB");
    behave<peers::Moodycamel<T, 1024>>("moodycamel");
    behave<peers::Textbook<T, 1024>>("mutex");
  }
  close_all();
  using enum penstock::Overflow;
  for (const auto overflow : {block, reject, drop_newest, drop_oldest, drop_lowest_priority, sample})
    overload(overflow);
}
