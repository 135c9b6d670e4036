// SPDX-License-Identifier: MIT
#pragma once

// A bounded queue without its items: the two locks, who waits for what, the watermarks and the counters.
//
// Producers have a lock and consumers have a lock, each with what its own side writes. A push or pop that is *plain*,
// that is, one that cannot fill or empty the queue, set a new record of depth, cross a watermark or meet a policy,
// takes its own lock only. All else takes both, and then it is as if the queue had one mutex:
//
//     if (gate.put_plainly(1, store)) return QueueStatus::ok;
//     return gate.perform(gate.writers, 1, QueueStatus::full, limit, attempt, count);
//
// What is plain is one number a side, made anew whenever both locks are held (`settle`).

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
#include "penstock/queue/wait_line.hpp"
#include "penstock/queue/watermarks.hpp"

#include <algorithm>    // clamp, max, min
#include <atomic>       // memory_order
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <mutex>        // scoped_lock
#include <stop_token>   // stop_callback
#include <type_traits>  // type_identity_t
#include <utility>      // forward, move

namespace penstock {
inline namespace v0 {
namespace detail {

/// The members are for the queue, within `attempt` and `store`.
template <clock_source Clock, class Sync>
class Gate {
 public:
  using Line = WaitLine<typename Sync::template Parker<Clock>>;

  Gate(Clock the_clock, const WatermarkOptions& options)
      : clock(std::move(the_clock)), capacity(options.capacity), crossings_(options) {}

  const Clock clock;
  const std::size_t capacity;

  /// Before the queue is shared.
  void on_watermark(Listener<Crossing> listener) {
    on_watermark_ = std::move(listener);
    crossings_.heard = true;
  }

  // Under both locks. Either side may read them under its own.

  bool plain_puts = true;            ///< whether a put may be plain at all,
  bool plain_throttled_puts = true;  ///< and whether while throttled
  bool plain_takes = true;           ///< whether a take may be plain at all
  QueueStats counters{};             ///< without what stats() adds
  Line readers{};                    ///< waiting for an item
  Line writers{};                    ///< waiting for room

  /// After these have been set, and before the queue is shared.
  void begin() noexcept { settle(); }

  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool throttled() const noexcept { return throttled_.load(std::memory_order_relaxed); }

  /// Items in the queue: exact under either lock. Without one it may see a push between its evictions and its items.
  [[nodiscard]] std::size_t depth() const noexcept {
    for (;;) {
      const std::uint64_t popped = popped_.load(std::memory_order_acquire);
      const std::uint64_t pushed = pushed_.load(std::memory_order_acquire);
      if (popped == popped_.load(std::memory_order_relaxed)) return static_cast<std::size_t>(pushed - popped);
    }
  }
  [[nodiscard]] std::size_t locked_depth() const noexcept {
    const std::scoped_lock lock(producers_.lock);
    return depth();
  }
  [[nodiscard]] std::size_t room() const noexcept { return capacity - depth(); }  ///< items that still fit

  /// Under both locks: so many have come in, or gone out.
  void note_in(std::size_t n) noexcept { step(pushed_, n); }
  void note_out(std::size_t n) noexcept { step(popped_, n); }

  /// Has n items stored under the producers' lock alone, if that is plain; whether it was. If `store` throws, nothing
  /// has changed.
  template <class Store>
  bool put_plainly(std::size_t n, const Store& store) {
    bool wakes = false;
    std::uint64_t end = 0;
    {
      const std::scoped_lock lock(producers_.lock);
      const std::uint64_t pushed = pushed_.load(std::memory_order_relaxed);
      end = pushed + n;
      if (end - producers_.seen > producers_.plain) {
        producers_.seen = popped_.load(std::memory_order_acquire);
        if (end - producers_.seen > producers_.plain) return false;
      }
      store();
      pushed_.store(end, std::memory_order_release);
      if (readers.first() != nullptr)
        wakes = due(readers, end - popped_.load(std::memory_order_relaxed), readers_stride_);
    }
    if (wakes) [[unlikely]]
      wake_reader(end);
    return true;
  }

  /// Takes up to `max` items under the consumers' lock alone, if that is plain; how many. `prepare(n)` is told how
  /// many, and `take(n, done)` takes them and adds each to `done`; what it throws goes on to the caller, and that item
  /// and those behind it stay.
  template <class Prepare, class Take>
  std::size_t take_plainly(std::size_t max, const Prepare& prepare, const Take& take) {
    Taken taken{*this};
    const std::scoped_lock lock(consumers_.lock);
    const std::uint64_t popped = popped_.load(std::memory_order_relaxed);
    if (consumers_.seen - popped < consumers_.plain + max) {
      consumers_.seen = pushed_.load(std::memory_order_acquire);
      max = static_cast<std::size_t>(std::min<std::uint64_t>(max, consumers_.seen - popped));
      if (max == 0 || consumers_.seen - popped < consumers_.plain + max) return 0;
    }
    prepare(max);
    const Publish publish{*this, taken, popped};
    take(max, taken.n);
    return max;
  }

  /// Counts n items that found no room and went away, under no lock.
  void turn_away(std::size_t n) noexcept { turned_away_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t turned_away() const noexcept { return turned_away_.load(std::memory_order_relaxed); }

  /// Stays awake a moment for room for n items, or for an item, and does it plainly by `act()` if there is; whether it
  /// did. Not for what is closed or stopped.
  template <class Act>
  bool put_soon(std::size_t n, const Limit& limit, const Act& act) {
    const auto fits = [&] { return n <= room() || closed() || limit.stopped(); };
    return soon(producers_.patience, fits, readers_coming_, act);
  }
  template <class Act>
  bool take_soon(const Limit& limit, const Act& act) {
    const auto some = [&] {
      return pushed_.load(std::memory_order_relaxed) != popped_.load(std::memory_order_relaxed) || closed() ||
             limit.stopped();
    };
    return soon(consumers_.patience, some, writers_coming_, act);
  }

  /// Runs `attempt(fresh)` under both locks until it returns something else than `not_now` or the limit is reached;
  /// then `count(status)`, still under the locks. `fresh` is whether the call has not yet waited in line.
  /// `need` is how much room, or how many items, there must be for another attempt to be worth it.
  template <class Attempt, class Count>
  PENSTOCK_NOINLINE QueueStatus perform(Line& line, std::size_t need, QueueStatus not_now, const Limit& limit,
                                        const Attempt& attempt, const Count& count) {
    {
      const Section section(*this);
      const QueueStatus status = limit.stopped() ? QueueStatus::stopped : attempt(true);
      if (status != not_now || !limit.waits) return count(status), status;
    }
    return wait(line, need, not_now, limit, attempt, count);
  }

  void close() {
    const Section section(*this);
    closed_.store(true, std::memory_order_relaxed);
    for (Line* line : {&readers, &writers}) {
      while (line->first() != nullptr) line->grant_first()->signal.wake();
    }
  }

  [[nodiscard]] QueueStats stats() const {
    const std::scoped_lock producers(producers_.lock);
    const std::scoped_lock consumers(consumers_.lock);
    QueueStats now = counters;
    now.accepted = pushed_.load(std::memory_order_relaxed);
    now.taken = popped_.load(std::memory_order_relaxed) - now.evicted;
    now.depth = static_cast<std::size_t>(now.accepted - now.taken - now.evicted);
    now.throttled = throttled();
    now.crossings = crossings_.count();
    now.throttled_for = crossings_.throttled_for(now.throttled ? clock.now() : TimePoint{});
    now.waiting_pushes = writers.size();
    now.waiting_pops = readers.size();
    return now;
  }

  /// Calls a listener, which is nobody's reason to fail. Not under the locks.
  template <class Argument>
  void tell(const Listener<Argument>& listener, std::type_identity_t<Argument> argument) noexcept {
    try {
      listener(std::forward<Argument>(argument));
    } catch (...) {
      const Section section(*this);
      ++counters.listener_exceptions;
    }
  }

 private:
  using Waiter = typename Line::Waiter;
  using Counter = typename Sync::template Atomic<std::uint64_t>;
  using Flag = typename Sync::template Atomic<bool>;
  static constexpr std::uint64_t never = UINT64_MAX / 2;

  /// What the threads of one side share. The other side's threads touch it only when they take both locks.
  struct alignas(interference_size) Side {
    mutable BriefLock<Sync> lock{};
    std::uint64_t seen = 0;   // the other side's counter when last looked at, under this side's lock
    std::uint64_t plain = 0;  // under both: the greatest depth that a plain put may make, the least that a plain take
                              // may leave
    alignas(interference_size) Patience<Sync> patience{};  // of this side's threads; under no lock
  };

  /// Holds both locks. When they are given up, whoever can go on now is woken, and crossings are told, both outside of
  /// them. Every change of state but a plain one is made in such a section, so that nobody can leave a wait and forget
  /// to pass his turn on.
  class Section {
   public:
    explicit Section(Gate& gate) : gate_(gate) {
      gate_.producers_.lock.lock();
      gate_.consumers_.lock.lock();
    }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
      gate_.settle();
      Waiter* const reader = next(gate_.readers, gate_.depth(), gate_.readers_stride_);
      Waiter* const writer = next(gate_.writers, gate_.room(), gate_.writers_stride_);
      gate_.readers_coming_.store(gate_.readers.granted() > 0, std::memory_order_relaxed);
      gate_.writers_coming_.store(gate_.writers.granted() > 0, std::memory_order_relaxed);
      const bool tells = gate_.crossings_.start_telling();
      gate_.consumers_.lock.unlock();
      gate_.producers_.lock.unlock();
      if (reader != nullptr) reader->signal.wake();
      if (writer != nullptr) writer->signal.wake();
      if (tells) gate_.tell_crossings();
    }
    void end() const noexcept {}  // what there is to do is done when it ends

   private:
    Gate& gate_;
  };

  /// A waiter out of the pool.
  class Lease {
   public:
    explicit Lease(Gate& gate) : gate_(gate), waiter(gate.take_waiter()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      const std::scoped_lock lock(gate_.pool_lock_);
      gate_.pool_.give_back(waiter);
    }

   private:
    Gate& gate_;

   public:
    Waiter& waiter;
  };

  /// A thread's place in a line, and the time it spends there. Not under the locks, but for `join`.
  class Place {
   public:
    Place(Gate& gate, Line& line, Waiter& waiter) : gate_(gate), line_(line), waiter_(waiter) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (!joined_) return;
      const Section section(gate_);
      line_.leave(waiter_);
      const bool reads = &line_ == &gate_.readers;
      ++(reads ? gate_.counters.pop_waits : gate_.counters.push_waits);
      (reads ? gate_.counters.pop_wait : gate_.counters.push_wait) += gate_.clock.now() - since_;
    }
    void join(std::size_t need) {
      if (joined_) {
        if (waiter_.granted) line_.rejoin(waiter_);
        return;
      }
      since_ = gate_.clock.now();
      line_.join(waiter_, need);
      joined_ = true;
    }

   private:
    Gate& gate_;
    Line& line_;
    Waiter& waiter_;
    TimePoint since_{};
    bool joined_ = false;
  };

  template <class Attempt, class Count>
  QueueStatus wait(Line& line, std::size_t need, QueueStatus not_now, const Limit& limit, const Attempt& attempt,
                   const Count& count) {
    const Lease lease(*this);
    Waiter& waiter = lease.waiter;
    // Made outside the locks: a stop that is requested already calls back at once, and wakes before there is a sleep.
    const std::stop_callback wake_on_stop(*limit.stop, [&waiter] { waiter.signal.wake(); });
    Place place(*this, line, waiter);
    for (bool first = true, late = false;; first = false) {
      {
        const Section section(*this);
        QueueStatus status = not_now;
        if (limit.stopped()) {
          status = QueueStatus::stopped;
        } else if (first || late || waiter.granted) {
          status = attempt(first);
          if (first && status == not_now && !limit.for_ever() && clock.now() >= limit.deadline) {
            late = true;
            status = attempt(false);  // who comes with a deadline in the past does not line up behind a bulk
          }
          if (late && status == not_now) status = QueueStatus::timeout;
        }
        if (status != not_now) return count(status), status;
        place.join(need);
      }
      late = !waiter.signal.sleep(clock, limit.deadline);
    }
  }

  // Two ends of a plain take, which may come by an exception of an item: under the lock, and after it.
  struct Taken {
    ~Taken() {
      if (wakes && !gate.producers_.patience.entrust()) [[unlikely]]
        Section(gate).end();
    }
    Gate& gate;
    std::size_t n = 0;
    bool wakes = false;
  };
  struct Publish {
    ~Publish() {
      gate.popped_.store(popped + taken.n, std::memory_order_release);
      if (gate.writers.first() == nullptr) return;
      const std::uint64_t depth = gate.pushed_.load(std::memory_order_relaxed) - popped - taken.n;
      taken.wakes = due(gate.writers, gate.capacity - static_cast<std::size_t>(depth), gate.writers_stride_);
    }
    Gate& gate;
    Taken& taken;
    std::uint64_t popped;
  };

  template <class Ready, class Act>
  bool soon(Patience<Sync>& patience, const Ready& ready, const Flag& coming, const Act& act) {
    const struct Debt {  // also if an item throws
      ~Debt() {
        if (patience.owes()) Section(gate).end();
      }
      Gate& gate;
      Patience<Sync>& patience;
    } debt{*this, patience};
    return patience.wait(ready, [&] { return coming.load(std::memory_order_relaxed); }) && act();
  }

  Waiter& take_waiter() {
    const std::scoped_lock lock(pool_lock_);
    return pool_.take();
  }

  void step(Counter& counter, std::size_t n) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }

  // Whenever both locks are free: if the first in a line could go on, then one of that line has been woken and has not
  // looked yet, or one who has just made that possible is about to wake him. Who was woken wakes the next when he is
  // done. Few at a time, because the one who is awake may be able to do it all; more when so much has piled up that he
  // seems to be kept from running.
  static bool due(const Line& line, std::size_t available, std::size_t stride) noexcept {
    if (line.first() == nullptr || line.first()->need > available) return false;
    const bool alone = line.bulks() > 0;  // whoever is woken beside a bulk might take the room that it was woken for
    return line.granted() == 0 || (!alone && line.granted() * stride < available);
  }
  static Waiter* next(Line& line, std::size_t available, std::size_t stride) noexcept {
    return due(line, available, stride) ? line.grant_first() : nullptr;
  }

  /// A wake-up costs the producer a microsecond. A consumer that is awake and on its way to the item takes less, unless
  /// it waits for our core: so this is tried again only now and then where it was of no use.
  PENSTOCK_NOINLINE void wake_reader(std::uint64_t end) {
    const std::uint32_t skipped = skipped_.load(std::memory_order_relaxed);
    if (skipped == 0) {
      for (int i = 0; i < pauses_before_a_wake; ++i) {
        if (popped_.load(std::memory_order_relaxed) >= end) return;
        Sync::pause();
      }
    }
    skipped_.store((skipped + 1) % 64, std::memory_order_relaxed);
    // Not where much has piled up: who waits awake may be kept from running.
    const bool little = end - popped_.load(std::memory_order_relaxed) <= readers_stride_;
    if (!little || !consumers_.patience.entrust()) Section(*this).end();
  }

  /// Under both locks, at their end: the watermarks, and what is plain from now on.
  void settle() noexcept {
    const std::size_t now = depth();
    counters.max_depth = std::max(counters.max_depth, now);
    if (crossings_.crosses(now)) {
      throttled_.store(crossings_.update(now, clock.now()) == Crossing::rose, std::memory_order_relaxed);
    }
    const Watermarks& marks = crossings_.marks();
    const bool puts = plain_puts && !closed() && writers.bulks() == 0 && (plain_throttled_puts || !throttled());
    const std::size_t calm = throttled() ? capacity : marks.high() - 1;
    producers_.plain = puts ? std::min(counters.max_depth, calm) : 0;
    producers_.seen = popped_.load(std::memory_order_relaxed);
    consumers_.plain = !plain_takes ? never : throttled() ? marks.low() + 1 : 0;
    consumers_.seen = pushed_.load(std::memory_order_relaxed);  // never behind what has been taken
  }

  void tell_crossings() noexcept {
    const auto next_crossing = [this] {
      const Section section(*this);
      return crossings_.next();
    };
    for (Crossing crossing; (crossing = next_crossing()) != Crossing::none;) tell(on_watermark_, crossing);
  }

  static constexpr int pauses_before_a_wake = (Sync::patience + 9) / 10;

  // So much may pile up for one who was woken before another is. An item should not wait for the one; room can.
  const std::size_t readers_stride_ = std::clamp<std::size_t>(capacity / 16, 1, 32);
  const std::size_t writers_stride_ = std::max<std::size_t>(capacity / 2, 1);

  // Written under both locks, read under either or none.
  Flag closed_{false};
  Flag throttled_{false};
  Flag readers_coming_{false};  // whether one has been woken who has not left the line yet
  Flag writers_coming_{false};

  typename Sync::template Atomic<std::uint32_t> skipped_{0};  // wake-ups without a look before

  alignas(interference_size) Counter turned_away_{0};

  // Under both locks.
  Crossings crossings_;

  Listener<Crossing> on_watermark_{};
  BriefLock<Sync> pool_lock_{};
  WaiterPool<typename Sync::template Parker<Clock>> pool_{};

  Side producers_{};
  Side consumers_{};
  alignas(interference_size) Counter pushed_{0};  // items ever, written under the producers' lock
  alignas(interference_size) Counter popped_{0};  // taken or evicted, written under the consumers' lock
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
