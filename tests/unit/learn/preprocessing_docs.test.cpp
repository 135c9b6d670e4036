// SPDX-License-Identifier: MIT
// The code of docs/preprocessing.md: each of its blocks stands here word for word, which the last test holds it to.
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/simple_imputer.hpp"
#include "penstock/learn/standard_scaler.hpp"
#include "penstock/stream/chunk_streamer.hpp"

#include "catch.hpp"
#include "doc_blocks.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace penstock;

/// Rows [first, first + count) of a made-up table.
RecordBatch visits(int first, int count) {
  RecordBatchBuilder builder({{{"age", DataType::int64},
                               {"city", DataType::category},
                               {"minutes", DataType::float64},
                               {"spent", DataType::float64}}});
  for (int i = first; i < first + count; ++i) {
    i % 9 == 4 ? builder.append_null(0) : builder.append<std::int64_t>(0, 20 + i % 31);
    builder.append<std::string_view>(1, i % 3 == 0 ? "Rome" : i < 150 ? "Oslo" : "Lima");
    builder.append<double>(2, i % 17);
    builder.append<double>(3, 0.1 * (i % 31) + 0.2 * (i % 17) + (i % 3 == 0 ? 1 : 0));
  }
  return builder.finish();
}

}  // namespace

TEST_CASE("docs/preprocessing.md: a model that is a pipeline") {
  const RecordBatch table = visits(0, 300);
  // clang-format off
  auto model = SimpleImputer{} | StandardScaler{} | OneHotEncoder({.columns = {"city"}}) | SgdRegressor{};
  for (const auto& chunk : stream_chunks(table, 100)) {
    model.partial_fit(chunk.data, chunk.data.column<double>("spent").values());
  }
  // clang-format on
  CHECK(model.get_feature_names_out() ==
        std::vector<std::string>{"age", "minutes", "spent", "city_Rome", "city_Oslo", "city_Lima"});
}

TEST_CASE("docs/preprocessing.md: what is known of columns") {
  const RecordBatch table = visits(0, 300);
  const auto spent = table.column<double>("spent").values();
  auto model = SimpleImputer{} | StandardScaler{} | OneHotEncoder({.columns = {"city"}}) | SgdRegressor{};
  // clang-format off
  const RecordBatch features = table.select({"age", "minutes", "city"});
  model.partial_fit(features, spent);
  const Eigen::VectorXd forecast = model.predict(features);
  const std::vector<std::string> names = model.get_feature_names_out();   // of the coefficients
  const Eigen::VectorXd means = model.step<StandardScaler>().mean();
  // clang-format on
  CHECK(names == std::vector<std::string>{"age", "minutes", "city_Rome", "city_Oslo", "city_Lima"});
  CHECK(model.model().coef().size() == 5);
  CHECK(means.size() == 2);
  double error = 0;
  double spread = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    const double p = forecast[static_cast<Eigen::Index>(i)];
    error += (p - spent[i]) * (p - spent[i]);
    spread += (spent[i] - 3.4) * (spent[i] - 3.4);
  }
  CHECK(error < 0.8 * spread);
  std::ostringstream log;
  // clang-format off
  auto careful = model.with_options({.missing_columns = MissingColumns::nan});
  careful.partial_fit(features.select({"city", "age"}), spent);
  for (const ColumnCount& column : careful.report().missing) {
    log << column.name << " was missing in " << column.rows << " rows\n";
  }
  // clang-format on
  REQUIRE(careful.report().missing.size() == 1);
  CHECK(log.str() == "minutes was missing in 300 rows\n");
}

TEST_CASE("docs/preprocessing.md: two streams") {
  const RecordBatch features = visits(0, 200).select({"minutes"});
  const RecordBatch more = visits(200, 100).select({"minutes"});
  // clang-format off
  StandardScaler all({.half_life = 10'000});
  all.partial_fit(features);
  StandardScaler other({.half_life = 10'000});
  other.partial_fit(more);
  all.merge(other);                                 // of two streams that end now
  // clang-format on
  CHECK(all.n_samples_seen()[0] > 295);
}

TEST_CASE("what docs/preprocessing.md shows is what is compiled here") {
  CHECK(compiled_blocks("preprocessing.md", "unit/learn/preprocessing_docs.test.cpp") == 4);
}
