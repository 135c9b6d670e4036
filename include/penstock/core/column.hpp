// SPDX-License-Identifier: MIT
#pragma once

// One column of values, as a table owns it (Column) and as a program reads it (ColumnView<T>).
//
//     ColumnView<double> age = batch.column<double>("age");
//     for (std::size_t i = 0; i < age.size(); ++i) if (age.is_valid(i)) use(age[i]);
//
// A missing value reads as NaN in float64, as code -1 in a category, and as 0, false, 1970 or an empty text in the
// others. Column sees to it.

#include "penstock/core/clock.hpp"
#include "penstock/core/dictionary.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/index_iterator.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/core/validity.hpp"

#include <concepts>     // same_as
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, int64_t, uint8_t, uint32_t
#include <limits>       // numeric_limits
#include <memory>       // shared_ptr
#include <optional>     // optional
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <type_traits>  // conditional_t, is_same_v
#include <utility>      // move
#include <variant>      // variant, variant_size_v
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// The values of a boolean column, a byte each.
struct BooleanValues {
  std::vector<std::uint8_t> bytes{};  ///< 0 or 1
};

/// The values of a string column, one behind the other. At most 4 GiB of text.
struct StringValues {
  std::vector<char> bytes{};              ///< the texts, without separators
  std::vector<std::uint32_t> offsets{0};  ///< text i is [offsets[i], offsets[i + 1])

  /// One more text. @throws std::length_error above 4 GiB.
  void append(std::string_view text) {
    if (text.size() > UINT32_MAX - bytes.size()) throw std::length_error("a string column holds at most 4 GiB of text");
    bytes.insert(bytes.end(), text.begin(), text.end());
    offsets.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
};

/// The values of a category column: codes into a dictionary, -1 where the value is missing.
struct CategoryValues {
  std::vector<std::int32_t> codes{};  ///< places in the dictionary, or -1
  std::shared_ptr<const Dictionary> dictionary = std::make_shared<const Dictionary>();  ///< never null
};

/// The values of a column; the alternatives stand in the order of DataType.
using ColumnValues = std::variant<std::vector<double>, std::vector<std::int64_t>, BooleanValues, std::vector<Timestamp>,
                                  StringValues, CategoryValues>;

static_assert(std::variant_size_v<ColumnValues> == static_cast<std::size_t>(DataType::category) + 1);

namespace detail {

/// No values yet of that type.
inline ColumnValues empty_values(DataType dtype) {
  switch (dtype) {
    case DataType::float64: return std::vector<double>();
    case DataType::int64: return std::vector<std::int64_t>();
    case DataType::boolean: return BooleanValues();
    case DataType::timestamp: return std::vector<Timestamp>();
    case DataType::string: return StringValues();
    case DataType::category: return CategoryValues();
  }
  throw std::invalid_argument("a field of unknown type");
}

/// Makes values that were moved from what empty_values gave: assigning that would compile every way to assign.
inline void restart(ColumnValues& moved) {
  if (auto* texts = std::get_if<StringValues>(&moved)) texts->offsets.assign(1, 0);
  if (auto* category = std::get_if<CategoryValues>(&moved)) *category = CategoryValues();
}

}  // namespace detail

/// A column as a table owns it: values and which of them are there.
class Column {
 public:
  /// Takes the values; all are there unless `validity` says otherwise. Numbers that are not are overwritten by what
  /// missing values read as. O(missing values) but for texts, whose codes or offsets are checked.
  /// @throws std::invalid_argument if the validity is of another length, a code is outside its dictionary, a text
  /// outside its bytes, or a missing text is not empty.
  explicit Column(ColumnValues values, std::optional<Validity> validity = std::nullopt) : values_(std::move(values)) {
    const std::size_t size = count(values_);
    validity_ = validity ? std::move(*validity) : Validity(size);
    if (validity_.size() != size) {
      throw std::invalid_argument("Column: " + std::to_string(size) + " values, but a validity of " +
                                  std::to_string(validity_.size()));
    }
    switch (dtype()) {
      case DataType::float64:
        fill_missing(*std::get_if<std::vector<double>>(&values_), std::numeric_limits<double>::quiet_NaN());
        break;
      case DataType::int64: fill_missing(*std::get_if<std::vector<std::int64_t>>(&values_), std::int64_t{0}); break;
      case DataType::boolean: fill_missing(std::get_if<BooleanValues>(&values_)->bytes, std::uint8_t{0}); break;
      case DataType::timestamp: fill_missing(*std::get_if<std::vector<Timestamp>>(&values_), Timestamp()); break;
      case DataType::string: check_texts(*std::get_if<StringValues>(&values_)); break;
      case DataType::category: check_codes(*std::get_if<CategoryValues>(&values_)); break;
    }
  }

  [[nodiscard]] DataType dtype() const noexcept { return static_cast<DataType>(values_.index()); }  ///< O(1)
  [[nodiscard]] std::size_t size() const noexcept { return validity_.size(); }   ///< values, missing ones included
  [[nodiscard]] const ColumnValues& values() const noexcept { return values_; }  ///< for missing ones see the top
  [[nodiscard]] const Validity& validity() const noexcept { return validity_; }  ///< which values are there

 private:
  static std::size_t count(const ColumnValues& values) {
    switch (static_cast<DataType>(values.index())) {
      case DataType::float64: return std::get_if<std::vector<double>>(&values)->size();
      case DataType::int64: return std::get_if<std::vector<std::int64_t>>(&values)->size();
      case DataType::boolean: return std::get_if<BooleanValues>(&values)->bytes.size();
      case DataType::timestamp: return std::get_if<std::vector<Timestamp>>(&values)->size();
      case DataType::string: {
        const auto& offsets = std::get_if<StringValues>(&values)->offsets;
        if (offsets.empty()) throw std::invalid_argument("Column: texts without offsets; none at all have one, of 0");
        return offsets.size() - 1;
      }
      case DataType::category: return std::get_if<CategoryValues>(&values)->codes.size();
    }
    return 0;
  }

  template <class Value>
  void fill_missing(std::vector<Value>& values, Value substitute) {
    validity_.for_each_missing(0, values.size(), [&](std::size_t i) { values[i] = substitute; });
  }

  void check_texts(const StringValues& texts) const {
    bool ascending = true;
    for (std::size_t i = 1; i < texts.offsets.size(); ++i) ascending &= texts.offsets[i - 1] <= texts.offsets[i];
    if (!ascending || texts.offsets.back() > texts.bytes.size()) {
      throw std::invalid_argument("Column: the offsets of texts do not ascend within their " +
                                  std::to_string(texts.bytes.size()) + " bytes");
    }
    validity_.for_each_missing(0, validity_.size(), [&](std::size_t i) {
      if (texts.offsets[i] == texts.offsets[i + 1]) return;
      throw std::invalid_argument("Column: value " + std::to_string(i) + " is missing, but has a text");
    });
  }

  void check_codes(const CategoryValues& category) const {
    if (category.dictionary == nullptr) throw std::invalid_argument("Column: a category without a dictionary");
    for (std::size_t i = 0; i < category.codes.size(); ++i) {
      const std::int32_t code = category.codes[i];
      const bool known = code >= 0 && static_cast<std::size_t>(code) < category.dictionary->size();
      if (validity_[i] ? !known : code != -1) {
        throw std::invalid_argument("Column: category code " + std::to_string(code) + " at value " + std::to_string(i) +
                                    ", outside a dictionary of " + std::to_string(category.dictionary->size()));
      }
    }
  }

  ColumnValues values_;
  Validity validity_;
};

/// How values of type T are found in a column: the types that ColumnView can be asked for.
/// double: float64. int64_t: int64. bool: boolean. Timestamp: timestamp. string_view: string, category. int32_t: the
/// codes of a category.
template <class T>
concept column_value = std::same_as<T, double> || std::same_as<T, std::int64_t> || std::same_as<T, bool> ||
                       std::same_as<T, Timestamp> || std::same_as<T, std::string_view> || std::same_as<T, std::int32_t>;

/// A stretch of a column read as T: a random-access range of T. It borrows from the table that it was taken from, or
/// any slice that shares its buffers. Reading is safe from many threads.
template <column_value T>
class ColumnView {
 public:
  /// Rows [first, first + count) of a column.
  /// @throws Error that names both types if the column is not read as T.
  ColumnView(const Column& column, std::size_t first, std::size_t count)
      : column_(&column), first_(first), size_(count) {
    if (!readable(column.dtype())) refuse();
    const ColumnValues& values = column.values();
    if constexpr (std::same_as<T, std::string_view>) {
      data_ = &values;
    } else if constexpr (std::same_as<T, bool>) {
      data_ = std::get_if<BooleanValues>(&values)->bytes.data() + first;
    } else if constexpr (std::same_as<T, std::int32_t>) {
      data_ = std::get_if<CategoryValues>(&values)->codes.data() + first;
    } else {
      data_ = std::get_if<std::vector<T>>(&values)->data() + first;
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< values, missing ones included

  /// Value `i`; O(1), `i < size()`. For what a missing value reads as, see the top of this header.
  [[nodiscard]] T operator[](std::size_t i) const noexcept {
    if constexpr (std::same_as<T, std::string_view>) {
      return text(first_ + i);
    } else {
      return static_cast<T>(data_[i]);
    }
  }

  /// Whether value `i` is there; O(1), `i < size()`.
  [[nodiscard]] bool is_valid(std::size_t i) const noexcept { return column_->validity()[first_ + i]; }
  /// Calls `take(i)` for each missing value of [first, first + count) in order; O(count / 64 + missing).
  template <class Take>
  void for_each_missing(std::size_t first, std::size_t count, Take&& take) const {
    column_->validity().for_each_missing(first_ + first, count, [&](std::size_t i) { take(i - first_); });
  }
  /// How many values are missing; O(size() / 64 + missing).
  [[nodiscard]] std::size_t null_count() const {
    std::size_t missing = 0;
    for_each_missing(0, size_, [&](std::size_t) { ++missing; });
    return missing;
  }
  /// Value `i` if it is there.
  [[nodiscard]] std::optional<T> get(std::size_t i) const noexcept {
    return is_valid(i) ? std::optional<T>((*this)[i]) : std::nullopt;
  }

  /// The values where they lie in memory, for those types that lie there as they are.
  [[nodiscard]] std::span<const T> values() const noexcept
    requires(!std::same_as<T, bool> && !std::same_as<T, std::string_view>)
  {
    return {data_, size_};
  }

  /// The texts that a category's codes stand for. @throws Error if the column is no category.
  [[nodiscard]] const Dictionary& dictionary() const
    requires(std::same_as<T, std::int32_t> || std::same_as<T, std::string_view>)
  {
    const auto* category = std::get_if<CategoryValues>(&column_->values());
    if (category == nullptr)
      throw Error({}, "a column of type " + std::string(to_string(column_->dtype())), "category");
    return *category->dictionary;
  }

  /// The values in order, as operator[] reads them.
  [[nodiscard]] auto begin() const noexcept { return detail::IndexIterator<ColumnView>(*this, 0); }
  /// Behind the last.
  [[nodiscard]] auto end() const noexcept { return detail::IndexIterator<ColumnView>(*this, size_); }

 private:
  using Data = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t,
                                  std::conditional_t<std::is_same_v<T, std::string_view>, ColumnValues, T>>;

  [[nodiscard]] std::string_view text(std::size_t i) const noexcept {
    if (const auto* strings = std::get_if<StringValues>(data_)) {
      return {strings->bytes.data() + strings->offsets[i], strings->offsets[i + 1] - strings->offsets[i]};
    }
    const auto& category = *std::get_if<CategoryValues>(data_);
    return category.codes[i] < 0 ? std::string_view()
                                 : (*category.dictionary)[static_cast<std::size_t>(category.codes[i])];
  }

  static constexpr DataType dtype = std::same_as<T, double>         ? DataType::float64
                                    : std::same_as<T, std::int64_t> ? DataType::int64
                                    : std::same_as<T, bool>         ? DataType::boolean
                                    : std::same_as<T, Timestamp>    ? DataType::timestamp
                                                                    : DataType::category;

  static constexpr bool readable(DataType found) noexcept {
    return found == dtype || (std::same_as<T, std::string_view> && found == DataType::string);
  }

  [[noreturn]] void refuse() const {
    throw Error({}, "a column of type " + std::string(to_string(column_->dtype())),
                (std::same_as<T, std::string_view> ? "string or " : "") + std::string(to_string(dtype)));
  }

  const Column* column_;
  const Data* data_ = nullptr;
  std::size_t first_;
  std::size_t size_;
};

}  // namespace v0
}  // namespace penstock
