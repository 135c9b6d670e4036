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
// docs/queue.md has the table of what each policy does in each call. One producer and one consumer: spsc_queue.hpp.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/listener.hpp"
#include "penstock/queue/calls.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/gate.hpp"
#include "penstock/queue/limit.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/overflow.hpp"
#include "penstock/queue/ring.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/sync.hpp"
#include "penstock/queue/watermarks.hpp"

#include <algorithm>    // max, min
#include <concepts>     // invocable, same_as
#include <cstddef>      // size_t
#include <memory>       // addressof, make_unique, unique_ptr
#include <optional>     // optional
#include <ranges>       // begin, borrowed_range, distance, end, range_reference_t
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <type_traits>  // is_lvalue_reference_v
#include <utility>      // forward, move, move_if_noexcept
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// First in, first out within a priority; any number of producers and consumers. QueueCalls has its pushes and pops.
/// All functions are thread-safe, except `on_drop`, `on_watermark` and `overflow_by`, which come before the queue is
/// shared. It must outlive every call: to destroy it while threads wait in it is an error of the user's; close it and
/// join them first. Items left then are destroyed.
///
/// **Order of waiting.** Waiting threads are woken in the order in which they came, and only when there is something
/// for them; a call that finds that it need not wait may be served before those that are being woken. So that a bulk
/// that waits for room is not starved, once `capacity` items have passed it later pushes, except those that never
/// wait, line up behind it. Before it sleeps, a thread stays awake for some microseconds if that was of use
/// lately.
///
/// **Exceptions.** As QueueCalls says; listeners' exceptions are counted and go no further.
///
/// **T** is moved and destroyed under a lock of the queue and must not call the queue there. Evicted items are
/// destroyed outside of it.
///
/// **Cost.** O(1), one lock of a few nanoseconds, which producers share, and another that consumers share. With more
/// than one priority, at a watermark, at a record depth and when full, both. Memory: `capacity` items a priority.
///
/// `Sync` is for tests: what the queue is built on.
template <queue_item T, clock_source Clock = SteadyClock, class Sync = detail::SystemSync>
class BoundedQueue : public QueueCalls<BoundedQueue<T, Clock, Sync>, T> {
 public:
  using value_type = T;      ///< of the items
  using clock_type = Clock;  ///< by which deadlines and the counters' times go

  /// Takes all the memory that it will ever need for items.
  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit BoundedQueue(const QueueOptions& options, Clock clock = {})
      : options_((check(options), options)),
        gate_(std::move(clock),
              {.capacity = options.capacity, .high = options.high_watermark, .low = options.low_watermark}),
        rings_(options.capacity, options.priorities) {
    gate_.plain_puts = gate_.plain_takes = options.priorities == 1;
    gate_.plain_throttled_puts = options.overflow != Overflow::sample;
    gate_.begin();
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;
  ~BoundedQueue() {
    for (std::size_t left = size(); left > 0; --left) rings_.pop(rings_.highest());
  }

  /// From now on every push returns `closed`; pops go on until the queue is empty and return `closed` then. Wakes all
  /// who wait. Again: no effect.
  void close() { gate_.close(); }

  [[nodiscard]] bool closed() const noexcept { return gate_.closed(); }    ///< close() was called; items may be left
  [[nodiscard]] std::size_t size() const { return gate_.locked_depth(); }  ///< items in the queue
  [[nodiscard]] bool empty() const { return size() == 0; }                 ///< whether size() is 0
  [[nodiscard]] std::size_t capacity() const noexcept { return options_.capacity; }  ///< items that fit
  [[nodiscard]] const QueueOptions& options() const noexcept { return options_; }    ///< as it was made

  /// Whether the depth has met the high watermark, and the low one not since. No lock is taken.
  [[nodiscard]] bool throttled() const noexcept { return gate_.throttled(); }

  /// All counters, of one moment.
  [[nodiscard]] QueueStats stats() const {
    QueueStats stats = gate_.stats();
    (options_.overflow == Overflow::drop_newest ? stats.dropped : stats.rejected) += gate_.turned_away();
    return stats;
  }

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
    gate_.on_watermark(detail::Listener<Crossing>(std::move(listener)));
  }

  /// Has `policy` decide in place of QueueOptions::overflow. Before the queue is shared; replaces the last.
  template <overflow_policy<T> Policy>
  void overflow_by(Policy policy) {
    policy_ = std::make_unique<Held<Policy>>(std::move(policy));
    gate_.plain_throttled_puts = false;
  }

 private:
  friend class QueueCalls<BoundedQueue, T>;

  struct AnyPolicy {
    virtual ~AnyPolicy() = default;
    virtual Verdict ask(const Arrival<T>& arrival) = 0;
  };
  template <class Policy>
  struct Held final : AnyPolicy {
    explicit Held(Policy&& p) : policy(std::move(p)) {}
    Verdict ask(const Arrival<T>& arrival) override { return policy(arrival); }
    Policy policy;
  };

  /// Items that a push evicted: handed over when it has ended, in whatever way, outside the locks.
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

  static constexpr QueueStatus no_room_yet = QueueStatus::empty;  // within: it may wait, where `full` is final

  [[nodiscard]] TimePoint now() const { return gate_.clock.now(); }

  /// Pushes `n` items, which `store()` puts into slots.
  template <class Store>
  QueueStatus put(std::size_t n, Priority priority, detail::Limit limit, const Store& store) {
    if (priority.level >= options_.priorities) refuse(priority);
    const auto plainly = [&] { return n > 0 && !limit.stopped() && gate_.put_plainly(n, store); };
    if (plainly()) [[likely]]
      return QueueStatus::ok;
    limit.waits = limit.waits && (options_.overflow == Overflow::block || policy_);
    if (turns_away() && !limit.waits && !limit.stopped() && n > gate_.room() && !gate_.closed()) {
      gate_.turn_away(n);
      return options_.overflow == Overflow::drop_newest ? QueueStatus::dropped : QueueStatus::full;
    }
    if (limit.waits && n > gate_.room() && gate_.put_soon(n, limit, plainly)) return QueueStatus::ok;
    return put_at_the_gate(n, priority, limit, store);
  }

  /// The same where it is not plain.
  template <class Store>
  QueueStatus put_at_the_gate(std::size_t n, Priority priority, const detail::Limit& limit, const Store& store) {
    Victims victims(*this, evicts() ? n : 0);
    bool sampled_out = false;
    const auto attempt = [&](bool fresh) {
      if (gate_.closed()) return QueueStatus::closed;
      const bool bulk_waits = gate_.writers.bulks() > 0;
      if (fresh && limit.waits && n > 0 && bulk_waits && passed_ + n > options_.capacity) return no_room_yet;
      if (n > gate_.room() || gate_.throttled()) {
        const QueueStatus status = make_way(n, priority, victims, sampled_out);
        if (status != QueueStatus::ok) return status;
      }
      store();
      gate_.note_in(n);
      since_sample_ = 0;
      passed_ = bulk_waits && (fresh || n == 1) ? passed_ + n : 0;
      return QueueStatus::ok;
    };
    const auto count = [&](QueueStatus status) {
      QueueStats& counters = gate_.counters;
      switch (status) {
        case no_room_yet:
        case QueueStatus::full: counters.rejected += n; break;
        case QueueStatus::closed: counters.closed += n; break;
        case QueueStatus::timeout: counters.timed_out += n; break;
        case QueueStatus::stopped: counters.stopped += n; break;
        case QueueStatus::dropped: (sampled_out ? counters.sampled_out : counters.dropped) += n; break;
        case QueueStatus::ok: break;  // counted as it came in
      }
    };
    const QueueStatus status = gate_.perform(gate_.writers, n, no_room_yet, limit, attempt, count);
    return status == no_room_yet ? QueueStatus::full : status;
  }

  template <class Value>
  QueueStatus put_one(Value&& value, const detail::Limit& limit, Priority priority) {
    return put(1, priority, limit, [&] { rings_.append(priority.level, std::forward<Value>(value)); });
  }

  template <class Range>
  QueueStatus put_all(Range&& items, const detail::Limit& limit, Priority priority) {
    const auto n = static_cast<std::size_t>(std::ranges::distance(items));
    if (n > capacity()) detail::refuse_bulk("BoundedQueue", n, capacity());
    return put(n, priority, limit, [&] {
      detail::read_all<T>(std::forward<Range>(items), [&](auto first, auto last, const auto& read) {
        rings_.append_all(priority.level, first, last, read);
      });
    });
  }

  /// Whether a newcomer that finds no room, and is not to wait, goes away whatever else there is to know: then no lock
  /// is needed, and whoever tries in a loop is in nobody's way.
  [[nodiscard]] bool turns_away() const noexcept {
    return !policy_ && (options_.overflow == Overflow::block || options_.overflow == Overflow::reject ||
                        options_.overflow == Overflow::drop_newest);
  }

  /// Whether a push may evict.
  [[nodiscard]] bool evicts() const noexcept {
    return policy_ || options_.overflow == Overflow::drop_oldest || options_.overflow == Overflow::drop_lowest_priority;
  }

  Verdict judge(std::size_t n, Priority priority, bool& sampled_out) {
    if (policy_) {
      const std::size_t depth = gate_.depth();
      return policy_->ask({.count = n,
                           .priority = priority,
                           .depth = depth,
                           .capacity = options_.capacity,
                           .throttled = gate_.throttled(),
                           .oldest = depth > 0 ? std::addressof(rings_.front(rings_.oldest())) : nullptr});
    }
    switch (options_.overflow) {
      case Overflow::block: break;
      case Overflow::reject: return n > gate_.room() ? Verdict::reject : Verdict::admit;
      case Overflow::drop_newest: return n > gate_.room() ? Verdict::drop : Verdict::admit;
      case Overflow::drop_oldest: return Verdict::evict_oldest;
      case Overflow::drop_lowest_priority: return Verdict::evict_lowest;
      case Overflow::sample:
        sampled_out = gate_.throttled() && ++since_sample_ < options_.sample_every;
        return sampled_out || n > gate_.room() ? Verdict::drop : Verdict::admit;
    }
    return Verdict::admit;
  }

  /// Makes room for n more items, or says why there is none. Evicts nobody unless it can make room for all.
  QueueStatus make_way(std::size_t n, Priority newcomer, Victims& victims, bool& sampled_out) {
    const Verdict verdict = judge(n, newcomer, sampled_out);
    std::size_t missing = n > gate_.room() ? n - gate_.room() : 0;
    switch (verdict) {
      case Verdict::reject: return QueueStatus::full;
      case Verdict::drop: return QueueStatus::dropped;
      case Verdict::admit: return missing > 0 ? no_room_yet : QueueStatus::ok;
      case Verdict::evict_oldest:
        for (; missing > 0; --missing) evict(rings_.oldest(), victims);
        return QueueStatus::ok;
      case Verdict::evict_lowest: break;
    }
    std::size_t below = 0;
    for (unsigned level = 0; level < newcomer.level; ++level) below += rings_.size(level);
    if (below < missing) return QueueStatus::dropped;
    for (unsigned level = 0; missing > 0; ++level) {
      for (; missing > 0 && rings_.size(level) > 0; --missing) evict(level, victims);
    }
    return QueueStatus::ok;
  }

  void evict(unsigned level, Victims& victims) {
    victims.add(std::move(rings_.front(level)));
    rings_.pop(level);
    gate_.note_out(1);
    ++gate_.counters.evicted;
  }

  /// Pops up to `max` items, each by `use(T&&)`, after `prepare(n)` has been told how many there will be. Where none
  /// but the first ring is in question, `take(n, done)` may take several at once.
  template <class Prepare, class Take, class Use>
  QueueStatus get(std::size_t max, const detail::Limit& limit, const Prepare& prepare, const Take& take,
                  const Use& use) {
    max = std::min(max, options_.capacity);
    const auto plainly = [&] { return !limit.stopped() && gate_.take_plainly(max, prepare, take) > 0; };
    if (plainly()) [[likely]]
      return QueueStatus::ok;
    if (gate_.depth() == 0) {
      if (limit.waits && gate_.take_soon(limit, plainly)) return QueueStatus::ok;
      if (!limit.waits && !evicts() && !gate_.closed()) return QueueStatus::empty;  // an eviction passes through empty
    }
    const auto attempt = [&](bool) {
      if (gate_.depth() == 0) return gate_.closed() ? QueueStatus::closed : QueueStatus::empty;
      const std::size_t n = std::min(max, gate_.depth());
      prepare(n);
      for (std::size_t i = 0; i < n; ++i) take_next(use);
      return QueueStatus::ok;
    };
    return gate_.perform(gate_.readers, 1, QueueStatus::empty, limit, attempt, [](QueueStatus) {});
  }

  /// Gives the next item to `use`, then removes it. Under both locks.
  template <class Use>
  void take_next(const Use& use) {
    const bool oldest = options_.starvation_bound > 0 && since_oldest_ + 1 >= options_.starvation_bound;
    const unsigned level = oldest ? rings_.oldest() : rings_.highest();
    use(std::move(rings_.front(level)));
    rings_.pop(level);
    since_oldest_ = oldest ? 0 : since_oldest_ + 1;
    gate_.note_out(1);
  }

  /// One after the other, from the first ring.
  template <class Use>
  void take_each(std::size_t n, std::size_t& done, const Use& use) {
    for (; n > 0; --n, ++done) {
      use(std::move(rings_.front(0)));
      rings_.pop(0);
    }
  }

  template <class Use>
  QueueStatus get_one_by(const detail::Limit& limit, const Use& use) {
    const auto nothing = [](std::size_t) {};
    return get(
        1, limit, nothing, [&](std::size_t n, std::size_t& done) { take_each(n, done, use); }, use);
  }

  QueueStatus get_one(T& out, const detail::Limit& limit) {
    return get_one_by(limit, [&](T&& item) { out = std::move(item); });
  }

  std::optional<T> get_one(const detail::Limit& limit) {
    std::optional<T> out;
    static_cast<void>(get_one_by(limit, [&](T&& item) { out.emplace(std::move(item)); }));
    return out;
  }

  template <class Container>
  QueueStatus get_all(Container& out, std::size_t max, const detail::Limit& limit) {
    if (max == 0) throw std::invalid_argument("BoundedQueue: pop_bulk of at most 0 items; at least 1 is needed");
    const auto prepare = [&](std::size_t n) { detail::grow(out, n); };
    const auto use = [&](T&& item) { out.push_back(std::move(item)); };
    const auto take = [&](std::size_t n, std::size_t& done) {
      if constexpr (detail::copied_in_pieces<T, Container>) {
        rings_.take_all(n, [&](T* items, std::size_t count) { out.insert(out.end(), items, items + count); });
        done += n;
      } else {
        take_each(n, done, use);
      }
    };
    return get(max, limit, prepare, take, use);
  }

  QueueStatus peek(const detail::Limit& limit) {
    const auto readable = [&] { return !limit.stopped() && gate_.depth() > 0; };
    if (readable() || (limit.waits && !limit.stopped() && gate_.take_soon(limit, readable))) return QueueStatus::ok;
    const auto attempt = [&](bool) {
      if (gate_.depth() > 0) return QueueStatus::ok;
      return gate_.closed() ? QueueStatus::closed : QueueStatus::empty;
    };
    return gate_.perform(gate_.readers, 1, QueueStatus::empty, limit, attempt, [](QueueStatus) {});
  }

  PENSTOCK_COLD [[noreturn]] void refuse(Priority priority) const {
    throw std::invalid_argument("BoundedQueue: priority " + std::to_string(priority.level) +
                                " is not below QueueOptions.priorities, " + std::to_string(options_.priorities));
  }

  const QueueOptions options_;
  detail::Gate<Clock, Sync> gate_;
  detail::Listener<T&&> on_drop_{};
  std::unique_ptr<AnyPolicy> policy_{};
  detail::Rings<T> rings_;

  // Under both locks.
  std::size_t since_oldest_ = 0;  // pops, with more than one priority
  std::size_t since_sample_ = 0;  // pushes while throttled
  std::size_t passed_ = 0;        // items that went in ahead of a bulk that waits
};

}  // namespace v0
}  // namespace penstock
