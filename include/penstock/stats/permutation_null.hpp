// SPDX-License-Identifier: MIT
#pragma once

// The statistics of arrangements under the three null hypotheses of a permutation test.

#include "penstock/core/math.hpp"
#include "penstock/stats/arrangements.hpp"
#include "penstock/stats/philox.hpp"
#include "penstock/stats/replicates.hpp"
#include "penstock/stats/resample_counts.hpp"
#include "penstock/stats/statistic.hpp"

#include <algorithm>  // min_element
#include <array>      // array
#include <cstddef>    // size_t
#include <cstdint>    // uint32_t, uint64_t, uint8_t
#include <optional>   // optional
#include <span>       // span
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The number of an arrangement: of all, or of the random ones of a seed.
struct ArrangementKey {
  bool exact;
  std::uint64_t seed;
  std::uint64_t number;
};

template <std::size_t columns>
using Columns = std::array<std::vector<double>, columns>;

template <std::size_t columns>
[[nodiscard]] std::array<std::span<const double>, columns> views_of(const Columns<columns>& data) {
  std::array<std::span<const double>, columns> result;
  for (std::size_t c = 0; c < columns; ++c) result[c] = data[c];
  return result;
}

/// Both samples of a combined statistic, prepared from one pool of values by which one each of them is in.
template <class S, std::size_t columns>
concept pooled_counts_suffice = columns == 2 && counts_suffice<S, 2>;

/// Observations change places between samples.
template <class S, std::size_t columns>
class IndependentNull {
 public:
  IndependentNull(const S& statistic, const Columns<columns>& data) : statistic_(statistic) {
    for (std::size_t c = 0; c < columns; ++c) {
      sizes_[c] = data[c].size();
      pool_.insert(pool_.end(), data[c].begin(), data[c].end());
    }
    if constexpr (pooled_counts_suffice<S, columns>) {
      if (smaller() > 0) prepared_.emplace(statistic_, std::span<const double>(pool_), std::span<const double>(pool_));
    }
  }

  [[nodiscard]] std::uint64_t arrangements() const noexcept {
    std::uint64_t result = 1;
    std::size_t left = pool_.size();
    for (const std::size_t size : sizes_) {
      result = product_or_too_many(result, binomial(left, size));
      left -= size;
    }
    return result;
  }

  struct Room {
    explicit Room(const IndependentNull& null)
        : in_first(room_for_counts(null.pool_.size())), in_second(in_first.size()), places(null.pool_.size()) {
      for (std::size_t c = 0; c < columns; ++c) data[c].resize(null.sizes_[c]);
    }
    std::vector<std::uint8_t> in_first, in_second;
    std::vector<std::uint32_t> places;
    Columns<columns> data;
  };

  [[nodiscard]] double rounding() const {
    if constexpr (pooled_counts_suffice<S, columns> && requires { statistic_.rounding(std::span<const double>{}); }) {
      return statistic_.rounding(std::span<const double>(pool_));
    }
    return 0;
  }

  [[nodiscard]] double operator()(const ArrangementKey& key, Room& room) const {
    if constexpr (columns == 2) {
      const std::size_t n = pool_.size();
      std::uint8_t* const in_first = room.in_first.data();
      if (key.exact) {
        nth_subset(key.number, n, sizes_[0], in_first);
      } else {
        SubsetCounts(n, sizes_[0]).fill(key.seed, key.number, 0, in_first);
      }
      if constexpr (pooled_counts_suffice<S, columns>) {
        for (std::size_t i = 0; i < room.in_second.size(); ++i) room.in_second[i] = in_first[i] ^ 1;
        return (*prepared_)({std::span(in_first, n), std::span(room.in_second.data(), n)}, sizes_);
      } else {
        double* out[2] = {room.data[0].data(), room.data[1].data()};
        for (std::size_t i = 0; i < n; ++i) *out[1 - in_first[i]]++ = pool_[i];
        return apply<S, columns>(statistic_, views_of(room.data));
      }
    } else {
      arrange(key, room.places);
      std::size_t at = 0;
      for (std::size_t c = 0; c < columns; ++c) {
        for (double& x : room.data[c]) x = pool_[room.places[at++]];
      }
      return apply<S, columns>(statistic_, views_of(room.data));
    }
  }

  IndependentNull(const IndependentNull&) = delete;  // what is prepared views the pool
  IndependentNull& operator=(const IndependentNull&) = delete;

 private:
  [[nodiscard]] std::size_t smaller() const noexcept { return *std::min_element(sizes_.begin(), sizes_.end()); }

  /// Puts the places of the first sample first, and so on.
  void arrange(const ArrangementKey& key, std::vector<std::uint32_t>& places) const {
    if (!key.exact) {
      stats::RandomStream random(key.seed, key.number);
      return shuffle_places(random, places);
    }
    std::uint64_t number = key.number;
    std::vector<std::uint32_t> left(pool_.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = static_cast<std::uint32_t>(i);
    std::vector<std::uint8_t> counts(pool_.size());
    auto out = places.begin();
    for (const std::size_t size : sizes_) {
      const std::uint64_t choices = binomial(left.size(), size);
      nth_subset(number % choices, left.size(), size, counts.data());
      number /= choices;
      std::vector<std::uint32_t> rest;
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (counts[i] != 0) {
          *out++ = left[i];
        } else {
          rest.push_back(left[i]);
        }
      }
      left = std::move(rest);
    }
  }

  S statistic_;
  std::vector<double> pool_;
  std::array<std::size_t, columns> sizes_{};
  std::optional<PreparedFor<S, columns>> prepared_;
};

/// Observations of one row change columns; of one column, they change sign.
template <class S, std::size_t columns>
class SamplesNull {
 public:
  SamplesNull(const S& statistic, const Columns<columns>& data) : statistic_(statistic), data_(data) {}

  [[nodiscard]] std::uint64_t arrangements() const noexcept {
    return power(factorial(columns == 1 ? 2 : columns), data_[0].size());
  }
  [[nodiscard]] static constexpr double rounding() noexcept { return 0; }

  struct Room {
    explicit Room(const SamplesNull& null) : data(null.data_) {}
    Columns<columns> data;
  };

  [[nodiscard]] double operator()(const ArrangementKey& key, Room& room) const {
    const std::size_t rows = data_[0].size();
    constexpr std::uint64_t ways = factorial(columns == 1 ? 2 : columns);
    std::uint64_t number = key.number;
    stats::RandomStream random(key.seed, key.number);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      std::uint64_t way;
      if (key.exact) {
        way = number % ways;
        number /= ways;
      } else if constexpr (ways == 2) {
        if (i % 32 == 0) bits = random();
        way = bits & 1;
        bits >>= 1;
      } else {
        way = random.below(static_cast<std::uint32_t>(ways));
      }
      if constexpr (columns == 1) {
        room.data[0][i] = way == 0 ? data_[0][i] : -data_[0][i];
      } else {
        std::array<std::uint32_t, columns> places;
        nth_permutation(way, places);
        for (std::size_t c = 0; c < columns; ++c) room.data[c][i] = data_[places[c]][i];
      }
    }
    return apply<S, columns>(statistic_, views_of(room.data));
  }

 private:
  static_assert(columns <= 12, "permutation_test: 12 columns at most have fewer than 2^32 orders of a row");
  S statistic_;
  Columns<columns> data_;
};

/// Observations change places within their column.
template <class S, std::size_t columns>
class PairingsNull {
 public:
  PairingsNull(const S& statistic, const Columns<columns>& data) : statistic_(statistic), data_(data) {}

  [[nodiscard]] std::uint64_t arrangements() const noexcept { return power(factorial(data_[0].size()), columns); }
  [[nodiscard]] static constexpr double rounding() noexcept { return 0; }

  struct Room {
    explicit Room(const PairingsNull& null) : data(null.data_), places(null.data_[0].size()) {}
    Columns<columns> data;
    std::vector<std::uint32_t> places;
  };

  [[nodiscard]] double operator()(const ArrangementKey& key, Room& room) const {
    const std::uint64_t orders = key.exact ? factorial(data_[0].size()) : 1;
    std::uint64_t number = key.number;
    // Of random ones, the last column may stay: what counts is how the others stand to it.
    for (std::size_t c = 0; c < (key.exact ? columns : columns - 1); ++c) {
      if (key.exact) {
        nth_permutation(number % orders, room.places);
        number /= orders;
      } else {
        stats::RandomStream random(key.seed, key.number, static_cast<std::uint32_t>(c));
        shuffle_places(random, room.places);
      }
      for (std::size_t i = 0; i < room.places.size(); ++i) room.data[c][i] = data_[c][room.places[i]];
    }
    return apply<S, columns>(statistic_, views_of(room.data));
  }

 private:
  S statistic_;
  Columns<columns> data_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
