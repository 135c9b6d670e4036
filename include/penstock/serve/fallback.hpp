// SPDX-License-Identifier: MIT
#pragma once

// What can stand in for a model: a constant, a rule, the last good prediction.
//
//     ConstantFallback{0.02}                                              // the base rate
//     [](const Trip& trip) { return 2.5 + 1.4 * trip.km; }                // a rule of thumb
//     [](const Trip& trip) -> std::optional<double> { ... }               // one that sometimes has none
//     CachedFallback<std::string, double> cache{...};  cache.by(&Trip::user)      // serve/cached_fallback.hpp

#include <chrono>       // nanoseconds
#include <concepts>     // convertible_to, same_as
#include <optional>     // optional
#include <type_traits>  // invoke_result_t, remove_cvref_t

namespace penstock {
inline namespace v0 {

/// A value out of a memory, and how long it has been there.
template <class T>
struct Recalled {
  T value;                         ///< as it was remembered
  std::chrono::nanoseconds age{};  ///< since it was
};

/// A function of the record that gives a value, or an optional one.
template <class F, class Record, class Value>
concept rule_fallback = requires(F& rule, const Record& record) {
  { rule(record) } -> std::convertible_to<std::optional<Value>>;
};

/// A memory: `recall(record)` gives a Recalled value, or none.
template <class F, class Record, class Value>
concept memory_fallback = requires(F& memory, const Record& record) {
  { memory.recall(record) } -> std::same_as<std::optional<Recalled<Value>>>;
};

/// A memory that wants to be told of each value that the model gives.
template <class F, class Record, class Value>
concept learning_fallback =
    requires(F& memory, const Record& record, const Value& value) { memory.remember(record, value); };

/// Anything that a guard asks where the model has no answer. It is called from as many threads at once as the guard.
/// What it throws is counted, and the next one is asked.
template <class F, class Record, class Value>
concept fallback_for = rule_fallback<F, Record, Value> || memory_fallback<F, Record, Value>;

/// Answers everything with the same value. Thread-safe.
template <class T>
struct ConstantFallback {
  T value;  ///< the answer

  /// The value, whatever the record.
  template <class Record>
  [[nodiscard]] const T& operator()(const Record&) const noexcept {
    return value;
  }
};
template <class T>
ConstantFallback(T) -> ConstantFallback<T>;

namespace detail {

/// `record.*key`, `(record.*key)()` or `key(record)`: std::invoke without <functional>.
template <class Key, class Record>
decltype(auto) key_of(const Key& key, const Record& record) {
  if constexpr (std::is_member_object_pointer_v<Key>) {
    return (record.*key);
  } else if constexpr (std::is_member_function_pointer_v<Key>) {
    return (record.*key)();
  } else {
    return key(record);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
