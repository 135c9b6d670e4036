// SPDX-License-Identifier: MIT
#pragma once

// Which of two ways is faster, and how sure is that? From the times of rounds in which both ran.
//
//     const TimeComparison c = compare_times(old_times, new_times);      // by rounds: [i] of both ran side by side
//     c.ratio;               // 1.25: in the middle the new way takes 1 / 1.25 of the time
//     c.ratio_ci;            // within 1.18 and 1.31
//     c.verdict;             // faster, slower, or no_difference_shown
//
// The p-value asks whether the rounds could as well have been labelled the other way round; the interval says how
// great the difference is. docs/statistics.md says what either does not tell.

#include "penstock/core/math.hpp"
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/bootstrap_options.hpp"
#include "penstock/stats/combined.hpp"
#include "penstock/stats/effect_size.hpp"
#include "penstock/stats/samples.hpp"
#include "penstock/stats/wilcoxon.hpp"

#include <algorithm>    // sort
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What the rounds show of the second way against the first.
enum class SpeedVerdict {
  no_difference_shown,  ///< that is not "they are equal": the interval says what is still possible
  faster,               ///< the second takes less time
  slower,               ///< the second takes more time
};

/// The verdict in words, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(SpeedVerdict verdict) noexcept {
  switch (verdict) {
    case SpeedVerdict::no_difference_shown: return "no_difference_shown";
    case SpeedVerdict::faster: return "faster";
    case SpeedVerdict::slower: return "slower";
  }
  return "unknown";
}

/// How sure a comparison wants to be. `check` says what is refused.
struct ComparisonOptions {
  double confidence_level = 0.95;  ///< in (0, 1): of the interval; and a p-value must be below 1 minus that
  double relevant_change = 0;      ///< at least 0: 0.02 calls faster or slower only what surely is so by 2 %
  std::size_t n_resamples = 9999;  ///< of the bootstrap, and of a permutation test that cannot be exact; at least 1
  std::uint64_t seed = 0;          ///< the same seed gives the same figures
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const ComparisonOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("ComparisonOptions." + what); };
  if (!(options.confidence_level > 0 && options.confidence_level < 1)) {
    refuse("confidence_level is " + std::to_string(options.confidence_level) + "; it must be between 0 and 1");
  }
  if (!(options.relevant_change >= 0 && options.relevant_change < std::numeric_limits<double>::infinity())) {
    refuse("relevant_change is " + std::to_string(options.relevant_change) +
           "; a finite number from 0 upwards is needed");
  }
  if (options.n_resamples == 0) refuse("n_resamples is 0; at least 1 is needed");
}

/// Two ways side by side, the second against the first. Interval and p-value are NaN where there are none: of fewer
/// than two rounds, or where no time passed.
struct TimeComparison {
  double ratio = 0;  ///< median time of the first / that of the second: above 1 the second is faster; 0 if no time
  ConfidenceInterval ratio_ci{std::numeric_limits<double>::quiet_NaN(),  ///< percentile bootstrap of whole rounds
                              std::numeric_limits<double>::quiet_NaN()};
  double pvalue = std::numeric_limits<double>::quiet_NaN();  ///< Wilcoxon's signed ranks, two-sided
  double effect_size = 0;  ///< Cliff's delta: from -1, each time of the second is less, to 1, each is greater
  SpeedVerdict verdict = SpeedVerdict::no_difference_shown;  ///< p-value and interval must agree, see compare_times
};

namespace detail {

/// The middle value, or the mean of the two in the middle; 0 of none.
[[nodiscard]] inline double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : values[middle - 1] + (values[middle] - values[middle - 1]) / 2;
}

/// a / b, and 0 instead of a division by 0.
[[nodiscard]] inline double ratio_or_zero(double a, double b) noexcept { return b > 0 ? a / b : 0; }

/// Where the median of runs lies.
[[nodiscard]] inline ConfidenceInterval median_interval(const std::vector<double>& values,
                                                        const ComparisonOptions& options) {
  return bootstrap(values, stats::median,
                   {.n_resamples = options.n_resamples,
                    .confidence_level = options.confidence_level,
                    .method = CiMethod::percentile,
                    .seed = options.seed})
      .ci;
}

/// What p-value and interval say together.
[[nodiscard]] inline SpeedVerdict verdict_of(const TimeComparison& c, const ComparisonOptions& options) noexcept {
  if (!(c.pvalue < 1 - options.confidence_level)) return SpeedVerdict::no_difference_shown;
  if (c.ratio_ci.low > 1 + options.relevant_change) return SpeedVerdict::faster;
  return c.ratio_ci.high < 1 / (1 + options.relevant_change) ? SpeedVerdict::slower : SpeedVerdict::no_difference_shown;
}

}  // namespace detail

/// Compares two ways by their times in the same rounds: `first[i]` and `second[i]` ran next to each other. The interval
/// of the ratio of medians is by resampling of rounds, so that what both share in a round cancels. The p-value is that
/// of the signed ranks of (first - second) / (first + second), a permutation test that changes the places of both
/// within a round, exact up to 13 rounds: fewer than 6 rounds can never have one below 0.05. A difference is shown if
/// the p-value is below 1 - confidence_level and the whole interval lies beyond `relevant_change`. O(n_resamples * n).
/// @throws std::invalid_argument for a wrong option, lengths that differ, or a time that is negative or not finite.
[[nodiscard]] inline TimeComparison compare_times(std::span<const double> first, std::span<const double> second,
                                                  const ComparisonOptions& options = {}) {
  check(options);
  const auto rounds = stats::paired(first, second);
  const auto &a = rounds.columns[0], &b = rounds.columns[1];
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (const double time : {a[i], b[i]}) {
      if (!(time >= 0 && detail::is_finite(time))) {
        throw std::invalid_argument("compare_times: a time of round " + std::to_string(i) + " is " +
                                    std::to_string(time) + "; a finite number from 0 upwards is needed");
      }
    }
    differences.push_back(a[i] == b[i] ? 0 : (a[i] - b[i]) / (a[i] + b[i]));  // in the order of log(a / b)
  }
  TimeComparison result;
  result.ratio = detail::ratio_or_zero(detail::median_of(a), detail::median_of(b));
  if (a.empty()) return result;
  result.effect_size = stats::cliffs_delta(b, a);
  if (a.size() < 2 || result.ratio == 0) return result;
  result.ratio_ci = bootstrap(rounds, stats::median_ratio,
                              {.n_resamples = options.n_resamples,
                               .confidence_level = options.confidence_level,
                               .method = CiMethod::percentile,
                               .seed = options.seed})
                        .ci;
  result.pvalue =
      stats::wilcoxon_signed_rank(differences, {.n_resamples = options.n_resamples, .seed = options.seed}).pvalue;
  result.verdict = detail::verdict_of(result, options);
  return result;
}

}  // namespace v0
}  // namespace penstock
