// SPDX-License-Identifier: MIT
#include "penstock/stats/bootstrap.hpp"

#include "penstock/stats/block_bootstrap.hpp"
#include "penstock/stats/combined.hpp"
#include "penstock/stats/moments.hpp"
#include "penstock/stats/quantile.hpp"
#include "penstock/stats/stratified.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <list>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

using penstock::Alternative;
using penstock::bootstrap;
using penstock::BootstrapOptions;
using penstock::BootstrapResult;
using penstock::BootstrapStatus;
using penstock::CiMethod;
using penstock::extend;
namespace stats = penstock::stats;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const std::vector<double> sixteen{10, 12, 12.5, 12.5, 13.9, 15, 21, 22, 23, 34, 50, 81, 89, 121, 134, 213};
const auto plain_mean = [](std::span<const double> x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
};

/// A source whose resamples come from a golden file, and its acceleration from our own jackknife.
class GoldenSource final : public penstock::detail::ReplicateSource {
 public:
  explicit GoldenSource(std::shared_ptr<const ReplicateSource> real) : real_(std::move(real)) {}
  std::size_t smallest_sample() const override { return real_->smallest_sample(); }
  double observed() const override { return real_->observed(); }
  void replicate(std::uint64_t, std::span<double>) const override { FAIL(); }
  void replicate_with_errors(std::uint64_t, std::span<double>, std::span<double>) const override { FAIL(); }
  double observed_error() const override { return real_->observed_error(); }
  double acceleration() const override { return real_->acceleration(); }

 private:
  std::shared_ptr<const ReplicateSource> real_;
};

BootstrapResult any_bootstrap(const test::GoldenCase& c, const BootstrapOptions& options) {
  const auto& name = c.words.at(1);
  const auto& data = c.lines.at("data");
  if (name == "mean") return bootstrap(data.at(0), stats::mean, options);
  if (name == "median") return bootstrap(data.at(0), stats::median, options);
  if (name == "std") return bootstrap(data.at(0), stats::standard_deviation, options);
  if (name == "mean_difference")
    return bootstrap(stats::samples(data.at(0), data.at(1)), stats::mean_difference, options);
  if (name == "median_difference") {
    return bootstrap(stats::samples(data.at(0), data.at(1)), stats::median_difference, options);
  }
  return bootstrap(stats::paired(data.at(0), data.at(1)), test::correlation, options);
}

}  // namespace

TEST_CASE("intervals of the same resamples are SciPy's") {
  int intervals = 0;
  for (const auto& c : test::golden_cases("resampling.txt", "bootstrap")) {
    BootstrapResult r = any_bootstrap(c, {.n_resamples = 2, .keep_distribution = true});
    CHECK_THAT(r.statistic, WithinRel(c.one("observed")[0], 1e-13));
    const GoldenSource source(r.source);
    for (const auto& [word, method] : {std::pair{"interval_percentile", CiMethod::percentile},
                                       {"interval_basic", CiMethod::basic},
                                       {"interval_bca", CiMethod::bca}}) {
      for (const auto& line : c.lines.at(word)) {
        r.options.method = method;
        r.options.confidence_level = line.at(0);
        r.statistic = c.one("observed")[0];
        penstock::detail::summarise(r, source, c.one("replicates"), {}, 0);
        CAPTURE(c.words.at(1), word, line.at(0));
        REQUIRE(r.status == BootstrapStatus::ok);
        CHECK_THAT(r.ci.low, WithinRel(line.at(1), 1e-11));
        CHECK_THAT(r.ci.high, WithinRel(line.at(2), 1e-11));
        CHECK_THAT(r.standard_error, WithinRel(c.one("standard_error")[0], 1e-12));
        ++intervals;
      }
    }
  }
  CHECK(intervals == 15 * 6);
}

TEST_CASE("intervals of sixteen values are those of R and SciPy's tests, within what resampling adds") {
  const auto interval = [](CiMethod method, const auto& statistic) {
    return bootstrap(sixteen, statistic, {.n_resamples = 200000, .method = method, .seed = 5});
  };
  for (const auto& [method, low, high] : {std::tuple{CiMethod::basic, 23.77, 79.12},
                                          {CiMethod::percentile, 28.86, 84.21},
                                          {CiMethod::bca, 32.31, 91.43}}) {
    CHECK_THAT(interval(method, stats::mean).ci.low, WithinRel(low, 0.006));
    CHECK_THAT(interval(method, stats::mean).ci.high, WithinRel(high, 0.006));
    CHECK_THAT(interval(method, plain_mean).ci.low, WithinRel(low, 0.006));  // the way through whole resamples
    CHECK_THAT(interval(method, plain_mean).ci.high, WithinRel(high, 0.006));
  }
}

TEST_CASE("the standard error of a mean is known without resampling, and both ways come to it") {
  double squares = 0;
  const double m = stats::mean(sixteen);
  for (const double x : sixteen) squares += (x - m) * (x - m);
  const double exact = std::sqrt(squares) / 16;
  const BootstrapOptions options{.n_resamples = 100000, .method = CiMethod::percentile, .seed = 3};
  CHECK_THAT(bootstrap(sixteen, stats::mean, options).standard_error, WithinRel(exact, 0.008));
  CHECK_THAT(bootstrap(sixteen, plain_mean, options).standard_error, WithinRel(exact, 0.008));
  CHECK(bootstrap(sixteen, stats::mean, options).bias == Approx(0).margin(5 * exact / std::sqrt(100000)));
}

TEST_CASE("the result is the same, to the last bit, for any number of threads, and so with any compiler") {
  const auto data = test::normal_values(777, 1);
  for (const CiMethod method : {CiMethod::percentile, CiMethod::basic, CiMethod::bca, CiMethod::studentized}) {
    const auto one = bootstrap(data, stats::mean, {.n_resamples = 500, .method = method, .keep_distribution = true});
    for (const std::size_t threads : {2u, 3u, 8u, 0u}) {
      const auto many = bootstrap(
          data, stats::mean, {.n_resamples = 500, .method = method, .threads = threads, .keep_distribution = true});
      CHECK(many.distribution == one.distribution);
      CHECK(many.ci == one.ci);
      CHECK(many.standard_error == one.standard_error);
    }
  }
  const auto is = [](const BootstrapResult& r, double low, double high, double error) {
    CHECK(r.ci.low == low);
    CHECK(r.ci.high == high);
    CHECK(r.standard_error == error);
  };
  BootstrapOptions options{.n_resamples = 999, .method = CiMethod::percentile, .seed = 42};
  is(bootstrap(sixteen, stats::mean, options), 0x1.c1d3333333333p+4, 0x1.4da7ae147ae12p+6, 0x1.d320e784b42d8p+3);
  is(bootstrap(sixteen, stats::standard_deviation, options), 0x1.9266cca3252b9p+4, 0x1.3ea2e01963e05p+6,
     0x1.ca698ad299be8p+3);
  options.method = CiMethod::bca;
  is(bootstrap(sixteen, stats::mean, options), 0x1.f4dc34d4f76e8p+4, 0x1.677cb27c03b5ap+6, 0x1.d320e784b42d8p+3);
  options.n_resamples = 99;
  options.method = CiMethod::percentile;
  is(bootstrap(test::normal_values(2999, 1), stats::variance, options), 0x1.d9e8103f0fa13p-1, 0x1.04be636a63dd4p+0,
     0x1.a232ab22cfe35p-6);
}

TEST_CASE("seeds differ, and resample r is the same in a short run and a long one") {
  const BootstrapOptions options{.n_resamples = 50, .seed = 1, .keep_distribution = true};
  BootstrapOptions longer = options, other = options;
  longer.n_resamples = 80;
  other.seed = 2;
  const auto a = bootstrap(sixteen, stats::mean, options), b = bootstrap(sixteen, stats::mean, longer);
  CHECK(std::equal(a.distribution.begin(), a.distribution.end(), b.distribution.begin()));
  CHECK(bootstrap(sixteen, stats::mean, other).distribution != a.distribution);
}

TEST_CASE("a one-sided interval has one end, at the whole of alpha") {
  const auto both = bootstrap(sixteen, stats::mean, {.confidence_level = 0.9, .method = CiMethod::percentile});
  for (const CiMethod method : {CiMethod::percentile, CiMethod::basic, CiMethod::bca, CiMethod::studentized}) {
    const auto two = bootstrap(sixteen, stats::mean, {.n_resamples = 2000, .confidence_level = 0.9, .method = method});
    const auto less =
        bootstrap(sixteen, stats::mean, {.n_resamples = 2000, .method = method, .alternative = Alternative::less});
    const auto greater =
        bootstrap(sixteen, stats::mean, {.n_resamples = 2000, .method = method, .alternative = Alternative::greater});
    CHECK(less.ci.low == -inf);
    CHECK_THAT(less.ci.high, WithinRel(two.ci.high, 1e-12));
    CHECK(greater.ci.high == inf);
    CHECK_THAT(greater.ci.low, WithinRel(two.ci.low, 1e-12));
  }
  CHECK(both.ci.low < both.ci.high);
}

TEST_CASE("data that does not vary has a point for an interval, and BCa says that it has none") {
  const std::vector<double> same(35, 10000.0), tenths(35, 0.1), others(7, 0.3);  // tenths: each sum rounds otherwise
  for (const CiMethod method : {CiMethod::percentile, CiMethod::basic}) {
    const auto r = bootstrap(same, stats::mean, {.method = method});
    CHECK(r.status == BootstrapStatus::constant);
    CHECK(r.ci == penstock::ConfidenceInterval{10000, 10000});
    CHECK(r.standard_error == 0);
    CHECK(bootstrap(tenths, stats::mean, {.method = method}).status == BootstrapStatus::constant);
    CHECK(bootstrap(tenths, stats::variance, {.method = method}).status == BootstrapStatus::constant);
    const auto difference = bootstrap(stats::samples(tenths, others), stats::mean_difference, {.method = method});
    CHECK(difference.status == BootstrapStatus::constant);
    CHECK(difference.bias == 0);
    std::vector<int> labels;
    std::vector<double> both = tenths;
    both.insert(both.end(), others.begin(), others.end());
    for (const double x : both) labels.push_back(x > 0.2 ? 1 : 0);
    CHECK(bootstrap(stats::stratified(both, labels), stats::mean, {.method = method}).status ==
          BootstrapStatus::constant);
    CHECK(bootstrap(stats::blocks(tenths), stats::mean, {.method = method}).status == BootstrapStatus::constant);
  }
  for (const CiMethod method : {CiMethod::bca, CiMethod::studentized}) {
    const auto r = bootstrap(same, stats::mean, {.method = method});
    CHECK(r.status == BootstrapStatus::constant);
    CHECK(std::isnan(r.ci.low));
    CHECK(std::isnan(r.ci.high));
    CHECK(r.standard_error == 0);
  }
}

TEST_CASE("degenerate cases have their status") {
  CHECK(bootstrap(std::vector<double>{}, stats::mean).status == BootstrapStatus::too_few);
  const auto one = bootstrap(std::vector<double>{3}, stats::mean);
  CHECK(one.status == BootstrapStatus::too_few);
  CHECK(one.statistic == 3);
  CHECK(std::isnan(one.ci.low));
  const auto nan = bootstrap(std::vector<double>{1, 2, std::nan("")}, stats::median);
  CHECK(nan.status == BootstrapStatus::not_a_number);
  CHECK(std::isnan(nan.ci.high));
  const auto size = [](std::span<const double> x) { return static_cast<double>(x.size()); };
  CHECK(bootstrap(std::vector<double>{0, 1, 2, 3}, size).status == BootstrapStatus::constant);
  // Every resample but a rare one is on one side of the statistic: z0 is infinite.
  const auto repeated = [](std::span<const double> x) {
    for (std::size_t i = 1; i < x.size(); ++i) {
      if (x[i] == x[0]) return 1 + x[1];
    }
    return -1.0;
  };
  const auto sided = bootstrap(test::normal_values(30, 1), repeated, {.n_resamples = 200});
  CHECK(sided.status == BootstrapStatus::bca_undefined);
  CHECK(std::isnan(sided.ci.low));
  CHECK(sided.standard_error > 0);
  const auto single = bootstrap(sixteen, stats::mean, {.n_resamples = 1, .method = CiMethod::percentile});
  CHECK(single.ci.low == single.ci.high);
  CHECK(std::isnan(single.standard_error));
}

TEST_CASE("what overflows is said to, and makes no interval of nothing") {
  const std::vector<double> large{1e160, 2e160, 3e160, -5e160}, huge{1e200, 1e308, 1.7e308, -1e308};
  const auto variance = bootstrap(large, stats::variance, {.n_resamples = 200, .method = CiMethod::percentile});
  CHECK(variance.status == BootstrapStatus::not_a_number);
  CHECK(std::isnan(variance.ci.low));
  const auto studentized = bootstrap(large, stats::mean, {.n_resamples = 200, .method = CiMethod::studentized});
  CHECK(studentized.status == BootstrapStatus::no_variance);
  CHECK(std::isnan(studentized.ci.low));
  for (const CiMethod method : {CiMethod::percentile, CiMethod::basic, CiMethod::bca, CiMethod::studentized}) {
    const auto r = bootstrap(huge, stats::mean, {.n_resamples = 200, .method = method});
    CHECK(r.status != BootstrapStatus::ok);
    CHECK(std::isnan(r.standard_error));
  }
}

TEST_CASE("values without a bound are resampled as they are") {
  const BootstrapOptions options{.n_resamples = 200, .method = CiMethod::percentile, .keep_distribution = true};
  const auto r = bootstrap(std::vector<double>{1, 2, 3, inf}, stats::mean, options);
  CHECK(r.status == BootstrapStatus::infinite);
  CHECK(r.statistic == inf);
  CHECK(r.ci.low < 3);
  CHECK(r.ci.high == inf);
  CHECK(std::isnan(r.standard_error));
  CHECK(std::isnan(r.bias));
  CHECK(std::isnan(r.resampling_error));
  for (const double x : r.distribution) CHECK((x == inf || (x >= 1 && x <= 3)));
  BootstrapOptions adaptive = options;
  adaptive.tolerance = 0.1;
  CHECK(bootstrap(std::vector<double>{1, 2, 3, inf}, stats::mean, adaptive).n_resamples == 200);
  adaptive.method = CiMethod::basic;
  CHECK(std::isnan(bootstrap(std::vector<double>{1, 2, 3, inf}, stats::mean, adaptive).ci.low));
  const std::vector<double> waits{1, 2, 3, 4, 5, 6, 7, 8, inf};
  const auto median = bootstrap(waits, stats::median, {.n_resamples = 2000, .method = CiMethod::percentile});
  CHECK(median.statistic == 5);
  CHECK(median.ci.high <= 8);
}

TEST_CASE("a range of any numbers is a sample") {
  const BootstrapOptions options{.n_resamples = 100};
  const auto expected = bootstrap(std::vector<double>{1, 2, 3, 5}, stats::mean, options);
  CHECK(bootstrap(std::vector<int>{1, 2, 3, 5}, stats::mean, options).ci == expected.ci);
  CHECK(bootstrap(std::list<float>{1, 2, 3, 5}, stats::mean, options).ci == expected.ci);
}

TEST_CASE("what the statistic throws arrives, from whatever thread") {
  for (const std::size_t threads : {1u, 4u}) {
    std::atomic<int> calls{0};
    const auto throws = [&](std::span<const double> x) {
      if (++calls == 40) throw std::runtime_error("the fortieth");
      return x[0];
    };
    CHECK_THROWS_WITH(bootstrap(sixteen, throws, {.method = CiMethod::percentile, .threads = threads}), "the fortieth");
  }
}

TEST_CASE("wrong options are refused by name, value and range") {
  const auto with = [](const BootstrapOptions& options) { return bootstrap(sixteen, stats::mean, options); };
  CHECK_THROWS_WITH(with({.n_resamples = 0}), "BootstrapOptions.n_resamples is 0; at least 1 is needed");
  CHECK_THROWS_WITH(with({.confidence_level = 1}), ContainsSubstring("confidence_level is 1.0"));
  CHECK_THROWS_WITH(with({.confidence_level = std::nan("")}), ContainsSubstring("confidence_level is nan"));
  CHECK_THROWS_WITH(with({.method = static_cast<CiMethod>(9)}), ContainsSubstring("method is 9"));
  CHECK_THROWS_WITH(with({.alternative = static_cast<Alternative>(9)}), ContainsSubstring("alternative is 9"));
  CHECK_THROWS_WITH(with({.inner_resamples = 1}), ContainsSubstring("inner_resamples is 1"));
  CHECK_THROWS_WITH(with({.tolerance = -1}), ContainsSubstring("tolerance is -1"));
  CHECK_THROWS_WITH(with({.n_resamples = 100, .tolerance = 0.1, .max_resamples = 99}),
                    ContainsSubstring("max_resamples is 99"));
  CHECK_THROWS_WITH(stats::paired(sixteen, std::vector{1}), "stats::paired: columns have 16 and 1 values");
}

TEST_CASE("extending a result gives what asking for more at once would have given") {
  for (const CiMethod method : {CiMethod::bca, CiMethod::studentized}) {
    const BootstrapOptions all{.n_resamples = 300, .method = method, .seed = 4, .keep_distribution = true};
    BootstrapOptions some = all;
    some.n_resamples = 120;
    const auto expected = bootstrap(stats::samples(sixteen, sixteen), stats::mean_difference, all);
    const auto extended = extend(bootstrap(stats::samples(sixteen, sixteen), stats::mean_difference, some), 180);
    CHECK(extended.distribution == expected.distribution);
    CHECK(extended.ci == expected.ci);
    CHECK(extended.n_resamples == 300);
  }
  CHECK_THROWS_WITH(extend(bootstrap(sixteen, stats::mean), 10), ContainsSubstring("keep_distribution"));
}
