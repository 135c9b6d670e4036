// SPDX-License-Identifier: MIT
#include "penstock/io/json_lines_reader.hpp"

#include "penstock/core/source.hpp"

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace penstock;

static_assert(frame_source<JsonLinesReader>);
static_assert(std::movable<JsonLinesReader>);

namespace {

const Schema mixed{{{"x", DataType::float64},
                    {"n", DataType::int64},
                    {"ok", DataType::boolean},
                    {"when", DataType::timestamp},
                    {"note", DataType::string},
                    {"land", DataType::category}}};
const Schema number{{{"x", DataType::float64}}};
const Schema integer{{{"n", DataType::int64}}};
const Schema text_column{{{"t", DataType::string}}};

struct Bad {
  std::uint64_t row, byte;
  std::string column;
  BadRowReason reason;
  std::string value, text;
  friend bool operator==(const Bad&, const Bad&) = default;
};

/// All rows of a text in one batch; what was bad goes to `bad`.
RecordBatch read(const std::string& text, JsonLinesOptions options, std::vector<Bad>* bad = nullptr,
                 OnBadRow action = OnBadRow::skip) {
  std::istringstream stream(text);
  if (bad != nullptr) {
    options.on_bad_row = OnBadRow::handler;
    options.handler = [=](const BadRow& b) {
      bad->push_back({b.row, b.byte, std::string(b.column), b.reason, std::string(b.value), std::string(b.text)});
      return action;
    };
  }
  JsonLinesReader reader(stream, options);
  const auto batch = reader.next();
  CHECK_FALSE(reader.next().has_value());
  return batch.value_or(RecordBatch());
}

std::vector<std::string> texts(const RecordBatch& batch) {
  std::vector<std::string> all;
  for (const auto text : batch.column<std::string_view>(0)) all.emplace_back(text);
  return all;
}

}  // namespace

TEST_CASE("each type is read from its own kind of value, in any order of members") {
  const RecordBatch batch = read(
      "\xEF\xBB\xBF{\"x\":0.1,\"n\":-9223372036854775808,\"ok\":true,\"when\":\"1970-01-01T00:00:01.5Z\","
      "\"note\":\"a\\nb\",\"land\":\"NA\"}\r\n"
      "\n   \n"
      "{\"land\":\"NA\",\"note\":\"\",\"when\":\"1969-12-31T23:59:59.999999999Z\",\"ok\":false,\"n\":7,\"x\":-0.0}",
      {.schema = mixed});
  REQUIRE(batch.rows() == 2);
  CHECK(batch.schema() == mixed);
  CHECK(batch.column<double>("x")[0] == 0.1);
  CHECK(std::signbit(batch.column<double>("x")[1]));
  CHECK(batch.column<std::int64_t>("n")[0] == INT64_MIN);
  CHECK(batch.column<std::int64_t>("n")[1] == 7);
  CHECK(batch.column<bool>("ok")[0]);
  CHECK_FALSE(batch.column<bool>("ok")[1]);
  CHECK(batch.column<Timestamp>("when")[0] == Timestamp(std::chrono::milliseconds(1500)));
  CHECK(batch.column<Timestamp>("when")[1] == Timestamp(std::chrono::nanoseconds(-1)));
  CHECK(batch.column<std::string_view>("note")[0] == "a\nb");
  CHECK(batch.is_valid(4, 1));
  CHECK(batch.column<std::int32_t>("land")[1] == 0);
}

TEST_CASE("null, and no such member, is a missing value") {
  const RecordBatch batch = read(R"({"x":null,"n":null,"ok":null,"when":null,"note":null,"land":null})"
                                 "\n{}\n",
                                 {.schema = mixed});
  REQUIRE(batch.rows() == 2);
  for (std::size_t i = 0; i < 6; ++i) CHECK((!batch.is_valid(i, 0) && !batch.is_valid(i, 1)));
}

TEST_CASE("columns are inferred in the order in which they first come, and then held to") {
  std::vector<Bad> bad;
  const RecordBatch batch = read(
      "{\"i\":1,\"f\":1,\"b\":true,\"t\":\"2024-01-01T00:00:00Z\",\"s\":\"x\",\"none\":null,\"mix\":1,\"big\":1}\n"
      "{\"f\":2.5,\"late\":[1],\"i\":null,\"mix\":\"a\",\"big\":9223372036854775808,\"t\":\"2024-01-02\"}\n"
      "{\"i\":1.5}\n",
      {.infer_rows = 2}, &bad);
  CHECK(batch.schema() == Schema{{{"i", DataType::int64},
                                  {"f", DataType::float64},
                                  {"b", DataType::boolean},
                                  {"t", DataType::timestamp},
                                  {"s", DataType::string},
                                  {"none", DataType::string},
                                  {"mix", DataType::string},
                                  {"big", DataType::float64},
                                  {"late", DataType::string}}});
  CHECK(batch.rows() == 2);
  CHECK(batch.column<double>("big")[1] == 9223372036854775808.0);
  CHECK(batch.column<std::string_view>("late")[1] == "[1]");
  CHECK(batch.column<std::string_view>("mix")[0] == "1");
  REQUIRE(bad.size() == 1);
  CHECK(bad[0].reason == BadRowReason::wrong_type);
  CHECK(read("{\"t\":\"2024-01-01\"}", {.infer_timestamps = false}).schema() == text_column);
}

TEST_CASE("nothing has no columns and no rows; rows without any column are an Error") {
  std::istringstream nothing("\n \n");
  JsonLinesReader reader(nothing);
  CHECK(reader.schema().fields.empty());
  CHECK_FALSE(reader.next().has_value());
  std::istringstream empty_objects("{}\n{}\n");
  CHECK_THROWS_WITH(JsonLinesReader(empty_objects), ContainsSubstring("no column in a sample of 2 rows"));
  std::istringstream wide("{\"a\":1,\"b\":2,\"c\":3}\n");
  CHECK_THROWS_WITH(JsonLinesReader(wide, {.max_columns = 2}), ContainsSubstring("max_columns, 2"));
}

TEST_CASE("a string column takes every value as its JSON text, and refuses nested ones on demand") {
  const std::string text =
      "{\"t\":12345678901234567890123}\n{\"t\":true}\n{\"t\":{\"a\": [1, \"\\n\"]}}\n{\"t\":\"[]\"}\n";
  CHECK(texts(read(text, {.schema = text_column})) ==
        std::vector<std::string>{"12345678901234567890123", "true", "{\"a\": [1, \"\\n\"]}", "[]"});
  std::vector<Bad> bad;
  CHECK(read(text, {.schema = text_column, .nested = NestedValues::reject}, &bad).rows() == 3);
  REQUIRE(bad.size() == 1);
  CHECK(bad[0].reason == BadRowReason::wrong_type);
  CHECK(bad[0].row == 3);
}

TEST_CASE("numbers are correctly rounded; integers beyond 64 bits are out of range, doubles infinite") {
  const RecordBatch batch = read(
      "{\"x\":9007199254740993}\n{\"x\":2.2250738585072011e-308}\n{\"x\":5e-324}\n{\"x\":1e400}\n{\"x\":1e-400}\n"
      "{\"x\":0.1000000000000000055511151231257827021181583404541015625}\n",
      {.schema = number});
  const auto x = batch.column<double>(0).values();
  CHECK(std::vector<double>(x.begin(), x.end()) ==
        std::vector<double>{9007199254740992.0, 2.2250738585072011e-308, 5e-324, HUGE_VAL, 0.0, 0.1});
  std::vector<Bad> bad;
  CHECK(read("{\"n\":9223372036854775808}\n{\"n\":1.0}\n{\"n\":1e2}\n{\"n\":\"1\"}\n{\"n\":9223372036854775807}\n",
             {.schema = integer}, &bad)
            .column<std::int64_t>(0)[0] == INT64_MAX);
  REQUIRE(bad.size() == 4);
  CHECK(bad[0] == Bad{1, 0, "n", BadRowReason::out_of_range, "9223372036854775808", "{\"n\":9223372036854775808}"});
  CHECK(bad[1].reason == BadRowReason::wrong_type);
  CHECK(bad[2].reason == BadRowReason::wrong_type);
  CHECK(bad[3].reason == BadRowReason::wrong_type);
}

TEST_CASE("NaN and infinities are read only if asked for") {
  const std::string text = "{\"x\":NaN}\n{\"x\":Infinity}\n{\"x\":-Infinity}\n";
  const RecordBatch batch = read(text, {.schema = number, .non_finite_words = true});
  REQUIRE(batch.rows() == 3);
  CHECK(std::isnan(batch.column<double>(0)[0]));
  CHECK(batch.is_valid(0, 0));
  CHECK(batch.column<double>(0)[1] == HUGE_VAL);
  CHECK(batch.column<double>(0)[2] == -HUGE_VAL);
  std::vector<Bad> bad;
  CHECK(read(text, {.schema = number}, &bad).rows() == 0);
  CHECK(bad.size() == 3);
}

TEST_CASE("a bad row is counted once, with its number, offset, column, reason and text") {
  const std::string text =
      "{\"x\":1}\n"
      "{\"x\":\"one\"}\n"       // wrong type
      "\n"                      // no row
      "{\"x\":2\n"              // malformed
      "{\"x\":3,\"x\":4}\n"     // twice
      "{\"x\":5,\"y\":6}\n"     // unknown
      "{\"x\":null}\n"          // missing
      "{\"x\":7,          }\n"  // too long
      "{\"x\":8}\n";
  const JsonLinesOptions options{
      .schema = Schema{{{"x", DataType::float64, false}}}, .unknown = UnknownMembers::reject, .max_row_bytes = 16};
  const std::vector<Bad> expected = {{2, 8, "x", BadRowReason::wrong_type, "one", "{\"x\":\"one\"}"},
                                     {3, 21, "", BadRowReason::malformed, "", "{\"x\":2"},
                                     {4, 28, "x", BadRowReason::duplicate_column, "4", "{\"x\":3,\"x\":4}"},
                                     {5, 42, "", BadRowReason::unknown_column, "y", "{\"x\":5,\"y\":6}"},
                                     {6, 56, "x", BadRowReason::missing_value, "", "{\"x\":null}"},
                                     {7, 67, "", BadRowReason::too_long, "", "{\"x\":7,         "}};
  for (std::size_t block = 1; block < 40; ++block) {  // every offset as the border of a block
    JsonLinesOptions o = options;
    o.buffer_bytes = block;
    std::vector<Bad> bad;
    const RecordBatch batch = read(text, o, &bad);
    REQUIRE(batch.rows() == 2);
    CHECK(batch.column<double>(0)[1] == 8);
    REQUIRE(bad == expected);
  }

  std::istringstream stream(text);
  JsonLinesOptions skip = options;
  skip.on_bad_row = OnBadRow::skip;
  JsonLinesReader reader(stream, skip);
  CHECK(reader.next()->rows() == 2);
  CHECK(reader.rejects().rejected == 6);
  CHECK(reader.rejects().repaired == 0);
  CHECK(reader.rejects()[BadRowReason::too_long] == 1);
  CHECK(reader.rejects()[BadRowReason::malformed] == 1);
  CHECK(reader.rows_accepted() == 2);
}

TEST_CASE("by default a bad row is an Error, after the rows before it, and the next call goes on behind it") {
  std::istringstream stream("{\"x\":1}\n{\"x\":2}\n{\"x\":true}\n{\"x\":3}\n{\"x\" 4}\n");
  JsonLinesReader reader(stream, {.schema = number});
  CHECK(reader.next()->rows() == 2);
  try {
    static_cast<void>(reader.next());
    FAIL("read");
  } catch (const Error& error) {
    CHECK(error.where() == Where{.source = "stream", .row = 3, .byte = 21, .column = "x"});
    CHECK(std::string(error.what()) ==
          "stream, row 3, column x, byte 21: found wrong type, 'true', expected a value of type float64");
  }
  CHECK(reader.next()->column<double>(0)[0] == 3);
  const auto last = reader.try_next();
  REQUIRE_FALSE(last.has_value());
  CHECK(last.error().where() == Where{.source = "stream", .row = 5, .byte = 40});
  CHECK(last.error().expected() == "a colon");
  CHECK_FALSE(reader.next().has_value());
  CHECK(reader.rejects().rejected == 2);
  CHECK(reader.rows_accepted() == 3);
}

TEST_CASE("an unknown member is not told of a column that is missing as well") {
  std::vector<Bad> bad;
  const JsonLinesOptions options{.schema = Schema{{{"x", DataType::float64, false}}},
                                 .unknown = UnknownMembers::reject};
  CHECK(read("{\"y\":1}\n{}\n", options, &bad).rows() == 0);
  CHECK(bad == std::vector<Bad>{{1, 0, "", BadRowReason::unknown_column, "y", "{\"y\":1}"},
                                {2, 8, "x", BadRowReason::missing_value, "", "{}"}});
}

TEST_CASE("a padded row has missing values where it was wrong; what cannot be repaired is left out") {
  std::vector<Bad> bad;
  const RecordBatch batch =
      read("{\"x\":\"one\",\"n\":1}\n{\"x\":1,\"x\":2}\n{\"x\":3,\"y\":4}\n{\"x\":5\n",
           {.schema = Schema{{{"x", DataType::float64}, {"n", DataType::int64}}}, .unknown = UnknownMembers::reject},
           &bad, OnBadRow::pad);
  REQUIRE(batch.rows() == 3);
  CHECK_FALSE(batch.is_valid(0, 0));
  CHECK(batch.column<std::int64_t>("n")[0] == 1);
  CHECK(batch.column<double>("x")[1] == 2);  // of two, the last
  CHECK(batch.column<double>("x")[2] == 3);
  CHECK(bad.size() == 4);
}

TEST_CASE("members that are no columns are ignored and counted") {
  std::istringstream stream("{\"x\":1,\"y\":2}\n{\"z\":[1,{}],\"x\":3}\n");
  JsonLinesReader reader(stream, {.schema = number});
  CHECK(reader.next()->rows() == 2);
  CHECK(reader.ignored_members() == 2);
  CHECK(reader.rejects().total() == 0);
}

TEST_CASE("batches have the rows that were asked for, and categories keep their codes") {
  std::istringstream stream("{\"c\":\"a\"}\n{\"c\":\"b\"}\n{\"c\":\"b\"}\n{\"c\":\"a\"}\n{\"c\":\"c\"}\n");
  JsonLinesReader reader(stream, {.rows_per_batch = 2, .schema = Schema{{{"c", DataType::category}}}});
  CHECK(reader.next()->rows() == 2);
  const auto second = reader.next();
  CHECK(second->column<std::int32_t>(0)[0] == 1);
  CHECK(second->column<std::int32_t>(0)[1] == 0);
  CHECK(reader.next()->column<std::int32_t>(0)[0] == 2);
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("a closed category of JSON has the codes that were given, and no other text") {
  const JsonLinesOptions options{.schema = Schema{{{"n", DataType::int64}, {"c", DataType::category}}},
                                 .column_options = {{.name = "c", .categories = {"free", "a \"b\"", "7"}}}};
  const std::string text =
      "{\"c\":\"a "
      "\\\"b\\\"\",\"n\":1}\n{\"c\":7,\"n\":2}\n{\"c\":\"paid\",\"n\":3}\n{\"c\":null,\"n\":4}\n{\"n\":5,\"c\":"
      "\"free\"}\n";
  std::vector<Bad> bad;
  const RecordBatch batch = read(text, options, &bad);
  const auto codes = batch.column<std::int32_t>("c");
  CHECK(std::vector<std::int32_t>(codes.begin(), codes.end()) == std::vector<std::int32_t>{1, 2, -1, 0});
  CHECK(codes.dictionary()[1] == "a \"b\"");
  CHECK(codes.dictionary().size() == 3);
  CHECK(bad == std::vector<Bad>{{3, 36, "c", BadRowReason::unknown_category, "paid", "{\"c\":\"paid\",\"n\":3}"}});

  const RecordBatch padded = read(text, options, &bad, OnBadRow::pad);
  CHECK(padded.rows() == 5);
  CHECK_FALSE(padded.is_valid(1, 2));
  CHECK(padded.column<std::int64_t>("n")[2] == 3);

  std::istringstream stream(text);
  JsonLinesReader reader(stream, options);
  CHECK(reader.next()->rows() == 2);
  CHECK_FALSE(reader.failed());
  CHECK_THROWS_WITH(reader.next(),
                    "stream, row 3, column c, byte 42: found unknown category, 'paid', expected one of "
                    "the column's categories");
  CHECK(reader.failed());
  CHECK(reader.rejects()[BadRowReason::unknown_category] == 1);
  CHECK(reader.next()->rows() == 2);
  CHECK_THROWS_WITH(JsonLinesReader(stream, {.schema = number, .column_options = {{.name = "x", .categories = {"a"}}}}),
                    "JsonLinesOptions.column_options, column x: type category, but JsonLinesOptions.schema says "
                    "float64");
}

TEST_CASE("a growing category of JSON has room for max_categories texts, and none for those of bad rows") {
  const Schema schema{{{"c", DataType::category}, {"x", DataType::float64, false}}};
  std::vector<Bad> bad;
  const RecordBatch batch = read(
      "{\"c\":\"a\",\"x\":1}\n{\"c\":\"bad\",\"x\":null}\n{\"c\":\"b\",\"x\":2}\n{\"c\":\"c\",\"x\":3}\n{\"c\":\"a\","
      "\"x\":4}\n",
      {.schema = schema, .max_categories = 2}, &bad);
  const auto codes = batch.column<std::int32_t>("c");
  CHECK(std::vector<std::int32_t>(codes.begin(), codes.end()) == std::vector<std::int32_t>{0, 1, 0});
  CHECK(codes.dictionary() == Dictionary{"a", "b"});
  REQUIRE(bad.size() == 2);
  CHECK(bad[0].reason == BadRowReason::missing_value);
  CHECK(bad[1].reason == BadRowReason::unknown_category);
  CHECK(bad[1].value == "c");
  std::istringstream stream("{\"c\":\"a\",\"x\":1}\n{\"c\":\"b\",\"x\":1}\n");
  JsonLinesReader reader(stream, {.schema = schema, .max_categories = 1});
  CHECK(reader.next()->rows() == 1);
  CHECK_THROWS_WITH(reader.next(), EndsWith("found unknown category, 'b', expected no more than max_categories, 1"));
}

TEST_CASE("what is known of a JSON column goes before what is inferred") {
  std::vector<Bad> bad;
  const RecordBatch batch = read(
      "{\"id\":1,\"born\":\"12/30/84\",\"zip\":12345,\"x\":1}\n{\"id\":2,\"born\":\"1984-12-30\",\"zip\":0,\"x\":2}\n"
      "{\"id\":3,\"born\":\"1/1/1970\",\"x\":3}\n{\"id\":4,\"zip\":1}\n",
      {.columns = {"x", "zip", "born"},
       .column_options = {{.name = "born", .time_formats = {"%m/%d/%y", "%m/%d/%Y"}},
                          {.name = "zip", .dtype = DataType::string},
                          {.name = "x", .dtype = DataType::float64, .nullable = false},
                          {.name = "id", .dtype = DataType::float64}}},
      &bad);
  CHECK(batch.schema() ==
        Schema{{{"x", DataType::float64, false}, {"zip", DataType::string}, {"born", DataType::timestamp}}});
  REQUIRE(batch.rows() == 2);
  CHECK(batch.column<Timestamp>("born")[0] == std::chrono::sys_days(std::chrono::year(1984) / 12 / 30));
  CHECK(batch.column<Timestamp>("born")[1] == Timestamp());
  CHECK(batch.column<std::string_view>("zip")[0] == "12345");
  REQUIRE(bad.size() == 2);
  CHECK(bad[0].reason == BadRowReason::wrong_type);
  CHECK(bad[0].column == "born");
  CHECK(bad[1].reason == BadRowReason::missing_value);

  const auto refuse = [](const JsonLinesOptions& options) {
    std::istringstream stream("{\"a\":1}\n");
    JsonLinesReader reader(stream, options);
  };
  CHECK_THROWS_WITH(refuse({.columns = {"b"}}), "stream, column b: found no such column, expected one of: a");
  CHECK_THROWS_WITH(refuse({.column_options = {{.name = "b"}}}),
                    "stream, column b: found no such column, expected one of: a");
  std::istringstream nothing;
  CHECK(JsonLinesReader(nothing, {.columns = {"b"}, .column_options = {{.name = "b", .categories = {"x"}}}})
            .schema()
            .fields.empty());
}

TEST_CASE("text that repeats itself in JSON lines is a category if that is asked for") {
  std::string text;
  for (int i = 0; i < 16; ++i) {
    text += "{\"few\":\"" + std::string(1, static_cast<char>('a' + i % 4)) + "\",\"many\":\"" +
            std::string(1, static_cast<char>('a' + i % 5)) + "\",\"n\":" + std::to_string(i % 2) + "}\n";
  }
  CHECK(read(text, {.infer_categories = true}).schema() ==
        Schema{{{"few", DataType::category}, {"many", DataType::string}, {"n", DataType::int64}}});
  CHECK(read(text, {.infer_rows = 15, .infer_categories = true}).schema().fields[0].dtype == DataType::string);
  CHECK(read(text, {}).schema().fields[0].dtype == DataType::string);
}

TEST_CASE("a batch ends early once its rows came of 64 MiB") {
  std::string text;
  const std::string row = "{\"t\":\"" + std::string(std::size_t{1} << 20, 'x') + "\"}\n";
  for (int i = 0; i < 70; ++i) text += row;
  std::istringstream stream(text);
  JsonLinesReader reader(stream, {.schema = text_column, .max_row_bytes = std::size_t{2} << 20});
  CHECK(reader.next()->rows() == 64);
  CHECK(reader.next()->rows() == 6);
}

TEST_CASE("a JSON lines file that cannot be read is an Error with its path") {
  CHECK_THROWS_WITH(JsonLinesReader("no/such.jsonl"),
                    ContainsSubstring("no/such.jsonl") && ContainsSubstring("No such file or directory"));
  const auto none = JsonLinesReader::open("no/such.jsonl");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().where().source == "no/such.jsonl");
  std::istringstream stream("{\"x\":1}\n");
  auto reader = JsonLinesReader::open(stream);
  REQUIRE(reader.has_value());
  CHECK(reader->next()->rows() == 1);
}

TEST_CASE("what a handler of JSON rows throws leaves next(), and the row is counted") {
  std::istringstream stream("{\"x\":1}\n{]\n{\"x\":2}\n");
  JsonLinesReader reader(stream, {.schema = number,
                                  .on_bad_row = OnBadRow::handler,
                                  .handler = [](const BadRow&) -> OnBadRow { throw std::runtime_error("stop"); }});
  CHECK_THROWS_AS(reader.next(), std::runtime_error);
  CHECK(reader.next()->rows() == 2);
  CHECK(reader.rejects().rejected == 1);
}

TEST_CASE("options of JSON lines that cannot work are refused by name and value") {
  const auto with = [](const JsonLinesOptions& options) {
    std::istringstream stream;
    JsonLinesReader reader(stream, options);
  };
  CHECK_THROWS_WITH(with({.rows_per_batch = 0}), ContainsSubstring("rows_per_batch is 0"));
  CHECK_THROWS_WITH(with({.max_row_bytes = std::size_t{1} << 31}), ContainsSubstring("max_row_bytes is 2147483648"));
  CHECK_THROWS_WITH(with({.on_bad_row = OnBadRow::handler}), ContainsSubstring("handler is empty"));
  CHECK_THROWS_WITH(with({.max_categories = 0}), ContainsSubstring("max_categories is 0, not in [1, 2147483647]"));
  CHECK_THROWS_WITH(with({.schema = number, .columns = {"x"}}),
                    "JsonLinesOptions.schema and .columns both say which columns are wanted");
  CHECK_THROWS_WITH(with({.columns = {"x", "y", "x"}}), "JsonLinesOptions.columns has x twice");
  CHECK_THROWS_WITH(with({.column_options = {{.name = "x"}, {.name = "x"}}}),
                    "JsonLinesOptions.column_options, column x: is there twice");
  CHECK_THROWS_WITH(with({.column_options = {{.name = "x", .dtype = DataType::int64, .categories = {"a"}}}}),
                    "JsonLinesOptions.column_options, column x: categories are given for the type int64");
  CHECK_THROWS_WITH(with({.column_options = {{.name = "x", .time_formats = {"%Q"}}}}), StartsWith("time format '%Q'"));
  CHECK_THROWS_WITH(with({.schema = Schema{}}), ContainsSubstring("schema has no fields"));
  CHECK_THROWS_WITH(with({.schema = Schema{{{"x"}, {"x"}}}}), ContainsSubstring("the column x twice"));
}
