// SPDX-License-Identifier: MIT
#pragma once

// What a run says at its end: streaming_metrics.json, and a table for the terminal.

#include "penstock/stats/roc_auc.hpp"

#include "async_stream.hpp"
#include "modes.hpp"
#include "options.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>  // count
#include <cstdio>     // printf
#include <fstream>    // ofstream
#include <string>     // string

inline double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

inline double rows_per_s(const ModeResult& result) {
  return result.elapsed.count() == 0 ? 0 : static_cast<double>(result.rows) / seconds(result.elapsed);
}

inline double latency_ms(const AsyncResult& result, double quantile) {
  return static_cast<double>(result.latency.value_at_quantile(quantile)) / 1e6;
}

/// The figures of an asynchronous run; the first nine are those of every such report, the others are ours.
inline nlohmann::ordered_json metrics_json(const Options& options, const AsyncResult& result) {
  const double produced = static_cast<double>(result.produced);
  return {{"produced", result.produced},
          {"consumed", result.rows},
          {"dropped", result.dropped.total()},
          {"drop_rate", result.produced == 0 ? 0.0 : static_cast<double>(result.dropped.total()) / produced},
          {"queue_latency_ms_p50", latency_ms(result, 0.5)},
          {"queue_latency_ms_p95", latency_ms(result, 0.95)},
          {"workers", options.workers},
          {"queue_max", options.queue_max},
          {"jitter_ms", options.rate ? 1e3 / *options.rate : options.jitter_ms},
          {"queue_latency_ms_p99", latency_ms(result, 0.99)},
          {"elapsed_s", seconds(result.elapsed)},
          {"throughput_rows_per_s", rows_per_s(result)},
          {"overflow", options.overflow},
          {"rate_events_per_s", options.rate ? nlohmann::ordered_json(*options.rate) : nlohmann::ordered_json()},
          {"chunk_size", options.chunk_size},
          {"batch", options.batch},
          {"max_delay_ms", options.max_delay_ms},
          {"batches", result.batches.count()},
          {"batch_size_mean", result.batches.mean()},
          {"batch_size_max", result.batches.largest},
          {"batches_by_reason",
           {{"full", result.batches.full},
            {"idle", result.batches.idle},
            {"delay", result.batches.delay},
            {"closing", result.batches.closing}}},
          {"dropped_by_reason",
           {{"queue_full", result.dropped.newest},
            {"evicted", result.dropped.oldest},
            {"model_failed", result.dropped.failed},
            {"interrupted", result.dropped.stopped}}},
          {"rejected_rows", result.rejected},
          {"watermark_crossings", result.queue.crossings},
          {"throttled_s", seconds(result.queue.throttled_for)},
          {"queue_depth_max", result.queue.max_depth},
          {"producer_most_late_ms", seconds(result.most_late) * 1e3}};
}

inline void write_json(const nlohmann::ordered_json& json, const std::string& file) {
  std::ofstream out(file);
  out << json.dump(2) << '\n';
  out.close();
  if (!out) throw penstock::Error({.source = file}, "it could not be written", "a place on the disk");
}

inline void print_header() {
  std::printf("%-13s %10s %9s %9s %12s %9s %9s %9s  %s\n", "mode", "rows", "dropped", "rejected", "rows/s", "p50 ms",
              "p95 ms", "p99 ms", "file");
}

inline void print_row(const ModeResult& result, double p50, double p95, double p99) {
  std::printf("%-13s %10llu %9llu %9llu %12.0f %9.4g %9.4g %9.4g  %s\n", result.mode.c_str(),
              static_cast<unsigned long long>(result.rows), static_cast<unsigned long long>(result.dropped.total()),
              static_cast<unsigned long long>(result.rejected), rows_per_s(result), p50, p95, p99, result.file.c_str());
  if (result.rejected > 0) std::printf("rejected rows, first: %s\n", result.first_reject.c_str());
  if (result.dropped.failed > 0) std::printf("the model refused rows, first: %s\n", result.first_refusal.c_str());
}

/// Batch and stream: the quantiles are those of a call of the model.
inline void print(const ModeResult& result) {
  print_row(result, result.metrics.quantile_ms(0.5), result.metrics.quantile_ms(0.95),
            result.metrics.quantile_ms(0.99));
}

/// How well the scores tell the answers apart, where both answers occur.
inline void print_auc(const ModeResult& result) {
  const auto positive = std::count(result.labels.begin(), result.labels.end(), 1);
  if (positive == 0 || static_cast<std::size_t>(positive) == result.labels.size()) return;
  std::printf("AUC of all %zu rows, those that the model was trained on included: %.4f\n", result.labels.size(),
              penstock::stats::roc_auc(result.labels, result.scores));
}

/// Async: the quantiles are those from arrival to score.
inline void print(const AsyncResult& result) {
  print_row(result, latency_ms(result, 0.5), latency_ms(result, 0.95), latency_ms(result, 0.99));
  const Batches& batches = result.batches;
  if (batches.largest < 2) return;
  std::printf("%llu batches of %.4g events on average, %llu at most; %llu went full, %llu idle, %llu by delay\n",
              static_cast<unsigned long long>(batches.count()), batches.mean(),
              static_cast<unsigned long long>(batches.largest), static_cast<unsigned long long>(batches.full),
              static_cast<unsigned long long>(batches.idle), static_cast<unsigned long long>(batches.delay));
}
