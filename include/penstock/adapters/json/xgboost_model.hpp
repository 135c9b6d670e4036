// SPDX-License-Identifier: MIT
#pragma once

// XGBoost's JSON models (Booster.save_model("model.json")) as a TreeEnsemble; docs/model-file.md says which.
//
//     Result<TreeEnsemble> model = load_xgboost_model("churn.json");
//     if (!model) return fail(model.error().what());
//     std::vector<double> chances = (*model)(batch);      // columns are found by the model's feature names

#include "penstock/adapters/json/model_file.hpp"
#include "penstock/adapters/json/reader.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/result.hpp"
#include "penstock/serve/tree_ensemble.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>     // max
#include <charconv>      // from_chars
#include <cmath>         // abs, isfinite, log
#include <cstddef>       // size_t
#include <cstdint>       // int32_t, uint32_t
#include <limits>        // numeric_limits
#include <string>        // string, to_string
#include <string_view>   // string_view
#include <system_error>  // errc
#include <type_traits>   // is_same_v
#include <utility>       // move
#include <vector>        // vector

namespace penstock {
inline namespace v0 {

/// How an XGBoost model is read, and what it may cost.
struct XgboostFileOptions {
  /// Whether only the trees up to the best iteration are taken, as XGBoost's scikit-learn classes do after early
  /// stopping; else all, as Booster.predict does.
  bool best_iteration = false;
  std::size_t max_bytes = std::size_t{256} << 20;  ///< of the file; no more than that is read
  std::size_t max_values = 20'000'000;             ///< numbers, texts, arrays and objects together
};

namespace detail {

/// What an objective says of its margins.
struct XgboostObjective {
  TreeLink link;
  enum class Base { margin, probability, mean } base;  // what base_score is given as
};

inline XgboostObjective xgboost_objective(const JsonReader& name) {
  using Base = XgboostObjective::Base;
  const std::string text = name.text();
  for (const char* one : {"reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror",
                          "reg:absoluteerror", "binary:logitraw", "rank:pairwise", "rank:ndcg", "rank:map"}) {
    if (text == one) return {TreeLink::identity, Base::margin};
  }
  if (text == "reg:logistic" || text == "binary:logistic") return {TreeLink::logistic, Base::probability};
  if (text == "binary:hinge") return {TreeLink::positive, Base::margin};
  if (text == "multi:softprob" || text == "multi:softmax") return {TreeLink::softmax, Base::margin};
  if (text == "count:poisson" || text == "reg:gamma" || text == "reg:tweedie") {
    return {TreeLink::exponential, Base::mean};
  }
  name.refuse(
      "reg:squarederror, reg:squaredlogerror, reg:pseudohubererror, reg:absoluteerror, reg:logistic, reg:gamma, "
      "reg:tweedie, count:poisson, binary:logistic, binary:logitraw, binary:hinge, multi:softprob, multi:softmax, "
      "rank:pairwise, rank:ndcg or rank:map");
}

/// A whole number from 0 that stands as a number or, as XGBoost's parameters do, as a text.
inline std::size_t xgboost_count(const JsonReader& json, std::size_t most) {
  std::size_t value = 0;
  bool good = false;
  if (const auto* text = json.json().get_ptr<const std::string*>()) {
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    good = error == std::errc() && stop == end;
  } else if (json.json().is_number_unsigned()) {
    value = json.json().get<std::size_t>();
    good = true;
  }
  if (!good || value > most) json.refuse("a whole number from 0 to " + std::to_string(most));
  return value;
}

/// base_score: "5E-1", or in newer versions "[5E-1]" or one number an output.
inline std::vector<float> xgboost_base_scores(const JsonReader& json) {
  std::vector<float> scores;
  const std::string text = json.json().is_number() ? json.json().dump() : json.text();
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool list = at != end && *at == '[';
  bool good = true;
  if (list) ++at;
  do {
    float& score = scores.emplace_back();
    const auto [stop, error] = std::from_chars(at, end, score);
    good = error == std::errc() && std::isfinite(score);
    at = stop;
    if (!list || at == end || *at != ',') break;
    ++at;
  } while (good);
  if (list) good = good && at != end && *at++ == ']';
  if (!good || at != end) json.refuse("a finite number, or [numbers]");
  return scores;
}

inline float xgboost_margin(float score, XgboostObjective::Base base, const JsonReader& json) {
  switch (base) {
    case XgboostObjective::Base::margin: break;
    case XgboostObjective::Base::probability:
      if (!(score > 0 && score < 1)) json.refuse("a probability between 0 and 1, as the objective has it");
      return -std::log(1.0F / score - 1.0F);
    case XgboostObjective::Base::mean:
      if (!(score > 0)) json.refuse("a number above 0, as the objective has it");
      return std::log(score);
  }
  return score;
}

/// The numbers of one array of a tree, one a node.
template <class T>
class XgboostArray {
 public:
  XgboostArray(const JsonReader& tree, std::string_view name, std::size_t nodes) : json_(tree.at(name)) {
    if (json_.size() == nodes) return;
    json_.refuse("one of " + std::to_string(nodes) + ", as there are as many nodes");
  }
  /// @throws Error unless it is a T.
  [[nodiscard]] T operator[](std::size_t i) const {
    const nlohmann::json& value = json_.json()[i];
    if constexpr (std::is_same_v<T, bool>) {
      if (value.is_boolean()) return value.get<bool>();
      if (value.is_number_integer() && (value == 0 || value == 1)) return value == 1;
      json_.at(i).refuse("0 or 1");
    } else if constexpr (std::is_same_v<T, float>) {
      const double number = value.is_number() ? value.get<double>() : std::numeric_limits<double>::infinity();
      if (!(std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max()))) json_.at(i).refuse("a float");
      return static_cast<float>(number);
    } else {
      const double number = value.is_number_integer() ? value.get<double>() : -2;
      if (!(number >= -1 && number <= 2147483647)) json_.at(i).refuse("a whole number from -1 to 2147483647");
      return static_cast<T>(number);
    }
  }

 private:
  JsonReader json_;
};

inline Tree read_xgboost_tree(const JsonReader& json) {
  const std::size_t nodes = json.at("left_children").size();
  if (json.has("tree_param") && json.at("tree_param").has("size_leaf_vector")) {
    const JsonReader size = json.at("tree_param").at("size_leaf_vector");
    if (xgboost_count(size, 0x7fffffff) > 1) size.refuse("at most 1: leaves that are vectors are not read");
  }
  if (json.has("split_type")) {
    const XgboostArray<std::int32_t> types(json, "split_type", nodes);
    for (std::size_t i = 0; i < nodes; ++i) {
      if (types[i] != 0) json.at("split_type").at(i).refuse("0: splits by category are not read");
    }
  }
  const XgboostArray<std::int32_t> left(json, "left_children", nodes);
  const XgboostArray<std::int32_t> right(json, "right_children", nodes);
  const XgboostArray<std::int32_t> features(json, "split_indices", nodes);
  const XgboostArray<float> values(json, "split_conditions", nodes);
  const XgboostArray<bool> default_left(json, "default_left", nodes);
  Tree tree;
  tree.nodes.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    TreeNode& node = tree.nodes[i];
    node = {.left = left[i], .right = right[i], .value = values[i], .default_left = default_left[i]};
    const std::int32_t feature = features[i];
    if (feature < 0) json.at("split_indices").at(i).refuse("a whole number from 0");
    node.feature = static_cast<std::uint32_t>(feature);
  }
  return tree;
}

inline TreeEnsembleSpec read_xgboost_model(const JsonReader& json, const XgboostFileOptions& options) {
  constexpr std::size_t most = 0x7fffffff;
  constexpr std::size_t most_features = std::size_t{1} << 24;  // each call has memory for a few rows of them
  const JsonReader version = json.object().at("version");
  if (version.size() != 3) version.refuse("three numbers, such as [1, 7, 4]");
  if (xgboost_count(version.at(0), most) > 3) version.refuse("a version from 1 to 3; newer ones are not known");
  const JsonReader learner = json.at("learner");
  const JsonReader booster = learner.at("gradient_booster");
  if (booster.at("name").text() != "gbtree") booster.at("name").refuse("\"gbtree\": other boosters are not read");
  const JsonReader objective_name = learner.at("objective").at("name");
  const XgboostObjective objective = xgboost_objective(objective_name);
  const JsonReader param = learner.at("learner_model_param");

  TreeEnsembleSpec spec;
  spec.link = objective.link;
  spec.n_features = xgboost_count(param.at("num_feature"), most_features);
  if (spec.n_features == 0) param.at("num_feature").refuse("at least 1");
  const std::size_t classes = xgboost_count(param.at("num_class"), 10'000);
  const std::size_t targets = param.has("num_target") ? xgboost_count(param.at("num_target"), 10'000) : 1;
  spec.n_outputs = std::max({std::size_t{1}, classes, targets});
  if (objective.link == TreeLink::softmax && classes < 2) {
    param.at("num_class").refuse("at least 2, as the objective has it");
  }
  if (learner.has("feature_names")) {
    const JsonReader names = learner.at("feature_names");
    for (std::size_t j = 0; j < names.size(); ++j) spec.feature_names.push_back(names.at(j).text());
  }
  const JsonReader base = param.at("base_score");
  spec.base_margin = xgboost_base_scores(base);
  if (spec.base_margin.size() == 1) spec.base_margin.resize(spec.n_outputs, spec.base_margin[0]);
  if (spec.base_margin.size() != spec.n_outputs) {
    base.refuse("one number, or one for each of " + std::to_string(spec.n_outputs) + " outputs");
  }
  for (float& score : spec.base_margin) score = xgboost_margin(score, objective.base, base);

  const JsonReader model = booster.at("model");
  const JsonReader trees = model.at("trees");
  const JsonReader outputs = model.at("tree_info");
  std::size_t count = trees.size();
  if (outputs.size() != count) outputs.refuse("one of " + std::to_string(count) + ", as there are as many trees");
  if (options.best_iteration && learner.has("attributes") && learner.at("attributes").has("best_iteration")) {
    const std::size_t best = xgboost_count(learner.at("attributes").at("best_iteration"), most);
    const JsonReader tree_param = model.at("gbtree_model_param");
    const std::size_t parallel =
        tree_param.has("num_parallel_tree") ? xgboost_count(tree_param.at("num_parallel_tree"), most) : 1;
    const std::size_t round = std::max<std::size_t>(parallel, 1) * spec.n_outputs;
    if (best < count / round) count = (best + 1) * round;
  }
  spec.trees.reserve(count);
  for (std::size_t t = 0; t < count; ++t) {
    spec.trees.push_back(read_xgboost_tree(trees.at(t)));
    spec.trees.back().output = static_cast<std::uint32_t>(xgboost_count(outputs.at(t), most));
  }
  return spec;
}

}  // namespace detail

/// The model that XGBoost's JSON describes: gbtree boosters with splits by numbers, of XGBoost 1 to 3. `source` names
/// the text in errors. Boosters, objectives, splits by category and leaves that are vectors, which are not read, are
/// errors that name themselves. For multi:softmax as for multi:softprob, `outputs` gives the probabilities and
/// operator() the class. At most 16,777,216 features are read. O(bytes).
[[nodiscard]] inline Result<TreeEnsemble> parse_xgboost_model(std::string_view text, const std::string& source,
                                                              const XgboostFileOptions& options = {}) {
  try {
    const nlohmann::json json =
        detail::parse_json(text, source, {.max_bytes = options.max_bytes, .max_values = options.max_values});
    return TreeEnsemble(detail::read_xgboost_model(detail::JsonReader(json, source), options));
  } catch (const TreeEnsembleError& error) {
    return Error({.source = source}, error.found() + " at " + error.member(), error.expected());
  } catch (const Error& error) { return error; }
}

/// The model in a file. Errors as parse_xgboost_model, and those of the file system.
[[nodiscard]] inline Result<TreeEnsemble> load_xgboost_model(const std::string& path,
                                                             const XgboostFileOptions& options = {}) {
  try {
    return parse_xgboost_model(detail::read_model_file(path, options.max_bytes), path, options);
  } catch (const Error& error) { return error; }
}

}  // namespace v0
}  // namespace penstock
