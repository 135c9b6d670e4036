// SPDX-License-Identifier: MIT
// The code of docs/learning.md: each of its blocks stands here word for word, which the last test holds it to.
#include "penstock/learn/sgd.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <cmath>
#include <span>
#include <string>

namespace {

using namespace penstock;
using sgd_support::make_rows;

// clang-format off
struct Cauchy {
  double loss(double p, double y) const { return std::log1p((p - y) * (p - y)); }
  double dloss(double p, double y) const { return 2 * (p - y) / (1 + (p - y) * (p - y)); }
};
// clang-format on

}  // namespace

TEST_CASE("docs/learning.md: chunks and rows") {
  const auto rows = make_rows(100, 4);
  const auto& x = rows.x;
  const auto& y = rows.y;
  const Eigen::RowVectorXd row = x.row(0);
  const double target = y[0];
  // clang-format off
  SgdRegressor model({.loss = make_loss("huber", 0.1), .penalty = Penalty::l2, .alpha = 1e-4});
  model.partial_fit(x, y);                        // a chunk
  model.learn_one(row, target);                   // a row
  const Eigen::VectorXd forecast = model.predict(x);
  // clang-format on
  CHECK(forecast.size() == 100);
  CHECK(model.t() == 102);
}

TEST_CASE("docs/learning.md: an own loss is less drawn by outliers") {
  auto rows = make_rows(4000, 3);
  for (Eigen::Index i = 0; i < 4000; i += 10) rows.y[i] = 50;
  // clang-format off
  SgdRegressor robust({.loss = Cauchy{}, .learning_rate = [](double t) { return 0.1 / (1 + t / 1000); }});
  // clang-format on
  robust.partial_fit(rows.x, rows.y);
  SgdRegressor drawn;
  drawn.partial_fit(rows.x, rows.y);
  CHECK(std::abs(robust.intercept() - 0.3) < 0.2);
  CHECK(drawn.intercept() > 3);
}

TEST_CASE("docs/learning.md: epochs") {
  const auto rows = make_rows(300, 4);
  const auto& x = rows.x;
  const auto& labels = rows.labels;
  // clang-format off
  SgdClassifier classifier({.loss = Loss::log_loss, .shuffle = true, .early_stopping = true});
  classifier.fit(x, labels);
  const Eigen::MatrixXd chances = classifier.predict_proba(x);
  // clang-format on
  double right = 0;
  for (Eigen::Index i = 0; i < 300; ++i) right += (chances(i, 1) > 0.5) == (labels[i] == 1);
  CHECK(right > 220);
}

TEST_CASE("what docs/learning.md shows is what is compiled here") {
  CHECK(compiled_blocks("learning.md", "unit/learn/docs.test.cpp") == 4);
}
