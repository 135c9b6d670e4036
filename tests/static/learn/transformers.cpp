// SPDX-License-Identifier: MIT
// The smallest transformers, and what is none.
#include "penstock/learn/transformer.hpp"

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace penstock;

struct Smallest {
  void partial_fit(const RecordBatch& /*x*/) {}
  RecordBatch partial_fit_transform(const RecordBatch& x) { return x; }
  RecordBatch transform(const RecordBatch& x) const { return x; }
  std::vector<std::string> get_feature_names_out() const { return {}; }
};
struct SmallestOfMatrices {
  void partial_fit(const FeatureMatrix& /*x*/) {}
  FeatureMatrix partial_fit_transform(const FeatureMatrix& x) { return x; }
  FeatureMatrix transform(const FeatureMatrix& x) const { return x; }
  std::vector<std::string> get_feature_names_out() const { return {}; }
};
struct Supervised {
  void partial_fit(const RecordBatch& /*x*/, std::span<const double> /*y*/) {}
  RecordBatch partial_fit_transform(const RecordBatch& x, std::span<const double> /*y*/) { return x; }
  RecordBatch transform(const RecordBatch& x) const { return x; }
  std::vector<std::string> get_feature_names_out() const { return {}; }
};
struct ChangesWhenItTransforms {
  void partial_fit(const RecordBatch& /*x*/) {}
  RecordBatch partial_fit_transform(const RecordBatch& x) { return x; }
  RecordBatch transform(const RecordBatch& x) { return x; }
  std::vector<std::string> get_feature_names_out() const { return {}; }
};
struct CannotBeCopied : Smallest {
  std::unique_ptr<int> own{};
};
struct Restorable : Smallest {
  void keep() {}
  void restore() {}
};

static_assert(transformer<Smallest> && !supervised_transformer<Smallest>);
static_assert(transformer<Supervised> && !unsupervised_transformer<Supervised>);
static_assert(transformer<SmallestOfMatrices, FeatureMatrix> && !transformer<SmallestOfMatrices>);
static_assert(!transformer<Smallest, FeatureMatrix>);
static_assert(!transformer<ChangesWhenItTransforms>);
static_assert(!transformer<CannotBeCopied>);
static_assert(restorable<Restorable> && !restorable<Smallest>);
static_assert(std::is_same_v<transformed_t<RecordBatch>, RecordBatch>);
static_assert(std::is_same_v<transformed_t<Eigen::MatrixXd>, FeatureMatrix>);

[[maybe_unused]] void instantiate() {
  Smallest step;
  detail::learn_step(step, RecordBatch(), {});
  static_cast<void>(detail::learn_and_transform_step(step, RecordBatch(), {}));
  Supervised other;
  detail::learn_step(other, RecordBatch(), {});
  static_cast<void>(detail::learn_and_transform_step(other, RecordBatch(), {}));
}

}  // namespace
