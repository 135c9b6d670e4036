// SPDX-License-Identifier: MIT
#pragma once

// Which rows are held out to decide when fit stops: scikit-learn's ShuffleSplit and StratifiedShuffleSplit, by the same
// seeds.

#include "penstock/core/math.hpp"
#include "penstock/learn/row_order.hpp"

#include <algorithm>  // sort, unique
#include <cstddef>    // size_t
#include <cstdint>    // int32_t, uint8_t, uint32_t
#include <numeric>    // iota
#include <span>       // span
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // swap
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// 0 to n - 1 in numpy's random order.
inline std::vector<std::size_t> permutation(NumpyRandom& random, std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i-- > 1;) std::swap(order[i], order[random.up_to(static_cast<std::uint32_t>(i))]);
  return order;
}

/// How many of `draws` fall to each class, in proportion to `counts`; what rounding leaves goes to the largest
/// remainders, ties by lot.
inline std::vector<std::size_t> share_out(std::span<const std::size_t> counts, std::size_t draws, NumpyRandom& random) {
  double sum = 0;
  for (const std::size_t count : counts) sum += static_cast<double>(count);
  std::vector<std::size_t> shares;
  std::vector<double> remainders;
  std::size_t left = draws;
  for (const std::size_t count : counts) {
    const double share = static_cast<double>(count) / sum * static_cast<double>(draws);
    shares.push_back(static_cast<std::size_t>(share));
    remainders.push_back(share - floor(share));
    left -= shares.back();
  }
  std::vector<double> values = remainders;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (std::size_t i = values.size(); left > 0 && i-- > 0;) {
    std::vector<std::size_t> tied;
    for (std::size_t k = 0; k < remainders.size(); ++k) {
      if (remainders[k] == values[i]) tied.push_back(k);
    }
    const std::vector<std::size_t> lots = permutation(random, tied.size());
    for (std::size_t k = 0; k < tied.size() && left > 0; ++k, --left) ++shares[tied[lots[k]]];
  }
  return shares;
}

/// 1 for each row that is held out, a `fraction` of all, rounded up. `codes` are the classes of the rows, of which each
/// gives its share, or empty. @throws std::invalid_argument if too few rows are left on either side.
inline std::vector<std::uint8_t> hold_out(std::size_t rows, double fraction, std::uint32_t random_state,
                                          std::span<const std::int32_t> codes) {
  const auto held = static_cast<std::size_t>(ceil(fraction * static_cast<double>(rows)));
  if (held == 0 || held >= rows) {
    throw std::invalid_argument("SgdOptions.validation_fraction is " + std::to_string(fraction) + ", which leaves " +
                                std::to_string(held) + " of " + std::to_string(rows) +
                                " rows for validation; both sides need some");
  }
  NumpyRandom random(random_state);
  std::vector<std::uint8_t> mask(rows, 0);
  if (codes.empty()) {
    const std::vector<std::size_t> order = permutation(random, rows);
    for (std::size_t i = 0; i < held; ++i) mask[order[i]] = 1;
    return mask;
  }
  std::vector<std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto code = static_cast<std::size_t>(codes[i]);
    if (code >= classes.size()) classes.resize(code + 1);
    classes[code].push_back(i);
  }
  std::erase_if(classes, [](const auto& members) { return members.empty(); });
  std::vector<std::size_t> counts;
  for (const auto& members : classes) counts.push_back(members.size());
  const std::vector<std::size_t> learnt = share_out(counts, rows - held, random);
  for (std::size_t k = 0; k < counts.size(); ++k) counts[k] -= learnt[k];
  const std::vector<std::size_t> tested = share_out(counts, held, random);
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const std::vector<std::size_t> order = permutation(random, classes[k].size());
    for (std::size_t i = learnt[k]; i < learnt[k] + tested[k]; ++i) mask[classes[k][order[i]]] = 1;
  }
  return mask;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
