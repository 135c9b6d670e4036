// SPDX-License-Identifier: MIT
#pragma once

// The random orders in which scikit-learn learns rows, from the same seeds.
//
//     detail::NumpyRandom random(seed);                    // numpy.random.RandomState(seed)
//     detail::shuffle(order, random.below(0x7fffffff));    // one epoch's order

#include <array>    // array
#include <cstddef>  // size_t
#include <cstdint>  // uint32_t
#include <span>     // span
#include <utility>  // swap

namespace penstock {
inline namespace v0 {
namespace detail {

/// Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded as numpy's RandomState seeds it from an integer.
/// <random> has the same generator, and costs each unit that includes it a quarter of a second.
class NumpyRandom {
 public:
  explicit NumpyRandom(std::uint32_t seed) noexcept {
    state_[0] = seed;
    for (std::uint32_t i = 1; i < size; ++i) { state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30U)) + i; }
  }

  /// 32 random bits.
  std::uint32_t next() noexcept {
    if (place_ == size) refill();
    std::uint32_t y = state_[place_++];
    y ^= y >> 11U;
    y ^= (y << 7U) & 0x9d2c5680U;
    y ^= (y << 15U) & 0xefc60000U;
    return y ^ (y >> 18U);
  }

  /// Uniform in [0, max], by numpy's masked rejection.
  std::uint32_t up_to(std::uint32_t max) noexcept {
    std::uint32_t mask = max;
    for (unsigned shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    std::uint32_t value = next() & mask;
    while (value > max) value = next() & mask;
    return value;
  }
  /// Uniform in [0, end), as randint(end) gives it; end is not 0.
  std::uint32_t below(std::uint32_t end) noexcept { return up_to(end - 1); }

 private:
  static constexpr std::uint32_t size = 624;

  void refill() noexcept {
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::uint32_t y = (state_[i] & 0x80000000U) | (state_[(i + 1) % size] & 0x7fffffffU);
      state_[i] = state_[(i + 397) % size] ^ (y >> 1U) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    place_ = 0;
  }

  std::array<std::uint32_t, size> state_{};
  std::uint32_t place_ = size;
};

inline constexpr std::uint32_t max_int32 = 0x7fffffff;  // where scikit-learn's seeds end

/// The seed of a regressor's orders: the first draw.
inline std::uint32_t regressor_seed(std::uint32_t random_state) noexcept {
  return NumpyRandom(random_state).below(max_int32);
}
/// The seed of a binary classifier's: the second, behind one from [1, 2^31 - 1).
inline std::uint32_t classifier_seed(std::uint32_t random_state) noexcept {
  NumpyRandom random(random_state);
  random.up_to(max_int32 - 2);
  return random.below(max_int32);
}

/// Shuffles by three shifts and exclusive ors (Marsaglia 2003), as scikit-learn's data sets do.
inline void shuffle(std::span<std::size_t> order, std::uint32_t seed) noexcept {
  std::uint32_t s = seed == 0 ? 1 : seed;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    s ^= s << 13U;
    s ^= s >> 17U;
    s ^= s << 5U;
    std::swap(order[i], order[i + (s % 0x80000000U) % (order.size() - i)]);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock
