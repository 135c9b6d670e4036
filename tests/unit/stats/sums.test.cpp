// SPDX-License-Identifier: MIT
// Weighted and selected sums: every way to make them adds in the same order.
#include "penstock/stats/selected_sum.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace detail = penstock::detail;

namespace {

/// What the sums promise, spelt out.
template <class Term>
double by_lanes(std::size_t n, Term term) {
  double lane[16] = {};
  for (std::size_t i = 0; i < n; ++i) lane[i % 16] += detail::rounded(term(i));
  double half[8];
  for (std::size_t k = 0; k < 8; ++k) half[k] = lane[k] + lane[k + 8];
  return ((half[0] + half[4]) + (half[2] + half[6])) + ((half[1] + half[5]) + (half[3] + half[7]));
}

}  // namespace

TEST_CASE("sums are those of sixteen lanes, to the last bit, whatever the machine can do") {
  for (const std::size_t n : {0u, 1u, 15u, 16u, 17u, 63u, 64u, 65u, 128u, 1000u}) {
    const auto x = test::normal_values(n, n);
    penstock::stats::RandomStream random(n);
    std::vector<std::uint8_t> counts(n);
    std::vector<std::uint64_t> bits((n + 63) / 64);
    for (auto& count : counts) count = static_cast<std::uint8_t>(random.below(256));
    for (auto& word : bits) word = random.next64();
    const auto chosen = [&](std::size_t i) { return (bits[i / 64] >> i % 64 & 1) != 0; };

    const auto first = by_lanes(n, [&](std::size_t i) { return counts[i] * x[i]; });
    const auto second = by_lanes(n, [&](std::size_t i) {
      const double d = x[i] - 0.3;
      return detail::rounded(counts[i] * d) * d;
    });
    const auto selected = by_lanes(n, [&](std::size_t i) { return chosen(i) ? x[i] : 0; });
    CHECK(detail::weighted_sum(x.data(), counts.data(), n) == first);
    CHECK(detail::weighted_power_sum<2>(x.data(), 0.3, counts.data(), n) == second);
    CHECK(detail::selected_sum(x.data(), bits.data(), n) == selected);
    CHECK(detail::power_sum<1>(x.data(), 0, n) == by_lanes(n, [&](std::size_t i) { return x[i]; }));
#if defined(__SSE2__) && defined(__GNUC__)
    double lane[16] = {};
    std::size_t i = detail::add_weighted_sse2<2>(x.data(), 0.3, counts.data(), n, lane);
    for (; i < n; ++i) lane[i % 16] += detail::rounded(detail::rounded(counts[i] * (x[i] - 0.3)) * (x[i] - 0.3));
    CHECK(detail::add_lanes(lane) == second);
    double other[16] = {};
    detail::add_selected_sse2(x.data(), bits.data(), n / 64, other);
    for (i = n / 64 * 64; i < n; ++i) other[i % 16] += chosen(i) ? x[i] : 0;
    CHECK(detail::add_lanes(other) == selected);
#endif
  }
}

TEST_CASE("values that are not selected may be anything") {
  std::vector<double> x(100, std::numeric_limits<double>::quiet_NaN());
  std::vector<std::uint64_t> bits(2);
  for (const std::size_t i : {3u, 64u, 99u}) {
    x[i] = 1;
    bits[i / 64] |= std::uint64_t{1} << i % 64;
  }
  CHECK(detail::selected_sum(x.data(), bits.data(), 100) == 3);
}
