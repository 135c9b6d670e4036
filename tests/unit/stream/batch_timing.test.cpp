// SPDX-License-Identifier: MIT
#include "penstock/stream/batch_timing.hpp"

#include "catch.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace penstock {
namespace {

TEST_CASE("two sizes give the line, exactly") {
  BatchTiming timing;
  CHECK_FALSE(timing.any());
  CHECK(timing.predict_ns(10) == 0);
  timing.observe(8, 1.8e6);
  CHECK_FALSE(timing.ready());
  timing.observe(32, 4.2e6);
  REQUIRE(timing.ready());
  CHECK(timing.fixed_ns() == Approx(1e6));
  CHECK(timing.per_item_ns() == Approx(1e5));
  CHECK(timing.predict_ns(64) == Approx(7.4e6));
  CHECK(timing.sigma_ns() == 0);
  CHECK(timing.most_within(7.4e6) == Approx(64));
  CHECK(timing.most_within(0.5e6) < 0);
}

TEST_CASE("one size alone is taken for the worst that it can mean") {
  BatchTiming timing;
  for (int i = 0; i < 5; ++i) timing.observe(10, 1e6);
  CHECK_FALSE(timing.ready());
  CHECK(timing.predict_ns(1) == Approx(1e6));
  CHECK(timing.predict_ns(20) == Approx(2e6));
  CHECK(timing.most_within(3e6, 0) == Approx(30));
  CHECK(timing.most_within(0.9e6, 0) < 0);
}

TEST_CASE("with long memory it is the least-squares line, and sigma the residuals' deviation") {
  std::mt19937_64 random(7);
  BatchTiming timing(1e9);
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 500; ++i) {
    const double x = 1 + static_cast<double>(random() % 32);
    const double y = 2e6 + 1e5 * x + static_cast<double>(random() % 100'000);
    timing.observe(x, y);
    points.emplace_back(x, y);
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const double a = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  const double b = (sy - a * sx) / n;
  CHECK(timing.per_item_ns() == Approx(a).epsilon(1e-6));
  CHECK(timing.fixed_ns() == Approx(b).epsilon(1e-6));
  double squares = 0;
  for (const auto& [x, y] : points) squares += std::pow(y - a * x - b, 2);
  CHECK(timing.sigma_ns() == Approx(std::sqrt(squares / (n - 2))).epsilon(1e-4));
}

TEST_CASE("it forgets: a server that has become slower is seen to be") {
  BatchTiming timing(20);
  for (int i = 0; i < 200; ++i) timing.observe(1 + i % 8, 1e6 + 1e5 * (1 + i % 8));
  for (int i = 0; i < 200; ++i) timing.observe(1 + i % 8, 3e6 + 2e5 * (1 + i % 8));
  CHECK(timing.fixed_ns() == Approx(3e6).epsilon(1e-3));
  CHECK(timing.per_item_ns() == Approx(2e5).epsilon(1e-3));
}

TEST_CASE("a long time at one size does not lose the slope") {
  BatchTiming timing(50);
  timing.observe(4, 1.4e6);
  timing.observe(8, 1.8e6);
  for (int i = 0; i < 100'000; ++i) timing.observe(32, 4.2e6);
  CHECK(timing.predict_ns(32) == Approx(4.2e6));
  CHECK(timing.per_item_ns() == Approx(1e5).epsilon(1e-3));
}

TEST_CASE("what the line may be is bounded: a > 0, b >= 0") {
  BatchTiming falling;
  falling.observe(1, 5e6);
  falling.observe(10, 1e6);
  CHECK(falling.per_item_ns() > 0);
  CHECK(falling.fixed_ns() >= 0);
  BatchTiming steep(1e9);
  steep.observe(10, 1e6);
  steep.observe(20, 9e6);
  CHECK(steep.fixed_ns() == Approx(0).margin(1e-3));
  CHECK(steep.per_item_ns() == Approx(5e6 / 15));
}

TEST_CASE("nonsense is not learnt") {
  BatchTiming timing;
  timing.observe(0, 5);
  timing.observe(-1, 5);
  timing.observe(1, -5);
  timing.observe(std::numeric_limits<double>::quiet_NaN(), 5);
  timing.observe(1, std::numeric_limits<double>::infinity());
  CHECK_FALSE(timing.any());
}

}  // namespace
}  // namespace penstock
