// SPDX-License-Identifier: MIT
// How fast the writers are, beside the best formatters of Debian 12 on the same work: CSV beside {fmt} with compiled
// formats, JSON lines beside RapidJSON's Writer. Rows to /dev/null, or to a file that is named:
//
//   penstock_bench_writers [rows = 1000000] [file = /dev/null]
//
// Ours and the peer take turns, the median of 7 turns counts, and what both wrote is read back and compared.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/io/csv_reader.hpp"
#include "penstock/io/csv_writer.hpp"
#include "penstock/io/json_lines_reader.hpp"
#include "penstock/io/json_lines_writer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <iterator>
#include <random>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

using namespace penstock;

namespace {

/// What a peer writes its blocks to.
class File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666)) {}
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void write(const char* data, std::size_t size) {
    if (::write(descriptor_, data, size) != static_cast<::ssize_t>(size)) std::abort();
  }

 private:
  int descriptor_;
};

/// The same in memory.
struct Text {
  std::string text{};
  void write(const char* data, std::size_t size) { text.append(data, size); }
};

constexpr std::size_t block = std::size_t{256} << 10;

/// Six numbers, a category, a score and a prediction: what the unified pipeline writes.
RecordBatch make_table(std::size_t rows) {
  const char* const names[] = {"age", "days", "minutes", "sessions", "ratio", "engagement"};
  const char* const lands[] = {"US", "CA", "NA", "Germany"};
  Schema schema;
  for (const char* name : names) schema.fields.push_back({name, DataType::float64});
  schema.fields.push_back({"country", DataType::category});
  schema.fields.push_back({"score", DataType::float64});
  schema.fields.push_back({"prediction", DataType::int64});
  RecordBatchBuilder builder(schema);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (std::size_t i = 0; i < rows; ++i) {
    builder.append(0, std::floor(uniform(random) * 80));
    builder.append(1, std::floor(uniform(random) * 2000));
    builder.append(2, std::round(uniform(random) * 1e4) / 10);
    builder.append(3, std::round(uniform(random) * 1e5) / 1000);
    builder.append(4, uniform(random));
    builder.append(5, uniform(random) * 100);
    builder.append(6, std::string_view(lands[random() % 4]));
    const double score = uniform(random);
    builder.append(7, score);
    builder.append(8, std::int64_t{score >= 0.5});
  }
  return builder.finish();
}

void csv_penstock(const RecordBatch& table, OutputTarget target) {
  CsvWriter writer(std::move(target));
  writer.write(table);
  writer.close();
}

template <class Sink>
void csv_fmt(const RecordBatch& table, Sink&& sink) {
  std::vector<ColumnView<double>> x;
  for (const std::size_t i : {0U, 1U, 2U, 3U, 4U, 5U, 7U}) x.push_back(table.column<double>(i));
  const auto country = table.column<std::string_view>(6);
  const auto prediction = table.column<std::int64_t>(8);
  fmt::memory_buffer buffer;
  fmt::format_to(std::back_inserter(buffer), "age,days,minutes,sessions,ratio,engagement,country,score,prediction\n");
  for (std::size_t i = 0; i < table.rows(); ++i) {
    fmt::format_to(std::back_inserter(buffer), FMT_COMPILE("{},{},{},{},{},{},{},{},{}\n"), x[0][i], x[1][i], x[2][i],
                   x[3][i], x[4][i], x[5][i], country[i], x[6][i], prediction[i]);
    if (buffer.size() >= block) {
      sink.write(buffer.data(), buffer.size());
      buffer.clear();
    }
  }
  sink.write(buffer.data(), buffer.size());
}

constexpr double start_time = 1709550930.123;

void records_penstock(const RecordBatch& table, OutputTarget target) {
  const auto latency = table.column<double>(5);
  const auto score = table.column<double>(7);
  const auto prediction = table.column<std::int64_t>(8);
  JsonLinesWriter writer(std::move(target));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    writer.write({{"timestamp", start_time + static_cast<double>(i) * 1e-3},
                  {"queue_latency_ms", latency[i]},
                  {"score", score[i]},
                  {"prediction", prediction[i]}});
  }
  writer.close();
}

template <class Sink>
void records_rapidjson(const RecordBatch& table, Sink&& sink) {
  const auto latency = table.column<double>(5);
  const auto score = table.column<double>(7);
  const auto prediction = table.column<std::int64_t>(8);
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    writer.Reset(buffer);
    writer.StartObject();
    writer.Key("timestamp");
    writer.Double(start_time + static_cast<double>(i) * 1e-3);
    writer.Key("queue_latency_ms");
    writer.Double(latency[i]);
    writer.Key("score");
    writer.Double(score[i]);
    writer.Key("prediction");
    writer.Int64(prediction[i]);
    writer.EndObject();
    buffer.Put('\n');
    if (buffer.GetSize() >= block) {
      sink.write(buffer.GetString(), buffer.GetSize());
      buffer.Clear();
    }
  }
  sink.write(buffer.GetString(), buffer.GetSize());
}

template <class Reader, class Options>
std::vector<double> numbers(const std::string& text, const Options& options) {
  std::istringstream stream(text);
  Reader reader(stream, options);
  std::vector<double> all;
  while (const auto batch = reader.next()) {
    for (const Field& field : batch->schema().fields) {
      if (field.dtype != DataType::float64) continue;
      const auto column = batch->template column<double>(field.name).values();
      all.insert(all.end(), column.begin(), column.end());
    }
  }
  return all;
}

void require_same(const char* what, const std::vector<double>& ours, const std::vector<double>& theirs) {
  if (!ours.empty() && ours == theirs) return;
  std::fprintf(stderr, "%s: ours and the peer's numbers differ\n", what);
  std::exit(1);
}

template <class Job>
double seconds(Job job) {
  const auto begin = std::chrono::steady_clock::now();
  job();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

template <class Ours, class Theirs>
void compare(const char* what, const char* peer, std::size_t rows, Ours ours, Theirs theirs) {
  std::vector<double> a, b;
  for (int turn = 0; turn < 7; ++turn) {
    a.push_back(seconds(ours));
    b.push_back(seconds(theirs));
  }
  std::nth_element(a.begin(), a.begin() + 3, a.end());
  std::nth_element(b.begin(), b.begin() + 3, b.end());
  const auto rate = [rows](double s) { return static_cast<double>(rows) / s / 1e6; };
  std::printf("%-22s penstock %6.2f M rows/s   %-9s %6.2f M rows/s   ratio %.2f\n", what, rate(a[3]), peer, rate(b[3]),
              b[3] / a[3]);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::stoul(argv[1]) : 1'000'000;
  const std::string path = argc > 2 ? argv[2] : "/dev/null";
  const RecordBatch table = make_table(rows);

  const RecordBatch sample = table.slice(0, std::min<std::size_t>(rows, 50'000));
  std::string ours;
  Text theirs;
  csv_penstock(sample, &ours);
  csv_fmt(sample, theirs);
  const CsvOptions csv{.schema = table.schema()};
  require_same("csv", numbers<CsvReader>(ours, csv), numbers<CsvReader>(theirs.text, csv));
  ours.clear();
  theirs.text.clear();
  records_penstock(sample, &ours);
  records_rapidjson(sample, theirs);
  const JsonLinesOptions json;
  require_same("records", numbers<JsonLinesReader>(ours, json), numbers<JsonLinesReader>(theirs.text, json));

  compare(
      "csv, 9 columns", "fmt", rows, [&] { csv_penstock(table, path); }, [&] { csv_fmt(table, File(path)); });
  compare(
      "json lines, 4 members", "rapidjson", rows, [&] { records_penstock(table, path); },
      [&] { records_rapidjson(table, File(path)); });
  const double batch = seconds([&] {
    JsonLinesWriter writer(path);
    writer.write(table);
    writer.close();
  });
  std::printf("%-22s penstock %6.2f M rows/s\n", "json lines, batch", static_cast<double>(rows) / batch / 1e6);
}
