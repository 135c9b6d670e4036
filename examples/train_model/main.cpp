// SPDX-License-Identifier: MIT
// Trains a logistic regression on a CSV file and writes it as a model file, which any program loads with
// load_linear_model and calls on raw rows.
//
//   train_model --input students.csv --target purchased --model model.json
#include "train.hpp"
#include "training_table.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>   // min
#include <cstdint>     // uint64_t, SIZE_MAX
#include <cstdio>      // printf, fprintf
#include <filesystem>  // path
#include <penstock/adapters/json/linear_model.hpp>
#include <penstock/io/csv_reader.hpp>

namespace {

struct Options {
  std::string input, target, model;
  std::uint64_t seed = 42;
  double test_fraction = 0.2;
  TrainOptions training;
};

/// The whole table: training needs all of it at once. Types are inferred from as much of the file as a sample holds.
penstock::RecordBatch read_table(const std::string& path) {
  penstock::CsvReader reader(path, {.rows_per_batch = SIZE_MAX, .infer_rows = SIZE_MAX});
  std::optional<penstock::RecordBatch> table = reader.next();
  if (!table) throw penstock::Error({.source = path}, "no rows", "a table to train on");
  if (reader.next()) throw penstock::Error({.source = path}, "more than 1 GiB of text", "a table that fits in memory");
  return *table;
}

/// Trains, evaluates on the rows held out, writes the model.
void run(const Options& options) {
  const penstock::RecordBatch table = read_table(options.input);
  const std::vector<std::uint8_t> labels = read_labels(table, options.target);
  const Split split = split_stratified(labels, options.test_fraction, options.seed);
  std::printf("read      %s: %zu rows, %zu columns\n", options.input.c_str(), table.rows(),
              table.schema().fields.size());

  Trained trained = train(table, options.target, labels, split.training, options.training);
  for (const std::string& note : trained.notes) std::printf("%s\n", note.c_str());
  const std::size_t numbers = trained.spec.numeric.size();
  std::printf("fitted    %zu numbers and %zu columns of texts on %zu rows: %s after %d Newton steps, gradient %.1e\n",
              numbers, trained.spec.coefficients.size() - numbers, split.training.size(),
              trained.fit.converged ? "converged" : "NOT converged", trained.fit.steps, trained.fit.gradient);

  const Quality quality = evaluate(penstock::LinearModel(trained.spec), table, labels, split.held_out);
  std::printf("held out  %zu rows: AUC %.4f, accuracy %.4f, base rate %.4f\n", split.held_out.size(), quality.auc,
              quality.accuracy, quality.base_rate);

  trained.spec.metadata = nlohmann::json{
      {"trained_by", "penstock train_model"},
      {"input", std::filesystem::path(options.input).filename().string()},
      {"target", options.target},
      {"seed", options.seed},
      {"c", options.training.c},
      {"training_rows", split.training.size()},
      {"held_out_rows", split.held_out.size()},
      {"held_out_auc", quality.auc},
      {"held_out_accuracy", quality.accuracy},
      {"held_out_base_rate",
       quality.base_rate}}.dump();
  const penstock::LinearModel model =
      penstock::LinearModel(trained.spec).with_golden_rows(table.slice(0, std::min<std::size_t>(table.rows(), 10)));
  penstock::save_linear_model(model, options.model).value();
  // What a service will do: it loads the file, and the golden rows come out again.
  const penstock::LinearModel loaded = penstock::load_linear_model(options.model).value();
  std::printf("written   %s, %zu golden rows\n", options.model.c_str(), loaded.spec().golden.rows.size());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Trains a logistic regression on a CSV file and writes it as a model file.");
  app.add_option("--input", options.input, "CSV file with a header")->required();
  app.add_option("--target", options.target, "column to predict: 0 and 1, or true and false")->required();
  app.add_option("--model", options.model, "model file to write")->required();
  app.add_option("--seed", options.seed, "chooses the rows that are held out")->capture_default_str();
  app.add_option("--c", options.training.c, "inverse strength of the l2 penalty")->capture_default_str();
  app.add_option("--test-fraction", options.test_fraction, "share of each class that is held out")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 0.99));
  app.add_option("--max-categories", options.training.max_categories,
                 "texts of a column that have a coefficient of their own")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const penstock::Error& error) {
    penstock::Where where = error.where();
    if (where.source.empty()) where.source = options.input;
    std::fprintf(stderr, "train_model: %s\n", penstock::Error(where, error.found(), error.expected()).what());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_model: %s\n", error.what());
    return 1;
  }
}
