// SPDX-License-Identifier: MIT
#pragma once

// The three ways to score a table: whole batches, row by row, and as events that wait in a queue for workers. All of
// them call the same model, and give a row the same score to the last bit.

#include "penstock/core/clock.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/io/csv_writer.hpp"
#include "penstock/io/json_lines_writer.hpp"
#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/serve/linear_model.hpp"
#include "penstock/stream/chunk_streamer.hpp"
#include "penstock/stream/inference.hpp"

#include "arrivals.hpp"
#include "input.hpp"
#include "options.hpp"
#include "progress.hpp"

#include <chrono>      // nanoseconds, system_clock
#include <cmath>       // isnan
#include <cstdint>     // int64_t, uint64_t
#include <exception>   // current_exception, exception_ptr, rethrow_exception
#include <mutex>       // mutex, scoped_lock
#include <optional>    // optional
#include <stop_token>  // stop_source, stop_token
#include <string>      // string
#include <thread>      // jthread
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

/// What became of the rows of an asynchronous run. produced = rows + dropped.total().
struct AsyncResult : ModeResult {
  std::uint64_t produced = 0;
  penstock::LatencyHistogram latency;  // from arrival to score, a record a row
  penstock::QueueStats queue;
  std::chrono::nanoseconds most_late{0};  // of the producer, behind its schedule
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

/// Events arrive on a schedule, wait in a bounded queue, and are scored by a pool of workers.
class AsyncStream {
  struct Event {
    penstock::RecordBatch rows;
    std::uint64_t first_row = 0;
    penstock::TimePoint arrived;
  };

 public:
  AsyncStream(const Options& options, const penstock::LinearModel& model, double threshold, const std::string& file,
              const std::stop_token& stop)
      : options_(options),
        model_(model),
        threshold_(threshold),
        stop_(stop),
        queue_({.capacity = options.queue_max, .overflow = overflow_policies.at(options.overflow)}),
        input_(options, model),
        writer_(file) {
    result_.mode = "async_stream";
    result_.file = file;
    queue_.on_drop([this](Event&& evicted) { result_.dropped.oldest += evicted.rows.rows(); });
  }

  /// Runs to the end of the input, or until it is stopped: then what the queue has accepted is still scored.
  AsyncResult run() {
    const penstock::TimePoint start = clock_.now();
    {
      std::vector<std::jthread> workers;
      const struct CloseQueue {
        penstock::BoundedQueue<Event>& queue;
        ~CloseQueue() { queue.close(); }  // before the workers are joined, also when the producer throws
      } close{queue_};
      for (std::size_t i = 0; i < options_.workers; ++i) workers.emplace_back([this] { work(); });
      produce();
    }
    if (broken_) std::rethrow_exception(broken_);
    writer_.close();
    result_.elapsed = clock_.now() - start;
    result_.queue = queue_.stats();
    return std::move(result_);
  }

 private:
  void produce() {
    Arrivals arrivals(options_.mean_interval_s(), options_.seed);
    Progress progress("async_stream");
    while (const auto batch = input_.next()) {
      for (const auto& [rows, first_row, index] : penstock::stream_chunks(*batch, options_.chunk_size)) {
        if (!arrivals.wait(stop_)) break;
        offer({rows, result_.produced, clock_.now()});
        progress.add(rows.rows());
      }
      if (stop_.stop_requested() || queue_.closed()) break;
    }
    result_.note_rejects(input_);
    result_.most_late = arrivals.most_late();
  }

  void offer(Event event) {
    result_.produced += event.rows.rows();
    switch (queue_.push(std::move(event), stop_)) {
      case penstock::QueueStatus::ok: break;
      case penstock::QueueStatus::stopped:
      case penstock::QueueStatus::closed: result_.dropped.stopped += event.rows.rows(); break;  // still ours
      default: result_.dropped.newest += event.rows.rows();
    }
  }

  void work() try {
    penstock::LatencyHistogram latency;
    penstock::StreamMetrics metrics;
    while (const auto event = queue_.pop()) {
      penstock::TimePoint done;
      const auto score = [&](const penstock::RecordBatch& rows) {
        const penstock::TimePoint taken = clock_.now();
        std::vector<double> scores = model_(rows);
        done = clock_.now();
        metrics.record(scores.size(), done - taken);
        return scores;
      };
      const auto use = [&](const penstock::RecordBatch&, std::size_t first, const std::vector<double>& scores) {
        latency.record((done - event->arrived).count(), scores.size());
        write(event->first_row + first, scores, event->arrived, done);
      };
      score_rows(event->rows, score, use, [&](std::size_t row, const penstock::Error& error) {
        const std::scoped_lock lock(mutex_);
        result_.refuse(event->first_row + row, error);
      });
    }
    const std::scoped_lock lock(mutex_);
    result_.latency.merge(latency);
    result_.metrics.merge(metrics);
  } catch (...) {  // the disk is full, say: nothing that is scored from now on could be kept
    queue_.close();
    const std::scoped_lock lock(mutex_);
    if (!broken_) broken_ = std::current_exception();
  }

  void write(std::uint64_t first_row, const std::vector<double>& scores, penstock::TimePoint arrived,
             penstock::TimePoint done) {
    const double now = unix_seconds();
    const double latency_ms = std::chrono::duration<double, std::milli>(done - arrived).count();
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      writer_.write({{"timestamp", now},
                     {"queue_latency_ms", latency_ms},
                     {"score", scores[i]},
                     {"prediction", scores[i] >= threshold_ ? 1 : 0},
                     {"row", first_row + i}});
    }
    result_.rows += scores.size();
  }

  const Options& options_;
  const penstock::LinearModel& model_;
  double threshold_;
  std::stop_token stop_;
  penstock::SteadyClock clock_;
  penstock::BoundedQueue<Event> queue_;

  Input input_;
  std::mutex mutex_;  // for what the workers share: the writer, and their part of the result
  penstock::JsonLinesWriter writer_;
  AsyncResult result_;
  std::exception_ptr broken_;
};
