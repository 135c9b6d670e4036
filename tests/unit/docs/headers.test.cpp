// SPDX-License-Identifier: MIT
// What the headers of core show at their top, compiled and held to what the comments say.
#include "penstock/core/category_index.hpp"
#include "penstock/core/manual_clock.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/model.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/result.hpp"
#include "penstock/core/source.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/stream/micro_batcher.hpp"

#include "catch.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

struct Trip {
  double fare = 0;
};

// clock.hpp
template <clock_source Clock = SteadyClock>
auto timed(auto&& work, const Clock& clock = {}) {
  const TimePoint start = clock.now();
  work();
  return clock.now() - start;
}

// model.hpp
[[maybe_unused]] const auto score = [](std::span<const Trip> trips) { return std::vector<double>(trips.size(), 1.0); };
[[maybe_unused]] const auto fill = [](std::span<const Trip> trips, std::span<double> out) { out[0] = trips[0].fare; };
struct Forest {
  std::vector<double> predict_proba(std::span<const Trip>) const { return {}; }
};
static_assert(value_functor<decltype(score), std::span<const Trip>>);
static_assert(filling_functor<decltype(fill), std::span<const Trip>>);
static_assert(probability_predictor<Forest, std::span<const Trip>>);

// source.hpp
template <frame_source Source, class Sink>
void copy(Source& source, Sink& sink) {
  while (auto batch = source.next()) sink.write(*batch);
  sink.close();
}

RecordBatch countries() {
  RecordBatchBuilder builder({{{"country", DataType::category}, {"minutes", DataType::float64}}});
  builder.append<std::string_view>(0, "NA");
  builder.append<double>(1, 358.1);
  builder.append<std::string_view>(0, "DE");
  builder.append_null(1);
  return builder.finish();
}

}  // namespace

TEST_CASE("the example of error.hpp says what its comment says") {
  CHECK_THROWS_WITH(throw Error({.source = "trips.csv", .row = 17, .column = "fare"}, "'abc'", "a number"),
                    "trips.csv, row 17, column fare: found 'abc', expected a number");
}

TEST_CASE("the example of result.hpp reads a value or an error") {
  const auto load = [](const std::string& name) -> Result<double> {
    if (name != "churn.json") return Error({.source = name}, "no such file", "");
    return 0.5;
  };
  const Result<double> model = load("churn.json");
  REQUIRE(model);
  CHECK(*model == 0.5);
  CHECK(std::string(load("chrn.json").error().what()) == "chrn.json: found no such file");
}

TEST_CASE("the examples of schema.hpp, column.hpp, record_batch.hpp and matrix.hpp read a table") {
  const Schema schema{{{"country", DataType::category}, {"minutes", DataType::float64}}};
  CHECK(schema.index("minutes") == 1);

  const RecordBatch batch = countries();
  CHECK(batch.schema() == schema);
  CHECK(batch.column<double>("minutes")[0] == 358.1);
  const RecordBatch some = batch.slice(0, 1);
  const RowMajorMatrix x = some.to_matrix({"minutes"});
  CHECK(x(0, 0) == 358.1);
  CHECK(x.row(0).size() == 1);

  const ColumnView<double> minutes = batch.column<double>("minutes");
  std::vector<double> used;
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    if (minutes.is_valid(i)) used.push_back(minutes[i]);
  }
  CHECK(used == std::vector<double>{358.1});
}

TEST_CASE("the example of category_index.hpp gives codes") {
  CategoryIndex index;
  CHECK(index.find_or_add("NA") == 0);
  CHECK(index.find_or_add("NA") == 0);
  CategoryValues values;
  values.dictionary = index.dictionary();
  CHECK(*values.dictionary == Dictionary{"NA"});
}

TEST_CASE("the example of frame.hpp slices a vector") {
  const std::vector<Trip> trips(1000);
  CHECK(rows(trips) == 1000);
  const std::span<const Trip> part = slice(trips, 100, 50);
  CHECK(part.data() == &trips[100]);
}

TEST_CASE("the examples of clock.hpp, manual_clock.hpp and timed_wait.hpp tell the time") {
  const ManualClock clock;
  CHECK(timed([&] { clock.advance(5ms); }, clock) == 5ms);
  CHECK(timed([] {}) >= 0ns);

  BoundedQueue<int, ManualClock> queue{{.capacity = 4}, clock};
  std::mutex mutex;
  std::condition_variable changed;
  const TimePoint deadline = clock.now() + 5ms;
  clock.advance(5ms);
  TimedWait wait{clock, mutex, changed};
  std::unique_lock lock(mutex);
  while (queue.empty() && wait.until(lock, deadline)) {}
  CHECK(queue.empty());
}

TEST_CASE("the example of source.hpp copies from a source to a sink") {
  struct {
    int left = 2;
    std::optional<RecordBatch> next() { return left-- > 0 ? std::optional(countries()) : std::nullopt; }
  } source;
  struct {
    std::size_t rows = 0;
    bool closed = false;
    void write(const RecordBatch& batch) { rows += batch.rows(); }
    void flush() {}
    void close() { closed = true; }
  } sink;
  copy(source, sink);
  CHECK(sink.rows == 4);
  CHECK(sink.closed);
}

TEST_CASE("the example of micro_batcher.hpp gives each caller his result") {
  struct Model {
    std::vector<double> predict(std::span<const Trip> trips) const { return score(trips); }
  };
  const Model model;
  double shown = 0;
  const auto show = [&](double value) { shown = value; };
  {
    MicroBatcher<Trip, double> batcher{[&](std::span<const Trip> rows) { return model.predict(rows); },
                                       {.max_batch = 64, .slo = 20ms, .shutdown = Shutdown::drain}};
    const Trip row{.fare = 3};
    Ticket<double> ticket = batcher.submit(row, {.deadline = 1h});
    CHECK(ticket.get() == 1.0);
    const TicketStatus in = batcher.submit(row, {.deadline = 1h}, [&](Outcome<double> value) {
      if (value) show(*value);
    });
    CHECK(in == TicketStatus::pending);
  }
  CHECK(shown == 1.0);
}
