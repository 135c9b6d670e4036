// SPDX-License-Identifier: MIT
#include "penstock/stream/sweep_plot.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

using namespace penstock;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("penstock plot's " + std::to_string(getpid()));
  ~Folder() { fs::remove_all(path); }
};

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<ChunkSizeFigures> figures() {
  std::vector<ChunkSizeFigures> rows(3);
  for (std::size_t i = 0; i < 3; ++i) {
    const double x = static_cast<double>(i) + 1;
    rows[i].chunk_size = 10 * (i + 1);
    rows[i].latency_ms = 0.5 / x;
    rows[i].latency_ms_ci = {0.4 / x, 0.75 / x};
    rows[i].throughput_rows_per_s = 2000 * x;
    rows[i].throughput_rows_per_s_ci = {1800 * x, 2100 * x};
  }
  rows[1].against_first = {
      .ratio = 2, .ratio_ci = {1.5, 2.5}, .pvalue = 0.0078125, .effect_size = -1, .verdict = SpeedVerdict::faster};
  return rows;
}

/// Puts another PATH in place for as long as it lives.
struct Path {
  std::string before = std::getenv("PATH");
  explicit Path(const std::string& now) { setenv("PATH", now.c_str(), 1); }
  ~Path() { setenv("PATH", before.c_str(), 1); }
};

}  // namespace

TEST_CASE("a sweep's figures are written in full, and gnuplot draws them where it is") {
  const Folder folder;
  const PlotResult plot = plot_sweep(figures(), folder.path.string());
  const std::string csv = read(folder.path / "sweep.csv");
  CHECK_THAT(csv, ContainsSubstring("chunk_size,latency_ms,latency_ms_low,latency_ms_high,throughput_rows_per_s,"));
  CHECK_THAT(csv, ContainsSubstring("\n20,0.25,0.2,0.375,4000,3600,4200,0,0,0,2,1.5,2.5,0.0078125,-1,faster\n"));
  CHECK_THAT(csv, ContainsSubstring("\n10,0.5,0.4,0.75,2000,1800,2100,0,0,0,0,nan,nan,nan,0,no_difference_shown\n"));
  CHECK_THAT(read(folder.path / "sweep.gp"), ContainsSubstring("'sweep.csv' using 1:2:3:4 with yerrorbars"));
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) SKIP("gnuplot is not installed");
  CHECK(plot.status == PlotStatus::plotted);
  CHECK(read(folder.path / "sweep.png").starts_with("\x89PNG"));
  const std::string svg = read(folder.path / "sweep.svg");
  CHECK_THAT(svg, ContainsSubstring("<svg") && ContainsSubstring("latency, median and interval") &&
                      ContainsSubstring("throughput, median and interval"));
}

TEST_CASE("without gnuplot the figures and the script stay, and it is said what to install") {
  const Folder folder;
  PlotResult plot;
  {
    const Path none("/nonexistent");
    plot = plot_sweep(figures(), folder.path.string(), "sizes");
  }
  CHECK(plot.status == PlotStatus::no_gnuplot);
  CHECK_THAT(plot.message, ContainsSubstring("gnuplot is not installed; install gnuplot-nox, then: (cd -- '") &&
                               ContainsSubstring("&& gnuplot 'sizes.gp')"));
  CHECK(fs::exists(folder.path / "sizes.csv"));
  CHECK(fs::exists(folder.path / "sizes.gp"));
  CHECK_FALSE(fs::exists(folder.path / "sizes.png"));
  static_cast<void>(plot_sweep(figures(), (folder.path / "in" / "many/").string()));  // which are not there yet
  CHECK(read(folder.path / "in" / "many" / "sweep.csv") == read(folder.path / "sizes.csv"));
}

TEST_CASE("a gnuplot that fails, a folder that cannot be, and a name that would be more than one are told") {
  const Folder folder;
  fs::create_directories(folder.path / "bin");
  std::ofstream(folder.path / "bin" / "gnuplot") << "#!/bin/sh\nexit 3\n";
  fs::permissions(folder.path / "bin" / "gnuplot", fs::perms::all);
  {
    const Path bad((folder.path / "bin").string() + ":" + std::getenv("PATH"));
    const PlotResult plot = plot_sweep(figures(), folder.path.string());
    CHECK(plot.status == PlotStatus::failed);
    CHECK_THAT(plot.message, ContainsSubstring("gnuplot failed on sweep.gp"));
  }
  CHECK_THROWS_WITH(plot_sweep(figures(), "/dev/null/x"), ContainsSubstring("/dev/null/x/sweep.csv"));
  CHECK_THROWS_WITH(plot_sweep(figures(), folder.path.string(), "a/b"), ContainsSubstring("plot name 'a/b'"));
  CHECK_THROWS_AS(plot_sweep(figures(), folder.path.string(), ""), Error);
}
