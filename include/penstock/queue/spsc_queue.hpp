// SPDX-License-Identifier: MIT
#pragma once

// The bounded queue for one producer and one consumer: the same calls and counters, and no atomic read-modify-write on
// its way.
//
//     SpscQueue<Event> queue{{.capacity = 1024}};
//     std::jthread consumer([&] { while (auto event = queue.pop()) handle(*event); });
//     for (Event& event : source) static_cast<void>(queue.push(std::move(event)));
//     queue.close();

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/listener.hpp"
#include "penstock/queue/brief_lock.hpp"
#include "penstock/queue/calls.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/crossings.hpp"
#include "penstock/queue/limit.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/ring.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/sync.hpp"
#include "penstock/queue/watermarks.hpp"

#include <algorithm>   // min
#include <atomic>      // memory_order
#include <chrono>      // nanoseconds
#include <cstddef>     // size_t
#include <cstdint>     // uint64_t
#include <mutex>       // scoped_lock
#include <optional>    // optional
#include <ranges>      // distance
#include <stdexcept>   // invalid_argument
#include <stop_token>  // stop_callback
#include <string>      // string
#include <utility>     // forward, move

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
/// **Cost.** O(1): one store a side, and a cache miss whenever one side has caught up with what it last saw of the
/// other. A sleep, a crossing of a watermark and a close cost microseconds; below a capacity of 512, where they would
/// be frequent, each push and pop costs an atomic exchange instead (AsymmetricFence). Memory: `capacity` items.
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
        clock_(std::move(clock)),
        fence_(options.capacity < 512),  // where it fills and empties within microseconds
        crossings_({.capacity = options.capacity, .high = options.high_watermark, .low = options.low_watermark}),
        ring_(options.capacity, 1) {
    settle();
  }
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;
  ~SpscQueue() {
    for (std::size_t left = size(); left > 0; --left) ring_.pop(0);
  }

  /// From now on every push returns `closed`; pops go on until the queue is empty and return `closed` then. Wakes who
  /// waits. Again: no effect.
  void close() {
    const Section section(*this);
    closed_.store(true, std::memory_order_seq_cst);
    fence_.settle();  // a push that began before has told so, one that begins from now on sees it
    reader_.woken = writer_.woken = true;
    reader_.parker.wake();
    writer_.parker.wake();
  }

  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_relaxed); }  ///< was it closed?

  /// Whether the depth has met the high watermark, and the low one not since; known when the push or pop that made it
  /// so has returned.
  [[nodiscard]] bool throttled() const noexcept { return throttled_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::size_t capacity() const noexcept { return options_.capacity; }  ///< items that fit
  [[nodiscard]] const QueueOptions& options() const noexcept { return options_; }    ///< as it was made
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }                  ///< whether size() is 0

  /// Items in the queue, at one moment of the call.
  [[nodiscard]] std::size_t size() const noexcept {
    for (;;) {
      const std::uint64_t popped = popped_.load(std::memory_order_seq_cst);
      const std::uint64_t pushed = pushed_.load(std::memory_order_seq_cst);
      if (popped == popped_.load(std::memory_order_relaxed)) return static_cast<std::size_t>(pushed - popped);
    }
  }

  /// The counters; of one moment, when nobody pushes or pops.
  [[nodiscard]] QueueStats stats() const {
    const std::scoped_lock lock(lock_);
    QueueStats now = counters_;
    now.taken = popped_.load(std::memory_order_acquire);
    now.accepted = pushed_.load(std::memory_order_acquire);
    now.depth = static_cast<std::size_t>(now.accepted - now.taken);
    now.max_depth = static_cast<std::size_t>(record_.load(std::memory_order_relaxed));
    now.throttled = throttled();
    now.crossings = crossings_.count();
    now.throttled_for = crossings_.throttled_for(now.throttled ? clock_.now() : TimePoint{});
    now.waiting_pops = reader_.need > 0 ? 1 : 0;
    now.waiting_pushes = writer_.need > 0 ? 1 : 0;
    return now;
  }

  /// Has each crossing told to `listener`: see watermark_listener. Before the queue is shared; replaces the last.
  template <watermark_listener F>
  void on_watermark(F listener) {
    on_watermark_ = detail::Listener<Crossing>(std::move(listener));
    crossings_.heard = true;
  }

 private:
  friend class QueueCalls<SpscQueue, T>;
  using Counter = typename Sync::template Atomic<std::uint64_t>;
  static constexpr std::uint64_t always = UINT64_MAX;

  /// One side when it sleeps. Under the lock.
  struct Sleeper {
    typename Sync::template Parker<Clock> parker{};
    std::size_t need = 0;  // items or room it waits for; 0: it does not
    bool woken = false;    // since it began to wait
    [[nodiscard]] bool asks() const noexcept { return need > 0 && !woken; }
  };

  /// Holds the lock; at its end whoever can go on is woken and crossings are told, both outside of it.
  class Section {
   public:
    explicit Section(SpscQueue& queue) : queue_(queue) { queue_.lock_.lock(); }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
      const bool reads = wakes(queue_.reader_, queue_.size());
      const bool writes = wakes(queue_.writer_, queue_.capacity() - queue_.size());
      queue_.settle();
      queue_.reader_coming_.store(queue_.reader_.woken && queue_.reader_.need > 0, std::memory_order_relaxed);
      queue_.writer_coming_.store(queue_.writer_.woken && queue_.writer_.need > 0, std::memory_order_relaxed);
      const bool tells = queue_.crossings_.start_telling();
      queue_.lock_.unlock();
      if (reads) queue_.reader_.parker.wake();
      if (writes) queue_.writer_.parker.wake();
      if (tells) queue_.tell_crossings();
    }
    void end() const noexcept {}  // what there is to do is done when it ends

   private:
    static bool wakes(Sleeper& sleeper, std::size_t available) noexcept {
      if (!sleeper.asks() || sleeper.need > available) return false;
      return sleeper.woken = true;
    }
    SpscQueue& queue_;
  };

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

  [[nodiscard]] TimePoint now() const { return clock_.now(); }

  /// Under the lock: watermarks, and from which depth on each side is to look up from its work. What makes a side look
  /// up sooner is told and settled before the depth is looked at again, so that no step is missed.
  void settle() noexcept {
    for (bool sooner = true; sooner; fence_.settle()) {
      const std::size_t depth = size();
      if (crossings_.crosses(depth)) {
        throttled_.store(crossings_.update(depth, clock_.now()) == Crossing::rose, std::memory_order_relaxed);
      }
      const Watermarks& marks = crossings_.marks();
      const std::uint64_t limit = reader_.asks() ? 0 : throttled() ? capacity() : marks.high() - 1;
      const std::uint64_t floor = writer_.asks() ? always : throttled() ? marks.low() + 1 : 0;
      sooner =
          limit < put_limit_.load(std::memory_order_relaxed) || floor > take_floor_.load(std::memory_order_relaxed);
      put_limit_.store(limit, std::memory_order_seq_cst);
      take_floor_.store(floor, std::memory_order_seq_cst);
      if (!sooner) return;
    }
  }

  void tell_crossings() noexcept {
    const auto next = [this] {
      const std::scoped_lock lock(lock_);
      return crossings_.next();
    };
    for (Crossing crossing; (crossing = next()) != Crossing::none;) {
      try {
        on_watermark_(crossing);
      } catch (...) {
        const std::scoped_lock lock(lock_);
        ++counters_.listener_exceptions;
      }
    }
  }

  /// Sleeps until `available()` is enough (`ok`), the queue is closed, or the limit is reached.
  template <class Available>
  QueueStatus wait(Sleeper& me, std::size_t need, const detail::Limit& limit, const Available& available,
                   std::uint64_t& waits, std::chrono::nanoseconds& waited) {
    const std::stop_callback wake_on_stop(*limit.stop, [&me] { me.parker.wake(); });
    const TimePoint start = clock_.now();
    bool slept = false;
    for (bool late = start >= limit.deadline;;) {
      {
        const Section section(*this);
        me.need = need;
        me.woken = false;
        settle();
        const QueueStatus status = limit.stopped()       ? QueueStatus::stopped
                                   : available() >= need ? QueueStatus::ok
                                   : closed()            ? QueueStatus::closed
                                   : late                ? QueueStatus::timeout
                                                         : QueueStatus::empty;
        if (status != QueueStatus::empty) {
          me.need = 0;
          if (slept) {
            ++waits;
            waited += clock_.now() - start;
          }
          return status;
        }
      }
      slept = true;
      late = !me.parker.sleep(clock_, limit.deadline);
    }
  }

  // The producer.

  /// Has n items stored, unless the queue is closed or they do not fit; whether it was.
  template <class Store>
  bool put_plainly(std::size_t n, const Store& store) {
    const std::uint64_t end = written_ + n;
    if (end - popped_seen_ > options_.capacity) {
      popped_seen_ = popped_.load(std::memory_order_acquire);
      if (end - popped_seen_ > options_.capacity) return false;
    }
    const Busy busy(*this);
    if (closed_.load(std::memory_order_seq_cst)) return false;
    store();
    written_ = end;
    note_depth(end);
    fence_.tell(pushed_, end);
    return true;
  }

  /// Tells that a push is on its way, which a consumer that finds the queue closed waits for.
  class Busy {
   public:
    explicit Busy(SpscQueue& queue) : queue_(queue) { queue_.fence_.tell(queue_.busy_, 1); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() { queue_.busy_.store(0, std::memory_order_release); }

   private:
    SpscQueue& queue_;
  };

  void note_depth(std::uint64_t end) {
    const std::uint64_t record = record_.load(std::memory_order_relaxed);
    if (end - popped_seen_ <= record) return;
    popped_seen_ = popped_.load(std::memory_order_acquire);
    if (end - popped_seen_ > record) record_.store(end - popped_seen_, std::memory_order_relaxed);
  }

  /// Sees to the consumer and the watermarks, where that is due.
  void follow_put() {
    const auto due = [this] { return written_ - popped_seen_ > put_limit_.load(std::memory_order_seq_cst); };
    if (!due()) [[likely]]
      return;
    popped_seen_ = popped_.load(std::memory_order_acquire);
    if (due()) Section(*this).end();
  }

  template <class Store>
  QueueStatus put(std::size_t n, Priority priority, const detail::Limit& limit, const Store& store) {
    if (priority.level > 0) refuse(priority);
    const auto room = [this] { return capacity() - size(); };
    const bool waits = limit.waits && options_.overflow == Overflow::block;
    for (;;) {
      if (limit.stopped()) return count(counters_.stopped, n, QueueStatus::stopped);
      if (closed()) return count(counters_.closed, n, QueueStatus::closed);
      if (options_.overflow == Overflow::sample && throttled() && ++since_sample_ < options_.sample_every) {
        return count(counters_.sampled_out, n, QueueStatus::dropped);
      }
      if (put_plainly(n, store)) {
        since_sample_ = 0;
        follow_put();
        return QueueStatus::ok;
      }
      if (closed()) continue;
      if (options_.overflow == Overflow::drop_newest || options_.overflow == Overflow::sample) {
        return count(counters_.dropped, n, QueueStatus::dropped);
      }
      if (!waits) return count(counters_.rejected, n, QueueStatus::full);
      if (producer_patience_.wait([&] { return room() >= n; },
                                  [&] { return reader_coming_.load(std::memory_order_relaxed); }))
        continue;
      const QueueStatus status = wait(writer_, n, limit, room, counters_.push_waits, counters_.push_wait);
      if (status == QueueStatus::timeout) return count(counters_.timed_out, n, status);
    }
  }

  QueueStatus count(std::uint64_t& counter, std::size_t n, QueueStatus status) {
    const std::scoped_lock lock(lock_);
    counter += n;
    return status;
  }

  template <class Value>
  QueueStatus put_one(Value&& value, const detail::Limit& limit, Priority priority) {
    return put(1, priority, limit, [&] { ring_.append(0, std::forward<Value>(value)); });
  }

  template <class Range>
  QueueStatus put_all(Range&& items, const detail::Limit& limit, Priority priority) {
    const auto n = static_cast<std::size_t>(std::ranges::distance(items));
    if (n > capacity()) detail::refuse_bulk(n, capacity());
    return put(n, priority, limit, [&] {
      detail::read_all<T>(std::forward<Range>(items),
                          [&](auto first, auto last, const auto& read) { ring_.append_all(0, first, last, read); });
    });
  }

  // The consumer.

  /// Takes up to `max` items; how many.
  template <class Prepare, class Use>
  std::size_t take_plainly(std::size_t max, const Prepare& prepare, const Use& use) {
    if (pushed_seen_ - read_ < max) {
      pushed_seen_ = pushed_.load(std::memory_order_acquire);
      max = static_cast<std::size_t>(std::min<std::uint64_t>(max, pushed_seen_ - read_));
      if (max == 0) return 0;
    }
    prepare(max);
    const struct Publish {
      ~Publish() { queue.fence_.tell(queue.popped_, queue.read_); }
      SpscQueue& queue;
    } publish{*this};
    for (std::size_t i = 0; i < max; ++i, ++read_) {
      use(std::move(ring_.front(0)));
      ring_.pop(0);
    }
    return max;
  }

  /// Sees to the producer and the watermarks, where that is due.
  void follow_take() {
    const auto due = [this] { return pushed_seen_ - read_ < take_floor_.load(std::memory_order_seq_cst); };
    if (!due()) [[likely]]
      return;
    pushed_seen_ = pushed_.load(std::memory_order_acquire);
    if (due()) Section(*this).end();
  }

  template <class Prepare, class Use>
  QueueStatus get(std::size_t max, const detail::Limit& limit, const Prepare& prepare, const Use& use) {
    const struct Follow {  // also when an item throws
      ~Follow() { queue.follow_take(); }
      SpscQueue& queue;
    } follow{*this};
    for (;;) {
      if (limit.stopped()) return QueueStatus::stopped;
      if (take_plainly(max, prepare, use) > 0) return QueueStatus::ok;
      const QueueStatus status = await_item(limit);
      if (status != QueueStatus::ok) return status;
    }
  }

  /// `ok` when there is an item, or why there is none.
  QueueStatus await_item(const detail::Limit& limit) {
    const auto items = [this] { return size(); };
    for (;;) {
      if (limit.stopped()) return QueueStatus::stopped;
      if (items() > 0) return QueueStatus::ok;
      if (closed()) return drained() ? QueueStatus::closed : QueueStatus::ok;
      if (!limit.waits) return QueueStatus::empty;
      if (consumer_patience_.wait([&] { return items() > 0; },
                                  [&] { return writer_coming_.load(std::memory_order_relaxed); }))
        return QueueStatus::ok;
      const QueueStatus status = wait(reader_, 1, limit, items, counters_.pop_waits, counters_.pop_wait);
      if (status == QueueStatus::timeout) return status;
    }
  }

  /// Whether a closed queue is empty for good: a push that began before the close may still be on its way.
  [[nodiscard]] bool drained() const noexcept {
    { const std::scoped_lock closing(lock_); }  // until close() has settled: only then is `busy_` to be believed
    while (busy_.load(std::memory_order_seq_cst) != 0) static_cast<void>(Sync::yield());
    return size() == 0;
  }

  static void nothing(std::size_t) {}

  QueueStatus get_one(T& out, const detail::Limit& limit) {
    return get(1, limit, nothing, [&](T&& item) { out = std::move(item); });
  }

  std::optional<T> get_one(const detail::Limit& limit) {
    std::optional<T> out;
    static_cast<void>(get(1, limit, nothing, [&](T&& item) { out.emplace(std::move(item)); }));
    return out;
  }

  template <class Container>
  QueueStatus get_all(Container& out, std::size_t max, const detail::Limit& limit) {
    if (max == 0) throw std::invalid_argument("SpscQueue: pop_bulk of at most 0 items; at least 1 is needed");
    return get(
        max, limit, [&](std::size_t n) { detail::grow(out, n); }, [&](T&& item) { out.push_back(std::move(item)); });
  }

  QueueStatus peek(const detail::Limit& limit) { return await_item(limit); }

  PENSTOCK_COLD [[noreturn]] static void refuse(Priority priority) {
    throw std::invalid_argument("SpscQueue: priority " + std::to_string(priority.level) + "; it has only 0");
  }

  const QueueOptions options_;
  const Clock clock_;
  const typename Sync::Fence fence_;
  detail::Listener<Crossing> on_watermark_{};

  // Written seldom, under the lock.
  typename Sync::template Atomic<bool> closed_{false};
  typename Sync::template Atomic<bool> throttled_{false};
  typename Sync::template Atomic<bool> reader_coming_{false};  // whether it has been woken and still is in its wait
  typename Sync::template Atomic<bool> writer_coming_{false};
  Counter put_limit_{0};   // a push that makes the depth greater looks up from its work
  Counter take_floor_{0};  // a pop that makes the depth less does

  mutable detail::BriefLock<Sync> lock_{};
  detail::Crossings crossings_;
  QueueStats counters_{};  // without what stats() adds
  Sleeper reader_{};
  Sleeper writer_{};

  // The producer's.
  alignas(detail::apart) std::uint64_t written_ = 0;
  std::uint64_t popped_seen_ = 0;
  std::size_t since_sample_ = 0;
  Counter record_{0};  // the greatest depth
  Counter busy_{0};
  alignas(detail::apart) detail::Patience<Sync> producer_patience_{};
  alignas(detail::apart) Counter pushed_{0};

  // The consumer's.
  alignas(detail::apart) std::uint64_t read_ = 0;
  std::uint64_t pushed_seen_ = 0;
  alignas(detail::apart) detail::Patience<Sync> consumer_patience_{};
  alignas(detail::apart) Counter popped_{0};

  detail::Rings<T> ring_;
};

}  // namespace v0
}  // namespace penstock
