// SPDX-License-Identifier: MIT
#pragma once

// What a model does when the world has changed: begin anew, forget a part, give way to another, or what you say.
//
//     OnDrift model(SgdRegressor{}, Adwin{}, ResetOnDrift{});
//     model.learn_one(x, y);                                  // predicts, learns, looks at the error, reacts
//     OnDrift(SgdClassifier{}, Ddm{}, SwapOnDrift{});         // learns another from the warning on
//     OnDrift(SgdRegressor{}, Adwin{}, [&](SgdRegressor& m) { m = load(path); });

#include "penstock/core/matrix.hpp"
#include "penstock/core/state.hpp"
#include "penstock/learn/drift/detector.hpp"

#include <concepts>     // copyable, invocable
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <iterator>     // begin, size
#include <optional>     // optional
#include <ranges>       // data, size
#include <stdexcept>    // invalid_argument, logic_error
#include <string>       // to_string
#include <string_view>  // string_view
#include <type_traits>  // is_same_v
#include <typeinfo>     // typeid
#include <utility>      // cmp_not_equal, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// The model begins anew: it becomes what it was when it was handed over, and learns the row that gave the alarm.
struct ResetOnDrift {};

/// The model forgets a part: `model.decay(keep)` is called. SgdRegressor::decay says what that is for linear models.
struct DecayOnDrift {
  double keep = 0.5;  ///< what is kept; from 0 to 1
};

/// The model gives way to a challenger that has learnt every row since the detector warned; if there is none, or it has
/// learnt too few, it begins anew as by ResetOnDrift. As Gama and others (2004) have it, and River's
/// DriftRetrainingClassifier. A detector without warnings never starts a challenger: see WithWarning.
struct SwapOnDrift {
  std::size_t minimum_rows = 30;  ///< that a challenger has learnt before it may take over; at least 1
  std::size_t patience = 100;     ///< rows without a warning after which it was a false alarm, and it is dropped
};

/// The distance of prediction and target: for numbers, and for the labels 0 and 1.
struct AbsoluteError {
  double operator()(double predicted, double y) const noexcept {  ///< at least 0
    return predicted < y ? y - predicted : predicted - y;
  }
};
/// Its square.
struct SquaredError {
  double operator()(double predicted, double y) const noexcept {  ///< at least 0
    return (predicted - y) * (predicted - y);
  }
};
/// 1 where the label is another one, else 0: for classes.
struct ZeroOneError {
  double operator()(double predicted, double y) const noexcept { return predicted == y ? 0 : 1; }  ///< 0 or 1
};

/// What has happened so far.
struct ReactionStats {
  std::uint64_t rows = 0;          ///< learnt
  std::uint64_t drifts = 0;        ///< that the detector found
  std::uint64_t improvements = 0;  ///< drifts to a lesser error, which nobody reacts to
  std::uint64_t reactions = 0;     ///< of the policy: one for a drift to the worse, or for a chunk with some
  std::uint64_t warnings = 0;      ///< that began
  std::uint64_t challengers = 0;   ///< SwapOnDrift: started
  std::uint64_t swaps = 0;         ///< SwapOnDrift: that took over
  std::uint64_t false_alarms = 0;  ///< SwapOnDrift: that were dropped
};

namespace detail {

/// Shows a value to a detector, and tells whether a drift, if there is one, is to greater values: a detector of both
/// directions that knows a mean, as ADWIN and HDDM-A, is asked for it before and after; another is believed.
template <drift_detector D>
DriftStatus update_and_compare(D& detector, double value, bool& greater) {
  if constexpr (requires { static_cast<double>(detector.estimation()); }) {
    const double before = detector.estimation();
    const DriftStatus status = detector.update(value);
    greater = detector.estimation() > before;
    return status;
  } else {
    greater = true;
    return detector.update(value);
  }
}

}  // namespace detail

/// A detector with a warning: drift is what `drift` says, warning what `warning`, a more nervous one, says.
///
///     WithWarning detector(Adwin({.delta = 0.05}), Adwin({.delta = 0.002}));
///
/// Where the one that warns knows a mean, its drifts to a lesser one are no warning.
template <drift_detector Warning, drift_detector Drift>
class WithWarning {
 public:
  /// Keeps both.
  WithWarning(Warning warning, Drift drift) : warning_(std::move(warning)), drift_(std::move(drift)) {}

  /// Shows it to both. A drift resets the one that warns. @throws Error as they do; the one for drifts is asked first.
  DriftStatus update(double value) {
    if (drift_.update(value) == DriftStatus::drift) {
      warning_.reset();
      return DriftStatus::drift;
    }
    bool greater = false;
    const DriftStatus status = detail::update_and_compare(warning_, value, greater);
    const bool better = status == DriftStatus::drift && !greater;
    return status == DriftStatus::none || better ? DriftStatus::none : DriftStatus::warning;
  }
  /// Whether the last update said drift.
  [[nodiscard]] bool detected() const { return drift_.detected(); }
  /// Resets both.
  void reset() {
    warning_.reset();
    drift_.reset();
  }
  /// The mean that the one for drifts knows.
  [[nodiscard]] double estimation() const
    requires requires(const Drift& drift) { static_cast<double>(drift.estimation()); }
  {
    return static_cast<double>(drift_.estimation());
  }

  static constexpr std::string_view state_kind = "WithWarning";  ///< in saved states, see core/state.hpp
  /// Shows the state of both to a visitor; both must be stateful.
  template <class Self, class Visitor>
    requires stateful<Warning> && stateful<Drift>
  static void visit_state(Self& self, Visitor& v) {
    v("warning", self.warning_);
    v("drift", self.drift_);
  }

 private:
  Warning warning_;
  Drift drift_;
};

namespace detail {

template <class P>
inline constexpr bool is_drift_policy_struct =
    std::is_same_v<P, ResetOnDrift> || std::is_same_v<P, DecayOnDrift> || std::is_same_v<P, SwapOnDrift>;

inline void check(const DecayOnDrift& policy) {
  if (policy.keep >= 0 && policy.keep <= 1) return;
  throw std::invalid_argument("DecayOnDrift.keep is " + std::to_string(policy.keep) + "; it must be from 0 to 1");
}
inline void check(const SwapOnDrift& policy) {
  if (policy.minimum_rows < 1) throw std::invalid_argument("SwapOnDrift.minimum_rows is 0; at least 1 is needed");
}

/// The model's answer for one row, by predict_one, or by predict of a chunk of one row.
template <class Model, class X>
double predicted_one(const Model& model, const X& x) {
  if constexpr (requires { model.predict_one(x); }) {
    return static_cast<double>(model.predict_one(x));
  } else if constexpr (requires { x.transpose(); }) {  // an Eigen vector, lying or standing
    const auto predicted = x.rows() == 1 ? model.predict(x) : model.predict(x.transpose());
    return static_cast<double>(*std::begin(predicted));
  } else {
    const auto predicted =
        model.predict(RowMajorView{std::ranges::data(x), 1, static_cast<std::size_t>(std::ranges::size(x))});
    return static_cast<double>(*std::begin(predicted));
  }
}

/// Calls `predict`; false if the model cannot predict yet, which it says by a std::logic_error that is of no derived
/// type (see chunk_learner).
template <class Predict>
bool predicts(const Predict& predict) {
  try {
    predict();
    return true;
  } catch (const std::logic_error& error) {
    if (typeid(error) != typeid(std::logic_error)) throw;
    return false;
  }
}

}  // namespace detail

/// What a policy is for a model: one of the three above, or a function that is called after a drift with the model, or
/// with the model and a copy of what it was when it was handed over. The function may change the model as it likes.
template <class P, class Model>
concept drift_policy = (std::is_same_v<P, ResetOnDrift> && std::copyable<Model>) ||
                       (std::is_same_v<P, SwapOnDrift> && std::copyable<Model>) ||
                       (std::is_same_v<P, DecayOnDrift> && requires(Model& m) { m.decay(0.5); }) ||
                       std::invocable<P&, Model&> || std::invocable<P&, Model&, const Model&>;

/// A model that watches its own error before it learns each row, and reacts when it changes. `learn_one` and
/// `partial_fit` first predict, then learn, then show the detector the error, then react. If the model throws as it
/// predicts or learns, all is as it was. Whether to react is known behind that alone: if the reaction throws, as a
/// challenger or a model that begins anew does which cannot learn such rows, or a function of yours, then the model has
/// learnt the rows, it stays the one that predicts, detector and stats().rows have counted them, a challenger that
/// threw has not, and the next call that learns or observes reacts to the drift instead. A model that has begun anew
/// gets better fast, which is a change too: nobody reacts to a drift to a lesser error, where the detector knows the
/// mean (Adwin, HddmA). Page-Hinkley wants PageHinkleyMode::up, DDM looks for rises alone; Kswin cannot tell. Takes any
/// model with learn_one or partial_fit, and predict_one or predict, whose predictions are numbers; for another, predict
/// and learn yourself through `model()`, and tell `observe` the error. It can stand at the end of a pipeline, as the
/// model itself could; the pipeline copies it before each call, and takes back all of one whose reaction throws. Not
/// thread-safe while it learns.
template <class Model, drift_detector Detector, class Policy, class ErrorOf = AbsoluteError>
  requires drift_policy<Policy, Model> && std::invocable<ErrorOf&, double, double>
class OnDrift {
  static constexpr bool counts_features = requires(const Model& m) { std::size_t{m.n_features()}; };
  static constexpr bool grows = std::copyable<Model> && requires(Model& m, std::size_t more) { m.grow(more); };

 public:
  /// Keeps all of them. @throws std::invalid_argument for a policy whose option cannot be.
  OnDrift(Model model, Detector detector, Policy policy, ErrorOf error = {})
      : model_(std::move(model)), detector_(std::move(detector)), policy_(std::move(policy)), error_(std::move(error)) {
    if constexpr (requires { detail::check(policy_); }) detail::check(policy_);
    if constexpr (needs_fresh) fresh_ = model_;
  }

  /// Learns one row, and says what the detector said: none while the model cannot predict yet.
  /// @throws as the model, which then is as before, as is the detector; Error if the error is no number that the
  /// detector takes: the model has learnt the row then; what a reaction throws, see above.
  template <class X, class... Weight>
    requires requires(Model& m, const X& x, Weight... w) { m.learn_one(x, 0.0, w...); }
  DriftStatus learn_one(const X& x, double y, Weight... w) {
    double error = 0;
    const bool known =
        detail::predicts([&] { error = static_cast<double>(error_(detail::predicted_one(model_, x), y)); });
    const auto learn = [&](Model& model) { model.learn_one(x, y, w...); };
    learn(model_);
    ++stats_.rows;
    const DriftStatus status = known ? show(error) : DriftStatus::none;
    react(status, 1, learn);
    return status;
  }

  /// Learns a chunk. The detector is shown the error of each row, as the model before the chunk predicts it. If it
  /// finds a drift, the policy reacts once, behind the chunk; a model that begins anew learns the whole chunk. Gives
  /// drift if there was one in it, else warning if one stood at its end.
  /// @throws std::invalid_argument if y has not one target for each prediction, and nothing has changed then; else as
  /// learn_one.
  template <class X, class Y, class... Weights>
    requires requires(Model& m, const X& x, const Y& y, const Weights&... w) {
      m.partial_fit(x, y, w...);
      m.predict(x);
    }
  DriftStatus partial_fit(const X& x, const Y& y, const Weights&... w) {
    std::vector<double> errors;
    detail::predicts([&] {
      const auto predicted = model_.predict(x);
      if (std::cmp_not_equal(std::size(predicted), std::size(y))) {
        throw std::invalid_argument("OnDrift: " + std::to_string(std::size(predicted)) + " predictions, but " +
                                    std::to_string(std::size(y)) + " targets");
      }
      auto p = std::begin(predicted);
      for (const auto& target : y) {
        errors.push_back(static_cast<double>(error_(static_cast<double>(*p), static_cast<double>(target))));
        ++p;
      }
    });
    const auto learn = [&](Model& model) { model.partial_fit(x, y, w...); };
    learn(model_);
    const auto rows = static_cast<std::uint64_t>(std::size(y));
    stats_.rows += rows;
    DriftStatus status = DriftStatus::none;
    for (const double error : errors) {
      const DriftStatus next = show(error);
      if (status != DriftStatus::drift) status = next;
    }
    react(status, rows, learn);
    return status;
  }

  /// Shows the detector an error that was found elsewhere, as of labels that come late, and reacts. Nothing is learnt,
  /// by a challenger neither. @throws Error as the detector.
  DriftStatus observe(double error) {
    const DriftStatus status = show(error);
    react(status, 0, [](Model&) {});
    return status;
  }

  /// The model's prediction for one row.
  template <class X>
  [[nodiscard]] double predict_one(const X& x) const {
    return detail::predicted_one(model_, x);
  }
  /// The model's predictions.
  template <class X>
    requires requires(const Model& m, const X& x) { m.predict(x); }
  [[nodiscard]] auto predict(const X& x) const {
    return model_.predict(x);
  }

  /// The probabilities that the model gives.
  template <class X>
    requires requires(const Model& m, const X& x) { m.predict_proba(x); }
  [[nodiscard]] auto predict_proba(const X& x) const {
    return model_.predict_proba(x);
  }
  /// The scores that the model gives.
  template <class X>
    requires requires(const Model& m, const X& x) { m.decision_function(x); }
  [[nodiscard]] auto decision_function(const X& x) const {
    return model_.decision_function(x);
  }

  /// The model's features; 0 before the first row.
  [[nodiscard]] std::size_t n_features() const noexcept
    requires counts_features
  {
    return model_.n_features();
  }
  /// Makes room for `more` features behind those that there are, in the model and in a challenger; one that begins anew
  /// from a model with features has as many as the one that it replaces. For pipelines whose steps make new columns.
  void grow(std::size_t more)
    requires grows
  {
    std::optional<Model> challenger = challenger_;
    if (challenger) challenger->grow(more);
    model_.grow(more);
    challenger_ = std::move(challenger);
  }

  [[nodiscard]] const Model& model() const noexcept { return model_; }           ///< that predicts now
  [[nodiscard]] Model& model() noexcept { return model_; }                       ///< as above
  [[nodiscard]] const Detector& detector() const noexcept { return detector_; }  ///< as it stands
  [[nodiscard]] const ReactionStats& stats() const noexcept { return stats_; }   ///< what has happened
  /// Whether a challenger is learning.
  [[nodiscard]] bool has_challenger() const noexcept { return challenger_.has_value(); }

  static constexpr bool may_learn_and_throw = true;          ///< of the call's rows, for pipelines
  static constexpr std::string_view state_kind = "OnDrift";  ///< in saved states, see core/state.hpp
  /// Shows the state to a visitor: of the model, the detector and a challenger, which must be stateful. What a model
  /// begins anew from is not in it; it is what the loading one was made with.
  template <class Self, class Visitor>
    requires stateful<Model> && stateful<Detector>
  static void visit_state(Self& self, Visitor& v) {
    v("model", self.model_);
    v("detector", self.detector_);
    v.object("stats", [&self](auto& s) {
      s("rows", self.stats_.rows);
      s("drifts", self.stats_.drifts);
      s("improvements", self.stats_.improvements);
      s("reactions", self.stats_.reactions);
      s("warnings", self.stats_.warnings);
      s("challengers", self.stats_.challengers);
      s("swaps", self.stats_.swaps);
      s("false_alarms", self.stats_.false_alarms);
    });
    v("warned", self.warned_);
    if constexpr (swaps) {
      bool learning = self.challenger_.has_value();
      v("has_challenger", learning);
      if constexpr (Visitor::loading) {
        self.challenger_.reset();
        if (learning) self.challenger_ = *self.fresh_;
      }
      if (learning) v("challenger", *self.challenger_);
      v("challenger_rows", self.challenger_rows_);
      v("calm_rows", self.calm_rows_);
    }
    if constexpr (Visitor::loading) self.worse_ = false;
  }

 private:
  static constexpr bool swaps = std::is_same_v<Policy, SwapOnDrift>;
  static constexpr bool needs_fresh =
      swaps || std::is_same_v<Policy, ResetOnDrift> ||
      (std::invocable<Policy&, Model&, const Model&> && !detail::is_drift_policy_struct<Policy>);

  DriftStatus show(double error) {
    bool greater = false;
    const DriftStatus status = detail::update_and_compare(detector_, error, greater);
    const bool better = status == DriftStatus::drift && !greater;
    stats_.improvements += better ? 1 : 0;
    worse_ = worse_ || (status == DriftStatus::drift && greater);
    stats_.drifts += status == DriftStatus::drift ? 1 : 0;
    stats_.warnings += status == DriftStatus::warning && !warned_ ? 1 : 0;
    warned_ = status == DriftStatus::warning;
    return status;
  }

  /// The model has learnt the rows already, a challenger not yet.
  template <class Learn>
  void react(DriftStatus status, std::uint64_t rows, const Learn& learn) {
    if constexpr (swaps) {
      if (status == DriftStatus::warning && !challenger_) {
        challenger_ = fresh_model();
        challenger_rows_ = 0;
        ++stats_.challengers;
      }
      if (challenger_) {
        learn(*challenger_);
        challenger_rows_ += rows;
        calm_rows_ = status == DriftStatus::none ? calm_rows_ + rows : 0;
      }
    }
    if (!worse_) {
      if (swaps && challenger_ && status == DriftStatus::none && calm_rows_ >= patience()) {
        challenger_.reset();
        ++stats_.false_alarms;
      }
      return;
    }
    if constexpr (swaps) {
      if (challenger_ && challenger_rows_ >= policy_.minimum_rows) {
        model_ = std::move(*challenger_);
        ++stats_.swaps;
      } else {
        begin_anew(learn);
      }
      challenger_.reset();
    } else if constexpr (std::is_same_v<Policy, ResetOnDrift>) {
      begin_anew(learn);
    } else if constexpr (std::is_same_v<Policy, DecayOnDrift>) {
      model_.decay(policy_.keep);
    } else if constexpr (std::invocable<Policy&, Model&, const Model&>) {
      policy_(model_, *fresh_);
    } else {
      policy_(model_);
    }
    worse_ = false;
    ++stats_.reactions;
  }

  /// What the model was when it was handed over, with the features that have come since.
  [[nodiscard]] Model fresh_model() const {
    Model fresh = *fresh_;
    if constexpr (counts_features && grows) {
      const std::size_t known = fresh.n_features();
      if (known != 0 && known < n_features()) fresh.grow(n_features() - known);
    }
    return fresh;
  }
  template <class Learn>
  void begin_anew(const Learn& learn) {
    Model fresh = fresh_model();
    learn(fresh);
    model_ = std::move(fresh);
  }
  [[nodiscard]] std::uint64_t patience() const noexcept {
    if constexpr (swaps) return policy_.patience;
    return 0;
  }

  Model model_;
  Detector detector_;
  Policy policy_;
  ErrorOf error_;
  std::optional<Model> fresh_{};
  std::optional<Model> challenger_{};
  std::uint64_t challenger_rows_ = 0;
  std::uint64_t calm_rows_ = 0;
  bool warned_ = false;
  bool worse_ = false;  // since the last reaction; it is still to come then
  ReactionStats stats_{};
};

}  // namespace v0
}  // namespace penstock
