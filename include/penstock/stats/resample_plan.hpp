// SPDX-License-Identifier: MIT
#pragma once

// Ways to draw a resample of n observations: as counts for statistics that need no more, or as places. Every plan gives
// the same draw for the same seed, resample and purpose, and both forms are of the same distribution, not the same
// draw.

#include "penstock/stats/philox.hpp"
#include "penstock/stats/resample_counts.hpp"

#include <cstddef>  // size_t
#include <cstdint>  // uint32_t, uint64_t
#include <span>     // span
#include <vector>   // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Which random numbers a draw takes.
struct DrawKey {
  std::uint64_t seed;
  std::uint64_t resample;
  std::uint32_t purpose;
};

/// `count` whole numbers below n, independent, every one exactly as likely. About 1.5 ns each.
template <class Take>
void draw_below(const DrawKey& key, std::uint32_t n, std::size_t count, Take take) {
  constexpr std::size_t size = 512;
  std::uint32_t words[size];
  PhiloxPlace place{key.seed, key.resample, 2 * key.purpose, 0};
  const std::uint32_t uneven = (0 - n) % n;  // words whose product falls below it would favour some numbers
  for (std::size_t made = 0; made < count;) {
    const std::size_t wanted = std::min(count - made + 3, size);
    const std::size_t blocks = (wanted + 63) / 64 * philox_group;
    philox_fill(place, words, blocks);
    place.block += static_cast<std::uint32_t>(blocks);
    for (std::size_t i = 0; i < 4 * blocks && made < count; ++i) {
      const std::uint64_t product = std::uint64_t{words[i]} * n;
      if (static_cast<std::uint32_t>(product) < uneven) [[unlikely]]
        continue;
      take(made, static_cast<std::uint32_t>(product >> 32));
      ++made;
    }
  }
}

/// n independent draws of n.
class IndependentDraws {
 public:
  explicit IndependentDraws(std::size_t n) noexcept : n_(n), counts_(n) {}

  [[nodiscard]] std::size_t size() const noexcept { return n_; }
  /// Whether all observations are treated alike, so that their order does not matter.
  [[nodiscard]] static constexpr bool exchangeable() noexcept { return true; }
  /// Whether observations depend on each other, so that no formula for independent ones tells a standard error.
  [[nodiscard]] static constexpr bool dependent() noexcept { return false; }
  void fill_counts(const DrawKey& key, std::uint8_t* counts) const noexcept {
    counts_.fill(key.seed, key.resample, key.purpose, counts);
  }
  void fill_places(const DrawKey& key, std::span<std::uint32_t> places) const noexcept {
    draw_below(key, static_cast<std::uint32_t>(n_), n_, [&](std::size_t i, std::uint32_t place) { places[i] = place; });
  }
  /// Calls `group(first, count)` for each sample of its own within the data.
  template <class Group>
  void for_each_group(Group group) const {
    group(std::size_t{0}, n_);
  }

 private:
  std::size_t n_;
  BootstrapCounts counts_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
