// SPDX-License-Identifier: MIT
#pragma once

// A LinearModelSpec as the JSON of a model file: a line for each feature, so that people can read it and compare two
// files, and the shortest digits that read back as the same numbers.
//
//     std::string text = detail::write_linear_model(model.spec());

#include "penstock/adapters/json/linear_model_reader.hpp"
#include "penstock/serve/linear_model_check.hpp"
#include "penstock/serve/linear_model_spec.hpp"

#include <nlohmann/json.hpp>

#include <cmath>        // signbit
#include <cstdint>      // uint64_t
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <variant>      // get_if
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

inline std::string json_text(std::string_view value) {
  try {
    return nlohmann::json(value).dump();
  } catch (const nlohmann::json::type_error&) {
    throw std::invalid_argument("a model file holds UTF-8, and " + describe(nlohmann::json(value)) + " is not");
  }
}

inline std::string json_number(double x) {
  return x == 0 && std::signbit(x) ? "-0.0" : shortest(x);  // a JSON reader takes -0 for the integer 0
}

/// "[a, b, c]" of what `write` makes of each value; with `lines`, each on a line of its own.
template <class T, class Write>
std::string json_array(const std::vector<T>& values, Write write, std::string_view lines = {}) {
  std::string text = "[";
  for (const T& value : values) {
    if (text.size() > 1) text += lines.empty() ? ", " : ",";
    text += std::string(lines) + write(value);
  }
  if (!lines.empty() && !values.empty()) text += lines.substr(0, lines.size() - 2);
  return text + "]";
}

inline std::string json_terms(const std::vector<WeightedColumn>& terms) {
  return json_array(terms, [](const WeightedColumn& term) {
    return "{\"column\": " + json_text(term.column) + ", \"weight\": " + json_number(term.weight) + "}";
  });
}

inline std::string json_derived(const DerivedFeature& feature) {
  std::string text = "{\"name\": " + json_text(feature.name) + ", \"numerator\": " + json_terms(feature.numerator);
  if (!feature.denominator.empty()) {
    text += ", \"denominator\": " + json_terms(feature.denominator) + ", \"floor\": " + json_number(feature.floor);
  }
  return text + "}";
}

inline std::string json_numeric(const NumericFeature& feature) {
  std::string text = "{\"name\": " + json_text(feature.name) + ", \"mean\": " + json_number(feature.mean) +
                     ", \"scale\": " + json_number(feature.scale) +
                     ", \"missing\": " + json_text(to_string(feature.missing));
  if (feature.missing == MissingNumber::value) text += ", \"missing_value\": " + json_number(feature.missing_value);
  return text + "}";
}

inline std::string json_categorical(const CategoricalFeature& feature) {
  return "{\"name\": " + json_text(feature.name) + ", \"unseen\": " + json_text(to_string(feature.unseen)) +
         ", \"missing\": " + json_text(to_string(feature.missing)) +
         ", \"categories\": " + json_array(feature.categories, json_text) + "}";
}

inline std::string json_golden_row(const GoldenRow& row) {
  std::string text = "{\"inputs\": {";
  for (const GoldenValue& input : row.inputs) {
    if (text.back() != '{') text += ", ";
    text += json_text(input.column) + ": ";
    if (const double* number = std::get_if<double>(&input.value)) {
      text += json_number(*number);
    } else if (const std::string* words = std::get_if<std::string>(&input.value)) {
      text += json_text(*words);
    } else {
      text += "null";
    }
  }
  return text + "}, \"score\": " + json_number(row.score) + "}";
}

inline std::string json_numeric_statistics(const NumericStatistics& s) {
  return "{\"name\": " + json_text(s.name) + ", \"missing\": " + std::to_string(s.missing) +
         ", \"mean\": " + json_number(s.mean) + ", \"std_dev\": " + json_number(s.std_dev) +
         ", \"min\": " + json_number(s.min) + ", \"max\": " + json_number(s.max) + "}";
}

inline std::string json_categorical_statistics(const CategoricalStatistics& s) {
  return "{\"name\": " + json_text(s.name) + ", \"missing\": " + std::to_string(s.missing) +
         ", \"other\": " + std::to_string(s.other) +
         ", \"counts\": " + json_array(s.counts, [](std::uint64_t n) { return std::to_string(n); }) + "}";
}

inline std::string json_statistics(const TrainingStatistics& statistics) {
  constexpr std::string_view lines = "\n      ";
  return "{\"rows\": " + std::to_string(statistics.rows) +
         ",\n    \"numeric\": " + json_array(statistics.numeric, json_numeric_statistics, lines) +
         ",\n    \"categorical\": " + json_array(statistics.categorical, json_categorical_statistics, lines) + "}";
}

/// The metadata in one spelling, so that what is saved, loaded and saved again is the same.
inline std::string json_metadata(const std::string& metadata) {
  const std::string source = "LinearModelSpec.metadata";
  const JsonLimits limits{.max_depth = JsonLimits{}.max_depth - 1};  // it is a member of the file's object
  try {
    return JsonReader(parse_json(metadata, source, limits), source).object().json().dump();
  } catch (const Error& error) { throw std::invalid_argument(error.what()); }
}

/// @throws std::invalid_argument if a text is not UTF-8, or the metadata is not a JSON object.
inline std::string write_linear_model(const LinearModelSpec& spec) {
  constexpr std::string_view lines = "\n    ";
  std::string text = "{\n  \"format\": " + json_text(linear_model_format) +
                     ",\n  \"version\": " + std::to_string(spec.statistics.rows > 0 ? linear_model_version : 1);
  const auto member = [&text](std::string_view name, const std::string& value) {
    text += ",\n  " + json_text(name) + ": " + value;
  };
  member("kind", json_text(to_string(spec.kind)));
  member("derived", json_array(spec.derived, json_derived, lines));
  member("numeric", json_array(spec.numeric, json_numeric, lines));
  member("categorical", json_array(spec.categorical, json_categorical, lines));
  member("coefficients", json_array(spec.coefficients, json_number));
  member("intercept", json_number(spec.intercept));
  if (spec.kind == LinearModelKind::logistic) member("threshold", json_number(spec.threshold));
  if (!spec.golden.rows.empty()) {
    member("golden", "{\"tolerance\": " + json_number(spec.golden.tolerance) +
                         ", \"rows\": " + json_array(spec.golden.rows, json_golden_row, lines) + "}");
  }
  if (spec.statistics.rows > 0) member("statistics", json_statistics(spec.statistics));
  if (!spec.metadata.empty()) member("metadata", json_metadata(spec.metadata));
  return text + "\n}\n";
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
