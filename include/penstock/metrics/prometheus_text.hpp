// SPDX-License-Identifier: MIT
#pragma once

// A snapshot of metrics as the text that Prometheus scrapes: its own format 0.0.4, and OpenMetrics 1.0.
//
//     answer(to_prometheus_text(metrics), prometheus_content_type);
//     answer(to_openmetrics_text(metrics), openmetrics_content_type);   // with exemplars, units and creation times
//
// Formats: prometheus.io/docs/instrumenting/exposition_formats and the OpenMetrics specification, 1.0.0.

#include "penstock/core/clock.hpp"
#include "penstock/core/math.hpp"
#include "penstock/metrics/metrics_snapshot.hpp"

#include <array>        // array
#include <charconv>     // chars_format, to_chars
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <cstdlib>      // atoi
#include <optional>     // optional
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <variant>      // get

namespace penstock {
inline namespace v0 {

/// The Content-Type of to_prometheus_text.
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";
/// The Content-Type of to_openmetrics_text.
inline constexpr std::string_view openmetrics_content_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

namespace detail {

/// The shortest number that reads as the same double, laid out as Go does: 0.001, 100000, 1e+06, +Inf. With `dot` a
/// whole number has a .0, as OpenMetrics wants bounds.
inline std::string metric_number(double value, bool dot = false) {
  if (is_nan(value)) return "NaN";
  if (!is_finite(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  std::string_view whole(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t e = whole.find('e');
  const int exponent = std::atoi(std::string(whole.substr(e + 1)).c_str());
  if (exponent < -4 || exponent >= 6) return std::string(whole);
  std::string digits;
  for (const char c : whole.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  std::string number = value < 0 || (value == 0 && sign_bit(value)) ? "-" : "";
  if (exponent < 0) {
    number += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto before = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() < before) digits.append(before - digits.size(), '0');
    number += digits.substr(0, before);
    if (digits.size() > before) number += '.' + digits.substr(before);
    if (digits.size() == before && dot) number += ".0";
  }
  return number;
}

/// The bytes of the UTF-8 character at the start of a text; 0 if there is none.
inline std::size_t utf8_character(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = at(0);
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(i) >= low && at(i) <= high;
  };
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// Adds a text with backslashes before what needs one; a byte that is no UTF-8 becomes U+FFFD, for it would fail the
/// whole scrape.
inline void append_escaped(std::string& out, std::string_view text, bool quotes) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_character(text);
    const char c = text.front();
    if (bytes == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && quotes)) {
      out += '\\';
      out += c;
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
}

/// Writes one of the two formats.
class MetricsTextWriter {
 public:
  explicit MetricsTextWriter(bool openmetrics) : openmetrics_(openmetrics) {}

  [[nodiscard]] std::string write(const MetricsSnapshot& metrics) {
    for (const MetricFamily& family : metrics.families()) write(family);
    if (openmetrics_) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void write(const MetricFamily& family) {
    const bool total = family.type == MetricType::counter;
    const std::string name = family.name + (total && !openmetrics_ ? "_total" : "");
    if (!family.help.empty()) {
      out_ += "# HELP " + name + ' ';
      append_escaped(out_, family.help, openmetrics_);
      out_ += '\n';
    }
    out_ += "# TYPE " + name + ' ' + std::string(to_string(family.type)) + '\n';
    if (openmetrics_ && !family.unit.empty()) out_ += "# UNIT " + name + ' ' + family.unit + '\n';
    for (const MetricPoint& point : family.points) {
      switch (family.type) {
        case MetricType::counter:
          sample(family.name, "_total", point.labels, {}, {}, metric_number(std::get<double>(point.value)),
                 point.exemplar);
          break;
        case MetricType::gauge:
          sample(family.name, "", point.labels, {}, {}, metric_number(std::get<double>(point.value)));
          break;
        case MetricType::histogram: write(family.name, point, std::get<MetricHistogram>(point.value)); break;
        case MetricType::summary: write(family.name, point, std::get<MetricSummary>(point.value)); break;
      }
      if (openmetrics_ && point.created) {
        sample(family.name, "_created", point.labels, {}, {}, seconds(*point.created));
      }
    }
  }
  void write(const std::string& name, const MetricPoint& point, const MetricHistogram& histogram) {
    for (const MetricBucket& bucket : histogram.buckets) {
      sample(name, "_bucket", point.labels, "le", metric_number(bucket.le, openmetrics_), std::to_string(bucket.count),
             bucket.exemplar);
    }
    // OpenMetrics has no sum where a bound is negative: it could fall.
    if (!openmetrics_ || histogram.buckets.front().le >= 0) {
      sample(name, "_sum", point.labels, {}, {}, metric_number(histogram.sum));
    }
    sample(name, "_count", point.labels, {}, {}, std::to_string(histogram.count));
  }
  void write(const std::string& name, const MetricPoint& point, const MetricSummary& summary) {
    for (const auto& [q, value] : summary.quantiles) {
      sample(name, "", point.labels, "quantile", metric_number(q, openmetrics_), metric_number(value));
    }
    sample(name, "_sum", point.labels, {}, {}, metric_number(summary.sum));
    sample(name, "_count", point.labels, {}, {}, std::to_string(summary.count));
  }

  void sample(const std::string& name, std::string_view ending, const MetricLabels& labels, std::string_view more,
              std::string_view more_value, const std::string& value,
              const std::optional<MetricExemplar>& exemplar = {}) {
    out_ += name;
    out_ += ending;
    if (!labels.empty() || !more.empty()) write(labels, more, more_value);
    out_ += ' ' + value;
    if (openmetrics_ && exemplar) {
      out_ += " # ";
      write(exemplar->labels, {}, {});
      out_ += ' ' + metric_number(exemplar->value);
      if (exemplar->when) out_ += ' ' + seconds(*exemplar->when);
    }
    out_ += '\n';
  }
  void write(const MetricLabels& labels, std::string_view more, std::string_view more_value) {
    char before = '{';
    const auto label = [&](std::string_view name, std::string_view value) {
      out_ += before;
      before = ',';
      out_ += name;
      out_ += "=\"";
      append_escaped(out_, value, true);
      out_ += '"';
    };
    for (const MetricLabel& each : labels) label(each.name, each.value);
    if (!more.empty()) label(more, more_value);
    if (before == '{') out_ += before;
    out_ += '}';
  }

  /// Seconds since 1970 with as many decimals as there are, which a double would not hold.
  static std::string seconds(Timestamp when) {
    const std::int64_t ns = when.time_since_epoch().count();
    const std::uint64_t size = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
    std::string decimals = std::to_string(1'000'000'000 + size % 1'000'000'000);
    while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
    decimals[0] = '.';
    std::string text = ns < 0 ? "-" : "";
    text += std::to_string(size / 1'000'000'000);
    text += decimals;
    return text;
  }

  bool openmetrics_;
  std::string out_;
};

}  // namespace detail

/// The snapshot in Prometheus' text format, 0.0.4: HELP and TYPE, then each series on a line. Labels and help are
/// escaped and UTF-8, whatever they were. O(length).
[[nodiscard]] inline std::string to_prometheus_text(const MetricsSnapshot& metrics) {
  return detail::MetricsTextWriter(false).write(metrics);
}

/// The snapshot in OpenMetrics, 1.0: as the other, with units, creation times, exemplars, and # EOF at the end.
[[nodiscard]] inline std::string to_openmetrics_text(const MetricsSnapshot& metrics) {
  return detail::MetricsTextWriter(true).write(metrics);
}

}  // namespace v0
}  // namespace penstock
