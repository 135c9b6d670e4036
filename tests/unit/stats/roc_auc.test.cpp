// SPDX-License-Identifier: MIT
#include "penstock/stats/roc_auc.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

using penstock::stats::roc_auc;

TEST_CASE("the area is that of scikit-learn, ties included") {
  std::ifstream file(PENSTOCK_REFERENCE_DIR "/roc_auc.csv");
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    std::vector<double> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(std::stod(field));
    const auto half = static_cast<std::ptrdiff_t>(fields.size() / 2);
    const std::vector<int> labels(fields.begin() + 1, fields.begin() + 1 + half);
    const std::vector<double> scores(fields.begin() + 1 + half, fields.end());
    REQUIRE(labels.size() == scores.size());
    CHECK_THAT(roc_auc(labels, scores), WithinAbs(fields[0], 1e-15));
    ++cases;
  }
  CHECK(cases == 11);
}

TEST_CASE("the area is the share of pairs that stand the right way round, ties counted half") {
  std::vector<bool> labels;
  std::vector<double> scores;
  std::uint64_t state = 1;
  for (int i = 0; i < 300; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    labels.push_back((state >> 40) % 3 == 0);
    scores.push_back(static_cast<double>((state >> 50) % 40) + (labels.back() ? 5 : 0));
  }
  double pairs = 0, won = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = 0; j < labels.size(); ++j) {
      if (!labels[i] || labels[j]) continue;
      pairs += 1;
      won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
  }
  CHECK(roc_auc(labels, scores) == won / pairs);
}

TEST_CASE("infinite scores have their place") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(roc_auc(std::vector{0, 1, 1, 0}, std::vector{-inf, inf, 3.0, 2.0}) == 1);
  CHECK(roc_auc(std::vector{0, 1}, std::vector{inf, inf}) == 0.5);
}

TEST_CASE("labels of one class, or none, have no area") {
  CHECK(std::isnan(roc_auc(std::vector{1, 1}, std::vector{0.1, 0.2})));
  CHECK(std::isnan(roc_auc(std::vector{0}, std::vector{0.1})));
  CHECK(std::isnan(roc_auc(std::vector<int>{}, std::vector<double>{})));
}

TEST_CASE("what is no label or no score is refused by its row") {
  CHECK_THROWS_WITH(roc_auc(std::vector{0, 1}, std::vector{0.1}), "roc_auc: 2 labels, but 1 scores");
  CHECK_THROWS_WITH(roc_auc(std::vector{0, 1, 2}, std::vector{0.1, 0.2, 0.3}), ContainsSubstring("label 2 is neither"));
  CHECK_THROWS_WITH(roc_auc(std::vector{0, 1}, std::vector{0.1, std::nan("")}), ContainsSubstring("score 1 is NaN"));
}
