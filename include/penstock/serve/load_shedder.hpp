// SPDX-License-Identifier: MIT
#pragma once

// Turns away the less urgent first as the load rises, and lets them in again last as it falls.
//
//     LoadShedder shedder{{.priorities = 3, .low = 0.5, .high = 0.9}};
//     shedder.update(static_cast<double>(queue.size()) / static_cast<double>(queue.capacity()));
//     if (!shedder.admit(request.priority)) return answer_without_the_model();      // 0 is the least urgent
//
// With a guard: `guarded(request, {.throttled = !shedder.admit(request.priority)})`.

#include "penstock/config.hpp"
#include "penstock/serve/announcer.hpp"

#include <array>        // array
#include <atomic>       // atomic
#include <concepts>     // invocable
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t, uint64_t
#include <mutex>        // mutex, scoped_lock
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// How a priority is shed within its band of load.
enum class Shedding : std::uint8_t {
  by_level,  ///< all of it from the top of its band, until the load is down at the bottom
  gradual,   ///< a share of it that rises from none at the bottom to all at the top
};

/// The mode in a word: "by_level", "gradual".
[[nodiscard]] constexpr std::string_view to_string(Shedding mode) noexcept {
  switch (mode) {
    case Shedding::by_level: return "by_level";
    case Shedding::gradual: return "gradual";
  }
  return "unknown";
}

/// The most priorities that a shedder can tell apart.
inline constexpr std::size_t max_shed_priorities = 8;

/// How a load shedder is made. The range from low to high is divided into a band of equal width for each priority, that
/// of the least urgent at the bottom. `check` says what is refused.
struct LoadShedderOptions {
  std::size_t priorities = 2;              ///< told apart, 1 to max_shed_priorities
  double low = 0.5;                        ///< up to this load everything is admitted; finite
  double high = 0.9;                       ///< from this load nothing is; above low. More than the load can be: the
                                           ///< most urgent is never shed
  Shedding shedding = Shedding::by_level;  ///< how, within a band
};

/// A change of a shedder's level, the number of priorities that are shed wholly.
struct ShedChange {
  std::size_t from = 0;      ///< before
  std::size_t to = 0;        ///< after
  double load = 0;           ///< that made it
  std::uint64_t number = 0;  ///< the first is 1; a gap says that changes were lost
};

/// A listener that is told of each change of level; for the rest it is as a breaker_listener.
template <class F>
concept shed_listener = std::invocable<F&, const ShedChange&>;

/// The counters of a load shedder: of each priority asked == admitted + shed. Exact when no call is under way.
struct LoadShedderStats {
  std::size_t priorities = 0;                                 ///< as in the options
  std::array<std::uint64_t, max_shed_priorities> admitted{};  ///< by priority
  std::array<std::uint64_t, max_shed_priorities> shed{};      ///< by priority
  std::size_t level = 0;                                      ///< priorities shed wholly, by the marks with hysteresis
  double load = 0;                                            ///< as last told
  std::uint64_t changes = 0;                                  ///< of the level
  std::uint64_t listener_exceptions = 0;                      ///< exceptions that left the listener
  std::uint64_t untold = 0;                                   ///< changes lost to a listener too slow for them
};

/// Refuses options that cannot work.
/// @throws std::invalid_argument that names the option, its value and its range.
inline void check(const LoadShedderOptions& options) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument("LoadShedderOptions." + what); };
  if (options.priorities < 1 || options.priorities > max_shed_priorities) {
    refuse("priorities is " + std::to_string(options.priorities) + "; 1 to " + std::to_string(max_shed_priorities) +
           " are possible");
  }
  if (!(options.low < options.high && options.high - options.low < 1e300)) {
    refuse("low " + std::to_string(options.low) + " must be below .high " + std::to_string(options.high) +
           ", and both finite");
  }
  if (to_string(options.shedding) == "unknown") {
    refuse("shedding is " + std::to_string(static_cast<int>(options.shedding)) + ", which is no way to shed");
  }
}

/// Admission by priority. The load is whatever the user measures: the depth of a queue by its capacity, the time that
/// requests wait by what they may. All functions are thread-safe except `on_change`, which comes before the shedder is
/// shared; all are O(1), and none takes a lock but an `update` that changes the level.
///
/// By level, priority p, 0 the least urgent of n, is shed from the load low + (p + 1) * (high - low) / n, met counts,
/// until it is down at low + p * (high - low) / n, met counts: with one priority that is what the watermarks of a queue
/// do. Gradually, its share rises between the two, and no load is remembered but the last. Shares are exact and evenly
/// spaced, without chance: of n requests at the same load floor(n * share) or one more are shed.
class LoadShedder {
 public:
  /// @throws std::invalid_argument if `check(options)` refuses them.
  explicit LoadShedder(const LoadShedderOptions& options) : options_((check(options), options)) {
    for (std::size_t i = 0; i <= options.priorities; ++i) {
      marks_[i] = i == options.priorities ? options.high
                                          : options.low + (options.high - options.low) * static_cast<double>(i) /
                                                              static_cast<double>(options.priorities);
    }
  }
  LoadShedder(const LoadShedder&) = delete;
  LoadShedder& operator=(const LoadShedder&) = delete;
  ~LoadShedder() = default;

  /// Takes note of the load. One that is not a number changes nothing.
  void update(double load) noexcept {
    if (!(load == load)) return;
    load_.store(load, std::memory_order_relaxed);
    const std::size_t level = level_.load(std::memory_order_relaxed);
    if (next_level(level, load) != level) change_level(load);
  }

  /// Whether a request of this priority is to be served.
  /// @throws std::invalid_argument if the priority is not below LoadShedderOptions::priorities.
  [[nodiscard]] bool admit(std::size_t priority) {
    if (priority >= options_.priorities) refuse(priority);
    const bool sheds = options_.shedding == Shedding::by_level
                           ? priority < level_.load(std::memory_order_relaxed)
                           : takes_share(priority, load_.load(std::memory_order_relaxed));
    Counters& own = counters_[priority];
    (sheds ? own.shed : own.admitted).fetch_add(1, std::memory_order_relaxed);
    return !sheds;
  }

  /// How many priorities are shed wholly, by the marks with hysteresis in either mode.
  [[nodiscard]] std::size_t level() const noexcept { return level_.load(std::memory_order_relaxed); }
  [[nodiscard]] const LoadShedderOptions& options() const noexcept { return options_; }  ///< as it was made

  /// All counters.
  [[nodiscard]] LoadShedderStats stats() const {
    const std::scoped_lock lock(mutex_);
    LoadShedderStats all;
    all.priorities = options_.priorities;
    for (std::size_t i = 0; i < options_.priorities; ++i) {
      all.admitted[i] = counters_[i].admitted.load(std::memory_order_relaxed);
      all.shed[i] = counters_[i].shed.load(std::memory_order_relaxed);
    }
    all.level = level();
    all.load = load_.load(std::memory_order_relaxed);
    all.changes = number_;
    all.listener_exceptions = changes_.exceptions();
    all.untold = changes_.untold();
    return all;
  }

  /// Has each change of level told to `listener`. Before the shedder is shared; replaces the last.
  template <shed_listener F>
  void on_change(F listener) {
    changes_.listen(std::move(listener));
  }

 private:
  struct alignas(64) Counters {  // priorities are often those of different threads
    std::atomic<std::uint64_t> admitted{0};
    std::atomic<std::uint64_t> shed{0};
    std::atomic<std::uint64_t> fraction{0};  // of a request that is due to be shed, in 2^-64
  };

  [[nodiscard]] std::size_t next_level(std::size_t level, double load) const noexcept {
    while (level < options_.priorities && load >= marks_[level + 1]) ++level;
    while (level > 0 && load <= marks_[level - 1]) --level;
    return level;
  }

  PENSTOCK_NOINLINE void change_level(double load) noexcept {
    const detail::Announcing section(mutex_, changes_);
    const std::size_t from = level_.load(std::memory_order_relaxed);
    const std::size_t to = next_level(from, load);
    if (to == from) return;
    level_.store(to, std::memory_order_relaxed);
    changes_.add({from, to, load, ++number_});
  }

  /// Adds the share to what is due, and sheds when that is a whole request: when the sum wraps around.
  bool takes_share(std::size_t priority, double load) noexcept {
    const double bottom = marks_[priority];
    const double top = marks_[priority + 1];
    if (load <= bottom) return false;
    const double part = (load - bottom) / (top - bottom);
    if (!(part < 1)) return true;  // by rounding, also for a load just below the top
    const auto share = static_cast<std::uint64_t>(part * 0x1p64);
    const std::uint64_t before = counters_[priority].fraction.fetch_add(share, std::memory_order_relaxed);
    return before + share < before;
  }

  PENSTOCK_COLD void refuse(std::size_t priority) const {
    throw std::invalid_argument("LoadShedder::admit: priority is " + std::to_string(priority) +
                                "; it must be below .priorities, " + std::to_string(options_.priorities));
  }

  const LoadShedderOptions options_;
  std::array<double, max_shed_priorities + 1> marks_{};  // priority p's band is from [p] to [p + 1]
  std::atomic<double> load_{0};
  std::atomic<std::size_t> level_{0};
  std::array<Counters, max_shed_priorities> counters_{};

  mutable std::mutex mutex_{};

  // Under the mutex; level_ changes only there.
  std::uint64_t number_ = 0;
  detail::Announcer<ShedChange> changes_{};
};

}  // namespace v0
}  // namespace penstock
