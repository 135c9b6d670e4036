// SPDX-License-Identifier: MIT
// Items a second through a queue: BoundedQueue and SpscQueue beside their peers, all rounds interleaved, what arrived
// checked, and in the end a table of ratios.
//
//   ./penstock_bench_queue [rounds = 5] [only cells whose name contains this, such as 1024/8B/2P2C]
//
// Its own rounds and not Google Benchmark's repetitions: every queue takes its turn in every round, since this
// machine's speed drifts more between two minutes than most queues differ.
#include "peers.hpp"
#include "race.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Shape {
  std::size_t producers, consumers;
};
constexpr Shape shapes[] = {{1, 1}, {2, 2}, {4, 4}, {8, 8}, {1, 4}, {4, 1}, {1, 8}, {8, 1}};

[[noreturn]] void items_were_lost() {
  std::fputs("items were lost\n", stderr);
  std::exit(1);
}

/// Million items a second, one at a time.
template <class Queue, class T>
double single(Shape shape, std::size_t items) {
  const auto [producers, consumers] = shape;
  Queue queue;
  std::atomic<std::int64_t> sum{0};
  const double seconds = race(
      producers, consumers,
      [&, producers = producers](std::size_t) {
        T item{};
        for (std::size_t i = 0; i < items / producers; ++i) {
          item.number = static_cast<std::int64_t>(i);
          queue.push(item);
        }
      },
      [&, consumers = consumers](std::size_t) {
        std::int64_t own = 0;
        T item{};
        for (std::size_t i = 0; i < items / consumers; ++i) {
          queue.pop(item);
          own += item.number;
        }
        sum += own;
      });
  const auto each = static_cast<std::int64_t>(items / producers);
  if (sum != static_cast<std::int64_t>(producers) * (each * (each - 1) / 2)) items_were_lost();
  return static_cast<double>(items) / seconds / 1e6;
}

/// The same in bulks of 32.
template <class Queue, class T>
double bulks(Shape shape, std::size_t items) {
  const auto [producers, consumers] = shape;
  Queue queue;
  std::atomic<std::int64_t> sum{0};
  std::atomic<std::size_t> left{producers};
  const double seconds = race(
      producers, consumers,
      [&, producers = producers](std::size_t) {
        std::vector<T> bulk(32);
        for (std::size_t i = 0; i < items / producers; i += bulk.size()) {
          for (std::size_t k = 0; k < bulk.size(); ++k) bulk[k].number = static_cast<std::int64_t>(i + k);
          static_cast<void>(queue.queue.push_bulk(bulk));
        }
        if (left.fetch_sub(1) == 1) queue.queue.close();
      },
      [&](std::size_t) {
        std::int64_t own = 0;
        for (std::vector<T> bulk; queue.queue.pop_bulk(bulk, 32) == penstock::QueueStatus::ok; bulk.clear()) {
          for (const T& item : bulk) own += item.number;
        }
        sum += own;
      });
  const auto each = static_cast<std::int64_t>(items / producers);
  if (sum != static_cast<std::int64_t>(producers) * (each * (each - 1) / 2)) items_were_lost();
  return static_cast<double>(items) / seconds / 1e6;
}

enum class Kind { ours, ours_spsc, ours_bulk, bounded, unbounded, spsc };

struct Contestant {
  const char* name;
  Kind kind;
  double (*run)(Shape, std::size_t);
  std::size_t items;  // a round: a tenth of a second or two
  std::vector<double> rates{};
  [[nodiscard]] double median() {
    std::sort(rates.begin(), rates.end());
    return rates.empty() ? 0 : rates[rates.size() / 2];
  }
};

template <std::size_t Capacity, std::size_t Size>
void compare(int rounds, const std::string& only) {
  using T = peers::Item<Size>;
  for (const Shape shape : shapes) {
    const std::string cell = std::to_string(Capacity) + "/" + std::to_string(Size) + "B/" +
                             std::to_string(shape.producers) + "P" + std::to_string(shape.consumers) + "C";
    if (cell.find(only) == std::string::npos) continue;
    const bool one_to_one = shape.producers == 1 && shape.consumers == 1;
    std::vector<Contestant> all{
        {"ours", Kind::ours, single<peers::BoundedQueue<T, Capacity>, T>, 1'600'000},
        {"bulk", Kind::ours_bulk, bulks<peers::BoundedQueue<T, Capacity>, T>, 6'400'000},
        {"moodycamel", Kind::unbounded, single<peers::Moodycamel<T, Capacity>, T>, 800'000},
        {"boost", Kind::bounded, single<peers::BoostLockfree<T, Capacity>, T>, 800'000},
        {"oneTBB", Kind::bounded, single<peers::OneTbb<T, Capacity>, T>, 200'000},
        {"mutex", Kind::bounded, single<peers::Textbook<T, Capacity>, T>, 200'000},
    };
    if (one_to_one) {
      all.push_back({"our spsc", Kind::ours_spsc, single<peers::SpscQueue<T, Capacity>, T>, 6'400'000});
      all.push_back({"boost spsc", Kind::spsc, single<peers::BoostSpsc<T, Capacity>, T>, 6'400'000});
      all.push_back({"moodycamel spsc", Kind::spsc, single<peers::MoodycamelSpsc<T, Capacity>, T>, 800'000});
    }
    for (int round = 0; round < rounds; ++round) {
      for (Contestant& contestant : all) contestant.rates.push_back(contestant.run(shape, contestant.items));
    }
    double ours = 0, spsc = 0, bulk = 0, bounded = 0, any = 0, best_spsc = 0, tbb = 0;
    std::printf("%-14s", cell.c_str());
    for (Contestant& contestant : all) {
      const double rate = contestant.median();
      std::printf("  %s %.1f", contestant.name, rate);
      if (contestant.kind == Kind::ours) ours = rate;
      if (contestant.kind == Kind::ours_spsc) spsc = rate;
      if (contestant.kind == Kind::ours_bulk) bulk = rate;
      if (contestant.kind == Kind::bounded) bounded = std::max(bounded, rate);
      if (contestant.kind == Kind::bounded || contestant.kind == Kind::unbounded) any = std::max(any, rate);
      if (contestant.kind == Kind::spsc) best_spsc = std::max(best_spsc, rate);
      if (std::string(contestant.name) == "oneTBB") tbb = rate;
    }
    std::printf("  M/s | ours / best %.2f, / best bounded %.2f, / oneTBB %.1f, bulk / single %.1f", ours / any,
                ours / bounded, ours / tbb, bulk / ours);
    if (one_to_one) std::printf(", spsc / best %.1f, / best spsc %.2f", spsc / any, spsc / best_spsc);
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const std::string only = argc > 2 ? argv[2] : "";
  compare<1024, 8>(rounds, only);
  compare<1024, 64>(rounds, only);
  compare<64, 8>(rounds, only);
  compare<64, 64>(rounds, only);
}
