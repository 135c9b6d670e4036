// SPDX-License-Identifier: MIT
#pragma once

// Reads online_metrics.txt, and has what the tests of metrics share.

#include "catch.hpp"

#include <cmath>    // abs, isnan
#include <cstddef>  // size_t
#include <fstream>  // ifstream
#include <map>      // map
#include <sstream>  // istringstream
#include <string>   // string, getline, stod
#include <vector>   // vector

namespace metrics_support {

/// One case: "y", "p", "w", and the figures by their names.
struct Case {
  std::string name;
  std::map<std::string, std::vector<double>> lines;

  const std::vector<double>& at(const std::string& word) const { return lines.at(word); }
  bool has(const std::string& word) const { return lines.contains(word); }
  double operator[](const std::string& word) const { return lines.at(word).at(0); }
};

inline std::vector<Case> cases_of(const std::string& kind) {
  std::ifstream file(PENSTOCK_REFERENCE_DIR "/online_metrics.txt");
  std::vector<Case> cases;
  bool wanted = false;
  for (std::string text; std::getline(file, text);) {
    std::istringstream words(text);
    std::string word;
    words >> word;
    if (word == "case") {
      Case next;
      std::string its_kind;
      words >> its_kind >> next.name;
      wanted = its_kind == kind;
      if (wanted) cases.push_back(next);
    } else if (wanted) {
      std::vector<double>& values = cases.back().lines[word];
      for (std::string value; words >> value;) values.push_back(std::stod(value));
    }
  }
  return cases;
}

/// The same up to the last bits of what they are made of.
inline bool close(double a, double b, double tolerance = 1e-13) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::abs(a - b) <= tolerance * std::max(1.0, std::max(std::abs(a), std::abs(b)));
}

/// The metric, made by `make`, of all rows at once, and the same merged of three parts.
template <class Make>
auto of_all_rows(const Case& c, Make make) {
  auto whole = make();
  const std::size_t n = c.at("y").size();
  std::vector<decltype(whole)> parts(3, make());
  for (std::size_t i = 0; i < n; ++i) {
    whole.update(c.at("y")[i], c.at("p")[i], c.at("w")[i]);
    parts[i < n / 4 ? 0 : i < n / 2 ? 1 : 2].update(c.at("y")[i], c.at("p")[i], c.at("w")[i]);
  }
  auto merged = make();
  for (const auto& part : parts) merged.merge(part);
  return std::pair(whole, merged);
}

}  // namespace metrics_support
