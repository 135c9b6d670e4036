// SPDX-License-Identifier: MIT
#pragma once

// How a permutation test is made, and what comes out.
//
//     permutation_test(a, b, stats::mean_difference, {.n_resamples = 9999, .alternative = Alternative::greater});

#include "penstock/stats/alternative.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What the null hypothesis lets change places (SciPy's permutation_type).
enum class PermutationType {
  independent,  ///< observations between samples: the samples are of one distribution
  samples,      ///< observations of one row between columns; of one sample: its signs
  pairings,     ///< observations within a column: the columns have nothing to do with each other
};

/// The type in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(PermutationType type) noexcept {
  switch (type) {
    case PermutationType::independent: return "independent";
    case PermutationType::samples: return "samples";
    case PermutationType::pairings: return "pairings";
  }
  return "unknown";
}

/// What counts as a tie with the observed statistic t: a difference of at most max(absolute, relative * |t|). A tie
/// counts for either side. Without it, equal arrangements that were added up in another order would be missed.
struct TieRule {
  double relative = 100 * std::numeric_limits<double>::epsilon();  ///< SciPy since 1.13; 1e-14 in SciPy 1.10
  double absolute = 0;                                             ///< likewise; 1e-14 in SciPy 1.10

  friend bool operator==(const TieRule&, const TieRule&) = default;
};

/// How a permutation test is made. `check` says what is refused.
struct PermutationOptions {
  std::size_t n_resamples = 9999;  ///< at least 1; the test is exact if there are no more arrangements than that
  Alternative alternative = Alternative::two_sided;     ///< what counts as at least as extreme
  PermutationType type = PermutationType::independent;  ///< what may change places
  std::uint64_t seed = 0;                               ///< the same seed gives the same result
  std::size_t threads = 1;                              ///< 0: as many as the machine runs at once
  TieRule ties{};                                       ///< what counts as equal to the observed statistic
  bool keep_distribution = false;                       ///< fills `null_distribution`: 8 bytes an arrangement
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const PermutationOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("PermutationOptions." + what); };
  if (options.n_resamples == 0) refuse("n_resamples is 0; at least 1 is needed");
  if (to_string(options.alternative) == "unknown") {
    refuse("alternative is " + std::to_string(static_cast<int>(options.alternative)) + ", which is no alternative");
  }
  if (to_string(options.type) == "unknown") {
    refuse("type is " + std::to_string(static_cast<int>(options.type)) + ", which is no type");
  }
  const auto at_least_zero = [&](const char* name, double value) {
    if (!(value >= 0 && value <= std::numeric_limits<double>::max())) {
      refuse("ties." + std::string(name) + " is " + std::to_string(value) +
             "; a finite number from 0 upwards is needed");
    }
  };
  at_least_zero("relative", options.ties.relative);
  at_least_zero("absolute", options.ties.absolute);
}

/// What a permutation test found.
struct PermutationResult {
  double statistic = std::numeric_limits<double>::quiet_NaN();  ///< of the data
  /// The share of arrangements that are at least as extreme, the observed one among them: count / n if exact, and
  /// (count + 1) / (n + 1) if drawn; two-sided, twice the smaller side's, at most 1. NaN if the statistic is NaN.
  double pvalue = std::numeric_limits<double>::quiet_NaN();
  bool exact = false;                       ///< whether every arrangement was looked at, once
  std::size_t n_resamples = 0;              ///< arrangements that were looked at
  std::size_t n_not_a_number = 0;           ///< of them, those whose statistic is NaN: they count for no side
  std::vector<double> null_distribution{};  ///< their statistics, if they were to be kept
};

}  // namespace v0
}  // namespace penstock
