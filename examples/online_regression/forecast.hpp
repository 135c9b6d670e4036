// SPDX-License-Identifier: MIT
#pragma once

// What a forecast is made of, and the learners that make it.

#include "series.hpp"

#include <chrono>   // days, floor, weekday
#include <cmath>    // cos, sin
#include <cstddef>  // size_t
#include <numbers>  // pi
#include <penstock/core/column.hpp>
#include <penstock/core/matrix.hpp>
#include <penstock/core/record_batch.hpp>
#include <penstock/learn/lag_features.hpp>
#include <penstock/learn/pipeline.hpp>
#include <penstock/learn/sgd.hpp>
#include <penstock/learn/standard_scaler.hpp>
#include <ratio>   // ratio
#include <span>    // span
#include <string>  // string, to_string
#include <vector>  // vector

/// A row of features for each half hour from `first` on, all of them known when it is forecast.
struct Rows {
  std::size_t first;
  penstock::RowMajorMatrix features;
  std::vector<double> targets;
};

inline constexpr std::size_t last_value = 0;  // columns of the features: the last value that is known,
inline constexpr std::size_t week_ago = 1;    // and that of the same half hour one week ago

inline penstock::RecordBatch table_of(const Series& series) {
  return penstock::RecordBatch({{{"value", penstock::DataType::float64}}}, {penstock::Column(series.values)});
}

/// Lags, and the hour of the day as waves, which the weekend has of its own.
inline Rows make_rows(const Series& series, std::size_t horizon) {
  const std::vector<std::size_t> lags = {horizon, week, horizon + 1, horizon + 2, week - 1, week + horizon};
  std::vector<std::string> names;
  for (const std::size_t lag : lags) names.push_back("value_lag_" + std::to_string(lag));
  const penstock::RowMajorMatrix lagged =
      penstock::LagFeatures({.lags = lags}).partial_fit_transform(table_of(series)).to_matrix(names);

  Rows rows{week + horizon, {}, {}};  // from here on no lag is missing
  for (std::size_t i = rows.first; i < series.values.size(); ++i) {
    std::vector<double>& row = rows.features.values;
    row.insert(row.end(), lagged.row(i).begin(), lagged.row(i).end());
    const auto date = std::chrono::floor<std::chrono::days>(series.times[i]);
    const double angle =
        std::chrono::duration<double, std::ratio<86400>>(series.times[i] - date).count() * 2 * std::numbers::pi;
    const unsigned weekday = std::chrono::weekday(date).c_encoding();  // 0 is Sunday
    const bool weekend = weekday == 0 || weekday == 6;
    for (int wave = 1; wave <= 3; ++wave) {
      for (const double value : {std::sin(wave * angle), std::cos(wave * angle)}) {
        row.push_back(value);
        row.push_back(weekend ? value : 0);
      }
    }
    for (unsigned d = 0; d < 7; ++d) row.push_back(weekday == d ? 1 : 0);
    rows.targets.push_back(series.values[i]);
  }
  rows.features.rows = rows.targets.size();
  rows.features.cols = rows.targets.empty() ? 0 : rows.features.values.size() / rows.targets.size();
  return rows;
}

/// Persistence: it will be as it was.
struct Persistence {
  std::size_t column;

  double predict_one(std::span<const double> row) const { return row[column]; }
  void learn_one(std::span<const double>, double) {}
};

/// Forecasts how far the value will be from one that is known, in units in which it is about 1. What is learnt is the
/// difference alone, so that it is persistence before the first row, and gets better from there.
class Forecaster {
 public:
  /// `base` is the column of the value that is known.
  Forecaster(std::size_t base, double unit, double eta0)
      : base_(base),
        unit_(unit),
        difference_(penstock::StandardScaler{} |
                    penstock::SgdRegressor({.loss = penstock::Loss::huber(0.1),
                                            .alpha = 1e-6,
                                            .learning_rate = penstock::LearningRate::constant,
                                            .eta0 = eta0})) {}

  double predict_one(std::span<const double> row) const { return row[base_] + unit_ * difference_.predict_one(row); }
  void learn_one(std::span<const double> row, double y) { difference_.learn_one(row, (y - row[base_]) / unit_); }

 private:
  std::size_t base_;
  double unit_;
  decltype(penstock::StandardScaler{} | penstock::SgdRegressor{}) difference_;
};
