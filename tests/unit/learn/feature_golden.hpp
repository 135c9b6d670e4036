// SPDX-License-Identifier: MIT
#pragma once

// Reads the golden files of features: words, hex floats, lines of fields.

#include <cstdlib>
#include <istream>
#include <limits>
#include <string>
#include <vector>

namespace feature_golden {

/// A hex float, NaN for NA.
inline double number(std::istream& in) {
  std::string word;
  in >> word;
  return word == "NA" ? std::numeric_limits<double>::quiet_NaN() : std::strtod(word.c_str(), nullptr);
}

inline std::vector<double> numbers(std::istream& in, std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(number(in));
  return values;
}

/// The fields of the rest of the line.
inline std::vector<std::string> fields(std::istream& in) {
  std::string line;
  std::getline(in, line);
  std::vector<std::string> parts(1);
  for (const char c : line) {
    if (c == '\t') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

inline void skip_line(std::istream& in) { in.ignore(std::numeric_limits<std::streamsize>::max(), '\n'); }

}  // namespace feature_golden
