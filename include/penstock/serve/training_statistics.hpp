// SPDX-License-Identifier: MIT
#pragma once

// What a batch looks like to a linear model: each feature's values before they are standardised.
//
//     LinearModelSpec spec = model.spec();
//     spec.statistics = training_statistics(spec, training_rows);     // goes into the model file
//
// check_skew of serve/skew.hpp compares a batch that is served with it.

#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/serve/linear_model_columns.hpp"
#include "penstock/serve/linear_model_spec.hpp"

#include <algorithm>    // max, min
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, uint64_t
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// A column of numbers, NaN where one is missing. @throws Error as the model.
[[nodiscard]] inline std::vector<double> number_column(const RecordBatch& batch, const std::string& name) {
  std::vector<double> values(batch.rows());
  read_numbers(number_view(batch, name), 0, batch.rows(), values.data(), 1);
  return values;
}

/// A feature's values, by the same arithmetic as the model's; NaN where one is missing.
[[nodiscard]] inline std::vector<double> feature_values(const LinearModelSpec& spec, const RecordBatch& batch,
                                                        const std::string& name) {
  for (const DerivedFeature& feature : spec.derived) {
    if (feature.name != name) continue;
    const auto sum = [&](const std::vector<WeightedColumn>& terms) {
      std::vector<double> total(batch.rows(), 0);
      for (const WeightedColumn& term : terms) {
        const auto column = number_column(batch, term.column);
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += term.weight * column[i];
      }
      return total;
    };
    std::vector<double> values = sum(feature.numerator);
    if (feature.denominator.empty()) return values;
    const std::vector<double> below = sum(feature.denominator);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= below[i] < feature.floor ? feature.floor : below[i];
    return values;
  }
  return number_column(batch, name);
}

/// The moments of those values that are finite.
struct FeatureMoments {
  std::uint64_t missing = 0;
  std::uint64_t infinite = 0;
  std::uint64_t present = 0;
  double mean = 0;
  double variance = 0;  // divided by n
  double fourth = 0;    // central moment, divided by n
  double min = 0;
  double max = 0;

  explicit FeatureMoments(const std::vector<double>& values) {
    double low = 0, high = 0;
    for (const double value : values) {
      if (is_nan(value)) {
        ++missing;
      } else if (!is_finite(value)) {
        ++infinite;
      } else {
        low = present == 0 ? value : std::min(low, value);
        high = present == 0 ? value : std::max(high, value);
        ++present;
        mean += (value - mean) / static_cast<double>(present);
      }
    }
    if (present == 0) return;
    min = low;
    max = high;
    mean = std::min(high, std::max(low, mean));  // rounding may lead it astray where all are equal
    const double n = static_cast<double>(present);
    for (const double value : values) {
      if (!is_finite(value)) continue;
      const double square = (value - mean) * (value - mean);
      variance += square / n;
      fourth += square * square / n;
    }
  }
};

/// How many rows have each category, another text, or none. Other texts are told to `tell_other(text, rows)`.
template <class TellOther>
[[nodiscard]] CategoricalStatistics count_texts(const CategoricalFeature& feature, const RecordBatch& batch,
                                                TellOther tell_other) {
  CategoricalStatistics result{feature.name, 0, 0, std::vector<std::uint64_t>(feature.categories.size())};
  const CategoryIndex known(feature.categories);
  const auto take = [&](std::string_view text, std::uint64_t rows) {
    if (const auto code = known.find(text)) {
      result.counts[static_cast<std::size_t>(*code)] += rows;
    } else {
      result.other += rows;
      tell_other(text, rows);
    }
  };
  const std::size_t place = batch.schema().index(feature.name);
  const DataType dtype = batch.schema().fields[place].dtype;
  if (dtype == DataType::category) {
    const auto codes = batch.column<std::int32_t>(place);
    std::vector<std::uint64_t> rows(codes.dictionary().size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      codes.is_valid(i) ? ++rows[static_cast<std::size_t>(codes[i])] : ++result.missing;
    }
    for (std::size_t code = 0; code < rows.size(); ++code) {
      if (rows[code] > 0) take(codes.dictionary()[code], rows[code]);
    }
  } else if (dtype == DataType::string) {
    const auto texts = batch.column<std::string_view>(place);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts.is_valid(i)) {
        take(texts[i], 1);
      } else {
        ++result.missing;
      }
    }
  } else {
    throw_wrong_column(feature.name, dtype, "texts (string or category)");
  }
  return result;
}

}  // namespace detail

/// What the features of a model look like in these rows, those that it was trained on. Derived features are derived
/// first. O(rows * features). @throws Error for a batch without rows, a column that is not there or of another type, or
/// a feature that is infinite.
[[nodiscard]] inline TrainingStatistics training_statistics(const LinearModelSpec& spec, const RecordBatch& batch) {
  if (batch.rows() == 0) throw Error({.source = "training_statistics"}, "no rows", "at least one");
  TrainingStatistics result;
  result.rows = batch.rows();
  for (const NumericFeature& feature : spec.numeric) {
    const detail::FeatureMoments moments(detail::feature_values(spec, batch, feature.name));
    const double deviation = detail::square_root(moments.variance);
    if (moments.infinite > 0 || !detail::is_finite(deviation)) {
      throw Error({.source = "training_statistics", .column = feature.name}, "an infinite number or variance",
                  "finite numbers");
    }
    result.numeric.push_back({feature.name, moments.missing, moments.mean, deviation, moments.min, moments.max});
  }
  for (const CategoricalFeature& feature : spec.categorical) {
    result.categorical.push_back(detail::count_texts(feature, batch, [](std::string_view, std::uint64_t) {}));
  }
  return result;
}

}  // namespace v0
}  // namespace penstock
