// SPDX-License-Identifier: MIT
// The smallest loss and schedule that the learners take, and what they do not take.
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/sparse.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <array>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace penstock;

struct SmallestLoss {
  float loss(double p, double y) const { return static_cast<float>(p - y); }
  float dloss(double /*p*/, double /*y*/) const { return 1; }
};
struct NoSlope {
  double loss(double p, double y) const { return p - y; }
};
struct NotConst {
  double loss(double p, double y) { return p - y; }
  double dloss(double p, double y) { return p - y; }
};
static_assert(loss_function<SmallestLoss>);
static_assert(loss_function<Loss>);
static_assert(!loss_function<NoSlope>);
static_assert(!loss_function<NotConst>);
static_assert(!loss_function<double>);
static_assert(std::is_convertible_v<SmallestLoss, Loss>);
static_assert(!std::is_convertible_v<NoSlope, Loss>);

struct SmallestSchedule {
  float operator()(double) const { return 1; }
};
struct NoNumber {
  std::string operator()(double) const { return {}; }
};
static_assert(learning_rate_schedule<SmallestSchedule>);
static_assert(learning_rate_schedule<double (*)(double)>);
static_assert(!learning_rate_schedule<NoNumber>);
static_assert(!learning_rate_schedule<double>);
static_assert(std::is_convertible_v<SmallestSchedule, LearningRate>);

static_assert(feature_rows<Eigen::MatrixXd>);
static_assert(feature_rows<Eigen::Matrix<float, 3, 2>>);
static_assert(feature_rows<decltype(Eigen::MatrixXd().topRows(1))>);
static_assert(feature_rows<decltype(2 * Eigen::MatrixXd())>);
static_assert(feature_rows<Eigen::ArrayXXd>);
static_assert(feature_rows<RowMajorView> && feature_rows<RowMajorMatrix> && feature_rows<RecordBatch>);
static_assert(feature_rows<Eigen::SparseMatrix<double>> && feature_rows<CsrView>);
static_assert(!feature_rows<std::vector<double>>);
static_assert(!feature_rows<double>);

static_assert(feature_row<std::span<const double>> && feature_row<std::array<double, 3>>);
static_assert(feature_row<Eigen::RowVectorXd> && feature_row<decltype(Eigen::MatrixXd().row(0))>);
static_assert(!feature_row<std::vector<int>>);

static_assert(row_targets<Eigen::VectorXd> && row_targets<std::vector<int>> && row_targets<std::vector<bool>>);
static_assert(!row_targets<std::vector<std::string>>);

// The learners are instantiated with the smallest of everything.
[[maybe_unused]] void instantiate() {
  const SgdOptions options{.loss = SmallestLoss{}, .learning_rate = SmallestSchedule{}};
  SgdRegressor regressor(options);
  regressor.partial_fit(RowMajorView{}, std::span<const double>{}).learn_one(std::span<const double>{}, 0);
  SgdClassifier classifier(options);
  classifier.partial_fit(Eigen::MatrixXd(), std::array<int, 0>{}, std::array<float, 0>{});
}

}  // namespace
