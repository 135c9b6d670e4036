// SPDX-License-Identifier: MIT
// A pipeline's model file gives the pipeline's predictions.
#include "penstock/adapters/eigen/linear_model.hpp"

#include "penstock/adapters/json/linear_model.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/polynomial_features.hpp"
#include "penstock/serve/linear_model.hpp"

#include "../learn/sgd_support.hpp"
#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

/// Two numbers, two texts; with `gaps` some of them are missing, and some texts are new.
RecordBatch make_table(std::size_t rows, bool gaps, std::vector<double>& y) {
  RecordBatchBuilder builder({{{"minutes", DataType::float64},
                               {"city", DataType::string},
                               {"days", DataType::int64},
                               {"device", DataType::category}}});
  Uniform uniform(5);
  for (std::size_t i = 0; i < rows; ++i) {
    const double minutes = 100 + 50 * uniform();
    const auto pick = static_cast<std::size_t>((uniform() + 1) * (gaps ? 3 : 2));
    builder.append<double>(0, minutes);
    if (i % 7 == 3) {
      builder.append_null(1);
    } else {
      builder.append<std::string_view>(1, pick == 1 ? "nan" : "city" + std::to_string(pick));
    }
    builder.append<std::int64_t>(2, static_cast<std::int64_t>(30 * uniform()));
    builder.append<std::string_view>(3, pick % 2 == 0 ? "phone" : gaps && pick == 3 ? "watch" : "web");
    y.push_back(minutes + 20 * static_cast<double>(pick % 3) > 110 ? 1 : 0);
  }
  return builder.finish();
}

/// The same table, some of whose minutes are missing.
RecordBatch with_gaps(const RecordBatch& table) {
  const auto minutes = table.column<double>("minutes");
  std::vector<double> values;
  Validity validity;
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    values.push_back(minutes[i]);
    validity.append(i % 5 != 2);
  }
  std::vector<Column> columns;
  columns.emplace_back(std::move(values), std::move(validity));
  return table.with_columns({{"minutes", DataType::float64}}, std::move(columns));
}

/// Learns, writes the file, reads it, and gives the largest difference of a score from the pipeline's.
template <class P>
double difference(P pipeline, bool gaps = true) {
  std::vector<double> y;
  std::vector<double> ignored;
  const RecordBatch table = make_table(200, false, y);
  pipeline.partial_fit(table, y);
  const RecordBatch later = make_table(100, gaps, ignored);
  const LinearModel written = LinearModel(to_linear_model(pipeline)).with_golden_rows(table.slice(0, 5));
  const LinearModel model = parse_linear_model(to_json(written), "m.json").value();
  const std::vector<double> scores = model(later);
  double worst = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    double expected = 0;
    if constexpr (requires { pipeline.predict_proba(later); }) {
      expected = model.kind() == LinearModelKind::logistic
                     ? pipeline.predict_proba(later)(static_cast<Eigen::Index>(i), 1)
                     : pipeline.decision_function(later)(static_cast<Eigen::Index>(i), 0);
    } else {
      expected = pipeline.predict(later)[static_cast<Eigen::Index>(i)];
    }
    worst = std::max(worst, std::abs(scores[i] - expected) / (1 + std::abs(expected)));
    if (std::isnan(scores[i]) != std::isnan(expected)) worst = 1e300;
  }
  return worst;
}

template <class P>
std::string failure(P pipeline) {
  std::vector<double> y;
  const RecordBatch table = make_table(50, false, y);
  pipeline.partial_fit(table, y);
  try {
    static_cast<void>(to_linear_model(pipeline));
  } catch (const std::invalid_argument& error) { return error.what(); }
  return "";
}

const SgdOptions regression{.learning_rate = LearningRate::constant, .eta0 = 0.01, .average = 50};

}  // namespace

TEST_CASE("a pipeline's model file gives the pipeline's predictions") {
  const SgdClassifier classes({.loss = Loss::log_loss});
  CHECK(difference(StandardScaler() | OneHotEncoder() | SgdRegressor(regression)) < 1e-12);
  CHECK(difference(OneHotEncoder() | StandardScaler() | SgdRegressor(regression)) < 1e-12);
  CHECK(difference(OneHotEncoder() | StandardScaler({.half_life = 20}) | MinMaxScaler({.feature_range = {-2, 3}}) |
                   MaxAbsScaler() | classes) < 1e-12);
  CHECK(difference(OneHotEncoder({.handle_unknown = UnknownCategory::other}) | StandardScaler() | classes) < 1e-12);
  CHECK(difference(OneHotEncoder({.handle_unknown = UnknownCategory::other,
                                  .missing = MissingCategory::ignore,
                                  .drop = DropCategory::first,
                                  .max_categories = 2}) |
                   StandardScaler() | classes) < 1e-12);
  CHECK(difference(OrdinalEncoder({.missing = MissingCategory::category}) | StandardScaler() | classes) < 1e-12);
  CHECK(difference(OrdinalEncoder({.columns = {"city"}, .missing = MissingCategory::category}) |
                   OneHotEncoder({.columns = {"device"}}) | StandardScaler() | SgdRegressor(regression)) < 1e-12);
  CHECK(difference(OneHotEncoder({.categories = {{"device", {"web"}}}}) |
                   StandardScaler({.columns = {"minutes", "days"}}) |
                   VarianceThreshold({.threshold = 0.2, .decide_after = 30}) | SgdRegressor(regression)) < 1e-12);
  CHECK(difference(OneHotEncoder() | StandardScaler() | CorrelationFilter({.threshold = 0.05, .decide_after = 50}) |
                   SgdClassifier({.loss = Loss::modified_huber})) < 1e-12);
}

TEST_CASE("a column that is given up before other steps, in mid-stream, is a constant of the model file") {
  RecordBatchBuilder builder({{{"a", DataType::float64}, {"b", DataType::float64}, {"c", DataType::float64}}});
  std::vector<double> y;
  for (int i = 0; i < 12; ++i) {
    builder.append<double>(0, 1 + 0.01 * (i % 3));
    builder.append<double>(1, i);
    builder.append<double>(2, (i * 7) % 5);
    y.push_back(2 * i + 1);
  }
  const RecordBatch table = builder.finish();
  const auto check = [&](auto pipeline) {
    pipeline.partial_fit(table.slice(0, 6), std::span(y).first(6));  // "a" goes with the third row
    pipeline.partial_fit(table.slice(6, 6), std::span(y).last(6));
    const LinearModelSpec spec = to_linear_model(pipeline);
    REQUIRE(spec.numeric.size() == 2);
    CHECK(spec.numeric[0].name == "b");
    const std::vector<double> scores = LinearModel(spec)(table);
    const Eigen::VectorXd expected = pipeline.predict(table);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      CHECK(scores[i] == Approx(expected[static_cast<Eigen::Index>(i)]).epsilon(1e-12));
    }
  };
  const VarianceThreshold threshold({.threshold = 0.1, .decide_after = 3});
  check(threshold | StandardScaler() | SgdRegressor(regression));
  check(threshold | SimpleImputer({.fill_value = 70}) | MinMaxScaler({.feature_range = {-2, 3}}) | StandardScaler() |
        SgdRegressor(regression));
  check(StandardScaler({.columns = {"c"}}) | threshold | MaxAbsScaler() | RobustScaler() | SgdRegressor(regression));
}

TEST_CASE("what an imputer stands in for is written too") {
  std::vector<double> y;
  const RecordBatch table = make_table(200, false, y);
  const RecordBatch gaps = with_gaps(table);
  const auto check = [&](auto pipeline) {
    pipeline.partial_fit(table, y);
    const std::vector<double> scores = LinearModel(to_linear_model(pipeline))(gaps);
    const Eigen::VectorXd expected = pipeline.predict(gaps);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      CHECK(scores[i] == Approx(expected[static_cast<Eigen::Index>(i)]).epsilon(1e-12));
    }
  };
  for (const ImputeStrategy strategy : {ImputeStrategy::most_frequent, ImputeStrategy::constant}) {
    for (const UnknownCategory unknown : {UnknownCategory::other, UnknownCategory::ignore}) {
      check(SimpleImputer({.strategy = strategy, .fill_value = 70}) | OneHotEncoder({.handle_unknown = unknown}) |
            RobustScaler({.columns = {"minutes", "days"}}) | SgdRegressor(regression));
    }
  }
  check(OrdinalEncoder({.missing = MissingCategory::category}) | StandardScaler() |
        SimpleImputer({.columns = {"minutes"}, .strategy = ImputeStrategy::median}) | SgdRegressor(regression));
}

TEST_CASE("a missing text as a category that has not come is other than the text nan") {
  RecordBatchBuilder builder({{{"city", DataType::string}}});
  for (const char* city : {"nan", "b", "nan", "b"}) builder.append<std::string_view>(0, city);
  const RecordBatch table = builder.finish();
  auto pipeline = OneHotEncoder({.handle_unknown = UnknownCategory::other}) | SgdRegressor(regression);
  pipeline.partial_fit(table, std::vector<double>{1, 2, 3, 4});
  RecordBatchBuilder later({{{"city", DataType::string}}});
  later.append<std::string_view>(0, "nan");
  later.append_null(0);
  later.append<std::string_view>(0, "c");
  const RecordBatch rows = later.finish();
  const std::vector<double> scores = LinearModel(to_linear_model(pipeline))(rows);
  const Eigen::VectorXd expected = pipeline.predict(rows);
  for (std::size_t i = 0; i < 3; ++i) CHECK(scores[i] == Approx(expected[static_cast<Eigen::Index>(i)]).epsilon(1e-13));
}

TEST_CASE("a learner alone is a model of columns with the names that it is given") {
  const Rows rows = make_rows(50, 2);
  SgdRegressor model;
  model.partial_fit(rows.x, rows.y);
  const LinearModelSpec spec = to_linear_model(model, {"a", "b"});
  CHECK(spec.kind == LinearModelKind::linear);
  CHECK(spec.numeric.at(1).name == "b");
  CHECK(spec.coefficients == std::vector<double>{model.coef()[0], model.coef()[1]});
  CHECK(spec.intercept == model.intercept());
  CHECK_THROWS_WITH(to_linear_model(model, {"a"}), "to_linear_model: the model has 2 features, but there are 1 names");
  CHECK_THROWS_WITH(to_linear_model(SgdRegressor(), {"a"}), "to_linear_model: the model has learnt nothing");
}

TEST_CASE("what a model file has no words for is named") {
  CHECK(failure(OrdinalEncoder({.missing = MissingCategory::category}) | StandardScaler() | PolynomialFeatures() |
                SgdRegressor(regression)) ==
        "to_linear_model: step 2 (PolynomialFeatures) cannot be written as a model file");
  CHECK(failure(OrdinalEncoder({.missing = MissingCategory::category}) | MinMaxScaler({.clip = true}) |
                SgdRegressor(regression)) == "to_linear_model: step 1 clips, which a model file cannot say");
  CHECK(failure(OneHotEncoder({.columns = {"city", "device", "days"}}) | StandardScaler() | SgdRegressor(regression)) ==
        "to_linear_model: step 0 encodes column 'days', which is of type int64; a model file has categories of texts "
        "alone");
  CHECK(failure(OneHotEncoder() | StandardScaler() | SgdRegressor({.loss = Loss::poisson, .eta0 = 1e-4})) ==
        "to_linear_model: the model predicts exp of the score, as its loss is poisson; a model file has none such");
  const Rows rows = make_rows(50, 2);
  auto matrices = StandardScaler() | SgdRegressor();
  matrices.partial_fit(rows.x, rows.y);
  CHECK_THROWS_WITH(to_linear_model(matrices), ContainsSubstring("has learnt no table"));
  SgdClassifier three;
  three.partial_fit(rows.x, Eigen::VectorXd::LinSpaced(50, 0, 49));
  CHECK_THROWS_WITH(to_linear_model(three, {"a", "b"}),
                    "to_linear_model: the model knows 50 classes; a model file has 2");
}
