// SPDX-License-Identifier: MIT
#pragma once

// What transformers that leave features out have in common: when they decide, and what the rows of a call look like
// when they do. A selector brings what it learns of rows and its choice:
//
//     class Chooser : public detail::FeatureSelector<Chooser> {
//       friend detail::FeatureSelector<Chooser>;
//       static constexpr const char* name = "Chooser";
//       void start(std::size_t features);                  // the first rows come: make room
//       bool learn(const double* row, double y);           // whether the row counts
//       std::vector<bool> choose();                        // which features are kept, by what is known
//     };

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/fixed_selection.hpp"
#include "penstock/learn/new_columns.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/transformer.hpp"

#include <Eigen/Core>

#include <algorithm>  // min
#include <concepts>   // same_as
#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // uint64_t
#include <limits>     // numeric_limits
#include <span>       // span
#include <stdexcept>  // invalid_argument, logic_error
#include <string>     // string, to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

template <dense_rows X>
[[nodiscard]] std::size_t count_rows(const X& x) {
  if constexpr (std::same_as<X, RecordBatch>) {
    return x.rows();
  } else {
    return row_source<X>::make(x).rows;
  }
}

/// Calls f(i, row) for the numbers of all rows in order; missing ones are NaN.
template <dense_rows X, class F>
void for_each_number_row(const ColumnSelection& selection, const X& x, F&& f) {
  if constexpr (std::same_as<X, RecordBatch>) {
    const std::vector<std::size_t> places = selection.places(x.schema());
    std::vector<double> block(std::min(table_block, x.rows()) * places.size());
    for (std::size_t first = 0; first < x.rows(); first += table_block) {
      const std::size_t count = std::min(table_block, x.rows() - first);
      load_rows(x, places, first, count, block.data());
      for (std::size_t i = 0; i < count; ++i) f(first + i, block.data() + i * places.size());
    }
  } else {
    for_each_block(row_source<X>::make(x),
                   [&](const double* rows, std::ptrdiff_t stride, std::size_t first, std::size_t count) {
                     for (std::size_t i = 0; i < count; ++i, rows += stride) f(first + i, rows);
                   });
  }
}

/// The public side of a selector; see the top of this header for what Derived brings.
template <class Derived>
class FeatureSelector {
 public:
  /// The rows without the features that were left out; all of them before the first decision. Columns of a table are
  /// shared, not copied. @throws std::logic_error before the first row; Error that names a column that is not there or
  /// no numbers; std::invalid_argument if a matrix has another number of columns than those before.
  template <dense_rows X>
  [[nodiscard]] transformed_t<X> transform(const X& x) const {
    if (!selection_.fixed()) {
      throw std::logic_error(std::string(Derived::name) + ": nothing learnt yet; partial_fit first");
    }
    return select(fixed_for(Derived::name, selection_, x), x, {{0, support_}});
  }

  /// The features that are kept, in their order; all of them before the first decision.
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const {
    std::vector<std::string> names;
    for (std::size_t j = 0; j < support_.size(); ++j) {
      if (support_[j]) names.push_back(selection_.names()[j]);
    }
    return names;
  }
  /// Whether each feature is kept; all are before the first decision. Empty before the first row.
  [[nodiscard]] const std::vector<bool>& get_support() const noexcept { return support_; }
  [[nodiscard]] bool decided() const noexcept { return decided_; }            ///< whether a decision was taken
  [[nodiscard]] std::uint64_t rows_learnt() const noexcept { return rows_; }  ///< that count
  /// The features in their order, left out or not.
  [[nodiscard]] const std::vector<std::string>& feature_names_in() const noexcept { return selection_.names(); }

  /// Decides now, by what is known. @throws std::logic_error before the first row.
  Derived& decide() {
    if (!selection_.fixed()) {
      throw std::logic_error(std::string(Derived::name) + ": nothing learnt yet; partial_fit first");
    }
    support_ = derived().choose();
    decided_ = true;
    return derived();
  }

 protected:
  /// Shows a visitor of states the columns and decisions; Derived shows its options before and its numbers behind them.
  template <class Self, class Visitor>
  static void visit_decisions(Self& self, Visitor& v) {
    ColumnSelection::visit_state(self.selection_, v);
    v("support", self.support_);
    v("rows_learnt", self.rows_);
    v("next_decision", self.next_);
    v("decided", self.decided_);
    v.require(self.support_.size() == (self.selection_.fixed() ? self.selection_.names().size() : 0), "support",
              "a value a feature once there are rows");
  }

  FeatureSelector(std::vector<std::string> columns, std::uint64_t decide_after, std::uint64_t decide_every)
      : selection_(std::move(columns), ColumnKind::numbers), next_(decide_after), every_(decide_every) {
    if (next_ == 0) next_ = never;
  }

  /// Learns all rows, with y where it is not empty, and gives them as they come out one by one.
  template <class X>
  transformed_t<X> learn_from(const X& x, std::span<const double> y, bool wanted) {
    ColumnSelection selection = fixed_for(Derived::name, selection_, x);
    check(selection, x);
    if (!selection_.fixed()) {
      derived().start(selection.names().size());
      support_.assign(selection.names().size(), true);
      selection_ = selection;
    }
    std::vector<Segment> segments{{0, support_}};
    for_each_number_row(selection, x, [&](std::size_t i, const double* row) {
      if (!derived().learn(row, y.empty() ? 0 : y[i])) return;
      if (++rows_ < next_) return;
      settle();
      segments.push_back({i, support_});
    });
    if constexpr (std::same_as<X, RecordBatch>) {
      return wanted ? select(selection, x, segments) : x;
    } else {
      return wanted ? select(selection, x, segments) : FeatureMatrix();
    }
  }

  /// Whether there is anything to take over from `other`. @throws std::invalid_argument unless both have the same
  /// columns; those that the options name count as such.
  bool begin_merge(const Derived& other) {
    const FeatureSelector& base = other;
    if (!base.selection_.fixed()) return false;
    if (!selection_.accepts(base.selection_)) {
      throw std::invalid_argument(std::string(Derived::name) + ": merge of one that has learnt other columns");
    }
    if (!selection_.fixed()) {
      selection_.fix(base.selection_.names());
      support_.assign(selection_.names().size(), true);
      derived().start(support_.size());
    }
    return true;
  }
  void end_merge(const Derived& other) {
    rows_ += static_cast<const FeatureSelector&>(other).rows_;
    if (rows_ >= next_) settle();
  }

 private:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  /// Rows from `first` on, and which features are kept in them.
  struct Segment {
    std::size_t first;
    std::vector<bool> support;
  };

  Derived& derived() noexcept { return static_cast<Derived&>(*this); }

  void settle() {
    support_ = derived().choose();
    decided_ = true;
    next_ = every_ == 0 ? never : rows_ + every_;
  }

  template <class X>
  static void check(const ColumnSelection& selection, const X& x) {
    for_each_number_row(selection, x,
                        [&](std::size_t i, const double* row) { check_numbers(selection.names(), i, row); });
  }

  /// Which features come out: those that were kept in any segment.
  [[nodiscard]] static std::vector<bool> kept_in(const std::vector<Segment>& segments) {
    std::vector<bool> kept = segments.front().support;
    for (const Segment& segment : segments) {
      for (std::size_t j = 0; j < kept.size(); ++j) kept[j] = kept[j] || segment.support[j];
    }
    return kept;
  }

  [[nodiscard]] static RecordBatch select(const ColumnSelection& selection, const RecordBatch& x,
                                          const std::vector<Segment>& segments) {
    const std::vector<std::size_t> places = selection.places(x.schema());
    const std::vector<bool> kept = kept_in(segments);
    std::vector<std::size_t> out;
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (std::size_t j = 0; j < places.size(); ++j) {
      if (!kept[j]) {
        out.push_back(places[j]);
        continue;
      }
      bool always = true;
      for (const Segment& segment : segments) always = always && segment.support[j];
      if (always) continue;
      std::vector<double> copy;
      const std::span<const double> numbers = numbers_in(x, places[j], copy);
      std::vector<double> values(numbers.begin(), numbers.end());
      for (std::size_t s = 0; s < segments.size(); ++s) {
        const std::size_t end = s + 1 < segments.size() ? segments[s + 1].first : x.rows();
        for (std::size_t i = segments[s].first; i < end && !segments[s].support[j]; ++i) values[i] = 0;
      }
      fields.push_back({selection.names()[j], DataType::float64});
      columns.push_back(column_of(std::move(values)));
    }
    const RecordBatch left = out.empty() ? x : without_columns(x, out);
    return fields.empty() ? left : left.with_columns(std::move(fields), std::move(columns));
  }

  template <class X>
  [[nodiscard]] static FeatureMatrix select(const ColumnSelection& selection, const X& x,
                                            const std::vector<Segment>& segments) {
    const std::vector<bool> kept = kept_in(segments);
    std::vector<std::size_t> places;
    for (std::size_t j = 0; j < kept.size(); ++j) {
      if (kept[j]) places.push_back(j);
    }
    FeatureMatrix out(static_cast<Eigen::Index>(count_rows(x)), static_cast<Eigen::Index>(places.size()));
    std::size_t at = 0;
    for_each_number_row(selection, x, [&](std::size_t i, const double* row) {
      while (at + 1 < segments.size() && segments[at + 1].first <= i) ++at;
      for (std::size_t k = 0; k < places.size(); ++k) {
        out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) =
            segments[at].support[places[k]] ? row[places[k]] : 0;
      }
    });
    return out;
  }

  ColumnSelection selection_;
  std::vector<bool> support_{};
  bool decided_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t next_;
  std::uint64_t every_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
