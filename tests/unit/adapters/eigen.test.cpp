// SPDX-License-Identifier: MIT
#include "penstock/adapters/eigen.hpp"

#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <Eigen/Core>

#include <complex>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

using namespace penstock;
using Eigen::Dynamic;
using RowMajorXd = Eigen::Matrix<double, Dynamic, Dynamic, Eigen::RowMajor>;

namespace {

/// A matrix whose value at (i, j) is 100 i + j.
template <class M>
M numbered(Eigen::Index rows, Eigen::Index cols) {
  M m(rows, cols);
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < cols; ++j) m(i, j) = typename M::Scalar(static_cast<float>(100 * i + j));
  }
  return m;
}

/// Every slice of the frame against the elements that it must hold, and every slice of these; nothing is copied.
template <class F>
void check_all_slices(const F& frame) {
  const std::size_t n = rows(frame);
  REQUIRE(n == static_cast<std::size_t>(frame.rows()));
  for (std::size_t first = 0; first <= n; ++first) {
    for (std::size_t count = 0; count <= n - first; ++count) {
      const auto part = slice(frame, first, count);
      REQUIRE(rows(part) == count);
      REQUIRE(part.cols() == frame.cols());
      for (std::size_t i = 0; i < count; ++i) {
        for (Eigen::Index j = 0; j < frame.cols(); ++j) {
          const auto& there = frame.coeffRef(static_cast<Eigen::Index>(first + i), j);
          REQUIRE(&part.coeffRef(static_cast<Eigen::Index>(i), j) == &there);
        }
      }
      const auto rest = slice(part, count / 2, count - count / 2);
      static_assert(std::is_same_v<decltype(rest), decltype(part)>);
      for (std::size_t i = 0; i < rows(rest); ++i) {
        const auto row = static_cast<Eigen::Index>(first + count / 2 + i);
        for (Eigen::Index j = 0; j < frame.cols(); ++j) {
          REQUIRE(&rest.coeffRef(static_cast<Eigen::Index>(i), j) == &frame.coeffRef(row, j));
        }
      }
    }
  }
  CHECK_THROWS_AS(slice(frame, 1, n), std::out_of_range);
  CHECK_THROWS_AS(slice(frame, n + 1, 0), std::out_of_range);
}

}  // namespace

TEST_CASE("slices of an Eigen frame are its rows in place, whatever its type") {
  SECTION("matrices of either order") {
    check_all_slices(numbered<Eigen::MatrixXd>(5, 3));
    check_all_slices(numbered<RowMajorXd>(5, 3));
    check_all_slices(numbered<Eigen::Matrix<float, Dynamic, 3>>(4, 3));
    check_all_slices(numbered<Eigen::Matrix<int, 4, Dynamic, Eigen::RowMajor>>(4, 2));
    check_all_slices(numbered<Eigen::Matrix<double, 4, 3>>(4, 3));
    check_all_slices(numbered<Eigen::Matrix<float, 4, 3, Eigen::RowMajor>>(4, 3));
    check_all_slices(numbered<Eigen::Matrix<double, Dynamic, Dynamic, 0, 6, 6>>(4, 3));
    check_all_slices(numbered<Eigen::Matrix<std::complex<double>, Dynamic, Dynamic>>(3, 2));
    check_all_slices(numbered<Eigen::MatrixXd>(3, 1));
    check_all_slices(numbered<Eigen::MatrixXd>(1, 3));
    check_all_slices(Eigen::MatrixXd(0, 3));
    check_all_slices(Eigen::MatrixXd(3, 0));
    check_all_slices(Eigen::MatrixXd());
  }
  SECTION("arrays") {
    check_all_slices(numbered<Eigen::ArrayXXf>(5, 2));
    check_all_slices(numbered<Eigen::ArrayXi>(5, 1));
    const Eigen::ArrayXXd a = numbered<Eigen::ArrayXXd>(4, 2);
    CHECK((slice(a, 1, 2) * slice(a, 1, 2)).sum() == 100. * 100 + 101 * 101 + 200 * 200 + 201 * 201);  // by element
  }
  SECTION("a column vector of n is n rows, a row vector one") {
    check_all_slices(numbered<Eigen::VectorXd>(6, 1));
    check_all_slices(numbered<Eigen::Vector4f>(4, 1));
    check_all_slices(numbered<Eigen::RowVectorXd>(1, 6));
    check_all_slices(numbered<Eigen::Matrix<double, 1, 1>>(1, 1));
    CHECK(rows(numbered<Eigen::RowVectorXd>(1, 6)) == 1);
  }
  const auto sweep = [](const auto& m) {
    check_all_slices(m.middleRows(1, 3));
    check_all_slices(m.middleCols(1, 2));
    check_all_slices(m.block(1, 1, 4, 2));
    check_all_slices(m.col(2));
    check_all_slices(m.row(2));
    check_all_slices(m.col(1).segment(1, 3));
    check_all_slices(m.transpose());
    check_all_slices(m.block(0, 1, 4, 2).block(1, 0, 2, 2));
  };
  SECTION("blocks, rows, columns, transposes of either order") {
    sweep(numbered<Eigen::MatrixXd>(6, 4));
    sweep(numbered<RowMajorXd>(6, 4));
    const auto square = numbered<Eigen::MatrixXd>(4, 4);
    check_all_slices(square.diagonal());
  }
  SECTION("maps with any strides") {
    std::vector<double> memory(60);
    check_all_slices(Eigen::Map<Eigen::MatrixXd>(memory.data(), 5, 4));
    check_all_slices(Eigen::Map<const RowMajorXd>(memory.data(), 5, 4));
    check_all_slices(Eigen::Map<Eigen::VectorXd, 0, Eigen::InnerStride<3>>(memory.data(), 7));
    check_all_slices(
        Eigen::Map<Eigen::MatrixXd, 0, Eigen::OuterStride<>>(memory.data(), 5, 4, Eigen::OuterStride<>(9)));
    using Strides = Eigen::Stride<Dynamic, Dynamic>;
    check_all_slices(Eigen::Map<Eigen::MatrixXd, 0, Strides>(memory.data(), 3, 4, Strides(12, 2)));
    check_all_slices(Eigen::Map<const RowMajorXd, 0, Strides>(memory.data(), 3, 4, Strides(12, 2)));
    check_all_slices(Eigen::Map<const RowMajorXd, 0, Strides>(memory.data() + 59, 3, 4, Strides(-12, -2)));
  }
  SECTION("references") {
    Eigen::MatrixXd m = numbered<Eigen::MatrixXd>(5, 3);
    check_all_slices(Eigen::Ref<Eigen::MatrixXd>(m));
    check_all_slices(Eigen::Ref<const Eigen::MatrixXd>(m.bottomRows(4)));
    Eigen::VectorXd v = numbered<Eigen::VectorXd>(5, 1);
    check_all_slices(Eigen::Ref<Eigen::VectorXd>(v));
  }
}

TEST_CASE("a slice of a temporary Eigen slice is over the frame's memory, not the temporary's") {
  const auto m = numbered<Eigen::MatrixXd>(8, 2);
  const auto part = slice(slice(slice(m.middleRows(1, 7), 1, 6), 1, 5), 1, 4);
  CHECK(part(0, 1) == 401);
  CHECK(&part.coeffRef(0, 1) == &m.coeffRef(4, 1));
  const auto sum = (slice(slice(m, 1, 7), 1, 6) * Eigen::Vector2d(1, 10)).eval();
  CHECK(sum(0) == 200 + 2010);
}

TEST_CASE("an Eigen slice binds to Ref without a copy") {
  const auto address = [](const Eigen::Ref<const Eigen::MatrixXd>& m) { return m.data(); };
  const auto row_address = [](const Eigen::Ref<const RowMajorXd>& m) { return m.data(); };
  const auto vector_address = [](const Eigen::Ref<const Eigen::VectorXd>& v) { return v.data(); };
  const auto m = numbered<Eigen::MatrixXd>(6, 3);
  CHECK(address(slice(m, 2, 3)) == m.data() + 2);
  const auto r = numbered<RowMajorXd>(6, 3);
  CHECK(row_address(slice(r, 2, 3)) == r.data() + 6);
  const auto v = numbered<Eigen::VectorXd>(6, 1);
  CHECK(vector_address(slice(v, 2, 3)) == v.data() + 2);
}

TEST_CASE("a batch's numbers are Eigen's without a copy") {
  RecordBatchBuilder builder({{{"x", DataType::float64}, {"n", DataType::int64}, {"c", DataType::category}}});
  for (int i = 0; i < 4; ++i) {
    builder.append<double>(0, 0.5 * i);
    builder.append<std::int64_t>(1, i);
    builder.append<std::string_view>(2, i % 2 == 0 ? "even" : "odd");
  }
  const RecordBatch batch = builder.finish().slice(1, 3);

  const auto x = as_eigen(batch.column<double>("x"));
  static_assert(std::is_same_v<decltype(x), const Eigen::Map<const Eigen::VectorXd>>);
  CHECK(x.data() == batch.column<double>("x").values().data());
  CHECK(x.sum() == 0.5 + 1 + 1.5);
  CHECK(as_eigen(batch.column<std::int64_t>("n")).sum() == 6);
  CHECK(as_eigen(batch.column<std::int32_t>("c")).sum() == 1 + 0 + 1);

  const RowMajorMatrix matrix = batch.to_matrix({"x", "n"});
  CHECK(as_eigen(matrix).data() == matrix.values.data());
  CHECK(as_eigen(matrix).rows() == 3);
  CHECK(as_eigen(matrix).cols() == 2);
  CHECK(as_eigen(matrix)(2, 0) == 1.5);
  CHECK(as_eigen(matrix)(2, 1) == 3);
  CHECK(as_eigen(slice(matrix, 1, 2))(0, 1) == 2);
  CHECK(as_eigen(RowMajorMatrix() = {}).rows() == 0);
}

TEST_CASE("a span of results is written as an Eigen vector") {
  std::vector<double> out(3);
  as_eigen(std::span(out)) = 2 * Eigen::Vector3d(1, 2, 3);
  CHECK(out == std::vector<double>{2, 4, 6});
  as_eigen(std::span<double>()) = Eigen::VectorXd();
}
