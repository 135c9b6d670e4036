// SPDX-License-Identifier: MIT
// Bootstraps without the values: from a histogram, and of a stream that passes once.
#include "penstock/stats/histogram_bootstrap.hpp"
#include "penstock/stats/poisson_bootstrap.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

using penstock::bootstrap;
using penstock::BootstrapOptions;
using penstock::BootstrapStatus;
using penstock::CiMethod;
using penstock::PoissonBootstrap;
namespace stats = penstock::stats;
using penstock::detail::random_binomial;

static_assert(stats::histogram_statistic<stats::Median>);
static_assert(!stats::histogram_statistic<int>);
static_assert(stats::accumulator<stats::VarianceAccumulator>);
static_assert(!stats::accumulator<double>);

namespace {

/// 200 whole numbers, and the same as a histogram.
std::vector<double> whole_numbers() {
  stats::RandomStream random(3);
  std::vector<double> x;
  for (int i = 0; i < 200; ++i) x.push_back(random.below(12) * random.below(3));
  return x;
}

stats::Histogram histogram_of(const std::vector<double>& x) {
  std::vector<double> values;
  std::vector<std::uint64_t> counts;
  for (int v = 40; v >= 0; --v) {
    values.push_back(v);
    counts.push_back(static_cast<std::uint64_t>(std::count(x.begin(), x.end(), v)));
  }
  return stats::histogram(values, counts);
}

}  // namespace

TEST_CASE("binomial numbers have their distribution, by adding up and by rejection") {
  stats::RandomStream random(1);
  for (const auto& [n, p] : {std::pair{5u, 0.3}, {40u, 0.2}, {40u, 0.75}, {100u, 0.5}, {3000u, 0.01}, {1000u, 0.001}}) {
    const double dn = n;
    std::vector<double> found(n + 1), expected(n + 1);
    for (int i = 0; i < 40000; ++i) found.at(random_binomial(random, n, p)) += 1;
    std::vector<double> f, e;  // cells of fewer than ten go together
    double rest_found = 0, rest_expected = 0;
    for (std::size_t k = 0; k <= n; ++k) {
      const double dk = static_cast<double>(k);
      expected[k] = 40000 * std::exp(std::lgamma(dn + 1) - std::lgamma(dk + 1) - std::lgamma(dn - dk + 1) +
                                     dk * std::log(p) + (dn - dk) * std::log1p(-p));
      if (expected[k] >= 10) {
        f.push_back(found[k]);
        e.push_back(expected[k]);
      } else {
        rest_found += found[k];
        rest_expected += expected[k];
      }
    }
    f.push_back(rest_found);
    e.push_back(std::max(rest_expected, 1e-3));
    CAPTURE(n, p);
    CHECK(test::misfit(f, e) < 4);
  }
  CHECK(random_binomial(random, 0, 0.5) == 0);
  CHECK(random_binomial(random, 7, 1) == 7);
  CHECK(random_binomial(random, 7, 0) == 0);
  double sum = 0;
  for (int i = 0; i < 1000; ++i) sum += static_cast<double>(random_binomial(random, 1'000'000'000'000, 0.25));
  CHECK_THAT(sum / 1000, WithinAbs(2.5e11, 5 * std::sqrt(2.5e11 * 0.75 / 1000)));
}

TEST_CASE("statistics of counts are those of all the values") {
  const auto x = whole_numbers();
  const auto h = histogram_of(x);
  CHECK(h.total == 200);
  const auto same = [&](const auto& statistic) {
    CHECK_THAT(of_counts(statistic, h.values, h.counts, h.total), WithinRel(statistic(x), 1e-13));
  };
  same(stats::mean);
  same(stats::variance);
  same(stats::standard_deviation);
  for (const double q : {0.0, 0.1, 0.25, 0.5, 0.77, 0.95, 0.99, 1.0}) same(stats::Quantile{q});
}

TEST_CASE("the bootstrap of a histogram is that of its values") {
  const auto x = whole_numbers();
  const auto h = histogram_of(x);
  for (const auto method : {CiMethod::percentile, CiMethod::basic, CiMethod::bca}) {
    const BootstrapOptions options{.n_resamples = 40000, .method = method, .seed = 1, .threads = 2};
    const auto a = bootstrap(x, stats::mean, options), b = bootstrap(h, stats::mean, options);
    CHECK_THAT(b.standard_error, WithinRel(a.standard_error, 0.015));
    CHECK_THAT(b.ci.low, WithinAbs(a.ci.low, 0.05 * a.standard_error));
    CHECK_THAT(b.ci.high, WithinAbs(a.ci.high, 0.05 * a.standard_error));
    const auto m = bootstrap(x, stats::Quantile{0.9}, options), n = bootstrap(h, stats::Quantile{0.9}, options);
    CHECK_THAT(n.standard_error, WithinRel(m.standard_error, 0.02));
  }
  const auto t = bootstrap(h, stats::mean, {.n_resamples = 299, .method = CiMethod::studentized});
  CHECK(t.status == BootstrapStatus::ok);
}

TEST_CASE("the variance of large values that hardly differ is a number") {
  stats::VarianceAccumulator all;
  for (const double value : {1e200, 1e200, 1e200}) all.add(value, 1);
  CHECK(all.mean == 1e200);
  CHECK(all.value() == 0);
  stats::VarianceAccumulator many{1e9, 0, 0};
  many.merge({1, 1e150, 0});
  CHECK_THAT(many.squares, WithinRel(1e300, 1e-8));
}

TEST_CASE("a histogram of a billion values takes no longer than one of few") {
  std::vector<double> values;
  std::vector<std::uint64_t> counts;
  for (int i = 0; i < 50; ++i) {
    values.push_back(i);
    counts.push_back(20'000'000);
  }
  const auto r = bootstrap(stats::histogram(values, counts), stats::mean, {.n_resamples = 2000});
  CHECK(r.statistic == 24.5);
  CHECK_THAT(r.standard_error, WithinRel(std::sqrt((2500.0 - 1) / 12 / 1e9), 0.08));
}

TEST_CASE("histograms that cannot be are refused, degenerate ones have their status") {
  CHECK_THROWS_WITH(stats::histogram(std::vector{1, 2}, std::vector{1}), "stats::histogram: 2 values, but 1 counts");
  CHECK_THROWS_WITH(stats::histogram(std::vector<double>{1, std::nan("")}, std::vector{1, 1}),
                    ContainsSubstring("value 1 is NaN"));
  CHECK(bootstrap(stats::histogram(std::vector{1}, std::vector{0}), stats::mean).status == BootstrapStatus::too_few);
  CHECK(bootstrap(stats::histogram(std::vector{1}, std::vector{9}), stats::mean).status == BootstrapStatus::constant);
}

TEST_CASE("a Poisson bootstrap finds the error of a stream in one pass") {
  const auto x = test::normal_values(5000, 4);
  PoissonBootstrap<stats::MeanAccumulator> mean({.n_resamples = 2000, .method = CiMethod::percentile, .seed = 1});
  PoissonBootstrap<stats::VarianceAccumulator> variance({.n_resamples = 2000, .method = CiMethod::basic, .seed = 1});
  for (const double v : x) {
    mean.add(v);
    variance.add(v);
  }
  const auto whole = bootstrap(x, stats::mean, {.n_resamples = 2000, .method = CiMethod::percentile});
  const auto r = mean.result();
  CHECK(r.status == BootstrapStatus::ok);
  CHECK(r.n_resamples == 2000);
  CHECK_THAT(r.statistic, WithinAbs(whole.statistic, 1e-13));
  CHECK_THAT(r.standard_error, WithinRel(whole.standard_error, 0.08));
  CHECK_THAT(r.ci.low, WithinAbs(whole.ci.low, 0.15 * whole.standard_error));
  CHECK_THAT(variance.result().statistic, WithinRel(stats::variance(x), 1e-12));
  CHECK_THAT(variance.result().standard_error,
             WithinRel(bootstrap(x, stats::variance, {.n_resamples = 2000}).standard_error, 0.08));
  CHECK(mean.count() == 5000);
}

TEST_CASE("an accumulator is a statistic to resample, and the same as that of whole resamples") {
  struct GeometricMean {
    double weight = 0, sum = 0;
    void add(double x, double times) {
      weight += times;
      sum += times * std::log(x);
    }
    void merge(const GeometricMean& other) {
      weight += other.weight;
      sum += other.sum;
    }
    double value() const { return std::exp(sum / weight); }
  };
  using Statistic = stats::Accumulated<GeometricMean>;
  static_assert(stats::weighted_statistic<Statistic>);
  auto x = test::normal_values(80, 4);
  for (double& v : x) v = std::exp(v);
  const BootstrapOptions options{.n_resamples = 20000, .method = CiMethod::percentile, .seed = 1};
  const auto counted = bootstrap(x, Statistic{}, options);
  const auto whole = bootstrap(
      x, [](std::span<const double> s) { return Statistic{}(s); }, options);
  CHECK(counted.statistic == whole.statistic);
  CHECK_THAT(counted.standard_error, WithinRel(whole.standard_error, 0.02));
  CHECK_THAT(counted.ci.low, WithinRel(whole.ci.low, 0.02));
  // The variance, by an accumulator and by formula, of the very same draws.
  const auto a = bootstrap(x, stats::Accumulated<stats::VarianceAccumulator>{}, options);
  CHECK_THAT(a.ci.high, WithinRel(bootstrap(x, stats::variance, options).ci.high, 1e-12));
}

TEST_CASE("shards merge to what each had seen, and the same shard is refused") {
  const BootstrapOptions options{
      .n_resamples = 300, .method = CiMethod::percentile, .seed = 1, .keep_distribution = true};
  using Stream = PoissonBootstrap<stats::VarianceAccumulator>;
  Stream a(options, 0), b(options, 1), c(options, 2);
  const auto x = test::normal_values(900, 4);
  for (std::size_t i = 0; i < x.size(); ++i) (i % 3 == 0 ? a : i % 3 == 1 ? b : c).add(x[i]);
  Stream left = a, right = c;
  left.merge(b);
  left.merge(c);
  right.merge(a);
  right.merge(b);
  CHECK(left.count() == 900);
  CHECK_THAT(left.result().statistic, WithinRel(stats::variance(x), 1e-12));
  for (std::size_t r = 0; r < 300; ++r) {
    CHECK_THAT(left.result().distribution[r], WithinRel(right.result().distribution[r], 1e-12));
  }
  CHECK_THROWS_WITH(left.merge(b), ContainsSubstring("shard 1 is in both"));
  CHECK_THROWS_WITH(left.merge(Stream({.n_resamples = 300, .method = CiMethod::percentile, .seed = 2}, 9)),
                    ContainsSubstring("differ"));
}

TEST_CASE("shards have random numbers of their own") {
  // The same values in both: with the same numbers for both, the error would be that of one alone, a factor of 1.41.
  const BootstrapOptions options{.n_resamples = 2000, .method = CiMethod::percentile, .seed = 1};
  PoissonBootstrap<stats::MeanAccumulator> a(options, 0), b(options, 1);
  const auto x = test::normal_values(1000, 4);
  for (const double v : x) {
    a.add(v);
    b.add(v);
  }
  const double alone = a.result().standard_error;
  a.merge(b);
  CHECK_THAT(a.result().standard_error, WithinRel(alone / std::sqrt(2.0), 0.08));
}

TEST_CASE("what a stream cannot have is refused, and too little of it has a status") {
  using Stream = PoissonBootstrap<stats::MeanAccumulator>;
  CHECK_THROWS_WITH(Stream(BootstrapOptions{}), ContainsSubstring("method is bca"));
  CHECK_THROWS_WITH(Stream({.method = CiMethod::percentile, .tolerance = 0.1}), ContainsSubstring("tolerance is 0.1"));
  CHECK_THROWS_WITH(Stream({.n_resamples = 0, .method = CiMethod::percentile}), ContainsSubstring("n_resamples is 0"));
  Stream stream({.n_resamples = 100, .method = CiMethod::percentile});
  CHECK(stream.result().status == BootstrapStatus::too_few);
  stream.add(1);
  CHECK(stream.result().status == BootstrapStatus::too_few);
  CHECK(stream.result().statistic == 1);
  stream.add(2);
  CHECK(stream.result().status == BootstrapStatus::not_a_number);  // e^-2 of the resamples have nothing
}
