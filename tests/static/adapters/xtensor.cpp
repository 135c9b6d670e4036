// SPDX-License-Identifier: MIT
// Which of xtensor's types are frames, and which of its results are a model's values.
#include "penstock/adapters/xtensor.hpp"

#include "penstock/core/model.hpp"

#if __has_include(<xtensor/xtensor.hpp>)
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xindex_view.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#else
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xfixed.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xmath.hpp>
#include <xtensor/views/xindex_view.hpp>
#include <xtensor/views/xview.hpp>
#endif

#include <type_traits>

namespace {

using namespace penstock;
using Matrix = xt::xtensor<double, 2>;
using Vector = xt::xtensor<double, 1>;

const Matrix m;
const Vector w;

template <class F>
constexpr bool is_frame = data_frame<F> && data_frame<const F&> && data_frame<frame_slice_t<F>> &&
                          std::is_same_v<frame_slice_t<F>, frame_slice_t<frame_slice_t<F>>>;

static_assert(is_frame<Vector>);
static_assert(is_frame<Matrix>);
static_assert(is_frame<xt::xtensor<float, 4, xt::layout_type::column_major>>);
static_assert(is_frame<xt::xarray<int>>);
static_assert(is_frame<xt::xtensor_fixed<double, xt::xshape<3, 2>>>);
static_assert(is_frame<decltype(xt::view(m, xt::range(1, 2)))>);
static_assert(is_frame<decltype(xt::view(m, xt::all(), 1))>);
static_assert(is_frame<decltype(xt::transpose(m))>);
static_assert(frame_slice_t<Matrix>::static_layout == xt::layout_type::row_major);  // still known to be contiguous
static_assert(frame_slice_t<Matrix>::rank == 2);

// No axis, so no rows.
static_assert(!data_frame<xt::xtensor<double, 0>>);
// Not computed yet, or picked by a list, so nothing in place.
static_assert(!data_frame<decltype(m + m)>);
static_assert(!data_frame<decltype(xt::sum(m, {1}))>);
static_assert(!data_frame<decltype(xt::view(m, xt::keep(0, 2)))>);
static_assert(!data_frame<decltype(xt::filter(m, m > 0))>);
static_assert(!columnar_frame<Matrix>);

static_assert(row_values<Vector>);
static_assert(row_values<const Vector&>);
static_assert(row_values<xt::xarray<float>>);
static_assert(row_values<Matrix>);  // of one column, which is known when it runs
static_assert(row_values<decltype(xt::sum(m, {1}))>);
static_assert(row_values<decltype(xt::view(m, xt::all(), 0) + 1)>);
static_assert(std::is_same_v<row_value_t<Vector>, double>);
static_assert(std::is_same_v<row_value_t<decltype(xt::view(m, xt::all(), 0) > 1)>, bool>);
static_assert(std::is_same_v<row_value_t<xt::xarray<float>>, float>);

constexpr auto sums = [](const auto& x) { return xt::sum(x, {1}); };
static_assert(value_functor<decltype(sums), frame_slice_t<Matrix>>);

}  // namespace
