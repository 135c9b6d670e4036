// SPDX-License-Identifier: MIT
#pragma once

// What can stand in a pipeline, and the small things that a pipeline does with it.

#include "penstock/core/error.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/table_rows.hpp"
#include "penstock/learn/transformer.hpp"

#include <Eigen/Core>

#include <algorithm>    // copy_n
#include <concepts>     // copyable
#include <cstddef>      // ptrdiff_t, size_t
#include <optional>     // optional
#include <span>         // span
#include <string>       // string
#include <tuple>        // tuple_element_t
#include <type_traits>  // conditional_t
#include <utility>      // index_sequence, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// The model at the end of a pipeline: learns from a matrix and a target a row, or, for several targets, a matrix of
/// them, all rows or none, and predicts without side effects. `partial_fit(x, y, w)` with weights if it has that.
template <class M>
concept learner = std::copyable<M> &&
                  (
                      requires(M& m, const FeatureMatrix& x, std::span<const double> y) { m.partial_fit(x, y); } ||
                      requires(M& m, const FeatureMatrix& x, const FeatureMatrix& y) { m.partial_fit(x, y); }) &&
                  requires(const M& m, const FeatureMatrix& x) { m.predict(x); } &&
                  !requires(const M& m, const FeatureMatrix& x) { m.transform(x); };

/// A learner that takes more features in mid-stream: `m.grow(n)` adds n behind the others, as if they had been 0 in all
/// rows so far.
template <class M>
concept growing_learner = learner<M> && requires(M& m, std::size_t n) { m.grow(n); };

template <class... Steps>
class Pipeline;

namespace detail {

/// Whether a model may have learnt the rows of a call that throws, as one that reacts behind them: it says so by
/// `static constexpr bool may_learn_and_throw = true`. A pipeline copies it before each call.
template <class M>
inline constexpr bool may_learn_and_throw = requires { requires M::may_learn_and_throw; };

struct PipelineSteps;

template <class T>
inline constexpr bool is_pipeline = false;
template <class... Steps>
inline constexpr bool is_pipeline<Pipeline<Steps...>> = true;

template <class T>
concept any_transformer = transformer<T, RecordBatch> || transformer<T, FeatureMatrix>;

template <class T>
concept pipeline_part = is_pipeline<T> || any_transformer<T> || learner<T>;

template <class T>
inline constexpr bool ends_in_model = learner<T>;
template <class First, class... Steps>
inline constexpr bool ends_in_model<Pipeline<First, Steps...>> = Pipeline<First, Steps...>::has_model;

/// Whether a step learns from targets, of tables or of matrices.
template <class T>
inline constexpr bool is_supervised = (transformer<T, RecordBatch> && takes_targets<T, RecordBatch>) ||
                                      (transformer<T, FeatureMatrix> && takes_targets<T, FeatureMatrix>);

/// Whether the first steps of a tuple take rows of type X one after the other.
template <class X, class Steps, std::size_t... I>
constexpr bool all_take(std::index_sequence<I...> /*steps*/) {
  return (transformer<std::tuple_element_t<I, Steps>, std::conditional_t<I == 0, X, transformed_t<X>>> && ...);
}

/// Whether the columns behind the first steps of a tuple never change.
template <class Steps, std::size_t... I>
constexpr bool all_fixed(std::index_sequence<I...> /*steps*/) {
  return (transformer_of_fixed_columns<std::tuple_element_t<I, Steps>> && ...);
}

/// One step, and what it was before a call.
template <class T>
struct Step {
  T step;
  std::optional<T> kept{};

  void keep() {
    if constexpr (restorable<T>) {
      step.keep();
    } else if (kept) {
      *kept = step;
    } else {
      kept = step;
    }
  }
  void restore() {
    if constexpr (restorable<T>) {
      step.restore();
    } else {
      step = *kept;
    }
  }
};

/// Targets or weights of some of the rows.
inline std::span<const double> part_of(std::span<const double> y, std::size_t first, std::size_t count) {
  return y.subspan(first, count);
}
template <class D>
auto part_of(const Eigen::DenseBase<D>& y, std::size_t first, std::size_t count) {
  return FeatureMatrix(y.derived().middleRows(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(count)));
}

/// Whether Y has a row of several targets for each row.
template <class Y>
concept several_targets = eigen_matrix<Y> && Y::ColsAtCompileTime != 1 && Y::RowsAtCompileTime != 1;

inline std::size_t targets_in(std::span<const double> y) noexcept { return y.size(); }
template <class D>
std::size_t targets_in(const Eigen::DenseBase<D>& y) noexcept {
  return static_cast<std::size_t>(y.rows());
}

/// Rows of numbers as a matrix of its own.
template <class X>
[[nodiscard]] FeatureMatrix matrix_of_rows(const X& x) {
  const auto source = row_source<X>::make(x);
  FeatureMatrix values(static_cast<Eigen::Index>(source.rows), static_cast<Eigen::Index>(source.cols));
  for_each_block(source, [&](const double* rows, std::ptrdiff_t stride, std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, rows += stride) {
      std::copy_n(rows, source.cols, values.data() + (first + i) * source.cols);
    }
  });
  return values;
}
inline FeatureMatrix matrix_of_rows(FeatureMatrix&& x) { return std::move(x); }

/// The same as a table of the columns x0, x1 and so on.
template <class X>
[[nodiscard]] RecordBatch table_of_rows(const X& x) {
  const auto source = row_source<X>::make(x);
  std::vector<std::vector<double>> values(source.cols, std::vector<double>(source.rows));
  for_each_block(source, [&](const double* rows, std::ptrdiff_t stride, std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, rows += stride) {
      for (std::size_t j = 0; j < source.cols; ++j) values[j][first + i] = rows[j];
    }
  });
  Schema schema;
  for (std::string& name : names_of_places(source.cols)) schema.fields.push_back({.name = std::move(name)});
  std::vector<Column> columns;
  for (std::vector<double>& column : values) columns.push_back(column_of(std::move(column)));
  return {std::move(schema), std::move(columns)};
}

/// Rows of X.
inline std::size_t rows_of(const RecordBatch& x) noexcept { return x.rows(); }
template <class X>
std::size_t rows_of(const X& x) {
  return row_source<X>::make(x).rows;
}

/// Runs f, with the rows that its errors name counted from `first` on.
template <class F>
decltype(auto) with_rows_from(std::size_t first, F&& f) {
  try {
    return f();
  } catch (const Error& error) {
    if (first == 0 || !error.where().row) throw;
    Where where = error.where();
    *where.row += first;
    throw Error(std::move(where), error.found(), error.expected());
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
