// SPDX-License-Identifier: MIT
#include "penstock/stream/comparison.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/stats/philox.hpp"
#include "penstock/stream/compare.hpp"
#include "penstock/stream/sweep.hpp"

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

using Slice = std::span<const double>;

/// Times around 1 s times `factor`, with noise of a few percent that both ways of a round share in part.
struct Noise {
  stats::RandomStream random;
  std::vector<double> first{}, second{};
  Noise(std::size_t rounds, double factor, std::uint64_t seed, double drift = 0) : random(seed) {
    for (std::size_t i = 0; i < rounds; ++i) {
      const double shared = 1 + 0.2 * random.uniform() + drift * static_cast<double>(i);
      first.push_back(shared * (1 + 0.02 * random.uniform()));
      second.push_back(factor * shared * (1 + 0.02 * random.uniform()));
    }
  }
};

}  // namespace

TEST_CASE("a verdict needs rounds: five of five say nothing at 95 %, six of six do") {
  const auto rounds = [](std::size_t n) { return std::vector<double>(n, 1.0); };
  const auto faster = [](std::size_t n) { return std::vector<double>(n, 0.8); };
  const TimeComparison five = compare_times(rounds(5), faster(5));
  CHECK(five.ratio == Approx(1.25));
  CHECK(five.pvalue == Approx(2.0 / 32));
  CHECK(five.verdict == SpeedVerdict::no_difference_shown);
  const TimeComparison six = compare_times(rounds(6), faster(6));
  CHECK(six.pvalue == Approx(2.0 / 64));
  CHECK(six.verdict == SpeedVerdict::faster);
  CHECK(six.effect_size == -1);
  CHECK(six.ratio_ci.low == Approx(1.25));
  CHECK(six.ratio_ci.high == Approx(1.25));
  const TimeComparison turned = compare_times(faster(6), rounds(6));
  CHECK(turned.verdict == SpeedVerdict::slower);
  CHECK(turned.effect_size == 1);
  CHECK(turned.ratio == Approx(0.8));
  CHECK(turned.pvalue == six.pvalue);
  CHECK(compare_times(rounds(5), faster(5), {.confidence_level = 0.9}).verdict == SpeedVerdict::faster);
}

TEST_CASE("what both ways of a round share does not hide a difference") {
  const Noise noise(12, 1.05, 1);
  const TimeComparison c = compare_times(noise.first, noise.second);
  CHECK(c.verdict == SpeedVerdict::slower);
  CHECK(c.ratio_ci.low < 1 / 1.05);
  CHECK(c.ratio_ci.high > 1 / 1.05);
  CHECK(std::abs(c.effect_size) < 0.6);  // unpaired, the times overlap
  CHECK(compare_times(noise.first, noise.second, {.relevant_change = 0.10}).verdict ==
        SpeedVerdict::no_difference_shown);
}

TEST_CASE("equal ways are told apart about as often as the level says, and a great difference always is") {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Noise same(9, 1, seed), other(9, 1.2, seed, 0.05);
    alarms += compare_times(same.first, same.second, {.n_resamples = 499}).verdict != SpeedVerdict::no_difference_shown;
    CHECK(compare_times(other.first, other.second, {.relevant_change = 0.05, .n_resamples = 499}).pvalue < 0.01);
  }
  CHECK(alarms <= 18);  // 10 expected at most: P(Binomial(200, 0.05) > 18) < 0.5 %
}

TEST_CASE("too few rounds and no time give no interval and no verdict") {
  const auto unknown = [](const TimeComparison& c) {
    return std::isnan(c.ratio_ci.low) && std::isnan(c.ratio_ci.high) && std::isnan(c.pvalue) &&
           c.verdict == SpeedVerdict::no_difference_shown;
  };
  CHECK(unknown(compare_times({}, {})));
  CHECK(compare_times({}, {}).ratio == 0);
  const std::vector<double> one{1}, half{0.5}, zeros(9, 0.0), ones(9, 1.0);
  CHECK(unknown(compare_times(one, half)));
  CHECK(compare_times(one, half).ratio == 2);
  CHECK(unknown(compare_times(zeros, zeros)));
  CHECK(unknown(compare_times(ones, zeros)));
  CHECK(unknown(compare_times(zeros, ones)));
  CHECK(compare_times(ones, ones).pvalue == 1);
}

TEST_CASE("a comparison refuses what cannot be compared, by name") {
  const std::vector<double> ones(6, 1.0);
  CHECK_THROWS_WITH(compare_times(ones, ones, {.confidence_level = 1}), ContainsSubstring("confidence_level is 1"));
  CHECK_THROWS_WITH(compare_times(ones, ones, {.relevant_change = -0.1}), ContainsSubstring("relevant_change is -0.1"));
  CHECK_THROWS_WITH(compare_times(ones, ones, {.n_resamples = 0}), ContainsSubstring("n_resamples is 0"));
  CHECK_THROWS_AS(compare_times(ones, std::vector<double>(5, 1.0)), std::invalid_argument);
  std::vector<double> bad = ones;
  bad[3] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(compare_times(ones, bad), ContainsSubstring("a time of round 3 is inf"));
  bad[3] = -1;
  CHECK_THROWS_AS(compare_times(bad, ones), std::invalid_argument);
  const std::vector<double> frame(4);
  const auto model = [](Slice rows) { return std::vector<double>(rows.begin(), rows.end()); };
  CHECK_THROWS_WITH(compare_batch_vs_streaming(frame, model, {.comparison = {.confidence_level = 0}}),
                    ContainsSubstring("confidence_level is 0"));
  CHECK_THROWS_WITH(sweep_chunk_sizes(frame, model, {1}, {.comparison = {.n_resamples = 0}}),
                    ContainsSubstring("n_resamples is 0"));
}

TEST_CASE("streaming is judged against batch by its rounds") {
  const ManualClock clock;
  const auto model = [&](Slice rows) {  // 5 ms a call, 1 ms a row
    clock.advance(5ms + 1ms * rows.size());
    return std::vector<double>(rows.begin(), rows.end());
  };
  const auto figures = compare_batch_vs_streaming(std::vector<double>(10), model, {.chunk_size = 5}, clock);
  CHECK(figures.runs == 9);
  CHECK(figures.streaming.ratio == figures.speed_ratio);
  CHECK(figures.streaming.ratio == Approx(0.75));
  CHECK(figures.streaming.ratio_ci.low == Approx(0.75));
  CHECK(figures.streaming.pvalue == Approx(2.0 / 512));
  CHECK(figures.streaming.effect_size == 1);
  CHECK(figures.streaming.verdict == SpeedVerdict::slower);
  const auto same = compare_batch_vs_streaming(std::vector<double>(10), model, {.chunk_size = 10}, clock);
  CHECK(same.streaming.pvalue == 1);
  CHECK(same.streaming.verdict == SpeedVerdict::no_difference_shown);
}

TEST_CASE("a machine that gets slower all the time favours neither of two equal ways") {
  const ManualClock clock;
  int call = 0;
  const auto model = [&](Slice rows) {  // each call takes 1 ms longer than the one before
    clock.advance(100ms + 1ms * call++);
    return std::vector<double>(rows.begin(), rows.end());
  };
  const auto figures = compare_batch_vs_streaming(std::vector<double>(4), model, {.chunk_size = 4, .runs = 10}, clock);
  CHECK(figures.streaming.verdict == SpeedVerdict::no_difference_shown);
  CHECK(figures.streaming.pvalue > 0.5);
  CHECK(figures.streaming.ratio == Approx(1).margin(1e-9));
  call = 0;
  const auto table = sweep_chunk_sizes(std::vector<double>(4), model, {4, 5, 6}, {.runs = 10}, clock);
  for (const auto& row : table) CHECK(row.against_first.verdict == SpeedVerdict::no_difference_shown);
  CHECK(table[2].against_first.ratio == Approx(1).margin(1e-9));
}

TEST_CASE("each chunk size is judged against the first, corrected for their number") {
  const ManualClock clock;
  const auto model = [&](Slice rows) {
    clock.advance(5ms + 1ms * rows.size());
    return std::vector<double>(rows.begin(), rows.end());
  };
  const auto table = sweep_chunk_sizes(std::vector<double>(20), model, {5, 5, 10, 20}, {}, clock);
  REQUIRE(table.size() == 4);
  CHECK(std::isnan(table[0].against_first.pvalue));
  CHECK(table[0].against_first.verdict == SpeedVerdict::no_difference_shown);
  CHECK(table[1].against_first.verdict == SpeedVerdict::no_difference_shown);
  CHECK(table[1].against_first.pvalue == 1);
  CHECK(table[2].against_first.pvalue == Approx(3 * 2.0 / 512));
  CHECK(table[2].against_first.verdict == SpeedVerdict::faster);
  CHECK(table[3].against_first.pvalue == Approx(3 * 2.0 / 512));
  CHECK(table[3].against_first.ratio == Approx(40.0 / 25));
  CHECK(table[2].latency_ms_ci.low == Approx(1.5));
  CHECK(table[2].latency_ms_ci.high == Approx(1.5));
  CHECK(table[2].throughput_rows_per_s_ci.low == Approx(1000 / 1.5));
  const auto few = sweep_chunk_sizes(std::vector<double>(20), model, {5, 10, 20}, {.runs = 6}, clock);
  CHECK(few[1].against_first.pvalue == Approx(2 * 2.0 / 64));  // one comparison alone would have shown it
  CHECK(few[1].against_first.verdict == SpeedVerdict::no_difference_shown);
  const auto one = sweep_chunk_sizes(std::vector<double>(20), model, {5, 10}, {.runs = 1}, clock);
  CHECK(std::isnan(one[1].latency_ms_ci.low));
  CHECK(std::isnan(one[1].against_first.pvalue));
}

TEST_CASE("verdicts have words") {
  CHECK(to_string(SpeedVerdict::no_difference_shown) == "no_difference_shown");
  CHECK(to_string(SpeedVerdict::faster) == "faster");
  CHECK(to_string(SpeedVerdict::slower) == "slower");
}
