// SPDX-License-Identifier: MIT
#include "penstock/serve/call_window.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;

struct Ended {
  std::int64_t at;
  bool failed, slow;
};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// The sums over all calls ever, by going through them.
detail::CallSums by_hand(const std::vector<Ended>& all, const CircuitBreakerOptions& options, std::int64_t now) {
  detail::CallSums sums;
  const std::int64_t slice = options.window_time.count() / static_cast<std::int64_t>(options.window_slices);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::int64_t slices_ago = floor_divide(now, slice) - floor_divide(all[i].at, slice);
    const bool inside = options.window == BreakerWindow::count
                            ? i + options.window_calls >= all.size()
                            : slices_ago < static_cast<std::int64_t>(options.window_slices);
    if (inside) sums += {1, all[i].failed, all[i].slow};
  }
  return sums;
}

void check_against_hand(const CircuitBreakerOptions& options, std::int64_t longest_step, unsigned seed) {
  CAPTURE(options.window_calls, options.window_slices, longest_step);
  std::mt19937_64 random(seed);
  detail::CallWindow window(options);
  std::vector<Ended> all;
  std::int64_t now = -5'000;  // a clock may begin below zero
  for (int i = 0; i < 2000; ++i) {
    now += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(longest_step));
    if (random() % 4 != 0) {
      all.push_back({now, random() % 3 == 0, random() % 5 == 0});
      window.add(all.back().failed, all.back().slow, TimePoint(std::chrono::nanoseconds(now)));
    } else {
      window.move_to(TimePoint(std::chrono::nanoseconds(now)));
    }
    if (i == 1200) {
      window.clear();
      all.clear();
    }
    const detail::CallSums expected = by_hand(all, options, now);
    REQUIRE(window.sums().calls == expected.calls);
    REQUIRE(window.sums().failed == expected.failed);
    REQUIRE(window.sums().slow == expected.slow);
  }
}

}  // namespace

TEST_CASE("a window of calls has the sums of the last so many") {
  for (const std::size_t calls : {1u, 2u, 7u, 100u}) {
    check_against_hand({.window_calls = calls, .minimum_calls = 1}, 100, static_cast<unsigned>(calls));
  }
}

TEST_CASE("a window of time has the sums of the present slice and those before it") {
  for (const std::size_t slices : {1u, 2u, 10u}) {
    for (const std::int64_t step : {5, 40, 700, 5000}) {
      const auto time = std::chrono::nanoseconds(100 * static_cast<std::int64_t>(slices));
      check_against_hand({.window = BreakerWindow::time, .window_time = time, .window_slices = slices}, step, 9);
    }
  }
}

TEST_CASE("time that goes back stands still") {
  detail::CallWindow window({.window = BreakerWindow::time, .window_time = 100ns, .window_slices = 10});
  window.add(true, false, TimePoint(500ns));
  window.add(true, false, TimePoint(100ns));
  CHECK(window.sums().failed == 2);
  window.move_to(TimePoint(599ns));
  CHECK(window.sums().failed == 2);
  window.move_to(TimePoint(600ns));
  CHECK(window.sums().failed == 0);
}

TEST_CASE("a window of time outlives the longest silence there can be") {
  detail::CallWindow window({.window = BreakerWindow::time, .window_time = 1ns, .window_slices = 1});
  window.add(true, true, TimePoint::min());
  window.move_to(TimePoint::max());
  CHECK(window.sums().calls == 0);
}

TEST_CASE("a rate is reached when it is met, whatever doubles make of it") {
  for (std::uint64_t calls = 1; calls <= 1000; ++calls) {
    for (const std::uint64_t part : {calls / 3, calls / 2, calls * 55 / 100, calls}) {
      const double rate = static_cast<double>(part) / static_cast<double>(calls);
      REQUIRE(detail::reaches(part, calls, rate));
      if (part > 0) REQUIRE_FALSE(detail::reaches(part - 1, calls, rate));
    }
  }
  CHECK(detail::reaches(55, 100, 0.55));
  CHECK_FALSE(detail::reaches(54, 100, 0.55));
}

}  // namespace penstock
