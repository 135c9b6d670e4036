// SPDX-License-Identifier: MIT
#pragma once

// The queue with one mutex: the oracle of the tests of BoundedQueue.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/listener.hpp"
#include "penstock/queue/calls.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/watermarks.hpp"

#include "oracle/mutex_gate.hpp"
#include "oracle/slots.hpp"

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

/// BoundedQueue as it is when everything is done under one mutex: slower, plainer, and what the other must agree with.
template <queue_item T, clock_source Clock = SteadyClock>
class MutexQueue : public QueueCalls<MutexQueue<T, Clock>, T> {
 public:
  using value_type = T;      ///< of the items
  using clock_type = Clock;  ///< by which deadlines and the counters' times go

  /// Takes all the memory that it will ever need for items.
  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit MutexQueue(const QueueOptions& options, Clock clock = {})
      : options_((check(options), options)),
        gate_(std::move(clock),
              {.capacity = options.capacity, .high = options.high_watermark, .low = options.low_watermark}),
        slots_(options.capacity) {}
  MutexQueue(const MutexQueue&) = delete;
  MutexQueue& operator=(const MutexQueue&) = delete;
  ~MutexQueue() = default;

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
  friend class QueueCalls<MutexQueue, T>;

  [[nodiscard]] TimePoint now() const { return gate_.clock.now(); }

  /// Items that a push evicted: handed over when it has ended, in whatever way, outside the lock.
  class Victims {
   public:
    Victims(MutexQueue& queue, std::size_t most) : queue_(queue) {
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
    MutexQueue& queue_;
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
      if (fresh && limit.waits && n > 0 && bulk_waits && passed_ + n > options_.capacity) return QueueStatus::full;
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
      throw std::invalid_argument("MutexQueue: a bulk of " + std::to_string(n) + " items into a capacity of " +
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
    if (max == 0) throw std::invalid_argument("MutexQueue: pop_bulk of at most 0 items; at least 1 is needed");
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

  PENSTOCK_COLD [[noreturn]] void refuse(Priority priority) const {
    throw std::invalid_argument("MutexQueue: priority " + std::to_string(priority.level) +
                                " is not below QueueOptions.priorities, " + std::to_string(options_.priorities));
  }

  const QueueOptions options_;
  detail::MutexGate<Clock> gate_;
  detail::Listener<T&&> on_drop_{};

  // Under the gate's mutex.
  detail::Slots<T> slots_;
  std::size_t since_oldest_ = 0;  // pops
  std::size_t since_sample_ = 0;  // pushes while throttled
  std::size_t passed_ = 0;        // items that went in ahead of a bulk that waits
};

}  // namespace v0
}  // namespace penstock
