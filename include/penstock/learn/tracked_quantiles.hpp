// SPDX-License-Identifier: MIT
#pragma once

// Quantiles of each feature of a stream, at hand at every row.

#include "penstock/stats/quantile_sketch.hpp"

#include <algorithm>  // max
#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // uint64_t
#include <limits>     // numeric_limits
#include <span>       // span
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// A sketch a feature, and some of its quantiles as they were at the last row at which they were read: at every row
/// while there are no more than the sketch holds, afterwards each time a 64th has been added. Which rows these are
/// depends on their number alone, so that results do not depend on how rows are cut into calls.
class TrackedQuantiles {
 public:
  TrackedQuantiles() = default;
  /// @throws std::invalid_argument unless the sketch's size is at least 8.
  TrackedQuantiles(std::vector<double> quantiles, std::size_t size) : quantiles_(std::move(quantiles)), size_(size) {
    static_cast<void>(QuantileSketch({.size = size}));
  }

  /// Sketches of one feature in two of these have the same coins, so that a state is the same wherever rows were
  /// learnt; their errors may then add up when they are merged, as QuantileSketchOptions::seed says.
  void start(std::size_t features) {
    sketches_.clear();
    for (std::size_t j = 0; j < features; ++j) sketches_.emplace_back(QuantileSketchOptions{.size = size_, .seed = j});
    values_.assign(features * quantiles_.size(), std::numeric_limits<double>::quiet_NaN());
    rows_ = next_ = 0;
  }

  /// Shows the sketches and what was read of them to a visitor of states; once fitted there are `features`.
  template <class Self, class Visitor>
  static void visit_state(Self& self, bool fitted, std::size_t features, Visitor& v) {
    v.array(
        "sketches", self.sketches_, [](auto& sketch, auto& s) { QuantileSketch::visit_state(sketch, s); },
        QuantileSketch({.size = self.size_ == 0 ? 8 : self.size_}));
    v("quantiles", self.values_);
    v("rows", self.rows_);
    v("next_read", self.next_);
    if constexpr (Visitor::loading) {
      if (!fitted) return self.start(0);
      v.require(self.sketches_.size() == features, "sketches", "one a feature");
      v.require(self.values_.size() == features * self.quantiles_.size(), "quantiles", "those of each feature");
    }
  }

  /// Learns a row.
  void learn(const double* x) {
    add(x);
    if (rows_ < next_) return;
    plan();
    read();
  }
  /// Learns rows of which only the last is looked at: the quantiles are read once.
  void learn(const double* x, std::ptrdiff_t stride, std::size_t rows) {
    std::size_t unread = rows;
    for (std::size_t i = 0; i < rows; ++i) {  // the last row at which they are read
      if (rows_ + i + 1 < next_) continue;
      unread = i;
      next_ = after(rows_ + i + 1);
    }
    for (std::size_t i = 0; i < rows; ++i, x += stride) {
      add(x);
      if (i == unread) read();
    }
  }

  /// Quantile k of feature j; NaN of no values.
  [[nodiscard]] double operator()(std::size_t j, std::size_t k) const noexcept {
    return values_[j * quantiles_.size() + k];
  }
  [[nodiscard]] std::size_t features() const noexcept { return sketches_.size(); }
  [[nodiscard]] const QuantileSketch& sketch(std::size_t j) const noexcept { return sketches_[j]; }

  /// Takes over another stream's, and reads the quantiles.
  void merge(const TrackedQuantiles& other) {
    for (std::size_t j = 0; j < sketches_.size(); ++j) sketches_[j].merge(other.sketches_[j]);
    rows_ += other.rows_;
    plan();
    read();
  }

 private:
  void add(const double* x) {
    for (std::size_t j = 0; j < sketches_.size(); ++j) sketches_[j].add(x[j]);
    ++rows_;
  }
  /// The row at which they are read next.
  [[nodiscard]] std::uint64_t after(std::uint64_t rows) const noexcept {
    return rows < size_ ? rows + 1 : rows + std::max<std::uint64_t>(1, rows / 64);
  }
  void plan() noexcept { next_ = after(rows_); }
  void read() {
    const std::size_t count = quantiles_.size();
    for (std::size_t j = 0; j < sketches_.size(); ++j) {
      sketches_[j].quantiles(quantiles_, std::span(values_).subspan(j * count, count));
    }
  }

  std::vector<double> quantiles_{};
  std::size_t size_ = 0;
  std::vector<QuantileSketch> sketches_{};
  std::vector<double> values_{};
  std::uint64_t rows_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
