// SPDX-License-Identifier: MIT
// What the pipeline is made of: rows gathered from several batches, and a stream over either queue.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/spsc_queue.hpp"

#include "../../examples/unified_pipeline/async_stream.hpp"
#include "../../examples/unified_pipeline/gather.hpp"
#include "catch.hpp"
#include "examples/run.hpp"

#include <cstdint>      // int64_t
#include <fstream>      // ofstream
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // pair

namespace {

using penstock::DataType;
using penstock::RecordBatch;

/// Rows (country, minutes, exams, paid) whose third has nothing but a number of exams.
RecordBatch students(const std::string& first, const std::string& second, double minutes, std::int64_t exams) {
  penstock::RecordBatchBuilder builder({{{"country", DataType::category, true},
                                         {"minutes", DataType::float64, true},
                                         {"exams", DataType::int64, true},
                                         {"paid", DataType::boolean, true}}});
  for (const std::string& country : {first, second}) {
    builder.append<std::string_view>(0, country);
    builder.append<double>(1, minutes);
    builder.append<bool>(3, country == "US");
  }
  builder.append_null(0);
  builder.append_null(1);
  builder.append_null(3);
  for (std::int64_t i = 0; i < 3; ++i) builder.append<std::int64_t>(2, exams + i);
  return builder.finish();
}

penstock::LinearModel model_of_minutes() {
  return penstock::LinearModel({.numeric = {{.name = "minutes", .mean = 7, .scale = 3}}, .coefficients = {0.3}});
}

}  // namespace

TEST_CASE("gathered rows are those that were added, in that order, and no other columns") {
  Gather gather({"minutes", "country", "paid", "exams"});
  gather.add(students("US", "NA", 1.5, 10));
  gather.add(students("FR", "US", 2.5, 20).slice(1, 2));  // the codes of its texts are others
  const RecordBatch rows = gather.take();
  REQUIRE(rows.rows() == 5);
  REQUIRE(rows.schema().fields.size() == 4);
  const auto country = rows.column<std::string_view>("country");
  const auto minutes = rows.column<double>("minutes");
  const auto exams = rows.column<std::int64_t>("exams");
  const auto paid = rows.column<bool>("paid");
  for (const std::size_t missing : {2u, 4u}) {
    CHECK_FALSE(country.is_valid(missing));
    CHECK_FALSE(minutes.is_valid(missing));
    CHECK_FALSE(paid.is_valid(missing));
  }
  CHECK(country[0] == "US");
  CHECK(country[1] == "NA");
  CHECK(country[3] == "US");
  CHECK(minutes[1] == 1.5);
  CHECK(minutes[3] == 2.5);
  CHECK(paid[0]);
  CHECK_FALSE(paid[1]);
  CHECK(paid[3]);
  for (const auto& [row, count] : {std::pair{0u, 10}, {1u, 11}, {2u, 12}, {3u, 21}, {4u, 22}}) {
    CHECK(exams[row] == count);
  }

  gather.add(students("DE", "US", 3.5, 30));  // it is empty again
  const RecordBatch more = gather.take();
  REQUIRE(more.rows() == 3);
  CHECK(more.column<std::string_view>("country")[0] == "DE");
  CHECK(more.column<double>("minutes")[1] == 3.5);

  Gather unknown({"height"});
  CHECK_THROWS_AS(unknown.add(more), penstock::Error);
}

TEMPLATE_TEST_CASE("the stream takes either queue", "", penstock::BoundedQueue<Event>, penstock::SpscQueue<Event>) {
  const fs::path table = work() / "minutes.csv";
  std::ofstream(table) << "minutes\n";
  for (int i = 0; i < 300; ++i) std::ofstream(table, std::ios::app) << i << ".25\n";
  Options options;
  options.input = table.string();
  options.jitter_ms = 0;
  options.queue_max = 4;
  options.overflow = "block";
  options.batch = GENERATE(1u, 16u);
  options.workers = options.batch == 1 ? 1 : 3;  // who gather batches in turn: one at a time takes from the queue
  options.max_delay_ms = 60'000;
  const penstock::LinearModel model = model_of_minutes();

  AsyncStream<TestType> stream(options, model, 0.5, (work() / "either.jsonl").string(), {});
  const AsyncResult result = stream.run();
  CHECK(result.produced == 300);
  CHECK(result.rows == 300);
  CHECK(result.dropped.total() == 0);
  CHECK(result.latency.count() == 300);
  CHECK(result.queue.taken == 300);
  CHECK(result.batches.events == 300);
  CHECK(result.batches.full == 300 / options.batch);
  CHECK(result.batches.closing == (options.batch == 16 ? 1 : 0));
  CHECK(result.batches.largest == options.batch);
}
