// SPDX-License-Identifier: MIT
#pragma once

// The same work on the numbers 0 to n, in some threads.
//
//     detail::in_threads(4, 9999, [&](std::size_t first, std::size_t count) { ... });

#include <algorithm>     // max, min
#include <atomic>        // atomic
#include <cstddef>       // size_t
#include <exception>     // current_exception, exception_ptr, rethrow_exception
#include <mutex>         // lock_guard, mutex
#include <system_error>  // system_error
#include <thread>        // thread
#include <vector>        // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The number of threads that 0 stands for: as many as the machine runs at once.
[[nodiscard]] inline std::size_t threads_or_all(std::size_t threads) noexcept {
  return threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
}

/// Calls `work(first, count)` for stretches that cover 0 to `items`, in this thread and `threads` - 1 more. The first
/// exception stops the others at their next stretch, and is thrown here when all have ended.
template <class Work>
void in_threads(std::size_t threads, std::size_t items, Work work) {
  threads = std::min(threads_or_all(threads), std::max<std::size_t>(items, 1));
  if (threads <= 1) {
    if (items > 0) work(std::size_t{0}, items);
    return;
  }
  // Short stretches, so that a thread that is held up does not hold up the others at the end.
  const std::size_t stretch = std::max<std::size_t>(1, items / (threads * 16));
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto loop = [&]() noexcept {
    try {
      for (std::size_t first; (first = next.fetch_add(stretch, std::memory_order_relaxed)) < items;) {
        work(first, std::min(stretch, items - first));
      }
    } catch (...) {
      next.store(items, std::memory_order_relaxed);
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  struct Joiner {
    std::vector<std::thread> threads{};
    ~Joiner() {
      for (std::thread& thread : threads) thread.join();
    }
  };
  {
    Joiner others;
    others.threads.reserve(threads - 1);
    try {
      for (std::size_t i = 1; i < threads; ++i) others.threads.emplace_back(loop);
    } catch (const std::system_error&) {
      // The system gives no more threads: those that there are do all of the work.
    }
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
