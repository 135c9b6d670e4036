// SPDX-License-Identifier: MIT
// The smallest item, value, clock, functor and policy that a MicroBatcher allows, put through all of it.
#include "penstock/stream/micro_batcher.hpp"

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace micro_batcher_archetypes {

/// Of no use but to be moved into a new place.
struct Item {
  Item() = delete;
  Item(Item&&) {}
};
struct Value {
  explicit Value(int) {}
  Value(Value&&) {}
};

/// A clock that is nothing else.
struct Clock {
  penstock::TimePoint now() const { return {}; }
};

/// Neither copied nor const.
struct Functor {
  Functor() = default;
  Functor(Functor&&) = default;
  std::vector<Value> operator()(std::span<const Item>);
};
struct Filling {
  void operator()(std::span<const Item>, std::span<std::string>);
};
struct Counting {
  int operator()(std::span<const Item>, std::span<bool>);
};
struct FillingResults {
  void operator()(std::span<const Item>, std::span<penstock::Result<Value>>);
};
struct Results {
  std::vector<penstock::Result<Value>> operator()(std::span<const Item>);
};
struct Model {
  std::vector<float> predict(std::span<const Item>);
};

struct Policy {
  void arrived(penstock::TimePoint, std::size_t);
  void ran(std::size_t, std::chrono::nanoseconds);
  penstock::BatchDecision decide(const penstock::BatchView&);
  bool fits(const penstock::BatchView&, std::size_t, penstock::TimePoint);
  bool lost(const penstock::BatchView&, std::size_t, penstock::TimePoint);
  std::chrono::nanoseconds needs();
};
struct NoPolicy {
  penstock::BatchDecision decide(const penstock::BatchView&);
};

using penstock::batch_functor;
using penstock::batch_policy;
using penstock::MicroBatcher;
using penstock::SubmitOptions;
using penstock::Ticket;

static_assert(batch_functor<Functor, Item, Value>);
static_assert(batch_functor<Filling, Item, std::string>);
static_assert(batch_functor<Counting, Item, bool>);
static_assert(batch_functor<FillingResults, Item, Value>);
static_assert(batch_functor<Results, Item, Value>);
static_assert(batch_functor<Model, Item, double>);
static_assert(batch_functor<std::vector<bool> (*)(std::span<const Item>), Item, bool>);
static_assert(!batch_functor<Functor, Item, std::string>);    // gives another type
static_assert(!batch_functor<Filling, Item, Value>);          // Values cannot be made to be written into
static_assert(!batch_functor<Value (*)(Item), Item, Value>);  // one at a time
static_assert(!batch_functor<std::vector<Value> (*)(std::span<Item>), Item, Value>);  // would change its items
static_assert(!batch_functor<int, Item, Value>);

static_assert(batch_policy<Policy>);
static_assert(batch_policy<penstock::AdaptiveBatching>);
static_assert(!batch_policy<NoPolicy>);

static_assert(!std::copy_constructible<Ticket<Value>>);
static_assert(std::movable<Ticket<Value>>);
static_assert(!std::movable<MicroBatcher<Item, Value>>);
static_assert(!std::constructible_from<MicroBatcher<Item, Value>, int>);

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};

[[maybe_unused]] Task wait_for(MicroBatcher<Item, Value, Clock, Policy>& batcher, Item& item) {
  [[maybe_unused]] const Value value = co_await batcher.submit(std::move(item));
  Ticket<Value> ticket = batcher.submit(std::move(item));
  const penstock::Outcome<Value> outcome = co_await ticket.as_outcome();
}

[[maybe_unused]] void all_of_it(Item& item, Functor& functor, const Clock& clock) {
  MicroBatcher<Item, Value, Clock, Policy> batcher(std::move(functor), {}, clock, Policy());
  Ticket<Value> ticket = batcher.submit(std::move(item), {.deadline = std::chrono::milliseconds(1)});
  (void)batcher.try_submit(std::move(item), {.deadline = penstock::TimePoint()});
  (void)batcher.submit(std::move(item), {}, [](penstock::Outcome<Value>) {});
  (void)batcher.try_submit(std::move(item), {}, [](const penstock::Outcome<Value>&) {});
  (void)ticket.wait_for(std::chrono::seconds(1));
  (void)ticket.wait_until({});
  ticket.cancel();
  (void)ticket.outcome();
  (void)batcher.call(std::move(item));
  (void)batcher.run_once();
  (void)batcher.next_due();
  batcher.on_batch([](const penstock::BatchReport&) {});
  batcher.on_watermark([](penstock::Crossing) {});
  batcher.flush();
  (void)batcher.with_policy([](const Policy&) { return 1; });
  batcher.close();
}

}  // namespace micro_batcher_archetypes
