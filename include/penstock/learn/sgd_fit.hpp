// SPDX-License-Identifier: MIT
#pragma once

// Many epochs over the same rows, until they are no longer worth it.

#include "penstock/learn/options.hpp"
#include "penstock/learn/sgd_core.hpp"

#include <cstddef>   // size_t
#include <cstdint>   // uint8_t, uint32_t
#include <limits>    // numeric_limits
#include <numeric>   // iota
#include <optional>  // optional
#include <span>      // span
#include <vector>    // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// How well an output does on the rows that are held out: the part of right classes, or R^2, each row by its weight.
template <class Source>
double held_out_score(const SgdCore& core, const SgdOptions& options, const Source& source, const SgdOutput& output,
                      const SgdTargets& targets, const double* weights, std::span<const std::uint8_t> mask,
                      bool classes) {
  const auto weight = [&](std::size_t i) { return weights == nullptr ? 1.0 : weights[i]; };
  double total = 0;
  double mean = 0;
  for (std::size_t i = 0; i < source.rows; ++i) {
    if (mask[i] == 0) continue;
    total += weight(i);
    mean += weight(i) * targets[i];
  }
  mean /= total;
  double right = 0;
  double error = 0;
  double spread = 0;
  SgdCore::for_each_row(source, [&](std::size_t i, const auto& row) {
    if (mask[i] == 0) return;
    // scikit-learn scores coefficients before they are multiplied by their scale.
    const double p = core.raw_score(output, row, !options.sklearn_compat);
    const double y = targets[i];
    if ((p > 0) == (y > 0)) right += weight(i);
    error += weight(i) * (y - p) * (y - p);
    spread += weight(i) * (y - mean) * (y - mean);
  });
  if (classes) return right / total;
  if (spread == 0) return error == 0 ? 1 : 0;
  return 1 - error / spread;
}

/// What became of a fit.
struct FitOutcome {
  std::size_t epochs = 0;        // of the output that took most
  std::size_t refused = no_row;  // the row that was refused
};

/// Learns each output in epochs from t = 1, with `mask` 1 for the rows that are held out (or empty), until `tol` is not
/// won for n_iter_no_change epochs, or max_iter. The rules are scikit-learn's.
template <class Source, class TargetsOf, class SeedOf>
FitOutcome fit_outputs(SgdCore& core, const SgdOptions& options, const Source& source, const TargetsOf& targets,
                       const double* weights, const SeedOf& seed, std::span<const std::uint8_t> mask, bool classes,
                       bool checked) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool patient = options.tol == -infinity;
  FitOutcome outcome;
  std::vector<std::size_t> order(source.rows);
  std::vector<std::size_t> learnt;
  for (std::size_t k = 0; k < core.outputs.size(); ++k) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    core.t = 1;
    double best_loss = infinity;
    double best_score = -infinity;
    std::size_t in_vain = 0;
    double loss_sum = 0;
    SgdPass pass{.eta = options.eta0, .loss_sum = options.early_stopping ? nullptr : &loss_sum, .checked = checked};
    std::size_t epoch = 0;
    while (epoch < options.max_iter) {
      ++epoch;
      loss_sum = 0;
      const std::optional<std::uint32_t> s = seed(k);
      if (s) shuffle(order, *s);
      learnt.clear();
      for (const std::size_t i : order) {
        if (mask.empty() || mask[i] == 0) learnt.push_back(i);
      }
      const bool in_place = !s && mask.empty();
      outcome.refused =
          core.learn_output(source, in_place ? nullptr : learnt.data(), learnt.size(), k, targets, weights, pass);
      if (outcome.refused == no_row && !core.outputs_finite()) outcome.refused = 0;
      if (outcome.refused != no_row) return outcome;
      if (options.early_stopping) {
        const double score = held_out_score(core, options, source, core.outputs[k], targets(k), weights, mask, classes);
        in_vain = !patient && score < best_score + options.tol ? in_vain + 1 : 0;
        if (score > best_score) best_score = score;
      } else {
        const double margin = options.tol * static_cast<double>(source.rows);
        in_vain = !patient && loss_sum > best_loss - margin ? in_vain + 1 : 0;
        if (loss_sum < best_loss) best_loss = loss_sum;
      }
      if (in_vain < options.n_iter_no_change) continue;
      if (core.plan().rate_kind != LearningRateKind::adaptive || pass.eta <= 1e-6) break;
      pass.eta /= 5;
      in_vain = 0;
    }
    if (epoch > outcome.epochs) outcome.epochs = epoch;
  }
  core.t = 1 + static_cast<double>(outcome.epochs) * static_cast<double>(source.rows);
  return outcome;
}

/// The same, all or nothing: `prepare()` readies the outputs, and nothing of it stays if a row is refused.
template <class Source, class Prepare, class TargetsOf, class SeedOf>
std::size_t fit_or_restore(SgdCore& core, const SgdOptions& options, const Source& source, const Prepare& prepare,
                           const TargetsOf& targets, const double* weights, const SeedOf& seed,
                           std::span<const std::uint8_t> mask, bool classes) {
  core.keep();
  FitOutcome outcome;
  try {
    prepare();
    outcome = fit_outputs(core, options, source, targets, weights, seed, mask, classes, false);
    if (outcome.refused == no_row) return outcome.epochs;
    core.restore();
    prepare();
    outcome = fit_outputs(core, options, source, targets, weights, seed, mask, classes, true);
  } catch (...) {
    core.restore();
    throw;
  }
  core.restore();
  SgdCore::refuse(outcome.refused);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
