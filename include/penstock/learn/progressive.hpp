// SPDX-License-Identifier: MIT
#pragma once

// How well a learner would have done on a stream: each row is predicted before it is learnt, and learnt no sooner than
// its label was there.
//
//     SgdRegressor model({.learning_rate = LearningRate::constant, .eta0 = 0.01});
//     const auto run = progressive_evaluation(x, y, model, stats::MetricSet(stats::Mae(), stats::R2()),
//                                             {.delay_rows = 48, .trace_every = 1000});
//     const auto [mae, r2] = run.metric.get();
//     for (const auto& [rows, value] : run.trace) plot(rows, value[1]);
//
// Label and time of each row are known here; for a service where they come by themselves: progressive_evaluator.hpp.

#include "penstock/core/clock.hpp"
#include "penstock/learn/online_learner.hpp"
#include "penstock/learn/progressive_evaluator.hpp"
#include "penstock/stats/online_metric.hpp"

#include <algorithm>    // max, min
#include <chrono>       // nanoseconds
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <functional>   // greater
#include <limits>       // numeric_limits
#include <queue>        // priority_queue
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <type_traits>  // remove_cvref_t
#include <utility>      // cmp_less, move, pair
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// When labels come, and what is written down. Without a delay each row is learnt before the next is predicted.
struct ProgressiveOptions {
  /// The label of row i is there when row i + delay_rows comes, before that one is predicted.
  std::size_t delay_rows = 0;
  /// By the clock instead: when each row came, in ascending order ...
  std::span<const Timestamp> times{};
  /// ... and its label so much later: it is there for all rows from then on ...
  std::chrono::nanoseconds delay{0};
  /// ... or at its own time.
  std::span<const Timestamp> label_times{};
  std::span<const double> weights{};    ///< of the rows, for metric and learner; none: 1 each
  bool learn_rest = true;               ///< labels that are not there when the last row has come: learnt then, or never
  std::size_t chunk_rows = 1;           ///< rows that are predicted together, and learnt together, to be quicker
  std::size_t max_pending = 1'000'000;  ///< chunks that wait for their labels; the oldest goes
  std::uint64_t trace_every = 0;        ///< learnt rows between two points of the trace; 0 for no trace
};

/// How a learner did.
template <class Metric>
struct ProgressiveResult {
  Metric metric;             ///< of all rows that had a prediction and a label
  ProgressiveCounts counts;  ///< what became of the rows
  /// the metric after each trace_every rows, and at the end
  std::vector<TracePoint<decltype(std::declval<const Metric&>().get())>> trace;
};

namespace detail {

/// @throws std::invalid_argument that names the option which cannot work for so many rows.
inline void check(const ProgressiveOptions& o, std::size_t rows) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("ProgressiveOptions." + what); };
  const auto as_many = [&](const char* option, std::size_t size) {
    if (size != 0 && size != rows) {
      refuse(std::string(option) + " has " + std::to_string(size) + " values for " + std::to_string(rows) + " rows");
    }
  };
  as_many("times", o.times.size());
  as_many("label_times", o.label_times.size());
  as_many("weights", o.weights.size());
  if (o.chunk_rows == 0) refuse("chunk_rows is 0; at least 1 is needed");
  if (o.max_pending == 0) refuse("max_pending is 0; at least 1 is needed");
  if (o.delay.count() < 0) refuse("delay is " + std::to_string(o.delay.count()) + " ns; a label follows its row");
  if (rows == 0) return;
  if (o.times.empty() && (o.delay.count() != 0 || !o.label_times.empty())) {
    refuse("times is empty; a delay by the clock needs them");
  }
  if (!o.times.empty() && o.delay_rows != 0) refuse("delay_rows cannot go with times; delay can");
  if (o.delay.count() != 0 && !o.label_times.empty()) refuse("delay cannot go with label_times");
  for (std::size_t i = 0; i < o.times.size(); ++i) {
    if (i > 0 && o.times[i] < o.times[i - 1]) refuse("times do not ascend at row " + std::to_string(i));
    if (!o.label_times.empty() && o.label_times[i] < o.times[i]) {
      refuse("label_times has a label before its row, at row " + std::to_string(i));
    }
  }
}

}  // namespace detail

/// Goes through the rows as a service would have: when row i comes, the labels that are there by then are scored and
/// learnt, in the order in which they came, and then row i is predicted. River's `evaluate.progressive_val_score`, with
/// its values; a label that is NaN never comes. `x` is a table or a matrix, `y` one number a row; `predict` asks the
/// learner for what the metric measures. The learner has learnt the rows when it returns.
///
/// With chunk_rows above 1 the rows of a chunk are predicted by what was known before the first of them, and learnt
/// when the last of their labels is there.
///
/// O(rows) besides the learner's and the metric's work, O(rows log pending) with label_times.
/// @throws std::invalid_argument that names the option which cannot work, or if there is not one label a row; what the
/// learner and the metric throw; what the learner throws as it cannot predict yet, if it never can.
template <class X, row_targets Y, class Learner, class Metric, class Predict = PredictedValue>
  requires detail::row_chunk<X> && online_learner<Learner, detail::cut_rows_t<X>> && stats::online_metric<Metric> &&
           prediction_function<Predict, Learner, detail::cut_rows_t<X>>
[[nodiscard]] ProgressiveResult<Metric> progressive_evaluation(const X& x, const Y& y, Learner& learner, Metric metric,
                                                               const ProgressiveOptions& options = {},
                                                               Predict predict = {}) {
  std::vector<double> copy;
  const std::span<const double> labels = detail::numbers_of(y, copy);
  const std::size_t count = detail::rows_in(x);
  detail::check_values("the label", labels.size(), count);
  detail::check(options, count);

  ProgressiveEvaluator<detail::cut_rows_t<X>, Learner, Metric, Predict> evaluator(
      learner, std::move(metric), {.max_pending = options.max_pending, .trace_every = options.trace_every},
      std::move(predict));
  const auto at_once = options.times.empty() && options.delay_rows == 0;
  const auto learn = [&](std::size_t first) {
    const std::size_t n = std::min(options.chunk_rows, count - first);
    if (options.weights.empty()) {
      evaluator.learn(first, labels.subspan(first, n));
    } else {
      evaluator.learn(first, labels.subspan(first, n), options.weights.subspan(first, n));
    }
  };
  // Rows count as moments where there are no times.
  const auto now = [&](std::size_t row) {
    return options.times.empty() ? static_cast<std::int64_t>(row) : options.times[row].time_since_epoch().count();
  };
  const auto label_at = [&](std::size_t row) {
    if (!options.label_times.empty()) return options.label_times[row].time_since_epoch().count();
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    const std::int64_t delay = !options.times.empty() ? static_cast<std::int64_t>(options.delay.count())
                               : std::cmp_less(options.delay_rows, never)
                                   ? static_cast<std::int64_t>(options.delay_rows)
                                   : never;
    return now(row) > never - delay ? never : now(row) + delay;
  };
  using Due = std::pair<std::int64_t, std::size_t>;  // when, and the chunk's first row: equal times go by row
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
  for (std::size_t first = 0; first < count; first += options.chunk_rows) {
    const std::size_t n = std::min(options.chunk_rows, count - first);
    if (at_once) {
      const auto rows = detail::cut_rows(x, first, n);
      if (options.weights.empty()) {
        evaluator.test_then_train(rows, labels.subspan(first, n));
      } else {
        evaluator.test_then_train(rows, labels.subspan(first, n), options.weights.subspan(first, n));
      }
      continue;
    }
    for (; !due.empty() && due.top().first <= now(first); due.pop()) learn(due.top().second);
    evaluator.predict(first, detail::cut_rows(x, first, n));
    std::int64_t last = label_at(first);
    for (std::size_t i = first + 1; i < first + n; ++i) last = std::max(last, label_at(i));
    due.emplace(last, first);
  }
  for (; options.learn_rest && !due.empty(); due.pop()) learn(due.top().second);
  evaluator.abandon_all();
  evaluator.rethrow_if_never_predicted();

  ProgressiveResult<Metric> result{evaluator.metric(), evaluator.counts(), evaluator.trace()};
  if (options.trace_every != 0 && result.counts.learnt % options.trace_every != 0) {
    result.trace.push_back({result.counts.learnt, result.metric.get()});
  }
  return result;
}

}  // namespace v0
}  // namespace penstock
