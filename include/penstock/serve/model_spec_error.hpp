// SPDX-License-Identifier: MIT
#pragma once

// What is wrong with the description of a model, member by member.
//
//     try {
//       LinearModel model(spec);
//     } catch (const ModelSpecError& error) {   // LinearModelSpec.numeric[2].scale: found 0, expected ... above 0
//       return refuse(error.member(), error.found(), error.expected());
//     }

#include <stdexcept>  // invalid_argument
#include <string>     // string
#include <utility>    // move

namespace penstock {
inline namespace v0 {

/// A member of a LinearModelSpec or TreeEnsembleSpec that cannot be: which, what it is, what is needed.
class ModelSpecError : public std::invalid_argument {
 public:
  [[nodiscard]] const std::string& member() const noexcept { return member_; }  ///< a path: "trees[2].nodes[7].left"
  [[nodiscard]] const std::string& found() const noexcept { return found_; }    ///< what it is
  [[nodiscard]] const std::string& expected() const noexcept { return expected_; }  ///< what is needed

 protected:
  /// `spec` is the name of the description's type.
  ModelSpecError(const std::string& spec, std::string member, std::string found, std::string expected)
      : std::invalid_argument(spec + "." + member + ": found " + found + ", expected " + expected),
        member_(std::move(member)),
        found_(std::move(found)),
        expected_(std::move(expected)) {}

 private:
  std::string member_;
  std::string found_;
  std::string expected_;
};

}  // namespace v0
}  // namespace penstock
