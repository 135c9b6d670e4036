// SPDX-License-Identifier: MIT
#pragma once

// Linear models as JSON files; docs/model-file.md tells each member.
//
//     Result<LinearModel> model = load_linear_model("churn.json");
//     if (!model) return fail(model.error().what());   // churn.json: found 0 at numeric[2].scale, expected ... above 0
//     std::vector<double> scores = (*model)(batch);
//     save_linear_model(*model, "copy.json").value();  // throws what went wrong

#include "penstock/adapters/json/linear_model_reader.hpp"
#include "penstock/adapters/json/linear_model_writer.hpp"
#include "penstock/adapters/json/model_file.hpp"
#include "penstock/adapters/json/reader.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/result.hpp"
#include "penstock/serve/linear_model.hpp"

#include <cstddef>      // size_t
#include <string>       // string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// What a model file may cost, so that a hostile one costs no more.
struct LinearModelFileOptions {
  std::size_t max_bytes = std::size_t{16} << 20;  ///< of the file; no more than that is read
  std::size_t max_values = 1'000'000;             ///< numbers, texts, arrays and objects together
};

/// The model that a JSON text describes. `source` names the text in errors. O(bytes), and memory in proportion to
/// options.max_values at most. The Error names what is wrong by its byte or its place, such as numeric[2].scale; it is
/// also what golden rows that do not come out give.
[[nodiscard]] inline Result<LinearModel> parse_linear_model(std::string_view text, const std::string& source,
                                                            const LinearModelFileOptions& options = {}) {
  try {
    const nlohmann::json json =
        detail::parse_json(text, source, {.max_bytes = options.max_bytes, .max_values = options.max_values});
    return LinearModel(detail::read_linear_model(detail::JsonReader(json, source)));
  } catch (const LinearModelError& error) {
    return Error({.source = source}, error.found() + " at " + error.member(), error.expected());
  } catch (const Error& error) { return error; }
}

/// The model in a file. Errors as parse_linear_model, and those of the file system.
[[nodiscard]] inline Result<LinearModel> load_linear_model(const std::string& path,
                                                           const LinearModelFileOptions& options = {}) {
  try {
    return parse_linear_model(detail::read_model_file(path, options.max_bytes), path, options);
  } catch (const Error& error) { return error; }
}

/// The text of the model's file. Loading it gives the same model to the last bit, and the text of that is the same.
/// @throws std::invalid_argument if a name or category is not UTF-8, or the metadata is not a JSON object.
[[nodiscard]] inline std::string to_json(const LinearModel& model) { return detail::write_linear_model(model.spec()); }

/// Writes the file; who reads `path` meanwhile sees the old file or the whole new one. The Error is that of the file
/// system, and the old file is still there then. Throws as to_json.
[[nodiscard]] inline Result<void> save_linear_model(const LinearModel& model, const std::string& path) {
  return detail::write_model_file(path, to_json(model));
}

}  // namespace v0
}  // namespace penstock
