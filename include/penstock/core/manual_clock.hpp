// SPDX-License-Identifier: MIT
#pragma once

// A clock that moves only when told: tests of what waits, without sleeps and without luck.
//
//     ManualClock clock;
//     BoundedQueue<int, ManualClock> queue{{.capacity = 4}, clock};
//     clock.advance(5ms);   // whoever waited for these 5 ms goes on

#include "penstock/core/clock.hpp"

#include <algorithm>  // find
#include <atomic>     // atomic
#include <chrono>     // nanoseconds
#include <memory>     // shared_ptr
#include <mutex>      // mutex, scoped_lock
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // exchange
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// A handle on hands that only `advance` moves, starting at zero; copies share them. Thread-safe.
class ManualClock {
  struct Listener {
    void (*wake)(void*);
    void* context;
    friend bool operator==(const Listener&, const Listener&) = default;
  };
  struct Hands {
    std::atomic<std::chrono::nanoseconds::rep> now{0};
    std::mutex mutex;
    std::vector<Listener> listeners;  // under the mutex
  };

 public:
  /// Keeps a listener told while it lives.
  class Subscription {
   public:
    /// Takes over; `other` keeps nobody told any more.
    Subscription(Subscription&& other) noexcept
        : hands_(std::move(other.hands_)), listener_(std::exchange(other.listener_, {})) {}
    Subscription& operator=(Subscription&&) = delete;
    ~Subscription() {
      if (!hands_) return;
      const std::scoped_lock lock(hands_->mutex);
      auto& all = hands_->listeners;
      all.erase(std::find(all.begin(), all.end(), listener_));
    }

   private:
    friend class ManualClock;
    Subscription(std::shared_ptr<Hands> hands, Listener listener) : hands_(std::move(hands)), listener_(listener) {}

    std::shared_ptr<Hands> hands_;
    Listener listener_;
  };

  ManualClock() : hands_(std::make_shared<Hands>()) {}

  /// Where the hands stand. Thread-safe, never waits.
  [[nodiscard]] TimePoint now() const noexcept {
    return TimePoint{std::chrono::nanoseconds{hands_->now.load(std::memory_order_acquire)}};
  }

  /// Moves the hands and tells every listener, before it returns. Must not be called under a lock that a listener
  /// takes.
  /// @throws std::invalid_argument if `by` is negative.
  void advance(std::chrono::nanoseconds by) const {
    if (by.count() < 0) {
      throw std::invalid_argument("ManualClock::advance by " + std::to_string(by.count()) +
                                  " ns; time does not go back");
    }
    const std::scoped_lock lock(hands_->mutex);
    hands_->now.fetch_add(by.count(), std::memory_order_acq_rel);
    for (const Listener& listener : hands_->listeners) listener.wake(listener.context);
  }

  /// `wake(context)` is called on each advance, in the advancing thread, until the subscription ends; when its
  /// destructor has returned, no call is under way. Neither may be done under a lock that `wake` takes.
  [[nodiscard]] Subscription on_advance(void (*wake)(void*), void* context) const {
    const std::scoped_lock lock(hands_->mutex);
    hands_->listeners.push_back({wake, context});
    return {hands_, {wake, context}};
  }

  /// How many wait by this clock now: lets a test know that a thread is in its wait before it advances.
  [[nodiscard]] std::size_t waiting() const {
    const std::scoped_lock lock(hands_->mutex);
    return hands_->listeners.size();
  }

 private:
  std::shared_ptr<Hands> hands_;
};

}  // namespace v0
}  // namespace penstock
