// SPDX-License-Identifier: MIT
#pragma once

// A linear classifier that is learnt from a stream, with scikit-learn's numbers; two classes, or one against the rest.
//
//     SgdClassifier model({.loss = make_loss("log_loss"), .learning_rate = LearningRate::constant, .eta0 = 0.05});
//     model.partial_fit(x, labels);                     // labels are numbers: 0 and 1, or 3, 7 and 8
//     Eigen::MatrixXd p = model.predict_proba(x);       // a column a class, in the order of classes()

#include "penstock/learn/options_state.hpp"
#include "penstock/learn/sgd_core.hpp"
#include "penstock/learn/sgd_fit.hpp"
#include "penstock/learn/validation_split.hpp"

#include <Eigen/Core>

#include <algorithm>    // clamp, fill, lower_bound, max, sort, unique
#include <cmath>        // exp
#include <cstddef>      // ptrdiff_t, size_t
#include <cstdint>      // int32_t, uint8_t, uint32_t
#include <optional>     // optional
#include <span>         // span
#include <stdexcept>    // invalid_argument, logic_error
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // exchange, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// Linear models of classes, learnt by stochastic gradient descent. Two classes have one model, whose score is positive
/// for the larger label; more have one each, against the rest.
///
/// What SgdRegressor says of calls that are all or nothing, of chunks, bits and cost holds here too. Labels may arrive
/// in mid-stream: unless SgdOptions::classes names them beforehand, a model of "none of these" is learnt beside the
/// others, and becomes the new class's. The result is that of having known all labels from the start, bit by bit (with
/// class weights, from the third label on, but for the weights of the rows before). Not thread-safe while it learns;
/// const functions may be called from many threads at once.
class SgdClassifier {
 public:
  /// A matrix of one row a model.
  using Coef = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// scikit-learn's defaults: hinge, l2, optimal.
  SgdClassifier() : SgdClassifier(SgdOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit SgdClassifier(SgdOptions options)
      : options_(resolve(std::move(options))), core_(options_), classes_(options_.classes), open_(classes_.empty()) {}

  /// Learns all rows once; `y` are labels, any finite numbers.
  /// @throws as SgdRegressor::partial_fit.
  template <feature_rows X, row_targets Y>
  SgdClassifier& partial_fit(const X& x, const Y& y) {
    learn(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), {}, false);
    return *this;
  }
  /// The same with a weight for each row.
  template <feature_rows X, row_targets Y, row_targets W>
  SgdClassifier& partial_fit(const X& x, const Y& y, const W& w) {
    learn(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), detail::numbers_of(w, weights_), true);
    return *this;
  }
  /// Learns one row; throws as partial_fit.
  template <feature_row R>
  SgdClassifier& learn_one(const R& x, double label, double w = 1) {
    const std::span<const double> row = detail::numbers_of(x, row_);
    learn(detail::DirectRows{row.data(), 0, 1, row.size()}, std::span(&label, 1), std::span(&w, 1), true);
    return *this;
  }

  /// Makes room for `more` features behind those that there are, as if they had been 0 in all rows so far. All that has
  /// been learnt stays as it is, bit by bit. Nothing happens before the first row, which brings its own features.
  /// O(features).
  SgdClassifier& grow(std::size_t more) {
    core_.grow(more);
    return *this;
  }

  /// Forgets all, and learns the rows in epochs until the mean loss of a model, or with early_stopping its part of
  /// right rows among those held out, has not got better by tol for n_iter_no_change epochs, or max_iter is reached.
  /// The classes are those of y and of SgdOptions::classes; others that come later start from nothing. With warm_start
  /// it sets out from the coefficients so far if the classes are the same. t() counts from 1 again.
  /// @throws as partial_fit, and std::invalid_argument for less than two classes, or if too few rows are left to be
  /// held out.
  template <feature_rows X, row_targets Y>
  SgdClassifier& fit(const X& x, const Y& y) {
    fit_rows(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), {}, false);
    return *this;
  }
  /// The same with a weight for each row.
  template <feature_rows X, row_targets Y, row_targets W>
  SgdClassifier& fit(const X& x, const Y& y, const W& w) {
    fit_rows(detail::row_source<X>::make(x), detail::numbers_of(y, targets_), detail::numbers_of(w, weights_), true);
    return *this;
  }

  /// Forgets a part of what was learnt, as SgdRegressor::decay does for each model; the classes stay.
  SgdClassifier& decay(double keep) {
    core_.decay("SgdClassifier", keep);
    return *this;
  }

  /// The linear scores: one column for two classes, positive for the larger label; else one a class. 0 before the
  /// first row. @throws std::invalid_argument if the rows have another number of features.
  template <feature_rows X>
  [[nodiscard]] Eigen::MatrixXd decision_function(const X& x) const {
    const auto source = detail::row_source<X>::make(x);
    detail::check_rows("SgdClassifier", source.rows, source.cols, core_.features, source.rows, {}, false);
    Eigen::MatrixXd scores(static_cast<Eigen::Index>(source.rows), static_cast<Eigen::Index>(models()));
    scores.setZero();
    if (core_.outputs.empty()) return scores;
    detail::SgdCore::for_each_row(source, [&](std::size_t i, const auto& row) {
      for (std::size_t k = 0; k < models(); ++k) {
        scores(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = core_.score(core_.outputs[k], row);
      }
    });
    return scores;
  }

  /// The label of the highest score, one a row; of two classes the larger if its score is above 0.
  /// @throws std::logic_error before any class is known; as decision_function.
  template <feature_rows X>
  [[nodiscard]] Eigen::VectorXd predict(const X& x) const {
    const auto source = detail::row_source<X>::make(x);
    Eigen::VectorXd labels(static_cast<Eigen::Index>(source.rows));
    predict_into(source, {labels.data(), source.rows});
    return labels;
  }
  /// The label of one row: the same as among others, without memory for the scores. @throws as predict.
  template <feature_row R>
  [[nodiscard]] double predict_one(const R& x) const {
    std::vector<double> copy;
    const std::span<const double> row = detail::numbers_of(x, copy);
    double label = 0;
    predict_into(detail::DirectRows{row.data(), 0, 1, row.size()}, std::span(&label, 1));
    return label;
  }

  /// Probabilities, a row's sum to 1, a column a class in the order of classes(): the logistic function of the score
  /// for log_loss, (score + 1) / 2 within [0, 1] for modified_huber; of more than two classes over their sum (Zadrozny
  /// and Elkan 2002), all equal where that is 0.
  /// @throws std::logic_error for other losses, or before two classes are known; as decision_function.
  template <feature_rows X>
  [[nodiscard]] Eigen::MatrixXd predict_proba(const X& x) const {
    const LossKind loss = options_.loss.kind();
    if (loss != LossKind::log_loss && loss != LossKind::modified_huber) {
      throw std::logic_error("SgdClassifier: the loss " + std::string(to_string(loss)) +
                             " gives no probabilities; log_loss and modified_huber do");
    }
    if (classes_.size() < 2) throw std::logic_error("SgdClassifier: two classes are needed for probabilities");
    const Eigen::MatrixXd scores = decision_function(x);
    const auto chance = [&](double score) {
      if (loss == LossKind::modified_huber) return (std::clamp(score, -1.0, 1.0) + 1) / 2;
      return 1 / (1 + std::exp(-score));
    };
    const auto count = static_cast<Eigen::Index>(classes_.size());
    Eigen::MatrixXd chances(scores.rows(), count);
    for (Eigen::Index i = 0; i < scores.rows(); ++i) {
      if (count == 2) {
        chances(i, 1) = chance(scores(i, 0));
        chances(i, 0) = 1 - chances(i, 1);
        continue;
      }
      double sum = 0;
      for (Eigen::Index k = 0; k < count; ++k) sum += chances(i, k) = chance(scores(i, k));
      for (Eigen::Index k = 0; k < count; ++k) {
        chances(i, k) = sum > 0 ? chances(i, k) / sum : 1 / static_cast<double>(count);
      }
    }
    return chances;
  }

  /// The coefficients, a row a model, as decision_function's columns; empty before the first row. O(values).
  [[nodiscard]] Coef coef() const {
    const std::size_t rows = core_.outputs.empty() ? 0 : models();
    Coef values(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(core_.features));
    for (std::size_t k = 0; k < rows; ++k) {
      for (std::size_t j = 0; j < core_.features; ++j) {
        values(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(j)) = core_.coefficient(core_.outputs[k], j);
      }
    }
    return values;
  }
  /// The intercepts, one a model.
  [[nodiscard]] Eigen::VectorXd intercept() const {
    const std::size_t rows = core_.outputs.empty() ? 0 : models();
    Eigen::VectorXd values(static_cast<Eigen::Index>(rows));
    for (std::size_t k = 0; k < rows; ++k) { values[static_cast<Eigen::Index>(k)] = core_.intercept(core_.outputs[k]); }
    return values;
  }
  [[nodiscard]] const std::vector<double>& classes() const noexcept { return classes_; }  ///< labels, ascending
  [[nodiscard]] double t() const noexcept { return core_.t; }                             ///< 1 + rows learnt
  [[nodiscard]] std::size_t n_iter() const noexcept { return epochs_; }  ///< epochs of the last fit; 0 before any
  /// All that model k knows, as it stands between two rows. @throws std::out_of_range if there is no such model.
  [[nodiscard]] const LinearState& state(std::size_t k) const { return core_.outputs.at(k).state; }
  [[nodiscard]] std::size_t n_features() const noexcept { return core_.features; }  ///< 0 before the first row
  /// As they were given, with the learner's own loss and schedule filled in.
  [[nodiscard]] const SgdOptions& options() const noexcept { return options_; }

  static constexpr std::string_view state_kind = "SgdClassifier";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&self](auto& o) { detail::visit_options(self.options_, o); });
    v("classes", self.classes_);
    v("takes_new_classes", self.open_);
    detail::SgdCore::visit_state(self.core_, v);
    v("n_iter", self.epochs_);
    v("raw_is_published", self.raw_is_published_);
    if constexpr (Visitor::loading) self.check_loaded(v);
  }

 private:
  /// Refuses classes and models that no learning leads to.
  template <class Visitor>
  void check_loaded(const Visitor& v) const {
    for (std::size_t k = 0; k < classes_.size(); ++k) {
      v.require(detail::is_finite_bits(classes_[k]) && (k == 0 || classes_[k - 1] < classes_[k]), "classes",
                "finite labels, ascending");
    }
    for (const double label : options_.classes)
      v.require(code_of(label) >= 0, "classes", "those of the options at least");
    v.require(!open_ || options_.classes.empty(), "takes_new_classes", "false, as the options name the classes");
    const std::vector<detail::SgdOutput>& outputs = core_.outputs;
    v.require(outputs.empty() || (!classes_.empty() && outputs.size() == models() + (keeps_rest() ? 1 : 0)), "outputs",
              "one for two classes, else one a class, and one for the classes to come if any are taken");
    for (const detail::SgdOutput& output : outputs) {
      v.require(output.positive >= -1 && output.positive < static_cast<std::int32_t>(classes_.size()), "outputs",
                "classes that there are");
    }
  }

  static SgdOptions resolve(SgdOptions options) {
    if (options.loss.kind() == LossKind::unset) options.loss = Loss::hinge;
    if (options.learning_rate.kind() == LearningRateKind::unset) options.learning_rate = LearningRate::optimal;
    if (detail::is_nan(options.power_t)) options.power_t = 0.5;
    check(options);
    if (options.loss.kind() == LossKind::quantile || options.loss.kind() == LossKind::poisson) {
      throw std::invalid_argument("SgdOptions.loss is " + std::string(to_string(options.loss.kind())) +
                                  ", which is for numbers; SgdClassifier needs one for classes");
    }
    std::sort(options.classes.begin(), options.classes.end());
    options.classes.erase(std::unique(options.classes.begin(), options.classes.end()), options.classes.end());
    if (options.classes.size() == 1) {
      throw std::invalid_argument("SgdOptions.classes has 1 label; none, or at least 2 are needed");
    }
    return options;
  }

  template <class Source>
  void predict_into(const Source& source, std::span<double> labels) const {
    if (classes_.empty()) throw std::logic_error("SgdClassifier: no class is known yet");
    detail::check_rows("SgdClassifier", source.rows, source.cols, core_.features, source.rows, {}, false);
    if (core_.outputs.empty()) {
      std::fill(labels.begin(), labels.end(), classes_[0]);
      return;
    }
    detail::SgdCore::for_each_row(source, [&](std::size_t i, const auto& row) {
      double highest = core_.score(core_.outputs[0], row);
      std::size_t best = highest > 0 && classes_.size() == 2 ? 1 : 0;
      for (std::size_t k = 1; k < models(); ++k) {
        const double score = core_.score(core_.outputs[k], row);
        if (!(score > highest)) continue;
        highest = score;
        best = k;
      }
      labels[i] = classes_[best];
    });
  }

  /// Models that are published: the one of "none of these" comes behind them.
  [[nodiscard]] std::size_t models() const noexcept { return classes_.size() > 2 ? classes_.size() : 1; }
  [[nodiscard]] bool keeps_rest() const noexcept { return open_ && !options_.sklearn_compat; }

  [[nodiscard]] double class_weight(std::int32_t code) const {
    if (code < 0) return 1;
    for (const ClassWeight& weight : options_.class_weight) {
      if (weight.label == classes_[static_cast<std::size_t>(code)]) return weight.weight;
    }
    return 1;
  }

  [[nodiscard]] std::int32_t code_of(double label) const noexcept {
    const auto place = std::lower_bound(classes_.begin(), classes_.end(), label);
    return place != classes_.end() && *place == label ? static_cast<std::int32_t>(place - classes_.begin()) : -1;
  }

  /// Adds the labels that are new. @throws Error if scikit-learn would not take them.
  void add_classes(std::span<const double> labels) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (code_of(labels[i]) >= 0) continue;
      if (options_.sklearn_compat && (!core_.outputs.empty() || !options_.classes.empty())) {
        throw Error({.row = i + 1}, "the label " + std::to_string(labels[i]) + ", which is new",
                    "one of SgdOptions.classes or, without them, of the first call, as sklearn_compat asks");
      }
      classes_.insert(std::lower_bound(classes_.begin(), classes_.end(), labels[i]), labels[i]);
    }
    if (options_.sklearn_compat && classes_.size() < 2) {
      throw std::invalid_argument("SgdClassifier: 1 class in the first call; sklearn_compat needs at least 2");
    }
  }

  /// Brings the models from the classes `before` to those of now.
  void add_models(const std::vector<double>& before) {
    std::vector<detail::SgdOutput>& outputs = core_.outputs;
    if (outputs.empty()) {
      outputs.assign(models() + (keeps_rest() ? 1 : 0), core_.fresh_output());
    } else if (before.size() != classes_.size()) {
      const detail::SgdOutput unknown = keeps_rest() ? outputs.back() : core_.fresh_output();
      std::vector<detail::SgdOutput> grown;
      const auto opposite = [](detail::SgdOutput output) {
        detail::mirror(output.state);
        return output;
      };
      const auto known = [&](double label) -> std::optional<detail::SgdOutput> {
        const auto place = std::lower_bound(before.begin(), before.end(), label);
        if (place == before.end() || *place != label) return std::nullopt;
        const auto code = static_cast<std::size_t>(place - before.begin());
        if (before.size() > 2) return outputs[code];
        if (before.size() == 2) return code == 1 ? outputs[0] : opposite(outputs[0]);
        return opposite(outputs[0]);  // one class so far, which was learnt as -1
      };
      if (classes_.size() == 2) {
        grown.push_back(known(classes_[1]).value_or(outputs[0]));
      } else {
        for (const double label : classes_) grown.push_back(known(label).value_or(unknown));
      }
      if (keeps_rest()) grown.push_back(unknown);
      outputs = std::move(grown);
    }
    assign_sides();
  }

  /// Tells each model which class is its own, and what rows of either side count.
  void assign_sides() {
    for (std::size_t k = 0; k < core_.outputs.size(); ++k) {
      detail::SgdOutput& output = core_.outputs[k];
      const bool rest = k == models();
      output.positive = rest || classes_.size() == 1 ? -1 : static_cast<std::int32_t>(classes_.size() == 2 ? 1 : k);
      output.positive_weight = class_weight(output.positive);
      output.negative_weight = !rest && classes_.size() <= 2 ? class_weight(0) : 1;
    }
  }

  template <class Source>
  void learn(const Source& source, std::span<const double> y, std::span<const double> w, bool weighted) {
    detail::check_rows("SgdClassifier", source.rows, source.cols, core_.features, y.size(), w, weighted);
    detail::check_numbers(y, "label");
    detail::check_numbers(w, "weight");
    if (source.rows == 0) return;
    const double start = core_.t;
    bool grows = core_.outputs.empty();
    codes_.resize(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) grows |= (codes_[i] = code_of(y[i])) < 0;
    if (!grows && !options_.sklearn_compat &&
        core_.learn_at_once(source, {.codes = codes_.data(), .positive = core_.outputs[0].positive},
                            weighted ? w.data() : nullptr)) {
      return;
    }
    std::vector<double> before;
    if (grows) {
      before = classes_;
      try {
        add_classes(y);
      } catch (...) {
        classes_ = before;
        throw;
      }
      for (std::size_t i = 0; i < y.size(); ++i) codes_[i] = code_of(y[i]);
    }
    const bool stale = options_.sklearn_compat && options_.average > 0;
    const auto prepare = [&] {
      core_.features = source.cols;
      if (grows) add_models(before);
      if (options_.sklearn_compat) core_.forget_l1();
      if (!stale) return;
      for (detail::SgdOutput& output : core_.outputs) output.state.scalars.intercept = output.stale_intercept;
    };
    const auto targets = [&](std::size_t k) {
      return detail::SgdTargets{.codes = codes_.data(), .positive = core_.outputs[k].positive};
    };
    if (options_.shuffle) draw_seeds();
    try {
      core_.learn(source, prepare, targets, weighted ? w.data() : nullptr, [&](std::size_t k) { return seed(k); });
    } catch (...) {
      if (grows) classes_ = before;
      throw;
    }
    if (!options_.sklearn_compat) return;
    core_.settle_all();
    core_.t = start + static_cast<double>(source.rows);
    if (stale) leave_stale();
  }

  template <class Source>
  void fit_rows(const Source& source, std::span<const double> y, std::span<const double> w, bool weighted) {
    const bool warm = options_.warm_start && !core_.outputs.empty();
    detail::check_rows("SgdClassifier", source.rows, source.cols, warm ? core_.features : 0, y.size(), w, weighted);
    detail::check_numbers(y, "label");
    detail::check_numbers(w, "weight");
    if (source.rows == 0) throw std::invalid_argument("SgdClassifier: fit without rows");
    const std::vector<double> before = std::exchange(classes_, options_.classes);
    const bool was_open = std::exchange(open_, false);
    try {
      classes_.insert(classes_.end(), y.begin(), y.end());
      std::sort(classes_.begin(), classes_.end());
      classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
      if (classes_.size() < 2) throw std::invalid_argument("SgdClassifier: fit needs at least 2 classes");
      codes_.resize(y.size());
      for (std::size_t i = 0; i < y.size(); ++i) codes_[i] = code_of(y[i]);
      std::vector<std::uint8_t> mask;
      if (options_.early_stopping) {
        mask = detail::hold_out(source.rows, options_.validation_fraction, options_.random_state, codes_);
      }
      if (options_.shuffle) draw_seeds();
      const auto prepare = [&] {
        core_.features = source.cols;
        std::vector<detail::SgdOutput> start;
        if (warm && classes_ == before) {
          for (std::size_t k = 0; k < models(); ++k) start.push_back(core_.warm_output(core_.outputs[k]));
        } else {
          start.assign(models(), core_.fresh_output());
        }
        core_.outputs = std::move(start);
        assign_sides();
        if (options_.balanced_classes) balance(y.size());
      };
      const auto targets = [&](std::size_t k) {
        return detail::SgdTargets{.codes = codes_.data(), .positive = core_.outputs[k].positive};
      };
      epochs_ = detail::fit_or_restore(
          core_, options_, source, prepare, targets, weighted ? w.data() : nullptr,
          [&](std::size_t k) { return seed(k); }, mask, true);
    } catch (...) {
      classes_ = before;
      open_ = was_open;
      throw;
    }
    raw_is_published_ = false;
    if (!options_.sklearn_compat) return;
    core_.settle_all();
    if (options_.average > 0) leave_stale();
  }

  /// Weights of the classes in inverse proportion to their rows: n / (classes * rows of the class).
  void balance(std::size_t rows) {
    std::vector<double> weights(classes_.size(), 0);
    for (const std::int32_t code : codes_) ++weights[static_cast<std::size_t>(code)];
    for (double& weight : weights) {
      weight = weight == 0 ? 1 : static_cast<double>(rows) / (static_cast<double>(classes_.size()) * weight);
    }
    for (detail::SgdOutput& output : core_.outputs) {
      output.positive_weight = weights[static_cast<std::size_t>(output.positive)];
      if (classes_.size() == 2) output.negative_weight = weights[0];
    }
  }

  /// Where scikit-learn's next call starts from: with two classes the last intercept before averaging began, with more
  /// whatever array its name for the published intercepts stood for.
  void leave_stale() {
    for (detail::SgdOutput& output : core_.outputs) {
      LinearScalars& v = output.state.scalars;
      if (models() == 1) {
        if (!core_.averaging()) output.stale_intercept = v.intercept;
      } else if (raw_is_published_) {
        v.average_intercept = v.intercept;
      } else {
        output.stale_intercept = v.intercept;
      }
    }
    if (models() > 1 && core_.averaging()) raw_is_published_ = true;
  }

  void draw_seeds() {
    if (seeds_.size() == models()) return;
    seeds_.clear();
    if (models() == 1) {
      seeds_.push_back(detail::classifier_seed(options_.random_state));
      return;
    }
    detail::NumpyRandom random(options_.random_state);
    for (std::size_t k = 0; k < models(); ++k) {
      seeds_.push_back(detail::classifier_seed(random.below(detail::max_int32)));
    }
  }
  [[nodiscard]] std::optional<std::uint32_t> seed(std::size_t k) const {
    if (!options_.shuffle) return std::nullopt;
    return seeds_[k < seeds_.size() ? k : 0];
  }

  SgdOptions options_;
  detail::SgdCore core_;
  std::vector<double> classes_;
  bool open_;  // whether labels are taken as they come
  std::size_t epochs_ = 0;
  bool raw_is_published_ = false;  // sklearn_compat, more than two classes: the average's place holds the last step
  std::vector<std::uint32_t> seeds_{};
  std::vector<std::int32_t> codes_{};
  std::vector<double> targets_{}, weights_{}, row_{};
};

}  // namespace v0
}  // namespace penstock
