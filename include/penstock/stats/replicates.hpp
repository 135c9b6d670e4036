// SPDX-License-Identifier: MIT
#pragma once

// The statistics of resamples of one or more columns of data, by the quickest way that the statistic offers.

#include "penstock/core/math.hpp"
#include "penstock/stats/confidence_interval.hpp"
#include "penstock/stats/resample_counts.hpp"
#include "penstock/stats/resample_plan.hpp"
#include "penstock/stats/statistic.hpp"
#include "penstock/stats/weighted_sum.hpp"

#include <algorithm>    // all_of, min, sort
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint32_t, uint64_t, uint8_t
#include <optional>     // optional
#include <span>         // span
#include <type_traits>  // decay_t
#include <utility>      // forward, index_sequence, make_index_sequence, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Whether a count of 0 times any of the values is 0.
[[nodiscard]] inline bool all_finite(std::span<const double> x) noexcept {
  return std::all_of(x.begin(), x.end(), [](double value) { return is_finite(value); });
}

/// A statistic prepared for counts of each column.
template <class S, std::size_t columns>
class Prepared;

template <stats::weighted_statistic S>
class Prepared<S, 1> {
 public:
  using Data = std::array<std::vector<double>, 1>;
  Prepared(const S& statistic, const Data& data) : value_(statistic.prepare(std::span<const double>(data[0]))) {}
  double operator()(const std::array<std::span<const std::uint8_t>, 1>& counts,
                    const std::array<std::size_t, 1>& sums) const {
    return static_cast<double>(value_(counts[0], sums[0]));
  }

 private:
  decltype(std::declval<const S&>().prepare(std::span<const double>{})) value_;
};

template <stats::combined_statistic S>
  requires stats::weighted_statistic<std::decay_t<decltype(std::declval<const S&>().part())>>
class Prepared<S, 2> {
 public:
  using Data = std::array<std::vector<double>, 2>;
  Prepared(const S& statistic, const Data& data) : Prepared(statistic, std::span(data[0]), std::span(data[1])) {}
  Prepared(const S& statistic, std::span<const double> a, std::span<const double> b)
      : statistic_(statistic), a_(statistic.part().prepare(a)), b_(statistic.part().prepare(b)) {}
  double operator()(const std::array<std::span<const std::uint8_t>, 2>& counts,
                    const std::array<std::size_t, 2>& sums) const {
    return statistic_.combine(a_(counts[0], sums[0]), b_(counts[1], sums[1]));
  }

 private:
  using Part = std::decay_t<decltype(std::declval<const S&>().part())>;
  S statistic_;
  decltype(std::declval<const Part&>().prepare(std::span<const double>{})) a_;
  decltype(std::declval<const Part&>().prepare(std::span<const double>{})) b_;
};

template <class S, std::size_t columns>
concept counts_suffice =
    requires(const S& s, const std::array<std::vector<double>, columns>& data) { Prepared<S, columns>(s, data); };

struct NothingPrepared {};
template <class S, std::size_t columns>
struct PreparedOrNothing {
  using Type = NothingPrepared;
};
template <class S, std::size_t columns>
  requires counts_suffice<S, columns>
struct PreparedOrNothing<S, columns> {
  using Type = Prepared<S, columns>;
};
template <class S, std::size_t columns>
using PreparedFor = typename PreparedOrNothing<S, columns>::Type;

template <class S>
concept sorts_first = stats::prefers_sorted<S> ||
                      requires(const S& s) { requires stats::prefers_sorted<std::decay_t<decltype(s.part())>>; };

/// Calls the statistic on that many columns.
template <class S, std::size_t columns>
double apply(const S& statistic, const std::array<std::span<const double>, columns>& data) {
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return static_cast<double>(statistic(data[i]...));
  }(std::make_index_sequence<columns>{});
}

/// Whether the statistic tells its standard error from that many columns.
template <class S, std::size_t columns>
inline constexpr bool tells_its_error = []<std::size_t... i>(std::index_sequence<i...>) {
  return stats::statistic_with_variance<S, decltype(std::span<const double>(), void(i), std::span<const double>())...>;
}(std::make_index_sequence<columns>{});

/// Columns that are drawn each by a plan of its own, or all by one (`paired`: equal places belong together).
template <class S, class Plan, std::size_t columns, bool paired>
class Replicates final : public ReplicateSource {
 public:
  using Data = std::array<std::vector<double>, columns>;
  static constexpr std::size_t plans = paired ? 1 : columns;

  Replicates(S statistic, Data data, std::array<Plan, plans> plan, std::uint64_t seed, std::size_t inner_resamples)
      : statistic_(std::move(statistic)),
        data_(std::move(data)),
        plan_(std::move(plan)),
        seed_(seed),
        inner_(inner_resamples) {
    // Draws that treat all observations alike do not care about their order.
    if constexpr (sorts_first<S> && Plan::exchangeable() && (columns == 1 || !paired)) {
      for (std::vector<double>& column : data_) {
        bool has_nan = false;
        for (const double x : column) has_nan = has_nan || is_nan(x);
        if (!has_nan) std::sort(column.begin(), column.end());
      }
    }
    if constexpr (counts_suffice<S, columns>) {
      bool usable = smallest_sample() > 0 && varies();
      for (const std::vector<double>& column : data_) usable = usable && all_finite(column);
      if (usable) prepared_.emplace(statistic_, data_);
    }
  }

  [[nodiscard]] std::size_t smallest_sample() const override {
    std::size_t least = data_[0].size();
    for (const std::vector<double>& column : data_) least = std::min(least, column.size());
    return least;
  }

  [[nodiscard]] double observed() const override { return apply<S, columns>(statistic_, views(data_)); }

  void replicate(std::uint64_t first, std::span<double> values) const override {
    if constexpr (counts_suffice<S, columns>) {
      if (prepared_) return replicate_by_counts(first, values);
    }
    Room room(data_);
    for (std::size_t r = 0; r < values.size(); ++r) {
      draw(views(data_), first + r, 0, room);
      values[r] = apply<S, columns>(statistic_, views(room.columns_of));
    }
  }
  void replicate_with_errors(std::uint64_t first, std::span<double> values, std::span<double> errors) const override {
    Room room(data_), inner(data_);
    for (std::size_t r = 0; r < values.size(); ++r) {
      draw(views(data_), first + r, 0, room);
      values[r] = error_of(views(room.columns_of), first + r, inner, errors[r]);
    }
  }

  [[nodiscard]] double observed_error() const override {
    Room inner(data_);
    double error = 0;
    (void)error_of(views(data_), ~std::uint64_t{0}, inner, error);
    return error;
  }

  [[nodiscard]] double acceleration() const override {
    Acceleration result;
    for (std::size_t p = 0; p < plans; ++p) {
      plan_[p].for_each_group([&](std::size_t first, std::size_t count) {
        std::vector<double> values(count);
        jackknife(p, first, count, values);
        result.add(values);
      });
    }
    return result.value();
  }

 private:
  /// Whether resamples can differ. Where they cannot, sums in another order would, by a rounding.
  [[nodiscard]] bool varies() const {
    bool varies = false;
    for (std::size_t c = 0; c < columns; ++c) {
      plan_[paired ? 0 : c].for_each_group([&](std::size_t first, std::size_t count) {
        for (std::size_t i = 1; i < count; ++i) varies = varies || data_[c][first + i] != data_[c][first];
      });
    }
    return varies;
  }

  struct Room {
    explicit Room(const Data& data) {
      for (std::size_t c = 0; c < columns; ++c) {
        columns_of[c].resize(data[c].size());
        if (c < plans) places[c].resize(data[c].size());
      }
    }
    Data columns_of;
    std::array<std::vector<std::uint32_t>, plans> places;
  };

  void replicate_by_counts(std::uint64_t first, std::span<double> values) const
    requires counts_suffice<S, columns>
  {
    std::array<std::vector<std::uint8_t>, plans> room;
    std::array<std::span<const std::uint8_t>, columns> counts;
    std::array<std::size_t, columns> sums;
    for (std::size_t c = 0; c < columns; ++c) {
      if (c < plans) room[c].resize(room_for_counts(data_[c].size()));
      counts[c] = std::span(room[paired ? 0 : c]).first(data_[c].size());
      sums[c] = data_[c].size();
    }
    for (std::size_t r = 0; r < values.size(); ++r) {
      for (std::size_t p = 0; p < plans; ++p) {
        plan_[p].fill_counts({seed_, first + r, static_cast<std::uint32_t>(p)}, room[p].data());
      }
      values[r] = (*prepared_)(counts, sums);
    }
  }

  static std::array<std::span<const double>, columns> views(const Data& data) {
    std::array<std::span<const double>, columns> result;
    for (std::size_t c = 0; c < columns; ++c) result[c] = data[c];
    return result;
  }

  void draw(const std::array<std::span<const double>, columns>& from, std::uint64_t resample, std::size_t inner,
            Room& room) const {
    for (std::size_t p = 0; p < plans; ++p) {
      plan_[p].fill_places({seed_, resample, static_cast<std::uint32_t>(p + plans * inner)}, room.places[p]);
    }
    for (std::size_t c = 0; c < columns; ++c) {
      const std::vector<std::uint32_t>& places = room.places[paired ? 0 : c];
      double* out = room.columns_of[c].data();
      for (std::size_t i = 0; i < places.size(); ++i) out[i] = from[c][places[i]];
    }
  }

  double error_of(const std::array<std::span<const double>, columns>& sample, std::uint64_t resample, Room& inner,
                  double& error) const {
    if constexpr (tells_its_error<S, columns> && !Plan::dependent()) {
      const stats::Estimate estimate = [&]<std::size_t... i>(std::index_sequence<i...>) {
        return statistic_.estimate(sample[i]...);
      }(std::make_index_sequence<columns>{});
      error = square_root(estimate.variance);
      return estimate.value;
    } else {
      // A bootstrap within the bootstrap.
      std::vector<double> values(inner_);
      for (std::size_t k = 0; k < inner_; ++k) {
        draw(sample, resample, k + 1, inner);
        values[k] = apply<S, columns>(statistic_, views(inner.columns_of));
      }
      const double n = static_cast<double>(inner_), mean = power_sum<1>(values.data(), 0, inner_) / n;
      error = square_root(power_sum<2>(values.data(), mean, inner_) / (n - 1));
      return apply<S, columns>(statistic_, sample);
    }
  }

  /// The statistic without each of the observations from `first`; those of one column, or of all if they are paired.
  void jackknife(std::size_t column, std::size_t first, std::size_t count, std::vector<double>& values) const {
    if constexpr (columns == 1 && stats::leave_one_out_statistic<S>) {
      std::vector<double> all(data_[0].size());
      statistic_.leave_one_out(std::span<const double>(data_[0]), std::span(all));
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(first), count, values.begin());
      return;
    } else if constexpr (columns == 2 && !paired && stats::combined_statistic<S>) {
      using Part = std::decay_t<decltype(statistic_.part())>;
      if constexpr (stats::leave_one_out_statistic<Part>) {
        statistic_.part().leave_one_out(std::span<const double>(data_[column]), values);
        const double other = statistic_.part()(std::span<const double>(data_[1 - column]));
        for (double& x : values) x = column == 0 ? statistic_.combine(x, other) : statistic_.combine(other, x);
        return;
      }
    }
    Data without = data_;
    auto sample = views(without);
    for (std::size_t c = 0; c < columns; ++c) {
      if (!paired && c != column) continue;
      without[c].erase(without[c].begin() + static_cast<std::ptrdiff_t>(first));
      sample[c] = without[c];
    }
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = apply<S, columns>(statistic_, sample);
      if (i + 1 == count) break;
      for (std::size_t c = 0; c < columns; ++c) {  // the next one leaves, this one comes back
        if (paired || c == column) without[c][first + i] = data_[c][first + i];
      }
    }
  }

  S statistic_;
  Data data_;
  std::array<Plan, plans> plan_;
  std::uint64_t seed_;
  std::size_t inner_;
  std::optional<PreparedFor<S, columns>> prepared_;  // views data_, so this neither moves nor is copied
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock
