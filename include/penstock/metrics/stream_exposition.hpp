// SPDX-License-Identifier: MIT
#pragma once

// A stream's metrics under the names by which Prometheus scrapes them.
//
//     MetricsSnapshot page;
//     add_stream_metrics(page, metrics.snapshot(), {.labels = {{"pipeline", "scoring"}}});
//     answer(to_prometheus_text(page));
//
// Names, each with the prefix: events_in_total, events_out_total, events_dropped_total, events_failed_total,
// events_late_total, events_degraded_total (label reason); rows_total, chunks_total, busy_seconds_total;
// chunk_latency_seconds, end_to_end_latency_seconds, stage_latency_seconds (label stage), batch_rows, queue_depth_seen:
// histograms; latency_quantile_seconds (label of): a summary; queue_depth, queue_capacity, lag_events, lag_seconds,
// window_events_per_second, window_rows_per_second, window_error_ratio (label window): gauges.

#include "penstock/metrics/metrics_snapshot.hpp"
#include "penstock/metrics/stream_snapshot.hpp"

#include <array>             // array
#include <chrono>            // nanoseconds
#include <cstddef>           // size_t
#include <initializer_list>  // initializer_list
#include <string>            // string, to_string
#include <string_view>       // string_view
#include <utility>           // move

namespace penstock {
inline namespace v0 {

/// Under which names and labels.
struct StreamExpositionOptions {
  std::string prefix = "penstock_";  ///< before each name
  MetricLabels labels{};             ///< on each series: which stream it is
};

/// Adds the stream's metrics. The snapshot must be one from the start: counters that fall would read as restarts.
/// Several streams may go into one, under different labels. O(buckets).
/// @throws std::invalid_argument if a name or label is not possible, or these labels were there already.
inline void add_stream_metrics(MetricsSnapshot& to, const StreamSnapshot& stream,
                               const StreamExpositionOptions& options = {}) {
  static constexpr std::array<double, 13> sizes{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384};
  const StreamTotals& totals = stream.totals;
  const auto name = [&](std::string_view ending) { return options.prefix + std::string(ending); };
  const auto labels = [&](std::initializer_list<MetricLabel> more) {
    MetricLabels all = options.labels;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto counter = [&](std::string_view ending, std::string_view help, double value, std::string_view unit = "") {
    to.counter(name(ending), help, value, options.labels, {.unit = unit});
  };
  const auto gauge = [&](std::string_view ending, std::string_view help, double value, std::string_view unit = "") {
    to.gauge(name(ending), help, value, options.labels, {.unit = unit});
  };

  counter("events_in", "Events that arrived.", static_cast<double>(totals.events_in));
  counter("events_out", "Events that left with a result.", static_cast<double>(totals.events_out));
  static constexpr std::array<std::string_view, event_fates> helps{
      "Events given up before they were worked on, by reason.", "Events that ended in an error, by reason.",
      "Events that came too late, by reason.", "Events answered by less than the model, by reason."};
  for (std::size_t i = 0; i < event_fates; ++i) {
    const std::string fate = "events_" + std::string(to_string(static_cast<EventFate>(i)));
    for (const ReasonCount& each : totals.fates[i].all()) {
      to.counter(name(fate), helps[i], static_cast<double>(each.count), labels({{"reason", each.reason}}));
    }
  }
  counter("rows", "Rows of all chunks.", static_cast<double>(totals.rows));
  counter("chunks", "Chunks that were worked on.", static_cast<double>(totals.chunks));
  counter("busy_seconds", "Time that the chunks took.", detail::seconds_of(totals.busy), "seconds");

  to.histogram(name("chunk_latency_seconds"), "Time a chunk.", metric_histogram(totals.chunk_latency), options.labels,
               {.unit = "seconds"});
  to.histogram(name("end_to_end_latency_seconds"), "Time from arrival to result.", metric_histogram(totals.end_to_end),
               options.labels, {.unit = "seconds"});
  for (std::size_t i = 0; i < totals.stages.size() && i < stream.stage_names.size(); ++i) {
    to.histogram(name("stage_latency_seconds"), "Time in a stage.", metric_histogram(totals.stages[i]),
                 labels({{"stage", stream.stage_names[i]}}), {.unit = "seconds"});
  }
  to.histogram(name("batch_rows"), "Rows a chunk.", metric_histogram(totals.batch_rows, sizes, 1), options.labels);
  to.histogram(name("queue_depth_seen"), "Items in the queue when it was looked at.",
               metric_histogram(totals.queue_depths, sizes, 1), options.labels);

  const auto quantiles = [&](const LatencyHistogram& latency, const std::string& of) {
    if (latency.count() == 0) return;
    to.summary(name("latency_quantile_seconds"), "Latency quantiles since the start.", metric_summary(latency),
               labels({{"of", of}}), {.unit = "seconds"});
  };
  quantiles(totals.chunk_latency, "chunk");
  quantiles(totals.end_to_end, "end_to_end");
  for (std::size_t i = 0; i < totals.stages.size() && i < stream.stage_names.size(); ++i) {
    quantiles(totals.stages[i], "stage " + stream.stage_names[i]);
  }

  gauge("queue_depth", "Items that wait.", static_cast<double>(stream.gauges.queue_depth));
  gauge("queue_capacity", "Items that fit into the queue.", static_cast<double>(stream.gauges.queue_capacity));
  gauge("lag_events", "Events that the source has and the stream has not.",
        static_cast<double>(stream.gauges.lag_events));
  gauge("lag_seconds", "How far the stream is behind.", detail::seconds_of(stream.gauges.lag_time), "seconds");
  for (std::size_t i = 0; i < stream.windows.size(); ++i) {
    const StreamWindow& window = stream.windows[i];
    bool again = false;
    for (std::size_t k = 0; k < i; ++k) again = again || stream.windows[k].length == window.length;
    if (again) continue;
    const auto ns = window.length.count();
    const std::string length =
        ns % 1'000'000'000 == 0 ? std::to_string(ns / 1'000'000'000) + "s" : std::to_string(ns) + "ns";
    to.gauge(name("window_events_per_second"), "Events out a second, of late.", window.events_per_s(),
             labels({{"window", length}}));
    to.gauge(name("window_rows_per_second"), "Rows a second, of late.", window.rows_per_s(),
             labels({{"window", length}}));
    to.gauge(name("window_error_ratio"), "Failed events of those that failed or left, of late.", window.error_rate(),
             labels({{"window", length}}));
  }
}

}  // namespace v0
}  // namespace penstock
