// SPDX-License-Identifier: MIT
#pragma once

// Has a few threads use a queue at random, and writes down what they did. See history.hpp for what is made of it.

#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/status.hpp"

#include "unit/queue/concurrency.hpp"
#include "unit/queue/history.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace penstock::history {

/// SplitMix64: a few good bits from a small seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  /// 0 to n - 1.
  std::uint64_t operator()(std::uint64_t n) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % n;
  }

 private:
  std::uint64_t state_;
};

struct History {
  std::vector<Operation> operations;
  Span stop;
};

/// `Queue` holds int and goes by a ManualClock.
template <class Queue>
class Recorder {
 public:
  Recorder(const QueueOptions& options, std::uint64_t seed) : queue_(options, clock_), seed_(seed) {
    if constexpr (evicts) queue_.on_drop([](int item) { current->evicted.push_back(item); });
  }

  History record(std::size_t threads, std::size_t calls) {
    std::vector<std::vector<Operation>> parts(threads);
    {
      std::vector<std::jthread> workers;
      for (std::size_t i = 0; i < threads; ++i) workers.emplace_back([&, i] { work(i, threads, calls, parts[i]); });
      release(threads);
    }
    History history;
    for (const auto& part : parts) history.operations.insert(history.operations.end(), part.begin(), part.end());
    history.operations.insert(history.operations.end(), own_.begin(), own_.end());
    history.stop = stop_;
    for (bool more = true; more;) {  // what is left must be what the model says is left
      Operation pop{.kind = Kind::pop};
      run(pop, 0);
      more = pop.status == QueueStatus::ok;
      history.operations.push_back(pop);
    }
    return history;
  }

  [[nodiscard]] const Queue& queue() const { return queue_; }

 private:
  static constexpr bool evicts = requires(Queue& queue) { queue.on_drop([](int) {}); };  // and has many on each side

  void work(std::size_t me, std::size_t threads, std::size_t calls, std::vector<Operation>& part) {
    Dice dice(seed_ * 1000 + me);
    int value = static_cast<int>(me + 1) * 1000;
    ready_.fetch_add(1);
    while (ready_.load() < threads) std::this_thread::yield();
    for (std::size_t i = 0; i < calls; ++i) {
      Operation op = next(dice, value, queue_.options().priorities);
      while (!evicts && !allowed(op.kind, me)) op = next(dice, value, queue_.options().priorities);
      for (std::uint64_t pause = dice(3) == 0 ? dice(300) : 0; pause > 0; --pause) static_cast<void>(clock_.now());
      if (dice(4) == 0) std::this_thread::yield();
      run(op, dice(4));
      part.push_back(op);
    }
    finished_.fetch_add(1);
  }

  /// Where one thread pushes and another pops: which thread may do what. Whether the queue is throttled is then known
  /// only when the push or pop that crosses the mark has returned.
  static bool allowed(Kind kind, std::size_t me) {
    if (kind == Kind::throttled) return false;
    if (kind == Kind::push) return me == 0;
    if (kind == Kind::pop || kind == Kind::wait_readable) return me == 1;
    return true;
  }

  static Operation next(Dice& dice, int& value, std::size_t priorities) {
    Operation op;
    const auto what = dice(40);
    op.waits = dice(2) == 0;
    op.obeys = op.waits && dice(3) == 0;
    if (what < 18) {
      op.kind = Kind::push;
      op.priority = static_cast<std::uint8_t>(dice(3) % priorities);
      for (std::uint64_t n = what < 13 ? 1 : dice(3); op.values.size() < n;) op.values.push_back(value++);
    } else if (what < 33) {
      op.kind = Kind::pop;
      op.max = what < 29 ? 1 : 1 + dice(3);
    } else if (what < 35) {
      op.kind = Kind::wait_readable;
      op.waits = true;
    } else {
      op.kind = what < 37 ? Kind::size : what < 39 ? Kind::throttled : Kind::close;
      op.waits = op.obeys = false;
    }
    return op;
  }

  /// Makes the call in one of its forms.
  void run(Operation& op, std::uint64_t form) {
    const std::stop_token stop = op.obeys ? stopping_.token : std::stop_token{};
    const std::chrono::milliseconds patience(form == 0 ? 0 : 1);
    const bool for_ever = form >= 2;
    current = &op;
    op.begin = stamp_.fetch_add(1);
    switch (op.kind) {
      case Kind::push: {
        const Priority priority{op.priority};
        const bool single = op.values.size() == 1;
        if (!op.waits) {
          op.status = single ? queue_.try_push(op.values[0], priority) : queue_.try_push_bulk(op.values, priority);
        } else if (for_ever) {
          op.status = single ? queue_.push(op.values[0], stop, priority) : queue_.push_bulk(op.values, stop, priority);
        } else {
          op.status = single ? queue_.push_for(op.values[0], patience, stop, priority)
                             : queue_.push_bulk_for(op.values, patience, stop, priority);
        }
        break;
      }
      case Kind::pop: {
        if (op.max > 1) {
          op.status = !op.waits  ? queue_.try_pop_bulk(op.values, op.max)
                      : for_ever ? queue_.pop_bulk(op.values, op.max, stop)
                                 : queue_.pop_bulk_for(op.values, op.max, patience, stop);
        } else {
          int out = 0;
          op.status = !op.waits  ? queue_.try_pop(out)
                      : for_ever ? queue_.pop(out, stop)
                                 : queue_.pop_for(out, patience, stop);
          if (op.status == QueueStatus::ok) op.values = {out};
        }
        break;
      }
      case Kind::wait_readable:
        op.status = for_ever ? queue_.wait_readable(stop) : queue_.wait_readable_for(patience, stop);
        break;
      case Kind::size: op.number = queue_.size(); break;
      case Kind::throttled: op.number = queue_.throttled() ? 1 : 0; break;
      case Kind::close: queue_.close(); break;
    }
    op.end = stamp_.fetch_add(1);
  }

  /// When all that have not finished wait for each other, lets time pass if that helps, else requests the stop, and in
  /// the end closes. The yields let those who can go now go first, so that there is more to see.
  void release(std::size_t threads) {
    while (finished_.load() < threads) {
      for (int i = 0; i < 20; ++i) std::this_thread::yield();
      const std::size_t finished = finished_.load();
      const QueueStats stats = queue_.stats();
      if (finished + stats.waiting_pushes + stats.waiting_pops < threads || queue_.closed()) continue;
      if (clock_.waiting() > 0) {
        clock_.advance(std::chrono::milliseconds(1));
      } else if (stop_.end == UINT64_MAX) {
        stop_.begin = stamp_.fetch_add(1);
        stopping_.request();
        stop_.end = stamp_.fetch_add(1);
      } else {
        run(own_.emplace_back(Operation{.kind = Kind::close}), 0);
      }
    }
  }

  static inline thread_local Operation* current = nullptr;

  ManualClock clock_{};
  Queue queue_;
  std::uint64_t seed_;
  Stop stopping_{};
  std::atomic<std::uint64_t> stamp_{0};
  std::atomic<std::size_t> ready_{0};
  std::atomic<std::size_t> finished_{0};
  std::vector<Operation> own_{};
  Span stop_{};
};

}  // namespace penstock::history
