// SPDX-License-Identifier: MIT
#pragma once

// The visitor that reads an object's state from JSON; what does not fit is an Error that names its place.
//
//     detail::JsonStateReader reader(json);       // a JsonReader of an object
//     T::visit_state(object, reader);
//     reader.close();                             // refuses members that nobody asked for

#include "penstock/adapters/json/reader.hpp"
#include "penstock/adapters/json/state_writer.hpp"
#include "penstock/core/state.hpp"

#include <nlohmann/json.hpp>

#include <concepts>     // integral, same_as
#include <cstddef>      // size_t
#include <cstdint>      // int64_t, uint64_t
#include <limits>       // numeric_limits
#include <optional>     // optional
#include <set>          // set
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <type_traits>  // is_enum_v, is_signed_v
#include <utility>      // forward, in_range, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

inline void read_state_value(const JsonReader& json, double& x) {
  if (const auto* text = json.json().get_ptr<const std::string*>()) {
    if (*text == "nan") {
      x = std::numeric_limits<double>::quiet_NaN();
    } else if (*text == "inf" || *text == "-inf") {
      x = (*text == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
    } else {
      json.refuse("a number, \"nan\", \"inf\" or \"-inf\"");
    }
    return;
  }
  x = json.number("a number, \"nan\", \"inf\" or \"-inf\"");
}
inline void read_state_value(const JsonReader& json, bool& x) {
  if (!json.json().is_boolean()) json.refuse("true or false");
  x = json.json().get<bool>();
}
template <std::integral T>
  requires(!std::same_as<T, bool>)
void read_state_value(const JsonReader& json, T& x) {
  const nlohmann::json& value = json.json();
  bool good = false;
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    good = std::in_range<T>(number);
    if (good) x = static_cast<T>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    good = std::in_range<T>(number);
    if (good) x = static_cast<T>(number);
  }
  if (good) return;
  json.refuse("a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
              std::to_string(std::numeric_limits<T>::max()));
}
inline void read_state_value(const JsonReader& json, std::string& x) {
  if (!json.json().is_object()) {
    x = json.text();
    return;
  }
  const JsonReader hex = json.object({"hex"}).at("hex");
  const std::string digits = hex.text();
  if (digits.size() % 2 != 0) hex.refuse("two digits a byte");
  x.clear();
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    for (const char digit : {digits[i], digits[i + 1]}) {
      const std::size_t value = std::string_view("0123456789abcdef").find(digit);
      if (value == std::string_view::npos) hex.refuse("digits from 0 to 9 and a to f");
      byte = byte * 16 + static_cast<unsigned>(value);
    }
    x += static_cast<char>(byte);
  }
}
template <class T>
void read_state_value(const JsonReader& json, std::optional<T>& x) {
  x.reset();
  if (!json.json().is_null()) read_state_value(json, x.emplace());
}
template <class T, class A>
void read_state_value(const JsonReader& json, std::vector<T, A>& values) {
  const std::size_t size = json.size();
  values.clear();
  values.reserve(size);
  if constexpr (std::same_as<T, double>) {  // of which there may be millions: their paths are spelt only when needed
    for (std::size_t i = 0; i < size; ++i) {
      const nlohmann::json& value = json.json()[i];
      if (value.is_number()) {
        values.push_back(value.get<double>());
      } else {
        read_state_value(json.at(i), values.emplace_back());
      }
    }
  } else {
    for (std::size_t i = 0; i < size; ++i) {
      T value{};
      read_state_value(json.at(i), value);
      values.push_back(std::move(value));
    }
  }
}

/// Reads an object's members as they are asked for.
class JsonStateReader {
 public:
  static constexpr bool loading = true;

  explicit JsonStateReader(const JsonReader& json) : json_(json.object()) {}
  /// @throws Error that names a member that was not asked for.
  void close() const {
    for (const auto& [name, value] : json_.json().items()) {
      if (!seen_.contains(name)) json_.at(name).refuse("no such member");
    }
  }

  template <class T>
  void operator()(std::string_view name, T& value) {
    const JsonReader json = member(name);
    if constexpr (stateful<T>) {
      JsonStateReader reader(json);
      reader.kind(T::state_kind);
      T::visit_state(value, reader);
      reader.close();
    } else {
      read_state_value(json, value);
    }
  }
  /// Refuses a state of another kind.
  void kind(std::string_view expected) {
    const JsonReader json = member("kind");
    if (json.text() != expected) json.refuse("\"" + std::string(expected) + "\", as the object is one");
  }
  template <class T>
  void option(std::string_view name, const T& value) {
    std::string text;
    write_state_value(text, value);
    const JsonReader json = member(name);
    if (json.json() != nlohmann::json::parse(text)) json.refuse(text + ", as the object was made with");
  }
  void require(bool good, std::string_view name, std::string_view expected) const {
    if (!good) (json_.has(name) ? json_.at(name) : json_).refuse(std::string(expected));
  }
  template <class F>
  void object(std::string_view name, F&& f) {
    show(member(name), std::forward<F>(f));
  }
  template <class T, class F>
  void array(std::string_view name, std::vector<T>& values, F&& f, const T& fresh) {
    const JsonReader json = member(name);
    const std::size_t size = json.size();
    values.clear();
    for (std::size_t i = 0; i < size; ++i) {
      values.push_back(fresh);
      show(json.at(i), [&](JsonStateReader& reader) { f(values.back(), reader); });
    }
  }

 private:
  template <class F>
  static void show(const JsonReader& json, F&& f) {
    JsonStateReader reader(json);
    f(reader);
    reader.close();
  }
  JsonReader member(std::string_view name) {
    seen_.emplace(name);
    return json_.at(name);
  }

  JsonReader json_;
  std::set<std::string, std::less<>> seen_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
