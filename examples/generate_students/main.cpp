// SPDX-License-Identifier: MIT
// Writes a made-up table of students of an online school, some of whom buy a subscription: the same rows for the same
// seed, on every machine.
//
//     generate_students --rows 20000 --seed 42 --output students.csv

#include "penstock/core/record_batch_builder.hpp"
#include "penstock/io/csv_writer.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>    // max, min
#include <array>        // array
#include <cmath>        // cos, exp, floor, log, round, sqrt
#include <cstdint>      // int64_t, uint64_t
#include <exception>    // exception
#include <iostream>     // cerr, cout
#include <numbers>      // pi
#include <random>       // mt19937_64
#include <string>       // string
#include <string_view>  // string_view

namespace {

// The engine is the same everywhere, the distributions of <random> are not: these are our own.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }  // [0, 1)
  double exponential() { return -std::log1p(-uniform()); }                     // mean 1
  double normal() { return std::sqrt(2 * exponential()) * std::cos(2 * std::numbers::pi * uniform()); }
  std::int64_t geometric(double p) { return static_cast<std::int64_t>(exponential() / -std::log1p(-p)); }  // from 0

 private:
  std::mt19937_64 engine_;
};

// NA is Namibia: a reader that takes it for a missing value loses a country.
constexpr std::array<std::string_view, 24> countries = {"IN", "US", "EG", "NG", "GB", "CA", "DE", "PK",
                                                        "SA", "ID", "MA", "TR", "FR", "BR", "PH", "ES",
                                                        "AU", "KE", "IT", "NL", "SG", "ZA", "PL", "NA"};

double two_decimals(double x) { return std::round(x * 100) / 100; }

void append_student(penstock::RecordBatchBuilder& students, Random& random) {
  const auto country = static_cast<std::size_t>(std::min(random.exponential() * 5, countries.size() - 1.0));
  const auto days = static_cast<std::int64_t>(random.uniform() * 293);
  const double minutes = std::max(0.1, std::round(std::exp(1.9 + 1.7 * random.normal()) * 10) / 10);
  const std::int64_t courses = 1 + random.geometric(0.85);
  const std::int64_t exams = random.uniform() < 0.1 ? 1 + random.geometric(0.4) : 0;
  std::int64_t passed = 0;
  for (std::int64_t i = 0; i < exams; ++i) passed += random.uniform() < 0.6 ? 1 : 0;
  const double exam_minutes = two_decimals(static_cast<double>(exams) * 4.5 * random.exponential());

  // Who buys does so in the first weeks, and the more so the more was watched and passed.
  const double eagerness = 1.1 - 0.075 * static_cast<double>(days) + 0.55 * std::log(minutes) +
                           0.4 * static_cast<double>(passed) + (country < 8 ? 0.3 : 0.0);
  const bool purchased = random.uniform() < 1 / (1 + std::exp(-eagerness));

  students.append<std::string_view>(0, countries[country]);
  students.append<std::int64_t>(1, days);
  students.append<double>(2, minutes);
  students.append<std::int64_t>(3, courses);
  students.append<std::int64_t>(4, exams);
  students.append<std::int64_t>(5, passed);
  students.append<double>(6, exam_minutes);
  students.append<std::int64_t>(7, purchased ? 1 : 0);
}

}  // namespace

int main(int argc, char** argv) try {
  std::uint64_t rows = 20'000;
  std::uint64_t seed = 42;
  std::string output = "students.csv";
  CLI::App app("Writes a made-up table of students.");
  app.add_option("--rows", rows, "how many students")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000'000}))  // -1 would be read as 2^64 - 1
      ->capture_default_str();
  app.add_option("--seed", seed, "the same seed gives the same table")->capture_default_str();
  app.add_option("--output", output, "the file to write")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  using penstock::DataType;
  penstock::RecordBatchBuilder students({{{"student_country", DataType::category},
                                          {"days_on_platform", DataType::int64},
                                          {"minutes_watched", DataType::float64},
                                          {"courses_started", DataType::int64},
                                          {"practice_exams_started", DataType::int64},
                                          {"practice_exams_passed", DataType::int64},
                                          {"minutes_spent_on_exams", DataType::float64},
                                          {"purchased", DataType::int64}}});
  Random random(seed);
  penstock::CsvWriter writer(output);
  for (std::uint64_t row = 0; row < rows; ++row) {
    append_student(students, random);
    if ((row + 1) % 8192 == 0) writer.write(students.finish());
  }
  writer.write(students.finish());
  writer.close();
  std::cout << output << ": " << rows << " students\n";
  return 0;
} catch (const std::exception& error) {
  std::cerr << "generate_students: " << error.what() << '\n';
  return 1;
}
