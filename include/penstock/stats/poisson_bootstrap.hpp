// SPDX-License-Identifier: MIT
#pragma once

// The bootstrap of a stream: one pass, memory that does not grow, and an interval whenever it is asked for. Every value
// counts a Poisson number of times in each resample, which is what a draw of n with replacement comes to for great n.
//
//     PoissonBootstrap<stats::MeanAccumulator> latency({.n_resamples = 500, .method = CiMethod::percentile});
//     for (const auto& event : events) latency.add(event.latency_ms);
//     latency.result().ci.low;

#include "penstock/core/math.hpp"
#include "penstock/stats/bootstrap_options.hpp"
#include "penstock/stats/confidence_interval.hpp"
#include "penstock/stats/philox.hpp"
#include "penstock/stats/resample_counts.hpp"

#include <concepts>   // convertible_to, default_initializable
#include <cstddef>    // size_t
#include <cstdint>    // uint32_t, uint64_t, uint8_t
#include <limits>     // numeric_limits
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace stats {

/// Takes values that count a whole number of times, and tells a number of them. Promise that no compiler checks: the
/// result is the same as if the value had come so often.
template <class A>
concept accumulator = std::default_initializable<A> && requires(A& a, const A& other, double x, double weight) {
  a.add(x, weight);
  a.merge(other);
  { other.value() } -> std::convertible_to<double>;
};

/// The mean, of sums.
struct MeanAccumulator {
  double weight = 0;  ///< how many values
  double sum = 0;     ///< of all of them

  /// One more value, so often.
  void add(double x, double times) noexcept {
    weight += times;
    sum += detail::rounded(x * times);
  }
  /// All that the other has taken.
  void merge(const MeanAccumulator& other) noexcept {
    weight += other.weight;
    sum += other.sum;
  }
  [[nodiscard]] double value() const noexcept { return sum / weight; }  ///< NaN if there are none
};

/// The variance with n - 1, by Welford's update and Chan's merge: nothing cancels.
struct VarianceAccumulator {
  double weight = 0;   ///< how many values
  double mean = 0;     ///< of all of them
  double squares = 0;  ///< sum of squares of the distance from the mean

  /// One more value, so often.
  void add(double x, double times) noexcept { merge({times, x, 0}); }
  /// All that the other has taken.
  void merge(const VarianceAccumulator& other) noexcept {
    if (other.weight == 0) return;
    const double all = weight + other.weight, d = other.mean - mean, share = other.weight / all;
    squares += other.squares + detail::rounded(detail::rounded(detail::rounded(d * d) * weight) * share);
    mean += detail::rounded(d * share);
    weight = all;
  }
  [[nodiscard]] double value() const noexcept {  ///< NaN of fewer than two
    return weight > 1 ? squares / (weight - 1) : std::numeric_limits<double>::quiet_NaN();
  }
};

}  // namespace stats

/// Resamples of a stream, taken along as it passes. Value number i of shard s takes its numbers from the place (seed,
/// i, s): the result depends on seed and values alone, and shards that were added up in parallel merge to what one
/// thread would have found with the same shards. Memory: one accumulator a resample. add() is O(n_resamples), about 1
/// ns each. Not thread-safe: each thread has its own, of another shard.
template <stats::accumulator A>
class PoissonBootstrap {
 public:
  /// @param options n_resamples, confidence_level, alternative, seed, and method: percentile or basic
  /// @param shard tells apart those that are to be merged; below 2^31
  /// @throws std::invalid_argument for a wrong option, for bca and studentized, which need all values, and a tolerance
  explicit PoissonBootstrap(const BootstrapOptions& options, std::uint32_t shard = 0)
      : options_(options),
        shard_(shard),
        shards_{shard},
        accumulators_((check(options), options.n_resamples)),
        weights_(detail::room_for_counts(options.n_resamples)) {
    if (options.method != CiMethod::percentile && options.method != CiMethod::basic) {
      throw std::invalid_argument("BootstrapOptions.method is " + std::string(to_string(options.method)) +
                                  ", which needs all values at once; percentile and basic are possible for a stream");
    }
    if (options.tolerance != 0) {
      throw std::invalid_argument("BootstrapOptions.tolerance is " + std::to_string(options.tolerance) +
                                  "; of a stream no more resamples can be made, so it must be 0");
    }
    if (shard >= std::uint32_t{1} << 31) {
      throw std::invalid_argument("PoissonBootstrap: shard is " + std::to_string(shard) +
                                  "; 0 to 2^31 - 1 are possible");
    }
  }

  /// One more value.
  void add(double x) {
    stats::RandomStream more(options_.seed, count_, 2 * shard_ + 1);
    detail::RandomBytes bytes(options_.seed, count_, 2 * shard_);
    for (std::size_t first = 0; first < accumulators_.size(); first += detail::RandomBytes::size) {
      const std::size_t size = std::min(accumulators_.size() - first, detail::RandomBytes::size);
      poisson_.fill(bytes.next(size), size, weights_.data() + first, more);
    }
    for (std::size_t r = 0; r < accumulators_.size(); ++r) {
      if (weights_[r] != 0) accumulators_[r].add(x, weights_[r]);
    }
    all_.add(x, 1);
    ++count_;
    ++total_;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return total_; }  ///< values, merged ones included

  /// Adds what another shard has seen.
  /// @throws std::invalid_argument, with nothing changed, if seed or number of resamples differ, or a shard is in both.
  void merge(const PoissonBootstrap& other) {
    if (other.options_.seed != options_.seed || other.accumulators_.size() != accumulators_.size()) {
      throw std::invalid_argument("PoissonBootstrap::merge: seed and n_resamples of the two differ");
    }
    for (const std::uint32_t shard : other.shards_) {
      for (const std::uint32_t own : shards_) {
        if (shard == own) {
          throw std::invalid_argument("PoissonBootstrap::merge: shard " + std::to_string(shard) +
                                      " is in both; their resamples would not be independent");
        }
      }
    }
    shards_.insert(shards_.end(), other.shards_.begin(), other.shards_.end());
    for (std::size_t r = 0; r < accumulators_.size(); ++r) accumulators_[r].merge(other.accumulators_[r]);
    all_.merge(other.all_);
    total_ += other.total_;
  }

  /// The figures of what has passed; the stream may go on. Of fewer than some ten values, a resample may have none, and
  /// the status is not_a_number. O(n_resamples).
  [[nodiscard]] BootstrapResult result() const {
    BootstrapResult r;
    r.options = options_;
    if (total_ > 0) r.statistic = static_cast<double>(all_.value());
    if (total_ < 2) {
      r.status = BootstrapStatus::too_few;
      return r;
    }
    std::vector<double> values;
    values.reserve(accumulators_.size());
    for (const A& a : accumulators_) values.push_back(static_cast<double>(a.value()));
    detail::summarise(r, detail::NoSource{}, values, {}, 0);
    if (options_.keep_distribution) r.distribution = std::move(values);
    return r;
  }

 private:
  BootstrapOptions options_;
  std::uint32_t shard_;
  std::vector<std::uint32_t> shards_;
  std::vector<A> accumulators_;
  std::vector<std::uint8_t> weights_;
  A all_{};
  std::uint64_t count_ = 0;  // of this shard
  std::uint64_t total_ = 0;
  detail::PoissonBytes poisson_{1.0};
};

}  // namespace v0
}  // namespace penstock
