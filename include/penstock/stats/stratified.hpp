// SPDX-License-Identifier: MIT
#pragma once

// The bootstrap of a sample that was collected in strata: each stratum is resampled within itself, and keeps its size.
//
//     bootstrap(stats::stratified(income, region), stats::mean, {});

#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>  // stable_sort
#include <cstddef>    // size_t
#include <cstdint>    // uint8_t, uint32_t
#include <ranges>     // input_range, range_value_t
#include <span>       // span
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// A sample, stratum after stratum.
struct Stratified {
  std::vector<double> values;      ///< of all strata
  std::vector<std::size_t> sizes;  ///< how many of them each stratum has, none of them 0
};

/// A sample whose observation i is of the stratum labels[i]; labels can be ordered by <. O(n log n).
/// @throws std::invalid_argument if the lengths differ.
template <sample_range R, std::ranges::input_range Labels>
[[nodiscard]] Stratified stratified(const R& values, const Labels& labels) {
  const std::vector<double> all = detail::to_sample(values);
  std::vector<std::ranges::range_value_t<Labels>> names;
  for (const auto& label : labels) names.push_back(label);
  if (names.size() != all.size()) {
    throw std::invalid_argument("stats::stratified: " + std::to_string(all.size()) + " values, but " +
                                std::to_string(names.size()) + " labels");
  }
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  Stratified result;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || names[order[i - 1]] < names[order[i]]) result.sizes.push_back(0);
    ++result.sizes.back();
    result.values.push_back(all[order[i]]);
  }
  return result;
}

}  // namespace stats

namespace detail {

/// Draws within groups that lie one behind the other.
class StratifiedDraws {
 public:
  explicit StratifiedDraws(const std::vector<std::size_t>& sizes) {
    for (const std::size_t size : sizes) groups_.emplace_back(size);
  }

  [[nodiscard]] static constexpr bool exchangeable() noexcept { return false; }
  [[nodiscard]] static constexpr bool dependent() noexcept { return false; }
  void fill_counts(const DrawKey& key, std::uint8_t* counts) const noexcept {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      groups_[g].fill_counts(key_of(key, g), counts);  // writes more than it uses; the next one writes over that
      counts += groups_[g].size();
    }
  }
  void fill_places(const DrawKey& key, std::span<std::uint32_t> places) const noexcept {
    std::uint32_t first = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const auto size = static_cast<std::uint32_t>(groups_[g].size());
      draw_below(key_of(key, g), size, size,
                 [&](std::size_t i, std::uint32_t place) { places[first + i] = first + place; });
      first += size;
    }
  }
  template <class Group>
  void for_each_group(Group group) const {
    std::size_t first = 0;
    for (const IndependentDraws& g : groups_) {
      group(first, g.size());
      first += g.size();
    }
  }

 private:
  [[nodiscard]] DrawKey key_of(const DrawKey& key, std::size_t group) const noexcept {
    return {key.seed, key.resample, static_cast<std::uint32_t>(key.purpose * groups_.size() + group)};
  }

  std::vector<IndependentDraws> groups_;
};

}  // namespace detail

/// The bootstrap of a sample in strata. The acceleration of BCa counts each stratum as a sample of its own. A stratum
/// of one observation never varies.
/// @throws as the bootstrap of one sample.
template <stats::statistic S>
[[nodiscard]] BootstrapResult bootstrap(const stats::Stratified& data, const S& statistic,
                                        const BootstrapOptions& options = {}) {
  return detail::bootstrap_columns<detail::StratifiedDraws, false>(
      std::array{data.values}, {detail::StratifiedDraws(data.sizes)}, statistic, options);
}

}  // namespace v0
}  // namespace penstock
