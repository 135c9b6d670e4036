// SPDX-License-Identifier: MIT
#pragma once

// All that a linear model of one output knows: coefficients, intercept, and what its optimiser remembers.
//
//     const LinearState& state = model.state(0);      // enough to write the model down in mid-stream

#include "penstock/learn/fence.hpp"

#include <cstddef>  // size_t
#include <cstring>  // memcpy
#include <new>      // align_val_t
#include <vector>   // vector

namespace penstock {
inline namespace v0 {

namespace detail {

/// Memory that begins with a cache line, so that no load or store of a vector register touches two of them.
template <class T>
struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>& /*other*/) noexcept {}  // NOLINT: converts, as allocators do

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), line)); }
  void deallocate(T* memory, std::size_t /*n*/) noexcept { ::operator delete(memory, line); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) noexcept { return true; }
};

}  // namespace detail

/// Numbers of a model, one a feature.
using LinearVector = std::vector<double, detail::LineAllocator<double>>;

/// The numbers of a linear model that are no vectors. The coefficients stand as scale * coef, so that l2 shrinks them
/// all by one product; the average as (average + average_a * coef) / average_b (Bottou, Stochastic Gradient Descent
/// Tricks, 2012).
struct LinearScalars {
  double scale = 1;              ///< factor of all coefficients
  double intercept = 0;          ///< of the last step
  double average_a = 0;          ///< part of coef in the average
  double average_b = 1;          ///< divisor of the average
  double average_intercept = 0;  ///< mean of the intercepts
  double l1_total = 0;           ///< l1 that any coefficient could have received
  double intercept_first = 0;    ///< the optimiser's first memory of the intercept
  double intercept_second = 0;   ///< its second
};

/// A linear model of one output as it stands between two rows. Vectors that an option has no use for are empty.
struct LinearState {
  LinearScalars scalars{};    ///< what is no vector
  LinearVector coef{};        ///< coefficients, to be multiplied by the scale
  LinearVector average{};     ///< see LinearScalars
  LinearVector l1_applied{};  ///< l1 that each coefficient has received, with its sign
  LinearVector first{};       ///< with signs: Adam's means, FTRL's z
  LinearVector second{};      ///< without: AdaGrad's, Adam's and FTRL's squares
};

namespace detail {

/// Whether nothing in it is infinite or NaN.
template <class Kernel>
bool all_finite(const LinearState& s) noexcept {
  const LinearScalars& v = s.scalars;
  for (const double value : {v.scale, v.intercept, v.average_a, v.average_b, v.average_intercept, v.l1_total,
                             v.intercept_first, v.intercept_second}) {
    if (!is_finite_bits(value)) return false;
  }
  for (const LinearVector* values : {&s.coef, &s.average, &s.l1_applied, &s.first, &s.second}) {
    if (!values->empty() && !Kernel::all_finite(values->data(), values->size())) return false;
  }
  return true;
}

/// Copies a state of the same size without asking for memory.
inline void copy_numbers(const LinearState& from, LinearState& to) noexcept {
  to.scalars = from.scalars;
  const auto copy = [](const LinearVector& a, LinearVector& b) {
    if (!a.empty()) std::memcpy(b.data(), a.data(), a.size() * sizeof(double));
  };
  copy(from.coef, to.coef);
  copy(from.average, to.average);
  copy(from.l1_applied, to.l1_applied);
  copy(from.first, to.first);
  copy(from.second, to.second);
}

/// The same model for the opposite targets; learning goes on from there as it would have from the start, bit by bit.
/// 0 - x and not -x, so that 0 stays 0.
inline void mirror(LinearState& s) noexcept {
  for (LinearVector* values : {&s.coef, &s.average, &s.l1_applied, &s.first}) {
    for (double& value : *values) value = 0 - value;
  }
  for (double* value : {&s.scalars.intercept, &s.scalars.average_intercept, &s.scalars.intercept_first}) {
    *value = 0 - *value;
  }
}

/// Makes the scale 1 and the average plain, as scikit-learn does when the scale gets small and at the end of each call.
inline void settle(LinearState& s) noexcept {
  LinearScalars& v = s.scalars;
  if (!s.average.empty()) {
    const double inverse = 1 / v.average_b;
    for (std::size_t j = 0; j < s.coef.size(); ++j) {
      s.average[j] = (s.average[j] + product(v.average_a, s.coef[j])) * inverse;
    }
    v.average_a = 0;
    v.average_b = 1;
  }
  for (double& w : s.coef) w *= v.scale;
  v.scale = 1;
}

/// Shows all numbers to a visitor of states.
template <class State, class Visitor>
void visit_numbers(State& s, Visitor& v) {
  auto& n = s.scalars;
  v("scale", n.scale);
  v("intercept", n.intercept);
  v("average_a", n.average_a);
  v("average_b", n.average_b);
  v("average_intercept", n.average_intercept);
  v("l1_total", n.l1_total);
  v("intercept_first", n.intercept_first);
  v("intercept_second", n.intercept_second);
  v("coef", s.coef);
  v("average", s.average);
  v("l1_applied", s.l1_applied);
  v("first", s.first);
  v("second", s.second);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
