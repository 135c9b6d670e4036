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

#include <concepts>     // invocable, same_as
#include <cstddef>      // size_t
#include <ranges>       // sized_range
#include <span>         // span
#include <type_traits>  // remove_cvref_t
#include <utility>      // declval

namespace penstock {
inline namespace v0 {
namespace detail {

/// An expression that is not computed yet, such as Eigen's product of two matrices. It is computed once, by eval():
/// to read it value by value would compute it again for each, if it compiles at all.
template <class R>
concept lazy = requires(const std::remove_cvref_t<R>& r) { r.eval(); } &&
               !std::same_as<std::remove_cvref_t<decltype(std::declval<const std::remove_cvref_t<R>&>().eval())>,
                             std::remove_cvref_t<R>>;

/// What a range-based for reads, with a size. Not std::ranges::input_range alone, because iterators of numeric
/// libraries, those of xtensor's expressions for one, are often none by C++20's letter.
template <class R>
concept plain_values = !lazy<R> && ((std::ranges::sized_range<R> && std::ranges::input_range<R>) ||
                                    requires(std::remove_reference_t<R>& r) {
                                      { r.size() } -> std::convertible_to<std::size_t>;
                                      { r.begin() != r.end() } -> std::convertible_to<bool>;
                                      *r.begin();
                                    });

/// Rows and columns with element access, as Eigen's matrices have.
template <class R>
concept matrix_like = !lazy<R> && requires(const std::remove_cvref_t<R>& r) {
  r.rows();
  r.cols();
  r(r.rows(), r.cols());
};

template <class R>
concept lazy_values = lazy<R> && requires(const std::remove_cvref_t<R>& r) {
  requires plain_values<decltype(r.eval())> || matrix_like<decltype(r.eval())>;
};

template <class R>
struct row_value {
  using type = std::remove_cvref_t<decltype(std::declval<R&>()(0, 0))>;
};
template <plain_values R>
struct row_value<R> {
  using type = std::remove_cvref_t<decltype(*std::declval<R&>().begin())>;
};
template <plain_values R>
  requires std::ranges::input_range<R>
struct row_value<R> {
  using type = std::ranges::range_value_t<R>;  // of a proxy the type it stands for
};
template <lazy R>
struct row_value<R> : row_value<decltype(std::declval<R&>().eval())> {};

}  // namespace detail

/// What a model may return: as many values as the chunk has rows, in the order of its rows.
template <class R>
concept row_values = detail::plain_values<R> || detail::matrix_like<R> || detail::lazy_values<R>;

/// The type of one value of a model's result.
template <row_values R>
using row_value_t = typename detail::row_value<R>::type;

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
