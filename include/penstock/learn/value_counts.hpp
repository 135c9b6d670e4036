// SPDX-License-Identifier: MIT
#pragma once

// Which value is the most frequent of a stream, in bounded memory.

#include <algorithm>      // min, sort
#include <cstddef>        // size_t
#include <cstdint>        // uint64_t
#include <optional>       // optional
#include <unordered_map>  // unordered_map
#include <utility>        // move, pair
#include <vector>         // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Counts of values: exact while there are at most `limit` of them, then Space-Saving (Metwally, Agrawal and El Abbadi
/// 2005): a new value takes the place and the count of the one with the least. Each value that makes up more than
/// 1 / limit of all is still there then, its count at most total / limit too high. Not thread-safe.
template <class Value>
class ValueCounts {
 public:
  explicit ValueCounts(std::size_t limit = 1) : limit_(limit) {}

  /// One more of a value. O(1); for a new one when all places are taken O(limit) once for all that have the least
  /// count, the greatest of which goes first.
  void add(const Value& value) {
    const auto found = counts_.find(value);
    if (found != counts_.end()) return lift(value, ++found->second);
    if (counts_.size() < limit_) {
      counts_.emplace(value, 1);
      return lift(value, 1);
    }
    while (!least_.empty() && counts_.at(least_.back()) != least_count_) least_.pop_back();  // it has come again
    if (least_.empty()) find_least();
    const Value least = std::move(least_.back());
    least_.pop_back();
    const std::uint64_t count = least_count_ + 1;
    const bool was_most = most_ && *most_ == least;
    counts_.erase(least);
    counts_.emplace(value, count);
    exact_ = false;
    if (was_most) {
      search();
    } else {
      lift(value, count);
    }
  }

  /// The value with the highest count, the least of those that have it; nothing before the first.
  [[nodiscard]] const std::optional<Value>& most_frequent() const noexcept { return most_; }
  [[nodiscard]] bool exact() const noexcept { return exact_; }  ///< whether no value has lost its place

  /// Takes over another stream's counts; those with the highest sums keep their places.
  void merge(const ValueCounts& other) {
    exact_ = exact_ && other.exact_;
    std::unordered_map<Value, std::uint64_t> sums = counts_;
    for (const auto& [value, count] : other.counts_) sums[value] += count;
    if (sums.size() > limit_) {
      std::vector<std::pair<Value, std::uint64_t>> all(sums.begin(), sums.end());
      std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
      });
      all.resize(limit_);
      sums = std::unordered_map<Value, std::uint64_t>(all.begin(), all.end());
      exact_ = false;
    }
    counts_ = std::move(sums);
    least_.clear();
    search();
  }

  /// Shows the counts to a visitor of states, by value.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    std::vector<Value> values;
    std::vector<std::uint64_t> counts;
    if constexpr (!Visitor::loading) {
      for (const auto& [value, count] : self.counts_) values.push_back(value);
      std::sort(values.begin(), values.end());
      for (const Value& value : values) counts.push_back(self.counts_.at(value));
    }
    v("values", values);
    v("counts", counts);
    v("exact", self.exact_);
    if constexpr (Visitor::loading) {
      v.require(values.size() <= self.limit_, "values", "no more than there is room for");
      v.require(counts.size() == values.size(), "counts", "one for each value");
      self.counts_.clear();
      self.least_.clear();
      for (std::size_t i = 0; i < values.size(); ++i) {
        v.require(counts[i] > 0 && values[i] == values[i] && self.counts_.emplace(values[i], counts[i]).second,
                  "values", "each once, and none without a count");
      }
      self.search();
    }
  }

 private:
  void lift(const Value& value, std::uint64_t count) {
    if (most_ && (count < most_count_ || (count == most_count_ && !(value < *most_)))) {
      if (*most_ == value) most_count_ = count;
      return;
    }
    most_ = value;
    most_count_ = count;
  }
  void search() {
    most_.reset();
    for (const auto& [value, count] : counts_) lift(value, count);
  }

  /// Who has the least count. Counts only go up, and a new value's is above it: nobody joins them later.
  void find_least() {
    least_count_ = counts_.begin()->second;
    for (const auto& [value, count] : counts_) least_count_ = std::min(least_count_, count);
    for (const auto& [value, count] : counts_) {
      if (count == least_count_) least_.push_back(value);
    }
    std::sort(least_.begin(), least_.end());
  }

  std::unordered_map<Value, std::uint64_t> counts_{};
  std::vector<Value> least_{};  // ascending; those that have come again since are still among them
  std::uint64_t least_count_ = 0;
  std::size_t limit_;
  std::optional<Value> most_{};
  std::uint64_t most_count_ = 0;
  bool exact_ = true;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
