// SPDX-License-Identifier: MIT
// The example online_regression as a user runs it. Its made-up series is the same everywhere.
#include "catch.hpp"
#include "examples/run.hpp"
#include "test_data.hpp"

#include <array>    // array
#include <fstream>  // ofstream
#include <sstream>  // istringstream
#include <string>   // string, getline, stod
#include <vector>   // vector

namespace {

/// R2, R2 of four weeks, MAE: of the model, the last value, the week before. One line of the table.
using Line = std::array<std::array<double, 3>, 3>;

std::vector<Line> table_in(const std::string& output) {
  std::vector<Line> table;
  std::istringstream lines(output);
  for (std::string text; std::getline(lines, text);) {
    if (text.size() < 17 || text[4] != '-' || text.find(" | ") == std::string::npos) continue;
    std::istringstream words(text.substr(16));
    double forecasts = 0;
    words >> forecasts;
    Line line;
    for (auto& figures : line) {
      char bar = 0;
      words >> bar >> figures[0] >> figures[1] >> figures[2];
    }
    REQUIRE(words);
    table.push_back(line);
  }
  return table;
}

std::string folder(const char* name) { return " --output-dir '" + (work() / name).string() + "'"; }

}  // namespace

TEST_CASE("online_regression: the model beats persistence, and the planted shift is noticed") {
  const Run ran = run(PENSTOCK_ONLINE_REGRESSION + folder("regression"));
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  const std::vector<Line> table = table_in(ran.output);
  REQUIRE(table.size() == 8);
  for (const auto& [model, last, week_before] : table) {
    CHECK(model[2] < last[2]);
    CHECK(model[2] < week_before[2]);
  }
  CHECK(table.back()[0][0] > 0.97);
  CHECK(table.back()[0][0] > table.back()[1][0]);
  CHECK(table.back()[0][0] > table.back()[2][0]);
  CHECK_THAT(ran.output, ContainsSubstring("a shift was planted at 2014-11-07 00:00"));
  CHECK_THAT(ran.output, ContainsSubstring("has grown:\n  noticed on 2014-11-08"));
  CHECK_THAT(ran.output, ContainsSubstring("The mean error of the model has grown: never"));
  const std::string data = read(work() / "regression" / "online_regression.dat");
  CHECK_THAT(data, ContainsSubstring("\n2014-11-07 "));
  CHECK_THAT(data, ContainsSubstring("# drift noticed\n2014-11-08 "));
  CHECK_THAT(read(work() / "regression" / "online_regression.gp"), ContainsSubstring("online_regression.dat"));
}

TEST_CASE("online_regression: a day ahead, labels come a day later") {
  const Run ran = run(PENSTOCK_ONLINE_REGRESSION " --horizon 48 --half-hours 4032" + folder("day_ahead"));
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  const std::vector<Line> table = table_in(ran.output);
  REQUIRE(table.size() == 3);
  CHECK(table.back()[0][0] > table.back()[1][0]);
}

TEST_CASE("online_regression: taxis in New York") {
  const auto path = test_data("nyc_taxi.csv");
  if (!path) SKIP("PENSTOCK_TEST_DATA has no nyc_taxi.csv");
  const Run ran = run(PENSTOCK_ONLINE_REGRESSION " --input '" + path->string() + "'" + folder("taxis"));
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  const Line last = table_in(ran.output).back();
  CHECK(last[0][0] > 0.975);
  CHECK(last[1][0] < 0.945);
  CHECK(last[2][0] < 0.85);
  for (const char* const date : {"2014-11-27", "2014-12-25", "2015-01-26"}) {  // Thanksgiving, Christmas, the blizzard
    CHECK_THAT(ran.output, ContainsSubstring(std::string("noticed on ") + date));
  }
}

TEST_CASE("online_regression: what cannot work is refused in one sentence") {
  std::ofstream(work() / "gap.csv") << "timestamp,value\n2014-07-01 00:00:00,1\n2014-07-01 01:00:00,2\n";
  std::ofstream(work() / "short.csv") << "timestamp,value\n2014-07-01 00:00:00,1\n2014-07-01 00:30:00,2\n";
  const auto refused = [](const std::string& arguments) {
    const Run ran = run(PENSTOCK_ONLINE_REGRESSION " " + arguments + folder("refused"));
    CHECK(ran.status != 0);
    return ran.output;
  };
  CHECK_THAT(refused("--input '" + (work() / "gap.csv").string() + "'"),
             ContainsSubstring("row 2") && ContainsSubstring("half an hour later"));
  CHECK_THAT(refused("--input '" + (work() / "short.csv").string() + "'"), ContainsSubstring("no two weeks"));
  CHECK_THAT(refused("--horizon 0"), ContainsSubstring("--horizon"));
  CHECK_THAT(refused("--half-hours 5"), ContainsSubstring("--half-hours"));
}
