// SPDX-License-Identifier: MIT
// Strict arithmetic against scikit-learn 1.2.1, bit by bit: tests/reference/sgd_partial_fit.py.
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/sparse.hpp"

#include "catch.hpp"
#include "golden.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace golden;

std::vector<Eigen::Index> calls(const std::string& name, Eigen::Index rows) {
  if (name == "all") return {rows};
  if (name == "three") return {16, 16, 16};
  if (name == "uneven") return {1, 7, 30, 10};
  return std::vector<Eigen::Index>(static_cast<std::size_t>(rows), 1);
}

struct Case {
  std::string line{}, kind{}, call_name{}, expected{};
  SgdOptions options{};
  bool weighted = false, class_weighted = false, sparse = false;
};

Case read_case(const std::string& line) {
  std::istringstream in(line);
  std::string loss, penalty, rate;
  double epsilon = 0;
  Case c{.line = line};
  in >> c.kind >> loss >> epsilon >> penalty >> c.options.alpha >> c.options.l1_ratio >> rate >> c.options.eta0 >>
      c.options.power_t >> c.options.average >> c.options.shuffle >> c.options.random_state >>
      c.options.fit_intercept >> c.weighted >> c.class_weighted >> c.sparse >> c.call_name >> c.expected;
  c.options.loss = make_loss(loss, epsilon);
  c.options.penalty = make_penalty(penalty);
  c.options.learning_rate = make_learning_rate(rate);
  c.options.arithmetic = Arithmetic::strict;
  c.options.sklearn_compat = true;
  return c;
}

template <class Model>
std::string learn(const Case& c, const Table& table, const Eigen::VectorXd& y) {
  Model model(c.options);
  const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = table.x.sparseView();
  std::uint64_t state = start;
  Eigen::Index first = 0;
  for (const Eigen::Index count : calls(c.call_name, table.x.rows())) {
    const auto part = [&](const Eigen::VectorXd& all) { return all.segment(first, count); };
    const auto call = [&](const auto& x) {
      if (c.weighted) {
        model.partial_fit(x, part(y), part(table.weight));
      } else {
        model.partial_fit(x, part(y));
      }
    };
    try {
      if (c.sparse) {
        call(Eigen::SparseMatrix<double, Eigen::RowMajor>(sparse.middleRows(first, count)));
      } else {
        call(table.x.middleRows(first, count));
      }
    } catch (const Error&) { return "refused"; }
    state = hash_of(state, model);
    first += count;
  }
  return in_hex(state);
}

std::string learn(Case c, const Table& table) {
  if (c.kind == "regressor") return learn<SgdRegressor>(c, table, table.target);
  c.options.classes = c.kind == "binary" ? std::vector<double>{0, 1} : std::vector<double>{1, 3, 5};
  if (c.class_weighted) {
    const std::vector<double> weights = {0.5, 2, 1.25};
    for (std::size_t k = 0; k < c.options.classes.size(); ++k) {
      c.options.class_weight.push_back({c.options.classes[k], weights[k]});
    }
  }
  return learn<SgdClassifier>(c, table, c.kind == "binary" ? table.two : table.three);
}

struct Golden {
  Table table;
  std::vector<Case> cases;
};

Golden read_golden() {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/sgd_partial_fit.txt");
  REQUIRE(in);
  Golden golden{read_table(in), {}};
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) golden.cases.push_back(read_case(line));
  return golden;
}

}  // namespace

TEST_CASE("strict arithmetic gives scikit-learn's bits for the same calls") {
  const Golden golden = read_golden();
  CHECK(golden.cases.size() >= 2000);
  std::size_t wrong = 0;
  for (const Case& c : golden.cases) {
    const std::string actual = learn(c, golden.table);
    if (actual == c.expected) continue;
    if (++wrong <= 20) UNSCOPED_INFO(c.line << " but " << actual);
  }
  CHECK(wrong == 0);
}

TEST_CASE("strict arithmetic gives the bits of one call of scikit-learn's without sklearn_compat too") {
  const Golden golden = read_golden();
  std::size_t wrong = 0;
  std::size_t tried = 0;
  for (Case c : golden.cases) {
    if (c.call_name != "all") continue;
    ++tried;
    c.options.sklearn_compat = false;
    const std::string actual = learn(c, golden.table);
    if (actual == c.expected) continue;
    if (++wrong <= 20) UNSCOPED_INFO(c.line << " but " << actual);
  }
  CHECK(tried > 500);
  CHECK(wrong == 0);
}
