// SPDX-License-Identifier: MIT
#pragma once

// The streams of tests/reference/drift.py, and a detector run over one of its cases.

#include "penstock/learn/drift/detector.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include "unit/stats/support.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace test {

/// splitmix64, as multiples of 2^-53.
class Uniforms {
 public:
  explicit Uniforms(std::uint64_t seed) : seed_(seed) {}
  double operator()() {
    std::uint64_t z = seed_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return static_cast<double>((z ^ z >> 31) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t seed_;
};

inline std::vector<double> drift_stream(const GoldenCase& c) {
  using penstock::detail::rounded;
  Uniforms next(static_cast<std::uint64_t>(c.one("stream")[0]));
  std::vector<double> values;
  if (c.lines.count("numbers") > 0) {
    for (const auto& part : c.lines.at("numbers")) {
      for (double i = 0; i < part[0]; ++i) {
        values.push_back(part[1] + rounded(part[2] * i) + rounded(part[3] * (next() - 0.5)));
      }
    }
  }
  if (c.lines.count("bits") > 0) {
    for (const auto& part : c.lines.at("bits")) {
      for (double i = 0; i < part[0]; ++i) values.push_back(next() < part[1] ? 1 : 0);
    }
  }
  return values;
}

/// Where a detector said drift, and where its warnings began and ended.
struct Detections {
  std::vector<double> drifts{}, warnings{};
};

/// Shows it the stream; `at(place, figures)` is called where the case has figures.
template <penstock::drift_detector D, class At>
Detections detect(D& detector, const GoldenCase& c, At at) {
  Detections found;
  const auto values = drift_stream(c);
  std::size_t next = 0;
  const auto places = c.lines.count("at") > 0 ? c.lines.at("at") : std::vector<std::vector<double>>{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto status = detector.update(values[i]);
    if (status == penstock::DriftStatus::drift) found.drifts.push_back(static_cast<double>(i));
    if ((status == penstock::DriftStatus::warning) != (found.warnings.size() % 2 == 1)) {
      found.warnings.push_back(static_cast<double>(i));
    }
    if (next < places.size() && places[next][0] == static_cast<double>(i)) at(i, places[next++]);
  }
  return found;
}

}  // namespace test
