// SPDX-License-Identifier: MIT
#pragma once

// Tells a listener what has happened: in order, one call at a time, outside of every lock.
//
//     struct Owner {
//       void change() {
//         const detail::Announcing section(mutex, changes);   // holds the lock; tells when it has given it up
//         changes.add(Change{...});
//       }
//       std::mutex mutex;
//       detail::Announcer<Change> changes;
//     };

#include "penstock/core/listener.hpp"

#include <array>    // array
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t
#include <mutex>    // mutex, scoped_lock, unique_lock
#include <utility>  // exchange, move

namespace penstock {
inline namespace v0 {
namespace detail {

/// Events between the change that made them and the listener: `most` at once. A listener so slow that more pile up
/// loses the oldest, which is counted: memory is bounded, and what it is told last is the latest.
/// All functions but `tell` are for whoever holds the owner's lock.
template <class Event, std::size_t most = 64>
class Announcer {
 public:
  /// Replaces the last. Before the owner is shared.
  template <class F>
  void listen(F listener) {
    listener_ = Listener<const Event&>(std::move(listener));
  }

  void add(const Event& event) noexcept {
    if (!listener_) return;
    if (size_ == most) {
      first_ = (first_ + 1) % most;
      --size_;
      ++untold_;
    }
    events_[(first_ + size_++) % most] = event;
  }

  /// Whether the caller must call `tell` once it has given up the lock. One thread at a time does; the others leave
  /// their events to it, and so does a listener that changes the owner.
  [[nodiscard]] bool takes_turn() noexcept { return size_ > 0 && !std::exchange(telling_, true); }

  /// Not under the lock.
  void tell(std::mutex& mutex) noexcept {
    for (;;) {
      Event event;
      {
        const std::scoped_lock lock(mutex);
        if (size_ == 0) {
          telling_ = false;
          return;
        }
        event = events_[first_];
        first_ = (first_ + 1) % most;
        --size_;
      }
      try {
        listener_(event);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        ++exceptions_;
      }
    }
  }

  [[nodiscard]] std::uint64_t exceptions() const noexcept { return exceptions_; }  ///< that left the listener
  [[nodiscard]] std::uint64_t untold() const noexcept { return untold_; }          ///< lost to a slow listener

 private:
  Listener<const Event&> listener_{};
  std::array<Event, most> events_{};
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool telling_ = false;
  std::uint64_t exceptions_ = 0;
  std::uint64_t untold_ = 0;
};

/// Holds the owner's lock, gives it up, and tells what was added meanwhile.
template <class Event, std::size_t most>
class Announcing {
 public:
  Announcing(std::mutex& mutex, Announcer<Event, most>& announcer) : announcer_(announcer), lock_(mutex) {}
  Announcing(const Announcing&) = delete;
  Announcing& operator=(const Announcing&) = delete;
  ~Announcing() {
    const bool tells = announcer_.takes_turn();
    lock_.unlock();
    if (tells) announcer_.tell(*lock_.mutex());
  }

 private:
  Announcer<Event, most>& announcer_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
