// SPDX-License-Identifier: MIT
#pragma once

// Linear regressions of several targets on the same rows.
//
//     SgdMultiRegressor model({.eta0 = 0.05});
//     model.partial_fit(x, y);                       // y has a row a row of x, and a column a target
//     Eigen::MatrixXd forecasts = model.predict(x);

#include "penstock/learn/options_state.hpp"
#include "penstock/learn/sgd_core.hpp"
#include "penstock/learn/sgd_fit.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/validation_split.hpp"

#include <Eigen/Core>

#include <cstddef>      // ptrdiff_t, size_t
#include <cstdint>      // uint8_t, uint32_t
#include <optional>     // optional
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// One SgdRegressor a target, with the same options and the same bits, learnt together: a block of rows is learnt by
/// all of them while it is in the nearest cache. What SgdRegressor says of calls that are all or nothing, of chunks,
/// bits and cost holds here too. Not thread-safe while it learns; const functions may be called from many threads at
/// once.
class SgdMultiRegressor {
 public:
  /// A matrix of one row a target.
  using Coef = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// scikit-learn's defaults: squared error, l2, invscaling.
  SgdMultiRegressor() : SgdMultiRegressor(SgdOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit SgdMultiRegressor(SgdOptions options)
      : options_(detail::resolve_for_numbers(std::move(options))), core_(options_) {}

  /// Learns all rows once. `y` is an Eigen matrix with a column a target.
  /// @throws as SgdRegressor::partial_fit.
  template <feature_rows X, class D>
  SgdMultiRegressor& partial_fit(const X& x, const Eigen::DenseBase<D>& y) {
    learn(detail::row_source<X>::make(x), y, {}, false);
    return *this;
  }
  /// The same with a weight for each row.
  template <feature_rows X, class D, row_targets W>
  SgdMultiRegressor& partial_fit(const X& x, const Eigen::DenseBase<D>& y, const W& w) {
    learn(detail::row_source<X>::make(x), y, detail::numbers_of(w, weights_), true);
    return *this;
  }
  /// Learns one row; `y` has a value a target.
  template <feature_row R>
  SgdMultiRegressor& learn_one(const R& x, std::span<const double> y, double w = 1) {
    const std::span<const double> row = detail::numbers_of(x, row_);
    const Eigen::Map<const Eigen::RowVectorXd> targets(y.data(), static_cast<Eigen::Index>(y.size()));
    learn(detail::DirectRows{row.data(), 0, 1, row.size()}, targets, std::span(&w, 1), true);
    return *this;
  }

  /// Forgets a part of what was learnt, as SgdRegressor::decay does for each model.
  SgdMultiRegressor& decay(double keep) {
    core_.decay("SgdMultiRegressor", keep);
    return *this;
  }

  /// Forgets all, and learns the rows in epochs, each target as SgdRegressor::fit would, to the bit: each stops for
  /// itself. t() then counts the epochs of the target that took most, and learning goes on from there for all.
  /// @throws as SgdRegressor::fit.
  template <feature_rows X, class D>
  SgdMultiRegressor& fit(const X& x, const Eigen::DenseBase<D>& y) {
    fit_rows(detail::row_source<X>::make(x), y, {}, false);
    return *this;
  }
  /// The same with a weight for each row.
  template <feature_rows X, class D, row_targets W>
  SgdMultiRegressor& fit(const X& x, const Eigen::DenseBase<D>& y, const W& w) {
    fit_rows(detail::row_source<X>::make(x), y, detail::numbers_of(w, weights_), true);
    return *this;
  }

  /// Makes room for `more` features behind those that there are, as if they had been 0 in all rows so far. All that has
  /// been learnt stays as it is, bit by bit. Nothing happens before the first row, which brings its own features.
  /// O(features).
  SgdMultiRegressor& grow(std::size_t more) {
    core_.grow(more);
    return *this;
  }

  /// One prediction a row and target; exp of the linear score for the poisson loss. A matrix without columns before
  /// the first row. @throws std::invalid_argument if the rows have another number of features.
  template <feature_rows X>
  [[nodiscard]] Eigen::MatrixXd predict(const X& x) const {
    const auto source = detail::row_source<X>::make(x);
    detail::check_rows("SgdMultiRegressor", source.rows, source.cols, core_.features, source.rows, {}, false);
    const bool counts = options_.loss.kind() == LossKind::poisson;
    Eigen::MatrixXd values(static_cast<Eigen::Index>(source.rows), static_cast<Eigen::Index>(core_.outputs.size()));
    detail::SgdCore::for_each_row(source, [&](std::size_t i, const auto& row) {
      for (std::size_t k = 0; k < core_.outputs.size(); ++k) {
        const double score = core_.score(core_.outputs[k], row);
        values(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = counts ? std::exp(score) : score;
      }
    });
    return values;
  }

  /// The predictions for one row, one a target: the same bits as among others.
  template <feature_row R>
  [[nodiscard]] Eigen::VectorXd predict_one(const R& x) const {
    std::vector<double> copy;
    const std::span<const double> row = detail::numbers_of(x, copy);
    return predict(RowMajorView{row.data(), 1, row.size()}).row(0).transpose();
  }

  /// The coefficients, a row a target. O(values).
  [[nodiscard]] Coef coef() const {
    Coef values(static_cast<Eigen::Index>(core_.outputs.size()), static_cast<Eigen::Index>(core_.features));
    for (Eigen::Index k = 0; k < values.rows(); ++k) {
      for (Eigen::Index j = 0; j < values.cols(); ++j) {
        values(k, j) = core_.coefficient(core_.outputs[static_cast<std::size_t>(k)], static_cast<std::size_t>(j));
      }
    }
    return values;
  }
  /// The intercepts, one a target.
  [[nodiscard]] Eigen::VectorXd intercept() const {
    Eigen::VectorXd values(static_cast<Eigen::Index>(core_.outputs.size()));
    for (Eigen::Index k = 0; k < values.size(); ++k) {
      values[k] = core_.intercept(core_.outputs[static_cast<std::size_t>(k)]);
    }
    return values;
  }
  [[nodiscard]] double t() const noexcept { return core_.t; }            ///< 1 + rows learnt
  [[nodiscard]] std::size_t n_iter() const noexcept { return epochs_; }  ///< most epochs of the last fit; 0 before any
  [[nodiscard]] std::size_t n_features() const noexcept { return core_.features; }       ///< 0 before the first row
  [[nodiscard]] std::size_t n_outputs() const noexcept { return core_.outputs.size(); }  ///< 0 before the first row
  /// As they were given, with the learner's own loss and schedule filled in.
  [[nodiscard]] const SgdOptions& options() const noexcept { return options_; }
  /// All that the model of target k knows. @throws std::out_of_range if there is no such target.
  [[nodiscard]] const LinearState& state(std::size_t k) const { return core_.outputs.at(k).state; }

  static constexpr std::string_view state_kind = "SgdMultiRegressor";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) { detail::visit_options(self.options_, o); });
    detail::SgdCore::visit_state(self.core_, v);
    v("n_iter", self.epochs_);
  }

 private:
  /// Reads the targets, a row of them behind the other, and gives their number a row.
  template <class D>
  std::size_t read_targets(std::size_t rows, std::size_t cols, std::size_t features, const Eigen::DenseBase<D>& y,
                           std::span<const double> w, bool weighted) {
    detail::check_rows("SgdMultiRegressor", rows, cols, features, static_cast<std::size_t>(y.rows()), w, weighted);
    const auto outputs = static_cast<std::size_t>(y.cols());
    if (outputs == 0 || (features != 0 && outputs != core_.outputs.size())) {
      throw std::invalid_argument("SgdMultiRegressor: " + std::to_string(outputs) + " targets a row for a model of " +
                                  std::to_string(core_.outputs.size()));
    }
    detail::check_numbers(w, "weight");
    targets_.resize(rows * outputs);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t k = 0; k < outputs; ++k) {
        const auto value =
            static_cast<double>(y.derived().coeff(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)));
        if (!detail::is_finite_bits(value)) {
          throw Error({.row = i + 1}, "a target of " + std::to_string(value), "a finite number");
        }
        targets_[i * outputs + k] = value;
      }
    }
    return outputs;
  }
  [[nodiscard]] auto targets_of(std::size_t outputs) const {
    return [this, outputs](std::size_t k) {
      return detail::SgdTargets{.values = targets_.data() + k, .stride = static_cast<std::ptrdiff_t>(outputs)};
    };
  }

  template <class Source, class D>
  void learn(const Source& source, const Eigen::DenseBase<D>& y, std::span<const double> w, bool weighted) {
    const std::size_t outputs = read_targets(source.rows, source.cols, core_.features, y, w, weighted);
    if (source.rows == 0) return;
    const double start = core_.t;
    if (options_.shuffle && !seed_) seed_ = detail::regressor_seed(options_.random_state);
    const auto prepare = [&] {
      if (core_.features == 0) {
        core_.features = source.cols;
        core_.outputs.assign(outputs, core_.fresh_output());
      }
      if (options_.sklearn_compat) core_.forget_l1();
    };
    core_.learn(source, prepare, targets_of(outputs), weighted ? w.data() : nullptr,
                [&](std::size_t) { return seed_; });
    if (!options_.sklearn_compat) return;
    core_.settle_all();
    core_.t = start + static_cast<double>(source.rows);
  }

  template <class Source, class D>
  void fit_rows(const Source& source, const Eigen::DenseBase<D>& y, std::span<const double> w, bool weighted) {
    const bool warm = options_.warm_start && core_.features != 0;
    const std::size_t outputs = read_targets(source.rows, source.cols, warm ? core_.features : 0, y, w, weighted);
    if (source.rows == 0) throw std::invalid_argument("SgdMultiRegressor: fit without rows");
    std::vector<std::uint8_t> mask;
    if (options_.early_stopping) {
      mask = detail::hold_out(source.rows, options_.validation_fraction, options_.random_state, {});
    }
    std::optional<std::uint32_t> seed;
    if (options_.shuffle) seed = detail::regressor_seed(options_.random_state);
    const auto prepare = [&] {
      core_.features = source.cols;
      std::vector<detail::SgdOutput> start(outputs, core_.fresh_output());
      for (std::size_t k = 0; warm && k < outputs; ++k) start[k] = core_.warm_output(core_.outputs[k]);
      core_.outputs = std::move(start);
    };
    epochs_ = detail::fit_or_restore(
        core_, options_, source, prepare, targets_of(outputs), weighted ? w.data() : nullptr,
        [&](std::size_t) { return seed; }, mask, false);
    if (options_.sklearn_compat) core_.settle_all();
  }

  SgdOptions options_;
  detail::SgdCore core_;
  std::optional<std::uint32_t> seed_{};
  std::size_t epochs_ = 0;
  std::vector<double> targets_{}, weights_{}, row_{};
};

}  // namespace v0
}  // namespace penstock
