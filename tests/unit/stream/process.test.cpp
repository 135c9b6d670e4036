// SPDX-License-Identifier: MIT
#include "penstock/stream/process.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

using Slice = std::span<const double>;

std::vector<double> counted(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

std::vector<double> squares_of(Slice rows) {
  std::vector<double> values;
  for (const double x : rows) values.push_back(x * x);
  return values;
}

/// One value too few from the chunk that begins at `row`.
auto short_at(double row) {
  return [row](Slice rows) {
    std::vector<double> values = squares_of(rows);
    if (rows.front() == row) values.pop_back();
    return values;
  };
}

struct ModelFailure : std::runtime_error {
  explicit ModelFailure(double first) : std::runtime_error("model failed"), row(first) {}
  double row;
};

/// Throws for each chunk at or after `row`.
auto failing_from(double row) {
  return [row](Slice rows) {
    if (rows.front() >= row) throw ModelFailure(rows.front());
    return squares_of(rows);
  };
}

}  // namespace

TEST_CASE("the values are those of a plain loop over the rows, whatever the chunk size and number of threads") {
  for (const std::size_t n : {0U, 1U, 2U, 7U, 64U, 100U}) {
    const std::vector<double> frame = counted(n);
    for (const std::size_t size : {1U, 2U, 3U, 7U, 64U, 99U, 100U, 101U, 1000U}) {
      for (const std::size_t threads : {1U, 2U, 5U}) {
        const auto [values, metrics] = process_stream(frame, size, squares_of, {.threads = threads});
        REQUIRE(values == squares_of(frame));
        REQUIRE(metrics.rows() == n);
        REQUIRE(metrics.chunks() == (n + size - 1) / size);
        REQUIRE(metrics.chunk_latency().count() == metrics.chunks());
      }
    }
  }
}

TEST_CASE("the model is called once a chunk, in row order, and not for an empty frame") {
  std::vector<std::pair<double, std::size_t>> calls;
  auto model = [&](Slice rows) {
    calls.emplace_back(rows.front(), rows.size());
    return squares_of(rows);
  };
  CHECK(process_stream(counted(10), 4, model).values.size() == 10);
  CHECK(calls == std::vector<std::pair<double, std::size_t>>{{0, 4}, {4, 4}, {8, 2}});
  calls.clear();
  const auto nothing = process_stream(counted(0), 4, model);
  CHECK(nothing.values.empty());
  CHECK(nothing.metrics == StreamMetrics());
  CHECK(calls.empty());
}

TEST_CASE("chunk size 0 and no threads are refused before anything is called") {
  int calls = 0;
  const auto model = [&](Slice rows) { return ++calls, squares_of(rows); };
  CHECK_THROWS_WITH(process_stream(counted(3), 0, model), ContainsSubstring("chunk_size is 0"));
  CHECK_THROWS_WITH(process_stream(counted(3), 1, model, {.threads = 0}), ContainsSubstring("threads is 0"));
  CHECK_THROWS_AS(try_process_stream(counted(0), 0, model), std::invalid_argument);
  CHECK(calls == 0);
}

TEST_CASE("the metrics are exact by the clock that is given") {
  const ManualClock clock;
  const auto model = [&](Slice rows) {
    clock.advance(1ms * rows.size());
    return squares_of(rows);
  };
  const auto [values, metrics] = process_stream(counted(25), 10, model, {}, clock);
  CHECK(metrics.rows() == 25);
  CHECK(metrics.chunks() == 3);
  CHECK(metrics.elapsed() == 25ms);
  CHECK(metrics.busy() == 25ms);
  CHECK(metrics.latency_ms() == 1);
  CHECK(metrics.throughput_rows_per_s() == 1000);
  CHECK(metrics.min_ms() == 5);
  CHECK(metrics.max_ms() == 10);
  CHECK(metrics.quantile_ms(0.99) == 10);
}

TEST_CASE("threads run side by side, and throughput is by the wall") {
  const ManualClock clock;
  std::barrier both(2);
  const auto model = [&](Slice rows) {
    both.arrive_and_wait();  // comes back only if two chunks are under way at once
    if (rows.front() == 0) clock.advance(10ms);
    both.arrive_and_wait();
    return squares_of(rows);
  };
  const auto [values, metrics] = process_stream(counted(8), 4, model, {.threads = 2}, clock);
  CHECK(values == squares_of(counted(8)));
  CHECK(metrics.busy() == 20ms);
  CHECK(metrics.elapsed() == 10ms);
  CHECK(metrics.latency_ms() == 2.5);
  CHECK(metrics.throughput_rows_per_s() == 800);
}

TEST_CASE("no more threads are used than asked for, nor than there are chunks") {
  std::mutex mutex;
  std::set<std::thread::id> ids;
  const auto model = [&](Slice rows) {
    const std::scoped_lock lock(mutex);
    ids.insert(std::this_thread::get_id());
    return squares_of(rows);
  };
  (void)process_stream(counted(1000), 1, model, {.threads = 3});
  CHECK(ids.size() <= 3);
  ids.clear();
  (void)process_stream(counted(10), 10, model, {.threads = 1000});
  CHECK(ids == std::set<std::thread::id>{std::this_thread::get_id()});
}

TEST_CASE("values may be of any type, given or written") {
  const std::vector<double> frame = counted(10);
  for (const std::size_t threads : {1U, 3U}) {
    const StreamOptions options{.threads = threads};
    const auto ints = process_stream(
        frame, 3, [](Slice rows) { return std::vector<int>(rows.size(), 7); }, options);
    CHECK(ints.values == std::vector<int>(10, 7));

    const auto texts = process_stream(
        frame, 3,
        [](Slice rows) {
          std::deque<std::string> values;
          for (const double x : rows) values.push_back("row " + std::to_string(static_cast<int>(x)));
          return values;
        },
        options);
    CHECK(texts.values.at(7) == "row 7");

    const auto flags = process_stream(
        frame, 3,
        [](Slice rows) {
          std::vector<bool> values;
          for (const double x : rows) values.push_back(x > 4);
          return values;
        },
        options);
    CHECK(flags.values == std::vector<bool>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1});

    const auto moved = process_stream(
        frame, 3,
        [](Slice rows) {
          std::vector<std::unique_ptr<double>> values;
          for (const double x : rows) values.push_back(std::make_unique<double>(x));
          return values;
        },
        options);
    CHECK(*moved.values.at(9) == 9);

    const auto floats = process_stream<float>(frame, 3, squares_of, options);
    static_assert(std::same_as<decltype(floats.values), std::vector<float>>);
    CHECK(floats.values.at(3) == 9.0F);

    const auto no_default = process_stream(
        frame, 3,
        [](Slice rows) {
          struct Row {
            explicit Row(double value) : x(value) {}
            double x;
          };
          return std::list<Row>(rows.begin(), rows.end());
        },
        options);
    CHECK(no_default.values.at(4).x == 4);
  }
}

TEST_CASE("a functor that writes writes doubles, or what is asked for") {
  const std::vector<double> frame = counted(10);
  for (const std::size_t threads : {1U, 3U}) {
    const auto doubles = process_stream(
        frame, 4, [](Slice rows, std::span<double> out) { std::copy(rows.begin(), rows.end(), out.begin()); },
        {.threads = threads});
    CHECK(doubles.values == frame);
    const auto flags = process_stream<bool>(frame, 4,
                                            [](Slice rows, std::span<bool> out) {
                                              for (std::size_t i = 0; i < rows.size(); ++i) out[i] = rows[i] > 6;
                                            },
                                            {.threads = threads});
    CHECK(flags.values == std::vector<bool>{0, 0, 0, 0, 0, 0, 0, 1, 1, 1});
    const auto texts = process_stream<std::string>(
        frame, 4, [](Slice rows, std::span<std::string> out) { out.front() = std::to_string(rows.size()); },
        {.threads = threads});
    CHECK(texts.values == std::vector<std::string>{"4", "", "", "", "4", "", "", "", "2", ""});
  }
}

TEST_CASE("values that somebody else owns are copied, and stay") {
  std::vector<std::string> table(10, "a text that is too long to be stored in place");
  const auto by_reference = process_stream(counted(4), 4, [&](Slice) -> const std::vector<std::string>& {
    table.resize(4);
    return table;
  });
  const auto by_span = process_stream(counted(4), 2, [&](Slice rows) { return std::span(table).first(rows.size()); });
  std::vector<std::string> pair(table.begin(), table.begin() + 2);
  const auto by_name =
      process_stream(counted(4), 2, [&](Slice) -> std::vector<std::string>& { return pair; }, {.threads = 2});
  CHECK(by_reference.values == table);
  CHECK(by_span.values == table);
  CHECK(by_name.values == table);
  CHECK(pair.at(1) == table.at(1));
  CHECK(table.at(3) == "a text that is too long to be stored in place");
}

TEST_CASE("a functor may be move-only, keep state, or be a function") {
  auto offset = std::make_unique<double>(5);
  const auto [values, metrics] = process_stream(counted(3), 2, [offset = std::move(offset)](Slice rows) {
    std::vector<double> result;
    for (const double x : rows) result.push_back(x + *offset);
    return result;
  });
  CHECK(values == std::vector<double>{5, 6, 7});

  auto running = [sum = 0.0](Slice rows) mutable {
    std::vector<double> result;
    for (const double x : rows) result.push_back(sum += x);
    return result;
  };
  CHECK(process_stream(counted(5), 2, running).values == std::vector<double>{0, 1, 3, 6, 10});
  CHECK(process_stream(counted(1), 2, running).values == std::vector<double>{10});  // its state, not a copy's
  CHECK(process_stream(counted(3), 2, &squares_of).values == std::vector<double>{0, 1, 4});
}

TEST_CASE("an object is asked by predict, and one without it by predict_proba") {
  struct Both {
    std::vector<int> predict(Slice rows) const { return std::vector<int>(rows.size(), 3); }
    std::vector<double> predict_proba(Slice rows) const { return std::vector<double>(rows.size(), 0.25); }
  };
  struct Pairs {
    std::vector<std::pair<double, double>> predict_proba(Slice rows) {
      return std::vector<std::pair<double, double>>(rows.size(), {0.25, 0.75});
    }
  };
  CHECK(process_stream(counted(3), 2, Both()).values == std::vector<int>{3, 3, 3});
  Pairs pairs;
  CHECK(process_stream(counted(3), 2, pairs).values == std::vector<double>{0.75, 0.75, 0.75});
}

TEST_CASE("frames of records, tables and matrices are streamed alike") {
  struct Trip {
    double minutes;
    int riders;
  };
  const std::vector<Trip> trips{{10, 1}, {20, 2}, {30, 3}};
  const auto cost = process_stream(trips, 2, [](std::span<const Trip> part) {
    std::vector<double> values;
    for (const Trip& trip : part) values.push_back(trip.minutes * trip.riders);
    return values;
  });
  CHECK(cost.values == std::vector<double>{10, 40, 90});
  CHECK(process_stream(std::span(trips), 2, [](auto part) { return std::vector<int>(part.size()); }).values.size() ==
        3);

  RecordBatchBuilder builder({{{"x", DataType::float64}}});
  for (const double x : {1.5, 2.5, 3.5}) builder.append<double>(0, x);
  const RecordBatch batch = builder.finish();
  const auto column = process_stream(batch, 2, [](const RecordBatch& part) {
    const auto x = part.column<double>("x");
    return std::vector<double>(x.begin(), x.end());
  });
  CHECK(column.values == std::vector<double>{1.5, 2.5, 3.5});

  const RowMajorMatrix matrix{{1, 2, 3, 4, 5, 6}, 3, 2};
  const auto sums = process_stream(matrix, 2, [](RowMajorView part) {
    std::vector<double> values;
    for (std::size_t i = 0; i < part.rows; ++i) values.push_back(part(i, 0) + part(i, 1));
    return values;
  });
  CHECK(sums.values == std::vector<double>{3, 7, 11});
}

TEST_CASE("another number of values is an error that names the chunk and both counts, and keeps what was computed") {
  const std::vector<double> frame = counted(10);
  for (const std::size_t threads : {1U, 2U, 4U}) {
    try {
      (void)process_stream(frame, 3, short_at(6), {.threads = threads});
      FAIL("no error");
    } catch (const ChunkErrorWith<double>& error) {
      CHECK(error.what() == std::string("chunk 2, row 7: found 2 values, expected 3, one a row"));
      CHECK(error.chunk() == 2);
      CHECK(error.first_row() == 6);
      CHECK(error.expected_count() == 3);
      CHECK(error.returned_count() == 2);
      CHECK(error.where().row == 7U);
      CHECK(error.partial().values == std::vector<double>{0, 1, 4, 9, 16, 25});
      CHECK(error.partial().metrics.rows() == 6);
      CHECK(error.partial().metrics.chunks() == 2);
    }
  }
  // Too many, and from the last short chunk; caught as what it also is.
  const auto many = [](Slice rows) { return std::vector<double>(std::max<std::size_t>(rows.size(), 3)); };
  CHECK_THROWS_WITH(process_stream(frame, 3, many), ContainsSubstring("chunk 3, row 10: found 3 values, expected 1"));
  CHECK_THROWS_AS(process_stream(frame, 3, many), ChunkError);
  CHECK_THROWS_AS(process_stream(frame, 3, many), Error);
  CHECK_THROWS_WITH(process_stream(frame, 5, [](Slice) { return std::array{1}; }),
                    ContainsSubstring("chunk 0") && ContainsSubstring("found 1 value, expected 5"));
}

TEST_CASE("what the model throws comes through as it was thrown") {
  const std::vector<double> frame = counted(10);
  for (const std::size_t threads : {1U, 2U, 4U}) {
    try {
      (void)process_stream(frame, 2, failing_from(6), {.threads = threads});
      FAIL("no error");
    } catch (const ModelFailure& failure) { CHECK(failure.row == 6); }
    CHECK_THROWS_AS(process_stream(frame, 2, [](Slice) -> std::vector<double> { throw 5; }, {.threads = threads}), int);
  }
}

TEST_CASE("the twin that does not throw keeps what was computed, whatever the failure") {
  const std::vector<double> frame = counted(10);
  for (const std::size_t threads : {1U, 2U, 4U}) {
    const auto failed = try_process_stream(frame, 2, failing_from(6), {.threads = threads});
    CHECK_FALSE(failed.ok());
    CHECK(failed.failed_chunk == 3);
    CHECK(failed.values == std::vector<double>{0, 1, 4, 9, 16, 25});
    CHECK(failed.metrics.rows() == 6);
    CHECK(failed.metrics.chunks() == 3);
    CHECK_THROWS_AS(std::rethrow_exception(failed.error), ModelFailure);

    const auto miscounted = try_process_stream(frame, 3, short_at(0), {.threads = threads});
    CHECK(miscounted.failed_chunk == 0);
    CHECK(miscounted.values.empty());
    CHECK_THROWS_AS(std::rethrow_exception(miscounted.error), ChunkError);

    const auto good = try_process_stream(frame, 3, squares_of, {.threads = threads});
    CHECK(good.ok());
    CHECK(good.values == squares_of(frame));
  }
}

TEST_CASE("move-only values are kept from a failed stream too") {
  const auto model = [](Slice rows) {
    std::vector<std::unique_ptr<double>> values;
    for (const double x : rows) values.push_back(std::make_unique<double>(x));
    if (rows.front() == 4) values.emplace_back();
    return values;
  };
  try {
    (void)process_stream(counted(10), 2, model);
    FAIL("no error");
  } catch (const ChunkErrorWith<std::unique_ptr<double>>& error) {
    const auto values = std::move(error.partial().values);
    CHECK(values.size() == 4);
    CHECK(*values.at(3) == 3);
  }
}

TEST_CASE("a functor that wrote a part of its values before it threw leaves none of them") {
  const auto outcome = try_process_stream(counted(6), 2, [](Slice rows, std::span<double> out) {
    out[0] = -1;
    if (rows.front() == 4) throw ModelFailure(4);
    std::copy(rows.begin(), rows.end(), out.begin());
  });
  CHECK(outcome.values == std::vector<double>{0, 1, 2, 3});
}

TEST_CASE("after a failure no further chunk is begun, and the lowest failure is the one reported") {
  std::atomic<int> calls{0};
  const auto count_and_fail = [&](Slice rows) {
    ++calls;
    if (rows.front() >= 2) throw ModelFailure(rows.front());
    return squares_of(rows);
  };
  const auto one = try_process_stream(counted(1000), 1, count_and_fail);
  CHECK(calls == 3);
  CHECK(one.values.size() == 2);
  for (int round = 0; round < 50; ++round) {
    calls = 0;
    const auto four = try_process_stream(counted(1000), 1, count_and_fail, {.threads = 4});
    CHECK(four.failed_chunk == 2);
    CHECK(four.values == std::vector<double>{0, 1});
    CHECK(calls <= 3 + 3);  // each other thread was at most in one more
  }
}

TEST_CASE("the lowest failure is found even when a later chunk fails first") {
  std::barrier both(2);
  const auto model = [&](Slice rows) -> std::vector<double> {
    if (rows.front() == 0) {
      both.arrive_and_wait();  // until the later one is about to fail
      both.arrive_and_wait();
      throw ModelFailure(0);
    }
    if (rows.front() == 1) {
      both.arrive_and_wait();
      struct Release {
        std::barrier<>& b;
        ~Release() { (void)b.arrive(); }
      } release{both};
      throw ModelFailure(1);
    }
    return squares_of(rows);
  };
  const auto outcome = try_process_stream(counted(100), 1, model, {.threads = 2});
  CHECK(outcome.failed_chunk == 0);
  CHECK(outcome.values.empty());
  try {
    std::rethrow_exception(outcome.error);
  } catch (const ModelFailure& failure) { CHECK(failure.row == 0); }
}

TEST_CASE("a later chunk that fails after the lowest failure does not take its place") {
  static std::binary_semaphore other_thread_ended{0};
  struct AtThreadExit {
    ~AtThreadExit() { other_thread_ended.release(); }
  };
  std::binary_semaphore other_has_chunk{0};
  std::binary_semaphore this_has_later_chunk{0};
  const std::thread::id here = std::this_thread::get_id();
  double others = -1;  // first row of the other thread's chunk
  bool known = false;  // here, that the other thread has one
  const auto model = [&](Slice rows) -> std::vector<double> {
    if (std::this_thread::get_id() != here) {
      thread_local const AtThreadExit signal;
      (void)signal;
      others = rows.front();
      other_has_chunk.release();
      this_has_later_chunk.acquire();
      throw ModelFailure(rows.front());  // the failure is on record when the thread ends
    }
    if (!std::exchange(known, true)) other_has_chunk.acquire();
    if (rows.front() < others) return squares_of(rows);
    this_has_later_chunk.release();
    other_thread_ended.acquire();
    throw ModelFailure(rows.front());
  };
  const auto outcome = try_process_stream(counted(100), 1, model, {.threads = 2});
  CHECK(static_cast<double>(outcome.failed_chunk) == others);
  CHECK(static_cast<double>(outcome.values.size()) == others);
  try {
    std::rethrow_exception(outcome.error);
  } catch (const ModelFailure& failure) { CHECK(failure.row == others); }
}

TEST_CASE("many threads on many small chunks give the sequential values") {
  const std::vector<double> frame = counted(20'000);
  const auto parallel = process_stream(frame, 3, squares_of, {.threads = 8});
  CHECK(parallel.values == squares_of(frame));
  CHECK(parallel.metrics.chunks() == 6667);
  const auto flags = process_stream(
      frame, 3, [](Slice rows) { return std::vector<bool>(rows.size(), static_cast<int>(rows.front()) % 2 == 0); },
      {.threads = 8});
  for (std::size_t i = 0; i < frame.size(); ++i) REQUIRE(flags.values[i] == (i / 3 * 3 % 2 == 0));
}
