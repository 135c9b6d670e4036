// SPDX-License-Identifier: MIT
// Products of features: scikit-learn's names, order and bits.
#include "penstock/learn/polynomial_features.hpp"

#include "penstock/learn/transformer.hpp"

#include "catch.hpp"
#include "feature_golden.hpp"
#include "feature_support.hpp"

#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace feature_support;
using namespace feature_golden;

static_assert(transformer<PolynomialFeatures> && transformer<PolynomialFeatures, FeatureMatrix>);
static_assert(transformer<PolynomialFeatures, Eigen::MatrixXd>);

FeatureMatrix read_rows(std::istream& in) {
  std::string word;
  while (in >> word && word != "poly_rows") skip_line(in);
  Eigen::Index rows = 0, cols = 0;
  in >> rows >> cols;
  FeatureMatrix x(rows, cols);
  for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = number(in);
  return x;
}

RecordBatch table_of(const FeatureMatrix& x) {
  TableMaker maker;
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    std::vector<std::optional<double>> column;
    for (Eigen::Index i = 0; i < x.rows(); ++i) column.emplace_back(x(i, j));
    maker.numbers("x" + std::to_string(j), column);
  }
  return maker;
}

}  // namespace

TEST_CASE("PolynomialFeatures gives scikit-learn's products, bit by bit") {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/features.txt");
  const FeatureMatrix x = read_rows(in);
  const RecordBatch table = table_of(x);
  std::size_t cases = 0;
  for (std::string word; in >> word && word == "poly"; ++cases) {
    PolynomialFeaturesOptions options;
    std::size_t cols = 0;
    in >> options.degree >> options.min_degree >> options.interaction_only >> options.include_bias >> cols;
    skip_line(in);
    INFO("degree " << options.degree << " from " << options.min_degree << ", interaction_only "
                   << options.interaction_only << ", bias " << options.include_bias);
    const auto names = fields(in);
    FeatureMatrix expected(x.rows(), static_cast<Eigen::Index>(cols));
    for (Eigen::Index i = 0; i < expected.size(); ++i) expected.data()[i] = number(in);
    PolynomialFeatures polynomial(options);
    const FeatureMatrix products = polynomial.partial_fit_transform(x);
    CHECK(products == expected);
    CHECK(polynomial.get_feature_names_out() == names);
    CHECK(polynomial.transform(Eigen::MatrixXd(x)) == expected);
    const RecordBatch columns = PolynomialFeatures(options).transform(table);
    CHECK(names_of(columns) == names);
    const RowMajorMatrix values = columns.to_matrix(names);
    CHECK(values.values == std::vector<double>(expected.data(), expected.data() + expected.size()));
  }
  CHECK(cases == 19);
}

TEST_CASE("taken columns leave the table, their products stand at its end, missing where a factor is") {
  const RecordBatch x = TableMaker()
                            .integers("age", {2, std::nullopt, 4})
                            .texts("city", {"a", "b", "c"})
                            .numbers("minutes", {0.5, 3, std::nullopt})
                            .booleans("member", {true, true, false});
  PolynomialFeatures polynomial({.columns = {"age", "minutes"}});
  const RecordBatch products = polynomial.partial_fit_transform(x);
  CHECK(names_of(products) == Names{"city", "member", "1", "age", "minutes", "age^2", "age minutes", "minutes^2"});
  CHECK(feature_support::column_of(products, "1") == std::vector<double>{1, 1, 1});
  const auto both = products.column<double>("age minutes");
  CHECK(both.get(0) == 1.0);
  CHECK_FALSE(both.is_valid(1));
  CHECK_FALSE(both.is_valid(2));
  CHECK(products.column<double>("minutes^2").get(1) == 9.0);
  check_chunks(PolynomialFeatures({.degree = 3}), x);
  check_chunks(PolynomialFeatures({.columns = {"member"}, .degree = 2, .min_degree = 2}), x);
}

TEST_CASE("PolynomialFeatures refuses what cannot work, by name") {
  CHECK_THROWS_WITH(PolynomialFeatures({.degree = 0}), "PolynomialFeaturesOptions.degree is 0; it must be in [1, 64]");
  CHECK_THROWS_AS(PolynomialFeatures({.degree = 65}), std::invalid_argument);
  CHECK_THROWS_WITH(PolynomialFeatures({.degree = 2, .min_degree = 3}),
                    "PolynomialFeaturesOptions.min_degree is 3; it must be in [1, degree], which is 2");
  PolynomialFeatures wide({.degree = 9});
  CHECK_THROWS_WITH(wide.partial_fit(FeatureMatrix(1, 40)),
                    "PolynomialFeatures: degree 9 of 40 features makes more than a million columns");
  wide.partial_fit(FeatureMatrix(FeatureMatrix::Ones(1, 2)));
  CHECK_THROWS_AS(wide.transform(FeatureMatrix(1, 3)), std::invalid_argument);
  const PolynomialFeatures named({.columns = {"age"}});
  CHECK_THROWS_AS(named.transform(FeatureMatrix(1, 1)), std::invalid_argument);
  CHECK_THROWS_WITH(named.transform(TableMaker().texts("age", {"x"}).table()),
                    "column age: found a column of type category, expected numbers");
  CHECK_THROWS_WITH(named.transform(TableMaker().numbers("age", {1}).texts("1", {"x"}).table()),
                    StartsWith("column 1: found a column of this name"));
  CHECK(named.transform(TableMaker().numbers("age", {}).table()).rows() == 0);
}

TEST_CASE("a product that has the name of a feature is refused, not written over it") {
  const auto check = [](const std::vector<std::string>& names, const std::string& taken) {
    TableMaker maker;
    for (const std::string& name : names) maker.numbers(name, {2.0, 3.0});
    const RecordBatch table = maker;
    PolynomialFeatures products({.include_bias = false});
    CHECK_THROWS_WITH(products.partial_fit_transform(table),
                      ContainsSubstring("column " + taken + ": found two new columns of this name"));
  };
  check({"a", "b", "a b"}, "a b");
  check({"a", "a^2"}, "a^2");
}
