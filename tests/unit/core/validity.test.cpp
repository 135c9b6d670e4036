// SPDX-License-Identifier: MIT
#include "penstock/core/validity.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace penstock;

namespace {

/// The bitmap says what the oracle says, in all ways in which it can be asked.
void check_same(const Validity& validity, const std::vector<bool>& oracle) {
  REQUIRE(validity.size() == oracle.size());
  for (std::size_t i = 0; i < oracle.size(); ++i) REQUIRE(validity[i] == oracle[i]);
  const auto missing = static_cast<std::size_t>(std::count(oracle.begin(), oracle.end(), false));
  REQUIRE(validity.null_count() == missing);
  REQUIRE(validity.all_valid() == (missing == 0));
}

void check_missing(const Validity& validity, const std::vector<bool>& oracle, std::size_t first, std::size_t count) {
  std::vector<std::size_t> expected;
  for (std::size_t i = first; i < first + count; ++i) {
    if (!oracle[i]) expected.push_back(i);
  }
  std::vector<std::size_t> found;
  validity.for_each_missing(first, count, [&](std::size_t i) { found.push_back(i); });
  REQUIRE(found == expected);
}

/// A small generator with a fixed seed.
struct Random {
  std::uint64_t state = 42;
  std::size_t operator()(std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % below;
  }
};

}  // namespace

TEST_CASE("a bitmap agrees with a vector of bools after any appends") {
  Random random;
  for (int run = 0; run < 200; ++run) {
    const std::size_t start = random(3) == 0 ? random(200) : 0;
    Validity validity(start);
    std::vector<bool> oracle(start, true);
    const std::size_t rarity = 1 + random(100);  // of missing values
    for (std::size_t step = random(40); step > 0; --step) {
      if (random(4) == 0) {
        const std::size_t count = random(150);
        validity.append_valid(count);
        oracle.insert(oracle.end(), count, true);
      } else {
        for (std::size_t n = random(80); n > 0; --n) {
          const bool valid = random(rarity) != 0;
          validity.append(valid);
          oracle.push_back(valid);
        }
      }
    }
    check_same(validity, oracle);
    check_missing(validity, oracle, 0, oracle.size());
    for (int s = 0; s < 20; ++s) {
      const std::size_t first = random(oracle.size() + 1);
      check_missing(validity, oracle, first, random(oracle.size() - first + 1));
    }
  }
}

TEST_CASE("a bitmap is right at each border of its words") {
  for (const std::size_t size : {1u, 63u, 64u, 65u, 127u, 128u, 129u}) {
    for (std::size_t hole = 0; hole < size; ++hole) {
      Validity validity;
      std::vector<bool> oracle(size, true);
      oracle[hole] = false;
      for (const bool valid : oracle) validity.append(valid);
      check_same(validity, oracle);
      check_missing(validity, oracle, 0, size);
      check_missing(validity, oracle, hole, 1);
      check_missing(validity, oracle, hole, size - hole);
      check_missing(validity, oracle, 0, hole);
      check_missing(validity, oracle, 0, hole + 1);
      validity.append_valid(64);
      oracle.resize(size + 64, true);
      check_same(validity, oracle);
    }
  }
}

TEST_CASE("an empty bitmap is all there") {
  const Validity validity;
  CHECK(validity.size() == 0);
  CHECK(validity.all_valid());
  check_missing(validity, {}, 0, 0);
  CHECK(Validity(5)[4]);
}
