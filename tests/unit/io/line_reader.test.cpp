// SPDX-License-Identifier: MIT
#include "penstock/io/line_reader.hpp"

#include "catch.hpp"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace penstock;
using detail::LineReader;

namespace {

struct Seen {
  std::string text;
  std::uint64_t byte;
  bool too_long;
  friend bool operator==(const Seen&, const Seen&) = default;
};

LineReader reader(std::istringstream& stream, std::size_t block, std::size_t max_line) {
  return {std::make_unique<detail::StreamSource<std::istringstream>>(stream), block, max_line};
}

std::vector<Seen> all(LineReader& lines) {
  std::vector<Seen> seen;
  while (lines.next()) seen.push_back({std::string(lines.text()), lines.byte(), lines.too_long()});
  CHECK_FALSE(lines.next());
  return seen;
}

}  // namespace

TEST_CASE("lines and their offsets are the same whatever the size of the block") {
  const std::string text =
      "\xEF\xBB\xBFone\n\nthree\r\n" + std::string(10, 'x') + "\n" + std::string(11, 'y') + "\nlast";
  const std::vector<Seen> expected = {{"one", 3, false},
                                      {"", 7, false},
                                      {"three\r", 8, false},
                                      {std::string(10, 'x'), 15, false},
                                      {std::string(10, 'y'), 26, true},
                                      {"last", 38, false}};
  for (std::size_t block = 1; block <= text.size() + 1; ++block) {
    std::istringstream stream(text);
    LineReader lines = reader(stream, block, 10);
    lines.skip_byte_order_mark();
    CHECK(all(lines) == expected);
  }
}

TEST_CASE("a last line that ends in LF has no empty line behind it, and nothing has no lines") {
  for (const auto& [text, count] : {std::pair{"", 0}, {"\n", 1}, {"a\n", 1}, {"a\n\n", 2}, {"a\nb", 2}}) {
    std::istringstream stream{text};
    LineReader lines = reader(stream, 4, 10);
    lines.skip_byte_order_mark();
    CHECK(all(lines).size() == static_cast<std::size_t>(count));
  }
}

TEST_CASE("lines that were kept are read again, and those behind them follow") {
  std::istringstream stream("\xEF\xBB\xBFone\ntwo\nthree\nfour\n");
  LineReader lines = reader(stream, 2, 10);
  lines.skip_byte_order_mark();
  lines.keep();
  REQUIRE(lines.next());
  REQUIRE(lines.next());
  CHECK(lines.text() == "two");
  CHECK(lines.kept_bytes() == 11);
  lines.rewind();
  CHECK(all(lines) ==
        std::vector<Seen>{{"one", 3, false}, {"two", 7, false}, {"three", 11, false}, {"four", 17, false}});
}
