// SPDX-License-Identifier: MIT
#pragma once

// A state that many threads write at once as fast as one: each has a copy of its own, and whoever reads takes what was
// written since it last did. No writer ever waits, and each write is in exactly one of the readings.
//
//     detail::PerThread<LatencyHistogram> shards([] { return LatencyHistogram(); });
//     shards.write([&](LatencyHistogram& mine) { mine.record(ns); });          // any thread, no lock
//     shards.collect([&](LatencyHistogram& theirs) {                           // one at a time
//       all.merge(theirs);
//       theirs.reset();
//     });
//
// Each copy is two halves, one of which is on. A writer says which half it goes to, looks whether that is still on,
// writes there, and says that it is done. The reader turns the other half on, waits until the writer is not in the
// first one, and has that to itself, as with hazard pointers. That the one sees what the other said is
// core/asymmetric_fence.hpp's work: it costs the reader microseconds and the writer nothing. HdrHistogram's
// WriterReaderPhaser does the same with two atomic additions a write.

#include "penstock/config.hpp"
#include "penstock/core/asymmetric_fence.hpp"

#include <algorithm>   // lower_bound
#include <array>       // array
#include <atomic>      // atomic
#include <cstddef>     // size_t
#include <cstdint>     // uint64_t
#include <functional>  // function
#include <memory>      // make_unique, shared_ptr, unique_ptr, weak_ptr
#include <mutex>       // mutex, scoped_lock
#include <thread>      // this_thread::yield
#include <utility>     // move
#include <vector>      // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// One thread's place in a PerThread.
template <class State>
struct alignas(64) Shard {
  Shard(State first, State second) : halves{std::move(first), std::move(second)}, on(address(halves[0])) {}

  static std::uint64_t address(const State& half) noexcept { return reinterpret_cast<std::uintptr_t>(&half); }
  [[nodiscard]] State& half_off() noexcept {
    return halves[on.load(std::memory_order_relaxed) == address(halves[0]) ? 1 : 0];
  }

  std::atomic<std::uint64_t> writing{0};  // address of the half that its thread is in, or 0; by that thread alone
  std::array<State, 2> halves;
  std::atomic<std::uint64_t> on;  // address of the half that is written to; by the reader alone
  bool owned = true;              // by a living thread; under the mutex of all
};

/// What is behind a PerThread: the shards of all threads that ever wrote.
template <class State>
struct Shards {
  explicit Shards(std::function<State()> make_state) : make(std::move(make_state)) {}

  /// A place for a thread that has none: one whose thread has ended, if there is one.
  [[nodiscard]] Shard<State>& claim() {
    const std::scoped_lock lock(mutex);
    for (const auto& shard : all) {
      if (!shard->owned) {
        shard->owned = true;
        return *shard;
      }
    }
    all.push_back(std::make_unique<Shard<State>>(make(), make()));
    return *all.back();
  }
  void release(Shard<State>& shard) {
    const std::scoped_lock lock(mutex);
    shard.owned = false;
  }

  const std::function<State()> make;
  std::mutex mutex;
  std::vector<std::unique_ptr<Shard<State>>> all;
};

/// The shards that this thread has. When it ends, they are for others.
template <class State>
class OwnShards {
 public:
  struct Entry {
    std::uint64_t id;
    std::weak_ptr<Shards<State>> shards;
    Shard<State>* shard;
  };

  OwnShards() = default;
  OwnShards(const OwnShards&) = delete;
  OwnShards& operator=(const OwnShards&) = delete;
  ~OwnShards() {
    ended = true;
    recent = {};
    for (const Entry& entry : entries_) {
      if (const auto shards = entry.shards.lock()) shards->release(*entry.shard);
    }
  }

  [[nodiscard]] Shard<State>& find(std::uint64_t id, const std::shared_ptr<Shards<State>>& shards) {
    const auto place = [&] {
      return std::lower_bound(entries_.begin(), entries_.end(), id,
                              [](const Entry& entry, std::uint64_t wanted) { return entry.id < wanted; });
    };
    if (const auto at = place(); at != entries_.end() && at->id == id) return *at->shard;
    if (entries_.size() == entries_.capacity()) {
      std::erase_if(entries_, [](const Entry& entry) { return entry.shards.expired(); });
      entries_.reserve(2 * entries_.size() + 8);  // so that there is not much to look through the next time
    }
    return *entries_.insert(place(), Entry{id, shards, &shards->claim()})->shard;
  }

  struct Recent {
    std::uint64_t id = 0;
    Shard<State>* shard = nullptr;
  };
  // The last ones used, by id. Trivial, so that a look at them runs no code of the thread's start or end.
  static constinit inline thread_local std::array<Recent, 8> recent{};
  static constinit inline thread_local bool ended = false;

 private:
  std::vector<Entry> entries_;  // by id
};

/// The state that each writing thread has a copy of. Memory: two states for each thread that writes at the same time as
/// others, whatever the number of threads that come and go.
template <class State>
class PerThread {
 public:
  /// `make` gives a fresh State.
  explicit PerThread(std::function<State()> make) : shards_(std::make_shared<Shards<State>>(std::move(make))) {}
  PerThread(PerThread&&) = delete;
  ~PerThread() = default;

  /// Calls `work(State&)` on this thread's copy, which nobody else has at that time. `work` may throw, and must not
  /// write to or collect the same object. Any number of threads, wait-free but for a thread's first write.
  template <class Work>
  void write(Work work) const {  // by value, so that what it holds can stay in registers
    using Own = OwnShards<State>;
    const auto& recent = Own::recent[id_ % Own::recent.size()];
    if (recent.id == id_) [[likely]]
      return write_to(*recent.shard, work);
    write_first(work);
  }

  /// Calls `take(State&)` for each copy with what was written to it since the last collect, and which it is to empty.
  /// Waits for a write that is under way, not for later ones. One at a time, under the caller's lock. What is left
  /// because `take` threw comes with the collect after the next.
  template <class Take>
  void collect(Take&& take) const {
    const std::scoped_lock lock(shards_->mutex);
    for (const auto& shard : shards_->all) { told(shard->on, shard->address(shard->half_off())); }
    settle();
    for (const auto& shard : shards_->all) {
      State& off = shard->half_off();
      while (shard->writing.load(std::memory_order_seq_cst) == shard->address(off)) std::this_thread::yield();
      take(off);
    }
  }

 private:
  template <class Work>
  void write_to(Shard<State>& shard, Work& work) const {
    struct Done {
      ~Done() { writing.store(0, std::memory_order_release); }
      std::atomic<std::uint64_t>& writing;
    };
    const Done done{shard.writing};
    std::uint64_t half = 0;
    std::uint64_t on = shard.on.load(std::memory_order_seq_cst);
    do {  // once more if a collect came in between
      half = on;
      told(shard.writing, half);
      on = shard.on.load(std::memory_order_seq_cst);
    } while (half != on);
    work(*reinterpret_cast<State*>(static_cast<std::uintptr_t>(half)));
  }

  /// Not in write_first, of which there is one for each type of work: a thread would have a shard for each of them.
  static OwnShards<State>& own() {
    static thread_local OwnShards<State> mine;
    return mine;
  }
  template <class Work>
  PENSTOCK_COLD void write_first(Work work) const {
    using Own = OwnShards<State>;
    if (Own::ended) {  // from the destructor of another thread_local object: the thread keeps no places any more
      struct Held {
        ~Held() { shards.release(shard); }
        Shards<State>& shards;
        Shard<State>& shard;
      };
      const Held held{*shards_, shards_->claim()};
      return write_to(held.shard, work);
    }
    Shard<State>& shard = own().find(id_, shards_);
    Own::recent[id_ % Own::recent.size()] = {id_, &shard};
    write_to(shard, work);
  }

  /// Where nobody can settle, the exchange does it alone.
  void told(std::atomic<std::uint64_t>& word, std::uint64_t value) const noexcept {
    if (settles_) {
      tell(word, value);
    } else {
      word.exchange(value, std::memory_order_seq_cst);
    }
  }

  static std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  const bool settles_ = can_settle();
  const std::uint64_t id_ = next_id();  // never used again, unlike an address
  const std::shared_ptr<Shards<State>> shards_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
