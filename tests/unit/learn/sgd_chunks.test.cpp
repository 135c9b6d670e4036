// SPDX-License-Identifier: MIT
// How rows are cut into calls changes no bit of the model.
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/sparse.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

std::vector<SgdOptions> all_options(const std::vector<std::string>& losses) {
  std::vector<SgdOptions> all;
  for (const Arithmetic arithmetic : {Arithmetic::strict, Arithmetic::fast}) {
    for (const std::string& loss : losses) {
      for (const std::string penalty : {"none", "l2", "l1", "elasticnet"}) {
        for (const std::string rate : {"constant", "optimal", "invscaling", "adaptive", "pa1", "pa2"}) {
          for (const std::size_t average : {0U, 1U, 13U}) {
            all.push_back({.loss = make_loss(loss),
                           .penalty = make_penalty(penalty),
                           .alpha = 0.02,
                           .learning_rate = make_learning_rate(rate),
                           .average = average,
                           .arithmetic = arithmetic});
          }
        }
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a regressor is the same for rows one by one, in chunks and all at once") {
  const Rows rows = make_rows(60, 21);
  std::size_t wrong = 0;
  for (const SgdOptions& options : all_options({"squared_error", "huber", "quantile"})) {
    SgdRegressor whole(options);
    whole.partial_fit(rows.x, rows.y);
    for (const Eigen::Index chunk : {0, 1, 7, 20}) {
      SgdRegressor part(options);
      learn(part, rows.x, rows.y, chunk);
      wrong += bits(part) != bits(whole);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a classifier is the same for rows one by one, in chunks and all at once") {
  const Rows rows = make_rows(60, 9);
  std::size_t wrong = 0;
  for (const SgdOptions& options : all_options({"hinge", "log_loss", "modified_huber", "squared_error"})) {
    for (const Eigen::VectorXd& labels : {rows.labels, rows.three}) {
      SgdClassifier whole(options);
      whole.partial_fit(rows.x, labels);
      for (const Eigen::Index chunk : {0, 7}) {
        SgdClassifier part(options);
        learn(part, rows.x, labels, chunk);
        wrong += bits(part) != bits(whole);
      }
      SgdOptions announced = options;
      announced.classes = whole.classes();
      SgdClassifier part(announced);
      learn(part, rows.x, labels, 0);
      wrong += bits(part) != bits(whole);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("more rows than stay in a cache are learnt with the same bits as a few at a time") {
  for (const Eigen::Index features : {256, 301, 1024}) {
    const Eigen::Index count = (Eigen::Index{1} << 21) / features + 1;
    RowMajor x(count, features);
    for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(i * 7919 % 2003) / 2003 - 0.5;
    const Eigen::VectorXd y = x.col(0) - 2 * x.col(7);
    SgdRegressor all({.eta0 = 0.001}), parts({.eta0 = 0.001});
    all.partial_fit(x, y);
    // The hinge loss has rows without a step, between which the copy of a row is not the last one.
    SgdClassifier sides({.eta0 = 0.001, .classes = {0, 1}}), sides_in_parts({.eta0 = 0.001, .classes = {0, 1}});
    const Eigen::VectorXd labels = (y.array() > 0).cast<double>();
    sides.partial_fit(x, labels);
    for (Eigen::Index i = 0; i < count; i += 500) {
      const Eigen::Index n = std::min<Eigen::Index>(500, count - i);
      parts.partial_fit(x.middleRows(i, n), y.segment(i, n));
      sides_in_parts.partial_fit(x.middleRows(i, n), labels.segment(i, n));
    }
    CHECK(bits(all) == bits(parts));
    CHECK(bits(sides) == bits(sides_in_parts));
    REQUIRE(all.coef().norm() > 0.1);
  }
}

TEST_CASE("the order of values in memory changes no bit") {
  const Rows rows = make_rows(150, 6);
  for (const bool shuffle : {false, true}) {
    const SgdOptions options{.penalty = Penalty::elasticnet, .alpha = 0.01, .average = 5, .shuffle = shuffle};
    SgdRegressor expected(options);
    expected.partial_fit(rows.x, rows.y);
    const auto check = [&](const auto& x, const auto& y) {
      SgdRegressor model(options);
      model.partial_fit(x, y);
      CHECK(bits(model) == bits(expected));
      CHECK(model.predict(x) == expected.predict(rows.x));
    };
    check(Eigen::MatrixXd(rows.x), rows.y);
    check(rows.x * 1.0, std::vector<double>(rows.y.begin(), rows.y.end()));
    Eigen::MatrixXd wide(300, 12);
    wide.setConstant(std::numeric_limits<double>::quiet_NaN());
    Eigen::Map<Eigen::MatrixXd, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>> strided(
        wide.data(), 150, 6, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(600, 2));
    strided = rows.x;
    check(strided, rows.y.reverse().eval().reverse());
    check(RowMajorView{rows.x.data(), 150, 6}, rows.y);
    RowMajorMatrix owned{{rows.x.data(), rows.x.data() + rows.x.size()}, 150, 6};
    check(owned, rows.y);
    RowMajor behind(150, 8);
    behind.setConstant(std::numeric_limits<double>::quiet_NaN());
    behind.middleCols(1, 6) = rows.x;
    check(behind.middleCols(1, 6), rows.y);

    Schema schema;
    std::vector<Column> columns;
    for (Eigen::Index j = 0; j < 6; ++j) {
      schema.fields.push_back({"c" + std::to_string(j), DataType::float64});
      const Eigen::VectorXd column = rows.x.col(j);
      columns.emplace_back(std::vector<double>(column.begin(), column.end()));
    }
    check(RecordBatch(schema, std::move(columns)), rows.y);
  }
}

TEST_CASE("numbers of other types are learnt as doubles") {
  const Rows rows = make_rows(40, 3);
  const Eigen::MatrixXf small = rows.x.cast<float>();
  SgdRegressor expected;
  expected.partial_fit(RowMajor(small.cast<double>()), Eigen::VectorXd(rows.three));
  SgdRegressor model;
  model.partial_fit(small, Eigen::VectorXi(rows.three.cast<int>()));
  CHECK(bits(model) == bits(expected));
}

TEST_CASE("sparse rows are the same by rows, by columns and compressed by hand") {
  Rows rows = make_rows(50, 8);
  rows.x = (rows.x.array().abs() < 0.5).select(0, rows.x);
  const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = rows.x.sparseView();
  for (const Penalty penalty : {Penalty::l2, Penalty::l1, Penalty::elasticnet}) {
    const SgdOptions options{.penalty = penalty, .alpha = 0.01, .average = 3};
    SgdRegressor expected(options);
    expected.partial_fit(sparse, rows.y);
    SgdRegressor by_columns(options);
    by_columns.partial_fit(Eigen::SparseMatrix<double>(sparse), rows.y);
    CHECK(bits(by_columns) == bits(expected));
    SgdRegressor compressed(options);
    const CsrView view{sparse.valuePtr(), sparse.innerIndexPtr(), sparse.outerIndexPtr(), 50, 8};
    compressed.partial_fit(view, rows.y);
    CHECK(bits(compressed) == bits(expected));
    SgdRegressor parts(options);
    for (Eigen::Index i = 0; i < 50; i += 10) {
      parts.partial_fit(Eigen::SparseMatrix<double, Eigen::RowMajor>(sparse.middleRows(i, 10)), rows.y.segment(i, 10));
    }
    CHECK(bits(parts) == bits(expected));
    CHECK((expected.predict(sparse) - expected.predict(rows.x)).norm() < 1e-12);
  }
  const std::vector<std::int32_t> columns = {0, 8};
  const std::vector<std::int32_t> starts = {0, 2};
  const std::vector<double> values = {1, 2};
  SgdRegressor model;
  CHECK_THROWS_WITH(model.partial_fit(CsrView{values.data(), columns.data(), starts.data(), 1, 8}, rows.y.head(1)),
                    ContainsSubstring("column 8 in a matrix of 8"));
  const std::vector<std::int32_t> backwards = {0, 2, 1}, before = {-1, 1, 2};
  CHECK_THROWS_WITH(model.partial_fit(CsrView{values.data(), columns.data(), backwards.data(), 2, 9}, rows.y.head(2)),
                    "CsrView: start 1 at place 2 of starts; at least 2 is needed");
  CHECK_THROWS_WITH(model.predict(CsrView{values.data(), columns.data(), before.data(), 2, 9}),
                    ContainsSubstring("start -1 at place 0"));
}

TEST_CASE("with a plain penalty dense and sparse rows agree, but for the steps of the intercept") {
  Rows rows = make_rows(50, 8);
  rows.x = (rows.x.array().abs() < 0.5).select(0, rows.x);
  const SgdOptions options{.alpha = 0.01, .arithmetic = Arithmetic::strict, .sparse_intercept_decay = 1};
  SgdRegressor dense(options);
  dense.partial_fit(rows.x, rows.y);
  SgdRegressor sparse(options);
  sparse.partial_fit(Eigen::SparseMatrix<double, Eigen::RowMajor>(rows.x.sparseView()), rows.y);
  CHECK(bits(sparse) == bits(dense));
}
