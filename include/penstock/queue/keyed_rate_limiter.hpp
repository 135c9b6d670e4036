// SPDX-License-Identifier: MIT
#pragma once

// A rate for each of many keys (users, addresses, devices) in bounded memory.
//
//     KeyedRateLimiter<std::string> limiter{{.limit = {.rate = 10, .burst = 20}, .max_keys = 100'000}};
//     if (!limiter.try_acquire(request.user)) return retry_after(limiter.ready_at(request.user));
//
// A key that is not held is one whose bucket is full, so only keys that were busy lately need memory.

#include "penstock/core/clock.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/rate_limiter_options.hpp"

#include <algorithm>      // max, min
#include <chrono>         // nanoseconds
#include <cstddef>        // size_t
#include <cstdint>        // int64_t, uint64_t
#include <mutex>          // mutex, scoped_lock
#include <set>            // set
#include <stdexcept>      // invalid_argument
#include <unordered_map>  // unordered_map
#include <utility>        // move, pair

namespace penstock {
inline namespace v0 {

/// How a keyed rate limiter is made.
struct KeyedRateLimiterOptions {
  RateLimiterOptions limit;  ///< of each key
  std::size_t max_keys;      ///< keys held at once, at least 1
};

/// The counters of a keyed rate limiter, all of the same moment. Permits count as in RateLimiterStats.
struct KeyedRateLimiterStats {
  std::uint64_t granted = 0;  ///< permits given away
  std::uint64_t refused = 0;  ///< permits asked for and not given
  std::size_t keys = 0;       ///< held now
  std::uint64_t evicted = 0;  ///< keys forgotten although their bucket was not full: each gained what it lacked
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const KeyedRateLimiterOptions& options) {
  check(options.limit);
  if (options.max_keys < 1) {
    throw std::invalid_argument("KeyedRateLimiterOptions.max_keys is 0; at least 1 is needed");
  }
}

/// A token bucket a key, each exact as RateLimiter's; all functions are thread-safe, under one mutex, and none waits.
///
/// **Memory.** When a request of a new key finds max_keys held, the key whose bucket will be full again the soonest is
/// forgotten. If that bucket is full already, as it is whenever max_keys is enough, nothing is lost by it. If not, that
/// key begins anew with a full bucket: it may get up to `burst` (and what it owes) more than its rate allows, at each
/// eviction. Keys far over their rate are the last to go, so a flood of new keys does not set them free. A request that
/// is refused makes no key be held.
template <class Key, clock_source Clock = SteadyClock, class Hash = std::hash<Key>>
class KeyedRateLimiter {
 public:
  using key_type = Key;      ///< copied once for each time that it is held anew
  using clock_type = Clock;  ///< by which permits flow

  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit KeyedRateLimiter(const KeyedRateLimiterOptions& options, Clock clock = {})
      : options_((check(options), options)), clock_(std::move(clock)) {}
  KeyedRateLimiter(const KeyedRateLimiter&) = delete;
  KeyedRateLimiter& operator=(const KeyedRateLimiter&) = delete;
  ~KeyedRateLimiter() = default;

  /// Takes n of the key's permits, all or none. O(log keys). If copying the key throws, nothing has been taken.
  /// @throws std::invalid_argument if n is above burst + borrow, which could never be granted; so does ready_at.
  [[nodiscard]] bool try_acquire(const Key& key, std::uint64_t n = 1) {
    detail::check_permits(n, options_.limit);
    if (n == 0) return true;
    const std::scoped_lock lock(mutex_);
    const TimePoint now = clock_.now();
    auto found = buckets_.find(key);
    const std::int64_t level = found == buckets_.end() ? burst() : level_at(found->second, now);
    if (level < needed(n)) {
      refused_ += n;
      return false;
    }
    if (found == buckets_.end()) found = hold(key, now);
    Bucket& bucket = found->second;
    auto place = by_full_.extract({bucket.full, &*found});
    bucket.level = level - static_cast<std::int64_t>(n) * per();
    bucket.at = std::max(bucket.at, now);
    bucket.full = after(bucket.at, burst() - bucket.level);
    place.value().first = bucket.full;
    by_full_.insert(std::move(place));
    granted_ += n;
    return true;
  }

  /// When n permits could be taken if nobody else took any: now, if they are there.
  [[nodiscard]] TimePoint ready_at(const Key& key, std::uint64_t n = 1) const {
    detail::check_permits(n, options_.limit);
    const std::scoped_lock lock(mutex_);
    const TimePoint now = clock_.now();
    const auto found = buckets_.find(key);
    if (n == 0 || found == buckets_.end()) return now;
    const std::int64_t missing = needed(n) - level_at(found->second, now);
    return missing <= 0 ? now : after(std::max(now, found->second.at), missing);
  }

  [[nodiscard]] const KeyedRateLimiterOptions& options() const noexcept { return options_; }  ///< as it was made

  /// All counters, of one moment.
  [[nodiscard]] KeyedRateLimiterStats stats() const {
    const std::scoped_lock lock(mutex_);
    return {.granted = granted_, .refused = refused_, .keys = buckets_.size(), .evicted = evicted_};
  }

 private:
  // The unit is the permit divided by the nanoseconds of `per`, as in detail::PermitSupply: all are whole.
  struct Bucket {
    std::int64_t level;  // at the time `at`
    TimePoint at;
    TimePoint full;
  };
  using Buckets = std::unordered_map<Key, Bucket, Hash>;

  [[nodiscard]] std::int64_t per() const noexcept { return options_.limit.per.count(); }
  [[nodiscard]] std::int64_t burst() const noexcept { return static_cast<std::int64_t>(options_.limit.burst) * per(); }
  [[nodiscard]] std::int64_t needed(std::uint64_t n) const noexcept {
    return std::max(per(), (static_cast<std::int64_t>(n) - static_cast<std::int64_t>(options_.limit.borrow)) * per());
  }

  [[nodiscard]] std::int64_t level_at(const Bucket& bucket, TimePoint now) const noexcept {
    if (now >= bucket.full) return burst();
    // Before it is full, so it cannot overflow.
    return now <= bucket.at ? bucket.level
                            : bucket.level + static_cast<std::int64_t>(options_.limit.rate) * (now - bucket.at).count();
  }

  [[nodiscard]] TimePoint after(TimePoint now, std::int64_t missing) const {
    const auto rate = static_cast<std::int64_t>(options_.limit.rate);
    return detail::deadline_after(now, std::chrono::nanoseconds((missing + rate - 1) / rate));
  }

  typename Buckets::iterator hold(const Key& key, TimePoint now) {
    const auto found = buckets_.emplace(key, Bucket{burst(), now, now}).first;
    try {
      by_full_.emplace(now, &*found);
    } catch (...) {
      buckets_.erase(found);
      throw;
    }
    if (buckets_.size() > options_.max_keys) {
      auto victim = by_full_.begin();
      if (victim->second == &*found) ++victim;  // full now, as others are
      evicted_ += victim->first > now;
      buckets_.erase(victim->second->first);
      by_full_.erase(victim);
    }
    return found;
  }

  const KeyedRateLimiterOptions options_;
  const Clock clock_;
  mutable std::mutex mutex_{};

  // Under the mutex.
  Buckets buckets_{};
  std::set<std::pair<TimePoint, typename Buckets::value_type*>> by_full_{};  // entries do not move
  std::uint64_t granted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace v0
}  // namespace penstock
