// SPDX-License-Identifier: MIT
// That nothing is allocated once all has been used once.
#include "penstock/config.hpp"
#include "penstock/stream/micro_batcher.hpp"

#include "catch.hpp"

#include <atomic>
#include <coroutine>
#include <cstdlib>
#include <new>
#include <span>
#include <vector>

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// Of the whole test program; the count is read only here. Out of line, or g++ takes free for a mismatch of new.
PENSTOCK_NOINLINE void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
// AddressSanitizer has one of its own, whose memory the delete below may not free.
PENSTOCK_NOINLINE void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size > 0 ? size : 1);
}
PENSTOCK_NOINLINE void operator delete(void* memory) noexcept { std::free(memory); }
PENSTOCK_NOINLINE void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace penstock {
namespace {

using namespace std::chrono_literals;

constexpr auto twice = [](std::span<const int> in, std::span<int> out) {
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = 2 * in[i];
};

/// How much `round` allocates once it has run a few times.
template <class Round>
std::size_t allocated_by(const Round& round) {
  for (int i = 0; i < 3; ++i) round();
  const std::size_t before = allocations;
  for (int i = 0; i < 10; ++i) round();
  return allocations - before;
}

TEST_CASE("the counting of allocations counts") {
  CHECK(allocated_by([] { ::operator delete(::operator new(1)); }) == 10);
}

TEST_CASE("tickets, callbacks, deadlines, priorities, stops and cancels allocate nothing in the steady state") {
  // By the system's clock: waiting by a manual clock keeps a list of who waits.
  MicroBatcher<int, int> batcher(twice, {.max_batch = 8, .slo = 1h, .workers = 0, .capacity = 64, .priorities = 3});
  std::vector<Ticket<int>> tickets;
  tickets.reserve(64);
  std::stop_source stop;
  long sum = 0;
  const auto round = [&] {
    for (int i = 0; i < 48; ++i) {
      SubmitOptions how{.priority = {static_cast<std::uint8_t>(i % 3)}, .stop = stop.get_token()};
      if (i % 4 == 0) how.deadline = Deadline(std::chrono::seconds(100 - i));
      if (i % 2 == 0) {
        tickets.push_back(batcher.submit(i, how));
      } else if (batcher.submit(i, how, [&](Outcome<int> outcome) { sum += *outcome; }) != TicketStatus::pending) {
        sum = -1'000'000;
      }
    }
    tickets[3].cancel();
    while (batcher.run_once() > 0) {}
    for (Ticket<int>& ticket : tickets) {
      if (ticket.status() == TicketStatus::ok) sum += ticket.get();
    }
    tickets.clear();
  };
  CHECK(allocated_by(round) == 0);
  CHECK(sum == 13L * (2 * (47 * 48 / 2) - 2 * 6));
}

TEST_CASE("a worker, and a caller that waits for it, allocate nothing in the steady state") {
  MicroBatcher<int, int> batcher(twice, {.max_batch = 8, .callers_run = false});
  std::vector<Ticket<int>> tickets;
  tickets.reserve(64);
  const auto round = [&] {
    for (int i = 0; i < 40; ++i) tickets.push_back(batcher.submit(i));
    for (Ticket<int>& ticket : tickets) {
      if (ticket.get() % 2 != 0) FAIL("wrong");
    }
    tickets.clear();
  };
  CHECK(allocated_by(round) == 0);
}

}  // namespace
}  // namespace penstock
