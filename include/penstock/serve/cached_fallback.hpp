// SPDX-License-Identifier: MIT
#pragma once

// The last good prediction of each key, for when the model cannot be asked.
//
//     CachedFallback<std::string, double> cache{{.capacity = 100'000, .ttl = 10min}};
//     auto guarded = guard(model, breaker, cache.by(&Trip::user), ConstantFallback{0.02});
//
// Or by itself:
//
//     cache.remember(trip.user, prediction);
//     if (auto last = cache.recall(trip.user)) use(last->value, last->age);

#include "penstock/core/clock.hpp"
#include "penstock/serve/fallback.hpp"
#include "penstock/serve/recency_table.hpp"

#include <algorithm>    // max
#include <chrono>       // nanoseconds
#include <concepts>     // convertible_to, copy_constructible, equality_comparable
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t, UINT32_MAX
#include <memory>       // make_unique, unique_ptr
#include <mutex>        // mutex, scoped_lock
#include <optional>     // optional
#include <stdexcept>    // invalid_argument
#include <string>       // hash, to_string
#include <type_traits>  // is_nothrow_move_constructible_v, is_nothrow_move_assignable_v
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How a cached fallback is made. `check` says what is refused.
struct CachedFallbackOptions {
  std::size_t capacity;          ///< predictions held at once, at least 1
  std::chrono::nanoseconds ttl;  ///< an older prediction is none; positive
  /// Parts with a lock each, among which keys are divided by their hash; 1 to capacity. With one the eviction rule
  /// holds for the whole cache; more let more threads in at once, and it holds within each.
  std::size_t shards = 1;
};

/// The counters of a cached fallback; each part's are of one moment. At every moment
/// inserted == size + evicted + expired + forgotten.
struct CachedFallbackStats {
  std::uint64_t inserted = 0;   ///< predictions for a key that had none
  std::uint64_t updated = 0;    ///< predictions that took the place of the key's last
  std::uint64_t hits = 0;       ///< questions that found a prediction
  std::uint64_t misses = 0;     ///< questions that found none, or one too old
  std::uint64_t evicted = 0;    ///< predictions that made room while still young enough
  std::uint64_t expired = 0;    ///< predictions that were thrown away because they were too old
  std::uint64_t forgotten = 0;  ///< predictions thrown away by hand
  std::size_t size = 0;         ///< held now; those too old that nobody has come across yet included
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const CachedFallbackOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("CachedFallbackOptions." + what); };
  constexpr std::size_t most = std::size_t{1} << 31U;
  if (options.capacity < 1 || options.capacity > most) {
    refuse("capacity is " + std::to_string(options.capacity) + "; 1 to " + std::to_string(most) + " are possible");
  }
  if (options.ttl.count() < 1) {
    refuse("ttl is " + std::to_string(options.ttl.count()) + " ns; at least 1 ns is needed");
  }
  if (options.shards < 1 || options.shards > options.capacity) {
    refuse("shards is " + std::to_string(options.shards) + "; 1 to .capacity, " + std::to_string(options.capacity) +
           ", are possible");
  }
}

/// What can be a key or a value of a cached fallback: copied in and out, and moved without an exception.
template <class T>
concept cacheable =
    std::copy_constructible<T> && std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

/// Gives the hash of a key; equal keys have the same.
template <class H, class Key>
concept hash_of = requires(const H& hash, const Key& key) {
  { hash(key) } -> std::convertible_to<std::size_t>;
};

/// At most `capacity` predictions, each for at most `ttl`. All functions are thread-safe and O(1); after the first
/// `capacity` keys nothing is allocated but what the keys and values themselves allocate.
///
/// **Eviction.** A prediction for a new key that finds the cache full takes the place of the one made longest ago if
/// that is too old, and else of the one that was used longest ago: remembered, or recalled. The rule holds within a
/// shard; capacity is divided evenly among them.
///
/// **Keys and values** are compared, copied out and destroyed under a lock, and must not call the cache there. What
/// their copies, the hash or the comparison throw passes through, and nothing has changed.
template <cacheable Key, cacheable Value, clock_source Clock = SteadyClock, hash_of<Key> Hash = std::hash<Key>>
  requires std::equality_comparable<Key>
class CachedFallback {
 public:
  using key_type = Key;      ///< the user's choice
  using value_type = Value;  ///< a prediction
  using clock_type = Clock;  ///< by which predictions age

  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit CachedFallback(const CachedFallbackOptions& options, Clock clock = {}, Hash hash = {})
      : options_((check(options), options)), clock_(std::move(clock)), hash_(std::move(hash)) {
    shards_.reserve(options.shards);
    for (std::size_t i = 0; i < options.shards; ++i) {
      const std::size_t one_more = i < options.capacity % options.shards ? 1 : 0;
      shards_.push_back(std::make_unique<Shard>(options.capacity / options.shards + one_more));
    }
  }
  CachedFallback(const CachedFallback&) = delete;
  CachedFallback& operator=(const CachedFallback&) = delete;
  ~CachedFallback() = default;

  /// Takes the prediction as the key's last one.
  void remember(const Key& key, Value value) {
    const std::uint64_t hash = detail::spread(hash_(key));
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    const TimePoint now = shard.newest = std::max(shard.newest, clock_.now());
    if (auto* const found = shard.table.find(key, hash)) {
      shard.table.write(*found, std::move(value), now);
      ++shard.counters.updated;
      return;
    }
    Key copy(key);
    if (shard.table.full()) make_room(shard, now);
    shard.table.insert(std::move(copy), hash, std::move(value), now);
    ++shard.counters.inserted;
  }

  /// The key's last prediction and its age, if there is one younger than the ttl.
  [[nodiscard]] std::optional<Recalled<Value>> recall(const Key& key) {
    const std::uint64_t hash = detail::spread(hash_(key));
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    const TimePoint now = std::max(shard.newest, clock_.now());
    auto* const found = shard.table.find(key, hash);
    if (found == nullptr || too_old(*found, now)) {
      if (found != nullptr) {
        shard.table.erase(*found);
        ++shard.counters.expired;
      }
      ++shard.counters.misses;
      return std::nullopt;
    }
    std::optional<Recalled<Value>> recalled(Recalled<Value>{found->content->value, now - found->written});
    shard.table.use(*found);
    ++shard.counters.hits;
    return recalled;
  }

  /// Throws the key's prediction away; whether there was one.
  bool forget(const Key& key) {
    const std::uint64_t hash = detail::spread(hash_(key));
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    auto* const found = shard.table.find(key, hash);
    if (found == nullptr) return false;
    shard.table.erase(*found);
    ++shard.counters.forgotten;
    return true;
  }

  /// Throws all away, as when a new model makes the old predictions wrong. O(size).
  void clear() {
    for (const auto& shard : shards_) {
      const std::scoped_lock lock(shard->mutex);
      shard->counters.forgotten += shard->table.size();
      while (auto* const entry = shard->table.first_written()) shard->table.erase(*entry);
    }
  }

  /// Predictions held, those too old that nobody has come across yet included.
  [[nodiscard]] std::size_t size() const { return stats().size; }
  [[nodiscard]] const CachedFallbackOptions& options() const noexcept { return options_; }  ///< as it was made

  /// All counters. O(shards).
  [[nodiscard]] CachedFallbackStats stats() const {
    CachedFallbackStats all;
    for (const auto& shard : shards_) {
      const std::scoped_lock lock(shard->mutex);
      const CachedFallbackStats& one = shard->counters;
      all.inserted += one.inserted;
      all.updated += one.updated;
      all.hits += one.hits;
      all.misses += one.misses;
      all.evicted += one.evicted;
      all.expired += one.expired;
      all.forgotten += one.forgotten;
      all.size += shard->table.size();
    }
    return all;
  }

  /// The cache as a fallback for records: `key` says which key a record has, as a member or a function of it.
  template <class KeyOf>
  class By {
   public:
    By(CachedFallback& cache, KeyOf key) : cache_(&cache), key_(std::move(key)) {}  ///< borrows the cache

    /// As the cache's, for the record's key.
    template <class Record>
      requires std::convertible_to<
          decltype(detail::key_of(std::declval<const KeyOf&>(), std::declval<const Record&>())), const Key&>
    [[nodiscard]] std::optional<Recalled<Value>> recall(const Record& record) {
      return cache_->recall(detail::key_of(key_, record));
    }
    /// As above.
    template <class Record>
      requires std::convertible_to<
          decltype(detail::key_of(std::declval<const KeyOf&>(), std::declval<const Record&>())), const Key&>
    void remember(const Record& record, const Value& value) {
      cache_->remember(detail::key_of(key_, record), value);
    }

   private:
    CachedFallback* cache_;
    KeyOf key_;
  };

  /// `cache.by(&Trip::user)`, `cache.by([](const Trip& trip) { return trip.user; })`.
  template <class KeyOf>
  [[nodiscard]] By<KeyOf> by(KeyOf key) {
    return {*this, std::move(key)};
  }

 private:
  struct alignas(64) Shard {  // a cache line of its own, because each is written by other threads
    explicit Shard(std::size_t capacity) : table(capacity) {}
    mutable std::mutex mutex{};
    // Under the mutex.
    detail::RecencyTable<Key, Value> table;
    CachedFallbackStats counters{};
    TimePoint newest = TimePoint::min();  // so that entries are in the order of their times whatever the clock does
  };

  [[nodiscard]] Shard& shard_of(std::uint64_t hash) const noexcept {
    return *shards_[static_cast<std::size_t>((hash >> 32U) * shards_.size() >> 32U)];
  }

  template <class Entry>
  [[nodiscard]] bool too_old(const Entry& entry, TimePoint now) const noexcept {
    return now - entry.written >= options_.ttl;
  }

  void make_room(Shard& shard, TimePoint now) noexcept {
    auto* const first = shard.table.first_written();
    const bool old = too_old(*first, now);
    shard.table.erase(old ? *first : *shard.table.least_used());
    ++(old ? shard.counters.expired : shard.counters.evicted);
  }

  const CachedFallbackOptions options_;
  const Clock clock_;
  const Hash hash_;
  std::vector<std::unique_ptr<Shard>> shards_{};
};

}  // namespace v0
}  // namespace penstock
