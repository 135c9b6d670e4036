// SPDX-License-Identifier: MIT
#pragma once

// A queue of bounded size between threads: it pushes back, or drops by a stated policy, and counts what became of each
// item.
//
//     BoundedQueue<Event> queue{{.capacity = 1024}};
//     std::jthread consumer([&](std::stop_token stop) {
//       while (std::optional<Event> event = queue.pop(stop)) handle(*event);   // until closed and drained, or stopped
//     });
//     for (Event& event : source) {
//       if (queue.push(std::move(event)) != QueueStatus::ok) break;            // waits while there is no room
//     }
//     queue.close();                                                           // what was accepted is still handled
//
// docs/queue.md has the table of what each policy does in each call.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/gate.hpp"
#include "penstock/queue/listener.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/slots.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/watermarks.hpp"

#include <algorithm>    // max, min
#include <chrono>       // duration
#include <concepts>     // copy_constructible, invocable, same_as
#include <cstddef>      // size_t
#include <mutex>        // scoped_lock
#include <optional>     // optional
#include <ranges>       // begin, borrowed_range, distance, end, forward_range, input_range, sized_range
#include <stdexcept>    // invalid_argument
#include <stop_token>   // stop_token
#include <string>       // to_string
#include <type_traits>  // is_lvalue_reference_v, is_move_assignable_v
#include <utility>      // forward, move, move_if_noexcept
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

namespace detail {

/// What can be pushed as a whole: it is known how many there are, and they are read once.
template <class R>
concept bulk_range = std::ranges::forward_range<R> || (std::ranges::input_range<R> && std::ranges::sized_range<R>);

}  // namespace detail

/// First in, first out within a priority; any number of producers and consumers; all functions are thread-safe, except
/// `on_drop` and `on_watermark`, which come before the queue is shared. It must outlive every call: to destroy it while
/// threads wait in it is an error of the user's; close it and join them first. Items left then are destroyed.
///
/// **Waiting.** Functions that take a stop token wait; `try_` functions do not. Each looks first whether a stop was
/// requested, then whether the queue is closed, then whether it can be done, then at the deadline. So a stop that was
/// requested before the call always wins, a deadline in the past still does what can be done at once, and `timeout`
/// says that it could not be done at the deadline either. Waiting threads are woken in the order in which they came,
/// and only when there is something for them; a call that finds that it need not wait may be served before those that
/// are being woken. So that a bulk that waits for room is not starved, no more than `capacity` items pass it: then
/// later pushes, except those that never wait, line up behind it.
///
/// **Exceptions.** A push whose T throws when moved or copied leaves the queue as it was; the value is as T's
/// constructor left it. A pop whose T throws leaves the item the next to be popped, as T's move left it. Listeners'
/// exceptions are counted and go no further. The counters hold in any case.
///
/// **T** is moved and destroyed under the queue's lock and must not call the queue there. Evicted items are destroyed
/// outside of it.
template <queue_item T, clock_source Clock = SteadyClock>
class BoundedQueue {
 public:
  using value_type = T;      ///< of the items
  using clock_type = Clock;  ///< by which deadlines and the counters' times go

  /// Takes all the memory that it will ever need for items.
  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit BoundedQueue(const QueueOptions& options, Clock clock = {})
      : options_((check(options), options)),
        gate_(std::move(clock),
              {.capacity = options.capacity, .high = options.high_watermark, .low = options.low_watermark}),
        slots_(options.capacity) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;
  ~BoundedQueue() = default;

  /// Puts an item, waiting for room under `Overflow::block`. Unless it returns `ok`, `value` is untouched. O(1); with
  /// drop_oldest O(priorities).
  /// @throws std::invalid_argument if the priority is not below QueueOptions::priorities; so do all that take one.
  QueueStatus push(T&& value, const std::stop_token& stop = {}, Priority priority = {}) {
    return put_one(std::move(value), {&stop}, priority);
  }
  /// The same with a copy.
  QueueStatus push(const T& value, const std::stop_token& stop = {}, Priority priority = {})
    requires std::copy_constructible<T>
  {
    return put_one(value, {&stop}, priority);
  }

  /// As push, but never waits: `full` means that there was no room.
  QueueStatus try_push(T&& value, Priority priority = {}) { return put_one(std::move(value), {}, priority); }
  /// The same with a copy.
  QueueStatus try_push(const T& value, Priority priority = {})
    requires std::copy_constructible<T>
  {
    return put_one(value, {}, priority);
  }

  /// As push, but waits no longer than `patience`.
  template <class Rep, class Period>
  QueueStatus push_for(T&& value, std::chrono::duration<Rep, Period> patience, const std::stop_token& stop = {},
                       Priority priority = {}) {
    return put_one(std::move(value), within(patience, stop), priority);
  }
  /// The same with a copy.
  template <class Rep, class Period>
  QueueStatus push_for(const T& value, std::chrono::duration<Rep, Period> patience, const std::stop_token& stop = {},
                       Priority priority = {})
    requires std::copy_constructible<T>
  {
    return put_one(value, within(patience, stop), priority);
  }

  /// As push, but waits no longer than until `deadline` on the queue's clock; TimePoint::max() is for ever.
  QueueStatus push_until(T&& value, TimePoint deadline, const std::stop_token& stop = {}, Priority priority = {}) {
    return put_one(std::move(value), {&stop, deadline}, priority);
  }
  /// The same with a copy.
  QueueStatus push_until(const T& value, TimePoint deadline, const std::stop_token& stop = {}, Priority priority = {})
    requires std::copy_constructible<T>
  {
    return put_one(value, {&stop, deadline}, priority);
  }

  /// Puts all items of the range, next to each other, or none. The elements of a container that is given up,
  /// `push_bulk(std::move(batch))`, are moved from on `ok`, or copied if moving them may throw and copying is possible;
  /// those of an lvalue or a view are taken as the range gives them, as a rule copied. O(items), under the lock.
  /// @throws std::invalid_argument if the range is longer than the capacity: it could never go in.
  template <detail::bulk_range Range>
  QueueStatus push_bulk(Range&& items, const std::stop_token& stop = {}, Priority priority = {}) {
    return put_all(std::forward<Range>(items), {&stop}, priority);
  }
  /// As push_bulk, but never waits: `full` means that there was no room for all.
  template <detail::bulk_range Range>
  QueueStatus try_push_bulk(Range&& items, Priority priority = {}) {
    return put_all(std::forward<Range>(items), {}, priority);
  }
  /// As push_bulk, but waits no longer than `patience`.
  template <detail::bulk_range Range, class Rep, class Period>
  QueueStatus push_bulk_for(Range&& items, std::chrono::duration<Rep, Period> patience,
                            const std::stop_token& stop = {}, Priority priority = {}) {
    return put_all(std::forward<Range>(items), within(patience, stop), priority);
  }
  /// As push_bulk, but waits no longer than until `deadline`.
  template <detail::bulk_range Range>
  QueueStatus push_bulk_until(Range&& items, TimePoint deadline, const std::stop_token& stop = {},
                              Priority priority = {}) {
    return put_all(std::forward<Range>(items), {&stop, deadline}, priority);
  }

  /// Takes the next item, waiting for one: the first of the highest priority, or, every starvation_bound-th time, the
  /// one that has been in the queue longest. Unless it returns `ok`, `out` is untouched. O(1).
  QueueStatus pop(T& out, const std::stop_token& stop = {})
    requires std::is_move_assignable_v<T>
  {
    return get_one(out, {&stop});
  }
  /// As pop, but never waits: `empty` means that there was no item.
  QueueStatus try_pop(T& out)
    requires std::is_move_assignable_v<T>
  {
    return get_one(out, {});
  }
  /// As pop, but waits no longer than `patience`.
  template <class Rep, class Period>
    requires std::is_move_assignable_v<T>
  QueueStatus pop_for(T& out, std::chrono::duration<Rep, Period> patience, const std::stop_token& stop = {}) {
    return get_one(out, within(patience, stop));
  }
  /// As pop, but waits no longer than until `deadline`.
  QueueStatus pop_until(T& out, TimePoint deadline, const std::stop_token& stop = {})
    requires std::is_move_assignable_v<T>
  {
    return get_one(out, {&stop, deadline});
  }

  /// The same for loops and for a T without a default: the item, or nothing where the form above is not `ok`.
  [[nodiscard]] std::optional<T> pop(const std::stop_token& stop = {}) { return get_one({&stop}); }
  [[nodiscard]] std::optional<T> try_pop() { return get_one({}); }  ///< never waits
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> pop_for(std::chrono::duration<Rep, Period> patience,
                                         const std::stop_token& stop = {}) {  ///< waits no longer than `patience`
    return get_one(within(patience, stop));
  }
  [[nodiscard]] std::optional<T> pop_until(TimePoint deadline, const std::stop_token& stop = {}) {  ///< nor than that
    return get_one({&stop, deadline});
  }

  /// Waits for the first item and appends what is there, `max` items at the most, to `out` by `push_back(T&&)`; on `ok`
  /// at least one. A container with `reserve` is grown beforehand. Under the lock: use a vector again and again.
  /// @throws std::invalid_argument if `max` is 0.
  template <class Container>
  QueueStatus pop_bulk(Container& out, std::size_t max, const std::stop_token& stop = {}) {
    return get_all(out, max, {&stop});
  }
  /// As pop_bulk, but never waits.
  template <class Container>
  QueueStatus try_pop_bulk(Container& out, std::size_t max) {
    return get_all(out, max, {});
  }
  /// As pop_bulk, but waits for the first no longer than `patience`.
  template <class Container, class Rep, class Period>
  QueueStatus pop_bulk_for(Container& out, std::size_t max, std::chrono::duration<Rep, Period> patience,
                           const std::stop_token& stop = {}) {
    return get_all(out, max, within(patience, stop));
  }
  /// As pop_bulk, but waits for the first no longer than until `deadline`.
  template <class Container>
  QueueStatus pop_bulk_until(Container& out, std::size_t max, TimePoint deadline, const std::stop_token& stop = {}) {
    return get_all(out, max, {&stop, deadline});
  }

  /// Waits as pop does, but takes nothing. After `ok` another consumer may still be quicker.
  QueueStatus wait_readable(const std::stop_token& stop = {}) { return peek({&stop}); }
  /// As wait_readable, but waits no longer than `patience`.
  template <class Rep, class Period>
  QueueStatus wait_readable_for(std::chrono::duration<Rep, Period> patience, const std::stop_token& stop = {}) {
    return peek(within(patience, stop));
  }
  /// As wait_readable, but waits no longer than until `deadline`.
  QueueStatus wait_readable_until(TimePoint deadline, const std::stop_token& stop = {}) {
    return peek({&stop, deadline});
  }

  /// From now on every push returns `closed`; pops go on until the queue is empty and return `closed` then. Wakes all
  /// who wait. Again: no effect.
  void close() { gate_.close(); }

  /// Whether close() was called; items may be left.
  [[nodiscard]] bool closed() const {
    const std::scoped_lock lock(gate_.mutex);
    return gate_.closed;
  }
  /// Items in the queue.
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(gate_.mutex);
    return slots_.size();
  }
  [[nodiscard]] bool empty() const { return size() == 0; }                           ///< whether size() is 0
  [[nodiscard]] std::size_t capacity() const noexcept { return options_.capacity; }  ///< items that fit
  [[nodiscard]] const QueueOptions& options() const noexcept { return options_; }    ///< as it was made

  /// Whether the depth has met the high watermark, and the low one not since.
  [[nodiscard]] bool throttled() const {
    const std::scoped_lock lock(gate_.mutex);
    return gate_.marks.throttled();
  }

  /// All counters, of one moment.
  [[nodiscard]] QueueStats stats() const { return gate_.stats(); }

  /// Has each evicted item given to `listener(T&&)`, outside every lock, in the thread whose push evicted it; from
  /// several threads at once if several push. It may call the queue. Before the queue is shared; replaces the last.
  template <class F>
    requires std::invocable<F&, T&&>
  void on_drop(F listener) {
    on_drop_ = detail::Listener<T&&>(std::move(listener));
  }

  /// Has each crossing told to `listener`: see watermark_listener. Before the queue is shared; replaces the last.
  template <watermark_listener F>
  void on_watermark(F listener) {
    gate_.on_watermark = detail::Listener<Crossing>(std::move(listener));
  }

 private:
  /// Items that a push evicted: handed over when it has ended, in whatever way, outside the lock.
  class Victims {
   public:
    Victims(BoundedQueue& queue, std::size_t most) : queue_(queue) {
      if (most > 1) many_.reserve(most);
    }
    Victims(const Victims&) = delete;
    Victims& operator=(const Victims&) = delete;
    ~Victims() {
      if (!queue_.on_drop_) return;
      if (one_) queue_.gate_.tell(queue_.on_drop_, std::move(*one_));
      for (T& victim : many_) queue_.gate_.tell(queue_.on_drop_, std::move(victim));
    }
    void add(T&& victim) {
      if (many_.capacity() > 0) {
        many_.push_back(std::move(victim));
      } else {
        one_.emplace(std::move(victim));
      }
    }

   private:
    BoundedQueue& queue_;
    std::optional<T> one_;
    std::vector<T> many_;
  };

  /// Pushes `n` items, which `store()` puts into slots.
  template <class Store>
  QueueStatus put(std::size_t n, Priority priority, detail::Limit limit, const Store& store) {
    if (priority.level >= options_.priorities) refuse(priority);
    limit.waits = limit.waits && options_.overflow == Overflow::block;
    const bool evicts =
        options_.overflow == Overflow::drop_oldest || options_.overflow == Overflow::drop_lowest_priority;
    Victims victims(*this, evicts ? n : 0);
    bool sampled_out = false;
    const auto attempt = [&](bool fresh) {
      if (gate_.closed) return QueueStatus::closed;
      const bool bulk_waits = gate_.writers.bulks() > 0;
      if (fresh && limit.waits && n > 0 && bulk_waits && passed_ >= options_.capacity) return QueueStatus::full;
      if (options_.overflow == Overflow::sample && gate_.marks.throttled() && ++since_sample_ < options_.sample_every) {
        sampled_out = true;
        return QueueStatus::dropped;
      }
      if (n > gate_.room()) {
        const QueueStatus status = make_room(n - gate_.room(), priority, victims);
        if (status != QueueStatus::ok) return status;
      }
      store();
      since_sample_ = 0;
      passed_ = bulk_waits && (fresh || n == 1) ? passed_ + n : 0;
      gate_.counters.accepted += n;
      return QueueStatus::ok;
    };
    const auto count = [&](QueueStatus status) {
      QueueStats& counters = gate_.counters;
      switch (status) {
        case QueueStatus::full: counters.rejected += n; break;
        case QueueStatus::closed: counters.closed += n; break;
        case QueueStatus::timeout: counters.timed_out += n; break;
        case QueueStatus::stopped: counters.stopped += n; break;
        case QueueStatus::dropped: (sampled_out ? counters.sampled_out : counters.dropped) += n; break;
        case QueueStatus::ok: break;     // counted when it came in
        case QueueStatus::empty: break;  // not of a push
      }
    };
    return gate_.perform(gate_.writers, n, QueueStatus::full, limit, attempt, count);
  }

  template <class Value>
  QueueStatus put_one(Value&& value, const detail::Limit& limit, Priority priority) {
    return put(1, priority, limit, [&] { slots_.append(priority.level, std::forward<Value>(value)); });
  }

  template <class Range>
  QueueStatus put_all(Range&& items, const detail::Limit& limit, Priority priority) {
    const auto n = static_cast<std::size_t>(std::ranges::distance(items));
    if (n > capacity()) {
      throw std::invalid_argument("BoundedQueue: a bulk of " + std::to_string(n) + " items into a capacity of " +
                                  std::to_string(capacity()));
    }
    constexpr bool given_up = !std::is_lvalue_reference_v<Range> && !std::ranges::borrowed_range<Range>;
    return put(n, priority, limit, [&] {
      const auto end = std::ranges::end(items);
      if constexpr (given_up && std::same_as<std::ranges::range_reference_t<Range>, T&>) {
        slots_.append_all(priority.level, std::ranges::begin(items), end,
                          [](auto& it) -> decltype(auto) { return std::move_if_noexcept(*it); });
      } else {
        slots_.append_all(priority.level, std::ranges::begin(items), end,
                          [](auto& it) -> decltype(auto) { return *it; });
      }
    });
  }

  /// Room for `missing` more items, or why there is none. Evicts nobody unless it can make room for all.
  QueueStatus make_room(std::size_t missing, Priority newcomer, Victims& victims) {
    switch (options_.overflow) {
      case Overflow::block:
      case Overflow::reject: return QueueStatus::full;
      case Overflow::drop_newest:
      case Overflow::sample: return QueueStatus::dropped;
      case Overflow::drop_oldest:
        while (missing-- > 0) evict(slots_.oldest(), victims);
        return QueueStatus::ok;
      case Overflow::drop_lowest_priority: break;
    }
    std::size_t below = 0;
    for (unsigned level = 0; level < newcomer.level; ++level) below += slots_.size(level);
    if (below < missing) return QueueStatus::dropped;
    for (unsigned level = 0; missing > 0; ++level) {
      for (; missing > 0 && slots_.size(level) > 0; --missing) evict(level, victims);
    }
    return QueueStatus::ok;
  }

  void evict(unsigned level, Victims& victims) {
    victims.add(std::move(slots_.front(level)));
    slots_.pop(level);
    ++gate_.counters.evicted;
  }

  /// Pops by `take()`, which is called when there is an item.
  template <class Take>
  QueueStatus get(const detail::Limit& limit, const Take& take) {
    const auto attempt = [&](bool) {
      if (slots_.size() == 0) return gate_.closed ? QueueStatus::closed : QueueStatus::empty;
      take();
      return QueueStatus::ok;
    };
    return gate_.perform(gate_.readers, 1, QueueStatus::empty, limit, attempt, [](QueueStatus) {});
  }

  /// Gives the next item to `use`, then removes it.
  template <class Use>
  void take_next(const Use& use) {
    const bool oldest = options_.starvation_bound > 0 && since_oldest_ + 1 >= options_.starvation_bound;
    const unsigned level = oldest ? slots_.oldest() : slots_.highest();
    use(std::move(slots_.front(level)));
    slots_.pop(level);
    since_oldest_ = oldest ? 0 : since_oldest_ + 1;
    ++gate_.counters.taken;
  }

  QueueStatus get_one(T& out, const detail::Limit& limit) {
    return get(limit, [&] { take_next([&](T&& item) { out = std::move(item); }); });
  }

  std::optional<T> get_one(const detail::Limit& limit) {
    std::optional<T> out;
    static_cast<void>(get(limit, [&] { take_next([&](T&& item) { out.emplace(std::move(item)); }); }));
    return out;
  }

  template <class Container>
  QueueStatus get_all(Container& out, std::size_t max, const detail::Limit& limit) {
    if (max == 0) throw std::invalid_argument("BoundedQueue: pop_bulk of at most 0 items; at least 1 is needed");
    return get(limit, [&] {
      const std::size_t n = std::min(max, slots_.size());
      if constexpr (requires { out.reserve(out.capacity()); }) {
        if (out.capacity() - out.size() < n) out.reserve(std::max(out.size() + n, 2 * out.capacity()));
      }
      for (std::size_t i = 0; i < n; ++i) take_next([&](T&& item) { out.push_back(std::move(item)); });
    });
  }

  QueueStatus peek(const detail::Limit& limit) {
    return get(limit, [] {});
  }

  template <class Rep, class Period>
  [[nodiscard]] detail::Limit within(std::chrono::duration<Rep, Period> patience, const std::stop_token& stop) const {
    return {&stop, detail::deadline_after(gate_.clock.now(), patience)};
  }

  PENSTOCK_COLD [[noreturn]] void refuse(Priority priority) const {
    throw std::invalid_argument("BoundedQueue: priority " + std::to_string(priority.level) +
                                " is not below QueueOptions.priorities, " + std::to_string(options_.priorities));
  }

  const QueueOptions options_;
  detail::Gate<Clock> gate_;
  detail::Listener<T&&> on_drop_{};

  // Under the gate's mutex.
  detail::Slots<T> slots_;
  std::size_t since_oldest_ = 0;  // pops
  std::size_t since_sample_ = 0;  // pushes while throttled
  std::size_t passed_ = 0;        // items that went in ahead of a bulk that waits
};

}  // namespace v0
}  // namespace penstock
