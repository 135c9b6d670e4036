// SPDX-License-Identifier: MIT
#pragma once

// Text as a JSON string (RFC 8259).
//
//     char out[max_json_bytes(text.size())];
//     std::uint64_t replaced = 0;
//     char* end = format_json_string(out, "say \"hi\"\n", replaced);     // "say \"hi\"\n" in quotes and escaped
//
// Escaped are what must be (quote, backslash, control characters below U+0020); all else stands as it is in UTF-8, as
// Python's json.dumps(text, ensure_ascii=False) does it. Bytes that are no UTF-8 become U+FFFD, one for each maximal
// part of a sequence, which is Unicode's recommended practice and what bytes.decode("utf-8", "replace") does.

#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// The most bytes that a text of that size has as a JSON string.
[[nodiscard]] constexpr std::size_t max_json_bytes(std::size_t size) noexcept { return 6 * size + 2; }

namespace detail {

/// The length of the UTF-8 sequence that `text` begins with; or, negated, of the bytes that are to be replaced as one.
/// By table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
inline int utf8_sequence(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return -1;
  const int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (at(1) < low || at(1) > high) return -1;
  for (int i = 2; i < length; ++i) {
    if ((at(static_cast<std::size_t>(i)) & 0xC0) != 0x80) return -i;
  }
  return length;
}

/// What a byte of a text needs in JSON: nothing (0), a letter behind a backslash, 'u' for \u00xx, or 'x' for a look at
/// whether it begins a UTF-8 sequence.
inline constexpr std::array<char, 256> json_escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  for (std::size_t i = 0x80; i < 256; ++i) table[i] = 'x';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

}  // namespace detail

/// Writes a text with its quotes to `out`, which has room for max_json_bytes(text.size()); returns the end. Adds to
/// `replaced` the number of U+FFFD that stand for bytes that were no UTF-8. O(bytes).
inline char* format_json_string(char* out, std::string_view text, std::uint64_t& replaced) noexcept {
  *out++ = '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const char escape = detail::json_escapes[static_cast<unsigned char>(c)];
    if (escape == 0) {
      *out++ = c;
      ++i;
    } else if (escape == 'x') {
      const int length = detail::utf8_sequence(text.substr(i));
      const std::string_view bytes =
          length > 0 ? text.substr(i, static_cast<std::size_t>(length)) : std::string_view("\xEF\xBF\xBD");
      if (length < 0) ++replaced;
      out = bytes.copy(out, bytes.size()) + out;
      i += static_cast<std::size_t>(length > 0 ? length : -length);
    } else {
      *out++ = '\\';
      *out++ = escape;
      if (escape == 'u') {
        constexpr std::string_view hex = "0123456789abcdef";
        for (const char digit :
             {'0', '0', hex[static_cast<unsigned char>(c) / 16], hex[static_cast<unsigned char>(c) % 16]})
          *out++ = digit;
      }
      ++i;
    }
  }
  *out++ = '"';
  return out;
}

}  // namespace v0
}  // namespace penstock
