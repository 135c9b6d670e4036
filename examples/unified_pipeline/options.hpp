// SPDX-License-Identifier: MIT
#pragma once

// The command line of the pipeline, and the environment that makes a run small for a test.

#include "penstock/queue/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>    // min
#include <chrono>       // nanoseconds
#include <cstdint>      // uint64_t
#include <cstdlib>      // getenv
#include <limits>       // numeric_limits
#include <map>          // map
#include <optional>     // optional
#include <stdexcept>    // invalid_argument
#include <string>       // string, stoull
#include <string_view>  // string_view

struct Options {
  std::string mode = "both";
  std::string input;
  std::string target;
  std::string model;
  std::string output_dir = "artifacts";
  std::uint64_t rows = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t seed = 42;
  std::optional<double> threshold;  // the model's own if not given

  double jitter_ms = 5.0;
  std::optional<double> rate;  // events a second; wins over the jitter's mean
  std::size_t queue_max = 32;
  std::size_t workers = 2;
  std::size_t chunk_size = 1;  // rows an event
  std::size_t batch = 1;       // events scored together
  double max_delay_ms = 0;     // from the arrival of the first of them
  std::string overflow = "drop_newest";

  [[nodiscard]] bool runs(std::string_view one) const { return mode == "both" || mode == one; }

  /// Seconds from one event to the next; 0 means as fast as it goes.
  [[nodiscard]] double mean_interval_s() const { return rate ? 1 / *rate : jitter_ms / 1000; }

  [[nodiscard]] std::chrono::nanoseconds max_delay() const {
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(max_delay_ms * 1e6));
  }
};

inline const std::map<std::string, penstock::Overflow> overflow_policies = {
    {"block", penstock::Overflow::block},
    {"reject", penstock::Overflow::reject},
    {"drop_newest", penstock::Overflow::drop_newest},
    {"drop_oldest", penstock::Overflow::drop_oldest}};

/// CLI::PositiveNumber says "not in range 0.000000 to 1797693...".
inline CLI::Validator at_least_one() {
  return {[](std::string& text) {
            const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
            return digits && text.find_first_not_of('0') != std::string::npos
                       ? std::string()
                       : "'" + text + "' is not a whole number of at least 1";
          },
          "AT LEAST 1"};
}

/// Adds the options to the program's command line.
inline void add_options(CLI::App& app, Options& options) {
  app.add_option("--mode", options.mode, "what to run; both means all three")
      ->check(CLI::IsMember({"batch", "stream", "async_stream", "both"}))
      ->capture_default_str();
  app.add_option("--input", options.input, "CSV file with a header")->required()->check(CLI::ExistingFile);
  app.add_option("--target", options.target, "its column with the right answers, if it has one");
  app.add_option("--model", options.model, "model file, as train_model writes it")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--output-dir", options.output_dir, "where the files go")->capture_default_str();
  app.add_option("--rows", options.rows, "only the first N rows of the input")->check(at_least_one());
  app.add_option("--seed", options.seed, "of the jitter")->capture_default_str();
  app.add_option("--threshold", options.threshold, "prediction is 1 from this score upwards; default: the model's")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--jitter-ms", options.jitter_ms, "mean time between events, with a quarter of it as deviation")
      ->check(CLI::Range(0.0, 3.6e6))  // an hour
      ->capture_default_str();
  app.add_option("--rate", options.rate, "events a second; sets the mean time between them instead of --jitter-ms")
      ->check(CLI::Range(0.001, 1e9));
  app.add_option("--queue-max", options.queue_max, "events that may wait")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--workers", options.workers, "threads that score")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--chunk-size", options.chunk_size, "rows that arrive and are scored as one event")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  CLI::Option* const batch =
      app.add_option("--batch", options.batch, "events that are scored in one call of the model, at most")
          ->check(CLI::Range(1, 1'000'000))
          ->capture_default_str();
  app.add_option("--max-delay-ms", options.max_delay_ms, "an event waits so long for the others of its batch")
      ->check(CLI::Range(0.0, 3.6e6))
      ->needs(batch)
      ->capture_default_str();
  app.add_option("--overflow", options.overflow, "what becomes of an event when the queue is full")
      ->check(CLI::IsMember(overflow_policies))
      ->capture_default_str();
}

/// With TEST_MODE=1 in the environment a run is cut to what a test can wait for.
inline void apply_test_mode(Options& options) {
  const char* const test_mode = std::getenv("TEST_MODE");
  if (test_mode == nullptr || (std::string_view(test_mode) != "1" && std::string_view(test_mode) != "true")) return;

  const auto limit = [](const char* name, std::uint64_t otherwise) -> std::uint64_t {
    const char* const text = std::getenv(name);
    if (text == nullptr) return otherwise;
    std::size_t end = 0;
    std::uint64_t value = 0;
    try {
      value = std::stoull(text, &end);
    } catch (const std::exception&) { end = 0; }
    if (value == 0 || end != std::string_view(text).size()) {
      throw std::invalid_argument(std::string(name) + " is '" + text + "'; a whole number of at least 1 is needed");
    }
    return value;
  };
  options.jitter_ms = std::min(options.jitter_ms, 1.0);
  options.queue_max = std::min<std::uint64_t>(options.queue_max, limit("TEST_QUEUE_MAX", 8));
  options.workers = std::min<std::uint64_t>(options.workers, limit("TEST_STREAM_WORKERS", 1));
  options.rows = std::min(options.rows, limit("TEST_STREAM_ROWS", 16));
}
