// SPDX-License-Identifier: MIT
#include "penstock/core/frame.hpp"

#include "catch.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

TEST_CASE("a contiguous range is a frame of its elements, its slices are spans in place") {
  const std::vector<int> v{1, 2, 3, 4, 5};
  CHECK(rows(v) == 5);
  const std::span<const int> part = slice(v, 1, 3);
  CHECK(part.data() == v.data() + 1);
  CHECK(part.size() == 3);
  CHECK(slice(part, 1, 2).data() == v.data() + 2);
  CHECK(slice(v, 5, 0).empty());
  CHECK(slice(std::vector<int>(), 0, 0).empty());

  const std::array<double, 3> a{1, 2, 3};
  CHECK(slice(a, 2, 1)[0] == 3);
  const int c[4] = {1, 2, 3, 4};
  CHECK(rows(c) == 4);
  CHECK(slice(c, 1, 2).data() == c + 1);
  CHECK(slice(std::span<const int, 5>(v), 4, 1)[0] == 5);
  CHECK(slice(std::string("abc"), 0, 1).size() == 1);
  CHECK(slice(std::string_view("abc"), 1, 2)[0] == 'b');
}

TEST_CASE("a slice that is not all there is refused with its figures") {
  const std::vector<int> v(5);
  CHECK_THROWS_WITH(slice(v, 3, 3), "slice of 3 rows from row 3, in a frame of 5");
  CHECK_THROWS_AS(slice(v, 6, 0), std::out_of_range);
  constexpr auto huge = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_AS(slice(v, 2, huge), std::out_of_range);  // whose sum with 2 is small
  CHECK_THROWS_AS(slice(v, huge, 2), std::out_of_range);
}
