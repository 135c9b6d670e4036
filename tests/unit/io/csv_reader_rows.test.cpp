// SPDX-License-Identifier: MIT
// Rows and fields: each hard case with a block border at every byte, against the slow oracle.
#include "penstock/io/csv_reader.hpp"

#include "catch.hpp"
#include "csv_oracle.hpp"
#include "csv_support.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace csv_support;
using penstock::CsvOptions;
using penstock::CsvReader;
using penstock::OnBadRow;

namespace {

/// A quoted string is told from an unquoted one by whether an empty one is missing.
std::string show(const csv_oracle::Field& field) {
  return field.text.empty() && !field.quoted ? "NA" : "'" + field.text + "'";
}

/// What the reader has to give for a text, of which every column is text, under OnBadRow::skip: rows, then a line for
/// each count.
std::vector<std::string> expected_rows(const std::string& text, std::size_t columns, const CsvOptions& options) {
  csv_oracle::Reader oracle(text, {.delimiter = options.delimiter,
                                   .quote = options.quote,
                                   .comment = options.comment,
                                   .skip_blank_lines = options.skip_blank_lines && columns != 1,
                                   .max_row_bytes = options.max_row_bytes});
  std::vector<std::string> rows;
  std::uint64_t few = 0, many = 0, too_long = 0, open = 0;
  while (const auto row = oracle.next()) {
    if (row->kind != csv_oracle::Row::row) {
      ++(row->kind == csv_oracle::Row::too_long ? too_long : open);
      continue;
    }
    if (row->fields.size() != columns) {
      ++(row->fields.size() < columns ? few : many);
      continue;
    }
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) line += (i == 0 ? "" : "|") + show(row->fields[i]);
    rows.push_back(line);
  }
  rows.push_back("few " + std::to_string(few) + " many " + std::to_string(many) + " long " + std::to_string(too_long) +
                 " open " + std::to_string(open));
  return rows;
}

std::vector<std::string> reader_rows(const std::string& text, const CsvOptions& options) {
  using penstock::BadRowReason;
  std::istringstream stream(text);
  CsvReader reader(stream, options);
  std::vector<std::string> rows = read_all(reader);
  const auto& rejects = reader.rejects();
  CHECK(reader.rows_accepted() == rows.size());
  CHECK(rejects.total() == rejects.rejected);
  rows.push_back("few " + std::to_string(rejects[BadRowReason::too_few_fields]) + " many " +
                 std::to_string(rejects[BadRowReason::too_many_fields]) + " long " +
                 std::to_string(rejects[BadRowReason::too_long]) + " open " +
                 std::to_string(rejects[BadRowReason::unterminated_quote]));
  return rows;
}

/// Compares reader and oracle for each block size up to the text's, which puts a border at every byte.
void check_all_borders(const std::string& text, std::size_t columns, CsvOptions options = {}) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns; ++i) names.push_back("c" + std::to_string(i));
  options = as_text(names, options);
  options.on_bad_row = OnBadRow::skip;
  const std::vector<std::string> expected = expected_rows(text, columns, options);
  for (std::size_t block = 1; block <= text.size() + 1; ++block) {
    options.buffer_bytes = block;
    options.rows_per_batch = block % 3 + 1;
    const std::vector<std::string> got = reader_rows(text, options);
    if (got == expected) continue;
    CAPTURE(text, columns, block);
    CHECK(got == expected);
    return;
  }
}

}  // namespace

TEST_CASE("rows and fields are the oracle's wherever the blocks of input end") {
  const std::vector<std::string> texts = {
      "",
      "a,b\n",
      "a,b",
      "a,b\r\nc,d\r\n",
      "a,b\rc,d\r",
      "a,b\rc,d",
      "a,b\n\rc,d\r\r\n\ne,f",
      "\xEF\xBB\xBF"
      "a,b\nc,d\n",
      "\xEF\xBB\xBF",
      "\xEF\xBB",
      "\xEF\xBB\xBF\"a\",b\n",
      "\"a\nb\",c\n\"d\r\ne\",f\n",
      "\"a,b\",\"c\"\"d\"\n\"\"\"\",\"\"\"x\"\"\"\n",
      "\"\",\n,\"\"\n\"\",\"\"\n,\n",
      "\"\"\"\"\"\",\"\"\"\"",
      "\"a\"b,c\"d\n\"a\"\"b\"c\"d\",\" e\"\n",
      " \"a\",b\n\"a\" ,b\n",
      "\xC3\xA9t\xC3\xA9,\xE2\x82\xAC\n\"\xF0\x9F\x98\x80,\",x\n",
      "a,b\n\nc,d\n\n\n",
      "\n\n\na,b\n",
      "\r\n\r\na,b\r\n\r\n",
      "a,b\nc\nd,e,f\n,\n,,\ng,h\n",
      "x,y,\nz,w,\n",
      std::string("a\0b,\0\n\"\0\",c\n", 13),
      "a,\"open\nc,d\ne,f\n",
      "a,b\n\"open,d\ne,f",
      "a,b\n\"",
      "a,\"",
      "a,\"\"",
      "a,\"\"\"",
      "\"a\",\"b\"\r\"c\",\"d\"\r\n\"e\",\"f\"",
      "#no,row\na,b\n#\n#\"\nc,#d\n",
      "\"#a\",b\n",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b\n",
      ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\na,b\n",
  };
  for (const std::string& text : texts) {
    for (const std::size_t columns : std::vector<std::size_t>{1, 2, 3}) {
      check_all_borders(text, columns);
      check_all_borders(text, columns, {.quote = std::nullopt});
      check_all_borders(text, columns, {.comment = '#'});
      check_all_borders(text, columns, {.skip_blank_lines = false});
      for (const std::size_t most : std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8, 12})
        check_all_borders(text, columns, {.max_row_bytes = most});
    }
    std::string other = text;
    std::replace(other.begin(), other.end(), ',', ';');
    std::replace(other.begin(), other.end(), '"', '\'');
    check_all_borders(other, 2, {.delimiter = ';', .quote = '\''});
    std::replace(other.begin(), other.end(), ';', '\0');  // which is also what stands behind the end of a block
    check_all_borders(other, 2, {.delimiter = '\0', .quote = '\''});
  }
}

TEST_CASE("random rows of troublesome bytes are cut as the oracle cuts them") {
  std::mt19937_64 random(7);
  const std::string alphabet = "\"\"\"\",,,\n\n\r\rab# ";
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (auto n = random() % 40; n > 0; --n) text += alphabet[random() % alphabet.size()];
    CsvOptions options{.comment = random() % 4 == 0 ? std::optional('#') : std::nullopt,
                       .skip_blank_lines = random() % 2 == 0,
                       .max_row_bytes = random() % 2 == 0 ? random() % 12 + 1 : 1000};
    check_all_borders(text, random() % 3 + 1, options);
  }
}

TEST_CASE("long random files, over many blocks of usual kind") {
  std::mt19937_64 random(8);
  const std::vector<std::string> pieces = {"1",
                                           "-2.5",
                                           "word",
                                           "\"quoted\"",
                                           "\"a,b\"",
                                           "\"line\nend\"",
                                           "\"do\"\"ubled\"",
                                           "",
                                           "\"\"",
                                           "x y",
                                           "\xC3\xA9",
                                           "long text without any end, so to say"};
  for (int round = 0; round < 20; ++round) {
    std::string text;
    const char* line_end = round % 3 == 0 ? "\n" : round % 3 == 1 ? "\r\n" : "\r";
    for (int row = 0; row < 500; ++row) {
      const auto fields = random() % 50 == 0 ? random() % 6 + 1 : 4;
      for (std::uint64_t i = 0; i < fields; ++i) {
        if (i > 0) text += ',';
        text += pieces[random() % pieces.size()];
      }
      text += line_end;
    }
    CsvOptions options = as_text({"a", "b", "c", "d"});
    options.on_bad_row = OnBadRow::skip;
    const auto expected = expected_rows(text, 4, options);
    for (const std::size_t block : std::vector<std::size_t>{7, 63, 64, 65, 1000, 4096, 1 << 20}) {
      options.buffer_bytes = block;
      CHECK(reader_rows(text, options) == expected);
    }
  }
}

TEST_CASE("one stray quote costs one line, wherever the file goes on") {
  const std::string rest = "c,d\ne,f\n";
  CsvOptions options = as_text({"x", "y"}, {.on_bad_row = OnBadRow::skip});
  std::istringstream stream("a,\"b\n" + rest);
  CsvReader reader(stream, options);
  CHECK(read_all(reader) == std::vector<std::string>{"'c'|'d'", "'e'|'f'"});
  CHECK(reader.rejects()[penstock::BadRowReason::unterminated_quote] == 1);
  CHECK(reader.rejects().total() == 1);
}

TEST_CASE("a row much longer than the limit is skipped without being held") {
  std::string text =
      "a,b\n" + std::string(3'000'000, 'x') + ",y\nc,d\n\"" + std::string(3'000'000, 'x') + "\",y\ne,f\n";
  CsvOptions options = as_text({"x", "y"}, {.on_bad_row = OnBadRow::skip, .max_row_bytes = 1000, .buffer_bytes = 512});
  const auto rows = reader_rows(text, options);
  CHECK(rows == std::vector<std::string>{"'a'|'b'", "'c'|'d'", "'e'|'f'", "few 0 many 0 long 1 open 1"});
}
