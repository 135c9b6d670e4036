// SPDX-License-Identifier: MIT
#pragma once

// The figures of metrics/ and stream/ as JSON, through nlohmann_json. Component json.
//
//     nlohmann::json report = metrics;                       // {"rows": 1000, "latency_ms": 0.03, "p99_ms": 3.1, ...}
//     StreamSummary read = report.get<StreamSummary>();
//     nlohmann::json table = sweep_chunk_sizes(trips, score, {10, 50, 100});
//
// Members have the names of the C++ members, with the unit as their ending. Writing keeps every bit of a number.
// Members that are not known are passed over in reading, so that newer files can be read.

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/stats/bootstrap_options.hpp"
#include "penstock/stream/compare.hpp"
#include "penstock/stream/comparison.hpp"
#include "penstock/stream/sweep.hpp"

#include <nlohmann/json.hpp>

#include <concepts>     // floating_point, integral
#include <limits>       // numeric_limits
#include <string>       // string
#include <type_traits>  // is_same_v
#include <utility>      // in_range
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

inline std::string json_excerpt(const nlohmann::json& value) {
  const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return text.size() <= 40 ? text : text.substr(0, 40) + "...";
}

inline const nlohmann::json& json_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) throw Error({}, json_excerpt(object), "an object");
  const auto member = object.find(name);
  if (member == object.end()) throw Error({.column = name}, "no such member", "one");
  return *member;
}

template <std::integral T>
void read_json(const nlohmann::json& value, const char* name, T& to) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) throw Error({.column = name}, json_excerpt(value), "true or false");
    to = value.get<bool>();
  } else if (value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>())) {
    to = static_cast<T>(value.get<std::uint64_t>());
  } else if (value.is_number_integer() && !value.is_number_unsigned() && std::in_range<T>(value.get<std::int64_t>())) {
    to = static_cast<T>(value.get<std::int64_t>());
  } else {
    throw Error({.column = name}, json_excerpt(value),
                std::is_unsigned_v<T> ? "a whole number, not negative" : "a whole number");
  }
}
template <std::floating_point T>
void read_json(const nlohmann::json& value, const char* name, T& to) {
  if (!value.is_number()) throw Error({.column = name}, json_excerpt(value), "a number");
  to = value.get<T>();
}
template <class T>
void read_json(const nlohmann::json& value, const char* name, std::vector<T>& to) {
  if (!value.is_array()) throw Error({.column = name}, json_excerpt(value), "an array");
  to.assign(value.size(), T{});
  for (std::size_t i = 0; i < to.size(); ++i) read_json(value[i], name, to[i]);
}

/// Figures that need not be there: null where they are not a number.
inline nlohmann::json json_or_null(double value) { return is_finite(value) ? nlohmann::json(value) : nlohmann::json(); }
inline void read_json_or_null(const nlohmann::json& value, const char* name, double& to) {
  to = std::numeric_limits<double>::quiet_NaN();
  if (!value.is_null()) read_json(value, name, to);
}
inline nlohmann::json figure_json(const ConfidenceInterval& ci) {
  return {{"low", json_or_null(ci.low)}, {"high", json_or_null(ci.high)}};
}
inline nlohmann::json figure_json(const TimeComparison& c) {
  return {{"ratio", c.ratio},
          {"ratio_ci", figure_json(c.ratio_ci)},
          {"pvalue", json_or_null(c.pvalue)},
          {"effect_size", c.effect_size},
          {"verdict", to_string(c.verdict)}};
}
inline const auto& figure_json(const auto& value) { return value; }
inline void read_json(const nlohmann::json& value, const char*, ConfidenceInterval& to) {
  read_json_or_null(json_member(value, "low"), "low", to.low);
  read_json_or_null(json_member(value, "high"), "high", to.high);
}
inline void read_json(const nlohmann::json& value, const char*, TimeComparison& to) {
  read_json(json_member(value, "ratio"), "ratio", to.ratio);
  read_json(json_member(value, "ratio_ci"), "ratio_ci", to.ratio_ci);
  read_json_or_null(json_member(value, "pvalue"), "pvalue", to.pvalue);
  read_json(json_member(value, "effect_size"), "effect_size", to.effect_size);
  const nlohmann::json& verdict = json_member(value, "verdict");
  for (const SpeedVerdict v : {SpeedVerdict::no_difference_shown, SpeedVerdict::faster, SpeedVerdict::slower}) {
    if (verdict == to_string(v)) return void(to.verdict = v);
  }
  throw Error({.column = "verdict"}, json_excerpt(verdict), "no_difference_shown, faster or slower");
}

/// Calls `f(name, member)` for each member of the figures: the one list that both directions go by.
template <class Summary, class F>
  requires std::is_same_v<std::remove_const_t<Summary>, StreamSummary>
void for_each_figure(Summary& s, F f) {
  f("rows", s.rows);
  f("chunks", s.chunks);
  f("elapsed_s", s.elapsed_s);
  f("busy_s", s.busy_s);
  f("latency_ms", s.latency_ms);
  f("throughput_rows_per_s", s.throughput_rows_per_s);
  f("p50_ms", s.p50_ms);
  f("p95_ms", s.p95_ms);
  f("p99_ms", s.p99_ms);
  f("max_ms", s.max_ms);
}
template <class Summary, class F>
  requires std::is_same_v<std::remove_const_t<Summary>, LatencySummary>
void for_each_figure(Summary& s, F f) {
  f("count", s.count);
  f("below_range", s.below_range);
  f("above_range", s.above_range);
  f("min_ns", s.min_ns);
  f("max_ns", s.max_ns);
  f("mean_ns", s.mean_ns);
  f("stddev_ns", s.stddev_ns);
  f("p50_ns", s.p50_ns);
  f("p95_ns", s.p95_ns);
  f("p99_ns", s.p99_ns);
  f("p999_ns", s.p999_ns);
}
template <class Figures, class F>
  requires std::is_same_v<std::remove_const_t<Figures>, BatchVsStreaming>
void for_each_figure(Figures& s, F f) {
  f("rows", s.rows);
  f("chunk_size", s.chunk_size);
  f("chunks", s.chunks);
  f("runs", s.runs);
  f("batch_time_s", s.batch_time_s);
  f("batch_latency_ms_per_row", s.batch_latency_ms_per_row);
  f("batch_throughput_rows_per_s", s.batch_throughput_rows_per_s);
  f("stream_time_s", s.stream_time_s);
  f("stream_latency_ms_per_row", s.stream_latency_ms_per_row);
  f("stream_throughput_rows_per_s", s.stream_throughput_rows_per_s);
  f("stream_p50_ms", s.stream_p50_ms);
  f("stream_p95_ms", s.stream_p95_ms);
  f("stream_p99_ms", s.stream_p99_ms);
  f("speed_ratio", s.speed_ratio);
  f("same_values", s.same_values);
  f("batch_times_s", s.batch_times_s);
  f("stream_times_s", s.stream_times_s);
  f("streaming", s.streaming);
}
template <class Figures, class F>
  requires std::is_same_v<std::remove_const_t<Figures>, ChunkSizeFigures>
void for_each_figure(Figures& s, F f) {
  f("chunk_size", s.chunk_size);
  f("chunks", s.chunks);
  f("latency_ms", s.latency_ms);
  f("throughput_rows_per_s", s.throughput_rows_per_s);
  f("p50_ms", s.p50_ms);
  f("p95_ms", s.p95_ms);
  f("p99_ms", s.p99_ms);
  f("times_s", s.times_s);
  f("latency_ms_ci", s.latency_ms_ci);
  f("throughput_rows_per_s_ci", s.throughput_rows_per_s_ci);
  f("against_first", s.against_first);
}

template <class T>
concept figures = requires(T& t) { for_each_figure(t, [](const char*, auto&) {}); };

}  // namespace detail

/// Writes the figures as an object: StreamSummary, LatencySummary, BatchVsStreaming, ChunkSizeFigures.
template <detail::figures T>
void to_json(nlohmann::json& json, const T& figures) {
  json = nlohmann::json::object();
  detail::for_each_figure(figures,
                          [&](const char* name, const auto& value) { json[name] = detail::figure_json(value); });
}

/// Reads them back. @throws Error that names the member if it is missing or of another type or sign.
template <detail::figures T>
void from_json(const nlohmann::json& json, T& figures) {
  T read;
  detail::for_each_figure(
      read, [&](const char* name, auto& value) { detail::read_json(detail::json_member(json, name), name, value); });
  figures = std::move(read);
}

/// Writes the summary of the metrics, to be read as StreamSummary.
inline void to_json(nlohmann::json& json, const StreamMetrics& metrics) { json = metrics.summary(); }

/// Writes the summary of the histogram, to be read as LatencySummary.
inline void to_json(nlohmann::json& json, const LatencyHistogram& histogram) { json = histogram.summary(); }

}  // namespace v0
}  // namespace penstock
