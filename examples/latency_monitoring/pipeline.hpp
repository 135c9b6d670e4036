// SPDX-License-Identifier: MIT
#pragma once

// A stream of events that are scored one by one, and a model that is slow for a while.

#include <chrono>   // duration, nanoseconds
#include <cstddef>  // size_t
#include <penstock/core/clock.hpp>
#include <penstock/metrics/stream_metrics.hpp>
#include <penstock/queue/bounded_queue.hpp>
#include <stop_token>  // stop_token
#include <string>      // string
#include <thread>      // jthread, sleep_until

/// What the user may choose.
struct Options {
  double seconds = 20;   // 0: until it is stopped
  double rate = 200;     // events a second
  double slow_from = 5;  // seconds after the start
  double slow_until = 9;
  double limit_ms = 50;  // of the 99th percentile, for the alert
  double hold = 1;       // seconds for which it must be above
  std::string host = "127.0.0.1";
  int port = 9464;
};

inline std::chrono::nanoseconds seconds_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(seconds * 1e9));
}

struct Event {
  penstock::TimePoint due;  // when it was to come, not when it did: a producer that is held up must not hide the wait
};

/// Runs from when it is made until it is destroyed.
class Pipeline {
 public:
  Pipeline(const Options& options, penstock::StreamMetrics& metrics)
      : options_(options),
        metrics_(metrics),
        model_stage_(metrics.stage("model")),
        wait_stage_(metrics.stage("queue_wait")),
        start_(clock_.now()),
        consumer_([this] { consume(); }),
        producer_([this](const std::stop_token& stop) { produce(stop); }) {
    metrics.set_queue_capacity(capacity);
  }
  ~Pipeline() {
    producer_.request_stop();
    producer_.join();
    queue_.close();
  }

  [[nodiscard]] std::chrono::nanoseconds running() const { return clock_.now() - start_; }
  [[nodiscard]] std::size_t depth() const { return queue_.size(); }

  static constexpr std::size_t capacity = 512;

 private:
  void produce(const std::stop_token& stop) {
    const auto step = seconds_of(1 / options_.rate);
    for (penstock::TimePoint due = start_; !stop.stop_requested(); due += step) {
      std::this_thread::sleep_until(due);
      metrics_.in();
      if (queue_.push(Event{due}) != penstock::QueueStatus::ok) {
        metrics_.count(penstock::EventFate::dropped, "queue full");
      }
    }
  }

  void consume() {
    while (const auto event = queue_.pop()) {
      const penstock::TimePoint begin = clock_.now();
      metrics_.set_queue_depth(queue_.size());
      metrics_.record_stage(wait_stage_, begin - event->due);
      const bool slow =
          begin - start_ >= seconds_of(options_.slow_from) && begin - start_ < seconds_of(options_.slow_until);
      // A model that takes a fifth of the time between two events, and while it is slow half as much again as all of
      // it.
      std::this_thread::sleep_until(begin + seconds_of((slow ? 1.5 : 0.2) / options_.rate));
      const penstock::TimePoint end = clock_.now();
      metrics_.record_stage(model_stage_, end - begin);
      metrics_.record(1, end - begin);
      metrics_.out(end - event->due);
    }
  }

  const Options options_;
  penstock::StreamMetrics& metrics_;
  const penstock::StageId model_stage_, wait_stage_;
  const penstock::SteadyClock clock_{};
  const penstock::TimePoint start_;
  penstock::BoundedQueue<Event> queue_{{.capacity = capacity, .overflow = penstock::Overflow::drop_newest}};
  std::jthread consumer_, producer_;
};
