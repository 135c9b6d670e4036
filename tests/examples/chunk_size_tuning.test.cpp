// SPDX-License-Identifier: MIT
// The example chunk_size_tuning as a user runs it. What is fastest depends on the machine; what it writes does not.
#include "catch.hpp"
#include "examples/run.hpp"

#include <sstream>  // istringstream
#include <string>   // string, getline

TEST_CASE("chunk_size_tuning: a row of figures a size, and a choice") {
  const fs::path folder = work() / "chunk_sizes";
  const Run ran =
      run(PENSTOCK_CHUNK_SIZE_TUNING " --rows 2000 --sizes 1,20,500 --runs 8 --budget-ms 1000 --output-dir '" +
          folder.string() + "'");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.output, ContainsSubstring("2000 rows, 8 rounds") && ContainsSubstring("Take chunks of ") &&
                             ContainsSubstring("the values are the same"));
  std::istringstream csv(read(folder / "chunk_sizes.csv"));
  std::string line;
  std::getline(csv, line);
  CHECK_THAT(line, ContainsSubstring("chunk_size,latency_ms,"));
  for (const char* const size : {"1,", "20,", "500,"}) {
    REQUIRE(std::getline(csv, line));
    CHECK(line.starts_with(size));
  }
  CHECK_FALSE(std::getline(csv, line));
  if (ran.output.find("gnuplot is not installed") == std::string::npos) {
    CHECK(read(folder / "chunk_sizes.png").starts_with("\x89PNG"));
    CHECK_THAT(read(folder / "chunk_sizes.svg"), ContainsSubstring("<svg"));
  }
}

TEST_CASE("chunk_size_tuning: without gnuplot it says so, and a budget that nothing keeps is no error") {
  const fs::path folder = work() / "unplotted_sizes";
  const Run ran = run("PATH=/nonexistent " PENSTOCK_CHUNK_SIZE_TUNING
                      " --rows 100 --sizes 10 --runs 1 --budget-ms 0 --output-dir '" +
                      folder.string() + "'");
  INFO(ran.output);
  CHECK(ran.status == 0);
  CHECK_THAT(ran.output, ContainsSubstring("No size has a p99 within 0 ms") &&
                             ContainsSubstring("gnuplot is not installed; install gnuplot-nox"));
  CHECK(fs::exists(folder / "chunk_sizes.csv"));
}

TEST_CASE("chunk_size_tuning: what cannot work is refused") {
  for (const char* const wrong : {"--sizes 0", "--runs 0", "--rows 0", "--sizes ten"}) {
    CAPTURE(wrong);
    CHECK(run(std::string(PENSTOCK_CHUNK_SIZE_TUNING " ") + wrong).status != 0);
  }
  const Run unwritable = run(PENSTOCK_CHUNK_SIZE_TUNING " --rows 10 --sizes 5 --runs 1 --output-dir /dev/null/x");
  CHECK(unwritable.status == 1);
  CHECK_THAT(unwritable.output, ContainsSubstring("chunk_size_tuning: /dev/null/x/chunk_sizes.csv"));
}
