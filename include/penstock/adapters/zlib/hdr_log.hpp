// SPDX-License-Identifier: MIT
#pragma once

// Interval histograms as a log that HdrHistogram's tools read and plot, and back: text of version 1.2. Component zlib.
//
//     HdrLogWriter log({.start = start, .comment = "scoring"});
//     file << log.header();
//     file << log.line(latency.interval(), second, 1s);            // each second; a tag if there are several series
//
//     HdrLogReader reader(text);
//     while (const auto interval = reader.next()) all.merge(interval->histogram);

#include "penstock/adapters/zlib/hdr_encoding.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/error.hpp"
#include "penstock/metrics/latency_histogram.hpp"

#include <charconv>     // from_chars
#include <chrono>       // days, floor, nanoseconds, year_month_day
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <limits>       // numeric_limits
#include <optional>     // optional
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move

namespace penstock {
inline namespace v0 {

/// What a log begins with.
struct HdrLogWriterOptions {
  Timestamp start{};                     ///< the lines' times are written as seconds since then
  std::string comment = "";              ///< one line; none if empty
  std::int64_t max_unit_ns = 1'000'000;  ///< the column Interval_Max is in so many ns, at least 1; tools expect ms
};

/// One line of a log.
struct HdrLogInterval {
  std::string tag{};                   ///< empty if there is none
  Timestamp start{};                   ///< since 1970, or since the log's zero if it names no time
  std::chrono::nanoseconds length{0};  ///< of the interval
  LatencyHistogram histogram{};        ///< what was recorded in it
};

/// How a log is read.
struct HdrLogReaderOptions {
  std::string source = "";  ///< name of the log in error messages
  bool keep_highest =
      false;  ///< histograms keep the writer's .highest; false gives all the greatest, so that they merge
};

namespace detail {

/// Nanoseconds as seconds with three decimals, rounded half up.
inline std::string seconds_text(std::int64_t ns) {
  const bool negative = ns < 0;
  const std::uint64_t ms =
      ((negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns)) + 500'000) / 1'000'000;
  std::string decimals = std::to_string(1000 + ms % 1000);
  decimals[0] = '.';
  std::string text = negative && ms != 0 ? "-" : "";
  text += std::to_string(ms / 1000);
  text += decimals;
  return text;
}

/// Seconds in decimals, up to nine of which count, as nanoseconds; nothing if the text is no such number, or above half
/// of what fits (the year 2115), so that two of them can be added.
inline std::optional<std::int64_t> parse_seconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::int64_t whole = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc() || whole < 0 || whole > 4'600'000'000) return std::nullopt;
  std::int64_t ns = whole * 1'000'000'000;
  if (rest != text.data() + text.size() && *rest == '.') {
    std::int64_t unit = 100'000'000;
    for (++rest; rest != text.data() + text.size() && *rest >= '0' && *rest <= '9'; ++rest, unit /= 10) {
      ns += unit * (*rest - '0');
    }
  }
  if (rest != text.data() + text.size()) return std::nullopt;
  return negative ? -ns : ns;
}

/// "2015-09-09T15:24:39Z"
inline std::string utc_text(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time - day).count();
  const auto two = [](long long n) { return std::to_string(100 + n).substr(1); };
  return std::to_string(static_cast<int>(date.year())) + '-' + two(static_cast<unsigned>(date.month())) + '-' +
         two(static_cast<unsigned>(date.day())) + 'T' + two(seconds / 3600) + ':' + two(seconds / 60 % 60) + ':' +
         two(seconds % 60) + 'Z';
}

}  // namespace detail

/// Makes the text of a log. Holds only its options, so that each string may go wherever the caller likes.
class HdrLogWriter {
 public:
  /// @throws std::invalid_argument that names the option if the comment has a line end or the unit is below 1.
  explicit HdrLogWriter(HdrLogWriterOptions options = {}) : options_(std::move(options)) {
    if (options_.comment.find_first_of("\r\n") != std::string::npos) {
      throw std::invalid_argument("HdrLogWriterOptions.comment has a line end; one line is possible");
    }
    if (options_.max_unit_ns < 1) {
      throw std::invalid_argument("HdrLogWriterOptions.max_unit_ns is " + std::to_string(options_.max_unit_ns) +
                                  "; at least 1 is needed");
    }
  }

  /// The lines that a log begins with.
  [[nodiscard]] std::string header() const {
    const std::string start =
        detail::seconds_text(options_.start.time_since_epoch().count()) + " (seconds since epoch)";
    return (options_.comment.empty() ? "" : "#[" + options_.comment + "]\n") + "#[Histogram log format version 1.2]\n" +
           "#[StartTime: " + start + ", " + detail::utc_text(options_.start) + "]\n#[BaseTime: " + start + "]\n" +
           "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
  }

  /// The line of an interval, its times to the millisecond. @throws std::invalid_argument if the tag has a comma, a
  /// space or a line end, or if the histogram cannot be written.
  [[nodiscard]] std::string line(const LatencyHistogram& histogram, Timestamp start, std::chrono::nanoseconds length,
                                 std::string_view tag = {}) const {
    if (tag.find_first_of(", \t\r\n") != std::string_view::npos) {
      throw std::invalid_argument("HdrLogWriter::line: the tag '" + std::string(tag) + "' has a comma or a space");
    }
    const auto& buckets = detail::HistogramAccess::buckets(histogram);
    const std::int64_t max =
        histogram.max() == 0 ? 0 : buckets.highest_at(buckets.index_of(static_cast<std::uint64_t>(histogram.max())));
    // In units with three decimals: as if it were seconds.
    const double scaled = static_cast<double>(max) / static_cast<double>(options_.max_unit_ns) * 1e9;
    const auto max_ns = scaled < 9e18 ? static_cast<std::int64_t>(scaled) : std::numeric_limits<std::int64_t>::max();
    return (tag.empty() ? "" : "Tag=" + std::string(tag) + ',') +
           detail::seconds_text((start - options_.start).count()) + ',' + detail::seconds_text(length.count()) + ',' +
           detail::seconds_text(max_ns) + ',' + encode_hdr_histogram(histogram) + '\n';
  }

 private:
  HdrLogWriterOptions options_;
};

/// Reads a log, interval by interval. The text must outlive the reader. Not thread-safe.
///
/// Times are those of HdrHistogram's reader: a line's seconds count from BaseTime; without one from StartTime, if they
/// are a year or more below it; else from 1970.
class HdrLogReader {
 public:
  /// Looks at nothing yet.
  explicit HdrLogReader(std::string_view text, HdrLogReaderOptions options = {})
      : rest_(text), options_(std::move(options)) {}

  /// The next interval; nothing at the end. @throws Error with the number of the interval, from 1, and the byte where
  /// its line begins; the next call goes on with the line behind it.
  [[nodiscard]] std::optional<HdrLogInterval> next() {
    while (!rest_.empty()) {
      line_at_ = at_;
      const std::size_t end = rest_.find('\n');
      std::string_view line = rest_.substr(0, end);
      const std::size_t taken = end == std::string_view::npos ? rest_.size() : end + 1;
      rest_.remove_prefix(taken);
      at_ += taken;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.starts_with('#')) {
        if (const auto time = time_in(line, "#[StartTime:")) start_ = *time;
        if (const auto time = time_in(line, "#[BaseTime:")) base_ = *time;
      } else if (!line.empty() && !line.starts_with("\"StartTimestamp\"")) {
        ++intervals_;
        return read(line);
      }
    }
    return std::nullopt;
  }

  /// What the log says it began at, as far as it was read.
  [[nodiscard]] std::optional<Timestamp> start() const noexcept { return start_; }

 private:
  static std::optional<Timestamp> time_in(std::string_view line, std::string_view name) {
    if (!line.starts_with(name)) return std::nullopt;
    line.remove_prefix(name.size());
    while (line.starts_with(' ')) line.remove_prefix(1);
    const auto ns = detail::parse_seconds(line.substr(0, line.find_first_of(" ]")));
    if (!ns) return std::nullopt;
    return Timestamp(std::chrono::nanoseconds(*ns));
  }

  [[noreturn]] void fail(std::string found, std::string expected) const {
    throw Error({.source = options_.source, .row = intervals_, .byte = line_at_}, std::move(found),
                std::move(expected));
  }

  static std::string_view take_field(std::string_view& line) {
    const std::size_t comma = line.find(',');
    const std::string_view field = line.substr(0, comma);
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    return field;
  }
  std::chrono::nanoseconds take_seconds(std::string_view& line, const char* what) const {
    const std::string_view field = take_field(line);
    const auto ns = detail::parse_seconds(field);
    if (!ns) fail("'" + std::string(field.substr(0, 40)) + "'", std::string(what) + " in seconds");
    return std::chrono::nanoseconds(*ns);
  }

  HdrLogInterval read(std::string_view line) const {
    HdrLogInterval interval;
    if (line.starts_with("Tag=")) interval.tag = std::string(take_field(line).substr(4));
    const std::chrono::nanoseconds start = take_seconds(line, "the start of an interval");
    interval.length = take_seconds(line, "the length of an interval");
    take_field(line);  // the greatest value, which the histogram has too
    try {
      interval.histogram = decode_hdr_histogram(line);
    } catch (const Error& error) {
      fail("a histogram with " + error.found() +
               (error.where().byte ? " at byte " + std::to_string(*error.where().byte) : ""),
           error.expected());
    }
    if (!options_.keep_highest) interval.histogram = detail::HistogramAccess::with_greatest_range(interval.histogram);
    constexpr std::chrono::nanoseconds year = std::chrono::days(365);
    std::chrono::nanoseconds zero{0};
    if (base_) {
      zero = base_->time_since_epoch();
    } else if (start_ && start < start_->time_since_epoch() - year) {
      zero = start_->time_since_epoch();
    }
    interval.start = Timestamp(zero + start);
    return interval;
  }

  std::string_view rest_;
  HdrLogReaderOptions options_;
  std::size_t at_ = 0;
  std::size_t line_at_ = 0;
  std::uint64_t intervals_ = 0;
  std::optional<Timestamp> start_;
  std::optional<Timestamp> base_;
};

}  // namespace v0
}  // namespace penstock
