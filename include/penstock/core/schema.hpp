// SPDX-License-Identifier: MIT
#pragma once

// What columns a table has: names, types, and whether a value may be missing.
//
//     Schema schema{{{"country", DataType::category}, {"minutes", DataType::float64}}};
//     schema.index("minutes");   // 1

#include "penstock/core/error.hpp"

#include <cstddef>      // size_t
#include <optional>     // optional
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// The types of a column. What a C++ program sees of each is told at ColumnView.
enum class DataType {
  float64,    ///< IEEE double
  int64,      ///< 64-bit signed integer
  boolean,    ///< true or false
  timestamp,  ///< nanoseconds since 1970-01-01 UTC
  string,     ///< UTF-8 text, one for each row
  category    ///< UTF-8 text out of a dictionary, a 32-bit code for each row
};

/// "float64" and so on: the enumerator's own name.
[[nodiscard]] constexpr std::string_view to_string(DataType dtype) noexcept {
  switch (dtype) {
    case DataType::float64: return "float64";
    case DataType::int64: return "int64";
    case DataType::boolean: return "boolean";
    case DataType::timestamp: return "timestamp";
    case DataType::string: return "string";
    case DataType::category: return "category";
  }
  return "unknown";
}

/// One column's name and type.
struct Field {
  std::string name{};                  ///< need not be unique; the first of its name is found
  DataType dtype = DataType::float64;  ///< of all its values
  bool nullable = true;                ///< whether a value may be missing

  friend bool operator==(const Field&, const Field&) = default;
};

/// The columns of a table, in order.
struct Schema {
  std::vector<Field> fields{};  ///< in the order of the table

  /// The place of the first column of that name, if there is one; O(columns).
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == name) return i;
    }
    return std::nullopt;
  }

  /// The place of that column; O(columns).
  /// @throws Error that names the column and those that there are, the first twenty of many.
  [[nodiscard]] std::size_t index(std::string_view name) const {
    if (const auto place = find(name)) return *place;
    if (fields.empty()) throw Error({.column = std::string(name)}, "no such column, nor any other", "");
    constexpr std::size_t shown = 20;
    std::string names;
    for (std::size_t i = 0; i < fields.size() && i < shown; ++i) names += (i == 0 ? "" : ", ") + fields[i].name;
    if (fields.size() > shown) names += " and " + std::to_string(fields.size() - shown) + " more";
    throw Error({.column = std::string(name)}, "no such column", "one of: " + names);
  }

  friend bool operator==(const Schema&, const Schema&) = default;
};

}  // namespace v0
}  // namespace penstock
