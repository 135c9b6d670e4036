// SPDX-License-Identifier: MIT
#pragma once

// How a pipeline keeps the columns of tables and the features of its model together, by name.

#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/table_rows.hpp"
#include "penstock/learn/transformer.hpp"

#include <Eigen/Core>

#include <algorithm>      // min, stable_sort
#include <cstddef>        // size_t
#include <cstdint>        // uint32_t
#include <limits>         // numeric_limits
#include <optional>       // optional
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // move, pair
#include <vector>         // vector

namespace penstock {
inline namespace v0 {

/// What a pipeline makes of a column that the first table had and a later one has not.
enum class MissingColumns {
  error,  ///< an Error that names it
  nan,    ///< a column of missing values, for an imputer to fill
  fill    ///< numbers: PipelineOptions::fill_value in each row; times and texts: missing values
};

/// The enumerator's own name.
[[nodiscard]] constexpr std::string_view to_string(MissingColumns missing) noexcept {
  switch (missing) {
    case MissingColumns::error: return "error";
    case MissingColumns::nan: return "nan";
    case MissingColumns::fill: return "fill";
  }
  return "unknown";
}

/// How a pipeline treats its input.
struct PipelineOptions {
  MissingColumns missing_columns = MissingColumns::error;  ///< what becomes of a column that a later table has not
  double fill_value = 0;                                   ///< for MissingColumns::fill
  /// Whether a call that throws leaves the steps as they were, besides the model, which it always does. It costs a copy
  /// of those steps that are not restorable in each call that learns.
  bool all_or_nothing = true;
};

/// How often a column was missing or new.
struct ColumnCount {
  std::string name{};    ///< of the column
  std::size_t rows = 0;  ///< rows learnt without it, or with it
};

/// What did not fit in the tables that were learnt, by the columns of the first.
struct ColumnReport {
  std::vector<ColumnCount> missing{};    ///< columns that later tables had not, in the order in which that was found
  std::vector<ColumnCount> unknown{};    ///< columns that later tables had besides, and that were not learnt from
  std::size_t further_unknown_rows = 0;  ///< the same, of columns beyond the first 1000 such names

  /// Whether all tables had the columns of the first.
  [[nodiscard]] bool empty() const noexcept { return missing.empty() && unknown.empty(); }
};

namespace detail {

/// The columns of the first table, which later ones are brought to.
class InputColumns {
 public:
  [[nodiscard]] bool known() const noexcept { return known_; }
  [[nodiscard]] const Schema& schema() const noexcept { return schema_; }
  [[nodiscard]] const ColumnReport& report() const noexcept { return report_; }

  /// Takes the columns of the first table. @throws Error if two have one name.
  void take(const Schema& schema) {
    const NameIndex index(schema.fields);
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      if (index.find(schema.fields[i].name) == i) continue;
      throw Error({.column = schema.fields[i].name}, "two columns of that name", "names that differ");
    }
    schema_ = schema;
    known_ = true;
  }

  /// The table with these columns in this order. @throws Error that names a column which is missing, or was a number
  /// and is a text.
  [[nodiscard]] RecordBatch align(const RecordBatch& x, MissingColumns policy, double fill) const {
    if (x.schema() == schema_) return x;
    const NameIndex index(x.schema().fields);
    std::vector<std::string> names;
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (const Field& field : schema_.fields) {
      names.push_back(field.name);
      const std::size_t place = index.find(field.name);
      if (place != NameIndex::none) {
        const DataType found = x.schema().fields[place].dtype;
        if (kind(found) == kind(field.dtype)) continue;
        throw Error({.column = field.name}, "a column of type " + std::string(to_string(found)),
                    "one of type " + std::string(to_string(field.dtype)) + ", as in the first table");
      }
      if (policy == MissingColumns::error) static_cast<void>(x.schema().index(field.name));  // throws
      columns.push_back(substitute(field.dtype, x.rows(), policy, fill));
      fields.push_back({.name = field.name, .dtype = columns.back().dtype()});
    }
    return (columns.empty() ? x : x.with_columns(std::move(fields), std::move(columns))).select(names);
  }

  /// Shows columns and report to a visitor of states.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v("known", self.known_);
    v.array(
        "columns", self.schema_.fields,
        [](auto& field, auto& f) {
          f("name", field.name);
          std::string dtype(to_string(field.dtype));
          f("dtype", dtype);
          f("nullable", field.nullable);
          if constexpr (Visitor::loading) {
            bool good = false;
            for (const DataType one : {DataType::float64, DataType::int64, DataType::boolean, DataType::timestamp,
                                       DataType::string, DataType::category}) {
              if (dtype != to_string(one)) continue;
              field.dtype = one;
              good = true;
            }
            f.require(good, "dtype", "a type of columns, such as \"float64\"");
          }
        },
        Field{});
    const auto count = [](auto& column, auto& c) {
      c("name", column.name);
      c("rows", column.rows);
    };
    v.array("missing", self.report_.missing, count, ColumnCount{});
    v.array("unknown", self.report_.unknown, count, ColumnCount{});
    v("further_unknown_rows", self.report_.further_unknown_rows);
    v.require(self.known_ || self.schema_.fields.empty(), "columns", "none before the first table");
  }

  /// Counts what align had to mend.
  void note(const RecordBatch& x) {
    if (x.schema() == schema_) return;
    const NameIndex theirs(x.schema().fields), ours(schema_.fields);
    count(report_.missing, schema_, theirs, x.rows());
    count(report_.unknown, x.schema(), ours, x.rows());
  }

 private:
  static constexpr std::size_t most_names = 1000;

  static int kind(DataType dtype) noexcept { return is_text(dtype) ? 0 : dtype == DataType::timestamp ? 1 : 2; }

  static Column substitute(DataType dtype, std::size_t rows, MissingColumns policy, double fill) {
    if (kind(dtype) == 2 && policy == MissingColumns::fill) return Column(std::vector<double>(rows, fill));
    Validity none;
    for (std::size_t i = 0; i < rows; ++i) none.append(false);
    if (kind(dtype) == 2) return Column(std::vector<double>(rows), std::move(none));
    if (dtype == DataType::timestamp) return Column(std::vector<Timestamp>(rows), std::move(none));
    if (dtype == DataType::string) {
      return Column(StringValues{{}, std::vector<std::uint32_t>(rows + 1, 0)}, std::move(none));
    }
    CategoryValues categories;
    categories.codes.assign(rows, -1);
    return Column(std::move(categories), std::move(none));
  }

  /// Counts the columns of `schema` that are not among `others`.
  void count(std::vector<ColumnCount>& counts, const Schema& schema, const NameIndex& others, std::size_t rows) {
    std::optional<NameIndex> counted;
    for (const Field& field : schema.fields) {
      if (others.find(field.name) != NameIndex::none) continue;
      if (!counted) {
        counts.reserve(std::min(most_names, counts.size() + schema.fields.size()));  // the names stay where they are
        counted.emplace(counts, schema.fields.size());
      }
      const std::size_t place = counted->find_or_add(field.name, counts.size());
      if (place < counts.size()) {
        counts[place].rows += rows;
      } else if (counts.size() < most_names) {
        counts.push_back({field.name, rows});
      } else {
        report_.further_unknown_rows += rows;
      }
    }
  }

  Schema schema_;
  ColumnReport report_;
  bool known_ = false;
};

[[nodiscard]] inline std::vector<std::string> column_names(const RecordBatch& x) {
  std::vector<std::string> names;
  for (const Field& field : x.schema().fields) names.push_back(field.name);
  return names;
}

/// The table, and at its end those of the columns that it has not, as 0.
[[nodiscard]] inline RecordBatch with_zeros(const RecordBatch& x, const std::vector<std::string>& columns) {
  std::vector<Field> fields;
  std::vector<Column> zeros;
  std::size_t next = 0;  // mostly the columns stand in the same order
  std::optional<NameIndex> index;
  for (const std::string& name : columns) {
    if (next < x.schema().fields.size() && x.schema().fields[next].name == name) {
      ++next;
      continue;
    }
    if (!index) index.emplace(x.schema().fields);
    const std::size_t place = index->find(name);
    if (place != NameIndex::none) {
      next = place + 1;
    } else {
      fields.push_back({.name = name});
      zeros.emplace_back(std::vector<double>(x.rows()));
    }
  }
  return fields.empty() ? x : x.with_columns(std::move(fields), std::move(zeros));
}

/// A stretch of rows, and how many features the model has from its first row on.
struct FeatureStretch {
  std::size_t first, count, features;
};

/// The names of a model's features: the columns of the first row, and behind them those that came later.
class ModelFeatures {
 public:
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  /// The columns as the model's features; those that it does not know are left out, and a feature that is no column is
  /// 0. @throws Error for a text, or two columns of one name.
  [[nodiscard]] FeatureMatrix matrix(const RecordBatch& x) const { return fill(x, places(x), names_.size()); }

  /// The same, and new columns become features: each in the first row in which it is not 0, so that it does not matter
  /// in which call, and how long beforehand, it was announced. A table with features from its start has one row.
  /// `stretches` are the rows between two such rows. Nothing is remembered before commit().
  [[nodiscard]] FeatureMatrix matrix(const RecordBatch& x, std::vector<FeatureStretch>& stretches) {
    std::vector<std::size_t> to = places(x);
    joining_.clear();
    std::vector<std::pair<std::size_t, std::size_t>> joins;  // row, place
    for (std::size_t place = 0; place < to.size(); ++place) {
      if (to[place] != none) continue;
      const std::size_t row = names_.empty() ? 0 : first_row(x, place);
      if (row < x.rows()) joins.emplace_back(row, place);
    }
    std::stable_sort(joins.begin(), joins.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    stretches.clear();
    stretches.push_back({0, 0, names_.size()});
    const NameIndex index = joins.empty() ? NameIndex(std::size_t{0}) : NameIndex(x.schema().fields);
    for (const auto& [row, place] : joins) {
      const std::string& name = x.schema().fields[place].name;
      if (index.find(name) != place) throw Error({.column = name}, "two columns of that name", "names that differ");
      to[place] = names_.size() + joining_.size();
      joining_.push_back(name);
      if (stretches.back().first != row) {
        stretches.back().count = row - stretches.back().first;
        stretches.push_back({row, 0, 0});
      }
      stretches.back().features = names_.size() + joining_.size();
    }
    stretches.back().count = x.rows() - stretches.back().first;
    return fill(x, to, names_.size() + joining_.size());
  }

  /// How many features the model has: names() and those of the last table that it has grown by.
  [[nodiscard]] std::size_t known() const noexcept { return known_; }
  /// The model has so many now.
  void join(std::size_t features) noexcept { known_ = features; }
  /// The name of a feature that comes with the last table.
  [[nodiscard]] const std::string& joining(std::size_t feature) const { return joining_.at(feature - names_.size()); }

  /// The features of the last table are known from now on.
  void commit() {
    for (std::string& name : joining_) {
      index_.emplace(name, names_.size());
      names_.push_back(std::move(name));
    }
    joining_.clear();
    known_ = names_.size();
  }
  /// Shows the names to a visitor of states.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v("feature_names", self.names_);
    if constexpr (Visitor::loading) {
      self.index_.clear();
      for (std::size_t j = 0; j < self.names_.size(); ++j) {
        v.require(self.index_.emplace(self.names_[j], j).second, "feature_names", "each name once");
      }
      self.shrink(self.names_.size());
    }
  }

  /// Forgets those from `count` on.
  void shrink(std::size_t count) {
    for (std::size_t j = count; j < names_.size(); ++j) index_.erase(names_[j]);
    names_.resize(count);
    joining_.clear();
    known_ = count;
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  /// The feature of each column, or none.
  [[nodiscard]] std::vector<std::size_t> places(const RecordBatch& x) const {
    const std::vector<Field>& fields = x.schema().fields;
    std::vector<std::size_t> to(fields.size(), none);
    std::vector<bool> taken(names_.size(), false);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i < names_.size() && fields[i].name == names_[i]) {  // mostly they stand where they stood
        to[i] = i;
      } else if (const auto found = index_.find(fields[i].name); found != index_.end()) {
        to[i] = found->second;
      } else {
        continue;
      }
      if (taken[to[i]]) throw Error({.column = fields[i].name}, "two columns of that name", "names that differ");
      taken[to[i]] = true;
    }
    return to;
  }

  /// The first row in which a column is not 0, NaN included.
  static std::size_t first_row(const RecordBatch& x, std::size_t place) {
    std::vector<double> values(x.rows());
    numbers_of(x, place).copy(0, x.rows(), values.data());
    std::size_t row = 0;
    while (row < values.size() && values[row] == 0) ++row;
    return row;
  }

  static FeatureMatrix fill(const RecordBatch& x, const std::vector<std::size_t>& to, std::size_t features) {
    FeatureMatrix values(static_cast<Eigen::Index>(x.rows()), static_cast<Eigen::Index>(features));
    std::vector<std::size_t> from(features, no_place);
    for (std::size_t place = 0; place < to.size(); ++place) {
      if (to[place] != none) from[to[place]] = place;
    }
    for (std::size_t first = 0; first < x.rows(); first += table_block) {
      load_rows(x, from, first, std::min(table_block, x.rows() - first), values.data() + first * features);
    }
    return values;
  }

  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> joining_;  // with the last table
  std::size_t known_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
