// SPDX-License-Identifier: MIT
#pragma once

// Which rows of a table belong together: the key of each, out of the values of some columns.

#include "penstock/core/record_batch.hpp"
#include "penstock/learn/categories.hpp"

#include <cstddef>      // size_t
#include <optional>     // nullopt, optional
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The key of each row, as bytes; none where a part of it is missing. Integers and texts of the same digits are the
/// same; keys of several columns are told apart by the lengths of their parts.
class RowKeys {
 public:
  RowKeys(const RecordBatch& x, const std::vector<std::size_t>& places) : parts_(places.size()), rows_(x.rows()) {
    ends_.reserve(rows_);
    if (places.empty()) return;
    std::vector<bool> missing(rows_);
    for (std::size_t i = 0; i < rows_; ++i) {
      for (const std::size_t place : places) missing[i] = missing[i] || !x.is_valid(place, i);
    }
    std::vector<std::vector<std::size_t>> ends(places.size());
    std::vector<std::string> texts(places.size());
    for (std::size_t c = 0; c < places.size(); ++c) {
      ends[c].resize(rows_);
      std::size_t next = 0;
      for_each_text(x, places[c], [&](std::size_t i, std::string_view text) {
        while (next < i) ends[c][next++] = texts[c].size();
        texts[c] += text;
        ends[c][next++] = texts[c].size();
      });
      while (next < rows_) ends[c][next++] = texts[c].size();
    }
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t c = 0; c < places.size() && !missing[i]; ++c) {
        const std::size_t start = i == 0 ? 0 : ends[c][i - 1];
        const std::size_t size = ends[c][i] - start;
        if (places.size() > 1) bytes_ += std::to_string(size) + ":";
        bytes_.append(texts[c], start, size);
      }
      ends_.push_back(bytes_.size());
    }
    missing_ = std::move(missing);
  }

  [[nodiscard]] std::optional<std::string_view> operator[](std::size_t i) const {
    if (parts_ == 0) return std::string_view();
    if (missing_[i]) return std::nullopt;
    const std::size_t start = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(start, ends_[i] - start);
  }

 private:
  std::size_t parts_, rows_;
  std::string bytes_{};
  std::vector<std::size_t> ends_{};
  std::vector<bool> missing_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
