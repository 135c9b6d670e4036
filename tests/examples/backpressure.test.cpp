// SPDX-License-Identifier: MIT
// The example backpressure as a user runs it. What it prints depends on the machine; that it adds up does not.
#include "catch.hpp"
#include "examples/run.hpp"

#include <filesystem>  // path, create_directories, permissions
#include <fstream>     // ofstream
#include <map>         // map
#include <sstream>     // istringstream
#include <string>      // string, getline
#include <vector>      // vector

namespace {

constexpr std::size_t records = 600;

/// Scored, evicted, dropped, sampled out, rejected, by policy; and how many depths the file has.
struct Figures {
  std::map<std::string, std::vector<std::size_t>> fates;
  std::size_t depths = 0;
};

Figures figures_in(const fs::path& folder) {
  Figures figures;
  std::istringstream file(read(folder / "backpressure.dat"));
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first.empty() || first == "#") continue;
    if (first.find_first_not_of("0123456789.e-+") == std::string::npos) {
      ++figures.depths;
      continue;
    }
    for (std::size_t n = 0; words >> n;) figures.fates[first].push_back(n);
  }
  return figures;
}

/// A folder with a gnuplot that does what it is told here; to stand before all others in the PATH.
std::string gnuplot_that(const std::string& name, const std::string& does) {
  fs::create_directories(work() / name);
  std::ofstream(work() / name / "gnuplot") << "#!/bin/sh\n" << does << '\n';
  fs::permissions(work() / name / "gnuplot", fs::perms::all);
  return "PATH='" + (work() / name).string() + "':\"$PATH\" ";
}

}  // namespace

TEST_CASE("backpressure: each record has one fate, and one that its policy knows") {
  const fs::path folder = work() / "backpressure";
  const Run ran =
      run(gnuplot_that("good", "cat \"$1\" > backpressure.svg") +
          PENSTOCK_BACKPRESSURE " --records 600 --capacity 8 --service-us 100 --output-dir '" + folder.string() + "'");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.output, ContainsSubstring("produced == scored + dropped + sampled out + rejected + evicted"));
  CHECK_THAT(ran.output, ContainsSubstring("600 requests == "));
  CHECK_THAT(ran.output, ContainsSubstring("backpressure.svg"));
  CHECK_THAT(read(folder / "backpressure.svg"), ContainsSubstring("set multiplot"));

  const Figures figures = figures_in(folder);
  REQUIRE(figures.fates.size() == 6);
  CHECK(figures.depths == 6 * records);
  const std::map<std::string, std::vector<bool>> may_be = {
      // scored, evicted, dropped, sampled out, rejected
      {"block", {true, false, false, false, false}},      {"reject", {true, false, false, false, true}},
      {"drop_newest", {true, false, true, false, false}}, {"drop_oldest", {true, true, false, false, false}},
      {"sample", {true, false, true, true, false}},       {"drop_lowest_priority", {true, true, true, false, false}},
  };
  for (const auto& [policy, fates] : figures.fates) {
    CAPTURE(policy);
    REQUIRE(fates.size() == 5);
    std::size_t all = 0;
    for (std::size_t i = 0; i < fates.size(); ++i) {
      all += fates[i];
      if (!may_be.at(policy)[i]) CHECK(fates[i] == 0);
    }
    CHECK(all == records);
  }
}

TEST_CASE("backpressure: where there is no gnuplot it says so, and leaves the figures") {
  fs::create_directories(work() / "no_gnuplot");
  for (const char* const tool : {"sh", "cat"}) {
    fs::create_symlink(fs::exists("/usr/bin/sh") ? fs::path("/usr/bin") / tool : fs::path("/bin") / tool,
                       work() / "no_gnuplot" / tool);
  }
  const fs::path folder = work() / "unplotted";
  const Run ran = run("PATH='" + (work() / "no_gnuplot").string() + "' " +
                      PENSTOCK_BACKPRESSURE " --records 20 --service-us 10 --output-dir '" + folder.string() + "'");
  INFO(ran.output);
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output, ContainsSubstring("gnuplot is not installed; install gnuplot"));
  CHECK(figures_in(folder).fates.size() == 6);
  CHECK_THAT(read(folder / "backpressure.gp"), ContainsSubstring("backpressure.dat"));
  CHECK_FALSE(fs::exists(folder / "backpressure.svg"));
}

TEST_CASE("backpressure: what cannot work is refused in one sentence") {
  const Run failed =
      run(gnuplot_that("bad", "exit 3") + PENSTOCK_BACKPRESSURE " --records 20 --service-us 10 --output-dir '" +
          (work() / "badly").string() + "'");
  CHECK(failed.status == 1);
  CHECK_THAT(failed.output, ContainsSubstring("backpressure: gnuplot failed on backpressure.gp"));
  const Run unwritable = run(PENSTOCK_BACKPRESSURE " --records 20 --service-us 10 --output-dir /dev/null/x");
  CHECK(unwritable.status == 1);
  CHECK_THAT(unwritable.output, ContainsSubstring("backpressure: "));
  for (const char* const wrong : {"--records 0", "--capacity 0", "--speed 0", "--service-us -1", "--sample-every 0"}) {
    CAPTURE(wrong);
    CHECK(run(std::string(PENSTOCK_BACKPRESSURE " ") + wrong).status != 0);
  }
}
