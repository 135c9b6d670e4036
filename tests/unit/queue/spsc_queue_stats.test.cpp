// SPDX-License-Identifier: MIT
// What stats() tells of an SpscQueue while both sides are at work: a thread that reads it and is put off its core
// between two loads, where the others then do all their work.
#include "penstock/queue/spsc_queue.hpp"
#include "penstock/queue/sync.hpp"

#include "catch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

namespace penstock {
namespace {

/// What happens behind the next load of a counter but `after`.
struct Preemption {
  int after = 0;
  std::function<void()> others{};
};
Preemption* preemption = nullptr;

struct PreemptedSync : detail::SystemSync {
  template <class T>
  struct Atomic : std::atomic<T> {
    using std::atomic<T>::atomic;
    T load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
      const T value = std::atomic<T>::load(order);
      if constexpr (std::is_same_v<T, std::uint64_t>) {
        if (preemption != nullptr && preemption->after-- == 0) std::exchange(preemption, nullptr)->others();
      }
      return value;
    }
  };
};

TEST_CASE("the depth that stats() tells is never above the capacity, whenever its thread is put off") {
  constexpr std::size_t capacity = 64;
  for (int after = 0; after < 6; ++after) {
    CAPTURE(after);
    SpscQueue<int, SteadyClock, PreemptedSync> queue({.capacity = capacity});
    for (int i = 0; i < 3; ++i) REQUIRE(queue.push(i) == QueueStatus::ok);
    Preemption now{.after = after, .others = [&queue] {
                     for (int i = 0; i < 1000; ++i) {
                       static_cast<void>(queue.try_push(i));
                       static_cast<void>(queue.try_pop());
                     }
                   }};
    preemption = &now;
    const QueueStats stats = queue.stats();
    preemption = nullptr;
    CHECK(stats.depth == 3);
    CHECK(stats.accepted == stats.taken + stats.depth);
    CHECK(stats.max_depth <= capacity);
  }
}

}  // namespace
}  // namespace penstock
