// SPDX-License-Identifier: MIT
#include "penstock/core/matrix.hpp"

#include "catch.hpp"

#include <span>
#include <stdexcept>
#include <vector>

using namespace penstock;

TEST_CASE("a matrix is read by row and column") {
  const RowMajorMatrix m{{1, 2, 3, 4, 5, 6}, 3, 2};
  CHECK(m(0, 0) == 1);
  CHECK(m(2, 1) == 6);
  CHECK(m.row(1).size() == 2);
  CHECK(m.row(1)[0] == 3);
  CHECK(m.view()(2, 0) == 5);
  CHECK(m.view().row(2)[1] == 6);
}

TEST_CASE("a slice of a matrix is its rows in place, and so is a slice of a slice") {
  const RowMajorMatrix m{{1, 2, 3, 4, 5, 6, 7, 8}, 4, 2};
  CHECK(rows(m) == 4);
  const RowMajorView part = slice(m, 1, 3);
  CHECK(rows(part) == 3);
  CHECK(part.cols == 2);
  CHECK(part.data == m.values.data() + 2);
  const RowMajorView last = slice(part, 2, 1);
  CHECK(last(0, 1) == 8);
  CHECK(slice(m, 4, 0).rows == 0);
  CHECK_THROWS_WITH(slice(m, 2, 3), "slice of 3 rows from row 2, in a frame of 4");
  CHECK_THROWS_AS(slice(part, 4, 0), std::out_of_range);
}

TEST_CASE("a matrix without rows or columns is a frame too") {
  CHECK(rows(RowMajorMatrix{}) == 0);
  const RowMajorMatrix narrow{{}, 3, 0};
  CHECK(rows(slice(narrow, 1, 2)) == 2);
  CHECK(slice(narrow, 1, 2).row(1).empty());
}
