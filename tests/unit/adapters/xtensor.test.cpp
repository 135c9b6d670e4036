// SPDX-License-Identifier: MIT
#include "penstock/adapters/xtensor.hpp"

#include "catch.hpp"

#if __has_include(<xtensor/xtensor.hpp>)
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#else
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xfixed.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xmath.hpp>
#include <xtensor/misc/xmanipulation.hpp>
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace penstock;

namespace {

using Place = std::vector<std::size_t>;

/// All places of an array of that shape, row by row.
std::vector<Place> places(const std::vector<std::size_t>& shape) {
  std::vector<Place> all{{}};
  for (const std::size_t n : shape) {
    std::vector<Place> longer;
    for (const Place& place : all) {
      for (std::size_t i = 0; i < n; ++i) {
        longer.push_back(place);
        longer.back().push_back(i);
      }
    }
    all = longer;
  }
  return all;
}

/// The addresses of an array's elements, row by row.
template <class A>
auto addresses(const A& array) {
  std::vector<const typename A::value_type*> all;
  for (const Place& place : places({array.shape().begin(), array.shape().end()})) {
    all.push_back(std::addressof(array.element(place.begin(), place.end())));
  }
  return all;
}

/// The part has the frame's rows [first, first + count) in place, given the addresses of the frame's elements.
template <class P, class T>
void check_rows(const P& part, const std::vector<const T*>& frame, std::size_t columns, std::size_t first,
                std::size_t count) {
  REQUIRE(rows(part) == count);
  const std::vector expected(frame.begin() + static_cast<std::ptrdiff_t>(first * columns),
                             frame.begin() + static_cast<std::ptrdiff_t>((first + count) * columns));
  REQUIRE(addresses(part) == expected);
  std::size_t at = 0;
  for (const T& value : part) REQUIRE(&value == expected.at(at++));  // its iterators agree
  REQUIRE(at == expected.size());
}

template <class F>
void check_all_slices(const F& frame) {
  const std::size_t n = rows(frame);
  REQUIRE(n == static_cast<std::size_t>(frame.shape()[0]));
  const auto all = addresses(frame);
  const std::size_t columns = n == 0 ? 0 : all.size() / n;
  for (std::size_t first = 0; first <= n; ++first) {
    for (std::size_t count = 0; count <= n - first; ++count) {
      const auto part = slice(frame, first, count);
      check_rows(part, all, columns, first, count);
      const auto rest = slice(part, count / 2, count - count / 2);
      static_assert(std::is_same_v<decltype(rest), decltype(part)>);
      check_rows(rest, all, columns, first + count / 2, count - count / 2);
      REQUIRE(std::equal(frame.shape().begin() + 1, frame.shape().end(), part.shape().begin() + 1, part.shape().end()));
    }
  }
  CHECK_THROWS_AS(slice(frame, 1, n), std::out_of_range);
  CHECK_THROWS_AS(slice(frame, n + 1, 0), std::out_of_range);
}

template <class A, class Shape>
A numbered(const Shape& shape) {
  A array = A::from_shape(shape);
  if (array.size() == 0) return array;
  int i = 0;
  for (auto& value : array) value = static_cast<typename A::value_type>(i++);
  return array;
}

using xt::all;
using xt::range;
constexpr auto row_major = xt::layout_type::row_major;
constexpr auto column_major = xt::layout_type::column_major;
constexpr auto dynamic_layout = xt::layout_type::dynamic;
using Shape = std::vector<std::size_t>;

}  // namespace

TEST_CASE("slices of an xtensor frame are its rows in place, whatever its container") {
  SECTION("fixed number of axes, either order") {
    check_all_slices(numbered<xt::xtensor<double, 1>>(Shape{6}));
    check_all_slices(numbered<xt::xtensor<double, 2>>(Shape{5, 3}));
    check_all_slices(numbered<xt::xtensor<float, 3>>(Shape{4, 3, 2}));
    check_all_slices(numbered<xt::xtensor<int, 2, column_major>>(Shape{5, 3}));
    check_all_slices(numbered<xt::xtensor<int, 3, column_major>>(Shape{4, 3, 2}));
    check_all_slices(numbered<xt::xtensor<bool, 1>>(Shape{6}));
    check_all_slices(numbered<xt::xtensor<double, 2>>(Shape{1, 3}));
    check_all_slices(numbered<xt::xtensor<double, 2>>(Shape{3, 1}));
    check_all_slices(numbered<xt::xtensor<double, 2, column_major>>(Shape{3, 1}));
    check_all_slices(numbered<xt::xtensor<double, 2>>(Shape{0, 3}));
    check_all_slices(numbered<xt::xtensor<double, 2>>(Shape{3, 0}));
    check_all_slices(numbered<xt::xtensor<double, 2, column_major>>(Shape{3, 0}));
    check_all_slices(xt::xtensor<double, 2>());
  }
  SECTION("axes and order known when it runs") {
    check_all_slices(numbered<xt::xarray<double>>(Shape{5}));
    check_all_slices(numbered<xt::xarray<double>>(Shape{4, 2, 3}));
    check_all_slices(numbered<xt::xarray<double>>(Shape{3, 2, 1, 2, 2, 1}));
    check_all_slices(numbered<xt::xarray<double, column_major>>(Shape{4, 2, 3}));
    check_all_slices(xt::xarray<double, dynamic_layout>(Shape{4, 3}, 1., row_major));
    check_all_slices(xt::xarray<double, dynamic_layout>(Shape{4, 3}, 1., column_major));
    check_all_slices(xt::xtensor<double, 2, dynamic_layout>({4, 3}, 1., column_major));
  }
  SECTION("fixed shape") {
    check_all_slices(xt::xtensor_fixed<double, xt::xshape<4, 3>>{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {1, 2, 3}});
    check_all_slices(xt::xtensor_fixed<int, xt::xshape<4>>{1, 2, 3, 4});
  }
  SECTION("memory of others") {
    std::vector<double> memory(12, 1);
    check_all_slices(xt::adapt(memory, Shape{4, 3}));
    check_all_slices(xt::adapt(memory, std::array<std::size_t, 2>{4, 3}));
    check_all_slices(xt::adapt<column_major>(memory, std::array<std::size_t, 2>{4, 3}));
    check_all_slices(xt::adapt(memory.data(), 12, xt::no_ownership(), std::array<std::size_t, 2>{6, 2}));
    check_all_slices(xt::adapt(memory));
  }
}

TEST_CASE("slices of an xtensor view are its rows in place, whatever the view") {
  const auto sweep = [](const auto& a) {
    check_all_slices(xt::view(a, range(1, 5)));
    check_all_slices(xt::view(a, range(1, 5), range(1, 3)));
    check_all_slices(xt::view(a, all(), range(1, 3), range(1, 2)));
    check_all_slices(xt::view(a, all(), 1));
    check_all_slices(xt::view(a, all(), 1, 1));
    check_all_slices(xt::view(a, 2));
    check_all_slices(xt::view(a, 2, 1));
    check_all_slices(xt::view(a, range(0, 6, 2)));
    check_all_slices(xt::view(a, range(1, 6, 2), all(), 1));
    check_all_slices(xt::view(a, xt::newaxis(), all()));
    check_all_slices(xt::view(a, all(), xt::newaxis(), all()));
    check_all_slices(xt::view(xt::view(a, range(1, 6)), range(1, 4), range(0, 2)));
    check_all_slices(xt::strided_view(a, {range(1, 5), xt::ellipsis(), 1}));
    check_all_slices(xt::strided_view(a, {xt::ellipsis(), range(0, 2)}));
    check_all_slices(xt::transpose(a));
  };
  sweep(numbered<xt::xtensor<double, 3>>(Shape{6, 4, 2}));
  sweep(numbered<xt::xarray<float, column_major>>(Shape{6, 4, 2}));
  xt::xtensor_fixed<int, xt::xshape<6, 4, 2>> fixed;
  fixed.fill(3);
  check_all_slices(xt::view(fixed, range(1, 5)));
  check_all_slices(xt::view(fixed, all(), range(1, 3)));
  auto writable = numbered<xt::xtensor<double, 2>>(Shape{4, 3});
  check_all_slices(xt::view(writable, range(1, 4)));
  check_all_slices(xt::row(writable, 1));
  check_all_slices(xt::col(writable, 1));
}

TEST_CASE("a slice of a temporary xtensor view is over the array's memory, not the view's") {
  const auto a = numbered<xt::xtensor<double, 2>>(Shape{8, 2});
  const auto part = slice(slice(slice(xt::view(a, range(1, 8)), 1, 6), 1, 5), 1, 4);
  check_rows(part, addresses(a), 2, 4, 4);
  const auto column = slice(xt::view(xt::view(a, range(1, 8)), all(), 1), 1, 3);
  CHECK(column(0) == 5);
  CHECK(column(2) == 9);
}

TEST_CASE("slices of an xtensor frame compute as arrays do") {
  const auto check = [](const auto& a) {
    const auto part = slice(a, 1, 3);
    const xt::xtensor<double, 1> sums = xt::sum(part, {1});
    CHECK((sums == xt::xtensor<double, 1>{2 + 3, 4 + 5, 6 + 7}));
    const xt::xtensor<double, 2> twice = 2 * part;
    CHECK((twice == xt::xtensor<double, 2>{{4, 6}, {8, 10}, {12, 14}}));
    const xt::xarray<double> copy = part;
    CHECK(copy(2, 1) == 7);
    const double last = xt::view(part, all(), 1)(2);
    CHECK(last == 7);
    const double mean = xt::mean(part)();
    CHECK(mean == 4.5);
    CHECK(
        (xt::xtensor<double, 2>(part + xt::view(a, range(0, 3))) == xt::xtensor<double, 2>{{2, 4}, {6, 8}, {10, 12}}));
  };
  check(numbered<xt::xtensor<double, 2>>(Shape{5, 2}));
  check(numbered<xt::xarray<double>>(Shape{5, 2}));
  check(numbered<xt::xtensor<double, 2, column_major>>(Shape{5, 2}));
  const auto wide = xt::xtensor<double, 2>{{9, 0, 1}, {9, 2, 3}, {9, 4, 5}, {9, 6, 7}, {9, 8, 9}};
  check(xt::view(wide, all(), range(1, 3)));
}

TEST_CASE("an xtensor array without an axis is refused, and a view that runs backwards") {
  const xt::xarray<double> number = 5.;
  CHECK_THROWS_WITH(rows(number), "an xtensor array without an axis has no rows");
  CHECK_THROWS_AS(slice(number, 0, 0), std::invalid_argument);
  const auto a = numbered<xt::xtensor<double, 2>>(Shape{4, 3});
  using xt::placeholders::_;
  const auto backwards = xt::view(a, range(_, _, -1));
  CHECK(rows(backwards) == 4);
  CHECK_THROWS_WITH(slice(backwards, 1, 2),
                    "an xtensor array that runs backwards has no rows to take in place; copy it first");
  CHECK_THROWS_AS(slice(xt::flip(a, 1), 1, 2), std::invalid_argument);
}

TEST_CASE("many threads may slice one xtensor view") {
  const auto a = numbered<xt::xtensor<double, 2, column_major>>(Shape{64, 4});
  const auto view = xt::view(a, range(0, 64), range(1, 3));
  std::vector<double> sums(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < sums.size(); ++t) {
    threads.emplace_back([&view, &sum = sums[t]] {
      for (std::size_t first = 0; first < 64; ++first) sum += slice(view, first, 1)(0, 1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  double expected = 0;
  for (std::size_t i = 0; i < 64; ++i) expected += a(i, 2);
  CHECK(sums == std::vector<double>(4, expected));
}
