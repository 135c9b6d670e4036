// SPDX-License-Identifier: MIT
// Calls of few rows and of many features. The values of whole models: tests/unit/adapters/json_xgboost_model.test.cpp.
#include "penstock/serve/tree_ensemble.hpp"

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace penstock;

namespace {

/// 1 where the feature is below 0, else 2.
TreeEnsemble stump(std::size_t features, std::uint32_t feature) {
  return TreeEnsemble(TreeEnsembleSpec{
      .n_features = features,
      .trees = {{.nodes = {{.left = 1, .right = 2, .feature = feature, .value = 0}, {.value = 1}, {.value = 2}}}}});
}

}  // namespace

TEST_CASE("each number of rows is walked, with any number of features") {
  for (const std::size_t features : {std::size_t{1}, std::size_t{300}}) {
    const TreeEnsemble model = stump(features, static_cast<std::uint32_t>(features - 1));
    for (std::size_t rows = 1; rows <= 140; ++rows) {
      std::vector<float> values(rows * features, 1.0F), out(rows), expected(rows, 2.0F);
      for (std::size_t i = 0; i < rows; i += 3) {
        values[i * features + features - 1] = -1;
        expected[i] = 1;
      }
      model.margins(std::span<const float>(values), std::span(out));
      CAPTURE(features, rows);
      CHECK(out == expected);
    }
  }
}

TEST_CASE("a call of at most 8 rows takes memory for 8") {
  CHECK(detail::TreeBlock(10, 1).stride() == 8);
  CHECK(detail::TreeBlock(10, 8).stride() == 8);
  CHECK(detail::TreeBlock(10, 9).stride() == 64);
}

TEST_CASE("of no rows there are no margins, and no memory is taken for them") {
  const std::size_t features = 0x7fffffff;  // 64 rows of them would be 512 gigabytes
  const TreeEnsemble model = stump(features, 7);
  CHECK(model.margins(RowMajorMatrix{{}, 0, features}).values.empty());
  model.margins(std::span<const float>(), std::span<float>());
}
