// SPDX-License-Identifier: MIT
#pragma once

// A model with a circuit breaker around it and fallbacks behind it: every request gets an answer that says how it came
// about, and is counted.
//
//     CircuitBreaker breaker{{.failure_rate_threshold = 0.5}};
//     CachedFallback<std::string, double> cache{{.capacity = 100'000, .ttl = 10min}};
//     auto guarded = guard(model, breaker, cache.by(&Trip::user), ConstantFallback{0.02});
//
//     Answer<double> answer = guarded(trip, {.deadline = trip.deadline, .throttled = queue.throttled()});
//     if (answer.degraded()) log(to_string(answer.cause()));
//
// For a model of chunks, `guard_rows` gives an answer for each row.

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/model.hpp"
#include "penstock/serve/answer.hpp"
#include "penstock/serve/circuit_breaker.hpp"
#include "penstock/serve/fallback.hpp"

#include <array>        // array
#include <atomic>       // atomic
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <exception>    // current_exception, exception_ptr
#include <optional>     // optional
#include <ranges>       // begin, random_access_range, size
#include <span>         // span
#include <stdexcept>    // invalid_argument, length_error
#include <string>       // string, to_string
#include <tuple>        // apply, tuple
#include <type_traits>  // invoke_result_t, remove_cvref_t
#include <utility>      // forward, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What the caller knows of a request, or of a chunk.
struct Terms {
  TimePoint deadline = TimePoint::max();  ///< on the breaker's clock; from then on the model is not asked
  bool throttled = false;                 ///< the pipe is too full for this one: the model is not asked
};

/// What became of each request, or row, of a guard. Every one is counted once, as fresh, degraded or refused.
struct GuardStats {
  std::uint64_t fresh = 0;                          ///< answered by the model
  std::uint64_t late = 0;                           ///< of those, the ones that came after their deadline
  std::array<std::uint64_t, causes> degraded_by{};  ///< answered by a fallback, by cause
  std::array<std::uint64_t, causes> refused_by{};   ///< not answered, by cause
  std::uint64_t fallback_exceptions = 0;            ///< exceptions that left a fallback

  /// Answered by a fallback, for this cause.
  [[nodiscard]] std::uint64_t degraded(Cause cause) const noexcept {
    return degraded_by[static_cast<std::size_t>(cause)];
  }
  /// Not answered, for this cause.
  [[nodiscard]] std::uint64_t refused(Cause cause) const noexcept {
    return refused_by[static_cast<std::size_t>(cause)];
  }
  /// Answered by a fallback.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return sum(degraded_by); }
  /// Not answered.
  [[nodiscard]] std::uint64_t refused() const noexcept { return sum(refused_by); }
  /// All.
  [[nodiscard]] std::uint64_t requests() const noexcept { return fresh + degraded() + refused(); }

 private:
  [[nodiscard]] static std::uint64_t sum(const std::array<std::uint64_t, causes>& all) noexcept {
    std::uint64_t total = 0;
    for (const std::uint64_t one : all) total += one;
    return total;
  }
};

namespace detail {

/// What both guards share. `Model` and the fallbacks are references where the guard was given an lvalue.
template <class Model, clock_source Clock, class... Fallbacks>
class GuardBase {
 public:
  GuardBase(const GuardBase&) = delete;
  GuardBase& operator=(const GuardBase&) = delete;

  /// All counters; each is exact when no call is under way.
  [[nodiscard]] GuardStats stats() const noexcept {
    GuardStats all;
    all.fresh = fresh_.load(std::memory_order_relaxed);
    all.late = late_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < causes; ++i) {
      all.degraded_by[i] = degraded_[i].load(std::memory_order_relaxed);
      all.refused_by[i] = refused_[i].load(std::memory_order_relaxed);
    }
    all.fallback_exceptions = fallback_exceptions_.load(std::memory_order_relaxed);
    return all;
  }

  /// The breaker that it goes through.
  [[nodiscard]] CircuitBreaker<Clock>& breaker() const noexcept { return breaker_; }

 protected:
  GuardBase(Model&& model, CircuitBreaker<Clock>& breaker, Fallbacks&&... fallbacks)
      : model_(std::forward<Model>(model)), breaker_(breaker), fallbacks_(std::forward<Fallbacks>(fallbacks)...) {}
  ~GuardBase() = default;

  /// Runs `work()` unless something forbids it: why there is nothing of it, and what it threw.
  template <class Work>
  std::pair<Cause, std::exception_ptr> attempt(const Terms& terms, std::size_t rows, Work&& work) {
    if (terms.throttled) return {Cause::throttled, nullptr};
    const bool timed = terms.deadline != TimePoint::max();
    if (timed && breaker_.clock().now() >= terms.deadline) return {Cause::deadline, nullptr};
    auto call = breaker_.try_acquire();
    if (!call) return {Cause::breaker_open, nullptr};
    try {
      work();
    } catch (...) {
      std::exception_ptr error = std::current_exception();
      call.fail(error);
      return {Cause::model_failed, std::move(error)};
    }
    call.succeed();
    fresh_.fetch_add(rows, std::memory_order_relaxed);
    if (timed && breaker_.clock().now() >= terms.deadline) late_.fetch_add(rows, std::memory_order_relaxed);
    return {Cause::none, nullptr};
  }

  template <class Record, class Value>
  void remember(const Record& record, const Value& value) noexcept {
    std::apply([&](auto&... each) { (remember_in(each, record, value), ...); }, fallbacks_);
  }

  /// The first fallback's that has one.
  template <class Value, class Record>
  Answer<Value> without_model(const Record& record, Cause cause, const std::exception_ptr& error) {
    std::optional<Recalled<Value>> found;
    std::apply([&](auto&... each) { static_cast<void>((ask(each, record, found) || ...)); }, fallbacks_);
    (found ? degraded_ : refused_)[static_cast<std::size_t>(cause)].fetch_add(1, std::memory_order_relaxed);
    if (!found) return Answer<Value>::refused(cause, error);
    return Answer<Value>::degraded(std::move(found->value), cause, found->age, error);
  }

  Model model_;
  CircuitBreaker<Clock>& breaker_;

 private:
  template <class Fallback, class Record, class Value>
  void remember_in(Fallback& fallback, const Record& record, const Value& value) noexcept {
    if constexpr (learning_fallback<Fallback, Record, Value>) {
      try {
        fallback.remember(record, value);
      } catch (...) { fallback_exceptions_.fetch_add(1, std::memory_order_relaxed); }
    }
  }

  template <class Fallback, class Record, class Value>
  bool ask(Fallback& fallback, const Record& record, std::optional<Recalled<Value>>& found) noexcept {
    static_assert(fallback_for<Fallback, Record, Value>,
                  "a fallback is a function of the record that gives the model's value type or an optional of it, or "
                  "has recall(record) that gives std::optional<Recalled<value>>");
    try {
      if constexpr (memory_fallback<Fallback, Record, Value>) {
        if (auto recalled = fallback.recall(record)) found.emplace(*std::move(recalled));
      } else if (std::optional<Value> value = fallback(record)) {
        found.emplace(Recalled<Value>{*std::move(value), {}});
      }
    } catch (...) { fallback_exceptions_.fetch_add(1, std::memory_order_relaxed); }
    return found.has_value();
  }

  std::tuple<Fallbacks...> fallbacks_;
  std::atomic<std::uint64_t> fresh_{0};
  std::atomic<std::uint64_t> late_{0};
  std::array<std::atomic<std::uint64_t>, causes> degraded_{};
  std::array<std::atomic<std::uint64_t>, causes> refused_{};
  std::atomic<std::uint64_t> fallback_exceptions_{0};
};

/// A row of a chunk: its element if it has such, else a slice of one row.
template <class Chunk>
decltype(auto) row_of(const Chunk& chunk, std::size_t row) {
  if constexpr (std::ranges::random_access_range<const Chunk>) {
    return std::ranges::begin(chunk)[static_cast<std::ranges::range_difference_t<const Chunk>>(row)];
  } else {
    return penstock::slice(chunk, row, 1);
  }
}

template <class Model, class Chunk>
struct rows_value {
  using type = double;
};
template <class Model, class Chunk>
  requires value_functor<Model, Chunk>
struct rows_value<Model, Chunk> {
  using type = row_value_t<std::invoke_result_t<Model&, Chunk>>;
};

}  // namespace detail

/// A model of single records that is guarded; made by `guard`. Thread-safe if the model and the fallbacks are.
template <class Model, clock_source Clock, class... Fallbacks>
class Guarded : public detail::GuardBase<Model, Clock, Fallbacks...> {
 public:
  /// Called by `guard`.
  Guarded(Model&& model, CircuitBreaker<Clock>& breaker, Fallbacks&&... fallbacks)
      : detail::GuardBase<Model, Clock, Fallbacks...>(std::forward<Model>(model), breaker,
                                                      std::forward<Fallbacks>(fallbacks)...) {}

  /// Asks the model, or the fallbacks in turn: throttled, then deadline, then breaker, then the model. What the model
  /// throws is in the answer, and goes no further. A value that comes after the deadline is fresh, and counted as late.
  template <class Record>
    requires std::invocable<Model&, Record&>
  auto operator()(Record&& record, const Terms& terms = {}) {
    using Value = std::remove_cvref_t<std::invoke_result_t<Model&, Record&>>;
    std::optional<Value> value;
    const auto [cause, error] = this->attempt(terms, 1, [&] { value.emplace(this->model_(record)); });
    if (cause != Cause::none) return this->template without_model<Value>(record, cause, error);
    this->remember(record, *value);
    return Answer<Value>::fresh(*std::move(value));
  }

  /// Asks the fallbacks alone, for a request whose fate was decided elsewhere: a queue refused it, a batcher found it
  /// too late, another process's model threw `error`. It is counted as any other.
  /// @throws std::invalid_argument if the cause is `none`, which is none.
  template <class Record>
    requires std::invocable<Model&, Record&>
  auto fall_back(Record&& record, Cause cause, const std::exception_ptr& error = nullptr) {
    using Value = std::remove_cvref_t<std::invoke_result_t<Model&, Record&>>;
    if (cause == Cause::none || static_cast<std::size_t>(cause) >= causes) {
      throw std::invalid_argument("Guarded::fall_back: the cause is " + std::string(to_string(cause)));
    }
    return this->template without_model<Value>(record, cause, error);
  }
};

/// A model of chunks that is guarded; made by `guard_rows`. Thread-safe if the model and the fallbacks are.
template <class Model, clock_source Clock, class... Fallbacks>
class GuardedRows : public detail::GuardBase<Model, Clock, Fallbacks...> {
 public:
  /// Called by `guard_rows`.
  GuardedRows(Model&& model, CircuitBreaker<Clock>& breaker, Fallbacks&&... fallbacks)
      : detail::GuardBase<Model, Clock, Fallbacks...>(std::forward<Model>(model), breaker,
                                                      std::forward<Fallbacks>(fallbacks)...) {}

  /// As a guarded model of records, with one call of the model, and of the breaker, for the whole chunk, and a fallback
  /// for each row by itself. A model that gives another number of values than the chunk has rows has failed. The
  /// fallbacks get an element of the chunk, or, of a frame that is no range, a slice of one row.
  template <data_frame Chunk>
    requires value_functor<Model, const Chunk&> || filling_functor<Model, const Chunk&, double>
  auto operator()(const Chunk& chunk, const Terms& terms = {}) {
    using Value = typename detail::rows_value<Model, const Chunk&>::type;
    const std::size_t rows = penstock::rows(chunk);
    std::vector<Answer<Value>> answers;
    answers.reserve(rows);
    const auto [cause, error] = this->attempt(terms, rows, [&] { ask_model(chunk, rows, answers); });
    if (cause != Cause::none) answers.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      const auto& record = detail::row_of(chunk, row);
      if (cause == Cause::none) {
        this->remember(record, *answers[row]);
      } else {
        answers.push_back(this->template without_model<Value>(record, cause, error));
      }
    }
    return answers;
  }

 private:
  template <class Chunk, class Value>
  void ask_model(const Chunk& chunk, std::size_t rows, std::vector<Answer<Value>>& answers) {
    if constexpr (value_functor<Model, const Chunk&>) {
      static_assert(detail::plain_values<std::invoke_result_t<Model&, const Chunk&>>,
                    "guard_rows takes models that return a range or fill a span; wrap others in a lambda that does");
      auto&& values = this->model_(chunk);
      for (auto&& value : values) answers.push_back(Answer<Value>::fresh(Value(std::forward<decltype(value)>(value))));
      if (answers.size() != rows) {
        throw std::length_error("the model gave " + std::to_string(answers.size()) + " values for " +
                                std::to_string(rows) + " rows");
      }
    } else {
      std::vector<Value> values(rows);
      this->model_(chunk, std::span<Value>(values));
      for (Value& value : values) answers.push_back(Answer<Value>::fresh(std::move(value)));
    }
  }
};

/// A circuit breaker around a model of single records, and what to ask where the model has no answer, in turn: see
/// fallback_for. Lvalues are referred to and must live as long; rvalues are kept. With no fallback there are answers
/// without a value.
template <class Model, clock_source Clock, class... Fallbacks>
[[nodiscard]] Guarded<Model, Clock, Fallbacks...> guard(Model&& model, CircuitBreaker<Clock>& breaker,
                                                        Fallbacks&&... fallbacks) {
  return {std::forward<Model>(model), breaker, std::forward<Fallbacks>(fallbacks)...};
}

/// The same around a model of chunks: an answer for each row.
template <class Model, clock_source Clock, class... Fallbacks>
[[nodiscard]] GuardedRows<Model, Clock, Fallbacks...> guard_rows(Model&& model, CircuitBreaker<Clock>& breaker,
                                                                 Fallbacks&&... fallbacks) {
  return {std::forward<Model>(model), breaker, std::forward<Fallbacks>(fallbacks)...};
}

}  // namespace v0
}  // namespace penstock
