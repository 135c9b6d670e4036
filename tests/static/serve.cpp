// SPDX-License-Identifier: MIT
// What can be a key, a fallback and a guarded model; and the smallest of each goes through all that takes one.
#include "penstock/core/manual_clock.hpp"
#include "penstock/serve/cached_fallback.hpp"
#include "penstock/serve/circuit_breaker.hpp"
#include "penstock/serve/guard.hpp"
#include "penstock/serve/load_shedder.hpp"

#include "archetypes.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace penstock {
namespace smallest {  // named, because nothing of it is defined

/// The smallest key: copied, moved, compared with its like, and hashed by somebody.
struct Key {
  Key() = delete;
  Key(const Key&);
  Key(Key&&) noexcept;
  Key& operator=(Key&&) noexcept;
  bool operator==(const Key&) const;
};
struct Hash {
  Hash(const Hash&);
  std::size_t operator()(const Key&) const;
};
/// The smallest prediction that is kept: neither compared nor made of nothing.
struct Prediction {
  Prediction() = delete;
  Prediction(const Prediction&);
  Prediction(Prediction&&) noexcept;
  Prediction& operator=(Prediction&&) noexcept;
};
struct Reckless {
  Reckless(const Reckless&);
  Reckless(Reckless&&) noexcept(false);
  Reckless& operator=(Reckless&&);
};

static_assert(cacheable<Key> && cacheable<Prediction> && cacheable<std::string> && cacheable<std::vector<double>>);
static_assert(!cacheable<Reckless> && !cacheable<std::unique_ptr<int>> && !cacheable<const int>);
static_assert(hash_of<Hash, Key> && hash_of<std::hash<std::string>, std::string> && !hash_of<std::hash<Key>, Key>);

using Cache = CachedFallback<Key, Prediction, archetypes::Clock, Hash>;
using Breaker = CircuitBreaker<archetypes::Clock>;
static_assert(!std::movable<Cache> && !std::movable<Breaker> && !std::movable<LoadShedder>);
static_assert(std::move_constructible<Breaker::Call> && !std::copy_constructible<Breaker::Call>);

/// The smallest record: a guard neither makes, copies nor moves it.
struct Record {
  Record() = delete;
  Record(const Record&) = delete;
};
/// The smallest value of a model: it can be moved and no more.
struct Value {
  Value() = delete;
  Value(Value&&);
};
struct Rule {
  Value operator()(const Record&);
};
struct Memory {
  std::optional<Recalled<Value>> recall(const Record&);
};
struct LearningMemory : Memory {
  void remember(const Record&, const Value&);
};
struct Model {
  Model(const Model&) = delete;
  Value operator()(Record&);
};

static_assert(fallback_for<Rule, Record, Value> && !memory_fallback<Rule, Record, Value>);
static_assert(fallback_for<Memory, Record, Value> && !learning_fallback<Memory, Record, Value>);
static_assert(learning_fallback<LearningMemory, Record, Value>);
static_assert(fallback_for<ConstantFallback<int>, Record, double> && !fallback_for<int, Record, double>);
static_assert(!fallback_for<ConstantFallback<std::string>, Record, double>);
static_assert(!fallback_for<Memory, Record, double>);

static_assert(breaker_listener<void (*)(BreakerChange)> && !breaker_listener<void (*)(BreakerChange&)>);
static_assert(shed_listener<void (*)(const ShedChange&)> && !shed_listener<void (*)(int*)>);

template <class G, class R>
concept answers = requires(G& guarded, R record) { guarded(record); };
using GuardedModel = Guarded<Model&, archetypes::Clock, Rule>;
static_assert(answers<GuardedModel, Record&> && !answers<GuardedModel, int>);
static_assert(!std::movable<GuardedModel>);

[[maybe_unused]] void every_function_takes_the_smallest(Cache& cache, Breaker& breaker, LoadShedder& shedder,
                                                        const Key& key, const Prediction& prediction, Record& record,
                                                        Model& model, const Terms& terms) {
  cache.remember(key, prediction);
  static_cast<void>(cache.recall(key));
  static_cast<void>(cache.forget(key));
  cache.clear();
  static_cast<void>(cache.stats());
  const auto key_of = [&key](const Record&) -> const Key& { return key; };

  breaker.on_change([held = std::make_unique<int>()](const BreakerChange&) {});
  breaker.try_acquire().succeed();
  breaker.isolate();
  breaker.close();
  static_cast<void>(breaker.stats());
  shedder.on_change([held = std::make_unique<int>()](const ShedChange&) {});

  auto by_rules = guard(model, breaker, Rule{}, Memory{}, LearningMemory{});
  const Answer<Value> one = by_rules(record, terms);
  static_cast<void>(by_rules.stats());
  auto by_cache = guard([&](Record&) { return prediction; }, breaker, cache.by(key_of), ConstantFallback{prediction});
  const Answer<Prediction> other = by_cache(record);
}

[[maybe_unused]] void every_model_of_chunks_is_guarded(Breaker& breaker, const std::vector<int>& chunk,
                                                       const archetypes::Frame& frame) {
  auto returns = guard_rows([](const std::vector<int>&) { return std::vector<float>(); }, breaker);
  static_assert(std::same_as<decltype(returns(chunk)), std::vector<Answer<float>>>);
  auto fills = guard_rows([](const std::vector<int>&, std::span<double>) {}, breaker, ConstantFallback{1});
  static_assert(std::same_as<decltype(fills(chunk)), std::vector<Answer<double>>>);
  auto sliced = guard_rows([](const archetypes::Frame&) { return std::vector<double>(); }, breaker,
                           [](const archetypes::FrameSlice&) { return 1.; });
  static_cast<void>(sliced(frame));
}

}  // namespace smallest
}  // namespace penstock
