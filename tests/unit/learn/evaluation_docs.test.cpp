// SPDX-License-Identifier: MIT
// The code of docs/evaluation.md, word for word, which the last test holds it to.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/progressive.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/standard_scaler.hpp"
#include "penstock/stats/classification_metrics.hpp"
#include "penstock/stats/decayed.hpp"
#include "penstock/stats/metric_set.hpp"
#include "penstock/stats/regression_metrics.hpp"
#include "penstock/stats/rolling.hpp"
#include "penstock/stats/rolling_roc_auc.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"
#include "sgd_support.hpp"

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace penstock;
using sgd_support::make_rows;

// clang-format off
struct HitRate {  // how often a forecast was within a tenth
  double hits = 0, all = 0;
  void update(double y, double p, double w = 1) {
    all += w;
    hits += std::abs(p - y) <= 0.1 * std::abs(y) ? w : 0;
  }
  void merge(const HitRate& other) {
    all += other.all;
    hits += other.hits;
  }
  double get() const { return hits / all; }
};
static_assert(stats::online_metric<HitRate>);

struct MovingAverage {
  double mean = 0;
  double predict_one(std::span<const double>) const { return mean; }
  void learn_one(std::span<const double>, double y) { mean += 0.05 * (y - mean); }
};
static_assert(row_learner<MovingAverage>);

struct Logarithm {
  std::string column;

  Logarithm& partial_fit(const RecordBatch&) { return *this; }
  RecordBatch partial_fit_transform(const RecordBatch& x) { return transform(x); }
  RecordBatch transform(const RecordBatch& x) const {
    std::vector<double> values = x.to_matrix({column}).values;
    for (double& value : values) value = std::log1p(value);
    std::vector<Column> columns;
    columns.emplace_back(std::move(values));
    return x.with_columns({{"log_" + column, DataType::float64}}, std::move(columns));
  }
  std::vector<std::string> get_feature_names_out() const { return {"log_" + column}; }
};
static_assert(transformer<Logarithm>);
// clang-format on

}  // namespace

TEST_CASE("docs/evaluation.md: a pipeline is evaluated as it learns") {
  const auto data = make_rows(1000, 4);
  const auto& x = data.x;
  const auto& y = data.y;
  int printed = 0;
  const auto print = [&printed](std::uint64_t, double, double) { ++printed; };
  // clang-format off
  auto model = StandardScaler{} | SgdRegressor({.learning_rate = LearningRate::constant, .eta0 = 0.01});
  const auto run = progressive_evaluation(x, y, model, stats::MetricSet(stats::Mae(), stats::R2()),
                                          {.delay_rows = 48, .trace_every = 100});
  const auto [mae, r2] = run.metric.get();
  for (const auto& [rows, figures] : run.trace) print(rows, figures[0], figures[1]);
  // clang-format on
  CHECK(printed == 10);
  CHECK(r2 > 0.7);
  CHECK(mae == run.trace.back().value[0]);
}

TEST_CASE("docs/evaluation.md: live, by key") {
  SgdRegressor model;
  const std::uint64_t request_id = 7;
  const FeatureMatrix row = FeatureMatrix::Ones(1, 3);
  const double what_came_true = 2;
  // clang-format off
  ProgressiveEvaluator<FeatureMatrix, SgdRegressor, stats::Mae> live(model, stats::Mae(), {.max_pending = 100'000});
  const double forecast = live.predict(request_id, row)[0];
  live.learn(request_id, what_came_true);
  // clang-format on
  CHECK(forecast == 0);
  CHECK(live.metric().get() == 2);
}

TEST_CASE("docs/evaluation.md: what happens now") {
  // clang-format off
  stats::Rolling<stats::R2> month({.window_size = 1440});                  // of the last 1440 rows, exactly
  stats::Decayed<stats::R2> recent({.fading_factor = stats::fading_factor_of(1440)});  // a row counts half after 1440
  stats::RollingRocAuc auc({.window_size = 5000});                         // exact as well
  stats::Rolling recall({.window_size = 500}, stats::Recall({.average = stats::Average::macro}));
  // clang-format on
  for (int i = 0; i < 6000; ++i) {
    const double y = i % 2, p = i < 3000 ? 1 - y : y;  // wrong, then right
    month.update(y, p);
    recent.update(y, p);
    auc.update(y, p);
    recall.update(y, p);
  }
  CHECK(month.get() == 1);
  CHECK(recent.get() > 0.2);
  CHECK(recent.get() < 1);
  CHECK(auc.get() > 0.5);
  CHECK(recall.get() == 1);
}

TEST_CASE("docs/evaluation.md: a metric, a learner and a transformer of your own") {
  RecordBatchBuilder builder({{{"minutes", DataType::float64}}});
  std::vector<double> spent;
  for (int i = 0; i < 3000; ++i) {
    builder.append<double>(0, std::exp(i % 50 / 10.0));
    spent.push_back(3 + std::log1p(std::exp(i % 50 / 10.0)));
  }
  const RecordBatch table = builder.finish();
  // clang-format off
  auto pipeline = Logarithm{"minutes"} | StandardScaler{} | SgdRegressor{};
  const double rate = progressive_evaluation(table, spent, pipeline, HitRate()).metric.get();
  // clang-format on
  CHECK(rate > 0.5);

  const auto data = make_rows(200, 2);
  const auto& x = data.x;
  const auto& y = data.y;
  // clang-format off
  std::vector<double> said;
  const auto note = [&said](const auto& learner, const auto& rows, std::vector<double>& out) {
    PredictedValue()(learner, rows, out);
    said.push_back(out.back());
  };
  MovingAverage average;
  const auto baseline = progressive_evaluation(x, y, average, stats::Mae(), {}, note);
  // clang-format on
  CHECK(said.size() == 200);
  CHECK(said[0] == 0);
  CHECK(said[1] == 0.05 * y[0]);
  CHECK(baseline.metric.rows() == 200);
  CHECK(stats::Rolling<HitRate>({.window_size = 3}).rows() == 0);
}

TEST_CASE("what docs/evaluation.md shows is what is compiled here") {
  CHECK(compiled_blocks("evaluation.md", "unit/learn/evaluation_docs.test.cpp") == 8);
}
