// SPDX-License-Identifier: MIT
#include "penstock/serve/cached_fallback.hpp"

#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using Cache = CachedFallback<std::string, double, ManualClock>;

/// The cache as one would explain it: a list that is gone through each time. The oracle of the real one.
class CacheByHand {
 public:
  CacheByHand(std::size_t capacity, std::int64_t ttl) : capacity_(capacity), ttl_(ttl) {}
  CachedFallbackStats stats;

  void remember(int key, int value, std::int64_t now) {
    ++turn_;
    if (const auto found = find(key); found != all_.end()) {
      *found = {key, value, now, turn_, turn_};
      ++stats.updated;
      return;
    }
    if (all_.size() == capacity_) {
      const auto by_write = [](const One& a, const One& b) { return a.written < b.written; };
      const auto by_use = [](const One& a, const One& b) { return a.used < b.used; };
      const auto oldest = std::min_element(all_.begin(), all_.end(), by_write);
      const bool old = now - oldest->at >= ttl_;
      ++(old ? stats.expired : stats.evicted);
      all_.erase(old ? oldest : std::min_element(all_.begin(), all_.end(), by_use));
    }
    all_.push_back({key, value, now, turn_, turn_});
    ++stats.inserted;
  }
  std::optional<std::pair<int, std::int64_t>> recall(int key, std::int64_t now) {
    ++turn_;
    const auto found = find(key);
    if (found != all_.end() && now - found->at < ttl_) {
      ++stats.hits;
      found->used = turn_;
      return std::pair(found->value, now - found->at);
    }
    ++stats.misses;
    if (found != all_.end()) {
      ++stats.expired;
      all_.erase(found);
    }
    return {};
  }
  bool forget(int key) {
    const auto found = find(key);
    if (found == all_.end()) return false;
    all_.erase(found);
    ++stats.forgotten;
    return true;
  }
  void clear() {
    stats.forgotten += all_.size();
    all_.clear();
  }
  std::size_t size() const { return all_.size(); }

 private:
  struct One {
    int key, value;
    std::int64_t at;
    int used, written;
  };
  std::vector<One>::iterator find(int key) {
    return std::find_if(all_.begin(), all_.end(), [&](const One& one) { return one.key == key; });
  }
  std::size_t capacity_;
  std::int64_t ttl_;
  int turn_ = 0;
  std::vector<One> all_;
};

/// All keys in the same bucket.
struct BadHash {
  std::size_t operator()(int) const { return 7; }
};

template <class Hash>
void check_against_hand(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const std::size_t capacity = 1 + random() % 20;
    const auto ttl = static_cast<std::int64_t>(1 + random() % 200);
    const int keys = static_cast<int>(1 + random() % 40);
    const ManualClock clock;
    CachedFallback<int, int, ManualClock, Hash> cache({.capacity = capacity, .ttl = std::chrono::nanoseconds(ttl)},
                                                      clock);
    CacheByHand expected(capacity, ttl);
    for (int i = 0; i < 1000; ++i) {
      clock.advance(std::chrono::nanoseconds(random() % 8));
      const std::int64_t now = clock.now().time_since_epoch().count();
      const int key = static_cast<int>(random() % static_cast<std::uint64_t>(keys));
      const std::uint64_t what = random() % 500;
      if (what < 240) {
        cache.remember(key, i);
        expected.remember(key, i, now);
      } else if (what < 480) {
        const auto found = cache.recall(key);
        const auto wanted = expected.recall(key, now);
        REQUIRE(found.has_value() == wanted.has_value());
        if (wanted) REQUIRE(found->value == wanted->first);
        if (wanted) REQUIRE(found->age.count() == wanted->second);
      } else if (what < 499) {
        REQUIRE(cache.forget(key) == expected.forget(key));
      } else {
        cache.clear();
        expected.clear();
      }
      const CachedFallbackStats stats = cache.stats();
      REQUIRE(stats.size == expected.size());
      REQUIRE(stats.inserted == stats.size + stats.evicted + stats.expired + stats.forgotten);
    }
    const CachedFallbackStats stats = cache.stats();
    CHECK(stats.inserted == expected.stats.inserted);
    CHECK(stats.updated == expected.stats.updated);
    CHECK(stats.hits == expected.stats.hits);
    CHECK(stats.misses == expected.stats.misses);
    CHECK(stats.evicted == expected.stats.evicted);
    CHECK(stats.expired == expected.stats.expired);
    CHECK(stats.forgotten == expected.stats.forgotten);
  }
}

/// A key whose copy throws on request, and which counts those alive.
struct Touchy {
  explicit Touchy(int i) : id(i) { ++alive; }
  Touchy(const Touchy& other) : id(other.id) {
    if (throws) throw std::runtime_error("no copy today");
    ++alive;
  }
  Touchy(Touchy&& other) noexcept : id(other.id) { ++alive; }
  Touchy& operator=(const Touchy&) = default;
  Touchy& operator=(Touchy&&) noexcept = default;
  ~Touchy() { --alive; }
  friend bool operator==(const Touchy& a, const Touchy& b) { return a.id == b.id; }
  int id;
  static inline bool throws = false;
  static inline int alive = 0;
};
struct TouchyHash {
  std::size_t operator()(const Touchy& key) const {
    if (key.id < 0) throw std::runtime_error("no hash of that");
    return static_cast<std::size_t>(key.id);
  }
};

}  // namespace

TEST_CASE("the last prediction of a key comes back with its age, until the ttl is met") {
  const ManualClock clock;
  Cache cache({.capacity = 10, .ttl = 1min}, clock);
  CHECK_FALSE(cache.recall("ann"));
  cache.remember("ann", 0.25);
  clock.advance(20s);
  cache.remember("ann", 0.5);
  cache.remember("bob", 0.75);
  clock.advance(1min - 1ns);
  REQUIRE(cache.recall("ann"));
  CHECK(cache.recall("ann")->value == 0.5);
  CHECK(cache.recall("ann")->age == 1min - 1ns);
  CHECK(cache.recall("bob")->value == 0.75);
  clock.advance(1ns);
  CHECK_FALSE(cache.recall("ann"));
  CHECK(cache.size() == 1);
  CHECK(cache.stats().expired == 1);
}

TEST_CASE("a full cache gives up what is too old, and else what was used longest ago") {
  const ManualClock clock;
  Cache cache({.capacity = 3, .ttl = 1min}, clock);
  cache.remember("a", 1);
  clock.advance(10s);
  cache.remember("b", 2);
  cache.remember("c", 3);
  CHECK(cache.recall("a"));  // now b was used longest ago
  cache.remember("d", 4);
  CHECK_FALSE(cache.recall("b"));
  CHECK(cache.stats().evicted == 1);
  CHECK(cache.recall("a"));
  clock.advance(50s);  // a is too old, though it was used last
  cache.remember("e", 5);
  CHECK(cache.stats().expired == 1);
  CHECK_FALSE(cache.recall("a"));
  CHECK(cache.recall("c"));
  CHECK(cache.recall("d"));
  CHECK(cache.recall("e"));
}

TEST_CASE("the cache does what a slow and obvious one does") { check_against_hand<std::hash<int>>(3); }
TEST_CASE("the cache does so even if all keys have the same hash") { check_against_hand<BadHash>(4); }

TEST_CASE("shards hold no more than the capacity together, and each key is in one of them") {
  const ManualClock clock;
  CachedFallback<int, int, ManualClock> cache({.capacity = 103, .ttl = 1min, .shards = 8}, clock);
  for (int i = 0; i < 10'000; ++i) {
    cache.remember(i, 2 * i);
    REQUIRE(cache.recall(i)->value == 2 * i);
  }
  CHECK(cache.size() == 103);
  CHECK(cache.stats().inserted == 10'000);
  CHECK(cache.stats().evicted == 9'897);
  int found = 0;
  for (int i = 0; i < 10'000; ++i) found += cache.recall(i) ? 1 : 0;
  CHECK(found == 103);
}

TEST_CASE("what keys throw passes through, and nothing has changed") {
  Touchy::alive = 0;
  {
    const ManualClock clock;
    CachedFallback<Touchy, std::string, ManualClock, TouchyHash> cache({.capacity = 2, .ttl = 1min}, clock);
    cache.remember(Touchy(1), "one");
    cache.remember(Touchy(2), "two");
    Touchy::throws = true;
    CHECK_THROWS_WITH(cache.remember(Touchy(3), "three"), "no copy today");
    CHECK_NOTHROW(cache.remember(Touchy(2), "zwei"));  // a key that is held is not copied
    Touchy::throws = false;
    CHECK_THROWS_WITH(cache.remember(Touchy(-1), "?"), "no hash of that");
    CHECK_THROWS_WITH(cache.recall(Touchy(-1)), "no hash of that");
    CHECK(cache.size() == 2);
    CHECK(cache.recall(Touchy(1))->value == "one");
    CHECK(cache.recall(Touchy(2))->value == "zwei");
    cache.remember(Touchy(3), "three");
    CHECK(cache.stats().evicted == 1);
    CHECK(Touchy::alive == 2);
  }
  CHECK(Touchy::alive == 0);
}

TEST_CASE("a record's key is a member, a function of it, or a function on it") {
  struct Trip {
    std::string user;
    std::string name() const { return user; }
  };
  const ManualClock clock;
  Cache cache({.capacity = 2, .ttl = 1min}, clock);
  cache.by(&Trip::user).remember(Trip{"ann"}, 1.5);
  CHECK(cache.by(&Trip::name).recall(Trip{"ann"})->value == 1.5);
  CHECK(cache.by([](const Trip& trip) { return "an" + trip.user.substr(1); }).recall(Trip{"xn"})->value == 1.5);
}

TEST_CASE("options of a cache that cannot work are refused by name and value") {
  CHECK_THROWS_WITH(Cache({.capacity = 0, .ttl = 1s}), ContainsSubstring("CachedFallbackOptions.capacity is 0"));
  CHECK_THROWS_WITH(Cache({.capacity = std::size_t{1} << 32, .ttl = 1s}), ContainsSubstring("capacity is 4294967296"));
  CHECK_THROWS_WITH(Cache({.capacity = 1, .ttl = 0s}), ContainsSubstring("ttl is 0 ns; at least 1 ns"));
  CHECK_THROWS_WITH(Cache({.capacity = 3, .ttl = 1s, .shards = 4}),
                    ContainsSubstring("shards is 4; 1 to .capacity, 3"));
  CHECK_THROWS_WITH(Cache({.capacity = 3, .ttl = 1s, .shards = 0}), ContainsSubstring("shards is 0"));
}

}  // namespace penstock
