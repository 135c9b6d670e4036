// SPDX-License-Identifier: MIT
// What a model does not learn, it has not learnt in part.
#include "penstock/learn/sgd.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <limits>
#include <stdexcept>
#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

struct Faulty {
  double loss(double p, double y) const { return (p - y) * (p - y); }
  double dloss(double p, double y) const {
    if (y > 100) throw std::runtime_error("out of luck");
    return p - y;
  }
};

}  // namespace

TEST_CASE("a row that is not finite is named, and the model is as it was") {
  for (const bool shuffle : {false, true}) {
    for (const bool compat : {false, true}) {
      for (const Penalty penalty : {Penalty::l2, Penalty::elasticnet}) {
        for (const double bad : {not_a_number, inf, -inf}) {
          Rows rows = make_rows(90, 5);
          const SgdOptions options{.penalty = penalty, .average = 2, .shuffle = shuffle, .sklearn_compat = compat};
          SgdRegressor model(options);
          model.partial_fit(rows.x.topRows(40), rows.y.head(40));
          const auto before = bits(model);
          rows.x(77, 3) = bad;
          CHECK_THROWS_WITH(model.partial_fit(rows.x.bottomRows(50), rows.y.tail(50)), StartsWith("row 38: found"));
          CHECK(bits(model) == before);
          rows.x(77, 3) = 0;
          model.partial_fit(rows.x.bottomRows(50), rows.y.tail(50));
          SgdRegressor unharmed(options);
          learn(unharmed, rows.x.topRows(40), rows.y.head(40), 40);
          learn(unharmed, rows.x.bottomRows(50), rows.y.tail(50), 50);
          CHECK(bits(model) == bits(unharmed));
        }
      }
    }
  }
}

TEST_CASE("a step that leaves the numbers is named by the row that makes it") {
  RowMajor x(4, 2);
  x << 1, 1, 1e155, -1e155, 1, 1e160, 1, 1;
  const Eigen::VectorXd y = Eigen::VectorXd::Ones(4) * 5;
  SgdRegressor model(
      {.penalty = Penalty::none, .fit_intercept = false, .learning_rate = LearningRate::constant, .eta0 = 1});
  // Row 1 steps to 5, row 2 by 5 - 0 times 1e155 to 5e155 each way, row 3 to a score of 5e315.
  CHECK_THROWS_WITH(model.partial_fit(x, y), StartsWith("row 3: found"));
  CHECK(model.coef().size() == 0);
  CHECK(model.n_features() == 0);
  CHECK(model.t() == 1);
  model.partial_fit(x.leftCols(1).topRows(1), y.head(1));  // not even the number of features stays
  CHECK(model.coef()[0] == 5);

  x << 1, 1, 1e200, 1e200, 0, 0, 1, 1;
  SgdRegressor steep({.penalty = Penalty::none, .learning_rate = LearningRate::constant, .eta0 = 1e110});
  CHECK_THROWS_WITH(steep.partial_fit(x, y), StartsWith("row 2: found"));  // its update is finite, its coefficients not
}

TEST_CASE("a single row that is too much is refused as among others") {
  const Rows rows = make_rows(30, 3);
  for (const Arithmetic arithmetic : {Arithmetic::strict, Arithmetic::fast}) {
    const SgdOptions options{
        .penalty = Penalty::none, .learning_rate = LearningRate::constant, .eta0 = 1e100, .arithmetic = arithmetic};
    SgdRegressor model(options);
    model.partial_fit(rows.x.topRows(1) * 1e-60, rows.y.head(1));
    model.learn_one(rows.x.row(1) * 1e-60, rows.y[1]);
    const auto before = bits(model);
    for (const double bad : {1e210, inf, not_a_number}) {
      Eigen::RowVectorXd row = rows.x.row(2) * 1e-60;
      row[1] = bad;
      CHECK_THROWS_WITH(model.learn_one(row, 1), StartsWith("row 1: found"));
      CHECK(bits(model) == before);
    }
    // Beyond 1e150 a row is looked at as closely as many are, and gives the same bits.
    SgdRegressor whole(options);
    SgdRegressor part(options);
    RowMajor large = rows.x * 1e-150;
    large.row(3) *= 1e190;
    whole.partial_fit(large.topRows(4), rows.y.head(4));
    learn(part, large.topRows(4), rows.y.head(4), 0);
    CHECK(whole.coef().cwiseAbs().maxCoeff() > 1e130);
    CHECK(bits(part) == bits(whole));
  }
}

TEST_CASE("targets, labels and weights have to be finite") {
  const Rows rows = make_rows(5, 2);
  Eigen::VectorXd bad = rows.labels;
  bad[3] = not_a_number;
  SgdRegressor regressor;
  CHECK_THROWS_WITH(regressor.partial_fit(rows.x, bad), StartsWith("row 4: found a target of nan"));
  CHECK_THROWS_WITH(regressor.partial_fit(rows.x, rows.y, bad), StartsWith("row 4: found a weight of nan"));
  CHECK_THROWS_AS(regressor.learn_one(rows.x.row(0), inf), Error);
  SgdClassifier classifier;
  CHECK_THROWS_WITH(classifier.partial_fit(rows.x, bad), StartsWith("row 4: found a label of nan"));
  CHECK(classifier.classes().empty());
  CHECK(regressor.n_features() == 0);
}

TEST_CASE("sizes that do not fit are refused with both numbers") {
  const Rows rows = make_rows(5, 2);
  SgdRegressor model;
  CHECK_THROWS_WITH(model.partial_fit(rows.x, rows.y.head(4)), ContainsSubstring("5 rows, but 4 targets"));
  CHECK_THROWS_WITH(model.partial_fit(rows.x, rows.y, rows.y.head(3)), ContainsSubstring("5 rows, but 3 weights"));
  CHECK_THROWS_WITH(model.partial_fit(RowMajor(5, 0), rows.y), ContainsSubstring("rows without features"));
  model.partial_fit(rows.x, rows.y);
  CHECK_THROWS_WITH(model.partial_fit(rows.x.leftCols(1), rows.y),
                    ContainsSubstring("rows of 1 features for a model of 2"));
  CHECK_THROWS_WITH(model.predict(rows.x.leftCols(1)), ContainsSubstring("rows of 1 features for a model of 2"));
  const auto before = bits(model);
  model.partial_fit(rows.x.topRows(0), rows.y.head(0));
  CHECK(bits(model) == before);
  SgdClassifier classes({.classes = {0, 1}});
  classes.partial_fit(rows.x, rows.labels);
  CHECK_THROWS_WITH(classes.fit(rows.x.topRows(0), rows.y.head(0)), "SgdClassifier: fit without rows");
  CHECK(classes.t() == 6);
}

TEST_CASE("an exception of a loss leaves the model as it was") {
  const Rows rows = make_rows(20, 3);
  SgdRegressor model({.loss = Faulty{}});
  model.partial_fit(rows.x, rows.y);
  const auto before = bits(model);
  Eigen::VectorXd y = rows.y;
  y[11] = 1000;
  CHECK_THROWS_WITH(model.partial_fit(rows.x, y), "out of luck");
  CHECK(bits(model) == before);
}

TEST_CASE("a schedule that gives no number is refused") {
  const Rows rows = make_rows(20, 3);
  SgdRegressor model({.learning_rate = [](double t) { return t == 6 ? not_a_number : 0.1; }});
  CHECK_THROWS_WITH(model.partial_fit(rows.x, rows.y), StartsWith("row 6: found"));
  CHECK(model.t() == 1);
}

TEST_CASE("options that cannot work are refused by name, value and range") {
  const auto refused = [](const SgdOptions& options, const std::string& words) {
    CHECK_THROWS_WITH(SgdRegressor(options), StartsWith("SgdOptions." + words));
    CHECK_THROWS_AS(SgdRegressor(options), std::invalid_argument);
  };
  refused({.alpha = -1}, "alpha is -1.0");
  refused({.alpha = not_a_number}, "alpha is nan");
  refused({.alpha = 0, .learning_rate = LearningRate::optimal}, "alpha is 0; the optimal");
  refused({.l1_ratio = 1.5}, "l1_ratio is 1.5");
  refused({.eta0 = 0}, "eta0 is 0.0");
  refused({.power_t = inf}, "power_t is inf");
  refused({.C = 0}, "C is 0.0");
  refused({.max_iter = 0}, "max_iter is 0");
  refused({.tol = not_a_number}, "tol is NaN");
  refused({.validation_fraction = 1}, "validation_fraction is 1.0");
  refused({.n_iter_no_change = 0}, "n_iter_no_change is 0");
  refused({.average = 1, .optimiser = AdaGrad{}}, "average is 1; only the plain optimiser averages");
  refused({.penalty = Penalty::l1, .optimiser = Adam{}}, "penalty has l1");
  refused({.optimiser = Adam{.beta1 = 1}}, "optimiser.beta1 is 1.0");
  refused({.loss = Loss::hinge}, "loss is hinge, which is for classes");
  CHECK_THROWS_WITH(SgdClassifier({.loss = Loss::poisson}), StartsWith("SgdOptions.loss is poisson"));
  CHECK_THROWS_WITH(SgdClassifier({.classes = {1}}), StartsWith("SgdOptions.classes has 1 label"));
  CHECK_THROWS_WITH(SgdClassifier({.class_weight = {{1, -1}}}),
                    StartsWith("SgdOptions.class_weight: a weight is -1.0"));
}
