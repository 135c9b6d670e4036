// SPDX-License-Identifier: MIT
#include "penstock/stats/wilcoxon.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <cmath>
#include <string>
#include <vector>

using penstock::Alternative;
namespace stats = penstock::stats;

namespace {

constexpr Alternative alternatives[] = {Alternative::two_sided, Alternative::less, Alternative::greater};

/// The p-value by all patterns of signs over given ranks, counted in halves so that nothing is rounded.
double by_enumeration(const std::vector<int>& signed_half_ranks, Alternative side) {
  int observed = 0;
  for (const int r : signed_half_ranks) observed += r;
  double less = 0, greater = 0, all = 0;
  for (unsigned pattern = 0; pattern < 1U << signed_half_ranks.size(); ++pattern, ++all) {
    int sum = 0;
    for (std::size_t i = 0; i < signed_half_ranks.size(); ++i) {
      sum += (pattern >> i & 1U) != 0 ? std::abs(signed_half_ranks[i]) : -std::abs(signed_half_ranks[i]);
    }
    less += sum <= observed;
    greater += sum >= observed;
  }
  if (side == Alternative::less) return less / all;
  return side == Alternative::greater ? greater / all : std::min(1.0, 2 * std::min(less, greater) / all);
}

}  // namespace

TEST_CASE("signed ranks give SciPy's exact p-values") {
  int cases = 0;
  for (const auto& c : test::golden_cases("wilcoxon.txt", "signed_rank")) {
    for (const auto side : alternatives) {
      CAPTURE(cases, to_string(side));
      const auto r = stats::wilcoxon_signed_rank(c.one("data"), {.alternative = side});
      CHECK(r.exact);
      CHECK(r.statistic == c.one(std::string(to_string(side)))[0]);
      CHECK_THAT(r.pvalue, WithinRel(c.one(std::string(to_string(side)))[1], 1e-12));
    }
    ++cases;
  }
  CHECK(cases == 18);
}

TEST_CASE("equal differences share their ranks, and the p-value counts the patterns of signs") {
  // sizes 1 1 2 3 3 3: ranks 1.5 1.5 3 5 5 5
  const std::vector<double> d{-1, 1, 2, 3, -3, 3, 0};
  const std::vector<int> half_ranks{-3, 3, 6, 10, -10, 10};
  for (const auto side : alternatives) {
    CAPTURE(to_string(side));
    CHECK_THAT(stats::wilcoxon_signed_rank(d, {.alternative = side}).pvalue,
               WithinRel(by_enumeration(half_ranks, side), 1e-12));
  }
  CHECK(stats::wilcoxon_signed_rank(d).statistic == 1.5 + 3 + 5 + 5);
}

TEST_CASE("pairs are ranked by their differences, however far off one is") {
  const std::vector<double> a{10, 11, 12, 13, 14, 1e9}, b{9, 9, 9, 9, 9, 9};
  const auto r = stats::wilcoxon_signed_rank(a, b);
  CHECK(r.pvalue == Approx(2.0 / 64));
  CHECK(r.statistic == 21);
  CHECK(stats::wilcoxon_signed_rank(b, a).pvalue == r.pvalue);
  CHECK(stats::wilcoxon_signed_rank(b, a).statistic == 0);
}

TEST_CASE("differences of nothing, and of no numbers, have no p-value") {
  CHECK(std::isnan(stats::wilcoxon_signed_rank(std::vector<double>{}).pvalue));
  CHECK(std::isnan(stats::wilcoxon_signed_rank(std::vector<double>{1, std::nan("")}).pvalue));
  CHECK(stats::wilcoxon_signed_rank(std::vector<double>(4, 0.0)).pvalue == 1);
  CHECK_THROWS_WITH(stats::wilcoxon_signed_rank(std::vector<double>{1}, {.n_resamples = 0}),
                    ContainsSubstring("n_resamples is 0"));
  CHECK_THROWS_AS(stats::wilcoxon_signed_rank(std::vector<double>{1}, std::vector<double>{1, 2}),
                  std::invalid_argument);
}

TEST_CASE("many differences are judged by drawn patterns, the same for the same seed") {
  const std::vector<double> d = test::normal_values(40, 3);
  const auto r = stats::wilcoxon_signed_rank(d, {.n_resamples = 4000, .seed = 5});
  CHECK_FALSE(r.exact);
  CHECK(r.n_resamples == 4000);
  CHECK(stats::wilcoxon_signed_rank(d, {.n_resamples = 4000, .seed = 5}).pvalue == r.pvalue);
  // normal approximation of the exact distribution
  const double n = 40, mean = n * (n + 1) / 4, sd = std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  const double z = (r.statistic - mean) / sd;
  CHECK_THAT(r.pvalue, WithinAbs(2 * stats::normal_cdf(-std::abs(z)), 0.03));
}
