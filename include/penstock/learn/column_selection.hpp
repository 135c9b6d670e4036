// SPDX-License-Identifier: MIT
#pragma once

// The columns that a transformer takes of a table: those that its option names, or all of a kind in the first table.
//
//     detail::ColumnSelection selection(options.columns, detail::ColumnKind::numbers);
//     selection.fix(batch.schema());                           // in the first call that learns
//     for (std::size_t place : selection.places(batch.schema())) ...

#include "penstock/core/error.hpp"
#include "penstock/core/schema.hpp"

#include <cstddef>      // size_t
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// What a transformer can take.
enum class ColumnKind {
  numbers,     // float64, int64, boolean; a timestamp if it is named
  texts,       // string, category
  categories,  // string, category; int64 and boolean if they are named
  values,      // all but timestamps
  any          // whatever there is
};

[[nodiscard]] constexpr bool is_text(DataType dtype) noexcept {
  return dtype == DataType::string || dtype == DataType::category;
}

/// Whether a column of that type may be taken when its name is given.
[[nodiscard]] constexpr bool takes(ColumnKind kind, DataType dtype) noexcept {
  switch (kind) {
    case ColumnKind::numbers: return !is_text(dtype);
    case ColumnKind::texts: return is_text(dtype);
    case ColumnKind::categories: return is_text(dtype) || dtype == DataType::int64 || dtype == DataType::boolean;
    case ColumnKind::values: return dtype != DataType::timestamp;
    case ColumnKind::any: return true;
  }
  return false;
}

/// Whether it is taken when no names are given.
[[nodiscard]] constexpr bool takes_unnamed(ColumnKind kind, DataType dtype) noexcept {
  if (kind == ColumnKind::numbers && dtype == DataType::timestamp) return false;
  return takes(kind == ColumnKind::categories ? ColumnKind::texts : kind, dtype);
}

/// The types that may be taken, in words.
[[nodiscard]] constexpr const char* words_for(ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::numbers: return "numbers";
    case ColumnKind::texts: return "string or category";
    case ColumnKind::categories: return "string, category, int64 or boolean";
    case ColumnKind::values: return "numbers or texts";
    case ColumnKind::any: break;
  }
  return "any type";
}

/// Names, fixed by the first table, and where they stand in each table. Copyable; const functions may be called from
/// many threads at once.
class ColumnSelection {
 public:
  /// `columns` are names, or empty for all columns of that kind (timestamps are not among numbers then).
  /// @throws std::invalid_argument if a name stands there twice.
  ColumnSelection(std::vector<std::string> columns, ColumnKind kind)
      : names_(std::move(columns)), kind_(kind), named_(!names_.empty()) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (names_[i] == names_[j]) throw std::invalid_argument("columns: '" + names_[i] + "' stands there twice");
      }
    }
  }

  [[nodiscard]] bool fixed() const noexcept { return fixed_; }  ///< whether the first table has been seen

  /// Settles which columns are meant; nothing, if that is settled. May leave none.
  /// @throws Error that names a column that is not there or cannot be taken; nothing is settled then.
  void fix(const Schema& schema) {
    if (fixed_) return;
    if (!named_) {
      std::vector<std::string> names;
      for (const Field& field : schema.fields) {
        if (takes_unnamed(kind_, field.dtype)) names.push_back(field.name);
      }
      names_ = std::move(names);
    } else {
      static_cast<void>(places(schema));
    }
    fixed_ = true;
  }
  /// The same for matrices, whose columns are called x0, x1 and so on.
  void fix(std::vector<std::string> names) {
    if (fixed_) return;
    names_ = std::move(names);
    fixed_ = true;
  }

  /// The names; before the first table those of the option.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  /// Whether the option named them.
  [[nodiscard]] bool named() const noexcept { return named_; }
  /// Whether what was learnt of the other's columns fits these: they are the same, or none are known here yet.
  [[nodiscard]] bool accepts(const ColumnSelection& other) const {
    return !(fixed_ || named_) || names_ == other.names_;
  }

  /// Where they stand in a table, in the order of names(). O(columns^2) comparisons at worst, O(columns) if they stand
  /// in the same order as there. @throws Error that names a column that is not there or cannot be taken.
  [[nodiscard]] std::vector<std::size_t> places(const Schema& schema) const {
    std::vector<std::size_t> found;
    found.reserve(names_.size());
    std::size_t next = 0;  // where the last one was, plus one: mostly the next is there
    for (const std::string& name : names_) {
      while (next < schema.fields.size() && schema.fields[next].name != name) ++next;
      const std::size_t place = next < schema.fields.size() ? next : schema.index(name);
      const DataType dtype = schema.fields[place].dtype;
      if (!takes(kind_, dtype)) {
        throw Error({.column = name}, "a column of type " + std::string(to_string(dtype)), words_for(kind_));
      }
      found.push_back(place);
      next = place + 1;
    }
    return found;
  }

  /// Shows a visitor of states what was settled; the options are its owner's.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    const std::vector<std::string> before = self.names_;
    v("fitted", self.fixed_);
    v("feature_names_in", self.names_);
    v.require(!self.named_ || self.names_ == before, "feature_names_in", "those that the options name");
    v.require(self.fixed_ || self.named_ || self.names_.empty(), "feature_names_in", "none before the first row");
  }

 private:
  std::vector<std::string> names_;
  ColumnKind kind_;
  bool named_;
  bool fixed_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
