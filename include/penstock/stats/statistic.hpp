// SPDX-License-Identifier: MIT
#pragma once

// What can be resampled: anything that makes one number of a sample, and the quicker ways that some can offer.
//
//     bootstrap(x, [](std::span<const double> s) { return s.front(); }, {});     // any callable
//     bootstrap(x, stats::mean, {});                                             // counts suffice: none is built
//
// The quicker ways are found at compile time; a statistic that offers none of them works all the same.

#include <concepts>     // convertible_to, copy_constructible, invocable, same_as
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t, uint64_t
#include <span>         // span
#include <type_traits>  // decay_t
#include <utility>      // declval, index_sequence, make_index_sequence

namespace penstock {
inline namespace v0 {
namespace detail {

template <class S, class Samples>
inline constexpr bool takes_samples = false;
template <class S, std::size_t... i>
inline constexpr bool takes_samples<S, std::index_sequence<i...>> = requires(const S& s) {
  { s((static_cast<void>(i), std::span<const double>())...) } -> std::convertible_to<double>;
};

}  // namespace detail

namespace stats {

/// Makes one number of so many samples. Promises that no compiler checks: the order of the values within a sample does
/// not matter (of paired samples, their common order), equal samples give equal numbers, and it may be called from
/// several threads at once. It is copied.
template <class S, std::size_t samples>
concept statistic_of = std::copy_constructible<std::decay_t<S>> &&
                       detail::takes_samples<std::decay_t<S>, std::make_index_sequence<samples>>;

/// Makes one number of a sample.
template <class S>
concept statistic = statistic_of<S, 1>;

/// Makes one number of two samples.
template <class S>
concept two_sample_statistic = statistic_of<S, 2>;

/// A statistic that knows itself of a resample by how often each value of the data occurs in it: `prepare(data)` gives
/// a callable that takes those counts and their sum, which is not 0. The data outlives what was prepared of it; the
/// callable may be called from several threads at once.
template <class S>
concept weighted_statistic =
    statistic<S> && requires(const S& s, std::span<const double> data) { s.prepare(data); } &&
    std::invocable<const decltype(std::declval<const S&>().prepare(std::span<const double>{}))&,
                   std::span<const std::uint8_t>, std::size_t>;

/// A statistic that knows itself of a part of the data and of the rest by which observations are in the part:
/// `prepare_parts(data)` gives a callable that takes a set bit for each of them, and their number, and gives both.
template <class S>
concept part_statistic =
    statistic<S> && requires(const S& s, std::span<const double> data) { s.prepare_parts(data); } &&
    std::invocable<const decltype(std::declval<const S&>().prepare_parts(std::span<const double>{}))&,
                   std::span<const std::uint64_t>, std::size_t>;

/// A statistic that knows its values of the data without one observation sooner than by n evaluations:
/// `leave_one_out(data, values)` fills the value without observation i into place i.
template <class S>
concept leave_one_out_statistic = statistic<S> && requires(const S& s, std::span<const double> data,
                                                           std::span<double> values) { s.leave_one_out(data, values); };

/// A value, and the variance of the estimate that it is.
struct Estimate {
  double value;     ///< the statistic
  double variance;  ///< the square of its standard error
};

/// A statistic that can tell its own standard error from the sample alone: `estimate(samples...)`.
template <class S, class... Samples>
concept statistic_with_variance = requires(const S& s, Samples... samples) {
  { s.estimate(samples...) } -> std::same_as<Estimate>;
};

/// A statistic of two samples that is made of one statistic of each: `combine(part()(a), part()(b))`.
template <class S>
concept combined_statistic = two_sample_statistic<S> && requires(const S& s) {
  { s.part() } -> statistic;
  { s.combine(1.0, 2.0) } -> std::convertible_to<double>;
};

/// A statistic whose preparation is quicker if the data is in ascending order.
template <class S>
concept prefers_sorted = requires { requires S::prefers_sorted; };

}  // namespace stats
}  // namespace v0
}  // namespace penstock
