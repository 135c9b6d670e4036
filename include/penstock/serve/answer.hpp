// SPDX-License-Identifier: MIT
#pragma once

// A prediction that says whether the model made it just now, and if not, why not.
//
//     Answer<double> answer = guarded(trip);
//     if (answer.degraded()) log(to_string(answer.cause()), answer.age());    // an old one, or a constant
//     if (answer) use(*answer); else refuse(to_string(answer.cause()));

#include <chrono>       // nanoseconds
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <exception>    // exception, exception_ptr, rethrow_exception
#include <optional>     // optional
#include <string_view>  // string_view
#include <utility>      // forward, move

namespace penstock {
inline namespace v0 {

/// Why a model was not asked, or gave nothing.
enum class Cause : std::uint8_t {
  none,          ///< it was asked and has answered
  throttled,     ///< the pipe is too full for this request: it was shed
  deadline,      ///< its time was over before the model could be asked
  breaker_open,  ///< the circuit breaker let no call through
  model_failed,  ///< the model threw
};

/// How many causes there are, `none` included.
inline constexpr std::size_t causes = 5;

/// The cause in a word, for logs and metrics: "none", "throttled", ...
[[nodiscard]] constexpr std::string_view to_string(Cause cause) noexcept {
  switch (cause) {
    case Cause::none: return "none";
    case Cause::throttled: return "throttled";
    case Cause::deadline: return "deadline";
    case Cause::breaker_open: return "breaker_open";
    case Cause::model_failed: return "model_failed";
  }
  return "unknown";
}

/// What reading an answer throws that has no value, unless the model's own exception is at hand.
class Refused : public std::exception {
 public:
  explicit Refused(Cause cause) noexcept : cause_(cause) {}      ///< for this cause
  [[nodiscard]] Cause cause() const noexcept { return cause_; }  ///< why there is no value
  [[nodiscard]] const char* what() const noexcept override {     ///< the same in a sentence
    switch (cause_) {
      case Cause::throttled: return "no answer: the pipe is throttled, and no fallback has one";
      case Cause::deadline: return "no answer: the deadline has passed, and no fallback has one";
      case Cause::breaker_open: return "no answer: the circuit breaker is open, and no fallback has one";
      default: return "no answer: the model failed, and no fallback has one";
    }
  }

 private:
  Cause cause_;
};

/// One of three: *fresh*, the model's own value; *degraded*, a value from a fallback; *refused*, none. Not thread-safe.
template <class T>
class Answer {
 public:
  using value_type = T;  ///< as std::optional has it

  /// The model's own.
  [[nodiscard]] static Answer fresh(T value) { return Answer(std::move(value), Cause::none, {}, nullptr); }
  /// A fallback's, `age` old; `error` is the model's if it threw.
  [[nodiscard]] static Answer degraded(T value, Cause cause, std::chrono::nanoseconds age,
                                       std::exception_ptr error = nullptr) {
    return Answer(std::move(value), cause, age, std::move(error));
  }
  /// None at all; `error` is the model's if it threw.
  [[nodiscard]] static Answer refused(Cause cause, std::exception_ptr error = nullptr) {
    return Answer(std::nullopt, cause, {}, std::move(error));
  }

  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }       ///< whether there is a T
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }      ///< has_value()
  [[nodiscard]] bool fresh() const noexcept { return cause_ == Cause::none; }        ///< from the model
  [[nodiscard]] bool degraded() const noexcept { return has_value() && !fresh(); }   ///< from a fallback
  [[nodiscard]] bool refused() const noexcept { return !has_value(); }               ///< from nobody
  [[nodiscard]] Cause cause() const noexcept { return cause_; }                      ///< why it is not fresh
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }  ///< what the model threw
  /// For how long a cached value has been held; zero for every other.
  [[nodiscard]] std::chrono::nanoseconds age() const noexcept { return age_; }

  /// The value. @throws what the model threw, else Refused, if there is none.
  [[nodiscard]] T& value() & { return check(), *value_; }
  [[nodiscard]] const T& value() const& { return check(), *value_; }   ///< as above
  [[nodiscard]] T value() && { return check(), std::move(*value_); }   ///< as above
  [[nodiscard]] T& operator*() & { return value(); }                   ///< as value(): checked, never undefined
  [[nodiscard]] const T& operator*() const& { return value(); }        ///< as value()
  [[nodiscard]] T operator*() && { return std::move(*this).value(); }  ///< as value()

  /// The value, or `other` where there is none.
  template <class U>
  [[nodiscard]] T value_or(U&& other) const& {
    return value_ ? *value_ : static_cast<T>(std::forward<U>(other));
  }
  /// As above; takes the value out.
  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return value_ ? std::move(*value_) : static_cast<T>(std::forward<U>(other));
  }

 private:
  Answer(std::optional<T> value, Cause cause, std::chrono::nanoseconds age, std::exception_ptr error)
      : value_(std::move(value)), age_(age), error_(std::move(error)), cause_(cause) {}

  void check() const {
    if (value_) return;
    if (error_) std::rethrow_exception(error_);
    throw Refused(cause_);
  }

  std::optional<T> value_;
  std::chrono::nanoseconds age_;
  std::exception_ptr error_;
  Cause cause_;
};

}  // namespace v0
}  // namespace penstock
