// SPDX-License-Identifier: MIT
// Scores a table with a model in three ways: as whole batches, row by row, and as events on a queue that pushes back.
//
//     unified_pipeline --input students.csv --target purchased --model model.json --jitter-ms 0

#include "penstock/adapters/json/linear_model.hpp"
#include "penstock/queue/bounded_queue.hpp"

#include "async_stream.hpp"
#include "interrupt.hpp"
#include "modes.hpp"
#include "options.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>        // fprintf, printf
#include <exception>     // exception
#include <filesystem>    // create_directories, path
#include <string>        // string
#include <system_error>  // error_code

namespace {

int run(const Options& options, const std::stop_token& stop) {
  const penstock::LinearModel model = penstock::load_linear_model(options.model).value();
  const double threshold = options.threshold.value_or(model.spec().threshold);

  const std::filesystem::path folder(options.output_dir);
  std::filesystem::create_directories(folder);
  const auto file = [&](const char* name) {
    for (const std::string& read : {options.input, options.model}) {
      std::error_code none;
      if (!std::filesystem::equivalent(folder / name, read, none)) continue;
      throw penstock::Error({.source = read}, "a file that this run would overwrite", "another --output-dir");
    }
    return (folder / name).string();
  };

  print_header();
  if (options.runs("batch")) {
    const ModeResult result = batch_inference(options, model, threshold, file("batch_inference.csv"), stop);
    print(result);
    print_auc(result);
  }
  if (options.runs("stream") && !stop.stop_requested()) {
    print(stream_inference(options, model, threshold, file("stream_inference.jsonl"), stop));
  }
  if (options.runs("async_stream") && !stop.stop_requested()) {
    AsyncStream<penstock::BoundedQueue<Event>> pipeline(options, model, threshold, file("stream_inference_async.jsonl"),
                                                        stop);
    const AsyncResult result = pipeline.run();
    print(result);
    write_json(metrics_json(options, result), file("streaming_metrics.json"));
  }
  if (!stop.stop_requested()) return 0;
  std::printf("interrupted: what had been read by then is written\n");
  return 130;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app("Scores a table in batches, row by row, and as events on a queue.");
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  apply_test_mode(options);

  const Interrupt interrupt;
  return run(options, interrupt.token());
} catch (const std::exception& error) {
  std::fprintf(stderr, "unified_pipeline: %s\n", error.what());
  return 1;
}
