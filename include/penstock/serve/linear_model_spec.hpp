// SPDX-License-Identifier: MIT
#pragma once

// What a linear model consists of, as plain data: what a model file holds and a trainer fills in.
//
//     LinearModelSpec spec{
//         .kind = LinearModelKind::logistic,
//         .derived = {{"minutes_per_day", {{"minutes", 1}}, {{"days", 1}}, 1}},   // minutes / max(1, days)
//         .numeric = {{"minutes_per_day", 2.5, 1.2, MissingNumber::mean}},
//         .categorical = {{"country", {"US", "NA"}, Unseen::ignore, MissingText::ignore}},
//         .coefficients = {0.8, -0.1, 0.3},                                       // minutes_per_day, US, NA
//         .intercept = -1.5};
//     LinearModel model(spec);                                                    // serve/linear_model.hpp

#include "penstock/serve/model_spec_error.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <variant>      // variant, monostate
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What the score of a row is.
enum class LinearModelKind {
  linear,   ///< the weighted sum itself
  logistic  ///< the probability 1 / (1 + exp(-sum))
};

/// What stands in for a number that is missing: a null, a NaN, or a derived feature of one.
enum class MissingNumber {
  error,  ///< nothing: an Error names the row and the column
  mean,   ///< the feature's mean, so that it adds nothing to the sum
  value,  ///< NumericFeature::missing_value
  nan     ///< a NaN, which makes the score one
};

/// What becomes of a text that is not among the categories.
enum class Unseen {
  error,   ///< an Error names the row, the column and the text
  ignore,  ///< all its columns are zero
  other    ///< one more column after those of the categories stands for all such texts
};

/// What becomes of a text that is missing. An empty text is not missing.
enum class MissingText {
  error,    ///< an Error names the row and the column
  ignore,   ///< all its columns are zero
  category  ///< one more column, the last of the feature
};

/// A column of numbers times a weight.
struct WeightedColumn {
  std::string column{};  ///< a column of the frame, not a derived feature
  double weight = 1;     ///< what its values are multiplied by

  friend bool operator==(const WeightedColumn&, const WeightedColumn&) = default;
};

/// A number made of others: sum(numerator) / max(floor, sum(denominator)), or sum(numerator) if there is no
/// denominator. The floor is what keeps it from dividing by zero. It is missing where a number that it needs is
/// missing.
struct DerivedFeature {
  std::string name{};                         ///< what a NumericFeature calls it by
  std::vector<WeightedColumn> numerator{};    ///< summed in this order; at least one
  std::vector<WeightedColumn> denominator{};  ///< summed in this order; may be empty
  double floor = 1;                           ///< above 0; not used without a denominator

  friend bool operator==(const DerivedFeature&, const DerivedFeature&) = default;
};

/// A number as the model takes it: (x - mean) / scale.
struct NumericFeature {
  std::string name{};  ///< a derived feature if there is one of that name, else a column of the frame
  double mean = 0;     ///< taken off first
  double scale = 1;    ///< above 0; 1 for a column that is constant
  MissingNumber missing = MissingNumber::error;  ///< what a missing number does
  double missing_value = 0;                      ///< in units of the column; used by MissingNumber::value

  friend bool operator==(const NumericFeature&, const NumericFeature&) = default;
};

/// A text as the model takes it: a column of 0 and 1 for each category, one behind the other.
struct CategoricalFeature {
  std::string name{};                        ///< a column of texts or categories
  std::vector<std::string> categories{};     ///< different from each other; at least one
  Unseen unseen = Unseen::error;             ///< what a text that is no category does
  MissingText missing = MissingText::error;  ///< what a missing text does

  /// How many coefficients it takes: the categories, the other texts, the missing ones.
  [[nodiscard]] std::size_t columns() const noexcept {
    return categories.size() + (unseen == Unseen::other ? 1 : 0) + (missing == MissingText::category ? 1 : 0);
  }

  friend bool operator==(const CategoricalFeature&, const CategoricalFeature&) = default;
};

/// A value of a golden row: missing, a number or a text.
struct GoldenValue {
  std::string column{};                                       ///< of the frame
  std::variant<std::monostate, double, std::string> value{};  ///< missing, a finite number or a text

  friend bool operator==(const GoldenValue&, const GoldenValue&) = default;
};

/// A row of raw columns and the score that the model gave for it when it was made.
struct GoldenRow {
  std::vector<GoldenValue> inputs{};  ///< one for each column that the model reads
  double score = 0;                   ///< what it must come out as

  friend bool operator==(const GoldenRow&, const GoldenRow&) = default;
};

/// Rows whose scores must come out again, or the model is refused: the defence against a file or a program that has
/// changed since training.
struct GoldenRows {
  /// Rows times the features and the columns of derived ones: what is scored each time a model is made takes a second.
  static constexpr std::size_t most_terms = 100'000'000;
  /// How far a score may be off, relative to what rounding can move: see LinearModel. Another order of the same sums,
  /// another CPU or another maths library moves far less than the default.
  double tolerance = 1e-12;
  std::vector<GoldenRow> rows{};  ///< none: nothing is checked

  friend bool operator==(const GoldenRows&, const GoldenRows&) = default;
};

/// What a number looked like in training: the values of a NumericFeature, where they were not missing.
struct NumericStatistics {
  std::string name{};         ///< of the numeric feature
  std::uint64_t missing = 0;  ///< rows without a number
  double mean = 0;            ///< of the numbers that were there; 0 if there were none, as the following
  double std_dev = 0;         ///< their standard deviation, divided by n
  double min = 0;             ///< the least
  double max = 0;             ///< the greatest

  friend bool operator==(const NumericStatistics&, const NumericStatistics&) = default;
};

/// What a text looked like in training.
struct CategoricalStatistics {
  std::string name{};                   ///< of the categorical feature
  std::uint64_t missing = 0;            ///< rows without a text
  std::uint64_t other = 0;              ///< rows with a text that is no category
  std::vector<std::uint64_t> counts{};  ///< rows with each of the categories, in their order

  friend bool operator==(const CategoricalStatistics&, const CategoricalStatistics&) = default;
};

/// What the columns looked like in training, for check_skew to compare with what is served. No rows: not known.
struct TrainingStatistics {
  std::uint64_t rows = 0;                            ///< that the model was trained on
  std::vector<NumericStatistics> numeric{};          ///< of each numeric feature, in their order
  std::vector<CategoricalStatistics> categorical{};  ///< of each categorical feature, in their order

  friend bool operator==(const TrainingStatistics&, const TrainingStatistics&) = default;
};

/// All of a linear model. Checked as a whole when a LinearModel is made of it.
struct LinearModelSpec {
  LinearModelKind kind = LinearModelKind::logistic;  ///< whether the score is a number or a probability
  std::vector<DerivedFeature> derived{};             ///< numbers made of columns
  std::vector<NumericFeature> numeric{};             ///< the numbers that it takes
  std::vector<CategoricalFeature> categorical{};     ///< the texts that it takes
  std::vector<double> coefficients{};  ///< of the numeric features in order, then of each categorical one's columns
  double intercept = 0;                ///< added to the sum
  double threshold = 0.5;              ///< probability from which the label is 1; in [0, 1]; not used by a linear model
  GoldenRows golden{};                 ///< checked when a LinearModel is made
  std::string metadata{};              ///< about the training, a JSON text or empty; kept, not read
  TrainingStatistics statistics{};     ///< of the rows it was trained on; has no effect on scores

  friend bool operator==(const LinearModelSpec&, const LinearModelSpec&) = default;
};

/// A member of a LinearModelSpec that cannot be.
class LinearModelError : public ModelSpecError {
 public:
  /// `member` is a path such as "numeric[2].scale".
  LinearModelError(std::string member, std::string found, std::string expected)
      : ModelSpecError("LinearModelSpec", std::move(member), std::move(found), std::move(expected)) {}
};

/// The words that a model file uses: the enumerators' own names.
[[nodiscard]] constexpr std::string_view to_string(LinearModelKind kind) noexcept {
  return kind == LinearModelKind::linear ? "linear" : "logistic";
}
/// As above.
[[nodiscard]] constexpr std::string_view to_string(MissingNumber missing) noexcept {
  switch (missing) {
    case MissingNumber::error: return "error";
    case MissingNumber::mean: return "mean";
    case MissingNumber::value: return "value";
    case MissingNumber::nan: return "nan";
  }
  return "unknown";
}
/// As above.
[[nodiscard]] constexpr std::string_view to_string(Unseen unseen) noexcept {
  switch (unseen) {
    case Unseen::error: return "error";
    case Unseen::ignore: return "ignore";
    case Unseen::other: return "other";
  }
  return "unknown";
}
/// As above.
[[nodiscard]] constexpr std::string_view to_string(MissingText missing) noexcept {
  switch (missing) {
    case MissingText::error: return "error";
    case MissingText::ignore: return "ignore";
    case MissingText::category: return "category";
  }
  return "unknown";
}

}  // namespace v0
}  // namespace penstock
