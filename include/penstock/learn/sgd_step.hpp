// SPDX-License-Identifier: MIT
#pragma once

// One row of stochastic gradient descent, in scikit-learn's order of operations (1.2.1; Bottou's tricks: a scale for
// all coefficients, a lazy average; Tsuruoka, Tsujii and Ananiadou 2009: cumulative l1).

#include "penstock/core/math.hpp"
#include "penstock/learn/adaptive_step.hpp"
#include "penstock/learn/kernels.hpp"
#include "penstock/learn/linear_state.hpp"
#include "penstock/learn/options.hpp"

#include <cmath>        // pow
#include <cstddef>      // ptrdiff_t, size_t
#include <cstdint>      // int32_t
#include <type_traits>  // is_same_v
#include <variant>      // holds_alternative

namespace penstock {
inline namespace v0 {
namespace detail {

/// Options as the step wants them.
struct SgdPlan {
  Loss loss;
  LearningRate rate;
  LearningRateKind rate_kind;
  Penalty penalty;
  bool fit_intercept;
  bool hinge;  // the passive-aggressive step takes its sign from y
  bool plain;  // PlainSgd
  double alpha, l1_ratio, eta0, power_t, C;
  double optimal_start = 0;  // t0 of the optimal schedule
  double average;            // first t that is averaged; 0: none
  double sparse_intercept_decay;
  Optimiser optimiser;

  explicit SgdPlan(const SgdOptions& o)
      : loss(o.loss),
        rate(o.learning_rate),
        rate_kind(o.learning_rate.kind()),
        penalty(o.penalty),
        fit_intercept(o.fit_intercept),
        hinge(o.loss.kind() == LossKind::hinge || o.loss.kind() == LossKind::perceptron),
        plain(std::holds_alternative<PlainSgd>(o.optimiser)),
        alpha(o.alpha),
        l1_ratio(o.penalty == Penalty::l1           ? 1
                 : o.penalty == Penalty::elasticnet ? o.l1_ratio
                                                    : 0),
        eta0(o.eta0),
        power_t(o.power_t),
        C(o.C),
        average(static_cast<double>(o.average)),
        sparse_intercept_decay(o.sparse_intercept_decay),
        optimiser(o.optimiser) {
    if (rate_kind == LearningRateKind::optimal) {
      const double typical = square_root(1 / square_root(alpha));
      const double slope = loss.dloss(-typical, 1);
      const double first = typical / (slope > 1 ? slope : 1);  // 1 in effect: a loss falls where p is below y
      optimal_start = 1 / product(first, alpha);
    }
  }
};

/// t^e without pow where roots will do: what schedules ask for most often.
inline double fast_power(double t, double e) noexcept {
  if (e == 0.5) return square_root(t);
  if (e == 0.25) return square_root(square_root(t));
  return std::pow(t, e);
}

template <class Kernel>
[[gnu::always_inline]] inline double step_length(const SgdPlan& plan, double eta, double t) {
  switch (plan.rate_kind) {
    case LearningRateKind::optimal: return 1 / product(plan.alpha, plan.optimal_start + t - 1);
    case LearningRateKind::invscaling:
      if constexpr (std::is_same_v<Kernel, StrictKernel>) return plan.eta0 / std::pow(t, plan.power_t);
      return plan.eta0 / fast_power(t, plan.power_t);
    case LearningRateKind::own: return plan.rate.own(t);
    default: return eta;
  }
}

/// A row whose values lie one behind the other.
struct DenseRow {
  static constexpr bool is_sparse = false;

  const double* x;
  std::size_t size;

  template <class Kernel>
  [[nodiscard]] double dot(const double* w) const noexcept {
    return Kernel::dot(w, x, size);
  }
  template <class Kernel>
  void add(double* w, double c) const noexcept {
    Kernel::add(w, x, c, size);
  }
  template <class F>
  void each(F&& f) const {
    for (std::size_t j = 0; j < size; ++j) f(j, x[j]);
  }
};

/// A row of which only some values are not 0.
struct SparseRow {
  static constexpr bool is_sparse = true;

  const double* values;
  const std::int32_t* places;
  std::size_t size;

  template <class Kernel>
  [[nodiscard]] double dot(const double* w) const noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum = fence(sum + product(w[places[i]], values[i]));
    return sum;
  }
  template <class Kernel>
  void add(double* w, double c) const noexcept {
    for (std::size_t i = 0; i < size; ++i) w[places[i]] += product(values[i], c);
  }
  template <class F>
  void each(F&& f) const {
    for (std::size_t i = 0; i < size; ++i) f(static_cast<std::size_t>(places[i]), values[i]);
  }
};

/// The squared length of a row.
template <class Row>
double squared_length(const Row& row) noexcept {
  double sum = 0;
  row.each([&](std::size_t, double x) { sum = fence(sum + product(x, x)); });
  return sum;
}

/// Brings the coefficients of a row's features to where the l1 penalty so far wants them, and no further than 0.
template <class Row>
void apply_l1(LinearState& s, double scale, double total, const Row& row) noexcept {
  row.each([&](std::size_t j, double) {
    double& w = s.coef[j];
    double& applied = s.l1_applied[j];
    const double before = w;
    if (product(scale, before) > 0) {
      const double moved = before - (total + applied) / scale;
      w = moved > 0 ? moved : 0;
    } else if (product(scale, before) < 0) {
      const double moved = before + (total - applied) / scale;
      w = moved < 0 ? moved : 0;
    }
    applied += product(scale, w - before);
  });
}

enum class StepResult { learnt, skipped, refused };

inline constexpr double smallest_scale = 1e-9;  // below it the coefficients are multiplied by it

/// What l2 leaves of the scale in a step.
inline double shrunk(const SgdPlan& plan, double scale, double eta) noexcept {
  if (!plan.plain || (plan.penalty != Penalty::l2 && plan.penalty != Penalty::elasticnet)) return scale;
  const double factor = 1 - product(product(1 - plan.l1_ratio, eta), plan.alpha);
  return scale * (factor > 0 ? factor : 0);
}

/// The slope of the loss, clipped as scikit-learn clips it.
[[gnu::always_inline]] inline double slope_of(const Loss& loss, double p, double y) {
  constexpr double steepest = 1e12;
  // The one that is asked for most does without a call.
  const double slope = loss.kind() == LossKind::squared_error ? p - y : loss.dloss(p, y);
  if (slope < -steepest) [[unlikely]]
    return -steepest;
  if (slope > steepest) [[unlikely]]
    return steepest;
  return slope;
}

/// The step that a row of score `p` asks for, before it is divided by the scale. Refused unless both are finite.
template <class Row>
[[gnu::always_inline]] inline StepResult find_update(const SgdPlan& plan, const Row& row, double p, double y,
                                                     double weight, double eta, double& update) {
  if (!is_finite_bits(p)) return StepResult::refused;
  if (plan.rate_kind == LearningRateKind::pa1 || plan.rate_kind == LearningRateKind::pa2) {
    const double length = squared_length(row);
    if (plan.rate_kind == LearningRateKind::pa1) {
      if (length == 0) return StepResult::skipped;
      update = plan.loss.loss(p, y) / length;
      if (plan.C < update) update = plan.C;
    } else {
      update = plan.loss.loss(p, y) / (length + 0.5 / plan.C);
    }
    if (plan.hinge) {
      update *= y;
    } else if (y - p < 0) {
      update = -update;
    }
  } else {
    update = product(-eta, slope_of(plan.loss, p, y));
  }
  update = product(update, weight);
  return is_finite_bits(update) ? StepResult::learnt : StepResult::refused;
}

/// Learns one row; `eta` is the length of constant steps. `weight` is the row's, its class's included. Refused is a row
/// whose score or step is not finite: the scalars `v`, which the caller keeps in registers, are then still as they
/// were.
template <class Kernel, class Row>
[[gnu::always_inline]] inline StepResult sgd_step(LinearState& s, LinearScalars& v, const SgdPlan& plan, const Row& row,
                                                  double y, double weight, double eta, double t, double* loss_sum) {
  // Off the path that leads from one row's score to the next row's: the machine computes these while it sums.
  eta = step_length<Kernel>(plan, eta, t);
  const double scale = shrunk(plan, v.scale, eta);

  const double p = product(row.template dot<Kernel>(s.coef.data()), v.scale) + v.intercept;
  if (loss_sum != nullptr) *loss_sum += plan.loss.loss(p, y);
  if (!plan.plain) {
    const double slope = slope_of(plan.loss, p, y) * weight;
    if (!is_finite_bits(p) || !is_finite_bits(slope) || !is_finite_bits(eta)) return StepResult::refused;
    adaptive_step(s, v, plan.optimiser,
                  {.slope = slope,
                   .eta = std::holds_alternative<FtrlProximal>(plan.optimiser) ? plan.eta0 : eta,
                   .t = t,
                   .l1 = plan.l1_ratio * plan.alpha,
                   .l2 = plan.penalty == Penalty::none ? 0 : (1 - plan.l1_ratio) * plan.alpha,
                   .fit_intercept = plan.fit_intercept,
                   .intercept_decay = Row::is_sparse ? plan.sparse_intercept_decay : 1},
                  row);
    return StepResult::learnt;
  }
  double update = 0;
  const StepResult result = find_update(plan, row, p, y, weight, eta, update);
  if (result != StepResult::learnt) return result;

  v.scale = scale;
  if (scale < smallest_scale) {
    s.scalars = v;
    settle(s);
    v = s.scalars;
  }
  const double inverse = 1 / v.scale;
  double step = 0;
  if constexpr (std::is_same_v<Kernel, StrictKernel>) {
    step = update / v.scale;
  } else {
    step = update * inverse;
  }
  if (update != 0) {
    row.template add<Kernel>(s.coef.data(), step);
    if (plan.fit_intercept) v.intercept += Row::is_sparse ? product(update, plan.sparse_intercept_decay) : update;
  }

  if (plan.average > 0 && plan.average <= t) {
    const double n = t - plan.average + 1;
    const double share = 1 / n;
    if constexpr (std::is_same_v<Kernel, StrictKernel>) {
      const double a = v.average_a;
      row.each([&](std::size_t j, double x) { s.average[j] += product(product(a, x), -step); });
    } else {
      row.template add<Kernel>(s.average.data(), v.average_a * -step);
    }
    if (n > 1) v.average_b /= 1 - share;
    v.average_a += product(product(share, v.average_b), v.scale);
    v.average_intercept += (v.intercept - v.average_intercept) / n;
  }

  if (plan.penalty == Penalty::l1 || plan.penalty == Penalty::elasticnet) {
    v.l1_total += product(product(plan.l1_ratio, eta), plan.alpha);
    apply_l1(s, v.scale, v.l1_total, row);
  }
  return StepResult::learnt;
}

/// Whether rows can be learnt by `learn_lean`.
inline bool is_lean(const SgdPlan& plan) noexcept {
  return plan.plain && plan.average == 0 && plan.penalty != Penalty::l1 && plan.penalty != Penalty::elasticnet;
}

/// Which dense rows are learnt, in which order, and what belongs to them. Plain members and no closures: the loop finds
/// them by one load each.
struct DenseTask {
  const double* x;
  std::ptrdiff_t stride;  // from row to row
  std::size_t features;
  const std::size_t* order;  // null: rows first, first + 1 ...
  std::size_t first, count;
  bool local;            // x holds these rows alone, in this order
  const double* values;  // targets, or null:
  std::ptrdiff_t value_stride;
  const std::int32_t* codes;  // +1 where the class is `positive`, -1 elsewhere
  std::int32_t positive;
  double positive_weight, negative_weight;
  const double* weights;  // null: 1

  [[nodiscard]] std::size_t place(std::size_t i) const noexcept {
    return order == nullptr ? first + i : order[first + i];
  }
  [[nodiscard]] const double* row(std::size_t i) const noexcept {
    return x + static_cast<std::ptrdiff_t>(local ? i : place(i)) * stride;
  }
  [[nodiscard]] double target(std::size_t i) const noexcept {
    if (values != nullptr) return values[static_cast<std::ptrdiff_t>(place(i)) * value_stride];
    return codes[place(i)] == positive ? 1 : -1;
  }
  [[nodiscard]] double weight(std::size_t i, double y) const noexcept {
    const double side = y > 0 ? positive_weight : negative_weight;
    return weights == nullptr ? side : side * weights[place(i)];
  }
};

/// The step of a row whose score is `p`: `update` on the intercept, `length` on coefficients of that scale. All but two
/// products are ready before the score is.
[[gnu::always_inline]] inline void find_fast_step(const SgdPlan& plan, double p, double y, double weight, double eta,
                                                  double scale, double& update, double& length) {
  const double gain = product(-eta, weight);
  const double ratio = gain / (scale < smallest_scale ? 1 : scale);
  const double slope = slope_of(plan.loss, p, y);
  update = product(gain, slope);
  length = product(ratio, slope);
}

/// Learns dense rows where nothing stands between one row's step and the next row's score: both happen in one pass over
/// the coefficients. Gives the number of rows learnt before one was refused. `loss_sum` is where losses are added up,
/// `kept_row` where a row is copied to as it is scored, to be found there for its step; or nullptr itself.
template <class Kernel, class LossSum, class KeptRow>
std::size_t learn_lean(LinearState& s, const SgdPlan& plan, const DenseTask task, double eta0, double& t,
                       LossSum loss_sum, KeptRow kept_row) {
  const std::size_t count = task.count;
  const std::size_t features = task.features;
  LinearScalars v = s.scalars;
  double* const w = s.coef.data();
  const bool passive = plan.rate_kind == LearningRateKind::pa1 || plan.rate_kind == LearningRateKind::pa2;
  const double* behind = nullptr;  // the row whose step is still to be added
  double step = 0;
  double now = t;
  std::size_t i = 0;
  for (; i < count; ++i) {
    const double* const x = task.row(i);
    const double y = task.target(i);
    const double weight = task.weight(i, y);
    const double eta = step_length<Kernel>(plan, eta0, now);
    const double scale = shrunk(plan, v.scale, eta);
    const double* stays = x;
    double sum = 0;
    if (behind == nullptr) {
      sum = Kernel::dot(w, x, features);
    } else if constexpr (std::is_null_pointer_v<KeptRow>) {
      sum = Kernel::add_dot(w, behind, step, x, features);
    } else {
      sum = Kernel::template add_dot<true>(w, behind, step, x, features, kept_row);
      stays = kept_row;
    }
    behind = nullptr;
    const double p = product(sum, v.scale) + v.intercept;
    if constexpr (!std::is_null_pointer_v<LossSum>) *loss_sum += plan.loss.loss(p, y);
    double update = 0;
    double length = 0;
    if (!std::is_same_v<Kernel, StrictKernel> && !passive) {
      find_fast_step(plan, p, y, weight, eta, scale, update, length);
      if (!is_finite_bits(p) || !is_finite_bits(update)) break;
    } else {
      const StepResult result = find_update(plan, DenseRow{x, features}, p, y, weight, eta, update);
      if (result == StepResult::refused) break;
      if (result == StepResult::skipped) continue;
      length = update / (scale < smallest_scale ? 1 : scale);
    }
    v.scale = scale;
    if (scale < smallest_scale) {
      s.scalars = v;
      settle(s);
      v = s.scalars;
    }
    if (update != 0) {
      step = length;
      behind = stays;
      if (plan.fit_intercept) v.intercept += update;
    }
    now += 1;
  }
  if (behind != nullptr) Kernel::add(w, behind, step, features);
  s.scalars = v;
  t = now;
  return i;
}

/// Learns one dense row as learn_lean does, if it can be told beforehand that all numbers stay finite: there is then
/// nothing to keep and nothing to look at afterwards. `reach` bounds the magnitudes in s.coef; infinite if not known.
/// False: nothing has changed.
template <class Kernel>
bool learn_single(LinearState& s, const SgdPlan& plan, const DenseTask& task, double& t, double& reach) {
  constexpr double far = 1e150;
  LinearScalars& v = s.scalars;
  const double* const x = task.row(0);
  const double y = task.target(0);
  const double eta = step_length<Kernel>(plan, plan.eta0, t);
  const double scale = shrunk(plan, v.scale, eta);
  if (scale < smallest_scale) return false;
  const double p = product(Kernel::dot(s.coef.data(), x, task.features), v.scale) + v.intercept;
  const bool passive = plan.rate_kind == LearningRateKind::pa1 || plan.rate_kind == LearningRateKind::pa2;
  double update = 0;
  double length = 0;
  if (!std::is_same_v<Kernel, StrictKernel> && !passive) {
    find_fast_step(plan, p, y, task.weight(0, y), eta, scale, update, length);
    if (!is_finite_bits(p) || !is_finite_bits(update)) return false;
  } else {
    const DenseRow row{x, task.features};
    if (find_update(plan, row, p, y, task.weight(0, y), eta, update) != StepResult::learnt) return false;
    length = update / scale;
  }
  if (!(reach < far)) reach = Kernel::reach(s.coef.data(), task.features);
  const double next_reach = reach + absolute(length) * Kernel::reach(x, task.features);
  const double intercept = plan.fit_intercept && update != 0 ? v.intercept + update : v.intercept;
  if (!(next_reach < far) || !(absolute(intercept) < far)) return false;
  if (update != 0) Kernel::add(s.coef.data(), x, length, task.features);
  reach = next_reach;
  v.scale = scale;
  v.intercept = intercept;
  t += 1;
  return true;
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
