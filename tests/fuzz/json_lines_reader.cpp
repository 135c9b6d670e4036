// SPDX-License-Identifier: MIT
// JsonLinesReader on any bytes: every row is in a batch or counted, whatever the block size, with a schema and without;
// and what was read is written and read again as the same table.
#include "penstock/io/json_lines_reader.hpp"

#include "penstock/io/json_lines_writer.hpp"

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

using namespace penstock;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Everything that a reader gives, as JSON lines and in figures.
struct Seen {
  std::string text;
  std::uint64_t rows = 0;
  RowRejects rejects;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen read(const std::string& input, const JsonLinesOptions& options) {
  Seen seen;
  std::istringstream stream(input);
  JsonLinesReader reader(stream, options);
  JsonLinesWriter writer(&seen.text, {.non_finite = NonFinite::word, .output = {.buffer_bytes = 4096}});
  while (const auto batch = reader.next()) {
    require(batch->rows() > 0 && batch->rows() <= options.rows_per_batch);
    seen.rows += batch->rows();
    writer.write(*batch);
  }
  writer.close();
  require(writer.replaced() == 0);  // for what is read is UTF-8
  require(seen.rows == reader.rows_accepted());
  seen.rejects = reader.rejects();
  return seen;
}

void check(const std::string& input, JsonLinesOptions options) {
  try {
    options.buffer_bytes = 4096;
    const Seen seen = read(input, options);
    for (const std::size_t block : {std::size_t{1}, std::size_t{7}}) {
      options.buffer_bytes = block;
      require(read(input, options) == seen);
    }
    if (!options.schema) return;  // the types that are inferred from what is written may be others
    options.max_row_bytes = std::size_t{1} << 20;
    options.on_bad_row = OnBadRow::fail;
    const Seen again = read(seen.text, options);
    require(again.rows == seen.rows && again.text == seen.text && again.rejects.total() == 0);
  } catch (const Error&) {
    require(!options.schema);  // no column in the sample
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const Schema schema{{{"a", DataType::float64},
                       {"b", DataType::int64},
                       {"c", DataType::boolean},
                       {"d", DataType::timestamp},
                       {"e", DataType::string},
                       {"f", DataType::category}}};
  const std::vector<ColumnOptions> closed{{.name = "f", .categories = {"a", "true"}}};
  for (const OnBadRow action : {OnBadRow::skip, OnBadRow::pad}) {
    check(input, {.rows_per_batch = 3, .infer_categories = true, .on_bad_row = action, .max_row_bytes = 64});
    check(input, {.rows_per_batch = 2,
                  .schema = schema,
                  .column_options = closed,
                  .non_finite_words = true,
                  .on_bad_row = action});
    check(input,
          {.rows_per_batch = 2, .schema = schema, .max_categories = 2, .non_finite_words = true, .on_bad_row = action});
  }
  return 0;
}
