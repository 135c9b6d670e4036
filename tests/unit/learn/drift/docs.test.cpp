// SPDX-License-Identifier: MIT
// The code of docs/drift.md: each of its blocks stands here word for word, which the last test holds it to.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/drift/adwin.hpp"
#include "penstock/learn/drift/reaction.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/serve/skew.hpp"
#include "penstock/stats/data_drift.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"
#include "unit/learn/drift/support.hpp"

#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

struct Row {
  std::array<double, 1> x;
  double y;
};

/// What was logged, a line a call.
struct Log {
  template <class... Words>
  void operator()(const Words&... words) {
    std::ostringstream line;
    ((line << words << ' '), ...);
    lines.push_back(line.str());
  }
  std::vector<std::string> lines{};
};

RecordBatch trips(double shift, std::string_view other, int missing_every) {
  RecordBatchBuilder builder({{{"fare", DataType::float64}, {"city", DataType::string}}});
  const auto normal = test::normal_values(1000, static_cast<std::uint64_t>(missing_every));
  for (int i = 0; i < 1000; ++i) {
    i % missing_every == 0 ? builder.append_null(0)
                           : builder.append<double>(0, normal[static_cast<std::size_t>(i)] + shift);
    builder.append<std::string_view>(1, i % 5 == 0 ? other : "Ulm");
  }
  return builder.finish();
}

}  // namespace

TEST_CASE("docs/drift.md: a model that reacts") {
  test::Uniforms next(3);
  std::vector<Row> rows;
  for (int i = 0; i < 4000; ++i) {
    const double x = next();
    rows.push_back({{x}, i < 2000 ? x : 5 - x});
  }
  std::vector<double> errors;
  Log log;
  // clang-format off
  OnDrift model(SgdRegressor{}, Adwin{}, ResetOnDrift{});
  for (const Row& row : rows) {
    errors.push_back(std::abs(model.predict_one(row.x) - row.y));
    if (model.learn_one(row.x, row.y) == DriftStatus::drift) log("drift", model.detector().estimation());
  }
  // clang-format on
  CHECK(model.stats().reactions >= 1);
  CHECK(log.lines.size() == model.stats().drifts);
  CHECK(errors[2000] > 3);
  CHECK(errors.back() < 1);
}

TEST_CASE("docs/drift.md: a report of two tables") {
  const RecordBatch training = trips(0, "Bonn", 50), last_week = trips(1, "Bonn", 2);
  Log log;
  // clang-format off
  const DataDriftReport report = data_drift_report(training, last_week, {.alpha = 0.01});
  for (const FeatureDrift& feature : report.features) {
    if (feature.drifted) log(feature.name, to_string(feature.test), feature.statistic, feature.adjusted_pvalue);
    if (feature.missing_drifted) log(feature.name, "missing", feature.current.missing_share());
  }
  // clang-format on
  REQUIRE(log.lines.size() == 2);
  CHECK_THAT(log.lines[0], Catch::Matchers::StartsWith("fare ks 0.3") || Catch::Matchers::StartsWith("fare ks 0.4"));
  CHECK(log.lines[1] == "fare missing 0.5 ");
}

TEST_CASE("docs/drift.md: a model file and what is served") {
  const RecordBatch training = trips(0, "Bonn", 50), last_hour = trips(1, "bonn", 49);
  LinearModelSpec spec{.numeric = {{"fare", 0, 1, MissingNumber::mean}},
                       .categorical = {{"city", {"Ulm", "Bonn"}, Unseen::ignore, MissingText::ignore}},
                       .coefficients = {1, 0, 1}};
  Log log;
  // clang-format off
  spec.statistics = training_statistics(spec, training);   // kept in the model file
  const SkewReport skew = check_skew(spec, last_hour);
  for (const NumericSkew& feature : skew.numeric) {
    if (feature.skewed()) log(feature.name, feature.mean_shift, feature.spread, feature.outside_share);
  }
  for (const CategoricalSkew& feature : skew.categorical) {
    if (feature.unseen_skewed) log(feature.name, feature.unseen, feature.unseen_texts.at(0));
  }
  // clang-format on
  REQUIRE(log.lines.size() == 2);
  CHECK(log.lines[0].substr(0, 5) == "fare ");
  CHECK(log.lines[1] == "city 200 bonn ");
}

TEST_CASE("what docs/drift.md shows is what is compiled here") {
  CHECK(compiled_blocks("drift.md", "unit/learn/drift/docs.test.cpp") == 3);
}
