// SPDX-License-Identifier: MIT
#include "oracle/slots.hpp"

#include "catch.hpp"

#include <deque>
#include <string>
#include <vector>

namespace penstock {
namespace {

TEST_CASE("slots keep a list a level, as a deque a level would") {
  detail::Slots<std::string> slots(13);
  std::vector<std::deque<std::string>> expected(max_priorities);
  std::uint64_t dice = 1;
  const auto roll = [&](std::uint64_t n) {
    dice = dice * 6364136223846793005 + 1442695040888963407;
    return (dice >> 33) % n;
  };
  std::size_t size = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto level = static_cast<unsigned>(roll(max_priorities));
    if (size < slots.capacity() && roll(2) == 0) {
      const std::vector<std::string> values(std::min<std::size_t>(roll(4), 13 - size), std::to_string(i));
      slots.append_all(level, values.begin(), values.end(), [](auto& it) { return *it; });
      expected[level].insert(expected[level].end(), values.begin(), values.end());
      size += values.size();
    } else if (size > 0) {
      unsigned highest = max_priorities - 1;
      while (expected[highest].empty()) --highest;
      REQUIRE(slots.highest() == highest);
      unsigned oldest = highest;  // the smallest number came first
      for (unsigned k = 0; k < max_priorities; ++k) {
        if (!expected[k].empty() && std::stoi(expected[k].front()) < std::stoi(expected[oldest].front())) oldest = k;
      }
      REQUIRE(slots.oldest() == oldest);
      const unsigned from = roll(2) == 0 ? highest : oldest;
      REQUIRE(slots.front(from) == expected[from].front());
      slots.pop(from);
      expected[from].pop_front();
      --size;
    }
    REQUIRE(slots.size() == size);
    REQUIRE(slots.size(level) == expected[level].size());
  }
}

}  // namespace
}  // namespace penstock
