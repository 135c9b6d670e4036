// SPDX-License-Identifier: MIT
#pragma once

// The earth mover's distance: how far values must be moved, on average, to make one sample of the other.
//
//     stats::wasserstein_distance(before, after);       // in the units of the values

#include "penstock/core/math.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>  // min, sort
#include <cstddef>    // size_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Values in ascending order with their weights.
struct WeightedValues {
  struct Value {
    double value, weight;
  };
  std::vector<Value> values{};
  double total = 0;

  WeightedValues(const std::vector<double>& x, const std::vector<double>& weights) {
    const auto refuse = [](const std::string& what) {
      throw std::invalid_argument("stats::wasserstein_distance: " + what);
    };
    if (x.empty()) refuse("a sample has no values");
    if (!weights.empty() && weights.size() != x.size()) {
      refuse(std::to_string(x.size()) + " values, but " + std::to_string(weights.size()) + " weights");
    }
    values.reserve(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double weight = weights.empty() ? 1 : weights[i];
      if (!is_finite(x[i]))
        refuse("value " + std::to_string(i) + " is " + std::to_string(x[i]) + "; it must be finite");
      if (!(weight >= 0 && is_finite(weight))) {
        refuse("weight " + std::to_string(i) + " is " + std::to_string(weight) + "; it must be finite and at least 0");
      }
      values.push_back({x[i], weight});
      total += weight;
    }
    if (!(total > 0 && is_finite(total))) refuse("the weights of a sample have no finite sum above 0");
    std::sort(values.begin(), values.end(), [](const Value& a, const Value& b) { return a.value < b.value; });
  }
};

[[nodiscard]] inline double wasserstein(const WeightedValues& a, const WeightedValues& b) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto value_at = [](const WeightedValues& side, std::size_t i) {
    return i < side.values.size() ? side.values[i].value : infinity;
  };
  double sum = 0, below_a = 0, below_b = 0;
  for (std::size_t i = 0, j = 0; i < a.values.size() || j < b.values.size();) {
    const double here = std::min(value_at(a, i), value_at(b, j));
    while (i < a.values.size() && a.values[i].value == here) below_a += a.values[i++].weight;
    while (j < b.values.size() && b.values[j].value == here) below_b += b.values[j++].weight;
    const double next = std::min(value_at(a, i), value_at(b, j));
    if (next < infinity) sum += absolute(below_a / a.total - below_b / b.total) * (next - here);
  }
  return sum;
}

}  // namespace detail

namespace stats {

/// The Wasserstein distance of order 1, the area between the two empirical distribution functions (SciPy's
/// wasserstein_distance), in units of the values: divide it by a standard deviation to compare columns. O(n log n).
/// @throws std::invalid_argument if a sample has no values, or one that is not finite.
template <sample_range A, sample_range B>
[[nodiscard]] double wasserstein_distance(const A& a, const B& b) {
  return detail::wasserstein({detail::to_sample(a), {}}, {detail::to_sample(b), {}});
}
/// The same of values that count as much as their weights say, finite numbers of at least 0. No weights: 1 each.
/// @throws std::invalid_argument also for weights that cannot be, or are not as many as the values.
template <sample_range A, sample_range B, sample_range V, sample_range W>
[[nodiscard]] double wasserstein_distance(const A& a, const B& b, const V& a_weights, const W& b_weights) {
  return detail::wasserstein({detail::to_sample(a), detail::to_sample(a_weights)},
                             {detail::to_sample(b), detail::to_sample(b_weights)});
}

}  // namespace stats
}  // namespace v0
}  // namespace penstock
