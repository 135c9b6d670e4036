// SPDX-License-Identifier: MIT
// The smallest learners that progressive evaluation takes, by the row and by the chunk, and what it does not take.
#include "penstock/learn/progressive.hpp"
#include "penstock/learn/sgd.hpp"

#include <Eigen/Core>

#include <array>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace penstock;

/// A frame that no learner but its own knows what to do with.
struct Words {
  std::vector<std::string> rows;
};

struct SmallestByRow {
  SmallestByRow() = delete;
  SmallestByRow(const SmallestByRow&) = delete;
  float predict_one(std::span<const double>) const { return 0; }
  int learn_one(std::span<const double>, double) { return 0; }
};
struct SmallestByChunk {
  SmallestByChunk() = delete;
  SmallestByChunk(const SmallestByChunk&) = delete;
  std::array<float, 1> predict(std::span<const std::string>) const { return {}; }
  int partial_fit(std::span<const std::string>, std::span<const double>) { return 0; }
};
struct PredictionHasSideEffects {
  double predict_one(std::span<const double>);
  void learn_one(std::span<const double>, double);
};
struct LearnsNothing {
  double predict_one(std::span<const double>) const;
};

static_assert(row_learner<SmallestByRow> && online_learner<SmallestByRow, RowMajorView>);
static_assert(!online_learner<SmallestByRow, std::span<const std::string>>);
static_assert(chunk_learner<SmallestByChunk, std::span<const std::string>>);
static_assert(!chunk_learner<SmallestByChunk, RowMajorView>);
static_assert(!row_learner<PredictionHasSideEffects> && !row_learner<LearnsNothing>);
static_assert(online_learner<SgdRegressor, RowMajorView> && online_learner<SgdRegressor, RecordBatch> &&
              online_learner<SgdClassifier, Eigen::MatrixXd>);
static_assert(prediction_function<PredictedProbability, SgdClassifier, RecordBatch>);
static_assert(!prediction_function<PredictedProbability, SgdRegressor, RecordBatch>);

/// The smallest metric for numbers.
struct SmallestMetric {
  SmallestMetric() = delete;
  explicit SmallestMetric(int) {}
  void update(double, double, double = 1) {}
  void merge(const SmallestMetric&) {}
  std::string get() const { return {}; }
};

[[maybe_unused]] void instantiate(SmallestByRow& by_row, SmallestByChunk& by_chunk, const Words& words,
                                  const RowMajorMatrix& x) {
  const std::vector<bool> y;
  (void)progressive_evaluation(x, y, by_row, SmallestMetric(1));
  (void)progressive_evaluation(words.rows, y, by_chunk, SmallestMetric(1), {.delay_rows = 3});
  const auto length = [](const SmallestByChunk&, std::span<const std::string> rows, std::vector<double>& out) {
    for (const std::string& row : rows) out.push_back(static_cast<double>(row.size()));
  };
  (void)progressive_evaluation(words.rows, y, by_chunk, SmallestMetric(1), {}, length);
}

}  // namespace
