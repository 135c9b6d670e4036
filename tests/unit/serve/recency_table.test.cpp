// SPDX-License-Identifier: MIT
#include "penstock/serve/recency_table.hpp"

#include "catch.hpp"

#include <set>
#include <string>

namespace penstock {
namespace {

TEST_CASE("entries stay where they are and places are used again, so that memory does not grow") {
  detail::RecencyTable<int, std::string> table(3);
  std::set<const void*> places;
  for (int i = 0; i < 1000; ++i) {
    const auto hash = detail::spread(static_cast<std::size_t>(i));
    if (table.full()) table.erase(i % 2 == 0 ? *table.least_used() : *table.first_written());
    table.insert(i, hash, std::to_string(i), TimePoint{});
    REQUIRE(table.find(i, hash)->content->value == std::to_string(i));
    places.insert(table.find(i, hash));
  }
  CHECK(places.size() == 3);
  CHECK(table.size() == 3);
}

TEST_CASE("the least used and the first written are nobody in an empty table") {
  detail::RecencyTable<int, int> table(1);
  CHECK(table.least_used() == nullptr);
  CHECK(table.first_written() == nullptr);
  CHECK_FALSE(table.full());
}

TEST_CASE("hashes that differ in any one bit differ in the bits that choose a place") {
  std::set<std::uint64_t> low, high;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t hash = detail::spread(std::size_t{1} << bit);
    low.insert(hash & 0xFFFFU);
    high.insert(hash >> 48U);
  }
  CHECK(low.size() == 64);
  CHECK(high.size() == 64);
}

}  // namespace
}  // namespace penstock
