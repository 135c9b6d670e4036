// SPDX-License-Identifier: MIT
#pragma once

// What transformers of numbers share that give each feature another value: tables and matrices, columns by name, checks
// before anything is learnt. A transformer brings what it learns of rows of doubles, and the map that follows from it:
//
//     class Halver : public detail::FeatureTransformer<Halver> {
//       friend class detail::FeatureTransformer<Halver>;
//       static constexpr const char* name = "Halver";
//       void start(std::size_t features);                           // the first rows come: make room
//       void learn(const double* x, std::ptrdiff_t stride, std::size_t rows, double* out);   // out: null, or the rows,
//                                                                   // each as it is once it has been learnt
//       auto mapping() const;                                       // (const double* row, double* out), to be called
//       auto inverse_mapping() const;                               // from many threads; may be left out
//       State state_, kept_;                                        // all that it has learnt, and what keep() keeps
//     };

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/fixed_selection.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/table_rows.hpp"
#include "penstock/learn/transformer.hpp"

#include <Eigen/Core>

#include <algorithm>    // min
#include <concepts>     // same_as
#include <cstddef>      // ptrdiff_t, size_t
#include <memory>       // make_shared, shared_ptr
#include <optional>     // nullopt, optional
#include <stdexcept>    // invalid_argument, logic_error
#include <string>       // string, to_string
#include <type_traits>  // remove_cvref_t
#include <utility>      // declval, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Rows that a transformer of numbers takes: dense ones.
template <class X>
concept dense_rows =
    feature_rows<X> &&
    (std::same_as<X, RecordBatch> ||
     std::same_as<std::remove_cvref_t<decltype(row_source<X>::make(std::declval<const X&>()))>, DirectRows> ||
     is_loaded<std::remove_cvref_t<decltype(row_source<X>::make(std::declval<const X&>()))>>);

/// Calls f(rows, stride, first, count) for all rows in order, some at a time.
template <class Source, class F>
void for_each_block(const Source& source, F&& f) {
  if constexpr (is_loaded<Source>) {
    std::vector<double> block(std::min(table_block, source.rows) * source.cols);
    for (std::size_t first = 0; first < source.rows; first += table_block) {
      const std::size_t count = std::min(table_block, source.rows - first);
      source.load(nullptr, first, count, block.data());
      f(block.data(), static_cast<std::ptrdiff_t>(source.cols), first, count);
    }
  } else if (source.rows != 0) {
    f(source.data, source.stride, std::size_t{0}, source.rows);
  }
}

/// One number a feature, as Eigen has them.
template <class F>
[[nodiscard]] Eigen::VectorXd figures_of(std::size_t features, F&& f) {
  Eigen::VectorXd values(static_cast<Eigen::Index>(features));
  for (std::size_t j = 0; j < features; ++j) values[static_cast<Eigen::Index>(j)] = f(j);
  return values;
}

/// The public side of a transformer of numbers; see the top of this header for what Derived brings.
template <class Derived>
class FeatureTransformer {
 public:
  static constexpr bool fixed_columns = true;  ///< see transformer_of_fixed_columns

  /// Learns all rows. Missing values, which are NaN in a matrix, are skipped.
  /// @throws Error that names the row (from 1) and column of an infinite value or one beyond 1e150 in magnitude, whose
  /// square is no number, or a column that is not there; std::invalid_argument if a matrix has another number of
  /// columns than those before. The transformer is then as it was. O(rows * features).
  template <dense_rows X>
  Derived& partial_fit(const X& x) {
    learn_from(x, false);
    return derived();
  }
  /// Learns each row and gives it its form, one after the other; see unsupervised_transformer. Throws as partial_fit.
  template <dense_rows X>
  transformed_t<X> partial_fit_transform(const X& x) {
    return learn_from(x, true);
  }
  /// The rows in their form, by what has been learnt so far; missing values stay missing.
  /// @throws std::logic_error before the first row; as partial_fit.
  template <dense_rows X>
  [[nodiscard]] transformed_t<X> transform(const X& x) const {
    return map_by(x, [this] { return derived().mapping(); });
  }
  /// The rows that transform has given their form, as they were before. Throws as transform.
  template <dense_rows X>
  [[nodiscard]] transformed_t<X> inverse_transform(const X& x) const
    requires requires(const Derived& d) { d.inverse_mapping(); }
  {
    return map_by(x, [this] { return derived().inverse_mapping(); });
  }

  /// Remembers what is known now.
  void keep() {
    keeps_ = fitted();
    if (keeps_) derived().kept_ = derived().state_;
  }
  /// Takes back all that has been learnt since keep(). O(features), without asking for memory.
  void restore() {
    if (keeps_) {
      derived().state_ = derived().kept_;
    } else {
      selection_ =
          ColumnSelection(selection_.named() ? selection_.names() : std::vector<std::string>(), ColumnKind::numbers);
      features_ = 0;
    }
  }

  /// The columns that it takes and makes, in the order of its figures; those that the options name before the first
  /// row.
  [[nodiscard]] const std::vector<std::string>& get_feature_names_out() const noexcept { return selection_.names(); }
  [[nodiscard]] std::size_t n_features() const noexcept {
    return features_;
  }                                                                          ///< columns taken; 0 before the first row
  [[nodiscard]] bool fitted() const noexcept { return selection_.fixed(); }  ///< whether a row has been learnt

 protected:
  /// Shows a visitor of states the columns; Derived shows its options before them and its numbers behind them.
  template <class Self, class Visitor>
  static void visit_columns(Self& self, Visitor& v) {
    ColumnSelection::visit_state(self.selection_, v);
    if constexpr (Visitor::loading) {
      self.features_ = self.selection_.fixed() ? self.selection_.names().size() : 0;
      self.schema_ = self.schema_of(self.selection_);
    }
  }

  explicit FeatureTransformer(std::vector<std::string> columns) : selection_(std::move(columns), ColumnKind::numbers) {}

  /// Whether there is anything to take over from `other`; takes over all if nothing has been learnt here.
  /// @throws std::invalid_argument unless both have the same columns; those that the options name count as such.
  bool begin_merge(const Derived& other) {
    const FeatureTransformer& base = other;
    if (!base.fitted()) return false;
    if (!selection_.accepts(base.selection_)) {
      throw std::invalid_argument(std::string(Derived::name) + ": merge of one that has learnt other columns");
    }
    if (!fitted()) {
      selection_.fix(base.selection_.names());
      schema_ = base.schema_;
      features_ = base.features_;
      derived().start(features_);
    }
    return true;
  }

 private:
  Derived& derived() noexcept { return static_cast<Derived&>(*this); }
  const Derived& derived() const noexcept { return static_cast<const Derived&>(*this); }

  static std::shared_ptr<const Schema> schema_of(const ColumnSelection& selection) {
    Schema schema;
    for (const std::string& column : selection.names()) schema.fields.push_back({.name = column});
    return std::make_shared<const Schema>(std::move(schema));
  }

  static ColumnSelection fixed_by(const ColumnSelection& selection, const RecordBatch& x) {
    return fixed_for(selection, x.schema());
  }
  template <class Source>
  static ColumnSelection fixed_by(const ColumnSelection& selection, const Source& source) {
    return fixed_for(Derived::name, selection, source.cols);
  }

  static void check_width(const ColumnSelection& /*selection*/, const RecordBatch& /*x*/) {}
  template <class Source>
  static void check_width(const ColumnSelection& selection, const Source& source) {
    if (source.cols == 0) throw std::invalid_argument(std::string(Derived::name) + ": rows without features");
    detail::check_width(Derived::name, selection, source.cols);
  }

  /// Where the columns stand in a table; in a matrix they stand in their order.
  using Places = std::vector<std::size_t>;
  static Places places_in(const ColumnSelection& selection, const RecordBatch& x) {
    return selection.places(x.schema());
  }
  template <class Source>
  static Places places_in(const ColumnSelection& /*selection*/, const Source& /*source*/) {
    return {};
  }

  static void check(const ColumnSelection& selection, const RecordBatch& x, const Places& places) {
    for (std::size_t j = 0; j < places.size(); ++j) {
      if (x.schema().fields[places[j]].dtype != DataType::float64) continue;
      const auto values = x.column<double>(places[j]).values();
      if (!any_beyond(values.data(), values.size(), largest_number)) continue;
      for (std::size_t i = 0; i < values.size(); ++i) {  // there may be NaN alone
        if (absolute(values[i]) > largest_number) refuse_number(i, selection.names()[j], values[i]);
      }
    }
  }
  template <class Source>
  static void check(const ColumnSelection& selection, const Source& source, const Places& /*places*/) {
    for_each_block(source, [&](const double* x, std::ptrdiff_t stride, std::size_t first, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i, x += stride) check_numbers(selection.names(), first + i, x);
    });
  }

  /// Runs f(rows, stride, count, out) over all rows and gives what it writes, as a table.
  template <class F>
  RecordBatch through(const ColumnSelection& selection, const RecordBatch& x, const Places& places, bool wanted,
                      F&& f) const {
    const std::size_t features = places.size();
    std::vector<std::vector<double>> made(wanted ? features : 0, std::vector<double>(x.rows()));
    std::vector<double> in(std::min(table_block, x.rows()) * features);
    std::vector<double> out(wanted ? in.size() : 0);
    for (std::size_t first = 0; first < x.rows(); first += table_block) {
      const std::size_t count = std::min(table_block, x.rows() - first);
      load_rows(x, places, first, count, in.data());
      f(in.data(), static_cast<std::ptrdiff_t>(features), count, wanted ? out.data() : nullptr);
      if (wanted) store_rows(out.data(), features, first, count, made);
    }
    if (!wanted || features == 0) return x;
    std::vector<Column> columns;
    columns.reserve(features);
    for (std::vector<double>& values : made) columns.push_back(column_of(std::move(values)));
    bool whole = features == x.schema().fields.size();  // the table has no other columns, and these in this order
    for (std::size_t j = 0; j < features && whole; ++j) whole = places[j] == j;
    if (whole && schema_ != nullptr) return {schema_, std::move(columns)};
    std::vector<Field> fields;
    for (const std::string& column : selection.names()) fields.push_back({.name = column});
    return x.with_columns(std::move(fields), std::move(columns));
  }
  template <class Source, class F>
  FeatureMatrix through(const ColumnSelection& /*selection*/, const Source& source, const Places& /*places*/,
                        bool wanted, F&& f) const {
    FeatureMatrix out(wanted ? static_cast<Eigen::Index>(source.rows) : 0, static_cast<Eigen::Index>(source.cols));
    for_each_block(source, [&](const double* x, std::ptrdiff_t stride, std::size_t first, std::size_t count) {
      f(x, stride, count, wanted ? out.data() + first * source.cols : nullptr);
    });
    return out;
  }

  /// Tables as they are, matrices as their source.
  static const RecordBatch& source_of(const RecordBatch& x) noexcept { return x; }
  template <class X>
  static auto source_of(const X& x) {
    return row_source<X>::make(x);
  }

  template <class X>
  transformed_t<X> learn_from(const X& x, bool wanted) {
    const auto& source = source_of(x);
    const bool first_rows = !selection_.fixed();
    std::optional<ColumnSelection> first_selection;
    if (first_rows) first_selection = fixed_by(selection_, source);
    const ColumnSelection& selection = first_selection ? *first_selection : selection_;
    check_width(selection, source);
    const Places places = places_in(selection, source);
    check(selection, source, places);
    if (first_rows) {
      derived().start(selection.names().size());
      if (rows_of(source) != 0) {
        features_ = selection.names().size();
        selection_ = selection;
        schema_ = schema_of(selection_);
      }
    }
    return through(selection, source, places, wanted,
                   [&](const double* rows, std::ptrdiff_t stride, std::size_t count, double* out) {
                     derived().learn(rows, stride, count, out);
                   });
  }

  template <class X, class MakeMap>
  [[nodiscard]] transformed_t<X> map_by(const X& x, const MakeMap& make_map) const {
    if (!fitted()) throw std::logic_error(std::string(Derived::name) + ": nothing learnt yet; partial_fit first");
    const auto& source = source_of(x);
    check_width(selection_, source);
    const Places places = places_in(selection_, source);
    check(selection_, source, places);
    const auto map = make_map();
    return through(selection_, source, places, true,
                   [&](const double* rows, std::ptrdiff_t stride, std::size_t count, double* out) {
                     for (std::size_t i = 0; i < count; ++i, rows += stride, out += features_) map(rows, out);
                   });
  }

  static std::size_t rows_of(const RecordBatch& x) noexcept { return x.rows(); }
  template <class Source>
  static std::size_t rows_of(const Source& source) noexcept {
    return source.rows;
  }

  ColumnSelection selection_;
  std::shared_ptr<const Schema> schema_{};  // of a table of the columns taken
  std::size_t features_ = 0;
  bool keeps_ = false;  // whether kept_ is what was known at keep(), or nothing was
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
