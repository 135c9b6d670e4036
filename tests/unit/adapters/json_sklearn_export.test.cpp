// SPDX-License-Identifier: MIT
// Model files that examples/export_sklearn writes give scikit-learn's predictions.
#include "penstock/adapters/json/linear_model.hpp"
#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

RecordBatch batch_of(const nlohmann::json& columns) {
  Schema schema;
  std::size_t rows = 0;
  for (const auto& [name, values] : columns.items()) {
    const bool texts = std::any_of(values.begin(), values.end(), [](const auto& value) { return value.is_string(); });
    schema.fields.push_back({name, texts ? DataType::string : DataType::float64});
    rows = values.size();
  }
  RecordBatchBuilder builder(schema);
  for (std::size_t i = 0; i < rows; ++i) {
    std::size_t place = 0;
    for (const auto& [name, values] : columns.items()) {
      const nlohmann::json& value = values[i];
      if (value.is_null()) {
        builder.append_null(place);
      } else if (value.is_string()) {
        builder.append<std::string_view>(place, value.get<std::string>());
      } else {
        builder.append<double>(place, value.get<double>());
      }
      ++place;
    }
  }
  return builder.finish();
}

void check_cases(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  const nlohmann::json cases = nlohmann::json::parse(file);
  CHECK(cases.size() == 10);
  for (const nlohmann::json& one : cases) {
    INFO(one["name"]);
    const Result<LinearModel> model = parse_linear_model(one["model"].dump(), "m.json");
    if (!model) FAIL(model.error().what());
    CHECK(model->spec().golden.rows.size() == 4);
    const std::vector<double> scores = (*model)(batch_of(one["rows"]));
    REQUIRE(scores.size() == one["scores"].size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      CHECK(scores[i] == Approx(one["scores"][i].get<double>()).epsilon(1e-12).margin(1e-13));
    }
  }
}

}  // namespace

TEST_CASE("what export_sklearn wrote of scikit-learn 1.2.1 gives its predictions") {
  check_cases(PENSTOCK_REFERENCE_DIR "/sklearn_models.json");
}

TEST_CASE("what export_sklearn writes of the scikit-learn that is there gives its predictions") {
  std::string python;
  for (const std::string one : {"python3", "/usr/bin/python3"}) {
    if (python.empty() && std::system((one + " -c 'import sklearn, pandas' 2> /dev/null").c_str()) == 0) python = one;
  }
  if (python.empty()) SKIP("no python3 with scikit-learn and pandas, install python3-sklearn python3-pandas");
  const std::filesystem::path out =
      std::filesystem::temp_directory_path() / ("penstock_sklearn_" + std::to_string(std::random_device{}()) + ".json");
  const std::string command = python + " -B '" PENSTOCK_REFERENCE_DIR "/sklearn_models.py' '" + out.string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  check_cases(out.string());
  std::filesystem::remove(out);
}
