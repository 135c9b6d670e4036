// SPDX-License-Identifier: MIT
#pragma once

// A circuit breaker as one would explain it: it keeps every call and counts anew each time. The oracle of the real one.

#include "penstock/serve/circuit_breaker_options.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace penstock {

class BreakerByHand {
 public:
  explicit BreakerByHand(const CircuitBreakerOptions& options) : options_(options) { begin(BreakerState::closed, 0); }

  BreakerState state = BreakerState::closed;
  std::vector<BreakerReason> reasons;  // of each change
  std::vector<BreakerState> states;    // after each change
  std::uint64_t refused = 0, succeeded = 0, failed = 0, ignored = 0, slow = 0, stale = 0, opened = 0;
  std::int64_t not_closed_for = 0;

  /// Whether the call `id` may be made at this time.
  bool acquire(std::size_t id, std::int64_t now) {
    if (state == BreakerState::open && now - since_ >= wait_)
      change(BreakerState::half_open, BreakerReason::waited, now);
    if (state == BreakerState::half_open && hangs(now)) change(BreakerState::open, BreakerReason::probes_hung, now);
    const bool passes = state == BreakerState::closed || (state == BreakerState::half_open &&
                                                          under_way_here() + ended_.size() < options_.half_open_calls);
    if (!passes) return ++refused, false;
    running_[id] = {now, states.size()};
    return true;
  }

  /// The call ends: 's'ucceeded, 'f'ailed, or 'i'gnored.
  void end(std::size_t id, char verdict, std::int64_t now) {
    const Running call = running_.at(id);
    running_.erase(id);
    if (verdict == 'i') {
      ++ignored;
      return;
    }
    const bool was_slow = now - call.began > options_.slow_call_duration.count();
    ++(verdict == 'f' ? failed : succeeded);
    slow += was_slow;
    if (call.changes_before != states.size()) {
      ++stale;
      return;
    }
    ended_.push_back({now, verdict == 'f', was_slow});
    if (state == BreakerState::half_open) {
      judge_half_open(now);
    } else {
      judge_closed(now);
    }
  }

  void change(BreakerState to, BreakerReason reason, std::int64_t now) {
    if (state == to && reason == BreakerReason::by_hand) return;
    const BreakerState from = state;
    if (from != BreakerState::closed) not_closed_for += now - since_;
    if (to == BreakerState::open) {
      ++opened;
      failures_in_a_row_ = from == BreakerState::half_open ? failures_in_a_row_ + 1 : 0;
      double wait = static_cast<double>(options_.open_for.count());
      for (int i = 0; i < failures_in_a_row_; ++i) wait *= options_.open_backoff;
      const auto most = static_cast<double>(options_.max_open_for.count());
      wait_ = static_cast<std::int64_t>(wait < most ? wait : most);
    }
    begin(to, now);
    states.push_back(to);
    reasons.push_back(reason);
  }

  /// Calls that count now, the failed of them, the slow of them.
  struct Sums {
    std::uint64_t calls = 0, failed = 0, slow = 0;
  };
  Sums sums(std::int64_t now) const {
    Sums all;
    const std::int64_t slice = options_.window_time.count() / static_cast<std::int64_t>(options_.window_slices);
    for (std::size_t i = 0; i < ended_.size(); ++i) {
      bool counts = true;
      if (state != BreakerState::half_open && options_.window == BreakerWindow::count) {
        counts = i + options_.window_calls >= ended_.size();
      } else if (state != BreakerState::half_open) {
        counts = now / slice - ended_[i].at / slice < static_cast<std::int64_t>(options_.window_slices);
      }
      if (!counts) continue;
      ++all.calls;
      all.failed += ended_[i].failed;
      all.slow += ended_[i].slow;
    }
    return all;
  }

 private:
  struct Running {
    std::int64_t began;
    std::size_t changes_before;
  };
  struct Ended {
    std::int64_t at;
    bool failed, slow;
  };

  void begin(BreakerState now_in, std::int64_t now) {
    state = now_in;
    since_ = now;
    ended_.clear();
  }

  std::size_t under_way_here() const {
    std::size_t n = 0;
    for (const auto& [id, call] : running_) n += call.changes_before == states.size();
    return n;
  }

  bool hangs(std::int64_t now) const {
    std::int64_t last = -1;
    for (const auto& [id, call] : running_) {
      if (call.changes_before == states.size() && call.began > last) last = call.began;
    }
    return last >= 0 && now - last_begun(last) >= options_.half_open_for.count();
  }
  // The last that began here may have ended already.
  std::int64_t last_begun(std::int64_t of_those_running) const {
    return last_began_ > of_those_running ? last_began_ : of_those_running;
  }

  static bool reached(std::uint64_t part, std::uint64_t calls, double rate) {
    return static_cast<double>(part) / static_cast<double>(calls) > rate - 1e-9;
  }
  bool too_many(std::uint64_t bad, std::uint64_t slow_ones, std::uint64_t calls) const {
    return reached(bad, calls, options_.failure_rate_threshold) ||
           reached(slow_ones, calls, options_.slow_call_rate_threshold);
  }

  void judge_closed(std::int64_t now) {
    const Sums all = sums(now);
    if (all.calls < options_.minimum_calls) return;
    if (!too_many(all.failed, all.slow, all.calls)) return;
    const bool by_failures = reached(all.failed, all.calls, options_.failure_rate_threshold);
    change(BreakerState::open, by_failures ? BreakerReason::failure_rate : BreakerReason::slow_call_rate, now);
  }

  /// Tries every way in which the calls that are left may end: if all come to the same verdict, it is the verdict.
  void judge_half_open(std::int64_t now) {
    const Sums all = sums(now);
    const std::uint64_t calls = options_.half_open_calls;
    const std::uint64_t left = calls - all.calls;
    std::size_t ways = 0, bad_ways = 0, failing_ways = 0;
    for (std::uint64_t fail = 0; fail <= left; ++fail) {
      for (std::uint64_t slow_ones = 0; slow_ones <= left; ++slow_ones) {
        ++ways;
        bad_ways += too_many(all.failed + fail, all.slow + slow_ones, calls);
        failing_ways += reached(all.failed + fail, calls, options_.failure_rate_threshold);
      }
    }
    if (bad_ways == ways) {
      const bool by_failures = failing_ways == ways;
      change(BreakerState::open, by_failures ? BreakerReason::failure_rate : BreakerReason::slow_call_rate, now);
    } else if (bad_ways == 0) {
      change(BreakerState::closed, BreakerReason::probes_passed, now);
    }
  }

 public:
  /// To be told of each call that was let through, because hanging is judged by the last that began.
  void began(std::int64_t now) { last_began_ = now; }

 private:
  CircuitBreakerOptions options_;
  std::map<std::size_t, Running> running_;
  std::vector<Ended> ended_;
  std::int64_t since_ = 0;
  std::int64_t last_began_ = -1;
  std::int64_t wait_ = 0;
  int failures_in_a_row_ = 0;
};

}  // namespace penstock
