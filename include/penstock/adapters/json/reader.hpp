// SPDX-License-Identifier: MIT
#pragma once

// JSON from strangers: parsed within limits, and read member by member so that what is wrong is named by its place.
//
//     const nlohmann::json json = detail::parse_json(text, "churn.json", {});
//     const detail::JsonReader top(json, "churn.json");
//     double scale = top.at("numeric").at(2).at("scale").number();
//     // Error: churn.json: found "wide" at numeric[2].scale, expected a number

#include "penstock/core/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>         // count, find, min
#include <cstddef>           // ptrdiff_t, size_t
#include <cstdint>           // int64_t, uint8_t, uint64_t
#include <initializer_list>  // initializer_list
#include <set>               // set
#include <string>            // string, to_string
#include <string_view>       // string_view
#include <utility>           // move, pair
#include <vector>            // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// What JSON may cost.
struct JsonLimits {
  std::size_t max_bytes = std::size_t{16} << 20;
  std::size_t max_values = 1'000'000;  ///< numbers, texts, arrays and objects together
  int max_depth = 32;                  ///< arrays and objects within each other
};

/// A value in a few words: long texts are cut, arrays and objects only counted.
inline std::string describe(const nlohmann::json& value) {
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  if (const auto* text = value.get_ptr<const std::string*>()) {
    constexpr std::size_t most = 60;
    const nlohmann::json shown(text->size() <= most ? *text : text->substr(0, most) + "...");
    return shown.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
  return value.dump();
}

/// Looks through JSON text as it is parsed and throws Error at the first thing that is not to be taken. The events are
/// those of nlohmann::json::sax_parse.
class JsonGuard {
 public:
  JsonGuard(std::string_view text, const std::string& source, const JsonLimits& limits)
      : text_(text), source_(source), limits_(limits) {}

  bool null() { return count(); }
  bool boolean(bool) { return count(); }
  bool number_integer(std::int64_t) { return count(); }
  bool number_unsigned(std::uint64_t) { return count(); }
  bool number_float(double, const std::string&) { return count(); }
  bool string(std::string&) { return count(); }
  bool binary(std::vector<std::uint8_t>&) { return count(); }
  bool start_object(std::size_t) { return names_.emplace_back(), open(); }
  bool end_object() { return names_.pop_back(), close(); }
  bool start_array(std::size_t) { return open(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (names_.back().insert(name).second) return true;
    throw Error({.source = source_}, "the member " + describe(name) + " twice in one object", "once");
  }
  template <class Problem>
  [[noreturn]] bool parse_error(std::size_t byte, const std::string&, const Problem& problem) const {
    if (problem.id == 406) throw Error({.source = source_}, "a number too large for a double", "finite numbers");
    refuse(byte == 0 ? 0 : byte - 1);  // nlohmann counts from 1
  }

  /// @throws Error that says that JSON ends before the byte at that offset.
  [[noreturn]] void refuse(std::size_t at) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(at, text_.size()));
    const auto line = 1 + std::count(text_.begin(), end, '\n');
    throw Error({.source = source_, .byte = at}, "no JSON from line " + std::to_string(line) + " on",
                "JSON (numbers are finite, text is UTF-8)");
  }

 private:
  bool count() {
    if (++values_ <= limits_.max_values) return true;
    throw Error({.source = source_}, "more than " + std::to_string(limits_.max_values) + " values",
                "fewer, or a larger limit");
  }
  bool open() {
    if (++depth_ <= limits_.max_depth) return count();
    throw Error({.source = source_}, "arrays or objects " + std::to_string(depth_) + " deep",
                "at most " + std::to_string(limits_.max_depth));
  }
  bool close() { return --depth_, true; }

  std::string_view text_;
  const std::string& source_;
  const JsonLimits& limits_;
  std::size_t values_ = 0;
  int depth_ = 0;
  std::vector<std::set<std::string>> names_{};  // of the members of each object that is open
};

/// The document. @throws Error with the byte where it is no JSON, or that tells which limit it exceeds, or which member
/// of an object stands there twice.
inline nlohmann::json parse_json(std::string_view text, const std::string& source, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    throw Error({.source = source}, "more than " + std::to_string(limits.max_bytes) + " bytes",
                "a smaller file, or a larger limit");
  }
  // Twice through the text: nlohmann's parser with a callback looks at a whole array after each object in it, so that a
  // few megabytes of small objects would take minutes.
  JsonGuard guard(text, source, limits);
  // nlohmann's parser takes a NUL for the end, and would leave what is behind it unread.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) guard.refuse(nul);
  nlohmann::json::sax_parse(text.begin(), text.end(), &guard);
  return nlohmann::json::parse(text.begin(), text.end());
}

/// One value and its place in a document. It borrows both the value and the source's name.
class JsonReader {
 public:
  JsonReader(const nlohmann::json& json, const std::string& source) : JsonReader(json, source, "") {}

  [[nodiscard]] const nlohmann::json& json() const noexcept { return *json_; }

  /// @throws Error "source: found (this value) at (its place), expected ..."
  [[noreturn]] void refuse(std::string expected) const { refuse(describe(*json_), std::move(expected)); }

  /// This value, which is an object. @throws Error if it is none.
  const JsonReader& object() const {
    if (!json_->is_object()) refuse("an object");
    return *this;
  }
  /// The same, with no members but these: one that is misspelt must not be left out in silence.
  const JsonReader& object(std::initializer_list<std::string_view> known) const {
    object();
    for (const auto& [name, value] : json_->items()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      std::string names;
      for (const std::string_view one : known) names += (names.empty() ? "" : ", ") + std::string(one);
      refuse("a member " + describe(name), "one of " + names);
    }
    return *this;
  }

  [[nodiscard]] bool has(std::string_view name) const { return json_->is_object() && json_->contains(name); }
  /// A member. @throws Error if there is none.
  [[nodiscard]] JsonReader at(std::string_view name) const {
    if (!object().has(name)) refuse("no member " + std::string(name), "one");
    return {*json_->find(name), *source_, path_.empty() ? std::string(name) : path_ + "." + std::string(name)};
  }
  /// All members of an object.
  [[nodiscard]] std::vector<std::pair<std::string, JsonReader>> members() const {
    object();
    std::vector<std::pair<std::string, JsonReader>> all;
    for (const auto& entry : json_->items()) all.emplace_back(entry.key(), at(entry.key()));
    return all;
  }

  /// The length of an array. @throws Error if it is none.
  [[nodiscard]] std::size_t size() const {
    if (!json_->is_array()) refuse("an array");
    return json_->size();
  }
  /// An element, below size().
  [[nodiscard]] JsonReader at(std::size_t i) const {
    return {(*json_)[i], *source_, path_ + "[" + std::to_string(i) + "]"};
  }

  [[nodiscard]] std::string text() const {
    if (!json_->is_string()) refuse("a text");
    return json_->get<std::string>();
  }
  [[nodiscard]] double number(const char* expected = "a number") const {
    if (!json_->is_number()) refuse(expected);
    return json_->get<double>();
  }
  /// The enumerator of that name, by to_string.
  template <class E>
  [[nodiscard]] E word(std::initializer_list<E> enumerators) const {
    std::string names;
    for (const E one : enumerators) {
      if (json_->is_string() && *json_->get_ptr<const std::string*>() == to_string(one)) return one;
      names += (names.empty() ? "\"" : ", \"") + std::string(to_string(one)) + "\"";
    }
    refuse("one of " + names);
  }

 private:
  JsonReader(const nlohmann::json& json, const std::string& source, std::string path)
      : json_(&json), source_(&source), path_(std::move(path)) {}

  [[noreturn]] void refuse(const std::string& found, std::string expected) const {
    throw Error({.source = *source_}, found + " at " + (path_.empty() ? "the top level" : path_), std::move(expected));
  }

  const nlohmann::json* json_;
  const std::string* source_;
  std::string path_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
