// SPDX-License-Identifier: MIT
// The sketch against sorted values: exact while few, within its bound of rank afterwards.
#include "penstock/stats/quantile_sketch.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

namespace {

using namespace penstock;

constexpr double levels[] = {0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999};

std::vector<double> made_up(std::size_t n, std::uint64_t seed) {
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    const double u = static_cast<double>(seed >> 11U) / 9007199254740992.0;
    values.push_back(-std::log1p(-u));  // exponential
  }
  return values;
}

/// How far the rank of what the sketch says is from q, as a part of all values.
double error_of(const QuantileSketch& sketch, std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double found = sketch.quantile(q);
  const auto low = static_cast<double>(std::lower_bound(values.begin(), values.end(), found) - values.begin());
  const auto high = static_cast<double>(std::upper_bound(values.begin(), values.end(), found) - values.begin());
  const double wanted = q * static_cast<double>(values.size());
  if (wanted < low) return (low - wanted) / static_cast<double>(values.size());
  if (wanted > high) return (wanted - high) / static_cast<double>(values.size());
  return 0;
}

}  // namespace

TEST_CASE("a sketch is exact while values are few") {
  for (const std::size_t n : {1U, 2U, 7U, 100U, 256U}) {
    const std::vector<double> values = made_up(n, n);
    QuantileSketch sketch;
    for (const double x : values) sketch.add(x);
    CHECK(sketch.exact());
    CHECK(sketch.rank_error() == 0);
    for (const double q : {0.0, 0.1, 0.25, 0.5, 0.75, 1.0}) CHECK(sketch.quantile(q) == stats::Quantile{q}(values));
  }
}

TEST_CASE("ranks are within the bound, in bounded memory, however the values come") {
  using Order = std::function<void(std::vector<double>&)>;
  const std::vector<Order> orders{[](std::vector<double>&) {},
                                  [](std::vector<double>& v) { std::sort(v.begin(), v.end()); },
                                  [](std::vector<double>& v) { std::sort(v.begin(), v.end(), std::greater<>()); },
                                  [](std::vector<double>& v) {
                                    for (double& x : v) x = std::floor(4 * x);  // many ties
                                  },
                                  [](std::vector<double>& v) {  // from both ends to the middle
                                    std::sort(v.begin(), v.end());
                                    std::vector<double> zigzag;
                                    for (std::size_t i = 0; i < v.size(); ++i)
                                      zigzag.push_back(i % 2 == 0 ? v[i / 2] : v[v.size() - 1 - i / 2]);
                                    v = zigzag;
                                  }};
  for (const Order& order : orders) {
    double squares = 0;
    std::size_t asked = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      std::vector<double> values = made_up(20'000, seed);
      order(values);
      QuantileSketch sketch({.size = 256, .seed = seed});
      for (const double x : values) sketch.add(x);
      CHECK(sketch.count() == 20'000);
      CHECK(sketch.held() <= 3 * 256);
      CHECK_FALSE(sketch.exact());
      CHECK(sketch.min() == *std::min_element(values.begin(), values.end()));
      CHECK(sketch.quantile(1) == *std::max_element(values.begin(), values.end()));
      CHECK(sketch.rank_error() < 0.02);
      for (const double q : levels) {
        const double error = error_of(sketch, values, q);
        CHECK(error <= sketch.rank_error(0.9999));
        squares += error * error;
        ++asked;
      }
    }
    CHECK(std::sqrt(squares / static_cast<double>(asked)) < 0.004);
  }
}

TEST_CASE("a larger sketch errs less") {
  const std::vector<double> values = made_up(50'000, 3);
  double last = 1;
  for (const std::size_t size : {32U, 128U, 512U, 2048U}) {
    QuantileSketch sketch({.size = size});
    for (const double x : values) sketch.add(x);
    CHECK(sketch.rank_error() < last);
    last = sketch.rank_error();
  }
  CHECK(last < 0.003);
}

TEST_CASE("merged sketches are as good as one of all values") {
  std::vector<double> all;
  QuantileSketch merged({.seed = 99});
  for (std::uint64_t part = 0; part < 16; ++part) {
    const std::vector<double> values = made_up(part % 3 == 0 ? 100 : 3000, part + 50);
    QuantileSketch sketch({.seed = part});
    for (const double x : values) sketch.add(x + static_cast<double>(part));
    for (const double x : values) all.push_back(x + static_cast<double>(part));
    merged.merge(sketch);
  }
  CHECK(merged.count() == all.size());
  CHECK(merged.held() <= 3 * 256);
  CHECK(merged.rank_error() < 0.03);
  for (const double q : levels) CHECK(error_of(merged, all, q) <= merged.rank_error(0.9999));

  QuantileSketch few;
  QuantileSketch more;
  for (const double x : {3.0, 1.0}) few.add(x);
  more.add(2);
  few.merge(more).merge(QuantileSketch());
  CHECK(few.exact());
  CHECK(few.quantile(0.5) == 2);
  few.merge(few);
  CHECK(few.count() == 6);
  CHECK(few.quantile(0.5) == 2);
  CHECK_THROWS_WITH(few.merge(QuantileSketch({.size = 8})), "QuantileSketch: merge of size 8 into size 256");
}

TEST_CASE("a bound holds for sketches of one seed in any order, and for a sketch that is merged with its copy") {
  int beyond = 0, all = 0;
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    std::vector<QuantileSketch> parts(16, QuantileSketch({.size = 64}));
    std::vector<double> values;
    for (std::uint64_t part = 0; part < parts.size(); ++part) {
      for (const double x : made_up(1000, 100 * trial + part)) {
        parts[part].add(x);
        values.push_back(x);
      }
    }
    QuantileSketch in_turn = parts[0], twice = parts[0];
    for (std::size_t i = parts.size(); i-- > 1;) in_turn.merge(parts[i]);
    for (std::size_t width = 1; width < parts.size(); width *= 2) {
      for (std::size_t i = 0; i < parts.size(); i += 2 * width) parts[i].merge(parts[i + width]);
    }
    const std::vector<double> first(values.begin(), values.begin() + 1000);
    const double once = twice.rank_error();
    QuantileSketch copy = twice;
    twice.merge(twice);
    copy.merge(QuantileSketch(copy));
    CHECK(twice.rank_error() >= once);
    CHECK(copy.rank_error() == twice.rank_error());
    for (const double q : levels) {
      beyond += error_of(in_turn, values, q) > in_turn.rank_error(0.9) ? 1 : 0;
      beyond += error_of(parts[0], values, q) > parts[0].rank_error(0.9) ? 1 : 0;
      beyond += error_of(twice, first, q) > twice.rank_error(0.9) ? 1 : 0;
      all += 3;
    }
  }
  CHECK(beyond <= all / 100);  // Hoeffding's bound is a generous one
}

TEST_CASE("the same values give the same sketch, another seed another one") {
  const std::vector<double> values = made_up(5000, 7);
  QuantileSketch a;
  QuantileSketch b;
  QuantileSketch other({.seed = 5});
  for (const double x : values) {
    a.add(x);
    b.add(x);
    other.add(x);
  }
  bool same = true;
  bool differs = false;
  for (const double q : levels) {
    same = same && a.quantile(q) == b.quantile(q);
    differs = differs || a.quantile(q) != other.quantile(q);
  }
  CHECK(same);
  CHECK(differs);
}

TEST_CASE("sketches of nothing, of infinities, and of what is no number") {
  QuantileSketch sketch;
  CHECK(std::isnan(sketch.quantile(0.5)));
  sketch.add(std::numeric_limits<double>::quiet_NaN());
  CHECK(sketch.count() == 0);
  sketch.add(std::numeric_limits<double>::infinity());
  sketch.add(-std::numeric_limits<double>::infinity());
  sketch.add(0);
  CHECK(sketch.quantile(0.5) == 0);
  CHECK(sketch.quantile(1) == std::numeric_limits<double>::infinity());
  CHECK_THROWS_WITH(sketch.quantile(1.5), StartsWith("QuantileSketch: quantile 1.5"));
  CHECK_THROWS_AS(sketch.rank_error(1), std::invalid_argument);
  CHECK_THROWS_WITH(QuantileSketch({.size = 7}), "QuantileSketchOptions.size is 7; at least 8 is needed");
}
