// SPDX-License-Identifier: MIT
// fit against scikit-learn 1.2.1, bit by bit: tests/reference/sgd_fit.py.
#include "penstock/learn/sgd.hpp"

#include "catch.hpp"
#include "golden.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using sgd_support::bits;
using sgd_support::make_rows;
using sgd_support::Rows;

/// What the golden file says of a model: n_iter_, t_ and the hash.
template <class Model>
std::string outcome(const SgdOptions& options, const golden::Table& table, const Eigen::VectorXd& y, bool weighted) {
  Model model(options);
  if (weighted) {
    model.fit(table.x, y, table.weight);
  } else {
    model.fit(table.x, y);
  }
  std::ostringstream out;
  out << model.n_iter() << ' ' << model.t() << ' ' << golden::in_hex(golden::hash_of(golden::start, model));
  return out.str();
}

}  // namespace

TEST_CASE("fit has scikit-learn's epochs and bits") {
  const golden::Table table = golden::read_table();
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/sgd_fit.txt");
  REQUIRE(in);
  std::string line;
  std::size_t cases = 0;
  std::size_t wrong = 0;
  std::size_t wrong_without_compat = 0;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string kind, loss, penalty, rate, tol, n_iter, t, hash;
    bool weighted = false;
    SgdOptions o{.arithmetic = Arithmetic::strict, .sklearn_compat = true};
    words >> kind >> loss;
    if (kind != "regressor" && kind != "binary" && kind != "multiclass") continue;
    words >> penalty >> o.alpha >> rate >> o.eta0 >> o.average >> o.shuffle >> o.random_state >> o.max_iter >> tol >>
        o.early_stopping >> o.validation_fraction >> o.n_iter_no_change >> o.fit_intercept >> weighted >>
        o.balanced_classes >> n_iter >> t >> hash;
    o.loss = make_loss(loss);
    o.penalty = make_penalty(penalty);
    o.learning_rate = make_learning_rate(rate);
    o.tol = tol == "none" ? -std::numeric_limits<double>::infinity() : std::stod(tol);
    const auto run = [&] {
      return kind == "regressor"
                 ? outcome<SgdRegressor>(o, table, table.target, weighted)
                 : outcome<SgdClassifier>(o, table, kind == "binary" ? table.two : table.three, weighted);
    };
    ++cases;
    const std::string expected = n_iter + " " + t + " " + hash;
    const std::string actual = run();
    if (actual != expected && ++wrong <= 20) UNSCOPED_INFO(line << "\n  but " << actual);
    if (o.early_stopping) continue;  // scikit-learn holds coefficients without their scale against the rows held out
    o.sklearn_compat = false;
    wrong_without_compat += run() != expected;
  }
  CHECK(cases > 500);
  CHECK(wrong == 0);
  CHECK(wrong_without_compat == 0);
}

TEST_CASE("the presets are scikit-learn's") {
  const golden::Table table = golden::read_table();
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/sgd_fit.txt");
  std::string line;
  std::size_t cases = 0;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string name, expected;
    double c = 0;
    bool squared = false;
    bool shuffle = false;
    int calls = 0;
    words >> name;
    if (name != "pa_regressor" && name != "pa_classifier" && name != "perceptron") continue;
    words >> c >> squared >> shuffle >> calls >> expected;
    constexpr double no_tol = -std::numeric_limits<double>::infinity();
    const auto run = [&](auto model, const Eigen::VectorXd& y) {
      if (calls == 0) model.fit(table.x, y);
      for (Eigen::Index i = 0; i < calls; ++i) model.partial_fit(table.x.middleRows(i * 16, 16), y.segment(i * 16, 16));
      return golden::in_hex(golden::hash_of(golden::start, model));
    };
    const PassiveAggressiveOptions pa{.C = c,
                                      .squared = squared,
                                      .shuffle = shuffle,
                                      .random_state = 3,
                                      .arithmetic = Arithmetic::strict,
                                      .sklearn_compat = true,
                                      .max_iter = 20,
                                      .tol = no_tol};
    INFO(line);
    ++cases;
    if (name == "pa_regressor") {
      CHECK(run(PassiveAggressiveRegressor(pa), table.target) == expected);
    } else if (name == "pa_classifier") {
      CHECK(run(PassiveAggressiveClassifier(pa), table.three) == expected);
    } else {
      CHECK(run(Perceptron({.penalty = squared ? Penalty::l2 : Penalty::none,
                            .eta0 = c,
                            .shuffle = shuffle,
                            .random_state = 3,
                            .arithmetic = Arithmetic::strict,
                            .sklearn_compat = true,
                            .max_iter = 20,
                            .tol = no_tol}),
                table.two) == expected);
    }
  }
  CHECK(cases == 24);
}

TEST_CASE("presets balance classes as SgdClassifier does") {
  const Rows rows = make_rows(60, 4);
  Eigen::VectorXd y = rows.labels;
  y.head(30).setZero();
  SgdClassifier expected(
      {.loss = Loss::hinge, .penalty = Penalty::none, .learning_rate = LearningRate::pa1, .balanced_classes = true});
  PassiveAggressiveClassifier model({.balanced_classes = true});
  CHECK(model.fit(rows.x, y).coef() == expected.fit(rows.x, y).coef());
  CHECK(model.coef() != PassiveAggressiveClassifier().fit(rows.x, y).coef());
  CHECK(Perceptron({.balanced_classes = true}).options().balanced_classes);
}

TEST_CASE("one epoch of fit is one call of partial_fit") {
  const Rows rows = make_rows(50, 4);
  for (const bool shuffle : {false, true}) {
    const SgdOptions options{.penalty = Penalty::elasticnet, .average = 7, .shuffle = shuffle, .max_iter = 1};
    SgdRegressor fitted(options);
    fitted.fit(Eigen::MatrixXd(rows.x), rows.y);
    SgdRegressor part(options);
    part.partial_fit(rows.x, rows.y);
    CHECK(bits(fitted) == bits(part));
    CHECK(fitted.n_iter() == 1);
    fitted.fit(rows.x, rows.y);  // forgets
    CHECK(bits(fitted) == bits(part));
  }
}

TEST_CASE("a warm start sets out from the coefficients so far") {
  const Rows rows = make_rows(50, 4);
  const SgdOptions options{.penalty = Penalty::none,
                           .learning_rate = LearningRate::constant,
                           .arithmetic = Arithmetic::strict,
                           .max_iter = 1,
                           .warm_start = true};
  SgdRegressor warm(options);
  warm.fit(rows.x, rows.y);
  warm.fit(rows.x, rows.y);
  SgdRegressor twice(options);
  twice.partial_fit(rows.x, rows.y);
  twice.partial_fit(rows.x, rows.y);
  CHECK(warm.coef() == twice.coef());
  CHECK(warm.t() == 51);
  SgdClassifier labels(
      {.penalty = Penalty::none, .learning_rate = LearningRate::constant, .max_iter = 1, .warm_start = true});
  labels.fit(rows.x, rows.three);
  const auto once = bits(labels);
  labels.fit(rows.x, rows.three);
  CHECK(bits(labels) != once);
  labels.fit(rows.x, rows.labels);  // other classes: nothing to set out from
  CHECK(labels.classes() == std::vector<double>{0, 1});
}

TEST_CASE("a fit that is refused names the row and leaves the model, its classes and its features") {
  Rows rows = make_rows(40, 3);
  SgdClassifier model({.shuffle = true, .max_iter = 3});
  model.partial_fit(rows.x, rows.labels);
  const auto before = bits(model);
  rows.x(17, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(model.fit(rows.x, rows.three), StartsWith("row 18: found"));
  CHECK(bits(model) == before);
  CHECK(model.classes() == std::vector<double>{0, 1});
  CHECK_THROWS_WITH(model.fit(rows.x.leftCols(1), Eigen::VectorXd::Ones(40)), ContainsSubstring("at least 2 classes"));
  SgdRegressor number;
  CHECK_THROWS_WITH(number.fit(rows.x, rows.y), StartsWith("row 18: found"));
  CHECK(number.n_features() == 0);
  SgdRegressor diverges(
      {.penalty = Penalty::none, .learning_rate = LearningRate::constant, .eta0 = 1e305, .max_iter = 5});
  rows.x(17, 1) = 0;
  CHECK_THROWS_AS(diverges.fit(rows.x, rows.y), Error);
  CHECK(diverges.coef().size() == 0);
  SgdRegressor held({.early_stopping = true});
  CHECK_THROWS_WITH(held.fit(rows.x.topRows(1), rows.y.head(1)), ContainsSubstring("validation_fraction is 0.1"));
}

TEST_CASE("early stopping stops where the rows held out gain nothing more") {
  const Rows rows = make_rows(400, 5);
  SgdRegressor model({.shuffle = true, .max_iter = 1000, .early_stopping = true});
  model.fit(rows.x, rows.y);
  CHECK(model.n_iter() > 5);
  CHECK(model.n_iter() < 200);
  const double error = (model.predict(rows.x) - rows.y).squaredNorm();
  CHECK(error < 0.05 * (rows.y.array() - rows.y.mean()).square().sum());
}
