// SPDX-License-Identifier: MIT
#pragma once

// Reads what a Google Benchmark program writes with --benchmark_format=json or --benchmark_out: every repetition of
// every row. Aggregates (mean, median, ...) are passed over: they cannot be tested. A file may hold several runs, one
// behind the other, as >> writes them.

#include "penstock/core/error.hpp"

#include <nlohmann/json.hpp>

#include <cmath>        // isfinite
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <fstream>      // ifstream
#include <map>          // map
#include <sstream>      // istringstream
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

namespace compare {

/// The repetitions of one row.
struct Row {
  std::string name;            ///< run_name: that of the benchmark with its arguments
  std::vector<double> values;  ///< of the metric, a repetition each; times in ns
  std::string failed;          ///< the message of a repetition that ended with an error; empty if there is none
};

/// One run of a benchmark program.
struct Run {
  std::vector<Row> rows{};  ///< in the order of the file, those skipped or without repetitions left out
  std::map<std::string, std::string> context{};  ///< what should be equal of two files, in words
};

/// Which figure of a repetition counts: "real_time", "cpu_time", the name of a counter, or "auto", the clock that the
/// benchmark itself went by: real_time if its name says /real_time or /manual_time, else cpu_time.
[[nodiscard]] inline std::string metric_of(const std::string& run_name, const std::string& metric) {
  if (metric != "auto") return metric;
  for (const std::string_view clock : {"/real_time", "/manual_time"}) {
    if (run_name.find(clock) != std::string::npos) return "real_time";
  }
  return "cpu_time";
}

[[nodiscard]] inline double nanoseconds_of(const std::string& unit, const penstock::Where& where) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  throw penstock::Error(where, "time_unit \"" + unit + "\"", "ns, us, ms or s");
}

/// One file.
struct BenchmarkFile {
  std::string path;
  std::vector<Run> runs{};  ///< at least one
};

/// @throws penstock::Error that names the file, the row and what is wrong with it.
[[nodiscard]] inline Run read_run(const nlohmann::json& file, const std::string& path, const std::string& metric) {
  using nlohmann::json;
  Run result;
  if (!file.is_object() || !file.contains("benchmarks") || !file["benchmarks"].is_array()) {
    throw penstock::Error({.source = path}, "no array \"benchmarks\"", "a file of Google Benchmark");
  }
  if (file.contains("context") && file["context"].is_object()) {
    for (const char* const key :
         {"host_name", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled", "library_build_type"}) {
      if (file["context"].contains(key)) result.context[key] = file["context"][key].dump();
    }
  }
  std::map<std::string, std::size_t> place;
  std::size_t aggregates = 0;
  for (const json& entry : file["benchmarks"]) {
    const auto word = [&](const char* key) {
      return entry.is_object() && entry.contains(key) && entry[key].is_string() ? entry[key].get<std::string>()
                                                                                : std::string();
    };
    if (word("run_type") == "aggregate") {
      ++aggregates;
      continue;
    }
    const std::string name = word("run_name").empty() ? word("name") : word("run_name");
    if (name.empty()) throw penstock::Error({.source = path}, "a benchmark without a name", "\"run_name\" or \"name\"");
    const auto holds = [&](const char* key) {
      if (!entry.contains(key)) return false;
      if (entry[key].is_boolean()) return entry[key].get<bool>();
      throw penstock::Error({.source = path, .column = name}, std::string(key) + " " + entry[key].dump(),
                            "true or false");
    };
    if (holds("skipped")) continue;
    const auto [at, is_new] = place.try_emplace(name, result.rows.size());
    if (is_new) result.rows.push_back({.name = name, .values = {}, .failed = {}});
    Row& row = result.rows[at->second];
    if (holds("error_occurred")) {
      row.failed = word("error_message").empty() ? "error without a message" : word("error_message");
      continue;
    }
    const std::string key = metric_of(name, metric);
    const penstock::Where where{.source = path, .column = name};
    if (!entry.contains(key) || !entry[key].is_number()) {
      throw penstock::Error(where, "no number \"" + key + "\"", "one, as --metric asks for it");
    }
    double value = entry[key].get<double>();
    if (key == "real_time" || key == "cpu_time") value *= nanoseconds_of(word("time_unit"), where);
    if (!(value > 0 && std::isfinite(value))) {
      throw penstock::Error(where, key + " " + entry[key].dump(), "a finite number above 0");
    }
    row.values.push_back(value);
  }
  if (result.rows.empty()) {
    throw aggregates > 0 ? penstock::Error({.source = path}, "aggregates only",
                                           "every repetition: run without --benchmark_report_aggregates_only")
                         : penstock::Error({.source = path}, "no benchmarks", "at least one");
  }
  return result;
}

/// @throws penstock::Error as read_run, and for text that is no JSON.
[[nodiscard]] inline BenchmarkFile parse_benchmark_file(const std::string& text, const std::string& path,
                                                        const std::string& metric) {
  BenchmarkFile file{.path = path};
  std::istringstream in(text);
  while (in >> std::ws && !in.eof()) {
    const auto begin = static_cast<std::uint64_t>(in.tellg());
    nlohmann::json run;
    try {
      in >> run;
    } catch (const nlohmann::json::parse_error& error) {
      throw penstock::Error({.source = path, .byte = begin + error.byte}, "no JSON",
                            "the output of a benchmark with --benchmark_format=json");
    } catch (const nlohmann::json::exception& error) {  // a number that no double holds
      throw penstock::Error({.source = path}, error.what(), "the output of a benchmark with --benchmark_format=json");
    }
    file.runs.push_back(read_run(run, path, metric));
  }
  if (file.runs.empty()) throw penstock::Error({.source = path}, "nothing", "the output of a benchmark");
  return file;
}

/// @throws penstock::Error as parse_benchmark_file, and for a file that cannot be read.
[[nodiscard]] inline BenchmarkFile read_benchmark_file(const std::string& path, const std::string& metric) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw penstock::Error({.source = path}, "a file that cannot be read", "the output of a benchmark");
  return parse_benchmark_file(text, path, metric);
}

}  // namespace compare
