// SPDX-License-Identifier: MIT
// Waiting: for room, for items, until a deadline, a stop or the close; in which order, and that nobody is forgotten.
#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/bounded_queue.hpp"

#include "catch.hpp"
#include "unit/queue/concurrency.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Values = std::vector<int>;
using Queue = BoundedQueue<int>;
using ManualQueue = BoundedQueue<int, ManualClock>;
using StatusCall = Call<QueueStatus>;
using ItemCall = Call<std::optional<int>>;

TEST_CASE("a pop waits for the push of an item") {
  Queue queue{{.capacity = 2}};
  ItemCall pop([&] { return queue.pop(); });
  const Closer closer{queue};
  REQUIRE(pops_wait(queue, 1));
  CHECK_FALSE(pop.returned());
  CHECK(queue.push(5) == QueueStatus::ok);
  CHECK(pop.result() == 5);
  CHECK(queue.stats().pop_waits == 1);
  CHECK(queue.stats().waiting_pops == 0);
}

TEST_CASE("a push waits for room, and has it as soon as an item is popped") {
  Queue queue{{.capacity = 1}};
  CHECK(queue.push(1) == QueueStatus::ok);
  StatusCall push([&] { return queue.push(2); });
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 1));
  CHECK(queue.size() == 1);
  CHECK(queue.pop() == 1);
  CHECK(push.result() == QueueStatus::ok);
  CHECK(queue.pop() == 2);
  CHECK(queue.stats().push_waits == 1);
}

TEST_CASE("all waiting forms of pop return what is pushed") {
  Queue queue{{.capacity = 4}};
  const std::array<std::function<int()>, 8> forms{
      [&] { return queue.pop().value(); },
      [&] { return queue.pop_for(1h).value(); },
      [&] { return queue.pop_until(TimePoint::max()).value(); },
      [&] {
        int out = 0;
        return queue.pop(out) == QueueStatus::ok ? out : 0;
      },
      [&] {
        int out = 0;
        return queue.pop_for(out, 1h) == QueueStatus::ok ? out : 0;
      },
      [&] {
        int out = 0;
        return queue.pop_until(out, TimePoint::max()) == QueueStatus::ok ? out : 0;
      },
      [&] {
        Values out;
        return queue.pop_bulk(out, 3) == QueueStatus::ok ? out.at(0) : 0;
      },
      [&] { return queue.wait_readable() == QueueStatus::ok ? queue.try_pop().value() : 0; },
  };
  for (const auto& form : forms) {
    Call<int> pop(form);
    REQUIRE(pops_wait(queue, 1));
    CHECK(queue.push(7) == QueueStatus::ok);
    CHECK(pop.result() == 7);
  }
}

TEST_CASE("deadlines are those of the queue's clock, to the nanosecond") {
  const ManualClock clock;
  clock.advance(1h);
  ManualQueue queue{{.capacity = 1}, clock};
  Values bulk;
  const bool pushes = GENERATE(false, true);
  if (pushes) CHECK(queue.push(0) == QueueStatus::ok);
  const TimePoint deadline = clock.now() + 5ms;
  const std::vector<std::function<QueueStatus()>> calls =
      pushes ? std::vector<std::function<QueueStatus()>>{[&] { return queue.push_for(1, 5ms); },
                                                         [&] { return queue.push_until(1, deadline); },
                                                         [&] { return queue.push_bulk_for(Values{1}, 5ms); },
                                                         [&] { return queue.push_bulk_until(Values{1}, deadline); }}
             : std::vector<std::function<QueueStatus()>>{
                   [&] { return queue.pop_for(5ms) ? QueueStatus::ok : QueueStatus::timeout; },
                   [&] { return queue.pop_until(deadline) ? QueueStatus::ok : QueueStatus::timeout; },
                   [&] { return queue.pop_bulk_for(bulk, 1, 5ms); },
                   [&] { return queue.pop_bulk_until(bulk, 1, deadline); },
                   [&] { return queue.wait_readable_for(5ms); },
                   [&] { return queue.wait_readable_until(deadline); }};
  const auto waits = [&] { return pushes ? queue.stats().waiting_pushes : queue.stats().waiting_pops; };
  const auto waited = [&] { return pushes ? queue.stats().push_wait : queue.stats().pop_wait; };
  std::vector<std::unique_ptr<StatusCall>> running;
  for (const auto& call : calls) running.push_back(std::make_unique<StatusCall>(call));
  const Closer closer{queue};
  REQUIRE(eventually([&] { return waits() == calls.size(); }));
  CHECK(eventually([&] { return clock.waiting() == calls.size(); }));
  clock.advance(5ms - 1ns);
  CHECK(waits() == calls.size());
  clock.advance(1ns);
  for (const auto& call : running) CHECK(call->result() == QueueStatus::timeout);
  CHECK(clock.waiting() == 0);
  CHECK(waited() == 5ms * calls.size());
  CHECK(queue.stats().timed_out == (pushes ? 4 : 0));
}

TEST_CASE("the time that a push waited counts on the queue's clock") {
  const ManualClock clock;
  ManualQueue queue{{.capacity = 1}, clock};
  CHECK(queue.push(0) == QueueStatus::ok);
  StatusCall push([&] { return queue.push(1); });
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 1));
  clock.advance(7s);
  CHECK(queue.stats().push_wait == 0s);  // it has not ended
  CHECK(queue.pop() == 0);
  CHECK(push.result() == QueueStatus::ok);
  CHECK(queue.stats().push_wait == 7s);
  CHECK(queue.stats().pop_wait == 0s);
}

TEST_CASE("a patience beyond all time is for ever") {
  const ManualClock clock;
  clock.advance(1h);
  ManualQueue queue{{.capacity = 1}, clock};
  ItemCall pop([&] { return queue.pop_for(std::chrono::hours::max()); });
  const Closer closer{queue};
  REQUIRE(pops_wait(queue, 1));
  clock.advance(24h * 365 * 200);
  CHECK(queue.stats().waiting_pops == 1);
  CHECK(queue.push(1) == QueueStatus::ok);
  CHECK(pop.result() == 1);
}

TEST_CASE("a stop ends every wait for an item and leaves the output untouched") {
  Stop stopping;
  const std::stop_token stop = stopping.token;
  Queue queue{{.capacity = 1}};
  Values bulk{1};
  int out = 7;
  ItemCall pop([&] { return queue.pop(stop); });
  StatusCall pop_for([&] { return queue.pop_for(out, 1h, stop); });
  StatusCall bulk_pop([&] { return queue.pop_bulk(bulk, 5, stop); });
  StatusCall wait([&] { return queue.wait_readable(stop); });
  const Closer closer{queue};
  REQUIRE(pops_wait(queue, 4));
  stopping.request();
  CHECK(pop.result() == std::nullopt);
  CHECK(pop_for.result() == QueueStatus::stopped);
  CHECK(bulk_pop.result() == QueueStatus::stopped);
  CHECK(wait.result() == QueueStatus::stopped);
  CHECK(out == 7);
  CHECK(bulk == Values{1});
}

TEST_CASE("a stop ends every wait for room and leaves the value with its caller") {
  Stop stopping;
  BoundedQueue<std::unique_ptr<int>> queue{{.capacity = 1}};
  CHECK(queue.push(nullptr) == QueueStatus::ok);
  std::vector<std::unique_ptr<int>> values(3);
  for (auto& value : values) value = std::make_unique<int>(1);
  std::vector<std::unique_ptr<int>> bulk;
  bulk.push_back(std::move(values[2]));
  StatusCall push([&, stop = stopping.token] { return queue.push(std::move(values[0]), stop); });
  StatusCall push_for([&, stop = stopping.token] { return queue.push_for(std::move(values[1]), 1h, stop); });
  StatusCall push_bulk([&, stop = stopping.token] { return queue.push_bulk(std::move(bulk), stop); });
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 3));
  stopping.request();
  CHECK(push.result() == QueueStatus::stopped);
  CHECK(push_for.result() == QueueStatus::stopped);
  CHECK(push_bulk.result() == QueueStatus::stopped);
  CHECK((values[0] && values[1] && bulk[0]));
  CHECK(queue.size() == 1);
  CHECK(queue.stats().stopped == 3);
}

TEST_CASE("a stop that comes between the first look and the wait does not deadlock") {
  // A stop_callback that is registered after the stop runs at once, in the registering thread: with the queue's lock
  // held it would wait for itself.
  Queue queue{{.capacity = 1}};
  for (int round = 0; round < 300; ++round) {
    Stop stopping;
    ItemCall pop([&, stop = stopping.token] { return queue.pop(stop); });
    stopping.request();
    CHECK(pop.result() == std::nullopt);
  }
}

TEST_CASE("close lets all waiting pushes go with their values, and all waiting pops") {
  for (const std::size_t threads : {1u, 3u, 8u}) {
    BoundedQueue<std::unique_ptr<int>> full{{.capacity = 1}};
    BoundedQueue<std::unique_ptr<int>> empty{{.capacity = 1}};
    CHECK(full.push(std::make_unique<int>(0)) == QueueStatus::ok);
    std::vector<std::unique_ptr<StatusCall>> calls;
    for (std::size_t i = 0; i < threads; ++i) {
      calls.push_back(std::make_unique<StatusCall>([&] {
        auto value = std::make_unique<int>(1);
        const QueueStatus status = full.push(std::move(value));
        return value ? status : QueueStatus::ok;
      }));
      calls.push_back(std::make_unique<StatusCall>([&] {
        std::unique_ptr<int> out;
        return empty.pop(out);
      }));
    }
    REQUIRE(pushes_wait(full, threads));
    REQUIRE(pops_wait(empty, threads));
    full.close();
    empty.close();
    for (const auto& call : calls) CHECK(call->result() == QueueStatus::closed);
    CHECK(*full.pop().value() == 0);
    CHECK(full.stats().closed == threads);
  }
}

TEST_CASE("when closed with items left, waiting pushes go and pops drain") {
  Queue queue{{.capacity = 2}};
  CHECK(queue.push_bulk(Values{1, 2}) == QueueStatus::ok);
  StatusCall push([&] { return queue.push(3); });
  REQUIRE(pushes_wait(queue, 1));
  queue.close();
  CHECK(push.result() == QueueStatus::closed);
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == std::nullopt);
}

TEST_CASE("pushes that wait come in in the order in which they came to wait") {
  Queue queue{{.capacity = 1}};
  CHECK(queue.push(0) == QueueStatus::ok);
  std::vector<std::unique_ptr<StatusCall>> pushes;
  const Closer closer{queue};
  for (int i = 1; i <= 6; ++i) {
    pushes.push_back(std::make_unique<StatusCall>([&queue, i] { return queue.push(i); }));
    REQUIRE(pushes_wait(queue, static_cast<std::size_t>(i)));
  }
  for (int i = 0; i <= 6; ++i) CHECK(queue.pop() == i);
  for (const auto& push : pushes) CHECK(push->result() == QueueStatus::ok);
}

TEST_CASE("pops that wait are served in the order in which they came to wait") {
  Queue queue{{.capacity = 4}};
  std::vector<std::unique_ptr<ItemCall>> pops;
  const Closer closer{queue};
  for (std::size_t i = 1; i <= 6; ++i) {
    pops.push_back(std::make_unique<ItemCall>([&queue] { return queue.pop(); }));
    REQUIRE(pops_wait(queue, i));
  }
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(queue.push(static_cast<int>(i)) == QueueStatus::ok);
    CHECK(pops[i]->result() == static_cast<int>(i));
    CHECK(queue.stats().waiting_pops == 5 - i);
  }
}

TEST_CASE("one bulk serves many waiting pops") {
  Queue queue{{.capacity = 8}};
  std::vector<std::unique_ptr<ItemCall>> pops;
  for (int i = 0; i < 6; ++i) pops.push_back(std::make_unique<ItemCall>([&queue] { return queue.pop(); }));
  const Closer closer{queue};
  REQUIRE(pops_wait(queue, 6));
  CHECK(queue.push_bulk(Values{1, 2, 3, 4, 5, 6, 7}) == QueueStatus::ok);
  int sum = 0;
  for (const auto& pop : pops) sum += pop->result().value();
  CHECK(sum == 21);
  CHECK(queue.pop() == 7);
}

TEST_CASE("one pop_bulk makes room for many waiting pushes") {
  Queue queue{{.capacity = 4}};
  CHECK(queue.push_bulk(Values(4)) == QueueStatus::ok);
  std::vector<std::unique_ptr<StatusCall>> pushes;
  for (int i = 0; i < 4; ++i) pushes.push_back(std::make_unique<StatusCall>([&queue] { return queue.push(1); }));
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 4));
  Values out;
  CHECK(queue.pop_bulk(out, 4) == QueueStatus::ok);
  for (const auto& push : pushes) CHECK(push->result() == QueueStatus::ok);
  CHECK(queue.size() == 4);
}

TEST_CASE("wait_readable takes no wake-up from a pop that waits behind it") {
  Queue queue{{.capacity = 4}};
  StatusCall wait([&] { return queue.wait_readable(); });
  REQUIRE(pops_wait(queue, 1));
  ItemCall pop([&] { return queue.pop(); });
  const Closer closer{queue};
  REQUIRE(pops_wait(queue, 2));
  CHECK(queue.push(3) == QueueStatus::ok);
  CHECK(wait.result() == QueueStatus::ok);
  CHECK(pop.result() == 3);
}

TEST_CASE("a bulk waits until all of it fits, and no more than capacity items pass it") {
  Queue queue{{.capacity = 4}};
  CHECK(queue.push_bulk(Values{1, 2, 3, 4}) == QueueStatus::ok);
  StatusCall bulk([&] { return queue.push_bulk(Values{10, 11, 12}); });
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 1));
  for (const int i : {5, 6, 7, 8}) {
    CHECK(queue.pop() == i - 4);
    CHECK(queue.push(i) == QueueStatus::ok);
  }
  CHECK(queue.pop() == 5);
  StatusCall single([&] { return queue.push(20); });  // there is room for it, but not before the bulk
  REQUIRE(pushes_wait(queue, 2));
  StatusCall timed([&] { return queue.push_for(30, 1h); });
  REQUIRE(pushes_wait(queue, 3));
  CHECK(queue.push_for(40, 0s) == QueueStatus::ok);  // does not wait, so it does not line up
  CHECK(queue.pop() == 6);
  CHECK(queue.try_push(50) == QueueStatus::ok);  // nor does this
  CHECK(queue.pop() == 7);
  CHECK(queue.pop() == 8);
  CHECK(queue.stats().waiting_pushes == 3);
  CHECK(queue.pop() == 40);
  CHECK(bulk.result() == QueueStatus::ok);
  CHECK(queue.pop() == 50);
  for (const int i : {10, 11, 12}) CHECK(queue.pop() == i);
  CHECK(single.result() == QueueStatus::ok);
  CHECK(timed.result() == QueueStatus::ok);
  CHECK(queue.pop().value() + queue.pop().value() == 20 + 30);  // woken in order, but perhaps both at once
  CHECK(queue.push(60) == QueueStatus::ok);
}

TEST_CASE("who lined up behind a bulk goes on when the bulk gives up") {
  const ManualClock clock;
  ManualQueue queue{{.capacity = 2}, clock};
  Stop stopping;
  CHECK(queue.push_bulk(Values{1, 2}) == QueueStatus::ok);
  const bool by_stop = GENERATE(false, true);
  StatusCall bulk([&, stop = stopping.token] { return queue.push_bulk_for(Values{10, 11}, 1s, stop); });
  REQUIRE(pushes_wait(queue, 1));
  for (const int i : {3, 4}) {
    CHECK(queue.pop() == i - 2);
    CHECK(queue.push(i) == QueueStatus::ok);
  }
  CHECK(queue.pop() == 3);
  StatusCall single([&] { return queue.push(20); });
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 2));
  if (by_stop) {
    stopping.request();
  } else {
    clock.advance(1s);
  }
  CHECK(bulk.result() == (by_stop ? QueueStatus::stopped : QueueStatus::timeout));
  CHECK(single.result() == QueueStatus::ok);
}

// The classic loss: a thread is woken for an item and at the same moment leaves for another reason. If it does not pass
// the wake-up on, the item lies there while somebody else waits for it.

TEST_CASE("a pop that is stopped at the moment when it is woken wakes the next") {
  for (int round = 0; round < 500; ++round) {
    Queue queue{{.capacity = 2}};
    Stop stopping;
    ItemCall first([&, stop = stopping.token] { return queue.pop(stop); });
    REQUIRE(pops_wait(queue, 1));
    ItemCall second([&] { return queue.pop(); });
    const Closer closer{queue};
    REQUIRE(pops_wait(queue, 2));
    {
      const std::jthread stop([&] { stopping.request(); });
      CHECK(queue.push(1) == QueueStatus::ok);
    }
    if (first.result()) CHECK(queue.push(2) == QueueStatus::ok);  // else the second has the only item
    CHECK(second.result().has_value());
    CHECK(queue.empty());
  }
}

TEST_CASE("a pop that times out at the moment when it is woken takes the item or wakes the next") {
  for (int round = 0; round < 500; ++round) {
    const ManualClock clock;
    ManualQueue queue{{.capacity = 2}, clock};
    ItemCall first([&] { return queue.pop_for(1s); });
    REQUIRE(pops_wait(queue, 1));
    ItemCall second([&] { return queue.pop(); });
    const Closer closer{queue};
    REQUIRE(pops_wait(queue, 2));
    {
      const std::jthread tick([&] { clock.advance(1s); });
      CHECK(queue.push(1) == QueueStatus::ok);
    }
    if (first.result()) CHECK(queue.push(2) == QueueStatus::ok);
    CHECK(second.result().has_value());
    CHECK(queue.empty());
  }
}

TEST_CASE("a push that is stopped or times out at the moment when it is woken wakes the next") {
  for (int round = 0; round < 500; ++round) {
    const ManualClock clock;
    ManualQueue queue{{.capacity = 1}, clock};
    CHECK(queue.push(0) == QueueStatus::ok);
    Stop stopping;
    StatusCall first([&, stop = stopping.token] { return queue.push_for(1, 1s, stop); });
    REQUIRE(pushes_wait(queue, 1));
    StatusCall second([&] { return queue.push(2); });
    const Closer closer{queue};
    REQUIRE(pushes_wait(queue, 2));
    {
      const std::jthread leave([&] {
        if (round % 2 == 0) {
          stopping.request();
        } else {
          clock.advance(1s);
        }
      });
      CHECK(queue.pop() == 0);
    }
    if (first.result() == QueueStatus::ok) CHECK(queue.pop() == 1);
    CHECK(second.result() == QueueStatus::ok);
    CHECK(queue.pop() == 2);
  }
}

TEST_CASE("what can be done at the deadline is done, though the thread looks only afterwards") {
  for (int round = 0; round < 200; ++round) {
    const ManualClock clock;
    ManualQueue queue{{.capacity = 1}, clock};
    ItemCall pop([&] { return queue.pop_for(1s); });
    REQUIRE(pops_wait(queue, 1));
    CHECK(queue.push(1) == QueueStatus::ok);
    clock.advance(1s);
    CHECK(pop.result() == 1);
    CHECK(queue.push(2) == QueueStatus::ok);
    StatusCall push([&] { return queue.push_for(3, 1s); });
    const Closer closer{queue};
    REQUIRE(pushes_wait(queue, 1));
    CHECK(queue.pop() == 2);
    clock.advance(1s);
    CHECK(push.result() == QueueStatus::ok);
  }
}

/// The system's clock; counts how often it is looked at.
struct CountingClock {
  TimePoint now() const {
    looks->fetch_add(1);
    return SteadyClock{}.now();
  }
  std::shared_ptr<std::atomic<int>> looks = std::make_shared<std::atomic<int>>(0);
};

TEST_CASE("a woken pop that finds its item taken keeps its place in line") {
  int quicker = 0;
  for (int round = 0; round < 10'000 && quicker < 5; ++round) {
    const CountingClock clock;
    BoundedQueue<int, CountingClock> queue{{.capacity = 8}, clock};
    ItemCall first([&] { return queue.pop_for(24h); });
    REQUIRE(pops_wait(queue, 1));
    ItemCall second([&] { return queue.pop(); });
    const Closer closer{queue};
    REQUIRE(pops_wait(queue, 2));
    const int looks = clock.looks->load();
    CHECK(queue.push(1) == QueueStatus::ok);
    if (queue.try_pop()) {
      ++quicker;
      REQUIRE(eventually([&] { return clock.looks->load() >= looks + 2; }));  // after its wait, and before the next
      CHECK(queue.push(1) == QueueStatus::ok);
    }
    CHECK(first.result() == 1);
    CHECK(queue.push(2) == QueueStatus::ok);
    CHECK(second.result() == 2);
  }
  CHECK_NOFAIL(quicker > 0);  // chance decides
}

TEST_CASE("a wait that is stopped costs the queue no item and no place") {
  Queue queue{{.capacity = 2}};  // a queue of tickets might skip the turn of the one who left
  for (int round = 0; round < 200; ++round) {
    Stop stopping;
    ItemCall pop([&, stop = stopping.token] { return queue.pop(stop); });
    if (round % 2 == 0) REQUIRE(pops_wait(queue, 1));
    stopping.request();
    CHECK(pop.result() == std::nullopt);
    CHECK(queue.push_bulk(Values{round, -1}) == QueueStatus::ok);
    StatusCall push([&, stop = stopping.token] { return queue.push(5, stop); });
    CHECK(push.result() == QueueStatus::stopped);
    CHECK(queue.pop() == round);
    CHECK(queue.pop() == -1);
  }
}

TEST_CASE("a move that throws in a push that waited leaves the line in order") {
  struct Bomb {
    explicit Bomb(bool lit_) : lit(lit_) {}
    Bomb(Bomb&& other) : lit(other.lit) {
      if (lit) throw std::runtime_error("bomb");
    }
    bool lit;
  };
  BoundedQueue<Bomb> queue{{.capacity = 1}};
  CHECK(queue.push(Bomb(false)) == QueueStatus::ok);
  Call<std::string> first([&]() -> std::string {
    try {
      return std::string(to_string(queue.push(Bomb(true))));
    } catch (const std::runtime_error& error) { return error.what(); }
  });
  REQUIRE(pushes_wait(queue, 1));
  StatusCall second([&] { return queue.push(Bomb(false)); });
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 2));
  CHECK(queue.pop());
  CHECK(first.result() == "bomb");
  CHECK(second.result() == QueueStatus::ok);
  CHECK(queue.stats().accepted == 2);
  CHECK(queue.stats().waiting_pushes == 0);
}

/// An item that cannot be moved out when it says so.
struct Stuck {
  explicit Stuck(bool s) : stuck(s) {}
  Stuck(Stuck&& other) : stuck(other.stuck) {
    if (stuck && leaving) throw std::runtime_error("stuck");
  }
  Stuck& operator=(Stuck&&) = default;
  bool stuck;
  static inline std::atomic<bool> leaving{false};
};

TEST_CASE("a bulk pop that fails half-way still makes room for a push that waits") {
  BoundedQueue<Stuck> queue{{.capacity = 8}};
  for (int i = 0; i < 8; ++i) REQUIRE(queue.try_push(Stuck(i == 1)) == QueueStatus::ok);
  Call<QueueStatus> push([&] { return queue.push(Stuck(false)); });
  const Closer closer{queue};
  REQUIRE(pushes_wait(queue, 1));
  std::vector<Stuck> out;
  out.reserve(8);
  Stuck::leaving = true;
  CHECK_THROWS_WITH(queue.try_pop_bulk(out, 3), "stuck");
  Stuck::leaving = false;
  CHECK(out.size() == 1);
  CHECK(eventually([&] { return push.returned(); }));
}

TEST_CASE("a policy other than block never waits") {
  using enum Overflow;
  for (const Overflow overflow : {reject, drop_newest, drop_oldest, drop_lowest_priority, sample}) {
    Queue queue{{.capacity = 1, .overflow = overflow, .priorities = 2}};
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(queue.push(i));
      static_cast<void>(queue.push_for(i, 1h));
      static_cast<void>(queue.push_bulk(Values{i}));
    }
    CHECK(queue.stats().push_waits == 0);
    CHECK(queue.stats().offered() == 9);
  }
}

}  // namespace
}  // namespace penstock
