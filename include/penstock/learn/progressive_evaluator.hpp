// SPDX-License-Identifier: MIT
#pragma once

// Test, then train, with labels that come later than the rows, out of order, or never.
//
//     SgdClassifier model({.loss = Loss::log_loss, .classes = {0, 1}});
//     ProgressiveEvaluator<RecordBatch, SgdClassifier, stats::LogLoss, PredictedProbability> live(
//         model, stats::LogLoss(), {.max_pending = 100'000});
//     live.predict(request_id, row);                // answers, and keeps the row and the answer ...
//     live.learn(request_id, bought);               // ... until it is known what came true: scores, then learns
//     live.metric().get();
//
// The same over rows that are all there: learn/progressive.hpp.

#include "penstock/core/math.hpp"
#include "penstock/learn/online_learner.hpp"
#include "penstock/stats/online_metric.hpp"

#include <algorithm>      // max
#include <cstddef>        // size_t
#include <cstdint>        // uint64_t
#include <exception>      // exception_ptr
#include <list>           // list
#include <span>           // span
#include <stdexcept>      // invalid_argument, logic_error
#include <string>         // to_string
#include <typeinfo>       // typeid
#include <unordered_map>  // unordered_map
#include <utility>        // move
#include <vector>         // vector

namespace penstock {
inline namespace v0 {

/// How ProgressiveEvaluator keeps and traces.
struct ProgressiveEvaluatorOptions {
  std::size_t max_pending = 1'000'000;  ///< chunks of rows that wait for their labels; the oldest goes. At least 1
  std::uint64_t trace_every = 0;        ///< learnt rows between two points of the trace; 0 for no trace
};

/// What became of the rows: asked == learnt + unlabelled + evicted + pending.
struct ProgressiveCounts {
  std::uint64_t asked = 0;        ///< rows that were to be predicted
  std::uint64_t unpredicted = 0;  ///< of these, before the learner could predict anything; they have no score
  std::uint64_t learnt = 0;       ///< whose label has come
  std::uint64_t unlabelled = 0;   ///< whose label is known not to come
  std::uint64_t evicted = 0;      ///< that made room for others before their label came
  std::uint64_t pending = 0;      ///< that still wait for their label
  std::uint64_t unknown = 0;  ///< labels of rows that did not wait for one: never asked, evicted, or labelled before

  /// Each counts for itself.
  friend bool operator==(const ProgressiveCounts&, const ProgressiveCounts&) = default;
};

/// The metric when so many rows had been learnt.
template <class Value>
struct TracePoint {
  std::uint64_t rows;  ///< learnt, this one included
  Value value;         ///< the metric's get()
};

/// Asks a learner for predictions, keeps them with their rows until the labels come, then scores each row by what had
/// been said of it and learns it: never the other way round. X is the type of the rows of a call; it is copied, and
/// should own them or borrow from what outlives the evaluator. The learner is borrowed.
///
/// O(1) a call besides the learner's and the metric's work; memory is bounded by max_pending chunks. A row that the
/// learner cannot predict yet (it throws std::logic_error, and not a type derived from it) is learnt without a score,
/// and counted. Not thread-safe.
template <class X, class Learner, class Metric, class Predict = PredictedValue>
  requires online_learner<Learner, X> && stats::online_metric<Metric> && prediction_function<Predict, Learner, X>
class ProgressiveEvaluator {
 public:
  /// What a point of the trace tells.
  using Value = decltype(std::declval<const Metric&>().get());

  /// @throws std::invalid_argument unless max_pending is at least 1.
  explicit ProgressiveEvaluator(Learner& learner, Metric metric = Metric(),
                                const ProgressiveEvaluatorOptions& options = {}, Predict predict = {})
      : learner_(&learner), metric_(std::move(metric)), options_(options), predict_(std::move(predict)) {
    if (options_.max_pending == 0) {
      throw std::invalid_argument("ProgressiveEvaluatorOptions.max_pending is 0; at least 1 is needed");
    }
  }

  /// Predicts the rows, and keeps them under `key` until their labels come. The predictions, one a row, or none if the
  /// learner cannot make any yet; they are good until the next call.
  /// @throws std::invalid_argument if the key waits already; what the learner throws. Nothing is then kept.
  std::span<const double> predict(std::uint64_t key, X x) {
    if (pending_.contains(key)) {
      throw std::invalid_argument("ProgressiveEvaluator: key " + std::to_string(key) + " waits for its label already");
    }
    Chunk chunk{key, std::move(x), {}};
    ask(chunk.x, chunk.predictions);
    const std::size_t count = detail::rows_in(chunk.x);
    chunks_.push_back(std::move(chunk));
    try {
      pending_.emplace(key, std::prev(chunks_.end()));
    } catch (...) {
      chunks_.pop_back();
      throw;
    }
    note_asked(count, chunks_.back().predictions);
    counts_.pending += count;
    if (chunks_.size() > options_.max_pending) counts_.evicted += drop(chunks_.begin());
    return chunks_.back().predictions;
  }

  /// The labels of the rows that were kept under `key`, and weights if there are any: scores the rows, then learns
  /// them. A label that is NaN is one that will not come. False, and counted, if there is no such key.
  /// @throws std::invalid_argument if there is not one label a row, and what the metric and the learner throw: the
  /// rows wait on then, and a second call scores and learns those that the first did not.
  template <row_targets Y>
  bool learn(std::uint64_t key, const Y& y) {
    return learn_key(key, detail::numbers_of(y, labels_), {});
  }
  /// The same with a weight for each row.
  template <row_targets Y, row_targets W>
  bool learn(std::uint64_t key, const Y& y, const W& w) {
    const std::span<const double> labels = detail::numbers_of(y, labels_);
    return learn_key(key, labels, detail::numbers_of(w, weights_));
  }
  /// The label of the one row that was kept under `key`.
  bool learn(std::uint64_t key, double y, double w = 1) { return learn_key(key, {&y, 1}, {&w, w == 1 ? 0u : 1u}); }

  /// Rows whose labels are there at once: predicts them, scores them, learns them. Throws as predict and learn;
  /// nothing waits then, and rows that were scored before stay so.
  template <row_targets Y>
  void test_then_train(const X& x, const Y& y) {
    test_then_train_rows(x, detail::numbers_of(y, labels_), {});
  }
  /// The same with a weight for each row.
  template <row_targets Y, row_targets W>
  void test_then_train(const X& x, const Y& y, const W& w) {
    const std::span<const double> labels = detail::numbers_of(y, labels_);
    test_then_train_rows(x, labels, detail::numbers_of(w, weights_));
  }

  /// The label of these rows will not come. False if there is no such key.
  bool abandon(std::uint64_t key) noexcept {
    const auto found = pending_.find(key);
    if (found == pending_.end()) return false;
    counts_.unlabelled += drop(found->second);
    return true;
  }
  /// No more labels will come at all.
  void abandon_all() noexcept {
    while (!chunks_.empty()) counts_.unlabelled += drop(chunks_.begin());
  }

  [[nodiscard]] const Metric& metric() const noexcept { return metric_; }             ///< of all rows scored so far
  [[nodiscard]] const ProgressiveCounts& counts() const noexcept { return counts_; }  ///< of rows
  /// The metric after each trace_every rows learnt.
  [[nodiscard]] const std::vector<TracePoint<Value>>& trace() const noexcept { return trace_; }
  /// Throws what the learner threw when it could not predict yet, if it has learnt since and yet never could: more
  /// likely a mistake than a lack of rows.
  void rethrow_if_never_predicted() const {
    if (refusal_ && counts_.learnt > 0 && counts_.unpredicted == counts_.asked) std::rethrow_exception(refusal_);
  }

 private:
  /// How many rows of a chunk, from its first, have been dealt with: more than none if a call threw in between.
  struct Done {
    std::size_t scored = 0, learnt = 0;
  };
  struct Chunk {
    std::uint64_t key;
    X x;
    std::vector<double> predictions;
    Done done{};
  };
  using Place = typename std::list<Chunk>::iterator;

  void ask(const X& x, std::vector<double>& out) {
    try {
      predict_(static_cast<const Learner&>(*learner_), x, out);
      detail::check_values("the prediction", out.size(), detail::rows_in(x));
    } catch (const std::logic_error& error) {
      if (typeid(error) != typeid(std::logic_error)) throw;
      out.clear();
      if (!refusal_) refusal_ = std::current_exception();
    }
  }
  void note_asked(std::size_t count, const std::vector<double>& predictions) noexcept {
    counts_.asked += count;
    if (predictions.empty()) counts_.unpredicted += count;
  }

  std::size_t drop(Place place) noexcept {
    const std::size_t count = detail::rows_in(place->x);
    counts_.pending -= count;
    pending_.erase(place->key);
    chunks_.erase(place);
    return count;
  }

  bool learn_key(std::uint64_t key, std::span<const double> y, std::span<const double> w) {
    const auto found = pending_.find(key);
    if (found == pending_.end()) {
      counts_.unknown += y.size();
      return false;
    }
    const Place place = found->second;
    const std::size_t unlabelled = score_and_learn(place->x, place->predictions, y, w, place->done);
    const std::size_t count = drop(place);
    counts_.unlabelled += unlabelled;
    counts_.learnt += count - unlabelled;
    return true;
  }

  void test_then_train_rows(const X& x, std::span<const double> y, std::span<const double> w) {
    predictions_.clear();
    ask(x, predictions_);
    Done done;
    const std::size_t unlabelled = score_and_learn(x, predictions_, y, w, done);
    note_asked(y.size(), predictions_);
    counts_.unlabelled += unlabelled;
    counts_.learnt += y.size() - unlabelled;
  }

  /// The number of rows without a label.
  std::size_t score_and_learn(const X& x, std::span<const double> predictions, std::span<const double> y,
                              std::span<const double> w, Done& done) {
    const std::size_t count = detail::rows_in(x);
    detail::check_values("the label", y.size(), count);
    if (!w.empty()) detail::check_values("the weight", w.size(), count);
    std::size_t unlabelled = 0;
    std::uint64_t learnt = counts_.learnt;
    for (std::size_t i = 0; i < count; ++i) {
      if (detail::is_nan(y[i])) {
        ++unlabelled;
        continue;
      }
      ++learnt;
      if (i < done.scored) continue;
      if (!predictions.empty()) metric_.update(y[i], predictions[i], w.empty() ? 1 : w[i]);
      done.scored = i + 1;
      if (options_.trace_every != 0 && learnt % options_.trace_every == 0) trace_.push_back({learnt, metric_.get()});
    }
    if (unlabelled == 0 && done.learnt == 0) {
      if (count > 0) detail::learn_rows(*learner_, x, y, w);
      return 0;
    }
    for (std::size_t first = done.learnt; first < count;) {  // each run of rows that have a label
      std::size_t end = first;
      while (end < count && !detail::is_nan(y[end])) ++end;
      if (end > first) {
        detail::learn_rows(*learner_, detail::cut_rows(x, first, end - first), y.subspan(first, end - first),
                           w.empty() ? w : w.subspan(first, end - first));
      }
      done.learnt = end;
      first = end + 1;
    }
    return unlabelled;
  }

  Learner* learner_;
  Metric metric_;
  ProgressiveEvaluatorOptions options_;
  Predict predict_;
  ProgressiveCounts counts_;
  std::vector<TracePoint<Value>> trace_;
  std::list<Chunk> chunks_;  // the oldest first
  std::unordered_map<std::uint64_t, Place> pending_;
  std::exception_ptr refusal_;
  std::vector<double> predictions_, labels_, weights_;
};

}  // namespace v0
}  // namespace penstock
