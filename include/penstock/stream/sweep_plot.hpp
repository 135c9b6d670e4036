// SPDX-License-Identifier: MIT
#pragma once

// A sweep as a picture: latency and throughput against chunk size, with their intervals.
//
//     const auto plot = plot_sweep(sweep_chunk_sizes(trips, score, {10, 50, 100, 500}), "artifacts");
//     // artifacts/sweep.csv, sweep.gp, and, where there is gnuplot, sweep.png and sweep.svg
//
// POSIX. Without <filesystem> and <fstream>, which would cost whoever includes the library a fifth of a second.

#include "penstock/core/error.hpp"
#include "penstock/stream/comparison.hpp"
#include "penstock/stream/gnuplot.hpp"
#include "penstock/stream/sweep.hpp"

#include <charconv>     // to_chars
#include <cstdio>       // fclose, fopen, fwrite
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <sys/stat.h>   // mkdir
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

[[nodiscard]] inline std::string csv_number(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

[[nodiscard]] inline std::string sweep_csv(const std::vector<ChunkSizeFigures>& figures) {
  std::string text =
      "chunk_size,latency_ms,latency_ms_low,latency_ms_high,throughput_rows_per_s,throughput_rows_per_s_low,"
      "throughput_rows_per_s_high,p50_ms,p95_ms,p99_ms,ratio,ratio_low,ratio_high,pvalue,effect_size,verdict\n";
  for (const ChunkSizeFigures& f : figures) {
    const TimeComparison& c = f.against_first;
    text += std::to_string(f.chunk_size);
    for (const double value : {f.latency_ms, f.latency_ms_ci.low, f.latency_ms_ci.high, f.throughput_rows_per_s,
                               f.throughput_rows_per_s_ci.low, f.throughput_rows_per_s_ci.high, f.p50_ms, f.p95_ms,
                               f.p99_ms, c.ratio, c.ratio_ci.low, c.ratio_ci.high, c.pvalue, c.effect_size}) {
      text += ',' + csv_number(value);
    }
    text += ',' + std::string(to_string(c.verdict)) + '\n';
  }
  return text;
}

/// Draws the same twice, for either kind of picture. `name` is within single quotes of gnuplot.
[[nodiscard]] inline std::string sweep_script(const std::string& name) {
  const std::string csv = "'" + name + ".csv'";
  const auto pictures = [&](std::string_view terminal, std::string_view ending) {
    return "set terminal " + std::string(terminal) + "\nset output '" + name + "." + std::string(ending) +
           "'\n"
           "set multiplot layout 2,1\n"
           "set ylabel 'ms a row'\n"
           "plot " +
           csv + " using 1:2:3:4 with yerrorbars pt 7 ps 0.5 lc 1 title 'latency, median and interval', " + csv +
           " using 1:2 with lines lc 1 notitle\n"
           "set ylabel 'rows/s'\n"
           "plot " +
           csv + " using 1:5:6:7 with yerrorbars pt 7 ps 0.5 lc 2 title 'throughput, median and interval', " + csv +
           " using 1:5 with lines lc 2 notitle\n"
           "unset multiplot\n"
           "unset output\n";
  };
  return "# gnuplot " + name +
         ".gp\n"
         "set datafile separator ','\n"
         "set datafile missing 'nan'\n"
         "set key outside top center\n"
         "set key noautotitle\n"
         "set logscale x\n"
         "set yrange [0:*]\n"
         "set grid\n"
         "set xlabel 'rows a chunk'\n"
         "set format y '%g'\n" +
         pictures("svg size 800,800 dynamic background 'white'", "svg") +
         pictures("pngcairo size 800,800 background 'white'", "png");
}

/// Makes a folder and those that it is in. What fails here fails again when a file is to be made there.
inline void make_folders(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    ::mkdir(path.substr(0, end).c_str(), 0777);
  ::mkdir(path.c_str(), 0777);
}

inline void write_text(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  const bool whole = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!whole || !closed) throw Error({.source = path}, "a file that cannot be written", "room for the figures");
}

}  // namespace detail

/// Writes the figures to `folder/name.csv`, in full precision with a header, and the script to `folder/name.gp`; draws
/// `name.png` and `name.svg` where gnuplot is installed (run_gnuplot). Makes the folder. The axis of sizes is
/// logarithmic.
/// @throws Error if a file cannot be written, or `name` has characters other than letters, digits, `_`, `-` and `.`.
[[nodiscard]] inline PlotResult plot_sweep(const std::vector<ChunkSizeFigures>& figures, const std::string& folder,
                                           const std::string& name = "sweep") {
  const std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  if (name.empty() || name.find_first_not_of(allowed) != std::string::npos) {
    throw Error({}, "plot name '" + name + "'", "letters, digits, _, - and .");
  }
  detail::make_folders(folder);
  const std::string path = (folder.empty() ? "" : folder + "/") + name;
  detail::write_text(path + ".csv", detail::sweep_csv(figures));
  detail::write_text(path + ".gp", detail::sweep_script(name));
  return run_gnuplot(folder, name + ".gp");
}

}  // namespace v0
}  // namespace penstock
