// SPDX-License-Identifier: MIT
#pragma once

// xtensor's arrays and views as frames: row i is what stands at i of the first axis.
//
//     xt::xtensor<double, 2> x = ...;
//     slice(x, 100, 50);                                      // rows 100 to 149, in place
//     process_stream(x, 64, [](const auto& rows) { return xt::xtensor<double, 1>(xt::sum(rows, {1})); });
//
// Needs xtensor 0.24 or newer.

#include "penstock/config.hpp"
#include "penstock/core/frame.hpp"

#if __has_include(<xtensor/xtensor.hpp>)
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>
#else  // from 0.26 on
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xtensor.hpp>
#endif

#include <algorithm>    // copy
#include <cstddef>      // size_t
#include <iterator>     // size
#include <memory>       // addressof, allocator
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <tuple>        // tuple_size
#include <type_traits>  // is_lvalue_reference_v

namespace penstock {
inline namespace v0 {
namespace detail {

/// How many axes a shape has; dynamic_rank if that is known only when it runs.
inline constexpr std::size_t dynamic_rank = static_cast<std::size_t>(-1);
template <class Shape>
inline constexpr std::size_t rank_of = dynamic_rank;
template <class Shape>
  requires requires { std::tuple_size<Shape>::value; }
inline constexpr std::size_t rank_of<Shape> = std::tuple_size<Shape>::value;

/// Elements that lie in memory by one stride an axis: containers, adaptors, and their views by range, by integer or
/// transposed. What is not computed yet, or picked by a list or a mask, has no rows in place. Nor have numbers without
/// an axis any rows.
template <class F>
concept xtensor_in_memory = xt::is_xexpression<F>::value && rank_of<typename F::shape_type> != 0 &&
                            std::is_lvalue_reference_v<typename F::const_reference> && requires(const F& f) {
                              f.strides();
                              f.shape();
                              F::static_layout;
                            };

PENSTOCK_COLD [[noreturn]] inline void refuse_array(const char* which) {
  throw std::invalid_argument(std::string("an xtensor array ") + which);
}

/// The slice of F, and of F's slices as well: an adaptor over the same memory. A view would hold on to F itself, and
/// the view of a view of a view be another type each time.
template <class F>
struct XtensorSlice {
  static constexpr std::size_t rank = rank_of<typename F::shape_type>;
  // Rows of a row-major array lie one behind the other; those of any other lie by strides.
  static constexpr bool contiguous = F::static_layout == xt::layout_type::row_major;
  static constexpr xt::layout_type layout = contiguous ? xt::layout_type::row_major : xt::layout_type::dynamic;

  using Value = typename F::value_type;
  using Buffer = xt::xbuffer_adaptor<const Value*, xt::no_ownership, std::allocator<Value>>;
  template <std::size_t N>
  static xt::xtensor_adaptor<Buffer, N, layout> adaptor();
  template <std::size_t N>
    requires(N == dynamic_rank)
  static xt::xarray_adaptor<Buffer, layout> adaptor();
  using type = decltype(adaptor<rank>());
  using Shape = typename type::shape_type;
  using Strides = typename type::strides_type;

  static type make(const F& frame, std::size_t first, std::size_t count) {
    Shape shape{};
    resize(shape, std::size(frame.shape()));
    std::copy(frame.shape().begin(), frame.shape().end(), shape.begin());
    shape[0] = count;
    std::size_t size = 1;
    for (const std::size_t n : shape) size *= n;
    if (size == 0) return make_empty(shape);

    // The elements' own addresses say where they are and how far apart. A view would say so too, but it works its
    // strides out when first asked, and two threads may ask at once.
    Shape place = shape;
    for (auto& i : place) i = 0;
    place[0] = first;
    const Value* const start = address(frame, place);
    if constexpr (contiguous) {
      return type(Buffer(start, size), shape);
    } else {
      Strides strides{};
      resize(strides, shape.size());
      for (std::size_t k = 0; k < shape.size(); ++k) {
        if (shape[k] == 1) continue;
        ++place[k];
        strides[k] = address(frame, place) - start;
        --place[k];
        if (strides[k] < 0) refuse_array("that runs backwards has no rows to take in place; copy it first");
      }
      return type(Buffer(start, size), shape, strides);  // of as many elements, wherever they are
    }
  }

 private:
  static type make_empty(const Shape& shape) {
    if constexpr (contiguous) {
      return type(Buffer(nullptr, 0), shape);
    } else {
      Strides strides{};  // none, because xtensor steps by them to find the end
      resize(strides, shape.size());
      return type(Buffer(nullptr, 0), shape, strides);
    }
  }

  static const Value* address(const F& frame, const Shape& place) {
    return std::addressof(frame.element(place.begin(), place.end()));
  }

  template <class Sizes>
  static void resize(Sizes& sizes, std::size_t n) {
    if constexpr (rank == dynamic_rank) sizes.resize(n);
  }
};

}  // namespace detail

/// An xtensor container, adaptor or strided view is a frame of what stands at each place of its first axis: of numbers
/// if it has one axis, else of arrays with one axis less. A slice is a constant adaptor with all axes, row-major if the
/// frame is known to be so, that borrows the values; its slices are of its own type.
/// `rows` throws std::invalid_argument for an array of no axis; `slice` for a view that runs backwards.
template <detail::xtensor_in_memory F>
struct frame_traits<F> {
  static std::size_t rows(const F& frame) {
    if (std::size(frame.shape()) == 0) detail::refuse_array("without an axis has no rows");
    return static_cast<std::size_t>(frame.shape()[0]);
  }
  static auto slice(const F& frame, std::size_t first, std::size_t count) {
    return detail::XtensorSlice<F>::make(frame, first, count);
  }
};

}  // namespace v0
}  // namespace penstock
