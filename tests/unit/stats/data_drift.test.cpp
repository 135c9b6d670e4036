// SPDX-License-Identifier: MIT
// The report of drift, column by column: against the tests that it is made of, and tables whose change is known.
#include "penstock/stats/data_drift.hpp"

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/stats/moments.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <chrono>
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

struct Ride {
  double fare;
  std::optional<std::int64_t> seats;
  std::string_view city;
  std::optional<std::string_view> note;
  bool paid;
};

RecordBatch table(const std::vector<Ride>& rides) {
  RecordBatchBuilder builder({{{"fare", DataType::float64},
                               {"seats", DataType::int64},
                               {"city", DataType::category},
                               {"note", DataType::string},
                               {"paid", DataType::boolean},
                               {"at", DataType::timestamp}}});
  std::int64_t at = 0;
  for (const Ride& ride : rides) {
    builder.append<double>(0, ride.fare);
    ride.seats ? builder.append<std::int64_t>(1, *ride.seats) : builder.append_null(1);
    builder.append<std::string_view>(2, ride.city);
    ride.note ? builder.append<std::string_view>(3, *ride.note) : builder.append_null(3);
    builder.append<bool>(4, ride.paid);
    builder.append<Timestamp>(5, Timestamp(std::chrono::seconds(++at)));
  }
  return builder.finish();
}

/// Rides like each other, whatever the seed.
std::vector<Ride> rides(std::size_t n, std::uint64_t seed) {
  const auto normal = test::normal_values(n, seed);
  stats::RandomStream random(seed, 1);
  std::vector<Ride> result;
  for (std::size_t i = 0; i < n; ++i) {
    Ride ride{normal[i], random.below(4), random.below(3) == 0 ? "Bonn" : "Ulm", "ok", random.below(2) == 0};
    if (random.below(10) == 0) ride.seats.reset();
    if (random.below(5) == 0) ride.note.reset();
    result.push_back(ride);
  }
  return result;
}

std::vector<double> fares(const std::vector<Ride>& all) {
  std::vector<double> values;
  for (const Ride& ride : all) values.push_back(ride.fare);
  return values;
}
std::vector<double> cities(const std::vector<Ride>& all) {
  std::vector<double> counts{0, 0};
  for (const Ride& ride : all) counts[ride.city == "Bonn" ? 0 : 1] += 1;
  return counts;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

TEST_CASE("nothing has drifted between tables that are alike, and each column has its test") {
  const auto a = rides(500, 1), b = rides(400, 2);
  const auto report = data_drift_report(table(a), table(b));
  REQUIRE(report.features.size() == 5);  // the timestamps are left out
  CHECK(report.n_drifted() == 0);
  const char* names[] = {"fare", "seats", "city", "note", "paid"};
  for (std::size_t i = 0; i < 5; ++i) {
    const FeatureDrift& feature = report.features[i];
    CHECK(feature.name == names[i]);
    CHECK(feature.test == (i < 2 ? DriftTest::ks : DriftTest::chi_square));
    CHECK(feature.reference.rows == 500);
    CHECK(feature.current.rows == 400);
    CHECK(feature.adjusted_pvalue >= feature.pvalue);
    CHECK(std::isnan(feature.threshold));
  }
  const auto ks = stats::ks_two_sample(fares(a), fares(b));
  CHECK(report.at("fare").statistic == ks.statistic);
  CHECK(report.at("fare").pvalue == ks.pvalue);
  CHECK_THAT(report.at("fare").reference.mean, WithinAbs(stats::mean(fares(a)), 1e-14));
  CHECK_THAT(report.at("fare").reference.std_dev, WithinRel(stats::standard_deviation(fares(a)), 1e-12));
  CHECK(std::isnan(report.at("fare").missing_pvalue));
  const auto chi = stats::chi_square_test(cities(a), cities(b));
  CHECK_THAT(report.at("city").statistic, WithinAbs(chi.statistic, 1e-12));
  CHECK_THAT(report.at("city").pvalue, WithinRel(chi.pvalue, 1e-12));
  CHECK(report.at("city").reference.distinct == 2);
  CHECK(report.at("seats").reference.missing_share() > 0.05);
  CHECK(report.at("seats").missing_pvalue > 0.05);
  CHECK(report.at("note").statistic == 0);  // one text alone
  CHECK(report.at("note").pvalue == 1);
}

TEST_CASE("what has drifted is named: values, missing shares, new and gone categories") {
  const auto a = rides(500, 3);
  auto b = rides(500, 4);
  const double bonn = cities(b)[0];
  for (std::size_t i = 0; i < b.size(); ++i) {
    b[i].fare += 0.5;
    if (i % 2 == 0) b[i].seats.reset();
    if (b[i].city == "Bonn") b[i].city = i % 3 == 0 ? "Kiel" : "Jena";
  }
  const auto report = data_drift_report(table(a), table(b));
  CHECK(report.at("fare").drifted);
  CHECK_FALSE(report.at("fare").missing_drifted);
  CHECK_FALSE(report.at("seats").drifted);
  CHECK(report.at("seats").missing_drifted);
  CHECK(report.at("seats").any_drift());
  const FeatureDrift& city = report.at("city");
  CHECK(city.drifted);
  CHECK(city.new_categories == std::vector<std::string>{"Jena", "Kiel"});
  CHECK(city.n_new_categories == 2);
  CHECK(static_cast<double>(city.new_category_rows) == bonn);
  CHECK(city.gone_categories == std::vector<std::string>{"Bonn"});
  CHECK(city.n_gone_categories == 1);
  CHECK_FALSE(report.at("note").any_drift());
  CHECK_FALSE(report.at("paid").any_drift());
  CHECK(report.n_drifted() == 3);
  CHECK_THROWS_WITH(report.at("tip"), ContainsSubstring("column tip: found no such column in the report"));

  const auto few = data_drift_report(table(a), table(b), {.columns = {"city"}, .listed = 1});
  CHECK(few.features.size() == 1);
  CHECK(few.features[0].new_categories == std::vector<std::string>{"Jena"});
  CHECK(few.features[0].n_new_categories == 2);
}

TEST_CASE("all p-values of a report are corrected together") {
  auto a = rides(300, 5), b = rides(300, 6);
  for (Ride& ride : b) ride.fare += 0.2;
  for (const auto correction : {stats::Correction::none, stats::Correction::bonferroni, stats::Correction::holm,
                                stats::Correction::benjamini_hochberg}) {
    const auto report = data_drift_report(table(a), table(b), {.correction = correction, .alpha = 0.03});
    std::vector<double> pvalues;
    for (const auto& f : report.features) {
      pvalues.push_back(f.missing_pvalue);
      pvalues.push_back(f.pvalue);
    }
    const auto adjusted = stats::corrected(pvalues, correction);
    for (std::size_t i = 0; i < report.features.size(); ++i) {
      const auto& f = report.features[i];
      CHECK(same(f.missing_adjusted_pvalue, adjusted[2 * i]));
      CHECK(same(f.adjusted_pvalue, adjusted[2 * i + 1]));
      CHECK(f.drifted == (adjusted[2 * i + 1] <= 0.03));
      CHECK(f.missing_drifted == (adjusted[2 * i] <= 0.03));
    }
    CHECK(report.correction == correction);
    CHECK(report.alpha == 0.03);
  }
}

TEST_CASE("distances and PSI are compared to their thresholds") {
  const auto a = rides(800, 7);
  auto b = rides(700, 8);
  for (Ride& ride : b) ride.fare = 3 * ride.fare + 1;
  const auto x = fares(a), y = fares(b);
  const auto with = [&](DriftTest numbers, DriftTest categories, double distance = 0.1) {
    return data_drift_report(table(a), table(b),
                             {.numbers = numbers, .categories = categories, .distance = distance, .psi = {}});
  };
  const auto psi = with(DriftTest::psi, DriftTest::psi);
  CHECK(psi.at("fare").statistic == stats::psi(x, y).statistic);
  CHECK(psi.at("fare").threshold == stats::psi(x, y).threshold);
  CHECK(psi.at("fare").pvalue == stats::psi(x, y).pvalue);
  CHECK(psi.at("fare").drifted);
  CHECK_FALSE(psi.at("city").drifted);
  CHECK_THAT(psi.at("city").statistic, WithinAbs(stats::psi_of_counts(cities(a), cities(b)).statistic, 1e-14));
  const double much = psi.at("fare").statistic + 0.01;
  CHECK_FALSE(data_drift_report(table(a), table(b), {.numbers = DriftTest::psi, .least_psi = much, .psi = {}})
                  .at("fare")
                  .drifted);

  const auto moved = with(DriftTest::wasserstein, DriftTest::l_infinity);
  CHECK_THAT(moved.at("fare").statistic,
             WithinRel(stats::wasserstein_distance(x, y) / stats::standard_deviation(x), 1e-12));
  CHECK(moved.at("fare").threshold == 0.1);
  CHECK(moved.at("fare").drifted);
  CHECK(std::isnan(moved.at("fare").pvalue));
  CHECK(moved.at("city").statistic == stats::l_infinity(cities(a), cities(b)));
  CHECK_FALSE(moved.at("city").drifted);
  CHECK_FALSE(with(DriftTest::wasserstein, DriftTest::l_infinity, 10).at("fare").drifted);

  const auto js = with(DriftTest::jensen_shannon, DriftTest::jensen_shannon);
  const auto edges = stats::psi(x, y).edges;
  CHECK(js.at("fare").statistic == stats::jensen_shannon(detail::histogram(detail::sorted_finite("", x), edges),
                                                         detail::histogram(detail::sorted_finite("", y), edges),
                                                         {.base = 2}));
  CHECK(js.at("fare").drifted);
  CHECK_FALSE(js.at("city").drifted);
}

TEST_CASE("the order of rows, slices and dictionaries do not matter") {
  const auto a = rides(300, 9);
  auto b = rides(200, 10);
  const auto before = data_drift_report(table(a), table(b));
  auto both = b;
  both.insert(both.end(), a.rbegin(), a.rend());
  const RecordBatch whole = table(both);
  const auto after = data_drift_report(whole.slice(200, 300), whole.slice(0, 200));
  for (std::size_t i = 0; i < before.features.size(); ++i) {
    CHECK_THAT(after.features[i].statistic, WithinAbs(before.features[i].statistic, 1e-13));
    CHECK_THAT(after.features[i].adjusted_pvalue, WithinRel(before.features[i].adjusted_pvalue, 1e-10));
    CHECK(after.features[i].reference.missing == before.features[i].reference.missing);
  }
}

TEST_CASE("columns without values, constant columns and timestamps that are asked for") {
  std::vector<Ride> a(10, Ride{1, 2, "Ulm", "x", true}), b(10, Ride{1, {}, "Ulm", {}, true});
  const auto report = data_drift_report(table(a), table(b), {.columns = {"fare", "seats", "note", "at"}});
  CHECK(report.at("fare").statistic == 0);
  CHECK(report.at("fare").pvalue == 1);
  CHECK(std::isnan(report.at("seats").statistic));
  CHECK_FALSE(report.at("seats").drifted);
  CHECK(report.at("seats").missing_drifted);
  CHECK(std::isnan(report.at("note").statistic));
  CHECK(report.at("note").missing_drifted);
  CHECK(report.at("note").gone_categories == std::vector<std::string>{"x"});
  CHECK(report.at("at").statistic == 0);
  CHECK(report.at("at").reference.mean == 5.5);
  // A NaN is a missing number.
  b[0].fare = no_number;
  CHECK(data_drift_report(table(a), table(b)).at("fare").current.missing == 1);
}

TEST_CASE("tables and options that cannot be compared are refused, and why is said") {
  const auto a = table(rides(10, 1));
  const auto says = [](const char* words) { return ContainsSubstring(words); };
  CHECK_THROWS_WITH(data_drift_report(a, a.slice(0, 0)),
                    says("the current table: found no rows, expected at least one"));
  CHECK_THROWS_WITH(data_drift_report(a.slice(3, 0), a), says("the reference table: found no rows"));
  CHECK_THROWS_WITH(data_drift_report(a, a.select({"fare"})), says("column seats: found no such column"));
  CHECK_THROWS_WITH(data_drift_report(a, a, {.columns = {"tip"}}), says("column tip: found no such column"));
  RecordBatchBuilder builder({{{"fare", DataType::string}}});
  builder.append<std::string_view>(0, "1");
  CHECK_THROWS_WITH(data_drift_report(a.select({"fare"}), builder.finish()),
                    says("column fare: found a column of type string, expected float64 as in the reference"));
  auto far = rides(3, 1);
  far[1].fare = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(data_drift_report(a, table(far)), says("row 2, column fare: found inf"));
  CHECK_THROWS_WITH(data_drift_report(a, a, {.numbers = DriftTest::chi_square}), says("numbers is chi_square"));
  CHECK_THROWS_WITH(data_drift_report(a, a, {.categories = DriftTest::ks}), says("categories is ks"));
  CHECK_THROWS_WITH(data_drift_report(a, a, {.alpha = 0}), says("DataDriftOptions.alpha is 0"));
  CHECK_THROWS_WITH(data_drift_report(a, a, {.distance = 0}), says("DataDriftOptions.distance is 0"));
  CHECK_THROWS_WITH(data_drift_report(a, a, {.least_psi = -1}), says("DataDriftOptions.least_psi is -1"));
  CHECK_THROWS_WITH(data_drift_report(a, a, {.psi = {.n_bins = 0}}), says("PsiOptions.n_bins is 0"));
}

TEST_CASE("a range as narrow as the least number is one bin") {
  const double least = std::numeric_limits<double>::denorm_min();
  CHECK(detail::sturges_edges(0, least, 12) == std::vector<double>{-0.5, 0.5});
  auto a = rides(6, 1), b = a;
  for (std::size_t i = 0; i < 6; ++i) a[i].fare = i == 5 ? least : 0, b[i].fare = i > 2 ? least : 0;
  const auto report = data_drift_report(table(a), table(b), {.numbers = DriftTest::jensen_shannon, .psi = {}});
  CHECK(report.at("fare").statistic == 0);
  CHECK(detail::sturges_edges(0, 8 * least, 8).size() == 5);  // two of the least a bin
}
