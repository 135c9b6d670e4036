// SPDX-License-Identifier: MIT
#include "penstock/stats/permutation_test.hpp"

#include "penstock/stats/combined.hpp"

#include "catch.hpp"
#include "unit/stats/support.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

using penstock::Alternative;
using penstock::permutation_test;
using penstock::PermutationOptions;
using penstock::PermutationResult;
using penstock::PermutationType;
namespace stats = penstock::stats;

namespace {

const std::vector<double> z{16, 23, 38, 94, 99, 141, 197}, y{10, 27, 31, 40, 46, 50, 52, 104, 146};
using Sample = std::span<const double>;
const auto plain_difference = [](Sample a, Sample b) { return stats::mean(a) - stats::mean(b); };

PermutationType type_named(const std::string& word) {
  for (const auto type : {PermutationType::independent, PermutationType::samples, PermutationType::pairings}) {
    if (to_string(type) == word) return type;
  }
  throw std::invalid_argument(word);
}

PermutationResult any_test(const test::GoldenCase& c, const PermutationOptions& options) {
  const auto& data = c.lines.at("data");
  if (c.words.at(2) == "mean") return permutation_test(stats::samples(data.at(0)), stats::mean, options);
  const auto columns = stats::samples(data.at(0), data.at(1));
  if (c.words.at(2) == "mean_difference") return permutation_test(columns, stats::mean_difference, options);
  if (c.words.at(2) == "median_difference") return permutation_test(columns, stats::median_difference, options);
  return permutation_test(columns, test::correlation, options);
}

}  // namespace

TEST_CASE("exact p-values are SciPy's") {
  int pvalues = 0;
  for (const auto& c : test::golden_cases("resampling.txt", "permutation")) {
    for (const auto alternative : {Alternative::two_sided, Alternative::less, Alternative::greater}) {
      const auto& expected = c.one("pvalue_" + std::string(to_string(alternative)));
      const auto r = any_test(c, {.n_resamples = 1'000'000,
                                  .alternative = alternative,
                                  .type = type_named(c.words.at(1)),
                                  .threads = 2,
                                  .ties = {.relative = 1e-14, .absolute = 1e-14}});
      CAPTURE(c.words.at(1), c.words.at(2), to_string(alternative));
      CHECK(r.exact);
      CHECK(static_cast<double>(r.n_resamples) == expected.at(1));
      CHECK_THAT(r.pvalue, WithinAbs(expected.at(0), 1e-15));
      CHECK_THAT(r.statistic, WithinAbs(c.one("statistic")[0], 1e-14));
      ++pvalues;
    }
  }
  CHECK(pvalues == 14 * 3);
}

TEST_CASE("mouse data: 1608 of 11440 partitions are as great") {
  const auto test = [](auto statistic, Alternative alternative) {
    return permutation_test(z, y, statistic, {.n_resamples = 11440, .alternative = alternative});
  };
  CHECK(test(stats::mean_difference, Alternative::greater).pvalue == 1608.0 / 11440);
  CHECK(test(plain_difference, Alternative::greater).pvalue == 1608.0 / 11440);
  CHECK(test(stats::mean_difference, Alternative::two_sided).pvalue == Approx(0.2811189).epsilon(1e-6));
  CHECK(test(stats::mean_difference, Alternative::two_sided).exact);
}

TEST_CASE("as many arrangements as there are: 20, 8, 36, and 90 of three pairs") {
  const std::vector<double> a{1, 2, 4}, b{2, 4, 7};
  CHECK(permutation_test(a, b, plain_difference).n_resamples == 20);
  CHECK(permutation_test(a, b, plain_difference, {.type = PermutationType::samples}).n_resamples == 8);
  CHECK(permutation_test(a, b, test::correlation, {.type = PermutationType::pairings}).n_resamples == 36);
  const std::vector<double> p{1, 2}, q{3, 4}, r{5, 7};
  const auto spread = [](Sample u, Sample, Sample w) { return stats::mean(w) - stats::mean(u); };
  const auto three = permutation_test(stats::samples(p, q, r), spread,
                                      {.alternative = Alternative::greater, .keep_distribution = true});
  CHECK(three.n_resamples == 90);
  CHECK(three.pvalue == 1.0 / 90);
}

TEST_CASE("every arrangement is looked at once") {
  const auto coded = [](Sample a, Sample b) {
    double code = 0;
    for (const double x : a) code = code + std::pow(2, x);
    return code + 0 * b[0];
  };
  const auto r = permutation_test(std::vector{0, 1, 2}, std::vector{3, 4, 5, 6}, coded, {.keep_distribution = true});
  CHECK(r.null_distribution.size() == 35);
  CHECK(std::set<double>(r.null_distribution.begin(), r.null_distribution.end()).size() == 35);
  const auto order = [](Sample a, Sample b) {
    double code = 0;
    for (std::size_t i = 0; i < a.size(); ++i) code = code * 100 + 10 * a[i] + b[i];
    return code;
  };
  for (const auto& [type, count] : {std::pair{PermutationType::pairings, 576u}, {PermutationType::samples, 16u}}) {
    const auto all = permutation_test(std::vector{1, 2, 3, 4}, std::vector{5, 6, 7, 8}, order,
                                      {.type = type, .keep_distribution = true});
    CHECK(all.exact);
    CHECK(std::set<double>(all.null_distribution.begin(), all.null_distribution.end()).size() == count);
  }
}

TEST_CASE("a perfect correlation but for one exchange has p = 1/3") {
  const auto r = permutation_test(std::vector{1, 2, 4, 3}, std::vector{2, 4, 6, 8}, test::correlation,
                                  {.type = PermutationType::pairings});
  CHECK(r.pvalue == Approx(1.0 / 3).epsilon(1e-15));
}

TEST_CASE("drawn p-values come near the exact ones, and count the observed arrangement as one more") {
  for (const auto& c : test::golden_cases("resampling.txt", "permutation")) {
    const double exact = c.one("pvalue_greater").at(0);
    PermutationOptions options{
        .n_resamples = 15, .alternative = Alternative::greater, .type = type_named(c.words.at(1))};
    const auto few = any_test(c, options);
    REQUIRE_FALSE(few.exact);
    CHECK(few.pvalue * 16 == std::round(few.pvalue * 16));
    CHECK(few.pvalue >= 1.0 / 16);
    options.n_resamples = static_cast<std::size_t>(c.one("pvalue_greater").at(1)) - 1;
    const auto drawn = any_test(c, options);
    CHECK_FALSE(drawn.exact);
    CHECK_THAT(drawn.pvalue,
               WithinAbs(exact, 5 * std::sqrt(exact * (1 - exact) / static_cast<double>(options.n_resamples)) +
                                    2.0 / static_cast<double>(options.n_resamples)));
  }
}

TEST_CASE("the result is the same for any number of threads, and for whole samples as for counts") {
  const auto a = test::normal_values(300, 1), b = test::normal_values(211, 2);
  const PermutationOptions options{.n_resamples = 400, .seed = 9, .keep_distribution = true};
  const auto one = permutation_test(a, b, stats::mean_difference, options);
  for (const std::size_t threads : {2u, 5u, 0u}) {
    PermutationOptions more = options;
    more.threads = threads;
    CHECK(permutation_test(a, b, stats::mean_difference, more).null_distribution == one.null_distribution);
  }
  const auto whole = permutation_test(a, b, plain_difference, options);
  CHECK(whole.pvalue == one.pvalue);
  for (std::size_t i = 0; i < 400; ++i)
    CHECK_THAT(whole.null_distribution[i], WithinAbs(one.null_distribution[i], 1e-13));
  CHECK(one.pvalue == 384.0 / 401);  // with any compiler
}

TEST_CASE("arrangements that differ only by rounding are ties") {
  // 0.1 + 0.2 is not 0.3: added up in another order, the same values give another difference.
  const std::vector<double> a{0.1, 0.2, 0.3, 0.7}, b{0.3, 0.2, 0.1, 0.7};
  for (const auto alternative : {Alternative::less, Alternative::greater}) {
    const auto r = permutation_test(a, b, stats::mean_difference, {.alternative = alternative});
    // By hand on whole numbers, where nothing is rounded.
    const auto whole = permutation_test(std::vector{1, 2, 3, 7}, std::vector{3, 2, 1, 7}, stats::mean_difference,
                                        {.alternative = alternative});
    CHECK(r.pvalue == whole.pvalue);
  }
  const auto wide =
      permutation_test(z, y, stats::mean_difference, {.n_resamples = 20000, .ties = {.relative = 0, .absolute = 1000}});
  CHECK(wide.pvalue == 1);
}

TEST_CASE("a statistic that is no number gives a p-value that is none, and counts") {
  const auto nan = [](Sample, Sample) { return std::nan(""); };
  const auto r = permutation_test(std::vector{1, 2}, std::vector{3, 4}, nan);
  CHECK(std::isnan(r.pvalue));
  CHECK(r.n_not_a_number == 6);
}

TEST_CASE("an infinite statistic is as extreme as itself") {
  const std::vector<double> far{1, 2, std::numeric_limits<double>::infinity()}, near{3, 4, 5};
  const auto p = [&](const auto& a, const auto& b, Alternative alternative) {
    return permutation_test(a, b, stats::mean_difference, {.alternative = alternative}).pvalue;
  };
  CHECK(p(far, near, Alternative::greater) == 0.5);  // the infinite value is in the first sample in half of the ways
  CHECK(p(near, far, Alternative::less) == 0.5);
  CHECK(p(far, near, Alternative::less) == 1);
  CHECK(p(far, near, Alternative::two_sided) == 1);
}

TEST_CASE("one sample is tested for symmetry by its signs") {
  const auto r = permutation_test(stats::samples(std::vector{1, 2, 3, 4, 5}), stats::mean,
                                  {.alternative = Alternative::greater, .type = PermutationType::samples});
  CHECK(r.exact);
  CHECK(r.pvalue == 1.0 / 32);
}

TEST_CASE("wrong options and samples are refused") {
  const auto with = [](const PermutationOptions& options) {
    return permutation_test(z, y, stats::mean_difference, options);
  };
  CHECK_THROWS_WITH(with({.n_resamples = 0}), "PermutationOptions.n_resamples is 0; at least 1 is needed");
  CHECK_THROWS_WITH(with({.alternative = static_cast<Alternative>(7)}), ContainsSubstring("alternative is 7"));
  CHECK_THROWS_WITH(with({.type = static_cast<PermutationType>(7)}), ContainsSubstring("type is 7"));
  CHECK_THROWS_WITH(with({.ties = {.relative = -1}}), ContainsSubstring("ties.relative is -1"));
  CHECK_THROWS_WITH(with({.type = PermutationType::pairings}), ContainsSubstring("7 and 9 values"));
  CHECK_THROWS_WITH(permutation_test(std::vector<double>{}, y, stats::mean_difference), ContainsSubstring("no values"));
  CHECK_THROWS_WITH(permutation_test(stats::samples(z), stats::mean), ContainsSubstring("needs two samples"));
}
