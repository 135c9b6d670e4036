// SPDX-License-Identifier: MIT
#pragma once

// Leaves out features that hardly vary.
//
//     VarianceThreshold threshold({.threshold = 0.01, .decide_after = 5000});
//     RecordBatch varying = threshold.partial_fit_transform(batch);    // all columns, until 5000 rows were learnt

#include "penstock/core/math.hpp"
#include "penstock/learn/fading_moments.hpp"
#include "penstock/learn/feature_selector.hpp"
#include "penstock/learn/transformer.hpp"
#include "penstock/stats/fading_factor.hpp"

#include <Eigen/Core>

#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How a VarianceThreshold is to work.
struct VarianceThresholdOptions {
  std::vector<std::string> columns{};  ///< names; empty: all numbers (timestamps only if named)
  double threshold = 0;                ///< features whose variance is above it are kept; finite, at least 0
  std::uint64_t decide_after = 1000;   ///< rows that are learnt before the decision; 0: only decide() decides
  std::uint64_t decide_every = 0;      ///< rows after which it is decided anew; 0: once and for all
  /// After how many rows a row counts half, above 0; infinite: all rows count the same.
  double half_life = std::numeric_limits<double>::infinity();
};

/// Keeps the features whose variance (population, as scikit-learn's VarianceThreshold: ddof 0, missing values left out)
/// is above a threshold, as the rows learnt so far have it.
///
/// All features come out until `decide_after` rows were learnt. With that row the decision falls, and stands: columns
/// keep their places from then on. In the call in which it falls, features that are given up are 0 from that row on; in
/// later calls they are not there. With `decide_every` they may leave, or come back to where they were, every so many
/// rows. Unlike scikit-learn it may leave out all of them. O(rows * features), by Welford's rule. Learns all of a
/// call's rows or, if it throws, none. Not thread-safe while it learns; const functions may be called from many threads
/// at once.
class VarianceThreshold : public detail::FeatureSelector<VarianceThreshold> {
 public:
  VarianceThreshold() : VarianceThreshold(VarianceThresholdOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit VarianceThreshold(VarianceThresholdOptions options)
      : FeatureSelector(options.columns, options.decide_after, options.decide_every), options_(std::move(options)) {
    if (!(options_.threshold >= 0 && options_.threshold <= std::numeric_limits<double>::max())) {
      throw std::invalid_argument("VarianceThresholdOptions.threshold is " + std::to_string(options_.threshold) +
                                  "; it must be finite and at least 0");
    }
    moments_.factor = stats::fading_factor_of(options_.half_life, "VarianceThresholdOptions.half_life");
  }

  /// Learns all rows.
  /// @throws Error that names row and column of a number that is infinite or beyond 1e150, or a column that is not
  /// there or no numbers; std::invalid_argument if a matrix has another number of columns than those before.
  template <detail::dense_rows X>
  VarianceThreshold& partial_fit(const X& x) {
    learn_from(x, {}, false);
    return *this;
  }
  /// Learns each row and gives it without what is left out. @throws as partial_fit.
  template <detail::dense_rows X>
  [[nodiscard]] transformed_t<X> partial_fit_transform(const X& x) {
    return learn_from(x, {}, true);
  }

  /// Learns what `other` knows, as if its rows had come too: Chan's rule, equal up to rounding. A decision that was
  /// taken here stays; if there was none and the rows of both suffice, it falls now.
  /// @throws std::invalid_argument if the columns are others, those that the options name included, or the half_life.
  VarianceThreshold& merge(const VarianceThreshold& other) {
    if (other.options_.half_life != options_.half_life) {
      throw std::invalid_argument("VarianceThreshold: merge of one with another half_life");
    }
    if (!begin_merge(other)) return *this;
    moments_.merge(other.moments_);
    end_merge(other);
    return *this;
  }

  /// The variance of each feature so far, NaN where there was no value.
  [[nodiscard]] Eigen::VectorXd variances() const {
    Eigen::VectorXd values(static_cast<Eigen::Index>(moments_.mean.size()));
    for (std::size_t j = 0; j < moments_.mean.size(); ++j) values[static_cast<Eigen::Index>(j)] = moments_.variance(j);
    return values;
  }
  [[nodiscard]] const VarianceThresholdOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "VarianceThreshold";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      o.option("columns", self.options_.columns);
      o.option("threshold", self.options_.threshold);
      o.option("decide_after", self.options_.decide_after);
      o.option("decide_every", self.options_.decide_every);
      o.option("half_life", self.options_.half_life);
    });
    self.visit_decisions(self, v);
    detail::FadingMoments::visit_state(self.moments_, !self.get_support().empty(), self.get_support().size(), v);
  }

 private:
  friend class detail::FeatureSelector<VarianceThreshold>;
  static constexpr const char* name = "VarianceThreshold";

  void start(std::size_t features) { moments_.start(features); }
  bool learn(const double* row, double /*y*/) {
    moments_.learn(row);
    return true;
  }
  [[nodiscard]] std::vector<bool> choose() const {
    std::vector<bool> kept(moments_.mean.size());
    for (std::size_t j = 0; j < kept.size(); ++j) kept[j] = moments_.variance(j) > options_.threshold;
    return kept;
  }

  VarianceThresholdOptions options_;
  detail::FadingMoments moments_{};
};

}  // namespace v0
}  // namespace penstock
