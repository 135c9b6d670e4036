// SPDX-License-Identifier: MIT
// Forecasts a half-hourly series by a linear model that learns it as it comes, and asks whether that was worth it:
// against persistence, on rows that were not known when they were forecast.
//
//     online_regression --input nyc_taxi.csv
#include "forecast.hpp"
#include "plot.hpp"
#include "series.hpp"

#include <CLI/CLI.hpp>

#include <array>      // array
#include <cstdint>    // uint64_t
#include <cstdio>     // printf
#include <exception>  // exception
#include <iostream>   // cerr
#include <numeric>    // accumulate
#include <penstock/learn/drift/page_hinkley.hpp>
#include <penstock/learn/progressive.hpp>
#include <penstock/stats/metric_set.hpp>
#include <penstock/stats/regression_metrics.hpp>
#include <penstock/stats/rolling.hpp>
#include <stdexcept>  // runtime_error
#include <string>     // string
#include <vector>     // vector

namespace {

using penstock::stats::Mae;
using penstock::stats::R2;
using penstock::stats::Rolling;

struct Options {
  std::string input, output_dir = "artifacts";
  std::size_t half_hours = 215 * day, horizon = 1;
  double eta0 = 0.005;
  std::uint64_t seed = 42;
};

/// Errors of the whole stream so far, and of the last four weeks.
using Figures = penstock::stats::MetricSet<R2, Mae, Rolling<R2>>;

/// How a forecaster did, and what it said of each row.
struct Run {
  std::vector<penstock::TracePoint<std::array<double, 3>>> trace;
  std::vector<double> said;
};

/// Forecasts each row, and tells the forecaster what came true as soon as that was known.
template <class Learner>
Run evaluate(const Rows& rows, Learner forecaster, std::size_t horizon) {
  Run run;
  const auto note = [&run](const Learner& learner, const auto& x, std::vector<double>& said) {
    penstock::PredictedValue()(learner, x, said);
    run.said.push_back(said.back());
  };
  run.trace = penstock::progressive_evaluation(rows.features, rows.targets, forecaster,
                                               Figures(R2(), Mae(), Rolling<R2>({.window_size = 4 * week})),
                                               {.delay_rows = horizon, .trace_every = 4 * week}, note)
                  .trace;
  return run;
}

/// Looks at the mean error of each day, in units in which values are about 1, for a day from which on it is greater.
std::vector<Drift> find_drifts(const std::vector<double>& errors, double unit) {
  penstock::PageHinkley detector(
      {.min_instances = 7, .delta = 0.02, .threshold = 0.3, .mode = penstock::PageHinkleyMode::up});
  std::vector<Drift> drifts;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double usual = detector.mean() * unit;
    if (detector.update(errors[i] / unit) == penstock::DriftStatus::drift) drifts.push_back({i, usual, errors[i]});
  }
  return drifts;
}

void print_table(const Series& series, const Rows& rows, const Run& model, const Run& last, const Run& week_before) {
  std::printf("%-28s | %-23s | %-23s | %s\n", "", "model", "last value", "a week ago");
  std::printf("%-16s %11s", "until", "forecasts");
  for (int i = 0; i < 3; ++i) std::printf(" | %7s %7s %7s", "R2", "4 weeks", "MAE");
  std::printf("\n");
  for (std::size_t i = 0; i < model.trace.size(); ++i) {
    const std::uint64_t n = model.trace[i].rows;
    std::printf("%-16s %11llu", date_of(series.times[rows.first + n - 1]).c_str(), static_cast<unsigned long long>(n));
    for (const Run* run : {&model, &last, &week_before}) {
      const auto [r2, mae, recent] = run->trace[i].value;
      std::printf(" | %7.4f %7.4f %7.0f", r2, recent, mae);
    }
    std::printf("\n");
  }
}

void print_drifts(const char* whose, const std::vector<std::string>& days, const std::vector<Drift>& drifts) {
  std::printf("\nThe mean error of %s has grown%s\n", whose, drifts.empty() ? ": never" : ":");
  for (const Drift& drift : drifts) {
    std::printf("  noticed on %s, a day with %5.0f, where %5.0f had been usual\n", days[drift.day].c_str(), drift.error,
                drift.usual);
  }
}

void run(const Options& options) {
  const std::size_t shift = options.half_hours * 3 / 5 / day * day;
  const Series series =
      options.input.empty() ? make_series(options.half_hours, shift, options.seed) : read_series(options.input);
  const Rows rows = make_rows(series, options.horizon);
  if (rows.targets.size() < week) throw std::runtime_error("the series has no two weeks to learn from");
  const double unit = std::accumulate(series.values.begin(), series.values.begin() + week, 1e-9) / week;

  std::printf("%s: %zu half hours, %s to %s\n", series.name.c_str(), series.values.size(),
              date_of(series.times.front()).c_str(), date_of(series.times.back()).c_str());
  if (options.input.empty()) std::printf("a shift was planted at %s\n", date_of(series.times[shift]).c_str());
  std::printf("each is forecast %zu half hour(s) ahead, scored when it is known, and then learnt\n\n", options.horizon);

  const std::size_t base = options.horizon < day / 2 ? last_value : week_ago;
  const Run model = evaluate(rows, Forecaster(base, unit, options.eta0), options.horizon);
  const Run last = evaluate(rows, Persistence{last_value}, options.horizon);
  const Run week_before = evaluate(rows, Persistence{week_ago}, options.horizon);
  print_table(series, rows, model, last, week_before);

  const Daily daily = by_day(series, rows, model.said, week_before.said);
  const std::vector<Drift> drifts = find_drifts(daily.error_of_week_ago, unit);
  print_drifts("the week before as a forecast", daily.days, drifts);
  print_drifts("the model", daily.days, find_drifts(daily.error_of_model, unit));
  plot(daily, drifts, options.output_dir);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Forecasts a half-hourly series by a model that learns it as it comes.");
  app.add_option("--input", options.input, "CSV file with the columns timestamp and value; none: a made-up series")
      ->check(CLI::ExistingFile);
  app.add_option("--horizon", options.horizon, "half hours from the forecast to what is forecast")
      ->check(CLI::Range(std::size_t{1}, day))
      ->capture_default_str();
  app.add_option("--eta0", options.eta0, "step length of the model")
      ->check(CLI::Range(1e-9, 1.0))
      ->capture_default_str();
  app.add_option("--half-hours", options.half_hours, "of the made-up series")
      ->check(CLI::Range(3 * week, std::size_t{10'000'000}))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the made-up series")->capture_default_str();
  app.add_option("--output-dir", options.output_dir, "where the figures and the plot go")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "online_regression: " << error.what() << '\n';
    return 1;
  }
}
