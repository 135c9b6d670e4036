// SPDX-License-Identifier: MIT
#pragma once

// What counts as a model: anything that gives one value for each row of the chunk that it is called with.
//
//     auto score = [](std::span<const Trip> trips) { ...; return std::vector<double>(...); };      // returns them
//     auto fill  = [](std::span<const Trip> trips, std::span<double> out) { ... };                 // or writes them
//     struct Forest { std::vector<double> predict_proba(std::span<const Trip>) const; };           // or is an object
//
// Values come as any sized range, an Eigen vector or a lazy expression of one, or a matrix of one column.

#include "penstock/core/frame.hpp"

#include <concepts>     // invocable
#include <cstddef>      // size_t
#include <ranges>       // sized_range
#include <span>         // span
#include <type_traits>  // remove_cvref_t
#include <utility>      // forward

namespace penstock {
inline namespace v0 {
namespace detail {

/// Rows and columns with element access, as Eigen's matrices have.
template <class R>
concept matrix_like = requires(const std::remove_cvref_t<R>& r) {
  r.rows();
  r.cols();
  r(r.rows(), r.cols());
};

/// An expression that is not computed yet, such as Eigen's product of two matrices.
template <class R>
concept lazy = requires(const std::remove_cvref_t<R>& r) { r.eval(); } && !std::ranges::sized_range<R>;

template <class R>
concept plain_values = std::ranges::sized_range<R> && std::ranges::input_range<R>;

}  // namespace detail

/// What a model may return: as many values as the chunk has rows, in the order of its rows.
template <class R>
concept row_values = detail::plain_values<R> || detail::matrix_like<R> || detail::lazy<R>;

/// A functor that returns one value a row. It may keep state; it is called with chunks in row order from one thread at
/// a time, or, where a function says that it uses threads, from several at once. It does not keep the chunk.
template <class Fn, class Slice>
concept value_functor = std::invocable<Fn&, Slice> && row_values<std::invoke_result_t<Fn&, Slice>>;

/// A functor that writes one value a row into a span of exactly as many, in the order of the rows.
template <class Fn, class Slice, class Value = double>
concept filling_functor = std::invocable<Fn&, Slice, std::span<Value>> && !value_functor<Fn, Slice>;

/// An object whose `predict` gives one value a row: a number, or a class.
template <class M, class Slice>
concept predictor = requires(M& model, Slice slice) {
  { model.predict(slice) } -> row_values;
};

/// An object whose `predict_proba` gives, a row, the probability of the positive class, or those of both classes: a
/// matrix of two columns or a range of pairs, the negative class first as in scikit-learn.
template <class M, class Slice>
concept probability_predictor = requires(M& model, Slice slice) {
  { model.predict_proba(slice) } -> row_values;
};

/// Anything that the streaming functions take for chunks of type Slice.
template <class M, class Slice, class Value = double>
concept model = value_functor<M, Slice> || filling_functor<M, Slice, Value> || predictor<M, Slice> ||
                probability_predictor<M, Slice>;

}  // namespace v0
}  // namespace penstock
