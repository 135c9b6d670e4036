// SPDX-License-Identifier: MIT
// The code of docs/features.md, word for word, which the last test holds it to; and encoders, lags and windows as steps
// of a pipeline.
#include "penstock/learn/correlation_filter.hpp"
#include "penstock/learn/feature_hasher.hpp"
#include "penstock/learn/lag_features.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/polynomial_features.hpp"
#include "penstock/learn/rolling_features.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/simple_imputer.hpp"
#include "penstock/learn/sparse.hpp"
#include "penstock/learn/standard_scaler.hpp"
#include "penstock/learn/transform_sparse.hpp"
#include "penstock/learn/variance_threshold.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"
#include "feature_support.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace feature_support;

/// Loads of meters in cities, the next load to be forecast.
RecordBatch meters(std::size_t rows, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<std::optional<std::string>> city, meter;
  std::vector<std::optional<std::int64_t>> at;
  std::vector<std::optional<double>> load, next;
  const std::vector<std::string> cities{"Paris", "Lyon", "Nice", "Brest"};
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t which = random() % (i < rows / 2 ? 2 : 4);
    city.emplace_back(cities[which]);
    meter.emplace_back("m" + std::to_string(random() % 3));
    at.emplace_back(static_cast<std::int64_t>(i) * 600);
    load.emplace_back(static_cast<double>(which) + 0.5 * normal(random));
    next.emplace_back(*load.back() + 0.3 * static_cast<double>(which));
  }
  return TableMaker()
      .texts("city", city)
      .texts("meter", meter)
      .times("at", at)
      .numbers("load", load)
      .numbers("next", next);
}

}  // namespace

TEST_CASE("docs/features.md: steps of a pipeline, which learns the same bits however rows are cut") {
  const RecordBatch table = meters(60);
  std::vector<double> expected;
  for (std::size_t size = 60; size > 0; --size) {
    auto model = LagFeatures({.columns = {"load"}, .by = {"meter"}, .lags = {1, 2}}) |
                 RollingFeatures({.columns = {"load"}, .by = {"city"}, .window = 3, .closed = Closed::right}) |
                 OneHotEncoder() | VarianceThreshold({.decide_after = 9}) | SimpleImputer() | StandardScaler() |
                 SgdRegressor();
    for (std::size_t first = 0; first < 60; first += size) {
      const RecordBatch part = table.slice(first, std::min<std::size_t>(size, 60 - first));
      model.partial_fit(part.select({"city", "meter", "load"}), part.column<double>("next").values());
    }
    const Eigen::VectorXd ours = model.predict(table.select({"city", "meter", "load"}));
    if (expected.empty()) expected.assign(ours.begin(), ours.end());
    CHECK(std::vector<double>(ours.begin(), ours.end()) == expected);
  }
  const RecordBatch batch = table;
  // clang-format off
  auto model = LagFeatures({.columns = {"load"}, .by = {"meter"}, .lags = {1, 2}}) | OneHotEncoder() | SimpleImputer() |
               SgdRegressor();
  model.partial_fit(batch.select({"city", "meter", "load"}), batch.column<double>("next").values());
  // clang-format on
  CHECK(model.get_feature_names_out().size() == 1 + 2 + 4 + 3);
}

TEST_CASE("a pipeline takes back what encoders, lags and windows learnt in a call that throws") {
  const RecordBatch good = meters(40), later = meters(10, 2);
  const auto rows = [](const RecordBatch& batch) { return batch.select({"city", "meter", "load"}); };
  const auto targets = [](const RecordBatch& batch) { return batch.column<double>("next").values(); };
  auto model = LagFeatures({.columns = {"load"}, .by = {"meter"}, .max_keys = 2}) |
               RollingFeatures({.columns = {"load"}, .by = {"city"}, .window = 3}) |
               OneHotEncoder({.columns = {"city", "meter"}}) | SimpleImputer() | SgdRegressor();
  model.partial_fit(rows(good), targets(good));
  auto unharmed = model;
  const RecordBatch bad =
      TableMaker().texts("city", {"Metz", "Lyon"}).texts("meter", {"m7", "m0"}).numbers("load", {3, 1e308});
  CHECK_THROWS_AS(model.partial_fit(bad, std::vector<double>{1, 2}), Error);
  CHECK(model.predict(rows(later)) == unharmed.predict(rows(later)));
  model.partial_fit(rows(later), targets(later));
  unharmed.partial_fit(rows(later), targets(later));
  CHECK(model.predict(rows(good)) == unharmed.predict(rows(good)));
  CHECK(model.get_feature_names_out() == unharmed.get_feature_names_out());
}

TEST_CASE("docs/features.md: new categories") {
  const RecordBatch first = TableMaker().texts("city", {"Paris", "Lyon"}),
                    second = TableMaker().texts("city", {"Nice"});
  // clang-format off
  OneHotEncoder encoder({.columns = {"city"}, .handle_unknown = UnknownCategory::other, .max_categories = 50});
  const RecordBatch monday = encoder.partial_fit_transform(first);    // city_other, city_Paris, city_Lyon
  const RecordBatch tuesday = encoder.partial_fit_transform(second);  // the same three, then city_Nice
  // clang-format on
  CHECK(names_of(monday) == Names{"city_other", "city_Paris", "city_Lyon"});
  CHECK(names_of(tuesday) == Names{"city_other", "city_Paris", "city_Lyon", "city_Nice"});
}

TEST_CASE("docs/features.md: sparse rows") {
  const RecordBatch batch = meters(200);
  std::vector<int> labels;
  for (const double next : batch.column<double>("next")) labels.push_back(next > 0.5 ? 1 : 0);
  // clang-format off
  SgdClassifier classifier({.loss = Loss::log_loss});
  FeatureHasher hasher({.columns = {"city", "meter"}});               // 2^20 features, nothing to remember
  classifier.partial_fit(transform_sparse(hasher, batch.select({"city", "meter", "load"})), labels);
  // clang-format on
  CHECK(classifier.t() == 201);
}

TEST_CASE("docs/features.md: windows") {
  const RecordBatch batch = meters(100);
  // clang-format off
  RollingFeatures rolling({.columns = {"load"},
                           .by = {"meter"},
                           .duration = std::chrono::hours(1),
                           .on = "at",
                           .statistics = {RollingStatistic::mean, RollingStatistic::max}});
  const RecordBatch with = rolling.partial_fit_transform(batch);      // and load_rolling_mean_3600s, load_rolling_max_3600s
  // clang-format on
  CHECK(rolling.get_feature_names_out() == Names{"load_rolling_mean_3600s", "load_rolling_max_3600s"});
  CHECK(with.schema().fields.size() == batch.schema().fields.size() + 2);
}

TEST_CASE("docs/features.md: fewer features") {
  const RecordBatch batch = meters(600);
  const RecordBatch numbers =
      PolynomialFeatures({.columns = {"load"}, .degree = 3, .include_bias = false}).transform(batch.select({"load"}));
  const std::span<const double> targets = batch.column<double>("next").values();
  Names noted;
  const auto note = [&](const std::string& name, const std::string& rival, double r) {
    noted.push_back(name + " for " + rival);
    CHECK(std::abs(r) > 0.9);
  };
  // clang-format off
  CorrelationFilter filter({.threshold = 0.9, .decide_after = 500});
  const RecordBatch apart = filter.partial_fit_transform(numbers, targets);
  for (const DroppedFeature& dropped : filter.dropped()) note(dropped.name, dropped.rival, dropped.correlation);
  // clang-format on
  CHECK_FALSE(noted.empty());
  CHECK(filter.decided());
  CHECK(apart.rows() == 600);
}

TEST_CASE("what docs/features.md shows is what is compiled here") {
  CHECK(compiled_blocks("features.md", "unit/learn/features_docs.test.cpp") == 5);
}
