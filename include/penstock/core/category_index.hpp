// SPDX-License-Identifier: MIT
#pragma once

// Gives each new text the next code, so that a category keeps its code from batch to batch.
//
//     CategoryIndex countries;
//     countries.find_or_add("NA");                             // 0, and 0 again for every later "NA"
//     values.dictionary = countries.dictionary();              // what the codes so far stand for

#include "penstock/core/category_table.hpp"
#include "penstock/core/dictionary.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <limits>       // numeric_limits
#include <memory>       // shared_ptr
#include <optional>     // optional
#include <stdexcept>    // length_error
#include <string>       // string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Texts and their codes, in the order in which they came. Not thread-safe; the dictionaries that it gave are.
class CategoryIndex {
 public:
  CategoryIndex() = default;
  /// Starts with these texts as codes 0, 1, ... @throws std::invalid_argument if one stands there twice.
  explicit CategoryIndex(const Dictionary& texts) {
    for (const std::string& text : texts) {
      if (find(text)) throw std::invalid_argument("CategoryIndex: '" + text + "' stands there twice");
      find_or_add(text);
    }
  }

  /// The code of a text that is known; O(length) on average.
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view text) const {
    const std::int32_t code = table_.find(text);
    return code == detail::CategoryTable::unknown ? std::nullopt : std::optional(code);
  }

  /// The code of a text, a new one if it was not known. @throws std::length_error after 2^31 - 1 texts.
  std::int32_t find_or_add(std::string_view text) {
    const std::int32_t code = table_.find_or_add(text, std::numeric_limits<std::int32_t>::max());
    if (code == detail::CategoryTable::unknown) throw std::length_error("CategoryIndex: too many texts");
    return code;
  }

  [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }  ///< texts known

  /// The texts so far; the same object until a text is added, so that batches share it; all share
  /// one memory. O(1).
  [[nodiscard]] std::shared_ptr<const Dictionary> dictionary() { return table_.dictionary(); }

 private:
  detail::CategoryTable table_;
};

}  // namespace v0
}  // namespace penstock
