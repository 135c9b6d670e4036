// SPDX-License-Identifier: MIT
#pragma once

// Spans as a file for chrome://tracing and ui.perfetto.dev: the Trace Event Format, as JSON.
//
//     std::ofstream("trace.json") << chrome_trace(tracer.drain(), {.process = "scorer"});

#include "penstock/core/clock.hpp"
#include "penstock/metrics/span_buffer.hpp"
#include "penstock/metrics/trace_context.hpp"

#include <algorithm>    // min
#include <chrono>       // nanoseconds
#include <cstdint>      // uint32_t, uint64_t
#include <span>         // span
#include <string>       // string, to_string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// How a trace file is written.
struct ChromeTraceOptions {
  std::string process = "penstock";  ///< name of the process in the picture, in UTF-8
  std::uint32_t pid = 1;             ///< its number: another one for each process whose files are put together
};

namespace detail {

inline void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (byte < 0x20) {
      ((out += "\\u00") += "0123456789abcdef"[byte >> 4]) += "0123456789abcdef"[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Microseconds to the nanosecond, without a rounding.
inline void append_us(std::string& out, std::chrono::nanoseconds::rep ns) {
  if (ns < 0) out += '-';
  const std::uint64_t size = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  out += std::to_string(size / 1000);
  const std::string part = std::to_string(size % 1000 + 1000);
  (out += '.') += std::string_view(part).substr(1);
}

}  // namespace detail

/// The JSON of the spans. Work (source, transform, model, sink) is a complete event of its thread; a wait, of which
/// many overlap, is a pair of asynchronous events. Times are in microseconds since the earliest begin. Each event has
/// trace, span and parent as arguments, in the digits of `traceparent`. O(spans), about 300 bytes each.
[[nodiscard]] inline std::string chrome_trace(std::span<const Span> spans, const ChromeTraceOptions& options = {}) {
  TimePoint first = TimePoint::max();
  for (const Span& span : spans) first = std::min(first, span.begin);
  const std::string pid = std::to_string(options.pid);
  std::string out =
      "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":" + pid +
      ",\"tid\":0,\"args\":{\"name\":";
  detail::append_json_text(out, options.process);
  out += "}}";
  const auto begin_event = [&](const Span& span, char phase, TimePoint at) {
    out += ",\n{\"name\":\"" + std::string(to_string(span.stage)) + "\",\"cat\":\"penstock\",\"ph\":\"" + phase +
           "\",\"pid\":" + pid + ",\"tid\":" + std::to_string(span.thread) + ",\"ts\":";
    detail::append_us(out, (at - first).count());
  };
  const auto append_id = [&](std::uint64_t id) {
    out += '"';
    detail::append_hex(out, id);
    out += '"';
  };
  for (const Span& span : spans) {
    const bool wait = span.stage == Stage::queue_wait || span.stage == Stage::batch_wait;
    begin_event(span, wait ? 'b' : 'X', span.begin);
    if (wait) {
      out += ",\"id\":";
      append_id(span.span_id);
    } else {
      out += ",\"dur\":";
      detail::append_us(out, (span.end - span.begin).count());
    }
    out += ",\"args\":{\"trace_id\":\"" + to_string(span.trace_id) + "\",\"span_id\":";
    append_id(span.span_id);
    if (span.parent_id != 0) {
      out += ",\"parent_id\":";
      append_id(span.parent_id);
    }
    out += ",\"items\":" + std::to_string(span.items) + "}}";
    if (wait) {
      begin_event(span, 'e', span.end);
      out += ",\"id\":";
      append_id(span.span_id);
      out += '}';
    }
  }
  return out + "\n]}\n";
}

}  // namespace v0
}  // namespace penstock
