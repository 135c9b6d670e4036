// SPDX-License-Identifier: MIT
#pragma once

// A model file's JSON as a LinearModelSpec; what it means as a whole is checked when a LinearModel is made of it.
//
//     LinearModelSpec spec = detail::read_linear_model(detail::JsonReader(json, "churn.json"));

#include "penstock/adapters/json/reader.hpp"
#include "penstock/core/math.hpp"
#include "penstock/serve/linear_model_spec.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

inline constexpr std::string_view linear_model_format = "penstock-linear-model";
inline constexpr int linear_model_version = 2;  // the newest that is read; 1 is a file without statistics

inline std::vector<WeightedColumn> read_terms(const JsonReader& json) {
  std::vector<WeightedColumn> terms;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const JsonReader term = json.at(i).object({"column", "weight"});
    terms.push_back({term.at("column").text(), term.at("weight").number()});
  }
  return terms;
}

inline DerivedFeature read_derived(const JsonReader& json) {
  DerivedFeature feature;
  feature.name = json.object({"name", "numerator", "denominator", "floor"}).at("name").text();
  feature.numerator = read_terms(json.at("numerator"));
  if (json.has("denominator")) {
    feature.denominator = read_terms(json.at("denominator"));
    if (feature.denominator.empty()) json.at("denominator").refuse("at least one column, or no denominator");
    feature.floor = json.at("floor").number();
  } else if (json.has("floor")) {
    json.at("floor").refuse("none, as there is no denominator");
  }
  return feature;
}

inline NumericFeature read_numeric(const JsonReader& json) {
  NumericFeature feature;
  feature.name = json.object({"name", "mean", "scale", "missing", "missing_value"}).at("name").text();
  feature.mean = json.at("mean").number();
  feature.scale = json.at("scale").number();
  if (json.has("missing")) {
    feature.missing =
        json.at("missing").word({MissingNumber::error, MissingNumber::mean, MissingNumber::value, MissingNumber::nan});
  }
  if (feature.missing == MissingNumber::value) {
    feature.missing_value = json.at("missing_value").number();
  } else if (json.has("missing_value")) {
    json.at("missing_value").refuse("none, as missing is not \"value\"");
  }
  return feature;
}

inline CategoricalFeature read_categorical(const JsonReader& json) {
  CategoricalFeature feature;
  feature.name = json.object({"name", "categories", "unseen", "missing"}).at("name").text();
  const JsonReader categories = json.at("categories");
  for (std::size_t i = 0; i < categories.size(); ++i) feature.categories.push_back(categories.at(i).text());
  if (json.has("unseen")) feature.unseen = json.at("unseen").word({Unseen::error, Unseen::ignore, Unseen::other});
  if (json.has("missing")) {
    feature.missing = json.at("missing").word({MissingText::error, MissingText::ignore, MissingText::category});
  }
  return feature;
}

inline GoldenRows read_golden(const JsonReader& json) {
  GoldenRows golden;
  if (json.object({"tolerance", "rows"}).has("tolerance")) golden.tolerance = json.at("tolerance").number();
  const JsonReader rows = json.at("rows");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const JsonReader from = rows.at(i).object({"inputs", "score"});
    GoldenRow row;
    row.score = from.at("score").number();
    for (const auto& [column, value] : from.at("inputs").members()) {
      GoldenValue& input = row.inputs.emplace_back(GoldenValue{column, {}});
      if (value.json().is_string()) {
        input.value = value.text();
      } else if (value.json().is_boolean()) {
        input.value = value.json().template get<bool>() ? 1.0 : 0.0;
      } else if (!value.json().is_null()) {
        input.value = value.number("a number, a text, true, false or null");
      }
    }
    golden.rows.push_back(std::move(row));
  }
  return golden;
}

inline std::uint64_t read_count(const JsonReader& json) {
  const double value = json.number();
  if (!(value >= 0 && value <= 0x1p53 && value == floor(value))) json.refuse("a whole number of rows");
  return static_cast<std::uint64_t>(value);
}

inline NumericStatistics read_numeric_statistics(const JsonReader& json) {
  const JsonReader from = json.object({"name", "missing", "mean", "std_dev", "min", "max"});
  return {from.at("name").text(),      read_count(from.at("missing")), from.at("mean").number(),
          from.at("std_dev").number(), from.at("min").number(),        from.at("max").number()};
}

inline CategoricalStatistics read_categorical_statistics(const JsonReader& json) {
  const JsonReader from = json.object({"name", "missing", "other", "counts"});
  CategoricalStatistics statistics{
      from.at("name").text(), read_count(from.at("missing")), read_count(from.at("other")), {}};
  const JsonReader counts = from.at("counts");
  for (std::size_t i = 0; i < counts.size(); ++i) statistics.counts.push_back(read_count(counts.at(i)));
  return statistics;
}

inline TrainingStatistics read_statistics(const JsonReader& json) {
  TrainingStatistics statistics;
  statistics.rows = read_count(json.object({"rows", "numeric", "categorical"}).at("rows"));
  if (statistics.rows == 0) json.at("rows").refuse("at least 1, or no statistics");
  const JsonReader numeric = json.at("numeric"), categorical = json.at("categorical");
  for (std::size_t i = 0; i < numeric.size(); ++i) {
    statistics.numeric.push_back(read_numeric_statistics(numeric.at(i)));
  }
  for (std::size_t i = 0; i < categorical.size(); ++i) {
    statistics.categorical.push_back(read_categorical_statistics(categorical.at(i)));
  }
  return statistics;
}

inline LinearModelSpec read_linear_model(const JsonReader& json) {
  // What the file is comes first: a file of another kind or of a newer version has other members.
  if (json.object().at("format").text() != linear_model_format) {
    json.at("format").refuse("\"" + std::string(linear_model_format) + "\"");
  }
  const JsonReader version = json.at("version");
  if (version.json() != 1 && version.json() != linear_model_version) {
    version.refuse(version.json().is_number() && version.json() > linear_model_version
                       ? "1 or 2: a newer penstock wrote this file"
                       : "1 or 2");
  }
  static_cast<void>(json.object({"format", "version", "kind", "derived", "numeric", "categorical", "coefficients",
                                 "intercept", "threshold", "golden", "metadata", "statistics"}));

  LinearModelSpec spec;
  spec.kind = json.at("kind").word({LinearModelKind::linear, LinearModelKind::logistic});
  const auto read_all = [&json](std::string_view name, auto& into, auto read) {
    if (!json.has(name)) return;
    const JsonReader array = json.at(name);
    for (std::size_t i = 0; i < array.size(); ++i) into.push_back(read(array.at(i)));
  };
  read_all("derived", spec.derived, read_derived);
  read_all("numeric", spec.numeric, read_numeric);
  read_all("categorical", spec.categorical, read_categorical);
  const JsonReader coefficients = json.at("coefficients");
  for (std::size_t i = 0; i < coefficients.size(); ++i) spec.coefficients.push_back(coefficients.at(i).number());
  spec.intercept = json.at("intercept").number();
  if (json.has("threshold")) {
    if (spec.kind == LinearModelKind::linear) json.at("threshold").refuse("none, as the model is linear");
    spec.threshold = json.at("threshold").number();
  }
  if (json.has("golden")) spec.golden = read_golden(json.at("golden"));
  if (json.has("metadata")) spec.metadata = json.at("metadata").object().json().dump();
  if (json.has("statistics")) {
    if (version.json() == 1) json.at("statistics").refuse("none in a file of version 1");
    spec.statistics = read_statistics(json.at("statistics"));
  }
  return spec;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
