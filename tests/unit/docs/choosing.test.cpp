// SPDX-License-Identifier: MIT
// The figures and the code of docs/choosing.md.
#include "penstock/core/manual_clock.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/stream/sweep.hpp"

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

using namespace penstock;

namespace {

std::string page() {
  std::ifstream in(std::string(PENSTOCK_REFERENCE_DIR) + "/../../docs/choosing.md");
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The smallest capacity of a queue before one server that loses no more than this share.
std::size_t needed(double rho, double share) {
  for (std::size_t k = 1;; ++k) {
    const double loss = (1 - rho) * std::pow(rho, k) / (1 - std::pow(rho, k + 1));
    if (loss <= share) return k - 1;
  }
}

/// The share that a BoundedQueue loses under independent arrivals and service times, by simulated time.
double simulated_loss(double rho, std::size_t capacity, std::uint64_t arrivals) {
  std::mt19937_64 random(1);
  const auto exponential = [&](double mean) {
    return -mean * std::log1p(-static_cast<double>(random() >> 11) * 0x1p-53);
  };
  BoundedQueue<int> queue({.capacity = capacity, .overflow = Overflow::reject});
  double now = 0;
  double done = 0;  // when the server is
  for (std::uint64_t i = 0; i < arrivals; ++i) {
    now += exponential(1 / rho);
    while (done <= now && queue.try_pop()) done += exponential(1);
    if (done <= now) {
      done = now + exponential(1);  // straight to the server
      REQUIRE(queue.push(0) == QueueStatus::ok);
      REQUIRE(queue.try_pop());
    } else {
      static_cast<void>(queue.push(0));
    }
  }
  return static_cast<double>(queue.stats().rejected) / static_cast<double>(arrivals);
}

}  // namespace

TEST_CASE("docs/choosing.md: the table of capacities is that of the formula") {
  const std::string text = page();
  for (const auto& [rho, name] :
       {std::pair{0.5, "50"}, {0.7, "70"}, {0.8, "80"}, {0.9, "90"}, {0.95, "95"}, {0.99, "99"}}) {
    std::string row = std::string("| ") + name + " % |";
    for (const double share : {1e-2, 1e-4, 1e-6}) row += " " + std::to_string(needed(rho, share)) + " |";
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
  }
}

TEST_CASE("docs/choosing.md: and a queue of that capacity loses that share") {
  for (const double rho : {0.5, 0.8, 0.9}) {
    CAPTURE(rho);
    const std::size_t capacity = needed(rho, 0.01);
    CHECK(simulated_loss(rho, capacity, 400'000) < 0.011);
    CHECK(simulated_loss(rho, capacity - 1, 400'000) > 0.0095);
  }
}

TEST_CASE("docs/choosing.md: batches between the bounds keep up and are in time, others are not") {
  const ManualClock clock;
  const std::vector<double> trips(512);
  const double arrivals_per_ms = 10;
  const double deadline_ms = 20;
  const auto time_of = [](double n) { return 2 + 0.05 * n; };
  const auto model = [&](std::span<const double> chunk) {
    const double ms = time_of(static_cast<double>(chunk.size()));
    clock.advance(std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(ms * 1e6))));
    return std::vector<double>(chunk.size());
  };
  const auto sweep_chunk_sizes = [&](const auto& frame, const auto& fn, const std::vector<std::size_t>& sizes) {
    return penstock::sweep_chunk_sizes(frame, fn, sizes, {}, clock);  // by a clock that the model moves
  };

  // clang-format off
  const auto figures = sweep_chunk_sizes(trips, model, {1, 256});
  const double a = (figures[1].p50_ms - figures[0].p50_ms) / 255;         // T(n) = b + a n, in ms
  const double b = figures[0].p50_ms - a;
  const double least = arrivals_per_ms * b / (1 - arrivals_per_ms * a);   // smaller batches cannot keep up
  const double most = (deadline_ms / 2 - b) / a;                          // larger ones are late
  // clang-format on

  CHECK(a == Approx(0.05).epsilon(0.02));  // the histogram's buckets
  CHECK(b == Approx(2).epsilon(0.02));
  CHECK(least == Approx(40).epsilon(0.05));
  CHECK(most == Approx(160).epsilon(0.02));
  CHECK(time_of(40) * arrivals_per_ms == Approx(40));  // as many arrive as are done
  CHECK(time_of(39) * arrivals_per_ms > 39);
  CHECK(2 * time_of(160) == Approx(deadline_ms));
  CHECK(360 / time_of(360) == Approx(0.9 / 0.05));  // 9 b / a
}

TEST_CASE("what docs/choosing.md shows is what is compiled here") {
  const std::string text = page();
  std::ifstream in(std::string(PENSTOCK_REFERENCE_DIR) + "/../unit/docs/choosing.test.cpp");
  std::string source;
  for (std::string line; std::getline(in, line);) source += line.substr(line.starts_with("  ") ? 2 : 0) + "\n";
  const std::size_t begin = text.find("```cpp\n") + 7;
  const std::string block = text.substr(begin, text.find("```", begin) - begin);
  INFO(block);
  CHECK(block.size() > 100);
  CHECK(source.find(block) != std::string::npos);
  CHECK(text.find("```cpp\n", begin) == std::string::npos);  // no other
}
