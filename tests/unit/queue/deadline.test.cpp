// SPDX-License-Identifier: MIT
#include "penstock/queue/deadline.hpp"

#include "catch.hpp"

#include <limits>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using detail::deadline_after;

TEST_CASE("a deadline is the patience after now, in any unit, rounded up to the nanosecond") {
  const TimePoint now{1h};
  CHECK(deadline_after(now, 1ns) == TimePoint{1h + 1ns});
  CHECK(deadline_after(now, 2min) == TimePoint{1h + 2min});
  CHECK(deadline_after(now, std::chrono::duration<double>(0.25)) == TimePoint{1h + 250ms});
  CHECK(deadline_after(now, std::chrono::duration<double, std::nano>(0.1)) == TimePoint{1h + 1ns});
}

TEST_CASE("no patience is now") {
  const TimePoint now{1h};
  CHECK(deadline_after(now, 0ns) == now);
  CHECK(deadline_after(now, -1s) == now);
  CHECK(deadline_after(now, std::chrono::hours::min()) == now);
  CHECK(deadline_after(now, std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == now);
}

TEST_CASE("a patience beyond all time is for ever, and does not overflow") {
  const TimePoint now{1h};
  CHECK(deadline_after(now, std::chrono::hours::max()) == TimePoint::max());
  CHECK(deadline_after(now, std::chrono::nanoseconds::max()) == TimePoint::max());
  CHECK(deadline_after(now, std::chrono::duration<double>(std::numeric_limits<double>::infinity())) ==
        TimePoint::max());
  CHECK(deadline_after(TimePoint::min(), std::chrono::hours::max()) == TimePoint::max());
  CHECK(deadline_after(TimePoint{-1h}, 2h) == TimePoint{1h});
  CHECK(deadline_after(now, 24h * 365 * 200) == now + 24h * 365 * 200);
}

}  // namespace
}  // namespace penstock
