// SPDX-License-Identifier: MIT
// Scalers against scikit-learn, row by row against chunks, and what they refuse.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/min_max_scaler.hpp"
#include "penstock/learn/robust_scaler.hpp"
#include "penstock/learn/standard_scaler.hpp"

#include "catch.hpp"
#include "preprocessing_golden.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace penstock;
using namespace preprocessing;

static_assert(transformer<StandardScaler> && transformer<StandardScaler, FeatureMatrix>);
static_assert(transformer<StandardScaler, Eigen::MatrixXf> && transformer<StandardScaler, RowMajorView>);
static_assert(transformer<MinMaxScaler> && transformer<MaxAbsScaler, Eigen::MatrixXd>);
static_assert(!supervised_transformer<StandardScaler> && !supervised_transformer<StandardScaler, FeatureMatrix>);

template <class Scaler>
Scaler learnt_from(const FeatureMatrix& x, Scaler scaler = Scaler{}) {
  scaler.partial_fit(x);
  return scaler;
}

/// Rows with gaps, of a stream that moves.
FeatureMatrix rows_with_gaps(Eigen::Index n, Eigen::Index d, double gaps = 0.05) {
  sgd_support::Uniform uniform(5);
  FeatureMatrix x(n, d);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < d; ++j) {
      x(i, j) = 1e3 * static_cast<double>(j) + (1 + static_cast<double>(i) / 50) * uniform();
      if (0.5 + 0.5 * uniform() < gaps) x(i, j) = no_value;
    }
  }
  return x;
}

}  // namespace

TEST_CASE("StandardScaler has scikit-learn's figures after each call") {
  const FeatureMatrix x = golden_matrix("rows");
  StandardScaler scaler;
  scaler.partial_fit(x.topRows(9));
  check_close(scaler.mean(), golden("standard_mean_0"));
  check_close(scaler.scale(), golden("standard_scale_0"), 1e-10);
  scaler.partial_fit(x.middleRows(9, 2));
  check_close(scaler.mean(), golden("standard_mean_1"));
  check_close(scaler.var(), golden("standard_var_1"), 1e-10);
  check_close(scaler.scale(), golden("standard_scale_1"), 1e-10);
  check_close(scaler.n_samples_seen(), golden("standard_seen_1"));
  scaler.partial_fit(x.bottomRows(19));
  check_close(scaler.mean(), golden("standard_mean_2"));
  check_close(scaler.var(), golden("standard_var_2"), 1e-10);
  check_close(scaler.scale(), golden("standard_scale_2"), 1e-10);
  check_close(scaler.n_samples_seen(), golden("standard_seen_2"));
  CHECK(scaler.scale()[4] == 1);  // does not vary
  check_close(scaler.transform(x), golden("standard_transformed"), 1e-9);
  check_close(scaler.inverse_transform(x), golden("standard_inverse"), 1e-10);
  check_close(scaler.inverse_transform(scaler.transform(x)), x);
  CHECK(scaler.get_feature_names_out() == std::vector<std::string>{"x0", "x1", "x2", "x3", "x4", "x5"});

  check_close(learnt_from(x, StandardScaler({.with_mean = false})).transform(x),
              golden("standard_with_mean_transformed"), 1e-9);
  check_close(learnt_from(x, StandardScaler({.with_std = false})).transform(x), golden("standard_with_std_transformed"),
              1e-9);
}

TEST_CASE("MinMaxScaler has scikit-learn's figures") {
  const FeatureMatrix x = golden_matrix("rows");
  for (const std::string title : {"minmax", "minmax_range"}) {
    MinMaxScaler scaler(title == "minmax" ? MinMaxScalerOptions{}
                                          : MinMaxScalerOptions{.feature_range = {-3, 2}, .clip = true});
    scaler.partial_fit(x.topRows(9));
    scaler.partial_fit(x.bottomRows(19));
    check_close(scaler.data_min(), golden(title + "_data_min_"), 0);
    check_close(scaler.data_max(), golden(title + "_data_max_"), 0);
    check_close(scaler.scale(), golden(title + "_scale_"), 0);
    check_close(scaler.min(), golden(title + "_min_"), 0);
    check_close(scaler.transform(2 * x), golden(title + "_transformed"), 0);
    check_close(scaler.inverse_transform(x), golden(title + "_inverse"), 0);
  }
}

TEST_CASE("MaxAbsScaler has scikit-learn's figures") {
  const FeatureMatrix x = golden_matrix("rows");
  MaxAbsScaler scaler;
  scaler.partial_fit(x.topRows(9));
  scaler.partial_fit(x.bottomRows(19));
  check_close(scaler.scale(), golden("maxabs_scale_"), 0);
  check_close(scaler.transform(2 * x), golden("maxabs_transformed"), 0);
  check_close(scaler.inverse_transform(x), golden("maxabs_inverse"), 0);
}

TEST_CASE("RobustScaler has scikit-learn's figures while rows are few") {
  const FeatureMatrix x = golden_matrix("rows");
  const std::vector<std::pair<std::string, RobustScalerOptions>> cases{{"robust", {}},
                                                                       {"robust_range", {.quantile_range = {10, 85}}},
                                                                       {"robust_unit", {.unit_variance = true}},
                                                                       {"robust_centred", {.with_scaling = false}},
                                                                       {"robust_scaled", {.with_centering = false}}};
  for (const auto& [title, options] : cases) {
    RobustScaler scaler(options);
    scaler.partial_fit(x.topRows(9));
    scaler.partial_fit(x.bottomRows(21));
    CHECK(scaler.rank_error() == 0);
    check_close(scaler.transform(x), golden(title + "_transformed"), 1e-14);
    if (title == "robust") check_close(scaler.inverse_transform(x), golden(title + "_inverse"), 1e-14);
  }
}

TEST_CASE("RobustScaler keeps to its error in bounded memory, and is not moved by outliers") {
  FeatureMatrix x(20'000, 1);
  sgd_support::Uniform uniform(8);
  for (Eigen::Index i = 0; i < x.rows(); ++i) x(i, 0) = i % 50 == 0 ? 1e9 : uniform();
  RobustScaler scaler;
  for (Eigen::Index first = 0; first < x.rows(); first += 1000) scaler.partial_fit(x.middleRows(first, 1000));
  CHECK(scaler.rank_error() > 0);
  CHECK(scaler.rank_error() < 0.02);
  // Ranks of a uniform value on [-1, 1): a part p is 2 p of its range.
  const double slack = 2 * (scaler.rank_error(0.9999) + 1.0 / 64);
  CHECK(std::abs(scaler.center()[0] - 0.02) < slack);
  CHECK(std::abs(scaler.scale()[0] - 1.02) < 2 * slack);
  RobustScaler half;
  half.partial_fit(x.topRows(12'000));
  RobustScaler rest;
  rest.partial_fit(x.bottomRows(8'000));
  half.merge(rest);
  CHECK(std::abs(half.center()[0] - 0.02) < slack);
  CHECK_THROWS_WITH(half.merge(RobustScaler({.sketch_size = 9})), "RobustScaler: merge of sketch_size 9 into 256");
}

TEMPLATE_TEST_CASE("scaled rows do not depend on how they are cut, bit by bit", "", StandardScaler, MinMaxScaler,
                   MaxAbsScaler, RobustScaler) {
  for (const double gaps : {0.0, 0.05}) {
    const FeatureMatrix x = rows_with_gaps(700, 7, gaps);
    TestType one_by_one;
    const FeatureMatrix expected = by_chunks(one_by_one, x, 1);
    for (const Eigen::Index chunk : {2, 7, 64, 700}) {
      TestType scaler;
      CHECK(bits(by_chunks(scaler, x, chunk)) == bits(expected));
      CHECK(bits(scaler.transform(x)) == bits(one_by_one.transform(x)));
    }
    TestType learnt;  // partial_fit alone learns the same
    learnt.partial_fit(x);
    CHECK(bits(learnt.transform(x)) == bits(one_by_one.transform(x)));
    TestType rowwise;  // a row is learnt, and then scaled by transform
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      rowwise.partial_fit(x.row(i));
      CHECK(bits(FeatureMatrix(rowwise.transform(x.row(i)))) == bits(FeatureMatrix(expected.row(i))));
    }
    TestType of_tables;
    const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g"};
    const RecordBatch scaled = of_tables.partial_fit_transform(table_of(x, names));
    CHECK(bits(matrix_of(scaled, names)) == bits(expected));
    TestType of_columns;  // by columns, with two strides
    CHECK(bits(of_columns.partial_fit_transform(Eigen::MatrixXd(x))) == bits(expected));
  }
}

TEMPLATE_TEST_CASE("scalers that merge know what one of all rows knows", "", StandardScaler, MinMaxScaler, MaxAbsScaler,
                   RobustScaler) {
  const FeatureMatrix x = rows_with_gaps(250, 5);
  const TestType all = learnt_from<TestType>(x);
  TestType merged = learnt_from<TestType>(x.topRows(17));
  merged.merge(learnt_from<TestType>(x.middleRows(17, 200))).merge(TestType{});
  TestType rest;
  rest.merge(learnt_from<TestType>(x.bottomRows(33)));  // into an empty one
  merged.merge(rest);
  check_close(merged.scale(), all.scale(), 1e-12);
  check_close(merged.transform(x), all.transform(x), 1e-11);
  const FeatureMatrix wide = FeatureMatrix::Zero(3, 6);
  CHECK_THROWS_WITH(merged.merge(learnt_from<TestType>(wide)), EndsWith("merge of one that has learnt other columns"));
  TestType doubled = learnt_from<TestType>(x);
  doubled.merge(doubled);
  if (!std::is_same_v<TestType, RobustScaler>) check_close(doubled.scale(), all.scale(), 1e-12);
}

TEST_CASE("with a half life, rows count by their age") {
  const FeatureMatrix x = rows_with_gaps(150, 2, 0);
  StandardScaler scaler({.half_life = 20});
  scaler.partial_fit(x);
  for (Eigen::Index j = 0; j < 2; ++j) {
    double total = 0;
    double mean = 0;
    double var = 0;
    for (Eigen::Index i = 0; i < 150; ++i) total += std::exp2(-static_cast<double>(149 - i) / 20);
    for (Eigen::Index i = 0; i < 150; ++i) mean += std::exp2(-static_cast<double>(149 - i) / 20) / total * x(i, j);
    for (Eigen::Index i = 0; i < 150; ++i) {
      var += std::exp2(-static_cast<double>(149 - i) / 20) / total * (x(i, j) - mean) * (x(i, j) - mean);
    }
    CHECK(close(scaler.mean()[j], mean));
    CHECK(close(scaler.var()[j], var));
    CHECK(close(scaler.n_samples_seen()[j], total));
  }
  // Two streams that end now.
  StandardScaler other({.half_life = 20});
  other.partial_fit(x.topRows(40));
  const Eigen::VectorXd weights = scaler.n_samples_seen() + other.n_samples_seen();
  const Eigen::VectorXd mean =
      (scaler.mean().cwiseProduct(scaler.n_samples_seen()) + other.mean().cwiseProduct(other.n_samples_seen()))
          .cwiseQuotient(weights);
  scaler.merge(other);
  check_close(scaler.mean(), mean);
  check_close(scaler.n_samples_seen(), weights);
}

TEST_CASE("a feature that has not come for long keeps its mean and variance, however short the half life") {
  FeatureMatrix x(4000, 2);
  for (Eigen::Index i = 0; i < x.rows(); ++i)
    x.row(i) << static_cast<double>(i % 2), i < 1000 ? 4.0 + static_cast<double>(i % 2) : no_value;
  StandardScaler scaler({.half_life = 2});
  scaler.partial_fit(x.topRows(1000));
  const double mean = scaler.mean()[1], scale = scaler.scale()[1];
  scaler.partial_fit(x.bottomRows(3000));
  CHECK(close(scaler.mean()[1], mean));
  CHECK(close(scaler.scale()[1], scale));
  FeatureMatrix next(1, 2);
  next << 1, 7;
  scaler.partial_fit(next);
  CHECK(scaler.mean()[1] == 7);
  CHECK(scaler.n_samples_seen()[1] == 1);

  for (const double half_life : {1e-5, 0.001, 0.00095}) {  // of which one row takes all, or almost all, of the weight
    StandardScaler fast({.half_life = half_life});
    fast.partial_fit(x);
    CHECK(fast.mean()[1] == 5);
    CHECK(fast.scale()[1] == 1);
    CHECK(fast.var()[1] == 0);
  }
}

TEST_CASE("scalers merge what has learnt the columns that they were made for, at the same pace") {
  const auto table = [](const char* name) {
    std::vector<Column> columns;
    columns.emplace_back(std::vector<double>{1, 2});
    return RecordBatch({{{.name = name}}}, std::move(columns));
  };
  StandardScaler of_y({.columns = {"y"}}), of_x({.columns = {"x"}}), open;
  of_y.partial_fit(table("y"));
  CHECK_THROWS_WITH(of_x.merge(of_y), "StandardScaler: merge of one that has learnt other columns");
  of_x.partial_fit(table("x"));  // it is as it was
  CHECK(open.merge(of_y).get_feature_names_out() == std::vector<std::string>{"y"});
  CHECK_THROWS_WITH(open.merge(of_x), "StandardScaler: merge of one that has learnt other columns");
  StandardScaler same({.columns = {"y"}});
  CHECK(same.merge(open).mean()[0] == 1.5);
  CHECK_THROWS_WITH(same.merge(StandardScaler({.half_life = 3})),
                    "StandardScaler: merge of one with another half_life");
}

TEST_CASE("after many rows a half life is River's fading factor") {
  sgd_support::Uniform uniform(2);
  const double fading = 1 - std::exp2(-1.0 / 10);
  StandardScaler scaler({.half_life = 10});
  FeatureMatrix x(600, 1);
  double mean = 0;
  double square = 0;
  for (Eigen::Index i = 0; i < 600; ++i) {
    x(i, 0) = uniform();
    mean = i == 0 ? x(i, 0) : fading * x(i, 0) + (1 - fading) * mean;
    square = i == 0 ? x(i, 0) * x(i, 0) : fading * x(i, 0) * x(i, 0) + (1 - fading) * square;
  }
  scaler.partial_fit(x);
  CHECK(close(scaler.mean()[0], mean));
  CHECK(close(scaler.var()[0], square - mean * mean));
}

TEST_CASE("a large mean does not swallow the variance") {
  FeatureMatrix x(1000, 1);
  for (Eigen::Index i = 0; i < 1000; ++i) x(i, 0) = 1e9 + static_cast<double>(i % 2);
  StandardScaler scaler;
  for (Eigen::Index first = 0; first < 1000; first += 100) scaler.partial_fit(x.middleRows(first, 100));
  CHECK(std::abs(scaler.var()[0] - 0.25) < 1e-6);
}

TEST_CASE("a table keeps its other columns, and columns are matched by name") {
  RecordBatchBuilder builder({{{"name", DataType::string},
                               {"age", DataType::int64},
                               {"member", DataType::boolean},
                               {"spent", DataType::float64}}});
  for (int i = 0; i < 4; ++i) {
    builder.append<std::string_view>(0, i == 0 ? "a" : "b");
    i == 2 ? builder.append_null(1) : builder.append<std::int64_t>(1, 10 * i);
    builder.append<bool>(2, i > 1);
    builder.append<double>(3, i);
  }
  const RecordBatch table = builder.finish();
  StandardScaler all;
  const RecordBatch scaled = all.partial_fit_transform(table);
  CHECK(all.get_feature_names_out() == std::vector<std::string>{"age", "member", "spent"});
  CHECK(scaled.schema().fields[1].dtype == DataType::float64);
  CHECK(scaled.column<std::string_view>("name")[3] == "b");
  CHECK_FALSE(scaled.column<double>("age").is_valid(2));
  CHECK(close(all.mean()[0], 40.0 / 3));
  CHECK(close(all.mean()[1], 0.5));

  MinMaxScaler one({.columns = {"spent"}});
  one.partial_fit(table);
  const RecordBatch turned = table.select({"spent", "age"});
  CHECK(one.transform(turned).column<double>("spent")[3] == 1);
  CHECK(one.transform(turned).column<std::int64_t>("age")[3] == 30);
  CHECK_THROWS_WITH(one.transform(table.select({"age"})), StartsWith("column spent: found no such column"));
  CHECK_THROWS_WITH(one.transform(table.select({"name"}).with_columns({{"spent", DataType::string}},
                                                                      {Column(StringValues{{}, {0, 0, 0, 0, 0}})})),
                    "column spent: found a column of type string, expected numbers");
}

TEMPLATE_TEST_CASE("scalers refuse what they cannot learn, and are as they were", "", StandardScaler, MinMaxScaler,
                   MaxAbsScaler, RobustScaler) {
  const double inf = std::numeric_limits<double>::infinity();
  FeatureMatrix x = rows_with_gaps(50, 3);
  TestType scaler;
  CHECK_THROWS_AS(scaler.transform(x), std::logic_error);
  CHECK_THROWS_WITH(scaler.transform(x), EndsWith("nothing learnt yet; partial_fit first"));
  for (const double bad : {inf, -inf, 1e200}) {
    FeatureMatrix hostile = x;
    hostile(31, 2) = bad;
    CHECK_THROWS_WITH(scaler.partial_fit(hostile), StartsWith("row 32, column x2: found "));
    CHECK_FALSE(scaler.fitted());
    CHECK_THROWS_WITH(scaler.partial_fit(table_of(hostile, {"a", "b", "c"})), StartsWith("row 32, column c: found "));
    CHECK_FALSE(scaler.fitted());
  }
  scaler.partial_fit(x.topRows(0));
  CHECK_FALSE(scaler.fitted());
  scaler.partial_fit(x);
  const auto before = bits(scaler.transform(x));
  FeatureMatrix hostile = x;
  hostile(2, 1) = inf;
  CHECK_THROWS_AS(scaler.partial_fit_transform(hostile), Error);
  CHECK_THROWS_AS(scaler.transform(hostile), Error);
  CHECK_THROWS_WITH(scaler.partial_fit(x.leftCols(2)), EndsWith("rows of 2 features for one of 3"));
  CHECK_THROWS_WITH(scaler.transform(x.leftCols(2)), EndsWith("rows of 2 features for one of 3"));
  CHECK(scaler.transform(x.topRows(0)).rows() == 0);
  CHECK(bits(scaler.transform(x)) == before);
  TestType named({.columns = {"a"}});
  CHECK_THROWS_WITH(named.partial_fit(x),
                    EndsWith("options name columns, which a matrix has not; a RecordBatch is needed"));
  CHECK_THROWS_AS(TestType({.columns = {"a", "a"}}), std::invalid_argument);
  TestType fresh;
  CHECK_THROWS_WITH(fresh.partial_fit_transform(table_of(x, {"a", "b", "a"})),
                    "column a: found two columns of that name, expected names that differ");
  CHECK_FALSE(fresh.fitted());
  scaler.keep();
  scaler.partial_fit(3 * x);
  CHECK(bits(scaler.transform(x)) != before);
  scaler.restore();
  CHECK(bits(scaler.transform(x)) == before);
}

TEST_CASE("a feature without a value so far does not make numbers of NaN") {
  FeatureMatrix x(2, 2);
  x << 1, no_value, 2, no_value;
  FeatureMatrix later(1, 2);
  later << 3, 8;
  StandardScaler standard;
  standard.partial_fit(x);
  CHECK(std::isnan(standard.mean()[1]));
  CHECK(standard.scale()[1] == 1);
  CHECK(standard.transform(later)(0, 1) == 8);
  MinMaxScaler range({.feature_range = {2, 3}});
  range.partial_fit(x);
  CHECK(range.transform(later)(0, 1) == 2);
  CHECK(std::isnan(range.transform(x)(0, 1)));
  MaxAbsScaler most;
  most.partial_fit(x);
  CHECK(most.transform(later)(0, 1) == 8);
}

TEST_CASE("scalers' options that cannot work are refused by name, value and range") {
  CHECK_THROWS_WITH(StandardScaler({.half_life = 0}), StartsWith("StandardScalerOptions.half_life is 0.0"));
  CHECK_THROWS_WITH(StandardScaler({.half_life = no_value}), StartsWith("StandardScalerOptions.half_life is nan"));
  CHECK_THROWS_WITH(RobustScaler({.quantile_range = {75, 25}}),
                    StartsWith("RobustScalerOptions.quantile_range is (75"));
  CHECK_THROWS_WITH(RobustScaler({.quantile_range = {0, 75}, .unit_variance = true}),
                    StartsWith("RobustScalerOptions.quantile_range reaches to an end"));
  CHECK_THROWS_WITH(RobustScaler({.sketch_size = 7}), "RobustScalerOptions.sketch_size is 7; at least 8 is needed");
  CHECK_THROWS_WITH(MinMaxScaler({.feature_range = {1, 1}}), StartsWith("MinMaxScalerOptions.feature_range is [1.0"));
  CHECK_THROWS_WITH(MinMaxScaler({.feature_range = {-1.5e308, 1e308}}),
                    EndsWith("min < max, a finite distance apart, are needed"));
}
