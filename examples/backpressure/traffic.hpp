// SPDX-License-Identifier: MIT
#pragma once

// A producer that is faster than its consumer, and a queue between them: one run of it under one policy.

#include <algorithm>  // max
#include <array>      // array
#include <chrono>     // nanoseconds, microseconds
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t
#include <penstock/core/clock.hpp>
#include <penstock/metrics/latency_histogram.hpp>
#include <penstock/queue/bounded_queue.hpp>
#include <stdexcept>  // logic_error
#include <string>     // string
#include <thread>     // jthread, sleep_until
#include <vector>     // vector

/// What the user may choose.
struct Options {
  std::size_t records = 4000;
  std::size_t capacity = 64;
  double service_us = 250;  // what the consumer needs for a record
  double speed = 2;         // the producer is so many times as fast
  std::size_t sample_every = 4;
  std::string output_dir = "artifacts";

  [[nodiscard]] std::chrono::nanoseconds service() const { return nanoseconds(service_us); }
  [[nodiscard]] std::chrono::nanoseconds interval() const { return nanoseconds(service_us / speed); }

 private:
  static std::chrono::nanoseconds nanoseconds(double us) {
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(us * 1000));
  }
};

inline constexpr std::size_t priorities = 3;

struct Record {
  std::size_t id = 0;
  std::size_t user = 0;
  penstock::Priority priority{};  // of ten records one is urgent, three are normal, six can wait
  penstock::TimePoint offered{};
};

/// The same for the same number, but without a pattern, so that no policy that takes every other record favours one
/// kind.
inline Record make_record(std::size_t id) {
  constexpr std::array<std::uint8_t, 10> mix = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2};
  std::uint64_t bits = (id + 1) * 0x9E3779B97F4A7C15u;  // SplitMix64
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
  bits ^= bits >> 31;
  return {id, bits % 50, {mix[(bits >> 32) % mix.size()]}, {}};
}

/// Keeps to a schedule: who was kept waiting catches up, so that the mean rate is right however coarse sleeping is.
class Pace {
 public:
  explicit Pace(std::chrono::nanoseconds step) : step_(step), next_(penstock::SteadyClock{}.now()) {}
  void wait() {
    next_ += step_;
    std::this_thread::sleep_until(next_);
  }
  /// After idleness, for which there is nothing to catch up.
  void restart() { next_ = penstock::SteadyClock{}.now(); }

 private:
  std::chrono::nanoseconds step_;
  penstock::TimePoint next_;
};

/// What the program itself saw of each record, to hold the queue's counters to.
enum class Fate : std::uint8_t { unknown, scored, refused, evicted };

struct DepthAt {
  double ms;
  std::size_t depth;
};

struct Outcome {
  penstock::Overflow policy{};
  penstock::QueueStats stats{};
  std::array<std::size_t, priorities> produced{}, scored{};  // by priority
  penstock::LatencyHistogram waited{};                       // from being offered to being taken
  std::vector<DepthAt> depths{};
  double seconds = 0;  // until the last record was scored

  [[nodiscard]] double waited_ms(double quantile) const {
    return static_cast<double>(waited.value_at_quantile(quantile)) / 1e6;
  }
};

/// @throws std::logic_error if the queue's counters are not what the program saw.
inline void check_fates(const std::vector<Fate>& fates, const penstock::QueueStats& stats) {
  std::array<std::uint64_t, 4> seen{};
  for (const Fate fate : fates) ++seen[static_cast<std::size_t>(fate)];
  const auto must = [](bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
  };
  must(seen[0] == 0, "a record is lost without a trace");
  must(seen[1] == stats.taken && stats.depth == 0, "the queue counts other records as taken than were scored");
  must(seen[2] == stats.refused(), "the queue counts other records as refused than were handed back");
  must(seen[3] == stats.evicted, "the queue counts other records as evicted than were reported");
  must(stats.offered() == fates.size() && stats.accepted == stats.taken + stats.evicted, "the counters do not add up");
}

inline Outcome run(penstock::Overflow policy, const Options& options) {
  const penstock::SteadyClock clock;
  Outcome outcome;
  outcome.policy = policy;
  std::vector<Fate> fates(options.records, Fate::unknown);  // each is written once, by one thread

  penstock::BoundedQueue<Record> queue({.capacity = options.capacity,
                                        .overflow = policy,
                                        .priorities = priorities,
                                        .sample_every = options.sample_every});
  queue.on_drop([&](Record&& record) { fates[record.id] = Fate::evicted; });

  const penstock::TimePoint start = clock.now();
  {
    const std::jthread consumer([&] {
      Pace pace(options.service());
      for (;;) {
        const bool idle = queue.empty();
        const auto record = queue.pop();
        if (!record) return;
        if (idle) pace.restart();
        outcome.waited.record((clock.now() - record->offered).count());
        pace.wait();  // a model that takes its time
        fates[record->id] = Fate::scored;
        ++outcome.scored[record->priority.level];
      }
    });

    Pace pace(options.interval());
    const std::size_t every = std::max<std::size_t>(options.records / 400, 1);
    for (std::size_t i = 0; i < options.records; ++i) {
      pace.wait();
      Record record = make_record(i);
      record.offered = clock.now();
      ++outcome.produced[record.priority.level];
      const penstock::Priority priority = record.priority;
      if (queue.push(std::move(record), {}, priority) != penstock::QueueStatus::ok) fates[i] = Fate::refused;
      if (i % every == 0) {
        outcome.depths.push_back(
            {std::chrono::duration<double, std::milli>(clock.now() - start).count(), queue.size()});
      }
    }
    queue.close();  // what is in it is still scored
  }
  outcome.seconds = std::chrono::duration<double>(clock.now() - start).count();
  outcome.stats = queue.stats();
  check_fates(fates, outcome.stats);
  return outcome;
}
