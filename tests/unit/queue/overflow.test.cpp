// SPDX-License-Identifier: MIT
#include "penstock/queue/overflow.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/bounded_queue.hpp"

#include "catch.hpp"
#include "unit/queue/concurrency.hpp"

#include <random>
#include <stdexcept>
#include <vector>

namespace penstock {
namespace {

using Values = std::vector<int>;

/// Says what it is told to, and notes what it was asked.
struct Told {
  Verdict operator()(const Arrival<int>& arrival) const {
    asked->push_back(arrival);
    oldest->push_back(arrival.oldest != nullptr ? *arrival.oldest : -1);
    return *verdict;
  }
  const Verdict* verdict;
  std::vector<Arrival<int>>* asked;
  Values* oldest;
};

template <class Queue>
Values drain(Queue& queue) {
  Values values;
  while (const auto value = queue.try_pop()) values.push_back(*value);
  return values;
}

struct Fixture {
  explicit Fixture(std::size_t priorities = 1)
      : queue{{.capacity = 4,
               .high_watermark = 0.75,
               .low_watermark = 0.25,
               .priorities = priorities,
               .starvation_bound = 0}} {
    queue.overflow_by(Told{&verdict, &asked, &oldest});
    queue.on_drop([this](int item) { evicted.push_back(item); });
  }
  Verdict verdict = Verdict::admit;
  std::vector<Arrival<int>> asked{};
  Values oldest{};
  Values evicted{};
  BoundedQueue<int> queue;
};

TEST_CASE("a policy is asked when the queue is throttled or has no room, and not before") {
  Fixture f;
  for (int i = 0; i < 3; ++i) REQUIRE(f.queue.try_push(i) == QueueStatus::ok);
  CHECK(f.asked.empty());
  REQUIRE(f.queue.try_push(3) == QueueStatus::ok);
  REQUIRE(f.asked.size() == 1);
  CHECK(f.asked[0].count == 1);
  CHECK(f.asked[0].depth == 3);
  CHECK(f.asked[0].capacity == 4);
  CHECK(f.asked[0].throttled);
  CHECK(f.asked[0].fits());
  CHECK(f.oldest[0] == 0);
  REQUIRE(f.queue.try_push(4) == QueueStatus::full);
  CHECK_FALSE(f.asked[1].fits());
  for (int i = 0; i < 3; ++i) REQUIRE(f.queue.try_pop() == i);  // not throttled any more
  REQUIRE(f.queue.try_push_bulk(Values{7, 8, 9, 10}) == QueueStatus::full);
  CHECK(f.asked[2].count == 4);
  CHECK_FALSE(f.asked[2].throttled);
  CHECK(f.oldest[2] == 3);
}

TEST_CASE("a policy meets an empty queue when a bulk is asked for that crosses nothing else") {
  BoundedQueue<int> queue{{.capacity = 2}};
  bool empty = false;
  queue.overflow_by([&](const Arrival<int>& arrival) {
    empty = arrival.oldest == nullptr;
    return Verdict::drop;
  });
  REQUIRE(queue.try_push_bulk(Values{1, 2}) == QueueStatus::ok);
  drain(queue);
  CHECK(queue.stats().accepted == 2);
  CHECK_FALSE(empty);
}

TEST_CASE("each verdict does what its name says, with room and without, and is counted") {
  Fixture f;
  for (int i = 0; i < 3; ++i) REQUIRE(f.queue.try_push(i) == QueueStatus::ok);
  f.verdict = Verdict::reject;
  CHECK(f.queue.push(10) == QueueStatus::full);
  f.verdict = Verdict::drop;
  CHECK(f.queue.push(11) == QueueStatus::dropped);
  f.verdict = Verdict::evict_oldest;
  CHECK(f.queue.push(12) == QueueStatus::ok);
  CHECK(f.evicted.empty());  // there was room
  CHECK(f.queue.push(13) == QueueStatus::ok);
  CHECK(f.evicted == Values{0});
  CHECK(f.queue.push_bulk(Values{14, 15}) == QueueStatus::ok);
  CHECK(f.evicted == Values{0, 1, 2});
  f.verdict = Verdict::evict_lowest;
  CHECK(f.queue.push(16) == QueueStatus::dropped);  // nobody is below
  f.verdict = Verdict::admit;
  CHECK(f.queue.push_for(17, std::chrono::nanoseconds(1)) == QueueStatus::timeout);
  const QueueStats stats = f.queue.stats();
  CHECK(stats.rejected == 1);
  CHECK(stats.dropped == 2);
  CHECK(stats.evicted == 3);
  CHECK(stats.timed_out == 1);
  CHECK(drain(f.queue) == Values{12, 13, 14, 15});
}

TEST_CASE("evict_lowest evicts from below the newcomer only") {
  Fixture f(3);
  for (int i = 0; i < 4; ++i)
    REQUIRE(f.queue.try_push(i, Priority{static_cast<std::uint8_t>(i % 2)}) == QueueStatus::ok);
  f.verdict = Verdict::evict_lowest;
  CHECK(f.queue.push(10, {}, Priority{1}) == QueueStatus::ok);
  CHECK(f.queue.push(11, {}, Priority{1}) == QueueStatus::ok);
  CHECK(f.queue.push(12, {}, Priority{1}) == QueueStatus::dropped);
  CHECK(f.evicted == Values{0, 2});
  CHECK(f.queue.push(13, {}, Priority{2}) == QueueStatus::ok);
  CHECK(f.evicted == Values{0, 2, 1});
}

TEST_CASE("admit waits for room, and is asked again when there may be some") {
  Fixture f;
  for (int i = 0; i < 4; ++i) REQUIRE(f.queue.try_push(i) == QueueStatus::ok);
  Call<QueueStatus> push([&] { return f.queue.push(4); });
  Closer closer(f.queue);
  REQUIRE(pushes_wait(f.queue, 1));
  CHECK(f.queue.try_pop() == 0);
  CHECK(push.result() == QueueStatus::ok);
  CHECK(drain(f.queue) == Values{1, 2, 3, 4});
}

TEST_CASE("what a policy throws reaches the pusher, and the queue is as it was") {
  BoundedQueue<std::vector<int>> queue{{.capacity = 1}};
  queue.overflow_by([](const Arrival<std::vector<int>>&) -> Verdict { throw std::runtime_error("no idea"); });
  REQUIRE(queue.try_push({1}) == QueueStatus::ok);
  std::vector<int> mine{2, 3};
  CHECK_THROWS_WITH(queue.push(std::move(mine)), "no idea");
  CHECK(mine == Values{2, 3});
  CHECK(queue.try_pop() == Values{1});
  CHECK(queue.try_push(std::move(mine)) == QueueStatus::ok);
  CHECK(queue.stats().accepted == 2);
}

using Event = int;

// docs/queue.md
struct RandomEarlyDrop {  // refuses the more, the fuller it is (Floyd and Jacobson, 1993)
  penstock::Verdict operator()(const penstock::Arrival<Event>& a) {
    if (!a.fits()) return penstock::Verdict::drop;
    const std::size_t above = a.depth - a.capacity / 2;
    return random() % (a.capacity / 2) < above ? penstock::Verdict::drop : penstock::Verdict::admit;
  }
  std::minstd_rand random;
};

TEST_CASE("random early drop refuses the more, the fuller the queue is") {
  BoundedQueue<Event> queue{{.capacity = 100, .high_watermark = 0.5, .low_watermark = 0.4}};
  queue.overflow_by(RandomEarlyDrop{});
  int tries = 0;
  std::vector<int> tries_for;
  while (queue.size() < 95) {
    ++tries;
    if (queue.try_push(tries) == QueueStatus::ok) tries_for.push_back(std::exchange(tries, 0));
  }
  for (std::size_t i = 0; i < 50; ++i) CHECK(tries_for[i] == 1);
  int low = 0;
  int high = 0;
  for (std::size_t i = 50; i < 70; ++i) low += tries_for[i];
  for (std::size_t i = 75; i < 95; ++i) high += tries_for[i];
  CHECK(low < 40);   // 20 / (1 - mean of 0 .. 0.4) is 25
  CHECK(high > 50);  // 20 / (1 - mean of 0.5 .. 0.9) is 77
}

}  // namespace
}  // namespace penstock
