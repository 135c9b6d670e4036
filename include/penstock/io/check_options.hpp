// SPDX-License-Identifier: MIT
#pragma once

// What the options of all readers have in common, checked and refused in the same words.
//
//     detail::check_in_range("CsvOptions", "infer_rows", options.infer_rows, SIZE_MAX);

#include "penstock/io/bad_row.hpp"

#include <cstddef>      // size_t
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {
namespace detail {

/// 1 to `most`.
inline void check_in_range(const std::string& options, std::string_view name, std::size_t value, std::size_t most) {
  if (value >= 1 && value <= most) return;
  throw std::invalid_argument(options + "." + std::string(name) + " is " + std::to_string(value) + ", not in [1, " +
                              std::to_string(most) + "]");
}

/// A handler is there if, and only if, it is wanted.
inline void check_handler(const std::string& options, OnBadRow on_bad_row, bool handler) {
  if ((on_bad_row == OnBadRow::handler) == handler) return;
  throw std::invalid_argument(handler ? options + ".handler is set, but .on_bad_row is not OnBadRow::handler"
                                      : options + ".on_bad_row is OnBadRow::handler, but .handler is empty");
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
