// SPDX-License-Identifier: MIT
#pragma once

// The queues that are compared, each made to push and to pop one item and to wait where that cannot be done.

#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/spsc_queue.hpp"

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <readerwriterqueue/readerwritercircularbuffer.h>
#include <tbb/concurrent_queue.h>
#include <thread>

namespace peers {

/// A number and what makes it `Size` bytes.
template <std::size_t Size>
struct Item {
  std::int64_t number;
  std::int64_t rest[Size / 8 - 1];
};
template <>
struct Item<8> {
  std::int64_t number;
};

template <class T, std::size_t Capacity>
struct BoundedQueue {
  void push(const T& item) { static_cast<void>(queue.push(item)); }
  void pop(T& item) { static_cast<void>(queue.pop(item)); }
  penstock::BoundedQueue<T> queue{{.capacity = Capacity}};
};

template <class T, std::size_t Capacity>
struct SpscQueue {
  void push(const T& item) { static_cast<void>(queue.push(item)); }
  void pop(T& item) { static_cast<void>(queue.pop(item)); }
  penstock::SpscQueue<T> queue{{.capacity = Capacity}};
};

/// A mutex and two condition variables.
template <class T, std::size_t Capacity>
struct Textbook {
  void push(const T& item) {
    std::unique_lock lock(mutex);
    writable.wait(lock, [&] { return items.size() < Capacity; });
    items.push_back(item);
    lock.unlock();
    readable.notify_one();
  }
  void pop(T& item) {
    std::unique_lock lock(mutex);
    readable.wait(lock, [&] { return !items.empty(); });
    item = items.front();
    items.pop_front();
    lock.unlock();
    writable.notify_one();
  }
  std::mutex mutex;
  std::condition_variable readable, writable;
  std::deque<T> items;
};

template <class T, std::size_t Capacity>
struct OneTbb {
  OneTbb() { queue.set_capacity(Capacity); }
  void push(const T& item) { queue.push(item); }
  void pop(T& item) { queue.pop(item); }
  tbb::concurrent_bounded_queue<T> queue;
};

/// Not bounded, and in order only for each producer.
template <class T, std::size_t Capacity>
struct Moodycamel {
  void push(const T& item) { queue.enqueue(item); }
  void pop(T& item) { queue.wait_dequeue(item); }
  moodycamel::BlockingConcurrentQueue<T> queue{Capacity};
};

/// Cannot wait: whoever finds it full or empty yields.
template <class T, std::size_t Capacity>
struct BoostLockfree {
  void push(const T& item) {
    while (!queue.bounded_push(item)) std::this_thread::yield();
  }
  void pop(T& item) {
    while (!queue.pop(item)) std::this_thread::yield();
  }
  boost::lockfree::queue<T, boost::lockfree::capacity<Capacity>> queue;
};

/// Likewise; one producer, one consumer.
template <class T, std::size_t Capacity>
struct BoostSpsc {
  void push(const T& item) {
    while (!queue.push(item)) std::this_thread::yield();
  }
  void pop(T& item) {
    while (!queue.pop(item)) std::this_thread::yield();
  }
  boost::lockfree::spsc_queue<T, boost::lockfree::capacity<Capacity>> queue;
};

/// One producer, one consumer.
template <class T, std::size_t Capacity>
struct MoodycamelSpsc {
  void push(const T& item) { queue.wait_enqueue(item); }
  void pop(T& item) { queue.wait_dequeue(item); }
  moodycamel::BlockingReaderWriterCircularBuffer<T> queue{Capacity};
};

}  // namespace peers
