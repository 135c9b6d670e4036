// SPDX-License-Identifier: MIT
// The queues in step with the same queue under one mutex: same calls, same answers, same counters after each.
#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/spsc_queue.hpp"

#include "catch.hpp"
#include "oracle/mutex_queue.hpp"
#include "unit/queue/history_recorder.hpp"

#include <string>
#include <vector>

namespace penstock {
namespace {

/// A queue and all that its listeners heard.
template <class Queue>
struct Heard {
  Heard(const QueueOptions& options, const ManualClock& clock) : queue(options, clock) {
    if constexpr (requires { queue.on_drop([](int) {}); }) queue.on_drop([this](int item) { log.push_back(item); });
    queue.on_watermark([this](Crossing crossing) { log.push_back(crossing == Crossing::rose ? -1 : -2); });
  }
  Queue queue;
  std::vector<int> log{};
};

/// Makes the call that the dice say; what came of it.
template <class Queue>
std::vector<int> call(Queue& queue, history::Dice dice, const ManualClock& clock, std::size_t priorities, int value) {
  const Priority priority{static_cast<std::uint8_t>(dice(priorities))};
  const auto what = dice(100);
  const std::size_t n = dice(queue.capacity()) + 1;
  std::vector<int> out;
  QueueStatus status{};
  if (what < 25) {
    status = queue.try_push(value, priority);
  } else if (what < 40) {
    status = queue.push_until(value, clock.now(), {}, priority);  // its deadline has come: waits for nobody
  } else if (what < 52) {
    std::vector<int> bulk(n % 4, value);
    status = queue.try_push_bulk(bulk, priority);
  } else if (what < 80) {
    int item = 0;
    status = what < 65 ? queue.try_pop(item) : queue.pop_until(item, clock.now());
    out.push_back(item);
  } else if (what < 92) {
    status = queue.try_pop_bulk(out, n);
  } else if (what < 99) {
    status = queue.wait_readable_until(clock.now());
  } else if (dice(10) == 0) {
    queue.close();
  }
  out.push_back(static_cast<int>(status));
  return out;
}

std::string to_text(const QueueStats& s) {
  std::string text;
  for (const auto figure : {s.accepted, s.dropped, s.sampled_out, s.rejected, s.timed_out, s.stopped, s.closed, s.taken,
                            s.evicted, s.crossings, s.push_waits, s.pop_waits, s.listener_exceptions}) {
    text += std::to_string(figure) + ' ';
  }
  return text + std::to_string(s.depth) + ' ' + std::to_string(s.max_depth) + ' ' + std::to_string(s.throttled) + ' ' +
         std::to_string(s.throttled_for.count());
}

/// Every combination of seed and size, with the policy and the priorities.
template <class Queue>
void check_against_oracle(Overflow overflow, std::size_t priorities) {
  const std::size_t capacity = GENERATE(1u, 2u, 5u, 17u);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const ManualClock clock;
    const QueueOptions options{.capacity = capacity,
                               .high_watermark = seed % 2 == 0 ? 0.8 : 1.0,
                               .low_watermark = seed % 2 == 0 ? 0.5 : 0.0,
                               .overflow = overflow,
                               .priorities = priorities,
                               .starvation_bound = 3,
                               .sample_every = 3};
    Heard<Queue> ours(options, clock);
    Heard<MutexQueue<int, ManualClock>> oracle(options, clock);
    history::Dice dice(seed);
    for (int step = 0; step < 3000; ++step) {
      const history::Dice same(dice(1'000'000'000));
      REQUIRE(call(ours.queue, same, clock, priorities, step) == call(oracle.queue, same, clock, priorities, step));
      REQUIRE(ours.log == oracle.log);
      REQUIRE(to_text(ours.queue.stats()) == to_text(oracle.queue.stats()));
      REQUIRE(ours.queue.size() == oracle.queue.size());
      clock.advance(std::chrono::nanoseconds(dice(5)));
      ours.log.clear();
      oracle.log.clear();
    }
  }
}

TEST_CASE("two locks answer and count as one mutex does, under every policy, step by step") {
  using enum Overflow;
  const Overflow overflow = GENERATE(block, reject, drop_newest, drop_oldest, drop_lowest_priority, sample);
  const std::size_t priorities = overflow == drop_lowest_priority ? 3 : GENERATE(1u, 3u);
  check_against_oracle<BoundedQueue<int, ManualClock>>(overflow, priorities);
}

TEST_CASE("no lock answers and counts as one mutex does, step by step") {
  using enum Overflow;
  check_against_oracle<SpscQueue<int, ManualClock>>(GENERATE(block, reject, drop_newest, sample), 1);
}

}  // namespace
}  // namespace penstock
