// SPDX-License-Identifier: MIT
#include "penstock/core/index_iterator.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <ranges>
#include <vector>

using namespace penstock;

namespace {

/// The squares of 0 to n - 1, none of which is stored.
struct Squares {
  std::size_t n = 10;
  int operator[](std::size_t i) const { return static_cast<int>(i * i); }
  auto begin() const { return detail::IndexIterator<Squares>(*this, 0); }
  auto end() const { return detail::IndexIterator<Squares>(*this, n); }
};
using Iterator = detail::IndexIterator<Squares>;

}  // namespace

static_assert(std::random_access_iterator<Iterator>);
static_assert(std::sized_sentinel_for<Iterator, Iterator>);
static_assert(std::ranges::random_access_range<Squares>);
static_assert(std::ranges::sized_range<Squares>);
static_assert(std::ranges::common_range<Squares>);

TEST_CASE("an index iterator moves as a pointer does") {
  const Squares squares;
  Iterator i = squares.begin();
  CHECK(*i == 0);
  CHECK(*++i == 1);
  CHECK(*i++ == 1);
  CHECK(*i == 4);
  CHECK(*i-- == 4);
  CHECK(*--i == 0);
  CHECK(*(i += 5) == 25);
  CHECK(*(i -= 2) == 9);
  CHECK(*(i + 1) == 16);
  CHECK(*(1 + i) == 16);
  CHECK(*(i - 1) == 4);
  CHECK(i[2] == 25);
  CHECK(i[-3] == 0);
  CHECK(squares.end() - squares.begin() == 10);
  CHECK(squares.begin() - squares.end() == -10);
  CHECK(squares.begin() < i);
  CHECK(i <= i);
  CHECK(squares.end() > i);
  CHECK(i == squares.begin() + 3);
  CHECK(i != squares.end());
}

TEST_CASE("algorithms and views run over index iterators") {
  const Squares squares;
  CHECK(std::vector<int>(squares.begin(), squares.end()) == std::vector<int>{0, 1, 4, 9, 16, 25, 36, 49, 64, 81});
  CHECK(std::accumulate(squares.begin(), squares.end(), 0) == 285);
  CHECK(std::ranges::binary_search(squares, 49));
  CHECK_FALSE(std::ranges::binary_search(squares, 50));
  CHECK(*std::ranges::lower_bound(squares, 50) == 64);
  CHECK(std::ranges::max(squares) == 81);
  std::vector<int> last;
  for (const int x : squares | std::views::reverse | std::views::take(2)) last.push_back(x);
  CHECK(last == std::vector<int>{81, 64});
}
