// SPDX-License-Identifier: MIT
#pragma once

// A linear regression that is learnt from a stream, with scikit-learn's numbers.
//
//     SgdRegressor model({.loss = make_loss("huber", 0.1), .eta0 = 0.05});
//     model.partial_fit(x, y);                       // a chunk: an Eigen matrix and a vector, see row_source.hpp
//     model.learn_one(std::span(row), target);       // or one row; the same coefficients, to the last bit
//     Eigen::VectorXd forecast = model.predict(x);

#include "penstock/learn/options_state.hpp"
#include "penstock/learn/sgd_core.hpp"
#include "penstock/learn/sgd_fit.hpp"
#include "penstock/learn/validation_split.hpp"

#include <Eigen/Core>

#include <cstddef>      // size_t
#include <cstdint>      // uint8_t, uint32_t
#include <optional>     // nullopt, optional
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string_view>  // string_view
#include <type_traits>  // remove_cvref_t
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

namespace detail {

/// Options with what a regressor takes where they say nothing.
inline SgdOptions resolve_for_numbers(SgdOptions options) {
  if (options.loss.kind() == LossKind::unset) options.loss = Loss::squared_error;
  if (options.learning_rate.kind() == LearningRateKind::unset) options.learning_rate = LearningRate::invscaling;
  if (is_nan(options.power_t)) options.power_t = 0.25;
  check(options);
  switch (options.loss.kind()) {
    case LossKind::squared_error:
    case LossKind::huber:
    case LossKind::epsilon_insensitive:
    case LossKind::squared_epsilon_insensitive:
    case LossKind::quantile:
    case LossKind::poisson:
    case LossKind::own: break;
    default:
      throw std::invalid_argument("SgdOptions.loss is " + std::string(to_string(options.loss.kind())) +
                                  ", which is for classes; a regressor needs one for numbers");
  }
  return options;
}

}  // namespace detail

/// A linear model of numbers, learnt by stochastic gradient descent: plain, averaged, AdaGrad, Adam or FTRL-Proximal.
///
/// A call that learns either learns all of its rows or throws and leaves the model as it was: the coefficients are
/// never NaN or infinite. Rows learnt one by one, in chunks of any size or all at once give the same bits, unless
/// SgdOptions::shuffle or sklearn_compat asks for something else. With Arithmetic::strict these bits are
/// scikit-learn 1.2.1's for one call with all rows, and with sklearn_compat for the same calls. Learning costs
/// O(rows * features), and allocates nothing once the first chunk of a size has been seen.
/// Not thread-safe while it learns; const functions may be called from many threads at once.
class SgdRegressor {
 public:
  /// scikit-learn's defaults: squared error, l2, invscaling.
  SgdRegressor() : SgdRegressor(SgdOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit SgdRegressor(SgdOptions options)
      : options_(detail::resolve_for_numbers(std::move(options))), core_(options_) {}

  /// Learns all rows once, in their order or, with shuffle, a random one. `w` are weights of the rows, any finite
  /// numbers; a row of weight 0 still counts as a step.
  /// @throws Error that names the row (from 1) which is not finite or whose step is not; std::invalid_argument if the
  /// numbers of rows, targets, weights or features do not fit. The model is then as it was.
  template <feature_rows X, row_targets Y>
  SgdRegressor& partial_fit(const X& x, const Y& y) {
    learn(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), {}, false);
    return *this;
  }
  /// The same with a weight for each row.
  template <feature_rows X, row_targets Y, row_targets W>
  SgdRegressor& partial_fit(const X& x, const Y& y, const W& w) {
    learn(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), detail::numbers_of(w, weights_), true);
    return *this;
  }
  /// Learns one row; throws as partial_fit.
  template <feature_row R>
  SgdRegressor& learn_one(const R& x, double y, double w = 1) {
    const std::span<const double> row = detail::numbers_of(x, row_);
    learn(detail::DirectRows{row.data(), 0, 1, row.size()}, std::span(&y, 1), std::span(&w, 1), true);
    return *this;
  }

  /// Makes room for `more` features behind those that there are, as if they had been 0 in all rows so far. All that has
  /// been learnt stays as it is, bit by bit. Nothing happens before the first row, which brings its own features.
  /// O(features).
  SgdRegressor& grow(std::size_t more) {
    core_.grow(more);
    return *this;
  }

  /// Forgets all, and learns the rows in epochs until the mean loss, or with early_stopping R^2 on the rows held out,
  /// has not got better by tol for n_iter_no_change epochs, or max_iter is reached. With warm_start it sets out from
  /// the coefficients so far. t() counts from 1 again.
  /// @throws as partial_fit, and std::invalid_argument if too few rows are left to be held out.
  template <feature_rows X, row_targets Y>
  SgdRegressor& fit(const X& x, const Y& y) {
    fit_rows(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), {}, false);
    return *this;
  }
  /// The same with a weight for each row.
  template <feature_rows X, row_targets Y, row_targets W>
  SgdRegressor& fit(const X& x, const Y& y, const W& w) {
    fit_rows(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), detail::numbers_of(w, weights_), true);
    return *this;
  }

  /// Forgets a part of what was learnt, for a world that has changed: coefficients and intercept are multiplied by
  /// `keep`, and the counter of rows goes back to that part, so that schedules take longer steps again. AdaGrad's and
  /// FTRL-Proximal's sums of squares are multiplied by it too, Adam's means as well; an average that had not begun at
  /// the counter's new place begins again. 1 changes nothing, 0 leaves coefficients of 0 and a counter of 1.
  /// O(features). @throws std::invalid_argument unless keep is from 0 to 1.
  SgdRegressor& decay(double keep) {
    core_.decay("SgdRegressor", keep);
    return *this;
  }

  /// One prediction a row; exp of the linear score for the poisson loss. 0 for a model that has learnt nothing.
  /// O(rows * features). @throws std::invalid_argument if the rows have another number of features.
  template <feature_rows X>
  [[nodiscard]] Eigen::VectorXd predict(const X& x) const {
    const auto source = detail::row_source<X>::make(x);
    Eigen::VectorXd values(static_cast<Eigen::Index>(source.rows));
    predict_into(source, {values.data(), source.rows});
    return values;
  }
  /// The same into `out`, which has as many values as x has rows.
  template <feature_rows X>
  void predict(const X& x, std::span<double> out) const {
    const auto source = detail::row_source<X>::make(x);
    detail::check_rows("SgdRegressor", source.rows, source.cols, core_.features, out.size(), {}, false);
    predict_into(source, out);
  }
  /// The prediction for one row: the same bits as among others.
  template <feature_row R>
  [[nodiscard]] double predict_one(const R& x) const {
    std::vector<double> copy;
    const std::span<const double> row = detail::numbers_of(x, copy);
    double value = 0;
    predict_into(detail::DirectRows{row.data(), 0, 1, row.size()}, std::span(&value, 1));
    return value;
  }

  /// The coefficients, one a feature; those of the average once it has begun. Empty before the first row. O(features).
  [[nodiscard]] Eigen::VectorXd coef() const {
    Eigen::VectorXd values(static_cast<Eigen::Index>(core_.features));
    for (std::size_t j = 0; j < core_.features; ++j) {
      values[static_cast<Eigen::Index>(j)] = core_.coefficient(core_.outputs[0], j);
    }
    return values;
  }
  /// The intercept; 0 before the first row.
  [[nodiscard]] double intercept() const noexcept {
    return core_.outputs.empty() ? 0 : core_.intercept(core_.outputs[0]);
  }
  [[nodiscard]] double t() const noexcept { return core_.t; }            ///< 1 + rows learnt
  [[nodiscard]] std::size_t n_iter() const noexcept { return epochs_; }  ///< epochs of the last fit; 0 before any
  /// All that the model knows, as it stands between two rows. @throws std::out_of_range before the first row.
  [[nodiscard]] const LinearState& state() const { return core_.outputs.at(0).state; }
  [[nodiscard]] std::size_t n_features() const noexcept { return core_.features; }  ///< 0 before the first row
  /// As they were given, with the learner's own loss and schedule filled in.
  [[nodiscard]] const SgdOptions& options() const noexcept { return options_; }

  static constexpr std::string_view state_kind = "SgdRegressor";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) { detail::visit_options(self.options_, o); });
    detail::SgdCore::visit_state(self.core_, v);
    v.require(self.core_.outputs.size() <= 1, "outputs", "at most 1");
    v("n_iter", self.epochs_);
  }

 private:
  template <class Source>
  void learn(const Source& source, std::span<const double> y, std::span<const double> w, bool weighted) {
    detail::check_rows("SgdRegressor", source.rows, source.cols, core_.features, y.size(), w, weighted);
    detail::check_numbers(y, "target");
    detail::check_numbers(w, "weight");
    if (source.rows == 0) return;
    const bool ready = core_.features != 0 && !options_.sklearn_compat;
    if (ready && core_.learn_at_once(source, {.values = y.data()}, weighted ? w.data() : nullptr)) return;
    const double start = core_.t;
    if (options_.shuffle && !seed_) seed_ = detail::regressor_seed(options_.random_state);
    const auto prepare = [&] {
      if (core_.features == 0) {
        core_.features = source.cols;
        core_.outputs.assign(1, core_.fresh_output());
      }
      if (options_.sklearn_compat) core_.forget_l1();
    };
    core_.learn(
        source, prepare, [&](std::size_t) { return detail::SgdTargets{.values = y.data()}; },
        weighted ? w.data() : nullptr, [&](std::size_t) { return seed_; });
    if (!options_.sklearn_compat) return;
    core_.settle_all();
    core_.t = start + static_cast<double>(source.rows);
  }

  template <class Source>
  void fit_rows(const Source& source, std::span<const double> y, std::span<const double> w, bool weighted) {
    detail::check_rows("SgdRegressor", source.rows, source.cols, options_.warm_start ? core_.features : 0, y.size(), w,
                       weighted);
    detail::check_numbers(y, "target");
    detail::check_numbers(w, "weight");
    if (source.rows == 0) throw std::invalid_argument("SgdRegressor: fit without rows");
    std::vector<std::uint8_t> mask;
    if (options_.early_stopping) {
      mask = detail::hold_out(source.rows, options_.validation_fraction, options_.random_state, {});
    }
    std::optional<std::uint32_t> seed;
    if (options_.shuffle) seed = detail::regressor_seed(options_.random_state);
    const auto prepare = [&] {
      std::vector<detail::SgdOutput> start;
      if (options_.warm_start && core_.features != 0) {
        start.push_back(core_.warm_output(core_.outputs[0]));
      } else {
        core_.features = source.cols;
        start.push_back(core_.fresh_output());
      }
      core_.outputs = std::move(start);
    };
    epochs_ = detail::fit_or_restore(
        core_, options_, source, prepare, [&](std::size_t) { return detail::SgdTargets{.values = y.data()}; },
        weighted ? w.data() : nullptr, [&](std::size_t) { return seed; }, mask, false);
    if (options_.sklearn_compat) core_.settle_all();
  }

  template <class Source>
  void predict_into(const Source& source, std::span<double> out) const {
    detail::check_rows("SgdRegressor", source.rows, source.cols, core_.features, out.size(), {}, false);
    if (core_.outputs.empty()) {
      std::fill(out.begin(), out.end(), 0.0);
      return;
    }
    const bool counts = options_.loss.kind() == LossKind::poisson;
    detail::SgdCore::for_each_row(source, [&](std::size_t i, const auto& row) {
      const double score = core_.score(core_.outputs[0], row);
      out[i] = counts ? std::exp(score) : score;
    });
  }

  SgdOptions options_;
  detail::SgdCore core_;
  std::optional<std::uint32_t> seed_{};
  std::size_t epochs_ = 0;
  std::vector<double> targets_{}, weights_{}, row_{};
};

}  // namespace v0
}  // namespace penstock
