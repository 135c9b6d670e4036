// SPDX-License-Identifier: MIT
#pragma once

// Which trace a record belongs to, as the W3C header `traceparent` says it: taken from a request, carried by the
// record, and handed on.
//
//     const auto from = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
//     request.set_header("traceparent", to_traceparent(*from));

#include <cstddef>      // size_t
#include <cstdint>      // uint8_t, uint64_t
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// 128 bits that name a trace; all zero is none.
struct TraceId {
  std::uint64_t high = 0;  ///< the first 16 hexadecimal digits
  std::uint64_t low = 0;   ///< the last 16

  /// Whether it names a trace.
  [[nodiscard]] constexpr bool valid() const noexcept { return (high | low) != 0; }
  friend constexpr bool operator==(const TraceId&, const TraceId&) noexcept = default;
};

/// The trace, the span within it that is at work now, and whether what happens is to be recorded. 32 bytes, made to be
/// copied along with a record.
struct TraceContext {
  TraceId trace_id{};         ///< of the whole way of a request
  std::uint64_t span_id = 0;  ///< parent of what comes next; 0 is none, as in a context that was not made
  bool sampled = false;       ///< the flag of the header: whoever comes later should record, too

  /// Whether trace and span have names.
  [[nodiscard]] constexpr bool valid() const noexcept { return trace_id.valid() && span_id != 0; }
  friend constexpr bool operator==(const TraceContext&, const TraceContext&) noexcept = default;
};

namespace detail {

inline void append_hex(std::string& text, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[value >> shift & 15];
}

/// Hexadecimal digits in lower case, as the standard has them; nothing for others.
[[nodiscard]] constexpr std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept {
  std::uint64_t value = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

}  // namespace detail

/// 32 hexadecimal digits.
[[nodiscard]] inline std::string to_string(const TraceId& id) {
  std::string text;
  detail::append_hex(text, id.high);
  detail::append_hex(text, id.low);
  return text;
}

/// Reads the header by the rules of W3C Trace Context, level 1: nothing if a field is not of its length in lower-case
/// hexadecimal digits, an id is zero, the version is ff, or version 00 goes on after the flags. A higher version is
/// read as far as version 00 goes. Who gets nothing begins a new trace. O(1), allocates nothing.
[[nodiscard]] constexpr std::optional<TraceContext> parse_traceparent(std::string_view header) noexcept {
  constexpr std::size_t length = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2
  if (header.size() < length || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const auto version = detail::parse_hex(header.substr(0, 2));
  const auto high = detail::parse_hex(header.substr(3, 16)), low = detail::parse_hex(header.substr(19, 16));
  const auto span = detail::parse_hex(header.substr(36, 16)), flags = detail::parse_hex(header.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xFF) return std::nullopt;
  if (header.size() > length && (*version == 0 || header[length] != '-')) return std::nullopt;
  const TraceContext context{{*high, *low}, *span, (*flags & 1) != 0};
  if (!context.valid()) return std::nullopt;
  return context;
}

/// The header in version 00, with no other flag than "sampled". An invalid context gives one that is invalid, too.
[[nodiscard]] inline std::string to_traceparent(const TraceContext& context) {
  std::string text = "00-";
  text.reserve(55);
  detail::append_hex(text, context.trace_id.high);
  detail::append_hex(text, context.trace_id.low);
  text += '-';
  detail::append_hex(text, context.span_id);
  return text + (context.sampled ? "-01" : "-00");
}

}  // namespace v0
}  // namespace penstock
