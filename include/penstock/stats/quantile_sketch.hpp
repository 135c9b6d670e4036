// SPDX-License-Identifier: MIT
#pragma once

// Quantiles of a stream in bounded memory: exact while values are few, by rank within a known error afterwards.
//
//     QuantileSketch sketch({.size = 256});
//     for (double x : stream) sketch.add(x);
//     sketch.quantile(0.5);                // the median
//     sketch.rank_error();                 // 0.01: some value between the quantiles 0.49 and 0.51
//     sketch.merge(other);                 // of two streams
//
// Karnin, Lang and Liberty, Optimal Quantile Approximation in Streams, 2016 (KLL): when a level is full, every second
// value of it, odd or even by a coin, goes up to the next, where it counts twice.

#include "penstock/core/math.hpp"
#include "penstock/stats/quantile.hpp"

#include <algorithm>    // fill, inplace_merge, max, min, sort, upper_bound
#include <bit>          // bit_cast
#include <cstddef>      // ptrdiff_t, size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How exact a QuantileSketch is, and what it costs.
struct QuantileSketchOptions {
  std::size_t size = 256;  ///< up to so many values it is exact; it keeps at most some 3 times as many. From 8
  std::uint64_t seed = 0;  ///< of the coins, which also depend on the values: sketches to be merged may have the same
};

/// A summary of the values of a stream from which quantiles are read.
///
/// While there are no more than `size` values, quantiles are exact, by numpy's rule "linear". After that the rank of
/// what quantile(q) gives differs from q by a random error without bias, whose bound rank_error() knows from the
/// compactions that took place; with size 256 its standard deviation was below 0.4 % in all of our tests. The same
/// values in the same order give the same sketch. Copyable; not thread-safe while it learns.
class QuantileSketch {
 public:
  /// @throws std::invalid_argument unless size >= 8.
  explicit QuantileSketch(const QuantileSketchOptions& options = {}) : size_(options.size), coins_(options.seed) {
    if (size_ < 8) {
      throw std::invalid_argument("QuantileSketchOptions.size is " + std::to_string(size_) + "; at least 8 is needed");
    }
    levels_.resize(1);
    fit_capacity();
  }

  /// One more value; NaN is skipped. O(size) at worst, mostly a move of some hundred bytes.
  void add(double x) {
    if (detail::is_nan(x)) return;
    std::vector<double>& lowest = levels_[0];
    lowest.insert(std::upper_bound(lowest.begin(), lowest.end(), x), x);
    least_ = std::min(least_, x);
    greatest_ = std::max(greatest_, x);
    ++count_;
    ++held_;
    if (held_ > capacity_) compress();
  }

  /// Takes over the values of another stream, in any order of streams. The error is that of one sketch of all values,
  /// about; of a sketch and its copy, that of the sketch. O(size).
  /// @throws std::invalid_argument if its size is another.
  QuantileSketch& merge(const QuantileSketch& other) {
    if (other.size_ != size_) {
      throw std::invalid_argument("QuantileSketch: merge of size " + std::to_string(other.size_) + " into size " +
                                  std::to_string(size_));
    }
    const std::vector<std::vector<double>> theirs = other.levels_;  // it may be this one
    if (theirs.size() > levels_.size()) levels_.resize(theirs.size());
    for (std::size_t h = 0; h < theirs.size(); ++h) merge_sorted(levels_[h], theirs[h]);
    least_ = std::min(least_, other.least_);
    greatest_ = std::max(greatest_, other.greatest_);
    count_ += other.count_;
    held_ += other.held_;
    // The same coins fell of the same values, so that the errors are the same, too, and add up in full.
    const bool twin = coins_ == other.coins_;
    squares_ += other.squares_ + (twin ? 2 * detail::square_root(squares_ * other.squares_) : 0);
    worst_ += other.worst_;
    coins_ ^= other.coins_ * 0x9E3779B97F4A7C15U;
    fit_capacity();
    while (held_ > capacity_) compress();
    return *this;
  }

  /// The value at rank q (count - 1), between ranks on the line; NaN if there is none. O(1) while exact, else
  /// O(size log size). @throws std::invalid_argument unless q is in [0, 1].
  [[nodiscard]] double quantile(double q) const {
    double value = 0;
    quantiles({&q, 1}, {&value, 1});
    return value;
  }
  /// Several at once, in any order, for the price of one. `out` has as many values as `q`.
  void quantiles(std::span<const double> q, std::span<double> out) const {
    for (const double one : q) {
      if (!(one >= 0 && one <= 1)) {
        throw std::invalid_argument("QuantileSketch: quantile " + std::to_string(one) + " is not in [0, 1]");
      }
    }
    if (out.size() != q.size()) throw std::invalid_argument("QuantileSketch: a value a quantile is needed");
    if (count_ == 0) return std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
    if (levels_.size() == 1) {
      for (std::size_t i = 0; i < q.size(); ++i) out[i] = detail::quantile_of_sorted(levels_[0], q[i]);
      return;
    }
    std::vector<std::pair<double, std::uint64_t>> items;  // a value, and how many there are up to it
    items.reserve(held_);
    for (std::size_t h = 0; h < levels_.size(); ++h) {
      for (const double value : levels_[h]) items.emplace_back(value, std::uint64_t{1} << h);
    }
    std::sort(items.begin(), items.end());
    std::uint64_t below = 0;
    for (auto& item : items) item.second = below += item.second;
    const auto at = [&](std::uint64_t place) {
      if (place == 0) return least_;
      if (place + 1 >= count_) return greatest_;
      return std::upper_bound(items.begin(), items.end(), place,
                              [](std::uint64_t p, const auto& item) { return p < item.second; })
          ->first;
    };
    for (std::size_t i = 0; i < q.size(); ++i) {
      const detail::QuantileRank rank(q[i], count_);
      out[i] = rank.part == 0 ? at(rank.below) : rank.between(at(rank.below), at(rank.below + 1));
    }
  }

  /// A bound of the error in rank, as a part of all values, that holds for a quantile asked for with that probability:
  /// Hoeffding's inequality for the compactions so far, and never more than what they can do together; 0 while exact.
  /// The coins are as good as independent of values that were not chosen by somebody who knows the seed.
  /// @throws std::invalid_argument unless confidence is in (0, 1).
  [[nodiscard]] double rank_error(double confidence = 0.99) const {
    if (!(confidence > 0 && confidence < 1)) {
      throw std::invalid_argument("QuantileSketch: a confidence of " + std::to_string(confidence) +
                                  " is not in (0, 1)");
    }
    if (count_ == 0) return 0;
    const double likely = detail::square_root(2 * squares_ * detail::natural_logarithm(2 / (1 - confidence)));
    return std::min(likely, worst_) / static_cast<double>(count_);
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }      ///< values added
  [[nodiscard]] bool exact() const noexcept { return levels_.size() == 1; }  ///< whether all of them are held
  [[nodiscard]] std::size_t held() const noexcept { return held_; }          ///< values in memory
  [[nodiscard]] std::size_t size() const noexcept { return size_; }          ///< as the option said
  [[nodiscard]] double min() const noexcept { return least_; }     ///< the least value; infinite if there is none
  [[nodiscard]] double max() const noexcept { return greatest_; }  ///< the greatest; minus infinite if there is none

  static constexpr std::string_view state_kind = "QuantileSketch";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.option("size", self.size_);
    v("levels", self.levels_);
    v("count", self.count_);
    v("coins", self.coins_);
    v("min", self.least_);
    v("max", self.greatest_);
    v("squares", self.squares_);
    v("worst", self.worst_);
    if constexpr (Visitor::loading) self.check_loaded(v);
  }

 private:
  /// Refuses what no values lead to.
  template <class Visitor>
  void check_loaded(const Visitor& v) {
    v.require(!levels_.empty() && levels_.size() <= 48, "levels", "1 to 48 levels");
    std::uint64_t count = 0;
    held_ = 0;
    for (std::size_t h = 0; h < levels_.size(); ++h) {
      const std::vector<double>& level = levels_[h];
      for (std::size_t i = 0; i < level.size(); ++i) {
        v.require(!detail::is_nan(level[i]) && (i == 0 || level[i - 1] <= level[i]), "levels", "ascending numbers");
        v.require(least_ <= level[i] && level[i] <= greatest_, "levels", "numbers from min to max");
      }
      held_ += level.size();
      count += std::uint64_t{level.size()} << h;
    }
    fit_capacity();
    v.require(held_ <= capacity_, "levels", "no more numbers than the sketch holds");
    v.require(count == count_, "count", "what the levels stand for together");
    v.require(squares_ >= 0 && worst_ >= 0, "worst", "numbers from 0");
  }

  static constexpr std::size_t smallest_level = 8;

  /// What level h may hold: a third less with each level below the highest.
  [[nodiscard]] std::size_t capacity_of(std::size_t h) const noexcept {
    std::size_t capacity = size_;
    for (std::size_t i = h + 1; i < levels_.size() && capacity > smallest_level; ++i) capacity = capacity * 2 / 3;
    return std::max(capacity, smallest_level);
  }
  void fit_capacity() noexcept {
    capacity_ = 0;
    for (std::size_t h = 0; h < levels_.size(); ++h) capacity_ += capacity_of(h);
  }

  static void merge_sorted(std::vector<double>& into, const std::vector<double>& from) {
    const auto middle = static_cast<std::ptrdiff_t>(into.size());
    into.insert(into.end(), from.begin(), from.end());
    std::inplace_merge(into.begin(), into.begin() + middle, into.end());
  }

  /// Compacts the lowest level that is too full; there is one, since all together are.
  void compress() {
    std::size_t h = 0;
    while (levels_[h].size() <= capacity_of(h)) ++h;
    if (h + 1 == levels_.size()) {
      levels_.emplace_back();
      fit_capacity();
    }
    std::vector<double>& level = levels_[h];
    const std::size_t stays = level.size() % 2;  // the least, of an odd number
    for (const double x : level) coins_ = (coins_ ^ std::bit_cast<std::uint64_t>(x)) * 0x9E3779B97F4A7C15U;
    std::vector<double> rises;
    for (std::size_t i = stays + toss(); i < level.size(); i += 2) rises.push_back(level[i]);
    held_ -= rises.size();
    level.resize(stays);
    merge_sorted(levels_[h + 1], rises);
    const auto weight = static_cast<double>(std::uint64_t{1} << h);
    squares_ += weight * weight;
    worst_ += weight;
  }

  /// 0 or 1 (Steele, Lea and Flood's SplitMix64).
  std::size_t toss() noexcept {
    std::uint64_t x = coins_ += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<std::size_t>((x ^ (x >> 31U)) >> 63U);
  }

  std::vector<std::vector<double>> levels_;  // ascending; a value of level h stands for 2^h
  std::size_t size_;
  std::size_t held_ = 0, capacity_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t coins_;
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
  double squares_ = 0;  // of what each compaction may have shifted a rank by
  double worst_ = 0;    // their sum
};

}  // namespace v0
}  // namespace penstock
