// SPDX-License-Identifier: MIT
#pragma once

// What regressors and classifiers share: one linear model an output, learnt from the same rows, all or nothing.

#include "penstock/config.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/learn/decay.hpp"
#include "penstock/learn/linear_state.hpp"
#include "penstock/learn/options.hpp"
#include "penstock/learn/row_order.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/sgd_output.hpp"
#include "penstock/learn/sgd_step.hpp"

#include <algorithm>  // fill, min
#include <cmath>      // floor
#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // uintptr_t
#include <limits>     // numeric_limits
#include <numeric>    // iota
#include <utility>    // move
#include <variant>    // holds_alternative
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The models of all outputs, and the clock that counts the rows they have learnt.
class SgdCore {
 public:
  /// `options` have been resolved and checked.
  explicit SgdCore(const SgdOptions& options)
      : plan_(options),
        kind_(options.arithmetic == Arithmetic::strict ? KernelKind::strict
              : Avx2Kernel::supported()                ? KernelKind::avx2
                                                       : KernelKind::portable) {}

  std::vector<SgdOutput> outputs{};
  double t = 1;
  std::size_t features = 0;

  [[nodiscard]] const SgdPlan& plan() const noexcept { return plan_; }

  /// An output that knows nothing yet.
  [[nodiscard]] SgdOutput fresh_output() const {
    SgdOutput output;
    LinearState& s = output.state;
    s.coef.assign(features, 0);
    if (plan_.average > 0) s.average.assign(features, 0);
    if (plan_.plain && (plan_.penalty == Penalty::l1 || plan_.penalty == Penalty::elasticnet)) {
      s.l1_applied.assign(features, 0);
    }
    if (!plan_.plain) s.second.assign(features, 0);
    if (std::holds_alternative<Adam>(plan_.optimiser) || std::holds_alternative<FtrlProximal>(plan_.optimiser)) {
      s.first.assign(features, 0);
    }
    return output;
  }

  /// An output that sets out from what another one publishes.
  [[nodiscard]] SgdOutput warm_output(const SgdOutput& other) const {
    SgdOutput output = fresh_output();
    for (std::size_t j = 0; j < features; ++j) output.state.coef[j] = coefficient(other, j);
    output.state.scalars.intercept = intercept(other);
    return output;
  }

  /// Adds features of which nothing is known yet: all that there was stays as it is, bit by bit. Learning goes on as if
  /// they had been 0 in all rows so far, l1 included, which has been applied to them without effect.
  void grow(std::size_t more) {
    if (features == 0) return;
    std::vector<SgdOutput> grown = outputs;
    for (SgdOutput& output : grown) {
      LinearState& s = output.state;
      for (LinearVector* values : {&s.coef, &s.average, &s.l1_applied, &s.first, &s.second}) {
        if (!values->empty()) values->resize(features + more, 0);
      }
    }
    outputs = std::move(grown);
    features += more;
  }

  /// Shows the outputs and the clock to a visitor of states. What is loaded is as large as the options ask, and finite.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v("t", self.t);
    v.require(is_finite_bits(self.t) && self.t >= 1 && self.t == std::floor(self.t), "t", "a whole number from 1");
    v("n_features", self.features);
    v.array(
        "outputs", self.outputs,
        [&](auto& output, auto& o) {
          o("positive_weight", output.positive_weight);
          o("negative_weight", output.negative_weight);
          o("stale_intercept", output.stale_intercept);
          o("positive", output.positive);
          visit_numbers(output.state, o);
          if constexpr (Visitor::loading) self.check_loaded(output, o);
        },
        SgdOutput{});
    v.require(self.outputs.empty() == (self.features == 0), "n_features", "features where there are outputs");
    if constexpr (Visitor::loading) self.kept_.clear();
  }

  /// Keeps the outputs as they are, to come back to them by `restore`.
  void keep() {
    if (kept_.size() == outputs.size() && kept_features_ == features) {
      for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k].copy_to(kept_[k]);
    } else {
      kept_ = outputs;
    }
    kept_t_ = t;
    kept_features_ = features;
  }
  void restore() {
    outputs = kept_;
    t = kept_t_;
    features = kept_features_;
  }

  /// Learns output k from `count` rows in that order, or, where `order` is null, from the first ones; gives the row
  /// that was refused, or no_row.
  template <class Source, class TargetsOf>
  std::size_t learn_output(const Source& source, const std::size_t* order, std::size_t count, std::size_t k,
                           const TargetsOf& targets, const double* weights, const SgdPass& pass) {
    std::size_t refused = no_row;
    const std::size_t block = pass.checked ? 1 : is_loaded<Source> ? block_rows : count;
    for (std::size_t first = 0; first < count && refused == no_row; first += block) {
      refused = learn_block(source, order, first, std::min(block, count - first), k, k + 1, targets, weights, pass);
    }
    return refused;
  }

  [[nodiscard]] bool outputs_finite() {
    bool good = true;
    with_kernel([&]<class Kernel>(Kernel) {
      for (const SgdOutput& output : outputs) good = good && all_finite<Kernel>(output.state);
    });
    return good;
  }

  PENSTOCK_COLD [[noreturn]] static void refuse(std::size_t row) {
    throw Error({.row = row + 1}, "a row whose features or whose step are not finite",
                "finite numbers; the model is as it was before the call");
  }

  /// Learns one row in place, if that is safe and simple; false: nothing has changed.
  template <class Source>
  bool learn_at_once(const Source& source, const SgdTargets& targets, const double* weights) {
    bool learnt = false;
    if constexpr (std::same_as<Source, DirectRows>) {
      if (source.rows != 1 || outputs.size() != 1 || !is_lean(plan_)) return false;
      const DenseTask task = task_of(source, false, nullptr, 0, 1, outputs[0], targets, weights);
      with_kernel([&]<class Kernel>(Kernel) {
        learnt = learn_single<Kernel>(outputs[0].state, plan_, task, t, outputs[0].reach);
      });
    }
    return learnt;
  }

  /// Learns all rows once. `prepare()` readies the outputs for the call, `targets(k)` gives the targets of output k,
  /// and `seed(k)` the seed of its order, or nothing. Either all rows are learnt, or none and an exception says why.
  template <class Source, class Prepare, class TargetsOf, class SeedOf>
  void learn(const Source& source, const Prepare& prepare, const TargetsOf& targets, const double* weights,
             const SeedOf& seed) {
    keep();
    std::size_t row = no_row;
    try {
      prepare();
      row = learn_all(source, targets, weights, seed, {.eta = plan_.eta0});
      bool good = row == no_row;
      good = good && outputs_finite();
      if (good) return;
      restore();
      prepare();
      row = learn_all(source, targets, weights, seed, {.eta = plan_.eta0, .checked = true});
    } catch (...) {  // a loss or schedule of the caller's, or no memory
      restore();
      throw;
    }
    restore();
    refuse(row);
  }

  /// scikit-learn's end of a call: nothing stays lazy, and the sums of l1 are forgotten at its start.
  void settle_all() {
    for (SgdOutput& output : outputs) settle(output.state);
  }
  void forget_l1() {
    for (SgdOutput& output : outputs) {
      output.state.scalars.l1_total = 0;
      std::fill(output.state.l1_applied.begin(), output.state.l1_applied.end(), 0.0);
    }
  }

  /// See SgdRegressor::decay; `who` is told where `keep` cannot be.
  void decay(const char* who, double keep) {
    check_decay(who, keep);
    if (keep == 1) return;
    const double after = 1 + floor(keep * (t - 1));
    for (SgdOutput& output : outputs) {
      decay_state(output.state, plan_, keep, t, after);
      output.stale_intercept *= keep;
      output.reach = std::numeric_limits<double>::infinity();
    }
    t = after;
  }

  /// The score of a row by the last step, whatever is published; without the scale for sklearn_compat.
  template <class Row>
  [[nodiscard]] double raw_score(const SgdOutput& output, const Row& row, bool scaled) const noexcept {
    const double sum = row.template dot<StrictKernel>(output.state.coef.data());
    return product(sum, scaled ? output.state.scalars.scale : 1) + output.state.scalars.intercept;
  }

  /// Whether what is published is the average.
  [[nodiscard]] bool averaging() const noexcept { return plan_.average > 0 && plan_.average <= t - 1; }

  /// Coefficient j as it is published.
  [[nodiscard]] double coefficient(const SgdOutput& output, std::size_t j) const noexcept {
    const LinearState& s = output.state;
    const LinearScalars& v = s.scalars;
    if (!averaging()) return s.coef[j] * v.scale;
    if (v.average_a == 0) return s.average[j];
    return (s.average[j] + product(v.average_a, s.coef[j])) * (1 / v.average_b);
  }
  [[nodiscard]] double intercept(const SgdOutput& output) const noexcept {
    return averaging() ? output.state.scalars.average_intercept : output.state.scalars.intercept;
  }

  /// The score of a row.
  template <class Row>
  [[nodiscard]] double score(const SgdOutput& output, const Row& row) const noexcept {
    switch (kind_) {
      case KernelKind::strict: return score_by<StrictKernel>(output, row);
      case KernelKind::avx2: return score_by<Avx2Kernel>(output, row);
      case KernelKind::portable: break;
    }
    return score_by<PortableKernel>(output, row);
  }

  /// Calls f(i, row) for all rows in order.
  template <class Source, class F>
  static void for_each_row(const Source& source, F&& f) {
    if constexpr (is_loaded<Source>) {
      const std::size_t block = std::min<std::size_t>(source.rows, block_rows);
      std::vector<double> values(block * source.cols);
      for (std::size_t first = 0; first < source.rows; first += block) {
        const std::size_t count = std::min(block, source.rows - first);
        source.load(nullptr, first, count, values.data());
        for (std::size_t i = 0; i < count; ++i) {
          const double* x = values.data() + i * source.cols;
          f(first + i, DenseRow{x, source.cols});
        }
      }
    } else {
      for (std::size_t i = 0; i < source.rows; ++i) f(i, source.row_at(i));
    }
  }

 private:
  enum class KernelKind { strict, portable, avx2 };

  /// Refuses numbers that no learning leads to. What `reach` was is found again by the next step.
  template <class Visitor>
  void check_loaded(const SgdOutput& output, const Visitor& v) const {
    const LinearState& s = output.state;
    v.require(s.coef.size() == features, "coef", "as many numbers as features");
    const LinearState like = fresh_output().state;
    v.require(s.average.size() == like.average.size(), "average",
              "a number a feature if the model averages, else none");
    v.require(s.l1_applied.size() == like.l1_applied.size(), "l1_applied", "a number a feature with l1, else none");
    v.require(s.first.size() == like.first.size(), "first", "a number a feature if the optimiser has means, else none");
    v.require(s.second.size() == like.second.size(), "second",
              "a number a feature if the optimiser has squares, else none");
    v.require(s.scalars.scale > 0, "scale", "a number above 0");
    v.require(s.scalars.average_b > 0, "average_b", "a number above 0");
    v.require(is_finite_bits(output.positive_weight) && is_finite_bits(output.negative_weight) &&
                  is_finite_bits(output.stale_intercept) && all_finite<StrictKernel>(s),
              "coef", "finite numbers in all of the output");
    for (const double square : s.second) v.require(square >= 0, "second", "numbers from 0");
    v.require(s.scalars.intercept_second >= 0, "intercept_second", "a number from 0");
  }
  static constexpr std::size_t block_rows = 64;  // that stay in the nearest cache while each output learns them

  template <class F>
  void with_kernel(F&& f) {
    switch (kind_) {
      case KernelKind::strict: f(StrictKernel{}); break;
      case KernelKind::avx2: f(Avx2Kernel{}); break;
      case KernelKind::portable: f(PortableKernel{}); break;
    }
  }

  template <class Kernel, class Row>
  [[nodiscard]] double score_by(const SgdOutput& output, const Row& row) const noexcept {
    const LinearState& s = output.state;
    const LinearScalars& v = s.scalars;
    const double sum = row.template dot<Kernel>(s.coef.data());
    if (!averaging()) return product(sum, v.scale) + v.intercept;
    const double mean = (row.template dot<Kernel>(s.average.data()) + product(v.average_a, sum)) / v.average_b;
    return mean + v.average_intercept;
  }

  /// Learns rows, and gives the first that is refused, or no_row.
  template <class Source, class TargetsOf, class SeedOf>
  std::size_t learn_all(const Source& source, const TargetsOf& targets, const double* weights, const SeedOf& seed,
                        const SgdPass& pass) {
    std::size_t refused = no_row;
    const double start = t;
    if (seed(0)) {
      order_.resize(source.rows);
      for (std::size_t k = 0; k < outputs.size() && refused == no_row; ++k) {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        shuffle(order_, *seed(k));
        t = start;
        refused = learn_output(source, order_.data(), source.rows, k, targets, weights, pass);
      }
      return refused;
    }
    const std::size_t block = pass.checked ? 1 : is_loaded<Source> || outputs.size() > 1 ? block_rows : source.rows;
    for (std::size_t first = 0; first < source.rows && refused == no_row; first += block) {
      refused = learn_block(source, nullptr, first, std::min(block, source.rows - first), 0, outputs.size(), targets,
                            weights, pass);
    }
    return refused;
  }

  template <class Source, class TargetsOf>
  std::size_t learn_block(const Source& source, const std::size_t* order, std::size_t first, std::size_t count,
                          std::size_t first_output, std::size_t last_output, const TargetsOf& targets,
                          const double* weights, const SgdPass& pass) {
    std::size_t refused = no_row;
    const double start = t;
    const auto run = [&](const auto& rows, bool local) {
      with_kernel([&]<class Kernel>(Kernel) {
        for (std::size_t k = first_output; k < last_output && refused == no_row; ++k) {
          t = start;
          const SgdTargets y = targets(k);
          refused = run_rows<Kernel>(rows, local, order, first, count, outputs[k], y, weights, pass);
          if (pass.checked && refused == no_row && !all_finite<Kernel>(outputs[k].state)) {
            refused = order == nullptr ? first : order[first];
          }
        }
      });
    };
    if constexpr (is_loaded<Source>) {
      values_.resize(block_rows * source.cols);
      source.load(order, first, count, values_.data());
      run(DirectRows{values_.data(), static_cast<std::ptrdiff_t>(source.cols), count, source.cols}, true);
    } else {
      run(source, false);
    }
    return refused;
  }

  static DenseTask task_of(const DirectRows& rows, bool local, const std::size_t* order, std::size_t first,
                           std::size_t count, const SgdOutput& output, const SgdTargets& targets,
                           const double* weights) noexcept {
    return {rows.data,
            rows.stride,
            rows.cols,
            order,
            first,
            count,
            local,
            targets.values,
            targets.stride,
            targets.codes,
            targets.positive,
            output.positive_weight,
            output.negative_weight,
            weights};
  }

  /// Whether rows are more than a cache holds, and so long that to read each of them a second time takes time, but no
  /// longer than that three fit the nearest cache.
  static bool comes_from_memory(std::size_t rows, std::size_t cols) noexcept {
    constexpr std::size_t least = 256, most = 1024;
    constexpr std::size_t values = (std::size_t{16} << 20) / sizeof(double);
    return cols >= least && cols <= most && rows >= values / cols;
  }

  /// Learns such rows. Those that stream through the nearest cache are not found there a second time, for their step;
  /// a copy is, if it lies elsewhere in its page than the coefficients. It costs stores.
  template <class Kernel>
  PENSTOCK_NOINLINE std::size_t learn_from_memory(LinearState& state, const DenseTask& task, const SgdPass& pass) {
    if constexpr (Kernel::keeps_rows) {
      constexpr std::size_t page = 4096 / sizeof(double);
      kept_row_.resize(task.features + page);
      const auto place = [](const double* p) { return reinterpret_cast<std::uintptr_t>(p) / sizeof(double); };
      double* const kept = kept_row_.data() + (place(state.coef.data()) + page / 2 - place(kept_row_.data())) % page;
      if (pass.loss_sum == nullptr) return learn_lean<Kernel>(state, plan_, task, pass.eta, t, nullptr, kept);
      return learn_lean<Kernel>(state, plan_, task, pass.eta, t, pass.loss_sum, kept);
    }
    return 0;
  }

  /// The loop over rows. Out of line: one row alone takes the very same instructions as a row among many. `local` says
  /// that `rows` holds the block alone, in the order in which it is learnt.
  template <class Kernel, class Rows>
  PENSTOCK_NOINLINE std::size_t run_rows(const Rows& rows, bool local, const std::size_t* order, std::size_t first,
                                         std::size_t count, SgdOutput& output, const SgdTargets& targets,
                                         const double* weights, const SgdPass& pass) {
    output.reach = std::numeric_limits<double>::infinity();
    const auto place = [&](std::size_t i) { return order == nullptr ? first + i : order[first + i]; };
    const auto target = [&](std::size_t i) { return targets[place(i)]; };
    const auto weight = [&](std::size_t i) {
      const double side = target(i) > 0 ? output.positive_weight : output.negative_weight;
      return weights == nullptr ? side : side * weights[place(i)];
    };
    if constexpr (std::same_as<Rows, DirectRows>) {
      if (is_lean(plan_)) {
        const DenseTask task = task_of(rows, local, order, first, count, output, targets, weights);
        std::size_t learnt = 0;
        if (Kernel::keeps_rows && comes_from_memory(count, rows.cols)) {
          learnt = learn_from_memory<Kernel>(output.state, task, pass);
        } else if (pass.loss_sum == nullptr) {
          learnt = learn_lean<Kernel>(output.state, plan_, task, pass.eta, t, nullptr, nullptr);
        } else {
          learnt = learn_lean<Kernel>(output.state, plan_, task, pass.eta, t, pass.loss_sum, nullptr);
        }
        return learnt == count ? no_row : place(learnt);
      }
    }
    LinearScalars v = output.state.scalars;
    std::size_t refused = no_row;
    for (std::size_t i = 0; i < count; ++i) {
      const StepResult result = sgd_step<Kernel>(output.state, v, plan_, rows.row_at(local ? i : place(i)), target(i),
                                                 weight(i), pass.eta, t, pass.loss_sum);
      if (result == StepResult::refused) {
        refused = place(i);
        break;
      }
      if (result == StepResult::learnt) t += 1;
    }
    output.state.scalars = v;
    return refused;
  }

  SgdPlan plan_;
  KernelKind kind_;
  std::vector<SgdOutput> kept_{};
  double kept_t_ = 1;
  std::size_t kept_features_ = 0;
  std::vector<std::size_t> order_{};
  std::vector<double> values_{};
  LinearVector kept_row_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
