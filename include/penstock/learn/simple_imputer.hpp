// SPDX-License-Identifier: MIT
#pragma once

// Fills missing values by what the stream has shown so far, or by a constant.
//
//     SimpleImputer imputer({.columns = {"age", "city"}, .strategy = ImputeStrategy::most_frequent});
//     RecordBatch whole = imputer.partial_fit_transform(batch);

#include "penstock/core/column.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/column_selection.hpp"
#include "penstock/learn/number_imputer.hpp"
#include "penstock/learn/transformer.hpp"
#include "penstock/learn/value_counts.hpp"

#include <Eigen/Core>

#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <map>          // map
#include <memory>       // make_shared
#include <optional>     // optional
#include <stdexcept>    // invalid_argument, logic_error
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// Missing values, which are NaN in a matrix, filled a column each; scikit-learn's SimpleImputer for streams.
///
/// `mean` and `median` take columns of numbers, which become float64; `most_frequent` and `constant` take texts too.
/// Row i of partial_fit_transform is filled by what rows up to i have shown. The mean is exact and may fade
/// (half_life, see StandardScaler); the median is exact for up to sketch_size rows and then within a percent or so in
/// rank, see RobustScaler; the most frequent value, the least of several, is exact for up to max_categories different
/// values, and after that any that makes up more than 1 / max_categories of the rows is found, but may be taken for the
/// most frequent while it is second by less than that. A column that has shown no value yet is filled by fill_value or
/// fill_text. With add_indicator, columns "missingindicator_<name>" stand at the end, 1 where the value was missing,
/// one for each column taken. The same bits for any cut of the rows into calls. Not thread-safe while it learns; const
/// functions may be called from many threads.
class SimpleImputer {
 public:
  static constexpr bool fixed_columns = true;  ///< see transformer_of_fixed_columns

  /// @throws std::invalid_argument that names the option which cannot work.
  explicit SimpleImputer(SimpleImputerOptions options = {})
      : options_((detail::check(options), std::move(options))),
        selection_(options_.columns, takes_texts() ? detail::ColumnKind::values : detail::ColumnKind::numbers),
        numbers_(options_, {}) {}

  /// Learns from all values that are there.
  /// @throws Error that names the row (from 1) and column of a number that is infinite or beyond 1e150, or a column
  /// that is not there, or has become a text or a number, or has the name of an indicator that is to be made;
  /// std::invalid_argument for a matrix with another number of columns. The imputer is then as it was. O(rows *
  /// columns).
  template <detail::dense_rows X>
  SimpleImputer& partial_fit(const X& x) {
    static_cast<void>(learn(x, false));
    return *this;
  }
  /// Learns and fills, row by row. Throws as partial_fit.
  template <detail::dense_rows X>
  transformed_t<X> partial_fit_transform(const X& x) {
    return learn(x, true);
  }
  /// Fills by what has been learnt so far. @throws std::logic_error before the first row; as partial_fit.
  template <detail::dense_rows X>
  [[nodiscard]] transformed_t<X> transform(const X& x) const {
    if (!selection_.fixed()) throw std::logic_error("SimpleImputer: nothing learnt yet; partial_fit first");
    if constexpr (std::same_as<X, RecordBatch>) {
      const std::vector<std::size_t> places = places_of(x);
      const RecordBatch whole = with_texts(x, numbers_.fitted() ? numbers_.transform(x) : x, places, nullptr);
      return options_.add_indicator ? with_indicators(x, whole, places) : whole;
    } else {
      FeatureMatrix whole = numbers_.transform(x);
      return options_.add_indicator ? with_indicators(x, whole) : whole;
    }
  }

  /// Takes over what another imputer has learnt of the same columns: exactly for constant, mean (up to rounding) and
  /// most_frequent while both are exact, else within their errors.
  /// @throws std::invalid_argument if it has other options, besides `columns`, or has learnt other columns than this
  /// one has, or was made for.
  SimpleImputer& merge(const SimpleImputer& other) {
    check_merge(other.options_);
    if (!other.selection_.fixed()) return *this;
    if (!selection_.accepts(other.selection_)) {
      throw std::invalid_argument("SimpleImputer: merge of one that has learnt other columns");
    }
    if (!selection_.fixed()) {
      const SimpleImputerOptions options = options_;
      *this = other;
      options_ = options;
      return *this;
    }
    if (texts_ != other.texts_) {
      throw std::invalid_argument("SimpleImputer: merge of one that has learnt other columns");
    }
    numbers_.merge(other.numbers_);
    const auto theirs = other.counts_;  // it may be this one
    for (std::size_t k = 0; k < counts_.size(); ++k) counts_[k].merge(theirs[k]);
    return *this;
  }

  /// What the numbers are filled by, in the order of their columns; fill_value where none has been seen.
  [[nodiscard]] Eigen::VectorXd statistics() const { return numbers_.statistics(); }
  /// What a column of texts is filled by. @throws std::invalid_argument if no such column has been learnt.
  [[nodiscard]] const std::string& statistic(std::string_view column) const {
    for (std::size_t k = 0; k < texts_.size(); ++k) {
      if (texts_[k] == column) return fill_of(k);
    }
    throw std::invalid_argument("SimpleImputer: " + std::string(column) + " is no column of texts that was learnt");
  }
  /// The columns that it takes, and behind them those of add_indicator.
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const {
    std::vector<std::string> names = selection_.names();
    if (!options_.add_indicator) return names;
    const std::size_t count = names.size();
    for (std::size_t j = 0; j < count; ++j) names.push_back(indicator_of(names[j]));
    return names;
  }
  [[nodiscard]] const SimpleImputerOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "SimpleImputer";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("columns", self.options_.columns);
      o.option("strategy", self.options_.strategy);
      o.option("fill_value", self.options_.fill_value);
      o.option("fill_text", self.options_.fill_text);
      o.option("add_indicator", self.options_.add_indicator);
      o.option("sketch_size", self.options_.sketch_size);
      o.option("max_categories", self.options_.max_categories);
      o.option("half_life", self.options_.half_life);
    });
    detail::ColumnSelection::visit_state(self.selection_, v);
    v("texts", self.texts_);
    v.array(
        "text_counts", self.counts_, [](auto& counts, auto& c) { Counts::visit_state(counts, c); },
        Counts(self.options_.max_categories));
    if constexpr (Visitor::loading) {
      std::vector<std::string> numbers;
      std::size_t texts = 0;  // that are columns, in their order
      if (self.selection_.fixed()) {
        for (const std::string& name : self.selection_.names()) {
          if (texts < self.texts_.size() && self.texts_[texts] == name) {
            ++texts;
          } else {
            numbers.push_back(name);
          }
        }
      }
      v.require(texts == self.texts_.size(), "texts", "columns of feature_names_in, in their order");
      v.require(self.counts_.size() == texts, "text_counts", "counts of each column of texts");
      self.has_numbers_ = !numbers.empty();
      self.numbers_ = detail::NumberImputer(self.options_, std::move(numbers));
    }
    v.object("numbers", [&](auto& n) { detail::NumberImputer::visit_state(self.numbers_, n); });
    v.require(self.numbers_.fitted() == self.has_numbers_, "numbers", "those of the columns");
  }

 private:
  using Counts = detail::ValueCounts<std::string>;

  [[nodiscard]] bool takes_texts() const noexcept {
    return options_.strategy == ImputeStrategy::most_frequent || options_.strategy == ImputeStrategy::constant;
  }
  void check_merge(const SimpleImputerOptions& other) const {
    const auto same = [](bool equal, const char* option) {
      if (!equal) throw std::invalid_argument(std::string("SimpleImputer: merge of one with another ") + option);
    };
    same(other.strategy == options_.strategy, "strategy");
    same(other.fill_value == options_.fill_value, "fill_value");
    same(other.fill_text == options_.fill_text, "fill_text");
    same(other.add_indicator == options_.add_indicator, "add_indicator");
    same(other.sketch_size == options_.sketch_size, "sketch_size");
    same(other.max_categories == options_.max_categories, "max_categories");
    same(other.half_life == options_.half_life, "half_life");
  }
  static std::string indicator_of(const std::string& name) { return "missingindicator_" + name; }
  [[nodiscard]] const std::string& fill_of(std::size_t k) const {
    const auto& most = counts_[k].most_frequent();
    return options_.strategy == ImputeStrategy::most_frequent && most ? *most : options_.fill_text;
  }

  /// Where the columns stand. @throws Error if one is not there, or was a number and is a text, or if there is one of
  /// the name of an indicator.
  [[nodiscard]] std::vector<std::size_t> places_of(const RecordBatch& x) const {
    std::vector<std::size_t> places = selection_.places(x.schema());
    std::size_t texts = 0;  // that were found, in their order
    for (const std::size_t place : places) {
      const Field& field = x.schema().fields[place];
      const bool known = texts < texts_.size() && texts_[texts] == field.name;
      texts += known ? 1 : 0;
      if (known == detail::is_text(field.dtype)) continue;
      throw Error({.column = field.name}, "a column of type " + std::string(to_string(field.dtype)),
                  known ? "string or category" : "numbers");
    }
    if (!options_.add_indicator) return places;
    const detail::NameIndex index(x.schema().fields);
    for (const std::string& name : selection_.names()) {
      if (index.find(indicator_of(name)) == detail::NameIndex::none) continue;
      throw Error({.column = indicator_of(name)}, "a column of this name in the table", "none: it is to be made");
    }
    return places;
  }

  RecordBatch learn(const RecordBatch& x, bool wanted) {
    if (selection_.fixed()) return learn_fixed(x, wanted);
    if (x.rows() == 0) return x;
    SimpleImputer first(options_);
    first.selection_.fix(x.schema());
    std::vector<std::string> numbers;
    for (const std::size_t place : first.selection_.places(x.schema())) {
      const Field& field = x.schema().fields[place];
      (detail::is_text(field.dtype) ? first.texts_ : numbers).push_back(field.name);
    }
    first.counts_.assign(first.texts_.size(), Counts(options_.max_categories));
    first.has_numbers_ = !numbers.empty();
    first.numbers_ = detail::NumberImputer(options_, std::move(numbers));
    RecordBatch whole = first.learn_fixed(x, wanted);
    *this = std::move(first);
    return whole;
  }
  RecordBatch learn_fixed(const RecordBatch& x, bool wanted) {
    const std::vector<std::size_t> places = places_of(x);
    RecordBatch whole = x;
    if (has_numbers_) {  // throws before it learns, or not at all
      if (wanted) {
        whole = numbers_.partial_fit_transform(x);
      } else {
        numbers_.partial_fit(x);
      }
    }
    whole = with_texts(x, whole, places, options_.strategy == ImputeStrategy::most_frequent ? &counts_ : nullptr);
    return wanted && options_.add_indicator ? with_indicators(x, whole, places) : whole;
  }
  template <class X>
  FeatureMatrix learn(const X& x, bool wanted) {
    if (!selection_.fixed()) {
      detail::NumberImputer first(options_, options_.columns);
      FeatureMatrix whole = first.partial_fit_transform(x);
      if (first.fitted()) {
        selection_.fix(first.get_feature_names_out());
        numbers_ = std::move(first);
        has_numbers_ = true;
      }
      return options_.add_indicator ? with_indicators(x, whole) : whole;
    }
    if (!wanted) {
      numbers_.partial_fit(x);
      return {};
    }
    FeatureMatrix whole = numbers_.partial_fit_transform(x);
    return options_.add_indicator ? with_indicators(x, whole) : whole;
  }

  /// `whole` with the columns of texts of x filled, row by row behind their being counted where there are `counts`.
  [[nodiscard]] RecordBatch with_texts(const RecordBatch& x, const RecordBatch& whole,
                                       const std::vector<std::size_t>& places, std::vector<Counts>* counts) const {
    std::vector<Field> fields;
    std::vector<Column> columns;
    std::size_t k = 0;
    for (const std::size_t place : places) {
      const Field& field = x.schema().fields[place];
      if (!detail::is_text(field.dtype)) continue;
      std::optional<Column> filled = filled_texts(x, place, k, counts == nullptr ? nullptr : &(*counts)[k]);
      ++k;
      if (!filled) continue;
      fields.push_back({.name = field.name, .dtype = field.dtype});
      columns.push_back(std::move(*filled));
    }
    return fields.empty() ? whole : whole.with_columns(std::move(fields), std::move(columns));
  }
  /// Column k of texts; nothing if there is nothing to fill.
  [[nodiscard]] std::optional<Column> filled_texts(const RecordBatch& x, std::size_t place, std::size_t k,
                                                   Counts* counts) const {
    const auto view = x.column<std::string_view>(place);
    bool missing = false;
    for (std::size_t i = 0; i < view.size() && !missing; ++i) missing = !view.is_valid(i);
    if (!missing) {
      for (std::size_t i = 0; counts != nullptr && i < view.size(); ++i) counts->add(std::string(view[i]));
      return std::nullopt;
    }
    const auto each = [&](auto&& put) {  // put(row, text, whether it was there): a text, or what it is filled by
      for (std::size_t i = 0; i < view.size(); ++i) {
        const bool valid = view.is_valid(i);
        if (valid && counts != nullptr) counts->add(std::string(view[i]));
        put(i, valid ? view[i] : std::string_view(fill_of(k)), valid);
      }
    };
    if (x.schema().fields[place].dtype == DataType::string) {
      StringValues texts;
      each([&](std::size_t, std::string_view text, bool) { texts.append(text); });
      return Column(std::move(texts));
    }
    const auto codes = x.column<std::int32_t>(place);
    const Dictionary& texts = codes.dictionary();
    std::vector<std::string> added;
    std::map<std::string, std::int32_t, std::less<>> known;
    CategoryValues categories;
    each([&](std::size_t i, std::string_view text, bool valid) {
      if (valid) return categories.codes.push_back(codes[i]);
      auto found = known.find(text);
      if (found == known.end()) {
        std::size_t code = 0;
        while (code < texts.size() && texts[code] != text) ++code;
        if (code == texts.size()) {
          code += added.size();  // of those added none is text, or it would be known
          added.emplace_back(text);
        }
        found = known.emplace(std::string(text), static_cast<std::int32_t>(code)).first;
      }
      categories.codes.push_back(found->second);
    });
    if (added.empty()) {
      categories.dictionary = std::make_shared<const Dictionary>(texts);
    } else {
      added.insert(added.begin(), texts.begin(), texts.end());
      categories.dictionary = std::make_shared<const Dictionary>(std::move(added));
    }
    return Column(std::move(categories));
  }

  [[nodiscard]] RecordBatch with_indicators(const RecordBatch& x, const RecordBatch& whole,
                                            const std::vector<std::size_t>& places) const {
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (std::size_t j = 0; j < places.size(); ++j) {
      const bool number = x.schema().fields[places[j]].dtype == DataType::float64;
      const auto numbers = number ? x.column<double>(places[j]).values() : std::span<const double>();
      std::vector<double> missing(x.rows());
      for (std::size_t i = 0; i < x.rows(); ++i) {
        missing[i] = number ? detail::is_nan(numbers[i]) : !x.is_valid(places[j], i);  // what is not there is NaN
      }
      fields.push_back({.name = indicator_of(selection_.names()[j])});
      columns.emplace_back(std::move(missing));
    }
    return whole.with_columns(std::move(fields), std::move(columns));
  }
  template <class X>
  static FeatureMatrix with_indicators(const X& x, const FeatureMatrix& whole) {
    FeatureMatrix wider(whole.rows(), 2 * whole.cols());
    wider.leftCols(whole.cols()) = whole;
    detail::for_each_block(detail::row_source<X>::make(x), [&](const double* rows, std::ptrdiff_t stride,
                                                               std::size_t first, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i, rows += stride) {
        for (Eigen::Index j = 0; j < whole.cols(); ++j) {
          wider(static_cast<Eigen::Index>(first + i), whole.cols() + j) = detail::is_nan(rows[j]) ? 1 : 0;
        }
      }
    });
    return wider;
  }

  SimpleImputerOptions options_;
  detail::ColumnSelection selection_;
  detail::NumberImputer numbers_;
  bool has_numbers_ = false;
  std::vector<std::string> texts_{};  // the columns of texts, in the order of the selection
  std::vector<Counts> counts_{};      // of each
};

}  // namespace v0
}  // namespace penstock
