// SPDX-License-Identifier: MIT
#pragma once

// What a test of a hypothesis says, and how it is to find it.

#include <limits>       // numeric_limits
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {
namespace stats {

/// How a p-value is found.
enum class TestMethod {
  automatic,   ///< exact where that is known and quick, else asymptotic; the test says where the line is
  exact,       ///< from the distribution of the statistic itself
  asymptotic,  ///< from the distribution that it comes near to for many values
};

/// The method in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(TestMethod method) noexcept {
  switch (method) {
    case TestMethod::automatic: return "automatic";
    case TestMethod::exact: return "exact";
    case TestMethod::asymptotic: return "asymptotic";
  }
  return "unknown";
}

/// The statistic and its p-value; NaN where the data has none, as of no values, or with NaN among them.
struct TestResult {
  double statistic = std::numeric_limits<double>::quiet_NaN();  ///< of the data
  double pvalue = std::numeric_limits<double>::quiet_NaN();     ///< in [0, 1]
  bool exact = false;                                           ///< whether the p-value is exact, not asymptotic
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
