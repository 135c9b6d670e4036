// SPDX-License-Identifier: MIT
#pragma once

// Says when a stream's metrics have been bad for a time, and when they are good again: once each.
//
//     AlertRules alerts({latency_above("latency", 0.99, 50ms, {.hold = 30s}),
//                        error_rate_above("errors", 0.01, {.hold = 10s, .clear = 0.005})},
//                       [](const AlertEvent& event) { page(event.rule, event.firing, event.value); });
//     alerts.evaluate(metrics.snapshot());        // each second, say
//
// Time is that of the snapshots. A condition that holds in each snapshot of `hold` fires; it resolves when the figure
// has been on the good side of `clear` for `clear_hold`.

#include "penstock/core/math.hpp"
#include "penstock/metrics/stream_snapshot.hpp"

#include <chrono>      // nanoseconds
#include <cstddef>     // size_t
#include <cstdint>     // uint64_t
#include <deque>       // deque
#include <exception>   // current_exception, exception_ptr, rethrow_exception
#include <functional>  // function
#include <mutex>       // mutex, scoped_lock, unique_lock
#include <optional>    // optional
#include <stdexcept>   // invalid_argument
#include <string>      // string, to_string
#include <utility>     // move
#include <vector>      // vector

namespace penstock {
inline namespace v0 {

/// What a rule looks at.
struct AlertView {
  const StreamSnapshot& now;     ///< the present snapshot
  const StreamSnapshot& before;  ///< the one that was evaluated before; of nothing at the first time
  const StreamSnapshot& change;  ///< now.since(before)
};

/// On which side of the threshold things are bad.
enum class AlertWhen { above, below };

/// When a rule fires and resolves.
struct AlertTiming {
  std::chrono::nanoseconds hold{0};        ///< bad for so long before it fires, at least 0
  std::optional<double> clear{};           ///< good at or beyond this; the threshold itself if not told
  std::chrono::nanoseconds clear_hold{0};  ///< good for so long before it resolves, at least 0
};

/// A figure and its bound. A figure of nothing, or NaN, says that there are no data: that ends no alert and begins
/// none.
struct AlertRule {
  std::string name;                                               ///< not empty; one of its kind in a set
  std::function<std::optional<double>(const AlertView&)> figure;  ///< must not be empty, nor use the AlertRules
  AlertWhen when = AlertWhen::above;                              ///< bad where the figure is beyond the threshold
  double threshold = 0;                                           ///< in the figure's unit
  AlertTiming timing{};                                           ///< for how long
};

/// That a rule began to fire, or resolved.
struct AlertEvent {
  std::string rule;      ///< its name
  bool firing = false;   ///< false: resolved
  double value = 0;      ///< the figure at that time
  double threshold = 0;  ///< the rule's
  TimePoint since{};     ///< when it became bad, or good
  TimePoint when{};      ///< of the snapshot that decided it
};

/// How a rule stands.
struct AlertStatus {
  /// Good; bad, but not for long enough; bad.
  enum class State { quiet, pending, firing };
  std::string rule;               ///< its name
  State state = State::quiet;     ///< as of the last snapshot
  std::optional<double> value{};  ///< the last figure, if there was one
};

/// A set of rules and who is told. Thread-safe. The callback is called outside of all locks, for one event at a time
/// and in their order; it may call these functions, and so the call that evaluates may return before another thread has
/// told of its events. What it throws is counted and goes no further.
/// Figures are called under the lock: one that calls these functions waits for ever.
class AlertRules {
 public:
  /// @throws std::invalid_argument that names the rule if two have one name, a name or figure is missing, a time is
  /// negative, a threshold is NaN, or `clear` is on the bad side of it.
  AlertRules(std::vector<AlertRule> rules, std::function<void(const AlertEvent&)> tell) : tell_(std::move(tell)) {
    for (AlertRule& rule : rules) {
      check(rule);
      rules_.push_back({std::move(rule), {}});
    }
  }

  /// Looks at a snapshot; one that is no later than the last is passed over. A figure that throws is one of no data,
  /// and keeps no other rule from its turn. O(rules + buckets).
  /// @throws std::invalid_argument if it has not counted what the last had, as it is of other metrics: the next one is
  /// then looked at like the first. What the first figure that threw has thrown, after all events were told.
  void evaluate(const StreamSnapshot& now) {
    std::exception_ptr thrown;
    {
      const std::scoped_lock lock(mutex_);
      if (before_ && now.taken <= before_->taken) return;
      const StreamSnapshot nothing{
          .from = now.from, .taken = now.from, .totals = StreamTotals(now.totals.chunk_latency.options())};
      const StreamSnapshot& before = before_ ? *before_ : nothing;
      const StreamSnapshot change = change_since(before, now);
      std::vector<std::optional<double>> figures(rules_.size());
      for (std::size_t i = 0; i < rules_.size(); ++i) {
        try {
          figures[i] = rules_[i].rule.figure({now, before, change});
        } catch (...) {
          if (!thrown) thrown = std::current_exception();
        }
      }
      for (std::size_t i = 0; i < rules_.size(); ++i) step(rules_[i], figures[i], now.taken);
      before_ = now;
    }
    deliver();
    if (thrown) std::rethrow_exception(thrown);
  }

  /// How each rule stands, in their order.
  [[nodiscard]] std::vector<AlertStatus> status() const {
    const std::scoped_lock lock(mutex_);
    std::vector<AlertStatus> all;
    for (const Rule& each : rules_) {
      const auto state = each.firing      ? AlertStatus::State::firing
                         : each.bad_since ? AlertStatus::State::pending
                                          : AlertStatus::State::quiet;
      all.push_back({each.rule.name, state, each.value});
    }
    return all;
  }

  /// How often the callback threw.
  [[nodiscard]] std::uint64_t callback_exceptions() const {
    const std::scoped_lock lock(mutex_);
    return callback_exceptions_;
  }

 private:
  struct Rule {
    AlertRule rule;
    std::optional<double> value;
    bool firing = false;
    std::optional<TimePoint> bad_since{};   // while it is bad and does not fire
    std::optional<TimePoint> good_since{};  // while it is good and fires
  };

  /// Forgets the last snapshot if this one does not go on with it.
  [[nodiscard]] StreamSnapshot change_since(const StreamSnapshot& before, const StreamSnapshot& now) {
    try {
      return now.since(before);
    } catch (const std::invalid_argument&) {
      before_.reset();
      throw;
    }
  }

  void check(const AlertRule& rule) const {
    const auto fail = [&](const std::string& what) {
      throw std::invalid_argument("AlertRule '" + rule.name + "': " + what);
    };
    if (rule.name.empty()) fail("the name is empty");
    for (const Rule& other : rules_) {
      if (other.rule.name == rule.name) fail("the name comes twice");
    }
    if (!rule.figure) fail("there is no figure");
    if (detail::is_nan(rule.threshold)) fail("the threshold is no number");
    if (rule.timing.hold.count() < 0)
      fail("hold is " + std::to_string(rule.timing.hold.count()) + " ns; at least 0 is needed");
    if (rule.timing.clear_hold.count() < 0) {
      fail("clear_hold is " + std::to_string(rule.timing.clear_hold.count()) + " ns; at least 0 is needed");
    }
    const double clear = rule.timing.clear.value_or(rule.threshold);
    if (!(rule.when == AlertWhen::above ? clear <= rule.threshold : clear >= rule.threshold)) {
      fail("clear is " + std::to_string(clear) + ", on the bad side of the threshold " +
           std::to_string(rule.threshold));
    }
  }

  void step(Rule& each, const std::optional<double>& figure, TimePoint now) {
    const AlertRule& rule = each.rule;
    if (!figure || detail::is_nan(*figure)) {
      each.value.reset();
      each.bad_since.reset();
      each.good_since.reset();
      return;
    }
    each.value = figure;
    const double clear = rule.timing.clear.value_or(rule.threshold);
    const bool above = rule.when == AlertWhen::above;
    if (!each.firing) {
      if (!(above ? *figure > rule.threshold : *figure < rule.threshold)) return each.bad_since.reset();
      if (!each.bad_since) each.bad_since = now;
      if (now - *each.bad_since < rule.timing.hold) return;
      events_.push_back({rule.name, true, *figure, rule.threshold, *each.bad_since, now});
      each.bad_since.reset();
      each.firing = true;
    } else {
      if (!(above ? *figure <= clear : *figure >= clear)) return each.good_since.reset();
      if (!each.good_since) each.good_since = now;
      if (now - *each.good_since < rule.timing.clear_hold) return;
      events_.push_back({rule.name, false, *figure, rule.threshold, *each.good_since, now});
      each.good_since.reset();
      each.firing = false;
    }
  }

  /// Tells of the events, unless another call is at it, which then tells of these too.
  void deliver() {
    std::unique_lock lock(mutex_);
    if (delivering_) return;
    delivering_ = true;
    while (!events_.empty()) {
      const AlertEvent event = std::move(events_.front());
      events_.pop_front();
      lock.unlock();
      bool threw = false;
      try {
        if (tell_) tell_(event);
      } catch (...) { threw = true; }
      lock.lock();
      callback_exceptions_ += threw ? 1 : 0;
    }
    delivering_ = false;
  }

  const std::function<void(const AlertEvent&)> tell_;
  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::optional<StreamSnapshot> before_;
  std::deque<AlertEvent> events_;
  bool delivering_ = false;
  std::uint64_t callback_exceptions_ = 0;
};

/// End-to-end latency at a quantile, in seconds, of the events between two snapshots, or of a stage if one is named. No
/// data if there were none. @throws std::invalid_argument unless 0 <= q <= 1.
[[nodiscard]] inline AlertRule latency_above(std::string name, double q, std::chrono::nanoseconds limit,
                                             const AlertTiming& timing = {}, std::string stage = {}) {
  static_cast<void>(LatencyHistogram().value_at_quantile(q));
  const auto figure = [q, stage = std::move(stage)](const AlertView& view) -> std::optional<double> {
    const LatencyHistogram latency = stage.empty() ? view.change.totals.end_to_end : view.change.stage(stage);
    if (latency.count() == 0) return std::nullopt;
    return static_cast<double>(latency.value_at_quantile(q)) / 1e9;
  };
  return {std::move(name), figure, AlertWhen::above, detail::seconds_of(limit), timing};
}

/// Failed events of those that failed or left between two snapshots. No data if there were fewer than `least_events`.
[[nodiscard]] inline AlertRule error_rate_above(std::string name, double rate, const AlertTiming& timing = {},
                                                std::uint64_t least_events = 1) {
  const auto figure = [least_events](const AlertView& view) -> std::optional<double> {
    const std::uint64_t events = view.change.count(EventFate::failed) + view.change.totals.events_out;
    if (events == 0 || events < least_events) return std::nullopt;
    return view.change.error_rate();
  };
  return {std::move(name), figure, AlertWhen::above, rate, timing};
}

/// How fast the lag grows between two snapshots, in events a second. No data at the first one.
[[nodiscard]] inline AlertRule lag_growing(std::string name, double events_per_s, const AlertTiming& timing = {}) {
  const auto figure = [](const AlertView& view) -> std::optional<double> {
    const double seconds = view.change.period_s();
    if (view.before.taken == view.now.from || seconds <= 0) return std::nullopt;
    return (static_cast<double>(view.now.gauges.lag_events) - static_cast<double>(view.before.gauges.lag_events)) /
           seconds;
  };
  return {std::move(name), figure, AlertWhen::above, events_per_s, timing};
}

/// Events out a second between two snapshots. No data if no time has passed, as at a first one taken at the start.
[[nodiscard]] inline AlertRule throughput_below(std::string name, double events_per_s, const AlertTiming& timing = {}) {
  const auto figure = [](const AlertView& view) -> std::optional<double> {
    if (view.change.period_s() <= 0) return std::nullopt;
    return view.change.throughput_events_per_s();
  };
  return {std::move(name), figure, AlertWhen::below, events_per_s, timing};
}

/// Throughput of the first window by that of the last, longer one: 0.5 is a drop to the half. No data if there are not
/// two windows, or nothing left in the longer one.
[[nodiscard]] inline AlertRule throughput_drop(std::string name, double share, const AlertTiming& timing = {}) {
  const auto figure = [](const AlertView& view) -> std::optional<double> {
    const auto& windows = view.now.windows;
    if (windows.size() < 2 || windows.back().events_out == 0) return std::nullopt;
    return windows.front().events_per_s() / windows.back().events_per_s();
  };
  return {std::move(name), figure, AlertWhen::below, share, timing};
}

}  // namespace v0
}  // namespace penstock
