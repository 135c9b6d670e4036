// SPDX-License-Identifier: MIT
#pragma once

// Refuses a LinearModelSpec that cannot be a model, by the name of its first member that is wrong.
//
//     detail::check(spec);   // LinearModelError: LinearModelSpec.numeric[2].scale: found 0, expected ... above 0

#include "penstock/core/category_table.hpp"
#include "penstock/core/math.hpp"
#include "penstock/serve/linear_model_spec.hpp"

#include <charconv>     // to_chars
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <variant>      // get_if
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The shortest digits that read back as the same number.
inline std::string shortest(double x) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof(digits), x).ptr};
}

inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string quoted = "'";
  quoted += text.substr(0, most);
  quoted += text.size() <= most ? "'" : "...'";
  return quoted;
}

inline std::string member(std::string_view array, std::size_t i, std::string_view name = {}) {
  std::string path(array);
  path += '[';
  path += std::to_string(i);
  path += ']';
  if (!name.empty()) (path += '.') += name;
  return path;
}

/// Texts, each of them once.
class TextSet {
 public:
  /// Whether it is new.
  bool add(std::string_view text) {
    const std::size_t before = texts_.size();
    texts_.find_or_add(text);
    return texts_.size() > before;
  }
  [[nodiscard]] bool contains(std::string_view text) const { return texts_.find(text) != CategoryTable::unknown; }

 private:
  CategoryTable texts_;
};

/// Names that must be there and differ, each known by the path that it stands at.
class NameCheck {
 public:
  void add(std::string path, const std::string& name) {
    if (name.empty()) throw LinearModelError(std::move(path), "an empty name", "the name of a column or feature");
    if (!names_.add(name)) throw LinearModelError(std::move(path), in_quotes(name) + " again", "each name once");
  }
  [[nodiscard]] bool contains(const std::string& name) const { return names_.contains(name); }

 private:
  TextSet names_;
};

inline void check_finite(std::string path, double x) {
  if (!detail::is_finite(x)) throw LinearModelError(std::move(path), shortest(x), "a finite number");
}

inline void check_above_zero(std::string path, double x) {
  if (!(detail::is_finite(x) && x > 0)) throw LinearModelError(std::move(path), shortest(x), "a finite number above 0");
}

inline void check_terms(const std::string& path, const std::vector<WeightedColumn>& terms, const NameCheck& derived) {
  NameCheck columns;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    columns.add(member(path, i, "column"), terms[i].column);
    check_finite(member(path, i, "weight"), terms[i].weight);
    if (derived.contains(terms[i].column)) {
      throw LinearModelError(member(path, i, "column"), "the derived feature " + in_quotes(terms[i].column),
                             "a column of the frame");
    }
  }
}

/// One entry for each feature, in their order, whose rows add up.
inline void check_statistics(const LinearModelSpec& spec) {
  const TrainingStatistics& s = spec.statistics;
  const auto as_many = [](const char* path, std::size_t found, std::size_t expected) {
    if (found == expected) return;
    throw LinearModelError(path, std::to_string(found) + " entries",
                           std::to_string(expected) + ", one for each feature");
  };
  const auto named = [](std::string path, const std::string& found, const std::string& expected) {
    if (found == expected) return;
    throw LinearModelError(std::move(path), in_quotes(found), in_quotes(expected) + ", in the order of the features");
  };
  const bool known = s.rows > 0;
  as_many("statistics.numeric", s.numeric.size(), known ? spec.numeric.size() : 0);
  as_many("statistics.categorical", s.categorical.size(), known ? spec.categorical.size() : 0);
  for (std::size_t i = 0; i < s.numeric.size(); ++i) {
    const NumericStatistics& n = s.numeric[i];
    const auto path = [i](const char* name) { return member("statistics.numeric", i, name); };
    named(path("name"), n.name, spec.numeric[i].name);
    if (n.missing > s.rows) {
      throw LinearModelError(path("missing"), std::to_string(n.missing), "at most rows, " + std::to_string(s.rows));
    }
    check_finite(path("mean"), n.mean);
    check_finite(path("min"), n.min);
    check_finite(path("max"), n.max);
    if (!(n.std_dev >= 0 && is_finite(n.std_dev))) {
      throw LinearModelError(path("std_dev"), shortest(n.std_dev), "a finite number of at least 0");
    }
    if (n.min > n.max) throw LinearModelError(path("max"), shortest(n.max), "at least min, " + shortest(n.min));
  }
  for (std::size_t i = 0; i < s.categorical.size(); ++i) {
    const CategoricalStatistics& c = s.categorical[i];
    const auto path = [i](const char* name) { return member("statistics.categorical", i, name); };
    named(path("name"), c.name, spec.categorical[i].name);
    if (c.counts.size() != spec.categorical[i].categories.size()) {
      throw LinearModelError(path("counts"), std::to_string(c.counts.size()) + " numbers",
                             std::to_string(spec.categorical[i].categories.size()) + ", one for each category");
    }
    std::uint64_t left = s.rows;
    const auto take = [&](std::uint64_t count) {
      if (count > left) {
        throw LinearModelError(path("counts"), "more rows than there are", std::to_string(s.rows) + " together");
      }
      left -= count;
    };
    take(c.missing);
    take(c.other);
    for (const std::uint64_t count : c.counts) take(count);
    if (left > 0) {
      throw LinearModelError(path("counts"), std::to_string(s.rows - left) + " rows, with the missing and the others",
                             std::to_string(s.rows) + " together");
    }
  }
}

inline void check(const LinearModelSpec& spec) {
  NameCheck derived;
  for (std::size_t i = 0; i < spec.derived.size(); ++i) derived.add(member("derived", i, "name"), spec.derived[i].name);
  TextSet numbers;  // columns of the frame that are read as numbers
  for (std::size_t i = 0; i < spec.derived.size(); ++i) {
    const DerivedFeature& d = spec.derived[i];
    if (d.numerator.empty()) throw LinearModelError(member("derived", i, "numerator"), "no columns", "at least one");
    check_terms(member("derived", i, "numerator"), d.numerator, derived);
    check_terms(member("derived", i, "denominator"), d.denominator, derived);
    if (!d.denominator.empty()) check_above_zero(member("derived", i, "floor"), d.floor);
    for (const WeightedColumn& term : d.numerator) numbers.add(term.column);
    for (const WeightedColumn& term : d.denominator) numbers.add(term.column);
  }

  NameCheck features;
  std::size_t columns = spec.numeric.size();
  for (std::size_t i = 0; i < spec.numeric.size(); ++i) {
    const NumericFeature& f = spec.numeric[i];
    features.add(member("numeric", i, "name"), f.name);
    check_finite(member("numeric", i, "mean"), f.mean);
    check_above_zero(member("numeric", i, "scale"), f.scale);
    check_finite(member("numeric", i, "missing_value"), f.missing_value);
    if (!derived.contains(f.name)) numbers.add(f.name);
  }
  for (std::size_t i = 0; i < spec.categorical.size(); ++i) {
    const CategoricalFeature& f = spec.categorical[i];
    features.add(member("categorical", i, "name"), f.name);
    if (derived.contains(f.name)) {
      throw LinearModelError(member("categorical", i, "name"), "the derived feature " + in_quotes(f.name),
                             "a column of texts");
    }
    if (numbers.contains(f.name)) {
      throw LinearModelError(member("categorical", i, "name"), in_quotes(f.name) + ", which is read as a number too",
                             "a column of texts");
    }
    if (f.categories.empty()) {
      throw LinearModelError(member("categorical", i, "categories"), "no categories", "at least one");
    }
    TextSet texts;
    for (std::size_t k = 0; k < f.categories.size(); ++k) {
      if (!texts.add(f.categories[k])) {
        throw LinearModelError(member(member("categorical", i, "categories"), k), in_quotes(f.categories[k]) + " again",
                               "each category once");
      }
    }
    columns += f.columns();
  }

  if (spec.coefficients.size() != columns) {
    throw LinearModelError("coefficients", std::to_string(spec.coefficients.size()) + " numbers",
                           std::to_string(columns) + ", one for each numeric feature and each column of a category");
  }
  for (std::size_t i = 0; i < columns; ++i) check_finite(member("coefficients", i), spec.coefficients[i]);
  check_finite("intercept", spec.intercept);
  if (!(spec.threshold >= 0 && spec.threshold <= 1)) {
    throw LinearModelError("threshold", shortest(spec.threshold), "a number from 0 to 1");
  }
  if (!(spec.golden.tolerance >= 0 && spec.golden.tolerance <= 1e-3)) {
    throw LinearModelError("golden.tolerance", shortest(spec.golden.tolerance), "a number from 0 to 0.001");
  }
  // A file of a million values could ask for 10^10 terms: many rows of a column, and many features of the same column.
  std::size_t terms = spec.numeric.size() + spec.categorical.size();
  for (const DerivedFeature& d : spec.derived) terms += d.numerator.size() + d.denominator.size();
  if (terms > 0 && spec.golden.rows.size() > GoldenRows::most_terms / terms) {
    std::string found = std::to_string(spec.golden.rows.size());
    found += " rows of " + std::to_string(terms) + " terms each";
    throw LinearModelError("golden.rows", std::move(found),
                           "at most " + std::to_string(GoldenRows::most_terms) + " together");
  }
  for (std::size_t i = 0; i < spec.golden.rows.size(); ++i) {
    for (const GoldenValue& input : spec.golden.rows[i].inputs) {
      const double* number = std::get_if<double>(&input.value);  // what is missing is no NaN, which no file can hold
      if (number != nullptr) check_finite(member("golden.rows", i, "inputs." + input.column), *number);
    }
    check_finite(member("golden.rows", i, "score"), spec.golden.rows[i].score);
  }
  check_statistics(spec);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
