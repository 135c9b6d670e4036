// SPDX-License-Identifier: MIT
#pragma once

// What a MicroBatcher can call with a batch, and how its results reach the items.
//
//     [](std::span<const Row> rows) { return std::vector<double>(...); }                    // a value an item
//     [](std::span<const Row> rows, std::span<double> out) { ... }                          // written in place
//     [](std::span<const Row> rows, std::span<double> out) { ...; return written; }         // as many as it could
//     [](std::span<const Row> rows, std::span<Result<double>> out) { out[3] = Error(...); } // or an error an item
//     [](std::span<const Row> rows) { return std::vector<Result<double>>(...); }
//     struct Forest { std::vector<double> predict(std::span<const Row>) const; };           // any model

#include "penstock/core/error.hpp"
#include "penstock/core/model.hpp"
#include "penstock/core/result.hpp"
#include "penstock/stream/chunk_error.hpp"
#include "penstock/stream/chunk_values.hpp"
#include "penstock/stream/ticket_slot.hpp"

#include <concepts>     // convertible_to, default_initializable, integral, invocable
#include <cstddef>      // size_t
#include <exception>    // current_exception
#include <memory>       // make_unique, unique_ptr
#include <span>         // span
#include <string>       // string, to_string
#include <type_traits>  // conditional_t, invoke_result_t, is_same_v
#include <utility>      // forward, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

template <class M, class In>
concept gives_values = value_functor<M, std::span<const In>> || predictor<M, std::span<const In>>;

template <class M, class In>
using given_value_t = row_value_t<decltype(ask(std::declval<M&>(), std::declval<std::span<const In>>()))>;

template <class M, class In, class Out>
concept gives_results = gives_values<M, In> &&
                        (std::convertible_to<given_value_t<M, In>, Out> ||
                         (is_result<given_value_t<M, In>> && std::convertible_to<given_value_t<M, In>, Result<Out>>));

template <class M, class In, class Out>
concept fills_values =
    !gives_values<M, In> && std::default_initializable<Out> && std::invocable<M&, std::span<const In>, std::span<Out>>;

template <class M, class In, class Out>
concept fills_results = !gives_values<M, In> && !fills_values<M, In, Out> &&
                        std::invocable<M&, std::span<const In>, std::span<Result<Out>>>;

}  // namespace detail

/// A functor over batches: called with the items of one, it gives or writes one result an item, in their order. It may
/// be called by as many threads at once as the batcher has workers, never with an empty batch, and does not keep the
/// span. That the results of items do not depend on the items beside them is its promise.
/// - It may return the values, as any sized range, or Result<Out>s; or be an object with `predict`, as a model.
/// - It may write them into a span of as many values, each Out() at first; if it returns a number, it is that of the
///   items that it wrote, from the first: the others fail. A number that cannot be fails the batch.
/// - It may write into a span of Result<Out>, each an Error at first.
template <class F, class In, class Out>
concept batch_functor =
    detail::gives_results<F, In, Out> || detail::fills_values<F, In, Out> || detail::fills_results<F, In, Out>;

namespace detail {

/// Runs the functor on one batch at a time and puts what it gives into the items' slots.
template <class In, class Out>
class BatchRunner {
 public:
  virtual ~BatchRunner() = default;
  /// All or nothing: throws what the functor throws, or an Error for another number of values, and then no slot was
  /// touched. What throws as it is moved into a slot fails that slot.
  virtual void run(std::span<const In> items, std::span<TicketSlot<Out>* const> slots) = 0;
};

/// Makes the runners, one for each thread that runs batches.
template <class In, class Out>
class BatchCall {
 public:
  virtual ~BatchCall() = default;
  [[nodiscard]] virtual std::unique_ptr<BatchRunner<In, Out>> runner() = 0;
};

/// Values to be written into, made anew for each batch so that none is left from the one before.
template <class Out>
class FillBuffer {
 public:
  std::span<Out> fresh(std::size_t n) {
    values_.clear();
    values_.resize(n);
    return values_;
  }

 private:
  std::vector<Out> values_;
};
template <>
class FillBuffer<bool> {  // vector<bool> has no bools
 public:
  std::span<bool> fresh(std::size_t n) {
    if (n > size_) values_ = std::make_unique<bool[]>(size_ = n);
    for (std::size_t i = 0; i < n; ++i) values_[i] = false;
    return {values_.get(), n};
  }

 private:
  std::unique_ptr<bool[]> values_;
  std::size_t size_ = 0;
};

template <class R>
inline constexpr bool gives_vector = false;
template <class T>
inline constexpr bool gives_vector<std::vector<T>> = !std::is_same_v<T, bool>;

/// What a functor's values are kept as.
template <class F, class In, class Out>
struct value_or_result {
  using type = Out;
};
template <class F, class In, class Out>
  requires gives_values<F, In>
struct value_or_result<F, In, Out> {
  using type = std::conditional_t<is_result<given_value_t<F, In>>, Result<Out>, Out>;
};

template <class F, class In, class Out>
class RunnerOf final : public BatchRunner<In, Out> {
  using Value = typename value_or_result<F, In, Out>::type;

 public:
  explicit RunnerOf(F& functor) : functor_(functor) {}

  void run(std::span<const In> items, std::span<TicketSlot<Out>* const> slots) override {
    const std::size_t n = items.size();
    if constexpr (fills_values<F, In, Out>) {
      const std::span<Out> values = fill_.fresh(n);
      std::size_t written = n;
      if constexpr (std::integral<std::invoke_result_t<F&, std::span<const In>, std::span<Out>>>) {
        const auto count = functor_(items, values);
        written = static_cast<std::size_t>(count);  // below 0 it is beyond n
        if (written > n) throw wrong_count(std::to_string(count), n);
      } else {
        functor_(items, values);
      }
      for (std::size_t i = 0; i < written; ++i) give(*slots[i], std::move(values[i]));
      if (written < n) {
        const Error error = wrong_count(std::to_string(written), n);
        for (std::size_t i = written; i < n; ++i) slots[i]->fault.error = error;
      }
    } else if constexpr (fills_results<F, In, Out>) {
      results_.clear();
      results_.reserve(n);
      while (results_.size() < n) results_.push_back(unwritten_);
      functor_(items, std::span<Result<Out>>(results_));
      for (std::size_t i = 0; i < n; ++i) give(*slots[i], std::move(results_[i]));
    } else if constexpr (gives_vector<decltype(ask(functor_, items))>) {
      auto values = ask(functor_, items);  // moved from where they are
      if (values.size() != n) throw ChunkError({.rows = n}, values.size());
      for (std::size_t i = 0; i < n; ++i) give(*slots[i], std::move(values[i]));
    } else {
      values_.clear();
      values_.reserve(n);
      append_values(values_, functor_, items, {.rows = n});
      for (std::size_t i = 0; i < n; ++i) {
        if constexpr (std::is_same_v<Value, bool>) {
          give(*slots[i], bool{values_[i]});  // a proxy, not a bool
        } else {
          give(*slots[i], std::move(values_[i]));
        }
      }
    }
  }

 private:
  template <class Value>
  static void give(TicketSlot<Out>& slot, Value&& value) noexcept {
    try {
      if constexpr (is_result<Value>) {
        if (value.has_value()) {
          slot.value.emplace(std::move(*value));
        } else {
          slot.fault.error = value.error();
        }
      } else {
        slot.value.emplace(std::forward<Value>(value));
      }
    } catch (...) { slot.fault.exception = std::current_exception(); }
  }

  static Error wrong_count(const std::string& found, std::size_t n) {
    return {{.source = "batch"}, found + " values", std::to_string(n) + ", one an item"};
  }

  struct Nothing {};

  F& functor_;
  std::conditional_t<fills_values<F, In, Out>, FillBuffer<Out>, Nothing> fill_{};
  std::vector<Value> values_{};
  std::vector<Result<Out>> results_{};
  const Error unwritten_{{.source = "batch"}, "no result", "one for each item"};
};

template <class F, class In, class Out>
class CallOf final : public BatchCall<In, Out> {
 public:
  explicit CallOf(F&& functor) : functor_(std::move(functor)) {}
  [[nodiscard]] std::unique_ptr<BatchRunner<In, Out>> runner() override {
    return std::make_unique<RunnerOf<F, In, Out>>(functor_);
  }

 private:
  F functor_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
