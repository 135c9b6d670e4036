// SPDX-License-Identifier: MIT
#include "penstock/queue/options.hpp"

#include "penstock/queue/bounded_queue.hpp"

#include "catch.hpp"

namespace penstock {
namespace {

TEST_CASE("options that cannot work are refused by name, value and range when the queue is made") {
  const auto make = [](const QueueOptions& options) { const BoundedQueue<int> queue(options); };
  CHECK_THROWS_WITH(make({.capacity = 0}), "QueueOptions.capacity is 0; at least 1 is needed");
  CHECK_THROWS_WITH(
      make({.capacity = 4, .high_watermark = 0.25}),
      "QueueOptions.low_watermark 0.500000 and .high_watermark 0.250000 must satisfy 0 <= low < high <= 1");
  CHECK_THROWS_WITH(make({.capacity = 4, .high_watermark = 1.5}), ContainsSubstring("1.5"));
  CHECK_THROWS_WITH(make({.capacity = 4, .low_watermark = -1}), ContainsSubstring("-1.0"));
  CHECK_THROWS_WITH(make({.capacity = 4, .overflow = static_cast<Overflow>(17)}), ContainsSubstring("overflow is 17"));
  CHECK_THROWS_WITH(make({.capacity = 4, .priorities = 0}), "QueueOptions.priorities is 0; 1 to 8 are possible");
  CHECK_THROWS_WITH(make({.capacity = 4, .priorities = 9}), ContainsSubstring("priorities is 9"));
  CHECK_THROWS_WITH(make({.capacity = 4, .overflow = Overflow::drop_lowest_priority}),
                    ContainsSubstring("drop_lowest_priority needs at least 2"));
  CHECK_THROWS_WITH(make({.capacity = 4, .sample_every = 0}), ContainsSubstring("sample_every is 0"));
  CHECK_THROWS_AS(make({.capacity = 0}), std::invalid_argument);
  CHECK_NOTHROW(make({.capacity = 1, .high_watermark = 1, .low_watermark = 0, .priorities = 8, .sample_every = 1}));
}

TEST_CASE("policies have the names they are spelled with") {
  CHECK(to_string(Overflow::block) == "block");
  CHECK(to_string(Overflow::reject) == "reject");
  CHECK(to_string(Overflow::drop_newest) == "drop_newest");
  CHECK(to_string(Overflow::drop_oldest) == "drop_oldest");
  CHECK(to_string(Overflow::drop_lowest_priority) == "drop_lowest_priority");
  CHECK(to_string(Overflow::sample) == "sample");
  CHECK(to_string(static_cast<Overflow>(9)) == "unknown");
}

}  // namespace
}  // namespace penstock
