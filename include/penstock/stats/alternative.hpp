// SPDX-License-Identifier: MIT
#pragma once

// What a test takes for evidence, and which end a confidence interval has.
//
//     permutation_test(a, b, stats::mean_difference, {.alternative = Alternative::greater});

#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Which side counts.
enum class Alternative {
  two_sided,  ///< both
  less,       ///< values below: a p-value counts what is at most the observed; an interval has no lower end
  greater,    ///< values above: a p-value counts what is at least the observed; an interval has no upper end
};

/// The alternative in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(Alternative alternative) noexcept {
  switch (alternative) {
    case Alternative::two_sided: return "two_sided";
    case Alternative::less: return "less";
    case Alternative::greater: return "greater";
  }
  return "unknown";
}

}  // namespace v0
}  // namespace penstock
