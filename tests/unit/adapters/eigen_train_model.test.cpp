// SPDX-License-Identifier: MIT
// What examples/train_model is made of: its fit is that of scikit-learn, its features are those of the model.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/io/csv_reader.hpp"

#include "../../../examples/train_model/train.hpp"
#include "../../../examples/train_model/training_table.hpp"
#include "catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

struct Reference {
  struct Fitted {
    double c;
    std::vector<double> parameters;  // the intercept, then the coefficients
  };
  std::vector<Fitted> fits;
  std::vector<std::array<double, 3>> numbers;
  CategoryColumns a{{}, 4}, b{{}, 7};
  std::vector<double> labels;
};

std::map<int, Reference> read_reference() {
  std::ifstream file(PENSTOCK_REFERENCE_DIR "/logistic_regression.csv");
  std::map<int, Reference> sets;
  for (std::string line; std::getline(file, line);) {
    std::istringstream stream(line);
    std::string kind;
    std::getline(stream, kind, ',');
    std::vector<double> fields;
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(std::stod(field));
    Reference& set = sets[static_cast<int>(fields[0])];
    if (kind == "fit") {
      set.fits.push_back({fields[1], {fields.begin() + 2, fields.end()}});
    } else {
      set.labels.push_back(fields[1]);
      set.a.codes.push_back(static_cast<std::int32_t>(fields[2]));
      set.b.codes.push_back(static_cast<std::int32_t>(fields[3]));
      set.numbers.push_back({fields[4], fields[5], fields[6]});
    }
  }
  return sets;
}

Design design_of(const Reference& set) {
  Design design{Eigen::MatrixXd(static_cast<Eigen::Index>(set.numbers.size()), 3), {set.a, set.b}};
  for (std::size_t i = 0; i < set.numbers.size(); ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      design.numbers(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = set.numbers[i][j];
    }
  }
  return design;
}

std::vector<std::size_t> all_rows(std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

RecordBatch texts(const std::vector<const char*>& values, DataType dtype = DataType::category) {
  RecordBatchBuilder builder({{{"t", dtype}}});
  for (const char* text : values) text != nullptr ? builder.append<std::string_view>(0, text) : builder.append_null(0);
  return builder.finish();
}

RecordBatch numbers(const char* name, const std::vector<double>& values) {
  return RecordBatch({{{name, DataType::float64}}}, {Column(values)});
}

}  // namespace

TEST_CASE("a fit has the coefficients of scikit-learn's LogisticRegression") {
  const std::map<int, Reference> sets = read_reference();
  REQUIRE(sets.size() == 3);
  for (const auto& [name, set] : sets) {
    const Design design = design_of(set);
    const auto labels =
        Eigen::Map<const Eigen::VectorXd>(set.labels.data(), static_cast<Eigen::Index>(set.labels.size()));
    REQUIRE(set.fits.size() == 3);
    for (const Reference::Fitted& expected : set.fits) {
      CAPTURE(name, expected.c);
      const Fit fit = fit_logistic_regression(design, labels, {.c = expected.c});
      CHECK(fit.converged);
      CHECK(fit.gradient <= 1e-10);
      CHECK_THAT(fit.intercept, WithinAbs(expected.parameters[0], 1e-6));
      REQUIRE(fit.coefficients.size() + 1 == static_cast<Eigen::Index>(expected.parameters.size()));
      for (Eigen::Index j = 0; j < fit.coefficients.size(); ++j) {
        CHECK_THAT(fit.coefficients[j], WithinAbs(expected.parameters[static_cast<std::size_t>(j) + 1], 1e-6));
      }
    }
  }
}

TEST_CASE("a fit that may not take enough steps says that it has not converged") {
  const Reference set = read_reference().at(0);
  const auto labels =
      Eigen::Map<const Eigen::VectorXd>(set.labels.data(), static_cast<Eigen::Index>(set.labels.size()));
  const Fit fit = fit_logistic_regression(design_of(set), labels, {.max_steps = 1});
  CHECK_FALSE(fit.converged);
  CHECK(fit.steps == 1);
}

TEST_CASE("labels of one class cannot be fitted") {
  const Design design{Eigen::MatrixXd::Ones(3, 1), {}};
  CHECK_THROWS_AS(fit_logistic_regression(design, Eigen::VectorXd::Ones(3)), std::invalid_argument);
  CHECK_THROWS_AS(fit_logistic_regression(design, Eigen::VectorXd::Zero(2)), std::invalid_argument);
}

TEST_CASE("labels are 0 and 1 of any type, and others are refused by their row") {
  CHECK(read_labels(numbers("y", {0, 1, 1}), "y") == std::vector<std::uint8_t>{0, 1, 1});
  const RecordBatch boolean({{{"y", DataType::boolean}}}, {Column(BooleanValues{{1, 0}})});
  CHECK(read_labels(boolean, "y") == std::vector<std::uint8_t>{1, 0});
  CHECK_THROWS_WITH(read_labels(numbers("y", {0, 1, 2}), "y"), StartsWith("row 3, column y: found 2, expected 0 or 1"));
  CHECK_THROWS_WITH(read_labels(numbers("y", {0, 0}), "y"), "column y: found only 0, expected rows of both classes");
  CHECK_THROWS_WITH(read_labels(numbers("y", {1}), "y"), "column y: found only 1, expected rows of both classes");
  CHECK_THROWS_WITH(read_labels(numbers("y", {}), "y"), "found no rows, expected a table to train on");
  CHECK_THROWS_WITH(read_labels(numbers("y", {1}), "z"), "column z: found no such column, expected one of: y");
  CHECK_THROWS_WITH(read_labels(texts({"yes"}), "t"), ContainsSubstring("a column of type category"));
}

TEST_CASE("a split holds out the same share of each class, and the same rows for the same seed") {
  std::vector<std::uint8_t> labels(1000);
  for (std::size_t i = 0; i < 100; ++i) labels[i * 7] = 1;
  const Split split = split_stratified(labels, 0.2, 42);
  CHECK(split.held_out.size() == 200);
  CHECK(split.training.size() == 800);
  std::size_t positives = 0;
  std::set<std::size_t> rows(split.training.begin(), split.training.end());
  for (const std::size_t i : split.held_out) {
    positives += labels[i];
    CHECK(rows.insert(i).second);
  }
  CHECK(positives == 20);
  CHECK(rows.size() == 1000);
  CHECK(split_stratified(labels, 0.2, 42).held_out == split.held_out);
  CHECK(split_stratified(labels, 0.2, 43).held_out != split.held_out);
  CHECK_THROWS_WITH(split_stratified({0, 0, 0, 0, 0, 1}, 0.2, 42), ContainsSubstring("1 rows of class 1"));
}

TEST_CASE("numbers are standardised by the rows for training alone, missing ones left out") {
  std::vector<double> values{1, 3, std::nan(""), 5, 1000};
  const NumericFeature feature = standardise("x", values, {0, 1, 2, 3});
  CHECK(feature.mean == 3);
  CHECK(feature.scale == Approx(std::sqrt(8.0 / 3)));
  CHECK(feature.missing == MissingNumber::mean);
  CHECK(values[0] == (1 - feature.mean) / feature.scale);
  CHECK(values[2] == 0);
  std::vector<double> constant{7, 7, 7};
  CHECK(standardise("x", constant, {0, 1, 2}) == NumericFeature{"x", 7, 1, MissingNumber::mean, 0});
  std::vector<double> none{std::nan("")};
  CHECK(standardise("x", none, {0}) == NumericFeature{"x", 0, 1, MissingNumber::mean, 0});
  std::vector<double> infinite{1, INFINITY};
  CHECK_THROWS_WITH(standardise("x", infinite, {0, 1}), StartsWith("column x: found numbers without a finite mean"));
}

TEST_CASE("the most frequent texts have a column each, the others one, and missing ones another") {
  for (const DataType dtype : {DataType::category, DataType::string}) {
    const RecordBatch table = texts({"b", "NA", "b", nullptr, "a", "NA", "b", "z", ""}, dtype);
    CategoryColumns all;
    CHECK(one_hot(table, "t", all_rows(7), 10, all) ==
          CategoricalFeature{"t", {"b", "NA", "a"}, Unseen::ignore, MissingText::category});
    CHECK(all.columns == 4);
    CHECK(all.codes == std::vector<std::int32_t>{0, 1, 0, 3, 2, 1, 0, -1, -1});
    CategoryColumns few;
    CHECK(one_hot(table, "t", all_rows(7), 2, few) ==
          CategoricalFeature{"t", {"b", "NA"}, Unseen::other, MissingText::category});
    CHECK(few.codes == std::vector<std::int32_t>{0, 1, 0, 3, 2, 1, 0, 2, 2});
    CategoryColumns none;
    CHECK(one_hot(table, "t", {0, 1, 2}, 10, none).missing == MissingText::ignore);
    CHECK(none.codes == std::vector<std::int32_t>{0, 1, 0, -1, -1, 1, 0, -1, -1});
  }
}

TEST_CASE("the columns of the design are those that the model gives each row") {
  RecordBatchBuilder builder({{{"minutes_watched", DataType::float64},
                               {"days_on_platform", DataType::int64},
                               {"country", DataType::category},
                               {"courses_started", DataType::int64}}});
  for (int i = 0; i < 50; ++i) {
    i % 11 == 3 ? builder.append_null(0) : builder.append<double>(0, 3.5 * ((i * 37) % 50));
    builder.append<std::int64_t>(1, i % 4);
    i % 13 == 5 ? builder.append_null(2)
                : builder.append<std::string_view>(2, i % 3 == 0   ? "NA"
                                                      : i % 7 == 0 ? "DE"
                                                                   : "US");
    builder.append<std::int64_t>(3, i % 5);
  }
  const RecordBatch table = builder.finish();
  LinearModelSpec spec{.kind = LinearModelKind::linear, .derived = derive_student_features(table, "purchased")};
  REQUIRE(spec.derived.size() == 2);
  CHECK(spec.derived[0].name == "engagement_score");
  CHECK(spec.derived[1].name == "minutes_per_day");

  std::vector<double> expected(50);
  const auto add_number = [&](const std::string& name, double weight) {
    std::vector<double> values = feature_values(table, spec.derived, name);
    spec.numeric.push_back(standardise(name, values, all_rows(40)));
    spec.coefficients.push_back(weight);
    for (std::size_t i = 0; i < 50; ++i) expected[i] += weight * values[i];
  };
  add_number("days_on_platform", 0.5);
  add_number("engagement_score", -2);
  add_number("minutes_per_day", 1.25);
  CategoryColumns columns;
  spec.categorical.push_back(one_hot(table, "country", all_rows(40), 2, columns));
  for (int k = 0; k < columns.columns; ++k) spec.coefficients.push_back(10.0 * (k + 1));
  for (std::size_t i = 0; i < 50; ++i) expected[i] += columns.codes[i] < 0 ? 0 : 10.0 * (columns.codes[i] + 1);
  CHECK(columns.columns == 4);
  const std::vector<double> scores = LinearModel(spec)(table);
  for (std::size_t i = 0; i < 50; ++i) CHECK(scores[i] == Approx(expected[i]).epsilon(1e-13));
}

TEST_CASE("a table that lacks a column, or has the feature already, derives the others") {
  const auto derived = [](std::vector<const char*> names) {
    Schema schema;
    std::vector<Column> columns;
    for (const char* name : names) {
      schema.fields.push_back({name, DataType::float64});
      columns.emplace_back(std::vector<double>{1});
    }
    std::vector<std::string> found;
    for (const DerivedFeature& f : derive_student_features(RecordBatch(schema, columns), "purchased"))
      found.push_back(f.name);
    return found;
  };
  using Names = std::vector<std::string>;
  CHECK(derived({"x"}).empty());
  CHECK(derived({"practice_exams_passed", "practice_exams_started"}) == Names{"exam_success_rate"});
  CHECK(derived({"minutes_watched", "days_on_platform", "minutes_per_day"}).empty());
  CHECK(derived({"minutes_watched", "days_on_platform"}) == Names{"minutes_per_day"});
}

TEST_CASE("on the students table the held-out area is at least 0.955") {
  const char* folder = std::getenv("PENSTOCK_TEST_DATA");
  if (folder == nullptr) SKIP("PENSTOCK_TEST_DATA is not set");
  CsvReader reader(std::string(folder) + "/students.csv", {.rows_per_batch = SIZE_MAX});
  const RecordBatch table = reader.next().value();
  const std::vector<std::uint8_t> labels = read_labels(table, "purchased");
  const Split split = split_stratified(labels, 0.2, 42);
  const Trained trained = train(table, "purchased", labels, split.training, {});
  CHECK(trained.fit.converged);
  CHECK(trained.spec.derived.size() == 3);
  const auto& countries = trained.spec.categorical.at(0).categories;
  CHECK(std::find(countries.begin(), countries.end(), "NA") != countries.end());
  const Quality quality = evaluate(LinearModel(trained.spec), table, labels, split.held_out);
  CHECK(quality.auc >= 0.955);
  CHECK(quality.accuracy > 1 - quality.base_rate);
}

TEST_CASE("a trained model says what the features of the training rows looked like, and of no others") {
  RecordBatchBuilder builder({{{"y", DataType::boolean},
                               {"n", DataType::int64},
                               {"x", DataType::float64},
                               {"when", DataType::timestamp},
                               {"town", DataType::category},
                               {"shop", DataType::string}}});
  std::vector<std::size_t> odd;
  for (int i = 0; i < 60; ++i) {
    const bool wild = i % 2 == 0;  // rows that are held out
    if (!wild) odd.push_back(static_cast<std::size_t>(i));
    builder.append<bool>(0, i % 3 == 0);
    builder.append<std::int64_t>(1, wild ? 1000 + i : i % 7);
    i % 9 == 4 ? builder.append_null(2) : builder.append<double>(2, wild ? -1e6 : 0.5 * (i % 11));
    builder.append<Timestamp>(3, Timestamp(std::chrono::seconds(i)));
    builder.append<std::string_view>(4, wild ? "Rome" : i % 5 == 0 ? "Ulm" : "Bonn");
    i % 10 == 7 ? builder.append_null(5) : builder.append<std::string_view>(5, wild ? "c" : i % 4 == 1 ? "a" : "b");
  }
  const RecordBatch table = builder.finish();
  const RecordBatch part = gather_rows(table, odd);
  REQUIRE(part.rows() == 30);
  CHECK(part.schema() == table.schema());
  CHECK(part.column<Timestamp>("when")[29] == Timestamp(std::chrono::seconds(59)));
  CHECK(part.column<bool>("y")[1]);
  CHECK_FALSE(part.column<double>("x").is_valid(6));  // row 13
  CHECK(part.column<std::string_view>("town")[2] == "Ulm");

  const Trained trained = train(table, "y", read_labels(table, "y"), odd, {});
  const TrainingStatistics& statistics = trained.spec.statistics;
  CHECK(statistics.rows == 30);
  REQUIRE(statistics.numeric.size() == 2);
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(statistics.numeric[j].name == trained.spec.numeric[j].name);
    CHECK(statistics.numeric[j].mean == Approx(trained.spec.numeric[j].mean).epsilon(1e-14));
    CHECK(statistics.numeric[j].std_dev == Approx(trained.spec.numeric[j].scale).epsilon(1e-14));
  }
  CHECK(statistics.numeric[0].max == 6);
  CHECK(statistics.numeric[1].missing == 3);
  REQUIRE(statistics.categorical.size() == 2);
  CHECK(statistics.categorical[0].counts == std::vector<std::uint64_t>{24, 6});  // Bonn, Ulm
  CHECK(statistics.categorical[1].missing == 6);
  CHECK(LinearModel(trained.spec).spec().statistics == statistics);
}

TEST_CASE("training says what it derived, encoded and left out") {
  RecordBatchBuilder builder({{{"practice_exams_passed", DataType::int64},
                               {"practice_exams_started", DataType::int64},
                               {"when", DataType::timestamp},
                               {"town", DataType::string},
                               {"empty", DataType::string},
                               {"y", DataType::boolean}}});
  for (int i = 0; i < 60; ++i) {
    builder.append<std::int64_t>(0, i % 3);
    builder.append<std::int64_t>(1, i % 5);
    builder.append_null(2);
    i % 10 == 7 ? builder.append_null(3)
                : builder.append<std::string_view>(3, i % 4 == 0   ? "Ulm"
                                                      : i % 4 == 1 ? "Bonn"
                                                                   : "Jena");
    builder.append_null(4);
    builder.append<bool>(5, (i * 7) % 4 == 0);
  }
  const RecordBatch table = builder.finish();
  const Trained trained = train(table, "y", read_labels(table, "y"), all_rows(60), {.max_categories = 2});
  CHECK(trained.notes ==
        std::vector<std::string>{
            "derived   exam_success_rate = practice_exams_passed / max(1, practice_exams_started)",
            "left out  when: a linear model has no use for a point in time",
            "text      town: 2 categories, the most frequent, and one for all other texts, and one for missing values",
            "left out  empty: it has no values"});
  CHECK(trained.fit.converged);
  CHECK(evaluate(LinearModel(trained.spec), table, read_labels(table, "y"), all_rows(60)).auc > 0.9);
}
