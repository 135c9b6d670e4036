// SPDX-License-Identifier: MIT
#pragma once

// The items that wait for a batch, in the order in which they are to go: the highest priority first, and within one
// the earliest deadline.
//
//     detail::PendingItems pending(3, 100ms);
//     pending.push(node);                              // intrusive: the nodes belong to somebody else
//     while (detail::PendingNode* next = pending.next(now)) pending.remove(*next);
//
// An item rises by one priority for each period that it has waited, and beyond the highest to where the order is that
// of arrival. So none starves, not even one without a deadline among many that have one.

#include "penstock/core/clock.hpp"
#include "penstock/queue/options.hpp"

#include <chrono>   // nanoseconds
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t, uint8_t
#include <vector>   // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// What the order needs to know of an item, and its places in the lists. The first four are set by who pushes it.
struct PendingNode {
  TimePoint arrival{};
  TimePoint deadline = TimePoint::max();
  std::size_t weight = 1;
  std::uint8_t priority = 0;  // as it came

  std::uint8_t level = 0;             // priority and the rises so far
  TimePoint risen{};                  // when it came to this level
  std::uint64_t order = 0;            // of arrival
  std::size_t in_heap = none;         // index there; none: in the list beside it
  std::size_t in_heap_beyond = none;  // the same of the order of those beyond all levels
  struct Links {
    PendingNode* ahead = nullptr;
    PendingNode* behind = nullptr;
  };
  Links by_arrival{}, by_rise{}, by_deadline{};

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
};

/// A list through one pair of links of its nodes.
template <PendingNode::Links PendingNode::*links>
class NodeList {
 public:
  [[nodiscard]] PendingNode* first() const noexcept { return first_; }
  [[nodiscard]] PendingNode* last() const noexcept { return last_; }
  void append(PendingNode& node) noexcept {
    (node.*links) = {last_, nullptr};
    (last_ != nullptr ? (last_->*links).behind : first_) = &node;
    last_ = &node;
  }
  /// Behind `place`, which is in the list, or first of all if that is null.
  void insert_behind(PendingNode* place, PendingNode& node) noexcept {
    PendingNode* const next = place != nullptr ? (place->*links).behind : first_;
    (node.*links) = {place, next};
    (place != nullptr ? (place->*links).behind : first_) = &node;
    (next != nullptr ? (next->*links).ahead : last_) = &node;
  }
  void remove(PendingNode& node) noexcept {
    const auto [ahead, behind] = node.*links;
    (ahead != nullptr ? (ahead->*links).behind : first_) = behind;
    (behind != nullptr ? (behind->*links).ahead : last_) = ahead;
  }

 private:
  PendingNode* first_ = nullptr;
  PendingNode* last_ = nullptr;
};

/// Earliest deadline first, then first come. What comes in order costs O(1), as all does when deadlines are a fixed
/// time after the arrival or there are none; what comes out of order O(log n), in a heap beside the list.
template <PendingNode::Links PendingNode::*links, std::size_t PendingNode::*in_heap>
class DeadlineOrder {
 public:
  explicit DeadlineOrder(bool by_deadline = true) : by_deadline_(by_deadline) {}

  /// Room for so many out of order, so that no push fails.
  void reserve(std::size_t size) { heap_.reserve(size); }
  void push(PendingNode& node) noexcept {
    if (list_.last() == nullptr || before(*list_.last(), node)) {
      node.*in_heap = PendingNode::none;
      list_.append(node);
    } else {
      heap_.push_back(&node);
      rise(heap_.size() - 1);
    }
  }
  void remove(PendingNode& node) noexcept {
    if (node.*in_heap == PendingNode::none) return list_.remove(node);
    const std::size_t at = node.*in_heap;
    PendingNode* const moved = heap_.back();
    heap_.pop_back();
    node.*in_heap = PendingNode::none;
    if (moved == &node) return;
    put(at, moved);
    rise(at);
    sink(moved->*in_heap);
  }
  [[nodiscard]] PendingNode* first() const noexcept {
    PendingNode* const head = list_.first();
    if (heap_.empty()) return head;
    return head != nullptr && before(*head, *heap_[0]) ? head : heap_[0];
  }

 private:
  [[nodiscard]] bool before(const PendingNode& a, const PendingNode& b) const noexcept {
    return by_deadline_ && a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order;
  }
  void put(std::size_t at, PendingNode* node) noexcept {
    heap_[at] = node;
    node->*in_heap = at;
  }
  void rise(std::size_t at) noexcept {
    PendingNode* const node = heap_[at];
    for (; at > 0 && before(*node, *heap_[(at - 1) / 2]); at = (at - 1) / 2) put(at, heap_[(at - 1) / 2]);
    put(at, node);
  }
  void sink(std::size_t at) noexcept {
    PendingNode* const node = heap_[at];
    for (std::size_t child; (child = 2 * at + 1) < heap_.size(); at = child) {
      if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
      if (!before(*heap_[child], *node)) break;
      put(at, heap_[child]);
    }
    put(at, node);
  }

  NodeList<links> list_;
  std::vector<PendingNode*> heap_;
  bool by_deadline_;
};

/// Not thread-safe. Each function is O(levels), push and remove O(log n) at worst; a node rises at most `levels` times.
class PendingItems {
 public:
  /// `levels` priorities, 1 to max_priorities; a node rises after each `aging`, which is 0 for never.
  PendingItems(std::size_t levels, std::chrono::nanoseconds aging) : levels_(levels), aging_(aging) {
    orders_.resize(levels + 1);
    orders_.back() = Order(false);
  }

  /// @throws std::bad_alloc if there is no memory for so many; nothing has changed then.
  void push(PendingNode& node) {
    if (size_ == reserved_) {
      for (Order& order : orders_) order.reserve(2 * size_ + 16);
      beyond_.reserve(2 * size_ + 16);
      reserved_ = 2 * size_ + 16;
    }
    node.order = next_order_++;
    node.level = node.priority;
    node.risen = node.arrival;
    orders_[node.level].push(node);
    rises_[node.level].append(node);
    arrivals_[node.priority].append(node);
    ++size_;
    weight_ += node.weight;
  }
  void remove(PendingNode& node) noexcept {
    orders_[node.level].remove(node);
    if (node.level < levels_) {
      rises_[node.level].remove(node);
    } else {
      beyond_.remove(node);
    }
    arrivals_[node.priority].remove(node);
    --size_;
    weight_ -= node.weight;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }                ///< items
  [[nodiscard]] std::size_t weight() const noexcept { return weight_; }            ///< of all of them
  [[nodiscard]] std::uint64_t next_order() const noexcept { return next_order_; }  ///< of the next to come

  /// The node that is to go first now; nullptr if there is none.
  [[nodiscard]] PendingNode* next(TimePoint now) noexcept {
    if (aging_.count() > 0) let_rise(now);
    for (std::size_t level = levels_ + 1; level-- > 0;) {
      if (PendingNode* node = orders_[level].first()) return node;
    }
    return nullptr;
  }
  /// The node that came first of all; nullptr if there is none.
  [[nodiscard]] PendingNode* oldest() const noexcept {
    PendingNode* best = nullptr;
    for (std::size_t level = 0; level < levels_; ++level) {
      PendingNode* node = arrivals_[level].first();
      if (node != nullptr && (best == nullptr || node->order < best->order)) best = node;
    }
    return best;
  }
  /// The node that came first of those of the lowest priority, if that is below this one; else nullptr.
  [[nodiscard]] PendingNode* oldest_below(std::size_t priority) const noexcept {
    for (std::size_t level = 0; level < priority; ++level) {
      if (PendingNode* node = arrivals_[level].first()) return node;
    }
    return nullptr;
  }
  /// The earliest deadline of all; TimePoint::max() if there is none.
  [[nodiscard]] TimePoint nearest_deadline() const noexcept {
    const PendingNode* node = nearest();
    return node != nullptr ? node->deadline : TimePoint::max();
  }
  /// A node whose deadline is not after `limit`; nullptr if there is none.
  [[nodiscard]] PendingNode* due(TimePoint limit) const noexcept {
    PendingNode* node = nearest();
    return node != nullptr && node->deadline <= limit ? node : nullptr;
  }

 private:
  using Order = DeadlineOrder<&PendingNode::by_deadline, &PendingNode::in_heap>;

  [[nodiscard]] PendingNode* nearest() const noexcept {
    PendingNode* nearest = beyond_.first();
    for (std::size_t level = 0; level < levels_; ++level) {
      PendingNode* node = orders_[level].first();
      if (node != nullptr && (nearest == nullptr || node->deadline < nearest->deadline)) nearest = node;
    }
    return nearest;
  }

  void let_rise(TimePoint now) noexcept {
    for (std::size_t level = levels_; level-- > 0;) {
      for (PendingNode* node; (node = rises_[level].first()) != nullptr && now - node->risen >= aging_;) {
        orders_[level].remove(*node);
        rises_[level].remove(*node);
        const auto rises = static_cast<std::size_t>((now - node->arrival) / aging_);
        const std::size_t to = rises < levels_ - node->priority ? node->priority + rises : levels_;
        node->level = static_cast<std::uint8_t>(to);
        node->risen = node->arrival + static_cast<std::int64_t>(to - node->priority) * aging_;
        orders_[to].push(*node);
        if (to == levels_) {
          beyond_.push(*node);
          continue;
        }
        PendingNode* place = rises_[to].last();  // most often its place
        while (place != nullptr && place->risen > node->risen) place = place->by_rise.ahead;
        rises_[to].insert_behind(place, *node);
      }
    }
  }

  std::size_t levels_;
  std::chrono::nanoseconds aging_;
  std::vector<Order> orders_;  // by level; the last holds those beyond all, in the order in which they arrived
  DeadlineOrder<&PendingNode::by_rise, &PendingNode::in_heap_beyond> beyond_{};  // the same by deadline
  NodeList<&PendingNode::by_rise> rises_[max_priorities];        // by level, in the order in which they came there
  NodeList<&PendingNode::by_arrival> arrivals_[max_priorities];  // by priority
  std::size_t size_ = 0;
  std::size_t reserved_ = 0;
  std::size_t weight_ = 0;
  std::uint64_t next_order_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
