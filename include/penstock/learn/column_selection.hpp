// SPDX-License-Identifier: MIT
#pragma once

// The columns that a transformer takes of a table: those that its option names, or all of a kind in the first table.
//
//     detail::ColumnSelection selection(options.columns, detail::ColumnKind::numbers);
//     selection.fix(batch.schema());                           // in the first call that learns
//     for (std::size_t place : selection.places(batch.schema())) ...

#include "penstock/core/error.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/schema.hpp"

#include <cstddef>      // size_t
#include <memory>       // make_shared, shared_ptr
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

/// Names, fixed by the first table, and where they stand in each table. Copies share the names: O(1). Const functions
/// may be called from many threads at once.
class ColumnSelection {
 public:
  /// `columns` are names, or empty for all columns of that kind (timestamps are not among numbers then).
  /// @throws std::invalid_argument if a name stands there twice.
  ColumnSelection(std::vector<std::string> columns, ColumnKind kind)
      : taken_(std::make_shared<const Taken>(std::move(columns))), kind_(kind), named_(!names().empty()) {
    if (taken_->twice == nullptr) return;
    throw std::invalid_argument("columns: '" + *taken_->twice + "' stands there twice");
  }
  ColumnSelection(const ColumnSelection&) = default;  // and no moves: one that was moved from would have no names
  ColumnSelection& operator=(const ColumnSelection&) = default;

  [[nodiscard]] bool fixed() const noexcept { return fixed_; }  ///< whether the first table has been seen

  /// Settles which columns are meant; nothing, if that is settled. May leave none.
  /// @throws Error that names a column that is not there or cannot be taken, or two of one name that would both be
  /// taken; nothing is settled then.
  void fix(const Schema& schema) {
    if (fixed_) return;
    if (named_) {
      static_cast<void>(places(schema));
    } else {
      std::vector<std::string> found;
      for (const Field& field : schema.fields) {
        if (takes_unnamed(kind_, field.dtype)) found.push_back(field.name);
      }
      auto taken = std::make_shared<const Taken>(std::move(found));
      if (taken->twice != nullptr) {
        throw Error({.column = *taken->twice}, "two columns of that name", "names that differ");
      }
      taken_ = std::move(taken);
    }
    fixed_ = true;
  }
  /// The same for names that differ, such as those of matrices: x0, x1 and so on.
  void fix(std::vector<std::string> names) {
    if (fixed_) return;
    taken_ = std::make_shared<const Taken>(std::move(names));
    fixed_ = true;
  }

  /// The names; before the first table those of the option.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return taken_->names; }
  /// Whether the option named them.
  [[nodiscard]] bool named() const noexcept { return named_; }
  /// Whether what was learnt of the other's columns fits these: they are the same, or none are known here yet.
  [[nodiscard]] bool accepts(const ColumnSelection& other) const {
    return !(fixed_ || named_) || names() == other.names();
  }

  /// Where they stand in a table, in the order of names(): of several columns of one name the first. O(columns), a
  /// comparison each as long as they stand in the order of names(), else a look-up.
  /// @throws Error that names a column that is not there or cannot be taken.
  [[nodiscard]] std::vector<std::size_t> places(const Schema& schema) const {
    const std::vector<std::string>& names = this->names();
    std::vector<std::size_t> found(names.size(), NameIndex::none);
    std::size_t next = 0;  // the name behind the last that was found: mostly it is the next one here too
    std::size_t missing = names.size();
    for (std::size_t i = 0; i < schema.fields.size() && missing > 0; ++i) {
      const std::string& name = schema.fields[i].name;
      const std::size_t k = next < names.size() && names[next] == name ? next : taken_->index.find(name);
      if (k == NameIndex::none) continue;
      next = k + 1;
      if (found[k] != NameIndex::none) continue;
      found[k] = i;
      --missing;
    }
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (found[k] == NameIndex::none) static_cast<void>(schema.index(names[k]));  // throws
      const DataType dtype = schema.fields[found[k]].dtype;
      if (takes(kind_, dtype)) continue;
      throw Error({.column = names[k]}, "a column of type " + std::string(to_string(dtype)), words_for(kind_));
    }
    return found;
  }

  /// Shows a visitor of states what was settled; the options are its owner's.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v("fitted", self.fixed_);
    std::vector<std::string> names = self.names();
    v("feature_names_in", names);
    v.require(!self.named_ || names == self.names(), "feature_names_in", "those that the options name");
    v.require(self.fixed_ || self.named_ || names.empty(), "feature_names_in", "none before the first row");
    if constexpr (Visitor::loading) {
      auto taken = std::make_shared<const Taken>(std::move(names));
      v.require(taken->twice == nullptr, "feature_names_in", "each column once");
      self.taken_ = std::move(taken);
    }
  }

 private:
  /// Names that do not change any more, to be found in any order.
  struct Taken {
    std::vector<std::string> names;
    NameIndex index;
    const std::string* twice = nullptr;  // the first that stands there a second time

    explicit Taken(std::vector<std::string> all) : names(std::move(all)), index(names.size()) {
      for (std::size_t k = 0; k < names.size(); ++k) {
        if (index.find_or_add(names[k], k) != k && twice == nullptr) twice = &names[k];
      }
    }
    Taken(const Taken&) = delete;  // the index points to the names
    Taken& operator=(const Taken&) = delete;
  };

  std::shared_ptr<const Taken> taken_;
  ColumnKind kind_;
  bool named_;
  bool fixed_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
