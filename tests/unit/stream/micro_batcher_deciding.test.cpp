// SPDX-License-Identifier: MIT
// When a batch goes and what is in it, on a clock that the test moves and in the test's own thread.
#include "penstock/core/manual_clock.hpp"
#include "penstock/stream/micro_batcher.hpp"

#include "catch.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;

/// A batcher whose functor takes `fixed + per_item n` of the clock, and that writes down its batches.
struct Bench {
  explicit Bench(MicroBatcherOptions options)
      : batcher([this](std::span<const int> in, std::span<int> out) { run(in, out); }, no_workers(options), clock) {}
  static MicroBatcherOptions no_workers(MicroBatcherOptions options) {
    options.workers = 0;
    return options;
  }
  void run(std::span<const int> in, std::span<int> out) {
    batches.emplace_back(in.begin(), in.end());
    clock.advance(fixed + per_item * in.size());
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i];
  }
  Ticket<int> submit(int item, const SubmitOptions& how = {}) { return batcher.submit(item, how); }
  /// Runs what is due; the batches since the last call.
  std::vector<std::vector<int>> run() {
    while (batcher.run_once() > 0) {}
    return std::exchange(batches, {});
  }
  /// Teaches it the line.
  void learn() {
    for (const int n : {1, 4, 2, 8}) {
      for (int i = 0; i < n; ++i) static_cast<void>(submit(i));
      run();
    }
  }

  const ManualClock clock{};
  std::chrono::nanoseconds fixed{0}, per_item{0};
  std::vector<std::vector<int>> batches{};
  MicroBatcher<int, int, ManualClock> batcher;
};
using Batches = std::vector<std::vector<int>>;

TEST_CASE("without a delay a batch goes at once, however small") {
  Bench bench({.max_batch = 4});
  CHECK(bench.batcher.next_due() == TimePoint::max());
  static_cast<void>(bench.submit(1));
  CHECK(bench.batcher.next_due() <= bench.clock.now());
  CHECK(bench.run() == Batches{{1}});
}

TEST_CASE("max_delay counts from the arrival of the first item, to the nanosecond") {
  Bench bench({.max_batch = 4, .max_delay = 10ms});
  static_cast<void>(bench.submit(1));
  bench.clock.advance(6ms);
  static_cast<void>(bench.submit(2));
  CHECK(bench.batcher.next_due() == TimePoint(10ms));
  bench.clock.advance(4ms - 1ns);
  CHECK(bench.run().empty());
  bench.clock.advance(1ns);
  CHECK(bench.run() == Batches{{1, 2}});
  CHECK(bench.batcher.stats().went(BatchReason::delay) == 1);
  static_cast<void>(bench.submit(3));
  CHECK(bench.batcher.next_due() == TimePoint(20ms));
}

TEST_CASE("a full batch does not wait") {
  Bench bench({.max_batch = 3, .max_delay = 10ms});
  for (int i = 0; i < 7; ++i) static_cast<void>(bench.submit(i));
  CHECK(bench.run() == Batches{{0, 1, 2}, {3, 4, 5}});
  CHECK(bench.batcher.stats().went(BatchReason::full) == 2);
  bench.clock.advance(10ms);
  CHECK(bench.run() == Batches{{6}});
}

TEST_CASE("what gathered while a batch ran has waited: its delay may be over already") {
  Bench bench({.max_batch = 8, .max_delay = 10ms});
  bench.fixed = 12ms;
  static_cast<void>(bench.submit(1));
  bench.clock.advance(5ms);
  static_cast<void>(bench.submit(2));
  bench.clock.advance(5ms);
  CHECK(bench.batcher.run_once() == 2);
  CHECK(bench.clock.now() == TimePoint(22ms));
  static_cast<void>(bench.submit(3));
  CHECK(bench.batcher.next_due() == TimePoint(32ms));
}

TEST_CASE("flush lets go what waits now, and nothing later") {
  Bench bench({.max_batch = 8, .max_delay = 10ms});
  static_cast<void>(bench.submit(1));
  static_cast<void>(bench.submit(2));
  bench.batcher.flush();
  CHECK(bench.run() == Batches{{1, 2}});
  CHECK(bench.batcher.stats().went(BatchReason::flush) == 1);
  static_cast<void>(bench.submit(3));
  CHECK(bench.run().empty());
}

TEST_CASE("a delayed batch goes in time for its nearest deadline, with the time that it will take") {
  Bench bench({.max_batch = 16, .max_delay = 1s});
  bench.fixed = 5ms;
  bench.per_item = 1ms;
  for (const int n : {1, 4}) {
    for (int i = 0; i < n; ++i) static_cast<void>(bench.submit(i));
    bench.batcher.flush();
    bench.run();
  }
  const TimePoint start = bench.clock.now();
  Ticket<int> ticket = bench.submit(1, {.deadline = 100ms});
  static_cast<void>(bench.submit(2));
  CHECK(bench.batcher.next_due() == start + 92ms);  // T(2 + 1) = 8 ms
  bench.clock.advance(92ms);
  CHECK(bench.run() == Batches{{1, 2}});
  CHECK(ticket.get() == 1);
  CHECK(bench.batcher.stats().went(BatchReason::deadline) == 1);
}

TEST_CASE("an item alone does not wait for more when no more are to be expected within b") {
  Bench bench({.max_batch = 64, .cork = true});
  bench.fixed = 10ms;
  bench.per_item = 1ms;
  bench.learn();
  for (int i = 0; i < 2000; ++i) {
    bench.clock.advance(50ms);
    static_cast<void>(bench.submit(i));
    CHECK(bench.run().size() == 1);
  }
}

TEST_CASE("higher priorities go first, and the earliest deadline within one") {
  Bench bench({.max_batch = 3, .priorities = 3});
  static_cast<void>(bench.submit(1, {.priority = {0}}));
  static_cast<void>(bench.submit(2, {.deadline = 9s, .priority = {1}}));
  static_cast<void>(bench.submit(3, {.priority = {1}}));
  static_cast<void>(bench.submit(4, {.deadline = 5s, .priority = {1}}));
  static_cast<void>(bench.submit(5, {.priority = {2}}));
  static_cast<void>(bench.submit(6, {.priority = {0}}));
  CHECK(bench.run() == Batches{{5, 4, 2}, {3, 1, 6}});
}

TEST_CASE("an item rises by a priority a period, so that none starves") {
  Bench bench({.max_batch = 1, .priorities = 2, .aging = 10ms});
  static_cast<void>(bench.submit(1, {.priority = {0}}));
  bench.clock.advance(10ms - 1ns);
  static_cast<void>(bench.submit(2, {.priority = {1}}));
  static_cast<void>(bench.batcher.run_once());
  CHECK(bench.batches == Batches{{2}});
  static_cast<void>(bench.submit(3, {.priority = {1}}));
  bench.clock.advance(1ns);
  CHECK(bench.run() == Batches{{2}, {1}, {3}});  // risen to 3's priority, and earlier there
}

TEST_CASE("deadlines do not starve who has none") {
  Bench bench({.max_batch = 1, .aging = 10ms});
  static_cast<void>(bench.submit(-1));
  int served_after = 0;
  for (int i = 0; i < 30; ++i) {
    bench.clock.advance(1ms);
    static_cast<void>(bench.submit(i, {.deadline = 1s}));
    static_cast<void>(bench.batcher.run_once());
    if (bench.batches.back() == std::vector<int>{-1} && served_after == 0) served_after = i + 1;
  }
  CHECK(served_after == 10);
}

TEST_CASE("weights bound a batch, in order, and are what T(n) is learnt in") {
  Bench bench({.max_batch = 8, .max_weight = 10});
  static_cast<void>(bench.submit(1, {.weight = 4}));
  static_cast<void>(bench.submit(2, {.weight = 5}));
  static_cast<void>(bench.submit(3, {.weight = 2}));  // does not fit; nobody passes it
  static_cast<void>(bench.submit(4, {.weight = 1}));
  static_cast<void>(bench.submit(5, {.weight = 10}));
  bench.fixed = 1ms;
  CHECK(bench.run() == Batches{{1, 2}, {3, 4}, {5}});
  CHECK(bench.batcher.stats().batched == 5);
}

TEST_CASE("items of an expired deadline are not run, and say so") {
  Bench bench({.max_delay = 1h});
  Ticket<int> soon = bench.submit(1, {.deadline = 5ms});
  Ticket<int> later = bench.submit(2, {.deadline = 50ms});
  bench.clock.advance(5ms);
  CHECK(bench.batcher.run_once() == 1);
  CHECK(soon.status() == TicketStatus::expired);
  CHECK_THROWS_AS(soon.get(), TicketError);
  CHECK(later.status() == TicketStatus::pending);
  CHECK(bench.batches.empty());
  CHECK(bench.batcher.stats().expired == 1);
  CHECK(bench.submit(3, {.deadline = 0ms}).status() == TicketStatus::expired);  // at the door
  CHECK(bench.batcher.stats().timed_out == 1);
}

TEST_CASE("an item that cannot be served in time is given up before its deadline, with shed only") {
  for (const bool shed : {true, false}) {
    Bench bench({.max_batch = 8, .shed = shed});
    bench.fixed = 10ms;
    bench.per_item = 1ms;
    bench.learn();
    Ticket<int> ticket = bench.submit(1, {.deadline = 10ms});
    Ticket<int> other = bench.submit(2, {.deadline = 100ms});
    bench.run();
    CHECK(other.status() == TicketStatus::ok);
    CHECK(ticket.status() == (shed ? TicketStatus::expired : TicketStatus::ok));
  }
}

TEST_CASE("a batch is no larger than its nearest deadline allows, when the load allows that") {
  Bench bench({.max_batch = 32});
  bench.fixed = 10ms;
  bench.per_item = 1ms;
  bench.learn();
  for (int i = 0; i < 500; ++i) {  // few arrivals
    bench.clock.advance(1s);
    static_cast<void>(bench.submit(i));
    bench.run();
  }
  std::vector<Ticket<int>> tickets;
  tickets.push_back(bench.submit(0, {.deadline = 16ms}));
  for (int i = 1; i < 20; ++i) tickets.push_back(bench.submit(i));
  const auto batches = bench.run();
  REQUIRE(batches.size() == 2);
  CHECK(batches[0] == std::vector<int>{0, 1, 2, 3, 4, 5});  // T(6) = 16 ms
  CHECK(batches[1].size() == 14);
  CHECK(tickets[0].get() == 0);
}

TEST_CASE("slo is the deadline of who has none") {
  Bench bench({.max_delay = 1h, .slo = 20ms});
  Ticket<int> ticket = bench.submit(1);
  Ticket<int> own = bench.submit(2, {.deadline = 40ms});
  bench.clock.advance(20ms);
  static_cast<void>(bench.batcher.run_once());
  CHECK(ticket.status() == TicketStatus::expired);
  CHECK(own.status() == TicketStatus::pending);
}

TEST_CASE("a cancelled item is not run, and its place is free") {
  Bench bench({.max_delay = 1h, .capacity = 2, .overflow = Overflow::reject});
  Ticket<int> first = bench.submit(1);
  std::stop_source stop;
  Ticket<int> second = bench.submit(2, {.stop = stop.get_token()});
  CHECK(bench.submit(3).status() == TicketStatus::rejected);
  CHECK(first.cancel());
  CHECK(first.status() == TicketStatus::cancelled);
  CHECK(stop.request_stop());
  CHECK(second.status() == TicketStatus::cancelled);
  CHECK(bench.batcher.stats().depth == 0);
  CHECK(bench.batcher.stats().cancelled == 2);
  CHECK(bench.submit(4, {.stop = stop.get_token()}).status() == TicketStatus::cancelled);
  CHECK(bench.batcher.stats().stopped == 1);
  Ticket<int> third = bench.submit(5);
  bench.batcher.flush();
  CHECK(bench.run() == Batches{{5}});
  CHECK_FALSE(third.cancel());
  CHECK(third.get() == 5);
}

TEST_CASE("what is cancelled while it runs has its result dropped") {
  Ticket<int>* running = nullptr;
  std::vector<TicketStatus> seen;
  MicroBatcher<int, int> batcher(
      [&](std::span<const int> in, std::span<int>) {
        seen.push_back(running->status());
        CHECK(running->cancel());
        seen.push_back(running->status());
        CHECK(in.size() == 2);
      },
      {.workers = 0});
  Ticket<int> ticket = batcher.submit(1);
  Ticket<int> other = batcher.submit(2);
  running = &ticket;
  CHECK(batcher.run_once() == 2);
  CHECK(seen == std::vector<TicketStatus>{TicketStatus::running, TicketStatus::cancelled});
  CHECK(other.status() == TicketStatus::ok);
  CHECK(batcher.stats().late == 1);
  CHECK(batcher.stats().cancelled == 1);
  CHECK(batcher.stats().ok == 1);
}

TEST_CASE("each overflow policy, and what becomes of the item that finds no room") {
  const auto full = [](Overflow overflow) {
    return MicroBatcherOptions{.max_delay = 1h, .capacity = 3, .overflow = overflow, .priorities = 3};
  };
  SECTION("block, where nobody may wait") {
    Bench bench(full(Overflow::block));
    for (int i = 0; i < 3; ++i) static_cast<void>(bench.submit(i));
    CHECK(bench.batcher.try_submit(3).status() == TicketStatus::rejected);
    CHECK(bench.batcher.stats().rejected == 1);
  }
  SECTION("drop_newest") {
    Bench bench(full(Overflow::drop_newest));
    for (int i = 0; i < 3; ++i) static_cast<void>(bench.submit(i));
    Ticket<int> ticket = bench.submit(3);
    CHECK(ticket.status() == TicketStatus::dropped);
    CHECK_THROWS_WITH(ticket.get(), ContainsSubstring("dropped"));
    CHECK(bench.batcher.stats().dropped == 1);
  }
  SECTION("drop_oldest") {
    Bench bench(full(Overflow::drop_oldest));
    Ticket<int> oldest = bench.submit(0, {.priority = {2}});
    for (int i = 1; i < 4; ++i) static_cast<void>(bench.submit(i));
    CHECK(oldest.status() == TicketStatus::dropped);
    bench.batcher.flush();
    CHECK(bench.run() == Batches{{1, 2, 3}});
    CHECK(bench.batcher.stats().evicted == 1);
    CHECK(bench.batcher.stats().accepted == 4);
  }
  SECTION("drop_lowest_priority") {
    Bench bench(full(Overflow::drop_lowest_priority));
    for (int i = 0; i < 3; ++i) static_cast<void>(bench.submit(i, {.priority = {1}}));
    CHECK(bench.submit(3, {.priority = {1}}).status() == TicketStatus::dropped);
    CHECK(bench.submit(4, {.priority = {2}}).status() == TicketStatus::pending);
    bench.batcher.flush();
    CHECK(bench.run() == Batches{{4, 1, 2}});
  }
  SECTION("sample") {
    MicroBatcherOptions options = full(Overflow::sample);
    options.capacity = 10;
    options.sample_every = 3;
    Bench bench(options);
    int in = 0;
    for (int i = 0; i < 11; ++i) in += bench.submit(i).status() == TicketStatus::pending;
    CHECK(in == 9);  // 8 up to the high watermark, then one of three
    CHECK(bench.batcher.stats().sampled_out == 2);
  }
  SECTION("an evicted item's callback is told, and one that is refused is not") {
    Bench bench(full(Overflow::drop_oldest));
    std::vector<TicketStatus> ends;
    const auto keep = [&](Outcome<int> outcome) { ends.push_back(outcome.status()); };
    for (int i = 0; i < 4; ++i) CHECK(bench.batcher.submit(i, {}, keep) == TicketStatus::pending);
    CHECK(ends == std::vector<TicketStatus>{TicketStatus::dropped});
    bench.batcher.close();
    CHECK(bench.batcher.submit(9, {}, keep) == TicketStatus::closed);
    bench.run();
    CHECK(ends.size() == 4);
  }
}

TEST_CASE("a refused item stays with its caller") {
  MicroBatcher<std::string, int> batcher([](std::span<const std::string> in) { return std::vector<int>(in.size()); },
                                         {.max_delay = 1h, .workers = 0, .capacity = 1, .overflow = Overflow::reject});
  static_cast<void>(batcher.submit("first"));
  std::string text = "a text too long to be kept in place";
  CHECK(batcher.submit(std::move(text)).status() == TicketStatus::rejected);
  CHECK(text == "a text too long to be kept in place");  // NOLINT: that is the promise
}

TEST_CASE("crossings of the watermarks are told once each, in order") {
  Bench bench({.max_batch = 4, .max_delay = 1h, .capacity = 10});
  std::vector<Crossing> told;
  bench.batcher.on_watermark([&](Crossing crossing) { told.push_back(crossing); });
  for (int i = 0; i < 3; ++i) static_cast<void>(bench.submit(i));
  CHECK(told.empty());
  std::vector<Ticket<int>> more;
  for (int i = 0; i < 5; ++i) more.push_back(bench.submit(i));
  CHECK(told == std::vector<Crossing>{Crossing::rose});
  CHECK(bench.batcher.stats().throttled);
  bench.run();
  CHECK(told == std::vector<Crossing>{Crossing::rose, Crossing::fell});
  CHECK(bench.batcher.stats().crossings == 2);
}

TEST_CASE("close refuses newcomers; drain serves who waits, cancel ends them") {
  SECTION("drain") {
    Bench bench({.max_delay = 1h});
    Ticket<int> ticket = bench.submit(1);
    bench.batcher.close(Shutdown::drain);
    CHECK(bench.submit(2).status() == TicketStatus::closed);
    CHECK(bench.run() == Batches{{1}});
    CHECK(bench.batcher.stats().went(BatchReason::closing) == 1);
    CHECK(ticket.get() == 1);
    CHECK(bench.batcher.stats().closed_out == 1);
  }
  SECTION("cancel") {
    Bench bench({.max_delay = 1h});
    Ticket<int> ticket = bench.submit(1);
    bench.batcher.close(Shutdown::cancel);
    CHECK(ticket.status() == TicketStatus::closed);
    CHECK(bench.run().empty());
    CHECK(bench.batcher.stats().closed == 1);
  }
  SECTION("the destructor does what it was told") {
    for (const Shutdown how : {Shutdown::drain, Shutdown::cancel}) {
      std::optional<Ticket<int>> ticket;
      {
        Bench bench({.max_delay = 1h, .shutdown = how});
        ticket.emplace(bench.submit(7));
      }
      CHECK(ticket->status() == (how == Shutdown::drain ? TicketStatus::ok : TicketStatus::closed));
    }
  }
}

TEST_CASE("without workers a ticket that is waited for runs the batches itself") {
  Bench bench({.max_batch = 2});
  Ticket<int> first = bench.submit(1);
  Ticket<int> second = bench.submit(2);
  Ticket<int> third = bench.submit(3);
  CHECK(third.get() == 3);
  CHECK(bench.batches == Batches{{1, 2}, {3}});
  CHECK(first.get() == 1);
  CHECK(bench.batcher.call(9) == 9);
}

TEST_CASE("a policy of one's own decides, and what it throws lets the batch go") {
  struct Odd {
    void arrived(TimePoint, std::size_t) {}
    void ran(std::size_t, std::chrono::nanoseconds) {}
    BatchDecision decide(const BatchView& view) const {
      if (view.items == 3) throw 1;
      return {BatchReason::cork, view.items >= 5 ? view.now : view.now + 1h};
    }
    bool fits(const BatchView&, std::size_t weight, TimePoint) const { return weight <= 2; }
    bool lost(const BatchView&, std::size_t, TimePoint) const { return false; }
    std::chrono::nanoseconds needs() const { return {}; }
  };
  std::vector<std::size_t> sizes;
  MicroBatcher<int, int, ManualClock, Odd> batcher(
      [&](std::span<const int> in) {
        sizes.push_back(in.size());
        return std::vector<int>(in.begin(), in.end());
      },
      {.workers = 0}, ManualClock(), Odd());
  for (int i = 0; i < 4; ++i) static_cast<void>(batcher.submit(i));
  CHECK(batcher.run_once() == 0);
  static_cast<void>(batcher.submit(4));
  CHECK(batcher.run_once() == 2);
  CHECK(batcher.run_once() == 2);  // 3 wait: it throws, and is not asked to be patient
  CHECK(batcher.run_once() == 0);
  CHECK(sizes == std::vector<std::size_t>{2, 2});
  CHECK(batcher.stats().policy_exceptions == 1);
}

/// Lets nothing go by itself, and gives up who has less than 3 ms left.
struct Patient {
  void arrived(TimePoint, std::size_t) {}
  void ran(std::size_t, std::chrono::nanoseconds) {}
  BatchDecision decide(const BatchView&) const { return {BatchReason::delay, TimePoint::max()}; }
  bool fits(const BatchView&, std::size_t, TimePoint) const { return true; }
  bool lost(const BatchView&, std::size_t, TimePoint) const { return false; }
  std::chrono::nanoseconds needs() const { return 3ms; }
};

constexpr auto same = [](std::span<const int> in) { return std::vector<int>(in.begin(), in.end()); };

TEST_CASE("when run_once is due it has something to do, also for who is given up") {
  const ManualClock clock;
  MicroBatcher<int, int, ManualClock, Patient> batcher(same, {.workers = 0}, clock, Patient());
  Ticket<int> ticket = batcher.submit(1, {.deadline = 10ms});
  const TimePoint due = batcher.next_due();
  CHECK(due == clock.now() + 7ms + 1ns);  // with 3 ms left it could still be served
  clock.advance(due - clock.now() - 1ns);
  CHECK(batcher.run_once() == 0);
  clock.advance(1ns);
  CHECK(batcher.run_once() == 1);
  CHECK(ticket.status() == TicketStatus::expired);
}

TEST_CASE("a flush is not the policy's matter, however much waits") {
  for (const int items : {1, 2, 3}) {
    MicroBatcher<int, int, ManualClock, Patient> batcher(same, {.max_batch = 2, .workers = 0}, ManualClock(),
                                                         Patient());
    for (int i = 0; i < items; ++i) static_cast<void>(batcher.submit(i));
    CHECK(batcher.run_once() == 0);
    batcher.flush();
    CHECK(batcher.run_once() == std::min<std::size_t>(2, static_cast<std::size_t>(items)));
  }
}

TEST_CASE("the counters add up at every moment") {
  Bench bench({.max_batch = 3, .max_delay = 5ms, .capacity = 6, .overflow = Overflow::drop_oldest, .priorities = 2});
  const auto add_up = [&] {
    const MicroBatcherStats s = bench.batcher.stats();
    CHECK(s.offered() == s.accepted + s.refused());
    CHECK(s.accepted == s.settled() + s.depth + s.running);
  };
  for (int i = 0; i < 200; ++i) {
    Ticket<int> ticket = bench.submit(
        i, {.deadline = i % 3 == 0 ? Deadline(7ms) : Deadline(), .priority = {static_cast<std::uint8_t>(i % 2)}});
    if (i % 7 == 0) ticket.cancel();
    if (i % 5 == 0) static_cast<void>(bench.batcher.run_once());
    bench.clock.advance(1ms);
    add_up();
  }
  bench.batcher.close(Shutdown::cancel);
  add_up();
  CHECK(bench.batcher.stats().offered() == 200);
}

}  // namespace
}  // namespace penstock
