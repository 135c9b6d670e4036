// SPDX-License-Identifier: MIT
// The order of items against a list that is searched from end to end.
#include "penstock/stream/pending_items.hpp"

#include "catch.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <tuple>
#include <vector>

namespace penstock {
namespace {

using namespace std::chrono_literals;
using detail::PendingItems;
using detail::PendingNode;

/// The contract, in as few words as can be.
struct Oracle {
  std::size_t levels;
  std::chrono::nanoseconds aging;
  std::vector<PendingNode*> nodes{};

  [[nodiscard]] std::size_t level(const PendingNode& node, TimePoint now) const {
    const std::size_t rises = aging.count() > 0 ? static_cast<std::size_t>((now - node.arrival) / aging) : 0;
    return std::min(levels, node.priority + rises);
  }
  [[nodiscard]] PendingNode* next(TimePoint now) const {
    const auto key = [&](const PendingNode* node) {
      const std::size_t at = level(*node, now);
      return std::tuple(levels - at, at == levels ? TimePoint{} : node->deadline, node->order);
    };
    const auto first = std::min_element(nodes.begin(), nodes.end(), [&](auto* a, auto* b) { return key(a) < key(b); });
    return first == nodes.end() ? nullptr : *first;
  }
};

TEST_CASE("the order is that of priority, with aging, then deadline, then arrival") {
  for (const bool in_order : {true, false}) {
    for (const std::size_t levels : {1u, 3u, 8u}) {
      for (const auto aging : {0ns, 7ns, 50ns}) {
        std::mt19937_64 random(levels + static_cast<std::size_t>(aging.count()));
        PendingItems items(levels, aging);
        Oracle oracle{levels, aging};
        std::vector<std::unique_ptr<PendingNode>> nodes;
        TimePoint now{};
        std::size_t weight = 0;
        for (int step = 0; step < 3000; ++step) {
          now += std::chrono::nanoseconds(random() % 3);
          if (oracle.nodes.size() < 40 && random() % 5 < 3) {
            nodes.push_back(std::make_unique<PendingNode>());
            PendingNode& node = *nodes.back();
            node.arrival = now;
            node.priority = static_cast<std::uint8_t>(random() % levels);
            node.weight = 1 + random() % 3;
            if (in_order) {
              node.deadline = now + 100ns;
            } else if (random() % 4 > 0) {
              node.deadline = now + std::chrono::nanoseconds(random() % 200);
            }
            items.push(node);
            oracle.nodes.push_back(&node);
            weight += node.weight;
          } else if (!oracle.nodes.empty()) {
            PendingNode* const next = items.next(now);
            REQUIRE(next == oracle.next(now));
            // Sometimes one leaves from the middle.
            PendingNode* const gone = random() % 3 == 0 ? oracle.nodes[random() % oracle.nodes.size()] : next;
            items.remove(*gone);
            std::erase(oracle.nodes, gone);
            weight -= gone->weight;
          }
          REQUIRE(items.size() == oracle.nodes.size());
          REQUIRE(items.weight() == weight);
          PendingNode* oldest = nullptr;
          TimePoint nearest = TimePoint::max();
          for (PendingNode* node : oracle.nodes) {
            if (oldest == nullptr || node->order < oldest->order) oldest = node;
            nearest = std::min(nearest, node->deadline);
          }
          REQUIRE(items.oldest() == oldest);
          REQUIRE(items.nearest_deadline() == nearest);
          const TimePoint limit = now + 20ns;
          PendingNode* const due = items.due(limit);
          REQUIRE((due != nullptr) == (nearest <= limit));
          if (due != nullptr) REQUIRE(due->deadline <= limit);
        }
      }
    }
  }
}

TEST_CASE("the oldest of the lowest priority below one is found, whatever it has risen to") {
  PendingItems items(4, 10ns);
  PendingNode nodes[3];
  nodes[0].priority = 2;
  nodes[1].priority = 1;
  nodes[2].priority = 1;
  for (PendingNode& node : nodes) items.push(node);
  static_cast<void>(items.next(TimePoint(1s)));
  CHECK(items.oldest_below(0) == nullptr);
  CHECK(items.oldest_below(1) == nullptr);
  CHECK(items.oldest_below(3) == &nodes[1]);
  CHECK(items.oldest() == &nodes[0]);
}

}  // namespace
}  // namespace penstock
