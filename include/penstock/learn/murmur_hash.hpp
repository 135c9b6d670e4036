// SPDX-License-Identifier: MIT
#pragma once

// MurmurHash3_x86_32 by Austin Appleby, who gave it to the public domain: the hash of scikit-learn's FeatureHasher.

#include <bit>          // rotl
#include <cstddef>      // size_t
#include <cstdint>      // uint32_t, uint8_t
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {
namespace detail {

/// The hash of the bytes, the same on every machine. O(length).
[[nodiscard]] constexpr std::uint32_t murmur_hash(std::string_view bytes, std::uint32_t seed = 0) noexcept {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(bytes[i])}; };
  const auto scrambled = [](std::uint32_t k) { return std::rotl(k * 0xcc9e2d51U, 15) * 0x1b873593U; };
  std::uint32_t h = seed;
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    const std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    h = std::rotl(h ^ scrambled(k), 13) * 5 + 0xe6546b64U;
  }
  std::uint32_t k = 0;
  for (std::size_t j = bytes.size(); j > i; --j) k = k << 8 | byte(j - 1);
  h ^= scrambled(k);
  h ^= static_cast<std::uint32_t>(bytes.size());
  h = (h ^ (h >> 16)) * 0x85ebca6bU;
  h = (h ^ (h >> 13)) * 0xc2b2ae35U;
  return h ^ (h >> 16);
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
