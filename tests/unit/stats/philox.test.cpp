// SPDX-License-Identifier: MIT
#include "penstock/stats/philox.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <array>
#include <cstdint>
#include <random>
#include <vector>

using penstock::detail::PhiloxPlace;
using penstock::stats::philox4x32;
using penstock::stats::RandomStream;
using Words = std::array<std::uint32_t, 4>;

static_assert(std::uniform_random_bit_generator<RandomStream>);
static_assert(philox4x32({}, {}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});

TEST_CASE("the words of Philox are those of its authors' known answers") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("every way to fill a stretch gives the same words, also where the block number comes round") {
  for (const PhiloxPlace place : {PhiloxPlace{0, 0, 0, 0}, PhiloxPlace{0x123456789abcdef0, 0xfedcba9876543210, 77, 5},
                                  PhiloxPlace{~0ull, ~0ull, ~0u, 0xfffffff4}}) {
    std::vector<std::uint32_t> expected(4 * 64), words(4 * 64);
    penstock::detail::philox_portable(place, expected.data(), 64);
    penstock::detail::philox_fill(place, words.data(), 64);
    CHECK(words == expected);
#if defined(__SSE2__)
    words.assign(words.size(), 0);
    penstock::detail::philox_sse2(place, words.data(), 64);
    CHECK(words == expected);
#endif
  }
}

TEST_CASE("a stream is the blocks of its place, one after the other") {
  RandomStream stream(0x1111111122222222, 0x3333333344444444, 5);
  for (std::uint32_t block = 0; block < 100; ++block) {
    const Words expected = philox4x32({block, 5, 0x44444444, 0x33333333}, {0x22222222, 0x11111111});
    for (const std::uint32_t word : expected) REQUIRE(stream() == word);
  }
}

TEST_CASE("whole numbers below a bound are all there, equally often") {
  RandomStream stream(1);
  std::vector<double> counts(7), expected(7, 10000);
  for (int i = 0; i < 70000; ++i) counts[stream.below(7)] += 1;
  CHECK(test::misfit(counts, expected) < 4);
  for (int i = 0; i < 100; ++i) CHECK(stream.below(1) == 0);
  // 3 * 2^30 does not divide 2^32: without a second try the lower numbers would be twice as likely.
  std::vector<double> thirds(3);
  for (int i = 0; i < 30000; ++i) thirds[stream.below(3u << 30) >> 30] += 1;
  CHECK(test::misfit(thirds, {10000, 10000, 10000}) < 4);
}

TEST_CASE("uniform numbers are at least 0 and below 1, and fill that evenly") {
  RandomStream stream(2);
  std::vector<double> counts(64);
  for (int i = 0; i < 64000; ++i) {
    const double u = stream.uniform();
    REQUIRE((u >= 0 && u < 1));
    counts[static_cast<std::size_t>(u * 64)] += 1;
  }
  CHECK(test::misfit(counts, std::vector<double>(64, 1000)) < 4);
}
