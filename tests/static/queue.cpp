// SPDX-License-Identifier: MIT
// What is a queue, what is an item, what is a listener; and the smallest of each goes through all that takes one.
#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/spsc_queue.hpp"

#include <array>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace penstock {
namespace {

/// The smallest item: it can be moved into a new place, and no more.
struct Item {
  explicit Item(int) {}
  Item(Item&&) = default;
  Item& operator=(Item&&) = delete;
};

struct Explosive {
  ~Explosive() noexcept(false) {}
};

struct Pinned {
  Pinned(Pinned&&) = delete;
};

/// The smallest queue.
struct Queue {
  using value_type = Item;
  QueueStatus push(Item&&, const std::stop_token& = {}) { return QueueStatus::closed; }
  QueueStatus try_push(Item&&) { return QueueStatus::closed; }
  QueueStatus push_until(Item&&, TimePoint, const std::stop_token&) { return QueueStatus::closed; }
  QueueStatus push_bulk(std::vector<Item>&&, const std::stop_token&) { return QueueStatus::closed; }
  std::optional<Item> pop(const std::stop_token& = {}) { return {}; }
  std::optional<Item> try_pop() { return {}; }
  std::optional<Item> pop_until(TimePoint, const std::stop_token&) { return {}; }
  QueueStatus pop_bulk(std::vector<Item>&, std::size_t, const std::stop_token&) { return QueueStatus::closed; }
  void close() {}
  bool closed() const { return true; }
  std::size_t size() const { return 0; }
  std::size_t capacity() const { return 1; }
  bool throttled() const { return false; }
  QueueStats stats() const { return {}; }
};

struct Mute : Queue {
  void stats() const {}
};

static_assert(bounded_queue<Queue>);
static_assert(bounded_queue<BoundedQueue<int>>);
static_assert(bounded_queue<BoundedQueue<Item>>);
static_assert(bounded_queue<SpscQueue<int>>);
static_assert(bounded_queue<SpscQueue<Item, ManualClock>>);
static_assert(bounded_queue<BoundedQueue<std::unique_ptr<int>, ManualClock>>);
static_assert(!bounded_queue<Mute>);
static_assert(!bounded_queue<std::vector<int>>);
static_assert(!bounded_queue<const BoundedQueue<int>>);
static_assert(!bounded_queue<int>);

template <class T>
concept queueable = requires { typename BoundedQueue<T>; };
static_assert(queueable<Item> && queueable<std::vector<int>>);
static_assert(!queueable<Explosive> && !queueable<Pinned> && !queueable<void> && !queueable<const int&> &&
              !queueable<const int>);

static_assert(watermark_listener<void (*)(Crossing)>);
static_assert(!watermark_listener<void (*)(int*)>);

template <class Q, class F>
concept listens_to_drops = requires(Q& queue, F listener) { queue.on_drop(std::move(listener)); };
static_assert(listens_to_drops<BoundedQueue<Item>, void (*)(Item&&)>);
static_assert(!listens_to_drops<BoundedQueue<Item>, void (*)(Item&)>);

// A value that cannot be copied is pushed only by giving it up.
template <class T>
concept pushed_by_copy = requires(BoundedQueue<T>& queue, const T& value) { queue.push(value); };
static_assert(pushed_by_copy<int> && !pushed_by_copy<Item>);
// And one that cannot be assigned is popped only into a new place.
template <class T>
concept popped_by_assignment = requires(BoundedQueue<T>& queue, T& out) { queue.pop(out); };
static_assert(popped_by_assignment<int> && !popped_by_assignment<Item>);

static_assert(!std::copyable<BoundedQueue<int>> && !std::movable<BoundedQueue<int>>);

template <bounded_queue Q>
void relay(Q& from, Q& to) {
  while (auto item = from.pop()) {
    if (to.push(std::move(*item)) != QueueStatus::ok) return;
  }
  to.close();
}

[[maybe_unused]] void every_function_takes_the_smallest_item(BoundedQueue<Item, ManualClock>& queue, Queue& queues) {
  using namespace std::chrono_literals;
  const std::stop_token stop;
  const TimePoint deadline{};
  const Priority urgent{1};
  std::vector<Item> items;
  static_cast<void>(queue.push(Item(1), stop, urgent));
  static_cast<void>(queue.try_push(Item(1), urgent));
  static_cast<void>(queue.push_for(Item(1), 1.5s, stop, urgent));
  static_cast<void>(queue.push_until(Item(1), deadline, stop, urgent));
  static_cast<void>(queue.push_bulk(std::move(items), stop, urgent));
  static_cast<void>(queue.try_push_bulk(std::move(items), urgent));
  static_cast<void>(queue.push_bulk_for(std::move(items), 1h, stop, urgent));
  static_cast<void>(queue.push_bulk_until(std::move(items), deadline, stop, urgent));
  static_cast<void>(queue.pop(stop));
  static_cast<void>(queue.try_pop());
  static_cast<void>(queue.pop_for(1ns, stop));
  static_cast<void>(queue.pop_until(deadline, stop));
  static_cast<void>(queue.pop_bulk(items, 2, stop));
  static_cast<void>(queue.try_pop_bulk(items, 2));
  static_cast<void>(queue.pop_bulk_for(items, 2, 1ms, stop));
  static_cast<void>(queue.pop_bulk_until(items, 2, deadline, stop));
  static_cast<void>(queue.wait_readable(stop));
  static_cast<void>(queue.wait_readable_for(1ms, stop));
  static_cast<void>(queue.wait_readable_until(deadline, stop));
  queue.on_drop([held = std::make_unique<int>()](Item&&) {});
  queue.on_watermark([held = std::make_unique<int>()](Crossing) {});
  relay(queue, queue);
  relay(queues, queues);
}

}  // namespace
}  // namespace penstock
