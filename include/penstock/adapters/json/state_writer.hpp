// SPDX-License-Identifier: MIT
#pragma once

// The visitor that writes an object's state as JSON text.
//
//     detail::JsonStateWriter writer(text, 0);
//     T::visit_state(object, writer);
//     writer.close();

#include "penstock/adapters/json/linear_model_writer.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/state.hpp"

#include <nlohmann/json.hpp>

#include <charconv>     // to_chars
#include <concepts>     // floating_point, integral, same_as
#include <cstddef>      // size_t
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view
#include <type_traits>  // is_enum_v
#include <utility>      // forward
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Shortest digits that read back as the same number, or "nan", "inf", "-inf". A NaN's sign and payload are not kept.
inline void write_state_value(std::string& text, double x) {
  if (is_nan(x)) {
    text += "\"nan\"";
  } else if (!is_finite(x)) {
    text += x > 0 ? "\"inf\"" : "\"-inf\"";
  } else {
    text += json_number(x);
  }
}
inline void write_state_value(std::string& text, bool x) { text += x ? "true" : "false"; }
template <std::integral T>
  requires(!std::same_as<T, bool>)
void write_state_value(std::string& text, T x) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof(digits), x).ptr);
}
template <class E>
  requires std::is_enum_v<E>
void write_state_value(std::string& text, E x) {
  text += '"';
  text += to_string(x);
  text += '"';
}
/// A text; {"hex": "..."} if it is not UTF-8, as JSON has no bytes.
inline void write_state_value(std::string& text, std::string_view x) {
  try {
    text += nlohmann::json(x).dump();
    return;
  } catch (const nlohmann::json::type_error&) {}  // written below
  text += "{\"hex\": \"";
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char byte : x) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value >> 4U];
    text += digits[value & 15U];
  }
  text += "\"}";
}
inline void write_state_value(std::string& text, const std::string& x) { write_state_value(text, std::string_view(x)); }
inline void write_state_value(std::string& text, const char* x) { write_state_value(text, std::string_view(x)); }
template <class T>
void write_state_value(std::string& text, const std::optional<T>& x) {
  if (x) {
    write_state_value(text, *x);
  } else {
    text += "null";
  }
}
template <class T, class A>
void write_state_value(std::string& text, const std::vector<T, A>& values) {
  text += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) text += ", ";
    write_state_value(text, static_cast<const T&>(values[i]));
  }
  text += ']';
}

/// Writes an object, a member a line.
class JsonStateWriter {
 public:
  static constexpr bool loading = false;

  JsonStateWriter(std::string& text, std::size_t depth) : text_(&text), depth_(depth) { text += '{'; }
  void close() {
    line(depth_);
    *text_ += '}';
  }

  template <class T>
  void operator()(std::string_view name, const T& value) {
    begin(name);
    if constexpr (stateful<T>) {
      JsonStateWriter writer(*text_, depth_ + 1);
      writer("kind", T::state_kind);
      T::visit_state(value, writer);
      writer.close();
    } else {
      write_state_value(*text_, value);
    }
  }
  template <class T>
  void option(std::string_view name, const T& value) {
    (*this)(name, value);
  }
  void require(bool, std::string_view, std::string_view) {}
  template <class F>
  void object(std::string_view name, F&& f) {
    begin(name);
    show(std::forward<F>(f));
  }
  template <class T, class F>
  void array(std::string_view name, const std::vector<T>& values, F&& f, const T& /*fresh*/) {
    begin(name);
    *text_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) *text_ += ", ";
      show([&](JsonStateWriter& writer) { f(values[i], writer); });
    }
    *text_ += ']';
  }

 private:
  template <class F>
  void show(F&& f) {
    JsonStateWriter writer(*text_, depth_ + 1);
    f(writer);
    writer.close();
  }
  void begin(std::string_view name) {
    if (!first_) *text_ += ',';
    first_ = false;
    line(depth_ + 1);
    *text_ += '"';
    *text_ += name;
    *text_ += "\": ";
  }
  void line(std::size_t depth) {
    *text_ += '\n';
    text_->append(depth, ' ');
  }

  std::string* text_;
  std::size_t depth_;
  bool first_ = true;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
