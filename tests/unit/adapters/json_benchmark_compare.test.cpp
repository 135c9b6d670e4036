// SPDX-License-Identifier: MIT
// What penstock_compare reads, finds and prints, on files of fixed figures.
#include "../../../benchmarks/compare/compare_files.hpp"
#include "../../../benchmarks/compare/google_benchmark_file.hpp"
#include "../../../benchmarks/compare/report.hpp"
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using compare::BenchmarkFile;
using compare::compare_files;
using compare::Options;
using compare::Report;
using compare::RowComparison;
using compare::Verdict;

namespace {

BenchmarkFile reference(const std::string& name, const std::string& metric = "auto") {
  return compare::read_benchmark_file(PENSTOCK_REFERENCE_DIR "/" + name, metric);
}

std::string complaint(const std::string& text, const std::string& metric = "auto") {
  try {
    static_cast<void>(compare::parse_benchmark_file(text, "x.json", metric));
  } catch (const penstock::Error& error) { return error.what(); }
  return "";
}

/// A file of rows with the given cpu_time in ns.
BenchmarkFile file_of(const std::map<std::string, std::vector<double>>& rows, const std::string& unit = "ns") {
  nlohmann::json benchmarks = nlohmann::json::array();
  for (const auto& [name, values] : rows) {
    for (const double value : values) {
      benchmarks.push_back({{"name", name}, {"run_type", "iteration"}, {"cpu_time", value}, {"time_unit", unit}});
    }
  }
  return compare::parse_benchmark_file(nlohmann::json({{"benchmarks", benchmarks}}).dump(), "made.json", "auto");
}

/// Ten values from `value` upwards, each a thousandth more.
std::vector<double> ten(double value) {
  std::vector<double> values;
  for (int i = 0; i < 10; ++i) values.push_back(value * (1 + 0.001 * i));
  return values;
}

const RowComparison& row(const Report& report, const std::string& name) {
  const auto at =
      std::find_if(report.rows.begin(), report.rows.end(), [&](const RowComparison& r) { return r.name == name; });
  REQUIRE(at != report.rows.end());
  return *at;
}

}  // namespace

TEST_CASE("penstock_compare: medians, p-values and effects are those of SciPy, corrected by Holm") {
  const Report report = compare_files(reference("benchmark_old.json"), reference("benchmark_new.json"), {});
  std::ifstream golden(PENSTOCK_REFERENCE_DIR "/benchmark_compare.txt");
  std::vector<double> pvalues;
  std::size_t i = 0;
  for (std::string line; std::getline(golden, line); ++i) {
    std::istringstream words(line);
    std::string name;
    double median = 0, ratio = 0, p = 0, delta = 0;
    words >> name >> median >> ratio >> p >> delta;
    CAPTURE(name);
    REQUIRE(i < report.rows.size());
    CHECK(report.rows[i].name == name);
    CHECK(report.rows[i].metric == (name == "read/real_time" ? "real_time" : "cpu_time"));
    CHECK(report.rows[i].old_median == Approx(median));
    CHECK(report.rows[i].ratio == Approx(ratio));
    CHECK(report.rows[i].effect_size == Approx(delta));
    CHECK(report.rows[i].n_old == 10);
    pvalues.push_back(p);
  }
  REQUIRE(i == 4);
  const auto corrected = penstock::stats::holm(pvalues);
  for (i = 0; i < 4; ++i) CHECK(report.rows[i].pvalue == Approx(corrected[i]));
  CHECK(row(report, "sort").verdict == Verdict::slower);
  CHECK(row(report, "sort").ci.low > 1.06);
  CHECK(row(report, "sort").ci.high < 1.13);
  for (const char* const same : {"sum/1024", "read/real_time", "write"}) {
    CHECK(row(report, same).verdict == Verdict::no_difference_shown);
  }
  CHECK(report.exit_status() == 1);
  CHECK(report.warnings.size() == 1);  // one run of each
}

TEST_CASE("penstock_compare: a change must surely exceed the threshold") {
  const auto old_file = file_of({{"a", ten(100)}}), new_file = file_of({{"a", ten(103)}});
  CHECK(compare_files(old_file, new_file, {.threshold = 0.01}).exit_status() == 1);
  const Report within = compare_files(old_file, new_file, {.threshold = 0.05});
  CHECK(within.exit_status() == 0);
  CHECK(within.rows[0].verdict == Verdict::no_difference_shown);
  CHECK(within.rows[0].pvalue < 0.001);  // a difference, but none that matters
  CHECK(compare_files(new_file, old_file, {.threshold = 0.01}).rows[0].verdict == Verdict::faster);
  CHECK(compare_files(new_file, old_file, {.threshold = 0.01}).exit_status() == 0);
  CHECK_THROWS_WITH(compare_files(old_file, new_file, {.threshold = -1}), ContainsSubstring("threshold is -1"));
}

TEST_CASE("penstock_compare: of a rate, more is faster") {
  const auto old_file = reference("benchmark_old.json", "items_per_second");
  const auto new_file = reference("benchmark_new.json", "items_per_second");
  const Report report = compare_files(old_file, new_file, {.metric = "items_per_second"});
  CHECK(row(report, "sort").ratio == Approx(1 / 1.1).epsilon(0.02));
  CHECK(row(report, "sort").verdict == Verdict::slower);
  CHECK(compare_files(new_file, old_file, {.metric = "items_per_second"}).rows[0].verdict == Verdict::faster);
  const auto few = file_of({{"a", ten(100)}}), many = file_of({{"a", ten(200)}});
  CHECK(compare_files(few, many, {.higher_is_better = true}).rows[0].verdict == Verdict::faster);
}

TEST_CASE("penstock_compare: too few repetitions are no answer, and it says how many are needed") {
  const auto old_file = file_of({{"a", {100, 101, 102}}}), new_file = file_of({{"a", {200, 201, 202}}});
  const Report report = compare_files(old_file, new_file, {});
  CHECK(report.rows[0].pvalue == Approx(0.1));
  CHECK(report.rows[0].verdict == Verdict::too_few);
  CHECK(report.exit_status() == 2);
  CHECK_THAT(table(report), ContainsSubstring("need 5 repetitions of each"));
  const auto low = file_of({{"a", {1, 2, 3, 4, 5}}}), high = file_of({{"a", {6, 7, 8, 9, 10}}});
  CHECK(compare_files(low, high, {}).exit_status() == 1);
  CHECK(compare::enough_repetitions(1, false, 0.95) == 4);
  CHECK(compare::enough_repetitions(1, false, 0.99) == 5);
  CHECK(compare::enough_repetitions(20, false, 0.95) == 6);  // C(12, 6) = 924, C(10, 5) = 252; 40 / 0.05 = 800
  CHECK(compare_files(file_of({{"a", {100}}}), file_of({{"a", {200}}}), {}).exit_status() == 2);
}

TEST_CASE("penstock_compare: several runs in a file are rounds, whatever differs from run to run") {
  BenchmarkFile olds{.path = "old.json"}, same{.path = "same.json"}, slower{.path = "slower.json"};
  const auto append = [](BenchmarkFile& to, double level) { to.runs.push_back(file_of({{"a", ten(level)}}).runs[0]); };
  const auto first = [](BenchmarkFile file, std::size_t runs) {
    file.runs.resize(runs);
    return file;
  };
  for (int i = 0; i < 9; ++i) {  // each run has a level of its own, and no noise within to speak of
    append(olds, 100 + 7 * ((i * 5) % 9));
    append(same, 100 + 7 * ((i * 4 + 3) % 9));
    append(slower, 1.05 * (100 + 7 * ((i * 5) % 9)));
  }
  const Report one = compare_files(first(olds, 1), first(same, 1), {});
  CHECK(one.exit_status() == 1);  // one run takes it for a change, and says that it may
  const std::string warning = "one run of each: what differs from run to run counts as a change";
  CHECK_THAT(table(one), ContainsSubstring("warning: " + warning));
  CHECK_THAT(as_json(one)["warnings"][0].get<std::string>(), ContainsSubstring(warning));
  const Report equal = compare_files(olds, same, {});
  CHECK(equal.rounds == 9);
  CHECK(equal.rows[0].n_old == 9);
  CHECK(equal.rows[0].verdict == Verdict::no_difference_shown);
  CHECK(equal.warnings.empty());
  const Report found = compare_files(olds, slower, {});
  CHECK(found.rows[0].pvalue == Approx(2.0 / 512));
  CHECK(found.rows[0].ratio == Approx(1.05));
  CHECK(found.rows[0].verdict == Verdict::slower);
  CHECK(compare_files(first(olds, 7), first(slower, 7), {}).rows[0].verdict == Verdict::too_few);
  CHECK_THAT(table(compare_files(first(olds, 7), first(slower, 7), {})), ContainsSubstring("need 8 runs in each file"));
  CHECK_THROWS_WITH(compare_files(olds, first(slower, 7), {}),
                    ContainsSubstring("old.json has 9 runs and slower.json has 7; runs are made in turns"));
}

TEST_CASE("penstock_compare: many rows that are surely slower are found, however many they are") {
  const std::size_t rows = 60;
  const auto file = [&](std::size_t runs, std::size_t repetitions, double level) {
    BenchmarkFile made{.path = "made.json"};
    for (std::size_t r = 0; r < runs; ++r) {
      compare::Run& run = made.runs.emplace_back();
      for (std::size_t i = 0; i < rows; ++i) {
        run.rows.push_back({.name = "b" + std::to_string(i), .values = {}, .failed = {}});
        for (std::size_t k = 0; k < repetitions; ++k) {
          run.rows[i].values.push_back(level * (100 + 0.01 * static_cast<double>((r * 7 + i * 3) % 11 + k)));
        }
      }
    }
    return made;
  };
  for (const std::size_t rounds : {14u, 20u, 40u}) {  // more patterns of signs than a test would try one by one
    CAPTURE(rounds);
    const Report report = compare_files(file(rounds, 1, 1), file(rounds, 1, 2), {.n_resamples = 100});
    for (const RowComparison& each : report.rows) CHECK(each.verdict == Verdict::slower);
    CHECK(report.rows[0].pvalue == Approx(rows * std::exp2(1 - static_cast<double>(rounds))));
    CHECK(report.exit_status() == 1);
  }
  const Report one = compare_files(file(1, 10, 1), file(1, 10, 2), {.n_resamples = 100});
  CHECK(one.rows[0].pvalue == Approx(60 * 2 / 184756.0));  // C(20, 10)
  CHECK(one.exit_status() == 1);
}

TEST_CASE("penstock_compare: rounds are judged by Wilcoxon's exact p-value, also with ties and zeros") {
  const std::vector<std::vector<double>> cases{{1, 2, 3},        {-1, 2, 2, 5}, {1, 1, -1, 1},
                                               {0, 3, -1, 2, 0}, {0, 0},        {-4, 3, 9, 8, 8, 7, -1, 2, 5, 5}};
  for (const auto& differences : cases) {
    CAPTURE(differences);
    CHECK(compare::detail::signed_rank_pvalue(differences) ==
          Approx(penstock::stats::wilcoxon_signed_rank(differences).pvalue));
  }
}

TEST_CASE("penstock_compare: runs that stand one behind the other are read as so many") {
  const std::string run = R"({"benchmarks": [{"name": "a", "cpu_time": 3, "time_unit": "us"}]})";
  const auto file = compare::parse_benchmark_file(run + "\n" + run + "\n\n" + run + "\n", "x.json", "auto");
  REQUIRE(file.runs.size() == 3);
  CHECK(file.runs[2].rows.at(0).values == std::vector<double>{3000});
  CHECK_THAT(complaint(run + "\n{"), ContainsSubstring("x.json, byte " + std::to_string(run.size() + 3)));
  CHECK_THAT(complaint(" \n"), ContainsSubstring("found nothing"));
}

TEST_CASE("penstock_compare: rows that are not in every run, or failed, are told") {
  const auto old_file = file_of({{"a", ten(100)}, {"gone", ten(1)}}),
             new_file = file_of({{"a", ten(100)}, {"born", ten(1)}});
  const Report report = compare_files(old_file, new_file, {});
  CHECK(report.only_old == std::vector<std::string>{"gone"});
  CHECK(report.only_new == std::vector<std::string>{"born"});
  CHECK(report.exit_status() == 0);
  CHECK_THAT(table(report), ContainsSubstring("gone: not in every run") && ContainsSubstring("born: only in the new"));
  CHECK(compare_files(old_file, new_file, {.filter = "^a$"}).only_old.empty());
  CHECK(compare_files(old_file, new_file, {.filter = "nothing"}).exit_status() == 2);

  const auto skips = compare::parse_benchmark_file(
      R"({"benchmarks": [{"name": "a", "cpu_time": 1, "time_unit": "ns"},
                         {"name": "gone", "skipped": true, "real_time": 0, "cpu_time": 0, "time_unit": "ns"}]})",
      "skips.json", "auto");
  CHECK(compare_files(old_file, skips, {}).only_old == std::vector<std::string>{"gone"});

  const auto failed = compare::parse_benchmark_file(
      R"({"benchmarks": [{"name": "a", "run_name": "a", "error_occurred": true, "error_message": "no file"}]})",
      "bad.json", "auto");
  const Report broken = compare_files(old_file, failed, {});
  CHECK(row(broken, "a").verdict == Verdict::failed);
  CHECK(broken.exit_status() == 2);
  CHECK_THAT(table(broken), ContainsSubstring("a        ") && ContainsSubstring("failed, bad.json: no file"));
}

TEST_CASE("penstock_compare: units are converted, and another machine is told") {
  const auto ns = file_of({{"a", ten(2000)}}), us = file_of({{"a", ten(2)}}, "us");
  const Report report = compare_files(ns, us, {});
  CHECK(report.rows[0].ratio == Approx(1));
  CHECK(report.rows[0].verdict == Verdict::no_difference_shown);
  auto other = ns;
  auto here = ns;
  here.runs[0].context["num_cpus"] = "2";
  other.runs[0].context["num_cpus"] = "64";
  const Report moved = compare_files(here, other, {});
  REQUIRE(moved.warnings.size() == 2);
  CHECK_THAT(table(moved), ContainsSubstring("warning: num_cpus is 2 in made.json and 64 in made.json"));
}

TEST_CASE("penstock_compare: a file that is none is refused by file, row and what is wrong") {
  CHECK(complaint("{") ==
        "x.json, byte 2: found no JSON, expected the output of a benchmark with --benchmark_format=json");
  CHECK_THAT(complaint("[]"), ContainsSubstring("found no array \"benchmarks\""));
  CHECK_THAT(complaint(R"({"benchmarks": []})"), ContainsSubstring("found no benchmarks"));
  CHECK_THAT(complaint(R"({"benchmarks": [{"name": "a_mean", "run_type": "aggregate"}]})"),
             ContainsSubstring("found aggregates only") && ContainsSubstring("--benchmark_report_aggregates_only"));
  CHECK_THAT(complaint(R"({"benchmarks": [{"name": "a", "cpu_time": 1, "time_unit": "min"}]})"),
             ContainsSubstring("x.json, column a: found time_unit \"min\", expected ns, us, ms or s"));
  CHECK_THAT(complaint(R"({"benchmarks": [{"name": "a", "cpu_time": 0, "time_unit": "ns"}]})"),
             ContainsSubstring("cpu_time 0"));
  CHECK_THAT(complaint(R"({"benchmarks": [{"name": "a", "cpu_time": 1, "time_unit": "ns"}]})", "bytes"),
             ContainsSubstring("no number \"bytes\""));
  CHECK_THAT(complaint(R"({"benchmarks": [{"name": "a", "error_occurred": "yes"}]})"),
             ContainsSubstring("x.json, column a: found error_occurred \"yes\", expected true or false"));
  CHECK_THAT(complaint(R"({"benchmarks": [{"name": "a", "cpu_time": 1e999, "time_unit": "ns"}]})"),
             ContainsSubstring("x.json: found ") && ContainsSubstring("1e999"));
  CHECK_THAT(complaint(R"({"benchmarks": [{"name": "a", "skipped": true, "skip_message": "no such device"}]})"),
             ContainsSubstring("found no benchmarks"));
  CHECK_THAT(complaint(R"({"benchmarks": [3]})"), ContainsSubstring("without a name"));
  CHECK_THROWS_WITH(compare::read_benchmark_file("no/such/file.json", "auto"),
                    ContainsSubstring("no/such/file.json: found a file that cannot be read"));
}

TEST_CASE("penstock_compare: the JSON has what the table has, and null for what is not there") {
  const Report report = compare_files(reference("benchmark_old.json"), reference("benchmark_new.json"), {});
  const nlohmann::json written = as_json(report);
  CHECK(written.at("exit_status") == 1);
  CHECK(written.at("rows").at(0).at("name") == "sort");
  CHECK(written.at("rows").at(0).at("verdict") == "slower");
  CHECK(written.at("rows").at(0).at("pvalue") == report.rows[0].pvalue);
  CHECK(written.at("rows").at(0).at("ratio_ci").at("low") == report.rows[0].ci.low);
  const auto one = compare_files(file_of({{"a", {1}}}), file_of({{"a", {1}}}), {});
  CHECK(as_json(one).at("rows").at(0).at("ratio_ci").at("low").is_null());
  const std::string text = table(report);
  CHECK_THAT(text, ContainsSubstring("4 rows: 1 slower, 0 faster"));
  CHECK_THAT(text, ContainsSubstring(" us ") && ContainsSubstring(" ns ") && ContainsSubstring(" ms "));
}
