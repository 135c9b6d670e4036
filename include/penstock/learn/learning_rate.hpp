// SPDX-License-Identifier: MIT
#pragma once

// How long the steps of stochastic gradient descent are.
//
//     SgdRegressor model({.learning_rate = LearningRate::constant, .eta0 = 0.05});
//     LearningRate rate = make_learning_rate("invscaling");          // by scikit-learn's name
//     SgdRegressor own({.learning_rate = [](double t) { return 0.1 / (1 + t / 1000); }});

#include <concepts>     // convertible_to, copy_constructible, same_as
#include <memory>       // make_shared, shared_ptr
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move

namespace penstock {
inline namespace v0 {

/// A schedule of your own: the length of step `t`, which counts rows from 1. Promises beyond the signature: it is pure,
/// positive, and may be called from many threads at once. A result that is not finite makes the learner refuse the row.
template <class S>
concept learning_rate_schedule = std::copy_constructible<S> && requires(const S& schedule, double t) {
  { schedule(t) } -> std::convertible_to<double>;
};

/// Which schedule it is; scikit-learn's words.
enum class LearningRateKind {
  unset,       ///< the learner's own: invscaling for regression, optimal for classes
  constant,    ///< eta0
  optimal,     ///< 1 / (alpha (t0 + t - 1)), with t0 by Bottou's heuristic
  invscaling,  ///< eta0 / t^power_t
  adaptive,    ///< eta0, a fifth of it each time that fit stops getting better; in a stream as constant
  pa1,         ///< passive-aggressive: min(C, loss / |x|^2)
  pa2,         ///< passive-aggressive: loss / (|x|^2 + 1 / (2 C))
  own          ///< a type of yours
};

/// The name that make_learning_rate knows it by; "own" for one of your own, "unset" for the learner's.
[[nodiscard]] constexpr std::string_view to_string(LearningRateKind kind) noexcept {
  switch (kind) {
    case LearningRateKind::unset: return "unset";
    case LearningRateKind::constant: return "constant";
    case LearningRateKind::optimal: return "optimal";
    case LearningRateKind::invscaling: return "invscaling";
    case LearningRateKind::adaptive: return "adaptive";
    case LearningRateKind::pa1: return "pa1";
    case LearningRateKind::pa2: return "pa2";
    case LearningRateKind::own: return "own";
  }
  return "unknown";
}

/// A schedule as a value: one of the ready ones, or one of your own. Copies are cheap and share an own schedule.
/// Immutable; safe to use from many threads.
class LearningRate {
 public:
  /// The learner's own schedule: invscaling for regression, optimal for classes.
  constexpr LearningRate() noexcept = default;
  /// A schedule of your own, which is called through a pointer for each row.
  template <class S>
    requires(!std::same_as<S, LearningRate> && learning_rate_schedule<S>)
  LearningRate(S own)  // NOLINT: converts
      : kind_(LearningRateKind::own), own_(std::make_shared<const Own<S>>(std::move(own))) {}

  static const LearningRate constant;    ///< eta0
  static const LearningRate optimal;     ///< 1 / (alpha (t0 + t - 1))
  static const LearningRate invscaling;  ///< eta0 / t^power_t
  static const LearningRate adaptive;    ///< eta0, a fifth of it each time that fit stops getting better
  static const LearningRate pa1;         ///< passive-aggressive I
  static const LearningRate pa2;         ///< passive-aggressive II

  [[nodiscard]] LearningRateKind kind() const noexcept { return kind_; }  ///< which one
  /// Your own schedule's step `t`; only where kind() is own.
  [[nodiscard]] double own(double t) const { return own_->eta(t); }

 private:
  struct Interface {
    Interface() = default;
    Interface(const Interface&) = delete;
    Interface& operator=(const Interface&) = delete;
    virtual ~Interface() = default;
    [[nodiscard]] virtual double eta(double t) const = 0;
  };
  template <class S>
  struct Own final : Interface {
    explicit Own(S s) : own(std::move(s)) {}
    [[nodiscard]] double eta(double t) const override { return static_cast<double>(own(t)); }
    S own;
  };

  constexpr explicit LearningRate(LearningRateKind kind) noexcept : kind_(kind) {}
  friend LearningRate make_learning_rate(std::string_view name);

  LearningRateKind kind_ = LearningRateKind::unset;
  std::shared_ptr<const Interface> own_;
};

inline constinit const LearningRate LearningRate::constant{LearningRateKind::constant};
inline constinit const LearningRate LearningRate::optimal{LearningRateKind::optimal};
inline constinit const LearningRate LearningRate::invscaling{LearningRateKind::invscaling};
inline constinit const LearningRate LearningRate::adaptive{LearningRateKind::adaptive};
inline constinit const LearningRate LearningRate::pa1{LearningRateKind::pa1};
inline constinit const LearningRate LearningRate::pa2{LearningRateKind::pa2};

/// The schedule of that name: constant, optimal, invscaling, adaptive, pa1, pa2.
/// @throws std::invalid_argument for another name.
[[nodiscard]] inline LearningRate make_learning_rate(std::string_view name) {
  for (const LearningRateKind kind :
       {LearningRateKind::constant, LearningRateKind::optimal, LearningRateKind::invscaling, LearningRateKind::adaptive,
        LearningRateKind::pa1, LearningRateKind::pa2}) {
    if (name == to_string(kind)) return LearningRate(kind);
  }
  throw std::invalid_argument("make_learning_rate: '" + std::string(name) +
                              "' is no schedule; constant, optimal, invscaling, adaptive, pa1, pa2 are");
}

}  // namespace v0
}  // namespace penstock
