// SPDX-License-Identifier: MIT
#pragma once

// Products of features, so that a linear model can bend.
//
//     PolynomialFeatures polynomial({.columns = {"age", "minutes"}, .include_bias = false});
//     RecordBatch products = polynomial.transform(batch);   // "age", "minutes", "age^2", "age minutes", "minutes^2"
//     FeatureMatrix of_matrix = PolynomialFeatures().transform(x);

#include "penstock/core/column.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/feature_transformer.hpp"
#include "penstock/learn/fixed_selection.hpp"
#include "penstock/learn/new_columns.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/transformer.hpp"

#include <Eigen/Core>

#include <algorithm>    // copy
#include <cstddef>      // ptrdiff_t, size_t
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How PolynomialFeatures is to work.
struct PolynomialFeaturesOptions {
  std::vector<std::string> columns{};  ///< names; empty: all numbers (timestamps only if named)
  std::size_t degree = 2;              ///< of the highest products, in [1, 64]
  std::size_t min_degree = 1;          ///< products of fewer features are left out; in [1, degree]
  bool interaction_only = false;       ///< no feature twice in a product
  bool include_bias = true;            ///< a column "1" of ones, the first
};

namespace detail {

/// The products of up to `degree` of some features, in scikit-learn's order: by degree, then by the features in them.
class PolynomialTerms {
 public:
  static constexpr std::size_t most = 1'000'000;

  /// @throws std::invalid_argument if there are more than a million.
  PolynomialTerms(std::size_t features, std::size_t degree, bool interaction_only) : features_(features) {
    std::vector<std::size_t> starts(features + 1);  // in the degree before: of the products that begin with feature j
    for (std::size_t j = 0; j <= features; ++j) starts[j] = j;
    ends_.push_back(features);
    std::size_t size = features;
    for (std::size_t d = 2; d <= degree; ++d) {
      std::vector<std::size_t> next(features + 1);
      for (std::size_t j = 0; j < features; ++j) {
        next[j] = size;
        for (std::size_t k = starts[interaction_only ? j + 1 : j]; k < starts[features]; ++k, ++size) {
          if (size == most) {
            throw std::invalid_argument("PolynomialFeatures: degree " + std::to_string(degree) + " of " +
                                        std::to_string(features) + " features makes more than a million columns");
          }
          products_.push_back({k, j});
        }
      }
      next[features] = size;
      starts = std::move(next);
      ends_.push_back(size);
    }
  }

  /// Product k >= features is product `rest` times feature `feature`; those below are the features themselves.
  struct Product {
    std::size_t rest, feature;
  };
  [[nodiscard]] std::size_t size() const noexcept { return features_ + products_.size(); }
  [[nodiscard]] const Product& operator[](std::size_t k) const noexcept { return products_[k - features_]; }
  /// How many products of degree below d there are.
  [[nodiscard]] std::size_t below(std::size_t d) const noexcept { return d <= 1 ? 0 : ends_[d - 2]; }

  /// "x0^2 x1".
  [[nodiscard]] std::string name(std::size_t k, const std::vector<std::string>& names) const {
    std::vector<std::size_t> features;
    for (; k >= features_; k = (*this)[k].rest) features.push_back((*this)[k].feature);
    features.push_back(k);
    std::string text;
    for (std::size_t i = 0, power = 0; i < features.size(); i += power) {
      for (power = 1; i + power < features.size() && features[i + power] == features[i];) ++power;
      text += (i == 0 ? "" : " ") + names[features[i]] + (power > 1 ? "^" + std::to_string(power) : "");
    }
    return text;
  }

 private:
  std::size_t features_;
  std::vector<Product> products_{};
  std::vector<std::size_t> ends_{};  // of the products of degree 1, 2, ...
};

}  // namespace detail

/// All products of the features up to a degree, with scikit-learn's names, order and bits.
///
/// In a table the taken columns leave, the others keep their order, and the products stand behind them, float64; a
/// product with a missing value, or that is not a number, is missing. A matrix becomes a FeatureMatrix of the products.
/// Nothing is learnt but which columns are meant, so there is nothing to merge or to decay. O(rows * products). Const
/// functions may be called from many threads at once.
class PolynomialFeatures {
 public:
  static constexpr bool fixed_columns = true;  ///< see transformer_of_fixed_columns

  PolynomialFeatures() : PolynomialFeatures(PolynomialFeaturesOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit PolynomialFeatures(PolynomialFeaturesOptions options)
      : options_(std::move(options)), selection_(options_.columns, detail::ColumnKind::numbers) {
    if (options_.degree < 1 || options_.degree > 64) {
      throw std::invalid_argument("PolynomialFeaturesOptions.degree is " + std::to_string(options_.degree) +
                                  "; it must be in [1, 64]");
    }
    if (options_.min_degree < 1 || options_.min_degree > options_.degree) {
      throw std::invalid_argument("PolynomialFeaturesOptions.min_degree is " + std::to_string(options_.min_degree) +
                                  "; it must be in [1, degree], which is " + std::to_string(options_.degree));
    }
  }

  /// Settles which columns are meant.
  /// @throws Error that names a column that is not there or a text; std::invalid_argument if there would be more than a
  /// million products, or a matrix has another number of columns than before.
  template <detail::dense_rows X>
  PolynomialFeatures& partial_fit(const X& x) {
    detail::ColumnSelection selection = detail::fixed_for("PolynomialFeatures", selection_, x);
    static_cast<void>(terms(selection));
    selection_ = std::move(selection);
    return *this;
  }
  /// The same as partial_fit and transform.
  template <detail::dense_rows X>
  [[nodiscard]] transformed_t<X> partial_fit_transform(const X& x) {
    transformed_t<X> products = transform(x);
    partial_fit(x);
    return products;
  }
  /// The rows' products. May be called before anything else. Throws as partial_fit, and Error if a column that is
  /// passed on has the name of a product.
  template <detail::dense_rows X>
  [[nodiscard]] transformed_t<X> transform(const X& x) const {
    const detail::ColumnSelection selection = detail::fixed_for("PolynomialFeatures", selection_, x);
    return multiply(selection, terms(selection), x);
  }

  /// scikit-learn's names of the products: "1", "age", "age^2", "age minutes". Before the first table, those of the
  /// columns that the options name.
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const { return names(selection_, terms(selection_)); }
  [[nodiscard]] const PolynomialFeaturesOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "PolynomialFeatures";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("columns", self.options_.columns);
      o.option("degree", self.options_.degree);
      o.option("min_degree", self.options_.min_degree);
      o.option("interaction_only", self.options_.interaction_only);
      o.option("include_bias", self.options_.include_bias);
    });
    detail::ColumnSelection::visit_state(self.selection_, v);
  }

 private:
  [[nodiscard]] detail::PolynomialTerms terms(const detail::ColumnSelection& selection) const {
    return {selection.names().size(), options_.degree, options_.interaction_only};
  }
  [[nodiscard]] std::vector<std::string> names(const detail::ColumnSelection& selection,
                                               const detail::PolynomialTerms& terms) const {
    std::vector<std::string> names;
    if (options_.include_bias) names.emplace_back("1");
    for (std::size_t k = terms.below(options_.min_degree); k < terms.size(); ++k) {
      names.push_back(terms.name(k, selection.names()));
    }
    return names;
  }

  [[nodiscard]] RecordBatch multiply(const detail::ColumnSelection& selection, const detail::PolynomialTerms& terms,
                                     const RecordBatch& x) const {
    const std::vector<std::size_t> at = selection.places(x.schema());
    const std::vector<std::string> names = this->names(selection, terms);
    std::vector<std::vector<double>> values(terms.size());
    for (std::size_t j = 0; j < at.size(); ++j) {
      std::vector<double> copy;
      const std::span<const double> numbers = detail::numbers_in(x, at[j], copy);
      values[j].assign(numbers.begin(), numbers.end());
    }
    for (std::size_t k = at.size(); k < terms.size(); ++k) {
      const double* rest = values[terms[k].rest].data();
      const double* feature = values[terms[k].feature].data();
      values[k].resize(x.rows());
      for (std::size_t i = 0; i < x.rows(); ++i) values[k][i] = rest[i] * feature[i];
    }
    std::vector<Field> fields;
    std::vector<Column> columns;
    if (options_.include_bias) {
      fields.push_back({"1", DataType::float64, false});
      columns.emplace_back(std::vector<double>(x.rows(), 1.0));
    }
    for (std::size_t k = terms.below(options_.min_degree); k < terms.size(); ++k) {
      fields.push_back({names[fields.size()], DataType::float64});
      columns.push_back(detail::column_of(std::move(values[k])));
    }
    return detail::with_new_columns(detail::without_columns(x, at), std::move(fields), std::move(columns));
  }

  template <class X>
  [[nodiscard]] FeatureMatrix multiply(const detail::ColumnSelection& /*selection*/,
                                       const detail::PolynomialTerms& terms, const X& x) const {
    const auto source = detail::row_source<X>::make(x);
    const std::size_t bias = options_.include_bias ? 1 : 0;
    const std::size_t below = terms.below(options_.min_degree);
    const std::size_t cols = bias + terms.size() - below;
    FeatureMatrix out(static_cast<Eigen::Index>(source.rows), static_cast<Eigen::Index>(cols));
    std::vector<double> row(terms.size());
    double* to = out.data();
    detail::for_each_block(source, [&](const double* from, std::ptrdiff_t stride, std::size_t, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i, from += stride, to += cols) {
        std::copy(from, from + source.cols, row.begin());
        for (std::size_t k = source.cols; k < row.size(); ++k) row[k] = row[terms[k].rest] * row[terms[k].feature];
        if (bias != 0) *to = 1;
        std::copy(row.begin() + static_cast<std::ptrdiff_t>(below), row.end(), to + bias);
      }
    });
    return out;
  }

  PolynomialFeaturesOptions options_;
  detail::ColumnSelection selection_;
};

}  // namespace v0
}  // namespace penstock
