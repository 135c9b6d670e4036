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
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/learn/categories.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/keyed_series.hpp"
#include "penstock/learn/new_columns.hpp"

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

/// The key of each row, as bytes; none where a part of it is missing. Integers and texts of the same digits are the
/// same; keys of several columns are told apart by the lengths of their parts.
class RowKeys {
 public:
  RowKeys(const RecordBatch& x, const std::vector<std::size_t>& places) : parts_(places.size()), rows_(x.rows()) {
    ends_.reserve(rows_);
    if (places.empty()) return;
    std::vector<bool> missing(rows_);
    for (std::size_t i = 0; i < rows_; ++i) {
      for (const std::size_t place : places) missing[i] = missing[i] || !x.is_valid(place, i);
    }
    std::vector<std::vector<std::size_t>> ends(places.size());
    std::vector<std::string> texts(places.size());
    for (std::size_t c = 0; c < places.size(); ++c) {
      ends[c].resize(rows_);
      std::size_t next = 0;
      for_each_text(x, places[c], [&](std::size_t i, std::string_view text) {
        while (next < i) ends[c][next++] = texts[c].size();
        texts[c] += text;
        ends[c][next++] = texts[c].size();
      });
      while (next < rows_) ends[c][next++] = texts[c].size();
    }
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t c = 0; c < places.size() && !missing[i]; ++c) {
        const std::size_t start = i == 0 ? 0 : ends[c][i - 1];
        const std::size_t size = ends[c][i] - start;
        if (places.size() > 1) bytes_ += std::to_string(size) + ":";
        bytes_.append(texts[c], start, size);
      }
      ends_.push_back(bytes_.size());
    }
    missing_ = std::move(missing);
  }

  [[nodiscard]] std::optional<std::string_view> operator[](std::size_t i) const {
    if (parts_ == 0) return std::string_view();
    if (missing_[i]) return std::nullopt;
    const std::size_t start = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(start, ends_[i] - start);
  }

 private:
  std::size_t parts_, rows_;
  std::string bytes_{};
  std::vector<std::size_t> ends_{};
  std::vector<bool> missing_{};
};

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

template <class State>
class KeyedFeatures {
 public:
  using Plan = typename State::Plan;
  using Columns = std::vector<std::vector<double>>;

  /// `plan` but for its columns. @throws std::invalid_argument that names the option which cannot work.
  KeyedFeatures(KeyedFeaturesOptions options, Plan plan)
      : options_(std::move(options)),
        plan_(std::move(plan)),
        values_(options_.columns, ColumnKind::numbers),
        keys_(options_.by, ColumnKind::categories),
        series_(options_.max_keys) {
    const std::string owner = std::string(options_.owner) + "Options.";
    if (options_.max_keys < 1 || options_.max_keys >= UINT32_MAX) {
      throw std::invalid_argument(owner + "max_keys is " + std::to_string(options_.max_keys) +
                                  "; it must be in [1, 2^32 - 2]");
    }
    for (const std::string& name : options_.by) {
      if (name == options_.on || contains(options_.columns, name)) {
        throw std::invalid_argument(owner + "by names column '" + name + "', and so does another option");
      }
    }
    if (!options_.on.empty() && contains(options_.columns, options_.on)) {
      throw std::invalid_argument(owner + "on is column '" + options_.on + "', and so is one of .columns");
    }
    plan_.columns = options_.columns.size();
  }

  [[nodiscard]] const std::vector<std::string>& sources() const noexcept { return values_.names(); }
  [[nodiscard]] const KeyedCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] const KeyedSeries<State>& series() const noexcept { return series_; }

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
    if (!options_.by.empty()) keys.fix(x.schema());
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
        if (options_.late == LateRows::skip) continue;
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
    if (!values_.fixed()) throw std::logic_error(std::string(options_.owner) + ": nothing has been learnt yet");
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
        if (options_.late == LateRows::skip) continue;
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

  /// Takes over the keys of another stream. @throws std::invalid_argument if a key is in both, or the columns are
  /// others; then nothing is taken over.
  void merge(const KeyedFeatures& other) {
    const std::string owner = options_.owner;
    if (options_.by != other.options_.by || options_.on != other.options_.on) {
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
    v.option("columns", self.options_.columns);
    v.option("by", self.options_.by);
    v.option("on", self.options_.on);
    v.option("late", std::string_view(self.options_.late == LateRows::skip ? "skip" : "accept"));
    v.option("max_keys", self.options_.max_keys);
  }
  /// Shows what was learnt. Loaded, this is the point that was kept.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    if constexpr (Visitor::loading) self.values_ = ColumnSelection(self.options_.columns, ColumnKind::numbers);
    ColumnSelection::visit_state(self.values_, v);
    if constexpr (Visitor::loading) self.fit_loaded(v);
    v("late_rows", self.counts_.late);
    v("keyless_rows", self.counts_.keyless);
    KeyedSeries<State>::visit_state(self.series_, self.plan_, !self.options_.on.empty(), v);
    if constexpr (Visitor::loading) {
      const bool fitted = self.values_.fixed();
      v.require(fitted || (self.counts_.late == 0 && self.counts_.keyless == 0), "late_rows",
                "none before the first table");
      v.require(fitted || self.series_.size() == 0, "series", "none before the first table");
      const bool one = self.series_.size() == 1 && self.series_.find({}) != nullptr;
      v.require(one || !self.options_.by.empty() || self.series_.size() == 0, "series",
                "one, of key \"\", as no column is a key");
      self.kept_counts_ = self.counts_;
      self.kept_fixed_ = fitted;
    }
  }

  void keep() {
    series_.keep();
    kept_counts_ = counts_;
    kept_fixed_ = values_.fixed();
  }
  void restore() {
    series_.restore();
    counts_ = kept_counts_;
    if (kept_fixed_) return;
    values_ = ColumnSelection(options_.columns, ColumnKind::numbers);
    keys_ = ColumnSelection(options_.by, ColumnKind::categories);
    plan_.columns = options_.columns.size();
  }

 private:
  static constexpr double missing = std::numeric_limits<double>::quiet_NaN();

  static bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  /// Settles the keys and the plan by the columns that were loaded.
  template <class Visitor>
  void fit_loaded(const Visitor& v) {
    const std::vector<std::string>& names = values_.names();
    for (const std::string& name : names) {
      v.require(name != options_.on && !contains(options_.by, name), "feature_names_in", "none of .by and .on");
    }
    v.require(!values_.fixed() || !names.empty(), "feature_names_in", "at least one column");
    plan_.columns = names.size();
    keys_ = ColumnSelection(options_.by, ColumnKind::categories);
    if (values_.fixed() && !options_.by.empty()) keys_.fix(options_.by);
  }

  /// What is read of a table.
  struct Rows {
    RowKeys keys;
    std::vector<std::vector<double>> copies;
    std::vector<std::span<const double>> columns;
    std::optional<ColumnView<Timestamp>> times;

    Rows(const KeyedFeatures& owner, const ColumnSelection& values, const ColumnSelection& by, const RecordBatch& x)
        : keys(x, owner.options_.by.empty() ? std::vector<std::size_t>() : by.places(x.schema())) {
      const std::vector<std::size_t> places = values.places(x.schema());
      copies.resize(places.size());
      for (std::size_t j = 0; j < places.size(); ++j) columns.push_back(numbers_in(x, places[j], copies[j]));
      if (!owner.options_.on.empty()) times = x.column<Timestamp>(owner.options_.on);
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
    std::vector<std::string> names = options_.columns;
    if (names.empty()) {
      for (const Field& field : schema.fields) {
        if (takes_unnamed(ColumnKind::numbers, field.dtype) && !contains(options_.by, field.name)) {
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
    for (const std::string& name : made) {
      if (x.schema().find(name))
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

  KeyedFeaturesOptions options_;
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
