// SPDX-License-Identifier: MIT
#pragma once

// The area under the ROC curve of the last rows of a stream, exactly, at the cost of a search in a tree for each row.
//
//     stats::RollingRocAuc auc({.window_size = 5000});
//     auc.update(bought, score);                     // 0 or 1, and any number: the higher the more likely
//     auc.get();                                     // roc_auc of the last 5000 rows

#include "penstock/core/math.hpp"
#include "penstock/stats/online_metric.hpp"

#include <cstddef>    // size_t
#include <cstdint>    // uint32_t, uint64_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Scores in order, each with the weight of the negative and the positive rows that have it, and over any subtree the
/// weight of the pairs that a positive row wins. A treap (Seidel and Aragon 1996): operations are O(log n) on the mean,
/// whatever the order in which scores come. Sums are made anew on the path of a change, and the weights of rows of the
/// same score and side are added to and taken from one number that carries what it rounds: nothing drifts.
class ScoreTree {
 public:
  void insert(double score, bool positive, double weight) {
    if (free_ == 0 && nodes_.size() == nodes_.capacity()) nodes_.reserve(2 * nodes_.size() + 8);  // before any change
    insert(root_, score, positive, weight);
  }
  /// A row that is there.
  void erase(double score, bool positive, double weight) noexcept { erase(root_, score, positive, weight); }

  [[nodiscard]] double positives() const noexcept { return nodes_[root_].sum[1]; }
  [[nodiscard]] double negatives() const noexcept { return nodes_[root_].sum[0]; }
  /// Weight of the pairs in which the positive row scores higher; tied ones count half.
  [[nodiscard]] double wins() const noexcept { return nodes_[root_].wins; }

 private:
  using Place = std::uint32_t;
  struct Node {
    double score = 0;
    std::uint64_t priority = 0;
    Place left = 0, right = 0;
    std::uint32_t rows[2] = {0, 0};  // of this score: negative, positive
    CarriedSum own[2];               // their weight
    double sum[2] = {0, 0};          // the weight in the subtree
    double wins = 0;                 // in the subtree
  };

  void pull(Place place) noexcept {
    Node& n = nodes_[place];
    const Node& l = nodes_[n.left];
    const Node& r = nodes_[n.right];
    const double own[2] = {n.own[0].total(), n.own[1].total()};
    for (int side = 0; side < 2; ++side) n.sum[side] = l.sum[side] + own[side] + r.sum[side];
    const double below = l.sum[0] + own[0];
    n.wins = l.wins + r.wins + own[1] * (l.sum[0] + own[0] / 2) + r.sum[1] * below;
  }

  void insert(Place& place, double score, bool positive, double weight) {
    if (place == 0) {
      place = new_node(score);
    } else if (score < nodes_[place].score) {
      Place left = nodes_[place].left;
      insert(left, score, positive, weight);
      nodes_[place].left = left;
      if (nodes_[left].priority > nodes_[place].priority) {
        nodes_[place].left = nodes_[left].right;
        pull(place);
        nodes_[left].right = place;
        place = left;
      }
      return pull(place);
    } else if (score > nodes_[place].score) {
      Place right = nodes_[place].right;
      insert(right, score, positive, weight);
      nodes_[place].right = right;
      if (nodes_[right].priority > nodes_[place].priority) {
        nodes_[place].right = nodes_[right].left;
        pull(place);
        nodes_[right].left = place;
        place = right;
      }
      return pull(place);
    }
    Node& n = nodes_[place];
    n.own[positive].add(weight);
    ++n.rows[positive];
    pull(place);
  }

  void erase(Place& place, double score, bool positive, double weight) noexcept {
    Node& n = nodes_[place];
    if (score < n.score) {
      erase(n.left, score, positive, weight);
    } else if (score > n.score) {
      erase(n.right, score, positive, weight);
    } else {
      n.own[positive].add(-weight);
      if (--n.rows[positive] == 0) n.own[positive] = {};
      if (n.rows[0] + n.rows[1] == 0) {
        const Place gone = place;
        place = join(n.left, n.right);
        nodes_[gone].left = free_;
        free_ = gone;
        return;
      }
    }
    pull(place);
  }

  /// One tree of two; all scores of the first are lower.
  [[nodiscard]] Place join(Place low, Place high) noexcept {
    if (low == 0 || high == 0) return low + high;
    if (nodes_[low].priority > nodes_[high].priority) {
      nodes_[low].right = join(nodes_[low].right, high);
      pull(low);
      return low;
    }
    nodes_[high].left = join(low, nodes_[high].left);
    pull(high);
    return high;
  }

  [[nodiscard]] Place new_node(double score) {
    Place place = free_;
    if (place != 0) {
      free_ = nodes_[place].left;
      nodes_[place] = Node{};
    } else {
      place = static_cast<Place>(nodes_.size());
      nodes_.emplace_back();
    }
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    nodes_[place].score = score;
    nodes_[place].priority = random_;
    return place;
  }

  std::vector<Node> nodes_{1};  // the first stands for no node
  Place root_ = 0;
  Place free_ = 0;  // the first of those that can be used again, which are linked by `left`
  std::uint64_t random_ = 0x9E3779B97F4A7C15;
};

}  // namespace detail

namespace stats {

/// How much RollingRocAuc looks back on.
struct RollingRocAucOptions {
  std::size_t window_size = 1000;  ///< rows, from 1 to 2^31
};

/// roc_auc of the last `window_size` rows: the probability that a random positive row scores higher than a random
/// negative one, ties counted half; with weights, scikit-learn's roc_auc_score with sample_weight. Exact: while weights
/// are whole numbers all sums are, up to 2^53 pairs; other weights round as sums do, and rounding is forgotten with the
/// rows that it came of. Weights whose products leave the range of double, such as 1e200 and 1e200, give NaN.
/// O(log window_size) a row on the mean, O(1) to ask; about 140 bytes for each row of the window. Not thread-safe.
class RollingRocAuc {
 public:
  RollingRocAuc() : RollingRocAuc(RollingRocAucOptions{}) {}
  /// @throws std::invalid_argument unless window_size is from 1 to 2^31.
  explicit RollingRocAuc(const RollingRocAucOptions& options) : window_size_(options.window_size) {
    if (window_size_ == 0 || window_size_ > std::size_t{1} << 31) {
      throw std::invalid_argument("RollingRocAucOptions.window_size is " + std::to_string(window_size_) +
                                  ", not from 1 to 2^31");
    }
  }

  /// `y_true` is 0 or 1, `y_pred` any score but NaN. @throws std::invalid_argument for others, or a weight that is
  /// negative or not finite; nothing is then changed.
  void update(double y_true, double y_pred, double weight = 1) {
    if (!(y_true == 0 || y_true == 1)) detail::refuse_metric_value("RollingRocAuc", "y_true", y_true, "0 or 1");
    if (detail::is_nan(y_pred)) detail::refuse_metric_value("RollingRocAuc", "y_pred", y_pred, "a number");
    detail::check_metric_weight("RollingRocAuc", weight);
    const Row row{y_pred, weight, y_true == 1};
    if (window_.size() < window_size_) {
      window_.push_back(row);
      try {
        tree_.insert(row.score, row.positive, row.weight);
      } catch (...) {
        window_.pop_back();
        throw;
      }
      return;
    }
    tree_.insert(row.score, row.positive, row.weight);
    Row& oldest = window_[oldest_];
    tree_.erase(oldest.score, oldest.positive, oldest.weight);
    oldest = row;
    oldest_ = oldest_ + 1 == window_size_ ? 0 : oldest_ + 1;
  }
  /// The rows of the other's window come after its own. O(window_size log window_size).
  /// @throws std::invalid_argument if the other's window has another size.
  void merge(const RollingRocAuc& other) {
    if (window_size_ != other.window_size_) {
      throw std::invalid_argument("RollingRocAuc: windows of " + std::to_string(window_size_) + " and " +
                                  std::to_string(other.window_size_) + " rows cannot be merged");
    }
    const std::vector<Row> rows = other.window_;  // other may be this
    const std::size_t oldest = other.oldest_;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Row& row = rows[(oldest + i) % rows.size()];
      update(row.positive ? 1 : 0, row.score, row.weight);
    }
  }

  /// NaN unless there are positive and negative rows in the window. O(1).
  [[nodiscard]] double get() const noexcept {
    const double pairs = tree_.positives() * tree_.negatives();
    return pairs > 0 ? tree_.wins() / pairs : std::numeric_limits<double>::quiet_NaN();
  }
  [[nodiscard]] std::size_t rows() const noexcept { return window_.size(); }       ///< in the window
  [[nodiscard]] std::size_t window_size() const noexcept { return window_size_; }  ///< how many it can have

 private:
  struct Row {
    double score;
    double weight;
    bool positive;
  };

  std::size_t window_size_;
  std::vector<Row> window_;  // a ring once it is full
  std::size_t oldest_ = 0;
  detail::ScoreTree tree_;
};

}  // namespace stats
}  // namespace v0
}  // namespace penstock
