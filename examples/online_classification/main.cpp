// SPDX-License-Identifier: MIT
// Learns from a stream of students who will buy, and measures it on the way: each is predicted before it is known, and
// learnt once it is.
//
//     generate_students --output students.csv
//     online_classification --input students.csv --target purchased
#include "log_columns.hpp"
#include "plot.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>    // SIZE_MAX
#include <cstdio>     // printf
#include <exception>  // exception
#include <iostream>   // cerr
#include <optional>   // optional
#include <penstock/io/csv_reader.hpp>
#include <penstock/learn/one_hot_encoder.hpp>
#include <penstock/learn/pipeline.hpp>
#include <penstock/learn/progressive.hpp>
#include <penstock/learn/sgd.hpp>
#include <penstock/learn/standard_scaler.hpp>
#include <penstock/stats/calibration.hpp>
#include <penstock/stats/metric_set.hpp>
#include <penstock/stats/probability_metrics.hpp>
#include <penstock/stats/rolling_roc_auc.hpp>
#include <string>  // string
#include <vector>  // vector

namespace {

namespace stats = penstock::stats;

struct Options {
  std::string input, target, output_dir = "artifacts";
  std::size_t delay = 0, chunk = 1, window = 2000, every = 2000;
  double eta0 = 0.02;
};

penstock::RecordBatch read_table(const std::string& path) {
  penstock::CsvReader reader(path, {.rows_per_batch = SIZE_MAX, .infer_rows = SIZE_MAX});
  std::optional<penstock::RecordBatch> table = reader.next();
  if (!table) throw penstock::Error({.source = path}, "no rows", "a table to learn from");
  return *table;
}

void run(const Options& options) {
  const penstock::RecordBatch table = read_table(options.input);
  const std::vector<double> bought = table.to_matrix({options.target}).values;
  std::vector<std::string> features, numbers;
  for (const penstock::Field& field : table.schema().fields) {
    const bool text = field.dtype == penstock::DataType::category || field.dtype == penstock::DataType::string;
    if (field.name == options.target || field.dtype == penstock::DataType::timestamp) continue;
    features.push_back(field.name);
    if (!text) numbers.push_back(field.name);
  }

  auto model = LogColumns{numbers} | penstock::StandardScaler{} | penstock::OneHotEncoder({.max_categories = 30}) |
               penstock::SgdClassifier({.loss = penstock::Loss::log_loss,
                                        .alpha = 1e-5,
                                        .learning_rate = penstock::LearningRate::constant,
                                        .eta0 = options.eta0,
                                        .classes = {0, 1}});
  const auto run = penstock::progressive_evaluation(
      table.select(features), bought, model,
      stats::MetricSet(stats::RollingRocAuc({.window_size = table.rows()}),
                       stats::RollingRocAuc({.window_size = options.window}), stats::LogLoss(), stats::Calibration()),
      {.delay_rows = options.delay, .chunk_rows = options.chunk, .trace_every = options.every},
      penstock::PredictedProbability());

  std::printf("%s: %zu rows; each is predicted when it comes, and learnt when %zu more have come\n\n",
              options.input.c_str(), table.rows(), options.delay);
  std::printf("%9s | %8s %10s | %8s %17s\n", "rows", "AUC", "of the last", "log loss", "calibration error");
  for (const auto& [rows, figures] : run.trace) {
    const auto [auc, recent, loss, calibration] = figures;
    std::printf("%9llu | %8.4f %11.4f | %8.4f %17.4f\n", static_cast<unsigned long long>(rows), auc, recent, loss,
                calibration);
  }
  std::printf("\nOf those who were given so much, so many bought:\n");
  for (const stats::CalibrationBin& bin : run.metric.metric<3>().curve()) {
    std::printf("  %5.1f %% of %6llu, who were given %5.1f %% on the mean\n", 100 * bin.prob_true,
                static_cast<unsigned long long>(bin.rows), 100 * bin.prob_pred);
  }
  plot(run.trace, run.metric.metric<3>().curve(), options.output_dir);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Learns from a stream of labelled rows, and measures it on the way.");
  app.add_option("--input", options.input, "CSV file with a header; its rows are the stream")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--target", options.target, "its column that is to be predicted, 0 or 1")->required();
  const auto add = [&](const char* name, auto& value, const char* what, auto low, auto high) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  const std::size_t most = 1'000'000'000;
  add("--delay", options.delay, "rows that come before a label is known", std::size_t{0}, most);
  add("--chunk", options.chunk, "rows that come together: predicted in one call, learnt in one", std::size_t{1}, most);
  add("--window", options.window, "rows of the AUC of the last", std::size_t{1}, most);
  add("--every", options.every, "rows between two lines of the table", std::size_t{1}, most);
  add("--eta0", options.eta0, "step length of the model", 1e-9, 1e3);
  app.add_option("--output-dir", options.output_dir, "where the figures and the plot go")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "online_classification: " << error.what() << '\n';
    return 1;
  }
}
