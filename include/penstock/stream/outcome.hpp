// SPDX-License-Identifier: MIT
#pragma once

// How an item ended that was given to a MicroBatcher: with a value, with an error, or with neither and a status.
//
//     Outcome<double> outcome = ticket.outcome();      // throws nothing
//     if (outcome) use(*outcome);
//     else log(to_string(outcome.status()));           // "expired", "dropped", "failed", ...

#include "penstock/core/error.hpp"
#include "penstock/stream/ticket_status.hpp"

#include <exception>  // exception_ptr, rethrow_exception
#include <optional>   // in_place, optional
#include <string>     // string
#include <utility>    // move

namespace penstock {
inline namespace v0 {

/// An item that has no value and no error of its own: it was not served. Says in what status it ended.
class TicketError : public Error {
 public:
  /// Of a final status other than `ok`.
  explicit TicketError(TicketStatus status)
      : Error({.source = "batch item"}, std::string(to_string(status)), "a value"), status_(status) {}

  /// How the item ended.
  TicketStatus status() const noexcept { return status_; }

 private:
  TicketStatus status_;
};

namespace detail {

/// Why an item failed: as a value from the functor, or as what it threw.
struct Fault {
  std::optional<Error> error{};
  std::exception_ptr exception{};

  [[nodiscard]] bool any() const noexcept { return error || exception; }
  [[noreturn]] void raise(TicketStatus status) const {
    if (exception) std::rethrow_exception(exception);
    if (error) throw *error;
    throw TicketError(status);
  }
};

}  // namespace detail

/// A value, or the status in which the item ended without one. Errors are values here: to throw and catch one costs a
/// hundred times what an item costs, just when the load is too high. Not thread-safe.
template <class Out>
class [[nodiscard]] Outcome {
 public:
  using value_type = Out;  ///< of what the functor gives for an item

  /// Served.
  explicit Outcome(Out value) : status_(TicketStatus::ok), value_(std::in_place, std::move(value)) {}
  /// Not served, or failed.
  explicit Outcome(TicketStatus status, detail::Fault fault = {}) : status_(status), fault_(std::move(fault)) {}

  TicketStatus status() const noexcept { return status_; }                                   ///< final
  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }               ///< whether it is `ok`
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }              ///< has_value()
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return fault_.error; }  ///< the functor's, if any
  [[nodiscard]] std::exception_ptr exception() const noexcept { return fault_.exception; }   ///< what it threw, or null

  /// The value. @throws what the functor threw, or its Error for this item, or a TicketError, if there is none.
  [[nodiscard]] Out& value() & { return check(), *value_; }
  [[nodiscard]] const Out& value() const& { return check(), *value_; }   ///< as above
  [[nodiscard]] Out value() && { return check(), std::move(*value_); }   ///< as above, by value
  [[nodiscard]] Out& operator*() & { return value(); }                   ///< as value(): checked
  [[nodiscard]] const Out& operator*() const& { return value(); }        ///< as value()
  [[nodiscard]] Out operator*() && { return std::move(*this).value(); }  ///< as value()

 private:
  void check() const {
    if (!value_) fault_.raise(status_);
  }

  TicketStatus status_;
  std::optional<Out> value_{};
  detail::Fault fault_{};
};

}  // namespace v0
}  // namespace penstock
