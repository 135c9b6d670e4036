// SPDX-License-Identifier: MIT
#pragma once

// When events arrive: at a mean interval with Gaussian jitter, on a schedule that a slow consumer does not stretch.

#include "penstock/core/clock.hpp"

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>   // max, min
#include <chrono>      // nanoseconds
#include <cstdint>     // uint64_t
#include <random>      // mt19937_64, normal_distribution
#include <stop_token>  // stop_token
#include <thread>      // sleep_until

/// The schedule of one producer. Not thread-safe.
class Arrivals {
 public:
  /// Intervals are drawn with a standard deviation of a quarter of their mean and never below 0; a mean of 0 waits
  /// never.
  Arrivals(double mean_interval_s, std::uint64_t seed)
      : interval_ns_(mean_interval_s * 1e9, mean_interval_s * 1e9 / 4), engine_(seed), due_(clock_.now()) {
#ifdef __linux__
    prctl(PR_SET_TIMERSLACK, 1000UL);  // else each sleep is 50 us longer than asked for
#endif
  }

  /// Waits for the next arrival. Returns false if it was stopped before.
  [[nodiscard]] bool wait(const std::stop_token& stop) {
    if (interval_ns_.mean() == 0) return !stop.stop_requested();
    due_ += std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(0.0, interval_ns_(engine_))));
    while (!stop.stop_requested()) {
      const penstock::TimePoint now = clock_.now();
      if (now >= due_) {
        most_late_ = std::max(most_late_, now - due_);
        return true;
      }
      std::this_thread::sleep_until(std::min(due_, now + std::chrono::milliseconds(50)));  // to look at `stop`
    }
    return false;
  }

  /// How far the producer ever was behind its schedule: held up by a full queue, or by the machine.
  [[nodiscard]] std::chrono::nanoseconds most_late() const { return most_late_; }

 private:
  penstock::SteadyClock clock_;
  std::normal_distribution<double> interval_ns_;
  std::mt19937_64 engine_;
  penstock::TimePoint due_;
  std::chrono::nanoseconds most_late_{0};
};
