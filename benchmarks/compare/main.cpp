// SPDX-License-Identifier: MIT
// Is the new build slower? Compares two Google Benchmark JSON files with repetitions, of one run each or of several.
//
//     penstock_compare old.json new.json --threshold 2%
#include "compare_files.hpp"
#include "google_benchmark_file.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <exception>  // exception
#include <iostream>   // cerr, cout
#include <string>     // string, stod

namespace {

/// "2%" or "0.02".
double fraction(std::string text) {
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.pop_back();
  std::size_t end = 0;
  double value = -1;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception&) {}
  if (end != text.size() || end == 0 || !(value >= 0)) {
    throw CLI::ValidationError("--threshold", "is neither a percentage such as 2% nor a fraction such as 0.02");
  }
  return percent ? value / 100 : value;
}

}  // namespace

int main(int argc, char** argv) {
  compare::Options options;
  std::string old_path, new_path, threshold = "2%", format = "table";
  CLI::App app(
      "Compares Google Benchmark JSON files with repetitions. Exit status: 0 if nothing is surely slower, 1 if a row "
      "is, "
      "2 if they cannot be compared.");
  app.add_option("old", old_path, "JSON with repetitions; several runs one behind the other are rounds")->required();
  app.add_option("new", new_path, "the same of the new build, of as many runs, made in turns")->required();
  app.add_option("--metric", options.metric,
                 "auto, real_time, cpu_time or a counter such as items_per_second; auto is the clock of the benchmark")
      ->capture_default_str();
  app.add_flag("--higher-is-better", options.higher_is_better, "of a counter that does not end in _per_second");
  app.add_option("--threshold", threshold, "a change is told only if it surely is greater")->capture_default_str();
  app.add_option("--confidence", options.confidence_level, "of intervals and verdicts")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str();
  app.add_option("--filter", options.filter, "only rows whose name matches this regular expression");
  app.add_option("--resamples", options.n_resamples, "of the bootstrap")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the bootstrap")->capture_default_str();
  app.add_option("--format", format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  try {
    app.parse(argc, argv);
    options.threshold = fraction(threshold);
  } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : 2; }
  try {
    const compare::Report report =
        compare::compare_files(compare::read_benchmark_file(old_path, options.metric),
                               compare::read_benchmark_file(new_path, options.metric), options);
    std::cout << (format == "json" ? as_json(report).dump(2) + "\n" : table(report));
    return report.exit_status();
  } catch (const std::exception& error) {
    std::cerr << "penstock_compare: " << error.what() << '\n';
    return 2;
  }
}
