// SPDX-License-Identifier: MIT
#pragma once

// From the statistics of resamples to a confidence interval: percentile, basic, BCa, studentized. The formulas are
// those of Efron and Tibshirani, "An introduction to the bootstrap" (1993), and of SciPy's bootstrap.

#include "penstock/core/math.hpp"
#include "penstock/stats/bootstrap_options.hpp"
#include "penstock/stats/normal.hpp"
#include "penstock/stats/quantile.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <algorithm>  // clamp, max, nth_element, sort
#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // uint64_t
#include <limits>     // numeric_limits
#include <span>       // span
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Where the statistics of resamples come from: the data, the statistic and the way to resample. Its functions may be
/// called from several threads at once.
class ReplicateSource {
 public:
  ReplicateSource() = default;
  ReplicateSource(const ReplicateSource&) = delete;
  ReplicateSource& operator=(const ReplicateSource&) = delete;
  virtual ~ReplicateSource() = default;

  [[nodiscard]] virtual std::size_t smallest_sample() const = 0;
  [[nodiscard]] virtual double observed() const = 0;
  /// The statistics of resamples `first`, `first` + 1, ...
  virtual void replicate(std::uint64_t first, std::span<double> values) const = 0;
  /// The same with the standard error of each.
  virtual void replicate_with_errors(std::uint64_t first, std::span<double> values, std::span<double> errors) const = 0;
  [[nodiscard]] virtual double observed_error() const = 0;  ///< standard error of the observed statistic
  [[nodiscard]] virtual double acceleration() const = 0;    ///< of BCa; NaN if the jackknife has no variance
};

/// Nothing to draw from: for intervals of statistics that are there already.
class NoSource final : public ReplicateSource {
 public:
  [[nodiscard]] std::size_t smallest_sample() const override { return 0; }
  [[nodiscard]] double observed() const override { return nan_; }
  void replicate(std::uint64_t, std::span<double>) const override {}
  void replicate_with_errors(std::uint64_t, std::span<double>, std::span<double>) const override {}
  [[nodiscard]] double observed_error() const override { return nan_; }
  [[nodiscard]] double acceleration() const override { return nan_; }

 private:
  static constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();
};

/// The acceleration from the jackknife values of one or more samples (SciPy's formula).
class Acceleration {
 public:
  /// Takes the values of one sample, with the statistic without each of its observations.
  void add(std::span<const double> values) noexcept {
    const double n = static_cast<double>(values.size());
    const double mean = power_sum<1>(values.data(), 0, values.size()) / n;
    double squares = 0, cubes = 0;
    for (const double value : values) {
      const double u = (n - 1) * (mean - value) / n;
      squares += rounded(u * u);
      cubes += rounded(rounded(u * u) * u);
    }
    squares_ += squares;
    cubes_ += cubes;
  }
  [[nodiscard]] double value() const noexcept {
    if (!(squares_ > 0)) return std::numeric_limits<double>::quiet_NaN();
    return cubes_ / (6 * squares_ * square_root(squares_));
  }

 private:
  double squares_ = 0;
  double cubes_ = 0;
};

/// Quantiles of values, several of them for little more than one.
class Quantiles {
 public:
  /// Puts those values in their place that the quantiles of `qs` are made of. O(n).
  Quantiles(std::span<const double> values, std::span<const double> qs) : values_(values.begin(), values.end()) {
    std::vector<std::size_t> ranks;
    for (const double q : qs) {
      ranks.push_back(QuantileRank(q, values_.size()).below);
      if (ranks.back() + 1 < values_.size()) ranks.push_back(ranks.back() + 1);
    }
    std::sort(ranks.begin(), ranks.end());
    select(0, values_.size(), ranks);
  }

  /// One of the quantiles that it was made for.
  [[nodiscard]] double operator()(double q) const { return quantile_of_sorted(values_, q); }

 private:
  /// `ranks` are within first and last, in ascending order. The middle one first: it parts the others' work.
  void select(std::size_t first, std::size_t last, std::span<const std::size_t> ranks) {
    if (ranks.empty() || last - first < 2) return;
    const std::size_t middle = ranks.size() / 2, rank = ranks[middle];
    const auto at = [this](std::size_t i) { return values_.begin() + static_cast<std::ptrdiff_t>(i); };
    std::nth_element(at(first), at(rank), at(last));
    std::size_t below = middle, above = middle;
    while (below > 0 && ranks[below - 1] == rank) --below;
    while (above < ranks.size() && ranks[above] == rank) ++above;
    select(first, rank, ranks.first(below));
    select(rank + 1, last, ranks.subspan(above));
  }

  std::vector<double> values_;
};

/// Fills interval, errors and status from the statistics of the resamples, and for `studentized` their standard errors.
inline void summarise(BootstrapResult& result, const ReplicateSource& source, std::span<const double> replicates,
                      std::span<const double> errors, double observed_error) {
  const BootstrapOptions& options = result.options;
  const double t = result.statistic;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const double n = static_cast<double>(replicates.size());
  result.n_resamples = replicates.size();
  result.ci = {nan, nan};
  result.bias = result.standard_error = result.resampling_error = nan;
  result.status = BootstrapStatus::ok;

  bool constant = true, finite = is_finite(t);
  std::size_t below = 0, at_most = 0;
  for (const double x : replicates) {
    if (is_nan(x)) result.status = BootstrapStatus::not_a_number;
    constant = constant && x == replicates[0];
    finite = finite && is_finite(x);
    below += x < t ? 1 : 0;
    at_most += x <= t ? 1 : 0;
  }
  if (is_nan(t)) result.status = BootstrapStatus::not_a_number;
  if (result.status != BootstrapStatus::ok) return;

  if (!finite) {
    result.status = BootstrapStatus::infinite;
    if (options.method == CiMethod::basic || options.method == CiMethod::studentized) return;
  } else if (constant) {
    result.status = BootstrapStatus::constant;
    result.standard_error = replicates.size() > 1 ? 0 : nan;
    result.bias = replicates[0] - t;
  } else {
    const double mean = power_sum<1>(replicates.data(), 0, replicates.size()) / n;
    result.bias = mean - t;
    result.standard_error = square_root(power_sum<2>(replicates.data(), mean, replicates.size()) / (n - 1));
  }

  const bool two_sided = options.alternative == Alternative::two_sided;
  const double alpha = (1 - options.confidence_level) / (two_sided ? 2 : 1);
  double low = alpha, high = 1 - alpha;
  std::vector<double> ratios;
  if (options.method == CiMethod::bca) {
    const double z0 = stats::normal_quantile(static_cast<double>(below + at_most) / (2 * n));
    const double a = constant ? nan : source.acceleration();
    const double z = stats::normal_quantile(alpha);
    const auto corrected = [&](double x) { return stats::normal_cdf(z0 + (z0 + x) / (1 - rounded(a * (z0 + x)))); };
    low = corrected(z);
    high = corrected(-z);
    if (!is_finite(z0) || is_nan(low) || is_nan(high)) {
      if (result.status != BootstrapStatus::constant) result.status = BootstrapStatus::bca_undefined;
      return;
    }
  } else if (options.method == CiMethod::studentized) {
    if (constant) return;
    bool usable = observed_error > 0 && observed_error < infinity;
    ratios.resize(replicates.size());
    for (std::size_t i = 0; i < ratios.size(); ++i) {
      ratios[i] = (replicates[i] - t) / errors[i];
      usable = usable && errors[i] > 0 && errors[i] < infinity;
    }
    if (!usable) {
      result.status = BootstrapStatus::no_variance;
      return;
    }
  }

  const bool has_low = options.alternative != Alternative::less;
  const bool has_high = options.alternative != Alternative::greater;
  const bool mirrored = options.method == CiMethod::basic || options.method == CiMethod::studentized;
  // Both ends, and how far chance may have moved each: where the quantile lies with 95 % confidence.
  const auto moved = [n](double q, double steps) {
    return std::clamp(q + rounded(steps * square_root(rounded(q * (1 - q)) / n)), 0.0, 1.0);
  };
  const double qs[] = {low, moved(low, -1.96), moved(low, 1.96), high, moved(high, -1.96), moved(high, 1.96)};
  const Quantiles quantile(ratios.empty() ? replicates : ratios, qs);
  const double scale = options.method == CiMethod::studentized ? observed_error : 1;
  const double error_low = scale * (quantile(qs[2]) - quantile(qs[1])) / 2;
  const double error_high = scale * (quantile(qs[5]) - quantile(qs[4])) / 2;
  const double q_low = quantile(low), q_high = quantile(high);
  if (mirrored) {
    const double middle = options.method == CiMethod::studentized ? t : 2 * t;
    result.ci = {has_low ? middle - rounded(scale * q_high) : -infinity,
                 has_high ? middle - rounded(scale * q_low) : infinity};
  } else {
    result.ci = {has_low ? q_low : -infinity, has_high ? q_high : infinity};
  }
  const bool uses_low = mirrored ? has_high : has_low, uses_high = mirrored ? has_low : has_high;
  if (finite) result.resampling_error = std::max(uses_low ? error_low : 0, uses_high ? error_high : 0);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
