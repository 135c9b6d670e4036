// SPDX-License-Identifier: MIT
#pragma once

// The counters of breakers, caches, shedders and guards as JSON, through nlohmann_json. Component json.
//
//     nlohmann::json report = {{"guard", guarded.stats()}, {"breaker", breaker.stats()}, {"cache", cache.stats()}};
//     // {"breaker": {"state": "closed", "succeeded": 900, ...}, ...}

#include "penstock/serve/figures.hpp"

#include <nlohmann/json.hpp>

#include <concepts>     // same_as
#include <string>       // string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Writes the figures as an object with the names that visit_figures gives them; times are in seconds.
template <class Stats>
  requires std::same_as<Stats, CircuitBreakerStats> || std::same_as<Stats, CachedFallbackStats> ||
           std::same_as<Stats, LoadShedderStats> || std::same_as<Stats, GuardStats>
void to_json(nlohmann::json& json, const Stats& stats) {
  json = nlohmann::json::object();
  visit_figures(stats, [&json](std::string_view name, const auto& value) { json[std::string(name)] = value; });
}

}  // namespace v0
}  // namespace penstock
