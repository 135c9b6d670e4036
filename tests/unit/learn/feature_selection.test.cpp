// SPDX-License-Identifier: MIT
// Features that are left out: by scikit-learn's variances, by correlations as two passes have them.
#include "penstock/learn/correlation_filter.hpp"
#include "penstock/learn/transformer.hpp"
#include "penstock/learn/variance_threshold.hpp"

#include "catch.hpp"
#include "feature_golden.hpp"
#include "feature_support.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace feature_support;
using namespace feature_golden;

static_assert(transformer<VarianceThreshold> && transformer<VarianceThreshold, FeatureMatrix>);
static_assert(unsupervised_transformer<VarianceThreshold>);
static_assert(supervised_transformer<CorrelationFilter> && supervised_transformer<CorrelationFilter, FeatureMatrix>);
static_assert(transformer<CorrelationFilter, RowMajorView>);

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

FeatureMatrix read_rows(std::istream& in) {
  std::string word;
  while (in >> word && word != "variance_rows") skip_line(in);
  Eigen::Index rows = 0, cols = 0;
  in >> rows >> cols;
  FeatureMatrix x(rows, cols);
  for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = number(in);
  return x;
}

RecordBatch table_of(const FeatureMatrix& x) {
  TableMaker maker;
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    std::vector<std::optional<double>> column;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      column.push_back(std::isnan(x(i, j)) ? std::nullopt : std::optional(x(i, j)));
    }
    maker.numbers("x" + std::to_string(j), column);
  }
  return maker;
}

/// Features that go together to some degree, on means far from 0, and a target.
struct Sample {
  FeatureMatrix x;
  std::vector<double> y;
};
Sample make_sample(Eigen::Index rows, Eigen::Index features, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Sample sample{FeatureMatrix(rows, features), {}};
  for (Eigen::Index i = 0; i < rows; ++i) {
    double common = normal(random);
    double y = 0;
    for (Eigen::Index j = 0; j < features; ++j) {
      if (j % 3 == 0) common = normal(random);
      sample.x(i, j) = 1e4 * static_cast<double>(j) + common + 0.2 * static_cast<double>(j % 3) * normal(random);
      y += sample.x(i, j) * std::sin(static_cast<double>(j));
    }
    sample.y.push_back(y + normal(random));
  }
  return sample;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  long double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  const auto n = static_cast<long double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ma += a[i] / n;
    mb += b[i] / n;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
    ab += (a[i] - ma) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? static_cast<double>(ab / std::sqrt(aa * bb)) : 0;
}

std::vector<double> column(const FeatureMatrix& x, std::size_t j) {
  std::vector<double> values;
  for (Eigen::Index i = 0; i < x.rows(); ++i) values.push_back(x(i, static_cast<Eigen::Index>(j)));
  return values;
}

/// The rule again: the names that stay, by two passes and recursion.
std::vector<std::size_t> oracle(const Sample& s, std::vector<std::size_t> kept, double threshold) {
  double largest = threshold;
  std::optional<std::size_t> victim;
  for (std::size_t a = 0; a < kept.size(); ++a) {
    for (std::size_t b = a + 1; b < kept.size(); ++b) {
      const double r = std::abs(correlation(column(s.x, kept[a]), column(s.x, kept[b])));
      if (r <= largest) continue;
      largest = r;
      const bool first =
          std::abs(correlation(column(s.x, kept[a]), s.y)) < std::abs(correlation(column(s.x, kept[b]), s.y));
      victim = first ? a : b;
    }
  }
  if (!victim) return kept;
  kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(*victim));
  return oracle(s, kept, threshold);
}

/// check_chunks for those that learn from a target.
template <class T>
void check_supervised_chunks(const T& fresh, const RecordBatch& x, const std::vector<double>& y) {
  T whole = fresh;
  const auto expected = bits_of(whole.partial_fit_transform(x, y));
  const auto later = bits_of(whole.transform(x));
  for (std::size_t size = 1; size <= x.rows(); ++size) {
    INFO("chunks of " << size);
    T some = fresh;
    CHECK(in_chunks(some, x, size, [&](T& t, const RecordBatch& part, std::size_t first) {
            return t.partial_fit_transform(part, std::span(y).subspan(first, part.rows()));
          }) == expected);
    CHECK(some.get_feature_names_out() == whole.get_feature_names_out());
    CHECK(bits_of(some.transform(x)) == later);
  }
}

}  // namespace

TEST_CASE("VarianceThreshold has scikit-learn's variances and keeps its features") {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/features.txt");
  const FeatureMatrix x = read_rows(in);
  std::size_t cases = 0;
  for (std::string word; in >> word && word == "variance"; ++cases) {
    VarianceThreshold selector({.threshold = number(in), .decide_after = static_cast<std::uint64_t>(x.rows())});
    const auto variances = numbers(in, static_cast<std::size_t>(x.cols()));
    std::vector<bool> support;
    for (Eigen::Index j = 0; j < x.cols(); ++j) support.push_back(number(in) != 0);
    selector.partial_fit(x);
    CHECK(selector.get_support() == support);
    const FeatureMatrix kept = selector.transform(x);
    const RecordBatch table = selector.transform(table_of(x));
    CHECK(names_of(table) == selector.get_feature_names_out());
    Eigen::Index at = 0;
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      const auto place = static_cast<std::size_t>(j);
      CHECK(std::abs(selector.variances()[j] - variances[place]) <= 1e-10 * variances[place] + 1e-30);
      if (!support[place]) continue;
      CHECK(bits_of(table, "x" + std::to_string(j)) == bits_of(table_of(x), "x" + std::to_string(j)));
      for (Eigen::Index i = 0; i < x.rows(); ++i) CHECK((kept(i, at) == x(i, j) || std::isnan(x(i, j))));
      ++at;
    }
    CHECK(kept.cols() == at);
  }
  CHECK(cases == 4);
}

TEST_CASE("what is left out does not depend on how rows are cut into calls") {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/features.txt");
  const RecordBatch x = table_of(read_rows(in)).slice(0, 25);
  for (const std::uint64_t after : {0U, 1U, 7U, 25U, 100U}) {
    for (const std::uint64_t every : {0U, 3U}) {
      check_chunks(VarianceThreshold({.threshold = 0.5, .decide_after = after, .decide_every = every}), x);
    }
  }
  check_chunks(VarianceThreshold({.threshold = 0.5, .decide_after = 5, .decide_every = 1, .half_life = 3}), x);
  Sample sample = make_sample(25, 7, 3);
  sample.x(4, 2) = missing;
  sample.y[9] = missing;
  for (const std::uint64_t after : {0U, 2U, 7U, 23U, 100U}) {
    for (const std::uint64_t every : {0U, 4U}) {
      check_supervised_chunks(
          CorrelationFilter({.threshold = 0.6, .decide_after = after, .decide_every = every, .half_life = 8}),
          table_of(sample.x), sample.y);
    }
  }
}

TEST_CASE("a feature that is given up is 0 to the end of the call, and then not there") {
  const RecordBatch x = TableMaker()
                            .integers("still", {5, 5, 5, 5, 5})
                            .texts("city", {"a", "b", "c", "d", "e"})
                            .numbers("moves", {1, 2, 3, 4, 5});
  VarianceThreshold selector({.decide_after = 3});
  const RecordBatch first = selector.partial_fit_transform(x);
  CHECK(selector.decided());
  CHECK(names_of(first) == Names{"still", "city", "moves"});
  CHECK(feature_support::column_of(first, "still") == std::vector<double>{5, 5, 0, 0, 0});
  CHECK(feature_support::column_of(first, "moves") == std::vector<double>{1, 2, 3, 4, 5});
  CHECK(names_of(selector.partial_fit_transform(x)) == Names{"city", "moves"});
  CHECK(names_of(selector.transform(x)) == Names{"city", "moves"});
  CHECK(selector.get_feature_names_out() == Names{"moves"});

  const FeatureMatrix rows = (FeatureMatrix(4, 2) << 1, 7, 2, 7, 3, 7, 4, 7).finished();
  VarianceThreshold of_matrices({.decide_after = 2});
  CHECK(of_matrices.partial_fit_transform(rows) == (FeatureMatrix(4, 2) << 1, 7, 2, 0, 3, 0, 4, 0).finished());
  CHECK(of_matrices.transform(rows) == rows.leftCols(1));
  CHECK(of_matrices.get_feature_names_out() == Names{"x0"});
}

TEST_CASE("a decision stands until it is taken anew") {
  VarianceThreshold once({.decide_after = 2}), again({.decide_after = 2, .decide_every = 2}),
      by_hand({.decide_after = 0});
  const RecordBatch still = TableMaker().numbers("a", {1, 1}).numbers("b", {1, 2});
  const RecordBatch moving = TableMaker().numbers("a", {3, 4}).numbers("b", {1, 2});
  for (VarianceThreshold* selector : {&once, &again, &by_hand}) {
    selector->partial_fit(still);
    selector->partial_fit(moving);
  }
  CHECK(once.get_feature_names_out() == Names{"b"});
  CHECK(again.get_feature_names_out() == Names{"a", "b"});
  CHECK_FALSE(by_hand.decided());
  once.decide();
  CHECK(once.get_feature_names_out() == Names{"a", "b"});
  VarianceThreshold high({.threshold = 1e9, .decide_after = 1});
  high.partial_fit(still);
  CHECK(high.transform(still).rows() == 2);
  CHECK(high.get_feature_names_out().empty());
}

TEST_CASE("CorrelationFilter has the correlations of two passes and keeps what its rule says") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Sample sample = make_sample(150, 9, seed);
    for (const double threshold : {0.0, 0.3, 0.8, 0.97, 1.0}) {
      CorrelationFilter filter({.threshold = threshold, .decide_after = 150});
      filter.partial_fit(sample.x, sample.y);
      const FeatureMatrix r = filter.correlations();
      for (std::size_t j = 0; j < 9; ++j) {
        for (std::size_t k = 0; k < 9; ++k) {
          const double expected = correlation(column(sample.x, j), column(sample.x, k));
          CHECK(std::abs(r(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(k)) - expected) < 1e-11);
        }
        CHECK(std::abs(filter.target_correlations()[static_cast<Eigen::Index>(j)] -
                       correlation(column(sample.x, j), sample.y)) < 1e-11);
      }
      // At threshold 0 and 1 rounding would decide.
      if (threshold == 0.0 || threshold == 1.0) continue;
      Names expected;
      for (const std::size_t j : oracle(sample, {0, 1, 2, 3, 4, 5, 6, 7, 8}, threshold)) {
        expected.push_back("x" + std::to_string(j));
      }
      CHECK(filter.get_feature_names_out() == expected);
      CHECK(filter.dropped().size() == 9 - expected.size());
      for (const DroppedFeature& dropped : filter.dropped()) {
        CHECK(std::abs(dropped.correlation) > threshold);
        CHECK(std::abs(dropped.target_correlation) <= std::abs(dropped.rival_target_correlation));
      }
    }
  }
}

TEST_CASE("CorrelationFilter says what it dropped, and why") {
  std::vector<std::optional<double>> a, twice, still, noise;
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) {
    a.emplace_back(i);
    twice.emplace_back(-2.0 * i + (i % 2));
    still.emplace_back(3);
    noise.emplace_back((i * 7) % 5);
    y.push_back(i);
  }
  const RecordBatch x =
      TableMaker().numbers("twice", twice).numbers("a", a).numbers("still", still).numbers("noise", noise);
  CorrelationFilter filter({.threshold = 0.5, .decide_after = 20});
  const RecordBatch out = filter.partial_fit_transform(x, y);
  REQUIRE(filter.dropped().size() == 1);
  const DroppedFeature& dropped = filter.dropped()[0];
  CHECK(dropped.name == "twice");
  CHECK(dropped.rival == "a");
  CHECK(dropped.correlation < -0.99);
  CHECK(std::abs(dropped.rival_target_correlation - 1) < 1e-12);
  CHECK(feature_support::column_of(out, "twice")[19] == 0);
  CHECK(names_of(filter.transform(x)) == Names{"a", "still", "noise"});
}

TEST_CASE("old rows fade, so that a decision follows a world that changed") {
  Sample together = make_sample(200, 2, 1), apart = make_sample(200, 2, 2);
  for (Eigen::Index i = 0; i < 200; ++i) {
    together.x(i, 1) = together.x(i, 0);
    apart.x(i, 1) = static_cast<double>((i * 37) % 101);
  }
  CorrelationFilter forgets({.threshold = 0.5, .decide_after = 200, .decide_every = 200, .half_life = 20});
  CorrelationFilter remembers({.threshold = 0.5, .decide_after = 200, .decide_every = 200});
  for (CorrelationFilter* filter : {&forgets, &remembers}) {
    filter->partial_fit(together.x, together.y);
    CHECK(filter->get_feature_names_out().size() == 1);
    filter->partial_fit(apart.x, apart.y);
  }
  CHECK(forgets.get_feature_names_out().size() == 2);
  // Weights of 2^(-i/20), by two passes over the last rows: what is older weighs less than 2^-10.
  long double w = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  const auto weight = [](Eigen::Index i) { return std::exp2(static_cast<long double>(i - 199) / 20); };
  const auto each = [&](auto&& f) {
    for (Eigen::Index i = -200; i < 200; ++i) {
      f(weight(i), i < 0 ? together.x(i + 200, 0) : apart.x(i, 0), i < 0 ? together.x(i + 200, 1) : apart.x(i, 1));
    }
  };
  each([&](long double v, double a, double b) { w += v, ma += v * a, mb += v * b; });
  each([&](long double v, double a, double b) {
    aa += v * (a - ma / w) * (a - ma / w);
    bb += v * (b - mb / w) * (b - mb / w);
    ab += v * (a - ma / w) * (b - mb / w);
  });
  CHECK(std::abs(forgets.correlations()(0, 1) - static_cast<double>(ab / std::sqrt(aa * bb))) < 1e-11);
}

TEST_CASE("merged selectors know what all rows say") {
  const Sample sample = make_sample(120, 5, 9);
  for (const Eigen::Index cut : {0, 1, 50, 119, 120}) {
    VarianceThreshold whole({.threshold = 1, .decide_after = 120}), a(whole.options()), b(whole.options());
    CorrelationFilter all({.threshold = 0.5, .decide_after = 120}), c(all.options()), d(all.options());
    const std::span<const double> y = sample.y;
    whole.partial_fit(sample.x);
    all.partial_fit(sample.x, sample.y);
    a.partial_fit(sample.x.topRows(cut)).merge(b.partial_fit(sample.x.bottomRows(120 - cut)));
    c.partial_fit(sample.x.topRows(cut), y.first(static_cast<std::size_t>(cut)));
    d.partial_fit(sample.x.bottomRows(120 - cut), y.subspan(static_cast<std::size_t>(cut)));
    c.merge(d);
    CHECK((a.variances() - whole.variances()).cwiseAbs().maxCoeff() < 1e-10);
    CHECK(a.get_support() == whole.get_support());
    CHECK((c.correlations() - all.correlations()).cwiseAbs().maxCoeff() < 1e-11);
    CHECK(c.get_support() == all.get_support());
    CHECK(c.rows_learnt() == 120);
  }
  VarianceThreshold two, three;
  two.partial_fit(FeatureMatrix(FeatureMatrix::Ones(2, 2)));
  three.partial_fit(FeatureMatrix(FeatureMatrix::Ones(2, 3)));
  CHECK_THROWS_AS(two.merge(three), std::invalid_argument);
  two.merge(VarianceThreshold());
  CHECK(two.rows_learnt() == 2);
  VarianceThreshold named({.columns = {"x"}});  // those learnt were x0 and x1
  CHECK_THROWS_WITH(named.merge(two), "VarianceThreshold: merge of one that has learnt other columns");
  CHECK_THROWS_WITH(two.merge(VarianceThreshold({.half_life = 9})),
                    "VarianceThreshold: merge of one with another half_life");
  CHECK_THROWS_WITH(CorrelationFilter().merge(CorrelationFilter({.half_life = 9})),
                    "CorrelationFilter: merge of one with another half_life");
}

TEST_CASE("selectors refuse what cannot work, by name, and have then learnt nothing") {
  CHECK_THROWS_AS(VarianceThreshold({.threshold = -1}), std::invalid_argument);
  CHECK_THROWS_AS(VarianceThreshold({.threshold = missing}), std::invalid_argument);
  CHECK_THROWS_WITH(VarianceThreshold({.half_life = 0}), StartsWith("VarianceThresholdOptions.half_life is 0"));
  CHECK_THROWS_AS(CorrelationFilter({.threshold = 1.5}), std::invalid_argument);
  CHECK_THROWS_AS(VarianceThreshold().transform(FeatureMatrix(1, 1)), std::logic_error);
  CHECK_THROWS_AS(VarianceThreshold().decide(), std::logic_error);

  const RecordBatch good = TableMaker().numbers("a", {1, 2}).numbers("b", {1, 4});
  const RecordBatch bad = TableMaker().numbers("a", {1, 2}).numbers("b", {1, std::numeric_limits<double>::infinity()});
  VarianceThreshold variance({.decide_after = 4});
  variance.partial_fit(good);
  CHECK_THROWS_WITH(variance.partial_fit(bad), StartsWith("row 2, column b: found inf"));
  CHECK(variance.rows_learnt() == 2);
  CHECK(variance.variances()[0] == 0.25);
  CorrelationFilter filter;
  const std::vector<double> y{1, 2};
  filter.partial_fit(good, y);
  CHECK_THROWS_WITH(filter.partial_fit(good, std::vector<double>{1}), "CorrelationFilter: 2 rows, but 1 targets");
  CHECK_THROWS_WITH(filter.partial_fit(good, std::vector<double>{1, -1e300}), StartsWith("row 2, column target"));
  CHECK_THROWS_AS(filter.partial_fit(bad, y), Error);
  CHECK(filter.rows_learnt() == 2);
  filter.partial_fit(good, std::vector<double>{missing, 1});
  CHECK(filter.skipped() == 1);
  CHECK_THROWS_WITH(filter.transform(TableMaker().numbers("a", {1}).table()), StartsWith("column b: found no such"));
}
