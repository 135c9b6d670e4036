// SPDX-License-Identifier: MIT
// Rule against rule: the policies of other servers and ours, on the same batcher, with the same Poisson arrivals. The
// functor takes b + a n; arrivals are open loop and latency counts from the intended arrival.
//
//   ./penstock_bench_batching simulate [slo_ms [jitter [items [seeds]]]]          on a manual clock, exact
//   ./penstock_bench_batching run [slo_ms [seconds [rounds [seed [load ...]]]]]   on the real one: the functor sleeps
//
// Without an slo (0) nobody has a deadline; BentoML's and Clipper's rules then aim at 20 ms. Rounds go through the
// policies in turn, with the same arrivals for all; what counts on the real clock is ours by theirs within a round.
// README.md has figures.
#include "unit/stream/batching/policies.hpp"

#include "penstock/core/clock.hpp"
#include "penstock/stream/micro_batcher.hpp"

#include "unit/stream/batching/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace {

using namespace std::chrono_literals;
using namespace penstock;
using namespace penstock::batching;

/// Wakes up when asked to, not 50 us later.
void sleep_exactly() {
#if defined(__linux__)
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
#endif
}

/// The same as simulate(), with threads and the system's clock.
template <class Policy>
Outcomes run(const Load& load, const MicroBatcherOptions& options, Policy policy) {
  const std::vector<std::int64_t> arrivals = poisson_arrivals(load, options.max_batch);
  Outcomes outcomes;
  std::vector<std::int64_t> latencies(arrivals.size(), -1);
  const SteadyClock clock;
  TimePoint start;
  {
    const auto functor = [&](std::span<const std::uint32_t> items, std::span<int>) {
      thread_local const bool exact = (sleep_exactly(), true);
      static_cast<void>(exact);
      const double took = load.fixed_ns + load.per_item_ns * static_cast<double>(items.size());
      std::this_thread::sleep_until(clock.now() + std::chrono::nanoseconds(static_cast<std::int64_t>(took)));
    };
    MicroBatcher<std::uint32_t, int, SteadyClock, Policy> batcher(functor, options, clock, std::move(policy));
    start = clock.now() + 1ms;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      const TimePoint due = start + std::chrono::nanoseconds(arrivals[i]);
      std::this_thread::sleep_until(due);
      const auto callback = [&latency = latencies[i], due, &clock](const Outcome<int>& outcome) {
        if (outcome) latency = (clock.now() - due).count();
      };
      static_cast<void>(batcher.try_submit(static_cast<std::uint32_t>(i), {}, callback));
    }
    batcher.close();
    while (batcher.stats().depth + batcher.stats().running > 0) std::this_thread::sleep_for(1ms);
    outcomes.stats = batcher.stats();
  }
  for (const std::int64_t latency : latencies) {
    if (latency >= 0) outcomes.latencies.push_back(latency);
    if (latency < 0 || (options.slo.count() > 0 && latency > options.slo.count())) ++outcomes.missed;
  }
  std::sort(outcomes.latencies.begin(), outcomes.latencies.end());
  return outcomes;
}

/// The median over the rounds, of which one may have met a pause of the machine.
template <class Figure>
double median(const std::vector<Outcomes>& rounds, const Figure& figure) {
  std::vector<double> values;
  for (const Outcomes& one : rounds) values.push_back(figure(one));
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const char* name, const std::vector<Outcomes>& rounds, std::size_t items) {
  const auto percent = [&](auto count) { return 100.0 * static_cast<double>(count) / static_cast<double>(items); };
  std::printf("%-18s", name);
  for (const double q : {0.5, 0.99, 0.999}) {
    std::printf(" %8.3f", median(rounds, [&](const Outcomes& o) { return o.ms(q); }));
  }
  std::printf(" %9.4f %9.4f %6.2f ", median(rounds, [&](const Outcomes& o) { return percent(o.missed); }),
              median(rounds, [&](const Outcomes& o) { return percent(o.stats.expired); }),
              median(rounds, [](const Outcomes& o) { return o.stats.mean_batch(); }));
  for (std::size_t i = 0; i < batch_reasons; ++i) {
    const double share = median(rounds, [&](const Outcomes& o) {
      return 100.0 * static_cast<double>(o.stats.reasons[i]) / static_cast<double>(o.stats.batches);
    });
    if (share > 0) std::printf(" %s %.1f%%", std::string(to_string(static_cast<BatchReason>(i))).c_str(), share);
  }
  std::puts("");
}

/// Ours by theirs, round by round: the median and the quartiles, then each.
void print_ratios(const char* name, const char* what, const std::vector<double>& ours,
                  const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / theirs[i]);
  std::string each;
  for (const double ratio : ratios) each += ' ' + std::to_string(ratio).substr(0, 5);
  std::sort(ratios.begin(), ratios.end());
  const std::size_t n = ratios.size();
  std::printf("%s, ours by %s: %.3f, quartiles %.3f %.3f; by round%s\n", what, name, ratios[n / 2], ratios[n / 4],
              ratios[n - 1 - n / 4], each.c_str());
}

double argument(const std::vector<std::string>& words, std::size_t at, double otherwise) {
  return at < words.size() ? std::strtod(words[at].c_str(), nullptr) : otherwise;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> words(values + 1, values + count);
  if (words.empty() || (words[0] != "simulate" && words[0] != "run")) {
    std::puts("simulate [slo_ms [jitter [items [seeds]]]] | run [slo_ms [seconds [rounds [seed [load ...]]]]]");
    return 2;
  }
  const bool real = words[0] == "run";
  sleep_exactly();
  const double slo_ms = argument(words, 1, 0);
  MicroBatcherOptions options{.max_batch = 32, .capacity = 1 << 20};
  options.slo = std::chrono::nanoseconds(static_cast<std::int64_t>(slo_ms * 1e6));
  const std::chrono::nanoseconds objective = slo_ms > 0 ? options.slo : 20ms;
  MicroBatcherOptions corked = options;
  corked.cork = true;
  const double seconds = argument(words, 2, 3);
  const double jitter = real ? 0 : argument(words, 2, 0);
  const auto rounds = static_cast<std::size_t>(argument(words, real ? 3 : 4, real ? 1 : 3));
  std::vector<double> loads{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95};
  if (real && words.size() > 5) {
    loads.clear();
    for (std::size_t i = 5; i < words.size(); ++i) loads.push_back(argument(words, i, 0.5));
  }
  const auto first_seed = real ? static_cast<std::uint64_t>(argument(words, 4, 1)) : 1;

  std::printf("T(n) = 2 ms + n 0.1 ms, max_batch 32, slo %g ms\n", slo_ms);
  for (const double share : loads) {
    Load load{.jitter = jitter, .load = share};
    const double capacity = 32 / (load.fixed_ns + load.per_item_ns * 32);
    load.items = real ? static_cast<std::size_t>(seconds * 1e9 * capacity * share)
                      : static_cast<std::size_t>(argument(words, 3, 200'000));
    const auto one = [&](const MicroBatcherOptions& how, auto policy) {
      return real ? run(load, how, policy) : simulate(load, how, policy);
    };
    using Contender = std::pair<const char*, std::function<Outcomes()>>;
    std::vector<Contender> contenders{{"ours", [&] { return one(options, AdaptiveBatching(options)); }},
                                      {"fixed delay 1 ms", [&] { return one(options, FixedDelay(1ms, 32)); }},
                                      {"Triton 0.1 ms", [&] { return one(options, Triton(100us, 32)); }},
                                      {"Triton 1 ms", [&] { return one(options, Triton(1ms, 32)); }},
                                      {"BentoML", [&] { return one(options, BentoML(objective, 32)); }},
                                      {"Clipper", [&] { return one(options, Clipper(objective, 32)); }}};
    if (real) {  // how far two of the same are apart
      contenders.emplace_back("ours again", [&] { return one(options, AdaptiveBatching(options)); });
    } else {
      contenders.emplace_back("ours, corked", [&] { return one(corked, AdaptiveBatching(corked)); });
      contenders.emplace_back("fixed delay 5 ms", [&] { return one(options, FixedDelay(5ms, 32)); });
      contenders.emplace_back("Triton 5 ms", [&] { return one(options, Triton(5ms, 32)); });
    }
    std::vector<std::vector<Outcomes>> all(contenders.size());
    for (std::size_t round = 0; round < rounds; ++round) {
      load.seed = round + first_seed;
      for (std::size_t i = 0; i < contenders.size(); ++i) {
        const std::size_t turn = (i + round) % contenders.size();
        all[turn].push_back(contenders[turn].second());
      }
    }
    std::printf("\nload %.2f, %zu rounds of %zu items\n%-18s   p50 ms   p99 ms p99.9 ms  missed %%    shed %%  batch  ",
                share, rounds, load.items, "policy");
    std::puts("why they went");
    for (std::size_t i = 0; i < contenders.size(); ++i) print(contenders[i].first, all[i], load.items);
    const auto figures = [&](std::size_t i, const auto& figure) {
      std::vector<double> by_round;
      for (const Outcomes& outcomes : all[i]) by_round.push_back(figure(outcomes));
      return by_round;
    };
    for (std::size_t i = 1; real && i < contenders.size(); ++i) {
      const auto p99 = [](const Outcomes& o) { return o.ms(0.99); };
      const auto misses = [](const Outcomes& o) { return 1 + static_cast<double>(o.missed); };
      print_ratios(contenders[i].first, "p99", figures(0, p99), figures(i, p99));
      if (slo_ms > 0) print_ratios(contenders[i].first, "misses + 1", figures(0, misses), figures(i, misses));
    }
    std::fflush(stdout);
  }
}
