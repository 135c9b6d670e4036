// SPDX-License-Identifier: MIT
// The example online_classification as a user runs it, on the table that generate_students makes.
#include "catch.hpp"
#include "examples/run.hpp"

#include <sstream>  // istringstream
#include <string>   // string, getline
#include <vector>   // vector

namespace {

struct Line {
  double rows = 0, auc = 0, recent = 0, loss = 0, calibration = 0;
};

std::vector<Line> table_in(const std::string& output) {
  std::vector<Line> table;
  std::istringstream lines(output.substr(output.find("calibration error")));
  std::string text;
  std::getline(lines, text);
  while (std::getline(lines, text) && !text.empty()) {
    std::istringstream words(text);
    Line line;
    char bar = 0;
    words >> line.rows >> bar >> line.auc >> line.recent >> bar >> line.loss >> line.calibration;
    REQUIRE(words);
    table.push_back(line);
  }
  return table;
}

const std::string& students() {
  static const std::string path = [] {
    const std::string file = (work() / "stream.csv").string();
    const Run made = run(PENSTOCK_GENERATE_STUDENTS " --rows 5000 --seed 42 --output '" + file + "'");
    REQUIRE(made.status == 0);
    return file;
  }();
  return path;
}

Run classify(const std::string& arguments, const std::string& folder) {
  return run(PENSTOCK_ONLINE_CLASSIFICATION " --input '" + students() + "' --target purchased " + arguments +
             " --output-dir '" + (work() / folder).string() + "'");
}

}  // namespace

TEST_CASE("online_classification: the AUC rises as students are learnt") {
  const Run ran = classify("--every 1000 --window 1000", "classification");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  const std::vector<Line> table = table_in(ran.output);
  REQUIRE(table.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(table[i].rows == 1000.0 * static_cast<double>(i + 1));
  CHECK(table[0].auc == table[0].recent);
  CHECK(table[4].auc > 0.955);
  CHECK(table[4].auc > table[0].auc);
  CHECK(table[4].loss < table[0].loss);
  CHECK(table[4].calibration < table[0].calibration);
  CHECK_THAT(read(work() / "classification" / "online_classification.dat"), ContainsSubstring("# given bought rows"));
  CHECK_THAT(read(work() / "classification" / "online_classification.gp"),
             ContainsSubstring("online_classification.dat"));
}

TEST_CASE("online_classification: labels that come late cost what was not known yet") {
  const Run at_once = classify("--every 2500", "at_once"), late = classify("--every 2500 --delay 2000", "late");
  INFO(late.output);
  REQUIRE(late.status == 0);
  CHECK_THAT(late.output, ContainsSubstring("learnt when 2000 more have come"));
  const auto now = table_in(at_once.output), then = table_in(late.output);
  REQUIRE(then.size() == 2);
  CHECK(then[1].rows == 5000);  // all are learnt in the end
  CHECK(then[1].auc < now[1].auc - 0.01);
}

TEST_CASE("online_classification: rows that come together are predicted together") {
  const Run ran = classify("--every 1000 --chunk 250", "chunks");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  CHECK(table_in(ran.output).back().auc > 0.94);
}

TEST_CASE("online_classification: what cannot work is refused in one sentence") {
  CHECK_THAT(run(PENSTOCK_ONLINE_CLASSIFICATION " --input '" + students() + "' --target nothing").output,
             ContainsSubstring("online_classification: ") && ContainsSubstring("nothing"));
  const Run text = run(PENSTOCK_ONLINE_CLASSIFICATION " --input '" + students() + "' --target minutes_watched");
  CHECK(text.status == 1);
  CHECK_THAT(text.output, ContainsSubstring("0 or 1 is needed"));
  for (const char* const wrong : {"--chunk 0", "--window 0", "--every 0", "--eta0 0", "--delay -1"}) {
    CAPTURE(wrong);
    CHECK(classify(wrong, "wrong").status != 0);
  }
}
