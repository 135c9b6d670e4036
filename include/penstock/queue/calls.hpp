// SPDX-License-Identifier: MIT
#pragma once

// The calls that all queues have: each thing that can be done, without waiting, waiting for ever, for a while and until
// a time. A queue derives from it and says how one thing is done within a limit.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/limit.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/status.hpp"

#include <algorithm>  // max
#include <chrono>     // duration
#include <concepts>   // copy_constructible, same_as
#include <cstddef>    // size_t
#include <optional>   // optional
#include <ranges>  // begin, borrowed_range, contiguous_range, end, forward_range, input_range, range_reference_t, sized_range
#include <stdexcept>    // invalid_argument
#include <stop_token>   // stop_token
#include <string>       // string, to_string
#include <type_traits>  // is_lvalue_reference_v, is_move_assignable_v, is_trivially_copyable_v
#include <utility>      // forward, move, move_if_noexcept

namespace penstock {
inline namespace v0 {

namespace detail {

/// What can be pushed as a whole: it is known how many there are, and they are read once.
template <class R>
concept bulk_range = std::ranges::forward_range<R> || (std::ranges::input_range<R> && std::ranges::sized_range<R>);

/// Gives `store` begin, end and how to read an element: moved out of a container that is given up, unless moving may
/// throw and copying is possible; as the range gives it from any other.
template <class T, bulk_range Range, class Store>
void read_all(Range&& items, const Store& store) {
  constexpr bool given_up = !std::is_lvalue_reference_v<Range> && !std::ranges::borrowed_range<Range>;
  if constexpr (given_up && std::same_as<std::ranges::range_reference_t<Range>, T&>) {
    store(std::ranges::begin(items), std::ranges::end(items),
          [](auto& it) -> decltype(auto) { return std::move_if_noexcept(*it); });
  } else {
    store(std::ranges::begin(items), std::ranges::end(items), [](auto& it) -> decltype(auto) { return *it; });
  }
}

/// Whether several items can be given to the end of a container at once.
template <class T, class Container>
concept copied_in_pieces =
    std::copyable<T> && std::is_trivially_copyable_v<T> && std::ranges::contiguous_range<Container> &&
    requires(Container& out, T* items) { out.insert(out.end(), items, items); };

/// Room for n more items in a container that can make some, at least doubling it.
template <class Container>
void grow(Container& out, std::size_t n) {
  if constexpr (requires { out.reserve(out.capacity()); }) {
    if (out.capacity() - out.size() < n) out.reserve(std::max(out.size() + n, 2 * out.capacity()));
  }
}

PENSTOCK_COLD [[noreturn]] inline void refuse_bulk(const char* queue, std::size_t items, std::size_t capacity) {
  throw std::invalid_argument(std::string(queue) + ": a bulk of " + std::to_string(items) +
                              " items into a capacity of " + std::to_string(capacity));
}

}  // namespace detail

/// The calls of `Queue`, which holds T. How many threads may push or pop at once is the queue's to say.
///
/// **Waiting.** Functions that take a stop token wait; `try_` functions do not. Each looks first whether a stop was
/// requested, then whether the queue is closed, then whether it can be done, then at the deadline. So a stop that was
/// requested before the call always wins, a deadline in the past still does what can be done at once, and `timeout`
/// says that it could not be done at the deadline either.
///
/// **Exceptions.** A push whose T throws when moved or copied leaves the queue as it was; the value is as T's
/// constructor left it. A pop whose T throws leaves the item the next to be popped, as T's move left it. The counters
/// hold in any case.
template <class Queue, queue_item T>
class QueueCalls {
 public:
  /// Puts an item, waiting for room under `Overflow::block`. Unless it returns `ok`, `value` is untouched. O(1); with
  /// drop_oldest O(priorities).
  /// @throws std::invalid_argument if the priority is not below QueueOptions::priorities; so do all that take one.
  QueueStatus push(T&& value, const std::stop_token& stop = detail::never_stops, Priority priority = {}) {
    return self().put_one(std::move(value), {&stop}, priority);
  }
  /// The same with a copy.
  QueueStatus push(const T& value, const std::stop_token& stop = detail::never_stops, Priority priority = {})
    requires std::copy_constructible<T>
  {
    return self().put_one(value, {&stop}, priority);
  }

  /// As push, but never waits: `full` means that there was no room.
  QueueStatus try_push(T&& value, Priority priority = {}) { return self().put_one(std::move(value), {}, priority); }
  /// The same with a copy.
  QueueStatus try_push(const T& value, Priority priority = {})
    requires std::copy_constructible<T>
  {
    return self().put_one(value, {}, priority);
  }

  /// As push, but waits no longer than `patience`.
  template <class Rep, class Period>
  QueueStatus push_for(T&& value, std::chrono::duration<Rep, Period> patience,
                       const std::stop_token& stop = detail::never_stops, Priority priority = {}) {
    return self().put_one(std::move(value), within(patience, stop), priority);
  }
  /// The same with a copy.
  template <class Rep, class Period>
  QueueStatus push_for(const T& value, std::chrono::duration<Rep, Period> patience,
                       const std::stop_token& stop = detail::never_stops, Priority priority = {})
    requires std::copy_constructible<T>
  {
    return self().put_one(value, within(patience, stop), priority);
  }

  /// As push, but waits no longer than until `deadline` on the queue's clock; TimePoint::max() is for ever.
  QueueStatus push_until(T&& value, TimePoint deadline, const std::stop_token& stop = detail::never_stops,
                         Priority priority = {}) {
    return self().put_one(std::move(value), {&stop, deadline}, priority);
  }
  /// The same with a copy.
  QueueStatus push_until(const T& value, TimePoint deadline, const std::stop_token& stop = detail::never_stops,
                         Priority priority = {})
    requires std::copy_constructible<T>
  {
    return self().put_one(value, {&stop, deadline}, priority);
  }

  /// Puts all items of the range, next to each other, or none. The elements of a container that is given up,
  /// `push_bulk(std::move(batch))`, are moved from on `ok`, or copied if moving them may throw and copying is possible;
  /// those of an lvalue or a view are taken as the range gives them, as a rule copied. O(items), under the lock.
  /// @throws std::invalid_argument if the range is longer than the capacity: it could never go in.
  template <detail::bulk_range Range>
  QueueStatus push_bulk(Range&& items, const std::stop_token& stop = detail::never_stops, Priority priority = {}) {
    return self().put_all(std::forward<Range>(items), {&stop}, priority);
  }
  /// As push_bulk, but never waits: `full` means that there was no room for all.
  template <detail::bulk_range Range>
  QueueStatus try_push_bulk(Range&& items, Priority priority = {}) {
    return self().put_all(std::forward<Range>(items), {}, priority);
  }
  /// As push_bulk, but waits no longer than `patience`.
  template <detail::bulk_range Range, class Rep, class Period>
  QueueStatus push_bulk_for(Range&& items, std::chrono::duration<Rep, Period> patience,
                            const std::stop_token& stop = detail::never_stops, Priority priority = {}) {
    return self().put_all(std::forward<Range>(items), within(patience, stop), priority);
  }
  /// As push_bulk, but waits no longer than until `deadline`.
  template <detail::bulk_range Range>
  QueueStatus push_bulk_until(Range&& items, TimePoint deadline, const std::stop_token& stop = detail::never_stops,
                              Priority priority = {}) {
    return self().put_all(std::forward<Range>(items), {&stop, deadline}, priority);
  }

  /// Takes the next item, waiting for one: the first of the highest priority, or, every starvation_bound-th time, the
  /// one that has been in the queue longest. Unless it returns `ok`, `out` is untouched. O(1).
  QueueStatus pop(T& out, const std::stop_token& stop = detail::never_stops)
    requires std::is_move_assignable_v<T>
  {
    return self().get_one(out, {&stop});
  }
  /// As pop, but never waits: `empty` means that there was no item.
  QueueStatus try_pop(T& out)
    requires std::is_move_assignable_v<T>
  {
    return self().get_one(out, {});
  }
  /// As pop, but waits no longer than `patience`.
  template <class Rep, class Period>
    requires std::is_move_assignable_v<T>
  QueueStatus pop_for(T& out, std::chrono::duration<Rep, Period> patience,
                      const std::stop_token& stop = detail::never_stops) {
    return self().get_one(out, within(patience, stop));
  }
  /// As pop, but waits no longer than until `deadline`.
  QueueStatus pop_until(T& out, TimePoint deadline, const std::stop_token& stop = detail::never_stops)
    requires std::is_move_assignable_v<T>
  {
    return self().get_one(out, {&stop, deadline});
  }

  /// The same for loops and for a T without a default: the item, or nothing where the form above is not `ok`.
  [[nodiscard]] std::optional<T> pop(const std::stop_token& stop = detail::never_stops) {
    return self().get_one({&stop});
  }
  [[nodiscard]] std::optional<T> try_pop() { return self().get_one({}); }  ///< never waits
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> pop_for(
      std::chrono::duration<Rep, Period> patience,
      const std::stop_token& stop = detail::never_stops) {  ///< waits no longer than `patience`
    return self().get_one(within(patience, stop));
  }
  [[nodiscard]] std::optional<T> pop_until(TimePoint deadline,
                                           const std::stop_token& stop = detail::never_stops) {  ///< nor than that
    return self().get_one({&stop, deadline});
  }

  /// Waits for the first item and appends what is there when it looks, `max` items at the most, to `out` by
  /// `push_back(T&&)`; on `ok` at least one. A container with `reserve` is grown beforehand. Under the lock: use a
  /// vector again and again.
  /// @throws std::invalid_argument if `max` is 0.
  template <class Container>
  QueueStatus pop_bulk(Container& out, std::size_t max, const std::stop_token& stop = detail::never_stops) {
    return self().get_all(out, max, {&stop});
  }
  /// As pop_bulk, but never waits.
  template <class Container>
  QueueStatus try_pop_bulk(Container& out, std::size_t max) {
    return self().get_all(out, max, {});
  }
  /// As pop_bulk, but waits for the first no longer than `patience`.
  template <class Container, class Rep, class Period>
  QueueStatus pop_bulk_for(Container& out, std::size_t max, std::chrono::duration<Rep, Period> patience,
                           const std::stop_token& stop = detail::never_stops) {
    return self().get_all(out, max, within(patience, stop));
  }
  /// As pop_bulk, but waits for the first no longer than until `deadline`.
  template <class Container>
  QueueStatus pop_bulk_until(Container& out, std::size_t max, TimePoint deadline,
                             const std::stop_token& stop = detail::never_stops) {
    return self().get_all(out, max, {&stop, deadline});
  }

  /// Waits as pop does, but takes nothing. After `ok` another consumer may still be quicker.
  QueueStatus wait_readable(const std::stop_token& stop = detail::never_stops) { return self().peek({&stop}); }
  /// As wait_readable, but waits no longer than `patience`.
  template <class Rep, class Period>
  QueueStatus wait_readable_for(std::chrono::duration<Rep, Period> patience,
                                const std::stop_token& stop = detail::never_stops) {
    return self().peek(within(patience, stop));
  }
  /// As wait_readable, but waits no longer than until `deadline`.
  QueueStatus wait_readable_until(TimePoint deadline, const std::stop_token& stop = detail::never_stops) {
    return self().peek({&stop, deadline});
  }

 private:
  friend Queue;
  QueueCalls() = default;
  ~QueueCalls() = default;

  [[nodiscard]] Queue& self() noexcept { return static_cast<Queue&>(*this); }

  template <class Rep, class Period>
  [[nodiscard]] detail::Limit within(std::chrono::duration<Rep, Period> patience, const std::stop_token& stop) {
    return {&stop, detail::deadline_after(self().now(), patience)};
  }
};

}  // namespace v0
}  // namespace penstock
