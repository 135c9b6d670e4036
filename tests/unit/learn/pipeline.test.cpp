// SPDX-License-Identifier: MIT
// Steps and a model as one: order, chunks, columns by name, growth, and what a call that throws leaves behind.
#include "penstock/learn/pipeline.hpp"

#include "penstock/learn/min_max_scaler.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/standard_scaler.hpp"

#include "catch.hpp"
#include "preprocessing_golden.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace penstock;
using preprocessing::no_value;
using preprocessing::table_of;
using sgd_support::make_rows;
using sgd_support::Rows;
using Names = std::vector<std::string>;

/// One column a text, in the order in which they come: 1 where the row has it.
struct OneColumnEach {
  std::string column{};
  std::vector<std::string> texts{};

  void partial_fit(const RecordBatch& x) { static_cast<void>(partial_fit_transform(x)); }
  RecordBatch partial_fit_transform(const RecordBatch& x) {
    for (const std::string_view text : x.column<std::string_view>(column)) {
      if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.emplace_back(text);
    }
    return transform(x);
  }
  RecordBatch transform(const RecordBatch& x) const {
    const auto view = x.column<std::string_view>(column);
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (const std::string& text : texts) {
      std::vector<double> values;
      for (const std::string_view found : view) values.push_back(found == text ? 1 : 0);
      fields.push_back({column + "_" + text, DataType::float64});
      columns.emplace_back(std::move(values));
    }
    Names kept;
    for (const Field& field : x.schema().fields) {
      if (field.name != column) kept.push_back(field.name);
    }
    return x.select(kept).with_columns(std::move(fields), std::move(columns));
  }
  Names get_feature_names_out() const {
    Names names;
    for (const std::string& text : texts) names.push_back(column + "_" + text);
    return names;
  }
};
static_assert(transformer<OneColumnEach> && !restorable<OneColumnEach>);

/// Learns how the first column goes with the target.
struct Supervised {
  double sum = 0;
  void partial_fit(const RecordBatch& x, std::span<const double> y) { static_cast<void>(partial_fit_transform(x, y)); }
  RecordBatch partial_fit_transform(const RecordBatch& x, std::span<const double> y) {
    std::vector<double> made;
    for (const double value : y) made.push_back(sum += value);
    return x.with_columns({{"sum", DataType::float64}}, {Column(std::move(made))});
  }
  RecordBatch transform(const RecordBatch& x) const {
    return x.with_columns({{"sum", DataType::float64}}, {Column(std::vector<double>(x.rows(), sum))});
  }
  Names get_feature_names_out() const { return {"sum"}; }
};

/// Makes a second column of the name of the first.
struct Doubled {
  void partial_fit(const RecordBatch&) {}
  RecordBatch partial_fit_transform(const RecordBatch& x) const { return transform(x); }
  RecordBatch transform(const RecordBatch& x) const {
    const Field& first = x.schema().fields[0];
    const auto values = x.column<double>(0).values();
    const Column column(std::vector<double>(values.begin(), values.end()));
    return RecordBatch({{first, first}}, {column, column});
  }
  Names get_feature_names_out() const { return {}; }
};

/// Takes everything but rows behind the hundredth.
struct Tired {
  std::size_t seen = 0;
  FeatureMatrix last{};
  void partial_fit(const FeatureMatrix& x, std::span<const double> y) {
    REQUIRE(static_cast<std::size_t>(x.rows()) == y.size());
    if (seen + y.size() > 100) throw std::runtime_error("too many");
    seen += y.size();
    last = x;
  }
  Eigen::VectorXd predict(const FeatureMatrix& x) const {
    return Eigen::VectorXd::Constant(x.rows(), static_cast<double>(x.cols()));
  }
};
static_assert(learner<Tired> && !growing_learner<Tired>);
static_assert(learner<SgdRegressor> && growing_learner<SgdRegressor> && growing_learner<SgdMultiRegressor>);
static_assert(!learner<StandardScaler> && !learner<OneColumnEach>);

using Scaled = Pipeline<StandardScaler, SgdRegressor>;
static_assert(std::is_same_v<decltype(StandardScaler{} | SgdRegressor{}), Scaled>);
static_assert(std::is_same_v<decltype((StandardScaler{} | OneColumnEach{}) | SgdRegressor{}),
                             decltype(StandardScaler{} | (OneColumnEach{} | SgdRegressor{}))>);
static_assert(Scaled::has_model && Scaled::takes<RecordBatch> && Scaled::takes<Eigen::MatrixXd>);
using Encoded = Pipeline<OneColumnEach, StandardScaler>;
static_assert(!Encoded::has_model && Encoded::takes<RecordBatch> && !Encoded::takes<FeatureMatrix>);
static_assert(transformer<Encoded> && !transformer<Encoded, FeatureMatrix> && !supervised_transformer<Encoded>);
static_assert(supervised_transformer<Pipeline<StandardScaler, Supervised>>);
template <class A, class B>
concept can_pipe = requires(A a, B b) { a | b; };
static_assert(!can_pipe<SgdRegressor, StandardScaler> && !can_pipe<Scaled, StandardScaler>);

/// A table of two numbers, and a text of which more and more kinds come.
struct Mixed {
  RecordBatch table;
  std::vector<double> y;
};
Mixed mixed_rows(std::size_t n) {
  sgd_support::Uniform uniform(9);
  std::vector<double> a;
  std::vector<double> b;
  StringValues texts;
  Mixed rows;
  for (std::size_t i = 0; i < n; ++i) {
    const auto kinds = 1 + i / 8;
    const auto kind = static_cast<std::size_t>((uniform() + 1) / 2 * static_cast<double>(kinds));
    a.push_back(5 + 3 * uniform());
    b.push_back(100 * uniform());
    texts.append("kind" + std::to_string(kind));
    rows.y.push_back(a.back() - 0.01 * b.back() + (kind % 2 == 0 ? 1 : -1) + 0.1 * uniform());
  }
  std::vector<Column> columns;
  columns.emplace_back(std::move(a));
  columns.emplace_back(std::move(texts));
  columns.emplace_back(std::move(b));
  rows.table = RecordBatch({{{"a", DataType::float64}, {"kind", DataType::string}, {"b", DataType::float64}}},
                           std::move(columns));
  return rows;
}

template <class P>
void learn_in_chunks(P& pipeline, const Mixed& rows, std::size_t chunk) {
  for (std::size_t first = 0; first < rows.table.rows(); first += chunk) {
    const std::size_t count = std::min(chunk, rows.table.rows() - first);
    pipeline.partial_fit(rows.table.slice(first, count), std::span(rows.y).subspan(first, count));
  }
}

auto encoded_model(const SgdOptions& options = {}) {
  return OneColumnEach{.column = "kind"} | StandardScaler({.columns = {"a", "b"}}) | SgdRegressor(options);
}

}  // namespace

TEST_CASE("a row is learnt by the scaler, scaled, and then learnt by the model") {
  const Rows rows = make_rows(150, 5);
  StandardScaler scaler;
  SgdRegressor model;
  for (Eigen::Index i = 0; i < 150; ++i) {
    scaler.partial_fit(rows.x.row(i));
    model.partial_fit(scaler.transform(rows.x.row(i)), rows.y.segment(i, 1));
  }
  Scaled pipeline;
  pipeline.partial_fit(rows.x, rows.y);
  CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(model));
  CHECK(pipeline.step<0>().mean() == scaler.mean());
  CHECK(pipeline.step<StandardScaler>().var() == scaler.var());
  CHECK(pipeline.predict(rows.x) == model.predict(scaler.transform(rows.x)));
  CHECK(pipeline.predict_one(rows.x.row(3)) == pipeline.predict(rows.x)[3]);
  CHECK(pipeline.transform(rows.x) == scaler.transform(rows.x));
}

TEST_CASE("learn_one and chunks of any size give the same bits") {
  const Rows rows = make_rows(150, 17);
  for (const SgdOptions& options : {SgdOptions{}, SgdOptions{.penalty = Penalty::l1, .average = 3},
                                    SgdOptions{.optimiser = AdaGrad{}}, SgdOptions{.arithmetic = Arithmetic::strict}}) {
    auto one_by_one = StandardScaler{} | MinMaxScaler{} | SgdRegressor(options);
    for (Eigen::Index i = 0; i < 150; ++i) one_by_one.learn_one(rows.x.row(i), rows.y[i]);
    for (const Eigen::Index chunk : {2, 7, 64, 150}) {
      auto pipeline = StandardScaler{} | MinMaxScaler{} | SgdRegressor(options);
      sgd_support::learn(pipeline, rows.x, rows.y, chunk);
      CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(one_by_one.model()));
    }
    auto weighted = StandardScaler{} | MinMaxScaler{} | SgdRegressor(options);
    weighted.partial_fit(rows.x, rows.y, Eigen::VectorXd::Ones(150));
    CHECK(sgd_support::bits(weighted.model()) == sgd_support::bits(one_by_one.model()));
  }
}

TEST_CASE("a table of any types and a matrix of the same numbers give the same bits") {
  const Rows rows = make_rows(150, 21);
  FeatureMatrix x = rows.x;
  std::vector<std::int64_t> whole;
  BooleanValues flags;
  for (Eigen::Index i = 0; i < 150; ++i) {
    whole.push_back(static_cast<std::int64_t>(100 * x(i, 11)));
    flags.bytes.push_back(x(i, 20) > 0 ? 1 : 0);
    x(i, 11) = static_cast<double>(whole.back());
    x(i, 20) = flags.bytes.back();
  }
  Names names;
  for (int j = 0; j < 21; ++j) names.push_back("f" + std::to_string(j));
  std::vector<Column> columns;
  columns.emplace_back(std::move(whole));
  columns.emplace_back(std::move(flags));
  const RecordBatch table =
      table_of(x, names).with_columns({{"f11", DataType::int64}, {"f20", DataType::boolean}}, std::move(columns));
  Scaled matrices;
  matrices.partial_fit(x, rows.y);
  Scaled tables;
  tables.partial_fit(table.slice(0, 70), rows.y.head(70));
  tables.partial_fit(table.slice(70, 80), rows.y.tail(80));
  CHECK(sgd_support::bits(tables.model()) == sgd_support::bits(matrices.model()));
  CHECK(tables.predict(table) == matrices.predict(x));
}

TEST_CASE("columns that an encoder adds in mid-stream grow the model, with the same bits for any chunks") {
  const Mixed rows = mixed_rows(120);
  for (const SgdOptions& options :
       {SgdOptions{}, SgdOptions{.penalty = Penalty::elasticnet, .average = 10}, SgdOptions{.optimiser = Adam{}}}) {
    auto one_by_one = encoded_model(options);
    for (std::size_t i = 0; i < 120; ++i) one_by_one.learn_one(rows.table.slice(i, 1), rows.y[i]);
    const Names names = one_by_one.get_feature_names_out();
    CHECK(names.size() == 2 + one_by_one.step<0>().texts.size());
    CHECK(Names(names.begin(), names.begin() + 3) == Names{"a", "b", "kind_kind0"});
    CHECK(one_by_one.model().n_features() == names.size());
    for (const std::size_t chunk : {2U, 7U, 50U, 120U}) {
      auto pipeline = encoded_model(options);
      learn_in_chunks(pipeline, rows, chunk);
      CHECK(pipeline.get_feature_names_out() == names);
      CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(one_by_one.model()));
      CHECK(pipeline.predict(rows.table) == one_by_one.predict(rows.table));
    }
  }
}

TEST_CASE("a model that grew knows what one with all columns from the start knows") {
  const Mixed rows = mixed_rows(120);
  auto pipeline = encoded_model({.arithmetic = Arithmetic::strict});
  learn_in_chunks(pipeline, rows, 30);
  OneColumnEach all{.column = "kind"};
  all.partial_fit(rows.table);
  StandardScaler scaler({.columns = {"a", "b"}});
  const RecordBatch table = scaler.partial_fit_transform(all.transform(rows.table));
  SgdRegressor model({.arithmetic = Arithmetic::strict});
  model.partial_fit(table.select(pipeline.get_feature_names_out()), rows.y);
  CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(model));
}

TEST_CASE("predict and transform learn nothing, and unknown categories count as none") {
  const Mixed rows = mixed_rows(120);
  auto pipeline = encoded_model();
  pipeline.partial_fit(rows.table.slice(0, 40), std::span(rows.y).first(40));
  const auto before = sgd_support::bits(pipeline.model());
  const std::size_t texts = pipeline.step<0>().texts.size();
  const auto mean = pipeline.step<1>().mean();
  const Eigen::VectorXd forecast = pipeline.predict(rows.table);
  static_cast<void>(pipeline.transform(rows.table));
  for (Eigen::Index i = 0; i < 120; ++i) {
    CHECK(pipeline.predict_one(rows.table.slice(static_cast<std::size_t>(i), 1)) == forecast[i]);
  }
  CHECK(sgd_support::bits(pipeline.model()) == before);
  CHECK(pipeline.step<0>().texts.size() == texts);
  CHECK(pipeline.step<1>().mean() == mean);
  CHECK(pipeline.report().empty());
  CHECK(forecast.allFinite());
}

TEST_CASE("before the first row a pipeline predicts what its model predicts then") {
  const Rows rows = make_rows(4, 3);
  const Scaled pipeline;
  CHECK(pipeline.predict(rows.x) == Eigen::VectorXd::Zero(4));
  CHECK(pipeline.predict(table_of(rows.x, {"a", "b", "c"})) == Eigen::VectorXd::Zero(4));
  CHECK(pipeline.predict_one(rows.x.row(0)) == 0);
}

TEST_CASE("columns are matched by name, and what did not fit is reported") {
  const Rows rows = make_rows(60, 3);
  const RecordBatch table = table_of(rows.x, {"a", "b", "c"});
  Scaled expected;
  expected.partial_fit(table, rows.y);
  Scaled pipeline;
  pipeline.partial_fit(table.slice(0, 20), rows.y.head(20));
  pipeline.partial_fit(table.slice(20, 20).select({"c", "a", "b"}), rows.y.segment(20, 20));
  CHECK(pipeline.report().empty());
  const RecordBatch wider = table.slice(40, 20).with_columns(
      {{"new", DataType::float64}, {"text", DataType::string}},
      {Column(std::vector<double>(20, no_value)), Column(StringValues{{}, std::vector<std::uint32_t>(21, 0)})});
  pipeline.partial_fit(wider, rows.y.tail(20));
  CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(expected.model()));
  CHECK(pipeline.predict(wider.select({"b", "new", "c", "a"})) == expected.predict(table.slice(40, 20)));
  REQUIRE(pipeline.report().unknown.size() == 2);
  CHECK(pipeline.report().unknown[0].name == "new");
  CHECK(pipeline.report().unknown[1].rows == 20);
  CHECK(pipeline.report().missing.empty());
  std::vector<Field> fields;
  std::vector<Column> columns;
  for (int k = 0; k < 1003; ++k) {
    fields.push_back({"n" + std::to_string(k), DataType::float64});
    columns.emplace_back(std::vector<double>(20, no_value));
  }
  for (int i = 0; i < 2; ++i) {
    pipeline.partial_fit(wider.with_columns(fields, columns).select({"n1", "n0", "text", "c", "a", "b"}),
                         rows.y.tail(20));
  }
  pipeline.partial_fit(wider.with_columns(fields, columns), rows.y.tail(20));
  REQUIRE(pipeline.report().unknown.size() == 1000);
  CHECK(pipeline.report().unknown[0].rows == 40);
  CHECK(pipeline.report().unknown[1].name == "text");
  CHECK(pipeline.report().unknown[1].rows == 80);
  CHECK(pipeline.report().unknown[2].name == "n1");
  CHECK(pipeline.report().unknown[2].rows == 60);
  CHECK(pipeline.report().unknown[999].rows == 20);
  CHECK(pipeline.report().further_unknown_rows == 5 * 20);
}

TEST_CASE("a missing column is treated as the options say") {
  const Rows rows = make_rows(60, 3);
  const RecordBatch table = table_of(rows.x, {"a", "b", "c"});
  const RecordBatch without = table.select({"c", "a"});
  Scaled strict;
  strict.partial_fit(table, rows.y);
  CHECK_THROWS_WITH(strict.predict(without), StartsWith("column b: found no such column, expected one of: c, a"));
  CHECK_THROWS_AS(strict.partial_fit(without, rows.y), Error);
  CHECK(strict.report().empty());

  auto filled = Scaled(PipelineOptions{.missing_columns = MissingColumns::fill, .fill_value = 0.25}, StandardScaler{},
                       SgdRegressor{});
  filled.partial_fit(table, rows.y);
  CHECK(sgd_support::bits(filled.model()) == sgd_support::bits(strict.model()));
  FeatureMatrix quarter = rows.x;
  quarter.col(1).setConstant(0.25);
  CHECK(filled.predict(without) == strict.predict(table_of(quarter, {"a", "b", "c"})));
  CHECK(filled.report().empty());  // predicting leaves no trace
  filled.partial_fit(without, rows.y);
  strict.partial_fit(table_of(quarter, {"a", "b", "c"}), rows.y);
  CHECK(sgd_support::bits(filled.model()) == sgd_support::bits(strict.model()));
  REQUIRE(filled.report().missing.size() == 1);
  CHECK(filled.report().missing[0].name == "b");
  CHECK(filled.report().missing[0].rows == 60);

  const auto nans = filled.with_options({.missing_columns = MissingColumns::nan});
  CHECK(std::isnan(nans.predict(without)[0]));  // nothing here fills them
}

TEST_CASE("a column whose type has changed is named") {
  const Rows rows = make_rows(4, 2);
  const RecordBatch table = table_of(rows.x, {"a", "b"});
  Scaled pipeline;
  pipeline.partial_fit(table, rows.y);
  const RecordBatch texts =
      table.with_columns({{"b", DataType::string}}, {Column(StringValues{{}, std::vector<std::uint32_t>(5, 0)})});
  CHECK_THROWS_WITH(pipeline.partial_fit(texts, rows.y),
                    "column b: found a column of type string, expected one of type float64, as in the first table");
  CHECK_THROWS_AS(pipeline.predict(texts), Error);
  const RecordBatch whole =
      table.with_columns({{"b", DataType::int64}}, {Column(std::vector<std::int64_t>{1, 2, 3, 4})});
  pipeline.partial_fit(whole, rows.y);  // a number all the same
  Scaled other;
  CHECK_THROWS_WITH(other.partial_fit(texts, rows.y),
                    "column b: found a column of type string, expected numbers (encode texts first)");
  CHECK_FALSE(other.step<0>().fitted());
  other.partial_fit(table, rows.y);
}

TEST_CASE("a call that throws leaves steps and model as they were") {
  const Mixed rows = mixed_rows(120);
  auto pipeline = encoded_model();
  learn_in_chunks(pipeline, {rows.table.slice(0, 40), {rows.y.begin(), rows.y.begin() + 40}}, 40);
  auto unharmed = pipeline;
  std::vector<double> bad(rows.y.begin() + 40, rows.y.end());
  bad[61] = std::numeric_limits<double>::infinity();
  // The model finds it, when the steps have learnt and new categories have come.
  CHECK_THROWS_WITH(pipeline.partial_fit(rows.table.slice(40, 80), bad), StartsWith("row 62: found a target of inf"));
  CHECK(pipeline.step<0>().texts == unharmed.step<0>().texts);
  CHECK(pipeline.get_feature_names_out() == unharmed.get_feature_names_out());
  CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(unharmed.model()));
  for (auto* p : {&pipeline, &unharmed}) p->partial_fit(rows.table.slice(40, 80), std::span(rows.y).subspan(40, 80));
  CHECK(sgd_support::bits(pipeline.model()) == sgd_support::bits(unharmed.model()));
  CHECK(pipeline.step<1>().var() == unharmed.step<1>().var());

  auto fresh = encoded_model();  // the first call of all
  CHECK_THROWS_WITH(fresh.partial_fit(rows.table.slice(40, 80), bad), StartsWith("row 62:"));
  CHECK(fresh.step<0>().texts.empty());
  CHECK_FALSE(fresh.step<1>().fitted());
  CHECK(fresh.get_feature_names_out().empty());
  learn_in_chunks(fresh, rows, 120);
  auto expected = encoded_model();
  learn_in_chunks(expected, rows, 120);
  CHECK(sgd_support::bits(fresh.model()) == sgd_support::bits(expected.model()));
}

TEST_CASE("a step that throws leaves the steps before it as they were, unless that is switched off") {
  Mixed rows = mixed_rows(60);
  auto pipeline = encoded_model();
  pipeline.partial_fit(rows.table.slice(0, 10), std::span(rows.y).first(10));
  std::vector<double> b(50, 1.0);
  b[30] = std::numeric_limits<double>::infinity();
  const RecordBatch bad = rows.table.slice(10, 50).with_columns({{"b", DataType::float64}}, {Column(std::move(b))});
  const auto texts = pipeline.step<0>().texts;
  CHECK_THROWS_WITH(pipeline.partial_fit(bad, std::span(rows.y).last(50)), StartsWith("row 31, column b: found inf"));
  CHECK(pipeline.step<0>().texts == texts);
  auto keeps = pipeline.with_options({.all_or_nothing = false});
  const auto before = sgd_support::bits(keeps.model());
  CHECK_THROWS_AS(keeps.partial_fit(bad, std::span(rows.y).last(50)), Error);
  CHECK(keeps.step<0>().texts.size() > texts.size());
  CHECK(sgd_support::bits(keeps.model()) == before);
}

TEST_CASE("any model will do; one that cannot grow says so") {
  const Mixed rows = mixed_rows(60);
  auto fixed = StandardScaler({.columns = {"a"}}) | Tired{};
  const RecordBatch numbers = rows.table.select({"b", "a"});
  fixed.partial_fit(numbers, rows.y);
  CHECK(fixed.model().seen == 60);
  CHECK(fixed.predict(numbers)[0] == 2);
  CHECK_THROWS_WITH(fixed.partial_fit(numbers, rows.y), "too many");
  CHECK(fixed.step<0>().n_samples_seen()[0] == 60);
  fixed.learn_one(numbers.slice(0, 1), 1);
  CHECK_THROWS_WITH(fixed.learn_one(numbers.slice(0, 1), 1, 2), "Pipeline: weights for a model that takes none");
  auto growing = OneColumnEach{.column = "kind"} | Tired{};
  CHECK_THROWS_WITH(growing.partial_fit(rows.table, rows.y),
                    StartsWith("column kind_kind1: found a column that is new behind the last step"));
  CHECK(growing.model().seen == 0);
  CHECK(growing.step<0>().texts.empty());
}

TEST_CASE("steps that learn from targets get them, and the pipeline passes them on") {
  const Mixed rows = mixed_rows(20);
  auto pipeline = OneColumnEach{.column = "kind"} | Supervised{} | SgdRegressor{};
  pipeline.partial_fit(rows.table.slice(0, 12), std::span(rows.y).first(12));
  pipeline.partial_fit(rows.table.slice(12, 8), std::vector<double>(rows.y.begin() + 12, rows.y.end()));
  double sum = 0;
  for (const double value : rows.y) sum += value;
  CHECK(pipeline.step<1>().sum == sum);
  auto steps = OneColumnEach{.column = "kind"} | Supervised{};
  const RecordBatch made = steps.partial_fit_transform(rows.table, rows.y);
  CHECK(made.column<double>("sum")[19] == sum);
  CHECK_THROWS_WITH(steps.partial_fit(rows.table, std::vector<double>(3)), "Pipeline: 20 rows, but 3 targets");
}

TEST_CASE("a pipeline of transformers is a transformer") {
  const Mixed rows = mixed_rows(30);
  auto steps = OneColumnEach{.column = "kind"} | StandardScaler({.columns = {"a"}});
  const RecordBatch made = steps.partial_fit_transform(rows.table);
  OneColumnEach first{.column = "kind"};
  StandardScaler second({.columns = {"a"}});
  const RecordBatch expected = second.partial_fit_transform(first.partial_fit_transform(rows.table));
  CHECK(made.schema() == expected.schema());
  CHECK(made.column<double>("a")[29] == expected.column<double>("a")[29]);
  CHECK(steps.get_feature_names_out() == Names{"a"});
  CHECK(steps.transform(rows.table).column<double>("a")[29] == made.column<double>("a")[29]);
  auto model = steps | SgdRegressor{};  // what was learnt comes along
  CHECK(model.step<1>().fitted());
  model.partial_fit(rows.table, rows.y);
  CHECK(model.predict(rows.table).size() == 30);
}

TEST_CASE("classifiers and models of several targets stand at the end as well") {
  const Rows rows = make_rows(100, 4);
  auto classifier = StandardScaler{} | SgdClassifier({.loss = Loss::log_loss});
  classifier.partial_fit(rows.x, rows.three);
  const auto scaled = classifier.step<0>().transform(rows.x);
  CHECK(classifier.predict(rows.x) == classifier.model().predict(scaled));
  CHECK(classifier.predict_proba(rows.x) == classifier.model().predict_proba(scaled));
  CHECK(classifier.decision_function(rows.x) == classifier.model().decision_function(scaled));
  Eigen::MatrixXd y(100, 2);
  y << rows.y, rows.labels;
  auto several = StandardScaler{} | SgdMultiRegressor{};
  several.partial_fit(rows.x, y);
  auto tables = StandardScaler{} | SgdMultiRegressor{};
  tables.partial_fit(table_of(rows.x, {"a", "b", "c", "d"}), y);
  CHECK(tables.predict(table_of(rows.x, {"a", "b", "c", "d"})) == several.predict(rows.x));
  auto alone = make_pipeline(SgdRegressor{});
  alone.partial_fit(rows.x, rows.y);
  SgdRegressor model;
  model.partial_fit(rows.x, rows.y);
  CHECK(sgd_support::bits(alone.model()) == sgd_support::bits(model));
}

TEST_CASE("pipelines refuse what cannot be learnt") {
  const Rows rows = make_rows(10, 3);
  const RecordBatch table = table_of(rows.x, {"a", "b", "c"});
  Scaled pipeline;
  pipeline.partial_fit(rows.x.topRows(0), rows.y.head(0));
  pipeline.partial_fit(table.slice(0, 0), rows.y.head(0));
  CHECK_THROWS_WITH(pipeline.partial_fit(table, rows.y.head(9)), "Pipeline: 10 rows, but 9 targets");
  CHECK_THROWS_WITH(pipeline.partial_fit(table, rows.y, std::vector<double>(3)), "Pipeline: 10 rows, but 3 weights");
  CHECK_THROWS_WITH(pipeline.learn_one(table, 1), "Pipeline: 10 rows where one is needed");
  pipeline.partial_fit(table, rows.y);
  CHECK_THROWS_WITH(pipeline.partial_fit(rows.x, rows.y), "Pipeline: a matrix, but tables have been learnt");
  CHECK_THROWS_WITH(pipeline.predict(rows.x), "Pipeline: a matrix, but tables have been learnt");
  Scaled other;
  other.partial_fit(rows.x, rows.y);
  CHECK_THROWS_WITH(other.predict(table), "Pipeline: a table, but matrices have been learnt");
  CHECK_THROWS_WITH(Scaled(PipelineOptions{.fill_value = no_value}, StandardScaler{}, SgdRegressor{}),
                    StartsWith("PipelineOptions.fill_value is nan"));
  Scaled twice;
  const RecordBatch doubled = RecordBatch({{{"a", DataType::float64}, {"a", DataType::float64}}},
                                          {Column(std::vector<double>(10)), Column(std::vector<double>(10))});
  CHECK_THROWS_WITH(twice.partial_fit(doubled, rows.y), StartsWith("column a: found two columns of that name"));
  auto made_twice = Doubled{} | SgdRegressor{};
  CHECK_THROWS_WITH(made_twice.partial_fit(table, rows.y), StartsWith("column a: found two columns of that name"));
  CHECK(made_twice.model().n_features() == 0);
}

TEST_CASE("a pipeline of steps that had learnt before predicts as they do, and learns on") {
  const Rows rows = make_rows(200, 3);
  const RecordBatch table = table_of(rows.x, {"a", "b", "c"});
  StandardScaler scaler;
  SgdRegressor model;
  model.partial_fit(scaler.partial_fit_transform(rows.x), rows.y);
  const auto expected = model.predict(scaler.transform(rows.x));
  REQUIRE(expected.norm() > 1);
  const auto pipeline = scaler | model;
  CHECK(pipeline.predict(rows.x) == expected);
  CHECK(pipeline.predict_one(rows.x.row(7)) == expected[7]);

  StandardScaler by_name;
  by_name.partial_fit(table);
  auto tables = by_name | model;
  CHECK(tables.predict(table) == expected);
  CHECK(tables.predict(table.slice(0, 0)).size() == 0);
  CHECK_THROWS_AS(tables.predict(table.select(Names{"a", "b"})), std::exception);
  const auto alone = make_pipeline(model);
  CHECK(alone.predict(table) == model.predict(rows.x));

  SgdRegressor further = model;
  const FeatureMatrix scaled = scaler.partial_fit_transform(rows.x);
  further.partial_fit(scaled, rows.y);
  tables.partial_fit(table, rows.y);
  CHECK(sgd_support::bits(tables.model()) == sgd_support::bits(further));

  // Before anything has been learnt, the steps are not asked.
  CHECK((StandardScaler{} | SgdRegressor{}).predict(table).norm() == 0);
}
