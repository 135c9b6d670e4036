// SPDX-License-Identifier: MIT
// Two threads at an SpscQueue, as fast as they can: what the explorer cannot see, the order in which the processor has
// one side's stores seen by the other.
#include "penstock/queue/spsc_queue.hpp"
#include "penstock/queue/watermarks.hpp"

#include "catch.hpp"
#include "unit/queue/history_recorder.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace penstock {
namespace {

using enum QueueStatus;

TEST_CASE("in bursts that end at any depth, one side at rest finds what the other has left") {
  const std::size_t capacity = GENERATE(1u, 2u, 4u, 16u, 64u, 600u);
  SpscQueue<std::uint64_t> queue{{.capacity = capacity}};
  const Watermarks marks{{.capacity = capacity}};
  std::size_t told = 0;  // by either side, one at a time
  bool alternate = true;
  queue.on_watermark(
      [&](Crossing crossing) { alternate &= crossing == (told++ % 2 == 0 ? Crossing::rose : Crossing::fell); });

  constexpr int rounds = 4000;
  std::atomic<int> go{0};
  std::atomic<int> done{0};
  std::uint64_t taken = 0;
  bool in_order = true;
  const auto each_round = [&](const auto& work) {
    for (int round = 1; round <= rounds; ++round) {
      while (go.load() < round) std::this_thread::yield();
      work(history::Dice(static_cast<std::uint64_t>(round)));
      done.fetch_add(1);
    }
  };
  std::jthread producer([&] {
    std::uint64_t next = 0;
    each_round([&](history::Dice dice) {
      for (std::uint64_t left = dice(2 * capacity + 4); left > 0; --left) next += queue.try_push(next) == ok;
    });
  });
  std::jthread consumer([&] {
    each_round([&](history::Dice dice) {
      dice(1);
      for (std::uint64_t left = dice(2 * capacity + 4); left > 0; --left) {
        if (const auto item = queue.try_pop()) in_order &= *item == taken++;
      }
    });
  });
  for (int round = 1; round <= rounds; ++round) {
    go.store(round);
    while (done.load() < 2 * round) std::this_thread::yield();
    const QueueStats stats = queue.stats();
    REQUIRE(in_order);
    REQUIRE(stats.taken == taken);
    REQUIRE(stats.accepted == taken + queue.size());
    REQUIRE((stats.max_depth >= stats.depth && stats.max_depth <= capacity));
    REQUIRE(alternate);
    REQUIRE(stats.crossings == told);
    REQUIRE(queue.throttled() == (told % 2 == 1));
    REQUIRE((queue.throttled() ? stats.depth > marks.low() : stats.depth < marks.high()));
  }
}

TEST_CASE("two that wait for each other, one by one and in bulks, lose nothing and nobody sleeps on") {
  const std::size_t capacity = GENERATE(1u, 3u, 8u, 64u, 1024u);
  SpscQueue<std::uint64_t> queue{{.capacity = capacity}};
  constexpr std::uint64_t items = 60'000;
  std::jthread producer([&] {
    history::Dice dice(1);
    std::vector<std::uint64_t> bulk;
    for (std::uint64_t next = 0; next < items;) {
      bulk.clear();
      for (std::uint64_t n = 1 + dice(dice(4) == 0 ? capacity : 1); n > 0 && next < items; --n) bulk.push_back(next++);
      static_cast<void>(bulk.size() == 1 ? queue.push(bulk[0]) : queue.push_bulk(bulk));
      if (dice(64) == 0) std::this_thread::yield();
    }
    queue.close();
  });
  history::Dice dice(2);
  std::uint64_t taken = 0;
  bool in_order = true;
  for (std::vector<std::uint64_t> got; queue.pop_bulk(got, 1 + dice(dice(4) == 0 ? capacity : 1)) == ok; got.clear()) {
    for (const std::uint64_t item : got) in_order &= item == taken++;
    if (dice(64) == 0) std::this_thread::yield();
  }
  CHECK(in_order);
  CHECK(taken == items);
}

TEST_CASE("bulks go round the end of the ring, in pieces or one by one") {
  SpscQueue<std::uint64_t> numbers{{.capacity = 7}};
  SpscQueue<std::string> words{{.capacity = 7}};
  std::uint64_t next = 0;
  std::uint64_t taken = 0;
  for (std::size_t n = 0; n < 200; ++n) {
    std::vector<std::uint64_t> bulk(n % 8);
    std::vector<std::string> spoken;
    for (auto& item : bulk) spoken.push_back(std::to_string(item = next++));
    REQUIRE(numbers.try_push_bulk(bulk) == ok);
    REQUIRE(words.try_push_bulk(std::move(spoken)) == ok);
    while (!numbers.empty()) {
      std::vector<std::uint64_t> got;
      std::vector<std::string> heard;
      REQUIRE(numbers.try_pop_bulk(got, 1 + n % 3) == ok);
      REQUIRE(words.try_pop_bulk(heard, 1 + n % 3) == ok);
      REQUIRE(got.size() == heard.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        REQUIRE(got[i] == taken++);
        REQUIRE(heard[i] == std::to_string(got[i]));
      }
    }
  }
  CHECK(taken == next);
  CHECK_THROWS_WITH(numbers.try_push_bulk(std::vector<std::uint64_t>(8)),
                    "SpscQueue: a bulk of 8 items into a capacity of 7");
}

TEST_CASE("bulks of what can only be moved") {
  struct Handle {
    explicit Handle(int n) : number(n) {}
    Handle(Handle&&) = default;
    Handle& operator=(const Handle&) = delete;
    int number;
  };
  static_assert(std::is_trivially_copyable_v<Handle>);
  SpscQueue<Handle> queue{{.capacity = 2}};
  CHECK(queue.push(Handle(1)) == ok);
  std::vector<Handle> got;
  CHECK(queue.pop_bulk(got, 2) == ok);
  CHECK(got.at(0).number == 1);
}

TEST_CASE("what a push says beside a close is what the consumer finds") {
  for (int round = 0; round < 2000; ++round) {
    SpscQueue<int> queue{{.capacity = 64}};
    for (int i = 0; i < 8; ++i) static_cast<void>(queue.push(i));  // so that there are plain pushes
    std::atomic<bool> started{false};
    std::uint64_t pushed = 8;
    std::uint64_t popped = 0;
    std::jthread producer([&] {
      started = true;
      while (queue.push(0) == ok) ++pushed;
    });
    std::jthread consumer([&] {
      for (int item = 0; queue.pop(item) == ok;) ++popped;
    });
    while (!started) std::this_thread::yield();
    for (int i = round % 97; i > 0; --i) static_cast<void>(queue.size());
    queue.close();
    producer.join();
    consumer.join();
    REQUIRE(pushed == popped);
    REQUIRE(queue.stats().accepted == pushed);
  }
}

}  // namespace
}  // namespace penstock
