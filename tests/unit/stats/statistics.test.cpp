// SPDX-License-Identifier: MIT
// Mean, variance, standard deviation and quantiles: of a sample, of counts, and with one observation left out.
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/combined.hpp"
#include "penstock/stats/histogram_bootstrap.hpp"
#include "penstock/stats/moments.hpp"
#include "penstock/stats/normal.hpp"
#include "penstock/stats/quantile.hpp"
#include "penstock/stats/statistic.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

namespace stats = penstock::stats;

static_assert(stats::weighted_statistic<stats::Mean> && stats::leave_one_out_statistic<stats::Mean>);
static_assert(stats::statistic_with_variance<stats::Mean, std::span<const double>>);
static_assert(stats::weighted_statistic<stats::Median> && stats::prefers_sorted<stats::Median>);
static_assert(stats::weighted_statistic<stats::StandardDeviation>);
static_assert(stats::combined_statistic<stats::Difference<stats::Mean>>);
static_assert(stats::statistic<double (*)(std::span<const double>)>);
static_assert(!stats::weighted_statistic<double (*)(std::span<const double>)>);
static_assert(!stats::statistic<double (*)(int*)>);
static_assert(!stats::combined_statistic<double (*)(std::span<const double>, std::span<const double>)>);

namespace {

/// Holds `of(counts)` to the statistic of a sample in which each value is that often, and each jackknife value to the
/// statistic without it.
template <class S>
void check_ways(const S& statistic, std::vector<double> data, double within) {
  stats::RandomStream random(17);
  for (int order = 0; order < 2; ++order) {
    const auto prepared = statistic.prepare(std::span<const double>(data));
    for (int repeat = 0; repeat < 40; ++repeat) {
      std::vector<std::uint8_t> counts(data.size());
      std::vector<double> sample;
      for (std::size_t i = 0; i < data.size(); ++i) {
        counts[i] = static_cast<std::uint8_t>(repeat == 0 ? 1 : random.below(repeat % 2 == 0 ? 4 : 2));
        sample.insert(sample.end(), counts[i], data[i]);
      }
      if (sample.size() < 2) continue;
      REQUIRE_THAT(prepared(counts, sample.size()), WithinAbs(statistic(sample), within));
    }
    std::vector<double> values(data.size()), expected;
    statistic.leave_one_out(data, values);
    for (std::size_t i = 0; i < data.size(); ++i) {
      std::vector<double> without = data;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
      expected.push_back(statistic(without));
    }
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE_THAT(values[i], WithinAbs(expected[i], within));
    std::sort(data.begin(), data.end());  // the second time round
  }
}

}  // namespace

TEST_CASE("a statistic of counts is that of the sample they describe, and so is one left out") {
  for (const std::size_t n : {3u, 8u, 9u, 100u, 257u}) {
    const auto data = test::normal_values(n, n);
    check_ways(stats::mean, data, 1e-14);
    check_ways(stats::variance, data, 1e-13);
    check_ways(stats::standard_deviation, data, 1e-13);
    check_ways(stats::median, data, 1e-15);
    check_ways(stats::Quantile{0.95}, data, 1e-15);
    check_ways(stats::Quantile{0}, data, 0);
    check_ways(stats::Quantile{1}, data, 0);
  }
}

TEST_CASE("moments do not cancel far from 0") {
  std::vector<double> x(1000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1e9 + static_cast<double>(i % 2);
  CHECK(stats::mean(x) == 1e9 + 0.5);
  CHECK_THAT(stats::variance(x), WithinRel(0.25 * 1000 / 999, 1e-14));
  CHECK_THAT(stats::variance.prepare(x)(std::vector<std::uint8_t>(1000, 2), 2000),
             WithinRel(0.25 * 2000 / 1999, 1e-14));
}

TEST_CASE("quantiles are numpy's") {
  const std::vector<double> x{3, 1, 4, 1, 5, 9, 2, 6};
  CHECK(stats::median(x) == 3.5);
  CHECK(stats::Quantile{0.1}(x) == 1);
  CHECK(stats::Quantile{0.3}(x) == 2.1);
  CHECK(stats::Quantile{0.95}(x) == 0x1.fcccccccccccbp+2);  // as numpy rounds 7.95
  CHECK(stats::Quantile{1}(x) == 9);
  CHECK(std::isnan(stats::median(std::vector<double>{})));
  CHECK(std::isnan(stats::median(std::vector<double>{1, std::nan(""), 2})));
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(stats::median(std::vector<double>{inf, inf, -inf}) == inf);
  CHECK(stats::median(std::vector<double>{1, inf}) == inf);
  CHECK(stats::median(std::vector<double>{-inf, 1}) == -inf);
  CHECK(std::isnan(stats::median(std::vector<double>{-inf, inf})));
  CHECK(stats::Quantile{0.25}(std::vector<double>{-inf, 1}) == -inf);
  CHECK(stats::median(std::vector<double>{-1e308, 1e308}) == 0);
  CHECK(stats::Quantile{0.75}(std::vector<double>{-1e308, 1e308}) == 0.5e308);
}

TEST_CASE("a quantile that is none is refused wherever it is used") {
  const std::vector<double> x{1, 2, 3};
  std::vector<double> out(3);
  for (const double q : {-0.1, 1.5, std::nan("")}) {
    const stats::Quantile none{q};
    CHECK_THROWS_WITH(none(x), ContainsSubstring("Quantile.q is ") && ContainsSubstring("from 0 to 1"));
    CHECK_THROWS_AS(none.prepare(x), std::invalid_argument);
    CHECK_THROWS_AS(none.leave_one_out(x, out), std::invalid_argument);
    CHECK_THROWS_AS(of_counts(none, x, std::vector<std::uint64_t>{1, 2, 1}, 4), std::invalid_argument);
    CHECK_THROWS_AS(penstock::bootstrap(x, none, {}), std::invalid_argument);
  }
  stats::median.leave_one_out(std::vector<double>{1}, std::span(out).first(1));
  CHECK(std::isnan(out[0]));
}

TEST_CASE("no more values than ddof have no variance, and squares that overflow none of counts") {
  const std::vector<double> none, one{3}, large{1e160, 2e160, 3e160, -5e160};
  CHECK(std::isnan(stats::variance(none)));
  CHECK(std::isnan(stats::standard_deviation(none)));
  CHECK(std::isnan(stats::variance(one)));
  CHECK(std::isnan(stats::Variance{.ddof = 2}(one)));
  CHECK(stats::Variance{.ddof = 0}(one) == 0);
  CHECK(std::isinf(stats::variance(large)));
  CHECK_FALSE(stats::variance.prepare(large)(std::vector<std::uint8_t>{1, 1, 2, 0}, 4) == 0);
  std::vector<double> out(4);
  stats::variance.leave_one_out(large, out);
  CHECK_FALSE(out[0] == 0);
}

TEST_CASE("the normal distribution and its inverse are SciPy's") {
  CHECK_THAT(stats::normal_quantile(0.975), WithinRel(1.959963984540054, 1e-15));
  CHECK_THAT(stats::normal_quantile(0.3), WithinRel(-0.5244005127080409, 1e-15));
  CHECK_THAT(stats::normal_quantile(1e-10), WithinRel(-6.361340902404056, 1e-15));
  CHECK_THAT(stats::normal_quantile(1e-300), WithinRel(-37.0471, 1e-5));
  CHECK(stats::normal_quantile(0) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(stats::normal_quantile(1.1)));
  for (double z = -8; z <= 8; z += 0.37) {
    CHECK_THAT(stats::normal_quantile(stats::normal_cdf(z)), WithinAbs(z, z > 5 ? 1e-2 : 1e-10));
  }
}

TEST_CASE("two samples are compared part by part") {
  const std::vector<double> a{1, 2, 6}, b{2, 4};
  CHECK(stats::mean_difference(a, b) == 0);
  CHECK(stats::median_difference(a, b) == -1);
  CHECK(stats::mean_ratio(a, b) == 1);
  CHECK(stats::mean_difference.estimate(a, b).variance == Approx(7.0 / 3 + 2.0 / 2));
}
