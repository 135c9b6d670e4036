// SPDX-License-Identifier: MIT
#pragma once

// Did a queue that several threads used at once behave as if they had used it one after the other?
//
// Each thread notes its calls with what they returned, and a stamp before and after. `explain` then looks for an order
// of the calls that keeps to the stamps (what had returned before another began comes before it) and in which a plain
// sequential model of the queue gives the same results. Brute force with memory of the states that led nowhere; for
// small histories. The model is written for nothing but to be obvious, and knows nothing of how the queue works.

#include "penstock/queue/options.hpp"
#include "penstock/queue/status.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace penstock::history {

enum class Kind { push, pop, wait_readable, size, throttled, close };

/// One call and what came of it.
struct Operation {
  Kind kind{};
  std::vector<int> values{};  ///< pushed, or popped
  std::uint8_t priority = 0;
  std::size_t max = 1;         ///< of a pop
  bool waits = false;          ///< the call may wait; if not, it is a try_ form
  bool obeys = false;          ///< it was given the stop token
  QueueStatus status{};        ///< returned
  std::vector<int> evicted{};  ///< given to on_drop within the call
  std::size_t number = 0;      ///< returned by size() or throttled()
  std::uint64_t begin = 0;     ///< stamps
  std::uint64_t end = 0;       ///< when its effect was there for all to see
  std::size_t thread = 0;      ///< calls of the same come in the order of their beginnings; 0: the stamps tell
};

/// The sequential queue.
class Model {
 public:
  Model(const QueueOptions& options, std::size_t high, std::size_t low) : options_(options), high_(high), low_(low) {}

  /// Whether the call, made now, returns what it returned; if so, its effect has been had.
  bool agrees(const Operation& op) {
    switch (op.kind) {
      case Kind::push: return push(op);
      case Kind::pop: return pop(op);
      case Kind::wait_readable: return look(op);
      case Kind::size: return op.number == items_.size();
      case Kind::throttled: return op.number == std::size_t{throttled_};
      case Kind::close: closed_ = true; return true;
    }
    return false;
  }

  /// All that matters for what comes.
  [[nodiscard]] std::vector<int> state() const {
    std::vector<int> s{closed_, throttled_, static_cast<int>(arrivals_), static_cast<int>(pops_)};
    for (const Item& item : items_) s.insert(s.end(), {item.value, item.priority});
    return s;
  }

 private:
  struct Item {
    int value;
    std::uint8_t priority;
  };

  bool push(const Operation& op) {
    const std::size_t n = op.values.size();
    const bool fits = items_.size() + n <= options_.capacity;
    if (closed_) return op.status == QueueStatus::closed;
    if (options_.overflow == Overflow::sample && throttled_) {
      arrivals_ = std::min(arrivals_ + 1, options_.sample_every);
      if (arrivals_ < options_.sample_every) return op.status == QueueStatus::dropped;
    }
    std::vector<int> evicted;
    if (!fits) {
      switch (options_.overflow) {
        case Overflow::block: return op.status == (op.waits ? QueueStatus::timeout : QueueStatus::full);
        case Overflow::reject: return op.status == QueueStatus::full;
        case Overflow::drop_newest:
        case Overflow::sample: return op.status == QueueStatus::dropped;
        case Overflow::drop_oldest:
          while (items_.size() + n > options_.capacity) evicted.push_back(remove(0));
          break;
        case Overflow::drop_lowest_priority: {
          Model trial = *this;
          while (trial.items_.size() + n > options_.capacity) {
            std::size_t victim = 0;
            for (std::size_t i = 1; i < trial.items_.size(); ++i) {
              if (trial.items_[i].priority < trial.items_[victim].priority) victim = i;
            }
            if (trial.items_[victim].priority >= op.priority) return op.status == QueueStatus::dropped;
            evicted.push_back(trial.remove(victim));
          }
          *this = trial;
        }
      }
    }
    if (op.status != QueueStatus::ok || op.evicted != evicted) return false;
    for (const int value : op.values) items_.push_back({value, op.priority});
    arrivals_ = 0;
    update();
    return true;
  }

  bool pop(const Operation& op) {
    if (items_.empty()) return nothing(op);
    if (op.status != QueueStatus::ok) return false;
    std::vector<int> values;
    // A bulk is what was there at one moment of the call. Others may see it removed at a later one, and what came in
    // between was not for it.
    const bool alone = op.end == op.begin + 1;
    const std::size_t most = alone ? op.max : std::min(op.max, std::max<std::size_t>(op.values.size(), 1));
    while (values.size() < most && !items_.empty()) {
      ++pops_;
      std::size_t next = 0;
      if (pops_ == options_.starvation_bound) {
        pops_ = 0;  // the oldest
      } else {
        for (std::size_t i = 1; i < items_.size(); ++i) {
          if (items_[i].priority > items_[next].priority) next = i;
        }
      }
      values.push_back(remove(next));
    }
    if (options_.starvation_bound == 0 || options_.priorities == 1) pops_ = 0;
    update();
    return values == op.values;
  }

  bool look(const Operation& op) { return items_.empty() ? nothing(op) : op.status == QueueStatus::ok; }

  bool nothing(const Operation& op) const {
    return op.status == (closed_ ? QueueStatus::closed : op.waits ? QueueStatus::timeout : QueueStatus::empty);
  }

  int remove(std::size_t i) {
    const int value = items_[i].value;
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(i));
    return value;
  }

  void update() {
    if (items_.size() >= high_) throttled_ = true;
    if (items_.size() <= low_) throttled_ = false;
  }

  QueueOptions options_;
  std::size_t high_;
  std::size_t low_;
  std::vector<Item> items_;  // the oldest first
  bool closed_ = false;
  bool throttled_ = false;
  std::size_t arrivals_ = 0;  // since a push came in, while throttled
  std::size_t pops_ = 0;      // since the oldest was taken
};

/// Looks for the order. At most 64 operations.
class Search {
 public:
  explicit Search(std::vector<Operation> operations) : operations_(std::move(operations)) {}

  [[nodiscard]] bool explains(const Model& model) { return explains(model, 0); }

 private:
  bool explains(const Model& model, std::uint64_t done) {
    std::uint64_t first_end = UINT64_MAX;  // of those still to come: what begins after it comes after it
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if ((done >> i & 1) == 0) first_end = std::min(first_end, operations_[i].end);
    }
    if (first_end == UINT64_MAX) return true;
    if (!seen_.emplace(done, model.state()).second) return false;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if ((done >> i & 1) != 0 || operations_[i].begin > first_end || !next_of_its_thread(i, done)) continue;
      Model next = model;
      if (next.agrees(operations_[i]) && explains(next, done | std::uint64_t{1} << i)) return true;
    }
    return false;
  }

  [[nodiscard]] bool next_of_its_thread(std::size_t i, std::uint64_t done) const {
    for (std::size_t j = 0; j < operations_.size(); ++j) {
      const bool earlier =
          operations_[j].thread == operations_[i].thread && operations_[j].begin < operations_[i].begin;
      if (earlier && operations_[i].thread != 0 && (done >> j & 1) == 0) return false;
    }
    return true;
  }

  std::vector<Operation> operations_;
  std::set<std::pair<std::uint64_t, std::vector<int>>> seen_;
};

/// When something was requested, by the same stamps.
struct Span {
  std::uint64_t begin = UINT64_MAX;
  std::uint64_t end = UINT64_MAX;
};

/// Whether the history can be explained. `stop` is the request to stop of the token that operations obey: `stopped` has
/// no effect on the queue, must not be said before the request began, and must be said by all that obey the token and
/// began after the request had returned.
///
/// `late` is for a queue whose pushes and pops are seen by others only after they have returned. There a push that says
/// `full` and a pop that says `empty` may each miss what the other thread has just done, and no order explains both: so
/// each is explained alone, with all that had an effect.
[[nodiscard]] inline bool explains(const Model& model, const std::vector<Operation>& operations, Span stop = {},
                                   bool late = false) {
  std::vector<Operation> effective;
  std::vector<Operation> refused;
  for (const Operation& op : operations) {
    if (op.status != QueueStatus::stopped) {
      if (op.obeys && op.begin > stop.end) return false;
      const bool alone = late && (op.status == QueueStatus::full || op.status == QueueStatus::empty);
      (alone ? refused : effective).push_back(op);
    } else if (!op.obeys || op.end < stop.begin || !op.evicted.empty()) {
      return false;
    }
  }
  const auto explained = [&](std::vector<Operation> some) {
    return some.size() <= 64 && Search(std::move(some)).explains(model);
  };
  return std::all_of(refused.begin(), refused.end(),
                     [&](const Operation& op) {
                       std::vector<Operation> with = effective;
                       with.push_back(op);
                       return explained(with);
                     }) &&
         explained(effective);
}

/// The history in words, a call a line in the order of their beginnings, for when it cannot be explained.
[[nodiscard]] inline std::string describe(std::vector<Operation> operations) {
  std::sort(operations.begin(), operations.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::string text;
  for (const Operation& op : operations) {
    constexpr const char* names[] = {"push", "pop", "wait_readable", "size", "throttled", "close"};
    text += std::to_string(op.begin) + "-" + std::to_string(op.end) + " " + (op.waits ? "" : "try_") +
            names[static_cast<int>(op.kind)] + "(";
    for (const int value : op.values) text.append(" ").append(std::to_string(value));
    text += " ) priority " + std::to_string(op.priority) + " max " + std::to_string(op.max) +
            (op.obeys ? " obeys" : "") + ": " + std::string(to_string(op.status)) + " " + std::to_string(op.number) +
            ", evicted";
    for (const int value : op.evicted) text.append(" ").append(std::to_string(value));
    text += "\n";
  }
  return text;
}

}  // namespace penstock::history
