// SPDX-License-Identifier: MIT
// The code of docs/persistence.md, and what docs/model-file.md says of pipelines: each block stands here word for word,
// which the last test holds it to.
#include "penstock/adapters/eigen/linear_model.hpp"
#include "penstock/adapters/json/linear_model.hpp"
#include "penstock/adapters/json/state.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/simple_imputer.hpp"
#include "penstock/learn/standard_scaler.hpp"

#include "../learn/sgd_support.hpp"
#include "catch.hpp"
#include "doc_blocks.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace penstock;

// clang-format off
struct Centre {
  double mean = 0;
  std::uint64_t count = 0;

  static constexpr std::string_view state_kind = "Centre";
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v("mean", self.mean);
    v("count", self.count);
    v.require(std::isfinite(self.mean), "mean", "a finite number");   // looked at when it is loaded
  }
};
// clang-format on

/// A folder of its own, where the test runs meanwhile.
class OwnFolder {
 public:
  OwnFolder()
      : before_(std::filesystem::current_path()),
        path_(std::filesystem::temp_directory_path() / ("penstock_docs_" + std::to_string(std::random_device{}()))) {
    std::filesystem::create_directory(path_);
    std::filesystem::current_path(path_);
  }
  ~OwnFolder() {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(path_);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

 private:
  std::filesystem::path before_, path_;
};

RecordBatch make_batch() {
  RecordBatchBuilder builder({{{"minutes", DataType::float64}, {"days", DataType::int64}, {"city", DataType::string}}});
  for (std::int64_t i = 0; i < 40; ++i) {
    builder.append<double>(0, static_cast<double>(i * 37 % 23));
    builder.append<std::int64_t>(1, i * 7 % 11);
    builder.append<std::string_view>(2, i % 3 == 0 ? "Bonn" : "Oslo");
  }
  return builder.finish();
}

}  // namespace

TEST_CASE("docs/persistence.md: in mid-stream") {
  const OwnFolder folder;
  const RecordBatch all = make_batch();
  const RecordBatch batch = all.slice(0, 25);
  const RecordBatch later = all.slice(25, 15);
  const std::vector<double> y(25, 2.0);
  const std::vector<double> later_y(15, 3.0);
  // clang-format off
  auto model = StandardScaler({.columns = {"minutes", "days"}}) | OneHotEncoder() | SgdRegressor({.average = 100});
  model.partial_fit(batch, y);
  save_state(model, "model.json").value();          // throws what went wrong

  auto again = StandardScaler({.columns = {"minutes", "days"}}) | OneHotEncoder() | SgdRegressor({.average = 100});
  load_state("model.json", again).value();
  again.partial_fit(later, later_y);                // the bits that model.partial_fit(later, later_y) gives
  // clang-format on
  model.partial_fit(later, later_y);
  CHECK(dump_state(again) == dump_state(model));

  auto other = StandardScaler({.columns = {"minutes", "days"}}) | OneHotEncoder() |
               SgdRegressor({.alpha = 0.001, .average = 100});
  const Result<void> refused = load_state("model.json", other);
  REQUIRE_FALSE(refused);
  CHECK(std::string(refused.error().what()) ==
        "model.json: found 0.0001 at state.steps.2.options.alpha, expected 0.001, as the object was made with");
}

TEST_CASE("docs/persistence.md: names of features, and a type of one's own") {
  const OwnFolder folder;
  const auto rows = sgd_support::make_rows(30, 2);
  const auto& x = rows.x;
  const auto& y = rows.y;
  const std::string path = "forecast.json";
  // clang-format off
  SgdRegressor forecast;
  forecast.partial_fit(x, y);
  save_state(forecast, path, {.feature_names = {"minutes", "days"}}).value();
  const auto loaded = load_state(path, forecast, {.feature_names = {"days", "minutes"}});   // an Error: the order is another
  // clang-format on
  CHECK_FALSE(loaded);
  Centre centre{1.5, 3};
  Centre copy;
  parse_state(dump_state(centre), "centre.json", copy).value();
  CHECK(copy.count == 3);
}

TEST_CASE("docs/model-file.md: from a pipeline") {
  const OwnFolder folder;
  const RecordBatch batch = make_batch();
  std::vector<double> labels(40);
  for (std::size_t i = 0; i < 40; ++i) labels[i] = i % 3 == 0 ? 1 : 0;
  const std::string path = "pipeline.json";
  // clang-format off
  auto pipeline = SimpleImputer({.columns = {"minutes"}}) | StandardScaler() | OneHotEncoder() |
                  SgdClassifier({.loss = Loss::log_loss});
  pipeline.partial_fit(batch, labels);
  const LinearModel model(to_linear_model(pipeline));
  save_linear_model(model.with_golden_rows(batch.slice(0, 10)), path).value();
  // clang-format on
  const std::vector<double> scores = load_linear_model(path).value()(batch);
  const Eigen::MatrixXd expected = pipeline.predict_proba(batch);
  for (std::size_t i = 0; i < 40; ++i)
    CHECK(scores[i] == Approx(expected(static_cast<Eigen::Index>(i), 1)).epsilon(1e-12));
}

TEST_CASE("what docs/persistence.md shows is what is compiled here") {
  CHECK(compiled_blocks("persistence.md", "unit/learn_json/docs.test.cpp") == 3);
  const std::string tests = std::string(PENSTOCK_REFERENCE_DIR) + "/..";
  const std::string page = text_of(tests + "/../docs/model-file.md");
  const std::size_t at = page.find("auto pipeline = ");
  REQUIRE(at != std::string::npos);
  CHECK(without_space(text_of(tests + "/unit/learn_json/docs.test.cpp"))
            .find(without_space(page.substr(at, page.find("```", at) - at))) != std::string::npos);
}
