// SPDX-License-Identifier: MIT
// XGBoost's models give XGBoost's predictions; models that are not read say why.
#include "penstock/adapters/json/xgboost_model.hpp"
#include "penstock/core/record_batch.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace penstock;

namespace {

nlohmann::json read_cases(const std::string& name) {
  std::ifstream file(std::string(PENSTOCK_REFERENCE_DIR) + "/" + name);
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

std::vector<float> floats(const nlohmann::json& values) { return values.get<std::vector<float>>(); }

RowMajorMatrix rows_of(const nlohmann::json& json) {
  RowMajorMatrix x;
  for (const nlohmann::json& row : json) {
    for (const nlohmann::json& value : row) {
      x.values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
    }
    ++x.rows;
    x.cols = row.size();
  }
  return x;
}

RecordBatch batch_of(const RowMajorMatrix& x, const std::vector<std::string>& names) {
  Schema schema;
  std::vector<Column> columns;
  for (std::size_t j = names.size(); j-- > 0;) {  // columns are found by name, not by place
    schema.fields.push_back({names[j], DataType::float64});
    std::vector<double> values(x.rows);
    for (std::size_t i = 0; i < x.rows; ++i) values[i] = x(i, j);
    columns.emplace_back(std::move(values));
  }
  return RecordBatch(schema, std::move(columns));
}

/// Whether both are the same floats, bit by bit.
bool same(std::span<const double> ours, const std::vector<float>& theirs) {
  bool good = ours.size() == theirs.size();
  for (std::size_t i = 0; good && i < theirs.size(); ++i) {
    good = std::bit_cast<std::uint64_t>(ours[i]) == std::bit_cast<std::uint64_t>(static_cast<double>(theirs[i]));
  }
  return good;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// A stump with a missing value that goes left, and a bare leaf.
const std::string small = R"({"version": [1, 7, 4], "learner": {
  "attributes": {"best_iteration": "0"}, "feature_names": ["a", "b"], "feature_types": ["float", "float"],
  "gradient_booster": {"name": "gbtree", "model": {
    "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "2"}, "tree_info": [0, 0], "trees": [
      {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [1, 0, 0], "split_type": [0, 0, 0],
       "split_conditions": [0.5, 1.25, -2], "default_left": [1, 0, 0], "tree_param": {"size_leaf_vector": "0"}},
      {"left_children": [-1], "right_children": [-1], "split_indices": [0], "split_conditions": [0.125],
       "default_left": [0]}]}},
  "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"},
  "objective": {"name": "reg:squarederror"}}})";

std::string failure(const std::string& text) {
  const Result<TreeEnsemble> model = parse_xgboost_model(text, "m.json");
  REQUIRE_FALSE(model);
  return model.error().what();
}

}  // namespace

TEST_CASE("models of XGBoost 1 and 3 have XGBoost's margins, to the last bit") {
  for (const std::string file : {"xgboost_models_1.json", "xgboost_models_3.json"}) {
    for (const nlohmann::json& one : read_cases(file)) {
      INFO(file << ", " << one["name"]);
      const Result<TreeEnsemble> model = parse_xgboost_model(one["model"].dump(), "m.json");
      REQUIRE(model);
      const RowMajorMatrix x = rows_of(one["rows"]);
      CHECK(same(model->margins(x).values, floats(one["margins"])));

      if (!model->feature_names().empty()) {
        const RecordBatch batch = batch_of(x, model->feature_names());
        CHECK(same(model->margins(batch).values, floats(one["margins"])));
        CHECK((*model)(batch) == (*model)(x));
      } else {
        CHECK_THROWS_AS((*model)(batch_of(x, {"a"})), std::logic_error);
      }

      std::vector<float> values(x.values.begin(), x.values.end());
      std::vector<float> margins(x.rows * model->n_outputs());
      model->margins(std::span<const float>(values), std::span(margins));
      CHECK(margins == floats(one["margins"]));

      // A row alone, and in chunks of any size.
      for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{9}}) {
        std::vector<float> parts;
        for (std::size_t first = 0; first < x.rows; first += chunk) {
          const std::size_t count = std::min(chunk, x.rows - first);
          std::vector<float> out(count * model->n_outputs());
          model->margins(std::span<const float>(values).subspan(first * x.cols, count * x.cols), std::span(out));
          parts.insert(parts.end(), out.begin(), out.end());
        }
        CHECK(parts == margins);
      }

      const auto theirs = floats(one["predictions"]);
      if (one["name"] == "classes, labels") {
        CHECK(same((*model)(x), theirs));
      } else {
        const std::vector<double> ours = model->outputs(x).values;
        REQUIRE(ours.size() == theirs.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
          CHECK(ours[i] == Approx(static_cast<double>(theirs[i])).epsilon(2e-7).margin(1e-37));
        }
        if (model->n_outputs() == 1) CHECK((*model)(x) == ours);
      }

      nlohmann::json best = one["model"];
      best["learner"]["attributes"]["best_iteration"] = "0";
      const Result<TreeEnsemble> first = parse_xgboost_model(best.dump(), "m.json", {.best_iteration = true});
      REQUIRE(first);
      CHECK(same(first->margins(x).values, floats(one["first_round"])));
    }
  }
}

TEST_CASE("a tree asks with floats, and sends a missing value where the node says") {
  const TreeEnsemble model = parse_xgboost_model(small, "m.json").value();
  CHECK(model.n_trees() == 2);
  CHECK(model.feature_names() == std::vector<std::string>{"a", "b"});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const RowMajorMatrix x{
      {0, 0.25, 0, 0.5, 0, 0.49999999999999994, nan, nan, 0, infinity, 0, -infinity, 0, 1e300}, 7, 2};
  CHECK(model(x) == std::vector<double>{1.875, -1.375, -1.375, 1.875, -1.375, 1.875, -1.375});
}

TEST_CASE("the class of a row") {
  const auto predict = [](const std::string& text, double b) {
    return parse_xgboost_model(text, "m.json").value().predict(RowMajorMatrix{{0, b}, 1, 2}).at(0);
  };
  const std::string binary = replaced(small, "reg:squarederror", "binary:logistic");
  CHECK(predict(binary, 0) == 1);
  CHECK(predict(binary, 1) == 0);
  CHECK(predict(small, 1) == -1.375);
  const std::string three =
      replaced(replaced(small, "reg:squarederror", "multi:softmax"), R"("num_class": "0")", R"("num_class": "3")");
  CHECK(predict(replaced(three, "[0, 0],", "[1, 2],"), 0) == 1);
  CHECK(predict(replaced(three, "[0, 0],", "[1, 2],"), 1) == 2);
  CHECK(predict(replaced(three, "[0, 0],", "[2, 2],"), 1) == 0);  // the first of equal ones
  const std::string targets = replaced(small, R"("num_target": "1")", R"("num_target": "2")");
  CHECK_THROWS_WITH(predict(targets, 0), ContainsSubstring("2 outputs a row are no single value"));
  CHECK(parse_xgboost_model(targets, "m").value().margins(RowMajorMatrix{{0, 0}, 1, 2}).values ==
        std::vector<double>{1.875, 0.5});
}

TEST_CASE("what is not read says so, and where") {
  CHECK(failure(replaced(small, "gbtree\"", "dart\"")) ==
        "m.json: found \"dart\" at learner.gradient_booster.name, expected \"gbtree\": other boosters are not read");
  CHECK_THAT(failure(replaced(small, "gbtree\"", "gblinear\"")), ContainsSubstring("\"gblinear\""));
  CHECK_THAT(failure(replaced(small, "reg:squarederror", "survival:aft")),
             StartsWith("m.json: found \"survival:aft\" at learner.objective.name, expected reg:squarederror, "));
  CHECK(failure(replaced(small, R"("split_type": [0)", R"("split_type": [1)")) ==
        "m.json: found 1 at learner.gradient_booster.model.trees[0].split_type[0], expected 0: splits by category are "
        "not read");
  CHECK_THAT(failure(replaced(small, R"("size_leaf_vector": "0")", R"("size_leaf_vector": "3")")),
             ContainsSubstring("leaves that are vectors"));
  CHECK_THAT(failure(replaced(small, "[1, 7, 4]", "[4, 0, 0]")),
             ContainsSubstring("at version, expected a version from 1 to 3"));
  CHECK_THAT(failure(R"({"learner": {}})"), ContainsSubstring("no member version"));
  CHECK_THAT(failure("binf"), ContainsSubstring("no JSON from line 1"));
  CHECK_THAT(failure(replaced(replaced(small, "reg:squarederror", "binary:logistic"), "5E-1", "1")),
             ContainsSubstring("found \"1\" at learner.learner_model_param.base_score, expected a probability"));
  CHECK_THAT(load_xgboost_model("/no/such/file.json").error().what(), StartsWith("/no/such/file.json: found "));
  CHECK_THAT(parse_xgboost_model(small, "m.json", {.max_bytes = 100}).error().what(), ContainsSubstring("100 bytes"));
  CHECK_THAT(parse_xgboost_model(small, "m.json", {.max_values = 20}).error().what(), ContainsSubstring("20 values"));
}

TEST_CASE("trees that are none are refused") {
  const std::vector<std::pair<std::string, std::string>> changes[] = {
      {{"[1, -1, -1]", "[0, -1, -1]"}},                     // a loop to the root
      {{"[1, -1, -1]", "[2, -1, -1]"}},                     // one child twice
      {{"[1, -1, -1]", "[3, -1, -1]"}},                     // outside
      {{"[1, -1, -1]", "[-1, -1, -1]"}},                    // one child alone
      {{"[1, -1, -1]", "[-2, -1, -1]"}},                    // below -1
      {{"[1, -1, -1]", "[1e0, -1, -1]"}},                   // no whole number
      {{"[1, -1, -1]", "[99999999999999999999, -1, -1]"}},  // too large
      {{"[1, -1, -1]", "[1, 2, -1]"}, {"[2, -1, -1]", "[2, 0, -1]"}},
      {{"[1, -1, -1]", "[1, -1]"}},  // a node less
      {{"[1, -1, -1]", "7"}},
      {{"[1, 0, 0]", "[2, 0, 0]"}},  // no such feature
      {{"[1, 0, 0]", "[-1, 0, 0]"}},
      {{"[0.5, 1.25, -2]", "[0.5, 1e39, -2]"}},  // no float
      {{"[0.5, 1.25, -2]", "[\"x\", 1.25, -2]"}},
      {{"\"default_left\": [1", "\"default_left\": [2"}},
      {{"\"tree_info\": [0", "\"tree_info\": [1"}},
      {{"\"tree_info\": [0", "\"tree_info\": [-1"}},
      {{"\"tree_info\": [0, 0]", "\"tree_info\": [0]"}},
      {{"\"num_feature\": \"2\"", "\"num_feature\": \"0\""}},
      {{"\"num_feature\": \"2\"", "\"num_feature\": \"3\""}},
      {{"\"num_feature\": \"2\"", "\"num_feature\": \"2x\""}},
      {{"\"num_feature\": \"2\"", "\"num_feature\": \"99999999999999999999999\""}},
      {{"\"num_class\": \"0\"", "\"num_class\": \"10001\""}},
      {{"[\"a\", \"b\"]", "[\"a\", \"a\"]"}},
      {{"5E-1", ""}},
      {{"5E-1", "[5E-1"}},
      {{"5E-1", "[5E-1,5E-1]"}},
      {{"5E-1", "[]"}},
      {{"5E-1", "5E-1]"}},
      {{"5E-1", "nan"}},
      {{"5E-1", "1e99"}},
      {{"reg:squarederror", "multi:softmax"}},
  };
  for (const auto& change : changes) {
    std::string text = small;
    for (const auto& [from, to] : change) text = replaced(text, from, to);
    INFO(change[0].first << " -> " << change[0].second);
    CHECK_FALSE(parse_xgboost_model(text, "m.json"));
  }
  CHECK(failure(replaced(small, "[1, -1, -1]", "[0, -1, -1]")) ==
        "m.json: found node 0 again at trees[0].nodes[0].left, expected a node that no other leads to");
  const std::string nameless = replaced(small, "\"feature_names\": [\"a\", \"b\"]", "\"feature_names\": []");
  CHECK(failure(replaced(nameless, "\"num_feature\": \"2\"", "\"num_feature\": \"2147483647\"")) ==
        "m.json: found \"2147483647\" at learner.learner_model_param.num_feature, expected a whole number from 0 to "
        "16777216");
  // Whatever is cut off or changed: a model or an error, never more.
  for (std::size_t i = 0; i < small.size(); ++i) {
    CHECK_FALSE(parse_xgboost_model(small.substr(0, i), "m.json"));
    std::string text = small;
    text[i] = text[i] == '1' ? '9' : '1';
    static_cast<void>(parse_xgboost_model(text, "m.json"));
  }
}

TEST_CASE("nodes that no walk comes to are not looked at") {
  std::string text = replaced(small, "[1, -1, -1]", "[1, -1, -1, 0]");
  text = replaced(text, "[2, -1, -1]", "[2, -1, -1, 77]");
  text = replaced(text, "\"split_indices\": [1, 0, 0]", "\"split_indices\": [1, 0, 0, 99]");
  text = replaced(text, "\"split_type\": [0, 0, 0]", "\"split_type\": [0, 0, 0, 0]");
  text = replaced(text, "[0.5, 1.25, -2]", "[0.5, 1.25, -2, 0]");
  text = replaced(text, "\"default_left\": [1, 0, 0]", "\"default_left\": [true, false, false, true]");
  CHECK(parse_xgboost_model(text, "m").value()(RowMajorMatrix{{0, 0}, 1, 2}) == std::vector<double>{1.875});
}
