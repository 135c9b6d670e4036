// SPDX-License-Identifier: MIT
#include "penstock/serve/linear_model.hpp"

#include "penstock/core/model.hpp"
#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace penstock;

static_assert(value_functor<const LinearModel, RecordBatch>);
static_assert(predictor<const LinearModel, RecordBatch>);
static_assert(probability_predictor<const LinearModel, RecordBatch>);

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// A model with one of everything: columns of numbers and texts, a ratio, a plain sum.
LinearModelSpec students() {
  return {.kind = LinearModelKind::logistic,
          .derived = {{"engagement", {{"minutes", 0.6}, {"days", 0.3}, {"courses", 10}}, {}, 1},
                      {"success", {{"passed", 1}}, {{"started", 1}}, 1}},
          .numeric = {{"days", 100, 80, MissingNumber::mean, 0},
                      {"minutes", 300, 500, MissingNumber::mean, 0},
                      {"engagement", 230, 310, MissingNumber::mean, 0},
                      {"success", 0.4, 0.45, MissingNumber::mean, 0},
                      {"subscribed", 0.2, 0.4, MissingNumber::mean, 0}},
          .categorical = {{"country", {"US", "NA", "DE"}, Unseen::ignore, MissingText::ignore}},
          .coefficients = {0.25, -0.5, 1.75, 0.3, -0.125, 0.1, 0.7, -0.2},
          .intercept = -1.1,
          .threshold = 0.4,
          .golden = {},
          .metadata = {}};
}

struct Row {
  std::optional<double> days, minutes, courses, passed, started;
  std::optional<bool> subscribed;
  std::optional<std::string> country;
};

/// A row's score by the definition, one name at a time.
double oracle(const Row& row) {
  const auto value = [](const std::optional<double>& x) { return x.value_or(no_number); };
  std::map<std::string, double> x{
      {"days", value(row.days)},
      {"minutes", value(row.minutes)},
      {"subscribed", row.subscribed ? (*row.subscribed ? 1.0 : 0.0) : no_number},
      {"engagement", 0.6 * value(row.minutes) + 0.3 * value(row.days) + 10 * value(row.courses)},
      {"success", row.passed && row.started ? *row.passed / std::max(1.0, *row.started) : no_number}};
  const LinearModelSpec spec = students();
  double z = spec.intercept;
  for (std::size_t j = 0; j < spec.numeric.size(); ++j) {
    const NumericFeature& f = spec.numeric[j];
    if (!std::isnan(x[f.name])) z += spec.coefficients[j] * (x[f.name] - f.mean) / f.scale;
  }
  for (std::size_t k = 0; k < 3; ++k) {
    if (row.country == spec.categorical[0].categories[k]) z += spec.coefficients[spec.numeric.size() + k];
  }
  return 1 / (1 + std::exp(-z));
}

/// Rows that differ, some with values missing, by a linear congruence.
std::vector<Row> make_rows(std::size_t count) {
  std::uint64_t state = 20240229;
  const auto next = [&state](std::uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  const char* const countries[] = {"US", "NA", "DE", "FR", ""};
  std::vector<Row> rows(count);
  for (Row& row : rows) {
    const auto number = [&](std::uint64_t bound, double unit) {
      const double x = static_cast<double>(next(bound)) * unit;
      return next(9) == 0 ? std::nullopt : std::optional(x);
    };
    row.days = number(300, 1);
    row.minutes = number(200000, 0.01);
    row.courses = number(20, 1);
    row.passed = number(5, 1);
    row.started = number(5, 1);
    if (next(9) != 0) row.subscribed = next(2) == 1;
    if (next(9) != 0) row.country = countries[next(5)];
  }
  return rows;
}

RecordBatch make_batch(const std::vector<Row>& rows, DataType country = DataType::category) {
  RecordBatchBuilder builder({{{"started", DataType::int64},
                               {"unused", DataType::timestamp},
                               {"country", country},
                               {"subscribed", DataType::boolean},
                               {"minutes", DataType::float64},
                               {"passed", DataType::int64},
                               {"days", DataType::int64},
                               {"courses", DataType::float64}}});
  const auto integer = [&](std::size_t place, const std::optional<double>& x) {
    x ? builder.append<std::int64_t>(place, static_cast<std::int64_t>(*x)) : builder.append_null(place);
  };
  const auto real = [&](std::size_t place, const std::optional<double>& x) {
    x ? builder.append<double>(place, *x) : builder.append_null(place);
  };
  for (const Row& row : rows) {
    integer(0, row.started);
    builder.append_null(1);
    row.country ? builder.append<std::string_view>(2, *row.country) : builder.append_null(2);
    row.subscribed ? builder.append<bool>(3, *row.subscribed) : builder.append_null(3);
    real(4, row.minutes);
    integer(5, row.passed);
    integer(6, row.days);
    real(7, row.courses);
  }
  return builder.finish();
}

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> all;
  for (const double value : values) all.push_back(std::bit_cast<std::uint64_t>(value));
  return all;
}

/// A batch of one row: a number x, a text t.
RecordBatch one_row(std::optional<double> x, std::optional<std::string_view> t, DataType text = DataType::category) {
  RecordBatchBuilder builder({{{"x", DataType::float64}, {"t", text}}});
  x ? builder.append<double>(0, *x) : builder.append_null(0);
  t ? builder.append<std::string_view>(1, *t) : builder.append_null(1);
  return builder.finish();
}

LinearModelSpec one_number(MissingNumber missing) {
  return {.kind = LinearModelKind::linear, .numeric = {{"x", 10, 2, missing, 16}}, .coefficients = {3}, .intercept = 1};
}

LinearModelSpec one_text(Unseen unseen, MissingText missing, std::vector<double> coefficients) {
  return {.kind = LinearModelKind::linear,
          .categorical = {{"t", {"a", "b"}, unseen, missing}},
          .coefficients = std::move(coefficients)};
}

}  // namespace

TEST_CASE("a score is what the definition gives, whatever the types and the order of the columns") {
  const LinearModel model(students());
  const std::vector<Row> rows = make_rows(1000);
  for (const DataType country : {DataType::category, DataType::string}) {
    const std::vector<double> scores = model(make_batch(rows, country));
    REQUIRE(scores.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK(scores[i] == Approx(oracle(rows[i])).epsilon(1e-12));
  }
}

TEST_CASE("a row has the same score to the last bit alone, in any chunk and in the whole batch") {
  const LinearModel model(students());
  for (const DataType country : {DataType::category, DataType::string}) {
    const RecordBatch batch = make_batch(make_rows(1003), country);
    const std::vector<std::uint64_t> whole = bits(model(batch));
    for (const std::size_t chunk : {1u, 7u, 64u, 65u, 500u}) {
      std::vector<double> scores(batch.rows());
      for (std::size_t first = 0; first < batch.rows(); first += chunk) {
        const std::size_t count = std::min(chunk, batch.rows() - first);
        model(batch.slice(first, count), std::span(scores).subspan(first, count));
      }
      CHECK(bits(scores) == whole);
    }
  }
}

TEST_CASE("many threads may call one model") {
  const LinearModel model(students());
  const RecordBatch batch = make_batch(make_rows(300));
  const std::vector<double> expected = model(batch);
  std::vector<std::vector<double>> scores(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : scores) threads.emplace_back([&] { mine = model(batch); });
  }
  for (const auto& mine : scores) CHECK(bits(mine) == bits(expected));
}

TEST_CASE("a ratio cannot divide by zero: its floor stands below") {
  LinearModelSpec spec{.kind = LinearModelKind::linear,
                       .derived = {{"ratio", {{"x", 2}}, {{"y", 1}, {"x", -1}}, 0.5}},
                       .numeric = {{"ratio"}},
                       .coefficients = {1}};
  const LinearModel model(spec);
  RecordBatchBuilder builder({{{"x", DataType::float64}, {"y", DataType::float64}}});
  for (const auto& [x, y] : {std::pair{3.0, 7.0}, {3.0, 3.0}, {3.0, -10.0}, {3.0, 3.25}}) {
    builder.append<double>(0, x);
    builder.append<double>(1, y);
  }
  CHECK(model(builder.finish()) == std::vector<double>{1.5, 12, 12, 12});
}

TEST_CASE("a missing number is the mean, a value, a NaN or an error, as the feature says") {
  CHECK(LinearModel(one_number(MissingNumber::mean))(one_row({}, "a")) == std::vector<double>{1});
  CHECK(LinearModel(one_number(MissingNumber::value))(one_row({}, "a")) == std::vector<double>{1 + 3 * 3});
  CHECK(std::isnan(LinearModel(one_number(MissingNumber::nan))(one_row({}, "a"))[0]));
  CHECK(std::isnan(LinearModel(one_number(MissingNumber::nan)).predict(one_row({}, "a"))[0]));
  CHECK_THROWS_WITH(LinearModel(one_number(MissingNumber::error))(one_row({}, "a")),
                    "row 1, column x: found no value, expected a number");
  CHECK(LinearModel(one_number(MissingNumber::mean))(one_row(no_number, "a")) == std::vector<double>{1});
  CHECK(LinearModel(one_number(MissingNumber::error))(one_row(12, "a")) == std::vector<double>{4});
}

TEST_CASE("the default is to refuse what is missing or unseen") {
  CHECK(NumericFeature{}.missing == MissingNumber::error);
  CHECK(CategoricalFeature{}.missing == MissingText::error);
  CHECK(CategoricalFeature{}.unseen == Unseen::error);
}

TEST_CASE("a text that is unseen or missing picks what its policy says") {
  for (const DataType type : {DataType::category, DataType::string}) {
    const auto score = [type](const LinearModelSpec& spec, std::optional<std::string_view> text) {
      return LinearModel(spec)(one_row(0, text, type))[0];
    };
    const auto ignore = one_text(Unseen::ignore, MissingText::ignore, {1, 2});
    CHECK(score(ignore, "a") == 1);
    CHECK(score(ignore, "b") == 2);
    CHECK(score(ignore, "c") == 0);
    CHECK(score(ignore, "") == 0);
    CHECK(score(ignore, {}) == 0);
    const auto own = one_text(Unseen::other, MissingText::category, {1, 2, 4, 8});
    CHECK(score(own, "b") == 2);
    CHECK(score(own, "c") == 4);
    CHECK(score(own, "") == 4);
    CHECK(score(own, {}) == 8);
    const auto missing_only = one_text(Unseen::ignore, MissingText::category, {1, 2, 8});
    CHECK(score(missing_only, "c") == 0);
    CHECK(score(missing_only, {}) == 8);
    const auto refuse = one_text(Unseen::error, MissingText::error, {1, 2});
    CHECK_THROWS_WITH(score(refuse, "c"),
                      "row 1, column t: found 'c', expected one of the 2 categories that the model knows");
    CHECK_THROWS_WITH(score(refuse, {}), "row 1, column t: found no value, expected a text");
  }
}

TEST_CASE("an error names the row of the frame that was given") {
  const LinearModel model(one_text(Unseen::error, MissingText::error, {1, 2}));
  RecordBatchBuilder builder({{{"t", DataType::category}}});
  for (int i = 0; i < 100; ++i) builder.append<std::string_view>(0, i == 77 ? "z" : "a");
  CHECK_THROWS_WITH(model(builder.finish()), StartsWith("row 78, column t: found 'z'"));
}

TEST_CASE("a column that is missing or of a wrong type is named") {
  const LinearModel model(students());
  RecordBatchBuilder lacking({{{"minutes", DataType::float64}, {"country", DataType::string}}});
  CHECK_THROWS_WITH(model(lacking.finish()), "column days: found no such column, expected one of: minutes, country");
  CHECK_THROWS_AS(model(lacking.finish()), Error);
  const LinearModel number(one_number(MissingNumber::mean));
  RecordBatchBuilder text({{{"x", DataType::string}}});
  CHECK_THROWS_WITH(number(text.finish()),
                    "column x: found a column of type string, expected numbers (float64, int64 or boolean)");
  const LinearModel texts(one_text(Unseen::ignore, MissingText::ignore, {1, 2}));
  RecordBatchBuilder numbers({{{"t", DataType::int64}}});
  CHECK_THROWS_WITH(texts(numbers.finish()),
                    "column t: found a column of type int64, expected texts (string or category)");
}

TEST_CASE("an empty batch has no scores, and out must have as many values as rows") {
  const LinearModel model(students());
  const RecordBatch batch = make_batch(make_rows(5));
  CHECK(model(batch.slice(2, 0)).empty());
  std::vector<double> four(4);
  CHECK_THROWS_WITH(model(batch, std::span(four)), ContainsSubstring("4 values for 5 rows"));
}

TEST_CASE("predict gives labels by the threshold, or the value of a linear model") {
  const LinearModel model(students());
  const RecordBatch batch = make_batch(make_rows(200));
  const std::vector<double> proba = model.predict_proba(batch);
  CHECK(bits(proba) == bits(model(batch)));
  const std::vector<double> labels = model.predict(batch);
  for (std::size_t i = 0; i < labels.size(); ++i) CHECK(labels[i] == (proba[i] >= 0.4 ? 1 : 0));
  const LinearModel linear(one_number(MissingNumber::mean));
  CHECK(linear.predict(one_row(12, "a")) == std::vector<double>{4});
  CHECK_THROWS_AS(linear.predict_proba(one_row(12, "a")), std::logic_error);
}

TEST_CASE("a probability stays in its range for sums of any size") {
  LinearModelSpec spec = one_number(MissingNumber::mean);
  spec.kind = LinearModelKind::logistic;
  spec.numeric[0] = {"x", 0, 1, MissingNumber::mean, 0};
  spec.coefficients = {1};
  spec.intercept = 0;
  const LinearModel model(spec);
  CHECK(model(one_row(0, "a"))[0] == 0.5);
  CHECK(model(one_row(800, "a"))[0] == 1);
  CHECK(model(one_row(-800, "a"))[0] == 0);
  CHECK(model(one_row(-700, "a"))[0] == Approx(std::exp(-700.0)).epsilon(1e-14));
  CHECK(model(one_row(std::numeric_limits<double>::infinity(), "a"))[0] == 1);
}

namespace {

/// A frame of another's: columns of doubles with names, NaN where one is missing.
struct ForeignTable {
  std::map<std::string, std::vector<double>, std::less<>> columns;
  std::size_t first = 0, count = 0;
};

}  // namespace

template <>
struct penstock::frame_traits<ForeignTable> {
  static std::size_t rows(const ForeignTable& t) { return t.count; }
  static ForeignTable slice(const ForeignTable& t, std::size_t first, std::size_t count) {
    return {t.columns, t.first + first, count};
  }
  template <std::same_as<double> T>
  static std::span<const double> column(const ForeignTable& t, std::string_view name) {
    const auto found = t.columns.find(name);
    if (found == t.columns.end()) throw Error({.column = std::string(name)}, "no such column", "");
    return std::span(found->second).subspan(t.first, t.count);
  }
};

TEST_CASE("any frame with named columns is scored") {
  const ForeignTable table{{{"x", {12, no_number, 8}}}, 0, 3};
  const LinearModel model(one_number(MissingNumber::mean));
  CHECK(model(table) == std::vector<double>{4, 1, -2});
  CHECK(model(slice(table, 2, 1)) == std::vector<double>{-2});
  CHECK_THROWS_WITH(LinearModel(one_text(Unseen::ignore, MissingText::ignore, {1, 2}))(table),
                    "column t: found a frame without texts, expected texts");
}

TEST_CASE("golden rows come out again, and a model that gives other scores is refused") {
  const LinearModel model = LinearModel(students()).with_golden_rows(make_batch(make_rows(20)));
  REQUIRE(model.spec().golden.rows.size() == 20);
  CHECK_NOTHROW(LinearModel(model.spec()));
  CHECK(LinearModel(model.spec()).spec() == model.spec());

  LinearModelSpec changed = model.spec();
  changed.numeric[1].mean = 301;
  CHECK_THROWS_WITH(LinearModel(changed), ContainsSubstring("golden.rows[") && ContainsSubstring("this model gives"));
  changed = model.spec();
  changed.golden.rows[7].score *= 1 + 1e-9;
  CHECK_THROWS_WITH(LinearModel(changed), StartsWith("LinearModelSpec.golden.rows[7].score: found 0."));
  changed.golden.tolerance = 1e-6;
  CHECK_NOTHROW(LinearModel(changed));
}

TEST_CASE("a golden row whose terms overflow is refused in words that say so") {
  const LinearModelSpec spec{.kind = LinearModelKind::logistic,
                             .numeric = {{.name = "x", .mean = 1e10}},
                             .coefficients = {1e308},
                             .golden = {.rows = {{{{"x", 1e10}}, 0.5}}}};
  CHECK_THROWS_WITH(LinearModel(spec), ContainsSubstring("golden.rows[0].inputs: found terms beyond the largest"));
}

TEST_CASE("golden rows whose scoring would take minutes are refused") {
  LinearModelSpec spec{.kind = LinearModelKind::linear, .intercept = 1};
  for (int i = 0; i < 10'000; ++i) spec.derived.push_back({std::string("d").append(std::to_string(i)), {{"x", 1}}});
  spec.golden.rows.assign(10'001, {{{"x", 1.0}}, 1});
  CHECK_THROWS_WITH(LinearModel(spec),
                    ContainsSubstring("golden.rows: found 10001 rows of 10000 terms each, expected at most 100000000"));
  spec.golden.rows.resize(10);
  CHECK_NOTHROW(LinearModel(spec));
}

TEST_CASE("golden rows give every column that the model reads, once, and no others") {
  const LinearModel model = LinearModel(students()).with_golden_rows(make_batch(make_rows(3)));
  const auto refuses = [&](auto change, const std::string& message) {
    LinearModelSpec spec = model.spec();
    change(spec.golden.rows[1].inputs);
    CHECK_THROWS_WITH(LinearModel(spec), ContainsSubstring(message));
  };
  using Inputs = std::vector<GoldenValue>;
  refuses([](Inputs& inputs) { inputs.pop_back(); }, "golden.rows[1].inputs: found no 'country'");
  refuses([](Inputs& inputs) { inputs.push_back(inputs[0]); }, "golden.rows[1].inputs: found 'minutes' again");
  refuses([](Inputs& inputs) { inputs.push_back({"age", 7.0}); }, "golden.rows[1].inputs: found 'age'");
  refuses([](Inputs& inputs) { inputs[0].value = std::string("7"); },
          "inputs.minutes: found a text, expected a number");
  refuses([](Inputs& inputs) { inputs.back().value = 7.0; }, "inputs.country: found a number, expected a text");

  LinearModelSpec shuffled = model.spec();
  std::swap(shuffled.golden.rows[0].inputs[0], shuffled.golden.rows[0].inputs[3]);
  CHECK(LinearModel(shuffled).spec() == model.spec());

  LinearModelSpec refusing = one_text(Unseen::error, MissingText::error, {1, 2});
  refusing.golden.rows = {{{{"t", "a"}}, 1}, {{{"t", "Atlantis"}}, 1}};
  CHECK_THROWS_WITH(LinearModel(refusing),
                    ContainsSubstring("golden.rows[1].inputs.t: found 'Atlantis', expected one"));
}

TEST_CASE("a description that cannot be is refused by the name of its first wrong member") {
  const auto refuses = [](auto change, const std::string& message) {
    LinearModelSpec spec = students();
    change(spec);
    CHECK_THROWS_WITH(LinearModel(spec), StartsWith("LinearModelSpec." + message));
    CHECK_THROWS_AS(LinearModel(spec), LinearModelError);
    CHECK_THROWS_AS(LinearModel(spec), std::invalid_argument);
  };
  using Spec = LinearModelSpec;
  constexpr double inf = std::numeric_limits<double>::infinity();
  refuses([](Spec& s) { s.numeric[2].scale = 0; }, "numeric[2].scale: found 0, expected a finite number above 0");
  refuses([](Spec& s) { s.numeric[2].scale = -1.5; }, "numeric[2].scale: found -1.5");
  refuses([](Spec& s) { s.numeric[0].mean = no_number; }, "numeric[0].mean: found nan, expected a finite number");
  refuses([](Spec& s) { s.numeric[0].missing_value = inf; }, "numeric[0].missing_value: found inf");
  refuses([](Spec& s) { s.numeric[1].name = "days"; }, "numeric[1].name: found 'days' again, expected each name once");
  refuses([](Spec& s) { s.numeric[1].name = ""; }, "numeric[1].name: found an empty name");
  refuses([](Spec& s) { s.derived[1].floor = 0; }, "derived[1].floor: found 0, expected a finite number above 0");
  refuses([](Spec& s) { s.derived[1].name = "engagement"; }, "derived[1].name: found 'engagement' again");
  refuses([](Spec& s) { s.derived[1].numerator.clear(); }, "derived[1].numerator: found no columns");
  refuses([](Spec& s) { s.derived[0].numerator[1].weight = inf; }, "derived[0].numerator[1].weight: found inf");
  refuses([](Spec& s) { s.derived[1].numerator[0].column = "engagement"; },
          "derived[1].numerator[0].column: found the derived feature 'engagement', expected a column of the frame");
  refuses([](Spec& s) { s.categorical[0].categories[2] = "US"; },
          "categorical[0].categories[2]: found 'US' again, expected each category once");
  refuses([](Spec& s) { s.categorical[0].categories.clear(); }, "categorical[0].categories: found no categories");
  refuses([](Spec& s) { s.categorical[0].name = "minutes"; }, "categorical[0].name: found 'minutes' again");
  refuses([](Spec& s) { s.categorical[0].name = "courses"; }, "categorical[0].name: found 'courses', which is read as");
  refuses([](Spec& s) { s.categorical[0].unseen = Unseen::other; }, "coefficients: found 8 numbers, expected 9");
  refuses([](Spec& s) { s.coefficients.pop_back(); }, "coefficients: found 7 numbers, expected 8");
  refuses([](Spec& s) { s.coefficients[3] = no_number; }, "coefficients[3]: found nan");
  refuses([](Spec& s) { s.intercept = -inf; }, "intercept: found -inf");
  refuses([](Spec& s) { s.threshold = 1.5; }, "threshold: found 1.5, expected a number from 0 to 1");
  refuses([](Spec& s) { s.golden.tolerance = 1; }, "golden.tolerance: found 1, expected a number from 0 to 0.001");
  refuses([](Spec& s) { s.golden.rows.push_back({{}, no_number}); }, "golden.rows[0].score: found nan");
  refuses(
      [](Spec& s) {
        s.golden.rows.push_back({{{"days", 1.0}, {"passed", no_number}}, 0.5});
      },
      "golden.rows[0].inputs.passed: found nan, expected a finite number");
  refuses(
      [inf](Spec& s) {
        s.golden.rows.push_back({{{"started", inf}}, 0.5});
      },
      "golden.rows[0].inputs.started: found inf");
}

TEST_CASE("a model tells its columns and what its coefficients belong to") {
  LinearModelSpec spec = students();
  spec.categorical[0] = {"country", {"US", "NA"}, Unseen::other, MissingText::category};
  spec.coefficients.push_back(0);
  const LinearModel model(spec);
  CHECK(model.number_columns() ==
        std::vector<std::string>{"minutes", "days", "courses", "passed", "started", "subscribed"});
  CHECK(model.text_columns() == std::vector<std::string>{"country"});
  CHECK(model.coefficient_names() == std::vector<std::string>{"days", "minutes", "engagement", "success", "subscribed",
                                                              "country=US", "country=NA", "country (other)",
                                                              "country (missing)"});
}

TEST_CASE("a model without features gives its intercept") {
  const LinearModel model({.kind = LinearModelKind::linear, .intercept = 2.5});
  CHECK(model(one_row(1, "a")) == std::vector<double>{2.5});
}
