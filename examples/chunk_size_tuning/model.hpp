// SPDX-License-Identifier: MIT
#pragma once

// A model with a price a call and a price a row, as most have; and a table for it.

#include <array>    // array, tuple_size_v
#include <cmath>    // sinh, tanh
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t
#include <span>     // span
#include <vector>   // vector

using Features = std::array<double, 8>;

/// Numbers from -1 to 1, the same each time.
class Numbers {
 public:
  double next() {
    state_ += 0x9E3779B97F4A7C15u;  // SplitMix64
    std::uint64_t bits = state_;
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
    bits ^= bits >> 31;
    return static_cast<double>(bits >> 11) / static_cast<double>(std::uint64_t{1} << 52) - 1;
  }

 private:
  std::uint64_t state_ = 7;
};

inline std::vector<Features> made_up_rows(std::size_t n) {
  Numbers numbers;
  std::vector<Features> rows(n);
  for (Features& row : rows) {
    for (double& x : row) x = numbers.next();
  }
  return rows;
}

/// Two layers. Its weights lie packed, by a curve that spares small ones; each call unpacks them, as a runtime does
/// that sets up its buffers: that is the price of a call.
class SmallNet {
 public:
  SmallNet() {
    Numbers numbers;
    for (float& w : packed_) w = static_cast<float>(numbers.next());
  }

  std::vector<double> operator()(std::span<const Features> rows) const {
    std::vector<double> weights;
    weights.reserve(packed_.size());
    for (const float w : packed_) weights.push_back(std::sinh(static_cast<double>(w)));
    std::vector<double> scores;
    scores.reserve(rows.size());
    for (const Features& row : rows) {
      double score = 0;
      for (std::size_t h = 0; h < hidden; ++h) {
        double sum = 0;
        for (std::size_t i = 0; i < row.size(); ++i) sum += weights[h * row.size() + i] * row[i];
        score += weights[hidden * row.size() + h] * std::tanh(sum);
      }
      scores.push_back(score);
    }
    return scores;
  }

 private:
  static constexpr std::size_t hidden = 64;
  std::array<float, hidden*(std::tuple_size_v<Features> + 1)> packed_{};
};
