// SPDX-License-Identifier: MIT
#include "penstock/learn/progressive.hpp"

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/stats/classification_metrics.hpp"
#include "penstock/stats/metric_set.hpp"
#include "penstock/stats/probability_metrics.hpp"
#include "penstock/stats/regression_metrics.hpp"
#include "penstock/stats/roc_auc.hpp"
#include "penstock/stats/rolling_roc_auc.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using sgd_support::bits;
using sgd_support::make_rows;
using sgd_support::RowMajor;

using Trace = std::vector<double>;

/// The stream and the traces that River gave.
struct River {
  River() {
    std::ifstream file(PENSTOCK_REFERENCE_DIR "/progressive.txt");
    for (std::string text; std::getline(file, text);) {
      std::istringstream words(text);
      std::string name;
      words >> name;
      for (double value; words >> value;) lines[name].push_back(value);
    }
    const auto seconds = [](double s) { return Timestamp{std::chrono::seconds{static_cast<int>(s)}}; };
    for (const double s : lines.at("time")) times.push_back(seconds(s));
    for (const double s : lines.at("label_time")) label_times.push_back(seconds(s));
  }
  RowMajorView x() const { return {lines.at("x").data(), lines.at("y").size(), 3}; }

  std::map<std::string, std::vector<double>> lines;
  std::vector<Timestamp> times, label_times;
};

SgdOptions options(Loss loss, double eta0) {
  return {.loss = std::move(loss), .penalty = Penalty::none, .learning_rate = LearningRate::constant, .eta0 = eta0};
}
SgdRegressor regressor() { return SgdRegressor(options(Loss::squared_error, 0.02)); }
SgdClassifier classifier() {
  SgdOptions o = options(Loss::log_loss, 0.05);
  o.classes = {0, 1};
  return SgdClassifier(o);
}

template <class Points>
Trace values_of(const Points& points) {
  Trace values;
  for (const auto& point : points) values.push_back(point.value);
  return values;
}

void check_close(const Trace& ours, const Trace& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) CHECK(ours[i] == Approx(theirs[i]).epsilon(1e-11));
}

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// Remembers in which order it was asked and told; the first number of a row is its name.
struct Recorder {
  mutable std::vector<std::string> calls{};

  double predict_one(std::span<const double> row) const {
    calls.push_back("?" + std::to_string(static_cast<int>(row[0])));
    return row[0];
  }
  void learn_one(std::span<const double> row, double y) {
    calls.push_back(std::to_string(static_cast<int>(row[0])) + (y == row[0] ? "" : "!"));
  }
};

std::string joined(const std::vector<std::string>& calls) {
  return std::accumulate(calls.begin(), calls.end(), std::string(),
                         [](const std::string& a, const std::string& b) { return a.empty() ? b : a + " " + b; });
}

std::vector<double> counting(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

void check_books(const ProgressiveCounts& c) { CHECK(c.asked == c.learnt + c.unlabelled + c.evicted + c.pending); }

}  // namespace

TEST_CASE("progressive evaluation gives River's values, whenever the labels come") {
  const River river;
  struct Way {
    std::string name;
    ProgressiveOptions options;
  };
  const std::vector<Way> ways = {
      {"rows_0", {}},
      {"rows_1", {.delay_rows = 1}},
      {"rows_7", {.delay_rows = 7}},
      {"rows_100", {.delay_rows = 100}},
      {"time_20", {.times = river.times, .delay = std::chrono::seconds(20)}},
      {"label_times", {.times = river.times, .label_times = river.label_times}},
  };
  for (Way way : ways) {
    CAPTURE(way.name);
    way.options.trace_every = 40;
    SgdRegressor mae_model = regressor(), r2_model = regressor();
    SgdClassifier loss_model = classifier(), accuracy_model = classifier();
    const auto& y = river.lines.at("y");
    const auto& label = river.lines.at("label");
    const auto mae = progressive_evaluation(river.x(), y, mae_model, stats::Mae(), way.options);
    const auto r2 = progressive_evaluation(river.x(), y, r2_model, stats::R2(), way.options);
    const auto loss =
        progressive_evaluation(river.x(), label, loss_model, stats::LogLoss(), way.options, PredictedProbability());
    const auto accuracy = progressive_evaluation(river.x(), label, accuracy_model, stats::Accuracy(), way.options);
    check_close(values_of(mae.trace), river.lines.at("mae_" + way.name));
    check_close(values_of(r2.trace), river.lines.at("r2_" + way.name));
    check_close(values_of(loss.trace), river.lines.at("log_loss_" + way.name));
    check_close(values_of(accuracy.trace), river.lines.at("accuracy_" + way.name));
    CHECK(mae.counts == ProgressiveCounts{.asked = 150, .learnt = 150});
    CHECK(mae.trace.back().rows == 150);
    CHECK(bits(mae_model) == bits(r2_model));
  }
}

TEST_CASE("without a delay it is a loop of predict, update and learn, to the bit") {
  const auto rows = make_rows(500, 4);
  SgdRegressor model = regressor(), by_hand = regressor();
  stats::MetricSet metrics{stats::Mae(), stats::R2()}, expected{stats::Mae(), stats::R2()};
  const auto run = progressive_evaluation(rows.x, rows.y, model, metrics);
  for (Eigen::Index i = 0; i < 500; ++i) {
    const Eigen::RowVectorXd row = rows.x.row(i);
    expected.update(rows.y[i], by_hand.predict_one(row));
    by_hand.learn_one(row, rows.y[i]);
  }
  CHECK(run.metric.get() == expected.get());
  CHECK(bits(model) == bits(by_hand));
  CHECK(run.trace.empty());
}

TEST_CASE("no row is learnt before it is predicted, nor before its label is there") {
  const std::vector<double> x = counting(6);
  const RowMajorView rows{x.data(), 6, 1};
  const auto order = [&](const ProgressiveOptions& o) {
    Recorder recorder;
    (void)progressive_evaluation(rows, x, recorder, stats::Mae(), o);
    return joined(recorder.calls);
  };
  CHECK(order({}) == "?0 0 ?1 1 ?2 2 ?3 3 ?4 4 ?5 5");
  CHECK(order({.delay_rows = 1}) == "?0 0 ?1 1 ?2 2 ?3 3 ?4 4 ?5 5");
  CHECK(order({.delay_rows = 2}) == "?0 ?1 0 ?2 1 ?3 2 ?4 3 ?5 4 5");
  CHECK(order({.delay_rows = 100}) == "?0 ?1 ?2 ?3 ?4 ?5 0 1 2 3 4 5");
  CHECK(order({.delay_rows = 4, .learn_rest = false}) == "?0 ?1 ?2 ?3 0 ?4 1 ?5");
  CHECK(order({.chunk_rows = 2}) == "?0 ?1 0 1 ?2 ?3 2 3 ?4 ?5 4 5");
  CHECK(order({.delay_rows = 2, .chunk_rows = 2}) == "?0 ?1 ?2 ?3 0 1 ?4 ?5 2 3 4 5");
  CHECK(order({.chunk_rows = 4}) == "?0 ?1 ?2 ?3 0 1 2 3 ?4 ?5 4 5");

  const auto at = [](int s) { return Timestamp{std::chrono::seconds{s}}; };
  const std::vector<Timestamp> times{at(0), at(10), at(10), at(20), at(30), at(40)};
  const std::vector<Timestamp> labels{at(25), at(10), at(30), at(20), at(30), at(90)};
  CHECK(order({.times = times, .delay = std::chrono::seconds(10)}) == "?0 0 ?1 ?2 1 2 ?3 3 ?4 4 ?5 5");
  CHECK(order({.times = times}) == "?0 0 ?1 1 ?2 2 ?3 3 ?4 4 ?5 5");
  CHECK(order({.times = times, .label_times = labels}) == "?0 ?1 1 ?2 ?3 3 0 2 ?4 4 ?5 5");
}

TEST_CASE("labels that never come are counted, and neither scored nor learnt") {
  const std::vector<double> x = counting(6);
  std::vector<double> y = x;
  y[1] = y[2] = y[5] = nan_value;
  const RowMajorView rows{x.data(), 6, 1};
  for (const std::size_t delay : {0u, 3u}) {
    for (const std::size_t chunk : {1u, 3u, 6u}) {
      Recorder recorder;
      const auto run =
          progressive_evaluation(rows, y, recorder, stats::Mae(), {.delay_rows = delay, .chunk_rows = chunk});
      CHECK(run.counts == ProgressiveCounts{.asked = 6, .learnt = 3, .unlabelled = 3});
      CHECK(run.metric.rows() == 3);
      std::erase_if(recorder.calls, [](const std::string& call) { return call[0] == '?'; });
      CHECK(joined(recorder.calls) == "0 3 4");
    }
  }
  Recorder recorder;
  const auto run = progressive_evaluation(rows, x, recorder, stats::Mae(), {.delay_rows = 4, .learn_rest = false});
  CHECK(run.counts == ProgressiveCounts{.asked = 6, .learnt = 2, .unlabelled = 4});
}

TEST_CASE("predictions wait in bounded numbers; the oldest goes and is counted") {
  const std::vector<double> x = counting(10);
  Recorder recorder;
  const auto run = progressive_evaluation(RowMajorView{x.data(), 10, 1}, x, recorder, stats::Mae(),
                                          {.delay_rows = 100, .max_pending = 3});
  CHECK(run.counts == ProgressiveCounts{.asked = 10, .learnt = 3, .evicted = 7, .unknown = 7});
  std::erase_if(recorder.calls, [](const std::string& call) { return call[0] == '?'; });
  CHECK(joined(recorder.calls) == "7 8 9");
  check_books(run.counts);
}

TEST_CASE("a learner that cannot predict yet is taught without a score") {
  const auto rows = make_rows(200, 3);
  Eigen::VectorXd labels = rows.labels;
  labels.head(10).setOnes();  // of one class no probability is known
  SgdClassifier model(options(Loss::log_loss, 0.05));
  const auto run = progressive_evaluation(rows.x, labels, model, stats::LogLoss(), {}, PredictedProbability());
  const auto first_zero = static_cast<std::uint64_t>(std::find(labels.begin(), labels.end(), 0) - labels.begin());
  CHECK(run.counts.unpredicted == first_zero + 1);
  CHECK(run.counts.learnt == 200);
  CHECK(run.metric.rows() == 200 - first_zero - 1);

  SECTION("but one that never can says why") {
    SgdClassifier hinge(options(Loss::hinge, 0.05));
    CHECK_THROWS_WITH(progressive_evaluation(rows.x, labels, hinge, stats::LogLoss(), {}, PredictedProbability()),
                      ContainsSubstring("the loss hinge gives no probabilities"));
  }
}

TEST_CASE("weights go to the metric and to the learner") {
  const auto rows = make_rows(100, 3);
  std::vector<double> weights;
  for (int i = 0; i < 100; ++i) weights.push_back(i % 3);
  for (const std::size_t delay : {0u, 5u}) {
    SgdRegressor model = regressor(), by_hand = regressor();
    const auto run =
        progressive_evaluation(rows.x, rows.y, model, stats::Mae(), {.delay_rows = delay, .weights = weights});
    stats::Mae expected;
    std::vector<double> said;
    for (std::size_t i = 0; i < 100 + delay; ++i) {
      if (i >= std::max<std::size_t>(delay, 1)) {
        const std::size_t learnt = i - std::max<std::size_t>(delay, 1);
        const Eigen::RowVectorXd row = rows.x.row(static_cast<Eigen::Index>(learnt));
        const double y = rows.y[static_cast<Eigen::Index>(learnt)];
        expected.update(y, said[learnt], weights[learnt]);
        by_hand.learn_one(row, y, weights[learnt]);
      }
      if (i >= 100) continue;
      const Eigen::RowVectorXd row = rows.x.row(static_cast<Eigen::Index>(i));
      said.push_back(by_hand.predict_one(row));
    }
    if (delay == 0) {
      const Eigen::RowVectorXd row = rows.x.row(99);
      expected.update(rows.y[99], said[99], weights[99]);
      by_hand.learn_one(row, rows.y[99], weights[99]);
    }
    CHECK(run.metric.get() == expected.get());
    CHECK(bits(model) == bits(by_hand));
  }
  Recorder weightless;
  const std::vector<double> x = counting(3);
  CHECK_THROWS_WITH(progressive_evaluation(RowMajorView{x.data(), 3, 1}, x, weightless, stats::Mae(), {.weights = x}),
                    ContainsSubstring("takes no weights"));
}

TEST_CASE("tables, views, matrices of any order and chunks give the same") {
  const auto rows = make_rows(120, 3);
  const std::vector<double> y(rows.y.begin(), rows.y.end());
  RecordBatchBuilder builder({{{"a", DataType::float64}, {"b", DataType::float64}, {"c", DataType::float64}}});
  for (Eigen::Index i = 0; i < 120; ++i) {
    for (std::size_t j = 0; j < 3; ++j) builder.append<double>(j, rows.x(i, static_cast<Eigen::Index>(j)));
  }
  const RecordBatch table = builder.finish();
  const RowMajorView view{rows.x.data(), 120, 3};
  const Eigen::MatrixXd by_columns = rows.x;
  for (const std::size_t delay : {0u, 9u}) {
    SgdRegressor a = regressor(), b = regressor(), c = regressor(), d = regressor();
    const ProgressiveOptions o{.delay_rows = delay};
    const double expected = progressive_evaluation(rows.x, y, a, stats::Rmse(), o).metric.get();
    CHECK(progressive_evaluation(table, y, b, stats::Rmse(), o).metric.get() == expected);
    CHECK(progressive_evaluation(view, y, c, stats::Rmse(), o).metric.get() == expected);
    CHECK(progressive_evaluation(by_columns, y, d, stats::Rmse(), o).metric.get() == expected);
    CHECK(bits(a) == bits(b));
  }
}

TEST_CASE("a chunk is predicted by what was known before its first row") {
  const auto rows = make_rows(100, 3);
  SgdRegressor model = regressor(), by_hand = regressor();
  const auto run = progressive_evaluation(rows.x, rows.y, model, stats::Mae(), {.chunk_rows = 30, .trace_every = 25});
  stats::Mae expected;
  std::vector<double> trace;
  for (Eigen::Index first = 0; first < 100; first += 30) {
    const Eigen::Index n = std::min<Eigen::Index>(30, 100 - first);
    const Eigen::VectorXd said = by_hand.predict(rows.x.middleRows(first, n));
    for (Eigen::Index i = 0; i < n; ++i) {
      expected.update(rows.y[first + i], said[i]);
      if ((first + i + 1) % 25 == 0) trace.push_back(expected.get());
    }
    by_hand.partial_fit(rows.x.middleRows(first, n), rows.y.segment(first, n));
  }
  CHECK(run.metric.get() == expected.get());
  CHECK(values_of(run.trace) == trace);
  CHECK(bits(model) == bits(by_hand));
}

TEST_CASE("live, labels come by key, in any order") {
  SgdRegressor model = regressor();
  ProgressiveEvaluator<RowMajor, SgdRegressor, stats::Mae> live(model, stats::Mae(), {.max_pending = 2});
  const auto rows = make_rows(5, 3);
  const auto row = [&](Eigen::Index i) { return RowMajor(rows.x.row(i)); };
  CHECK(live.predict(10, row(0)).size() == 1);
  CHECK_THROWS_WITH(live.predict(10, row(1)), ContainsSubstring("key 10 waits for its label already"));
  (void)live.predict(11, row(1));
  CHECK(live.learn(11, 3.0));
  CHECK(live.metric().get() == 3);  // it knew nothing when it was asked
  CHECK(model.t() == 2);
  CHECK_FALSE(live.learn(11, 3.0));
  CHECK_FALSE(live.learn(99, 3.0));
  const double said = live.predict(12, row(2))[0];
  CHECK(said == model.predict_one(Eigen::RowVectorXd(rows.x.row(2))));
  (void)live.predict(13, row(3));  // 10 makes room
  CHECK_FALSE(live.learn(10, 0.0));
  CHECK(live.abandon(13));
  CHECK_FALSE(live.abandon(13));
  CHECK(live.learn(12, said));
  CHECK(live.metric().get() == 1.5);
  (void)live.predict(14, row(4));
  CHECK(live.counts() ==
        ProgressiveCounts{.asked = 5, .learnt = 2, .unlabelled = 1, .evicted = 1, .pending = 1, .unknown = 3});
  live.abandon_all();
  CHECK(live.counts().pending == 0);
  check_books(live.counts());
}

TEST_CASE("rows that a learner refuses wait on, and what is refused is not scored") {
  SgdRegressor model = regressor();
  ProgressiveEvaluator<RowMajor, SgdRegressor, stats::Mae> live(model);
  RowMajor bad(1, 3);
  bad << 1, nan_value, 2;
  CHECK_THROWS(live.test_then_train(bad, std::vector{1.0}));
  (void)live.predict(1, RowMajor::Ones(1, 3));
  CHECK_THROWS_WITH(live.learn(1, std::numeric_limits<double>::infinity()), ContainsSubstring("y_true is inf"));
  CHECK_THROWS_WITH(live.learn(1, std::vector{1.0, 2.0}), ContainsSubstring("gave 2 values for 1 rows"));
  CHECK(live.counts().pending == 1);
  CHECK(live.learn(1, 2.0));
  check_books(live.counts());
}

TEST_CASE("scores without probabilities have an area too") {
  const auto rows = make_rows(600, 4);
  SgdClassifier model(options(Loss::hinge, 0.05)), by_hand(options(Loss::hinge, 0.05));
  const auto run = progressive_evaluation(rows.x, rows.labels, model, stats::RollingRocAuc({.window_size = 200}), {},
                                          PredictedScore());
  std::vector<double> said;
  for (Eigen::Index i = 0; i < 600; ++i) {
    said.push_back(by_hand.decision_function(rows.x.row(i))(0, 0));
    by_hand.partial_fit(rows.x.row(i), rows.labels.segment(i, 1));
  }
  CHECK(run.metric.get() == stats::roc_auc(std::span(rows.labels.data() + 400, 200), std::span(said).last(200)));
  CHECK(run.metric.get() > 0.9);
}

TEST_CASE("what cannot be evaluated is refused by the option and its value") {
  const std::vector<double> x = counting(3);
  const RowMajorView rows{x.data(), 3, 1};
  const auto at = [](int s) { return Timestamp{std::chrono::seconds{s}}; };
  const std::vector<Timestamp> times{at(0), at(1), at(2)}, back{at(0), at(2), at(1)}, two{at(0), at(1)};
  Recorder recorder;
  const auto refusal = [&](const ProgressiveOptions& o) -> std::string {
    try {
      (void)progressive_evaluation(rows, x, recorder, stats::Mae(), o);
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  CHECK(refusal({.chunk_rows = 0}) == "ProgressiveOptions.chunk_rows is 0; at least 1 is needed");
  CHECK(refusal({.max_pending = 0}) == "ProgressiveOptions.max_pending is 0; at least 1 is needed");
  CHECK(refusal({.times = two}) == "ProgressiveOptions.times has 2 values for 3 rows");
  CHECK(refusal({.times = back}) == "ProgressiveOptions.times do not ascend at row 2");
  CHECK(refusal({.times = times, .label_times = two}) == "ProgressiveOptions.label_times has 2 values for 3 rows");
  CHECK(refusal({.times = times, .label_times = back}) ==
        "ProgressiveOptions.label_times has a label before its row, at row 2");
  CHECK(refusal({.label_times = times}) == "ProgressiveOptions.times is empty; a delay by the clock needs them");
  CHECK(refusal({.delay = std::chrono::seconds(1)}) ==
        "ProgressiveOptions.times is empty; a delay by the clock needs them");
  CHECK(refusal({.times = times, .delay = std::chrono::nanoseconds(-1)}) ==
        "ProgressiveOptions.delay is -1 ns; a label follows its row");
  CHECK(refusal({.delay_rows = 1, .times = times}) == "ProgressiveOptions.delay_rows cannot go with times; delay can");
  CHECK(refusal({.times = times, .delay = std::chrono::seconds(1), .label_times = times}) ==
        "ProgressiveOptions.delay cannot go with label_times");
  CHECK(refusal({.weights = std::span(x).first(2)}) == "ProgressiveOptions.weights has 2 values for 3 rows");
  CHECK(recorder.calls.empty());
  CHECK_THROWS_WITH(progressive_evaluation(rows, std::vector{1.0}, recorder, stats::Mae()),
                    "progressive evaluation: the label gave 1 values for 3 rows");
  SgdRegressor model;
  using Evaluator = ProgressiveEvaluator<RowMajor, SgdRegressor, stats::Mae>;
  CHECK_THROWS_WITH(Evaluator(model, stats::Mae(), {.max_pending = 0}), ContainsSubstring("max_pending is 0"));
}

TEST_CASE("of no rows there is no figure") {
  Recorder recorder;
  const auto run =
      progressive_evaluation(RowMajorView{}, std::vector<double>{}, recorder, stats::Mae(), {.trace_every = 1});
  CHECK(std::isnan(run.metric.get()));
  CHECK(run.trace.empty());
  CHECK(run.counts == ProgressiveCounts{});
}

namespace {

/// Predicts the last target, and refuses the first `refusals` rows that it is to learn.
struct LastTarget {
  int refusals = 0;
  double last = 0;
  double predict_one(std::span<const double>) const { return last; }
  void learn_one(std::span<const double>, double y) {
    if (refusals-- > 0) throw std::runtime_error("busy");
    last = y;
  }
};

}  // namespace

TEST_CASE("labels that come after the longest of delays never come") {
  const RowMajor x = RowMajor::Ones(6, 1);
  const std::vector<double> y{1, 2, 3, 4, 5, 6};
  std::vector<Timestamp> times;
  for (int i = 0; i < 6; ++i) times.emplace_back(std::chrono::nanoseconds(1'700'000'000'000'000'000 + i));
  for (const ProgressiveOptions& never :
       {ProgressiveOptions{.delay_rows = std::numeric_limits<std::size_t>::max()},
        ProgressiveOptions{.times = times, .delay = std::chrono::nanoseconds::max()}}) {
    ProgressiveOptions options = never;
    LastTarget at_the_end, not_at_all;
    CHECK(progressive_evaluation(x, y, at_the_end, stats::Mae(), options).metric.get() == 3.5);
    CHECK(at_the_end.last == 6);
    options.learn_rest = false;
    const auto run = progressive_evaluation(x, y, not_at_all, stats::Mae(), options);
    CHECK(run.counts.learnt == 0);
    CHECK(run.counts.unlabelled == 6);
    CHECK(std::isnan(run.metric.get()));
  }
}

TEST_CASE("a row whose learning threw is scored and traced once, and learnt by the second call") {
  LastTarget learner{.refusals = 1};
  ProgressiveEvaluator<RowMajor, LastTarget, stats::Mae> live(learner, stats::Mae(), {.trace_every = 1});
  live.predict(1, RowMajor::Ones(1, 1));
  CHECK_THROWS_AS(live.learn(1, 5.0), std::runtime_error);
  CHECK(live.counts().pending == 1);
  CHECK(live.learn(1, 5.0));
  CHECK(live.metric().rows() == 1);
  CHECK(live.trace().size() == 1);
  CHECK(live.counts().learnt == 1);
  CHECK(learner.last == 5);

  // Of a chunk with gaps, only the runs of rows that were not learnt are learnt by the second call.
  struct Counting {
    std::vector<double> learnt{};
    bool busy = true;
    double predict_one(std::span<const double>) const { return 0; }
    void learn_one(std::span<const double>, double y) {
      if (y == 3 && busy) throw std::runtime_error("busy");
      learnt.push_back(y);
    }
  } counting;
  ProgressiveEvaluator<RowMajor, Counting, stats::Mae> gaps(counting);
  gaps.predict(1, RowMajor::Ones(4, 1));
  const std::vector<double> y{1, std::nan(""), 3, 4};
  CHECK_THROWS_AS(gaps.learn(1, y), std::runtime_error);
  counting.busy = false;
  CHECK(gaps.learn(1, y));
  CHECK(counting.learnt == std::vector<double>{1, 3, 4});
  CHECK(gaps.metric().rows() == 3);
  CHECK(gaps.counts().learnt == 3);
  CHECK(gaps.counts().unlabelled == 1);
}
