// SPDX-License-Identifier: MIT
#pragma once

// What the last rows of a key were like, as features: means, deviations, extremes, counts of a sliding window.
//
//     RollingFeatures rolling({.columns = {"minutes"}, .by = {"player"}, .window = 5,
//                              .statistics = {RollingStatistic::mean, RollingStatistic::max}});
//     RecordBatch with = rolling.partial_fit_transform(batch);
//     with.column<double>("minutes_rolling_mean_5")[17];            // and "minutes_rolling_max_5"

#include "penstock/core/record_batch.hpp"
#include "penstock/learn/keyed_features.hpp"
#include "penstock/learn/rolling_window.hpp"

#include <chrono>       // nanoseconds
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How RollingFeatures is to work. At least one of `window` and `duration` is needed; with both, a row has to be in
/// both.
struct RollingFeaturesOptions {
  std::vector<std::string> columns{};    ///< names; empty: all numbers that are no key (timestamps only if named)
  std::vector<std::string> by{};         ///< columns that are a series' key: texts, int64, boolean; empty: one series
  std::size_t window = 0;                ///< rows of its key that a row sees; 0: any number
  std::chrono::nanoseconds duration{0};  ///< how far back a row sees by `on`; 0: any time
  std::string on{};                      ///< a timestamp column; needed for `duration`
  std::vector<RollingStatistic> statistics{RollingStatistic::mean};  ///< of each column, in this order
  Closed closed = Closed::left;                                      ///< whether a row sees itself
  std::size_t min_periods = 1;     ///< values that have to be there, or the feature is missing; at least 1
  double ddof = 1;                 ///< of the standard deviation: 1 or 0
  LateRows late = LateRows::skip;  ///< rows out of the order of `on`
  std::size_t max_keys = 100'000;  ///< that are remembered; then the one not seen for longest is forgotten
};

/// Statistics of the rows of the same key before each row, as pandas' groupby(by).rolling(...) has them. The columns
/// stay, and for each of them and each statistic a float64 column stands at the end of the table:
/// "minutes_rolling_mean_5" of 5 rows, "minutes_rolling_mean_3600s" of an hour, "minutes_rolling_mean_5_3600s" of both.
///
/// - **What a row sees.** partial_fit_transform: the rows of its key before it, of this call and those before, whatever
///   their chunks; with Closed::right itself too. transform: the same, as if x came next, its own rows before each
///   row included, but nothing is learnt. (It forgets no key either, however many x has.) So give transform the
///   rows that are to be forecast one by one, if they should not see each other.
/// - **Missing values** take their place in a window of rows, and count for nothing in it.
/// - **Error.** Nothing is ever subtracted: see rolling_window.hpp. min, max and count are exact. Mean and
///   deviation are Welford's and Chan's over the values in the window alone, with no drift, whatever was in it before:
///   relative errors of the deviation are below (n + 10) * 2.2e-16 * (1 + |mean| / deviation), of the mean
///   (n + 10) * 2.2e-16 of the largest magnitude. An infinite value makes both missing until it has left; values so
///   far apart that the square of their distance is infinite make the deviation missing.
/// - **Times** go up within a key, equal ones are in the order of their rows; what does not, see LateRows. Keys need
///   not be in step.
/// - **Memory** is bounded for `window`: up to 48 bytes and a few a row and column in it, times max_keys. A
///   `duration` alone keeps all rows in it. A row costs O(columns), a turn of the stacks O(window * columns) once in as
///   many rows. After each keep(), as a pipeline has one for each call, the first row of a key copies its window; in a
///   call of transform the second row of a key does.
///
/// There is no decay: rows fade by leaving. Learns all of a call's rows or, if it throws, none. Not thread-safe while
/// it learns; const functions may be called from many threads at once.
class RollingFeatures : public detail::KeyedFeatures<RollingFeatures, detail::RollingWindow> {
 public:
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit RollingFeatures(RollingFeaturesOptions options)
      : KeyedFeatures(
            {"RollingFeatures", checked(options).columns, options.by, options.on, options.late, options.max_keys},
            {.window = options.window,
             .duration = options.duration.count(),
             .closed = options.closed,
             .min_periods = options.min_periods,
             .ddof = options.ddof,
             .statistics = options.statistics,
             .suffixes = suffixes(options)}),
        options_(std::move(options)) {}

  /// Takes over the series of `other`, which has seen other keys; they count as seen later than those here.
  /// @throws std::invalid_argument if both know a key, as its rows could not be put in order, or the columns are
  /// others.
  RollingFeatures& merge(const RollingFeatures& other) {
    if (options_.window != other.options_.window || options_.duration != other.options_.duration ||
        options_.closed != other.options_.closed) {
      throw std::invalid_argument("RollingFeatures: merge with one of another window");
    }
    merge_keys(other);
    return *this;
  }

  [[nodiscard]] const RollingFeaturesOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "RollingFeatures";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      std::vector<std::string> statistics;
      for (const RollingStatistic statistic : self.options_.statistics) statistics.emplace_back(word_for(statistic));
      RollingFeatures::visit_options(self, o);
      o.option("window", self.options_.window);
      o.option("duration_ns", self.options_.duration.count());
      o.option("statistics", statistics);
      o.option("closed", std::string_view(self.options_.closed == Closed::left ? "left" : "right"));
      o.option("min_periods", self.options_.min_periods);
      o.option("ddof", self.options_.ddof);
    });
    RollingFeatures::visit_learnt(self, v);
  }

 private:
  static const RollingFeaturesOptions& checked(const RollingFeaturesOptions& options) {
    const std::string owner = "RollingFeaturesOptions.";
    if (options.window == 0 && options.duration.count() == 0) {
      throw std::invalid_argument(owner + "window and .duration are both 0; one of them must be above");
    }
    if (options.duration.count() < 0) {
      throw std::invalid_argument(owner + "duration is " + std::to_string(options.duration.count()) +
                                  " ns; it must be at least 0");
    }
    if (options.duration.count() != 0 && options.on.empty()) {
      throw std::invalid_argument(owner + "on is empty; a duration needs a column of timestamps");
    }
    if (options.statistics.empty()) throw std::invalid_argument(owner + "statistics is empty; at least one is needed");
    for (std::size_t a = 0; a < options.statistics.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        if (options.statistics[a] == options.statistics[b]) {
          throw std::invalid_argument(owner + "statistics has '" + word_for(options.statistics[a]) + "' twice");
        }
      }
    }
    const std::size_t most = options.window == 0 ? options.min_periods : options.window;
    if (options.min_periods < 1 || options.min_periods > most) {
      throw std::invalid_argument(owner + "min_periods is " + std::to_string(options.min_periods) +
                                  "; it must be in [1, window]");
    }
    if (!(options.ddof == 0 || options.ddof == 1)) {
      throw std::invalid_argument(owner + "ddof is " + std::to_string(options.ddof) + "; it must be 0 or 1");
    }
    return options;
  }

  static const char* word_for(RollingStatistic statistic) noexcept {
    switch (statistic) {
      case RollingStatistic::mean: return "mean";
      case RollingStatistic::std: return "std";
      case RollingStatistic::min: return "min";
      case RollingStatistic::max: return "max";
      case RollingStatistic::count: break;
    }
    return "count";
  }

  /// "3600s", or the largest unit below that fits.
  static std::string text_of(std::int64_t nanoseconds) {
    if (nanoseconds % 1'000'000'000 == 0) return std::to_string(nanoseconds / 1'000'000'000) + "s";
    if (nanoseconds % 1'000'000 == 0) return std::to_string(nanoseconds / 1'000'000) + "ms";
    if (nanoseconds % 1'000 == 0) return std::to_string(nanoseconds / 1'000) + "us";
    return std::to_string(nanoseconds) + "ns";
  }

  static std::vector<std::string> suffixes(const RollingFeaturesOptions& options) {
    std::string window = options.window == 0 ? "" : "_" + std::to_string(options.window);
    if (options.duration.count() != 0) window += "_" + text_of(options.duration.count());
    std::vector<std::string> all;
    for (const RollingStatistic statistic : options.statistics) {
      all.push_back(std::string("_rolling_") + word_for(statistic) + window);
    }
    return all;
  }

  RollingFeaturesOptions options_;
};

}  // namespace v0
}  // namespace penstock
