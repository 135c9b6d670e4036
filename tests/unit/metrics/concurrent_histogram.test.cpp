// SPDX-License-Identifier: MIT
#include "penstock/metrics/concurrent_histogram.hpp"

#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

LatencyHistogram of(const std::vector<std::int64_t>& values, const LatencyHistogramOptions& options = {}) {
  LatencyHistogram histogram(options);
  for (const std::int64_t value : values) histogram.record(value);
  return histogram;
}

}  // namespace

TEST_CASE("a thread has one shard, whatever it writes by and however many other objects it writes to") {
  int made = 0;
  const auto make = [&made] {
    ++made;
    return LatencyHistogram();
  };
  std::vector<std::unique_ptr<detail::PerThread<LatencyHistogram>>> objects;
  for (int i = 0; i < 9; ++i) objects.push_back(std::make_unique<detail::PerThread<LatencyHistogram>>(make));
  const auto& first = *objects.front();
  const auto& last = *objects.back();  // eight further, and so in the first one's place of those used of late
  const auto alternate = [&](auto work) {
    first.write(work);
    last.write(work);
  };
  alternate([](LatencyHistogram& mine) { mine.record(1); });
  alternate([](LatencyHistogram& mine) { mine.record(2); });
  alternate([](LatencyHistogram& mine) { mine.record(3); });
  alternate([](LatencyHistogram& mine) { mine.record(4); });
  alternate([](LatencyHistogram& mine) { mine.record(5); });
  CHECK(made == 4);  // two halves in each of two objects
  int shards = 0;
  first.collect([&](LatencyHistogram& theirs) {
    ++shards;
    CHECK(theirs == of({1, 2, 3, 4, 5}));
    theirs.reset();
  });
  CHECK(shards == 1);
}

TEST_CASE("one thread: an interval is what was recorded since the last, the total is everything") {
  ConcurrentHistogram histogram;
  histogram.record(5);
  histogram.record(7ms);
  CHECK(histogram.total() == of({5, 7'000'000}));
  CHECK(histogram.interval() == of({5, 7'000'000}));
  CHECK(histogram.interval() == LatencyHistogram());
  histogram.record(9, 3);
  histogram.record(-1);
  CHECK(histogram.total() == of({5, 7'000'000, 9, 9, 9, -1}));
  CHECK(histogram.interval() == of({9, 9, 9, -1}));
  CHECK(histogram.interval() == LatencyHistogram());
  CHECK(histogram.total() == of({5, 7'000'000, 9, 9, 9, -1}));
}

TEST_CASE("a concurrent histogram corrects, merges and refuses as a plain one does") {
  ConcurrentHistogram histogram({.highest = 1000});
  histogram.record_corrected(2000, 300);
  histogram.record_corrected(1us, 400ns);
  LatencyHistogram plain({.highest = 1000});
  plain.record_corrected(2000, 300);
  plain.record_corrected(1us, 400ns);
  CHECK(histogram.total() == plain);
  histogram.merge(of({3}, {.highest = 1000}));
  plain.record(3);
  CHECK(histogram.total() == plain);
  CHECK_THROWS_AS(histogram.merge(of({3})), std::invalid_argument);
  CHECK(histogram.interval() == plain);
  CHECK(histogram.options() == LatencyHistogramOptions{.highest = 1000});
  CHECK_THROWS_WITH(ConcurrentHistogram({.significant_digits = 9}), Catch::Contains("significant_digits is 9"));
}

TEST_CASE("many histograms in one thread do not mix") {
  std::vector<std::unique_ptr<ConcurrentHistogram>> all;
  for (int i = 0; i < 30; ++i) all.push_back(std::make_unique<ConcurrentHistogram>());
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 30; ++i) all[static_cast<std::size_t>(i)]->record(i);
  }
  all.erase(all.begin(), all.begin() + 15);
  for (int i = 15; i < 30; ++i) { CHECK(all[static_cast<std::size_t>(i) - 15]->total() == of({i, i, i})); }
  ConcurrentHistogram later;
  later.record(1);
  CHECK(later.total() == of({1}));
}

TEST_CASE("what threads recorded that have ended stays, and their places serve the next ones") {
  ConcurrentHistogram histogram;
  LatencyHistogram expected;
  for (int i = 1; i <= 50; ++i) {
    std::thread([&] { histogram.record(i); }).join();
    expected.record(i);
  }
  CHECK(histogram.total() == expected);
}

TEST_CASE("a histogram may end before the threads that recorded into it") {
  auto histogram = std::make_unique<ConcurrentHistogram>();
  std::atomic<int> stage{0};
  std::thread other([&] {
    histogram->record(1);
    stage = 1;
    stage.notify_all();
    stage.wait(1);
    ConcurrentHistogram another;
    another.record(2);
    CHECK(another.total() == of({2}));
  });
  stage.wait(0);
  CHECK(histogram->total() == of({1}));
  histogram.reset();
  stage = 2;
  stage.notify_all();
  other.join();
}

namespace {

ConcurrentHistogram* told_at_the_end = nullptr;

struct RecordsAtTheEnd {
  ~RecordsAtTheEnd() {
    if (told_at_the_end != nullptr) told_at_the_end->record(77);
  }
};

}  // namespace

TEST_CASE("a thread may record while it ends") {
  ConcurrentHistogram histogram;
  told_at_the_end = &histogram;
  std::thread([&] {
    static thread_local RecordsAtTheEnd last;  // made before the thread's places, so it ends after them
    static_cast<void>(&last);
    histogram.record(1);
  }).join();
  told_at_the_end = nullptr;
  CHECK(histogram.total() == of({1, 77}));
}

TEST_CASE("each record of many threads is whole and in exactly one interval") {
  constexpr int threads = 4;
  constexpr std::uint64_t each = 20'000;
  ConcurrentHistogram histogram({.significant_digits = 2});
  std::atomic<int> running{threads};
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&] {
      for (std::uint64_t i = 0; i < each; ++i) histogram.record(1'000'003);
      --running;
    });
  }
  LatencyHistogram sum({.significant_digits = 2});
  bool last = false;
  bool whole = true;
  while (!last) {
    last = running == 0;
    const LatencyHistogram interval = histogram.interval();
    if (interval.count() != 0) {
      std::uint64_t counted = 0;
      interval.for_each_bucket([&](std::int64_t, std::int64_t, std::uint64_t n) { counted += n; });
      whole = whole && counted == interval.count() && interval.mean() == 1'000'003 && interval.min() == 1'000'003 &&
              interval.max() == 1'000'003;
    }
    sum.merge(interval);
    whole = whole && histogram.total().count() >= sum.count();
  }
  for (auto& writer : writers) writer.join();
  CHECK(whole);
  CHECK(sum.count() == threads * each);
  CHECK(histogram.total() == sum);
}

TEST_CASE("threads that come and go while others read lose nothing") {
  ConcurrentHistogram histogram({.significant_digits = 1});
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) static_cast<void>(histogram.interval());
  });
  std::vector<std::thread> makers;
  for (int m = 0; m < 3; ++m) {
    makers.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        std::thread([&] {
          for (int k = 0; k < 20; ++k) histogram.record(k * 1000);
        }).join();
      }
    });
  }
  for (auto& maker : makers) maker.join();
  stop = true;
  reader.join();
  CHECK(histogram.total().count() == 3 * 100 * 20);
}

TEST_CASE("an exception in a write leaves the place usable") {
  const detail::PerThread<std::vector<int>> lists([] { return std::vector<int>(); });
  CHECK_THROWS_AS(lists.write([](std::vector<int>&) { throw std::runtime_error("no"); }), std::runtime_error);
  lists.write([](std::vector<int>& mine) { mine.push_back(4); });
  std::vector<int> all;
  CHECK_THROWS_AS(lists.collect([](std::vector<int>&) { throw std::runtime_error("no"); }), std::runtime_error);
  for (int i = 0; i < 2; ++i) {  // what the failed collect left comes with the one after the next
    lists.collect([&](std::vector<int>& theirs) {
      all.insert(all.end(), theirs.begin(), theirs.end());
      theirs.clear();
    });
  }
  CHECK(all == std::vector<int>{4});
}

TEST_CASE("a collect does not take what is being written") {
  const detail::PerThread<int> numbers([] { return 0; });
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> stage{0};
    bool done = false;  // seen by the reader through the write's end alone
    std::thread writer([&] {
      numbers.write([&](int& mine) {
        stage = 1;
        stage.notify_all();
        while (stage != 2) std::this_thread::yield();
        for (int i = 0; i < 200; ++i) std::this_thread::yield();  // gives a reader that does not wait its chance
        ++mine;
        done = true;
      });
    });
    stage.wait(0);
    stage = 2;
    int sum = 0;
    bool after = true;
    const auto take = [&](int& theirs) {
      after = after && done;
      sum += theirs;
      theirs = 0;
    };
    numbers.collect(take);
    writer.join();
    CHECK(after);
    CHECK(sum == 1);
  }
}
