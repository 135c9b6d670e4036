// SPDX-License-Identifier: MIT
#pragma once

// The values of metrics at one moment, under the names by which they are scraped. No registry: whoever is asked makes
// one.
//
//     MetricsSnapshot metrics;
//     metrics.counter("pipeline_rows", "Rows that were scored.", rows);
//     metrics.gauge("queue_depth", "Items in the queue.", queue.size(), {{"queue", "ingest"}});
//     metrics.histogram("latency_seconds", "From arrival to score.", metric_histogram(latency), {{"stage", "model"}});
//     answer(to_prometheus_text(metrics));                              // metrics/prometheus_text.hpp
//
// What one wrong name or a series told twice does to a scrape is to fail it all: so they are refused here.

#include "penstock/core/clock.hpp"
#include "penstock/core/math.hpp"
#include "penstock/metrics/latency_histogram.hpp"

#include <algorithm>         // count_if, sort
#include <array>             // array
#include <cstddef>           // size_t
#include <cstdint>           // int64_t, uint64_t
#include <initializer_list>  // initializer_list
#include <limits>            // numeric_limits
#include <optional>          // optional
#include <span>              // span
#include <stdexcept>         // invalid_argument
#include <string>            // string
#include <string_view>       // string_view
#include <utility>           // move
#include <variant>           // variant
#include <vector>            // vector

namespace penstock {
inline namespace v0 {

/// What the values of a family are.
enum class MetricType {
  counter,    ///< only grows
  gauge,      ///< goes up and down
  histogram,  ///< counts below bounds
  summary     ///< quantiles
};

/// "counter", "gauge", "histogram" or "summary".
[[nodiscard]] constexpr std::string_view to_string(MetricType type) noexcept {
  constexpr std::array<std::string_view, 4> words{"counter", "gauge", "histogram", "summary"};
  return words[static_cast<std::size_t>(type)];
}

/// One name and its value. The value may be any text; what is not UTF-8 in it is replaced when it is written.
struct MetricLabel {
  std::string name;   ///< letters, digits and _, not beginning with a digit or __
  std::string value;  ///< any bytes
  friend bool operator==(const MetricLabel&, const MetricLabel&) = default;
  friend auto operator<=>(const MetricLabel&, const MetricLabel&) = default;  ///< by name, then value
};
using MetricLabels = std::vector<MetricLabel>;  ///< of one series; in any order, which is kept

/// One event that a counter or a bucket counted, such as the one of a trace.
struct MetricExemplar {
  MetricLabels labels{};            ///< at most 128 characters, names and values together
  double value = 0;                 ///< of the event
  std::optional<Timestamp> when{};  ///< not written if unknown
};

/// Values at most `le`, and in all buckets below.
struct MetricBucket {
  double le = 0;                             ///< bound, which belongs to the bucket
  std::uint64_t count = 0;                   ///< cumulative
  std::optional<MetricExemplar> exemplar{};  ///< of a value in this bucket and none below
};

/// A histogram as Prometheus has it.
struct MetricHistogram {
  std::vector<MetricBucket> buckets{};  ///< bounds ascending; the last, +Inf, is added when it is missing
  std::uint64_t count = 0;              ///< of all values
  double sum = 0;                       ///< of all values
};

/// Quantiles as they are now.
struct MetricSummary {
  /// One of them.
  struct Quantile {
    double q = 0;      ///< 0 to 1
    double value = 0;  ///< in the metric's unit
  };
  std::vector<Quantile> quantiles{};  ///< in any order
  std::uint64_t count = 0;            ///< of all values
  double sum = 0;                     ///< of all values
};

/// One series: labels and what it is at.
struct MetricPoint {
  MetricLabels labels;                                         ///< which series
  std::variant<double, MetricHistogram, MetricSummary> value;  ///< by the family's type
  std::optional<Timestamp> created;                            ///< when counting began, for OpenMetrics
  std::optional<MetricExemplar> exemplar;                      ///< of a counter
};

/// What series of one name have in common.
struct MetricFamily {
  std::string name;                 ///< of a counter without _total
  MetricType type;                  ///< of all points
  std::string help;                 ///< for people
  std::string unit;                 ///< the ending of the name that is a unit, such as seconds; or empty
  std::vector<MetricPoint> points;  ///< with different labels
};

/// More about a series, seldom needed.
struct MetricDetails {
  std::string_view unit = "";                ///< must be the ending of the name
  std::optional<Timestamp> created{};        ///< of a counter, histogram or summary
  std::optional<MetricExemplar> exemplar{};  ///< of a counter
};

/// Families of metrics and their values, in the order in which they came. Not thread-safe. Every adding function throws
/// std::invalid_argument, with nothing changed, that names the metric if a name is not possible, a family comes with
/// another type, help or unit, a series comes twice, or a value is not possible: counters are at least 0 and finite,
/// bounds ascend, counts do not fall. O(series of the family) each.
class MetricsSnapshot {
 public:
  /// A count since the start. A name may end in _total, which is written in any case.
  void counter(std::string_view name, std::string_view help, double value, MetricLabels labels = {},
               const MetricDetails& details = {}) {
    if (name.ends_with("_total")) name.remove_suffix(6);
    if (!(value >= 0) || !detail::is_finite(value)) fail(name, "counts " + std::to_string(value));
    if (details.exemplar) check_exemplar(name, *details.exemplar);
    add(name, MetricType::counter, help, details, {std::move(labels), value, details.created, details.exemplar});
  }
  /// A value as it is now.
  void gauge(std::string_view name, std::string_view help, double value, MetricLabels labels = {},
             const MetricDetails& details = {}) {
    if (details.created || details.exemplar) fail(name, "is a gauge, which has no creation time and no exemplar");
    add(name, MetricType::gauge, help, details, {std::move(labels), value, {}, {}});
  }
  /// Counts of values by size.
  void histogram(std::string_view name, std::string_view help, MetricHistogram value, MetricLabels labels = {},
                 const MetricDetails& details = {}) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (value.buckets.empty() || value.buckets.back().le < infinity) {
      value.buckets.push_back({infinity, value.count, {}});
    }
    for (std::size_t i = 0; i < value.buckets.size(); ++i) {
      const MetricBucket& bucket = value.buckets[i];
      if (detail::is_nan(bucket.le) || (i > 0 && !(value.buckets[i - 1].le < bucket.le))) {
        fail(name, "has bounds that do not ascend");
      }
      if (i > 0 && value.buckets[i - 1].count > bucket.count) fail(name, "has buckets whose counts fall");
      if (bucket.exemplar) check_exemplar(name, *bucket.exemplar);
    }
    if (value.buckets.back().count != value.count) fail(name, "has a last bucket that is not the count");
    if (details.exemplar) fail(name, "is a histogram, whose buckets have the exemplars");
    add(name, MetricType::histogram, help, details, {std::move(labels), std::move(value), details.created, {}});
  }
  /// Quantiles that were computed here, which cannot be added up over processes.
  void summary(std::string_view name, std::string_view help, MetricSummary value, MetricLabels labels = {},
               const MetricDetails& details = {}) {
    for (const auto& quantile : value.quantiles) {
      if (!(quantile.q >= 0 && quantile.q <= 1)) fail(name, "has the quantile " + std::to_string(quantile.q));
      const auto same = [&](const MetricSummary::Quantile& other) { return other.q == quantile.q; };
      if (std::count_if(value.quantiles.begin(), value.quantiles.end(), same) > 1) {
        fail(name, "has the quantile " + std::to_string(quantile.q) + " twice");
      }
    }
    if (details.exemplar) fail(name, "is a summary, which has no exemplar");
    add(name, MetricType::summary, help, details, {std::move(labels), std::move(value), details.created, {}});
  }

  [[nodiscard]] const std::vector<MetricFamily>& families() const noexcept { return families_; }  ///< what was added

 private:
  [[noreturn]] static void fail(std::string_view name, const std::string& what) {
    throw std::invalid_argument("MetricsSnapshot: metric " + std::string(name) + " " + what);
  }

  static bool is_name(std::string_view name, bool colon) noexcept {
    for (std::size_t i = 0; i < name.size(); ++i) {
      const char c = name[i];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
      if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return !name.empty();
  }
  static void check_labels(std::string_view name, const MetricLabels& labels, std::string_view reserved) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::string& label = labels[i].name;
      if (!is_name(label, false) || label.starts_with("__") || label == reserved) {
        fail(name, "has the label '" + label + "', which is not possible");
      }
      for (std::size_t k = 0; k < i; ++k) {
        if (labels[k].name == label) fail(name, "has the label " + label + " twice");
      }
    }
  }
  static void check_exemplar(std::string_view name, const MetricExemplar& exemplar) {
    check_labels(name, exemplar.labels, "");
    std::size_t characters = 0;
    for (const MetricLabel& label : exemplar.labels) {
      for (const char c : label.name + label.value) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }
    if (characters > 128)
      fail(name, "has an exemplar with " + std::to_string(characters) + " characters; 128 are possible");
  }

  /// The names that the samples of a family have.
  static std::vector<std::string> samples(std::string_view family, MetricType type) {
    const std::string name(family);
    switch (type) {
      case MetricType::counter: return {name, name + "_total", name + "_created"};
      case MetricType::histogram: return {name, name + "_bucket", name + "_count", name + "_sum", name + "_created"};
      case MetricType::summary: return {name, name + "_count", name + "_sum", name + "_created"};
      case MetricType::gauge: break;
    }
    return {name};
  }

  void add(std::string_view name, MetricType type, std::string_view help, const MetricDetails& details,
           MetricPoint point) {
    if (!is_name(name, true)) fail("'" + std::string(name) + "'", "has a name that is not possible");
    check_labels(name, point.labels,
                 type == MetricType::histogram ? "le" : (type == MetricType::summary ? "quantile" : ""));
    if (!details.unit.empty() && !name.ends_with("_" + std::string(details.unit))) {
      fail(name, "does not end in its unit, " + std::string(details.unit));
    }
    MetricLabels sorted = point.labels;
    std::sort(sorted.begin(), sorted.end());
    for (MetricFamily& family : families_) {
      if (family.name == name) {
        if (family.type != type || family.help != help || family.unit != details.unit) {
          fail(name, "comes again with another type, help or unit");
        }
        for (const MetricPoint& other : family.points) {
          MetricLabels others = other.labels;
          std::sort(others.begin(), others.end());
          if (others == sorted) fail(name, "comes twice with the same labels");
        }
        family.points.push_back(std::move(point));
        return;
      }
      for (const std::string& ours : samples(name, type)) {
        for (const std::string& theirs : samples(family.name, family.type)) {
          if (ours == theirs) fail(name, "has the same samples as " + family.name);
        }
      }
    }
    MetricFamily family{std::string(name), type, std::string(help), std::string(details.unit), {}};
    family.points.push_back(std::move(point));
    families_.push_back(std::move(family));
  }

  std::vector<MetricFamily> families_;
};

/// Bounds in seconds from 100 us to 10 s, where services' latencies are.
inline constexpr std::array<double, 16> latency_bounds_s{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                         0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};

/// A latency histogram by bounds that ascend. A value that its buckets do not tell apart from a bound counts as at most
/// the bound; the sum is exact to the rounding of a double. What was out of range is not in it. Bounds and sum are in
/// units of `unit_ns`, seconds unless told. O(buckets + bounds).
[[nodiscard]] inline MetricHistogram metric_histogram(const LatencyHistogram& latency,
                                                      std::span<const double> bounds = latency_bounds_s,
                                                      double unit_ns = 1e9) {
  MetricHistogram histogram;
  histogram.count = latency.count();
  histogram.sum = latency.sum() / unit_ns;
  for (const double bound : bounds) histogram.buckets.push_back({bound, 0, {}});
  std::size_t i = 0;
  latency.for_each_bucket([&](std::int64_t low, std::int64_t, std::uint64_t n) {
    // To the whole nanosecond: 0.0001 * 1e9 need not be 100000.
    while (i < bounds.size() && static_cast<double>(low) > detail::nearest_integer(bounds[i] * unit_ns)) ++i;
    if (i < bounds.size()) histogram.buckets[i].count += n;
  });
  for (std::size_t k = 1; k < histogram.buckets.size(); ++k) {
    histogram.buckets[k].count += histogram.buckets[k - 1].count;
  }
  return histogram;
}

/// The quantiles of a latency histogram, by its convention. Values and sum are in units of `unit_ns`, seconds unless
/// told.
/// @throws std::invalid_argument unless each quantile is from 0 to 1.
[[nodiscard]] inline MetricSummary metric_summary(const LatencyHistogram& latency,
                                                  std::initializer_list<double> quantiles = {0.5, 0.95, 0.99, 0.999},
                                                  double unit_ns = 1e9) {
  MetricSummary summary;
  summary.count = latency.count();
  summary.sum = latency.sum() / unit_ns;
  const auto values = latency.values_at_quantiles(quantiles);
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Of no values there is no quantile, and 0 would be a lie.
    const double value =
        latency.count() == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(values[i]) / unit_ns;
    summary.quantiles.push_back({quantiles.begin()[i], value});
  }
  return summary;
}

}  // namespace v0
}  // namespace penstock
