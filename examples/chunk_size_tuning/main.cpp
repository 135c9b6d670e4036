// SPDX-License-Identifier: MIT
// How many rows a chunk? Sweeps chunk sizes in rounds, says which differences are real, and picks one.
//
//     chunk_size_tuning --sizes 1,10,100,1000 --budget-ms 2
#include "model.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>    // size_t
#include <cstdio>     // printf
#include <exception>  // exception
#include <iostream>   // cerr
#include <penstock/stream/compare.hpp>
#include <penstock/stream/sweep.hpp>
#include <penstock/stream/sweep_plot.hpp>
#include <stdexcept>  // runtime_error
#include <string>     // string
#include <vector>     // vector

namespace {

struct Options {
  std::size_t rows = 20'000;
  std::vector<std::size_t> sizes{1, 3, 10, 30, 100, 300, 1000, 3000};
  std::size_t runs = 11;
  double budget_ms = 0.2;
  std::string output_dir = "artifacts";
};

void print(const std::vector<penstock::ChunkSizeFigures>& table) {
  std::printf("%8s  %12s  %22s  %10s  %10s  %8s  %s\n", "rows a", "rows/s", "95 % interval", "p99 of a", "times as",
              "p", "against the first");
  std::printf("%8s  %12s  %22s  %10s  %10s  %8s\n", "chunk", "", "", "chunk", "fast", "");
  for (const auto& row : table) {
    const penstock::TimeComparison& c = row.against_first;
    std::printf("%8zu  %12.0f  %10.0f .. %8.0f  %7.3f ms  ", row.chunk_size, row.throughput_rows_per_s,
                row.throughput_rows_per_s_ci.low, row.throughput_rows_per_s_ci.high, row.p99_ms);
    if (&row == &table.front()) {
      std::printf("%10s  %8s\n", "", "");
    } else {
      std::printf("%10.2f  %8.2g  %s\n", c.ratio, c.pvalue, std::string(to_string(c.verdict)).c_str());
    }
  }
}

/// The smallest size within the budget that is not surely slower than the fastest one within it: a smaller chunk is
/// sooner done, so a larger one must earn its place. Null if none is within.
const penstock::ChunkSizeFigures* pick(const std::vector<penstock::ChunkSizeFigures>& table, double budget_ms) {
  const penstock::ChunkSizeFigures* fastest = nullptr;
  for (const auto& row : table) {
    if (row.p99_ms > budget_ms) continue;
    if (fastest == nullptr || row.throughput_rows_per_s > fastest->throughput_rows_per_s) fastest = &row;
  }
  const penstock::ChunkSizeFigures* picked = fastest;
  for (const auto& row : table) {
    if (row.p99_ms > budget_ms || row.chunk_size >= picked->chunk_size) continue;
    const auto against = penstock::compare_times(fastest->times_s, row.times_s, {.relevant_change = 0.05});
    if (against.verdict != penstock::SpeedVerdict::slower) picked = &row;
  }
  return picked;
}

void tune(const Options& options) {
  const std::vector<Features> table = made_up_rows(options.rows);
  const SmallNet model;
  std::printf("%zu rows, %zu rounds; every other round goes through the sizes backwards\n\n", options.rows,
              options.runs);
  const auto figures = penstock::sweep_chunk_sizes(table, model, options.sizes, {.runs = options.runs});
  print(figures);

  if (const auto* const best = pick(figures, options.budget_ms)) {
    std::printf(
        "\nTake chunks of %zu: the smallest that is not surely 5 %% slower than the fastest one whose p99 is "
        "within %g ms.\n",
        best->chunk_size, options.budget_ms);
    const auto against =
        penstock::compare_batch_vs_streaming(table, model, {.chunk_size = best->chunk_size, .runs = options.runs});
    const penstock::TimeComparison& c = against.streaming;
    std::printf(
        "Against the whole table at once it is %.2f times as fast (%.2f to %.2f, p = %.2g): %s; the values are "
        "%s.\n",
        c.ratio, c.ratio_ci.low, c.ratio_ci.high, c.pvalue, std::string(to_string(c.verdict)).c_str(),
        against.same_values ? "the same" : "not the same");
  } else {
    std::printf("\nNo size has a p99 within %g ms.\n", options.budget_ms);
  }
  const penstock::PlotResult plot = penstock::plot_sweep(figures, options.output_dir, "chunk_sizes");
  if (plot.status == penstock::PlotStatus::failed) throw std::runtime_error(plot.message);
  const bool plotted = plot.status == penstock::PlotStatus::plotted;
  std::printf("\nfigures   %s/chunk_sizes.csv\n%s   %s\n", options.output_dir.c_str(), plotted ? "plots  " : "no plot",
              plotted ? (options.output_dir + "/chunk_sizes.png, .svg").c_str() : plot.message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("How many rows a chunk? Sweeps chunk sizes in rounds, and says which differences are real.");
  app.add_option("--rows", options.rows, "of the made-up table")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--sizes", options.sizes, "rows a chunk, the first is what the others are compared with")
      ->delimiter(',')
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "rounds: each size once in each")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--budget-ms", options.budget_ms, "p99 of a chunk that is still in time")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_option("--output-dir", options.output_dir, "where the figures and the plots go")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    tune(options);
  } catch (const std::exception& error) {
    std::cerr << "chunk_size_tuning: " << error.what() << '\n';
    return 1;
  }
}
