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

namespace penstock {
inline namespace v0 {
namespace detail {

/// The selection as it is once it has seen this schema. Throws as ColumnSelection::fix.
[[nodiscard]] inline ColumnSelection fixed_for(ColumnSelection selection, const Schema& schema) {
  selection.fix(schema);
  return selection;
}

/// The same for rows, which may be a matrix: then its columns are x0, x1 and so on.
/// @throws std::invalid_argument if a matrix has other columns than were settled, or the options name columns.
template <feature_rows X>
[[nodiscard]] ColumnSelection fixed_for(const char* owner, ColumnSelection selection, const X& x) {
  if constexpr (std::same_as<X, RecordBatch>) {
    return fixed_for(std::move(selection), x.schema());
  } else {
    const std::size_t cols = row_source<X>::make(x).cols;
    if (!selection.fixed() && selection.named()) {
      throw std::invalid_argument(std::string(owner) +
                                  ": options name columns, which a matrix has not; a RecordBatch is needed");
    }
    selection.fix(names_of_places(cols));
    if (selection.names().size() == cols) return selection;
    throw std::invalid_argument(std::string(owner) + ": rows of " + std::to_string(cols) + " features for one of " +
                                std::to_string(selection.names().size()));
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
