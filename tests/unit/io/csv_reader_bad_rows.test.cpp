// SPDX-License-Identifier: MIT
// Bad rows: each reason under each policy, and that every row is accounted for.
#include "penstock/io/csv_reader.hpp"

#include "catch.hpp"
#include "csv_support.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace csv_support;
using penstock::BadRow;
using penstock::BadRowReason;
using penstock::CsvOptions;
using penstock::CsvReader;
using penstock::DataType;
using penstock::Error;
using penstock::OnBadRow;
using penstock::RowRejects;
using penstock::Schema;
using Lines = std::vector<std::string>;

namespace {

// One row for each reason between good ones. Rows 2 to 9 are bad.
const std::string every_reason =
    "x,n,c,s\n"
    "1,1,lo,a\n"
    "2,2,lo\n"
    "3,3,lo,a,b\n"
    "4,4.5,lo,a\n"
    "5,99999999999999999999,lo,a\n"
    "6,6,mid,a\n"
    "7,7,lo,\n"
    "8,8,lo,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
    "9,9,lo,\"a\n"
    "10,10,hi,z\n";

CsvOptions every_reason_options(OnBadRow policy) {
  return {.schema = Schema{{{"x", DataType::float64},
                            {"n", DataType::int64},
                            {"c", DataType::category},
                            {"s", DataType::string, false}}},
          .column_options = {{.name = "c", .categories = {"lo", "hi"}}},
          .on_bad_row = policy,
          .max_row_bytes = 50};
}

constexpr std::array<BadRowReason, 8> reasons_in_order = {
    BadRowReason::too_few_fields, BadRowReason::too_many_fields,   BadRowReason::wrong_type,
    BadRowReason::out_of_range,   BadRowReason::unknown_category,  BadRowReason::missing_value,
    BadRowReason::too_long,       BadRowReason::unterminated_quote};

struct Seen {
  Lines rows;
  RowRejects rejects;
  std::uint64_t accepted;
};

Seen read(const std::string& text, const CsvOptions& options) {
  std::istringstream stream(text);
  CsvReader reader(stream, options);
  Lines rows = read_all(reader);
  return {std::move(rows), reader.rejects(), reader.rows_accepted()};
}

}  // namespace

TEST_CASE("a bad field of the second of two columns of one name is told with that column's type") {
  std::istringstream stream("x\na\n");
  CsvReader reader(stream, {.schema = Schema{{{"x", DataType::string}, {"x", DataType::int64}}}});
  CHECK_THROWS_WITH(reader.next(), "stream, row 1, column x, byte 2: found 'a', expected a value of type int64");
}

TEST_CASE("skip leaves bad rows out and counts each under its reason") {
  const Seen seen = read(every_reason, every_reason_options(OnBadRow::skip));
  CHECK(seen.rows == Lines{"0x1p+0|1|0:lo|'a'", "0x1.4p+3|10|1:hi|'z'"});
  for (const BadRowReason reason : reasons_in_order) {
    CAPTURE(to_string(reason));
    CHECK(seen.rejects[reason] == 1);
  }
  CHECK(seen.rejects.rejected == 8);
  CHECK(seen.rejects.repaired == 0);
  CHECK(seen.rejects.total() == 8);
  CHECK(seen.accepted == 2);
}

TEST_CASE("pad repairs what can be repaired and counts it all the same") {
  const Seen seen = read(every_reason, every_reason_options(OnBadRow::pad));
  CHECK(seen.rows == Lines{"0x1p+0|1|0:lo|'a'", "0x1.8p+1|3|0:lo|'a'", "0x1p+2|NA|0:lo|'a'", "0x1.4p+2|NA|0:lo|'a'",
                           "0x1.8p+2|6|NA|'a'", "0x1.4p+3|10|1:hi|'z'"});
  for (const BadRowReason reason : reasons_in_order) CHECK(seen.rejects[reason] == 1);
  CHECK(seen.rejects.repaired == 4);
  CHECK(seen.rejects.rejected == 4);  // too few (s may not be missing), missing, too long, unterminated
  CHECK(seen.accepted == 6);
}

TEST_CASE("pad fills short rows with missing values") {
  CHECK(read_text("a,b,c\n1,2,3\n4\n5,6,7,8\n", {.infer_rows = 1, .on_bad_row = OnBadRow::pad}) ==
        Lines{"1|2|3", "4|NA|NA", "5|6|7"});
}

TEST_CASE("fail gives the rows before, then the error, then the rows behind") {
  std::istringstream stream("x,y\n1,2\n3,4\n5\n6,7\n8,oops\n9,10\n");
  CsvReader reader(stream, {.infer_rows = 2});
  CHECK(show(*reader.next()) == Lines{"1|2", "3|4"});
  CHECK_FALSE(reader.failed());
  try {
    static_cast<void>(reader.next());
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.where().source == "stream");
    CHECK(error.where().row == 3);
    CHECK(error.where().byte == 12);
    CHECK(error.found() == "1 fields");
    CHECK(error.expected() == "2");
  }
  CHECK(reader.failed());
  CHECK(show(*reader.next()) == Lines{"6|7"});
  const auto result = reader.try_next();
  REQUIRE_FALSE(result.has_value());
  CHECK(std::string(result.error().what()) ==
        "stream, row 5, column y, byte 18: found 'oops', expected a value of type int64");
  CHECK(show(*reader.next()) == Lines{"9|10"});
  CHECK_FALSE(reader.next());
  CHECK(reader.rows_accepted() == 4);
  CHECK(reader.rejects().rejected == 2);
}

TEST_CASE("each reason has its words under fail") {
  const Seen seen = read(every_reason, every_reason_options(OnBadRow::fail));
  REQUIRE(seen.rows.size() == 10);
  CHECK_THAT(seen.rows[1], ContainsSubstring("row 2, byte 17: found 3 fields, expected 4"));
  CHECK_THAT(seen.rows[2], ContainsSubstring("row 3") && ContainsSubstring("found 5 fields, expected 4"));
  CHECK_THAT(seen.rows[3],
             ContainsSubstring("row 4, column n") && ContainsSubstring("'4.5', expected a value of type int64"));
  CHECK_THAT(seen.rows[4], ContainsSubstring("'99999999999999999999', expected a value that int64 can hold"));
  CHECK_THAT(seen.rows[5],
             ContainsSubstring("column c") && ContainsSubstring("'mid', expected one of the column's categories"));
  CHECK_THAT(seen.rows[6], ContainsSubstring("column s") && ContainsSubstring("a missing value"));
  CHECK_THAT(seen.rows[7], ContainsSubstring("at most max_row_bytes, 50"));
  CHECK_THAT(seen.rows[8], ContainsSubstring("a quote that is not closed"));
  CHECK(seen.rejects.rejected == 8);
}

TEST_CASE("a handler sees where, why and what, and decides row by row") {
  std::vector<std::string> calls;
  CsvOptions options = every_reason_options(OnBadRow::handler);
  options.handler = [&calls](const BadRow& bad) {
    calls.push_back(std::to_string(bad.row) + " " + std::to_string(bad.byte) + " " + std::string(bad.column) + " " +
                    std::string(to_string(bad.reason)) + " [" + std::string(bad.value) + "] [" + std::string(bad.text) +
                    "]");
    return bad.row == 4 ? OnBadRow::pad : bad.row == 5 ? OnBadRow::fail : OnBadRow::skip;
  };
  const Seen seen = read(every_reason, options);
  CHECK(calls == Lines{"2 17  too few fields [] [2,2,lo]", "3 24  too many fields [] [3,3,lo,a,b]",
                       "4 35 n wrong type [4.5] [4,4.5,lo,a]",
                       "5 46 n out of range [99999999999999999999] [5,99999999999999999999,lo,a]",
                       "6 74 c unknown category [mid] [6,6,mid,a]", "7 84 s missing value [] [7,7,lo,]",
                       "8 92  too long [] [8,8,lo,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]",
                       "9 164  unterminated quote [] [9,9,lo,\"a]"});
  REQUIRE(seen.rows.size() == 4);
  CHECK(seen.rows[1] == "0x1p+2|NA|0:lo|'a'");
  CHECK_THAT(seen.rows[2], StartsWith("error: "));
  CHECK(seen.rejects.rejected == 7);
  CHECK(seen.rejects.repaired == 1);
}

TEST_CASE("what a bad row shows of itself is bounded") {
  std::size_t most = 0;
  CsvOptions options = as_text({"a", "b"});
  options.max_row_bytes = 100'000;
  options.on_bad_row = OnBadRow::handler;
  options.handler = [&most](const BadRow& bad) {
    most = std::max({most, bad.text.size(), bad.value.size()});
    return OnBadRow::skip;
  };
  CHECK(read(std::string(50'000, 'x') + "\n" + std::string(200'000, 'y') + "\n", options).rejects.rejected == 2);
  CHECK(most == 256);
}

TEST_CASE("what a handler throws leaves next(), and the reader goes on behind the row") {
  std::istringstream stream("a\n1\n2\nx\n3\n");
  CsvReader reader(stream, {.infer_rows = 2, .on_bad_row = OnBadRow::handler, .handler = [](const BadRow&) -> OnBadRow {
                              throw std::runtime_error("enough");
                            }});
  CHECK_THROWS_WITH(reader.next(), ContainsSubstring("enough"));
  CHECK(show(*reader.next()) == Lines{"1", "2", "3"});
  CHECK(reader.rejects().rejected == 1);
  CHECK(reader.rows_accepted() == 3);
}

TEST_CASE("a bad row first in a batch, last in a batch, and a batch of bad rows only") {
  for (std::size_t rows = 1; rows < 9; ++rows) {
    const Seen seen =
        read("a\nx\n1\n2\nx\nx\nx\n3\n4\nx\n",
             {.rows_per_batch = rows, .schema = Schema{{{"a", DataType::int64}}}, .on_bad_row = OnBadRow::skip});
    CHECK(seen.rows == Lines{"1", "2", "3", "4"});
    CHECK(seen.rejects.rejected == 5);
  }
}

TEST_CASE("a bad row leaves no trace: no text, no category, no missing value") {
  const CsvOptions options{
      .rows_per_batch = 2,
      .schema =
          Schema{
              {{"s", DataType::string}, {"c", DataType::category}, {"m", DataType::float64}, {"n", DataType::int64}}},
      .on_bad_row = OnBadRow::skip};
  const Seen seen = read("s,c,m,n\na,p,1,1\nbad,q,,x\nb,r,2,2\nbad,s,,x\nbad,t,,x\nc,p,,3\nd,q,4,4\n", options);
  CHECK(seen.rows == Lines{"'a'|0:p|0x1p+0|1", "'b'|1:r|0x1p+1|2", "'c'|0:p|NA|3", "'d'|2:q|0x1p+2|4"});
}

TEST_CASE("a category that grows has a limit, beyond which a text is unknown") {
  const Seen seen = read("c\na\nb\nc\nb\n", {.column_options = {{.name = "c", .dtype = DataType::category}},
                                             .max_categories = 2,
                                             .on_bad_row = OnBadRow::skip});
  CHECK(seen.rows == Lines{"0:a", "1:b", "1:b"});
  CHECK(seen.rejects[BadRowReason::unknown_category] == 1);
  const Seen fail =
      read("c\na\nb\n", {.column_options = {{.name = "c", .dtype = DataType::category}}, .max_categories = 1});
  CHECK_THAT(fail.rows.back(), ContainsSubstring("'b', expected no more than max_categories, 1"));
}

TEST_CASE("a time out of 64 bits of nanoseconds is out of range") {
  const Seen seen = read("t\n2020-01-01\n9999-01-01\n2020-13-01\n",
                         {.schema = Schema{{{"t", DataType::timestamp}}}, .on_bad_row = OnBadRow::skip});
  CHECK(seen.rows.size() == 1);
  CHECK(seen.rejects[BadRowReason::out_of_range] == 1);
  CHECK(seen.rejects[BadRowReason::wrong_type] == 1);
}

TEST_CASE("columns that are not asked for make no row bad, unless they are too few") {
  const Seen seen =
      read("a,b\n1,2\nx,3\n4\n5,6,7\n", {.columns = {"b"}, .infer_rows = 1, .on_bad_row = OnBadRow::skip});
  CHECK(seen.rows == Lines{"2", "3"});
  CHECK(seen.rejects.total() == 2);
}

TEST_CASE("accepted and rejected rows are the rows of the file, whatever the policy") {
  std::mt19937_64 random(11);
  const std::vector<std::string> fields = {"1",     "-2", "3.5",     "x", "", "99999999999999999999",
                                           "\"4\"", "\"", "\"a\nb\""};
  for (int round = 0; round < 300; ++round) {
    std::string text = "a,b,c\n";
    for (auto rows = random() % 12; rows > 0; --rows) {
      const auto n = random() % 5 == 0 ? random() % 5 + 1 : 3;
      for (std::uint64_t i = 0; i < n; ++i) text += (i == 0 ? "" : ",") + fields[random() % fields.size()];
      text += random() % 2 == 0 ? "\n" : "\r\n";
    }
    CsvOptions options{
        .schema = Schema{{{"a", DataType::int64}, {"b", DataType::float64, false}, {"c", DataType::category}}},
        .max_row_bytes = std::size_t{random() % 2 == 0 ? 20u : 1000u}};
    options.on_bad_row = OnBadRow::skip;
    const Seen skip = read(text, options);
    const std::uint64_t rows = skip.accepted + skip.rejects.rejected;
    CHECK(skip.rejects.repaired == 0);
    CHECK(skip.rows.size() == skip.accepted);

    options.on_bad_row = OnBadRow::pad;
    const Seen pad = read(text, options);
    CHECK(pad.accepted + pad.rejects.rejected == rows);
    CHECK(pad.rejects.by_reason == skip.rejects.by_reason);
    CHECK(pad.rejects.total() == skip.rejects.total());

    options.on_bad_row = OnBadRow::fail;
    const Seen fail = read(text, options);
    CHECK(fail.rows.size() == rows);  // an error for each bad row
    CHECK(fail.rejects == skip.rejects);
  }
}

namespace {

/// Reads well for a while, then fails.
struct FailingStream {
  std::istringstream good;
  std::size_t left;
  bool broken = false;
  void read(char* to, std::ptrdiff_t n) {
    if (left == 0) broken = true;
    good.read(to, std::min<std::ptrdiff_t>(n, static_cast<std::ptrdiff_t>(left)));
    left -= static_cast<std::size_t>(good.gcount());
  }
  std::ptrdiff_t gcount() const { return good.gcount(); }
  bool bad() const { return broken; }
  bool fail() const { return broken; }
};

}  // namespace

TEST_CASE("input that breaks off gives the rows before, and then its error for ever") {
  FailingStream stream{std::istringstream("a,b\n1,2\n3,4\n5,6\n"), 12};
  CsvReader reader(stream, {.schema = Schema{{{"a", DataType::int64}, {"b", DataType::int64}}}, .buffer_bytes = 4});
  CHECK(show(*reader.next()) == Lines{"1|2", "3|4"});
  CHECK_THROWS_WITH(reader.next(), ContainsSubstring("went bad"));
  CHECK_THROWS_WITH(reader.next(), ContainsSubstring("went bad"));
  CHECK(reader.failed());
}
