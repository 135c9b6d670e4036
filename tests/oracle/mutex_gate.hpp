// SPDX-License-Identifier: MIT
#pragma once

// A bounded queue without its items: the lock, who waits for what, the watermarks and the counters.
//
//     const auto attempt = [&](bool) {                     // under the lock: do it, or say that it cannot be done now
//       if (gate.depth() == 0) return gate.closed ? QueueStatus::closed : QueueStatus::empty;
//       take_one();
//       ++gate.counters.taken;
//       return QueueStatus::ok;
//     };
//     return gate.perform(gate.readers, 1, QueueStatus::empty, limit, attempt, [](QueueStatus) {});

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/queue/limit.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/wait_line.hpp"
#include "penstock/queue/watermarks.hpp"

#include <algorithm>  // clamp, max
#include <condition_variable>
#include <cstddef>      // size_t
#include <mutex>        // mutex, scoped_lock, unique_lock
#include <optional>     // optional
#include <stop_token>   // stop_token, stop_callback
#include <type_traits>  // type_identity_t
#include <utility>      // exchange, forward, move

namespace penstock {
inline namespace v0 {
namespace detail {

/// The members are for the queue, within `perform`.
template <clock_source Clock>
class MutexGate {
 public:
  using Line = WaitLine<std::condition_variable>;

  MutexGate(Clock the_clock, const WatermarkOptions& options)
      : clock(std::move(the_clock)), capacity(options.capacity), marks(options) {}

  const Clock clock;
  const std::size_t capacity;
  Listener<Crossing> on_watermark{};

  mutable std::mutex mutex{};

  // Under the mutex from here on.
  bool closed = false;
  Watermarks marks;
  QueueStats counters{};  // without what stats() adds
  Line readers{};         // waiting for an item
  Line writers{};         // waiting for room

  /// Items in the queue.
  [[nodiscard]] std::size_t depth() const noexcept {
    return static_cast<std::size_t>(counters.accepted - counters.taken - counters.evicted);
  }
  /// Items that still fit.
  [[nodiscard]] std::size_t room() const noexcept { return capacity - depth(); }

  /// Runs `attempt(fresh)` under the lock until it returns something else than `not_now` or the limit is reached;
  /// then `count(status)`, still under the lock. `fresh` is whether the call has not yet waited in line.
  /// `need` is how much room, or how many items, there must be for another attempt to be worth it.
  template <class Attempt, class Count>
  QueueStatus perform(Line& line, std::size_t need, QueueStatus not_now, const Limit& limit, const Attempt& attempt,
                      const Count& count) {
    {
      const Section section(*this);
      const QueueStatus status = limit.stopped() ? QueueStatus::stopped : attempt(true);
      if (status != not_now || !limit.waits) return count(status), status;
    }
    return wait(line, need, not_now, limit, attempt, count);
  }

  void close() {
    const std::scoped_lock lock(mutex);
    closed = true;
    for (Line* line : {&readers, &writers}) {
      while (line->first() != nullptr) line->grant_first()->signal.notify_one();
    }
  }

  [[nodiscard]] QueueStats stats() const {
    const std::scoped_lock lock(mutex);
    QueueStats now = counters;
    now.depth = depth();
    now.throttled = marks.throttled();
    if (now.throttled) now.throttled_for += clock.now() - throttled_since_;
    now.waiting_pushes = writers.size();
    now.waiting_pops = readers.size();
    return now;
  }

  /// Calls a listener, which is nobody's reason to fail. Not under the lock.
  template <class Argument>
  void tell(const Listener<Argument>& listener, std::type_identity_t<Argument> argument) noexcept {
    try {
      listener(std::forward<Argument>(argument));
    } catch (...) {
      const std::scoped_lock lock(mutex);
      ++counters.listener_exceptions;
    }
  }

 private:
  /// Holds the lock. When it is given up, whoever can go on now is woken, and crossings are told, both outside the
  /// lock. Every change of state is made in such a section, so that nobody can leave a wait and forget to pass his turn
  /// on.
  class Section {
   public:
    explicit Section(MutexGate& gate) : gate_(gate), lock(gate.mutex) {}
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() {
      gate_.note_depth();
      Line::Waiter* const reader = next(gate_.readers, gate_.depth(), gate_.items_a_reader_);
      Line::Waiter* const writer = next(gate_.writers, gate_.room(), gate_.room_a_writer_);
      const bool tells = gate_.untold_ > 0 && !std::exchange(gate_.telling_, true);
      lock.unlock();
      if (reader != nullptr) reader->signal.notify_one();
      if (writer != nullptr) writer->signal.notify_one();
      if (tells) gate_.tell_crossings();
    }

   private:
    MutexGate& gate_;

   public:
    std::unique_lock<std::mutex> lock;
  };

  /// A waiter out of the pool.
  class Lease {
   public:
    explicit Lease(MutexGate& gate) : gate_(gate), waiter(gate.take_waiter()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      const std::scoped_lock lock(gate_.mutex);
      gate_.pool_.give_back(waiter);
    }

   private:
    MutexGate& gate_;

   public:
    Line::Waiter& waiter;
  };

  /// A thread's place in a line, and the time it spends there. Under the lock.
  class Place {
   public:
    Place(MutexGate& gate, Line& line, Line::Waiter& waiter, std::size_t need)
        : gate_(gate), line_(line), waiter_(waiter), since_(gate.clock.now()) {
      line.join(waiter, need);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      line_.leave(waiter_);
      const bool reads = &line_ == &gate_.readers;
      ++(reads ? gate_.counters.pop_waits : gate_.counters.push_waits);
      (reads ? gate_.counters.pop_wait : gate_.counters.push_wait) += gate_.clock.now() - since_;
    }

   private:
    MutexGate& gate_;
    Line& line_;
    Line::Waiter& waiter_;
    TimePoint since_;
  };

  template <class Attempt, class Count>
  PENSTOCK_NOINLINE QueueStatus wait(Line& line, std::size_t need, QueueStatus not_now, const Limit& limit,
                                     const Attempt& attempt, const Count& count) {
    // What may take the lock in its own time is made before we hold it and destroyed after we gave it up: a stop that
    // is requested already calls back at once, and a manual clock waits for its listeners to return.
    const Lease lease(*this);
    Line::Waiter& waiter = lease.waiter;
    std::optional<TimedWait<Clock>> timed;
    if (!limit.for_ever()) timed.emplace(clock, mutex, waiter.signal);
    const std::stop_callback wake_on_stop(*limit.stop, [this, &waiter] {
      { const std::scoped_lock lock(mutex); }  // whoever looked at the token before this is in its wait now
      waiter.signal.notify_one();
    });

    Section section(*this);
    QueueStatus status = limit.stopped() ? QueueStatus::stopped : attempt(true);
    bool due = !limit.for_ever() && clock.now() >= limit.deadline;
    if (status == not_now && due) status = at_deadline(attempt(false), not_now);
    if (status == not_now) {
      const Place place(*this, line, waiter, need);
      while (status == not_now) {
        if (timed) {
          due = !timed->until(section.lock, limit.deadline);
        } else {
          waiter.signal.wait(section.lock);
        }
        if (limit.stopped()) {
          status = QueueStatus::stopped;
        } else if (due) {
          status = at_deadline(attempt(false), not_now);
        } else if (waiter.granted) {
          status = attempt(false);
          if (status == not_now) line.rejoin(waiter);
        }
      }
    }
    count(status);
    return status;
  }

  static QueueStatus at_deadline(QueueStatus status, QueueStatus not_now) noexcept {
    return status == not_now ? QueueStatus::timeout : status;
  }

  Line::Waiter& take_waiter() {
    const std::scoped_lock lock(mutex);
    return pool_.take();
  }

  // Whenever the lock is free: if the first in a line could go on, then one of that line has been woken and has not
  // looked yet. He wakes the next when he is done. Few at a time, because the one who is awake may be able to do it
  // all; more when so much has piled up that he seems to be kept from running.
  static Line::Waiter* next(Line& line, std::size_t available, std::size_t stride) noexcept {
    if (line.first() == nullptr || line.first()->need > available) return nullptr;
    const bool alone = line.bulks() > 0;  // whoever is woken beside a bulk might take the room that it was woken for
    const bool wake = line.granted() == 0 || (!alone && line.granted() * stride < available);
    return wake ? line.grant_first() : nullptr;
  }

  void note_depth() noexcept {
    counters.max_depth = std::max(counters.max_depth, depth());
    const Crossing crossing = marks.update(depth());
    if (crossing == Crossing::none) return;
    const TimePoint now = clock.now();
    if (crossing == Crossing::rose) {
      throttled_since_ = now;
    } else {
      counters.throttled_for += now - throttled_since_;
    }
    ++counters.crossings;
    if (on_watermark) ++untold_;
  }

  // Crossings alternate, so a number and the first of them are a queue of them that needs no memory. One thread at a
  // time tells them; the others leave theirs to it, and so does a listener that calls the queue.
  void tell_crossings() noexcept {
    for (;;) {
      Crossing crossing;
      {
        const std::scoped_lock lock(mutex);
        if (untold_ == 0) {
          telling_ = false;
          return;
        }
        --untold_;
        crossing = next_told_;
        next_told_ = crossing == Crossing::rose ? Crossing::fell : Crossing::rose;
      }
      tell(on_watermark, crossing);
    }
  }

  // So much may pile up for one who was woken before another is. An item should not wait for the one; room can.
  const std::size_t items_a_reader_ = std::clamp<std::size_t>(capacity / 16, 1, 32);
  const std::size_t room_a_writer_ = std::max<std::size_t>(capacity / 2, 1);
  WaiterPool<std::condition_variable> pool_{};
  TimePoint throttled_since_{};
  std::size_t untold_ = 0;  // crossings
  Crossing next_told_ = Crossing::rose;
  bool telling_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
