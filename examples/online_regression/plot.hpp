// SPDX-License-Identifier: MIT
#pragma once

// The figures as files: online_regression.dat, online_regression.gp that plots it, and the .svg where there is gnuplot.

#include "forecast.hpp"
#include "series.hpp"

#include <chrono>      // days, floor, hh_mm_ss, year_month_day
#include <cmath>       // abs
#include <cstdio>      // snprintf
#include <filesystem>  // create_directories, path
#include <fstream>     // ofstream
#include <iostream>    // cout
#include <penstock/core/clock.hpp>
#include <penstock/stream/gnuplot.hpp>
#include <stdexcept>  // runtime_error
#include <string>     // string
#include <vector>     // vector

/// "2014-07-01 00:30"
inline std::string date_of(penstock::Timestamp time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::minutes>(time - midnight));
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return text;
}

inline void write_file(const std::filesystem::path& path, const auto& write) {
  std::ofstream file(path, std::ios::binary);
  write(file);
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// What is plotted: means of each day.
struct Daily {
  std::vector<std::string> days;
  std::vector<double> passengers, error_of_model, error_of_week_ago;
};

/// The day on which it was noticed that errors have grown, its mean error, and that of the days before.
struct Drift {
  std::size_t day;
  double usual, error;
};

inline Daily by_day(const Series& series, const Rows& rows, const std::vector<double>& model,
                    const std::vector<double>& week_before) {
  Daily daily;
  for (std::size_t i = (day - rows.first % day) % day; i + day <= model.size(); i += day) {
    double passengers = 0, error_of_model = 0, error_of_week_ago = 0;
    for (std::size_t j = i; j < i + day; ++j) {
      passengers += rows.targets[j] / day;
      error_of_model += std::abs(rows.targets[j] - model[j]) / day;
      error_of_week_ago += std::abs(rows.targets[j] - week_before[j]) / day;
    }
    daily.days.push_back(date_of(series.times[rows.first + i]).substr(0, 10));
    daily.passengers.push_back(passengers);
    daily.error_of_model.push_back(error_of_model);
    daily.error_of_week_ago.push_back(error_of_week_ago);
  }
  return daily;
}

/// Block 0: a day a line. Block 1: the days on which drift was noticed.
inline void write_data(std::ostream& file, const Daily& daily, const std::vector<Drift>& drifts) {
  file << "# day passengers error_of_the_model error_of_a_week_ago\n";
  for (std::size_t i = 0; i < daily.days.size(); ++i) {
    file << daily.days[i] << ' ' << daily.passengers[i] << ' ' << daily.error_of_model[i] << ' '
         << daily.error_of_week_ago[i] << '\n';
  }
  file << "\n\n# drift noticed\n";
  for (const Drift& drift : drifts) file << daily.days[drift.day] << ' ' << drift.error << '\n';
}

inline constexpr const char* plot_script = R"(# gnuplot online_regression.gp
set terminal svg size 1000,700 dynamic background 'white'
set output 'online_regression.svg'
set multiplot layout 2,1
set xdata time
set timefmt '%Y-%m-%d'
set format x '%b %d'
set key outside right
set lmargin 9
set rmargin 20
set yrange [0:*]
set title 'Passengers in half an hour, mean of a day'
plot 'online_regression.dat' index 0 using 1:2 with lines lw 1.5 title 'passengers'
set title 'Mean error of a day, and where it was noticed that that of a week ago has grown'
plot 'online_regression.dat' index 0 using 1:4 with lines lw 1.5 title 'a week ago', \
     '' index 0 using 1:3 with lines lw 1.5 title 'model', \
     '' index 1 using 1:2 with points pt 9 ps 1.5 title 'drift noticed'
unset multiplot
)";

inline void plot(const Daily& daily, const std::vector<Drift>& drifts, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  write_file(folder / "online_regression.dat", [&](std::ostream& file) { write_data(file, daily, drifts); });
  write_file(folder / "online_regression.gp", [](std::ostream& file) { file << plot_script; });

  std::cout << "\nfigures   " << (folder / "online_regression.dat").string() << '\n';
  const penstock::PlotResult result = penstock::run_gnuplot(folder.string(), "online_regression.gp");
  if (result.status == penstock::PlotStatus::failed) throw std::runtime_error(result.message);
  std::cout << "plot      " << result.message << '\n';
}
