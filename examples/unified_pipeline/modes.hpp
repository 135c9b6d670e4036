// SPDX-License-Identifier: MIT
#pragma once

// Two ways to score a table: whole batches, and row by row; async_stream.hpp has the third. All of them call the same
// model, and give a row the same score to the last bit.

#include "penstock/core/clock.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/io/csv_writer.hpp"
#include "penstock/io/json_lines_writer.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/serve/linear_model.hpp"
#include "penstock/stream/chunk_streamer.hpp"
#include "penstock/stream/inference.hpp"

#include "input.hpp"
#include "options.hpp"
#include "progress.hpp"

#include <chrono>      // nanoseconds, system_clock
#include <cmath>       // isnan
#include <cstdint>     // int64_t, uint64_t
#include <optional>    // optional
#include <stop_token>  // stop_token
#include <string>      // string
#include <utility>     // move
#include <vector>      // vector

/// Rows that were produced and not consumed, and why.
struct Dropped {
  std::uint64_t newest = 0;   // came when the queue was full
  std::uint64_t oldest = 0;   // made way for a newer one
  std::uint64_t failed = 0;   // the model refused them
  std::uint64_t stopped = 0;  // waited for a place when the run was interrupted

  [[nodiscard]] std::uint64_t total() const { return newest + oldest + failed + stopped; }
};

/// What became of the rows of one mode. Those of the input are rows + dropped.total() + rejected.
struct ModeResult {
  std::string mode;
  std::string file;
  std::uint64_t rows = 0;  // scored and written
  Dropped dropped{};
  std::string first_refusal{};  // by the model
  std::uint64_t rejected = 0;   // no good as CSV
  std::string first_reject{};
  std::chrono::nanoseconds elapsed{0};
  penstock::StreamMetrics metrics{};  // of the chunks that the model was called with
  std::vector<std::int8_t> labels{};  // batch mode with a target: the right answers, where there are any
  std::vector<double> scores{};       // and what was predicted

  /// The model refused `row`, counted from 0.
  void refuse(std::uint64_t row, const penstock::Error& why) {
    if (dropped.failed++ > 0) return;
    first_refusal = penstock::Error({.row = row + 1, .column = why.where().column}, why.found(), why.expected()).what();
  }
  void note_rejects(const Input& input) {
    rejected = input.rejected();
    first_reject = input.first_reject();
  }
};

inline double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Calls `use(rows, first, score(rows))` for all rows, as a whole if it can be: around each row that the model refuses,
/// for which it calls `refuse(row, error)`.
template <class Score, class Use, class Refuse>
void score_rows(const penstock::RecordBatch& rows, const Score& score, const Use& use, const Refuse& refuse) {
  std::size_t first = 0;
  std::size_t count = rows.rows();
  while (first < rows.rows()) {
    const penstock::RecordBatch stretch = rows.slice(first, count);
    std::optional<decltype(score(stretch))> scores;
    try {
      scores = score(stretch);
    } catch (const penstock::Error& error) {
      if (!error.where().row) throw;  // no row's fault
      count = *error.where().row - 1;
      if (count == 0) refuse(first++, error);
    }
    if (scores) {
      use(stretch, first, std::move(*scores));
      first += count;
      count = 0;
    }
    if (count == 0) count = rows.rows() - first;  // else the stretch before the refused row comes first
  }
}

/// The input with two more columns, score and prediction, as CSV.
inline ModeResult batch_inference(const Options& options, const penstock::LinearModel& model, double threshold,
                                  const std::string& file, const std::stop_token& stop) {
  Input input(options, model);
  penstock::CsvWriter writer(file);
  Progress progress("batch");
  ModeResult result{.mode = "batch", .file = file};
  const auto score = [&](const penstock::RecordBatch& rows) {
    return penstock::run_streaming_inference(rows, model, {.chunk_size = rows.rows(), .threshold = threshold});
  };
  const auto write = [&](const penstock::RecordBatch& rows, std::size_t, penstock::InferenceResult scored) {
    auto& [probability, label, metrics] = scored;
    if (!options.target.empty()) {
      const auto answers = rows.to_matrix({options.target}).values;
      for (std::size_t i = 0; i < answers.size(); ++i) {
        if (std::isnan(answers[i])) continue;  // nobody knows
        result.labels.push_back(answers[i] > 0 ? 1 : 0);
        result.scores.push_back(probability[i]);
      }
    }
    writer.write(rows.with_columns({{"score", penstock::DataType::float64}, {"prediction", penstock::DataType::int64}},
                                   {penstock::Column(std::move(probability)),
                                    penstock::Column(std::vector<std::int64_t>(label.begin(), label.end()))}));
    result.metrics.merge(metrics);
  };
  const penstock::TimePoint start = penstock::SteadyClock{}.now();
  std::uint64_t read = 0;
  while (!stop.stop_requested()) {
    const auto batch = input.next();
    if (!batch) break;
    score_rows(*batch, score, write,
               [&](std::size_t row, const penstock::Error& error) { result.refuse(read + row, error); });
    read += batch->rows();
    progress.add(batch->rows());
  }
  writer.close();
  result.elapsed = penstock::SteadyClock{}.now() - start;
  result.rows = result.metrics.rows();
  result.note_rejects(input);
  return result;
}

/// One row after the other, each to its own line of JSON.
inline ModeResult stream_inference(const Options& options, const penstock::LinearModel& model, double threshold,
                                   const std::string& file, const std::stop_token& stop) {
  Input input(options, model);
  penstock::JsonLinesWriter writer(file);
  Progress progress("stream");
  ModeResult result{.mode = "stream", .file = file};
  const penstock::SteadyClock clock;
  const penstock::TimePoint start = clock.now();
  std::uint64_t read = 0;
  const auto write = [&](const penstock::RecordBatch&, std::size_t, const std::vector<double>& scores) {
    writer.write({{"timestamp", unix_seconds()},
                  {"score", scores.front()},
                  {"prediction", scores.front() >= threshold ? 1 : 0},
                  {"row", read}});
    ++result.rows;
  };
  const auto score = [&](const penstock::RecordBatch& row) {
    const penstock::TimePoint arrived = clock.now();
    std::vector<double> scores = model(row);
    result.metrics.record(1, clock.now() - arrived);
    return scores;
  };
  while (!stop.stop_requested()) {
    const auto batch = input.next();
    if (!batch) break;
    for (const auto& [row, first_row, index] : penstock::stream_chunks(*batch, 1)) {
      score_rows(row, score, write, [&](std::size_t, const penstock::Error& error) { result.refuse(read, error); });
      ++read;
    }
    progress.add(batch->rows());
  }
  writer.close();
  result.elapsed = clock.now() - start;
  result.note_rejects(input);
  return result;
}
