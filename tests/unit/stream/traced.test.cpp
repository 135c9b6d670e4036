// SPDX-License-Identifier: MIT
#include "penstock/stream/traced.hpp"

#include "penstock/core/manual_clock.hpp"
#include "penstock/metrics/tracer.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/stream/micro_batcher.hpp"
#include "penstock/stream/process.hpp"

#include "catch.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

const TraceContext sampled{{1, 2}, 3, true};

/// Says how often it was looked at.
struct CountingClock {
  int* looks;
  [[nodiscard]] TimePoint now() const noexcept { return TimePoint{} + std::chrono::nanoseconds(++*looks); }
};

std::vector<Span> of(Stage stage, const std::vector<Span>& spans) {
  std::vector<Span> some;
  for (const Span& span : spans) {
    if (span.stage == stage) some.push_back(span);
  }
  return some;
}

}  // namespace

TEST_CASE("each chunk of a traced stream is a span of its rows") {
  const ManualClock clock;
  Tracer<ManualClock> tracer({.seed = 1}, clock);
  const auto model = [&](std::span<const double> rows) {
    clock.advance(1ms * rows.size());
    return std::vector<double>(rows.begin(), rows.end());
  };
  const std::vector<double> frame{1, 2, 3, 4, 5};
  CHECK(process_stream(frame, 2, traced(tracer, sampled, model), {}, clock).values == frame);
  const auto spans = tracer.drain();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].items == 2);
  CHECK(spans[2].items == 1);
  CHECK(spans[1].begin.time_since_epoch() == 2ms);
  CHECK(spans[1].end.time_since_epoch() == 4ms);
  for (const Span& span : spans) {
    CHECK(span.stage == Stage::model);
    CHECK(span.parent_id == sampled.span_id);
  }
}

TEST_CASE("a traced functor may fill, throw, or be a transform, as without the hook") {
  const ManualClock clock;
  Tracer<ManualClock> tracer({.seed = 1}, clock);
  const auto fill = [](std::span<const double> rows, std::span<double> out) {
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = 2 * rows[i];
  };
  const std::vector<double> frame{1, 2, 3};
  CHECK(process_stream(frame, 3, traced(tracer, sampled, fill, Stage::transform)).values ==
        std::vector<double>{2, 4, 6});
  CHECK(tracer.drain().at(0).stage == Stage::transform);
  const auto fails = [](std::span<const double>) -> std::vector<double> { throw std::runtime_error("no"); };
  CHECK_THROWS_WITH(process_stream(frame, 3, traced(tracer, sampled, fails)), ContainsSubstring("no"));
  CHECK(tracer.drain().size() == 1);
}

TEST_CASE("a record's trace goes through queue, batch and model") {
  const ManualClock clock;
  Tracer<ManualClock> tracer({.seed = 1}, clock);
  BoundedQueue<Traced<double>, ManualClock> queue({.capacity = 4}, clock);
  const auto model = [&](std::span<const Traced<double>> items) {
    clock.advance(7ms);
    std::vector<double> values;
    for (const auto& item : items) values.push_back(10 * item.value);
    return values;
  };
  MicroBatcher<Traced<double>, double, ManualClock> batcher(traced_batch(tracer, model), {.max_batch = 8, .workers = 0},
                                                            clock);
  const TraceContext a = tracer.start(), b = tracer.start();
  const TraceContext silent{{8, 9}, 10, false};
  CHECK(queue.push(tracer.stamp(1.0, a)) == QueueStatus::ok);
  clock.advance(1ms);
  CHECK(queue.push(tracer.stamp(2.0, b)) == QueueStatus::ok);
  CHECK(queue.push(tracer.stamp(3.0, silent)) == QueueStatus::ok);
  clock.advance(2ms);
  std::vector<Ticket<double>> tickets;
  for (int i = 0; i < 3; ++i) {
    auto item = queue.pop();
    REQUIRE(item);
    tracer.waited(Stage::queue_wait, *item);
    tickets.push_back(batcher.submit(std::move(*item)));
  }
  clock.advance(4ms);
  while (batcher.run_once() > 0) {}
  CHECK(tickets[1].get() == 20);
  CHECK(tickets[2].get() == 30);

  const auto spans = tracer.drain();
  CHECK(spans.size() == 6);  // three of either sampled record
  const auto queued = of(Stage::queue_wait, spans), batched = of(Stage::batch_wait, spans),
             scored = of(Stage::model, spans);
  REQUIRE(queued.size() == 2);
  REQUIRE(batched.size() == 2);
  REQUIRE(scored.size() == 2);
  CHECK(queued[0].trace_id == a.trace_id);
  CHECK(queued[0].parent_id == a.span_id);
  CHECK(queued[0].end - queued[0].begin == 3ms);
  CHECK(queued[1].end - queued[1].begin == 2ms);
  CHECK(batched[0].parent_id == queued[0].span_id);
  CHECK(batched[0].end - batched[0].begin == 4ms);
  CHECK(scored[0].parent_id == batched[0].span_id);
  CHECK(scored[0].end - scored[0].begin == 7ms);
  CHECK(scored[0].items == 3);
  CHECK(scored[1].trace_id == b.trace_id);
}

TEST_CASE("a batch that fails has its spans, too") {
  const ManualClock clock;
  Tracer<ManualClock> tracer({.seed = 1}, clock);
  const auto fails = [](std::span<const Traced<int>>) -> std::vector<double> { throw std::runtime_error("no"); };
  MicroBatcher<Traced<int>, double, ManualClock> batcher(traced_batch(tracer, fails), {.workers = 0}, clock);
  auto ticket = batcher.submit(tracer.stamp(1, sampled));
  while (batcher.run_once() > 0) {}
  CHECK_THROWS_WITH(ticket.get(), ContainsSubstring("no"));
  CHECK(tracer.drain().size() == 2);
}

TEST_CASE("a batch without a sampled record does not look at the clock") {
  int looks = 0;
  Tracer<CountingClock> tracer({.seed = 1}, {&looks});
  auto model = traced_batch(tracer, [](std::span<const Traced<int>> items) { return items.size(); });
  std::vector<Traced<int>> items(2, tracer.stamp(1, {{8, 9}, 10, false}));
  CHECK(model(std::span<const Traced<int>>(items)) == 2);
  CHECK(looks == 0);
  items[1].trace.sampled = true;
  CHECK(model(std::span<const Traced<int>>(items)) == 2);
  CHECK(looks == 2);
  CHECK(tracer.drain().size() == 2);
}
