// SPDX-License-Identifier: MIT
#include "penstock/metrics/latency_histogram.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t far_away = std::numeric_limits<std::int64_t>::max();

/// Numbers of very different sizes, the same everywhere.
class Values {
 public:
  explicit Values(std::uint64_t seed) : state_(seed) {}
  std::int64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((state_ >> 33) >> ((state_ >> 20) % 31));
  }
  std::vector<std::int64_t> take(int n) {
    std::vector<std::int64_t> values;
    for (int i = 0; i < n; ++i) values.push_back(next());
    return values;
  }

 private:
  std::uint64_t state_;
};

LatencyHistogram of(const std::vector<std::int64_t>& values, const LatencyHistogramOptions& options = {}) {
  LatencyHistogram histogram(options);
  for (const std::int64_t value : values) histogram.record(value);
  return histogram;
}

using Bucket = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;
std::vector<Bucket> buckets(const LatencyHistogram& histogram) {
  std::vector<Bucket> all;
  histogram.for_each_bucket(
      [&](std::int64_t low, std::int64_t high, std::uint64_t count) { all.emplace_back(low, high, count); });
  return all;
}
/// The bucket of one value, without its count.
std::pair<std::int64_t, std::int64_t> bucket_of(std::int64_t value, const LatencyHistogramOptions& options = {}) {
  const auto all = buckets(of({value}, options));
  REQUIRE(all.size() == 1);
  return {std::get<0>(all[0]), std::get<1>(all[0])};
}

}  // namespace

TEST_CASE("values go where HdrHistogram puts them, and quantiles are what it says") {
  std::ifstream golden(PENSTOCK_REFERENCE_DIR "/hdr_histogram.txt");
  LatencyHistogram histogram;
  std::vector<Bucket> expected;
  int cases = 0;
  for (std::string line; std::getline(golden, line);) {
    std::istringstream fields(line);
    std::string kind;
    fields >> kind;
    if (kind == "case") {
      CHECK((buckets(histogram) == expected));
      expected.clear();
      ++cases;
      LatencyHistogramOptions options;
      std::int64_t interval = 0;
      std::uint64_t seed = 0;
      int n = 0;
      fields >> options.significant_digits >> options.lowest >> options.highest >> interval >> seed >> n;
      histogram = LatencyHistogram(options);
      Values values(seed);
      for (int i = 0; i < n; ++i) {
        // Unlike HdrHistogram, which drops a value that is out of range with all that it stands for.
        if (const std::int64_t value = values.next(); value <= options.highest) {
          histogram.record_corrected(value, interval);
        }
      }
    } else if (kind == "total") {
      std::uint64_t total = 0;
      fields >> total;
      CHECK(histogram.count() == total);
    } else if (kind == "quantile") {
      int per_mille = 0;
      std::int64_t value = 0;
      fields >> per_mille >> value;
      INFO(line);
      CHECK(histogram.value_at_quantile(per_mille / 1000.0) == value);
    } else {
      auto& [low, high, count] = expected.emplace_back();
      fields >> low >> high >> count;
    }
  }
  CHECK((buckets(histogram) == expected));
  CHECK(cases == 7);
}

TEST_CASE("one long pause is one value of 10,001, and half of the time once corrected") {
  LatencyHistogram raw;
  LatencyHistogram corrected;
  for (int i = 0; i < 10'000; ++i) {
    raw.record(1ms);
    corrected.record_corrected(1ms, 10ms);
  }
  raw.record(100s);
  corrected.record_corrected(100s, 10ms);

  CHECK(raw.count() == 10'001);
  CHECK(raw.fraction_at_or_below(1'000'000) == 10'000.0 / 10'001);
  CHECK(raw.value_at_quantile(0.9999) == 1'000'447);  // the end of 1 ms's bucket
  CHECK(raw.max() == 100'000'000'000);

  CHECK(corrected.count() == 20'000);
  CHECK(corrected.fraction_at_or_below(1'000'000) == 0.5);
  CHECK(corrected.fraction_at_or_below(9'990'000) == 0.5);
  CHECK(corrected.value_at_quantile(0.5) == 1'000'447);
  CHECK(corrected.value_at_quantile(0.75) == Approx(50e9).epsilon(1e-3));
  CHECK(corrected.mean() == (10'000 * 1e6 + 10e6 * (10'000.0 * 10'001 / 2)) / 20'000);
}

TEST_CASE("the correction adds what a loop would have added") {
  Values values(11);
  for (int i = 0; i < 300; ++i) {
    const std::int64_t value = values.next();
    const std::int64_t interval = 1 + values.next() / 3;
    if (value / interval > 20'000) continue;
    LatencyHistogram fast({.significant_digits = 2, .highest = 1'000'000'000});
    LatencyHistogram slow(fast);
    fast.record_corrected(value, interval);
    slow.record(value);
    for (std::int64_t missed = value - interval; missed >= interval; missed -= interval) slow.record(missed);
    INFO(value << " every " << interval);
    REQUIRE(fast == slow);
    REQUIRE(fast.mean() == slow.mean());
  }
}

TEST_CASE("the correction takes no longer for a short interval, and none for none") {
  LatencyHistogram histogram;
  histogram.record_corrected(far_away, 1);  // 9e18 values
  CHECK(histogram.count() == static_cast<std::uint64_t>(far_away));
  CHECK(histogram.min() == 1);
  CHECK(histogram.mean() == Approx(std::ldexp(1.0, 62)));
  CHECK(histogram.fraction_at_or_below(1) == Approx(std::ldexp(1.0, -63)));

  LatencyHistogram none;
  none.record_corrected(1000, 0);
  none.record_corrected(1000, -5);
  none.record_corrected(1000, 1000);
  none.record_corrected(-1000, 10);
  CHECK(none.count() == 3);
  CHECK(none.below_range() == 1);
}

TEST_CASE("a quantile is the value of its rank among the sorted values, to the stated digits") {
  const int digits = GENERATE(1, 2, 3, 4, 5);
  const std::int64_t lowest = GENERATE(1, 1000);
  const std::vector<std::int64_t> values = Values(static_cast<std::uint64_t>(digits)).take(1000);
  const LatencyHistogram histogram = of(values, {.significant_digits = digits, .lowest = lowest});
  std::vector<std::int64_t> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  for (int rank = 1; rank <= 1000; ++rank) {
    const std::int64_t truth = sorted[static_cast<std::size_t>(rank - 1)];
    const std::int64_t found = histogram.value_at_quantile(rank / 1000.0);
    INFO("rank " << rank << ", " << found << " for " << truth << ", " << digits << " digits");
    REQUIRE(found >= truth);
    REQUIRE(static_cast<double>(found - truth) <=
            std::max(static_cast<double>(lowest - 1), static_cast<double>(truth) * std::pow(10.0, -digits)));
  }
}

TEST_CASE("the rank of a quantile is q times the count, rounded up, and at least 1") {
  const LatencyHistogram ten = of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(ten.value_at_quantile(0) == 1);
  CHECK(ten.value_at_quantile(1e-9) == 1);
  CHECK(ten.value_at_quantile(0.1) == 1);
  CHECK(ten.value_at_quantile(0.11) == 2);
  CHECK(ten.value_at_quantile(0.5) == 5);
  CHECK(ten.value_at_quantile(0.7) == 7);
  CHECK(ten.value_at_quantile(0.91) == 10);
  CHECK(ten.value_at_quantile(1) == 10);

  std::vector<std::int64_t> values;
  for (int i = 1; i <= 100; ++i) values.push_back(i);
  CHECK(of(values).value_at_quantile(0.07) == 7);  // though 0.07 * 100 > 7 in doubles
  CHECK(of(values).value_at_quantile(0.29) == 29);
}

TEST_CASE("quantile 0 is the lowest value of its bucket, every other the highest") {
  const LatencyHistogram one = of({1'000'000});
  CHECK(one.value_at_quantile(0) == 999'936);
  CHECK(one.value_at_quantile(0.5) == 1'000'447);
  CHECK(one.min() == 1'000'000);
  CHECK(one.max() == 1'000'000);
}

TEST_CASE("buckets are one wide below 2048 with three digits, and double from there with each power of two") {
  using Ends = std::pair<std::int64_t, std::int64_t>;
  CHECK(bucket_of(0) == Ends(0, 0));
  CHECK(bucket_of(2047) == Ends(2047, 2047));
  CHECK(bucket_of(2048) == Ends(2048, 2049));
  CHECK(bucket_of(8180) == Ends(8180, 8183));
  CHECK(bucket_of(10'007) == Ends(10'000, 10'007));
  CHECK(bucket_of(10'008) == Ends(10'008, 10'015));
  CHECK(bucket_of(10'007 * 1024, {.lowest = 1024}) == Ends(10'000 * 1024, 10'008 * 1024 - 1));
  CHECK(bucket_of(500, {.lowest = 1024}) == Ends(0, 1023));
  CHECK(bucket_of(far_away).second == far_away);
  CHECK(bucket_of(far_away, {.significant_digits = 1}).second == far_away);
  CHECK(bucket_of(far_away, {.significant_digits = 5, .lowest = 1'000'000}).second == far_away);
}

TEST_CASE("count, least, greatest and mean are exact") {
  const LatencyHistogram histogram = of({1'000'001, 3, 999'999'999'999});
  CHECK(histogram.count() == 3);
  CHECK(histogram.min() == 3);
  CHECK(histogram.max() == 999'999'999'999);
  CHECK(histogram.mean() == 1'000'001'000'003.0 / 3);

  LatencyHistogram huge;  // the sum is far above 64 bits
  huge.record(far_away, 1'000'000'000'000);
  for (int i = 0; i < 100; ++i) huge.record(far_away);
  CHECK(huge.mean() == Approx(static_cast<double>(far_away)).epsilon(1e-15));
}

TEST_CASE("recording a value n times is recording it with the count n") {
  LatencyHistogram one_by_one;
  for (int i = 0; i < 1000; ++i) one_by_one.record(123'456'789);
  LatencyHistogram at_once;
  at_once.record(123'456'789, 1000);
  at_once.record(5, 0);
  CHECK(at_once == one_by_one);
  CHECK(at_once.mean() == 123'456'789);
}

TEST_CASE("the standard deviation is that of the values to the stated digits") {
  const std::vector<std::int64_t> values = Values(3).take(5000);
  double mean = 0;
  for (const auto value : values) mean += static_cast<double>(value) / 5000;
  double squares = 0;
  for (const auto value : values) squares += std::pow(static_cast<double>(value) - mean, 2) / 5000;
  CHECK(of(values).stddev() == Approx(std::sqrt(squares)).epsilon(1e-3));
  CHECK(of({7, 7, 7}).stddev() == 0);
}

TEST_CASE("several quantiles in one pass are those one by one, in any order") {
  Values source(31);
  for (const int n : {1, 2, 7, 1000}) {
    const LatencyHistogram histogram = of(source.take(n));
    const std::vector<double> wanted{0.99, 0, 0.5, 1, 0.5, 0.001, 0.999};
    const std::vector<std::int64_t> values = histogram.values_at_quantiles(wanted);
    REQUIRE(values.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(values[i] == histogram.value_at_quantile(wanted[i]));
  }
  CHECK(of({}).values_at_quantiles({0.5, 1}) == std::vector<std::int64_t>{0, 0});
  CHECK(of({5}).values_at_quantiles({}).empty());
  CHECK_THROWS_WITH(of({5}).values_at_quantiles({0.5, 2}), ContainsSubstring("q is 2"));
}

TEST_CASE("since gives what was recorded after the copy") {
  Values source(41);
  const LatencyHistogramOptions options{.highest = 500'000'000};
  for (int round = 0; round < 20; ++round) {
    LatencyHistogram histogram = of(source.take(round * 3), options);
    const LatencyHistogram before = histogram;
    const auto later = source.take(40);
    for (const auto value : later) histogram.record(value);
    const LatencyHistogram change = histogram.since(before);
    const LatencyHistogram expected = of(later, options);
    CHECK(buckets(change) == buckets(expected));
    CHECK(change.count() == expected.count());
    CHECK(change.above_range() == expected.above_range());
    CHECK(change.mean() == expected.mean());
    CHECK(change.value_at_quantile(0.5) == expected.value_at_quantile(0.5));
    // Extremes are known to their bucket.
    CHECK(bucket_of(change.min(), options) == bucket_of(expected.min(), options));
    CHECK(bucket_of(change.max(), options) == bucket_of(expected.max(), options));
    CHECK(histogram.since(histogram).count() == 0);
    CHECK(histogram.since(LatencyHistogram(options)) == histogram);
  }
  LatencyHistogram grown = of({5'000'000});
  grown.record(3'000'000);
  grown.record(9'000'001);
  const LatencyHistogram change = grown.since(of({5'000'000}));
  CHECK(change.min() == 3'000'000);
  CHECK(change.max() == 9'000'001);
  CHECK(change == of({3'000'000, 9'000'001}));
  CHECK(of({7, 7, far_away, far_away}).since(of({far_away, 7})).mean() == of({7, far_away}).mean());
}

TEST_CASE("since refuses what is no earlier state of the histogram") {
  CHECK_THROWS_WITH(of({5}).since(of({6})), ContainsSubstring("has counted what this one has not"));
  CHECK_THROWS_AS(of({5, 6}).since(of({6, 6})), std::invalid_argument);
  CHECK_THROWS_AS(of({5}).since(of({5, 5})), std::invalid_argument);
  CHECK_THROWS_AS(of({5}).since(of({5, -1})), std::invalid_argument);
  CHECK_THROWS_AS(of({5}).since(of({900'000'000})), std::invalid_argument);
  CHECK_THROWS_WITH(of({5}).since(of({5}, {.significant_digits = 2})),
                    ContainsSubstring("since: significant_digits 3"));
}

TEST_CASE("values out of range are counted, and in nothing else") {
  LatencyHistogram histogram({.highest = 1000});
  histogram.record(500);
  histogram.record(1000);
  histogram.record(1001);
  histogram.record(-1);
  histogram.record(far_away, 3);
  histogram.record(std::numeric_limits<std::int64_t>::min(), 2);
  CHECK(histogram.count() == 2);
  CHECK(histogram.above_range() == 4);
  CHECK(histogram.below_range() == 3);
  CHECK(histogram.max() == 1000);
  CHECK(histogram.mean() == 750);
  CHECK(histogram.value_at_quantile(1) == 1000);

  LatencyHistogram corrected({.highest = 1000});
  corrected.record_corrected(2000, 300);  // and 1700, 1400, 1100 above; 800, 500 in range
  CHECK(corrected.above_range() == 4);
  CHECK(corrected == [] {
    LatencyHistogram expected = of({500, 800}, {.highest = 1000});
    expected.record(2000, 4);
    return expected;
  }());
}

TEST_CASE("an empty histogram gives zeros") {
  const LatencyHistogram empty;
  CHECK(empty.count() == 0);
  CHECK(empty.min() == 0);
  CHECK(empty.max() == 0);
  CHECK(empty.mean() == 0);
  CHECK(empty.stddev() == 0);
  CHECK(empty.value_at_quantile(0.99) == 0);
  CHECK(empty.fraction_at_or_below(5) == 0);
  CHECK(empty.summary() == LatencySummary{});
  CHECK(empty.memory_bytes() == 0);
}

TEST_CASE("merging histograms is recording all in one, in any order and grouping") {
  Values source(21);
  for (int round = 0; round < 20; ++round) {
    const auto a = source.take(50);
    const auto b = source.take(round);
    const auto c = source.take(7);
    std::vector<std::int64_t> all = a;
    all.insert(all.end(), b.begin(), b.end());
    all.insert(all.end(), c.begin(), c.end());
    const LatencyHistogramOptions options{.highest = 1'000'000};
    const LatencyHistogram whole = of(all, options);

    LatencyHistogram left = of(a, options);
    left.merge(of(b, options));
    left.merge(of(c, options));
    LatencyHistogram right = of(b, options);
    right.merge(of(c, options));
    LatencyHistogram first = of(a, options);
    first.merge(right);
    LatencyHistogram reversed = of(c, options);
    reversed.merge(of(b, options));
    reversed.merge(of(a, options));
    CHECK(left == whole);
    CHECK(first == whole);
    CHECK(reversed == whole);
    CHECK(left.mean() == whole.mean());
    CHECK(left.value_at_quantile(0.9) == whole.value_at_quantile(0.9));
  }
}

TEST_CASE("merging with itself doubles, with an empty one changes nothing") {
  LatencyHistogram histogram = of({far_away, far_away, far_away, 5});  // a sum that carries
  const LatencyHistogram before = histogram;
  histogram.merge(LatencyHistogram());
  CHECK(histogram == before);
  histogram.merge(histogram);
  CHECK(histogram == of({far_away, far_away, far_away, 5, far_away, far_away, far_away, 5}));
  LatencyHistogram empty;
  empty.merge(before);
  CHECK(empty == before);
}

TEST_CASE("histograms of different buckets are not merged") {
  LatencyHistogram three = of({5});
  CHECK_THROWS_WITH(three.merge(LatencyHistogram({.significant_digits = 2})),
                    ContainsSubstring("significant_digits 3") && ContainsSubstring("different buckets"));
  CHECK_THROWS_AS(three.merge(LatencyHistogram({.lowest = 2})), std::invalid_argument);
  CHECK_THROWS_AS(three.merge(LatencyHistogram({.highest = 1000})), std::invalid_argument);
  CHECK(three == of({5}));
  LatencyHistogram fixed({.highest = 1000, .auto_resize = false});
  fixed.merge(of({5}, {.highest = 1000}));
  CHECK(fixed == of({5}, {.highest = 1000}));
}

TEST_CASE("equality is of what was counted, not of how it is held") {
  const LatencyHistogramOptions growing{.highest = 1'000'000'000};
  const LatencyHistogramOptions fixed{.highest = 1'000'000'000, .auto_resize = false};
  CHECK(of({100, 1'000'000}, growing) == of({1'000'000, 100}, fixed));
  CHECK(of({1'000'000, 100}, fixed) == of({100, 1'000'000}, growing));
  CHECK_FALSE(of({100, 101}) == of({100, 100}));
  CHECK_FALSE(of({100}) == of({100}, {.significant_digits = 2}));
  CHECK_FALSE(of({4'000'000, 4'000'001}) == of({4'000'000, 4'000'002}));  // the same bucket, another sum
}

TEST_CASE("memory is bounded by the range of the values, however many") {
  LatencyHistogram histogram;
  for (int i = 0; i < 100'000; ++i) histogram.record(1'000'000 + i);
  CHECK(histogram.memory_bytes() == 2 * 8192);  // 1,000,000 to 1,099,999 crosses 2^20 once
  histogram.record(0);
  histogram.record(far_away);
  CHECK(histogram.memory_bytes() == 54 * 8192);
  CHECK(histogram.count() == 100'002);

  LatencyHistogram fixed({.highest = 1'000'000, .auto_resize = false});
  const std::size_t bytes = fixed.memory_bytes();
  Values values(5);
  for (int i = 0; i < 10'000; ++i) fixed.record(values.next());
  CHECK(fixed.memory_bytes() == bytes);
}

TEST_CASE("reset forgets, and recording goes on as in a new one") {
  LatencyHistogram histogram = of({5, 70'000, -1, far_away}, {.highest = 1'000'000});
  histogram.reset();
  CHECK(histogram == LatencyHistogram({.highest = 1'000'000}));
  histogram.record(3);
  CHECK(histogram == of({3}, {.highest = 1'000'000}));
  CHECK(histogram.min() == 3);
}

TEST_CASE("options that cannot be met are refused by name and value") {
  CHECK_THROWS_WITH(LatencyHistogram({.significant_digits = 0}), ContainsSubstring("significant_digits is 0"));
  CHECK_THROWS_WITH(LatencyHistogram({.significant_digits = 6}), ContainsSubstring("significant_digits is 6"));
  CHECK_THROWS_WITH(LatencyHistogram({.lowest = 0}), ContainsSubstring("lowest is 0"));
  CHECK_THROWS_WITH(LatencyHistogram({.lowest = std::int64_t{1} << 52}), ContainsSubstring("1 to 2^51"));
  CHECK_THROWS_WITH(LatencyHistogram({.lowest = 10, .highest = 19}), ContainsSubstring("highest is 19"));
  CHECK_NOTHROW(LatencyHistogram({.lowest = 10, .highest = 20}));
  CHECK_THROWS_WITH(of({1}).value_at_quantile(1.5), ContainsSubstring("q is 1.5"));
  CHECK_THROWS_AS(of({1}).value_at_quantile(-0.1), std::invalid_argument);
  CHECK_THROWS_AS(of({1}).value_at_quantile(std::nan("")), std::invalid_argument);
}

TEST_CASE("a histogram that was moved from is empty, and may be used again") {
  // NOLINTBEGIN(bugprone-use-after-move): what it may be used for
  LatencyHistogram source;
  source.record(1000);
  source.record(-1);
  const LatencyHistogram copy(source);
  LatencyHistogram target(std::move(source));
  CHECK(target == copy);
  CHECK(source.value_at_quantile(0.5) == 0);
  CHECK(source.values_at_quantiles({0.5, 1}) == std::vector<std::int64_t>{0, 0});
  CHECK(source == LatencyHistogram());
  CHECK(source.memory_bytes() == 0);
  source.record(7);
  CHECK(source.value_at_quantile(0.5) == 7);
  CHECK(source.mean() == 7);

  source = std::move(target);
  CHECK(source == copy);
  CHECK(target == LatencyHistogram());
  target.merge(source);
  source.merge(LatencyHistogram(std::move(target)));
  CHECK(source.count() == 2);
  CHECK(source.sum() == 2000);
  CHECK(target.value_at_quantile(1) == 0);

  LatencyHistogram fixed({.highest = 1'000'000, .auto_resize = false});
  fixed.record(5);
  const LatencyHistogram taken(std::move(fixed));
  fixed.record(1'000'000);
  CHECK(taken.max() == 5);
  CHECK(fixed.max() == 1'000'000);
  CHECK(fixed.count() == 1);
  // NOLINTEND(bugprone-use-after-move)
}
