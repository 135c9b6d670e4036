// SPDX-License-Identifier: MIT
#include "penstock/serve/load_shedder.hpp"

#include "catch.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

namespace penstock {
namespace {

std::vector<bool> admitted(LoadShedder& shedder, double load) {
  shedder.update(load);
  std::vector<bool> all;
  for (std::size_t p = 0; p < shedder.options().priorities; ++p) all.push_back(shedder.admit(p));
  return all;
}

}  // namespace

TEST_CASE("the less urgent is shed first, at the top of its band, and admitted last, at the bottom") {
  LoadShedder shedder({.priorities = 3, .low = 0, .high = 3});
  const std::vector<bool> all{true, true, true}, two{false, true, true}, one{false, false, true}, none(3, false);
  CHECK(admitted(shedder, 0.99) == all);
  CHECK(admitted(shedder, 1) == two);  // met counts
  CHECK(admitted(shedder, 0.01) == two);
  CHECK(admitted(shedder, 0) == all);
  CHECK(admitted(shedder, 2) == one);
  CHECK(admitted(shedder, 1.01) == one);
  CHECK(admitted(shedder, 1) == two);
  CHECK(admitted(shedder, 0.5) == two);
  CHECK(admitted(shedder, 9) == none);
  CHECK(admitted(shedder, 2.5) == none);
  CHECK(admitted(shedder, std::numeric_limits<double>::quiet_NaN()) == none);
  CHECK(admitted(shedder, -1) == all);
}

TEST_CASE("with one priority the levels are those of a queue's watermarks") {
  LoadShedder shedder({.priorities = 1, .low = 0.5, .high = 0.8});
  std::mt19937_64 random(1);
  bool throttled = false;
  for (int i = 0; i < 10'000; ++i) {
    const double load = 0.1 * static_cast<double>(random() % 11);
    if (load >= 0.8) throttled = true;
    if (load <= 0.5) throttled = false;
    shedder.update(load);
    REQUIRE(shedder.admit(0) == !throttled);
  }
  CHECK(shedder.stats().changes > 1000);
}

TEST_CASE("levels are those of a band each, gone through one by one") {
  std::mt19937_64 random(2);
  for (std::size_t priorities = 1; priorities <= max_shed_priorities; ++priorities) {
    LoadShedder shedder({.priorities = priorities, .low = 2, .high = 2 + static_cast<double>(priorities)});
    std::array<bool, max_shed_priorities> shed{};
    for (int i = 0; i < 5000; ++i) {
      const double load = 0.25 * static_cast<double>(random() % 48);
      shedder.update(load);
      for (std::size_t p = 0; p < priorities; ++p) {
        if (load >= 2 + static_cast<double>(p + 1)) shed[p] = true;
        if (load <= 2 + static_cast<double>(p)) shed[p] = false;
        REQUIRE(shedder.admit(p) == !shed[p]);
      }
    }
  }
}

TEST_CASE("gradually, the share that is shed is exact and evenly spaced") {
  LoadShedder shedder({.priorities = 2, .low = 0, .high = 2, .shedding = Shedding::gradual});
  for (const auto& [load, low, high] :
       {std::array{0., 0., 0.}, {0.25, 0.25, 0.}, {1., 1., 0.}, {1.5, 1., 0.5}, {1.9, 1., 0.9}, {2., 1., 1.}}) {
    CAPTURE(load);
    shedder.update(load);
    std::array<std::uint64_t, 2> shed{};
    for (std::uint64_t n = 1; n <= 1000; ++n) {
      for (std::size_t p = 0; p < 2; ++p) {
        shed[p] += shedder.admit(p) ? 0 : 1;
        const double due = static_cast<double>(n) * (p == 0 ? low : high);
        REQUIRE(static_cast<double>(shed[p]) > due - 1.001);
        REQUIRE(static_cast<double>(shed[p]) < due + 1.001);
      }
    }
  }
}

TEST_CASE("a load so near the top that the band's width does not tell them apart is at the top") {
  LoadShedder shedder({.priorities = 1, .low = -1e17, .high = 8, .shedding = Shedding::gradual});
  shedder.update(7);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(shedder.admit(0));
}

TEST_CASE("each request is counted as admitted or shed, by its priority") {
  LoadShedder shedder({.priorities = 2, .low = 0, .high = 2});
  for (const double load : {0., 1., 1., 2.}) static_cast<void>(admitted(shedder, load));
  const LoadShedderStats stats = shedder.stats();
  CHECK(stats.admitted[0] == 1);
  CHECK(stats.shed[0] == 3);
  CHECK(stats.admitted[1] == 3);
  CHECK(stats.shed[1] == 1);
  CHECK(stats.admitted[2] + stats.shed[2] == 0);
  CHECK(stats.level == 2);
  CHECK(stats.load == 2);
  CHECK(stats.changes == 2);
}

TEST_CASE("each change of level is told once, in order; what the listener throws is counted") {
  LoadShedder shedder({.priorities = 3, .low = 0, .high = 3});
  std::vector<std::size_t> told;
  shedder.on_change([&](const ShedChange& change) {
    if (!told.empty()) CHECK(change.from == told.back());
    told.push_back(change.to);
    CHECK(change.number == told.size());
    if (change.load == 2) throw 1;
  });
  for (const double load : {0.5, 1., 1.5, 2., 1.5, 0., 3., 3.}) shedder.update(load);
  CHECK_THAT(told, Equals(std::vector<std::size_t>{1, 2, 0, 3}));
  CHECK(shedder.stats().listener_exceptions == 1);
}

TEST_CASE("options of a shedder and priorities that cannot work are refused by name and value") {
  CHECK_THROWS_WITH(LoadShedder({.priorities = 0}), ContainsSubstring("priorities is 0; 1 to 8"));
  CHECK_THROWS_WITH(LoadShedder({.priorities = 9}), ContainsSubstring("priorities is 9"));
  CHECK_THROWS_WITH(LoadShedder({.low = 0.9, .high = 0.9}), ContainsSubstring("low 0.9"));
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(LoadShedder({.high = infinite}), std::invalid_argument);
  CHECK_THROWS_AS(LoadShedder({.low = -infinite}), std::invalid_argument);
  CHECK_THROWS_AS(LoadShedder({.low = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
  CHECK_THROWS_WITH(LoadShedder({.shedding = static_cast<Shedding>(4)}), ContainsSubstring("shedding is 4"));
  LoadShedder shedder({.priorities = 2});
  CHECK_THROWS_WITH(shedder.admit(2), ContainsSubstring("priority is 2; it must be below .priorities, 2"));
  CHECK(to_string(Shedding::gradual) == "gradual");
}

}  // namespace penstock
