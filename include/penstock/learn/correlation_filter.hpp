// SPDX-License-Identifier: MIT
#pragma once

// Leaves out features that say what another one says, the one of each pair that says less about the target.
//
//     CorrelationFilter filter({.threshold = 0.9, .decide_after = 5000});
//     RecordBatch apart = filter.partial_fit_transform(batch, y);
//     for (const DroppedFeature& dropped : filter.dropped()) ...       // what, for which other one, and why

#include "penstock/core/math.hpp"
#include "penstock/learn/comoments.hpp"
#include "penstock/learn/fading_moments.hpp"
#include "penstock/learn/feature_selector.hpp"
#include "penstock/learn/row_source.hpp"
#include "penstock/learn/transformer.hpp"
#include "penstock/stats/fading_factor.hpp"

#include <Eigen/Core>

#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How a CorrelationFilter is to work.
struct CorrelationFilterOptions {
  std::vector<std::string> columns{};  ///< names; empty: all numbers (timestamps only if named)
  double threshold = 0.9;              ///< pairs whose |correlation| is above it are parted; in [0, 1]
  std::uint64_t decide_after = 1000;   ///< rows that are learnt before the decision; 0: only decide() decides
  std::uint64_t decide_every = 0;      ///< rows after which it is decided anew; 0: once and for all
  /// After how many rows a row counts half, above 0; infinite: all rows count the same.
  double half_life = std::numeric_limits<double>::infinity();
};

/// Why a feature was left out.
struct DroppedFeature {
  std::string name{};                   ///< the feature
  std::string rival{};                  ///< the one that it was compared with and that stayed then
  double correlation = 0;               ///< of the two
  double target_correlation = 0;        ///< of the feature with the target
  double rival_target_correlation = 0;  ///< of the other one with the target; not smaller in magnitude
};

/// Keeps features no two of which are correlated above a threshold. While there are two that are, the pair with the
/// largest |correlation| loses the one whose |correlation| with the target is smaller; of equal pairs the first one
/// loses its, of two equally correlated with the target the later feature goes. Features that do not vary are kept.
///
/// All features come out until `decide_after` rows were learnt. With that row the decision falls, and stands: columns
/// keep their places from then on. In the call in which it falls, features that are given up are 0 from that row on; in
/// later calls they are not there. With `decide_every` they may leave, or come back to where they were, every so many
/// rows. Rows in which a feature or the target is missing are not learnt and do not count: skipped().
///
/// O(rows * features^2), a decision O(features^2) for each feature left out; features^2 / 2 numbers of memory. Learns
/// all of a call's rows or, if it throws, none. Not thread-safe while it learns; const functions may be called from
/// many threads at once.
class CorrelationFilter : public detail::FeatureSelector<CorrelationFilter> {
 public:
  CorrelationFilter() : CorrelationFilter(CorrelationFilterOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit CorrelationFilter(CorrelationFilterOptions options)
      : FeatureSelector(options.columns, options.decide_after, options.decide_every), options_(std::move(options)) {
    if (!(options_.threshold >= 0 && options_.threshold <= 1)) {
      throw std::invalid_argument("CorrelationFilterOptions.threshold is " + std::to_string(options_.threshold) +
                                  "; it must be in [0, 1]");
    }
    known_.factor = stats::fading_factor_of(options_.half_life, "CorrelationFilterOptions.half_life");
  }

  /// Learns all rows with their targets.
  /// @throws Error that names row and column of a number that is infinite or beyond 1e150, "target" for those, or a
  /// column that is not there or no numbers; std::invalid_argument if there is not a target a row, or a matrix has
  /// another number of columns than those before.
  template <detail::dense_rows X, row_targets Y>
  CorrelationFilter& partial_fit(const X& x, const Y& y) {
    std::vector<double> copy;
    const std::span<const double> targets = detail::numbers_of(y, copy);
    check_targets(detail::count_rows(x), targets);
    learn_from(x, targets, false);
    return *this;
  }
  /// Learns each row and gives it without what is left out. @throws as partial_fit.
  template <detail::dense_rows X, row_targets Y>
  [[nodiscard]] transformed_t<X> partial_fit_transform(const X& x, const Y& y) {
    std::vector<double> copy;
    const std::span<const double> targets = detail::numbers_of(y, copy);
    check_targets(detail::count_rows(x), targets);
    return learn_from(x, targets, true);
  }

  /// Learns what `other` knows, as if its rows had come too: Chan's rule, equal up to rounding. A decision that was
  /// taken here stays; if there was none and the rows of both suffice, it falls now.
  /// @throws std::invalid_argument if the columns are others, those that the options name included, or the half_life.
  CorrelationFilter& merge(const CorrelationFilter& other) {
    if (other.options_.half_life != options_.half_life) {
      throw std::invalid_argument("CorrelationFilter: merge of one with another half_life");
    }
    if (!begin_merge(other)) return *this;
    known_.merge(other.known_);
    skipped_ += other.skipped_;
    end_merge(other);
    return *this;
  }

  /// What the last decision left out, in the order in which it did.
  [[nodiscard]] const std::vector<DroppedFeature>& dropped() const noexcept { return dropped_; }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }  ///< rows with something missing
  /// The correlations of the features so far; 0 where one does not vary. O(features^2).
  [[nodiscard]] FeatureMatrix correlations() const {
    const std::size_t features = this->features();
    FeatureMatrix r(static_cast<Eigen::Index>(features), static_cast<Eigen::Index>(features));
    for (std::size_t j = 0; j < features; ++j) {
      for (std::size_t k = 0; k < features; ++k) {
        r(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(k)) = known_.correlation(j, k);
      }
    }
    return r;
  }
  /// The correlation of each feature with the target so far; 0 where one does not vary.
  [[nodiscard]] Eigen::VectorXd target_correlations() const {
    const std::size_t features = this->features();
    Eigen::VectorXd r(static_cast<Eigen::Index>(features));
    for (std::size_t j = 0; j < features; ++j) r[static_cast<Eigen::Index>(j)] = known_.correlation(features, j);
    return r;
  }
  [[nodiscard]] const CorrelationFilterOptions& options() const noexcept { return options_; }  ///< as they were given

  static constexpr std::string_view state_kind = "CorrelationFilter";  ///< in saved states, see core/state.hpp
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
    auto weight = self.known_.weight;
    auto mean = self.known_.mean;
    auto products = self.known_.products;
    v("weight", weight);
    v("mean", mean);
    v("products", products);
    v.array(
        "dropped", self.dropped_,
        [](auto& dropped, auto& d) {
          d("name", dropped.name);
          d("rival", dropped.rival);
          d("correlation", dropped.correlation);
          d("target_correlation", dropped.target_correlation);
          d("rival_target_correlation", dropped.rival_target_correlation);
        },
        DroppedFeature{});
    v("skipped", self.skipped_);
    if constexpr (Visitor::loading) {
      const std::size_t columns = self.get_support().empty() ? 0 : self.get_support().size() + 1;
      v.require(mean.size() == columns, "mean", "a number a feature, and one for the target");
      v.require(products.size() == columns * (columns + 1) / 2, "products", "a number for each pair of columns");
      v.require(weight >= 0 && detail::is_finite(weight), "weight", "a finite number from 0");
      if (columns > 0) self.start(columns - 1);
      self.known_.weight = weight;
      self.known_.mean = std::move(mean);
      self.known_.products = std::move(products);
    }
  }

 private:
  friend class detail::FeatureSelector<CorrelationFilter>;
  static constexpr const char* name = "CorrelationFilter";

  [[nodiscard]] std::size_t features() const noexcept { return known_.mean.empty() ? 0 : known_.mean.size() - 1; }

  static void check_targets(std::size_t rows, std::span<const double> y) {
    if (y.size() != rows) {
      throw std::invalid_argument("CorrelationFilter: " + std::to_string(rows) + " rows, but " +
                                  std::to_string(y.size()) + " targets");
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (detail::absolute(y[i]) > detail::largest_number) detail::refuse_number(i, "target", y[i]);
    }
  }

  void start(std::size_t features) {
    known_.start(features + 1);
    row_.resize(features + 1);
  }
  bool learn(const double* row, double y) {
    bool missing = detail::is_nan(y);
    for (std::size_t j = 0; j + 1 < row_.size(); ++j) {
      row_[j] = row[j];
      missing |= detail::is_nan(row[j]);
    }
    row_.back() = y;
    if (missing) {
      ++skipped_;
      return false;
    }
    known_.learn(row_.data());
    return true;
  }

  [[nodiscard]] std::vector<bool> choose() {
    const std::size_t features = this->features();
    std::vector<bool> kept(features, true);
    std::vector<DroppedFeature> dropped;
    const FeatureMatrix r = correlations();
    const Eigen::VectorXd target = target_correlations();
    const auto of = [](std::size_t j) { return static_cast<Eigen::Index>(j); };
    while (true) {
      double largest = options_.threshold;
      std::size_t first = features, second = features;
      for (std::size_t j = 0; j < features; ++j) {
        if (!kept[j]) continue;
        for (std::size_t k = j + 1; k < features; ++k) {
          if (!kept[k] || !(detail::absolute(r(of(j), of(k))) > largest)) continue;
          largest = detail::absolute(r(of(j), of(k)));
          first = j;
          second = k;
        }
      }
      if (first == features) break;
      if (detail::absolute(target[of(first)]) < detail::absolute(target[of(second)])) std::swap(first, second);
      kept[second] = false;
      dropped.push_back({feature_names_in()[second], feature_names_in()[first], r(of(first), of(second)),
                         target[of(second)], target[of(first)]});
    }
    dropped_ = std::move(dropped);
    return kept;
  }

  CorrelationFilterOptions options_;
  detail::Comoments known_{};
  std::vector<double> row_{};
  std::vector<DroppedFeature> dropped_{};
  std::uint64_t skipped_ = 0;
};

}  // namespace v0
}  // namespace penstock
