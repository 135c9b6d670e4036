// SPDX-License-Identifier: MIT
#pragma once

// Any metric over the last rows of a stream, exactly.
//
//     stats::Rolling<stats::R2> recent({.window_size = 500});
//     recent.update(y_true, y_pred);
//     recent.get();                                     // R2 of the last 500 rows
//     stats::Rolling recall({.window_size = 500}, stats::Recall({.average = stats::Average::macro}));

#include "penstock/stats/online_metric.hpp"

#include <algorithm>  // max
#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// How much Rolling looks back on.
struct RollingOptions {
  std::size_t window_size;  ///< rows, at least 1
};

/// What the metric says of the last `window_size` rows, which is what it would say had only they come: nothing is
/// subtracted, so that nothing is left behind of a row that has gone, however large it was. It takes two of the
/// metric's updates and two merges a row on the mean, `window_size` of them in the row in which the older half is
/// summed up anew, and keeps the rows and as many metrics (two-stacks aggregation, Tangwongsan et al. 2017). Of a
/// revertible_metric it keeps the rows alone, and takes back the oldest of them. Not thread-safe.
template <class Metric, class Truth = double, class Prediction = Truth>
  requires online_metric<Metric, Truth, Prediction>
class Rolling {
 public:
  /// `metric` is without rows, and says by its options what is to be measured.
  /// @throws std::invalid_argument unless window_size is at least 1.
  explicit Rolling(const RollingOptions& options, Metric metric = Metric())
      : window_size_(options.window_size), fresh_(std::move(metric)), recent_(fresh_) {
    if (window_size_ == 0) throw std::invalid_argument("RollingOptions.window_size is 0; at least 1 is needed");
  }

  /// @throws as the metric's; nothing is then changed.
  void update(const Truth& y_true, const Prediction& y_pred, double weight = 1) {
    Row row{y_true, y_pred, weight};
    if (window_.size() < window_size_) {
      if (window_.size() == window_.capacity()) window_.reserve(std::max<std::size_t>(2 * window_.size(), 8));
      recent_.update(y_true, y_pred, weight);
      window_.push_back(std::move(row));
      return;
    }
    if constexpr (is_revertible) {
      recent_.update(y_true, y_pred, weight);
      const Row& gone = window_[oldest_];
      recent_.revert(gone.y_true, gone.y_pred, gone.weight);
    } else if (older_.empty()) {
      // All rows are recent ones. Sum them up from the newest to the oldest, which is then the first to go.
      Metric next = fresh_;
      next.update(y_true, y_pred, weight);
      sum_up();
      recent_ = std::move(next);
      older_.pop_back();
    } else {
      recent_.update(y_true, y_pred, weight);
      older_.pop_back();
    }
    window_[oldest_] = std::move(row);
    oldest_ = oldest_ + 1 == window_size_ ? 0 : oldest_ + 1;
  }
  /// The rows of the other's window come after its own. O(window_size) updates.
  /// @throws std::invalid_argument if the other's window has another size.
  void merge(const Rolling& other) {
    if (window_size_ != other.window_size_) {
      throw std::invalid_argument("Rolling: windows of " + std::to_string(window_size_) + " and " +
                                  std::to_string(other.window_size_) + " rows cannot be merged");
    }
    const std::vector<Row> rows = other.window_;  // other may be this
    const std::size_t oldest = other.oldest_;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Row& row = rows[(oldest + i) % rows.size()];
      update(row.y_true, row.y_pred, row.weight);
    }
  }

  /// The metric of the rows in the window, for what it has besides get(). A copy and a merge.
  [[nodiscard]] Metric metric() const {
    if (older_.empty()) return recent_;
    Metric all = older_.back();
    all.merge(recent_);
    return all;
  }
  [[nodiscard]] auto get() const { return metric().get(); }                        ///< the metric's get()
  [[nodiscard]] std::size_t rows() const noexcept { return window_.size(); }       ///< in the window
  [[nodiscard]] std::size_t window_size() const noexcept { return window_size_; }  ///< how many it can have

 private:
  static constexpr bool is_revertible = revertible_metric<Metric, Truth, Prediction>;
  struct Row {
    Truth y_true;
    Prediction y_pred;
    double weight;
  };

  void sum_up() {
    std::vector<Metric> sums;
    sums.reserve(window_size_);
    for (std::size_t i = window_size_; i-- > 0;) {
      const Row& row = window_[(oldest_ + i) % window_size_];
      Metric sum = fresh_;
      sum.update(row.y_true, row.y_pred, row.weight);
      if (!sums.empty()) sum.merge(sums.back());
      sums.push_back(std::move(sum));
    }
    older_ = std::move(sums);
  }

  std::size_t window_size_;
  Metric fresh_;
  Metric recent_;              // of the rows that came since the last summing up; all of them if it can be reverted
  std::vector<Metric> older_;  // of the rows before: of the newest, of the two newest ... of all that are left
  std::vector<Row> window_;    // a ring once it is full
  std::size_t oldest_ = 0;
};

template <class Metric>
Rolling(RollingOptions, Metric) -> Rolling<Metric>;

}  // namespace stats
}  // namespace v0
}  // namespace penstock
