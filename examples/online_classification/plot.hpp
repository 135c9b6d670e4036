// SPDX-License-Identifier: MIT
#pragma once

// The figures as files: online_classification.dat, .gp that plots it, and .svg where there is gnuplot.

#include <filesystem>  // create_directories, path
#include <fstream>     // ofstream
#include <iostream>    // cout
#include <penstock/stats/calibration.hpp>
#include <penstock/stream/gnuplot.hpp>
#include <stdexcept>  // runtime_error
#include <string>     // string
#include <vector>     // vector

inline void write_file(const std::filesystem::path& path, const auto& write) {
  std::ofstream file(path, std::ios::binary);
  write(file);
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// Block 0: the figures after so many rows. Block 1: the calibration curve.
inline void write_data(std::ostream& file, const auto& trace,
                       const std::vector<penstock::stats::CalibrationBin>& curve) {
  file << "# rows auc auc_of_the_last log_loss calibration_error\n";
  for (const auto& [rows, figures] : trace) {
    file << rows;
    for (const double figure : figures) file << ' ' << figure;
    file << '\n';
  }
  file << "\n\n# given bought rows\n";
  for (const auto& bin : curve) file << bin.prob_pred << ' ' << bin.prob_true << ' ' << bin.rows << '\n';
}

inline constexpr const char* plot_script = R"(# gnuplot online_classification.gp
set terminal svg size 1000,450 dynamic background 'white'
set output 'online_classification.svg'
set multiplot layout 1,2
set key bottom right
set title 'Progressive AUC'
set xlabel 'rows'
set xtics rotate by -30
plot 'online_classification.dat' index 0 using 1:2 with linespoints lw 1.5 title 'of all so far', \
     '' index 0 using 1:3 with linespoints lw 1.5 title 'of the last'
set title 'Calibration'
set xtics norotate
set xlabel 'probability that was given'
set ylabel 'share that bought'
set xrange [0:1]
set yrange [0:1]
plot x with lines dt 2 notitle, 'online_classification.dat' index 1 using 1:2 with linespoints lw 1.5 notitle
unset multiplot
)";

inline void plot(const auto& trace, const std::vector<penstock::stats::CalibrationBin>& curve,
                 const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  write_file(folder / "online_classification.dat", [&](std::ostream& file) { write_data(file, trace, curve); });
  write_file(folder / "online_classification.gp", [](std::ostream& file) { file << plot_script; });

  std::cout << "\nfigures   " << (folder / "online_classification.dat").string() << '\n';
  const penstock::PlotResult result = penstock::run_gnuplot(folder.string(), "online_classification.gp");
  if (result.status == penstock::PlotStatus::failed) throw std::runtime_error(result.message);
  std::cout << "plot      " << result.message << '\n';
}
