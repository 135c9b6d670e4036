// SPDX-License-Identifier: MIT
#pragma once

// What an ensemble of decision trees consists of, as plain data: what a reader of model files fills in.
//
//     TreeEnsembleSpec spec{
//         .feature_names = {"minutes", "days"},
//         .trees = {{.nodes = {{.left = 1, .right = 2, .feature = 1, .value = 30.5F, .default_left = true},
//                              {.value = -0.25F}, {.value = 0.5F}}}},
//         .link = TreeLink::logistic};
//     TreeEnsemble model(spec);                                                    // serve/tree_ensemble.hpp

#include "penstock/serve/model_spec_error.hpp"

#include <cstddef>      // size_t
#include <cstdint>      // int32_t, uint32_t
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What becomes of the sums of the trees, the margins.
enum class TreeLink {
  identity,     ///< nothing: the margin itself
  logistic,     ///< 1 / (1 + exp(-margin)), a probability
  exponential,  ///< exp(margin), a mean of counts or amounts
  positive,     ///< 1 where the margin is above 0, else 0
  softmax       ///< of several outputs: probabilities whose sum is 1
};

/// A question, or a leaf: a node without children.
struct TreeNode {
  std::int32_t left = -1;     ///< the node for values below the threshold; -1, with right, in a leaf
  std::int32_t right = -1;    ///< the node for all others
  std::uint32_t feature = 0;  ///< which value of the row is asked for
  float value = 0;            ///< the threshold, or what a leaf adds; finite
  bool default_left = false;  ///< where a missing value goes

  friend bool operator==(const TreeNode&, const TreeNode&) = default;
};

/// A tree, whose root is node 0. Nodes that the root does not lead to are not looked at.
struct Tree {
  std::vector<TreeNode> nodes{};  ///< at least one
  std::uint32_t output = 0;       ///< which sum its leaves are added to

  friend bool operator==(const Tree&, const Tree&) = default;
};

/// All of an ensemble. Checked as a whole when a TreeEnsemble is made of it.
struct TreeEnsembleSpec {
  std::vector<std::string> feature_names{};  ///< in the order of the features; empty: rows are known by place alone
  std::size_t n_features = 0;                ///< values a row; 0: as many as there are names
  std::size_t n_outputs = 1;                 ///< sums a row, from 1
  std::vector<float> base_margin{};          ///< what each sum begins with; empty: 0
  std::vector<Tree> trees{};                 ///< added in this order
  TreeLink link = TreeLink::identity;        ///< from sums to predictions

  friend bool operator==(const TreeEnsembleSpec&, const TreeEnsembleSpec&) = default;
};

/// A member of a TreeEnsembleSpec that cannot be.
class TreeEnsembleError : public ModelSpecError {
 public:
  /// `member` is a path such as "trees[2].nodes[7].left".
  TreeEnsembleError(std::string member, std::string found, std::string expected)
      : ModelSpecError("TreeEnsembleSpec", std::move(member), std::move(found), std::move(expected)) {}
};

/// The enumerators' own names.
[[nodiscard]] constexpr std::string_view to_string(TreeLink link) noexcept {
  switch (link) {
    case TreeLink::identity: return "identity";
    case TreeLink::logistic: return "logistic";
    case TreeLink::exponential: return "exponential";
    case TreeLink::positive: return "positive";
    case TreeLink::softmax: return "softmax";
  }
  return "unknown";
}

}  // namespace v0
}  // namespace penstock
