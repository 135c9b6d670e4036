// SPDX-License-Identifier: MIT
#pragma once

// The rules by which other servers batch, as policies of a MicroBatcher, so that rule is compared with rule and nothing
// else: the queue, its order and its expiry are the same for all.

#include "penstock/core/clock.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>

namespace penstock::batching {

using std::chrono::nanoseconds;

/// What most of them do not do.
struct NoOpinion {
  void arrived(TimePoint, std::size_t) {}
  void ran(std::size_t, nanoseconds) {}
  bool fits(const BatchView&, std::size_t, TimePoint) { return true; }
  bool lost(const BatchView&, std::size_t, TimePoint) { return false; }
  nanoseconds needs() { return {}; }
};

/// No batching: one item a call.
struct OneByOne : NoOpinion {
  BatchDecision decide(const BatchView& view) { return {BatchReason::idle, view.now}; }
  bool fits(const BatchView&, std::size_t, TimePoint) { return false; }
};

/// TorchServe, Ray Serve, batched-fn: a worker that finds an item waits `delay` for more, from when it finds it.
struct FixedDelay : NoOpinion {
  nanoseconds delay;
  std::size_t max_batch;
  bool found = false;
  TimePoint since{};

  FixedDelay(nanoseconds the_delay, std::size_t most) : delay(the_delay), max_batch(most) {}
  void ran(std::size_t, nanoseconds) { found = false; }
  BatchDecision decide(const BatchView& view) {
    if (!found) since = view.now;
    found = true;
    if (view.items >= max_batch) return {BatchReason::full, view.now};
    return {BatchReason::delay, since + delay};
  }
};

/// Triton's dynamic batcher: at once when full, else when the oldest item has been queued for
/// max_queue_delay_microseconds, which is also at once if that is 0.
struct Triton : NoOpinion {
  nanoseconds delay;
  std::size_t max_batch;

  Triton(nanoseconds the_delay, std::size_t most) : delay(the_delay), max_batch(most) {}
  BatchDecision decide(const BatchView& view) {
    if (view.items >= max_batch) return {BatchReason::full, view.now};
    return {BatchReason::delay, view.first_arrival + delay};
  }
};

/// BentoML's CorkDispatcher: fits duration = a n + b to the last 50 batches, drops the head if it would come late, and
/// waits in ticks while n (time since the last arrival + tick + a) <= 0.95 of the mean wait. In its favour: it refits
/// after each batch and not each 5 s, and wakes when the worker is free and not at its next tick. It takes the newest
/// first, which is not of the rule but of the queue.
struct BentoML : NoOpinion {
  double max_latency;  // seconds, as all here
  std::size_t max_batch;
  double tick = 1e-3;
  double a, b, wait = 0.01;
  struct Sample {
    double n, duration, wait;
  };
  std::deque<Sample> samples{};
  TimePoint last{};
  double went_after = 0;

  BentoML(nanoseconds latency, std::size_t most)
      : max_latency(seconds(latency)),
        max_batch(most),
        a(std::min(2.0, max_latency * 2 / 30)),
        b(std::min(1.0, max_latency / 30)) {}
  static double seconds(nanoseconds ns) { return static_cast<double>(ns.count()) * 1e-9; }

  void arrived(TimePoint now, std::size_t) { last = now; }
  void ran(std::size_t n, nanoseconds took) {
    samples.push_back({static_cast<double>(n), seconds(took), went_after});
    if (samples.size() > 50) samples.pop_front();
    double sn = 0, st = 0, sw = 0, snn = 0, snt = 0;
    for (const Sample& s : samples) {
      sn += s.n;
      st += s.duration;
      sw += s.wait;
      snn += s.n * s.n;
      snt += s.n * s.duration;
    }
    const auto m = static_cast<double>(samples.size());
    const double det = m * snn - sn * sn;
    if (samples.size() < 3) return;  // it skips the first two
    // lstsq gives the shortest solution where there are many: all samples of one size n lie on (n, 1) * t / (n n + 1).
    const double mean = sn / m;
    a = std::max(1e-6, det > 1e-9 ? (m * snt - sn * st) / det : mean * (st / m) / (mean * mean + 1));
    b = std::max(0.0, det > 1e-9 ? (st - a * sn) / m : (st / m) / (mean * mean + 1));
    wait = std::max(0.0, sw / m);
  }
  BatchDecision decide(const BatchView& view) {
    const auto n = static_cast<double>(view.items);
    went_after = seconds(view.now - view.first_arrival);
    if (view.items < max_batch && n * (seconds(view.now - last) + tick + a) <= wait * 0.95) {
      return {BatchReason::cork, view.now + nanoseconds(static_cast<nanoseconds::rep>(tick * 1e9))};
    }
    return {view.items < max_batch ? BatchReason::idle : BatchReason::full, view.now};
  }
  bool lost(const BatchView& view, std::size_t, TimePoint deadline) {
    return view.items > 1 && seconds(deadline - view.now) <= a * static_cast<double>(view.items) + b;
  }
};

/// Clipper: the size of a batch grows by one while a full one takes no longer than the objective, and shrinks by a
/// tenth when one does (Crankshaw et al., NSDI 2017, 4.3); no delay.
struct Clipper : NoOpinion {
  nanoseconds objective;
  std::size_t max_batch;
  double size = 1;

  Clipper(nanoseconds the_objective, std::size_t most) : objective(the_objective), max_batch(most) {}
  void ran(std::size_t n, nanoseconds took) {
    if (took > objective) {
      size = std::max(1.0, size * 0.9);
    } else if (n >= static_cast<std::size_t>(size)) {
      size = std::min(static_cast<double>(max_batch), size + 1);
    }
  }
  BatchDecision decide(const BatchView& view) {
    return {view.items >= static_cast<std::size_t>(size) ? BatchReason::full : BatchReason::idle, view.now};
  }
  bool fits(const BatchView&, std::size_t n, TimePoint) { return n <= static_cast<std::size_t>(size); }
};

}  // namespace penstock::batching
