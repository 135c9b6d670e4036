// SPDX-License-Identifier: MIT
// Reactions to drift, on streams whose rule changes at a known row; and what it is for a linear model to decay.
#include "penstock/learn/drift/reaction.hpp"

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/drift/adwin.hpp"
#include "penstock/learn/drift/ddm.hpp"
#include "penstock/learn/drift/hddm_a.hpp"
#include "penstock/learn/drift/page_hinkley.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/standard_scaler.hpp"

#include "catch.hpp"
#include "unit/learn/drift/support.hpp"

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace penstock;

namespace {

struct Row {
  std::array<double, 3> x;
  double y;
};

/// 3000 rows of one rule, then 3000 of the opposite one, with noise.
std::vector<Row> numbers(std::uint64_t seed) {
  test::Uniforms next(seed);
  std::vector<Row> rows;
  for (int i = 0; i < 6000; ++i) {
    Row row{{next() - 0.5, next() - 0.5, next() - 0.5}, 0};
    const double rule = 3 * row.x[0] - 2 * row.x[1] + row.x[2];
    row.y = (i < 3000 ? rule : -rule) + 0.2 * (next() - 0.5);
    rows.push_back(row);
  }
  return rows;
}
/// The same with labels: 0 and 1, a tenth of them wrong.
std::vector<Row> labels(std::uint64_t seed) {
  auto rows = numbers(seed);
  test::Uniforms next(seed + 1000);
  for (Row& row : rows) {
    row.y = row.y > 0 ? 1 : 0;
    if (next() < 0.1) row.y = 1 - row.y;
  }
  return rows;
}

/// Warns from the second number that it sees on, and at the seventh says drift.
struct Alarm {
  int seen = 0;
  DriftStatus update(double) {
    ++seen;
    return seen == 7 ? DriftStatus::drift : seen > 1 && seen < 7 ? DriftStatus::warning : DriftStatus::none;
  }
  bool detected() const { return seen == 7; }
  void reset() { seen = 0; }
};

/// The mean error of the predictions for the rows behind the change, each made before its row was learnt.
template <class Model>
double error_after(Model& model, const std::vector<Row>& rows) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i >= 3000) {
      const double p = detail::predicted_one(model, rows[i].x);
      sum += std::abs(p - rows[i].y) / 3000;
    }
    model.learn_one(rows[i].x, rows[i].y);
  }
  return sum;
}

Eigen::MatrixXd matrix_of(const std::vector<Row>& rows, std::size_t first, std::size_t count) {
  Eigen::MatrixXd x(static_cast<Eigen::Index>(count), 3);
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    for (Eigen::Index j = 0; j < 3; ++j)
      x(i, j) = rows[first + static_cast<std::size_t>(i)].x[static_cast<std::size_t>(j)];
  }
  return x;
}
Eigen::VectorXd targets_of(const std::vector<Row>& rows, std::size_t first, std::size_t count) {
  Eigen::VectorXd y(static_cast<Eigen::Index>(count));
  for (Eigen::Index i = 0; i < y.size(); ++i) y[i] = rows[first + static_cast<std::size_t>(i)].y;
  return y;
}

const SgdOptions slow{.eta0 = 0.3, .power_t = 0.5};  // steps that have become short when the change comes

/// A model with the least that a learner of rows has.
struct CountingMean {
  double sum = 0, n = 0;
  void learn_one(const std::array<double, 3>& /*x*/, double y) {
    if (y > 1e6) throw std::runtime_error("too much");
    sum += y;
    n += 1;
  }
  double predict_one(const std::array<double, 3>& /*x*/) const { return n > 0 ? sum / n : 0; }
};

}  // namespace

TEST_CASE("a model of numbers that reacts is better after a change than one that does not") {
  const auto rows = numbers(7);
  SgdRegressor plain(slow);
  OnDrift reset(SgdRegressor(slow), Adwin{}, ResetOnDrift{});
  OnDrift decay(SgdRegressor(slow), Adwin{}, DecayOnDrift{.keep = 0.05});
  OnDrift page_hinkley(SgdRegressor(slow), PageHinkley({.threshold = 20, .mode = PageHinkleyMode::up}), ResetOnDrift{});
  const double without = error_after(plain, rows);
  const double by_reset = error_after(reset, rows), by_decay = error_after(decay, rows),
               by_page_hinkley = error_after(page_hinkley, rows);
  CAPTURE(without, by_reset, by_decay, by_page_hinkley, reset.stats().improvements);
  CHECK(by_reset < 0.6 * without);
  CHECK(by_decay < 0.6 * without);
  CHECK(by_page_hinkley < 0.6 * without);
  CHECK(reset.stats().rows == 6000);
  for (const ReactionStats& stats : {reset.stats(), decay.stats(), page_hinkley.stats()}) {
    CHECK(stats.reactions + stats.improvements == stats.drifts);
    CHECK(stats.reactions >= 1);
    CHECK(stats.reactions <= 4);
    CHECK(stats.swaps == 0);
  }
}

TEST_CASE("a classifier gives way to a challenger that was learnt since the warning") {
  const auto rows = labels(3);
  const SgdOptions options{
      .loss = Loss::log_loss, .learning_rate = LearningRate::invscaling, .eta0 = 1, .power_t = 0.75};
  SgdClassifier plain(options);
  OnDrift swap(SgdClassifier(options), Ddm{}, SwapOnDrift{.minimum_rows = 10}, ZeroOneError{});
  OnDrift two(SgdClassifier(options), WithWarning(Adwin({.delta = 0.3}), Adwin{}), SwapOnDrift{}, ZeroOneError{});
  const double without = error_after(plain, rows), with = error_after(swap, rows), with_two = error_after(two, rows);
  CAPTURE(without, with, with_two, swap.stats().false_alarms, two.stats().false_alarms);
  CHECK(with < 0.6 * without);
  CHECK(with_two < 0.6 * without);
  CHECK(swap.stats().swaps >= 1);
  CHECK(two.stats().swaps >= 1);
  for (const ReactionStats& stats : {swap.stats(), two.stats()}) {
    CHECK(stats.warnings >= stats.challengers);
    CHECK(stats.challengers >= stats.swaps + stats.false_alarms);
    CHECK(stats.reactions + stats.improvements == stats.drifts);
  }
}

TEST_CASE("a function of one's own is called after each drift, with the model as it was handed over if it asks") {
  const auto rows = numbers(5);
  int calls = 0;
  OnDrift own(CountingMean{}, Adwin({.clock = 1}), [&calls](CountingMean& model) {
    model = {};
    ++calls;
  });
  CountingMean given{4, 2};
  double seen = 0;
  OnDrift with_fresh(given, Adwin({.clock = 1}), [&](CountingMean& model, const CountingMean& fresh) {
    seen = fresh.sum;
    model = fresh;
  });
  for (std::size_t i = 0; i < 2000; ++i) {
    const double y = i < 1000 ? 1 : 5;
    own.learn_one(rows[i].x, y);
    with_fresh.learn_one(rows[i].x, y);
  }
  CHECK(calls == 1);
  CHECK(own.stats().reactions == 1);
  CHECK(own.model().predict_one(rows[0].x) == 5);
  CHECK(seen == 4);
}

TEST_CASE("a model that begins anew has learnt the row of the alarm, and its answers are the model's own") {
  OnDrift model(CountingMean{}, Ddm({.warm_start = 5}), ResetOnDrift{},
                [](double, double y) { return y == 9 ? 1 : 0; });
  const std::array<double, 3> x{};
  for (int i = 0; i < 10; ++i) CHECK(model.learn_one(x, 2) == DriftStatus::none);
  CHECK(model.predict_one(x) == 2);
  CHECK(model.learn_one(x, 9) == DriftStatus::drift);
  CHECK(model.model().n == 1);
  CHECK(model.predict_one(x) == 9);
  CHECK(model.detector().detected());

  // What the model does not take changes nothing, and is not counted.
  CHECK_THROWS_AS(model.learn_one(x, 1e7), std::runtime_error);
  CHECK(model.stats().rows == 11);
  CHECK(model.model().n == 1);
  CHECK(model.detector().detected());
  // An error that the detector does not take is told; the model has learnt the row.
  CHECK_THROWS_AS(model.observe(std::numeric_limits<double>::quiet_NaN()), Error);
  CHECK(model.stats().drifts == 1);
}

TEST_CASE("a challenger is dropped after a false alarm, and a young one does not take over") {
  // A detector that says what it is shown.
  struct Told {
    bool drift = false;
    DriftStatus update(double v) {
      drift = v == 2;
      return static_cast<DriftStatus>(static_cast<int>(v));
    }
    bool detected() const { return drift; }
    void reset() { drift = false; }
  };
  const std::array<double, 3> x{};
  const auto says = [](double, double y) { return y; };  // the target is the status
  OnDrift model(CountingMean{}, Told{}, SwapOnDrift{.minimum_rows = 4, .patience = 3}, says);
  const auto show = [&](std::initializer_list<double> statuses) {
    for (const double s : statuses) model.learn_one(x, s);
  };
  show({0, 0, 1, 0, 0});
  CHECK(model.has_challenger());
  show({1, 0, 0});
  CHECK(model.has_challenger());  // the second warning began its patience again
  show({0});
  CHECK_FALSE(model.has_challenger());
  CHECK(model.stats().false_alarms == 1);
  CHECK(model.model().n == 9);

  show({1, 1, 2});  // the challenger has three rows
  CHECK(model.stats().swaps == 0);
  CHECK(model.stats().reactions == 1);
  CHECK(model.model().n == 1);
  CHECK_FALSE(model.has_challenger());

  show({1, 0, 1, 2});  // and here four
  CHECK(model.stats().swaps == 1);
  CHECK(model.model().n == 4);
  CHECK(model.stats().warnings == 5);
  CHECK(model.stats().challengers == 3);
  CHECK(model.stats().drifts == 2);
}

TEST_CASE("chunks react once, behind the chunk in which the change was found") {
  const auto rows = numbers(11);
  SgdRegressor plain(slow);
  OnDrift model(SgdRegressor(slow), Adwin{}, ResetOnDrift{});
  double without = 0, with = 0;
  for (std::size_t first = 0; first < rows.size(); first += 50) {
    const auto x = matrix_of(rows, first, 50);
    const auto y = targets_of(rows, first, 50);
    if (first >= 3000) {
      without += (plain.predict(x) - y).array().abs().sum() / 3000;
      with += (model.predict(x) - y).array().abs().sum() / 3000;
    }
    plain.partial_fit(x, y);
    model.partial_fit(x, y);
  }
  CAPTURE(without, with);
  CHECK(with < 0.6 * without);
  CHECK(model.stats().rows == 6000);
  CHECK(model.stats().reactions >= 1);
  CHECK(model.stats().reactions <= 3);
  CHECK(model.stats().drifts >= model.stats().reactions);
}

TEST_CASE("Eigen rows of any stride are learnt and predicted by a classifier") {
  const auto rows = labels(9);
  const Eigen::MatrixXd x = matrix_of(rows, 0, 500);  // column-major: rows lie with a stride
  const Eigen::VectorXd y = targets_of(rows, 0, 500);
  SgdClassifier plain;
  OnDrift model(SgdClassifier{}, Adwin{}, ResetOnDrift{}, ZeroOneError{});
  for (Eigen::Index i = 0; i < 500; ++i) {
    plain.learn_one(x.row(i), y[i]);
    model.learn_one(x.row(i), y[i]);
  }
  CHECK(model.stats().drifts == 0);
  CHECK(model.model().coef() == plain.coef());
  CHECK(model.predict_one(x.row(3)) == plain.predict(x)[3]);
  const Eigen::VectorXd standing = x.row(3);
  CHECK(model.predict_one(standing) == plain.predict(x)[3]);
  // Before it has learnt anything a classifier cannot be asked: the first row is learnt without a look at its error.
  CHECK(static_cast<double>(model.detector().width()) == 499);
}

TEST_CASE("policies that cannot be are refused") {
  CHECK_THROWS_WITH(OnDrift(SgdRegressor{}, Adwin{}, DecayOnDrift{.keep = 2}),
                    ContainsSubstring("DecayOnDrift.keep is 2"));
  CHECK_THROWS_WITH(OnDrift(SgdRegressor{}, Adwin{}, SwapOnDrift{.minimum_rows = 0}),
                    ContainsSubstring("SwapOnDrift.minimum_rows is 0"));
}

TEST_CASE("decay keeps a part of the coefficients, and takes the counter back") {
  const auto rows = numbers(1);
  const auto learnt = [&](const SgdOptions& options) {
    SgdRegressor model(options);
    for (std::size_t i = 0; i < 1001; ++i) model.learn_one(rows[i].x, rows[i].y + 1);
    return model;
  };
  const SgdOptions options[] = {
      {},
      {.penalty = Penalty::elasticnet, .alpha = 0.01, .arithmetic = Arithmetic::strict},
      {.average = 1},
      {.average = 300},
      {.alpha = 0, .optimiser = AdaGrad{}},
      {.optimiser = Adam{}},
      {.penalty = Penalty::elasticnet, .alpha = 0.01, .eta0 = 0.1, .optimiser = FtrlProximal{}},
  };
  for (const SgdOptions& o : options) {
    const SgdRegressor before = learnt(o);
    CAPTURE(o.average, o.optimiser.index());
    SgdRegressor same = before;
    same.decay(1);
    CHECK(same.t() == 1002);
    CHECK(same.coef() == before.coef());

    SgdRegressor half = before;
    half.decay(0.5);
    CHECK(half.t() == 501);
    CHECK((half.coef() - 0.5 * before.coef()).norm() < 1e-15);
    CHECK_THAT(half.intercept(), WithinRel(0.5 * before.intercept(), 1e-15));

    SgdRegressor gone = before;
    gone.decay(0);
    CHECK(gone.t() == 1);
    CHECK(gone.coef().norm() == 0);
    CHECK(gone.intercept() == 0);
    // It learns as a new one does.
    SgdRegressor fresh(o);
    for (std::size_t i = 2000; i < 2400; ++i) {
      gone.learn_one(rows[i].x, rows[i].y);
      fresh.learn_one(rows[i].x, rows[i].y);
    }
    CHECK(gone.coef() == fresh.coef());
    CHECK(gone.intercept() == fresh.intercept());
    CHECK_THROWS_WITH(half.decay(1.5), ContainsSubstring("SgdRegressor::decay: keep is 1.5"));
    CHECK_THROWS_AS(half.decay(std::nan("")), std::invalid_argument);
  }
}

TEST_CASE("an average that had not begun at the counter's new place begins again") {
  const auto rows = numbers(2);
  SgdRegressor model({.average = 400});
  for (std::size_t i = 0; i < 1000; ++i) model.learn_one(rows[i].x, rows[i].y);
  model.decay(0.1);
  CHECK(model.t() == 101);
  for (std::size_t i = 1000; i < 1400; ++i) model.learn_one(rows[i].x, rows[i].y);
  // The mean of the coefficients from row 400 of the counter on.
  SgdRegressor steps({.average = 0});
  for (std::size_t i = 0; i < 1000; ++i) steps.learn_one(rows[i].x, rows[i].y);
  steps.decay(0.1);
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(3);
  double n = 0;
  for (std::size_t i = 1000; i < 1400; ++i) {
    steps.learn_one(rows[i].x, rows[i].y);
    if (steps.t() <= 400) continue;
    n += 1;
    mean += (steps.coef() - mean) / n;
  }
  CHECK(n == 101);
  CHECK((model.coef() - mean).norm() < 1e-12);
}

TEST_CASE("after a decay, a row that is predicted rightly leaves FTRL-Proximal where it is") {
  const auto rows = numbers(4);
  SgdRegressor model({.penalty = Penalty::elasticnet, .alpha = 0.001, .eta0 = 0.1, .optimiser = FtrlProximal{}});
  for (std::size_t i = 0; i < 500; ++i) model.learn_one(rows[i].x, rows[i].y);
  model.decay(0.3);
  const Eigen::VectorXd before = model.coef();
  model.learn_one(rows[0].x, model.predict_one(rows[0].x));
  CHECK((model.coef() - before).norm() < 1e-12);
}

TEST_CASE("a classifier that decays keeps its classes") {
  const auto rows = labels(6);
  SgdClassifier model({.loss = Loss::log_loss});
  for (std::size_t i = 0; i < 500; ++i) model.learn_one(rows[i].x, i % 7 == 0 ? 2 : rows[i].y);
  const SgdClassifier::Coef before = model.coef();
  model.decay(0.25);
  CHECK(model.classes() == std::vector<double>{0, 1, 2});
  CHECK((model.coef() - 0.25 * before).norm() < 1e-15);
  CHECK(model.t() == 126);
}

TEST_CASE("a chunk of more or fewer targets than rows changes nothing") {
  OnDrift model(SgdRegressor{}, Adwin{}, ResetOnDrift{});
  Eigen::MatrixXd x(2, 1);
  x << 1, 2;
  model.partial_fit(x, std::vector<double>{1, 2});
  for (const std::size_t targets : {std::size_t{64}, std::size_t{1}}) {
    CHECK_THROWS_WITH(model.partial_fit(x, std::vector<double>(targets, 1.0)),
                      ContainsSubstring("OnDrift: 2 predictions, but " + std::to_string(targets) + " targets"));
    CHECK_THROWS_AS(model.partial_fit(x, std::vector<double>(targets, 1.0)), std::invalid_argument);
  }
  CHECK(model.stats().rows == 2);
  CHECK(model.detector().width() == 2);
}

TEST_CASE("a reaction that throws is made up for by the next call") {
  // Refuses a first row beyond 10.
  struct Beginner {
    double n = 0;
    double predict_one(double) const { return 0; }
    void learn_one(double x, double) {
      if (n == 0 && x > 10) throw std::runtime_error("no row to begin with");
      n += 1;
    }
  };
  OnDrift model(Beginner{}, Ddm({.warm_start = 2}), ResetOnDrift{}, [](double, double y) { return y; });
  for (int i = 0; i < 5; ++i) model.learn_one(1.0, 0.0);
  CHECK_THROWS_AS(model.learn_one(11.0, 1.0), std::runtime_error);
  CHECK(model.model().n == 6);  // it has learnt the row, and goes on
  CHECK(model.stats().rows == 6);
  CHECK(model.stats().drifts == 1);
  CHECK(model.stats().reactions == 0);
  CHECK(model.learn_one(2.0, 0.0) == DriftStatus::none);
  CHECK(model.model().n == 1);
  CHECK(model.stats().reactions == 1);
  CHECK(model.learn_one(2.0, 0.0) == DriftStatus::none);
  CHECK(model.model().n == 2);
  CHECK(model.stats().reactions == 1);
}

TEST_CASE("nobody reacts to a lesser error that HDDM-A finds, and its warnings stay") {
  OnDrift model(CountingMean{}, HddmA({.two_sided_test = true}), ResetOnDrift{}, [](double, double y) { return y; });
  const std::array<double, 3> x{};
  for (int i = 0; i < 400; ++i) model.learn_one(x, i < 200 ? 1 : 0);
  CHECK(model.stats().drifts == 1);
  CHECK(model.stats().improvements == 1);
  CHECK(model.stats().reactions == 0);
  CHECK(model.model().n == 400);
  for (int i = 0; i < 200; ++i) model.learn_one(x, 1);
  CHECK(model.stats().drifts == 2);
  CHECK(model.stats().reactions == 1);

  // A warning stands while single values lower the mean.
  HddmA alone;
  WithWarning both(HddmA{}, Adwin({.clock = 1000}));
  int warnings = 0;
  for (int i = 0; i < 300; ++i) {
    const double value = i < 100 ? 0 : i % 4 == 0 ? 1 : 0;
    const DriftStatus status = alone.update(value);
    if (status == DriftStatus::drift) break;
    warnings += status == DriftStatus::warning ? 1 : 0;
    CHECK(both.update(value) == status);
  }
  CHECK(warnings > 4);
}

TEST_CASE("a model that reacts stands at the end of a pipeline as the model itself does") {
  const auto rows = numbers(11);
  const Eigen::MatrixXd x = matrix_of(rows, 0, 200);
  const Eigen::VectorXd y = targets_of(rows, 0, 200);
  StandardScaler scaler;
  SgdRegressor model;
  model.partial_fit(scaler.partial_fit_transform(x), y);
  const auto learnt = scaler | OnDrift(model, Adwin{}, ResetOnDrift{});
  CHECK(learnt.predict(x) == (scaler | model).predict(x));
  CHECK(learnt.model().n_features() == 3);
  const auto unlearnt = StandardScaler{} | OnDrift(SgdRegressor{}, Adwin{}, ResetOnDrift{});
  CHECK(unlearnt.model().n_features() == 0);
  CHECK(unlearnt.predict(x) == (StandardScaler{} | SgdRegressor{}).predict(x));  // 0, as a regressor says then
  CHECK_THROWS_AS((StandardScaler{} | OnDrift(SgdClassifier{}, Ddm{}, SwapOnDrift{})).predict(x), std::logic_error);

  const OnDrift classifier(SgdClassifier({.loss = Loss::log_loss, .classes = {0, 1}}), Ddm{}, SwapOnDrift{});
  const Eigen::VectorXd half = Eigen::VectorXd::Constant(200, 0.5);
  CHECK(classifier.predict_proba(x).col(1) == half);
  CHECK(classifier.decision_function(x).col(0) == 0 * half);
}

TEST_CASE("columns that come in mid-stream grow model and challenger, and what begins anew has them") {
  const auto table = [](const std::vector<std::string>& kinds) {
    RecordBatchBuilder builder({{{"a", DataType::float64}, {"kind", DataType::string}}});
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      builder.append<double>(0, 0.25 * static_cast<double>(i));
      builder.append<std::string_view>(1, kinds[i]);
    }
    return builder.finish();
  };
  const RecordBatch two = table({"red", "blue", "red", "blue"});
  const RecordBatch three = table({"red", "green", "blue", "green"});
  const std::vector<double> y{1, 2, 1, 3};
  const auto check = [&](auto policy, int steps) {
    auto pipeline = OneHotEncoder{} | OnDrift(SgdRegressor{}, Alarm{}, policy);
    auto plain = OneHotEncoder{} | SgdRegressor{};
    pipeline.partial_fit(two, y);
    plain.partial_fit(two, y);
    CHECK(pipeline.predict(two) == plain.predict(two));
    pipeline.partial_fit(three, y);
    CHECK(pipeline.model().n_features() == 4);
    CHECK(pipeline.model().stats().reactions == 1);
    CHECK(pipeline.model().model().t() == steps + 1);
  };
  check(ResetOnDrift{}, 3);                  // the rows from the first green one on, among which the alarm was
  check(SwapOnDrift{.minimum_rows = 2}, 7);  // those from the first blue one on, with the warning

  // What it begins anew from has features: they are as many as those of the model that it replaces.
  SgdRegressor known;
  known.learn_one(std::vector<double>{1, 2}, 1);
  OnDrift model(known, Alarm{}, ResetOnDrift{});
  model.grow(1);
  for (int i = 0; i < 7; ++i) model.learn_one(std::vector<double>{1, 2, 3}, 1);
  CHECK(model.stats().reactions == 1);
  known.grow(1);
  known.learn_one(std::vector<double>{1, 2, 3}, 1);
  CHECK(model.model().coef() == known.coef());
}

TEST_CASE("a reaction that throws leaves a pipeline's steps and its model as they were") {
  struct Refuse {
    std::shared_ptr<bool> ready = std::make_shared<bool>(false);
    void operator()(SgdRegressor&) {
      if (!*ready) throw std::runtime_error("not now");
    }
  };
  const auto rows = numbers(11);
  const Refuse refuse;
  for (const bool all_or_nothing : {true, false}) {
    *refuse.ready = false;
    auto pipeline = make_pipeline(PipelineOptions{.all_or_nothing = all_or_nothing}, StandardScaler{},
                                  OnDrift(SgdRegressor{}, Alarm{}, refuse));
    pipeline.partial_fit(matrix_of(rows, 0, 4), targets_of(rows, 0, 4));
    const Eigen::MatrixXd x = matrix_of(rows, 4, 4);
    const Eigen::VectorXd y = targets_of(rows, 4, 4);
    const auto before = pipeline;
    CHECK_THROWS_WITH(pipeline.partial_fit(x, y), "not now");
    CHECK(pipeline.model().model().t() == 5);
    CHECK(pipeline.model().model().coef() == before.model().model().coef());
    CHECK(pipeline.model().stats().rows == 4);
    CHECK(pipeline.model().detector().seen == 4);
    CHECK((pipeline.predict(x) == before.predict(x)) == all_or_nothing);
    *refuse.ready = true;
    pipeline.partial_fit(x, y);
    CHECK(pipeline.model().stats().reactions == 1);
    CHECK(pipeline.model().stats().rows == 8);
  }
}
