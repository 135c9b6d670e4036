// SPDX-License-Identifier: MIT
#pragma once

// The series: read from a file, or made up so that the program runs without one.

#include <algorithm>  // max, min
#include <chrono>     // minutes, sys_days
#include <cmath>      // abs, cos, exp, log1p, round, sqrt
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t
#include <numbers>    // pi
#include <optional>   // optional
#include <penstock/core/clock.hpp>
#include <penstock/core/error.hpp>
#include <penstock/io/csv_reader.hpp>
#include <random>  // mt19937_64
#include <string>  // string
#include <vector>  // vector

inline constexpr std::size_t day = 48;  // half hours
inline constexpr std::size_t week = 7 * day;

/// Passengers in each half hour.
struct Series {
  std::string name;
  std::vector<penstock::Timestamp> times;
  std::vector<double> values;
};

/// A file with the columns timestamp and value, half hour after half hour.
inline Series read_series(const std::string& path) {
  penstock::CsvReader reader(
      path, {.rows_per_batch = 1'000'000,
             .columns = {"timestamp", "value"},
             .column_options = {{.name = "timestamp", .dtype = penstock::DataType::timestamp, .nullable = false},
                                {.name = "value", .dtype = penstock::DataType::float64, .nullable = false}}});
  Series series{path, {}, {}};
  while (const std::optional<penstock::RecordBatch> batch = reader.next()) {
    for (std::size_t i = 0; i < batch->rows(); ++i) {
      series.times.push_back(batch->column<penstock::Timestamp>("timestamp")[i]);
      series.values.push_back(batch->column<double>("value")[i]);
      if (series.times.size() > 1 && series.times.back() - series.times.rbegin()[1] != std::chrono::minutes(30)) {
        throw penstock::Error({.source = path, .row = series.times.size(), .column = "timestamp"},
                              "a time that does not follow the one before", "one half an hour later");
      }
    }
  }
  return series;
}

/// What a city's taxis might do: peaks in the morning and at night, later ones at the weekend, weather that lasts for
/// hours. At `shift` a rival takes a third of the trips, most of them in the evening.
inline Series make_series(std::size_t half_hours, std::size_t shift, std::uint64_t seed) {
  std::mt19937_64 engine(seed);  // the same everywhere, as the distributions of <random> are not
  const auto uniform = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
  const auto normal = [&] {
    return std::sqrt(-2 * std::log1p(-uniform())) * std::cos(2 * std::numbers::pi * uniform());
  };
  const auto peak = [](double hour, double at, double width) {
    double apart = std::abs(hour - at);
    apart = std::min(apart, 24 - apart);
    return std::exp(-apart * apart / (2 * width * width));
  };
  Series series{"a made-up series", {}, {}};
  double weather = 0;
  for (std::size_t i = 0; i < half_hours; ++i) {
    const double hour = static_cast<double>(i % day) / 2;
    const bool weekend = i / day % 7 == 4 || i / day % 7 == 5;  // it begins on a Tuesday
    const double morning = weekend ? 0.7 * peak(hour, 11.5, 2.5) : peak(hour, 8.5, 1.8);
    const double evening = weekend ? 1.2 * peak(hour, 23, 3.5) : 1.3 * peak(hour, 19.5, 3);
    weather = 0.97 * weather + 0.015 * normal();
    const double passengers =
        22'000 * (0.15 + 0.6 * morning + (i < shift ? 0.65 : 0.35) * evening) * std::exp(weather + 0.02 * normal());
    series.times.emplace_back(std::chrono::sys_days(std::chrono::year(2014) / 7 / 1) +
                              std::chrono::minutes(30) * static_cast<int>(i));
    series.values.push_back(std::round(std::max(0.0, passengers)));
  }
  return series;
}
