// SPDX-License-Identifier: MIT
#pragma once

// A value, or the Error that stands in its place: what functions that read from outside return.
//
//     Result<LinearModel> model = load_linear_model("churn.json");
//     if (!model) { log(model.error().what()); return; }
//     auto scores = (*model)(frame);
//
// The names are those of C++23's std::expected, so that a later change to it is a change of one alias.

#include "penstock/core/error.hpp"

#include <optional>     // in_place, optional
#include <type_traits>  // is_base_of_v, is_convertible_v, is_same_v, remove_cvref_t
#include <utility>      // forward, move
#include <variant>      // bad_variant_access

namespace penstock {
inline namespace v0 {

namespace detail {

inline const Error& error_in(const std::optional<Error>& error) {
  if (!error) throw std::bad_variant_access();
  return *error;
}

}  // namespace detail

/// Holds a T or an Error, never neither. `Result<void>` holds success or an Error. Not thread-safe.
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<std::remove_cvref_t<T>, Error>, "a Result of an Error cannot tell the two apart");

 public:
  using value_type = T;  ///< as std::expected has it

  /// Holds the value, or what converts to one.
  template <class U = T>
    requires(!std::is_same_v<std::remove_cvref_t<U>, Result>) &&
            (!std::is_base_of_v<Error, std::remove_cvref_t<U>>) && std::is_convertible_v<U, T>
  Result(U&& value) : value_(std::in_place, std::forward<U>(value)) {}  // NOLINT: a value is a result
  /// Holds the error.
  Result(Error error) : error_(std::move(error)) {}                              // NOLINT: and so is an error
  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }   ///< whether there is a T
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }  ///< has_value()

  /// The value. @throws Error the one that is held, if there is no value.
  [[nodiscard]] T& value() & { return check(), *value_; }
  [[nodiscard]] const T& value() const& { return check(), *value_; }  ///< as above
  /// As above, but by value, so that `for (auto& row : load().value())` does not outlive what it reads.
  [[nodiscard]] T value() && { return check(), std::move(*value_); }

  [[nodiscard]] T& operator*() & { return value(); }                   ///< as value(): checked, never undefined
  [[nodiscard]] const T& operator*() const& { return value(); }        ///< as value()
  [[nodiscard]] T operator*() && { return std::move(*this).value(); }  ///< as value()
  [[nodiscard]] T* operator->() { return &value(); }                   ///< as value()
  [[nodiscard]] const T* operator->() const { return &value(); }       ///< as value()

  /// The value, or `other` where there is none.
  template <class U>
  [[nodiscard]] T value_or(U&& other) const& {
    return has_value() ? *value_ : static_cast<T>(std::forward<U>(other));
  }

  /// As above; takes the value out.
  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return has_value() ? std::move(*value_) : static_cast<T>(std::forward<U>(other));
  }

  /// The error. @throws std::bad_variant_access if there is a value.
  [[nodiscard]] const Error& error() const& { return detail::error_in(error_); }
  /// As above.
  [[nodiscard]] Error error() && { return detail::error_in(error_); }

 private:
  void check() const {
    if (error_) throw *error_;
  }

  // One of the two. A variant would say so, but costs each type of result much more time to compile.
  std::optional<T> value_;
  std::optional<Error> error_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;  ///< as std::expected has it

  Result() = default;  ///< success
  /// Holds the error.
  Result(Error error) : error_(std::move(error)) {}                              // NOLINT: an error is a result
  [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }  ///< whether it went well
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }  ///< has_value()

  /// Nothing. @throws Error the one that is held.
  void value() const {
    if (error_) throw *error_;
  }

  /// The error. @throws std::bad_variant_access if it went well.
  [[nodiscard]] const Error& error() const& { return detail::error_in(error_); }
  /// As above.
  [[nodiscard]] Error error() && { return detail::error_in(error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace v0
}  // namespace penstock
