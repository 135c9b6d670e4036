// SPDX-License-Identifier: MIT
#pragma once

// Holds the code that a page of docs/ shows to code that is compiled:
//
//   TEST_CASE("what docs/metrics.md shows is what is compiled here") {
//     CHECK(compiled_blocks("metrics.md", "unit/docs/metrics.test.cpp") == 7);
//   }

#include "catch.hpp"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

/// The text without blanks and line ends: the layout of a page need not be that of a test.
inline std::string without_space(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\n') result += c;
  }
  return result;
}

/// The text of a file; fails the test if there is none.
inline std::string text_of(const std::string& path) {
  std::ifstream in(path);
  INFO(path);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Checks that each block of C++ in docs/<page> stands in tests/<test>, word for word; the number of blocks.
inline std::size_t compiled_blocks(const std::string& page, const std::string& test) {
  const std::string tests = std::string(PENSTOCK_REFERENCE_DIR) + "/..";
  const std::string text = text_of(tests + "/../docs/" + page);
  const std::string source = without_space(text_of(tests + "/" + test));
  constexpr std::string_view opening = "```cpp\n";
  std::size_t blocks = 0;
  for (std::size_t at = 0; (at = text.find(opening, at)) != std::string::npos; ++blocks) {
    at += opening.size();
    const std::size_t end = text.find("```", at);
    const std::string block = text.substr(at, end - at);
    INFO(block);
    CHECK(source.find(without_space(block)) != std::string::npos);
    at = end;
  }
  return blocks;
}
