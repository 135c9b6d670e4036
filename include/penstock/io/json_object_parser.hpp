// SPDX-License-Identifier: MIT
#pragma once

// One JSON object (RFC 8259) without a tree: each member is handed over as it is met, its value as the text that stands
// there.
//
//     detail::JsonObjectParser parser(R"({"score": 0.5, "tags": ["a", "b"]})");
//     const bool ok = parser.parse([](detail::JsonToken name, detail::JsonToken value) { ... });
//     if (!ok) complain(parser.position(), parser.expected());       // "a colon" and so on
//
// Strict: UTF-8 without faults, no comments, no trailing commas, no lone surrogates. What is nested is checked as well,
// to a depth of 64.

#include "penstock/io/json_text.hpp"

#include <cstddef>      // size_t
#include <string>       // string
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {
namespace detail {

enum class JsonKind { null, boolean, integer, number, string, nested };  // integer: no point, no exponent

/// A value as it stands in the text; a string without its quotes, and as yet with its escapes.
struct JsonToken {
  JsonKind kind = JsonKind::null;
  std::string_view text{};
  bool escaped = false;  ///< whether a string has escapes
};

/// The value of four hexadecimal digits, or -1.
inline int hex4(const char* p, const char* end) noexcept {
  if (end - p < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    const int digit = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                               : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/// Writes the text that a string token stands for to `out`, which has room for token.text.size() bytes; returns the
/// end.
inline char* unescape_json(char* out, std::string_view text) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    if (*p != '\\') {
      *out++ = *p++;
      continue;
    }
    const char letter = p[1];
    p += 2;
    if (letter != 'u') {
      constexpr std::string_view letters = "bfnrt";
      constexpr std::string_view controls = "\b\f\n\r\t";
      const std::size_t at = letters.find(letter);
      *out++ = at == std::string_view::npos ? letter : controls[at];  // quote, backslash, slash are themselves
      continue;
    }
    auto code = static_cast<unsigned>(hex4(p, end));
    p += 4;
    if (code >= 0xD800 && code <= 0xDBFF) {  // the parser saw to it that the second half is there
      code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<unsigned>(hex4(p + 2, end)) - 0xDC00);
      p += 6;
    }
    const auto put = [&out](unsigned byte) { *out++ = static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | (code >> 6));
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | (code >> 12));
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }
  return out;
}

/// Parses one text once. The tokens point into it.
class JsonObjectParser {
 public:
  /// `words`: whether NaN, Infinity and -Infinity are numbers, which no RFC says but Python's json module writes.
  explicit JsonObjectParser(std::string_view text, bool words = false) noexcept
      : begin_(text.data()), p_(text.data()), end_(text.data() + text.size()), words_(words) {}

  /// Calls `member(name, value)` for each member in order, also for those before a fault. Whether the text is one
  /// object and nothing else but blanks. O(bytes).
  template <class Member>
  bool parse(Member&& member) {
    skip_blanks();
    if (!take('{')) return fail("a JSON object");
    skip_blanks();
    if (!take('}')) {
      for (;;) {
        JsonToken name;
        JsonToken value;
        if (!parse_member(name, value)) return false;
        member(name, value);
        skip_blanks();
        if (take('}')) break;
        if (!take(',')) return fail("a comma or }");
        skip_blanks();
      }
    }
    skip_blanks();
    return p_ == end_ || fail("the end of the line");
  }

  /// Where the fault is, from the start of the text, and what should stand there.
  [[nodiscard]] std::size_t position() const noexcept { return static_cast<std::size_t>(p_ - begin_); }
  [[nodiscard]] const char* expected() const noexcept { return expected_; }

 private:
  bool fail(const char* expected) noexcept {
    expected_ = expected;
    return false;
  }
  void skip_blanks() noexcept {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\t' || *p_ == '\r' || *p_ == '\n')) ++p_;
  }
  bool take(char c) noexcept {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool take(std::string_view word) noexcept {
    if (!std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(word)) return false;
    p_ += word.size();
    return true;
  }

  bool parse_member(JsonToken& name, JsonToken& value) {
    if (p_ == end_ || *p_ != '"') return fail("a name in quotes");
    if (!parse_string(name)) return false;
    skip_blanks();
    if (!take(':')) return fail("a colon");
    skip_blanks();
    return parse_value(value, 0);
  }

  bool parse_value(JsonToken& token, int depth) {
    const char* const begin = p_;
    switch (p_ == end_ ? '\0' : *p_) {
      case '"': return parse_string(token);
      case '{':
      case '[':
        if (!parse_nested(depth + 1)) return false;
        token.kind = JsonKind::nested;
        break;
      case 't':
      case 'f':
        if (!take("true") && !take("false")) return fail("a value");
        token.kind = JsonKind::boolean;
        break;
      case 'n':
        if (!take("null")) return fail("a value");
        token.kind = JsonKind::null;
        break;
      default:
        if (!parse_number(token.kind)) return false;
    }
    token.text = {begin, static_cast<std::size_t>(p_ - begin)};
    return true;
  }

  bool parse_number(JsonKind& kind) {
    const auto digits = [this] {
      const char* const begin = p_;
      while (p_ != end_ && *p_ >= '0' && *p_ <= '9') ++p_;
      return p_ != begin;
    };
    kind = JsonKind::integer;
    const bool minus = take('-');
    if (words_ && (take("Infinity") || (!minus && take("NaN")))) {
      kind = JsonKind::number;
      return true;
    }
    if (!take('0') && !digits()) return fail(minus ? "a digit" : "a value");
    if (take('.')) {
      kind = JsonKind::number;
      if (!digits()) return fail("a digit");
    }
    if (take('e') || take('E')) {
      kind = JsonKind::number;
      if (!take('+')) static_cast<void>(take('-'));
      if (!digits()) return fail("a digit");
    }
    return true;
  }

  bool parse_string(JsonToken& token) {
    token.kind = JsonKind::string;
    token.escaped = false;
    const char* const begin = ++p_;  // behind the quote
    for (;;) {
      while (p_ != end_ && json_escapes[static_cast<unsigned char>(*p_)] == 0) ++p_;
      if (p_ == end_) return fail("a closing quote");
      if (*p_ == '"') {
        token.text = {begin, static_cast<std::size_t>(p_ - begin)};
        ++p_;
        return true;
      }
      if (*p_ == '\\') {
        token.escaped = true;
        if (!parse_escape()) return false;
      } else if (static_cast<unsigned char>(*p_) < 0x20) {
        return fail("an escape instead of a control character");
      } else {
        const int length = utf8_sequence({p_, static_cast<std::size_t>(end_ - p_)});
        if (length < 0) return fail("UTF-8");
        p_ += length;
      }
    }
  }

  bool parse_escape() {
    const std::string_view rest(p_ + 1, static_cast<std::size_t>(end_ - p_ - 1));
    if (rest.empty() || std::string_view("\"\\/bfnrtu").find(rest.front()) == std::string_view::npos)
      return fail("an escape");
    if (rest.front() != 'u') {
      p_ += 2;
      return true;
    }
    const int code = hex4(p_ + 2, end_);
    if (code < 0) return fail("four hexadecimal digits");
    if (code < 0xD800 || code > 0xDFFF) {
      p_ += 6;
      return true;
    }
    const int low = rest.size() >= 11 && rest[5] == '\\' && rest[6] == 'u' ? hex4(p_ + 8, end_) : -1;
    if (code > 0xDBFF || low < 0xDC00 || low > 0xDFFF) return fail("both halves of a surrogate pair");
    p_ += 12;
    return true;
  }

  /// An object or array inside the object.
  bool parse_nested(int depth) {  // NOLINT(misc-no-recursion): depth is limited
    if (depth > 64) return fail("at most 64 levels of nesting");
    const bool object = *p_++ == '{';
    const char close = object ? '}' : ']';
    skip_blanks();
    if (take(close)) return true;
    for (;;) {
      JsonToken token;
      if (object) {
        if (p_ == end_ || *p_ != '"') return fail("a name in quotes");
        if (!parse_string(token)) return false;
        skip_blanks();
        if (!take(':')) return fail("a colon");
        skip_blanks();
      }
      if (!parse_value(token, depth)) return false;
      skip_blanks();
      if (take(close)) return true;
      if (!take(',')) return fail(object ? "a comma or }" : "a comma or ]");
      skip_blanks();
    }
  }

  const char* begin_;
  const char* p_;
  const char* end_;
  const char* expected_ = "";
  bool words_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
