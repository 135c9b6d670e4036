// SPDX-License-Identifier: MIT
// Any bytes as a CSV file, under options that its first four bytes choose. What must hold:
// - cut into texts, it has the rows and fields of the slow oracle;
// - read with its types inferred, it gives the same for every size of the buffer;
// - accepted and rejected rows are the oracle's rows, and padding counts the same bad rows as skipping.
#include "penstock/io/csv_reader.hpp"

#include "../unit/io/csv_oracle.hpp"
#include "../unit/io/csv_support.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using penstock::CsvOptions;
using penstock::CsvReader;
using penstock::Error;
using penstock::OnBadRow;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

struct Outcome {
  std::vector<std::string> rows{};
  penstock::RowRejects rejects{};
  std::uint64_t accepted = 0;
  std::string error{};  // of the constructor

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(const std::string& text, const CsvOptions& options) {
  std::istringstream stream(text);
  auto reader = CsvReader::open(stream, options);
  if (!reader) return {.error = reader.error().what()};
  Outcome outcome{.rows = csv_support::show(reader->schema())};
  const std::size_t columns = outcome.rows.size();
  for (std::string& row : csv_support::read_all(*reader)) outcome.rows.push_back(std::move(row));
  outcome.rejects = reader->rejects();
  outcome.accepted = reader->rows_accepted();
  if (options.on_bad_row != OnBadRow::fail)
    require(outcome.accepted == outcome.rows.size() - columns, "accepted rows are those in the batches");
  return outcome;
}

void check_cutting(const std::string& text, CsvOptions options, std::size_t columns) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns; ++i) names.push_back("c" + std::to_string(i));
  options = csv_support::as_text(names, options);
  std::vector<std::string> expected = csv_support::show(*options.schema);
  std::uint64_t rejected = 0;
  csv_oracle::Reader oracle(text, {.delimiter = options.delimiter,
                                   .quote = options.quote,
                                   .comment = options.comment,
                                   .skip_blank_lines = options.skip_blank_lines && columns != 1,
                                   .max_row_bytes = options.max_row_bytes});
  while (const auto row = oracle.next()) {
    if (row->kind != csv_oracle::Row::row || row->fields.size() != columns) {
      ++rejected;
      continue;
    }
    std::string line;
    for (const csv_oracle::Field& field : row->fields) {
      if (!line.empty()) line += '|';
      line += field.text.empty() && !field.quoted ? "NA" : "'" + field.text + "'";
    }
    expected.push_back(std::move(line));
  }
  const Outcome outcome = read(text, options);
  if (outcome.error.empty()) {
    require(outcome.rows == expected, "rows and fields are the oracle's");
    require(outcome.rejects.rejected == rejected, "rejected rows are the oracle's");
  } else {
    require(text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"), "only UTF-16 is refused");
  }
}

void check_types(const std::string& text, CsvOptions options) {
  const Outcome skip = read(text, options);
  for (const std::size_t buffer : std::vector<std::size_t>{1, 3, 64, 4096}) {
    options.buffer_bytes = buffer;
    require(read(text, options) == skip, "the size of the buffer changes nothing");
  }
  options.on_bad_row = OnBadRow::pad;
  const Outcome pad = read(text, options);
  require(pad.rejects.by_reason == skip.rejects.by_reason, "padding counts what skipping counts");
  require(pad.accepted + pad.rejects.rejected == skip.accepted + skip.rejects.rejected, "rows are the same rows");
  options.on_bad_row = OnBadRow::fail;
  const Outcome fail = read(text, options);
  require(fail.rejects == skip.rejects && fail.accepted == skip.accepted, "failing leaves out what skipping does");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 4, size - 4);
  CsvOptions options{.rows_per_batch = data[0] % 7u + 1u,
                     .delimiter = (data[0] & 128) != 0 ? ';' : ',',
                     .decimal = (data[0] & 128) != 0 ? ',' : '.',
                     .header = (data[1] & 1) != 0,
                     .duplicate_names = penstock::DuplicateNames::rename,
                     .skip_blank_lines = (data[1] & 2) == 0,
                     .trailing_delimiter = (data[1] & 4) != 0,
                     .infer_rows = data[2] % 20u + 1u,
                     .on_bad_row = OnBadRow::skip,
                     .max_row_bytes = (data[1] & 8) != 0 ? data[3] % 64u + 1u : 1000u,
                     .buffer_bytes = data[3] % 100u + 1u};
  if ((data[1] & 16) != 0) options.quote = std::nullopt;
  if ((data[1] & 32) != 0) options.comment = '#';
  if ((data[1] & 64) != 0) options.missing = {"", "NA", "-1"};
  if ((data[1] & 128) != 0) options.skip_rows = data[2] % 3u;
  check_types(text, options);
  options.skip_rows = 0;
  options.missing = {""};
  options.trailing_delimiter = false;
  check_cutting(text, options, data[2] % 4u + 1u);
  return 0;
}
