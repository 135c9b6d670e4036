// SPDX-License-Identifier: MIT
#pragma once

// How often each of n observations occurs in n random draws with replacement. Statistics of counts need no resample in
// memory, and read the data in order.
//
//     detail::BootstrapCounts draws(n);
//     draws.fill(seed, resample, 0, counts);            // n counts that add up to n
//
// Drawing n indices costs a random number and a random access each. Instead, every observation first gets a Poisson
// number of its own, from one random byte; given their sum, independent Poisson numbers of one mean are exactly what
// so many draws with replacement give. Then single draws are added, or taken back, until there are n.

#include "penstock/core/math.hpp"
#include "penstock/stats/philox.hpp"

#include <algorithm>  // min
#include <array>      // array
#include <bit>        // countr_zero, endian
#include <cstddef>    // size_t
#include <cstdint>    // int8_t, uint8_t, uint32_t, uint64_t
#if defined(__SSE2__)
#include <emmintrin.h>  // SSE2, which every x86-64 has
#endif

namespace penstock {
inline namespace v0 {
namespace detail {

/// The bytes of a stretch of a stream, so many at a time, in the order of their words, the lowest first.
class RandomBytes {
 public:
  static constexpr std::size_t size = 2048;  ///< bytes a call

  RandomBytes(std::uint64_t seed, std::uint64_t resample, std::uint32_t purpose) noexcept
      : place_{seed, resample, purpose, 0} {}

  /// At least `wanted` bytes, at most `size`, rounded up to 256.
  const std::uint8_t* next(std::size_t wanted) noexcept {
    const std::size_t blocks = (std::min(wanted, size) + 255) / 256 * philox_group;
    philox_fill(place_, words_, blocks);
    place_.block += static_cast<std::uint32_t>(blocks);
    if constexpr (std::endian::native != std::endian::little) {
      for (std::uint32_t& word : words_) {
        word = word >> 24 | (word >> 8 & 0xFF00u) | (word & 0xFF00u) << 8 | word << 24;
      }
    }
    return reinterpret_cast<const std::uint8_t*>(words_);
  }

 private:
  PhiloxPlace place_;
  std::uint32_t words_[size / 4];
};

/// The sum of the counts. O(n), 0.03 ns each.
[[nodiscard]] inline std::uint64_t sum_of(const std::uint8_t* counts, std::size_t n) noexcept {
  std::uint64_t sum = 0;
  std::size_t i = 0;
#if defined(__SSE2__)
  __m128i sums = _mm_setzero_si128();
  for (; i + 16 <= n; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(counts + i));
    sums = _mm_add_epi64(sums, _mm_sad_epu8(bytes, _mm_setzero_si128()));
  }
  std::uint64_t both[2];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(both), sums);
  sum = both[0] + both[1];
#endif
  for (; i < n; ++i) sum += counts[i];
  return sum;
}

/// Turns random bytes into Poisson numbers. Each of 0 to 4 owns a run of bytes in proportion to its probability,
/// rounded down; the bytes left over ask for another word, which settles it to within 2^-40.
class PoissonBytes {
 public:
  /// @param mean in [0, 1]
  explicit PoissonBytes(double mean) noexcept {
    double probability = exponential(-mean);
    std::array<double, most + 1> rest{};
    unsigned end = 0;
    for (std::size_t k = 0; k <= most; ++k) {
      // One byte at least is left over: it has the rounding of all that is owned, and a bound of 256 would not fit.
      const auto owned = k <= 4 ? std::min(static_cast<unsigned>(256 * probability), 255u - end) : 0u;
      rest[k] = 256 * probability - owned;
      if (k <= 4) bounds_[k] = static_cast<std::int8_t>(static_cast<int>(end += owned) - 128);
      probability *= mean / static_cast<double>(k + 1);
    }
    double below = 0;
    for (std::size_t k = 0; k < most; ++k) {
      below += rest[k];
      rest_[k] = static_cast<std::uint32_t>(std::min(below / (256.0 - end) * 0x1p32, 0x1p32 - 1));
    }
  }

  /// How many of the 256 bytes would be left over.
  [[nodiscard]] static unsigned left_over(double mean) noexcept {
    double probability = exponential(-mean);
    unsigned left = 256;
    for (std::size_t k = 0; k <= 4; ++k) {
      left -= static_cast<unsigned>(256 * probability);
      probability *= mean / static_cast<double>(k + 1);
    }
    return left;
  }

  static constexpr std::size_t most = 15;  ///< greater numbers have less than 2^-40 of the probability

  /// One number for each of `n` bytes, n rounded up to the next multiple of 32: the arrays have room for it.
  void fill(const std::uint8_t* bytes, std::size_t n, std::uint8_t* numbers, stats::RandomStream& more) const noexcept {
    std::array<std::uint32_t, RandomBytes::size / 8> open;  // groups of eight bytes with one that is left over
    for (std::size_t first = 0; first < n; first += RandomBytes::size) {
      const std::size_t size = (std::min(n - first, RandomBytes::size) + 31) / 32 * 32;
      const std::size_t found = classify(bytes + first, size, numbers + first, open.data());
      for (std::size_t g = 0; g < found; ++g) {
        // A byte that is left over has counted all five bounds. 5 is the only number with bits 0 and 2.
        std::uint8_t* group = numbers + first + open[g];
        std::uint64_t eight = 0;
        for (std::size_t i = 0; i < 8; ++i) eight |= std::uint64_t{group[i]} << (8 * i);
        for (eight &= (eight >> 2) & 0x0101010101010101; eight != 0; eight &= eight - 1) {
          group[std::countr_zero(eight) / 8] = settle(more());
        }
      }
    }
  }

 private:
  static std::int8_t signed_byte(std::uint8_t byte) noexcept { return static_cast<std::int8_t>(byte ^ 0x80); }

  std::uint8_t settle(std::uint32_t word) const noexcept {
    std::size_t k =
        0;  // the first ones are all counted, because the way out of a loop would be guessed wrong each time
    for (std::size_t i = 0; i < 7; ++i) k += word >= rest_[i] ? 1 : 0;
    if (k == 7) [[unlikely]] {
      while (k < most && word >= rest_[k]) ++k;
    }
    return static_cast<std::uint8_t>(k);
  }

  std::size_t classify(const std::uint8_t* bytes, std::size_t n, std::uint8_t* numbers,
                       std::uint32_t* open) const noexcept {
#if PENSTOCK_AVX2_BESIDE_SSE2
    if (has_avx2()) return classify_avx2(bytes, n, numbers, open);
#endif
    std::size_t found = 0;
#if defined(__SSE2__)
    const __m128i flip = _mm_set1_epi8(-128);
    __m128i bound[5];  // compared by >, which there is, instead of >=
    for (std::size_t k = 0; k < 5; ++k) bound[k] = _mm_set1_epi8(static_cast<char>(bounds_[k] - 1));
    for (std::size_t i = 0; i < n; i += 16) {
      const __m128i byte = _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i)), flip);
      __m128i sum = _mm_add_epi8(_mm_cmpgt_epi8(byte, bound[0]), _mm_cmpgt_epi8(byte, bound[1]));
      sum = _mm_add_epi8(sum, _mm_add_epi8(_mm_cmpgt_epi8(byte, bound[2]), _mm_cmpgt_epi8(byte, bound[3])));
      const __m128i over = _mm_cmpgt_epi8(byte, bound[4]);
      sum = _mm_add_epi8(sum, over);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(numbers + i), _mm_sub_epi8(_mm_setzero_si128(), sum));
      const int left = _mm_movemask_epi8(over);
      open[found] = static_cast<std::uint32_t>(i);
      found += (left & 0xFF) != 0;
      open[found] = static_cast<std::uint32_t>(i + 8);
      found += left > 0xFF;
    }
#else
    for (std::size_t i = 0; i < n; i += 8) {
      bool left = false;
      for (std::size_t j = i; j < i + 8; ++j) {
        const std::int8_t byte = signed_byte(bytes[j]);
        numbers[j] = static_cast<std::uint8_t>((byte >= bounds_[0]) + (byte >= bounds_[1]) + (byte >= bounds_[2]) +
                                               (byte >= bounds_[3]) + (byte >= bounds_[4]));
        left = left || byte >= bounds_[4];
      }
      open[found] = static_cast<std::uint32_t>(i);
      found += left;
    }
#endif
    return found;
  }

#if PENSTOCK_AVX2_BESIDE_SSE2
  [[gnu::target("avx2")]] std::size_t classify_avx2(const std::uint8_t* bytes, std::size_t n, std::uint8_t* numbers,
                                                    std::uint32_t* open) const noexcept {
    using Bytes [[gnu::vector_size(32)]] = std::int8_t;
    const auto all = [](int x) { return static_cast<std::int8_t>(x); };
    const std::int8_t b0 = bounds_[0], b1 = bounds_[1], b2 = bounds_[2], b3 = bounds_[3], b4 = bounds_[4];
    std::size_t found = 0;
    for (std::size_t i = 0; i < n; i += 32) {
      Bytes byte;
      __builtin_memcpy(&byte, bytes + i, 32);
      byte ^= all(-128);
      const Bytes left = byte >= b4;
      const Bytes number = -((byte >= b0) + (byte >= b1) + (byte >= b2) + (byte >= b3) + left);
      __builtin_memcpy(numbers + i, &number, 32);
      std::uint64_t groups[4];
      __builtin_memcpy(groups, &left, 32);
      for (std::size_t k = 0; k < 4; ++k) {
        open[found] = static_cast<std::uint32_t>(i + 8 * k);
        found += groups[k] != 0;
      }
    }
    return found;
  }
#endif

  std::array<std::int8_t, 5> bounds_{};     // where the bytes of k end, less 128
  std::array<std::uint32_t, most> rest_{};  // where the words of k end, among the bytes left over
};

/// Room for n counts, as much as the ways to make them need: they write up to 31 more than they are asked for.
[[nodiscard]] constexpr std::size_t room_for_counts(std::size_t n) noexcept { return n + 31; }

/// n draws with replacement from n observations, as counts.
class BootstrapCounts {
 public:
  /// @param n at least 1, below 2^32
  explicit BootstrapCounts(std::size_t n) noexcept
      : n_(static_cast<std::uint32_t>(n)),
        uneven_(n > 0 && n <= most_for_halves ? 65536 % n_ : 0),
        poisson_(best_mean(n)) {}

  [[nodiscard]] std::size_t size() const noexcept { return n_; }

  /// counts[i] of the n draws are observation i. `counts` has room_for_counts(n), and what is behind n is not used.
  /// Thread-safe. O(n), about 0.5 ns a draw.
  void fill(std::uint64_t seed, std::uint64_t resample, std::uint32_t purpose, std::uint8_t* counts) const noexcept {
    stats::RandomStream more(seed, resample, 2 * purpose + 1);
    std::uint64_t draws = 0;
    RandomBytes bytes(seed, resample, 2 * purpose);
    for (std::size_t first = 0; first < n_; first += RandomBytes::size) {
      const std::size_t size = std::min(n_ - first, RandomBytes::size);
      poisson_.fill(bytes.next(size), size, counts + first, more);
      draws += sum_of(counts + first, size);
    }
    // A byte cannot overflow: 256 draws of one observation among as many have a probability below 1e-400.
    if (n_ <= most_for_halves) {
      // Half a word is enough for a draw, unless it would favour some.
      while (draws < n_) {
        const std::uint32_t word = more();
        for (const std::uint32_t product : {(word & 0xFFFF) * n_, (word >> 16) * n_}) {
          const unsigned drawn = (product & 0xFFFF) >= uneven_ && draws < n_ ? 1 : 0;
          counts[product >> 16] = static_cast<std::uint8_t>(counts[product >> 16] + drawn);
          draws += drawn;
        }
      }
    } else {
      for (; draws < n_; ++draws) ++counts[more.below(n_)];
    }
    while (draws > n_) {
      // Any of the draws is as likely to be taken back: an observation in proportion to its count, of at most 15.
      const std::uint32_t i = more.below(n_);
      if (counts[i] == 0 || more() >> 28 >= counts[i]) continue;
      --counts[i];
      --draws;
    }
  }

 private:
  static constexpr std::uint32_t most_for_halves = 8192;

  /// A little less than 1, because adding draws is cheaper than taking them back; and, as any will do, one of those
  /// that leave the fewest bytes over.
  [[nodiscard]] static double best_mean(std::size_t n) noexcept {
    const double unit = 1 / square_root(static_cast<double>(n));
    if (unit * 2 > 1) return 0;
    double best = 1 - 1.5 * unit;
    for (double steps = 1.3; steps < 2; steps += 0.02) {
      if (PoissonBytes::left_over(1 - steps * unit) < PoissonBytes::left_over(best)) best = 1 - steps * unit;
    }
    return best;
  }

  std::uint32_t n_;
  std::uint32_t uneven_;
  PoissonBytes poisson_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
