// SPDX-License-Identifier: MIT
#include "penstock/metrics/exponential_histogram.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

using namespace penstock;

namespace {

std::int64_t next(std::uint64_t& state) {
  state = state * 6364136223846793005U + 1442695040888963407U;
  return static_cast<std::int64_t>((state >> 33) >> ((state >> 20) % 31));
}

LatencyHistogram some_values(std::uint64_t seed, int n) {
  LatencyHistogram histogram;
  for (int i = 0; i < n; ++i) histogram.record(next(seed));
  return histogram;
}

/// The lower bound of a bucket by the data model's formula.
long double bound(std::int64_t index, int scale) {
  return std::exp2(std::ldexp(static_cast<long double>(index), -scale));
}

}  // namespace

TEST_CASE("a value is in the bucket that the data model's formula says") {
  std::uint64_t state = 1;
  for (int scale = -10; scale <= 20; ++scale) {
    for (int i = 0; i < 200; ++i) {
      const double value = static_cast<double>(next(state) + 1) * (i % 2 == 0 ? 1 : 1e-9);
      const std::int64_t index = detail::exponential_index(value, scale);
      CHECK(bound(index, scale) < value * (1 + 1e-15L));
      CHECK(bound(index + 1, scale) >= value * (1 - 1e-15L));
    }
    for (int e = -40; e < 40; ++e) {  // upper bounds belong to the bucket, exactly
      const std::int64_t index = detail::exponential_index(std::ldexp(1.0, e), scale);
      CHECK(bound(index, scale) < std::ldexp(1.0L, e));
      CHECK(bound(index + 1, scale) >= std::ldexp(1.0L, e));
    }
  }
  // From the data model: scale 3 has the bounds 2^(i/8).
  CHECK(detail::exponential_index(1, 3) == -1);
  CHECK(detail::exponential_index(1.05, 3) == 0);
  CHECK(detail::exponential_index(2, 3) == 7);
  CHECK(detail::exponential_index(4, 0) == 1);
  CHECK(detail::exponential_index(5, -1) == 1);
  CHECK(detail::exponential_index(4, -1) == 0);
}

TEST_CASE("every value is counted, in at most as many buckets as are allowed") {
  for (const std::size_t most : {2U, 20U, 160U, 1000U}) {
    const LatencyHistogram latency = some_values(7, 1000);
    const ExponentialHistogram point = exponential_histogram(latency, {.max_buckets = most});
    CHECK(point.counts.size() <= most);
    CHECK(point.counts.size() * 2 + 2 > most);  // a finer scale would not fit
    CHECK(point.count == 1000);
    CHECK(std::accumulate(point.counts.begin(), point.counts.end(), point.zero_count) == 1000);
    CHECK(point.counts.front() != 0);
    CHECK(point.counts.back() != 0);
    CHECK(point.sum == Approx(latency.mean() * 1000 / 1e9).epsilon(1e-12));
    CHECK(point.min == static_cast<double>(latency.min()) / 1e9);
    CHECK(point.max == static_cast<double>(latency.max()) / 1e9);
  }
}

TEST_CASE("counts are those of the values, one by one") {
  std::uint64_t state = 5;
  LatencyHistogram latency({.significant_digits = 5});
  std::vector<std::int64_t> values;
  for (int i = 0; i < 500; ++i) {
    values.push_back(next(state) % 90'000);  // below what 5 digits tell apart one by one
    latency.record(values.back());
  }
  const ExponentialHistogram point = exponential_histogram(latency, {.unit_ns = 1});
  std::map<std::int64_t, std::uint64_t> expected;
  for (const std::int64_t value : values) {
    if (value > 0) ++expected[detail::exponential_index(static_cast<double>(value), point.scale)];
  }
  for (std::size_t i = 0; i < point.counts.size(); ++i) {
    CHECK(point.counts[i] == expected[point.offset + static_cast<std::int64_t>(i)]);
  }
  CHECK(point.zero_count == static_cast<std::uint64_t>(std::count(values.begin(), values.end(), 0)));
  CHECK(point.scale < 20);
}

TEST_CASE("no values, one value, zeros") {
  const ExponentialHistogram empty = exponential_histogram(LatencyHistogram());
  CHECK(empty == ExponentialHistogram{});
  LatencyHistogram one;
  one.record(1'000'000'000);
  const ExponentialHistogram second = exponential_histogram(one);
  CHECK(second.scale == 20);
  CHECK(second.offset == -1);  // one second is the upper bound of (b^-1, 1]
  CHECK(second.counts == std::vector<std::uint64_t>{1});
  LatencyHistogram zeros;
  zeros.record(0, 5);
  CHECK(exponential_histogram(zeros).zero_count == 5);
  CHECK(exponential_histogram(zeros).counts.empty());
}

TEST_CASE("downscaling joins two and two, as if it had been recorded so") {
  const LatencyHistogram latency = some_values(11, 800);
  const ExponentialHistogram fine = exponential_histogram(latency, {.max_buckets = 100'000, .max_scale = 6});
  CHECK(fine.scale == 6);
  for (int scale = 5; scale >= -3; --scale) {
    ExponentialHistogram coarse = fine;
    coarse.downscale(scale);
    CHECK(coarse == [&] {
      ExponentialHistogram direct = exponential_histogram(latency, {.max_buckets = 100'000, .max_scale = scale});
      return direct;
    }());
  }
  ExponentialHistogram same = fine;
  same.downscale(9);
  CHECK(same == fine);
  CHECK_THROWS_AS(same.downscale(-11), std::invalid_argument);
}

TEST_CASE("merging is recording all in one, in any order") {
  const ExponentialHistogramOptions options{.max_buckets = 40};
  for (int round = 0; round < 10; ++round) {
    const auto seed = static_cast<std::uint64_t>(round);
    const LatencyHistogram a = some_values(seed, 5 * round);
    const LatencyHistogram b = some_values(seed + 100, 30);
    LatencyHistogram both = a;
    both.merge(b);
    ExponentialHistogram left = exponential_histogram(a, options);
    left.merge(exponential_histogram(b, options));
    ExponentialHistogram right = exponential_histogram(b, options);
    right.merge(exponential_histogram(a, options));
    CHECK(left.counts == right.counts);
    CHECK(left.offset == right.offset);
    CHECK(left.scale == right.scale);
    CHECK(left.counts.size() <= 40);
    ExponentialHistogram direct = exponential_histogram(both, {.max_buckets = 40, .max_scale = left.scale});
    CHECK(direct.counts == left.counts);
    CHECK(direct.offset == left.offset);
    CHECK(direct.count == left.count);
    CHECK(direct.zero_count == left.zero_count);
    CHECK(direct.min == left.min);
    CHECK(direct.max == left.max);
    CHECK(direct.sum == Approx(left.sum));
  }
}

TEST_CASE("options of the exponential form that cannot be met are refused") {
  CHECK_THROWS_WITH(exponential_histogram(LatencyHistogram(), {.max_buckets = 1}),
                    ContainsSubstring("max_buckets is 1"));
  CHECK_THROWS_WITH(exponential_histogram(LatencyHistogram(), {.max_scale = 21}), ContainsSubstring("max_scale is 21"));
  CHECK_THROWS_WITH(exponential_histogram(LatencyHistogram(), {.unit_ns = 0}), ContainsSubstring("unit_ns is 0"));
}

TEST_CASE("the sum of an exponential histogram never goes down") {
  LatencyHistogram latency;
  latency.record(1);
  for (int i = 0; i < 200; ++i) {  // of 49 values the mean times the count is less than 1
    latency.record(0);
    CHECK(exponential_histogram(latency, {.unit_ns = 1}).sum == 1);
  }
}
