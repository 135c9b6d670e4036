// SPDX-License-Identifier: MIT
#pragma once

// What a table must offer to be streamed: how many rows it has, and a stretch of them without a copy.
//
//     std::vector<Trip> trips = ...;
//     rows(trips);               // 1000
//     slice(trips, 100, 50);     // std::span<const Trip> of rows 100 to 149
//
// Ready are: contiguous ranges of any element (vector, span, array), RecordBatch, RowMajorMatrix; Eigen and xtensor by
// their adapters. A foreign table specialises frame_traits:
//
//     template <>
//     struct penstock::frame_traits<my::Table> {
//       static std::size_t rows(const my::Table& t) { return t.length(); }
//       static my::View slice(const my::Table& t, std::size_t first, std::size_t n) { return t.view(first, n); }
//     };

#include "penstock/config.hpp"

#include <concepts>     // same_as
#include <cstddef>      // size_t
#include <ranges>       // contiguous_range, sized_range
#include <span>         // span
#include <stdexcept>    // out_of_range
#include <string>       // to_string
#include <string_view>  // string_view
#include <type_traits>  // remove_cvref_t
#include <utility>      // declval

namespace penstock {
inline namespace v0 {
namespace detail {

/// Contiguous in memory, and one row an element: a matrix (which has a shape) would be taken for a long row of numbers.
template <class F>
concept row_range = std::ranges::contiguous_range<const F> && std::ranges::sized_range<const F> &&
                    !requires(const F& f) { f.shape(); } && !requires(const F& f) { f.cols(); };

}  // namespace detail

/// How a type is a frame. To be specialised for foreign types, by the promises of `data_frame`; as it stands it serves
/// contiguous ranges, whose slices are spans.
template <class F>
struct frame_traits {
  /// The number of rows; O(1).
  static std::size_t rows(const F& frame)
    requires detail::row_range<F>
  {
    return static_cast<std::size_t>(std::ranges::size(frame));
  }
  /// Rows `first` to `first + count` without a copy; O(1). The caller has checked the bounds.
  static auto slice(const F& frame, std::size_t first, std::size_t count)
    requires detail::row_range<F>
  {
    return std::span(std::ranges::data(frame) + first, count);
  }
};

namespace detail {

template <class F>
concept has_frame_traits = requires(const F& frame, std::size_t n) {
  { frame_traits<F>::rows(frame) } -> std::convertible_to<std::size_t>;
  frame_traits<F>::slice(frame, n, n);
};

template <class F>
using slice_of = std::remove_cvref_t<decltype(frame_traits<F>::slice(std::declval<const F&>(), 0, 0))>;

/// What makes a slice a frame for good: else its slice might have none, or each slice of a slice be another type.
template <class Slice>
concept slices_to_itself = has_frame_traits<Slice> && std::same_as<slice_of<Slice>, Slice>;

PENSTOCK_COLD [[noreturn]] inline void throw_slice_out_of_range(std::size_t first, std::size_t count,
                                                                std::size_t rows) {
  throw std::out_of_range("slice of " + std::to_string(count) + " rows from row " + std::to_string(first) +
                          ", in a frame of " + std::to_string(rows));
}

}  // namespace detail

/// A table of rows in a fixed order. Promises beyond the signatures:
/// - `rows` and `slice` are O(1), copy no row, change nothing, and may be called from many threads at once;
/// - `slice(f, first, count)` has exactly `count` rows, and its row i is row `first + i` of f;
/// - a slice is a frame too, whose slices are of its own type;
/// - a slice may borrow from f, and is then used only while f lives and is not changed.
template <class F>
concept data_frame = detail::has_frame_traits<std::remove_cvref_t<F>> &&
                     detail::slices_to_itself<detail::slice_of<std::remove_cvref_t<F>>>;

/// The number of rows; O(1).
template <data_frame F>
[[nodiscard]] std::size_t rows(const F& frame) {
  return static_cast<std::size_t>(frame_traits<F>::rows(frame));
}

/// Rows [first, first + count), without a copy; O(1).
/// @throws std::out_of_range unless they are all there.
template <data_frame F>
[[nodiscard]] auto slice(const F& frame, std::size_t first, std::size_t count) {
  const std::size_t all = rows(frame);
  if (first > all || count > all - first) detail::throw_slice_out_of_range(first, count, all);
  return frame_traits<F>::slice(frame, first, count);
}

/// What a functor on slices of F is called with.
template <data_frame F>
using frame_slice_t = detail::slice_of<std::remove_cvref_t<F>>;

/// A frame whose columns have names. `frame_traits<F>::template column<T>(frame, name)` gives a range of `rows(frame)`
/// values with operator[], in row order, that borrows from the frame, and throws Error if there is no such column or it
/// is not read as T. Slices keep the columns.
template <class F, class T = double>
concept columnar_frame = data_frame<F> && requires(const std::remove_cvref_t<F>& frame, const frame_slice_t<F>& part,
                                                   std::string_view name) {
  frame_traits<std::remove_cvref_t<F>>::template column<T>(frame, name)[std::size_t{}];
  frame_traits<frame_slice_t<F>>::template column<T>(part, name)[std::size_t{}];
};

/// The column of that name, read as T. @throws Error if there is none, or it is not read as T.
template <class T, columnar_frame<T> F>
[[nodiscard]] auto column(const F& frame, std::string_view name) {
  return frame_traits<F>::template column<T>(frame, name);
}

}  // namespace v0
}  // namespace penstock
