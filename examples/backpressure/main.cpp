// SPDX-License-Identifier: MIT
// A producer twice as fast as its consumer, under each overflow policy in turn: what becomes of every record.
//
//     backpressure --records 4000 --capacity 64 --service-us 250
#include "fallback_run.hpp"
#include "plot.hpp"
#include "traffic.hpp"

#include <CLI/CLI.hpp>

#include <array>      // array
#include <cstdio>     // printf, fflush
#include <exception>  // exception
#include <iostream>   // cerr
#include <penstock/queue/options.hpp>
#include <vector>  // vector

namespace {

using penstock::Overflow;

constexpr std::array policies = {
    Overflow::block, Overflow::reject, Overflow::drop_newest, Overflow::drop_oldest, Overflow::drop_lowest_priority,
    Overflow::sample};

void print_header() {
  std::printf("%-21s %8s %7s %7s %8s %8s %8s | %6s %6s %6s | %8s %8s | %7s\n", "", "produced", "scored", "dropped",
              "sampled", "rejected", "evicted", "urgent", "normal", "rest", "p50", "p99", "seconds");
  std::printf("%-21s %8s %7s %7s %8s %8s %8s | %6s %6s %6s | %8s %8s | %7s\n", "policy", "", "", "", "out", "", "",
              "scored", "scored", "scored", "waited", "waited", "");
}

void print(const Outcome& outcome) {
  const penstock::QueueStats& s = outcome.stats;
  const auto percent = [&](std::size_t priority) {
    const auto all = static_cast<double>(std::max<std::size_t>(outcome.produced[priority], 1));
    return 100 * static_cast<double>(outcome.scored[priority]) / all;
  };
  const auto n = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
  std::printf("%-21s %8llu %7llu %7llu %8llu %8llu %8llu | %4.0f %% %4.0f %% %4.0f %% | %5.1f ms %5.1f ms | %7.2f\n",
              std::string(to_string(outcome.policy)).c_str(), n(s.offered()), n(s.taken), n(s.dropped),
              n(s.sampled_out), n(s.rejected), n(s.evicted), percent(2), percent(1), percent(0), outcome.waited_ms(0.5),
              outcome.waited_ms(0.99), outcome.seconds);
  std::fflush(stdout);
}

void run_all(const Options& options) {
  std::printf("%zu records, one every %.0f us, for a consumer that takes %.0f us each, behind a queue of %zu\n\n",
              options.records, options.service_us / options.speed, options.service_us, options.capacity);
  print_header();
  std::vector<Outcome> outcomes;
  for (const Overflow policy : policies) {
    outcomes.push_back(run(policy, options));
    print(outcomes.back());
  }
  std::printf(
      "\nproduced == scored + dropped + sampled out + rejected + evicted in each line, and each record was seen "
      "to have that fate.\n");

  const penstock::GuardStats answers = run_with_fallback(options);
  std::printf(
      "\nWith the last good prediction of the same user while the queue is throttled:\n"
      "%llu requests == %llu answered by the model + %llu degraded (throttled) + %llu without an answer\n",
      static_cast<unsigned long long>(answers.requests()), static_cast<unsigned long long>(answers.fresh),
      static_cast<unsigned long long>(answers.degraded(penstock::Cause::throttled)),
      static_cast<unsigned long long>(answers.refused()));
  plot(outcomes, options);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("A producer faster than its consumer, under each overflow policy in turn.");
  app.add_option("--records", options.records, "that the producer makes")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--capacity", options.capacity, "records that fit into the queue")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--service-us", options.service_us, "microseconds that the consumer needs for a record")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_option("--speed", options.speed, "the producer is so many times as fast as the consumer")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  app.add_option("--sample-every", options.sample_every, "policy sample takes one in so many while throttled")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--output-dir", options.output_dir, "where the figures and the plot go")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run_all(options);
  } catch (const std::exception& error) {
    std::cerr << "backpressure: " << error.what() << '\n';
    return 1;
  }
}
