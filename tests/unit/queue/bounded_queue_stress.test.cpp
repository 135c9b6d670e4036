// SPDX-License-Identifier: MIT
// Many threads, more than there are cores, and the contents checked: each item once, each producer's in its order.
#include "penstock/queue/bounded_queue.hpp"

#include "catch.hpp"
#include "unit/queue/concurrency.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <numeric>
#include <stop_token>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;

struct Item {
  std::uint32_t producer = 0;
  std::uint32_t number = 0;
};

/// What one consumer got, in its order.
using Log = std::vector<Item>;

/// Whether each of `counts[p]` items of each producer p is in the logs exactly once, and in order within each log.
/// With gaps, for policies that drop, an item may be missing.
void check_logs(const std::vector<Log>& logs, const std::vector<std::uint32_t>& counts, bool gaps = false) {
  std::vector<std::vector<int>> seen(counts.size());
  for (std::size_t p = 0; p < counts.size(); ++p) seen[p].resize(counts[p]);
  std::size_t out_of_order = 0;
  for (const Log& log : logs) {
    std::vector<std::int64_t> last(counts.size(), -1);
    for (const Item& item : log) {
      out_of_order += item.number <= last[item.producer];
      last[item.producer] = item.number;
      ++seen[item.producer][item.number];
    }
  }
  CHECK(out_of_order == 0);
  std::size_t missing = 0;
  std::size_t repeated = 0;
  for (const auto& numbers : seen) {
    missing += static_cast<std::size_t>(std::count(numbers.begin(), numbers.end(), 0));
    for (const int times : numbers) repeated += times > 1;
  }
  if (!gaps) CHECK(missing == 0);
  CHECK(repeated == 0);
}

void check_at_rest(const QueueStats& stats) {
  CHECK(stats.accepted == stats.taken + stats.evicted + stats.depth);
  CHECK(stats.waiting_pops == 0);
  CHECK(stats.waiting_pushes == 0);
}

TEST_CASE("every item arrives once and in its producer's order, by every form of push and pop") {
  struct Shape {
    std::size_t capacity, producers, consumers;
  };
  const auto [capacity, producers, consumers] =
      GENERATE(Shape{1, 1, 1}, Shape{1, 4, 4}, Shape{3, 2, 2}, Shape{7, 8, 8}, Shape{64, 1, 4}, Shape{64, 4, 1},
               Shape{100, 16, 16}, Shape{100, 64, 64}, Shape{9, 1, 127}, Shape{9, 127, 1});
  const auto each = static_cast<std::uint32_t>(24000 / producers);
  BoundedQueue<Item> queue{{.capacity = capacity}};
  std::vector<Log> logs(consumers);
  std::atomic<std::size_t> left{producers};
  in_threads(producers + consumers, [&, producers = producers, capacity = capacity](std::size_t me) {
    if (me < producers) {
      std::vector<Item> bulk;
      for (std::uint32_t i = 0; i < each;) {
        const Item item{static_cast<std::uint32_t>(me), i};
        switch (i % 5) {
          case 0: i += queue.push(item) == QueueStatus::ok; break;
          case 1: i += queue.push_for(item, 100us) == QueueStatus::ok; break;
          case 2: i += queue.try_push(item) == QueueStatus::ok; break;
          case 3: i += queue.push_until(item, TimePoint::max()) == QueueStatus::ok; break;
          default:
            bulk.clear();
            for (std::uint32_t k = 0; k < std::min<std::size_t>({capacity, 4, each - i}); ++k) {
              bulk.push_back({item.producer, i + k});
            }
            if (queue.push_bulk(bulk) == QueueStatus::ok) i += static_cast<std::uint32_t>(bulk.size());
        }
      }
      if (left.fetch_sub(1) == 1) queue.close();
    } else {
      Log& log = logs[me - producers];
      Item item;
      for (std::size_t i = 0;; ++i) {
        QueueStatus status{};
        switch (i % 5) {
          case 0:
            status = queue.pop(item);
            if (status == QueueStatus::ok) log.push_back(item);
            break;
          case 1:
            status = queue.pop_for(item, 100us);
            if (status == QueueStatus::ok) log.push_back(item);
            break;
          case 2:
            status = queue.try_pop(item);
            if (status == QueueStatus::ok) log.push_back(item);
            break;
          case 3: status = queue.pop_bulk(log, 3); break;
          default: status = queue.wait_readable(); break;
        }
        if (status == QueueStatus::closed) return;
      }
    }
  });
  check_logs(logs, std::vector<std::uint32_t>(producers, each));
  check_at_rest(queue.stats());
  CHECK(queue.stats().accepted == each * producers);
  CHECK(queue.stats().max_depth <= capacity);
}

TEST_CASE("a single item is passed round for ever while others look for it") {
  // Depth 1, 0, 1 in quick succession while threads fall asleep: the semaphore of libstdc++ 12 loses a wake-up here.
  BoundedQueue<int> queue{{.capacity = 1}};
  CHECK(queue.push(0) == QueueStatus::ok);
  std::atomic<bool> done{false};
  in_threads(6, [&](std::size_t me) {
    if (me == 0) {
      while (!done) {
        if (queue.try_pop()) static_cast<void>(queue.push(0));
      }
      queue.close();
      return;
    }
    for (int i = 0; i < 2000; ++i) {
      const auto item = queue.pop();
      if (!item || queue.push(*item) != QueueStatus::ok) return;
    }
    done = true;
  });
  check_at_rest(queue.stats());
}

TEST_CASE("try_push is never full and try_pop never empty without cause") {
  // Each thread puts one in and takes one out, so there is always room to put and something to take.
  constexpr std::size_t threads = 8;
  BoundedQueue<std::size_t> queue{{.capacity = threads}};
  std::atomic<int> refused{0};
  in_threads(threads, [&](std::size_t me) {
    for (int i = 0; i < 3000; ++i) {
      refused += queue.try_push(me) != QueueStatus::ok;
      refused += !queue.try_pop();
    }
  });
  CHECK(refused == 0);
  CHECK(queue.stats().accepted == threads * 3000);
}

TEST_CASE("what becomes of each item is counted, under every policy and 4 times as many producers as consumers") {
  using enum Overflow;
  const Overflow overflow = GENERATE(block, reject, drop_newest, drop_oldest, drop_lowest_priority, sample);
  constexpr std::uint32_t producers = 8;
  constexpr std::uint32_t each = 3000;
  BoundedQueue<Item> queue{
      {.capacity = 16, .overflow = overflow, .priorities = 4, .starvation_bound = 4, .sample_every = 3}};
  std::mutex mutex;
  Log evicted;
  queue.on_drop([&](Item&& item) {
    const std::scoped_lock lock(mutex);
    evicted.push_back(item);
  });
  std::vector<Log> logs(2);
  std::vector<std::uint64_t> refused(producers);
  std::atomic<std::size_t> left{producers};
  in_threads(producers + 2, [&](std::size_t me) {
    if (me < producers) {
      const Priority priority{static_cast<std::uint8_t>(me % 4)};
      for (std::uint32_t i = 0; i < each; ++i) {
        const Item item{static_cast<std::uint32_t>(me), i};
        refused[me] += queue.push(item, {}, priority) != QueueStatus::ok;
      }
      if (left.fetch_sub(1) == 1) queue.close();
    } else {
      while (const auto item = queue.pop()) logs[me - producers].push_back(*item);
    }
  });
  const QueueStats stats = queue.stats();
  check_at_rest(stats);
  check_logs(logs, std::vector<std::uint32_t>(producers, each), overflow != block);
  CHECK(stats.offered() == producers * each);
  CHECK(stats.taken == logs[0].size() + logs[1].size());
  CHECK(stats.evicted == evicted.size());
  CHECK(stats.refused() == std::accumulate(refused.begin(), refused.end(), std::uint64_t{0}));
  CHECK(stats.refused() == (overflow == reject ? stats.rejected : stats.dropped + stats.sampled_out));
  std::vector<int> fates(producers * each);  // nobody is both taken and evicted
  for (const Log* log : {&logs[0], &logs[1], &evicted}) {
    for (const Item& item : *log) ++fates[item.producer * each + item.number];
  }
  CHECK(*std::max_element(fates.begin(), fates.end()) == 1);
}

TEST_CASE("crossings are told one at a time, in turn, and all of them") {
  BoundedQueue<int> queue{{.capacity = 4}};
  std::atomic<int> within{0};
  std::uint64_t told = 0;
  bool in_turn = true;
  queue.on_watermark([&](Crossing crossing) {
    in_turn = in_turn && within.fetch_add(1) == 0 && crossing == (told % 2 == 0 ? Crossing::rose : Crossing::fell);
    ++told;
    within.fetch_sub(1);
  });
  in_threads(8, [&](std::size_t me) {
    for (int i = 0; i < 3000; ++i) {
      if (me % 2 == 0) {
        static_cast<void>(queue.push(i));
      } else {
        static_cast<void>(queue.pop());
      }
    }
  });
  CHECK(in_turn);
  CHECK(told == queue.stats().crossings);
  CHECK(told > 0);
}

TEST_CASE("stops at any time lose no item and forget no waiter") {
  // Consumers are stopped and start anew all the time; only those that are never stopped must get the rest.
  constexpr std::uint32_t producers = 3;
  constexpr std::uint32_t each = 4000;
  BoundedQueue<Item> queue{{.capacity = 5}};
  std::mutex mutex;
  std::stop_source current;
  std::vector<Log> logs(6);
  std::atomic<std::size_t> left{producers};
  std::atomic<bool> done{false};
  const auto token = [&] {
    const std::scoped_lock lock(mutex);
    return current.get_token();
  };
  in_threads(producers + logs.size() + 1, [&](std::size_t me) {
    if (me < producers) {
      for (std::uint32_t i = 0; i < each;) {
        i += queue.push(Item{static_cast<std::uint32_t>(me), i}, i % 2 != 0 ? token() : std::stop_token{}) ==
             QueueStatus::ok;
      }
      if (left.fetch_sub(1) > 1) return;
      queue.close();
      done = true;
    } else if (me < producers + logs.size()) {
      Log& log = logs[me - producers];
      Item item;
      for (;;) {
        const QueueStatus status = queue.pop(item, me % 3 != 0 ? token() : std::stop_token{});
        if (status == QueueStatus::ok) log.push_back(item);
        if (status == QueueStatus::closed) return;
      }
    } else {
      while (!done) {
        std::stop_source next;
        {
          const std::scoped_lock lock(mutex);
          std::swap(next, current);
        }
        next.request_stop();
        std::this_thread::yield();
      }
    }
  });
  check_logs(logs, std::vector<std::uint32_t>(producers, each));
  check_at_rest(queue.stats());
}

TEST_CASE("a close in full swing loses nothing that was accepted") {
  for (int round = 0; round < 30; ++round) {
    BoundedQueue<std::unique_ptr<std::uint64_t>> queue{{.capacity = 3}};
    std::atomic<std::uint64_t> in{0};
    std::atomic<std::uint64_t> out{0};
    std::atomic<std::uint64_t> kept{0};
    in_threads(25, [&](std::size_t me) {
      if (me == 0) {
        while (queue.stats().accepted < 40) std::this_thread::yield();
        queue.close();
      } else if (me % 2 != 0) {
        for (std::uint64_t i = 1;; ++i) {
          auto value = std::make_unique<std::uint64_t>(i);
          if (queue.push(std::move(value)) != QueueStatus::ok) {
            kept += value != nullptr && *value == i;
            return;
          }
          in += i;
        }
      } else {
        while (const auto item = queue.pop()) out += **item;
      }
    });
    CHECK(in == out);
    CHECK(kept == 12);
    CHECK(queue.empty());
    CHECK(queue.stats().closed == 12);
  }
}

}  // namespace
}  // namespace penstock
