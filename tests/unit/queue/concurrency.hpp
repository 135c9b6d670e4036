// SPDX-License-Identifier: MIT
#pragma once

// What tests of waiting threads need: to know that a thread waits, and not to hang where one waits for ever.

#include "penstock/config.hpp"
#include "penstock/core/clock.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace penstock {

/// Yields until the condition holds. False after a minute, which only a bug takes.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const TimePoint give_up = SteadyClock{}.now() + std::chrono::minutes(1);
  while (!condition()) {
    if (SteadyClock{}.now() >= give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

template <class Queue>
[[nodiscard]] bool pops_wait(const Queue& queue, std::size_t threads) {
  return eventually([&] { return queue.stats().waiting_pops == threads; });
}

template <class Queue>
[[nodiscard]] bool pushes_wait(const Queue& queue, std::size_t threads) {
  return eventually([&] { return queue.stats().waiting_pushes == threads; });
}

/// A call in a thread of its own, and its result.
template <class Result>
class Call {
 public:
  template <class F>
  explicit Call(F function) : thread_([this, call = std::move(function)]() mutable { run(call); }) {}

  [[nodiscard]] bool returned() const { return done_.load(std::memory_order_acquire); }

  /// The result, once there is one.
  Result result() {
    if (!eventually([&] { return returned(); })) throw std::runtime_error("a call hangs");
    return result_;
  }

 private:
  template <class F>
  void run(F& call) {
    result_ = call();
    done_.store(true, std::memory_order_release);
  }

  Result result_{};
  std::atomic<bool> done_{false};
  std::jthread thread_;
};

/// A stop to be requested. Made out of line: where g++ 12 runs out of patience for inlining, it takes a bare
/// std::stop_source for uninitialised.
struct Stop {
  PENSTOCK_NOINLINE Stop() : token(source.get_token()) {}
  void request() { source.request_stop(); }
  std::stop_source source{};
  std::stop_token token;
};

/// Closes the queue when a test ends, so that a call that hangs returns and the test fails instead of hanging as well:
/// the queue is declared before its calls, this after both.
template <class Queue>
struct Closer {
  explicit Closer(Queue& q) : queue(q) {}
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;
  ~Closer() { queue.close(); }
  Queue& queue;
};

/// Runs `body(i)` in n threads at once and waits for all.
template <class Body>
void in_threads(std::size_t n, const Body& body) {
  std::atomic<std::size_t> ready{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < n; ++i) {
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (ready.load() < n) std::this_thread::yield();
      body(i);
    });
  }
}

}  // namespace penstock
