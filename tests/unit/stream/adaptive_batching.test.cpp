// SPDX-License-Identifier: MIT
// The policy of a MicroBatcher, asked as the batcher asks it.
#include "penstock/stream/adaptive_batching.hpp"

#include "catch.hpp"

#include <chrono>

namespace penstock {
namespace {

using namespace std::chrono_literals;

/// One that knows T(n) = 10 ms + n 1 ms, and that items arrive each `gap`.
AdaptiveBatching taught(MicroBatcherOptions options, std::chrono::nanoseconds gap) {
  AdaptiveBatching policy(options);
  policy.ran(1, 11ms);
  policy.ran(4, 14ms);
  for (int i = 0; i < 10; ++i) policy.arrived(TimePoint(i * gap), 1);
  return policy;
}

BatchView waiting(std::size_t items, TimePoint nearest = TimePoint::max()) {
  return {.now = TimePoint(1s),
          .items = items,
          .weight = items,
          .first_arrival = TimePoint(995ms),
          .nearest_deadline = nearest};
}

TEST_CASE("an idle worker takes what there is at once") {
  const AdaptiveBatching policy = taught({.max_batch = 8}, 1ms);
  CHECK(policy.decide(waiting(1)).at == TimePoint(1s));
  CHECK(policy.decide(waiting(1)).reason == BatchReason::idle);
  CHECK(policy.decide(waiting(8)).reason == BatchReason::full);
  CHECK(policy.arrival_rate() == Approx(1000));
}

TEST_CASE("corking waits while n / lambda < b, at the longest b from the first arrival") {
  const AdaptiveBatching policy = taught({.max_batch = 64, .cork = true}, 1ms);
  CHECK(policy.decide(waiting(9)).reason == BatchReason::cork);
  CHECK(policy.decide(waiting(9)).at == TimePoint(1005ms));
  CHECK(policy.decide(waiting(10)).at == TimePoint(1s));
  const AdaptiveBatching slow = taught({.max_batch = 64, .cork = true}, 20ms);
  CHECK(slow.decide(waiting(1)).at == TimePoint(1s));
}

TEST_CASE("before anything is known, corking does not wait, nothing is lost and everything fits") {
  const AdaptiveBatching policy({.max_batch = 64, .cork = true});
  CHECK(policy.decide(waiting(1)).at == TimePoint(1s));
  CHECK_FALSE(policy.lost(waiting(5), 1, TimePoint(1s + 1ns)));
  CHECK(policy.lost(waiting(5), 1, TimePoint(1s)));
  CHECK(policy.fits(waiting(5), 64, TimePoint(1s + 1ns)));
  CHECK(policy.needs() == 0ns);
}

TEST_CASE("the earliest of max_delay, cork and deadline decides") {
  const AdaptiveBatching policy = taught({.max_batch = 64, .max_delay = 100ms}, 1ms);
  CHECK(policy.decide(waiting(1)).at == TimePoint(1095ms));
  CHECK(policy.decide(waiting(1)).reason == BatchReason::delay);
  CHECK(policy.decide(waiting(1, TimePoint(1050ms))).at == TimePoint(1038ms));  // T(2) = 12 ms
  CHECK(policy.decide(waiting(1, TimePoint(1050ms))).reason == BatchReason::deadline);
}

TEST_CASE("a batch is as large as the nearest deadline allows") {
  const AdaptiveBatching policy = taught({.max_batch = 64}, 1s);  // few arrivals
  CHECK(policy.fits(waiting(20), 5, TimePoint(1015ms)));
  CHECK_FALSE(policy.fits(waiting(20), 6, TimePoint(1015ms)));
  CHECK_FALSE(policy.lost(waiting(20), 1, TimePoint(1011ms)));
  CHECK(policy.lost(waiting(20), 1, TimePoint(1010ms)));
  CHECK(policy.lost(waiting(20), 2, TimePoint(1011ms)));  // heavier
  CHECK(policy.needs() == 11ms);
}

TEST_CASE("an item that would force a batch too small for the load is lost instead") {
  const AdaptiveBatching policy = taught({.max_batch = 64}, 2ms);
  // lambda b / (1 - lambda a) = 0.5 * 10 / 0.5 = 10, and 1.6 times that is 16.
  CHECK(policy.lost(waiting(40), 1, TimePoint(1025ms)));
  CHECK_FALSE(policy.lost(waiting(40), 1, TimePoint(1026ms)));
  CHECK_FALSE(policy.lost(waiting(12), 1, TimePoint(1022ms)));  // no more than waits
  CHECK(policy.fits(waiting(40), 16, TimePoint(1020ms)));
  const AdaptiveBatching two = taught({.max_batch = 64, .workers = 2}, 2ms);  // half of it each: 5 / 1.5
  CHECK_FALSE(two.lost(waiting(40), 1, TimePoint(1015ms)));
  const AdaptiveBatching overloaded = taught({.max_batch = 64}, 1ms);  // no batch is large enough
  CHECK(overloaded.lost(waiting(40), 1, TimePoint(1049ms)));
  AdaptiveBatching paused = taught({.max_batch = 64}, 2ms);
  for (int i = 10; i < 100; ++i) paused.arrived(TimePoint(i * 2ms), 1);
  paused.arrived(TimePoint(1h), 1);  // that nobody came for an hour does not say that few come now
  CHECK(paused.lost(waiting(40), 1, TimePoint(1020ms)));
  AdaptiveBatching sparse({.max_batch = 64});
  for (const int n : {1, 4}) sparse.ran(static_cast<std::size_t>(n), n * 1ms);  // nothing but for its items
  for (int i = 0; i < 100; ++i) sparse.arrived(TimePoint(i * 3ms), 1);
  CHECK_FALSE(sparse.lost(waiting(10), 1, TimePoint(1002ms)));  // ten at once are no overload
  const AdaptiveBatching patient = taught({.max_batch = 64, .shed = false}, 1ms);
  CHECK_FALSE(patient.lost(waiting(40), 1, TimePoint(1001ms)));
}

}  // namespace
}  // namespace penstock
