// SPDX-License-Identifier: MIT
// Pipelines of the library's own steps: any cut of the rows into calls gives the same bits.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/correlation_filter.hpp"
#include "penstock/learn/feature_hasher.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/ordinal_encoder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/polynomial_features.hpp"
#include "penstock/learn/robust_scaler.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/simple_imputer.hpp"
#include "penstock/learn/standard_scaler.hpp"
#include "penstock/learn/variance_threshold.hpp"

#include "catch.hpp"
#include "preprocessing_golden.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace penstock;

struct Visits {
  RecordBatch table;
  std::vector<double> y;
};

/// Numbers with gaps, one of which soon varies no more than another, and cities of which more and more come.
Visits visits(std::size_t n) {
  sgd_support::Uniform uniform(3);
  RecordBatchBuilder builder({{{"a", DataType::float64},
                               {"b", DataType::float64},
                               {"twin", DataType::float64},
                               {"still", DataType::float64},
                               {"city", DataType::category},
                               {"shop", DataType::string}}});
  Visits rows;
  for (std::size_t i = 0; i < n; ++i) {
    const double a = uniform();
    const double b = 10 + 5 * uniform();
    i % 11 == 7 ? builder.append_null(0) : builder.append<double>(0, a);
    builder.append<double>(1, b);
    builder.append<double>(2, 2 * b + 0.01 * uniform());
    builder.append<double>(3, 1);
    const auto city = static_cast<int>((uniform() + 1) / 2 * static_cast<double>(2 + i / 15));
    const std::string name = std::string("c").append(std::to_string(city));
    builder.append<std::string_view>(4, name);
    i % 13 == 5 ? builder.append_null(5) : builder.append<std::string_view>(5, i % 2 == 0 ? "even" : "odd");
    rows.y.push_back(a + 0.1 * b + 0.2 * city + 0.1 * uniform());
  }
  rows.table = builder.finish();
  return rows;
}

template <class Make>
void check_chunks(const Make& make, const Visits& rows) {
  auto one_by_one = make();
  for (std::size_t i = 0; i < rows.table.rows(); ++i) one_by_one.learn_one(rows.table.slice(i, 1), rows.y[i]);
  for (const std::size_t chunk : {2U, 7U, 64U, 200U}) {
    auto pipeline = make();
    for (std::size_t first = 0; first < rows.table.rows(); first += chunk) {
      const std::size_t count = std::min(chunk, rows.table.rows() - first);
      pipeline.partial_fit(rows.table.slice(first, count), std::span(rows.y).subspan(first, count));
    }
    CHECK(pipeline.get_feature_names_out() == one_by_one.get_feature_names_out());
    CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(one_by_one.model()));
    CHECK(pipeline.predict(rows.table) == one_by_one.predict(rows.table));
  }
  CHECK(one_by_one.predict(rows.table).allFinite());
}

const SgdOptions small_steps{.eta0 = 0.001};

}  // namespace

TEST_CASE("imputers, encoders and scalers in a pipeline do not depend on chunks") {
  const Visits rows = visits(200);
  check_chunks(
      [] {
        return SimpleImputer({.strategy = ImputeStrategy::most_frequent}) | OneHotEncoder{} | StandardScaler{} |
               SgdRegressor(small_steps);
      },
      rows);
  check_chunks(
      [] {
        return SimpleImputer({.columns = {"a", "shop"}, .strategy = ImputeStrategy::most_frequent}) |
               RobustScaler({.columns = {"a", "b", "twin"}}) | OrdinalEncoder({.columns = {"shop"}}) |
               FeatureHasher({.columns = {"city"}, .n_features = 16}) | SgdRegressor(small_steps);
      },
      rows);
}

TEST_CASE("features that are selected or multiplied in a pipeline do not depend on chunks") {
  const Visits rows = visits(200);
  const Visits numbers{rows.table.select({"a", "b", "twin", "still"}), rows.y};
  check_chunks(
      [] {
        return SimpleImputer{} | VarianceThreshold({.decide_after = 50}) | StandardScaler{} |
               PolynomialFeatures({.include_bias = false}) | SgdRegressor(small_steps);
      },
      numbers);
  check_chunks(
      [] {
        return SimpleImputer{} | StandardScaler{} | CorrelationFilter({.decide_after = 60, .decide_every = 25}) |
               SgdRegressor(small_steps);
      },
      numbers);
}

TEST_CASE("a matrix goes by names where a step may give up columns") {
  const sgd_support::Rows rows = sgd_support::make_rows(200, 4);
  FeatureMatrix x = rows.x;
  x.col(2).setConstant(3);
  const auto make = [] {
    return VarianceThreshold({.decide_after = 50}) | StandardScaler({.columns = {"x0", "x1", "x3"}}) | SgdRegressor{};
  };
  auto one_by_one = make();
  for (Eigen::Index i = 0; i < 200; ++i) one_by_one.learn_one(x.row(i), rows.y[i]);
  auto tables = make();
  tables.partial_fit(preprocessing::table_of(x, {"x0", "x1", "x2", "x3"}), rows.y);
  auto matrices = make();
  sgd_support::learn(matrices, x, rows.y, 30);
  CHECK(sgd_support::bits(matrices.model()) == sgd_support::bits(one_by_one.model()));
  CHECK(sgd_support::bits(matrices.model()) == sgd_support::bits(tables.model()));
  CHECK(matrices.predict(x) == tables.predict(preprocessing::table_of(x, {"x0", "x1", "x2", "x3"})));
  CHECK(matrices.transform(x).cols() == 4);
  CHECK(matrices.transform(x).col(3).isZero(0));  // x2, which was given up
  CHECK(matrices.predict_one(x.row(5)) == matrices.predict(x)[5]);
  CHECK_THROWS_WITH(matrices.predict(x.leftCols(3)),
                    "Pipeline: a matrix of 3 columns, which are not the 4 of the rows before");
}

TEST_CASE("a call that throws leaves encoders, imputers and filters as they were") {
  const Visits rows = visits(200);
  const auto make = [] {
    return SimpleImputer({.strategy = ImputeStrategy::most_frequent}) | OneHotEncoder{} | StandardScaler{} |
           CorrelationFilter({.decide_after = 60}) | SgdRegressor(small_steps);
  };
  auto pipeline = make();
  auto unharmed = make();
  for (auto* p : {&pipeline, &unharmed}) p->partial_fit(rows.table.slice(0, 100), std::span(rows.y).first(100));
  std::vector<double> bad(rows.y.begin() + 100, rows.y.end());
  bad[90] = preprocessing::no_value;
  CHECK_THROWS_AS(pipeline.partial_fit(rows.table.slice(100, 100), bad), Error);
  CHECK(pipeline.predict(rows.table) == unharmed.predict(rows.table));
  for (auto* p : {&pipeline, &unharmed}) p->partial_fit(rows.table.slice(100, 100), std::span(rows.y).last(100));
  CHECK(pipeline.get_feature_names_out() == unharmed.get_feature_names_out());
  CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(unharmed.model()));
}
