// SPDX-License-Identifier: MIT
// A learner that is saved in mid-stream and loaded goes on with the same bits; a file that does not fit changes
// nothing.
#include "penstock/adapters/json/state.hpp"

#include "penstock/learn/passive_aggressive.hpp"
#include "penstock/learn/perceptron.hpp"
#include "penstock/learn/sgd.hpp"

#include "../learn/sgd_support.hpp"
#include "catch.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

/// Learns the first rows in chunks, and gives the text of the state at row `at`; goes on to the end.
template <class Model, class Y>
std::string learn_until_end(Model& model, const RowMajor& x, const Y& y, Eigen::Index at) {
  std::string saved;
  for (Eigen::Index first = 0; first < x.rows(); first += 7) {
    if (first == at) saved = dump_state(model);
    const Eigen::Index count = std::min<Eigen::Index>(7, x.rows() - first);
    model.partial_fit(x.middleRows(first, count), y.middleRows(first, count));
  }
  return saved;
}

/// Whether a model of `fresh` that takes up the saved state at row `at` ends as the one that never stopped.
template <class Model, class Y>
bool goes_on(const Model& fresh, const RowMajor& x, const Y& y, Eigen::Index at) {
  Model whole = fresh;
  const std::string saved = learn_until_end(whole, x, y, at);
  Model part = fresh;
  parse_state(saved, "s.json", part).value();
  if (dump_state(part) != saved) return false;
  for (Eigen::Index first = at; first < x.rows(); first += 7) {
    const Eigen::Index count = std::min<Eigen::Index>(7, x.rows() - first);
    part.partial_fit(x.middleRows(first, count), y.middleRows(first, count));
  }
  return dump_state(part) == dump_state(whole);  // every number of the state, to the last bit
}

std::vector<SgdOptions> all_options(const std::vector<std::string>& losses) {
  std::vector<SgdOptions> all;
  for (const Arithmetic arithmetic : {Arithmetic::strict, Arithmetic::fast}) {
    for (const std::string& loss : losses) {
      for (const std::string penalty : {"none", "l2", "l1", "elasticnet"}) {
        for (const std::string rate : {"constant", "optimal", "invscaling", "pa1", "pa2"}) {
          for (const std::size_t average : {0U, 1U, 25U}) {
            for (const int more : {0, 1, 2}) {
              all.push_back({.loss = make_loss(loss),
                             .penalty = make_penalty(penalty),
                             .alpha = 0.02,
                             .learning_rate = make_learning_rate(rate),
                             .average = average,
                             .shuffle = more == 1,
                             .random_state = 7,
                             .arithmetic = arithmetic,
                             .sklearn_compat = more == 2});
            }
          }
        }
      }
      for (const Optimiser& optimiser : {Optimiser(AdaGrad{}), Optimiser(Adam{}), Optimiser(FtrlProximal{})}) {
        for (const bool shuffle : {false, true}) {
          all.push_back({.loss = make_loss(loss),
                         .penalty = optimiser.index() == 2 ? Penalty::l2 : Penalty::elasticnet,
                         .shuffle = shuffle,
                         .arithmetic = arithmetic,
                         .optimiser = optimiser});
        }
      }
    }
  }
  return all;
}

std::string failure(const std::string& text, const SgdRegressor& model) {
  SgdRegressor copy = model;
  const Result<void> result = parse_state(text, "s.json", copy);
  REQUIRE_FALSE(result);
  CHECK(dump_state(copy) == dump_state(model));
  return result.error().what();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a regressor that was saved and loaded goes on with the same bits, whatever its options") {
  const Rows rows = make_rows(49, 13);
  std::size_t wrong = 0;
  std::size_t all = 0;
  for (const SgdOptions& options : all_options({"squared_error", "huber", "quantile"})) {
    for (const Eigen::Index at : {0, 21, 42}) {
      wrong += !goes_on(SgdRegressor(options), rows.x, rows.y, at);
      ++all;
    }
  }
  CHECK(all == 3348);
  CHECK(wrong == 0);
}

TEST_CASE("a classifier that was saved and loaded goes on with the same bits, whatever its options and classes") {
  Rows rows = make_rows(49, 9);
  rows.three.head(14).setConstant(1);  // the others come in mid-stream, one behind what is saved at row 21
  for (Eigen::Index i = 14; i < 28; ++i) rows.three[i] = rows.three[i] == 2 ? 0 : rows.three[i];
  std::size_t wrong = 0;
  for (SgdOptions options : all_options({"hinge", "log_loss"})) {
    for (const bool announced : {false, true}) {
      if (options.sklearn_compat && !announced) continue;
      options.classes = announced ? std::vector<double>{0, 1, 2} : std::vector<double>{};
      options.class_weight = {{1, 2.5}};
      for (const Eigen::Index at : {7, 21}) { wrong += !goes_on(SgdClassifier(options), rows.x, rows.three, at); }
    }
    options.classes = options.sklearn_compat ? std::vector<double>{0, 1} : std::vector<double>{};
    wrong += !goes_on(SgdClassifier(options), rows.x, rows.labels, 21);
  }
  CHECK(wrong == 0);
}

TEST_CASE("presets, several targets and models that were fit are saved too") {
  const Rows rows = make_rows(49, 9);
  CHECK(goes_on(PassiveAggressiveRegressor({.C = 0.1, .squared = true}), rows.x, rows.y, 14));
  CHECK(goes_on(PassiveAggressiveClassifier({.C = 0.1, .average = 3}), rows.x, rows.three, 14));
  CHECK(goes_on(Perceptron({.penalty = Penalty::l1}), rows.x, rows.labels, 14));
  Eigen::MatrixXd targets(rows.y.size(), 2);
  targets << rows.y, rows.labels;
  for (const SgdOptions& options : all_options({"squared_error"})) {
    CHECK(goes_on(SgdMultiRegressor(options), rows.x, targets, 21));
  }

  SgdClassifier fitted({.loss = Loss::log_loss, .max_iter = 5, .tol = 1e-9, .balanced_classes = true});
  fitted.fit(rows.x, rows.three);
  CHECK(goes_on(fitted, rows.x, rows.three, 21));
  SgdClassifier loaded(fitted.options());
  parse_state(dump_state(fitted), "s", loaded).value();
  CHECK(loaded.n_iter() == fitted.n_iter());
  CHECK(loaded.predict_proba(rows.x) == fitted.predict_proba(rows.x));
  fitted.partial_fit(rows.x, rows.three);
  loaded.partial_fit(rows.x, rows.three);
  CHECK(bits(loaded) == bits(fitted));
}

TEST_CASE("a state can be taken up by a model that has learnt something else") {
  const Rows rows = make_rows(40, 5);
  SgdRegressor whole;
  whole.partial_fit(rows.x, rows.y);
  SgdRegressor other;
  other.partial_fit(rows.x.leftCols(2), rows.y);
  parse_state(dump_state(whole), "s", other).value();
  CHECK(bits(other) == bits(whole));
  parse_state(dump_state(SgdRegressor()), "s", other).value();
  CHECK(other.n_features() == 0);
  other.partial_fit(rows.x.leftCols(3), rows.y);  // as new
  SgdRegressor fresh;
  fresh.partial_fit(rows.x.leftCols(3), rows.y);
  CHECK(bits(other) == bits(fresh));
}

TEST_CASE("the file of a state") {
  SgdRegressor model({.eta0 = 0.1, .tol = -std::numeric_limits<double>::infinity()});
  model.learn_one(std::vector<double>{1, -0.0}, 3);
  const std::string text = dump_state(model, {.feature_names = {"minutes", "days"}});
  CHECK_THAT(text, StartsWith("{\n \"format\": \"penstock-state\",\n \"version\": 1,\n \"feature_names\": "
                              "[\"minutes\", \"days\"],\n \"state\": {\n  \"kind\": \"SgdRegressor\",\n"));
  CHECK_THAT(text, ContainsSubstring("\"tol\": \"-inf\""));
  const std::string path =
      (std::filesystem::temp_directory_path() / ("penstock_state_" + std::to_string(std::random_device{}()))).string();
  save_state(model, path, {.feature_names = {"minutes", "days"}}).value();
  SgdRegressor loaded(model.options());
  load_state(path, loaded).value();
  CHECK(bits(loaded) == bits(model));
  load_state(path, loaded, {.feature_names = {"minutes", "days"}}).value();
  CHECK_THAT(load_state(path, loaded, {.feature_names = {"days", "minutes"}}).error().what(),
             ContainsSubstring("found an array of 2 at feature_names, expected 2 names, those of the options"));
  std::filesystem::remove(path);
  CHECK_THAT(load_state(path, loaded).error().what(), StartsWith(path + ": found "));
  CHECK_FALSE(save_state(model, path + "/no/folder"));
}

TEST_CASE("a state that does not fit is an error that names its place, and changes nothing") {
  const Rows rows = make_rows(20, 3);
  SgdRegressor model({.penalty = Penalty::elasticnet, .average = 5});
  model.partial_fit(rows.x, rows.y);
  const std::string text = dump_state(model);

  CHECK(failure(replaced(text, "penstock-state", "penstock-linear-model"), model) ==
        "s.json: found \"penstock-linear-model\" at format, expected \"penstock-state\"");
  CHECK(failure(replaced(text, "\"version\": 1", "\"version\": 2"), model) ==
        "s.json: found 2 at version, expected 1: a newer penstock wrote this file");
  CHECK(failure(replaced(text, "SgdRegressor", "SgdClassifier"), model) ==
        "s.json: found \"SgdClassifier\" at state.kind, expected \"SgdRegressor\", as the object is one");
  CHECK(failure(replaced(text, "\"average\": 5", "\"average\": 6"), model) ==
        "s.json: found 6 at state.options.average, expected 5, as the object was made with");
  CHECK(failure(replaced(text, "\"coef\": [", "\"coef\": [0.5, "), model) ==
        "s.json: found an array of 4 at state.outputs[0].coef, expected as many numbers as features");
  CHECK(failure(replaced(text, "\"coef\": [", "\"coef\": [\"x\", "), model) ==
        "s.json: found \"x\" at state.outputs[0].coef[0], expected a number, \"nan\", \"inf\" or \"-inf\"");
  CHECK_THAT(failure(replaced(text, "\"average\": [", "\"average\": [\"nan\", "), model),
             ContainsSubstring("at state.outputs[0].average"));
  CHECK_THAT(failure(replaced(text, "\"scale\": 0.", "\"scale\": -0."), model),
             ContainsSubstring("at state.outputs[0].scale, expected a number above 0"));
  CHECK_THAT(failure(replaced(text, "\"t\": 21", "\"t\": 20.5"), model), ContainsSubstring("found 20.5 at state.t"));
  CHECK_THAT(failure(replaced(text, "\"n_features\": 3", "\"n_features\": -3"), model),
             ContainsSubstring("found -3 at state.n_features, expected a whole number from 0"));
  CHECK_THAT(failure(replaced(text, "\"n_features\": 3", "\"n_features\": 18446744073709551615"), model),
             ContainsSubstring("as many numbers as features"));
  CHECK_THAT(failure(replaced(text, "\"n_iter\": 0", "\"n_iter\": 0, \"n_itre\": 0"), model),
             ContainsSubstring("found 0 at state.n_itre, expected no such member"));
  CHECK_THAT(failure(replaced(text, "\"scale\":", "\"scale_\":"), model),
             ContainsSubstring("found no member scale at state.outputs[0]"));
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    static_cast<void>(failure(text.substr(0, i), model));
    std::string changed = text;
    changed[i] = changed[i] == '1' ? '2' : '1';
    SgdRegressor copy = model;
    if (parse_state(changed, "s", copy)) {  // another number: a model like any other
      copy.partial_fit(rows.x, rows.y);
      CHECK(std::isfinite(copy.predict_one(rows.x.row(0))));
    }
  }
  SgdRegressor other({.penalty = Penalty::elasticnet, .alpha = 1, .average = 5});
  CHECK_THAT(parse_state(text, "s", other).error().what(), ContainsSubstring("state.options.alpha"));
}

TEST_CASE("a classifier's state that does not fit") {
  const Rows rows = make_rows(60, 9);
  SgdClassifier model;
  model.partial_fit(rows.x, rows.three);
  const std::string text = dump_state(model);
  const auto fails = [&](std::string_view from, std::string_view to) {
    SgdClassifier copy = model;
    const Result<void> result = parse_state(replaced(text, from, to), "s", copy);
    REQUIRE_FALSE(result);
    CHECK(dump_state(copy) == text);
    return std::string(result.error().what());
  };
  CHECK_THAT(fails("\"classes\": [0, 1, 2]", "\"classes\": [0, 2, 1]"), ContainsSubstring("finite labels, ascending"));
  CHECK_THAT(fails("\"classes\": [0, 1, 2]", "\"classes\": [0, 1]"), ContainsSubstring("at state.outputs"));
  CHECK_THAT(fails("\"classes\": [0, 1, 2]", "\"classes\": []"), ContainsSubstring("at state.outputs"));
  CHECK_THAT(fails("\"takes_new_classes\": true", "\"takes_new_classes\": false"),
             ContainsSubstring("at state.outputs"));
  CHECK_THAT(fails("\"positive\": 0", "\"positive\": 3"), ContainsSubstring("classes that there are"));
  CHECK_THAT(fails("\"positive\": 0", "\"positive\": -2"), ContainsSubstring("classes that there are"));
}
