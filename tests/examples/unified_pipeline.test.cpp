// SPDX-License-Identifier: MIT
// The examples as a user runs them: a table is made, a model is trained on it, and all modes score it.
#include "penstock/io/csv_reader.hpp"

#include "catch.hpp"
#include "examples/run.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>   // min
#include <filesystem>  // path, create_directories
#include <fstream>     // ifstream, ofstream
#include <map>         // map
#include <string>      // string
#include <utility>     // pair
#include <vector>      // vector

namespace {

/// The folder, with a table of 500 students and a model trained on it, made once.
const fs::path& table_and_model() {
  static const bool made = [] {
    const std::string table = (work() / "students.csv").string();
    REQUIRE(run(PENSTOCK_GENERATE_STUDENTS " --rows 500 --seed 7 --output " + table).status == 0);
    const Run training = run(PENSTOCK_TRAIN_MODEL " --target purchased --input " + table + " --model " +
                             (work() / "model.json").string());
    INFO(training.output);
    REQUIRE(training.status == 0);
    return true;
  }();
  REQUIRE(made);
  return work();
}

/// Runs the pipeline on a table and a model into a folder of that name.
Run pipeline_on(const fs::path& table, const fs::path& model, const std::string& name, const std::string& arguments) {
  return run(PENSTOCK_UNIFIED_PIPELINE " --target purchased --input " + table.string() + " --model " + model.string() +
             " --output-dir " + (work() / name).string() + " " + arguments);
}

/// Runs the pipeline on the 500 students into a folder of that name.
Run pipeline(const std::string& name, const std::string& arguments, const std::string& environment = "") {
  const fs::path& made = table_and_model();
  return run(environment + " " PENSTOCK_UNIFIED_PIPELINE " --target purchased --input " +
             (made / "students.csv").string() + " --model " + (made / "model.json").string() + " --output-dir " +
             (made / name).string() + " " + arguments);
}

/// The lines of the students' table, the header first.
std::vector<std::string> table_lines() {
  std::vector<std::string> lines;
  std::ifstream in(table_and_model() / "students.csv");
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

fs::path write(const std::string& name, const std::vector<std::string>& lines) {
  std::ofstream out(work() / name);
  for (const std::string& line : lines) out << line << '\n';
  return work() / name;
}

std::map<std::size_t, nlohmann::json> lines_by_row(const fs::path& file) {
  std::map<std::size_t, nlohmann::json> lines;
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    nlohmann::json line = nlohmann::json::parse(text);
    const auto row = line.at("row").get<std::size_t>();
    INFO("row " << row << " came twice");
    REQUIRE(lines.emplace(row, std::move(line)).second);
  }
  return lines;
}

/// The metrics, after a check of what always holds.
nlohmann::json checked_metrics(const fs::path& folder) {
  nlohmann::json metrics = nlohmann::json::parse(read(folder / "streaming_metrics.json"));
  for (const char* field : {"produced", "consumed", "dropped", "drop_rate", "queue_latency_ms_p50",
                            "queue_latency_ms_p95", "workers", "queue_max", "jitter_ms"}) {
    INFO(field);
    REQUIRE(metrics.contains(field));
  }
  CHECK(metrics["produced"] == metrics["consumed"].get<int>() + metrics["dropped"].get<int>());
  int by_reason = 0;
  for (const auto& count : metrics["dropped_by_reason"]) by_reason += count.get<int>();
  CHECK(metrics["dropped"] == by_reason);
  CHECK(lines_by_row(folder / "stream_inference_async.jsonl").size() == metrics["consumed"]);
  int batches = 0;
  for (const auto& count : metrics["batches_by_reason"]) batches += count.get<int>();
  CHECK(metrics["batches"] == batches);
  CHECK(metrics["batch_size_max"] <= metrics["batch"]);
  CHECK(metrics["batch_size_mean"] <= metrics["batch_size_max"]);
  return metrics;
}

}  // namespace

TEST_CASE("every mode gives every row the same score, to the last bit") {
  const Run all = pipeline("all", "--jitter-ms 0 --overflow block --queue-max 4");
  INFO(all.output);
  REQUIRE(all.status == 0);
  const fs::path folder = table_and_model() / "all";

  const penstock::RecordBatch input = *penstock::CsvReader(table_and_model() / "students.csv").next();
  const penstock::RecordBatch batch = *penstock::CsvReader(folder / "batch_inference.csv").next();
  const auto stream = lines_by_row(folder / "stream_inference.jsonl");
  const auto async = lines_by_row(folder / "stream_inference_async.jsonl");
  REQUIRE(batch.rows() == 500);
  REQUIRE(stream.size() == 500);
  REQUIRE(async.size() == 500);

  std::size_t positive = 0;
  const auto score = batch.column<double>("score");
  const auto prediction = batch.column<std::int64_t>("prediction");
  for (std::size_t row = 0; row < 500; ++row) {
    INFO("row " << row);
    REQUIRE(stream.at(row)["score"].get<double>() == score[row]);
    REQUIRE(async.at(row)["score"].get<double>() == score[row]);
    REQUIRE(prediction[row] == (score[row] >= 0.5 ? 1 : 0));
    REQUIRE(stream.at(row)["prediction"] == prediction[row]);
    REQUIRE(async.at(row)["prediction"] == prediction[row]);
    REQUIRE(async.at(row)["queue_latency_ms"].get<double>() > 0);
    positive += prediction[row] == 1 ? 1 : 0;
  }
  CHECK(positive > 10);  // some students buy, most do not
  CHECK(positive < 250);

  const std::vector<std::string> numbers = {
      "days_on_platform",      "minutes_watched",        "courses_started", "practice_exams_started",
      "practice_exams_passed", "minutes_spent_on_exams", "purchased"};
  CHECK(batch.to_matrix(numbers).values == input.to_matrix(numbers).values);

  const nlohmann::json metrics = checked_metrics(folder);
  CHECK(metrics["produced"] == 500);
  CHECK(metrics["dropped"] == 0);
  CHECK(metrics["queue_max"] == 4);
  CHECK(metrics["workers"] == 2);
}

TEST_CASE("events of many rows keep their rows, and rows are counted, not events") {
  REQUIRE(pipeline("chunks", "--mode async_stream --jitter-ms 0 --overflow block --chunk-size 64 --rows 300").status ==
          0);
  const nlohmann::json metrics = checked_metrics(table_and_model() / "chunks");
  CHECK(metrics["produced"] == 300);
  CHECK(metrics["consumed"] == 300);
  CHECK(lines_by_row(table_and_model() / "chunks" / "stream_inference_async.jsonl").rbegin()->first == 299);
}

TEST_CASE("a row's score is the same in a batch, whatever its size") {
  // A minute's delay: each batch is full, but for the last, which the end of the input sends off.
  const std::size_t batch = GENERATE(1u, 7u, 64u, 500u, 1000u);
  CAPTURE(batch);
  const Run ran = pipeline("batched",
                           "--jitter-ms 0 --overflow block --queue-max 4 --workers 3 --max-delay-ms 60000 "
                           "--batch " +
                               std::to_string(batch));
  INFO(ran.output);
  REQUIRE(ran.status == 0);
  const fs::path folder = table_and_model() / "batched";
  const auto alone = lines_by_row(folder / "stream_inference.jsonl");
  const auto batched = lines_by_row(folder / "stream_inference_async.jsonl");
  REQUIRE(alone.size() == 500);
  REQUIRE(batched.size() == 500);
  for (const auto& [row, line] : batched) {
    INFO("row " << row);
    REQUIRE(line["score"] == alone.at(row)["score"]);
    REQUIRE(line["prediction"] == alone.at(row)["prediction"]);
    REQUIRE(line["queue_latency_ms"].get<double>() > 0);
  }

  const nlohmann::json metrics = checked_metrics(folder);
  const std::size_t rest = 500 % batch;
  CHECK(metrics["batch"] == batch);
  CHECK(metrics["max_delay_ms"] == 60000);
  CHECK(metrics["batches_by_reason"]["full"] == 500 / batch);
  CHECK(metrics["batches_by_reason"]["closing"] == (rest > 0 ? 1 : 0));
  CHECK(metrics["batches"] == 500 / batch + (rest > 0 ? 1 : 0));
  CHECK(metrics["batch_size_max"] == std::min<std::size_t>(batch, 500));
  CHECK(metrics["batch_size_mean"].get<double>() == 500 / metrics["batches"].get<double>());
}

TEST_CASE("a batch of events of many rows keeps their rows, and counts events") {
  REQUIRE(pipeline("batched_chunks",
                   "--mode async_stream --jitter-ms 0 --overflow block --chunk-size 64 --rows 300 "
                   "--batch 3 --max-delay-ms 60000")
              .status == 0);
  const nlohmann::json metrics = checked_metrics(table_and_model() / "batched_chunks");
  CHECK(metrics["consumed"] == 300);
  CHECK(metrics["batches"] == 2);  // of events of 64, 64, 64 and 64, 44 rows
  CHECK(metrics["batch_size_mean"] == 2.5);
  CHECK(lines_by_row(table_and_model() / "batched_chunks" / "stream_inference_async.jsonl").rbegin()->first == 299);
}

TEST_CASE("a batch goes max_delay after its first event, however few there are") {
  // They come 200 ms apart, so that one at least goes before the input ends.
  REQUIRE(pipeline("delayed", "--mode async_stream --rate 5 --rows 3 --batch 1000 --max-delay-ms 1").status == 0);
  const nlohmann::json metrics = checked_metrics(table_and_model() / "delayed");
  CHECK(metrics["consumed"] == 3);
  CHECK(metrics["batches_by_reason"]["full"] == 0);
  CHECK(metrics["batches_by_reason"]["idle"] == 0);
  CHECK(metrics["batches_by_reason"]["delay"] >= 1);
  CHECK(metrics["jitter_ms"] == 200.0);  // as --rate has set it
}

TEST_CASE("without a delay a batch is what waits, and one that is dropped is in none") {
  const std::string policy = GENERATE("drop_newest", "drop_oldest", "block");
  CAPTURE(policy);
  REQUIRE(
      pipeline("undelayed", "--mode async_stream --jitter-ms 0 --queue-max 3 --batch 8 --overflow " + policy).status ==
      0);
  const nlohmann::json metrics = checked_metrics(table_and_model() / "undelayed");
  CHECK(metrics["produced"] == 500);
  CHECK(metrics["batches_by_reason"]["delay"] == 0);
  const double events = metrics["batch_size_mean"].get<double>() * metrics["batches"].get<double>();
  CHECK_THAT(events, WithinAbs(metrics["consumed"].get<double>(), 1e-6));
}

TEST_CASE("whatever the policy, each row is in the output or counted") {
  const std::string policy = GENERATE("reject", "drop_newest", "drop_oldest");
  CAPTURE(policy);
  REQUIRE(pipeline(policy, "--mode async_stream --jitter-ms 0 --queue-max 1 --workers 1 --overflow " + policy).status ==
          0);
  const nlohmann::json metrics = checked_metrics(table_and_model() / policy);
  CHECK(metrics["produced"] == 500);
  CHECK(metrics["dropped_by_reason"][policy == "drop_oldest" ? "queue_full" : "evicted"] == 0);
}

TEST_CASE("one bad field costs one row, even where types are guessed from it") {
  std::vector<std::string> lines = table_lines();
  lines[10] = "US,many,1.5,1,0,0,0.0,0";
  const fs::path table = write("bad_field.csv", lines);
  const Run all = pipeline_on(table, work() / "model.json", "bad_field", "--jitter-ms 0 --overflow block");
  INFO(all.output);
  REQUIRE(all.status == 0);
  CHECK_THAT(all.output,
             ContainsSubstring("rejected rows, first: row 10, column days_on_platform") && ContainsSubstring("'many'"));
  const nlohmann::json metrics = checked_metrics(work() / "bad_field");
  CHECK(metrics["consumed"] == 499);
  CHECK(metrics["rejected_rows"] == 1);
  CHECK(penstock::CsvReader(work() / "bad_field" / "batch_inference.csv").next()->rows() == 499);
  CHECK(lines_by_row(work() / "bad_field" / "stream_inference.jsonl").size() == 499);
}

TEST_CASE("a row that the model refuses is counted, and those beside it are scored in every mode") {
  std::vector<std::string> lines = table_lines();
  for (const std::size_t row : {1u, 101u, 102u, 500u}) lines[row] = "US,,1.5,1,0,0,0.0,0";
  const fs::path table = write("refused.csv", lines);
  nlohmann::json model = nlohmann::json::parse(read(work() / "model.json"));
  for (nlohmann::json& feature : model["numeric"]) feature["missing"] = "error";
  const fs::path strict = write("strict.json", {model.dump()});

  const std::string how = GENERATE("--chunk-size 1", "--chunk-size 64", "--chunk-size 1000",
                                   "--batch 50 --max-delay-ms 60000", "--batch 4 --chunk-size 30");
  CAPTURE(how);
  const Run all = pipeline_on(table, strict, "refused", "--jitter-ms 0 --overflow block " + how);
  INFO(all.output);
  REQUIRE(all.status == 0);
  CHECK_THAT(all.output, ContainsSubstring("the model refused rows, first: row 1, column days_on_platform"));
  const nlohmann::json metrics = checked_metrics(work() / "refused");
  CHECK(metrics["consumed"] == 496);
  CHECK(metrics["dropped_by_reason"]["model_failed"] == 4);

  const penstock::RecordBatch batch = *penstock::CsvReader(work() / "refused" / "batch_inference.csv").next();
  const auto stream = lines_by_row(work() / "refused" / "stream_inference.jsonl");
  const auto async = lines_by_row(work() / "refused" / "stream_inference_async.jsonl");
  REQUIRE(batch.rows() == 496);
  REQUIRE(stream.size() == 496);
  const auto score = batch.column<double>("score");
  std::size_t i = 0;
  for (const auto& [row, line] : stream) {  // in the order of the input
    REQUIRE(line["score"].get<double>() == score[i++]);
    REQUIRE(async.at(row)["score"] == line["score"]);
  }
  for (const std::size_t row : {0u, 100u, 101u, 499u}) CHECK(!stream.contains(row));
}

TEST_CASE("what a run reads it does not overwrite") {
  fs::create_directories(table_and_model() / "own");
  const fs::path table = work() / "own" / "batch_inference.csv";
  fs::copy_file(work() / "students.csv", table);
  const Run own = pipeline_on(table, work() / "model.json", "own", "--mode batch");
  CHECK(own.status == 1);
  CHECK_THAT(own.output, ContainsSubstring("batch_inference.csv: found a file that this run would overwrite"));
  CHECK(read(table) == read(work() / "students.csv"));
}

TEST_CASE("a mode writes its own files and no others") {
  REQUIRE(pipeline("batch_only", "--mode batch --rows 3").status == 0);
  const fs::path folder = table_and_model() / "batch_only";
  CHECK(fs::exists(folder / "batch_inference.csv"));
  CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
}

TEST_CASE("TEST_MODE cuts rows, queue, workers and jitter") {
  REQUIRE(pipeline("test_mode", "--workers 4", "TEST_MODE=1 TEST_QUEUE_MAX=5 TEST_STREAM_ROWS=20").status == 0);
  const nlohmann::json metrics = checked_metrics(table_and_model() / "test_mode");
  CHECK(metrics["produced"] == 20);
  CHECK(metrics["queue_max"] == 5);
  CHECK(metrics["workers"] == 1);
  CHECK(metrics["jitter_ms"] == 1.0);
  CHECK(pipeline("test_mode", "", "TEST_MODE=1 TEST_QUEUE_MAX=many").output ==
        "unified_pipeline: TEST_QUEUE_MAX is 'many'; a whole number of at least 1 is needed\n");
}

TEST_CASE("Ctrl-C ends the input, and what had arrived is written and counted") {
  table_and_model();
  // 500 rows at one row a second would take minutes; the signal is sent as soon as there is a file.
  const std::string folder = (table_and_model() / "interrupted").string();
  const Run interrupted =
      pipeline("interrupted", "--mode async_stream --rate 1 & pid=$!; until [ -e '" + folder +
                                  "/stream_inference_async.jsonl' ]; do :; done; kill -INT $pid; wait $pid");
  CHECK(interrupted.status == 130);
  CHECK(checked_metrics(folder)["produced"] < 500);
}

TEST_CASE("what cannot work is refused in one sentence") {
  const Run no_model = run(PENSTOCK_UNIFIED_PIPELINE " --input " + (table_and_model() / "students.csv").string() +
                           " --model " + (work() / "students.csv").string());
  CHECK(no_model.status == 1);
  CHECK_THAT(no_model.output, StartsWith("unified_pipeline: ") && ContainsSubstring("students.csv"));

  const Run policy = pipeline("bad", "--overflow explode");
  CHECK(policy.status != 0);
  CHECK_THAT(policy.output, ContainsSubstring("--overflow") && ContainsSubstring("explode"));

  CHECK(run(PENSTOCK_GENERATE_STUDENTS " --rows -1 --output /dev/full").status != 0);
  for (const char* const wrong : {"--rows 0", "--rows -1", "--rate 1e-300", "--jitter-ms 1e300", "--chunk-size 0",
                                  "--batch 0", "--batch -1", "--batch two", "--batch 2 --max-delay-ms -1",
                                  "--batch 2 --max-delay-ms soon", "--batch 2 --max-delay-ms 1e300"}) {
    CAPTURE(wrong);
    CHECK(pipeline("bad", wrong).status != 0);
  }
  CHECK_THAT(pipeline("bad", "--batch 0").output, ContainsSubstring("--batch: Value 0 not in range"));
  CHECK_THAT(pipeline("bad", "--max-delay-ms 5").output, ContainsSubstring("--max-delay-ms requires --batch"));
  CHECK_THAT(pipeline("bad", "--rows 0").output, ContainsSubstring("--rows: '0' is not a whole number of at least 1"));
}

TEST_CASE("a full disk is an error, and not a shorter file") {
  const fs::path folder = table_and_model() / "full";
  fs::create_directories(folder);
  for (const auto& [mode, file] : {std::pair{"batch", "batch_inference.csv"},
                                   {"stream", "stream_inference.jsonl"},
                                   {"async_stream", "stream_inference_async.jsonl"}}) {
    CAPTURE(mode);
    fs::create_symlink("/dev/full", folder / file);
    const Run full = pipeline("full", std::string("--jitter-ms 0 --overflow block --mode ") + mode);
    CHECK(full.status == 1);
    CHECK_THAT(full.output, ContainsSubstring(file) && ContainsSubstring("No space left on device"));
  }
}
