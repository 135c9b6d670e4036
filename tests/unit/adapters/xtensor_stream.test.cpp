// SPDX-License-Identifier: MIT
// Models that give xtensor's arrays and expressions.
#include "penstock/adapters/xtensor.hpp"
#include "penstock/stream/compare.hpp"
#include "penstock/stream/inference.hpp"
#include "penstock/stream/process.hpp"

#include "catch.hpp"

#if __has_include(<xtensor/xtensor.hpp>)
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#else
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xmath.hpp>
#include <xtensor/views/xview.hpp>
#endif

#include <type_traits>
#include <vector>

using namespace penstock;

namespace {

const xt::xtensor<double, 2> table{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}};
const std::vector<double> sums{1, 5, 9, 13, 17};

struct Logistic {
  xt::xtensor<double, 2> predict_proba(const auto& rows) const {
    xt::xtensor<double, 2> p = xt::zeros<double>({rows.shape(0), rows.shape(0) * 0 + 2});
    xt::view(p, xt::all(), 1) = xt::view(rows, xt::all(), 0) / 10;
    xt::view(p, xt::all(), 0) = 1 - xt::view(p, xt::all(), 1);
    return p;
  }
};

}  // namespace

TEST_CASE("a model may give an xtensor array, or an expression that is not computed yet") {
  const auto check = [](const auto& frame) {
    const auto lazy = [](const auto& rows) { return xt::sum(rows, {1}); };
    const auto two_views = [](const auto& rows) { return xt::view(rows, xt::all(), 0) + xt::view(rows, xt::all(), 1); };
    const auto vector = [](const auto& rows) { return xt::xtensor<double, 1>(xt::sum(rows, {1})); };
    const auto array = [](const auto& rows) { return xt::xarray<double>(xt::sum(rows, {1})); };
    const auto above = [](const auto& rows) { return xt::view(rows, xt::all(), 0) > 3; };
    CHECK(process_stream(frame, 2, lazy).values == sums);
    CHECK(process_stream(frame, 2, two_views).values == sums);
    CHECK(process_stream(frame, 2, vector).values == sums);
    CHECK(process_stream(frame, 2, array).values == sums);
    const std::vector<bool> flags = process_stream(frame, 2, above).values;
    CHECK(flags == std::vector<bool>{false, false, true, true, true});
    CHECK(process_stream(frame, 2, vector, {.threads = 3}).values == sums);
  };
  check(table);
  check(xt::xarray<double>(table));
  const xt::xtensor<double, 2, xt::layout_type::column_major> columns = table;
  check(columns);
  check(xt::view(columns, xt::all(), xt::range(0, 2)));
}

TEST_CASE("an xtensor model of probabilities gives labels") {
  const auto inferred = run_streaming_inference(table, Logistic(), {.chunk_size = 2, .threshold = 0.4});
  CHECK(inferred.probability == std::vector<double>{0, 0.2, 0.4, 0.6, 0.8});
}

TEST_CASE("an xtensor model that gives too few values is told of") {
  const auto means = [](const auto& rows) { return xt::xtensor<double, 1>(xt::sum(rows, {0})); };  // of the columns
  CHECK(process_stream(xt::xtensor<double, 2>(xt::view(table, xt::range(0, 2))), 2, means).values.size() == 2);
  CHECK_THROWS_AS(process_stream(table, 3, means), ChunkError);
}

TEST_CASE("columns may be known at compile time or not, and one column be a matrix") {
  struct OfArray {
    static xt::xarray<double> predict_proba(const xt::xtensor<double, 2>& rows) {
      return Logistic().predict_proba(rows);
    }
  };
  const InferenceOptions options{.chunk_size = 1};  // 1 x 2 is one row, not two
  CHECK(run_streaming_inference(table, OfArray(), options).probability == std::vector<double>{0, 0.2, 0.4, 0.6, 0.8});
  CHECK(run_streaming_inference(table, Logistic(), options).label == std::vector<int>{0, 0, 0, 1, 1});

  const auto column = [](const auto& rows) {
    return xt::xtensor<double, 2>(xt::view(rows, xt::all(), xt::range(0, 1)));
  };
  CHECK(process_stream(table, 2, column).values == std::vector<double>{0, 2, 4, 6, 8});
  const auto both = [](const auto& rows) { return xt::xtensor<double, 2>(rows); };
  CHECK_THROWS_WITH(process_stream(table, 2, both), ContainsSubstring("chunk 0, row 1: found 4 values, expected 2"));
}
