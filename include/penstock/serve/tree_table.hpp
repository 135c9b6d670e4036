// SPDX-License-Identifier: MIT
#pragma once

// The trees of an ensemble in one table of 16-byte nodes, and the walk through it.
//
//     detail::TreeTable table(trees, n_features, n_outputs);
//     detail::TreeBlock block(n_features, rows);     // up to 64 rows, feature by feature
//     block.set(0, 3, 1.5F);  block.close(1);
//     table.add(block, sums);                        // sums[output * 64 + row] += leaf, tree by tree
//
// A walk is a chain of loads, each of which waits for the one before. Eight walks at once hide that; and what is asked
// at a node is computed and never branched on, as no processor could guess it.

#include "penstock/config.hpp"
#include "penstock/serve/tree_ensemble_spec.hpp"

#include <algorithm>  // fill, min
#include <cstddef>    // size_t
#include <cstdint>    // uint32_t
#include <limits>     // numeric_limits
#include <memory>     // make_unique_for_overwrite, unique_ptr
#include <string>     // string, to_string
#include <utility>    // pair
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The values of up to 64 rows, feature by feature, which is how columns come and how lanes read them. Where no more
/// than 8 rows will ever come, the features stand that close: a row of many features takes an eighth of the memory.
class TreeBlock {
 public:
  static constexpr std::size_t width = 64;
  static constexpr std::size_t lanes = 8;  // walks at once

  /// For blocks of up to `rows` rows, or 64 if that is more. Its values are not set.
  TreeBlock(std::size_t features, std::size_t rows)
      : features_(features),
        stride_(rows <= lanes ? lanes : width),
        values_(std::make_unique_for_overwrite<float[]>(features * stride_)) {}

  void clear() noexcept { missing_ = false; }
  void set(std::size_t row, std::size_t feature, float value) noexcept {
    missing_ |= value != value;
    values_[feature * stride_ + row] = value;
  }
  /// To be called when `rows` rows have been set: lanes behind them, which fewer rows than lanes have not, read zeros.
  void close(std::size_t rows) noexcept {
    rows_ = rows;
    const std::size_t end = (rows + lanes - 1) / lanes * lanes;
    for (std::size_t j = 0; end != rows && rows > lanes && j < features_; ++j) {
      std::fill(values_.get() + j * stride_ + rows, values_.get() + j * stride_ + end, 0.0F);
    }
  }

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] bool has_missing() const noexcept { return missing_; }
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }  ///< from a feature to the next: 8 or 64
  [[nodiscard]] const float* data() const noexcept { return values_.get(); }

 private:
  std::size_t features_;
  std::size_t rows_ = 0;
  bool missing_ = false;
  std::size_t stride_;
  std::unique_ptr<float[]> values_;
};

/// All trees, ready to be walked. Immutable.
class TreeTable {
 public:
  TreeTable() = default;
  /// @throws TreeEnsembleError that names the node which cannot be. O(nodes).
  TreeTable(const std::vector<Tree>& trees, std::size_t features, std::size_t outputs) {
    for (std::size_t t = 0; t < trees.size(); ++t) add_tree(trees[t], t, features, outputs);
  }

  /// Adds to sums[output * 64 + row] the leaf of each tree in order. The sum of a row does not depend on the others.
  void add(const TreeBlock& block, float* sums) const noexcept {
    if (block.stride() == lanes) {
      block.has_missing() ? add_rows<lanes, true>(block, sums) : add_rows<lanes, false>(block, sums);
    } else {
      block.has_missing() ? add_rows<width, true>(block, sums) : add_rows<width, false>(block, sums);
    }
  }

 private:
  static constexpr std::size_t lanes = TreeBlock::lanes;
  static constexpr std::size_t width = TreeBlock::width;

  /// The children stand side by side. A leaf asks for NaN, below which nothing is, and `left` is the node before it: it
  /// leads to itself.
  struct Node {
    float threshold;
    float value;            // of a leaf
    std::uint32_t feature;  // twice its number, and 1 if missing values go left
    std::uint32_t left;     // the other child is behind it
  };
  struct Root {
    std::uint32_t node;
    std::uint32_t output;
    std::uint32_t depth;
  };

  template <std::size_t Stride, bool Missing>
  PENSTOCK_NOINLINE void add_rows(const TreeBlock& block, float* sums) const noexcept {
    if (block.rows() < lanes) {
      for (std::size_t i = 0; i < block.rows(); ++i) add_row<Stride, Missing>(block.data() + i, sums + i);
      return;
    }
    for (const Root& root : roots_) {
      float* sum = sums + root.output * width;
      for (std::size_t first = 0; first < block.rows(); first += lanes) {
        std::uint32_t at[lanes];
        std::fill(at, at + lanes, root.node);
        walk<Stride, 1, Missing>(block.data() + first, root.depth, at);
        for (std::size_t l = 0; l < lanes; ++l) sum[first + l] += nodes_[at[l]].value;
      }
    }
  }

  /// One row: the lanes are trees.
  template <std::size_t Stride, bool Missing>
  void add_row(const float* x, float* sums) const noexcept {
    for (std::size_t first = 0; first < roots_.size(); first += lanes) {
      const std::size_t count = std::min(lanes, roots_.size() - first);
      std::uint32_t at[lanes];
      std::uint32_t depth = 0;
      for (std::size_t l = 0; l < lanes; ++l) {
        const Root& root = roots_[first + (l < count ? l : 0)];
        at[l] = root.node;
        if (root.depth > depth) depth = root.depth;
      }
      walk<Stride, 0, Missing>(x, depth, at);
      for (std::size_t l = 0; l < count; ++l) sums[roots_[first + l].output * width] += nodes_[at[l]].value;
    }
  }

  /// Takes each lane from its node down to a leaf; lane l reads the row at x + l * Step.
  template <std::size_t Stride, std::size_t Step, bool Missing>
  void walk(const float* x, std::uint32_t depth, std::uint32_t* at) const noexcept {
    const Node* nodes = nodes_.data();
    for (std::uint32_t level = 0; level < depth; ++level) {
      std::uint32_t moved = 0;
      for (std::size_t l = 0; l < lanes; ++l) {
        const Node& node = nodes[at[l]];
        const float value = x[std::size_t{node.feature >> 1U} * Stride + l * Step];
        std::uint32_t right = value < node.threshold ? 0 : 1;
        if constexpr (Missing) right ^= (value != value ? 1U : 0U) & node.feature;
        const std::uint32_t next = node.left + right;
        moved |= next ^ at[l];
        at[l] = next;
      }
      if (moved == 0) break;
    }
  }

  void add_tree(const Tree& tree, std::size_t number, std::size_t features, std::size_t outputs) {
    const auto path = [number](std::size_t node, const char* member) {
      return "trees[" + std::to_string(number) + "].nodes[" + std::to_string(node) + "]" + member;
    };
    if (tree.nodes.empty()) {
      throw TreeEnsembleError("trees[" + std::to_string(number) + "].nodes", "no nodes", "at least one");
    }
    if (tree.output >= outputs) {
      throw TreeEnsembleError("trees[" + std::to_string(number) + "].output", std::to_string(tree.output),
                              "below " + std::to_string(outputs));
    }
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max() / 2;
    if (tree.nodes.size() > most - nodes_.size()) {
      throw TreeEnsembleError("trees", "more than " + std::to_string(most) + " nodes", "fewer");
    }
    const std::size_t first = nodes_.size();
    std::vector<bool> seen(tree.nodes.size());
    std::vector<std::size_t> order{0};  // where the nodes of the table stand in the tree, level by level
    seen[0] = true;
    std::uint32_t depth = 0;
    std::size_t level_end = 1;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == level_end) {
        ++depth;
        level_end = order.size();
      }
      const std::size_t place = order[i];
      const TreeNode& from = tree.nodes[place];
      const auto self = static_cast<std::uint32_t>(first + i);
      if (!(from.value - from.value == 0)) throw TreeEnsembleError(path(place, ".value"), "no finite number", "one");
      if (from.left == -1 && from.right == -1) {
        nodes_.push_back({std::numeric_limits<float>::quiet_NaN(), from.value, 0, self - 1});
        continue;
      }
      if (from.feature >= features) {
        throw TreeEnsembleError(path(place, ".feature"), std::to_string(from.feature),
                                "below " + std::to_string(features) + ", the number of features");
      }
      const auto left = static_cast<std::uint32_t>(first + order.size());
      for (const auto& [child, member] : {std::pair{from.left, ".left"}, std::pair{from.right, ".right"}}) {
        if (child < 0 || static_cast<std::size_t>(child) >= tree.nodes.size()) {
          throw TreeEnsembleError(path(place, member), std::to_string(child),
                                  "a node below " + std::to_string(tree.nodes.size()));
        }
        if (seen[static_cast<std::size_t>(child)]) {
          throw TreeEnsembleError(path(place, member), "node " + std::to_string(child) + " again",
                                  "a node that no other leads to");
        }
        seen[static_cast<std::size_t>(child)] = true;
        order.push_back(static_cast<std::size_t>(child));
      }
      nodes_.push_back({from.value, 0, from.feature << 1U | (from.default_left ? 1U : 0U), left});
    }
    roots_.push_back({static_cast<std::uint32_t>(first), tree.output, depth});
  }

  std::vector<Node> nodes_{};
  std::vector<Root> roots_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
