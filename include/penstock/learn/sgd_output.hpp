// SPDX-License-Identifier: MIT
#pragma once

// One output of a linear learner, the targets that it learns from, and what is looked at before it does.

#include "penstock/core/error.hpp"
#include "penstock/learn/fence.hpp"
#include "penstock/learn/linear_state.hpp"

#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // int32_t
#include <limits>     // numeric_limits
#include <span>       // span
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string

namespace penstock {
inline namespace v0 {
namespace detail {

/// The target of each row for one output: numbers, or +1 where the row's class is `positive` and -1 elsewhere.
struct SgdTargets {
  const double* values = nullptr;
  std::ptrdiff_t stride = 1;
  const std::int32_t* codes = nullptr;
  std::int32_t positive = -1;

  [[nodiscard]] double operator[](std::size_t i) const noexcept {
    if (values != nullptr) return values[static_cast<std::ptrdiff_t>(i) * stride];
    return codes[i] == positive ? 1 : -1;
  }
};

/// The model of one output, and the weights of its two sides.
struct SgdOutput {
  LinearState state{};
  double positive_weight = 1;
  double negative_weight = 1;
  double reach = std::numeric_limits<double>::infinity();  // see learn_single
  double stale_intercept = 0;  // sklearn_compat: where the next call of an averaging classifier starts
  std::int32_t positive = -1;  // the class whose rows have the target +1; -1: none of the classes so far

  /// Into one of the same size.
  void copy_to(SgdOutput& other) const noexcept {
    copy_numbers(state, other.state);
    other.positive_weight = positive_weight;
    other.negative_weight = negative_weight;
    other.reach = reach;
    other.stale_intercept = stale_intercept;
    other.positive = positive;
  }
};

inline constexpr std::size_t no_row = std::numeric_limits<std::size_t>::max();

/// How rows are gone through.
struct SgdPass {
  double eta;                  // the length of constant steps
  double* loss_sum = nullptr;  // where the losses are added up
  bool checked = false;        // whether all numbers are looked at behind each row, to tell which one was too much
};

/// What every learner says of rows that do not fit.
inline void check_rows(const char* who, std::size_t rows, std::size_t cols, std::size_t features, std::size_t targets,
                       std::span<const double> weights, bool weighted) {
  const auto refuse = [&](const std::string& what) { throw std::invalid_argument(std::string(who) + ": " + what); };
  if (cols == 0) refuse("rows without features");
  if (features != 0 && cols != features) {
    refuse("rows of " + std::to_string(cols) + " features for a model of " + std::to_string(features));
  }
  if (targets != rows) refuse(std::to_string(rows) + " rows, but " + std::to_string(targets) + " targets");
  if (weighted && weights.size() != rows) {
    refuse(std::to_string(rows) + " rows, but " + std::to_string(weights.size()) + " weights");
  }
}

/// Refuses numbers that are not finite, and names the row.
inline void check_numbers(std::span<const double> values, const char* what) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_finite_bits(values[i])) continue;
    throw Error({.row = i + 1}, std::string("a ") + what + " of " + std::to_string(values[i]), "a finite number");
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
