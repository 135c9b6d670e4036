// SPDX-License-Identifier: MIT
#pragma once

// Threads that start together.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

/// Runs `produce(i)` and `consume(i)` in so many threads, from a common start to the end of the last; seconds.
template <class Produce, class Consume>
double race(std::size_t producers, std::size_t consumers, const Produce& produce, const Consume& consume) {
  std::atomic<std::size_t> ready{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < producers + consumers; ++i) {
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (ready.load() <= producers + consumers) std::this_thread::yield();
      i < producers ? produce(i) : consume(i - producers);
    });
  }
  while (ready.load() < producers + consumers) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  ready.fetch_add(1);
  threads.clear();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
