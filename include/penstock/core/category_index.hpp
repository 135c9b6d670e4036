// SPDX-License-Identifier: MIT
#pragma once

// Gives each new text the next code, so that a category keeps its code from batch to batch.
//
//     CategoryIndex countries;
//     countries.find_or_add("NA");                             // 0, and 0 again for every later "NA"
//     values.dictionary = countries.dictionary();              // what the codes so far stand for

#include "penstock/core/column.hpp"

#include <cstddef>        // size_t
#include <cstdint>        // int32_t
#include <limits>         // numeric_limits
#include <memory>         // shared_ptr
#include <optional>       // optional
#include <stdexcept>      // length_error
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map

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

  /// The code of a text that is known; O(1) on average.
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view text) const {
    const auto found = codes_.find(text);
    return found == codes_.end() ? std::nullopt : std::optional(found->second);
  }

  /// The code of a text, a new one if it was not known. @throws std::length_error after 2^31 - 1 texts.
  std::int32_t find_or_add(std::string_view text) {
    if (const auto found = codes_.find(text); found != codes_.end()) return found->second;
    if (texts_.size() == std::numeric_limits<std::int32_t>::max())
      throw std::length_error("CategoryIndex: too many texts");
    const auto code = static_cast<std::int32_t>(texts_.size());
    texts_.emplace_back(text);
    codes_.emplace(text, code);
    return code;
  }

  [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }  ///< texts known

  /// The texts so far; the same object until a text is added, so that batches share it. O(1) or O(texts).
  [[nodiscard]] std::shared_ptr<const Dictionary> dictionary() {
    if (!shared_ || shared_->size() != texts_.size()) shared_ = std::make_shared<const Dictionary>(texts_);
    return shared_;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
  };

  std::unordered_map<std::string, std::int32_t, Hash, Equal> codes_;
  Dictionary texts_;
  std::shared_ptr<const Dictionary> shared_;
};

}  // namespace v0
}  // namespace penstock
