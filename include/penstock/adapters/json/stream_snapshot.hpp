// SPDX-License-Identifier: MIT
#pragma once

// A snapshot of a stream's metrics as JSON, through nlohmann_json. Component json.
//
//     nlohmann::json page = metrics.snapshot();
//     page["events"]["failed"]["bad row"];             // 4
//     page["end_to_end"]["p999_ns"];                   // as LatencySummary
//     page["stages"]["model"]["p99_ns"];
//
// Times are in seconds, latencies in nanoseconds as LatencySummary has them; sizes and depths, too, have its members,
// in which _ns then stands for rows or items.

#include "penstock/adapters/json.hpp"
#include "penstock/metrics/alerts.hpp"
#include "penstock/metrics/stream_snapshot.hpp"

#include <nlohmann/json.hpp>

#include <array>    // array
#include <cstddef>  // size_t
#include <string>   // string

namespace penstock {
inline namespace v0 {

/// Writes a window: what was asked for, what is covered, counts and rates.
inline void to_json(nlohmann::json& json, const StreamWindow& window) {
  json = {{"length_s", detail::seconds_of(window.length)},
          {"covered_s", detail::seconds_of(window.covered)},
          {"events_in", window.events_in},
          {"events_out", window.events_out},
          {"rows", window.rows},
          {"failed", window.failed},
          {"events_per_s", window.events_per_s()},
          {"rows_per_s", window.rows_per_s()},
          {"error_rate", window.error_rate()}};
}

/// Writes a snapshot, or the difference of two. Reasons and stages that are not UTF-8 make dump() throw, as
/// nlohmann_json's texts do, unless it is told to replace them.
inline void to_json(nlohmann::json& json, const StreamSnapshot& snapshot) {
  const StreamTotals& totals = snapshot.totals;
  nlohmann::json events = {{"in", totals.events_in}, {"out", totals.events_out}};
  for (std::size_t i = 0; i < event_fates; ++i) {
    nlohmann::json reasons = nlohmann::json::object();
    for (const ReasonCount& each : totals.fates[i].all()) reasons[each.reason] = each.count;
    events[std::string(to_string(static_cast<EventFate>(i)))] = std::move(reasons);
  }
  nlohmann::json stages = nlohmann::json::object();
  for (std::size_t i = 0; i < totals.stages.size() && i < snapshot.stage_names.size(); ++i) {
    stages[snapshot.stage_names[i]] = totals.stages[i];
  }
  json = {{"period_s", snapshot.period_s()},
          {"events", std::move(events)},
          {"throughput_events_per_s", snapshot.throughput_events_per_s()},
          {"throughput_rows_per_s", snapshot.throughput_rows_per_s()},
          {"error_rate", snapshot.error_rate()},
          {"rows", totals.rows},
          {"chunks", totals.chunks},
          {"busy_s", detail::seconds_of(totals.busy)},
          {"elapsed_s", detail::seconds_of(totals.elapsed)},
          {"chunk_latency", totals.chunk_latency},
          {"end_to_end", totals.end_to_end},
          {"stages", std::move(stages)},
          {"batch_rows", totals.batch_rows},
          {"queue",
           {{"depth", snapshot.gauges.queue_depth},
            {"capacity", snapshot.gauges.queue_capacity},
            {"depths", totals.queue_depths}}},
          {"lag", {{"events", snapshot.gauges.lag_events}, {"time_s", detail::seconds_of(snapshot.gauges.lag_time)}}},
          {"windows", snapshot.windows}};
}

/// Writes how an alert stands: its rule, "quiet", "pending" or "firing", and the last figure or null.
inline void to_json(nlohmann::json& json, const AlertStatus& status) {
  constexpr std::array<const char*, 3> words{"quiet", "pending", "firing"};
  json = {{"rule", status.rule}, {"state", words[static_cast<std::size_t>(status.state)]}, {"value", nullptr}};
  if (status.value) json["value"] = *status.value;
}

}  // namespace v0
}  // namespace penstock
