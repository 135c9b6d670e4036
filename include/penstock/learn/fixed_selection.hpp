// SPDX-License-Identifier: MIT
#pragma once

// The columns that a transformer takes, as the first table or matrix settles them.

#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/transformer.hpp"

#include <concepts>   // same_as
#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The selection as it is once it has seen this schema. Throws as ColumnSelection::fix.
[[nodiscard]] inline ColumnSelection fixed_for(ColumnSelection selection, const Schema& schema) {
  selection.fix(schema);
  return selection;
}

/// Refuses a matrix that has not as many columns as were settled.
inline void check_width(const char* owner, const ColumnSelection& selection, std::size_t cols) {
  if (selection.names().size() == cols) return;
  throw std::invalid_argument(std::string(owner) + ": rows of " + std::to_string(cols) + " features for one of " +
                              std::to_string(selection.names().size()));
}

/// The same as fixed_for of a schema for a matrix of so many columns, which are called x0, x1 and so on.
/// @throws std::invalid_argument if it has other columns than were settled, or than the options name.
[[nodiscard]] inline ColumnSelection fixed_for(const char* owner, ColumnSelection selection, std::size_t cols) {
  if (!selection.fixed()) {
    std::vector<std::string> names = names_of_places(cols);
    if (selection.named() && selection.names() != names) {
      throw std::invalid_argument(std::string(owner) +
                                  ": options name columns, which a matrix has not; a RecordBatch is needed");
    }
    selection.fix(std::move(names));
  }
  check_width(owner, selection, cols);
  return selection;
}

/// The same for rows of any kind.
template <feature_rows X>
[[nodiscard]] ColumnSelection fixed_for(const char* owner, ColumnSelection selection, const X& x) {
  if constexpr (std::same_as<X, RecordBatch>) {
    return fixed_for(std::move(selection), x.schema());
  } else {
    return fixed_for(owner, std::move(selection), row_source<X>::make(x).cols);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
