// SPDX-License-Identifier: MIT
#pragma once

// The bounded queue for one producer and one consumer: the same calls and counters, and as a rule no atomic
// read-modify-write on the way.
//
//     SpscQueue<Event> queue{{.capacity = 1024}};
//     std::jthread consumer([&] { while (auto event = queue.pop()) handle(*event); });
//     for (Event& event : source) static_cast<void>(queue.push(std::move(event)));
//     queue.close();

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/listener.hpp"
#include "penstock/queue/calls.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/limit.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/ring.hpp"
#include "penstock/queue/spsc_gate.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/sync.hpp"
#include "penstock/queue/watermarks.hpp"

#include <algorithm>  // min
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t
#include <optional>   // optional
#include <ranges>     // distance
#include <stdexcept>  // invalid_argument
#include <string>     // string
#include <utility>    // forward, move

namespace penstock {
inline namespace v0 {

/// First in, first out; one thread pushes at a time and one pops. `close`, `size`, `closed`, `throttled` and `stats`
/// are for any thread. QueueCalls has its pushes and pops. It must outlive every call.
///
/// What differs from BoundedQueue: one priority; the policies block, reject, drop_newest and sample, since a producer
/// cannot evict without the consumer's lock; and with both sides at work the counters of stats() are each exact, but
/// not all of one moment: `max_depth` is then an upper bound, and a crossing that the other side undoes at once is not
/// told.
///
/// **Cost.** O(1): two stores a push and one a pop beside the item, an atomic exchange once for half the way between
/// the watermarks, and a cache miss whenever one side has caught up with what it last saw of the other. A sleep and a
/// close cost microseconds (asymmetric_fence.hpp); where Linux does not help, each push and pop costs exchanges.
/// Memory: `capacity` items.
///
/// **Priorities of threads.** The consumer of a closed queue waits awake, by sched_yield, for a push that began before
/// the close: a consumer of a real-time class (SCHED_FIFO, SCHED_RR) that has put a producer of a lower one off its
/// core would wait for ever. Give both the same priority, or close from the producer's thread.
///
/// `Sync` is for tests: what the queue is built on.
template <queue_item T, clock_source Clock = SteadyClock, class Sync = detail::SystemSync>
class SpscQueue : public QueueCalls<SpscQueue<T, Clock, Sync>, T> {
 public:
  using value_type = T;      ///< of the items
  using clock_type = Clock;  ///< by which deadlines and the counters' times go

  /// Takes all the memory that it will ever need.
  /// @throws std::invalid_argument if `check(options)` refuses them, and for what only BoundedQueue can do.
  explicit SpscQueue(const QueueOptions& options, Clock clock = {})
      : options_(checked(options)),
        gate_(std::move(clock),
              {.capacity = options.capacity, .high = options.high_watermark, .low = options.low_watermark},
              options.overflow != Overflow::sample),
        ring_(options.capacity) {}
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;
  ~SpscQueue() {
    std::uint64_t next = gate_.taken();
    for (std::size_t left = size(); left > 0; --left) ring_.take(next++, [](T&&) {});
  }

  /// From now on every push returns `closed`; pops go on until the queue is empty and return `closed` then. Wakes who
  /// waits. Again: no effect.
  void close() { gate_.close(); }

  [[nodiscard]] bool closed() const noexcept { return gate_.closed(); }  ///< was it closed?

  /// Whether the depth has met the high watermark, and the low one not since; known when the push or pop that made it
  /// so has returned.
  [[nodiscard]] bool throttled() const noexcept { return gate_.throttled(); }

  [[nodiscard]] std::size_t capacity() const noexcept { return options_.capacity; }  ///< items that fit
  [[nodiscard]] const QueueOptions& options() const noexcept { return options_; }    ///< as it was made
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }                  ///< whether size() is 0

  /// Items in the queue, at one moment of the call.
  [[nodiscard]] std::size_t size() const noexcept { return gate_.depth(); }

  /// The counters; of one moment, when nobody pushes or pops.
  [[nodiscard]] QueueStats stats() const { return gate_.stats(); }

  /// Has each crossing told to `listener`: see watermark_listener. Before the queue is shared; replaces the last.
  template <watermark_listener F>
  void on_watermark(F listener) {
    gate_.on_watermark(detail::Listener<Crossing>(std::move(listener)));
  }

 private:
  friend class QueueCalls<SpscQueue, T>;

  static const QueueOptions& checked(const QueueOptions& options) {
    check(options);
    const bool evicts = options.overflow == Overflow::drop_oldest || options.overflow == Overflow::drop_lowest_priority;
    if (options.priorities > 1) {
      throw std::invalid_argument("QueueOptions.priorities is " + std::to_string(options.priorities) +
                                  "; an SpscQueue has 1, a BoundedQueue up to " + std::to_string(max_priorities));
    }
    if (evicts) {
      throw std::invalid_argument("QueueOptions.overflow is " + std::string(to_string(options.overflow)) +
                                  "; an SpscQueue cannot evict, a BoundedQueue can");
    }
    return options;
  }

  [[nodiscard]] TimePoint now() const { return gate_.clock.now(); }

  /// Pushes n items, which `store()` puts into the ring.
  template <class Store>
  QueueStatus put(std::size_t n, Priority priority, const detail::Limit& limit, const Store& store) {
    if (priority.level == 0 && n > 0 && !limit.stopped() && gate_.put_plainly(n, store)) [[likely]]
      return QueueStatus::ok;
    return put_otherwise(n, priority, store, limit.stop, limit.deadline.time_since_epoch().count(), limit.waits);
  }

  /// The same where it is not plain. All by value, so that what is plain needs none of it in memory.
  template <class Store>
  PENSTOCK_NOINLINE QueueStatus put_otherwise(std::size_t n, Priority priority, Store store,
                                              const std::stop_token* stop, TimePoint::rep deadline, bool may_wait) {
    const detail::Limit limit{stop, TimePoint(TimePoint::duration(deadline)), may_wait};
    if (priority.level > 0) refuse(priority);
    const bool waits = limit.waits && options_.overflow == Overflow::block;
    for (;;) {
      if (limit.stopped()) return count(&QueueStats::stopped, n, QueueStatus::stopped);
      if (closed()) return count(&QueueStats::closed, n, QueueStatus::closed);
      if (options_.overflow == Overflow::sample && throttled() && ++since_sample_ < options_.sample_every) {
        return count(&QueueStats::sampled_out, n, QueueStatus::dropped);
      }
      if (gate_.put(n, store)) {
        since_sample_ = 0;
        return QueueStatus::ok;
      }
      if (closed()) continue;
      if (options_.overflow == Overflow::drop_newest || options_.overflow == Overflow::sample) {
        return count(&QueueStats::dropped, n, QueueStatus::dropped);
      }
      if (!waits) return count(&QueueStats::rejected, n, QueueStatus::full);
      if (gate_.await_room_awake(n, limit)) continue;
      const QueueStatus status = gate_.sleep_for_room(n, limit);
      if (status == QueueStatus::timeout) return count(&QueueStats::timed_out, n, status);
    }
  }

  QueueStatus count(std::uint64_t QueueStats::*counter, std::size_t n, QueueStatus status) {
    gate_.count(counter, n);
    return status;
  }

  template <class Value>
  QueueStatus put_one(Value&& value, const detail::Limit& limit, Priority priority) {
    return put(1, priority, limit, [&](std::uint64_t i) { ring_.append(i, std::forward<Value>(value)); });
  }

  template <class Range>
  QueueStatus put_all(Range&& items, const detail::Limit& limit, Priority priority) {
    const auto n = static_cast<std::size_t>(std::ranges::distance(items));
    if (n > capacity()) detail::refuse_bulk("SpscQueue", n, capacity());
    return put(n, priority, limit, [&](std::uint64_t i) {
      detail::read_all<T>(std::forward<Range>(items),
                          [&](auto first, auto last, const auto& read) { ring_.append_all(i, first, last, read); });
    });
  }

  /// Pops up to `max` items by `take(n, i)`, after `prepare(n)` has been told how many there will be.
  template <class Prepare, class Take>
  QueueStatus get(std::size_t max, const detail::Limit& limit, const Prepare& prepare, const Take& take) {
    if (!limit.stopped() && gate_.take_plainly(max, prepare, take)) [[likely]]
      return QueueStatus::ok;
    return get_otherwise(max, prepare, take, limit.stop, limit.deadline.time_since_epoch().count(), limit.waits);
  }
  template <class Prepare, class Take>
  PENSTOCK_NOINLINE QueueStatus get_otherwise(std::size_t max, Prepare prepare, Take take, const std::stop_token* stop,
                                              TimePoint::rep deadline, bool waits) {
    const detail::Limit limit{stop, TimePoint(TimePoint::duration(deadline)), waits};
    for (;;) {
      if (limit.stopped()) return QueueStatus::stopped;
      if (gate_.take(max, prepare, take) > 0) return QueueStatus::ok;
      const QueueStatus status = await_item(limit);
      if (status != QueueStatus::ok) return status;
    }
  }

  /// `ok` when there is an item, or why there is none.
  PENSTOCK_NOINLINE QueueStatus await_item(const detail::Limit& limit) {
    for (;;) {
      if (limit.stopped()) return QueueStatus::stopped;
      if (size() > 0) return QueueStatus::ok;
      if (closed()) return gate_.drained() ? QueueStatus::closed : QueueStatus::ok;
      if (!limit.waits) return QueueStatus::empty;
      if (gate_.await_item_awake(limit)) continue;
      const QueueStatus status = gate_.sleep_for_item(limit);
      if (status == QueueStatus::timeout) return status;
    }
  }

  /// Pops one item by `use(T&&)`.
  template <class Use>
  QueueStatus get_one_by(const detail::Limit& limit, const Use& use) {
    const auto nothing = [](std::size_t) {};
    return get(1, limit, nothing, [this, use](std::size_t, std::uint64_t& i) { ring_.take(i, use), ++i; });
  }

  QueueStatus get_one(T& out, const detail::Limit& limit) {
    return get_one_by(limit, [&out](T&& item) { out = std::move(item); });
  }

  std::optional<T> get_one(const detail::Limit& limit) {
    std::optional<T> out;
    static_cast<void>(get_one_by(limit, [&out](T&& item) { out.emplace(std::move(item)); }));
    return out;
  }

  template <class Container>
  QueueStatus get_all(Container& out, std::size_t max, const detail::Limit& limit) {
    if (max == 0) throw std::invalid_argument("SpscQueue: pop_bulk of at most 0 items; at least 1 is needed");
    const auto prepare = [&out](std::size_t n) { detail::grow(out, n); };
    return get(std::min(max, capacity()), limit, prepare, [this, &out](std::size_t n, std::uint64_t& i) {
      if constexpr (detail::copied_in_pieces<T, Container>) {
        ring_.take_all(i, n, [&out](T* items, std::size_t count) { out.insert(out.end(), items, items + count); });
        i += n;
      } else {
        for (; n > 0; --n, ++i) ring_.take(i, [&out](T&& item) { out.push_back(std::move(item)); });
      }
    });
  }

  QueueStatus peek(const detail::Limit& limit) { return await_item(limit); }

  PENSTOCK_COLD [[noreturn]] static void refuse(Priority priority) {
    throw std::invalid_argument("SpscQueue: priority " + std::to_string(priority.level) + "; it has only 0");
  }

  const QueueOptions options_;
  detail::SpscGate<Clock, Sync> gate_;
  std::size_t since_sample_ = 0;  // the producer's: pushes while throttled
  detail::Ring<T> ring_;
};

}  // namespace v0
}  // namespace penstock
