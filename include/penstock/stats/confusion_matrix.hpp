// SPDX-License-Identifier: MIT
#pragma once

// How often which class was taken for which, as rows come, and precision, recall and F1 of it.
//
//     stats::ConfusionMatrix seen;
//     seen.update(y_true, y_pred);                                  // labels are numbers, as SgdClassifier's
//     seen.weight(1, 0);                                            // rows of class 1 that were taken for 0
//     seen.recall({.average = stats::Average::macro});

#include "penstock/core/math.hpp"
#include "penstock/stats/online_metric.hpp"

#include <algorithm>  // lower_bound
#include <cstddef>    // ptrdiff_t, size_t
#include <cstdint>    // uint64_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// How the scores of the classes become one, in scikit-learn's words.
enum class Average {
  binary,   ///< that of one class, `pos_label`
  micro,    ///< of the rows of all classes together: the same as accuracy where each row has one label
  macro,    ///< the mean over the classes
  weighted  ///< the mean over the classes, weighted by their rows
};

/// Which precision, recall or F1.
struct ClassScoreOptions {
  Average average = Average::binary;  ///< how classes become one number
  double pos_label = 1;               ///< the class that Average::binary is of
  double zero_division = 0;           ///< what 0 rows of 0 are, 0 or 1, as scikit-learn's zero_division
};

/// The scores of one class.
struct ClassScores {
  double label;      ///< of the class
  double precision;  ///< of the rows that were taken for it, those that are
  double recall;     ///< of the rows that are, those that were taken for it
  double f1;         ///< their harmonic mean; 0 if both are 0
  double support;    ///< weight of the rows that are
};

/// The weight of the rows by their true and predicted label. Labels are any finite numbers, and turn up as they come.
/// A row costs O(log classes), a new label, and one of which the last row is taken back, O(classes^2). Not thread-safe:
/// merge one of each thread.
class ConfusionMatrix {
 public:
  /// @throws std::invalid_argument if a label is not finite, or the weight is negative or not finite; nothing is then
  /// changed.
  void update(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_numbers("ConfusionMatrix", y_true, y_pred, weight);
    add_label(y_true);
    add_label(y_pred);
    Cell& cell = cells_[place(y_true) * labels_.size() + place(y_pred)];
    cell.weight.add(weight);
    ++cell.rows;
  }
  /// Takes a row back that had come, with its weight; a label without rows is forgotten. @throws std::invalid_argument
  /// if no such row is there.
  void revert(double y_true, double y_pred, double weight = 1) {
    detail::check_metric_numbers("ConfusionMatrix", y_true, y_pred, weight);
    Cell* const cell = find(y_true, y_pred);
    if (cell == nullptr || cell->rows == 0) {
      throw std::invalid_argument("ConfusionMatrix: no row of " + std::to_string(y_true) + " taken for " +
                                  std::to_string(y_pred) + " is there to be taken back");
    }
    if (--cell->rows != 0) return cell->weight.add(-weight);
    cell->weight = {};  // no rounding stays behind the last of them
    drop_if_unused(y_true);
    drop_if_unused(y_pred);
  }
  /// All rows of the other.
  void merge(const ConfusionMatrix& other) {
    const ConfusionMatrix theirs = other;  // other may be this
    for (const double label : theirs.labels_) add_label(label);
    for (std::size_t i = 0; i < theirs.labels_.size(); ++i) {
      for (std::size_t j = 0; j < theirs.labels_.size(); ++j) {
        Cell& cell = *find(theirs.labels_[i], theirs.labels_[j]);
        const Cell& more = theirs.cells_[i * theirs.labels_.size() + j];
        cell.weight.merge(more.weight);
        cell.rows += more.rows;
      }
    }
  }
  /// Of all weights so far.
  void scale(double factor) noexcept {
    for (Cell& cell : cells_) cell.weight.scale(factor);
  }

  /// All labels that have come as truth or prediction, ascending, without those whose rows were all taken back.
  [[nodiscard]] const std::vector<double>& labels() const noexcept { return labels_; }
  /// Of the rows of class `y_true` that were taken for `y_pred`; 0 for labels that have not come.
  [[nodiscard]] double weight(double y_true, double y_pred) const noexcept {
    const Cell* const cell = find(y_true, y_pred);
    return cell == nullptr ? 0 : cell->weight.total();
  }
  /// How many, whatever their weights. O(classes^2).
  [[nodiscard]] std::uint64_t rows() const noexcept {
    std::uint64_t all = 0;
    for (const Cell& cell : cells_) all += cell.rows;
    return all;
  }

  /// The share of rows whose label was right; NaN of no rows. O(classes^2).
  [[nodiscard]] double get() const noexcept {
    double right = 0, all = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      right += cells_[i * labels_.size() + i].weight.total();
      for (std::size_t j = 0; j < labels_.size(); ++j) all += cells_[i * labels_.size() + j].weight.total();
    }
    return all > 0 ? right / all : std::numeric_limits<double>::quiet_NaN();
  }
  /// Of the rows that were taken for a class, those that are; NaN of no rows. scikit-learn's precision_score.
  /// O(classes^2). @throws std::invalid_argument unless zero_division is 0 or 1.
  [[nodiscard]] double precision(const ClassScoreOptions& options = {}) const {
    return score(options, &ClassScores::precision);
  }
  /// Of the rows of a class, those that were taken for it; else as precision.
  [[nodiscard]] double recall(const ClassScoreOptions& options = {}) const {
    return score(options, &ClassScores::recall);
  }
  /// The harmonic mean of the two, of each class before any averaging; else as precision.
  [[nodiscard]] double f1(const ClassScoreOptions& options = {}) const { return score(options, &ClassScores::f1); }
  /// The scores of each class that has rows as truth or prediction, by label. O(classes^2).
  /// @throws as precision.
  [[nodiscard]] std::vector<ClassScores> classes(double zero_division = 0) const {
    check(zero_division);
    std::vector<ClassScores> scores;
    for (const Sums& sums : sums_of_classes()) {
      if (sums.rows > 0) scores.push_back(scores_of(sums, zero_division));
    }
    return scores;
  }

 private:
  struct Cell {
    detail::CarriedSum weight{};
    std::uint64_t rows = 0;
  };
  /// Of one class: weight of the rows that are it and were taken for it, of those that were taken for it, that are it.
  struct Sums {
    double label = 0, both = 0, predicted = 0, real = 0;
    std::uint64_t rows = 0;
  };

  static void check(double zero_division) {
    if (!(zero_division == 0 || zero_division == 1)) {
      throw std::invalid_argument("ClassScoreOptions.zero_division is " + std::to_string(zero_division) +
                                  "; 0 or 1 is needed");
    }
  }
  static ClassScores scores_of(const Sums& sums, double zero_division) noexcept {
    const double precision = sums.predicted > 0 ? sums.both / sums.predicted : zero_division;
    const double recall = sums.real > 0 ? sums.both / sums.real : zero_division;
    const double sum = precision + recall;
    return {sums.label, precision, recall, sum > 0 ? 2 * precision * recall / sum : 0, sums.real};
  }

  [[nodiscard]] std::vector<Sums> sums_of_classes() const {
    const std::size_t n = labels_.size();
    std::vector<Sums> sums(n);
    for (std::size_t i = 0; i < n; ++i) {
      sums[i].label = labels_[i];
      sums[i].both = cells_[i * n + i].weight.total();
      for (std::size_t j = 0; j < n; ++j) {
        const Cell& cell = cells_[i * n + j];
        sums[i].real += cell.weight.total();
        sums[i].rows += cell.rows;
        sums[j].predicted += cell.weight.total();
        sums[j].rows += cell.rows;
      }
    }
    return sums;
  }

  [[nodiscard]] double score(const ClassScoreOptions& options, double ClassScores::*which) const {
    check(options.zero_division);
    std::vector<Sums> sums = sums_of_classes();
    std::erase_if(sums, [](const Sums& s) { return s.rows == 0; });
    if (sums.empty()) return std::numeric_limits<double>::quiet_NaN();
    Sums one;
    if (options.average == Average::binary) {
      for (const Sums& s : sums) {
        if (s.label == options.pos_label) one = s;
      }
      return scores_of(one, options.zero_division).*which;
    }
    if (options.average == Average::micro) {
      for (const Sums& s : sums) {
        one.both += s.both;
        one.predicted += s.predicted;
        one.real += s.real;
      }
      return scores_of(one, options.zero_division).*which;
    }
    double all = 0, weight = 0;
    for (const Sums& s : sums) {
      const double w = options.average == Average::weighted ? s.real : 1;
      all += w * (scores_of(s, options.zero_division).*which);
      weight += w;
    }
    return weight > 0 ? all / weight : options.zero_division;  // no weight: all rows count for nothing
  }

  [[nodiscard]] std::size_t place(double label) const noexcept {
    return static_cast<std::size_t>(std::lower_bound(labels_.begin(), labels_.end(), label) - labels_.begin());
  }
  [[nodiscard]] bool has(double label) const noexcept {
    const std::size_t i = place(label);
    return i < labels_.size() && labels_[i] == label;
  }
  [[nodiscard]] const Cell* find(double y_true, double y_pred) const noexcept {
    return has(y_true) && has(y_pred) ? &cells_[place(y_true) * labels_.size() + place(y_pred)] : nullptr;
  }
  [[nodiscard]] Cell* find(double y_true, double y_pred) noexcept {
    return has(y_true) && has(y_pred) ? &cells_[place(y_true) * labels_.size() + place(y_pred)] : nullptr;
  }
  void add_label(double label) {
    if (has(label)) return;
    const std::size_t n = labels_.size(), at = place(label);
    std::vector<Cell> cells((n + 1) * (n + 1));
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        cells[(i + (i >= at ? 1 : 0)) * (n + 1) + j + (j >= at ? 1 : 0)] = cells_[i * n + j];
      }
    }
    labels_.insert(labels_.begin() + static_cast<std::ptrdiff_t>(at), label);
    cells_ = std::move(cells);
  }

  /// Forgets a label that no row has, in place.
  void drop_if_unused(double label) noexcept {
    if (!has(label)) return;
    const std::size_t n = labels_.size(), at = place(label);
    for (std::size_t i = 0; i < n; ++i) {
      if (cells_[at * n + i].rows != 0 || cells_[i * n + at].rows != 0) return;
    }
    std::size_t to = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        if (i != at && j != at) cells_[to++] = cells_[i * n + j];
      }
    }
    cells_.resize(to);
    labels_.erase(labels_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::vector<double> labels_;
  std::vector<Cell> cells_;  // a row a true label, a column a predicted one
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
