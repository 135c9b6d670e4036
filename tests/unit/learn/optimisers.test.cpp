// SPDX-License-Identifier: MIT
// AdaGrad, Adam and FTRL-Proximal against their papers' formulas written down once more, and fast against strict.
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/sparse.hpp"

#include "catch.hpp"
#include "sgd_support.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace sgd_support;

/// Coefficients and, last, the intercept, of squared error.
Eigen::VectorXd adagrad(const Rows& rows, double eta, double l1, double l2) {
  const Eigen::Index d = rows.x.cols();
  Eigen::VectorXd w = Eigen::VectorXd::Zero(d + 1);
  Eigen::VectorXd sum = w;
  for (Eigen::Index i = 0; i < rows.x.rows(); ++i) {
    Eigen::VectorXd x(d + 1);
    x << rows.x.row(i).transpose(), 1;
    const double r = w.dot(x) - rows.y[i];
    for (Eigen::Index j = 0; j <= d; ++j) {
      const double g = r * x[j] + (j < d ? l2 * w[j] : 0);
      sum[j] += g * g;
      const double step = eta / (std::sqrt(sum[j]) + 1e-8);
      w[j] -= step * g;
      if (j < d) w[j] = std::copysign(std::max(0.0, std::abs(w[j]) - step * l1), w[j]);
    }
  }
  return w;
}

Eigen::VectorXd adam(const Rows& rows, double eta, double l2) {
  const Eigen::Index d = rows.x.cols();
  Eigen::VectorXd w = Eigen::VectorXd::Zero(d + 1);
  Eigen::VectorXd m = w;
  Eigen::VectorXd v = w;
  for (Eigen::Index i = 0; i < rows.x.rows(); ++i) {
    Eigen::VectorXd x(d + 1);
    x << rows.x.row(i).transpose(), 1;
    Eigen::VectorXd decay = l2 * w;
    decay[d] = 0;
    const Eigen::VectorXd g = (w.dot(x) - rows.y[i]) * x + decay;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g.cwiseProduct(g);
    const double t = static_cast<double>(i + 1);
    const Eigen::ArrayXd mean = m.array() / (1 - std::pow(0.9, t));
    const Eigen::ArrayXd square = v.array() / (1 - std::pow(0.999, t));
    w.array() -= eta * mean / (square.sqrt() + 1e-8);
  }
  return w;
}

Eigen::VectorXd ftrl(const Rows& rows, double alpha, double beta, double l1, double l2) {
  const Eigen::Index d = rows.x.cols();
  Eigen::VectorXd z = Eigen::VectorXd::Zero(d + 1);
  Eigen::VectorXd n = z;
  const auto weights = [&] {
    Eigen::VectorXd w(d + 1);
    for (Eigen::Index j = 0; j <= d; ++j) {
      const double first = j < d ? l1 : 0;
      const double second = j < d ? l2 : 0;
      const double sign = z[j] < 0 ? -1 : 1;
      w[j] = std::abs(z[j]) <= first ? 0 : -(z[j] - sign * first) / ((beta + std::sqrt(n[j])) / alpha + second);
    }
    return w;
  };
  for (Eigen::Index i = 0; i < rows.x.rows(); ++i) {
    Eigen::VectorXd x(d + 1);
    x << rows.x.row(i).transpose(), 1;
    const Eigen::VectorXd w = weights();
    const Eigen::VectorXd g = (w.dot(x) - rows.y[i]) * x;
    for (Eigen::Index j = 0; j <= d; ++j) {
      const double sigma = (std::sqrt(n[j] + g[j] * g[j]) - std::sqrt(n[j])) / alpha;
      z[j] += g[j] - sigma * w[j];
      n[j] += g[j] * g[j];
    }
  }
  return weights();
}

void check_near(const SgdRegressor& model, const Eigen::VectorXd& expected) {
  const Eigen::Index d = expected.size() - 1;
  CHECK((model.coef() - expected.head(d)).cwiseAbs().maxCoeff() < 1e-12);
  CHECK(model.intercept() == Approx(expected[d]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("AdaGrad, Adam and FTRL-Proximal follow their formulas") {
  const Rows rows = make_rows(300, 7);
  for (const Arithmetic arithmetic : {Arithmetic::strict, Arithmetic::fast}) {
    INFO((arithmetic == Arithmetic::strict ? "strict" : "fast"));
    const SgdOptions base{.alpha = 0.01,
                          .l1_ratio = 0.25,
                          .learning_rate = LearningRate::constant,
                          .eta0 = 0.05,
                          .arithmetic = arithmetic};
    const auto learnt = [&](Penalty penalty, const Optimiser& optimiser) {
      SgdOptions options = base;
      options.penalty = penalty;
      options.optimiser = optimiser;
      SgdRegressor model(options);
      model.partial_fit(rows.x, rows.y);
      return model;
    };
    check_near(learnt(Penalty::none, AdaGrad{}), adagrad(rows, 0.05, 0, 0));
    check_near(learnt(Penalty::l2, AdaGrad{}), adagrad(rows, 0.05, 0, 0.01));
    check_near(learnt(Penalty::elasticnet, AdaGrad{}), adagrad(rows, 0.05, 0.0025, 0.0075));
    check_near(learnt(Penalty::none, Adam{}), adam(rows, 0.05, 0));
    check_near(learnt(Penalty::l2, Adam{}), adam(rows, 0.05, 0.01));
    check_near(learnt(Penalty::none, FtrlProximal{}), ftrl(rows, 0.05, 1, 0, 0));
    check_near(learnt(Penalty::l1, FtrlProximal{.beta = 0}), ftrl(rows, 0.05, 0, 0.01, 0));
    check_near(learnt(Penalty::elasticnet, FtrlProximal{.beta = 2}), ftrl(rows, 0.05, 2, 0.0025, 0.0075));
  }
}

TEST_CASE("optimisers learn the same bits in chunks of any size, dense or with all values sparse") {
  const Rows rows = make_rows(80, 9);
  for (const Optimiser& optimiser : {Optimiser(AdaGrad{}), Optimiser(Adam{}), Optimiser(FtrlProximal{})}) {
    const SgdOptions options{.alpha = 0.01, .sparse_intercept_decay = 1};
    SgdOptions with = options;
    with.optimiser = optimiser;
    SgdRegressor whole(with);
    whole.partial_fit(rows.x, rows.y);
    SgdRegressor part(with);
    learn(part, rows.x, rows.y, 0);
    CHECK(bits(part) == bits(whole));
    SgdRegressor sparse(with);
    sparse.partial_fit(Eigen::SparseMatrix<double, Eigen::RowMajor>(rows.x.sparseView()), rows.y);
    CHECK((sparse.coef() - whole.coef()).norm() < 1e-12);
    SgdClassifier arrived(with);
    learn(arrived, rows.x, rows.three, 0);
    with.classes = {0, 1, 2};
    SgdClassifier known(with);
    known.partial_fit(rows.x, rows.three);
    CHECK(bits(arrived) == bits(known));
  }
}

TEST_CASE("FTRL-Proximal's l1 leaves coefficients that are exactly 0") {
  Rows rows = make_rows(500, 10);
  rows.y = 2 * rows.x.col(0) - rows.x.col(3);
  SgdRegressor model({.penalty = Penalty::l1, .alpha = 3, .eta0 = 0.5, .optimiser = FtrlProximal{}});
  model.partial_fit(rows.x, rows.y);
  for (Eigen::Index j = 0; j < 10; ++j) CHECK((model.coef()[j] != 0) == (j == 0 || j == 3));
}

TEST_CASE("fast is strict but for rounding: 1e-10 of the largest coefficient after 5000 rows") {
  const Rows rows = make_rows(5000, 37);
  for (const std::string loss :
       {"squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive", "quantile", "poisson"}) {
    for (const std::string penalty : {"none", "l2", "l1", "elasticnet"}) {
      for (const std::size_t average : {0U, 1U}) {
        SgdOptions options{.loss = make_loss(loss), .penalty = make_penalty(penalty), .average = average};
        SgdRegressor fast(options);
        options.arithmetic = Arithmetic::strict;
        SgdRegressor strict(options);
        fast.partial_fit(rows.x, rows.y);
        strict.partial_fit(rows.x, rows.y);
        INFO(loss << ' ' << penalty << ' ' << average);
        CHECK((fast.coef() - strict.coef()).cwiseAbs().maxCoeff() < 1e-10 * strict.coef().cwiseAbs().maxCoeff());
      }
    }
  }
  for (const std::string loss : {"hinge", "squared_hinge", "perceptron", "log_loss", "modified_huber"}) {
    SgdOptions options{.loss = make_loss(loss), .learning_rate = LearningRate::constant};
    SgdClassifier fast(options);
    options.arithmetic = Arithmetic::strict;
    SgdClassifier strict(options);
    fast.partial_fit(rows.x, rows.labels);
    strict.partial_fit(rows.x, rows.labels);
    INFO(loss);
    CHECK((fast.coef() - strict.coef()).cwiseAbs().maxCoeff() < 1e-10 * strict.coef().cwiseAbs().maxCoeff());
  }
}
