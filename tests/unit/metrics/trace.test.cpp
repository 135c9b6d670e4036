// SPDX-License-Identifier: MIT
#include "penstock/core/manual_clock.hpp"
#include "penstock/metrics/chrome_trace.hpp"
#include "penstock/metrics/span_buffer.hpp"
#include "penstock/metrics/trace_context.hpp"
#include "penstock/metrics/tracer.hpp"

#include "catch.hpp"

#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

constexpr const char* example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TraceContext sampled{{0x0123456789abcdef, 0xfedcba9876543210}, 0xa1, true};

/// Says how often it was looked at.
struct CountingClock {
  int* looks;
  [[nodiscard]] TimePoint now() const noexcept { return TimePoint{} + std::chrono::nanoseconds(++*looks); }
};

}  // namespace

TEST_CASE("a traceparent is read and written as the standard's example has it") {
  const auto context = parse_traceparent(example);
  REQUIRE(context);
  CHECK(context->trace_id == TraceId{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736});
  CHECK(context->span_id == 0x00f067aa0ba902b7);
  CHECK(context->sampled);
  CHECK(to_traceparent(*context) == example);
  CHECK(to_string(context->trace_id) == "4bf92f3577b34da6a3ce929d0e0e4736");
  static_assert(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled == false);
}

TEST_CASE("a traceparent that breaks a rule of the standard is none") {
  const std::string good = example;
  const auto with = [&](std::size_t at, const std::string& text) {
    std::string changed = good;
    changed.replace(at, text.size(), text);
    return changed;
  };
  CHECK_FALSE(parse_traceparent(""));
  for (std::size_t length = 0; length < good.size(); ++length) CHECK_FALSE(parse_traceparent(good.substr(0, length)));
  CHECK_FALSE(parse_traceparent(good + "-00"));  // version 00 ends after the flags
  CHECK_FALSE(parse_traceparent(good + " "));
  CHECK_FALSE(parse_traceparent(with(0, "ff")));  // no version
  CHECK_FALSE(parse_traceparent(with(0, "0g")));
  CHECK_FALSE(parse_traceparent(with(3, "4B")));  // upper case
  CHECK_FALSE(parse_traceparent(with(53, "0x")));
  CHECK_FALSE(parse_traceparent(with(3, std::string(32, '0'))));
  CHECK_FALSE(parse_traceparent(with(36, std::string(16, '0'))));
  for (const std::size_t dash : {2U, 35U, 52U}) CHECK_FALSE(parse_traceparent(with(dash, "_")));
  // higher versions are read as far as they are known, and answered in version 00
  CHECK(parse_traceparent(with(0, "01")));
  CHECK(parse_traceparent(with(0, "cc") + "-what-comes-later"));
  CHECK_FALSE(parse_traceparent(with(0, "cc") + "what-comes-later"));
  CHECK(to_traceparent(*parse_traceparent(with(0, "cc"))) == good);
  // of the flags only "sampled" is known
  CHECK(to_traceparent(*parse_traceparent(with(53, "ff"))) == good);
  CHECK_FALSE(parse_traceparent(with(53, "fe"))->sampled);
}

TEST_CASE("a trace goes on with a valid traceparent, and begins anew without one") {
  Tracer<ManualClock> tracer({.seed = 7}, {});
  CHECK(tracer.start(example) == *parse_traceparent(example));
  const TraceContext a = tracer.start(), b = tracer.start("00-0-0-0");
  CHECK(a.valid());
  CHECK(a.sampled);
  CHECK(b.valid());
  CHECK_FALSE(a.trace_id == b.trace_id);
  CHECK(Tracer<ManualClock>({.seed = 7}, {}).start() == a);
  CHECK_FALSE(Tracer<ManualClock>({.seed = 8}, {}).start().trace_id == a.trace_id);
  const Tracer<> one, two;  // of no seed: each its own ids
  CHECK_FALSE(const_cast<Tracer<>&>(one).start().trace_id == const_cast<Tracer<>&>(two).start().trace_id);
}

TEST_CASE("a span is from its begin to its end, below its parent") {
  const ManualClock clock;
  Tracer<ManualClock> tracer({.seed = 1}, clock);
  clock.advance(1us);
  TraceContext inner_context;
  {
    auto outer = tracer.span(Stage::transform, sampled);
    clock.advance(2us);
    {
      auto inner = tracer.span(Stage::model, outer.context());
      inner.set_items(64);
      inner_context = inner.context();
      clock.advance(3us);
    }
    clock.advance(4us);
    auto moved = std::move(outer);
    moved.end();
    clock.advance(5us);
  }
  const auto spans = tracer.drain();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].stage == Stage::model);
  CHECK(spans[0].begin.time_since_epoch() == 3us);
  CHECK(spans[0].end.time_since_epoch() == 6us);
  CHECK(spans[0].items == 64);
  CHECK(spans[0].parent_id == spans[1].span_id);
  CHECK(spans[0].span_id == inner_context.span_id);
  CHECK(inner_context.sampled);
  CHECK(spans[1].stage == Stage::transform);
  CHECK(spans[1].begin.time_since_epoch() == 1us);
  CHECK(spans[1].end.time_since_epoch() == 10us);
  CHECK(spans[1].items == 1);
  CHECK(spans[1].parent_id == 0xa1);
  CHECK(spans[1].trace_id == sampled.trace_id);
  CHECK(spans[0].thread == spans[1].thread);
  CHECK(tracer.recorded() == 2);
  CHECK(tracer.drain().empty());
}

TEST_CASE("a record carries its trace through its waits") {
  const ManualClock clock;
  Tracer<ManualClock> tracer({.seed = 1}, clock);
  auto item = tracer.stamp(std::string("row"), sampled);
  CHECK(item.value == "row");
  clock.advance(10us);
  tracer.waited(Stage::queue_wait, item);
  clock.advance(20us);
  tracer.waited(Stage::batch_wait, item);
  const auto spans = tracer.drain();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].end - spans[0].begin == 10us);
  CHECK(spans[0].parent_id == 0xa1);
  CHECK(spans[1].stage == Stage::batch_wait);
  CHECK(spans[1].end - spans[1].begin == 20us);
  CHECK(spans[1].parent_id == spans[0].span_id);
  CHECK(item.trace.span_id == spans[1].span_id);
}

TEST_CASE("what is not sampled is not recorded, and is handed on as such") {
  Tracer<ManualClock> tracer({.sampling = 0, .seed = 3}, {});
  const TraceContext trace = tracer.start();
  CHECK(trace.valid());
  CHECK_FALSE(trace.sampled);
  {
    const auto span = tracer.span(Stage::model, trace);
    CHECK_FALSE(span.context().sampled);
    CHECK(span.context().trace_id == trace.trace_id);
    CHECK(span.context().valid());
  }
  auto item = tracer.stamp(1, trace);
  tracer.waited(Stage::queue_wait, item);
  CHECK(tracer.drain().empty());
  CHECK(tracer.recorded() == 0);
  CHECK(tracer.dropped() == 0);
  static_cast<void>(tracer.span(Stage::sink, sampled));  // who asked to be recorded is, whatever the share
  CHECK(tracer.recorded() == 1);
}

TEST_CASE("what is not sampled does not look at the clock") {
  int looks = 0;
  Tracer<CountingClock> tracer({.seed = 3}, {&looks});
  const TraceContext silent{{1, 2}, 3, false};
  auto item = tracer.stamp(1, silent);
  tracer.waited(Stage::queue_wait, item);
  static_cast<void>(tracer.span(Stage::model, item.trace));
  CHECK(looks == 0);
  CHECK(item.trace.span_id != 3);
  item = tracer.stamp(1, sampled);
  tracer.waited(Stage::queue_wait, item);
  CHECK(looks == 2);
}

TEST_CASE("a share of new traces is sampled") {
  Tracer<ManualClock> tracer({.sampling = 0.25, .seed = 11}, {});
  int chosen = 0;
  for (int i = 0; i < 10'000; ++i) chosen += tracer.start().sampled ? 1 : 0;
  CHECK(chosen > 2300);  // 2500 expected, standard deviation 43
  CHECK(chosen < 2700);
}

TEST_CASE("a full buffer drops spans and counts them, and has room again when it is drained") {
  Tracer<ManualClock> tracer({.capacity = 4, .seed = 1}, {});
  for (int i = 0; i < 7; ++i) tracer.record(Stage::sink, sampled, {}, {}, static_cast<std::uint64_t>(i));
  CHECK(tracer.recorded() == 4);
  CHECK(tracer.dropped() == 3);
  const auto spans = tracer.drain();
  REQUIRE(spans.size() == 4);
  for (std::uint64_t i = 0; i < 4; ++i) CHECK(spans[i].items == i);
  tracer.record(Stage::sink, sampled, {}, {}, 9);
  CHECK(tracer.drain().at(0).items == 9);
  SpanBuffer small(1);
  CHECK(small.capacity() == 2);
  CHECK(small.push({}));
  CHECK(small.push({}));
  CHECK_FALSE(small.push({}));
  CHECK(small.pop());
  CHECK(small.pop());
  CHECK_FALSE(small.pop());
}

TEST_CASE("a tracer refuses options out of range by name") {
  CHECK_THROWS_WITH(Tracer<>({.capacity = 0}), ContainsSubstring("capacity is 0"));
  CHECK_THROWS_WITH(Tracer<>({.sampling = 1.5}), ContainsSubstring("sampling is 1.5"));
  CHECK_THROWS_WITH(Tracer<>({.sampling = -0.1}), ContainsSubstring("sampling is -0.1"));
}

TEST_CASE("many threads record and drain at once, and each span is kept once or counted") {
  Tracer<> tracer({.capacity = 64, .seed = 1});
  constexpr std::uint64_t writers = 4, each = 5000;
  std::atomic<std::uint64_t> running{writers};
  std::set<std::uint64_t> seen;
  std::uint64_t taken = 0;
  bool mixed = false;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t w = 0; w < writers; ++w) {
      threads.emplace_back([&, w] {
        for (std::uint64_t i = 0; i < each; ++i) {
          const TraceContext mine{{w + 1, i + 1}, w * each + i + 1, true};
          tracer.record(Stage::sink, mine, {}, {}, w * each + i + 1);
        }
        --running;
      });
    }
    for (bool last = false; !last;) {
      last = running == 0;
      for (const Span& span : tracer.drain()) {
        ++taken;
        seen.insert(span.span_id);
        mixed =
            mixed || span.items != span.parent_id || span.items != (span.trace_id.high - 1) * each + span.trace_id.low;
      }
    }
  }
  CHECK_FALSE(mixed);  // no span has parts of two
  CHECK(seen.size() == taken);
  CHECK(taken == tracer.recorded());
  CHECK(tracer.recorded() + tracer.dropped() == writers * each);
}

TEST_CASE("a trace file has complete events for work and asynchronous ones for waits") {
  const std::vector<Span> spans{{.trace_id = {1, 2},
                                 .span_id = 3,
                                 .parent_id = 4,
                                 .stage = Stage::queue_wait,
                                 .thread = 2,
                                 .items = 1,
                                 .begin = TimePoint{1'000'500ns},
                                 .end = TimePoint{1'002'000ns}},
                                {.trace_id = {1, 2},
                                 .span_id = 5,
                                 .stage = Stage::model,
                                 .thread = 1,
                                 .items = 64,
                                 .begin = TimePoint{1'000'000ns},
                                 .end = TimePoint{1'012'345ns}}};
  CHECK(chrome_trace(spans, {.process = "a \"b\"\n\x01", .pid = 9}) ==
        R"({"displayTimeUnit":"ms","traceEvents":[
{"name":"process_name","ph":"M","pid":9,"tid":0,"args":{"name":"a \"b\"\u000a\u0001"}},
{"name":"queue_wait","cat":"penstock","ph":"b","pid":9,"tid":2,"ts":0.500,"id":"0000000000000003","args":{"trace_id":"00000000000000010000000000000002","span_id":"0000000000000003","parent_id":"0000000000000004","items":1}},
{"name":"queue_wait","cat":"penstock","ph":"e","pid":9,"tid":2,"ts":2.000,"id":"0000000000000003"},
{"name":"model","cat":"penstock","ph":"X","pid":9,"tid":1,"ts":0.000,"dur":12.345,"args":{"trace_id":"00000000000000010000000000000002","span_id":"0000000000000005","items":64}}
]}
)");
  CHECK(chrome_trace({}).find("process_name") != std::string::npos);
}

TEST_CASE("stages have words") {
  CHECK(to_string(Stage::source) == "source");
  CHECK(to_string(Stage::queue_wait) == "queue_wait");
  CHECK(to_string(Stage::sink) == "sink");
}
