// SPDX-License-Identifier: MIT
#pragma once

// The whole state of what learns as a JSON file: save in mid-stream, load into an object that was made with the same
// options, and go on as if nothing had happened, to the last bit. docs/persistence.md tells more.
//
//     SgdRegressor model(options);
//     model.partial_fit(x, y);
//     save_state(model, "model.json").value();             // throws what went wrong
//     SgdRegressor again(options);
//     load_state("model.json", again).value();
//     again.partial_fit(more, targets);                    // the bits that model.partial_fit would have given

#include "penstock/adapters/json/model_file.hpp"
#include "penstock/adapters/json/reader.hpp"
#include "penstock/adapters/json/state_reader.hpp"
#include "penstock/adapters/json/state_writer.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/result.hpp"
#include "penstock/core/state.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>      // size_t
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What stands in a state file beside the state, and what one may cost.
struct StateFileOptions {
  /// Names of the features of a learner that takes rows by place: written down, and at loading an Error unless the file
  /// has the same. Empty: none are written, and those in the file are not looked at.
  std::vector<std::string> feature_names{};
  std::size_t max_bytes = std::size_t{256} << 20;  ///< of the file; no more than that is read
  std::size_t max_values = 20'000'000;             ///< numbers, texts, arrays and objects together
};

namespace detail {
inline constexpr std::string_view state_format = "penstock-state";
inline constexpr int state_version = 1;
}  // namespace detail

/// The text of the object's state: format, version, kind, options and every number it goes on with, in the shortest
/// digits that read back as the same bits. O(state).
template <stateful T>
[[nodiscard]] std::string dump_state(const T& object, const StateFileOptions& options = {}) {
  std::string text;
  detail::JsonStateWriter writer(text, 0);
  writer("format", detail::state_format);
  writer("version", detail::state_version);
  if (!options.feature_names.empty()) writer("feature_names", options.feature_names);
  writer("state", object);
  writer.close();
  text += '\n';
  return text;
}

/// Takes up the state that the text describes. All or nothing: where there is an Error, the object is as it was. It
/// names the place, such as state.outputs[0].coef[3], what was found and what was expected: another format, kind or
/// option, a newer version, a member that is missing or unknown, a number that no such object could hold. `source`
/// names the text. O(text), and memory in proportion to options.max_values at most.
template <stateful T>
[[nodiscard]] Result<void> parse_state(std::string_view text, const std::string& source, T& object,
                                       const StateFileOptions& options = {}) {
  try {
    const nlohmann::json json =
        detail::parse_json(text, source, {.max_bytes = options.max_bytes, .max_values = options.max_values});
    const detail::JsonReader top(json, source);
    if (top.object().at("format").text() != detail::state_format) {
      top.at("format").refuse("\"" + std::string(detail::state_format) + "\"");
    }
    const detail::JsonReader version = top.at("version");
    if (version.json() != detail::state_version) {
      version.refuse(version.json().is_number() && version.json() > detail::state_version
                         ? "1: a newer penstock wrote this file"
                         : "1");
    }
    static_cast<void>(top.object({"format", "version", "feature_names", "state"}));
    if (!options.feature_names.empty()) {
      const detail::JsonReader names = top.at("feature_names");
      std::vector<std::string> found;
      detail::read_state_value(names, found);
      if (found != options.feature_names) {
        names.refuse(std::to_string(options.feature_names.size()) + " names, those of the options");
      }
    }
    T loaded = object;
    const detail::JsonReader state = top.at("state");
    detail::JsonStateReader reader(state);
    reader.kind(T::state_kind);
    T::visit_state(loaded, reader);
    reader.close();
    object = std::move(loaded);
    return {};
  } catch (const Error& error) { return error; }
}

/// Writes the file; who reads `path` meanwhile sees the old file or the whole new one. The Error is that of the file
/// system, and the old file is still there then.
template <stateful T>
[[nodiscard]] Result<void> save_state(const T& object, const std::string& path, const StateFileOptions& options = {}) {
  return detail::write_model_file(path, dump_state(object, options));
}

/// Takes up the state in a file. Errors as parse_state, and those of the file system; the object is then as it was.
template <stateful T>
[[nodiscard]] Result<void> load_state(const std::string& path, T& object, const StateFileOptions& options = {}) {
  try {
    return parse_state(detail::read_model_file(path, options.max_bytes), path, object, options);
  } catch (const Error& error) { return error; }
}

}  // namespace v0
}  // namespace penstock
