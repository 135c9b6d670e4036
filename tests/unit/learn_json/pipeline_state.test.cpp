// SPDX-License-Identifier: MIT
// Transformers and pipelines that are saved in mid-stream and loaded go on with the same bits.
#include "penstock/adapters/json/state.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/correlation_filter.hpp"
#include "penstock/learn/feature_hasher.hpp"
#include "penstock/learn/min_max_scaler.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/ordinal_encoder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/polynomial_features.hpp"
#include "penstock/learn/robust_scaler.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/simple_imputer.hpp"
#include "penstock/learn/standard_scaler.hpp"
#include "penstock/learn/variance_threshold.hpp"

#include "../learn/sgd_support.hpp"
#include "catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

struct Table {
  RecordBatch x;
  std::vector<double> y;
};

/// Numbers, some of them missing, and texts of which new ones come in mid-stream.
Table make_table(std::size_t rows) {
  RecordBatchBuilder builder({{{"minutes", DataType::float64},
                               {"city", DataType::string},
                               {"days", DataType::int64},
                               {"device", DataType::category}}});
  Uniform uniform(3);
  Table table;
  for (std::size_t i = 0; i < rows; ++i) {
    const double minutes = 100 + 50 * uniform();
    const auto pick = static_cast<std::size_t>((uniform() + 1) / 2 * static_cast<double>(1 + i / 9));
    if (i % 11 == 5) {
      builder.append_null(0);
    } else {
      builder.append<double>(0, minutes);
    }
    if (i % 13 == 7) {
      builder.append_null(1);
    } else {
      builder.append<std::string_view>(1, "city \xff" + std::to_string(pick));
    }
    builder.append<std::int64_t>(2, static_cast<std::int64_t>(30 * uniform()));
    builder.append<std::string_view>(3, pick % 2 == 0 ? "phone" : "web");
    table.y.push_back(minutes / 50 + static_cast<double>(pick % 3));
  }
  table.x = builder.finish();
  return table;
}

template <class T>
void learn_part(T& object, const Table& table, std::size_t first, std::size_t count) {
  const RecordBatch x = table.x.slice(first, count);
  const std::span<const double> y = std::span(table.y).subspan(first, count);
  if constexpr (requires { object.partial_fit(x, y); }) {
    object.partial_fit(x, y);
  } else {
    object.partial_fit(x);
  }
}

constexpr std::size_t all_rows = 84;
constexpr std::size_t chunk = 12;

/// Whether one of the options of `fresh`, which takes up what was saved at any chunk, ends as one that never stopped,
/// in every number of its state.
template <class T>
bool goes_on(const T& fresh) {
  const Table table = make_table(all_rows);
  std::vector<std::string> saved;
  T whole = fresh;
  for (std::size_t first = 0; first < all_rows; first += chunk) {
    saved.push_back(dump_state(whole));
    learn_part(whole, table, first, chunk);
  }
  for (std::size_t i = 0; i < saved.size(); ++i) {
    T part = fresh;
    if (i % 2 == 1) learn_part(part, table, 40, 3);  // what it knew is forgotten
    const Result<void> loaded = parse_state(saved[i], "s.json", part);
    if (!loaded) FAIL(loaded.error().what());
    CHECK(dump_state(part) == saved[i]);
    for (std::size_t first = i * chunk; first < all_rows; first += chunk) learn_part(part, table, first, chunk);
    if (dump_state(part) != dump_state(whole)) return false;
    if constexpr (requires { part.get_feature_names_out(); }) {
      if (part.get_feature_names_out() != whole.get_feature_names_out()) return false;
    }
    if constexpr (requires { part.predict(table.x); }) {
      if (part.predict(table.x) != whole.predict(table.x)) return false;
    }
  }
  return true;
}

/// Whatever a byte of the file becomes: an Error, and nothing has changed; or a state that learns and predicts.
template <class T>
void survives(const T& fresh) {
  const Table table = make_table(36);
  T whole = fresh;
  learn_part(whole, table, 0, 24);
  const std::string text = dump_state(whole);
  for (std::size_t i = 0; i < text.size(); i += 3) {
    for (const char byte : {'0', '9', '-', 'a', '"'}) {
      std::string changed = text;
      changed[i] = byte;
      T copy = whole;
      if (!parse_state(changed, "s.json", copy)) {
        if (i % 30 == 0) CHECK(dump_state(copy) == text);
        continue;
      }
      try {
        learn_part(copy, table, 24, 12);
        if constexpr (requires { copy.predict(table.x); }) {
          static_cast<void>(copy.predict(table.x));
        } else {
          static_cast<void>(copy.transform(table.x));
        }
      } catch (const std::exception&) {  // NOLINT: another column's name, for one, is an error later on
      }
    }
  }
}

const std::vector<std::string> numbers{"minutes", "days"};

}  // namespace

TEST_CASE("transformers that were saved and loaded go on with the same bits") {
  CHECK(goes_on(StandardScaler()));
  CHECK(goes_on(StandardScaler({.columns = numbers, .with_mean = false, .half_life = 10})));
  CHECK(goes_on(MinMaxScaler({.columns = numbers})));
  CHECK(goes_on(MaxAbsScaler()));
  CHECK(goes_on(RobustScaler({.sketch_size = 20})));
  CHECK(goes_on(SimpleImputer({.half_life = 12})));
  CHECK(goes_on(SimpleImputer({.strategy = ImputeStrategy::median, .sketch_size = 16})));
  CHECK(
      goes_on(SimpleImputer({.strategy = ImputeStrategy::most_frequent, .add_indicator = true, .max_categories = 4})));
  CHECK(goes_on(SimpleImputer({.columns = {"minutes", "city"}, .strategy = ImputeStrategy::constant})));
  CHECK(goes_on(SimpleImputer() | StandardScaler() | OneHotEncoder() | SgdRegressor()));
  CHECK(goes_on(OneHotEncoder()));
  CHECK(goes_on(OneHotEncoder({.columns = {"city"},
                               .handle_unknown = UnknownCategory::other,
                               .missing = MissingCategory::ignore,
                               .drop = DropCategory::first,
                               .max_categories = 3})));
  CHECK(goes_on(OneHotEncoder({.categories = {{"device", {"tablet", "web"}}}})));
  CHECK(goes_on(OrdinalEncoder()));
  CHECK(goes_on(
      OrdinalEncoder({.columns = {"city", "days"}, .missing = MissingCategory::category, .max_categories = 4})));
  CHECK(goes_on(FeatureHasher({.n_features = 16})));
  CHECK(goes_on(PolynomialFeatures({.columns = numbers})));
  CHECK(goes_on(VarianceThreshold({.threshold = 500, .decide_after = 30, .decide_every = 5})));
  CHECK(goes_on(CorrelationFilter({.threshold = 0.01, .decide_after = 30})));
}

TEST_CASE("pipelines that were saved and loaded go on with the same bits, new columns in mid-stream included") {
  for (const Arithmetic arithmetic : {Arithmetic::strict, Arithmetic::fast}) {
    const SgdOptions options{.penalty = Penalty::elasticnet, .average = 20, .arithmetic = arithmetic};
    // Missing numbers are no business of the model.
    const auto scaled = [&](auto model) {
      return StandardScaler({.columns = {"days"}}) | MinMaxScaler({.columns = {"days"}}) |
             OneHotEncoder({.columns = {"city", "device"}}) | FeatureHasher({.columns = {"minutes"}, .n_features = 8}) |
             std::move(model);
    };
    CHECK(goes_on(scaled(SgdRegressor(options))));
    CHECK(goes_on(scaled(SgdRegressor({.learning_rate = LearningRate::constant, .optimiser = Adam{}}))));
    CHECK(goes_on(scaled(SgdRegressor({.penalty = Penalty::l1, .optimiser = FtrlProximal{}}))));
  }
  CHECK(goes_on(make_pipeline({.missing_columns = MissingColumns::fill, .fill_value = 2}, OrdinalEncoder(),
                              FeatureHasher({.n_features = 8}), StandardScaler(), SgdRegressor())));
  CHECK(goes_on(OrdinalEncoder() | StandardScaler()));
}

TEST_CASE("a pipeline's report and its columns are saved") {
  const Table table = make_table(20);
  auto model =
      make_pipeline({.missing_columns = MissingColumns::fill}, StandardScaler({.columns = {"days"}}), SgdRegressor());
  const auto fresh = model;
  model.partial_fit(table.x.select({"days"}), table.y);
  model.partial_fit(table.x.select({"minutes"}), table.y);
  auto loaded = fresh;
  parse_state(dump_state(model), "s", loaded).value();
  REQUIRE(loaded.report().missing.size() == 1);
  CHECK(loaded.report().missing[0].name == "days");
  CHECK(loaded.report().missing[0].rows == 20);
  CHECK(loaded.report().unknown.at(0).name == "minutes");
  CHECK(loaded.get_feature_names_out() == std::vector<std::string>{"days"});

  const auto other = make_pipeline({.missing_columns = MissingColumns::fill}, StandardScaler({.columns = {"minutes"}}),
                                   SgdRegressor());
  auto wrong = other;
  const Result<void> result = parse_state(dump_state(model), "s", wrong);
  REQUIRE_FALSE(result);
  CHECK(std::string(result.error().what()) ==
        "s: found an array of 1 at state.steps.0.options.columns, expected [\"minutes\"], as the object was made with");
}

TEST_CASE("an imputer's state that names a column twice is an error") {
  SimpleImputer imputer;
  std::vector<Column> columns;
  columns.emplace_back(std::vector<double>{1});
  columns.emplace_back(std::vector<double>{2});
  imputer.partial_fit(RecordBatch({{{.name = "aa"}, {.name = "ab"}}}, std::move(columns)));
  std::string text = dump_state(imputer);
  for (std::size_t at = 0; (at = text.find("\"ab\"", at)) != std::string::npos;) text.replace(at, 4, "\"aa\"");
  SimpleImputer loaded;
  const Result<void> result = parse_state(text, "s", loaded);
  REQUIRE_FALSE(result);
  CHECK(std::string(result.error().what()).find("feature_names_in") != std::string::npos);
  CHECK_THROWS_AS(loaded.transform(FeatureMatrix(1, 2)), std::logic_error);  // as it was
}

TEST_CASE("no byte of a transformer's file that has changed does harm") {
  survives(StandardScaler());
  survives(RobustScaler({.sketch_size = 8}));
  survives(SimpleImputer({.strategy = ImputeStrategy::median, .sketch_size = 8}));
  survives(SimpleImputer({.strategy = ImputeStrategy::most_frequent, .max_categories = 4}));
  survives(MinMaxScaler({.columns = numbers}));
  survives(OneHotEncoder({.handle_unknown = UnknownCategory::other, .max_categories = 3}));
  survives(OneHotEncoder({.categories = {{"device", {"tablet", "web"}}}}));
  survives(OrdinalEncoder({.missing = MissingCategory::category}));
  survives(VarianceThreshold({.threshold = 500, .decide_after = 10}));
  survives(CorrelationFilter({.threshold = 0.01, .decide_after = 10}));
  survives(OneHotEncoder({.columns = {"city", "device"}}) | FeatureHasher({.columns = {"minutes"}, .n_features = 4}) |
           SgdRegressor());
}
