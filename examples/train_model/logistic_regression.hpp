// SPDX-License-Identifier: MIT
#pragma once

// Logistic regression by Newton steps, with the objective and the defaults of scikit-learn's LogisticRegression.
//
//     Design design{.numbers = x, .categories = {{codes, 3}}};      // n x p numbers, and codes 0, 1, 2 or -1 a row
//     Fit fit = fit_logistic_regression(design, y, {.c = 1});
//     fit.coefficients;    // of the numbers, then of each category's columns
//
// Columns of 0 and 1 are kept as the code of the one that is 1: a category of 200 texts costs no more than one of 2.

#include <Eigen/Dense>

#include <algorithm>  // max
#include <cmath>      // abs, exp, log1p, isfinite
#include <cstddef>    // size_t
#include <cstdint>    // int32_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

/// A categorical feature: row i has a 1 in column `codes[i]` of its `columns`, or none where that is -1.
struct CategoryColumns {
  std::vector<std::int32_t> codes{};
  std::int32_t columns = 0;
};

/// What is known of each row.
struct Design {
  Eigen::MatrixXd numbers{};  ///< a row each, standardised by whoever made it
  std::vector<CategoryColumns> categories{};

  [[nodiscard]] Eigen::Index rows() const { return numbers.rows(); }
  [[nodiscard]] Eigen::Index columns() const {
    Eigen::Index all = numbers.cols();
    for (const CategoryColumns& category : categories) all += category.columns;
    return all;
  }
};

struct FitOptions {
  double c = 1;              ///< the inverse of the penalty's strength, above 0
  double tolerance = 1e-10;  ///< on the largest component of the gradient, over c times the rows
  int max_steps = 100;
};

struct Fit {
  Eigen::VectorXd coefficients{};
  double intercept = 0;
  int steps = 0;
  double gradient = 0;  ///< what was held against the tolerance
  bool converged = false;
};

namespace detail {

/// Minimises |w|^2 / 2 + c * sum(log(1 + exp(z)) - y z), z = X w + b, over w and b; b is not penalised.
class NewtonLogistic {
 public:
  NewtonLogistic(const Design& design, const Eigen::VectorXd& labels, double c)
      : design_(design), labels_(labels), c_(c), columns_(design.columns()) {}

  [[nodiscard]] Eigen::VectorXd margins(const Eigen::VectorXd& parameters) const {
    Eigen::VectorXd z = (design_.numbers * parameters.head(design_.numbers.cols())).array() + parameters[columns_];
    for_each_code([&](Eigen::Index row, Eigen::Index column) { z[row] += parameters[column]; });
    return z;
  }

  [[nodiscard]] double objective(const Eigen::VectorXd& parameters) const {
    const Eigen::VectorXd z = margins(parameters);
    double loss = 0;
    for (Eigen::Index i = 0; i < z.size(); ++i) {  // log(1 + exp(z)) without overflow
      loss += std::max(z[i], 0.0) + std::log1p(std::exp(-std::abs(z[i]))) - labels_[i] * z[i];
    }
    return parameters.head(columns_).squaredNorm() / 2 + c_ * loss;
  }

  /// The gradient, and the lower triangle of the matrix of second derivatives.
  void differentiate(const Eigen::VectorXd& parameters, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) const {
    const Eigen::Index p = design_.numbers.cols();
    const Eigen::VectorXd proba = margins(parameters).unaryExpr([](double z) { return 1 / (1 + std::exp(-z)); });
    const Eigen::VectorXd residual = c_ * (proba - labels_);
    const Eigen::VectorXd weight = c_ * (proba.array() * (1 - proba.array())).matrix();

    gradient = parameters;
    gradient[columns_] = residual.sum();
    gradient.head(p) += design_.numbers.transpose() * residual;
    for_each_code([&](Eigen::Index row, Eigen::Index column) { gradient[column] += residual[row]; });

    // By blocks: numbers with numbers, categories with what stands before them, and the intercept with all.
    hessian.setZero();
    hessian.topLeftCorner(p, p) = design_.numbers.transpose() * weight.asDiagonal() * design_.numbers;
    hessian.row(columns_).head(p) = weight.transpose() * design_.numbers;
    hessian(columns_, columns_) = weight.sum();
    const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = design_.numbers;
    for_each_code([&](Eigen::Index row, Eigen::Index column) {
      hessian.row(column).head(p) += weight[row] * rows.row(row);
      hessian(column, column) += weight[row];
      hessian(columns_, column) += weight[row];
    });
    Eigen::Index first = p;
    for (std::size_t k = 0; k < design_.categories.size(); ++k) {
      Eigen::Index before = p;
      for (std::size_t j = 0; j < k; ++j) {
        for (Eigen::Index i = 0; i < design_.rows(); ++i) {
          const auto a = design_.categories[k].codes[static_cast<std::size_t>(i)];
          const auto b = design_.categories[j].codes[static_cast<std::size_t>(i)];
          if (a >= 0 && b >= 0) hessian(first + a, before + b) += weight[i];
        }
        before += design_.categories[j].columns;
      }
      first += design_.categories[k].columns;
    }
    hessian.diagonal().head(columns_).array() += 1;
  }

 private:
  template <class Use>
  void for_each_code(Use use) const {
    Eigen::Index first = design_.numbers.cols();
    for (const CategoryColumns& category : design_.categories) {
      for (Eigen::Index i = 0; i < design_.rows(); ++i) {
        const std::int32_t code = category.codes[static_cast<std::size_t>(i)];
        if (code >= 0) use(i, first + code);
      }
      first += category.columns;
    }
  }

  const Design& design_;
  const Eigen::VectorXd& labels_;
  double c_;
  Eigen::Index columns_;
};

}  // namespace detail

/// The fit for labels 0 and 1. Each step solves the Newton equations by a Cholesky factorisation and is halved until it
/// lowers the objective, so it goes downhill from anywhere. O(rows * numbers * (numbers + categories) + columns^3) a
/// step. @throws std::invalid_argument unless the labels hold both classes, and as many as there are rows.
inline Fit fit_logistic_regression(const Design& design, const Eigen::VectorXd& labels,
                                   const FitOptions& options = {}) {
  if (labels.size() != design.rows()) throw std::invalid_argument("as many labels as rows are needed");
  if (!(options.c > 0 && std::isfinite(options.c))) {
    throw std::invalid_argument("c is " + std::to_string(options.c) + "; a finite number above 0 is needed");
  }
  if (labels.size() == 0 || labels.minCoeff() != 0 || labels.maxCoeff() != 1) {
    throw std::invalid_argument("labels 0 and 1 are both needed");
  }
  const Eigen::Index columns = design.columns();
  const detail::NewtonLogistic problem(design, labels, options.c);
  const double unit = options.c * static_cast<double>(design.rows());

  Eigen::VectorXd parameters = Eigen::VectorXd::Zero(columns + 1);
  Eigen::VectorXd gradient;
  Eigen::MatrixXd hessian(columns + 1, columns + 1);
  Fit fit;
  double here = problem.objective(parameters);
  for (; fit.steps <= options.max_steps; ++fit.steps) {
    problem.differentiate(parameters, gradient, hessian);
    fit.gradient = gradient.cwiseAbs().maxCoeff() / unit;
    fit.converged = fit.gradient <= options.tolerance;
    if (fit.converged || fit.steps == options.max_steps) break;

    const Eigen::VectorXd step = hessian.selfadjointView<Eigen::Lower>().ldlt().solve(gradient);
    const double slope = gradient.dot(step);
    double length = 1;
    double there = problem.objective(parameters - step);
    while (length > 1e-12 && !(there <= here - 1e-4 * length * slope + 1e-14 * std::abs(here))) {
      length /= 2;
      there = problem.objective(parameters - length * step);
    }
    parameters -= length * step;
    here = there;
  }
  fit.coefficients = parameters.head(columns);
  fit.intercept = parameters[columns];
  return fit;
}
