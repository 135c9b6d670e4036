// SPDX-License-Identifier: MIT
#include "penstock/learn/sgd_multi_regressor.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

namespace {

using namespace penstock;
using namespace sgd_support;

}  // namespace

TEST_CASE("several targets are learnt as by one regressor each, bit by bit") {
  const Rows rows = make_rows(200, 17);
  Eigen::MatrixXd y(200, 3);
  y << rows.y, rows.three, -2 * rows.y;
  for (const Arithmetic arithmetic : {Arithmetic::strict, Arithmetic::fast}) {
    for (const bool shuffle : {false, true}) {
      for (const Penalty penalty : {Penalty::l2, Penalty::l1}) {
        const SgdOptions options{.penalty = penalty, .average = 20, .shuffle = shuffle, .arithmetic = arithmetic};
        SgdMultiRegressor model(options);
        model.partial_fit(rows.x.topRows(130), y.topRows(130), Eigen::VectorXd::Constant(130, 0.5));
        model.partial_fit(Eigen::MatrixXd(rows.x.bottomRows(70)), y.bottomRows(70));
        CHECK(model.t() == 201);
        CHECK(model.n_outputs() == 3);
        for (Eigen::Index k = 0; k < 3; ++k) {
          SgdRegressor one(options);
          one.partial_fit(rows.x.topRows(130), y.col(k).head(130), Eigen::VectorXd::Constant(130, 0.5));
          one.partial_fit(rows.x.bottomRows(70), y.col(k).tail(70));
          CHECK(model.coef().row(k).transpose() == one.coef());
          CHECK(model.intercept()[k] == one.intercept());
          CHECK(model.predict(rows.x).col(k) == one.predict(rows.x));
        }
      }
    }
  }
}

TEST_CASE("rows one by one give the same bits, and a bad one changes no target's model") {
  const Rows rows = make_rows(90, 5);
  Eigen::MatrixXd y(90, 2);
  y << rows.y, rows.labels;
  SgdMultiRegressor whole;
  whole.partial_fit(rows.x, y);
  SgdMultiRegressor part;
  for (Eigen::Index i = 0; i < 90; ++i) {
    const Eigen::RowVectorXd targets = y.row(i);
    part.learn_one(rows.x.row(i), std::span(targets.data(), 2));
  }
  CHECK(part.coef() == whole.coef());
  CHECK(part.intercept() == whole.intercept());
  CHECK(part.predict_one(rows.x.row(7)) == whole.predict(rows.x).row(7).transpose());
  CHECK(SgdMultiRegressor().predict_one(rows.x.row(7)).size() == 0);
  RowMajor bad = rows.x;
  bad(89, 4) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(whole.partial_fit(bad, y), StartsWith("row 90: found"));
  CHECK(part.coef() == whole.coef());
  CHECK(whole.t() == 91);
  y(3, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(whole.partial_fit(rows.x, y), StartsWith("row 4: found a target of nan"));
  CHECK_THROWS_WITH(whole.partial_fit(rows.x, y.leftCols(1)), ContainsSubstring("1 targets a row for a model of 2"));
}

TEST_CASE("fit stops for each target where one regressor stops, bit by bit") {
  const Rows rows = make_rows(120, 6);
  Eigen::MatrixXd y(120, 3);
  y << rows.y, rows.three, -2 * rows.y;
  const Eigen::VectorXd weights = Eigen::VectorXd::Constant(120, 0.5);
  for (const bool early : {false, true}) {
    for (const bool shuffle : {false, true}) {
      for (const bool warm : {false, true}) {
        const SgdOptions options{.penalty = Penalty::elasticnet,
                                 .shuffle = shuffle,
                                 .max_iter = 50,
                                 .early_stopping = early,
                                 .warm_start = warm};
        SgdMultiRegressor model(options);
        model.fit(rows.x, y);
        model.fit(rows.x, y, weights);
        std::size_t most = 0;
        for (Eigen::Index k = 0; k < 3; ++k) {
          SgdRegressor one(options);
          one.fit(rows.x, y.col(k));
          one.fit(rows.x, y.col(k), weights);
          CHECK(model.coef().row(k).transpose() == one.coef());
          CHECK(model.intercept()[k] == one.intercept());
          most = std::max(most, one.n_iter());
        }
        CHECK(model.n_iter() == most);
        CHECK(model.t() == 1 + 120 * static_cast<double>(most));
      }
    }
  }
  SgdMultiRegressor model;
  model.fit(rows.x, y);
  const auto before = model.coef();
  RowMajor bad = rows.x;
  bad(7, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(model.fit(bad, y.leftCols(2)), Error);
  CHECK(model.coef() == before);
  CHECK(model.n_outputs() == 3);
  CHECK_THROWS_WITH(model.fit(rows.x.topRows(0), y.topRows(0)), EndsWith("fit without rows"));
}
