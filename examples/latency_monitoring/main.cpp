// SPDX-License-Identifier: MIT
// A pipeline under watch: a live Prometheus endpoint, and an alert that fires while the model is slow.
//
//     latency_monitoring --port 9464            and meanwhile: curl http://127.0.0.1:9464/metrics
#include "pipeline.hpp"

#include <CLI/CLI.hpp>

#include <chrono>     // duration, milliseconds
#include <csignal>    // signal, sig_atomic_t
#include <cstdio>     // printf, fflush
#include <exception>  // exception
#include <iostream>   // cerr
#include <penstock/adapters/http.hpp>
#include <penstock/metrics/alerts.hpp>
#include <penstock/metrics/metrics_snapshot.hpp>
#include <penstock/metrics/stream_exposition.hpp>
#include <penstock/metrics/stream_metrics.hpp>
#include <thread>  // sleep_for

namespace {

volatile std::sig_atomic_t interrupted = 0;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

void watch(const Options& options) {
  using State = penstock::AlertStatus::State;
  penstock::StreamMetrics metrics;
  Pipeline pipeline(options, metrics);

  penstock::AlertRules alerts(
      {penstock::latency_above("p99 latency", 0.99, seconds_of(options.limit_ms / 1000),
                               {.hold = seconds_of(options.hold), .clear_hold = seconds_of(options.hold)})},
      [&](const penstock::AlertEvent& event) {
        std::printf("%6.1f s  %s %s: %.0f ms, limit %.0f ms\n", seconds(pipeline.running()), event.rule.c_str(),
                    event.firing ? "FIRES" : "is good again", 1e3 * event.value, 1e3 * event.threshold);
        std::fflush(stdout);
      });
  const auto page = [&] {
    penstock::MetricsSnapshot text;
    penstock::add_stream_metrics(text, metrics.snapshot(), {.labels = {{"pipeline", "example"}}});
    for (const penstock::AlertStatus& status : alerts.status()) {
      text.gauge("penstock_alert_firing", "1 while the rule fires.", status.state == State::firing ? 1 : 0,
                 {{"pipeline", "example"}, {"rule", status.rule}});
    }
    return text;
  };
  const auto health = [&]() -> penstock::Health {
    const bool full = pipeline.depth() >= Pipeline::capacity;
    return {!full, full ? "the queue is full" : "ok"};
  };
  penstock::MetricsServer server(page, {.host = options.host, .port = options.port}, health);
  std::printf("%s/metrics and /healthz; the model is slow from %g s to %g s\n", server.url().c_str(), options.slow_from,
              options.slow_until);
  std::fflush(stdout);

  while (interrupted == 0 && (options.seconds == 0 || pipeline.running() < seconds_of(options.seconds))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    alerts.evaluate(metrics.snapshot());
  }
  server.stop();
  std::printf("%llu requests were answered\n", static_cast<unsigned long long>(server.requests()));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("A pipeline under watch: a live Prometheus endpoint, and an alert that fires while the model is slow.");
  app.add_option("--seconds", options.seconds, "how long it runs; 0 is until Ctrl-C")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "events a second")->check(CLI::Range(1.0, 1e5))->capture_default_str();
  app.add_option("--slow-from", options.slow_from, "seconds after the start from which the model is slow")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--slow-until", options.slow_until, "and until when")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--limit-ms", options.limit_ms, "of the 99th percentile; above it the alert fires")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  app.add_option("--hold", options.hold, "seconds for which it must be above, or below again")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--host", options.host, "address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "port to listen on; 0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  try {
    watch(options);
  } catch (const std::exception& error) {
    std::cerr << "latency_monitoring: " << error.what() << '\n';
    return 1;
  }
}
