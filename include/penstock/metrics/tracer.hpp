// SPDX-License-Identifier: MIT
#pragma once

// Where did the time of this record go? Spans of its stages, by ids that the record carries.
//
//     Tracer tracer{{.sampling = 0.01}};
//     const TraceContext trace = tracer.start(request.header("traceparent"));   // goes on with it, or begins one
//     queue.push(tracer.stamp(row, trace));
//
//     auto item = queue.pop();                                   // a Traced<Row>, elsewhere
//     tracer.waited(Stage::queue_wait, *item);
//     {
//       auto span = tracer.span(Stage::model, item->trace);
//       score = model(item->value);
//     }
//     for (const Span& span : tracer.drain()) { ... }            // or chrome_trace(tracer.drain())
//
// What is not traced pays nothing: there is no hook where no tracer was put. What is not sampled pays for its ids.

#include "penstock/core/clock.hpp"
#include "penstock/metrics/span_buffer.hpp"
#include "penstock/metrics/trace_context.hpp"

#include <atomic>       // atomic
#include <chrono>       // system_clock
#include <cstddef>      // size_t
#include <cstdint>      // uintptr_t, uint32_t, uint64_t
#include <stdexcept>    // invalid_argument
#include <string>       // to_string
#include <string_view>  // string_view
#include <type_traits>  // decay_t
#include <utility>      // exchange, forward, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How a tracer records.
struct TracerOptions {
  std::size_t capacity =
      65'536;              ///< spans that wait to be drained, 1 to 2^30; those for which there is no room are counted
  double sampling = 1;     ///< share of new traces that are recorded, in [0, 1]; who hands one on has decided for it
  std::uint64_t seed = 0;  ///< of the ids: 0 takes one that differs from process to process
};

/// A record with the trace that it belongs to, and since when it waits.
template <class T>
struct Traced {
  T value;               ///< the record
  TraceContext trace{};  ///< moves on to the span of each wait, so that what follows is a part of it
  TimePoint since{};     ///< when it was stamped, or its last wait ended, if the trace is sampled
};

namespace detail {

/// SplitMix64's finaliser: another number for each other number.
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t x) noexcept {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
  x = (x ^ x >> 27) * 0x94D049BB133111EBU;
  return x ^ x >> 31;
}

/// 1, 2, ... in the order in which threads ask.
[[nodiscard]] inline std::uint32_t trace_thread() noexcept {
  static std::atomic<std::uint32_t> threads{0};
  thread_local const std::uint32_t mine = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  return mine;
}

}  // namespace detail

/// Makes ids, and keeps spans until they are drained. All functions are thread-safe and never wait.
template <clock_source Clock = SteadyClock>
class Tracer {
 public:
  /// A span that ends when it is destroyed, or by `end()`. Not to be shared by threads; the tracer outlives it.
  class ScopedSpan {
   public:
    /// Takes over; `other` records nothing any more.
    ScopedSpan(ScopedSpan&& other) noexcept
        : tracer_(std::exchange(other.tracer_, nullptr)), span_(other.span_), sampled_(other.sampled_) {}
    ScopedSpan& operator=(ScopedSpan&&) = delete;
    ~ScopedSpan() { end(); }

    /// What happens within it: for spans below it, and for the header of requests that are made meanwhile.
    [[nodiscard]] TraceContext context() const noexcept { return {span_.trace_id, span_.span_id, sampled_}; }
    /// How many records it is of; 1, if nothing is said.
    void set_items(std::uint64_t items) noexcept { span_.items = items; }
    /// Ends it now.
    void end() noexcept {
      if (tracer_ == nullptr) return;
      Tracer* const tracer = std::exchange(tracer_, nullptr);
      span_.end = tracer->clock_.now();
      span_.thread = detail::trace_thread();
      tracer->keep(span_);
    }

   private:
    friend class Tracer;
    ScopedSpan(Tracer* tracer, const Span& span, bool sampled) noexcept
        : tracer_(tracer), span_(span), sampled_(sampled) {}

    Tracer* tracer_;  // null if it records nothing
    Span span_;
    bool sampled_ = false;
  };

  /// @throws std::invalid_argument that names the option if it is out of range.
  explicit Tracer(const TracerOptions& options = {}, Clock clock = {})
      : options_(options), clock_(std::move(clock)), buffer_(options.capacity) {
    if (!(options.sampling >= 0 && options.sampling <= 1)) {
      throw std::invalid_argument("TracerOptions.sampling is " + std::to_string(options.sampling) +
                                  "; 0 to 1 is possible");
    }
    // 2^64 as a double; below 1 the product fits into 64 bits.
    threshold_ = static_cast<std::uint64_t>(options.sampling < 1 ? options.sampling * 18446744073709551616.0 : 0);
    seed_ = options.seed;
    if (seed_ == 0) {
      seed_ = detail::mix_bits(static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) ^
                               detail::mix_bits(static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this))));
    }
  }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// The trace of what comes in: that of a valid `traceparent` with its decision, else a new one, of which a share of
  /// `sampling` is recorded. The context of a new one has a span id of its own, that of the request as a whole.
  [[nodiscard]] TraceContext start(std::string_view traceparent = {}) noexcept {
    if (const auto given = parse_traceparent(traceparent)) return *given;
    TraceContext context{{new_id(), new_id()}, new_id(), false};
    context.sampled = options_.sampling >= 1 || context.trace_id.low < threshold_;
    return context;
  }

  /// Begins a span of the stage, now.
  [[nodiscard]] ScopedSpan span(Stage stage, const TraceContext& parent) noexcept {
    Span span{
        .trace_id = parent.trace_id, .span_id = new_id(), .parent_id = parent.span_id, .stage = stage, .items = 1};
    if (parent.sampled) span.begin = clock_.now();
    return ScopedSpan(parent.sampled ? this : nullptr, span, parent.sampled);
  }

  /// A span that is over, with a new id, which is given back: for what somebody else measured.
  std::uint64_t record(Stage stage, const TraceContext& parent, TimePoint begin, TimePoint end,
                       std::uint64_t items = 1) noexcept {
    const std::uint64_t id = new_id();
    if (parent.sampled) {
      keep({.trace_id = parent.trace_id,
            .span_id = id,
            .parent_id = parent.span_id,
            .stage = stage,
            .thread = detail::trace_thread(),
            .items = items,
            .begin = begin,
            .end = end});
    }
    return id;
  }

  /// The record with its trace, waiting from now on.
  template <class T>
  [[nodiscard]] Traced<std::decay_t<T>> stamp(T&& value, const TraceContext& trace) {
    return {std::forward<T>(value), trace, trace.sampled ? clock_.now() : TimePoint{}};
  }

  /// Ends the wait of a record that was stamped: a span from then until now. What follows is a part of it, and the next
  /// wait begins now.
  template <class T>
  void waited(Stage stage, Traced<T>& item) noexcept {
    const TimePoint now = item.trace.sampled ? clock_.now() : TimePoint{};
    item.trace.span_id = record(stage, item.trace, item.since, now);
    item.since = now;
  }

  /// Takes out what has ended so far, the oldest first. May be called while others record.
  [[nodiscard]] std::vector<Span> drain() {
    std::vector<Span> spans;
    for (std::size_t i = 0; i < buffer_.capacity(); ++i) {  // not for ever, however quickly others record
      const auto span = buffer_.pop();
      if (!span) break;
      spans.push_back(*span);
    }
    return spans;
  }

  [[nodiscard]] std::uint64_t recorded() const noexcept {
    return recorded_.load(std::memory_order_relaxed);
  }  ///< spans that were kept, drained or not
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }  ///< spans for which there was no room
  [[nodiscard]] const TracerOptions& options() const noexcept { return options_; }  ///< as it was made
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }              ///< by which spans are stamped

 private:
  [[nodiscard]] std::uint64_t new_id() noexcept {
    for (;;) {  // one number in 2^64 gives 0
      const std::uint64_t n = ids_.fetch_add(1, std::memory_order_relaxed);
      const std::uint64_t id = detail::mix_bits(seed_ + 0x9E3779B97F4A7C15U * (n + 1));
      if (id != 0) return id;
    }
  }
  void keep(const Span& span) noexcept {
    (buffer_.push(span) ? recorded_ : dropped_).fetch_add(1, std::memory_order_relaxed);
  }

  const TracerOptions options_;
  const Clock clock_;
  SpanBuffer buffer_;
  std::uint64_t threshold_ = 0;
  std::uint64_t seed_ = 0;
  std::atomic<std::uint64_t> ids_{0};
  std::atomic<std::uint64_t> recorded_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace v0
}  // namespace penstock
