// SPDX-License-Identifier: MIT
#pragma once

// The last rows of a series and their statistics, without ever subtracting what left.
//
// Rows wait in two stacks. The back one takes new rows and has one sum over all of them; the front one has for each row
// the sum over it and those behind it. A row that leaves is the first of the front: what is left is there already. When
// the front is empty, the back is turned into a new front, once for each row that ever came. So a value that left has
// left no rounding behind, however large it was, and the minimum and maximum come with it.

#include "penstock/core/math.hpp"
#include "penstock/stats/accumulator.hpp"

#include <algorithm>  // is_sorted, max, min
#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // int64_t, uint64_t
#include <limits>     // numeric_limits
#include <string>     // string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// A statistic of a window; of its values that are there.
enum class RollingStatistic {
  mean,  ///< the arithmetic mean
  std,   ///< the standard deviation, with n - ddof
  min,   ///< the smallest
  max,   ///< the largest
  count  ///< how many values are there; 0 and not missing where there is none
};

/// Which end of a window belongs to it: whether a row is in its own. The words are pandas'.
enum class Closed {
  left,  ///< only rows before it: what may be known of a row before its own value is; times in [t - duration, t]
  right  ///< the row itself too; times in (t - duration, t]
};

namespace detail {

/// Count, mean, sum of squares around it, minimum and maximum of numbers.
struct WindowMoments {
  stats::VarianceAccumulator all{};
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void add(double x) noexcept {
    if (is_nan(x)) return;
    merge({{1, x, 0}, x, x});
  }
  void merge(const WindowMoments& other) noexcept {
    all.merge(other.all);
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
  [[nodiscard]] double count() const noexcept { return all.weight; }
  [[nodiscard]] bool same(const WindowMoments& other) const noexcept {
    const auto equal = [](double a, double b) { return a == b || (is_nan(a) && is_nan(b)); };
    return count() == other.count() && equal(all.mean, other.all.mean) && equal(all.squares, other.all.squares) &&
           low == other.low && high == other.high;
  }
};

/// What all windows of a transformer have in common.
struct RollingPlan {
  std::size_t columns = 0;
  std::size_t window = 0;     // rows; 0: any number
  std::int64_t duration = 0;  // nanoseconds; 0: any time
  Closed closed = Closed::left;
  std::size_t min_periods = 1;
  double ddof = 1;
  std::vector<RollingStatistic> statistics{};
  std::vector<std::string> suffixes{};  // of their names

  /// Whether a row at `then` is too old for the window of one at `now`.
  [[nodiscard]] bool expired(std::int64_t then, std::int64_t now) const noexcept {
    if (then >= now) return false;
    const auto age = static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(then);  // may not fit into int64_t
    const auto most = static_cast<std::uint64_t>(duration);
    return closed == Closed::left ? age > most : age >= most;
  }

  void write(const WindowMoments& m, double* out) const noexcept {
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    const bool enough = m.count() >= static_cast<double>(min_periods) && m.count() > 0;
    for (const RollingStatistic statistic : statistics) {
      double value = missing;
      switch (statistic) {
        case RollingStatistic::mean: value = m.all.mean; break;
        case RollingStatistic::std:
          if (m.count() > ddof) value = square_root(m.all.squares / (m.count() - ddof));
          break;
        case RollingStatistic::min: value = m.low; break;
        case RollingStatistic::max: value = m.high; break;
        case RollingStatistic::count: value = m.count(); break;
      }
      const bool moment = statistic == RollingStatistic::mean || statistic == RollingStatistic::std;
      if (moment && !(is_finite(m.all.mean) && is_finite(value))) value = missing;
      *out++ = enough || statistic == RollingStatistic::count ? value : missing;
    }
  }
};

/// The window of one series. A row costs O(columns), amortised; the turn of the stacks costs O(rows * columns) now and
/// then.
class RollingWindow {
 public:
  using Plan = RollingPlan;

  explicit RollingWindow(const Plan& plan) : back_(plan.columns) {}

  [[nodiscard]] bool empty() const noexcept { return !any_; }
  [[nodiscard]] std::int64_t latest() const noexcept { return latest_; }  ///< of the times that came

  /// Learns a row, which is not older than the latest, and gives its statistics.
  void step(const Plan& plan, std::int64_t time, const double* row, double* out) {
    drop(plan, too_old(plan, time));
    if (plan.closed == Closed::left) read(plan, out);
    push(plan, time, row);
    if (plan.closed == Closed::right) read(plan, out);
  }

  /// What step would give, bit by bit. O(columns), or O(rows * columns) where step would turn the stacks.
  void peek(const Plan& plan, std::int64_t time, const double* row, double* out) const {
    const std::size_t k = plan.columns;
    const std::size_t gone = too_old(plan, time);
    const std::size_t front = front_rows(plan);
    for (std::size_t j = 0; j < k; ++j, out += plan.statistics.size()) {
      WindowMoments sum, back;
      if (gone <= front) {
        if (gone < front) sum = front_[(front_at_ + gone) * k + j];
        back = back_[j];
      } else {
        for (std::size_t r = back_rows(plan); r > gone - front; --r) sum.add(values_[(r - 1) * k + j]);
      }
      if (plan.closed == Closed::right) back.add(row[j]);
      sum.merge(back);
      plan.write(sum, out);
    }
  }

  /// Shows both stacks to a visitor of states, without the rows that left. The sum over the back is made of its rows.
  template <class Self, class Visitor>
  static void visit_state(Self& self, const Plan& plan, bool timed, Visitor& v) {
    std::vector<double> count, mean, squares, low, high;
    std::vector<std::int64_t> times;
    if constexpr (!Visitor::loading) {
      for (std::size_t i = self.front_at_ * plan.columns; i < self.front_.size(); ++i) {
        const WindowMoments& m = self.front_[i];
        count.push_back(m.count());
        mean.push_back(m.all.mean);
        squares.push_back(m.all.squares);
        low.push_back(m.low);
        high.push_back(m.high);
      }
      times.assign(self.times_.begin() + static_cast<std::ptrdiff_t>(self.times_at_), self.times_.end());
    }
    if (timed) v("latest", self.latest_);
    v.object("front", [&](auto& front) {  // row by row, a number a column: over it and those behind it
      front("count", count);
      front("mean", mean);
      front("squares", squares);
      front("min", low);
      front("max", high);
      const std::size_t size = count.size();
      front.require(mean.size() == size && squares.size() == size && low.size() == size && high.size() == size, "count",
                    "as many as the other numbers");
      front.require(plan.columns == 0 ? size == 0 : size % plan.columns == 0, "count", "rows of a number a column");
    });
    v("values", self.values_);  // of the back
    if (plan.duration != 0) v("times", times);
    if constexpr (Visitor::loading) {
      self.front_.resize(count.size());
      self.front_at_ = 0;
      for (std::size_t i = 0; i < count.size(); ++i)
        self.front_[i] = {{count[i], mean[i], squares[i]}, low[i], high[i]};
      self.times_ = std::move(times);
      self.times_at_ = 0;
      self.any_ = true;
      self.check_loaded(plan, v);
    }
  }

 private:
  /// Refuses what no rows lead to, and adds up the back.
  template <class Visitor>
  void check_loaded(const Plan& plan, const Visitor& v) {
    const std::size_t k = plan.columns;
    v.require(k != 0 && values_.size() % k == 0, "values", "rows of a number a column");
    const std::size_t rows = front_rows(plan) + back_rows(plan);
    v.require(rows > 0, "values", "at least one row in front and back");
    v.require(plan.window == 0 || rows - (plan.closed == Closed::left ? 1 : 0) <= plan.window, "values",
              "no more rows in front and back than the window");
    if (plan.duration != 0) {
      v.require(times_.size() == rows, "times", "one for each row in front and back");
      v.require(std::is_sorted(times_.begin(), times_.end()) && times_.back() == latest_, "times",
                "ascending times up to the latest");
      v.require(!plan.expired(times_.front(), latest_), "times", "none that is too old for the duration");
    }
    for (std::size_t i = 0; i < front_.size(); ++i) {
      const WindowMoments& m = front_[i];
      const WindowMoments behind = i + k < front_.size() ? front_[i + k] : WindowMoments();
      v.require(m.count() == behind.count() || m.count() == behind.count() + 1, "front",
                "counts that go up by one at most");
      v.require(m.low <= behind.low && m.high >= behind.high && (m.count() == 0 || m.low <= m.high), "front",
                "extremes of more rows that are further apart");
      v.require(!(m.all.squares < 0), "front", "squares from 0");  // NaN: there was an infinite value
      v.require(m.count() != behind.count() || m.same(behind), "front", "the same numbers where no value came");
    }
    back_.assign(k, WindowMoments());
    for (std::size_t i = 0; i < values_.size(); ++i) back_[i % k].add(values_[i]);
  }

  [[nodiscard]] std::size_t front_rows(const Plan& plan) const noexcept {
    return plan.columns == 0 ? 0 : front_.size() / plan.columns - front_at_;
  }
  [[nodiscard]] std::size_t back_rows(const Plan& plan) const noexcept {
    return plan.columns == 0 ? 0 : values_.size() / plan.columns;
  }

  /// How many rows a row at this time no longer sees.
  [[nodiscard]] std::size_t too_old(const Plan& plan, std::int64_t time) const noexcept {
    const std::size_t rows = front_rows(plan) + back_rows(plan);
    std::size_t gone = 0;
    if (plan.window != 0) {
      const std::size_t most = plan.closed == Closed::left ? plan.window : plan.window - 1;
      if (rows > most) gone = rows - most;
    }
    if (plan.duration != 0) {
      while (gone < rows && plan.expired(times_[times_at_ + gone], time)) ++gone;
    }
    return gone;
  }

  void drop(const Plan& plan, std::size_t gone) {
    while (gone > 0) {
      if (front_rows(plan) == 0) turn(plan);
      const std::size_t some = std::min(gone, front_rows(plan));
      front_at_ += some;
      gone -= some;
      if (plan.duration != 0) times_at_ += some;
    }
  }

  void turn(const Plan& plan) {
    const std::size_t k = plan.columns;
    const std::size_t rows = back_rows(plan);
    front_.resize(rows * k);
    front_at_ = 0;
    for (std::size_t j = 0; j < k; ++j) {
      WindowMoments sum;
      for (std::size_t r = rows; r > 0; --r) {
        sum.add(values_[(r - 1) * k + j]);
        front_[(r - 1) * k + j] = sum;
      }
      back_[j] = WindowMoments();
    }
    values_.clear();
    times_.erase(times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(times_at_));
    times_at_ = 0;
  }

  void push(const Plan& plan, std::int64_t time, const double* row) {
    values_.insert(values_.end(), row, row + plan.columns);
    for (std::size_t j = 0; j < plan.columns; ++j) back_[j].add(row[j]);
    if (plan.duration != 0) times_.push_back(time);
    latest_ = time;
    any_ = true;
  }

  void read(const Plan& plan, double* out) const noexcept {
    const std::size_t k = plan.columns;
    const bool front = front_rows(plan) != 0;
    for (std::size_t j = 0; j < k; ++j, out += plan.statistics.size()) {
      WindowMoments sum;
      if (front) sum = front_[front_at_ * k + j];
      sum.merge(back_[j]);
      plan.write(sum, out);
    }
  }

  std::vector<WindowMoments> front_{};  // row by row: each over it and the rows of the front behind it
  std::size_t front_at_ = 0;            // the first that is still there
  std::vector<double> values_{};        // of the back, row by row
  std::vector<WindowMoments> back_;     // over the back
  std::vector<std::int64_t> times_{};   // of front and back, with those that left before times_at_
  std::size_t times_at_ = 0;
  std::int64_t latest_ = 0;
  bool any_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
