// SPDX-License-Identifier: MIT
#pragma once

// Chooses the features of a table, fits them, and says what it did.
//
//     Trained trained = train(table, "purchased", labels, split.training, {.c = 1});
//     LinearModel model(trained.spec);

#include "logistic_regression.hpp"
#include "training_table.hpp"

#include <cstddef>  // size_t
#include <penstock/core/record_batch.hpp>
#include <penstock/serve/linear_model.hpp>
#include <penstock/serve/training_statistics.hpp>
#include <penstock/stats/roc_auc.hpp>
#include <string>   // string, to_string
#include <utility>  // move
#include <vector>   // vector

struct TrainOptions {
  double c = 1;                      ///< as in FitOptions
  std::size_t max_categories = 200;  ///< texts of a column that have a coefficient of their own
};

struct Trained {
  penstock::LinearModelSpec spec{};
  Fit fit{};
  std::vector<std::string> notes{};  ///< what was derived, encoded and left out, a line each
};

/// A derived feature as a formula: "passed / max(1, started)".
inline std::string formula(const penstock::DerivedFeature& feature) {
  const auto number = [](double x) { return penstock::detail::shortest(x); };
  const auto sum = [&](const std::vector<penstock::WeightedColumn>& terms) {
    std::string text;
    for (const auto& [column, weight] : terms) {
      if (!text.empty()) text += " + ";
      if (weight != 1) text += number(weight) + " ";
      text += column;
    }
    return text;
  };
  if (feature.denominator.empty()) return sum(feature.numerator);
  return sum(feature.numerator) + " / max(" + number(feature.floor) + ", " + sum(feature.denominator) + ")";
}

/// A logistic regression of the labels on all other columns of the training rows: numbers standardised, texts one-hot,
/// points in time left out; with what the features look like there, which check_skew compares with what is served.
/// @throws penstock::Error or std::invalid_argument for what cannot be fitted.
inline Trained train(const penstock::RecordBatch& table, const std::string& target,
                     const std::vector<std::uint8_t>& labels, const std::vector<std::size_t>& training,
                     const TrainOptions& options) {
  Trained trained;
  penstock::LinearModelSpec& spec = trained.spec;
  spec.derived = derive_student_features(table, target);
  for (const auto& feature : spec.derived)
    trained.notes.push_back("derived   " + feature.name + " = " + formula(feature));
  if (spec.derived.empty())
    trained.notes.emplace_back("derived   nothing: these are not the columns of the students table");

  std::vector<std::string> numbers, texts;
  for (const penstock::Field& field : table.schema().fields) {
    if (field.name == target) continue;
    if (is_number(table, field.name)) {
      numbers.push_back(field.name);
    } else if (field.dtype == penstock::DataType::timestamp) {
      trained.notes.push_back("left out  " + field.name + ": a linear model has no use for a point in time");
    } else {
      texts.push_back(field.name);
    }
  }
  for (const auto& feature : spec.derived) numbers.push_back(feature.name);

  const auto rows = static_cast<Eigen::Index>(training.size());
  Design design;
  design.numbers.resize(rows, static_cast<Eigen::Index>(numbers.size()));
  for (std::size_t j = 0; j < numbers.size(); ++j) {
    std::vector<double> values = feature_values(table, spec.derived, numbers[j]);
    spec.numeric.push_back(standardise(numbers[j], values, training));
    for (Eigen::Index i = 0; i < rows; ++i) {
      design.numbers(i, static_cast<Eigen::Index>(j)) = values[training[static_cast<std::size_t>(i)]];
    }
  }
  for (const std::string& name : texts) {
    CategoryColumns all, chosen;
    penstock::CategoricalFeature feature = one_hot(table, name, training, options.max_categories, all);
    if (feature.categories.empty()) {
      trained.notes.push_back("left out  " + name + ": it has no values");
      continue;
    }
    std::string note = "text      " + name + ": " + std::to_string(feature.categories.size()) + " categories";
    if (feature.unseen == penstock::Unseen::other) note += ", the most frequent, and one for all other texts";
    if (feature.missing == penstock::MissingText::category) note += ", and one for missing values";
    trained.notes.push_back(std::move(note));
    chosen.columns = all.columns;
    for (const std::size_t i : training) chosen.codes.push_back(all.codes[i]);
    design.categories.push_back(std::move(chosen));
    spec.categorical.push_back(std::move(feature));
  }

  Eigen::VectorXd y(rows);
  for (Eigen::Index i = 0; i < rows; ++i) y[i] = labels[training[static_cast<std::size_t>(i)]];
  trained.fit = fit_logistic_regression(design, y, {.c = options.c});
  spec.coefficients.assign(trained.fit.coefficients.begin(), trained.fit.coefficients.end());
  spec.intercept = trained.fit.intercept;
  spec.statistics = penstock::training_statistics(spec, gather_rows(table, training));
  return trained;
}

/// How well a model tells the classes of some rows.
struct Quality {
  double auc = 0;        ///< area under the ROC curve
  double accuracy = 0;   ///< share of rows whose label is right, by the model's threshold
  double base_rate = 0;  ///< share of rows of class 1
};

/// Of these rows of the table, which the model scores raw: what is measured here is what a service will do.
inline Quality evaluate(const penstock::LinearModel& model, const penstock::RecordBatch& table,
                        const std::vector<std::uint8_t>& labels, const std::vector<std::size_t>& rows) {
  const std::vector<double> all = model(table);
  std::vector<double> scores;
  std::vector<int> classes;
  double right = 0, positives = 0;
  for (const std::size_t i : rows) {
    scores.push_back(all[i]);
    classes.push_back(labels[i]);
    positives += labels[i];
    right += (all[i] >= model.spec().threshold) == (labels[i] == 1) ? 1 : 0;
  }
  const auto count = static_cast<double>(rows.size());
  return {penstock::stats::roc_auc(classes, scores), right / count, positives / count};
}
