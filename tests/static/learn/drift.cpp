// SPDX-License-Identifier: MIT
// What is a drift detector, and what is none.
#include "penstock/learn/drift/adwin.hpp"
#include "penstock/learn/drift/ddm.hpp"
#include "penstock/learn/drift/hddm_a.hpp"
#include "penstock/learn/drift/kswin.hpp"
#include "penstock/learn/drift/page_hinkley.hpp"
#include "penstock/learn/drift/reaction.hpp"
#include "penstock/learn/online_learner.hpp"
#include "penstock/learn/sgd.hpp"

#include <Eigen/Core>

#include <vector>

namespace {

using namespace penstock;

static_assert(drift_detector<Adwin>);
static_assert(drift_detector<PageHinkley>);
static_assert(drift_detector<Ddm>);
static_assert(drift_detector<Kswin>);
static_assert(drift_detector<HddmA> && stateful<HddmA>);

/// The smallest detector: neither copied nor made of nothing.
struct Smallest {
  explicit Smallest(int) {}
  Smallest(const Smallest&) = delete;
  Smallest& operator=(const Smallest&) = delete;
  DriftStatus update(double) { return DriftStatus::none; }
  bool detected() const { return false; }
  void reset() {}
};
struct SaysBool {
  bool update(double) { return false; }
  bool detected() const { return false; }
  void reset() {}
};
struct NotConst {
  DriftStatus update(double) { return DriftStatus::none; }
  bool detected() { return false; }
  void reset() {}
};
struct NoReset {
  DriftStatus update(double) { return DriftStatus::none; }
  bool detected() const { return false; }
};
static_assert(drift_detector<Smallest>);
static_assert(!drift_detector<SaysBool>);
static_assert(!drift_detector<NotConst>);
static_assert(!drift_detector<NoReset>);
static_assert(!drift_detector<double>);

static_assert(drift_detector<WithWarning<Smallest, Smallest>>);

static_assert(stateful<Adwin> && stateful<PageHinkley> && stateful<Ddm> && stateful<Kswin>);
static_assert(stateful<WithWarning<Adwin, Ddm>>);
static_assert(stateful<OnDrift<SgdRegressor, Adwin, SwapOnDrift>>);
static_assert(!stateful<WithWarning<Smallest, Adwin>>);

// Progressive evaluation takes a model that reacts.
static_assert(row_learner<OnDrift<SgdRegressor, Adwin, ResetOnDrift>>);
static_assert(chunk_learner<OnDrift<SgdRegressor, Adwin, ResetOnDrift>, RowMajorView>);
static_assert(chunk_learner<OnDrift<SgdClassifier, Ddm, SwapOnDrift, ZeroOneError>, Eigen::MatrixXd>);

/// The smallest learner of rows: it cannot be copied, and its answer is no double.
struct SmallestLearner {
  explicit SmallestLearner(int) {}
  SmallestLearner(SmallestLearner&&) = default;
  SmallestLearner& operator=(SmallestLearner&&) = default;
  void learn_one(const double* /*x*/, double /*y*/) {}
  float predict_one(const double* /*x*/) const { return 0; }
};
/// The smallest learner of chunks.
struct SmallestChunkLearner {
  void partial_fit(const double* /*x*/, const std::vector<int>& /*y*/) {}
  std::vector<float> predict(const double* /*x*/) const { return {}; }
};
struct SmallestPolicy {
  explicit SmallestPolicy(int) {}
  SmallestPolicy(SmallestPolicy&&) = default;
  void operator()(SmallestLearner&) {}
};
static_assert(drift_policy<SmallestPolicy, SmallestLearner>);
static_assert(!drift_policy<ResetOnDrift, SmallestLearner>, "nothing to put back without a copy");
static_assert(!drift_policy<SwapOnDrift, SmallestLearner>);
static_assert(!drift_policy<DecayOnDrift, SmallestLearner>, "it has no decay");
static_assert(drift_policy<ResetOnDrift, SmallestChunkLearner>);
static_assert(!drift_policy<int, SmallestChunkLearner>);

[[maybe_unused]] void smallest() {
  OnDrift<SmallestLearner, Adwin, SmallestPolicy> one(SmallestLearner(1), Adwin{}, SmallestPolicy(1));
  const double x[] = {1};
  one.learn_one(&x[0], 1);
  one.observe(1);
  OnDrift<SmallestChunkLearner, Adwin, SwapOnDrift, ZeroOneError> many({}, {}, {});
  many.partial_fit(&x[0], std::vector<int>{});
  (void)many.predict(&x[0]);
}

}  // namespace
