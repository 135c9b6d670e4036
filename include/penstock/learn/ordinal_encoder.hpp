// SPDX-License-Identifier: MIT
#pragma once

// Categories as numbers 0, 1, 2 ... in the order in which they came.
//
//     OrdinalEncoder encoder({.columns = {"city"}});
//     RecordBatch numbers = encoder.partial_fit_transform(batch);   // "city" is float64 now, in its place

#include "penstock/core/column.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/learn/categories.hpp"
#include "penstock/learn/category_columns.hpp"
#include "penstock/learn/feature_transformer.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int32_t, uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How an OrdinalEncoder is to work.
struct OrdinalEncoderOptions {
  std::vector<std::string> columns{};         ///< names; empty: all of texts. int64 and boolean only if named
  std::vector<GivenCategories> categories{};  ///< known beforehand, of some columns or all
  UnknownCategory handle_unknown = UnknownCategory::other;  ///< of what has no code
  double unknown_value = -1;                                ///< the number for it, with UnknownCategory::other
  MissingCategory missing = MissingCategory::ignore;        ///< of a missing value
  std::size_t max_categories = 1'000'000;                   ///< codes a column, so that memory is bounded
};

/// Each category of a column as a number that it keeps, as scikit-learn's OrdinalEncoder with its categories in the
/// order in which they came. The column stays in its place and becomes float64; other columns are passed on.
///
/// Row i of partial_fit_transform has its code even if it brought the category. O(values), one look-up each, or one a
/// text of the dictionary of category columns. Learns all of a call's rows or, if it throws, none. Not thread-safe
/// while it learns; const functions may be called from many threads at once.
class OrdinalEncoder {
 public:
  OrdinalEncoder() : OrdinalEncoder(OrdinalEncoderOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit OrdinalEncoder(OrdinalEncoderOptions options)
      : options_(std::move(options)),
        learnt_({.owner = "OrdinalEncoder",
                 .columns = options_.columns,
                 .categories = options_.categories,
                 .handle_unknown = options_.handle_unknown,
                 .missing = options_.missing,
                 .max_categories = options_.max_categories}) {
    if (options_.handle_unknown == UnknownCategory::other && options_.unknown_value >= 0) {
      throw std::invalid_argument("OrdinalEncoderOptions.unknown_value is " + std::to_string(options_.unknown_value) +
                                  "; it must be below 0, or it could be a category's code");
    }
  }

  /// Gives new categories the next codes.
  /// @throws Error that names row and column where the options ask for it, or a column that is not there or no texts.
  OrdinalEncoder& partial_fit(const RecordBatch& x) {
    all_or_nothing([&] { static_cast<void>(learnt_.learn(x)); });
    return *this;
  }
  /// Learns and encodes. @throws as partial_fit.
  [[nodiscard]] RecordBatch partial_fit_transform(const RecordBatch& x) {
    RecordBatch encoded;
    all_or_nothing([&] { encoded = encode(x, learnt_.learn(x)); });
    return encoded;
  }
  /// Encodes, and learns nothing. @throws as partial_fit; std::logic_error before the first call that learns.
  [[nodiscard]] RecordBatch transform(const RecordBatch& x) const { return encode(x, learnt_.find(x)); }

  /// Learns the categories of `other` as if its rows came now; the codes here stay.
  /// @throws std::invalid_argument if the columns are others.
  OrdinalEncoder& merge(const OrdinalEncoder& other) {
    if (!other.learnt_.fixed()) return *this;
    all_or_nothing([&] { learnt_.merge(other.learnt_); });
    return *this;
  }

  /// The columns that are encoded.
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const { return learnt_.names(); }
  /// The categories of that column by code; the missing value, where it is a category, is "nan".
  /// @throws std::out_of_range if that column is not encoded.
  [[nodiscard]] std::vector<std::string> categories(const std::string& column) const {
    return learnt_.categories_of(column);
  }
  /// The place of the missing value in categories(column), or -1 if it has none. @throws as categories.
  [[nodiscard]] std::int32_t missing_category(const std::string& column) const {
    return learnt_.missing_code_of(column);
  }
  /// Values learnt so far that have no code: past max_categories or not among the given ones. After merge, those that
  /// had none where they were learnt.
  [[nodiscard]] std::uint64_t unplaced() const noexcept { return learnt_.unplaced(); }
  [[nodiscard]] const OrdinalEncoderOptions& options() const noexcept { return options_; }  ///< as they were given

  void keep() { kept_ = learnt_.mark(); }      ///< remembers what is known, for restore(); O(columns)
  void restore() { learnt_.rollback(kept_); }  ///< forgets all that was learnt since keep()

  static constexpr std::string_view state_kind = "OrdinalEncoder";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.option("unknown_value", self.options_.unknown_value);
    detail::CategoryColumns::visit_state(self.learnt_, v);
    if constexpr (Visitor::loading) self.keep();
  }

 private:
  template <class Learn>
  void all_or_nothing(Learn&& learn) {
    const auto before = learnt_.mark();
    try {
      learn();
    } catch (...) {
      learnt_.rollback(before);
      throw;
    }
  }

  [[nodiscard]] RecordBatch encode(const RecordBatch& x, const detail::CategoryColumns::Codes& codes) const {
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    const double unknown = options_.handle_unknown == UnknownCategory::other ? options_.unknown_value : missing;
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (std::size_t c = 0; c < codes.size(); ++c) {
      std::vector<double> values(x.rows());
      for (std::size_t i = 0; i < x.rows(); ++i) {
        const std::int32_t code = codes[c][i];
        values[i] = code >= 0 ? code : code == detail::CategoryBook::unknown ? unknown : missing;
      }
      fields.push_back({learnt_.names()[c], DataType::float64});
      columns.push_back(detail::column_of(std::move(values)));
    }
    return x.with_columns(std::move(fields), std::move(columns));
  }

  OrdinalEncoderOptions options_;
  detail::CategoryColumns learnt_;
  detail::CategoryColumns::Mark kept_{};
};

}  // namespace v0
}  // namespace penstock
