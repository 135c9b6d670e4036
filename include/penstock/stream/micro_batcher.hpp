// SPDX-License-Identifier: MIT
#pragma once

// Groups the items of many callers into batches for a functor that is cheaper by the batch, and gives each caller the
// result of its item.
//
//     MicroBatcher<Row, double> batcher{
//         [&](std::span<const Row> rows) { return model.predict(rows); },    // a value an item, in their order
//         {.max_batch = 64, .slo = 20ms}};
//
//     // from any number of threads
//     Ticket<double> ticket = batcher.submit(row);
//     double score = ticket.get();                                           // throws this item's error alone
//
//     const TicketStatus in = batcher.submit(row, {.deadline = 5ms},         // or have it told
//                                            [](Outcome<double> score) { if (score) show(*score); });
//
// A batch goes as soon as a worker is free: while one runs, the next gathers. docs/micro-batching.md says how it
// decides, what each option promises, and how to choose.

#include "penstock/core/clock.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/watermarks.hpp"
#include "penstock/stream/adaptive_batching.hpp"
#include "penstock/stream/batch_functor.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"
#include "penstock/stream/batch_stats.hpp"
#include "penstock/stream/batcher_core.hpp"
#include "penstock/stream/outcome.hpp"
#include "penstock/stream/ticket.hpp"
#include "penstock/stream/ticket_status.hpp"

#include <concepts>     // constructible_from, copy_constructible, invocable
#include <cstddef>      // size_t
#include <memory>       // make_unique, unique_ptr
#include <type_traits>  // decay_t
#include <utility>      // forward, move

namespace penstock {
inline namespace v0 {

/// Batches items of type In for a functor that gives an Out for each. All functions are thread-safe, except the hooks,
/// which are set before it is shared. At most `workers` threads are in the functor at once; they are its own, or those
/// of callers that wait (MicroBatcherOptions::callers_run).
///
/// **Each item ends once**, and its ticket or callback says how: with its value; with an error that is its own; with
/// that of its batch, if the functor threw or gave another number of values than items, and bisection was not asked
/// for; or as `expired`, `cancelled`, `dropped`, `closed`, `hung`. Whatever the functor, a callback, a hook or the
/// policy throws, the batcher goes on. A functor that does not come back holds up the items of its batch no longer than
/// until their deadlines, and others no longer than until theirs; with `hung_after` its worker is replaced.
///
/// **Memory.** In the steady state nothing is allocated: an item's place is used again when its ticket is gone. An
/// input is moved twice and an output once or twice; the policy and the moves of items and callbacks run under the
/// lock and must not call the batcher.
///
/// **Its end.** The destructor does as `close(options.shutdown)`, and waits until no thread is in the functor, a
/// callback or a hook, callers included. Not to be called from within one of these. A functor or callback that waits
/// for an item of its own batcher may wait for ever.
template <queue_item In, queue_item Out, clock_source Clock = SteadyClock, batch_policy Policy = AdaptiveBatching>
class MicroBatcher {
  using Core = detail::BatcherCore<In, Out, Clock, Policy>;

 public:
  using input_type = In;       ///< of what is submitted
  using output_type = Out;     ///< of what comes back
  using clock_type = Clock;    ///< by which all times go
  using policy_type = Policy;  ///< which decides when a batch goes

  /// Starts the workers.
  /// @throws std::invalid_argument if `check(options)` refuses them; std::system_error if there is no thread to be had.
  template <batch_functor<In, Out> F>
    requires std::constructible_from<Policy, const MicroBatcherOptions&>
  explicit MicroBatcher(F functor, const MicroBatcherOptions& options = {}, Clock clock = {})
      : MicroBatcher(std::move(functor), options, std::move(clock), Policy((check(options), options))) {}
  /// The same with a policy of the caller's.
  template <batch_functor<In, Out> F>
  MicroBatcher(F functor, const MicroBatcherOptions& options, Clock clock, Policy policy) {
    check(options);
    core_ = new Core(options, std::make_unique<detail::CallOf<F, In, Out>>(std::move(functor)), std::move(clock),
                     std::move(policy));
    try {
      core_->start();
    } catch (...) {
      core_->close(Shutdown::cancel);
      core_->join_and_abandon();
      throw;
    }
  }
  MicroBatcher(const MicroBatcher&) = delete;
  MicroBatcher& operator=(const MicroBatcher&) = delete;
  ~MicroBatcher() {
    core_->close(core_->options().shutdown);
    core_->join_and_abandon();
  }

  /// Takes an item in; waits for room under `Overflow::block`, no longer than until the item's deadline. If it is
  /// refused, `item` is untouched and the ticket says why: `dropped`, `rejected`, `closed`, `expired` or `cancelled`.
  /// O(1) with deadlines that come in order, else O(log n).
  /// @throws std::invalid_argument for a priority or weight out of range; what the item's move throws; std::bad_alloc;
  /// std::system_error if the first item with a deadline finds no thread to mind it. Then it is as if it had not been
  /// called.
  Ticket<Out> submit(In&& item, const SubmitOptions& how = {}) { return put(std::move(item), how, true); }
  /// The same with a copy.
  Ticket<Out> submit(const In& item, const SubmitOptions& how = {})
    requires std::copy_constructible<In>
  {
    return put(item, how, true);
  }
  /// The same, but never waits: without room under `Overflow::block` the ticket is `rejected`.
  Ticket<Out> try_submit(In&& item, const SubmitOptions& how = {}) { return put(std::move(item), how, false); }
  /// The same with a copy.
  Ticket<Out> try_submit(const In& item, const SubmitOptions& how = {})
    requires std::copy_constructible<In>
  {
    return put(item, how, false);
  }

  /// As submit().get(), but wakes no worker if this thread can run the batch itself: the shortest way to one result.
  Out call(In&& item, const SubmitOptions& how = {}) { return put(std::move(item), how, true, true).get(); }
  /// The same with a copy.
  Out call(const In& item, const SubmitOptions& how = {})
    requires std::copy_constructible<In>
  {
    return put(item, how, true, true).get();
  }

  /// As submit(), but has `callback(Outcome<Out>)` called when the item ends, once, in the thread that ended it: a
  /// worker, or who cancelled or evicted it. It should be short, as it holds that up; what it throws is counted. Up to
  /// 64 bytes of it need no memory of their own. Returns `pending` if the item is in; anything else says why it was
  /// refused, and then neither item nor callback was touched, nor is it called.
  template <std::invocable<Outcome<Out>> F>
  TicketStatus submit(In&& item, const SubmitOptions& how, F&& callback) {
    return put(std::move(item), how, true, std::forward<F>(callback));
  }
  /// The same with a copy.
  template <std::invocable<Outcome<Out>> F>
    requires std::copy_constructible<In>
  TicketStatus submit(const In& item, const SubmitOptions& how, F&& callback) {
    return put(item, how, true, std::forward<F>(callback));
  }
  /// As try_submit(), with a callback.
  template <std::invocable<Outcome<Out>> F>
  TicketStatus try_submit(In&& item, const SubmitOptions& how, F&& callback) {
    return put(std::move(item), how, false, std::forward<F>(callback));
  }
  /// The same with a copy.
  template <std::invocable<Outcome<Out>> F>
    requires std::copy_constructible<In>
  TicketStatus try_submit(const In& item, const SubmitOptions& how, F&& callback) {
    return put(item, how, false, std::forward<F>(callback));
  }

  /// What waits now goes without waiting for max_delay or more company.
  void flush() { core_->flush(); }

  /// Refuses what comes from now on, and ends or serves what waits. When close(Shutdown::cancel) has returned, each
  /// item has ended. May be called again, to cancel what was to be drained.
  void close(Shutdown how = Shutdown::drain) { core_->close(how); }

  /// Runs one batch in this thread, if one is due and fewer than `workers` run; before that ends what is expired.
  /// Returns how many items left the line. With `workers` 0 nobody else does, but threads that wait for tickets: so a
  /// program has its batches where and when it wants them, and a test has no threads.
  std::size_t run_once() { return core_->run_once(); }
  /// When run_once() has something to do, as things stand; TimePoint::max() if nothing waits.
  [[nodiscard]] TimePoint next_due() const { return core_->next_due(); }

  /// All counters, of one moment.
  [[nodiscard]] MicroBatcherStats stats() const { return core_->stats(); }
  /// As it was made.
  [[nodiscard]] const MicroBatcherOptions& options() const noexcept { return core_->options(); }
  /// Asks the policy something, under the lock: `ask(const Policy&)`.
  template <std::invocable<const Policy&> F>
  auto with_policy(const F& ask) const {
    return core_->with_policy(ask);
  }

  /// Has `hook(const BatchReport&)` called after each batch, in the thread that ran it. Before the batcher is used.
  template <std::invocable<const BatchReport&> F>
  void on_batch(F hook) {
    core_->on_batch = detail::Listener<const BatchReport&>(std::move(hook));
  }
  /// Has each crossing of a watermark told: see watermark_listener. Before the batcher is used.
  template <watermark_listener F>
  void on_watermark(F listener) {
    core_->on_watermark = detail::Listener<Crossing>(std::move(listener));
  }

 private:
  using Slot = detail::TicketSlot<Out>;

  template <class Value>
  Ticket<Out> put(Value&& item, const SubmitOptions& how, bool waits, bool runs_itself = false) {
    const auto none = [](Slot&) { return false; };
    const auto [slot, status] = core_->admit(std::forward<Value>(item), how, waits, none, runs_itself);
    return detail::TicketMaker::make<Out>(slot, status);
  }

  template <class Value, class F>
  TicketStatus put(Value&& item, const SubmitOptions& how, bool waits, F&& callback) {
    const auto [slot, status] = core_->admit(std::forward<Value>(item), how, waits, [&](Slot& to) {
      to.continuation.set(
          [call = std::decay_t<F>(std::forward<F>(callback))](Slot& ended) mutable { call(ended.take()); });
      return true;
    });
    if (slot != nullptr) slot->let_go(Slot::held_by_ticket);
    return status;
  }

  Core* core_;
};

}  // namespace v0
}  // namespace penstock
