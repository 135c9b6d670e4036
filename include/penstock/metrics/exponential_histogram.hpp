// SPDX-License-Identifier: MIT
#pragma once

// The exponential histogram of OpenTelemetry's data model, from a latency histogram.
//
//     const ExponentialHistogram point = exponential_histogram(latency);    // seconds, at most 160 buckets
//     point.scale; point.offset; point.counts;                              // as OTLP's ExponentialHistogramDataPoint
//
// Bucket i of scale s holds the values in (b^i, b^(i+1)] with b = 2^(2^-s). Halving the scale joins two and two, so
// that any two histograms can be merged exactly. (opentelemetry.io/docs/specs/otel/metrics/data-model)

#include "penstock/core/math.hpp"
#include "penstock/metrics/latency_histogram.hpp"

#include <algorithm>  // clamp, max, min
#include <bit>        // bit_cast
#include <cstddef>    // size_t
#include <cstdint>    // int32_t, int64_t, uint64_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

namespace detail {

/// The bucket of a finite value above 0 at a scale of -10 to 20. Exact at the powers of two, whose logarithm a double
/// has exactly; next to other bounds the last bit of the logarithm decides, as the data model allows.
inline std::int64_t exponential_index(double value, int scale) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  constexpr std::uint64_t mantissa = (std::uint64_t{1} << 52) - 1;
  const std::int64_t exponent = static_cast<std::int64_t>(bits >> 52 & 0x7ff) - 1023;
  const bool power = (bits & mantissa) == 0;
  if (scale <= 0) return (power ? exponent - 1 : exponent) >> -scale;
  if (power) return (exponent << scale) - 1;
  const double fraction = std::bit_cast<double>((bits & mantissa) | (std::uint64_t{1023} << 52));  // in (1, 2)
  const double buckets = static_cast<double>(std::int64_t{1} << scale);
  constexpr double per_ln2 = 1.4426950408889634;
  const auto part = static_cast<std::int64_t>(ceil(natural_logarithm(fraction) * per_ln2 * buckets)) - 1;
  return (exponent << scale) + std::clamp<std::int64_t>(part, 0, (std::int64_t{1} << scale) - 1);
}

}  // namespace detail

/// How fine, and in which unit.
struct ExponentialHistogramOptions {
  std::size_t max_buckets = 160;  ///< at least 2; OpenTelemetry's default
  int max_scale = 20;             ///< -10 to 20
  double unit_ns = 1e9;           ///< what one is in ns, above 0: values are in seconds unless told
};

/// One data point of values that are not negative: OTLP's fields, less those for negative values, which are empty.
struct ExponentialHistogram {
  std::uint64_t count = 0;              ///< of all values
  double sum = 0;                       ///< of all values
  double min = 0;                       ///< 0 if there are none
  double max = 0;                       ///< 0 if there are none
  int scale = 20;                       ///< -10 to 20
  std::uint64_t zero_count = 0;         ///< values of 0
  std::int32_t offset = 0;              ///< the number of the first bucket
  std::vector<std::uint64_t> counts{};  ///< from there on; the first and last are not 0
  std::size_t max_buckets = 160;        ///< what merge keeps to

  /// Joins buckets until the scale is at most `to`. O(buckets). @throws std::invalid_argument if it is below -10.
  void downscale(int to) {
    if (to < -10)
      throw std::invalid_argument("ExponentialHistogram::downscale: " + std::to_string(to) + " is below -10");
    while (scale > to) {
      std::vector<std::uint64_t> joined;
      for (std::size_t i = 0; i < counts.size(); ++i) {
        // An arithmetic shift: -1 and -2 go to -1.
        const auto place = static_cast<std::size_t>(((offset + static_cast<std::int64_t>(i)) >> 1) - (offset >> 1));
        if (place >= joined.size()) joined.resize(place + 1);
        joined[place] += counts[i];
      }
      counts = std::move(joined);
      offset >>= 1;
      --scale;
    }
  }

  /// Adds the other, at the finest scale that both have and that fits into max_buckets. Exact in counts. O(buckets).
  /// @throws std::invalid_argument if no scale of -10 or more does.
  void merge(const ExponentialHistogram& other) {
    ExponentialHistogram theirs = other;
    ExponentialHistogram ours = *this;
    const int to = std::min(scale, theirs.scale);
    ours.downscale(to);
    theirs.downscale(to);
    if (!theirs.counts.empty()) {
      while (!ours.counts.empty() && ours.span_with(theirs) > max_buckets) {
        ours.downscale(ours.scale - 1);
        theirs.downscale(ours.scale);
      }
      const std::int64_t first = ours.counts.empty() ? theirs.offset : std::min(ours.offset, theirs.offset);
      std::vector<std::uint64_t> all(ours.counts.empty() ? theirs.counts.size() : ours.span_with(theirs));
      for (const ExponentialHistogram* each :
           {static_cast<const ExponentialHistogram*>(&ours), static_cast<const ExponentialHistogram*>(&theirs)}) {
        for (std::size_t i = 0; i < each->counts.size(); ++i) {
          all[static_cast<std::size_t>(each->offset - first) + i] += each->counts[i];
        }
      }
      ours.counts = std::move(all);
      ours.offset = static_cast<std::int32_t>(first);
      while (ours.counts.size() > max_buckets) ours.downscale(ours.scale - 1);
    }
    if (other.count != 0) {
      ours.min = count == 0 ? other.min : std::min(min, other.min);
      ours.max = count == 0 ? other.max : std::max(max, other.max);
    }
    ours.count += other.count;
    ours.zero_count += other.zero_count;
    ours.sum += other.sum;
    *this = std::move(ours);
  }

  friend bool operator==(const ExponentialHistogram&, const ExponentialHistogram&) = default;

 private:
  [[nodiscard]] std::size_t span_with(const ExponentialHistogram& other) const noexcept {
    const std::int64_t first = std::min(offset, other.offset);
    const std::int64_t end = std::max(offset + static_cast<std::int64_t>(counts.size()),
                                      other.offset + static_cast<std::int64_t>(other.counts.size()));
    return static_cast<std::size_t>(end - first);
  }
};

/// The values of a latency histogram, each as the middle of its bucket but none outside of min and max, at the finest
/// scale that fits: so a count may be one bucket beside its place where a bucket of ours crosses a bound of theirs.
/// Count, min and max are exact, the sum to the rounding of a double. What was out of range is not in it. O(buckets).
/// @throws std::invalid_argument that names the option that is out of range.
[[nodiscard]] inline ExponentialHistogram exponential_histogram(const LatencyHistogram& latency,
                                                                const ExponentialHistogramOptions& options = {}) {
  if (options.max_buckets < 2) {
    throw std::invalid_argument("ExponentialHistogramOptions.max_buckets is " + std::to_string(options.max_buckets) +
                                "; at least 2 are needed");
  }
  if (options.max_scale < -10 || options.max_scale > 20) {
    throw std::invalid_argument("ExponentialHistogramOptions.max_scale is " + std::to_string(options.max_scale) +
                                "; -10 to 20 are possible");
  }
  if (!(options.unit_ns > 0) || !detail::is_finite(options.unit_ns)) {
    throw std::invalid_argument("ExponentialHistogramOptions.unit_ns is " + std::to_string(options.unit_ns) +
                                "; above 0 is needed");
  }
  ExponentialHistogram histogram{.count = latency.count(),
                                 .sum = latency.sum() / options.unit_ns,
                                 .min = static_cast<double>(latency.min()) / options.unit_ns,
                                 .max = static_cast<double>(latency.max()) / options.unit_ns,
                                 .scale = options.max_scale,
                                 .max_buckets = options.max_buckets};
  const auto middle = [&](std::int64_t low, std::int64_t high) {
    const double value = static_cast<double>(low) + static_cast<double>(high - low) / 2;
    return std::clamp(value, static_cast<double>(latency.min()), static_cast<double>(latency.max())) / options.unit_ns;
  };
  double least = 0;
  double greatest = 0;
  latency.for_each_bucket([&](std::int64_t low, std::int64_t high, std::uint64_t) {
    const double value = middle(low, high);
    if (value > 0 && least == 0) least = value;
    greatest = value;
  });
  if (greatest > 0) {
    const auto span = [&](int scale) {
      return detail::exponential_index(greatest, scale) - detail::exponential_index(least, scale) + 1;
    };
    while (histogram.scale > -10 && span(histogram.scale) > static_cast<std::int64_t>(options.max_buckets)) {
      --histogram.scale;
    }
    const std::int64_t first = detail::exponential_index(least, histogram.scale);
    histogram.offset = static_cast<std::int32_t>(first);
    histogram.counts.resize(static_cast<std::size_t>(span(histogram.scale)));
    latency.for_each_bucket([&](std::int64_t low, std::int64_t high, std::uint64_t n) {
      const double value = middle(low, high);
      if (value > 0) {
        histogram.counts[static_cast<std::size_t>(detail::exponential_index(value, histogram.scale) - first)] += n;
      } else {
        histogram.zero_count += n;
      }
    });
  }
  if (greatest == 0) histogram.zero_count = latency.count();
  return histogram;
}

}  // namespace v0
}  // namespace penstock
