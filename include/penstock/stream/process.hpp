// SPDX-License-Identifier: MIT
#pragma once

// Runs a model over a frame, chunk by chunk: one value a row, in row order, and what it took.
//
//     auto [values, metrics] = process_stream(trips, 100, score);
//     auto flags = process_stream<bool>(trips, 100, write_flags, {.threads = 4}).values;

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/model.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/stream/chunk_error.hpp"
#include "penstock/stream/chunk_streamer.hpp"
#include "penstock/stream/chunk_values.hpp"

#include <algorithm>    // min
#include <atomic>       // atomic
#include <chrono>       // nanoseconds
#include <cstddef>      // size_t
#include <exception>    // current_exception, exception_ptr, rethrow_exception
#include <iterator>     // make_move_iterator
#include <stdexcept>    // invalid_argument
#include <thread>       // jthread
#include <type_traits>  // conditional_t, is_void_v, remove_reference_t
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// How a stream is run.
struct StreamOptions {
  std::size_t threads = 1;  ///< at least 1; above 1 the model is called from so many threads at once
};

/// What a stream gave until it ended or failed.
template <class Value>
struct StreamOutcome {
  std::vector<Value> values{};   ///< of all chunks before the failed one, in row order
  StreamMetrics metrics{};       ///< of those chunks
  std::exception_ptr error{};    ///< what the failed chunk threw, a ChunkError for a wrong number of values; or null
  std::size_t failed_chunk = 0;  ///< its index, if there is an error

  [[nodiscard]] bool ok() const noexcept { return error == nullptr; }  ///< whether every row has its value
};

namespace detail {

template <class Value>
StreamOutcome<Value> run_in_sequence(const auto& chunks, auto&& append, const auto& clock) {
  StreamOutcome<Value> outcome;
  outcome.values.reserve(chunks.rows());
  // One look at the clock a chunk: each begins where the one before ended, so that their sum is all of the time.
  TimePoint before = clock.now();
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    try {
      auto [data, first_row, index] = chunks[i];
      const ChunkPlace place{index, first_row, chunks.rows_of(i)};
      append(outcome.values, std::move(data), place);
      const TimePoint now = clock.now();
      outcome.metrics.record(place.rows, now - before);
      before = now;
    } catch (...) {
      outcome.error = std::current_exception();
      outcome.failed_chunk = i;
      break;
    }
  }
  return outcome;
}

/// Chunks are taken in order, so that all before a failed one have been taken too and come to their end: the lowest
/// failure, and all values before it, are the same as in sequence.
template <class Value>
StreamOutcome<Value> run_in_parallel(const auto& chunks, auto&& append, const auto& clock, std::size_t threads) {
  struct Done {
    std::vector<Value> values;  // of its own for each chunk: no two threads share a vector, nor a word of vector<bool>
    std::chrono::nanoseconds duration{0};
    std::exception_ptr error;
  };
  std::vector<Done> done(chunks.size());
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> end{chunks.size()};  // lowest chunk that failed, once one has
  const TimePoint start = clock.now();

  const auto work = [&] {
    TimePoint before = clock.now();
    for (std::size_t i; (i = next.fetch_add(1)) < end;) {
      try {
        auto [data, first_row, index] = chunks[i];
        append(done[i].values, std::move(data), ChunkPlace{index, first_row, chunks.rows_of(i)});
        const TimePoint now = clock.now();
        done[i].duration = now - before;
        before = now;
      } catch (...) {
        done[i].error = std::current_exception();
        for (std::size_t seen = end; i < seen && !end.compare_exchange_weak(seen, i);) {}
      }
    }
  };
  {
    std::vector<std::jthread> others;
    try {
      others.reserve(threads - 1);
      while (others.size() < threads - 1) others.emplace_back(work);
    } catch (...) {  // no thread to be had
      end = 0;
      throw;
    }
    work();
  }

  StreamOutcome<Value> outcome;
  outcome.values.reserve(chunks.rows());
  for (std::size_t i = 0; i < end; ++i) {
    std::vector<Value> values = std::move(done[i].values);
    outcome.values.insert(outcome.values.end(), std::make_move_iterator(values.begin()),
                          std::make_move_iterator(values.end()));
    outcome.metrics.record(chunks.rows_of(i), done[i].duration);
  }
  if (end < chunks.size()) {
    outcome.error = done[end].error;
    outcome.failed_chunk = end;
  }
  outcome.metrics.set_elapsed(clock.now() - start);
  return outcome;
}

template <class Value>
StreamOutcome<Value> run_chunks(const auto& frame, std::size_t chunk_size, auto&& append, const StreamOptions& options,
                                const auto& clock) {
  const auto chunks = stream_chunks(frame, chunk_size);
  if (options.threads == 0) throw std::invalid_argument("StreamOptions.threads is 0; at least 1 is needed");
  const std::size_t threads = std::min(options.threads, chunks.size());
  return threads > 1 ? run_in_parallel<Value>(chunks, append, clock, threads)
                     : run_in_sequence<Value>(chunks, append, clock);
}

/// The result, or the exception: one of the model's own as it was thrown, a ChunkError with what there is.
template <class Value>
StreamResult<Value> result_or_throw(StreamOutcome<Value>&& outcome) {
  StreamResult<Value> result{std::move(outcome.values), std::move(outcome.metrics)};
  if (!outcome.ok()) {
    try {
      std::rethrow_exception(outcome.error);
    } catch (const ChunkError& error) { throw ChunkErrorWith<Value>(error, std::move(result)); }
  }
  return result;
}

template <class Out>
using or_double = std::conditional_t<std::is_void_v<Out>, double, Out>;

}  // namespace detail

/// Whether Fn is a model for chunks of F that gives, or writes, values of type Out; void is what it gives, or double.
template <class Fn, class F, class Out = void>
concept model_for = data_frame<F> && model<std::remove_reference_t<Fn>, frame_slice_t<F>, detail::or_double<Out>>;

/// What process_stream makes of a row.
template <class Fn, class F, class Out = void>
using stream_value_t = detail::model_value_t<std::remove_reference_t<Fn>, frame_slice_t<F>, Out>;

/// As process_stream, but a chunk that fails ends the stream with what there is: nothing that was computed is lost,
/// whatever the model throws.
/// @throws std::invalid_argument if the chunk size or the number of threads is 0.
template <class Out = void, data_frame F, model_for<F, Out> Fn, clock_source Clock = SteadyClock>
[[nodiscard]] StreamOutcome<stream_value_t<Fn, F, Out>> try_process_stream(const F& frame, std::size_t chunk_size,
                                                                           Fn&& fn, const StreamOptions& options = {},
                                                                           const Clock& clock = {}) {
  using Value = stream_value_t<Fn, F, Out>;
  const auto append = [&fn](std::vector<Value>& out, auto slice, const ChunkPlace& place) {
    detail::append_values(out, fn, std::move(slice), place);
  };
  return detail::run_chunks<Value>(frame, chunk_size, append, options, clock);
}

/// Calls the model once for each chunk of `chunk_size` rows, the last perhaps shorter, and gives its values in row
/// order. The model is called as a function; an object that is none by `predict`, or by `predict_proba`, of which the
/// positive class is taken. Values are of the type that the model gives, or `Out`; a functor that writes its values
/// writes doubles unless `Out` says otherwise. An expression that is not computed yet, as Eigen's `rows * coef`, is
/// computed before the next call; it may refer to the chunk and to what outlives the call. An empty frame calls
/// nothing.
///
/// The latency of a chunk is the time to slice it, call the model and put its values in place. With several threads the
/// model must be safe to call from all of them; it gives the same values in the same order.
///
/// When a chunk fails the remaining ones are left out, and the failure of the lowest chunk is thrown.
/// @throws std::invalid_argument if the chunk size or the number of threads is 0; ChunkErrorWith, a ChunkError that
/// carries what was computed before, for another number of values than rows; and whatever the model throws, unchanged
/// (try_process_stream keeps what was computed before that).
template <class Out = void, data_frame F, model_for<F, Out> Fn, clock_source Clock = SteadyClock>
[[nodiscard]] StreamResult<stream_value_t<Fn, F, Out>> process_stream(const F& frame, std::size_t chunk_size, Fn&& fn,
                                                                      const StreamOptions& options = {},
                                                                      const Clock& clock = {}) {
  return detail::result_or_throw(try_process_stream<Out>(frame, chunk_size, fn, options, clock));
}

}  // namespace v0
}  // namespace penstock
