// SPDX-License-Identifier: MIT
#pragma once

// A linear pipeline as a model file's LinearModelSpec: its scalers and encoders become what the file says of columns.
//
//     auto pipeline = StandardScaler{} | OneHotEncoder{} | SgdClassifier({.loss = make_loss("log_loss")});
//     pipeline.partial_fit(batch, labels);
//     LinearModel model(to_linear_model(pipeline));
//     save_linear_model(model.with_golden_rows(batch.slice(0, 10)), "model.json").value();
//
// Components eigen (or learn) and, for the file, json.

#include "penstock/core/schema.hpp"
#include "penstock/learn/correlation_filter.hpp"
#include "penstock/learn/min_max_scaler.hpp"
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/ordinal_encoder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/robust_scaler.hpp"
#include "penstock/learn/sgd_classifier.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/simple_imputer.hpp"
#include "penstock/learn/standard_scaler.hpp"
#include "penstock/learn/variance_threshold.hpp"
#include "penstock/serve/linear_model_spec.hpp"

#include <Eigen/Core>

#include <concepts>   // derived_from
#include <cstddef>    // size_t
#include <cstdint>    // int32_t
#include <map>        // map
#include <optional>   // nullopt, optional
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <utility>    // index_sequence, make_index_sequence, move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The columns that flow through a pipeline, as what they are of the columns of the table that it is given.
class LinearColumns {
 public:
  /// (value - mean) / scale, where the value is that of a column of numbers, or what a text is turned into.
  struct Column {
    std::string source{};
    DataType dtype = DataType::float64;
    bool encoded = false;
    std::vector<double> values{};  // of an encoded text: one for each of the feature's columns
    double mean = 0;
    double scale = 1;
    bool given_up = false;                   // by a selector: the value is 0 in all rows
    std::optional<double> fill{};            // what stands for a missing number, in units of the source
    std::optional<std::string> fill_text{};  // what stands for a missing text

    /// Behind this comes (value - m) / s.
    void map(double m, double s) {
      mean += m * scale;
      scale *= s;
    }
  };

  explicit LinearColumns(const Schema& schema) {
    for (const Field& field : schema.fields) columns_[field.name] = {.source = field.name, .dtype = field.dtype};
  }

  void begin_step(std::string name) { step_ = std::move(name); }
  [[noreturn]] void refuse(const std::string& what) const {
    throw std::invalid_argument("to_linear_model: " + step_ + " " + what);
  }

  [[nodiscard]] const Column* find(const std::string& name) const {
    const auto place = columns_.find(name);
    return place == columns_.end() ? nullptr : &place->second;
  }
  Column& at(const std::string& name) {
    const auto place = columns_.find(name);
    if (place == columns_.end()) refuse("takes column '" + name + "', which no table had");
    return place->second;
  }
  void map(const std::string& name, double mean, double scale) {
    if (!(scale > 0) || !is_finite(scale) || !is_finite(mean)) {
      refuse("maps column '" + name + "' by numbers that no file can hold");
    }
    at(name).map(mean, scale);
  }
  void fill(const std::string& name, double value) {
    Column& column = at(name);
    if (column.encoded || column.given_up)
      return;  // never missing, or what the file has no words for: a missing text is refused
    if (!column.fill) column.fill = value * column.scale + column.mean;
  }
  void fill(const std::string& name, const std::string& text) {
    Column& column = at(name);
    if (!column.fill_text) column.fill_text = text;
  }
  void remove(const std::string& name) { columns_.erase(name); }
  /// A column that a selector has given up: later steps that know it are given 0 in its place.
  void give_up(const std::string& name) { columns_[name] = {.source = name, .given_up = true}; }
  void add(const std::string& name, Column column) { columns_[name] = std::move(column); }

  /// Begins to encode a column of texts.
  CategoricalFeature& encode(const std::string& name, const std::vector<std::string>& categories,
                             std::int32_t missing) {
    const Column source = at(name);
    if (source.encoded || !is_text(source.dtype)) {
      refuse("encodes column '" + name + "', which is of type " + std::string(to_string(source.dtype)) +
             "; a model file has categories of texts alone");
    }
    CategoricalFeature& feature = texts_[source.source];
    feature.name = source.source;
    for (std::size_t k = 0; k < categories.size(); ++k) {
      if (static_cast<std::int32_t>(k) != missing) feature.categories.push_back(categories[k]);
    }
    if (feature.categories.empty()) refuse("knows no category of column '" + name + "'");
    return feature;
  }

  /// The model's features in order, whose coefficients these are.
  [[nodiscard]] LinearModelSpec spec(const std::vector<std::string>& names, const std::vector<double>& coef,
                                     double intercept) const {
    LinearModelSpec spec;
    spec.intercept = intercept;
    std::map<std::string, std::vector<double>> of_texts;
    std::vector<std::string> order;
    for (std::size_t j = 0; j < names.size(); ++j) {
      const Column* column = find(names[j]);
      if (column == nullptr) continue;  // one that no table had any more: 0 in all rows
      if (column->given_up) {
        spec.intercept -= coef[j] / column->scale * column->mean;
        continue;
      }
      if (!column->encoded) {
        if (is_text(column->dtype) || column->dtype == DataType::timestamp) {
          refuse("takes column '" + names[j] + "' of type " + std::string(to_string(column->dtype)) +
                 "; a model file has numbers");
        }
        spec.numeric.push_back({column->source, column->mean, column->scale,
                                column->fill ? MissingNumber::value : MissingNumber::nan, column->fill.value_or(0)});
        spec.coefficients.push_back(coef[j]);
        continue;
      }
      const double each = coef[j] / column->scale;
      spec.intercept -= each * column->mean;
      std::vector<double>& all = of_texts[column->source];
      if (all.empty()) {
        order.push_back(column->source);
        all.assign(column->values.size(), 0);
      }
      for (std::size_t k = 0; k < all.size(); ++k) all[k] += each * column->values[k];
    }
    for (const std::string& source : order) {
      spec.categorical.push_back(texts_.at(source));
      spec.coefficients.insert(spec.coefficients.end(), of_texts[source].begin(), of_texts[source].end());
    }
    return spec;
  }

 private:
  std::map<std::string, Column> columns_{};
  std::map<std::string, CategoricalFeature> texts_{};  // by source
  std::string step_{};
};

inline void pass_linear_step(LinearColumns& columns, const StandardScaler& step) {
  const Eigen::VectorXd mean = step.mean();
  const Eigen::VectorXd scale = step.scale();
  const std::vector<std::string>& names = step.get_feature_names_out();
  for (std::size_t j = 0; j < names.size(); ++j) {
    const double m = mean[static_cast<Eigen::Index>(j)];
    columns.map(names[j], step.options().with_mean && !is_nan(m) ? m : 0, scale[static_cast<Eigen::Index>(j)]);
  }
}

inline void pass_linear_step(LinearColumns& columns, const MinMaxScaler& step) {
  if (step.options().clip) columns.refuse("clips, which a model file cannot say");
  const Eigen::VectorXd low = step.data_min();
  const Eigen::VectorXd scale = step.scale();
  const std::vector<std::string>& names = step.get_feature_names_out();
  for (std::size_t j = 0; j < names.size(); ++j) {
    const auto at = static_cast<Eigen::Index>(j);
    if (!is_finite(low[at])) columns.refuse("has seen no value of column '" + names[j] + "'");
    columns.map(names[j], low[at] - step.options().feature_range.min / scale[at], 1 / scale[at]);
  }
}

inline void pass_linear_step(LinearColumns& columns, const MaxAbsScaler& step) {
  const Eigen::VectorXd scale = step.scale();
  const std::vector<std::string>& names = step.get_feature_names_out();
  for (std::size_t j = 0; j < names.size(); ++j) columns.map(names[j], 0, scale[static_cast<Eigen::Index>(j)]);
}

inline void pass_linear_step(LinearColumns& columns, const RobustScaler& step) {
  const Eigen::VectorXd center = step.center();
  const Eigen::VectorXd scale = step.scale();
  const std::vector<std::string>& names = step.get_feature_names_out();
  for (std::size_t j = 0; j < names.size(); ++j) {
    const double c = center[static_cast<Eigen::Index>(j)];
    columns.map(names[j], step.options().with_centering && !is_nan(c) ? c : 0, scale[static_cast<Eigen::Index>(j)]);
  }
}

inline void pass_linear_step(LinearColumns& columns, const SimpleImputer& step) {
  if (step.options().add_indicator) columns.refuse("adds indicators, which a model file cannot say");
  const Eigen::VectorXd statistics = step.statistics();
  Eigen::Index number = 0;
  for (const std::string& name : step.get_feature_names_out()) {
    const LinearColumns::Column& column = columns.at(name);
    if (!column.encoded && is_text(column.dtype)) {
      columns.fill(name, step.statistic(name));
    } else {
      columns.fill(name, statistics[number++]);
    }
  }
}

/// What a missing text counts as, of which an encoder knows nothing: one that stands for it, or one that is not known.
/// Gives the place of that among the file's, if it is one.
inline std::optional<std::size_t> missing_as(CategoricalFeature& feature, const std::optional<std::string>& fill) {
  feature.missing = MissingText::category;
  for (std::size_t k = 0; fill && k < feature.categories.size(); ++k) {
    if (feature.categories[k] == *fill) return k;
  }
  if (feature.unseen == Unseen::other) return feature.categories.size();
  feature.missing = feature.unseen == Unseen::ignore ? MissingText::ignore : MissingText::error;
  return std::nullopt;
}

/// The place of category k among a file's, where the missing value stands behind the others.
inline std::size_t place_of_category(const CategoricalFeature& feature, std::size_t k, std::int32_t missing) {
  if (missing >= 0 && k == static_cast<std::size_t>(missing)) return feature.columns() - 1;
  return missing >= 0 && k > static_cast<std::size_t>(missing) ? k - 1 : k;
}

inline void pass_linear_step(LinearColumns& columns, const OneHotEncoder& step) {
  const std::vector<std::string> made = step.get_feature_names_out();
  for (const std::string& name : step.source_columns()) {
    const std::int32_t missing = step.missing_category(name);
    CategoricalFeature& feature = columns.encode(name, step.categories(name), missing);
    const UnknownCategory unknown = step.options().handle_unknown;
    feature.unseen = unknown == UnknownCategory::ignore  ? Unseen::ignore
                     : unknown == UnknownCategory::other ? Unseen::other
                                                         : Unseen::error;
    const MissingCategory absent = step.options().missing;
    const LinearColumns::Column source = columns.at(name);
    std::optional<std::size_t> shared;  // the place whose column is that of a missing text too
    if (source.fill_text) {
      shared = missing_as(feature, source.fill_text);
    } else if (absent != MissingCategory::category) {
      feature.missing = absent == MissingCategory::ignore ? MissingText::ignore : MissingText::error;
    } else if (missing >= 0) {
      feature.missing = MissingText::category;
    } else {  // a category of its own that has not come yet is one that is not known
      shared = missing_as(feature, std::nullopt);
    }
    const std::vector<std::int32_t> places = step.places(name);
    const std::size_t count = feature.columns();
    const auto add = [&](std::int32_t place, std::size_t one) {
      LinearColumns::Column column{.source = source.source, .dtype = source.dtype, .encoded = true};
      column.values.assign(count, 0);
      column.values[one] = 1;
      if (shared == one) column.values[count - 1] = 1;
      columns.add(made[static_cast<std::size_t>(place)], std::move(column));
    };
    columns.remove(name);
    for (std::size_t k = 0; k + 1 < places.size(); ++k) {
      if (places[k] >= 0) add(places[k], place_of_category(feature, k, missing));
    }
    if (places.back() >= 0) add(places.back(), feature.categories.size());
  }
}

inline void pass_linear_step(LinearColumns& columns, const OrdinalEncoder& step) {
  for (const std::string& name : step.get_feature_names_out()) {
    const std::int32_t missing = step.missing_category(name);
    CategoricalFeature& feature = columns.encode(name, step.categories(name), missing);
    const bool other = step.options().handle_unknown == UnknownCategory::other;
    const bool own = step.options().missing == MissingCategory::category;
    feature.unseen = other ? Unseen::other : Unseen::error;
    LinearColumns::Column& column = columns.at(name);
    std::optional<std::size_t> shared;
    if (column.fill_text) {
      shared = missing_as(feature, column.fill_text);
    } else {
      feature.missing = own && (missing >= 0 || other) ? MissingText::category : MissingText::error;
    }
    column.encoded = true;
    column.values.assign(feature.columns(), step.options().unknown_value);
    const std::size_t codes = feature.categories.size() + (missing >= 0 ? 1 : 0);
    for (std::size_t k = 0; k < codes; ++k) {
      column.values[place_of_category(feature, k, missing)] = static_cast<double>(k);
    }
    if (shared) column.values.back() = column.values[*shared];
  }
}

template <class Selector>
void pass_linear_selector(LinearColumns& columns, const Selector& step) {
  const std::vector<bool>& support = step.get_support();
  for (std::size_t j = 0; j < support.size(); ++j) {
    if (!support[j]) columns.give_up(step.feature_names_in()[j]);
  }
}
inline void pass_linear_step(LinearColumns& columns, const VarianceThreshold& step) {
  pass_linear_selector(columns, step);
}
inline void pass_linear_step(LinearColumns& columns, const CorrelationFilter& step) {
  pass_linear_selector(columns, step);
}

/// A step that a model file has no words for.
template <class Step>
void pass_linear_step(LinearColumns& columns, const Step& /*step*/) {
  if constexpr (requires { Step::state_kind; }) {
    columns.refuse("(" + std::string(Step::state_kind) + ") cannot be written as a model file");
  } else {
    columns.refuse("cannot be written as a model file");
  }
}

inline LinearModelSpec linear_spec(LinearColumns& columns, const std::vector<std::string>& names,
                                   const SgdRegressor& model) {
  if (model.options().loss.kind() == LossKind::poisson) {
    columns.refuse("predicts exp of the score, as its loss is poisson; a model file has none such");
  }
  const Eigen::VectorXd coef = model.coef();
  LinearModelSpec spec = columns.spec(names, {coef.begin(), coef.end()}, model.intercept());
  spec.kind = LinearModelKind::linear;
  return spec;
}
inline LinearModelSpec linear_spec(LinearColumns& columns, const std::vector<std::string>& names,
                                   const SgdClassifier& model) {
  if (model.classes().size() != 2) {
    columns.refuse("knows " + std::to_string(model.classes().size()) + " classes; a model file has 2");
  }
  const SgdClassifier::Coef coef = model.coef();
  LinearModelSpec spec = columns.spec(names, {coef.data(), coef.data() + coef.size()}, model.intercept()[0]);
  spec.kind = model.options().loss.kind() == LossKind::log_loss ? LinearModelKind::logistic : LinearModelKind::linear;
  return spec;
}

template <class Model>
LinearModelSpec linear_spec_of(const Schema& schema, const std::vector<std::string>& names, const Model& model,
                               const auto& pass) {
  LinearColumns columns(schema);
  pass(columns);
  columns.begin_step("the model");
  if (model.n_features() == 0) columns.refuse("has learnt nothing");
  if (names.size() != model.n_features()) {
    columns.refuse("has " + std::to_string(model.n_features()) + " features, but there are " +
                   std::to_string(names.size()) + " names");
  }
  return linear_spec(columns, names, model);
}

}  // namespace detail

/// What a model file says of a learner and the names of its features, which are columns of numbers.
///
/// An SgdRegressor gives a linear model; an SgdClassifier of two classes with log_loss a logistic one, whose score is
/// the probability of the larger label, and with other losses a linear one, whose score is decision_function's. The
/// file's scores are the learner's up to rounding: within 1e-12 of the sum of the magnitudes of the score's terms.
/// @throws std::invalid_argument for a learner that has learnt nothing, has more than two classes or the poisson loss,
/// or another number of features.
template <class Model>
  requires std::derived_from<Model, SgdRegressor> || std::derived_from<Model, SgdClassifier>
[[nodiscard]] LinearModelSpec to_linear_model(const Model& model, const std::vector<std::string>& feature_names) {
  Schema schema;
  for (const std::string& name : feature_names) schema.fields.push_back({.name = name});
  return detail::linear_spec_of(schema, feature_names, model, [](detail::LinearColumns&) {});
}

/// What a model file says of a pipeline that has learnt tables: StandardScaler, MinMaxScaler without clip,
/// MaxAbsScaler, RobustScaler, SimpleImputer without indicators, OneHotEncoder and OrdinalEncoder of texts,
/// VarianceThreshold and CorrelationFilter, in any order, and a model as above. A number that is missing makes the
/// score NaN, as in the pipeline; where a text makes the pipeline's NaN, the file's model refuses the row.
/// PipelineOptions are not written: a frame has all columns.
/// @throws std::invalid_argument that names the step which a model file has no words for; as above.
template <class... Steps>
  requires(Pipeline<Steps...>::has_model)
[[nodiscard]] LinearModelSpec to_linear_model(const Pipeline<Steps...>& pipeline) {
  if (pipeline.schema_in().fields.empty()) {
    throw std::invalid_argument(
        "to_linear_model: a pipeline that has learnt no table; the columns of a model file have names");
  }
  return detail::linear_spec_of(pipeline.schema_in(), pipeline.get_feature_names_out(), pipeline.model(),
                                [&](detail::LinearColumns& columns) {
                                  [&]<std::size_t... I>(std::index_sequence<I...>) {
                                    ((columns.begin_step("step " + std::to_string(I)),
                                      detail::pass_linear_step(columns, pipeline.template step<I>())),
                                     ...);
                                  }(std::make_index_sequence<Pipeline<Steps...>::transformers>());
                                });
}

}  // namespace v0
}  // namespace penstock
