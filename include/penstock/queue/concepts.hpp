// SPDX-License-Identifier: MIT
#pragma once

// What a pipeline asks of a queue, so that it takes any of them.
//
//     template <bounded_queue Queue>
//     void drain(Queue& queue, auto&& handle) {
//       while (std::optional item = queue.pop()) handle(*item);
//     }

#include "penstock/core/clock.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"

#include <concepts>     // convertible_to, move_constructible, same_as
#include <cstddef>      // size_t
#include <optional>     // optional
#include <stop_token>   // stop_token
#include <type_traits>  // is_nothrow_destructible_v, is_object_v, remove_cv_t
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What a queue can hold: an object type that can be moved into a new place, and whose destructor does not throw.
template <class T>
concept queue_item = std::move_constructible<T> && std::is_object_v<T> && std::same_as<T, std::remove_cv_t<T>> &&
                     std::is_nothrow_destructible_v<T>;

/// A queue of at most `capacity()` items between threads.
/// - `push`, `push_until` and `push_bulk` may wait for room, `pop`, `pop_until` and `pop_bulk` for an item; each comes
///   back when it can be done, when `close()` is called, when the stop token says so, or at its deadline. `try_push`
///   and `try_pop` never wait, and fail only if there was no room or no item while they ran.
/// - A push that does not return `ok` leaves the value untouched; a bulk goes in as a whole or not at all.
/// - Items come out in the order in which they went in, as far as a policy or a priority does not say otherwise.
/// - After `close()` every push returns `closed`; every pop goes on until the queue is empty, and then returns
/// `closed`.
/// - `stats()` adds up: accepted == taken + evicted + depth.
/// - How many threads may push or pop at once is the queue's to say.
template <class Q>
concept bounded_queue =
    queue_item<typename Q::value_type> &&
    requires(Q& queue, const Q& view, typename Q::value_type& item, std::vector<typename Q::value_type>& items,
             const std::stop_token& stop, TimePoint deadline, std::size_t max) {
      { queue.push(std::move(item)) } -> std::same_as<QueueStatus>;
      { queue.push(std::move(item), stop) } -> std::same_as<QueueStatus>;
      { queue.try_push(std::move(item)) } -> std::same_as<QueueStatus>;
      { queue.push_until(std::move(item), deadline, stop) } -> std::same_as<QueueStatus>;
      { queue.push_bulk(std::move(items), stop) } -> std::same_as<QueueStatus>;
      { queue.pop() } -> std::same_as<std::optional<typename Q::value_type>>;
      { queue.pop(stop) } -> std::same_as<std::optional<typename Q::value_type>>;
      { queue.try_pop() } -> std::same_as<std::optional<typename Q::value_type>>;
      { queue.pop_until(deadline, stop) } -> std::same_as<std::optional<typename Q::value_type>>;
      { queue.pop_bulk(items, max, stop) } -> std::same_as<QueueStatus>;
      queue.close();
      { view.closed() } -> std::same_as<bool>;
      { view.size() } -> std::convertible_to<std::size_t>;
      { view.capacity() } -> std::convertible_to<std::size_t>;
      { view.throttled() } -> std::same_as<bool>;
      { view.stats() } -> std::same_as<QueueStats>;
    };

}  // namespace v0
}  // namespace penstock
