// SPDX-License-Identifier: MIT
#pragma once

// The statistics of arrangements under the three null hypotheses of a permutation test.

#include "penstock/core/math.hpp"
#include "penstock/stats/arrangements.hpp"
#include "penstock/stats/philox.hpp"
#include "penstock/stats/random_subset.hpp"
#include "penstock/stats/replicates.hpp"
#include "penstock/stats/resample_counts.hpp"
#include "penstock/stats/statistic.hpp"

#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint32_t, uint64_t, uint8_t
#include <optional>     // optional
#include <span>         // span
#include <type_traits>  // decay_t
#include <utility>      // declval, move
#include <vector>       // vector

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

/// Both samples of a combined statistic, from one pool of values by which of them are in the first.
template <class S, std::size_t columns>
inline constexpr bool parts_suffice = false;
template <stats::combined_statistic S>
inline constexpr bool parts_suffice<S, 2> =
    stats::part_statistic<std::decay_t<decltype(std::declval<const S&>().part())>>;

template <class S, std::size_t columns, bool parts>
struct PooledFor {
  using Type = PreparedFor<S, columns>;
};
template <class S, std::size_t columns>
struct PooledFor<S, columns, true> {
  using Type = decltype(std::declval<const S&>().part().prepare_parts(std::span<const double>{}));
};

/// Observations change places between samples.
template <class S, std::size_t columns>
class IndependentNull {
 public:
  IndependentNull(const S& statistic, const Columns<columns>& data) : statistic_(statistic) {
    for (std::size_t c = 0; c < columns; ++c) {
      sizes_[c] = data[c].size();
      pool_.insert(pool_.end(), data[c].begin(), data[c].end());
    }
    const std::span<const double> pool = pool_;
    if constexpr (parts_suffice<S, columns>) {
      if (all_finite(pool)) prepared_.emplace(statistic_.part().prepare_parts(pool));
    } else if constexpr (columns == 2 && counts_suffice<S, columns>) {
      if (all_finite(pool)) prepared_.emplace(statistic_, pool, pool);
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
        : bits(words_for_bits(null.pool_.size())),
          in_first(room_for_counts(null.pool_.size())),
          in_second(in_first.size()),
          places(null.pool_.size()) {
      for (std::size_t c = 0; c < columns; ++c) data[c].resize(null.sizes_[c]);
    }
    std::vector<std::uint64_t> bits;
    std::vector<std::uint8_t> in_first, in_second;
    std::vector<std::uint32_t> places;
    Columns<columns> data;
  };

  [[nodiscard]] double rounding() const {
    if constexpr (requires(std::span<const double> pool) { statistic_.rounding(pool); }) {
      if (prepared_) return statistic_.rounding(std::span<const double>(pool_));
    }
    return 0;
  }

  [[nodiscard]] double operator()(const ArrangementKey& key, Room& room) const {
    if constexpr (columns == 2) {
      const std::size_t n = pool_.size();
      std::uint64_t* const bits = room.bits.data();
      if (key.exact) {
        nth_subset(key.number, n, sizes_[0], bits);
      } else {
        RandomSubset(n, sizes_[0]).fill(key.seed, key.number, 0, bits);
      }
      if constexpr (parts_suffice<S, columns>) {
        if (prepared_) {
          const auto [first, second] = (*prepared_)(std::span<const std::uint64_t>(room.bits), sizes_[0]);
          return statistic_.combine(first, second);
        }
      } else if constexpr (counts_suffice<S, columns>) {
        if (prepared_) {
          bits_to_counts(bits, n, room.in_first.data(), room.in_second.data());
          return (*prepared_)({std::span(room.in_first).first(n), std::span(room.in_second).first(n)}, sizes_);
        }
      }
      double* out[2] = {room.data[1].data(), room.data[0].data()};
      for (std::size_t i = 0; i < n; ++i) *out[bits[i / 64] >> i % 64 & 1]++ = pool_[i];
      return apply<S, columns>(statistic_, views_of(room.data));
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
  /// Puts the places of the first sample first, and so on.
  void arrange(const ArrangementKey& key, std::vector<std::uint32_t>& places) const {
    if (!key.exact) {
      stats::RandomStream random(key.seed, key.number);
      return shuffle_places(random, places);
    }
    std::uint64_t number = key.number;
    std::vector<std::uint32_t> left(pool_.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = static_cast<std::uint32_t>(i);
    std::vector<std::uint64_t> chosen(words_for_bits(pool_.size()));
    auto out = places.begin();
    for (const std::size_t size : sizes_) {
      const std::uint64_t choices = binomial(left.size(), size);
      nth_subset(number % choices, left.size(), size, chosen.data());
      number /= choices;
      std::vector<std::uint32_t> rest;
      for (std::size_t i = 0; i < left.size(); ++i) {
        if ((chosen[i / 64] >> i % 64 & 1) != 0) {
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
  std::optional<typename PooledFor<S, columns, parts_suffice<S, columns>>::Type> prepared_;  // if all is finite
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
