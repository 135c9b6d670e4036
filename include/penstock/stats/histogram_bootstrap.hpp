// SPDX-License-Identifier: MIT
#pragma once

// The bootstrap of values that are known only by how often each occurs: a billion latencies in two thousand buckets are
// resampled as quickly as two thousand values.
//
//     std::vector<double> values; std::vector<std::uint64_t> counts;
//     latency.for_each_bucket([&](auto low, auto high, auto n) {
//       values.push_back((low + high) / 2.0);
//       counts.push_back(n);
//     });
//     bootstrap(stats::histogram(values, counts), stats::Quantile{0.99}, {.n_resamples = 999});

#include "penstock/core/math.hpp"
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/moments.hpp"
#include "penstock/stats/quantile.hpp"
#include "penstock/stats/random_binomial.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>    // sort
#include <concepts>     // convertible_to
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <memory>       // make_shared
#include <ranges>       // input_range
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <type_traits>  // decay_t
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// Values in ascending order, and how often each occurs, at least once.
struct Histogram {
  std::vector<double> values;         ///< of the bins
  std::vector<std::uint64_t> counts;  ///< of each
  std::uint64_t total;                ///< their sum
};

/// Values, in any order, with their counts; those of 0 are left out. O(bins log bins).
/// @throws std::invalid_argument if the lengths differ or a value is NaN.
template <sample_range R, std::ranges::input_range Counts>
[[nodiscard]] Histogram histogram(const R& values, const Counts& counts) {
  const std::vector<double> all = detail::to_sample(values);
  std::vector<std::uint64_t> sizes;
  for (const auto& count : counts) sizes.push_back(static_cast<std::uint64_t>(count));
  if (sizes.size() != all.size()) {
    throw std::invalid_argument("stats::histogram: " + std::to_string(all.size()) + " values, but " +
                                std::to_string(sizes.size()) + " counts");
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (detail::is_nan(all[i])) throw std::invalid_argument("stats::histogram: value " + std::to_string(i) + " is NaN");
    if (sizes[i] != 0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return all[a] < all[b]; });
  Histogram result{{}, {}, 0};
  for (const std::size_t i : order) {
    result.values.push_back(all[i]);
    result.counts.push_back(sizes[i]);
    result.total += sizes[i];
  }
  return result;
}

/// The mean of values that occur so often.
[[nodiscard]] inline double of_counts(const Mean&, std::span<const double> values,
                                      std::span<const std::uint64_t> counts, std::uint64_t total) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += detail::rounded(values[i] * static_cast<double>(counts[i]));
  return sum / static_cast<double>(total);
}

/// The variance of values that occur so often.
[[nodiscard]] inline double of_counts(const Variance& of, std::span<const double> values,
                                      std::span<const std::uint64_t> counts, std::uint64_t total) noexcept {
  const double middle = of_counts(Mean{}, values, counts, total);
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double d = values[i] - middle;
    sum += detail::rounded(detail::rounded(d * d) * static_cast<double>(counts[i]));
  }
  return sum / (static_cast<double>(total) - of.ddof);
}

/// The standard deviation of values that occur so often.
[[nodiscard]] inline double of_counts(const StandardDeviation& deviation, std::span<const double> values,
                                      std::span<const std::uint64_t> counts, std::uint64_t total) noexcept {
  return detail::square_root(of_counts(Variance{deviation.ddof}, values, counts, total));
}

/// The quantile of values, in ascending order, that occur so often; as that of the sample with all of them.
[[nodiscard]] inline double of_counts(const Quantile& quantile, std::span<const double> values,
                                      std::span<const std::uint64_t> counts, std::uint64_t total) {
  const detail::QuantileRank rank(detail::checked_quantile(quantile.q), static_cast<std::size_t>(total));
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + 1 < values.size(); ++i) {
    seen += counts[i];
    if (seen > rank.below) break;
  }
  if (rank.part == 0 || seen > rank.below + 1 || i + 1 == values.size()) return values[i];
  std::size_t next = i + 1;
  while (next + 1 < values.size() && counts[next] == 0) ++next;
  return rank.between(values[i], values[next]);
}

/// A statistic of values that occur so often: a function `of_counts(statistic, values, counts, total)` that is found
/// where the statistic is. The values are in ascending order; counts may be 0, their sum is `total`, above 0.
template <class S>
concept histogram_statistic =
    requires(const S& s, std::span<const double> values, std::span<const std::uint64_t> counts, std::uint64_t total) {
      { of_counts(s, values, counts, total) } -> std::convertible_to<double>;
    };

}  // namespace stats

namespace detail {

template <class S>
class HistogramReplicates final : public ReplicateSource {
 public:
  HistogramReplicates(S statistic, stats::Histogram data, std::uint64_t seed, std::size_t inner_resamples)
      : statistic_(std::move(statistic)), data_(std::move(data)), seed_(seed), inner_(inner_resamples) {}

  [[nodiscard]] std::size_t smallest_sample() const override { return static_cast<std::size_t>(data_.total); }
  [[nodiscard]] double observed() const override { return of(data_.counts); }

  void replicate(std::uint64_t first, std::span<double> values) const override {
    std::vector<std::uint64_t> drawn(data_.counts.size());
    for (std::size_t r = 0; r < values.size(); ++r) {
      draw(data_.counts, first + r, 0, drawn);
      values[r] = of(drawn);
    }
  }
  void replicate_with_errors(std::uint64_t first, std::span<double> values, std::span<double> errors) const override {
    std::vector<std::uint64_t> drawn(data_.counts.size());
    for (std::size_t r = 0; r < values.size(); ++r) {
      draw(data_.counts, first + r, 0, drawn);
      values[r] = of(drawn);
      errors[r] = error_of(drawn, first + r);
    }
  }
  [[nodiscard]] double observed_error() const override { return error_of(data_.counts, ~std::uint64_t{0}); }

  /// The jackknife leaves out one observation of each bin, for as many as there are in it. O(bins^2).
  [[nodiscard]] double acceleration() const override {
    std::vector<std::uint64_t> counts = data_.counts;
    std::vector<double> values(counts.size());
    double mean = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      --counts[i];
      values[i] = static_cast<double>(of_counts(statistic_, std::span<const double>(data_.values),
                                                std::span<const std::uint64_t>(counts), data_.total - 1));
      ++counts[i];
      mean += values[i] * (static_cast<double>(counts[i]) / static_cast<double>(data_.total));
    }
    double squares = 0, cubes = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const double u = mean - values[i], weight = static_cast<double>(counts[i]);
      squares += weight * u * u;
      cubes += weight * u * u * u;
    }
    return squares > 0 ? cubes / (6 * squares * square_root(squares)) : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  [[nodiscard]] double of(const std::vector<std::uint64_t>& counts) const {
    return static_cast<double>(of_counts(statistic_, std::span<const double>(data_.values),
                                         std::span<const std::uint64_t>(counts), data_.total));
  }
  void draw(const std::vector<std::uint64_t>& from, std::uint64_t resample, std::size_t inner,
            std::vector<std::uint64_t>& drawn) const {
    stats::RandomStream random(seed_, resample, static_cast<std::uint32_t>(inner));
    random_multinomial(random, from, data_.total, drawn);
  }
  [[nodiscard]] double error_of(const std::vector<std::uint64_t>& counts, std::uint64_t resample) const {
    std::vector<std::uint64_t> drawn(counts.size());
    std::vector<double> values(inner_);
    for (std::size_t k = 0; k < inner_; ++k) {
      draw(counts, resample, k + 1, drawn);
      values[k] = of(drawn);
    }
    return stats::standard_deviation(values);
  }

  S statistic_;
  stats::Histogram data_;
  std::uint64_t seed_;
  std::size_t inner_;
};

}  // namespace detail

/// The bootstrap of a statistic from a histogram: the distribution is that of the bootstrap of all its values, from
/// other random numbers. O(n_resamples * bins) however many values there are, about 60 ns each; memory O(bins) a
/// thread. Studentized by a bootstrap within the bootstrap.
/// @throws std::invalid_argument for a wrong option; what the statistic throws.
template <stats::histogram_statistic S>
[[nodiscard]] BootstrapResult bootstrap(const stats::Histogram& data, const S& statistic,
                                        const BootstrapOptions& options = {}) {
  check(options);
  return detail::bootstrap_from(std::make_shared<detail::HistogramReplicates<std::decay_t<S>>>(
                                    statistic, data, options.seed, options.inner_resamples),
                                options, options.n_resamples, {}, {});
}

}  // namespace v0
}  // namespace penstock
