// SPDX-License-Identifier: MIT
#include "penstock/stats/calibration.hpp"
#include "penstock/stats/classification_metrics.hpp"
#include "penstock/stats/probability_metrics.hpp"
#include "penstock/stats/regression_metrics.hpp"

#include "catch.hpp"
#include "metrics_support.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace penstock::stats;
using metrics_support::Case;
using metrics_support::cases_of;
using metrics_support::close;
using metrics_support::of_all_rows;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

template <class Make>
void check_case(const Case& c, const std::string& figure, Make make) {
  CAPTURE(c.name, figure, c[figure]);
  const auto [whole, merged] = of_all_rows(c, make);
  CHECK(close(whole.get(), c[figure]));
  CHECK(close(merged.get(), c[figure]));
}

void check_scores(const Case& c, const std::string& figure, const ClassScoreOptions& options) {
  CAPTURE(c.name, figure);
  const auto [precision, merged_precision] = of_all_rows(c, [&] { return Precision(options); });
  const auto [recall, merged_recall] = of_all_rows(c, [&] { return Recall(options); });
  const auto [f1, merged_f1] = of_all_rows(c, [&] { return F1(options); });
  CHECK(close(precision.get(), c.at(figure)[0]));
  CHECK(close(recall.get(), c.at(figure)[1]));
  CHECK(close(f1.get(), c.at(figure)[2]));
  CHECK(close(merged_precision.get(), c.at(figure)[0]));
  CHECK(close(merged_recall.get(), c.at(figure)[1]));
  CHECK(close(merged_f1.get(), c.at(figure)[2]));
}

}  // namespace

TEST_CASE("errors of forecasts are scikit-learn's, in one piece and merged") {
  const auto cases = cases_of("regression");
  REQUIRE(cases.size() == 9);
  for (const Case& c : cases) {
    check_case(c, "mae", [] { return Mae(); });
    check_case(c, "mse", [] { return Mse(); });
    check_case(c, "rmse", [] { return Rmse(); });
    check_case(c, "r2", [] { return R2(); });
  }
}

TEST_CASE("R2 keeps its digits where sums of squares have none left") {
  // Truths 1e8 apart from 0 and 1e-3 from each other: their squares need 22 digits.
  R2 near, far;
  for (int i = 0; i < 1000; ++i) {
    const double y = (i % 7) * 0x1p-10, p = ((i + i % 3) % 7) * 0x1p-10;  // exact also when shifted
    near.update(y, p);
    far.update(y + 0x1p27, p + 0x1p27);
  }
  CHECK(close(far.get(), near.get(), 1e-9));
}

TEST_CASE("a million small losses after a large one are not lost") {
  Mae mae;
  mae.update(1e16, 0);
  for (int i = 0; i < 1'000'000; ++i) mae.update(0.5, 0);
  CHECK(mae.get() * 1'000'001 == Approx(1e16 + 500'000).epsilon(1e-16));
  CHECK(mae.rows() == 1'000'001);
}

TEST_CASE("scores of classes are scikit-learn's, in one piece and merged") {
  const auto cases = cases_of("classes");
  REQUIRE(cases.size() == 10);
  int binary = 0;
  for (const Case& c : cases) {
    check_case(c, "accuracy", [] { return Accuracy(); });
    check_case(c, "accuracy", [] { return ConfusionMatrix(); });
    for (const double zero : {0.0, 1.0}) {
      const std::string suffix = zero == 0 ? "_0" : "_1";
      check_scores(c, "micro" + suffix, {.average = Average::micro, .zero_division = zero});
      check_scores(c, "macro" + suffix, {.average = Average::macro, .zero_division = zero});
      check_scores(c, "weighted" + suffix, {.average = Average::weighted, .zero_division = zero});
      if (!c.has("binary" + suffix)) continue;
      check_scores(c, "binary" + suffix, {.zero_division = zero});
      ++binary;
    }
    const auto [matrix, merged] = of_all_rows(c, [] { return ConfusionMatrix(); });
    const auto classes = merged.classes();
    const std::vector<double>& expected = c.at("classes");
    REQUIRE(classes.size() * 4 == expected.size());
    for (std::size_t k = 0; k < classes.size(); ++k) {
      CHECK(classes[k].label == expected[k]);
      CHECK(close(classes[k].precision, expected[classes.size() + k]));
      CHECK(close(classes[k].recall, expected[2 * classes.size() + k]));
      CHECK(close(classes[k].f1, expected[3 * classes.size() + k]));
      CHECK(close(matrix.classes()[k].support, classes[k].support));
    }
  }
  CHECK(binary == 12);
}

TEST_CASE("a confusion matrix tells who was taken for whom, whatever the order of labels") {
  ConfusionMatrix seen;
  seen.update(3, 3);
  seen.update(-1, 3, 2);
  seen.update(3, 8, 0.5);
  seen.update(5, -1);
  CHECK(seen.labels() == std::vector<double>{-1, 3, 5, 8});
  CHECK(seen.weight(-1, 3) == 2);
  CHECK(seen.weight(3, 8) == 0.5);
  CHECK(seen.weight(3, 3) == 1);
  CHECK(seen.weight(5, -1) == 1);
  CHECK(seen.weight(3, -1) == 0);
  CHECK(seen.weight(7, 3) == 0);
  CHECK(seen.rows() == 4);
  seen.merge(seen);
  CHECK(seen.weight(-1, 3) == 4);
  CHECK(seen.rows() == 8);
}

TEST_CASE("a row that is taken back leaves nothing behind") {
  ConfusionMatrix seen, expected;
  for (int i = 0; i < 10; ++i) seen.update(i % 3, i % 2, 0.1);
  for (int i = 0; i < 10; ++i) {
    if (i % 3 != 2) seen.revert(i % 3, i % 2, 0.1);
  }
  for (int i = 2; i < 10; i += 3) expected.update(2, i % 2, 0.1);
  CHECK(seen.weight(0, 0) == 0);
  CHECK(seen.weight(1, 1) == 0);
  CHECK(seen.rows() == 3);
  CHECK(seen.classes().size() == 3);  // 0 and 1 were predicted, 2 is true
  CHECK(seen.recall({.average = Average::macro}) == expected.recall({.average = Average::macro}));
  CHECK_THROWS_WITH(seen.revert(0, 0), ContainsSubstring("no row of 0.000000 taken for 0.000000"));
  CHECK_THROWS_WITH(seen.revert(9, 0), ContainsSubstring("no row of 9.000000"));
}

TEST_CASE("a label goes with its last row, and the others keep theirs") {
  ConfusionMatrix seen;
  seen.update(1, 2, 0.5);
  seen.update(3, 3, 4);
  seen.update(2, 5, 8);
  seen.update(5, 2, 16);
  seen.revert(1, 2, 0.5);  // 2 is still the truth of a row
  CHECK(seen.labels() == std::vector<double>{2, 3, 5});
  seen.revert(3, 3, 4);
  CHECK(seen.labels() == std::vector<double>{2, 5});
  CHECK(seen.weight(2, 5) == 8);
  CHECK(seen.weight(5, 2) == 16);
  seen.revert(2, 5, 8);
  CHECK(seen.labels() == std::vector<double>{2, 5});
  seen.revert(5, 2, 16);
  CHECK(seen.labels().empty());
  seen.update(3, 1);
  CHECK(seen.weight(3, 1) == 1);
}

TEST_CASE("accuracy is of anything that can be compared") {
  Accuracy right;
  right.update(std::string("cat"), std::string("cat"));
  right.update(std::string("cat"), std::string("dog"), 3);
  CHECK(right.get() == 0.25);
}

TEST_CASE("log loss, Brier score and calibration curve are scikit-learn's") {
  const auto cases = cases_of("probabilities");
  REQUIRE(cases.size() == 6);
  int curves = 0;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    check_case(c, "log_loss", [] { return LogLoss(); });
    check_case(c, "brier", [] { return Brier(); });
    for (const std::size_t n_bins : {1u, 3u, 5u, 10u}) {
      for (const BinStrategy strategy : {BinStrategy::uniform, BinStrategy::quantile}) {
        const std::string figure =
            (strategy == BinStrategy::uniform ? "uniform_" : "quantile_") + std::to_string(n_bins);
        if (!c.has(figure)) continue;
        CAPTURE(figure);
        const auto curve = calibration_curve(c.at("y"), c.at("p"), {.n_bins = n_bins, .strategy = strategy});
        const std::vector<double>& expected = c.at(figure);
        REQUIRE(curve.size() * 2 == expected.size());
        double distance = 0;
        for (std::size_t b = 0; b < curve.size(); ++b) {
          CHECK(close(curve[b].prob_true, expected[b]));
          CHECK(close(curve[b].prob_pred, expected[curve.size() + b]));
          distance += curve[b].weight * std::abs(expected[b] - expected[curve.size() + b]);
        }
        const auto edges = strategy == BinStrategy::uniform ? std::vector<double>{} : quantile_edges(c.at("p"), n_bins);
        const auto [whole, merged] = of_all_rows(c, [&] { return Calibration({.n_bins = n_bins, .edges = edges}); });
        CHECK(close(whole.get(), distance / static_cast<double>(c.at("y").size()), 1e-12));
        CHECK(close(merged.get(), whole.get()));
        ++curves;
      }
    }
  }
  CHECK(curves == 40);
}

TEST_CASE("log loss of more classes is scikit-learn's") {
  const auto cases = cases_of("multiclass");
  REQUIRE(cases.size() == 1);
  const Case& c = cases[0];
  LogLoss plain, weighted;
  for (std::size_t i = 0; i < c.at("y").size(); ++i) {
    const std::span<const double> row(c.at("p").data() + 3 * i, 3);
    plain.update_class(static_cast<std::size_t>(c.at("y")[i]), row);
    weighted.update_class(static_cast<std::size_t>(c.at("y")[i]), row, c.at("w")[i]);
  }
  CHECK(close(plain.get(), c["log_loss"]));
  CHECK(close(weighted.get(), c["weighted_log_loss"]));
}

TEST_CASE("a probability on an edge is in the bin below, 0 in the first") {
  Calibration calibration({.n_bins = 4});
  calibration.update(0, 0);
  calibration.update(0, 0.25);
  calibration.update(1, 0.5);
  calibration.update(1, 1);
  const auto curve = calibration.curve();
  REQUIRE(curve.size() == 3);
  CHECK(curve[0].rows == 2);
  CHECK(curve[0].prob_pred == 0.125);
  CHECK(curve[1].prob_pred == 0.5);
  CHECK(curve[2].prob_true == 1);
  CHECK(calibration.get() == (2 * 0.125 + 0.5 + 0) / 4);
}

TEST_CASE("of no rows there is no figure") {
  CHECK(std::isnan(Mae().get()));
  CHECK(std::isnan(Rmse().get()));
  CHECK(std::isnan(R2().get()));
  CHECK(std::isnan(Accuracy().get()));
  CHECK(std::isnan(ConfusionMatrix().get()));
  CHECK(std::isnan(F1().get()));
  CHECK(std::isnan(Precision({.average = Average::macro}).get()));
  CHECK(std::isnan(LogLoss().get()));
  CHECK(std::isnan(Brier().get()));
  CHECK(std::isnan(Calibration().get()));
  CHECK(Calibration().curve().empty());
  CHECK(calibration_curve(std::vector<int>{}, std::vector<double>{}, {.strategy = BinStrategy::quantile}).empty());
  Mae weightless;
  weightless.update(1, 2, 0);
  CHECK(std::isnan(weightless.get()));
  CHECK(weightless.rows() == 1);
}

TEST_CASE("a row of weight 0 counts for nothing, also if its loss is infinite") {
  Mse mse;
  R2 r2;
  LogLoss loss({.eps = 0});
  for (const double weight : {1.0, 0.0, 1.0}) {
    mse.update(weight == 0 ? 1e200 : 3, 1, weight);
    r2.update(weight == 0 ? 1e200 : r2.weight(), 1, weight);
    loss.update(1, weight == 0 ? 0 : 0.5, weight);
  }
  CHECK(mse.get() == 4);
  CHECK(r2.get() == -1);
  CHECK(loss.get() == Approx(std::log(2)));
}

TEST_CASE("a heavy row that is taken back leaves the light ones") {
  ConfusionMatrix seen;
  seen.update(1, 1, 7);
  seen.update(1, 1, 1e17);
  seen.update(1, 1, 7);
  seen.update(1, 1, 7);
  seen.update(1, 0, 3);
  seen.revert(1, 1, 1e17);
  CHECK(seen.weight(1, 1) == 21);
  CHECK(seen.recall() == 21.0 / 24);
  seen.merge(seen);
  CHECK(seen.weight(1, 1) == 42);
}

TEST_CASE("what is no truth, prediction or weight is refused, and changes nothing") {
  Mae mae;
  mae.update(1, 2);
  CHECK_THROWS_WITH(mae.update(not_a_number, 0), "Mae: y_true is nan; a finite number is needed");
  CHECK_THROWS_WITH(mae.update(0, inf), "Mae: y_pred is inf; a finite number is needed");
  CHECK_THROWS_WITH(mae.update(0, 0, -1), "Mae: weight is -1.000000; a finite number from 0 is needed");
  CHECK(mae.get() == 1);
  CHECK(mae.rows() == 1);
  CHECK_THROWS_WITH(R2().update(0, not_a_number), ContainsSubstring("R2: y_pred"));
  CHECK_THROWS_WITH(F1().update(inf, 0), ContainsSubstring("ConfusionMatrix: y_true"));
  CHECK_THROWS_WITH(Accuracy().update(0, 0, not_a_number), ContainsSubstring("Accuracy: weight"));
  CHECK_THROWS_WITH(LogLoss().update(2, 0.5), "LogLoss: y_true is 2.000000; 0 or 1 is needed");
  CHECK_THROWS_WITH(Brier().update(1, 1.5), "Brier: y_pred is 1.500000; a probability in [0, 1] is needed");
  CHECK_THROWS_WITH(LogLoss().update_class(3, std::vector{0.5, 0.25, 0.25}), "LogLoss: class 3 of 3");
  CHECK_THROWS_WITH(LogLoss({.eps = 0.5}), ContainsSubstring("LogLossOptions.eps is 0.5"));
  CHECK_THROWS_WITH(F1({.zero_division = 0.5}), ContainsSubstring("zero_division is 0.5"));
  CHECK_THROWS_WITH(Calibration({.n_bins = 0}), ContainsSubstring("n_bins is 0"));
  CHECK_THROWS_WITH(Calibration({.edges = {0.5, 0.4}}), ContainsSubstring("do not ascend"));
  CHECK_THROWS_WITH(Calibration().merge(Calibration({.n_bins = 3})), ContainsSubstring("other bins"));
  CHECK_THROWS_WITH(calibration_curve(std::vector{1}, std::vector<double>{}), ContainsSubstring("1 labels, but 0"));
}
