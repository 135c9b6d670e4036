// SPDX-License-Identifier: MIT
#pragma once

// A table of any columns as what a model can be trained on: which columns are features, which features are derived, and
// which rows are held out.

#include "logistic_regression.hpp"

#include <algorithm>  // sort
#include <cmath>      // isfinite, isnan, sqrt
#include <cstddef>    // size_t
#include <cstdint>    // int32_t, uint64_t
#include <penstock/core/error.hpp>
#include <penstock/core/record_batch.hpp>
#include <penstock/core/record_batch_builder.hpp>
#include <penstock/serve/linear_model.hpp>
#include <random>         // mt19937_64
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // move, swap
#include <vector>         // vector

/// The labels of the target column: 0 or 1, false or true. @throws penstock::Error that names the first row that has
/// neither, or the class that all rows have.
inline std::vector<std::uint8_t> read_labels(const penstock::RecordBatch& table, const std::string& target) {
  const penstock::DataType dtype = table.schema().fields[table.schema().index(target)].dtype;
  std::vector<std::uint8_t> labels(table.rows());
  std::size_t positives = 0;
  const auto read = [&](const auto& column) {
    for (std::size_t i = 0; i < table.rows(); ++i) {
      const auto value = static_cast<double>(column[i]);
      if (!column.is_valid(i) || (value != 0 && value != 1)) {
        throw penstock::Error({.row = i + 1, .column = target},
                              column.is_valid(i) ? penstock::detail::shortest(value) : "no value",
                              "0 or 1, or true or false, in the target column");
      }
      labels[i] = value == 1 ? 1 : 0;
      positives += labels[i];
    }
  };
  switch (dtype) {
    case penstock::DataType::boolean: read(table.column<bool>(target)); break;
    case penstock::DataType::int64: read(table.column<std::int64_t>(target)); break;
    case penstock::DataType::float64: read(table.column<double>(target)); break;
    default:
      throw penstock::Error({.column = target}, "a column of type " + std::string(to_string(dtype)),
                            "0 and 1, or true and false, in the target column");
  }
  if (table.rows() == 0) throw penstock::Error({}, "no rows", "a table to train on");
  if (positives == 0 || positives == table.rows()) {
    throw penstock::Error({.column = target}, positives == 0 ? "only 0" : "only 1", "rows of both classes");
  }
  return labels;
}

/// Which rows are for training and which are held out, each in the order of the table.
struct Split {
  std::vector<std::size_t> training{};
  std::vector<std::size_t> held_out{};
};

/// Holds out the same fraction of each class, rounded. The same seed gives the same rows on every machine.
/// @throws penstock::Error if a class would be missing on either side.
inline Split split_stratified(const std::vector<std::uint8_t>& labels, double fraction, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Split split;
  for (const int which : {0, 1}) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == which) rows.push_back(i);
    }
    const auto count = static_cast<std::size_t>(static_cast<double>(rows.size()) * fraction + 0.5);
    if (count == 0 || count == rows.size()) {
      throw penstock::Error({}, std::to_string(rows.size()) + " rows of class " + std::to_string(which),
                            "enough to train on some and hold out others");
    }
    for (std::size_t i = 0; i < count; ++i) {  // the first `count` of a shuffle; the distributions of std differ
      std::swap(rows[i], rows[i + static_cast<std::size_t>(random() % (rows.size() - i))]);
    }
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(count);
    split.held_out.insert(split.held_out.end(), rows.begin(), middle);
    split.training.insert(split.training.end(), middle, rows.end());
  }
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.held_out.begin(), split.held_out.end());
  return split;
}

/// Some rows of a table, as a table of the same columns.
inline penstock::RecordBatch gather_rows(const penstock::RecordBatch& table, const std::vector<std::size_t>& rows) {
  penstock::RecordBatchBuilder builder(table.schema());
  for (std::size_t place = 0; place < table.schema().fields.size(); ++place) {
    const auto copy = [&]<class T>(const penstock::ColumnView<T>& column) {
      for (const std::size_t i : rows) {
        column.is_valid(i) ? builder.append<T>(place, column[i]) : builder.append_null(place);
      }
    };
    switch (table.schema().fields[place].dtype) {
      case penstock::DataType::float64: copy(table.column<double>(place)); break;
      case penstock::DataType::int64: copy(table.column<std::int64_t>(place)); break;
      case penstock::DataType::boolean: copy(table.column<bool>(place)); break;
      case penstock::DataType::timestamp: copy(table.column<penstock::Timestamp>(place)); break;
      case penstock::DataType::string:
      case penstock::DataType::category: copy(table.column<std::string_view>(place)); break;
    }
  }
  return builder.finish();
}

/// Whether a column holds numbers as a linear model reads them.
inline bool is_number(const penstock::RecordBatch& table, std::string_view name) {
  const auto place = table.schema().find(name);
  if (!place) return false;
  const penstock::DataType dtype = table.schema().fields[*place].dtype;
  return dtype == penstock::DataType::float64 || dtype == penstock::DataType::int64 ||
         dtype == penstock::DataType::boolean;
}

/// The features that are known to help with students, those of them whose columns the table has. None is made of the
/// target.
inline std::vector<penstock::DerivedFeature> derive_student_features(const penstock::RecordBatch& table,
                                                                     std::string_view target) {
  const std::vector<penstock::DerivedFeature> known = {
      {"engagement_score", {{"minutes_watched", 0.6}, {"days_on_platform", 0.3}, {"courses_started", 10}}, {}, 1},
      {"exam_success_rate", {{"practice_exams_passed", 1}}, {{"practice_exams_started", 1}}, 1},
      {"minutes_per_day", {{"minutes_watched", 1}}, {{"days_on_platform", 1}}, 1}};
  std::vector<penstock::DerivedFeature> derived;
  for (const penstock::DerivedFeature& feature : known) {
    bool there = !table.schema().find(feature.name);  // a table that has the feature already keeps its own
    for (const auto& term : feature.numerator) there = there && term.column != target && is_number(table, term.column);
    for (const auto& term : feature.denominator)
      there = there && term.column != target && is_number(table, term.column);
    if (there) derived.push_back(feature);
  }
  return derived;
}

/// The values of a numeric or derived feature, NaN where missing: what the model will read, computed by the model's own
/// code, so that training cannot see other numbers than serving.
inline std::vector<double> feature_values(const penstock::RecordBatch& table,
                                          const std::vector<penstock::DerivedFeature>& derived,
                                          const std::string& name) {
  penstock::LinearModelSpec alone{.kind = penstock::LinearModelKind::linear,
                                  .numeric = {{name, 0, 1, penstock::MissingNumber::nan, 0}},
                                  .coefficients = {1}};
  for (const penstock::DerivedFeature& feature : derived) {
    if (feature.name == name) alone.derived = {feature};
  }
  return penstock::LinearModel(alone)(table);
}

/// A numeric feature standardised as scikit-learn's StandardScaler does it: by the mean and the population's standard
/// deviation of the training rows. `values` become what the model will make of them. @throws penstock::Error if the
/// values are too large to have a mean.
inline penstock::NumericFeature standardise(const std::string& name, std::vector<double>& values,
                                            const std::vector<std::size_t>& training) {
  double sum = 0;
  double count = 0;
  for (const std::size_t i : training) {
    if (!std::isnan(values[i])) sum += values[i], count += 1;
  }
  const double mean = count > 0 ? sum / count : 0;
  double squares = 0;
  for (const std::size_t i : training) {
    if (!std::isnan(values[i])) squares += (values[i] - mean) * (values[i] - mean);
  }
  if (!std::isfinite(squares)) {
    throw penstock::Error({.column = name}, "numbers without a finite mean and deviation", "numbers of a usual size");
  }
  const double deviation = count > 0 ? std::sqrt(squares / count) : 0;
  const penstock::NumericFeature feature{name, mean, deviation > 0 ? deviation : 1, penstock::MissingNumber::mean, 0};
  for (double& x : values) x = std::isnan(x) ? 0 : (x - feature.mean) / feature.scale;
  return feature;
}

/// A text feature with a column for each category of the training rows: the `most` frequent ones, and one for all
/// others if there are more. `columns` becomes what each row has. Missing texts have a column of their own if there are
/// any.
inline penstock::CategoricalFeature one_hot(const penstock::RecordBatch& table, const std::string& name,
                                            const std::vector<std::size_t>& training, std::size_t most,
                                            CategoryColumns& columns) {
  using penstock::MissingText;
  using penstock::Unseen;
  const auto texts = table.column<std::string_view>(name);
  std::unordered_map<std::string_view, std::size_t> counts;
  bool missing = false;
  for (const std::size_t i : training) texts.is_valid(i) ? void(++counts[texts[i]]) : void(missing = true);
  std::vector<std::pair<std::string_view, std::size_t>> order(counts.begin(), counts.end());
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;  // frequent first, then by text
  });

  penstock::CategoricalFeature feature{name, {}, Unseen::ignore, missing ? MissingText::category : MissingText::ignore};
  if (order.size() > most) {
    order.resize(most);
    feature.unseen = Unseen::other;
  }
  std::unordered_map<std::string_view, std::int32_t> codes;
  for (const auto& [text, count] : order) {
    codes.emplace(text, static_cast<std::int32_t>(codes.size()));
    feature.categories.emplace_back(text);
  }
  const auto known = static_cast<std::int32_t>(codes.size());
  const std::int32_t other = feature.unseen == Unseen::other ? known : -1;
  columns.columns = static_cast<std::int32_t>(feature.columns());
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto found = codes.find(texts[i]);
    columns.codes.push_back(!texts.is_valid(i)     ? (missing ? columns.columns - 1 : -1)
                            : found != codes.end() ? found->second
                                                   : other);
  }
  return feature;
}
