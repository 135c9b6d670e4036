// SPDX-License-Identifier: MIT
// What a functor may be, and that each item gets its own result: nothing here has a thread of its own.
#include "penstock/stream/micro_batcher.hpp"

#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;

template <class In, class Out>
using Batcher = MicroBatcher<In, Out, ManualClock>;

constexpr auto twice = [](std::span<const int> in) {
  std::vector<int> out;
  for (const int i : in) out.push_back(2 * i);
  return out;
};

/// Submits 0, 1, ... n - 1 and runs what is due.
template <class In, class Out>
std::vector<Ticket<Out>> submit_all(Batcher<In, Out>& batcher, int n) {
  std::vector<Ticket<Out>> tickets;
  for (int i = 0; i < n; ++i) tickets.push_back(batcher.submit(In(i)));
  while (batcher.run_once() > 0) {}
  return tickets;
}

TEST_CASE("each ticket gets the value of its own item, in batches of at most max_batch") {
  std::vector<std::size_t> sizes;
  Batcher<int, int> batcher(
      [&](std::span<const int> in) {
        sizes.push_back(in.size());
        return twice(in);
      },
      {.max_batch = 8, .workers = 0});
  auto tickets = submit_all(batcher, 20);
  for (int i = 0; i < 20; ++i) {
    CHECK(tickets[static_cast<std::size_t>(i)].status() == TicketStatus::ok);
    CHECK(tickets[static_cast<std::size_t>(i)].get() == 2 * i);
  }
  CHECK_THAT(sizes, Equals(std::vector<std::size_t>{8, 8, 4}));
  const MicroBatcherStats stats = batcher.stats();
  CHECK(stats.batches == 3);
  CHECK(stats.batched == 20);
  CHECK(stats.mean_batch() == Approx(20.0 / 3));
  CHECK(stats.went(BatchReason::full) == 2);
  CHECK(stats.went(BatchReason::idle) == 1);
}

TEST_CASE("a functor may write its values in place, each of them new") {
  Batcher<int, std::string> batcher(
      [](std::span<const int> in, std::span<std::string> out) {
        for (std::size_t i = 0; i < in.size(); ++i) {
          CHECK(out[i].empty());
          out[i] = std::to_string(in[i]);
        }
      },
      {.max_batch = 2, .workers = 0});
  auto tickets = submit_all(batcher, 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(tickets[i].get() == std::to_string(i));
}

TEST_CASE("a functor that says how many it wrote fails the others, and only them") {
  Batcher<int, int> batcher(
      [](std::span<const int> in, std::span<int> out) {
        out[0] = in[0] + 100;
        out[1] = in[1] + 100;
        return std::size_t{2};
      },
      {.workers = 0});
  auto tickets = submit_all(batcher, 4);
  CHECK(tickets[0].get() == 100);
  CHECK(tickets[1].get() == 101);
  CHECK(tickets[2].status() == TicketStatus::failed);
  CHECK_THROWS_WITH(tickets[3].get(), "batch: found 2 values, expected 4, one an item");
}

TEST_CASE("a functor that says that it wrote less than nothing, or more than there is room for, fails its batch") {
  for (const int written : {-1, 5}) {
    Batcher<int, int> batcher([&](std::span<const int>, std::span<int>) { return written; }, {.workers = 0});
    auto tickets = submit_all(batcher, 4);
    for (auto& ticket : tickets) {
      CHECK_THROWS_WITH(ticket.get(), "batch: found " + std::to_string(written) + " values, expected 4, one an item");
    }
    CHECK(batcher.stats().functor_exceptions == 1);
  }
}

TEST_CASE("a functor that gives an Error for an item fails that item alone") {
  const auto halve = [](int i) -> Result<int> {
    if (i % 2 == 1) return Error({.source = "halve"}, std::to_string(i), "an even number");
    return i / 2;
  };
  const auto check = [](Batcher<int, int>& batcher) {
    auto tickets = submit_all(batcher, 4);
    CHECK(tickets[0].get() == 0);
    CHECK(tickets[2].get() == 1);
    CHECK_THROWS_WITH(tickets[1].get(), "halve: found 1, expected an even number");
    const Outcome<int> outcome = tickets[3].outcome();
    CHECK(outcome.status() == TicketStatus::failed);
    CHECK(outcome.error()->found() == "3");
    CHECK(batcher.stats().failed == 2);
    CHECK(batcher.stats().ok == 2);
    CHECK(batcher.stats().functor_exceptions == 0);
  };
  Batcher<int, int> filling(
      [&](std::span<const int> in, std::span<Result<int>> out) {
        for (std::size_t i = 0; i < in.size(); ++i) out[i] = halve(in[i]);
      },
      {.workers = 0});
  check(filling);
  Batcher<int, int> returning(
      [&](std::span<const int> in) {
        std::vector<Result<int>> out;
        for (const int i : in) out.push_back(halve(i));
        return out;
      },
      {.workers = 0});
  check(returning);
}

TEST_CASE("a Result that the functor did not write is an error") {
  Batcher<int, int> batcher([](std::span<const int>, std::span<Result<int>> out) { out[0] = 7; }, {.workers = 0});
  auto tickets = submit_all(batcher, 2);
  CHECK(tickets[0].get() == 7);
  CHECK_THROWS_WITH(tickets[1].get(), "batch: found no result, expected one for each item");
}

TEST_CASE("a model with predict is a functor, and so is one that gives bools") {
  struct Forest {
    std::vector<float> predict(std::span<const int> in) const { return {in.begin(), in.end()}; }
  };
  Batcher<int, double> batcher(Forest(), {.workers = 0});
  CHECK(submit_all(batcher, 3)[2].get() == 2.0);

  Batcher<int, bool> returning([](std::span<const int> in) { return std::vector<bool>(in.size(), true); },
                               {.workers = 0});
  CHECK(submit_all(returning, 1)[0].get());
  Batcher<bool, bool> filling(
      [](std::span<const bool> in, std::span<bool> out) {
        for (std::size_t i = 0; i < in.size(); ++i) out[i] = !in[i];
      },
      {.workers = 0});
  CHECK_FALSE(submit_all(filling, 2)[1].get());
}

TEST_CASE("items and values that can only be moved go through") {
  using Pointer = std::unique_ptr<int>;
  MicroBatcher<Pointer, Pointer> batcher(
      [](std::span<const Pointer> in) {
        std::vector<Pointer> out;
        for (const Pointer& p : in) out.push_back(std::make_unique<int>(*p + 1));
        return out;
      },
      {.workers = 0});
  Ticket<Pointer> ticket = batcher.submit(std::make_unique<int>(41));
  CHECK(*ticket.get() == 42);
}

TEST_CASE("what the functor throws reaches those of its batch, and the batcher goes on") {
  bool fails = true;
  Batcher<int, int> batcher(
      [&](std::span<const int> in) {
        if (fails) throw std::domain_error("no luck");
        return twice(in);
      },
      {.max_batch = 2, .workers = 0});
  auto bad = submit_all(batcher, 2);
  fails = false;
  CHECK(submit_all(batcher, 2)[1].get() == 2);
  CHECK_THROWS_AS(bad[0].get(), std::domain_error);
  const Outcome<int> outcome = bad[1].outcome();
  CHECK(outcome.exception() != nullptr);
  CHECK_FALSE(outcome.error());
  CHECK(batcher.stats().failed == 2);
  CHECK(batcher.stats().functor_exceptions == 1);
}

TEST_CASE("too few or too many values fail the batch, as nobody knows whose they are") {
  for (const std::size_t n : {std::size_t{0}, std::size_t{2}, std::size_t{4}}) {
    Batcher<int, int> batcher([n](std::span<const int>) { return std::vector<int>(n); }, {.workers = 0});
    auto tickets = submit_all(batcher, 3);
    for (auto& ticket : tickets) {
      CHECK_THROWS_WITH(ticket.get(), ContainsSubstring("found " + std::to_string(n) + " values, expected 3"));
    }
  }
}

TEST_CASE("bisection finds the items that break a batch, and the others get their values") {
  std::size_t calls = 0;
  Batcher<int, int> batcher(
      [&](std::span<const int> in) {
        ++calls;
        for (const int i : in) {
          if (i == 3 || i == 6) throw std::runtime_error("item " + std::to_string(i));
        }
        return twice(in);
      },
      {.max_batch = 8, .workers = 0, .bisect = true});
  auto tickets = submit_all(batcher, 8);
  for (int i = 0; i < 8; ++i) {
    if (i == 3 || i == 6) {
      CHECK_THROWS_WITH(tickets[static_cast<std::size_t>(i)].get(), "item " + std::to_string(i));
    } else {
      CHECK(tickets[static_cast<std::size_t>(i)].get() == 2 * i);
    }
  }
  CHECK(calls == 11);  // 8; 0-3, 0-1, 2-3, 2, 3; 4-7, 4-5, 6-7, 6, 7
  CHECK(batcher.stats().bisections == 10);
  CHECK(batcher.stats().failed == 2);
}

TEST_CASE("an item or a value whose move throws fails alone") {
  struct Fragile {
    int value = 0;
    bool breaks = false;
    int moves = 0;
    Fragile(int v) : value(v), breaks(v == 1) {}  // NOLINT
    Fragile(Fragile&& other) : value(other.value), breaks(other.breaks), moves(other.moves + 1) {
      if (breaks && moves == 2) throw std::runtime_error("fragile");  // 1 is into the slot, 2 into the batch
    }
  };
  Batcher<Fragile, int> batcher(
      [](std::span<const Fragile> in) {
        std::vector<int> out;
        for (const Fragile& f : in) out.push_back(f.value);
        return out;
      },
      {.workers = 0});
  auto tickets = submit_all(batcher, 3);
  CHECK(tickets[0].get() == 0);
  CHECK_THROWS_WITH(tickets[1].get(), "fragile");
  CHECK(tickets[2].get() == 2);

  Batcher<int, Fragile> giving(
      [](std::span<const int> in) {
        std::vector<Fragile> out;
        out.reserve(in.size());
        for (const int i : in) {
          out.emplace_back(i);
          out.back().moves = 1;
        }
        return out;
      },
      {.workers = 0});
  auto values = submit_all(giving, 3);
  CHECK(values[0].get().value == 0);
  CHECK(values[1].status() == TicketStatus::failed);
  CHECK(values[2].get().value == 2);
}

TEST_CASE("an item whose move throws on the way in is as if it had not been offered") {
  struct Throws {
    bool* armed;
    explicit Throws(bool* a) : armed(a) {}
    Throws(Throws&& other) : armed(other.armed) {
      if (*armed) throw std::runtime_error("not today");
    }
  };
  bool armed = true;
  Batcher<Throws, int> batcher([](std::span<const Throws> in) { return std::vector<int>(in.size(), 1); },
                               {.workers = 0});
  CHECK_THROWS_WITH(batcher.submit(Throws(&armed)), "not today");
  CHECK(batcher.stats().offered() == 0);
  armed = false;
  Ticket<int> ticket = batcher.submit(Throws(&armed));
  CHECK(ticket.get() == 1);
}

TEST_CASE("a result is taken once, and the status stays") {
  Batcher<int, int> batcher(twice, {.workers = 0});
  Ticket<int> ticket = batcher.submit(4);
  CHECK(ticket.status() == TicketStatus::pending);
  CHECK_FALSE(ticket.ready());
  CHECK(ticket.get() == 8);
  CHECK(ticket.status() == TicketStatus::ok);
  CHECK_THROWS_AS(ticket.get(), std::logic_error);
  Ticket<int> first = batcher.submit(1);
  Ticket<int> second = batcher.submit(2);
  first = std::move(second);  // what it was for runs and goes nowhere
  CHECK(first.get() == 4);
  CHECK(batcher.stats().ok == 3);
  Ticket<int> third = batcher.submit(3);
  Ticket<int> taken_over = std::move(third);
  for (Ticket<int>* left : {&second, &third}) {  // one that was moved from has nothing to wait for
    CHECK(left->ready());
    left->wait();
    CHECK(left->wait_for(0ms));
    CHECK_FALSE(left->cancel());
    CHECK_THROWS_AS(left->get(), std::logic_error);
  }
  CHECK(taken_over.get() == 6);
}

TEST_CASE("a ticket that is dropped neither cancels nor keeps anything, and may outlive its batcher") {
  std::vector<Ticket<int>> kept;
  {
    Batcher<int, int> batcher(twice, {.workers = 0});
    for (int i = 0; i < 10; ++i) {
      Ticket<int> ticket = batcher.submit(i);
      if (i % 3 == 0) kept.push_back(std::move(ticket));
    }
    CHECK(batcher.run_once() == 10);
    CHECK(batcher.stats().ok == 10);
  }
  CHECK(kept[3].get() == 18);
  kept.pop_back();
  CHECK(kept[1].get() == 6);
}

TEST_CASE("a callback is called once with the outcome, and what it throws is counted") {
  Batcher<int, int> batcher(twice, {.max_batch = 2, .workers = 0});
  std::vector<int> got;
  const auto keep = [&](Outcome<int> outcome) { got.push_back(*outcome); };
  CHECK(batcher.submit(1, {}, keep) == TicketStatus::pending);
  CHECK(batcher.submit(2, {}, [](Outcome<int>) { throw 7; }) == TicketStatus::pending);
  const std::string text(200, 'x');
  struct Large {
    std::vector<int>* got;
    char bytes[200] = {};
    void operator()(Outcome<int> outcome) const { got->push_back(outcome.value() + 100); }
  };
  CHECK(batcher.submit(3, {}, Large{&got}) == TicketStatus::pending);
  CHECK(batcher.submit(4, {}, [p = std::make_unique<int>(1), &got](Outcome<int> o) { got.push_back(*p + *o); }) ==
        TicketStatus::pending);
  CHECK(got.empty());
  while (batcher.run_once() > 0) {}
  std::sort(got.begin(), got.end());
  CHECK_THAT(got, Equals(std::vector<int>{2, 9, 106}));
  CHECK(batcher.stats().callback_exceptions == 1);
  CHECK(batcher.stats().ok == 4);
}

TEST_CASE("a callback may submit, and a functor may too") {
  Batcher<int, int> batcher(twice, {.workers = 0});
  std::vector<int> got;
  const auto again = [&](Outcome<int> first) {
    CHECK(batcher.submit(*first, {}, [&](Outcome<int> second) { got.push_back(*second); }) == TicketStatus::pending);
  };
  CHECK(batcher.submit(5, {}, again) == TicketStatus::pending);
  CHECK(batcher.run_once() == 1);
  CHECK(got.empty());
  CHECK(batcher.run_once() == 1);
  CHECK_THAT(got, Equals(std::vector<int>{20}));
}

TEST_CASE("hooks are told of each batch, and what they throw is counted") {
  const ManualClock clock;
  Batcher<int, int> batcher(
      [&](std::span<const int> in) {
        clock.advance(3ms);
        return twice(in);
      },
      {.max_batch = 4, .workers = 0}, clock);
  std::vector<BatchReport> reports;
  batcher.on_batch([&](const BatchReport& report) {
    reports.push_back(report);
    throw 1;
  });
  static_cast<void>(batcher.submit(1));
  clock.advance(2ms);
  for (int i = 0; i < 4; ++i) static_cast<void>(batcher.submit(i));
  while (batcher.run_once() > 0) {}
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].items == 4);
  CHECK(reports[0].weight == 4);
  CHECK(reports[0].left == 1);
  CHECK(reports[0].reason == BatchReason::full);
  CHECK(reports[0].first_wait == 2ms);
  CHECK(reports[0].total_wait == 2ms);
  CHECK(reports[0].took == 3ms);
  CHECK(reports[1].items == 1);
  CHECK(reports[1].reason == BatchReason::idle);
  CHECK(reports[1].total_wait == 3ms);
  CHECK(batcher.stats().listener_exceptions == 2);
}

TEST_CASE("options that cannot work are refused by name and value") {
  using Options = MicroBatcherOptions;
  const auto refused = [](const Options& options, const char* words) {
    CHECK_THROWS_WITH((MicroBatcher<int, int>(twice, options)), ContainsSubstring(words));
  };
  refused({.max_batch = 0}, "MicroBatcherOptions.max_batch is 0; at least 1");
  refused({.max_delay = -1ms}, "MicroBatcherOptions.max_delay is -1000000 ns");
  refused({.slo = -1ns}, "slo is -1 ns");
  refused({.workers = 2000}, "workers is 2000; 0 to 1024");
  refused({.capacity = 0}, "capacity is 0");
  refused({.priorities = 9}, "priorities is 9; 1 to 8");
  refused({.overflow = Overflow::drop_lowest_priority}, "needs at least 2");
  refused({.aging = -1ns}, "aging is -1 ns");
  refused({.hung_after = -2ns}, "hung_after is -2 ns");
  refused({.high_watermark = 0.4}, "0 <= low < high <= 1");
  refused({.sample_every = 0}, "sample_every is 0");
  Batcher<int, int> batcher(twice, {.workers = 0, .priorities = 2, .max_weight = 5});
  CHECK_THROWS_WITH(batcher.submit(1, {.priority = {2}}), ContainsSubstring("priority is 2"));
  CHECK_THROWS_WITH(batcher.submit(1, {.weight = 0}), ContainsSubstring("weight is 0; 1 to 5"));
  CHECK_THROWS_WITH(batcher.submit(1, {.weight = 6}), ContainsSubstring("weight is 6; 1 to 5"));
  CHECK(batcher.stats().offered() == 0);
}

}  // namespace
}  // namespace penstock
