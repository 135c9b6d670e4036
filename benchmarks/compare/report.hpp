// SPDX-License-Identifier: MIT
#pragma once

// The comparison as a table for people, and as JSON for programs.

#include "compare_files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>  // max
#include <cmath>      // isfinite, abs
#include <cstdio>     // snprintf
#include <string>     // string

namespace compare {
namespace detail {

template <class... Values>
[[nodiscard]] std::string format(const char* pattern, Values... values) {
  char text[400];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

/// A time in its unit, any other figure as it is.
[[nodiscard]] inline std::string value_text(const std::string& metric, double value) {
  if (!metric.ends_with("_time")) return format("%.4g", value);
  const char* const units[] = {"ns", "us", "ms", "s"};
  int unit = 0;
  for (; unit < 3 && value >= 1000; ++unit) value /= 1000;
  return format("%.4g %s", value, units[unit]);
}
[[nodiscard]] inline std::string percent(double ratio) { return format("%+.1f %%", 100 * (ratio - 1)); }

}  // namespace detail

/// A line a row, then what could not be compared, then a summary.
[[nodiscard]] inline std::string table(const Report& report) {
  using detail::format;
  std::size_t width = 9;
  for (const RowComparison& row : report.rows) width = std::max(width, row.name.size());
  const int w = static_cast<int>(width);
  std::string text =
      format("%-*s  %10s  %10s  %8s  %20s  %8s  %6s  %s\n", w, "benchmark", "old", "new", "change",
             format("%g %% interval", 100 * report.options.confidence_level).c_str(), "p", "effect", "verdict");
  std::size_t slower = 0, faster = 0;
  for (const RowComparison& row : report.rows) {
    slower += row.verdict == Verdict::slower ? 1 : 0;
    faster += row.verdict == Verdict::faster ? 1 : 0;
    text += row.name + std::string(width - row.name.size(), ' ');
    if (row.verdict == Verdict::failed) {
      text += "  failed, " + row.failed + '\n';
      continue;
    }
    const std::string interval =
        std::isfinite(row.ci.low) ? detail::percent(row.ci.low) + " .. " + detail::percent(row.ci.high) : "none";
    text +=
        format("  %10s  %10s  %8s  %20s  %8.2g  %+6.2f  %s\n", detail::value_text(row.metric, row.old_median).c_str(),
               detail::value_text(row.metric, row.new_median).c_str(), detail::percent(row.ratio).c_str(),
               interval.c_str(), row.pvalue, row.effect_size, to_string(row.verdict));
  }
  for (const std::string& name : report.only_old) text += name + ": not in every run\n";
  for (const std::string& name : report.only_new) text += name + ": only in the new file\n";
  for (const std::string& warning : report.warnings) text += "warning: " + warning + '\n';
  text += format(
      "\n%zu rows: %zu slower, %zu faster. Slower or faster is what surely changed by more than %g %%; p-values "
      "are corrected for %zu rows.\n",
      report.rows.size(), slower, faster, 100 * report.options.threshold, report.rows.size());
  bool too_few = false;
  for (const RowComparison& row : report.rows) too_few = too_few || row.verdict == Verdict::too_few;
  if (too_few) {
    const bool paired = report.rounds > 1;
    text += format("So many rows need %zu %s to show any difference.\n",
                   enough_repetitions(report.rows.size(), paired, report.options.confidence_level),
                   paired ? "runs in each file" : "repetitions of each (--benchmark_repetitions)");
  }
  return text;
}

/// The same as an object; what is not there is null.
[[nodiscard]] inline nlohmann::json as_json(const Report& report) {
  using nlohmann::json;
  const auto number = [](double value) { return std::isfinite(value) ? json(value) : json(); };
  json rows = json::array();
  for (const RowComparison& row : report.rows) {
    rows.push_back({{"name", row.name},
                    {"metric", row.metric},
                    {"n_old", row.n_old},
                    {"n_new", row.n_new},
                    {"old_median", number(row.old_median)},
                    {"new_median", number(row.new_median)},
                    {"ratio", number(row.ratio)},
                    {"ratio_ci", {{"low", number(row.ci.low)}, {"high", number(row.ci.high)}}},
                    {"pvalue", number(row.pvalue)},
                    {"effect_size", number(row.effect_size)},
                    {"verdict", to_string(row.verdict)},
                    {"failed", row.failed}});
  }
  return {{"rounds", report.rounds},
          {"threshold", report.options.threshold},
          {"confidence_level", report.options.confidence_level},
          {"rows", rows},
          {"only_old", report.only_old},
          {"only_new", report.only_new},
          {"warnings", report.warnings},
          {"exit_status", report.exit_status()}};
}

}  // namespace compare
