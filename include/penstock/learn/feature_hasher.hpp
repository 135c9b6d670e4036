// SPDX-License-Identifier: MIT
#pragma once

// Columns of any number of categories as a fixed number of features, with nothing to learn and nothing to remember.
//
//     FeatureHasher hasher({.columns = {"city", "device"}, .n_features = 256});
//     RecordBatch numbers = hasher.transform(batch);           // without those, with "hash_0" to "hash_255"
//     model.partial_fit(transform_sparse(hasher, batch), y);   // learn/transform_sparse.hpp

#include "penstock/core/column.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/learn/categories.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/fixed_selection.hpp"
#include "penstock/learn/murmur_hash.hpp"
#include "penstock/learn/new_columns.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int32_t, uint32_t
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How a FeatureHasher is to work.
struct FeatureHasherOptions {
  std::vector<std::string> columns{};  ///< names; empty: all but timestamps
  std::size_t n_features = 1U << 20;   ///< in [1, 2^31 - 1]; at most 4096 for tables, whose columns are dense
  bool alternate_sign = true;          ///< whether half of the names count as minus, so that collisions cancel
};

/// The hashing trick, with scikit-learn's numbers: each value adds to the feature that MurmurHash3 (32 bits, seed 0)
/// gives to its name. A text adds 1 under "column=text", a number or boolean itself under "column"; missing values and
/// zeros add nothing. What falls together is added up, in the order of the columns.
///
/// In a table the hashed columns leave, the others keep their order, and "hash_0" to "hash_<n_features - 1>" stand
/// behind them. Nothing is learnt but which columns are meant, where the options do not name them; so there is nothing
/// to merge or to decay. O(values + rows * n_features), sparse O(values). Const functions may be called from many
/// threads at once.
class FeatureHasher {
 public:
  FeatureHasher() : FeatureHasher(FeatureHasherOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit FeatureHasher(FeatureHasherOptions options)
      : options_(std::move(options)), selection_(options_.columns, detail::ColumnKind::values) {
    if (options_.n_features < 1 || options_.n_features > INT32_MAX) {
      throw std::invalid_argument("FeatureHasherOptions.n_features is " + std::to_string(options_.n_features) +
                                  "; it must be in [1, 2^31 - 1]");
    }
  }

  /// Settles which columns are meant. @throws Error that names a column that is not there or a timestamp.
  FeatureHasher& partial_fit(const RecordBatch& x) {
    selection_.fix(x.schema());
    return *this;
  }
  /// The same as partial_fit and transform.
  [[nodiscard]] RecordBatch partial_fit_transform(const RecordBatch& x) {
    detail::ColumnSelection selection = selection_;
    selection.fix(x.schema());
    RecordBatch hashed = hash(selection, x);
    selection_ = std::move(selection);
    return hashed;
  }
  /// The rows' features, as dense columns. May be called before anything else.
  /// @throws Error that names a column that is not there or of a type that is not taken, or that has the name of a new
  /// one; std::invalid_argument if n_features is above 4096: then take transform_sparse.
  [[nodiscard]] RecordBatch transform(const RecordBatch& x) const {
    return hash(detail::fixed_for(selection_, x.schema()), x);
  }

  /// "hash_0", "hash_1" ... O(n_features).
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const {
    std::vector<std::string> names;
    for (std::size_t k = 0; k < options_.n_features; ++k) names.push_back("hash_" + std::to_string(k));
    return names;
  }
  [[nodiscard]] const FeatureHasherOptions& options() const noexcept { return options_; }  ///< as they were given

  /// What the values of a column add, row by row.
  struct Additions {
    std::vector<std::int32_t> places{};  ///< among the features
    std::vector<double> values{};        ///< 0 for those that add nothing
  };
  /// What the values of each hashed column add. What sparse forms are made of; throws as transform.
  [[nodiscard]] std::vector<Additions> additions(const RecordBatch& x) const {
    return additions(detail::fixed_for(selection_, x.schema()), x);
  }
  /// x without the columns that are hashed.
  [[nodiscard]] RecordBatch passed_on(const RecordBatch& x) const {
    return detail::without_columns(x, detail::fixed_for(selection_, x.schema()).places(x.schema()));
  }

  static constexpr std::string_view state_kind = "FeatureHasher";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("columns", self.options_.columns);
      o.option("n_features", self.options_.n_features);
      o.option("alternate_sign", self.options_.alternate_sign);
    });
    detail::ColumnSelection::visit_state(self.selection_, v);
  }

 private:
  static constexpr std::size_t most_columns = 4096;

  struct Target {
    std::int32_t place;
    double sign;
  };
  [[nodiscard]] Target target_of(std::string_view name) const noexcept {
    const std::uint32_t hash = detail::murmur_hash(name);
    const bool negative = (hash >> 31) != 0;
    const std::uint32_t magnitude = negative ? 0U - hash : hash;  // of the signed number, 2^31 included
    return {static_cast<std::int32_t>(magnitude % static_cast<std::uint32_t>(options_.n_features)),
            negative && options_.alternate_sign ? -1.0 : 1.0};
  }

  [[nodiscard]] std::vector<Additions> additions(const detail::ColumnSelection& selection, const RecordBatch& x) const {
    const std::vector<std::size_t> at = selection.places(x.schema());
    std::vector<Additions> all(at.size());
    for (std::size_t c = 0; c < at.size(); ++c) {
      all[c].places.resize(x.rows());
      all[c].values.resize(x.rows());
      if (detail::is_text(x.schema().fields[at[c]].dtype)) {
        add_texts(x, at[c], selection.names()[c], all[c]);
      } else {
        const Target target = target_of(selection.names()[c]);
        std::vector<double> copy;
        const std::span<const double> numbers = detail::numbers_in(x, at[c], copy);
        for (std::size_t i = 0; i < x.rows(); ++i) {
          all[c].places[i] = target.place;
          all[c].values[i] = numbers[i] == numbers[i] ? target.sign * numbers[i] : 0;
        }
      }
    }
    return all;
  }

  void add_texts(const RecordBatch& x, std::size_t place, const std::string& column, Additions& to) const {
    std::string name = column + "=";
    const std::size_t prefix = name.size();
    const auto target_of_text = [&](std::string_view text) {
      name.resize(prefix);
      name += text;
      return target_of(name);
    };
    const auto put = [&](std::size_t i, const Target& target) {
      to.places[i] = target.place;
      to.values[i] = target.sign;
    };
    if (x.schema().fields[place].dtype == DataType::category) {
      const ColumnView<std::int32_t> codes = x.column<std::int32_t>(place);
      const Dictionary& texts = codes.dictionary();
      if (texts.size() <= x.rows()) {  // each text once
        std::vector<Target> targets(texts.size(), Target{-1, 0});
        for (std::size_t i = 0; i < x.rows(); ++i) {
          if (codes[i] < 0) continue;
          Target& target = targets[static_cast<std::size_t>(codes[i])];
          if (target.place < 0) target = target_of_text(texts[static_cast<std::size_t>(codes[i])]);
          put(i, target);
        }
        return;
      }
    }
    detail::for_each_text(x, place, [&](std::size_t i, std::string_view text) { put(i, target_of_text(text)); });
  }

  [[nodiscard]] RecordBatch hash(const detail::ColumnSelection& selection, const RecordBatch& x) const {
    if (options_.n_features > most_columns) {
      throw std::invalid_argument("FeatureHasherOptions.n_features is " + std::to_string(options_.n_features) +
                                  "; a table takes at most 4096, transform_sparse more");
    }
    std::vector<std::vector<double>> values(options_.n_features, std::vector<double>(x.rows()));
    for (const Additions& column : additions(selection, x)) {
      for (std::size_t i = 0; i < x.rows(); ++i) {
        values[static_cast<std::size_t>(column.places[i])][i] += column.values[i];
      }
    }
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (std::size_t k = 0; k < values.size(); ++k) {
      fields.push_back({"hash_" + std::to_string(k), DataType::float64, false});
      columns.emplace_back(std::move(values[k]));
    }
    return detail::with_new_columns(detail::without_columns(x, selection.places(x.schema())), std::move(fields),
                                    std::move(columns));
  }

  FeatureHasherOptions options_;
  detail::ColumnSelection selection_;
};

}  // namespace v0
}  // namespace penstock
