// SPDX-License-Identifier: MIT
#pragma once

// How a bootstrap is made, and what comes out.
//
//     bootstrap(x, stats::mean, {.n_resamples = 9999, .method = CiMethod::percentile, .seed = 1, .threads = 0});

#include "penstock/stats/alternative.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <memory>       // shared_ptr
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How the ends of a confidence interval are found from the resamples.
enum class CiMethod {
  percentile,   ///< quantiles of the resampled statistic
  basic,        ///< the percentile interval mirrored at the statistic: 2 t - Q(1 - a), 2 t - Q(a)
  bca,          ///< percentiles corrected for bias and for a standard error that changes with the value
  studentized,  ///< quantiles of (t* - t) / se*, times the standard error of t: needs one of every resample
};

/// The method in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(CiMethod method) noexcept {
  switch (method) {
    case CiMethod::percentile: return "percentile";
    case CiMethod::basic: return "basic";
    case CiMethod::bca: return "bca";
    case CiMethod::studentized: return "studentized";
  }
  return "unknown";
}

/// Whether the figures of a bootstrap mean what they say.
enum class BootstrapStatus {
  ok,            ///< all figures are what they are called
  too_few,       ///< a sample has fewer than two observations: nothing can be resampled, interval and error are NaN
  not_a_number,  ///< the statistic of the data or of a resample is NaN: interval, error and bias are NaN
  infinite,  ///< the statistic of the data or of a resample is infinite: errors, bias and the intervals by basic and
             ///< studentized are NaN; an end by percentile or bca may be infinite
  constant,  ///< all resamples gave the same: the error is 0, the interval a point, or NaN by bca and studentized
  bca_undefined,  ///< every resample is on one side of the statistic, or the jackknife has no variance: interval is NaN
  no_variance,    ///< studentized, and the statistic or a resample has standard error 0, infinite or NaN: no interval
  tolerance_missed,  ///< adaptive, and the ends were not known to the tolerance at max_resamples; figures are valid
};

/// The status in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(BootstrapStatus status) noexcept {
  switch (status) {
    case BootstrapStatus::ok: return "ok";
    case BootstrapStatus::too_few: return "too_few";
    case BootstrapStatus::not_a_number: return "not_a_number";
    case BootstrapStatus::infinite: return "infinite";
    case BootstrapStatus::constant: return "constant";
    case BootstrapStatus::bca_undefined: return "bca_undefined";
    case BootstrapStatus::no_variance: return "no_variance";
    case BootstrapStatus::tolerance_missed: return "tolerance_missed";
  }
  return "unknown";
}

/// How a bootstrap is made. `check` says what is refused.
struct BootstrapOptions {
  std::size_t n_resamples = 9999;                    ///< at least 1
  double confidence_level = 0.95;                    ///< in (0, 1)
  CiMethod method = CiMethod::bca;                   ///< how the interval's ends are found
  Alternative alternative = Alternative::two_sided;  ///< less: the interval has no lower end, greater: no upper one
  std::uint64_t seed = 0;                            ///< the same seed gives the same result, whatever `threads` is
  std::size_t threads = 1;                           ///< 0: as many as the machine runs at once
  bool keep_distribution = false;                    ///< fills `distribution`, and lets `extend` go on; copies the data
  std::size_t inner_resamples = 50;  ///< studentized by a statistic that cannot tell its own error: resamples of
                                     ///< every resample, at least 2
  double tolerance = 0;  ///< 0, or: go on until each end is known to within so many standard errors of the statistic
  std::size_t max_resamples = 1'000'000;  ///< where to give that up, at least n_resamples
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const BootstrapOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("BootstrapOptions." + what); };
  if (options.n_resamples == 0) refuse("n_resamples is 0; at least 1 is needed");
  if (!(options.confidence_level > 0 && options.confidence_level < 1)) {
    refuse("confidence_level is " + std::to_string(options.confidence_level) + "; it must be between 0 and 1");
  }
  if (to_string(options.method) == "unknown") {
    refuse("method is " + std::to_string(static_cast<int>(options.method)) + ", which is no method");
  }
  if (to_string(options.alternative) == "unknown") {
    refuse("alternative is " + std::to_string(static_cast<int>(options.alternative)) + ", which is no alternative");
  }
  if (options.inner_resamples < 2) {
    refuse("inner_resamples is " + std::to_string(options.inner_resamples) + "; at least 2 are needed");
  }
  if (!(options.tolerance >= 0 && options.tolerance <= std::numeric_limits<double>::max())) {
    refuse("tolerance is " + std::to_string(options.tolerance) + "; a finite number from 0 upwards is needed");
  }
  if (options.tolerance > 0 && options.max_resamples < options.n_resamples) {
    refuse("max_resamples is " + std::to_string(options.max_resamples) + "; at least n_resamples, " +
           std::to_string(options.n_resamples) + ", is needed");
  }
}

/// An interval; an end that is not there is infinite.
struct ConfidenceInterval {
  double low;   ///< lower end
  double high;  ///< upper end

  friend bool operator==(const ConfidenceInterval&, const ConfidenceInterval&) = default;
};

namespace detail {
class ReplicateSource;
}

/// What a bootstrap found. Where `status` is not ok, it says which figures are NaN and why.
struct BootstrapResult {
  double statistic = std::numeric_limits<double>::quiet_NaN();     ///< of the data
  ConfidenceInterval ci{std::numeric_limits<double>::quiet_NaN(),  ///< the confidence interval
                        std::numeric_limits<double>::quiet_NaN()};
  double standard_error =
      std::numeric_limits<double>::quiet_NaN();            ///< deviation of the resamples, with n - 1; NaN of one
  double bias = std::numeric_limits<double>::quiet_NaN();  ///< mean of the resamples, less the statistic
  /// What chance in the resampling adds to each end of the interval: half the width, with 95 % confidence, and the
  /// wider one of the two ends. It falls with the root of n_resamples.
  double resampling_error = std::numeric_limits<double>::quiet_NaN();
  std::size_t n_resamples = 0;                   ///< how many were made
  BootstrapStatus status = BootstrapStatus::ok;  ///< whether the figures mean what they say
  std::vector<double> distribution{};            ///< the statistic of each resample, if it was to be kept
  std::vector<double> errors{};                  ///< studentized: the standard error of each, if it was to be kept
  BootstrapOptions options{};                    ///< as they were given
  std::shared_ptr<const detail::ReplicateSource> source{};  ///< what `extend` goes on with, if it was to be kept
};

}  // namespace v0
}  // namespace penstock
