// SPDX-License-Identifier: MIT
#pragma once

// What a prediction costs, and how the cost changes with it: the losses of stochastic gradient descent.
//
//     SgdRegressor model({.loss = Loss::huber(0.1)});
//     Loss loss = make_loss("huber", 0.1);                   // by scikit-learn's name, for configuration files
//
//     struct Cauchy {                                        // one of your own: any type with these two functions
//       double loss(double p, double y) const { return std::log1p((p - y) * (p - y)); }
//       double dloss(double p, double y) const { return 2 * (p - y) / (1 + (p - y) * (p - y)); }
//     };
//     SgdRegressor robust({.loss = Cauchy{}});

#include "penstock/core/math.hpp"
#include "penstock/learn/fence.hpp"

#include <cmath>        // exp, log
#include <concepts>     // convertible_to, copy_constructible, same_as
#include <memory>       // make_shared, shared_ptr
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move

namespace penstock {
inline namespace v0 {

/// A loss of a prediction `p` (the linear score) and a target `y`, which is +1 or -1 where classes are learnt. Promises
/// beyond the signatures: `dloss` is the derivative of `loss` (or a subgradient) by p; both are pure, and
/// may be called from many threads at once. A result that is not finite makes the learner refuse the row. A classifier
/// mirrors the model when a smaller label arrives, and wants dloss(-p, -y) == -dloss(p, y).
template <class L>
concept loss_function = std::copy_constructible<L> && requires(const L& l, double p, double y) {
  { l.loss(p, y) } -> std::convertible_to<double>;
  { l.dloss(p, y) } -> std::convertible_to<double>;
};

/// Which loss it is; the words are scikit-learn's where it has the loss.
enum class LossKind {
  unset,                        ///< the learner's own: squared_error for regression, hinge for classes
  squared_error,                ///< (p - y)^2 / 2
  huber,                        ///< squared up to epsilon, linear beyond
  epsilon_insensitive,          ///< |p - y| beyond epsilon
  squared_epsilon_insensitive,  ///< the square of that
  quantile,                     ///< pinball: p becomes the quantile of y
  poisson,                      ///< exp(p) - y p: exp(p) becomes the mean of counts
  hinge,                        ///< max(0, 1 - p y)
  squared_hinge,                ///< the square of that
  perceptron,                   ///< max(0, -p y)
  log_loss,                     ///< log(1 + exp(-p y))
  modified_huber,               ///< squared hinge, linear below -1
  own                           ///< a type of yours
};

/// A loss as a value: one of the ready ones with its parameter, or one of your own. Copies are cheap and share an own
/// loss. Immutable; safe to use from many threads.
class Loss {
 public:
  /// The learner's own loss: squared_error for regression, hinge for classes.
  constexpr Loss() noexcept = default;
  /// A loss of your own, which is called through a pointer for each row.
  template <class L>
    requires(!std::same_as<L, Loss> && loss_function<L>)  // in this order: the second asks whether a Loss can be copied
  Loss(L own) : kind_(LossKind::own), own_(std::make_shared<const Own<L>>(std::move(own))) {}  // NOLINT: converts

  static const Loss squared_error;   ///< (p - y)^2 / 2
  static const Loss poisson;         ///< exp(p) - y p, for counts; a regressor predicts exp(p)
  static const Loss hinge;           ///< max(0, 1 - p y)
  static const Loss squared_hinge;   ///< max(0, 1 - p y)^2
  static const Loss perceptron;      ///< max(0, -p y)
  static const Loss log_loss;        ///< log(1 + exp(-p y))
  static const Loss modified_huber;  ///< max(0, 1 - p y)^2, and -4 p y below -1

  /// Squared within epsilon of the target, linear beyond. @throws std::invalid_argument unless epsilon >= 0.
  static Loss huber(double epsilon = 0.1) { return with_epsilon(LossKind::huber, epsilon); }
  /// max(0, |p - y| - epsilon). @throws std::invalid_argument unless epsilon >= 0.
  static Loss epsilon_insensitive(double epsilon = 0.1) { return with_epsilon(LossKind::epsilon_insensitive, epsilon); }
  /// max(0, |p - y| - epsilon)^2. @throws std::invalid_argument unless epsilon >= 0.
  static Loss squared_epsilon_insensitive(double epsilon = 0.1) {
    return with_epsilon(LossKind::squared_epsilon_insensitive, epsilon);
  }
  /// q (y - p) below the target, (1 - q) (p - y) above. @throws std::invalid_argument unless 0 < q < 1.
  static Loss quantile(double q = 0.5) {
    if (!(0 < q && q < 1)) throw std::invalid_argument("Loss::quantile: q is " + std::to_string(q) + ", not in (0, 1)");
    return {LossKind::quantile, q};
  }

  [[nodiscard]] LossKind kind() const noexcept { return kind_; }          ///< which one
  [[nodiscard]] double parameter() const noexcept { return parameter_; }  ///< epsilon or q; 0 for losses without

  /// The loss; not negative, but for poisson and losses of your own. O(1).
  [[nodiscard]] double loss(double p, double y) const {
    const double r = p - y;
    const double z = p * y;
    switch (kind_) {
      case LossKind::unset:
      case LossKind::squared_error: return detail::product(0.5 * r, r);
      case LossKind::huber: {
        const double a = detail::absolute(r);
        if (a <= parameter_) return detail::product(0.5 * r, r);
        return detail::product(parameter_, a) - detail::product(0.5 * parameter_, parameter_);
      }
      case LossKind::epsilon_insensitive: return beyond(r);
      case LossKind::squared_epsilon_insensitive: return detail::product(beyond(r), beyond(r));
      case LossKind::quantile: return r > 0 ? detail::product(1 - parameter_, r) : detail::product(-parameter_, r);
      case LossKind::poisson: return std::exp(p) - detail::fence(z);
      case LossKind::hinge: return z <= 1 ? 1 - z : 0;
      case LossKind::squared_hinge: return 1 - z > 0 ? detail::product(1 - z, 1 - z) : 0;
      case LossKind::perceptron: return z <= 0 ? -z : 0;
      case LossKind::log_loss:
        if (z > 18) return std::exp(-z);  // the same to the last bits, without log
        return z < -18 ? -z : std::log(1 + std::exp(-z));
      case LossKind::modified_huber:
        if (z >= 1) return 0;
        return z >= -1 ? detail::product(1 - z, 1 - z) : -4 * z;
      case LossKind::own: return own_->loss(p, y);
    }
    return 0;
  }

  /// Its derivative by p. O(1).
  [[nodiscard]] double dloss(double p, double y) const {
    const double r = p - y;
    const double z = p * y;
    switch (kind_) {
      case LossKind::unset:
      case LossKind::squared_error: return r;
      case LossKind::huber:
        if (detail::absolute(r) <= parameter_) return r;
        return r > 0 ? parameter_ : -parameter_;
      case LossKind::epsilon_insensitive: return -r > parameter_ ? -1 : r > parameter_ ? 1 : 0;
      case LossKind::squared_epsilon_insensitive:
        return -r > parameter_ ? -2 * (-r - parameter_) : r > parameter_ ? 2 * (r - parameter_) : 0;
      case LossKind::quantile: return r > 0 ? 1 - parameter_ : r < 0 ? -parameter_ : 0;
      case LossKind::poisson: return std::exp(p) - y;
      case LossKind::hinge: return z <= 1 ? -y : 0;
      case LossKind::squared_hinge: return 1 - z > 0 ? -2 * y * (1 - z) : 0;
      case LossKind::perceptron: return z <= 0 ? -y : 0;
      case LossKind::log_loss:
        if (z > 18) return std::exp(-z) * -y;
        return z < -18 ? -y : -y / (std::exp(z) + 1);
      case LossKind::modified_huber:
        if (z >= 1) return 0;
        return z >= -1 ? 2 * (1 - z) * -y : -4 * y;
      case LossKind::own: return own_->dloss(p, y);
    }
    return 0;
  }

 private:
  struct Interface {
    Interface() = default;
    Interface(const Interface&) = delete;
    Interface& operator=(const Interface&) = delete;
    virtual ~Interface() = default;
    [[nodiscard]] virtual double loss(double p, double y) const = 0;
    [[nodiscard]] virtual double dloss(double p, double y) const = 0;
  };
  template <class L>
  struct Own final : Interface {
    explicit Own(L l) : own(std::move(l)) {}
    [[nodiscard]] double loss(double p, double y) const override { return static_cast<double>(own.loss(p, y)); }
    [[nodiscard]] double dloss(double p, double y) const override { return static_cast<double>(own.dloss(p, y)); }
    L own;
  };

  constexpr Loss(LossKind kind, double parameter) noexcept : kind_(kind), parameter_(parameter) {}

  static Loss with_epsilon(LossKind kind, double epsilon) {
    if (!(epsilon >= 0) || !detail::is_finite_bits(epsilon)) {
      throw std::invalid_argument("Loss: epsilon is " + std::to_string(epsilon) + "; a finite number from 0 is needed");
    }
    return {kind, epsilon};
  }

  [[nodiscard]] double beyond(double r) const noexcept {
    const double excess = detail::absolute(r) - parameter_;
    return excess > 0 ? excess : 0;
  }

  LossKind kind_ = LossKind::unset;
  double parameter_ = 0;
  std::shared_ptr<const Interface> own_;
};

inline constinit const Loss Loss::squared_error{LossKind::squared_error, 0};
inline constinit const Loss Loss::poisson{LossKind::poisson, 0};
inline constinit const Loss Loss::hinge{LossKind::hinge, 0};
inline constinit const Loss Loss::squared_hinge{LossKind::squared_hinge, 0};
inline constinit const Loss Loss::perceptron{LossKind::perceptron, 0};
inline constinit const Loss Loss::log_loss{LossKind::log_loss, 0};
inline constinit const Loss Loss::modified_huber{LossKind::modified_huber, 0};

/// The loss of that name: squared_error, huber, epsilon_insensitive, squared_epsilon_insensitive, quantile, poisson,
/// hinge, squared_hinge, perceptron, log_loss, modified_huber. `parameter` is epsilon, or q for quantile; the other
/// losses take no notice of it.
/// @throws std::invalid_argument for another name or a parameter out of range.
[[nodiscard]] inline Loss make_loss(std::string_view name, double parameter) {
  if (name == "squared_error") return Loss::squared_error;
  if (name == "huber") return Loss::huber(parameter);
  if (name == "epsilon_insensitive") return Loss::epsilon_insensitive(parameter);
  if (name == "squared_epsilon_insensitive") return Loss::squared_epsilon_insensitive(parameter);
  if (name == "quantile") return Loss::quantile(parameter);
  if (name == "poisson") return Loss::poisson;
  if (name == "hinge") return Loss::hinge;
  if (name == "squared_hinge") return Loss::squared_hinge;
  if (name == "perceptron") return Loss::perceptron;
  if (name == "log_loss") return Loss::log_loss;
  if (name == "modified_huber") return Loss::modified_huber;
  throw std::invalid_argument("make_loss: '" + std::string(name) +
                              "' is no loss; squared_error, huber, epsilon_insensitive, squared_epsilon_insensitive, "
                              "quantile, poisson, hinge, squared_hinge, perceptron, log_loss, modified_huber are");
}
/// The same with the usual parameter: epsilon 0.1, q 0.5.
[[nodiscard]] inline Loss make_loss(std::string_view name) { return make_loss(name, name == "quantile" ? 0.5 : 0.1); }

/// The name that make_loss knows it by; "own" for one of your own, "unset" for the learner's.
[[nodiscard]] constexpr std::string_view to_string(LossKind kind) noexcept {
  switch (kind) {
    case LossKind::unset: return "unset";
    case LossKind::squared_error: return "squared_error";
    case LossKind::huber: return "huber";
    case LossKind::epsilon_insensitive: return "epsilon_insensitive";
    case LossKind::squared_epsilon_insensitive: return "squared_epsilon_insensitive";
    case LossKind::quantile: return "quantile";
    case LossKind::poisson: return "poisson";
    case LossKind::hinge: return "hinge";
    case LossKind::squared_hinge: return "squared_hinge";
    case LossKind::perceptron: return "perceptron";
    case LossKind::log_loss: return "log_loss";
    case LossKind::modified_huber: return "modified_huber";
    case LossKind::own: return "own";
  }
  return "unknown";
}

}  // namespace v0
}  // namespace penstock
