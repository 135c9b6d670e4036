// SPDX-License-Identifier: MIT
#pragma once

// The counters of serve/ by name, for whatever writes metrics.
//
//     visit_figures(guarded.stats(), [&](std::string_view name, const auto& value) { line(name, value); });
//     // fresh 900, late 3, degraded_throttled 80, degraded_deadline 0, ...
//
// adapters/json/degradation.hpp writes them as JSON by this.

#include "penstock/serve/answer.hpp"
#include "penstock/serve/cached_fallback.hpp"
#include "penstock/serve/circuit_breaker_options.hpp"
#include "penstock/serve/guard.hpp"
#include "penstock/serve/load_shedder.hpp"

#include <chrono>       // duration
#include <concepts>     // invocable
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// What is called with the name and the value of each figure: a std::uint64_t, a double, or, for a state, its word. The
/// name is that of the member, with the unit or the cause as its ending, and lives as long as the call.
template <class F>
concept figure_visitor =
    std::invocable<F&, std::string_view, std::uint64_t> && std::invocable<F&, std::string_view, double> &&
    std::invocable<F&, std::string_view, std::string_view>;

/// The figures of a breaker; `state` is a word, times are in seconds.
template <figure_visitor F>
void visit_figures(const CircuitBreakerStats& stats, F&& visit) {
  visit("state", to_string(stats.state));
  visit("succeeded", stats.succeeded);
  visit("failed", stats.failed);
  visit("ignored", stats.ignored);
  visit("slow", stats.slow);
  visit("stale", stats.stale);
  visit("refused", stats.refused);
  visit("window_calls", stats.window_calls);
  visit("window_failed", stats.window_failed);
  visit("window_slow", stats.window_slow);
  visit("failure_rate", stats.failure_rate());
  visit("slow_call_rate", stats.slow_call_rate());
  visit("changes", stats.changes);
  visit("opened", stats.opened);
  visit("not_closed_for_s", std::chrono::duration<double>(stats.not_closed_for).count());
  visit("listener_exceptions", stats.listener_exceptions);
  visit("untold", stats.untold);
}

/// The figures of a cache.
template <figure_visitor F>
void visit_figures(const CachedFallbackStats& stats, F&& visit) {
  visit("inserted", stats.inserted);
  visit("updated", stats.updated);
  visit("hits", stats.hits);
  visit("misses", stats.misses);
  visit("evicted", stats.evicted);
  visit("expired", stats.expired);
  visit("forgotten", stats.forgotten);
  visit("size", static_cast<std::uint64_t>(stats.size));
}

/// The figures of a shedder; `admitted_0` and `shed_0` are those of the least urgent.
template <figure_visitor F>
void visit_figures(const LoadShedderStats& stats, F&& visit) {
  for (std::size_t p = 0; p < stats.priorities; ++p) {
    visit(std::string_view("admitted_" + std::to_string(p)), stats.admitted[p]);
    visit(std::string_view("shed_" + std::to_string(p)), stats.shed[p]);
  }
  visit("level", static_cast<std::uint64_t>(stats.level));
  visit("load", stats.load);
  visit("changes", stats.changes);
  visit("listener_exceptions", stats.listener_exceptions);
  visit("untold", stats.untold);
}

/// The figures of a guard, by cause: `degraded_throttled`, `refused_throttled` ...
template <figure_visitor F>
void visit_figures(const GuardStats& stats, F&& visit) {
  visit("fresh", stats.fresh);
  visit("late", stats.late);
  for (std::size_t i = 1; i < causes; ++i) {
    const std::string cause(to_string(static_cast<Cause>(i)));
    visit(std::string_view("degraded_" + cause), stats.degraded_by[i]);
    visit(std::string_view("refused_" + cause), stats.refused_by[i]);
  }
  visit("fallback_exceptions", stats.fallback_exceptions);
}

}  // namespace v0
}  // namespace penstock
