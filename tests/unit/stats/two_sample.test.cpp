// SPDX-License-Identifier: MIT
// PSI, Jensen-Shannon, Wasserstein, chi-square and L-infinity, held to SciPy, numpy and Evidently's rules.
#include "penstock/stats/category_distance.hpp"
#include "penstock/stats/chi_square.hpp"
#include "penstock/stats/corrections.hpp"
#include "penstock/stats/psi.hpp"
#include "penstock/stats/wasserstein.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace stats = penstock::stats;

namespace {

const double no_number = std::nan("");
const double infinity = std::numeric_limits<double>::infinity();
const std::vector<double> none{};

void check_close(double found, double expected, double digits = 1e-11) {
  CHECK_THAT(found, WithinRel(expected, digits) || WithinAbs(expected, 1e-15));
}
/// Of p-values and quantiles, which are precise however small.
void check_tail(double found, double expected, double digits = 1e-11) {
  CHECK_THAT(found, WithinRel(expected, digits) || WithinAbs(expected, 1e-300));
}

void check_psi(const stats::PsiResult& found, const std::vector<double>& expected) {
  check_close(found.statistic, expected[0]);
  check_tail(found.pvalue, expected[1], 1e-9);
  check_close(found.threshold, expected[2]);
  CHECK(static_cast<double>(found.bins) == expected[3]);
}

}  // namespace

TEST_CASE("the chi-square distribution is SciPy's, also far out") {
  const auto all = test::golden_cases("two_sample.txt", "chi_square");
  for (const auto& l : all.at(0).lines.at("tail")) {
    CAPTURE(l[0], l[1]);
    const double digits = l[1] > 1000 ? 1e-9 : 1e-11;
    check_tail(stats::chi_square_tail(l[0], l[1]), l[2], digits);
    check_tail(penstock::detail::IncompleteGamma(l[1] / 2, l[0] / 2).lower, l[3], digits);
  }
  for (const auto& l : all.at(0).lines.at("quantile")) {
    CAPTURE(l[0], l[1]);
    check_tail(stats::chi_square_quantile(l[0], l[1]), l[2]);
  }
  CHECK(stats::chi_square_tail(0, 3) == 1);
  CHECK(stats::chi_square_tail(infinity, 3) == 0);
  CHECK(std::isnan(stats::chi_square_tail(no_number, 3)));
  CHECK(stats::chi_square_quantile(0, 3) == 0);
  CHECK(stats::chi_square_quantile(1, 3) == infinity);
  CHECK(std::isnan(stats::chi_square_quantile(-0.1, 3)));
  CHECK(std::isnan(stats::chi_square_quantile(1.1, 3)));
  CHECK(std::isnan(stats::chi_square_quantile(no_number, 3)));
}

TEST_CASE("samples of numbers are as far from each other as for SciPy and numpy") {
  int cases = 0;
  for (const auto& c : test::golden_cases("two_sample.txt", "samples")) {
    CAPTURE(cases);
    const auto &a = c.lines.at("data").at(0), &b = c.lines.at("data").at(1);
    const auto &u = c.lines.at("weights").at(0), &v = c.lines.at("weights").at(1);
    // Between values near 1e9 a distance of 1 has 7 digits less.
    const double digits = a[0] > 1e8 ? 1e-7 : 1e-11;
    check_close(stats::wasserstein_distance(a, b), c.one("wasserstein")[0], digits);
    check_close(stats::wasserstein_distance(a, b, u, v), c.one("wasserstein_weighted")[0], digits);
    const auto r = stats::psi(a, b);
    check_psi(r, c.one("psi"));
    CHECK(r.edges == (c.lines.count("edges") > 0 ? c.one("edges") : none));
    check_psi(stats::psi(a, b, {.bins = stats::PsiBins::quantile, .n_bins = 7}), c.one("psi_quantile"));
    ++cases;
  }
  CHECK(cases == 13);
}

TEST_CASE("samples of categories are as far from each other as for SciPy") {
  int cases = 0;
  for (const auto& c : test::golden_cases("two_sample.txt", "counts")) {
    CAPTURE(cases);
    const auto &a = c.lines.at("data").at(0), &b = c.lines.at("data").at(1);
    for (const bool correction : {true, false}) {
      const auto& expected = c.one(correction ? "chi_square" : "chi_square_plain");
      const auto r = stats::chi_square_test(a, b, {.correction = correction});
      check_close(r.statistic, expected[0], 1e-10);
      check_tail(r.pvalue, expected[1], 1e-9);
      CHECK(static_cast<double>(r.degrees_of_freedom) == expected[2]);
      check_close(r.least_expected, expected[3]);
    }
    check_close(stats::jensen_shannon(a, b), c.one("jensen_shannon")[0], 1e-8);
    check_close(stats::jensen_shannon(a, b, {.base = 2}), c.one("jensen_shannon")[1], 1e-8);
    CHECK(stats::l_infinity(a, b) == c.one("l_infinity")[0]);
    check_psi(stats::psi_of_counts(a, b), c.one("psi"));
    ++cases;
  }
  CHECK(cases == 11);
}

TEST_CASE("distances of equal samples are 0, and of samples with nothing in common the greatest") {
  const std::vector<double> a{1, 2, 3}, left{5, 0}, right{0, 9};
  CHECK(stats::wasserstein_distance(a, a) == 0);
  CHECK(stats::psi(a, a).statistic == 0);
  CHECK(stats::psi(a, a).pvalue == 1);
  CHECK(stats::jensen_shannon(a, a) == 0);
  CHECK(stats::l_infinity(a, a) == 0);
  CHECK(stats::chi_square_test(a, a).pvalue == 1);
  CHECK(stats::jensen_shannon(left, right, {.base = 2}) == 1);
  CHECK(stats::l_infinity(left, right) == 1);
  CHECK(stats::wasserstein_distance(std::vector{1, 3}, std::vector{11, 13}) == 10);
}

TEST_CASE("the calibrated threshold of PSI is passed about as often as it says") {
  int sturges = 0, quantile = 0, plain = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto a = test::normal_values(400, 2 * i), b = test::normal_values(300, 2 * i + 1);
    const auto r = stats::psi(a, b);
    sturges += r.statistic > r.threshold;
    plain += r.statistic > 0.1;
    const auto q = stats::psi(a, b, {.bins = stats::PsiBins::quantile});
    quantile += q.statistic > q.threshold;
    CHECK((q.statistic > q.threshold) == (q.pvalue < 0.05));
  }
  CHECK(quantile > 30);
  CHECK(quantile < 75);
  CAPTURE(sturges, plain);
  CHECK(sturges > 30);
  CHECK(sturges < 150);  // bins that are nearly empty: see docs/drift.md
}

TEST_CASE("samples that cannot be compared are refused, and why is said") {
  const std::vector<double> one{1}, two{1, 2}, gap{1, no_number}, far{infinity, 1}, zeros{0, 0}, minus{2, -1};
  const auto says = [](const char* words) { return ContainsSubstring(words); };
  CHECK_THROWS_WITH(stats::wasserstein_distance(none, two),
                    says("stats::wasserstein_distance: a sample has no values"));
  CHECK_THROWS_WITH(stats::wasserstein_distance(two, gap), says("value 1 is nan; it must be finite"));
  CHECK_THROWS_WITH(stats::wasserstein_distance(far, two), says("value 0 is inf"));
  CHECK_THROWS_WITH(stats::wasserstein_distance(two, two, one, two), says("2 values, but 1 weights"));
  CHECK_THROWS_WITH(stats::wasserstein_distance(two, two, zeros, two), says("no finite sum above 0"));
  CHECK_THROWS_WITH(stats::wasserstein_distance(two, two, minus, two), says("weight 1 is -1"));
  CHECK_THROWS_WITH(stats::psi(none, two), says("stats::psi: a sample has no values"));
  CHECK_THROWS_WITH(stats::psi(two, gap), says("value 1 is nan"));
  CHECK_THROWS_WITH(stats::psi(two, two, {.n_bins = 1}), says("PsiOptions.n_bins is 1"));
  CHECK_THROWS_WITH(stats::psi(two, two, {.zero_share = 0}), says("PsiOptions.zero_share is 0"));
  CHECK_THROWS_WITH(stats::psi(two, two, {.alpha = 1}), says("PsiOptions.alpha is 1"));
  CHECK_THROWS_WITH(stats::psi_of_counts(two, one), says("samples have 2 and 1 categories"));
  CHECK_THROWS_WITH(stats::psi_of_counts(two, zeros), says("stats::psi_of_counts: the counts of a sample are all 0"));
  CHECK_THROWS_WITH(stats::chi_square_test(none, none), says("the counts of a sample are all 0"));
  CHECK_THROWS_WITH(stats::chi_square_test(two, minus), says("count 1 is -1"));
  CHECK_THROWS_WITH(stats::chi_square_test(two, gap), says("count 1 is nan"));
  CHECK_THROWS_WITH(stats::jensen_shannon(two, two, {.base = 1}), says("JensenShannonOptions.base is 1"));
  CHECK_THROWS_WITH(stats::jensen_shannon(two, one), says("samples have 2 and 1 categories"));
  CHECK_THROWS_WITH(stats::l_infinity(zeros, two), says("stats::l_infinity: the counts"));
}

TEST_CASE("Bonferroni's correction multiplies, and passes over NaN") {
  const auto p = stats::bonferroni(std::vector<double>{0.01, no_number, 0.5, 0.4});
  CHECK(p[0] == 0.03);
  CHECK(std::isnan(p[1]));
  CHECK(p[2] == 1);
  CHECK(p[3] == 1);
  CHECK_THROWS_WITH(stats::bonferroni(std::vector<double>{2}), ContainsSubstring("p-value 0 is 2"));
}
