// SPDX-License-Identifier: MIT
#pragma once

// Features of a row out of the rows of its key before it: what RollingFeatures and LagFeatures have in common. A State
// is what is remembered of a key:
//
//     using Plan = ...;                                    // with .columns, and a suffix for each feature of a column
//     explicit State(const Plan&);
//     bool empty() const;  std::int64_t latest() const;
//     void step(const Plan&, std::int64_t time, const double* row, double* out);         // learns the row
//     void peek(const Plan&, std::int64_t time, const double* row, double* out) const;   // what step would give
//     static void visit_state(self, const Plan&, bool timed, visitor);   // core/state.hpp; of one that is not empty

#include "penstock/core/error.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/keyed_series.hpp"
#include "penstock/learn/new_columns.hpp"
#include "penstock/learn/row_keys.hpp"
#include "penstock/learn/table_rows.hpp"

#include <algorithm>      // find, max
#include <cstddef>        // size_t
#include <cstdint>        // int64_t, uint32_t, uint64_t
#include <limits>         // numeric_limits
#include <optional>       // optional
#include <span>           // span
#include <stdexcept>      // invalid_argument, logic_error
#include <string>         // string, to_string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // move
#include <vector>         // vector

namespace penstock {
inline namespace v0 {

/// What becomes of a row whose time is before the latest of its key. A row without a time, or without a key, is always
/// left out as `skip` does it.
enum class LateRows {
  skip,   ///< it is not learnt, its features are missing, and it is counted
  accept  ///< it is taken as if it had the latest time, and counted
};

namespace detail {

/// The options that both have.
struct KeyedFeaturesOptions {
  const char* owner;  // "RollingFeatures", for messages
  std::vector<std::string> columns;
  std::vector<std::string> by;
  std::string on;  // empty: no times
  LateRows late;
  std::size_t max_keys;
};

/// What was counted.
struct KeyedCounts {
  std::uint64_t late = 0, keyless = 0;
};

/// The public side of a transformer that remembers rows by key; see the top of this header for what State brings.
template <class Derived, class State>
class KeyedFeatures {
 public:
  /// Learns all rows.
  /// @throws Error that names a column that is not there or of a type that is not taken, or that has the name of one
  /// that is to be made.
  Derived& partial_fit(const RecordBatch& x) {
    static_cast<void>(learn(x, false));
    return static_cast<Derived&>(*this);
  }
  /// Learns each row, with its features as of that row. @throws as partial_fit.
  [[nodiscard]] RecordBatch partial_fit_transform(const RecordBatch& x) { return learn(x, true); }
  /// The features of rows that might come next, each after those of x before it; learns nothing.
  /// @throws as partial_fit; std::logic_error before the first call that learns.
  [[nodiscard]] RecordBatch transform(const RecordBatch& x) const { return look(x); }

  /// The columns that it makes. Before the first table, those of the columns that the options name.
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const { return made_of(values_.names()); }
  [[nodiscard]] std::size_t keys() const noexcept { return series_.size(); }               ///< that are remembered
  [[nodiscard]] std::uint64_t evicted_keys() const noexcept { return series_.evicted(); }  ///< forgotten
  /// Rows learnt whose time was before the latest of their key, or missing.
  [[nodiscard]] std::uint64_t late_rows() const noexcept { return counts_.late; }
  [[nodiscard]] std::uint64_t keyless_rows() const noexcept { return counts_.keyless; }  ///< without a key

  /// Remembers what is known, for restore(). From then on each row that is learnt is noted, until the next keep().
  void keep() {
    series_.keep();
    kept_counts_ = counts_;
    kept_fixed_ = values_.fixed();
  }
  /// Forgets all that was learnt since keep(); all there is if that was never called. After loading a state, keep() is
  /// needed first where rows are learnt. O(what that is).
  void restore() {
    series_.restore();
    counts_ = kept_counts_;
    if (kept_fixed_) return;
    values_ = ColumnSelection(common_.columns, ColumnKind::numbers);
    keys_ = ColumnSelection(common_.by, ColumnKind::categories);
    plan_.columns = common_.columns.size();
  }

 protected:
  using Plan = typename State::Plan;

  /// `plan` but for its columns. @throws std::invalid_argument that names the option which cannot work.
  KeyedFeatures(KeyedFeaturesOptions options, Plan plan)
      : common_(std::move(options)),
        plan_(std::move(plan)),
        values_(common_.columns, ColumnKind::numbers),
        keys_(common_.by, ColumnKind::categories),
        series_(common_.max_keys) {
    const std::string owner = std::string(common_.owner) + "Options.";
    if (common_.max_keys < 1 || common_.max_keys >= UINT32_MAX) {
      throw std::invalid_argument(owner + "max_keys is " + std::to_string(common_.max_keys) +
                                  "; it must be in [1, 2^32 - 2]");
    }
    for (const std::string& name : common_.by) {
      if (name == common_.on || contains(common_.columns, name)) {
        throw std::invalid_argument(owner + "by names column '" + name + "', and so does another option");
      }
    }
    if (!common_.on.empty() && contains(common_.columns, common_.on)) {
      throw std::invalid_argument(owner + "on is column '" + common_.on + "', and so is one of .columns");
    }
    plan_.columns = common_.columns.size();
  }

  /// Takes over the keys of another stream. @throws std::invalid_argument if a key is in both, or the columns are
  /// others; then nothing is taken over.
  void merge_keys(const KeyedFeatures& other) {
    const std::string owner = common_.owner;
    if (common_.by != other.common_.by || common_.on != other.common_.on) {
      throw std::invalid_argument(owner + ": merge with one of other keys or times (.by, .on)");
    }
    if (!other.values_.fixed()) return;
    if (!values_.accepts(other.values_)) { throw std::invalid_argument(owner + ": merge with one of other columns"); }
    if (!values_.fixed()) {
      values_.fix(other.values_.names());
      keys_ = other.keys_;
      plan_.columns = other.plan_.columns;
    }
    other.series_.for_each([&](std::string_view key, const State&) {
      if (series_.find(key) == nullptr) return;
      throw std::invalid_argument(owner + ": merge with one that knows key '" + std::string(key.substr(0, 40)) +
                                  "' too, of which this one has other rows");
    });
    const State fresh(plan_);
    other.series_.for_each([&](std::string_view key, const State& state) { series_.touch(key, fresh) = state; });
    counts_.late += other.counts_.late;
    counts_.keyless += other.counts_.keyless;
  }

  /// Shows the options that both have to a visitor of states.
  template <class Visitor>
  static void visit_options(const KeyedFeatures& self, Visitor& v) {
    v.option("columns", self.common_.columns);
    v.option("by", self.common_.by);
    v.option("on", self.common_.on);
    v.option("late", std::string_view(self.common_.late == LateRows::skip ? "skip" : "accept"));
    v.option("max_keys", self.common_.max_keys);
  }
  /// Shows what was learnt. Loaded, this is the point that was kept.
  template <class Self, class Visitor>
  static void visit_learnt(Self& self, Visitor& v) {
    if constexpr (Visitor::loading) self.values_ = ColumnSelection(self.common_.columns, ColumnKind::numbers);
    ColumnSelection::visit_state(self.values_, v);
    if constexpr (Visitor::loading) self.fit_loaded(v);
    v("late_rows", self.counts_.late);
    v("keyless_rows", self.counts_.keyless);
    KeyedSeries<State>::visit_state(self.series_, self.plan_, !self.common_.on.empty(), v);
    if constexpr (Visitor::loading) {
      const bool fitted = self.values_.fixed();
      v.require(fitted || (self.counts_.late == 0 && self.counts_.keyless == 0), "late_rows",
                "none before the first table");
      v.require(fitted || self.series_.size() == 0, "series", "none before the first table");
      const bool one = self.series_.size() == 1 && self.series_.find({}) != nullptr;
      v.require(one || !self.common_.by.empty() || self.series_.size() == 0, "series",
                "one, of key \"\", as no column is a key");
      self.kept_counts_ = self.counts_;
      self.kept_fixed_ = fitted;
    }
  }

 private:
  using Columns = std::vector<std::vector<double>>;
  static constexpr double missing = std::numeric_limits<double>::quiet_NaN();

  /// The columns that come out: each source with each suffix.
  [[nodiscard]] std::vector<std::string> made_of(const std::vector<std::string>& sources) const {
    std::vector<std::string> names;
    for (const std::string& source : sources) {
      for (const std::string& suffix : plan_.suffixes) names.push_back(source + suffix);
    }
    return names;
  }

  /// Learns the rows.
  [[nodiscard]] RecordBatch learn(const RecordBatch& x, bool wanted) {
    const bool first = !values_.fixed();
    ColumnSelection values = first ? chosen(x.schema()) : values_;
    ColumnSelection keys = keys_;
    if (!common_.by.empty()) keys.fix(x.schema());
    const Rows rows(*this, values, keys, x);
    const std::vector<std::string> made = made_of(values.names());
    check_names(x, made);
    if (first) {
      plan_.columns = values.names().size();
      values_ = std::move(values);
      keys_ = std::move(keys);
    }
    Columns out(wanted ? made.size() : 0, std::vector<double>(x.rows(), missing));
    std::vector<double> row(plan_.columns), features(made.size());
    const State fresh(plan_);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const std::optional<std::string_view> key = rows.keys[i];
      if (!key) {
        ++counts_.keyless;
        continue;
      }
      std::int64_t time = 0;
      if (!rows.time_of(i, time)) {
        ++counts_.late;
        continue;
      }
      State& state = series_.touch(*key, fresh);
      if (!state.empty() && time < state.latest()) {
        ++counts_.late;
        if (common_.late == LateRows::skip) continue;
        time = state.latest();
      }
      rows.read(i, row);
      state.step(plan_, time, row.data(), features.data());
      for (std::size_t c = 0; c < out.size(); ++c) out[c][i] = features[c];
    }
    return wanted ? with(x, made, std::move(out)) : x;
  }

  /// What learn would give, of a copy that learns without bounds on the keys.
  [[nodiscard]] RecordBatch look(const RecordBatch& x) const {
    if (!values_.fixed()) throw std::logic_error(std::string(common_.owner) + ": nothing has been learnt yet");
    const Rows rows(*this, values_, keys_, x);
    const std::vector<std::string> made = made_of(values_.names());
    check_names(x, made);
    Columns out(made.size(), std::vector<double>(x.rows(), missing));
    std::vector<double> row(plan_.columns), features(made.size());
    const State fresh(plan_);
    // A key is looked at where it is the first time, and copied the second time, when its first row has to be learnt.
    struct Seen {
      const State* known;
      std::optional<State> copy;
      std::size_t first;
      std::int64_t time;
    };
    std::unordered_map<std::string_view, Seen> seen;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const std::optional<std::string_view> key = rows.keys[i];
      std::int64_t time = 0;
      if (!key || !rows.time_of(i, time)) continue;
      const auto at = seen.find(*key);
      const State* known = nullptr;
      if (at == seen.end()) {
        known = series_.find(*key);
        if (known == nullptr) known = &fresh;
      } else {
        Seen& before = at->second;
        if (!before.copy) {
          before.copy.emplace(*before.known);
          rows.read(before.first, row);
          before.copy->step(plan_, before.time, row.data(), features.data());
        }
        known = &*before.copy;
      }
      if (!known->empty() && time < known->latest()) {
        if (common_.late == LateRows::skip) continue;
        time = known->latest();
      }
      rows.read(i, row);
      if (at == seen.end()) {
        known->peek(plan_, time, row.data(), features.data());
        seen.emplace(*key, Seen{known, std::nullopt, i, time});
      } else {
        at->second.copy->step(plan_, time, row.data(), features.data());
      }
      for (std::size_t c = 0; c < out.size(); ++c) out[c][i] = features[c];
    }
    return with(x, made, std::move(out));
  }

  static bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  /// Settles the keys and the plan by the columns that were loaded.
  template <class Visitor>
  void fit_loaded(const Visitor& v) {
    const std::vector<std::string>& names = values_.names();
    for (const std::string& name : names) {
      v.require(name != common_.on && !contains(common_.by, name), "feature_names_in", "none of .by and .on");
    }
    v.require(!values_.fixed() || !names.empty(), "feature_names_in", "at least one column");
    plan_.columns = names.size();
    keys_ = ColumnSelection(common_.by, ColumnKind::categories);
    if (values_.fixed() && !common_.by.empty()) keys_.fix(common_.by);
  }

  /// What is read of a table.
  struct Rows {
    RowKeys keys;
    std::vector<std::vector<double>> copies;
    std::vector<std::span<const double>> columns;
    std::optional<ColumnView<Timestamp>> times;

    Rows(const KeyedFeatures& owner, const ColumnSelection& values, const ColumnSelection& by, const RecordBatch& x)
        : keys(x, owner.common_.by.empty() ? std::vector<std::size_t>() : by.places(x.schema())) {
      const std::vector<std::size_t> places = values.places(x.schema());
      copies.resize(places.size());
      for (std::size_t j = 0; j < places.size(); ++j) columns.push_back(numbers_in(x, places[j], copies[j]));
      if (!owner.common_.on.empty()) times = x.column<Timestamp>(owner.common_.on);
    }

    bool time_of(std::size_t i, std::int64_t& time) const {
      if (!times) return true;
      time = (*times)[i].time_since_epoch().count();
      return times->is_valid(i);
    }
    void read(std::size_t i, std::vector<double>& row) const {
      for (std::size_t j = 0; j < columns.size(); ++j) row[j] = columns[j][i];
    }
  };

  [[nodiscard]] ColumnSelection chosen(const Schema& schema) const {
    std::vector<std::string> names = common_.columns;
    if (names.empty()) {
      for (const Field& field : schema.fields) {
        if (takes_unnamed(ColumnKind::numbers, field.dtype) && !contains(common_.by, field.name)) {
          names.push_back(field.name);
        }
      }
      if (names.empty()) throw Error({}, "a table without columns of numbers", "one, or options that name columns");
    }
    ColumnSelection selection(std::move(names), ColumnKind::numbers);
    selection.fix(schema);
    return selection;
  }

  static void check_names(const RecordBatch& x, const std::vector<std::string>& made) {
    const NameIndex index(x.schema().fields);
    for (const std::string& name : made) {
      if (index.find(name) == NameIndex::none) continue;
      throw Error({.column = name}, "a column of this name in the table", "none: it is to be made");
    }
  }

  static RecordBatch with(const RecordBatch& x, const std::vector<std::string>& made, Columns values) {
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (std::size_t c = 0; c < made.size(); ++c) {
      fields.push_back({made[c], DataType::float64});
      columns.push_back(column_of(std::move(values[c])));
    }
    return x.with_columns(std::move(fields), std::move(columns));
  }

  KeyedFeaturesOptions common_;
  Plan plan_;
  ColumnSelection values_;
  ColumnSelection keys_;
  KeyedSeries<State> series_;
  KeyedCounts counts_{}, kept_counts_{};
  bool kept_fixed_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
