// SPDX-License-Identifier: MIT
// Mann-Whitney, Kolmogorov-Smirnov, Welch, sign test, corrections and effect sizes, held to SciPy.
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/corrections.hpp"
#include "penstock/stats/effect_size.hpp"
#include "penstock/stats/kolmogorov_smirnov.hpp"
#include "penstock/stats/mann_whitney.hpp"
#include "penstock/stats/permutation_test.hpp"
#include "penstock/stats/sign_test.hpp"
#include "penstock/stats/student_t.hpp"
#include "penstock/stats/t_test.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using penstock::Alternative;
namespace stats = penstock::stats;
using stats::TestMethod;

namespace {

constexpr Alternative alternatives[] = {Alternative::two_sided, Alternative::less, Alternative::greater};
const double no_number = std::nan("");

/// Equal to so many digits, also of a p-value of 1e-40.
void check_close(double found, double expected, double digits = 1e-10) {
  CHECK_THAT(found, WithinRel(expected, digits) || WithinAbs(expected, 1e-300));
}

}  // namespace

TEST_CASE("two samples are compared as by SciPy") {
  int cases = 0;
  for (const auto& c : test::golden_cases("hypothesis_tests.txt", "two_samples")) {
    const auto &a = c.lines.at("data").at(0), &b = c.lines.at("data").at(1);
    for (const auto alternative : alternatives) {
      const std::string side(to_string(alternative));
      CAPTURE(cases, side);
      for (const auto& [word, method] : {std::pair{"_auto", TestMethod::automatic},
                                         {"_asymptotic", TestMethod::asymptotic},
                                         {"_exact", TestMethod::exact}}) {
        const auto line = c.lines.find("mann_whitney_" + side + word);
        if (line == c.lines.end()) continue;
        const auto r = stats::mann_whitney_u(a, b, {.alternative = alternative, .method = method});
        CHECK(r.statistic == line->second[0][0]);
        check_close(r.pvalue, line->second[0][1], 1e-9);
      }
      const auto& ks = c.one("ks_" + side);
      const auto r = stats::ks_two_sample(a, b, {.alternative = alternative});
      CHECK(r.exact);
      CHECK_THAT(r.statistic, WithinAbs(ks[0], 1e-15));
      check_close(r.pvalue, ks[1]);
      const auto& welch = c.one("welch_" + side);
      const auto t = stats::welch_t_test(a, b, alternative);
      check_close(t.statistic, welch[0]);
      check_close(t.pvalue, welch[1]);
      check_close(t.degrees_of_freedom, welch[2]);
      if (c.lines.count("sign_" + side) > 0) {
        const std::size_t n = std::min(a.size(), b.size());
        const auto s =
            stats::sign_test(std::vector(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n)),
                             std::vector(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(n)), alternative);
        const auto& sign = c.one("sign_" + side);
        CHECK(static_cast<double>(s.wins) == sign[0]);
        CHECK(static_cast<double>(s.losses) == sign[1]);
        check_close(s.pvalue, sign[2]);
      }
    }
    CHECK_THAT(stats::cliffs_delta(a, b), WithinAbs(c.one("cliffs_delta")[0], 1e-14));
    check_close(stats::cohens_d(a, b), c.one("cohens_d")[0]);
    ++cases;
  }
  CHECK(cases == 14);
}

TEST_CASE("corrected p-values are SciPy's and by Holm's definition, in the order they came") {
  for (const auto& c : test::golden_cases("hypothesis_tests.txt", "corrections")) {
    const auto bh = stats::benjamini_hochberg(c.one("pvalues")), holm = stats::holm(c.one("pvalues"));
    for (std::size_t i = 0; i < bh.size(); ++i) {
      CHECK_THAT(bh[i], WithinRel(c.one("benjamini_hochberg")[i], 1e-14));
      CHECK_THAT(holm[i], WithinRel(c.one("holm")[i], 1e-14));
    }
  }
  const auto with_gap = stats::holm(std::vector<double>{0.01, no_number, 0.04});
  CHECK(with_gap[0] == 0.02);
  CHECK(std::isnan(with_gap[1]));
  CHECK(with_gap[2] == 0.04);
  CHECK(stats::holm(std::vector<double>{}).empty());
  CHECK_THROWS_WITH(stats::holm(std::vector<double>{0.1, 1.5}), ContainsSubstring("p-value 1 is 1.5"));
  CHECK_THROWS_WITH(stats::benjamini_hochberg(std::vector<double>{-0.1}), ContainsSubstring("p-value 0 is -0.1"));
  CHECK_THROWS_WITH(stats::corrected(std::vector<double>{1, 2}, stats::Correction::none),
                    ContainsSubstring("p-value 1 is 2.0"));
  CHECK_THROWS_WITH(stats::corrected(std::vector<double>{1}, static_cast<stats::Correction>(9)),
                    ContainsSubstring("correction is 9"));
}

TEST_CASE("tails of distributions are SciPy's, also far out") {
  const auto all = test::golden_cases("hypothesis_tests.txt", "tails");
  for (const auto& l : all.at(0).lines.at("student_t")) {
    CAPTURE(l[0], l[1]);
    check_close(stats::student_t_tail(l[0], l[1]), l[2], 1e-11);
  }
  for (const auto& l : all.at(0).lines.at("binomial")) {
    CAPTURE(l[0], l[1]);
    check_close(stats::binomial_tail(static_cast<std::uint64_t>(l[0]), static_cast<std::uint64_t>(l[1])), l[2], 1e-11);
  }
  for (const auto& l : all.at(0).lines.at("kolmogorov")) {
    CAPTURE(l[0]);
    CHECK_THAT(penstock::detail::kolmogorov_tail(l[0]), WithinAbs(l[1], 1e-13));
  }
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const double df : {1.0, 17.0, 20000.0, 1e300, inf}) {
    CAPTURE(df);
    CHECK(stats::student_t_tail(inf, df) == 0);
    CHECK(stats::student_t_tail(1e200, df) == 0);
    CHECK(stats::student_t_tail(-inf, df) == 1);
    CHECK(std::isnan(stats::student_t_tail(no_number, df)));
  }
  CHECK(stats::student_t_tail(2, inf) == stats::normal_cdf(-2));
}

TEST_CASE("a tail of t is found where both ways to it seem the worse one, by a rounding") {
  CHECK_THAT(stats::student_t_tail(1.6383560438182505, 17), WithinRel(0.05986080293084005, 1e-13));  // SciPy's
  CHECK_THAT(stats::student_t_tail(1.6598500055174645, 22.5), WithinRel(0.05540979734296603, 1e-13));
  CHECK_THAT(stats::student_t_tail(1.6690459207925605, 26), WithinRel(0.053553770150331456, 1e-13));
}

TEST_CASE("values so far apart or so small that squares go out of range are compared, or have no figure") {
  const std::vector<double> small{1e-90, 2e-90, 4e-90}, large{3e200, 4e200, 7e200}, a{1, 2, 4}, b{5, 7, 9};
  const auto expected = stats::welch_t_test(a, b);
  std::vector<double> low, high;
  for (const double x : a) low.push_back(x * 0x1p-300);
  for (const double x : b) high.push_back(x * 0x1p-300);
  CHECK_THAT(stats::welch_t_test(low, high).degrees_of_freedom, WithinRel(expected.degrees_of_freedom, 1e-14));
  CHECK_THAT(stats::welch_t_test(low, high).pvalue, WithinRel(expected.pvalue, 1e-13));
  for (const Alternative alternative : alternatives) {
    CHECK(std::isnan(stats::welch_t_test(a, large, alternative).statistic));
    CHECK(std::isnan(stats::welch_t_test(a, large, alternative).pvalue));
  }
  CHECK(stats::mann_whitney_u(small, large, {.alternative = Alternative::less}).pvalue == Approx(1.0 / 20));
}

TEST_CASE("equal values have nothing to tell, however many they are") {
  for (const std::size_t n : {1u, 2u, 10u, 300001u}) {
    const std::vector<double> same(n, 7.0);
    CAPTURE(n);
    CHECK(stats::mann_whitney_u(same, same, {.method = TestMethod::asymptotic}).pvalue == 1);
    CHECK(stats::ks_two_sample(same, same, {.method = TestMethod::asymptotic}).pvalue == 1);
  }
}

TEST_CASE("small Mann-Whitney tests are those of Google Benchmark's compare.py") {
  CHECK_THAT(stats::mann_whitney_u(std::vector{90, 86}, std::vector{89, 72}).pvalue, WithinRel(2.0 / 3, 1e-14));
  CHECK_THAT(stats::mann_whitney_u(std::vector<double>{80, 77}, std::vector<double>{75, 66.6, 1}).pvalue,
             WithinRel(0.2, 1e-14));
}

TEST_CASE("the exact Kolmogorov-Smirnov p-value is that of all orders") {
  const std::vector<double> a{1, 4, 9, 16}, b{2, 3, 5, 7, 11};
  const auto distance = [](std::span<const double> x, std::span<const double> y) {
    return stats::ks_two_sample(std::vector(x.begin(), x.end()), std::vector(y.begin(), y.end())).statistic;
  };
  const auto all = penstock::permutation_test(a, b, distance, {.alternative = Alternative::greater});
  REQUIRE(all.exact);
  CHECK_THAT(stats::ks_two_sample(a, b).pvalue, WithinAbs(all.pvalue, 1e-14));
  const auto far = stats::ks_two_sample(test::normal_values(3000, 1), test::normal_values(2000, 2));
  const auto limit = stats::ks_two_sample(test::normal_values(3000, 1), test::normal_values(2000, 2),
                                          {.method = TestMethod::asymptotic});
  CHECK_FALSE(limit.exact);
  CHECK_THAT(limit.pvalue, WithinAbs(far.pvalue, 0.02));
}

TEST_CASE("what cannot be compared has no p-value") {
  const std::vector<double> none, one{1}, two{1, 2}, gap{1, no_number};
  CHECK(std::isnan(stats::mann_whitney_u(none, two).pvalue));
  CHECK(std::isnan(stats::mann_whitney_u(two, gap).pvalue));
  CHECK(std::isnan(stats::ks_two_sample(two, none).pvalue));
  CHECK(std::isnan(stats::ks_two_sample(gap, two).pvalue));
  CHECK(std::isnan(stats::welch_t_test(one, two).pvalue));
  CHECK(std::isnan(stats::welch_t_test(std::vector{1, 1}, std::vector{1, 1}).pvalue));
  CHECK(std::isnan(stats::sign_test(none, none).pvalue));
  CHECK(stats::sign_test(two, two).pvalue == 1);
  CHECK(stats::sign_test(two, gap).ties == 2);
  CHECK(std::isnan(stats::cliffs_delta(none, two)));
  CHECK_THROWS_WITH(stats::sign_test(one, two), ContainsSubstring("1 and 2 values"));
}

TEST_CASE("one value is as far from a sample as its standard deviation says") {
  const std::vector<double> one{1}, four{1, 2, 3, 4};
  CHECK(stats::cohens_d(one, four) == Approx(-1.5 / std::sqrt(5.0 / 3)));
  CHECK(stats::cohens_d(four, one) == Approx(1.5 / std::sqrt(5.0 / 3)));
  CHECK(std::isnan(stats::cohens_d(one, std::vector<double>{})));
}

TEST_CASE("effect sizes are statistics to resample") {
  const auto a = test::normal_values(60, 1);
  auto b = test::normal_values(60, 2);
  for (double& x : b) x += 1;
  const auto d = penstock::bootstrap(stats::samples(b, a), stats::cohens_d, {.n_resamples = 999});
  CHECK(d.ci.low < d.statistic);
  CHECK(d.statistic < d.ci.high);
  CHECK(d.ci.low > 0);
  CHECK(penstock::bootstrap(stats::samples(b, a), stats::cliffs_delta, {.n_resamples = 999}).ci.low > 0);
}
