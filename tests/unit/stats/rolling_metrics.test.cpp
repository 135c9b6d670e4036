// SPDX-License-Identifier: MIT
#include "penstock/stats/classification_metrics.hpp"
#include "penstock/stats/decayed.hpp"
#include "penstock/stats/metric_set.hpp"
#include "penstock/stats/probability_metrics.hpp"
#include "penstock/stats/regression_metrics.hpp"
#include "penstock/stats/roc_auc.hpp"
#include "penstock/stats/rolling.hpp"
#include "penstock/stats/rolling_roc_auc.hpp"

#include "catch.hpp"
#include "metrics_support.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace penstock::stats;
using metrics_support::Case;
using metrics_support::cases_of;
using metrics_support::close;

namespace {

struct Row {
  double y, p, w;
};

/// Rows that are the same everywhere; scores with ties.
std::vector<Row> some_rows(std::size_t n, std::uint64_t state) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double y = (state >> 40) % 3 == 0 ? 1 : 0;
    rows.push_back({y, static_cast<double>((state >> 50) % 30) / 10 + y, static_cast<double>((state >> 20) % 4)});
  }
  return rows;
}

}  // namespace

TEST_CASE("figures of the last rows are scikit-learn's at each step") {
  const auto cases = cases_of("windows");
  REQUIRE(cases.size() == 4);
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const auto size = static_cast<std::size_t>(c["size"]);
    RollingRocAuc auc({.window_size = size});
    Rolling<Mae> mae({.window_size = size});
    Rolling<R2> r2({.window_size = size});
    Rolling<F1> f1({.window_size = size});
    for (std::size_t i = 0; i < c.at("y").size(); ++i) {
      CAPTURE(i);
      const double y = c.at("y")[i], p = c.at("p")[i], w = c.at("w")[i];
      auc.update(y, p, w);
      mae.update(y, p, w);
      r2.update(y, p, w);
      f1.update(y, std::nearbyint(std::clamp(p, 0.0, 1.0)), w);
      CHECK(close(auc.get(), c.at("auc")[i]));
      CHECK(close(mae.get(), c.at("mae")[i]));
      CHECK(close(r2.get(), c.at("r2")[i]));
      CHECK(close(f1.get(), c.at("f1")[i]));
      CHECK(auc.rows() == std::min(i + 1, size));
      CHECK(r2.rows() == std::min(i + 1, size));
    }
  }
}

TEST_CASE("the area of a window is to the last bit that of its rows alone") {
  const auto rows = some_rows(2000, 5);
  for (const std::size_t size : {1u, 2u, 64u, 500u}) {
    RollingRocAuc auc({.window_size = size});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auc.update(rows[i].y, rows[i].p);
      if (i % 37 != 0) continue;
      std::vector<double> y, p;
      for (std::size_t j = i + 1 - std::min(i + 1, size); j <= i; ++j) {
        y.push_back(rows[j].y);
        p.push_back(rows[j].p);
      }
      const double expected = roc_auc(y, p);
      CHECK((auc.get() == expected || (std::isnan(auc.get()) && std::isnan(expected))));
    }
  }
}

TEST_CASE("scores in any order, and infinite ones, have their place in the window") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  RollingRocAuc rising({.window_size = 300}), falling({.window_size = 300});
  for (int i = 0; i < 1000; ++i) {
    rising.update(i % 2, i);
    falling.update(i % 2, -i);
  }
  // Of 150 positives at odd places the k-th is above k + 1 negatives, or below.
  CHECK(rising.get() == (150.0 * 151 / 2) / (150 * 150));
  CHECK(falling.get() == (150.0 * 149 / 2) / (150 * 150));
  RollingRocAuc ends;
  ends.update(1, inf);
  ends.update(0, -inf);
  ends.update(0, inf);
  CHECK(ends.get() == 0.75);
}

TEST_CASE("a window forgets a row wholly, however large it was") {
  Rolling<R2> r2({.window_size = 4});
  Rolling<Mae> mae({.window_size = 4});
  R2 expected;
  r2.update(1e200, -1e100);
  mae.update(1e200, -1e100);
  for (int i = 0; i < 4; ++i) {
    r2.update(i, i + 0.25 * (i % 2));
    mae.update(i, i + 0.25 * (i % 2));
    expected.update(i, i + 0.25 * (i % 2));
  }
  CHECK(r2.get() == expected.get());
  CHECK(mae.get() == 0.125);
}

TEST_CASE("the area of a window keeps light rows beside a heavy one that has gone") {
  RollingRocAuc auc({.window_size = 5}), expected({.window_size = 5});
  const Row rows[] = {{1, 0.5, 1e17}, {1, 0.5, 7}, {0, 0.5, 3}, {1, 0.7, 1}, {0, 0.7, 9}, {0, 0.1, 2}};
  for (const Row& row : rows) auc.update(row.y, row.p, row.w);
  for (const Row& row : std::span(rows).subspan(1)) expected.update(row.y, row.p, row.w);
  CHECK(auc.get() == expected.get());
  Decayed<Mae> faded({.fading_factor = 1e-6});
  for (int i = 0; i < 9; ++i) faded.update(i, 0, 1e300);
  CHECK(faded.get() == Approx(8).epsilon(1e-5));
}

TEST_CASE("what takes rows back says the same as what sums up anew") {
  struct Irreversible : F1 {
    using F1::F1;
    void revert(double, double, double) = delete;
    void merge(const Irreversible& other) { F1::merge(other); }
  };
  static_assert(revertible_metric<F1> && !revertible_metric<Irreversible> && online_metric<Irreversible>);
  Rolling<F1> one({.window_size = 17});
  Rolling<Irreversible> other({.window_size = 17});
  for (const Row& row : some_rows(300, 11)) {
    const double p = row.p > 1.2 ? 1 : 0;
    one.update(row.y, p, row.w);
    other.update(row.y, p, row.w);
    CHECK(one.get() == other.get());
    CHECK(one.metric().matrix().rows() == one.rows());
  }
}

TEST_CASE("a window keeps no labels but those of its rows") {
  Rolling<F1> rolling({.window_size = 10});
  for (int i = 0; i < 200; ++i) rolling.update(i, i);
  CHECK(rolling.metric().matrix().labels() == std::vector<double>{190, 191, 192, 193, 194, 195, 196, 197, 198, 199});
}

TEST_CASE("merged windows are those of one stream after the other") {
  const auto rows = some_rows(90, 3);
  for (const std::size_t first : {0u, 3u, 20u, 50u}) {
    Rolling<R2> r2({.window_size = 20}), later_r2({.window_size = 20}), all_r2({.window_size = 20});
    RollingRocAuc auc({.window_size = 20}), later_auc({.window_size = 20}), all_auc({.window_size = 20});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Row& row = rows[i];
      (i < first ? r2 : later_r2).update(row.y, row.p, row.w);
      (i < first ? auc : later_auc).update(row.y, row.p, row.w);
      all_r2.update(row.y, row.p, row.w);
      all_auc.update(row.y, row.p, row.w);
    }
    r2.merge(later_r2);
    auc.merge(later_auc);
    CHECK(close(r2.get(), all_r2.get()));
    CHECK(auc.get() == all_auc.get());
  }
  Rolling<Mae> twice({.window_size = 3});
  for (const double y : {1.0, 2.0}) twice.update(y, 0);
  twice.merge(twice);
  CHECK(twice.get() == Approx((2 + 1 + 2) / 3.0));
}

TEST_CASE("an update that is refused leaves the window as it was") {
  Rolling<Mae> mae({.window_size = 2});
  RollingRocAuc auc({.window_size = 2});
  for (int i = 0; i < 7; ++i) {
    mae.update(i, 0);
    auc.update(i % 2, i);
    const double before = mae.get(), area = auc.get();
    CHECK_THROWS(mae.update(0, std::nan("")));
    CHECK_THROWS(auc.update(1, std::nan("")));
    CHECK_THROWS(auc.update(0.5, 1));
    CHECK(mae.get() == before);
    CHECK((auc.get() == area || i == 0));
    CHECK(mae.rows() == std::min<std::size_t>(static_cast<std::size_t>(i) + 1, 2));
  }
}

TEST_CASE("what fades is the mean with weights that halve every half-life") {
  const auto rows = some_rows(3000, 9);
  for (const double factor : {1.0, 0.999, 0.9, 0.01}) {
    Decayed<Mae> mae({.fading_factor = factor});
    Decayed<R2> r2({.fading_factor = factor});
    Decayed<F1> f1({.fading_factor = factor});
    Decayed<Mae> first({.fading_factor = factor}), second({.fading_factor = factor});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& [y, p, w] = rows[i];
      mae.update(y, p, w + 1);
      r2.update(y, p, w + 1);
      f1.update(y, p > 1.2, w + 1);
      (i < 2900 ? first : second).update(y, p, w + 1);
    }
    Mae expected_mae;
    R2 expected_r2;
    F1 expected_f1;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& [y, p, w] = rows[i];
      const double weight = (w + 1) * std::pow(factor, static_cast<double>(rows.size() - 1 - i));
      expected_mae.update(y, p, weight);
      expected_r2.update(y, p, weight);
      expected_f1.update(y, p > 1.2, weight);
    }
    CAPTURE(factor);
    CHECK(close(mae.get(), expected_mae.get(), 1e-12));
    CHECK(close(r2.get(), expected_r2.get(), 1e-12));
    CHECK(close(f1.get(), expected_f1.get(), 1e-12));
    CHECK(close(mae.metric().weight(), expected_mae.weight(), 1e-12));
    first.merge(second);
    CHECK(close(first.get(), expected_mae.get(), 1e-12));
    CHECK(first.rows() == 3000);
  }
  CHECK(close(std::pow(fading_factor_of(250), 250), 0.5));
}

TEST_CASE("a metric that fades follows a change that one without does not") {
  Decayed<Mae> recent({.fading_factor = fading_factor_of(20)});
  Mae all;
  for (int i = 0; i < 1000; ++i) {
    recent.update(i < 900 ? 1 : 5, 0);
    all.update(i < 900 ? 1 : 5, 0);
  }
  CHECK(recent.get() == Approx(5 - 4 * std::pow(0.5, 5)));
  CHECK(all.get() == Approx(1.4));
}

TEST_CASE("a set says what each of its metrics says") {
  MetricSet figures(Mae(), R2(), Rolling<Mae>({.window_size = 10}));
  auto other = figures;
  Mae mae;
  R2 r2;
  Rolling<Mae> recent({.window_size = 10});
  for (int i = 0; i < 50; ++i) {
    const double y = i % 7, p = i % 5, w = 1 + i % 2;
    (i < 30 ? figures : other).update(y, p, w);
    mae.update(y, p, w);
    r2.update(y, p, w);
    recent.update(y, p, w);
  }
  figures.merge(other);
  const auto [a, b, c] = figures.get();
  CHECK(close(a, mae.get()));
  CHECK(close(b, r2.get()));
  CHECK(close(c, recent.get()));
  CHECK(figures.metric<0>().rows() == 50);
  Decayed<MetricSet<Mae, Rmse>> fading({.fading_factor = 0.5});
  for (const double y : {1.0, 2.0}) fading.update(y, 0);
  CHECK(fading.get()[0] == Approx((0.5 * 1 + 2) / 1.5));
  CHECK(fading.get()[1] == Approx(std::sqrt((0.5 * 1 + 4) / 1.5)));
  Rolling<MetricSet<Mae, Rmse>> window({.window_size = 1});
  for (const double y : {1.0, 2.0}) window.update(y, 0);
  CHECK(window.get()[1] == 2);
}

TEST_CASE("windows and fading factors that cannot work are refused by name and value") {
  CHECK_THROWS_WITH(Rolling<Mae>({.window_size = 0}), ContainsSubstring("RollingOptions.window_size is 0"));
  CHECK_THROWS_WITH(RollingRocAuc({.window_size = 0}), ContainsSubstring("RollingRocAucOptions.window_size is 0"));
  CHECK_THROWS_WITH(Decayed<Mae>({.fading_factor = 1.5}), ContainsSubstring("fading_factor is 1.5"));
  CHECK_THROWS_WITH(Decayed<Mae>({.fading_factor = 0}), ContainsSubstring("fading_factor is 0"));
  CHECK_THROWS_WITH(fading_factor_of(0), ContainsSubstring("half_life is 0"));
  CHECK_THROWS_WITH(fading_factor_of(std::nan("")), ContainsSubstring("half_life is nan"));
  CHECK(fading_factor_of(std::numeric_limits<double>::infinity()) == 1);  // forgets nothing
  CHECK_THROWS_WITH(Rolling<Mae>({.window_size = 2}).merge(Rolling<Mae>({.window_size = 3})),
                    ContainsSubstring("windows of 2 and 3 rows"));
  CHECK_THROWS_WITH(RollingRocAuc({.window_size = 2}).merge(RollingRocAuc({.window_size = 3})),
                    ContainsSubstring("windows of 2 and 3 rows"));
  CHECK_THROWS_WITH(Decayed<Mae>({.fading_factor = 0.5}).merge(Decayed<Mae>()), ContainsSubstring("0.5"));
}
