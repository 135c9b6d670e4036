// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

constexpr std::int64_t highest_latency = 3'600'000'000'000;  // an hour

/// Latencies as services have them: most near 100 us, some up to a second. All are in cache.
inline std::vector<std::int64_t> latencies() {
  std::vector<std::int64_t> values;
  std::uint64_t state = 42;
  for (int i = 0; i < 4096; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto base = static_cast<std::int64_t>(50'000 + (state >> 33) % 100'000);
    values.push_back((state >> 60) == 0 ? base * 1000 : base);
  }
  return values;
}
