// SPDX-License-Identifier: MIT
#pragma once

// The line of threads that wait for the same thing, each for a signal of its own.
//
//     line.join(waiter, 1);                              // all of it under the queue's lock
//     while (!waiter.granted) waiter.signal.wait(lock);
//     line.leave(waiter);
//
//     auto* next = line.grant_first();                   // another thread: takes the first off the line ...
//     lock.unlock();
//     next->signal.notify_one();                         // ... and wakes it and no other, outside the lock
//
// The grant is written down, unlike a notification. So a thread that leaves by a timeout or a stop at the moment when
// it was woken knows that it was, and whoever leaves sees to it that the next one is woken in its place.

#include <cstddef>  // size_t
#include <cstdint>  // uint64_t
#include <utility>  // exchange

namespace penstock {
inline namespace v0 {
namespace detail {

/// A place for one thread to wait. It belongs to the queue and not to the thread, because it is notified outside the
/// lock, when the thread may have left already. A notification that comes late is a spurious wake-up for its next user.
/// `Signal` is what wakes it: a condition variable, or a Parker.
template <class Signal>
struct Waiter {
  Signal signal;
  std::size_t need = 1;      ///< slots or items waited for
  bool granted = false;      ///< taken off the line: its thread is to look again
  std::uint64_t ticket = 0;  ///< order of joining
  Waiter* ahead = nullptr;
  Waiter* behind = nullptr;
  Waiter* next_in_pool = nullptr;
};

/// Waiters that are free to use; grows to the most that ever waited at once. Under the queue's lock.
template <class Signal>
class WaiterPool {
 public:
  using Waiter = detail::Waiter<Signal>;

  WaiterPool() = default;
  WaiterPool(const WaiterPool&) = delete;
  WaiterPool& operator=(const WaiterPool&) = delete;
  ~WaiterPool() {
    while (all_ != nullptr) delete std::exchange(all_, all_->next_in_pool);
  }

  [[nodiscard]] Waiter& take() {
    if (free_ == nullptr) {
      free_ = new Waiter;
      free_->next_in_pool = std::exchange(all_, free_);
    }
    Waiter& waiter = *free_;
    free_ = waiter.behind;
    return waiter;
  }
  void give_back(Waiter& waiter) noexcept {
    waiter.behind = free_;
    free_ = &waiter;
  }

 private:
  Waiter* all_ = nullptr;   // linked by `next_in_pool`; not moved by growth
  Waiter* free_ = nullptr;  // linked by `behind`
};

/// First come, first woken. Under the queue's lock.
template <class Signal>
class WaitLine {
 public:
  using Waiter = detail::Waiter<Signal>;

  void join(Waiter& waiter, std::size_t need) noexcept {
    waiter.need = need;
    waiter.ticket = next_ticket_++;
    waiter.granted = false;
    waiter.behind = nullptr;
    waiter.ahead = last_;
    (last_ != nullptr ? last_->behind : first_) = &waiter;
    last_ = &waiter;
    ++size_;
    bulks_ += need > 1;
  }

  /// Back to its place: it was granted its turn, but another thread was quicker.
  void rejoin(Waiter& waiter) noexcept {
    --granted_;
    waiter.granted = false;
    waiter.ahead = nullptr;
    waiter.behind = first_;
    while (waiter.behind != nullptr && waiter.behind->ticket < waiter.ticket) {  // granted before it, back before it
      waiter.ahead = waiter.behind;
      waiter.behind = waiter.behind->behind;
    }
    (waiter.ahead != nullptr ? waiter.ahead->behind : first_) = &waiter;
    (waiter.behind != nullptr ? waiter.behind->ahead : last_) = &waiter;
  }

  void leave(Waiter& waiter) noexcept {
    if (waiter.granted) {
      --granted_;
    } else {
      unlink(waiter);
    }
    --size_;
    bulks_ -= waiter.need > 1;
  }

  /// Who stands first; nullptr if everybody has been granted a turn.
  [[nodiscard]] Waiter* first() const noexcept { return first_; }

  /// Takes the first off the line and returns it, to be notified.
  Waiter* grant_first() noexcept {
    Waiter* waiter = first_;
    unlink(*waiter);
    waiter->granted = true;
    ++granted_;
    return waiter;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }        ///< threads, the granted ones included
  [[nodiscard]] std::size_t granted() const noexcept { return granted_; }  ///< woken, but not yet running
  [[nodiscard]] std::size_t bulks() const noexcept { return bulks_; }      ///< those that need more than one

 private:
  void unlink(Waiter& waiter) noexcept {
    (waiter.ahead != nullptr ? waiter.ahead->behind : first_) = waiter.behind;
    (waiter.behind != nullptr ? waiter.behind->ahead : last_) = waiter.ahead;
  }

  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  std::size_t size_ = 0;
  std::size_t granted_ = 0;
  std::size_t bulks_ = 0;
  std::uint64_t next_ticket_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
