// SPDX-License-Identifier: MIT
// The example micro_batching as a user runs it. How fast it is depends on the machine; what is counted adds up.
#include "catch.hpp"
#include "examples/run.hpp"

#include <cmath>    // abs
#include <map>      // map
#include <sstream>  // istringstream
#include <string>   // string, getline, stod, stoull
#include <vector>   // vector

namespace {

/// One line of the table.
struct Line {
  double requests = 0, per_second = 0, p50 = 0, p95 = 0, p99 = 0, calls = 0, items = 0;
  std::map<std::string, double> why{};
};

/// The table, by the name of the run.
std::map<std::string, Line> table_in(const std::string& output) {
  std::map<std::string, Line> table;
  std::istringstream lines(output);
  for (std::string text; std::getline(lines, text);) {
    if (!text.starts_with("one by one") && !text.starts_with("batched")) continue;
    std::string name = text.substr(0, 24);
    name.erase(name.find_last_not_of(' ') + 1);
    Line line;
    char bar = 0;
    std::istringstream words(text.substr(24));
    words >> line.requests >> line.per_second >> bar >> line.p50 >> line.p95 >> line.p99 >> bar >> line.calls >>
        line.items;
    REQUIRE(words);
    std::string reason;
    double count = 0;
    while (words >> reason >> count) {
      line.why[reason] = count;
      words >> bar;  // the comma
    }
    table[name] = line;
  }
  return table;
}

/// What holds of each run: every request once, every call for a reason.
void check_line(const Line& line, double requests, double max_batch) {
  CHECK(line.requests == requests);
  CHECK(line.per_second > 0);
  CHECK(line.p50 <= line.p95);
  CHECK(line.p95 <= line.p99);
  CHECK(line.items <= max_batch);
  CHECK(std::abs(line.items * line.calls - requests) <= 0.051 * line.calls);  // it is printed with one decimal
  double for_a_reason = 0;
  for (const auto& [reason, count] : line.why) for_a_reason += count;
  CHECK(for_a_reason == line.calls);
}

}  // namespace

TEST_CASE("micro_batching: each request is answered in one call, and each call went for a reason") {
  const Run ran = run(PENSTOCK_MICRO_BATCHING
                      " --clients 12 --requests 10 --fixed-ms 1 --item-ms 0.01 --think-ms 0.5 --max-batch 4"
                      " --max-delay-ms 2.5");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.output, ContainsSubstring("Each client got its own answers"));
  const auto table = table_in(ran.output);
  REQUIRE(table.size() == 4);
  for (const auto& [name, line] : table) {
    INFO(name);
    check_line(line, 120, name == "one by one" ? 1 : 4);
    CHECK(line.p50 >= 1.01);  // the model took that for the shortest call
  }
  CHECK(table.at("one by one").calls == 120);
  CHECK(table.at("one by one").why == std::map<std::string, double>{{"full", 120}});
  CHECK_FALSE(table.at("batched").why.contains("delay"));
  CHECK_FALSE(table.at("batched").why.contains("cork"));
  CHECK_FALSE(table.at("batched, 2.5 ms delay").why.contains("idle"));
  CHECK_FALSE(table.at("batched, corked").why.contains("idle"));
}

TEST_CASE("micro_batching: with a long delay a batch goes when all clients are in it") {
  const Run ran = run(PENSTOCK_MICRO_BATCHING
                      " --clients 4 --requests 5 --fixed-ms 0.1 --item-ms 0 --think-ms 0 --max-batch 4"
                      " --max-delay-ms 60000");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  const auto table = table_in(ran.output);
  const Line& delayed = table.at("batched, 60000 ms delay");
  CHECK(delayed.calls == 5);
  CHECK(delayed.items == 4);
  CHECK(delayed.why == std::map<std::string, double>{{"full", 5}});
}

TEST_CASE("micro_batching: without a delay that run is left out") {
  const Run ran = run(PENSTOCK_MICRO_BATCHING " --clients 1 --requests 2 --fixed-ms 0 --think-ms 0 --max-delay-ms 0");
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  const auto table = table_in(ran.output);
  CHECK(table.size() == 3);
  CHECK(table.at("batched").calls == 2);  // a single client has nobody to share a call with
}

TEST_CASE("micro_batching: what cannot work is refused in one sentence that names the option") {
  for (const char* const wrong : {"--clients 0", "--requests 0", "--fixed-ms -1", "--item-ms x", "--think-ms -0.1",
                                  "--max-batch 0", "--max-delay-ms -1"}) {
    CAPTURE(wrong);
    const Run refused = run(std::string(PENSTOCK_MICRO_BATCHING " ") + wrong);
    CHECK(refused.status != 0);
    CHECK_THAT(refused.output, ContainsSubstring(std::string(wrong).substr(0, std::string(wrong).find(' '))));
  }
}
