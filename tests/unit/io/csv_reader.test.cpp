// SPDX-License-Identifier: MIT
#include "penstock/io/csv_reader.hpp"

#include "penstock/core/source.hpp"

#include "catch.hpp"
#include "csv_support.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace csv_support;
using penstock::CsvColumn;
using penstock::CsvOptions;
using penstock::CsvReader;
using penstock::DataType;
using penstock::DuplicateNames;
using penstock::Error;
using penstock::OnBadRow;
using penstock::RecordBatch;
using penstock::Schema;
using Lines = std::vector<std::string>;

static_assert(penstock::frame_source<CsvReader>);
static_assert(penstock::input_stream<std::istringstream> && !penstock::input_stream<std::ostringstream>);

namespace {

/// A file that goes when the test ends.
struct TemporaryFile {
  explicit TemporaryFile(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  ~TemporaryFile() { std::remove(path.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path = "csv_reader_test_" + std::to_string(reinterpret_cast<std::size_t>(this)) + ".csv";
};

}  // namespace

TEST_CASE("a file becomes batches of the chosen number of rows, and the last is shorter") {
  std::istringstream stream("x,y\n1,a\n2,b\n3,c\n4,d\n5,e\n");
  CsvReader reader(stream, {.rows_per_batch = 2});
  CHECK(show(reader.schema()) == Lines{"x int64", "y string"});
  std::vector<std::size_t> sizes;
  std::vector<RecordBatch> batches;
  while (auto batch = reader.next()) {
    CHECK(batch->schema() == reader.schema());
    sizes.push_back(batch->rows());
    batches.push_back(std::move(*batch));
  }
  CHECK(sizes == std::vector<std::size_t>{2, 2, 1});
  CHECK(show(batches[0]) == Lines{"1|'a'", "2|'b'"});  // a batch stays valid behind the next
  CHECK(show(batches[2]) == Lines{"5|'e'"});
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.next());
  CHECK(reader.rows_accepted() == 5);
  CHECK_FALSE(reader.failed());
}

TEST_CASE("a path and a stream of the same bytes read the same") {
  const std::string text = "x,when,name\n1.5,2020-01-01,\"a\nb\"\n,2020-01-02T03:04:05Z,\n-2,,c\n";
  const TemporaryFile file(text);
  for (const std::size_t block : std::vector<std::size_t>{1, 5, 100'000}) {
    CsvReader by_path(file.path, {.buffer_bytes = block});
    std::istringstream stream(text);
    CsvReader by_stream(stream, {.buffer_bytes = block});
    CHECK(by_path.schema() == by_stream.schema());
    const Lines rows = read_all(by_path);
    CHECK(rows == read_all(by_stream));
    CHECK(rows == Lines{"0x1.8p+0|1577836800000000000ns|'a\nb'", "NA|1577934245000000000ns|NA", "-0x1p+1|NA|'c'"});
  }
}

TEST_CASE("a stream that throws at its end ends all the same") {
  std::istringstream stream("x\n1\n");
  stream.exceptions(std::ios::failbit | std::ios::eofbit);
  CsvReader reader(stream);
  CHECK(read_all(reader) == Lines{"1"});
}

TEST_CASE("a file that is not there is an Error with its name, or the result") {
  CHECK_THROWS_AS(CsvReader("no/such/file.csv"), Error);
  const auto result = CsvReader::open("no/such/file.csv");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().where().source == "no/such/file.csv");
  CHECK_THAT(result.error().what(), ContainsSubstring("No such file"));
  CHECK_THROWS_AS(CsvReader("."), Error);  // a folder can be opened, but not read
}

TEST_CASE("a stream that has failed already is an Error, not an empty file") {
  std::ifstream stream("no/such/file.csv");
  CHECK_THROWS_WITH(CsvReader(stream, {.header = false, .schema = Schema{{{"a"}}}}),
                    ContainsSubstring("failed already"));
}

TEST_CASE("a row that is in a pipe is given before the pipe is full or closed") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const auto send = [&ends](const std::string& text) {
    REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<::ssize_t>(text.size()));
  };
  send("a,b\n1,2\n3");
  CsvReader reader("/dev/fd/" + std::to_string(ends[0]),
                   {.rows_per_batch = 1, .schema = Schema{{{"a", DataType::int64}, {"b", DataType::int64}}}});
  CHECK(show(*reader.next()) == Lines{"1|2"});
  send(",4\n");
  CHECK(show(*reader.next()) == Lines{"3|4"});
  ::close(ends[1]);
  CHECK_FALSE(reader.next().has_value());
  ::close(ends[0]);
}

TEST_CASE("an opened reader can be moved and read from") {
  std::istringstream stream("x,c\n1,\"a\"\"b\"\n,\n");
  auto result = CsvReader::open(stream);
  REQUIRE(result.has_value());
  CsvReader reader = std::move(result).value();
  auto other = std::make_unique<CsvReader>(std::move(reader));
  CHECK(read_all(*other) == Lines{"1|'a\"b'", "NA|NA"});
}

TEST_CASE("types are inferred from the sample") {
  CHECK(schema_of("a,b,c,d,e,f\n1,1.5,true,2020-01-01,x,\n-2,1e5,False,2020-01-02 10:00,1x,\n") ==
        Lines{"a int64", "b float64", "c boolean", "d timestamp", "e string", "f string"});
  CHECK(schema_of("a,b\n1,99\n2.5,99999999999999999999\n") == Lines{"a float64", "b float64"});
  CHECK(schema_of("a,b\n ,inf\n +7 ,nan\n") == Lines{"a int64", "b float64"});
  CHECK(schema_of("a,b\n\"1\",\"\"\n\"\",\"x\"\n") == Lines{"a int64", "b string"});
  CHECK(schema_of("a,b\n") == Lines{"a string", "b string"});
  CHECK(schema_of("a\n0\n1\n") == Lines{"a int64"});
}

TEST_CASE("repetitive text is a category, unless that is not wanted") {
  std::string text = "c,s\n";
  for (int i = 0; i < 20; ++i)
    text += std::string(i % 3 == 0 ? "NA," : i % 3 == 1 ? "US," : "GB,") + "t" + std::to_string(i % 6) + "\n";
  CHECK(schema_of(text) == Lines{"c category", "s string"});  // 3 of 20 are distinct, 6 of 20
  CHECK(schema_of(text, {.infer_categories = false}) == Lines{"c string", "s string"});
  CHECK(schema_of(text.substr(0, text.size() - 30)) == Lines{"c string", "s string"});  // below 16 fields
}

TEST_CASE("only infer_rows rows are looked at, and held to from then on") {
  const std::string text = "a\n1\n2\n3.5\nx\n";
  CHECK(schema_of(text, {.infer_rows = 2}) == Lines{"a int64"});
  CHECK(schema_of(text, {.infer_rows = 3}) == Lines{"a float64"});
  CHECK(schema_of(text, {.infer_rows = 4}) == Lines{"a string"});
  std::istringstream stream(text);
  CsvReader reader(stream, {.infer_rows = 2, .on_bad_row = OnBadRow::skip});
  CHECK(read_all(reader) == Lines{"1", "2"});
  CHECK(reader.rejects()[penstock::BadRowReason::wrong_type] == 2);
}

TEST_CASE("rows that are bad say nothing about types") {
  CHECK(schema_of("a,b\nx\n1,2\nx,y,z\n3,4\n", {.on_bad_row = OnBadRow::skip}) == Lines{"a int64", "b int64"});
}

TEST_CASE("a sample longer than it may be ends where it must") {
  std::string text = "a,b\n";
  for (int i = 0; i < 200; ++i) text += "1," + std::string(100'000, 'x') + "\n";  // 20 MB, of which 4 MiB are looked at
  text += "z,z\n";
  std::istringstream stream(text);
  CsvReader reader(stream, {.infer_rows = 1'000'000, .on_bad_row = OnBadRow::skip});
  CHECK(show(reader.schema())[0] == "a int64");
  std::size_t rows = 0;
  while (const auto batch = reader.next()) rows += batch->rows();
  CHECK(rows == 200);
  CHECK(reader.rejects().rejected == 1);
}

TEST_CASE("a schema picks columns by name, in its own order, and says their types") {
  const CsvOptions options{.schema = Schema{{{"c", DataType::float64}, {"a", DataType::string, false}}}};
  CHECK(schema_of("a,b,c\n1,2,3\n", options) == Lines{"c float64", "a string not null"});
  CHECK(read_text("a,b,c\n1,x,3\n", options) == Lines{"0x1.8p+1|'1'"});
  CHECK_THROWS_WITH(schema_of("a,b\n1,2\n", options),
                    ContainsSubstring("column c") && ContainsSubstring("one of: a, b"));
}

TEST_CASE("columns are picked by name and put in the order in which they are asked for") {
  CHECK(read_text("a,b,c\n1,x,3\n", {.columns = {"c", "a"}}) == Lines{"3|1"});
  CHECK_THROWS_WITH(read_text("a,b\n1,2\n", {.columns = {"z"}}), ContainsSubstring("column z"));
}

TEST_CASE("what is said of a column goes before what is inferred") {
  CsvOptions options{.column_options = {{.name = "a", .dtype = DataType::float64},
                                        {.name = "d", .time_formats = {"%m/%d/%y", "%d %b %Y"}},
                                        {.name = "k", .categories = {"lo", "hi"}}}};
  const std::string text = "a,b,d,k\n1,1,12/30/84,hi\n2,2,30 Dec 1984,lo\n";
  CHECK(schema_of(text, options) == Lines{"a float64", "b int64", "d timestamp", "k category"});
  CHECK(read_text(text, options) == Lines{"0x1p+0|1|473212800000000000ns|1:hi", "0x1p+1|2|473212800000000000ns|0:lo"});
  options.column_options.push_back({.name = "z"});
  CHECK_THROWS_WITH(schema_of(text, options), ContainsSubstring("column z"));
}

TEST_CASE("names come from the header, from the caller, or from the places") {
  CHECK(schema_of("1,2\n3,4\n", {.header = false}) == Lines{"column_1 int64", "column_2 int64"});
  CHECK(read_text("1,2\n3,4\n", {.header = false}) == Lines{"1|2", "3|4"});
  CHECK(schema_of("1,2\n", {.header = false, .names = {"p", "q"}}) == Lines{"p int64", "q int64"});
  CHECK(read_text("a,b\n1,2\n", {.names = {"p", "q"}}) == Lines{"1|2"});
  CHECK(schema_of("a,,c\n1,2,3\n")[1] == "column_2 int64");
  CHECK(schema_of("\"a\"\"b\",\"c\nd\"\n1,2\n") == Lines{"a\"b int64", "c\nd int64"});
  CHECK_THROWS_WITH(schema_of("a,b\n1,2\n", {.names = {"p"}}),
                    ContainsSubstring("2 columns") && ContainsSubstring("1, as"));
}

TEST_CASE("two columns of one name are refused by name, or renamed as pandas does") {
  CHECK_THROWS_WITH(schema_of("a,b,a\n1,2,3\n"), ContainsSubstring("column a") && ContainsSubstring("two columns"));
  CHECK(schema_of("a,b,a,a.1,a\n1,2,3,4,5\n", {.duplicate_names = DuplicateNames::rename}) ==
        Lines{"a int64", "b int64", "a.2 int64", "a.1 int64", "a.3 int64"});
}

TEST_CASE("a file without rows has a schema, one without a header is an Error") {
  CHECK(read_text("a,b\n").empty());
  CHECK(read_text("a,b").empty());
  CHECK_THROWS_WITH(read_text(""), ContainsSubstring("a header"));
  CHECK_THROWS_WITH(read_text("\n\n"), ContainsSubstring("a header"));
  CHECK_THROWS_AS(read_text("", {.header = false}), Error);
  CHECK(read_text("", {.header = false, .names = {"a"}}).empty());
  CHECK_THROWS_WITH(read_text("\"a\nb\n"), ContainsSubstring("quote that is not closed"));
  CHECK_THROWS_WITH(read_text("a,b,c\n", {.max_columns = 2}), ContainsSubstring("3 columns"));
  CHECK_THROWS_WITH(read_text("1,2,3\n", {.header = false, .names = {"a", "b", "c"}, .max_columns = 2}),
                    ContainsSubstring("3 columns"));
  CHECK_THROWS_WITH(read_text("1,2\n", {.header = false, .schema = Schema{{{"a"}, {"b"}}}, .max_columns = 1}),
                    ContainsSubstring("2 columns"));
  CHECK_THROWS_WITH(read_text(std::string("\xFF\xFE"
                                          "a\0\n\0",
                                          6)),
                    ContainsSubstring("UTF-16"));
}

TEST_CASE("a header wider than the first guess of the scanner is read whole") {
  std::string header = "c0", row = "0";
  for (int i = 1; i < 1000; ++i) {
    header.append(",c").append(std::to_string(i));
    row.append(",").append(std::to_string(i));
  }
  std::istringstream stream(header + "\n" + row + "\n" + row + ",x\n" + row + "\n");
  CsvReader reader(stream, {.on_bad_row = OnBadRow::skip});
  CHECK(reader.schema().fields.size() == 1000);
  const auto batch = reader.next();
  REQUIRE(batch);
  CHECK(batch->rows() == 2);
  CHECK(batch->column<std::int64_t>("c999")[1] == 999);
}

TEST_CASE("an empty field is missing, a quoted one is an empty text, and NA is a country") {
  CHECK(read_text("s,x\nNA,1\n,\n\"\",\"\"\nnull,2\n") == Lines{"'NA'|1", "NA|NA", "''|NA", "'null'|2"});
  const CsvOptions options{.missing = {"", "NA", "-999"}};
  CHECK(read_text("s,x\nNA,1\n\"NA\",-999\nb,NA\nc,\"NA\"\n-999, NA\n", options) ==
        Lines{"NA|1", "'NA'|NA", "'b'|NA", "'c'|NA", "NA|NA"});
  CHECK(schema_of("s,x\na,\nb,1\n", {.missing = {"NA"}}) == Lines{"s string", "x string"});  // empty is then a text
}

TEST_CASE("booleans have their words") {
  CHECK(read_text("b\ntrue\nFALSE\n True \n\"false\"\n\n") == Lines{"true", "false", "true", "false", "NA"});
  CHECK(read_text("b,x\nyes,1\nno,2\n", {.true_words = {"yes"}, .false_words = {"no"}}) == Lines{"true|1", "false|2"});
}

TEST_CASE("a decimal comma is an option") {
  CHECK(read_text("x;y\n1,5;2\n-0,25;3\n", {.delimiter = ';', .decimal = ','}) == Lines{"0x1.8p+0|2", "-0x1p-2|3"});
  CHECK(schema_of("x;y\n1.5;2\n", {.delimiter = ';', .decimal = ','}) == Lines{"x string", "y int64"});
  CHECK(read_text("x,y\n\"1,5\",2\n", {.decimal = '.'}) == Lines{"'1,5'|2"});
}

TEST_CASE("a blank line is no row, but a missing value where there is one column") {
  CHECK(read_text("a,b\n\n1,2\n\n\n3,4\n\n") == Lines{"1|2", "3|4"});
  CHECK(read_text("a\n1\n\n2\n") == Lines{"1", "NA", "2"});
  CHECK(read_text("\n\na\n1\n\n") == Lines{"1", "NA"});
  std::istringstream stream("a,b\n\n1,2\n");
  CsvReader reader(stream, {.skip_blank_lines = false, .on_bad_row = OnBadRow::skip});
  CHECK(read_all(reader) == Lines{"1|2"});
  CHECK(reader.rejects()[penstock::BadRowReason::too_few_fields] == 1);
}

TEST_CASE("a delimiter at the end of each row is an option, for the header too") {
  const CsvOptions options{.trailing_delimiter = true};
  CHECK(read_text("a,b,\n1,2,\n3,4\n,,\n", options) == Lines{"1|2", "3|4", "NA|NA"});
  CHECK(read_text("a,b\n1,2,\n", options) == Lines{"1|2"});
  CHECK(schema_of("a,b,\n1,2,\n") == Lines{"a int64", "b int64", "column_3 string"});
  CHECK_THAT(read_text("a,b\n1,2,\n").at(0), ContainsSubstring("3 fields"));
}

TEST_CASE("lines before the header can be skipped, whatever is in them") {
  CHECK(read_text("made by \"x\n\r\n# a,b\nx,y\n1,2\n", {.skip_rows = 3}) == Lines{"1|2"});
  CHECK(read_text("\xEF\xBB\xBFtitle\rx\r1\r", {.skip_rows = 1}) == Lines{"1"});
  CHECK_THROWS_AS(read_text("a\n1\n", {.skip_rows = 5}), Error);
  for (std::size_t block = 1; block < 20; ++block)
    CHECK(read_text("a\r\nb\r\n\r\nx,y\r\n1,2", {.skip_rows = 3, .buffer_bytes = block}) == Lines{"1|2"});
}

TEST_CASE("lines that begin with the comment byte are no rows") {
  CHECK(read_text("# about\nx,y\n#1,\"2\n3,#4\n", {.comment = '#'}) == Lines{"3|'#4'"});
}

TEST_CASE("categories keep their codes over batches") {
  std::istringstream stream("c\nb\na\nb\nc\n\na\nd\n");
  CsvReader reader(stream, {.rows_per_batch = 2, .column_options = {{.name = "c", .dtype = DataType::category}}});
  CHECK(read_all(reader) == Lines{"0:b", "1:a", "0:b", "2:c", "NA", "1:a", "3:d"});
}

TEST_CASE("categories of many texts, short and long, all keep their codes") {
  std::string text = "c,n\n";
  std::vector<std::string> words;
  for (int i = 0; i < 5000; ++i)
    words.push_back((i % 2 == 0 ? "" : "a text of more than eight bytes ") + std::to_string(i));
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 5000; ++i) text += words[static_cast<std::size_t>(i)] + "," + std::to_string(i) + "\n";
  std::istringstream stream(text);
  CsvReader reader(stream, {.rows_per_batch = 700, .column_options = {{.name = "c", .dtype = DataType::category}}});
  std::size_t wrong = 0, rows = 0;
  while (const auto batch = reader.next()) {
    for (std::size_t i = 0; i < batch->rows(); ++i, ++rows) {
      const auto n = batch->column<std::int64_t>("n")[i];
      wrong += batch->column<std::int32_t>("c")[i] != n;
      wrong += batch->column<std::string_view>("c")[i] != words[static_cast<std::size_t>(n)];
    }
  }
  CHECK(rows == 10'000);
  CHECK(wrong == 0);
}

TEST_CASE("a NUL byte is text like any other, and no part of a number") {
  const std::string text("s,x\na\0b,1\n\"\0\",2\n", 16);
  CHECK(read_text(text) == Lines{std::string("'a\0b'|1", 7), std::string("'\0'|2", 5)});
  CHECK(schema_of(std::string("x,y\n1\0,2\n", 9)) == Lines{"x string", "y int64"});
}

TEST_CASE("wrong options are refused by name and value, before the file is touched") {
  const auto refused = [](CsvOptions options, const char* words) {
    CHECK_THROWS_AS(CsvReader("no/such/file.csv", options), std::invalid_argument);
    CHECK_THROWS_WITH(CsvReader("no/such/file.csv", options), ContainsSubstring(words));
  };
  refused({.rows_per_batch = 0}, "rows_per_batch is 0");
  refused({.delimiter = '\n'}, "delimiter is 0x0A");
  refused({.delimiter = '"'}, "delimiter is '\"'");
  refused({.delimiter = ',', .decimal = ','}, "delimiter is ','");
  refused({.quote = '\r'}, "quote is 0x0D");
  refused({.comment = '"'}, "quote is '\"'");
  refused({.decimal = ';'}, "decimal is ';'");
  refused({.schema = Schema{}}, "schema has no fields");
  refused({.schema = Schema{{{"a"}}}, .columns = {"a"}}, ".columns both");
  refused({.column_options = {{.name = "d", .time_formats = {"%Q"}}}}, "%Q");
  refused({.column_options = {{.name = "d"}, {.name = "d"}}}, "column d: is there twice");
  refused({.column_options = {{.name = "d", .dtype = DataType::int64, .categories = {"a"}}}}, "categories are given");
  refused({.column_options = {{.name = "d", .dtype = DataType::int64, .time_formats = {"%Y"}}}},
          "time formats are given");
  refused({.column_options = {{.name = "d", .categories = {"a", "b", "a"}}}}, "'a' stands there twice");
  refused({.infer_rows = 0}, "infer_rows is 0");
  refused({.max_categories = 0}, "max_categories is 0");
  refused({.true_words = {"1"}, .false_words = {"1"}}, "both have '1'");
  refused({.on_bad_row = OnBadRow::handler}, "handler is empty");
  refused({.handler = [](const penstock::BadRow&) { return OnBadRow::skip; }}, "handler is set");
  refused({.max_row_bytes = 0}, "max_row_bytes is 0");
  refused({.max_columns = 0}, "max_columns is 0");
  refused({.buffer_bytes = 0}, "buffer_bytes is 0");
  std::istringstream stream("a\n1\n");
  CHECK_THROWS_AS(
      CsvReader(stream, {.schema = Schema{{{"a"}}}, .column_options = {{.name = "a", .categories = {"x"}}}}),
      std::invalid_argument);
}
