// SPDX-License-Identifier: MIT
#pragma once

// A linear or logistic model of named columns, which scores frames of raw rows: it derives, imputes, standardises and
// encodes by itself, so that no other program has to do these the way that training did.
//
//     LinearModel model(spec);                           // or load_linear_model(path), adapters/json/linear_model.hpp
//     std::vector<double> scores = model(batch);         // one a row; the probability for a logistic model
//     model(batch, std::span(scores));                   // the same into memory of the caller's
//
// The sum of a row is intercept, plus coefficient * ((x - mean) / scale) for each numeric feature in order, plus the
// coefficient that each categorical feature picks, in order. One function computes it for one row at a time, and
// nothing else does: a row's score is the same to the last bit alone, in a chunk of any size or in the whole table.

#include "penstock/config.hpp"
#include "penstock/core/category_table.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/serve/linear_model_check.hpp"
#include "penstock/serve/linear_model_columns.hpp"
#include "penstock/serve/linear_model_spec.hpp"

#include <algorithm>    // find, max, min
#include <concepts>     // same_as
#include <cstddef>      // size_t, ptrdiff_t
#include <cstdint>      // int32_t
#include <limits>       // numeric_limits
#include <span>         // span
#include <stdexcept>    // invalid_argument, logic_error
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What LinearModel is. A template of nothing, so that its functions are compiled in the units that use a model and not
/// in each that includes this header, where they would cost a third of a second.
template <class = void>
class BasicLinearModel {
 public:
  /// @throws LinearModelError, a std::invalid_argument, that names the first member of the description that is wrong,
  /// or the golden row that does not come out.
  explicit BasicLinearModel(LinearModelSpec spec) : spec_(std::move(spec)) {
    detail::check(spec_);
    compile();
    for (std::size_t i = 0; i < spec_.golden.rows.size(); ++i) check_golden(i);
  }

  /// One score a row, in the order of the rows. O(rows * features); a category is looked up once a call, or once a row
  /// where rows are fewer than categories.
  /// @throws Error that names a column which is missing or of a wrong type, or the row (counted from 1) and column
  /// where a policy says error.
  template <columnar_frame F>
  [[nodiscard]] std::vector<double> operator()(const F& frame) const {
    std::vector<double> scores(penstock::rows(frame));
    (*this)(frame, std::span<double>(scores));
    return scores;
  }

  /// The same into `out`, which is written in part if an Error is thrown.
  /// @throws std::invalid_argument unless out has as many values as the frame has rows.
  template <columnar_frame F>
  void operator()(const F& frame, std::span<double> out) const {
    const std::size_t rows = penstock::rows(frame);
    if (out.size() != rows) {
      throw std::invalid_argument("LinearModel: out has " + std::to_string(out.size()) + " values for " +
                                  std::to_string(rows) + " rows");
    }
    std::vector<decltype(detail::number_view(frame, {}))> numbers;
    numbers.reserve(number_columns_.size());
    for (const std::string& name : number_columns_) numbers.push_back(detail::number_view(frame, name));
    std::vector<decltype(detail::text_view(frame, {}))> texts;
    texts.reserve(texts_.size());
    for (const detail::TextTable& table : texts_) texts.push_back(detail::text_view(frame, table.name()));

    // A block of rows at a time: each column is read in a loop of its own, and the block stays in the first cache.
    const std::size_t block = std::min<std::size_t>(rows, 64);
    std::vector<double> values(block * width_);
    std::vector<std::ptrdiff_t> picked(block * texts_.size());
    for (std::size_t first = 0; first < rows; first += block) {
      const std::size_t count = std::min(block, rows - first);
      for (std::size_t j = 0; j < numbers.size(); ++j) {
        detail::read_numbers(numbers[j], first, count, values.data() + j, width_);
      }
      for (std::size_t k = 0; k < texts.size(); ++k) {
        detail::read_texts(texts[k], texts_[k], first, count, picked.data() + k, texts_.size());
      }
      for (std::size_t i = 0; i < count; ++i) {
        out[first + i] = score_row(values.data() + i * width_, picked.data() + i * texts_.size(), first + i);
      }
    }
  }

  /// The probability of the positive class, one a row. @throws std::logic_error if the model is not logistic; else as
  /// operator().
  template <columnar_frame F>
  [[nodiscard]] std::vector<double> predict_proba(const F& frame) const {
    if (spec_.kind != LinearModelKind::logistic)
      throw std::logic_error("LinearModel: a linear model has no probabilities");
    return (*this)(frame);
  }

  /// 1 where the probability is at least the threshold, else 0; the score itself for a linear model; NaN where the
  /// score is. One a row; throws as operator().
  template <columnar_frame F>
  [[nodiscard]] std::vector<double> predict(const F& frame) const {
    std::vector<double> values = (*this)(frame);
    if (spec_.kind == LinearModelKind::linear) return values;
    for (double& value : values) {
      if (!detail::is_nan(value)) value = value >= spec_.threshold ? 1 : 0;
    }
    return values;
  }

  /// What it was made of; the inputs of golden rows stand in the order of number_columns(), text_columns().
  [[nodiscard]] const LinearModelSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] LinearModelKind kind() const noexcept { return spec_.kind; }  ///< linear or logistic
  /// The columns that a frame must have as numbers.
  [[nodiscard]] const std::vector<std::string>& number_columns() const noexcept { return number_columns_; }
  /// The columns that a frame must have as texts.
  [[nodiscard]] std::vector<std::string> text_columns() const {
    std::vector<std::string> names;
    for (const CategoricalFeature& feature : spec_.categorical) names.push_back(feature.name);
    return names;
  }
  /// What each coefficient belongs to: "minutes", "country=US"; the other texts of a feature are "country (other)", the
  /// missing ones "country (missing)".
  [[nodiscard]] std::vector<std::string> coefficient_names() const {
    std::vector<std::string> names;
    for (const NumericFeature& feature : spec_.numeric) names.push_back(feature.name);
    for (const CategoricalFeature& feature : spec_.categorical) {
      for (const std::string& text : feature.categories) names.push_back(feature.name + "=" + text);
      if (feature.unseen == Unseen::other) names.push_back(feature.name + " (other)");
      if (feature.missing == MissingText::category) names.push_back(feature.name + " (missing)");
    }
    return names;
  }

  /// The same model with the rows of this batch as its golden rows, whose scores are computed here.
  /// @throws Error as operator(), LinearModelError if a number or score is not finite, or the rows are more than
  /// GoldenRows::most_terms allows.
  [[nodiscard]] BasicLinearModel with_golden_rows(const RecordBatch& batch) const {
    const std::vector<double> scores = (*this)(batch);
    LinearModelSpec spec = spec_;
    spec.golden.rows.assign(batch.rows(), {});
    for (std::size_t i = 0; i < batch.rows(); ++i) spec.golden.rows[i].score = scores[i];
    const auto add = [&](const std::string& name, auto value_at) {
      const std::size_t place = batch.schema().index(name);
      for (std::size_t i = 0; i < batch.rows(); ++i) {
        spec.golden.rows[i].inputs.push_back({name, {}});
        if (batch.is_valid(place, i)) value_at(i, spec.golden.rows[i].inputs.back().value);
      }
    };
    std::vector<double> numbers(batch.rows());
    for (const std::string& name : number_columns_) {
      detail::read_numbers(detail::number_view(batch, name), 0, batch.rows(), numbers.data(), 1);
      add(name, [&](std::size_t i, auto& value) {
        if (!detail::is_nan(numbers[i])) value = numbers[i];
      });
    }
    for (const detail::TextTable& table : texts_) {
      const auto texts = batch.column<std::string_view>(table.name());
      add(table.name(), [&](std::size_t i, auto& value) { value = std::string(texts[i]); });
    }
    return BasicLinearModel(std::move(spec));
  }

 private:
  struct Term {
    std::size_t place;  // in the values of a row
    double weight;
  };
  struct Ratio {
    std::vector<Term> numerator;
    std::vector<Term> denominator;
    double floor;
  };

  /// Gives each number its place in the values of a row: columns first, then what is derived of them.
  void compile() {
    detail::CategoryTable columns;
    const auto place_of = [&](const std::string& name) {
      const auto place = static_cast<std::size_t>(columns.find_or_add(name));
      if (place == number_columns_.size()) number_columns_.push_back(name);
      return place;
    };
    detail::CategoryTable derived;  // names differ, so that codes are places
    for (const DerivedFeature& feature : spec_.derived) {
      Ratio ratio{{}, {}, feature.floor};
      for (const WeightedColumn& term : feature.numerator)
        ratio.numerator.push_back({place_of(term.column), term.weight});
      for (const WeightedColumn& term : feature.denominator) {
        ratio.denominator.push_back({place_of(term.column), term.weight});
      }
      derived.find_or_add(feature.name);
      ratios_.push_back(std::move(ratio));
    }
    for (const NumericFeature& feature : spec_.numeric) {
      if (derived.find(feature.name) == detail::CategoryTable::unknown) place_of(feature.name);
    }
    width_ = number_columns_.size() + ratios_.size();
    for (const NumericFeature& feature : spec_.numeric) {
      const std::int32_t ratio = derived.find(feature.name);
      places_.push_back(ratio == detail::CategoryTable::unknown
                            ? place_of(feature.name)
                            : number_columns_.size() + static_cast<std::size_t>(ratio));
    }
    std::size_t first = spec_.numeric.size();
    for (const CategoricalFeature& feature : spec_.categorical) {
      texts_.emplace_back(feature, first);
      first += feature.columns();
    }
  }

  static double sum(const std::vector<Term>& terms, const double* values) {
    double total = 0;
    for (const Term& term : terms) total += term.weight * values[term.place];
    return total;
  }

  /// The score of one row, whose columns stand in `values`, with room behind them for what is derived. Out of line:
  /// every row takes the very same instructions, whatever the compiler makes of the loops that call it.
  PENSTOCK_NOINLINE double score_row(double* values, const std::ptrdiff_t* picked, std::size_t row) const {
    double* derived = values + number_columns_.size();
    for (const Ratio& ratio : ratios_) {
      double value = sum(ratio.numerator, values);
      if (!ratio.denominator.empty()) {
        const double below = sum(ratio.denominator, values);
        value /= below < ratio.floor ? ratio.floor : below;  // a NaN stays one
      }
      *derived++ = value;
    }
    double total = spec_.intercept;
    for (std::size_t j = 0; j < places_.size(); ++j) {
      const NumericFeature& feature = spec_.numeric[j];
      double x = values[places_[j]];
      if (detail::is_nan(x)) {
        if (feature.missing == MissingNumber::error) refuse_missing(feature, row);
        if (feature.missing == MissingNumber::mean) continue;
        if (feature.missing == MissingNumber::value) x = feature.missing_value;
      }
      total += spec_.coefficients[j] * ((x - feature.mean) / feature.scale);
    }
    for (std::size_t k = 0; k < texts_.size(); ++k) {
      if (picked[k] != detail::TextTable::none) total += spec_.coefficients[static_cast<std::size_t>(picked[k])];
    }
    if (spec_.kind == LinearModelKind::linear) return total;
    const double small = detail::exponential(-detail::absolute(total));  // at most 1: never overflows
    return (total < 0 ? small : 1.0) / (1.0 + small);
  }

  PENSTOCK_COLD [[noreturn]] static void refuse_missing(const NumericFeature& feature, std::size_t row) {
    throw Error({.row = row + 1, .column = feature.name}, "no value", "a number");
  }

  /// Scores golden row `i` and puts its inputs in order.
  void check_golden(std::size_t i) {
    GoldenRow& row = spec_.golden.rows[i];
    const std::string path = detail::member("golden.rows", i);
    std::vector<GoldenValue> inputs(std::move(row.inputs));
    detail::CategoryTable columns;  // names differ, so that codes are places
    for (const GoldenValue& input : inputs) {
      const std::size_t before = columns.size();
      columns.find_or_add(input.column);
      if (columns.size() == before) {
        throw LinearModelError(path + ".inputs", detail::in_quotes(input.column) + " again", "each column once");
      }
    }
    std::vector<bool> taken(inputs.size());
    row.inputs.reserve(inputs.size());
    const auto take = [&](const std::string& name) -> const auto& {
      const std::int32_t code = columns.find(name);
      if (code == detail::CategoryTable::unknown) {
        throw LinearModelError(path + ".inputs", "no " + detail::in_quotes(name), "every column that the model reads");
      }
      const auto place = static_cast<std::size_t>(code);
      taken[place] = true;
      return row.inputs.emplace_back(std::move(inputs[place])).value;
    };

    std::vector<double> values(width_, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t j = 0; j < number_columns_.size(); ++j) {
      const auto& value = take(number_columns_[j]);
      if (std::holds_alternative<std::string>(value)) {
        throw LinearModelError(path + ".inputs." + number_columns_[j], "a text", "a number");
      }
      if (const double* number = std::get_if<double>(&value)) values[j] = *number;
    }
    std::vector<std::ptrdiff_t> picked(texts_.size());
    double score = 0;
    try {
      for (std::size_t k = 0; k < texts_.size(); ++k) {
        const auto& value = take(texts_[k].name());
        if (std::holds_alternative<double>(value)) {
          throw LinearModelError(path + ".inputs." + texts_[k].name(), "a number", "a text");
        }
        const std::string* text = std::get_if<std::string>(&value);
        picked[k] = text != nullptr ? texts_[k].pick(*text, i) : texts_[k].pick_missing(i);
      }
      score = score_row(values.data(), picked.data(), i);
    } catch (const Error& error) {
      throw LinearModelError(path + ".inputs." + error.where().column, error.found(), error.expected());
    }
    if (row.inputs.size() < inputs.size()) {
      const auto left = std::find(taken.begin(), taken.end(), false) - taken.begin();
      throw LinearModelError(path + ".inputs", detail::in_quotes(inputs[static_cast<std::size_t>(left)].column),
                             "only columns that the model reads");
    }
    const double rounding = magnitude(values.data(), picked.data());
    if (!detail::is_finite(rounding))
      throw LinearModelError(path + ".inputs", "terms beyond the largest double", "smaller ones");
    const double unit =
        spec_.kind == LinearModelKind::linear
            ? rounding
            : std::max(detail::absolute(row.score), std::numeric_limits<double>::min()) * (1 + rounding);
    if (!(detail::absolute(score - row.score) <= spec_.golden.tolerance * unit)) {
      throw LinearModelError(path + ".score", detail::shortest(row.score),
                             detail::shortest(score) + ", which this model gives for the row's inputs");
    }
  }

  /// What the rounding errors of a row's sum are relative to.
  [[nodiscard]] double magnitude(const double* values, const std::ptrdiff_t* picked) const {
    double total = detail::absolute(spec_.intercept);
    for (std::size_t j = 0; j < places_.size(); ++j) {
      const NumericFeature& feature = spec_.numeric[j];
      double x = values[places_[j]];
      if (detail::is_nan(x)) x = feature.missing == MissingNumber::value ? feature.missing_value : feature.mean;
      total += detail::absolute(spec_.coefficients[j]) * (detail::absolute(x) + detail::absolute(feature.mean)) /
               feature.scale;
    }
    for (std::size_t k = 0; k < texts_.size(); ++k) {
      if (picked[k] != detail::TextTable::none) {
        total += detail::absolute(spec_.coefficients[static_cast<std::size_t>(picked[k])]);
      }
    }
    return total;
  }

  LinearModelSpec spec_;
  std::vector<std::string> number_columns_;  // the frame's columns that are read as numbers, each once
  std::vector<Ratio> ratios_;                // the derived features
  std::vector<std::size_t> places_;          // of each numeric feature in the values of a row
  std::vector<detail::TextTable> texts_;     // the categorical features
  std::size_t width_ = 0;                    // values of a row: columns and derived features
};

/// A model that never changes. Constant functions may run in many threads at once.
///
/// Columns are found by name, whatever their order; others are not looked at. float64, int64 (rounded above 2^53) and
/// boolean columns are numbers, string and category columns are texts. A NaN is a missing number; an infinity is a
/// number.
///
/// Golden rows: |score - expected| may be at most tolerance * m for a linear model and tolerance * expected * (1 + m)
/// for a logistic one, where m = |intercept| + the sum of |coefficient| (|x| + |mean|) / scale + the sum of
/// |coefficients picked|: what the rounding of the sum is relative to.
using LinearModel = BasicLinearModel<>;

}  // namespace v0
}  // namespace penstock
