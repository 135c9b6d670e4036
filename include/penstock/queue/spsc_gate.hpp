// SPDX-License-Identifier: MIT
#pragma once

// A queue of one producer and one consumer without its items: how far each has come, who sleeps, the watermarks and the
// counters. Gate is the same for any number of them.
//
//     if (gate.put_plainly(1, store) || gate.put(1, store)) return QueueStatus::ok;
//     return gate.sleep_for_room(1, limit);
//
// A put or take is *plain* as long as it cannot matter to the other side: it stores its item and its counters, and
// looks at nothing that the other side writes all the time. How far that goes is one number a side (`put_end_`,
// `take_end_`). Where it ends, a side tells its counter by an atomic exchange, looks up what the other has made of the
// watermarks and the depth, and makes the number anew. Whoever cannot wait for that, to sleep or to close, sets the
// number to 0 and has the other side pass a fence (asymmetric_fence.hpp): it is looked at after each put and take.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/listener.hpp"
#include "penstock/queue/brief_lock.hpp"
#include "penstock/queue/crossings.hpp"
#include "penstock/queue/limit.hpp"
#include "penstock/queue/ring.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/sync.hpp"
#include "penstock/queue/watermarks.hpp"

#include <algorithm>   // max, min
#include <atomic>      // memory_order
#include <chrono>      // nanoseconds
#include <cstddef>     // size_t
#include <cstdint>     // uint64_t
#include <mutex>       // scoped_lock
#include <stop_token>  // stop_callback
#include <utility>     // move

namespace penstock {
inline namespace v0 {
namespace detail {

/// The members are for the queue. What it promises to its user is SpscQueue's to say.
template <clock_source Clock, class Sync>
class SpscGate {
 public:
  /// Unless `plain_throttled_puts`, each put that comes in while throttled is told from the others.
  SpscGate(Clock the_clock, const WatermarkOptions& options, bool plain_throttled_puts)
      : clock(std::move(the_clock)),
        capacity(options.capacity),
        crossings_(options),
        plain_(options.capacity >= fewest_plain && Sync::can_settle()),
        stride_((crossings_.marks().high() - crossings_.marks().low()) / 2),
        throttled_limit_(plain_throttled_puts ? options.capacity : 0) {
    put_limit_.store(crossings_.marks().high() - 1, std::memory_order_relaxed);
  }

  const Clock clock;
  const std::size_t capacity;

  // Any thread.

  void on_watermark(Listener<Crossing> listener) {
    on_watermark_ = std::move(listener);
    crossings_.heard = true;
  }

  void close() {
    const Section section(*this);
    closed_.store(true, std::memory_order_seq_cst);
    settle();
    if (plain_) Sync::settle();  // a push that began before has told so, one that begins from now on sees it
    reader_.woken = writer_.woken = true;
    reader_.parker.wake();
    writer_.parker.wake();
  }

  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_seq_cst); }
  [[nodiscard]] bool throttled() const noexcept { return throttled_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::size_t depth() const noexcept {
    for (;;) {
      const std::uint64_t popped = popped_.load(std::memory_order_seq_cst);
      const std::uint64_t pushed = pushed_.load(std::memory_order_seq_cst);
      if (popped == popped_.load(std::memory_order_relaxed)) return static_cast<std::size_t>(pushed - popped);
    }
  }
  [[nodiscard]] std::uint64_t taken() const noexcept { return popped_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t room() const noexcept { return capacity - depth(); }

  [[nodiscard]] QueueStats stats() const {
    const std::scoped_lock lock(lock_);
    QueueStats now = counters_;
    do {  // as depth() does: no more than the capacity, also if we lose the core in between
      now.taken = popped_.load(std::memory_order_seq_cst);
      now.accepted = pushed_.load(std::memory_order_seq_cst);
    } while (now.taken != popped_.load(std::memory_order_relaxed));
    now.depth = static_cast<std::size_t>(now.accepted - now.taken);
    now.max_depth = static_cast<std::size_t>(record_.load(std::memory_order_relaxed));
    now.throttled = throttled();
    now.crossings = crossings_.count();
    now.throttled_for = crossings_.throttled_for(now.throttled ? clock.now() : TimePoint{});
    now.waiting_pops = reader_.need > 0 ? 1 : 0;
    now.waiting_pushes = writer_.need > 0 ? 1 : 0;
    return now;
  }

  /// Counts n items that were refused.
  void count(std::uint64_t QueueStats::*counter, std::size_t n) noexcept {
    const std::scoped_lock lock(lock_);
    counters_.*counter += n;
  }

  // The producer.

  /// Has n items stored by `store(i)`, of which the first is the i-th ever, if that is plain; whether it was. If
  /// `store` throws, nothing has changed.
  template <class Store>
  bool put_plainly(std::size_t n, const Store& store) {
    const std::uint64_t begin = Sync::own(claimed_);
    const std::uint64_t end = begin + n;
    Claim claim(*this, begin);
    Sync::tell(claimed_, end);
    if (end > put_end_.load(std::memory_order_seq_cst)) return false;
    store(begin);
    claim.holds = true;
    Sync::tell(pushed_, end);
    if (end > put_end_.load(std::memory_order_seq_cst)) [[unlikely]]
      look_after_put(end);
    return true;
  }

  /// The same in any case, unless the queue is closed or they do not fit.
  template <class Store>
  bool put(std::size_t n, const Store& store) {
    const std::uint64_t begin = Sync::own(claimed_);
    const std::uint64_t end = begin + n;
    if (end - popped_seen_ > capacity) {
      popped_seen_ = popped_.load(std::memory_order_acquire);
      if (end - popped_seen_ > capacity) return false;
    }
    Claim claim(*this, begin);
    claimed_.exchange(end, std::memory_order_seq_cst);
    if (closed()) return false;
    store(begin);
    claim.holds = true;
    look_after_put(end);
    return true;
  }

  /// Stays awake a moment until there is room for n, or something else for the producer to see; whether there is.
  bool await_room_awake(std::size_t n, const Limit& limit) {
    return producer_patience_.wait([&] { return room() >= n || closed() || limit.stopped(); },
                                   [&] { return reader_coming_.load(std::memory_order_relaxed); });
  }
  /// Sleeps until there is room for n (`ok`), the queue is closed, or the limit is reached.
  QueueStatus sleep_for_room(std::size_t n, const Limit& limit) {
    return sleep(
        writer_, n, limit, [this] { return room(); }, &QueueStats::push_waits, &QueueStats::push_wait);
  }

  // The consumer.

  /// Takes n items, if that is plain; whether it did. `prepare(n)` comes first; `take(n, i)` takes them out, of which
  /// the first is the i-th ever, and adds each to `i`; what it throws goes on to the caller, and that item and those
  /// behind it stay.
  template <class Prepare, class Take>
  bool take_plainly(std::size_t n, const Prepare& prepare, const Take& take) {
    std::uint64_t end = Sync::own(popped_);
    if (end + n > take_end_.load(std::memory_order_relaxed)) return false;
    prepare(n);
    const struct Publish {
      ~Publish() {
        Sync::tell(gate.popped_, end);
        if (end > gate.take_end_.load(std::memory_order_seq_cst)) [[unlikely]]
          gate.look_after_take(end);
      }
      SpscGate& gate;
      std::uint64_t& end;
    } publish{*this, end};
    take(n, end);
    return true;
  }

  /// The same for up to `max` items, as many as there are; how many.
  template <class Prepare, class Take>
  std::size_t take(std::size_t max, const Prepare& prepare, const Take& take) {
    std::uint64_t end = Sync::own(popped_);
    if (pushed_seen_ - end < max) {
      pushed_seen_ = pushed_.load(std::memory_order_acquire);
      max = static_cast<std::size_t>(std::min<std::uint64_t>(max, pushed_seen_ - end));
      if (max == 0) return 0;
    }
    if (take_plainly(max, prepare, take)) return max;
    prepare(max);
    const struct Publish {
      ~Publish() { gate.look_after_take(end); }
      SpscGate& gate;
      std::uint64_t& end;
    } publish{*this, end};
    take(max, end);
    return max;
  }

  /// Stays awake a moment until there is an item, or something else for the consumer to see; whether there is.
  bool await_item_awake(const Limit& limit) {
    return consumer_patience_.wait([&] { return depth() > 0 || closed() || limit.stopped(); },
                                   [&] { return writer_coming_.load(std::memory_order_relaxed); });
  }
  /// Sleeps until there is an item (`ok`), the queue is closed, or the limit is reached.
  QueueStatus sleep_for_item(const Limit& limit) {
    return sleep(
        reader_, 1, limit, [this] { return depth(); }, &QueueStats::pop_waits, &QueueStats::pop_wait);
  }

  /// Whether a closed queue is empty for good: a push that began before the close may still be on its way. Waits for
  /// it awake, by sched_yield.
  [[nodiscard]] bool drained() const noexcept {
    { const std::scoped_lock closing(lock_); }  // until close() has settled: only then is `claimed_` to be believed
    while (pushed_.load(std::memory_order_seq_cst) != claimed_.load(std::memory_order_seq_cst)) {
      static_cast<void>(Sync::yield());
    }
    return depth() == 0;
  }

 private:
  using Counter = typename Sync::template Atomic<std::uint64_t>;
  using Flag = typename Sync::template Atomic<bool>;
  static constexpr std::uint64_t always = UINT64_MAX;
  static constexpr std::size_t fewest_plain = Sync::fewest_plain;  // below it sleeps are too frequent for a fence each

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
    explicit Section(SpscGate& gate) : gate_(gate) { gate_.lock_.lock(); }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
      const bool reads = wakes(gate_.reader_, gate_.depth());
      const bool writes = wakes(gate_.writer_, gate_.room());
      gate_.settle();
      gate_.reader_coming_.store(gate_.reader_.woken && gate_.reader_.need > 0, std::memory_order_relaxed);
      gate_.writer_coming_.store(gate_.writer_.woken && gate_.writer_.need > 0, std::memory_order_relaxed);
      const bool tells = gate_.crossings_.start_telling();
      gate_.lock_.unlock();
      if (reads) gate_.reader_.parker.wake();
      if (writes) gate_.writer_.parker.wake();
      if (tells) gate_.tell_crossings();
    }

   private:
    static bool wakes(Sleeper& sleeper, std::size_t available) noexcept {
      if (!sleeper.asks() || sleeper.need > available) return false;
      return sleeper.woken = true;
    }
    SpscGate& gate_;
  };

  /// That a push is on its way, which a consumer that finds the queue closed waits for: taken back if it comes to
  /// nothing.
  struct Claim {
    Claim(SpscGate& the_gate, std::uint64_t begin_before) : gate(the_gate), before(begin_before) {}
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() {
      if (!holds) gate.claimed_.store(before, std::memory_order_release);
    }
    SpscGate& gate;
    const std::uint64_t before;
    bool holds = false;
  };

  /// Under the lock: the watermarks, and what each side is to look up for.
  ///
  /// A side that looks at its limit tells first how far it will go, by an exchange, and looks again. So if a limit has
  /// been changed, and the other side did not see it, how far that will go is seen here: as a rule not so far that it
  /// would have to notice. If it is, it is asked to look.
  void settle() noexcept {
    for (bool again = true; again;) {
      const std::size_t now = depth();
      if (crossings_.crosses(now)) {
        throttled_.store(crossings_.update(now, clock.now()) == Crossing::rose, std::memory_order_relaxed);
      }
      const std::size_t high = crossings_.marks().high();
      const std::size_t low = crossings_.marks().low();
      const bool is_throttled = crossings_.marks().throttled();
      const bool turned = is_throttled != (take_floor_.load(std::memory_order_relaxed) != 0);
      if (turned) {
        put_limit_.store(is_throttled ? throttled_limit_ : high - 1, std::memory_order_seq_cst);
        take_floor_.store(is_throttled ? low + 1 : 0, std::memory_order_seq_cst);
        const std::uint64_t pushed = pushed_.load(std::memory_order_seq_cst);
        const std::uint64_t popped = popped_.load(std::memory_order_seq_cst);
        producer_is_to_look_ |= !is_throttled && put_end_.load(std::memory_order_seq_cst) >= popped + high;
        consumer_is_to_look_ |= is_throttled && take_end_.load(std::memory_order_seq_cst) + low >= pushed;
      }
      const bool put_ask = closed() || reader_.asks() || producer_is_to_look_;
      const std::uint64_t take_ask = consumer_is_to_look_ ? always : writer_.asks() ? capacity - writer_.need + 1 : 0;
      const bool more = (put_ask && put_ask_.load(std::memory_order_relaxed) == 0) ||
                        take_ask > take_ask_.load(std::memory_order_relaxed);
      put_ask_.store(put_ask, std::memory_order_seq_cst);
      take_ask_.store(take_ask, std::memory_order_seq_cst);
      if (put_ask) put_end_.store(0, std::memory_order_seq_cst);
      if (take_ask > 0) take_end_.store(0, std::memory_order_seq_cst);
      if (more && plain_) Sync::settle();
      again = more || turned;
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

  /// After a put, up to `end`, that was to look up: tells of it, sees to the record, the consumer and the watermarks,
  /// and works out how far it goes plainly from here.
  PENSTOCK_NOINLINE void look_after_put(std::uint64_t end) {
    pushed_.exchange(end, std::memory_order_seq_cst);
    const std::uint64_t calm = crossings_.marks().high() - 1;
    for (;;) {
      std::uint64_t limit = put_limit_.load(std::memory_order_seq_cst);
      const std::uint64_t record = record_.load(std::memory_order_relaxed);
      if (end + stride_ - popped_seen_ > std::min(limit, record)) {
        popped_seen_ = popped_.load(std::memory_order_acquire);
        if (end - popped_seen_ > record) record_.store(end - popped_seen_, std::memory_order_relaxed);
      }
      if (end - popped_seen_ > limit || put_ask_.load(std::memory_order_seq_cst) != 0) {
        {
          const Section section(*this);
          producer_is_to_look_ = false;
        }
        limit = put_limit_.load(std::memory_order_seq_cst);
      }
      const std::uint64_t most = popped_seen_ + std::min(limit, record_.load(std::memory_order_relaxed));
      put_end_.exchange(plain_ ? std::min(most, std::max(popped_seen_ + calm, end + stride_)) : 0,
                        std::memory_order_seq_cst);
      if (put_limit_.load(std::memory_order_seq_cst) == limit) break;
    }
    if (put_ask_.load(std::memory_order_seq_cst) != 0) put_end_.store(0, std::memory_order_seq_cst);
  }

  /// The same after a take.
  PENSTOCK_NOINLINE void look_after_take(std::uint64_t end) {
    popped_.exchange(end, std::memory_order_seq_cst);
    const std::uint64_t calm = crossings_.marks().low() + 1;
    for (;;) {
      std::uint64_t floor = take_floor_.load(std::memory_order_seq_cst);
      const std::uint64_t least = std::max(floor, take_ask_.load(std::memory_order_seq_cst));
      if (pushed_seen_ - end < least) pushed_seen_ = pushed_.load(std::memory_order_acquire);
      if (pushed_seen_ - end < least) {
        {
          const Section section(*this);
          consumer_is_to_look_ = false;
        }
        floor = take_floor_.load(std::memory_order_seq_cst);
      }
      const std::uint64_t left = pushed_seen_ - end;
      const std::uint64_t most = left > floor ? left - floor : 0;
      const std::uint64_t calmly = left > calm ? left - calm : 0;
      take_end_.exchange(plain_ ? end + std::min(most, std::max(calmly, stride_)) : 0, std::memory_order_seq_cst);
      if (take_floor_.load(std::memory_order_seq_cst) == floor) break;
    }
    if (take_ask_.load(std::memory_order_seq_cst) != 0) take_end_.store(0, std::memory_order_seq_cst);
  }

  /// Until `available()` is enough (`ok`), the queue is closed, or the limit is reached.
  template <class Available>
  QueueStatus sleep(Sleeper& me, std::size_t need, const Limit& limit, const Available& available,
                    std::uint64_t QueueStats::*waits, std::chrono::nanoseconds QueueStats::*waited) {
    const std::stop_callback wake_on_stop(*limit.stop, [&me] { me.parker.wake(); });
    const TimePoint start = clock.now();
    bool slept = false;
    const struct Leave {  // also when the sleep throws
      ~Leave() {
        if (me.need == 0) return;
        const Section section(gate);
        me.need = 0;
      }
      SpscGate& gate;
      Sleeper& me;
    } leave{*this, me};
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
            ++(counters_.*waits);
            counters_.*waited += clock.now() - start;
          }
          return status;
        }
      }
      slept = true;
      late = !me.parker.sleep(clock, limit.deadline);
    }
  }

  Listener<Crossing> on_watermark_{};

  // Written seldom, under the lock.
  Flag closed_{false};
  Flag throttled_{false};
  Flag reader_coming_{false};  // whether it has been woken and still is in its wait
  Flag writer_coming_{false};
  Counter put_limit_{0};   // a put that makes the depth greater looks up from its work, and
  Counter take_floor_{0};  // a take that makes it less; 0 while not throttled
  Counter put_ask_{0};     // not 0: any put does
  Counter take_ask_{0};    // a take that makes the depth less does at once

  // Under the lock.
  mutable BriefLock<Sync> lock_{};
  Crossings crossings_;
  const bool plain_;            // whether anything is
  const std::uint64_t stride_;  // so far a side goes at most where a crossing could make it stop
  const std::size_t throttled_limit_;
  QueueStats counters_{};  // without what stats() adds
  Sleeper reader_{};
  Sleeper writer_{};
  bool producer_is_to_look_ = false;  // whatever the limit was when it last did
  bool consumer_is_to_look_ = false;

  alignas(interference_size) Patience<Sync> producer_patience_{};
  alignas(interference_size) Patience<Sync> consumer_patience_{};

  // The producer's, on one line: a push costs what it stores. The consumer seldom looks.
  alignas(interference_size) Counter claimed_{0};  // items it has begun to push,
  Counter pushed_{0};                              // and those that are there
  Counter put_end_{0};                             // up to here its puts are plain
  std::uint64_t popped_seen_ = 0;
  Counter record_{0};  // the greatest depth

  // The consumer's.
  alignas(interference_size) Counter popped_{0};
  Counter take_end_{0};  // up to here its takes are plain
  std::uint64_t pushed_seen_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
