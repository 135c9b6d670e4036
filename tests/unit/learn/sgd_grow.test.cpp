// SPDX-License-Identifier: MIT
// Features that come in mid-stream.
#include "penstock/learn/sgd.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <cmath>
#include <span>
#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

/// Rows whose last `late` features are 0 in the first `until` rows.
Rows late_rows(Eigen::Index n, Eigen::Index d, Eigen::Index late, Eigen::Index until) {
  Rows rows = make_rows(n, d);
  rows.x.topRightCorner(until, late).setZero();
  return rows;
}

std::vector<SgdOptions> all_kinds() {
  return {{},
          {.penalty = Penalty::l1, .alpha = 0.01},
          {.penalty = Penalty::elasticnet, .average = 10},
          {.average = 50},
          {.loss = Loss::epsilon_insensitive(0.1), .learning_rate = LearningRate::pa1},
          {.optimiser = AdaGrad{}},
          {.optimiser = Adam{}},
          {.penalty = Penalty::l1, .optimiser = FtrlProximal{}},
          {.penalty = Penalty::l1, .sklearn_compat = true}};
}

}  // namespace

TEST_CASE("a model that grows is the one that knew the features as 0 from the start, bit by bit") {
  const Rows rows = late_rows(120, 20, 7, 60);
  for (SgdOptions options : all_kinds()) {
    options.arithmetic = Arithmetic::strict;
    SgdRegressor known(options);
    known.partial_fit(rows.x.topRows(60), rows.y.head(60));
    known.partial_fit(rows.x.bottomRows(60), rows.y.tail(60));
    SgdRegressor grown(options);
    grown.partial_fit(RowMajor(rows.x.topLeftCorner(60, 13)), rows.y.head(60));
    const Eigen::VectorXd before = grown.coef();
    grown.grow(3).grow(4);
    CHECK(grown.n_features() == 20);
    CHECK(Eigen::VectorXd(grown.coef().head(13)) == before);
    CHECK(grown.coef().tail(7).isZero(0));
    grown.partial_fit(rows.x.bottomRows(60), rows.y.tail(60));
    CHECK(bits(grown) == bits(known));
  }
}

TEST_CASE("with fast arithmetic a model that grows is the same up to rounding") {
  const Rows rows = late_rows(120, 20, 7, 60);
  SgdRegressor known;
  known.partial_fit(rows.x, rows.y);
  SgdRegressor grown;
  grown.partial_fit(RowMajor(rows.x.topLeftCorner(60, 13)), rows.y.head(60));
  grown.grow(7).partial_fit(rows.x.bottomRows(60), rows.y.tail(60));
  CHECK((grown.coef() - known.coef()).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("classifiers and models of several targets grow too") {
  const Rows rows = late_rows(120, 9, 4, 60);
  const SgdOptions strict{.arithmetic = Arithmetic::strict};
  SgdClassifier known(strict);
  known.partial_fit(rows.x, rows.three);
  SgdClassifier grown(strict);
  grown.partial_fit(RowMajor(rows.x.topLeftCorner(60, 5)), rows.three.head(60));
  grown.grow(4).partial_fit(rows.x.bottomRows(60), rows.three.tail(60));
  CHECK(bits(grown) == bits(known));

  Eigen::MatrixXd y(120, 2);
  y << rows.y, rows.labels;
  SgdMultiRegressor all(strict);
  all.partial_fit(rows.x, y);
  SgdMultiRegressor more(strict);
  more.partial_fit(RowMajor(rows.x.topLeftCorner(60, 5)), y.topRows(60));
  more.grow(4).partial_fit(rows.x.bottomRows(60), y.bottomRows(60));
  CHECK(more.coef() == all.coef());
}

TEST_CASE("a bad row behind growth leaves the grown model as it was") {
  const Rows rows = late_rows(120, 9, 4, 60);
  SgdRegressor model;
  model.partial_fit(RowMajor(rows.x.topLeftCorner(60, 5)), rows.y.head(60));
  model.grow(4);
  const auto before = bits(model);
  RowMajor bad = rows.x.bottomRows(60);
  bad(3, 8) = std::nan("");
  CHECK_THROWS_WITH(model.partial_fit(bad, rows.y.tail(60)), StartsWith("row 4: found"));
  CHECK(bits(model) == before);
  model.partial_fit(rows.x.bottomRows(60), rows.y.tail(60));
  CHECK(model.n_features() == 9);
}

TEST_CASE("a model that has seen no row has nothing to grow") {
  SgdRegressor model;
  model.grow(3);
  CHECK(model.n_features() == 0);
  const std::vector<double> row{1, 2};
  model.learn_one(std::span<const double>(row), 1);
  CHECK(model.n_features() == 2);
}
