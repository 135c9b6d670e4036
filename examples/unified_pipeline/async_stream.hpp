// SPDX-License-Identifier: MIT
#pragma once

// The third way to score a table: its rows arrive as events, wait in a bounded queue, and are scored by a pool of
// workers, one by one or in batches.

#include "penstock/core/clock.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/io/json_lines_writer.hpp"
#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/serve/linear_model.hpp"
#include "penstock/stream/chunk_streamer.hpp"

#include "arrivals.hpp"
#include "gather.hpp"
#include "input.hpp"
#include "modes.hpp"
#include "options.hpp"
#include "progress.hpp"

#include <algorithm>   // max
#include <chrono>      // nanoseconds
#include <cstdint>     // uint64_t
#include <exception>   // current_exception, exception_ptr, rethrow_exception
#include <mutex>       // defer_lock, mutex, scoped_lock, unique_lock
#include <optional>    // optional
#include <span>        // span
#include <stop_token>  // stop_token
#include <string>      // string
#include <thread>      // jthread
#include <utility>     // move
#include <vector>      // vector

/// The batches that the workers took from the queue, and why each had no more events in it.
struct Batches {
  std::uint64_t events = 0;
  std::uint64_t largest = 0;  // in events
  std::uint64_t full = 0;     // it held as many as may be
  std::uint64_t idle = 0;     // no more were there, and it was not to wait for them
  std::uint64_t delay = 0;    // its first event had waited long enough
  std::uint64_t closing = 0;  // no more will come

  [[nodiscard]] std::uint64_t count() const { return full + idle + delay + closing; }
  [[nodiscard]] double mean() const {
    return count() == 0 ? 0 : static_cast<double>(events) / static_cast<double>(count());
  }
  void merge(const Batches& other) {
    events += other.events;
    largest = std::max(largest, other.largest);
    full += other.full;
    idle += other.idle;
    delay += other.delay;
    closing += other.closing;
  }
};

/// What became of the rows of an asynchronous run. produced = rows + dropped.total().
struct AsyncResult : ModeResult {
  std::uint64_t produced = 0;
  Batches batches{};
  penstock::LatencyHistogram latency;  // from arrival to score, a record a row
  penstock::QueueStats queue;
  std::chrono::nanoseconds most_late{0};  // of the producer, behind its schedule
};

/// A number of rows that arrive together.
struct Event {
  penstock::RecordBatch rows;
  std::uint64_t first_row = 0;
  penstock::TimePoint arrived;
};

/// Events arrive on a schedule, and workers take them from the queue. SpscQueue does where there is one worker, or
/// where they gather batches in turn; for this pipeline it was found to be no faster.
template <penstock::bounded_queue Queue>
class AsyncStream {
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
    if constexpr (requires { queue_.on_drop([](Event&&) {}); }) {
      queue_.on_drop([this](Event&& evicted) { result_.dropped.oldest += evicted.rows.rows(); });
    }
  }

  /// Runs to the end of the input, or until it is stopped: then what the queue has accepted is still scored.
  AsyncResult run() {
    const penstock::TimePoint start = clock_.now();
    {
      std::vector<std::jthread> workers;
      const struct CloseQueue {
        Queue& queue;
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
  /// Where a row of a batch comes from.
  struct Origin {
    std::uint64_t row;
    penstock::TimePoint arrived;
  };

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

  /// The events to score next: `batch` of them, or those that are there max_delay after the first arrived. None: the
  /// queue is closed and drained.
  void take(std::vector<Event>& events, Batches& batches) {
    events.clear();
    std::unique_lock turn(taking_, std::defer_lock);
    if (options_.batch > 1) turn.lock();  // one worker at a time, or each would gather a part of a batch
    std::optional<Event> event = queue_.pop();
    if (!event) return;
    const penstock::TimePoint due = event->arrived + options_.max_delay();
    do {
      events.push_back(std::move(*event));
    } while (events.size() < options_.batch && (event = queue_.pop_until(due)));

    batches.events += events.size();
    batches.largest = std::max<std::uint64_t>(batches.largest, events.size());
    if (events.size() == options_.batch) {
      ++batches.full;
    } else if (queue_.closed()) {
      ++batches.closing;
    } else {
      ++(options_.max_delay_ms > 0 ? batches.delay : batches.idle);
    }
  }

  void work() try {
    penstock::LatencyHistogram latency;
    penstock::StreamMetrics metrics;
    Gather gather(columns_of(model_));
    std::vector<Event> events;
    std::vector<Origin> origins;
    Batches batches;
    while (take(events, batches), !events.empty()) {
      origins.clear();
      for (const Event& event : events) {
        for (std::size_t i = 0; i < event.rows.rows(); ++i) origins.push_back({event.first_row + i, event.arrived});
        if (events.size() > 1) gather.add(event.rows);
      }
      penstock::TimePoint done;
      const auto score = [&](const penstock::RecordBatch& rows) {
        const penstock::TimePoint taken = clock_.now();
        std::vector<double> scores = model_(rows);
        done = clock_.now();
        metrics.record(scores.size(), done - taken);
        return scores;
      };
      const auto use = [&](const penstock::RecordBatch&, std::size_t first, const std::vector<double>& scores) {
        const std::span<const Origin> from = std::span(origins).subspan(first, scores.size());
        for (const Origin& origin : from) latency.record(done - origin.arrived);
        write(from, scores, done);
      };
      score_rows(events.size() > 1 ? gather.take() : events.front().rows, score, use,
                 [&](std::size_t row, const penstock::Error& error) {
                   const std::scoped_lock lock(mutex_);
                   result_.refuse(origins[row].row, error);
                 });
    }
    const std::scoped_lock lock(mutex_);
    result_.batches.merge(batches);
    result_.latency.merge(latency);
    result_.metrics.merge(metrics);
  } catch (...) {  // the disk is full, say: nothing that is scored from now on could be kept
    queue_.close();
    const std::scoped_lock lock(mutex_);
    if (!broken_) broken_ = std::current_exception();
  }

  void write(std::span<const Origin> from, const std::vector<double>& scores, penstock::TimePoint done) {
    const double now = unix_seconds();
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      writer_.write({{"timestamp", now},
                     {"queue_latency_ms", std::chrono::duration<double, std::milli>(done - from[i].arrived).count()},
                     {"score", scores[i]},
                     {"prediction", scores[i] >= threshold_ ? 1 : 0},
                     {"row", from[i].row}});
    }
    result_.rows += scores.size();
  }

  static std::vector<std::string> columns_of(const penstock::LinearModel& model) {
    std::vector<std::string> columns = model.number_columns();
    for (std::string& name : model.text_columns()) columns.push_back(std::move(name));
    return columns;
  }

  const Options& options_;
  const penstock::LinearModel& model_;
  double threshold_;
  std::stop_token stop_;
  penstock::SteadyClock clock_;
  Queue queue_;
  std::mutex taking_;  // held by the worker whose turn it is to gather a batch

  Input input_;
  std::mutex mutex_;  // for what the workers share: the writer, and their part of the result
  penstock::JsonLinesWriter writer_;
  AsyncResult result_;
  std::exception_ptr broken_;
};
