// SPDX-License-Identifier: MIT
#pragma once

// Catch2 as our tests spell it, on v2.13 (one header) and on v3 (many). The spelling is v3's:
//
//   CHECK(x == Approx(0.5).margin(1e-12));
//   CHECK_THROWS_WITH(parse("?"), ContainsSubstring("row 1"));
//   CHECK_THAT(values, Equals(std::vector<double>{1, 2}));
//   if (!data) SKIP("PENSTOCK_TEST_DATA is not set");

#if __has_include(<catch2/catch_test_macros.hpp>)

#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#else

#include <catch2/catch.hpp>

namespace Catch {
using Detail::Approx;
namespace Matchers {
/// v3's name for v2's Contains on strings.
inline auto ContainsSubstring(const std::string& part, CaseSensitive::Choice choice = CaseSensitive::Yes) {
  return Contains(part, choice);
}
}  // namespace Matchers
}  // namespace Catch

/// v3's SKIP, which v2 lacks: leaves the test case, says why, and ctest counts it as skipped.
#define SKIP(...)                     \
  do {                                \
    WARN("skipped: " << __VA_ARGS__); \
    SUCCEED();                        \
    return;                           \
  } while (false)

#endif

// The names that tests use bare.
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Catch::Matchers::WithinULP;
