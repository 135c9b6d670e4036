// SPDX-License-Identifier: MIT
#include "penstock/stream/compare.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/stream/sweep.hpp"

#include "catch.hpp"

#include <chrono>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

using Slice = std::span<const double>;

std::vector<double> copy_of(Slice rows) { return {rows.begin(), rows.end()}; }

/// Takes 5 ms a call and 1 ms a row, and notes the rows of each call.
struct Timed {
  ManualClock clock{};
  std::vector<std::size_t> calls{};
  std::vector<double> operator()(Slice rows) {
    calls.push_back(rows.size());
    clock.advance(5ms + 1ms * rows.size());
    return copy_of(rows);
  }
};

}  // namespace

TEST_CASE("batch and streaming take turns in going first after a warm-up, and the figures are medians") {
  Timed model;
  const std::vector<double> frame(10, 1.0);
  const auto figures = compare_batch_vs_streaming(frame, model, {.chunk_size = 5, .runs = 3}, model.clock);
  CHECK(model.calls == std::vector<std::size_t>{5, 5, 10, /* warm */ 10, 5, 5, 5, 5, 10, 10, 5, 5});
  CHECK(figures.rows == 10);
  CHECK(figures.chunk_size == 5);
  CHECK(figures.chunks == 2);
  CHECK(figures.runs == 3);
  CHECK(figures.batch_time_s == Approx(0.015));
  CHECK(figures.batch_latency_ms_per_row == Approx(1.5));
  CHECK(figures.batch_throughput_rows_per_s == Approx(10 / 0.015));
  CHECK(figures.stream_time_s == Approx(0.020));
  CHECK(figures.stream_latency_ms_per_row == Approx(2.0));
  CHECK(figures.stream_throughput_rows_per_s == Approx(500));
  CHECK(figures.stream_p50_ms == 10);
  CHECK(figures.stream_p99_ms == 10);
  CHECK(figures.speed_ratio == Approx(0.75));
  CHECK(figures.same_values);
  CHECK(figures.batch_times_s == std::vector<double>(3, 0.015));
  CHECK(figures.stream_times_s == std::vector<double>(3, 0.020));
}

TEST_CASE("one slow run does not move the median") {
  const ManualClock clock;
  int call = 0;
  const auto model = [&](Slice rows) {
    clock.advance(call++ == 2 ? 1000ms : 10ms);  // calls 0 and 1 warm up
    return copy_of(rows);
  };
  const auto figures = compare_batch_vs_streaming(std::vector<double>(4), model, {.chunk_size = 4, .runs = 3}, clock);
  CHECK(figures.batch_time_s == Approx(0.010));
  CHECK(figures.batch_times_s == std::vector<double>{1, 0.01, 0.01});
  CHECK(figures.speed_ratio == Approx(1));
}

TEST_CASE("values that depend on the chunk are found, NaN equals NaN, and zeros have a sign") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> frame{1, 2, 3};
  const CompareOptions options{.chunk_size = 2, .runs = 1};
  const auto depends = [](Slice rows) { return std::vector<double>(rows.size(), static_cast<double>(rows.size())); };
  CHECK_FALSE(compare_batch_vs_streaming(frame, depends, options).same_values);
  const auto all_nan = [&](Slice rows) { return std::vector<double>(rows.size(), nan); };
  CHECK(compare_batch_vs_streaming(frame, all_nan, options).same_values);
  const auto sign = [](Slice rows) { return std::vector<double>(rows.size(), rows.size() == 3 ? 0.0 : -0.0); };
  CHECK_FALSE(compare_batch_vs_streaming(frame, sign, options).same_values);
  const auto texts = [](Slice rows) { return std::vector<std::string>(rows.size(), "x"); };
  CHECK(compare_batch_vs_streaming(frame, texts, options).same_values);
  const auto flags = [](Slice rows) { return std::vector<bool>(rows.size(), rows.size() == 3); };
  CHECK_FALSE(compare_batch_vs_streaming(frame, flags, options).same_values);
}

TEST_CASE("comparing nothing gives zeros, and options out of range are refused by name") {
  const std::vector<double> empty;
  const auto figures = compare_batch_vs_streaming(empty, copy_of);
  CHECK(figures.rows == 0);
  CHECK(figures.batch_throughput_rows_per_s == 0);
  CHECK(figures.batch_latency_ms_per_row == 0);
  CHECK(figures.stream_p99_ms == 0);
  CHECK(figures.same_values);
  const ManualClock stopped;
  CHECK(compare_batch_vs_streaming(std::vector<double>(4), copy_of, {}, stopped).speed_ratio == 0);
  CHECK_THROWS_WITH(compare_batch_vs_streaming(empty, copy_of, {.runs = 0}), ContainsSubstring("runs is 0"));
  CHECK_THROWS_WITH(compare_batch_vs_streaming(empty, copy_of, {.chunk_size = 0}),
                    ContainsSubstring("chunk_size is 0"));
  CHECK_THROWS_AS(compare_batch_vs_streaming(empty, copy_of, {.threads = 0}), std::invalid_argument);
}

TEST_CASE("threads are for the streaming way, and give the same values") {
  std::vector<double> frame;
  for (int i = 0; i < 1000; ++i) frame.push_back(i);
  const auto figures = compare_batch_vs_streaming(frame, copy_of, {.chunk_size = 10, .runs = 2, .threads = 4});
  CHECK(figures.same_values);
  CHECK(figures.chunks == 100);
}

TEST_CASE("a median of an even number is between the two in the middle") {
  CHECK(detail::median_of({}) == 0);
  CHECK(detail::median_of({3}) == 3);
  CHECK(detail::median_of({4, 1}) == 2.5);
  CHECK(detail::median_of({9, 1, 5}) == 5);
  CHECK(detail::median_of({9, 1, 5, 7}) == 6);
}

TEST_CASE("a sweep runs all chunk sizes in each round, and gives one row of figures a size") {
  Timed model;
  const std::vector<double> frame(10, 1.0);
  const auto table = sweep_chunk_sizes(frame, model, {10, 5, 100}, {.runs = 2}, model.clock);
  // the warm-up, there, and back
  CHECK(model.calls == std::vector<std::size_t>{10, 5, 5, 10, 10, 5, 5, 10, 10, 5, 5, 10});
  REQUIRE(table.size() == 3);
  CHECK(table[0].chunk_size == 10);
  CHECK(table[0].chunks == 1);
  CHECK(table[0].latency_ms == Approx(1.5));
  CHECK(table[0].p99_ms == 15);
  CHECK(table[1].chunk_size == 5);
  CHECK(table[1].chunks == 2);
  CHECK(table[1].latency_ms == Approx(2));
  CHECK(table[1].throughput_rows_per_s == Approx(500));
  CHECK(table[1].p50_ms == 10);
  CHECK(table[1].p95_ms == 10);
  CHECK(table[1].times_s == std::vector<double>(2, 0.02));
  CHECK(table[2].chunk_size == 100);
  CHECK(table[2].chunks == 1);
}

TEST_CASE("a sweep over nothing gives nothing, and a size of 0 is refused by its place") {
  const std::vector<double> frame(10, 1.0);
  CHECK(sweep_chunk_sizes(frame, copy_of, {}).empty());
  const auto of_nothing = sweep_chunk_sizes(std::vector<double>(), copy_of, {10});
  CHECK(of_nothing.at(0).chunks == 0);
  CHECK(of_nothing.at(0).throughput_rows_per_s == 0);
  CHECK_THROWS_WITH(sweep_chunk_sizes(frame, copy_of, {10, 0}), ContainsSubstring("chunk_sizes[1] is 0"));
  CHECK_THROWS_WITH(sweep_chunk_sizes(frame, copy_of, {10}, {.runs = 0}), ContainsSubstring("runs is 0"));
}
