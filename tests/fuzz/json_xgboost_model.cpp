// SPDX-License-Identifier: MIT
// Any bytes are a model or an error, and a model that was read predicts whatever the row.
#include "penstock/adapters/json/xgboost_model.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<TreeEnsemble> model = parse_xgboost_model(text, "fuzz");
  if (!model) return model.error().what()[0] == '\0' ? std::abort(), 0 : 0;
  if (model->n_features() > 1000) return 0;  // a row would cost gigabytes, which is the caller's choice
  std::vector<float> rows(11 * model->n_features());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = i % 7 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i % 13) - 6.0F;
  }
  std::vector<float> all(11 * model->n_outputs());
  model->outputs(std::span<const float>(rows), std::span(all));
  std::vector<float> one(model->n_outputs());
  model->outputs(std::span<const float>(rows).first(model->n_features()), std::span(one));
  for (std::size_t k = 0; k < one.size(); ++k) {
    if (!(one[k] == all[k]) && one[k] == one[k]) std::abort();
  }
  return 0;
}
