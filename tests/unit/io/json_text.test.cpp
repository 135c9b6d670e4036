// SPDX-License-Identifier: MIT
#include "penstock/io/json_text.hpp"

#include "catch.hpp"

#include <cstdint>
#include <fstream>
#include <string>

using namespace penstock;

TEST_CASE("a text is escaped, and what is no UTF-8 replaced, as Python's json and decode do it") {
  std::ifstream golden(PENSTOCK_REFERENCE_DIR "/json_text.txt", std::ios::binary);
  int texts = 0;
  for (std::string line; std::getline(golden, line); ++texts) {
    const auto tab = line.find('\t');
    const auto last_tab = line.rfind('\t');
    std::string bytes;
    for (std::size_t i = 0; i < tab; i += 2) bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));

    std::string out(max_json_bytes(bytes.size()), '\0');
    std::uint64_t replaced = 0;
    out.resize(static_cast<std::size_t>(format_json_string(out.data(), bytes, replaced) - out.data()));
    INFO(line);
    CHECK(out == line.substr(tab + 1, last_tab - tab - 1));
    CHECK(replaced == std::stoull(line.substr(last_tab + 1)));
  }
  CHECK(texts == 600);
}

TEST_CASE("the count of replacements is added to") {
  char out[max_json_bytes(2)];
  std::uint64_t replaced = 5;
  CHECK(std::string(out, format_json_string(out, "\xff\xfe", replaced)) == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(replaced == 7);
}
