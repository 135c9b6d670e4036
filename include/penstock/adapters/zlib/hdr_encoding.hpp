// SPDX-License-Identifier: MIT
#pragma once

// A latency histogram as a line of text that HdrHistogram's tools read, and back: its V2 encoding, compressed, in
// base64. Component zlib.
//
//     const std::string text = encode_hdr_histogram(latency);        // "HISTFAAAAEV42pNpmSzMwMCgyAAB..."
//     const LatencyHistogram read = decode_hdr_histogram(text);
//
// The encoding is that of HdrHistogram 2.1 (Java), HdrHistogram_c and the Python port: 40 bytes of options, then the
// counts from bucket 0 to the greatest value as zigzag LEB128 numbers, of which a negative one is a run of zeros.

#include "penstock/core/error.hpp"
#include "penstock/metrics/latency_histogram.hpp"

#include <algorithm>    // clamp, max, min
#include <array>        // array
#include <bit>          // bit_cast, bit_ceil
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, int64_t, uint32_t, uint64_t
#include <limits>       // numeric_limits
#include <memory>       // unique_ptr
#include <new>          // bad_alloc
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector
#include <zlib.h>       // compress2, inflate

namespace penstock {
inline namespace v0 {
namespace detail {

inline constexpr std::uint32_t hdr_v2_cookie = 0x1c849303 | 0x10;
inline constexpr std::uint32_t hdr_v2_compressed_cookie = 0x1c849304 | 0x10;
inline constexpr std::uint32_t hdr_cookie_size_bits = 0xf0;
inline constexpr std::size_t hdr_v2_header = 40;
inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    const std::size_t digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
    for (std::size_t k = 0; k < 4; ++k) text += k < digits ? base64_digits[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

inline std::string from_base64(std::string_view text) {
  if (text.size() % 4 == 0) {
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = base64_digits.find(text[i]);
    if (digit == std::string_view::npos) throw Error({.byte = i}, "a character that is no base64", "base64");
    held = held << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(held >> bits & 0xff);
    }
  }
  if (bits == 6) throw Error({.byte = text.size()}, "one character too many or three too few", "base64");
  return bytes;
}

template <class T>
void put_big_endian(std::string& bytes, T value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff);
  }
}
/// The number at `at`, which is there.
template <class T>
T get_big_endian(std::string_view bytes, std::size_t at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<T>(value);
}

/// Seven bits a byte, low ones first, of which the top bit says that more follow; the ninth byte has eight.
inline void put_zigzag(std::string& bytes, std::int64_t number) {
  std::uint64_t rest = static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
  for (int i = 0; i < 8 && rest > 0x7f; ++i, rest >>= 7) bytes += static_cast<char>((rest & 0x7f) | 0x80);
  bytes += static_cast<char>(rest);
}
inline std::int64_t get_zigzag(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned i = 0;; ++i) {
    if (at == bytes.size()) throw Error({.byte = at}, "the end of the counts", "the rest of a number");
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= static_cast<std::uint64_t>(i < 8 ? byte & 0x7f : byte) << (7 * i);
    if (i == 8 || (byte & 0x80) == 0) break;
  }
  return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
}

/// The V2 encoding before it is compressed.
inline std::string hdr_v2_bytes(const LatencyHistogram& histogram) {
  std::string counts;
  std::size_t next = 0;
  const auto put_zeros = [&](std::size_t n) {
    if (n != 0) put_zigzag(counts, n == 1 ? 0 : -static_cast<std::int64_t>(n));
  };
  HistogramAccess::for_each_index(histogram, [&](std::size_t index, std::uint64_t count) {
    if (count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw std::invalid_argument("encode_hdr_histogram: a bucket has " + std::to_string(count) +
                                  " values; less than 2^63 can be written");
    }
    put_zeros(index - next);
    put_zigzag(counts, static_cast<std::int64_t>(count));
    next = index + 1;
  });
  if (next == 0) put_zeros(1);

  const LatencyHistogramOptions& options = histogram.options();
  std::string bytes;
  put_big_endian(bytes, hdr_v2_cookie);
  put_big_endian(bytes, static_cast<std::uint32_t>(counts.size()));
  put_big_endian(bytes, std::uint32_t{0});  // the normalizing index offset
  put_big_endian(bytes, static_cast<std::uint32_t>(options.significant_digits));
  put_big_endian(bytes, options.lowest);
  put_big_endian(bytes, options.highest);
  put_big_endian(bytes, std::bit_cast<std::uint64_t>(1.0));  // what an integer stands for
  return bytes + counts;
}

/// So many bytes a histogram of these options may have, at most: nine for each bucket of its digits. Digits that there
/// are not are refused later.
inline std::size_t hdr_v2_limit(std::string_view header) {
  const std::int32_t digits = std::clamp(get_big_endian<std::int32_t>(header, 12), 1, 5);
  std::size_t buckets = 10;  // of one power of two: 10^digits, and at most as many again
  for (std::int32_t i = 1; i < digits; ++i) buckets *= 10;
  return hdr_v2_header + 9 * 64 * std::bit_ceil(buckets);
}

/// Unpacks a histogram. More bytes than its options allow are an error, and so is a stream that does not end.
inline std::string inflate_histogram(std::string_view packed) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  std::size_t limit = std::numeric_limits<std::size_t>::max();  // until the options are there
  std::array<char, 4096> block;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    const std::size_t got = block.size() - stream.avail_out;
    if ((status != Z_OK && status != Z_STREAM_END) || (status == Z_OK && got == 0)) {
      throw Error({.byte = packed.size() - stream.avail_in}, "compressed bytes that are damaged or end too early",
                  "a whole zlib stream");
    }
    const bool has_header = bytes.size() >= hdr_v2_header;
    bytes.append(block.data(), got);
    if (!has_header && bytes.size() >= hdr_v2_header) limit = hdr_v2_limit(bytes);
    if (bytes.size() > limit) throw Error({}, "more unpacked bytes than a histogram has", "a histogram");
  }
  if (stream.avail_in != 0) {
    throw Error({.byte = packed.size() - stream.avail_in}, "bytes behind the compressed histogram", "none");
  }
  return bytes;
}

inline LatencyHistogram read_hdr_v2_bytes(std::string_view bytes) {
  const auto number = [](auto value) { return std::to_string(value); };
  if (bytes.size() < hdr_v2_header) {
    throw Error({.byte = bytes.size()}, "the end of a histogram", number(hdr_v2_header) + " bytes of options");
  }
  if ((get_big_endian<std::uint32_t>(bytes, 0) & ~hdr_cookie_size_bits) != (hdr_v2_cookie & ~hdr_cookie_size_bits)) {
    throw Error({.byte = 0}, "cookie " + number(get_big_endian<std::uint32_t>(bytes, 0)), "a histogram in V2 encoding");
  }
  const std::size_t payload = get_big_endian<std::uint32_t>(bytes, 4);
  if (payload != bytes.size() - hdr_v2_header) {
    throw Error({.byte = 4}, number(bytes.size() - hdr_v2_header) + " bytes of counts", number(payload));
  }
  if (get_big_endian<std::uint32_t>(bytes, 8) != 0) {
    throw Error({.byte = 8}, "counts that are shifted", "a normalizing index offset of 0");
  }
  if (get_big_endian<std::uint64_t>(bytes, 32) != std::bit_cast<std::uint64_t>(1.0)) {
    throw Error({.byte = 32}, "a histogram of fractions", "integers");
  }
  LatencyHistogramOptions options{.significant_digits = get_big_endian<std::int32_t>(bytes, 12),
                                  .lowest = get_big_endian<std::int64_t>(bytes, 16),
                                  .highest = get_big_endian<std::int64_t>(bytes, 24)};
  const auto make = [&] {
    try {
      return LatencyHistogram(options);
    } catch (const std::invalid_argument& problem) {
      throw Error({.byte = 12}, std::string("options that say ") + problem.what(), "");
    }
  };
  const HdrBuckets buckets = HistogramAccess::buckets(make());
  const std::size_t end = buckets.index_of(static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) + 1;

  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::vector<std::pair<std::size_t, std::uint64_t>> counts;
  std::uint64_t total = 0;
  std::size_t index = 0;
  for (std::size_t at = hdr_v2_header; at < bytes.size();) {
    const std::size_t place = at;
    const std::int64_t count = get_zigzag(bytes, at);
    const std::uint64_t step = count < 0 ? 0 - static_cast<std::uint64_t>(count) : 1;
    if (step > end - index) throw Error({.byte = place}, "more counts than there are buckets", number(end));
    if (count > 0) {
      if (static_cast<std::uint64_t>(count) > most - total) {
        throw Error({.byte = place}, "2^63 values or more", "fewer");
      }
      total += static_cast<std::uint64_t>(count);
      counts.emplace_back(index, static_cast<std::uint64_t>(count));
    }
    index += static_cast<std::size_t>(step);
  }
  // HdrHistogram also takes values above its highest, as far as its last power of two reaches.
  if (!counts.empty()) options.highest = std::max(options.highest, buckets.lowest_at(counts.back().first));
  LatencyHistogram histogram = make();
  for (const auto& [i, count] : counts) HistogramAccess::add_bucket(histogram, i, count);
  return histogram;
}

}  // namespace detail

/// The histogram in HdrHistogram's V2 encoding, packed by zlib, as base64. What was counted out of range is not in it,
/// nor are the exact mean, min() and max(): the form has none. O(buckets).
/// @throws std::invalid_argument if a bucket has 2^63 values or more.
[[nodiscard]] inline std::string encode_hdr_histogram(const LatencyHistogram& histogram) {
  const std::string plain = detail::hdr_v2_bytes(histogram);
  uLongf size = compressBound(static_cast<uLong>(plain.size()));
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
                static_cast<uLong>(plain.size()), Z_BEST_COMPRESSION) != Z_OK) {
    throw std::bad_alloc();  // the room is enough by compressBound's promise
  }
  packed.resize(size);
  std::string bytes;
  detail::put_big_endian(bytes, detail::hdr_v2_compressed_cookie);
  detail::put_big_endian(bytes, static_cast<std::uint32_t>(size));
  return detail::to_base64(bytes + packed);
}

/// Reads what encode_hdr_histogram or another HdrHistogram wrote. Digits, lowest and highest are those of the writer,
/// the last one more if it counted values above it; mean() is by the middles of the buckets, min() and max() are their
/// ends. Memory: O(text), and O(buckets) that the digits it names can have, whatever it unpacks to: 9 KB at one digit,
/// 75 MB at five.
/// @throws Error that names the byte, of the text, of what it packs, or of what that unpacks to, and what is wrong;
/// other encodings than V2 (of logs before 1.2) are refused.
[[nodiscard]] inline LatencyHistogram decode_hdr_histogram(std::string_view text) {
  const std::string bytes = detail::from_base64(text);
  if (bytes.size() < 8) throw Error({.byte = text.size()}, "the end of a histogram", "a cookie and a length");
  const auto cookie = detail::get_big_endian<std::uint32_t>(bytes, 0);
  if ((cookie & ~detail::hdr_cookie_size_bits) != (detail::hdr_v2_compressed_cookie & ~detail::hdr_cookie_size_bits)) {
    throw Error({.byte = 0}, "cookie " + std::to_string(cookie), "a compressed histogram in V2 encoding");
  }
  const std::size_t length = detail::get_big_endian<std::uint32_t>(bytes, 4);
  if (length != bytes.size() - 8) {
    throw Error({.byte = 4}, std::to_string(bytes.size() - 8) + " compressed bytes", std::to_string(length));
  }
  return detail::read_hdr_v2_bytes(detail::inflate_histogram(std::string_view(bytes).substr(8)));
}

}  // namespace v0
}  // namespace penstock
