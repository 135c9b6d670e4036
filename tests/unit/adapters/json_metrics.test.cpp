// SPDX-License-Identifier: MIT
#include "penstock/adapters/json.hpp"
#include "penstock/core/manual_clock.hpp"
#include "penstock/stream/process.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

StreamMetrics some_metrics() {
  StreamMetrics metrics;
  metrics.record(100, 3ms);
  metrics.record(50, 1234567ns);
  metrics.set_elapsed(10ms / 3);
  return metrics;
}

/// What reading `text` as a T complains of; empty if it does not.
template <class T>
std::string complaint(const json& value) {
  try {
    (void)value.get<T>();
    return {};
  } catch (const Error& error) { return error.what(); }
}

}  // namespace

TEST_CASE("stream metrics are written with every figure, and read back to the bit") {
  const StreamMetrics metrics = some_metrics();
  const json written = metrics;
  CHECK(written.at("rows") == 150);
  CHECK(written.at("chunks") == 2);
  CHECK(written.at("elapsed_s") == metrics.elapsed_s());
  CHECK(written.at("busy_s") == metrics.busy_s());
  CHECK(written.at("latency_ms") == metrics.latency_ms());
  CHECK(written.at("throughput_rows_per_s") == metrics.throughput_rows_per_s());
  CHECK(written.at("p50_ms") == metrics.quantile_ms(0.5));
  CHECK(written.at("p95_ms") == metrics.quantile_ms(0.95));
  CHECK(written.at("p99_ms") == 3);
  CHECK(written.at("max_ms") == 3);
  CHECK(written.size() == 10);
  CHECK(json::parse(written.dump()).get<StreamSummary>() == metrics.summary());
  CHECK(json(metrics.summary()) == written);
}

TEST_CASE("a latency histogram is written as its summary, and read back to the bit") {
  LatencyHistogram histogram({.highest = 1'000'000'000'000});
  for (int i = 1; i <= 1000; ++i) histogram.record(i * 1'000'001LL);
  histogram.record(std::numeric_limits<std::int64_t>::max());
  histogram.record(-1);
  const json written = histogram;
  CHECK(written.at("count") == 1000);
  CHECK(written.at("above_range") == 1);
  CHECK(written.at("below_range") == 1);
  CHECK(written.at("max_ns") == 1'000'001'000);
  CHECK(written.at("p99_ns") == histogram.value_at_quantile(0.99));
  CHECK(json::parse(written.dump()).get<LatencySummary>() == histogram.summary());
}

TEST_CASE("comparison and sweep are written, a row an object, and read back") {
  const ManualClock clock;
  const auto model = [&](std::span<const double> rows) {
    clock.advance(1us * rows.size());
    return std::vector<double>(rows.size());
  };
  const std::vector<double> frame(10);
  const auto figures = compare_batch_vs_streaming(frame, model, {.chunk_size = 3, .runs = 2}, clock);
  const json compared = figures;
  CHECK(compared.at("batch_time_s") == figures.batch_time_s);
  CHECK(compared.at("stream_latency_ms_per_row") == figures.stream_latency_ms_per_row);
  CHECK(compared.at("same_values") == true);
  CHECK(compared.at("stream_times_s").size() == 2);
  const auto back = json::parse(compared.dump()).get<BatchVsStreaming>();
  CHECK(json(back) == compared);
  CHECK(back.chunks == 4);
  CHECK(back.same_values);

  const json table = sweep_chunk_sizes(frame, model, {1, 5}, {.runs = 1}, clock);
  REQUIRE(table.size() == 2);
  CHECK(table[1].at("chunk_size") == 5);
  CHECK(table[1].at("throughput_rows_per_s").get<double>() == Approx(1e6));
  CHECK(json(table.get<std::vector<ChunkSizeFigures>>()) == table);
  CHECK(table[1].at("latency_ms_ci").at("low").is_null());  // of one run there is none
}

TEST_CASE("what a comparison shows is written in words, and what it cannot show as null") {
  BatchVsStreaming figures;
  figures.streaming = {
      .ratio = 0.8, .ratio_ci = {0.75, 0.85}, .pvalue = 0.004, .effect_size = 1, .verdict = SpeedVerdict::slower};
  json written = figures;
  CHECK(written.at("streaming").at("verdict") == "slower");
  CHECK(written.at("streaming").at("ratio_ci").at("high") == 0.85);
  const auto back = json::parse(written.dump()).get<BatchVsStreaming>();
  CHECK(json(back) == written);
  CHECK(back.streaming.verdict == SpeedVerdict::slower);
  CHECK(back.streaming.pvalue == 0.004);
  written["streaming"]["verdict"] = "quick";
  CHECK(complaint<BatchVsStreaming>(written) ==
        "column verdict: found \"quick\", expected no_difference_shown, faster or slower");
  written = BatchVsStreaming{};
  CHECK(written.at("streaming").at("pvalue").is_null());
  CHECK(std::isnan(written.get<BatchVsStreaming>().streaming.pvalue));
  written["streaming"]["pvalue"] = "0";
  CHECK_THAT(complaint<BatchVsStreaming>(written), ContainsSubstring("column pvalue: found \"0\""));
  written["streaming"].erase("ratio_ci");
  CHECK_THAT(complaint<BatchVsStreaming>(written), ContainsSubstring("column ratio_ci: found no such member"));
}

TEST_CASE("metrics of nothing are numbers, not null") {
  const json written = StreamMetrics();
  for (const auto& [name, value] : written.items()) {
    INFO(name);
    CHECK(value.is_number());
    CHECK(value == 0);
  }
}

TEST_CASE("a member that is missing or of another kind is named") {
  json good = some_metrics();
  CHECK(complaint<StreamSummary>(good).empty());
  json changed = good;
  changed["from_a_newer_version"] = 5;
  CHECK(complaint<StreamSummary>(changed).empty());
  changed.erase("p95_ms");
  CHECK(complaint<StreamSummary>(changed) == "column p95_ms: found no such member, expected one");
  changed = good;
  changed["rows"] = -1;
  CHECK(complaint<StreamSummary>(changed) == "column rows: found -1, expected a whole number, not negative");
  changed["rows"] = 1.5;
  CHECK_THAT(complaint<StreamSummary>(changed), ContainsSubstring("column rows: found 1.5"));
  changed["rows"] = 18446744073709551615U;
  CHECK(changed.get<StreamSummary>().rows == 18446744073709551615U);
  changed["max_ms"] = "3\xff";
  CHECK_THAT(complaint<StreamSummary>(changed), ContainsSubstring("column max_ms: found \"3"));
  changed["max_ms"] = nullptr;
  CHECK_THAT(complaint<StreamSummary>(changed), ContainsSubstring("found null, expected a number"));
  CHECK_THAT(complaint<StreamSummary>(json::array()), ContainsSubstring("expected an object"));
  CHECK_THAT(complaint<StreamSummary>(std::string(1000, 'x')), ContainsSubstring("xxx..., expected an object"));

  json compared = BatchVsStreaming{};
  CHECK(complaint<BatchVsStreaming>(compared).empty());
  compared["same_values"] = 1;
  CHECK_THAT(complaint<BatchVsStreaming>(compared), ContainsSubstring("expected true or false"));
  compared = BatchVsStreaming{};
  compared["batch_times_s"] = {1, "2"};
  CHECK_THAT(complaint<BatchVsStreaming>(compared), ContainsSubstring("column batch_times_s: found \"2\""));
  compared["batch_times_s"] = 2;
  CHECK_THAT(complaint<BatchVsStreaming>(compared), ContainsSubstring("expected an array"));
  json latency = LatencySummary{};
  latency["min_ns"] = 9223372036854775808U;
  CHECK_THAT(complaint<LatencySummary>(latency), ContainsSubstring("column min_ns"));
}

TEST_CASE("what cannot be read leaves the figures as they were") {
  StreamSummary summary = some_metrics().summary();
  const StreamSummary before = summary;
  json bad = StreamMetrics();
  bad["max_ms"] = "?";
  CHECK_THROWS_AS(from_json(bad, summary), Error);
  CHECK(summary == before);
}
