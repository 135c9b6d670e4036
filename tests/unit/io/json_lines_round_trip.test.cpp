// SPDX-License-Identifier: MIT
#include "penstock/io/json_lines_reader.hpp"
#include "penstock/io/json_lines_writer.hpp"

#include "catch.hpp"
#include "unit/io/random_table.hpp"

#include <sstream>
#include <string>

using namespace penstock;

TEST_CASE("a table that was written as JSON lines is read as the same table") {
  for (const bool omit : {false, true}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const RecordBatch table = random_table::make(seed, 500);
      std::string text;
      JsonLinesWriter writer(&text, {.non_finite = NonFinite::word, .omit_missing = omit});
      writer.write(table);
      writer.close();
      CHECK(writer.replaced() == 0);
      std::istringstream stream(text);
      JsonLinesReader reader(
          stream,
          {.rows_per_batch = 1000, .schema = random_table::schema, .non_finite_words = true, .buffer_bytes = 100});
      const auto back = reader.next();
      REQUIRE(back);
      random_table::require_same(table, *back);
    }
  }
}
