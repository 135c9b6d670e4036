// SPDX-License-Identifier: MIT
#pragma once

// A hash table of at most `capacity` entries that knows which was used longest ago, and which was written longest ago.
//
//     detail::RecencyTable<std::string, double> table(1000);
//     if (auto* found = table.find(key, hash)) table.use(*found);
//     if (table.full()) table.erase(table.least_used());
//     table.insert(key, hash, value, now);

#include "penstock/core/clock.hpp"

#include <bit>       // bit_ceil
#include <cstddef>   // size_t
#include <cstdint>   // uint32_t, uint64_t
#include <optional>  // optional
#include <utility>   // move
#include <vector>    // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Spreads a hash over all its bits: std::hash of a number is the number.
[[nodiscard]] inline std::uint64_t spread(std::size_t hash) noexcept {
  auto bits = static_cast<std::uint64_t>(hash);
  bits = (bits ^ bits >> 33U) * 0xff51afd7ed558ccdULL;  // the finaliser of MurmurHash3
  bits = (bits ^ bits >> 33U) * 0xc4ceb9fe1a85ec53ULL;
  return bits ^ bits >> 33U;
}

/// Not thread-safe. The hash of a key is the caller's matter and the same in every call. Key and Value do not throw
/// when they are moved. Entries are linked by their numbers in one array, so that nothing is allocated for one.
template <class Key, class Value>
class RecencyTable {
 public:
  struct Content {
    Key key;
    Value value;
  };
  struct Entry {
    std::optional<Content> content;
    std::uint64_t hash = 0;
    TimePoint written{};
    std::uint32_t next_in_bucket = 0;
  };

  /// Takes the memory for the links of all entries, which the system may give only when it is touched.
  explicit RecencyTable(std::size_t capacity) : capacity_(capacity), buckets_(std::bit_ceil(capacity), 0) {
    entries_.reserve(capacity + 1);
    by_use_.reserve(capacity + 1);
    by_write_.reserve(capacity + 1);
    add();  // 0 is nobody, and where the rings begin and end
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

  [[nodiscard]] Entry* find(const Key& key, std::uint64_t hash) {
    for (std::uint32_t at = bucket(hash); at != 0; at = entries_[at].next_in_bucket) {
      Entry& entry = entries_[at];
      if (entry.hash == hash && entry.content->key == key) return &entry;
    }
    return nullptr;
  }

  /// None if the table is empty.
  [[nodiscard]] Entry* least_used() noexcept { return at(by_use_[0].before); }
  [[nodiscard]] Entry* first_written() noexcept { return at(by_write_[0].before); }

  /// Puts an entry that is not there; there is room.
  void insert(Key key, std::uint64_t hash, Value value, TimePoint now) noexcept {
    std::uint32_t place = free_;
    if (place == 0) {
      place = static_cast<std::uint32_t>(entries_.size());
      add();
    } else {
      free_ = entries_[place].next_in_bucket;
    }
    Entry& entry = entries_[place];
    entry.content.emplace(Content{std::move(key), std::move(value)});
    entry.hash = hash;
    entry.written = now;
    entry.next_in_bucket = bucket(hash);
    bucket(hash) = place;
    push_front(by_use_, place);
    push_front(by_write_, place);
    ++size_;
  }

  /// A new value in an entry that is there: used and written now.
  void write(Entry& entry, Value value, TimePoint now) noexcept {
    entry.content->value = std::move(value);
    entry.written = now;
    to_front(by_use_, number(entry));
    to_front(by_write_, number(entry));
  }

  void use(Entry& entry) noexcept { to_front(by_use_, number(entry)); }

  void erase(Entry& entry) noexcept {
    const std::uint32_t place = number(entry);
    std::uint32_t* link = &bucket(entry.hash);
    while (*link != place) link = &entries_[*link].next_in_bucket;
    *link = entry.next_in_bucket;
    unlink(by_use_, place);
    unlink(by_write_, place);
    entry.content.reset();
    entry.next_in_bucket = free_;
    free_ = place;
    --size_;
  }

 private:
  struct Links {
    std::uint32_t before = 0;
    std::uint32_t after = 0;
  };
  using Ring = std::vector<Links>;  // through 0, latest first

  [[nodiscard]] std::uint32_t& bucket(std::uint64_t hash) noexcept { return buckets_[hash & (buckets_.size() - 1)]; }
  [[nodiscard]] Entry* at(std::uint32_t place) noexcept { return place == 0 ? nullptr : &entries_[place]; }
  [[nodiscard]] std::uint32_t number(const Entry& entry) const noexcept {
    return static_cast<std::uint32_t>(&entry - entries_.data());
  }

  void add() {  // within what was reserved
    entries_.emplace_back();
    by_use_.emplace_back();
    by_write_.emplace_back();
  }

  static void push_front(Ring& ring, std::uint32_t place) noexcept {
    ring[place] = {0, ring[0].after};
    ring[ring[0].after].before = place;
    ring[0].after = place;
  }
  static void unlink(Ring& ring, std::uint32_t place) noexcept {
    const Links links = ring[place];
    ring[links.before].after = links.after;
    ring[links.after].before = links.before;
  }
  static void to_front(Ring& ring, std::uint32_t place) noexcept {
    if (ring[place].before == 0) return;
    unlink(ring, place);
    push_front(ring, place);
  }

  std::size_t capacity_;
  std::size_t size_ = 0;
  std::uint32_t free_ = 0;  // linked by next_in_bucket
  std::vector<std::uint32_t> buckets_;
  std::vector<Entry> entries_{};
  // Apart from the entries, because whoever moves to the front touches neighbours, and nothing else of them.
  Ring by_use_{};
  Ring by_write_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
