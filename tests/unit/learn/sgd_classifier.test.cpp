// SPDX-License-Identifier: MIT
#include "penstock/learn/sgd_classifier.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

/// The rows sorted so that class `order[0]` comes alone first, then order[1] joins, then all.
Rows arriving(const std::vector<double>& order) {
  const Rows rows = make_rows(120, 6, 5);
  Rows sorted = make_rows(0, 6);
  std::vector<Eigen::Index> places;
  for (std::size_t stage = 0; stage < order.size(); ++stage) {
    for (Eigen::Index i = static_cast<Eigen::Index>(stage) * 40; i < static_cast<Eigen::Index>(stage + 1) * 40; ++i) {
      for (std::size_t k = 0; k <= stage; ++k) {
        if (rows.three[i] == order[k]) places.push_back(i);
      }
    }
  }
  const auto n = static_cast<Eigen::Index>(places.size());
  sorted = {RowMajor(n, 6), Eigen::VectorXd(n), Eigen::VectorXd(n), Eigen::VectorXd(n)};
  for (Eigen::Index i = 0; i < n; ++i) {
    sorted.x.row(i) = rows.x.row(places[static_cast<std::size_t>(i)]);
    sorted.three[i] = rows.three[places[static_cast<std::size_t>(i)]];
  }
  return sorted;
}

}  // namespace

TEST_CASE("labels that arrive in mid-stream are learnt as if they had been known from the start") {
  for (const std::vector<double>& order :
       std::vector<std::vector<double>>{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}, {0, 2, 1}, {2, 0, 1}}) {
    const Rows rows = arriving(order);
    for (const Loss& loss : {Loss::hinge, Loss::log_loss, Loss::modified_huber, Loss::squared_error}) {
      for (const Penalty penalty : {Penalty::l2, Penalty::l1, Penalty::elasticnet}) {
        for (const std::size_t average : {0U, 10U}) {
          SgdOptions options{.loss = loss, .penalty = penalty, .alpha = 0.01, .average = average};
          SgdClassifier arrived(options);
          learn(arrived, rows.x, rows.three, 0);
          options.classes = {0, 1, 2};
          SgdClassifier known(options);
          known.partial_fit(rows.x, rows.three);
          CHECK(arrived.classes() == std::vector<double>{0, 1, 2});
          CHECK(bits(arrived) == bits(known));
        }
      }
    }
  }
}

TEST_CASE("a second label makes two classes, whichever came first") {
  const Rows rows = make_rows(80, 4);
  for (const double first : {0.0, 1.0}) {
    Rows sorted = rows;
    sorted.labels.head(10).setConstant(first);
    SgdClassifier arrived({.class_weight = {{0, 0.5}, {1, 3}}});
    arrived.partial_fit(sorted.x.topRows(10), sorted.labels.head(10));
    CHECK(arrived.classes() == std::vector<double>{first});
    CHECK(arrived.predict(sorted.x) == Eigen::VectorXd::Constant(80, first));
    arrived.partial_fit(sorted.x.bottomRows(70), sorted.labels.tail(70));
    SgdClassifier known({.classes = {1, 0}, .class_weight = {{0, 0.5}, {1, 3}}});
    known.partial_fit(sorted.x, sorted.labels);
    CHECK(bits(arrived) == bits(known));
  }
}

TEST_CASE("a label beyond those that were announced is learnt from nothing") {
  const Rows rows = make_rows(100, 4);
  SgdClassifier model({.learning_rate = LearningRate::constant, .eta0 = 0.1, .classes = {0, 1}});
  model.partial_fit(rows.x.topRows(50), rows.labels.head(50));
  CHECK(model.coef().rows() == 1);
  model.partial_fit(rows.x, rows.three);
  CHECK(model.classes() == std::vector<double>{0, 1, 2});
  CHECK(model.coef().rows() == 3);
  CHECK(model.t() == 151);
  SgdClassifier strict({.sklearn_compat = true, .classes = {0, 1}});
  strict.partial_fit(rows.x.topRows(50), rows.labels.head(50));
  const auto before = bits(strict);
  CHECK_THROWS_WITH(strict.partial_fit(rows.x, rows.three),
                    ContainsSubstring("the label 2.0") && ContainsSubstring("new"));
  CHECK(bits(strict) == before);
  CHECK(strict.classes() == std::vector<double>{0, 1});
  SgdClassifier announced({.sklearn_compat = true, .classes = {0, 1}});
  CHECK_THROWS_WITH(announced.partial_fit(rows.x, rows.three), ContainsSubstring("the label 2.0"));
  CHECK(announced.classes() == std::vector<double>{0, 1});
  CHECK(announced.n_features() == 0);
}

TEST_CASE("a call that fails takes its new labels with it") {
  Rows rows = make_rows(100, 4);
  SgdClassifier model;
  model.partial_fit(rows.x, rows.labels);
  const auto before = bits(model);
  rows.x(99, 0) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(model.partial_fit(rows.x, rows.three), StartsWith("row 100"));
  CHECK(model.classes() == std::vector<double>{0, 1});
  CHECK(bits(model) == before);
}

TEST_CASE("predictions are the classes of the scores, probabilities sum to 1") {
  const Rows rows = make_rows(400, 5);
  for (const Eigen::VectorXd& y : {rows.labels, rows.three}) {
    for (const Loss& loss : {Loss::log_loss, Loss::modified_huber}) {
      SgdClassifier model({.loss = loss, .learning_rate = LearningRate::constant, .eta0 = 0.1});
      model.partial_fit(rows.x, y);
      const Eigen::MatrixXd scores = model.decision_function(rows.x);
      const Eigen::MatrixXd chances = model.predict_proba(rows.x);
      const Eigen::VectorXd labels = model.predict(rows.x);
      for (Eigen::Index i = 0; i < 400; ++i) CHECK(model.predict_one(rows.x.row(i)) == labels[i]);
      CHECK(scores.cols() == (y == rows.labels ? 1 : 3));
      CHECK(chances.cols() == static_cast<Eigen::Index>(model.classes().size()));
      CHECK((chances.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-15);
      CHECK(chances.minCoeff() >= 0);
      const Eigen::MatrixXd by_hand = (rows.x * model.coef().transpose()).rowwise() + model.intercept().transpose();
      CHECK((by_hand - scores).norm() < 1e-12);
      double right = 0;
      for (Eigen::Index i = 0; i < 400; ++i) {
        Eigen::Index best = 0;
        chances.row(i).maxCoeff(&best);
        if (loss.kind() == LossKind::log_loss) CHECK(labels[i] == model.classes()[static_cast<std::size_t>(best)]);
        right += labels[i] == y[i];
      }
      CHECK(right / 400 > 0.75);
    }
  }
  SgdClassifier hinge;
  CHECK_THROWS_AS(hinge.predict(rows.x), std::logic_error);
  CHECK_THROWS_AS(hinge.predict_one(rows.x.row(0)), std::logic_error);
  CHECK(SgdClassifier({.classes = {7, 3}}).predict_one(rows.x.row(0)) == 3);
  hinge.partial_fit(rows.x, rows.labels);
  CHECK_THROWS_WITH(hinge.predict_proba(rows.x), ContainsSubstring("hinge gives no probabilities"));
}

TEST_CASE("probabilities have scikit-learn's values") {
  // coef_ and intercept_ by hand: one row of scores (-2, 0.5, 0.25) and one where modified_huber finds no class.
  RowMajor x(1, 1);
  x << 1;
  SgdClassifier model({.loss = Loss::log_loss, .classes = {0, 1, 2}});
  CHECK(model.predict_proba(x) == Eigen::MatrixXd::Constant(1, 3, 0.5 / 1.5));  // all scores 0
  SgdClassifier binary({.loss = Loss::modified_huber, .classes = {0, 1}});
  CHECK(binary.predict_proba(x) == Eigen::MatrixXd::Constant(1, 2, 0.5));
}
