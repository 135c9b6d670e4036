// SPDX-License-Identifier: MIT
#pragma once

// How several columns of data belong together, said beside the data.
//
//     bootstrap(stats::samples(a, b), stats::mean_difference, {});     // independent, of any lengths
//     bootstrap(stats::paired(x, y), correlation, {});                 // x[i] belongs to y[i]

#include <array>      // array
#include <concepts>   // convertible_to
#include <cstddef>    // size_t
#include <limits>     // numeric_limits
#include <ranges>     // input_range, range_reference_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// A range of numbers.
template <class R>
concept sample_range =
    std::ranges::input_range<const R> && std::convertible_to<std::ranges::range_reference_t<const R>, double>;

/// Independent samples.
template <std::size_t count>
struct Samples {
  std::array<std::vector<double>, count> columns;  ///< the values of each
};

/// Columns of one length whose equal places belong together.
template <std::size_t count>
struct Paired {
  std::array<std::vector<double>, count> columns;  ///< the values of each
};

}  // namespace stats

namespace detail {

template <stats::sample_range R>
[[nodiscard]] std::vector<double> to_sample(const R& range) {
  std::vector<double> result;
  if constexpr (std::ranges::sized_range<const R>) result.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (const auto& x : range) result.push_back(static_cast<double>(x));
  if (result.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::invalid_argument("stats: a sample has " + std::to_string(result.size()) +
                                " values; fewer than 2^32 are possible");
  }
  return result;
}

}  // namespace detail

namespace stats {

/// Independent samples, of any lengths; copies the values. O(values).
/// @throws std::invalid_argument for 2^32 values and more in one.
template <sample_range... R>
[[nodiscard]] Samples<sizeof...(R)> samples(const R&... ranges) {
  return {{detail::to_sample(ranges)...}};
}

/// Columns whose equal places belong together; copies the values. O(values).
/// @throws std::invalid_argument if they have different lengths.
template <sample_range... R>
[[nodiscard]] Paired<sizeof...(R)> paired(const R&... ranges) {
  Paired<sizeof...(R)> result{{detail::to_sample(ranges)...}};
  for (const std::vector<double>& column : result.columns) {
    if (column.size() != result.columns[0].size()) {
      throw std::invalid_argument("stats::paired: columns have " + std::to_string(result.columns[0].size()) + " and " +
                                  std::to_string(column.size()) + " values");
    }
  }
  return result;
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
