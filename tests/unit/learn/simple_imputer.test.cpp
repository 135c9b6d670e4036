// SPDX-License-Identifier: MIT
// Filled values against scikit-learn, texts, and what is bounded.
#include "penstock/learn/simple_imputer.hpp"

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/standard_scaler.hpp"

#include "catch.hpp"
#include "preprocessing_golden.hpp"
#include "sgd_support.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace penstock;
using namespace preprocessing;
using Names = std::vector<std::string>;

static_assert(transformer<SimpleImputer> && transformer<SimpleImputer, FeatureMatrix>);

constexpr ImputeStrategy strategies[] = {ImputeStrategy::mean, ImputeStrategy::median, ImputeStrategy::most_frequent,
                                         ImputeStrategy::constant};

/// Texts, categories and numbers, "" and -1 for missing ones.
RecordBatch people(const std::vector<std::pair<std::string, int>>& rows, DataType dtype = DataType::string) {
  RecordBatchBuilder builder({{{"city", dtype}, {"age", DataType::int64}, {"day", DataType::timestamp}}});
  for (const auto& [city, age] : rows) {
    city.empty() ? builder.append_null(0) : builder.append<std::string_view>(0, city);
    age < 0 ? builder.append_null(1) : builder.append<std::int64_t>(1, age);
    builder.append_null(2);
  }
  return builder.finish();
}

Names cities(const RecordBatch& x) {
  Names all;
  for (const std::string_view city : x.column<std::string_view>("city")) all.emplace_back(city);
  return all;
}

}  // namespace

TEST_CASE("SimpleImputer fills as scikit-learn does") {
  const FeatureMatrix x = golden_matrix("rows");
  const std::vector<std::pair<std::string, SimpleImputerOptions>> cases{
      {"mean", {.add_indicator = true}},
      {"median", {.strategy = ImputeStrategy::median, .add_indicator = true}},
      {"most_frequent", {.strategy = ImputeStrategy::most_frequent, .add_indicator = true}},
      {"constant", {.strategy = ImputeStrategy::constant, .fill_value = -1.5, .add_indicator = true}}};
  for (const auto& [title, options] : cases) {
    INFO(title);
    SimpleImputer imputer(options);
    imputer.partial_fit(x.topRows(4));
    imputer.partial_fit(x.bottomRows(26));
    const FeatureMatrix filled = imputer.transform(x);
    CHECK(filled.cols() == 12);
    check_close(filled, golden("impute_" + title), title == "mean" ? 1e-13 : 0);
    const Names names{"a", "b", "c", "d", "e", "f"};
    SimpleImputer tables(options);
    tables.partial_fit(table_of(x, names));
    CHECK(bits(matrix_of(tables.transform(table_of(x, names)), tables.get_feature_names_out())) == bits(filled));
    CHECK(tables.get_feature_names_out()[6] == "missingindicator_a");
  }
}

TEST_CASE("rows are filled by those up to them, however they are cut") {
  const FeatureMatrix x = golden_matrix("rows");
  for (const ImputeStrategy strategy : strategies) {
    SimpleImputer one_by_one({.strategy = strategy});
    const FeatureMatrix expected = by_chunks(one_by_one, x, 1);
    CHECK(expected.allFinite());
    CHECK(expected(0, 5) == 0);  // no value yet
    for (const Eigen::Index chunk : {3, 7, 30}) {
      SimpleImputer imputer({.strategy = strategy});
      CHECK(bits(by_chunks(imputer, x, chunk)) == bits(expected));
      SimpleImputer learnt({.strategy = strategy});
      learnt.partial_fit(x);
      CHECK(bits(learnt.transform(x)) == bits(imputer.transform(x)));
    }
  }
}

TEST_CASE("texts and categories are filled by the most frequent or a text") {
  const std::vector<std::pair<std::string, int>> rows{{"", 3},     {"Rome", -1}, {"", 3},
                                                      {"Oslo", 1}, {"", 1},      {"Rome", 1}};
  for (const DataType dtype : {DataType::string, DataType::category}) {
    const RecordBatch table = people(rows, dtype);
    SimpleImputer most({.strategy = ImputeStrategy::most_frequent});
    const RecordBatch filled = most.partial_fit_transform(table);
    CHECK(cities(filled) == Names{"missing_value", "Rome", "Rome", "Oslo", "Oslo", "Rome"});  // the least of a tie
    CHECK(filled.schema().fields[0].dtype == dtype);
    CHECK(filled.column<double>("age")[1] == 3);
    CHECK(most.statistic("city") == "Rome");
    CHECK(most.statistics()[0] == 1);
    CHECK(cities(most.transform(table))[0] == "Rome");
    CHECK(most.get_feature_names_out() == Names{"city", "age"});  // times are not taken
    SimpleImputer by_rows({.strategy = ImputeStrategy::most_frequent});
    Names one_by_one;
    for (std::size_t i = 0; i < 6; ++i) {
      one_by_one.push_back(cities(by_rows.partial_fit_transform(table.slice(i, 1)))[0]);
    }
    CHECK(one_by_one == cities(filled));
    SimpleImputer constant(
        {.columns = {"city"}, .strategy = ImputeStrategy::constant, .fill_text = "nowhere", .add_indicator = true});
    const RecordBatch marked = constant.partial_fit_transform(table);
    CHECK(cities(marked)[4] == "nowhere");
    CHECK(marked.column<double>("missingindicator_city")[4] == 1);
    CHECK(marked.column<double>("missingindicator_city")[5] == 0);
    CHECK_FALSE(marked.column<std::int64_t>("age").is_valid(1));
  }
}

TEST_CASE("merged imputers know what one of all rows knows") {
  const FeatureMatrix x = golden_matrix("rows");
  for (const ImputeStrategy strategy : strategies) {
    SimpleImputer all({.strategy = strategy});
    all.partial_fit(x);
    SimpleImputer merged({.strategy = strategy});
    SimpleImputer rest({.strategy = strategy});
    merged.partial_fit(x.topRows(11));
    rest.partial_fit(x.bottomRows(19));
    merged.merge(rest).merge(SimpleImputer({.strategy = strategy}));
    check_close(merged.statistics(), all.statistics());
    SimpleImputer empty({.strategy = strategy});
    empty.merge(all);
    check_close(empty.transform(x), all.transform(x), 0);
  }
  SimpleImputer a({.strategy = ImputeStrategy::most_frequent});
  SimpleImputer b({.strategy = ImputeStrategy::most_frequent});
  a.partial_fit(people({{"Rome", 1}, {"Rome", 2}}));
  b.partial_fit(people({{"Oslo", 1}, {"Oslo", 2}, {"Rome", 1}, {"Oslo", 1}, {"Oslo", 1}}));
  a.merge(b);
  CHECK(a.statistic("city") == "Oslo");
  CHECK_THROWS_AS(a.merge(SimpleImputer()), std::invalid_argument);
  SimpleImputer numbers({.strategy = ImputeStrategy::most_frequent});
  numbers.partial_fit(x);
  CHECK_THROWS_WITH(a.merge(numbers), "SimpleImputer: merge of one that has learnt other columns");
}

TEST_CASE("an imputer refuses to merge what its options contradict") {
  const RecordBatch x = people({{"Rome", 1}, {"Rome", -1}});
  const auto refuses = [&](SimpleImputerOptions options, const std::string& option, SimpleImputer fresh) {
    SimpleImputer other(std::move(options));
    other.partial_fit(x);
    CHECK_THROWS_WITH(fresh.merge(other), "SimpleImputer: merge of one with another " + option);
    CHECK_THROWS_AS(fresh.transform(x), std::logic_error);  // nothing was taken over
  };
  refuses({.strategy = ImputeStrategy::constant}, "strategy", SimpleImputer());
  refuses({.fill_value = 7}, "fill_value", SimpleImputer());
  refuses({.fill_text = "none"}, "fill_text", SimpleImputer());
  refuses({.add_indicator = true}, "add_indicator", SimpleImputer());
  refuses({.sketch_size = 64}, "sketch_size", SimpleImputer());
  refuses({.max_categories = 3}, "max_categories", SimpleImputer());
  refuses({.half_life = 3}, "half_life", SimpleImputer());
  SimpleImputer of_age({.columns = {"age"}}), all, height({.columns = {"height"}});
  all.partial_fit(x);  // of the numbers, which are age
  CHECK(of_age.merge(all).get_feature_names_out() == Names{"age"});
  CHECK_THROWS_WITH(height.merge(all), "SimpleImputer: merge of one that has learnt other columns");
}

TEST_CASE("an indicator takes no column's name") {
  RecordBatchBuilder builder({{{"age", DataType::float64}, {"missingindicator_age", DataType::float64}}});
  builder.append<double>(0, 3);
  builder.append<double>(1, 42);
  const RecordBatch x = builder.finish();
  SimpleImputer imputer({.columns = {"age"}, .add_indicator = true});
  const std::string refused =
      "column missingindicator_age: found a column of this name in the table, expected none: it is to be made";
  CHECK_THROWS_WITH(imputer.partial_fit(x), refused);
  CHECK_THROWS_WITH(imputer.partial_fit_transform(x), refused);
  CHECK_THROWS_AS(imputer.transform(x), std::logic_error);  // nothing was learnt
  imputer.partial_fit(people({{"Rome", 1}}));
  CHECK_THROWS_WITH(imputer.transform(x), refused);
}

TEST_CASE("a mean may fade") {
  FeatureMatrix x(200, 1);
  for (Eigen::Index i = 0; i < 200; ++i) x(i, 0) = i < 100 ? 0 : 10;
  SimpleImputer imputer({.half_life = 5});
  imputer.partial_fit(x);
  CHECK(std::abs(imputer.statistics()[0] - 10) < 1e-4);
}

TEST_CASE("a mean that fades fills however long its column has been missing") {
  FeatureMatrix x(4000, 1);
  for (Eigen::Index i = 0; i < x.rows(); ++i) x(i, 0) = i < 100 ? 10 : no_value;
  SimpleImputer imputer({.half_life = 0.5});
  imputer.partial_fit(x);
  CHECK(imputer.statistics()[0] == 10);
}

TEST_CASE("the most frequent of more values than places is found if it is frequent enough") {
  detail::ValueCounts<double> counts(10);
  for (int i = 0; i < 5000; ++i) counts.add(i % 4 == 0 ? -1 : i);
  CHECK(counts.most_frequent() == -1);
  CHECK_FALSE(counts.exact());
  detail::ValueCounts<double> few(2);
  for (const double x : {3.0, 1.0}) few.add(x);
  CHECK(few.most_frequent() == 1);
  few.add(2);  // takes the place of 3, and its count
  CHECK(few.most_frequent() == 2);
  few.add(1);
  few.add(1);
  CHECK(few.most_frequent() == 1);
}

TEST_CASE("counts of more values than places are those of an oracle that looks through all of them") {
  sgd_support::Uniform uniform(9);
  for (const double spread : {3.0, 30.0, 3000.0}) {
    detail::ValueCounts<double> counts(20);
    std::map<double, std::uint64_t> oracle;
    for (int i = 0; i < 4000; ++i) {
      const double value = std::floor(spread * uniform() * uniform() * uniform());
      counts.add(value);
      if (oracle.count(value) == 0 && oracle.size() == 20) {
        auto least = oracle.begin();  // of those with the least count the greatest
        for (auto it = oracle.begin(); it != oracle.end(); ++it) {
          if (it->second <= least->second) least = it;
        }
        const std::uint64_t count = least->second;
        oracle.erase(least);
        oracle[value] = count;
      }
      ++oracle[value];
      auto most = oracle.begin();
      for (auto it = oracle.begin(); it != oracle.end(); ++it) {
        if (it->second > most->second) most = it;
      }
      REQUIRE(counts.most_frequent() == most->first);
      if (i % 500 == 499) counts.merge(detail::ValueCounts<double>(20));
    }
    CHECK(counts.exact() == (spread == 3));
  }
}

TEST_CASE("imputers refuse what they cannot learn, and are as they were") {
  SimpleImputer imputer({.strategy = ImputeStrategy::most_frequent});
  CHECK_THROWS_AS(imputer.transform(people({{"Rome", 1}})), std::logic_error);
  imputer.partial_fit(people({}));
  CHECK_THROWS_AS(imputer.transform(people({{"Rome", 1}})), std::logic_error);
  imputer.partial_fit(people({{"Rome", 1}, {"Oslo", 2}, {"Oslo", 2}}));
  const RecordBatch changed = people({{"Rome", 1}})
                                  .select({"city"})
                                  .with_columns({{"age", DataType::string}}, {Column(StringValues{{}, {0, 0}})});
  CHECK_THROWS_WITH(imputer.partial_fit(changed), "column age: found a column of type string, expected numbers");
  CHECK_THROWS_WITH(imputer.partial_fit(people({{"Rome", 1}}).select({"age"})),
                    StartsWith("column city: found no such column"));
  const RecordBatch infinite =
      people({{"Rome", 1}})
          .with_columns({{"age", DataType::float64}},
                        {Column(std::vector<double>{std::numeric_limits<double>::infinity()})});
  CHECK_THROWS_WITH(imputer.partial_fit(infinite), StartsWith("row 1, column age: found inf"));
  CHECK(imputer.statistic("city") == "Oslo");
  CHECK(imputer.statistics()[0] == 2);
  SimpleImputer mean({.columns = {"city"}});
  CHECK_THROWS_WITH(mean.partial_fit(people({{"Rome", 1}})),
                    "column city: found a column of type string, expected numbers");
  CHECK_THROWS_WITH(SimpleImputer({.fill_value = no_value}), StartsWith("SimpleImputerOptions.fill_value is nan"));
  CHECK_THROWS_WITH(SimpleImputer({.strategy = ImputeStrategy::median, .half_life = 3}),
                    StartsWith("SimpleImputerOptions.half_life is 3.0"));
  CHECK_THROWS_WITH(SimpleImputer({.max_categories = 0}), StartsWith("SimpleImputerOptions.max_categories is 0"));
}

TEST_CASE("an imputer before a scaler lets a model learn from gaps, and fills a column that is missing") {
  FeatureMatrix x = golden_matrix("rows");
  const Eigen::VectorXd y = Eigen::VectorXd::LinSpaced(30, 0, 1);
  const RecordBatch table = table_of(x, {"a", "b", "c", "d", "e", "f"});
  auto model =
      (SimpleImputer{} | StandardScaler{} | SgdRegressor{}).with_options({.missing_columns = MissingColumns::nan});
  model.partial_fit(table, y);
  CHECK(model.predict(table.select({"f", "a", "b", "c", "d"})).allFinite());
  CHECK(model.predict(table).allFinite());
}
