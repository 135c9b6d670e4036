// SPDX-License-Identifier: MIT
// The contract of each function and policy, in one thread. What waits is in bounded_queue_waiting.test.cpp.
#include "penstock/queue/bounded_queue.hpp"

#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"

#include <array>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Values = std::vector<int>;
using Text = std::unique_ptr<std::string>;

template <class Queue>
Values drain(Queue& queue) {
  Values values;
  while (auto item = queue.try_pop()) values.push_back(*item);
  return values;
}

/// A stop token of a stop that was requested.
std::stop_token stopped() {
  std::stop_source source;
  source.request_stop();
  return source.get_token();
}

TEST_CASE("exactly capacity items fit, and they come out in the order in which they went in") {
  for (const std::size_t capacity : {1u, 2u, 3u, 7u, 8u, 100u}) {
    BoundedQueue<std::size_t> queue{{.capacity = capacity}};
    CHECK(queue.capacity() == capacity);
    std::size_t in = 0;
    std::size_t out = 0;
    for (std::size_t round = 0; round < 5; ++round) {  // each round begins elsewhere in the storage
      while (queue.size() < capacity) CHECK(queue.try_push(in++) == QueueStatus::ok);
      CHECK(queue.try_push(in) == QueueStatus::full);
      CHECK(queue.size() == capacity);
      for (std::size_t i = 0; i < capacity / 2 + 1; ++i) CHECK(queue.try_pop() == out++);
    }
    while (out < in) CHECK(queue.try_pop() == out++);
    CHECK(queue.try_pop() == std::nullopt);
    CHECK(queue.empty());
  }
}

TEST_CASE("a value that is not taken stays untouched in the caller's hands") {
  BoundedQueue<Text> queue{{.capacity = 1}};
  CHECK(queue.push(std::make_unique<std::string>("first")) == QueueStatus::ok);
  Text second = std::make_unique<std::string>("second");
  CHECK(queue.try_push(std::move(second)) == QueueStatus::full);
  CHECK(queue.push_for(std::move(second), 0s) == QueueStatus::timeout);
  CHECK(queue.push_until(std::move(second), TimePoint::min()) == QueueStatus::timeout);
  CHECK(queue.push(std::move(second), stopped()) == QueueStatus::stopped);
  queue.close();
  CHECK(queue.push(std::move(second)) == QueueStatus::closed);
  CHECK(queue.try_push(std::move(second)) == QueueStatus::closed);
  REQUIRE(second);
  CHECK(*second == "second");

  std::vector<Text> bulk;
  bulk.push_back(std::move(second));
  CHECK(queue.push_bulk(std::move(bulk)) == QueueStatus::closed);
  CHECK(*bulk.at(0) == "second");
}

TEST_CASE("an output that is not written stays untouched") {
  BoundedQueue<int> queue{{.capacity = 1}};
  int out = 7;
  CHECK(queue.try_pop(out) == QueueStatus::empty);
  CHECK(queue.pop_for(out, 0s) == QueueStatus::timeout);
  CHECK(queue.pop_until(out, TimePoint::min()) == QueueStatus::timeout);
  CHECK(queue.pop(out, stopped()) == QueueStatus::stopped);
  queue.close();
  CHECK(queue.pop(out) == QueueStatus::closed);
  CHECK(queue.try_pop(out) == QueueStatus::closed);
  CHECK(out == 7);
}

TEST_CASE("an lvalue is copied, an rvalue is moved") {
  BoundedQueue<std::string> queue{{.capacity = 4}};
  std::string kept(100, 'k');
  std::string given(100, 'g');
  CHECK(queue.push(kept) == QueueStatus::ok);
  CHECK(queue.push(std::move(given)) == QueueStatus::ok);
  CHECK(kept.size() == 100);
  CHECK(given.empty());
  CHECK(queue.pop() == std::string(100, 'k'));
  CHECK(queue.pop() == std::string(100, 'g'));
}

TEST_CASE("a stop that was requested before the call wins over everything") {
  BoundedQueue<int> queue{{.capacity = 1}};
  int out = 7;
  std::vector<int> values{1};
  const std::stop_token stop = stopped();
  CHECK(queue.push(1, stop) == QueueStatus::stopped);
  CHECK(queue.push_for(1, 1s, stop) == QueueStatus::stopped);
  CHECK(queue.push_until(1, TimePoint::max(), stop) == QueueStatus::stopped);
  CHECK(queue.push_bulk(values, stop) == QueueStatus::stopped);
  CHECK(queue.empty());
  CHECK(queue.push(1) == QueueStatus::ok);
  CHECK(queue.pop(out, stop) == QueueStatus::stopped);
  CHECK(queue.pop_for(out, 1s, stop) == QueueStatus::stopped);
  CHECK(queue.pop_until(out, TimePoint::max(), stop) == QueueStatus::stopped);
  CHECK(queue.pop(stop) == std::nullopt);
  CHECK(queue.pop_bulk(values, 1, stop) == QueueStatus::stopped);
  CHECK(queue.wait_readable(stop) == QueueStatus::stopped);
  queue.close();
  CHECK(queue.push(1, stop) == QueueStatus::stopped);
  CHECK(queue.pop(out, stop) == QueueStatus::stopped);
  CHECK(queue.size() == 1);
  CHECK(queue.stats().stopped == 5);
}

TEST_CASE("a deadline in the past still does what can be done at once") {
  BoundedQueue<int> queue{{.capacity = 1}};
  int out = 0;
  CHECK(queue.push_until(5, TimePoint::min()) == QueueStatus::ok);
  CHECK(queue.wait_readable_until(TimePoint::min()) == QueueStatus::ok);
  CHECK(queue.pop_for(out, -1s) == QueueStatus::ok);
  CHECK(out == 5);
  CHECK(queue.wait_readable_for(0s) == QueueStatus::timeout);
}

TEST_CASE("after close what was accepted can be popped, in order, and nothing comes in") {
  BoundedQueue<int> queue{{.capacity = 4}};
  CHECK(queue.push_bulk(Values{1, 2, 3}) == QueueStatus::ok);
  CHECK_FALSE(queue.closed());
  queue.close();
  queue.close();
  CHECK(queue.closed());
  CHECK(queue.push(4) == QueueStatus::closed);
  CHECK(queue.push_bulk(Values{4, 5}) == QueueStatus::closed);
  CHECK(queue.push_bulk(Values{}) == QueueStatus::closed);
  CHECK(queue.wait_readable() == QueueStatus::ok);
  CHECK(queue.pop() == 1);
  Values rest;
  CHECK(queue.pop_bulk(rest, 10) == QueueStatus::ok);
  CHECK(rest == Values{2, 3});
  CHECK(queue.pop_bulk(rest, 10) == QueueStatus::closed);
  CHECK(queue.wait_readable() == QueueStatus::closed);
  CHECK(queue.pop() == std::nullopt);
  CHECK(queue.stats().closed == 3);
}

TEST_CASE("a bulk goes in as a whole or not at all") {
  BoundedQueue<int> queue{{.capacity = 3}};
  const Values two{1, 2};
  CHECK(queue.try_push_bulk(two) == QueueStatus::ok);
  CHECK(queue.try_push_bulk(two) == QueueStatus::full);
  CHECK(queue.push_bulk_for(two, 0s) == QueueStatus::timeout);
  CHECK(queue.push_bulk_until(two, TimePoint::min()) == QueueStatus::timeout);
  CHECK(queue.size() == 2);
  CHECK(queue.try_push_bulk(Values{}) == QueueStatus::ok);
  CHECK(queue.try_push_bulk(std::array{3}) == QueueStatus::ok);
  CHECK(queue.try_push_bulk(Values{}) == QueueStatus::ok);  // nothing always fits
  CHECK(drain(queue) == Values{1, 2, 3});
  CHECK(queue.try_push_bulk(std::list{4, 5, 6}) == QueueStatus::ok);
  CHECK(drain(queue) == Values{4, 5, 6});
}

TEST_CASE("a bulk that can never fit is an error and not a wait") {
  BoundedQueue<int> queue{{.capacity = 2}};
  CHECK_THROWS_WITH(queue.push_bulk(Values{1, 2, 3}), "BoundedQueue: a bulk of 3 items into a capacity of 2");
  CHECK_THROWS_AS(queue.try_push_bulk(Values{1, 2, 3}), std::invalid_argument);
  CHECK(queue.empty());
}

TEST_CASE("a container that is given up is moved from, one that is lent is copied") {
  BoundedQueue<std::string> queue{{.capacity = 9}};
  std::vector<std::string> bulk{std::string(50, 'a'), std::string(50, 'b')};
  CHECK(queue.push_bulk(bulk) == QueueStatus::ok);
  CHECK(queue.push_bulk(std::span(bulk)) == QueueStatus::ok);  // a view lends, too
  CHECK(bulk[0].size() == 50);
  CHECK(queue.push_bulk(std::move(bulk)) == QueueStatus::ok);
  CHECK(bulk[0].empty());
  std::vector<std::string> lent{std::string(50, 'c')};
  CHECK(queue.push_bulk(std::ranges::subrange(std::move_iterator(lent.begin()), std::move_iterator(lent.end()))) ==
        QueueStatus::ok);
  CHECK(lent[0].empty());
  std::vector<std::string> out;
  CHECK(queue.pop_bulk(out, 9) == QueueStatus::ok);
  CHECK(out.size() == 7);
  CHECK(out[5] == std::string(50, 'b'));
}

TEST_CASE("pop_bulk appends what is there, up to a maximum") {
  BoundedQueue<int> queue{{.capacity = 8}};
  Values out{0};
  CHECK(queue.try_pop_bulk(out, 3) == QueueStatus::empty);
  CHECK(queue.pop_bulk_for(out, 3, 0s) == QueueStatus::timeout);
  CHECK(queue.pop_bulk_until(out, 3, TimePoint::min()) == QueueStatus::timeout);
  CHECK(queue.push_bulk(Values{1, 2, 3, 4, 5}) == QueueStatus::ok);
  CHECK(queue.try_pop_bulk(out, 3) == QueueStatus::ok);
  CHECK(out == Values{0, 1, 2, 3});
  CHECK(queue.pop_bulk_for(out, 3, 1s) == QueueStatus::ok);
  CHECK(out == Values{0, 1, 2, 3, 4, 5});
  std::deque<int> other;
  CHECK(queue.push(6) == QueueStatus::ok);
  CHECK(queue.pop_bulk(other, SIZE_MAX) == QueueStatus::ok);
  CHECK(other == std::deque<int>{6});
  CHECK_THROWS_WITH(queue.try_pop_bulk(out, 0), ContainsSubstring("at least 1"));
}

TEST_CASE("pop_bulk of everything takes what is there, throttled or not") {
  for (const std::size_t max : {SIZE_MAX, SIZE_MAX - 3, SIZE_MAX - 4, std::size_t{9}}) {
    for (const int items : {3, 8}) {
      BoundedQueue<int> queue{{.capacity = 8}};
      for (int i = 0; i < items; ++i) REQUIRE(queue.try_push(i) == QueueStatus::ok);
      Values all;
      REQUIRE(queue.try_pop_bulk(all, max) == QueueStatus::ok);
      CHECK(all.size() == static_cast<std::size_t>(items));
      CHECK(queue.stats().taken == all.size());
    }
  }
}

TEST_CASE("wait_readable takes nothing") {
  BoundedQueue<int> queue{{.capacity = 1}};
  CHECK(queue.push(1) == QueueStatus::ok);
  CHECK(queue.wait_readable() == QueueStatus::ok);
  CHECK(queue.wait_readable_for(1s) == QueueStatus::ok);
  CHECK(queue.size() == 1);
  CHECK(queue.stats().taken == 0);
}

// ---- what each policy does when there is no room: the table of docs/queue.md

struct Fate {
  Overflow overflow;
  QueueStatus pushed;  // by push that could wait for ever, unless it would
  QueueStatus tried;   // by try_push
  QueueStatus timed;   // by push_for 0 s
  Values left;         // of 1, 2, 3 in a queue of 3 after 4, 5, 6 have been pushed in these three ways
};

TEST_CASE("what a full queue does with a newcomer, by policy and call") {
  using enum QueueStatus;
  const auto [overflow, pushed, tried, timed, left] = GENERATE(
      Fate{Overflow::block, timeout, full, timeout, {1, 2, 3}}, Fate{Overflow::reject, full, full, full, {1, 2, 3}},
      Fate{Overflow::drop_newest, dropped, dropped, dropped, {1, 2, 3}},
      Fate{Overflow::drop_oldest, ok, ok, ok, {4, 5, 6}},
      Fate{Overflow::drop_lowest_priority, dropped, dropped, dropped, {1, 2, 3}},
      Fate{Overflow::sample, dropped, dropped, dropped, {1, 2, 3}});
  INFO(to_string(overflow));
  for (const bool bulk : {false, true}) {
    BoundedQueue<int> queue{{.capacity = 3, .overflow = overflow, .priorities = 2, .sample_every = 1}};
    REQUIRE(queue.push_bulk(Values{1, 2, 3}) == ok);
    if (bulk) {
      CHECK((overflow == Overflow::block ? timed : queue.push_bulk(Values{4})) == pushed);
      CHECK(queue.try_push_bulk(Values{5}) == tried);
      CHECK(queue.push_bulk_for(Values{6}, 0s) == timed);
    } else {
      CHECK((overflow == Overflow::block ? timed : queue.push(4)) == pushed);
      CHECK(queue.try_push(5) == tried);
      CHECK(queue.push_for(6, 0s) == timed);
    }
    CHECK(drain(queue) == left);
    const QueueStats stats = queue.stats();
    CHECK(stats.offered() == (overflow == Overflow::block ? 5 : 6));
    CHECK(stats.accepted == stats.taken + stats.evicted);
    CHECK(stats.taken == 3);
    CHECK(stats.evicted == (overflow == Overflow::drop_oldest ? 3 : 0));
    CHECK(stats.dropped == (pushed == dropped ? 3 : 0));
    CHECK(stats.rejected == (overflow == Overflow::reject ? 3 : overflow == Overflow::block ? 1 : 0));
    CHECK(stats.timed_out == (overflow == Overflow::block ? 1 : 0));
    CHECK(stats.refused() + stats.accepted == stats.offered());
  }
}

TEST_CASE("drop_oldest hands over what it evicts, one or a bulk of them, the oldest first") {
  BoundedQueue<Text> queue{{.capacity = 3, .overflow = Overflow::drop_oldest}};
  std::vector<std::string> dropped;
  queue.on_drop([&](Text&& text) { dropped.push_back(*std::move(text)); });
  for (const char* text : {"a", "b", "c", "d"})
    CHECK(queue.push(std::make_unique<std::string>(text)) == QueueStatus::ok);
  CHECK(dropped == std::vector<std::string>{"a"});
  std::vector<Text> bulk;
  for (const char* text : {"e", "f", "g"}) bulk.push_back(std::make_unique<std::string>(text));
  CHECK(queue.push_bulk(std::move(bulk)) == QueueStatus::ok);
  CHECK(dropped == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(*queue.pop().value() == "e");
  CHECK(queue.stats().evicted == 4);
  CHECK(queue.stats().lost() == 4);
}

TEST_CASE("drop_oldest of a bulk evicts only as many as there is no room for") {
  BoundedQueue<int> queue{{.capacity = 4, .overflow = Overflow::drop_oldest}};
  Values dropped;
  queue.on_drop([&](int item) { dropped.push_back(item); });
  CHECK(queue.push_bulk(Values{1, 2, 3}) == QueueStatus::ok);
  CHECK(queue.push_bulk(Values{4, 5, 6}) == QueueStatus::ok);
  CHECK(dropped == Values{1, 2});
  CHECK(drain(queue) == Values{3, 4, 5, 6});
}

TEST_CASE("a listener may call the queue, since it is called outside every lock") {
  BoundedQueue<int> queue{{.capacity = 2, .overflow = Overflow::drop_oldest}};
  Values dropped;
  Values depths;
  queue.on_drop([&](int item) {
    dropped.push_back(item);
    if (item == 1) CHECK(queue.push(100) == QueueStatus::ok);  // evicts 2, and comes back here
  });
  queue.on_watermark([&](Crossing) { depths.push_back(static_cast<int>(queue.size())); });
  CHECK(queue.push(1) == QueueStatus::ok);
  CHECK(queue.push(2) == QueueStatus::ok);
  CHECK(queue.push(3) == QueueStatus::ok);
  CHECK(dropped == Values{1, 2});
  CHECK(depths == Values{2});
  CHECK(drain(queue) == Values{3, 100});
}

TEST_CASE("an exception of a listener is counted and reaches nobody") {
  BoundedQueue<int> queue{{.capacity = 1, .overflow = Overflow::drop_oldest}};
  queue.on_drop([](int) { throw std::runtime_error("drop"); });
  queue.on_watermark([](Crossing) { throw 42; });
  CHECK(queue.push(1) == QueueStatus::ok);  // rose
  CHECK(queue.push(2) == QueueStatus::ok);  // evicts
  CHECK(queue.pop() == 2);                  // fell
  CHECK(queue.stats().listener_exceptions == 3);
}

// ---- priorities

TEST_CASE("the highest priority comes first, and within one the first") {
  BoundedQueue<int> queue{{.capacity = 8, .priorities = 3, .starvation_bound = 0}};
  CHECK(queue.push(1) == QueueStatus::ok);
  CHECK(queue.push(21, {}, Priority{2}) == QueueStatus::ok);
  CHECK(queue.try_push(11, Priority{1}) == QueueStatus::ok);
  CHECK(queue.push_for(22, 1s, {}, Priority{2}) == QueueStatus::ok);
  CHECK(queue.push_bulk(Values{12, 13}, {}, Priority{1}) == QueueStatus::ok);
  CHECK(queue.push_until(2, TimePoint::max(), {}, Priority{0}) == QueueStatus::ok);
  CHECK(drain(queue) == Values{21, 22, 11, 12, 13, 1, 2});
}

TEST_CASE("a priority that the queue was not made for is refused") {
  BoundedQueue<int> queue{{.capacity = 8, .priorities = 3}};
  CHECK_THROWS_WITH(queue.push(1, {}, Priority{3}), "BoundedQueue: priority 3 is not below QueueOptions.priorities, 3");
  CHECK_THROWS_AS(queue.try_push_bulk(Values{1}, Priority{255}), std::invalid_argument);
  CHECK(queue.stats().offered() == 0);
}

TEST_CASE("every starvation_bound-th pop takes the oldest, so nobody waits for ever") {
  BoundedQueue<int> queue{{.capacity = 16, .priorities = 8, .starvation_bound = 3}};
  CHECK(queue.push(1, {}, Priority{0}) == QueueStatus::ok);
  CHECK(queue.push(2, {}, Priority{4}) == QueueStatus::ok);
  Values out;
  for (int i = 100; i < 108; ++i) {
    CHECK(queue.push(i, {}, Priority{7}) == QueueStatus::ok);
    out.push_back(queue.pop().value());
  }
  CHECK(out == Values{100, 101, 1, 102, 103, 2, 104, 105});
}

TEST_CASE("with a starvation_bound of 1 priorities do not matter to pops") {
  BoundedQueue<int> queue{{.capacity = 16, .priorities = 8, .starvation_bound = 1}};
  for (const int i : {3, 1, 4, 1, 5, 2, 6})
    CHECK(queue.push(i, {}, Priority{static_cast<std::uint8_t>(i)}) == QueueStatus::ok);
  CHECK(drain(queue) == Values{3, 1, 4, 1, 5, 2, 6});
}

TEST_CASE("drop_oldest evicts what came first, whatever its priority") {
  BoundedQueue<int> queue{{.capacity = 3, .overflow = Overflow::drop_oldest, .priorities = 8}};
  Values dropped;
  queue.on_drop([&](int item) { dropped.push_back(item); });
  CHECK(queue.push(50, {}, Priority{5}) == QueueStatus::ok);
  CHECK(queue.push(10, {}, Priority{1}) == QueueStatus::ok);
  CHECK(queue.push(70, {}, Priority{7}) == QueueStatus::ok);
  for (int i = 0; i < 3; ++i) CHECK(queue.push(i) == QueueStatus::ok);
  CHECK(dropped == Values{50, 10, 70});
}

TEST_CASE(
    "drop_lowest_priority evicts the oldest of the lowest priority below the newcomer's, else drops the newcomer") {
  BoundedQueue<int> queue{
      {.capacity = 4, .overflow = Overflow::drop_lowest_priority, .priorities = 8, .starvation_bound = 0}};
  Values dropped;
  queue.on_drop([&](int item) { dropped.push_back(item); });
  CHECK(queue.push_bulk(Values{20, 21}, {}, Priority{2}) == QueueStatus::ok);
  CHECK(queue.push_bulk(Values{10, 11}, {}, Priority{1}) == QueueStatus::ok);
  CHECK(queue.push(12, {}, Priority{1}) == QueueStatus::dropped);  // nobody is below it
  CHECK(queue.push(0, {}, Priority{0}) == QueueStatus::dropped);
  CHECK(queue.push(30, {}, Priority{3}) == QueueStatus::ok);
  CHECK(dropped == Values{10});
  CHECK(queue.push_bulk(Values{31, 32, 33, 34}, {}, Priority{3}) == QueueStatus::dropped);  // only three are below
  CHECK(dropped == Values{10});                                                             // and are all still there
  CHECK(queue.push_bulk(Values{31, 32}, {}, Priority{3}) == QueueStatus::ok);
  CHECK(dropped == Values{10, 11, 20});
  CHECK(drain(queue) == Values{30, 31, 32, 21});
  const QueueStats stats = queue.stats();
  CHECK(stats.evicted == 3);
  CHECK(stats.dropped == 6);
  CHECK(stats.accepted == 7);
}

// ---- sampling

TEST_CASE("sample takes one in sample_every while throttled, and everything else") {
  BoundedQueue<int> queue{{.capacity = 10, .overflow = Overflow::sample, .sample_every = 3}};
  Values taken;
  for (int i = 1; i <= 14; ++i) {
    if (queue.push(i) == QueueStatus::ok) taken.push_back(i);
  }
  CHECK(taken == Values{1, 2, 3, 4, 5, 6, 7, 8, 11, 14});  // throttled at 8: of 9, 10, 11 and 12, 13, 14 the last
  CHECK(queue.size() == 10);
  CHECK(queue.push(15) == QueueStatus::dropped);
  CHECK(queue.push(16) == QueueStatus::dropped);
  CHECK(queue.push(17) == QueueStatus::dropped);  // its turn, but no room
  CHECK(queue.stats().sampled_out == 6);
  CHECK(queue.stats().dropped == 1);
  CHECK(queue.pop() == 1);
  CHECK(queue.push(18) == QueueStatus::ok);  // a turn that found no room is not lost
  for (int i = 0; i < 5; ++i) CHECK(queue.pop());
  CHECK_FALSE(queue.throttled());
  CHECK(queue.push(19) == QueueStatus::ok);
  CHECK(queue.push(20) == QueueStatus::ok);
}

TEST_CASE("sample counts a bulk as one arrival") {
  BoundedQueue<int> queue{{.capacity = 10, .low_watermark = 0.1, .overflow = Overflow::sample, .sample_every = 2}};
  CHECK(queue.push_bulk(Values(8, 0)) == QueueStatus::ok);
  CHECK(queue.push_bulk(Values(2, 1)) == QueueStatus::dropped);
  CHECK(queue.push_bulk(Values(2, 2)) == QueueStatus::ok);
  CHECK(queue.stats().sampled_out == 2);
}

// ---- watermarks and counters

TEST_CASE("each crossing is told once and in order") {
  BoundedQueue<int> queue{{.capacity = 10}};
  std::vector<Crossing> told;
  queue.on_watermark([&](Crossing crossing) { told.push_back(crossing); });
  for (int i = 0; i < 7; ++i) CHECK(queue.push(i) == QueueStatus::ok);
  CHECK(told.empty());
  CHECK_FALSE(queue.throttled());
  CHECK(queue.push(7) == QueueStatus::ok);
  CHECK(told == std::vector{Crossing::rose});
  CHECK(queue.throttled());
  CHECK(queue.push(8) == QueueStatus::ok);
  for (int i = 0; i < 3; ++i) CHECK(queue.pop());
  CHECK(queue.throttled());
  CHECK(queue.pop());
  CHECK_FALSE(queue.throttled());
  CHECK(told == std::vector{Crossing::rose, Crossing::fell});
  CHECK(queue.push_bulk(Values(5)) == QueueStatus::ok);
  Values out;
  CHECK(queue.pop_bulk(out, 10) == QueueStatus::ok);
  CHECK(told == std::vector{Crossing::rose, Crossing::fell, Crossing::rose, Crossing::fell});
  CHECK(queue.stats().crossings == 4);
}

TEST_CASE("an eviction is no crossing, since the depth is the same afterwards") {
  BoundedQueue<int> queue{
      {.capacity = 2, .high_watermark = 1, .low_watermark = 0.5, .overflow = Overflow::drop_oldest}};
  int crossings = 0;
  queue.on_watermark([&](Crossing) { ++crossings; });
  for (int i = 0; i < 10; ++i) CHECK(queue.push(i) == QueueStatus::ok);
  CHECK(crossings == 1);
  CHECK(queue.stats().evicted == 8);
}

TEST_CASE("a listener that crosses a watermark itself hears of it afterwards, not within") {
  BoundedQueue<int> queue{{.capacity = 2}};  // rises at 2, falls at 1
  std::vector<Crossing> told;
  int within = 0;
  queue.on_watermark([&](Crossing crossing) {
    CHECK(within++ == 0);
    told.push_back(crossing);
    if (told.size() < 6) {
      if (crossing == Crossing::rose) {
        CHECK(queue.try_pop());
      } else {
        CHECK(queue.try_push(0) == QueueStatus::ok);
      }
    }
    --within;
  });
  CHECK(queue.push_bulk(Values{1, 2}) == QueueStatus::ok);
  using enum Crossing;
  CHECK(told == std::vector{rose, fell, rose, fell, rose, fell});
}

TEST_CASE("the time throttled is of the queue's clock and includes the present") {
  const ManualClock clock;
  BoundedQueue<int, ManualClock> queue{{.capacity = 2}, clock};
  clock.advance(5s);
  CHECK(queue.push_bulk(Values{1, 2}) == QueueStatus::ok);
  CHECK(queue.stats().throttled);
  CHECK(queue.stats().throttled_for == 0s);
  clock.advance(3s);
  CHECK(queue.stats().throttled_for == 3s);
  CHECK(queue.pop());
  clock.advance(10s);
  CHECK_FALSE(queue.stats().throttled);
  CHECK(queue.stats().throttled_for == 3s);
  CHECK(queue.push(3) == QueueStatus::ok);
  clock.advance(4s);
  CHECK(queue.stats().throttled_for == 7s);
}

TEST_CASE("the counters add up at every step") {
  BoundedQueue<int> queue{{.capacity = 5, .overflow = Overflow::drop_oldest}};
  std::uint64_t offered = 0;
  std::uint64_t popped = 0;
  Values out;
  for (int i = 0; i < 200; ++i) {
    if (i % 3 != 0) {
      CHECK(queue.push(i) == QueueStatus::ok);
      offered += 1;
    } else if (i % 2 != 0) {
      CHECK(queue.push_bulk(Values(static_cast<std::size_t>(i % 5))) == QueueStatus::ok);
      offered += static_cast<std::uint64_t>(i % 5);
    } else {
      popped += queue.try_pop_bulk(out, static_cast<std::size_t>(i % 4 + 1)) == QueueStatus::ok ? out.size() : 0;
      out.clear();
    }
    const QueueStats stats = queue.stats();
    CHECK(stats.offered() == offered);
    CHECK(stats.taken == popped);
    CHECK(stats.depth == queue.size());
    CHECK(stats.accepted == stats.taken + stats.evicted + stats.depth);
  }
  CHECK(queue.stats().max_depth == 5);
  CHECK(queue.stats().evicted > 0);
}

TEST_CASE("the most items there ever were are remembered") {
  BoundedQueue<int> queue{{.capacity = 5}};
  CHECK(queue.push_bulk(Values{1, 2, 3}) == QueueStatus::ok);
  CHECK(queue.pop());
  CHECK(queue.push(4) == QueueStatus::ok);
  CHECK(queue.stats().max_depth == 3);
}

// ---- items that throw, and what becomes of those left

/// Counts its living objects; throws when constructed or assigned from the `fuse`-th on.
struct Fragile {
  static inline int alive = 0;
  static inline int fuse = -1;
  static void burn() {
    if (fuse >= 0 && fuse-- == 0) throw std::runtime_error("fragile");
  }
  explicit Fragile(int v) : value(v) { ++alive; }
  Fragile(Fragile&& other) : value((burn(), other.value)) {
    other.value = -1;
    ++alive;
  }
  Fragile& operator=(Fragile&& other) {
    burn();
    value = std::exchange(other.value, -1);
    return *this;
  }
  ~Fragile() { --alive; }
  int value;
};

TEST_CASE("a move that throws on the way in leaves the queue as it was, and nothing leaks") {
  {
    BoundedQueue<Fragile> queue{{.capacity = 4}};
    CHECK(queue.push(Fragile(1)) == QueueStatus::ok);
    Fragile::fuse = 0;
    CHECK_THROWS_WITH(queue.push(Fragile(2)), "fragile");
    std::vector<Fragile> bulk;
    bulk.reserve(3);
    for (int i = 3; i < 6; ++i) bulk.emplace_back(i);
    for (const int fuse : {0, 1, 2}) {
      Fragile::fuse = fuse;
      CHECK_THROWS_WITH(queue.push_bulk(std::move(bulk)), "fragile");
      CHECK(queue.size() == 1);
    }
    Fragile::fuse = -1;
    CHECK(queue.stats().accepted == 1);
    CHECK(queue.push_bulk(std::move(bulk)) == QueueStatus::ok);  // the slots are all there still
    CHECK(queue.size() == 4);
    CHECK(queue.pop()->value == 1);
  }
  CHECK(Fragile::alive == 0);
}

TEST_CASE("a move that throws on the way out leaves the item the next to be popped") {
  {
    BoundedQueue<Fragile> queue{{.capacity = 4}};
    for (int i = 1; i <= 4; ++i) CHECK(queue.push(Fragile(i)) == QueueStatus::ok);
    Fragile out(0);
    Fragile::fuse = 0;
    CHECK_THROWS_WITH(queue.pop(out), "fragile");
    Fragile::fuse = 0;
    CHECK_THROWS_WITH(queue.pop(), "fragile");
    CHECK(queue.size() == 4);
    CHECK(queue.pop(out) == QueueStatus::ok);
    CHECK(out.value == 1);
    std::vector<Fragile> some;
    some.reserve(4);
    Fragile::fuse = 1;  // the second of a bulk: the first is taken
    CHECK_THROWS_WITH(queue.pop_bulk(some, 3), "fragile");
    CHECK(some.size() == 1);
    CHECK(queue.size() == 2);
    const QueueStats stats = queue.stats();
    CHECK(stats.taken == 2);
    CHECK(stats.accepted == stats.taken + stats.depth);
    CHECK(queue.pop()->value == 3);
    CHECK(queue.try_push(Fragile(5)) == QueueStatus::ok);
  }
  CHECK(Fragile::alive == 0);
}

TEST_CASE("what was evicted for a newcomer that then throws is handed over all the same") {
  {
    BoundedQueue<Fragile> queue{{.capacity = 1, .overflow = Overflow::drop_oldest}};
    Values dropped;
    queue.on_drop([&](Fragile&& item) { dropped.push_back(item.value); });
    CHECK(queue.push(Fragile(1)) == QueueStatus::ok);
    Fragile::fuse = 1;  // the victim moves out, the newcomer fails to move in
    CHECK_THROWS_WITH(queue.push(Fragile(2)), "fragile");
    CHECK(dropped == Values{1});
    CHECK(queue.empty());
    CHECK_FALSE(queue.throttled());
    CHECK(queue.stats().evicted == 1);
    CHECK(queue.stats().accepted == 1);
  }
  CHECK(Fragile::alive == 0);
}

/// A move might throw, so a bulk copies it; the third copy throws.
struct Copied {
  static inline int fuse = 2;
  explicit Copied(int v) : value(v) {}
  Copied(const Copied& other) : value(other.value) {
    if (fuse-- == 0) throw std::runtime_error("copy");
  }
  Copied(Copied&& other) noexcept(false) : value(std::exchange(other.value, -1)) {}
  int value;
};

TEST_CASE("a copy is made where a move may throw, so that a bulk that fails costs its owner nothing") {
  BoundedQueue<Copied> queue{{.capacity = 4}};
  std::vector<Copied> bulk;
  bulk.reserve(3);
  for (int i = 0; i < 3; ++i) bulk.emplace_back(i);
  CHECK_THROWS_WITH(queue.push_bulk(std::move(bulk)), "copy");
  for (int i = 0; i < 3; ++i) CHECK(bulk[static_cast<std::size_t>(i)].value == i);
  CHECK(queue.empty());
}

TEST_CASE("items left in a queue are destroyed with it") {
  const auto token = std::make_shared<int>(1);
  {
    BoundedQueue<std::shared_ptr<int>> queue{{.capacity = 8, .priorities = 8}};
    for (std::uint8_t i = 0; i < 6; ++i) CHECK(queue.push(token, {}, Priority{i}) == QueueStatus::ok);
    CHECK(queue.pop());
    CHECK(token.use_count() == 6);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("an item is destroyed as soon as it has been popped") {
  BoundedQueue<std::shared_ptr<int>> queue{{.capacity = 2}};
  auto token = std::make_shared<int>(1);
  CHECK(queue.push(token) == QueueStatus::ok);
  static_cast<void>(queue.pop());
  CHECK(token.use_count() == 1);
}

TEST_CASE("over-aligned items lie where they must") {
  struct alignas(64) Line {
    int value;
  };
  BoundedQueue<Line> queue{{.capacity = 3}};
  for (int i = 0; i < 3; ++i) CHECK(queue.push(Line{i}) == QueueStatus::ok);
  Line out{};
  CHECK(queue.pop(out) == QueueStatus::ok);
  CHECK(queue.pop()->value == 1);
}

TEST_CASE("statuses have the names they are spelled with") {
  using enum QueueStatus;
  std::vector<std::string_view> names;
  for (const QueueStatus status : {ok, full, empty, closed, timeout, stopped, dropped})
    names.push_back(to_string(status));
  CHECK(names == std::vector<std::string_view>{"ok", "full", "empty", "closed", "timeout", "stopped", "dropped"});
  CHECK(to_string(static_cast<QueueStatus>(99)) == "unknown");
}

}  // namespace
}  // namespace penstock
