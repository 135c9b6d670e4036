// SPDX-License-Identifier: MIT
#pragma once

// What a linear learner was made with, as its saved state records it; core/state.hpp says what a visitor is.
//
//     visitor.object("options", [&](auto& o) { detail::visit_options(options_, o); });

#include "penstock/learn/optimiser.hpp"
#include "penstock/learn/options.hpp"

#include <string_view>  // string_view
#include <variant>      // get_if
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// A loss or schedule of one's own is recorded as "own": that it is the same one is the caller's promise.
template <class Visitor>
void visit_options(const SgdOptions& o, Visitor& v) {
  v.option("loss", to_string(o.loss.kind()));
  v.option("loss_parameter", o.loss.parameter());
  v.option("penalty", to_string(o.penalty));
  v.option("alpha", o.alpha);
  v.option("l1_ratio", o.l1_ratio);
  v.option("fit_intercept", o.fit_intercept);
  v.option("learning_rate", to_string(o.learning_rate.kind()));
  v.option("eta0", o.eta0);
  v.option("power_t", o.power_t);
  v.option("average", o.average);
  v.option("shuffle", o.shuffle);
  v.option("random_state", o.random_state);
  v.option("arithmetic", std::string_view(o.arithmetic == Arithmetic::strict ? "strict" : "fast"));
  v.option("sklearn_compat", o.sklearn_compat);
  v.option("C", o.C);
  v.object("optimiser", [&o](auto& optimiser) {
    if (const auto* adagrad = std::get_if<AdaGrad>(&o.optimiser)) {
      optimiser.option("name", std::string_view("adagrad"));
      optimiser.option("epsilon", adagrad->epsilon);
    } else if (const auto* adam = std::get_if<Adam>(&o.optimiser)) {
      optimiser.option("name", std::string_view("adam"));
      optimiser.option("beta1", adam->beta1);
      optimiser.option("beta2", adam->beta2);
      optimiser.option("epsilon", adam->epsilon);
    } else if (const auto* ftrl = std::get_if<FtrlProximal>(&o.optimiser)) {
      optimiser.option("name", std::string_view("ftrl"));
      optimiser.option("beta", ftrl->beta);
    } else {
      optimiser.option("name", std::string_view("plain"));
    }
  });
  v.option("max_iter", o.max_iter);
  v.option("tol", o.tol);
  v.option("early_stopping", o.early_stopping);
  v.option("validation_fraction", o.validation_fraction);
  v.option("n_iter_no_change", o.n_iter_no_change);
  v.option("warm_start", o.warm_start);
  v.option("sparse_intercept_decay", o.sparse_intercept_decay);
  v.option("classes", o.classes);
  std::vector<double> weights;  // label, weight, label, weight ...
  for (const ClassWeight& weight : o.class_weight) {
    weights.push_back(weight.label);
    weights.push_back(weight.weight);
  }
  v.option("class_weight", weights);
  v.option("balanced_classes", o.balanced_classes);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
