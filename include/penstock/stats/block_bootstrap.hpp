// SPDX-License-Identifier: MIT
#pragma once

// The bootstrap of a series whose neighbours depend on each other, such as latencies in the order of time: whole blocks
// are drawn, so that what happens within them stays as it is.
//
//     bootstrap(stats::blocks(latencies, {.length = 50}), stats::mean, {.method = CiMethod::percentile});

#include "penstock/core/math.hpp"
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/samples.hpp"

#include <algorithm>    // fill, max, min
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t, uint32_t
#include <span>         // span
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// Which blocks there are to draw from.
enum class BlockKind {
  circular,    ///< of one length, from every place; the series goes on from its end to its beginning (Politis, Romano)
  moving,      ///< of one length, from every place where a whole one fits (Künsch); the ends are drawn less often
  stationary,  ///< of random lengths, geometric with mean `length`, from every place (Politis and Romano 1994)
};

/// The kind in a word, as it is spelled here.
[[nodiscard]] constexpr std::string_view to_string(BlockKind kind) noexcept {
  switch (kind) {
    case BlockKind::circular: return "circular";
    case BlockKind::moving: return "moving";
    case BlockKind::stationary: return "stationary";
  }
  return "unknown";
}

/// How a series is cut into blocks.
struct BlockOptions {
  std::size_t length = 0;  ///< of a block, on average if stationary, at most n; 0: the cube root of n, rounded up
  BlockKind kind = BlockKind::circular;  ///< which blocks there are
};

/// A series and its blocks.
struct Blocks {
  std::vector<double> values;  ///< in order
  std::size_t length;          ///< of a block, or its mean; 1 to n
  BlockKind kind;              ///< which blocks there are
};

/// A series to be drawn in blocks; copies the values.
/// @throws std::invalid_argument if the length is greater than that of the series, or the kind is none.
template <sample_range R>
[[nodiscard]] Blocks blocks(const R& values, const BlockOptions& options = {}) {
  Blocks result{detail::to_sample(values), options.length, options.kind};
  const std::size_t n = result.values.size();
  if (to_string(options.kind) == "unknown") {
    throw std::invalid_argument("BlockOptions.kind is " + std::to_string(static_cast<int>(options.kind)) +
                                ", which is no kind");
  }
  if (options.length > n) {
    throw std::invalid_argument("BlockOptions.length is " + std::to_string(options.length) + "; 1 to " +
                                std::to_string(n) + ", the number of values, are possible, or 0");
  }
  if (result.length == 0) {
    result.length = 1;
    while (result.length * result.length * result.length < n) ++result.length;
  }
  return result;
}

}  // namespace stats

namespace detail {

/// Draws blocks of n places until there are n; the last one is cut.
class BlockDraws {
 public:
  BlockDraws(std::size_t n, std::size_t length, stats::BlockKind kind) noexcept
      : n_(static_cast<std::uint32_t>(n)),
        length_(static_cast<std::uint32_t>(length)),
        kind_(kind),
        ends_below_(static_cast<std::uint32_t>(std::min(0x1p32 / static_cast<double>(length), 0x1p32 - 1))) {}

  [[nodiscard]] static constexpr bool exchangeable() noexcept { return false; }
  [[nodiscard]] static constexpr bool dependent() noexcept { return true; }

  void fill_places(const DrawKey& key, std::span<std::uint32_t> places) const noexcept {
    std::size_t i = 0;
    draw(key, [&](std::uint32_t first, std::uint32_t count) {
      for (std::uint32_t k = 0, place = first; k < count; ++k) {
        places[i++] = place;
        place = place + 1 == n_ ? 0 : place + 1;
      }
    });
  }
  void fill_counts(const DrawKey& key, std::uint8_t* counts) const noexcept {
    std::fill(counts, counts + n_, std::uint8_t{0});
    draw(key, [&](std::uint32_t first, std::uint32_t count) {
      const std::uint32_t before_end = std::min(count, n_ - first);
      for (std::uint32_t place = first; place < first + before_end; ++place) ++counts[place];
      for (std::uint32_t place = 0; place < count - before_end; ++place) ++counts[place];
    });
  }
  template <class Group>
  void for_each_group(Group group) const {
    group(std::size_t{0}, std::size_t{n_});
  }

 private:
  /// Calls `block(first, count)` until n places have been drawn. No more than 255 blocks in a row have one place in
  /// common, or n is so small that this hardly ever happens: a byte is enough to count it.
  template <class Block>
  void draw(const DrawKey& key, Block block) const noexcept {
    stats::RandomStream random(key.seed, key.resample, 2 * key.purpose);
    const std::uint32_t starts = kind_ == stats::BlockKind::moving ? n_ - length_ + 1 : n_;
    for (std::uint32_t left = n_; left > 0;) {
      const std::uint32_t first = random.below(starts);
      std::uint32_t count = std::min(left, length_);
      if (kind_ == stats::BlockKind::stationary) {
        count = 1;
        while (count < left && random() >= ends_below_) ++count;
      }
      block(first, count);
      left -= count;
    }
  }

  std::uint32_t n_;
  std::uint32_t length_;
  stats::BlockKind kind_;
  std::uint32_t ends_below_;  // a stationary block ends with probability 1 / length
};

}  // namespace detail

/// The bootstrap of a series in blocks. Percentile, basic, and studentized by a bootstrap within the bootstrap; BCa
/// takes the observations for independent, and is refused.
/// @throws std::invalid_argument for CiMethod::bca; as the bootstrap of one sample.
template <stats::statistic S>
[[nodiscard]] BootstrapResult bootstrap(const stats::Blocks& data, const S& statistic,
                                        const BootstrapOptions& options) {
  if (options.method == CiMethod::bca) {
    throw std::invalid_argument(
        "BootstrapOptions.method is bca, which takes observations for independent; percentile, basic and studentized "
        "are possible for blocks");
  }
  const detail::BlockDraws plan(data.values.size(), data.length, data.kind);
  return detail::bootstrap_columns<detail::BlockDraws, false>(std::array{data.values}, {plan}, statistic, options);
}

}  // namespace v0
}  // namespace penstock
