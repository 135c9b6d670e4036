// SPDX-License-Identifier: MIT
#pragma once

// What the tests of stats/ share: golden cases, made-up data, and a chi-square that judges counts.

#include "penstock/stats/normal.hpp"
#include "penstock/stats/philox.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace test {

/// One case of a golden file: its words, and the numbers of each line by the line's first word, in order.
struct GoldenCase {
  std::vector<std::string> words;
  std::map<std::string, std::vector<std::vector<double>>> lines;

  const std::vector<double>& one(const std::string& word) const { return lines.at(word).at(0); }
};

inline std::vector<GoldenCase> golden_cases(const std::string& file, const std::string& kind) {
  std::ifstream in(std::string(PENSTOCK_REFERENCE_DIR "/") + file);
  std::vector<GoldenCase> cases;
  bool wanted = false;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "case") {
      GoldenCase next;
      for (std::string word; words >> word;) next.words.push_back(word);
      wanted = next.words.at(0) == kind;
      if (wanted) cases.push_back(next);
    } else if (wanted) {
      std::vector<double> numbers;
      for (std::string word; words >> word;) numbers.push_back(std::stod(word));
      cases.back().lines[first].push_back(numbers);
    }
  }
  return cases;
}

inline std::vector<double> normal_values(std::size_t n, std::uint64_t seed) {
  penstock::stats::RandomStream random(seed);
  std::vector<double> values;
  while (values.size() < n) {
    const double u = random.uniform();
    if (u > 0) values.push_back(penstock::stats::normal_quantile(u));
  }
  return values;
}

/// How far counts are from what is expected, in standard deviations of chi-square with so many cells: beyond 5 or so,
/// one does not come from the other.
inline double misfit(const std::vector<double>& counts, const std::vector<double>& expected) {
  double chi = 0, cells = -1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (expected[i] == 0) continue;
    chi += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
    cells += 1;
  }
  return (chi - cells) / std::sqrt(2 * cells);
}

inline double correlation(std::span<const double> a, std::span<const double> b) {
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  const double n = static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) ma += a[i] / n, mb += b[i] / n;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace test
