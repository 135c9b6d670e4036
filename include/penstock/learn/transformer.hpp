// SPDX-License-Identifier: MIT
#pragma once

// What a step before a model is: it learns from tables or matrices of rows, and gives each row another form.
//
//     StandardScaler scaler({.columns = {"age", "minutes"}});
//     RecordBatch scaled = scaler.partial_fit_transform(batch);   // each row learnt, then scaled
//     RecordBatch later = scaler.transform(other);                // nothing learnt

#include "penstock/core/record_batch.hpp"
#include "penstock/learn/row_source.hpp"

#include <Eigen/Core>

#include <concepts>     // convertible_to, copyable, same_as
#include <cstddef>      // size_t
#include <span>         // span
#include <string>       // string, to_string
#include <type_traits>  // conditional_t
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// Rows of features that own their memory: what a transformer makes of a matrix.
using FeatureMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What a transformer makes of X: a table of a table, a matrix of anything else.
template <class X>
using transformed_t = std::conditional_t<std::same_as<X, RecordBatch>, RecordBatch, FeatureMatrix>;

/// Learns and gives rows another form without having seen a target.
///
/// - `t.partial_fit(x)` learns all rows of x, or throws and leaves t as it was.
/// - `c.transform(x)` gives as many rows as x has, in their order, and has no side effects: const, and safe from many
///   threads at once. @throws std::logic_error before anything has been learnt, unless there is nothing to learn.
/// - `t.partial_fit_transform(x)` learns each row and gives it its form, one after the other. Row i comes out as it
///   would have if the rows had come one a call, so that results do not depend on how rows are cut into calls: a scaler
///   has learnt row i when it scales it, and nothing of the rows behind it; a lag of row i is a row before it. After it
///   t knows what it would know after partial_fit(x). All or nothing, as partial_fit.
/// - `c.get_feature_names_out()` are the names of the columns that it makes, in the order of its tables; those that it
///   passes on unchanged are not among them.
///
/// Tables: a transformer takes the columns that its options name (`.columns`; empty: all that it can take), by name and
/// wherever they stand; the others are passed on unchanged, as by scikit-learn's
/// `ColumnTransformer(remainder="passthrough")`. A column that is not there, or has become a text where it was a
/// number, is an Error that names it. Which columns come out may change in mid-stream: a column that came with row i is
/// there for the whole table of that call, as 0 in the rows before i, and one that is given up is 0 from there on to
/// the end of the call. Matrices: columns are taken by their place, and are called x0, x1 and so on.
template <class T, class X = RecordBatch>
concept unsupervised_transformer = requires(T& t, const T& c, const X& x) {
  t.partial_fit(x);
  { t.partial_fit_transform(x) } -> std::same_as<transformed_t<X>>;
  { c.transform(x) } -> std::same_as<transformed_t<X>>;
  { c.get_feature_names_out() } -> std::convertible_to<std::vector<std::string>>;
};

/// The same for a transformer that learns from a target a row too: `partial_fit(x, y)`, `partial_fit_transform(x, y)`
/// with as many numbers y as x has rows.
template <class T, class X = RecordBatch>
concept supervised_transformer = requires(T& t, const T& c, const X& x, std::span<const double> y) {
  t.partial_fit(x, y);
  { t.partial_fit_transform(x, y) } -> std::same_as<transformed_t<X>>;
  { c.transform(x) } -> std::same_as<transformed_t<X>>;
  { c.get_feature_names_out() } -> std::convertible_to<std::vector<std::string>>;
};

/// A step of a pipeline that is not its model. Copies are independent of each other.
template <class T, class X = RecordBatch>
concept transformer = std::copyable<T> && (unsupervised_transformer<T, X> || supervised_transformer<T, X>);

/// A transformer that can take back what it has learnt since `keep()`, once or more often, by `restore()`. Pipelines
/// copy those that cannot; who holds many categories, but learns few new ones a call, is quicker so.
template <class T>
concept restorable = requires(T& t) {
  t.keep();
  t.restore();
};

/// A transformer of which the columns that come out for those that go in never change, which it says by
/// `static constexpr bool fixed_columns = true`. Pipelines pass a matrix on to such as it is; where there are others,
/// as a table whose columns are called x0, x1 and so on, so that what comes out is matched by name.
template <class T>
concept transformer_of_fixed_columns = requires { requires T::fixed_columns; };

namespace detail {

/// Whether the targets are learnt from, where a transformer could do without.
template <class T, class X>
inline constexpr bool takes_targets = supervised_transformer<T, X>;

/// Learns by whichever function the transformer has.
template <class X, transformer<X> T>
void learn_step(T& step, const X& x, std::span<const double> y) {
  if constexpr (takes_targets<T, X>) {
    step.partial_fit(x, y);
  } else {
    step.partial_fit(x);
  }
}

/// Learns and transforms by whichever function the transformer has.
template <class X, transformer<X> T>
[[nodiscard]] transformed_t<X> learn_and_transform_step(T& step, const X& x, std::span<const double> y) {
  if constexpr (takes_targets<T, X>) {
    return step.partial_fit_transform(x, y);
  } else {
    return step.partial_fit_transform(x);
  }
}

/// "x0", "x1" and so on: what features of matrices are called.
[[nodiscard]] inline std::vector<std::string> names_of_places(std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t j = 0; j < count; ++j)
    names.emplace_back(1, 'x').append(std::to_string(j));  // g++ 12 warns of "x" +
  return names;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
