// SPDX-License-Identifier: MIT
#pragma once

// What can be evaluated while it learns: anything that predicts rows and learns them, some at a time or one by one.
//
//     struct LastValue {                                               // one of your own: tomorrow is as today
//       double last = 0;
//       double predict_one(std::span<const double>) const { return last; }
//       void learn_one(std::span<const double>, double y) { last = y; }
//     };
//     LastValue persistence;
//     progressive_evaluation(x, y, persistence, stats::Mae());

#include "penstock/core/frame.hpp"
#include "penstock/core/model.hpp"
#include "penstock/learn/row_source.hpp"

#include <Eigen/Core>

#include <concepts>   // convertible_to, copy_constructible
#include <cstddef>    // size_t
#include <span>       // span
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <utility>    // declval
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// Predicts and learns some rows at a time: SgdRegressor, SgdClassifier, a pipeline. Promises that no compiler checks:
/// `predict` has no side effects and gives one number a row, in the order of the rows; it throws std::logic_error, and
/// not a type derived from it, while too little has been learnt to predict anything; `partial_fit` learns all rows, or
/// throws and leaves the learner as it was.
template <class L, class X>
concept chunk_learner = requires(L& learner, const L& as_it_is, const X& x, std::span<const double> y) {
  { as_it_is.predict(x) } -> row_values;
  learner.partial_fit(x, y);
};

/// Predicts and learns one row of numbers at a time, by the same promises.
template <class L>
concept row_learner = requires(L& learner, const L& as_it_is, std::span<const double> row, double y) {
  { as_it_is.predict_one(row) } -> std::convertible_to<double>;
  learner.learn_one(row, y);
};

/// What progressive evaluation takes for rows of type X.
template <class L, class X>
concept online_learner = chunk_learner<L, X> || (row_learner<L> && feature_rows<X>);

namespace detail {

/// Rows that can be cut: a frame, or an Eigen matrix.
template <class X>
concept row_chunk = data_frame<X> || eigen_matrix<X>;

template <row_chunk X>
[[nodiscard]] std::size_t rows_in(const X& x) {
  if constexpr (eigen_matrix<X>) {
    return static_cast<std::size_t>(x.rows());
  } else {
    return rows(x);
  }
}

/// Rows [first, first + count), without a copy of them.
template <row_chunk X>
[[nodiscard]] auto cut_rows(const X& x, std::size_t first, std::size_t count) {
  if constexpr (eigen_matrix<X>) {
    return x.middleRows(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(count));
  } else {
    return slice(x, first, count);
  }
}

template <row_chunk X>
using cut_rows_t = decltype(cut_rows(std::declval<const X&>(), 0, 0));

/// Calls f(span of one row) for each, in order.
template <feature_rows X, class F>
void for_each_feature_row(const X& x, F&& f) {
  const auto source = row_source<X>::make(x);
  if constexpr (requires { source.row(0); }) {
    for (std::size_t i = 0; i < source.rows; ++i) f(std::span<const double>(source.row(i), source.cols));
  } else {
    std::vector<double> row(source.cols);
    for (std::size_t i = 0; i < source.rows; ++i) {
      source.load(nullptr, i, 1, row.data());
      f(std::span<const double>(row));
    }
  }
}

/// The numbers of a model's result; of a matrix, those of its last column.
template <row_values R>
void append_values(const R& result, std::vector<double>& out) {
  if constexpr (lazy<R>) {
    append_values(result.eval(), out);
  } else if constexpr (matrix_like<R>) {
    const auto last = result.cols() - 1;
    for (auto i = result.rows() - result.rows(); i < result.rows(); ++i) {
      out.push_back(static_cast<double>(result(i, last)));
    }
  } else {
    for (const auto& value : result) out.push_back(static_cast<double>(value));
  }
}

/// @throws std::invalid_argument unless there is one value a row.
inline void check_values(const char* function, std::size_t values, std::size_t rows) {
  if (values == rows) return;
  throw std::invalid_argument("progressive evaluation: " + std::string(function) + " gave " + std::to_string(values) +
                              " values for " + std::to_string(rows) + " rows");
}

/// Learns by whichever function the learner has; `w` is empty or a weight a row.
template <class X, online_learner<X> L>
void learn_rows(L& learner, const X& x, std::span<const double> y, std::span<const double> w) {
  constexpr const char* weightless = "progressive evaluation: the learner takes no weights, but there are some";
  if constexpr (chunk_learner<L, X>) {
    if constexpr (requires { learner.partial_fit(x, y, w); }) {
      if (!w.empty()) {
        learner.partial_fit(x, y, w);
        return;
      }
    } else if (!w.empty()) {
      throw std::invalid_argument(weightless);
    }
    learner.partial_fit(x, y);
  } else {
    std::size_t i = 0;
    for_each_feature_row(x, [&](std::span<const double> row) {
      if constexpr (requires { learner.learn_one(row, y[i], 1.0); }) {
        learner.learn_one(row, y[i], w.empty() ? 1.0 : w[i]);
      } else {
        if (!w.empty()) throw std::invalid_argument(weightless);
        learner.learn_one(row, y[i]);
      }
      ++i;
    });
  }
}

}  // namespace detail

/// What is predicted: the learner's `predict`, a number or a label.
struct PredictedValue {
  /// Appends one value a row to `out`.
  template <class X, online_learner<X> L>
  void operator()(const L& learner, const X& x, std::vector<double>& out) const {
    if constexpr (chunk_learner<L, X>) {
      detail::append_values(learner.predict(x), out);
    } else {
      detail::for_each_feature_row(
          x, [&](std::span<const double> row) { out.push_back(static_cast<double>(learner.predict_one(row))); });
    }
  }
};

/// What is predicted: the probability of the positive class, the last column of the learner's `predict_proba`.
struct PredictedProbability {
  /// Appends one value a row to `out`.
  template <class X, class L>
    requires requires(const L& learner, const X& x) {
      { learner.predict_proba(x) } -> row_values;
    }
  void operator()(const L& learner, const X& x, std::vector<double>& out) const {
    detail::append_values(learner.predict_proba(x), out);
  }
};

/// What is predicted: the score of the positive class, the learner's `decision_function`, for RollingRocAuc.
struct PredictedScore {
  /// Appends one value a row to `out`.
  template <class X, class L>
    requires requires(const L& learner, const X& x) {
      { learner.decision_function(x) } -> row_values;
    }
  void operator()(const L& learner, const X& x, std::vector<double>& out) const {
    detail::append_values(learner.decision_function(x), out);
  }
};

/// Asks a learner for what is to be measured: `predict(learner, x, out)` appends one number a row to the vector `out`,
/// or throws. PredictedValue, PredictedProbability, PredictedScore, or a function of your own.
template <class P, class L, class X>
concept prediction_function =
    std::copy_constructible<P> &&
    requires(const P& predict, const L& learner, const X& x, std::vector<double>& out) { predict(learner, x, out); };

}  // namespace v0
}  // namespace penstock
