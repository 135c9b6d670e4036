// SPDX-License-Identifier: MIT
// What is served against what a model file says of the training.
#include "penstock/serve/skew.hpp"

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/serve/linear_model.hpp"
#include "penstock/serve/training_statistics.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

const double no_number = std::nan("");
const double infinity = std::numeric_limits<double>::infinity();

LinearModelSpec churn() {
  return {.derived = {{"rate", {{"passed", 1}}, {{"started", 1}}, 1}},
          .numeric = {{"minutes", 10, 2, MissingNumber::mean}, {"rate", 0.5, 0.25, MissingNumber::mean}},
          .categorical = {{"country", {"US", "NA"}, Unseen::ignore, MissingText::ignore}},
          .coefficients = {1, 2, 3, 4}};
}

struct Row {
  double minutes = 10;
  double passed = 1, started = 2;
  std::optional<std::string_view> country = "US";
};

RecordBatch table(const std::vector<Row>& rows, DataType country = DataType::category) {
  RecordBatchBuilder builder({{{"minutes", DataType::float64},
                               {"passed", DataType::float64},
                               {"started", DataType::float64},
                               {"country", country}}});
  for (const Row& row : rows) {
    builder.append<double>(0, row.minutes);
    builder.append<double>(1, row.passed);
    builder.append<double>(2, row.started);
    row.country ? builder.append<std::string_view>(3, *row.country) : builder.append_null(3);
  }
  return builder.finish();
}

/// Minutes of mean 10 and deviation 2, rates from 0 to 1, a third from NA, a tenth missing.
std::vector<Row> served(std::size_t n, std::uint64_t seed) {
  const auto normal = test::normal_values(n, seed);
  stats::RandomStream random(seed, 9);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < n; ++i) {
    Row row{10 + 2 * normal[i], static_cast<double>(random.below(5)), 4, random.below(3) == 0 ? "NA" : "US"};
    if (random.below(10) == 0) row.minutes = no_number;
    if (random.below(10) == 0) row.country.reset();
    rows.push_back(row);
  }
  return rows;
}

LinearModelSpec trained() {
  LinearModelSpec spec = churn();
  spec.statistics = training_statistics(spec, table(served(5000, 1)));
  return spec;
}

}  // namespace

TEST_CASE("the statistics of a training are those of its features, missing values apart") {
  LinearModelSpec spec = churn();
  const std::vector<Row> rows{{1, 1, 2, "US"}, {no_number, 3, 0, "NA"}, {4, no_number, 1, "DE"}, {4, 2, 4, {}}};
  for (const DataType type : {DataType::category, DataType::string}) {
    const TrainingStatistics s = training_statistics(spec, table(rows, type));
    CHECK(s.rows == 4);
    REQUIRE(s.numeric.size() == 2);
    CHECK(s.numeric[0].name == "minutes");
    CHECK(s.numeric[0].missing == 1);
    CHECK(s.numeric[0].mean == 3);
    CHECK_THAT(s.numeric[0].std_dev, WithinRel(std::sqrt(2.0), 1e-15));
    CHECK(s.numeric[0].min == 1);
    CHECK(s.numeric[0].max == 4);
    CHECK(s.numeric[1].missing == 1);  // 0.5, 3 / max(1, 0), missing, 0.5
    CHECK_THAT(s.numeric[1].mean, WithinRel(4.0 / 3, 1e-15));
    CHECK(s.numeric[1].max == 3);
    REQUIRE(s.categorical.size() == 1);
    CHECK(s.categorical[0] == CategoricalStatistics{"country", 1, 1, {1, 1}});
    spec.statistics = s;
    CHECK(LinearModel(spec).spec().statistics == s);
  }
  CHECK_THROWS_WITH(training_statistics(spec, table({{infinity, 1, 2, "US"}})),
                    ContainsSubstring("column minutes: found an infinite number"));
  CHECK_THROWS_WITH(training_statistics(spec, table({})), ContainsSubstring("found no rows"));
}

TEST_CASE("what is served as it was trained is not skewed") {
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    const auto report = check_skew(trained(), table(served(2000, seed)));
    CHECK_FALSE(report.skewed());
    CHECK(report.rows == 2000);
    REQUIRE(report.numeric.size() == 2);
    CHECK(std::abs(report.numeric[0].mean_z) < 4);
    CHECK(std::abs(report.numeric[0].spread_z) < 4);
    CHECK(report.numeric[1].outside_share == 0);
    // Without statistics, by mean and scale alone.
    CHECK_FALSE(check_skew(churn(), table(served(2000, seed))).numeric[0].skewed());
  }
}

TEST_CASE("each way of being skewed is told apart") {
  const LinearModelSpec spec = trained();
  const auto with = [&](auto change) {
    auto rows = served(2000, 3);
    for (std::size_t i = 0; i < rows.size(); ++i) change(rows[i], i);
    return check_skew(spec, table(rows));
  };
  const auto moved = with([](Row& row, std::size_t) { row.minutes += 1; });
  CHECK(moved.numeric[0].mean_skewed);
  CHECK_THAT(moved.numeric[0].mean_shift, WithinAbs(0.5, 0.1));
  CHECK_FALSE(moved.numeric[0].spread_skewed);
  CHECK_FALSE(moved.numeric[0].missing_skewed);
  CHECK_FALSE(moved.numeric[1].skewed());
  CHECK(moved.n_skewed() == 1);

  const auto wider = with([](Row& row, std::size_t) { row.minutes = 10 + 2 * (row.minutes - 10); });
  CHECK(wider.numeric[0].spread_skewed);
  CHECK_THAT(wider.numeric[0].spread, WithinAbs(2, 0.15));
  CHECK(wider.numeric[0].range_skewed);
  CHECK_FALSE(wider.numeric[0].mean_skewed);

  const auto gone = with([](Row& row, std::size_t i) { row.minutes = i % 3 == 0 ? no_number : row.minutes; });
  CHECK(gone.numeric[0].missing_skewed);
  CHECK_THAT(gone.numeric[0].training_missing_share, WithinAbs(0.1, 0.02));
  CHECK_FALSE(gone.numeric[0].mean_skewed);

  const auto unit = with([](Row& row, std::size_t) { row.started = 400; });  // a part counted in per cent
  CHECK(unit.numeric[1].mean_skewed);
  CHECK(unit.numeric[1].spread_skewed);

  const auto unseen = with([](Row& row, std::size_t i) {
    row.country = i % 20 == 0 ? "us" : i % 50 == 1 ? "UK" : "US";
  });
  const CategoricalSkew& country = unseen.categorical[0];
  CHECK(country.unseen_skewed);
  CHECK(country.unseen == 140);
  CHECK(country.unseen_texts == std::vector<std::string>{"us", "UK"});
  CHECK(country.n_unseen_texts == 2);
  CHECK(country.share_skewed);
  CHECK(country.category == "NA");
  CHECK(country.share == 0);
  CHECK(country.missing_skewed);  // none is

  // Without statistics, unseen texts are told by their share alone.
  auto rows = served(2000, 3);
  for (std::size_t i = 0; i < 30; ++i) rows[i].country = "DE";
  CHECK(check_skew(churn(), table(rows)).categorical[0].unseen_skewed);
  CHECK(std::isnan(check_skew(churn(), table(rows)).categorical[0].share_z));
  CHECK_FALSE(check_skew(churn(), table(rows), {.least_share = 0.02}).categorical[0].unseen_skewed);
}

TEST_CASE("few rows and small effects are no skew") {
  auto rows = served(20, 3);
  for (Row& row : rows) row.minutes += 50;
  CHECK_FALSE(check_skew(churn(), table(rows)).numeric[0].mean_skewed);
  CHECK(check_skew(churn(), table(rows), {.minimum_rows = 10}).numeric[0].mean_skewed);
  auto many = served(100'000, 4);
  for (Row& row : many) row.minutes += 0.1;
  const auto report = check_skew(churn(), table(many));
  CHECK(report.numeric[0].mean_z > 4);
  CHECK_FALSE(report.numeric[0].mean_skewed);
  CHECK(check_skew(churn(), table(many), {.least_shift = 0}).numeric[0].mean_skewed);
}

TEST_CASE("constant, missing and infinite numbers are compared too") {
  LinearModelSpec spec = churn();
  const std::vector<Row> constant(100);
  spec.statistics = training_statistics(spec, table(constant));
  CHECK(spec.statistics.numeric[0].std_dev == 0);
  CHECK_FALSE(check_skew(spec, table(constant)).skewed());
  auto other = constant;
  for (Row& row : other) row.minutes = 10.5;
  const auto report = check_skew(spec, table(other));
  CHECK(report.numeric[0].mean_skewed);
  CHECK(report.numeric[0].mean_z == infinity);
  CHECK(report.numeric[0].range_skewed);
  other[0].minutes = 11;
  CHECK(check_skew(spec, table(other)).numeric[0].spread_skewed);

  std::vector<Row> missing(100, Row{no_number, 1, 2, {}});
  missing[7].minutes = -infinity;
  const auto all_gone = check_skew(spec, table(missing));
  CHECK(all_gone.numeric[0].missing == 99);
  CHECK(all_gone.numeric[0].infinite == 1);
  CHECK(all_gone.numeric[0].missing_skewed);
  CHECK(all_gone.numeric[0].outside_share == 1);
  CHECK(all_gone.categorical[0].missing_skewed);
  spec.statistics = training_statistics(spec, table(std::vector<Row>(50, Row{no_number, 1, 2, {}})));
  CHECK_FALSE(check_skew(spec, table(std::vector<Row>(50, Row{no_number, 1, 2, {}}))).skewed());
  CHECK(check_skew(spec, table(constant)).numeric[0].missing_skewed);
}

TEST_CASE("what cannot be compared is refused, and why is said") {
  const auto rows = table(served(100, 1));
  const auto says = [](const char* words) { return ContainsSubstring(words); };
  CHECK_THROWS_WITH(check_skew(churn(), rows.slice(0, 0)), says("check_skew: found no rows"));
  CHECK_THROWS_WITH(check_skew(churn(), rows.select({"minutes", "country"})),
                    says("column passed: found no such column"));
  CHECK_THROWS_WITH(check_skew(churn(), rows, {.z = 0}), says("SkewOptions.z is 0"));
  CHECK_THROWS_WITH(check_skew(churn(), rows, {.least_shift = no_number}), says("SkewOptions.least_shift is nan"));
  CHECK_THROWS_WITH(check_skew(churn(), rows, {.minimum_rows = 1}), says("SkewOptions.minimum_rows is 1"));

  const auto wrong = [&](auto change) {
    LinearModelSpec spec = trained();
    change(spec.statistics);
    try {
      LinearModel model(spec);
    } catch (const LinearModelError& error) { return std::string(error.what()); }
    return std::string("nothing wrong");
  };
  using S = TrainingStatistics;
  CHECK(wrong([](S&) {}) == "nothing wrong");
  CHECK_THAT(wrong([](S& s) { s.numeric.pop_back(); }), says("statistics.numeric: found 1 entries, expected 2"));
  CHECK_THAT(wrong([](S& s) { s.rows = 0; }), says("statistics.numeric: found 2 entries, expected 0"));
  CHECK_THAT(wrong([](S& s) { s.numeric[1].name = "x"; }),
             says("statistics.numeric[1].name: found 'x', expected 'rate'"));
  CHECK_THAT(wrong([](S& s) { s.numeric[0].missing = 5001; }),
             says("numeric[0].missing: found 5001, expected at most"));
  CHECK_THAT(wrong([](S& s) { s.numeric[0].std_dev = -1; }), says("numeric[0].std_dev: found -1"));
  CHECK_THAT(wrong([](S& s) { s.numeric[0].mean = no_number; }), says("numeric[0].mean: found nan"));
  CHECK_THAT(wrong([](S& s) { s.numeric[1].max = -1; }), says("numeric[1].max: found -1, expected at least min, 0"));
  CHECK_THAT(wrong([](S& s) { s.categorical[0].counts.pop_back(); }), says("counts: found 1 numbers, expected 2"));
  CHECK_THAT(wrong([](S& s) { s.categorical[0].other += 1; }), says("counts: found more rows than there are"));
  CHECK_THAT(wrong([](S& s) { s.categorical[0].missing -= 1; }), says("4999 rows, with the missing and the others"));
}
