// SPDX-License-Identifier: MIT
// Models that give Eigen's vectors, matrices and expressions.
#include "penstock/adapters/eigen.hpp"
#include "penstock/stream/compare.hpp"
#include "penstock/stream/inference.hpp"
#include "penstock/stream/process.hpp"
#include "penstock/stream/sweep.hpp"

#include "catch.hpp"

#include <Eigen/Core>

#include <vector>

using namespace penstock;

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMajor table() {
  RowMajor x(7, 2);
  for (int i = 0; i < 7; ++i) x.row(i) << i, 10 * i;
  return x;
}
const Eigen::VectorXd weights = Eigen::Vector2d(1, 0.5);
const std::vector<double> expected{0, 6, 12, 18, 24, 30, 36};

struct Logistic {
  Eigen::MatrixXd predict_proba(const auto& rows) const {
    Eigen::MatrixXd p(rows.rows(), 2);
    p.col(1) = rows.col(0) / 10;
    p.col(0) = 1 - p.col(1).array();
    return p;
  }
};
struct Lazy {
  Eigen::Matrix2d coef = (Eigen::Matrix2d() << 0, 0.1, 0, 0).finished();  // outlives the expression, which refers to it
  auto predict_proba(const auto& rows) const { return rows * coef; }
};

}  // namespace

TEST_CASE("a model may give an Eigen expression, vector, row, matrix or array") {
  const RowMajor x = table();
  for (const std::size_t threads : {1U, 3U}) {
    const StreamOptions options{.threads = threads};
    CHECK(process_stream(
              x, 3, [](const auto& rows) { return rows * weights; }, options)
              .values == expected);
    CHECK(process_stream(
              x, 3, [](const auto& rows) { return Eigen::VectorXd(rows * weights); }, options)
              .values == expected);
    CHECK(process_stream(
              x, 3, [](const auto& rows) { return Eigen::RowVectorXd((rows * weights).transpose()); }, options)
              .values == expected);
    CHECK(process_stream(
              x, 3, [](const auto& rows) { return Eigen::MatrixXd(rows * weights); }, options)
              .values == expected);
    CHECK(process_stream(
              x, 3, [](const auto& rows) { return Eigen::MatrixXd((rows * weights).transpose()); }, options)
              .values == expected);
    const auto flags = process_stream(
        x, 3, [](const auto& rows) { return rows.col(0).array() > 3.0; }, options);
    CHECK(flags.values == std::vector<bool>{0, 0, 0, 0, 1, 1, 1});
    CHECK(process_stream<float>(
              x, 3, [](const auto& rows) { return rows.col(1); }, options)
              .values.at(2) == 20.0F);
  }
}

TEST_CASE("frames of Eigen may be of either storage order, and borrowed") {
  const Eigen::MatrixXd columns = table();
  const auto score = [](const auto& rows) { return rows * weights; };
  CHECK(process_stream(columns, 2, score).values == expected);
  CHECK(process_stream(columns.topRows(4), 3, score).values == std::vector<double>{0, 6, 12, 18});
  std::vector<double> first_rows;
  for (const auto& chunk : stream_chunks(table(), 4)) first_rows.push_back(chunk.data(0, 1));
  CHECK(first_rows == std::vector<double>{0, 40});
}

TEST_CASE("a matrix of another shape is an error that names it") {
  const RowMajor x = table();
  const auto both = [](const auto& rows) { return Eigen::MatrixXd(rows); };
  CHECK_THROWS_WITH(process_stream(x, 3, both), ContainsSubstring("chunk 0, row 1: found 3 x 2 values, expected 3"));
  const auto fewer = [](const auto& rows) { return Eigen::VectorXd(rows.rows() - 1); };
  CHECK_THROWS_WITH(process_stream(x, 3, fewer), ContainsSubstring("found 2 values, expected 3"));
  const auto square = [](const auto&) { return Eigen::MatrixXd(2, 2); };
  CHECK_THROWS_AS(process_stream(x, 4, square), ChunkError);  // 4 values, but not one a row
}

TEST_CASE("of predict_proba's two columns the second is the probability") {
  const RowMajor x = table();
  const auto result = run_streaming_inference(x, Logistic(), {.chunk_size = 1, .threshold = 0.35});
  CHECK(result.probability == std::vector<double>{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6});
  CHECK(result.label == std::vector<int>{0, 0, 0, 0, 1, 1, 1});
  CHECK(run_streaming_inference(x, Lazy(), {.chunk_size = 3}).probability.at(4) == Approx(0.4));
}

TEST_CASE("Eigen models are compared and swept") {
  const RowMajor x = table();
  const auto score = [](const auto& rows) { return (rows.col(0) + rows.col(1)).eval(); };
  CHECK(compare_batch_vs_streaming(x, score, {.chunk_size = 2, .runs = 1}).same_values);
  CHECK(sweep_chunk_sizes(x, score, {1, 4}, {.runs = 1}).at(1).chunks == 2);
}
