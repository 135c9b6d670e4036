// SPDX-License-Identifier: MIT
#pragma once

// A state for each key of a stream, for so many keys at most: then the key that was not seen for longest goes. What was
// done since a point can be taken back.

#include <cstddef>        // size_t
#include <cstdint>        // uint32_t, uint64_t
#include <functional>     // equal_to, hash
#include <optional>       // optional
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // move, swap
#include <vector>         // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Not thread-safe; find() may be called from many threads at once.
template <class State>
class KeyedSeries {
 public:
  explicit KeyedSeries(std::size_t most) : most_(most) {}

  /// The state of a key that is known. O(length of the key).
  [[nodiscard]] const State* find(std::string_view key) const {
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &entries_[at->second].state;
  }

  /// The state of a key, which is now the last one seen; a copy of `fresh` if it was not known. O(length of the key),
  /// and once keep() was called a copy of the state.
  State& touch(std::string_view key, const State& fresh) {
    const auto at = index_.find(key);
    if (at != index_.end()) {
      const std::uint32_t slot = at->second;
      Entry& entry = entries_[slot];
      if (journal_ && (slot != newest_ || entry.saved != epoch_)) {
        undo_.push_back({Kind::moved, slot, entry.newer, {}, {}});
        if (entry.saved != epoch_) undo_.back().state = entry.state;
        entry.saved = epoch_;
      }
      if (slot != newest_) {
        unlink(slot);
        link_newest(slot);
      }
      return entry.state;
    }
    std::uint32_t slot = none;
    if (entries_.size() < most_) {
      entries_.push_back({std::string(key), fresh});
      slot = static_cast<std::uint32_t>(entries_.size() - 1);
      if (journal_) undo_.push_back({Kind::added, slot, none, {}, {}});
    } else {
      slot = oldest_;
      Entry& entry = entries_[slot];
      index_.erase(index_.find(std::string_view(entry.key)));
      unlink(slot);
      ++evicted_;
      if (journal_) undo_.push_back({Kind::evicted, slot, none, std::move(entry.key), std::move(entry.state)});
      entry.key = std::string(key);
      entry.state = fresh;
    }
    entries_[slot].saved = epoch_;
    index_.emplace(std::string(key), slot);
    link_newest(slot);
    return entries_[slot].state;
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }

  /// Calls f(key, state) for all keys, the one not seen for longest first.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint32_t slot = oldest_; slot != none; slot = entries_[slot].newer) {
      f(std::string_view(entries_[slot].key), entries_[slot].state);
    }
  }

  /// Shows a visitor of states all keys, the one not seen for longest first; State::visit_state(state, plan, timed, v)
  /// shows what is behind each. Loaded, this is the point that was kept, but what is learnt is not noted before keep().
  template <class Self, class Plan, class Visitor>
  static void visit_state(Self& self, const Plan& plan, bool timed, Visitor& v) {
    if constexpr (Visitor::loading) {
      v.array(
          "series", self.entries_,
          [&](auto& entry, auto& e) {
            e("key", entry.key);
            State::visit_state(entry.state, plan, timed, e);
          },
          Entry{{}, State(plan)});
    } else {
      std::vector<const Entry*> entries;  // in their order
      for (std::uint32_t slot = self.oldest_; slot != none; slot = self.entries_[slot].newer) {
        entries.push_back(&self.entries_[slot]);
      }
      v.array(
          "series", entries,
          [&](const Entry* entry, auto& e) {
            e("key", entry->key);
            State::visit_state(entry->state, plan, timed, e);
          },
          static_cast<const Entry*>(nullptr));
    }
    v("evicted_keys", self.evicted_);
    if constexpr (Visitor::loading) self.join_loaded(v);
  }

  /// Remembers this point.
  void keep() {
    undo_.clear();
    journal_ = true;
    kept_evicted_ = evicted_;
    ++epoch_;
  }
  /// Goes back to it. Where there is none: to no keys at all, and if there were any that were loaded, nowhere.
  void restore() {
    if (!journal_) {
      if (loaded_) return;
      entries_.clear();
      index_.clear();
      newest_ = oldest_ = none;
      evicted_ = 0;
      return;
    }
    for (; !undo_.empty(); undo_.pop_back()) {
      Undo& undo = undo_.back();
      Entry& entry = entries_[undo.slot];
      if (undo.kind == Kind::moved) {
        if (undo.newer != none) {
          unlink(undo.slot);
          link_behind(undo.slot, undo.newer);
        }
        if (undo.state) entry.state = std::move(*undo.state);
        continue;
      }
      index_.erase(index_.find(std::string_view(entry.key)));
      unlink(undo.slot);
      if (undo.kind == Kind::added) {
        entries_.pop_back();
      } else {
        entry.key = std::move(undo.key);
        entry.state = std::move(*undo.state);
        index_.emplace(entry.key, undo.slot);
        link_oldest(undo.slot);
      }
    }
    evicted_ = kept_evicted_;
    ++epoch_;
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  enum class Kind : std::uint8_t { moved, added, evicted };

  struct Entry {
    std::string key;
    State state;
    std::uint32_t newer = none, older = none;
    std::uint64_t saved = 0;  // the epoch whose journal has the state
  };
  struct Undo {
    Kind kind;
    std::uint32_t slot;
    std::uint32_t newer;  // neighbour that it had
    std::string key;
    std::optional<State> state;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
  };

  /// Finds and joins the keys that were loaded.
  template <class Visitor>
  void join_loaded(const Visitor& v) {
    v.require(entries_.size() <= most_, "series", "no more than max_keys");
    v.require(evicted_ == 0 || entries_.size() == most_, "evicted_keys", "0 as long as there are fewer than max_keys");
    index_.clear();
    newest_ = oldest_ = none;
    for (std::uint32_t slot = 0; slot < entries_.size(); ++slot) {
      v.require(index_.emplace(entries_[slot].key, slot).second, "series", "each key once");
      link_newest(slot);
    }
    undo_.clear();
    journal_ = false;
    loaded_ = !entries_.empty();
  }

  void unlink(std::uint32_t slot) {
    Entry& entry = entries_[slot];
    (entry.newer == none ? newest_ : entries_[entry.newer].older) = entry.older;
    (entry.older == none ? oldest_ : entries_[entry.older].newer) = entry.newer;
    entry.newer = entry.older = none;
  }
  void link_newest(std::uint32_t slot) {
    entries_[slot].older = newest_;
    (newest_ == none ? oldest_ : entries_[newest_].newer) = slot;
    newest_ = slot;
  }
  void link_oldest(std::uint32_t slot) {
    entries_[slot].newer = oldest_;
    (oldest_ == none ? newest_ : entries_[oldest_].older) = slot;
    oldest_ = slot;
  }
  /// As the next older one of `newer`.
  void link_behind(std::uint32_t slot, std::uint32_t newer) {
    const std::uint32_t older = entries_[newer].older;
    entries_[slot].newer = newer;
    entries_[slot].older = older;
    entries_[newer].older = slot;
    (older == none ? oldest_ : entries_[older].newer) = slot;
  }

  std::size_t most_;
  std::vector<Entry> entries_{};
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> index_{};
  std::uint32_t newest_ = none, oldest_ = none;
  std::uint64_t evicted_ = 0, kept_evicted_ = 0;
  bool journal_ = false;
  bool loaded_ = false;  // some keys, and nothing was kept since
  std::uint64_t epoch_ = 1;
  std::vector<Undo> undo_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
