// SPDX-License-Identifier: MIT
#include "penstock/io/csv_writer.hpp"

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/source.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

using namespace penstock;
using namespace std::string_literals;

static_assert(sink_for<CsvWriter, RecordBatch>);
static_assert(std::movable<CsvWriter>);

namespace {

const Schema mixed{{{"x", DataType::float64},
                    {"n", DataType::int64},
                    {"ok", DataType::boolean},
                    {"when", DataType::timestamp},
                    {"note", DataType::string},
                    {"land", DataType::category}}};

RecordBatch two_rows() {
  RecordBatchBuilder builder(mixed);
  builder.append<double>(0, 0.1);
  builder.append<std::int64_t>(1, std::numeric_limits<std::int64_t>::min());
  builder.append<bool>(2, true);
  builder.append<Timestamp>(3, Timestamp(std::chrono::milliseconds(1500)));
  builder.append<std::string_view>(4, "a,b");
  builder.append<std::string_view>(5, "NA");
  for (std::size_t i = 0; i < 6; ++i) builder.append_null(i);
  return builder.finish();
}

RecordBatch one_column(const std::vector<std::string_view>& texts, std::string name = "text") {
  RecordBatchBuilder builder({{{std::move(name), DataType::string}}});
  for (const auto text : texts) builder.append<std::string_view>(0, text);
  return builder.finish();
}

RecordBatch doubles(const std::vector<double>& values) {
  return {{{{"x", DataType::float64}}}, {Column(ColumnValues(values))}};
}

std::string csv(const RecordBatch& batch, const CsvWriterOptions& options = {}) {
  std::string text;
  CsvWriter writer(&text, options);
  writer.write(batch);
  writer.close();
  CHECK(writer.bytes_written() == text.size());
  CHECK(writer.rows_written() == batch.rows());
  return text;
}

}  // namespace

TEST_CASE("every type has its form, and a missing value is nothing") {
  CHECK(csv(two_rows()) ==
        "x,n,ok,when,note,land\n"
        "0.1,-9223372036854775808,true,1970-01-01T00:00:01.500Z,\"a,b\",NA\n"
        ",,,,,\n");
}

TEST_CASE("delimiter, quote, newline, header, the word for missing values and the decimal point are options") {
  CHECK(csv(two_rows(), {.delimiter = ';', .newline = "\r\n", .header = false, .missing = "NA", .decimal = ','}) ==
        "0,1;-9223372036854775808;true;1970-01-01T00:00:01.500Z;a,b;\"NA\"\r\n"
        "NA;NA;NA;NA;NA;NA\r\n");
  CHECK(csv(one_column({"it's", "a\tb", "c\"d"}), {.delimiter = '\t', .quote = '\''}) ==
        "text\n'it''s'\n'a\tb'\nc\"d\n");
}

TEST_CASE("text is quoted only where it would read back as something else") {
  CHECK(csv(one_column({"plain", "two words", "", "a\"b", "line\nbreak", "cr\rx", " lead", "trail\t", "\"", "Zürich",
                        std::string_view("nul\0x", 5), "#", "nan"})) ==
        "text\nplain\ntwo words\n\"\"\n\"a\"\"b\"\n\"line\nbreak\"\n\"cr\rx\"\n\" lead\"\n\"trail\t\"\n"
        "\"\"\"\"\nZürich\nnul\0x\n#\nnan\n"s);
  CHECK(csv(one_column({"x"}, "a,\"b\"")) == "\"a,\"\"b\"\"\"\nx\n");
}

TEST_CASE("a file that would begin with a byte order mark has it in quotes, and nowhere else") {
  CHECK(csv(one_column({"\xEF\xBB\xBFy"}, "\xEF\xBB\xBFx")) == "\"\xEF\xBB\xBFx\"\n\xEF\xBB\xBFy\n");
}

TEST_CASE("NaN and infinities are values, in words of choice") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(csv(doubles({std::nan(""), -std::nan(""), inf, -inf, -0.0})) == "x\nnan\nnan\ninf\n-inf\n-0.0\n");
  CHECK(csv(doubles({std::nan(""), -inf}), {.nan = "", .infinity = "Infinity"}) == "x\n\n-Infinity\n");
}

TEST_CASE("the header is written once, and the rows of a slice are its own") {
  std::ostringstream stream;
  CsvWriter writer(stream);
  const RecordBatch batch = doubles({1, 2, 3, 4});
  writer.write(batch.slice(1, 2));
  writer.write(batch.slice(0, 0));
  writer.write(batch.slice(3, 1));
  writer.flush();
  CHECK(stream.str() == "x\n2.0\n3.0\n4.0\n");
  CHECK(writer.rows_written() == 3);
}

TEST_CASE("an empty table has its header if the schema is given") {
  std::string text;
  CsvWriter writer(&text);
  writer.write_header(mixed);
  writer.write_header(mixed);
  writer.close();
  CHECK(text == "x,n,ok,when,note,land\n");
}

TEST_CASE("a batch of other columns is an Error that names the first of them, and leaves nothing") {
  std::string text;
  CsvWriter writer(&text);
  writer.write(doubles({1}));
  CHECK_THROWS_WITH(writer.write(one_column({"t"}, "x")),
                    ContainsSubstring("found x of type string") && ContainsSubstring("expected x of type float64"));
  CHECK_THROWS_WITH(writer.write(two_rows()), ContainsSubstring("column 2: found n of type int64, expected no column"));
  CHECK_THROWS_WITH(writer.write(RecordBatch()), ContainsSubstring("found no column, expected x of type float64"));
  writer.write(doubles({2}));
  writer.close();
  CHECK(text == "x\n1.0\n2.0\n");
}

TEST_CASE("a batch with columns of its own appended is written like any other") {
  const RecordBatch scored = doubles({1, 2, 3}).slice(1, 2).with_columns(
      {{"score", DataType::float64}, {"prediction", DataType::int64}},
      {Column(std::vector<double>{0.25, 0.75}), Column(std::vector<std::int64_t>{0, 1})});
  CHECK(csv(scored) == "x,score,prediction\n2.0,0.25,0\n3.0,0.75,1\n");
}

TEST_CASE("a full disk under CSV is an Error, and so is a write after close") {
  CsvWriter full("/dev/full", {.output = {.buffer_bytes = 4096}});
  CHECK_THROWS_WITH(full.write(doubles(std::vector<double>(5000, 0.5))), ContainsSubstring("No space left on device"));
  CHECK_THROWS_AS(full.close(), Error);
  std::string text;
  CsvWriter closed(&text);
  closed.close();
  CHECK_THROWS_WITH(closed.write(doubles({1})), ContainsSubstring("a write after close()"));
}

TEST_CASE("a writer can be moved") {
  std::string text;
  CsvWriter first(&text);
  first.write(doubles({1}));
  CsvWriter second(std::move(first));
  second.write(doubles({2}));
  second.close();
  CHECK(text == "x\n1.0\n2.0\n");
}

TEST_CASE("options that contradict each other are refused by name and value") {
  std::string text;
  const auto with = [&text](const CsvWriterOptions& options) { CsvWriter writer(&text, options); };
  CHECK_THROWS_WITH(with({.delimiter = '"'}), ContainsSubstring(".delimiter and .quote are both '\"'"));
  CHECK_THROWS_WITH(with({.delimiter = '\n'}), ContainsSubstring(".delimiter"));
  CHECK_THROWS_WITH(with({.delimiter = ',', .decimal = ','}), ContainsSubstring(".delimiter is ','"));
  CHECK_THROWS_WITH(with({.delimiter = '7'}), ContainsSubstring(".delimiter is '7'"));
  CHECK_THROWS_WITH(with({.delimiter = '.', .decimal = ','}), ContainsSubstring(".delimiter is '.'"));  // in times
  CHECK_THROWS_WITH(with({.quote = 'e'}), ContainsSubstring(".quote is 'e'"));
  CHECK_THROWS_WITH(with({.newline = "\n\n"}), ContainsSubstring(".newline"));
  CHECK_THROWS_WITH(with({.missing = "a,b"}), ContainsSubstring(".missing would need quotes"));
  CHECK_THROWS_WITH(with({.decimal = ';'}), ContainsSubstring(".decimal is ';'"));
}
