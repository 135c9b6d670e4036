// SPDX-License-Identifier: MIT
#pragma once

// How a rate limiter is made, and what it counts.
//
//     RateLimiterOptions{.rate = 100, .burst = 20}                                   // 100 a second
//     RateLimiterOptions{.rate = 3, .per = std::chrono::minutes(1), .burst = 1}      // one every 20 seconds
//
// A rate is a ratio of whole numbers, so nothing of it is ever rounded: seven a second are seven in every second.

#include <chrono>     // nanoseconds, seconds
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string

namespace penstock {
inline namespace v0 {

/// How a rate limiter is made: a token bucket of `burst` permits, full at first, into which `rate` permits flow every
/// `per`. `check` says what is refused.
struct RateLimiterOptions {
  std::uint64_t rate;                                      ///< permits every `per`, 1 to 10^12
  std::chrono::nanoseconds per = std::chrono::seconds(1);  ///< positive
  std::uint64_t burst;                                     ///< permits that pile up while nobody asks, at least 1
  /// How many permits a request may owe: one of n passes as soon as max(1, n - borrow) are there, and what it took
  /// beyond those that were is paid by later ones, which wait for it. (burst + borrow) * per is at most 2^59 ns.
  std::uint64_t borrow = 0;
};

/// The counters of a rate limiter in permits: a request of n counts n. Each is exact when no call is under way.
struct RateLimiterStats {
  std::uint64_t granted = 0;    ///< given away
  std::uint64_t refused = 0;    ///< asked for by calls that do not wait, and not given
  std::uint64_t timed_out = 0;  ///< asked for by calls that met their deadline
  std::uint64_t stopped = 0;    ///< asked for by calls that were stopped
  std::uint64_t waited = 0;     ///< of those granted, the ones that were waited for
  std::size_t waiting = 0;      ///< threads waiting now
};

namespace detail {

/// The largest bucket, in permits times nanoseconds, that still leaves room to count on in 64 bits.
inline constexpr std::uint64_t max_bucket = std::uint64_t{1} << 59U;

/// Refuses a rate that cannot be counted by.
inline void check_rate(std::uint64_t rate, const char* where) {
  constexpr std::uint64_t most = 1'000'000'000'000;
  if (rate < 1 || rate > most) {
    throw std::invalid_argument(where + std::string("rate is ") + std::to_string(rate) + "; 1 to " +
                                std::to_string(most) + " are possible");
  }
}

/// Refuses a request that could never be granted.
inline void check_permits(std::uint64_t n, const RateLimiterOptions& options) {
  if (n > options.burst + options.borrow) {
    throw std::invalid_argument("RateLimiter: a request for " + std::to_string(n) +
                                " permits; at most .burst + .borrow, " +
                                std::to_string(options.burst + options.borrow) + ", can be granted");
  }
}

}  // namespace detail

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const RateLimiterOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("RateLimiterOptions." + what); };
  detail::check_rate(options.rate, "RateLimiterOptions.");
  if (options.per.count() < 1) {
    refuse("per is " + std::to_string(options.per.count()) + " ns; at least 1 ns is needed");
  }
  if (options.burst < 1) refuse("burst is 0; at least 1 is needed");
  const std::uint64_t most = detail::max_bucket / static_cast<std::uint64_t>(options.per.count());
  if (options.burst > most || options.borrow > most - options.burst) {
    refuse("burst " + std::to_string(options.burst) + " and .borrow " + std::to_string(options.borrow) +
           " must add up to at most 2^59 ns / .per, " + std::to_string(most));
  }
}

}  // namespace v0
}  // namespace penstock
