// SPDX-License-Identifier: MIT
#pragma once

// Tables for the tests of encoders and features, and what holds all of them: results that do not depend on chunks.

#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/new_columns.hpp"

#include "catch.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feature_support {

using namespace penstock;
using Names = std::vector<std::string>;

/// Makes a table of columns, one call each.
class TableMaker {
 public:
  TableMaker& texts(const std::string& name, const std::vector<std::optional<std::string>>& values,
                    DataType dtype = DataType::category) {
    return add<std::string_view>(name, dtype, values);
  }
  TableMaker& numbers(const std::string& name, const std::vector<std::optional<double>>& values) {
    return add<double>(name, DataType::float64, values);
  }
  TableMaker& integers(const std::string& name, const std::vector<std::optional<std::int64_t>>& values) {
    return add<std::int64_t>(name, DataType::int64, values);
  }
  TableMaker& booleans(const std::string& name, const std::vector<std::optional<bool>>& values) {
    return add<bool>(name, DataType::boolean, values);
  }
  /// Seconds since 1970.
  TableMaker& times(const std::string& name, const std::vector<std::optional<std::int64_t>>& values) {
    std::vector<std::optional<Timestamp>> stamps;
    for (const auto& value : values) {
      stamps.push_back(value ? std::optional(Timestamp(std::chrono::seconds(*value))) : std::nullopt);
    }
    return add<Timestamp>(name, DataType::timestamp, stamps);
  }
  [[nodiscard]] RecordBatch table() const { return table_; }
  operator RecordBatch() const { return table_; }  // NOLINT: a table is what it is for

 private:
  template <class T, class Value>
  TableMaker& add(const std::string& name, DataType dtype, const std::vector<std::optional<Value>>& values) {
    RecordBatchBuilder builder({{{name, dtype}}});
    for (const auto& value : values) {
      if (value) {
        builder.append<T>(0, *value);
      } else {
        builder.append_null(0);
      }
    }
    const RecordBatch one = builder.finish();
    if (table_.schema().fields.empty()) {
      table_ = one;
    } else {
      append(name, dtype, one);
    }
    return *this;
  }
  void append(const std::string& name, DataType dtype, const RecordBatch& one) {
    // A batch does not give its columns away; one of the same values does.
    Validity validity;
    for (std::size_t i = 0; i < one.rows(); ++i) validity.append(one.is_valid(0, i));
    ColumnValues values = detail::empty_values(dtype);
    switch (dtype) {
      case DataType::float64: values = copy_of(one.column<double>(0).values()); break;
      case DataType::int64: values = copy_of(one.column<std::int64_t>(0).values()); break;
      case DataType::timestamp: values = copy_of(one.column<Timestamp>(0).values()); break;
      case DataType::boolean: {
        BooleanValues bytes;
        for (const bool value : one.column<bool>(0)) bytes.bytes.push_back(value ? 1 : 0);
        values = bytes;
        break;
      }
      case DataType::string: {
        StringValues texts;
        for (const std::string_view text : one.column<std::string_view>(0)) texts.append(text);
        values = texts;
        break;
      }
      case DataType::category:
        values = CategoryValues{copy_of(one.column<std::int32_t>(0).values()),
                                std::make_shared<const Dictionary>(one.column<std::int32_t>(0).dictionary())};
        break;
    }
    std::vector<Column> columns;
    columns.emplace_back(std::move(values), std::move(validity));
    table_ = table_.with_columns({{name, dtype}}, std::move(columns));
  }
  template <class T>
  static std::vector<T> copy_of(std::span<const T> values) {
    return {values.begin(), values.end()};
  }

  RecordBatch table_{};
};

inline Names names_of(const RecordBatch& x) {
  Names names;
  for (const Field& field : x.schema().fields) names.push_back(field.name);
  return names;
}

/// The numbers of a column; NaN where there is none.
inline std::vector<double> column_of(const RecordBatch& x, const std::string& name) {
  std::vector<double> copy;
  const auto numbers = detail::numbers_in(x, x.schema().index(name), copy);
  return {numbers.begin(), numbers.end()};
}

/// The bits of a column's numbers, so that NaN equals NaN.
inline std::vector<std::uint64_t> bits_of(const RecordBatch& x, const std::string& name) {
  std::vector<std::uint64_t> bits;
  for (const double value : column_of(x, name)) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

/// All numbers of a table, by name.
inline std::map<std::string, std::vector<std::uint64_t>> bits_of(const RecordBatch& x) {
  std::map<std::string, std::vector<std::uint64_t>> all;
  for (const Field& field : x.schema().fields) {
    if (field.dtype != DataType::string && field.dtype != DataType::category) all[field.name] = bits_of(x, field.name);
  }
  return all;
}

/// Runs `step(transformer, chunk, first row)` over chunks; a column that is not there in a chunk reads as 0, as the
/// concept says.
template <class T, class Step>
std::map<std::string, std::vector<std::uint64_t>> in_chunks(T& transformer, const RecordBatch& x, std::size_t size,
                                                            Step&& step) {
  std::map<std::string, std::vector<std::uint64_t>> all;
  for (std::size_t first = 0; first < x.rows(); first += size) {
    const std::size_t count = std::min(size, x.rows() - first);
    const RecordBatch part = step(transformer, x.slice(first, count), first);
    REQUIRE(part.rows() == count);
    for (auto& [name, bits] : bits_of(part)) {
      auto& column = all[name];
      column.resize(first);
      column.insert(column.end(), bits.begin(), bits.end());
    }
  }
  for (auto& [name, bits] : all) bits.resize(x.rows());
  return all;
}

/// Chunks of every size give the same bits, teach the same, and transform changes nothing.
template <class T>
void check_chunks(const T& fresh, const RecordBatch& x) {
  T whole = fresh;
  const auto expected = bits_of(whole.partial_fit_transform(x));
  const auto later = bits_of(whole.transform(x));
  for (std::size_t size = 1; size <= x.rows(); ++size) {
    INFO("chunks of " << size);
    T some = fresh;
    CHECK(in_chunks(some, x, size, [](T& t, const RecordBatch& part, std::size_t) {
            return t.partial_fit_transform(part);
          }) == expected);
    CHECK(some.get_feature_names_out() == whole.get_feature_names_out());
    CHECK(bits_of(some.transform(x)) == later);
    T learnt = fresh;
    for (std::size_t first = 0; first < x.rows(); first += size) {
      learnt.partial_fit(x.slice(first, std::min(size, x.rows() - first)));
    }
    CHECK(learnt.get_feature_names_out() == whole.get_feature_names_out());
    CHECK(bits_of(learnt.transform(x)) == later);
    CHECK(bits_of(learnt.transform(x)) == later);
  }
}

}  // namespace feature_support
