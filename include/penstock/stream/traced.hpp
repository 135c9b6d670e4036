// SPDX-License-Identifier: MIT
#pragma once

// Tracing of process_stream and MicroBatcher: put the model into a hook. Without one there is nothing to pay for.
//
//     process_stream(trips, 100, traced(tracer, trace, score));            // a span of Stage::model a chunk
//
//     MicroBatcher<Traced<Row>, double> batcher{
//         traced_batch(tracer, [&](std::span<const Traced<Row>> rows) { return scores_of(rows); }), {.max_batch = 64}};
//     batcher.submit(tracer.stamp(row, trace));                            // batch_wait and model spans an item

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/metrics/span_buffer.hpp"
#include "penstock/metrics/trace_context.hpp"
#include "penstock/metrics/tracer.hpp"

#include <algorithm>    // any_of
#include <concepts>     // invocable
#include <functional>   // invoke
#include <span>         // span
#include <type_traits>  // decay_t
#include <utility>      // forward, move

namespace penstock {
inline namespace v0 {

/// A functor on chunks whose every call is a span, with the chunk's rows as items. What it throws passes, and the span
/// ends. An expression that is computed only after the call is not in the span. Made by `traced`.
template <class Fn, clock_source Clock>
class TracedModel {
 public:
  /// The tracer outlives it.
  TracedModel(Tracer<Clock>& tracer, const TraceContext& trace, Stage stage, Fn fn)
      : tracer_(&tracer), trace_(trace), stage_(stage), fn_(std::move(fn)) {}

  /// Calls the functor; as thread-safe as that is.
  template <class Slice, class... More>
    requires std::invocable<Fn&, Slice, More...>
  decltype(auto) operator()(Slice&& slice, More&&... more) {
    const auto span = begin(slice);
    return std::invoke(fn_, std::forward<Slice>(slice), std::forward<More>(more)...);
  }
  /// The same of a const functor.
  template <class Slice, class... More>
    requires std::invocable<const Fn&, Slice, More...>
  decltype(auto) operator()(Slice&& slice, More&&... more) const {
    const auto span = begin(slice);
    return std::invoke(fn_, std::forward<Slice>(slice), std::forward<More>(more)...);
  }

 private:
  [[nodiscard]] auto begin(const auto& slice) const {
    auto span = tracer_->span(stage_, trace_);
    if constexpr (requires { rows(slice); }) span.set_items(static_cast<std::uint64_t>(rows(slice)));
    return span;
  }

  Tracer<Clock>* tracer_;
  TraceContext trace_;
  Stage stage_;
  Fn fn_;
};

/// Hooks a functor on chunks, such as process_stream takes: each call is a span of `stage` in the trace.
template <class Fn, clock_source Clock>
[[nodiscard]] TracedModel<std::decay_t<Fn>, Clock> traced(Tracer<Clock>& tracer, const TraceContext& trace, Fn&& fn,
                                                          Stage stage = Stage::model) {
  return {tracer, trace, stage, std::forward<Fn>(fn)};
}

/// A functor on batches of Traced items, each of which has a trace of its own: for each item that is sampled there is a
/// span from its stamp to the call (batch_wait), and one of the call (model), with the size of the batch as items. Made
/// by `traced_batch`.
template <class Fn, clock_source Clock>
class TracedBatch {
 public:
  /// The tracer outlives it.
  TracedBatch(Tracer<Clock>& tracer, Fn fn) : tracer_(&tracer), fn_(std::move(fn)) {}

  /// Calls the functor; as thread-safe as that is.
  template <class T, class... More>
    requires std::invocable<Fn&, std::span<const Traced<T>>, More...>
  decltype(auto) operator()(std::span<const Traced<T>> items, More&&... more) {
    struct Ends {  // when the call is over, however it ends
      Tracer<Clock>& tracer;
      std::span<const Traced<T>> items;
      bool sampled;
      TimePoint begin;
      ~Ends() {
        if (!sampled) return;
        const TimePoint end = tracer.clock().now();
        for (const Traced<T>& item : items) {
          if (!item.trace.sampled) continue;
          TraceContext waited = item.trace;
          waited.span_id = tracer.record(Stage::batch_wait, item.trace, item.since, begin);
          tracer.record(Stage::model, waited, begin, end, items.size());
        }
      }
    };
    const bool sampled = std::any_of(items.begin(), items.end(), [](const auto& item) { return item.trace.sampled; });
    const Ends ends{*tracer_, items, sampled, sampled ? tracer_->clock().now() : TimePoint{}};
    return std::invoke(fn_, items, std::forward<More>(more)...);
  }

 private:
  Tracer<Clock>* tracer_;
  Fn fn_;
};

/// Hooks a functor on batches of Traced items, such as a MicroBatcher takes.
template <class Fn, clock_source Clock>
[[nodiscard]] TracedBatch<std::decay_t<Fn>, Clock> traced_batch(Tracer<Clock>& tracer, Fn&& fn) {
  return {tracer, std::forward<Fn>(fn)};
}

}  // namespace v0
}  // namespace penstock
