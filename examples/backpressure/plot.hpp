// SPDX-License-Identifier: MIT
#pragma once

// The figures as files: backpressure.dat, backpressure.gp that plots it, and backpressure.svg where there is gnuplot.

#include "traffic.hpp"

#include <filesystem>  // create_directories, path
#include <fstream>     // ofstream
#include <iostream>    // cout
#include <penstock/queue/options.hpp>
#include <penstock/stream/gnuplot.hpp>
#include <stdexcept>  // runtime_error
#include <string>     // to_string
#include <vector>     // vector

inline void write_file(const std::filesystem::path& path, const auto& write) {
  std::ofstream file(path, std::ios::binary);
  write(file);
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// Block 0: what became of the records, a policy a line. Each block after it: the depth over time under one policy.
inline void write_data(std::ostream& file, const std::vector<Outcome>& outcomes) {
  file << "# policy scored evicted dropped sampled_out rejected\n";
  for (const Outcome& o : outcomes) {
    file << to_string(o.policy) << ' ' << o.stats.taken << ' ' << o.stats.evicted << ' ' << o.stats.dropped << ' '
         << o.stats.sampled_out << ' ' << o.stats.rejected << '\n';
  }
  for (const Outcome& o : outcomes) {
    file << "\n\n# " << to_string(o.policy) << ": ms depth\n";
    for (const DepthAt& at : o.depths) file << at.ms << ' ' << at.depth << '\n';
  }
}

inline void write_script(std::ostream& file, const std::vector<Outcome>& outcomes, std::size_t capacity) {
  file << "# gnuplot backpressure.gp\n"
          "set terminal svg size 900,800 dynamic background 'white'\n"
          "set output 'backpressure.svg'\n"
          "set multiplot layout 2,1\n"
          "set key outside right noenhanced\n"
          "set title 'What became of the records'\n"
          "set style data histograms\n"
          "set style histogram rowstacked\n"
          "set style fill solid 0.8\n"
          "set boxwidth 0.7\n"
          "set yrange [0:*]\n"
          "set ylabel 'records'\n"
          "set xtics noenhanced rotate by -15\n"
          "plot for [c=2:6] 'backpressure.dat' index 0 using c:xtic(1) "
          "title word('scored evicted dropped sampled_out rejected', c - 1)\n"
          "set title 'How full the queue was'\n"
          "set yrange [0:"
       << capacity + capacity / 10 + 1
       << "]\n"
          "set ylabel 'records in the queue'\n"
          "set xlabel 'ms'\n"
          "set xtics norotate\n"
          "plot ";
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    file << (i == 0 ? "" : ", ") << "'backpressure.dat' index " << i + 1 << " using 1:2 with lines lw 1.5 title '"
         << to_string(outcomes[i].policy) << "'";
  }
  file << "\nunset multiplot\n";
}

inline void plot(const std::vector<Outcome>& outcomes, const Options& options) {
  const std::filesystem::path folder = options.output_dir;
  std::filesystem::create_directories(folder);
  write_file(folder / "backpressure.dat", [&](std::ostream& file) { write_data(file, outcomes); });
  write_file(folder / "backpressure.gp", [&](std::ostream& file) { write_script(file, outcomes, options.capacity); });

  std::cout << "\nfigures   " << (folder / "backpressure.dat").string() << '\n';
  const penstock::PlotResult drawn = penstock::run_gnuplot(folder.string(), "backpressure.gp");
  if (drawn.status == penstock::PlotStatus::failed) throw std::runtime_error(drawn.message);
  if (drawn.status == penstock::PlotStatus::no_gnuplot) {
    std::cout << "no plot   " << drawn.message << '\n';
    return;
  }
  std::cout << "plot      " << (folder / "backpressure.svg").string() << '\n';
}
