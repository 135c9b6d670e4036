// SPDX-License-Identifier: MIT
// Makes the table of the CSV benchmark, and reads it. compare.py runs it; by hand:
//
//   penstock_bench_csv generate table.csv 1000000    8 doubles, a category, an integer; 86 MB a million rows
//   penstock_bench_csv read table.csv                {"seconds": ..., "cpu_seconds": ..., "rows": ..., "rss_mib": ...}
//   penstock_bench_csv check table.csv               what compare.py holds against the peer's values
#include "penstock/core/record_batch.hpp"
#include "penstock/io/csv_reader.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <numbers>
#include <string>
#include <string_view>
#include <sys/resource.h>

namespace {

constexpr std::size_t doubles = 8;
constexpr std::array<const char*, 16> countries = {"US", "IN", "GB", "EG", "NA", "DE", "FR", "BR",
                                                   "JP", "CN", "PH", "NG", "CA", "AU", "ES", "IT"};

/// splitmix64, so that the table is the same everywhere.
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

double next_uniform(std::uint64_t& state) {
  return (static_cast<double>(next_random(state) >> 11) + 0.5) * 0x1p-53;  // in (0, 1)
}

int generate(const char* path, std::uint64_t rows) {
  std::FILE* file = std::fopen(path, "wb");
  if (file == nullptr) return std::perror(path), 1;
  std::fputs("x0,x1,x2,x3,x4,x5,x6,x7,country,id\n", file);
  std::uint64_t state = 1;
  for (std::uint64_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < doubles; i += 2) {  // Box and Muller: normal values, two at a time
      const double radius = std::sqrt(-2 * std::log(next_uniform(state)));
      const double angle = 2 * std::numbers::pi * next_uniform(state);
      std::fprintf(file, "%.6f,%.6f,", radius * std::cos(angle), radius * std::sin(angle));
    }
    std::fprintf(file, "%s,%llu\n", countries[next_random(state) % countries.size()],
                 static_cast<unsigned long long>(row));
  }
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) != 0 || failed) return std::perror(path), 1;
  return 0;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// From Linux's own book, because ru_maxrss begins with what the process was that started this one.
double peak_rss_mib() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return 0;
  char line[256];
  double kib = 0;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::string_view(line).starts_with("VmHWM:")) kib = std::strtod(line + 6, nullptr);
  }
  std::fclose(file);
  return kib / 1024;
}

int read(const char* path) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  penstock::CsvReader reader(path, {.rows_per_batch = 10'000});
  std::size_t rows = 0;
  while (const auto batch = reader.next()) rows += batch->rows();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"rows\": %zu, \"rss_mib\": %.1f}\n", seconds.count(),
              cpu_seconds() - cpu, rows, peak_rss_mib());
  return 0;
}

/// Exact and independent of order: for each column of doubles the exclusive or of their bits, the sum of the integers,
/// and how often each category comes.
int check(const char* path) {
  penstock::CsvReader reader(path, {.rows_per_batch = 10'000});
  std::array<std::uint64_t, doubles> bits{};
  std::int64_t ids = 0;
  std::map<std::string, std::size_t, std::less<>> counts;
  while (const auto batch = reader.next()) {
    for (std::size_t i = 0; i < doubles; ++i) {
      for (const double x : batch->column<double>(i)) bits[i] ^= std::bit_cast<std::uint64_t>(x);
    }
    for (const std::string_view country : batch->column<std::string_view>("country")) ++counts[std::string(country)];
    for (const std::int64_t id : batch->column<std::int64_t>("id")) ids += id;
  }
  for (const std::uint64_t x : bits) std::printf("%016llx\n", static_cast<unsigned long long>(x));
  std::printf("%lld\n", static_cast<long long>(ids));
  for (const auto& [country, count] : counts) std::printf("%s %zu\n", country.c_str(), count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  try {
    if (what == "generate" && argc == 4) return generate(argv[2], std::strtoull(argv[3], nullptr, 10));
    if (what == "read" && argc == 3) return read(argv[2]);
    if (what == "check" && argc == 3) return check(argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: %s generate FILE ROWS | read FILE | check FILE\n", argv[0]);
  return 2;
}
