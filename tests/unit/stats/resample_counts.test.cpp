// SPDX-License-Identifier: MIT
#include "penstock/stats/resample_counts.hpp"

#include "penstock/stats/random_subset.hpp"
#include "penstock/stats/resample_plan.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

using penstock::detail::BootstrapCounts;
using penstock::detail::RandomSubset;
using penstock::detail::room_for_counts;
using penstock::detail::words_for_bits;

namespace {

std::vector<std::uint8_t> bootstrap_counts(std::size_t n, std::uint64_t seed, std::uint64_t resample) {
  std::vector<std::uint8_t> counts(room_for_counts(n));
  BootstrapCounts(n).fill(seed, resample, 0, counts.data());
  counts.resize(n);
  return counts;
}

/// A subset as 0 and 1.
std::vector<std::uint8_t> subset(std::size_t n, std::size_t k, std::uint64_t seed, std::uint64_t resample) {
  std::vector<std::uint64_t> bits(words_for_bits(n));
  RandomSubset(n, k).fill(seed, resample, 0, bits.data());
  std::vector<std::uint8_t> chosen(n), others(n);
  penstock::detail::bits_to_counts(bits.data(), n, chosen.data(), others.data());
  bool parted = true;
  for (std::size_t i = 0; i < n; ++i) parted = parted && chosen[i] + others[i] == 1;
  REQUIRE(parted);
  return chosen;
}

double binomial_pmf(double n, double p, double k) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                  (n - k) * std::log1p(-p));
}

}  // namespace

TEST_CASE("counts of a bootstrap add up to the number of observations") {
  for (const std::size_t n : {1u, 2u, 3u, 31u, 32u, 33u, 1000u, 2047u, 2048u, 2049u, 5000u}) {
    for (std::uint64_t r = 0; r < 50; ++r) {
      const auto counts = bootstrap_counts(n, 7, r);
      REQUIRE(std::accumulate(counts.begin(), counts.end(), std::size_t{0}) == n);
    }
  }
}

TEST_CASE("each of the n^n ways to draw n of n is as likely as another") {
  for (const auto& [n, outcomes] : {std::pair{2u, 3u}, {3u, 10u}, {4u, 35u}, {5u, 126u}}) {
    std::map<std::vector<std::uint8_t>, double> seen;
    const double resamples = 64000;
    for (std::uint64_t r = 0; r < 64000; ++r) seen[bootstrap_counts(n, 11, r)] += 1;
    REQUIRE(seen.size() == outcomes);
    std::vector<double> counts, expected;
    for (const auto& [draw, count] : seen) {
      double ways = std::tgamma(n + 1.0);
      for (const auto k : draw) ways /= std::tgamma(k + 1.0);
      counts.push_back(count);
      expected.push_back(resamples * ways / std::pow(n, n));
    }
    CAPTURE(n);
    CHECK(test::misfit(counts, expected) < 4);
  }
}

TEST_CASE("a count is binomial, and two of them hold each other back as draws do") {
  constexpr std::size_t n = 400, resamples = 5000;
  std::vector<double> counts(9), expected(9);
  double product = 0;
  std::vector<double> totals(n);
  for (std::uint64_t r = 0; r < resamples; ++r) {
    const auto draw = bootstrap_counts(n, 3, r);
    for (std::size_t i = 0; i < n; ++i) {
      counts[std::min<std::size_t>(draw[i], 8)] += 1;
      totals[i] += draw[i];
    }
    for (std::size_t i = 0; i + 1 < n; i += 2) product += (draw[i] - 1.0) * (draw[i + 1] - 1.0);
  }
  double rest = 1;
  for (std::size_t k = 0; k < 8; ++k) {
    expected[k] = static_cast<double>(n * resamples) * binomial_pmf(n, 1.0 / n, static_cast<double>(k));
    rest -= binomial_pmf(n, 1.0 / n, static_cast<double>(k));
  }
  expected[8] = static_cast<double>(n * resamples) * rest;
  CHECK(test::misfit(counts, expected) < 4);
  CHECK(test::misfit(totals, std::vector<double>(n, resamples)) < 4);  // no observation is preferred
  const double pairs = static_cast<double>(n / 2 * resamples);
  CHECK(product / pairs == Approx(-1.0 / n).margin(5 / std::sqrt(pairs)));
}

TEST_CASE("the same place gives the same counts, another one others") {
  CHECK(bootstrap_counts(100, 1, 2) == bootstrap_counts(100, 1, 2));
  CHECK(bootstrap_counts(100, 1, 2) != bootstrap_counts(100, 1, 3));
  CHECK(bootstrap_counts(100, 1, 2) != bootstrap_counts(100, 2, 2));
  std::vector<std::uint8_t> other(room_for_counts(100));
  BootstrapCounts(100).fill(1, 2, 1, other.data());
  other.resize(100);
  CHECK(bootstrap_counts(100, 1, 2) != other);
}

TEST_CASE("the counts of a place are these, with any compiler") {
  std::uint64_t hash = 0;
  for (std::uint64_t r = 0; r < 20; ++r) {
    for (const auto count : bootstrap_counts(3001, 42, r)) hash = hash * 0x100000001b3 + count;
    for (const std::size_t k : {1234u, 1501u}) {
      for (const auto taken : subset(3001, k, 42, r)) hash = hash * 0x100000001b3 + taken;
    }
  }
  CHECK(hash == 0x7735a3b949140206);
}

TEST_CASE("every subset of 3 of 6, and of 2 of 7, is as likely as another") {
  for (const auto& [n, k, ways] : {std::tuple{6u, 3u, 20u}, {7u, 2u, 21u}}) {
    std::map<std::vector<std::uint8_t>, double> seen;
    for (std::uint64_t r = 0; r < 1000 * ways; ++r) {
      const auto taken = subset(n, k, 5, r);
      REQUIRE(std::accumulate(taken.begin(), taken.end(), 0u) == k);
      seen[taken] += 1;
    }
    REQUIRE(seen.size() == ways);
    std::vector<double> found;
    for (const auto& [which, count] : seen) found.push_back(count);
    CHECK(test::misfit(found, std::vector<double>(ways, 1000)) < 4);
  }
}

TEST_CASE("subsets have their size whatever the share is, and prefer nobody") {
  for (const auto& [n, k] :
       {std::pair{1u, 0u}, {1u, 1u}, {5u, 0u}, {5u, 5u}, {2000u, 1u}, {2000u, 1999u}, {4096u, 700u}, {3000u, 1490u}}) {
    std::vector<double> totals(n);
    for (std::uint64_t r = 0; r < 40; ++r) {
      const auto taken = subset(n, k, 5, r);
      REQUIRE(std::accumulate(taken.begin(), taken.end(), 0u) == k);
      for (std::size_t i = 0; i < n; ++i) totals[i] += taken[i];
    }
    if (k > 500 && k < 1999) {  // a hypergeometric share leaves less room than chi-square expects
      CHECK(test::misfit(totals, std::vector<double>(n, 40.0 * k / n)) < 4);
    }
  }
}

TEST_CASE("places are drawn equally often, and more than one block of them") {
  constexpr std::size_t n = 1500;
  std::vector<double> counts(n);
  std::vector<std::uint32_t> places(n);
  const penstock::detail::IndependentDraws plan(n);
  for (std::uint64_t r = 0; r < 400; ++r) {
    plan.fill_places({9, r, 0}, places);
    for (const auto place : places) counts.at(place) += 1;
  }
  CHECK(test::misfit(counts, std::vector<double>(n, 400)) < 4);
}
