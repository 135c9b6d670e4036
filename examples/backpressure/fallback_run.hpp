// SPDX-License-Identifier: MIT
#pragma once

// The same traffic, where nobody goes without an answer: while the queue is throttled a record is answered at once,
// with the last good prediction of its user, and marked as degraded.

#include "traffic.hpp"

#include <chrono>  // minutes
#include <penstock/core/clock.hpp>
#include <penstock/queue/bounded_queue.hpp>
#include <penstock/serve/cached_fallback.hpp>
#include <penstock/serve/circuit_breaker.hpp>
#include <penstock/serve/guard.hpp>
#include <stdexcept>  // logic_error
#include <thread>     // jthread

inline penstock::GuardStats run_with_fallback(const Options& options) {
  penstock::BoundedQueue<Record> queue({.capacity = options.capacity, .overflow = penstock::Overflow::reject});
  penstock::CircuitBreaker breaker;
  penstock::CachedFallback<std::size_t, double> last({.capacity = 1000, .ttl = std::chrono::minutes(1)});

  Pace service(options.service());
  const auto model = [&](const Record& record) {
    service.wait();  // a model that takes its time
    return static_cast<double>(record.user) / 50;
  };
  auto guarded = penstock::guard(model, breaker, last.by(&Record::user));

  std::uint64_t wrong = 0;
  {
    const std::jthread consumer([&] {
      for (;;) {
        const bool idle = queue.empty();
        const auto record = queue.pop();
        if (!record) return;
        if (idle) service.restart();
        static_cast<void>(guarded(*record));
      }
    });
    Pace pace(options.interval());
    for (std::size_t i = 0; i < options.records; ++i) {
      pace.wait();
      Record record = make_record(i);
      if (!queue.throttled() && queue.push(std::move(record)) == penstock::QueueStatus::ok) continue;
      const auto answer = guarded(record, {.throttled = true});  // not pushed, so it is untouched
      if (answer && *answer != static_cast<double>(record.user) / 50) ++wrong;
    }
    queue.close();
  }
  const penstock::GuardStats stats = guarded.stats();
  if (stats.requests() != options.records) throw std::logic_error("the guard's counters do not add up");
  if (wrong > 0) throw std::logic_error("the cache gave another user's prediction");
  return stats;
}
