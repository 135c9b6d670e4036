// SPDX-License-Identifier: MIT
#pragma once

// Clients that share one slow model: each sends a request, waits for its answer, thinks, and sends the next.

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <chrono>     // nanoseconds
#include <cstddef>    // size_t
#include <exception>  // current_exception, exception_ptr, rethrow_exception
#include <mutex>      // mutex, scoped_lock
#include <penstock/core/clock.hpp>
#include <penstock/metrics/latency_histogram.hpp>
#include <penstock/stream/micro_batcher.hpp>
#include <random>     // exponential_distribution, mt19937_64
#include <span>       // span
#include <stdexcept>  // logic_error
#include <string>     // string
#include <thread>     // jthread, sleep_for, sleep_until
#include <utility>    // move
#include <vector>     // vector

/// What the user may choose.
struct Options {
  std::size_t clients = 64;
  std::size_t requests = 50;  // a client
  double fixed_ms = 2;        // what a call of the model costs whatever it holds
  double item_ms = 0.1;       // and on top for each item
  double think_ms = 10;       // a client pauses so long on average
  std::size_t max_batch = 32;
  double max_delay_ms = 5;
};

inline std::chrono::nanoseconds from_ms(double ms) {
  return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(ms * 1e6));
}

/// Sleeps are as long as asked for, not 50 us longer; for this thread and those that it makes.
inline void sleep_exactly() {
#ifdef __linux__
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
#endif
}

/// Takes b + a n for n items, as one that runs elsewhere does: on an accelerator, or behind a network.
struct SlowModel {
  double fixed_ms;
  double item_ms;

  static double answer(std::size_t question) { return static_cast<double>(question % 1000) / 1000; }

  std::vector<double> operator()(std::span<const std::size_t> questions) const {
    const penstock::TimePoint start = penstock::SteadyClock{}.now();
    std::vector<double> answers;
    for (const std::size_t question : questions) answers.push_back(answer(question));
    std::this_thread::sleep_until(start + from_ms(fixed_ms + item_ms * static_cast<double>(questions.size())));
    return answers;
  }
};

/// What came of one run.
struct Outcome {
  std::string name{};
  penstock::LatencyHistogram latency{};  // from a request to its answer
  penstock::MicroBatcherStats stats{};
  double seconds = 0;

  [[nodiscard]] double ms(double quantile) const {
    return static_cast<double>(latency.value_at_quantile(quantile)) / 1e6;
  }
};

/// Lets the clients ask the model through a batcher with these options.
/// @throws std::logic_error if a client got another's answer, or the batcher's counters do not add up.
inline Outcome run(const std::string& name, const Options& options, const penstock::MicroBatcherOptions& batching) {
  const penstock::SteadyClock clock;
  penstock::MicroBatcher<std::size_t, double> batcher(SlowModel{options.fixed_ms, options.item_ms}, batching);
  Outcome outcome{.name = name};
  std::mutex mutex;  // of the two below
  std::size_t wrong = 0;
  std::exception_ptr failure;

  const penstock::TimePoint start = clock.now();
  {
    std::vector<std::jthread> clients;
    for (std::size_t id = 0; id < options.clients; ++id) {
      clients.emplace_back([&, id] {
        penstock::LatencyHistogram latency;
        std::size_t mine_wrong = 0;
        std::mt19937_64 engine(id);
        std::exponential_distribution<double> think(1.0);
        std::exception_ptr mine;
        try {
          for (std::size_t i = 0; i < options.requests; ++i) {
            std::this_thread::sleep_for(from_ms(options.think_ms * think(engine)));
            const std::size_t question = id * options.requests + i;
            const penstock::TimePoint asked = clock.now();
            const double answer = batcher.call(question);  // as submit(question).get(), and may run the batch itself
            latency.record(clock.now() - asked);
            if (answer != SlowModel::answer(question)) ++mine_wrong;
          }
        } catch (...) { mine = std::current_exception(); }
        const std::scoped_lock lock(mutex);
        outcome.latency.merge(latency);
        wrong += mine_wrong;
        if (mine) failure = mine;
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
  outcome.seconds = std::chrono::duration<double>(clock.now() - start).count();
  outcome.stats = batcher.stats();
  const std::size_t all = options.clients * options.requests;
  if (wrong > 0) throw std::logic_error("a client got another's answer");
  if (outcome.stats.ok != all || outcome.stats.batched != all) throw std::logic_error("the counters do not add up");
  return outcome;
}
