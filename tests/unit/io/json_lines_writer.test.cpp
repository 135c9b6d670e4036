// SPDX-License-Identifier: MIT
#include "penstock/io/json_lines_writer.hpp"

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/source.hpp"

#include "catch.hpp"

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

using namespace penstock;

static_assert(sink_for<JsonLinesWriter, RecordBatch>);
static_assert(sink_for<JsonLinesWriter, std::vector<JsonMember>>);
static_assert(std::movable<JsonLinesWriter>);
static_assert(!std::convertible_to<int*, JsonValue>);  // which would turn into bool
static_assert(!std::convertible_to<char, JsonValue>);  // number or text?

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

RecordBatch mixed_rows() {
  RecordBatchBuilder builder({{{"x", DataType::float64},
                               {"n", DataType::int64},
                               {"ok", DataType::boolean},
                               {"when", DataType::timestamp},
                               {"a \"note\"", DataType::string},
                               {"land", DataType::category}}});
  builder.append<double>(0, 0.1);
  builder.append<std::int64_t>(1, std::numeric_limits<std::int64_t>::max());
  builder.append<bool>(2, false);
  builder.append<Timestamp>(3, Timestamp(std::chrono::milliseconds(1500)));
  builder.append<std::string_view>(4, "");
  builder.append<std::string_view>(5, "NA");
  for (std::size_t i = 0; i < 6; ++i) builder.append_null(i);
  return builder.finish();
}

RecordBatch doubles(const std::vector<double>& values) {
  return {{{{"x", DataType::float64}}}, {Column(ColumnValues(values))}};
}

}  // namespace

TEST_CASE("a record made by hand is one line, its members in order") {
  std::string text;
  JsonLinesWriter writer(&text);
  writer.write({{"timestamp", 1709550930.123}, {"queue_latency_ms", 12.34}, {"score", 0.7234}, {"prediction", 1}});
  const std::string owned = "own";
  writer.write({{"a", true},
                {"b", nullptr},
                {"c", "text"},
                {"d", owned},
                {"e", std::uint64_t{18446744073709551615U}},
                {"f", std::int64_t{-9223372036854775807 - 1}},
                {"g", Timestamp()},
                {"h", 0.5F}});
  writer.write({});
  writer.close();
  CHECK(text ==
        "{\"timestamp\":1709550930.123,\"queue_latency_ms\":12.34,\"score\":0.7234,\"prediction\":1}\n"
        "{\"a\":true,\"b\":null,\"c\":\"text\",\"d\":\"own\",\"e\":18446744073709551615,\"f\":-9223372036854775808,"
        "\"g\":\"1970-01-01T00:00:00Z\",\"h\":0.5}\n"
        "{}\n");
  CHECK(writer.rows_written() == 3);
  CHECK(writer.bytes_written() == text.size());
}

TEST_CASE("a batch is a line for each row; a missing value is null, or left out if so chosen") {
  std::string text;
  JsonLinesWriter writer(&text);
  writer.write(mixed_rows());
  writer.close();
  const std::string first =
      "{\"x\":0.1,\"n\":9223372036854775807,\"ok\":false,\"when\":\"1970-01-01T00:00:01.500Z\","
      "\"a \\\"note\\\"\":\"\",\"land\":\"NA\"}\n";
  CHECK(text == first + "{\"x\":null,\"n\":null,\"ok\":null,\"when\":null,\"a \\\"note\\\"\":null,\"land\":null}\n");

  text.clear();
  JsonLinesWriter omitting(&text, {.omit_missing = true});
  omitting.write(mixed_rows());
  omitting.close();
  CHECK(text == first + "{}\n");
}

TEST_CASE("batches may have different columns, and slices have their own rows") {
  std::ostringstream stream;
  JsonLinesWriter writer(stream);
  writer.write(doubles({1, 2, 3}).slice(1, 1));
  writer.write(RecordBatch({{{"y", DataType::int64}}}, {Column(std::vector<std::int64_t>{7})}));
  writer.write(doubles({4}));
  writer.flush();
  CHECK(stream.str() == "{\"x\":2.0}\n{\"y\":7}\n{\"x\":4.0}\n");
}

TEST_CASE("NaN and infinities are null, or Python's words") {
  std::string text;
  JsonLinesWriter nulls(&text);
  nulls.write(doubles({not_a_number, inf}));
  nulls.write({{"x", -inf}});
  nulls.close();
  CHECK(text == "{\"x\":null}\n{\"x\":null}\n{\"x\":null}\n");

  text.clear();
  JsonLinesWriter words(&text, {.non_finite = NonFinite::word});
  words.write(doubles({not_a_number, inf, -inf}));
  words.close();
  CHECK(text == "{\"x\":NaN}\n{\"x\":Infinity}\n{\"x\":-Infinity}\n");
}

TEST_CASE("NaN or an infinity can be an Error, which leaves nothing of its line") {
  std::string text;
  JsonLinesWriter writer(&text, {.non_finite = NonFinite::error});
  try {
    writer.write(doubles({1, 2, inf, 4}));
    FAIL("written");
  } catch (const Error& error) { CHECK(error.where() == Where{.source = "memory", .row = 3, .column = "x"}); }
  CHECK_THROWS_AS(writer.write({{"a", "\xff"}, {"score", not_a_number}}), Error);
  CHECK(writer.replaced() == 0);  // for that line is not there
  writer.write({{"a", 1}});
  writer.close();
  CHECK(text == "{\"x\":1.0}\n{\"x\":2.0}\n{\"a\":1}\n");
  CHECK(writer.rows_written() == 3);
}

TEST_CASE("what is no UTF-8 is replaced and counted by the JSON writer") {
  std::string text;
  JsonLinesWriter writer(&text);
  writer.write({{"n\xff", "\xc3\xa9 \xf0\x9f\x98 \xed\xa0\x80"}});
  writer.write({{"plain", "text"}});
  writer.close();
  CHECK(text ==
        "{\"n\xEF\xBF\xBD\":\"\xc3\xa9 \xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"}\n{\"plain\":\"text\"}\n");
  CHECK(writer.replaced() == 5);
}

TEST_CASE("a full disk under JSON lines is an Error, and so is a write after close") {
  JsonLinesWriter full("/dev/full");
  full.write({{"a", 1}});
  CHECK_THROWS_WITH(full.close(), ContainsSubstring("No space left on device"));
  std::string text;
  JsonLinesWriter closed(&text);
  closed.close();
  CHECK_THROWS_WITH(closed.write({{"a", 1}}), ContainsSubstring("a write after close()"));
  CHECK(text.empty());
}
