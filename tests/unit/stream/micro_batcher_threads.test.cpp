// SPDX-License-Identifier: MIT
// The batcher's own threads, those that wait in it, and functors that hang: on a manual clock, without sleeps.
#include "penstock/core/manual_clock.hpp"
#include "penstock/stream/micro_batcher.hpp"

#include "catch.hpp"
#include "unit/queue/concurrency.hpp"

#include <atomic>
#include <coroutine>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Batcher = MicroBatcher<int, int, ManualClock>;

constexpr auto twice = [](std::span<const int> in, std::span<int> out) {
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = 2 * in[i];
};

/// A functor that does not come back until it is let.
struct Door {
  void operator()(std::span<const int> in, std::span<int> out) {
    inside += 1;
    while (closed) std::this_thread::yield();
    twice(in, out);
    inside -= 1;
  }
  std::atomic<bool> closed{true};
  std::atomic<int> inside{0};
  auto functor() {
    return [this](std::span<const int> in, std::span<int> out) { (*this)(in, out); };
  }
};

/// Opens the door when a test ends, however it ends.
struct Opens {
  explicit Opens(Door& d) : door(d) {}
  Opens(const Opens&) = delete;
  Opens& operator=(const Opens&) = delete;
  ~Opens() { door.closed = false; }
  Door& door;
};

TEST_CASE("a worker serves what comes, and those that wait are woken") {
  MicroBatcher<int, int> batcher(twice, {.max_batch = 4, .workers = 2, .callers_run = false});
  for (int i = 0; i < 50; ++i) CHECK(batcher.submit(i).get() == 2 * i);
  CHECK(batcher.call(21) == 42);
  CHECK(batcher.stats().ok == 51);
}

TEST_CASE("a worker waits for max_delay by the clock, with one timer a batch") {
  const ManualClock clock;
  Batcher batcher(twice, {.max_batch = 8, .max_delay = 10ms, .workers = 3}, clock);
  REQUIRE(eventually([&] { return batcher.stats().idle_workers == 3; }));
  Ticket<int> first = batcher.submit(1);
  clock.advance(9ms);
  Ticket<int> second = batcher.submit(2);
  CHECK(batcher.stats().batches == 0);
  clock.advance(1ms);
  CHECK(second.get() == 4);
  CHECK(first.get() == 2);
  CHECK(batcher.stats().batches == 1);
  CHECK(batcher.stats().went(BatchReason::delay) == 1);
}

TEST_CASE("a batch that becomes full while it is delayed goes without the clock") {
  const ManualClock clock;
  Batcher batcher(twice, {.max_batch = 3, .max_delay = 1h}, clock);
  std::vector<Ticket<int>> tickets;
  for (int i = 0; i < 6; ++i) tickets.push_back(batcher.submit(i));
  for (int i = 0; i < 6; ++i) CHECK(tickets[static_cast<std::size_t>(i)].get() == 2 * i);
  CHECK(batcher.stats().went(BatchReason::full) == 2);
}

TEST_CASE("wait_for comes back when its time is over, and the item goes on") {
  const ManualClock clock;
  Batcher batcher(twice, {.max_delay = 10ms}, clock);
  Ticket<int> ticket = batcher.submit(1);
  CHECK_FALSE(ticket.wait_for(0ms));
  Call<bool> wait([&] { return ticket.wait_for(5ms); });
  REQUIRE(eventually([&] { return clock.waiting() >= 2; }));  // the worker and the caller
  clock.advance(5ms);
  CHECK_FALSE(wait.result());
  CHECK(ticket.status() == TicketStatus::pending);
  clock.advance(5ms);
  CHECK(ticket.wait_for(1h));
  CHECK(ticket.get() == 2);
}

TEST_CASE("while the functor hangs, each waiter has his answer at his deadline, and all others theirs") {
  const ManualClock clock;
  Door door;
  Batcher batcher(door.functor(), {.max_batch = 1}, clock);
  const Opens opens(door);
  Ticket<int> inside = batcher.submit(1, {.deadline = 10ms});
  REQUIRE(eventually([&] { return door.inside == 1; }));
  Ticket<int> behind = batcher.submit(2, {.deadline = 20ms});
  Ticket<int> patient = batcher.submit(3);
  std::atomic<int> told{0};
  const auto tell = [&](Outcome<int> outcome) { told = outcome.status() == TicketStatus::expired ? 1 : 2; };
  CHECK(batcher.submit(4, {.deadline = 15ms}, tell) == TicketStatus::pending);
  Call<TicketStatus> first([&] { return inside.outcome().status(); });
  Call<TicketStatus> second([&] { return behind.outcome().status(); });
  clock.advance(10ms);
  CHECK(first.result() == TicketStatus::expired);
  CHECK_FALSE(second.returned());
  CHECK(told == 0);
  clock.advance(5ms);
  CHECK(eventually([&] { return told == 1; }));
  clock.advance(5ms);
  CHECK(second.result() == TicketStatus::expired);
  CHECK(batcher.stats().running == 0);
  CHECK(batcher.stats().depth == 1);
  door.closed = false;
  CHECK(patient.get() == 6);
  CHECK(batcher.stats().late == 1);
  CHECK(batcher.stats().expired == 3);
  CHECK(batcher.stats().ok == 1);
}

TEST_CASE("a functor that hangs beyond hung_after is given up, and its worker replaced") {
  const ManualClock clock;
  Door door;
  std::atomic<int> calls{0};
  Batcher batcher(
      [&](std::span<const int> in, std::span<int> out) {
        if (calls++ == 0) return door(in, out);
        twice(in, out);
      },
      {.max_batch = 1, .callers_run = false, .hung_after = 50ms}, clock);
  const Opens opens(door);
  Ticket<int> stuck = batcher.submit(1);
  REQUIRE(eventually([&] { return door.inside == 1; }));
  Ticket<int> behind = batcher.submit(2);
  clock.advance(50ms - 1ns);
  CHECK(stuck.status() == TicketStatus::running);
  clock.advance(1ns);
  CHECK(stuck.outcome().status() == TicketStatus::hung);
  CHECK(behind.get() == 4);
  CHECK(batcher.stats().replaced_workers == 1);
  CHECK(batcher.stats().hung == 1);
  for (int i = 0; i < 10; ++i) CHECK(batcher.submit(i).get() == 2 * i);
}

TEST_CASE("what waits behind a functor that hangs is served, also when the batcher is closed meanwhile") {
  const ManualClock clock;
  Door door;
  std::atomic<int> calls{0};
  Batcher batcher(
      [&](std::span<const int> in, std::span<int> out) {
        if (calls++ == 0) return door(in, out);
        twice(in, out);
      },
      {.max_batch = 1, .hung_after = 50ms}, clock);
  const Opens opens(door);
  Ticket<int> stuck = batcher.submit(1);
  REQUIRE(eventually([&] { return door.inside == 1; }));
  Ticket<int> behind = batcher.submit(2);
  batcher.close();
  clock.advance(50ms);
  CHECK(stuck.outcome().status() == TicketStatus::hung);
  CHECK(eventually([&] { return behind.ready(); }));
  CHECK(behind.status() == TicketStatus::ok);
}

TEST_CASE("with two workers one that hangs does not hold up the other") {
  Door door;
  std::atomic<int> calls{0};
  MicroBatcher<int, int> batcher(
      [&](std::span<const int> in, std::span<int> out) {
        if (calls++ == 0) return door(in, out);
        twice(in, out);
      },
      {.max_batch = 1, .workers = 2, .callers_run = false});
  const Opens opens(door);
  Ticket<int> stuck = batcher.submit(1);
  REQUIRE(eventually([&] { return door.inside == 1; }));
  for (int i = 0; i < 10; ++i) CHECK(batcher.submit(i).get() == 2 * i);
  CHECK(stuck.status() == TicketStatus::running);
}

TEST_CASE("no more threads are in the functor than there are workers, callers included") {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  MicroBatcher<int, int> batcher(
      [&](std::span<const int> in, std::span<int> out) {
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
        std::this_thread::yield();
        twice(in, out);
        --inside;
      },
      {.max_batch = 2, .workers = 2});
  in_threads(6, [&](std::size_t thread) {
    for (int i = 0; i < 200; ++i) {
      const int item = static_cast<int>(thread) * 1000 + i;
      if (batcher.call(item) != 2 * item) throw std::logic_error("wrong");
    }
  });
  CHECK(most <= 2);
  CHECK(batcher.stats().ok == 1200);
}

TEST_CASE("a submit waits for room, until its deadline, a stop or the end") {
  const ManualClock clock;
  Door door;
  Batcher batcher(door.functor(), {.max_batch = 1, .capacity = 1}, clock);
  const Opens opens(door);
  Ticket<int> inside = batcher.submit(1);
  REQUIRE(eventually([&] { return door.inside == 1; }));
  Ticket<int> waiting = batcher.submit(2);
  const auto submit_and_get = [&](int item, SubmitOptions how) {
    return [&batcher, item, how] { return batcher.submit(int{item}, how).outcome().status(); };
  };
  Stop stop;
  Call<TicketStatus> timed(submit_and_get(3, {.deadline = 5ms}));
  Call<TicketStatus> stopped(submit_and_get(4, {.stop = stop.token}));
  Call<TicketStatus> served(submit_and_get(5, {}));
  REQUIRE(eventually([&] { return batcher.stats().waiting_submits == 3; }));
  clock.advance(5ms);
  CHECK(timed.result() == TicketStatus::expired);
  stop.request();
  CHECK(stopped.result() == TicketStatus::cancelled);
  CHECK_FALSE(served.returned());
  door.closed = false;
  CHECK(served.result() == TicketStatus::ok);
  CHECK(waiting.get() == 4);
  CHECK(batcher.stats().timed_out == 1);
  CHECK(batcher.stats().stopped == 1);
  CHECK(batcher.stats().waiting_submits == 0);
}

TEST_CASE("close wakes who waits at the door, and cancel ends all, even what is with the functor") {
  Door door;
  MicroBatcher<int, int> batcher(door.functor(), {.max_batch = 1, .capacity = 1, .callers_run = false});
  const Opens opens(door);
  Ticket<int> inside = batcher.submit(1);
  REQUIRE(eventually([&] { return door.inside == 1; }));
  Ticket<int> waiting = batcher.submit(2);
  Call<TicketStatus> at_door([&] { return batcher.submit(3).outcome().status(); });
  Call<TicketStatus> in_get([&] { return inside.outcome().status(); });
  REQUIRE(eventually([&] { return batcher.stats().waiting_submits == 1; }));
  batcher.close(Shutdown::cancel);
  CHECK(waiting.status() == TicketStatus::closed);
  CHECK(in_get.result() == TicketStatus::closed);
  CHECK(at_door.result() == TicketStatus::closed);
  CHECK(batcher.stats().closed == 2);
  CHECK(batcher.stats().closed_out == 1);
}

TEST_CASE("the destructor drains what was accepted, delays or not") {
  std::vector<Ticket<int>> tickets;
  {
    MicroBatcher<int, int> batcher(twice, {.max_batch = 4, .max_delay = 1h, .workers = 2});
    for (int i = 0; i < 30; ++i) tickets.push_back(batcher.submit(i));
  }
  for (int i = 0; i < 30; ++i) CHECK(tickets[static_cast<std::size_t>(i)].get() == 2 * i);
}

TEST_CASE("a stop token cancels an item that waits, from any thread") {
  Door door;
  MicroBatcher<int, int> batcher(door.functor(), {.max_batch = 1, .callers_run = false});
  const Opens opens(door);
  Ticket<int> inside = batcher.submit(1);
  REQUIRE(eventually([&] { return door.inside == 1; }));
  Stop stop;
  Ticket<int> waiting = batcher.submit(2, {.stop = stop.token});
  std::atomic<bool> told{false};
  CHECK(batcher.submit(3, {.stop = stop.token}, [&](Outcome<int> outcome) {
    told = outcome.status() == TicketStatus::cancelled;
  }) == TicketStatus::pending);
  Call<TicketStatus> get([&] { return waiting.outcome().status(); });
  stop.request();
  CHECK(get.result() == TicketStatus::cancelled);
  CHECK(told);
  CHECK(batcher.stats().cancelled == 2);
}

/// Whether `gone` comes true while the caller has something to do still. Where nothing waits for the caller it nearly
/// always does; where something does it never can.
bool goes_before_the_end_of_this(const std::atomic<bool>& gone) {
  for (int i = 0; i < 20'000 && !gone; ++i) std::this_thread::yield();
  return gone;
}

TEST_CASE("the destructor waits for a caller that is in the functor, and what waits behind it is served") {
  for (const std::size_t workers : {std::size_t{0}, std::size_t{1}}) {
    std::atomic<bool> inside{false}, destroyed{false}, too_early{false};
    std::optional<MicroBatcher<int, int>> batcher;
    batcher.emplace(
        [&](std::span<const int> in, std::span<int> out) {
          if (in[0] == 1) {
            inside = true;
            too_early = goes_before_the_end_of_this(destroyed);
          }
          twice(in, out);
        },
        MicroBatcherOptions{.max_batch = 1, .workers = workers});
    std::atomic<bool> hooked{false};
    batcher->on_batch([&](const BatchReport&) { hooked = true; });
    std::optional<Ticket<int>> behind;
    Call<int> call([&] { return batcher->call(1); });
    REQUIRE(eventually([&] { return inside.load(); }));
    behind.emplace(batcher->submit(2));
    batcher.reset();
    destroyed = true;
    CHECK(call.result() == 2);
    CHECK_FALSE(too_early);
    CHECK(hooked);
    CHECK(behind->status() == TicketStatus::ok);
  }
}

TEST_CASE("the destructor waits for the callback of an item that somebody else has cancelled") {
  std::atomic<bool> inside{false}, destroyed{false}, too_early{false};
  Stop stop;
  std::optional<MicroBatcher<int, int>> batcher;
  batcher.emplace(twice, MicroBatcherOptions{.workers = 0, .shutdown = Shutdown::cancel});
  CHECK(batcher->submit(1, {.stop = stop.token}, [&](Outcome<int>) {
    inside = true;
    too_early = goes_before_the_end_of_this(destroyed);
  }) == TicketStatus::pending);
  std::jthread canceller([&] { stop.request(); });
  REQUIRE(eventually([&] { return inside.load(); }));
  batcher.reset();
  destroyed = true;
  canceller.join();
  CHECK_FALSE(too_early);
}

TEST_CASE("where the functor may hang no caller goes into it") {
  std::atomic<std::thread::id> ran{};
  MicroBatcher<int, int> batcher(
      [&](std::span<const int> in, std::span<int> out) {
        ran = std::this_thread::get_id();
        twice(in, out);
      },
      {.hung_after = 1h});
  for (int i = 0; i < 10; ++i) {
    CHECK(batcher.call(i) == 2 * i);
    CHECK(ran.load() != std::this_thread::get_id());
  }
}

/// A coroutine that nobody waits for.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }
  };
};

Task sum(Batcher& batcher, int n, std::atomic<int>& result) {
  int total = 0;
  for (int i = 0; i < n; ++i) total += co_await batcher.submit(i);
  result = total;
}

Task outcome_of(Ticket<int> ticket, std::atomic<TicketStatus>& status) {
  status.store((co_await ticket.as_outcome()).status());
}

Task throws(Ticket<int> ticket, std::atomic<bool>& caught) {
  try {
    static_cast<void>(co_await ticket);
  } catch (const std::domain_error&) { caught = true; }
}

TEST_CASE("a coroutine waits without a thread, and goes on where its batch ran") {
  const ManualClock clock;
  Batcher batcher(twice, {.max_batch = 4}, clock);
  std::atomic<int> results[3] = {-1, -1, -1};
  for (auto& result : results) sum(batcher, 10, result);
  for (auto& result : results) CHECK(eventually([&] { return result == 90; }));
  CHECK(batcher.stats().ok == 30);
}

TEST_CASE("a coroutine has its answer at its deadline, and its error") {
  const ManualClock clock;
  Door door;
  Batcher batcher(door.functor(), {.max_batch = 1}, clock);
  std::atomic<TicketStatus> status{TicketStatus::pending};
  {
    const Opens opens(door);
    outcome_of(batcher.submit(1, {.deadline = 5ms}), status);
    REQUIRE(eventually([&] { return door.inside == 1; }));
    clock.advance(5ms);
    CHECK(eventually([&] { return status == TicketStatus::expired; }));
  }
  Batcher failing([](std::span<const int>, std::span<int>) { throw std::domain_error("no"); }, {.workers = 0});
  std::atomic<bool> caught{false};
  throws(failing.submit(1), caught);
  static_cast<void>(failing.run_once());
  CHECK(caught);
  // One that has ended is not waited for.
  status.store(TicketStatus::pending);
  Ticket<int> done = failing.submit(2);
  static_cast<void>(failing.run_once());
  outcome_of(std::move(done), status);
  CHECK(status == TicketStatus::failed);
}

TEST_CASE("threads that wait run the batches where there are no workers") {
  MicroBatcher<int, int> batcher(twice, {.max_batch = 4, .max_delay = 200us, .workers = 0});
  in_threads(4, [&](std::size_t thread) {
    for (int i = 0; i < 50; ++i) {
      const int item = static_cast<int>(thread) * 100 + i;
      if (batcher.submit(item).get() != 2 * item) throw std::logic_error("wrong");
    }
  });
  CHECK(batcher.stats().ok == 200);
}

TEST_CASE("whatever happens at once, each item ends once and the counters add up") {
  for (const Overflow overflow : {Overflow::block, Overflow::drop_oldest, Overflow::drop_lowest_priority}) {
    const ManualClock clock;
    std::atomic<bool> running{true};
    std::atomic<std::uint64_t> told{0}, in{0}, bad{0};
    {
      Batcher batcher(
          [](std::span<const int> in_batch, std::span<Result<int>> out) {
            if (in_batch[0] % 97 == 0) throw std::runtime_error("97");
            for (std::size_t i = 0; i < in_batch.size(); ++i) {
              if (in_batch[i] % 31 == 0) {
                out[i] = Error({}, "31", "");
              } else {
                out[i] = 2 * in_batch[i];
              }
            }
          },
          {.max_batch = 5,
           .max_delay = 300ns,
           .workers = 2,
           .capacity = 8,
           .overflow = overflow,
           .priorities = 3,
           .aging = 500ns,
           .bisect = true},
          clock);
      std::jthread time([&] {
        while (running) {
          clock.advance(100ns);
          std::this_thread::yield();
        }
      });
      in_threads(6, [&](std::size_t thread) {
        std::mt19937_64 random(thread);
        for (int i = 0; i < 300; ++i) {
          const int item = static_cast<int>(random() % 10'000);
          Stop stop;
          SubmitOptions how{.priority = {static_cast<std::uint8_t>(random() % 3)}};
          if (random() % 3 == 0) how.deadline = std::chrono::nanoseconds(random() % 2000);
          if (random() % 4 == 0) how.stop = stop.token;
          const bool stops = random() % 8 == 0;
          const auto right = [item, &bad](const Outcome<int>& outcome) {
            if (outcome && *outcome != 2 * item) ++bad;
            if (outcome && item % 31 == 0) ++bad;
          };
          if (random() % 2 == 0) {
            Ticket<int> ticket = batcher.submit(item, how);
            if (stops) stop.request();
            if (random() % 8 == 0) ticket.cancel();
            if (random() % 8 == 0) continue;  // dropped
            right(ticket.outcome());
          } else {
            const auto keep = [&, right](Outcome<int> outcome) {
              right(outcome);
              ++told;
            };
            if (batcher.submit(item, how, keep) == TicketStatus::pending) ++in;
            if (stops) stop.request();
          }
        }
      });
      batcher.close(overflow == Overflow::block ? Shutdown::drain : Shutdown::cancel);
      const MicroBatcherStats s = batcher.stats();
      CHECK(s.offered() == 1800);
      CHECK(s.accepted == s.settled() + s.depth + s.running);
      REQUIRE(eventually([&] { return batcher.stats().depth == 0 && batcher.stats().running == 0; }));
      CHECK(batcher.stats().accepted == batcher.stats().settled());
      running = false;
    }
    CHECK(told == in);
    CHECK(bad == 0);
  }
}

}  // namespace
}  // namespace penstock
