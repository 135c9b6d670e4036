// SPDX-License-Identifier: MIT
// Windows and lags by key: pandas' numbers, an oracle that looks back row by row, the same bits however rows are cut.
#include "penstock/learn/rolling_features.hpp"

#include "penstock/learn/lag_features.hpp"
#include "penstock/learn/transformer.hpp"

#include "catch.hpp"
#include "feature_golden.hpp"
#include "feature_support.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace feature_support;
using namespace feature_golden;
using namespace std::chrono_literals;

static_assert(transformer<RollingFeatures> && restorable<RollingFeatures>);
static_assert(transformer<LagFeatures> && restorable<LagFeatures>);

const std::vector<RollingStatistic> all_statistics{RollingStatistic::mean, RollingStatistic::std, RollingStatistic::min,
                                                   RollingStatistic::max, RollingStatistic::count};
const std::vector<std::string> words{"mean", "std", "min", "max", "count"};
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Rows of keyed series as a test makes them.
struct Series {
  std::vector<std::optional<std::string>> key;
  std::vector<std::optional<std::int64_t>> seconds;
  std::vector<std::optional<double>> value;

  [[nodiscard]] RecordBatch table(DataType dtype = DataType::category) const {
    return TableMaker().texts("key", key, dtype).times("at", seconds).numbers("value", value);
  }
};

Series read_series(std::istream& in) {
  Series series;
  std::size_t rows = 0;
  in >> rows;
  for (std::size_t i = 0; i < rows; ++i) {
    std::string key;
    std::int64_t seconds = 0;
    in >> key >> seconds;
    const double value = number(in);
    series.key.emplace_back(key);
    series.seconds.emplace_back(seconds);
    series.value.push_back(std::isnan(value) ? std::nullopt : std::optional(value));
  }
  return series;
}

Series random_series(std::size_t rows, unsigned seed, int keys) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Series series;
  std::int64_t seconds = -50;
  for (std::size_t i = 0; i < rows; ++i) {
    seconds += static_cast<std::int64_t>(random() % 4);
    series.key.emplace_back("k" + std::to_string(random() % static_cast<unsigned>(keys)));
    series.seconds.emplace_back(seconds);
    series.value.push_back(random() % 10 == 0 ? std::nullopt : std::optional(1000 + normal(random)));
  }
  return series;
}

/// Looks back from row i over all rows of its key, in long double.
std::map<std::string, double> look_back(const Series& s, std::size_t i, const RollingFeaturesOptions& options) {
  std::vector<long double> window;
  std::size_t rows = 0;
  for (std::size_t back = 0; back <= i; ++back) {
    const std::size_t j = i - back;
    if (s.key[j] != s.key[i] || (j == i && options.closed == Closed::left)) continue;
    if (options.window != 0 && ++rows > options.window) break;
    if (options.duration.count() != 0) {
      const auto age = std::chrono::seconds(*s.seconds[i] - *s.seconds[j]);
      if (options.closed == Closed::left ? age > options.duration : age >= options.duration) break;
    }
    if (s.value[j]) window.push_back(*s.value[j]);
  }
  const auto n = static_cast<long double>(window.size());
  long double mean = 0, squares = 0;
  for (const long double x : window) mean += x / n;
  for (const long double x : window) squares += (x - mean) * (x - mean);
  const bool enough = !window.empty() && window.size() >= options.min_periods;
  const bool enough_for_std = enough && n > static_cast<long double>(options.ddof);
  return {{"mean", enough ? static_cast<double>(mean) : missing},
          {"std", enough_for_std ? static_cast<double>(std::sqrt(squares / (n - options.ddof))) : missing},
          {"min", enough ? static_cast<double>(*std::min_element(window.begin(), window.end())) : missing},
          {"max", enough ? static_cast<double>(*std::max_element(window.begin(), window.end())) : missing},
          {"count", static_cast<double>(n)}};
}

bool near(double ours, double theirs, double tolerance) {
  if (std::isnan(ours) || std::isnan(theirs)) return std::isnan(ours) && std::isnan(theirs);
  return std::abs(ours - theirs) <= tolerance * (1 + std::abs(theirs));
}

}  // namespace

TEST_CASE("RollingFeatures has pandas' numbers") {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/rolling.txt");
  const RecordBatch x = read_series(in).table();
  std::size_t cases = 0;
  for (std::string word; in >> word && word == "case"; ++cases) {
    RollingFeaturesOptions options{.columns = {"value"}, .by = {"key"}, .on = "at", .statistics = all_statistics};
    std::int64_t seconds = 0;
    std::string closed;
    in >> options.window >> seconds >> closed >> options.min_periods >> options.ddof;
    options.duration = std::chrono::seconds(seconds);
    options.closed = closed == "left" ? Closed::left : Closed::right;
    INFO("window " << options.window << ", " << seconds << " s, " << closed << ", " << options.min_periods);
    RollingFeatures rolling(options);
    const RecordBatch with = rolling.partial_fit_transform(x);
    const Names names = rolling.get_feature_names_out();
    std::vector<std::vector<double>> ours;
    for (const std::string& name : names) ours.push_back(feature_support::column_of(with, name));
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t c = 0; c < 5; ++c) {
        INFO("row " << i << ", " << names[c]);
        CHECK(near(ours[c][i], number(in), c < 2 ? 1e-10 : 0));
      }
    }
  }
  CHECK(cases == 22);
}

TEST_CASE("LagFeatures has pandas' shifts") {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/rolling.txt");
  const RecordBatch x = read_series(in).table();
  for (std::string word; in >> word && word != "lags";) skip_line(in);
  LagFeatures lags({.columns = {"value"}, .by = {"key"}, .lags = {1, 2, 5}});
  const RecordBatch with = lags.partial_fit_transform(x);
  CHECK(names_of(with) == Names{"key", "at", "value", "value_lag_1", "value_lag_2", "value_lag_5"});
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (const char* name : {"value_lag_1", "value_lag_2", "value_lag_5"}) {
      INFO("row " << i << ", " << name);
      CHECK(near(feature_support::column_of(with, name)[i], number(in), 0));
    }
  }
}

TEST_CASE("windows of rows, of time and of both are those of an oracle that looks back") {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const Series series = random_series(300, seed, 1 + static_cast<int>(seed) * 2);
    const RecordBatch x = series.table(seed % 2 == 0 ? DataType::category : DataType::string);
    for (const std::size_t window : {0U, 1U, 2U, 5U, 40U}) {
      for (const auto duration : {0s, 1s, 9s, 1000s}) {
        if (window == 0 && duration == 0s) continue;
        for (const Closed closed : {Closed::left, Closed::right}) {
          const RollingFeaturesOptions options{.columns = {"value"},
                                               .by = {"key"},
                                               .window = window,
                                               .duration = duration,
                                               .on = "at",
                                               .statistics = all_statistics,
                                               .closed = closed,
                                               .min_periods = window == 5 ? 3U : 1U,
                                               .ddof = static_cast<double>(seed % 2)};
          RollingFeatures rolling(options);
          const RecordBatch with = rolling.partial_fit_transform(x);
          const Names names = rolling.get_feature_names_out();
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < x.rows(); ++i) {
            const auto expected = look_back(series, i, options);
            for (std::size_t c = 0; c < 5; ++c) {
              const double ours = with.column<double>(names[c])[i];
              if (!near(ours, expected.at(words[c]), c < 2 ? 1e-11 : 0)) ++wrong;
            }
          }
          INFO("seed " << seed << ", window " << window << ", " << duration.count() << " s");
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE("windows and lags do not depend on how rows are cut into calls") {
  Series series = random_series(45, 77, 3);
  series.key[11] = std::nullopt;
  series.seconds[20] = std::nullopt;
  series.seconds[30] = -1000;
  const RecordBatch x = series.table();
  for (const Closed closed : {Closed::left, Closed::right}) {
    for (const LateRows late : {LateRows::skip, LateRows::accept}) {
      check_chunks(RollingFeatures({.columns = {"value"},
                                    .by = {"key"},
                                    .window = 4,
                                    .statistics = all_statistics,
                                    .closed = closed,
                                    .max_keys = 2}),
                   x);
      check_chunks(RollingFeatures({.by = {"key"},
                                    .duration = 7s,
                                    .on = "at",
                                    .statistics = all_statistics,
                                    .closed = closed,
                                    .late = late}),
                   x);
      check_chunks(LagFeatures({.by = {"key"}, .lags = {3, 1}, .on = "at", .late = late, .max_keys = 2}), x);
    }
  }
  check_chunks(RollingFeatures({.window = 3}), x);
  check_chunks(LagFeatures(), x);
}

TEST_CASE("transform gives what learning would, and learns nothing") {
  const RecordBatch x = random_series(120, 5, 4).table();
  for (const Closed closed : {Closed::left, Closed::right}) {
    for (const bool timed : {false, true}) {
      const RollingFeaturesOptions options{.by = {"key"},
                                           .window = timed ? 0U : 6U,
                                           .duration = timed ? 20s : 0s,
                                           .on = "at",
                                           .statistics = all_statistics,
                                           .closed = closed};
      RollingFeatures rolling(options);
      LagFeatures lags({.by = {"key"}, .lags = {1, 4}});
      for (std::size_t first = 0; first < 120; ++first) {
        const RecordBatch next = x.slice(first, std::min<std::size_t>(1 + first % 5, 120 - first));
        if (first > 0) {
          RollingFeatures copy = rolling;
          CHECK(bits_of(rolling.transform(next)) == bits_of(copy.partial_fit_transform(next)));
          LagFeatures other = lags;
          CHECK(bits_of(lags.transform(next)) == bits_of(other.partial_fit_transform(next)));
        }
        rolling.partial_fit(x.slice(first, 1));
        lags.partial_fit(x.slice(first, 1));
      }
    }
  }
}

TEST_CASE("what left a window has left nothing behind") {
  std::vector<std::optional<double>> values;
  for (int i = 0; i < 3000; ++i)
    values.emplace_back(i % 100 == 50 ? (i % 200 == 50 ? 1e300 : -1e17) : 1 + i % 7 * 1e-3);
  values[1234] = std::numeric_limits<double>::infinity();
  RollingFeatures rolling({.window = 10, .statistics = all_statistics, .closed = Closed::right});
  const RecordBatch with = rolling.partial_fit_transform(TableMaker().numbers("v", values));
  const auto mean = with.column<double>("v_rolling_mean_10");
  const auto deviation = with.column<double>("v_rolling_std_10");
  const auto high = with.column<double>("v_rolling_max_10");
  for (std::size_t i = 1244; i < 3000; ++i) {
    if (i % 100 >= 50 && i % 100 < 60) continue;
    long double sum = 0, squares = 0;
    double most = 0;
    for (std::size_t j = i - 9; j <= i; ++j) {
      sum += *values[j];
      most = std::max(most, *values[j]);
    }
    for (std::size_t j = i - 9; j <= i; ++j) squares += (*values[j] - sum / 10) * (*values[j] - sum / 10);
    REQUIRE(std::abs(mean[i] - static_cast<double>(sum / 10)) < 20 * 2.3e-16);
    REQUIRE(std::abs(deviation[i] / static_cast<double>(std::sqrt(squares / 9)) - 1) <
            20 * 2.3e-16 * (1 + 1 / deviation[i]));
    REQUIRE(high[i] == most);
  }
  CHECK_FALSE(mean.is_valid(1240));
  CHECK(high[1240] == std::numeric_limits<double>::infinity());
  RollingFeatures still({.window = 7, .statistics = {RollingStatistic::std}, .closed = Closed::right});
  const RecordBatch same =
      still.partial_fit_transform(TableMaker().numbers("v", std::vector<std::optional<double>>(50, 0.1)));
  for (std::size_t i = 1; i < 50; ++i) CHECK(same.column<double>("v_rolling_std_7")[i] == 0);
}

TEST_CASE("late rows, rows without time and without key are counted and left out, or taken as if in time") {
  const RecordBatch x = TableMaker()
                            .texts("key", {"a", "a", "a", "b", std::nullopt, "a", "a"})
                            .times("at", {10, 20, 15, 5, 30, std::nullopt, 20})
                            .numbers("v", {1, 2, 4, 8, 16, 32, 64});
  RollingFeaturesOptions options{.columns = {"v"},
                                 .by = {"key"},
                                 .duration = 100s,
                                 .on = "at",
                                 .statistics = {RollingStatistic::count, RollingStatistic::max}};
  RollingFeatures skip(options);
  const RecordBatch skipped = skip.partial_fit_transform(x);
  CHECK(skip.late_rows() == 2);
  CHECK(skip.keyless_rows() == 1);
  const auto count = skipped.column<double>("v_rolling_count_100s");
  const auto high = skipped.column<double>("v_rolling_max_100s");
  const std::vector<std::optional<double>> counts{0, 1, std::nullopt, 0, std::nullopt, std::nullopt, 2};
  for (std::size_t i = 0; i < 7; ++i) CHECK(count.get(i) == counts[i]);
  CHECK_FALSE(high.is_valid(0));
  CHECK(high.get(6) == 2.0);
  options.late = LateRows::accept;
  RollingFeatures accept(options);
  const RecordBatch accepted = accept.partial_fit_transform(x);
  CHECK(accept.late_rows() == 2);
  CHECK(accepted.column<double>("v_rolling_count_100s").get(2) == 2.0);
  CHECK(accepted.column<double>("v_rolling_max_100s").get(6) == 4.0);
}

TEST_CASE("times as far apart as they can be are told apart") {
  const auto far = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  const RecordBatch x = TableMaker().times("at", {-far, 0, far}).numbers("v", {1, 2, 3});
  RollingFeatures rolling({.duration = 1h, .on = "at", .statistics = {RollingStatistic::count}});
  const RecordBatch with = rolling.partial_fit_transform(x);
  CHECK(feature_support::column_of(with, "v_rolling_count_3600s") == std::vector<double>{0, 0, 0});
}

TEST_CASE("keys are bounded: the one not seen for longest is forgotten, and counted") {
  LagFeatures lags({.columns = {"v"}, .by = {"key"}, .max_keys = 2});
  const auto row = [&](const std::string& key, double v) {
    return lags.partial_fit_transform(TableMaker().texts("key", {key}).numbers("v", {v}))
        .column<double>("v_lag_1")
        .get(0);
  };
  CHECK(row("a", 1) == std::nullopt);
  CHECK(row("b", 2) == std::nullopt);
  CHECK(row("a", 3) == 1.0);
  CHECK(row("c", 4) == std::nullopt);  // b goes
  CHECK(lags.evicted_keys() == 1);
  CHECK(row("a", 5) == 3.0);
  CHECK(row("b", 6) == std::nullopt);  // c goes
  CHECK(row("a", 7) == 5.0);
  CHECK(lags.keys() == 2);
}

TEST_CASE("keys of several columns and of integers are told apart") {
  const RecordBatch x = TableMaker()
                            .texts("first", {"a", "ab", "a", "1:a"})
                            .texts("second", {"bc", "c", "bc", ""}, DataType::string)
                            .integers("shop", {7, 7, 7, 7})
                            .numbers("v", {1, 2, 3, 4});
  LagFeatures lags({.by = {"first", "second", "shop"}});
  const RecordBatch with = lags.partial_fit_transform(x);
  CHECK(lags.get_feature_names_out() == Names{"v_lag_1"});
  CHECK(lags.keys() == 3);
  CHECK(with.column<double>("v_lag_1").get(2) == 1.0);
}

TEST_CASE("keep and restore take back rows, keys and who was seen last") {
  const RecordBatch x = random_series(200, 8, 9).table();
  RollingFeatures rolling({.by = {"key"}, .window = 4, .statistics = all_statistics, .max_keys = 5});
  LagFeatures lags({.by = {"key"}, .lags = {1, 3}, .max_keys = 5});
  rolling.keep();
  rolling.partial_fit(x);
  rolling.restore();
  CHECK_THROWS_AS(rolling.transform(x), std::logic_error);
  for (std::size_t first = 0; first + 40 <= 200; first += 20) {
    const RecordBatch part = x.slice(first, 20), next = x.slice(first + 20, 20);
    RollingFeatures untouched = rolling;
    LagFeatures other = lags;
    rolling.keep();
    lags.keep();
    for (int round = 0; round < 2; ++round) {
      rolling.partial_fit(next);
      rolling.partial_fit(part);
      rolling.restore();
      lags.partial_fit(next);
      lags.restore();
    }
    CHECK(rolling.evicted_keys() == untouched.evicted_keys());
    // What comes next depends on all that is remembered, the order of keys included.
    RollingFeatures again = rolling;
    CHECK(bits_of(again.partial_fit_transform(x)) == bits_of(untouched.partial_fit_transform(x)));
    LagFeatures once_more = lags;
    CHECK(bits_of(once_more.partial_fit_transform(x)) == bits_of(other.partial_fit_transform(x)));
    rolling.partial_fit(part);
    lags.partial_fit(part);
  }
}

TEST_CASE("series of other keys can be taken over, of the same ones not") {
  const Series series = random_series(80, 4, 4);
  const RecordBatch x = series.table();
  const auto half = [&](bool even) {
    Series some;
    for (std::size_t i = 0; i < 80; ++i) {
      if ((series.key[i]->back() % 2 == 0) != even) continue;
      some.key.push_back(series.key[i]);
      some.seconds.push_back(series.seconds[i]);
      some.value.push_back(series.value[i]);
    }
    return some.table();
  };
  RollingFeatures all({.by = {"key"}, .window = 3}), a(all.options()), b(all.options());
  all.partial_fit(x);
  a.partial_fit(half(true));
  b.partial_fit(half(false));
  a.merge(b);
  CHECK(bits_of(a.transform(x)) == bits_of(all.transform(x)));
  CHECK_THROWS_WITH(a.merge(b), Catch::Matchers::Contains("knows key 'k"));
  CHECK(bits_of(a.transform(x)) == bits_of(all.transform(x)));
  CHECK_THROWS_AS(a.merge(RollingFeatures({.by = {"key"}, .window = 4})), std::invalid_argument);
  RollingFeatures keyless({.columns = {"value"}, .window = 3}), timed({.columns = {"value"}, .window = 3, .on = "at"});
  keyless.partial_fit(x);
  timed.partial_fit(x);
  RollingFeatures fresh({.columns = {"value"}, .by = {"key"}, .window = 3});
  CHECK_THROWS_WITH(fresh.merge(keyless), "RollingFeatures: merge with one of other keys or times (.by, .on)");
  CHECK_THROWS_WITH(keyless.merge(timed), "RollingFeatures: merge with one of other keys or times (.by, .on)");
  CHECK_THROWS_WITH(RollingFeatures({.columns = {"height"}, .by = {"key"}, .window = 3}).merge(a),
                    "RollingFeatures: merge with one of other columns");
  CHECK(bits_of(fresh.merge(a).transform(x)) == bits_of(a.transform(x)));
  LagFeatures one({.by = {"key"}}), two({.by = {"key"}}), both({.by = {"key"}});
  one.partial_fit(half(true));
  two.partial_fit(half(false));
  both.partial_fit(x);
  CHECK(bits_of(one.merge(two).transform(x)) == bits_of(both.transform(x)));
}

TEST_CASE("an infinite value makes mean and deviation missing until it has left") {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  for (const double value : {infinite, -infinite}) {
    RollingFeatures rolling(
        {.window = 3, .statistics = {RollingStatistic::mean, RollingStatistic::std}, .closed = Closed::right});
    std::vector<Column> columns;
    columns.emplace_back(std::vector<double>{1, value, 2, 3, 4});
    const RecordBatch out = rolling.partial_fit_transform(RecordBatch({{{.name = "a"}}}, std::move(columns)));
    const auto means = out.column<double>("a_rolling_mean_3"), deviations = out.column<double>("a_rolling_std_3");
    for (const std::size_t row : {1U, 2U, 3U}) {
      CHECK_FALSE(means.is_valid(row));
      CHECK_FALSE(deviations.is_valid(row));
    }
    CHECK(means.is_valid(0));
    CHECK(means[4] == 3);
    CHECK(deviations[4] == 1);
  }
}

TEST_CASE("a deviation that is too large for a number is missing, not infinite") {
  for (const double ddof : {0.0, 1.0}) {
    RollingFeatures rolling(
        {.window = 2, .statistics = {RollingStatistic::std}, .closed = Closed::right, .ddof = ddof});
    const RecordBatch out =
        rolling.partial_fit_transform(TableMaker().numbers("v", {1.0, 1e300, 1e300, 2.0, 4.0, missing, INFINITY}));
    const auto deviations = out.column<double>("v_rolling_std_2");
    CHECK_FALSE(deviations.is_valid(1));
    CHECK(deviations[2] == 0);
    CHECK_FALSE(deviations.is_valid(3));
    CHECK(deviations[4] == (ddof == 0 ? 1 : std::sqrt(2.0)));
    CHECK_FALSE(deviations.is_valid(6));
  }
}

TEST_CASE("restore() without keep() forgets all, so that other columns may come") {
  LagFeatures lags({.lags = {1, 2}});
  lags.partial_fit(TableMaker().numbers("a", {1.0, 2.0, 3.0}));
  lags.restore();
  CHECK(lags.keys() == 0);
  CHECK_THROWS_AS(lags.transform(TableMaker().numbers("a", {1.0})), std::logic_error);
  const RecordBatch wider = TableMaker().numbers("b", {4.0, 5.0}).numbers("c", {6.0, 7.0}).numbers("d", {8.0, 9.0});
  const RecordBatch out = lags.partial_fit_transform(wider);
  CHECK_FALSE(out.column<double>("d_lag_1").is_valid(0));
  CHECK(out.column<double>("d_lag_1")[1] == 8);
}

TEST_CASE("rolling and lags refuse what cannot work, by name, and have then learnt nothing") {
  CHECK_THROWS_WITH(RollingFeatures(RollingFeaturesOptions{}),
                    "RollingFeaturesOptions.window and .duration are both 0; one of them must be above");
  CHECK_THROWS_WITH(RollingFeatures({.duration = 1s}), StartsWith("RollingFeaturesOptions.on is empty"));
  CHECK_THROWS_AS(RollingFeatures({.duration = -1s, .on = "at"}), std::invalid_argument);
  CHECK_THROWS_WITH(RollingFeatures({.window = 3, .min_periods = 4}),
                    "RollingFeaturesOptions.min_periods is 4; it must be in [1, window]");
  CHECK_THROWS_AS(RollingFeatures({.window = 3, .min_periods = 0}), std::invalid_argument);
  CHECK_THROWS_AS(RollingFeatures({.window = 3, .statistics = {}}), std::invalid_argument);
  CHECK_THROWS_WITH(RollingFeatures({.window = 3, .statistics = {RollingStatistic::min, RollingStatistic::min}}),
                    "RollingFeaturesOptions.statistics has 'min' twice");
  CHECK_THROWS_AS(RollingFeatures({.window = 3, .ddof = 2}), std::invalid_argument);
  CHECK_THROWS_AS(RollingFeatures({.window = 3, .max_keys = 0}), std::invalid_argument);
  CHECK_THROWS_AS(RollingFeatures({.columns = {"v"}, .by = {"v"}, .window = 3}), std::invalid_argument);
  CHECK_THROWS_AS(LagFeatures({.lags = {}}), std::invalid_argument);
  CHECK_THROWS_WITH(LagFeatures({.lags = {0}}), "LagFeaturesOptions.lags has 0; each must be in [1, 1000000]");
  CHECK_THROWS_AS(LagFeatures({.lags = {2, 2}}), std::invalid_argument);

  const RecordBatch x = TableMaker().texts("key", {"a"}).numbers("v", {1});
  LagFeatures lags({.by = {"key"}});
  CHECK_THROWS_AS(lags.transform(x), std::logic_error);
  lags.partial_fit(x);
  CHECK_THROWS_WITH(lags.partial_fit(TableMaker().texts("key", {"a"}).numbers("v", {1}).numbers("v_lag_1", {1})),
                    StartsWith("column v_lag_1: found a column of this name"));
  CHECK_THROWS_WITH(lags.partial_fit(TableMaker().numbers("v", {1})), StartsWith("column key: found no such column"));
  CHECK_THROWS_AS(lags.partial_fit(TableMaker().texts("key", {"a"}).texts("v", {"1"})), Error);
  CHECK(lags.transform(x).column<double>("v_lag_1").get(0) == 1.0);
  RollingFeatures timed({.duration = 1s, .on = "v"});
  CHECK_THROWS_WITH(timed.partial_fit(x), "column v: found a column of type float64, expected timestamp");
  LagFeatures none({.by = {"v"}});
  CHECK_THROWS_AS(none.partial_fit(x), Error);
  LagFeatures no_numbers;
  CHECK_THROWS_AS(no_numbers.partial_fit(TableMaker().texts("key", {"a"})), Error);
}
