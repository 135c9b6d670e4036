// SPDX-License-Identifier: MIT
#pragma once

// Tables of every type and hard values, to be written and read again.

#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace random_table {

using namespace penstock;

inline const Schema schema{{{"x", DataType::float64},
                            {"n", DataType::int64},
                            {"ok", DataType::boolean},
                            {"when", DataType::timestamp},
                            {"a \"note\",\nof \xE2\x80\xA8two", DataType::string},
                            {"land", DataType::category}}};

/// A text of odd pieces; in UTF-8.
inline std::string text(std::mt19937_64& random) {
  using namespace std::string_view_literals;
  static constexpr std::string_view pieces[] = {"a"sv,
                                                ","sv,
                                                ";"sv,
                                                "\""sv,
                                                "\\"sv,
                                                "\n"sv,
                                                "\r"sv,
                                                "\r\n"sv,
                                                "\t"sv,
                                                " "sv,
                                                "\0"sv,
                                                "\x1f"sv,
                                                "\x7f"sv,
                                                "null"sv,
                                                "nan"sv,
                                                "1"sv,
                                                "\xC3\xBC"sv,
                                                "\xE2\x80\xA8"sv,
                                                "\xF0\x9F\x98\x80"sv,
                                                "\xEF\xBB\xBF"sv,
                                                "\xEF\xBF\xBD"sv,
                                                "#"sv,
                                                "'"sv,
                                                "{"sv};
  std::string result;
  for (std::uint64_t i = random() % 6; i > 0; --i) result += pieces[random() % std::size(pieces)];
  return result;
}

inline double float64(std::mt19937_64& random, bool finite) {
  using Limits = std::numeric_limits<double>;
  static constexpr double edges[] = {0.0,
                                     -0.0,
                                     1.0,
                                     0.1,
                                     1e16,
                                     1e-5,
                                     Limits::max(),
                                     Limits::lowest(),
                                     Limits::min(),
                                     Limits::denorm_min(),
                                     4503599627370497.5,
                                     1e22};
  switch (random() % 4) {
    case 0: return edges[random() % std::size(edges)];
    case 1: return static_cast<double>(static_cast<std::int64_t>(random() % 2000000) - 1000000) / 1000;
    case 2: {
      if (finite) return 0.5;
      static constexpr double odd[] = {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()};
      return odd[random() % 3];
    }
    default: {
      const auto x = std::bit_cast<double>(random());
      return std::isfinite(x) ? x : 2.5;
    }
  }
}

inline std::int64_t int64(std::mt19937_64& random) {
  using Limits = std::numeric_limits<std::int64_t>;
  static constexpr std::int64_t edges[] = {0, -1, Limits::min(), Limits::max(), (std::int64_t{1} << 53) + 1};
  return random() % 2 == 0 ? edges[random() % std::size(edges)]
                           : static_cast<std::int64_t>(random() >> (random() % 64));
}

/// A table of that schema; a value in eight is missing.
inline RecordBatch make(std::uint64_t seed, std::size_t rows, bool finite = false) {
  std::mt19937_64 random(seed);
  RecordBatchBuilder builder(schema);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      if (random() % 8 == 0) {
        builder.append_null(i);
        continue;
      }
      switch (schema.fields[i].dtype) {
        case DataType::float64: builder.append(i, float64(random, finite)); break;
        case DataType::int64: builder.append(i, int64(random)); break;
        case DataType::boolean: builder.append(i, random() % 2 == 0); break;
        case DataType::timestamp: {
          const std::int64_t unit = random() % 2 == 0 ? 1 : 1'000'000'000;
          builder.append(i, Timestamp(std::chrono::nanoseconds(int64(random) / unit * unit)));
          break;
        }
        case DataType::string:
        case DataType::category: builder.append(i, std::string_view(text(random))); break;
      }
    }
  }
  return builder.finish();
}

template <class T>
void require_same_column(const RecordBatch& a, const RecordBatch& b, std::size_t place) {
  const auto left = a.column<T>(place);
  const auto right = b.column<T>(place);
  for (std::size_t row = 0; row < a.rows(); ++row) {
    INFO("row " << row << ", column " << place);
    REQUIRE(left.is_valid(row) == right.is_valid(row));
    if (!left.is_valid(row)) continue;
    if constexpr (std::same_as<T, double>) {
      if (std::isnan(left[row]) && std::isnan(right[row])) continue;  // which NaN it is, no text can say
      REQUIRE(std::bit_cast<std::uint64_t>(left[row]) == std::bit_cast<std::uint64_t>(right[row]));
    } else {
      REQUIRE(left[row] == right[row]);
    }
  }
}

/// Same schema, same values missing, all others the same to the last bit.
inline void require_same(const RecordBatch& a, const RecordBatch& b) {
  REQUIRE(a.schema() == b.schema());
  REQUIRE(a.rows() == b.rows());
  for (std::size_t i = 0; i < a.schema().fields.size(); ++i) {
    switch (a.schema().fields[i].dtype) {
      case DataType::float64: require_same_column<double>(a, b, i); break;
      case DataType::int64: require_same_column<std::int64_t>(a, b, i); break;
      case DataType::boolean: require_same_column<bool>(a, b, i); break;
      case DataType::timestamp: require_same_column<Timestamp>(a, b, i); break;
      default: require_same_column<std::string_view>(a, b, i);
    }
  }
}

}  // namespace random_table
