// SPDX-License-Identifier: MIT
#pragma once

// Steps and a model that learn as one: the class. What makes one, `a | b | model`, is in learn/pipeline.hpp.

#include "penstock/core/error.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/state.hpp"
#include "penstock/learn/fence.hpp"
#include "penstock/learn/pipeline_chain.hpp"
#include "penstock/learn/pipeline_columns.hpp"
#include "penstock/learn/pipeline_parts.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/transformer.hpp"

#include <Eigen/Core>

#include <concepts>     // convertible_to, default_initializable, same_as
#include <cstddef>      // size_t
#include <optional>     // nullopt, optional
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// Transformers, and at the end a model or one more transformer, that learn row by row as one: each step learns a row
/// and transforms it before the next learns what has become of it.
///
/// **Order.** partial_fit gives the same as learn_one for each row, bit by bit, if the steps and the model do. predict
/// and transform have no side effects: what they are given is not learnt.
///
/// **Columns of tables** are matched by name. The first table says which there are; a later one may have them in
/// another order. One that it has not is treated as PipelineOptions::missing_columns says; one that is new is ignored,
/// and report() counts both. A number that has become a text, or the other way, is an Error. All columns that come out
/// of the last step are the model's features, texts are an Error there. They are those of the first row, in the order
/// of the table; a column that a step makes later on joins behind them in the first row in which it is not 0, and the
/// model grows. One that a step gives up is 0 for the steps behind it and the model. Columns that the model has not
/// learnt are left out when it predicts.
///
/// **Matrices** go through if all steps take them; their columns are taken by place, and their number is fixed. Where
/// the columns behind a step may change (see transformer_of_fixed_columns), the columns of a matrix are called x0, x1
/// and so on, and all is as for tables. Else a pipeline learns either tables or matrices.
///
/// **All or nothing.** A call that throws leaves the model and, unless PipelineOptions::all_or_nothing is off, all
/// steps as they were. Without it, steps before the one that threw have learnt all rows of the call.
///
/// A pipeline without a model is a transformer itself. Not thread-safe while it learns; const functions may be called
/// from many threads at once if those of its steps may.
template <class... Steps>
class Pipeline {
  using Chain = detail::StepChain<Steps...>;
  using Last = typename Chain::Last;

 public:
  /// Whether the last step is a model.
  static constexpr bool has_model = Chain::has_model;
  /// Steps that transform.
  static constexpr std::size_t transformers = Chain::transformers;
  /// Whether a step learns from targets.
  static constexpr bool is_supervised = (detail::is_supervised<Steps> || ...);

  /// Steps with their own defaults.
  Pipeline()
    requires(std::default_initializable<Steps> && ...)
      : Pipeline(Steps{}...) {}
  /// The steps as they are, what they have learnt included.
  explicit Pipeline(Steps... steps) : Pipeline(PipelineOptions{}, std::move(steps)...) {}
  /// The same with options. @throws std::invalid_argument if fill_value is not finite.
  explicit Pipeline(const PipelineOptions& options, Steps... steps)
      : options_(checked(options)), chain_(std::move(steps)...) {}

  /// Whether the steps take rows of type X: the first X itself, the others what is made of it.
  template <class X>
  static constexpr bool takes = Chain::template takes<X>;

  /// Learns all rows: steps and model. `y` has a number a row, or, for a model of several targets, a row of them.
  /// @throws what a step or the model throws; std::invalid_argument if y has another number of rows, or after rows of
  /// the other kind, tables or matrices; Error for columns as said above.
  template <detail::dense_rows X, class Y>
    requires(has_model && takes<X>)
  Pipeline& partial_fit(const X& x, const Y& y) {
    learn_by(x, y, std::nullopt);
    return *this;
  }
  /// The same with a weight for each row, which the model learns with; the steps do not take weights.
  template <detail::dense_rows X, class Y, row_targets W>
    requires(has_model && takes<X>)
  Pipeline& partial_fit(const X& x, const Y& y, const W& w) {
    std::vector<double> copy;
    learn_by(x, y, detail::numbers_of(w, copy));
    return *this;
  }
  /// Learns a table of one row. @throws std::invalid_argument if it has not one row; as partial_fit.
  Pipeline& learn_one(const RecordBatch& row, double y, double w = 1)
    requires has_model
  {
    check_one(row.rows());
    learn(row, std::span<const double>(&y, 1), std::span<const double>(&w, 1));
    return *this;
  }
  /// Learns one row of numbers.
  template <feature_row R>
    requires has_model
  Pipeline& learn_one(const R& row, double y, double w = 1) {
    std::vector<double> copy;
    const std::span<const double> values = detail::numbers_of(row, copy);
    learn(RowMajorView{values.data(), 1, values.size()}, std::span<const double>(&y, 1),
          std::span<const double>(&w, 1));
    return *this;
  }

  /// Learns all rows, for a pipeline without a model.
  template <detail::dense_rows X>
    requires(!has_model && !is_supervised && takes<X>)
  Pipeline& partial_fit(const X& x) {
    static_cast<void>(partial_fit_transform(x));
    return *this;
  }
  /// The same with a target a row.
  template <detail::dense_rows X, row_targets Y>
    requires(!has_model && is_supervised && takes<X>)
  Pipeline& partial_fit(const X& x, const Y& y) {
    static_cast<void>(partial_fit_transform(x, y));
    return *this;
  }
  /// Learns and transforms row by row, for a pipeline without a model.
  template <detail::dense_rows X>
    requires(!has_model && !is_supervised && takes<X>)
  transformed_t<X> partial_fit_transform(const X& x) {
    return learn_steps(x, {});
  }
  /// The same with a target a row.
  template <detail::dense_rows X, row_targets Y>
    requires(!has_model && is_supervised && takes<X>)
  transformed_t<X> partial_fit_transform(const X& x, const Y& y) {
    std::vector<double> copy;
    const std::span<const double> targets = detail::numbers_of(y, copy);
    check_targets(detail::rows_of(x), targets.size());
    return learn_steps(x, targets);
  }

  /// The rows behind the last transformer, by what has been learnt so far. @throws what a step throws; Error for
  /// columns as said above.
  template <detail::dense_rows X>
    requires(transformers > 0 && takes<X>)
  [[nodiscard]] transformed_t<X> transform(const X& x) const {
    if constexpr (by_names<X>) {
      const RecordBatch made = chain_.transform(aligned(named(x)));
      const std::vector<std::string> names = detail::column_names(made);
      FeatureMatrix values(static_cast<Eigen::Index>(made.rows()), static_cast<Eigen::Index>(names.size()));
      made.to_matrix(names, std::span(values.data(), static_cast<std::size_t>(values.size())));
      return values;
    } else {
      return chain_.transform(aligned(x));
    }
  }

  /// What the model predicts; before anything has been learnt, what it predicts then. A pipeline of steps that had
  /// learnt before they became one predicts with them, if the model has n_features(): all columns that come out of the
  /// last transformer are its features, in their order, until the pipeline itself has learnt which there are.
  template <detail::dense_rows X>
    requires(has_model && takes<X>)
  [[nodiscard]] auto predict(const X& x) const {
    return model().predict(features_of(x));
  }
  /// The probabilities that the model gives.
  template <detail::dense_rows X>
    requires(has_model && takes<X>) && requires(const Last& m, const FeatureMatrix& x) { m.predict_proba(x); }
  [[nodiscard]] auto predict_proba(const X& x) const {
    return model().predict_proba(features_of(x));
  }
  /// The scores that the model gives.
  template <detail::dense_rows X>
    requires(has_model && takes<X>) && requires(const Last& m, const FeatureMatrix& x) { m.decision_function(x); }
  [[nodiscard]] auto decision_function(const X& x) const {
    return model().decision_function(features_of(x));
  }
  /// What the model predicts for one row of numbers.
  template <feature_row R>
    requires has_model
  [[nodiscard]] auto predict_one(const R& row) const {
    std::vector<double> copy;
    const std::span<const double> values = detail::numbers_of(row, copy);
    return predict(RowMajorView{values.data(), 1, values.size()})[0];
  }
  /// The same for a table of one row. @throws std::invalid_argument if it has not one row.
  [[nodiscard]] auto predict_one(const RecordBatch& row) const
    requires has_model
  {
    check_one(row.rows());
    return predict(row)[0];
  }

  /// Step I, from 0; the model is one of them.
  template <std::size_t I>
  [[nodiscard]] const auto& step() const noexcept {
    return chain_.template step<I>();
  }
  /// The step of that type, if there is one of it.
  template <class T>
  [[nodiscard]] const T& step() const noexcept {
    return chain_.template step<T>();
  }
  /// The model at the end.
  [[nodiscard]] const Last& model() const noexcept
    requires has_model
  {
    return chain_.last();
  }
  static constexpr std::size_t size() noexcept { return sizeof...(Steps); }  ///< steps, the model included

  /// With a model: the names of its features, in the order of its coefficients, none before the first row; of matrices,
  /// those that the last transformer gives, if there is one. Without: the columns that the last step makes.
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const {
    if constexpr (has_model) {
      if (learns_ != Rows::matrices) return features_.names();
    }
    if constexpr (transformers > 0) {
      return step<transformers - 1>().get_feature_names_out();
    } else {
      return {};
    }
  }
  /// The columns of the first table, which later ones are brought to; none before it, nor for matrices.
  [[nodiscard]] const Schema& schema_in() const noexcept { return input_.schema(); }
  /// What columns were missing or new in the tables learnt.
  [[nodiscard]] const ColumnReport& report() const noexcept { return input_.report(); }
  [[nodiscard]] const PipelineOptions& options() const noexcept { return options_; }  ///< as they were given

  /// The same steps with other options; what they have learnt stays. @throws std::invalid_argument as the constructor.
  [[nodiscard]] Pipeline with_options(const PipelineOptions& options) const {
    Pipeline other = *this;
    other.options_ = checked(options);
    return other;
  }

  static constexpr std::string_view state_kind = "Pipeline";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor: that of each step, and the columns.
  template <class Self, class Visitor>
    requires(stateful<Steps> && ...)
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("missing_columns", self.options_.missing_columns);
      o.option("fill_value", self.options_.fill_value);
      o.option("all_or_nothing", self.options_.all_or_nothing);
    });
    std::size_t learns = static_cast<std::size_t>(self.learns_);
    v("learns", learns);  // 0: nothing so far, 1: tables, 2: matrices
    v.require(learns <= 2, "learns", "0, 1 or 2");
    if constexpr (Visitor::loading) self.learns_ = static_cast<Rows>(learns);
    v.object("input", [&](auto& i) { detail::InputColumns::visit_state(self.input_, i); });
    detail::ModelFeatures::visit_state(self.features_, v);
    Chain::visit_state(self.chain_, v);
    if constexpr (has_model && Visitor::loading) {
      if constexpr (requires(const Last& m) { m.n_features(); }) {
        v.require(self.learns_ != Rows::tables || self.features_.names().size() == self.model().n_features(),
                  "feature_names", "as many as the model has features");
      }
    }
  }

 private:
  friend struct detail::PipelineSteps;
  enum class Rows { none, tables, matrices };

  template <class X>
  static constexpr Rows kind_of = std::same_as<X, RecordBatch> ? Rows::tables : Rows::matrices;
  /// Whether a matrix goes to the model by way of a table.
  template <class X>
  static constexpr bool by_names =
      has_model && !std::same_as<X, RecordBatch> && takes<RecordBatch> && !Chain::template fixed<transformers>;

  static const PipelineOptions& checked(const PipelineOptions& options) {
    if (detail::is_finite_bits(options.fill_value)) return options;
    throw std::invalid_argument("PipelineOptions.fill_value is " + std::to_string(options.fill_value) +
                                "; a finite number is needed");
  }
  static void check_one(std::size_t rows) {
    if (rows != 1) throw std::invalid_argument("Pipeline: " + std::to_string(rows) + " rows where one is needed");
  }
  static void check_targets(std::size_t rows, std::size_t targets, const char* what = "targets") {
    if (rows == targets) return;
    throw std::invalid_argument("Pipeline: " + std::to_string(rows) + " rows, but " + std::to_string(targets) + " " +
                                what);
  }
  void check_kind(Rows kind) const {
    if (learns_ == Rows::none || learns_ == kind) return;
    throw std::invalid_argument(kind == Rows::tables ? "Pipeline: a table, but matrices have been learnt"
                                                     : "Pipeline: a matrix, but tables have been learnt");
  }

  [[nodiscard]] RecordBatch aligned(const RecordBatch& x) const {
    check_kind(Rows::tables);
    return input_.known() ? input_.align(x, options_.missing_columns, options_.fill_value) : x;
  }
  template <class X>
  [[nodiscard]] const X& aligned(const X& x) const {
    check_kind(Rows::matrices);
    return x;
  }

  /// Whether the model came with features; one that cannot tell did not.
  [[nodiscard]] bool model_has_learnt() const {
    if constexpr (requires(const Last& m) { m.n_features() != 0; }) {
      return model().n_features() != 0;
    } else {
      return false;
    }
  }

  /// The matrix that the model predicts from.
  template <class X>
  [[nodiscard]] FeatureMatrix features_of(const X& x) const {
    if constexpr (by_names<X>) {
      return features_of(named(x));
    } else {
      return features_behind(x);
    }
  }
  template <class X>
  [[nodiscard]] FeatureMatrix features_behind(const X& x) const {
    const auto& rows = aligned(x);
    if (learns_ == Rows::none && !model_has_learnt()) {
      return FeatureMatrix::Zero(static_cast<Eigen::Index>(detail::rows_of(x)), 1);
    }
    if constexpr (std::same_as<X, RecordBatch>) {
      if (learns_ == Rows::none) return detail::matrix_of_rows(chain_.transform(rows));
      return features_.matrix(chain_.transform(rows));
    } else {
      return detail::matrix_of_rows(chain_.transform(rows));
    }
  }

  /// Runs f, which learns; takes back all of it if it throws.
  template <class F>
  void all_or_nothing(F&& f) {
    const bool keeps = options_.all_or_nothing;
    const std::size_t features = features_.names().size();
    const Rows learns = learns_;
    const bool known = input_.known();
    if (keeps) chain_.keep();
    model_kept_ = false;
    if constexpr (has_model && detail::may_learn_and_throw<Last>) keep_model();
    try {
      f();
    } catch (...) {
      features_.shrink(features);
      if constexpr (has_model) {
        if (model_kept_) chain_.restore_model();
      }
      if (keeps) {
        chain_.restore(learns == Rows::none);
        learns_ = learns;
        if (!known) input_ = detail::InputColumns();
      }
      throw;
    }
  }
  template <class X, class Y>
  void learn_by(const X& x, const Y& y, std::optional<std::span<const double>> w) {
    if constexpr (detail::several_targets<Y>) {
      static_assert(!is_supervised, "a step that learns from targets takes one a row");
      learn(x, y, w);
    } else {
      std::vector<double> copy;
      learn(x, detail::numbers_of(y, copy), w);
    }
  }

  /// @throws std::invalid_argument if a matrix has not the columns of those before.
  template <class X>
  [[nodiscard]] RecordBatch named(const X& x) const {
    RecordBatch table = detail::table_of_rows(x);
    if (!input_.known() || input_.schema() == table.schema()) return table;
    throw std::invalid_argument("Pipeline: a matrix of " + std::to_string(table.schema().fields.size()) +
                                " columns, which are not the " + std::to_string(input_.schema().fields.size()) +
                                " of the rows before");
  }

  template <class X, class Y>
  void learn(const X& x, const Y& y, std::optional<std::span<const double>> w) {
    if constexpr (by_names<X>) {
      learn(named(x), y, w);
    } else {
      learn_rows(x, y, w);
    }
  }
  template <class X, class Y>
  void learn_rows(const X& x, const Y& y, std::optional<std::span<const double>> w) {
    check_kind(kind_of<X>);
    const std::size_t rows = detail::rows_of(x);
    check_targets(rows, detail::targets_in(y));
    if (w) check_targets(rows, w->size(), "weights");
    if (rows == 0) return;
    all_or_nothing([&] {
      if constexpr (std::same_as<X, RecordBatch>) {
        learn_table(x, y, w);
      } else {
        chain_.learn_model(chain_.learn_and_transform(x, targets_for_steps(y)), y, w);
      }
      learns_ = kind_of<X>;
    });
    if constexpr (std::same_as<X, RecordBatch>) input_.note(x);
  }

  template <class Y>
  static std::span<const double> targets_for_steps(const Y& y) {
    if constexpr (std::convertible_to<const Y&, std::span<const double>>) {
      return y;
    } else {
      return {};
    }
  }

  template <class Y>
  void learn_table(const RecordBatch& x, const Y& y, std::optional<std::span<const double>> w) {
    if (!input_.known()) input_.take(x.schema());
    const RecordBatch table = input_.align(x, options_.missing_columns, options_.fill_value);
    const std::size_t rows = table.rows();
    if (!features_.names().empty() || rows == 1) return learn_part(table, 0, rows, y, w, false);
    learn_part(table, 0, 1, y, w, true);  // the columns of the first row are the first features
    learn_part(table, 1, rows - 1, y, w, false);
  }

  /// Learns rows [first, first + count) of a table; `more` rows may come in the same call.
  template <class Y>
  void learn_part(const RecordBatch& table, std::size_t first, std::size_t count, const Y& y,
                  std::optional<std::span<const double>> w, bool more) {
    const auto targets = detail::part_of(y, first, count);
    const RecordBatch made = detail::with_rows_from(
        first, [&] { return chain_.learn_and_transform(table.slice(first, count), targets_for_steps(targets)); });
    const FeatureMatrix values = features_.matrix(made, stretches_);
    for (std::size_t i = 0; i < stretches_.size(); ++i) {
      const detail::FeatureStretch& stretch = stretches_[i];
      if (stretch.count == 0) continue;
      if (more || i + 1 < stretches_.size() || stretch.features != features_.names().size()) keep_model();
      grow_model(stretch.features);
      const auto weights = w ? std::optional(w->subspan(first + stretch.first, stretch.count)) : std::nullopt;
      const auto index = [](std::size_t place) { return static_cast<Eigen::Index>(place); };
      detail::with_rows_from(first + stretch.first, [&] {
        if (stretch.count == count && index(stretch.features) == values.cols()) {
          chain_.learn_model(values, targets, weights);
        } else {
          const FeatureMatrix part =
              values.block(index(stretch.first), 0, index(stretch.count), index(stretch.features));
          chain_.learn_model(part, detail::part_of(y, first + stretch.first, stretch.count), weights);
        }
      });
    }
    features_.commit();
  }

  /// Copies the model before the first of several things that happen to it in one call.
  void keep_model() {
    if (model_kept_) return;
    chain_.keep_model();
    model_kept_ = true;
  }
  void grow_model(std::size_t features) {
    const std::size_t known = features_.known();
    if (known == features) return;
    if (known != 0) {
      if constexpr (growing_learner<Last>) {
        chain_.grow_model(features - known);
      } else {
        throw Error({.column = features_.joining(known)}, "a column that is new behind the last step",
                    "those of the first row; this model cannot grow");
      }
    }
    features_.join(features);
  }

  template <class X>
  transformed_t<X> learn_steps(const X& x, std::span<const double> y) {
    check_kind(kind_of<X>);
    std::optional<transformed_t<X>> made;
    all_or_nothing([&] {
      if constexpr (std::same_as<X, RecordBatch>) {
        if (!input_.known() && x.rows() != 0) input_.take(x.schema());
        made = chain_.learn_and_transform(aligned(x), y);
      } else {
        made = chain_.learn_and_transform(x, y);
      }
      if (detail::rows_of(x) != 0) learns_ = kind_of<X>;
    });
    if constexpr (std::same_as<X, RecordBatch>) {
      if (input_.known()) input_.note(x);
    }
    return std::move(*made);
  }

  PipelineOptions options_;
  Chain chain_;
  detail::InputColumns input_{};
  detail::ModelFeatures features_{};
  std::vector<detail::FeatureStretch> stretches_{};
  Rows learns_ = Rows::none;
  bool model_kept_ = false;  // in this call
};

}  // namespace v0
}  // namespace penstock
