// SPDX-License-Identifier: MIT
#pragma once

// The values of earlier rows of a key as features.
//
//     LagFeatures lags({.columns = {"load"}, .by = {"meter"}, .lags = {1, 2, 48}});
//     RecordBatch with = lags.partial_fit_transform(batch);        // and "load_lag_1", "load_lag_2", "load_lag_48"

#include "penstock/core/record_batch.hpp"
#include "penstock/learn/keyed_features.hpp"

#include <algorithm>    // max, min
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How LagFeatures is to work.
struct LagFeaturesOptions {
  std::vector<std::string> columns{};  ///< names; empty: all numbers that are no key (timestamps only if named)
  std::vector<std::string> by{};       ///< columns that are a series' key: texts, int64, boolean; empty: one series
  std::vector<std::size_t> lags{1};    ///< how many rows of its key back each; at least 1, at most a million
  std::string on{};                    ///< a timestamp column by which rows may be late; empty: rows are in order
  LateRows late = LateRows::skip;      ///< rows out of the order of `on`
  std::size_t max_keys = 100'000;      ///< that are remembered; then the one not seen for longest is forgotten
};

namespace detail {

/// What all series of lags have in common.
struct LagPlan {
  std::size_t columns = 0;
  std::vector<std::size_t> lags{};
  std::size_t longest = 0;
  std::vector<std::string> suffixes{};  // of their names
};

/// The last rows of a series, in a ring.
class LagSeries {
 public:
  using Plan = LagPlan;

  explicit LagSeries(const Plan& /*plan*/) {}

  [[nodiscard]] bool empty() const noexcept { return rows_ == 0; }
  [[nodiscard]] std::int64_t latest() const noexcept { return latest_; }

  /// Gives the lags and learns a row.
  void step(const Plan& plan, std::int64_t time, const double* row, double* out) {
    peek(plan, time, row, out);
    if (rows_ < plan.longest) values_.resize((rows_ + 1) * plan.columns);  // until the ring is whole
    const std::size_t at = rows_ % plan.longest * plan.columns;
    for (std::size_t j = 0; j < plan.columns; ++j) values_[at + j] = row[j];
    ++rows_;
    latest_ = time;
  }
  /// Gives the lags.
  void peek(const Plan& plan, std::int64_t /*time*/, const double* /*row*/, double* out) const {
    for (std::size_t j = 0; j < plan.columns; ++j) {
      for (const std::size_t lag : plan.lags) {
        *out++ = lag > rows_ ? std::numeric_limits<double>::quiet_NaN()
                             : values_[(rows_ - lag) % plan.longest * plan.columns + j];
      }
    }
  }

  /// Shows a visitor of states the rows that are still there, the oldest first: how many there ever were makes no
  /// difference to what comes.
  template <class Self, class Visitor>
  static void visit_state(Self& self, const Plan& plan, bool timed, Visitor& v) {
    if (timed) v("latest", self.latest_);
    if constexpr (Visitor::loading) {
      v("values", self.values_);
      const std::size_t k = plan.columns;
      self.rows_ = k == 0 ? 0 : self.values_.size() / k;
      v.require(self.rows_ > 0 && self.rows_ * k == self.values_.size(), "values", "rows of a number a column");
      v.require(self.rows_ <= plan.longest, "values", "no more rows than the longest lag");
    } else {
      std::vector<double> values;
      values.reserve(self.values_.size());
      for (std::size_t r = self.rows_ - std::min(self.rows_, plan.longest); r < self.rows_; ++r) {
        const double* row = self.values_.data() + r % plan.longest * plan.columns;
        values.insert(values.end(), row, row + plan.columns);
      }
      v("values", values);
    }
  }

 private:
  std::vector<double> values_{};  // row r at r % longest
  std::size_t rows_ = 0;
  std::int64_t latest_ = 0;
};

}  // namespace detail

/// The values that the row so many rows before had, of the same key, as pandas' groupby(by).shift(lag) has them. The
/// columns stay, and for each of them and each lag a float64 column "load_lag_48" stands at the end of the table; it is
/// missing where the key has not that many rows yet, or that value was missing.
///
/// What a row sees, late rows, keys, transform and merge are as with RollingFeatures. Memory: 8 bytes for each of the
/// longest lag, column and key; a row costs O(columns * lags). Learns all of a call's rows or, if it throws, none. Not
/// thread-safe while it learns; const functions may be called from many threads at once.
class LagFeatures : public detail::KeyedFeatures<LagFeatures, detail::LagSeries> {
 public:
  LagFeatures() : LagFeatures(LagFeaturesOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit LagFeatures(LagFeaturesOptions options)
      : KeyedFeatures({"LagFeatures", checked(options).columns, options.by, options.on, options.late, options.max_keys},
                      {.lags = options.lags, .longest = longest(options.lags), .suffixes = suffixes(options.lags)}),
        options_(std::move(options)) {}

  /// Takes over the series of `other`, which has seen other keys; they count as seen later than those here.
  /// @throws std::invalid_argument if both know a key, or the columns or lags are others.
  LagFeatures& merge(const LagFeatures& other) {
    if (options_.lags != other.options_.lags) throw std::invalid_argument("LagFeatures: merge with one of other lags");
    merge_keys(other);
    return *this;
  }

  [[nodiscard]] const LagFeaturesOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "LagFeatures";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      LagFeatures::visit_options(self, o);
      o.option("lags", self.options_.lags);
    });
    LagFeatures::visit_learnt(self, v);
  }

 private:
  static std::size_t longest(const std::vector<std::size_t>& lags) {
    std::size_t most = 0;
    for (const std::size_t lag : lags) most = std::max(most, lag);
    return most;
  }

  static const LagFeaturesOptions& checked(const LagFeaturesOptions& options) {
    if (options.lags.empty()) throw std::invalid_argument("LagFeaturesOptions.lags is empty; at least one is needed");
    for (std::size_t a = 0; a < options.lags.size(); ++a) {
      const std::size_t lag = options.lags[a];
      if (lag < 1 || lag > 1'000'000) {
        throw std::invalid_argument("LagFeaturesOptions.lags has " + std::to_string(lag) +
                                    "; each must be in [1, 1000000]");
      }
      for (std::size_t b = 0; b < a; ++b) {
        if (options.lags[b] == lag) {
          throw std::invalid_argument("LagFeaturesOptions.lags has " + std::to_string(lag) + " twice");
        }
      }
    }
    return options;
  }

  static std::vector<std::string> suffixes(const std::vector<std::size_t>& lags) {
    std::vector<std::string> all;
    for (const std::size_t lag : lags) all.push_back("_lag_" + std::to_string(lag));
    return all;
  }

  LagFeaturesOptions options_;
};

}  // namespace v0
}  // namespace penstock
