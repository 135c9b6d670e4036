// SPDX-License-Identifier: MIT
// Clients that share one slow model, which takes b + a n for n items: one by one, and in batches by several rules.
//
//     micro_batching --clients 64 --fixed-ms 2 --item-ms 0.1 --max-batch 32
#include "clients.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>     // fflush, printf, snprintf
#include <exception>  // exception
#include <iostream>   // cerr
#include <penstock/stream/micro_batcher.hpp>
#include <string>  // string, to_string

namespace {

using penstock::BatchReason;

/// "idle 120, full 3"
std::string why(const penstock::MicroBatcherStats& stats) {
  std::string text;
  for (std::size_t i = 0; i < penstock::batch_reasons; ++i) {
    if (stats.reasons[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(to_string(static_cast<BatchReason>(i))) + " " +
            std::to_string(stats.reasons[i]);
  }
  return text;
}

void print(const Outcome& outcome) {
  std::printf("%-24s %8llu %10.0f | %8.1f %8.1f %8.1f | %6llu %11.1f  %s\n", outcome.name.c_str(),
              static_cast<unsigned long long>(outcome.stats.ok),
              static_cast<double>(outcome.stats.ok) / outcome.seconds, outcome.ms(0.5), outcome.ms(0.95),
              outcome.ms(0.99), static_cast<unsigned long long>(outcome.stats.batches), outcome.stats.mean_batch(),
              why(outcome.stats).c_str());
  std::fflush(stdout);
}

void run_all(const Options& options) {
  std::printf("%zu clients, %zu requests each, of a model that takes %g ms and %g ms an item, one call at a time\n\n",
              options.clients, options.requests, options.fixed_ms, options.item_ms);
  std::printf("%-24s %8s %10s | %8s %8s %8s | %6s %11s  %s\n", "", "requests", "requests/s", "p50 ms", "p95 ms",
              "p99 ms", "calls", "items/call", "why they went");

  const penstock::MicroBatcherOptions batched{.max_batch = options.max_batch};
  const Outcome single = run("one by one", options, {.max_batch = 1});
  print(single);
  const Outcome together = run("batched", options, batched);
  print(together);

  penstock::MicroBatcherOptions delayed = batched;
  delayed.max_delay = from_ms(options.max_delay_ms);
  char name[64];
  std::snprintf(name, sizeof name, "batched, %g ms delay", options.max_delay_ms);
  if (options.max_delay_ms > 0) print(run(name, options, delayed));

  penstock::MicroBatcherOptions corked = batched;
  corked.cork = true;
  print(run("batched, corked", options, corked));

  std::printf("\nEach client got its own answers. Batched: %.1f times the requests a second, %.2f of the p99.\n",
              single.seconds / together.seconds, together.ms(0.99) / single.ms(0.99));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Clients that share one slow model, one by one and in batches.");
  const auto add = [&](const char* name, auto& value, const char* what, auto low, auto high) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  add("--clients", options.clients, "threads that ask, each one thing at a time", 1, 4096);
  add("--requests", options.requests, "that each of them makes", 1, 10'000'000);
  add("--fixed-ms", options.fixed_ms, "b: what a call of the model takes whatever it holds", 0.0, 60'000.0);
  add("--item-ms", options.item_ms, "a: what it takes on top for each item", 0.0, 60'000.0);
  add("--think-ms", options.think_ms, "a client's mean pause before a request", 0.0, 60'000.0);
  add("--max-batch", options.max_batch, "items in a call at most", 1, 1'000'000);
  add("--max-delay-ms", options.max_delay_ms, "of the run in which batches wait for company; 0: none", 0.0, 60'000.0);
  CLI11_PARSE(app, argc, argv);
  try {
    sleep_exactly();
    run_all(options);
  } catch (const std::exception& error) {
    std::cerr << "micro_batching: " << error.what() << '\n';
    return 1;
  }
}
