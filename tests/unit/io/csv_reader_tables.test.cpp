// SPDX-License-Identifier: MIT
// Real tables, where PENSTOCK_TEST_DATA says that they are. The figures are those of Python's csv module.
#include "penstock/core/record_batch.hpp"
#include "penstock/io/csv_reader.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using penstock::CsvOptions;
using penstock::CsvReader;
using penstock::DataType;
using penstock::RecordBatch;
using penstock::Timestamp;
using namespace std::chrono_literals;

namespace {

std::string folder() {
  const char* const path = std::getenv("PENSTOCK_TEST_DATA");
  return path == nullptr ? "" : path;
}

std::vector<RecordBatch> read(const std::string& file, const CsvOptions& options) {
  CsvReader reader(folder() + "/" + file, options);
  std::vector<RecordBatch> batches;
  while (auto batch = reader.next()) batches.push_back(*batch);
  CHECK(reader.rejects().total() == 0);
  return batches;
}

}  // namespace

TEST_CASE("students.csv: NA is Namibia, and nothing is missing") {
  if (folder().empty()) SKIP("PENSTOCK_TEST_DATA is not set");
  std::size_t rows = 0, namibia = 0, missing = 0;
  std::int64_t purchased = 0;
  double minutes = 0;
  std::set<std::string> countries;
  for (const RecordBatch& batch : read("students.csv", {.rows_per_batch = 1000})) {
    CHECK(batch.schema().fields[0].dtype == DataType::category);
    rows += batch.rows();
    for (const std::string_view country : batch.column<std::string_view>("student_country")) {
      namibia += country == "NA";
      countries.insert(std::string(country));
    }
    for (std::size_t i = 0; i < batch.schema().fields.size(); ++i)
      for (std::size_t row = 0; row < batch.rows(); ++row) missing += !batch.is_valid(i, row);
    for (const std::int64_t x : batch.column<std::int64_t>("purchased")) purchased += x;
    for (const double x : batch.column<double>("minutes_watched")) minutes += x;
  }
  CHECK(rows == 17'761);
  CHECK(namibia == 9);
  CHECK(countries.size() == 172);
  CHECK(missing == 0);
  CHECK(purchased == 1631);
  CHECK(minutes == Approx(552063.5).epsilon(1e-12));
}

TEST_CASE("nba2k-full.csv: dates in strptime's letters, and empty colleges") {
  if (folder().empty()) SKIP("PENSTOCK_TEST_DATA is not set");
  const auto batches = read(
      "nba2k-full.csv", {.rows_per_batch = 1000, .column_options = {{.name = "b_day", .time_formats = {"%m/%d/%y"}}}});
  REQUIRE(batches.size() == 1);
  const RecordBatch& batch = batches.front();
  CHECK(batch.rows() == 439);
  const auto born = batch.column<Timestamp>("b_day");
  CHECK(born[0] == std::chrono::sys_days(std::chrono::year(1984) / 12 / 30));
  Timestamp first = born[0], last = born[0];
  for (const Timestamp day : born) {
    first = day < first ? day : first;
    last = day > last ? day : last;
  }
  CHECK(first == std::chrono::sys_days(std::chrono::year(1980) / 7 / 6));
  CHECK(last == std::chrono::sys_days(std::chrono::year(2000) / 12 / 23));
  const auto college = batch.column<std::string_view>("college");
  std::size_t missing = 0;
  for (std::size_t i = 0; i < batch.rows(); ++i) missing += !college.is_valid(i);
  CHECK(missing == 69);
  CHECK(batch.column<std::string_view>("height")[0] == "6-9 / 2.06");
  CHECK(batch.column<std::string_view>("salary")[0] == "$37436858");
}

TEST_CASE("nyc_taxi.csv: times are found to be times") {
  if (folder().empty()) SKIP("PENSTOCK_TEST_DATA is not set");
  std::size_t rows = 0;
  std::int64_t passengers = 0;
  Timestamp last;
  for (const RecordBatch& batch : read("nyc_taxi.csv", {.rows_per_batch = 777})) {
    rows += batch.rows();
    for (const std::int64_t x : batch.column<std::int64_t>("value")) passengers += x;
    last = batch.column<Timestamp>("timestamp")[batch.rows() - 1];
  }
  CHECK(rows == 10'320);
  CHECK(passengers == 156'219'716);
  CHECK(last == std::chrono::sys_days(std::chrono::year(2015) / 1 / 31) + 23h + 30min);
}
