// SPDX-License-Identifier: MIT
// Small histories of several threads, checked against the sequential model: policies, priorities, bulks, deadlines,
// stops and the close included.
#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/spsc_queue.hpp"
#include "penstock/queue/watermarks.hpp"

#include "catch.hpp"
#include "oracle/mutex_queue.hpp"
#include "unit/queue/history.hpp"
#include "unit/queue/history_recorder.hpp"

#include <set>
#include <type_traits>

namespace penstock {
namespace {

using history::Kind;
using history::Model;
using history::Operation;

Model model_of(const QueueOptions& options) {
  const Watermarks marks{{.capacity = options.capacity, .high = options.high_watermark, .low = options.low_watermark}};
  return {options, marks.high(), marks.low()};
}

Operation push(std::vector<int> values, QueueStatus status, std::uint64_t begin, std::uint64_t end) {
  return {.kind = Kind::push, .values = std::move(values), .status = status, .begin = begin, .end = end};
}
Operation pop(std::vector<int> values, QueueStatus status, std::uint64_t begin, std::uint64_t end) {
  return {.kind = Kind::pop, .values = std::move(values), .status = status, .begin = begin, .end = end};
}

TEST_CASE("the checker finds what cannot be, and lets pass what can") {
  using enum QueueStatus;
  const Model model = model_of({.capacity = 2});
  const auto explained = [&](const std::vector<Operation>& operations) { return explains(model, operations); };
  // one after the other
  CHECK(explained({push({1}, ok, 0, 1), push({2}, ok, 2, 3), pop({1}, ok, 4, 5), pop({2}, ok, 6, 7)}));
  CHECK_FALSE(explained({push({1}, ok, 0, 1), push({2}, ok, 2, 3), pop({2}, ok, 4, 5), pop({1}, ok, 6, 7)}));  // order
  CHECK_FALSE(explained({push({1}, ok, 0, 1), pop({}, empty, 2, 3)}));                      // spurious empty
  CHECK_FALSE(explained({push({1}, ok, 0, 1), push({2}, full, 2, 3)}));                     // spurious full
  CHECK_FALSE(explained({push({1}, ok, 0, 1), push({2}, ok, 2, 3), push({3}, ok, 4, 5)}));  // too many
  CHECK_FALSE(explained({push({1}, ok, 0, 1), pop({1}, ok, 2, 3), pop({1}, ok, 4, 5)}));    // twice
  CHECK_FALSE(explained({pop({1}, ok, 0, 1), push({1}, ok, 2, 3)}));                        // too early
  CHECK_FALSE(explained({push({1}, ok, 0, 1), push({2, 3}, ok, 2, 3)}));                    // half a bulk
  // at once
  CHECK(explained({push({1}, ok, 0, 5), push({2}, ok, 1, 4), pop({2}, ok, 6, 7), pop({1}, ok, 8, 9)}));
  CHECK(explained({pop({1}, ok, 0, 3), push({1}, ok, 1, 2)}));
  CHECK(explained({push({1}, ok, 0, 9), pop({}, empty, 1, 2), pop({1}, ok, 3, 4)}));
  CHECK_FALSE(explained({push({1}, ok, 0, 9), pop({1}, ok, 1, 2), pop({1}, ok, 3, 4)}));
  CHECK_FALSE(explained({push({1}, ok, 0, 9), pop({1}, ok, 1, 2), push({2}, closed, 3, 4)}));  // nobody closed
  // the stop
  Operation stopped_pop = pop({}, stopped, 5, 8);
  stopped_pop.obeys = true;
  CHECK(explains(model, {stopped_pop}, {7, 9}));
  CHECK_FALSE(explains(model, {stopped_pop}, {9, 10}));
  CHECK_FALSE(explains(model, {stopped_pop}));
  Operation deaf = pop({}, empty, 5, 8);
  deaf.obeys = true;
  CHECK(explains(model, {deaf}, {4, 6}));
  CHECK_FALSE(explains(model, {deaf}, {3, 4}));
}

TEST_CASE("the model evicts, drops and serves as the policies say") {
  using enum QueueStatus;
  Operation evicting = push({3}, ok, 4, 5);
  evicting.evicted = {1};
  const std::vector<Operation> operations{push({1, 2}, ok, 0, 1), evicting, pop({2}, ok, 6, 7)};
  CHECK(explains(model_of({.capacity = 2, .overflow = Overflow::drop_oldest}), operations));
  CHECK_FALSE(explains(model_of({.capacity = 3, .overflow = Overflow::drop_oldest}), operations));
  CHECK_FALSE(explains(model_of({.capacity = 2, .overflow = Overflow::drop_newest}), operations));
  evicting.priority = 1;
  const QueueOptions by_priority{.capacity = 2, .overflow = Overflow::drop_lowest_priority, .priorities = 2};
  CHECK(explains(model_of(by_priority), {push({1, 2}, ok, 0, 1), evicting, pop({3}, ok, 6, 7)}));
  CHECK_FALSE(explains(model_of(by_priority), {push({1, 2}, ok, 0, 1), evicting, pop({2}, ok, 6, 7)}));
}

// With one priority, most calls take one lock only; with three, all take both.
TEMPLATE_TEST_CASE("every history of several threads can be explained by the sequential model", "",
                   (BoundedQueue<int, ManualClock>), (MutexQueue<int, ManualClock>), (SpscQueue<int, ManualClock>)) {
  using enum Overflow;
  constexpr bool spsc = std::is_same_v<TestType, SpscQueue<int, ManualClock>>;
  const Overflow overflow = spsc ? GENERATE(block, reject, drop_newest, sample)
                                 : GENERATE(block, reject, drop_newest, drop_oldest, drop_lowest_priority, sample);
  const std::size_t priorities = spsc ? 1 : overflow == drop_lowest_priority ? 3 : GENERATE(1u, 3u);
  std::set<QueueStatus> seen;
  std::size_t overlaps = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const std::size_t threads = 2 + seed % 3;
    const QueueOptions options{.capacity = 2 + seed % 6,
                               .high_watermark = 0.75,
                               .low_watermark = 0.4,
                               .overflow = overflow,
                               .priorities = priorities,
                               .starvation_bound = seed % 5,
                               .sample_every = 1 + seed % 3};
    history::Recorder<TestType> recorder(options, seed);
    const history::History history = recorder.record(threads, 18 / threads);
    INFO(to_string(overflow) << ", seed " << seed << "\n" << describe(history.operations));
    REQUIRE(explains(model_of(options), history.operations, history.stop));

    QueueStats expected;
    for (const Operation& op : history.operations) {
      seen.insert(op.status);
      expected.evicted += op.evicted.size();
      if (op.kind == Kind::push)
        (op.status == QueueStatus::ok ? expected.accepted : expected.dropped) += op.values.size();
      if (op.kind == Kind::pop) expected.taken += op.values.size();
      for (const Operation& other : history.operations) overlaps += op.begin < other.begin && other.begin < op.end;
    }
    const QueueStats stats = recorder.queue().stats();
    REQUIRE(stats.accepted == expected.accepted);
    REQUIRE(stats.taken == expected.taken);
    REQUIRE(stats.evicted == expected.evicted);
    REQUIRE(stats.refused() == expected.dropped);
    REQUIRE(stats.accepted == stats.taken + stats.evicted);
  }
  INFO(to_string(overflow));
  CHECK(overlaps > 0);  // how many there are is up to the machine
  for (const QueueStatus status :
       {QueueStatus::ok, QueueStatus::closed, QueueStatus::timeout, QueueStatus::empty, QueueStatus::stopped}) {
    CHECK(seen.contains(status));
  }
  CHECK(seen.contains(QueueStatus::full) == (overflow == block || overflow == reject));
  CHECK(seen.contains(QueueStatus::dropped) ==
        (overflow == drop_newest || overflow == drop_lowest_priority || overflow == sample));
}

}  // namespace
}  // namespace penstock
