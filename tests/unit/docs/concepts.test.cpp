// SPDX-License-Identifier: MIT
// The code of docs/concepts.md: each of its blocks stands here word for word, which the last test holds it to.
#include "penstock/core/clock.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/model.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/source.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/stream/process.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"

#include <atomic>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace my {

// Columns that stand elsewhere in memory, all of one length.
struct Readings {
  std::span<const double> temperature;
  std::span<const double> pressure;
};

}  // namespace my

template <>
struct penstock::frame_traits<my::Readings> {
  static std::size_t rows(const my::Readings& r) { return r.temperature.size(); }
  static my::Readings slice(const my::Readings& r, std::size_t first, std::size_t count) {
    return {r.temperature.subspan(first, count), r.pressure.subspan(first, count)};
  }
  // This makes it a columnar_frame of doubles.
  template <std::same_as<double> T>
  static std::span<const T> column(const my::Readings& r, std::string_view name) {
    if (name == "temperature") return r.temperature;
    if (name == "pressure") return r.pressure;
    throw penstock::Error({.column = std::string(name)}, "no such column", "temperature or pressure");
  }
};

static_assert(penstock::columnar_frame<my::Readings, double>);

namespace my {

// Returns one value a row.
auto kelvin = [](const auto& rows) {
  std::vector<double> values;
  for (const double t : penstock::column<double>(rows, "temperature")) values.push_back(t + 273.15);
  return values;
};

// Writes one value a row.
auto fill_kelvin = [](const auto& rows, std::span<double> out) {
  const auto temperature = penstock::column<double>(rows, "temperature");
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = temperature[i] + 273.15;
};

// Is an object that predicts, and one that knows how sure it is.
struct Frost {
  std::vector<bool> predict(const Readings& rows) const {
    std::vector<bool> freezes;
    for (const double t : rows.temperature) freezes.push_back(t < 0);
    return freezes;
  }
  std::vector<double> predict_proba(const Readings& rows) const {
    std::vector<double> p;
    for (const double t : rows.temperature) p.push_back(1 / (1 + std::exp(t)));
    return p;
  }
};

static_assert(penstock::predictor<Frost, Readings> && penstock::probability_predictor<Frost, Readings>);

}  // namespace my

namespace my {

// The time of the record that is being replayed; copies show the same time.
class ReplayClock {
 public:
  penstock::TimePoint now() const { return penstock::TimePoint{std::chrono::nanoseconds{now_->load()}}; }
  void replay(penstock::TimePoint time) { now_->store(time.time_since_epoch().count()); }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> now_ = std::make_shared<std::atomic<std::int64_t>>(0);
};

static_assert(penstock::clock_source<ReplayClock>);

}  // namespace my

namespace my {

// Gives `batches` batches of a hundred numbers, then nothing.
class Counter {
 public:
  explicit Counter(int batches) : left_(batches) {}
  std::optional<penstock::RecordBatch> next() {
    if (left_ == 0) return std::nullopt;
    --left_;
    for (int i = 0; i < 100; ++i) builder_.append<std::int64_t>(0, count_++);
    return builder_.finish();
  }

 private:
  int left_;
  std::int64_t count_ = 0;
  penstock::RecordBatchBuilder builder_{{{{"count", penstock::DataType::int64, false}}}};
};

static_assert(penstock::frame_source<Counter>);

// Adds up a column.
struct Sum {
  std::int64_t total = 0;
  void write(const penstock::RecordBatch& batch) {
    for (const std::int64_t x : batch.column<std::int64_t>("count")) total += x;
  }
  void flush() {}
  void close() {}
};

static_assert(penstock::sink_for<Sum, penstock::RecordBatch>);

}  // namespace my

namespace {

using namespace penstock;

const std::vector<double> temperatures{-1, 0, 1, 2, 3};
const std::vector<double> pressures{990, 1000, 1010, 1020, 1030};
const my::Readings readings{temperatures, pressures};

}  // namespace

TEST_CASE("a frame of one's own is streamed and has columns") {
  CHECK(rows(readings) == 5);
  CHECK(column<double>(slice(readings, 2, 2), "pressure")[1] == 1020);
  CHECK_THROWS_WITH(column<double>(readings, "wind"),
                    "column wind: found no such column, expected temperature or pressure");
  const std::vector<double> expected{272.15, 273.15, 274.15, 275.15, 276.15};
  CHECK(process_stream(readings, 2, my::kelvin).values == expected);
  CHECK(process_stream(readings, 2, my::fill_kelvin).values == expected);
  CHECK(process_stream(readings, 2, my::Frost()).values == std::vector<bool>{true, false, false, false, false});
}

TEST_CASE("a clock of one's own times a stream") {
  my::ReplayClock clock;
  const auto slow = [&](const my::Readings& part) {
    clock.replay(clock.now() + std::chrono::milliseconds{10});
    return part.temperature;
  };
  CHECK(process_stream(readings, 2, slow, {}, clock).metrics.latency_ms() == Approx(30. / 5));
}

TEST_CASE("a source of one's own feeds a sink of one's own") {
  my::Counter source(3);
  my::Sum sink;
  while (auto batch = source.next()) sink.write(*batch);
  sink.close();
  CHECK(sink.total == 299 * 300 / 2);
  CHECK_FALSE(source.next());
}

TEST_CASE("what docs/concepts.md shows is what is compiled here") {
  CHECK(compiled_blocks("concepts.md", "unit/docs/concepts.test.cpp") == 5);
}
