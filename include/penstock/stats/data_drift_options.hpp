// SPDX-License-Identifier: MIT
#pragma once

// What a comparison of two tables looks at, and what it found. See data_drift.hpp.

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/stats/corrections.hpp"
#include "penstock/stats/psi.hpp"

#include <cstddef>      // size_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How two samples of a column are compared.
enum class DriftTest {
  ks,              ///< numbers: Kolmogorov-Smirnov, a p-value
  psi,             ///< both: the population stability index, with the p-value that knows the sample size
  wasserstein,     ///< numbers: the earth mover's distance in standard deviations of the reference
  jensen_shannon,  ///< both: the distance to base 2, of numbers by the bins of Sturges
  chi_square,      ///< categories: Pearson's test, a p-value
  l_infinity,      ///< categories: the greatest change of a share
};

/// The test in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(DriftTest test) noexcept {
  switch (test) {
    case DriftTest::ks: return "ks";
    case DriftTest::psi: return "psi";
    case DriftTest::wasserstein: return "wasserstein";
    case DriftTest::jensen_shannon: return "jensen_shannon";
    case DriftTest::chi_square: return "chi_square";
    case DriftTest::l_infinity: return "l_infinity";
  }
  return "unknown";
}

/// What is compared, and when it has drifted.
struct DataDriftOptions {
  std::vector<std::string> columns{};  ///< by name; empty: all of the reference but its timestamps
  DriftTest numbers = DriftTest::ks;   ///< for float64, int64 and timestamp: ks, psi, wasserstein, jensen_shannon
  DriftTest categories = DriftTest::chi_square;  ///< for string, category and boolean: chi_square, psi, jensen_shannon,
                                                 ///< l_infinity
  stats::Correction correction = stats::Correction::holm;  ///< over all p-values of the report
  double alpha = 0.05;    ///< drifted at a corrected p-value of at most this; in (0, 1)
  double distance = 0.1;  ///< drifted at a wasserstein, jensen_shannon or l_infinity of at least this; above 0
  double least_psi = 0;   ///< a psi below this is no drift, however sure it is; at least 0
  stats::PsiOptions psi{.bins = stats::PsiBins::quantile};  ///< bins of numbers for psi; its alpha is for the threshold
  std::size_t listed = 20;  ///< categories that are named among the new ones and the gone ones, the most frequent first
};

/// One side of a column.
struct ColumnFigures {
  std::size_t rows = 0;                                       ///< missing values included
  std::size_t missing = 0;                                    ///< nulls and NaN
  double mean = std::numeric_limits<double>::quiet_NaN();     ///< of numbers; NaN for categories or if there are none
  double std_dev = std::numeric_limits<double>::quiet_NaN();  ///< with n - 1; NaN for categories or of fewer than two
  std::size_t distinct = 0;                                   ///< categories that were met; 0 for numbers

  /// Missing values of all.
  [[nodiscard]] double missing_share() const noexcept {
    return rows == 0 ? 0 : static_cast<double>(missing) / static_cast<double>(rows);
  }
};

/// What was found of one column. Figures that do not exist are NaN.
struct FeatureDrift {
  std::string name{};                                                 ///< of the column
  DataType dtype = DataType::float64;                                 ///< in the reference
  DriftTest test = DriftTest::ks;                                     ///< how its values were compared
  ColumnFigures reference{};                                          ///< of the reference table
  ColumnFigures current{};                                            ///< of the current table
  double statistic = std::numeric_limits<double>::quiet_NaN();        ///< NaN if a side has no values
  double pvalue = std::numeric_limits<double>::quiet_NaN();           ///< NaN for distances
  double adjusted_pvalue = std::numeric_limits<double>::quiet_NaN();  ///< corrected
  /// What the statistic of a distance is compared to; of psi what it is above with probability psi.alpha if nothing
  /// has drifted, for orientation; NaN for ks and chi_square.
  double threshold = std::numeric_limits<double>::quiet_NaN();
  bool drifted = false;  ///< whether the values that are there have drifted
  /// Of the chi-square test that as many are missing; NaN if none are.
  double missing_pvalue = std::numeric_limits<double>::quiet_NaN();
  double missing_adjusted_pvalue = std::numeric_limits<double>::quiet_NaN();  ///< corrected
  bool missing_drifted = false;                                               ///< whether the missing share has drifted
  std::vector<std::string> new_categories{};   ///< in the current table alone, the most frequent first
  std::vector<std::string> gone_categories{};  ///< in the reference alone
  std::size_t n_new_categories = 0;            ///< listed or not
  std::size_t n_gone_categories = 0;           ///< listed or not
  std::size_t new_category_rows = 0;           ///< rows of the current table that have a new category

  /// Whether values or the missing share have.
  [[nodiscard]] bool any_drift() const noexcept { return drifted || missing_drifted; }
};

/// What was found, a column after the other.
struct DataDriftReport {
  std::vector<FeatureDrift> features{};                    ///< in the order of options.columns, or of the reference
  stats::Correction correction = stats::Correction::holm;  ///< as it was asked for
  double alpha = 0.05;                                     ///< as it was asked for

  /// How many columns have drifted, by value or missing share.
  [[nodiscard]] std::size_t n_drifted() const noexcept {
    std::size_t n = 0;
    for (const FeatureDrift& feature : features) n += feature.any_drift() ? 1 : 0;
    return n;
  }
  /// Of that column. @throws Error if it was not compared.
  [[nodiscard]] const FeatureDrift& at(std::string_view name) const {
    for (const FeatureDrift& feature : features) {
      if (feature.name == name) return feature;
    }
    throw Error({.column = std::string(name)}, "no such column in the report", "one that was compared");
  }
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const DataDriftOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("DataDriftOptions." + what); };
  const auto number = [&](const char* name, double value, bool good, const char* range) {
    if (!good || !detail::is_finite(value)) refuse(std::string(name) + " is " + std::to_string(value) + "; " + range);
  };
  if (options.numbers != DriftTest::ks && options.numbers != DriftTest::psi &&
      options.numbers != DriftTest::wasserstein && options.numbers != DriftTest::jensen_shannon) {
    refuse("numbers is " + std::string(to_string(options.numbers)) +
           "; it must be ks, psi, wasserstein or jensen_shannon");
  }
  if (options.categories != DriftTest::chi_square && options.categories != DriftTest::psi &&
      options.categories != DriftTest::jensen_shannon && options.categories != DriftTest::l_infinity) {
    refuse("categories is " + std::string(to_string(options.categories)) +
           "; it must be chi_square, psi, jensen_shannon or l_infinity");
  }
  if (stats::to_string(options.correction) == "unknown") {
    refuse("correction is " + std::to_string(static_cast<int>(options.correction)) + ", which is none");
  }
  number("alpha", options.alpha, options.alpha > 0 && options.alpha < 1, "it must be between 0 and 1");
  number("distance", options.distance, options.distance > 0, "it must be finite and above 0");
  number("least_psi", options.least_psi, options.least_psi >= 0, "it must be finite and at least 0");
  detail::check(options.psi);
}

}  // namespace v0
}  // namespace penstock
